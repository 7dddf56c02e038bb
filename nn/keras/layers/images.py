"""Layers of images and signals, with channels last: (n, height, width, channels). Ours have them first."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

import autograd
from autograd.primitives import convolution as primitives

from ... import convolution
from ...types import Array
from .. import activations, initializers, regularizers
from .base import Layer
from .core import width

__all__ = [
    "AveragePooling1D", "AveragePooling2D", "AvgPool2D", "Conv1D", "Conv2D", "Convolution2D", "GlobalAveragePooling1D",
    "GlobalAveragePooling2D", "GlobalAvgPool2D", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "MaxPool2D", "MaxPooling1D", "MaxPooling2D",
    "UpSampling2D", "ZeroPadding2D",
]  # fmt: skip


def channels_first(x: Any) -> Any:
    """(n, …, channels) as (n, channels, …)."""
    return autograd.transpose(_array(x), (0, x.ndim - 1, *range(1, x.ndim - 1)))


def channels_last(x: Any) -> Any:
    """(n, channels, …) as (n, …, channels)."""
    return autograd.transpose(x, (0, *range(2, x.ndim), 1))


def _array(x: Any) -> Any:
    """Arrays of whole numbers, such as pixels, as floats."""
    return x if isinstance(x, autograd.Node) or np.asarray(x).dtype.kind == "f" else np.asarray(x, np.float32)


def same_padding(size: int, reach: int, stride: int) -> tuple[int, int]:
    """What Keras' padding="same" adds before and after an axis, so that ⌈size / stride⌉ windows fit.

    Example:
        >>> same_padding(28, 3, 2)
        (0, 1)
    """
    total = max((-(-size // stride) - 1) * stride + reach - size, 0)
    return total // 2, total - total // 2


def _per_axis(layer: Layer, name: str, value: Any, axes: int) -> tuple[int, ...]:
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * axes
    if len(values) != axes or not all(isinstance(n, (int, np.integer)) and n > 0 for n in values):
        raise ValueError(f"{type(layer).__name__} takes {name} as a whole number from 1, or as {axes} of them; got {value!r}.")
    return tuple(int(n) for n in values)


def _check_format(layer: Layer, data_format: str | None, padding: str, allowed: tuple[str, ...] = ("valid", "same")) -> str:
    if data_format not in (None, "channels_last"):
        raise ValueError(f"{type(layer).__name__}(data_format={data_format!r}) is not here; channels are the last axis.")
    if str(padding).lower() not in allowed:
        raise ValueError(f"{type(layer).__name__} takes as padding {' or '.join(map(repr, allowed))}; got {padding!r}.")
    return padding.lower()


class _Conv(Layer):
    """What `Conv1D` and `Conv2D` share."""

    kind: ClassVar[Any]
    axes: ClassVar[int]
    paddings: ClassVar[tuple[str, ...]] = ("valid", "same")

    def __init__(
        self, filters: int, kernel_size: Any, strides: Any = 1, padding: str = "valid", data_format: str | None = None,
        dilation_rate: Any = 1, groups: int = 1, activation: Any = None, use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform", bias_initializer: Any = "zeros", kernel_regularizer: Any = None,
        bias_regularizer: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.padding = _check_format(self, data_format, padding, self.paddings)
        self.filters, self.groups, self.activation, self.use_bias = filters, groups, activations.get(activation), use_bias
        self.kernel_size = _per_axis(self, "kernel_size", kernel_size, self.axes)
        self.strides, self.dilation_rate = (
            _per_axis(self, "strides", strides, self.axes),
            _per_axis(self, "dilation_rate", dilation_rate, self.axes),
        )
        self._starts = initializers.get(kernel_initializer), initializers.get(bias_initializer)
        self._costs = regularizers.get(kernel_regularizer), regularizers.get(bias_regularizer)

    def build(self, input_shape: Any) -> None:
        channels = width(self, input_shape, self.axes + 2)
        self.inside = self.kind(channels, self.filters, self.kernel_size, self.strides, 0, self.dilation_rate, self.groups, self.use_bias)
        self.keep(
            "kernel", self.inside, "weight", to_keras=_kernel_last, to_ours=_kernel_first, initializer=self._starts[0],
            regularizer=self._costs[0],
        )  # fmt: skip
        if self.use_bias:
            self.keep("bias", self.inside, "bias", initializer=self._starts[1], regularizer=self._costs[1])

    def call(self, inputs: Any) -> Any:
        x = channels_first(inputs)
        reach = self.inside.reach
        if self.padding == "same":
            pads = [same_padding(size, r, stride) for size, r, stride in zip(x.shape[2:], reach, self.strides, strict=True)]
            x = autograd.pad(x, ((0, 0), (0, 0), *pads))
        elif self.padding == "causal":
            x = autograd.pad(x, ((0, 0), (0, 0), (reach[0] - 1, 0)))
        return self.activation(channels_last(self.inside(x)))


def _kernel_last(weight: Array) -> Array:
    """(outs, ins, …window) as (…window, ins, outs)."""
    return weight.transpose(*range(2, weight.ndim), 1, 0)


def _kernel_first(kernel: Array) -> Array:
    """(…window, ins, outs) as (outs, ins, …window)."""
    return kernel.transpose(kernel.ndim - 1, kernel.ndim - 2, *range(kernel.ndim - 2))


class Conv2D(_Conv):
    """`nn.Conv2d`, with channels last and an activation; `kernel` is `weight.transpose(2, 3, 1, 0)`.

    Args:
        filters: the number of output channels.
        kernel_size, strides, dilation_rate: for each axis, or for both.
        padding: "valid", or "same" for ⌈size / stride⌉ windows along each axis.
        activation, use_bias, kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer: as in `Dense`.

    Raises:
        ValueError: a setting is impossible, or `data_format` is "channels_first".

    Example:
        >>> layer = Conv2D(16, 3, padding="same", activation="relu")
        >>> layer(np.ones((10, 32, 32, 3))).shape, [array.shape for array in layer.get_weights()]
        ((10, 32, 32, 16), [(3, 3, 3, 16), (16,)])
    """

    kind, axes = convolution.Conv2d, 2


class Conv1D(_Conv):
    """`nn.Conv1d`, with channels last and an activation; `kernel` is `weight.transpose(2, 1, 0)`."""

    kind, axes = convolution.Conv1d, 1
    paddings = ("valid", "same", "causal")


class _Pool(Layer):
    """What the pooling layers share."""

    axes: ClassVar[int] = 2

    def __init__(
        self, pool_size: Any = 2, strides: Any = None, padding: str = "valid", data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.padding = _check_format(self, data_format, padding)
        self.pool_size = _per_axis(self, "pool_size", pool_size, self.axes)
        self.strides = self.pool_size if strides is None else _per_axis(self, "strides", strides, self.axes)

    def call(self, inputs: Any) -> Any:
        x = channels_first(inputs)
        if x.ndim != self.axes + 2:
            raise ValueError(f"{type(self).__name__} {self.name!r} takes inputs of {self.axes + 2} axes, and got shape {inputs.shape}.")
        sizes, kernel, stride = x.shape[2:], self.pool_size, self.strides
        if self.padding == "same":
            pads = tuple(same_padding(size, k, s) for size, k, s in zip(sizes, kernel, stride, strict=True))
        else:
            pads = tuple((0, 0) for _ in sizes)
            if any(size < k for size, k in zip(sizes, kernel, strict=True)):
                raise ValueError(f"{type(self).__name__} {self.name!r} has windows of {kernel}, larger than its input of {tuple(sizes)}.")
        if self.axes == 1:  # as an image of one row
            x, kernel, stride, pads = autograd.expand_dims(x, 2), (1, *kernel), (1, *stride), ((0, 0), *pads)
        y = self.pooled(x, {"kernel": kernel, "stride": stride, "padding": pads, "dilation": (1, 1)})
        return channels_last(autograd.squeeze(y, 2) if self.axes == 1 else y)

    def pooled(self, x: Any, windows: dict[str, Any]) -> Any:
        """One number for each window."""
        return primitives.max_pool(x, **windows)


class MaxPooling2D(_Pool):
    """`nn.MaxPool2d`, with channels last."""


class AveragePooling2D(_Pool):
    """`nn.AvgPool2d`, with channels last; what padding="same" adds does not count."""

    def pooled(self, x: Any, windows: dict[str, Any]) -> Any:
        counts = primitives.sum_pool(np.ones((1, 1, *x.shape[2:]), x.dtype), **windows)
        return primitives.sum_pool(x, **windows) / counts


class MaxPooling1D(MaxPooling2D):
    """`nn.MaxPool2d` of an image of one row."""

    axes = 1


class AveragePooling1D(AveragePooling2D):
    """`nn.AvgPool2d` of an image of one row."""

    axes = 1


class _Global(Layer):
    """One number for each channel."""

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        _check_format(self, data_format, "valid")
        self.keepdims = keepdims

    def call(self, inputs: Any) -> Any:
        return self.reduced(_array(inputs), axis=tuple(range(1, inputs.ndim - 1)), keepdims=self.keepdims)

    def reduced(self, x: Any, **axes: Any) -> Any:
        """The mean or the maximum."""
        return autograd.mean(x, **axes)


class GlobalAveragePooling2D(_Global):
    """`autograd.mean` over the pixels; `nn.AdaptiveAvgPool2d(1)`."""


class GlobalAveragePooling1D(_Global):
    """`autograd.mean` over the times."""


class GlobalMaxPooling2D(_Global):
    """`autograd.max` over the pixels."""

    def reduced(self, x: Any, **axes: Any) -> Any:
        return autograd.max(x, **axes)


class GlobalMaxPooling1D(GlobalMaxPooling2D):
    """`autograd.max` over the times."""


class ZeroPadding2D(Layer):
    """`autograd.pad`."""

    def __init__(self, padding: Any = 1, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        _check_format(self, data_format, "valid")
        both = (padding, padding) if isinstance(padding, int) else padding
        self.padding = tuple((p, p) if isinstance(p, int) else tuple(p) for p in both)

    def call(self, inputs: Any) -> Any:
        return autograd.pad(_array(inputs), ((0, 0), *self.padding, (0, 0)))


class UpSampling2D(Layer):
    """`autograd.take`: each row and column several times."""

    def __init__(self, size: Any = 2, data_format: str | None = None, interpolation: str = "nearest", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        _check_format(self, data_format, "valid")
        if interpolation != "nearest":
            raise ValueError(f"UpSampling2D(interpolation={interpolation!r}) is not here; 'nearest' is.")
        self.size = _per_axis(self, "size", size, 2)

    def call(self, inputs: Any) -> Any:
        x = _array(inputs)
        for axis, times in enumerate(self.size, start=1):
            x = autograd.take(x, np.arange(x.shape[axis]).repeat(times), axis=axis)
        return x


MaxPool2D, AvgPool2D, GlobalAvgPool2D, Convolution2D = MaxPooling2D, AveragePooling2D, GlobalAveragePooling2D, Conv2D
