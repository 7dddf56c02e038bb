"""The table of derivatives: products over axes, and cumulative sums and products.

The derivatives of products are products of the other entries. They are computed without division, so that they are also
right where entries are 0.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core import Case, Primitive
from . import printing
from .batching import Batch
from .indexing import getitem
from .joining import concatenate
from .shapes import axes_of_batch, reshape, transpose


def _part(x: Any, axis: int, part: slice) -> Any:
    return getitem(x, index=(slice(None),) * (axis % x.ndim) + (part,))


def _reversed(x: Any, axis: int) -> Any:
    return _part(x, axis, slice(None, None, -1))


def _shifted(x: Any, axis: int, by: int, fill: float) -> Any:
    """`x` moved towards the end of an axis (its start, if `by` is negative), with `fill` where nothing comes from."""
    axis, n = axis % x.ndim, min(abs(by), x.shape[axis])
    filling = np.full((*x.shape[:axis], n, *x.shape[axis + 1 :]), fill, x.dtype)
    if by > 0:
        return concatenate(filling, _part(x, axis, slice(0, x.shape[axis] - n)), axis=axis)
    return concatenate(_part(x, axis, slice(n, None)), filling, axis=axis)


def _one_axis(batch: Batch, x: Any, axis: int) -> int:
    return int(axes_of_batch(x, axis)[0])


cumsum: Primitive = Primitive(
    "cumsum", symbol="cumsum", latex=r"\operatorname{cumsum}(#1)", analytic=True, elementwise=False, sums=True,
    cases=(Case((3,), axis=0), Case((2, 3), axis=-1), Case((0, 2), axis=0)),
    scalar=None, array=lambda x, axis: np.cumsum(x, axis), numpy="np.cumsum({0}, {axis})",
    vjp=(lambda g, y, x, axis: _reversed(cumsum(_reversed(g, axis), axis=axis), axis),),
    batch=lambda batch, x, axis: cumsum(x, axis=_one_axis(batch, x, axis)),
    doc="""The sums of the entries so far along an axis.

    >>> cumsum(np.array([1.0, 2.0, 3.0]), axis=0)
    array([1., 3., 6.])
    """,
)  # fmt: skip


def _gradient_of_cumprod(g: Any, y: Any, x: Any, axis: int) -> Any:
    """The product of the entries before each one, times s_k = g_k + x_{k+1} s_{k+1}.

    The recurrence is computed in steps of 1, 2, 4, … entries.
    """
    total, factors, step = g, _shifted(x, axis, -1, 0.0), 1
    while step < x.shape[axis]:
        total = total + factors * _shifted(total, axis, -step, 0.0)
        factors = factors * _shifted(factors, axis, -step, 0.0)
        step *= 2
    return _shifted(y, axis, 1, 1.0) * total


cumprod: Primitive = Primitive(
    "cumprod", symbol="cumprod", latex=r"\operatorname{cumprod}(#1)", analytic=True, elementwise=False,
    cases=(Case((4,), axis=0), Case((2, 3), axis=-1), Case((0, 2), axis=0)),
    scalar=None, array=lambda x, axis: np.cumprod(x, axis), numpy="np.cumprod({0}, {axis})",
    vjp=(_gradient_of_cumprod,),
    batch=lambda batch, x, axis: cumprod(x, axis=_one_axis(batch, x, axis)),
    doc="""The products of the entries so far along an axis.

    >>> cumprod(np.array([1.0, 2.0, 3.0]), axis=0)
    array([1., 2., 6.])
    """,
)  # fmt: skip


def _gradient_of_prod(g: Any, y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The product of all entries before and after each."""
    gone = range(x.ndim) if axis is None else [int(a) % x.ndim for a in np.atleast_1d(axis)]
    order = (*(a for a in range(x.ndim) if a not in gone), *gone)
    moved = transpose(x, axes=order)
    kept = moved.shape[: x.ndim - len(gone)]
    rows = reshape(moved, shape=(*kept, math.prod(moved.shape[len(kept) :])))
    before = _shifted(cumprod(rows, axis=-1), -1, 1, 1.0)
    after = _shifted(_reversed(cumprod(_reversed(rows, -1), axis=-1), -1), -1, -1, 1.0)
    gradient = reshape(g, shape=(*kept, 1)) * before * after
    return transpose(reshape(gradient, shape=moved.shape), axes=tuple(int(a) for a in np.argsort(order)))


prod: Primitive = Primitive(
    "prod", symbol="Π", latex=r"\prod #1", analytic=True, elementwise=False,
    cases=(Case((2, 3), axis=None, keepdims=False), Case((2, 3), axis=0, keepdims=False), Case((2, 3, 2), axis=(0, -1), keepdims=True)),
    scalar=None, array=lambda x, axis=None, keepdims=False: np.prod(x, axis=axis, keepdims=keepdims),
    numpy=printing.reduction("prod"),
    vjp=(_gradient_of_prod,),
    batch=lambda batch, x, axis=None, keepdims=False: prod(x, axis=axes_of_batch(x, axis), keepdims=keepdims),
    doc="""The product over axes.

    >>> prod(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=0)
    array([3., 8.])
    """,
)  # fmt: skip

__all__ = ["cumprod", "cumsum", "prod"]
