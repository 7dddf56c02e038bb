"""Batches: of thousands of points that are computed alike, only a few are lifted.

The graph is then stretched to all of them.

Lifting 10,000 points takes 2,000 times as long as lifting five, and gives the same program with other shapes. So this
pass finds the part of the trace that is repeated for each point, and leaves out all but a few points. The rest is
lifted twice, the second time with one point more. Where the two graphs differ, as in the length of an axis, the
difference is what one point adds; multiplied by the number of points that were left out, it gives the graph for all of
them. The stretched graph must compute the results of the trace; if it does not, all points are lifted after all.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..backward import ancestors
from ..core import Node
from ..layout import MANY, ONE
from ..modes import mode
from ..tensor import Tensor
from ..value import Value
from .flatten import like
from .standins import Argument

__all__ = ["Batch", "batch_in", "stretched"]

FEWEST_NODES = 20_000  # of a graph that is looked through
FEWEST = 200  # points
KEPT = 6  # points that are lifted
EDGE = 2  # points at either end that nodes outside of the batch may read
LONGEST = 4_000  # nodes of a point
MOST_BETWEEN = 500  # nodes that belong to no point


class Region(NamedTuple):
    """A part of the trace in which `period` nodes are computed again for each of `points` points, from `start` on."""

    start: int
    period: int
    points: int

    @property
    def stop(self) -> int:
        return self.start + self.period * self.points


class Batch:
    """A trace in which points can be left out.

    Attributes:
        most: how many may be left out.
    """

    def __init__(self, nodes: Sequence[Node], regions: Sequence[Region], by_row: Iterable[Argument]) -> None:
        self._nodes, self._regions, self._by_row = nodes, regions, list(by_row)
        self._number = {id(node): i for i, node in enumerate(nodes)}
        self.most = max(region.points for region in regions) - KEPT

    def rows(self, left_out: int) -> dict[int, int]:
        """How many rows remain of each argument that has a row for each point; by the id of the argument."""
        return {id(x): x.shape[0] - left_out for x in self._by_row}

    def without(self, left_out: int) -> tuple[list[Node], Callable[[Any], Any]]:
        """The nodes without `left_out` points, and a function from an old node to the new one."""
        new: dict[int, Node] = {}

        def of(x: object) -> Any:
            i = self._number.get(id(x), -1)
            region = next((r for r in self._regions if r.start <= i < r.stop), None)
            if region is not None and i >= region.stop - EDGE * region.period:
                x = self._nodes[i - left_out * region.period]
            return new.get(id(x), x)

        kept: list[Node] = []
        place = 0
        for region in (*self._regions, Region(len(self._nodes), 1, left_out)):
            for node in self._nodes[place : region.start]:
                inputs = node.inputs or ()
                changed = tuple(map(of, inputs))
                if any(x is not y for x, y in zip(inputs, changed, strict=True)):
                    new[id(node)] = node = like(node, changed)
                kept.append(node)
            kept += self._nodes[region.start : region.stop - left_out * region.period]
            place = region.stop
        return kept, of


def batch_in(nodes: Sequence[Node], results: Sequence[Node], arguments: Sequence[Argument]) -> Batch | None:
    """The batch in a trace, if the points make up most of it; otherwise None."""
    if len(nodes) < FEWEST_NODES or not any(x.ndim and len(x) >= FEWEST - EDGE for x in arguments):
        return None
    listing = _Listing(nodes, arguments)
    regions = listing.regions()
    if not regions or any(region.points < max(r.points for r in regions) - EDGE for region in regions):
        return None
    if not listing.reads_edges_only(regions, results):
        return None
    return Batch(nodes, regions, [arguments[k] for k in sorted(listing.by_row)])


class _Listing:
    """A trace in numbers: the kind of each node, and for its inputs, their places.

    The place of a node of the trace is its number, that of an entry of an argument comes after these, and anything else
    has one below 0.
    """

    def __init__(self, nodes: Sequence[Node], arguments: Sequence[Argument]) -> None:
        self.count = len(nodes)
        self.arguments = arguments
        self.by_row: set[int] = set()  # the arguments of which each point has a row
        places: dict[int, int] = {}
        self.bases = np.cumsum([self.count, *(x.size for x in arguments)])
        for base, argument in zip(self.bases.tolist(), arguments, strict=False):
            places.update((id(entry), base + position) for position, entry in argument.entries.items())
        numbers: dict[str, int] = {}
        kinds: dict[Any, int] = {}
        flat, lengths, kind_of = array("q"), array("q"), array("q")
        place_of = places.get

        def placed(x: object) -> int:
            if id(x) not in places:
                key = f"node {id(x)}" if isinstance(x, (Node, np.ndarray)) else repr(x)
                places[id(x)] = numbers.setdefault(key, -1 - len(numbers))
            return places[id(x)]

        for i, node in enumerate(nodes):
            left, right = node.left, node.right
            inputs = left if right is MANY else (left,) if right is ONE else (left, right)
            found = list(map(place_of, map(id, inputs)))
            flat.extend(map(placed, inputs) if None in found else found)  # type: ignore[arg-type]
            lengths.append(len(inputs))
            static = repr(node.static) if node._aside is not None else ""
            key = id(node.primitive), len(inputs), static, isinstance(node, Value)
            kind_of.append(kinds.setdefault(key, len(kinds)))
            places[id(node)] = i
        self.places = places
        self.inputs = np.frombuffer(flat, np.int64)
        self.kinds = np.frombuffer(kind_of, np.int64)
        self.starts = np.concatenate([[0], np.cumsum(np.frombuffer(lengths, np.int64))])

    def regions(self) -> list[Region]:
        """The parts of the trace that are repeated for each point."""
        found: list[Region] = []
        place = between = 0
        while place < self.count - FEWEST:
            region = self._repeated(place)
            if region is None:
                place, between = place + 1, between + 1
                if between > MOST_BETWEEN:
                    return []
                continue
            later = Region(region.start + region.period, region.period, region.points - 1)  # the first may be another
            for tried in (region, later):
                if self._goes_on_evenly(tried, found):
                    found.append(tried)
                    break
            place = region.stop
        return found

    def _repeated(self, start: int) -> Region | None:
        """The repetition that begins at a place, or None."""
        kinds = self.kinds
        longest = min(LONGEST, (self.count - start) // FEWEST)
        periods = np.flatnonzero(kinds[start + 1 : start + longest + 1] == kinds[start]) + 1
        for often in (2, 3, FEWEST // 2, FEWEST - 1):  # a look at a few nodes rules out most periods
            periods = periods[kinds[start + often * periods] == kinds[start]]
        for period in periods.tolist():
            if (kinds[start + period : start + 3 * period] != kinds[start : start + 2 * period]).any():
                continue
            differ = kinds[start + period :] != kinds[start : self.count - period]
            run = int(differ.argmax()) if differ.any() else len(differ)
            if run // period + 1 >= FEWEST:
                return Region(start, period, run // period + 1)
        return None

    def _goes_on_evenly(self, region: Region, before: Sequence[Region]) -> bool:
        """Whether each point reads what comes after what the point before it read: the next row or result."""
        first = self.starts[region.start]
        width = int(self.starts[region.start + region.period] - first)
        table = self.inputs[first : first + width * region.points].reshape(region.points, width)
        steps = table[1] - table[0]
        if (table[1:] - table[:-1] != steps).any():
            return False
        by_row = set()
        for place, step in zip(table[0].tolist(), steps.tolist(), strict=True):
            if step and place < 0:
                return False
            if step and place >= self.count:
                k = int(np.searchsorted(self.bases, place, side="right")) - 1
                argument = self.arguments[k]
                if not argument.ndim or step * argument.shape[0] != argument.size or argument.shape[0] < region.points:
                    return False
                by_row.add(k)
            elif step:
                owner = next((r for r in (*before, region) if r.start - r.period <= place < r.stop), None)
                if owner is None or owner.period != step:
                    return False
        self.by_row |= by_row
        return True

    def reads_edges_only(self, regions: Sequence[Region], results: Sequence[Node]) -> bool:
        """Whether the rest of the trace reads only the first and the last points, and only the first rows of arguments."""
        outside = np.ones(self.count, bool)
        middle = np.zeros(self.count, bool)
        for region in regions:
            outside[region.start : region.stop] = False
            middle[region.start + EDGE * region.period : region.stop - EDGE * region.period] = True
        read = self.inputs[np.repeat(outside, np.diff(self.starts))]
        ends = [self.places.get(id(x), -1) for x in results]
        computed = np.concatenate([read[(read >= 0) & (read < self.count)], [i for i in ends if i >= 0]]).astype(int)
        fixed = [table[steps == 0] for table, steps in map(self._first_of, regions)]
        entries = np.concatenate([read, *fixed])
        late = [
            (int(self.bases[k]) + EDGE * (self.arguments[k].size // len(self.arguments[k])), int(self.bases[k + 1])) for k in self.by_row
        ]
        early = np.concatenate([part[(part >= 0) & (part < self.count)] for part in fixed])
        return not middle[computed].any() and not middle[early].any() and not any(((entries >= a) & (entries < b)).any() for a, b in late)

    def _first_of(self, region: Region) -> tuple[Any, Any]:
        """The places that the first point reads, and how much further on the second point reads."""
        first = self.starts[region.start]
        width = int(self.starts[region.start + region.period] - first)
        table = self.inputs[first : first + 2 * width].reshape(2, width)
        return table[0], table[1] - table[0]


def stretched(
    small: Sequence[Tensor], larger: Sequence[Tensor], leaves: Sequence[tuple[Tensor, Tensor, Tensor]], steps: int
) -> list[Any] | None:
    """The graph for `steps` more points than the first of two graphs, of which the second has one point more.

    Args:
        small, larger: the results of the two graphs.
        leaves: the leaves of the first, of the second, and of the graph to be made.
        steps: how many.

    Returns:
        its results; None if the two graphs are not alike.
    """
    made: dict[Node, Any] = {a: x for a, _, x in leaves}
    twin: dict[Node, Any] = {a: b for a, b, _ in leaves}

    def is_pair(a: object, b: object) -> bool:
        """Whether two inputs correspond; for nodes, this is noted in `twin`."""
        if isinstance(a, Node) and isinstance(b, Node):
            return twin.setdefault(a, b) is b
        if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
            return a.shape == b.shape and a.tobytes() == b.tobytes()
        return type(a) is type(b) and repr(a) == repr(b)

    if not all(map(is_pair, small, larger)):
        return None
    order = ancestors(small)
    for a in order:
        b = twin.get(a)
        if b is None or a.primitive is not b.primitive or len(a.inputs or ()) != len(b.inputs or ()):
            return None
        if a not in made and not all(map(is_pair, a.inputs or (), b.inputs or ())):
            return None
    for a in reversed(order):
        if a in made:
            continue
        b = twin[a]
        if a.primitive is None:
            if not is_pair(a._datum, b._datum):
                return None
            made[a] = a
            continue
        static = {key: _extrapolated(value, b.static.get(key), steps) for key, value in a.static.items()}
        if any(value is _UNLIKE for value in static.values()):
            return None
        mode.scope = a.scope
        made[a] = a.primitive(*[made[x] if isinstance(x, Node) else x for x in a.inputs or ()], **static)
    return [made[x] for x in small]


_UNLIKE: Any = object()


def _extrapolated(a: Any, b: Any, steps: int) -> Any:
    """A static argument, `steps` steps after two others."""
    if type(a) is not type(b):
        return _UNLIKE
    if type(a) is int:
        return a + steps * (b - a)
    if isinstance(a, (tuple, list)):
        parts = [_extrapolated(x, y, steps) for x, y in zip(a, b, strict=False)]
        return _UNLIKE if len(a) != len(b) or any(part is _UNLIKE for part in parts) else type(a)(parts)
    if isinstance(a, slice):
        bounds = [_extrapolated(x, y, steps) for x, y in ((a.start, b.start), (a.stop, b.stop), (a.step, b.step))]
        return _UNLIKE if any(bound is _UNLIKE for bound in bounds) else slice(*bounds)
    if isinstance(a, np.ndarray):
        return a if a.shape == b.shape and a.tobytes() == b.tobytes() else _UNLIKE
    return a if repr(a) == repr(b) else _UNLIKE
