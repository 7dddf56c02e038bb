"""Lifting the loops of a graph: a step that computes single numbers becomes a step that computes arrays.

A rolled loop has a body, which is the graph of one step; `loops` describes it. The body is lifted like any other graph
of numbers, as `lift` does it. It reads three kinds of numbers, and for each there are arrays:

- Numbers that are the same at every step are entries of arrays outside of the loop, and the body reads these arrays.
- Numbers that differ from step to step become the rows of an array: the body reads row t at step t.
- Carried numbers are those that a step hands to the next. They have to be grouped into arrays. A good grouping is one
  that the body itself produces, since then no step has to rearrange anything. It is found by iteration: lift the body
  with all carried numbers in one array, look which arrays the results are in, group the carried numbers in the same
  way, and lift again, until the groups no longer change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..backward import ancestors
from ..core import Node
from ..primitives.indexing import getitem
from ..primitives.shapes import reshape, transpose
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
# A loop that carries at most as many single numbers keeps them single: Python's floats are faster than small arrays.
MOST_NUMBERS = 12


class Group(NamedTuple):
    """Some of the carried numbers, which become one array.

    Attributes:
        members: which of the carried numbers they are, in the order of the array's entries.
        shape: the shape of the array.
    """

    members: tuple[int, ...]
    shape: tuple[int, ...]


class LoopLifting(Lifting):
    """Lifts a graph that has loops in it.

    Args:
        as_loops: whether a recurrent network, which is one node over a whole sequence, becomes a loop too.
    """

    def __init__(self, as_loops: bool = False) -> None:
        super().__init__()
        self._as_loops = as_loops
        # For each loop, by its id, and each carried number: the array that holds its states, the length of one row of
        # this array, and the position of the state at time 0.
        self._states: dict[int, list[tuple[int, int, int]]] = {}
        # For each loop, by its id: the times at which its states are read.
        self._times: dict[int, set[int]] = defaultdict(set)

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
            first, stop = 0, len(states[0])  # the times that are read have gaps: keep them all
        for group, state in zip(groups, states, strict=True):
            index = first if stop - first == 1 else slice(first or None, stop)
            self.add(state if stop - first == len(state) else getitem(state, index=index), ())
            size = len(group.members)
            places.update((k, (len(self.arrays) - 1, size, i - first * size)) for i, k in enumerate(group.members))
        self._states[id(node)] = [places[k] for k in range(len(start))]
        return states[0].left

    def _as(self, group: Group, numbers: Sequence[Any]) -> Any:
        """The array for a group, made of these numbers."""
        if len({self.source_of(x) for x in numbers}) == 1 and self.source_of(numbers[0]) is not None:
            source = self.arrays[self.source_of(numbers[0])]  # type: ignore[index]
            if source.shape == group.shape and (self.column(numbers) == np.arange(len(numbers))).all():
                return source
        return self.entry(numbers[0]) if group.shape == () else reshape(self.read(numbers), shape=group.shape)

    def _rows(self, leaves: Sequence[Node], columns: Sequence[Sequence[Any]]) -> list[_Array]:
        """The numbers that differ from step to step, as arrays with one row for each step.

        Numbers go into one array if they come from one source, and move through it at the same pace.
        """
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
        """The arrays that contain the numbers that are the same at every step."""
        by_source: dict[int, list[tuple[int, Node]]] = defaultdict(list)
        for leaf, x in zip(leaves, numbers, strict=True):
            source = self.source_of(x)
            if source is None:
                leaf._datum = number_of(x)  # a constant stays a number in the body
            else:
                by_source[source].append((self.positions[id(x)], leaf))
        return [_Array(self.arrays[i], _leaf(self.arrays[i], self.arrays[i].shape), found) for i, found in by_source.items()]


class _Array(NamedTuple):
    """An array that a body reads.

    Attributes:
        outer: the array outside of the loop.
        leaf: the leaf that stands for it, or for its row, in the body.
        numbers: the leaves of the unlifted body that are entries of this leaf, each with its position.
    """

    outer: Any
    leaf: Any
    numbers: list[tuple[int, Node]]


class _Step:
    """Lifts the body of a loop, in several ways, to choose the best.

    Args:
        body: the body, with single numbers as its nodes.
        rows: the arrays that it reads a row of at each step.
        same: the arrays that it reads in full at each step.
    """

    def __init__(self, body: Body, rows: Sequence[_Array], same: Sequence[_Array]) -> None:
        self._body, self._rows, self._same = body, rows, same
        flat = Flattening(_below(body.results), body.results)
        self._nodes = flat.nodes
        self._results = [flat.of(x) for x in body.results]

    def best(self) -> tuple[list[Group], Body]:
        """The groups of carried numbers, and the body with an array for each, that need the fewest operations.

        A few carried numbers that the body computes one by one stay single numbers.
        """
        groups = [_group(range(len(self._results)))]
        ways: list[tuple[list[Group], Body]] = []
        while groups not in [tried for tried, _ in ways] and len(ways) < MOST_TRIES:
            step, found = self._lifted(groups)
            ways.append((groups, step))
            groups = found
        ways.reverse()  # of ways that need equally many operations, take the one where the iteration ended
        last, _ = ways[0]
        if len(last) <= MOST_NUMBERS and all(group.shape == () for group in last):
            return ways[0]
        alike = self._alike()
        ways.append((alike, self._lifted(alike, one_by_one=True)[0]))
        return min(ways, key=lambda way: _operations(way[1]))

    def _lifted(self, groups: list[Group], one_by_one: bool = False) -> tuple[Body, list[Group]]:
        """The body with an array for each group, and the groups that its results suggest.

        `one_by_one`, all of a group is computed before the next group. Positions and speeds, for example, then stay two
        arrays, even where each position could be computed together with the speeds.
        """
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
        """The carried numbers, grouped by the arrays in which the body leaves its results."""
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
        """The carried numbers, grouped by the last operation that computes them.

        They stand in the order in which the body gets to them.

        In a chain of springs this separates the positions from the speeds.
        """
        by_formula: dict[Any, list[int]] = defaultdict(list)
        for k, x in enumerate(self._results):
            by_formula[(x.primitive, *(y.primitive if isinstance(y, Node) else None for y in x.inputs or ()))].append(k)
        place = {id(x): i for i, x in enumerate(self._nodes)}
        order = sorted(by_formula.values(), key=lambda members: max(place.get(id(self._results[k]), -1) for k in members))
        return [_group(members) for members in order]


def _group(members: Iterable[int]) -> Group:
    """A group without more structure: a list of numbers, or a single number."""
    members = tuple(members)
    return Group(members, (len(members),) if len(members) > 1 else ())


def _operations(step: Body) -> int:
    """How many operations one step takes; a reshape is none."""
    leaves = set(step.leaves)
    nodes = [x for x in ancestors([x for x in step.results if isinstance(x, Node)]) if x not in leaves]
    return sum(x.primitive is not None and x.primitive is not reshape for x in nodes)


def _along_an_axis(array: Any, table: Any) -> Any:
    """The part of an array whose slices along one axis are the rows of a table of positions.

    It is None if there is no such axis.
    """
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
    """The computed nodes that the roots depend on, oldest first."""
    return [x for x in reversed(ancestors(x for x in roots if isinstance(x, Node))) if x.primitive is not None]


def _leaf(like: Any, shape: tuple[int, ...]) -> Tensor:
    leaf = Tensor(0.0, like.label)
    leaf._datum = np.zeros(shape, like._datum.dtype)
    return leaf
