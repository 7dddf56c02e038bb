"""Arranging: the order and shape in which numbers of one formula stand in their array.

Of all pairs of points (i, j) and their coordinates k, the differences `points[i][k] - points[j][k]` are an array with
three axes, `points[:, None] - points`, if they stand in the order in which loops over i, j and k come to them. The best
arrangement is the one in which the inputs are the easiest to read, as views and not as gathers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .views import EASY, cost, nest

__all__ = ["arranged", "completed_grid", "completed_rows", "directions", "padded_rows"]

Shape = tuple[int, ...]
GOOD = 0.02  # a cost that needs no search for a better arrangement
SEVERAL = 4  # directions
SPARSE = 3  # of a grid or a table that is completed, a third at least is needed


def arranged(shapes: Sequence[Shape], columns: Sequence[Any]) -> tuple[Any, Shape, float]:
    """The order and the shape for n numbers that are easiest to read, and what they cost a reader.

    Args:
        shapes: of the arrays that the inputs of the numbers come from.
        columns: for each of these arrays, the positions in it, of shape (n,); or (n, k), if a number has k inputs from
            it.
    """
    n = len(columns[0])
    if n == 1:
        return np.arange(1), (), 0.0
    best: tuple[Any, Shape, float] | None = None
    firsts = [column.reshape(n, -1)[:, 0] for column in columns]
    for order in _orders(firsts):
        ordered = [column[order] for column in columns]
        for shape in _shapes(shapes, [first[order] for first in firsts]):
            total = sum(cost(s, column.reshape(*shape, *column.shape[1:])) for s, column in zip(shapes, ordered, strict=True))
            if best is None or total < best[2]:
                best = order, shape, total
        assert best is not None
        if best[2] <= GOOD:
            break
    assert best is not None
    return best


def directions(shapes: Sequence[Shape], columns: Sequence[Any]) -> list[Any]:
    """The numbers in groups, in each of which one input lies in the same direction from the other.

    Neighbours on the right are one group, and neighbours below another. A group is an array of the places of its
    numbers. There is only one group if several would not be easier to read.
    """
    distances, kind = np.unique(columns[-1] - columns[0], return_inverse=True)
    if not 1 < len(distances) <= SEVERAL:
        return [np.arange(len(kind))]
    groups = [np.flatnonzero(kind == k) for k in range(len(distances))]
    costs = [arranged(shapes, [column[group] for column in columns])[2] for group in groups]
    return groups if max(costs) <= EASY else [np.arange(len(kind))]


def _orders(firsts: Sequence[Any]) -> Iterator[Any]:
    """By position, and as the program has it."""
    order = np.lexsort(firsts[::-1])
    yield order
    if (order[1:] < order[:-1]).any():
        yield np.arange(len(order))


def _shapes(sources: Sequence[Shape], firsts: Sequence[Any]) -> Iterator[Shape]:
    """Shapes to try."""
    n = len(firsts[0])
    seen = set()
    for columns in (firsts, *([first] for first in firsts if len(firsts) > 1)):
        loops = nest(columns)
        for shape in (loops, *_refined(loops, sources)):
            if shape not in seen:
                seen.add(shape)
                yield shape
    if (n,) not in seen:
        yield (n,)


def _refined(loops: Shape, sources: Sequence[Shape]) -> Iterator[Shape]:
    """Shapes in which the axes of the sources are seen again."""
    n = math.prod(loops)
    for source in sources:
        for k in range(len(source), 0, -1):
            if math.prod(source[:k]) == n:
                yield source[:k]
        if len(source) > 1 and source[-1] > 1 and loops[-1] > source[-1] and loops[-1] % source[-1] == 0:
            yield (*loops[:-1], loops[-1] // source[-1], source[-1])


def completed_rows(rows: Sequence[Any], size: int) -> Iterator[tuple[Any, Any]]:
    """Rows of positions of different lengths as a table, and a mask that says which of its entries are theirs.

    The other entries are where the row would go on: a row of a lower triangle becomes the whole row of the matrix.
    There is no such table if a row would leave the array, which has `size` numbers, or if most of the table would not
    be needed.
    """
    lengths, longest = np.array([len(row) for row in rows]), max(map(len, rows))
    steps = {int(row[1] - row[0]) for row in rows if len(row) > 1}
    flat = np.concatenate(rows)
    if len(steps) != 1 or len(flat) * SPARSE < len(rows) * longest:
        return
    (step,) = steps
    along = np.arange(longest)
    starts, ends = np.array([row[0] for row in rows]), np.array([row[-1] for row in rows])
    for table, mask in (
        (starts[:, None] + step * along, along < lengths[:, None]),
        (ends[:, None] - step * along[::-1], along >= longest - lengths[:, None]),
    ):
        if table.min() >= 0 and table.max() < size and (table[mask] == flat).all():
            yield table, mask


def padded_rows(rows: Sequence[Any], size: int) -> tuple[Any, tuple[int, int]] | None:
    """Rows of positions that are shorter at the edges of an array, such as those of neighbours.

    Returns:
        the full rows, as positions in the array with zeros before and after it; and how many of these. None if rows are
        shorter for another reason.
    """
    longest = max(map(len, rows))
    whole = [k for k, row in enumerate(rows) if len(row) == longest]
    if len(whole) < 2 or len(whole) == len(rows):
        return None
    step, rest = divmod(int(rows[whole[-1]][0] - rows[whole[0]][0]), whole[-1] - whole[0])
    table = rows[whole[0]] + step * (np.arange(len(rows)) - whole[0])[:, None]
    inside = (table >= 0) & (table < size)
    lengths = np.array([len(row) for row in rows])
    if rest or (inside.sum(axis=1) != lengths).any() or (table[inside] != np.concatenate(rows)).any():
        return None
    before, after = max(0, -int(table.min())), max(0, int(table.max()) - size + 1)
    return table + before, (before, after)


def completed_grid(shapes: Sequence[Shape], columns: Sequence[Any]) -> tuple[Any, Shape, list[Any]] | None:
    """A whole array in place of some of its entries, such as a triangle.

    Returns where the numbers are in it, its shape, and the full columns.

    It is one of the arrays that the numbers come from, in which the positions of the other columns follow from row and
    column.
    """
    for shape, positions in zip(shapes, columns, strict=True):
        size = math.prod(shape)
        if len(shape) < 2 or size > SPARSE * len(positions) or len(np.unique(positions)) < len(positions):
            continue
        full = [_filled(size, shape[-1], positions, column, math.prod(s)) for s, column in zip(shapes, columns, strict=True)]
        if all(column is not None for column in full):
            return positions, shape, [column.reshape(shape) for column in full]
    return None


def _filled(size: int, width: int, positions: Any, column: Any, limit: int) -> Any:
    """A column for all places of a grid, found from those at some places.

    That is possible if each position depends only on the row, or only on the column, or grows evenly with the place.
    """
    known = np.full(size, -1)
    known[positions] = column
    grid = known.reshape(-1, width)
    shift = int(column[0] - positions[0])
    for full in (
        np.arange(shift, shift + size).reshape(grid.shape),
        np.broadcast_to(grid.max(axis=1, keepdims=True), grid.shape),
        np.broadcast_to(grid.max(axis=0), grid.shape),
    ):
        if full.min() >= 0 and full.max() < limit and (full.ravel()[positions] == column).all():
            return full
    return None
