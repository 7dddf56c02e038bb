"""What is wrong with how a network learns: a learning rate far too low or far too high, and losses that do not fall."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from autograd import no_grad

from ..module import Module
from ..optim import Optimizer
from .finding import Finding

__all__ = ["course", "rate"]

# A step should change the weights by about a thousandth of their size (Karpathy, 2022, "Building makemore 3").
# A network that changes by less than this fraction will hardly learn, unless it has learned already.
TOO_LOW = 1e-6
LEARNED = 0.5  # a network has learned if its loss is below this fraction of an untrained one's
TOO_HIGH = 2.0  # a step goes much too far if the loss becomes this many times what it was, or was at the start

EPOCHS = 4  # fewer epochs show no trend
OVERFITS = 1.1  # a network overfits if the last validation losses are this many times the best one
STILL = 0.01  # a loss stands still if it has fallen by less than this fraction


def rate(
    model: Module, optimizer: Optimizer, before: float, expected: float | None, loss_of: Callable[[Module], float]
) -> Iterator[Finding]:
    """Whether the learning rate is far too low or far too high.

    One step of copies of the model and the optimizer tells.

    Args:
        model, optimizer: the originals, with the gradients of the batch.
        before: the loss of the batch.
        expected: the loss of an untrained network; None if it is not known.
        loss_of: a function from a model to its loss of the batch.

    Example:
        >>> import nn
        >>> model = nn.Linear(1, 1, rng=0)
        >>> loss_of = lambda model: nn.mse_loss(model([[1.0]]), [[3.0]])
        >>> loss = loss_of(model)
        >>> loss.backward()
        >>> [found.kind for found in rate(model, nn.optim.SGD(model.parameters(), lr=100.0), loss.item(), None, loss_of)]
        ['learning rate']
    """
    twin, twins_optimizer = copy.deepcopy((model, optimizer))
    for p, q in zip(model.parameters(), twin.parameters(), strict=True):
        q.grad = p.grad
    twins_optimizer.step()
    with no_grad():
        after = loss_of(twin)
    rates = " and ".join(f"{rate:g}" for rate in dict.fromkeys(group["lr"] for group in optimizer.param_groups))
    if not after <= TOO_HIGH * max(before, expected or before):  # also nan
        yield Finding(
            "learning rate", "", after / before if before else math.inf,
            f"The learning rate, {rates}, is far too high: one step takes the loss of this very batch from {before:.4g} to {after:.4g}.",
            "Try a tenth of it, and diagnose again.",
        )  # fmt: skip
        return
    size, change = 0.0, 0.0
    for p, q in zip(model.parameters(), twin.parameters(), strict=True):
        size += float(np.sum(np.square(p.data, dtype=float)))
        change += float(np.sum(np.square(np.subtract(q.data, p.data, dtype=float))))
    part = math.sqrt(change / size) if size else math.inf
    if part < TOO_LOW and (expected is None or before > LEARNED * expected):
        yield Finding(
            "learning rate", "", part,
            f"The learning rate, {rates}, is far too low: a step changes the weights by {part:.1e} of their size, and 1e-3 is usual.",
            "Try ten times as much, again and again, until the loss falls.",
        )  # fmt: skip


def course(history: Mapping[str, Sequence[float]]) -> Iterator[Finding]:
    """What the losses of the epochs show: divergence, standstill, or overfitting.

    Args:
        history: columns "loss" and, if there is one, "val_loss".

    Example:
        >>> [found.kind for found in course({"loss": [1.0, 10.0]})]
        ['divergence']
    """
    train, held_out = list(history.get("loss", ())), list(history.get("val_loss", ()))
    if not train:
        return
    if not math.isfinite(train[-1]) or (len(train) > 1 and train[-1] > TOO_HIGH * abs(train[0])):
        worst = next((i for i, loss in enumerate(train) if not math.isfinite(loss)), len(train) - 1)
        yield Finding(
            "divergence", "", train[-1],
            f"Training diverges: its loss was {train[0]:.4g} in epoch 1 and {train[worst]:.4g} in epoch {worst + 1}.",
            "Try a smaller learning rate, scaled inputs and targets, or nn.utils.clip_grad_norm_.",
        )  # fmt: skip
        return
    if len(train) < EPOCHS:
        return
    recent = train[len(train) // 2 :]
    least = min(train)
    if train[0] - least <= STILL * abs(train[0]):
        yield Finding(
            "no progress", "", train[-1] / train[0] if train[0] else 1.0,
            f"Training makes no progress: its loss was {train[0]:.4g} in epoch 1 and is {train[-1]:.4g} in epoch {len(train)}.",
            "Try another learning rate; check that targets and inputs belong together, and that the loss falls on a single batch.",
        )  # fmt: skip
    elif least > LEARNED * train[0] and max(recent) - min(recent) <= STILL * abs(train[0]):
        yield Finding(
            "plateau", "", train[-1] / train[0],
            f"Training stands still at a loss of {train[-1]:.4g}, not much less than the {train[0]:.4g} of epoch 1.",
            "Try another learning rate, or one that changes (nn.optim.OneCycleLR), a larger network, or better inputs.",
        )  # fmt: skip
    measured = [(loss, i) for i, loss in enumerate(held_out) if math.isfinite(loss)]
    if len(measured) < EPOCHS:
        return
    best, epoch = min(measured)
    since = [loss for loss, i in measured[-3:] if i > epoch]
    last = float(np.mean(since)) if len(since) > 1 else best
    if last > OVERFITS * abs(best) and train[-1] < train[epoch]:
        yield Finding(
            "overfitting", "", float(last / best) if best else math.inf,
            f"The model overfits: since epoch {epoch + 1} the validation loss has risen from {best:.4g} to {last:.4g}, "
            f"while the training loss fell from {train[epoch]:.4g} to {train[-1]:.4g}.",
            "Stop there (nn.callbacks.EarlyStopping with restore_best_weights); or try dropout, weight_decay or more data.",
        )  # fmt: skip
