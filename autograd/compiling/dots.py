"""Dot products: a group of them as a matrix product.

Each dot product of a group takes a row of numbers from one array and one from another. Where every row on the
left meets every row on the right, they are a matrix product; where not all do, as in the lower triangle of scores that causal
attention needs, they are a part of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..primitives.arithmetic import where
from ..primitives.products import matmul
from ..primitives.reductions import sum_
from ..primitives.shapes import scatter, transpose
from .arranging import completed_rows
from .arrays import Arrays, number_of
from .views import gather, is_gather, view

__all__ = ["dots", "gather_or_slice", "halves", "ragged_sum"]

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
    if len(members) * SPARSE >= len(x_rows) * len(w_rows):
        return _product(left, x_rows, right, w_rows), zip((i * len(w_rows) + j).tolist(), members, strict=True)
    return sum_(left.rows(x) * right.rows(w), axis=-1), enumerate(members)


def _product(left: _Factor, x: Any, right: _Factor, w: Any) -> Any:
    """Every row on the left with every row on the right."""
    if len(w) == 1 and right.is_vector():
        return matmul(left.rows(x), right.rows(w[0]))
    if len(x) == 1 and left.is_vector():
        return matmul(right.rows(w), left.rows(x[0]))
    return matmul(left.rows(x), transpose(right.rows(w)))


def _distinct(table: Any) -> tuple[Any, Any]:
    """The distinct rows of a table, and for each row its number among them."""
    rows, numbers = np.unique(table, axis=0, return_inverse=True)
    return rows, numbers.ravel()


def _ragged(left: _Factor, right: _Factor, members: list[Any]) -> tuple[Any, Iterable[tuple[int, Any]]]:
    """Dot products of different lengths: with rows that go on, where what does not belong to them is 0."""
    for x, mask in left.completed():
        for w, other in right.completed():
            if (mask == other).all():
                for one, rows, two, others, is_left in ((left, x, right, w, True), (right, w, left, x, False)):
                    masked, i = _distinct(np.hstack([rows, mask]))
                    lengths = rows.shape[1]
                    their_rows, j = _distinct(others)
                    one_rows = masked[:, :lengths]
                    fits = len(members) * SPARSE >= len(masked) * len(their_rows)
                    if fits and not one.is_gather(one_rows) and not two.is_gather(their_rows):
                        zeroed = where(masked[:, lengths:].astype(bool), one.rows(one_rows), 0.0)
                        product = matmul(zeroed, transpose(two.rows(their_rows)))
                        return product, zip((i * len(their_rows) + j).tolist(), members, strict=True)
    return ragged_sum(left.flat() * right.flat(), [len(row) for row in left.numbers]), enumerate(members)


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
            return table
        return self.arrays.full(view(self.array, table), table.shape)

    def is_gather(self, table: Any) -> bool:
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


def ragged_sum(flat: Any, lengths: list[int]) -> Any:
    """The sums of rows that stand one after the other."""
    return scatter(flat, index=np.repeat(np.arange(len(lengths)), lengths), shape=(len(lengths),))


def gather_or_slice(source: Any, table: Any) -> Any:
    array = view(source, table)
    return array if array.shape == table.shape else gather(source, table)
