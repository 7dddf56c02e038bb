"""Folding: which things of a graph a picture shows, and what stands for the others.

A folded module is one box for all that was computed in all its calls, and for its parameters.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from ..core import Node
from .reading import Constant, Place, Reading, Thing

__all__ = ["Folding", "Group", "Module", "open_as_readable", "open_to"]

READABLE = 500  # more boxes than this nobody reads
CLEAR = 150  # where something must be folded, so many boxes and arrows are aimed at
DRAWABLE = 2_000  # for more than this Graphviz takes many minutes
FEW = 4  # so many results of a folded module are drawn one by one; more are an arrow with their number


class Module:
    """A folded module, with what is inside."""

    def __init__(self, place: Place, calls: int) -> None:
        self.place = place
        self.calls = calls
        self.nodes = 0
        self.parameters = 0


class Group:
    """Many constants, or many leaves, that all lead to the same folded modules."""

    def __init__(self) -> None:
        self.members: list[Thing] = []


class Folding:
    """A graph of which some modules are open, and the others are one box each.

    Attributes:
        open: the places of the open modules; None if all are.
        stand_in: each hidden thing's box, a `Module` or a `Group`.
        results: the nodes inside folded modules that are drawn all the same, as their results.
        size: how many boxes there are to draw, operations not counted.
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
        """How many arrows there are to draw, those from operations to their values not counted."""
        pairs = {
            (self.stand_in.get(x, x) if x not in self.results else x, self.stand_in.get(thing, thing))
            for thing, inputs in reading.inputs.items()
            for x in inputs
        }
        return sum(tail is not head for tail, head in pairs)

    def _choose_results(self, reading: Reading) -> None:
        """Find what leaves each folded module; draw it if it is little."""
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
        """Put the constants that the same folded modules use, and only they, into one box; and so the leaves."""
        users: dict[Thing, set[Thing | Module | Group]] = {}
        for thing, inputs in reading.inputs.items():
            for x in inputs:
                if x not in self.stand_in and not reading.inputs[x]:
                    users.setdefault(x, set()).add(self.stand_in.get(thing, thing))
        groups: dict[tuple[frozenset[Any], bool], Group] = {}
        for source, boxes in users.items():
            if all(isinstance(box, Module) for box in boxes):
                kind = isinstance(source, Constant) or not source.requires_grad
                groups.setdefault((frozenset(boxes), kind), Group()).members.append(source)
        for group in groups.values():
            if len(group.members) > FEW:
                self.stand_in |= dict.fromkeys(group.members, group)


def open_to(reading: Reading, depth: int) -> Folding:
    """A folding with so many levels of modules open.

    Raises:
        ValueError: that is more than can be drawn.
    """
    folding = Folding(reading, {place for place in reading.calls if len(place) <= depth})
    if folding.size > DRAWABLE:
        raise ValueError(
            f"With fold={depth} this drawing has {folding.size:,} boxes, and more than {DRAWABLE:,} cannot be laid out in a reasonable "
            "time. Give a smaller fold, or draw a smaller part, such as one example or one neuron."
        )
    return folding


def open_as_readable(reading: Reading) -> Folding:
    """Everything but losses, if that can be read; else the modules that have modules inside, to the level where it stays clear.

    Raises:
        ValueError: folding all modules does not help, or there are none.
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
            f"{what} With all its modules folded there are still {best.size:,} boxes, of what was computed outside of them. "
            'Draw a smaller part, or give a name to that too: `with autograd.scope("name"):` makes one box of it.'
        )
    for depth in range(1, max(map(len, containers), default=0) + 1):
        further = Folding(reading, {place for place in containers if len(place) <= depth})
        if further.size + further.arrows(reading) > CLEAR:
            break
        best = further
    return best
