"""The blocks that the body of a function consists of: loops with statements in them, and other lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from .formulas import Text
from .indices import Index

__all__ = ["Lines", "Nest", "Store", "within"]


class Store(NamedTuple):
    """The statement that writes a number into an array, or adds it there."""

    name: str
    place: Index | None
    value: Text
    sign: str = "="

    def __str__(self) -> str:
        to = self.name if self.place is None else f"{self.name}[{self.place}]"
        return f"{to} {self.sign} {self.value.text};"


class Nest:
    """Loops over all entries of an array, with some statements for each.

    Attributes:
        loops: the variables and lengths of the loops.
        before, after: lines before and after the loops.
        row: lines before the innermost loop, within the others.
        totals: the variables that numbers are added up in.
        makes: for what the statements make, whether it is complete, at a place, after the statement at that place.
        loads: what they read, and where.
    """

    def __init__(self, loops: list[tuple[str, int]]) -> None:
        self.loops = loops
        self.scopes: list[str] = []
        self.before: list[str] = []
        self.after: list[str] = []
        self.row: list[str] = []
        self.statements: list[str | Store] = []
        self.totals: list[str] = []
        self.makes: dict[Any, bool] = {}
        self.loads: list[tuple[Any, Index | None]] = []

    def takes(self, loads: Iterable[tuple[Any, Index | None]], makes: object, here: Index) -> bool:
        """Whether another statement, which reads these numbers, may stand in the loops."""
        return all(x not in self.makes or (self.makes[x] and place == here) for x, place in loads) and all(
            x is not makes or place == here for x, place in self.loads
        )

    def comment(self) -> str:
        return ", ".join(self.scopes)

    def text(self, dialect: Any) -> list[str]:
        lines, depth = list(self.before), 0
        outer, inner = self.loops[:-1], self.loops[-1:]
        if self.row and not outer:
            lines.append("{")
            depth = 1
        for variable, n in outer:
            lines.append("    " * depth + f"{dialect.loop(variable, n)} {{")
            depth += 1
        lines += ["    " * depth + line for line in self.row]
        for variable, n in inner:
            lines += ["    " * depth + line for line in dialect.reduction(*self.totals)]
            lines.append("    " * depth + f"{dialect.loop(variable, n)} {{")
            depth += 1
        lines += ["    " * depth + str(statement) for statement in self.statements]
        return [*lines, *("    " * d + "}" for d in reversed(range(depth))), *self.after]

    def as_variable(self, name: str, declared: str) -> bool:
        """Make an array a variable, if it is written once, and read at the same place only."""
        stores = [s for s in self.statements if isinstance(s, Store) and s.name == name]
        if len(stores) != 1 or stores[0].sign != "=":
            return False
        place = f"{name}[{stores[0].place}]"
        outside = [*self.before, *self.row, *self.after, stores[0].value.text]
        within = [s.value.text if isinstance(s, Store) else s for s in self.statements if s is not stores[0]]
        word = re.compile(rf"\b{re.escape(name)}\b")
        if any(map(word.search, outside)) or any(word.search(_with(text, place, "")) for text in within):
            return False

        def changed(s: str | Store) -> str | Store:
            if s is stores[0]:
                return f"{declared} = {stores[0].value.text};"
            if isinstance(s, Store):
                return s._replace(value=s.value._replace(text=_with(s.value.text, place, name)))
            return _with(s, place, name)

        self.statements = [changed(s) for s in self.statements]
        return True


def _with(text: str, place: str, name: str) -> str:
    return re.sub(rf"(?<!\w){re.escape(place)}", name, text)


class Lines(NamedTuple):
    """Other lines."""

    scope: str | None
    lines: list[str]

    def comment(self) -> str:
        return self.scope or ""

    def text(self, dialect: Any) -> list[str]:
        return self.lines


def within(dialect: Any, loops: Sequence[tuple[str, int]], lines: Sequence[str]) -> list[str]:
    """Lines within loops, each of which has a variable and a length."""
    inner = list(lines)
    for loop in reversed(loops):
        inner = [f"{dialect.loop(*loop)} {{", *(f"    {line}" for line in inner), "}"]
    return inner
