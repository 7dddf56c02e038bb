# %% [markdown]
# # A neuron, and what it can say
#
# A neuron takes some numbers and says yes or no. That is all it does. In this lesson you will build one, choose its
# numbers by hand, let it choose them itself, and find something that it can never say.
#
# You need Python, and nothing of calculus yet. Run the cells from top to bottom, each with Shift + Enter; each
# exercise checks itself. The notebook comes with all its outputs. Clear them before you begin (in JupyterLab: *Edit*,
# *Clear Outputs of All Cells*), so that you can make a guess before you see the answer.

# %% [markdown]
# ## A weighted sum
#
# Two friends may come to your party, Ada and Ben. Write $x_1 = 1$ if Ada comes and $x_1 = 0$ if not, and $x_2$ for
# Ben in the same way. Will you bake a cake? A neuron decides like this:
#
# $$\text{score} = w_1 x_1 + w_2 x_2 + b$$
#
# If the score is above 0, the answer is yes (1), and otherwise no (0). The numbers $x_1$ and $x_2$ are its
# **inputs**. The **weights** $w_1$ and $w_2$ say how much each input counts. The **bias** $b$ says how far the
# neuron leans towards yes (above 0) or towards no (below 0) before it has seen anything.

# %%
def score(w1, w2, b, x1, x2):
    return w1 * x1 + w2 * x2 + b


def answer(w1, w2, b, x1, x2):
    return 1 if score(w1, w2, b, x1, x2) > 0 else 0


# %% [markdown]
# **Before you run the next cell:** with $w_1 = 1$, $w_2 = 1$ and $b = -1.5$, for which guests is there a cake?
# There are four cases. Work out the four scores in your head.

# %%
INPUTS = [(0, 0), (0, 1), (1, 0), (1, 1)]


def show_table(w1, w2, b):
    print("Ada Ben   score  answer")
    for x1, x2 in INPUTS:
        print(f" {x1}   {x2}    {score(w1, w2, b, x1, x2):+.1f}     {answer(w1, w2, b, x1, x2)}")


show_table(1, 1, -1.5)

# %% [markdown]
# Only if *both* come. One guest lifts the score to −0.5, which is not enough; two lift it above 0. This neuron says
# **AND**: yes if the first input *and* the second one are 1.

# %% exercise 1.1 [markdown]
# ### Exercise 1.1: change a number
#
# Keep $w_1 = w_2 = 1$. Change only the bias, so that one guest is enough: the neuron must say **OR**, which is yes
# for Ada, for Ben, and for both, and no if nobody comes.

# %% start
b = ...

# %% check
check("1.1", b)

# %% hint [markdown]
# Write down the four scores for an unknown bias: $b$, $1 + b$, $1 + b$ and $2 + b$. Which of them must be above 0,
# and which must not?

# %% hint [markdown]
# $1 + b$ must be above 0, so $b$ is larger than −1. And $b$ itself must not be above 0.

# %% solution
b = -0.5

# %% wrong: says_and
b = -1.0

# %% wrong: never
b = -2

# %% wrong: always
b = 0.5

# %% [markdown]
# ## A straight line
#
# The inputs need not be 0 and 1. With any two numbers as inputs, each case is a point in the plane, and we can
# colour the plane by the score. `decision_boundary` does that, and draws the four points of AND: an orange circle
# where the answer should be no, and a blue square where it should be yes.
#
# **Before you run it:** where is the score exactly 0, and what shape is that place?

# %%
import matplotlib.pyplot as plt

import nn


def draw_neuron(w1, w2, b, targets, ax=None):
    def scores(points):
        return [score(w1, w2, b, x1, x2) for x1, x2 in points]

    ax = nn.plot.decision_boundary(scores, INPUTS, targets, ax)
    for entry, name in zip(ax.get_legend().get_texts(), ("no", "yes")):
        entry.set_text(name)
    return ax


AND = [0, 0, 0, 1]
draw_neuron(1, 1, -1.5, AND).set_title("AND: w₁ = 1, w₂ = 1, b = −1.5");

# %% [markdown]
# The dark line is where the score is 0, the **decision boundary**: on one side the neuron says no (orange), on the
# other yes (blue), and the stronger the colour, the further the score is from 0. The equation
# $w_1 x_1 + w_2 x_2 + b = 0$ is that of a straight line. So a neuron, whatever its numbers are, can do one thing:
# cut the plane in two by a *straight* line.
#
# What does each number do to the line? Here are three neurons, each with one number changed. The dashed line is the
# one from before.

# %%
figure, axes = plt.subplots(1, 3, figsize=(10, 3.4), layout="constrained")
changes = [(2, 1, -1.5, "w₁ = 2, not 1"), (1, 1, -0.5, "b = −0.5, not −1.5"), (1, 1, 0, "b = 0, not −1.5")]
for ax, (w1, w2, b, title) in zip(axes, changes):
    draw_neuron(w1, w2, b, AND, ax)
    ax.axline((0.75, 0.75), slope=-1, color="#33373d", linestyle="--", linewidth=1)
    ax.set_title(title)
    ax.get_legend().remove()

# %% [markdown]
# A weight turns the line, for it always lies at a right angle to the direction $(w_1, w_2)$. The bias shifts it
# without turning it. On the right the bias is 0, and the line goes through the corner $(0, 0)$. It must: at
# $(0, 0)$ the weights are multiplied by nothing but zeros, so the bias alone decides there. **A neuron without a
# bias can only turn its line around that one point.** People often forget the bias because it has no input of its
# own. Think of it as the weight of an input that is always 1.

# %% exercise 1.2 [markdown]
# ### Exercise 1.2: choose three numbers
#
# **NAND** is the opposite of AND: yes in all cases, except when both inputs are 1. Choose $w_1$, $w_2$ and $b$.

# %% start
w1, w2, b = ..., ..., ...

# %% check
check("1.2", w1, w2, b)

# %% hint [markdown]
# With no inputs at all, NAND says yes. What does that tell you about the bias?

# %% hint [markdown]
# Each guest must now pull the score *down*, so the weights are below 0. One guest must not pull it below 0, but two
# must.

# %% solution
w1, w2, b = -1, -1, 1.5

# %% wrong: says_and
w1, w2, b = 1, 1, -1.5

# %% wrong: never
w1, w2, b = -1, -1, -1.5

# %% wrong: no_bias
w1, w2, b = -1, -1, 0

# %% wrong: always
w1, w2, b = -1, -1, 2.5

# %% wrong: weights_up
w1, w2, b = 1, 1, 1.5

# %% [markdown]
# ## Learning from mistakes
#
# You turned and shifted a line until it fitted. A neuron that says yes or no is also called a **perceptron**, and
# Frank Rosenblatt's **perceptron rule** (1958) turns and shifts its line by itself. Show the neuron an example with
# the right answer, the **target**. If the neuron is right, change nothing. If it is wrong, move all three numbers a
# step:
#
# $$w_1 \leftarrow w_1 + (t - a)\, x_1 \qquad w_2 \leftarrow w_2 + (t - a)\, x_2 \qquad b \leftarrow b + (t - a)$$
#
# Here $t$ is the target and $a$ the answer, and the arrow means "becomes". The correction, $t - a$, is 0 if the
# neuron was right, 1 if it should have said yes, and −1 if it should have said no.
#
# **Before you go on:** the target is 1, and the neuron said 0 at the point $(1, 0)$. Which of the three numbers
# change? Is the score at that point larger afterwards?

# %% exercise 1.3 [markdown]
# ### Exercise 1.3: write it
#
# Write the rule as a function. It gets the three numbers, one example and its target, and returns the new numbers.
# You may use `answer` from above.

# %% start
def learn(w1, w2, b, x1, x2, target):
    ...

# %% check
check("1.3", learn)

# %% hint [markdown]
# First compute the correction: `correction = target - answer(w1, w2, b, x1, x2)`.

# %% hint [markdown]
# Then each weight becomes `w + correction * x`, with its own input. The bias belongs to an input that is always 1.

# %% solution
def learn(w1, w2, b, x1, x2, target):
    correction = target - answer(w1, w2, b, x1, x2)
    return w1 + correction * x1, w2 + correction * x2, b + correction

# %% wrong: wrong_way
def learn(w1, w2, b, x1, x2, target):
    correction = answer(w1, w2, b, x1, x2) - target
    return w1 + correction * x1, w2 + correction * x2, b + correction

# %% wrong: bias_left
def learn(w1, w2, b, x1, x2, target):
    correction = target - answer(w1, w2, b, x1, x2)
    return w1 + correction * x1, w2 + correction * x2, b

# %% wrong: inputs_forgotten
def learn(w1, w2, b, x1, x2, target):
    correction = target - answer(w1, w2, b, x1, x2)
    return w1 + correction, w2 + correction, b + correction

# %% wrong: always_up
def learn(w1, w2, b, x1, x2, target):
    if answer(w1, w2, b, x1, x2) != target:
        w1, w2, b = w1 + x1, w2 + x2, b + 1
    return w1, w2, b

# %% wrong: nothing
def learn(w1, w2, b, x1, x2, target):
    correction = target - answer(w1, w2, b, x1, x2)
    w1, w2, b = w1 + correction * x1, w2 + correction * x2, b + correction

# %% [markdown]
# And the question from before: at $(1, 0)$, both $w_1$ and $b$ rise by 1, and $w_2$ stays, as its input is 0. So the
# score there is larger by 2 than before.
#
# Now let the neuron learn OR. This is the same rule, in a loop: all four examples, over and over, until a whole round
# has no mistake. `steps` keeps the numbers after each mistake, so that we can watch the line move.

# %%
def rule(w1, w2, b, x1, x2, target):
    correction = target - answer(w1, w2, b, x1, x2)
    return w1 + correction * x1, w2 + correction * x2, b + correction


def train(targets, w1=0, w2=0, b=0, rounds=20):
    steps, mistakes = [(w1, w2, b)], []
    for _ in range(rounds):
        mistakes.append(0)
        for (x1, x2), target in zip(INPUTS, targets):
            new = rule(*steps[-1], x1, x2, target)
            if new != steps[-1]:
                steps.append(new)
                mistakes[-1] += 1
        if mistakes[-1] == 0:
            break
    return steps, mistakes


OR = [0, 1, 1, 1]
steps, mistakes = train(OR, -1, 1, -0.3)
print("mistakes in each round:", mistakes)

figure, axes = plt.subplots(1, len(steps), figsize=(2.7 * len(steps), 2.9), layout="constrained")
for i, (ax, numbers) in enumerate(zip(axes, steps)):
    draw_neuron(*numbers, OR, ax)
    ax.set_title("at the start" if i == 0 else f"after mistake {i}")
    ax.get_legend().remove()

# %% [markdown]
# From left to right, the line after each mistake. (Where you see none, it lies outside the picture, and the
# neuron says yes to all four.) The rule looks at one point at a time, and each step may spoil another point. Still,
# it can be proved that it stops: if *some* straight line separates the two kinds of points, the rule finds one
# after a finite number of mistakes.
#
# ## The first line, not the best
#
# **Before you run the next cell:** we start from three different lines and learn OR each time. Will the three
# results be the same?

# %%
figure, axes = plt.subplots(1, 3, figsize=(10, 3.4), layout="constrained")
for ax, start in zip(axes, [(4, 0.5, 0.3), (-1, 1, -0.3), (0.5, 4, 0.3)]):
    steps, mistakes = train(OR, *start)
    draw_neuron(*steps[-1], OR, ax)
    ax.set_title(f"from {start}, {len(steps) - 1} mistakes")
    ax.get_legend().remove()

# %% [markdown]
# Three different lines, and each of them is right about all four points. It is a common belief that the rule
# finds the *best* line, somewhere in the middle. It does not: it stops at the *first* line that makes no mistake,
# even if that passes close to a point. To prefer one line to another we need a number that says how good each one
# is. That number is called a loss, and it comes in [lesson 7](07_losses.ipynb).
#
# ## What a neuron cannot say
#
# **XOR** is "one or the other, but not both": yes for Ada alone and for Ben alone. The two do not get on.

# %%
XOR = [0, 1, 1, 0]
steps, mistakes = train(XOR)
print("mistakes in each round:", mistakes)

figure, axes = plt.subplots(1, 4, figsize=(11, 3), layout="constrained")
for ax, numbers in zip(axes, steps[-4:]):
    draw_neuron(*numbers, XOR, ax)
    ax.set_title("w₁ = {:g}, w₂ = {:g}, b = {:g}".format(*numbers))
    ax.get_legend().remove()

# %% [markdown]
# Twenty rounds, and it still makes mistakes: the numbers go round in a circle. The pictures show the last four lines.
# (One lies outside the picture, and a point *on* a line has the score 0, which means no.) None of them can be right:
# the two blue points lie on opposite corners, and so do the two orange ones. Wherever you draw a line, it cannot have
# both blue corners on one side and both orange corners on the other.
#
# The same in numbers. XOR asks that
#
# - $b \le 0$, since nobody means no,
# - $w_1 + b > 0$ and $w_2 + b > 0$, since one guest means yes,
# - $w_1 + w_2 + b \le 0$, since both mean no.
#
# Add the two in the middle: $w_1 + w_2 + 2b > 0$. Take $b$ away on both sides: $w_1 + w_2 + b > -b$. As $b$ is not
# above 0, $-b$ is not below 0, and so $w_1 + w_2 + b > 0$. But that contradicts the last line. No three numbers can
# do it, and no way of learning will find what is not there.

# %% exercise 1.4 [markdown]
# ### Exercise 1.4: as well as possible
#
# A neuron cannot get all four cases of XOR right. How many can it get right at most? Find three numbers that do it,
# and give them with the number of right answers.

# %% start
right = ...
w1, w2, b = ..., ..., ...

# %% check
check("1.4", right, w1, w2, b)

# %% hint [markdown]
# You have already met neurons that are wrong about XOR only once. Compare the table of OR with that of XOR.

# %% solution
right = 3
w1, w2, b = 1, 1, -0.5

# %% wrong: half
right = 2
w1, w2, b = 0, 0, -1

# %% wrong: not_four
right = 4
w1, w2, b = 1, 1, -0.5

# %% wrong: less_than_said
right = 3
w1, w2, b = 1, 1, -2.5

# %% [markdown]
# ## What you know now
#
# - A neuron computes a weighted sum of its inputs plus a bias, and says yes if that is above 0.
# - Its decision boundary is a straight line: the weights turn it, and the bias shifts it.
# - The perceptron rule finds some line that makes no mistake, if there is one. It does not look for the best.
# - XOR needs more than a straight line.
#
# But look: XOR is "OR, and also NAND". You have built a neuron for OR, one for NAND, and one for the AND of two
# answers. The first two side by side, and the third one looking at their answers, can say what none of them can say
# alone. That is a **network**, and it comes in [lesson 6](06_forward.ipynb). First we need a better way to choose the
# numbers than correcting one mistake after another. It starts with a simple question: if I change a number a little,
# how much does the result change? [Next: derivatives by nudging.](02_nudging.ipynb)

# %% teacher [markdown]
# ## Timing
#
# 25 minutes of reading and exercises: weighted sum 4, straight line 5, the rule 8, XOR 6, summary 2.
#
# ## What to watch for
#
# - Learners who try biases at random in 1.1: ask for the four scores with $b$ as an unknown.
# - "The bias is a weight of its own kind": the input that is always 1 helps.
# - In 1.3, many write the rule inside an `if`. That is right, and longer; ask what $t - a$ is when the answer is
#   right.
# - Ask for a guess at each **Before you run it**, by a show of hands, before anybody runs the cell.
#
# ## Questions for an examination
#
# 1. A neuron has $w_1 = 2$, $w_2 = -1$, $b = 0.5$. What does it say at $(0, 1)$? Where does its line cross the two
#    axes?
# 2. Why can a neuron without a bias not say NAND?
# 3. A perceptron makes a mistake at the point $(0, 0)$. Which of its numbers change?
# 4. Show that no neuron says "both inputs are equal".
