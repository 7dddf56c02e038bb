"""Losses of classes, with PyTorch's names: each row of predictions is compared with the number of the right class.

Predictions have shape (n, classes), or (classes,) for a single row, or (n, classes, …) with further
axes, such as those of an image in which each pixel has a class. Losses, and targets that are numbers
of classes, have that shape without the classes.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
from autograd import scope
from autograd.primitives.networks import take_along_axis
from autograd.state import is_known

from ..types import Input
from .pairing import (
    alike,
    as_constant,
    check_range,
    check_reduction,
    is_array,
    numbers_in,
    reduced,
    reshaping,
    shape_of,
    weighted,
)

__all__ = ["cross_entropy", "multi_margin_loss", "nll_loss"]


@scope("cross_entropy", folded=True)
def cross_entropy(
    input: Input, target: Input, weight: Input | None = None, ignore_index: int = -100, reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:  # fmt: skip
    """-log softmax(input)[target], the loss of classification.

    Args:
        input: logits, of shape (n, classes), (n, classes, …) or (classes,): a Tensor, or lists of
            Values.
        target: the number of the right class of each row, from 0, of shape (n,), (n, …) or (); or
            the probability of each class, in the shape of `input`.
        weight: what each class counts, of shape (classes,). The mean is then a weighted one, except
            with probabilities, where it is over the rows, as in PyTorch.
        ignore_index: rows with this number as their class do not count.
        reduction: "mean" for the mean over all rows, "sum" for the sum, "none" for the loss of each.
        label_smoothing: how much of each target, from 0 to 1, is shared out among all classes
            (Szegedy and others, 2016).

    Raises:
        ValueError: the shapes do not fit, a class or a probability is out of range, or no row counts.
        TypeError: something is not a number, a Value or a Tensor.

    Example:
        >>> from autograd import Value
        >>> round(cross_entropy([Value(2.0), Value(0.0)], 0).data, 4)
        0.1269
    """
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"cross_entropy smooths labels by a share from 0 to 1; got {label_smoothing!r}.")
    shape = shape_of("cross_entropy", input)
    by_probability = bool(shape) and shape_of("cross_entropy", target) == shape
    rows = _Rows("cross_entropy", input, target, weight, reduction, by_probability)
    log_p = _along(autograd.log_softmax, rows.input, rows.axis)
    if by_probability:
        check_range("cross_entropy", "probabilities of classes", rows.target)
        _check_one_hot(shape, target)
        shares = (1 - label_smoothing) * rows.target + label_smoothing / rows.classes if label_smoothing else rows.target
        shares = shares if rows.weight is None else shares * rows.weight
        return rows.reduced(-_along(autograd.sum, _each(weighted, shares, log_p), rows.axis))
    return _of_labels(rows, log_p, ignore_index, label_smoothing)


@scope("nll_loss", folded=True)
def nll_loss(input: Input, target: Input, weight: Input | None = None, ignore_index: int = -100, reduction: str = "mean") -> Any:
    """-input[target], the negative log-likelihood, for log-probabilities; after `log_softmax` it is `cross_entropy`.

    Arguments and errors are those of `cross_entropy`; targets are numbers of classes.

    Example:
        >>> import numpy as np
        >>> round(float(nll_loss(np.log([[0.25, 0.75]]), [0])), 4)
        1.3863
    """
    rows = _Rows("nll_loss", input, target, weight, reduction)
    return _of_labels(rows, rows.input, ignore_index)


@scope("multi_margin_loss", folded=True)
def multi_margin_loss(
    input: Input, target: Input, p: int = 1, margin: float = 1.0, weight: Input | None = None, reduction: str = "mean"
) -> Any:
    """Σ max(0, margin - x[target] + x[j])ᵖ / classes, over all j but the target: the hinge for several classes.

    Source: Crammer and Singer, 2001, and PyTorch's `multi_margin_loss`.

    Args:
        input: scores, of the shapes of `cross_entropy`'s logits.
        target: the number of the right class of each row, from 0.
        p: 1 or 2.
        margin: by how much the right class should win.
        weight: what the rows of each class count, of shape (classes,); the mean is over the rows.
        reduction: as in `cross_entropy`.

    Raises:
        ValueError: the shapes do not fit, a class is out of range, or `p` is something else.
        TypeError: something is not a number, a Value or a Tensor.

    Example:
        >>> import numpy as np
        >>> float(multi_margin_loss(np.array([[0.5, 0.25, -1.0]]), [0]))
        0.25
    """
    if p not in (1, 2):
        raise ValueError(f"multi_margin_loss takes p = 1 or p = 2; got {p!r}.")
    rows = _Rows("multi_margin_loss", input, target, weight, reduction)
    labels, _ = rows.labels()
    right = _pick(rows.input, labels, rows.axis)
    excess = _each(autograd.relu, margin - _with_axis(right, rows.axis) + rows.input)
    is_wrong = _each(operator.ne, _with_axis(labels, rows.axis), rows.spread(np.arange(rows.classes)))
    losses = _along(autograd.sum, is_wrong * (excess if p == 1 else excess * excess), rows.axis) / rows.classes
    return rows.reduced(losses if weight is None else _each(weighted, rows.counts(labels), losses))


def _check_one_hot(shape: tuple[int, ...], target: Input) -> None:
    """Refuse whole numbers as probabilities, unless each row has a single 1.

    They were probably meant as numbers of classes.
    """
    if is_known(target) and (numbers := numbers_in(target)).dtype.kind in "iub":
        sums = numbers.reshape(shape).sum(axis=min(1, len(shape) - 1))
        if (sums != 1).any():
            raise ValueError(
                f"cross_entropy got targets of the shape of the predictions, {shape}, so they are probabilities; "
                f"but a row of them adds up to {sums[sums != 1].flat[0]}. For several yes-or-no answers there is "
                "binary_cross_entropy_with_logits."
            )


def _of_labels(rows: _Rows, log_p: object, ignore_index: int, smoothing: float = 0.0) -> Any:
    """The loss of log-probabilities, where the targets are numbers of classes."""
    labels, kept = rows.labels(ignore_index)
    counts = rows.counts(labels)
    losses = -_pick(log_p, labels, rows.axis)
    losses = losses if counts is None else _each(weighted, counts, losses)
    if smoothing:
        evenly = -_along(autograd.sum, log_p if rows.weight is None else _each(weighted, rows.weight, log_p), rows.axis)
        losses = (1 - smoothing) * losses + (smoothing / rows.classes) * evenly
    if kept is None:
        return rows.reduced(losses, counts)
    if counts is not None:
        counts = _each(autograd.where, kept, counts, 0.0)
    else:
        counts = kept if rows.listed else as_constant(kept, losses)  # 1 for rows that count, else 0
    return rows.reduced(_each(autograd.where, kept, losses, 0.0), counts)


class _Rows:
    """The predictions and the targets of a loss of classes, checked and converted to the same form.

    Lists of Values become arrays of objects, of shape (n, classes). Their arithmetic is that of the
    entries, so that one formula serves Tensors and Values.

    Attributes:
        input, target: Tensors or arrays; or arrays of objects.
        weight: what each class counts, as an array that broadcasts to `input`; or None.
        axis: the axis of the classes; `classes` is its length.
        shape: the shape of the losses.
    """

    def __init__(self, name: str, input: Input, target: Input, weight: Input | None, reduction: str, by_probability: bool = False) -> None:
        check_reduction(name, reduction)
        shape, target_shape = shape_of(name, input), shape_of(name, target)
        if not shape or 0 in shape:
            raise ValueError(
                f"{name} takes predictions of shape (n, classes), (n, classes, …) or (classes,), at least one; got shape {shape}."
            )
        self.name, self.reduction, self.axis = name, reduction, min(1, len(shape) - 1)
        self.classes, self.shape = shape[self.axis], shape[: self.axis] + shape[self.axis + 1 :]
        if target_shape != self.shape and not by_probability:
            or_probabilities = f", or the probability of each class, shape {shape}" if name == "cross_entropy" else ""
            way = "targets.argmax(1)" if target_shape == shape else reshaping(target_shape, self.shape)
            raise ValueError(
                f"{name} got predictions of shape {shape} and targets of shape {target_shape}. It takes the number of the right "
                f"class of each row, shape {self.shape}{or_probabilities}{f': write {way}' if way else ''}."
            )
        self.input, self.target = alike(input, target)
        self.listed = not is_array(self.input)
        if self.listed:
            self.input = self._objects(self.input, shape)
            self.target = self._objects(self.target, shape) if by_probability else np.array(self.target, dtype=object).reshape(-1)
            self.axis = 1
        elif by_probability:
            self.target = as_constant(self.target, self.input)
        self.weight = None if weight is None else self._weights(weight)

    def _objects(self, x: object, shape: tuple[int, ...]) -> Any:
        """Nested lists as an array of objects, with a row for each loss."""
        return np.moveaxis(np.array(x, dtype=object).reshape(shape), self.axis, -1).reshape(-1, self.classes)

    def _weights(self, weight: Input) -> Any:
        """The weights of the classes, in the shape of `spread`."""
        array = np.asarray(weight)
        if array.shape != (self.classes,) or array.dtype.kind not in "fiub":
            raise ValueError(f"{self.name} takes a weight for each of the {self.classes} classes, as plain numbers; got {weight!r:.80}.")
        return self.spread(array.astype(float) if self.listed else as_constant(array, self.input))

    def spread(self, numbers: Any) -> Any:
        """An array of one number for each class, in a shape that broadcasts to the predictions'."""
        return numbers.reshape(-1, *(1,) * (self.input.ndim - 1 - self.axis))

    def labels(self, ignore_index: int | None = None) -> tuple[Any, Any]:
        """The numbers of the right classes, with 0 for rows that do not count; and which rows count, None if all do."""
        if not is_known(self.target):  # unknown while compiling
            if ignore_index is None:
                return self.target, None
            kept = _each(operator.ne, self.target, ignore_index)
            return _each(autograd.where, kept, self.target, 0), kept
        numbers = numbers_in(self.target)
        is_kept = numbers != ignore_index
        wrong = numbers[is_kept & ~((numbers >= 0) & (numbers < self.classes) & (numbers == np.floor(numbers)))]
        if wrong.size:
            if self.classes == 1:
                raise ValueError(
                    f"{self.name} compares classes, and got one score for each row; binary_cross_entropy_with_logits takes that."
                )
            raise ValueError(
                f"{self.name} got the class {wrong[0]}, and there are {self.classes}: whole numbers from 0 to {self.classes - 1}."
            )
        found = np.where(is_kept, numbers, 0).astype(int).reshape(self.target.shape)
        kept = is_kept.reshape(found.shape).astype(object if self.listed else bool)
        return found, None if is_kept.all() else kept

    def counts(self, labels: object) -> Any:
        """The weight of the class of each loss; None if all count 1."""
        return None if self.weight is None else _pick(np.broadcast_to(self.weight, self.input.shape), labels, self.axis)

    def reduced(self, losses: Any, counts: Any = None) -> Any:
        """The losses as one number; the mean is weighted by `counts`."""
        if self.reduction == "none":
            return losses.reshape(self.shape).tolist() if self.listed else losses
        if self.reduction == "sum" or counts is None:
            return reduced(losses, self.reduction)
        total = autograd.sum(counts)
        if is_known(total) and not total:
            raise ValueError(f"{self.name} has no rows to take the mean of: all are to be ignored, or weigh nothing.")
        return autograd.sum(losses) / total


# The functions below take Tensors and arrays, and arrays of objects as well.


def _each(function: Callable[..., Any], *xs: Any) -> Any:
    """The function of each entry."""
    return np.vectorize(function, otypes=[object])(*xs) if any(map(_is_objects, xs)) else function(*xs)


def _along(function: Callable[..., Any], x: Any, axis: int) -> Any:
    """The function of each row."""
    return np.array([function(list(row)) for row in x], dtype=object) if _is_objects(x) else function(x, axis)


def _pick(x: Any, labels: Any, axis: int) -> Any:
    """From each row, the entry whose position is the label."""
    if _is_objects(labels):
        return np.array([autograd.take(list(row), label) for row, label in zip(x, labels, strict=True)], dtype=object)
    if _is_objects(x):
        return x[np.arange(len(x)), labels]
    return autograd.squeeze(take_along_axis(x, autograd.expand_dims(labels, axis), axis=axis), axis)


def _with_axis(x: Any, axis: int) -> Any:
    """`x` with an axis of length 1 for the classes."""
    return np.expand_dims(x, axis) if _is_objects(x) else autograd.expand_dims(x, axis)


def _is_objects(x: object) -> bool:
    return isinstance(x, np.ndarray) and x.dtype == object
