"""Finding repetition in a trace: runs of nodes in which one step is computed again and again.

A step is a stretch of `period` nodes, and the next step follows directly. The search compares numbers, not nodes: a
computed operand is known by its place in the trace, a leaf or a plain number by a negative number. In a run, each
operand of a step is of one of four kinds:

    INSIDE   computed in the same step
    CARRIED  computed in the step before
    FIXED    there before the first step, and the same in every step, such as a weight
    VARYING  there before the first step, and another one in each step, such as the input at that time
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import count, repeat
from typing import Any, NamedTuple

import numpy as np

from ..core import Node
from ..layout import MANY, ONE
from ..stores import StoredValue
from ..value import Value

__all__ = ["CARRIED", "FIXED", "INSIDE", "VARYING", "Listing", "Run", "runs_of"]

FEWEST_STEPS = 8
GRAM = 8  # so many nodes in a row that look alike may be the beginnings of two steps
MOST_PERIODS = 12
MOST_BEGINS = 6
REACHES = (64, 1024, 16384, 2**62)  # an operand further back than that may be at another distance in each step
INSIDE, CARRIED, FIXED, VARYING = range(4)
SCRAMBLE = np.uint64(0x9E3779B97F4A7C15)


class Listing:
    """A trace as arrays.

    Attributes:
        nodes: the computed nodes, oldest first.
        things: the leaves and plain numbers among their operands; the one with the number -1 comes first.
        kinds: for each node, a number for its primitive and static arguments. No two Tensors have the same.
        operands: the operands of all nodes, one after the other; `first` says where those of each node begin.
        uses: how often each node is used; a result counts, too.
        needed: for each node, whether a result needs it.
    """

    def __init__(self, nodes: Sequence[Any], outputs: Sequence[Any], needed: Sequence[Any]) -> None:
        self.nodes = nodes
        numbers = dict(zip(map(id, nodes), count()))
        inputs, self.first = _inputs(nodes)
        self.operands = np.fromiter(map(numbers.get, map(id, inputs), repeat(-1)), np.int64, len(inputs))
        self._number_leaves(inputs)
        self.kinds = _kinds(nodes)
        self.needed = np.full(len(nodes), len(needed) == len(nodes))
        if len(needed) < len(nodes):
            self.needed[[numbers[id(x)] for x in needed if id(x) in numbers]] = True
        self.uses = np.bincount(self.operands[self.operands >= 0], minlength=len(nodes))
        for x in outputs:
            if id(x) in numbers:
                self.uses[numbers[id(x)]] += 1

    def _number_leaves(self, inputs: Sequence[Any]) -> None:
        """Give numbers to the operands that are no nodes of the trace; equal plain numbers have the same."""
        self.things: list[Any] = []
        leaves = np.flatnonzero(self.operands < 0)
        ids = np.fromiter((id(inputs[i]) for i in leaves.tolist()), np.int64, len(leaves))
        _, places, which = np.unique(ids, return_index=True, return_inverse=True)
        equal: dict[Any, int] = {}
        number = np.zeros(len(places), np.int64)
        for i in np.argsort(places).tolist():  # in the order in which they are used first
            x = inputs[leaves[places[i]]]
            key = (type(x), repr(x)) if isinstance(x, (float, int)) else id(x)
            if key not in equal:
                equal[key] = -1 - len(self.things)
                self.things.append(x)
            number[i] = equal[key]
        self.operands[leaves] = number[which]

    @cached_property
    def _leaf_looks(self) -> Any:
        """For each operand that is no node, a number for what may stand in for it in another step; for a node, 0."""
        sorts = np.array([_sort(x) for x in self.things] or [0], np.int64)
        return np.where(self.operands < 0, sorts[np.maximum(-1 - self.operands, 0)], 0)

    def thing(self, number: int) -> Any:
        """The operand with a number."""
        return self.nodes[number] if number >= 0 else self.things[-1 - number]

    def looks(self, reach: int) -> Any:
        """A number for each node. Nodes of one kind whose operands are equally far back have the same number.

        Args:
            reach: operands further back than this count as equally far.
        """
        owners = np.repeat(np.arange(len(self.nodes)), np.diff(self.first))
        distances = owners - self.operands
        codes = np.where(self.operands < 0, -self._leaf_looks, np.where(distances <= reach, distances, 0))
        places = np.arange(len(owners)) - self.first[owners]
        with np.errstate(over="ignore"):
            mixed = (codes.astype(np.uint64) + places.astype(np.uint64) * np.uint64(7919)) * SCRAMBLE
            mixed ^= mixed >> np.uint64(29)
            sums = np.concatenate([[np.uint64(0)], np.cumsum(mixed * SCRAMBLE, dtype=np.uint64)])
            return sums[self.first[1:]] - sums[self.first[:-1]] + self.kinds.astype(np.uint64) * np.uint64(0xD1B54A32D192ED03)


def _inputs(nodes: Sequence[Any]) -> tuple[list[Any], Any]:
    """The inputs of all nodes, one after the other, and where those of each node begin (and where the last ones end)."""
    inputs: list[Any] = []
    first = [0]
    for node in nodes:
        left, right = node.left, node.right
        if right is MANY:
            inputs += left
        elif right is ONE:
            inputs.append(left)
        else:
            inputs += (left, right)
        first.append(len(inputs))
    return inputs, np.array(first, np.int64)


def _kinds(nodes: Sequence[Any]) -> Any:
    """A number for each node: its primitive's, or a small one if there is more to say."""
    kinds = np.fromiter([id(node.primitive) for node in nodes], np.int64, len(nodes))
    kind_of: dict[Any, int] = {}
    for i, node in enumerate(nodes):
        if type(node) is not Value:
            kinds[i] = kind_of.setdefault(i, len(kind_of))
        elif node._aside is not None and node.static:
            kinds[i] = kind_of.setdefault((node.primitive, repr(sorted(node.static.items()))), len(kind_of))
    return kinds


def _sort(x: object) -> int:
    """A number for a leaf. Leaves with the same number may take each other's place in different steps."""
    if not isinstance(x, Node):
        return 1
    if type(x) is StoredValue:
        return 3 + id(x.store()[0])
    return 2 if x.primitive is None and isinstance(x, Value) else 3 + id(x)


class Run(NamedTuple):
    """Steps that follow one another, all alike.

    Attributes:
        start: the place of the first step's first node.
        period: how many nodes a step has.
        steps: how many there are.
        operands: the operands of each step, in a row.
        owners: for each column of `operands`, the node of the step that has this operand.
        kinds: for each column, INSIDE, CARRIED, FIXED or VARYING.
        sources: for a column that is INSIDE or CARRIED, which node of the step (or of the step before) the operand is.
    """

    start: int
    period: int
    steps: int
    operands: Any
    owners: Any
    kinds: Any
    sources: Any

    @property
    def stop(self) -> int:
        return self.start + self.steps * self.period

    def at(self, k: int) -> Any:
        """The places of node `k` of each step."""
        return self.start + self.period * np.arange(self.steps) + k


def runs_of(listing: Listing, fits: Callable[[Run], bool]) -> Iterator[list[Run]]:
    """The runs in a trace, a list for each period.

    Periods that cover more of the trace come first; of equal ones, the shorter.

    Args:
        listing: the trace.
        fits: whether a run is wanted. If the longest run of a period is not, the others of that period are skipped.
    """
    n = len(listing.nodes)
    if n < GRAM + 2 * FEWEST_STEPS:
        return
    found: dict[int, list[tuple[int, int]]] = {}
    for reach in REACHES:
        looks = listing.looks(reach)
        for period in _periods(looks):
            stretches = _stretches(looks, period)
            if _cover(stretches) > _cover(found.get(period, ())):
                found[period] = stretches
        if reach > n:
            break
    todo = sorted(found, key=lambda period: (-_cover(found[period]), period))
    tried: set[int] = set()
    while todo:
        period = todo.pop(0)
        if period in tried:
            continue
        tried.add(period)
        runs = []
        for start, stop in found[period]:
            run = _run(listing, start, stop, period)
            if isinstance(run, int) and stop - start >= run * period * FEWEST_STEPS:
                found.setdefault(run * period, found[period])
                todo.insert(0, run * period)
                break
            if isinstance(run, Run) and fits(run):
                runs.append(run)
            elif not runs:
                break
        if runs:
            yield runs


def _cover(stretches: Iterable[tuple[int, int]]) -> int:
    return sum(stop - start for start, stop in stretches)


def _periods(looks: Any) -> list[int]:
    """The distances at which the trace most often looks the same again."""
    n = len(looks) - GRAM
    with np.errstate(over="ignore"):
        grams = np.zeros(n, np.uint64)
        for k in range(GRAM):
            grams = grams * np.uint64(1000003) + looks[k : k + n]
    bits = np.uint64(n.bit_length())
    # The last bits are the place: no slow stable sort is needed.
    marked = np.sort((grams << bits) | np.arange(n, dtype=np.uint64))
    places = (marked & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.int64)
    gaps = np.diff(places)[np.diff(marked >> bits) == 0]
    periods, counts = np.unique(gaps, return_counts=True)
    often = counts * periods  # how much of the trace it may cover
    return [int(periods[i]) for i in np.argsort(-often, kind="stable")[:MOST_PERIODS] if periods[i] * FEWEST_STEPS <= n + GRAM]


def _stretches(looks: Any, period: int) -> list[tuple[int, int]]:
    """The stretches, as (start, stop), in which each node looks like the one a period later; the longest first."""
    same = np.concatenate([[False], looks[:-period] == looks[period:], [False]])
    edges = np.flatnonzero(same[1:] != same[:-1])
    starts, stops = edges[::2], edges[1::2] + period
    long = np.flatnonzero(stops - starts > (FEWEST_STEPS - 2) * period)
    order = long[np.argsort(starts[long] - stops[long], kind="stable")]
    return list(zip(starts[order].tolist(), stops[order].tolist(), strict=True))


def _run(listing: Listing, start: int, stop: int, period: int) -> Run | int | None:
    """The run in a stretch, or None.

    If operands reach back further than one step, the result is a number: so many steps, taken together, may be one.
    """
    earliest = start
    while earliest > max(0, start - period) and listing.kinds[earliest - 1] == listing.kinds[earliest - 1 + period]:
        earliest -= 1
    several = None
    for begin in _begins(listing, earliest, start, period):
        for first in (begin, begin + period):
            run = _steps(listing, first, (stop - first) // period, period)
            if isinstance(run, Run):
                return run
            several = several or run
    return several


def _begins(listing: Listing, earliest: int, latest: int, period: int) -> list[int]:
    """The places where a step may begin, best first: those that the fewest numbers are carried across."""
    if earliest == latest:
        return [latest]
    shift = latest + period  # a step in the middle
    operands = listing.operands[listing.first[shift] : listing.first[shift + period]]
    owners = np.repeat(np.arange(shift, shift + period), np.diff(listing.first[shift : shift + period + 1]))
    distances = (owners - operands)[operands >= 0]
    owners = owners[operands >= 0][distances <= 2 * period]
    distances = distances[distances <= 2 * period]
    reach = np.zeros(period, np.int64)  # of each node, how far after it it is used last
    np.maximum.at(reach, (owners - distances) % period, distances)
    crossed = np.zeros(4 * period + 1, np.int64)
    for at, length in enumerate(reach):
        crossed[at + 1 : at + 1 + length] += 1
    crossed = crossed[: 4 * period].reshape(4, period).sum(0)
    places = np.arange(earliest, latest + 1)
    counts = crossed[places % period]
    best = places[counts == counts.min()].tolist()
    first = next((i for i, place in enumerate(best[:-1]) if best[i + 1] != place + 1), len(best) - 1)
    if first + 1 < len(places):  # after the last of the nodes that are carried over, and before the next step
        best = [*best[first::-1], *best[first + 1 :]]
    return [*best[:MOST_BEGINS], latest]


def _steps(listing: Listing, start: int, steps: int, period: int) -> Run | int | None:
    if steps < FEWEST_STEPS:
        return None
    first, stop = listing.first, start + steps * period
    width = int(first[start + period] - first[start])
    kinds = listing.kinds[start:stop].reshape(steps, period)
    arities = np.diff(first[start : stop + 1]).reshape(steps, period)
    if (kinds != kinds[1]).any() or (arities != arities[1]).any():
        return None
    operands = listing.operands[first[start] : first[stop]].reshape(steps, width)
    owners = np.repeat(np.arange(period), arities[1])
    distances = operands - (start + period * np.arange(steps))[:, None]
    place = distances[1]
    steady = (distances[1:] == place).all(0) & (operands[1:] >= 0).all(0)
    before = operands < start
    inside = steady & (place >= 0) & (distances[0] == place)
    carried = steady & (place < 0) & (place >= -period) & (operands[1] >= start) & before[0]
    early = before.all(0)
    fixed = early & (operands == operands[0]).all(0)
    columns = np.select([inside, carried, fixed, early], [INSIDE, CARRIED, FIXED, VARYING], -1)
    if (columns < 0).any():
        back = -distances[-1][(columns < 0) & (operands[-1] >= start)]
        several = int((back.max(initial=0) - 1) // period + 1)
        return several if several > 1 else None
    return Run(start, period, steps, operands, owners, columns, np.where(carried, place + period, place))
