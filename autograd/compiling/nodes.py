"""Reading a trace: which nodes there are in it, and which arguments only count rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..core import Node, time_of
from ..layout import MANY
from .standins import Argument
from .tracing import Trace

__all__ = ["nodes_of", "only_indices"]


def nodes_of(trace: Trace) -> list[Node]:
    """The nodes of a trace, and those from outside that it used, oldest first."""
    seen: dict[Node, None] = {}  # in order: those from outside may be of one age
    todo = trace.roots[::-1]
    while todo:
        node = todo.pop()
        if node in seen:
            continue
        seen[node] = None
        if node.primitive is not None and node.origin.when >= trace.start:
            left, right = node.left, node.right
            if right is MANY:
                todo += [x for x in reversed(left) if isinstance(x, Node) and x not in seen]
                continue
            if isinstance(right, Node) and right not in seen:
                todo.append(right)
            if isinstance(left, Node) and left not in seen:
                todo.append(left)
    return sorted(seen, key=time_of)


def only_indices(order: Sequence[Node], arguments: Sequence[Argument], name: str) -> set[Argument]:
    """The arguments that only choose rows, and stay integers."""
    # For the ids of arguments, their parts and their entries: the argument.
    whole = {id(x): argument for argument in arguments for x in (argument, *argument.entries.values())}
    whole.update([(id(node), node.whole) for node in order if type(node) is Argument])
    found = {x for x in arguments if x.integers}
    for node in order:
        primitive, left, right = node.primitive, node.left, node.right
        is_many = right is MANY
        if not (is_many or id(left) in whole or id(right) in whole):
            continue  # nearly always
        if primitive is None or type(node) is Argument:
            continue  # a part of an argument is what it is used for
        index: Any = None
        numbers = left if is_many else (left, right)
        if (place := primitive.index) is not None:
            index, numbers = numbers[place], numbers[:place] + numbers[place + 1 :]
            if isinstance(index, Node) and id(index) in whole and not whole[id(index)].integers:
                raise TypeError(f"{name}: take needs whole numbers to say which rows, and got an argument that is not of integers.")
        if found and not whole.keys().isdisjoint(map(id, numbers)):
            found.difference_update([whole[id(x)] for x in numbers if id(x) in whole])
    return found
