"""The table of derivatives: steps of neural networks that are worth a node of their own.

Each could be written in the primitives of the other parts; as one node it is faster, takes less
memory, and stands in a picture as the thing it is called in a textbook.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core import Case, Primitive
from . import algebra
from .batching import Batch
from .contraction import einsum
from .elementary import sqrt
from .reductions import sum_
from .shapes import axes_of_batch, reshape, transpose


def _rows(x: Any) -> Any:
    """`x` as a matrix: all axes but the last in one, so that BLAS is called once."""
    return x if x.ndim == 2 else reshape(x, shape=(-1, x.shape[-1]))


def _with_bias(y: Any, bias: Any) -> Any:
    """`y + bias`, in the memory of `y` where that has room for it; 0.0 is no bias."""
    if bias.dtype == y.dtype:
        y += bias
    elif bias.any():
        y = y + bias
    return y


def _linear(x: Any, weight: Any, bias: Any) -> Any:
    rows = x if x.ndim == 2 else x.reshape(-1, x.shape[-1])
    y = _with_bias(rows @ weight.T, np.asarray(bias))
    return y if x.ndim == 2 else y.reshape(*x.shape[:-1], len(weight))


def _gradient_of_input(g: Any, y: Any, x: Any, weight: Any, bias: Any) -> Any:
    product = _rows(g) @ weight
    return product if x.ndim == 2 else reshape(product, shape=x.shape)


def _linear_of_batch(batch: Batch, x: Any, weight: Any, bias: Any) -> Any:
    x_has_axis, weight_has_axis, bias_has_axis = batch.has_axis
    if not (weight_has_axis or bias_has_axis):
        return linear(x, weight, bias)
    rows = reshape(x, shape=(*x.shape[:x_has_axis], math.prod(batch.shape[:-1]), x.shape[-1]))
    product = rows @ transpose(weight, axes=(0, 2, 1) if weight_has_axis else (1, 0))
    if bias_has_axis:
        bias = reshape(bias, shape=(batch.size, 1, math.prod(bias.shape[1:])))
    return reshape(product + bias, shape=(batch.size, *batch.shape))


linear: Primitive = Primitive(
    "linear", symbol="linear", latex=r"#1 \, #2^\top + #3", analytic=True, elementwise=False, sums=True, kind="layer",
    cases=(
        Case((2, 3), (4, 3), (4,)), Case((3,), (4, 3), (4,)), Case((5, 2, 3), (1, 3), (1,)), Case((0, 3), (2, 3), (2,)),
        Case((2, 3), (4, 3), ()),
    ),
    scalar=None, array=_linear,
    composition=lambda y, x, weight, bias: x @ transpose(weight) + bias,
    simplify=algebra.linear,
    vjp=(_gradient_of_input,
         lambda g, y, x, weight, bias: _rows(g).T @ _rows(x),
         lambda g, y, x, weight, bias: sum_(_rows(g), axis=0) if bias.ndim else sum_(g)),
    batch=_linear_of_batch,
    doc="""x @ weight.T + bias, for x of shape (…, ins) and a weight of shape (outs, ins), PyTorch's layout; a bias of 0.0 is none.

    >>> linear(np.array([[1.0, 2.0]]), np.array([[10.0, 1.0]]), np.array([0.5]))
    array([[12.5]])
    """,
)  # fmt: skip


def _axes(x: Any, axis: Any) -> list[int]:
    """`axis`, which is as NumPy takes it, as a list of numbers from 0."""
    return [*range(x.ndim)] if axis is None else [int(a) % x.ndim for a in np.atleast_1d(axis)]


def _over(x: Any, axis: Any) -> tuple[str, str, tuple[int, ...], int]:
    """For a sum of `x` over axes: names for all axes, and for those left; the shape with the others at length 1; how many add up."""
    names, summed = "abcdefghijklmnop"[: x.ndim], _axes(x, axis)
    kept = "".join(name for i, name in enumerate(names) if i not in summed)
    shape = tuple(1 if i in summed else size for i, size in enumerate(x.shape))
    return names, kept, shape, x.size // max(1, math.prod(shape))


def _sums(*factors: Any, axis: Any) -> Any:
    """The sum of a product over axes, which keep the length 1. For images, `einsum` takes a third of the time of NumPy's sum."""
    names, kept, shape, _ = _over(factors[0], axis)
    return reshape(einsum(*factors, subscripts=f"{','.join([names] * len(factors))}->{kept}"), shape=shape)


def _moments(x: Any, axis: Any) -> tuple[Any, Any]:
    """The mean and the variance of an array over axes, which keep the length 1.

    Σx and Σx² take one pass each, by `einsum`: for images that is a third of the time of `np.mean` and `np.var`.
    Where the mean is so large that x² would lose digits of the variance, it is that of x less the mean.
    """
    names, kept, shape, count = _over(x, axis)
    average = np.einsum(f"{names}->{kept}", x).reshape(shape) / count
    variance = np.einsum(f"{names},{names}->{kept}", x, x).reshape(shape) / count - average * average
    if not _is_near_zero(average, variance):
        centred = x - average
        variance = np.einsum(f"{names},{names}->{kept}", centred, centred).reshape(shape) / count
    return average, variance


def _is_near_zero(average: Any, variance: Any) -> bool:
    """Whether a mean is so small beside the deviation that it may be subtracted after a sum or a product, with the loss of one digit."""
    return bool((np.abs(average * average) <= 10 * np.abs(variance)).all())


def _may_wait(x: Any, average: Any, variance: Any) -> bool:
    """Whether the mean is subtracted last. For images this spares a pass over all numbers, a tenth to a fifth of the time.

    Small arrays are centred first, which costs little. (Programs have this function as text, so the limit stands in it.)
    """
    return isinstance(x, np.ndarray) and x.size > 4096 and _is_near_zero(average, variance)


def moments(x: Any, axis: Any) -> tuple[Any, Any]:
    """The mean and the variance over axes, which keep the length 1."""
    if isinstance(x, np.ndarray):
        return _moments(x, axis)
    count = _over(x, axis)[-1]
    average = _sums(x, axis=axis) / count
    centred = x - average
    return average, _sums(centred, centred, axis=axis) / count


def _standardize(x: Any, weight: Any, bias: Any, axis: Any = -1, eps: float = 1e-5, known: Any = None) -> Any:
    average, variance = known or _moments(x, axis)
    weight = weight if np.ndim(weight) else np.asarray(weight).item()  # a number leaves float32 as it is
    scale = weight / np.sqrt(variance + eps)
    if scale.shape == average.shape and _may_wait(x, average, variance):
        with np.errstate():  # it ends with the size of the buffer as before; see `_standardize_gradients`
            np.setbufsize(512)
            return _with_bias(x * scale, (bias if np.ndim(bias) else np.asarray(bias).item()) - average * scale)
    centred = x - average
    in_place = centred if np.result_type(centred, scale) == centred.dtype else None  # which spares a tenth of the time
    return _with_bias(np.multiply(centred, scale, out=in_place), np.asarray(bias))


def _summed(weight: Any, x: Any) -> list[int]:
    """The axes of `x` along which broadcasting repeats `weight`, over which its gradient is summed."""
    extra = x.ndim - weight.ndim
    return [i for i in range(x.ndim) if i < extra or weight.shape[i - extra] == 1]


def _standardize_gradients(
    g: Any, y: Any, x: Any, weight: Any, bias: Any, axis: Any = -1, eps: float = 1e-5, known: Any = None
) -> list[Any]:
    axes, count = {*_axes(x, axis)}, _over(x, axis)[-1]
    average, variance = known if known and isinstance(x, np.ndarray) else moments(x, axis)  # those of a node have derivatives
    deviation = sqrt(variance + eps)
    total = _sums(g, axis=axis)
    of_bias = total if axes <= {*_summed(bias, x)} else g  # the engine sums over the other axes
    if axes <= {*_summed(weight, x)}:  # batch normalisation: one sum for both
        near = _may_wait(x, average, variance)
        z = x if near else x - average
        slope = _sums(g, z, axis=axis)
        of_weight = slope = (slope - average * total if near else slope) / deviation
        scale = weight / deviation
    else:
        near, z = False, x - average
        of_weight = _sums(g, z / deviation, axis=_summed(weight, x))
        g, scale = g * weight, 1 / deviation
        slope, total = _sums(g, z, axis=axis) / deviation, _sums(g, axis=axis)
    shift = total * scale / count
    slope = slope * scale / (-count * deviation)
    if not near:
        return [z * slope + g * scale - shift, of_weight, of_bias]
    with np.errstate():
        # NumPy copies rows into its buffer if several have room there, although it need not; that takes twice as long.
        np.setbufsize(512)
        return [z * slope + g * scale - (shift + average * slope), of_weight, of_bias]


def _standardize_of_batch(batch: Batch, x: Any, weight: Any, bias: Any, axis: Any = -1, eps: float = 1e-5, known: Any = None) -> Any:
    (x,) = batch.repeated((x,))
    _, weight, bias = batch.aligned((x, weight, bias))
    return standardize(x, weight, bias, axis=axes_of_batch(x, axis), eps=eps)


def _standardize_composed(y: Any, x: Any, weight: Any, bias: Any, axis: Any = -1, eps: float = 1e-5, known: Any = None) -> Any:
    total = sum_(x, axis=axis, keepdims=True)
    n = float(x.size // max(total.size, 1))
    centred = x - total / n
    return centred * (weight / (sum_(centred * centred, axis=axis, keepdims=True) / n + eps) ** 0.5) + bias


standardize: Primitive = Primitive(
    "standardize", symbol="standardize", latex=r"\frac{#1 - \mu}{\sigma} \, #2 + #3", analytic=True, elementwise=False, sums=True,
    kind="normalization",
    cases=(
        Case((2, 3), (3,), (3,), axis=-1, eps=1e-5), Case((4, 2, 3), (2, 1), (2, 1), axis=(0, 2), eps=0.1),
        Case((2, 3), (), (3,), axis=None, eps=1e-5), Case((2, 3), (3,), (), axis=-1, eps=1e-5),
    ),
    scalar=None, array=_standardize,
    composition=_standardize_composed,
    vjp=_standardize_gradients,
    batch=_standardize_of_batch,
    doc="""x less its mean along axes, divided by its standard deviation there; times `weight`, plus `bias`: batch and layer normalisation.

    `weight` and `bias` broadcast; 1.0 and 0.0 are none. `eps` is added to the variance. `known` is the mean and the
    variance of `x`, if they have been computed before. The derivative is that of Ioffe and Szegedy (2015, section 3),
    with the mean and the deviation put in.

    >>> standardize(np.array([1.0, 3.0]), 1.0, 0.0, eps=0.0)
    array([-1.,  1.])
    """,
)  # fmt: skip


def _counted(index: Any) -> Any:
    """Numbers of entries, which a compiled program may be given as floats, as integers."""
    numbers = np.asarray(index).astype(np.intp)
    if (numbers < 0).any() or (numbers != index).any():
        raise IndexError("entries are counted by whole numbers from 0")
    return numbers


def _take_along_axis(x: Any, index: Any, axis: Any) -> Any:
    return np.take_along_axis(x, _counted(index), axis)


def _put_along_axis(g: Any, index: Any, shape: Any, axis: Any) -> Any:
    placed, index = np.zeros(shape, dtype=np.result_type(g)), _counted(index)
    if index.shape[axis] == 1:
        np.put_along_axis(placed, index, g, axis)
    else:  # an entry that was taken twice gets both gradients
        np.add.at(placed, tuple(index if i == axis % g.ndim else grid for i, grid in enumerate(np.indices(index.shape, sparse=True))), g)
    return placed


take_along_axis: Primitive = Primitive(
    "take_along_axis", symbol="take", latex=r"#1_{#2}", elementwise=False, domain=(0.0, 2.0), masks="kink",
    cases=(Case((4, 3), (4, 1), axis=1), Case((3, 2), (5, 2), axis=0), Case((2, 3, 2), (2, 1, 2), axis=-2)),
    scalar=None, array=_take_along_axis,
    vjp=(lambda g, y, x, index, axis: put_along_axis(g, index, shape=x.shape, axis=axis), None),
    batch=lambda batch, x, index, axis: take_along_axis(*batch.repeated((x, index)), axis=axis % len(batch.shape) + 1),
    doc="""Of each row the entry (or entries) with the numbers that the same row of `index` gives, from 0.

    >>> take_along_axis(np.array([[10.0, 20.0], [30.0, 40.0]]), np.array([[1], [0]]), axis=1)
    array([[20.],
           [30.]])
    """,
)  # fmt: skip
put_along_axis: Primitive = Primitive(
    "put_along_axis", symbol="scatter", latex=r"\operatorname{scatter}(#1)", elementwise=False, sums=True, domain=(0.0, 2.0),
    cases=(Case((4, 1), (4, 1), shape=(4, 3), axis=1), Case((5, 2), (5, 2), shape=(3, 2), axis=0)),
    scalar=None, array=_put_along_axis,
    vjp=(lambda g, y, x, index, shape, axis: take_along_axis(g, index, axis=axis), None),
    batch=lambda batch, g, index, shape, axis: put_along_axis(
        *batch.repeated((g, index)), shape=(batch.size, *shape), axis=axis % len(shape) + 1),
    doc="""Zeros of a shape, with entries added in where `index` says: the opposite of `take_along_axis`.

    >>> put_along_axis(np.array([[5.0]]), np.array([[2]]), shape=(1, 3), axis=1)
    array([[0., 0., 5.]])
    """,
)  # fmt: skip
