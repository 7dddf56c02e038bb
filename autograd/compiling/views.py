"""Views: a table of indices becomes what a person would write for it.

Lifting knows of each number where it comes from: it is entry `i` of an array. For a whole array of numbers, these
indices are a table. This room recognises a table that is a slice, a transpose, a repetition, or a window that
moves along an axis. Any other table is a gather: the entries are read at the indices themselves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core import Primitive
from ..primitives.indexing import getitem
from ..primitives.joining import rolled, windows
from ..primitives.shapes import reshape, transpose
from ..types import Array
from .literals import is_of_pairs

__all__ = ["EASY", "GATHER_OF_ROWS", "cost", "gather", "is_gather", "nest", "view"]

Shape = tuple[int, ...]
Step = tuple[Primitive, dict[str, Any]]  # an operation on one array: a primitive and its static arguments

ALL = slice(None)
GATHER, GATHER_OF_ROWS, RESHAPE, TRANSPOSE, OTHER = 1.0, 0.5, 0.1, 0.03, 0.01  # what a reader pays for each step
EASY = 0.12  # what is still easy to read


def view(source: Any, table: Array) -> Any:
    """An array that broadcasts to `source.ravel()[table]`, computed in the simplest way.

    Args:
        source: a Tensor.
        table: an array of positions in the flattened source. Where it repeats along an axis,
            that axis of the result may have length 1.
    """
    for primitive, static in _steps(source.shape, table):
        source = primitive(source, **static)
    return source


def gather(source: Any, table: Array) -> Any:
    """The entries at a table of positions that follows no pattern."""
    return getitem(reshape(source, shape=(source.size,)) if source.ndim != 1 else source, index=table)


def is_gather(source: Any, table: Array) -> bool:
    """Whether `view` finds no pattern in the table."""
    return cost(source.shape, table) >= GATHER_OF_ROWS


def cost(shape: Shape, table: Array) -> float:
    """How hard it is to read the view that a table means, of an array of this shape. A gather costs 1."""
    total = 0.0
    for primitive, static in _steps(shape, table):
        index = static.get("index", ())
        if isinstance(index, np.ndarray):
            total += GATHER if len(shape) == 1 or index.ndim > 1 else GATHER_OF_ROWS
        elif isinstance(index, tuple) and any(isinstance(part, np.ndarray) for part in index):
            total += GATHER_OF_ROWS
        elif primitive is reshape:
            total += OTHER if _without_ones(static["shape"]) == _without_ones(shape) else RESHAPE
            shape = static["shape"]
        else:
            total += RESHAPE if primitive is windows else TRANSPOSE if primitive is transpose else OTHER
    return total


def _without_ones(shape: Shape) -> Shape:
    return tuple(n for n in shape if n != 1)


def nest(columns: Sequence[Any]) -> Shape:
    """The lengths of nested loops, outermost first, in which the positions of each column are evenly spaced.

    Those of the outermost loop need not be.

    Example:
        >>> nest([np.array([0, 0, 0, 4, 4, 4]), np.array([1, 2, 3, 1, 2, 3])])
        (2, 3)
    """
    lengths: list[int] = []
    n = len(columns[0])
    while n > 1:
        run = n
        for column in columns:
            steps = column[1:run] - column[: run - 1]
            changes = np.flatnonzero(steps != steps[0]) if run > 1 else steps
            run = int(changes[0]) + 1 if changes.size else run
        run = next((k for k in range(run, 1, -1) if n % k == 0 and all(_are_alike(column, k) for column in columns)), 1)
        if run == 1:
            break
        lengths.append(run)
        columns = [column[::run] for column in columns]
        n //= run
    return (*([n] if n > 1 or not lengths else []), *lengths[::-1])


def _are_alike(column: Any, n: int) -> bool:
    """Whether every n positions of a column have the same distances from one another as the first n."""
    rows = column.reshape(-1, n)
    return bool((rows - rows[:, :1] == rows[0] - rows[0, 0]).all())


def _steps(shape: Shape, table: Any) -> list[Step]:
    """The operations that make an array that broadcasts to a table, from an array of a given shape."""
    if table.ndim == 0:
        return _entry(shape, int(table))
    repeated = [axis for axis, n in enumerate(table.shape) if n > 1 and (table == table.take([0], axis)).all()]
    if repeated:
        once = table[tuple(0 if axis in repeated else ALL for axis in range(table.ndim))]
        inner = _steps(shape, once)
        wanted = tuple(1 if axis in repeated else n for axis, n in enumerate(table.shape))
        while wanted and wanted[0] == 1 and len(wanted) > once.ndim:
            wanted = wanted[1:]  # broadcasting adds leading axes by itself
        return [*inner, *_reshaped(once.shape, wanted)]
    for pattern in PATTERNS:
        steps = pattern(shape, table)
        if steps is not None:
            return steps
    return [*_reshaped(shape, (math.prod(shape),)), _part(table)]


def _part(index: object) -> Step:
    if isinstance(index, tuple):
        while len(index) > 1 and isinstance(index[-1], slice) and index[-1] == ALL:
            index = index[:-1]
        index = index[0] if len(index) == 1 else index
    return getitem, {"index": index}


def _reshaped(before: Shape, after: Shape) -> list[Step]:
    if before == after:
        return []
    return [(reshape, {"shape": after})]


def _entry(shape: Shape, position: int) -> list[Step]:
    if math.prod(shape) == 1:
        return _reshaped(shape, ())
    return [_part(_unravelled(position, shape))]


def _unravelled(position: int, shape: Shape) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(position, shape))


def _start_and_step(table: Any) -> tuple[int, int] | None:
    """The first of evenly spaced positions, and the distance from each to the next; None if they are not evenly spaced."""
    flat = table.ravel()
    if flat.size < 2:
        return (int(flat[0]) if flat.size else 0), 1
    start, step = int(flat[0]), int(flat[1] - flat[0])
    if int(flat[-1]) != start + step * (flat.size - 1):
        return None
    return (start, step) if step and (flat == np.arange(start, start + step * flat.size, step)).all() else None


def _everything(shape: Shape, table: Any) -> list[Step] | None:
    """The whole source, perhaps in another shape."""
    if table.size != math.prod(shape) or _start_and_step(table) != (0, 1):
        return None
    return _reshaped(shape, table.shape)


def _part_of_a_row(shape: Shape, table: Any) -> list[Step] | None:
    """A row of a matrix, or consecutive entries of a row; of an array with more axes also a whole matrix, and so on."""
    spacing = _start_and_step(table) if len(shape) > 1 and table.size else None
    if spacing is None or spacing[1] != 1:
        return None
    start, size = spacing[0], math.prod(shape)
    for axis, length in enumerate(shape[:-1]):  # as long as one index is enough, go into the array
        size //= length
        if start // size != (start + table.size - 1) // size:
            return None
        if table.size == size:
            return [_part(_unravelled(start, shape)[: axis + 1]), *_reshaped(shape[axis + 1 :], table.shape)]
    *row, first = _unravelled(start, shape)
    return [_part((*row, slice(first, first + table.size))), *_reshaped((table.size,), table.shape)]


def _column(shape: Shape, table: Any) -> list[Step] | None:
    """A column of a matrix, or consecutive entries of it."""
    if len(shape) != 2 or table.ndim != 1 or not table.size:
        return None
    spacing = _start_and_step(table)
    if spacing is None or (spacing[1] != shape[1] and not shape[0] == table.size == 1):
        return None
    row, column = divmod(spacing[0], shape[1])
    return [_part((ALL if table.size == shape[0] else slice(row, row + table.size), column))]


def _block(shape: Shape, table: Any) -> list[Step] | None:
    """Consecutive rows and columns of a matrix, perhaps transposed."""
    if len(shape) != 2 or table.ndim != 2 or not table.size:
        return None
    for transposed in (False, True):
        block = table.T if transposed else table
        row, column = divmod(int(block[0, 0]), shape[1])
        rows, width = block.shape
        if column + width > shape[1] or row + rows > shape[0]:
            continue
        if (block == (np.arange(row, row + rows) * shape[1])[:, None] + np.arange(column, column + width)).all():
            index = tuple(ALL if n == length else slice(k, k + n) for k, n, length in ((row, rows, shape[0]), (column, width, shape[1])))
            return [*([_part(index)] if index != (ALL, ALL) else []), *([(transpose, {})] if transposed else [])]
    return None


def _slice(shape: Shape, table: Any) -> list[Step] | None:
    """Evenly spaced entries of the flattened source, in any shape."""
    spacing = _start_and_step(table)
    if spacing is None or (spacing[1] != 1 and table.ndim > 1):
        return None
    start, step = spacing
    stop = start + step * table.size
    index = slice(start, stop if stop >= 0 else None, step if step != 1 else None)
    return [*_reshaped(shape, (math.prod(shape),)), (getitem, {"index": index}), *_reshaped((table.size,), table.shape)]


def _columns_of_a_list(shape: Shape, table: Any) -> list[Step] | None:
    """Some columns of a matrix, perhaps transposed, whose rows stand in a list one after the other."""
    if len(shape) != 1 or table.ndim != 2 or min(table.shape) < 2:
        return None
    for transposed in (False, True):
        block = table.T if transposed else table
        rows, width = block.shape
        start, columns = int(block[0, 0]), int(block[1, 0] - block[0, 0])
        if columns <= width or not (block == start + (np.arange(rows) * columns)[:, None] + np.arange(width)).all():
            continue
        first = max(0, start + rows * columns - shape[0])  # the matrix ends with the list, if not before
        if first + width <= columns and start >= first:
            matrix = [_part(slice(start - first, start - first + rows * columns)), (reshape, {"shape": (rows, columns)})]
            return [*matrix, _part((ALL, slice(first, first + width))), *([(transpose, {})] if transposed else [])]
    return None


def _strided(shape: Shape, table: Any) -> list[Step] | None:
    """A table in which each axis goes along an axis of the source.

    Two that go along the same one are a moving window.
    """
    steps = _steps_of_axes(table)
    if steps is None or len(shape) < 1:
        return None
    strides = _strides(shape)
    start = _unravelled(int(table.flat[0]), shape)
    along: list[list[int]] = [[] for _ in shape]  # for each axis of the source, those of the table
    for axis, (step, n) in enumerate(zip(steps, table.shape, strict=True)):
        if n > 1:
            fitting = [k for k, stride in enumerate(strides) if shape[k] > 1 and stride <= abs(step) and step % stride == 0]
            if not fitting:
                return None
            k = fitting[0]
            if not 0 <= start[k] + step // strides[k] * (n - 1) < shape[k]:
                return _in_parts(shape, table, axis, k)
            along[k].append(axis)
    index: list[Any] = list(start)
    order: list[int] = []
    # For each window, its axis in the part, its length, and its axis in the table.
    moving: list[tuple[int, int, int]] = []
    for k, axes in enumerate(along):
        if len(axes) == 1:
            (axis,) = axes
            index[k] = _range(start[k], steps[axis] // strides[k], table.shape[axis], shape[k])
            order.append(axis)
        elif axes:
            if len(axes) > 2 or any(steps[axis] != strides[k] for axis in axes):
                return _split_source(shape, table, k, sorted(abs(steps[axis]) // strides[k] for axis in axes)[1])
            places, inside = (table.shape[axis] for axis in axes)
            if start[k] + places + inside - 1 > shape[k]:
                return None
            index[k] = _range(start[k], 1, places + inside - 1, shape[k])
            moving.append((len(order), inside, axes[1]))
            order.append(axes[0])
    found = [_part(tuple(index))] if any(part != ALL for part in index) else []
    if moving:
        found.append((windows, {"size": tuple(n for _, n, _ in moving), "axis": tuple(place for place, _, _ in moving)}))
        order += [axis for _, _, axis in moving]
    axes_in_turn = tuple(int(i) for i in np.argsort(order))
    if axes_in_turn != tuple(range(len(order))):
        found.append((transpose, {"axes": axes_in_turn} if len(order) > 2 else {}))
    return [*found, *_reshaped(tuple(n for n in table.shape if n > 1), table.shape)]


def _split_source(shape: Shape, table: Array, k: int, length: int) -> list[Step] | None:
    """The same for a source in which axis `k` is really two axes, such as heads and their entries."""
    if shape[k] % length or length in (1, shape[k]):
        return None
    split = (*shape[:k], shape[k] // length, length, *shape[k + 1 :])
    found = _strided(split, table)
    return None if found is None else [*_reshaped(shape, split), *found]


def _in_parts(shape: Shape, table: Any, axis: int, k: int) -> list[Step] | None:
    """The same for an axis of the table that goes along axis `k` of the source, and goes on in the next row."""
    n, width = table.shape[axis], shape[k]
    if not k or width < 2 or n % width or n == width:
        return None
    split = table.reshape(*table.shape[:axis], n // width, width, *table.shape[axis + 1 :])
    found = _strided(shape, split)
    return None if found is None else [*found, *_reshaped(split.shape, table.shape)]


def _regrouped(shape: Shape, table: Any) -> list[Step] | None:
    """A table in which one axis is really several axes, such as the places of a window in a plane."""
    loops: list[int] = []
    for axis, n in enumerate(table.shape):
        loops += nest([table[tuple(ALL if k == axis else 0 for k in range(table.ndim))]]) if n > 1 else (1,)
    if len(loops) == table.ndim:
        return None
    split = table.reshape(loops)
    found = _strided(shape, split)
    return None if found is None else [*found, *_reshaped(split.shape, table.shape)]


def _steps_of_axes(table: Any) -> list[int] | None:
    """The distance of the positions along each axis; None if they are not evenly spaced."""
    if not table.size:
        return None
    start = table.flat[0]
    steps = [int(table.take(1, axis).flat[0] - start) if n > 1 else 0 for axis, n in enumerate(table.shape)]
    grids = np.ix_(*[step * np.arange(n) for step, n in zip(steps, table.shape, strict=True)])
    return steps if (table == sum(grids, start)).all() else None


def _strides(shape: Shape) -> list[int]:
    return [math.prod(shape[k + 1 :]) for k in range(len(shape))]


def _range(start: int, step: int, n: int, length: int) -> slice:
    """A slice of n numbers."""
    if step == 1 and n == length:
        return ALL
    stop = start + step * (n - 1) + (1 if step > 0 else -1)
    return slice(start, stop if stop >= 0 else None, step if step != 1 else None)


def _rows(shape: Shape, table: Any) -> list[Step] | None:
    """Rows of a matrix, or the same columns of them, in any order."""
    if len(shape) < 2 or table.ndim < 2 or not table.size:
        return None
    width = math.prod(shape[1:])
    first = table.reshape(len(table), -1)[:, 0] // width
    offsets = table - (first * width).reshape(-1, *[1] * (table.ndim - 1))
    if (offsets != offsets[:1]).any() or offsets.min() < 0 or offsets.max() >= width:
        return None
    inner = _strided(shape[1:], offsets[0])
    if inner is None:
        return None
    if not inner:
        return [_part(first)]
    behind = [(p, _behind(p, static)) for p, static in inner if p is getitem]
    return [*behind, _part(first)] if len(behind) == len(inner) else None


def _columns(shape: Shape, table: Any) -> list[Step] | None:
    """Columns of a matrix in any order, as rows."""
    if len(shape) != 2 or table.ndim != 2 or table.shape[1] != shape[0] or min(table.shape) < 2:
        return None
    first = table[:, 0]
    if first.max() >= shape[1] or (table != first[:, None] + shape[1] * np.arange(shape[0])).any():
        return None
    return [_part((ALL, first)), (transpose, {})]


def _behind(primitive: Primitive, static: dict[str, Any]) -> dict[str, Any]:
    """The index of a part of one row, made the index of that part of every row."""
    index = static["index"]
    return {"index": (ALL, *(index if isinstance(index, tuple) else (index,)))}


def _rolled(shape: Shape, table: Any) -> list[Step] | None:
    """The whole source, moved along axes; what leaves it at the end comes in again at the start."""
    if table.shape != shape or not table.size:
        return None
    shift = tuple(-i % n for i, n in zip(_unravelled(int(table.flat[0]), shape), shape, strict=True))
    if (table != np.roll(np.arange(table.size).reshape(shape), shift, tuple(range(len(shape))))).any():
        return None
    axes = tuple(axis for axis, n in enumerate(shift) if n)
    nearest = tuple(shift[axis] if 2 * shift[axis] <= shape[axis] else shift[axis] - shape[axis] for axis in axes)
    return [(rolled, {"shift": nearest, "axis": axes})]


def _one_of_each_row(shape: Shape, table: Any) -> list[Step] | None:
    """One entry of each row of a matrix, or all entries of a triangle."""
    if len(shape) != 2 or table.ndim != 1 or min(shape) < 2 or table.size < 3:
        return None
    rows, columns = np.divmod(table, shape[1])
    is_one = table.size == shape[0] and (rows == np.arange(shape[0])).all()
    return [_part((rows, columns))] if is_one or (is_of_pairs(rows) and is_of_pairs(columns)) else None


PATTERNS = (
    _everything, _column, _block, _part_of_a_row, _slice, _columns_of_a_list, _strided, _regrouped, _rolled, _rows, _columns,
    _one_of_each_row,
)  # fmt: skip
