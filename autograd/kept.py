"""Warnings about graphs that are kept by mistake.

`total += loss` and `losses.append(loss)` are the commonest ways to run out of memory: losses look like
numbers, but each holds the whole graph from which it was computed. And with `w = w - 0.1 * w.grad`, each
step is computed from the graph of the previous one, so that every step takes longer.
"""

from __future__ import annotations

import itertools
import sys
import warnings
import weakref
from collections import deque
from collections.abc import Sequence
from types import FrameType
from typing import Final

from .core import Node, time_of
from .modes import Moment, tick

__all__ = ["watch"]

EACH, MANY = 7, 15  # every seventh loss is watched, and fifteen of these, so about a hundred losses
FAR = 100_000  # nodes: how many are searched for the kept losses
_passes: Final = itertools.count(1).__next__


class _OwnMoment(Moment):
    """A moment that belongs to one root alone and lives as long. Unlike a node, it can have weak references."""

    __slots__ = ("__weakref__",)


class _Roots:
    """Roots of some of the latest backward passes.

    A root counts only if it was computed after the previous watched pass. If a program computes many losses before
    their first backward pass, it keeps them on purpose.
    """

    def __init__(self) -> None:
        self.watched: list[weakref.ref[_OwnMoment]] = []
        self.last_look = 0  # the time of the latest watched pass
        self.from_before = 0  # how many nodes of its graph had been computed before the watched pass before it
        self.grown = 0  # for how many watched passes in a row this number has grown


_roots: Final = _Roots()


def watch(root: Node, order: Sequence[Node]) -> None:
    """Warn if the graphs of the last hundred backward passes are all still alive.

    It is called when a pass from `root` through the nodes `order` begins. The warning points to the line of the
    program that called `backward()`.
    """
    if _passes() % EACH:
        return
    since, _roots.last_look = _roots.last_look, tick()
    if root.time < since or root.primitive is None:
        return
    _watch_growth(order, since)
    root.origin = own = _OwnMoment(root.time, root.origin.scope)
    watched = _roots.watched
    watched.append(weakref.ref(own))
    if len(watched) < MANY:
        return
    alive = [ref() is not None for ref in watched]
    if not all(alive):
        del watched[: MANY - alive[::-1].index(False)]  # up to the latest one that was freed
        return
    names = _names_of_keepers(sys._getframe(3), {id(ref()) for ref in watched[:-1]})
    where = f": look at {' and '.join(f'`{name}`' for name in names)}" if names else ""
    watched.clear()
    warnings.warn(
        f"The graphs of the last hundred losses are all still held in memory{where}. Where losses are added up or collected, keep "
        "their numbers: `total += loss.item()`, `losses.append(loss.item())`.",
        stacklevel=4,
    )


def _watch_growth(order: Sequence[Node], since: int) -> None:
    """Warn if for a hundred passes each graph has contained more nodes from before the previous pass."""
    from_before = sum(map(since.__gt__, map(time_of, order)))
    _roots.grown = _roots.grown + 1 if from_before > _roots.from_before else 0
    _roots.from_before = from_before
    if _roots.grown == MANY:
        warnings.warn(
            f"The graph grows at every step: this backward pass goes through {from_before} nodes of the steps before. Where one step's "
            "result is the next one's parameter or state, cut the graph: `w -= 0.1 * w.grad` under no_grad() in place of `w = w - …`, "
            "and `h = h.detach()`.",
            stacklevel=5,
        )


def _names_of_keepers(frame: FrameType, kept: set[int]) -> list[str]:
    """The names of what holds one of the `kept` losses: variables visible from `frame`, and their attributes."""
    found = {name for name, x in {**frame.f_globals, **frame.f_locals}.items() if _holds(x, kept)}
    for name, x in frame.f_locals.items():
        if isinstance(attributes := getattr(x, "__dict__", None), dict):
            found |= {f"{name}.{key}" for key, y in attributes.items() if _holds(y, kept)}
    return sorted(found)


def _holds(x: object, kept: set[int]) -> bool:
    """Whether one of the kept losses is in `x`.

    It may be among the latest entries, or among the nodes from which `x` was computed.
    """
    todo, seen = deque([x]), set[int]()
    while todo and len(seen) < FAR:
        x = todo.popleft()
        if not isinstance(x, (Node, list, tuple, dict)) or id(x) in seen:
            continue
        seen.add(id(x))
        if isinstance(x, Node):
            if id(x.origin) in kept:
                return True
            todo.extend(x.inputs or ())
        else:
            todo.extend(list(x.values())[-20:] if isinstance(x, dict) else x[-20:])
    return False
