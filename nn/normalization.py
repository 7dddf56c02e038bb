"""Normalisation, with PyTorch's names: numbers get mean 0 and standard deviation 1, so that each layer's inputs keep their range.

`BatchNorm` uses the mean and the deviation of each channel over the examples of a batch, and in evaluation
running means from training; `LayerNorm` and `RMSNorm` use those of each example.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import DTypeLike

import autograd
from autograd import Tensor
from autograd.primitives.networks import moments, standardize
from autograd.state import is_known, update
from autograd.statistics import narrow, wide

from .checks import epsilon, number
from .inputs import as_input, check_size
from .module import Module
from .parameter import Parameter
from .types import Array, Data, Input, Sizes

__all__ = ["BatchNorm1d", "BatchNorm2d", "GroupNorm", "InstanceNorm2d", "LayerNorm", "RMSNorm"]


class _BatchNorm(Module):
    """What `BatchNorm1d` and `BatchNorm2d` share: everything except the shapes of their inputs."""

    ranks: ClassVar[tuple[int, ...]]
    shapes: ClassVar[str]
    running_mean: Array
    running_var: Array
    num_batches_tracked: Array

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True, *, bias: bool = True, dtype: DTypeLike = np.float32,
    ) -> None:  # fmt: skip
        check_size(type(self).__name__, "num_features", num_features)
        self.num_features, self.eps = int(num_features), epsilon(eps, dtype)
        self.momentum = None if momentum is None else number("momentum", momentum, most=1)
        self.affine, self.track_running_stats = affine, track_running_stats
        self.weight = Parameter(np.ones(num_features, dtype)) if affine else None
        self.bias = Parameter(np.zeros(num_features, dtype)) if affine and bias else None
        if track_running_stats:
            self.register_buffer("running_mean", np.zeros(num_features, dtype))
            self.register_buffer("running_var", np.ones(num_features, dtype))
            self.register_buffer("num_batches_tracked", np.array(0))

    def forward(self, x: Input) -> Data:
        x = as_input(x, self._dtype(), self)
        if x.ndim not in self.ranks or x.shape[1] != self.num_features:
            raise ValueError(
                f"{self._called()} takes {self.shapes} with {self.num_features} channels (num_features), and got shape {x.shape}."
            )
        if self._dtype() is None:
            epsilon(self.eps, x.dtype)
        axes = (0, *range(2, x.ndim))
        if self.training or not self.track_running_stats:
            if x.size <= self.num_features:
                raise ValueError(
                    f"{self._called()} cannot take the deviation of a single number for each channel, of a batch of shape {x.shape}. "
                    "Train with larger batches (drop_last=True leaves out a last batch of one), or call model.eval() to evaluate."
                )
            found = _moments(x, axes)
            if self.training and self.track_running_stats:
                self._track(*found, x.size // self.num_features)
            return self._standardized(x, axes, found)
        return self._with_running(x)

    def _with_running(self, x: Data) -> Data:
        """Less the running mean, divided by the running deviation, times `weight` plus `bias`."""
        y: Data = (x - self._along(self.running_mean, x)) / self._along(np.sqrt(self.running_var + self.eps), x)
        y = y if self.weight is None else y * self._along(self.weight, x)
        return y if self.bias is None else y + self._along(self.bias, x)

    def _standardized(self, x: Data, axes: tuple[int, ...], found: tuple[Data, Data]) -> Data:
        """With mean 0 and deviation 1 over axes, times `weight` plus `bias`; `found` are the mean and the variance of `x`."""
        weight = 1.0 if self.weight is None else self._along(self.weight, x)
        bias = 0.0 if self.bias is None else self._along(self.bias, x)
        static = {"known": found} if is_known(found) else {}
        y: Data = standardize(x, weight, bias, axis=axes, eps=self.eps, **static)
        return y

    def _dtype(self) -> DTypeLike | None:
        """The precision of the layer's numbers; None if it has none."""
        dtype: DTypeLike | None = None
        if self.weight is not None:
            dtype = self.weight.dtype
        elif self.track_running_stats:
            dtype = self.running_mean.dtype
        return dtype

    def _along(self, numbers: Data, x: Data) -> Data:
        """One number for each channel, in a shape that broadcasts to that of `x`."""
        column: Data = numbers if x.ndim == 2 else autograd.reshape(numbers, (-1, *(1,) * (x.ndim - 2)))
        return column

    def _track(self, mean: Data, variance: Data, count: int) -> None:
        """Move the running mean and variance towards those of a batch, which are of `count` numbers for each channel."""
        names = ("running_mean", "running_var", "num_batches_tracked")
        update(self, names, self._move, mean=mean.reshape(-1), variance=variance.reshape(-1) * (count / (count - 1)))

    def _move(self, mean: Array, variance: Array) -> None:
        self.num_batches_tracked = np.asarray(self.num_batches_tracked + 1)
        share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean = ((1 - share) * self.running_mean + share * mean).astype(self.running_mean.dtype)
        self.running_var = ((1 - share) * self.running_var + share * variance).astype(self.running_var.dtype)

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"track_running_stats={self.track_running_stats}"
        )


class BatchNorm1d(_BatchNorm):
    """(x - mean) / √(variance + eps), times `weight` plus `bias`; mean and variance are those of each channel over the batch.

    It also keeps a running mean and variance, which take the place of the batch's in evaluation
    (Ioffe and Szegedy, 2015).

    Args:
        num_features: the number of channels.
        eps: is added to the variance.
        momentum: how far the running mean and variance move towards those of each batch; None for
            the mean over all batches.
        affine: whether there is a `weight`, and with `bias` also a `bias`; they start at 1 and 0.
        track_running_stats: whether there are a running mean and variance; without them, evaluation
            takes those of the batch too. The running variance is the unbiased one.
        bias: see `affine`.
        dtype: the precision of the parameters, and so of the outputs.

    Shape:
        (n, channels) or (n, channels, length); the output has the same.

    Raises:
        ValueError: `num_features` is not a whole number from 1, or `eps` is rounded to 0; on a call,
            the input has another shape, or in training each channel has a single number.

    Example:
        >>> norm = BatchNorm1d(2)
        >>> norm(np.array([[1.0, 10.0], [3.0, 30.0]])).data.round(3)
        array([[-1., -1.],
               [ 1.,  1.]], dtype=float32)
        >>> norm.running_mean
        array([0.2, 2. ], dtype=float32)
    """

    ranks = (2, 3)
    shapes = "inputs of shape (n, channels) or (n, channels, length)"


class BatchNorm2d(_BatchNorm):
    """`BatchNorm1d` for images: each channel is normalised over all pixels of all images (Ioffe and Szegedy, 2015).

    Args:
        num_features, eps, momentum, affine, track_running_stats, bias, dtype: as in `BatchNorm1d`.

    Shape:
        (n, channels, height, width); the output has the same.

    Raises:
        ValueError: as in `BatchNorm1d`.

    Example:
        >>> BatchNorm2d(3)(np.ones((4, 3, 8, 8))).shape
        (4, 3, 8, 8)
    """

    ranks = (4,)
    shapes = "images of shape (n, channels, height, width)"


class InstanceNorm2d(_BatchNorm):
    """`BatchNorm2d` of each image by itself: each channel is normalised over the pixels of one image (Ulyanov and others, 2016).

    Args:
        num_features: the number of channels.
        eps: is added to the variance.
        momentum: how far the running mean and variance move; None for not at all.
        affine, bias: as in `BatchNorm1d`.
        track_running_stats: whether a running mean and variance take the place of each image's in evaluation.
        dtype: the precision of the parameters, and so of the outputs.

    Shape:
        (n, channels, height, width), or without n; the output has the same.

    Raises:
        ValueError: as in `BatchNorm1d`.

    Example:
        >>> InstanceNorm2d(1)(np.array([[[[1.0, 3.0]]], [[[10.0, 30.0]]]])).round(3).ravel()
        array([-1.,  1., -1.,  1.])
    """

    ranks = (3, 4)
    shapes = "images of shape (n, channels, height, width)"

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = False,
        track_running_stats: bool = False, *, bias: bool = True, dtype: DTypeLike = np.float32,
    ) -> None:  # fmt: skip
        super().__init__(num_features, eps, momentum, affine, track_running_stats, bias=bias, dtype=dtype)

    def forward(self, x: Input) -> Data:
        x = as_input(x, self._dtype(), self)
        if x.ndim not in self.ranks or x.shape[-3] != self.num_features:
            raise ValueError(
                f"{self._called()} takes {self.shapes} with {self.num_features} channels (num_features), and got shape {x.shape}."
            )
        if self._dtype() is None:
            epsilon(self.eps, x.dtype)
        images = x if x.ndim == 4 else x[None]
        if self.training or not self.track_running_stats:
            if images.shape[2] * images.shape[3] < 2:
                raise ValueError(f"{self._called()} cannot take the deviation of a single pixel, of images of shape {x.shape}.")
            found = _moments(images, (2, 3))
            if self.training and self.track_running_stats and self.momentum is not None:
                self._track(*found, images.shape[2] * images.shape[3])
            y = self._standardized(images, (2, 3), found)
        else:
            y = self._with_running(images)
        return y if x.ndim == 4 else y[0]

    def _track(self, mean: Data, variance: Data, count: int) -> None:
        mean, variance = mean.mean(axis=(0, 2, 3)), variance.mean(axis=(0, 2, 3)) * (count / (count - 1))
        update(self, ("running_mean", "running_var"), self._move, mean=mean, variance=variance)

    def _move(self, mean: Array, variance: Array) -> None:
        share = self.momentum or 0.0
        self.running_mean = ((1 - share) * self.running_mean + share * mean).astype(self.running_mean.dtype)
        self.running_var = ((1 - share) * self.running_var + share * variance).astype(self.running_var.dtype)


class GroupNorm(Module):
    """Mean and variance are those of a group of channels of one example: between `LayerNorm` and `InstanceNorm2d` (Wu and He, 2018).

    Args:
        num_groups: into how many groups the channels are split.
        num_channels: how many channels there are.
        eps: is added to the variance.
        affine: whether there is a `weight`, and with `bias` also a `bias`, with a number for each
            channel; they start at 1 and 0.
        bias: see `affine`.
        dtype: the precision of the parameters, and so of the outputs.

    Shape:
        (n, channels, …); the output has the same.

    Raises:
        ValueError: a size is not a whole number from 1, the channels do not split into the groups, or
            `eps` is rounded to 0; on a call, the input has another number of channels, or a group has a single number.

    Example:
        >>> GroupNorm(2, 4)(np.array([[1.0, 3.0, 10.0, 30.0]])).data.round(3)
        array([[-1.,  1., -1.,  1.]], dtype=float32)
    """

    def __init__(
        self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True, *, bias: bool = True,
        dtype: DTypeLike = np.float32,
    ) -> None:  # fmt: skip
        self.num_groups = check_size("GroupNorm", "num_groups", num_groups)
        self.num_channels = check_size("GroupNorm", "num_channels", num_channels)
        if num_channels % num_groups:
            raise ValueError(f"GroupNorm splits its channels into groups of equal size; {num_channels} do not split into {num_groups}.")
        self.eps, self.affine = epsilon(eps, dtype), affine
        self.weight = Parameter(np.ones(num_channels, dtype)) if affine else None
        self.bias = Parameter(np.zeros(num_channels, dtype)) if affine and bias else None

    def forward(self, x: Input) -> Data:
        x = as_input(x, None if self.weight is None else self.weight.dtype, self)
        if x.ndim < 2 or x.shape[1] != self.num_channels:
            raise ValueError(f"{self._called()} takes inputs of shape (n, {self.num_channels}, …), and got shape {x.shape}.")
        if self.weight is None:
            epsilon(self.eps, x.dtype)
        group = self.num_channels // self.num_groups * math.prod(x.shape[2:])
        if group < 2:
            raise ValueError(f"{self._called()} cannot take the deviation of a single number for each group, of inputs of shape {x.shape}.")
        groups = autograd.reshape(x, (x.shape[0], self.num_groups, group))
        y: Data = autograd.reshape(standardize(groups, 1.0, 0.0, axis=(2,), eps=self.eps), x.shape)
        column = (-1, *[1] * (x.ndim - 2))
        y = y if self.weight is None else y * autograd.reshape(self.weight, column)
        return y if self.bias is None else y + autograd.reshape(self.bias, column)

    def extra_repr(self) -> str:
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}"


class LayerNorm(Module):
    """(x - mean) / √(variance + eps), times `weight` plus `bias`; mean and variance are those of each example (Ba and others, 2016).

    Args:
        normalized_shape: the lengths of the last axes, over which mean and variance are taken; or
            one length.
        eps: is added to the variance.
        elementwise_affine: whether there is a `weight`, and with `bias` also a `bias`; they start at
            1 and 0.
        bias: see `elementwise_affine`.
        dtype: the precision of the parameters, and so of the outputs.

    Shape:
        (…, *normalized_shape); the output has the same.

    Raises:
        ValueError: a size is not a whole number from 1, or `eps` is rounded to 0; on a call, the
            input has other last axes.

    Example:
        >>> LayerNorm(2)(np.array([[1.0, 3.0], [10.0, 30.0]])).data.round(3)
        array([[-1.,  1.],
               [-1.,  1.]], dtype=float32)
    """

    def __init__(
        self, normalized_shape: Sizes, eps: float = 1e-5, elementwise_affine: bool = True, bias: bool = True,
        *, dtype: DTypeLike = np.float32,
    ) -> None:  # fmt: skip
        self.normalized_shape = _sizes("LayerNorm", normalized_shape)
        self.eps, self.elementwise_affine = epsilon(eps, dtype), elementwise_affine
        self.weight = Parameter(np.ones(self.normalized_shape, dtype)) if elementwise_affine else None
        self.bias = Parameter(np.zeros(self.normalized_shape, dtype)) if elementwise_affine and bias else None

    def forward(self, x: Input) -> Data:
        x = _with_last_axes(self, x)
        if self.weight is None:
            epsilon(self.eps, x.dtype)
        weight, bias = (other if p is None else p for p, other in ((self.weight, 1.0), (self.bias, 0.0)))
        y: Data = standardize(x, weight, bias, axis=tuple(range(-len(self.normalized_shape), 0)), eps=self.eps)
        return y

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class RMSNorm(Module):
    """x / √(mean of x² + eps) times `weight`, with the mean of each example: a cheaper `LayerNorm` (Zhang and Sennrich, 2019).

    Args:
        normalized_shape: the lengths of the last axes, over which the mean is taken; or one length.
        eps: is added to the mean square; None for the precision's distance from 1 to the next number.
        elementwise_affine: whether there is a `weight`, which starts at 1.
        dtype: the precision of the parameters, and so of the outputs.

    Shape:
        (…, *normalized_shape); the output has the same.

    Raises:
        ValueError: as in `LayerNorm`.

    Example:
        >>> RMSNorm(2)(np.array([[3.0, 3.0]])).data.round(3)
        array([[1., 1.]], dtype=float32)
    """

    def __init__(
        self, normalized_shape: Sizes, eps: float | None = None, elementwise_affine: bool = True,
        *, dtype: DTypeLike = np.float32,
    ) -> None:  # fmt: skip
        self.normalized_shape = _sizes("RMSNorm", normalized_shape)
        self.eps, self.elementwise_affine = None if eps is None else epsilon(eps, dtype), elementwise_affine
        self.weight = Parameter(np.ones(self.normalized_shape, dtype)) if elementwise_affine else None

    def forward(self, x: Input) -> Data:
        x = _with_last_axes(self, x)
        if self.weight is None and self.eps is not None:
            epsilon(self.eps, x.dtype)
        axes = tuple(range(-len(self.normalized_shape), 0))
        eps = float(np.finfo(x.dtype).eps) if self.eps is None else self.eps
        z = wide(x)
        y: Data = narrow(z / autograd.sqrt(autograd.mean(z * z, axis=axes, keepdims=True) + eps), x)
        return y if self.weight is None else y * self.weight

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


def _moments(x: Data, axes: tuple[int, ...]) -> tuple[Data, Data]:
    """The mean and the variance of `x` over axes, which keep the length 1; as plain numbers, unless a function is being compiled."""
    found: tuple[Data, Data] = moments(wide(np.asarray(x.data) if isinstance(x, Tensor) and is_known(x) else x), axes)
    return found


def _sizes(kind: str, shape: Sizes) -> tuple[int, ...]:
    """`normalized_shape` as a tuple."""
    sizes = tuple(shape) if isinstance(shape, Sequence) else (shape,)
    for size in sizes:
        check_size(kind, "normalized_shape", size)
    return tuple(map(int, sizes))


def _with_last_axes(layer: LayerNorm | RMSNorm, x: Input) -> Data:
    """The input of a layer that normalises over the last axes, if it has them."""
    x = as_input(x, None if layer.weight is None else layer.weight.dtype, layer)
    wanted = layer.normalized_shape
    if x.shape[-len(wanted) :] != wanted:
        raise ValueError(
            f"{layer._called()} takes arrays whose last axes have the shape {wanted} (normalized_shape), and got shape {x.shape}."
        )
    return x
