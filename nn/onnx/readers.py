"""What each operator of ONNX is here, as a function of its inputs, in their order, and its attributes, by ONNX' names.

An elementwise operator is the primitive whose entry of the table names it. The functions here are those that ask for
more. They take arrays and Tensors alike: a file computes shapes in arrays of whole numbers, beside the numbers of the
model.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

import autograd
from autograd import Node, table
from autograd.primitives import networks

from ..types import Array
from .library import BOOL, FLOAT, INT64

__all__ = ["DTYPES", "READERS", "reads"]

Reader: TypeAlias = Callable[..., Any]
READERS: dict[str, Reader] = {}
DTYPES = {
    FLOAT: np.float32, 2: np.uint8, 3: np.int8, 5: np.int16, 6: np.int32, INT64: np.int64, BOOL: np.bool_, 10: np.float16, 11: np.float64,
    12: np.uint32, 13: np.uint64,
}  # fmt: skip


def reads(*operators: str) -> Callable[[Reader], Reader]:
    """That a function computes the operators of these names."""

    def register(reader: Reader) -> Reader:
        READERS.update(dict.fromkeys(operators, reader))
        return reader

    return register


def _elementwise() -> None:
    """The operators that entries of the table name."""
    for primitive in table.values():
        if isinstance(primitive.onnx, str):
            operator, *pairs = re.findall(r"\w+=\w+|\w+", primitive.onnx)
            READERS.setdefault(operator, functools.partial(_called, primitive, dict(pair.split("=") for pair in pairs)))


def _called(primitive: Any, names: dict[str, str], *inputs: Any, **attributes: Any) -> Any:
    """The primitive, its arguments by their names here; of any number of inputs, one after the other."""
    for key in attributes.keys() - names.keys():
        raise ValueError(f"it has the attribute {key}")
    if primitive.arity == 2 and len(inputs) != 2:
        return functools.reduce(primitive, inputs)
    return primitive(*inputs, **{names[key]: value for key, value in attributes.items()})


_elementwise()


@reads("Identity", "Dropout", "ZipMap")
def _identity(x: Any, *others: Any, **attributes: Any) -> Any:
    return x


@reads("Div")
def _divide(a: Any, b: Any) -> Any:
    if all(isinstance(x, np.ndarray) and x.dtype.kind in "iu" for x in (a, b)):
        return np.trunc(a / b).astype(a.dtype)  # of whole numbers, as in C
    return a / b


@reads("Mod")
def _mod(a: Any, b: Any, fmod: int = 0) -> Any:
    return table["fmod" if fmod else "mod"](a, b)


@reads("Not")
def _not(x: Any) -> Any:
    return table["equal"](x, False)


@reads("And")
def _and(a: Any, b: Any) -> Any:
    return a & b


@reads("Or")
def _or(a: Any, b: Any) -> Any:
    return a | b


@reads("Where")
def _where(condition: Any, a: Any, b: Any) -> Any:
    return autograd.where(condition, a, b)


@reads("Cast")
def _cast(x: Any, to: int, saturate: int = 1) -> Any:
    dtype: Any = np.dtype(DTYPES[to])
    if isinstance(x, np.ndarray):
        return x.astype(dtype)
    if dtype.kind == "f":
        return table["astype"](x, dtype=dtype)
    return table["not_equal"](x, 0.0) if dtype.kind == "b" else autograd.trunc(x)


@reads("Clip")
def _clip(x: Any, low: Any = None, high: Any = None, min: float | None = None, max: float | None = None) -> Any:
    low, high = (min if low is None else low), (max if high is None else high)
    x = x if low is None else autograd.maximum(x, low)
    return x if high is None else autograd.minimum(x, high)


@reads("Mean")
def _mean(*xs: Any) -> Any:
    return functools.reduce(lambda a, b: a + b, xs) / len(xs)


@reads("Reciprocal")
def _reciprocal(x: Any) -> Any:
    return 1.0 / x


@reads("Gelu")
def _gelu(x: Any, approximate: str = "none") -> Any:
    if approximate == "tanh":
        return 0.5 * x * (1.0 + autograd.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))
    return autograd.gelu(x)


@reads("HardSigmoid")
def _hard_sigmoid(x: Any, alpha: float = 0.2, beta: float = 0.5) -> Any:
    return autograd.clip(alpha * x + beta, 0.0, 1.0)


@reads("HardSwish")
def _hard_swish(x: Any) -> Any:
    return x * autograd.clip(x / 6.0 + 0.5, 0.0, 1.0)


@reads("Selu")
def _selu(x: Any, alpha: float = 1.6732632, gamma: float = 1.0507010) -> Any:
    return gamma * autograd.elu(x, alpha=alpha)


@reads("PRelu")
def _prelu(x: Any, slope: Any) -> Any:
    return autograd.where(x > 0, x, slope * x)


@reads("Softsign")
def _softsign(x: Any) -> Any:
    return x / (1.0 + autograd.abs(x))


# --- products ---


@reads("MatMul")
def _matmul(a: Any, b: Any) -> Any:
    return a @ b


@reads("Gemm")
def _gemm(a: Any, b: Any, c: Any = 0.0, alpha: float = 1.0, beta: float = 1.0, transA: int = 0, transB: int = 0) -> Any:
    if transB and not transA and alpha == beta == 1 and np.ndim(c) < 2:
        return networks.linear(a, b, c)
    product = (a.T if transA else a) @ (b.T if transB else b)
    product = product if alpha == 1 else alpha * product
    return product + (c if beta == 1 else beta * c)


@reads("Einsum")
def _einsum(*xs: Any, equation: str) -> Any:
    return table["einsum"](*xs, subscripts=equation.replace(" ", ""))


@reads("Det")
def _det(x: Any) -> Any:
    return table["det"](x)


# --- reductions ---


def _axes(axes: Any) -> tuple[int, ...] | None:
    return None if axes is None else tuple(int(a) for a in np.atleast_1d(axes))


def _reducing(function: Callable[..., Any]) -> Reader:
    def read(x: Any, given: Any = None, axes: Any = None, keepdims: int = 1, noop_with_empty_axes: int = 0) -> Any:
        over = _axes(axes if given is None else given)
        if not over and noop_with_empty_axes:
            return x
        return function(x, axis=over or None, keepdims=bool(keepdims))

    return read


REDUCTIONS: dict[str, Callable[..., Any]] = {
    "ReduceSum": autograd.sum, "ReduceMean": autograd.mean, "ReduceMax": autograd.max, "ReduceMin": autograd.min,
    "ReduceProd": table["prod"],
    "ReduceLogSumExp": autograd.logsumexp, "ReduceL1": lambda x, **s: autograd.sum(autograd.abs(x), **s),
    "ReduceL2": lambda x, **s: autograd.sqrt(autograd.sum(x * x, **s)), "ReduceSumSquare": lambda x, **s: autograd.sum(x * x, **s),
}  # fmt: skip
READERS.update((name, _reducing(function)) for name, function in REDUCTIONS.items())


@reads("ArgMax")
def _argmax(x: Any, axis: int = 0, keepdims: int = 1, select_last_index: int = 0) -> Any:
    length = x.shape[axis]
    places = np.arange(length).reshape([-1 if a == axis % x.ndim else 1 for a in range(x.ndim)])
    return autograd.sum(table["is_first_max"](x, axis=axis) * places, axis=axis, keepdims=bool(keepdims))


@reads("ArgMin")
def _argmin(x: Any, **attributes: Any) -> Any:
    return _argmax(-x, **attributes)


@reads("Softmax")
def _softmax(x: Any, axis: Any = -1, flat: bool = False) -> Any:
    return autograd.softmax(x, axis=_softmax_axes(x, axis, flat))


@reads("LogSoftmax")
def _log_softmax(x: Any, axis: int = -1, flat: bool = False) -> Any:
    return autograd.log_softmax(x, axis=_softmax_axes(x, axis, flat))


def _softmax_axes(x: Any, axis: int, flat: bool) -> Any:
    """One axis; before opset 13, with all that follow it."""
    return tuple(range(axis % x.ndim, x.ndim)) if flat else axis


@reads("CumSum")
def _cumsum(x: Any, axis: Any, exclusive: int = 0, reverse: int = 0) -> Any:
    if exclusive or reverse:
        raise ValueError("its sums are exclusive or from the end")
    return table["cumsum"](x, axis=int(axis))


# --- shapes ---


@reads("Shape")
def _shape(x: Any, start: int = 0, end: int | None = None) -> Array:
    return np.array(np.shape(x)[start:end], np.int64)


@reads("Size")
def _size(x: Any) -> Array:
    return np.array(math.prod(x.shape))


@reads("Reshape")
def _reshape(x: Any, shape: Any, allowzero: int = 0) -> Any:
    return autograd.reshape(x, tuple(x.shape[i] if n == 0 and not allowzero else n for i, n in enumerate(shape.tolist())))


@reads("Flatten")
def _flatten(x: Any, axis: int = 1) -> Any:
    axis = axis + x.ndim if axis < 0 else axis
    return autograd.reshape(x, (math.prod(x.shape[:axis]), math.prod(x.shape[axis:])))


@reads("Transpose")
def _transpose(x: Any, perm: Sequence[int] | None = None) -> Any:
    return autograd.transpose(x, None if perm is None else tuple(perm))


@reads("Squeeze")
def _squeeze(x: Any, given: Any = None, axes: Any = None) -> Any:
    return autograd.squeeze(x, _axes(axes if given is None else given))


@reads("Unsqueeze")
def _unsqueeze(x: Any, given: Any = None, axes: Any = None) -> Any:
    return autograd.expand_dims(x, _axes(axes if given is None else given) or ())


@reads("Expand")
def _expand(x: Any, shape: Any) -> Any:
    return autograd.broadcast_to(x, np.broadcast_shapes(x.shape, tuple(shape.tolist())))


@reads("Concat")
def _concat(*xs: Any, axis: int) -> Any:
    return autograd.concatenate(list(xs), axis=axis)


@reads("Split")
def _split(x: Any, given: Any = None, axis: int = 0, split: Any = None, num_outputs: int | None = None, parts: int = 1) -> list[Any]:
    sizes = split if given is None else given.tolist()
    if sizes is None:
        each = -(-x.shape[axis] // (num_outputs or parts))
        sizes = [each] * ((num_outputs or parts) - 1)
        sizes.append(x.shape[axis] - sum(sizes))
    ends = np.cumsum(sizes).tolist()
    return [_along(x, axis, slice(end - size, end)) for size, end in zip(sizes, ends, strict=True)]


def _along(x: Any, axis: int, index: Any) -> Any:
    return x[(slice(None),) * (axis % x.ndim) + (index,)]


@reads("Slice")
def _slice(
    x: Any, given_starts: Any = None, given_ends: Any = None, given_axes: Any = None, steps: Any = None,
    *, starts: Any = None, ends: Any = None, axes: Any = None,
) -> Any:  # fmt: skip
    starts, ends, axes = (b if a is None else a.tolist() for a, b in ((given_starts, starts), (given_ends, ends), (given_axes, axes)))
    index: list[Any] = [slice(None)] * x.ndim
    for i, (start, end) in enumerate(zip(starts, ends, strict=True)):
        axis, step = i if axes is None else axes[i], 1 if steps is None else int(steps[i])
        length = x.shape[axis]
        end = None if step < 0 and end < -length else end
        index[axis] = slice(start, end, step)
    return x[tuple(index)]


@reads("Gather")
def _gather(x: Any, indices: Any, axis: int = 0) -> Any:
    if not isinstance(indices, Node):
        return autograd.take(x, indices, axis=axis)
    axis %= x.ndim
    if axis == 0:
        return table["lookup"](x, indices)
    rest = [a for a in range(x.ndim) if a != axis]
    found = table["lookup"](autograd.transpose(x, (axis, *rest)), indices)
    n = len(indices.shape)
    ranks = [*range(n, n + axis), *range(n), *range(n + axis, found.ndim)]
    return autograd.transpose(found, tuple(ranks))


@reads("GatherElements")
def _gather_elements(x: Any, indices: Any, axis: int = 0) -> Any:
    return table["take_along_axis"](x, indices, axis=axis)


@reads("ConstantOfShape")
def _constant_of_shape(shape: Any, value: Any = None) -> Array:
    return np.full(shape.tolist(), np.float32(0) if value is None else value.item(), None if value is None else value.dtype)


@reads("Range")
def _range(start: Any, limit: Any, delta: Any) -> Array:
    return np.arange(start, limit, delta)


@reads("Pad")
def _pad(x: Any, pads: Any = None, value: Any = None, axes: Any = None, *, mode: str = "constant") -> Any:
    ends = np.asarray(pads).reshape(2, -1).T.tolist()
    widths = [[0, 0] for _ in range(x.ndim)]
    for axis, pair in zip(range(x.ndim) if axes is None else axes.tolist(), ends, strict=True):
        widths[axis] = pair
    if mode == "constant":
        y = autograd.pad(x, widths)
        around = 0.0 if value is None else float(np.asarray(value))
        return y if not around else y + np.pad(np.zeros(x.shape, x.dtype), widths, constant_values=around)
    for axis, width in enumerate(widths):
        if any(width):
            places = np.arange(x.shape[axis])
            x = autograd.take(x, np.pad(places, width, mode="edge") if mode == "edge" else np.pad(places, width, mode="reflect"), axis=axis)
    return x


@reads("DepthToSpace")
def _depth_to_space(x: Any, blocksize: int, mode: str = "DCR") -> Any:
    n, channels, height, width = x.shape
    inner, order = ((blocksize, blocksize, -1), (0, 3, 4, 1, 5, 2)) if mode == "DCR" else ((-1, blocksize, blocksize), (0, 1, 4, 2, 5, 3))
    parts = autograd.transpose(autograd.reshape(x, (n, *inner, height, width)), order)
    return autograd.reshape(parts, (n, channels // blocksize**2, height * blocksize, width * blocksize))


# --- scikit-learn's preprocessing, in the domain ai.onnx.ml ---


@reads("Scaler")
def _scaler(x: Any, offset: Any, scale: Any) -> Any:
    return (x - np.array(offset, np.float32)) * np.array(scale, np.float32)


@reads("ArrayFeatureExtractor")
def _array_feature_extractor(x: Any, indices: Any) -> Any:
    return _gather(x, indices, axis=-1)
