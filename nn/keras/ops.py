"""`keras.ops`: functions for losses and layers of your own; most are those of `autograd`."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd
from autograd import (
    abs,
    add,
    clip,
    concatenate,
    divide,
    exp,
    expand_dims,
    log,
    log1p,
    log_softmax,
    logsumexp,
    matmul,
    max,
    maximum,
    mean,
    min,
    minimum,
    multiply,
    negative,
    pad,
    relu,
    reshape,
    sigmoid,
    silu,
    softmax,
    softplus,
    sqrt,
    squeeze,
    stack,
    std,
    subtract,
    sum,
    take,
    tanh,
    transpose,
    var,
    where,
)
from autograd.primitives.arithmetic import astype

from ..lookup import missing
from .activations import leaky_relu
from .utils import to_categorical

__all__ = [
    "abs", "absolute", "add", "argmax", "cast", "clip", "concatenate", "convert_to_numpy", "convert_to_tensor", "divide", "exp",
    "expand_dims", "leaky_relu", "log", "log1p", "log_softmax", "logsumexp", "matmul", "max", "maximum", "mean", "min", "minimum",
    "multiply", "negative", "one_hot", "ones", "ones_like", "pad", "power", "relu", "reshape", "shape", "sigmoid", "silu", "softmax",
    "softplus", "sqrt", "square", "squeeze", "stack", "std", "subtract", "sum", "take", "tanh", "transpose", "var", "where", "zeros",
    "zeros_like",
]  # fmt: skip

absolute, power, ones, zeros = abs, autograd.power, np.ones, np.zeros


def square(x: Any) -> Any:
    """x²."""
    return x * x


def cast(x: Any, dtype: Any) -> Any:
    """`x.astype(dtype)`."""
    return astype(x, dtype=np.dtype(dtype)) if isinstance(x, autograd.Node) and np.dtype(dtype).kind == "f" else np.asarray(x).astype(dtype)


def argmax(x: Any, axis: int | None = None) -> Any:
    """`np.argmax`."""
    return convert_to_numpy(x).argmax(axis)


def one_hot(x: Any, num_classes: int) -> Any:
    """`keras.utils.to_categorical`."""
    return to_categorical(x, num_classes)


def shape(x: Any) -> tuple[int, ...]:
    """`x.shape`."""
    return tuple(np.shape(x)) if not hasattr(x, "shape") else tuple(x.shape)


def ones_like(x: Any) -> Any:
    """`np.ones`, in the shape of x."""
    return np.ones(shape(x), getattr(x, "dtype", None))


def zeros_like(x: Any) -> Any:
    """`np.zeros`, in the shape of x."""
    return np.zeros(shape(x), getattr(x, "dtype", None))


def convert_to_numpy(x: Any) -> Any:
    """`x.data`."""
    return np.asarray(x.data if isinstance(x, autograd.Node) else x)


def convert_to_tensor(x: Any, dtype: Any = None) -> Any:
    """An array; a Tensor as it is."""
    return x if isinstance(x, autograd.Node) else np.asarray(x, dtype)


__getattr__ = missing(globals())
