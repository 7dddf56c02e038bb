# %% [markdown]
# # Derivatives by nudging
#
# If I change a number a little, how much does the result change? Everything that a network learns, it learns from the
# answer to this one question. You will answer it by trying: **nudge** the number, that is, move it a little, and
# look.

# %% [markdown]
# ## A rate
#
# Here is a function, and its result at 3.

# %%
def square(x):
    return x * x


square(3)

# %% [markdown]
# Now nudge the input. If it moves by $h$, the result moves, too. We divide: how far did the result move *for each
# unit that the input moved*?
#
# **Before you run it:** as $h$ gets smaller, which number will this approach?

# %%
for h in (1, 0.1, 0.01, 0.001, 0.0001):
    moved = square(3 + h) - square(3)
    print(f"input moved by {h:<7} result moved by {moved:.8f}   so {moved / h:.4f} times as far")

# %% [markdown]
# It approaches 6. Near $x = 3$, the result moves six times as fast as the input. This number is the **derivative**
# of `square` at 3.
#
# A derivative is a *rate*, like speed: 60 kilometres an hour. Speed tells you how far you will get in a short
# time; a derivative tells you how far the result will get with a small step. It makes a promise: *move the input by
# a small $h$, and the result moves by about $6h$.*

# %% exercise 2.1 [markdown]
# ### Exercise 2.1: use the promise
#
# `square(3)` is 9, and the derivative there is 6. Estimate `square(3.02)` from these two numbers, without
# multiplying 3.02 by itself.

# %% start
estimate = ...

# %% check
check("2.1", estimate)

# %% hint [markdown]
# By how much does the input move, from 3 to 3.02? And how many times as far does the result move?

# %% solution
estimate = 9 + 6 * 0.02

# %% wrong: whole_derivative
estimate = 9 + 6

# %% wrong: same_step
estimate = 9 + 0.02

# %% wrong: whole_input
estimate = 9 + 6 * 3.02

# %% wrong: change_only
estimate = 6 * 0.02

# %% wrong: multiplied
estimate = 3.02 * 3.02

# %% [markdown]
# ## A straight line, if you look closely
#
# The curve of `square` is bent. Why does the quotient settle on a single number all the same? Look at a short piece
# of the curve:

# %%
import matplotlib.pyplot as plt
import numpy as np

figure, axes = plt.subplots(1, 3, figsize=(12, 3.2), layout="constrained")
for ax, width in zip(axes, (2.5, 0.5, 0.05)):
    xs = np.linspace(3 - width, 3 + width, 100)
    ax.plot(xs, square(xs), color="#33373d", label="square")
    ax.plot(xs, 9 + 6 * (xs - 3), "--", color="#e0782a", label="a line of slope 6")
    ax.plot(3, 9, "o", color="#33373d")
    ax.set(title=f"x from {3 - width:g} to {3 + width:g}", xlabel="x", ylabel="x · x")
    ax.spines[["top", "right"]].set_visible(False)
axes[0].legend(frameon=False);

# %% [markdown]
# From left to right we zoom in on the point $(3, 9)$. The curve (dark) straightens, until it cannot be told apart
# from the dashed line. A **slope** of 6 means that the line rises by 6 for each 1 to the right: the derivative is the
# slope of the curve at that point. At another point it is another number. To the left of 0 the curve of `square`
# falls, and the derivative is below 0; at the bottom, at 0, it is 0.
#
# ## No formula needed
#
# At school, derivatives are rules for formulas: the derivative of $x^2$ is $2x$. That is why many people think that a
# derivative *is* a formula, and that something without a formula has none. Here is a function with a loop in it. You
# put 100 euros into an account. Each year you get interest, and the bank takes 2 euros. How much do you have after
# ten years, and how does that depend on the interest rate?

# %%
def savings(rate):
    money = 100
    for year in range(10):
        money = money * (1 + rate) - 2
    return money


h = 0.00001
print(f"after ten years at 5 %: {savings(0.05):.2f} euros")
print(f"derivative with respect to the interest rate: {(savings(0.05 + h) - savings(0.05 - h)) / (2 * h):.1f}")

# %% [markdown]
# What does 1,434 say? If the interest rate moves a little, your money moves 1,434 times as far. If the bank offers
# 5.1 %, the interest rate has moved by 0.001, and you will have about 1.43 euros more. So this derivative has a
# meaning, and nobody needed a formula for it.
#
# This time we nudged to *both* sides, to $x + h$ and to $x - h$. Why that is better you will see soon. The distance
# between the two is $2h$:
#
# $$\text{derivative} \approx \frac{f(x + h) - f(x - h)}{2h}$$

# %% exercise 2.2 [markdown]
# ### Exercise 2.2: write it
#
# Write this as a function. It gets any function `f` of one number, a number `x`, and how far to nudge, `h`.

# %% start
def nudge(f, x, h=1e-5):
    ...

# %% check
check("2.2", nudge)

# %% hint [markdown]
# A function can be an argument like any other: inside `nudge`, you may call `f(x + h)`.

# %% hint [markdown]
# Mind the brackets: `a / 2 * h` is not `a / (2 * h)`.

# %% solution
def nudge(f, x, h=1e-5):
    return (f(x + h) - f(x - h)) / (2 * h)

# %% wrong: one_sided
def nudge(f, x, h=1e-5):
    return (f(x + h) - f(x)) / h

# %% wrong: left_sided
def nudge(f, x, h=1e-5):
    return (f(x) - f(x - h)) / h

# %% wrong: turned_round
def nudge(f, x, h=1e-5):
    return (f(x - h) - f(x + h)) / (2 * h)

# %% wrong: numerator
def nudge(f, x, h=1e-5):
    return f(x + h) - f(x - h) / (2 * h)

# %% wrong: not_halved
def nudge(f, x, h=1e-5):
    return (f(x + h) - f(x - h)) / h

# %% wrong: brackets
def nudge(f, x, h=1e-5):
    return (f(x + h) - f(x - h)) / 2 * h

# %% wrong: not_divided
def nudge(f, x, h=1e-5):
    return f(x + h) - f(x - h)

# %% [markdown]
# ## How small is small?
#
# Why not take the smallest $h$ that the computer knows? Let us nudge $x^3$ at 1, where the derivative is 3, with many
# different $h$, and draw how far off each result is. In the picture, $h$ is ten times as large with each point to the
# right. The height is the distance from 3, and it too is drawn on a scale in powers of ten.
#
# **Guess first:** where will the error be smallest, on the left, in the middle, or on the right?

# %%
def cube(x):
    return x**3


steps = 10.0 ** np.arange(-15, 0)
one_side = [abs((cube(1 + h) - cube(1)) / h - 3) for h in steps]
both_sides = [abs((cube(1 + h) - cube(1 - h)) / (2 * h) - 3) for h in steps]

figure, ax = plt.subplots(figsize=(6, 3.4))
ax.loglog(steps, one_side, "o-", color="#e0782a", label="one side")
ax.loglog(steps, both_sides, "s-", color="#2f6db3", label="both sides")
ax.set(title="How far nudging is off", xlabel="h", ylabel="distance from 3")
ax.legend(frameon=False)
ax.spines[["top", "right"]].set_visible(False)

# %% [markdown]
# In the middle. On the right $h$ is too large, and the bend of the curve shows. With both sides (blue) that error
# is far smaller: what the curve adds on one side it takes away on the other. On the left $h$ is too small. A
# computer keeps about 16 digits of a number. If two results differ only in the last few of them, then their
# difference consists of little but rounding. `h = 1e-5`, which is 0.00001, is a good choice for nudging to both
# sides.
#
# ## Several numbers
#
# The neuron of lesson 1 has three numbers of its own: two weights and a bias. Which of them should we change if the
# score is too low? Nudge each in turn, and hold the others still.

# %%
def score(numbers):
    w1, w2, b = numbers
    return w1 * 0.5 + w2 * 3.0 + b  # the inputs are 0.5 and 3


start = [2.0, -1.0, 0.5]
print("score:", score(start))
for i, name in enumerate(("w1", "w2", "b")):
    up, down = start.copy(), start.copy()
    up[i] += 1e-5
    down[i] -= 1e-5
    print(f"derivative with respect to {name}: {(score(up) - score(down)) / 2e-5:.3f}")

# %% [markdown]
# Look at the numbers: 0.5 and 3 are the inputs. The derivative with respect to a weight is its input. So here a small
# step of the second weight raises the score six times as much as the same step of the first. And when the bias moves,
# the score moves exactly as far: the bias is the weight of an input that is always 1.
#
# A derivative with respect to one of several numbers, with the others held still, is called a **partial
# derivative**. It is written with a round ∂ (say "d"): $\partial\,\text{score} / \partial w_2 = 3$. The list of all
# of them is the **gradient**, here $[0.5, 3, 1]$.

# %% exercise 2.3 [markdown]
# ### Exercise 2.3: write the gradient
#
# `f` takes a list of numbers and returns one number. Return the list of its partial derivatives at `numbers`.

# %% start
def gradient(f, numbers, h=1e-5):
    ...

# %% check
check("2.3", gradient)

# %% hint [markdown]
# The loop of the last cell does nearly all of it. It needs an empty list to begin with, and `range(len(numbers))`
# for any length.

# %% hint [markdown]
# `numbers.copy()` is a new list. Change the copy, and `numbers` itself stays as it was.

# %% solution
def gradient(f, numbers, h=1e-5):
    derivatives = []
    for i in range(len(numbers)):
        up, down = numbers.copy(), numbers.copy()
        up[i] += h
        down[i] -= h
        derivatives.append((f(up) - f(down)) / (2 * h))
    return derivatives

# %% wrong: nothing_moved
def gradient(f, numbers, h=1e-5):
    derivatives = []
    for i in range(len(numbers)):
        up, down = numbers, numbers
        up[i] += h
        down[i] -= h
        derivatives.append((f(up) - f(down)) / (2 * h))
    return derivatives

# %% wrong: one_sided
def gradient(f, numbers, h=1e-5):
    derivatives = []
    for i in range(len(numbers)):
        up = numbers.copy()
        up[i] += h
        derivatives.append((f(up) - f(numbers)) / h)
    return derivatives

# %% wrong: all_at_once
def gradient(f, numbers, h=1e-5):
    up = [x + h for x in numbers]
    down = [x - h for x in numbers]
    return [(f(up) - f(down)) / (2 * h) for x in numbers]

# %% wrong: not_put_back
def gradient(f, numbers, h=1e-5):
    derivatives = []
    up, down = numbers.copy(), numbers.copy()
    for i in range(len(numbers)):
        up[i] += h
        down[i] -= h
        derivatives.append((f(up) - f(down)) / (2 * h))
    return derivatives

# %% wrong: not_halved
def gradient(f, numbers, h=1e-5):
    derivatives = []
    for i in range(len(numbers)):
        up, down = numbers.copy(), numbers.copy()
        up[i] += h
        down[i] -= h
        derivatives.append((f(up) - f(down)) / h)
    return derivatives

# %% exercise 2.4 [markdown]
# ### Exercise 2.4: what does it cost?
#
# A network has a million weights. How many times does your `gradient` call `f` to find all of its derivatives?

# %% start
calls = ...

# %% check
check("2.4", calls)

# %% hint [markdown]
# How many times does it call `f` for one number?

# %% solution
calls = 2_000_000

# %% wrong: one_call_each
calls = 1_000_000

# %% wrong: only_two
calls = 2

# %% [markdown]
# ## What you know now
#
# - A derivative is a rate: how fast the result moves when the input moves.
# - Anything that can be computed twice can be nudged, with a formula or without.
# - With several numbers there is one partial derivative for each of them, and the list of them is the gradient.
# - Nudging is simple, and we will use it to *check* derivatives. But for a million weights it computes everything
#   two million times.
#
# There is a way to find all million derivatives in one walk, for about the price of a few calls. [Next: the
# graph, the chain rule, and `backward`.](03_graph.ipynb)

# %% teacher [markdown]
# ## Timing
#
# 20 minutes: a rate 4, straight line 3, no formula 5, how small 3, several numbers 5.
#
# ## What to watch for
#
# - Learners with much calculus write $2x$ at once. Ask them for the derivative of `savings`.
# - Learners with little are afraid of the word. "How many times as far?" is the same question.
# - In 2.2, `/ 2 * h` for `/ (2 * h)` is a common slip, even of those who know better.
#
# ## Questions for an examination
#
# 1. $f(2) = 5$, and the derivative there is −3. Estimate $f(2.1)$ and $f(1.9)$.
# 2. What is the unit of the derivative of a distance in metres by a time in seconds?
# 3. Why is `h = 1e-15` a bad choice, although it is smaller than `1e-5`?
# 4. How many calls of $f$ does the gradient by nudging to one side need, for $n$ numbers?
