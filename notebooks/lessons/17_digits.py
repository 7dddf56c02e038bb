# %% [markdown]
# # Handwritten digits
#
# A network reads handwriting, and is right 98 times in a hundred. In this lesson you train it, look at what it has
# learned, count which digits it confuses, and find out what it does *not* see: the last two experiments may surprise
# you.

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import nn
from course import short

pixels, digits = load_digits(return_X_y=True)
pixels = (pixels / 16).astype("float32")  # from 0 (white) to 1 (black)
train_x, test_x, train_y, test_y = train_test_split(pixels, digits, test_size=0.25, stratify=digits, random_state=0)
print("to learn from:", train_x.shape, " for the examination:", test_x.shape)


def show(images, titles):
    """Images of 8 × 8 pixels in a row, each with a title."""
    figure, axes = plt.subplots(1, len(images), figsize=(1.1 * len(images), 1.5), layout="constrained")
    for ax, image, title in zip(axes, images, titles):
        ax.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
        ax.set_title(title, fontsize=9)
        ax.axis("off")


show(train_x[:10], train_y[:10])

# %% [markdown]
# Ten of the digits, each with the right answer above. A picture of 8 × 8 points, called **pixels**, is for the network
# a row of 64 numbers. That two of them are neighbours is nowhere said. Keep that in mind for the end.
#
# ## Ten scores
#
# For yes and no one score was enough. For ten classes the network has ten outputs, one score for each digit, and
# answers with the highest. To learn, it needs probabilities: all above 0, and together 1. **Softmax** makes them from
# scores $s_0, \ldots, s_9$:
#
# $$p_i = \frac{e^{s_i}}{e^{s_0} + \cdots + e^{s_9}}$$
#
# The exponential makes every number positive, and the division makes their sum 1. Adding the same number to all
# scores changes nothing, since it cancels. That helps: subtract the largest score from all of them first, and no
# exponential can overflow.

# %% exercise 17.1 [markdown]
# ### Exercise 17.1: write softmax
#
# `scores` is an array. It must also work for scores as large as 1000.

# %% start
def softmax(scores):
    ...

# %% check
check("17.1", softmax)

# %% hint [markdown]
# First `shifted = scores - np.max(scores)`.

# %% hint [markdown]
# Then the exponentials, `np.exp(shifted)`, each divided by their sum.

# %% solution
def softmax(scores):
    powers = np.exp(scores - np.max(scores))
    return powers / np.sum(powers)

# %% wrong: overflow
def softmax(scores):
    with np.errstate(all="ignore"):
        return np.exp(scores) / np.sum(np.exp(scores))

# %% wrong: each_by_itself
def softmax(scores):
    return 1 / (1 + np.exp(-scores))

# %% wrong: sum_is_not_one
def softmax(scores):
    return np.exp(scores - np.max(scores))

# %% wrong: no_exponential
def softmax(scores):
    with np.errstate(all="ignore"):
        return scores / np.sum(scores)

# %% [markdown]
# The loss is as in lesson 7: minus the logarithm of the probability that the right digit got. `nn.CrossEntropyLoss`
# does both steps at once, straight from the scores.
#
# ## Batches
#
# So far each step looked at all examples. With 1347 of them, or with millions, that is wasteful: a few dozen already
# tell quite well which way is downhill. So the examples are shuffled and dealt into **batches** of, say, 32. Each batch
# gives one step, and when all have had their turn, an **epoch** is over and they are shuffled again. The gradient of a
# batch is not exactly that of all examples. It is a little noisy, but many rough steps get further than one exact
# step.

# %% exercise 17.2 [markdown]
# ### Exercise 17.2: how many steps?
#
# 1347 examples, in batches of 32. How many steps does one epoch make?

# %% start
steps = ...

# %% check
check("17.2", steps)

# %% hint [markdown]
# 1347 / 32 is a bit more than 42. What becomes of the rest?

# %% solution
steps = 43

# %% wrong: rest_left_out
steps = 42

# %% wrong: one_for_each_example
steps = 1347

# %% wrong: size_of_a_batch
steps = 32

# %% [markdown]
# ## Without a hidden layer
#
# The smallest network has only ten neurons, one for each digit, with 64 weights each. They look straight at the
# pixels, so their weights can be drawn as a picture.
#
# **Before you run it:** what does the neuron for 0 look for?

# %%
def train(model, epochs):
    optimizer = nn.optim.Adam(model.parameters(), lr=0.005)
    trainer = nn.Trainer(model, nn.CrossEntropyLoss(), optimizer, metrics=["accuracy"], rng=0, compile=True)
    trainer.fit((train_x, train_y), (test_x, test_y), epochs=epochs, batch_size=32, verbose=False)
    return trainer


nn.manual_seed(0)
flat = nn.Sequential(nn.Linear(64, 10))
flat_trainer = train(flat, epochs=20)
print(f"accuracy in the examination: {flat_trainer.evaluate((test_x, test_y))['accuracy']:.0%}")
nn.plot.filters(flat[0].weight.data.reshape(10, 1, 8, 8));

# %% [markdown]
# The weights of the ten neurons, from 0 to 9, row by row. Blue weights want ink, orange weights want paper, and white
# does not care. The first one, for 0, wants paper in the middle, as a 0 has a hole there. Each neuron has learned one
# template, which it lays over the picture. That is right 96 times in a hundred already. But a 1 can be written in
# several ways, and one template cannot fit them all.
#
# ## With a hidden layer

# %%
nn.manual_seed(0)
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
trainer = train(model, epochs=20)
print(f"accuracy in the examination: {trainer.evaluate((test_x, test_y))['accuracy']:.0%}")
trainer.history.plot();

# %% [markdown]
# On the left is the loss and on the right the accuracy, epoch by epoch: blue for training, and orange for the
# examination (called validation here). The untrained network paid $\log 10 = 2.3$, and already in the first epoch the
# loss falls quickly. In the end the network is better than the templates. For training it is nearly perfect, and in the
# examination a little worse: the gap of lesson 12.
#
# ## Which digits are confused?
#
# One number hides a lot. A **confusion matrix** counts more finely. Its row says which digit it was, its column what
# the network took it for, and the cell how often that happened.

# %% exercise 17.3 [markdown]
# ### Exercise 17.3: write the confusion matrix
#
# `right` and `answers` are lists of classes, from 0 to `k - 1`. Return a table with `k` rows and `k` columns (a list of
# lists, or an array).

# %% start
def confusion_matrix(right, answers, k):
    ...

# %% check
check("17.3", confusion_matrix)

# %% hint [markdown]
# Begin with zeros: `table = np.zeros((k, k), dtype=int)`.

# %% hint [markdown]
# For each pair of a right class and an answer, add 1 to one cell: `table[row, column] += 1`.

# %% solution
def confusion_matrix(right, answers, k):
    table = np.zeros((k, k), dtype=int)
    for target, answer in zip(right, answers):
        table[target, answer] += 1
    return table

# %% wrong: rows_and_columns_exchanged
def confusion_matrix(right, answers, k):
    table = np.zeros((k, k), dtype=int)
    for target, answer in zip(right, answers):
        table[answer, target] += 1
    return table

# %% wrong: only_mistakes
def confusion_matrix(right, answers, k):
    table = np.zeros((k, k), dtype=int)
    for target, answer in zip(right, answers):
        if target != answer:
            table[target, answer] += 1
    return table

# %% wrong: not_counted
def confusion_matrix(right, answers, k):
    table = np.zeros((k, k), dtype=int)
    table[right, answers] += 1
    return table

# %%
scores = trainer.predict(test_x)
nn.plot.confusion_matrix(nn.metrics.confusion_matrix(scores, test_y));

# %% [markdown]
# The diagonal holds the right answers. Everything beside it is a mistake, and there are few. Read a row: it says what
# became of the digits of that kind. Let us look at some of the mistakes themselves:

# %%
answers = scores.argmax(axis=1)  # the number of the highest score in each row
mistakes = np.flatnonzero(answers != test_y)[:8]
show(test_x[mistakes], [f"{test_y[i]}, not {answers[i]}" for i in mistakes])

# %% [markdown]
# Above each picture is the right digit, and what the network took it for. Some of these you would have to guess,
# too. 8 × 8 pixels are not much.
#
# ## What it does not see
#
# 98 %! It is tempting to say that the network now *knows* digits. Let us ask two questions that the examination did not
# ask.
#
# **Before you run it:** we show it pictures of pure noise. It has ten probabilities to give. Will it hesitate?

# %%
noise = np.random.default_rng(0).random((200, 64)).astype("float32")
shares = nn.functional.softmax(trainer.predict(noise))
print("more than 90 % sure of a digit, in most pictures of noise:", np.mean(shares.max(axis=1) > 0.9) > 0.5)
show(noise[:6], [f"{share.argmax()}: {share.max():.0%}" for share in shares[:6]])

# %% [markdown]
# Above each picture stands the digit that the network sees in it, and the probability that it gives. It does not
# hesitate.
# Nobody ever showed it anything but digits, and softmax has no eleventh output for "none of these". The
# probabilities compare ten digits with each other. They do not say whether there is a digit.
#
# **Before you run it:** now we shift each digit of the examination to the right by a single pixel. You would hardly
# notice. What will the accuracy be?

# %%
shifted = np.pad(test_x.reshape(-1, 8, 8)[:, :, :-1], ((0, 0), (0, 0), (1, 0))).reshape(-1, 64)  # zeros on the left
print(f"as they are:          {trainer.evaluate((test_x, test_y))['accuracy']:.0%}")
print(f"shifted by one pixel: {trainer.evaluate((shifted, test_y))['accuracy']:.0%}")
guesses = trainer.predict(shifted[:8]).argmax(axis=1)
show(shifted[:8], [f"{target}, says {guess}" for target, guess in zip(test_y, guesses)])

# %% [markdown]
# About half of the answers are wrong now. The network has learned which of the 64 numbers belong together, and where.
# Of shapes it knows nothing: if you had mixed up all pixels in the same way before training, it would have learned just
# as well. A good accuracy says how the network does on pictures *like those it was trained on*, and no more. In the
# next lesson the network looks with small windows that slide over the picture, and so learns shapes.
#
# ## The large data set
#
# The classic of this field is **MNIST**: 70,000 digits of 28 × 28 pixels. If you have it, or fetch it once with
# `nn.data.MNIST("data", download=True)`, the next cell trains on it. It takes about half a minute.

# %% long
try:
    (large_x, large_y), (exam_x, exam_y) = (nn.data.MNIST("data", train=part)[:] for part in (True, False))
except FileNotFoundError:
    print("MNIST is not in the folder data.")
else:
    nn.manual_seed(0)
    large = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    optimizer = nn.optim.Adam(large.parameters(), lr=0.001)
    trainer = nn.Trainer(large, nn.CrossEntropyLoss(), optimizer, metrics=["accuracy"], rng=0, compile=True)
    trainer.fit((large_x, large_y), epochs=short(3, 1), batch_size=64, verbose=False)
    print(f"accuracy on MNIST: {trainer.evaluate((exam_x, exam_y))['accuracy']:.0%}")

# %% [markdown]
# With it, the same kind of network is right about 97 times in a hundred after three epochs.
#
# ## What you know now
#
# - Softmax makes probabilities of scores. The loss is minus the logarithm of that of the right class.
# - A batch gives one step, and an epoch is one pass through all the data.
# - A confusion matrix shows what is mistaken for what.
# - A network is sure of itself where it should not be, and an MLP does not know that pixels have neighbours.
#
# [Next: convolutions.](18_convolutions.ipynb)

# %% teacher [markdown]
# ## Timing
#
# 20 minutes: softmax 4, batches 3, templates 3, the hidden layer 2, the confusion matrix 4, what it does not see 4.
#
# ## What to watch for
#
# - Take bets before the experiments with noise and with the shift, and write them on the board.
# - "It is 99 % sure, so it is right 99 times in a hundred": the noise answers that.
# - In 17.3 NumPy's `table[right, answers] += 1` counts each cell only once, which surprises even those who know NumPy.
#
# ## Questions for an examination
#
# 1. Compute softmax of the scores 0, 0 and log 2. What changes if all scores grow by 5?
# 2. 60,000 examples, batches of 64, 3 epochs: how many steps?
# 3. Draw a confusion matrix of three classes in which the accuracy is 2/3 and one class is never recognized.
# 4. Why does an MLP trained on centred digits fail on shifted ones? Name two remedies.
