"""What is wrong with how a network is put together: activations that are missing or out of place, and a loss of another kind."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autograd import Node, Primitive
from autograd.backward import ancestors
from autograd.structures import leaves

from .. import losses
from ..module import Module
from .finding import Finding

__all__ = ["class_numbers", "last_function", "loss_kind", "missing_activation", "range_of_outputs"]

# What hands numbers on without mixing or bending them, if its other inputs are constants or parameters, such as the mask of a dropout.
PASSES_ON = ("shape", "affine")
SCORES: set[Any] = {
    losses.CrossEntropyLoss, losses.cross_entropy, losses.BCEWithLogitsLoss, losses.binary_cross_entropy_with_logits,
    losses.MultiMarginLoss, losses.multi_margin_loss,
}  # fmt: skip
LOG_PROBABILITIES: set[Any] = {losses.NLLLoss, losses.nll_loss, losses.kl_div}
REGRESSION: set[Any] = {losses.MSELoss, losses.mse_loss, losses.L1Loss, losses.l1_loss, losses.HuberLoss, losses.huber_loss}
# Numbers of classes are whole, from 0 without a gap, few, and each is there often; numbers of things are seldom all that.
FEWEST_CLASSES, MOST_CLASSES, OF_EACH, BALANCE = 3, 20, 3, 0.2
# Of few examples of many classes, some are rare by chance: each class should have six, and chi² be within three deviations.
ON_AVERAGE, DEVIATIONS = 6, 3.0


def missing_activation(output: Any, place: Callable[[Any], str], title: Callable[[str], str]) -> Iterator[Finding]:
    """Linear layers that follow each other with nothing between them: together they are no more than one.

    Not so where the layer between is narrower than both its neighbours, a bottleneck; and a single
    pair among activations may be meant, such as at the end of an autoencoder.
    """
    nodes = ancestors({x for x in leaves(output) if isinstance(x, Node)})
    layers = [node for node in nodes if _kind(node) == "layer"]
    needless: dict[Node, Node] = {}  # layers, and the ones before them that add nothing
    for layer in layers:
        before = _layer_before(layer)
        if before is not None and _width(before) >= min(_width_in(before), _width(layer)):
            needless[layer] = before
    bends = any(node.primitive and _kind(node) not in ("layer", *PASSES_ON) for node in nodes)
    followed = set(map(id, needless.values()))
    for last in layers:
        chain = [last]
        while chain[-1] in needless:
            chain.append(needless[chain[-1]])
        if id(last) not in followed and len(chain) > (2 if bends else 1):
            first, end = place(chain[-1]), place(last)
            yield Finding(
                "missing activation", end, float(len(chain)),
                f"From {title(first)} to {title(end)} there are {len(chain)} linear layers without an activation between them, "
                "which together can do no more than a single one.",
                "Put an activation between each two of them, such as nn.ReLU().",
            )  # fmt: skip
            return


def range_of_outputs(kind: Any, name: str, output: Any, targets: Any) -> Iterator[Finding]:
    """A model that ends in a function whose numbers are not those that the loss needs."""
    if kind in LOG_PROBABILITIES:
        above = float(np.mean([np.mean(np.asarray(x.data if isinstance(x, Node) else x) > 0) for x in leaves(output)]))
        if above:
            yield Finding(
                "no log-probabilities", "", above,
                f"{name} takes log-probabilities, which are never above 0, and {above:.0%} of the outputs are.",
                "End the model with nn.LogSoftmax(); or, for classes, take nn.CrossEntropyLoss() and scores (logits).",
            )  # fmt: skip
        return
    end = last_function(output)
    if end is None:
        return
    (low, high), end_name = end.range, end.name
    if low == -math.inf:
        return
    between = f"never below {low:g}" if high == math.inf else f"only from {low:g} to {high:g}"
    if kind in SCORES:
        yield Finding(
            "activation at the output", "", math.nan, f"The model ends in a {end_name}, which gives numbers {between}.",
            f"Leave it out: {name} takes scores (logits) of any size and sign.",
        )  # fmt: skip
        return
    numbers = np.asarray(targets)
    if kind in REGRESSION or kind in (losses.HingeLoss, losses.hinge_loss):
        outside = float(np.mean((numbers < low) | (numbers > high)))
        if outside:
            yield Finding(
                "activation at the output", "", outside,
                f"The model ends in a {end_name}, which gives numbers {between}, and {outside:.0%} of the targets are not there.",
                "Leave it out, or bring the targets there.",
            )  # fmt: skip


def class_numbers(kind: Any, name: str, targets: Any) -> Iterator[Finding]:
    """Targets of a loss of numbers that look like numbers of classes."""
    numbers = np.ravel(np.asarray(targets))
    if kind not in REGRESSION or numbers.dtype.kind not in "fiu" or not (numbers == np.floor(numbers)).all():
        return
    if not numbers.size or numbers.min() < 0 or not FEWEST_CLASSES <= numbers.max() + 1 <= MOST_CLASSES:
        return
    counts = np.bincount(numbers.astype(int))
    classes, average = len(counts), numbers.size / len(counts)
    spread = float(((counts - average) ** 2).sum() / average)  # chi²
    by_chance = average >= ON_AVERAGE and spread <= classes - 1 + DEVIATIONS * math.sqrt(2 * (classes - 1))
    if counts.all() and (by_chance or counts.min() >= max(OF_EACH, BALANCE * counts.max())):
        yield Finding(
            "class numbers", "", float(classes),
            f"The targets are the whole numbers from 0 to {classes - 1}, as of classes, and {name} takes class 2 for twice class 1.",
            f"If they are classes, end the model with {classes} outputs, and take nn.CrossEntropyLoss() with targets of shape (n,).",
        )  # fmt: skip


def last_function(output: Any) -> Primitive | None:
    """What computed the numbers of an output, whatever was done to their shape afterwards; None if that is not one thing."""
    found = set()
    for x in leaves(output):
        while isinstance(x, Node) and _kind(x) == "shape":
            x = (x.inputs or ())[0]
        found.add(x.primitive if isinstance(x, Node) else None)
    return found.pop() if len(found) == 1 else None


def _kind(x: Node) -> str | None:
    return None if x.primitive is None else x.primitive.kind


def loss_kind(loss: Any) -> Any:
    """By what a loss is known: its class, or the function."""
    return type(loss) if isinstance(loss, Module) else loss


def _layer_before(layer: Node) -> Node | None:
    """The linear layer whose outputs are the inputs of this one, if nothing but constants comes between."""
    todo: Sequence[Any] = layer.inputs or ()
    for x in todo if _is_of_values(layer) else todo[:1]:
        while isinstance(x, Node) and (_kind(x) in PASSES_ON or _is_of_the_batch(x)):
            computed = [y for y in x.inputs or () if isinstance(y, Node) and y.requires_grad and not y.is_leaf]
            x = computed[0] if len(computed) == 1 else None
        if isinstance(x, Node) and _kind(x) == "layer":
            return x
    return None


def _is_of_the_batch(x: Node) -> bool:
    """Whether it is the step of a batch normalisation: after the training that is multiplying and adding."""
    return _kind(x) == "normalization" and 0 in np.atleast_1d(x.static["axis"])


def _is_of_values(layer: Node) -> bool:
    """Whether it is the sum of a single neuron, whose weights are its inputs beside the numbers that they weigh."""
    return layer.primitive is None or layer.primitive.elementwise


def _width(layer: Node) -> float:
    """How many numbers a layer gives for an example; of Values that is not known."""
    return _shape(layer)[0]


def _width_in(layer: Node) -> float:
    return _shape(layer)[1]


def _shape(layer: Node) -> tuple[float, float]:
    if _is_of_values(layer):
        return math.inf, math.inf
    x, weight = (layer.inputs or ())[:2]
    out, _, *kernel = np.shape(weight.data)
    return out, x.shape[1 if kernel else -1] * math.prod(kernel)
