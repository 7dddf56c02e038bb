"""The table of derivatives: convolution and pooling, over any number of spatial axes.

Arrays are (batch, channels, *space) and kernels (out, in / groups, *kernel), as in PyTorch. How they lie
in memory, and how windows become matrices, is in `windows.py`. `made_of_windows.py` says the same in other entries.

Settings have one entry for each spatial axis: `stride` and `dilation` a number, `padding` how
much is added (before, after).
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from ..core import Case, Primitive
from . import made_of_windows
from .networks import _with_bias
from .reductions import sum_
from .windows import (
    gather_pairs,
    kernel_matrix,
    matrices,
    new,
    padded,
    parts,
    product,
    room,
    spread_kernels,
    spread_pairs,
    summed_products,
    takes_winograd,
    unpadded,
    weight_of,
    weight_of_spread,
    windows,
)

SIMPLE: dict[str, Any] = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
SKEWED: dict[str, Any] = {"stride": (2, 1), "padding": ((1, 0), (0, 2)), "dilation": (1, 2), "groups": 2}
LINE: dict[str, Any] = {"stride": (2,), "padding": ((1, 1),), "dilation": (1,), "groups": 1}
POOL: dict[str, Any] = {"kernel": (2, 2), "stride": (2, 2), "padding": ((0, 0), (0, 0)), "dilation": (1, 1)}
OVERLAP: dict[str, Any] = {"kernel": (3, 2), "stride": (2, 1), "padding": ((1, 1), (0, 1)), "dilation": (1, 2)}


def _conv(x: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
    n, kernel, dtype = len(stride), weight.shape[2:], np.result_type(x, weight)
    winograd = takes_winograd(weight.shape, dtype, stride, dilation, groups)
    x = x.astype(dtype, copy=False)
    kernels = spread_kernels(weight, groups, n) if winograd else kernel_matrix(weight, groups, n)
    space = [
        (before + size + after - (k - 1) * d - 1) // s + 1
        for size, (before, after), k, d, s in zip(x.shape[2:], padding, kernel, dilation, stride, strict=True)
    ]
    if min(space) < 1:
        raise ValueError("the kernel reaches over more than the input has with its padding; take a smaller kernel or more padding.")
    y, products = new((len(x), len(weight), *space), dtype), None
    for where, found in parts(x, kernel, stride, padding, dilation, groups, winograd):
        out = matrices(y[where], groups)
        if winograd:
            products = room((*found.shape[:-2], kernels.shape[-2], found.shape[-1]), dtype, products)
            gather_pairs(product(kernels, found, products), out)
        else:
            product(kernels, found, out.reshape(*out.shape[:-2], -1))
    return _with_bias(y, np.asarray(bias).reshape(-1, *[1] * n))


def _conv_transpose(g: Any, weight: Any, shape: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
    n, kernel = len(stride), weight.shape[2:]
    reach = [(k - 1) * d for k, d in zip(kernel, dilation, strict=True)]
    around = tuple((r - before, r - after) for r, (before, after) in zip(reach, padding, strict=True))
    if max(stride) == 1 and np.min(around) >= 0:  # then it is a convolution itself, with the kernels mirrored
        mirrored = np.flip(weight, tuple(range(2, n + 2))).reshape(groups, -1, *weight.shape[1:]).swapaxes(1, 2)
        mirrored = mirrored.reshape(-1, len(weight) // groups, *kernel)
        return _conv(g, mirrored, 0.0, stride, around, dilation, groups)
    space = [before + size + after for size, (before, after) in zip(shape, padding, strict=True)]
    x = new((len(g), weight.shape[1] * groups, *space), np.result_type(g, weight))
    x.fill(0)
    places, columns = matrices(windows(x, kernel, stride, dilation), groups, taps=n), matrices(g, groups)
    columns = kernel_matrix(weight, groups, n).swapaxes(-1, -2) @ columns.reshape(*columns.shape[:-2], -1)
    columns = columns.reshape(places.shape)
    for tap in np.ndindex(*kernel):  # windows overlap, but not under the same tap of the kernel
        under = (slice(None),) * n + tap
        places[under] += columns[under]
    return unpadded(x, padding)


def _conv_weight(x: Any, g: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
    channels, outs = x.shape[1] // groups, g.shape[1] // groups
    entries, dtype = math.prod(kernel) * channels, np.result_type(x, g)
    winograd = takes_winograd((g.shape[1], channels, *kernel), dtype, stride, dilation, groups)
    x, g = x.astype(dtype, copy=False), g.astype(dtype, copy=False)
    total = np.zeros((4, groups, entries // 3, outs) if winograd else (groups, entries, outs), dtype)
    spread = None
    for where, found in parts(x, kernel, stride, padding, dilation, groups, winograd):
        columns = matrices(g[where], groups)
        if winograd:
            columns = spread = spread_pairs(columns, spread)
        total += summed_products(found, columns.reshape(*columns.shape[:-2], -1), total.ndim - 2)
    return weight_of_spread(total, kernel) if winograd else weight_of(total, kernel)


# These three are one product of three arrays, Σ g · (weight ⋆ x), each time without one of them. So
# the derivatives of each are the other two.
conv: Primitive = Primitive(
    "conv", symbol="conv", latex=r"#2 \star #1 + #3", analytic=True, elementwise=False, sums=True, kind="layer",
    cases=(
        Case((2, 2, 4, 5), (3, 2, 2, 3), (3,), **SIMPLE), Case((2, 4, 4, 5), (2, 2, 3, 2), (2,), **SKEWED),
        Case((2, 2, 5), (3, 2, 3), (), **LINE),
    ),
    scalar=None, array=_conv,
    composition=made_of_windows.conv,
    vjp=(lambda g, y, x, weight, bias, **settings: conv_transpose(g, weight, shape=x.shape[2:], **settings),
         lambda g, y, x, weight, bias, **settings: conv_weight(x, g, kernel=weight.shape[2:], **settings),
         lambda g, y, x, weight, bias, **settings: sum_(g, axis=(0, *range(2, g.ndim)))),
    batch=lambda batch, *xs, **settings: batch.in_one(partial(conv, **settings), xs, axes=(0,), out_axis=0),
    doc="""The convolution of networks: each window of `x` times each kernel of `weight`, summed, plus `bias` (out,); a bias of 0.0 is none.

    Mathematics calls it cross-correlation: the kernel is not mirrored.

    >>> x, weight = np.array([[[1.0, 2.0, 3.0]]]), np.array([[[1.0, 10.0]]])
    >>> conv(x, weight, 0.0, stride=(1,), padding=((0, 1),), dilation=(1,), groups=1)
    array([[[21., 32.,  3.]]])
    """,
)  # fmt: skip
conv_transpose: Primitive = Primitive(
    "conv_transpose", symbol="convᵀ", latex=r"#2 \star^\top #1", analytic=True, elementwise=False, sums=True,
    cases=(
        Case((2, 3, 3, 3), (3, 2, 2, 3), shape=(4, 5), **SIMPLE), Case((2, 2, 2, 5), (2, 2, 3, 2), shape=(4, 5), **SKEWED),
        Case((2, 3, 3), (3, 2, 3), shape=(5,), **LINE),
    ),
    scalar=None, array=_conv_transpose,
    composition=made_of_windows.conv_transpose,
    vjp=(lambda h, x, g, weight, shape, **settings: conv(h, weight, 0.0, **settings),
         lambda h, x, g, weight, shape, **settings: conv_weight(h, g, kernel=weight.shape[2:], **settings)),
    batch=lambda batch, *xs, **settings: batch.in_one(partial(conv_transpose, **settings), xs, axes=(0,), out_axis=0),
    doc="""The kernels of `weight` spread out by the numbers `g`, added up in an array of `shape`: what `conv` does to gradients.

    >>> g, weight = np.array([[[1.0, 2.0]]]), np.array([[[1.0, 10.0]]])
    >>> conv_transpose(g, weight, shape=(3,), stride=(1,), padding=((0, 0),), dilation=(1,), groups=1)
    array([[[ 1., 12., 20.]]])
    """,
)  # fmt: skip
conv_weight: Primitive = Primitive(
    "conv_weight", symbol="∂conv", latex=r"#2 \star_w #1", analytic=True, elementwise=False, sums=True,
    cases=(
        Case((2, 2, 4, 5), (2, 3, 3, 3), kernel=(2, 3), **SIMPLE), Case((2, 4, 4, 5), (2, 2, 2, 5), kernel=(3, 2), **SKEWED),
        Case((2, 2, 5), (2, 3, 3), kernel=(3,), **LINE),
    ),
    scalar=None, array=_conv_weight,
    composition=made_of_windows.conv_weight,
    vjp=(lambda h, weight, x, g, kernel, **settings: conv_transpose(g, h, shape=x.shape[2:], **settings),
         lambda h, weight, x, g, kernel, **settings: conv(x, h, 0.0, **settings)),
    doc="""All windows of `x`, each times the number of `g` at its place, added up: the gradient of a convolution's kernels.

    >>> x, g = np.array([[[1.0, 2.0, 3.0]]]), np.array([[[1.0, 10.0]]])
    >>> conv_weight(x, g, kernel=(2,), stride=(1,), padding=((0, 0),), dilation=(1,), groups=1)
    array([[[21., 32.]]])
    """,
)  # fmt: skip


def _taps(x: Any, kernel: Any, stride: Any, dilation: Any) -> Any:
    """For each tap of a kernel, in order, what stands under it in all windows of `x`: views (batch, channels, *positions)."""
    views = windows(x, kernel, stride, dilation)
    return [views[(..., *tap)] for tap in np.ndindex(*kernel)]


def _max_pool(x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    first, *others = _taps(padded(x, padding, -np.inf), kernel, stride, dilation)
    y = first.copy(order="K")
    for entries in others:
        np.maximum(y, entries, out=y)
    return y


def _winners(x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """For each tap of the kernel, where it holds the maximum of its window: the first tap, if several do."""
    top = _max_pool(x, kernel, stride, padding, dilation)
    free = np.ones_like(top, dtype=bool)
    for entries in _taps(padded(x, padding, -np.inf), kernel, stride, dilation):
        wins = (entries == top) & free
        free ^= wins
        yield wins


def _only(numbers: Any, chosen: Any) -> Any:
    """The `numbers` that are `chosen`, and 0 instead of the others, even of inf and nan.

    This keeps all bits of a number, or none. `np.where` takes ten times as long, because the processor cannot
    predict its branches.
    """
    if numbers.itemsize > 8:
        return np.where(chosen, numbers, 0)
    bits = numbers.view(f"i{numbers.itemsize}")
    return (bits & -chosen.view(np.int8)).view(numbers.dtype)  # all bits of -1 are ones


def _max_unpool(g: Any, x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    placed = padded(np.zeros_like(x, dtype=g.dtype), padding)
    winners = _winners(x, kernel, stride, padding, dilation)
    g, given = new(g.shape, g.dtype), g
    g[:] = given  # in the order of `placed` in memory
    for entries, wins in zip(_taps(placed, kernel, stride, dilation), winners, strict=True):
        entries += _only(g, wins)
    return unpadded(placed, padding)


def _max_pick(h: Any, x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    taps = _taps(padded(h, padding), kernel, stride, dilation)
    winners = _winners(x, kernel, stride, padding, dilation)
    return sum(_only(entries, wins) for entries, wins in zip(taps, winners, strict=True))


max_pool: Primitive = Primitive(
    "max_pool", symbol="max pool", latex=r"\operatorname{maxpool}(#1)", elementwise=False, masks="kink",
    cases=(Case((2, 2, 4, 5), **POOL), Case((2, 2, 5, 6), **OVERLAP)),
    scalar=None, array=_max_pool,
    composition=made_of_windows.max_pool,
    vjp=(lambda g, y, x, **settings: max_unpool(g, x, **settings),),
    batch=lambda batch, *xs, **settings: batch.in_one(partial(max_pool, **settings), xs, axes=(0,), out_axis=0),
    doc="""The largest number in each window; where several tie, the first gets the gradient.

    >>> max_pool(np.array([[[1.0, 3.0, 2.0, 0.0]]]), kernel=(2,), stride=(2,), padding=((0, 0),), dilation=(1,))
    array([[[3., 2.]]])
    """,
)  # fmt: skip
max_unpool: Primitive = Primitive(
    "max_unpool", symbol="max unpool", latex=r"\operatorname{maxunpool}(#1, #2)", elementwise=False, sums=True,
    cases=(Case((2, 2, 2, 2), (2, 2, 4, 5), **POOL), Case((2, 2, 3, 5), (2, 2, 5, 6), **OVERLAP)),
    scalar=None, array=_max_unpool,
    composition=made_of_windows.max_unpool,
    vjp=(lambda h, y, g, x, **settings: max_pick(h, x, **settings), None),
    batch=lambda batch, *xs, **settings: batch.in_one(partial(max_unpool, **settings), xs, axes=(0, 0), out_axis=0),
    doc="""The numbers `g` put back where `max_pool` found the largest of each window of `x`, and zeros elsewhere.

    >>> g, x = np.array([[[10.0, 20.0]]]), np.array([[[1.0, 3.0, 2.0, 0.0]]])
    >>> max_unpool(g, x, kernel=(2,), stride=(2,), padding=((0, 0),), dilation=(1,))
    array([[[ 0., 10., 20.,  0.]]])
    """,
)  # fmt: skip
max_pick: Primitive = Primitive(
    "max_pick", symbol="max pick", latex=r"\operatorname{maxpick}(#1, #2)", elementwise=False, masks="kink",
    cases=(Case((2, 2, 4, 5), (2, 2, 4, 5), **POOL), Case((2, 2, 5, 6), (2, 2, 5, 6), **OVERLAP)),
    scalar=None, array=_max_pick,
    composition=made_of_windows.max_pick,
    vjp=(lambda g, y, h, x, **settings: max_unpool(g, x, **settings), None),
    batch=lambda batch, *xs, **settings: batch.in_one(partial(max_pick, **settings), xs, axes=(0, 0), out_axis=0),
    doc="""The numbers of `h` from where `max_pool` finds the largest of each window of `x`.

    >>> h, x = np.array([[[5.0, 6.0, 7.0, 8.0]]]), np.array([[[1.0, 3.0, 2.0, 0.0]]])
    >>> max_pick(h, x, kernel=(2,), stride=(2,), padding=((0, 0),), dilation=(1,))
    array([[[6., 7.]]])
    """,
)  # fmt: skip


def _sum_pool(x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    first, *others = _taps(padded(x, padding), kernel, stride, dilation)
    y = first.copy(order="K")
    for entries in others:
        y += entries
    return y


def _sum_unpool(g: Any, shape: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    x = new((*g.shape[:2], *(before + size + after for size, (before, after) in zip(shape, padding, strict=True))), g.dtype)
    x.fill(0)
    for entries in _taps(x, kernel, stride, dilation):
        entries += g
    return unpadded(x, padding)


sum_pool: Primitive = Primitive(
    "sum_pool", symbol="sum pool", latex=r"\operatorname{sumpool}(#1)", analytic=True, elementwise=False, sums=True, kind="affine",
    cases=(Case((2, 2, 4, 5), **POOL), Case((2, 2, 5, 6), **OVERLAP)),
    scalar=None, array=_sum_pool,
    composition=made_of_windows.sum_pool,
    vjp=(lambda g, y, x, **settings: sum_unpool(g, shape=x.shape[2:], **settings),),
    batch=lambda batch, *xs, **settings: batch.in_one(partial(sum_pool, **settings), xs, axes=(0,), out_axis=0),
    doc="""The sum of each window.

    >>> sum_pool(np.array([[[1.0, 3.0, 2.0, 0.0]]]), kernel=(2,), stride=(2,), padding=((0, 0),), dilation=(1,))
    array([[[4., 2.]]])
    """,
)  # fmt: skip
sum_unpool: Primitive = Primitive(
    "sum_unpool", symbol="sum unpool", latex=r"\operatorname{sumunpool}(#1)", analytic=True, elementwise=False, sums=True,
    cases=(Case((2, 2, 2, 2), shape=(4, 5), **POOL), Case((2, 2, 3, 5), shape=(5, 6), **OVERLAP)),
    scalar=None, array=_sum_unpool,
    composition=made_of_windows.sum_unpool,
    vjp=(lambda h, x, g, shape, **settings: sum_pool(h, **settings),),
    batch=lambda batch, *xs, **settings: batch.in_one(partial(sum_unpool, **settings), xs, axes=(0,), out_axis=0),
    doc="""The numbers `g`, each added to all of its window in an array of `shape`: what `sum_pool` does to gradients.

    >>> sum_unpool(np.array([[[10.0, 20.0]]]), shape=(4,), kernel=(2,), stride=(2,), padding=((0, 0),), dilation=(1,))
    array([[[10., 10., 20., 20.]]])
    """,
)  # fmt: skip
