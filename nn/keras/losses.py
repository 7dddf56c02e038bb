"""`keras.losses`: the targets come first, and the functions give a loss for each example."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

import autograd
from autograd import Node

from .. import losses
from ..lookup import missing
from .entries import Described, looked_up

__all__ = [
    "BinaryCrossentropy", "CategoricalCrossentropy", "Hinge", "Huber", "KLDivergence", "Loss", "MeanAbsoluteError", "MeanSquaredError",
    "SparseCategoricalCrossentropy", "binary_crossentropy", "categorical_crossentropy", "get", "hinge", "huber", "kl_divergence",
    "mean_absolute_error", "mean_squared_error", "sparse_categorical_crossentropy",
]  # fmt: skip

EPSILON = 1e-7  # Keras' bound of probabilities, so that no logarithm is infinite


def paired(y_true: object, y_pred: object) -> tuple[Any, Any]:
    """Targets and predictions with equally many axes, as Keras does: one of length 1 at the end is added, or left out.

    Example:
        >>> paired(np.ones(3), np.ones((3, 1)))[0].shape
        (3, 1)
    """
    targets = np.asarray(y_true.data if isinstance(y_true, Node) else y_true)
    predictions: Any = y_pred if isinstance(y_pred, Node) else np.asarray(y_pred)
    if targets.ndim == predictions.ndim - 1 and predictions.shape[-1] == 1:
        targets = targets[..., None]
    elif targets.ndim == predictions.ndim + 1 and targets.shape[-1] == 1:
        targets = targets[..., 0]
    return targets, predictions


def _each(loss: Callable[..., Any], y_true: object, y_pred: object, **settings: Any) -> Any:
    """A loss of `nn` for each number, as its mean for each example."""
    targets, predictions = paired(y_true, y_pred)
    each = loss(predictions, targets, reduction="none", **settings)
    return autograd.mean(each, axis=-1) if each.ndim > 1 else each


def _clipped(probabilities: Any) -> Any:
    return autograd.clip(probabilities, EPSILON, 1 - EPSILON)


def mean_squared_error(y_true: object, y_pred: object) -> Any:
    """`nn.mse_loss`."""
    return _each(losses.mse_loss, y_true, y_pred)


def mean_absolute_error(y_true: object, y_pred: object) -> Any:
    """`nn.l1_loss`."""
    return _each(losses.l1_loss, y_true, y_pred)


def huber(y_true: object, y_pred: object, delta: float = 1.0) -> Any:
    """`nn.huber_loss`."""
    return _each(losses.huber_loss, y_true, y_pred, delta=delta)


def hinge(y_true: object, y_pred: object) -> Any:
    """`nn.hinge_loss`; targets of 0 and 1 become -1 and 1."""
    targets, _ = paired(y_true, y_pred)
    return _each(losses.hinge_loss, 2 * targets - 1 if np.isin(targets, (0, 1)).all() else targets, y_pred)


def kl_divergence(y_true: object, y_pred: object) -> Any:
    """`nn.kl_div` of the logarithm, summed over the classes."""
    targets, predictions = paired(y_true, y_pred)
    return autograd.sum(losses.kl_div(autograd.log(_clipped(predictions)), targets, reduction="none"), axis=-1)


def binary_crossentropy(y_true: object, y_pred: object, from_logits: bool = False, label_smoothing: float = 0.0) -> Any:
    """`nn.binary_cross_entropy`; with `from_logits` `nn.binary_cross_entropy_with_logits`."""
    targets, predictions = paired(y_true, y_pred)
    if label_smoothing:
        targets = targets * (1 - label_smoothing) + label_smoothing / 2
    if from_logits:
        return _each(losses.binary_cross_entropy_with_logits, targets, predictions)
    return _each(losses.binary_cross_entropy, targets, _clipped(predictions))


def categorical_crossentropy(y_true: object, y_pred: object, from_logits: bool = False, label_smoothing: float = 0.0) -> Any:
    """`nn.cross_entropy` of the logarithm, or with `from_logits` of the scores themselves; targets are one-hot.

    Raises:
        ValueError: the targets do not have the shape of the predictions.
    """
    targets, predictions = paired(y_true, y_pred)
    if targets.shape != predictions.shape:
        raise ValueError(
            f"categorical_crossentropy got predictions of shape {predictions.shape} and targets of shape {targets.shape}, "
            "which are to be one-hot. For the numbers of classes there is sparse_categorical_crossentropy, "
            "and keras.utils.to_categorical(y) makes one-hot rows."
        )
    return _of_classes(targets.reshape(-1, targets.shape[-1]), predictions, from_logits, label_smoothing=label_smoothing)


def sparse_categorical_crossentropy(y_true: object, y_pred: object, from_logits: bool = False) -> Any:
    """`nn.cross_entropy` of the logarithm, or with `from_logits` of the scores themselves.

    Targets are numbers of classes.

    Raises:
        ValueError: the targets do not have the shape of the predictions without the classes.
    """
    targets, predictions = np.asarray(y_true), y_pred if isinstance(y_pred, Node) else np.asarray(y_pred)
    if targets.shape not in (predictions.shape[:-1], (*predictions.shape[:-1], 1)):
        raise ValueError(
            f"sparse_categorical_crossentropy got predictions of shape {predictions.shape} and targets of shape {targets.shape}, "
            f"which are to be the numbers of the classes, shape {predictions.shape[:-1]}. "
            "For one-hot targets there is categorical_crossentropy."
        )
    return _of_classes(targets.reshape(-1).astype(int), predictions, from_logits)


def _of_classes(targets: Any, predictions: Any, from_logits: bool, **settings: Any) -> Any:
    scores = predictions if from_logits else autograd.log(_clipped(predictions))
    rows = autograd.reshape(scores, (-1, scores.shape[-1]))
    return autograd.reshape(losses.cross_entropy(rows, targets, reduction="none", **settings), predictions.shape[:-1])


class Loss(Described):
    """The base of losses as objects; a subclass defines `call(y_true, y_pred)`, a loss for each example.

    Args:
        reduction: "sum_over_batch_size" or "mean" for the mean, "sum", or None or "none" for the loss of each example.
        name: what it is called.

    Raises:
        ValueError: the reduction is another.

    Example:
        >>> class Distance(Loss):
        ...     def call(self, y_true, y_pred):
        ...         return abs(y_true - y_pred)
        >>> float(Distance()(np.array([1.0, 2.0]), np.array([0.0, 0.0])))
        1.5
    """

    function: ClassVar[Callable[..., Any] | None] = None

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str | None = None, **settings: Any) -> None:
        if reduction not in ("sum_over_batch_size", "mean", "sum", "none", None):
            raise ValueError(f'A loss is reduced by "sum_over_batch_size", "mean", "sum", "none" or None; got {reduction!r}.')
        self.reduction, self.name, self._settings = reduction, name, settings

    def call(self, y_true: object, y_pred: object) -> Any:
        """The loss of each example."""
        if self.function is None:
            raise NotImplementedError(f"{type(self).__name__} does not define call(self, y_true, y_pred), the loss of each example.")
        return type(self).function(y_true, y_pred, **self._settings)  # type: ignore[misc]

    def __call__(self, y_true: object, y_pred: object, sample_weight: object = None) -> Any:
        each = self.call(y_true, y_pred)
        if sample_weight is not None:
            weight = np.asarray(sample_weight, each.dtype)
            each = each * weight.reshape(*weight.shape, *(1,) * (each.ndim - weight.ndim))
        if self.reduction in ("none", None):
            return each
        return autograd.sum(each) if self.reduction == "sum" else autograd.mean(each)


class MeanSquaredError(Loss):
    """`nn.MSELoss`."""

    function = staticmethod(mean_squared_error)


class MeanAbsoluteError(Loss):
    """`nn.L1Loss`."""

    function = staticmethod(mean_absolute_error)


class Huber(Loss):
    """`nn.HuberLoss`."""

    function = staticmethod(huber)

    def __init__(self, delta: float = 1.0, reduction: str | None = "sum_over_batch_size", name: str | None = None) -> None:
        super().__init__(reduction, name, delta=delta)


class Hinge(Loss):
    """`nn.HingeLoss`."""

    function = staticmethod(hinge)


class KLDivergence(Loss):
    """`nn.KLDivLoss` of the logarithm."""

    function = staticmethod(kl_divergence)


class _Smoothed(Loss):
    """What `BinaryCrossentropy` and `CategoricalCrossentropy` share: their arguments."""

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(reduction, name, from_logits=from_logits, label_smoothing=label_smoothing)


class BinaryCrossentropy(_Smoothed):
    """`nn.BCELoss`; with `from_logits` `nn.BCEWithLogitsLoss`."""

    function = staticmethod(binary_crossentropy)


class CategoricalCrossentropy(_Smoothed):
    """`nn.CrossEntropyLoss` of the logarithm, or with `from_logits` of the scores themselves; targets are one-hot."""

    function = staticmethod(categorical_crossentropy)


class SparseCategoricalCrossentropy(Loss):
    """`nn.CrossEntropyLoss` of the logarithm, or with `from_logits` of the scores themselves.

    Targets are numbers of classes.
    """

    function = staticmethod(sparse_categorical_crossentropy)

    def __init__(self, from_logits: bool = False, reduction: str | None = "sum_over_batch_size", name: str | None = None) -> None:
        super().__init__(reduction, name, from_logits=from_logits)


class _Own(Loss):
    """A function of the user's, of targets and predictions, as a loss; it may give a number for each example, or one."""

    def __init__(self, own: Callable[[Any, Any], Any]) -> None:
        super().__init__()
        self._own = own

    def call(self, y_true: object, y_pred: object) -> Any:
        return self._own(y_true, y_pred)


BY_NAME: dict[str, type[Loss]] = {
    "mse": MeanSquaredError, "mean_squared_error": MeanSquaredError, "mae": MeanAbsoluteError, "mean_absolute_error": MeanAbsoluteError,
    "huber": Huber, "hinge": Hinge, "kl_divergence": KLDivergence, "kld": KLDivergence, "binary_crossentropy": BinaryCrossentropy,
    "categorical_crossentropy": CategoricalCrossentropy, "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
}  # fmt: skip
FUNCTIONS = {kind.function: kind for kind in BY_NAME.values()}


def get(identifier: object) -> Any:
    """The loss of a name, or of a function of targets and predictions; a loss as it is.

    Raises:
        ValueError: there is none of that name.

    Example:
        >>> type(get("mse")).__name__
        'MeanSquaredError'
    """
    found = looked_up("loss", identifier, BY_NAME)
    found = FUNCTIONS.get(found, found) if not isinstance(found, Loss) else found
    if isinstance(found, type):
        return found()
    return found if isinstance(found, Loss) else _Own(found)


__getattr__ = missing(globals())
