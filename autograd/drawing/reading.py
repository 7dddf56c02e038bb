"""Reading a graph for a picture: its nodes and constants, and the place of each.

A place is the path of named parts (modules and scopes) that something belongs to, outermost
first. All calls of a module are one place: its parameters are the same in each.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..backward import ancestors
from ..core import Node
from ..modes import Scope

__all__ = ["Constant", "Place", "Reading", "Thing", "common_place", "label_within"]

Place = tuple[tuple[str, int], ...]  # of each part its name, and which module it is


class Constant:
    """A plain number or array among the inputs."""

    __slots__ = ("data",)

    def __init__(self, data: Any) -> None:
        self.data = data


Thing = Node | Constant


class Reading:
    """What there is to draw.

    Attributes:
        roots: the results.
        inputs: each thing with what it was computed from, oldest first; nothing for a leaf or a constant.
        places: each thing's place.
        calls: each place with its calls, as the `id`s of their scopes.
        folded: the places that are one box unless one asks to see inside.
        titles: what the frame around a place says, where that is more than its name.
    """

    def __init__(self, roots: Iterable[Node]) -> None:
        self.roots = list(dict.fromkeys(roots))
        self.inputs: dict[Thing, list[Thing]] = {}
        self.places: dict[Thing, Place] = {}
        self.calls: dict[Place, set[int]] = {}
        self.folded: set[Place] = set()
        self.titles: dict[Place, str] = {}
        self._scopes: dict[int, Place] = {}
        self._outermost: dict[int, int] = {}
        self._shared: dict[Any, Constant] = {}
        nodes = ancestors(self.roots)[::-1]
        for node in nodes:
            if node.primitive is None:
                self.inputs[node] = []
                self.places[node] = () if node.requires_grad else self._place_of(node.scope)
        for node in nodes:
            if node.primitive is not None:
                self.places[node] = self._place_of(node.scope)
                self.inputs[node] = self._inputs_of(node)
        self._place_parameters()

    def beside(self, title: str, other: Reading, counted: str) -> None:
        """Take in all of another graph, as one part, which says how many of its nodes are `counted`."""
        part: Place = ((title, 0),)
        self.roots += other.roots
        self.inputs |= other.inputs
        self.places |= {thing: part + place for thing, place in other.places.items()}
        self.calls |= {part: {0}} | {part + place: calls for place, calls in other.calls.items()}
        self.titles[part] = f"{title}: {sum(isinstance(x, Node) and x.primitive is not None for x in other.inputs):,} {counted}"

    def __len__(self) -> int:
        return len(self.inputs)

    def _inputs_of(self, node: Node) -> list[Thing]:
        """The inputs, each constant as a `Constant`.

        Arrays, and the numbers of lists (a neuron's inputs), are data, drawn outside of every
        module: an array once, and a number once for each call. The number in `2 * x` is part of
        the formula: it is drawn beside its operation, wherever Python keeps it.
        """
        takes_lists = not isinstance(node.primitive.vjp, tuple)  # type: ignore[union-attr]
        inputs: list[Thing] = []
        seen: dict[Any, int] = {}  # [1.0, 1.0] may be one object twice, and is two numbers
        for x in node.inputs or ():
            if isinstance(x, Node):
                inputs.append(x)
                continue
            if takes_lists or isinstance(x, np.ndarray):
                is_array = isinstance(x, np.ndarray)
                which = (x.shape, x.dtype, x.tobytes()) if is_array else id(x)  # each node has its own copy of an array
                seen[which] = seen.get(which, 0) + 1
                call = 0 if is_array else self._outermost.get(id(node.scope), 0)
                constant = self._shared.setdefault((which, seen[which], call), Constant(x))
                place: Place = ()
            else:
                constant, place = Constant(x), self.places[node]
            inputs.append(constant)
            self.inputs.setdefault(constant, [])
            self.places.setdefault(constant, place)
        return inputs

    def _place_of(self, scope: Scope | None) -> Place:
        """The place of a scope; remembered, as many nodes share one."""
        unknown = []
        while scope is not None and id(scope) not in self._scopes:
            unknown.append(scope)
            scope = scope.outer
        place = self._scopes[id(scope)] if scope is not None else ()
        for inner in reversed(unknown):
            place = (*place, (inner.name, inner.owner))
            self._scopes[id(inner)] = place
            self._outermost[id(inner)] = id(inner) if inner.outer is None else self._outermost[id(inner.outer)]
            self.calls.setdefault(place, set()).add(id(inner))
            if inner.folded:
                self.folded.add(place)
        return place

    def _place_parameters(self) -> None:
        """Put each module's parameter where it is used: in the innermost part that all its uses share.

        A loss may use it too (weight decay). So uses under different outermost modules are
        taken apart, and the most particular place wins.
        """
        uses: dict[Node, dict[Any, Place]] = {}
        for node, inputs in self.inputs.items():
            place = self.places[node]
            for x in inputs:
                if isinstance(x, Node) and x.is_leaf and x.scope is not None and x.requires_grad:
                    by_outermost = uses.setdefault(x, {})
                    by_outermost[place[:1]] = common_place([by_outermost.get(place[:1], place), place])
        for parameter, by_outermost in uses.items():
            self.places[parameter] = max(by_outermost.values(), key=len)


def common_place(places: Iterable[Place]) -> Place:
    """The innermost part that all the places are in."""
    first, *others = dict.fromkeys(places) or [()]
    length = len(first)
    while any(first[:length] != place[:length] for place in others):
        length -= 1
    return first[:length]


def label_within(label: str, place: Place) -> str:
    """A dotted label without the part that the box around it says already.

    Example:
        >>> label_within("layers.0.weight", (("MLP", 1), ("layers.0", 2)))
        'weight'
    """
    return label.removeprefix(f"{place[-1][0]}.") if place else label
