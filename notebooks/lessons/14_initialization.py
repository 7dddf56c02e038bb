# %% [markdown]
# # Initialization and normalization
#
# A network begins with random weights. How random? In this lesson you will see twenty layers in which nothing
# moves, and the same twenty layers alive, and the only difference is the size of the first weights. You will work
# out that size yourself, and then build a layer that makes it matter less.

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

import nn
from course import short

digits, classes = load_digits(return_X_y=True)
inputs = (digits - digits.mean()) / digits.std()
print(inputs.shape)

# %% [markdown]
# 1797 handwritten digits, each with 64 numbers for how dark its 64 points are. We have shifted and scaled them so that
# their mean is 0 and their **standard deviation** is 1. The standard deviation says how far numbers typically are from
# their mean; here we will call it the *size* of the numbers, for short.
#
# ## Why random at all?
#
# Random weights look like a makeshift. Why not begin tidily, with the same number everywhere? Take a network of 64
# inputs, 16 hidden neurons and 10 outputs, set all of its weights to 0.1, all of its biases to 0, and train it.

# %% exercise 14.1 [markdown]
# ### Exercise 14.1: sixteen neurons
#
# The 16 hidden neurons began with equal weights. After training, how many *different* hidden neurons are there?
# Think of the gradient that each of them gets.

# %% start
different = ...

# %% check
check("14.1", different)

# %% hint [markdown]
# Two neurons have the same inputs, the same weights in and the same weights out. Does anything tell them apart?

# %% hint [markdown]
# If they have the same gradient, then they make the same step, and are equal again.

# %% solution
different = 1

# %% wrong: nothing_differs
different = 16

# %% wrong: not_the_classes
different = 10

# %% wrong: they_learn
different = 0

# %% [markdown]
# Let us try it. `nn.Linear(64, 16)` is a layer of 16 neurons with 64 inputs. Its weights are kept in one array with a
# row for each neuron, which is what makes it fast; the next lesson is about that. `nn.Sequential` puts layers one
# after the other, and `nn.Trainer` makes the steps that you wrote out in lesson 10.

# %%
tidy = nn.Sequential(nn.Linear(64, 16), nn.Tanh(), nn.Linear(16, 10))
for layer in (tidy[0], tidy[2]):
    nn.init.constant_(layer.weight, 0.1)
    nn.init.zeros_(layer.bias)
trainer = nn.Trainer(tidy, nn.CrossEntropyLoss(), nn.optim.Adam(tidy.parameters(), lr=0.01), rng=0)
trainer.fit((inputs, classes), epochs=2, verbose=False)

print("different neurons:", len(np.unique(tidy[0].weight.data.round(3), axis=0)))

# %% [markdown]
# The weights have moved, but all sixteen neurons moved together. The network has paid for sixteen and got one. So
# weights begin at random, to be different. Biases may all begin at 0: different weights are enough.
#
# ## How large?
#
# Now twenty layers of 100 neurons with tanh. To choose the first weights of a network is called its
# **initialization**. We draw them at random with mean 0 and a standard deviation that we call the *spread*, and send
# the digits through. `x @ weights` computes the weighted sums of all neurons for all digits at once, as in lesson 9.

# %%
def through(spread, activation=np.tanh, count=20):
    """What each of the layers gives for the digits."""
    rng = np.random.default_rng(0)
    x, outputs = inputs, []
    for _ in range(count):
        weights = rng.normal(0, spread, (x.shape[1], 100))
        x = activation(x @ weights)
        outputs.append(x)
    return outputs


# %% [markdown]
# **Before you run it:** three spreads, 0.02, 0.17 and 1. What will the 20th layer give in each case? All numbers
# near 0, all near −1 and 1, or something in between?

# %%
figure, axes = plt.subplots(3, 4, figsize=(11, 5), sharex=True, layout="constrained")
for row, spread in zip(axes, (0.02, 0.17, 1.0)):
    outputs = through(spread)
    for ax, number in zip(row, (1, 5, 10, 20)):
        ax.hist(outputs[number - 1].ravel(), bins=41, range=(-1, 1), color="#2f6db3")
        ax.set_yticks([])
        ax.set_title(f"spread {spread}, layer {number}", fontsize=9)

# %% [markdown]
# Each panel shows how often each number between −1 and 1 comes out of a layer. In the top row (0.02) the numbers are
# smaller in each layer; by layer 5 all of them are at 0. Whatever digit goes in, the network says the same. In the
# bottom row (1.0) nearly all are at −1 or 1: the tanh is saturated from the first layer on. In the middle row
# (0.17) layer 20 looks much as layer 5 does: the numbers keep their size.
#
# And how far does the gradient come back? Here are the gradients of the weights in each layer, for the same three.

# %%
def deep(spread, layers, normalized=False):
    """Layers of 100 neurons with tanh, and a last one with 10 scores; the weights have this spread."""
    rng = np.random.default_rng(0)
    parts, width = [], 64
    for _ in range(layers):
        parts.append(nn.Linear(width, 100))
        if normalized:
            parts.append(nn.BatchNorm1d(100))  # we come to this below
        parts.append(nn.Tanh())
        width = 100
    parts.append(nn.Linear(width, 10))
    for part in parts:
        if isinstance(part, nn.Linear):
            nn.init.normal_(part.weight, std=spread, rng=rng)
            nn.init.zeros_(part.bias)
    return nn.Sequential(*parts)


figure, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
for spread, colour in ((0.02, "#2f6db3"), (0.17, "#3a8f5c"), (1.0, "#e0782a")):
    network = deep(spread, 20)
    nn.cross_entropy(network(inputs[:200]), classes[:200]).backward()
    sizes = [np.abs(part.weight.grad).mean() for part in network if isinstance(part, nn.Linear)]
    ax.semilogy(range(1, 22), sizes, "o-", color=colour, markersize=4, label=f"spread {spread}")
ax.set(xlabel="layer", ylabel="mean size of the gradient", xticks=[1, 5, 10, 15, 20])
ax.legend(frameon=False)
ax.spines[["top", "right"]].set_visible(False)

# %% [markdown]
# Each line shows one network, and the steps of the vertical axis are powers of ten. The green line (0.17) is nearly
# level: the first layer learns about as fast as the last. With a spread of 0.02 (blue) the gradients are below a
# millionth of a millionth: nothing will ever move. With 1.0 (orange) they grow on their way back, from right to
# left, and are millions of times larger in the first layer than in the last. No learning rate fits both.
#
# ## The right size
#
# A weighted sum adds up one term for each input. Some are above 0 and some below, so they partly cancel.

# %%
rng = np.random.default_rng(0)
for n in (1, 4, 100, 400):
    sums = rng.normal(0, 1, (20_000, n)).sum(axis=1)
    print(f"the sum of {n:3} random numbers of size 1 has size {sums.std():.1f}")

# %% [markdown]
# Not $n$, but $\sqrt{n}$. This is all that one needs to know.

# %% exercise 14.2 [markdown]
# ### Exercise 14.2: choose the spread
#
# A neuron has 100 inputs of size 1. Each weight has the spread $s$, and so each product has the size $s$. For which
# $s$ does the weighted sum have size 1 again?

# %% start
s = ...

# %% check
check("14.2", s)

# %% hint [markdown]
# The sum of 100 terms of size $s$ has the size $\sqrt{100} \cdot s$.

# %% solution
s = 1 / 100**0.5

# %% wrong: divided_by_the_number
s = 1 / 100

# %% wrong: not_divided
s = 100**0.5

# %% wrong: squared_size
s = 1

# %% [markdown]
# So the spread should be $1/\sqrt{n}$, where $n$ is the number of inputs of the neuron, also called **fan-in**. The
# activation then takes a little off the size, and one makes good for it with a factor, the **gain**. For tanh, 5/3
# works well: $5/3 \cdot 1/\sqrt{100} = 0.17$, the middle row above.
#
# ReLU sets half of the numbers to 0, and so takes off half of the mean square. Its gain is $\sqrt{2}$. These are the
# weights of **He** and others (2015), named after the first author, and also "Kaiming", which is his first name.

# %% exercise 14.3 [markdown]
# ### Exercise 14.3: write it
#
# Return an array of random weights for a layer with ReLU, with a row for each of its `outs` neurons and a column for
# each of its `ins` inputs. `rng.normal(0, spread, (rows, columns))` draws them.

# %% start
def he(rng, outs, ins):
    ...

# %% check
check("14.3", he)

# %% hint [markdown]
# The spread is the gain, $\sqrt{2}$, divided by the root of the number of inputs.

# %% hint [markdown]
# Which of the two numbers is the number of inputs of *one* neuron?

# %% solution
def he(rng, outs, ins):
    return rng.normal(0, (2 / ins) ** 0.5, (outs, ins))

# %% wrong: no_gain
def he(rng, outs, ins):
    return rng.normal(0, (1 / ins) ** 0.5, (outs, ins))

# %% wrong: outputs_counted
def he(rng, outs, ins):
    return rng.normal(0, (2 / outs) ** 0.5, (outs, ins))

# %% wrong: no_root
def he(rng, outs, ins):
    return rng.normal(0, 2 / ins, (outs, ins))

# %% wrong: turned
def he(rng, outs, ins):
    return rng.normal(0, (2 / ins) ** 0.5, (ins, outs))

# %% [markdown]
# In the library this is `nn.init.kaiming_normal_(weight, nonlinearity="relu")`, and `nn.MLP` does as much by itself.
# Does the gain matter? ReLU, twenty layers, without the gain and with it:

# %%
for name, spread in (("1 / √100", 0.1), ("√2 / √100", 0.02**0.5)):
    last = through(spread, lambda s: np.maximum(0, s))[-1]
    print(f"spread {name}: the 20th layer has a mean square of {np.mean(last**2):.7f}")

# %% [markdown]
# A factor of 2 in each layer is a factor of a million after twenty.
#
# ## The first loss tells
#
# Many believe that the first loss means nothing, since the network has not learned anything yet. You know better
# since lesson 7: who knows nothing about ten classes should give each a tenth, and pay $\log 10 = 2.30$.
#
# **Before you run it:** which of the three networks begins far above?

# %%
for spread in (0.02, 0.17, 1.0):
    loss = nn.cross_entropy(deep(spread, 20)(inputs), classes)
    print(f"spread {spread}: the first loss is {loss.data:.1f}")

# %% [markdown]
# A first loss of 13 says that the network is *sure* of wrong answers. Its first hundred steps will go into
# unlearning what nobody has taught it. The other way round it is no proof: the dead network with 0.02 begins at
# 2.3 too, and stays there. So look at the first loss, and at whether it moves.
#
# ## Normalization
#
# A good start is only a start: while the weights learn, sizes drift. Instead of hoping, one can put a layer between
# that sets them right each time. It takes the examples that are computed together, a **batch**. For each neuron it
# subtracts the mean over the batch and divides by the standard deviation over the batch. What comes out has mean 0
# and size 1, whatever went in. This is **batch normalization**. (The layer then multiplies by a weight and adds a
# bias, which are learned, so that the network may choose another size if it wants one.)

# %% exercise 14.4 [markdown]
# ### Exercise 14.4: write batch normalization
#
# `x` is an array with a row for each example and a column for each neuron. Return the normalized array, without the
# learned weight and bias.

# %% start
def batch_norm(x):
    ...

# %% check
check("14.4", batch_norm)

# %% hint [markdown]
# `x.mean(axis=0)` is the mean of each column, and `x.std(axis=0)` its standard deviation.

# %% solution
def batch_norm(x):
    return (x - x.mean(axis=0)) / x.std(axis=0)

# %% wrong: along_rows
def batch_norm(x):
    return (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)

# %% wrong: all_together
def batch_norm(x):
    return (x - x.mean()) / x.std()

# %% wrong: only_shifted
def batch_norm(x):
    return x - x.mean(axis=0)

# %% wrong: variance_taken
def batch_norm(x):
    return (x - x.mean(axis=0)) / x.var(axis=0)

# %% [markdown]
# **Before you run it:** ten layers, trained three times. With a spread of 1, as it is; with a spread of 1 and batch
# normalization after each weighted sum; and with a spread of 0.17. Which of them will learn?

# %%
figure, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
cases = (
    ("spread 1", deep(1.0, 10), "#e0782a"),
    ("spread 1, normalized", deep(1.0, 10, normalized=True), "#2f6db3"),
    ("spread 0.17", deep(0.17, 10), "#3a8f5c"),
)
for name, network, colour in cases:
    optimizer = nn.optim.Adam(network.parameters(), lr=0.002)
    trainer = nn.Trainer(network, nn.CrossEntropyLoss(), optimizer, metrics=["accuracy"], rng=0)
    history = trainer.fit((inputs, classes), epochs=short(8, 1), verbose=False)
    ax.plot(range(1, len(history["accuracy"]) + 1), history["accuracy"], "o-", color=colour, label=name)
ax.set(xlabel="epoch", ylabel="accuracy", ylim=(0, 1))
ax.legend(frameon=False)
ax.spines[["top", "right"]].set_visible(False)

# %% [markdown]
# An **epoch** is one pass through all of the data. The orange network, with weights too large, hardly learns. The same
# weights with batch normalization (blue) learn well. And the green one, with the right spread, does not even need
# it: ten layers are not much. The deeper the network, and the larger the learning rate, the more it helps.
#
# ## What a batch of one would say
#
# A single example is equal to its own mean, so batch normalization would make it 0. So the layer keeps a running
# mean of what it has seen in training, and uses that after `network.eval()`. To forget `eval()` is a classic
# mistake: the answer for an image then depends on which others are in the batch.

# %%
norm = nn.BatchNorm1d(1)
small, large = np.array([[4.0], [6.0]]), np.array([[6.0], [8.0]])
for _ in range(50):
    norm(small), norm(large)  # in training: the running mean comes near 6, the mean of all
for mode in ("training", "eval"):
    norm.train(mode == "training")
    print(f"in {mode}: 4 and 6 become {norm(small).data.ravel().round(2)}, 6 and 8 {norm(large).data.ravel().round(2)}")

# %% [markdown]
# In training, a 6 is once the larger number and once the smaller one, and comes out as 1 and as −1. After `eval()` it
# comes out as the same number both times, whichever number is beside it; near 0, as 6 is the mean of all four.
#
# `nn.LayerNorm` goes the other way: it normalizes each *row*, over the neurons of one example. It needs no batch and no
# running mean. You will meet it in lesson 20.
#
# ## What you know now
#
# - Weights begin at random, so that neurons become different.
# - Their spread is gain / √(number of inputs): then numbers and gradients keep their size through all layers.
# - The first loss for $k$ classes should be about $\log k$. If it is far above, the weights are too large.
# - Batch normalization sets mean and size right, neuron by neuron, over a batch. `eval()` before using the network.
#
# [Next: from scalars to arrays.](15_arrays.ipynb)

# %% teacher [markdown]
# ## Timing
#
# 20 minutes: why random 4, how large 5, the right size 5, the first loss 2, normalization 4.
#
# ## What to watch for
#
# - "Random numbers are just to start somewhere." Exercise 14.1 answers it, if they argue it through before running.
# - In 14.2 many say 1/100. Show that the sum of 100 random signs is about 10, and neither 0 nor 100.
# - In 14.4 ask for the shape of the mean. Who has a number for each *example* has written layer normalization.
#
# ## Questions for an examination
#
# 1. All weights of a hidden layer begin at 0. Describe what the layer has learned after a thousand steps.
# 2. A layer has 256 inputs and 64 neurons with ReLU. Which spread should its weights have?
# 3. A network for 1000 classes begins with a loss of 40. What is wrong, and what should it be?
# 4. Why does batch normalization behave differently in training and after `eval()`?
