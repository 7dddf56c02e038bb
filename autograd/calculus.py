"""Differences, integrals, interpolation and covariances of data, with NumPy's names and arguments."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import functions as f
from . import shaping
from .arranging import atleast_2d, moveaxis, ravel, vstack
from .contracting import convolve
from .core import Node
from .modes import mode
from .operands import array_of
from .primitives import choices, cumulative, elementary, indexing, joining, products, rounding, sorting
from .types import Axis, Operand, Result

__all__ = [
    "bincount", "corrcoef", "cov", "diff", "ediff1d", "geomspace", "gradient", "interp", "linspace", "logspace", "polyadd", "polyder",
    "polyint", "polymul", "polysub", "polyval", "trapezoid", "unwrap", "vander",
]  # fmt: skip


def diff(a: Operand, n: int = 1, axis: int = -1, prepend: Operand | None = None, append: Operand | None = None) -> Result:
    """The differences of successive entries, taken `n` times."""
    array = array_of(a)
    if n < 0 or not array.ndim:
        raise ValueError(f"diff takes differences along an axis, 0 times or more, and got n={n} and shape {array.shape}.")
    axis %= array.ndim
    parts = [array]
    for place, more in ((0, prepend), (1, append)):
        if more is not None:
            extra = array_of(more)
            shape = (*array.shape[:axis], 1, *array.shape[axis + 1 :])
            parts.insert(place * len(parts), extra if extra.ndim else shaping.broadcast_to(extra, shape))
    array = shaping.concatenate(parts, axis=axis) if len(parts) > 1 else array
    for _ in range(n):
        array = _slice(array, axis, 1, None) - _slice(array, axis, 0, -1)
    return array


def _slice(x: Any, axis: int, start: int | None, stop: int | None) -> Any:
    return x[(slice(None),) * (axis % x.ndim) + (slice(start, stop),)]


def ediff1d(ary: Operand, to_end: Operand | None = None, to_begin: Operand | None = None) -> Result:
    """The differences of successive entries of the flattened array, with other numbers before and after, if given."""
    inner = diff(ravel(ary))
    ends = [ravel(x if isinstance(x, Node) else np.asarray(x, inner.dtype)) for x in (to_begin, to_end) if x is not None]
    return shaping.concatenate([*ends[: to_begin is not None], inner, *ends[to_begin is not None :]])


def gradient(f_: Operand, *varargs: Any, axis: Axis = None, edge_order: int = 1) -> Result:
    """The slope of data along each axis, from the neighbours on both sides; see `numpy.gradient`.

    Spacings are plain numbers.
    """
    array = array_of(f_)
    along = [int(n) % array.ndim for n in (range(array.ndim) if axis is None else np.atleast_1d(axis))]
    spacings = [1.0] * len(along) if not varargs else list(varargs) * len(along) if len(varargs) == 1 else list(varargs)
    if len(spacings) != len(along):
        raise TypeError(f"gradient got {len(spacings)} spacings for {len(along)} axes.")
    if any(isinstance(spacing, Node) for spacing in spacings):
        raise TypeError("The spacings of gradient are plain numbers, and have no derivative here; compute them without Values and Tensors.")
    slopes = [_slopes(array, n, spacing, edge_order) for n, spacing in zip(along, spacings, strict=True)]
    return slopes[0] if len(slopes) == 1 else tuple(slopes)


def _slopes(x: Any, axis: int, spacing: Any, edge_order: Any) -> Any:
    """The slopes, as weighted sums of three neighbours.

    The weights are NumPy's slopes of data that are 1 at one of these, else 0.
    """
    n = x.shape[axis]
    if n < edge_order + 1:
        raise ValueError(f"gradient with edge_order={edge_order} needs {edge_order + 1} entries along an axis, and got {n}.")
    ones = np.eye(3)[np.arange(n) % 3]  # every third entry is 1, so that no position has two of them as neighbours
    weights = np.stack([np.gradient(column, spacing, edge_order=edge_order) for column in ones.T], 1).astype(x.dtype)
    first = np.clip(np.arange(n) - 1, 0, max(n - 3, 0))  # neighbour of each position
    shape = [n if a == axis else 1 for a in range(x.ndim)]
    terms = [
        shaping.take(x, neighbour, axis=axis) * weights[np.arange(n), neighbour % 3].reshape(shape)
        for neighbour in (first + k for k in range(min(n, 3)))
    ]  # fmt: skip
    return sum(terms[1:], terms[0])


def trapezoid(y: Operand, x: Operand | None = None, dx: Operand = 1.0, axis: int = -1) -> Result:
    """The area under the straight lines between points at `x`, or at a distance of `dx`."""
    heights = array_of(y)
    widths: Any = dx
    if x is not None:
        places = array_of(x)
        widths = diff(places, axis=axis) if places.ndim > 1 else shaping.reshape(
            diff(places), [-1 if n == axis % heights.ndim else 1 for n in range(heights.ndim)])  # fmt: skip
    return f.sum(widths * (_slice(heights, axis, 1, None) + _slice(heights, axis, 0, -1)) / 2.0, axis)


def interp(x: Operand, xp: Operand, fp: Operand, left: Operand | None = None, right: Operand | None = None) -> Result:
    """Linear interpolation at `x` between the points (`xp`, `fp`); `xp` must rise."""
    at, places, heights = array_of(x), array_of(xp), array_of(fp)
    if len(places) == 1:
        places, heights = (shaping.concatenate([p, p + n]) for p, n in ((places, 1.0), (heights, 0.0)))
    above = sorting.searchsorted(places, at, side="right")
    after = choices.clip(above, 1, places.shape[0] - 1)
    x0, x1, y0, y1 = (indexing.lookup(p, after - n) for p in (places, heights) for n in (1, 0))
    between = y0 + (at - x0) / (x1 - x0) * (y1 - y0)
    inside = choices.where(at < places[0], heights[0] if left is None else left, between)
    return choices.where(at > places[-1], heights[-1] if right is None else right, inside)


def cov(m: Operand, y: Operand | None = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None) -> Result:
    """The covariances of variables, each of which is a row of data, or a column if not `rowvar`."""
    rows = atleast_2d(m)
    rows = rows if rowvar or rows.shape[0] == 1 else rows.T
    if y is not None:
        more = atleast_2d(y)
        rows = vstack([rows, more if rowvar or more.shape[0] == 1 else more.T])
    count = rows.shape[1] - (ddof if ddof is not None else 0 if bias else 1)
    if count <= 0:
        raise ValueError(f"cov needs more numbers of each variable than {rows.shape[1]}.")
    centred = rows - f.mean(rows, axis=1, keepdims=True)
    return shaping.squeeze(products.matmul(centred, centred.T) / count)


def corrcoef(x: Operand, y: Operand | None = None, rowvar: bool = True) -> Result:
    """The correlation coefficients of variables, see `cov`."""
    covariances = cov(x, y, rowvar)
    if covariances.ndim == 0:
        return covariances / covariances
    spreads = elementary.sqrt(indexing.getitem(covariances, index=(np.arange(len(covariances)),) * 2))
    return covariances / spreads / shaping.expand_dims(spreads, 1)


def bincount(x: Operand, weights: Operand | None = None, minlength: int = 0) -> Result:
    """For each whole number from 0, the sum of the weights at which it stands in `x`."""
    if isinstance(x, Node) and mode.tracing is not None:
        mode.tracing("np.bincount", "count outside of the function, or pass whole numbers that stay the same as a constant")
    if weights is None:
        return np.bincount(np.asarray(getattr(x, "_datum", x)).astype(int), minlength=minlength)
    places = np.asarray(x)
    return indexing.scatter(array_of(weights), index=places, shape=(max(int(places.max(initial=-1)) + 1, minlength),))


def linspace(start: Operand, stop: Operand, num: int = 50, endpoint: bool = True) -> Result:
    """Numbers from `start` to `stop` in equal steps."""
    first, last = (x if isinstance(x, (int, float)) else array_of(x) for x in (start, stop))
    dtype = np.result_type(*[getattr(x, "dtype", x) for x in (first, last)])
    shares = np.linspace(0.0, 1.0, num, endpoint, dtype=dtype).reshape(num, *(1,) * max(np.ndim(first), np.ndim(last)))
    return first * (1 - shares) + last * shares


def logspace(start: Operand, stop: Operand, num: int = 50, endpoint: bool = True, base: Operand = 10.0) -> Result:
    """The powers of a base, with exponents in equal steps."""
    return elementary.power(base, linspace(start, stop, num, endpoint))


def geomspace(start: Operand, stop: Operand, num: int = 50, endpoint: bool = True) -> Result:
    """Numbers from `start` to `stop`, with a constant ratio between them."""
    first, last = array_of(start), array_of(stop)
    return first * elementary.power(last / first, linspace(0.0 * first, 0.0 * last + 1.0, num, endpoint))


def polyadd(a1: Operand, a2: Operand) -> Result:
    """The sum of two polynomials, given as coefficients with the highest power first."""
    first, second = array_of(a1), array_of(a2)
    n = max(len(first), len(second))
    return shaping.pad(first, (n - len(first), 0)) + shaping.pad(second, (n - len(second), 0))


def polysub(a1: Operand, a2: Operand) -> Result:
    """The difference of two polynomials."""
    return polyadd(a1, -array_of(a2))


def polymul(a1: Operand, a2: Operand) -> Result:
    """The product of two polynomials."""
    return convolve(a1, a2)


def polyder(p: Operand, m: int = 1) -> Result:
    """The derivative of a polynomial, taken `m` times."""
    coefficients = array_of(p)
    for _ in range(m):
        coefficients = coefficients[:-1] * np.arange(len(coefficients) - 1.0, 0.0, -1.0)
    return coefficients


def polyint(p: Operand, m: int = 1) -> Result:
    """The integral of a polynomial from 0, taken `m` times."""
    coefficients = array_of(p)
    for _ in range(m):
        coefficients = shaping.pad(coefficients / np.arange(float(len(coefficients)), 0.0, -1.0), (0, 1))
    return coefficients


def polyval(p: Operand, x: Operand) -> Result:
    """The polynomial with the coefficients `p`, the highest power first, at `x`."""
    coefficients, at = array_of(p), array_of(x)
    result: Any = at * 0.0
    for i in range(coefficients.shape[0]):
        result = result * at + coefficients[i]
    return result


def vander(x: Operand, N: int | None = None, increasing: bool = False) -> Result:
    """The Vandermonde matrix: the powers of each number in a row."""
    at = array_of(x)
    powers = np.arange(float(len(at) if N is None else N))
    return shaping.expand_dims(at, 1) ** (powers if increasing else powers[::-1])


def unwrap(p: Operand, axis: int = -1, *, period: float = 2 * np.pi) -> Result:
    """Angles without jumps: multiples of the period are added, so that neighbours differ by at most half of it."""
    angles = array_of(p)
    steps = diff(angles, axis=axis)
    turns = rounding.rint(steps / period) * -period
    moved = moveaxis(turns, axis, 0)
    added = joining.concatenate(np.zeros((1, *moved.shape[1:]), moved.dtype), moved, axis=0)
    return angles + moveaxis(cumulative.cumsum(added, axis=0), 0, axis)
