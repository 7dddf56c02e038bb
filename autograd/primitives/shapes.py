"""The table of derivatives: reading, moving and joining the entries of arrays.

None of these changes a number, so each derivative puts the gradient back where its number came
from: the rule of `reshape` is a reshape, of `transpose` a transpose, of `getitem` its opposite
`scatter`, and the other way round.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core import Case, Node, Primitive
from . import algebra, printing


def _reshape_in_numpy(w: printing.Writer, y: Node, x: Any, shape: Any) -> str:
    shape = y.shape  # without a -1
    if not isinstance(x, Node) or (x.shape == () and shape):
        return f"np.full({shape}, {w.text_of(x)})" if shape != (1,) else f"np.array([{w.text_of(x)}])"
    if shape == ():
        return f"{w.owner(x)}[{', '.join('0' * len(x.shape))}]"
    if len(shape) == 1:
        return f"{w.owner(x)}.ravel()"
    if len(x.shape) == 1 and shape == (*x.shape, 1):
        return f"{w.owner(x)}[:, None]"
    if tuple(n for n in shape if n != 1) == x.shape and 1 not in x.shape:
        index = ["None" if n == 1 else ":" for n in shape]
        while index[-1] == ":":
            index.pop()
        if index[:-1].count(":") == len(index) - 1 > 1:
            index = ["...", "None"]
        return f"{w.owner(x)}[{', '.join(index)}]"
    return f"{w.owner(x)}.reshape({', '.join(map(str, shape))})"


def _transpose_in_numpy(w: printing.Writer, y: Node, x: Any, axes: Any = None) -> str:
    return f"{w.owner(x)}.T" if axes is None or len(y.shape) == 2 else f"{w.owner(x)}.transpose({axes})"



def axes_of_batch(x: Any, axis: Any) -> tuple[int, ...]:
    """The axes of `x`, whose first one counts examples, that are called `axis` in each example: one or several; all, if None."""
    if axis is None:
        return tuple(range(1, x.ndim))
    return tuple(int(a) % (x.ndim - 1) + 1 for a in np.atleast_1d(axis))


reshape: Primitive = Primitive(
    "reshape", symbol="reshape", latex="#1", analytic=True, elementwise=False, kind="shape",
    cases=(Case((2, 3), shape=(3, 2)), Case((), shape=(1, 1)), Case((0, 3), shape=(3, 0))),
    scalar=None, array=lambda x, shape: np.asarray(x).reshape(shape),
    numpy=printing.View(_reshape_in_numpy), simplify=algebra.reshape,
    vjp=(lambda g, y, x, shape: reshape(g, shape=x.shape),),
    batch=lambda batch, x, shape: reshape(x, shape=(batch.size, *batch.shape)),
    doc="""The same entries in another shape.

    >>> reshape(np.arange(4.0), shape=(2, 2))
    array([[0., 1.],
           [2., 3.]])
    """,
)  # fmt: skip
transpose: Primitive = Primitive(
    "transpose", symbol="ᵀ", latex=r"#1^\top", analytic=True, elementwise=False, kind="shape",
    cases=(Case((2, 3), axes=None), Case((2, 3, 4), axes=(2, 0, 1))),
    scalar=None, array=lambda x, axes=None: x.transpose(axes),
    numpy=printing.View(_transpose_in_numpy), simplify=algebra.transpose,
    vjp=(lambda g, y, x, axes=None: transpose(
        g, axes=None if axes is None else tuple(np.argsort([a % len(axes) for a in axes]).tolist())),),
    batch=lambda batch, x, axes=None: transpose(x, axes=(0, *axes_of_batch(x, axes or range(x.ndim - 1)[::-1]))),
    doc="""The axes in another order; reversed if none is given.

    >>> transpose(np.ones((2, 3))).shape
    (3, 2)
    """,
)  # fmt: skip
expand_dims = Primitive(
    "expand_dims", symbol="expand dims", latex="#1", analytic=True, elementwise=False, kind="shape",
    cases=(Case((2, 3), axis=1), Case((3,), axis=(0, -1))),
    scalar=None, array=lambda x, axis: np.expand_dims(x, axis),
    composition=lambda y, x, axis: reshape(x, shape=y.shape),
    simplify=algebra.as_reshape,
    vjp=(lambda g, y, x, axis: reshape(g, shape=x.shape),),
    batch=lambda batch, x, axis: reshape(x, shape=(batch.size, *batch.shape)),
    doc="""New axes of length 1 at the given places.

    >>> expand_dims(np.ones(3), axis=0).shape
    (1, 3)
    """,
)  # fmt: skip
squeeze = Primitive(
    "squeeze", symbol="squeeze", latex="#1", analytic=True, elementwise=False, kind="shape",
    cases=(Case((2, 1, 3, 1), axis=None), Case((1, 3, 1), axis=0)),
    scalar=None, array=lambda x, axis=None: np.squeeze(x, axis),
    composition=lambda y, x, axis=None: reshape(x, shape=y.shape),
    simplify=algebra.as_reshape,
    vjp=(lambda g, y, x, axis=None: reshape(g, shape=x.shape),),
    batch=lambda batch, x, axis=None: reshape(x, shape=(batch.size, *batch.shape)),
    doc="""Without the axes of length 1 (or those given).

    >>> squeeze(np.ones((1, 3))).shape
    (3,)
    """,
)  # fmt: skip


def _scatter(g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    placed = np.zeros(shape, dtype=np.result_type(g))
    numbers = index[0] if isinstance(index, tuple) and len(index) == 1 else index
    if printing.is_basic(index):
        placed[index] = g
    elif not isinstance(numbers, tuple) and np.asarray(numbers).dtype.kind in "iu":
        _add_rows(placed, np.asarray(numbers), g)
    else:
        np.add.at(placed, index, g)
    return placed


def _add_rows(placed: Any, numbers: Any, rows: Any) -> None:
    """Add rows to those with the given numbers; sorted first, so that rows of one number are added up at once.

    `np.add.at` would do, and take ten times as long.
    """
    if placed.ndim == 1 or not numbers.size:
        np.add.at(placed, numbers, rows)
        return
    numbers = numbers.ravel() % len(placed)
    order = np.argsort(numbers, kind="stable")
    ordered = numbers[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    placed[ordered[starts]] = np.add.reduceat(rows.reshape(-1, *placed.shape[1:])[order], starts, axis=0)


def _axes_in_front(index: tuple[Any, ...]) -> int:
    """How many axes the arrays in an index put in front, because they are not side by side; 0 if they are."""
    if not any(isinstance(part, (np.ndarray, list)) for part in index):
        return 0
    advanced = [isinstance(part, (int, np.integer, np.ndarray, list)) for part in index]
    first, last = advanced.index(True), len(advanced) - advanced[::-1].index(True)
    if all(advanced[first:last]):
        return 0
    arrays = [np.asarray(part) for part, is_advanced in zip(index, advanced, strict=True) if is_advanced]
    return max(1 if array.dtype == bool else array.ndim for array in arrays)


def _getitem_of_batch(x: Any, index: Any) -> Any:
    index = index if isinstance(index, tuple) else (index,)
    part = getitem(x, index=(slice(None), *index))
    front = _axes_in_front(index)  # these are before the axis of the examples
    return transpose(part, axes=(front, *range(front), *range(front + 1, part.ndim))) if front else part


def _scatter_of_batch(g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    index = index if isinstance(index, tuple) else (index,)
    front = _axes_in_front(index)
    if front:
        g = transpose(g, axes=(*range(1, front + 1), 0, *range(front + 1, g.ndim)))
    return scatter(g, index=(slice(None), *index), shape=shape)


ROWS = np.array([0, 2, 2])
MASK = np.array([[True, False], [False, True], [True, True]])

getitem = Primitive(
    "getitem", symbol="[ ]", latex="#1_{[\\,]}", analytic=True, elementwise=False, masks="place",
    cases=(
        Case((3, 2), index=1), Case((3, 2), index=(slice(None, None, -1), 0)), Case((3, 2), index=(..., None, slice(1, 2))),
        Case((3, 2), index=ROWS), Case((3, 2), index=(ROWS, [1, 0, 0])), Case((3, 2), index=MASK), Case((3, 2), index=slice(3, None)),
    ),
    scalar=None, array=lambda x, index: x[index],
    numpy=printing.Part(lambda w, y, x, index: f"{w.owner(x)}[{w.index(index, x.shape)}]"), simplify=algebra.getitem,
    vjp=(lambda g, y, x, index: scatter(g, index=index, shape=x.shape),),
    batch=lambda batch, x, index: _getitem_of_batch(x, index),
    doc="""The entries at an index, basic or advanced, as in NumPy; an entry read twice gets both gradients.

    >>> getitem(np.array([1.0, 2.0, 3.0]), index=[0, 0])
    array([1., 1.])
    """,
)  # fmt: skip


def _scatter_line(w: printing.Writer, y: Node, to: str, sign: str) -> str:
    index = y.static["index"]
    text = w.index(index, y.shape)
    if printing.is_basic(index):
        return f"{to}[{text}] {sign} {w.text_of(y.left)}"
    if isinstance(index, tuple):
        text = f"np.s_[{text}]" if ":" in text or "..." in text or len(index) < 2 else f"({text})"
    return f"np.add.at({to}, {text}, {w.text_of(y.left)})"


def _is_count(y: Node) -> bool:
    """Whether `np.bincount` says it: numbers added up in a list, by position."""
    if y._datum.dtype != float or len(y.shape) != 1:
        return False
    index = y.static["index"]
    return isinstance(index, np.ndarray) and index.dtype.kind in "iu" and bool((index >= 0).all())


def _bincount(w: printing.Writer, y: Node, g: Any, index: Any, shape: Any) -> str:
    weights = w.text_of(g) if len(index.shape) == 1 else f"{w.owner(g)}.ravel()"
    return f"np.bincount({w.constant(index.ravel())}, {weights}, minlength={shape[0]})"


scatter: Primitive = Primitive(
    "scatter", symbol="scatter", latex=r"\operatorname{scatter}(#1)", analytic=True, elementwise=False, sums=True,
    cases=(Case((2,), index=1, shape=(3, 2)), Case((3, 2), index=ROWS, shape=(4, 2))),
    scalar=None, array=_scatter,
    numpy=printing.Assigned(_scatter_line, when=lambda y: not _is_count(y), otherwise=_bincount),
    vjp=(lambda g, y, x, index, shape: getitem(g, index=index),),
    batch=lambda batch, g, index, shape: _scatter_of_batch(g, index, (batch.size, *shape)),
    doc="""Zeros of a shape, with entries added in at an index: the opposite of `getitem`.

    >>> scatter(np.array([1.0, 2.0]), index=[0, 0], shape=(3,))
    array([3., 0., 0.])
    """,
)  # fmt: skip


def _take_index(axis: int | None, ndim: int, indices: Any) -> Any:
    return indices if axis is None else (slice(None),) * (axis % ndim) + (indices,)


def _take_gradient(g: Any, y: Any, x: Any, indices: Any, axis: int | None = None) -> Any:
    index = _take_index(axis, x.ndim, np.asarray(indices))
    if axis is not None:
        return scatter(g, index=index, shape=x.shape)
    return reshape(scatter(g, index=index, shape=(x.size,)), shape=x.shape)


def _take_in_numpy(w: printing.Writer, y: Node, x: Any, indices: Any, axis: int | None = None) -> str:
    return f"np.take({w.text_of(x)}, {w.static(np.asarray(indices))}{'' if axis is None else f', axis={axis}'})"


def _take_by_index(y: Any, x: Any, indices: Any, axis: int | None = None) -> Any:
    if axis is None:
        return getitem(reshape(x, shape=(x.size,)), index=np.asarray(indices))
    return getitem(x, index=(slice(None),) * (axis % x.ndim) + (np.asarray(indices),))


take = Primitive(
    "take", symbol="take", latex=r"#1_{[\,]}", analytic=True, elementwise=False, masks="place",
    cases=(Case((3, 2), indices=ROWS, axis=0), Case((2, 3), indices=[[0, 0], [1, -1]], axis=-1), Case((2, 3), indices=5, axis=None)),
    scalar=None, array=lambda x, indices, axis=None: np.take(x, indices, axis=axis),
    composition=_take_by_index,
    numpy=_take_in_numpy,
    vjp=(_take_gradient,),
    batch=lambda batch, x, indices, axis=None: _take_of_batch(x, indices, axis),
    doc="""The rows (or the slices along another axis) with the given numbers; of the flattened array without an axis.

    >>> take(np.array([[1.0, 2.0], [3.0, 4.0]]), indices=[1, 1], axis=0)
    array([[3., 4.],
           [3., 4.]])
    """,
)  # fmt: skip


def _take_of_batch(x: Any, indices: Any, axis: int | None) -> Any:
    if axis is None:
        return take(reshape(x, shape=(len(x), math.prod(x.shape[1:]))), indices=indices, axis=1)
    return take(x, indices=indices, axis=axis % (x.ndim - 1) + 1)


def _slices(axis: int, ndim: int, start: int, stop: int) -> tuple[slice, ...]:
    return (slice(None),) * (axis % ndim) + (slice(start, stop),)


def _split(g: Any, y: Any, *xs: Any, axis: int = 0) -> list[Any]:
    ends = np.cumsum([x.shape[axis] for x in xs])
    return [
        getitem(g, index=_slices(axis, g.ndim, int(end) - x.shape[axis], int(end)))
        for x, end in zip(xs, ends, strict=True)
    ]  # fmt: skip


concatenate: Primitive = Primitive(
    "concatenate", symbol="concat", latex=lambda *xs: rf"\left[{', '.join(xs)}\right]", analytic=True, elementwise=False,
    kind="join", cases=(Case((2, 3), (1, 3), axis=0), Case((2, 3), (2, 0), (2, 1), axis=-1)),
    scalar=None, array=lambda *xs, axis=0: np.concatenate(xs, axis=axis),
    numpy=printing.sequence("concatenate"),
    vjp=_split,
    batch=lambda batch, *xs, axis=0: concatenate(*batch.repeated(xs), axis=axis % len(batch.shape) + 1),
    doc="""Arrays one after the other along an axis that they have.

    >>> concatenate(np.ones(2), np.zeros(1))
    array([1., 1., 0.])
    """,
)  # fmt: skip
def _stack_by_concatenating(*xs: Any, axis: int = 0) -> Any:
    return concatenate(*[expand_dims(x, axis=axis) for x in xs], axis=axis)


stack: Primitive = Primitive(
    "stack", symbol="stack", latex=lambda *xs: rf"\left[{', '.join(xs)}\right]", analytic=True, elementwise=False,
    kind="join", cases=(Case((2, 3), (2, 3), axis=0), Case((3,), (3,), (3,), axis=-1), Case((), (), axis=0)),
    scalar=None, array=lambda *xs, axis=0: np.stack(xs, axis=axis),
    composition=lambda y, *xs, axis=0: _stack_by_concatenating(*xs, axis=axis),
    numpy=printing.sequence("stack"),
    onnx=_stack_by_concatenating,
    vjp=lambda g, y, *xs, axis=0: [getitem(g, index=(slice(None),) * (axis % g.ndim) + (i,)) for i in range(len(xs))],
    batch=lambda batch, *xs, axis=0: stack(*batch.repeated(xs), axis=axis % len(batch.shape) + 1),
    doc="""Arrays of one shape side by side along a new axis.

    >>> stack(np.ones(2), np.zeros(2))
    array([[1., 1.],
           [0., 0.]])
    """,
)  # fmt: skip
pad: Primitive = Primitive(
    "pad", symbol="pad", latex="#1", analytic=True, elementwise=False,
    cases=(Case((2, 3), pad_width=((1, 0), (0, 2))), Case((3,), pad_width=((2, 1),))),
    scalar=None, array=lambda x, pad_width: np.pad(x, pad_width),
    composition=lambda y, x, pad_width: scatter(
        x, index=tuple(slice(before, before + n) for (before, _), n in zip(pad_width, x.shape, strict=True)), shape=y.shape),
    numpy=lambda w, y, x, pad_width: f"np.pad({w.text_of(x)}, {pad_width if len(pad_width) > 1 else pad_width[0]})",
    vjp=(lambda g, y, x, pad_width: getitem(g, index=tuple(
        slice(before, before + n) for (before, _), n in zip(pad_width, x.shape, strict=True))),),
    batch=lambda batch, x, pad_width: pad(x, pad_width=((0, 0), *pad_width)),
    doc="""Zeros added before and after the entries of each axis.

    >>> pad(np.ones(2), pad_width=((1, 1),))
    array([0., 1., 1., 0.])
    """,
)  # fmt: skip



def _windows(x: Any, size: Sequence[int], axis: Sequence[int]) -> Any:
    return np.lib.stride_tricks.sliding_window_view(x, tuple(size), tuple(axis))


def _add_windows(g: Any, size: Sequence[int], axis: Sequence[int]) -> Any:
    rank = g.ndim - len(size)
    shape = list(g.shape[:rank])
    for n, a in zip(size, axis, strict=True):
        shape[a] += n - 1
    total = np.zeros(shape, g.dtype)
    for inside in np.ndindex(*size):
        place = [slice(None)] * rank
        for i, a in zip(inside, axis, strict=True):
            place[a] = slice(i, i + g.shape[a])
        total[tuple(place)] += g[(..., *inside)]
    return total


def _windows_in_onnx(x: Any, size: Sequence[int], axis: Sequence[int]) -> Any:
    for n, a in zip(size, axis, strict=True):
        length = x.shape[a] - n + 1
        x = stack(*[getitem(x, index=_slices(a, x.ndim, i, i + length)) for i in range(n)], axis=-1)
    return x


def _roll_in_parts(x: Any, shift: Sequence[int], axis: Sequence[int]) -> Any:
    for n, a in zip(shift, axis, strict=True):
        cut = -n % x.shape[a]
        x = concatenate(getitem(x, index=_slices(a, x.ndim, cut, x.shape[a])), getitem(x, index=_slices(a, x.ndim, 0, cut)), axis=a)
    return x


windows: Primitive = Primitive(
    "windows", symbol="windows", latex=r"\operatorname{windows}(#1)", analytic=True, elementwise=False, kind="shape",
    cases=(Case((5,), size=(3,), axis=(0,)), Case((4, 3, 5), size=(2, 3), axis=(0, 2))),
    scalar=None, array=_windows,
    numpy=printing.View(lambda w, y, x, size, axis: f"np.lib.stride_tricks.sliding_window_view({w.text_of(x)}, " + (
        f"{size[0]})" if len(x.shape) == 1 else f"{size}, {axis})")),
    onnx=_windows_in_onnx,
    vjp=(lambda g, y, x, size, axis: add_windows(g, size=size, axis=axis),),
    batch=lambda batch, x, size, axis: windows(x, size=size, axis=tuple(a + 1 for a in axis)),
    doc="""The windows of given lengths that move along axes, as axes at the end.

    >>> windows(np.arange(4.0), size=(2,), axis=(0,))
    array([[0., 1.],
           [1., 2.],
           [2., 3.]])
    """,
)  # fmt: skip
add_windows: Primitive = Primitive(
    "add_windows", symbol="add windows", latex=r"\operatorname{add\ windows}(#1)", analytic=True, elementwise=False, sums=True,
    cases=(Case((3, 3), size=(3,), axis=(0,)), Case((3, 3, 3, 2, 3), size=(2, 3), axis=(0, 2))),
    scalar=None, array=_add_windows,
    vjp=(lambda g, y, x, size, axis: windows(g, size=size, axis=axis),),
    batch=lambda batch, x, size, axis: add_windows(x, size=size, axis=tuple(a + 1 for a in axis)),
    doc="""Windows that lie over one another, added up: the opposite of `windows`.

    >>> add_windows(np.ones((3, 2)), size=(2,), axis=(0,))
    array([1., 2., 2., 1.])
    """,
)  # fmt: skip
rolled: Primitive = Primitive(
    "rolled", symbol="roll", latex=r"\operatorname{roll}(#1)", analytic=True, elementwise=False, kind="shape",
    cases=(Case((5,), shift=(2,), axis=(0,)), Case((3, 4), shift=(1, -1), axis=(0, 1))),
    scalar=None, array=lambda x, shift, axis: np.roll(x, shift, axis),
    composition=lambda y, *xs, **settings: _roll_in_parts(*xs, **settings),
    numpy=lambda w, y, x, shift, axis: f"np.roll({w.text_of(x)}, " + (
        f"{shift[0]})" if len(x.shape) == 1 else f"{shift[0]}, axis={axis[0]})" if len(axis) == 1 else f"{shift}, axis={axis})"),
    onnx=_roll_in_parts,
    vjp=(lambda g, y, x, shift, axis: rolled(g, shift=tuple(-n for n in shift), axis=axis),),
    batch=lambda batch, x, shift, axis: rolled(x, shift=shift, axis=tuple(a + 1 for a in axis)),
    doc="""The entries moved on along axes, where those that leave at the end come in again at the start.

    >>> rolled(np.array([1.0, 2.0, 3.0]), shift=(1,), axis=(0,))
    array([3., 1., 2.])
    """,
)  # fmt: skip
lookup: Primitive = Primitive(
    "lookup", symbol="take", latex=r"#1_{#2}", analytic=True, elementwise=False, masks="place",
    cases=(Case((3, 2), (4,)), Case((3,), (2, 2))),
    scalar=None, array=lambda x, index: x[np.asarray(index).astype(np.intp)],
    numpy=lambda w, y, x, index: f"{w.owner(x)}[{w.whole_numbers(index)}]",
    vjp=(lambda g, y, x, index: scatter_rows(g, index, shape=x.shape), None),
    batch=lambda batch, x, index: getitem(x, index=batch.rows(index)) if batch.has_axis[0] else lookup(x, index),
    doc="""The rows with the numbers that an array of them gives, as an input of its own (of a compiled program).

    >>> lookup(np.array([10.0, 20.0]), np.array([1, 1]))
    array([20., 20.])
    """,
)  # fmt: skip


def _scatter_rows(g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    placed = np.zeros(shape, dtype=np.result_type(g))
    _add_rows(placed, np.asarray(index).astype(np.intp), g)
    return placed


scatter_rows: Primitive = Primitive(
    "scatter_rows", symbol="scatter", latex=r"\operatorname{scatter}(#1)", analytic=True, elementwise=False, sums=True,
    cases=(Case((4, 2), (4,), shape=(3, 2)),),
    scalar=None, array=_scatter_rows,
    numpy=printing.Assigned(lambda w, y, to, sign: f"np.add.at({to}, {w.whole_numbers(y.right)}, {w.text_of(y.left)})"),
    vjp=(lambda g, y, x, index, shape: lookup(g, index), None),
    batch=lambda batch, g, index, shape: scatter(*batch.repeated((g,)), index=batch.rows(index), shape=(batch.size, *shape)),
    doc="""Zeros of a shape, with rows added in where an array of numbers says: the opposite of `lookup`.

    >>> scatter_rows(np.array([1.0, 2.0]), np.array([0, 0]), shape=(3,))
    array([3., 0., 0.])
    """,
)  # fmt: skip


def _place(g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    placed = np.zeros(shape, dtype=np.result_type(g))
    placed[np.arange(len(g)), np.asarray(index).astype(np.intp)] = g
    return placed


choose: Primitive = Primitive(
    "choose", symbol="take", latex=r"#1_{#2}", analytic=True, elementwise=False, masks="place",
    cases=(Case((3, 2), (3,)),),
    scalar=None, array=lambda x, index: x[np.arange(len(x)), np.asarray(index).astype(np.intp)],
    numpy=lambda w, y, x, index: f"{w.owner(x)}[np.arange({y.shape[0]}), {w.whole_numbers(index)}]",
    vjp=(lambda g, y, x, index: place(g, index, shape=x.shape), None),
    batch=lambda batch, x, index: getitem(*batch.repeated((x,)), index=batch.rows(index, np.arange(*batch.shape))),
    doc="""One entry of each row: the one with the number that an array of them gives.

    >>> choose(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1, 0]))
    array([2., 3.])
    """,
)  # fmt: skip
place: Primitive = Primitive(
    "place", symbol="scatter", latex=r"\operatorname{scatter}(#1)", analytic=True, elementwise=False,
    cases=(Case((3,), (3,), shape=(3, 2)),),
    scalar=None, array=_place,
    numpy=printing.Assigned(
        lambda w, y, to, sign: f"{to}[np.arange({y.shape[0]}), {w.whole_numbers(y.right)}] {sign} {w.text_of(y.left)}"
    ),
    vjp=(lambda g, y, x, index, shape: choose(g, index), None),
    batch=lambda batch, g, index, shape: scatter(
        *batch.repeated((g,)), index=batch.rows(index, np.arange(shape[0])), shape=(batch.size, *shape)),
    doc="""Zeros of a shape, with one number put into each row: the opposite of `choose`.

    >>> place(np.array([1.0, 2.0]), np.array([1, 0]), shape=(2, 2))
    array([[0., 1.],
           [2., 0.]])
    """,
)  # fmt: skip
