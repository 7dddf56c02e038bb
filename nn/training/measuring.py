"""The loss and the metrics over many batches, as if they were one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd import Node
from autograd.structures import leaves, rebuild

from .. import losses
from ..callbacks.training import Batch, Loss

__all__ = ["Measurement", "Metric", "joined", "number_of", "plain"]

Metric = Callable[[Any, Any], float]  # of all predictions and all targets


class Measurement:
    """The loss and the metrics of all batches so far, the loss as the mean over their examples.

    Args:
        loss: the loss function, which decides how much a batch counts.
        metrics: functions of predictions and targets, by name.

    Example:
        >>> measurement = Measurement(losses.mse_loss, {})
        >>> measurement.add(1.0, None, Batch((), [0.0, 0.0, 0.0], size=3))
        >>> measurement.add(2.0, None, Batch((), [0.0], size=1))
        >>> measurement.results()
        {'loss': 1.25}
    """

    def __init__(self, loss: Loss, metrics: Mapping[str, Metric]) -> None:
        self.loss_function, self.metrics = loss, metrics
        self.is_sum = getattr(loss, "reduction", None) == "sum"
        self.total, self.weight = 0.0, 0.0
        self.outputs: list[Any] = []
        self.targets: list[Any] = []

    def add(self, loss: float, output: object, batch: Batch) -> None:
        """Add a batch: its loss and, if there are metrics, what the model returned, as plain numbers."""
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
            TypeError: a metric gave something other than one number.
        """
        out = {"loss": self.loss}
        if self.metrics:
            predictions, targets = joined("The outputs", self.outputs), joined("The targets", self.targets)
            for name, metric in self.metrics.items():
                number = metric(predictions, targets)
                if np.ndim(number):
                    raise TypeError(f"A metric must be one number, and {name} gave an array of shape {np.shape(number)}.")
                out[name] = float(number)
        return out

    def _weight(self, batch: Batch) -> float:
        """How much the mean over the batch counts.

        It is the number of examples, or the sum of the weights that a loss of classes gives them.
        """
        loss, labels = self.loss_function, batch.target
        of_classes = isinstance(loss, (losses.CrossEntropyLoss, losses.NLLLoss)) or loss in (losses.cross_entropy, losses.nll_loss)
        if not of_classes or not isinstance(labels, np.ndarray) or labels.dtype.kind not in "iu":
            return batch.size
        counted = labels[labels != getattr(loss, "ignore_index", -100)]
        weight = getattr(loss, "weight", None)
        return float(counted.size if weight is None else weight[counted].sum())


def number_of(loss: Any) -> float:
    """The loss of a batch as a plain number.

    Raises:
        ValueError: it is not a single number.

    Example:
        >>> from autograd import Tensor
        >>> number_of(Tensor([2.5]).sum())
        2.5
    """
    try:
        return float(loss.item() if hasattr(loss, "item") else loss)
    except (TypeError, ValueError):
        given = f"an array of shape {loss.shape}" if hasattr(loss, "shape") else f"a {type(loss).__name__}"
        raise ValueError(f"The loss of a batch is a single number, and this is {given}; reduce it, with its mean.") from None


def plain(output: object) -> Any:
    """What a model returned, as arrays: those of its Tensors, or the numbers of a list of Values.

    Example:
        >>> from autograd import Value
        >>> plain([Value(1.0), Value(2.0)])
        array([1., 2.])
    """
    if isinstance(output, list):
        return np.array([plain(item) for item in output])
    return rebuild(output, iter([np.asarray(x.data) if isinstance(x, Node) else np.asarray(x) for x in leaves(output)]))


def joined(name: str, parts: Sequence[Any]) -> Any:
    """The arrays of all batches, joined along the first axis.

    Args:
        name: what an error calls them.
        parts: for each batch an array, or a structure of arrays.

    Raises:
        ValueError: they differ in more than their number of rows.

    Example:
        >>> joined("The outputs", [np.zeros((2, 3)), np.zeros((1, 3))]).shape
        (3, 3)
    """
    columns = zip(*map(leaves, parts), strict=True)
    try:
        return rebuild(parts[0], iter([np.concatenate(column) for column in columns]))
    except ValueError:
        shapes = sorted({str(np.shape(leaf)) for part in parts for leaf in leaves(part)})
        raise ValueError(
            f"{name} of the batches cannot be joined: they have the shapes {', '.join(shapes)}; pad them to the same size."
        ) from None
