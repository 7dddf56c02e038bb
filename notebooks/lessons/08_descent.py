# %% [markdown]
# # Gradient descent
#
# The derivative says which way is up. To make a result smaller, step the other way. This is **gradient descent**,
# and networks learn by nothing else. In this lesson you choose how long the steps are, and see what happens when they
# are too short, too long, and just right.
#
# ## Learning one number
#
# Here is a landscape with two valleys, and a ball that starts high up on the right. Think of $x$ as the only weight
# of a network, and of the height as its loss. In each step the ball moves against the derivative:
#
# $$x \;\leftarrow\; x - \text{rate} \cdot \text{grad}$$
#
# The **learning rate**, here 0.1, says how far it goes for each unit of slope.

# %%
from autograd import Value, grad


def height(x):
    return x**4 / 16 - x**2 / 2 + x / 4 + 2


x = Value(3.2, label="x")
visited = []
for step in range(25):
    result = height(x)
    visited.append((x.data, result.data))
    x.zero_grad()  # grads add up, so forget the one of the step before
    result.backward()
    x.data -= 0.1 * x.grad

print(f"from x = {visited[0][0]:.3f}, height {visited[0][1]:.3f}")
print(f"to   x = {visited[-1][0]:.3f}, height {visited[-1][1]:.3f}")

# %%
import matplotlib.pyplot as plt
import numpy as np

xs = np.linspace(-3.4, 3.4, 200)
fig, ax = plt.subplots(figsize=(6, 3))
ax.plot(xs, height(xs), color="#33373d", label="the landscape")
ax.plot(*zip(*visited), "o-", color="#e0782a", markersize=6, alpha=0.8, label="the ball, step by step")
ax.set(xlabel="x", ylabel="height")
ax.legend(frameon=False)
ax.spines[["top", "right"]].set_visible(False)

# %% [markdown]
# Each dot is a place of the ball, one step after the other: it walks from the right down into the valley. Where the
# slope is steep the derivative is large, and so are the steps; near the bottom it goes to 0, and the ball comes to
# rest. It rests in the *first* valley that it meets. The one on the left is deeper, but the derivative knows the
# slope under the ball and nothing of what lies behind the next hill.

# %% exercise 8.1 [markdown]
# ### Exercise 8.1: one step by hand
#
# In another landscape, a ball is at $x = 2$, at a height of 3. The slope there is 6, and the rate is 0.1. Where is it
# after one step?

# %% start
x_after = ...

# %% check
check("8.1", x_after)

# %% hint [markdown]
# The step is rate times slope, 0.1 · 6. The slope is above 0, so up is to the right. Which way does the ball go?

# %% solution
x_after = 2 - 0.1 * 6

# %% wrong: uphill
x_after = 2 + 0.1 * 6

# %% wrong: no_rate
x_after = 2 - 6

# %% wrong: the_change
x_after = -0.1 * 6

# %% wrong: step_alone
x_after = 0.1 * 6

# %% wrong: value_for_slope
x_after = 2 - 0.1 * 3

# %% [markdown]
# ## Three rates
#
# Now a valley as plain as can be, $2x^2$ with its bottom at 0, and three balls that start at $x = 2$. They differ
# only in their rates: 0.005, 0.2, and 0.52.
#
# **Before you run it:** what will each of them do? Does a rate that is forty times as large get there forty times
# as fast?

# %%
def bowl(x):
    return 2 * x**2


def track(rate, steps=12, x=2.0):
    """All the places that a ball visits in the bowl."""
    places = [x]
    for _ in range(steps):
        places.append(places[-1] - rate * grad(bowl)(places[-1]))
    return np.array(places)


wide = np.linspace(-5.3, 5.3, 200)
fig, axes = plt.subplots(1, 3, figsize=(11, 3), sharey=True, layout="constrained")
for ax, rate in zip(axes, (0.005, 0.2, 0.52)):
    places = track(rate)
    ax.plot(wide, bowl(wide), color="#33373d")
    ax.plot(places, bowl(places), "o-", color="#e0782a", markersize=5, alpha=0.8)
    ax.set(xlabel="x", title=f"rate {rate}: after 12 steps x = {places[-1]:.3f}")
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("height");

# %% [markdown]
# On the left the rate is too small: after 12 steps the ball has gone only a fifth of its way. In the middle it is
# just right. On the right it is too large: each step jumps over the bottom and lands *higher* on the other side,
# where the slope is steeper, so the next step is longer still. The ball **diverges**: it never comes back.
#
# What happens if we let it go on?

# %%
places = track(1.0, steps=650)
for step in (1, 10, 100, 600, 646, 647):
    print(f"after {step:3} steps: x = {places[step]:g}")

# %% [markdown]
# First the numbers are large, then too large for the computer, which writes `inf`, for infinite. And `inf - inf` is
# no number any more: `nan`, "not a number". When people see `nan` in a training, they think that the program is
# broken. Most often it works as it should, and **the rate is too large**. Make it ten times smaller and try again.
#
# ## How large may it be?
#
# The slope of $2x^2$ is $4x$. So a step leads from $x$ to
#
# $$x - \text{rate} \cdot 4x = (1 - 4 \cdot \text{rate}) \cdot x$$
#
# Each step multiplies the place by the same factor. For a rate of 0.2 the factor is 0.2: after each step, only a
# fifth of the way is left. For 0.52 it is −1.08: to the other side, and 8 % further out.

# %% exercise 8.2 [markdown]
# ### Exercise 8.2: the largest rate that still arrives
#
# Give a rate of at least 0.49 with which the ball in this bowl still comes to rest at 0, however slowly.

# %% start
rate = ...

# %% check
check("8.2", rate)

# %% hint [markdown]
# The ball arrives if the factor $1 - 4 \cdot \text{rate}$ is between −1 and 1. For which rate is it exactly −1?

# %% hint [markdown]
# At a rate of 0.5 the factor is −1, and the ball goes to and fro for ever. Stay a little below.

# %% solution
rate = 0.495

# %% wrong: to_and_fro
rate = 0.5

# %% wrong: diverges
rate = 0.52

# %% wrong: could_be_larger
rate = 0.25

# %% wrong: not_above_0
rate = -0.49

# %% [markdown]
# The number 4 in the factor is how fast the slope itself changes: the **curvature**. In every valley with the same
# curvature everywhere, the limit is 2 divided by it, here 2/4. A narrow valley is strongly curved and needs a small
# rate, and a wide one could do with a larger one. A network has valleys of both kinds at once and one rate for all:
# that is why its rate is found by trying, and why lesson 13 has cleverer steps.

# %% exercise 8.3 [markdown]
# ### Exercise 8.3: write gradient descent
#
# `slope` is a function, and `slope(x)` is the slope at `x`. Start at `x`, take as many steps as `steps` says, with
# the given rate, and return the place where you arrive.

# %% start
def descend(slope, x, rate, steps):
    ...

# %% check
check("8.3", descend)

# %% hint [markdown]
# A loop, `for _ in range(steps):`, with one line in it. The slope is asked for anew in each step.

# %% solution
def descend(slope, x, rate, steps):
    for _ in range(steps):
        x = x - rate * slope(x)
    return x

# %% wrong: uphill_function
def descend(slope, x, rate, steps):
    for _ in range(steps):
        x = x + rate * slope(x)
    return x

# %% wrong: first_slope
def descend(slope, x, rate, steps):
    s = slope(x)
    for _ in range(steps):
        x = x - rate * s
    return x

# %% wrong: one_step_only
def descend(slope, x, rate, steps):
    for _ in range(steps):
        x = x - rate * slope(x)
        return x

# %% wrong: same_length
def descend(slope, x, rate, steps):
    for _ in range(steps):
        if slope(x) > 0:
            x = x - rate
        elif slope(x) < 0:
            x = x + rate
    return x

# %% [markdown]
# ## Reading a curve
#
# A network's landscape cannot be drawn, but its loss can, step by step. For the three balls the height stands for
# the loss:

# %%
fig, ax = plt.subplots(figsize=(6, 3))
for rate, style in ((0.005, "-"), (0.2, "--"), (0.52, ":")):
    ax.plot(bowl(track(rate)), style, color="#33373d", label=f"rate {rate}")
ax.set(xlabel="step", ylabel="height", ylim=(0, 30))
ax.legend(frameon=False)
ax.spines[["top", "right"]].set_visible(False)

# %% [markdown]
# The solid line sinks slowly: too small. The dashed one falls fast and then lies at the bottom: just right. The dotted
# one climbs: too large. You will read hundreds of such curves.

# %% exercise 8.4 [markdown]
# ### Exercise 8.4: judge a rate
#
# `heights` is a list, one height for each step, and the bottom of the valley is at 0. Return `"too large"` if the
# ball ends higher than it began, `"too small"` if it still has more than half of its first height, and otherwise
# `"just right"`. A ball may go up for a step in between.

# %% start
def judge(heights):
    ...

# %% check
check("8.4", judge)

# %% hint [markdown]
# You need only the first height, `heights[0]`, and the last one, `heights[-1]`.

# %% solution
def judge(heights):
    if heights[-1] > heights[0]:
        return "too large"
    if heights[-1] > heights[0] / 2:
        return "too small"
    return "just right"

# %% wrong: any_rise
def judge(heights):
    if any(after > before for before, after in zip(heights, heights[1:])):
        return "too large"
    if heights[-1] > heights[0] / 2:
        return "too small"
    return "just right"

# %% wrong: exchanged
def judge(heights):
    if heights[-1] > heights[0]:
        return "too small"
    if heights[-1] > heights[0] / 2:
        return "too large"
    return "just right"

# %% wrong: highest_of_all
def judge(heights):
    if max(heights) > heights[0]:
        return "too large"
    if heights[-1] > heights[0] / 2:
        return "too small"
    return "just right"

# %% wrong: never_too_small
def judge(heights):
    if heights[-1] > heights[0]:
        return "too large"
    return "just right"

# %% [markdown]
# ## The derivative of the derivative
#
# `grad` turns a function into its derivative, which is a function again; so it can be used twice. The rules of the
# derivatives are themselves written in ordinary arithmetic, and leave a graph behind like any other computation.

# %%
slope = grad(height)
curvature = grad(slope)

fig, ax = plt.subplots(figsize=(6, 3))
curves = ((height, "height", "#33373d"), (slope, "slope", "#e0782a"), (curvature, "curvature", "#2f6db3"))
for function, name, colour in curves:
    ax.plot(xs, [function(x) for x in xs.tolist()], color=colour, label=name)
ax.axhline(0, color="#33373d", alpha=0.3, linewidth=1)
ax.set(xlabel="x", ylim=(-5, 6))
ax.legend(frameon=False, loc="lower right")
ax.spines[["top", "right"]].set_visible(False)

for point in (visited[-1][0], 0.2541):  # where the ball is, and the top of the hill between the valleys
    print(f"x = {point:.3f}   height {height(point):.3f}   slope {slope(point):.3f}   curvature {curvature(point):.3f}")

# %% [markdown]
# Where the slope (orange) crosses 0, the height (dark) is at a bottom or at a top, and the curvature (blue) tells
# which: above 0 it is a bottom, as where the ball came to rest; below 0 a top, as on the hill between the valleys.
#
# ## What you know now
#
# - Gradient descent steps against the derivative, and each step is the rate times the slope. It finds a valley, not
#   always the deepest one.
# - Too small a rate takes for ever. Too large a rate jumps over the bottom, climbs, and ends in `inf` and `nan`.
# - The more strongly a valley is curved, the smaller the rate must be: below 2 divided by the curvature.
#
# [Next: backpropagation in a two-layer network.](09_backpropagation.ipynb)

# %% teacher [markdown]
# ## Timing
#
# 20 minutes: one number 4, three rates 4, the largest rate 4, exercises 8.3 and 8.4 6, curvature 2.
#
# ## What to watch for
#
# - "A larger rate is faster": let them guess at the three rates before the picture, and write the guesses on the
#   board.
# - "`nan` means a bug": ask which step made the first `inf`, and what the rate was.
# - The rate is confused with the length of a step. Ask why the steps become shorter although the rate stays.
#
# ## Questions for an examination
#
# 1. The height is $5x^2$. For which rates does gradient descent come to rest at 0?
# 2. A loss goes up and down, higher each time. What do you change?
# 3. Why can the ball not find the deeper valley on the left?
# 4. With a rate of 0.25, how many steps does the ball in $2x^2$ need? Why?
