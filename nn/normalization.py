"""Normalisation of each example, with PyTorch's names: its numbers get mean 0 and standard deviation 1.

So the inputs of each layer keep their range. `LayerNorm` and `RMSNorm` go over the last axes, and `GroupNorm` over
groups of channels; `batch_normalization.py` has what goes over the examples of a batch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import DTypeLike

import autograd
from autograd.primitives.networks import standardize
from autograd.statistics import narrow, wide

from .checks import epsilon
from .inputs import as_input, check_size
from .module import Module
from .parameter import Parameter
from .types import Data, Input, Sizes

__all__ = ["GroupNorm", "LayerNorm", "RMSNorm"]


class GroupNorm(Module):
    """(x - mean) / √(variance + eps) with the mean and variance of a group of channels (Wu and He, 2018).

    This is between `LayerNorm` and `InstanceNorm2d`.

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
    """(x - mean) / √(variance + eps), times `weight` plus `bias` (Ba and others, 2016).

    Mean and variance are those of each example.

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
    """x / √(mean of x² + eps) times `weight` (Zhang and Sennrich, 2019).

    The mean is that of each example. This is a cheaper `LayerNorm`.

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
