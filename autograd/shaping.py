"""Functions that rearrange, choose and join entries, with NumPy's names and arguments.

They work on nodes, with recording, and on plain arrays and lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .arrays import check_complete
from .core import Node
from .modes import mode
from .operands import array_of, axes
from .primitives import choices, indexing, joining, reductions, shapes
from .types import Axis, Operand, Result

__all__ = ["broadcast_to", "concatenate", "expand_dims", "getitem", "pad", "reshape", "squeeze", "stack", "take", "transpose"]


def reshape(x: Operand, shape: int | Sequence[int]) -> Result:
    """The same entries in another shape.

    Args:
        x: a Tensor, an array or a list.
        shape: the lengths of the axes. One may be -1; it follows from the others.

    Raises:
        ValueError: the number of entries does not fit the shape.

    Example:
        >>> reshape(np.ones((2, 3)), (3, -1)).shape
        (3, 2)
    """
    return shapes.reshape(array_of(x), shape=tuple(np.atleast_1d(shape).tolist()) if np.ndim(shape) < 2 and np.size(shape) else ())


def transpose(x: Operand, axes: Sequence[int] | None = None) -> Result:
    """The axes in another order.

    Args:
        x: a Tensor, an array or a list.
        axes: for each axis of the result, the axis of `x`; None reverses the order.

    Raises:
        ValueError: not every axis is named exactly once.

    Example:
        >>> transpose(np.ones((2, 3, 4)), (1, 0, 2)).shape
        (3, 2, 4)
    """
    return shapes.transpose(array_of(x), axes=None if axes is None else tuple(axes))


def expand_dims(x: Operand, axis: int | Sequence[int]) -> Result:
    """`x` with new axes of length 1.

    Args:
        x: a Tensor, an array or a list.
        axis: the positions of the new axes in the result.

    Raises:
        ValueError: there is no such position.

    Example:
        >>> expand_dims(np.ones(3), 0).shape
        (1, 3)
    """
    return shapes.expand_dims(array_of(x), axis=axes(axis))


def squeeze(x: Operand, axis: Axis = None) -> Result:
    """`x` without axes of length 1.

    Args:
        x: a Tensor, an array or a list.
        axis: which of them; all if None.

    Raises:
        ValueError: an axis has another length, or there is no such axis.

    Example:
        >>> squeeze(np.ones((1, 3))).shape
        (3,)
    """
    return shapes.squeeze(array_of(x), axis=axes(axis))


def broadcast_to(x: Operand, shape: int | Sequence[int]) -> Result:
    """`x` repeated along new axes, and along axes of length 1.

    Args:
        x: a Tensor, an array or a list.
        shape: the shape of the result.

    Raises:
        ValueError: `x` does not broadcast to that shape.

    Example:
        >>> broadcast_to(np.ones(3), (2, 3)).shape
        (2, 3)
    """
    return reductions.broadcast_to(array_of(x), shape=(shape,) if isinstance(shape, int) else tuple(shape))


def getitem(x: Operand, index: object) -> Result:
    """`x[index]`. If an entry is picked several times, its gradient is the sum over all of them.

    Args:
        x: a Tensor, an array or a list.
        index: any index of NumPy's: numbers, slices, `...`, None, arrays of whole numbers
            or bools, and tuples of these.

    Raises:
        IndexError: there is no such entry.
        TypeError: an index is a node.

    Example:
        >>> getitem(np.array([1.0, 2.0]), 1)
        np.float64(2.0)
    """
    return indexing.getitem(array_of(x), index=_copied(index))


def _copied(index: object) -> Any:
    """`index` with copies of its lists and arrays, since the caller may change those before the backward pass."""
    if isinstance(index, tuple):
        return tuple(map(_copied, index))
    if isinstance(index, list):
        return list(map(_copied, index))
    if isinstance(index, Node):
        raise TypeError(
            "An index is not differentiable: use plain integers, slices or integer arrays, not Values or Tensors. "
            "In a compiled function, autograd.take(t, i, axis=0) chooses rows by an integer argument."
        )
    if isinstance(index, np.generic) or not hasattr(index, "__array__"):
        return index
    check_complete(index, "An index is made of whole numbers or bools")
    return np.asarray(index).copy()


def take(x: Operand, indices: Operand, axis: int | None = None) -> Result:
    """Rows of a table, by their numbers, as in `numpy.take`.

    Args:
        x: a Tensor or array; or a list of Values or of rows, from which a single item is taken.
        indices: a whole number, or an array of whole numbers.
        axis: the axis that they index; None flattens the array first. Of a list, they index the items.

    Returns:
        A result of the shape of `x`, with the shape of `indices` in place of the axis.

    Raises:
        IndexError: there is no such row.
        TypeError: the indices are not whole numbers; or several, and `x` is a list.

    Example:
        >>> from autograd import Value
        >>> table = [[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]]
        >>> [v.data for v in take(table, 1)]
        [3.0, 4.0]
        >>> take(np.array([[1.0, 2.0], [3.0, 4.0]]), [1, 1, 0], axis=0)
        array([[3., 4.],
               [3., 4.],
               [1., 2.]])
    """
    if isinstance(indices, Node) and mode.tracing is not None:  # an integer argument of a compiled function
        if isinstance(x, (list, tuple)):
            if isinstance(x[0], (list, tuple)):
                return [take([row[j] for row in x], indices) for j in range(len(x[0]))]
            return choices.select(indices, *x)
        return _lookup(array_of(x), indices, axis)
    if isinstance(x, (list, tuple)):
        if not isinstance(indices, (int, np.integer)):
            raise TypeError(f"take from a list of rows takes one whole number, not {indices!r}.")
        if not -len(x) <= indices < len(x):
            raise IndexError(f"take: there is no row {indices} in a table of {len(x)} rows.")
        return x[indices]
    if not isinstance(indices, int):
        check_complete(indices, "take needs whole numbers to say which rows")
        numbers = np.array(indices._datum if isinstance(indices, Node) else indices)
        if numbers.dtype.kind not in "iu" and numbers.size:
            raise TypeError(f"take needs whole numbers to say which rows, not {indices!r}.")
        indices = numbers if numbers.size else numbers.astype(int)
    return indexing.take(array_of(x), indices=indices, axis=axis)


def _lookup(x: Any, indices: Any, axis: int | None) -> Any:
    """`np.take` with indices that are a node."""
    if axis is None:
        return indexing.lookup(reshape(x, -1), indices)
    axis, n = axis % x.ndim, indices.ndim
    if axis == 0:
        return indexing.lookup(x, indices)
    front = indexing.lookup(shapes.transpose(x, axes=(axis, *(i for i in range(x.ndim) if i != axis))), indices)
    return shapes.transpose(front, axes=(*range(n, n + axis), *range(n), *range(n + axis, front.ndim)))


def concatenate(arrays: Iterable[Operand], axis: int | None = 0) -> Result:
    """Arrays joined along one of their axes.

    Args:
        arrays: Tensors, arrays and lists, whose shapes differ along that axis only.
        axis: the axis along which they are joined; None flattens them first.

    Raises:
        ValueError: the shapes do not fit, or there is no such axis.

    Example:
        >>> concatenate([np.ones((2, 3)), np.ones((1, 3))]).shape
        (3, 3)
    """
    if axis is None:
        return joining.concatenate(*[reshape(x, -1) for x in arrays], axis=0)
    return joining.concatenate(*map(array_of, arrays), axis=axis)


def stack(arrays: Iterable[Operand], axis: int = 0) -> Result:
    """Arrays of the same shape, or Values, joined along a new axis.

    Args:
        arrays: Values, Tensors, arrays, numbers and lists, all of one shape.
        axis: the position of the new axis in the result.

    Raises:
        ValueError: the shapes differ.

    Example:
        >>> from autograd import Value
        >>> stack([Value(1.0), Value(2.0)])
        Tensor([1., 2.])
    """
    return joining.stack(*map(array_of, arrays), axis=axis)


def pad(x: Operand, pad_width: Operand) -> Result:
    """An array with zeros around it.

    Args:
        x: a Tensor, an array or a list.
        pad_width: the number of zeros; or (before, after), or such a pair for each axis.

    Raises:
        ValueError: `pad_width` is none of these.

    Example:
        >>> pad(np.ones((2, 2)), ((1, 1), (0, 0))).shape
        (4, 2)
    """
    array = array_of(x)
    try:
        widths = np.broadcast_to(np.asarray(pad_width), (array.ndim, 2)).tolist()
    except ValueError:
        raise ValueError(
            f"pad takes one number, or (before, after), or that for each of the {array.ndim} axes, and got {pad_width!r}."
        ) from None
    return joining.pad(array, pad_width=tuple(map(tuple, widths)))
