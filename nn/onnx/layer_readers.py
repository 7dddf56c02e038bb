"""What the operators of layers are here: normalisation, convolution, pooling, resizing and recurrence."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import autograd
from autograd.primitives import convolution, networks, recurrence

from ..types import Array, Data
from .readers import reads

# --- normalisation ---


@reads("LayerNormalization")
def _layer_norm(x: Any, scale: Any, bias: Any = 0.0, axis: int = -1, epsilon: float = 1e-5, stash_type: int = 1) -> Any:
    return networks.standardize(x, scale, bias, axis=tuple(range(axis % x.ndim, x.ndim)), eps=epsilon)


@reads("BatchNormalization")
def _batch_norm(
    x: Any, scale: Any, bias: Any, mean: Any, variance: Any, epsilon: float = 1e-5, momentum: float = 0.9, spatial: int = 1,
    training_mode: int = 0,
) -> Any:  # fmt: skip
    scale, bias, mean, variance = (_channels(part, x.ndim - 2) for part in (scale, bias, mean, variance))
    return (x - mean) / np.sqrt(variance + epsilon) * scale + bias


@reads("InstanceNormalization")
def _instance_norm(x: Any, scale: Any, bias: Any, epsilon: float = 1e-5) -> Any:
    space = tuple(range(2, x.ndim))
    return networks.standardize(x, _channels(scale, len(space)), _channels(bias, len(space)), axis=space, eps=epsilon)


@reads("LpNormalization")
def _lp_norm(x: Any, axis: int = -1, p: int = 2) -> Any:
    sizes = autograd.abs(x) if p == 1 else x * x
    total = autograd.sum(sizes, axis=axis, keepdims=True)
    return x / (total if p == 1 else autograd.sqrt(total))


def _channels(x: Any, n: int) -> Any:
    """Numbers for the channels of images with `n` axes of space."""
    return autograd.reshape(x, (-1, *(1,) * n))


# --- convolution and pooling ---


def _padding(x: Any, kernel: Any, stride: Any, dilation: Any, pads: Any, auto_pad: str) -> tuple[tuple[int, int], ...]:
    n = len(kernel)
    if auto_pad in ("NOTSET", "VALID"):
        pads = pads if pads is not None and auto_pad == "NOTSET" else [0] * 2 * n
        return tuple(zip(pads[:n], pads[n:], strict=True))
    found = []
    for size, k, s, d in zip(x.shape[2:], kernel, stride, dilation, strict=True):
        total = max(0, (-(-size // s) - 1) * s + (k - 1) * d + 1 - size)
        small, large = total // 2, total - total // 2
        found.append((small, large) if auto_pad == "SAME_UPPER" else (large, small))
    return tuple(found)


@reads("Conv")
def _conv(
    x: Any, weight: Any, bias: Any = 0.0, auto_pad: str = "NOTSET", dilations: Any = None, group: int = 1, kernel_shape: Any = None,
    pads: Any = None, strides: Any = None,
) -> Any:  # fmt: skip
    ones = (1,) * (x.ndim - 2)
    stride, dilation = tuple(strides or ones), tuple(dilations or ones)
    padding = _padding(x, weight.shape[2:], stride, dilation, pads, auto_pad)
    return convolution.conv(x, weight, bias, stride=stride, padding=padding, dilation=dilation, groups=group)


@reads("ConvTranspose")
def _conv_transpose(
    x: Any, weight: Any, bias: Any = None, dilations: Any = None, group: int = 1, kernel_shape: Any = None, pads: Any = None,
    strides: Any = None, output_padding: Any = None, auto_pad: str = "NOTSET",
) -> Any:  # fmt: skip
    n = x.ndim - 2
    stride, dilation, more = (tuple(given or (usual,) * n) for given, usual in ((strides, 1), (dilations, 1), (output_padding, 0)))
    padding = _padding(x, weight.shape[2:], stride, dilation, pads, auto_pad)
    sizes = zip(x.shape[2:], weight.shape[2:], stride, dilation, more, padding, strict=True)
    shape = tuple((old - 1) * s + (k - 1) * d + 1 + extra - sum(pair) for old, k, s, d, extra, pair in sizes)
    y = convolution.conv_transpose(x, weight, shape=shape, stride=stride, padding=padding, dilation=dilation, groups=group)
    return y if bias is None else y + _channels(bias, n)


def _pool(x: Any, kernel: Any, strides: Any, pads: Any, dilations: Any, auto_pad: str, ceil_mode: int) -> dict[str, Any]:
    ones = (1,) * len(kernel)
    stride, dilation = tuple(strides or ones), tuple(dilations or ones)
    if ceil_mode:
        raise ValueError("its windows reach over the edge (ceil_mode)")
    padding = _padding(x, kernel, stride, dilation, pads, auto_pad)
    return {"kernel": tuple(kernel), "stride": stride, "padding": padding, "dilation": dilation}


@reads("MaxPool")
def _max_pool(
    x: Any, kernel_shape: Any, strides: Any = None, pads: Any = None, dilations: Any = None, auto_pad: str = "NOTSET", ceil_mode: int = 0,
    storage_order: int = 0,
) -> Any:  # fmt: skip
    return convolution.max_pool(x, **_pool(x, kernel_shape, strides, pads, dilations, auto_pad, ceil_mode))


@reads("AveragePool")
def _average_pool(
    x: Any, kernel_shape: Any, strides: Any = None, pads: Any = None, dilations: Any = None, auto_pad: str = "NOTSET", ceil_mode: int = 0,
    count_include_pad: int = 0,
) -> Any:  # fmt: skip
    settings = _pool(x, kernel_shape, strides, pads, dilations, auto_pad, ceil_mode)
    counts = math.prod(kernel_shape) if count_include_pad else convolution.sum_pool(np.ones((1, 1, *x.shape[2:]), x.dtype), **settings)
    return convolution.sum_pool(x, **settings) / counts


@reads("GlobalAveragePool")
def _global_average_pool(x: Any) -> Any:
    return autograd.mean(x, axis=tuple(range(2, x.ndim)), keepdims=True)


@reads("GlobalMaxPool")
def _global_max_pool(x: Any) -> Any:
    return autograd.max(x, axis=tuple(range(2, x.ndim)), keepdims=True)


ROUNDING: dict[str, Callable[[Array], Array]] = {
    "floor": np.floor, "ceil": np.ceil, "round_prefer_floor": lambda x: np.ceil(x - 0.5), "round_prefer_ceil": lambda x: np.floor(x + 0.5),
}  # fmt: skip


@reads("Resize")
def _resize(
    x: Any, region: Any = None, scales: Any = None, sizes: Any = None, *, mode: str = "nearest", nearest_mode: str = "round_prefer_floor",
    coordinate_transformation_mode: str = "half_pixel", cubic_coeff_a: float = -0.75,
) -> Any:  # fmt: skip
    if mode not in ("nearest", "linear"):
        raise ValueError(f"its mode is {mode}, and here are nearest and linear")
    scaled = scales is not None and len(scales)
    for axis, old in enumerate(x.shape):
        new = int(old * scales[axis]) if scaled else int(sizes[axis])
        if new == old:
            continue
        scale, places = float(scales[axis]) if scaled else new / old, np.arange(new)
        if coordinate_transformation_mode == "align_corners":
            old_places = places * (old - 1) / max(new - 1, 1)
        elif coordinate_transformation_mode == "asymmetric":
            old_places = places / scale
        else:
            old_places = (places + 0.5) / scale - 0.5
        old_places = np.clip(old_places, 0, old - 1)
        if mode == "nearest":
            x = autograd.take(x, ROUNDING[nearest_mode](old_places).astype(int), axis=axis)
            continue
        below = np.floor(old_places).astype(int)
        share = (old_places - below).astype(x.dtype).reshape([-1 if a == axis else 1 for a in range(x.ndim)])
        x = autograd.take(x, below, axis=axis) * (1 - share) + autograd.take(x, np.minimum(below + 1, old - 1), axis=axis) * share
    return x


# --- recurrence ---


def _directions(
    run: Callable[..., Any], gates: Sequence[int], x: Data, weight: Any, again: Any, bias: Any, lengths: Any, states: Sequence[Any],
    direction: str,
) -> list[Any]:  # fmt: skip
    """The states of each direction at all times, and those at the end.

    The shape is (time, directions, batch, hidden), and at the end the same without the time.
    """
    if lengths is not None:
        raise ValueError("its sequences have lengths of their own")
    batch, hidden = x.shape[1], again.shape[-1]
    rows = np.concatenate([np.arange(k * hidden, (k + 1) * hidden) for k in gates])
    found = []
    for i in range(weight.shape[0]):
        backwards = direction == "reverse" or i == 1
        biases = [0.0, 0.0] if bias is None else [bias[i][: len(gates) * hidden][rows], bias[i][len(gates) * hidden :][rows]]
        firsts = [np.zeros((batch, hidden), np.float32) if state is None else state[i] for state in states]
        every = run(x[::-1] if backwards else x, weight[i][rows], again[i][rows], *biases, firsts)
        found.append([every[0][::-1] if backwards else every[0], *(state[-1] for state in every)])
    y, *lasts = (list(parts) for parts in zip(*found, strict=True))
    return [autograd.stack(y, axis=1), *(autograd.stack(last, axis=0) for last in lasts)]


@reads("RNN")
def _rnn(
    x: Any, weight: Any, again: Any, bias: Any = None, lengths: Any = None, first: Any = None, *, hidden_size: int = 0,
    activations: Sequence[str] = ("Tanh",), direction: str = "forward",
) -> list[Any]:  # fmt: skip
    def run(x: Any, w: Any, r: Any, b: Any, rb: Any, firsts: Any) -> list[Any]:
        return [recurrence.rnn(networks.linear(x, w, b + rb), firsts[0], r, nonlinearity=activations[0].lower())]

    return _directions(run, [0], x, weight, again, bias, lengths, [first], direction)


@reads("LSTM")
def _lstm(
    x: Any, weight: Any, again: Any, bias: Any = None, lengths: Any = None, first: Any = None, cells: Any = None, peepholes: Any = None,
    *, hidden_size: int = 0, direction: str = "forward",
) -> list[Any]:  # fmt: skip
    def run(x: Any, w: Any, r: Any, b: Any, rb: Any, firsts: Any) -> list[Any]:
        y = recurrence.lstm(networks.linear(x, w, b + rb), *firsts, r)
        return [y[:, 5], y[:, 4]]

    if peepholes is not None:
        raise ValueError("its gates look at the cells")
    return _directions(run, [0, 2, 3, 1], x, weight, again, bias, lengths, [first, cells], direction)


@reads("GRU")
def _gru(
    x: Any, weight: Any, again: Any, bias: Any = None, lengths: Any = None, first: Any = None, *, hidden_size: int = 0,
    direction: str = "forward", linear_before_reset: int = 0,
) -> list[Any]:  # fmt: skip
    def run(x: Any, w: Any, r: Any, b: Any, rb: Any, firsts: Any) -> list[Any]:
        return [recurrence.gru(networks.linear(x, w, b), firsts[0], r, rb)[:, 4]]

    if not linear_before_reset:
        raise ValueError("it resets the state before the product, and not after it as in PyTorch (linear_before_reset)")
    return _directions(run, [1, 0, 2], x, weight, again, bias, lengths, [first], direction)
