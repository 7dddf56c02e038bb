"""The table of derivatives: joining arrays, padding them, and windows that move along them.

None of these changes a number, so each derivative puts the gradient back where its number came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core import Case, Primitive
from . import printing
from .indexing import getitem, scatter
from .shapes import expand_dims


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
