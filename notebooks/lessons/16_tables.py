# %% [markdown]
# # A table, as tables are
#
# With the [moons](10_moons.ipynb) every example was two numbers, clean and of the same size. Tables that people
# keep are not like that: a number is missing here and there, one column is counted in thousands and the next in
# tenths, and another holds words. A network multiplies and adds, so it needs numbers, all of them, and of about the
# same size. Getting there is scikit-learn's work; learning from them is ours.
#
# ## The task
#
# 178 bottles of wine, pressed from the grapes of three growers. Which grower does a bottle come from? A laboratory
# has measured the wines, so scikit-learn brings the table along. We spoil it a little, to what a cellar's notebook
# might look like: the colour is put down as a word, and some measurements were never made.

# %%
import numpy as np
import pandas as pd
from sklearn.datasets import load_wine

import nn

wine = load_wine(as_frame=True)
numbers = ["alcohol", "malic_acid", "magnesium", "flavanoids", "proline"]
table, grower = wine.data[numbers].copy(), wine.target.to_numpy()
table = table.mask(np.random.default_rng(0).random(table.shape) < 0.08)
table["colour"] = pd.cut(wine.data["color_intensity"], [0, 3, 6, 20], labels=["pale", "red", "dark"]).astype(str)
table.head()

# %% [markdown]
# `NaN`, "not a number", marks what is missing. It is contagious: whatever is computed with it is `NaN` too, so a
# single one among the inputs makes every weight of a network `NaN` in one step of training. That is why data are
# looked over before they go in:

# %%
for columns in (table.columns, numbers):
    try:
        nn.data.check_table(table[columns])
    except (TypeError, ValueError) as error:
        print(f"{error}\n")

# %% [markdown]
# ## Preparing
#
# Before anything else, a quarter of the bottles is put away. They are for the examination at the end, and until
# then nothing may be learned from them; not even a mean.
#
# The rest is prepared column by column:
#
# - A missing number becomes the **median** of its column: the least remarkable guess. (`SimpleImputer`)
# - From each number the mean of its column is taken away, and what is left is divided by the deviation. Then all
#   columns are of the size of 1. (`StandardScaler`)
# - Three words become three columns, of which one is 1 and the others are 0: **one-hot**. Numbering the words 0, 1,
#   2 would claim that *dark* is twice as much as *pale*. (`OneHotEncoder`)
#
# `fit_transform` takes medians, means and deviations from the bottles for training. `transform` uses the same ones
# for the examination.

# %%
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

train, test, train_grower, test_grower = train_test_split(
    table, grower, test_size=0.25, stratify=grower, random_state=0
)
prepare = make_column_transformer(
    (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
    (OneHotEncoder(sparse_output=False), ["colour"]),
)
train_inputs, test_inputs = prepare.fit_transform(train), prepare.transform(test)
print(f"{len(train)} bottles to learn from, {len(test)} for the examination, {train_inputs.shape[1]} numbers for each")
print("the first:", train_inputs[0].round(2))

# %% [markdown]
# ## Learning
#
# Eight numbers go in. Sixteen neurons look at them, and three look at those, one for each grower: the highest score
# is the answer. `CrossEntropyLoss` turns scores into probabilities and asks for that of the right grower to be near
# 1.

# %%
nn.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
trainer = nn.Trainer(model, nn.CrossEntropyLoss(), nn.optim.Adam(model.parameters(), lr=0.01), metrics=["accuracy"])
history = trainer.fit((train_inputs, train_grower), epochs=30, verbose=False)
history.plot();

# %% [markdown]
# On the left the loss, on the right the share of bottles that are given to the right grower, epoch by epoch. These
# are the bottles that the network learned from. Now for those that it has never seen:

# %%
print(f"accuracy {trainer.evaluate((test_inputs, test_grower))['accuracy']:.0%}")
nn.plot.confusion_matrix(nn.metrics.confusion_matrix(trainer.predict(test_inputs), test_grower));

# %% [markdown]
# Each row is a true grower, each column an answer; what is not on the diagonal is a mistake. It does a little worse
# than on those it learned from, as always. With five measurements, of which one in twelve is missing, and a word,
# that is not bad: guessing the most frequent grower would be right for 40 %.
#
# ## What the preparation was for
#
# The same network, the same seed, but the columns as they are: proline in hundreds, flavanoids around 2. (The holes
# have to be filled, or there would be nothing but `NaN`.)

# %%
as_they_are = make_column_transformer(
    (SimpleImputer(strategy="median"), numbers),
    (OneHotEncoder(sparse_output=False), ["colour"]),
)
nn.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
other = nn.Trainer(model, nn.CrossEntropyLoss(), nn.optim.Adam(model.parameters(), lr=0.01), metrics=["accuracy"])
other.fit((as_they_are.fit_transform(train), train_grower), epochs=30, verbose=False)
print(f"accuracy {other.evaluate((as_they_are.transform(test), test_grower))['accuracy']:.0%}")

# %% [markdown]
# Proline drowns the others: a column that is a thousand times larger has gradients a thousand times larger, too.
#
# ## One more bottle
#
# Nobody has measured its alcohol or magnesium, but it is dark and has few flavanoids. The pipeline knows what to
# do.

# %%
measured = {"malic_acid": 3.1, "flavanoids": 0.7, "proline": 640.0, "colour": "dark"}
bottle = pd.DataFrame([{"alcohol": np.nan, "magnesium": np.nan, **measured}])
shares = nn.functional.softmax(trainer.predict(prepare.transform(bottle)))[0]
for i, share in enumerate(shares):
    print(f"grower {i}: {share:.0%}")

# %% [markdown]
# ## To go on
#
# - More holes, `< 0.3` instead of `< 0.08`: how far down does it go?
# - `SimpleImputer(strategy="median", add_indicator=True)` adds a column that says "this one was missing". Does it
#   help? When would it?
# - A word that was not there in training, `"colour": "white"`: what does the pipeline say, and what does
#   `OneHotEncoder(handle_unknown="ignore")` do instead?
# - Without hidden layer, `nn.Sequential(nn.Linear(8, 3))`: is a straight line between the growers enough?
