"""Layers that make images smaller: each output is the largest, or the mean, of a window of the input."""

from __future__ import annotations

from functools import reduce
from typing import Any, ClassVar

import numpy as np

from autograd.primitives import convolution
from autograd.statistics import narrow, wide

from .convolution import as_batch, per_axis
from .inputs import as_input, check_size
from .module import Module

__all__ = ["AdaptiveAvgPool2d", "AvgPool2d", "MaxPool2d"]


class _Pool(Module):
    """Which windows there are; a subclass says what to make of each."""

    axes: ClassVar[tuple[str, ...]] = ("height", "width")

    def __init__(self, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool) -> None:
        self.kernel_size = per_axis(self, "kernel_size", kernel_size)
        self.stride = self.kernel_size if stride is None else per_axis(self, "stride", stride)
        self.padding = per_axis(self, "padding", padding, least=0)
        self.dilation = per_axis(self, "dilation", dilation)
        self.ceil_mode = ceil_mode
        self.reach = tuple((k - 1) * d + 1 for k, d in zip(self.kernel_size, self.dilation, strict=True))
        if any(pad > reach // 2 for pad, reach in zip(self.padding, self.reach, strict=True)):
            raise ValueError(
                f"{type(self).__name__} pads at most half a window, so that there is something in each; "
                f"got padding={padding!r} with kernel_size={kernel_size!r}."
            )

    def forward(self, x: Any) -> Any:
        x, single = as_batch(self, as_input(x, None, self))
        padding = []
        for i, size in enumerate(x.shape[2:]):
            after = (self._count(i, size) - 1) * self.stride[i] + self.reach[i] - size - self.padding[i]
            padding.append((self.padding[i], max(self.padding[i], after)))
        y = self.pool(x, {"kernel": self.kernel_size, "stride": self.stride, "padding": tuple(padding), "dilation": self.dilation})
        return y[0] if single else y

    def pool(self, x: Any, windows: dict[str, Any]) -> Any:
        """What to make of the windows; see the subclass."""
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
        return count - 1 if (count - 1) * stride >= size + pad else count  # none that begins beyond the input

    def extra_repr(self) -> str:
        text = f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"
        if any(d != 1 for d in self.dilation):
            text += f", dilation={self.dilation}"
        return text + (", ceil_mode=True" if self.ceil_mode else "")


class MaxPool2d(_Pool):
    """The largest number in each window of an image; if several are, the first gets the gradient.

    Args:
        kernel_size: the height and the width of the windows; one number if they are equal.
        stride: how far apart they are, for each axis or for both; the kernel's size if None.
        padding: how much, less than any number, is added at each end; at most half a window.
        dilation: how far apart the entries of a window are.
        ceil_mode: whether what is left over at the end of an axis is a window too, a smaller one.

    Shape:
        (n, channels, height, width) → (n, channels, height', width'), or both without n;
        height' = (height + 2 padding - dilation (kernel_size - 1) - 1) // stride + 1.

    Raises:
        ValueError: a setting is impossible; on a call, the input has another shape, or is smaller
            than a window.

    Example:
        >>> MaxPool2d(2)(np.arange(16.0).reshape(1, 4, 4))
        array([[[ 5.,  7.],
                [13., 15.]]])
    """

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, *, ceil_mode: bool = False) -> None:
        super().__init__(kernel_size, stride, padding, dilation, ceil_mode)

    def pool(self, x: Any, windows: dict[str, Any]) -> Any:
        return convolution.max_pool(x, **windows)


class AvgPool2d(_Pool):
    """The mean of each window of an image.

    Args:
        kernel_size, stride, ceil_mode: as in `MaxPool2d`.
        padding: how many zeros are added at each end; at most half a window.
        count_include_pad: whether those zeros count in the means.
        divisor_override: what to divide the sums by, instead of the number of entries.

    Shape:
        as `MaxPool2d`.

    Raises:
        ValueError: as `MaxPool2d`.

    Example:
        >>> AvgPool2d(2)(np.arange(16.0).reshape(1, 4, 4))
        array([[[ 2.5,  4.5],
                [10.5, 12.5]]])
    """

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False, count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__(kernel_size, stride, padding, 1, ceil_mode)
        self.count_include_pad = count_include_pad
        self.divisor_override = None if divisor_override is None else check_size("AvgPool2d", "divisor_override", divisor_override)

    def pool(self, x: Any, windows: dict[str, Any]) -> Any:
        precise = wide(x)  # float16 may have the means and not the sums
        return narrow(convolution.sum_pool(precise, **windows) / self._divisor(precise), x)

    def _divisor(self, x: Any) -> Any:
        """What the sum of each window is divided by; one number if it is the same for all."""
        if self.divisor_override is not None:
            return self.divisor_override
        counts = []  # of the entries of each window, along each axis
        for i, size in enumerate(x.shape[2:]):
            pad = self.padding[i]
            start = np.arange(self._count(i, size)) * self.stride[i] - pad
            low, high = (-pad, size + pad) if self.count_include_pad else (0, size)
            counts.append(np.minimum(start + self.kernel_size[i], high) - np.maximum(start, low))
        grid = reduce(np.multiply.outer, counts)
        return int(grid.flat[0]) if (grid == grid.flat[0]).all() else grid.astype(x.dtype)


class AdaptiveAvgPool2d(Module):
    """The means of as many windows as are wanted, whatever the size of the image.

    Args:
        output_size: the height and the width of the output, one number if they are equal; None
            keeps that of the input.

    Shape:
        (n, channels, height, width) → (n, channels, *output_size), or both without n. Window i of
        m begins at ⌊i height / m⌋ and ends before ⌈(i + 1) height / m⌉.

    Raises:
        ValueError: a size is no whole number from 1; on a call, the input has another shape.

    Example:
        >>> AdaptiveAvgPool2d(1)(np.arange(16.0).reshape(1, 4, 4))
        array([[[7.5]]])
    """

    axes: ClassVar[tuple[str, ...]] = ("height", "width")

    def __init__(self, output_size: Any) -> None:
        sizes = output_size if isinstance(output_size, (tuple, list)) else (output_size, output_size)
        checked = per_axis(self, "output_size", tuple(1 if size is None else size for size in sizes))
        self.output_size = output_size
        self._sizes = tuple(None if size is None else number for size, number in zip(sizes, checked, strict=True))

    def forward(self, x: Any) -> Any:
        x, single = as_batch(self, as_input(x, None, self))
        if 0 in x.shape[2:]:
            raise ValueError(f"{self._called()} takes images that have pixels, and got shape {x.shape}.")
        rows, columns = (_means(size, wanted or size, x.dtype) for size, wanted in zip(x.shape[2:], self._sizes, strict=True))
        y = rows @ x @ columns.T
        return y[0] if single else y

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


def _means(size: int, wanted: int, dtype: Any) -> Any:
    """The matrix that makes `wanted` means of `size` numbers."""
    matrix = np.zeros((wanted, size), dtype)
    for i, row in enumerate(matrix):
        start, end = i * size // wanted, -(-(i + 1) * size // wanted)
        row[start:end] = 1 / (end - start)
    return matrix
