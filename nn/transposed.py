"""Transposed convolutions: each number of the input is spread over a window of a larger output."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import DTypeLike

import autograd
from autograd import Tensor
from autograd.primitives import convolution

from .convolution import Kernels
from .inputs import as_input
from .randomness import Seed
from .types import Data, Input, Sizes

__all__ = ["ConvTranspose1d", "ConvTranspose2d", "spread"]


def spread(
    x: Data, weight: Data, bias: Data | None, stride: Sequence[int], padding: Sequence[int], output_padding: Sequence[int],
    groups: int, dilation: Sequence[int],
) -> Tensor:  # fmt: skip
    """What `ConvTranspose1d` and `ConvTranspose2d` compute, with a setting for each axis.

    Example:
        >>> spread(np.ones((1, 1, 2)), np.array([[[1.0, 10.0]]]), None, (2,), (0,), (1,), 1, (1,))
        array([[[ 1., 10.,  1., 10.,  0.]]])
    """
    n, sizes, ends, more = len(stride), [], [], []
    for i in range(n):
        # The length that the windows cover.
        whole = (x.shape[i + 2] - 1) * stride[i] + dilation[i] * (weight.shape[i + 2] - 1) + 1
        ends.append((padding[i], max(padding[i] - output_padding[i], 0)))
        sizes.append(whole - sum(ends[i]))
        more.append((0, max(output_padding[i] - padding[i], 0)))
    if min(sizes, default=1) < 1:
        raise ValueError(f"The padding {tuple(padding)} is cut off the output, and of an input of shape {x.shape} it leaves nothing.")
    y: Tensor = convolution.conv_transpose(
        x, weight, shape=tuple(sizes), stride=tuple(stride), padding=tuple(ends), dilation=tuple(dilation), groups=groups
    )
    if any(after for _, after in more):
        y = autograd.pad(y, ((0, 0), (0, 0), *more))
    return y if bias is None else y + autograd.reshape(bias, (-1, *[1] * n))


class _ConvTranspose(Kernels):
    """What `ConvTranspose1d` and `ConvTranspose2d` share: everything except the names of the axes."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Sizes, stride: Sizes = 1, padding: Sizes = 0, output_padding: Sizes = 0,
        groups: int = 1, bias: bool = True, dilation: Sizes = 1, padding_mode: str = "zeros", *,
        dtype: DTypeLike = np.float32, rng: Seed = None,
    ) -> None:  # fmt: skip
        self._set_channels(in_channels, out_channels, groups)
        if padding_mode != "zeros":
            raise ValueError(f"{type(self).__name__} has no padding_mode but 'zeros'; got {padding_mode!r}.")
        self._set_windows(kernel_size, stride, dilation)
        self.padding = self._per_axis("padding", padding, least=0)
        self.output_padding = self._per_axis("output_padding", output_padding, least=0)
        self._check_output_padding(self.output_padding)
        self._make_parameters((self.in_channels, self.out_channels // self.groups, *self.kernel_size), bias, dtype, rng)

    def _check_output_padding(self, output_padding: Sequence[int]) -> None:
        if any(more >= max(s, d) for more, s, d in zip(output_padding, self.stride, self.dilation, strict=True)):
            raise ValueError(
                f"{self._called()} takes an output_padding below the stride or the dilation; got {tuple(output_padding)} with "
                f"stride={self.stride} and dilation={self.dilation}."
            )

    def forward(self, x: Input, output_size: Sequence[int] | None = None) -> Tensor:
        x, single = self._as_batch(as_input(x, self.weight.dtype, self), self.in_channels)
        more = self.output_padding
        if output_size is not None:
            wanted = tuple(output_size)[-len(self.axes) :]
            more = tuple(
                size - ((n - 1) * s - 2 * p + reach)
                for size, n, s, p, reach in zip(wanted, x.shape[2:], self.stride, self.padding, self.reach, strict=True)
            )
            if min(more) < 0:
                raise ValueError(
                    f"{self._called()} cannot give an output of {wanted} for an input of {x.shape[2:]}; it gives at least "
                    f"{tuple(size - m for size, m in zip(wanted, more, strict=True))}."
                )
            self._check_output_padding(more)
        y = spread(x, self.weight, self.bias, self.stride, self.padding, more, self.groups, self.dilation)
        return y[0] if single else y


class ConvTranspose1d(_ConvTranspose):
    """`ConvTranspose2d` for signals: a single axis, the length, as in PyTorch.

    Args:
        in_channels, out_channels: the numbers of channels of input and output.
        kernel_size, stride, padding, output_padding, groups, bias, dilation, padding_mode, dtype,
            rng: as in `ConvTranspose2d`.

    Shape:
        (n, in_channels, length) → (n, out_channels, length'), or both without n; `weight` is
        (in_channels, out_channels / groups, kernel_size).

    Raises:
        ValueError: as in `ConvTranspose2d`.

    Example:
        >>> ConvTranspose1d(8, 2, 4, stride=2, padding=1, rng=0)(np.ones((4, 8, 50))).shape
        (4, 2, 100)
    """

    axes = ("length",)


class ConvTranspose2d(_ConvTranspose):
    """Makes images larger (Zeiler and others, 2010).

    Each number of the input times a kernel is added to a window of the output.

    It is what the gradient of a `Conv2d` with the same settings does to its input. Arguments and shapes are PyTorch's.

    Args:
        in_channels, out_channels: the numbers of channels of input and output.
        kernel_size: the height and the width of the windows; one number if they are equal.
        stride: how far apart the windows are, for each axis or for both.
        padding: how many rows and columns are cut off at each end of the output.
        output_padding: how many are added at the lower and right end; below the stride or the dilation.
        groups: into how many groups the channels are split; an output channel gets only from its group.
        bias: whether a number is added to each output channel.
        dilation: how far apart the entries of a window are.
        padding_mode: "zeros"; there is no other.
        dtype: the precision of the parameters, and so of the outputs.
        rng: a seed or a NumPy generator for the first weights and biases.

    Shape:
        (n, in_channels, height, width) → (n, out_channels, height', width'), or both without n;
        height' = (height - 1) stride - 2 padding + dilation (kernel_size - 1) + output_padding + 1, and
        width' likewise. `weight` is (in_channels, out_channels / groups, *kernel_size).
        `layer(x, output_size)` chooses the output_padding that gives this size.

    Raises:
        ValueError: a setting is impossible; on a call, the input has another shape, nothing is left
            of the output, or it cannot have the `output_size`.

    Example:
        >>> layer = ConvTranspose2d(16, 3, 4, stride=2, padding=1, rng=0)
        >>> layer(np.ones((10, 16, 8, 8))).shape
        (10, 3, 16, 16)
    """
