# %% [markdown]
# # From one neuron to a network
#
# [Lesson 3](03_graph.ipynb) showed how a computation remembers its derivatives. Here we use them: first to train a
# single neuron, then a network of 33 of them, on a task that one neuron cannot do. Every weight is a `Value` of its
# own, so everything can be looked at.
#
# ## The task
#
# Two classes of points lie in the plane, in two moons that reach into each other. Given a point, say which moon it
# belongs to. Classes are written as −1 (blue) and 1 (orange).

# %%
from sklearn.datasets import make_moons

import autograd
import nn
from autograd import Value
from course import picture

X, y = make_moons(100, noise=0.1, random_state=0)
X, y = X.tolist(), (2 * y - 1).tolist()
print(f"{len(X)} points; the first is ({X[0][0]:.2f}, {X[0][1]:.2f}) of class {y[0]}")

# %% [markdown]
# ## One neuron
#
# A neuron multiplies each input by a weight, adds the products and a bias, and may bend the sum with a curve such
# as tanh. Its weights start at random.

# %%
neuron = nn.Neuron(2, activation="tanh", rng=4)
output = neuron([Value(0.5, label="x1"), Value(-1.0, label="x2")])
output.label = "output"
output.backward()
picture(output)

# %% [markdown]
# The `Σ wᵢxᵢ + b` is the weighted sum, in one piece. Look at the arrows into it: the local derivative for a weight
# is its input, and for an input, its weight. The arrow into the tanh carries about a half: there the curve rises
# only half as steeply as its input, and so everything on the left counts half.
#
# The sign of the output is the neuron's answer. Which points does it put into which class? Without training, and
# before the tanh (which does not change a sign):

# %%
neuron = nn.Neuron(2, activation="identity", rng=4)


def answers(model):
    """The model's scores for many points, as the picture needs them."""
    return lambda points: [model(point) for point in points.tolist()]


nn.plot.decision_boundary(answers(neuron), X, y);


# %% [markdown]
# The dark line is where the score is 0: on one side the neuron says blue, on the other orange, and the stronger the
# colour, the further the score is from 0. A weighted sum is 0 along a *straight* line, whatever the weights.
#
# ## Learning
#
# How wrong is the neuron? The **hinge loss** asks for a score beyond 1 on the right side: a point of class $t$ with
# score $s$ costs $\max(0, 1 - t s)$. The loss is the mean over all points. Its derivative with respect to each
# weight says which way to move it.

# %%
def train(model, steps, learning_rate):
    """Improve the model step by step; return how loss and accuracy went."""
    parameters = model.parameters()
    optimizer = nn.optim.Adam(parameters, lr=learning_rate)
    history = {"loss": [], "accuracy": []}
    for step in range(steps):
        optimizer.lr = learning_rate * (1 - 0.9 * step / steps)  # smaller steps towards the end
        scores = [model(point) for point in X]  # forward: 100 scores, and the graph behind them
        loss = nn.hinge_loss(scores, y) + 1e-4 * autograd.dot(parameters, parameters)
        optimizer.zero_grad()
        loss.backward()  # backward: the derivative of the loss with respect to every parameter
        optimizer.step()  # every parameter moves a little against its derivative
        history["loss"].append(loss.data)
        history["accuracy"].append(sum((s > 0) == (t > 0) for s, t in zip(scores, y)) / len(y))
    return history


history = train(neuron, steps=100, learning_rate=0.1)
print(f"accuracy {history['accuracy'][-1]:.0%}")
nn.plot.decision_boundary(answers(neuron), X, y);

# %% [markdown]
# (The second part of the loss, `1e-4 * dot(parameters, parameters)`, is the sum of the squares of all weights times
# a small number. It holds the weights back from growing without need.)
#
# The neuron turned its line to where it does little harm. More it cannot do: no straight line parts these moons.
#
# ## A network
#
# Sixteen neurons side by side, all looking at the same point; then sixteen more, looking at the first sixteen; then
# one that looks at those and gives the score. Each of the first thirty-two ends in a ReLU, which keeps what is
# above 0 and cuts off the rest. That bend is what makes the difference: sums of sums would be straight lines again.

# %%
model = nn.MLP(2, [16, 16, 1], rng=0)
print(f"{len(model.parameters())} parameters")

score = model([Value(0.5, label="x1"), Value(-1.0, label="x2")])
score.label = "score"
picture(score, fold=1)

# %% [markdown]
# Drawn in full, the graph would have hundreds of boxes; `fold=1` shows each layer as one. Untrained, it divides the
# plane like this:

# %%
nn.plot.decision_boundary(answers(model), X, y);

# %% [markdown]
# There are corners already; each is a place where some ReLU begins to cut. But nothing has told the network yet
# where to put them. A hundred steps with the same `train` as before:

# %%
history = train(model, steps=100, learning_rate=0.05)
print(f"accuracy {history['accuracy'][-1]:.0%}")
nn.plot.curves(history);

# %% [markdown]
# On the left the loss, on the right the share of points on their proper side. The loss goes on falling after all
# points are right: the hinge asks for a distance from the line, too.

# %%
nn.plot.decision_boundary(answers(model), X, y);

# %% [markdown]
# The line now runs between the moons. It is made of many short straight pieces, and at each corner a ReLU switches
# on or off. The pale strip along it is where the network is unsure.
#
# ## Inside
#
# The trained network still answers questions about itself. One point goes in; from its score we walk backwards,
# down to the coordinates of the point. Their grads say how the score would change if the point moved.

# %%
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

# %%
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
# ## To go on
#
# - Another `rng`, another `random_state`: is the line always the same? Is it always right?
# - `activation="tanh"` in the `MLP`: where have the corners gone?
# - Two neurons in each layer instead of sixteen: how far does it get?
# - `scripts/train_moons.py` does all of this from the command line, and saves the pictures.
