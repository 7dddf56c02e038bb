# %% [markdown]
# # Sequences
#
# A sentence, a song, the temperature of each day: here the order matters, and the length differs. In this lesson
# you build a network that reads one thing after another and keeps a memory. Then you measure how far back that
# memory reaches, and see what the three famous kinds of such networks, RNN, LSTM and GRU, do about it.

# %% [markdown]
# ## A number that is carried along
#
# An MLP has a fixed number of inputs. For a sequence we do something else. We keep a number $h$, the **state**, and
# at each step we mix it with the next input $x_t$:
#
# $$h_t = \tanh(w\, x_t + u\, h_{t-1})$$
#
# The state begins at 0. The weights $w$ and $u$ are the same at every step, so two numbers are enough for a
# sequence of any length. This is a **recurrent neural network**, or RNN: "recurrent" means that its own state
# comes back to it. Real ones have many such numbers in their state, with a matrix in the place of $w$ and of $u$,
# and a bias. One is enough to see everything that matters.

# %% exercise 19.1 [markdown]
# ### Exercise 19.1: carry the state
#
# To keep the numbers easy we leave out the tanh: $h_t = w\, x_t + u\, h_{t-1}$ with $w = 1$ and $u = 0.5$. The
# inputs are 8, 1 and 2. What are the three states?

# %% start
h1, h2, h3 = ..., ..., ...

# %% check
check("19.1", h1, h2, h3)

# %% hint [markdown]
# $h_1 = 8 + 0.5 \cdot 0$, since the state begins at 0. Then $h_2 = 1 + 0.5 \cdot h_1$.

# %% solution
h1, h2, h3 = 8, 5, 4.5

# %% wrong: no_memory
h1, h2, h3 = 8, 1, 2

# %% wrong: nothing_forgotten
h1, h2, h3 = 8, 9, 11

# %% wrong: step_before_last
h1, h2, h3 = 8, 5, 7

# %% [markdown]
# The 8 is still there in the last state, but only a quarter of it: each step has halved it. Here is the same
# network as Values, with its tanh and smaller inputs.

# %%
from autograd import Value
from course import picture

w, u = Value(1.0, label="w"), Value(0.5, label="u")


def read(xs):
    """The state after each input."""
    states, h = [], 0.0
    for x in xs:
        h = (w * x + u * h).tanh()
        states.append(h)
    return states


xs = [Value(0.6, label="x1"), Value(0.0, label="x2"), Value(0.2, label="x3")]
states = read(xs)
for t, state in enumerate(states, start=1):
    state.label = f"h{t}"
states[-1].backward()
picture(states[-1])

# %% [markdown]
# The picture is the network **unrolled**: the loop is gone, and each step has its own boxes, from the first input
# on the left to the last state on the right. The boxes `w` and `u` have an arrow to every step, since every step
# uses them. To `backward()` this is a graph as any other: nothing new is needed. Because it walks from the last
# step to the first, it is then called **backpropagation through time**.
#
# Look at the grads of `x3` and `x1`. Both inputs go through the same `w`. But `x1` is further from the result,
# and its grad is smaller.

# %% exercise 19.2 [markdown]
# ### Exercise 19.2: two derivatives through time
#
# Again without tanh, with $w = 1$, $u = 0.5$ and the inputs 8, 1, 2, as in exercise 19.1. What is the
# derivative of the last state with respect to $x_1$, and what is it with respect to $u$?

# %% start
by_x1, by_u = ..., ...

# %% check
check("19.2", by_x1, by_u)

# %% hint [markdown]
# From $x_1$ there is one path: through $w$, and then twice through $u$. Multiply along it.

# %% hint [markdown]
# $u$ is used twice: in $h_3 = 2 + u \cdot h_2$ and, before that, in $h_2 = 1 + u \cdot h_1$. The first use brings
# $h_2$. The second brings $h_1$ times what is on the way from $h_2$ to $h_3$. Lesson 3 says what to do with the
# two.

# %% solution
by_x1, by_u = 0.25, 9

# %% wrong: last_use_only
by_x1, by_u = 0.25, 5

# %% wrong: uses_multiplied
by_x1, by_u = 0.25, 20

# %% wrong: way_forgotten
by_x1, by_u = 0.25, 13

# %% wrong: one_step_only
by_x1, by_u = 0.5, 9

# %% [markdown]
# ## How far back?
#
# A way of $k$ steps back passes $u$ (and the slope of tanh, which is at most 1) $k$ times. So the derivative holds
# the factor $u^k$. **Before you run it:** what does $u^{50}$ look like for $u = 0.5$, 0.9, 1 and 1.1?

# %%
import matplotlib.pyplot as plt
import numpy as np

steps_back = np.arange(51)
figure, ax = plt.subplots(figsize=(7, 3.6))
for factor, colour in ((1.1, "#b04a5a"), (1.0, "#33373d"), (0.9, "#e0782a"), (0.5, "#2f6db3")):
    ax.semilogy(steps_back, factor**steps_back, color=colour, label=f"u = {factor}")
ax.set(xlabel="steps back", ylabel="u to the power of the steps", ylim=(1e-10, 1e3))
ax.legend(frameon=False)
ax.spines[["top", "right"]].set_visible(False)

# %% [markdown]
# On this scale each mark on the left is a hundred times the one below it. For $u = 0.5$ (blue) almost nothing is
# left after 20 steps: the gradient has **vanished**. For 1.1 (red) it grows without end: it **explodes**. Only at
# exactly 1 does it stay, and weights that are learned are never exactly 1. You have met both in deep networks in
# lesson 11. An unrolled network is a deep network, with as many layers as there are steps.

# %% exercise 19.3 [markdown]
# ### Exercise 19.3: where it fades
#
# With $u = 0.5$, $w = 1$ and no tanh: how many steps back must an input be, at the least, for its derivative to be
# below one millionth, $10^{-6}$?

# %% start
steps = ...

# %% check
check("19.3", steps)

# %% hint [markdown]
# Try in Python: `0.5 ** 10` is about a thousandth.

# %% solution
steps = next(k for k in range(100) if 0.5**k < 1e-6)

# %% wrong: not_yet
steps = 19

# %% wrong: tenths
steps = 6

# %% wrong: too_many
steps = 30

# %% [markdown]
# Does this matter? The derivative says how much the loss would change if the network used that input otherwise.
# If it is a millionth, then the network can hardly *learn* that the input matters. A recurrent network *can* in
# principle carry anything for any time. So it is often said that it remembers everything that it has read. What it
# really remembers is what it could learn to keep, and the gradient decides that.
#
# ## A gate
#
# The trouble comes from the multiplication by $u$ and from the tanh at every step. In 1997 Hochreiter and
# Schmidhuber had an idea: keep the memory in a separate number, the **cell** $c$, which is carried from step to
# step with as little done to it as possible.
#
# $$c_t = f \cdot c_{t-1} + i \cdot g \qquad\qquad h_t = o \cdot \tanh(c_t)$$
#
# - $g$ is what the network would like to write, a tanh of the input and the last state, as before.
# - $f$, $i$ and $o$ are **gates**: numbers between 0 and 1, made by a sigmoid. The *forget gate* $f$ says how much
#   of the cell is kept (1 keeps everything), the *input gate* $i$ how much is written, and the *output gate* $o$
#   how much is shown to the outside.
#
# Each gate has its own weights and looks at the input and at the last state. So the network decides at each step
# anew, and learns how to decide. This is **LSTM**, long short-term memory. On the way back along the cell there is
# just the factor $f$. If $f$ is nearly 1, then the gradient stays.

# %% exercise 19.4 [markdown]
# ### Exercise 19.4: one step of an LSTM
#
# Write it for single numbers. It gets the cell of the step before, the three gates and $g$, and returns the new
# cell and the new state, `c, h`.

# %% start
def lstm_step(c, f, i, o, g):
    ...

# %% check
check("19.4", lstm_step)

# %% hint [markdown]
# The two formulas above, one line each. `math.tanh` is the tanh of a number.

# %% solution
import math


def lstm_step(c, f, i, o, g):
    c = f * c + i * g
    return c, o * math.tanh(c)

# %% wrong: gates_exchanged
import math


def lstm_step(c, f, i, o, g):
    c = i * c + f * g
    return c, o * math.tanh(c)

# %% wrong: old_cell_shown
import math


def lstm_step(c, f, i, o, g):
    return f * c + i * g, o * math.tanh(c)

# %% wrong: no_tanh
def lstm_step(c, f, i, o, g):
    c = f * c + i * g
    return c, o * c

# %% wrong: overwritten
import math


def lstm_step(c, f, i, o, g):
    c = i * g
    return c, o * math.tanh(c)

# %% wrong: all_shown
import math


def lstm_step(c, f, i, o, g):
    c = f * c + i * g
    return c, math.tanh(c)

# %% [markdown]
# A younger relative is the **GRU**, gated recurrent unit. It has no separate cell, and one gate $z$ for both
# keeping and writing: $h_t = z \cdot h_{t-1} + (1 - z) \cdot n$, where $n$ is what it would like to write. A second
# gate says how much of the old state $n$ may look at.
#
# ## Measure it
#
# The library has all three: `nn.RNN`, `nn.LSTM` and `nn.GRU`. We let each of them read 60 random inputs and ask for
# the derivative of its last state with respect to every input. The gates that keep get a bias of 3, so that at the
# beginning they are open: $\sigma(3) = 0.95$. **Before you run it:** which lines will fall?

# %%
import nn
from autograd import Tensor

COLOURS = {"RNN": "#2f6db3", "LSTM": "#e0782a", "GRU": "#3a8f5c"}


def memory(kind, hidden=16):
    """A recurrent network with 2 inputs; the gate that keeps begins open."""
    network = getattr(nn, kind)(2, hidden, batch_first=True, rng=0)
    if kind != "RNN":  # in both, the second part of the bias belongs to the gate that keeps
        bias = network.bias_ih_l0.data.copy()
        bias[hidden : 2 * hidden] = 3.0
        network.bias_ih_l0.data = bias
    return network


figure, ax = plt.subplots(figsize=(7, 3.6))
for kind, colour in COLOURS.items():
    inputs = Tensor(np.random.default_rng(0).normal(size=(1, 60, 2)))
    states, _ = memory(kind)(inputs)
    states[0, -1].sum().backward()
    ax.semilogy(np.abs(inputs.grad[0]).max(axis=1)[::-1], color=colour, label=kind)
ax.set(xlabel="steps back", ylabel="size of the derivative")
ax.legend(frameon=False)
ax.spines[["top", "right"]].set_visible(False)

# %% [markdown]
# The RNN (blue) falls nearly in a straight line, by a factor of ten every four or five steps, and is at about
# $10^{-14}$ for the first input. The two with gates (orange and green) fall slowly: even the first input still has
# an influence that can be felt.
#
# ## Does it show in what they learn?
#
# A small task. The first input is −1 or 1. Then come 29 steps of noise on the other input. At the end the
# network must say what the first input was. It has to keep a single yes or no for 30 steps, no more.
# **Before you run it:** a network that guesses is right in half of the cases. Who will be better?

# %% long
from course import short


def learn(kind, steps, length=30, batch=64):
    """The share of right answers at each step of the training."""
    draws = np.random.default_rng(0)
    network, head = memory(kind), nn.Linear(16, 1, rng=0)
    optimizer = nn.optim.Adam([*network.parameters(), *head.parameters()], lr=0.01)
    loss_of, accuracies = nn.BCEWithLogitsLoss(), []
    for _ in range(steps):
        first = draws.choice([-1.0, 1.0], batch)
        inputs = np.zeros((batch, length, 2))
        inputs[:, 0, 0] = first
        inputs[:, 1:, 1] = draws.normal(size=(batch, length - 1))
        states, _ = network(inputs)
        scores = head(states[:, -1])[:, 0]
        loss = loss_of(scores, (first > 0) * 1.0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        accuracies.append(np.mean((scores.data > 0) == (first > 0)))
    return accuracies


figure, ax = plt.subplots(figsize=(7, 3.6))
for kind, colour in COLOURS.items():
    accuracies = learn(kind, short(200, 10))
    ax.plot(accuracies, color=colour, label=kind)
    print(f"{kind}: {np.mean(accuracies[-10:]):.0%} right at the end")
ax.set(xlabel="step of the training", ylabel="share of right answers", ylim=(0.2, 1.05))
ax.legend(frameon=False, loc="lower right")
ax.spines[["top", "right"]].set_visible(False)

# %% [markdown]
# The LSTM (orange) and the GRU (green) guess for a while, and then jump to all answers right. The RNN (blue)
# guesses to the end. It is not too small for the task: a single state that keeps its sign would do. It does not
# find it, because the gradient that would lead it there has faded on the way. Change `length=30` to 8 and run the
# cell again: now the RNN learns it as well.
#
# So gates help. They do not make a memory without end: with $f = 0.95$, after 100 steps 0.6 % is left. And every
# step must wait for the one before. The next lesson has another answer: do not carry everything along, but look
# back.
#
# ## What you know now
#
# - A recurrent network mixes each input into a state. It uses the same weights at every step.
# - Unrolled, it is a graph as any other. The gradient of a weight is the sum over all the steps that use it.
# - Over $k$ steps the gradient gets $k$ factors, so it vanishes or explodes. A network does not learn to keep
#   what its gradient does not reach.
# - Gates let LSTM and GRU keep a memory with a factor near 1.
#
# [Next: attention, and a small GPT.](20_attention.ipynb)

# %% teacher [markdown]
# ## Timing
#
# 25 minutes: the state and its graph 6, two derivatives 5, how far back 4, gates 5, the measurements 5.
#
# ## What to watch for
#
# - In 19.2, many forget that `u` is used twice. It is the used-twice mistake of lesson 3, and the picture shows it:
#   count the arrows that leave `u`.
# - "It remembers for ever": ask what is left of the first input after ten steps, with numbers.
# - The state and the weights are easily confused: the state changes with each input, the weights only in training.
#
# ## Questions for an examination
#
# 1. Unroll $h_t = \tanh(w x_t + u h_{t-1})$ for two steps and mark every arrow that leaves $u$.
# 2. Why is a recurrent network of 100 steps as hard to train as a network of 100 layers?
# 3. What must $f$, $i$ and $o$ be for an LSTM that keeps its cell unchanged and shows nothing?
# 4. An RNN was trained on sequences of length 10. Why can it be used on sequences of length 1,000, and why may
#    that go wrong?
