"""`keras.activations`: functions by name, for `activation="relu"`."""

from __future__ import annotations

from typing import Any

import autograd
from autograd import elu, exp, log_softmax, relu, sigmoid, silu, softmax, softplus, tanh

from ..functional import gelu as _gelu
from ..functional import leaky_relu as _leaky_relu
from ..lookup import missing
from .entries import looked_up

__all__ = [
    "elu", "exponential", "gelu", "get", "leaky_relu", "linear", "log_softmax", "relu", "relu6", "selu", "sigmoid", "silu", "softmax",
    "softplus", "softsign", "swish", "tanh",
]  # fmt: skip

exponential, swish = exp, silu


def linear(x: object) -> Any:
    """x itself."""
    return x


def relu6(x: Any) -> Any:
    """`autograd.clip(x, 0, 6)`."""
    return autograd.clip(x, 0.0, 6.0)


def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """`nn.functional.leaky_relu`, with a slope of 0.2."""
    return _leaky_relu(x, negative_slope)


def gelu(x: Any, approximate: bool = False) -> Any:
    """`nn.functional.gelu`."""
    return _gelu(x, "tanh" if approximate else "none")


def selu(x: object) -> Any:
    """`autograd.elu` with two fixed factors, which keep mean 0 and deviation 1 (Klambauer and others, 2017)."""
    return 1.0507009873554805 * elu(x, alpha=1.6732632423543772)


def softsign(x: object) -> Any:
    """x / (1 + |x|)."""
    return x / (1 + autograd.abs(x))


BY_NAME = {name: globals()[name] for name in __all__ if name != "get"}


def get(identifier: object) -> Any:
    """The activation of a name; `linear` for None; a function as it is.

    Raises:
        ValueError: there is none of that name.

    Example:
        >>> get("relu")(-3.0)
        0.0
    """
    return linear if identifier is None else looked_up("activation", identifier, BY_NAME)


__getattr__ = missing(globals())
