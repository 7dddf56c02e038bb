"""`np.linalg` on nodes: inverses, determinants, decompositions and norms, of matrices and of stacks of them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import arranging, contracting, modes, shaping, statistics
from . import functions as f
from .operands import array_of
from .primitives import arithmetic, choices, linalg, products
from .primitives.linalg import mT, row, rows
from .types import Axis, Operand, Result

__all__ = [
    "cholesky", "cond", "cross", "det", "diagonal", "eigh", "eigvalsh", "inv", "lstsq", "matmul", "matrix_norm", "matrix_power",
    "matrix_transpose", "multi_dot", "norm", "outer", "pinv", "qr", "slogdet", "solve", "svd", "svdvals", "tensordot", "tensorinv",
    "tensorsolve", "trace", "vecdot", "vector_norm",
]  # fmt: skip

matmul, matrix_transpose, outer, tensordot = f.matmul, arranging.matrix_transpose, contracting.outer, contracting.tensordot


def cross(x1: Operand, x2: Operand, /, *, axis: int = -1) -> Result:
    """The cross product of vectors in space."""
    return contracting.cross(x1, x2, axis=axis)


def diagonal(x: Operand, /, *, offset: int = 0) -> Result:
    """The diagonals of matrices, the last two axes."""
    return arranging.diagonal(x, offset, -2, -1)


def trace(x: Operand, /, *, offset: int = 0) -> Result:
    """The sums of the diagonals of matrices, the last two axes."""
    return arranging.trace(x, offset, -2, -1)


def vecdot(x1: Operand, x2: Operand, /, *, axis: int = -1) -> Result:
    """The sums of products along an axis."""
    return f.sum(array_of(x1) * array_of(x2), axis=axis)


def inv(a: Operand) -> Result:
    """The inverse matrix."""
    return linalg.inv(array_of(a))


def det(a: Operand) -> Result:
    """The determinant."""
    return linalg.det(array_of(a))


def slogdet(a: Operand) -> Any:
    """The sign of the determinant, and the logarithm of its absolute value."""
    array = array_of(a)
    return _pair("slogdet")(linalg.det_sign(array), linalg.logabsdet(array))


def _pair(name: str) -> Any:
    """The named tuple that NumPy's function returns."""
    return type(getattr(np.linalg, name)(np.eye(2)))


def solve(a: Operand, b: Operand) -> Result:
    """The x for which a x = b; `b` is one vector, or the columns of a matrix."""
    left, right = array_of(a), array_of(b)
    if right.ndim > 1:
        return linalg.solve(left, right)
    return shaping.squeeze(linalg.solve(left, shaping.expand_dims(right, -1)), -1)


def cholesky(a: Operand, /, *, upper: bool = False) -> Result:
    """The lower triangle L with L Lᵀ = a, of a symmetric matrix that is positive definite; or Lᵀ, if `upper`."""
    lower = linalg.cholesky(array_of(a))
    return mT(lower) if upper else lower


def eigh(a: Operand, UPLO: str = "L") -> Any:
    """The eigenvalues of a symmetric matrix, in rising order, and its eigenvectors, in columns."""
    packed = linalg.eigh(array_of(a))
    return _pair("eigh")(row(packed, 0), rows(packed, 1, None))


def eigvalsh(a: Operand, UPLO: str = "L") -> Result:
    """The eigenvalues of a symmetric matrix, in rising order."""
    return row(linalg.eigh(array_of(a)), 0)


def svd(a: Operand, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """U, s and Vᵀ with a = U diag(s) Vᵀ: the singular values s, and matrices with orthonormal columns."""
    array = array_of(a)
    if not compute_uv:
        return svdvals(array)
    m, n = array.shape[-2:]
    if full_matrices and m != n:
        raise TypeError(
            f"np.linalg.svd of a matrix that is {m} by {n} adds vectors that it does not determine, which have no derivative; "
            "write svd(a, full_matrices=False)."
        )
    packed = linalg.svd(array)
    return _pair("svd")(rows(packed, 1, m + 1), row(packed, 0), mT(rows(packed, m + 1, None)))


def svdvals(x: Operand, /) -> Result:
    """The singular values, in falling order."""
    return row(linalg.svd(array_of(x)), 0)


def qr(a: Operand, mode: str = "reduced") -> Any:
    """Q and R with a = Q R: a matrix with orthonormal columns and an upper triangle."""
    array = array_of(a)
    m, n = array.shape[-2:]
    if mode not in ("reduced", "r") and not (mode == "complete" and m <= n):
        raise TypeError(f'np.linalg.qr with mode={mode!r} has no derivative for a matrix that is {m} by {n}; there are "reduced" and "r".')
    packed = linalg.qr(array[..., :m] if m < n else array)
    q, r = rows(packed, 0, m), mT(rows(packed, m, None))
    if m < n:
        r = shaping.concatenate([r, products.matmul(mT(q), array[..., m:])], axis=-1)
    return r if mode == "r" else _pair("qr")(q, r)


def pinv(a: Operand, rcond: Operand | None = None) -> Result:
    """The pseudoinverse, of a matrix whose rank does not change."""
    return linalg.pinv(array_of(a), rcond=rcond)


def lstsq(a: Operand, b: Operand, rcond: Any = None) -> Any:
    """The x for which a x is closest to b; the sums of the squared distances; the rank and the singular values of `a`.

    If the rank is less than the number of columns, there are no sums, as in NumPy. In a compiled function, whose shapes
    do not change, they are nan then.
    """
    left, right = array_of(a), array_of(b)
    m, n = left.shape
    plain = getattr(left, "_datum", left)
    cutoff = np.finfo(left.dtype).eps * max(m, n) if rcond is None else rcond
    sizes = svdvals(left)
    rank: Any
    if modes.mode.tracing is None:
        rank = np.linalg.lstsq(plain, np.zeros(m, plain.dtype), rcond)[2]
    else:
        rank = f.sum(choices.where(sizes > cutoff * sizes[0], 1.0, 0.0))
    x = products.matmul(linalg.pinv(left, rcond=cutoff), right)
    distances = products.matmul(left, x) - right
    residuals: Any = np.zeros(0)
    if m > n and modes.mode.tracing is not None:
        residuals = choices.where(rank > n - 0.5, f.sum(distances * distances, axis=0), np.nan)
    elif m > n == rank:
        residuals = f.sum(distances * distances, axis=0)
    return x, shaping.reshape(residuals, -1), rank, sizes


def matrix_power(a: Operand, n: int) -> Result:
    """The product of `n` factors `a`, or of inverses if `n` is negative."""
    base: Any = array_of(a)
    if n < 0:
        base, n = linalg.inv(base), -n
    result: Any = shaping.broadcast_to(np.eye(base.shape[-1], dtype=base.dtype), base.shape) + 0.0 * base if n == 0 else None
    while n:
        if n % 2:
            result = base if result is None else products.matmul(result, base)
        n //= 2
        base = products.matmul(base, base) if n else base
    return result


def multi_dot(arrays: Sequence[Operand]) -> Result:
    """The matrix product of two or more arrays."""
    return functools.reduce(f.dot, arrays)


def norm(x: Operand, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Result:
    """The length of vectors, along one axis, or a norm of matrices, along two; see `numpy.linalg.norm`."""
    array = array_of(x)
    count = array.ndim if axis is None else np.size(axis)
    if ord is None or (axis is None and count > 2):
        return statistics.norm(array, ord, axis, keepdims)
    along = [int(n) % array.ndim for n in (range(array.ndim) if axis is None else np.atleast_1d(axis))]
    if count == 1:
        return vector_norm(array, axis=along[0], ord=ord, keepdims=keepdims)
    if count != 2:
        raise ValueError(f"norm is of vectors, along one axis, or of matrices, along two, and got {count} axes.")
    matrices = arranging.moveaxis(array, along, (-2, -1))
    found = _matrix_norm(matrices, ord)
    return shaping.expand_dims(found, sorted(along)) if keepdims else found


def _matrix_norm(x: Any, ord: float | str) -> Any:
    if ord == "fro":
        return statistics.norm(x, axis=(-2, -1))
    if ord in ("nuc", 2, -2):
        values = svdvals(x)
        return f.sum(values, axis=-1) if ord == "nuc" else values[..., 0 if ord == 2 else -1]
    if ord in (1, -1, np.inf, -np.inf):
        sums = f.sum(arithmetic.abs_(x), axis=-2 if abs(ord) == 1 else -1)
        return (f.max if ord > 0 else f.min)(sums, axis=-1)
    raise ValueError(f"norm has no ord={ord!r} for matrices; there are 'fro', 'nuc', 1, -1, 2, -2, inf and -inf.")


def vector_norm(x: Operand, /, *, axis: Axis = None, keepdims: bool = False, ord: float | str = 2) -> Result:
    """(Σ|x|ᵖ)^(1/p) over axes.

    If p is inf or -inf, it is the largest or smallest |x|; if p is 0, the number of entries that are not 0.
    """
    array = array_of(x)
    if ord == 2:
        return statistics.norm(array, axis=axis, keepdims=keepdims)
    if not isinstance(ord, (int, float)):
        raise ValueError(f"norm has no ord={ord!r} for vectors; it is a number.")
    sizes = arithmetic.abs_(array)
    if abs(ord) == np.inf:
        return (f.max if ord > 0 else f.min)(sizes, axis, keepdims)
    if ord == 0:
        return f.sum(choices.where(array != 0, 1.0, 0.0 * array), axis, keepdims)
    return f.sum(sizes**ord, axis, keepdims) ** (1 / ord) if ord != 1 else f.sum(sizes, axis, keepdims)


def matrix_norm(x: Operand, /, *, keepdims: bool = False, ord: float | str = "fro") -> Result:
    """A norm of the last two axes, see `norm`."""
    return norm(x, ord, (-2, -1), keepdims)


def cond(x: Operand, p: float | str | None = None) -> Result:
    """The condition number: the ratio of the largest and the smallest singular value.

    With another norm, it is norm(x) norm(x⁻¹).
    """
    array = array_of(x)
    if p in (None, 2, -2):
        values = svdvals(array)
        return values[..., -1] / values[..., 0] if p == -2 else values[..., 0] / values[..., -1]
    return _matrix_norm(array, p) * _matrix_norm(linalg.inv(array), p)


def tensorsolve(a: Operand, b: Operand, axes: Axis = None) -> Result:
    """The x for which the tensordot of `a` and x, over the axes of x, is `b`."""
    left, right = array_of(a), array_of(b)
    if axes is not None:
        left = arranging.moveaxis(left, axes, range(left.ndim - np.size(axes), left.ndim))
    shape = left.shape[right.ndim :]
    return shaping.reshape(solve(shaping.reshape(left, (-1, right.size)), arranging.ravel(right)), shape)


def tensorinv(a: Operand, ind: int = 2) -> Result:
    """The inverse for `tensordot` over `ind` axes."""
    array = array_of(a)
    first = array.shape[:ind]
    matrix = shaping.reshape(array, (int(np.prod(first)), -1))
    return shaping.reshape(linalg.inv(matrix), (*array.shape[ind:], *first))
