"""Warnings of graphs that are kept by mistake.

`total += loss` and `losses.append(loss)` are the commonest ways to run out of memory: losses look like
numbers, and each holds all that it was computed from. And `w = w - 0.1 * w.grad` computes each step
from the graph of the one before, so that every step takes longer.
"""

from __future__ import annotations

import itertools
import sys
import warnings
import weakref
from collections import deque
from collections.abc import Sequence
from types import FrameType
from typing import Any, Final

from .core import Node, time_of
from .modes import Moment, tick

__all__ = ["watch"]

EACH, MANY = 7, 15  # every seventh loss, fifteen of them: about a hundred
FAR = 100_000  # nodes: how far it is looked for what holds them
_passes: Final = itertools.count(1).__next__


class _OwnMoment(Moment):
    """The moment of one root, which no other node shares. It lives as long as the root, and can be referred to weakly; nodes cannot."""

    __slots__ = ("__weakref__",)


class _Roots:
    """Some of the last backward passes' roots, as far as they were computed after the one before.

    Losses that were all computed before the first of their backward passes are kept on purpose.
    """

    def __init__(self) -> None:
        self.watched: list[weakref.ref[_OwnMoment]] = []
        self.last_look = 0  # its time
        self.from_before = 0  # how many nodes of that graph had been computed before the look before it
        self.grown = 0  # in how many looks in a row there were more of these each time


_roots: Final = _Roots()


def watch(root: Node, order: Sequence[Node]) -> None:
    """A backward pass through `order`, computed nodes, begins at `root`: warn, if the graphs of the last hundred are all still there.

    What is called here is called by `Node.backward`, and the warning points to the line that called that.
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
        del watched[: MANY - alive[::-1].index(False)]  # up to the last one that is gone
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
    """Warn, if for a hundred passes each graph has held more of what was computed before."""
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
    """The names of variables in sight of `frame`, and of attributes of local ones, that hold one of the `kept`."""
    found = {name for name, x in {**frame.f_globals, **frame.f_locals}.items() if _holds(x, kept)}
    for name, x in frame.f_locals.items():
        if isinstance(attributes := getattr(x, "__dict__", None), dict):
            found |= {f"{name}.{key}" for key, y in attributes.items() if _holds(y, kept)}
    return sorted(found)


def _holds(x: Any, kept: set[int]) -> bool:
    """Whether one of the kept losses is among the latest entries of `x`, or among what `x` was computed from."""
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
