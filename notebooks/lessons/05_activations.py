# %% [markdown]
# # Activations, and why there must be one
#
# The neuron of lesson 1 computes a score and then jumps: yes or no. A network needs something else in the place of
# that jump, and the choice decides whether it can learn. In this lesson you meet the three that matter, see what each
# does to a derivative, and find out what happens without any.

# %% [markdown]
# ## The jump gives no direction
#
# Networks learn from derivatives. **Before you run it:** what is the derivative of the jump, at a few scores?

# %%
def jump(score):
    return 1.0 if score > 0 else 0.0


h = 1e-5
for score in (-2.0, -0.3, 0.4, 3.0):
    slope = (jump(score + h) - jump(score - h)) / (2 * h)
    print(f"score {score:4}: answer {jump(score):.0f}, derivative {slope}")

# %% [markdown]
# It is 0 everywhere (except at the jump itself, where there is none). If you move a weight a little, the answer
# stays as it is. By the chain rule, the grad of everything on the left of the jump has this 0 as a factor. So no
# weight learns which way to go.
#
# ## Then why not leave it out?
#
# A neuron that gives its score as it is has a perfectly good derivative. Put such neurons in a row, one after the
# other, and you have a deep network. It is a common belief that this must be stronger than a single one.

# %% exercise 5.1 [markdown]
# ### Exercise 5.1: two in a row
#
# The first neuron computes $h = 2x + 1$, and the second one takes its result and computes $y = 3h - 4$. Both
# together are one neuron, $y = wx + b$. Which numbers $w$ and $b$ does it have?

# %% start
w, b = ..., ...

# %% check
check("5.1", w, b)

# %% hint [markdown]
# Put $2x + 1$ in the place of $h$, and multiply out.

# %% solution
w, b = 6, -1

# %% wrong: weights_added
w, b = 5, -3

# %% wrong: biases_added
w, b = 6, -3

# %% wrong: second_bias_only
w, b = 6, -4

# %% [markdown]
# Two in a row can do no more than one. Nor can a hundred: **a weighted sum of weighted sums is a weighted sum.** Here
# are three networks, made by `nn.MLP`. Each has two rows of eight neurons side by side, and one neuron at the end,
# with random weights. (How they are connected comes in the next lesson.) The networks differ in what each neuron
# does with its score. The four points are only there to give the picture its frame.
#
# **Before you run it:** in the first network, each neuron passes its score on as it is. What will the boundary be?

# %%
import matplotlib.pyplot as plt

import nn

CORNERS, TARGETS = [[-2, -2], [-2, 2], [2, -2], [2, 2]], [0, 1, 1, 0]

figure, axes = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained")
for ax, activation in zip(axes, ("identity", "tanh", "relu")):
    network = nn.MLP(2, [8, 8, 1], activation=activation, rng=2)

    def scores(points):
        return [network(point) for point in points.tolist()]

    nn.plot.decision_boundary(scores, CORNERS, TARGETS, ax)
    ax.set_title(activation)
    ax.get_legend().remove()

# %% [markdown]
# On the left every neuron passes on its score as it is ("identity"), and the boundary is a straight line, as with a
# single neuron. In the middle and on the right each neuron puts its score through a function whose curve is bent
# ("tanh", "relu"), and the boundary is bent, too. Such a function of the score is called an **activation**. Its curve
# must not be a straight line, and it should have a useful derivative.
#
# ## Three activations
#
# - **sigmoid**, $\sigma(s) = 1 / (1 + e^{-s})$, is a soft jump from 0 to 1.
# - **tanh** has the same shape, but runs from −1 to 1 and climbs in half the space:
#   $\tanh(s) = 2\,\sigma(2s) - 1$.
# - **ReLU** (rectified linear unit) is $\max(0, s)$: it cuts off what is below 0 and leaves the rest as it is.
#
# `grad`, from the library, turns a function into its derivative. So we can draw each curve with its slope.

# %%
import numpy as np

from autograd import grad, relu, sigmoid, tanh

scores = np.linspace(-6, 6, 241)
figure, axes = plt.subplots(1, 3, figsize=(11, 3.2), layout="constrained")
for ax, activation, name in zip(axes, (sigmoid, tanh, relu), ("sigmoid", "tanh", "relu")):
    slope = grad(activation)
    ax.plot(scores, [activation(s) for s in scores.tolist()], color="#33373d", label="activation")
    ax.plot(scores, [slope(s) for s in scores.tolist()], color="#e0782a", label="its derivative")
    ax.set(title=name, xlabel="score", ylabel="activation, derivative", ylim=(-1.2, 2.2))
    ax.axhline(0, color="#33373d", alpha=0.3, linewidth=1)
    ax.spines[["top", "right"]].set_visible(False)
axes[0].legend(frameon=False);

# %% [markdown]
# The dark curves are the activations, and the orange ones their derivatives. Far to the left and to the right,
# sigmoid and tanh are flat, and their derivatives are nearly 0: the neuron is **saturated**, and hardly anything
# can move it. The derivative of ReLU is 1 wherever the score is above 0, and exactly 0 below.
# (At 0 itself there is none; the library takes 0 there.)

# %% exercise 5.2 [markdown]
# ### Exercise 5.2: the steepest point
#
# What is the largest derivative that sigmoid can have, and what is the largest of tanh? Read them off the picture, or
# compute them: `grad(sigmoid)` is a function, so `grad(sigmoid)(1.5)` is the derivative at the score 1.5.

# %% start
of_sigmoid, of_tanh = ..., ...

# %% check
check("5.2", of_sigmoid, of_tanh)

# %% hint [markdown]
# Both are steepest in the middle, where the score is 0.

# %% solution
of_sigmoid, of_tanh = grad(sigmoid)(0.0), grad(tanh)(0.0)

# %% wrong: value_at_zero
of_sigmoid, of_tanh = 0.5, 0

# %% wrong: stretched_only
of_sigmoid, of_tanh = 0.25, 0.5

# %% wrong: exchanged
of_sigmoid, of_tanh = 1, 0.25

# %% wrong: not_called
of_sigmoid, of_tanh = grad(sigmoid), grad(tanh)

# %% wrong: highest_value
of_sigmoid, of_tanh = 1, 1

# %% [markdown]
# At best a sigmoid lets a quarter of a derivative through. **Before you run it:** ten sigmoids stand one after the
# other. How much of a derivative can reach the first one at most?

# %%
from autograd import Value

for name in ("sigmoid", "tanh", "relu"):
    first = x = Value(0.5)
    for _ in range(10):
        x = getattr(x, name)()
    x.backward()
    print(f"ten times {name:8} derivative {first.grad:.8f}")

# %% [markdown]
# At most $0.25^{10}$, about a millionth; here it is less than that. This is called a **vanishing gradient**, and it
# is why sigmoid is hardly used inside networks any more. It lives on at the end, where a number between 0 and 1 is
# wanted: a probability ([lesson 7](07_losses.ipynb)). Tanh does better, and ReLU lets everything through, as long as
# its score is above 0.
#
# ## ReLU has a price
#
# And if the score is *not* above 0? Here are a hundred random points, most of them less than 2 from the middle, and a
# neuron with the weights 1 and −2. We call it awake for a point if its score there is above 0.
#
# **Before you run it:** we try the biases 0, −3 and −10. What happens to the grad of the first weight?

# %%
points = np.random.default_rng(0).normal(size=(100, 2)).tolist()


def awake(bias):
    """For how many points the neuron is awake, and the grad of its first weight."""
    weights = [Value(1.0), Value(-2.0)]
    scores = [weights[0] * x1 + weights[1] * x2 + bias for x1, x2 in points]
    total = sum(score.relu() for score in scores)
    total.backward()
    return sum(score.data > 0 for score in scores), weights[0].grad


for bias in (0, -3, -10):
    count, gradient = awake(bias)
    print(f"bias {bias:3}: awake for {count} points, the grad of the first weight is {gradient:.3f}")

# %% [markdown]
# With a bias of −10 there is not a single point for which its score is above 0. All its derivatives are 0, for
# every point. So nothing moves its weights, as long as the points stay the same: it is a **dead unit** (a unit is
# another word for a neuron). A large step of learning can push a neuron there by accident.

# %% exercise 5.3 [markdown]
# ### Exercise 5.3: write a detector
#
# Write `is_dead(weights, bias, points)`: `True` if a ReLU neuron is awake for none of the points, otherwise `False`.
# A point is a list of as many numbers as there are weights.

# %% start
def is_dead(weights, bias, points):
    ...

# %% check
check("5.3", is_dead)

# %% hint [markdown]
# The score is `sum(w * x for w, x in zip(weights, point)) + bias`.

# %% hint [markdown]
# `all(… for point in points)` is true if the condition holds for every point.

# %% solution
def is_dead(weights, bias, points):
    return all(sum(w * x for w, x in zip(weights, point)) + bias <= 0 for point in points)

# %% wrong: one_is_enough
def is_dead(weights, bias, points):
    return any(sum(w * x for w, x in zip(weights, point)) + bias <= 0 for point in points)

# %% wrong: bias_left_out
def is_dead(weights, bias, points):
    return all(sum(w * x for w, x in zip(weights, point)) <= 0 for point in points)

# %% wrong: at_zero
def is_dead(weights, bias, points):
    return all(sum(w * x for w, x in zip(weights, point)) + bias < 0 for point in points)

# %% wrong: other_way
def is_dead(weights, bias, points):
    return any(sum(w * x for w, x in zip(weights, point)) + bias > 0 for point in points)

# %% exercise 5.4 [markdown]
# ### Exercise 5.4: write one that cannot die
#
# **Leaky ReLU** is the score itself where that is above 0, and a tenth of the score where it is not. Write it so
# that it returns two numbers, the value and the derivative.

# %% start
def leaky_relu(score):
    ...

# %% check
check("5.4", leaky_relu)

# %% hint [markdown]
# There are two cases, so use `if score > 0`. In each of them the function is a straight line. What is its slope?

# %% solution
def leaky_relu(score):
    if score > 0:
        return score, 1.0
    return 0.1 * score, 0.1

# %% wrong: still_dead
def leaky_relu(score):
    if score > 0:
        return score, 1.0
    return 0.1 * score, 0.0

# %% wrong: upside_down
def leaky_relu(score):
    if score > 0:
        return score, 1.0
    return -0.1 * score, -0.1

# %% wrong: plain_relu
def leaky_relu(score):
    if score > 0:
        return score, 1.0
    return 0.0, 0.0

# %% [markdown]
# ## What you know now
#
# - Without an activation, a network with any number of neurons in a row is a single weighted sum.
# - A jump has no useful derivative. Sigmoid, tanh and ReLU have one.
# - Sigmoid and tanh saturate: far from 0 they let hardly any derivative through. A ReLU neuron whose score is never
#   above 0 is dead.
#
# Now the parts are there, and you can put neurons together. [Next: forward propagation, and XOR at
# last.](06_forward.ipynb)

# %% teacher [markdown]
# ## Timing
#
# 20 minutes: the jump 3, no activation 6, three activations 6, dead units 5.
#
# ## What to watch for
#
# - "Deeper is stronger" is not broken by a proof alone. Let them do 5.1 first, and then look at the left picture.
# - ReLU has no derivative at 0. The library takes 0 there; it hardly ever matters, and it is a good question.
#
# ## Questions for an examination
#
# 1. Why is the derivative of the jump of no use?
# 2. Three layers compute $2x$, $-x + 3$ and $4x - 1$. Write them as one.
# 3. Which activations can saturate, and what does it mean for learning?
# 4. A ReLU neuron has weights (1, 1) and all inputs lie between 0 and 1. From which bias downwards is it dead?
