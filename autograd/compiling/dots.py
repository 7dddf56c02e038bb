"""Dot products: a group of them as a matrix product.

Each dot product of a group takes a row of numbers from one array and one from another. Where every row on the left
meets every row on the right, they are a matrix product; where not all do, as in the lower triangle of scores that
causal attention needs, they are a part of one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..core import Node
from ..primitives.choices import where
from ..primitives.indexing import scatter
from ..primitives.products import matmul
from ..primitives.reductions import sum_
from ..primitives.shapes import transpose
from ..tensor import Tensor
from ..types import Array
from .arranging import completed_rows
from .arrays import Arrays, collapsed, number_of
from .views import gather, is_gather, view

__all__ = ["dots", "gather_or_slice", "halves", "ragged_sum"]

Rows = Callable[[Any], Any]  # from an array of the numbers of rows to these rows

SPARSE = 3  # of a matrix product, a third at least is needed


def dots(arrays: Arrays, members: list[Any]) -> tuple[Any, Iterable[tuple[int, Any]]]:
    """An array of dot products, and where in it they are."""
    left, right = (_Factor(arrays, [halves(node.inputs)[side] for node in members]) for side in (0, 1))
    if len({len(row) for row in left.numbers}) > 1:
        return _ragged(left, right, members)
    x, w = left.table(), right.table()
    if len(members) == 1:
        if left.is_whole(x) and right.is_whole(w) and left.array.shape == right.array.shape:
            return sum_(left.array * right.array), enumerate(members)
        return sum_(left.rows(x[0]) * right.rows(w[0])), enumerate(members)
    (x_rows, i), (w_rows, j) = _distinct(x), _distinct(w)
    if len(x_rows) > 1 and len(w_rows) > 1 and _increase(j * len(x_rows) + i) and not _increase(i * len(w_rows) + j):
        # The program goes through the rows on the right first.
        left, x_rows, i, right, w_rows, j = right, w_rows, j, left, x_rows, i
    if len(w_rows) == 1 and right.is_vector():
        return matmul(left.rows(x_rows), right.rows(w_rows[0])), zip(i.tolist(), members, strict=True)
    if len(x_rows) == 1 and left.is_vector():
        return matmul(right.rows(w_rows), left.rows(x_rows[0])), zip(j.tolist(), members, strict=True)
    product = _product(partial(_taken, left, x_rows), i, partial(_taken, right, w_rows), j)
    if product is not None:
        return product[0], zip(product[1].tolist(), members, strict=True)
    return sum_(left.rows(x) * right.rows(w), axis=-1), enumerate(members)


def _product(left: Rows, i: Any, right: Rows, j: Any) -> tuple[Any, Any] | None:
    """The matrix product in which row `i[k]` on the left meets row `j[k]` on the right; or several products.

    Returns also where the pairs are in the result.

    None if most of it would not be needed.
    """
    n, m = int(i.max()) + 1, int(j.max()) + 1
    parts = _parts(i, n, j, m) if 4 * len(i) <= 3 * n * m else None
    if parts is not None:
        rows, columns = parts
        places_i, places_j = (np.argsort(part.ravel()) for part in parts)
        width = columns.shape[1]
        return matmul(left(rows), transpose(right(columns), axes=(0, 2, 1))), places_i[i] * width + places_j[j] % width
    if len(i) * SPARSE < n * m:
        return None
    return matmul(left(np.arange(n)), transpose(right(np.arange(m)))), i * m + j


def _parts(i: Any, n: int, j: Any, m: int) -> tuple[Any, Any] | None:
    """The numbers of the rows on the left and right, split into parts within which all rows meet.

    There is a line for each part.

    None if there is only one, or if they differ in size.
    """
    of_left = np.arange(n)  # the part of each row: the number of its first row on the left
    while True:
        of_right = np.full(m, n)
        np.minimum.at(of_right, j, of_left[i])
        found = of_left.copy()
        np.minimum.at(found, i, of_right[j])
        if (found == of_left).all():
            break
        of_left = found
    sizes, others = (np.unique(parts, return_counts=True)[1] for parts in (of_left, of_right))
    count, height, width = len(sizes), sizes[0], others[0]
    if count == 1 or height == width == 1 or len({*sizes}) > 1 or len({*others}) > 1 or count * height * width > len(i) * SPARSE:
        return None
    rows, columns = (np.argsort(parts, kind="stable").reshape(count, -1) for parts in (of_left, of_right))
    return rows, columns


def _increase(numbers: Any) -> bool:
    return bool((numbers[1:] > numbers[:-1]).all())


def _distinct(table: Any) -> tuple[Any, Any]:
    """The distinct rows of a table, and for each row its number among them.

    Positions are sorted, and constants stay in the order in which they come.
    """
    # A row is known by its first position.
    if table.dtype.kind != "f" and (table - table[:, :1] == table[0] - table[0, 0]).all():
        _, first, numbers = np.unique(table[:, 0], return_index=True, return_inverse=True)
        return table[first], numbers
    rows, first, numbers = np.unique(table, axis=0, return_index=True, return_inverse=True)
    if table.dtype.kind != "f":
        return rows, numbers.ravel()
    order = np.argsort(first)
    return rows[order], np.argsort(order)[numbers.ravel()]


def _ragged(left: _Factor, right: _Factor, members: list[Any]) -> tuple[Any, Iterable[tuple[int, Any]]]:
    """Dot products of different lengths: with rows that go on, where what does not belong to them is 0."""
    for x, mask in left.completed():
        for w, other in right.completed():
            for one, table, two, other_table in ((left, x, right, w), (right, w, left, x)):
                rows, i = _distinct(np.hstack([table, mask]))
                rows, masks = rows[:, : mask.shape[1]], rows[:, mask.shape[1] :].astype(bool)
                others, j = _distinct(other_table)
                if (mask != other).any() or len(_distinct(table)[0]) < len(rows) or one.is_gather(rows) or two.is_gather(others):
                    continue
                product = _product(partial(_masked, one, rows, masks), i, partial(_taken, two, others), j)
                if product is not None:
                    return product[0], zip(product[1].tolist(), members, strict=True)
    return ragged_sum(left.flat() * right.flat(), [len(row) for row in left.numbers]), enumerate(members)


def _taken(factor: _Factor, rows: Any, k: int) -> Any:
    return factor.rows(rows[k])


def _masked(factor: _Factor, rows: Any, masks: Any, k: int) -> Any:
    return where(collapsed(masks[k]), factor.rows(rows[k]), 0.0)


class _Factor:
    """One side of a group of dot products."""

    def __init__(self, arrays: Arrays, rows: Sequence[Sequence[Any]]) -> None:
        self.arrays, self.numbers = arrays, rows
        self.source = arrays.source_of(rows[0][0])
        self.array: Any = None if self.source is None else arrays.arrays[self.source]

    def table(self) -> Any:
        """Where each factor is; of constants, the factors themselves."""
        if self.source is None:
            return np.array([[number_of(x) for x in row] for row in self.numbers])
        return self.arrays.table(self.numbers)

    def completed(self) -> Iterable[tuple[Any, Any]]:
        """The same of rows of different lengths, see `completed_rows`."""
        if self.source is None:
            return ()
        return completed_rows([self.arrays.column(row) for row in self.numbers], self.array.size)

    def rows(self, table: Any) -> Any:
        """The factors that a table names, as an array of its shape."""
        if self.source is None:
            return Tensor(table).detach()  # a node, so that its transpose is not another constant
        return self.arrays.full(view(self.array, table), table.shape)

    def is_gather(self, table: Array) -> bool:
        return self.source is not None and is_gather(self.array, table)

    def flat(self) -> Any:
        """All factors one after the other."""
        if self.source is None:
            return np.array([number_of(x) for row in self.numbers for x in row])
        return gather_or_slice(self.array, np.concatenate([self.arrays.column(row) for row in self.numbers]))

    def is_vector(self) -> bool:
        """Whether the factors come from a list."""
        return self.array is not None and self.array.ndim == 1

    def is_whole(self, table: Any) -> bool:
        """Whether the table names every entry of the array once, in order."""
        return self.array is not None and table.size == self.array.size and bool((table.ravel() == np.arange(table.size)).all())


def halves(inputs: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The left and the right factors of a dot product."""
    n = len(inputs) // 2
    return inputs[:n], inputs[n:]


def ragged_sum(flat: Node, lengths: list[int]) -> Any:
    """The sums of rows that stand one after the other."""
    return scatter(flat, index=np.repeat(np.arange(len(lengths)), lengths), shape=(len(lengths),))


def gather_or_slice(source: Node, table: Any) -> Any:
    array = view(source, table)
    return array if array.shape == table.shape else gather(source, table)
