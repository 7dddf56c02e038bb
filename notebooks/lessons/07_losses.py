# %% [markdown]
# # Losses, and the landscapes they make
#
# To learn, a network must know how wrong it is, as one number. That number is the **loss**: the smaller, the
# better. In this lesson you write the losses that everybody uses, find out why one cannot simply count mistakes,
# and look at the landscape that a loss spreads out over the weights.

# %% [markdown]
# ## How wrong is a prediction?
#
# A shop wants to predict how many ice creams it will sell. Anything that makes predictions, from one weight to a
# large network, is called a **model**. The model of the shop is as small as can be: $w$ times the degrees above 15.
# On three days its prediction was right, nearly right, and quite wrong:

# %%
import math

predictions = [12.0, 20.0, 31.0]
targets = [12.0, 22.0, 26.0]

# %% [markdown]
# The **error** is the prediction minus the target: 0, −2 and 5. Could we take their mean? **Think first:** what
# would errors of −5 and +5 give?
#
# They would cancel, and a model that is wrong on all days would look perfect. So each error is squared before the
# mean is taken. This is the **mean squared error**, or MSE. Squaring also makes one large error count more than
# several small ones.

# %% exercise 7.1 [markdown]
# ### Exercise 7.1: the mean squared error
#
# What is the mean squared error of these three predictions?

# %% start
mse = ...

# %% check
check("7.1", mse)

# %% hint [markdown]
# The squares of 0, −2 and 5 are 0, 4 and 25. Their mean is a third of their sum.

# %% solution
mse = (0 + 4 + 25) / 3

# %% wrong: not_squared
mse = (0 + 2 + 5) / 3

# %% wrong: cancelled
mse = (0 - 2 + 5) / 3

# %% wrong: sum_not_mean
mse = 0 + 4 + 25

# %% wrong: cancelled
mse = (0 - 2 + 5) ** 2

# %% wrong: root_taken
mse = ((0 + 4 + 25) / 3) ** 0.5

# %% [markdown]
# ## A landscape
#
# For given data, the loss depends only on the weights. So we can try many weights, and see which loss each of them
# has. First for the model of the shop, and then for one with a second number, $w$ times the degrees plus $b$.
#
# `np.array` makes a list of numbers with which NumPy computes all at once: `w * degrees + b - sold` is the list of
# the errors on all five days, `** 2` squares each of them, and `np.mean` takes their mean.

# %%
import matplotlib.pyplot as plt
import numpy as np

degrees = np.array([1.0, 3.0, 4.0, 7.0, 9.0])  # above 15, on five days
sold = np.array([7.0, 12.0, 13.0, 22.0, 24.0])


def loss(w, b=0.0):
    return np.mean((w * degrees + b - sold) ** 2)


ws, bs = np.linspace(0, 6, 121), np.linspace(-10, 18, 121)
figure, axes = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
axes[0].plot(ws, [loss(w) for w in ws], color="#33373d")
axes[0].set(xlabel="w", ylabel="loss", title="one weight: a valley")
axes[0].spines[["top", "right"]].set_visible(False)
heights = [[loss(w, b) for w in ws] for b in bs]
contours = axes[1].contour(ws, bs, heights, levels=[1, 3, 10, 30, 100, 200, 400], cmap="viridis")
axes[1].clabel(contours, fontsize=8)
axes[1].set(xlabel="w", ylabel="b", title="two numbers: a map with lines of equal loss");

# %% [markdown]
# On the left, the loss over one weight is a valley, and its bottom is the best weight. On the right, two numbers
# span a map, as in an atlas: along each line the loss is the same, and the lines are labelled with it. The lowest
# place is in the middle of the innermost ring. The valley is long and narrow, since a smaller $b$ can make up for a
# larger $w$. A network with 337 parameters has a landscape in 337 directions. Nobody can draw it, but it has a
# slope in each direction, and that is what a gradient is: the list of the slopes. Learning means walking downhill.
#
# ## Why not count the mistakes?
#
# When the answer is yes or no, what we care about is how many answers are wrong: the **error rate**. It seems the
# natural loss. Here are eight points on a line, and a neuron that says yes where $x + b > 0$. We try many biases.
# (The code also has a second loss, which is explained below.)
#
# **Before you run it:** what does the error rate look like as a function of $b$?

# %%
xs = np.array([-2.4, -1.6, -1.1, -0.5, 0.6, 1.2, 1.7, 2.3])
yes = np.array([0, 0, 1, 0, 1, 0, 1, 1])


def error_rate(b):
    return np.mean((xs + b > 0) != yes)


def cross_entropy(b):
    probability = 1 / (1 + np.exp(-(xs + b)))
    return np.mean(-np.log(np.where(yes == 1, probability, 1 - probability)))


biases = np.linspace(-3, 3, 601)
figure, ax = plt.subplots(figsize=(6.5, 3.4))
ax.plot(biases, [error_rate(b) for b in biases], color="#2f6db3", label="error rate")
ax.plot(biases, [cross_entropy(b) for b in biases], color="#e0782a", label="cross-entropy (see below)")
ax.set(xlabel="b", ylabel="error rate, or loss", ylim=(0, 1.5))
ax.legend(frameon=False)
ax.spines[["top", "right"]].set_visible(False)

# %% [markdown]
# The error rate (blue) is a staircase. It is flat, with a jump wherever a point changes sides. Wherever you stand,
# its slope is 0: it does not tell you which way to go. So **the loss is not the error rate**. It is a smooth
# stand-in, such as the orange curve: its slope leads downhill from both sides, to a place with few mistakes. Later
# you will watch both: the loss is for the gradient, and the error rate (or the **accuracy**, the share of right
# answers) is for you.
#
# ## A loss for yes and no
#
# A score can be any number. The sigmoid of lesson 5 turns it into a **probability** between 0 and 1, the network's
# own estimate that the answer is yes. The rest, 1 minus that, is for no. Let $p$ be the probability that the
# network gave to the *right* answer. The **cross-entropy** is
#
# $$\text{loss} = -\log p$$
#
# ($\log$ is the natural logarithm, `math.log`, as everywhere in this course.) A network that was sure and right pays
# next to nothing: $p = 0.99$ costs 0.01. One that had no idea, $p = 0.5$, pays 0.69. And one that was sure and wrong
# pays dearly: $p = 0.01$ costs 4.6. For several examples, the loss is the mean.
#
# Yes and no are two **classes**: the kinds that a network is to tell apart. There may be more of them. Then the
# network gives a probability to each class, all of them together add up to 1, and the loss is still $-\log p$.

# %% exercise 7.2 [markdown]
# ### Exercise 7.2: what an untrained network should cost
#
# A network has to tell ten digits from each other. It has not learned anything yet, and gives each digit the same
# probability. What is its cross-entropy?

# %% start
loss_at_the_start = ...

# %% check
check("7.2", loss_at_the_start)

# %% hint [markdown]
# Ten equal probabilities that add up to 1: how large is each?

# %% hint [markdown]
# The logarithm is `math.log`. Do not forget the minus.

# %% solution
loss_at_the_start = -math.log(0.1)

# %% wrong: the_probability
loss_at_the_start = 0.1

# %% wrong: probability_of_others
loss_at_the_start = 0.9

# %% wrong: other_logarithm
loss_at_the_start = -math.log10(0.1)

# %% wrong: two_classes
loss_at_the_start = -math.log(0.5)

# %% wrong: sign
loss_at_the_start = math.log(0.1)

# %% [markdown]
# Remember this number. If a network for ten classes begins with a loss of 2.3, all is well. If it begins with 15,
# it is *sure* of wrong answers before it has learned anything, and its weights are too large.
#
# ## Is the squared error as good?
#
# One could take the probability and square its distance from the target, $(1 - \sigma(s))^2$ for a yes. Many do.
# Here are both losses for an answer that should be yes, over the score, and their slopes.

# %%
from autograd import grad, log, relu, sigmoid


def squared(score):
    return (1 - sigmoid(score)) ** 2


def crossed(score):
    return -log(sigmoid(score))


def hinged(score):
    return relu(1 - score)  # explained below


scores = np.linspace(-8, 5, 131)
figure, axes = plt.subplots(1, 2, figsize=(11, 3.4), layout="constrained")
losses = ((squared, "squared error", "#2f6db3"), (crossed, "cross-entropy", "#e0782a"), (hinged, "hinge", "#3a8f5c"))
for function, name, colour in losses:
    axes[0].plot(scores, [function(s) for s in scores.tolist()], color=colour, label=name)
    axes[1].plot(scores, [grad(function)(s) for s in scores.tolist()], color=colour)
axes[0].set(xlabel="score (it should be yes)", title="loss")
axes[1].set(xlabel="score (it should be yes)", title="slope of the loss")
axes[0].legend(frameon=False)
for ax in axes:
    ax.spines[["top", "right"]].set_visible(False)

print(f"at a score of −8, the slope of the squared error is {grad(squared)(-8.0):.6f},")
print(f"and that of cross-entropy is {grad(crossed)(-8.0):.6f}")

# %% [markdown]
# On the left are the losses, on the right their slopes, in the same colours. The slopes are below 0: a higher score
# makes the loss smaller, since the answer should be yes. Look at the far left of both pictures, where the network
# is sure and wrong. There it has the most to learn. The slope of cross-entropy (orange) is nearly −1: a strong
# pull. The slope of the squared error (blue) is nearly 0: the sigmoid is saturated, the landscape is flat, and the
# network hardly moves. So for yes and no, and for classes in general, cross-entropy is the better choice; the
# squared error is for numbers.
#
# The green line is a third loss, the **hinge**. It works on the score itself, and writes no and yes as targets $t$
# of −1 and 1:
#
# $$\text{loss} = \max(0,\; 1 - t \cdot \text{score})$$
#
# It is 0 only if the score is on the right side *and* beyond 1: not just right, but right with a margin.

# %% exercise 7.3 [markdown]
# ### Exercise 7.3: write the hinge
#
# `scores` and `targets` are lists; the targets are −1 or 1. Return the mean over all examples.

# %% start
def hinge_loss(scores, targets):
    ...

# %% check
check("7.3", hinge_loss)

# %% hint [markdown]
# For one example: `max(0.0, 1 - target * score)`. And `zip(scores, targets)` gives the pairs.

# %% solution
def hinge_loss(scores, targets):
    return sum(max(0.0, 1 - target * score) for score, target in zip(scores, targets)) / len(scores)

# %% wrong: no_margin
def hinge_loss(scores, targets):
    return sum(max(0.0, -target * score) for score, target in zip(scores, targets)) / len(scores)

# %% wrong: no_target
def hinge_loss(scores, targets):
    return sum(max(0.0, 1 - score) for score, target in zip(scores, targets)) / len(scores)

# %% wrong: below_zero
def hinge_loss(scores, targets):
    return sum(1 - target * score for score, target in zip(scores, targets)) / len(scores)

# %% wrong: cut_at_the_end
def hinge_loss(scores, targets):
    return max(0.0, 1 - sum(target * score for score, target in zip(scores, targets)) / len(scores))

# %% wrong: not_a_mean
def hinge_loss(scores, targets):
    return sum(max(0.0, 1 - target * score) for score, target in zip(scores, targets))

# %% [markdown]
# ## Straight from the score
#
# A computer has trouble with $-\log \sigma(s)$. **Before you run it:** what is the loss for a score of 800 if the
# answer should be *no*? (Think of how the orange curve goes on to the left, where the network is sure and wrong.)

# %%
probability = 1 / (1 + math.exp(-800))
print("probability of yes:", probability)
print("probability of no: ", 1 - probability)

# %% [markdown]
# The loss should be 800. But the probability of no, which is not quite 0, has been rounded to 0, and 0 has no
# logarithm. For a score of −800, `math.exp(800)` is too large for the computer and stops with an error,
# `OverflowError`. So nobody computes the probability first.
#
# The loss can be written without it. For yes, $-\log \sigma(s)$ is $\log(1 + e^{-s})$. For no, it is $s$ more than
# that. With a target $t$ of 1 or 0, both are $s \cdot (1 - t) + \log(1 + e^{-s})$. And where $s$ is below 0, so that
# $e^{-s}$ may be too large, $\log(1 + e^{-s})$ is the same as $-s + \log(1 + e^{s})$. All of this in one line:
#
# $$\text{loss} = \max(s, 0) - s \cdot t + \log(1 + e^{-|s|})$$
#
# The exponent is never above 0, and so nothing can overflow. A score before the sigmoid is also called a **logit**,
# and this loss "cross-entropy from logits".

# %% exercise 7.4 [markdown]
# ### Exercise 7.4: cross-entropy from the score
#
# Write it for one score and a target of 0 or 1. It must work for scores of 800 and −800.

# %% start
def cross_entropy_from_score(score, target):
    ...

# %% check
check("7.4", cross_entropy_from_score)

# %% hint [markdown]
# The formula above, with `max`, `math.log` and `math.exp`. $|s|$ is `abs(score)`, the score without its sign.

# %% solution
def cross_entropy_from_score(score, target):
    return max(score, 0) - score * target + math.log(1 + math.exp(-abs(score)))

# %% wrong: overflow
def cross_entropy_from_score(score, target):
    p = 1 / (1 + math.exp(-score))
    return -math.log(p) if target == 1 else -math.log(1 - p)

# %% wrong: no_absolute
def cross_entropy_from_score(score, target):
    return max(score, 0) - score * target + math.log(1 + math.exp(-score))

# %% wrong: target_exchanged
def cross_entropy_from_score(score, target):
    return max(score, 0) - score * (1 - target) + math.log(1 + math.exp(-abs(score)))

# %% wrong: only_yes
def cross_entropy_from_score(score, target):
    return max(score, 0) - score + math.log(1 + math.exp(-abs(score)))

# %% [markdown]
# In the library these are `nn.MSELoss`, `nn.HingeLoss`, and `nn.BCEWithLogitsLoss` (binary cross-entropy, straight
# from the score).
#
# ## The landscape of a network
#
# With one neuron the landscape is a smooth valley. Let us look at that of the XOR network from lesson 6. We change
# two of its nine numbers and hold the other seven still: on the left the two weights of the output neuron, and on
# the right two weights of the hidden layer, with which its two neurons weigh $x_1$. The height is the
# cross-entropy. (The scores are multiplied by 4, so that the network of lesson 6 is surer of its answers.)

# %%
from matplotlib.colors import BoundaryNorm

x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
t = np.array([0, 1, 1, 0])


def xor_loss(hidden1=1.0, hidden2=1.0, out1=1.0, out2=-2.0):
    """The loss of the network of lesson 6; `hidden1` and `hidden2` are the weights of the first input."""
    h1 = np.maximum(0, hidden1 * x[:, 0] + x[:, 1])  # x[:, 0] is the first column of x: x₁ in all four cases
    h2 = np.maximum(0, hidden2 * x[:, 0] + x[:, 1] - 1)
    score = 4 * (out1 * h1 + out2 * h2 - 0.5)
    return np.mean(np.maximum(score, 0) - score * t + np.log(1 + np.exp(-np.abs(score))))


side = np.linspace(-4, 4, 81)
levels = [0, 0.1, 0.2, 0.35, 0.5, 0.7, 1, 1.5, 2, 3, 5, 8, 14]
evenly = BoundaryNorm(levels, 256)  # the same step of colour from each level to the next
figure, axes = plt.subplots(1, 2, figsize=(10.5, 3.8), layout="constrained")
pictures = (
    ("the two weights of the output", ("of h₁", "of h₂"), lambda u, v: xor_loss(out1=u, out2=v), (1, -2)),
    ("two weights of the hidden layer", ("of x₁, in h₁", "of x₁, in h₂"), lambda u, v: xor_loss(u, v), (1, 1)),
)
for ax, (title, names, height, ours) in zip(axes, pictures):
    heights = [[height(u, v) for u in side] for v in side]
    drawn = ax.contourf(side, side, heights, levels=levels, norm=evenly, cmap="viridis")
    ax.plot(*ours, "o", color="#ffffff", markeredgecolor="#33373d", markersize=9)
    ax.set(title=title, xlabel=f"weight {names[0]}", ylabel=f"weight {names[1]}")
figure.colorbar(drawn, ax=axes, label="loss", ticks=levels);

# %% [markdown]
# Dark is low, bright is high, and the white dot is the network of lesson 6. On the left there is one smooth valley,
# since the loss depends on these two weights as for a single neuron. On the right, where the weights act through a
# ReLU, there are kinks along straight lines, and a wide flat place at the bottom left. Where it is flat the slope
# is 0: the ReLUs are asleep for all of the points that would matter, and a walker who stands there does not know
# where to go. Such landscapes are what networks learn in. It is astonishing how well it works.
#
# ## What you know now
#
# - A loss is one number for how wrong a network is. For given data it depends only on the weights.
# - The error rate is flat nearly everywhere, so it cannot be the loss. Cross-entropy and the hinge lead downhill.
# - The squared error is for numbers, and cross-entropy is for classes: it pulls hardest where the network is sure
#   and wrong.
# - Losses are computed straight from the scores, so that nothing overflows.
#
# [Next: walking downhill.](08_descent.ipynb)

# %% teacher [markdown]
# ## Timing
#
# 25 minutes: squared error 4, landscape 5, error rate 4, cross-entropy 7, the network's landscape 5.
#
# ## What to watch for
#
# - "The loss is 0.4, so 40 % are wrong": loss and error rate are often mixed up. Ask what a loss of 3 would mean
#   then.
# - The slope picture is the heart of the lesson. Ask for the slope at −8 before showing it.
# - In 7.4, those who use the probability get `OverflowError` or a logarithm of 0; both are told.
#
# ## Questions for an examination
#
# 1. Why are errors squared before the mean is taken? Name two reasons.
# 2. Draw the error rate of a neuron as a function of its bias for three points. Why is it of no use for learning?
# 3. A network for 100 classes begins with a loss of 4.6. Is this good or bad?
# 4. A network gives the right answer a probability of 0.2. What does that cost, and what if it doubles?
