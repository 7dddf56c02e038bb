"""The table of derivatives: reading the entries of arrays at an index, and putting entries into zeros.

The two are opposites: the rule of `getitem` is `scatter`, which puts the gradient back where its number came from, and
the other way round. So are `lookup` and `scatter_rows`, and `choose` and `place`, whose index is an input.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core import Case, Node, Primitive
from . import algebra, printing
from .shapes import reshape, transpose


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
