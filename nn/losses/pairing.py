"""Checking predictions and targets, converting them to the same form, and reducing losses to one number.

The form is two arrays (or Tensors) if there is an array among the predictions, and otherwise two nested lists of
Values and numbers. While a function is compiled, its numbers are unknown and not checked.
"""

from __future__ import annotations

from typing import Any, TypeGuard

import numpy as np

import autograd
from autograd import Node, Tensor
from autograd.arrays import check_complete
from autograd.primitives.arithmetic import astype
from autograd.state import is_known
from autograd.structures import leaves

from ..types import Array, Data, Input

__all__ = [
    "alike", "as_constant", "check_range", "check_reduction", "is_array", "numbers_in", "paired", "reduced", "reshaping",
    "shape_of", "weighted",
]  # fmt: skip


def paired(name: str, input: Input, target: Input) -> tuple[Any, Any]:
    """Predictions and targets of one shape, as two arrays or as two nested lists; `name` is the loss, for errors.

    Raises:
        ValueError: their shapes differ, or there are none.
        TypeError: something is not a number, a Value or a Tensor.
    """
    shape, target_shape = shape_of(name, input), shape_of(name, target)
    if shape != target_shape:
        way = reshaping(target_shape, shape)
        raise ValueError(
            f"{name} got predictions of shape {shape} and targets of shape {target_shape}; they must be alike, "
            f"so {f'write {way}' if way else 'reshape one of them'}."
        )
    if 0 in shape:
        raise ValueError(f"{name} got no predictions (shape {shape}), and there is no mean of nothing.")
    return alike(input, target)


def shape_of(name: str, x: Any) -> tuple[int, ...]:
    """The shape of a Tensor, an array, a number, or nested lists of them.

    Raises:
        ValueError: rows have different shapes.
        TypeError: something is not a number, a Value or a Tensor.

    Example:
        >>> shape_of("mse_loss", [[1.0, 2.0, 3.0]])
        (1, 3)
    """
    if isinstance(x, np.ndarray) and x.dtype == object:
        x = x.tolist()
    if isinstance(x, (list, tuple)):
        shapes = {shape_of(name, row) for row in x}
        if len(shapes) > 1:
            raise ValueError(f"{name} got rows of different shapes, {' and '.join(map(str, sorted(shapes)))}; they must be alike.")
        return (len(x), *(shapes.pop() if shapes else ()))
    if isinstance(x, (float, int, Node)):
        return x.shape if isinstance(x, Node) else ()
    check_complete(x, f"{name} takes Values, Tensors and numbers, or lists of them")
    is_text = isinstance(x, str) or getattr(getattr(x, "dtype", None), "kind", None) in ("U", "S")
    if is_text or not hasattr(x, "shape") or np.asarray(x).dtype.kind not in "fiub":
        hint = "; classes, labels = np.unique(names, return_inverse=True) numbers the classes" if is_text else ""
        given = f"the text {str(next(iter(np.ravel(x)), ''))!r:.40}" if is_text else f"{x!r:.80}"
        raise TypeError(f"{name} takes Values, Tensors and numbers, or lists of them, and got {given}{hint}.")
    return tuple(x.shape)


def reshaping(given: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    """The line that brings targets into the wanted shape if only axes of length 1 differ; for errors.

    Example:
        >>> reshaping((5,), (5, 1))
        'targets.reshape(-1, 1)'
    """
    if not wanted or [size for size in given if size != 1] != [size for size in wanted if size != 1]:
        return ""
    return f"targets.reshape({', '.join(map(str, (-1, *wanted[1:])))})"


def alike(input: Input, target: Input) -> tuple[Any, Any]:
    """Both as arrays (or Tensors) if there is an array among the predictions; else both as nested lists."""
    if isinstance(target, Tensor) or any(map(is_array, leaves(input))):
        return _array(input), _array(target)
    return _lists(input), _lists(target)


def as_constant(x: object, like: Data) -> Any:
    """`x`, an array or a Tensor, in the precision of `like`.

    So targets of float64 do not turn losses of float32 into float64.
    """
    dtype = like.dtype if like.dtype.kind == "f" else np.dtype(float)
    if isinstance(x, Node):
        return astype(x, dtype=dtype) if isinstance(x, Tensor) and x.dtype != dtype else x
    return np.asarray(x).astype(dtype, copy=False)


def is_array(x: object) -> TypeGuard[Data]:
    """Whether `x` is a Tensor or an array of numbers."""
    return isinstance(x, Tensor) or (isinstance(x, np.ndarray) and x.dtype != object)


def _array(x: Input) -> Any:
    """`x` as something with a shape; nodes stay in the graph."""
    if isinstance(x, (list, tuple)) and any(isinstance(leaf, Node) for leaf in leaves(x)):
        return autograd.stack(x)
    return x if isinstance(x, Node) else np.asarray(x)


def _lists(x: object) -> Any:
    """`x` as a number or a Value, or as nested lists of them."""
    if isinstance(x, (list, tuple)):
        return [_lists(item) for item in x]
    return x.tolist() if hasattr(x, "tolist") and not isinstance(x, Node) else x


def numbers_in(x: object) -> Array:
    """The plain numbers in a Tensor, an array or nested lists of Values and numbers, in one row."""
    if isinstance(x, Node):
        return np.ravel(np.asarray(x.data))
    if is_array(x):
        return np.ravel(x)
    return np.array([n.data if isinstance(n, Node) else n for n in leaves(x)])


def check_range(name: str, what: str, x: object, hint: str = "") -> None:
    """Refuse numbers that are not from 0 to 1.

    Raises:
        ValueError: one is not.
    """
    if not is_known(x):
        return
    numbers = numbers_in(x)
    inside = (numbers >= 0) & (numbers <= 1)
    if not inside.all():
        raise ValueError(f"{name} takes {what} from 0 to 1, and got {numbers[~inside][0]:g}{hint}.")


def check_reduction(name: str, reduction: str, known: tuple[str, ...] = ("mean", "sum", "none")) -> None:
    """Refuse an unknown reduction.

    Raises:
        ValueError: it is not among the known ones.
    """
    if reduction not in known:
        raise ValueError(f"{name} knows the reductions {', '.join(known)}, and not {reduction!r}.")


def weighted(share: Any, loss: Any) -> Any:
    """share * loss, and 0 where the share is 0, also for an infinite loss: 0 · log 0 counts as 0."""
    if is_known(loss) and np.isfinite(loss.data if isinstance(loss, Node) else loss).all():
        return share * loss
    is_infinite = autograd.abs(loss) == np.inf
    return share * autograd.where(share == 0, autograd.where(is_infinite, 0.0, loss), loss)


def reduced(losses: Any, reduction: str) -> Any:
    """The mean or the sum of losses in an array or a list, or with "none" the losses themselves."""
    if reduction == "none":
        return losses
    return autograd.mean(losses) if reduction == "mean" else autograd.sum(losses)
