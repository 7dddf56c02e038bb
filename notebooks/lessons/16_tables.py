# %% [markdown]
# # A table, as tables are
#
# With the [moons](10_moons.ipynb) every example was two numbers, clean and of the same size. Tables that people
# keep are not like that: a number is missing here and there, one column is counted in thousands and the next in
# tenths, and another holds words. A network multiplies and adds, so it needs numbers, all of them, and of about the
# same size. Getting there is scikit-learn's work; learning from them is ours.
#
# In this lesson you prepare such a table, and learn the one rule that must not be broken: nothing of the examination
# may be known before it.
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
# - A missing number becomes the median of its column: the least remarkable guess. (`SimpleImputer`)
# - From each number the mean of its column is taken away, and what is left is divided by the deviation. Then all
#   columns are of the size of 1. (`StandardScaler`)
# - Three words become three columns, of which one is 1 and the others are 0: **one-hot**. Numbering the words 0, 1,
#   2 would claim that *dark* is twice as much as *pale*. (`OneHotEncoder`)
#
# (The **median** is the number in the middle when all are sorted. The **deviation**, in full the standard deviation,
# is the usual distance from the mean: the root of the mean of the squared distances.)

# %% exercise 16.1 [markdown]
# ### Exercise 16.1: scale one number
#
# Four bottles for training have 10, 20, 30 and 40 of something: their mean is 25, and their deviation 11.2. The one
# bottle for the examination has 50. With it, the mean of all five would be 30, and the deviation 14.1. Which number
# does the network get for this bottle?

# %% start
scaled = ...

# %% check
check("16.1", scaled)

# %% hint [markdown]
# Take away a mean, and divide by a deviation. Which bottles may the two come from?

# %% solution
scaled = (50 - 25) / 11.2

# %% wrong: knows_the_test
scaled = (50 - 30) / 14.1

# %% wrong: not_divided
scaled = 50 - 25

# %% wrong: own_mean
scaled = 0

# %% wrong: not_shifted
scaled = 50 / 11.2

# %% exercise 16.2 [markdown]
# ### Exercise 16.2: write one-hot
#
# `words` is a column, and `names` a list of the words that there are. Return a list with one row for each word: a row
# has a number for each name, 1 where it is the word, and 0 elsewhere. A word that is not among the names gives a row
# of zeros.

# %% start
def one_hot(words, names):
    ...

# %% check
check("16.2", one_hot)

# %% hint [markdown]
# One row is `[1 if word == name else 0 for name in names]`.

# %% solution
def one_hot(words, names):
    return [[1 if word == name else 0 for name in names] for word in words]

# %% wrong: numbered
def one_hot(words, names):
    return [names.index(word) if word in names else -1 for word in words]

# %% wrong: exchanged
def one_hot(words, names):
    return [[0 if word == name else 1 for name in names] for word in words]

# %% wrong: on_its_side
def one_hot(words, names):
    return [[1 if word == name else 0 for word in words] for name in names]

# %% exercise 16.3 [markdown]
# ### Exercise 16.3: write the preparation
#
# `train` and `test` are arrays with one column of numbers, in which `np.nan` marks what is missing. Fill the holes
# with the median, then take away the mean and divide by the deviation. Return both arrays. Where must the median, the
# mean and the deviation come from?

# %% start
def prepare_column(train, test):
    ...

# %% check
check("16.3", prepare_column)

# %% hint [markdown]
# `np.nanmedian(train)` is the median of the numbers that are there, and `np.where(np.isnan(x), median, x)` fills the
# holes of `x`.

# %% hint [markdown]
# Fill `train` first, and take `train.mean()` and `train.std()` after that. Use the three numbers for `test` as well.

# %% solution
def prepare_column(train, test):
    median = np.nanmedian(train)
    train, test = np.where(np.isnan(train), median, train), np.where(np.isnan(test), median, test)
    mean, deviation = train.mean(), train.std()
    return (train - mean) / deviation, (test - mean) / deviation

# %% wrong: each_by_itself
def prepare_column(train, test):
    prepared = []
    for x in (train, test):
        x = np.where(np.isnan(x), np.nanmedian(x), x)
        prepared.append((x - x.mean()) / x.std())
    return prepared

# %% wrong: all_together
def prepare_column(train, test):
    both = np.concatenate([train, test])
    both = np.where(np.isnan(both), np.nanmedian(both), both)
    both = (both - both.mean()) / both.std()
    return both[: len(train)], both[len(train) :]

# %% wrong: filled_with_0
def prepare_column(train, test):
    train, test = np.nan_to_num(train), np.nan_to_num(test)
    mean, deviation = train.mean(), train.std()
    return (train - mean) / deviation, (test - mean) / deviation

# %% wrong: holes_left
def prepare_column(train, test):
    mean, deviation = np.nanmean(train), np.nanstd(train)
    return (train - mean) / deviation, (test - mean) / deviation

# %% wrong: a_pair
def prepare_column(train, test):
    median = np.nanmedian(train)
    train = np.where(np.isnan(train), median, train)
    return (train - train.mean()) / train.std()

# %% [markdown]
# ## The whole table
#
# scikit-learn does this for all columns. `fit_transform` takes medians, means and deviations from the bottles for
# training. `transform` uses the same ones for the examination.

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
# On the left the loss, on the right the share of bottles that are given to the right grower, epoch by epoch; an epoch
# is one pass through all bottles for training. These are the bottles that the network learned from. Now for those
# that it has never seen:

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
# ## Learning from noise
#
# Why so strict about the examination? It is tempting to look at all data once, choose the columns that matter, and
# split only then. Here is a table with *nothing* in it: 100 rows of 2,000 random numbers, and classes thrown with a
# coin. We keep the 20 columns that go best with the classes, and train on three quarters of the rows: once after
# choosing with all rows, and once after choosing with the rows for training only.
#
# **Before you run it:** what accuracy can there be in the examination, when there is nothing to learn?

# %%
random = np.random.default_rng(0)
noise, coin = random.normal(size=(100, 2000)), random.integers(0, 2, 100)
first, last = slice(0, 75), slice(75, 100)


def examine(rows):
    """The accuracy in the examination, with the 20 columns that look best in the given rows."""
    difference = noise[rows][coin[rows] == 1].mean(axis=0) - noise[rows][coin[rows] == 0].mean(axis=0)
    best = np.argsort(-abs(difference))[:20]
    nn.manual_seed(0)
    model = nn.Sequential(nn.Linear(20, 2))
    trainer = nn.Trainer(model, nn.CrossEntropyLoss(), nn.optim.Adam(model.parameters(), lr=0.05), metrics=["accuracy"])
    trainer.fit((noise[first][:, best], coin[first]), epochs=20, verbose=False)
    return trainer.evaluate((noise[last][:, best], coin[last]))["accuracy"]


print(f"columns chosen with all rows:          {examine(slice(0, 100)):.0%}")
print(f"columns chosen with the training rows: {examine(first):.0%}")

# %% [markdown]
# The first number looks like a discovery, and it is worth nothing: the table is noise. Among 2,000 columns some go with
# the coin by chance, in the rows for the examination too if one chooses with them. The second number is honest: about
# half, as by guessing. Knowledge of the examination that gets into the training is called **leakage**. The network did
# not cheat; the preparation did. And nothing in the loss or in the accuracy shows it.
#
# Leakage also comes with the table itself: in a column that is only known *after* the answer.

# %% exercise 16.4 [markdown]
# ### Exercise 16.4: find the leak
#
# A bank wants to know, *before* it lends money, who will not pay it back. Its table of old loans has the columns
# `"income"`, `"age"`, `"amount"`, `"reminders_sent"`, `"months_in_job"` and `"sold_to_collector"`. Which of them must
# not be used? Give a list of names.

# %% start
leaks = ...

# %% check
check("16.4", leaks)

# %% hint [markdown]
# For each column ask: on the day when the money is lent, is this known?

# %% solution
leaks = ["reminders_sent", "sold_to_collector"]

# %% wrong: one_more
leaks = ["sold_to_collector"]

# %% wrong: known_before
leaks = ["reminders_sent", "sold_to_collector", "age"]

# %% wrong: the_good_ones
leaks = ["income", "age", "amount", "months_in_job"]

# %% [markdown]
# ## What you know now
#
# - Missing numbers are filled, columns are scaled to the size of 1, and words become one-hot columns.
# - Split first. Medians, means, deviations and the choice of columns come from the data for training only.
# - Leakage makes an examination worthless, and no number shows it. Ask of each column whether it is known in time.
#
# ## To go on
#
# - More holes, `< 0.3` instead of `< 0.08`: how far down does it go?
# - `SimpleImputer(strategy="median", add_indicator=True)` adds a column that says "this one was missing". Does it
#   help? When would it?
# - A word that was not there in training, `"colour": "white"`: what does the pipeline say, and what does
#   `OneHotEncoder(handle_unknown="ignore")` do instead?
# - Without hidden layer, `nn.Sequential(nn.Linear(8, 3))`: is a straight line between the growers enough?
#
# [Next: handwritten digits.](17_digits.ipynb)

# %% teacher [markdown]
# ## Timing
#
# 20 minutes: the table 3, preparing and its exercises 8, learning 3, noise and leakage 6.
#
# ## What to watch for
#
# - "Scaling before the split does no harm, it does not use the answers": agree that the harm is often small, and let
#   the noise show what happens when it is not.
# - Words are numbered 0, 1, 2 out of habit. Ask for the mean of *pale* and *dark*.
# - A high accuracy is taken as a proof. Ask where the columns came from.
#
# ## Questions for an examination
#
# 1. Why is a mean that was taken from all rows a leak?
# 2. When is a column that predicts very well a bad sign?
# 3. Three kinds of grapes are written as 1, 2, 3. What does a network conclude from that, and what do you do instead?
# 4. Proline is in the hundreds, flavanoids around 2. What goes wrong in training without scaling?
