"""More of NumPy's functions that move entries: `flip`, `roll`, `tile`, `split`, `vstack`, ….

They have its names and arguments.

Views of an array are made by slices, reshapes and transposes. All the other functions work in the same way:
NumPy's own function is called with the numbers 1, 2, 3, … in place of the entries. Its result tells where each
entry comes from; a 0 means that NumPy puts a zero there.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .core import Node
from .modes import mode
from .operands import array_of
from .primitives import indexing, reductions
from .primitives.choices import where
from .shaping import concatenate, expand_dims, getitem, reshape, stack, transpose
from .shaping import pad as zeros_around
from .types import Axis, Operand, Result

__all__ = [
    "append", "apply_along_axis", "array_split", "atleast_1d", "atleast_2d", "atleast_3d", "block", "broadcast_arrays", "choose",
    "column_stack", "compress",
    "delete", "diag", "diagflat", "diagonal", "dsplit", "dstack", "extract", "flip", "fliplr", "flipud", "hsplit", "hstack", "insert",
    "matrix_transpose", "meshgrid", "moveaxis", "pad", "piecewise", "ravel", "repeat", "resize", "roll", "rollaxis", "rot90", "select",
    "split",
    "swapaxes", "tile", "trace", "tril", "triu", "unstack", "vsplit", "vstack",
]  # fmt: skip


def moved(function: Callable[..., Any], *names: str) -> Callable[..., Any]:
    """One of NumPy's functions that only move entries, for nodes.

    Args:
        function: NumPy's function.
        names: the names of its arguments that contain entries. The others are plain numbers, such as an axis.

    Example:
        >>> from autograd import Tensor
        >>> moved(np.roll, "a")(Tensor([1.0, 2.0, 3.0]), 1)
        Tensor([3., 1., 2.])
    """
    signature = inspect.signature(function)

    def rearranged(*args: Any, **kwargs: Any) -> Any:
        given = signature.bind(*args, **kwargs)
        entries: list[Any] = []
        for name, x in given.arguments.items():
            if name in names:
                given.arguments[name] = _numbered(x, entries)
            elif isinstance(x, Node):
                if mode.tracing is not None:
                    mode.tracing(f"np.{function.__name__}", f"choose with autograd.where, or give `{name}` as a plain array or number")
                given.arguments[name] = x._datum
        places = function(*given.args, **given.kwargs)
        dtype = np.result_type(*[getattr(x, "dtype", x) for x in entries])  # Python's own numbers do not change it
        everything = concatenate([np.zeros(1, dtype), *[x if hasattr(x, "dtype") else np.full(1, x, dtype) for x in entries]])
        return _each(lambda numbers: indexing.take(everything, indices=np.asarray(numbers), axis=0), places)

    functools.update_wrapper(rearranged, function)
    rearranged.__signature__ = signature  # type: ignore[attr-defined]
    return rearranged


def _numbered(x: Any, entries: list[Any]) -> Any:
    """Numbers, from 1, in place of the entries of `x`, which are added to `entries`; a list for a list of arrays."""
    if isinstance(x, (list, tuple)) and any(isinstance(part, (list, tuple)) or np.ndim(part) or isinstance(part, Node) for part in x):
        return type(x)([_numbered(part, entries) for part in x])
    array = array_of(x)
    start = sum(np.size(part) for part in entries) + 1
    entries.append(x if isinstance(x, (int, float)) else reshape(array, -1))
    return np.arange(start, start + array.size).reshape(array.shape)


def _each(function: Callable[[Any], Any], x: object) -> Any:
    return type(x)([_each(function, part) for part in x]) if isinstance(x, (list, tuple)) else function(x)


append = moved(np.append, "arr", "values")
block = moved(np.block, "arrays")
broadcast_arrays = moved(np.broadcast_arrays, "args")
choose = moved(np.choose, "choices")
compress = moved(np.compress, "a")
delete = moved(np.delete, "arr")
diag = moved(np.diag, "v")
diagflat = moved(np.diagflat, "v")
diagonal = moved(np.diagonal, "a")
extract = moved(np.extract, "arr")
insert = moved(np.insert, "arr", "values")
meshgrid = moved(np.meshgrid, "xi")
repeat = moved(np.repeat, "a")
resize = moved(np.resize, "a")
roll = moved(np.roll, "a")
rollaxis = moved(np.rollaxis, "a")
rot90 = moved(np.rot90, "m")
tile = moved(np.tile, "A")


def pad(array: Any, pad_width: Any, mode: str = "constant", *, constant_values: Any = 0) -> Result:
    """The array with a border of zeros or `constant_values`, or of its own entries.

    The border repeats entries if the mode is "edge", "reflect", "symmetric" or "wrap".
    """
    if mode in ("edge", "reflect", "symmetric", "wrap"):
        return moved(np.pad, "array")(array, pad_width, mode=mode)
    if mode != "constant":
        raise ValueError(f"pad: the mode {mode!r} is not here; there are constant, edge, reflect, symmetric and wrap.")
    padded = zeros_around(array, pad_width)
    if np.any(constant_values):
        padded = padded + np.pad(np.zeros(np.shape(array)), pad_width, constant_values=constant_values).astype(padded.dtype)
    return padded


def ravel(a: Operand) -> Result:
    """All entries along one axis."""
    return reshape(a, -1)


def flip(m: Operand, axis: Axis = None) -> Result:
    """The entries in reversed order along some axes; None means all axes."""
    array = array_of(m)
    reversed_axes = range(array.ndim) if axis is None else [int(a) % array.ndim for a in np.atleast_1d(axis)]
    return getitem(array, tuple(slice(None, None, -1) if a in reversed_axes else slice(None) for a in range(array.ndim)))


def flipud(m: Operand) -> Result:
    """The rows in reversed order."""
    return flip(m, 0)


def fliplr(m: Operand) -> Result:
    """The columns in reversed order."""
    return flip(m, 1)


def swapaxes(a: Operand, axis1: int, axis2: int) -> Result:
    """An array with two axes exchanged."""
    array = array_of(a)
    order = list(range(array.ndim))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return transpose(array, order)


def moveaxis(a: Operand, source: int | Sequence[int], destination: int | Sequence[int]) -> Result:
    """An array with some axes moved to other positions; the others keep their order."""
    array = array_of(a)
    pairs = zip(np.atleast_1d(destination) % array.ndim, np.atleast_1d(source) % array.ndim, strict=True)
    order = [n for n in range(array.ndim) if n not in np.atleast_1d(source) % array.ndim]
    for place, axis in sorted(pairs):
        order.insert(int(place), int(axis))
    return transpose(array, order)


def matrix_transpose(x: Operand) -> Result:
    """An array with the last two axes exchanged."""
    return swapaxes(x, -1, -2)


def trace(a: Operand, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Result:
    """The sum of the diagonal."""
    return reductions.sum_(diagonal(a, offset, axis1, axis2), axis=-1)


def tril(m: Operand, k: int = 0) -> Result:
    """The entries on and below the `k`-th diagonal, and zeros above."""
    array = array_of(m)
    return where(np.tri(array.shape[-2], array.shape[-1], k, bool), array, 0.0)


def triu(m: Operand, k: int = 0) -> Result:
    """The entries on and above the `k`-th diagonal, and zeros below."""
    array = array_of(m)
    return where(np.tri(array.shape[-2], array.shape[-1], k - 1, bool), 0.0, array)


def piecewise(x: Operand, condlist: Sequence[Any], funclist: Sequence[Any]) -> Result:
    """Functions applied where conditions hold (the last, if several do), and one more or 0 elsewhere.

    A number is a constant function.
    """
    array = array_of(x)
    conditions = condlist if isinstance(condlist, (list, tuple)) else [condlist]
    *functions, default = funclist if len(funclist) > len(conditions) else [*funclist, 0.0]
    result: Any = default(array) if callable(default) else array * 0.0 + default
    for condition, function in zip(conditions, functions, strict=True):
        result = where(condition, function(array) if callable(function) else function, result)
    return result


def apply_along_axis(func1d: Callable[..., Any], axis: int, arr: Operand, *args: Any, **kwargs: Any) -> Result:
    """A function applied to each vector along an axis; its results take the place of that axis."""
    front = moveaxis(arr, axis, -1)
    results = stack([func1d(row, *args, **kwargs) for row in reshape(front, (-1, front.shape[-1]))])
    n = results.ndim - 1
    whole = reshape(results, (*front.shape[:-1], *results.shape[1:]))
    axis %= front.ndim
    return moveaxis(whole, range(whole.ndim - n, whole.ndim), range(axis, axis + n)) if n else whole


def select(condlist: Sequence[Any], choicelist: Sequence[Operand], default: Operand = 0.0) -> Result:
    """At each position, the entry of the first choice whose condition holds there; the default, if none does."""
    if len(condlist) != len(choicelist):
        raise ValueError(f"select got {len(condlist)} conditions and {len(choicelist)} choices; each choice has one condition.")
    result: Any = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        result = where(condition, array_of(choice), result)
    return result


def atleast_1d(*arys: Operand) -> Result:
    """Arrays with at least one axis."""
    return _one_or_all([x if x.ndim else reshape(x, 1) for x in map(array_of, arys)])


def atleast_2d(*arys: Operand) -> Result:
    """Arrays with at least two axes; a vector becomes a row."""
    return _one_or_all([x if x.ndim > 1 else reshape(x, (1, -1)) for x in map(array_of, arys)])


def atleast_3d(*arys: Operand) -> Result:
    """Arrays with at least three axes; new axes are the first and the last."""
    return _one_or_all([x if x.ndim > 2 else expand_dims(atleast_2d(x), -1) for x in map(array_of, arys)])


def _one_or_all(arrays: list[Any]) -> Any:
    return arrays[0] if len(arrays) == 1 else tuple(arrays)


def vstack(tup: Sequence[Operand]) -> Result:
    """Arrays one below the other, vectors as rows."""
    return concatenate([atleast_2d(x) for x in tup])


def hstack(tup: Sequence[Operand]) -> Result:
    """Arrays side by side, vectors one after the other."""
    arrays = [atleast_1d(x) for x in tup]
    return concatenate(arrays, axis=min(arrays[0].ndim - 1, 1))


def dstack(tup: Sequence[Operand]) -> Result:
    """Arrays one behind the other, along a third axis."""
    return concatenate([atleast_3d(x) for x in tup], axis=2)


def column_stack(tup: Sequence[Operand]) -> Result:
    """Vectors, and the columns of matrices, side by side."""
    return concatenate([x if x.ndim > 1 else reshape(x, (-1, 1)) for x in map(array_of, tup)], axis=1)


def _cut(function: Callable[..., Any], x: Operand, sections: Operand, axis: int) -> list[Any]:
    array = array_of(x)
    pieces = function(np.arange(array.shape[axis]), sections)
    starts = [int(piece[0]) if len(piece) else 0 for piece in pieces]
    before = (slice(None),) * (axis % array.ndim)
    return [getitem(array, (*before, slice(start, start + len(piece)))) for start, piece in zip(starts, pieces, strict=True)]


def split(ary: Operand, indices_or_sections: Operand, axis: int = 0) -> list[Any]:
    """Parts along an axis: a number of parts of equal length, or parts that begin at the given positions."""
    return _cut(np.split, ary, indices_or_sections, axis)


def array_split(ary: Operand, indices_or_sections: Operand, axis: int = 0) -> list[Any]:
    """Like `split`, with parts that need not have equal lengths."""
    return _cut(np.array_split, ary, indices_or_sections, axis)


def vsplit(ary: Operand, indices_or_sections: Operand) -> list[Any]:
    """Parts along the first axis."""
    return split(ary, indices_or_sections, 0)


def hsplit(ary: Operand, indices_or_sections: Operand) -> list[Any]:
    """Parts along the second axis, of a vector along its only one."""
    return split(ary, indices_or_sections, min(array_of(ary).ndim - 1, 1))


def dsplit(ary: Operand, indices_or_sections: Operand) -> list[Any]:
    """Parts along the third axis."""
    return split(ary, indices_or_sections, 2)


def unstack(x: Operand, *, axis: int = 0) -> tuple[Any, ...]:
    """The slices along an axis, each without that axis."""
    array = array_of(x)
    before = (slice(None),) * (axis % array.ndim)
    return tuple(getitem(array, (*before, i)) for i in range(array.shape[axis]))
