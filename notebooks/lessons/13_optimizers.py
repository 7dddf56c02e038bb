# %% [markdown]
# # Optimizers
#
# The gradient says where downhill is. How far to go, and whether to trust the last gradient alone, is for the
# **optimizer** to decide. In this lesson you race four of them, gradient descent, momentum, RMSprop and Adam, over
# two landscapes; you write two of them yourself; and you see what is true of "Adam needs no rate".

# %% [markdown]
# ## A ravine
#
# Gradient descent is often written SGD, **stochastic gradient descent**: in large trainings each step looks at a few
# examples chosen at random, and "stochastic" means "by chance". Our landscapes have two numbers and no chance in
# them, so that we can draw them. Here is the first:
#
# $$f(x, y) = 0.05\,x^2 + y^2$$
#
# It is twenty times as steep along $y$ as along $x$: a ravine, with steep walls and a floor that falls gently
# towards the lowest place, $(0, 0)$. Landscapes of networks are full of them.

# %%
import matplotlib.pyplot as plt
import numpy as np

import nn
from autograd import Value


def ravine(x, y):
    return 0.05 * x * x + y * y


def descend(optimizer, surface, start, rate, steps=100):
    """The places that an optimizer visits. It stops where the height is above a million."""
    x, y = Value(start[0], label="x"), Value(start[1], label="y")
    optimizer = optimizer([x, y], rate)
    places = [(x.data, y.data)]
    for step in range(steps):
        height = surface(x, y)
        if height.data > 1e6:
            break
        optimizer.zero_grad()
        height.backward()
        optimizer.step()
        places.append((x.data, y.data))
    return places


def draw_path(ax, surface, places, title):
    xs, ys = np.linspace(-10, 3, 90), np.linspace(-2.6, 2.6, 90)
    if surface is not ravine:
        xs, ys = np.linspace(-2, 2, 90), np.linspace(-1, 3, 90)
    heights = surface(*np.meshgrid(xs, ys))
    levels = heights.min() + heights.max() * np.linspace(0, 1, 11) ** 3
    ax.contour(xs, ys, heights, levels=levels, colors="#94a3b8", linewidths=0.7)
    ax.plot(*zip(*places), "o-", color="#e0782a", markersize=3, linewidth=1)
    ax.set(title=title, xlim=(xs[0], xs[-1]), ylim=(ys[0], ys[-1]))


def sgd(parameters, rate):
    return nn.optim.SGD(parameters, lr=rate)


START = (-9.0, 2.0)
figure, axes = plt.subplots(1, 2, figsize=(10, 3), layout="constrained")
for ax, rate in zip(axes, [0.1, 0.9]):
    places = descend(sgd, ravine, START, rate, steps=30)
    draw_path(ax, ravine, places, f"rate {rate}: height {ravine(*places[-1]):.3f} after 30 steps")

# %% [markdown]
# The grey lines are lines of equal height, and the dots are the steps, from the start at the upper left. On the left,
# with a rate of 0.1, the ball goes down the wall and then creeps along the floor. On the right, with 0.9, it comes
# further along the floor, but jumps from wall to wall.

# %% exercise 13.1 [markdown]
# ### Exercise 13.1: two directions, one rate
#
# With a rate of 0.9, by which factor is $x$ multiplied in one step, and by which $y$? The derivatives of $f$ are
# $0.1 x$ and $2 y$.

# %% start
factor_x, factor_y = ..., ...

# %% check
check("13.1", factor_x, factor_y)

# %% hint [markdown]
# After the step, $x$ is $x - 0.9 \cdot 0.1 x$. How many times $x$ is that?

# %% solution
factor_x, factor_y = 1 - 0.9 * 0.1, 1 - 0.9 * 2

# %% wrong: what_is_lost
factor_x, factor_y = 0.9 * 0.1, 0.9 * 2

# %% wrong: no_sign
factor_x, factor_y = 0.91, 0.8

# %% wrong: coefficients
factor_x, factor_y = 1 - 0.9 * 0.05, 1 - 0.9 * 1

# %% [markdown]
# So $x$ loses 9 % at each step, while $y$ changes its side each time and loses 20 %. A rate above 1 would make $y$
# grow: the steep direction forbids the rate that the gentle one needs. That is the trouble with ravines.
#
# ## Momentum
#
# A heavy ball would not zigzag. What pushes it left and right cancels, and what pushes it along the floor adds up.
# **Momentum** gives the ball a velocity $v$, for each parameter. At each step the velocity keeps most of itself, and
# the gradient $g$ is added:
#
# $$v \leftarrow \mu v + g \qquad w \leftarrow w - \text{rate} \cdot v$$
#
# The number $\mu$ (say "mu"), usually 0.9, says how much it keeps.
#
# **Think first:** if the gradient is 1 at all steps, how large does the velocity become? It grows to 1, 1.9, 2.71 and
# so on, up to 10: there it loses 1 and gains 1. So where the gradients agree, momentum goes ten times as far.

# %% exercise 13.2 [markdown]
# ### Exercise 13.2: write momentum
#
# `momentum_step(w, v, g, rate, mu)` does one step for one parameter. It returns the new `w` and the new `v`.

# %% start
def momentum_step(w, v, g, rate, mu):
    ...

# %% check
check("13.2", momentum_step)

# %% hint [markdown]
# Two lines, in the order of the two formulas. Then `return w, v`.

# %% solution
def momentum_step(w, v, g, rate, mu):
    v = mu * v + g
    w = w - rate * v
    return w, v

# %% wrong: old_velocity
def momentum_step(w, v, g, rate, mu):
    w = w - rate * v
    v = mu * v + g
    return w, v

# %% wrong: velocity_unused
def momentum_step(w, v, g, rate, mu):
    v = mu * v + g
    return w - rate * g, v

# %% wrong: uphill
def momentum_step(w, v, g, rate, mu):
    v = mu * v + g
    return w + rate * v, v

# %% wrong: never_forgets
def momentum_step(w, v, g, rate, mu):
    v = v + g
    return w - rate * v, v

# %% [markdown]
# ## RMSprop: a step size for each parameter
#
# The other idea: steep directions should get smaller steps, and gentle ones larger. **RMSprop** keeps, for each
# parameter, a running mean $s$ of the *squares* of its gradients, and divides by the root of it. (RMS is the root of
# the mean of the squares.)
#
# $$s \leftarrow 0.99\,s + 0.01\,g^2 \qquad w \leftarrow w - \text{rate} \cdot \frac{g}{\sqrt{s} + \epsilon}$$
#
# A **running mean** keeps most of what it was and takes in a little of what is new, so that it slowly forgets. The
# tiny $\epsilon$ (epsilon) only prevents a division by 0. A gradient that is usually about 100 is divided by about
# 100, and one that is usually 0.01 by 0.01: both parameters move at about the same speed.
#
# ## Adam: both
#
# **Adam** takes the direction from a running mean $m$ of the gradients, which is momentum, and divides it by the root
# of the running mean of their squares, as RMSprop does:
#
# $$m \leftarrow 0.9\,m + 0.1\,g \qquad s \leftarrow 0.999\,s + 0.001\,g^2$$
#
# Both begin at 0, and so at first they are too small: after one step $m$ is only a tenth of the gradient. Adam
# corrects this. At step $t$, counted from 1,
#
# $$\hat m = \frac{m}{1 - 0.9^t} \qquad \hat s = \frac{s}{1 - 0.999^t} \qquad
# w \leftarrow w - \text{rate} \cdot \frac{\hat m}{\sqrt{\hat s} + \epsilon}$$

# %% exercise 13.3 [markdown]
# ### Exercise 13.3: write Adam
#
# `adam_step(w, m, s, g, t, rate)` does step number `t` (from 1) for one parameter, with $\epsilon = 10^{-8}$. It
# returns the new `w`, `m` and `s`.

# %% start
def adam_step(w, m, s, g, t, rate):
    ...

# %% check
check("13.3", adam_step)

# %% hint [markdown]
# First `m` and `s`. Keep the corrected ones under other names: what is returned, and remembered for the next step, is
# `m` and `s` without the correction.

# %% hint [markdown]
# `m_hat = m / (1 - 0.9**t)`, and the same for `s` with 0.999.

# %% solution
def adam_step(w, m, s, g, t, rate):
    m = 0.9 * m + 0.1 * g
    s = 0.999 * s + 0.001 * g * g
    m_hat = m / (1 - 0.9**t)
    s_hat = s / (1 - 0.999**t)
    return w - rate * m_hat / (s_hat**0.5 + 1e-8), m, s

# %% wrong: no_correction
def adam_step(w, m, s, g, t, rate):
    m = 0.9 * m + 0.1 * g
    s = 0.999 * s + 0.001 * g * g
    return w - rate * m / (s**0.5 + 1e-8), m, s

# %% wrong: no_root
def adam_step(w, m, s, g, t, rate):
    m = 0.9 * m + 0.1 * g
    s = 0.999 * s + 0.001 * g * g
    return w - rate * (m / (1 - 0.9**t)) / (s / (1 - 0.999**t) + 1e-8), m, s

# %% wrong: corrected_kept
def adam_step(w, m, s, g, t, rate):
    m = (0.9 * m + 0.1 * g) / (1 - 0.9**t)
    s = (0.999 * s + 0.001 * g * g) / (1 - 0.999**t)
    return w - rate * m / (s**0.5 + 1e-8), m, s

# %% wrong: not_squared
def adam_step(w, m, s, g, t, rate):
    m = 0.9 * m + 0.1 * g
    s = 0.999 * s + 0.001 * abs(g)
    return w - rate * (m / (1 - 0.9**t)) / ((s / (1 - 0.999**t)) ** 0.5 + 1e-8), m, s

# %% [markdown]
# Eight lines: here they are once more, beside the library's Adam, over fifty steps on $(w - 3)^4$.

# %%
def adam(w, m, s, g, t, rate):
    m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g * g
    return w - rate * (m / (1 - 0.9**t)) / ((s / (1 - 0.999**t)) ** 0.5 + 1e-8), m, s


theirs = Value(0.0, label="w")
optimizer = nn.optim.Adam([theirs], lr=0.1)
ours, m, s = 0.0, 0.0, 0.0
for t in range(1, 51):
    optimizer.zero_grad()
    ((theirs - 3) ** 4).backward()
    optimizer.step()
    ours, m, s = adam(ours, m, s, 4 * (ours - 3) ** 3, t, 0.1)
print("the difference is below 1e-12:", abs(ours - theirs.data) < 1e-12)

# %% [markdown]
# ## The race
#
# Two landscapes: the ravine, and a bent one, which is known as Rosenbrock's banana. Its floor is a curve, and its
# lowest place is $(1, 1)$. Each optimizer has a hundred steps, and gets the best of four rates.
#
# **Before you run it:** who wins? Is it the same one twice?

# %%
def banana(x, y):
    return (1 - x) ** 2 + 10 * (y - x * x) ** 2


OPTIMIZERS = {
    "SGD": sgd,
    "momentum": lambda parameters, rate: nn.optim.SGD(parameters, lr=rate, momentum=0.9),
    "RMSprop": lambda parameters, rate: nn.optim.RMSprop(parameters, lr=rate),
    "Adam": lambda parameters, rate: nn.optim.Adam(parameters, lr=rate),
}

figure, axes = plt.subplots(2, 4, figsize=(10.5, 4.6), layout="constrained")
for row, (surface, start) in zip(axes, [(ravine, START), (banana, (-1.2, 1.5))]):
    print(surface.__name__)
    for ax, (name, make) in zip(row, OPTIMIZERS.items()):
        runs = {rate: descend(make, surface, start, rate) for rate in [0.01, 0.03, 0.1, 0.3]}
        rate = min(runs, key=lambda rate: surface(*runs[rate][-1]))
        draw_path(ax, surface, runs[rate], f"{name}, rate {rate}")
        print(f"  {name:8} best rate {rate:4}, height in the end {surface(*runs[rate][-1]):.1e}")

# %% [markdown]
# Above the ravine, below the banana; the dots are the places visited. In the ravine SGD creeps along the floor, and
# momentum and Adam swing past the lowest place and come back. RMSprop, which gives each direction its own step size,
# wins by far. On the banana the steep direction turns along the way. There Adam is first, closely followed by momentum,
# and RMSprop ends thousands of times higher. Its first step has thrown it out of the picture: its running mean began
# at 0, so it divided by far too little. Against this Adam has its correction.
#
# So there is **no best optimizer**, only one that suits a landscape. Why then do so many begin with Adam? The next
# picture shows it.
#
# ## Does Adam need no rate?
#
# One often hears that Adam chooses its step sizes by itself. **Before you run it:** what does the height after a
# hundred steps look like as a function of the rate, for SGD and for Adam?

# %%
rates = [0.001 * 10 ** (k / 4) for k in range(17)]
figure, ax = plt.subplots(figsize=(6.5, 3.6), layout="constrained")
for name, marker in (("SGD", "s"), ("Adam", "o")):
    ends = []
    for rate in rates:
        places = descend(OPTIMIZERS[name], banana, (-1.2, 1.5), rate)
        ends.append(banana(*places[-1]) if len(places) > 100 else np.nan)
    ax.plot(rates, ends, marker=marker, label=name)
ax.set(xlabel="rate", ylabel="height after 100 steps", xscale="log", yscale="log")
ax.legend(frameon=False)
ax.spines[["top", "right"]].set_visible(False)

# %% [markdown]
# Both curves come down from the left, where the rate is too small to get anywhere. That of SGD (squares) soon ends,
# since with a larger rate it flies off. That of Adam (circles) goes on, far to the right, and has a long low part.
# With a rate that is too large it does not fly off, but dances around the lowest place and never settles. So Adam
# **needs a rate as any optimizer does**; it only forgives more. The scale on the left counts in powers of ten: a
# wrong rate costs a factor of a thousand.

# %% exercise 13.4 [markdown]
# ### Exercise 13.4: find a rate
#
# Find a rate with which Adam comes below 0.001 on the banana within a hundred steps.

# %% start
rate = ...

# %% check
check("13.4", rate)

# %% hint [markdown]
# Read it off the picture: where is the curve of Adam below $10^{-3}$? Try numbers there, for instance with
# `banana(*descend(OPTIMIZERS["Adam"], banana, (-1.2, 1.5), 0.2)[-1])`.

# %% solution
rate = 0.3

# %% wrong: too_small
rate = 0.001

# %% wrong: too_large
rate = 3.0

# %% [markdown]
# ## Large steps first, small steps later
#
# With real data the gradient is never exact: each step sees only a batch, and other batches would have given other
# gradients. With a constant rate the weights tremble around the lowest place in the end. With a **schedule**, which
# lowers the rate as the training goes on, they come to rest. Here $w^2$ is to be made small, and each gradient has
# some chance added to it.

# %%
def noisy_descent(schedule, steps=200):
    rng, w, places = np.random.default_rng(0), 10.0, []
    for step in range(steps):
        gradient = 2 * w + rng.normal(scale=4.0)
        w = w - schedule(step / steps) * gradient
        places.append(abs(w))
    return places


figure, ax = plt.subplots(figsize=(6.5, 3.2), layout="constrained")
for name, schedule, colour in (
    ("constant, 0.3", lambda part: 0.3, "#2f6db3"),
    ("constant, 0.01", lambda part: 0.01, "#3a8f5c"),
    ("from 0.3 down to 0", lambda part: 0.3 * (1 - part), "#e0782a"),
):
    ax.plot(noisy_descent(schedule), label=name, color=colour, linewidth=1)
ax.set(xlabel="step", ylabel="distance from the lowest place")
ax.legend(frameon=False)
ax.spines[["top", "right"]].set_visible(False)

# %% [markdown]
# Blue, a constant rate of 0.3: near the lowest place at once, and trembling to the end. Green, a constant 0.01: calm,
# but it takes most of the time to get there. Orange, a rate that falls from 0.3 to 0, has the best of both: it is there
# at once, and the trembling dies away. In the library, schedules are in `nn.optim.lr_scheduler`.
#
# ## What you know now
#
# - In a ravine, one rate is too large for the steep direction or too small for the gentle one.
# - Momentum adds up what the gradients agree on. RMSprop gives each parameter its own step size. Adam does both.
# - Each of them needs a rate, and which one is best depends on the landscape.
# - Lower the rate towards the end.
#
# [Next: how to begin.](14_initialization.ipynb)

# %% teacher [markdown]
# ## Timing
#
# 20 minutes: the ravine 4, momentum 4, RMSprop and Adam 6, race 3, rates and schedules 3.
#
# ## What to watch for
#
# - Take bets before the race. Most bet on Adam, twice.
# - In 13.3 many keep the corrected means. The first step is then right and the second is not; the check says so.
# - "Adaptive" does not mean "needs no rate": let them say what Adam adapts (the relation between the parameters'
#   steps) and what it does not (their size as a whole).
#
# ## Questions for an examination
#
# 1. For which rates does gradient descent not diverge on $f(x, y) = 0.05 x^2 + y^2$?
# 2. The gradient is 1 for ever. How far is a step with momentum 0.9, and how far with Adam?
# 3. All gradients are multiplied by 1000. What changes for SGD, and what for Adam?
# 4. Why does Adam divide by $1 - 0.9^t$? What would happen in the first steps without it?
