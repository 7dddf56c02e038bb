"""What a network is to learn: classes, by the sign of one output or by the largest of several, or numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograd.primitives.elementary import sigmoid

from .. import losses
from ..training.measuring import plain
from ..types import Array

__all__ = ["Task", "task_of", "usual_loss"]

LOGITS = (losses.binary_cross_entropy_with_logits,)

Loss = Callable[[Any, Any], Any]


class Task(NamedTuple):
    """How targets are written.

    Attributes:
        kind: "largest", where the class is the number of the largest output; "side", where there are two classes, on the sides
            of a threshold; or "numbers".
        classes: the targets of the classes, by which they are called; none for numbers.
        threshold: of "side".
        y: for each row of the data its class, or its numbers.
        targets: for each row what the loss is given.
    """

    kind: str
    classes: list[float]
    threshold: float
    y: Array
    targets: Array


def usual_loss(y: Array, outputs: Array, answer: object) -> Loss:
    """The loss for some targets and outputs; `answer` is the network's for the first point, or for all.

    Example:
        >>> usual_loss(np.array([0.0, 1.0]), np.array([0.3, -2.0]), None).__name__
        'binary_cross_entropy_with_logits'
    """
    values = set(np.unique(y).tolist())
    if _width(outputs) > 1:
        return losses.cross_entropy if y.ndim == 1 or _is_one_hot(y) else losses.mse_loss
    if values <= {-1, 1}:
        return losses.hinge_loss
    if values <= {0, 1}:
        is_probability = getattr(answer, "primitive", None) is sigmoid
        return losses.binary_cross_entropy if is_probability else losses.binary_cross_entropy_with_logits
    return losses.mse_loss


def task_of(y: Array, outputs: Array, loss: Loss, is_of_values: bool) -> Task:
    """The task of a network with some outputs for the data, whose targets are `y`.

    Raises:
        ValueError: there are not as many targets as outputs.
    """
    width = _width(outputs)
    if y.ndim == 1 and width > 1 and (y.dtype.kind in "iub" or ((y >= 0).all() and (y == y.astype(int)).all())):
        y = y.astype(int)
        if y.min() < 0 or y.max() >= width:
            raise ValueError(f"The network has {width} outputs, for the classes 0 to {width - 1}; y has {y.min()} to {y.max()}.")
        return Task("largest", [float(c) for c in range(width)], 0.0, y, _as_labels(y, width, outputs, loss))
    if width > 1 and y.shape == outputs.shape and _is_one_hot(y):
        return Task("largest", [float(c) for c in range(width)], 0.0, y.argmax(axis=1), y.astype(float))
    y = y.astype(float)
    targets = y[:, None] if y.ndim == 1 and outputs.ndim == 2 and not is_of_values else y
    if outputs.ndim == 1 and y.shape == (len(y), 1):
        targets = y[:, 0]
    if targets.size != outputs.size:
        raise ValueError(
            f"The network has {width} outputs for each point, and y has {targets.size // len(y)} numbers; they must be as many."
        )
    values = np.unique(y)
    if width == 1 and len(values) == 2 and set(values.tolist()) <= {-1.0, 0.0, 1.0}:
        is_logit = values[0] == -1 or loss in LOGITS or isinstance(loss, losses.BCEWithLogitsLoss)
        classes = (y.reshape(-1) == values[1]).astype(int)
        return Task("side", values.tolist(), 0.0 if is_logit else 0.5, classes, targets)
    return Task("numbers", [], 0.0, y.reshape(len(y), -1), targets)


def _width(outputs: Array) -> int:
    return 1 if outputs.ndim == 1 else int(outputs.shape[1])


def _is_one_hot(y: Array) -> bool:
    return y.ndim == 2 and set(np.unique(y).tolist()) == {0, 1} and bool((y.sum(axis=1) == 1).all())


def _as_labels(y: Array, width: int, outputs: Array, loss: Loss) -> Array:
    """Labels as probabilities, 1 for the class and 0 for the others, if the loss takes them for the same; else as they are."""
    shares = np.eye(width)[y]
    try:
        same = np.isclose(plain(loss(outputs.tolist(), shares)), plain(loss(outputs.tolist(), y)))
    except (TypeError, ValueError):
        same = False
    return shares if same else y
