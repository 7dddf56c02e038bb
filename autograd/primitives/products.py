"""The table of derivatives: the matrix product, with NumPy's broadcasting of leading axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Case, Primitive
from . import printing
from .batching import Batch
from .reductions import unbroadcast
from .shapes import expand_dims, reshape, transpose


def _swap(x: Any) -> Any:
    """`x` with its last two axes exchanged."""
    return transpose(x, axes=(*range(x.ndim - 2), x.ndim - 1, x.ndim - 2)) if x.ndim > 2 else x.T


def _gradient_of_left(g: Any, y: Any, a: Any, b: Any) -> Any:
    if b.ndim == 1:
        return unbroadcast(expand_dims(g, axis=-1) * b, a.shape)
    if a.ndim == 1:
        return reshape(unbroadcast(matmul(expand_dims(g, axis=-2), _swap(b)), (1, *a.shape)), shape=a.shape)
    return unbroadcast(matmul(g, _swap(b)), a.shape)


def _gradient_of_right(g: Any, y: Any, a: Any, b: Any) -> Any:
    if a.ndim == 1:
        return unbroadcast(expand_dims(g, axis=-2) * expand_dims(a, axis=-1) if b.ndim > 1 else g * a, b.shape)
    if b.ndim == 1:
        return reshape(unbroadcast(matmul(_swap(a), expand_dims(g, axis=-1)), (*b.shape, 1)), shape=b.shape)
    return unbroadcast(matmul(_swap(a), g), b.shape)


def _misfit(a: tuple[int, ...], b: tuple[int, ...]) -> str | None:
    if not a or not b:
        return "a single number has no axis to multiply along; use * instead."
    place, length = ("only", b[0]) if len(b) == 1 else ("second to last", b[-2])
    if a[-1] != length:
        return f"the last axis of the first ({a[-1]}) must be as long as the {place} axis of the second ({length})."
    return None  # the axes before them do not broadcast


def _matmul_of_batch(batch: Batch, a: Any, b: Any) -> Any:
    a_has_axis, b_has_axis = batch.has_axis
    ranks = a.ndim - a_has_axis, b.ndim - b_has_axis
    # A vector of each example is a matrix of all, and with what they share one large product instead of many small
    # ones.
    if not b_has_axis and (ranks[1] == 1 or (ranks[0] == 1 and ranks[1] == 2)):
        return matmul(a, b)
    if not a_has_axis and ranks[1] == 1 and ranks[0] <= 2:
        return matmul(b, transpose(a))
    if not b_has_axis and ranks == (2, 2):
        return reshape(matmul(reshape(a, shape=(batch.size * a.shape[1], a.shape[2])), b), shape=(batch.size, *batch.shape))
    if a_has_axis and ranks[0] == 1:
        a = expand_dims(a, axis=1)
    if b_has_axis and ranks[1] == 1:
        b = expand_dims(b, axis=-1)
    return reshape(matmul(*batch.aligned((a, b), rank=max(2, *ranks))), shape=(batch.size, *batch.shape))


matmul: Primitive = Primitive(
    "matmul", symbol="@", latex=r"#1 \, #2", analytic=True, elementwise=False, sums=True,
    cases=(
        Case((2, 3), (3, 4)), Case((3,), (3,)), Case((2, 3), (3,)), Case((3,), (3, 2)), Case((2, 2, 3), (3,)), Case((3,), (2, 3, 2)),
        Case((4, 2, 3), (4, 3, 2)), Case((2, 3), (4, 3, 2)), Case((4, 1, 2, 3), (5, 3, 2)), Case((2, 0), (0, 3)),
    ),
    scalar=None, array=np.matmul,
    numpy=printing.Infix("@", printing.PRODUCT), variable="z",
    wraps=True,
    vjp=(_gradient_of_left, _gradient_of_right), misfit=_misfit,
    batch=_matmul_of_batch,
    doc="""The matrix product `a @ b`: vectors and matrices, and stacks of matrices with broadcasting.

    >>> matmul(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]))
    array([[11.]])
    """,
)  # fmt: skip
