"""Layers of vectors, activations, and layers without weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd

from ... import dropout, linear
from ...inputs import check_size
from ...lookup import missing
from .. import activations, initializers, regularizers
from .base import Layer, Symbol, name_for

__all__ = [
    "ELU", "Activation", "Dense", "Dropout", "Embedding", "Flatten", "Input", "InputLayer", "Lambda", "LeakyReLU", "Permute", "ReLU",
    "RepeatVector", "Rescaling", "Reshape", "Softmax",
]  # fmt: skip


def Input(shape: Any = None, batch_size: int | None = None, dtype: Any = None, name: str | None = None) -> Symbol:
    """The symbol that a functional model begins with; `shape` is that of one example, and None an axis of any length.

    Raises:
        TypeError: `shape` is missing, or is not made of whole numbers.

    Example:
        >>> Input(shape=(28, 28, 1)).shape
        (None, 28, 28, 1)
    """
    sizes = (shape,) if isinstance(shape, int) else shape
    if not isinstance(sizes, (tuple, list)) or not all(n is None or isinstance(n, (int, np.integer)) for n in sizes):
        raise TypeError(f"Input takes the shape of one example without the batch, such as (784,) or (28, 28, 1); got {shape!r}.")
    return Symbol((None, *sizes), name=name or name_for("InputLayer"), dtype=dtype)


def InputLayer(shape: Any = None, input_shape: Any = None, **kwargs: Any) -> Symbol:
    """`keras.Input`, as the first entry of a `Sequential`."""
    return Input(input_shape if shape is None else shape, **kwargs)


def width(layer: Layer, input_shape: Any, rank: int | None = None) -> int:
    """The length of the last axis, which the weights of a layer must know.

    Raises:
        ValueError: the shape has another number of axes, or none of known length at the end.
    """
    if not isinstance(input_shape, tuple) or len(input_shape) < 2 or (rank is not None and len(input_shape) != rank):
        wanted = "at least 2 axes" if rank is None else f"{rank} axes"
        raise ValueError(f"{type(layer).__name__} {layer.name!r} takes inputs of {wanted}, with that of the batch; got {input_shape}.")
    if input_shape[-1] is None:
        raise ValueError(f"{type(layer).__name__} {layer.name!r} must know the last axis of its input; got {input_shape}.")
    return int(input_shape[-1])


class Dense(Layer):
    """`nn.Linear`, with an activation; `kernel` is `weight.T`.

    Args:
        units: the number of outputs.
        activation: a name, or a function; see `keras.activations`.
        use_bias: whether a bias is added.
        kernel_initializer, bias_initializer: see `keras.initializers`.
        kernel_regularizer, bias_regularizer: see `keras.regularizers`.

    Raises:
        ValueError: `units` is not a whole number from 1, or there is no activation of that name.

    Example:
        >>> layer = Dense(2, activation="relu")
        >>> layer(np.ones((5, 3))).shape, [array.shape for array in layer.get_weights()]
        ((5, 2), [(3, 2), (2,)])
    """

    def __init__(
        self, units: int, activation: Any = None, use_bias: bool = True, kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros", kernel_regularizer: Any = None, bias_regularizer: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.units, self.activation, self.use_bias = check_size("Dense", "units", units), activations.get(activation), use_bias
        self._starts = initializers.get(kernel_initializer), initializers.get(bias_initializer)
        self._costs = regularizers.get(kernel_regularizer), regularizers.get(bias_regularizer)

    def build(self, input_shape: Any) -> None:
        self.inside = linear.Linear(width(self, input_shape), self.units, self.use_bias)
        kernel, bias = zip(self._starts, self._costs, strict=True)
        self.keep(
            "kernel", self.inside, "weight", to_keras=np.transpose, to_ours=np.transpose, initializer=kernel[0], regularizer=kernel[1]
        )
        if self.use_bias:
            self.keep("bias", self.inside, "bias", initializer=bias[0], regularizer=bias[1])

    def call(self, inputs: Any) -> Any:
        return self.activation(self.inside(inputs))


class Embedding(Layer):
    """`nn.Embedding`; the numbers of words may be floats."""

    def __init__(
        self, input_dim: int, output_dim: int, embeddings_initializer: Any = "uniform", embeddings_regularizer: Any = None,
        mask_zero: bool = False, input_length: int | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        if mask_zero:
            raise ValueError(
                "Embedding(mask_zero=True) is not here: no layer leaves out what is padding. Leave it out, or pad at the start."
            )
        self.input_dim, self.output_dim = input_dim, output_dim
        if input_length is not None:
            self._given_shape = (None, input_length)
        self._start, self._cost = initializers.get(embeddings_initializer), regularizers.get(embeddings_regularizer)

    def build(self, input_shape: Any) -> None:
        self.inside = linear.Embedding(self.input_dim, self.output_dim)
        self.keep("embeddings", self.inside, "weight", initializer=self._start, regularizer=self._cost)

    def call(self, inputs: Any) -> Any:
        return self.inside(np.asarray(inputs).astype(np.int64))


class Activation(Layer):
    """A function of `keras.activations`, such as `autograd.relu`."""

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def call(self, inputs: Any) -> Any:
        return self.activation(inputs)


class ReLU(Layer):
    """`nn.ReLU`; with `negative_slope` `nn.LeakyReLU`, with `max_value` a clip."""

    def __init__(self, max_value: float | None = None, negative_slope: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_value, self.negative_slope = max_value, negative_slope

    def call(self, inputs: Any) -> Any:
        y = activations.leaky_relu(inputs, self.negative_slope) if self.negative_slope else activations.relu(inputs)
        return y if self.max_value is None else autograd.minimum(y, self.max_value)


class LeakyReLU(Layer):
    """`nn.LeakyReLU`, with a slope of 0.3."""

    def __init__(self, negative_slope: float = 0.3, alpha: float | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.negative_slope = negative_slope if alpha is None else alpha  # alpha is its name in older programs

    def call(self, inputs: Any) -> Any:
        return activations.leaky_relu(inputs, self.negative_slope)


class ELU(Layer):
    """`nn.ELU`."""

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = alpha

    def call(self, inputs: Any) -> Any:
        return autograd.elu(inputs, alpha=self.alpha)


class Softmax(Layer):
    """`nn.Softmax`."""

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs: Any) -> Any:
        return autograd.softmax(inputs, self.axis)


class Dropout(Layer):
    """`nn.Dropout`."""

    def __init__(self, rate: float, noise_shape: Any = None, seed: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if noise_shape is not None:
            raise ValueError("Dropout(noise_shape=…) is not here; nn.Dropout2d drops whole channels.")
        self.rate, self.inside = rate, dropout.Dropout(rate, rng=seed)

    def call(self, inputs: Any) -> Any:
        return self.inside(inputs)


class Flatten(Layer):
    """`nn.Flatten`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def call(self, inputs: Any) -> Any:
        return autograd.reshape(inputs, (inputs.shape[0], -1))


class Reshape(Layer):
    """`autograd.reshape`, of each example."""

    def __init__(self, target_shape: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target_shape = tuple(target_shape)

    def call(self, inputs: Any) -> Any:
        return autograd.reshape(inputs, (inputs.shape[0], *self.target_shape))


class Permute(Layer):
    """`autograd.transpose`, of each example; axes are counted from 1."""

    def __init__(self, dims: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dims = tuple(dims)

    def call(self, inputs: Any) -> Any:
        return autograd.transpose(inputs, (0, *self.dims))


class RepeatVector(Layer):
    """`autograd.broadcast_to`: each vector n times, as a sequence."""

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n = n

    def call(self, inputs: Any) -> Any:
        return autograd.broadcast_to(autograd.expand_dims(inputs, 1), (inputs.shape[0], self.n, inputs.shape[1]))


class Rescaling(Layer):
    """scale · x + offset."""

    def __init__(self, scale: float, offset: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale, self.offset = scale, offset

    def call(self, inputs: Any) -> Any:
        x: Any = inputs if isinstance(inputs, autograd.Node) else np.asarray(inputs, np.float32)
        return x * self.scale + self.offset


class Lambda(Layer):
    """A function of your own as a layer."""

    def __init__(self, function: Callable[[Any], Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.function = function

    def call(self, inputs: Any) -> Any:
        return self.function(inputs)


__getattr__ = missing(globals())
