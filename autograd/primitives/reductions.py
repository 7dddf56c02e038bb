"""The table of derivatives: sums, means, extremes and normalisations over the axes of an array.

`axis` is None (all axes), an integer or a tuple of integers, as in NumPy. Where several entries
tie for the maximum or minimum they share the gradient evenly, as in PyTorch's `amax`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Case, Primitive
from ..layout import NOTHING
from . import algebra, printing
from .arithmetic import add_n, equal
from .choices import clip, either, first_max_n, max_n, where
from .elementary import exp, log
from .shapes import axes_of_batch, reshape

AXES = (Case((2, 3), axis=None, keepdims=False), Case((2, 3), axis=0, keepdims=False), Case((2, 3, 2), axis=(0, -1), keepdims=True))


def _along(reduced: Any, x: Any, axis: Any) -> Any:
    """A reduction's result (or its gradient) with the reduced axes put back, of length 1."""
    axes = range(x.ndim) if axis is None else [a % x.ndim for a in np.atleast_1d(axis)]
    return reshape(reduced, shape=tuple(1 if i in axes else n for i, n in enumerate(x.shape)))


def _spread(g: Any, x: Any, axis: Any) -> Any:
    """`g` repeated along the axes that were reduced: the gradient of a sum."""
    return broadcast_to(_along(g, x, axis) if getattr(g, "ndim", 1) else g, shape=x.shape)


def _share_of_winners(g: Any, y: Any, x: Any, axis: Any) -> Any:
    """The gradient of an extreme: to the entries that attain it, in equal parts."""
    wins = x == _along(y, x, axis)
    return _along(g, x, axis) * (wins / np.sum(wins, axis=axis, keepdims=True))


# np.sum and np.mean, without their detours, which cost more than the sum of a small array.
def _sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return np.add.reduce(x, axis=axis, keepdims=keepdims)  # type: ignore[call-overload]


def _mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    if x.size == 0:
        return np.mean(x, axis=axis, keepdims=keepdims)  # warns
    total = np.add.reduce(x, axis=axis, keepdims=keepdims)  # type: ignore[call-overload]
    return total / (x.size // total.size)


sum_: Primitive = Primitive(
    "sum", symbol="Σ", latex=r"\sum #1", analytic=True, elementwise=False, sums=True, cases=(*AXES, Case((0, 3), axis=0, keepdims=False)),
    scalar=None, array=_sum,
    numpy=printing.sum_or_dot, simplify=algebra.sum_, variable="s",
    reduces=(add_n, 0.0),
    vjp=(lambda g, y, x, axis=None, keepdims=False: _spread(g, x, axis),),
    batch=lambda batch, x, axis=None, keepdims=False: sum_(x, axis=axes_of_batch(x, axis), keepdims=keepdims),
    doc="""The sum over axes.

    >>> sum_(np.ones((2, 3)), axis=0)
    array([2., 2., 2.])
    """,
)  # fmt: skip
mean: Primitive = Primitive(
    "mean", symbol="mean", latex=r"\operatorname{mean} #1", analytic=True, elementwise=False, sums=True, cases=AXES,
    scalar=None, array=_mean,
    composition=lambda y, x, axis=None, keepdims=False: sum_(x, axis=axis, keepdims=keepdims) / float(x.size // max(y.size, 1)),
    numpy=printing.reduction("mean"),
    vjp=(lambda g, y, x, axis=None, keepdims=False: _spread(g / (x.size // max(y.size, 1)), x, axis),),
    batch=lambda batch, x, axis=None, keepdims=False: mean(x, axis=axes_of_batch(x, axis), keepdims=keepdims),
    doc="""The mean over axes.

    >>> mean(np.ones((2, 3)), axis=0)
    array([1., 1., 1.])
    """,
)  # fmt: skip
def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """`g` summed over the axes along which broadcasting repeated an array of `shape`."""
    if g.shape == shape:
        return g
    extra = len(g.shape) - len(shape)
    if g.shape[extra:] == shape:
        return sum_(g, axis=tuple(range(extra)))
    repeated = tuple(i for i, n in enumerate(g.shape) if i < extra or (n != 1 and shape[i - extra] == 1))
    return reshape(sum_(g, axis=repeated, keepdims=True), shape=shape) if repeated else g


def _broadcast(x: Any, shape: tuple[int, ...]) -> Any:
    number = np.asarray(x)
    if number.ndim:
        return np.broadcast_to(number, shape)
    view: Any = np.ndarray(shape, number.dtype, number, 0, (0,) * len(shape))  # the same, in a tenth of the time
    view.setflags(False)
    return view


broadcast_to: Primitive = Primitive(
    "broadcast_to", symbol="broadcast", latex="#1", analytic=True, elementwise=False,
    cases=(Case((3,), shape=(2, 3)), Case((2, 1, 1), shape=(4, 2, 3, 1)), Case((), shape=(2,))),
    scalar=None, array=_broadcast,
    numpy=printing.View(lambda w, y, x, shape: f"np.broadcast_to({w.text_of(x)}, {shape})"), simplify=algebra.broadcast_to,
    vjp=(lambda g, y, x, shape: unbroadcast(g, x.shape),),
    batch=lambda batch, x, shape: broadcast_to(*batch.aligned((x,)), shape=(batch.size, *shape)),
    doc="""Repeated, without copying, along new axes and axes of length 1.

    >>> broadcast_to(np.array([1.0, 2.0]), shape=(2, 2))
    array([[1., 2.],
           [1., 2.]])
    """,
)  # fmt: skip


max_: Primitive = Primitive(
    "max", symbol="max", latex=r"\max #1", elementwise=False, cases=AXES, masks="choice",
    scalar=None, array=np.max,
    numpy=printing.reduction("max"), variable="top",
    reduces=(max_n, -np.inf),
    vjp=(lambda g, y, x, axis=None, keepdims=False: _share_of_winners(g, y, x, axis),),
    batch=lambda batch, x, axis=None, keepdims=False: max_(x, axis=axes_of_batch(x, axis), keepdims=keepdims),
    doc="""The largest entry along axes.

    >>> max_(np.array([[1.0, 3.0], [2.0, 0.0]]), axis=1)
    array([3., 2.])
    """,
)  # fmt: skip
min_: Primitive = Primitive(
    "min", symbol="min", latex=r"\min #1", elementwise=False, cases=AXES, masks="choice",
    scalar=None, array=np.min,
    numpy=printing.reduction("min"),
    vjp=(lambda g, y, x, axis=None, keepdims=False: _share_of_winners(g, y, x, axis),),
    batch=lambda batch, x, axis=None, keepdims=False: min_(x, axis=axes_of_batch(x, axis), keepdims=keepdims),
    doc="""The smallest entry along axes.

    >>> min_(np.array([[1.0, 3.0], [2.0, 0.0]]), axis=1)
    array([1., 0.])
    """,
)  # fmt: skip


def _is_first_max(x: Any, axis: int = -1) -> Any:
    places = np.arange(x.shape[axis]).reshape([-1 if a == axis % x.ndim else 1 for a in range(x.ndim)])
    return np.argmax(x, axis=axis, keepdims=True) == places


def _is_first_max_by_place(y: Any, x: Any, axis: int = -1) -> Any:
    n = x.shape[axis]
    place = np.arange(float(n)).reshape(-1, *[1] * (x.ndim - 1 - axis % x.ndim))
    return equal(place, min_(where(equal(x, max_(x, axis=axis, keepdims=True)), place, float(n)), axis=axis, keepdims=True))


is_first_max: Primitive = Primitive(
    "is_first_max", symbol="argmax", latex=r"\operatorname{argmax}(#1)", elementwise=False,
    cases=(Case((3,), axis=0), Case((2, 3), axis=-1)),
    scalar=None, array=_is_first_max,
    composition=_is_first_max_by_place,
    numpy=lambda w, y, x, axis: (
        f"np.arange({y.shape[-1]}) == {w.owner(x)}.argmax(axis=-1, keepdims=True)", printing.COMPARISON
    ) if axis in (-1, len(y.shape) - 1) else f"{w.helper('is_first_max', _is_first_max)}({w.text_of(x)}, {axis})",
    vjp=(None,),
    batch=lambda batch, x, axis=-1: is_first_max(x, axis=int(axes_of_batch(x, axis)[0])),
    doc="""Whether an entry is the largest along an axis; of those that tie, the first.

    >>> is_first_max(np.array([1.0, 3.0, 3.0]))
    array([False,  True, False])
    """,
)  # fmt: skip
first_max: Primitive = Primitive(
    "first_max", symbol="max", latex=r"\max(#1)", elementwise=False, masks="choice", reduces=(first_max_n, -np.inf),
    cases=(Case((3,), axis=0), Case((2, 3), axis=-1)),
    scalar=None, array=lambda x, axis=-1: np.max(x, axis=axis),
    composition=lambda y, x, axis=-1: max_(x, axis=axis, keepdims=False),
    numpy=printing.reduction("max"), variable="top",
    vjp=(lambda g, y, x, axis=-1: either(is_first_max(x, axis=axis), _along(g, x, axis), NOTHING),),
    batch=lambda batch, x, axis=-1: first_max(x, axis=int(axes_of_batch(x, axis)[0])),
    doc="""The largest entry along an axis; of those that tie, the first gets the gradient, as of Python's `max`.

    >>> float(first_max(np.array([1.0, 3.0, 2.0])))
    3.0
    """,
)  # fmt: skip


def _real_max(x: Any, axis: Any) -> Any:
    """The largest real part along axes, to subtract so that no exponential overflows; finite, as inf - inf is nan."""
    real = x.real if x.dtype.kind in "fc" else x.astype(float)
    limit = np.finfo(real.dtype).max
    return np.clip(np.max(real, axis=axis, keepdims=True, initial=-np.inf), -limit, limit)


def _logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    top = _real_max(x, axis)
    with np.errstate(divide="ignore"):
        result = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return result if keepdims else np.squeeze(result, axis=axis)


def _softmax(x: Any, axis: Any = -1) -> Any:
    e = np.exp(x - _real_max(x, axis))
    return e / np.sum(e, axis=axis, keepdims=True)


def _log_softmax(x: Any, axis: Any = -1) -> Any:
    # Not x - logsumexp(x): that difference of two large numbers would cost digits.
    below_top = x - _real_max(x, axis)
    with np.errstate(divide="ignore"):
        return below_top - np.log(np.sum(np.exp(below_top), axis=axis, keepdims=True))


def _below_top(x: Any, axis: Any) -> tuple[Any, Any]:
    """The same of nodes: `x` less its largest entry along axes, and that entry."""
    limit = float(np.finfo(x.dtype).max)
    top = clip(max_(x, axis=axis, keepdims=True), -limit, limit)
    return x - top, top


def _logsumexp_composed(y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    below, top = _below_top(x, axis)
    return reshape(log(sum_(exp(below), axis=axis, keepdims=True)) + top, shape=y.shape)


def _softmax_composed(y: Any, x: Any, axis: Any = -1) -> Any:
    e = exp(_below_top(x, axis)[0])
    return e / sum_(e, axis=axis, keepdims=True)


def _log_softmax_composed(y: Any, x: Any, axis: Any = -1) -> Any:
    below, _ = _below_top(x, axis)
    return below - log(sum_(exp(below), axis=axis, keepdims=True))


logsumexp: Primitive = Primitive(
    "logsumexp", symbol="logsumexp", latex=r"\ln \sum e^{#1}", analytic=True, elementwise=False, sums=True, cases=AXES,
    scalar=None, array=_logsumexp,
    composition=_logsumexp_composed,
    vjp=(lambda g, y, x, axis=None, keepdims=False: _along(g, x, axis) * softmax(x, axis=axis),),
    batch=lambda batch, x, axis=None, keepdims=False: logsumexp(x, axis=axes_of_batch(x, axis), keepdims=keepdims),
    doc="""log of the sum of exponentials over axes; exact however large the entries.

    >>> float(logsumexp(np.array([1000.0, 1000.0]), axis=0))
    1000.6931471805599
    """,
)  # fmt: skip


def softmax_gradient(g: Any, y: Any, x: Any, axis: Any = -1) -> Any:
    """y (g - Σ g y): the product of `g` with the derivatives ∂yᵢ/∂xⱼ = yᵢ (δᵢⱼ - yⱼ) of the softmax y."""
    gradient = g - sum_(g * y, axis=axis, keepdims=True)
    gradient *= y  # of nodes this makes a new one
    return gradient


softmax: Primitive = Primitive(
    "softmax", symbol="softmax", latex=r"\operatorname{softmax}(#1)", analytic=True, elementwise=False, sums=True,
    cases=(Case((3,), axis=-1), Case((2, 3), axis=0), Case((2, 3), axis=(0, 1))), range=(0.0, 1.0),
    scalar=None, array=_softmax,
    composition=_softmax_composed,
    variable="p",
    vjp=(softmax_gradient,),
    batch=lambda batch, x, axis=-1: softmax(x, axis=axes_of_batch(x, axis)),
    doc="""Positive shares that add up to 1 along an axis: exp(x) / sum exp(x) (Bridle, 1990).

    >>> softmax(np.array([0.0, 0.0]), axis=0)
    array([0.5, 0.5])
    """,
)  # fmt: skip
log_softmax: Primitive = Primitive(
    "log_softmax", symbol="log softmax", latex=r"\ln \operatorname{softmax}(#1)", analytic=True, elementwise=False, sums=True,
    cases=(Case((3,), axis=-1), Case((2, 3), axis=0)),
    scalar=None, array=_log_softmax,
    composition=_log_softmax_composed,
    vjp=(lambda g, y, x, axis=-1: g - exp(y) * sum_(g, axis=axis, keepdims=True),),
    batch=lambda batch, x, axis=-1: log_softmax(x, axis=axes_of_batch(x, axis)),
    doc="""The logarithm of `softmax`, exact however small the share.

    Where a share is nearly 1, its logarithm and the derivative 1 - share are exact to the last digit of 1,
    as in PyTorch: to be exact to their own would take a second sum.

    >>> log_softmax(np.array([0.0, 1000.0]), axis=0)
    array([-1000.,     0.])
    """,
)  # fmt: skip
