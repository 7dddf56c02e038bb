"""The table, part 5: the matrix product, with NumPy's broadcasting of leading axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Case, Primitive
from . import printing
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


matmul = Primitive(
    "matmul", symbol="@", latex=r"#1 \, #2", analytic=True, elementwise=False, sums=True,
    cases=(
        Case((2, 3), (3, 4)), Case((3,), (3,)), Case((2, 3), (3,)), Case((3,), (3, 2)), Case((2, 2, 3), (3,)), Case((3,), (2, 3, 2)),
        Case((4, 2, 3), (4, 3, 2)), Case((2, 3), (4, 3, 2)), Case((4, 1, 2, 3), (5, 3, 2)), Case((2, 0), (0, 3)),
    ),
    scalar=None, array=np.matmul,
    numpy=printing.Infix("@", printing.PRODUCT), variable="z",
    vjp=(_gradient_of_left, _gradient_of_right),
    doc="""The matrix product `a @ b`: vectors and matrices, and stacks of matrices with broadcasting.

    >>> matmul(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]))
    array([[11.]])
    """,
)  # fmt: skip
