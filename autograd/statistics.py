"""Lengths and spreads: `norm`, `var` and `std`, with NumPy's names and arguments.

They are composed of entries of the table. `where` gives them a derivative everywhere.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import functions as f
from .operands import array_of, axes, first_of, is_scalars
from .primitives import arithmetic, choices, elementary, reductions
from .types import Axis, Operand, Result

__all__ = ["narrow", "norm", "std", "var", "wide"]


def norm(x: Operand, ord: float | str | None = None, axis: Axis = None, keepdims: bool = False) -> Result:
    """The length of a vector, √Σx²; of an array over axes, or of a list of numbers.

    At 0 its gradient is 0, like that of `abs`. That of `sqrt(sum(x * x))` is nan there. `np.linalg.norm(x)` and
    `x.norm()` are the same function.

    Args:
        x: a Tensor or array, or a list of Values and numbers.
        ord: 2 if None; 1 for Σ|x|, inf for the largest |x| and -inf for the smallest.
        axis: an axis or several of them; all if None.
        keepdims: keep the reduced axes, with length 1.

    Raises:
        ValueError: another `ord`, or one of these with two axes: there are no norms of matrices here.

    Example:
        >>> from autograd import Value
        >>> norm([Value(3.0), Value(4.0)]).data
        5.0
        >>> norm(np.array([[3.0, 4.0], [0.0, 0.0]]), axis=1)
        array([5., 0.])
    """
    numbers: Any = list(x) if is_scalars(x) and axis is None and not keepdims else wide(array_of(x))
    is_list = isinstance(numbers, list)
    count = 1 if is_list else numbers.ndim if axis is None else np.size(axis)
    if ord not in (None, "fro", 1, 2, np.inf, -np.inf) or (ord is not None and count != (2 if ord == "fro" else 1)):
        raise ValueError(
            f"norm got ord={ord!r} for {count} axes. It is of vectors: ord is 1, 2, inf or -inf, along one axis; "
            "without an ord it is √Σx², over any axes."
        )
    if ord not in (None, "fro", 2):
        sizes = [arithmetic.abs_(item) for item in numbers] if is_list else arithmetic.abs_(numbers)
        return narrow((f.sum if ord == 1 else f.max if ord == np.inf else f.min)(sizes, axis, keepdims), x)
    squares = f.dot(numbers, numbers) if is_list else reductions.sum_(numbers * numbers, axis=axes(axis), keepdims=keepdims)
    return narrow(choices.where(arithmetic.not_equal(squares, 0.0), elementary.sqrt(squares), 0.0), x)


def var(x: Operand, axis: Axis = None, keepdims: bool = False, ddof: float = 0, *, correction: float | None = None) -> Result:
    """The variance over axes of an array, or of a list of numbers: the mean of the squared distances from the mean.

    Args:
        x: a Tensor or array, or a list of Values and numbers.
        axis: an axis or several of them; all if None.
        keepdims: keep the reduced axes, with length 1.
        ddof: the sum of the squares is divided by n - ddof. 0, NumPy's default, gives the variance of these
            numbers; 1, PyTorch's default, estimates the variance of a population of which they are a sample.
        correction: another name for `ddof`.

    Raises:
        ValueError: there are not more numbers than `ddof`.

    Example:
        >>> var(np.array([[1.0, 3.0], [5.0, 5.0]]), axis=1)
        array([1., 0.])
        >>> var([1.0, 3.0], ddof=1)
        2.0
    """
    centred, n = _centred(x, axis, ddof if correction is None else correction, "var")
    squares = f.dot(centred, centred) if isinstance(centred, list) else f.sum(centred * centred, axis, keepdims)
    return narrow(squares / n, x)


def std(x: Operand, axis: Axis = None, keepdims: bool = False, ddof: float = 0, *, correction: float | None = None) -> Result:
    """The standard deviation, the root of the variance. Where all numbers are the same, its gradient is 0.

    Args:
        x, axis, keepdims, ddof, correction: as in `var`.

    Raises:
        ValueError: there are not more numbers than `ddof`.

    Example:
        >>> from autograd import Value
        >>> std([Value(1.0), Value(3.0)]).data
        1.0
    """
    centred, n = _centred(x, axis, ddof if correction is None else correction, "std")
    return narrow(norm(centred, axis=axis, keepdims=keepdims) / math.sqrt(n), x)


def _centred(x: Operand, axis: Axis, ddof: float, name: str) -> tuple[Any, float]:
    """Numbers minus their mean, and the divisor of the sum of their squares.

    One of the numbers is subtracted from all of them first, so that the differences of equal numbers are exactly 0.
    """
    centred: Any
    if is_scalars(x) and axis is None:
        items = first_of(x, name)
        first, count = arithmetic.stop_gradient(items[0]), len(items)
        shifted = [item - first for item in items]
        middle = f.mean(shifted)
        centred = [item - middle for item in shifted]
    else:
        array, along = wide(array_of(x)), axes(axis)
        count = math.prod(array.shape[a] for a in (range(array.ndim) if along is None else np.atleast_1d(along)))
        if count:
            array = array - arithmetic.stop_gradient(reductions.max_(array, axis=along, keepdims=True))
            centred = array - reductions.mean(array, axis=along, keepdims=True)
    if count <= ddof:
        raise ValueError(f"{name} with ddof={ddof} needs more than {ddof} numbers, and got {count}.")
    return centred, count - ddof


def wide(x: object) -> Any:
    """float16 as float32, in which squares neither overflow nor become 0; anything else unchanged.

    Example:
        >>> wide(np.ones(3, np.float16)).dtype, wide(np.ones(3)).dtype
        (dtype('float32'), dtype('float64'))
    """
    return arithmetic.astype(x, dtype=np.float32) if getattr(x, "dtype", None) == np.float16 else x


def narrow(result: object, x: object) -> Any:
    """The result in float16, if it was computed from an `x` in float16; see `wide`.

    Example:
        >>> x = np.full(3, 2.0, np.float16)
        >>> narrow(wide(x).mean(), x)
        np.float16(2.0)
    """
    return arithmetic.astype(result, dtype=np.float16) if getattr(x, "dtype", None) == np.float16 else result
