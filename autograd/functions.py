"""Functions of the table that take axes or lists, with NumPy's names and arguments: sums, extremes, softmax, products.

An elementwise function needs no wrapping: `autograd.tanh` is the entry of the table itself. All
functions work on nodes, with recording, and on plain numbers and arrays. Most take either an array or Tensor
and axes, or a list of Values and numbers, which they turn into a single node.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from .operands import array_of, axes, first_of, is_scalars
from .primitives import arithmetic, choices, elementary, products, reductions
from .types import Axis, Operand, Result

__all__ = ["clip", "dot", "log_softmax", "logsumexp", "matmul", "max", "mean", "min", "softmax", "sum"]


def sum(x: Operand, axis: Axis = None, keepdims: bool = False) -> Result:
    """The sum over axes of an array; or of a list of numbers, as a single node.

    Args:
        x: a Tensor or array, or an iterable of Values and numbers.
        axis: an axis or several of them; all if None.
        keepdims: keep the summed axes, with length 1.

    Returns:
        A result of the shape of `x` without the axes; 0.0 for an empty list.

    Raises:
        ValueError: there is no such axis.

    Example:
        >>> from autograd import Value
        >>> sum([Value(1.0), Value(2.0), 3.0]).data
        6.0
        >>> sum(np.ones((2, 3)), axis=1)
        array([3., 3.])
    """
    if is_scalars(x) and axis is None and not keepdims:
        x = list(x)
        return arithmetic.add_n(*x) if x else 0.0
    return reductions.sum_(array_of(x), axis=axes(axis), keepdims=keepdims)


def mean(x: Operand, axis: Axis = None, keepdims: bool = False) -> Result:
    """The mean over axes of an array, or of a list of numbers.

    Args:
        x, axis, keepdims: as in `sum`.

    Raises:
        ValueError: there is nothing to take the mean of, or no such axis.

    Example:
        >>> from autograd import Value
        >>> mean([Value(1.0), Value(2.0)]).data
        1.5
        >>> mean(np.array([[1.0, 3.0], [2.0, 0.0]]), axis=0, keepdims=True)
        array([[1.5, 1.5]])
    """
    if is_scalars(x) and axis is None and not keepdims:
        x = first_of(x, "mean")
        return arithmetic.add_n(*x) / len(x)
    return reductions.mean(array_of(x), axis=axes(axis), keepdims=keepdims)


def max(x: Operand, axis: Axis = None, keepdims: bool = False) -> Result:
    """The largest entry along axes of an array, or of a list of numbers; entries that tie share the gradient evenly.

    Python's own `max(0, v)` only compares, and returns one of its arguments unchanged. If v is negative, that
    is the plain number 0, which has no `backward()`. `maximum(0, v)` and `v.relu()` are always nodes.

    Args:
        x, axis, keepdims: as in `sum`.

    Raises:
        ValueError: there are no entries, or there is no such axis.

    Example:
        >>> from autograd import Value
        >>> max([Value(1.0), Value(2.0)]).data
        2.0
        >>> max(np.array([[1.0, 3.0], [2.0, 0.0]]), axis=1)
        array([3., 2.])
    """
    if is_scalars(x) and axis is None and not keepdims:
        return choices.max_n(*first_of(x, "max"))
    return reductions.max_(array_of(x), axis=axes(axis), keepdims=keepdims)


def min(x: Operand, axis: Axis = None, keepdims: bool = False) -> Result:
    """The smallest entry along axes of an array, or of a list of numbers; entries that tie share the gradient evenly.

    Args:
        x, axis, keepdims: as in `sum`.

    Raises:
        ValueError: there are no entries, or there is no such axis.

    Example:
        >>> min(np.array([[1.0, 3.0], [2.0, 0.0]]), axis=1)
        array([1., 0.])
    """
    if is_scalars(x) and axis is None and not keepdims:
        return -choices.max_n(*[-item for item in first_of(x, "min")])
    return reductions.min_(array_of(x), axis=axes(axis), keepdims=keepdims)


def logsumexp(x: Operand, axis: Axis = None, keepdims: bool = False) -> Result:
    """log(Σ exp(x)) over axes of an array, or of a list of numbers, without overflow.

    Args:
        x, axis, keepdims: as in `sum`.

    Raises:
        ValueError: there are no entries, or there is no such axis.

    Example:
        >>> from autograd import Value
        >>> logsumexp([Value(1000.0), Value(1000.0)]).data
        1000.6931471805599
    """
    if is_scalars(x) and axis is None and not keepdims:
        x = first_of(x, "logsumexp")
        top = _finite_max(x)
        return elementary.log(arithmetic.add_n(*[elementary.exp(item - top) for item in x])) + top
    return reductions.logsumexp(array_of(x), axis=axes(axis), keepdims=keepdims)


def softmax(x: Operand, axis: Axis = -1) -> Result:
    """exp(x) / Σ exp(x): positive shares that add up to 1 along an axis (Bridle, 1990).

    Args:
        x: a Tensor or array; or a list of Values and numbers, which gives a list.
        axis: the axis along which the shares add up to 1.

    Returns:
        Shares in the shape of `x`.

    Raises:
        ValueError: there are no entries, or there is no such axis.

    Example:
        >>> from autograd import Value
        >>> [round(p.data, 3) for p in softmax([Value(1.0), Value(0.0), Value(-0.9)])]
        [0.659, 0.242, 0.099]
    """
    if is_scalars(x):
        x = first_of(x, "softmax")
        top = _finite_max(x)
        powers = [elementary.exp(item - top) for item in x]
        total = arithmetic.add_n(*powers)
        return [power / total for power in powers]
    return reductions.softmax(array_of(x), axis=axes(axis))


def log_softmax(x: Operand, axis: Axis = -1) -> Result:
    """The logarithm of `softmax`, accurate even for very small shares.

    Args:
        x, axis: as in `softmax`.

    Returns:
        Logarithms in the shape of `x`; a list for a list.

    Raises:
        ValueError: there are no entries, or there is no such axis.

    Example:
        >>> log_softmax(np.array([0.0, 1000.0]))
        array([-1000.,     0.])
    """
    if is_scalars(x):
        x = first_of(x, "log_softmax")
        top = _finite_max(x)
        below_top = [item - top for item in x]
        total = elementary.log(arithmetic.add_n(*map(elementary.exp, below_top)))
        return [item - total for item in below_top]
    return reductions.log_softmax(array_of(x), axis=axes(axis))


def _finite_max(x: list[Any]) -> Any:
    """The largest number, to be subtracted from all so that no exponential overflows; finite, because inf - inf is nan."""
    largest = sys.float_info.max
    return arithmetic.stop_gradient(choices.minimum(choices.maximum(max(x), -largest), largest))  # the result does not depend on it


def dot(a: Operand, b: Operand, start: Operand | None = None) -> Result:
    """Σ aᵢbᵢ (+ start): of two lists of numbers as a single node, of arrays the matrix product.

    That a whole weighted sum is one node makes networks of Values fast.

    Args:
        a, b: two lists of Values and numbers, equally long; or two Tensors or arrays of shapes
            (n,) or (…, n) and (n,) or (n, m).
        start: a number to add, such as a bias.

    Raises:
        ValueError: the lists are not equally long, or the shapes do not fit.

    Example:
        >>> from autograd import Value
        >>> w, x = [Value(1.0), Value(2.0)], [10.0, 20.0]
        >>> dot(w, x, start=Value(0.5)).data
        50.5
    """
    short = arithmetic.dot_n.short  # for neurons: 1.3 µs instead of 2.2
    if short and type(a) is type(b) is list and len(a) == len(b) and start is not None and (node := short((*a, *b, start))) is not None:
        return node
    if is_scalars(a) and is_scalars(b):
        a, b = list(a), list(b)
        if len(a) != len(b):
            raise ValueError(f"dot got {len(a)} and {len(b)} numbers; it multiplies them in pairs, so the lists must be equally long.")
        return arithmetic.dot_n(*a, *b) if start is None else arithmetic.dot_n(*a, *b, start)
    left, right = array_of(a), array_of(b)
    if left.ndim > 1 and right.ndim > 2:
        raise ValueError(
            f"dot takes vectors and matrices, and got shapes {left.shape} and {right.shape}; for stacks of matrices there is matmul."
        )
    product = products.matmul(left, right)
    return product if start is None else product + start


def matmul(a: Operand, b: Operand) -> Result:
    """The matrix product `a @ b`.

    Args:
        a, b: of shapes (…, n, k) and (…, k, m), whose leading axes broadcast. A vector counts as a
            row on the left and as a column on the right, and the result has no axis for it.

    Returns:
        The product, of shape (…, n, m).

    Raises:
        ValueError: the shapes do not fit.

    Example:
        >>> matmul(np.ones((2, 3)), np.ones((3, 4))).shape
        (2, 4)
    """
    return products.matmul(array_of(a), array_of(b))


def clip(x: Operand, low: Operand | None = None, high: Operand | None = None) -> Result:
    """`x` limited to the range from `low` to `high`; outside of it the derivative is 0.

    Args:
        x: a node, array or number.
        low, high: the limits, which broadcast with `x`; None means no limit.

    Raises:
        ValueError: the shapes do not fit.

    Example:
        >>> from autograd import Value
        >>> clip(Value(5.0), high=1.0).data
        1.0
    """
    return choices.clip(x, -np.inf if low is None else low, np.inf if high is None else high)
