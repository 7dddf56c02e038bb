# %% [markdown]
# # What goes wrong, and how to see it
#
# A program with a mistake stops with an error. A network with a mistake goes on, and learns badly, or not at all.
# In this lesson you break networks in five ways, on purpose: so that you recognize each of them when you meet it,
# and know what to look at, and what to do.

# %% [markdown]
# ## The patient
#
# The moons again, and a network with two hidden layers. This time we take the library's layers of matrices, which
# compute what you wrote in lesson 9: `nn.Linear(2, 16)` is the weighted sums of sixteen neurons with two inputs,
# and after it comes an activation.

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons

import nn

X, y = make_moons(200, noise=0.1, random_state=1)
y = y[:, np.newaxis]  # a column, as the network gives its scores in a column
loss = nn.BCEWithLogitsLoss()


def build(activation, depth=3, rng=0):
    """A network with `depth` layers, and an activation after each but the last."""
    rng = np.random.default_rng(rng)
    layers = [nn.Linear(2, 16, rng=rng), activation()]
    for _ in range(depth - 2):
        layers += [nn.Linear(16, 16, rng=rng), activation()]
    return nn.Sequential(*layers, nn.Linear(16, 1, rng=rng))


def train(model, rate, steps=100):
    """Gradient descent; returns the loss at each step."""
    optimizer = nn.optim.SGD(model.parameters(), lr=rate)
    losses = []
    for step in range(steps):
        result = loss(model(X), y)
        optimizer.zero_grad()
        result.backward()
        optimizer.step()
        losses.append(result.item())
    return losses


def accuracy(model):
    return np.mean((model(X).data > 0) == y)


# %% [markdown]
# `nn.optim.SGD` is what you know as gradient descent: its `step()` moves each parameter by the rate times its
# gradient, downhill.
#
# ## 1. The wrong rate
#
# **Before you run it:** three rates, 0.001, 0.5 and 100. What will their losses look like? An untrained network that
# gives yes and no the same probability has a loss of $\log 2$, about 0.69.

# %%
figure, axes = plt.subplots(1, 3, figsize=(11, 3), layout="constrained")
for ax, rate in zip(axes, [0.001, 0.5, 100]):
    ax.plot(train(build(nn.Tanh), rate), color="#2f6db3")
    ax.axhline(np.log(2), color="#33373d", alpha=0.4, linestyle="--")
    ax.set(xlabel="step", title=f"rate {rate:g}")
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set(ylabel="loss", ylim=(0, 1))
axes[1].set(ylim=(0, 1));

# %% [markdown]
# The dashed line is $\log 2$. On the left (0.001) the loss falls, but so slowly that it seems flat. In the middle
# (0.5) it falls fast at first, and goes on falling. On the right (100) it jumps up and down between numbers a
# hundred times as large as at the start; look at the scale of that picture. So look at the curve of the loss first,
# always. Nearly flat from the start: try ten times the rate. Jumping: try a tenth of it.
#
# ## 2. NaN
#
# Some day your loss will be `nan`. It means "not a number", and many who see it first think that the program has a
# bug. Let us see where it comes from, with one weight. The loss is $(3w - 6)^2$, so the best $w$ is 2. We begin at
# $w = 3$, with a rate of 0.2.

# %% exercise 11.1 [markdown]
# ### Exercise 11.1: one step
#
# Do one step of gradient descent by hand. Before it, $w$ is 1 above the best weight. How far above it is $w$ after
# the step? (Below is less than 0.)

# %% start
distance = ...

# %% check
check("11.1", distance)

# %% hint [markdown]
# The derivative of $(3w - 6)^2$ with respect to $w$ is $2 \cdot (3w - 6) \cdot 3$. What is it at $w = 3$?

# %% hint [markdown]
# $w$ becomes $3 - 0.2 \cdot 18$. How far is that from 2?

# %% solution
distance = 3 - 0.2 * 18 - 2

# %% wrong: new_weight
distance = 3 - 0.2 * 18

# %% wrong: inner_derivative
distance = 3 - 0.2 * 6 - 2

# %% wrong: uphill
distance = 3 + 0.2 * 18 - 2

# %% wrong: no_sign
distance = 2.6

# %% [markdown]
# The step overshoots: $w$ lands on the other side, 2.6 times as far away as before. The next step does the same
# again. **Before you run it:** what happens in the end?

# %%
w = 3.0
for step in range(1000):
    error = 3 * w - 6
    if step in (0, 1, 2, 3, 10, 100, 500) or not np.isfinite(w):
        print(f"step {step:3}: w = {w:9.3g}, loss = {error * error:.3g}")
    if np.isnan(w):
        break
    w = w - 0.2 * (2 * error * 3)

# %% [markdown]
# The numbers grow until they are too large for the computer, which can count to about $10^{308}$; beyond that it
# says `inf`, infinity. In the end `w` is infinite too, and the step computes infinity minus infinity. That has no
# answer, and the computer says so: `nan`. Everything that is computed from a `nan` is `nan`.
#
# So **`nan` is not a bug of the tool**. It is an honest answer, and usually it says that the rate is too large.
# Other ways to get there are $0 \cdot \infty$, $\infty / \infty$, the logarithm of a number below 0, and a `nan` in
# the data.

# %% exercise 11.2 [markdown]
# ### Exercise 11.2: when did it begin?
#
# Write `first_bad(losses)`. It returns the number of the first step (counted from 0) whose loss is `nan` or
# infinite, or −1 if there is none.

# %% start
def first_bad(losses):
    ...

# %% check
check("11.2", first_bad)

# %% hint [markdown]
# `for step, number in enumerate(losses):` gives the steps and their losses.

# %% hint [markdown]
# Try `float("nan") == float("nan")`. It is `False`: nothing equals `nan`, not even itself. `math.isfinite(number)`
# is true for all numbers but `nan` and the two infinities.

# %% solution
import math


def first_bad(losses):
    for step, number in enumerate(losses):
        if not math.isfinite(number):
            return step
    return -1

# %% wrong: equals_nan
def first_bad(losses):
    for step, number in enumerate(losses):
        if number == float("nan") or number == float("inf"):
            return step
    return -1

# %% wrong: infinity_missed
def first_bad(losses):
    for step, number in enumerate(losses):
        if number != number:
            return step
    return -1

# %% wrong: only_the_last
def first_bad(losses):
    import math
    return -1 if math.isfinite(losses[-1]) else len(losses) - 1

# %% wrong: too_soon
def first_bad(losses):
    for step, number in enumerate(losses):
        if number > 1000 or number != number:
            return step
    return -1

# %% [markdown]
# Where in a computation did a `nan` come from? Within `autograd.detect_anomaly()`, the first operation that makes
# one, forward or backward, stops with an error that names it and its line. Here $p \log p$, which should be 0 for
# $p = 0$:

# %%
import autograd
from autograd import Value, log

try:
    with autograd.detect_anomaly():
        p = Value(0.0, label="p")
        result = p * log(p)
        result.backward()
except FloatingPointError as error:
    print(str(error).partition(" in line")[0])

# %% [markdown]
# ## 3. Dead units
#
# In lesson 5 a ReLU died of a bias of −10. Nobody sets such a bias. But a single step that is too large can do it.
# Here are three steps with a rate of 20, and then 200 steps with a good one.
#
# **Before you run it:** does the good rate repair the damage?

# %%
model = build(nn.ReLU, rng=1)
train(model, rate=20, steps=3)
for finding in nn.diagnose(model, (X, y), loss).findings:
    if finding.kind == "dead ReLU":
        print(finding.sentence)

train(model, rate=0.1, steps=200)
print(f"accuracy after 200 good steps: {accuracy(model):.0%}")

healthy = build(nn.ReLU, rng=1)
train(healthy, rate=0.1, steps=200)
print(f"without the three bad ones:    {accuracy(healthy):.0%}")

# %% [markdown]
# It does not. A dead unit gets a gradient of 0, so no rate in the world moves it. `nn.diagnose` looks at a network
# with one batch and says what it sees, here how many units are dead. What helps: start again with a smaller rate; or
# a leaky ReLU, whose slope is never 0.
#
# ## 4. Vanishing and exploding gradients
#
# On its way from the loss to the first layer, a gradient is multiplied again and again: in each layer by a weight
# and by the slope of the activation. Many factors below 1 make nearly 0, and many above 1 make something huge.

# %% exercise 11.3 [markdown]
# ### Exercise 11.3: ten sigmoids
#
# The slope of the sigmoid is at most 0.25. Ten layers, each of a single neuron with the weight 1 and a sigmoid: by
# what factor is a gradient multiplied, at most, on its way through all of them?

# %% start
factor = ...

# %% check
check("11.3", factor)

# %% hint [markdown]
# Through one layer: times $0.25 \cdot 1$. Through two: $0.25 \cdot 0.25$.

# %% solution
factor = 0.25**10

# %% wrong: added
factor = 0.25 * 10

# %% wrong: divided
factor = 0.25 / 10

# %% wrong: one_layer
factor = 0.25

# %% [markdown]
# Now three networks with ten layers: with sigmoids, with tanh, and with ReLU and weights that are six times as large
# as they should be. For each layer, the mean size of the gradients of its weights:

# %%
def gradient_sizes(model):
    model.zero_grad()
    loss(model(X), y).backward()
    return [np.abs(layer.weight.grad).mean() for layer in model if isinstance(layer, nn.Linear)]


large = build(nn.ReLU, depth=10)
for layer in large:
    if isinstance(layer, nn.Linear):
        layer.weight.data *= 6

figure, ax = plt.subplots(figsize=(6.5, 3.6), layout="constrained")
networks = [("ReLU, weights × 6", large), ("tanh", build(nn.Tanh, depth=10)), ("sigmoid", build(nn.Sigmoid, depth=10))]
for (name, network), marker in zip(networks, "^os"):
    ax.plot(range(1, 11), gradient_sizes(network), marker=marker, label=name)
ax.set(xlabel="layer", ylabel="size of the gradients", yscale="log", xticks=range(1, 11))
ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
ax.spines[["top", "right"]].set_visible(False)

# %% [markdown]
# From the right, the last layer, to the left, each mark on the scale is a hundred times smaller than the one above
# it. In the network of sigmoids (bottom line), the gradients shrink from layer to layer; in the first layer they are
# below a billionth. It does not learn: this is a **vanishing gradient**. In the network with large weights (top
# line) they are tens of thousands of times as large as with tanh and more, and one step would throw everything away:
# an **exploding gradient**. With tanh all layers have gradients of about the same size, except for the last.
#
# `nn.diagnose` compares the layers with each other. Its report on the network of sigmoids, the first finding:

# %%
print(nn.diagnose(networks[2][1], (X, y), loss).findings[0].sentence)

# %% [markdown]
# Against vanishing help: ReLU or tanh in place of the sigmoid, and weights of the right size at the start, the
# subject of [lesson 14](14_initialization.ipynb). Against exploding gradients the same, and one more thing: to
# shorten a gradient that is too long. This is called **clipping**. The length of a gradient is the root of the sum
# of its squares, as for an arrow. If it is above a limit, *all* its numbers are multiplied by the same factor, so
# that the length becomes the limit.

# %% exercise 11.4 [markdown]
# ### Exercise 11.4: clip
#
# Write `clip(gradient, limit)` for a list of numbers. It returns the gradient, shortened if need be.

# %% start
def clip(gradient, limit):
    ...

# %% check
check("11.4", clip)

# %% hint [markdown]
# `length = math.sqrt(sum(g * g for g in gradient))`. For `[3, 4]` it is 5.

# %% hint [markdown]
# If the length is not above the limit, return the gradient as it is. If it is, multiply each number by
# `limit / length`.

# %% solution
def clip(gradient, limit):
    length = sum(g * g for g in gradient) ** 0.5
    if length <= limit:
        return gradient
    return [g * limit / length for g in gradient]

# %% wrong: each_number
def clip(gradient, limit):
    return [max(-limit, min(limit, g)) for g in gradient]

# %% wrong: always
def clip(gradient, limit):
    length = sum(g * g for g in gradient) ** 0.5
    return [g * limit / length for g in gradient]

# %% wrong: sum_for_length
def clip(gradient, limit):
    length = sum(abs(g) for g in gradient)
    return gradient if length <= limit else [g * limit / length for g in gradient]

# %% wrong: no_root
def clip(gradient, limit):
    length = sum(g * g for g in gradient)
    return gradient if length <= limit else [g * limit / length for g in gradient]

# %% [markdown]
# In the library this is `nn.utils.clip_grad_norm_`.
#
# ## 5. Mend it
#
# Look first, then change *one* thing, then look again. Here is a patient that has more than one illness.

# %% exercise 11.5 [markdown]
# ### Exercise 11.5: the doctor
#
# Change the function until `nn.diagnose` finds nothing wrong with the network and its rate. The check shows its first
# finding. Keep the depth of 8.

# %% start
def mended():
    model = build(nn.Sigmoid, depth=8)
    rate = 1e-6
    return model, rate

# %% check
check("11.5", mended)

# %% hint [markdown]
# The gradient vanishes in the first layers. Which activation kept it alive, in the picture above?

# %% hint [markdown]
# Then the rate. Try 0.5, and see what the check says.

# %% solution
def mended():
    model = build(nn.Tanh, depth=8)
    rate = 0.5
    return model, rate

# %% wrong: still_ill
def mended():
    model = build(nn.Sigmoid, depth=8)
    rate = 1e-6
    return model, rate

# %% wrong: rate_ill
def mended():
    model = build(nn.Tanh, depth=8)
    rate = 1e-6
    return model, rate

# %% wrong: other_depth
def mended():
    model = build(nn.Tanh, depth=3)
    rate = 0.5
    return model, rate

# %% [markdown]
# ## What you know now
#
# | what you see | what it is | what to do |
# |---|---|---|
# | a loss that hardly falls | rate too small, or one of those below | ten times the rate; diagnose |
# | a loss that jumps, or grows | rate too large | a tenth of the rate |
# | `inf`, then `nan` | numbers without limit, or `nan` in the data | smaller rate, clipping; look at the data |
# | units with 0 for all examples | dead ReLUs | start again: smaller rate, leaky ReLU |
# | tiny gradients in the first layers | vanishing gradient | ReLU or tanh, other weights at the start |
# | huge gradients | exploding gradient | smaller weights at the start, clipping |
#
# A `nan` is an answer, not a bug; and `nn.diagnose` is a good first question. There is one illness that none of
# these pictures shows, since the loss looks better than ever. [Next: overfitting.](12_overfitting.ipynb)

# %% teacher [markdown]
# ## Timing
#
# 25 minutes: rates 4, NaN 7, dead units 4, vanishing and exploding 7, the doctor 3.
#
# ## What to watch for
#
# - Collect guesses before the experiment with the dead units. Most expect that a good rate repairs them.
# - `number == nan` in 11.2 is written by nearly everybody. Let them try it in a cell of its own.
# - "Clip each number" in 11.4 is not absurd (it is also used), but it turns the direction: draw `[30, 1]` with limit 1.
#
# ## Questions for an examination
#
# 1. For which rates does gradient descent on $(3w - 6)^2$ reach the best weight?
# 2. Compute: ∞ − ∞, 0 · ∞, nan > 1, nan == nan. What does each mean for a loop that waits until the loss is small?
# 3. Why does a smaller rate not wake a dead unit?
# 4. A network of 20 layers has slopes of 0.9 and weights of 1 along a path. What is left of a gradient? And with slopes
#    of 1.1?
