"""What a network is to learn: classes, by the sign of one output or by the largest of several, or numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .. import losses
from ..training.measuring import plain
from ..types import Array

__all__ = ["Task", "task_of"]

LOGITS = (losses.binary_cross_entropy_with_logits,)


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


def task_of(y: Array, outputs: Array, loss: Callable[[Any, Any], Any], is_of_values: bool) -> Task:
    """The task of a network with some outputs for the data, whose targets are `y`.

    Raises:
        ValueError: there are not as many targets as outputs.
    """
    width = 1 if outputs.ndim == 1 else outputs.shape[1]
    if y.dtype.kind in "iub" and y.ndim == 1 and width > 1:
        if y.min() < 0 or y.max() >= width:
            raise ValueError(f"The network has {width} outputs, for the classes 0 to {width - 1}; y has {y.min()} to {y.max()}.")
        return Task("largest", [float(c) for c in range(width)], 0.0, y.astype(int), _as_labels(y, width, outputs, loss))
    if width > 1 and y.shape == outputs.shape and set(np.unique(y).tolist()) == {0, 1} and (y.sum(axis=1) == 1).all():
        return Task("largest", [float(c) for c in range(width)], 0.0, y.argmax(axis=1), y.astype(float))
    y = y.astype(float)
    targets = y[:, None] if y.ndim == 1 and outputs.ndim == 2 and not is_of_values else y
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


def _as_labels(y: Array, width: int, outputs: Array, loss: Callable[[Any, Any], Any]) -> Array:
    """Labels as probabilities, 1 for the class and 0 for the others, if the loss takes them for the same; else as they are."""
    shares = np.eye(width)[y]
    try:
        same = np.isclose(plain(loss(outputs.tolist(), shares)), plain(loss(outputs.tolist(), y)))
    except (TypeError, ValueError):
        same = False
    return shares if same else y
