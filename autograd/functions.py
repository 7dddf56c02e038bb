"""The functions of the table that take axes, shapes or lists, with NumPy's names and arguments.

Elementwise functions need no wrapping: `autograd.tanh` is the entry of the table itself. All of
them work on nodes, which they record, and as well on plain numbers and arrays.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .arrays import check_complete
from .core import Node
from .modes import mode
from .primitives import arithmetic, elementary, products, reductions, shapes

__all__ = [
    "broadcast_to", "clip", "concatenate", "dot", "expand_dims", "getitem", "logsumexp", "log_softmax", "matmul", "max",
    "mean", "min", "pad", "reshape", "softmax", "squeeze", "stack", "sum", "take", "transpose",
]  # fmt: skip


def _is_scalars(x: Any) -> bool:
    """Whether `x` is a list (or the like) of numbers rather than an array."""
    if isinstance(x, (list, tuple)):
        return not x or not isinstance(x[0], (list, tuple, np.ndarray))
    if isinstance(x, np.ndarray):
        return x.dtype == object and x.ndim == 1
    return not isinstance(x, Node) and isinstance(x, Iterable) and not hasattr(x, "__array__")


def _first_of(x: Iterable[Any], name: str) -> list[Any]:
    """`x` as a list that has at least a first number."""
    x = list(x)
    if not x:
        raise ValueError(f"{name}() got an empty list; it needs at least one number.")
    return x


def _axis(axis: Any) -> Any:
    return tuple(axis) if isinstance(axis, list) else axis


def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The sum over axes of an array; or of a list of numbers, as a single node.

    Args:
        x: a Tensor or array, or an iterable of Values and numbers.
        axis: an axis or a tuple of axes; all of them if None.
        keepdims: keep the summed axes, with length 1.

    Example:
        >>> from autograd import Value
        >>> sum([Value(1.0), Value(2.0), 3.0]).data
        6.0
        >>> sum(np.ones((2, 3)), axis=1)
        array([3., 3.])
    """
    if _is_scalars(x) and axis is None and not keepdims:
        x = list(x)
        return arithmetic.add_n(*x) if x else 0.0
    return reductions.sum_(_array(x), axis=_axis(axis), keepdims=keepdims)


def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The mean over axes of an array, or of a list of numbers.

    Raises:
        ValueError: there is nothing to take the mean of.

    Example:
        >>> from autograd import Value
        >>> mean([Value(1.0), Value(2.0)]).data
        1.5
    """
    if _is_scalars(x) and axis is None and not keepdims:
        x = _first_of(x, "mean")
        return arithmetic.add_n(*x) / len(x)
    return reductions.mean(_array(x), axis=_axis(axis), keepdims=keepdims)


def max(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest entry along axes of an array, or of a list of numbers; entries that tie share the gradient evenly.

    Python's own `max(0, v)` only compares, and gives back one of the two as it is: where v is
    negative that is the plain number 0, which has no `backward()`. `maximum(0, v)` and `v.relu()`
    are nodes whatever v is.

    Example:
        >>> max(np.array([[1.0, 3.0], [2.0, 0.0]]), axis=1)
        array([3., 2.])
    """
    if _is_scalars(x) and axis is None and not keepdims:
        return arithmetic.max_n(*_first_of(x, "max"))
    return reductions.max_(_array(x), axis=_axis(axis), keepdims=keepdims)


def min(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The smallest entry along axes of an array, or of a list of numbers; entries that tie share the gradient evenly.

    Example:
        >>> min(np.array([[1.0, 3.0], [2.0, 0.0]]), axis=1)
        array([1., 0.])
    """
    if _is_scalars(x) and axis is None and not keepdims:
        return -arithmetic.max_n(*[-item for item in _first_of(x, "min")])
    return reductions.min_(_array(x), axis=_axis(axis), keepdims=keepdims)


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """log(Σ exp(x)) over axes of an array, or of a list of numbers, without overflow.

    Example:
        >>> from autograd import Value
        >>> logsumexp([Value(1000.0), Value(1000.0)]).data
        1000.6931471805599
    """
    if _is_scalars(x) and axis is None and not keepdims:
        x = _first_of(x, "logsumexp")
        top = _finite_max(x)
        return elementary.log(arithmetic.add_n(*[elementary.exp(item - top) for item in x])) + top
    return reductions.logsumexp(_array(x), axis=_axis(axis), keepdims=keepdims)


def softmax(x: Any, axis: Any = -1) -> Any:
    """Positive shares that add up to 1 along an axis; a list of numbers gives a list.

    Example:
        >>> from autograd import Value
        >>> [round(p.data, 3) for p in softmax([Value(1.0), Value(0.0), Value(-0.9)])]
        [0.659, 0.242, 0.099]
    """
    if _is_scalars(x):
        x = _first_of(x, "softmax")
        top = _finite_max(x)
        powers = [elementary.exp(item - top) for item in x]
        total = arithmetic.add_n(*powers)
        return [power / total for power in powers]
    return reductions.softmax(_array(x), axis=_axis(axis))


def log_softmax(x: Any, axis: Any = -1) -> Any:
    """The logarithm of `softmax`, exact however small the share; a list of numbers gives a list.

    Example:
        >>> log_softmax(np.array([0.0, 1000.0]))
        array([-1000.,     0.])
    """
    if _is_scalars(x):
        x = _first_of(x, "log_softmax")
        top = _finite_max(x)
        below_top = [item - top for item in x]
        total = elementary.log(arithmetic.add_n(*map(elementary.exp, below_top)))
        return [item - total for item in below_top]
    return reductions.log_softmax(_array(x), axis=_axis(axis))


def _finite_max(x: list[Any]) -> Any:
    """The largest of some numbers, to take from them all so that no exponential overflows; finite, as inf - inf is nan."""
    largest = sys.float_info.max
    return arithmetic.stop_gradient(arithmetic.minimum(arithmetic.maximum(max(x), -largest), largest))  # no result depends on it


def dot(a: Any, b: Any, start: Any = None) -> Any:
    """Σ aᵢbᵢ (+ start): of two lists of numbers as a single node, of arrays the matrix product.

    One node for a whole weighted sum is what makes networks of Values fast.

    Args:
        a, b: two lists of Values and numbers, equally long; or two Tensors or arrays.
        start: what to add, such as a bias.

    Raises:
        ValueError: the lists are not equally long, or the shapes do not fit.

    Example:
        >>> from autograd import Value
        >>> w, x = [Value(1.0), Value(2.0)], [10.0, 20.0]
        >>> dot(w, x, start=Value(0.5)).data
        50.5
    """
    if _is_scalars(a) and _is_scalars(b):
        a, b = list(a), list(b)
        if len(a) != len(b):
            raise ValueError(f"dot got {len(a)} and {len(b)} numbers; it multiplies them in pairs, so the lists must be equally long.")
        return arithmetic.dot_n(*a, *b) if start is None else arithmetic.dot_n(*a, *b, start)
    a, b = _array(a), _array(b)
    if a.ndim > 1 and b.ndim > 2:
        raise ValueError(f"dot takes vectors and matrices, and got shapes {a.shape} and {b.shape}; for stacks of matrices there is matmul.")
    product = products.matmul(a, b)
    return product if start is None else product + start


def matmul(a: Any, b: Any) -> Any:
    """The matrix product `a @ b`, of (…, n, k) with (…, k, m); leading axes broadcast.

    Example:
        >>> matmul(np.ones((2, 3)), np.ones((3, 4))).shape
        (2, 4)
    """
    return products.matmul(_array(a), _array(b))


def clip(x: Any, low: Any = None, high: Any = None) -> Any:
    """`x` held between `low` and `high`; a limit of None is no limit.

    Example:
        >>> from autograd import Value
        >>> clip(Value(5.0), high=1.0).data
        1.0
    """
    return arithmetic.clip(x, -np.inf if low is None else low, np.inf if high is None else high)


def reshape(x: Any, shape: Any) -> Any:
    """The same entries in another shape; one length may be -1 and follows from the others.

    Example:
        >>> reshape(np.ones((2, 3)), (3, -1)).shape
        (3, 2)
    """
    return shapes.reshape(_array(x), shape=tuple(np.atleast_1d(shape).tolist()) if np.ndim(shape) < 2 and np.size(shape) else ())


def transpose(x: Any, axes: Sequence[int] | None = None) -> Any:
    """The axes in another order; reversed if none is given.

    Example:
        >>> transpose(np.ones((2, 3, 4)), (1, 0, 2)).shape
        (3, 2, 4)
    """
    return shapes.transpose(_array(x), axes=None if axes is None else tuple(axes))


def expand_dims(x: Any, axis: Any) -> Any:
    """New axes of length 1.

    Example:
        >>> expand_dims(np.ones(3), 0).shape
        (1, 3)
    """
    return shapes.expand_dims(_array(x), axis=_axis(axis))


def squeeze(x: Any, axis: Any = None) -> Any:
    """Without the axes of length 1 (or those given).

    Example:
        >>> squeeze(np.ones((1, 3))).shape
        (3,)
    """
    return shapes.squeeze(_array(x), axis=_axis(axis))


def broadcast_to(x: Any, shape: int | Sequence[int]) -> Any:
    """Repeated along new axes and axes of length 1.

    Example:
        >>> broadcast_to(np.ones(3), (2, 3)).shape
        (2, 3)
    """
    return reductions.broadcast_to(_array(x), shape=(shape,) if isinstance(shape, int) else tuple(shape))


def getitem(x: Any, index: Any) -> Any:
    """`x[index]`, basic or advanced.

    Raises:
        IndexError: there is no such entry.
        TypeError: an index is a node.

    Example:
        >>> getitem(np.array([1.0, 2.0]), 1)
        np.float64(2.0)
    """
    return shapes.getitem(_array(x), index=_copied(index))


def _copied(index: Any) -> Any:
    """`index` with its own lists and arrays, as the caller may change his before the backward pass."""
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


def take(x: Any, indices: Any, axis: int | None = None) -> Any:
    """The rows of a table with the given numbers, as `numpy.take` gives them.

    Args:
        x: a Tensor or array; or a list, of Values or of rows, of which `indices` names one item.
        indices: whole numbers: one, or an array of them.
        axis: the axis they count along; the flattened array if None. A list counts its items.

    Raises:
        IndexError: there is no such row.
        TypeError: the indices are not whole numbers; or several, and `x` is a list.

    Example:
        >>> from autograd import Value
        >>> table = [[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]]
        >>> [v.data for v in take(table, 1)]
        [3.0, 4.0]
    """
    if isinstance(indices, Node) and mode.tracing is not None:  # an integer argument of a compiled function
        if isinstance(x, (list, tuple)):
            if isinstance(x[0], (list, tuple)):
                return [take([row[j] for row in x], indices) for j in range(len(x[0]))]
            return arithmetic.select(indices, *x)
        return _lookup(_array(x), indices, axis)
    if isinstance(x, (list, tuple)):
        if not isinstance(indices, (int, np.integer)):
            raise TypeError(f"take from a list of rows takes one whole number, not {indices!r}.")
        if not -len(x) <= indices < len(x):
            raise IndexError(f"take: there is no row {indices} in a table of {len(x)} rows.")
        return x[indices]
    if not isinstance(indices, int):
        check_complete(indices, "take needs whole numbers to say which rows")
        numbers = np.asarray(None if isinstance(indices, Node) else indices).copy()
        if numbers.dtype.kind not in "iu" and numbers.size:
            raise TypeError(f"take needs whole numbers to say which rows, not {indices!r}.")
        indices = numbers if numbers.size else numbers.astype(int)
    return shapes.take(_array(x), indices=indices, axis=axis)


def _lookup(x: Any, indices: Any, axis: int | None) -> Any:
    """`np.take` with indices that are a node."""
    if axis is None:
        return shapes.lookup(reshape(x, -1), indices)
    axis, n = axis % x.ndim, indices.ndim
    if axis == 0:
        return shapes.lookup(x, indices)
    front = shapes.lookup(shapes.transpose(x, axes=(axis, *(i for i in range(x.ndim) if i != axis))), indices)
    return shapes.transpose(front, axes=(*range(n, n + axis), *range(n), *range(n + axis, front.ndim)))


def concatenate(arrays: Iterable[Any], axis: int = 0) -> Any:
    """Arrays one after the other along an axis that they have.

    Example:
        >>> concatenate([np.ones((2, 3)), np.ones((1, 3))]).shape
        (3, 3)
    """
    return shapes.concatenate(*map(_array, arrays), axis=axis)


def stack(arrays: Iterable[Any], axis: int = 0) -> Any:
    """Arrays of one shape, or Values, side by side along a new axis.

    Example:
        >>> from autograd import Value
        >>> stack([Value(1.0), Value(2.0)])
        Tensor([1., 2.])
    """
    return shapes.stack(*map(_array, arrays), axis=axis)


def pad(x: Any, pad_width: Any) -> Any:
    """Zeros around an array: `pad_width` is one number, or (before, after), or that for each axis.

    Raises:
        ValueError: `pad_width` is none of these.

    Example:
        >>> pad(np.ones((2, 2)), ((1, 1), (0, 0))).shape
        (4, 2)
    """
    x = _array(x)
    try:
        widths = np.broadcast_to(np.asarray(pad_width), (x.ndim, 2)).tolist()
    except ValueError:
        raise ValueError(
            f"pad takes one number, or (before, after), or that for each of the {x.ndim} axes, and got {pad_width!r}."
        ) from None
    return shapes.pad(x, pad_width=tuple(map(tuple, widths)))


def _array(x: Any) -> Any:
    """`x` as something with a shape: a node as it is, a list as an array or a stack of nodes."""
    if isinstance(x, Node) or (isinstance(x, np.ndarray) and x.dtype != object):
        return x
    if _has_nodes(x):
        return x[()] if getattr(x, "shape", None) == () else stack(x)  # a 0-d array of one node is that node
    check_complete(x, "An array has an entry in every place")
    return np.asarray(x)


def _has_nodes(x: Any) -> bool:
    if isinstance(x, np.ndarray):
        return x.dtype == object and builtins.any(map(_has_nodes, x.flat))
    return isinstance(x, Node) or (isinstance(x, (list, tuple)) and builtins.any(map(_has_nodes, x)))
