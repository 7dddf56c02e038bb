"""Rolling: a recurrence, in which each step needs the result of the step before, becomes a loop.

A recurrent network over 200 times, written in scalars, is a trace of 200 equal steps, which `repeats` finds. The loop
computes only what the next step needs: the numbers that are carried over, and what they are computed from. Everything
else reads the states from the result of the loop and stays outside of it, where lifting makes arrays of it, with time
as one axis. A number that is carried only to be added to, such as a loss, needs no loop: it is one sum of many terms.
Recurrences of the same form that do not depend on each other, such as those of a batch of sequences, share one loop.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..branches import is_steep, is_steep_here
from ..core import Node, Primitive
from ..layout import new
from ..modes import Moment, times
from ..primitives.joining import stack
from ..tensor import Tensor
from ..value import Value
from .loops import LOOP, Body
from .repeats import CARRIED, FIXED, INSIDE, Listing, Run, runs_of
from .results import PART

__all__ = ["Rolling"]

FEWEST_NODES = 30  # in all steps of a loop together


class Rolling:
    """The graph with loops, made from a trace.

    Args:
        order: the computed nodes of the trace, oldest first.
        outputs: its results.
        made: all nodes that were computed, also those that no result needs: the last step of a recurrence computes a
            next state, too, which often nothing needs. If this is empty, the graph is left as it is.

    Attributes:
        nodes: the computed nodes of the new graph, each after its inputs.
        loops: how many loops there are in it.
    """

    def __init__(self, order: Sequence[Node], outputs: Sequence[Node], made: Sequence[Node]) -> None:
        self.nodes = list(order)
        self._new: dict[int, Node] = {}  # id of an old node -> the new one in its place, if there is one
        self.loops = 0
        listing = Listing(made, outputs, order)
        recurrences = _chosen(listing)
        if recurrences:
            building = _Building(listing, recurrences)
            if building.build(outputs):
                self.nodes, self._new, self.loops = building.nodes, building.new, len(recurrences)

    def of(self, node: object) -> Any:
        """The new node in the place of an old one; the old one if it has not changed."""
        return self._new.get(id(node), node)


class Recurrence:
    """What of a run's steps is a loop.

    Attributes:
        run: the steps.
        carried: the nodes of a step that the next step needs.
        body: these nodes, and those of the step that they are computed from.
    """

    def __init__(self, listing: Listing, run: Run) -> None:
        self.run = run
        columns: list[list[int]] = [[] for _ in range(run.period)]
        for column, owner in enumerate(run.owners):
            columns[owner].append(column)
        self.columns = columns
        kinds, sources = run.kinds.tolist(), run.sources.tolist()
        carried = set(run.sources[run.kinds == CARRIED].tolist())
        readers: dict[int, list[int]] = defaultdict(list)  # of each carried node, the columns that read it
        for column in np.flatnonzero(run.kinds == CARRIED).tolist():
            readers[sources[column]].append(column)
        # What no result needs is not computed; it may be needed in every step but the last.
        carried = {q for q in carried if listing.needed[run.start + run.period + q]}
        carried = {q for q in carried if not self._only_adds_up(listing, q, readers[q], columns, kinds, sources)}
        while True:
            order = {q: 1 << i for i, q in enumerate(sorted(carried))}
            needs = [0] * run.period  # the carried nodes that each node depends on, as bits
            for k, own in enumerate(columns):
                for column in own:
                    if kinds[column] == INSIDE:
                        needs[k] |= needs[sources[column]]
                    elif kinds[column] == CARRIED:
                        needs[k] |= order.get(sources[column], 0)
            needed = 0
            for q in carried:
                needed |= needs[q]
            kept = {q for q in carried if needs[q] and order[q] & needed}
            if kept == carried:
                break
            carried = kept
        self.carried = sorted(carried)
        self.body = self._body(listing, needs, kinds, sources)

    def _only_adds_up(
        self, listing: Listing, q: int, readers: list[int], columns: Sequence[Sequence[int]], kinds: Sequence[int], sources: Sequence[int]
    ) -> bool:
        """Whether a carried node is a running sum that only the next running sum reads."""
        if len(readers) > 1:
            return False
        place, todo = self.run.start + self.run.period, [q]
        while todo:
            k = todo.pop()
            if listing.uses[place + k] != 1:
                continue
            for column, sign in zip(columns[k], listing.nodes[place + k].primitive.terms, strict=False):
                if column == readers[0] and sign > 0:
                    return True
                if kinds[column] == INSIDE and sign > 0:
                    todo.append(sources[column])
        return False

    def _body(self, listing: Listing, needs: Sequence[int], kinds: Sequence[int], sources: Sequence[int]) -> list[int]:
        """The nodes of a step that its carried nodes are computed from.

        A node that does not depend on the earlier state is among them only if nothing outside needs it. A choice by an
        integer argument always stays outside: inside, the integer would be a constant.
        """
        reads: dict[int, int] = defaultdict(int)
        found: set[int] = set()
        for k in range(self.run.period - 1, -1, -1):
            own = needs[k] or (listing.uses[self.run.at(k)] == reads[k]).all()
            if k in self.carried or (reads[k] > 0 and own and (needs[k] or not self._chooses(listing, k))):
                found.add(k)
                for column in self.columns[k]:
                    if kinds[column] == INSIDE:
                        reads[sources[column]] += 1
        return sorted(found)

    def _chooses(self, listing: Listing, k: int) -> bool:
        primitive = listing.nodes[self.run.start + k].primitive
        return primitive is not None and primitive.index is not None

    def is_worth_it(self, listing: Listing) -> bool:
        """Whether to make it a loop.

        It must carry something, from one start; and its steps must compute numbers and choose nothing.
        """
        run = self.run
        for q in self.carried:
            if len(set(run.operands[0, (run.kinds == CARRIED) & (run.sources == q)].tolist())) > 1:
                return False
        is_of_numbers = all(type(listing.nodes[run.start + k]) is Value and not self._chooses(listing, k) for k in self.body)
        return bool(self.carried) and is_of_numbers and len(self.body) * run.steps >= FEWEST_NODES

    @property
    def looks(self) -> Any:
        """A key that is equal for recurrences that may share one loop."""
        run = self.run
        sources = np.where(run.kinds <= CARRIED, run.sources, 0)
        return run.period, run.steps, run.kinds.tobytes(), sources.tobytes(), tuple(self.body), tuple(self.carried)


def _chosen(listing: Listing) -> list[list[Recurrence]]:
    """The recurrences of a trace, in groups; each group shares one loop."""
    chosen: list[Recurrence] = []
    taken = np.zeros(len(listing.nodes) + 1, bool)
    of_run: dict[int, Recurrence] = {}

    def fits(run: Run) -> bool:
        of_run[id(run)] = Recurrence(listing, run)
        return of_run[id(run)].is_worth_it(listing)

    ways = [[of_run[id(run)] for run in runs] for runs in runs_of(listing, fits)]
    for way in sorted(ways, key=lambda way: -sum(len(r.body) * r.run.steps for r in way)):
        for r in way:
            if not taken[r.run.start : r.run.stop].any():
                taken[r.run.start : r.run.stop] = True
                chosen.append(r)
    if chosen and any(primitive.masks for primitive in {node.primitive for node in listing.nodes}):
        chosen = [r for r in chosen if not (_is_steep(listing, r) and _is_masked(listing, r))]
    groups: dict[Any, list[Recurrence]] = defaultdict(list)
    for r in sorted(chosen, key=lambda r: r.run.start):
        groups[r.looks, listing.kinds[r.run.start : r.run.start + r.run.period].tobytes()].append(r)
    return list(groups.values())


def _is_steep(listing: Listing, r: Recurrence) -> bool:
    """Whether a derivative inside the loop may be infinite or nan."""
    # A constant may be another one in each step.
    nodes = [listing.nodes[place] for k in r.body for place in r.run.at(k)]
    return any(is_steep(x.primitive) and is_steep_here(x) for x in nodes if x.primitive is not None)


def _is_masked(listing: Listing, r: Recurrence) -> bool:
    """Whether a branch that is not taken may be computed from the carried numbers.

    Then 0 times an infinite derivative would be nan.
    """
    depends = np.zeros(len(listing.nodes), bool)
    for q in r.carried:
        depends[r.run.at(q)] = True
    operands, first = listing.operands.tolist(), listing.first.tolist()
    for i in range(r.run.start, len(listing.nodes)):
        if not depends[i]:
            depends[i] = any(x >= 0 and depends[x] for x in operands[first[i] : first[i + 1]])
        if depends[i] and listing.nodes[i].primitive.masks:
            return True
    return False


class _Loop:
    """A loop that is being built: its node, and what it is made of.

    Attributes:
        steps: how many there are.
        start: the carried nodes before the first step, by their numbers in the listing.
        columns: the operands that vary; for each, its numbers in all steps.
        fixed: the operands that are the same in all steps.
        body: one step, as a graph of Values.
        states: the carried nodes after each step, by their numbers.
        node: the node of the loop, once its operands have been made.
    """

    def __init__(self, listing: Listing, recurrences: Sequence[Recurrence]) -> None:
        self.listing = listing
        self.steps = recurrences[0].run.steps
        self.start: list[int] = []
        self.columns: list[Sequence[int]] = []
        self.fixed: list[int] = []
        self.node: Any = None
        self._leaves: dict[Any, Value] = {}
        self._by_step: list[Value] = []
        carried: list[Value] = []
        results: list[Value] = []
        for r in recurrences:
            run = r.run
            before = {q: Value(0.0) for q in r.carried}
            for q in r.carried:
                column = int(np.flatnonzero((run.kinds == CARRIED) & (run.sources == q))[0])
                self.start.append(int(run.operands[0, column]))
            step: dict[int, Any] = {}
            for k in r.body:
                node = listing.nodes[run.start + run.period + k]
                step[k] = _copy(node, tuple([self._operand(run, column, step, before) for column in r.columns[k]]), node.origin)
            carried += before.values()
            results += [step[q] for q in r.carried]
        fixed = tuple([self._leaves[number] for number in self.fixed])
        self.states = np.concatenate([[r.run.at(q) for q in r.carried] for r in recurrences]).T.tolist()
        self.body = Body(tuple(carried), tuple(self._by_step), fixed, tuple(results))

    def _operand(self, run: Run, column: int, step: dict[int, Any], before: dict[int, Value]) -> Any:
        """An operand of a node of the body."""
        kind, source = run.kinds[column], int(run.sources[column])
        if kind == INSIDE and source in step:
            return step[source]
        if kind == CARRIED and source in before:
            return before[source]
        if kind == FIXED:
            number = int(run.operands[0, column])
            thing = self.listing.thing(number)
            if not isinstance(thing, Node):
                return thing
            if number not in self._leaves:
                self._leaves[number] = Value(thing._datum)
                self.fixed.append(number)
            return self._leaves[number]
        numbers = run.operands[:, column]
        key = numbers.tobytes()
        if key not in self._leaves:
            self._leaves[key] = Value(0.0)
            self._by_step.append(self._leaves[key])
            self.columns.append(numbers.tolist())
        return self._leaves[key]

    @property
    def operands(self) -> list[int]:
        return [*self.start, *(x for column in self.columns for x in column), *self.fixed]


class _Building:
    """Makes the new graph, from the results back to the leaves.

    A node that a loop carries is replaced by a part of the loop's result.
    """

    def __init__(self, listing: Listing, groups: Sequence[Sequence[Recurrence]]) -> None:
        self.nodes: list[Node] = []
        self.new: dict[int, Node] = {}
        self._listing = listing
        self._loops = [_Loop(listing, group) for group in groups]
        # Place of an old node -> its loop, the time, which carried number.
        self._carried: dict[int, tuple[int, int, int]] = {}
        # The same, for operands that are the start of a loop.
        self._reads: dict[int, dict[int, tuple[int, int, int]]] = defaultdict(dict)
        self._parts: dict[tuple[int, int, int], Node] = {}
        for i, group in enumerate(groups):
            k = 0
            for r in group:
                for q in r.carried:
                    self._carried.update((int(place), (i, t + 1, k)) for t, place in enumerate(r.run.at(q)))
                    for column in np.flatnonzero((r.run.kinds == CARRIED) & (r.run.sources == q)).tolist():
                        owner = int(r.run.owners[column])
                        self._reads[r.run.start + owner][r.columns[owner].index(column)] = i, 0, k
                    k += 1

    def build(self, outputs: Iterable[Node]) -> bool:
        """Make the graph; False if a loop would need its own result, which is impossible."""
        numbers = {id(node): i for i, node in enumerate(self._listing.nodes)}
        todo: list[tuple[Any, bool]] = [(numbers[id(x)], False) for x in outputs if id(x) in numbers]
        done: set[Any] = set()
        begun: set[Any] = set()
        while todo:
            item, ready = todo.pop()  # the place of a node, or after all of these a loop
            if item in done:
                continue
            if ready:
                done.add(item)
                if item < len(self._listing.nodes):
                    self._make(item)
                else:
                    self._make_loop(self._loops[item - len(self._listing.nodes)])
                continue
            if item in begun:
                return False
            begun.add(item)
            todo.append((item, True))
            todo += [(x, False) for x in self._needs(item) if x not in done]
        return True

    def _needs(self, item: int) -> list[int]:
        """What must be made before a node or a loop."""
        n, first = len(self._listing.nodes), self._listing.first
        if item >= n:
            operands = self._loops[item - n].operands
        elif item in self._carried:
            operands = [n + self._carried[item][0]]
        else:
            operands = self._listing.operands[first[item] : first[item + 1]].tolist()
            for place, (i, _, _) in self._reads.get(item, {}).items():
                operands[place] = n + i
        return [x for x in operands if x >= 0]

    def _make(self, item: int) -> None:
        node = self._listing.nodes[item]
        if item in self._carried:
            self.new[id(node)] = self._part(*self._carried[item], node)
            return
        inputs = tuple([self._of(x) for x in node.inputs])
        for place, part in self._reads.get(item, {}).items():
            inputs = (*inputs[:place], self._part(*part, node), *inputs[place + 1 :])
        if any(x is not y for x, y in zip(inputs, node.inputs, strict=True)):
            self.new[id(node)] = node = _copy(node, inputs, Moment(next(times), node.origin.scope))
        self.nodes.append(node)

    def _of(self, x: object) -> Any:
        return self.new.get(id(x), x)

    def _part(self, i: int, t: int, k: int, like: Node) -> Node:
        """A carried number at a time."""
        if (i, t, k) not in self._parts:
            loop = self._loops[i].node
            part: Any = new(Value)
            part._datum, part._grad, part._aside = loop._datum.item(t, k), 0.0, (None, {"index": (t, k)}, None)
            part.primitive, part.inputs = PART, (loop,)
            part.origin = Moment(next(times), like.origin.scope)
            self._parts[i, t, k] = part
            self.nodes.append(part)
        return self._parts[i, t, k]

    def _make_loop(self, loop: _Loop) -> None:
        columns = [self._numbered(column) for column in loop.columns]
        by_step = [self._array(stack, column, {"axis": 0}, _data(column)) for column in columns]
        start = self._numbered(loop.start)
        inputs = (*start, *by_step, *self._numbered(loop.fixed))
        static = {"body": loop.body, "steps": loop.steps, "backwards": False}
        states = np.stack([_data(start), *(_data(self._numbered(row)) for row in loop.states)])
        loop.node = self._array(LOOP, inputs, static, states)

    def _numbered(self, numbers: Sequence[int]) -> tuple[Any, ...]:
        """The nodes of the new graph that belong to these numbers of the listing."""
        return tuple([self._of(self._listing.thing(x)) for x in numbers])

    def _array(self, primitive: Primitive, inputs: tuple[Any, ...], static: dict[str, Any], data: object) -> Node:
        node: Any = new(Tensor)
        node._datum, node._grad, node._aside = data, None, (None, static, None)
        node.primitive, node.inputs = primitive, inputs
        node.origin = Moment(next(times), None)
        self.nodes.append(node)
        return node


def _data(numbers: Sequence[Any]) -> Any:
    return np.array([x._datum if isinstance(x, Node) else x for x in numbers], float)


def _copy(node: Any, inputs: tuple[Any, ...], origin: Any) -> Any:
    """A copy of a node with other inputs."""
    copy = new(Value if isinstance(node, Value) else Tensor)
    copy._datum, copy._grad, copy._aside = node._datum, node._blank_grad, node._aside
    copy.primitive, copy.origin, copy.inputs = node.primitive, origin, inputs
    return copy
