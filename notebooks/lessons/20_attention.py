# %% [markdown]
# # Attention, and a small GPT
#
# A recurrent network carries everything that it has read in one state. Attention does without: at each place the
# network looks back at all places before and takes what it needs. In this lesson you compute attention by hand,
# write it in three lines, and build the kind of network that is behind today's language models: a GPT, with every
# number in it a `Value`.

# %% [markdown]
# ## A question, labels, and contents
#
# Think of a row of drawers. Each has a label and a content. You come with a question, and you take most from the
# drawers whose label fits your question. In **attention** all three are lists of numbers:
#
# - the **query** $q$ is the question of the place that is looking,
# - the **key** $k_j$ is the label of place $j$,
# - the **value** $v_j$ is the content of place $j$. (It is not a `Value`; the word is the same by accident.)
#
# How well a label fits is a weighted sum, as in a neuron: $q \cdot k_j$, the sum of the products of their entries,
# called the **dot product**. It is divided by $\sqrt d$, where $d$ is how many entries there are, so that long
# lists do not give large scores. Then **softmax** (lesson 17) makes weights of the scores: $e^{s}$ of each, divided
# by their sum, so that they are above 0 and add up to 1. The result $r$ is the mean of the contents with these
# weights:
#
# $$s_j = \frac{q \cdot k_j}{\sqrt d} \qquad w_j = \frac{e^{s_j}}{\sum_i e^{s_i}} \qquad r = \sum_j w_j v_j$$

# %% exercise 20.1 [markdown]
# ### Exercise 20.1: from scores to weights
#
# Three places have the scores 2, 1 and 1. What are their weights?

# %% start
w1, w2, w3 = ..., ..., ...

# %% check
check("20.1", w1, w2, w3)

# %% hint [markdown]
# `math.exp(2)` is 7.39, and `math.exp(1)` is 2.72. Divide each by the sum of all three.

# %% solution
import math

total = math.exp(2) + math.exp(1) + math.exp(1)
w1, w2, w3 = math.exp(2) / total, math.exp(1) / total, math.exp(1) / total

# %% wrong: shares
w1, w2, w3 = 0.5, 0.25, 0.25

# %% wrong: winner_takes_all
w1, w2, w3 = 1, 0, 0

# %% wrong: not_divided
import math

w1, w2, w3 = math.exp(2), math.exp(1), math.exp(1)

# %% exercise 20.2 [markdown]
# ### Exercise 20.2: write attention
#
# `query` is a list of numbers, `keys` a list of such lists, and `values` too. Return the result, a list with as many
# entries as a value has. `softmax` from the library makes a list of weights from a list of scores.

# %% start
from autograd import softmax


def attend(query, keys, values):
    ...

# %% check
check("20.2", attend)

# %% hint [markdown]
# First a list of scores: `sum(q * k for q, k in zip(query, key)) / len(query) ** 0.5` for each `key` in `keys`.

# %% hint [markdown]
# Entry `i` of the result is the sum of `weight * value[i]` over all places: `zip(weights, values)`.

# %% solution
from autograd import softmax


def attend(query, keys, values):
    scores = [sum(q * k for q, k in zip(query, key)) / len(query) ** 0.5 for key in keys]
    weights = softmax(scores)
    return [sum(weight * value[i] for weight, value in zip(weights, values)) for i in range(len(values[0]))]

# %% wrong: no_root
from autograd import softmax


def attend(query, keys, values):
    weights = softmax([sum(q * k for q, k in zip(query, key)) for key in keys])
    return [sum(weight * value[i] for weight, value in zip(weights, values)) for i in range(len(values[0]))]

# %% wrong: weights_returned
from autograd import softmax


def attend(query, keys, values):
    return softmax([sum(q * k for q, k in zip(query, key)) / len(query) ** 0.5 for key in keys])

# %% wrong: no_softmax
def attend(query, keys, values):
    weights = [sum(q * k for q, k in zip(query, key)) / len(query) ** 0.5 for key in keys]
    return [sum(weight * value[i] for weight, value in zip(weights, values)) for i in range(len(values[0]))]

# %% wrong: keys_mixed
from autograd import softmax


def attend(query, keys, values):
    weights = softmax([sum(q * k for q, k in zip(query, key)) / len(query) ** 0.5 for key in keys])
    return [sum(weight * key[i] for weight, key in zip(weights, keys)) for i in range(len(query))]

# %% [markdown]
# There is no `if` in it, and no jump: everything is smooth. So `backward()` goes through it, and a network can
# *learn* what to ask for, how to label, and what to hand over.
#
# ## Do the weights explain the result?
#
# A table of attention weights looks like an explanation: "it said this because it looked there". Let us test that
# with three places. Their contents are 0, 5 and −4, one number each.
#
# **Before you run it:** the first place gets most of the weight. Which place has most to do with the result?

# %%
from autograd import Value, softmax


def weights_of(query, keys):
    return softmax([sum(q * k for q, k in zip(query, key)) / len(query) ** 0.5 for key in keys])


def attention(query, keys, values):
    weights = weights_of(query, keys)
    return [sum(weight * value[i] for weight, value in zip(weights, values)) for i in range(len(values[0]))]


query = [Value(2.0)]
keys = [[Value(1.5)], [Value(0.3)], [Value(0.0)]]
values = [[Value(0.0)], [Value(5.0)], [Value(-4.0)]]
weights = weights_of(query, keys)
(result,) = attention(query, keys, values)
result.backward()
print(f"result {result.data:.3f}")
for j in range(3):
    part = weights[j].data * values[j][0].data
    print(f"place {j}: weight {weights[j].data:.2f}, brings {part:+.2f}, grad of its key {keys[j][0].grad:+.2f}")

# %% [markdown]
# The first place has most of the weight, and it brings nothing, as its content is 0. The whole result comes from
# the two others. So **the weights alone are not an explanation**. They say where it looked, and not what it took,
# nor what would have changed the result. For that, the gradient is the better witness: the largest grad of a key is
# that of the second place.
#
# ## Only backwards
#
# A **language model** gets the beginning of a text and says how probable each next letter is. It learns from any
# text, since in a text the next letter is always there as the target. But then a place must not see the places
# after it: it would copy the answer. Attention in which every place looks at itself and at what came before is
# called **causal**.

# %% exercise 20.3 [markdown]
# ### Exercise 20.3: count the looks
#
# A text has 10 letters. In causal attention, how many weights are there in all: pairs of a place that looks and a
# place that it may look at?

# %% start
pairs = ...

# %% check
check("20.3", pairs)

# %% hint [markdown]
# The first place sees only itself, the second sees two places, and so on up to ten.

# %% solution
pairs = sum(range(1, 11))

# %% wrong: all_pairs
pairs = 10 * 10

# %% wrong: not_itself
pairs = sum(range(10))

# %% wrong: one_row
pairs = 10

# %% [markdown]
# With 1,000 letters there are already 500,500. That is the price of attention: for a text twice as long, it works
# four times as much. What it buys is that every place is only *one* step away from every other. No gradient has to
# travel through time.
#
# ## A small GPT
#
# **GPT** means generative pre-trained transformer. "Transformer" is the name of a network that is built around
# attention. Here is what happens at each place:
#
# 1. A letter, here called a **token**, becomes a list of 16 numbers, its **embedding**: a row of a table that is
#    learned. To it we add the row of a second table, for the place. Without that, attention could not tell "no" from
#    "on".
# 2. Attention: three matrices make the query, the key and the value of it. What was found is *added* to the list.
#    That is a **residual connection**: nothing is replaced, and the gradient finds a way through on which it is
#    multiplied by 1.
# 3. A small MLP with ReLU, also added.
# 4. A last matrix gives 27 scores: for the space and for each letter, as the next one.
#
# `norm`, before 2 and 3, divides a list by its typical size, as in lesson 14. Here is all of it, in plain Python
# lists of Values.

# %%
import random

from autograd import take

WIDTH, LENGTH, LETTERS = 16, 10, " abcdefghijklmnopqrstuvwxyz"
rng = random.Random(0)


def matrix(rows, columns=WIDTH):
    return [[Value(rng.gauss(0, 0.08)) for _ in range(columns)] for _ in range(rows)]


def times(rows, x):
    return [sum(a * b for a, b in zip(row, x)) for row in rows]


def add(x, y):
    return [a + b for a, b in zip(x, y)]


def norm(x):
    scale = (sum(a * a for a in x) / len(x) + 1e-5) ** -0.5
    return [a * scale for a in x]


letter_table, place_table = matrix(27), matrix(LENGTH)
to_query, to_key, to_value, found = (matrix(WIDTH) for _ in range(4))
up, down, last = matrix(2 * WIDTH), matrix(WIDTH, 2 * WIDTH), matrix(27)


def scores_after(tokens):
    """For each place, the scores of all letters that may come next."""
    keys, values, scores = [], [], []
    for place, token in enumerate(tokens):
        x = add(take(letter_table, token), place_table[place])
        y = norm(x)
        keys.append(times(to_key, y))
        values.append(times(to_value, y))
        x = add(x, times(found, attention(times(to_query, y), keys, values)))
        x = add(x, times(down, [h.relu() for h in times(up, norm(x))]))
        scores.append(times(last, x))
    return scores


matrices = [letter_table, place_table, to_query, to_key, to_value, found, up, down, last]
parameters = [number for rows in matrices for row in rows for number in row]
print(f"{len(parameters):,} parameters")

# %% [markdown]
# A place hands its key and value on to later places by the lists `keys` and `values`. A later place is not there
# yet: that is how this program is causal.
#
# Now the text. Python has its own manual on board, for `help()`. We take its letters.

# %% long
import re
from pydoc_data.topics import topics

text = re.sub("[^a-z]+", " ", " ".join(topics.values()).lower())
codes = [LETTERS.index(letter) for letter in text]
print(f"{len(text):,} letters, such as: {text[:70]}…")

# %% [markdown]
# The loss is the cross-entropy of lesson 7, as a mean over the ten places. **Before you run it:** what will it be
# before any training, with 27 letters to choose from?
#
# One step makes tens of thousands of Values, and that takes a while. So we let `compile` (lesson 15) write it as a
# program for arrays. The code stays as it is.

# %% long
import autograd
import nn
from course import short

optimizer = nn.optim.Adam(parameters, lr=0.006)
steps = short(20000, 20)


@autograd.compile
def step(tokens):
    loss = 0.0
    for scores, target in zip(scores_after(tokens[:LENGTH]), tokens[1:]):
        loss = loss - take(softmax(scores), target).log()
    loss = loss / LENGTH
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


losses = []
for i in range(steps):
    optimizer.lr = 0.006 * (1 - i / steps)
    start = rng.randrange(len(codes) - LENGTH)
    losses.append(step(codes[start : start + LENGTH + 1]).data)
    if (i + 1) % (steps // 5) == 0:
        recent = losses[-steps // 5 :]
        print(f"step {i + 1}: loss {sum(recent) / len(recent):.3f}")

print(f"the first loss was {losses[0]:.3f}")

# %% [markdown]
# The first loss is near $\log 27 = 3.3$, as for any network that has no idea yet. Then it falls. Take $e$ to its
# power, and you have the number of letters among which it is as unsure as one who guesses: 27 at the beginning, and
# about 7 at the end.
#
# ## Let it write
#
# It says how probable each letter is; we draw one, append it, and ask again. The scores may be divided by a number
# first, the **temperature**. **Think first:** what does a temperature below 1 do to the differences between scores?

# %% exercise 20.4 [markdown]
# ### Exercise 20.4: temperature
#
# Write a function that gives the probabilities for a list of scores and a temperature.

# %% start
def probabilities(scores, temperature):
    ...

# %% check
check("20.4", probabilities)

# %% hint [markdown]
# Divide each score by the temperature, and give the list to `softmax`.

# %% solution
def probabilities(scores, temperature):
    return softmax([score / temperature for score in scores])

# %% wrong: temperature_multiplied
def probabilities(scores, temperature):
    return softmax([score * temperature for score in scores])

# %% wrong: after_softmax
def probabilities(scores, temperature):
    return [p / temperature for p in softmax(scores)]

# %% wrong: temperature_left_out
def probabilities(scores, temperature):
    return softmax(scores)

# %% long
@autograd.compile
def next_letter(tokens, temperature):
    return softmax([score / temperature for score in scores_after(tokens)[-1]])


def write(beginning, temperature, length=80):
    written = beginning
    while len(written) < length:
        chances = next_letter([LETTERS.index(letter) for letter in written[-LENGTH:]], temperature)
        written += rng.choices(LETTERS, [p.data for p in chances])[0]
    return written


with autograd.no_grad():
    for temperature in (0.3, 0.6, 1.0):
        print(f"{temperature}: {write('the statement ', temperature)}")

# %% [markdown]
# It sees ten letters and has about 3,000 parameters, and it was trained for less than a minute. It writes no sense.
# But look: the words have a plausible length, vowels and consonants alternate, and "the" and "in" come up on their
# own. Nobody told it that there are words. With a low temperature it writes what is most probable, again and again;
# with a high one it is bold and makes more mistakes.
#
# The large models do the same: a text, a score for each next token, a draw. They have a hundred of these layers, with
# many attentions side by side in each, called heads, and a hundred million times as many parameters. In this
# repository, `scripts/gpt.py` is one with four heads, again in scalars, and `scripts/train_names.py` trains it.
#
# ## Where it looks

# %%
import numpy as np


def look(letters):
    """The attention weights: a row for each place that looks."""
    keys, rows = [], []
    for place, letter in enumerate(letters):
        y = norm(add(letter_table[LETTERS.index(letter)], place_table[place]))
        keys.append(times(to_key, y))
        row = [weight.data for weight in weights_of(times(to_query, y), keys)]
        rows.append(row + [0.0] * (len(letters) - place - 1))
    return np.array(rows)


nn.plot.attention(look(" statement"), list("␣statement"));

# %% [markdown]
# Each row is a place that looks, and each column a place that is looked at; the darker, the larger the weight. Above
# the diagonal everything is white: nothing looks ahead. In the first row all the weight is on the place itself,
# since there is nothing else. Most places look at the one or two letters just before them, which makes sense for
# guessing the next one. But remember the three drawers: this says where it looked, not what it took.
#
# ## What you know now
#
# - In attention, a query is compared with all keys. Softmax makes weights, and the result is the mean of the values
#   with them.
# - All of it is smooth, so it is learned by gradient descent. Every place is one step away from every other.
# - The weights say where a network looks. They are not an explanation of what it does.
# - A GPT is embeddings, then layers of causal attention and MLPs with residual connections, then scores for the
#   next token.
#
# [Next: under the hood.](21_inside.ipynb)

# %% teacher [markdown]
# ## Timing
#
# 25 minutes: attention by hand and in code 9, the three drawers 4, causal 3, the GPT 9. (Its training takes less than
# a minute; start it before you explain the four steps again.)
#
# ## What to watch for
#
# - The word "value" means two things here. Say "content" until the formula is understood.
# - "It looks things up": the drawers are never opened one by one. All are always open, each to some part.
# - Texts and losses differ a little with the version of Python, since its manual does.
#
# ## Questions for an examination
#
# 1. Compute attention for $q = 1$, the keys 0 and $\log 3$, and the values 4 and 8.
# 2. What happens to the result if the same number is added to all scores? Why?
# 3. Why must a language model not see later tokens in training, though there are none when it writes?
# 4. Give an example in which the place with the largest weight brings nothing to the result.
