# %% [markdown]
# # Forward propagation, with worked numbers
#
# A single neuron cannot say XOR. In this lesson three of them do, and you carry every number through them by hand,
# from the inputs to the result. Then you write the program that does this for a network of any size.

# %% [markdown]
# ## Two neurons, and one that looks at them
#
# XOR means "one or the other, but not both". Lesson 1 ended with an idea: XOR is "OR, and also NAND". Two neurons
# look at the inputs, and a third one looks at what they say. Here the first counts how many inputs are 1, the second
# gives a warning if both are, and the third takes twice the warning away from the count. With ReLU as the
# activation, the numbers are simple:
#
# $$h_1 = \text{relu}(x_1 + x_2) \qquad h_2 = \text{relu}(x_1 + x_2 - 1) \qquad \text{score} = h_1 - 2 h_2 - 0.5$$
#
# The first two look at the inputs, side by side. They are a **layer**. Nobody outside sees their results $h_1$ and
# $h_2$, so it is called a **hidden layer**. The third one looks at $h_1$ and $h_2$ and gives the score; it is the
# **output layer**. Computing all of this from left to right is called **forward propagation**.
#
# Let us do it for the inputs $(1, 1)$, where the answer should be no:
#
# - $h_1 = \text{relu}(1 + 1) = 2$
# - $h_2 = \text{relu}(1 + 1 - 1) = 1$
# - $\text{score} = 2 - 2 \cdot 1 - 0.5 = -0.5$, which is below 0, so: no.

# %% exercise 6.1 [markdown]
# ### Exercise 6.1: carry a point through
#
# Now you: work out the three numbers for the inputs $(0, 0)$.

# %% start
h1, h2, score = ..., ..., ...

# %% check
check("6.1", h1, h2, score)

# %% hint [markdown]
# In the second neuron the sum is $0 + 0 - 1$. What does ReLU make of it?

# %% solution
h1, h2, score = 0, 0, -0.5

# %% wrong: no_relu
h1, h2, score = 0, -1, 1.5

# %% wrong: below_zero
h1, h2, score = 0, -1, -0.5

# %% wrong: hidden_right
h1, h2, score = 0, 0, 0

# %% [markdown]
# Here is the same network, built with the library. `nn.MLP(2, [2, 1])` has two inputs, then a layer of two neurons
# with ReLU, then a layer of one neuron without an activation. **MLP** means multi-layer perceptron. Its weights
# start at random, and we put in ours.

# %%
import nn
from autograd import Value
from course import picture

XOR = [0, 1, 1, 0]
INPUTS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]

network = nn.MLP(2, [2, 1])
first, second = network.layers[0].neurons
(last,) = network.layers[1].neurons


def put(neuron, weights, bias):
    for weight, number in zip(neuron.weight, weights):
        weight.data = number
    neuron.bias.data = bias


put(first, [1.0, 1.0], 0.0)
put(second, [1.0, 1.0], -1.0)
put(last, [1.0, -2.0], -0.5)

for x, target in zip(INPUTS, XOR):
    h1, h2 = network.layers[0](x)
    should = "yes" if target else "no"
    print(f"inputs {x}: h1 = {h1.data}, h2 = {h2.data}, score = {network(x).data:+}, should be {should}")

# %% [markdown]
# Right in all four cases. XOR is solved, with nine numbers: four weights and two biases in the hidden layer, and
# two weights and a bias in the output layer. Here is the graph of one case, the inputs $(1, 1)$. There is a frame
# around each neuron, and around each layer. They are counted from 0, as in a Python list: `neurons.0` is the first
# neuron, and its `weight.0` is what we call $w_1$.

# %%
picture(network([Value(1.0, label="x1"), Value(1.0, label="x2")]))

# %% [markdown]
# Read it from left to right. Both neurons of the hidden layer get the same two inputs. Each computes its weighted
# sum (`Σ wᵢxᵢ + b`, the sum of each weight times its input, plus the bias) and its ReLU, and the neuron on the
# right gets what they made of it. The grads are still 0, as nobody has called `backward()`.
#
# ## What the hidden layer does
#
# We colour the plane by what each hidden neuron gives, and then by the score. A ReLU never gives less than 0, so in
# the first two pictures we take 0.5 away: the line is where the neuron gives one half.
#
# **Before you run it:** each hidden neuron alone can only divide the plane along a straight line. What will the
# score, on the right, look like?

# %%
import matplotlib.pyplot as plt

figure, axes = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained")
pictures = [
    ("h₁ − 0.5", lambda x: first(x).data - 0.5),
    ("h₂ − 0.5", lambda x: second(x).data - 0.5),
    ("score", lambda x: network(x).data),
]
for ax, (title, function) in zip(axes, pictures):
    nn.plot.decision_boundary(lambda points: [function(x) for x in points.tolist()], INPUTS, XOR, ax)
    ax.set_title(title)
    ax.get_legend().remove()

# %% [markdown]
# On the left and in the middle are the hidden neurons. Each cuts the plane along a straight line, and neither of
# them separates the blue squares from the orange circles. On the right is the score: a band between *two* lines,
# with both blue points in it and both orange ones outside.
#
# There is another way to see it. To the output neuron, $x_1$ and $x_2$ do not exist. It sees $h_1$ and $h_2$. So
# let us draw the four points where *it* sees them:

# %%
hidden = [[h.data for h in network.layers[0](x)] for x in INPUTS]
nn.plot.decision_boundary(lambda points: [last(h).data for h in points.tolist()], hidden, XOR)
plt.gca().set(xlabel="h₁", ylabel="h₂", title="As the output neuron sees it");

# %% [markdown]
# The hidden layer has moved the points. Both blue ones are now at the same place, $(1, 0)$, and a straight line
# is enough. This is what hidden layers do: they move the points until the last neuron can separate them with a
# straight line.
#
# ## What does a hidden neuron mean?
#
# In our network $h_1$ counts the inputs and $h_2$ notices when there are both. It is tempting to think that a
# hidden neuron always *means* something. Look at another network, which also says XOR. Its hidden layer is
#
# $$h_1 = \text{relu}(x_1 - x_2) \qquad h_2 = \text{relu}(x_2 - x_1)$$

# %% exercise 6.2 [markdown]
# ### Exercise 6.2: the last layer
#
# Choose the two weights and the bias of the output neuron, so that this network says XOR: the score
# $w_1 h_1 + w_2 h_2 + b$ must be above 0 for the inputs $(0, 1)$ and $(1, 0)$, and not for the other two.

# %% start
w1, w2, b = ..., ..., ...

# %% check
check("6.2", w1, w2, b)

# %% hint [markdown]
# Work out $h_1$ and $h_2$ in all four cases. In which of them are both 0?

# %% hint [markdown]
# For $(0, 0)$ and $(1, 1)$ the score is just $b$. For $(1, 0)$ it is $w_1 + b$, and for $(0, 1)$ it is $w_2 + b$.

# %% solution
w1, w2, b = 1, 1, -0.5

# %% wrong: first_network
w1, w2, b = 1, -2, -0.5

# %% wrong: wrong_case
w1, w2, b = 1, -1, -0.5

# %% wrong: yes_to_equal
w1, w2, b = 1, 1, 0.5

# %% wrong: too_low
w1, w2, b = 1, 1, -1.5

# %% [markdown]
# The same answers from other hidden neurons. These two do not count: $h_1$ says "only the first", and $h_2$ says
# "only the second". So the task does not decide what a hidden neuron means. When a network learns its numbers by
# itself it ends up with one of very many solutions, and in most of them a single neuron has no meaning that you
# could put into words. Only all of them together have.
#
# ## Write it
#
# In a program, a layer is a list of neurons, and a neuron is a list of weights and a bias. Our first network,
# written down:

# %%
LAYERS = [
    [([1.0, 1.0], 0.0), ([1.0, 1.0], -1.0)],  # the hidden layer: two neurons
    [([1.0, -2.0], -0.5)],  # the output layer: one
]

# %% exercise 6.3 [markdown]
# ### Exercise 6.3: forward propagation
#
# Write `forward(inputs, layers)`. `inputs` is a list of numbers, and `layers` is made like `LAYERS` above. It
# returns the list of what the neurons of the last layer give. All layers have ReLU as their activation, except for
# the last one, which has none: its scores may be below 0.

# %% start
def forward(inputs, layers):
    ...

# %% check
check("6.3", forward)

# %% hint [markdown]
# Two loops: over the layers, and in it over the neurons. What comes out of one layer is what goes into the next:
# `inputs = outputs`.

# %% hint [markdown]
# One layer, in one line:
# `outputs = [sum(w * x for w, x in zip(weights, inputs)) + bias for weights, bias in layer]`

# %% hint [markdown]
# `if layer is not layers[-1]:` is true for all but the last.

# %% solution
def forward(inputs, layers):
    for layer in layers:
        inputs = [sum(w * x for w, x in zip(weights, inputs)) + bias for weights, bias in layer]
        if layer is not layers[-1]:
            inputs = [max(0.0, score) for score in inputs]
    return inputs

# %% wrong: relu_at_the_end
def forward(inputs, layers):
    for layer in layers:
        scores = [sum(w * x for w, x in zip(weights, inputs)) + bias for weights, bias in layer]
        inputs = [max(0.0, score) for score in scores]
    return inputs

# %% wrong: no_activation
def forward(inputs, layers):
    for layer in layers:
        inputs = [sum(w * x for w, x in zip(weights, inputs)) + bias for weights, bias in layer]
    return inputs

# %% wrong: not_handed_on
def forward(inputs, layers):
    for layer in layers:
        outputs = [sum(w * x for w, x in zip(weights, inputs)) + bias for weights, bias in layer]
        if layer is not layers[-1]:
            outputs = [max(0.0, score) for score in outputs]
    return outputs

# %% wrong: no_biases
def forward(inputs, layers):
    for layer in layers:
        inputs = [sum(w * x for w, x in zip(weights, inputs)) for weights, bias in layer]
        if layer is not layers[-1]:
            inputs = [max(0.0, score) for score in inputs]
    return inputs

# %% [markdown]
# You have written the forward half of every network in this course. The library does the same, with `Value`s in the
# place of numbers, so that a graph is left behind; and from [lesson 9](09_backpropagation.ipynb) on, one operation
# on whole tables of numbers does what the inner loops do here.

# %% exercise 6.4 [markdown]
# ### Exercise 6.4: count
#
# Weights and biases together are called **parameters**; they are what a network learns. Ours has 9. How many has
# `nn.MLP(2, [16, 16, 1])`, with two inputs, two hidden layers of sixteen neurons each, and one output neuron? Work
# it out before you ask the library.

# %% start
count = ...

# %% check
check("6.4", count)

# %% hint [markdown]
# A neuron has as many weights as it has inputs, and one bias. In the second hidden layer, each neuron has 16
# inputs.

# %% solution
count = 16 * (2 + 1) + 16 * (16 + 1) + (16 + 1)

# %% wrong: biases_forgotten
count = 16 * 2 + 16 * 16 + 16

# %% wrong: neurons
count = 16 + 16 + 1

# %% [markdown]
# ## What you know now
#
# - A layer is a number of neurons side by side; a network is layers one after the other.
# - Forward propagation carries numbers from the inputs to the score: a weighted sum, an activation, and on to the
#   next layer.
# - The hidden layers move the points, until the last neuron can separate them with a straight line.
# - The same answers can come from different hidden neurons, and a single one need not mean anything.
#
# We chose the nine numbers by hand. For 337 nobody can. A network must find them by itself, and first it has to
# know how wrong it is. [Next: losses.](07_losses.ipynb)

# %% teacher [markdown]
# ## Timing
#
# 20 minutes: worked numbers 6, hidden layer 5, meaning 4, the program 5.
#
# ## What to watch for
#
# - 6.1 on paper, please. Those who forget the ReLU get a score of 1.5, a wrong answer that looks reasonable.
# - In the picture of the hidden space, ask where the fourth point is. Two of them lie on top of each other.
# - "What does this neuron see?" Let them find a meaning for $h_1$ of the second network, and then turn all its
#   signs.
#
# ## Questions for an examination
#
# 1. Carry the point (1, 0) through the first network of this lesson.
# 2. Why does the last layer have no ReLU?
# 3. A network has 3 inputs, layers of 5 and 4 neurons, and 2 outputs. How many parameters has it?
# 4. Change one number of the first network so that it says "both inputs are equal" for all four cases, or show that
#    it takes more than one.
