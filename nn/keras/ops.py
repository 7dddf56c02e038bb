"""`keras.ops`: functions for losses, layers and functional models of your own.

They are those of `autograd` and NumPy, on symbols too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd
from autograd.primitives.arithmetic import astype
from autograd.primitives.arithmetic import stop_gradient as _stop_gradient

from ..lookup import missing
from . import activations, utils
from .layers.base import on_symbols

# Under the same names in both.
AUTOGRAD = (
    "abs", "add", "clip", "concatenate", "divide", "dot", "exp", "expand_dims", "log", "log1p", "log_softmax", "logsumexp",
    "matmul", "max", "maximum", "mean", "min", "minimum", "multiply", "negative", "norm", "pad", "power", "relu", "reshape",
    "sigmoid", "silu", "softmax", "softplus", "sqrt", "squeeze", "stack", "std", "subtract", "sum", "take", "tanh", "transpose",
    "var", "where",
)  # fmt: skip
NUMPY = (
    "all", "any", "arccos", "arcsin", "arctan", "arctan2", "argmin", "argsort", "average", "ceil", "cos", "cosh", "cross",
    "cumprod", "cumsum", "diag", "diagonal", "diff", "einsum", "equal", "expm1", "flip", "floor", "full_like", "greater",
    "greater_equal", "inner", "isfinite", "isinf", "isnan", "less", "less_equal", "log10", "log2", "logical_and", "logical_not",
    "logical_or", "median", "meshgrid", "mod", "moveaxis", "not_equal", "outer", "prod", "repeat", "roll", "round", "sign", "sin",
    "sinh", "size", "sort", "split", "swapaxes", "take_along_axis", "tan", "tensordot", "tile", "trace", "tril", "triu",
)  # fmt: skip

__all__ = [
    *AUTOGRAD, *NUMPY, "absolute", "arange", "argmax", "cast", "convert_to_numpy", "convert_to_tensor", "elu", "eye", "full", "gelu",
    "leaky_relu", "linspace", "one_hot", "ones", "ones_like", "relu6", "rsqrt", "selu", "shape", "softsign", "square", "stop_gradient",
    "top_k", "zeros", "zeros_like",
]  # fmt: skip


globals().update({name: on_symbols(getattr(autograd, name)) for name in AUTOGRAD})
globals().update({name: on_symbols(getattr(np, name)) for name in NUMPY})
absolute, arange = on_symbols(autograd.abs), np.arange
elu, gelu, leaky_relu = on_symbols(activations.elu), on_symbols(activations.gelu), on_symbols(activations.leaky_relu)
relu6, selu, softsign = on_symbols(activations.relu6), on_symbols(activations.selu), on_symbols(activations.softsign)


@on_symbols
def square(x: Any) -> Any:
    """x²."""
    return x * x


@on_symbols
def rsqrt(x: object) -> Any:
    """1 / `autograd.sqrt(x)`."""
    return 1 / autograd.sqrt(x)


@on_symbols
def stop_gradient(variable: object) -> Any:
    """`x.detach()`."""
    return _stop_gradient(variable) if isinstance(variable, autograd.Node) else variable


@on_symbols
def cast(x: Any, dtype: Any) -> Any:
    """`x.astype(dtype)`."""
    return astype(x, dtype=np.dtype(dtype)) if isinstance(x, autograd.Node) and np.dtype(dtype).kind == "f" else np.asarray(x).astype(dtype)


@on_symbols
def argmax(x: object, axis: int | None = None, keepdims: bool = False) -> Any:
    """`np.argmax`."""
    return convert_to_numpy(x).argmax(axis, keepdims=keepdims)


@on_symbols
def top_k(x: Any, k: int, sorted: bool = True) -> Any:
    """`np.argsort` of the last axis: the k largest numbers, and their places."""
    places = np.flip(np.argsort(convert_to_numpy(x), axis=-1, kind="stable"), -1)[..., :k]
    return np.take_along_axis(x, places, axis=-1), places


@on_symbols
def one_hot(x: object, num_classes: int) -> Any:
    """`keras.utils.to_categorical`."""
    return utils.to_categorical(x, num_classes)


def shape(x: Any) -> tuple[int, ...]:
    """`x.shape`."""
    return tuple(np.shape(x)) if not hasattr(x, "shape") else tuple(x.shape)


def ones(shape: Any, dtype: Any = "float32") -> Any:
    """`np.ones`."""
    return np.ones(shape, dtype)


def zeros(shape: Any, dtype: Any = "float32") -> Any:
    """`np.zeros`."""
    return np.zeros(shape, dtype)


def full(shape: Any, fill_value: Any, dtype: Any = "float32") -> Any:
    """`np.full`."""
    return np.full(shape, fill_value, dtype)


def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = "float32") -> Any:
    """`np.eye`."""
    return np.eye(N, M, k, dtype)


def linspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = "float32") -> Any:
    """`np.linspace`."""
    return np.linspace(start, stop, num, endpoint, dtype=dtype)


@on_symbols
def ones_like(x: Any, dtype: Any = None) -> Any:
    """`np.ones`, in the shape of x."""
    return np.ones(shape(x), dtype or getattr(x, "dtype", None))


@on_symbols
def zeros_like(x: Any, dtype: Any = None) -> Any:
    """`np.zeros`, in the shape of x."""
    return np.zeros(shape(x), dtype or getattr(x, "dtype", None))


def convert_to_numpy(x: object) -> Any:
    """`x.data`."""
    return np.asarray(x.data if isinstance(x, autograd.Node) else x)


def convert_to_tensor(x: Any, dtype: Any = None) -> Any:
    """An array; a Tensor as it is."""
    return x if isinstance(x, autograd.Node) else np.asarray(x, dtype)


__getattr__ = missing(globals())
