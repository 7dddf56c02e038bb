# %% [markdown]
# # From scalars to arrays
#
# A network of Values has a box for every number, which is good for looking and slow for learning. In this lesson you
# compute the same network with arrays, a whole layer for all examples at once, and get the same numbers. Then you
# watch the library turn the one into the other, pass by pass, and read the program that it wrote.

# %%
import numpy as np

import autograd
import nn
from autograd import Tensor, Value
from autograd.backward import ancestors
from course import picture

days = [[1.0, 2.0], [3.0, 5.0], [4.0, 1.0]]  # degrees above 15, hours of sun
sold = [7.0, 14.0, 11.0]

w = [Value(2.0, label="w0"), Value(1.0, label="w1")]


def loss_of(days, sold):
    return sum((w[0] * day[0] + w[1] * day[1] - target) ** 2 for day, target in zip(days, sold))


loss = loss_of(days, sold)
loss.backward()
print("loss", loss.data, " grads", [weight.grad for weight in w])
print("operations:", sum(1 for node in ancestors([loss]) if node.inputs))

# %% [markdown]
# The ice cream shop of lesson 7, with three days and two inputs: degrees and hours of sun. The loss is the sum of the
# squared errors. Three days, two weights, and already there are that many operations in the graph, each a Python
# object of its own. A network with 337 weights and 100 examples has thousands.
#
# ## Shapes
#
# An **array** holds many numbers in rows and columns, and NumPy computes with all of them in one operation, close to
# the machine. Its **shape** says how many there are along each **axis**: the three days have the shape (3, 2), for 3
# rows with 2 columns.
#
# The operation that matters is the **matrix product**, `@`. `X @ w` multiplies each row of `X` by `w`, number by
# number, and adds up: a weighted sum for each row. Three days of 2 numbers, and 2 weights, give 3 sums:

# %%
X, y = np.array(days), np.array(sold)
weights = np.array([2.0, 1.0])
print(X.shape, "@", weights.shape, "→", (X @ weights).shape)
print(X @ weights)

# %% [markdown]
# The two lengths that meet in the middle must be equal, as they are paired up: (3, **2**) @ (**2**,). They vanish, and
# what is left outside is the shape of the result.
#
# A layer has several neurons, and keeps their weights in an array `W` with a row for each neuron. `W.T` is `W` with
# rows and columns exchanged (T is for *transposed*). So `X @ W.T` is the weighted sum of every example with every
# neuron.

# %% exercise 15.1 [markdown]
# ### Exercise 15.1: shapes
#
# 100 examples of 2 numbers, `X`, and a layer of 16 neurons, `W`. So `X` has the shape (100, 2), and `W` has (16, 2).
# Which shape has `X @ W.T`?

# %% start
shape = ...

# %% check
check("15.1", shape)

# %% hint [markdown]
# `W.T` has the shape (2, 16). Which lengths meet in the middle?

# %% solution
shape = (100, 16)

# %% wrong: turned
shape = (16, 100)

# %% wrong: not_multiplied
shape = (100, 2)

# %% wrong: middle_kept
shape = (100, 2, 2, 16)

# %% wrong: examples_added
shape = (16,)

# %% [markdown]
# ## A Tensor is an array that remembers
#
# As a `Value` is a number that remembers how it was computed, a `Tensor` is an array that does. It has the same
# graph, the same `backward`, and a grad of its own shape: a derivative for each of its numbers.

# %%
W = Tensor(weights, label="w")
errors = Tensor(X, label="X") @ W - y
loss = (errors**2).sum()
loss.label = "loss"
loss.backward()
print("loss", loss.data, " grads", W.grad)

picture(loss)

# %% [markdown]
# The same loss and the same two grads as above, from four operations. Each box now holds an array, and shows its shape
# and the length of its grad, `‖grad‖` (the root of the sum of the squares). The local derivative of an array with
# respect to an array is a table, and the arrow carries the table's size, such as 3 × 2. `Σ` adds up.
#
# The graph does not grow with the number of days: with a million days it would still have these boxes. So arrays are
# not another kind of mathematics. They are the same sums, done together.

# %% exercise 15.2 [markdown]
# ### Exercise 15.2: a network in arrays
#
# Write forward propagation for all examples at once. `layers` is a list of pairs `(W, b)`: `W` has a row for each
# neuron, and `b` a bias for each. After each layer comes ReLU, but not after the last one. Return the array of the
# scores. In lesson 6 you needed three loops for this; now one will do.

# %% start
def forward(X, layers):
    ...

# %% check
check("15.2", forward)

# %% hint [markdown]
# One layer is `X @ W.T + b`. NumPy adds `b` to each row.

# %% hint [markdown]
# `np.maximum(0, scores)` is ReLU of a whole array. For all layers but the last: `layers[:-1]`.

# %% solution
def forward(X, layers):
    for W, b in layers[:-1]:
        X = np.maximum(0, X @ W.T + b)
    W, b = layers[-1]
    return X @ W.T + b

# %% wrong: relu_at_the_end
def forward(X, layers):
    for W, b in layers:
        X = np.maximum(0, X @ W.T + b)
    return X

# %% wrong: no_activation
def forward(X, layers):
    for W, b in layers:
        X = X @ W.T + b
    return X

# %% wrong: no_biases
def forward(X, layers):
    for W, b in layers[:-1]:
        X = np.maximum(0, X @ W.T)
    return X @ layers[-1][0].T

# %% wrong: shapes_do_not_meet
def forward(X, layers):
    for W, b in layers[:-1]:
        X = np.maximum(0, X @ W + b)
    W, b = layers[-1]
    return X @ W + b

# %% [markdown]
# The check compared with `nn.MLP`, number by number, up to 12 digits.
#
# ## The trap of arrays
#
# Where two shapes differ, NumPy tries to fit them: it repeats the shorter one. This is called **broadcasting**. It
# adds a bias to each row, as you just used. It also hides mistakes. A network with one output gives a column, of shape
# (3, 1), and the targets are often a plain list, of shape (3,).
#
# **Before you run it:** the predictions are all right. What is the mean squared error?

# %%
predictions = np.array([[7.0], [14.0], [11.0]])  # a column
targets = np.array([7.0, 14.0, 11.0])
print(f"mean squared error: {np.mean((predictions - targets) ** 2):.2f}")
print("shape of the errors:", (predictions - targets).shape)
print(predictions - targets)

# %% [markdown]
# No error, no warning, and a wrong number. The column was repeated three times to the right, and the targets three
# times downwards, so every prediction was compared with *every* target. A network that is trained with this loss learns
# to predict the mean of all targets, and its loss even falls at first. When a loss is odd, print the shapes.

# %% exercise 15.3 [markdown]
# ### Exercise 15.3: mend it
#
# `predictions` has the shape (n, 1) and `targets` has (n,). Make this the mean squared error.

# %% start
def mse(predictions, targets):
    return np.mean((predictions - targets) ** 2)

# %% check
check("15.3", mse)

# %% hint [markdown]
# `predictions[:, 0]` is the first column, of shape (n,). Or make a column of the targets: `targets[:, None]`.

# %% solution
def mse(predictions, targets):
    return np.mean((predictions[:, 0] - targets) ** 2)

# %% wrong: everyone_with_everyone
def mse(predictions, targets):
    return np.mean((predictions - targets) ** 2)

# %% wrong: first_one_only
def mse(predictions, targets):
    return np.mean((predictions[0] - targets) ** 2)

# %% wrong: not_a_mean
def mse(predictions, targets):
    return np.sum((predictions[:, 0] - targets) ** 2)

# %% wrong: row_or_column
def mse(predictions, targets):
    return np.mean((predictions - targets[None, :]) ** 2) / len(targets)

# %% [markdown]
# (The losses of the library refuse such shapes, with a sentence that says what to do.)
#
# ## Let the library do it
#
# Now back to the loss in Values, number by number. `autograd.compile` turns such a function into one that computes
# with arrays. You call it as before, and get the same loss and the same grads.

# %%
for weight in w:
    weight.zero_grad()
compiled = autograd.compile(loss_of)
loss = compiled(days, sold)
loss.backward()
print("loss", loss.data, " grads", [weight.grad for weight in w])

# %% [markdown]
# A **compiler** is a program that reads a program and writes another one with the same results. This one works in
# **passes**: each takes a graph and makes a simpler one. `compiled.stages` keeps the graph after each pass.

# %%
for stage in compiled.stages:
    operations = sum(1 for node in ancestors(stage.roots) if node.inputs)
    print(f"{stage.name:14} {operations:3} operations   {stage.about}")

# %% [markdown]
# **trace** calls the function once, with stand-ins for its arguments, and records the graph. There it is, with a box
# for each number:

# %%
picture(compiled.stages[0])

# %% [markdown]
# You can see the three days as three equal parts, one above the other, whose squares (`^` with 2) are added up on the
# right. Boxes with dashed frames are the arguments, and need no grad; `backward()` has not walked through this recorded
# graph, so the grads in the middle are 0. What is done three times in the same way can be
# done once with three rows. That is what **lift** finds:

# %%
picture(next(stage for stage in compiled.stages if stage.name == "lift"))

# %% [markdown]
# This is the graph that you saw above for Tensors: a matrix product, a subtraction, and the sum of the squares. Nobody
# wrote it with arrays; the compiler found them.
#
# Next, **differentiate** adds the gradient to the graph, with the chain rule. What will it find? Find it yourself
# first.

# %% exercise 15.4 [markdown]
# ### Exercise 15.4: the gradient as a matrix product
#
# The loss is the sum of the squared errors, with errors = `X @ w - y`. Return its gradient with respect to `w`, an
# array with a number for each weight.

# %% start
def gradient(X, w, y):
    ...

# %% check
check("15.4", gradient)

# %% hint [markdown]
# For one example, the derivative of $e^2$ is $2e$, and $e$ moves with $w_j$ as fast as $x_j$ is large. So the
# example brings $2 e \cdot x_j$ to weight $j$.

# %% hint [markdown]
# Add this up over the examples, for each column $j$ of `X`. A sum over the rows of `X`, for each column: that is
# `X.T @ …`.

# %% solution
def gradient(X, w, y):
    return X.T @ (2 * (X @ w - y))

# %% wrong: no_two
def gradient(X, w, y):
    return X.T @ (X @ w - y)

# %% wrong: signs_turned
def gradient(X, w, y):
    return X.T @ (2 * (y - X @ w))

# %% wrong: errors_only
def gradient(X, w, y):
    return 2 * (X @ w - y)

# %% wrong: inputs_forgotten
def gradient(X, w, y):
    return np.full(len(w), np.sum(2 * (X @ w - y)))

# %% wrong: mean_taken
def gradient(X, w, y):
    return X.T @ (2 * (X @ w - y)) / len(y)

# %% [markdown]
# And this is what the compiler has written, as a program for NumPy:

# %%
print(compiled.source)

# %% [markdown]
# `forward` computes the errors (`t1`) and the sum of their squares, and keeps what `backward` will need. (`np.vdot`
# multiplies two arrays number by number and adds up; of an array with itself, it is the sum of the squares.)
# `backward` gets the gradient of the result, `g`, which is 1 if the loss is the end. Its one line is the chain rule:
# `2 * g * t1` is the gradient of the errors, and `days.T @` takes it back to the weights.
#
# ## A whole network
#
# **Before you run it:** the hinge loss of a network of Values with 337 parameters, for 100 points. How long will its
# program be?

# %%
points, kinds = nn.data.moons(100, noise=0.1, rng=0)
points, signs = points.tolist(), (2 * kinds - 1).tolist()
network = nn.MLP(2, [16, 16, 1], rng=0)


def network_loss(points, signs):
    return nn.hinge_loss([network(point) for point in points], signs)


slow = network_loss(points, signs)
slow.backward()
grads = [parameter.grad for parameter in network.parameters()]

network.zero_grad()
fast = autograd.compile(network_loss)
fast(points, signs).backward()
print("operations in the graph:", sum(1 for node in ancestors([slow]) if node.inputs))
largest = max(abs(p.grad - before) for p, before in zip(network.parameters(), grads))
print("largest difference between gradients is below 1e-12:", largest < 1e-12)
print(fast.source)

# %% [markdown]
# Thousands of operations have become about twenty lines, and all 337 gradients are the same. Read it: `forward` is
# your exercise 15.2. `backward` goes through the layers from the last to the first. At each it finds three things:
# the gradient of the biases (a sum over the examples), of the weights (a matrix product with what came in), and of what
# came in (a matrix product with the weights), which it hands on. `np.where(z2 > 0, …, 0.0)` is the derivative of
# ReLU: asleep, nothing goes through.
#
# Time it yourself: put `%timeit network_loss(points, signs).backward()` into a cell, and the same with `fast`. It is
# about a thousand times faster. The first call of `fast` takes longer, since it traces and writes. The program is for
# these shapes; call it with 50 points, and it writes another one.
#
# ## What you know now
#
# - An array holds many numbers, and its shape says how many along each axis. In `@` the lengths in the middle meet and
#   vanish.
# - A `Tensor` is an array in the graph. It gives the same numbers as Values, with few operations.
# - (n, 1) and (n,) are different shapes, and broadcasting makes (n, n) of them, silently.
# - `compile` records a function, lifts what is equal into arrays, differentiates, and writes a program that you can
#   read.
#
# [Next: a table, as tables are.](16_tables.ipynb)

# %% teacher [markdown]
# ## Timing
#
# 25 minutes: shapes 6, Tensor and the network in arrays 6, the trap 4, the compiler 6, the whole network 3.
#
# ## What to watch for
#
# - Let them say shapes aloud: "a hundred by two, times two by sixteen". Most mistakes in 15.2 are a missing `.T`.
# - The trap: ask for the loss before running the cell. Nearly all say 0.
# - In 15.4, those who cannot begin should do it for two examples and two weights on paper, with sums.
#
# ## Questions for an examination
#
# 1. `X` is (50, 8), `W` is (3, 8), `b` is (3,). Which shapes have `X @ W.T` and `X @ W.T + b`? Why is `X @ W` an error?
# 2. What does NumPy compute for a (4, 1) array minus a (4,) array? Why is this dangerous in a loss?
# 3. Derive the gradient of the mean squared error of a linear model, as a matrix product.
# 4. Which pass of the compiler makes the graph independent of the number of examples, and what does it look for?
