"""The parts of a graph that a page can fold: modules, scopes, and groups of many inputs; and which are open at first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...core import Node
from ...texts import visible
from ..folding import Folding
from ..reading import Place, Reading, Thing, label_within

__all__ = ["Parts"]

LONG = 60  # characters of a title
MANY = 8  # leaves that stand one by one where the same modules use them
CLEAR = 24  # boxes that are clear at a glance


class Parts:
    """The parts, numbered; 0 is the whole graph.

    Attributes:
        all: for each part its title, the part that it is within, how often it was called, and whether it is open.

    Example:
        >>> from autograd import Value, scope
        >>> with scope("square"):
        ...     y = Value(3.0) * 3.0
        >>> [part["title"] for part in Parts(Reading([y]), None).all]
        ['', 'square']
    """

    def __init__(self, reading: Reading, fold: int | None) -> None:
        self._reading = reading
        self._numbers: dict[Place, int] = {(): 0}
        self.all: list[dict[str, Any]] = [{"title": "", "within": 0, "calls": 1, "open": True}]
        folding = _clear(reading) if fold is None else _opened(reading, reading.calls, fold)
        for place in reading.places.values():
            for length in range(1, len(place) + 1):
                part = place[:length]
                if part not in self._numbers:
                    title = visible(label_within(part[-1][0], part[:-1]), LONG)
                    is_open = folding.open is None or part in folding.open
                    self._numbers[part] = self._add(title, self._numbers[part[:-1]], len(reading.calls[part]), is_open)
        self._grouped = self._groups()

    def of(self, x: Thing) -> int:
        """The number of the innermost part that something is in."""
        return self._grouped.get(x, self._numbers[self._reading.places[x]])

    def _add(self, title: str, within: int, calls: int, is_open: bool) -> int:
        self.all.append({"title": title, "within": within, "calls": calls, "open": is_open})
        return len(self.all) - 1

    def _groups(self) -> dict[Thing, int]:
        """A part for many leaves outside of all modules that the same modules use.

        These are the numbers of many examples.
        """
        users: dict[Thing, set[Place]] = {}
        for thing, inputs in self._reading.inputs.items():
            for x in inputs:
                if isinstance(x, Node) and x.is_leaf and x.requires_grad and not self._reading.places[x]:
                    users.setdefault(x, set()).add(self._reading.places[thing][:1])
        groups: dict[frozenset[Place], list[Thing]] = {}
        for x, places in users.items():
            if () not in places:
                groups.setdefault(frozenset(places), []).append(x)
        numbers: dict[Thing, int] = {}
        for group in groups.values():
            if len(group) > MANY:
                numbers |= dict.fromkeys(group, self._add(f"{len(group):,} inputs", 0, 1, False))
        return numbers


def _clear(reading: Reading) -> Folding:
    """A folding with losses closed, and as many levels of modules open as are clear at a glance."""
    usual = {place for place in reading.calls if not any(place[:length] in reading.folded for length in range(1, len(place) + 1))}
    foldings = (_opened(reading, usual, depth) for depth in range(max(map(len, usual), default=0), -1, -1))
    return next((folding for folding in foldings if folding.size <= CLEAR), Folding(reading, ()))


def _opened(reading: Reading, places: Iterable[Place], depth: int) -> Folding:
    return Folding(reading, {place for place in places if len(place) <= depth})
