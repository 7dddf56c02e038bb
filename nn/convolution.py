"""Layers that read a signal or an image window by window, with the same weights everywhere (LeCun and others, 1989)."""

from __future__ import annotations

import math
from typing import ClassVar, Literal, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

import autograd
from autograd import Tensor
from autograd.primitives import convolution

from .inputs import as_input, check_size
from .module import Module
from .parameter import Parameter
from .randomness import Seed, generator
from .types import Data, Input, Sizes

__all__ = ["Conv1d", "Conv2d", "Kernels", "Windows"]

Mode: TypeAlias = Literal["constant", "reflect", "edge", "wrap"]

# NumPy's names for PyTorch's padding modes.
PADDING_MODES: dict[str, Mode] = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


class Windows(Module):
    """A layer that reads its input window by window; after the channels, inputs have these axes.

    `reach` is how many entries a window spans along each axis.
    """

    axes: ClassVar[tuple[str, ...]] = ("height", "width")

    def _set_windows(self, kernel_size: Sizes, stride: Sizes, dilation: Sizes) -> None:
        self.kernel_size = self._per_axis("kernel_size", kernel_size)
        self.stride = self._per_axis("stride", stride)
        self.dilation = self._per_axis("dilation", dilation)
        self.reach = tuple((k - 1) * d + 1 for k, d in zip(self.kernel_size, self.dilation, strict=True))

    def _per_axis(self, name: str, value: object, least: int = 1) -> tuple[int, ...]:
        """A setting as one whole number for each axis; a single number counts for all."""
        kind = type(self).__name__
        values = value if isinstance(value, (tuple, list)) else (value,) * len(self.axes)
        if len(values) != len(self.axes):
            raise ValueError(
                f"{kind} takes {name} as one whole number, or as {len(self.axes)}, for {' and '.join(self.axes)}; got {value!r}."
            )
        return tuple(check_size(kind, name, size, least) for size in values)

    def _as_batch(self, x: Data, channels: int | None = None) -> tuple[Data, bool]:
        """The input with the axis of the batch, and whether it was given without that axis."""
        wanted = ("channels" if channels is None else str(channels), *self.axes)
        single = x.ndim == len(wanted)
        if not (single or x.ndim == len(wanted) + 1) or channels not in (None, x.shape[-len(wanted)]):
            hint = ""
            if x.shape[-1:] == (channels,) and x.ndim in (len(wanted), len(wanted) + 1) and not (single and channels == 1):
                first, last = x.ndim - len(wanted), x.ndim - 1
                order = (*range(first), last, *range(first, last))
                hint = f"; channels go before {' and '.join(self.axes)}: x.transpose{order}"
            elif channels == 1 and single:
                hint = "; x[:, None] adds an axis for the channel"
            raise ValueError(
                f"{self._called()} takes arrays of shape (n, {', '.join(wanted)}), or ({', '.join(wanted)}), and got shape {x.shape}{hint}."
            )
        return (x[None] if single else x), single


class Kernels(Windows):
    """A layer with a kernel for each pair of channels, in groups of channels."""

    bias: Tensor | None

    def _set_channels(self, in_channels: int, out_channels: int, groups: int) -> None:
        kind = type(self).__name__
        for name, size in (("in_channels", in_channels), ("out_channels", out_channels), ("groups", groups)):
            check_size(kind, name, size)
        if in_channels % groups or out_channels % groups:
            raise ValueError(
                f"{kind} splits its channels into groups of equal size; {in_channels} in_channels and {out_channels} out_channels "
                f"do not split into {groups}."
            )
        self.in_channels, self.out_channels, self.groups = int(in_channels), int(out_channels), int(groups)

    def _make_parameters(self, shape: tuple[int, ...], bias: bool, dtype: DTypeLike, rng: Seed) -> None:
        rng, bound = generator(rng), 1 / math.sqrt(math.prod(shape[1:]))
        self.weight = Parameter(rng.uniform(-bound, bound, shape).astype(dtype))
        self.bias = Parameter(rng.uniform(-bound, bound, self.out_channels).astype(dtype)) if bias else None

    def extra_repr(self) -> str:
        zeros, ones = ((number,) * len(self.axes) for number in (0, 1))
        usual = {"padding": zeros, "dilation": ones, "output_padding": zeros, "groups": 1, "bias": True, "padding_mode": "zeros"}
        settings = {**vars(self), "bias": self.bias is not None}
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        return text + "".join(f", {name}={settings[name]}" for name, x in usual.items() if settings.get(name, x) != x)


class _Conv(Kernels):
    """What `Conv1d` and `Conv2d` share: everything except the names of the axes."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Sizes, stride: Sizes = 1, padding: Sizes | str = 0, dilation: Sizes = 1,
        groups: int = 1, bias: bool = True, padding_mode: str = "zeros", *, dtype: DTypeLike = np.float32, rng: Seed = None,
    ) -> None:  # fmt: skip
        kind = type(self).__name__
        self._set_channels(in_channels, out_channels, groups)
        if padding_mode not in PADDING_MODES:
            raise ValueError(f"{kind} takes as padding_mode one of {', '.join(PADDING_MODES)}; got {padding_mode!r}.")
        self._set_windows(kernel_size, stride, dilation)
        self.padding_mode = padding_mode
        self.padding: Sizes | str = padding
        if padding == "same":
            if any(s != 1 for s in self.stride):
                raise ValueError(f"{kind} keeps the size of its input (padding='same') only with a stride of 1; got stride={stride!r}.")
            self._padding = tuple(((reach - 1) // 2, reach // 2) for reach in self.reach)
        elif padding == "valid":
            self._padding = tuple((0, 0) for _ in self.axes)
        elif isinstance(padding, str):
            raise ValueError(f"{kind} takes padding as whole numbers, or 'same' or 'valid'; got {padding!r}.")
        else:
            self.padding = self._per_axis("padding", padding, least=0)
            self._padding = tuple((p, p) for p in self.padding)
        self._make_parameters((self.out_channels, self.in_channels // self.groups, *self.kernel_size), bias, dtype, rng)

    def forward(self, x: Input) -> Tensor:
        x, single = self._as_batch(as_input(x, self.weight.dtype, self), self.in_channels)
        sizes = [size + sum(pad) for size, pad in zip(x.shape[2:], self._padding, strict=True)]
        if any(size < reach for size, reach in zip(sizes, self.reach, strict=True)):
            raise ValueError(
                f"{self._called()} has a kernel that reaches over {' × '.join(map(str, self.reach))}, more than an input of "
                f"{' × '.join(map(str, x.shape[2:]))} has with its padding; take a smaller kernel or more padding."
            )
        padding = self._padding
        if self.padding_mode != "zeros":
            for i, (size, pad) in enumerate(zip(x.shape[2:], padding, strict=True)):
                x = autograd.take(x, np.pad(np.arange(size), pad, mode=PADDING_MODES[self.padding_mode]), axis=i + 2)
            padding = tuple((0, 0) for _ in self.axes)
        y: Tensor = convolution.conv(
            x, self.weight, 0.0 if self.bias is None else self.bias,
            stride=self.stride, padding=padding, dilation=self.dilation, groups=self.groups,
        )  # fmt: skip
        return y[0] if single else y


class Conv1d(_Conv):
    """The convolution of a signal: PyTorch's `Conv2d` with a single axis, the length.

    Args:
        in_channels, out_channels: the numbers of channels of input and output, such as 2 for stereo.
        kernel_size, stride, padding, dilation, groups, bias, padding_mode, dtype, rng: as in `Conv2d`.

    Shape:
        (n, in_channels, length) → (n, out_channels, length'), or both without n; `weight` is
        (out_channels, in_channels / groups, kernel_size).

    Raises:
        ValueError: as in `Conv2d`.

    Example:
        >>> Conv1d(2, 8, 5, stride=2, rng=0)(np.ones((4, 2, 100))).shape
        (4, 8, 48)
    """

    axes = ("length",)


class Conv2d(_Conv):
    """The convolution of images: for each output channel, a small image (the kernel) is multiplied with every window of the input.

    Source: LeCun and others, 1989; arguments and shapes are PyTorch's.

    Args:
        in_channels, out_channels: the numbers of channels of input and output, such as 3 for colours.
        kernel_size: the height and the width of the windows; one number if they are equal.
        stride: how far apart the windows are, for each axis or for both.
        padding: how many zeros to add at each end, for each axis or for both; "same" for an output
            as large as the input, "valid" for none.
        dilation: how far apart the entries of a window are, for each axis or for both.
        groups: into how many groups the channels are split; an output channel reads only its group.
        bias: whether a number is added to each output channel.
        padding_mode: what the padding is filled with: "zeros", or numbers of the input by "reflect",
            "replicate" or "circular".
        dtype: the precision of the parameters, and so of the outputs.
        rng: a seed or a NumPy generator for the first weights and biases, which are uniform
            between ±1/√(numbers in a window), as in PyTorch.

    Shape:
        (n, in_channels, height, width) → (n, out_channels, height', width'), or both without n;
        height' = (height + 2 padding - dilation (kernel_size - 1) - 1) // stride + 1, and width'
        likewise. `weight` is (out_channels, in_channels / groups, *kernel_size).

    Raises:
        ValueError: a setting is impossible; on a call, the input has another shape, or is smaller
            than a window.

    Example:
        >>> layer = Conv2d(3, 16, 3, padding="same", rng=0)
        >>> layer(np.ones((10, 3, 32, 32))).shape
        (10, 16, 32, 32)
    """
