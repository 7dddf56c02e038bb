"""Lengths and spreads: `norm`, `var` and `std`, with NumPy's names and arguments.

They are composed of what is in the table, and have a derivative everywhere: see `where`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import functions as f
from .primitives import arithmetic, elementary, reductions

__all__ = ["narrow", "norm", "std", "var", "wide"]


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """The length of a vector, √Σx²; of an array over axes, or of a list of numbers.

    At 0 its gradient is 0, as of `abs`; that of sqrt(sum(x * x)) is nan there, so that this is the better
    way to write it. NumPy's `np.linalg.norm` and `x.norm()` are the same.

    Args:
        ord: 2 if None; 1 for Σ|x|, inf for the largest |x| and -inf for the smallest.
        axis: an axis or a tuple of axes; all of them if None.
        keepdims: keep the reduced axes, with length 1.

    Raises:
        ValueError: another `ord`; or one with two axes, as norms of matrices are not here.

    Example:
        >>> from autograd import Value
        >>> norm([Value(3.0), Value(4.0)]).data
        5.0
        >>> norm(np.array([[3.0, 4.0], [0.0, 0.0]]), axis=1)
        array([5., 0.])
    """
    scalars, given = f._is_scalars(x) and axis is None and not keepdims, x
    x, axis = list(x) if scalars else wide(f._array(x)), f._axis(axis)
    axes = 1 if scalars else x.ndim if axis is None else np.size(axis)
    if ord not in (None, "fro", 1, 2, np.inf, -np.inf) or (ord is not None and axes != (2 if ord == "fro" else 1)):
        raise ValueError(
            f"norm got ord={ord!r} for {axes} axes. It is of vectors: ord is 1, 2, inf or -inf, along one axis; "
            "without an ord it is √Σx², over any axes."
        )
    if ord not in (None, "fro", 2):
        sizes = [arithmetic.abs_(item) for item in x] if scalars else arithmetic.abs_(x)
        return narrow((f.sum if ord == 1 else f.max if ord > 0 else f.min)(sizes, axis, keepdims), given)
    squares = f.dot(x, x) if scalars else reductions.sum_(x * x, axis=axis, keepdims=keepdims)
    return narrow(arithmetic.where(arithmetic.not_equal(squares, 0.0), elementary.sqrt(squares), 0.0), given)


def var(x: Any, axis: Any = None, keepdims: bool = False, ddof: float = 0, *, correction: float | None = None) -> Any:
    """The variance over axes of an array, or of a list of numbers: the mean of the squared distances from the mean.

    Args:
        axis: an axis or a tuple of axes; all of them if None.
        keepdims: keep the reduced axes, with length 1.
        ddof: the sum of squares is divided by n - ddof: 0 for the variance of these numbers, as in
            NumPy; 1 to estimate that of what they are a sample of, as PyTorch does unasked.
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


def std(x: Any, axis: Any = None, keepdims: bool = False, ddof: float = 0, *, correction: float | None = None) -> Any:
    """The standard deviation, the root of the variance; see `var`. Where all numbers are the same, its gradient is 0.

    Example:
        >>> from autograd import Value
        >>> std([Value(1.0), Value(3.0)]).data
        1.0
    """
    centred, n = _centred(x, axis, ddof if correction is None else correction, "std")
    return narrow(norm(centred, axis=axis, keepdims=keepdims) / math.sqrt(n), x)


def _centred(x: Any, axis: Any, ddof: float, name: str) -> tuple[Any, float]:
    """Numbers without their mean, and by what their squares' sum is to be divided.

    One of the numbers is taken from all of them first, so that they are exactly 0 where they are all the same.
    """
    if f._is_scalars(x) and axis is None:
        x = f._first_of(x, name)
        first, count = arithmetic.stop_gradient(x[0]), len(x)
        x = [item - first for item in x]
        middle = f.mean(x)
        centred: Any = [item - middle for item in x]
    else:
        x, axis = wide(f._array(x)), f._axis(axis)
        count = math.prod(x.shape[a] for a in (range(x.ndim) if axis is None else np.atleast_1d(axis)))
        if count:
            x = x - arithmetic.stop_gradient(reductions.max_(x, axis=axis, keepdims=True))
            centred = x - reductions.mean(x, axis=axis, keepdims=True)
    if count <= ddof:
        raise ValueError(f"{name} with ddof={ddof} needs more than {ddof} numbers, and got {count}.")
    return centred, count - ddof


def wide(x: Any) -> Any:
    """float16 as float32, in which squares neither overflow nor vanish."""
    return arithmetic.astype(x, dtype=np.float32) if getattr(x, "dtype", None) == np.float16 else x


def narrow(result: Any, x: Any) -> Any:
    """A result in the precision of `x` again."""
    return arithmetic.astype(result, dtype=np.float16) if getattr(x, "dtype", None) == np.float16 else result
