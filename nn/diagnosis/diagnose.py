"""`diagnose(model, batch, loss)`: finds common mistakes from one batch, and describes them in sentences.

The batch goes forward and backward once. Then the graph can be read: every ReLU, sigmoid and tanh
with its numbers, and the gradient of every weight. The limits beyond which a number is a finding
stand at the top of the files, each with its reason.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autograd import Node
from autograd.structures import tree_map

from ..callbacks.training import Loss
from ..module import Module
from ..optim import Optimizer
from ..randomness import generators
from ..snapshot import Snapshot
from .before import not_finite, scale
from .finding import Diagnosis, Finding
from .known_losses import known
from .learning import course, rate
from .passes import Passes
from .structure import class_numbers, last_function, missing_activation, range_of_outputs

__all__ = ["diagnose"]

START = 2.0  # the loss may be this many times that of an untrained network


def diagnose(
    model: Module, batch: Sequence[ArrayLike | Node], loss: Loss | None = None, optimizer: Optimizer | None = None,
    history: Mapping[str, Sequence[float]] | None = None,
) -> Diagnosis:  # fmt: skip
    """Look for the usual problems of training in one batch, and say what to try.

    They are: data that are not finite or not scaled; layers without an activation between them, an
    activation at the output that does not fit the loss, scores in place of log-probabilities,
    numbers of classes treated as quantities; a loss that does not start at its expected value; dead
    ReLUs and saturated sigmoids, by layer; gradients that vanish, explode, or do not arrive; a
    learning rate far too low or too high; and overfitting, divergence or standstill in the epochs
    so far. Diagnose before training, and again when training gets stuck.

    The model computes in its current mode, training or evaluation. It is left as it was, with its
    gradients, its buffers and the state of its random generators.

    Args:
        model: a network of Tensors; or of Values, such as an `MLP`, which is called row by row.
        batch: inputs and targets, such as a `DataLoader` gives, each of shape (n, …). Dead ReLUs
            are looked for if there are at least 16 examples.
        loss: called as `loss(output, targets)`. Without one, only the forward pass is examined. For
            the losses of `nn`, the loss of an untrained network is known.
        optimizer: the optimizer in use. A copy of it takes one step with a copy of the
            model, to see what the learning rate does.
        history: the epochs so far, such as `trainer.history`; its columns "loss" and "val_loss" are
            examined.

    Returns:
        A `Diagnosis`: printed, it is sentences; `.findings` is a list for programs.

    Raises:
        TypeError: the model is not a module, the batch is not inputs and targets, the optimizer is
            not one of `nn.optim`, or the history is not a table of columns.
        ValueError: the model has no parameters; the loss is not one number; or there is an
            optimizer without a loss.

    Example:
        >>> import nn
        >>> rng = np.random.default_rng(0)
        >>> X, y = rng.normal(size=(64, 8)), rng.integers(3, size=64)
        >>> model = nn.Sequential(nn.Linear(8, 32, rng=0), nn.ReLU(), nn.Linear(32, 3, rng=0))
        >>> nn.diagnose(model, (X, y), loss=nn.CrossEntropyLoss())
        All is well, as far as one batch shows. The loss is 1.238.
        >>> nn.diagnose(model, (1000 * X, y), loss=nn.CrossEntropyLoss()).findings[0].kind
        'input scale'
    """
    if not isinstance(model, Module):
        raise TypeError(f"nn.diagnose takes a model, an nn.Module, not a {type(model).__name__}.")
    if not isinstance(batch, (tuple, list)) or len(batch) < 2:
        raise TypeError("nn.diagnose takes a batch of inputs and targets: nn.diagnose(model, (X, y), loss=nn.MSELoss()).")
    if not model.parameters():
        raise ValueError(f"nn.diagnose looks at the layers of a model, and this {type(model).__name__} has no parameters.")
    if optimizer is not None and not isinstance(optimizer, Optimizer):
        raise TypeError(f"nn.diagnose takes as optimizer one of nn.optim, not a {type(optimizer).__name__}.")
    if history is not None and not isinstance(history, Mapping):
        raise TypeError(f"nn.diagnose takes as history that of a Trainer, or a dict of columns, not a {type(history).__name__}.")
    if optimizer is not None and loss is None:
        raise ValueError("nn.diagnose needs the loss to see what a step of the optimizer does; pass loss=….")
    data: list[Any] = [x.data if isinstance(x, Node) else x for x in batch]
    *inputs, targets = data
    findings = [*not_finite(model, inputs, 0 if loss is None else targets)] or [*scale(model, inputs)]
    past = [] if history is None else [*course(history)]
    if any(finding.kind == "not finite" for finding in findings):
        return Diagnosis(findings + past, None)
    with _left_as_it_is(model), np.errstate(all="ignore"):
        passes = Passes(model, inputs)
        if passes.first_not_finite:
            return Diagnosis([*findings, passes.first_not_finite, *past], None)
        findings += missing_activation(passes.output, passes.place, passes.title)
        findings += passes.activations()
        if loss is None:
            return Diagnosis(findings + past, None)
        out = loss(passes.output, targets)
        if not isinstance(out, Node) or out.size != 1:
            raise ValueError("nn.diagnose needs a loss that is one number, a Value or a Tensor, such as one with reduction='mean'.")
        number = float(out.item())
        expected = _expected(loss, passes.output, targets)
        findings += _start(loss, passes.output, targets, number, expected)
        if math.isfinite(number):
            out.backward()  # type: ignore[attr-defined]
            findings += passes.gradients(out)
            if optimizer is not None:
                findings += rate(model, optimizer, number, expected, lambda twin: float(loss(passes.run(twin), targets).item()))
    return Diagnosis(findings + past, number)


def _expected(loss: Loss, output: object, targets: ArrayLike) -> float | None:
    """The loss of a network that knows nothing yet; None if it is not known."""
    untrained = known(loss).untrained
    if untrained is None:
        return None
    shape = np.shape(tree_map(lambda x: x.data if isinstance(x, Node) else x, output))
    return float(loss(np.full(shape, untrained(shape[1] if len(shape) > 1 else 1)), targets))


def _start(loss: Loss, output: object, targets: ArrayLike, number: float, expected: float | None) -> Iterator[Finding]:
    """Whether the loss fits the output, and whether it is what it should be at the start."""
    if not math.isfinite(number):
        yield Finding(
            "not finite", "", number, f"The loss is {number}, though the outputs are finite.",
            "Check the targets, and use a loss that takes scores (logits), which stays exact for large ones.",
        )  # fmt: skip
        return
    about, last = known(loss), last_function(output)
    if last is not None and last is about.applies:
        yield Finding(
            "softmax twice", "", number, f"The model ends in a {last.name}, and {about.name} applies one again.",
            f"Leave out that of the model: {about.name} takes scores (logits).",
        )  # fmt: skip
    else:
        yield from range_of_outputs(about, output, targets)
    yield from class_numbers(about, targets)
    if expected is not None and number > START * expected > 0:
        yield Finding(
            "loss at the start", "", number / expected,
            f"The loss is {number:.4g}, while a network that knows nothing has {expected:.4g}: this one is sure, and wrong.",
            "At the start, try smaller weights in the last layer, and scaled inputs and targets; later, check the labels.",
        )  # fmt: skip


@contextmanager
def _left_as_it_is(model: Module) -> Iterator[None]:
    """Inside, the model may compute and get gradients; afterwards it is as before."""
    parameters = model.parameters()
    gradients = [p.grad for p in parameters]
    before = Snapshot(model, generators(model=model).values())
    for p in parameters:
        p.grad = p._blank_grad
    try:
        yield
    finally:
        for p, gradient in zip(parameters, gradients, strict=True):
            p.grad = gradient
        before.restore()
