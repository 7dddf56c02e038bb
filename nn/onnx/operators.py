"""How each primitive is written in ONNX.

An elementwise primitive has its operator in its entry of the table, in the argument `onnx`, such as "Tanh"; and one that
ONNX lacks, a formula of others. The functions here write those that ask for more: a shape, axes, settings. Each is called with
the `Body`, the node, its inputs and its other arguments; it gives the name of the result. A whole number
among the arguments may be a `Size`, which depends on the size of the batch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from autograd import Node, Tensor, table

from .bodies import RECURRENT, Body, Unwritable, datum_of, kind_of
from .library import BOOL, FLOAT, INT64
from .tracing import Size, Step

__all__ = ["has_writer", "written"]

Writer: TypeAlias = Callable[..., str]
WRITERS: dict[Any, Writer] = {}
LOGIC = {"&": "And", "|": "Or", "^": "Xor"}
TO_THE_END = np.iinfo(np.int64).max


def has_writer(primitive: Any) -> bool:
    """Whether a primitive is written by a function here, and its formula is not needed."""
    return primitive in WRITERS


def written(body: Body, step: Step) -> str:
    """Write a step; the name of its result.

    Raises:
        TypeError: ONNX has no operator for it.
    """
    primitive: Any = step.node.primitive
    if primitive in WRITERS:
        return WRITERS[primitive](body, step.node, *step.inputs, **step.static)
    if isinstance(getattr(primitive, "onnx", None), str):
        return _elementwise(body, step.node, *step.inputs, **step.static)
    raise Unwritable


def writes(*names: str) -> Callable[[Writer], Writer]:
    """That a function writes the primitives of these names."""

    def register(writer: Writer) -> Writer:
        WRITERS.update({table[name]: writer for name in names})
        return writer

    return register


def _elementwise(w: Body, y: Tensor, *inputs: Any, **static: Any) -> str:
    """The operator in the entry; its inputs, which ONNX wants of one type, in the type in which NumPy computes."""
    primitive: Any = y.primitive
    operator, attributes = _parsed(primitive.onnx, static)
    numbers = [x for x in inputs if not isinstance(x, Node) and datum_of(x).ndim == 0]  # their types count for less
    kinds = {kind_of(x) for x in inputs if not any(x is number for number in numbers)} | {FLOAT for x in numbers if x != round(x)}
    kind = kinds.pop() if len(kinds) == 1 else FLOAT
    result = kind_of(y)
    if primitive.logic and result == kind == BOOL:
        return w.op(LOGIC[primitive.logic], *(w.of(x, BOOL) for x in inputs))
    if not primitive.compares:
        kind = result
    elif kind == BOOL and operator != "Equal":
        kind = FLOAT
    return w.op(operator, *(w.of(x, kind) for x in inputs), **attributes)


def _parsed(template: str, static: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """An operator and its attributes: of "Elu(alpha=alpha)" the attribute `alpha`, if the argument of that name is given."""
    operator, *pairs = re.findall(r"\w+=\w+|\w+", template)
    named = dict(pair.split("=") for pair in pairs)
    return operator, {
        attribute: int(name) if name.isdigit() else static[name] for attribute, name in named.items() if name.isdigit() or name in static
    }  # fmt: skip


@writes("where")
def _where(w: Body, y: Tensor, condition: Any, a: Any, b: Any) -> str:
    return w.op("Where", w.of(condition, BOOL), w.of(a, kind_of(y)), w.of(b, kind_of(y)))


@writes("astype")
def _astype(w: Body, y: Tensor, x: Any, dtype: Any) -> str:
    return w.of(x, kind_of(y))


# --- products ---


@writes("matmul")
def _matmul(w: Body, y: Tensor, a: Any, b: Any) -> str:
    return w.op("MatMul", w.of(a, FLOAT), w.of(b, FLOAT))


@writes("linear")
def _linear(w: Body, y: Tensor, x: Any, weight: Any, bias: Any) -> str:
    biases = [w.of(bias, FLOAT)] if _is_there(bias) else []
    if len(datum_of(x).shape) == 2:
        return w.op("Gemm", w.of(x, FLOAT), w.of(weight, FLOAT), *biases, transB=1)
    product = w.op("MatMul", w.of(x, FLOAT), w.op("Transpose", w.of(weight, FLOAT), perm=[1, 0]))
    return w.op("Add", product, *biases) if biases else product


@writes("einsum")
def _einsum(w: Body, y: Tensor, *xs: Any, subscripts: str) -> str:
    return w.op("Einsum", *(w.of(x, FLOAT) for x in xs), equation=subscripts)


@writes("det")
def _det(w: Body, y: Tensor, x: Any) -> str:
    return w.op("Det", w.of(x, FLOAT))


def _is_there(bias: Any) -> bool:
    """Whether there is a bias: 0.0 is none."""
    return isinstance(bias, Node) or bool(np.any(datum_of(bias)))


# --- reductions ---


def _reduction(operator: str) -> Writer:
    def write(w: Body, y: Tensor, x: Any, axis: Any = None, keepdims: bool = False) -> str:
        if axis == ():
            return w.of(x, kind_of(y))
        axes = [] if axis is None else [w.sizes(int(a) for a in np.atleast_1d(axis))]
        kind = kind_of(y)
        reduced = w.op(operator, w.of(x, FLOAT if kind == BOOL else kind), *axes, keepdims=int(keepdims))
        return w.op("Cast", reduced, to=BOOL) if kind == BOOL else reduced

    return write


for _name, _operator in {
    "sum": "ReduceSum", "mean": "ReduceMean", "max": "ReduceMax", "min": "ReduceMin", "prod": "ReduceProd", "logsumexp": "ReduceLogSumExp",
}.items():  # fmt: skip
    writes(_name)(_reduction(_operator))


@writes("first_max")
def _first_max(w: Body, y: Tensor, x: Any, axis: int = -1) -> str:
    return _reduction("ReduceMax")(w, y, x, axis)


@writes("is_first_max")
def _is_first_max(w: Body, y: Tensor, x: Any, axis: int = -1) -> str:
    length = _fixed(w, x)[axis]
    places = np.arange(length).reshape([-1 if a == axis % y.ndim else 1 for a in range(y.ndim)])
    return w.op("Equal", w.op("ArgMax", w.of(x), axis=axis, keepdims=1), w.constant(places))


@writes("argsort")
def _argsort(w: Body, y: Tensor, x: Any, axis: int = -1) -> str:
    return str(w.call("TopK", w.of(x), w.sizes([w.shapes_of(x)[axis]]), outputs=2, axis=axis, largest=0, sorted=1)[1])


@writes("cumsum")
def _cumsum(w: Body, y: Tensor, x: Any, axis: int) -> str:
    return w.op("CumSum", w.of(x, kind_of(y)), w.constant(np.array(axis)))


@writes("softmax", "log_softmax")
def _softmax(w: Body, y: Tensor, x: Any, axis: Any = -1) -> str:
    axes = np.atleast_1d(axis)
    if axes.size == 1:
        return w.op("Softmax" if y.primitive is table["softmax"] else "LogSoftmax", w.of(x, FLOAT), axis=int(axes[0]))
    over = w.sizes(int(a) for a in axes)
    total = w.op("ReduceLogSumExp", w.of(x, FLOAT), over, keepdims=1)
    logarithm = w.op("Sub", w.of(x, FLOAT), total)
    return w.op("Exp", logarithm) if y.primitive is table["softmax"] else logarithm


@writes("standardize")
def _standardize(w: Body, y: Tensor, x: Any, weight: Any, bias: Any, axis: Any = -1, eps: float = 1e-5) -> str:
    axes = sorted(range(y.ndim) if axis is None else [int(a) % y.ndim for a in np.atleast_1d(axis)])
    shape = y.shape[axes[0] :]
    if axes == [*range(axes[0], y.ndim)] and datum_of(weight).shape == shape and (not _is_there(bias) or datum_of(bias).shape == shape):
        biases = [w.of(bias, FLOAT)] if _is_there(bias) else []
        return w.op("LayerNormalization", w.of(x, FLOAT), w.of(weight, FLOAT), *biases, axis=axes[0] - y.ndim, epsilon=eps)
    over = w.sizes(axes)
    centred = w.op("Sub", w.of(x, FLOAT), w.op("ReduceMean", w.of(x, FLOAT), over))
    variance = w.op("ReduceMean", w.op("Mul", centred, centred), over)
    scaled = w.op("Div", centred, w.op("Sqrt", w.op("Add", variance, w.constant(eps))))
    if isinstance(weight, Node) or np.any(weight != 1):
        scaled = w.op("Mul", scaled, w.of(weight, FLOAT))
    return w.op("Add", scaled, w.of(bias, FLOAT)) if _is_there(bias) else scaled


# --- shapes ---


@writes("reshape")
def _reshape(w: Body, y: Tensor, x: Any, shape: Any) -> str:
    sizes: list[Any] = [shape] if isinstance(shape, (int, Size)) else list(shape)
    free = [i for i, n in enumerate(sizes) if isinstance(n, Size)]
    if len(free) == 1 and -1 not in sizes:
        sizes[free[0]] = -1
    return w.op("Reshape", w.of(x, kind_of(y)), w.sizes(sizes), **({"allowzero": 1} if 0 in sizes else {}))


@writes("expand_dims", "squeeze")
def _to_shape(w: Body, y: Tensor, x: Any, axis: Any = None) -> str:
    axes = [] if axis is None else [w.sizes(int(a) for a in np.atleast_1d(axis))]
    if not axes:  # all axes of length 1; that of the batch is none, whatever its length
        axes = [w.sizes(i for i, n in enumerate(w.shapes_of(x)) if n == 1)]
    return w.op("Unsqueeze" if y.primitive is table["expand_dims"] else "Squeeze", w.of(x, kind_of(y)), *axes)


@writes("transpose")
def _transpose(w: Body, y: Tensor, x: Any, axes: Any = None) -> str:
    order = range(y.ndim)[::-1] if axes is None else [int(a) % y.ndim for a in axes]
    return w.op("Transpose", w.of(x, kind_of(y)), perm=list(order))


@writes("broadcast_to")
def _broadcast_to(w: Body, y: Tensor, x: Any, shape: Any) -> str:
    own = (1,) * (y.ndim - len(w.shapes_of(x))) + w.shapes_of(x)
    return w.op("Expand", w.of(x, kind_of(y)), w.sizes(1 if before == after else after for before, after in zip(own, shape, strict=True)))


@writes("concatenate")
def _concatenate(w: Body, y: Tensor, *xs: Any, axis: int = 0) -> str:
    return w.op("Concat", *(w.of(x, kind_of(y)) for x in xs), axis=axis)


@writes("pad")
def _pad(w: Body, y: Tensor, x: Any, pad_width: Any) -> str:
    return w.op("Pad", w.of(x, kind_of(y)), w.sizes([before for before, _ in pad_width] + [after for _, after in pad_width]))


# --- entries ---


def _fixed(w: Body, x: Any) -> tuple[int, ...]:
    """The shape of a node, none of which may depend on the size of the batch."""
    return tuple(_whole(n) for n in w.shapes_of(x))


def _whole(n: Any) -> int:
    if isinstance(n, Size):
        raise Unwritable("it needs the size of the batch, which is left free; fix it with batch_axis=None")
    return int(n)


@writes("getitem")
def _getitem(w: Body, y: Tensor, x: Any, index: Any) -> str:
    if x in w.parts:
        return _part(w, y, x, index)
    entries, places = _entries(index, len(w.shapes_of(x)))
    name = _sliced(w, w.of(x, kind_of(y)), [(axis, entry) for axis, entry in entries.items() if isinstance(entry, slice)])
    chosen = {axis: np.asarray(entry) for axis, entry in entries.items() if not isinstance(entry, slice)}
    if not chosen:
        return w.op("Unsqueeze", name, w.sizes(places)) if places else name
    if places:
        raise Unwritable("ONNX has no index that takes entries and adds axes; do one after the other")
    if all(entry.ndim == 0 for entry in chosen.values()):
        for axis in sorted(chosen, reverse=True):
            name = w.op("Gather", name, w.constant(chosen[axis]), axis=axis)
        return name
    if len(chosen) == 1:
        ((axis, entry),) = chosen.items()
        return w.op("Gather", name, w.constant(entry), axis=axis)
    return _gathered(w, y, x, name, entries, chosen)


def _entries(index: Any, rank: int) -> tuple[dict[int, Any], list[int]]:
    """For each axis that an index touches, the slice, the number or the numbers; and the places of new axes."""
    parts: list[Any] = []
    for part in index if isinstance(index, tuple) else (index,):
        array = np.asarray(part) if isinstance(part, (np.ndarray, list)) else None
        parts += np.nonzero(array) if array is not None and array.dtype == bool else [part]
    used = sum(part is not None and part is not Ellipsis for part in parts)
    gap = next((i for i, part in enumerate(parts) if part is Ellipsis), len(parts))
    parts[gap : gap + 1] = [slice(None)] * (rank - used)
    entries, places, axis, place = {}, [], 0, 0
    for part in parts:
        if part is None:
            places.append(place)
        else:
            if not (isinstance(part, slice) and part == slice(None)):
                entries[axis] = _whole(part) if isinstance(part, (Size, int, np.integer)) else part
            axis += 1
        place += not isinstance(part, (int, np.integer))
    return entries, places


def _sliced(w: Body, name: str, slices: Sequence[tuple[int, slice]]) -> str:
    if not slices:
        return name
    steps = [1 if part.step is None else part.step for _, part in slices]
    pairs = list(zip(slices, steps, strict=True))
    starts = [part.start if part.start is not None else 0 if step > 0 else TO_THE_END for (_, part), step in pairs]
    ends = [part.stop if part.stop is not None else TO_THE_END if step > 0 else -TO_THE_END for (_, part), step in pairs]
    return w.op("Slice", name, *map(w.sizes, (starts, ends, [axis for axis, _ in slices], steps)))


def _gathered(w: Body, y: Tensor, x: Any, name: str, entries: Any, chosen: dict[int, Any]) -> str:
    """The entries at several arrays of numbers: of the axes they are for, put in front and made one, those at one array of numbers."""
    if len(entries) != len(chosen):
        raise Unwritable("ONNX has no index of several arrays and slices; do one after the other")
    axes, shape = sorted(chosen), w.shapes_of(x)
    rest = [axis for axis in range(len(shape)) if axis not in chosen]
    lengths = [_whole(shape[axis]) for axis in axes]
    numbers = np.broadcast_arrays(*(chosen[axis] % n for axis, n in zip(axes, lengths, strict=True)))
    flat = np.ravel_multi_index(numbers, lengths)
    front = w.op("Reshape", w.op("Transpose", name, perm=[*axes, *rest]), w.sizes([int(np.prod(lengths)), *(shape[axis] for axis in rest)]))
    found = w.op("Gather", front, w.constant(flat), axis=0)
    if axes != [*range(axes[0], axes[-1] + 1)] or not axes[0]:
        return found
    back = [*range(flat.ndim, flat.ndim + axes[0]), *range(flat.ndim), *range(flat.ndim + axes[0], y.ndim)]
    return w.op("Transpose", found, perm=back)


@writes("take")
def _take(w: Body, y: Tensor, x: Any, indices: Any, axis: int | None = None) -> str:
    name = w.of(x, kind_of(y)) if axis is not None else w.op("Reshape", w.of(x, kind_of(y)), w.sizes([-1]))
    return w.op("Gather", name, w.constant(np.asarray(indices)), axis=0 if axis is None else axis)


@writes("lookup")
def _lookup(w: Body, y: Tensor, x: Any, index: Any) -> str:
    return w.op("Gather", w.of(x, kind_of(y)), w.of(index, INT64), axis=0)


@writes("choose")
def _choose(w: Body, y: Tensor, x: Any, index: Any) -> str:
    rows = w.op("Unsqueeze", w.of(index, INT64), w.sizes([1]))
    return w.op("Squeeze", w.op("GatherElements", w.of(x, kind_of(y)), rows, axis=1), w.sizes([1]))


@writes("take_along_axis")
def _take_along_axis(w: Body, y: Tensor, x: Any, index: Any, axis: int) -> str:
    # Along the other axes, ONNX takes as many as the index has, and NumPy repeats an index of length 1.
    shape = [own if a == axis % y.ndim else whole for a, (own, whole) in enumerate(zip(w.shapes_of(index), w.shapes_of(x), strict=True))]
    name = w.of(index, INT64)
    if tuple(shape) != w.shapes_of(index):
        name = w.op("Expand", name, w.sizes(shape))
    return w.op("GatherElements", w.of(x, kind_of(y)), name, axis=axis)


@writes("reverse_sequences")
def _reverse_sequences(w: Body, y: Tensor, x: Any, lengths: Any) -> str:
    return w.op("ReverseSequence", w.of(x, kind_of(y)), w.of(lengths, INT64), batch_axis=1, time_axis=0)


def _scatter(operator: str) -> Writer:
    def write(w: Body, y: Tensor, x: Any, index: Any, shape: Any, axis: int = 0) -> str:
        zeros = w.op("Expand", w.constant(0.0), w.sizes(shape))
        if operator == "ScatterElements":
            return w.op(operator, zeros, w.of(index, INT64), w.of(x, FLOAT), axis=axis, reduction="add")
        return w.op(operator, zeros, w.op("Unsqueeze", w.of(index, INT64), w.sizes([-1])), w.of(x, FLOAT), reduction="add")

    return write


writes("scatter_rows")(_scatter("ScatterND"))
writes("put_along_axis")(_scatter("ScatterElements"))


# --- convolution and pooling ---


def _list(w: Body, bias: Any, length: int) -> str:
    """A bias, repeated if it is a single number."""
    name = w.of(bias, FLOAT)
    return name if np.ndim(datum_of(bias)) else w.op("Expand", name, w.sizes([length]))


def _pads(padding: Any) -> list[int]:
    return [before for before, _ in padding] + [after for _, after in padding]


@writes("conv")
def _conv(w: Body, y: Tensor, x: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> str:
    biases = [_list(w, bias, len(datum_of(weight)))] if _is_there(bias) else []
    return w.op(
        "Conv", w.of(x, FLOAT), w.of(weight, FLOAT), *biases,
        strides=list(stride), pads=_pads(padding), dilations=list(dilation), group=groups,
    )  # fmt: skip


@writes("conv_transpose")
def _conv_transpose(w: Body, y: Tensor, x: Any, weight: Any, shape: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> str:
    sizes = zip(map(_whole, shape), x.shape[2:], datum_of(weight).shape[2:], stride, padding, dilation, strict=True)
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
    """What ONNX' recurrent operators take in place of `z`: the inputs, their weights and their bias, gates in ONNX' order."""
    if getattr(z, "primitive", None) is table["linear"] and all(isinstance(x, Node) or np.ndim(x) == 0 for x in z.inputs):
        x, weight, bias = z.inputs
        name, parts = w.of(x, FLOAT), (_gates(w, w.of(weight, FLOAT), order, hidden), bias)
    else:
        name, parts = w.of(z, FLOAT), (_gates(w, w.constant(np.eye(len(order) * hidden, dtype=np.float32)), order, hidden), 0.0)
    biases = _gates(w, _list(w, parts[1], len(order) * hidden), order, hidden) if _is_there(parts[1]) else None
    return name, w.op("Unsqueeze", parts[0], w.sizes([0])), biases


def _gates(w: Body, weight: str, order: Sequence[int], hidden: int) -> str:
    """Weights with the gates in another order."""
    if len(order) == 1:
        return weight
    return w.op("Gather", weight, w.constant(np.concatenate([np.arange(k * hidden, (k + 1) * hidden) for k in order])), axis=0)


def _recurrent(w: Body, operator: str, z: Any, states: Sequence[Any], weight: Any, bias: Any, order: Sequence[int], **settings: Any) -> Any:
    hidden = datum_of(weight).shape[1]
    x, weights, first = _sequence(w, z, order, hidden)
    again = _gates(w, _list(w, bias, len(order) * hidden), order, hidden) if _is_there(bias) else None
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


def _part(w: Body, y: Tensor, x: Any, index: Any) -> str:
    """Of the results of an LSTM or a GRU, the hidden states at all times; or the cells, of which ONNX has those at the end."""
    parts = w.parts[x]
    if index == -1 and "last" in parts:
        return parts["last"]
    if not isinstance(index, tuple) or len(index) != 2 or index[0] != slice(None) or index[1] not in parts:
        raise Unwritable(RECURRENT)
    if x.primitive is table["lstm"] and index[1] == 4:
        w.parts[y] = {"last": parts[4]}
        return ""
    return parts[index[1]]
