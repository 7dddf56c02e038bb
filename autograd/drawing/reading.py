"""Reading a graph for a picture: its nodes and constants, and the place of each.

A place is the path of the named parts (modules and scopes) that something belongs to, outermost
first. All calls of a module are one place, since its parameters are the same in each.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from ..backward import ancestors
from ..core import Node
from ..modes import Scope

__all__ = ["Constant", "Place", "Reading", "Thing", "common_place", "label_within"]

Place = tuple[tuple[str, int], ...]  # for each part its name, and the number of its module


class Constant:
    """A plain number or array among the inputs."""

    __slots__ = ("data",)

    def __init__(self, data: ArrayLike) -> None:
        self.data = data


Thing = Node | Constant


class Reading:
    """A graph as things, which are nodes and constants, with their inputs and places.

    Attributes:
        roots: the results.
        inputs: for each thing, oldest first, what it was computed from; nothing for a leaf or a constant.
        places: the place of each thing.
        calls: the calls of each place, as the `id`s of their scopes.
        folded: the places that are one box by default, such as losses.
        titles: the titles of the places whose frames say more than their names.

    Example:
        >>> from autograd import Value
        >>> reading = Reading([Value(2.0) * 3.0])
        >>> len(reading), [len(inputs) for inputs in reading.inputs.values()]
        (3, [0, 0, 2])
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
        self._shared: dict[tuple[object, int, int], Constant] = {}
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
        """Add another graph as one part, whose title says how many nodes it has; `counted` is what it calls them."""
        part: Place = ((title, 0),)
        self.roots += other.roots
        self.inputs |= other.inputs
        self.places |= {thing: part + place for thing, place in other.places.items()}
        self.calls |= {part: {0}} | {part + place: calls for place, calls in other.calls.items()}
        self.titles[part] = f"{title}: {sum(isinstance(x, Node) and x.primitive is not None for x in other.inputs):,} {counted}"

    def __len__(self) -> int:
        return len(self.inputs)

    def _inputs_of(self, node: Node) -> list[Thing]:
        """The inputs of a node, with each constant as a `Constant`.

        Arrays, and the numbers of lists (a neuron's inputs), are data and drawn outside of every
        module: an array once, and a number once for each call. The number in `2 * x` is part of
        the formula and drawn beside its operation.
        """
        takes_lists = not isinstance(node.primitive.vjp, tuple)  # type: ignore[union-attr]
        inputs: list[Thing] = []
        seen: dict[object, int] = {}  # [1.0, 1.0] may be the same object twice, and is two numbers
        for x in node.inputs or ():
            if isinstance(x, Node):
                inputs.append(x)
                continue
            if takes_lists or isinstance(x, np.ndarray):
                is_array = isinstance(x, np.ndarray)
                # Each node has a copy of an array of its own.
                which = (x.shape, x.dtype, x.tobytes()) if is_array else id(x)
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
        """The place of a scope; remembered, since many nodes share it."""
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
        """Place each parameter of a module where it is used: in the innermost part that contains all its uses.

        A loss may use it too (weight decay). So this part is found for each outermost module
        separately, and the deepest one wins.
        """
        uses: dict[Node, dict[Place, Place]] = {}
        for node, inputs in self.inputs.items():
            place = self.places[node]
            for x in inputs:
                if isinstance(x, Node) and x.is_leaf and x.scope is not None and x.requires_grad:
                    by_outermost = uses.setdefault(x, {})
                    by_outermost[place[:1]] = common_place([by_outermost.get(place[:1], place), place])
        for parameter, by_outermost in uses.items():
            self.places[parameter] = max(by_outermost.values(), key=len)


def common_place(places: Iterable[Place]) -> Place:
    """The innermost part that contains all the places.

    Example:
        >>> common_place([(("MLP", 1), ("layers.0", 2)), (("MLP", 1), ("layers.1", 3))])
        (('MLP', 1),)
    """
    first, *others = dict.fromkeys(places) or [()]
    length = len(first)
    while any(first[:length] != place[:length] for place in others):
        length -= 1
    return first[:length]


def label_within(label: str, place: Place) -> str:
    """A dotted label without what the box around it says already.

    Example:
        >>> label_within("layers.0.weight", (("MLP", 1), ("layers.0", 2)))
        'weight'
    """
    return label.removeprefix(f"{place[-1][0]}.") if place else label
