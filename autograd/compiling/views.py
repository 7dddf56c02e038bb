"""Tables of indices, and the views that they mean.

Lifting says of each number where it comes from: entry `i` of an array. A whole array of such
numbers is a table of indices; here the table is recognised as what a person would write, a slice,
a transpose, a repetition, and only where it is none of these is it a gather.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitives.shapes import getitem, reshape, transpose

__all__ = ["is_gather", "view"]

ALL = slice(None)


def view(source: Any, table: Any) -> Any:
    """An array that broadcasts to `source.ravel()[table]`, by the simplest means.

    Args:
        source: a Tensor.
        table: an array of positions in the flattened source. Where it repeats along an axis,
            that axis of the result may have length 1.
    """
    if table.ndim == 0:
        return _entry(source, int(table))
    axis = _repeated_axis(table)
    if axis is not None:
        inner = view(source, table.take(0, axis))
        if axis == 0:
            return inner  # broadcasting adds leading axes by itself
        shape = [1] * (table.ndim - 1 - inner.ndim) + list(inner.shape)
        shape.insert(axis, 1)
        return _reshaped(inner, tuple(shape))
    array = _pattern(source, table)
    return gather(source, table) if array is None else array


def gather(source: Any, table: Any) -> Any:
    """The entries at a table of positions that follows no pattern."""
    return getitem(_flat(source), index=table)


def is_gather(source: Any, table: Any) -> bool:
    """Whether `view` finds no pattern in the table."""
    axis = _repeated_axis(table)
    if axis is not None:
        return is_gather(source, table.take(0, axis))
    return table.ndim > 0 and _pattern(source, table) is None


def _repeated_axis(table: Any) -> int | None:
    return next((axis for axis in range(table.ndim) if table.shape[axis] > 1 and (table == table.take([0], axis)).all()), None)


def _pattern(source: Any, table: Any) -> Any:
    """What a person would write for a table, if it is one of the patterns below."""
    for pattern in (_everything, _column, _block, _part_of_a_row, _slice, _columns_of_a_list):
        array = pattern(source, table)
        if array is not None:
            return array
    return None


def _reshaped(x: Any, shape: tuple[int, ...]) -> Any:
    return x if x.shape == shape else reshape(x, shape=shape)


def _flat(x: Any) -> Any:
    return _reshaped(x, (x.size,))


def _entry(source: Any, position: int) -> Any:
    if source.size == 1:
        return _reshaped(source, ())
    index = tuple(int(i) for i in np.unravel_index(position, source.shape))
    return getitem(source, index=index if len(index) > 1 else index[0])


def _start_and_step(table: Any) -> tuple[int, int] | None:
    """The first of evenly spaced positions, and the distance from each to the next; None of others."""
    flat = table.ravel()
    if flat.size < 2:
        return (int(flat[0]) if flat.size else 0), 1
    start, step = int(flat[0]), int(flat[1] - flat[0])
    return (start, step) if step and (flat == start + step * np.arange(flat.size)).all() else None


def _everything(source: Any, table: Any) -> Any:
    """The whole source, perhaps in another shape."""
    if table.size != source.size or _start_and_step(table) != (0, 1):
        return None
    return _reshaped(source, table.shape)


def _part_of_a_row(source: Any, table: Any) -> Any:
    """A row of a matrix or a larger array, or consecutive entries of it; or several rows, of one of its matrices."""
    spacing = _start_and_step(table)
    if source.ndim < 2 or spacing is None or spacing[1] != 1 or not table.size:
        return None
    start, size = spacing[0], source.size
    for axis, length in enumerate(source.shape[:-1]):  # as long as one index is enough, go into the array
        size //= length
        if start // size != (start + table.size - 1) // size:
            return None
        if table.size == size:
            index = tuple(int(i) for i in np.unravel_index(start, source.shape)[: axis + 1])
            return _reshaped(getitem(source, index=index if len(index) > 1 else index[0]), table.shape)
    *row, first = (int(i) for i in np.unravel_index(start, source.shape))
    return _reshaped(getitem(source, index=(*row, slice(first, first + table.size))), table.shape)


def _column(source: Any, table: Any) -> Any:
    """A column of a matrix, or consecutive entries of it."""
    spacing = _start_and_step(table)
    if source.ndim != 2 or table.ndim != 1 or not table.size or spacing is None:
        return None
    if spacing[1] != source.shape[1] and not len(source) == table.size == 1:
        return None
    row, column = divmod(spacing[0], source.shape[1])
    rows = ALL if table.size == len(source) else slice(row, row + table.size)
    return getitem(source, index=(rows, column))


def _block(source: Any, table: Any) -> Any:
    """Consecutive rows and columns of a matrix, perhaps transposed."""
    if source.ndim != 2 or table.ndim != 2 or not table.size:
        return None
    columns = source.shape[1]
    for transposed in (False, True):
        block = table.T if transposed else table
        row, column = divmod(int(block[0, 0]), columns)
        rows, width = block.shape
        if column + width > columns or row + rows > len(source):
            continue
        if (block == (np.arange(row, row + rows) * columns)[:, None] + np.arange(column, column + width)).all():
            index = tuple(
                ALL if n == length else slice(start, start + n) for start, n, length in ((row, rows, len(source)), (column, width, columns))
            )
            part = source if index == (ALL, ALL) else getitem(source, index=index[0] if index[1] == ALL else index)
            return transpose(part) if transposed else part
    return None


def _slice(source: Any, table: Any) -> Any:
    """Evenly spaced entries of the flattened source, in any shape."""
    spacing = _start_and_step(table)
    if spacing is None or (spacing[1] != 1 and table.ndim > 1):
        return None
    start, step = spacing
    stop = start + step * table.size
    index = slice(start, stop if stop >= 0 else None, step if step != 1 else None)
    return _reshaped(getitem(_flat(source), index=index), table.shape)


def _columns_of_a_list(source: Any, table: Any) -> Any:
    """Some columns of a matrix whose rows stand in a list one after the other, perhaps transposed."""
    if source.ndim != 1 or table.ndim != 2 or min(table.shape) < 2:
        return None
    for transposed in (False, True):
        block = table.T if transposed else table
        rows, width = block.shape
        start, columns = int(block[0, 0]), int(block[1, 0] - block[0, 0])
        if columns <= width or not (block == start + (np.arange(rows) * columns)[:, None] + np.arange(width)).all():
            continue
        first = max(0, start + rows * columns - source.size)  # the matrix ends with the list, if not before
        if first + width <= columns and start >= first:
            matrix = _reshaped(getitem(source, index=slice(start - first, start - first + rows * columns)), (rows, columns))
            part = getitem(matrix, index=(ALL, slice(first, first + width)))
            return transpose(part) if transposed else part
    return None
