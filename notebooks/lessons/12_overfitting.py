# %% [markdown]
# # Overfitting
#
# A network that gets everything right on the examples it learned from may have learned the wrong thing: the
# examples. In this lesson you catch one at it, learn how to tell in time, and try the three usual remedies: to stop
# early, to drop units, and to let weights decay.

# %% [markdown]
# ## A perfect network?
#
# Sixty points of the two moons, and this time with so much noise that the moons overlap. A few points lie where, by
# rights, the other class is at home. No honest line gets them all right. The network has two hidden layers of 64
# neurons, and learns for 200 steps.

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons

import nn

points, classes = make_moons(1360, noise=0.35, random_state=5)
targets = classes[:, np.newaxis]
X, y = points[:60], targets[:60]
loss = nn.BCEWithLogitsLoss()


def fit(steps=200, decay=0.0, drop=0.0, held_out=slice(60, 360)):
    """Train a network; returns it, and how the loss went, for the 60 points and for those held out."""
    rng = np.random.default_rng(0)
    model = nn.Sequential(
        nn.Linear(2, 64, rng=rng), nn.ReLU(), nn.Dropout(drop, rng=rng),
        nn.Linear(64, 64, rng=rng), nn.ReLU(), nn.Dropout(drop, rng=rng),
        nn.Linear(64, 1, rng=rng),
    )
    optimizer = nn.optim.AdamW(model.parameters(), lr=0.02, weight_decay=decay)
    history = {"loss": [], "val_loss": []}
    for step in range(steps):
        model.train()
        optimizer.zero_grad()
        loss(model(X), y).backward()
        optimizer.step()
        model.eval()
        history["loss"].append(loss(model(X), y).item())
        history["val_loss"].append(loss(model(points[held_out]), targets[held_out]).item())
    return model, history


def accuracy(model, X, y):
    return np.mean((model(X).data > 0) == y)


model, history = fit()
print(f"accuracy on the 60 points: {accuracy(model, X, y):.0%}")

# %% [markdown]
# (`train()`, `eval()`, `drop` and `decay` will be explained below. `AdamW` is an optimizer, as in lesson 10, and the
# subject of the next lesson.)
#
# Every point is right. **Before you run the next cell:** a thousand new points, from the same moons. How many of
# them will it get right?

# %%
new, new_targets = points[360:], targets[360:]
print(f"accuracy on 1000 new points: {accuracy(model, new, new_targets):.0%}")

early, _ = fit(steps=35)
print(f"the same network after 35 steps: {accuracy(early, X, y):.0%} of the 60 points, "
      f"{accuracy(early, new, new_targets):.0%} of the new ones")

# %% [markdown]
# After 35 steps the network was worse on its own points and *better* on new ones. What happened in between?

# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
for ax, network, title in zip(axes, [early, model], ["after 35 steps", "after 200 steps"]):
    nn.plot.decision_boundary(lambda grid: network(grid).data[:, 0], X, classes[:60], ax)
    ax.set_title(title)
    ax.get_legend().remove()

# %% [markdown]
# On the left, after 35 steps, a smooth line with a few points on the wrong side. On the right, after 200 steps, the
# line winds around single points, and the colours are strong everywhere: the network is sure. It has learned the
# noise of these sixty points by heart, and new points have other noise. This is **overfitting**. The loss on the 60
# points tells nothing of it, for there everything looks better and better.
#
# ## Points that the network never sees
#
# So keep some of the examples away from the training, and look at the loss on these. The ones to learn from are the
# **training set**, and the ones held out are the **validation set**.

# %% exercise 12.1 [markdown]
# ### Exercise 12.1: split
#
# Write `split(n, held_out, rng)` for `n` examples with the numbers 0 to `n - 1`. It returns two lists: the numbers of
# the examples for training, and those of `held_out` examples for validation, chosen at random. `rng.permutation(n)`
# gives the numbers 0 to `n - 1` in random order.

# %% start
def split(n, held_out, rng):
    ...

# %% check
check("12.1", split)

# %% hint [markdown]
# Shuffle once, with `order = rng.permutation(n)`, and cut the result into two parts.

# %% hint [markdown]
# `order[:held_out]` are the first `held_out` numbers, and `order[held_out:]` are the others.

# %% solution
def split(n, held_out, rng):
    order = rng.permutation(n)
    return order[held_out:], order[:held_out]

# %% wrong: not_shuffled
def split(n, held_out, rng):
    return list(range(held_out, n)), list(range(held_out))

# %% wrong: overlap
def split(n, held_out, rng):
    return rng.permutation(n)[held_out:], rng.permutation(n)[:held_out]

# %% wrong: exchanged
def split(n, held_out, rng):
    order = rng.permutation(n)
    return order[:held_out], order[held_out:]

# %% wrong: all_for_training
def split(n, held_out, rng):
    order = rng.permutation(n)
    return order, order[:held_out]

# %% [markdown]
# Why shuffle? Data often come sorted: all examples of one class first, or the oldest first. Here they are in random
# order already, and `fit` has held out 300 points. The two losses, step by step:

# %%
nn.plot.curves(history)
best = int(np.argmin(history["val_loss"]))
print(f"the validation loss is lowest after step {best + 1}")

# %% [markdown]
# Blue, the loss on the training set, falls and falls. Orange-red, the loss on the validation set, falls at first and
# then rises, to five times its lowest. The gap between the two is the picture of overfitting. **More steps are not
# better**: from the lowest place of the validation loss on, what the network learns holds only for these sixty points.
#
# `nn.diagnose` sees it, too, if it is given the history:

# %%
print(nn.diagnose(model, (X, y), loss, history=history).findings[-1].kind)

# %% [markdown]
# ## Remedy 1: stop early
#
# Stop when the validation loss no longer falls, and take back the weights of the best step: **early stopping**. The
# loss wobbles a little, so one rises too soon to a conclusion if one stops at the first rise. One waits for a number
# of steps in a row without a new best; that number is called the **patience**.

# %% exercise 12.2 [markdown]
# ### Exercise 12.2: early stopping
#
# Write `best_step(losses, patience)`. It goes through the validation losses, step by step, and stops when `patience`
# steps in a row have brought no new lowest loss. It returns the step (counted from 0) with the lowest loss *until
# then*: the step whose weights one takes back.

# %% start
def best_step(losses, patience):
    ...

# %% check
check("12.2", best_step)

# %% hint [markdown]
# Remember two things: the lowest loss so far, and its step.

# %% hint [markdown]
# At step `step`, `step - best` steps have gone by without a new best. If that reaches `patience`, stop.

# %% solution
def best_step(losses, patience):
    best = 0
    for step, loss in enumerate(losses):
        if loss < losses[best]:
            best = step
        elif step - best >= patience:
            break
    return best

# %% wrong: where_it_stopped
def best_step(losses, patience):
    best = 0
    for step, loss in enumerate(losses):
        if loss < losses[best]:
            best = step
        elif step - best >= patience:
            return step
    return best

# %% wrong: knows_the_future
def best_step(losses, patience):
    return losses.index(min(losses))

# %% wrong: first_rise
def best_step(losses, patience):
    for step in range(1, len(losses)):
        if losses[step] > losses[step - 1]:
            return step - 1
    return len(losses) - 1

# %% wrong: against_the_last
def best_step(losses, patience):
    best = rises = 0
    for step in range(1, len(losses)):
        rises = rises + 1 if losses[step] >= losses[step - 1] else 0
        if losses[step] < losses[best]:
            best = step
        if rises >= patience:
            break
    return best

# %% [markdown]
# In the library this is `nn.callbacks.EarlyStopping(patience=…, restore_best_weights=True)`.
#
# ## Remedy 2: dropout
#
# In **dropout**, each hidden unit is set to 0 with some probability $p$, drawn anew at each step. No unit can rely on
# a particular other one, so the network cannot build an elaborate construction around a single point. For new
# points all units take part; `train()` and `eval()` switch between the two.
#
# There is a detail. With $p = 0.5$ only about half of the units are left, and the sum over them is about half as
# large as it will be later, when all take part. So those that are left are divided by $1 - p$.

# %% exercise 12.3 [markdown]
# ### Exercise 12.3: dropout
#
# Write `dropout(h, p, random)`. `h` is the list of a layer's results, and `random` a list of as many random numbers
# between 0 and 1. A unit is dropped if its random number is below `p`.

# %% start
def dropout(h, p, random):
    ...

# %% check
check("12.3", dropout)

# %% hint [markdown]
# For one unit: `0.0 if number < p else value / (1 - p)`.

# %% solution
def dropout(h, p, random):
    return [0.0 if number < p else value / (1 - p) for value, number in zip(h, random)]

# %% wrong: not_scaled
def dropout(h, p, random):
    return [0.0 if number < p else value for value, number in zip(h, random)]

# %% wrong: keeps_with_p
def dropout(h, p, random):
    return [value / p if number < p else 0.0 for value, number in zip(h, random)]

# %% wrong: left_out
def dropout(h, p, random):
    return [value / (1 - p) for value, number in zip(h, random) if number >= p]

# %% wrong: multiplied
def dropout(h, p, random):
    return [0.0 if number < p else value * (1 - p) for value, number in zip(h, random)]

# %% [markdown]
# ## Remedy 3: weight decay
#
# To wind around a single point a network needs large weights: its score must change a lot within a short distance.
# **Weight decay** pulls all weights towards 0. At each step, each weight also loses a small part of itself,
#
# $$w \leftarrow w - \text{rate} \cdot \text{decay} \cdot w$$
#
# A weight stays large only if the gradient keeps pushing it up, so if it is of use for many examples and not just
# for one. How strong should the decay be? That is for the validation set to say.

# %% exercise 12.4 [markdown]
# ### Exercise 12.4: close the gap
#
# Find a decay with which, at the end of the training, the validation loss is below 0.42 and the training loss is at
# most 0.1 below it. `fit(decay=1.0)[1]` is the history for a decay of 1; its last numbers are
# `history["loss"][-1]` and `history["val_loss"][-1]`. The check trains with your decay, which takes some seconds.

# %% start
decay = ...

# %% check
check("12.4", decay, fit)

# %% hint [markdown]
# Try 0.1, 1, 10 and 100: first find the right size, and then the number.

# %% hint [markdown]
# With 1 there is still a gap; with 30 the network learns nothing. Something in between.

# %% solution
decay = 5.0

# %% wrong: too_weak
decay = 0.1

# %% wrong: too_strong
decay = 30.0

# %% [markdown]
# All remedies in one picture. The dotted line is the training loss, and the full line is the validation loss.

# %%
figure, axes = plt.subplots(1, 3, figsize=(11, 3.2), layout="constrained", sharey=True)
trials = {"nothing": history, "dropout 0.5": fit(drop=0.5)[1], "weight decay 4": fit(decay=4.0)[1]}
for ax, (name, trial) in zip(axes, trials.items()):
    ax.plot(trial["loss"], color="#2f6db3", linestyle=":", label="training")
    ax.plot(trial["val_loss"], color="#e0782a", label="validation")
    ax.set(title=name, xlabel="step", ylim=(0, 2.2))
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("loss")
axes[0].legend(frameon=False);

# %% [markdown]
# Without a remedy (left) the gap opens wide. With dropout (middle) it opens later and less. With a weight decay of 4
# (right) the two lines stay close together, at the level where the left one had its lowest place. The training loss
# is *worse* than without a remedy, and that is the point. The surest remedy of all is not in the picture: more data.
# With enough points, learning them by heart is no longer easier than learning the moons.
#
# ## The last judge
#
# You have now looked at the validation loss again and again, to choose a step, a decay, a dropout. What is best for
# *these* 300 points need not be best for others: by choosing, you have fitted them, too. So a third set is kept, the
# **test set**, and looked at once, at the very end. Here these are our thousand new points.

# %%
final, _ = fit(decay=4.0)
print(f"without a remedy: {accuracy(model, new, new_targets):.0%} of the new points")
print(f"with decay 4:     {accuracy(final, new, new_targets):.0%} of the new points")

# %% [markdown]
# ## What you know now
#
# - A low training loss says that a network knows its examples. Whether it knows more, only other examples can say.
# - The validation loss falls and then rises: more steps are not better.
# - Early stopping, dropout and weight decay make the training loss worse and the validation loss better.
# - Whatever you choose by looking at a set is fitted to that set. Keep a test set for the end.
#
# [Next: optimizers.](13_optimizers.ipynb)

# %% teacher [markdown]
# ## Timing
#
# 25 minutes: the perfect network 4, splitting 4, curves and early stopping 7, dropout 4, weight decay 4, test set 2.
#
# ## What to watch for
#
# - Collect guesses for the new points before the second cell. "100 %" and "nearly 100 %" are the usual ones.
# - In 12.2 the answer `losses.index(min(losses))` looks right. Ask what it knows that nobody knows at that step.
# - Validation and test set: let them say what the test accuracy would be worth if it had chosen the decay.
#
# ## Questions for an examination
#
# 1. Draw training and validation loss of a network that overfits, and mark where to stop.
# 2. A network has 95 % on the training set and 94 % on the validation set; another has 100 % and 91 %. Which one do you
#    take, and why?
# 3. Why are the remaining units divided by $1 - p$ in dropout?
# 4. Someone tries 200 settings and reports the best validation accuracy. What is wrong with this number?
