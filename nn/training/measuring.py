"""The loss and the metrics over many batches, as if they were one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd import Node
from autograd.structures import leaves, rebuild

from .. import losses
from .batches import Batch

__all__ = ["Measurement", "joined", "plain"]


class Measurement:
    """What is known after some batches: the loss as the mean over all their examples, and the metrics.

    Args:
        loss: the loss, which says how a batch counts.
        metrics: functions of predictions and targets, by name.
    """

    def __init__(self, loss: Any, metrics: Mapping[str, Callable[[Any, Any], Any]]) -> None:
        self.loss_function, self.metrics = loss, metrics
        self.is_sum = getattr(loss, "reduction", None) == "sum"
        self.total, self.weight = 0.0, 0.0
        self.outputs: list[Any] = []
        self.targets: list[Any] = []

    def add(self, loss: float, output: Any, batch: Batch) -> None:
        """Take notice of a batch: its loss and, if there are metrics, what the model said, as plain numbers."""
        weight = self._weight(batch)
        self.total += loss if self.is_sum else loss * weight
        self.weight += weight
        if self.metrics:
            self.outputs.append(output)
            self.targets.append(batch.target)

    @property
    def loss(self) -> float:
        """The mean loss so far."""
        return self.total / self.weight if self.weight else math.nan

    def results(self) -> dict[str, float]:
        """The loss and the metrics.

        Raises:
            TypeError: a metric gave something else than a number.
        """
        out = {"loss": self.loss}
        if self.metrics:
            predictions, targets = joined("The outputs", self.outputs), joined("The targets", self.targets)
            for name, metric in self.metrics.items():
                number = metric(predictions, targets)
                if np.ndim(number):
                    raise TypeError(f"A metric of a training is one number, and {name} gave an array of shape {np.shape(number)}.")
                out[name] = float(number)
        return out

    def _weight(self, batch: Batch) -> float:
        """What the loss of the batch is a mean over: its examples, or what a loss of classes counts them as."""
        loss, labels = self.loss_function, batch.target
        of_classes = isinstance(loss, (losses.CrossEntropyLoss, losses.NLLLoss)) or loss in (losses.cross_entropy, losses.nll_loss)
        if not of_classes or not isinstance(labels, np.ndarray) or labels.dtype.kind not in "iu":
            return batch.size
        counted = labels[labels != getattr(loss, "ignore_index", -100)]
        weight = getattr(loss, "weight", None)
        return float(counted.size if weight is None else weight[counted].sum())


def plain(output: Any) -> Any:
    """What a model returned, as arrays: those of its Tensors, or the numbers of a list of Values."""
    if isinstance(output, list):
        return np.array([plain(item) for item in output])
    return rebuild(output, iter([np.asarray(x.data) if isinstance(x, Node) else np.asarray(x) for x in leaves(output)]))


def joined(name: str, parts: Sequence[Any]) -> Any:
    """The arrays of all batches, one after the other.

    Raises:
        ValueError: they differ in more than their number of rows.
    """
    columns = zip(*map(leaves, parts), strict=True)
    try:
        return rebuild(parts[0], iter([np.concatenate(column) for column in columns]))
    except ValueError:
        shapes = sorted({str(np.shape(leaf)) for part in parts for leaf in leaves(part)})
        raise ValueError(
            f"{name} of the batches cannot be put together: they have the shapes {', '.join(shapes)}; pad them alike."
        ) from None
