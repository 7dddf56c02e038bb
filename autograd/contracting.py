"""Products of arrays: `inner`, `outer`, `tensordot`, `einsum`, `cross`, `convolve`, ….

They have NumPy's names and arguments.
"""

from __future__ import annotations

import math
import string
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import functions as f
from . import shaping
from .arranging import flip, moveaxis, ravel
from .operands import array_of
from .primitives import contraction, products
from .types import Operand, Result

__all__ = [
    "convolve", "correlate", "cross", "dot", "einsum", "inner", "kron", "matvec", "outer", "tensordot", "vdot", "vecdot", "vecmat",
]  # fmt: skip


def dot(a: Operand, b: Operand) -> Result:
    """The product of numbers, or the matrix product of vectors and matrices; for more axes see `numpy.dot`."""
    left, right = array_of(a), array_of(b)
    if not left.ndim or not right.ndim:
        return left * right
    return f.dot(left, right) if left.ndim < 2 or right.ndim <= 2 else tensordot(left, right, (-1, -2))


def inner(a: Operand, b: Operand) -> Result:
    """The sums of products along the last axes."""
    left, right = array_of(a), array_of(b)
    return tensordot(left, right, (-1, -1)) if left.ndim and right.ndim else left * right


def outer(a: Operand, b: Operand) -> Result:
    """The products of all pairs of entries, as a matrix."""
    return shaping.reshape(a, (-1, 1)) * ravel(b)


def vdot(a: Operand, b: Operand, /) -> Result:
    """The sum of the products of all entries."""
    return products.matmul(ravel(a), ravel(b))


def vecdot(x1: Operand, x2: Operand) -> Result:
    """The dot products of vectors, with broadcasting."""
    return f.sum(array_of(x1) * array_of(x2), axis=-1)


def matvec(x1: Operand, x2: Operand) -> Result:
    """Matrices times vectors, with broadcasting."""
    return shaping.squeeze(products.matmul(array_of(x1), shaping.expand_dims(x2, -1)), -1)


def vecmat(x1: Operand, x2: Operand) -> Result:
    """Vectors times matrices, with broadcasting."""
    return shaping.squeeze(products.matmul(shaping.expand_dims(x1, -2), array_of(x2)), -2)


def tensordot(a: Operand, b: Operand, axes: Any = 2) -> Result:
    """The sums of products along some axes.

    These are a number of the last axes of `a` and the first of `b`, or the axes in two lists.
    """
    left, right = array_of(a), array_of(b)
    pair = (range(left.ndim - axes, left.ndim), range(axes)) if isinstance(axes, int) else axes
    of_left, of_right = ([int(n) % x.ndim for n in np.atleast_1d(own)] for own, x in zip(pair, (left, right), strict=True))
    if [left.shape[n] for n in of_left] != [right.shape[n] for n in of_right]:
        raise ValueError(f"tensordot got shapes {left.shape} and {right.shape}, whose axes {of_left} and {of_right} must be equally long.")
    kept_left, kept_right = ([n for n in range(x.ndim) if n not in own] for own, x in ((of_left, left), (of_right, right)))
    shape = [left.shape[n] for n in kept_left] + [right.shape[n] for n in kept_right]
    count = math.prod(left.shape[n] for n in of_left)
    rows = shaping.reshape(shaping.transpose(left, kept_left + of_left), (math.prod(shape[: len(kept_left)]), count))
    columns = shaping.reshape(shaping.transpose(right, of_right + kept_right), (count, math.prod(shape[len(kept_left) :])))
    return shaping.reshape(products.matmul(rows, columns), shape)


def einsum(subscripts: str, /, *operands: Operand, optimize: Any = False) -> Result:
    """Sums of products, with named axes as in "ij,jk->ik". Axes that the result does not have are summed over.

    `optimize`, which in NumPy chooses the order of computation, is ignored.
    """
    if not isinstance(subscripts, str):
        raise TypeError('einsum takes the names of the axes as one text, such as "ij,jk->ik", before the arrays.')
    arrays = [array_of(x) for x in operands]
    return contraction.einsum(*arrays, subscripts=_explicit(subscripts, [x.ndim for x in arrays]))


def _explicit(subscripts: str, ranks: Sequence[int]) -> str:
    """The subscripts with names for all axes: for those under "...", and for the result if it was not given."""
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    names = inputs.split(",")
    if len(names) != len(ranks):
        raise ValueError(f"einsum got {len(ranks)} arrays for {subscripts!r}, which names the axes of {len(names)}.")
    free = "".join(c for c in string.ascii_letters if c not in subscripts)
    counts = [rank - len(own.replace("...", "")) if "..." in own else 0 for own, rank in zip(names, ranks, strict=True)]
    rest = free[: max(counts)]
    names = [own.replace("...", rest[len(rest) - n :]) for own, n in zip(names, counts, strict=True)]
    letters = "".join(names)
    if not arrow:
        output = rest + "".join(sorted(c for c in set(letters) - set(rest) if letters.count(c) == 1))
    return f"{','.join(names)}->{output.replace('...', rest)}"


def kron(a: Operand, b: Operand) -> Result:
    """The Kronecker product: `b` times each entry of `a`, in the place of that entry."""
    left, right = array_of(a), array_of(b)
    rank = max(left.ndim, right.ndim)
    rows, columns = ((1,) * (rank - x.ndim) + x.shape for x in (left, right))
    product = shaping.reshape(left, [n for m in rows for n in (m, 1)]) * shaping.reshape(right, [n for m in columns for n in (1, m)])
    return shaping.reshape(product, [m * n for m, n in zip(rows, columns, strict=True)])


def cross(a: Operand, b: Operand, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Result:
    """The cross product of vectors in space."""
    if axis is not None:
        axisa = axisb = axisc = axis
    u, v = moveaxis(a, axisa, -1), moveaxis(b, axisb, -1)
    if u.shape[-1] != 3 or v.shape[-1] != 3:
        raise ValueError(f"cross takes vectors of three numbers, and got shapes {u.shape} and {v.shape}.")
    after, before = [1, 2, 0], [2, 0, 1]
    product = u[..., after] * v[..., before] - u[..., before] * v[..., after]
    return moveaxis(product, -1, axisc)


def convolve(a: Operand, v: Operand, mode: str = "full") -> Result:
    """The convolution of two vectors: sums of products with the other one reversed and shifted; see `numpy.convolve`."""
    long, short = array_of(a), array_of(v)
    if long.ndim != 1 or short.ndim != 1 or not long.size or not short.size:
        raise ValueError(f"convolve takes two lists of numbers, and got shapes {long.shape} and {short.shape}.")
    if len(long) < len(short):
        long, short = short, long
    n, m = len(long), len(short)
    if mode not in ("full", "same", "valid"):
        raise ValueError(f'convolve has the modes "full", "same" and "valid", and got {mode!r}.')
    first, count = {"full": (0, n + m - 1), "same": ((m - 1) // 2, n), "valid": (m - 1, n - m + 1)}[mode]
    windows = np.arange(first, first + count)[:, None] + np.arange(m)
    return products.matmul(shaping.take(shaping.pad(long, m - 1), windows, axis=0), flip(short))


def correlate(a: Operand, v: Operand, mode: str = "valid") -> Result:
    """The correlation of two vectors: sums of products with the other one shifted; see `numpy.correlate`."""
    return convolve(a, flip(v), mode)
