# %% [markdown]
# # Build `Value` yourself
#
# In this lesson you write your own `Value`: numbers that remember, and the walk that finds all derivatives. It
# takes about sixty lines of Python. Then you hold it against the library's, number by number.

# %% [markdown]
# ## To remember
#
# What must a number remember, so that we can walk back from the result? Two things, and both are known at the
# moment when it is computed: **from which numbers** it was computed, and **the local derivative** for each of them.

# %%
import math


class Number:
    def __init__(self, data, inputs=(), slopes=()):
        self.data = data
        self.grad = 0.0
        self.inputs = inputs  # the numbers that it was computed from
        self.slopes = slopes  # for each of them, the local derivative

    def __add__(self, other):
        return Number(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return Number(self.data * other.data, (self, other), (other.data, self.data))


a, b = Number(2.0), Number(-3.0)
e = a * b
print("e is", e.data, "and its local derivatives are", e.slopes)

# %% [markdown]
# `__add__` and `__mul__` are what Python calls for `+` and `*`. The slopes are the numbers that stood on the arrows
# of lesson 3: at a product, each input gets the value of the other one.

# %% exercise 4.1 [markdown]
# ### Exercise 4.1: one more operation
#
# Write `tanh(x)` for a `Number`. The value is `math.tanh(x.data)`, and the local derivative is 1 minus the square
# of the *result*. Return a `Number` that remembers both its input and its slope.

# %% start
def tanh(x):
    ...

# %% check
check("4.1", tanh)

# %% hint [markdown]
# Compute the value first, `t = math.tanh(x.data)`, and use it twice.

# %% hint [markdown]
# `inputs` and `slopes` are tuples. A tuple with one entry needs a comma: `(x,)`.

# %% solution
def tanh(x):
    t = math.tanh(x.data)
    return Number(t, (x,), (1 - t * t,))

# %% wrong: plain_number
def tanh(x):
    return math.tanh(x.data)

# %% wrong: no_tuples
def tanh(x):
    t = math.tanh(x.data)
    return Number(t, (x), (1 - t * t))

# %% wrong: of_the_input
def tanh(x):
    t = math.tanh(x.data)
    return Number(t, (x,), (1 - x.data * x.data,))

# %% wrong: forgets_input
def tanh(x):
    return Number(math.tanh(x.data))

# %% wrong: not_squared
def tanh(x):
    t = math.tanh(x.data)
    return Number(t, (x,), (1 - t,))

# %% [markdown]
# ## A first walk: every path
#
# Lesson 3 said: multiply along each path, and add over the paths. This can be written down almost word for word.
# Give the result the grad 1. A number that is given a grad adds it to its own, and hands it on to each of its inputs,
# times the slope.

# %%
visits = 0


def along_every_path(number, grad=1.0):
    global visits
    visits += 1
    number.grad += grad
    for x, slope in zip(number.inputs, number.slopes):
        along_every_path(x, grad * slope)


a, b, c = Number(2.0), Number(-3.0), Number(4.0)
along_every_path((a * b + c) * c)
print("grads:", a.grad, b.grad, c.grad)

# %% [markdown]
# −12, 8 and 2: these are the grads that you worked out in lesson 3. So we are done, are we not?
#
# **Before you run the next cell:** here `x` is doubled by `x = x + x`, 5 times, then 10 times, then 20 times. How
# many visits will the walk make?

# %%
for times in (5, 10, 20):
    x = Number(1.0)
    for _ in range(times):
        x = x + x
    visits = 0
    along_every_path(x)
    print(f"{times} additions: {visits:,} visits")

# %% [markdown]
# Twenty additions, two million visits. Two arrows lead into each `+` from the same number, so each `+` doubles the
# number of paths. A network has far more paths than that. We must not follow every path.
#
# ## One visit each, in the right order
#
# The trick of `backward()` is to *wait*. A number hands on its grad only once, when it has received all of it. So it
# must be visited **after all the numbers that use it**.
#
# Does the order really matter so much? Here is a graph in which it does: `s` is used by `y` directly, and also by
# `t`, which is used by `y`.
#
# **Before you go on:** what is the grad of `x`, if the walk visits `y`, then `s`, then `t`? And what should it be?

# %%
from autograd import Value
from course import picture

x = Value(3.0, label="x")
s = x * x
s.label = "s"
t = s * s
t.label = "t"
y = s + t
y.label = "y"
y.backward()
picture(y)

# %% [markdown]
# The picture has the right grads. If we visit `y`, and then `s` straight away, `s` has only the 1 that `y` gave it.
# It hands on $1 \cdot 3$ along each of its arrows, 6 in all. But then comes `t`, with $9 + 9 = 18$ more for `s`. Too
# late: `s` has had its turn, and `x` is left with 6. But `s` gets $1 + 18 = 19$ in all, and the right grad of `x` is
# $19 \cdot 6 = 114$.

# %% exercise 4.2 [markdown]
# ### Exercise 4.2: find an order
#
# In which order may the walk visit the four boxes of this picture? Give a list of their names.

# %% start
order = [..., ..., ..., ...]

# %% check
check("4.2", order)

# %% hint [markdown]
# Which box is used by no other? It comes first. Cross it out, with its arrows, and ask again.

# %% solution
order = ["y", "t", "s", "x"]

# %% wrong: too_early
order = ["y", "s", "t", "x"]

# %% wrong: forward_order
order = ["x", "s", "t", "y"]

# %% [markdown]
# An order in which everything comes after its inputs is called a **topological order**. You can find one from the
# result alone, with one idea: *before a number is put on the list, put its inputs on the list.* Read backwards, each
# number then comes after all that use it, which is what the walk needs.

# %% exercise 4.3 [markdown]
# ### Exercise 4.3: write the order
#
# Write `ordered(result)`: the list of all numbers from which `result` was computed, and `result` itself. Each
# number stands on it once, after its inputs.

# %% start
def ordered(result):
    order, seen = [], set()

    def visit(number):
        ...

    visit(result)
    return order

# %% check
check("4.3", ordered)

# %% hint [markdown]
# If `number in seen`, there is nothing to do. Otherwise, `seen.add(number)`.

# %% hint [markdown]
# Then visit each of `number.inputs`, and only after that `order.append(number)`.

# %% solution
def ordered(result):
    order, seen = [], set()

    def visit(number):
        if number not in seen:
            seen.add(number)
            for x in number.inputs:
                visit(x)
            order.append(number)

    visit(result)
    return order

# %% wrong: empty_list
def ordered(result):
    order, seen = [], set()

    def visit(number):
        ...

    visit(result)
    return order

# %% wrong: twice
def ordered(result):
    order = []

    def visit(number):
        for x in number.inputs:
            visit(x)
        order.append(number)

    visit(result)
    return order

# %% wrong: every_path
def ordered(result):
    order, seen = [], set()

    def visit(number):
        for x in number.inputs:
            visit(x)
        if number not in seen:
            seen.add(number)
            order.append(number)

    visit(result)
    return order

# %% wrong: before_inputs
def ordered(result):
    order, seen = [], set()

    def visit(number):
        if number not in seen:
            seen.add(number)
            order.append(number)
            for x in number.inputs:
                visit(x)

    visit(result)
    return order

# %% wrong: one_missing
def ordered(result):
    order, seen = [], set()

    def visit(number):
        if number not in seen and number.inputs:
            seen.add(number)
            for x in number.inputs:
                visit(x)
            order.append(number)

    visit(result)
    return order

# %% exercise 4.4 [markdown]
# ### Exercise 4.4: write it all
#
# Put everything together: a class with `+`, `*`, `tanh()`, and `backward()`. The check builds six small graphs,
# from a single sum to the one above, with your class and with the library's. Where the two differ it draws the
# graph, with your grads in it and the first wrong box in red. Fill in one method after the other, and check after
# each.

# %% start
class MyValue:
    def __init__(self, data, inputs=(), slopes=()):
        self.data = data
        self.grad = 0.0
        self.inputs = inputs
        self.slopes = slopes

    def __add__(self, other):
        ...

    def __mul__(self, other):
        ...

    def tanh(self):
        ...

    def backward(self):
        ...

# %% check
check("4.4", MyValue)

# %% hint [markdown]
# `__add__` and `__mul__` are those of `Number`, and `tanh` is your exercise 4.1; they must make a `MyValue` now.

# %% hint [markdown]
# `backward` begins with the list of 4.3 and with `self.grad = 1.0`. Then it goes through the list in reverse,
# `for number in reversed(order):`, and hands to each input its share.

# %% hint [markdown]
# The share is `slope * number.grad`, and it is *added* to `x.grad`.

# %% solution
class MyValue:
    def __init__(self, data, inputs=(), slopes=()):
        self.data = data
        self.grad = 0.0
        self.inputs = inputs
        self.slopes = slopes

    def __add__(self, other):
        return MyValue(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return MyValue(self.data * other.data, (self, other), (other.data, self.data))

    def tanh(self):
        t = math.tanh(self.data)
        return MyValue(t, (self,), (1 - t * t,))

    def backward(self):
        order, seen = [], set()

        def visit(number):
            if number not in seen:
                seen.add(number)
                for x in number.inputs:
                    visit(x)
                order.append(number)

        visit(self)
        self.grad = 1.0
        for number in reversed(order):
            for x, slope in zip(number.inputs, number.slopes):
                x.grad += slope * number.grad

# %% wrong: no_seed
class MyValue(Number):
    def __add__(self, other):
        return MyValue(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return MyValue(self.data * other.data, (self, other), (other.data, self.data))

    def tanh(self):
        t = math.tanh(self.data)
        return MyValue(t, (self,), (1 - t * t,))

    def backward(self):
        for x, slope in zip(self.inputs, self.slopes):
            x.grad += slope * self.grad
            x.backward()

# %% wrong: handed_on_early
class MyValue(Number):
    def __add__(self, other):
        return MyValue(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return MyValue(self.data * other.data, (self, other), (other.data, self.data))

    def tanh(self):
        t = math.tanh(self.data)
        return MyValue(t, (self,), (1 - t * t,))

    def backward(self):
        self.grad = 1.0
        for number in ordered(self):
            for x, slope in zip(number.inputs, number.slopes):
                x.grad += slope * number.grad

# %% wrong: share_forgotten
class MyValue(Number):
    def __add__(self, other):
        return MyValue(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return MyValue(self.data * other.data, (self, other), (other.data, self.data))

    def tanh(self):
        t = math.tanh(self.data)
        return MyValue(t, (self,), (1 - t * t,))

    def backward(self):
        self.grad = 1.0
        for number in reversed(ordered(self)):
            for x, slope in zip(number.inputs, number.slopes):
                x.grad += slope

# %% wrong: follows_paths
class MyValue(Number):
    def __add__(self, other):
        return MyValue(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return MyValue(self.data * other.data, (self, other), (other.data, self.data))

    def tanh(self):
        t = math.tanh(self.data)
        return MyValue(t, (self,), (1 - t * t,))

    def backward(self):
        along_every_path(self)

# %% wrong: assigned
class MyValue(Number):
    def __add__(self, other):
        return MyValue(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return MyValue(self.data * other.data, (self, other), (other.data, self.data))

    def tanh(self):
        t = math.tanh(self.data)
        return MyValue(t, (self,), (1 - t * t,))

    def backward(self):
        order, seen = [], set()

        def visit(number):
            if number not in seen:
                seen.add(number)
                for x in number.inputs:
                    visit(x)
                order.append(number)

        visit(self)
        self.grad = 1.0
        for number in reversed(order):
            for x, slope in zip(number.inputs, number.slopes):
                x.grad = slope * number.grad

# %% wrong: no_order
class MyValue(Number):
    def __add__(self, other):
        return MyValue(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return MyValue(self.data * other.data, (self, other), (other.data, self.data))

    def tanh(self):
        t = math.tanh(self.data)
        return MyValue(t, (self,), (1 - t * t,))

    def backward(self):
        self.grad = 1.0
        todo, seen = [self], set()
        while todo:
            number = todo.pop(0)
            if number not in seen:
                seen.add(number)
                for x, slope in zip(number.inputs, number.slopes):
                    x.grad += slope * number.grad
                    todo.append(x)

# %% wrong: own_slopes
class MyValue(Number):
    def __add__(self, other):
        return MyValue(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return MyValue(self.data * other.data, (self, other), (self.data, other.data))

    def tanh(self):
        t = math.tanh(self.data)
        return MyValue(t, (self,), (1 - t * t,))

    def backward(self):
        order, seen = [], set()

        def visit(number):
            if number not in seen:
                seen.add(number)
                for x in number.inputs:
                    visit(x)
                order.append(number)

        visit(self)
        self.grad = 1.0
        for number in reversed(order):
            for x, slope in zip(number.inputs, number.slopes):
                x.grad += slope * number.grad

# %% wrong: nothing
class MyValue(Number):
    def __add__(self, other):
        MyValue(self.data + other.data, (self, other), (1.0, 1.0))

# %% [markdown]
# ## Hold it against the library
#
# Here is a complete one, of about sixty lines, with a few comforts. A plain number may stand on either side, as in
# `2*x`. Minus and the quotient are made of what is there: $a - b = a + (-1) \cdot b$, and $a / b = a \cdot b^{-1}$.
# New are powers, $e^x$, and `relu`, which makes 0 of every number below 0; you will meet it in lesson 5.

# %%
class Small:
    """A number that remembers how it was computed."""

    def __init__(self, data, inputs=(), slopes=()):
        self.data, self.grad = float(data), 0.0
        self.inputs, self.slopes = inputs, slopes

    def __add__(self, other):
        other = wrapped(other)
        return Small(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = wrapped(other)
        return Small(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, power):
        return Small(self.data**power, (self,), (power * self.data ** (power - 1),))

    def exp(self):
        e = math.exp(self.data)
        return Small(e, (self,), (e,))

    def tanh(self):
        t = math.tanh(self.data)
        return Small(t, (self,), (1 - t * t,))

    def relu(self):
        return Small(max(self.data, 0.0), (self,), (1.0 if self.data > 0 else 0.0,))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -wrapped(other)

    def __rsub__(self, other):
        return -self + other

    def __truediv__(self, other):
        return self * wrapped(other) ** -1

    def __rtruediv__(self, other):
        return wrapped(other) * self**-1

    __radd__, __rmul__ = __add__, __mul__

    def backward(self):
        order, seen = [], set()

        def visit(number):
            if number not in seen:
                seen.add(number)
                for x in number.inputs:
                    visit(x)
                order.append(number)

        visit(self)
        self.grad = 1.0
        for number in reversed(order):
            for x, slope in zip(number.inputs, number.slopes):
                x.grad += slope * number.grad


def wrapped(x):
    return x if isinstance(x, Small) else Small(x)


# %% [markdown]
# One formula, computed twice, with the small class and with the library's:

# %%
def formula(a, b):
    c = (a * b + 3).tanh() - b / 4
    return c * c + (2 - a).exp() * c.relu() + a**3 / (1 + b * b)


for kind in (Small, Value):
    a, b = kind(0.7), kind(-1.9)
    result = formula(a, b)
    result.backward()
    print(f"{kind.__name__}: result {result.data:.12f}, grads {a.grad:.12f} and {b.grad:.12f}")

# %% [markdown]
# The same twelve digits. Then what are the other thousands of lines of the library for? For arrays, for pictures,
# for speed, for layers and optimizers; for derivatives of derivatives; for clear messages where something goes
# wrong; and for cases like this one, a chain of 5,000 additions:

# %%
for kind in (Small, Value):
    x = total = kind(1.0)
    for _ in range(5000):
        total = total + x
    try:
        total.backward()
        print(f"{kind.__name__}: the grad is {x.grad}")
    except RecursionError:
        print(f"{kind.__name__}: RecursionError")

# %% [markdown]
# `visit` calls itself for each link of the chain, and Python allows only about a thousand calls inside each other.
# The library keeps its own list of what is still to be visited, and does not call itself. But the idea is the same,
# and you can read it now in the file `autograd/core.py`, from the words "Start here" on.
#
# ## What you know now
#
# - A number that remembers its inputs, and a local derivative for each, is all that `backward()` needs. A program
#   that finds derivatives in this way is called an **autograd engine**, for automatic gradients.
# - Following every path is right, but takes forever. Visiting each number once gives the same, and is fast.
# - The order makes it right: each number is visited after all that use it.
#
# So far a neuron could only say yes or no, and that jump has no useful derivative. [Next: what to put in its
# place.](05_activations.ipynb)

# %% teacher [markdown]
# ## Timing
#
# 25 minutes: to remember 5, every path 4, the order with 4.2 and 4.3 8, the library 3, and 5 to begin 4.4. Some put
# 4.4 together in those 5 minutes, and others need 30: it is good homework.
#
# ## What to watch for
#
# - `+=` in the last line is often forgotten. Let the check say it; its picture explains more than a sentence.
# - Some compute the order in `__add__` already, with a global list. That works until a second graph is made; ask
#   for one.
# - "Why not just sort by time of creation?" A very good question: it works, and the library does nearly that.
#
# ## Questions for an examination
#
# 1. What must a number remember so that `backward()` can be run later?
# 2. Give a graph with four nodes for which the visit order matters, and one for which it does not.
# 3. What is wrong with `self.grad = 1.0` at the end of `backward` instead of before the loop?
# 4. Add `exp` and `log` to the class, with their slopes.
