"""Lifting loops: one step of numbers becomes one step of arrays.

The body of a loop is lifted like any graph of numbers. What is fixed is read in it from the arrays that it is in outside; numbers
by step that come from one array are the rows of a part of it. The carried numbers become arrays, too. Which of them
belong together is seen from what the body computes: first all of them stand for one array, and then they are grouped as the
body leaves them, until that is how it finds them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..backward import ancestors
from ..core import Node
from ..primitives.shapes import getitem, reshape, transpose
from ..tensor import Tensor
from .arrays import number_of
from .flatten import Flattening
from .lift import Lifting
from .loops import LOOP, Body, loop, named_by
from .recurrent import as_loop
from .results import PART
from .views import view

__all__ = ["LoopLifting"]

MOST_TRIES = 8
MOST_NUMBERS = 12  # that a loop carries as floats, though some of them could be arrays


class Group(NamedTuple):
    """Carried numbers that are one array: their places among the carried ones, in order, and its shape."""

    members: tuple[int, ...]
    shape: tuple[int, ...]


class LoopLifting(Lifting):
    """Makes the arrays of a graph with loops.

    Args:
        as_loops: whether recurrent networks, which are one node over a whole sequence, become loops too.
    """

    def __init__(self, as_loops: bool = False) -> None:
        super().__init__()
        self._as_loops = as_loops
        # Of a loop's id, for each carried number: the source, how long a row of it is, and the place of time 0.
        self._states: dict[int, list[tuple[int, int, int]]] = {}
        self._times: dict[int, set[int]] = defaultdict(set)  # of a loop's id: the times at which its states are read

    def run(self, nodes: Iterable[Node]) -> None:
        nodes = list(nodes)
        for node in nodes:
            if node.primitive is PART:
                self._times[id(node.left)].add(node.static["index"][0])
        super().run(nodes)

    def _run_level(self, nodes: list[Any]) -> None:
        for node in nodes:
            if node.primitive is PART:
                t, k = node.static["index"]
                source, width, place = self._states[id(node.left)][k]
                self.sources[id(node)], self.positions[id(node)] = source, t * width + place
                self._kept.append(node)
        super()._run_level([node for node in nodes if node.primitive is not PART])

    def _tensor(self, node: Any) -> Any:
        if node.primitive is LOOP:
            return self._loop(node)
        if self._as_loops and node.primitive.step is not None:
            return as_loop(node.primitive, [self._tensor_input(x) for x in node.inputs], node.static)
        return super()._tensor(node)

    def _loop(self, node: Any) -> Any:
        body: Body = node.static["body"]
        start, columns, fixed = body.apart(node.inputs)
        rows = self._rows(body.by_step, [x.inputs for x in columns])
        same = self._fixed(body.fixed, fixed)
        groups, step = _Step(body, rows, same).best()
        starts = [self._as(group, [start[k] for k in group.members]) for group in groups]
        states = loop(starts, [x.outer for x in rows], [x.outer for x in same], step, node.static["steps"])
        places: dict[int, tuple[int, int, int]] = {}
        times = self._times[id(node)]
        first, stop = min(times), max(times) + 1
        if stop - first != len(times):
            first, stop = 0, len(states[0])  # not one after the other
        for group, state in zip(groups, states, strict=True):
            index = first if stop - first == 1 else slice(first or None, stop)
            self.add(state if stop - first == len(state) else getitem(state, index=index), ())
            size = len(group.members)
            places.update((k, (len(self.arrays) - 1, size, i - first * size)) for i, k in enumerate(group.members))
        self._states[id(node)] = [places[k] for k in range(len(start))]
        return states[0].left

    def _as(self, group: Group, numbers: Sequence[Any]) -> Any:
        """The array of the numbers of a group."""
        if len({self.source_of(x) for x in numbers}) == 1 and self.source_of(numbers[0]) is not None:
            source = self.arrays[self.source_of(numbers[0])]  # type: ignore[index]
            if source.shape == group.shape and (self.column(numbers) == np.arange(len(numbers))).all():
                return source
        return self.entry(numbers[0]) if group.shape == () else reshape(self.read(numbers), shape=group.shape)

    def _rows(self, leaves: Sequence[Node], columns: Sequence[Sequence[Any]]) -> list[_Array]:
        """The numbers by step as arrays, whose rows are those of one step: an array for those that go through one source in equal steps."""
        alike: dict[Any, list[tuple[Node, Sequence[Any]]]] = defaultdict(list)
        for leaf, column in zip(leaves, columns, strict=True):
            sources = {self.source_of(x) for x in column}
            source = sources.pop() if len(sources) == 1 else ("several", id(leaf))
            step = self.positions[id(column[1])] - self.positions[id(column[0])] if type(source) is int else 0
            alike[source, step].append((leaf, column))
        return [self._array_of_rows(source, pairs) for (source, _), pairs in alike.items()]

    def _array_of_rows(self, source: Any, pairs: list[tuple[Node, Sequence[Any]]]) -> _Array:
        if source is None:
            outer: Any = Tensor(np.array([[number_of(x) for x in column] for _, column in pairs]).T)
        elif isinstance(source, tuple):
            outer = reshape(self.read(pairs[0][1]), shape=(len(pairs[0][1]), 1))
        else:
            pairs = sorted(pairs, key=lambda pair: self.positions[id(pair[1][0])])
            array, table = self.arrays[source], self.table([column for _, column in pairs]).T
            outer = _along_an_axis(array, table)
            if outer is None:
                outer = self.full(view(array, table), table.shape)
        shape = outer.shape[1:]
        if len(pairs) == 1 and shape:
            outer = reshape(outer, shape=outer.shape[:1])
            shape = ()
        return _Array(outer, _leaf(outer, shape), [(i, leaf) for i, (leaf, _) in enumerate(pairs)])

    def _fixed(self, leaves: Sequence[Node], numbers: Sequence[Any]) -> list[_Array]:
        """The arrays that fixed numbers are in."""
        by_source: dict[int, list[tuple[int, Node]]] = defaultdict(list)
        for leaf, x in zip(leaves, numbers, strict=True):
            source = self.source_of(x)
            if source is None:
                leaf._datum = number_of(x)  # a constant
            else:
                by_source[source].append((self.positions[id(x)], leaf))
        return [_Array(self.arrays[i], _leaf(self.arrays[i], self.arrays[i].shape), found) for i, found in by_source.items()]


class _Array(NamedTuple):
    """An array that a body reads: outside of it, the leaf in it, and the numbers that are in the leaf."""

    outer: Any
    leaf: Any
    numbers: list[tuple[int, Node]]


class _Step:
    """The body of a loop, which is lifted in several ways.

    Args:
        body: of numbers.
        rows, same: the arrays that it reads, by step and fixed ones.
    """

    def __init__(self, body: Body, rows: Sequence[_Array], same: Sequence[_Array]) -> None:
        self._body, self._rows, self._same = body, rows, same
        flat = Flattening(_below(body.results), body.results)
        self._nodes = flat.nodes
        self._results = [flat.of(x) for x in body.results]

    def best(self) -> tuple[list[Group], Body]:
        """The way in which the carried numbers are arrays that needs the fewest operations; a few single numbers stay what they are."""
        groups = [_group(range(len(self._results)))]
        ways: list[tuple[list[Group], Body]] = []
        while groups not in [tried for tried, _ in ways] and len(ways) < MOST_TRIES:
            step, found = self._lifted(groups)
            ways.append((groups, step))
            groups = found
        ways.reverse()  # the one that the others led to comes first
        last, _ = ways[0]
        if len(last) <= MOST_NUMBERS and all(group.shape == () for group in last):
            return ways[0]
        alike = self._alike()
        ways.append((alike, self._lifted(alike, one_by_one=True)[0]))
        return min(ways, key=lambda way: _operations(way[1]))

    def _lifted(self, groups: list[Group], one_by_one: bool = False) -> tuple[Body, list[Group]]:
        """The body with an array for each group, and the groups as it leaves them; `one_by_one`, each is complete before the next."""
        inner, carried = LoopLifting(), []
        for array in (*self._rows, *self._same):
            inner.add(array.leaf, array.numbers)
        for group in groups:
            carried.append(Tensor(np.zeros(group.shape)))
            inner.add(carried[-1], [(i, self._body.carried[k]) for i, k in enumerate(group.members)])
        done: set[int] = set()
        for group in groups if one_by_one else ():
            numbers = [self._results[k] for k in group.members]
            inner.run([x for x in _below(numbers) if id(x) not in done])
            done.update(map(id, _below(numbers)))
            inner.add(inner._as(group, numbers), enumerate(numbers))
        inner.run([x for x in self._nodes if id(x) not in done])
        results = [inner._as(group, [self._results[k] for k in group.members]) for group in groups]
        for leaf, result in zip(carried, results, strict=True):
            leaf.label = named_by(result)
        by_step, fixed = (tuple([array.leaf for array in arrays]) for arrays in (self._rows, self._same))
        return Body(tuple(carried), by_step, fixed, tuple(results)), self._found(inner)

    def _found(self, lifting: LoopLifting) -> list[Group]:
        """The carried numbers, grouped by the arrays that the body leaves them in."""
        by_source: dict[Any, list[tuple[int, int]]] = defaultdict(list)
        for k, x in enumerate(self._results):
            source = lifting.source_of(x)
            by_source[source].append((lifting.positions[id(x)] if source is not None else k, k))
        groups = []
        for source, found in by_source.items():
            found.sort()
            group = _group([k for _, k in found])
            if source is not None and [place for place, _ in found] == list(range(lifting.arrays[source].size)):
                group = group._replace(shape=lifting.arrays[source].shape)
            groups.append(group)
        return groups

    def _alike(self) -> list[Group]:
        """The carried numbers, grouped by how they are computed in the end, such as positions and speeds; those found first come first."""
        by_formula: dict[Any, list[int]] = defaultdict(list)
        for k, x in enumerate(self._results):
            by_formula[(x.primitive, *(y.primitive if isinstance(y, Node) else None for y in x.inputs or ()))].append(k)
        place = {id(x): i for i, x in enumerate(self._nodes)}
        order = sorted(by_formula.values(), key=lambda members: max(place.get(id(self._results[k]), -1) for k in members))
        return [_group(members) for members in order]


def _group(members: Iterable[int]) -> Group:
    """Some carried numbers as a list, or as a single number."""
    members = tuple(members)
    return Group(members, (len(members),) if len(members) > 1 else ())


def _operations(step: Body) -> int:
    """How many operations a body has."""
    leaves = set(step.leaves)
    nodes = [x for x in ancestors([x for x in step.results if isinstance(x, Node)]) if x not in leaves]
    return sum(x.primitive is not None and x.primitive is not reshape for x in nodes)


def _along_an_axis(array: Any, table: Any) -> Any:
    """The rows of a table of positions as what is found along an axis of the array they are in; None if they are not that."""
    positions = np.arange(array.size).reshape(array.shape)
    for axis, length in enumerate(array.shape):
        rows = np.moveaxis(positions, axis, 0).reshape(length, -1)
        found: Any = np.flatnonzero(rows[:, 0] == table[0, 0]) if rows.size and table.size else ()
        if len(found) != 1:
            continue
        first, stop = int(found[0]), int(found[0]) + len(table)
        if rows[first:stop].shape == table.shape and (rows[first:stop] == table).all():
            order = (axis, *(i for i in range(array.ndim) if i != axis))
            turned = transpose(array, axes=order) if axis else array
            return turned if (first, stop) == (0, length) else getitem(turned, index=slice(first or None, stop))
    return None


def _below(roots: Iterable[Any]) -> list[Node]:
    """The computed nodes that roots are made of, oldest first."""
    return [x for x in reversed(ancestors(x for x in roots if isinstance(x, Node))) if x.primitive is not None]


def _leaf(like: Any, shape: tuple[int, ...]) -> Tensor:
    leaf = Tensor(0.0, like.label)
    leaf._datum = np.zeros(shape, like._datum.dtype)
    return leaf
