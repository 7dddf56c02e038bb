"""The table of derivatives: convolution and pooling, over any number of spatial axes.

Arrays are (batch, channels, *space) and kernels (out, in / groups, *kernel), as in PyTorch. In
memory the channels come last wherever possible. Then a window consists of a few long rows, and all windows
together are a matrix, whose product with the kernels is the convolution.

Settings have one entry for each spatial axis: `stride` and `dilation` a number, `padding` how
much is added (before, after).
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ..core import Case, Primitive
from .networks import _with_bias
from .reductions import sum_

SIMPLE: dict[str, Any] = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
SKEWED: dict[str, Any] = {"stride": (2, 1), "padding": ((1, 0), (0, 2)), "dilation": (1, 2), "groups": 2}
LINE: dict[str, Any] = {"stride": (2,), "padding": ((1, 1),), "dilation": (1,), "groups": 1}
POOL: dict[str, Any] = {"kernel": (2, 2), "stride": (2, 2), "padding": ((0, 0), (0, 0)), "dilation": (1, 1)}
OVERLAP: dict[str, Any] = {"kernel": (3, 2), "stride": (2, 1), "padding": ((1, 1), (0, 1)), "dilation": (1, 2)}


def _new(shape: tuple[int, ...], dtype: Any) -> Any:
    """An uninitialised array (batch, channels, *space) that has its channels last in memory."""
    steps = np.cumprod([np.dtype(dtype).itemsize, shape[1], *shape[:1:-1]]).tolist()
    return np.ndarray(shape, dtype, strides=(steps[-1], steps[0], *steps[-2:0:-1]))


def _padded(x: Any, padding: Any, fill: float = 0.0) -> Any:
    """`x` with `fill` around it."""
    if not np.any(padding):
        return x
    space = [before + size + after for size, (before, after) in zip(x.shape[2:], padding, strict=True)]
    around = _new((*x.shape[:2], *space), np.result_type(x, fill))
    around.fill(fill)
    around[_core(around, padding)] = x
    return around


def _unpadded(x: Any, padding: Any) -> Any:
    """`x` without the padding of `_padded`."""
    return x[_core(x, padding)].copy(order="K") if np.any(padding) else x


def _core(x: Any, padding: Any) -> Any:
    return (..., *(slice(before, size - after) for size, (before, after) in zip(x.shape[2:], padding, strict=True)))


def _windows(x: Any, kernel: Any, stride: Any, dilation: Any) -> Any:
    """All windows of `x`, as a view: (batch, channels, *positions, *kernel)."""
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    space = tuple(range(2, len(kernel) + 2))
    windows = np.lib.stride_tricks.sliding_window_view(x, reach, axis=space, writeable=True)
    return windows[(slice(None), slice(None), *(slice(None, None, step) for step in (*stride, *dilation)))]


def _batches(windows: Any) -> Any:
    """Slices of the batch so small that a copy of their windows fits into a processor's cache."""
    step = max(1, 250_000 // max(1, windows[:1].size))
    return [slice(i, i + step) for i in range(0, len(windows), step)]


def _window_matrix(windows: Any, n: int, groups: int) -> Any:
    """Windows over `n` axes as the rows of a matrix, one matrix for each group of channels."""
    rows = np.moveaxis(windows.reshape(len(windows), groups, -1, *windows.shape[2:]), 2, -1).swapaxes(0, 1)
    entries = int(np.prod(rows.shape[n + 2 :]))
    if rows.shape[-1] < 8:  # with few channels, a window has many short rows, and columns are faster to copy
        columns = np.moveaxis(rows, range(1, n + 2), range(-n - 1, 0))
        return columns.reshape(groups, entries, -1).swapaxes(1, 2)
    return rows.reshape(groups, -1, entries)


def _kernel_matrix(weight: Any, groups: int) -> Any:
    """The kernels as the columns of a matrix, one matrix for each group."""
    return np.moveaxis(weight, 1, -1).reshape(groups, len(weight) // groups, -1).transpose(0, 2, 1)


def _output_matrix(y: Any, groups: int) -> Any:
    """An output with a row for each window, one matrix for each group; a view, if it is channels last in memory."""
    return np.moveaxis(y, 1, -1).reshape(-1, groups, y.shape[1] // groups).transpose(1, 0, 2)


def _conv(x: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
    n = len(stride)
    windows = _windows(_padded(x, padding), weight.shape[2:], stride, dilation)
    kernels = _kernel_matrix(weight, groups)
    y = _new((len(x), len(weight), *windows.shape[2 : n + 2]), np.result_type(x, weight))
    for batch in _batches(windows):
        np.matmul(_window_matrix(windows[batch], n, groups), kernels, out=_output_matrix(y[batch], groups))
    return _with_bias(y, np.asarray(bias).reshape(-1, *[1] * n))


def _conv_transpose(g: Any, weight: Any, shape: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
    kernels = _kernel_matrix(weight, groups)
    padded = [before + size + after for size, (before, after) in zip(shape, padding, strict=True)]
    x = _new((len(g), weight.shape[1] * groups, *padded), np.result_type(g, weight))
    x.fill(0)
    windows = _windows(x, weight.shape[2:], stride, dilation)
    for batch in _batches(windows):
        part = windows[batch]
        rows = (_output_matrix(g[batch], groups) @ kernels.transpose(0, 2, 1)).reshape(groups, len(part), *part.shape[2:], -1)
        spread = np.moveaxis(rows.swapaxes(0, 1), -1, 2).reshape(part.shape)
        for tap in np.ndindex(*weight.shape[2:]):  # windows overlap, but not under the same tap of the kernel
            part[(..., *tap)] += spread[(..., *tap)]
    return _unpadded(x, padding)


def _conv_weight(x: Any, g: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
    windows = _windows(_padded(x, padding), kernel, stride, dilation)
    channels = x.shape[1] // groups
    total = np.zeros((groups, g.shape[1] // groups, int(np.prod(kernel)) * channels), np.result_type(x, g))
    for batch in _batches(windows):
        total += _output_matrix(g[batch], groups).transpose(0, 2, 1) @ _window_matrix(windows[batch], len(kernel), groups)
    return np.moveaxis(total.reshape(g.shape[1], *kernel, channels), -1, 1).copy()


def _per_channel(g: Any) -> Any:
    """The sum for each channel; over the batch first, because each image is contiguous in memory."""
    return sum_(sum_(g, axis=0), axis=tuple(range(1, g.ndim - 1)))


# These three are one product of three arrays, Σ g · (weight ⋆ x), each time without one of them. So
# the derivatives of each are the other two.
conv: Primitive = Primitive(
    "conv", symbol="conv", latex=r"#2 \star #1 + #3", analytic=True, elementwise=False, sums=True, kind="layer",
    cases=(
        Case((2, 2, 4, 5), (3, 2, 2, 3), (3,), **SIMPLE), Case((2, 4, 4, 5), (2, 2, 3, 2), (2,), **SKEWED),
        Case((2, 2, 5), (3, 2, 3), (), **LINE),
    ),
    scalar=None, array=_conv,
    vjp=(lambda g, y, x, weight, bias, **settings: conv_transpose(g, weight, shape=x.shape[2:], **settings),
         lambda g, y, x, weight, bias, **settings: conv_weight(x, g, kernel=weight.shape[2:], **settings),
         lambda g, y, x, weight, bias, **settings: _per_channel(g)),
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
    vjp=(lambda h, weight, x, g, kernel, **settings: conv_transpose(g, h, shape=x.shape[2:], **settings),
         lambda h, weight, x, g, kernel, **settings: conv(x, h, 0.0, **settings)),
    doc="""All windows of `x`, each times the number of `g` at its place, added up: the gradient of a convolution's kernels.

    >>> x, g = np.array([[[1.0, 2.0, 3.0]]]), np.array([[[1.0, 10.0]]])
    >>> conv_weight(x, g, kernel=(2,), stride=(1,), padding=((0, 0),), dilation=(1,), groups=1)
    array([[[21., 32.]]])
    """,
)  # fmt: skip


def _taps(x: Any, kernel: Any, stride: Any, dilation: Any) -> Any:
    """For each tap of a kernel, in order, the entries of `x` under it in all windows: views (batch, channels, *positions)."""
    windows = _windows(x, kernel, stride, dilation)
    return [windows[(..., *tap)] for tap in np.ndindex(*kernel)]


def _max_pool(x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    first, *others = _taps(_padded(x, padding, -np.inf), kernel, stride, dilation)
    y = first.copy(order="K")
    for entries in others:
        np.maximum(y, entries, out=y)
    return y


def _winners(x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """For each tap of the kernel, where it holds the maximum of its window: the first tap, if several do."""
    top = _max_pool(x, kernel, stride, padding, dilation)
    free = np.ones_like(top, dtype=bool)
    for entries in _taps(_padded(x, padding, -np.inf), kernel, stride, dilation):
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
    placed = _padded(np.zeros_like(x, dtype=g.dtype), padding)
    winners = _winners(x, kernel, stride, padding, dilation)
    g, given = _new(g.shape, g.dtype), g
    g[:] = given  # in the order of `placed` in memory
    for entries, wins in zip(_taps(placed, kernel, stride, dilation), winners, strict=True):
        entries += _only(g, wins)
    return _unpadded(placed, padding)


def _max_pick(h: Any, x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    taps = _taps(_padded(h, padding), kernel, stride, dilation)
    winners = _winners(x, kernel, stride, padding, dilation)
    return sum(_only(entries, wins) for entries, wins in zip(taps, winners, strict=True))


max_pool: Primitive = Primitive(
    "max_pool", symbol="max pool", latex=r"\operatorname{maxpool}(#1)", elementwise=False, masks="kink",
    cases=(Case((2, 2, 4, 5), **POOL), Case((2, 2, 5, 6), **OVERLAP)),
    scalar=None, array=_max_pool,
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
    vjp=(lambda g, y, h, x, **settings: max_unpool(g, x, **settings), None),
    batch=lambda batch, *xs, **settings: batch.in_one(partial(max_pick, **settings), xs, axes=(0, 0), out_axis=0),
    doc="""The numbers of `h` from where `max_pool` finds the largest of each window of `x`.

    >>> h, x = np.array([[[5.0, 6.0, 7.0, 8.0]]]), np.array([[[1.0, 3.0, 2.0, 0.0]]])
    >>> max_pick(h, x, kernel=(2,), stride=(2,), padding=((0, 0),), dilation=(1,))
    array([[[6., 7.]]])
    """,
)  # fmt: skip


def _sum_pool(x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    first, *others = _taps(_padded(x, padding), kernel, stride, dilation)
    y = first.copy(order="K")
    for entries in others:
        y += entries
    return y


def _sum_unpool(g: Any, shape: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    x = _new((*g.shape[:2], *(before + size + after for size, (before, after) in zip(shape, padding, strict=True))), g.dtype)
    x.fill(0)
    for entries in _taps(x, kernel, stride, dilation):
        entries += g
    return _unpadded(x, padding)


sum_pool: Primitive = Primitive(
    "sum_pool", symbol="sum pool", latex=r"\operatorname{sumpool}(#1)", analytic=True, elementwise=False, sums=True, kind="affine",
    cases=(Case((2, 2, 4, 5), **POOL), Case((2, 2, 5, 6), **OVERLAP)),
    scalar=None, array=_sum_pool,
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
    vjp=(lambda h, x, g, shape, **settings: sum_pool(h, **settings),),
    batch=lambda batch, *xs, **settings: batch.in_one(partial(sum_unpool, **settings), xs, axes=(0,), out_axis=0),
    doc="""The numbers `g`, each added to all of its window in an array of `shape`: what `sum_pool` does to gradients.

    >>> sum_unpool(np.array([[[10.0, 20.0]]]), shape=(4,), kernel=(2,), stride=(2,), padding=((0, 0),), dilation=(1,))
    array([[[10., 10., 20., 20.]]])
    """,
)  # fmt: skip
