"""How the primitives of products, reductions, shapes and entries are written in ONNX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import Node, Tensor, table

from .bodies import RECURRENT, Body, Unwritable, datum_of, kind_of
from .library import BOOL, FLOAT, INT64
from .tracing import Size
from .writers import Writer, is_there, whole, writes

TO_THE_END = np.iinfo(np.int64).max

# --- choices and products ---


@writes("where")
def _where(w: Body, y: Tensor, condition: Any, a: Any, b: Any) -> str:
    return w.op("Where", w.of(condition, BOOL), w.of(a, kind_of(y)), w.of(b, kind_of(y)))


@writes("astype")
def _astype(w: Body, y: Tensor, x: Any, dtype: Any) -> str:
    return w.of(x, kind_of(y))


@writes("matmul")
def _matmul(w: Body, y: Tensor, a: Any, b: Any) -> str:
    return w.op("MatMul", w.of(a, kind_of(y)), w.of(b, kind_of(y)))


@writes("linear")
def _linear(w: Body, y: Tensor, x: Any, weight: Any, bias: Any) -> str:
    biases = [w.of(bias, FLOAT)] if is_there(bias) else []
    if len(datum_of(x).shape) == 2:
        return w.op("Gemm", w.of(x, FLOAT), w.of(weight, FLOAT), *biases, transB=1)
    product = w.op("MatMul", w.of(x, FLOAT), w.op("Transpose", w.of(weight, FLOAT), perm=[1, 0]))
    return w.op("Add", product, *biases) if biases else product


@writes("einsum")
def _einsum(w: Body, y: Tensor, *xs: Any, subscripts: str) -> str:
    return w.op("Einsum", *(w.of(x, kind_of(y)) for x in xs), equation=subscripts)


@writes("det")
def _det(w: Body, y: Tensor, x: Any) -> str:
    return w.op("Det", w.of(x, FLOAT))


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
    return w.call("TopK", w.of(x), w.sizes([w.shapes_of(x)[axis]]), outputs=2, axis=axis, largest=0, sorted=1)[1]


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
def _standardize(w: Body, y: Tensor, x: Any, weight: Any, bias: Any, axis: Any = -1, eps: float = 1e-5, known: Any = None) -> str:
    axes = sorted(range(y.ndim) if axis is None else [int(a) % y.ndim for a in np.atleast_1d(axis)])
    shape = y.shape[axes[0] :]
    if axes == [*range(axes[0], y.ndim)] and datum_of(weight).shape == shape and (not is_there(bias) or datum_of(bias).shape == shape):
        biases = [w.of(bias, FLOAT)] if is_there(bias) else []
        return w.op("LayerNormalization", w.of(x, FLOAT), w.of(weight, FLOAT), *biases, axis=axes[0] - y.ndim, epsilon=eps)
    over = w.sizes(axes)
    centred = w.op("Sub", w.of(x, FLOAT), w.op("ReduceMean", w.of(x, FLOAT), over))
    variance = w.op("ReduceMean", w.op("Mul", centred, centred), over)
    scaled = w.op("Div", centred, w.op("Sqrt", w.op("Add", variance, w.constant(eps))))
    if isinstance(weight, Node) or np.any(weight != 1):
        scaled = w.op("Mul", scaled, w.of(weight, FLOAT))
    return w.op("Add", scaled, w.of(bias, FLOAT)) if is_there(bias) else scaled


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
    return tuple(whole(n) for n in w.shapes_of(x))


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
                entries[axis] = whole(part) if isinstance(part, (Size, int, np.integer)) else part
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
    """The entries at several arrays of numbers.

    The axes they are for are put in front and made one, and so one array of numbers is enough.
    """
    if len(entries) != len(chosen):
        raise Unwritable("ONNX has no index of several arrays and slices; do one after the other")
    axes, shape = sorted(chosen), w.shapes_of(x)
    rest = [axis for axis in range(len(shape)) if axis not in chosen]
    lengths = [whole(shape[axis]) for axis in axes]
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


def _part(w: Body, y: Tensor, x: Any, index: Any) -> str:
    """Of the results of an LSTM or a GRU, the hidden states at all times; or the cells.

    ONNX has only the cells at the end.
    """
    parts = w.parts[x]
    if index == -1 and "last" in parts:
        return parts["last"]
    if not isinstance(index, tuple) or len(index) != 2 or index[0] != slice(None) or index[1] not in parts:
        raise Unwritable(RECURRENT)
    if x.primitive is table["lstm"] and index[1] == 4:
        w.parts[y] = {"last": parts[4]}
        return ""
    return parts[index[1]]
