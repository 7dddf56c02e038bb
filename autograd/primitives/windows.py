"""Windows of images and signals as the columns of matrices, for `convolution.py`.

In memory, wherever we may choose, arrays (batch, channels, *space) have the order (*rows, channels, columns,
batch), see `new`. NumPy is quick with long rows; here each is one of columns × batch numbers, whatever the
number of channels. With the channels last, a step of a ResNet-20 took half as long again.

The functions at the end are those of Winograd's algorithm F(2, 3) (Lavin and Gray, 2016), along the columns:
two windows of three numbers that overlap by two need four products with a kernel, instead of six. This saves a
fifth to two fifths of the time of a convolution; along the rows as well, it would take longer again, for the many sums.
The rounding is no worse; but where a number is infinite, what is computed of it may be nan.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

__all__ = [
    "gather_pairs", "kernel_matrix", "matrices", "new", "padded", "parts", "product", "room", "spread_kernels", "spread_pairs",
    "summed_products", "takes_winograd", "unpadded", "weight_of", "weight_of_spread", "windows",
]  # fmt: skip


def room(shape: tuple[int, ...], dtype: Any, used: Any) -> Any:
    """An array to write to: `used`, if it has this shape, or a new one.

    So the parts of a convolution write over the same memory, one after the other. It is still in the cache, and the
    system need not provide it: with new memory for each part, a convolution in a new process took four times as long.
    """
    return used if used is not None and used.shape == shape else np.empty(shape, dtype)


def new(shape: tuple[int, ...], dtype: Any, used: Any = None) -> Any:
    """An array (batch, channels, *space) to write to, in memory (*rows, channels, columns, batch); see `room`."""
    if used is not None and used.shape == shape:
        return used
    batch, channels, *rows, columns = shape
    n = len(rows)
    return np.empty((*rows, channels, columns, batch), dtype).transpose(n + 2, n, *range(n), n + 1)


def padded(x: Any, padding: Any, fill: float = 0) -> Any:
    """`x` with `fill` around it."""
    if not any(map(any, padding)):
        return x
    space = [before + size + after for size, (before, after) in zip(x.shape[2:], padding, strict=True)]
    around = new((*x.shape[:2], *space), np.result_type(x, fill))
    _write(around, x, padding, fill)
    return around


def _write(around: Any, x: Any, padding: Any, fill: float = 0) -> None:
    """Write `x` into `around`, which is larger by the padding, and `fill` around it."""
    for axis, (before, after) in enumerate(padding, 2):
        along = (slice(None),) * axis
        if before:
            around[(*along, slice(before))] = fill
        if after:
            around[(*along, slice(-after, None))] = fill
    around[_core(around, padding)] = x


def unpadded(x: Any, padding: Any) -> Any:
    """What `padded` has put something around."""
    return x[_core(x, padding)].copy(order="K") if any(map(any, padding)) else x


def _core(x: Any, padding: Any) -> Any:
    return (..., *(slice(before, size - after) for size, (before, after) in zip(x.shape[2:], padding, strict=True)))


def windows(x: Any, kernel: Any, stride: Any, dilation: Any) -> Any:
    """All windows of `x`, as a view: (batch, channels, *positions, *kernel)."""
    if max(kernel) == 1:  # the same, in a tenth of the time
        return x[(slice(None), slice(None), *(slice(None, None, step) for step in stride), *(None,) * len(kernel))]
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    space = tuple(range(2, len(kernel) + 2))
    views = np.lib.stride_tricks.sliding_window_view(x, reach, axis=space, writeable=True)
    return views[(slice(None), slice(None), *(slice(None, None, step) for step in (*stride, *dilation)))]


def matrices(x: Any, groups: int, taps: int = 0) -> Any:
    """`x` (batch, channels, *rows, columns, *taps) as (groups, *rows[1:], rows[0], *taps, channels / groups, columns, batch), a view."""
    x = x.reshape(len(x), groups, x.shape[1] // groups, *x.shape[2:])
    *rows, columns = range(3, x.ndim - taps)
    return x.transpose(1, *rows[1:], *rows[:1], *range(x.ndim - taps, x.ndim), 2, columns, 0)


def parts(x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, groups: int, winograd: bool) -> Iterator[tuple[Any, Any]]:
    """The windows of `x`, the entries of each in a column of a matrix: (groups, *rows, entries, columns × batch).

    There are a few examples and rows of windows at a time, which fit into a processor's cache, each with its
    index in the output. The windows of neighbouring rows share all rows of `x` but one. As these lie in memory
    one after the other, the matrices of all rows are views of one array, with `kernel[-1]` times the numbers of `x`.
    Each part is written over the one before.

    If `winograd`, there are four of each matrix, with half of the columns; see `_spread_windows`.
    """
    n, taps, steps = len(kernel), list(kernel), list(stride)
    rows, step = (kernel[0] - 1) * dilation[0] + 1, stride[0]
    (above, below), *others = padding
    batch, channels, height = x.shape[:3]
    positions = (above + height + below - rows) // step + 1
    shared = n > 1 and dilation[0] == 1 and stride[0] < kernel[0]
    if shared:
        taps[0] = steps[0] = 1
    if winograd:
        taps[-1] = 1
    few = max(1, 1024 // max(1, x.shape[-1])) if winograd else max(1, batch)  # examples
    numbers = min(few, batch) * channels * math.prod(x.shape[3:]) // math.prod(stride[1:]) * step * math.prod(taps) * (1 + winograd)
    each = max(1, 320_000 // max(1, numbers))  # rows
    each = max(1, math.ceil(positions / max(1, math.ceil(positions / each))))  # about as many in all parts
    pairs, memory = [None, None], None
    for start in range(0, positions, each):
        stop = min(start + each, positions)
        top, bottom = start * step - above, (stop - 1) * step + rows - above  # of the rows of `x` that are needed
        around = ((max(0, -top), max(0, bottom - height)), *others)
        for first in range(0, batch, few):
            some = x[first : first + few, :, max(0, top) : max(0, bottom)]
            pairs = _pairs_of_columns(some, around, pairs) if winograd else [padded(some, around)]
            views = [matrices(windows(source, taps, steps, dilation), groups, taps=n) for source in pairs]
            if winograd:
                part = memory = _spread_windows(views, memory)
            elif views[0].flags.c_contiguous:
                (part,) = views
            else:
                part = memory = room(views[0].shape, x.dtype, memory)
                part[:] = views[0]
            *outer, width, depth = part.shape
            lead = n + winograd
            found = part.reshape(*outer[:lead], math.prod(outer[lead:]), width * depth)[..., : (width - winograd) * depth]
            if shared:
                shape = (*outer[: lead - 1], stop - start, rows * found.shape[-2], found.shape[-1])
                *strides, row, entry, number = found.strides
                found = np.ndarray(shape, part.dtype, part, 0, (*strides, row * step, entry, number))
            yield (slice(first, first + few), slice(None), slice(start, stop)), found


def product(kernels: Any, found: Any, out: Any) -> Any:
    """The kernels times the windows of `parts`.

    OpenBLAS first rearranges matrices, unless they have less than a million products. Of few kernels it
    rearranges more than it multiplies, and so the windows come in pieces: 32 or 64 kernels take a sixth less time.
    """
    size, columns = kernels.shape[-2] * kernels.shape[-1], found.shape[-1]
    piece = columns
    while size * piece > 1_000_000 and piece % 2 == 0 and piece > 64:
        piece //= 2
    if piece == columns or size * piece > 1_000_000:
        return np.matmul(kernels, found, out=out)
    found, pieces = (x.reshape(*x.shape[:-1], -1, piece).swapaxes(-2, -3) for x in (found, out))
    np.matmul(kernels[..., None, :, :], found, out=pieces)
    return out


def summed_products(found: Any, columns: Any, lead: int) -> Any:
    """Each row of `found` times each of `columns`, in a matrix; summed over all axes of matrices but the first `lead`.

    In blocks of 16 × 32, OpenBLAS multiplies them as they are; larger matrices it rearranges first, which takes a
    third longer for 32 channels, and a tenth for 64. It is up to twice as quick with the larger matrix first.
    """
    *_, entries, size = found.shape
    outs = columns.shape[-2]
    blocks = entries % 16 == outs % 32 == 0
    if blocks:
        found = found.reshape(*found.shape[:-2], -1, 1, 16, size)
        columns = columns.reshape(*columns.shape[:-2], 1, -1, 32, size)
    products = found @ columns.swapaxes(-1, -2)
    total = products.sum(axis=tuple(range(lead, products.ndim - (4 if blocks else 2))))
    return total.swapaxes(-2, -3).reshape(*total.shape[:lead], entries, outs) if blocks else total


def kernel_matrix(weight: Any, groups: int, n: int) -> Any:
    """The kernels as the rows of a matrix, one matrix for each group, to be multiplied by the windows of `parts` over `n` axes."""
    return weight.transpose(0, *range(2, n + 2), 1).reshape(groups, *[1] * (n - 1), len(weight) // groups, -1)


def weight_of(matrix: Any, kernel: Any) -> Any:
    """The weight whose kernels, which have the size `kernel`, are the columns of a matrix, one matrix for each group."""
    groups, entries, outs = matrix.shape
    n, channels = len(kernel), entries // math.prod(kernel)
    weight = matrix.reshape(groups, *kernel, channels, outs).transpose(0, n + 2, n + 1, *range(1, n + 1))
    return np.ascontiguousarray(weight).reshape(groups * outs, channels, *kernel)


def takes_winograd(weight_shape: Any, dtype: Any, stride: Any, dilation: Any, groups: int) -> bool:
    """Whether Winograd's algorithm is to be used: kernels are three columns wide, and there are at least 8 channels on both sides.

    With fewer channels the additions take longer than the products that they save. Whole numbers have no halves.
    """
    outs, channels, *kernel = weight_shape
    wide = len(kernel) > 1 and (kernel[-1], stride[-1], dilation[-1]) == (3, 1, 1)
    return bool(wide and dtype.kind in "fc" and min(channels, outs // groups) >= 8)


def _pairs_of_columns(x: Any, padding: Any, used: Any) -> list[Any]:
    """The even and the odd columns of `x` with its padding, in an array each; one more of zeros, if the number of columns is odd.

    So what `_spread_windows` adds up are long rows of memory.
    """
    *others, (before, after) = padding
    half = (before + x.shape[-1] + after + 1) // 2
    rows = [above + size + below for size, (above, below) in zip(x.shape[2:-1], others, strict=True)]
    found = []
    for parity, memory in enumerate(used):
        first = (parity - before) % 2
        columns = x[..., first::2]
        left = (before + first) // 2
        pairs = new((*x.shape[:2], *rows, half), x.dtype, memory)
        _write(pairs, columns, (*others, (left, half - left - columns.shape[-1])))
        found.append(pairs)
    return found


def _spread_windows(pairs: Any, used: Any) -> Any:
    """Each two windows of three columns as the four numbers d₀ - d₂, d₁ + d₂, d₂ - d₁, d₃ - d₁, from columns d₀ and d₂, d₁ and d₃.

    The last column only fills the rows and means nothing. So all numbers are one long row for NumPy, which takes two
    fifths of the time of the same sums in many rows.
    """
    spread = room((4, *pairs[0].shape), pairs[0].dtype, used)
    batch, size = spread.shape[-1], pairs[0].size
    even, odd = (np.ascontiguousarray(columns).reshape(-1) for columns in pairs)
    first, second, third, fourth = (part.reshape(-1)[: size - batch] for part in spread)
    now, then = slice(size - batch), slice(batch, size)
    np.subtract(even[now], even[then], out=first)
    np.add(odd[now], even[then], out=second)
    np.subtract(even[then], odd[now], out=third)
    np.subtract(odd[then], odd[now], out=fourth)
    return spread


def spread_kernels(weight: Any, groups: int, n: int) -> Any:
    """The `kernel_matrix` four times: of w₀, (w₀ + w₁ + w₂) / 2, (w₀ - w₁ + w₂) / 2 and w₂, with the columns w of the kernels."""
    first, middle, last = weight[..., :1], weight[..., 1:2], weight[..., 2:]
    both = (first + last) / 2
    middle = middle / 2
    return np.stack([kernel_matrix(w, groups, n) for w in (first, both + middle, both - middle, last)])


def weight_of_spread(matrix: Any, kernel: Any) -> Any:
    """The gradient of a weight from those of the four of `spread_kernels`."""
    _, groups, entries, outs = matrix.shape
    first, plus, minus, last = matrix.reshape(4, groups, math.prod(kernel[:-1]), -1, outs)
    both = (plus + minus) / 2
    columns = np.stack([first + both, (plus - minus) / 2, both + last], axis=2)
    return weight_of(columns.reshape(groups, 3 * entries, outs), kernel)


def gather_pairs(products: Any, y: Any) -> None:
    """Write the columns of `y` (..., columns, batch), from the products m of windows with kernels: m₀ + m₁ + m₂ and m₁ - m₂ + m₃."""
    even, odd = y[..., ::2, :], y[..., 1::2, :]
    m = products.reshape(4, *even.shape)
    m[0] += m[1]
    np.add(m[0], m[2], out=even)
    m[1] -= m[2]
    there = (..., slice(odd.shape[-2]), slice(None))
    np.add(m[1][there], m[3][there], out=odd)


def spread_pairs(y: Any, used: Any) -> Any:
    """Each two columns of a gradient as the gradients of the products that `gather_pairs` adds up."""
    even, odd = y[..., ::2, :], y[..., 1::2, :]
    spread = room((4, *even.shape), y.dtype, used)
    first, second, third, fourth = spread
    first[:] = even
    fourth[..., odd.shape[-2] :, :] = 0
    fourth[..., : odd.shape[-2], :] = odd
    np.add(first, fourth, out=second)
    np.subtract(first, fourth, out=third)
    return spread
