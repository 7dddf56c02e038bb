"""What is wrong with the structure of a network.

Activations may be missing or out of place, and the loss may not fit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autograd import Node, Primitive
from autograd.backward import ancestors
from autograd.structures import leaves

from .finding import Finding
from .known_losses import Known

__all__ = ["class_numbers", "last_function", "missing_activation", "range_of_outputs"]

# What passes numbers on linearly and unmixed, if its other inputs are constants or parameters, such as the mask of a
# dropout.
PASSES_ON = ("shape", "affine")
# Targets look like classes if they are whole numbers from 0 without a gap, few, and each frequent. Quantities seldom
# are all that.
FEWEST_CLASSES, MOST_CLASSES, OF_EACH, BALANCE = 3, 20, 3, 0.2
# Among few examples of many classes, some are rare by chance: six of each on average, and chi² within three standard
# deviations.
ON_AVERAGE, DEVIATIONS = 6, 3.0


def missing_activation(output: object, place: Callable[[object], str], title: Callable[[str], str]) -> Iterator[Finding]:
    """Look for linear layers without an activation between them, which together are no more than one.

    A layer that is narrower than both its neighbours, a bottleneck, is in order. So is a single pair
    in a network with activations, such as at the end of an autoencoder.

    Args:
        output: what the model returned.
        place: a function from a node to the path of its layer.
        title: a function from a path to what a sentence calls the layer.

    Example:
        >>> import nn
        >>> output = nn.Sequential(nn.Linear(2, 8), nn.Linear(8, 1))(np.ones((4, 2)))
        >>> [found.number for found in missing_activation(output, lambda node: "", lambda path: "the model")]
        [2.0]
    """
    nodes = ancestors({x for x in leaves(output) if isinstance(x, Node)})
    layers = [node for node in nodes if _kind(node) == "layer"]
    needless: dict[Node, Node] = {}  # layers, and the ones before them that add nothing
    for layer in layers:
        before = _layer_before(layer)
        if before is not None and _sizes(before)[0] >= min(_sizes(before)[1], _sizes(layer)[0]):
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
                "Put an activation such as nn.ReLU() after each but the last.",
            )  # fmt: skip
            return


def range_of_outputs(loss: Known, output: object, targets: ArrayLike) -> Iterator[Finding]:
    """Look for a model that ends in a function whose range is not what the loss needs.

    Args:
        loss: what is known of the loss.
        output: what the model returned.
        targets: the targets of the batch.

    Example:
        >>> import nn
        >>> output = nn.Sequential(nn.Linear(2, 3), nn.ReLU())(np.ones((4, 2)))
        >>> [found.kind for found in range_of_outputs(Known("scores"), output, np.zeros(4))]
        ['activation at the output']
    """
    if loss.takes == "log-probabilities":
        above = float(np.mean([np.mean(np.asarray(x.data if isinstance(x, Node) else x) > 0) for x in leaves(output)]))
        if above:
            yield Finding(
                "no log-probabilities", "", above,
                f"{loss.name} takes log-probabilities, which are never above 0, and {above:.0%} of the outputs are.",
                "End the model with nn.LogSoftmax(); or, for classes, take nn.CrossEntropyLoss() and scores (logits).",
            )  # fmt: skip
        return
    end = last_function(output)
    if end is None:
        return
    low, high = end.range
    if low == -math.inf:
        return
    between = f"never below {low:g}" if high == math.inf else f"only from {low:g} to {high:g}"
    if loss.takes == "scores":
        yield Finding(
            "activation at the output", "", math.nan, f"The model ends in a {end.name}, which gives numbers {between}.",
            f"Leave it out: {loss.name} takes scores (logits) of any size and sign.",
        )  # fmt: skip
        return
    numbers = np.asarray(targets)
    if loss.takes in ("numbers", "signed scores"):
        outside = float(np.mean((numbers < low) | (numbers > high)))
        if outside:
            yield Finding(
                "activation at the output", "", outside,
                f"The model ends in a {end.name}, which gives numbers {between}, and {outside:.0%} of the targets are outside.",
                "Leave it out, or scale the targets to that range.",
            )  # fmt: skip


def class_numbers(loss: Known, targets: ArrayLike) -> Iterator[Finding]:
    """Look for targets of a regression that look like numbers of classes.

    Example:
        >>> [found.number for found in class_numbers(Known("numbers"), np.arange(30) % 3)]
        [3.0]
    """
    numbers = np.ravel(np.asarray(targets))
    if loss.takes != "numbers" or numbers.dtype.kind not in "fiu" or not (numbers == np.floor(numbers)).all():
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
            f"The targets are the whole numbers from 0 to {classes - 1}, like classes, and {loss.name} treats class 2 as twice class 1.",
            f"If they are classes, end the model with {classes} outputs, and take nn.CrossEntropyLoss() with targets of shape (n,).",
        )  # fmt: skip


def last_function(output: object) -> Primitive | None:
    """The primitive that computed an output, apart from changes of its shape; None if there are several.

    Example:
        >>> from autograd import Tensor
        >>> last_function(Tensor([1.0, 2.0]).tanh().reshape(2, 1))
        <primitive tanh>
    """
    found = set()
    for x in leaves(output):
        while isinstance(x, Node) and _kind(x) == "shape":
            x = (x.inputs or ())[0]
        found.add(x.primitive if isinstance(x, Node) else None)
    return found.pop() if len(found) == 1 else None


def _kind(x: Node) -> str | None:
    return None if x.primitive is None else x.primitive.kind


def _layer_before(layer: Node) -> Node | None:
    """The linear layer whose outputs are the inputs of this one, with nothing but constants in between."""
    todo: Sequence[Any] = layer.inputs or ()
    for x in todo if _is_of_values(layer) else todo[:1]:
        while isinstance(x, Node) and (_kind(x) in PASSES_ON or _is_of_the_batch(x)):
            own = (x.inputs or ())[:1] if _is_of_the_batch(x) else x.inputs or ()
            computed = [y for y in own if isinstance(y, Node) and y.requires_grad and not y.is_leaf]
            x = computed[0] if len(computed) == 1 else None
        if isinstance(x, Node) and _kind(x) == "layer":
            return x
    return None


def _is_of_the_batch(x: Node) -> bool:
    """Whether `x` is the standardization of a batch normalization, which in evaluation mode only multiplies and adds."""
    return _kind(x) == "normalization" and 0 in np.atleast_1d(x.static["axis"])


def _is_of_values(layer: Node) -> bool:
    """Whether it is the sum of a single neuron, whose weights are its inputs beside the numbers that they weigh."""
    return layer.primitive is None or layer.primitive.elementwise


def _sizes(layer: Node) -> tuple[float, float]:
    """How many numbers a layer gives for an example, and takes; infinity for layers of Values, where it is not known."""
    if _is_of_values(layer):
        return math.inf, math.inf
    x, weight = (layer.inputs or ())[:2]
    out, _, *kernel = np.shape(weight.data)
    return out, x.shape[1 if kernel else -1] * math.prod(kernel)
