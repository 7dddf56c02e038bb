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


def view(source: Any, table: Any) -> Any:
    """An array that broadcasts to `source.ravel()[table]`, by the simplest means.

    Args:
        source: a Tensor.
        table: an array of positions in the flattened source. Where it repeats along an axis,
            that axis of the result may have length 1.
    """
    if table.ndim == 0:
        return _entry(source, int(table))
    for axis in range(table.ndim):
        if table.shape[axis] > 1 and (table == table.take([0], axis)).all():
            inner = view(source, table.take(0, axis))
            shape = list(inner.shape)
            shape = [1] * (table.ndim - 1 - len(shape)) + shape
            if axis == 0:
                return inner  # broadcasting adds leading axes by itself
            shape.insert(axis, 1)
            return _reshaped(inner, tuple(shape))
    for pattern in (_block, _flat_slice):
        array = pattern(source, table)
        if array is not None:
            return array
    return gather(source, table)


def gather(source: Any, table: Any) -> Any:
    """The entries at a table of positions that follows no pattern."""
    return getitem(_reshaped(source, (source.size,)), index=table)


def is_gather(source: Any, table: Any) -> bool:
    """Whether `view` finds no pattern in the table."""
    for axis in range(table.ndim):
        if table.shape[axis] > 1 and (table == table.take([0], axis)).all():
            return is_gather(source, table.take(0, axis))
    return table.ndim > 0 and not _is_flat_slice(table) and _block_bounds(source, table) is None


def _reshaped(x: Any, shape: tuple[int, ...]) -> Any:
    return x if x.shape == shape else reshape(x, shape=shape)


def _entry(source: Any, position: int) -> Any:
    if source.size == 1:
        return _reshaped(source, ())
    index = tuple(int(i) for i in np.unravel_index(position, source.shape))
    return getitem(source, index=index if len(index) > 1 else index[0])


def _is_flat_slice(table: Any) -> bool:
    flat = table.ravel()
    return bool((flat == np.arange(flat[0], flat[0] + flat.size)).all()) if flat.size else True


def _flat_slice(source: Any, table: Any) -> Any:
    """Consecutive entries: the whole source, or a slice of it, in another shape."""
    if not _is_flat_slice(table):
        return None
    start, n = (int(table.flat[0]), table.size) if table.size else (0, 0)
    if n == source.size:
        return _reshaped(source, table.shape)
    return _reshaped(getitem(_reshaped(source, (source.size,)), index=slice(start, start + n)), table.shape)


def _block_bounds(source: Any, table: Any) -> tuple[int, int, bool] | None:
    """The first row and column of the block of a matrix that a 2-D table reads, and whether transposed."""
    if source.ndim != 2 or table.ndim != 2 or not table.size:
        return None
    columns = source.shape[1]
    for transposed in (False, True):
        block = table.T if transposed else table
        row, column = divmod(int(block[0, 0]), columns)
        rows, width = block.shape
        if column + width <= columns and row + rows <= source.shape[0]:
            wanted = (np.arange(row, row + rows) * columns)[:, None] + np.arange(column, column + width)
            if (block == wanted).all():
                return row, column, transposed
    return None


def _block(source: Any, table: Any) -> Any:
    """Consecutive rows and columns of a matrix, perhaps transposed."""
    bounds = _block_bounds(source, table)
    if bounds is None:
        return None
    row, column, transposed = bounds
    rows, width = table.T.shape if transposed else table.shape
    index = tuple(
        slice(None) if n == length else slice(start, start + n)
        for start, n, length in ((row, rows, source.shape[0]), (column, width, source.shape[1]))
    )
    block = source if index == (slice(None), slice(None)) else getitem(source, index=index[0] if index[1] == slice(None) else index)
    return transpose(block) if transposed else block
