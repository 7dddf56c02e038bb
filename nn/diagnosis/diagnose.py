"""`diagnose(model, batch, loss)`: what the tutorials warn of, looked for in one batch and said in sentences.

The batch goes forward and backward once. Then the graph is there to be read: every ReLU, sigmoid
and tanh with its numbers, and the gradient of every weight. The limits beyond which a number is a
finding stand at the top of the files, each with its reason.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd import Node, Primitive, sigmoid
from autograd.primitives.reductions import softmax
from autograd.structures import tree_map

from .. import losses
from ..module import Module
from ..optim import Optimizer
from ..randomness import shared_generator
from .before import not_finite, scale
from .finding import Diagnosis, Finding
from .learning import course, rate
from .passes import Passes
from .structure import class_numbers, last_function, loss_kind, missing_activation, range_of_outputs

__all__ = ["diagnose"]

START = 2.0  # how many times the loss of a network that knows nothing the loss may be

# What a network that knows nothing answers: scores of 0, a probability of ½; None stands for -ln K, of K classes.
NOTHING_KNOWN: dict[Any, float | None] = {
    losses.CrossEntropyLoss: 0.0, losses.cross_entropy: 0.0, losses.NLLLoss: None, losses.nll_loss: None,
    losses.BCEWithLogitsLoss: 0.0, losses.binary_cross_entropy_with_logits: 0.0, losses.BCELoss: 0.5, losses.binary_cross_entropy: 0.5,
    losses.HingeLoss: 0.0, losses.hinge_loss: 0.0, losses.MultiMarginLoss: 0.0, losses.multi_margin_loss: 0.0,
    losses.MSELoss: 0.0, losses.mse_loss: 0.0, losses.L1Loss: 0.0, losses.l1_loss: 0.0, losses.HuberLoss: 0.0, losses.huber_loss: 0.0,
}  # fmt: skip
# What losses that take scores apply to them.
APPLIED: dict[Any, Primitive] = {
    losses.CrossEntropyLoss: softmax, losses.cross_entropy: softmax,
    losses.BCEWithLogitsLoss: sigmoid, losses.binary_cross_entropy_with_logits: sigmoid,
}  # fmt: skip


def diagnose(
    model: Module, batch: Sequence[Any], loss: Any = None, optimizer: Any = None, history: Mapping[str, Sequence[float]] | None = None
) -> Diagnosis:
    """Look for the usual troubles of training in one batch, and say what to try.

    They are: data that are not finite or not scaled; layers without an activation between them, an
    activation at the output that does not fit the loss, scores where log-probabilities should be,
    class numbers taken for quantities; a loss that does not start at its expected value; dead
    ReLUs and saturated sigmoids, by layer; gradients that vanish, explode, or do not arrive; a
    learning rate far too low or too high; and overfitting, divergence and standstill in the epochs
    so far. It is best done before training, and again when training gets stuck.

    The model computes in the mode that it is in, training or evaluation, and is left as it was:
    its gradients, its buffers and the random numbers to come as well.

    Args:
        model: of Tensors; or of Values, such as an `MLP`, which is called row by row.
        batch: inputs and targets, such as a `DataLoader` gives. Dead ReLUs are looked for among 16
            examples and more.
        loss: called as `loss(output, targets)`. Without one, only the forward pass is looked at.
            The expected start is known of the losses of `nn`.
        optimizer: that of the training. A copy of it takes one step with a copy of the model, to
            see what the learning rate does.
        history: what came of the epochs so far, such as `trainer.history`; its columns "loss" and
            "val_loss" are looked at.

    Returns:
        A `Diagnosis`: printed, it is sentences; `.findings` is a list for programs.

    Raises:
        TypeError: the model is no module, the batch not of inputs and targets, the optimizer none
            of `nn.optim`, or the history no table of columns.
        ValueError: the model has no parameters, or the loss is not one number.

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
    *inputs, targets = [x.data if isinstance(x, Node) else x for x in batch]
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


def _expected(loss: Any, output: Any, targets: Any) -> float | None:
    """The loss of a network that knows nothing; None if it is not known."""
    kind = loss_kind(loss)
    if kind not in NOTHING_KNOWN:
        return None
    shape = np.shape(tree_map(lambda x: x.data if isinstance(x, Node) else x, output))
    answer = NOTHING_KNOWN[kind]
    return float(loss(np.full(shape, -math.log(shape[1]) if answer is None else answer), targets))


def _start(loss: Any, output: Any, targets: Any, number: float, expected: float | None) -> Iterator[Finding]:
    """Whether the loss fits the output, and is what it should be at the start."""
    if not math.isfinite(number):
        yield Finding(
            "not finite", "", number, f"The loss is {number}, of outputs that are finite.",
            "Look at the targets, and take a loss of scores (logits), which is exact for large ones.",
        )  # fmt: skip
        return
    kind = loss_kind(loss)
    name = getattr(kind, "__name__", "the loss")
    last = last_function(output)
    if last is not None and last is APPLIED.get(kind):
        yield Finding(
            "softmax twice", "", number, f"The model ends in a {last.name}, and {kind.__name__} applies one again.",
            f"Leave out that of the model: {kind.__name__} takes scores (logits).",
        )  # fmt: skip
    else:
        yield from range_of_outputs(kind, name, output, targets)
    yield from class_numbers(kind, name, targets)
    if expected is not None and number > START * expected > 0:
        yield Finding(
            "loss at the start", "", number / expected,
            f"The loss is {number:.4g}, and that of a network that knows nothing {expected:.4g}: this one is sure, and wrong.",
            "At the start, try smaller weights in the last layer, and scaled inputs and targets; later, look at the labels.",
        )  # fmt: skip


@contextmanager
def _left_as_it_is(model: Module) -> Iterator[None]:
    """Inside, a model may compute and pass gradients back; afterwards all is as before."""
    parameters = model.parameters()
    gradients = [p.grad for p in parameters]
    buffers = [(module, name, getattr(module, name)) for module in model.modules() for name in module._buffers]
    numbers = [buffer.copy() for _, _, buffer in buffers]
    own = [x for module in model.modules() for x in vars(module).values() if isinstance(x, np.random.Generator)]
    states = [(rng, rng.bit_generator.state) for rng in (shared_generator(), *own)]
    for p in parameters:
        p.grad = p._blank_grad
    try:
        yield
    finally:
        for p, gradient in zip(parameters, gradients, strict=True):
            p.grad = gradient
        for (module, name, buffer), before in zip(buffers, numbers, strict=True):
            buffer[...] = before
            setattr(module, name, buffer)
        for rng, state in states:
            rng.bit_generator.state = state
