"""The table of derivatives: linear algebra, of matrices and of stacks of them.

The rules are those of Giles, "Collected matrix derivative results" (2008): the derivative of an inverse, a determinant,
a decomposition, written with matrix products. What gives several arrays packs them into one, and
`autograd.linear_algebra` takes them apart. Of the symmetric matrices that `cholesky` and `eigh` take, both halves are
read and both get a gradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Case, Node, Primitive
from ..modes import mode
from .batching import Batch
from .choices import either
from .indexing import getitem
from .products import matmul
from .reductions import sum_, unbroadcast
from .shapes import expand_dims, reshape, transpose

_STACKS = (Case((2, 2)), Case((2, 3, 3)))


def mT(x: Any) -> Any:
    """The matrices transposed."""
    return transpose(x, axes=(*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def _matrices_of(g: Any) -> Any:
    """One number for each matrix, with two axes of length 1."""
    return reshape(g, shape=(*g.shape, 1, 1))


def _diagonal(x: Any) -> Any:
    """Vectors as the diagonals of matrices."""
    return expand_dims(x, axis=-1) * np.eye(x.shape[-1], dtype=x.dtype)


def _symmetric(x: Any) -> Any:
    return 0.5 * (x + mT(x))


def _quotient(a: Any, b: Any) -> Any:
    """a / b, and 0 where both are 0: what nobody asked for has no derivative that could be infinite."""
    return a / (b + ((a == 0) & (b == 0)))


inv: Primitive = Primitive(
    "inv", symbol="⁻¹", latex="#1^{-1}", analytic=True, elementwise=False, cases=_STACKS,
    scalar=None, array=np.linalg.inv, numpy="np.linalg.inv({0})",
    vjp=(lambda g, y, x: -matmul(mT(y), matmul(g, mT(y))),),
    batch=lambda batch, x: inv(x),
    doc="""The inverse matrix.

    >>> inv(np.array([[2.0, 0.0], [0.0, 4.0]]))
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """,
)  # fmt: skip


def _adjugate(x: Any) -> Any:
    """det(x) times the inverse, without division by a determinant that may be 0 (Faddeev and Leverrier)."""
    n = x.shape[-1]
    eye = np.eye(n, dtype=x.dtype)
    found = eye + 0.0 * x
    for k in range(1, n):
        product = matmul(x, found)
        found = product - eye * _matrices_of(sum_(product * eye, axis=(-2, -1))) / k
    return found if n % 2 else -found


def _cofactors(y: Any, x: Any) -> Any:
    """The derivative of a determinant y."""
    n = x.shape[-1]
    if mode.tracing is None:
        if (np.linalg.matrix_rank(x._datum if isinstance(x, Node) else x) < n).any():
            return mT(_adjugate(x))
        return _matrices_of(y) * mT(inv(x))
    # A program asks at each call, and computes both; each way gets the unit matrix in place of those of the other.
    sizes = getitem(svd(x), index=(..., 0, slice(None)))
    smallest, largest = (_matrices_of(getitem(sizes, index=(..., k))) for k in (-1, 0))
    regular = smallest > largest * (n * np.finfo(x.dtype).eps)
    eye = np.eye(n, dtype=x.dtype)
    return mT(either(regular, _matrices_of(y) * inv(either(regular, x, eye)), _adjugate(either(regular, eye, x))))


det: Primitive = Primitive(
    "det", symbol="det", latex=r"\det #1", analytic=True, elementwise=False, cases=_STACKS,
    scalar=None, array=np.linalg.det, numpy="np.linalg.det({0})",
    vjp=(lambda g, y, x: _matrices_of(g) * _cofactors(y, x),),
    batch=lambda batch, x: det(x),
    doc="""The determinant. Its derivative, the matrix of the cofactors, is right for singular matrices too.

    >>> round(float(det(np.array([[1.0, 2.0], [3.0, 4.0]]))), 12)
    -2.0
    """,
)  # fmt: skip
det_sign: Primitive = Primitive(
    "det_sign", symbol="sgn det", latex=r"\operatorname{sgn} \det #1", elementwise=False, cases=_STACKS,
    scalar=None, array=lambda x: np.linalg.slogdet(x).sign, numpy="np.linalg.slogdet({0}).sign",
    vjp=(None,),
    batch=lambda batch, x: det_sign(x),
    doc="""The sign of the determinant, which has no derivative.

    >>> float(det_sign(np.array([[1.0, 2.0], [3.0, 4.0]])))
    -1.0
    """,
)  # fmt: skip
logabsdet: Primitive = Primitive(
    "logabsdet", symbol="ln |det|", latex=r"\ln |\det #1|", elementwise=False, cases=_STACKS,
    scalar=None, array=lambda x: np.linalg.slogdet(x).logabsdet, numpy="np.linalg.slogdet({0}).logabsdet",
    vjp=(lambda g, y, x: _matrices_of(g) * mT(inv(x)),),
    batch=lambda batch, x: logabsdet(x),
    doc="""The logarithm of the absolute value of the determinant, which neither overflows nor vanishes.

    >>> round(float(logabsdet(np.array([[1.0, 2.0], [3.0, 4.0]]))), 4)
    0.6931
    """,
)  # fmt: skip


def _solve_of_batch(batch: Batch, a: Any, b: Any) -> Any:
    return solve(*batch.aligned((a, b), rank=len(batch.shape)))


def _solve_misfit(a: tuple[int, ...], b: tuple[int, ...]) -> str | None:
    if len(a) < 2 or a[-1] != a[-2]:
        return "the first must be square matrices."
    return f"the right sides ({b[-2]} rows) must be as high as the matrix ({a[-1]})." if b[-2] != a[-1] else None


solve: Primitive = Primitive(
    "solve", symbol="solve", latex=r"#1^{-1} #2", analytic=True, elementwise=False,
    cases=(Case((2, 2), (2, 3)), Case((2, 3, 3), (3, 1)), Case((2, 2), (3, 2, 1))),
    scalar=None, array=np.linalg.solve, numpy="np.linalg.solve({0}, {1})",
    vjp=(lambda g, y, a, b: unbroadcast(-matmul(solve(mT(a), g), mT(y)), a.shape),
         lambda g, y, a, b: unbroadcast(solve(mT(a), g), b.shape)), misfit=_solve_misfit,
    batch=_solve_of_batch,
    doc="""The matrix x for which a x = b.

    >>> solve(np.array([[2.0, 0.0], [0.0, 4.0]]), np.array([[1.0], [1.0]]))
    array([[0.5 ],
           [0.25]])
    """,
)  # fmt: skip


def _lower(x: Any, diagonal: float) -> Any:
    """What is below the diagonal, and the diagonal itself times a factor."""
    n = x.shape[-1]
    return x * (np.tri(n, k=-1, dtype=x.dtype) + diagonal * np.eye(n, dtype=x.dtype))


def _gradient_of_cholesky(g: Any, y: Any, x: Any) -> Any:
    inner = _lower(matmul(mT(y), _lower(g, 1.0)), 0.5)
    return _symmetric(solve(mT(y), mT(solve(mT(y), mT(inner)))))


cholesky: Primitive = Primitive(
    "cholesky", symbol="cholesky", latex=r"\operatorname{chol}(#1)", elementwise=False, cases=_STACKS,
    scalar=None, array=lambda x: np.linalg.cholesky(_symmetric(x)),
    numpy=lambda w, y, x: f"np.linalg.cholesky(0.5 * ({w.text_of(x)} + np.matrix_transpose({w.text_of(x)})))",
    vjp=(_gradient_of_cholesky,),
    batch=lambda batch, x: cholesky(x),
    doc="""The lower triangle L with L Lᵀ = x, of a symmetric matrix x that is positive definite.

    >>> cholesky(np.array([[4.0, 0.0], [0.0, 9.0]]))
    array([[2., 0.],
           [0., 3.]])
    """,
)  # fmt: skip


def rows(x: Any, start: int, stop: int | None) -> Any:
    """The rows of matrices from one number up to another."""
    return getitem(x, index=(..., slice(start, stop), slice(None)))


def row(x: Any, i: int) -> Any:
    """One row of each matrix."""
    return getitem(x, index=(..., i, slice(None)))


def _eigh(x: Any) -> Any:
    values, vectors = np.linalg.eigh(0.5 * (x + np.swapaxes(x, -1, -2)))
    return np.concatenate([values[..., None, :], vectors], -2)


def _gaps(x: Any) -> Any:
    """The difference of each two entries of vectors: of row i and column j, the j-th less the i-th."""
    return expand_dims(x, axis=-2) - expand_dims(x, axis=-1)


def _gradient_of_eigh(g: Any, y: Any, x: Any) -> Any:
    values, vectors = row(y, 0), rows(y, 1, None)
    turned = matmul(mT(vectors), rows(g, 1, None))
    off = turned - turned * np.eye(turned.shape[-1], dtype=turned.dtype)
    inner = _diagonal(row(g, 0)) + _quotient(off, _gaps(values))
    return _symmetric(matmul(vectors, matmul(inner, mT(vectors))))


eigh: Primitive = Primitive(
    "eigh", symbol="eigh", latex=r"\operatorname{eigh}(#1)", elementwise=False, cases=_STACKS,
    scalar=None, array=_eigh,
    vjp=(_gradient_of_eigh,),
    batch=lambda batch, x: eigh(x),
    doc="""The eigenvalues of a symmetric matrix, in the first row, and below them its eigenvectors, in columns.

    Eigenvectors of equal eigenvalues are not determined: their derivative is not finite.

    >>> eigh(np.array([[2.0, 0.0], [0.0, 4.0]]))
    array([[2., 4.],
           [1., 0.],
           [0., 1.]])
    """,
)  # fmt: skip


def _svd(x: Any) -> Any:
    u, s, vh = np.linalg.svd(x, full_matrices=False)
    return np.concatenate([s[..., None, :], u, np.swapaxes(vh, -1, -2)], -2)


def _gradient_of_svd(g: Any, y: Any, x: Any) -> Any:
    m = x.shape[-2]
    (gs, gu, gv), (s, u, v) = ((row(p, 0), rows(p, 1, m + 1), rows(p, m + 1, None)) for p in (g, y))
    gaps = _gaps(s * s)
    of_u, of_v = matmul(mT(u), gu), matmul(mT(v), gv)
    inner = _quotient(of_u - mT(of_u), gaps) * expand_dims(s, axis=-2) + _quotient(of_v - mT(of_v), gaps) * expand_dims(s, axis=-1)
    gradient = matmul(u, matmul(inner + _diagonal(gs), mT(v)))
    # What of the vectors' gradients is outside of the space that they span.
    beyond_u, beyond_v = gu - matmul(u, of_u), gv - matmul(v, of_v)
    k = s.shape[-1]
    if m > k:
        gradient = gradient + matmul(_quotient(beyond_u, expand_dims(s, axis=-2)), mT(v))
    if x.shape[-1] > k:
        gradient = gradient + matmul(u, mT(_quotient(beyond_v, expand_dims(s, axis=-2))))
    return gradient


svd: Primitive = Primitive(
    "svd", symbol="svd", latex=r"\operatorname{svd}(#1)", elementwise=False, cases=(Case((2, 2)), Case((3, 2)), Case((2, 2, 3))),
    scalar=None, array=_svd,
    vjp=(_gradient_of_svd,),
    batch=lambda batch, x: svd(x),
    doc="""The singular values of a matrix U diag(s) Vᵀ, in the first row, and below them U and V.

    Vectors of equal singular values are not determined: their derivative is not finite.

    >>> svd(np.array([[3.0, 0.0], [0.0, 2.0]]))[0]
    array([3., 2.])
    """,
)  # fmt: skip


def _qr(x: Any) -> Any:
    q, r = np.linalg.qr(x)
    return np.concatenate([q, np.swapaxes(r, -1, -2)], -2)


def _gradient_of_qr(g: Any, y: Any, x: Any) -> Any:
    m = x.shape[-2]
    (gq, grt), (q, rt) = ((rows(p, 0, m), rows(p, m, None)) for p in (g, y))
    inner = matmul(mT(rt), grt) - matmul(mT(gq), q)
    lower = _lower(inner, 0.5)
    return mT(solve(mT(rt), mT(gq + matmul(q, lower + mT(lower)))))


qr: Primitive = Primitive(
    "qr", symbol="qr", latex=r"\operatorname{qr}(#1)", elementwise=False, cases=(Case((2, 2)), Case((3, 2)), Case((2, 3, 3))),
    scalar=None, array=_qr,
    vjp=(_gradient_of_qr,),
    batch=lambda batch, x: qr(x),
    doc="""The orthonormal columns Q of a matrix Q R, and below them Rᵀ, a lower triangle.

    The matrix has at least as many rows as columns.

    >>> qr(np.array([[0.0, -2.0], [3.0, 0.0]])).shape
    (4, 2)
    """,
)  # fmt: skip


def _gradient_of_pinv(g: Any, y: Any, x: Any, rcond: Any = None) -> Any:
    rest = mT(g) - matmul(x, matmul(y, mT(g)))
    other = mT(g) - matmul(mT(g), matmul(y, x))
    gradient = matmul(rest, matmul(y, mT(y))) + matmul(mT(y), matmul(y, other))
    return gradient - matmul(mT(y), matmul(g, mT(y)))


pinv: Primitive = Primitive(
    "pinv", symbol="⁺", latex="#1^{+}", elementwise=False, cases=(Case((2, 2)), Case((3, 2)), Case((2, 2, 3))),
    scalar=None, array=lambda x, rcond=None: np.linalg.pinv(x, rcond),
    numpy=lambda w, y, x, rcond=None: f"np.linalg.pinv({w.text_of(x)}, {rcond!r})",
    vjp=(_gradient_of_pinv,),
    batch=lambda batch, x, rcond=None: pinv(x, rcond=rcond),
    doc="""The pseudoinverse of a matrix, of any shape, whose rank does not change (Golub and Pereyra, 1973).

    >>> pinv(np.array([[2.0], [0.0]]))
    array([[0.5, 0. ]])
    """,
)  # fmt: skip

__all__ = ["cholesky", "det", "det_sign", "eigh", "inv", "logabsdet", "pinv", "qr", "solve", "svd"]
