# %% [markdown]
# # From one neuron to a network
#
# In this lesson you train a network from start to finish: data, model, loss, steps, result. First a single neuron,
# then a network of 33 of them, on a task that one neuron cannot do. Every weight is a `Value` of its own, so
# everything can be looked at. At the end you can write the loop in which all networks learn.
#
# ## The task
#
# Two classes of points lie in the plane, in two moons that reach into each other. Given a point, the model is to say
# which moon it belongs to. Classes are written as −1 (orange) and 1 (blue).

# %%
import numpy as np
from sklearn.datasets import make_moons

import autograd
import nn
from autograd import Value
from course import picture, short

X, y = make_moons(100, noise=0.1, random_state=0)
X, y = X.tolist(), (2 * y - 1).tolist()  # the classes 0 and 1 become −1 and 1
print(f"{len(X)} points; the first is ({X[0][0]:.2f}, {X[0][1]:.2f}) of class {y[0]}")

# %% [markdown]
# ## One neuron
#
# You know neurons from lesson 1, and their tanh from lesson 5. The weights of this one start at random.

# %%
neuron = nn.Neuron(2, activation="tanh", rng=4)
output = neuron([Value(0.5, label="x1"), Value(-1.0, label="x2")])
output.label = "output"
output.backward()
picture(output)

# %% [markdown]
# The `Σ wᵢxᵢ + b` is the weighted sum, in one piece. Look at the arrows into it: the local derivative for a weight
# is its input, and for an input, its weight. The arrow into the tanh carries about a half: there tanh moves only half
# as fast as its input, and so everything on the left counts half.
#
# The sign of the output is the neuron's answer. Which points does it put into which class? Here is the same neuron
# (the same `rng` gives the same random weights), not trained yet, and without the tanh, which does not change a sign:

# %%
neuron = nn.Neuron(2, activation="identity", rng=4)


def answers(model):
    """The model's scores for many points, as the picture needs them."""
    return lambda points: [model(point) for point in points.tolist()]


nn.plot.decision_boundary(answers(neuron), X, y);

# %% [markdown]
# The dark line is where the score is 0: on one side the neuron says orange, on the other blue, and the stronger the
# colour, the further the score is from 0. A weighted sum is 0 along a *straight* line, whatever the weights.
#
# ## How wrong is it?
#
# We take the hinge loss of lesson 7: a point of class $t$ with score $s$ costs $\max(0, 1 - t s)$, and the loss is
# the mean over all points. Its derivative with respect to each weight says which way to move it.

# %% exercise 10.1 [markdown]
# ### Exercise 10.1: who pulls?
#
# Five points have these scores and targets. Only a point for which the hinge is *not flat* adds to the gradient,
# and so pulls at the weights. How many of the five pull?

# %% start
scores = [2.5, 0.6, -0.3, -1.4, -0.8]
targets = [1, 1, 1, -1, -1]
pulling = ...

# %% check
check("10.1", pulling)

# %% hint [markdown]
# Multiply each score by its target. The hinge is 0, and flat, where the product is above 1.

# %% solution
pulling = 3

# %% wrong: only_mistakes
pulling = 1

# %% wrong: all_of_them
pulling = 5

# %% wrong: the_others
pulling = 2

# %% exercise 10.2 [markdown]
# ### Exercise 10.2: how many are right?
#
# The loss is for the gradient; for yourself you want the accuracy, the share of points on their proper side. Write
# it for a list of scores and a list of targets, each −1 or 1. A score above 0 means 1, all others mean −1.

# %% start
def accuracy(scores, targets):
    ...

# %% check
check("10.2", accuracy)

# %% hint [markdown]
# One point is right if `(score > 0) == (target > 0)`.

# %% hint [markdown]
# In a sum, `True` counts as 1. `zip(scores, targets)` gives the pairs.

# %% solution
def accuracy(scores, targets):
    return sum((score > 0) == (target > 0) for score, target in zip(scores, targets)) / len(scores)

# %% wrong: equal
def accuracy(scores, targets):
    return sum(score == target for score, target in zip(scores, targets)) / len(scores)

# %% wrong: with_margin
def accuracy(scores, targets):
    return sum(score * target >= 1 for score, target in zip(scores, targets)) / len(scores)

# %% wrong: counted
def accuracy(scores, targets):
    return sum((score > 0) == (target > 0) for score, target in zip(scores, targets))

# %% wrong: percent
def accuracy(scores, targets):
    return 100 * sum((score > 0) == (target > 0) for score, target in zip(scores, targets)) / len(scores)

# %% wrong: error_rate
def accuracy(scores, targets):
    return sum((score > 0) != (target > 0) for score, target in zip(scores, targets)) / len(scores)

# %% [markdown]
# ## The step
#
# Learning is one step, done many times. You have all of its parts: a loss is computed from the parameters, its
# `backward()` finds the grads, and each parameter moves against its grad, as in lesson 8.

# %% exercise 10.3 [markdown]
# ### Exercise 10.3: write the training step
#
# `parameters` is a list of Values, and `find_loss()` computes the loss from them. Do one step of gradient descent
# with the given rate, and return the loss as a number. Your step will be called many times in a row. The check
# tries it with one parameter $w = 1$, the loss $(w - 3)^2$ and the rate 0.1, and then with two parameters.

# %% start
def training_step(parameters, find_loss, rate):
    ...

# %% check
check("10.3", training_step)

# %% hint [markdown]
# Four things happen: compute the loss, make the grads 0, walk back, move each parameter. Grads *add up*, so think
# about where in this order they must be made 0.

# %% hint [markdown]
# For each parameter, `parameter.zero_grad()` before `loss.backward()`. After it,
# `parameter.data -= rate * parameter.grad`. At the end, `return loss.data`.

# %% solution
def training_step(parameters, find_loss, rate):
    loss = find_loss()
    for parameter in parameters:
        parameter.zero_grad()
    loss.backward()
    for parameter in parameters:
        parameter.data -= rate * parameter.grad
    return loss.data

# %% wrong: grads_pile_up
def training_step(parameters, find_loss, rate):
    loss = find_loss()
    loss.backward()
    for parameter in parameters:
        parameter.data -= rate * parameter.grad
    return loss.data

# %% wrong: nothing_moves
def training_step(parameters, find_loss, rate):
    loss = find_loss()
    loss.backward()
    for parameter in parameters:
        parameter.zero_grad()
    for parameter in parameters:
        parameter.data -= rate * parameter.grad
    return loss.data

# %% wrong: one_loop
def training_step(parameters, find_loss, rate):
    loss = find_loss()
    for parameter in parameters:
        parameter.zero_grad()
        loss.backward()
        parameter.data -= rate * parameter.grad
    return loss.data

# %% wrong: a_value
def training_step(parameters, find_loss, rate):
    loss = find_loss()
    for parameter in parameters:
        parameter.zero_grad()
    loss.backward()
    for parameter in parameters:
        parameter.data -= rate * parameter.grad
    return loss

# %% wrong: uphill
def training_step(parameters, find_loss, rate):
    loss = find_loss()
    for parameter in parameters:
        parameter.zero_grad()
    loss.backward()
    for parameter in parameters:
        parameter.data += rate * parameter.grad
    return loss.data

# %% wrong: no_rate
def training_step(parameters, find_loss, rate):
    loss = find_loss()
    for parameter in parameters:
        parameter.zero_grad()
    loss.backward()
    for parameter in parameters:
        parameter.data -= parameter.grad
    return loss.data

# %% wrong: elsewhere
def training_step(parameters, find_loss, rate):
    loss = find_loss()
    for parameter in parameters:
        parameter.zero_grad()
    loss.backward()
    for parameter in parameters:
        parameter.data = rate * parameter.grad
    return loss.data

# %% wrong: no_loss
def training_step(parameters, find_loss, rate):
    loss = find_loss()
    for parameter in parameters:
        parameter.zero_grad()
    loss.backward()
    for parameter in parameters:
        parameter.data -= rate * parameter.grad

# %% [markdown]
# ## The loop
#
# Here is the step in its loop, with two additions. The rate becomes smaller towards the end, so that the last steps
# settle. And the loss has a second part, the sum of the squares of all parameters times a small number: it
# holds the weights back from growing without need.

# %%
def train(model, steps, rate):
    """Improve the model step by step; return how loss and accuracy went."""
    parameters = model.parameters()
    history = {"loss": [], "accuracy": []}
    for step in range(steps):
        scores = [model(point) for point in X]  # forward: 100 scores, and the graph behind them
        squares = autograd.dot(parameters, parameters)  # each parameter times itself, added up
        loss = nn.hinge_loss(scores, y) + 1e-4 * squares
        for parameter in parameters:
            parameter.zero_grad()
        loss.backward()  # backward: the derivative of the loss with respect to every parameter
        for parameter in parameters:
            parameter.data -= rate * (1 - 0.9 * step / steps) * parameter.grad
        history["loss"].append(loss.data)
        history["accuracy"].append(sum((s > 0) == (t > 0) for s, t in zip(scores, y)) / len(y))
    return history


history = train(neuron, steps=100, rate=1.0)
print(f"accuracy {history['accuracy'][-1]:.0%}")
nn.plot.decision_boundary(answers(neuron), X, y);

# %% [markdown]
# The neuron turned its line to where it does little harm. Eleven points are on the wrong side. **Before you run it:**
# what will two hundred more steps do?

# %%
history = train(neuron, steps=200, rate=1.0)
print(f"accuracy {history['accuracy'][-1]:.0%}")

# %% [markdown]
# Nothing: it is still 89 %. No straight line separates these moons, and a straight line is all that a neuron can draw.
# What it lacks is not practice.
#
# ## A network
#
# Sixteen neurons side by side, all looking at the same point; then sixteen more, looking at the first sixteen; then
# one that looks at those and gives the score. Each of the first thirty-two ends in a ReLU, which keeps what is
# above 0 and cuts off the rest. That bend is what makes the difference: sums of sums would be straight lines again.

# %%
model = nn.MLP(2, [16, 16, 1], rng=4)
print(f"{len(model.parameters())} parameters")

score = model([Value(0.5, label="x1"), Value(-1.0, label="x2")])
score.label = "score"
picture(score, fold=1)

# %% [markdown]
# Drawn in full, the graph would have hundreds of boxes; `fold=1` shows each layer as one. (A node is a number of the
# graph: a layer of sixteen neurons has 32, a weighted sum and a ReLU for each.) The next picture needs the scores of
# thousands of points. No derivatives are asked for, so no graphs are needed: `quickly` takes the numbers out of the
# Values, and computes each layer for all points at once, with the matrix product `@` of
# [lesson 9](09_backpropagation.ipynb). (If you have not been there, it is enough to know that it gives the same
# scores.) Untrained, the network divides the plane like this:

# %%
def quickly(model):
    """The model's scores for many points, computed by NumPy without a graph."""

    def scores(points):
        for layer in model.layers:
            weights = np.array([[weight.data for weight in neuron.weight] for neuron in layer.neurons])
            points = points @ weights.T + [neuron.bias.data for neuron in layer.neurons]
            if layer is not model.layers[-1]:
                points = np.maximum(0, points)
        return points[:, 0]

    return scores


nn.plot.decision_boundary(quickly(model), X, y);

# %% [markdown]
# There is a corner already, at $(0, 0)$. A corner is a place where some ReLU begins to cut, and as the biases start at
# 0, all ReLUs of the first layer begin there. Nothing has told the network yet where to put its corners.
#
# **Before you run it:** the same `train` as before, for the same number of steps. What will the line look like?

# %% long
history = train(model, steps=short(100, 4), rate=1.0)  # 100 steps, or 4 where somebody only tests this notebook
print(f"accuracy {history['accuracy'][-1]:.0%}")
nn.plot.curves(history);

# %% [markdown]
# On the left the loss, on the right the accuracy. At the very start the loss jumps up: the first steps are a little
# too long. Then it falls, and it goes on falling while the accuracy no longer changes: points that are right, but not
# by a margin, still pull.

# %%
nn.plot.decision_boundary(quickly(model), X, y);

# %% [markdown]
# The line now runs between the moons. It is made of many short straight pieces, and at each corner a ReLU switches
# on or off. The pale strip along it is where the network is unsure. Nobody told any neuron to take care of a certain
# piece: where the line runs is decided by all neurons that are awake there, together.
#
# ## Inside
#
# The trained network still answers questions about itself. One point goes in; from its score we walk backwards,
# down to the coordinates of the point. Their grads say how the score would change if the point moved.

# %% long
x = [Value(number, label=f"x{i}") for i, number in enumerate(X[0], start=1)]
model.zero_grad()
score = model(x)
score.backward()

nudged = model([X[0][0] + 0.01, X[0][1]])
print(f"0.01 to the right, says the derivative: {0.01 * x[0].grad:+.4f}")
print(f"0.01 to the right, by trying it:        {nudged.data - score.data:+.4f}")

# %% [markdown]
# And here is a neuron of the first layer by itself, the first that is awake for this point, with all of its
# derivatives:

# %% long
awake = next(neuron for neuron in model.layers[0].neurons if neuron(X[0]).data > 0)
model.zero_grad()
output = awake([Value(number, label=f"x{i}") for i, number in enumerate(X[0], start=1)])
output.label = "output"
output.backward()
picture(output)

# %% [markdown]
# The ReLU's arrow carries 1, for above 0 it changes nothing. Had the sum been below 0, the arrow would carry 0, and
# all grads to its left would be 0 with it: a neuron that sleeps for a point learns nothing from it.
#
# ## What you know now
#
# - A training step is always the same: compute the loss, make the grads 0, walk back, move the parameters a little.
# - Grads that are not made 0 pile up: then each step follows all the old gradients as well as the new one.
# - More steps do not help a model that cannot say what it should; a hidden layer does.
# - With the hinge, points that are right only narrowly still pull.
#
# To go on: try another `rng` and another `random_state`. Is the line always the same, and is it always right? And
# with two neurons in each layer instead of sixteen, how far does it get? `scripts/train_moons.py` does all of this
# from the command line.
#
# [Next: what goes wrong, and how to see it.](11_failures.ipynb)

# %% teacher [markdown]
# ## Timing
#
# 25 minutes: one neuron 4, exercises 10.1 and 10.2 5, the step 7, the network and its training 6, inside 3.
#
# ## What to watch for
#
# - Making the grads 0 is felt as a nuisance, and is forgotten. Those who forgot it in 10.3 should say which way the
#   second step goes, and why it goes too far.
# - "The first hidden neuron does the left corner": ask what happens to the line if that neuron is taken away.
# - Some believe that the neuron only needs more steps. Let them try a thousand.
#
# ## Questions for an examination
#
# 1. Name the four parts of a training step, in their order. What happens if the second is left out?
# 2. Why does the loss go on falling when the accuracy no longer changes?
# 3. A network has two inputs and layers of 16, 16 and 1 neurons. How many parameters has it?
# 4. Why is the boundary of an MLP with ReLU made of straight pieces?
