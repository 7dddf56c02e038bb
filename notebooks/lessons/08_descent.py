# %% [markdown]
# # Gradient descent
#
# The derivative says which way is up. To make a result smaller, step the other way: this is gradient descent, and
# all there is to learning.
#
# ## Learning one number
#
# Here is a landscape with two valleys, and a ball that starts high up on the right.

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
ax.plot(xs, height(xs), color="#33373d")
ax.plot(*zip(*visited), "o-", color="#e0782a", markersize=6, alpha=0.8)
ax.set(xlabel="x", ylabel="height")
ax.spines[["top", "right"]].set_visible(False)

# %% [markdown]
# Each dot is a step. Where the slope is steep the derivative is large, and so are the steps; near the bottom it
# goes to 0, and the ball comes to rest. It rests in the *first* valley that it meets. The one on the left is
# deeper, but the derivative knows the slope under the ball and nothing of what lies behind the next hill.
#
# ## The derivative of the derivative
#
# `grad` turns a function into its derivative, which is a function again; so it can be used twice. The rules of the
# derivatives are themselves written in ordinary arithmetic, and leave a graph behind like any other computation.

# %%
slope = grad(height)
curvature = grad(slope)

fig, ax = plt.subplots(figsize=(6, 3))
for function, colour in ((height, "#33373d"), (slope, "#e0782a"), (curvature, "#2f6db3")):
    ax.plot(xs, [function(x) for x in xs.tolist()], color=colour)
ax.axhline(0, color="#33373d", alpha=0.3, linewidth=1)
ax.set(xlabel="x", ylim=(-5, 6))
ax.spines[["top", "right"]].set_visible(False)

for point in (visited[-1][0], 0.2541):
    print(f"x = {point:.3f}   height {height(point):.3f}   slope {slope(point):.3f}   curvature {curvature(point):.3f}")

# %% [markdown]
# Where the slope (orange) crosses 0, the height (dark) is at a bottom or at a top, and the curvature (blue) tells
# which: above 0 it is a bottom, as where the ball came to rest; below 0 a top, as on the hill between the valleys.
