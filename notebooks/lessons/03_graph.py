# %% [markdown]
# # The graph, the chain rule, and `backward`
#
# A `Value` is a number that remembers how it was computed. From what it remembers we can read off how much the
# result would change if we changed any of the numbers that went into it: its derivatives, all of them at once,
# without nudging. Networks learn from these derivatives, and from nothing else.

# %%
from autograd import Value, draw
from course import picture

a = Value(2.0, label="a")
b = Value(-3.0, label="b")
c = Value(10.0, label="c")

e = a * b
e.label = "e"
L = e + c
L.label = "L"
L

# %% [markdown]
# ## The graph
#
# You can calculate with a `Value` as with any number, and the plain number in it is its `data`. But every operation
# left something behind, and `picture` shows it: the **graph** of the computation. Boxes are numbers, with their names
# (their *labels*), ellipses are operations, and the computation runs from left to right. Blue boxes with a thick
# frame were made by hand; the others were computed. Each box also has a `grad`, which is still 0.

# %%
picture(L)

# %% [markdown]
# The small red number on an arrow is a **local derivative**: how fast the result of that one operation moves when
# that one input moves.
#
# - At `×`, the result is $a \cdot b$. If $a$ moves a little, the result moves $b$ times as far; so the arrow
#   from `a` carries the value of `b`, −3. And the arrow from `b` carries the value of `a`, 2.
# - At `+`, the result moves exactly as far as an input does: both arrows carry 1.
#
# ## The chain rule
#
# **Before you go on:** how fast does `L` move when `a` moves? Follow the arrows from `a` to `L`.
#
# If `a` moves by a tiny $h$, then `e` moves by $-3h$, and `L` moves by 1 times that, which is also $-3h$. Had the
# second arrow carried a 5, then `L` would move by $5 \cdot (-3h) = -15h$. So along a path, the numbers on the
# arrows are multiplied. This is the **chain rule**.
#
# `backward()` does it for all numbers at once. It starts at the result, which moves exactly as much as itself, and
# walks to the left.

# %%
L.backward()
picture(L)

# %% [markdown]
# Each box now shows its **grad** (for gradient): the derivative of `L` with respect to it. On the way from `a` to
# `L` we find $-3 \cdot 1 = -3$, and that is the grad of `a`. It is also there as a number, `a.grad`.

# %% exercise 3.1 [markdown]
# ### Exercise 3.1: change the numbers
#
# Choose the three numbers so that, for `L = a * b + c`, the grad of `a` is 5 and the grad of `b` is 2.

# %% start
a, b, c = ..., ..., ...

# %% check
check("3.1", a, b, c)

# %% hint [markdown]
# Which number stands on the arrow from `a` to the `×`?

# %% solution
a, b, c = 2, 5, 10

# %% wrong: swapped
a, b, c = 5, 2, 10

# %% wrong: not_these
a, b, c = 2, -3, 10

# %% [markdown]
# ## Several paths
#
# When a number is used more than once, it reaches the result by several paths. Each path brings the product of its
# numbers, and what they bring is **added**. Here `x` is used three times, twice in the product and once more in
# `tanh`, a curve that climbs from −1 to 1 and that we will need in lesson 5.

# %%
x = Value(0.5, label="x")
s = x * x
s.label = "s"
y = s + x.tanh()
y.label = "y"
y.backward()
picture(y)

# %% [markdown]
# Three paths lead from `x` to `y`: one through each side of the `×`, and one through the `tanh`. Let us multiply
# along each path and add, by hand. The local derivative of `tanh` is 1 minus the square of its result: take this
# formula as given. (The box without a name is that result.)

# %%
through_product = 0.5 * 1 + 0.5 * 1
through_tanh = (1 - x.tanh().data ** 2) * 1
print(f"by hand:    {through_product + through_tanh:.6f}")
print(f"backward(): {x.grad:.6f}")

# %% [markdown]
# The two agree. Why do the paths add up? If `x` moves by $h$, then the left side of the `×` moves the result, the
# right side moves it once more, and `tanh` a third time. Each of these moves comes on top of the others, so the
# result moves by their sum.
#
# Here is another graph, in which `c` is used twice.

# %%
a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(4.0, label="c")
d = a * b
d.label = "d"
e = d + c
e.label = "e"
L = e * c
L.label = "L"
picture(L)

# %% exercise 3.2 [markdown]
# ### Exercise 3.2: fill in the graph
#
# In this picture the numbers are there, and the grads are still 0. Work out the five grads on paper, from right to
# left, and write them down. The grad of `L` itself is 1, since `L` moves exactly as fast as itself.

# %% start
grads = {"e": ..., "c": ..., "d": ..., "a": ..., "b": ...}

# %% check
check("3.2", grads)

# %% hint [markdown]
# Begin with `e`: only one arrow leads from it to `L`, and it carries the value of `c`. Then `d`: multiply the grad
# of `e` by the number on the arrow from `d`.

# %% hint [markdown]
# Two arrows leave `c`. One leads straight to the last `×`, and brings the value of `e`. The other leads through the
# `+`, and brings what `e` has. Add them.

# %% solution
grads = {"e": 4, "c": 2, "d": 4, "a": -12, "b": 8}

# %% wrong: one_path
grads = {"e": 4, "c": -2, "d": 4, "a": -12, "b": 8}

# %% wrong: paths_multiplied
grads = {"e": 4, "c": -8, "d": 4, "a": -12, "b": 8}

# %% wrong: local_only
grads = {"e": 4, "c": 2, "d": 1, "a": -3, "b": 2}

# %% wrong: value_given
grads = {"e": -2, "c": 4, "d": -6, "a": 2, "b": -3}

# %% wrong: first_wrong
grads = {"e": 4, "c": 2, "d": 4, "a": 12, "b": 8}

# %% exercise 3.3 [markdown]
# ### Exercise 3.3: write the chain rule
#
# A path is a list of the numbers on its arrows. Write a function that gets a list of paths from one box to the
# result, and returns the grad of that box. For the picture with `tanh` you would call
# `from_paths([[0.5, 1], [0.5, 1], [0.786, 1]])`.

# %% start
def from_paths(paths):
    ...

# %% check
check("3.3", from_paths)

# %% hint [markdown]
# Two loops: the inner one multiplies along a path, beginning with 1. The outer one adds, beginning with 0.

# %% hint [markdown]
# `math.prod(path)` is the product of a list.

# %% solution
import math


def from_paths(paths):
    return sum(math.prod(path) for path in paths)

# %% wrong: added_along
def from_paths(paths):
    return sum(sum(path) for path in paths)

# %% wrong: multiplied_over
def from_paths(paths):
    result = 1
    for path in paths:
        for number in path:
            result *= number
    return result

# %% wrong: not_reset
def from_paths(paths):
    result, product = 0, 1
    for path in paths:
        for number in path:
            product *= number
        result += product
    return result

# %% wrong: first_path_only
def from_paths(paths):
    for path in paths:
        product = 1
        for number in path:
            product *= number
        return product

# %% [markdown]
# ## One walk
#
# A large graph can have more paths than there are atoms on Earth, so `backward()` does not follow them one by one. It
# walks from the right to the left and visits each operation once, *after* all operations that use its result. By then
# the grad of the result is complete. Each input of the operation is now given its share: that grad, times the number
# on the input's arrow. For a product `out = left * right`, the share of `left` is `right.data * out.grad`, and that
# of `right` is `left.data * out.grad`.
#
# A line or two for each kind of operation, one visit for each operation: that is all of `backward()`. The library's
# `draw` shows a graph as a page to play with. It computes the numbers to the right and the grads to the left by
# itself. Press **Walk through it**, and follow the walk step by step. Change a number, and see what moves. Click on
# `c`, and see its two paths.

# %%
draw(L)

# %% [markdown]
# On the page each box has its grad in it, so you can also compare it with what you filled in. You will write such a
# walk yourself in the next lesson, and you can write its heart now.

# %% exercise 3.4 [markdown]
# ### Exercise 3.4: mend it
#
# This step of a product is nearly right. For `a * b` it gives the right grads. But there is a graph for which it
# does not: the check will draw it. Run the check first, look at the picture, and mend the function.

# %% start
def product_step(out, left, right):
    left.grad = right.data * out.grad
    right.grad = left.data * out.grad

# %% check
check("3.4", product_step)

# %% hint [markdown]
# In the picture, `left` and `right` are one and the same box. The first line gives it a grad. What does the second
# line do with that?

# %% solution
def product_step(out, left, right):
    left.grad += right.data * out.grad
    right.grad += left.data * out.grad

# %% wrong: assigned
def product_step(out, left, right):
    left.grad = right.data * out.grad
    right.grad = left.data * out.grad

# %% wrong: assigned_elsewhere
def product_step(out, left, right):
    if left is right:
        left.grad = 2 * left.data * out.grad
    else:
        left.grad = right.data * out.grad
        right.grad = left.data * out.grad

# %% wrong: nothing_added
def product_step(out, left, right):
    return right.data * out.grad, left.data * out.grad

# %% wrong: own_value
def product_step(out, left, right):
    left.grad += left.data * out.grad
    right.grad += right.data * out.grad

# %% wrong: seed_forgotten
def product_step(out, left, right):
    left.grad += right.data
    right.grad += left.data

# %% [markdown]
# In many home-made versions of `backward`, a second use *overwrites* the first. This mistake is hard to see, since
# the grads are right in every graph in which nothing is used twice. Because grads are added, they also add up if you
# call `backward()` again; `x.zero_grad()` makes them 0 before the next time.
#
# ## Hold it against nudging
#
# In lesson 2 you nudged. Nudging is slow, but it is so simple that we can trust it, and so it makes a good judge.
# `check_gradients` nudges every input of a function and compares. Where the two differ, it raises an error that says
# by how much. This is how every derivative of this library is tested.

# %%
from autograd import check_gradients

check_gradients(lambda a, b, c: (a * b + c).tanh() / (1 + a * a), 2.0, -3.0, 5.5)

# %% [markdown]
# `True`: they agree. Then why not always nudge? Because nudging needs the whole computation twice for every number
# in it. `backward()` finds *all* the derivatives in a single walk. For a network with a million weights, that is
# the difference between seconds and weeks.
#
# ## What you know now
#
# - A computation with Values leaves a graph, with a local derivative on each arrow.
# - Along a path the numbers are multiplied, and over several paths they are added. This is the chain rule.
# - `backward()` does it for all boxes in one walk from the result to the left.
# - A grad is added to, never assigned, because a number may be used twice.
#
# [Next: build `Value` yourself.](04_value.ipynb)

# %% teacher [markdown]
# ## Timing
#
# 25 minutes: graph 4, chain rule 5, several paths 4, the exercises on paper 7, one walk 5.
#
# ## What to watch for
#
# - Let them draw on paper in 3.2. Who fills in the boxes from left to right has not understood what the walk is
#   for.
# - "The grad of a is −3, so a is −3": value and grad are confused by many in the first hour. Ask for both, each
#   time.
# - In 3.4 the given answer is a wrong one, on purpose: the first run of the check shows the picture.
#
# ## Questions for an examination
#
# 1. Draw the graph of `(a + b) * a` for a = 2, b = 1, with all values, local derivatives and grads.
# 2. Why must `backward()` visit an operation after all operations that use its result?
# 3. `L.backward()` was called twice. What are the grads now, and why?
# 4. A function has 1,000 inputs. How many walks does `backward()` need for its gradient, and how many calls does
#    nudging need?
