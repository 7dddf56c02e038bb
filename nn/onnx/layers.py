"""How the primitives of convolution, pooling and recurrent layers are written in ONNX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import Node, Tensor, table

from .bodies import Body, datum_of
from .library import FLOAT
from .writers import is_there, whole, writes


def _list(w: Body, bias: Any, length: int) -> str:
    """A bias, repeated if it is a single number."""
    name = w.of(bias, FLOAT)
    return name if np.ndim(datum_of(bias)) else w.op("Expand", name, w.sizes([length]))


def _pads(padding: Any) -> list[int]:
    return [before for before, _ in padding] + [after for _, after in padding]


@writes("conv")
def _conv(w: Body, y: Tensor, x: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> str:
    biases = [_list(w, bias, len(datum_of(weight)))] if is_there(bias) else []
    return w.op(
        "Conv", w.of(x, FLOAT), w.of(weight, FLOAT), *biases,
        strides=list(stride), pads=_pads(padding), dilations=list(dilation), group=groups,
    )  # fmt: skip


@writes("conv_transpose")
def _conv_transpose(w: Body, y: Tensor, x: Any, weight: Any, shape: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> str:
    sizes = zip(map(whole, shape), x.shape[2:], datum_of(weight).shape[2:], stride, padding, dilation, strict=True)
    more = [n - ((old - 1) * s + (k - 1) * d + 1 - sum(p)) for n, old, k, s, p, d in sizes]
    return w.op(
        "ConvTranspose", w.of(x, FLOAT), w.of(weight, FLOAT),
        strides=list(stride), pads=_pads(padding), dilations=list(dilation), group=groups, output_padding=more,
    )  # fmt: skip


@writes("max_pool")
def _max_pool(w: Body, y: Tensor, x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> str:
    return w.op(
        "MaxPool", w.of(x, FLOAT), kernel_shape=list(kernel), strides=list(stride), pads=_pads(padding), dilations=list(dilation)
    )  # fmt: skip


@writes("sum_pool")
def _sum_pool(w: Body, y: Tensor, x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> str:
    means = w.op(
        "AveragePool", w.of(x, FLOAT), kernel_shape=list(kernel), strides=list(stride), pads=_pads(padding), dilations=list(dilation),
        count_include_pad=1,
    )  # fmt: skip
    return w.op("Mul", means, w.constant(float(np.prod(kernel))))


# --- recurrence ---


def _sequence(w: Body, z: Any, order: Sequence[int], hidden: int) -> tuple[str, str, str | None]:
    """What ONNX' recurrent operators take in place of `z`.

    These are the inputs, their weights and their bias, with the gates in ONNX' order.
    """
    if getattr(z, "primitive", None) is table["linear"] and all(isinstance(x, Node) or np.ndim(x) == 0 for x in z.inputs):
        x, weight, bias = z.inputs
        name, parts = w.of(x, FLOAT), (_gates(w, w.of(weight, FLOAT), order, hidden), bias)
    else:
        name, parts = w.of(z, FLOAT), (_gates(w, w.constant(np.eye(len(order) * hidden, dtype=np.float32)), order, hidden), 0.0)
    biases = _gates(w, _list(w, parts[1], len(order) * hidden), order, hidden) if is_there(parts[1]) else None
    return name, w.op("Unsqueeze", parts[0], w.sizes([0])), biases


def _gates(w: Body, weight: str, order: Sequence[int], hidden: int) -> str:
    """Weights with the gates in another order."""
    if len(order) == 1:
        return weight
    return w.op("Gather", weight, w.constant(np.concatenate([np.arange(k * hidden, (k + 1) * hidden) for k in order])), axis=0)


def _recurrent(w: Body, operator: str, z: Any, states: Sequence[Any], weight: Any, bias: Any, order: Sequence[int], **settings: Any) -> Any:
    hidden = datum_of(weight).shape[1]
    x, weights, first = _sequence(w, z, order, hidden)
    again = _gates(w, _list(w, bias, len(order) * hidden), order, hidden) if is_there(bias) else None
    biases = ""
    if first or again:
        nothing = w.constant(np.zeros(len(order) * hidden, np.float32))
        biases = w.op("Unsqueeze", w.op("Concat", first or nothing, again or nothing, axis=0), w.sizes([0]))
    recurrent = w.op("Unsqueeze", _gates(w, w.of(weight, FLOAT), order, hidden), w.sizes([0]))
    begin = [w.op("Unsqueeze", w.of(state, FLOAT), w.sizes([0])) for state in states]
    results = w.call(operator, x, weights, recurrent, biases, "", *begin, outputs=1 + len(states), hidden_size=hidden, **settings)
    return w.op("Squeeze", results[0], w.sizes([1])), [w.op("Squeeze", last, w.sizes([0])) for last in results[1:]]


@writes("rnn")
def _rnn(w: Body, y: Tensor, z: Any, h: Any, weight: Any, nonlinearity: str = "tanh") -> str:
    return str(_recurrent(w, "RNN", z, [h], weight, 0.0, [0], activations=[nonlinearity.capitalize()])[0])


@writes("lstm")
def _lstm(w: Body, y: Tensor, z: Any, h: Any, c: Any, weight: Any) -> str:
    states, (_, cells) = _recurrent(w, "LSTM", z, [h, c], weight, 0.0, [0, 3, 1, 2])
    w.parts[y] = {5: states, 4: cells}
    return ""


@writes("gru")
def _gru(w: Body, y: Tensor, z: Any, h: Any, weight: Any, bias: Any) -> str:
    states, _ = _recurrent(w, "GRU", z, [h], weight, bias, [1, 0, 2], linear_before_reset=1)
    w.parts[y] = {4: states}
    return ""
