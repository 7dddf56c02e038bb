# %% [markdown]
# # Backpropagation in a two-layer network
#
# You know the chain rule, and you know networks. **Backpropagation** is the one applied to the other: it finds the
# derivative of the loss with respect to every weight. In this lesson you do it three times for the same network: by
# hand, by `Value`, and with matrices, in a few lines that train a network. All three give the same numbers.

# %% [markdown]
# ## Forward, by hand
#
# The network has two inputs, a hidden layer of three ReLU neurons, and one output neuron. We write $z$ for the
# score of a hidden neuron before its ReLU and $h$ for what the ReLU makes of it. The inputs are $x = (2, 1)$:
#
# | hidden neuron | weights | bias | $z$ | $h = \text{relu}(z)$ |
# |---:|---|---:|---|---:|
# | 1 | 1, −1 | 0 | $1 \cdot 2 - 1 \cdot 1 + 0 = 1$ | 1 |
# | 2 | −0.5, 0.5 | 1 | $-0.5 \cdot 2 + 0.5 \cdot 1 + 1 = 0.5$ | 0.5 |
# | 3 | −1, 0.5 | 0 | $-1 \cdot 2 + 0.5 \cdot 1 + 0 = -1.5$ | 0 |
#
# The output neuron has the weights $v = (2, -2, 3)$ and the bias $c = 0.5$:
#
# $$s = 2 \cdot 1 - 2 \cdot 0.5 + 3 \cdot 0 + 0.5 = 1.5$$
#
# The target is 0, and the loss is the squared error, $L = (s - 0)^2 = 2.25$. Here is the same network as the
# library's, with all numbers, and with the local derivatives on the arrows:

# %%
import nn
from autograd import Value
from course import picture

network = nn.MLP(2, [3, 1])
(output_neuron,) = network.layers[1].neurons


def put(neuron, weights, bias):
    for weight, number in zip(neuron.weight, weights):
        weight.data = number
    neuron.bias.data = bias


HIDDEN = [[1.0, -1.0], [-0.5, 0.5], [-1.0, 0.5]]
BIASES = [0.0, 1.0, 0.0]
for neuron, weights, bias in zip(network.layers[0].neurons, HIDDEN, BIASES):
    put(neuron, weights, bias)
put(output_neuron, [2.0, -2.0, 3.0], 0.5)

h = network.layers[0]([Value(2.0, label="x1"), Value(1.0, label="x2")])
s = network.layers[1](h)
L = (s - 0.0) ** 2
for i, (neuron, node) in enumerate(zip(network.layers[0].neurons, h), start=1):  # the names of the text
    node.label, node.inputs[0].label = f"h{i}", f"z{i}"
    for k, weight in enumerate(neuron.weight, start=1):
        weight.label = f"W{i}{k}"
for k, weight in enumerate(output_neuron.weight, start=1):
    weight.label = f"v{k}"
output_neuron.bias.label, s.label, L.label = "c", "s", "L"
picture(L)

# %% [markdown]
# The frame on the left is the hidden layer with its three neurons, the frame on the right is the output neuron. `W12`
# is the weight with which hidden neuron 1 takes input 2. Both weights and inputs have arrows into each weighted sum.
# The dashed boxes are plain numbers, the target 0 and the exponent of the square; `^` means "to the power of".
#
# ## Backward, the output layer
#
# We begin at the loss and walk to the left, as in lesson 3. From here on, "the gradient of $s$" is short for the
# derivative of the loss with respect to $s$, which the picture calls grad. At each step it is the gradient of the
# box on the right, times the number on the arrow between them.

# %% exercise 9.1 [markdown]
# ### Exercise 9.1: the output layer
#
# Work out, on paper, the gradients of $s$, of the three weights $v$, and of the bias $c$. The derivative of a
# square $e^2$ is $2e$.

# %% start
grad_s = ...
grad_v = [..., ..., ...]
grad_c = ...

# %% check
check("9.1", grad_s, grad_v, grad_c)

# %% hint [markdown]
# The error is $s - 0 = 1.5$, and the loss is its square.

# %% hint [markdown]
# In $s = v_1 h_1 + v_2 h_2 + v_3 h_3 + c$, what stands beside $v_1$? That is the number on the arrow from $v_1$ to
# $s$. Multiply it by the gradient of $s$.

# %% solution
grad_s = 2 * 1.5
grad_v = [3 * 1, 3 * 0.5, 3 * 0]
grad_c = 3 * 1

# %% wrong: two_forgotten
grad_s = 1.5
grad_v = [1.5, 0.75, 0]
grad_c = 1.5

# %% wrong: times_weights
grad_s = 3
grad_v = [3 * 2, 3 * -2, 3 * 3]
grad_c = 3

# %% wrong: local_only
grad_s = 3
grad_v = [1, 0.5, 0]
grad_c = 1

# %% wrong: sign
grad_s = -3
grad_v = [-3, -1.5, 0]
grad_c = -3

# %% wrong: value_of_bias
grad_s = 3
grad_v = [3, 1.5, 0]
grad_c = 0.5

# %% wrong: bias_local
grad_s = 3
grad_v = [3, 1.5, 0]
grad_c = 1

# %% [markdown]
# A weight's gradient is the gradient of its neuron's score times the *input of that weight*. The third hidden
# neuron gave 0, so the weight $v_3$ had no part in this answer, and its gradient is 0.
#
# ## Backward, the hidden layer
#
# Now through the output neuron to $h$. The number on the arrow from $h_1$ to $s$ is the weight $v_1$. Then through
# the ReLU: its local derivative is 1 where $z$ is above 0, and 0 elsewhere. And then as before, from $z$ to the
# weights.

# %% exercise 9.2 [markdown]
# ### Exercise 9.2: the hidden layer
#
# Work out the gradients of the three $h$, of the three $z$, and of the six weights: one row for each hidden neuron.

# %% start
grad_h = [..., ..., ...]
grad_z = [..., ..., ...]
grad_W = [[..., ...], [..., ...], [..., ...]]

# %% check
check("9.2", grad_h, grad_z, grad_W)

# %% hint [markdown]
# The gradient of $s$ is 3. So $h_1$ has the gradient $3 \cdot v_1 = 6$.

# %% hint [markdown]
# Which of the three ReLUs was asleep? There the gradient of $z$ is 0, whatever that of $h$ is.

# %% hint [markdown]
# The first row of weights: the gradient of $z_1$ times each of the inputs 2 and 1.

# %% solution
grad_h = [3 * 2, 3 * -2, 3 * 3]
grad_z = [6, -6, 0]
grad_W = [[6 * 2, 6 * 1], [-6 * 2, -6 * 1], [0, 0]]

# %% wrong: relu_forgotten
grad_h = [6, -6, 9]
grad_z = [6, -6, 9]
grad_W = [[12, 6], [-12, -6], [18, 9]]

# %% wrong: hidden_values
grad_h = [3, 1.5, 0]
grad_z = [3, 1.5, 0]
grad_W = [[6, 3], [3, 1.5], [0, 0]]

# %% wrong: inputs_forgotten
grad_h = [6, -6, 9]
grad_z = [6, -6, 0]
grad_W = [[6, 6], [-6, -6], [0, 0]]

# %% wrong: weights_for_inputs
grad_h = [6, -6, 9]
grad_z = [6, -6, 0]
grad_W = [[6, -6], [3, -3], [0, 0]]

# %% wrong: rows
grad_h = [6, -6, 9]
grad_z = [6, -6, 0]
grad_W = [[12, -12, 0], [6, -6, 0]]

# %% wrong: first_wrong
grad_h = [6, 6, 9]
grad_z = [6, 6, 0]
grad_W = [[12, 6], [12, 6], [0, 0]]

# %% [markdown]
# ## By `Value`
#
# `backward()` takes the same walk. Compare each number with yours.

# %%
L.backward()
print("gradient of s:", s.grad)
print("gradients of v:", [weight.grad for weight in output_neuron.weight], "and of c:", output_neuron.bias.grad)
print("gradients of h:", [node.grad for node in h], "and of z:", [node.inputs[0].grad for node in h])
for i, neuron in enumerate(network.layers[0].neurons, start=1):
    print(f"hidden neuron {i}: weights {[weight.grad for weight in neuron.weight]}, bias {neuron.bias.grad}")

# %% [markdown]
# There is nothing in backpropagation but the chain rule, and the order in which to use it.
#
# ## First correct the last layer, then the one before?
#
# Many people imagine it like this: the output layer finds its error and corrects its weights. Then it passes the
# error on, through its corrected weights, and the hidden layer corrects itself. It sounds sensible.
#
# **Before you run it:** would the hidden layer get the same numbers as above? We correct $v_1$ first, by a tenth of
# its gradient, and then compute the gradient of the very first weight, both ways. Nudging, from lesson 2, is the
# judge.

# %%
corrected_v1 = 2.0 - 0.1 * 3.0
# From s (3) through v1 to h1, through the ReLU (1) to z1, and from there to the weight, whose input is 2.
print(f"with v1 as it was: {3.0 * 2.0 * 1 * 2:.2f}")
print(f"with v1 corrected: {3.0 * corrected_v1 * 1 * 2:.2f}")

first_weight = network.layers[0].neurons[0].weight[0]


def loss_with(number):
    first_weight.data = number
    return (network([2.0, 1.0]).data - 0.0) ** 2


print(f"by nudging:        {(loss_with(1.0 + 1e-5) - loss_with(1.0 - 1e-5)) / 2e-5:.2f}")
first_weight.data = 1.0

# %% [markdown]
# With the corrected weight, the number is not the derivative of the loss, neither at the old place nor at the new
# one. Backpropagation **changes no weight**. It computes all the derivatives at one place in the landscape, with all
# weights as they are. Learning is a second step, gradient descent, which then moves all weights at once. The two are
# different things, and backpropagation serves any method of learning that needs a gradient.
#
# ## With matrices
#
# A network seldom looks at one example at a time. Let us take several at once, a **batch**: a table with a row for
# each example and a column for each input. Such a table of numbers is a **matrix**. All four cases of XOR:

# %%
import numpy as np

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
targets = np.array([0.0, 1.0, 1.0, 0.0])

W = np.array(HIDDEN)  # a row for each hidden neuron
b = np.array(BIASES)
Z = X @ W.T + b
print("X is", X.shape, "and W is", W.shape, "and Z is", Z.shape)
print(Z)

# %% [markdown]
# The pair that `.shape` gives is the number of rows and the number of columns: `Z` has 4 examples and 3 neurons. And
# `@` is the **matrix product**. To find the number in row $i$ and column $j$ of `A @ B`, take row $i$ of `A` and
# column $j$ of `B`, multiply the first number by the first, the second by the second, and so on, and add. So `A`
# must have as many columns as `B` has rows, and the shapes go like this: (4, 2) times (2, 3) gives (4, 3). Where they
# do not fit, NumPy stops with an error that says `matmul`.
#
# `W.T` is the **transpose** of `W`, in which rows and columns are exchanged. So in row $i$ and column $j$ of
# `X @ W.T` is example $i$ times the weights of neuron $j$, added up: a weighted sum, for all examples and all neurons
# at once. To each column, `+ b` adds the bias of its neuron. Check one number: the third example is $(1, 0)$, and the
# first neuron has the weights 1 and −1 and the bias 0. The third row of `Z` begins with
# $1 \cdot 1 + 0 \cdot (-1) + 0 = 1$.
#
# Backward, let `G` be the gradients of `Z`, in a matrix of the same shape. What you did by hand becomes, for many
# examples at once:
#
# - the weight of neuron $j$ for input $k$ gets, from each example, gradient $j$ times input $k$; and over the
#   examples these are *added*, since the weight is used once for each of them;
# - the bias of neuron $j$ gets the sum of gradient $j$ over the examples;
# - input $k$ of an example gets the sum over the neurons of gradient $j$ times weight $(j, k)$.
#
# The first and the last of these are matrix products, and the one in the middle is a sum: `G.sum(axis=0)` adds up
# the rows of `G`, so that one number is left for each column. And there is a check that costs nothing: **a gradient
# has the shape of what it belongs to**. Often there is only one way to multiply that gives this shape.

# %% exercise 9.3 [markdown]
# ### Exercise 9.3: a layer, backward
#
# `layer_backward(G, X, W)` gets the gradients of `Z = X @ W.T + b` and returns those of `W`, of `b` and of `X`.

# %% start
def layer_backward(G, X, W):
    ...

# %% check
check("9.3", layer_backward)

# %% hint [markdown]
# With 4 examples, 2 inputs and 3 neurons: `G` is (4, 3), `X` is (4, 2), and the gradient of `W` must be (3, 2). How
# do you get (3, 2) from (4, 3) and (4, 2)?

# %% hint [markdown]
# `G.T @ X` is (3, 4) times (4, 2). For the bias, use the sum that stands above this exercise.

# %% hint [markdown]
# The gradient of `X` must be (4, 2). `G` is (4, 3), and `W` is (3, 2).

# %% solution
def layer_backward(G, X, W):
    return G.T @ X, G.sum(axis=0), G @ W

# %% wrong: not_transposed
def layer_backward(G, X, W):
    return X.T @ G, G.sum(axis=0), G @ W

# %% wrong: do_not_fit
def layer_backward(G, X, W):
    return G @ X, G.sum(axis=0), G @ W

# %% wrong: only_one
def layer_backward(G, X, W):
    return G.T @ X, G.sum(), G @ W

# %% wrong: bias_not_summed
def layer_backward(G, X, W):
    return G.T @ X, G, G @ W

# %% wrong: averaged
def layer_backward(G, X, W):
    return G.T @ X / len(X), G.mean(axis=0), G @ W

# %% wrong: over_neurons
def layer_backward(G, X, W):
    return G.T @ X, G.sum(axis=1), G @ W

# %% wrong: order
def layer_backward(G, X, W):
    return G @ W, G.sum(axis=0), G.T @ X

# %% [markdown]
# Now the whole network. Its loss for a batch is the *mean* of the squared errors. The output layer has a single
# neuron, and we keep its weights as a list of numbers `v`: then `H @ v` has one score for each example. Two more
# tools for the way back: `np.outer(g, v)` is the matrix with `g[i] * v[j]` in row `i` and column `j`, and `Z > 0` is
# a matrix of `True` and `False`, which count as 1 and 0 in a product.

# %%
def forward(X, W, b, v, c):
    Z = X @ W.T + b
    H = np.maximum(0, Z)
    return Z, H, H @ v + c

# %% exercise 9.4 [markdown]
# ### Exercise 9.4: backpropagation
#
# Write `gradients(X, targets, W, b, v, c)`. It returns the gradients of `W`, `b`, `v` and `c`, in this order, for
# the loss `np.mean((s - targets) ** 2)`. Take five steps, and find the gradient of `s`, then of `v` and `c`, of `H`,
# of `Z`, and of `W` and `b`.

# %% start
def gradients(X, targets, W, b, v, c):
    Z, H, s = forward(X, W, b, v, c)
    ...

# %% check
check("9.4", gradients)

# %% hint [markdown]
# The gradient of `s`: each error times 2, divided by the number of examples, because the loss is a mean.

# %% hint [markdown]
# `v` gets `grad_s @ H`, and `H` gets `np.outer(grad_s, v)`.

# %% hint [markdown]
# Through the ReLU: `grad_H * (Z > 0)` keeps the gradient where `Z` is above 0, and makes it 0 elsewhere. From there
# on it is exercise 9.3.

# %% solution
def gradients(X, targets, W, b, v, c):
    Z, H, s = forward(X, W, b, v, c)
    grad_s = 2 * (s - targets) / len(X)
    grad_H = np.outer(grad_s, v)
    grad_Z = grad_H * (Z > 0)
    return grad_Z.T @ X, grad_Z.sum(axis=0), grad_s @ H, grad_s.sum()

# %% wrong: no_relu
def gradients(X, targets, W, b, v, c):
    Z, H, s = forward(X, W, b, v, c)
    grad_s = 2 * (s - targets) / len(X)
    grad_H = np.outer(grad_s, v)
    return grad_H.T @ X, grad_H.sum(axis=0), grad_s @ H, grad_s.sum()

# %% wrong: mean_forgotten
def gradients(X, targets, W, b, v, c):
    Z, H, s = forward(X, W, b, v, c)
    grad_s = 2 * (s - targets)
    grad_Z = np.outer(grad_s, v) * (Z > 0)
    return grad_Z.T @ X, grad_Z.sum(axis=0), grad_s @ H, grad_s.sum()

# %% wrong: one_number
def gradients(X, targets, W, b, v, c):
    Z, H, s = forward(X, W, b, v, c)
    grad_s = 2 * (s - targets) / len(X)
    grad_Z = np.outer(grad_s, v) * (Z > 0)
    return grad_Z.T @ X, grad_Z.sum(axis=0), grad_s @ H, grad_s

# %% wrong: wrong_sign
def gradients(X, targets, W, b, v, c):
    Z, H, s = forward(X, W, b, v, c)
    grad_s = 2 * (targets - s) / len(X)
    grad_Z = np.outer(grad_s, v) * (Z > 0)
    return grad_Z.T @ X, grad_Z.sum(axis=0), grad_s @ H, grad_s.sum()

# %% wrong: times_z
def gradients(X, targets, W, b, v, c):
    Z, H, s = forward(X, W, b, v, c)
    grad_s = 2 * (s - targets) / len(X)
    grad_Z = np.outer(grad_s, v) * H
    return grad_Z.T @ X, grad_Z.sum(axis=0), grad_s @ H, grad_s.sum()

# %% wrong: no_two
def gradients(X, targets, W, b, v, c):
    Z, H, s = forward(X, W, b, v, c)
    grad_s = (s - targets) / len(X)
    grad_Z = np.outer(grad_s, v) * (Z > 0)
    return grad_Z.T @ X, grad_Z.sum(axis=0), grad_s @ H, grad_s.sum()

# %% wrong: relu_of_gradient
def gradients(X, targets, W, b, v, c):
    Z, H, s = forward(X, W, b, v, c)
    grad_s = 2 * (s - targets) / len(X)
    grad_Z = np.maximum(0, np.outer(grad_s, v))
    return grad_Z.T @ X, grad_Z.sum(axis=0), grad_s @ H, grad_s.sum()

# %% [markdown]
# ## It learns
#
# With these few lines a network can learn XOR by itself: eight hidden neurons, random weights, and again and again
# a step against the gradient. First we hold the matrices against `Value`, for the same weights.

# %%
def by_matrices(X, targets, W, b, v, c):
    Z, H, s = forward(X, W, b, v, c)
    grad_s = 2 * (s - targets) / len(X)
    grad_Z = np.outer(grad_s, v) * (Z > 0)
    return grad_Z.T @ X, grad_Z.sum(axis=0), grad_s @ H, grad_s.sum()


rng = np.random.default_rng(1)
W, b, v, c = rng.normal(size=(8, 2)), np.zeros(8), rng.normal(size=8), 0.0

model = nn.MLP(2, [8, 1])
for neuron, weights in zip(model.layers[0].neurons, W.tolist()):
    put(neuron, weights, 0.0)
put(model.layers[1].neurons[0], v.tolist(), 0.0)
loss = sum((model(x) - t) ** 2 for x, t in zip(X.tolist(), targets.tolist())) / 4
loss.backward()
hidden, last = model.layers[0].neurons, model.layers[1].neurons[0]
by_value = [
    [[weight.grad for weight in neuron.weight] for neuron in hidden],  # of W
    [neuron.bias.grad for neuron in hidden],  # of b
    [weight.grad for weight in last.weight],  # of v
    last.bias.grad,  # of c
]
for name, one, other in zip("Wbvc", by_value, by_matrices(X, targets, W, b, v, c)):
    print(f"gradient of {name}: the largest difference is below 1e-12: {np.abs(one - other).max() < 1e-12}")

# %%
import matplotlib.pyplot as plt

losses = []
for step in range(300):
    losses.append(np.mean((forward(X, W, b, v, c)[2] - targets) ** 2))
    grad_W, grad_b, grad_v, grad_c = by_matrices(X, targets, W, b, v, c)
    W, b, v, c = W - 0.1 * grad_W, b - 0.1 * grad_b, v - 0.1 * grad_v, c - 0.1 * grad_c

print("scores after 300 steps:", *(f"{score:.2f}" for score in forward(X, W, b, v, c)[2]))
figure, axes = plt.subplots(1, 2, figsize=(10, 3.4), layout="constrained")
axes[0].plot(losses, color="#2f6db3")
axes[0].set(xlabel="step", ylabel="loss", yscale="log", title="the loss")
axes[0].spines[["top", "right"]].set_visible(False)
nn.plot.decision_boundary(lambda points: forward(points, W, b, v, c)[2] - 0.5, X, targets.astype(int), axes[1])
axes[1].set_title("score − 0.5");

# %% [markdown]
# On the left the loss, on a scale where each number is a tenth of the one above it: it falls all the way. On the
# right the plane, divided where the score is one half, since the targets are 0 and 1. The two orange corners lie in a
# band, and the two blue ones outside of it, one on each side. In lesson 6 we needed an idea to find such weights.
# Here nobody had one: the gradient was enough.
#
# ## What you know now
#
# - Backpropagation is the chain rule from the loss to the left, layer by layer: through the weighted sum, through the
#   activation, through the next weighted sum.
# - A weight's gradient is its neuron's gradient times its input. An input's gradient is the neuron's gradient times
#   the weight. A sleeping ReLU lets nothing through.
# - It changes no weight. All derivatives belong to one place in the landscape.
# - For a batch, the same steps are matrix products, and a gradient has the shape of what it belongs to.
#
# [Next: a network, from start to finish.](10_moons.ipynb)

# %% teacher [markdown]
# ## Timing
#
# 35 minutes: by hand 12, by Value 2, the wrong order 3, matrices 15, learning 3. With a group that has not met
# matrices, compute a few numbers of a matrix product on the board before 9.3, and give 9.4 as homework.
#
# ## What to watch for
#
# - In 9.2 the third neuron matters: $h_3$ has a gradient of 9, and $z_3$ has 0. Ask what that means: if $h_3$ could
#   move, the loss would move fast, but nudging $z_3$ does not move $h_3$.
# - "Backpropagation corrects the weights" is the sentence to listen for. Let them say what computes, and what
#   corrects.
# - In 9.3 let them write the shapes above the names before they write any product.
#
# ## Questions for an examination
#
# 1. Find all gradients of a network with one input, one hidden tanh neuron and one output, for given numbers.
# 2. Why does the gradient of a bias add over the examples of a batch?
# 3. `G` is (32, 10) and `X` is (32, 64). What is the shape of `W`, and what is its gradient?
# 4. All weights $v$ are 0. Which gradients are 0 in the first step, and which in the second?
