"""`keras.metrics`: the targets come first; a metric is of a whole set of examples."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from autograd import Node

from .. import metrics
from ..lookup import missing
from ..types import Array
from . import losses
from .entries import Described, looked_up

__all__ = [
    "AUC", "Accuracy", "BinaryAccuracy", "CategoricalAccuracy", "Mean", "MeanAbsoluteError", "MeanSquaredError", "Metric", "Precision",
    "Recall", "RootMeanSquaredError", "SparseCategoricalAccuracy", "TopKCategoricalAccuracy", "get",
]  # fmt: skip


class Metric(Described):
    """The base of metrics.

    A subclass defines `measured(y_true, y_pred)`, one number of all targets and all predictions.

    Example:
        >>> metric = BinaryAccuracy()
        >>> metric.update_state([1, 0, 1], [0.9, 0.2, 0.3])
        >>> float(metric.result()) == 2 / 3
        True
    """

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        kind = type(self).__name__
        self.name = name or re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z]+)", r"\1_\2", kind)).lower()
        self.reset_state()

    def measured(self, y_true: Array, y_pred: Array) -> float:
        """The metric."""
        raise NotImplementedError(f"{type(self).__name__} does not define measured(self, y_true, y_pred), a number of all examples.")

    def reset_state(self) -> None:
        """Forget all examples."""
        self._seen: list[tuple[Array, Array]] = []

    def update_state(self, y_true: object, y_pred: object, sample_weight: object = None) -> None:
        """Add examples."""
        if sample_weight is not None:
            raise ValueError("update_state(sample_weight=…) is not here.")
        self._seen.append((_array(y_true), _array(y_pred)))

    def result(self) -> float:
        """The metric of all examples since the last `reset_state`; 0 if there are none."""
        if not self._seen:
            return 0.0
        y_true, y_pred = (np.concatenate([np.atleast_1d(x) for x in column]) for column in zip(*self._seen, strict=True))
        return float(self.measured(y_true, y_pred))

    def __call__(self, y_true: object, y_pred: object) -> float:
        self.update_state(y_true, y_pred)
        return self.result()


def _array(x: object) -> Array:
    return np.asarray(x.data if isinstance(x, Node) else x)


class Mean(Metric):
    """The mean of numbers, `update_state(values)`."""

    def update_state(self, values: object, sample_weight: object = None) -> None:  # type: ignore[override]
        super().update_state(np.ravel(_array(values)), np.ravel(_array(values)), sample_weight)

    def measured(self, y_true: Array, y_pred: Array) -> float:
        return float(y_true.mean())


class Accuracy(Metric):
    """`nn.metrics.accuracy` of classes: how often the prediction is the target."""

    def measured(self, y_true: Array, y_pred: Array) -> float:
        y_true, y_pred = losses.paired(y_true, y_pred)
        return float((y_true == y_pred).mean())


class BinaryAccuracy(Metric):
    """`nn.metrics.accuracy` with a threshold, of each number."""

    def __init__(self, name: str | None = None, dtype: Any = None, threshold: float = 0.5) -> None:
        super().__init__(name, dtype)
        self.threshold = threshold

    def measured(self, y_true: Array, y_pred: Array) -> float:
        y_true, y_pred = losses.paired(y_true, y_pred)
        return float((y_true == (y_pred > self.threshold)).mean())


class CategoricalAccuracy(Metric):
    """`nn.metrics.accuracy` of scores; targets are one-hot."""

    def measured(self, y_true: Array, y_pred: Array) -> float:
        return float((y_true.argmax(-1) == y_pred.argmax(-1)).mean())


class SparseCategoricalAccuracy(Metric):
    """`nn.metrics.accuracy` of scores; targets are numbers of classes."""

    def measured(self, y_true: Array, y_pred: Array) -> float:
        return float((y_true.reshape(y_pred.shape[:-1]) == y_pred.argmax(-1)).mean())


class TopKCategoricalAccuracy(Metric):
    """How often the right class is among the `k` with the highest scores; targets are one-hot."""

    def __init__(self, k: int = 5, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(name, dtype)
        self.k = k

    def measured(self, y_true: Array, y_pred: Array) -> float:
        best = y_pred.argsort(-1)[..., -self.k :]
        return float((best == y_true.argmax(-1)[..., None]).any(-1).mean())


class MeanSquaredError(Metric):
    """`nn.mse_loss`."""

    def measured(self, y_true: Array, y_pred: Array) -> float:
        y_true, y_pred = losses.paired(y_true, y_pred)
        return float(((y_true - y_pred) ** 2).mean())


class RootMeanSquaredError(MeanSquaredError):
    """The root of `nn.mse_loss`."""

    def measured(self, y_true: Array, y_pred: Array) -> float:
        return float(super().measured(y_true, y_pred) ** 0.5)


class MeanAbsoluteError(Metric):
    """`nn.l1_loss`."""

    def measured(self, y_true: Array, y_pred: Array) -> float:
        y_true, y_pred = losses.paired(y_true, y_pred)
        return float(abs(y_true - y_pred).mean())


class _Found(Metric):
    """Of the numbers above the threshold, and of the targets of 1, those that are both."""

    def __init__(self, thresholds: float = 0.5, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(name, dtype)
        self.thresholds = thresholds

    of: ClassVar[Any]

    def measured(self, y_true: Array, y_pred: Array) -> float:
        y_true, y_pred = losses.paired(y_true, y_pred)
        right, chosen = y_true > 0, y_pred > self.thresholds
        among = type(self).of(right, chosen).sum()
        return float((right & chosen).sum() / among) if among else 0.0


class Precision(_Found):
    """`nn.metrics.precision`, of each number."""

    of = staticmethod(lambda right, chosen: chosen)


class Recall(_Found):
    """`nn.metrics.recall`, of each number."""

    of = staticmethod(lambda right, chosen: right)


class AUC(Metric):
    """`nn.metrics.auc`, exactly; Keras takes 200 thresholds."""

    def measured(self, y_true: Array, y_pred: Array) -> float:
        y_true, y_pred = losses.paired(y_true, y_pred)
        return metrics.auc(y_pred.ravel(), y_true.ravel())


class _Chosen(Metric):
    """`"accuracy"`: the accuracy that fits the shapes of targets and predictions."""

    def measured(self, y_true: Array, y_pred: Array) -> float:
        if y_pred.ndim < 2 or y_pred.shape[-1] == 1:
            return BinaryAccuracy().measured(y_true, y_pred)
        kind = CategoricalAccuracy if y_true.shape == y_pred.shape else SparseCategoricalAccuracy
        return kind().measured(y_true, y_pred)


class _Own(Metric):
    """A function of the user's, or of `keras.losses`, as a metric: the mean of what it gives."""

    def __init__(self, own: Callable[[Any, Any], Any], name: str | None = None) -> None:
        super().__init__(name or getattr(own, "__name__", type(own).__name__))
        self._own = own

    def measured(self, y_true: Array, y_pred: Array) -> float:
        return float(np.mean(_array(self._own(y_true, y_pred))))


BY_NAME: dict[str, Any] = {
    "accuracy": _Chosen, "acc": _Chosen, "binary_accuracy": BinaryAccuracy, "categorical_accuracy": CategoricalAccuracy,
    "sparse_categorical_accuracy": SparseCategoricalAccuracy, "mse": MeanSquaredError, "mean_squared_error": MeanSquaredError,
    "mae": MeanAbsoluteError, "mean_absolute_error": MeanAbsoluteError, "root_mean_squared_error": RootMeanSquaredError,
    "auc": AUC, "precision": Precision, "recall": Recall,
    **{name: loss.function for name, loss in losses.BY_NAME.items() if "crossentropy" in name},
}  # fmt: skip


def get(identifier: object) -> Any:
    """The metric of a name, or of a function of targets and predictions; a metric as it is.

    Raises:
        ValueError: there is none of that name.

    Example:
        >>> get("accuracy").name
        'accuracy'
    """
    found = looked_up("metric", identifier, BY_NAME)
    if isinstance(found, Metric):
        return found
    if isinstance(found, type):
        return found(name=identifier if isinstance(identifier, str) else None)
    return _Own(found, identifier if isinstance(identifier, str) else None)


__getattr__ = missing(globals())
