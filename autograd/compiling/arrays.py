"""The arrays that lifting has made so far, and the place of each number of the scalar graph in them."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..core import Node
from ..primitives.indexing import getitem
from ..primitives.joining import concatenate
from ..primitives.reductions import broadcast_to
from ..tensor import Tensor
from .views import view

__all__ = ["Arrays", "collapsed", "number_of"]


class Arrays:
    """Arrays with a place for each number.

    Attributes:
        arrays: the Tensors, in the order in which they were made; a number's `source` is an index.
        sources, positions: for the id of each number's node, its source and its position in the flattened array.
        stands_for: for the id of a number's node, another one that has the same number.
        tensors: for the id of each Tensor of the traced graph, its new one.
    """

    def __init__(self) -> None:
        self.arrays: list[Any] = []
        self.sources: dict[int, int] = {}
        self.positions: dict[int, int] = {}
        self.tensors: dict[int, Any] = {}
        self.stands_for: dict[int, Node] = {}
        self._kept: list[Any] = []  # keeps the nodes alive, so that their ids are not reused

    def add(self, array: Node, numbers: Iterable[tuple[int, Any]]) -> None:
        """Add an array that holds the numbers of some nodes, given as pairs of a position and a node."""
        source = len(self.arrays)
        self.arrays.append(array)
        places, nodes = zip(*numbers, strict=True) if (numbers := list(numbers)) else ((), ())
        ids = list(map(id, nodes))
        self.sources.update(dict.fromkeys(ids, source))
        self.positions.update(zip(ids, places, strict=True))
        self._kept.append(nodes)
        if not self.stands_for.keys().isdisjoint(ids):
            for i, position in zip(ids, places, strict=True):
                while i in self.stands_for:
                    i = id(self.stands_for[i])
                    self.sources[i], self.positions[i] = source, position

    def alias(self, node: object, other: object) -> None:
        """Take over a node whose number is that of another one."""
        source = self.source_of(other)
        if source is None:
            self.add(Tensor(np.asarray(number_of(other))), [(0, node)])
        else:
            self.sources[id(node)], self.positions[id(node)] = source, self.positions[id(other)]
            self._kept.append(node)

    def together(self, nodes: Iterable[Any]) -> list[list[Any]]:
        """The nodes grouped by the array that holds their numbers."""
        groups: dict[Any, list[Any]] = defaultdict(list)
        for node in nodes:
            groups[self.source_of(node)].append(node)
        return list(groups.values())

    def read(self, nodes: Sequence[Any]) -> Any:
        """The array of the numbers of `nodes`, of shape (n,)."""
        runs = [(source, list(run)) for source, run in itertools.groupby(nodes, self.source_of)]
        sources = list(dict.fromkeys(source for source, _ in runs))
        if len(runs) <= 2 * len(sources):
            parts = [self._run(source, run) for source, run in runs]
            return parts[0] if len(parts) == 1 else concatenate(*parts, axis=0)
        # The numbers alternate between several arrays: concatenate these, and gather.
        groups = self.together(nodes)
        order = {id(node): i for i, node in enumerate(node for group in groups for node in group)}
        return getitem(
            concatenate(*[self._run(self.source_of(group[0]), group) for group in groups], axis=0),
            index=np.array([order[id(x)] for x in nodes]),
        )

    def _run(self, source: int | None, nodes: list[Any]) -> Any:
        if source is None:
            return Tensor(np.array([number_of(x) for x in nodes]))
        table = self.column(nodes)
        return self.full(view(self.arrays[source], table), table.shape)

    def entry(self, node: object) -> Any:
        """The number of one node, as a Tensor of shape ()."""
        source = self.source_of(node)
        return Tensor(np.asarray(number_of(node))) if source is None else view(self.arrays[source], np.array(self.positions[id(node)]))

    def tensor(self, node: Any) -> Any:
        """The new Tensor for one of the traced graph. One that was made during tracing is a constant."""
        return self.tensors[id(node)] if id(node) in self.tensors else Tensor(node._datum)

    def source_of(self, x: object) -> int | None:
        """The array that holds a number; None for a constant."""
        source = self.sources.get(id(x))
        if source is None and id(x) in self.tensors:  # a Tensor of shape (), among numbers
            self.add(self.tensors[id(x)], [(0, x)])
            return self.source_of(x)
        return source

    def only_source(self, numbers: Sequence[Any]) -> int | None:
        """The array that numbers are in; None if they are in several, or if some may be constants."""
        sources = {*map(self.sources.get, map(id, numbers))}
        return sources.pop() if len(sources) == 1 else None

    def table(self, rows: Sequence[Sequence[Any]]) -> Any:
        """The positions of numbers that are all in one array."""
        return self.column(list(itertools.chain.from_iterable(rows))).reshape(len(rows), -1)

    def column(self, numbers: Sequence[Any]) -> Any:
        """The same for one row."""
        return np.fromiter(map(self.positions.__getitem__, map(id, numbers)), np.intp, len(numbers))

    def full(self, array: Any, shape: tuple[int, ...]) -> Any:
        """The array repeated to a shape."""
        return array if array.shape == shape else broadcast_to(array, shape=shape)


def collapsed(column: Any) -> Any:
    """An array of constants, once along each axis along which it repeats."""
    for axis, n in enumerate(column.shape):
        first = column.take([0], axis)
        if n > 1 and (column == first).all() and (column.dtype == bool or (np.signbit(column) == np.signbit(first)).all()):
            column = first
    while column.ndim and column.shape[0] == 1:
        column = column[0]  # broadcasting adds leading axes by itself
    return column


def number_of(x: Any) -> float:
    """The number of a constant: a plain number, or a Value that was made during tracing."""
    assert not isinstance(x, Node) or x.is_leaf, "a computed number was taken for a constant"
    return float(x._datum if isinstance(x, Node) else x)
