"""Batch and instance normalisation, with PyTorch's names: each channel gets mean 0 and standard deviation 1.

`BatchNorm` takes the mean and the deviation of a channel over the examples of a batch, and in evaluation running means
from training. `InstanceNorm` takes those over the pixels of one image.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import DTypeLike

import autograd
from autograd import Tensor
from autograd.primitives.networks import moments, standardize
from autograd.state import is_known, update
from autograd.statistics import wide

from .checks import epsilon, number
from .inputs import as_input, check_size
from .module import Module
from .parameter import Parameter
from .types import Array, Data, Input

__all__ = ["BatchNorm1d", "BatchNorm2d", "InstanceNorm2d"]


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
        """`x` with mean 0 and deviation 1 over axes, times `weight` plus `bias`.

        `found` are the mean and the variance of `x`.
        """
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
    """(x - mean) / √(variance + eps), times `weight` plus `bias`.

    Mean and variance are those of each channel over the batch.

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
    """`BatchNorm2d` of each image by itself (Ulyanov and others, 2016).

    Each channel is normalised over the pixels of one image.

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


def _moments(x: Data, axes: tuple[int, ...]) -> tuple[Data, Data]:
    """The mean and the variance of `x` over axes, which keep the length 1.

    They are plain numbers, unless a function is being compiled.
    """
    found: tuple[Data, Data] = moments(wide(np.asarray(x.data) if isinstance(x, Tensor) and is_known(x) else x), axes)
    return found
