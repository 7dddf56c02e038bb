"""`BatchNormalization` and `LayerNormalization`. Their `axis` is the last, the channels."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor
from autograd.primitives.networks import standardize

from ... import normalization
from ...module import Module
from ...types import Array
from .base import Layer
from .core import width

__all__ = ["BatchNormalization", "LayerNormalization"]


class BatchNormalization(Layer):
    """`nn.BatchNorm1d` and `nn.BatchNorm2d`, with channels last, and Keras' running variance, which is the biased one.

    Args:
        axis: the channels: the last.
        momentum: how much of the running mean and variance remains after a batch: 1 minus PyTorch's.
        epsilon: is added to the variance.
        center, scale: whether there are a `beta` and a `gamma`.

    Raises:
        ValueError: `axis` is another.

    Example:
        >>> layer = BatchNormalization()
        >>> layer(np.array([[1.0, 10.0], [3.0, 30.0]]), training=True).data.round(3)
        array([[-1., -1.],
               [ 1.,  1.]], dtype=float32)
        >>> layer.moving_mean.numpy().round(3)
        array([0.02, 0.2 ], dtype=float32)
    """

    def __init__(
        self, axis: int = -1, momentum: float = 0.99, epsilon: float = 1e-3, center: bool = True, scale: bool = True,
        beta_initializer: Any = "zeros", gamma_initializer: Any = "ones", moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.axis, self.momentum, self.epsilon, self.center, self.scale = axis, momentum, epsilon, center, scale
        self._starts = {
            "gamma": gamma_initializer, "beta": beta_initializer, "moving_mean": moving_mean_initializer,
            "moving_variance": moving_variance_initializer,
        }  # fmt: skip

    def build(self, input_shape: Any) -> None:
        n = width(self, input_shape)
        if self.axis not in (-1, len(input_shape) - 1):
            raise ValueError(f"BatchNormalization(axis={self.axis}) is not here; the channels are the last axis, axis=-1.")
        self.inside = _Numbers(n, self.scale, self.center)
        for name, start in self._starts.items():
            if getattr(self.inside, name) is not None:
                self.keep(name, self.inside, name, initializer=start, trainable=not name.startswith("moving"))

    def call(self, inputs: Any) -> Any:
        x = inputs if isinstance(inputs, Tensor) else np.asarray(inputs, np.float32)
        inside = self.inside
        if self.training and self.trainable:
            axes = tuple(range(x.ndim - 1))
            y = standardize(x, 1.0, 0.0, axis=axes, eps=self.epsilon)
            numbers = np.asarray(x.data if isinstance(x, Tensor) else x)
            for name, new in (("moving_mean", numbers.mean(axes)), ("moving_variance", numbers.var(axes))):
                setattr(inside, name, self.momentum * getattr(inside, name) + np.float32(1 - self.momentum) * new)
        else:
            y = (x - inside.moving_mean) / np.sqrt(inside.moving_variance + np.float32(self.epsilon))
        y = y if inside.gamma is None else y * inside.gamma
        return y if inside.beta is None else y + inside.beta


class _Numbers(Module):
    """The weights of a `BatchNormalization`."""

    moving_mean: Array
    moving_variance: Array

    def __init__(self, n: int, scale: bool, center: bool) -> None:
        self.gamma = Tensor(np.ones(n, np.float32)) if scale else None
        self.beta = Tensor(np.zeros(n, np.float32)) if center else None
        self.register_buffer("moving_mean", np.zeros(n, np.float32))
        self.register_buffer("moving_variance", np.ones(n, np.float32))


class LayerNormalization(Layer):
    """`nn.LayerNorm`, with an epsilon of 0.001."""

    def __init__(self, axis: int = -1, epsilon: float = 1e-3, center: bool = True, scale: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not scale and center:
            raise ValueError("LayerNormalization(scale=False) is not here without center=False.")
        self.axis, self.epsilon, self.center, self.scale = axis, epsilon, center, scale

    def build(self, input_shape: Any) -> None:
        n = width(self, input_shape)
        if self.axis not in (-1, len(input_shape) - 1):
            raise ValueError(f"LayerNormalization(axis={self.axis}) is not here; it normalises the last axis, axis=-1.")
        self.inside = normalization.LayerNorm(n, self.epsilon, self.scale, self.center)
        for name, part, there in (("gamma", "weight", self.scale), ("beta", "bias", self.center)):
            if there:
                self.keep(name, self.inside, part)

    def call(self, inputs: Any) -> Any:
        return self.inside(inputs)
