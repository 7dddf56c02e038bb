"""Convolution and pooling made of other entries: of windows, and of sums, products and maxima over these.

Each function is the `composition` of the entry with its name in `convolution.py`. It is short rather than fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .choices import where
from .contraction import einsum
from .indexing import getitem, scatter
from .joining import add_windows, pad, windows
from .reductions import broadcast_to, is_first_max, max_, sum_
from .shapes import reshape, transpose

__all__ = ["conv", "conv_transpose", "conv_weight", "max_pick", "max_pool", "max_unpool", "sum_pool", "sum_unpool"]


def _under(x: Any, kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]) -> Any:
    """All windows of `x` (batch, channels, *space), in which the axes of the kernel come last."""
    spans, index = _spans(kernel, stride, dilation)
    return getitem(windows(x, size=spans, axis=tuple(range(2, 2 + len(kernel)))), index=index)


def _onto(g: Any, shape: Sequence[int], kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]) -> Any:
    """The opposite of `_under`: numbers for all entries of all windows, added up in an array with that space."""
    spans, index = _spans(kernel, stride, dilation)
    places = tuple(n - span + 1 for n, span in zip(shape, spans, strict=True))
    return add_windows(scatter(g, index=index, shape=(*g.shape[:2], *places, *spans)), size=spans, axis=tuple(range(2, 2 + len(kernel))))


def _spans(kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]) -> tuple[tuple[int, ...], Any]:
    """The lengths of the windows that kernels reach over; and which windows they take, and which entries of these."""
    spans = tuple((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True))
    return spans, (slice(None), slice(None), *(slice(None, None, n) for n in (*stride, *dilation)))


def _around(x: Any, padding: Any) -> Any:
    """`x` with zeros around its space."""
    return pad(x, pad_width=((0, 0), (0, 0), *padding)) if np.any(padding) else x


def _within(x: Any, padding: Any, space: Sequence[int]) -> Any:
    """The opposite of `_around`."""
    index = (slice(None), slice(None), *(slice(before, before + n) for (before, _), n in zip(padding, space, strict=True)))
    return getitem(x, index=index) if np.any(padding) else x


def _by_group(x: Any, groups: int, axis: int) -> Any:
    """`x` with an axis of groups before that of channels."""
    return reshape(x, shape=(*x.shape[:axis], groups, x.shape[axis] // groups, *x.shape[axis + 1 :]))


def _letters(n: int) -> tuple[str, str]:
    """Letters for the axes of space, and those of kernels."""
    return "xyzuvw"[:n], "ijklmn"[:n]


def conv(y: Any, x: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
    space, taps = _letters(len(stride))
    found = _by_group(_under(_around(x, padding), weight.shape[2:], stride, dilation), groups, axis=1)
    total = einsum(found, _by_group(weight, groups, axis=0), subscripts=f"bgc{space}{taps},goc{taps}->bgo{space}")
    bias = reshape(bias, shape=(-1, *[1] * len(stride))) if np.ndim(bias) else bias
    return reshape(total, shape=(len(x), len(weight), *total.shape[3:])) + bias


def conv_transpose(y: Any, g: Any, weight: Any, shape: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
    """A convolution with the kernels mirrored, of `g` with zeros between and around its entries."""
    n, kernel = len(stride), weight.shape[2:]
    lengths, index, part = [], [], []
    for size, (before, _), k, d, s, places in zip(shape, padding, kernel, dilation, stride, g.shape[2:], strict=True):
        reach = (k - 1) * d
        lengths.append(reach + max((places - 1) * s + 1, before + size))
        index.append(slice(reach, reach + (places - 1) * s + 1, s))
        part.append(slice(before, before + size + reach))
    both = (slice(None), slice(None))
    apart = getitem(scatter(g, index=(*both, *index), shape=(*g.shape[:2], *lengths)), index=(*both, *part))
    mirrored = getitem(weight, index=(*both, *[slice(None, None, -1)] * n))
    turned = transpose(_by_group(mirrored, groups, axis=0), axes=(0, 2, 1, *range(3, n + 3)))
    turned = reshape(turned, shape=(-1, len(weight) // groups, *kernel))
    return conv(y, apart, turned, 0.0, stride=(1,) * n, padding=((0, 0),) * n, dilation=dilation, groups=groups)


def conv_weight(y: Any, x: Any, g: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
    space, taps = _letters(len(stride))
    found = _by_group(_under(_around(x, padding), kernel, stride, dilation), groups, axis=1)
    total = einsum(found, _by_group(g, groups, axis=1), subscripts=f"bgc{space}{taps},bgo{space}->goc{taps}")
    return reshape(total, shape=y.shape)


def _last(settings: Any) -> tuple[int, ...]:
    """The axes of the kernel."""
    return tuple(range(-len(settings["kernel"]), 0))


def _with_bottom(x: Any, padding: Any) -> Any:
    """`x` with -inf around its space."""
    y = _around(x, padding)
    for axis, (n, (before, after)) in enumerate(zip(x.shape[2:], padding, strict=True)):
        if before or after:
            beside = np.zeros((n + before + after, *[1] * (len(padding) - axis - 1)), x.dtype)
            beside[:before] = beside[before + n :] = -np.inf
            y = y + beside
    return y


def _is_winner(x: Any, padding: Any, **settings: Any) -> Any:
    """Whether an entry of a window is its maximum: the first, if several are."""
    found = _under(_with_bottom(x, padding), **settings)
    flat = reshape(found, shape=(*found.shape[: x.ndim], -1))
    return reshape(is_first_max(flat, axis=-1), shape=found.shape)


def max_pool(y: Any, x: Any, padding: Any, **settings: Any) -> Any:
    return max_(_under(_with_bottom(x, padding), **settings), axis=_last(settings))


def max_unpool(y: Any, g: Any, x: Any, padding: Any, **settings: Any) -> Any:
    at_each = reshape(g, shape=(*g.shape, *[1] * len(padding)))
    return _added(where(_is_winner(x, padding, **settings), at_each, 0.0), y, padding, settings)


def max_pick(y: Any, h: Any, x: Any, padding: Any, **settings: Any) -> Any:
    found = _under(_around(h, padding), **settings)
    return sum_(where(_is_winner(x, padding, **settings), found, 0.0), axis=_last(settings))


def sum_pool(y: Any, x: Any, padding: Any, **settings: Any) -> Any:
    return sum_(_under(_around(x, padding), **settings), axis=_last(settings))


def sum_unpool(y: Any, g: Any, shape: Any, padding: Any, **settings: Any) -> Any:
    at_each = reshape(g, shape=(*g.shape, *[1] * len(shape)))
    return _added(broadcast_to(at_each, shape=(*g.shape, *settings["kernel"])), y, padding, settings)


def _added(at_each: Any, y: Any, padding: Any, settings: Any) -> Any:
    """Numbers for all entries of all windows, added up in an array like `y`."""
    around = [before + n + after for n, (before, after) in zip(y.shape[2:], padding, strict=True)]
    return _within(_onto(at_each, around, **settings), padding, y.shape[2:])
