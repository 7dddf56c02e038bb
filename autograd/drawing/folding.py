"""Folding: which parts of a graph a picture shows, and what replaces the others.

A folded module is one box for everything that was computed in all its calls, and for its parameters.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from ..core import Node
from .reading import Constant, Place, Reading, Thing

__all__ = ["Folding", "Group", "Module", "open_as_readable", "open_to"]

READABLE = 500  # more boxes than this cannot be read
CLEAR = 150  # the number of boxes and arrows to aim for, if something must be folded
DRAWABLE = 2_000  # Graphviz takes many minutes for more boxes than this
FEW = 4  # results of a folded module that are drawn one by one; more of them are an arrow with their number


class Module:
    """A folded module.

    Attributes:
        place: its place.
        calls: how many times it was called.
        nodes, parameters: how many computed nodes, and how many numbers of parameters, are inside.
    """

    def __init__(self, place: Place, calls: int) -> None:
        self.place = place
        self.calls = calls
        self.nodes = 0
        self.parameters = 0


class Group:
    """Many constants, or many leaves, that are all used by the same folded modules."""

    def __init__(self) -> None:
        self.members: list[Thing] = []


class Folding:
    """A graph in which some modules are open, and the others are one box each.

    Args:
        reading: the graph.
        open: the places of the open modules; None for all.

    Attributes:
        open: the argument of that name.
        stand_in: for each hidden thing its box, a `Module` or a `Group`.
        results: the nodes inside folded modules that are drawn nevertheless, as their results.
        size: how many boxes there are to draw, not counting operations.

    Example:
        >>> from autograd import Value, scope
        >>> with scope("square"):
        ...     y = Value(3.0) * 3.0
        >>> Folding(Reading([y]), open=None).size, Folding(Reading([y]), open=()).size
        (3, 3)
    """

    def __init__(self, reading: Reading, open: Collection[Place] | None) -> None:
        self.open = open
        self.stand_in: dict[Thing, Module | Group] = {}
        self.results: dict[Node, Module] = {}
        modules: dict[Place, Module | None] = {}  # by the place of what is inside; None where that is open
        for thing, place in reading.places.items():
            if place not in modules:
                closed = self._outermost_closed(place)
                modules[place] = modules.setdefault(closed, Module(closed, len(reading.calls[closed]))) if closed else None
            module = modules[place]
            if module is None:
                continue
            self.stand_in[thing] = module
            if isinstance(thing, Node) and thing.primitive is not None:
                module.nodes += 1
            elif isinstance(thing, Node) and thing.requires_grad:
                module.parameters += np.size(thing.data)
        self._choose_results(reading)
        self._group_sources(reading)
        hidden = len(self.stand_in) - len(self.results)
        self.size = len(reading) - hidden + len(set(self.stand_in.values()))

    def _outermost_closed(self, place: Place) -> Place:
        """The outermost module around a place that is folded; () if none is."""
        if self.open is not None:
            for length in range(1, len(place) + 1):
                if place[:length] not in self.open:
                    return place[:length]
        return ()

    def arrows(self, reading: Reading) -> int:
        """How many arrows there are to draw, not counting those from operations to their values."""
        pairs = {
            (self.stand_in.get(x, x) if x not in self.results else x, self.stand_in.get(thing, thing))
            for thing, inputs in reading.inputs.items()
            for x in inputs
        }
        return sum(tail is not head for tail, head in pairs)

    def _choose_results(self, reading: Reading) -> None:
        """Find the results that leave each folded module, and draw them if they are few."""
        leaving: dict[Module | Group, dict[Node, None]] = {}
        for thing, inputs in reading.inputs.items():
            for x in inputs:
                box = self.stand_in.get(x)
                if box is not None and box is not self.stand_in.get(thing) and reading.inputs[x] and isinstance(x, Node):
                    leaving.setdefault(box, {})[x] = None
        for root in reading.roots:
            if root in self.stand_in and reading.inputs[root]:
                leaving.setdefault(self.stand_in[root], {})[root] = None
        for box, nodes in leaving.items():
            if isinstance(box, Module) and len(nodes) <= FEW:
                self.results |= dict.fromkeys(nodes, box)

    def _group_sources(self, reading: Reading) -> None:
        """Put the constants that only the same folded modules use into one box, and likewise the leaves."""
        users: dict[Thing, set[Thing | Module | Group]] = {}
        for thing, inputs in reading.inputs.items():
            for x in inputs:
                if x not in self.stand_in and not reading.inputs[x]:
                    users.setdefault(x, set()).add(self.stand_in.get(thing, thing))
        groups: dict[tuple[frozenset[Thing | Module | Group], bool], Group] = {}
        for source, boxes in users.items():
            if all(isinstance(box, Module) for box in boxes):
                kind = isinstance(source, Constant) or not source.requires_grad
                groups.setdefault((frozenset(boxes), kind), Group()).members.append(source)
        for group in groups.values():
            if len(group.members) > FEW:
                self.stand_in |= dict.fromkeys(group.members, group)


def open_to(reading: Reading, depth: int) -> Folding:
    """A folding with `depth` levels of modules open.

    Raises:
        ValueError: that is more than can be drawn.

    Example:
        >>> from autograd import Value
        >>> open_to(Reading([Value(3.0).tanh()]), depth=0).size
        2
    """
    folding = Folding(reading, {place for place in reading.calls if len(place) <= depth})
    if folding.size > DRAWABLE:
        raise ValueError(
            f"With fold={depth} this drawing has {folding.size:,} boxes, and more than {DRAWABLE:,} cannot be laid out in a reasonable "
            "time. Choose a smaller fold, or draw a smaller part, such as one example or one neuron."
        )
    return folding


def open_as_readable(reading: Reading) -> Folding:
    """A folding with everything but losses open, if that is readable.

    Otherwise, it has as many levels of modules as stay clear.

    Raises:
        ValueError: even with all modules folded it is not readable.

    Example:
        >>> from autograd import Value
        >>> open_as_readable(Reading([Value(3.0).tanh()])).size
        2
    """
    usual = {place for place in reading.calls if not any(place[:length] in reading.folded for length in range(1, len(place) + 1))}
    everything = Folding(reading, usual if reading.folded else None)
    if everything.size <= READABLE:
        return everything
    containers = {place[:-1] for place in usual if len(place) > 1}
    best = Folding(reading, ())
    if best.size > READABLE:
        what = f"This graph has {len(reading):,} nodes, and more than {READABLE} cannot be read."
        if not reading.calls:
            raise ValueError(
                f"{what} Draw a smaller part, such as one example or one neuron; or name parts of the computation, with "
                '`with autograd.scope("name"):` or as nn.Modules, and each part becomes one box.'
            )
        raise ValueError(
            f"{what} With all its modules folded there are still {best.size:,} boxes, for what was computed outside of them. "
            'Draw a smaller part, or name that part too: `with autograd.scope("name"):` makes one box of it.'
        )
    for depth in range(1, max(map(len, containers), default=0) + 1):
        further = Folding(reading, {place for place in containers if len(place) <= depth})
        if further.size + further.arrows(reading) > CLEAR:
            break
        best = further
    return best
