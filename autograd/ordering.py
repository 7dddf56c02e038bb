"""Functions that sort entries, and reductions besides `sum` and `max`, with NumPy's names and arguments.

These are `sort`, `median` and `quantile`, products and averages, and the functions that ignore nan.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import functions as f
from . import shaping, statistics
from .core import Node
from .operands import array_of, axes
from .primitives import arithmetic, choices, cumulative, elementary, networks, rounding, sorting
from .types import Axis, Operand, Result

__all__ = [
    "average", "cumprod", "cumsum", "cumulative_prod", "cumulative_sum", "median", "nan_to_num", "nancumprod", "nancumsum", "nanmax",
    "nanmean", "nanmedian", "nanmin", "nanpercentile", "nanprod", "nanquantile", "nanstd", "nansum", "nanvar", "percentile", "prod",
    "ptp", "quantile", "sort", "take_along_axis",
]  # fmt: skip


def prod(a: Operand, axis: Axis = None, *, keepdims: bool = False) -> Result:
    """The product over axes."""
    return cumulative.prod(array_of(a), axis=axes(axis), keepdims=bool(keepdims))


def cumsum(a: Operand, axis: int | None = None) -> Result:
    """The cumulative sums along an axis; None flattens the array first."""
    return cumulative.cumsum(_row(a, axis), axis=axis or 0)


def cumprod(a: Operand, axis: int | None = None) -> Result:
    """The cumulative products along an axis; None flattens the array first."""
    return cumulative.cumprod(_row(a, axis), axis=axis or 0)


def _row(a: Operand, axis: int | None) -> Any:
    array = array_of(a)
    return shaping.reshape(array, -1) if axis is None else array


def cumulative_sum(x: Operand, /, *, axis: int | None = None, include_initial: bool = False) -> Result:
    """The cumulative sums along an axis, optionally after an initial 0."""
    return _with_initial(cumsum(x, axis), axis, 0.0) if include_initial else cumsum(x, axis)


def cumulative_prod(x: Operand, /, *, axis: int | None = None, include_initial: bool = False) -> Result:
    """The cumulative products along an axis, optionally after an initial 1."""
    return _with_initial(cumprod(x, axis), axis, 1.0) if include_initial else cumprod(x, axis)


def _with_initial(x: Any, axis: int | None, initial: float) -> Any:
    axis = (axis or 0) % x.ndim
    return shaping.concatenate([np.full((*x.shape[:axis], 1, *x.shape[axis + 1 :]), initial, x.dtype), x], axis=axis)


def ptp(a: Operand, axis: Axis = None, *, keepdims: bool = False) -> Result:
    """The largest entry minus the smallest one."""
    return f.max(a, axis, bool(keepdims)) - f.min(a, axis, bool(keepdims))


def average(a: Operand, axis: Axis = None, weights: Operand | None = None, returned: bool = False, *, keepdims: bool = False) -> Result:
    """The weighted mean over axes; optionally with the sum of the weights."""
    array, keepdims = array_of(a), bool(keepdims)
    shares = np.ones(array.shape, array.dtype) if weights is None else array_of(weights)
    if shares.shape != array.shape:
        if axis is None or shares.shape != tuple(array.shape[n] for n in np.atleast_1d(axis)):
            raise ValueError(f"average got weights of shape {shares.shape} for shape {array.shape}; give one for each entry along `axis`.")
        along = [int(n) % array.ndim for n in np.atleast_1d(axis)]
        order = np.argsort(along).tolist()
        shape = [n if i in along else 1 for i, n in enumerate(array.shape)]
        shares = shaping.broadcast_to(shaping.reshape(shaping.transpose(shares, order), shape), array.shape)
    total = f.sum(shares, axis, keepdims)
    result = f.sum(array * shares, axis, keepdims) / total
    return (result, total) if returned else result


def take_along_axis(arr: Operand, indices: Operand, axis: int | None = -1) -> Result:
    """From each row along an axis, the entries at the positions in the same row of `indices`."""
    places: Any = array_of(indices)
    if getattr(places, "dtype", np.dtype(int)).kind not in "iu":
        raise TypeError(f"take_along_axis needs whole numbers as indices, not {places.dtype}.")
    if axis is None:
        return networks.take_along_axis(_row(arr, None), places, axis=0)
    array: Any = array_of(arr)
    if isinstance(places, np.ndarray) and array.ndim == places.ndim:  # one row may serve several
        rows = np.broadcast_shapes(np.delete(array.shape, axis), np.delete(places.shape, axis))
        whole = [tuple(np.insert(rows, axis % array.ndim, x.shape[axis]).tolist()) for x in (array, places)]
        array = array if array.shape == whole[0] else shaping.broadcast_to(array, whole[0])
        places = np.broadcast_to(places, whole[1])
    return networks.take_along_axis(array, places, axis=axis)


def sort(a: Operand, axis: int | None = -1) -> Result:
    """The entries in rising order along an axis, with nan last; None flattens the array first."""
    array = _row(a, axis)
    axis = 0 if axis is None else axis
    return networks.take_along_axis(array, sorting.argsort(array, axis=axis), axis=axis)


def _sorted_rows(a: Operand, axis: Axis) -> tuple[Any, tuple[int, ...]]:
    """The entries over some axes, sorted along the last axis; and the shape of a reduction that keeps these axes."""
    array = array_of(a)
    gone = [int(n) % array.ndim for n in (range(array.ndim) if axis is None else np.atleast_1d(axis))]
    kept = [n for n in range(array.ndim) if n not in gone]
    front = [array.shape[n] for n in kept]
    rows = shaping.reshape(shaping.transpose(array, [*kept, *gone]), (*front, math.prod(array.shape[n] for n in gone)))
    return sort(rows), tuple(1 if n in gone else length for n, length in enumerate(array.shape))


def quantile(a: Operand, q: Any, axis: Axis = None, *, method: Any = "linear", keepdims: bool = False) -> Result:
    """The number below which a fraction `q` of the entries lies; nan if an entry is nan.

    It is interpolated between two entries.

    Args:
        a: a Tensor, an array or a list.
        q: a fraction, or several, for which the results are along a new first axis.
        axis: an axis or several of them; all if None.
        method: how to interpolate between two entries, see `numpy.quantile`.
        keepdims: keep the reduced axes, with length 1.
    """
    if isinstance(q, Node):
        raise TypeError("The share of a quantile is a plain number, and has no derivative here; compute it without Values and Tensors.")
    rows, shape = _sorted_rows(a, axis)
    # The quantile of 0, 1, 2, … is the position.
    places = np.quantile(np.arange(float(rows.shape[-1])), q, method=method)
    low, high = np.floor(places).astype(int), np.ceil(places).astype(int)
    below = shaping.take(rows, low, axis=-1)
    result = below + (shaping.take(rows, high, axis=-1) - below) * (places - low).astype(rows.dtype)
    largest = shaping.reshape(rows[..., -1], (*rows.shape[:-1], *(1,) * places.ndim))
    result = choices.where(largest == largest, result, np.nan)  # nan is the last entry
    n = rows.ndim - 1
    result = shaping.transpose(result, [*range(n, n + places.ndim), *range(n)])
    return shaping.reshape(result, (*places.shape, *shape)) if keepdims else result


def percentile(a: Operand, q: Operand, axis: Axis = None, *, method: str = "linear", keepdims: bool = False) -> Result:
    """`quantile`, with `q` in percent."""
    return quantile(a, np.asarray(q) / 100, axis, method=method, keepdims=keepdims)


def median(a: Operand, axis: Axis = None, *, keepdims: bool = False) -> Result:
    """The middle entry, or the mean of the two middle ones."""
    return quantile(a, 0.5, axis, keepdims=keepdims)


def nanquantile(a: Operand, q: Any, axis: Axis = None, *, keepdims: bool = False) -> Result:
    """`quantile` of the entries that are not nan."""
    if np.ndim(q):
        return shaping.stack([nanquantile(a, share, axis, keepdims=keepdims) for share in q])
    rows, shape = _sorted_rows(a, axis)
    place = choices.maximum(f.sum(_ones(rows), -1, True) - 1, 0.0) * float(q)
    low = rounding.floor(place)
    below = networks.take_along_axis(rows, low, axis=-1)
    above = networks.take_along_axis(rows, rounding.ceil(place), axis=-1)
    result = below + (above - below) * (place - low)
    return shaping.reshape(result, shape if keepdims else rows.shape[:-1])


def nanpercentile(a: Operand, q: Operand, axis: Axis = None, *, keepdims: bool = False) -> Result:
    """`percentile` of the entries that are not nan."""
    return nanquantile(a, np.asarray(q) / 100, axis, keepdims=keepdims)


def nanmedian(a: Operand, axis: Axis = None, *, keepdims: bool = False) -> Result:
    """`median` of the entries that are not nan."""
    return nanquantile(a, 0.5, axis, keepdims=keepdims)


def _without_nan(a: Operand, fill: float) -> Any:
    """The array with another number in place of nan."""
    array = array_of(a)
    return choices.where(array == array, array, fill)


def _ones(a: Operand) -> Any:
    """An array of ones, with 0 in place of nan."""
    array = array_of(a)
    return arithmetic.astype(choices.where(array == array, np.ones((), array.dtype), 0.0), dtype=array.dtype)


def nansum(a: Operand, axis: Axis = None, *, keepdims: bool = False) -> Result:
    """The sum of the entries that are not nan."""
    return f.sum(_without_nan(a, 0.0), axis, bool(keepdims))


def nanprod(a: Operand, axis: Axis = None, *, keepdims: bool = False) -> Result:
    """The product of the entries that are not nan."""
    return prod(_without_nan(a, 1.0), axis, keepdims=keepdims)


def nancumsum(a: Operand, axis: int | None = None) -> Result:
    """`cumsum`, with nan as 0."""
    return cumsum(_without_nan(a, 0.0), axis)


def nancumprod(a: Operand, axis: int | None = None) -> Result:
    """`cumprod`, with nan as 1."""
    return cumprod(_without_nan(a, 1.0), axis)


def nanmean(a: Operand, axis: Axis = None, *, keepdims: bool = False) -> Result:
    """The mean of the entries that are not nan."""
    return nansum(a, axis, keepdims=keepdims) / f.sum(_ones(a), axis, bool(keepdims))


def nanvar(a: Operand, axis: Axis = None, *, ddof: float = 0, keepdims: bool = False) -> Result:
    """The variance of the entries that are not nan."""
    distances = _distances(a, axis)
    return f.sum(distances * distances, axis, bool(keepdims)) / (f.sum(_ones(a), axis, bool(keepdims)) - ddof)


def nanstd(a: Operand, axis: Axis = None, *, ddof: float = 0, keepdims: bool = False) -> Result:
    """The standard deviation of the entries that are not nan. Where all are the same, its gradient is 0."""
    count = f.sum(_ones(a), axis, bool(keepdims)) - ddof
    return statistics.norm(_distances(a, axis), axis=axis, keepdims=bool(keepdims)) / elementary.sqrt(count)


def _distances(a: Operand, axis: Axis) -> Any:
    """The differences of the entries from their mean; 0 for nan."""
    return _without_nan(array_of(a) - nanmean(a, axis, keepdims=True), 0.0)


def _nan_extreme(extreme: Any, a: Operand, axis: Axis, keepdims: bool, fill: float) -> Any:
    found = extreme(_without_nan(a, fill), axis, bool(keepdims))
    return choices.where(f.sum(_ones(a), axis, bool(keepdims)) > 0, found, np.nan)


def nanmax(a: Operand, axis: Axis = None, *, keepdims: bool = False) -> Result:
    """The largest of the entries that are not nan."""
    return _nan_extreme(f.max, a, axis, keepdims, -np.inf)


def nanmin(a: Operand, axis: Axis = None, *, keepdims: bool = False) -> Result:
    """The smallest of the entries that are not nan."""
    return _nan_extreme(f.min, a, axis, keepdims, np.inf)


def nan_to_num(x: Operand, copy: bool = True, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Result:
    """The array with numbers in place of nan and of infinities; for these, by default, the largest finite ones."""
    array = array_of(x)
    limit = float(np.finfo(array.dtype).max)
    numbers = _without_nan(array, nan)
    numbers = choices.where(array == np.inf, limit if posinf is None else posinf, numbers)
    return choices.where(array == -np.inf, -limit if neginf is None else neginf, numbers)
