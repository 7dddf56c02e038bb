"""Layers that make images smaller, with PyTorch's names: each output is the largest number, or the mean, of a window."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

import autograd
from autograd.primitives import convolution
from autograd.statistics import narrow, wide

from .convolution import Windows
from .inputs import as_input, check_size
from .types import Array, Data, Input, Sizes

__all__ = ["AdaptiveAvgPool2d", "AdaptiveMaxPool2d", "AdaptiveSizes", "AvgPool1d", "AvgPool2d", "MaxPool1d", "MaxPool2d", "means"]

AdaptiveSizes: TypeAlias = int | Sequence[int | None] | None


class _Pool(Windows):
    """Where the windows are; a subclass says what is computed of each."""

    def __init__(self, kernel_size: Sizes, stride: Sizes | None, padding: Sizes, dilation: Sizes, ceil_mode: bool) -> None:
        self._set_windows(kernel_size, kernel_size if stride is None else stride, dilation)
        self.padding, self.ceil_mode = self._per_axis("padding", padding, least=0), ceil_mode
        if any(pad > reach // 2 for pad, reach in zip(self.padding, self.reach, strict=True)):
            raise ValueError(
                f"{type(self).__name__} pads at most half a window, so that there is something in each; "
                f"got padding={padding!r} with kernel_size={kernel_size!r}."
            )

    def forward(self, x: Input) -> Data:
        x, single = self._as_batch(as_input(x, None, self))
        padding = []
        for i, size in enumerate(x.shape[2:]):
            after = (self._count(i, size) - 1) * self.stride[i] + self.reach[i] - size - self.padding[i]
            padding.append((self.padding[i], max(self.padding[i], after)))
        y = self._pool(x, {"kernel": self.kernel_size, "stride": self.stride, "padding": tuple(padding), "dilation": self.dilation})
        return y[0] if single else y

    def _pool(self, x: Data, windows: dict[str, Any]) -> Data:
        """One number for each window; `windows` are the settings of the table's pooling entries."""
        raise NotImplementedError

    def _count(self, i: int, size: int) -> int:
        """How many windows there are along axis `i`, which is `size` long."""
        stride, pad = self.stride[i], self.padding[i]
        room = size + 2 * pad - self.reach[i]
        if room < 0:
            raise ValueError(
                f"{self._called()} has windows of {self.reach[i]} along the {self.axes[i]}, and the input has {size} there, "
                f"with padding {pad}."
            )
        if not self.ceil_mode:
            return room // stride + 1
        count = -(-room // stride) + 1
        return count - 1 if (count - 1) * stride >= size + pad else count  # no window begins beyond the input

    def extra_repr(self) -> str:
        text = f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"
        if any(d != 1 for d in self.dilation):
            text += f", dilation={self.dilation}"
        return text + (", ceil_mode=True" if self.ceil_mode else "")


class MaxPool2d(_Pool):
    """The largest number in each window of an image, as in PyTorch.

    Of several largest ones, the first gets the gradient.

    Args:
        kernel_size: the height and the width of the windows; one number if they are equal.
        stride: how far apart the windows are, for each axis or for both; the kernel's size if None.
        padding: how many entries of -∞ are added at each end; at most half a window.
        dilation: how far apart the entries of a window are.
        ceil_mode: whether what is left at the end of an axis is a window too, a smaller one.

    Shape:
        (n, channels, height, width) → (n, channels, height', width'), or both without n;
        height' = (height + 2 padding - dilation (kernel_size - 1) - 1) // stride + 1, and width' likewise.

    Raises:
        ValueError: a setting is impossible; on a call, the input has another shape, or is smaller
            than a window.

    Example:
        >>> MaxPool2d(2)(np.arange(16.0).reshape(1, 4, 4))
        array([[[ 5.,  7.],
                [13., 15.]]])
    """

    def __init__(
        self, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, dilation: Sizes = 1, *, ceil_mode: bool = False
    ) -> None:
        super().__init__(kernel_size, stride, padding, dilation, ceil_mode)

    def _pool(self, x: Data, windows: dict[str, Any]) -> Data:
        y: Data = convolution.max_pool(x, **windows)
        return y


class MaxPool1d(MaxPool2d):
    """`MaxPool2d` for signals: a single axis, the length, as in PyTorch.

    Args:
        kernel_size, stride, padding, dilation, ceil_mode: as in `MaxPool2d`, one number each.

    Shape:
        (n, channels, length) → (n, channels, length'), or both without n.

    Raises:
        ValueError: as in `MaxPool2d`.

    Example:
        >>> MaxPool1d(2)(np.array([[1.0, 3.0, 2.0, 0.0]]))
        array([[3., 2.]])
    """

    axes = ("length",)


class AvgPool2d(_Pool):
    """The mean of each window of an image, as in PyTorch.

    Args:
        kernel_size, stride, ceil_mode: as in `MaxPool2d`.
        padding: how many zeros are added at each end; at most half a window.
        count_include_pad: whether those zeros count in the means.
        divisor_override: what to divide the sums by, instead of the number of entries.

    Shape:
        as in `MaxPool2d`.

    Raises:
        ValueError: as in `MaxPool2d`.

    Example:
        >>> AvgPool2d(2)(np.arange(16.0).reshape(1, 4, 4))
        array([[[ 2.5,  4.5],
                [10.5, 12.5]]])
    """

    def __init__(
        self, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__(kernel_size, stride, padding, 1, ceil_mode)
        self.count_include_pad = count_include_pad
        self.divisor_override = None if divisor_override is None else check_size(type(self).__name__, "divisor_override", divisor_override)

    def _pool(self, x: Data, windows: dict[str, Any]) -> Data:
        precise = wide(x)  # a sum may be beyond float16 where the mean is not
        y: Data = narrow(convolution.sum_pool(precise, **windows) / self._divisor(precise), x)
        return y

    def _divisor(self, x: Data) -> int | Array:
        """What the sum of each window is divided by; one number if it is the same for all."""
        if self.divisor_override is not None:
            return self.divisor_override
        counts = []  # how many entries each window has, along each axis
        for i, size in enumerate(x.shape[2:]):
            pad = self.padding[i]
            start = np.arange(self._count(i, size)) * self.stride[i] - pad
            low, high = (-pad, size + pad) if self.count_include_pad else (0, size)
            counts.append(np.minimum(start + self.kernel_size[i], high) - np.maximum(start, low))
        grid = reduce(np.multiply.outer, counts)
        return int(grid.flat[0]) if (grid == grid.flat[0]).all() else grid.astype(x.dtype)


class AvgPool1d(AvgPool2d):
    """`AvgPool2d` for signals: a single axis, the length, as in PyTorch.

    Args:
        kernel_size, stride, padding, ceil_mode, count_include_pad: as in `AvgPool2d`, one number each.

    Shape:
        (n, channels, length) → (n, channels, length'), or both without n.

    Raises:
        ValueError: as in `AvgPool2d`.

    Example:
        >>> AvgPool1d(2)(np.array([[1.0, 3.0, 2.0, 0.0]]))
        array([[2., 1.]])
    """

    axes = ("length",)

    def __init__(
        self, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, ceil_mode: bool = False, count_include_pad: bool = True
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode, count_include_pad)


class _AdaptivePool(Windows):
    """How many windows there are; a subclass says what is computed of each."""

    def __init__(self, output_size: AdaptiveSizes) -> None:
        sizes = output_size if isinstance(output_size, (tuple, list)) else (output_size, output_size)
        checked = self._per_axis("output_size", tuple(1 if size is None else size for size in sizes))
        self.output_size = output_size
        self._sizes = tuple(None if size is None else number for size, number in zip(sizes, checked, strict=True))

    def forward(self, x: Input) -> Data:
        x, single = self._as_batch(as_input(x, None, self))
        if 0 in x.shape[2:]:
            raise ValueError(f"{self._called()} takes images that have pixels, and got shape {x.shape}.")
        y = self._pool(x, [wanted or size for size, wanted in zip(x.shape[2:], self._sizes, strict=True)])
        return y[0] if single else y

    def _pool(self, x: Data, sizes: Sequence[int]) -> Data:
        """One number for each of `sizes` windows along the axes."""
        raise NotImplementedError

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool2d(_AdaptivePool):
    """The means of as many windows as are wanted, whatever the size of the image, as in PyTorch.

    Args:
        output_size: the height and the width of the output, one number if they are equal; None
            stands for that of the input.

    Shape:
        (n, channels, height, width) → (n, channels, *output_size), or both without n. Window i of
        m begins at ⌊i height / m⌋ and ends before ⌈(i + 1) height / m⌉.

    Raises:
        ValueError: a size is not a whole number from 1; on a call, the input has another shape.

    Example:
        >>> AdaptiveAvgPool2d(1)(np.arange(16.0).reshape(1, 4, 4))
        array([[[7.5]]])
    """

    def _pool(self, x: Data, sizes: Sequence[int]) -> Data:
        y: Data
        if set(sizes) == {1}:
            y = autograd.mean(x, axis=(2, 3), keepdims=True)
        else:
            rows, columns = (means(size, wanted, x.dtype) for size, wanted in zip(x.shape[2:], sizes, strict=True))
            y = rows @ x @ columns.T
        return y


class AdaptiveMaxPool2d(_AdaptivePool):
    """The largest numbers of as many windows as are wanted, whatever the size of the image, as in PyTorch.

    Args:
        output_size: as in `AdaptiveAvgPool2d`.

    Shape:
        as in `AdaptiveAvgPool2d`.

    Raises:
        ValueError: as in `AdaptiveAvgPool2d`.

    Example:
        >>> AdaptiveMaxPool2d(1)(np.arange(16.0).reshape(1, 4, 4))
        array([[[15.]]])
    """

    def _pool(self, x: Data, sizes: Sequence[int]) -> Data:
        lengths = []
        for axis, wanted in enumerate(sizes, 2):
            parts = _parts(x.shape[axis], wanted)
            lengths.append(max(end - start for start, end in parts))
            # Windows of one length side by side; a shorter one repeats its last row, which changes no maximum.
            places = [np.minimum(np.arange(start, start + lengths[-1]), end - 1) for start, end in parts]
            x = autograd.take(x, np.concatenate(places), axis=axis)
        y: Data = convolution.max_pool(x, kernel=tuple(lengths), stride=tuple(lengths), padding=((0, 0), (0, 0)), dilation=(1, 1))
        return y


def means(size: int, wanted: int, dtype: DTypeLike) -> Array:
    """The matrix that makes `wanted` means of `size` numbers.

    Example:
        >>> means(4, 2, float)
        array([[0.5, 0.5, 0. , 0. ],
               [0. , 0. , 0.5, 0.5]])
    """
    matrix = np.zeros((wanted, size), dtype)
    for row, (start, end) in zip(matrix, _parts(size, wanted), strict=True):
        row[start:end] = 1 / (end - start)
    return matrix


def _parts(size: int, wanted: int) -> list[tuple[int, int]]:
    """Where each of `wanted` windows over `size` numbers begins and ends."""
    return [(i * size // wanted, -(-(i + 1) * size // wanted)) for i in range(wanted)]
