"""The steps of optimizers in a program: their formulas as functions.

At each call, these change the arrays of the parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import numpy as np

from ..backward import ancestors
from ..core import Node
from ..tensor import Tensor
from ..updating import Piece, Updater
from .formula import Formula, Text, condition_text
from .printing.programs import Change

__all__ = ["Update"]


class Update:
    """A step of an optimizer: its formulas as functions of the program, and the pieces that they change.

    Attributes:
        without: the parameters that have no gradient, and stay as they are.
        pieces: all pieces of the optimizer, each with the number of its group; `leaves` are the parameters of each.
        settings: those of each group, with the first values of what is remembered.
        parts: the indices of the pieces that are changed; `formulas` has the formula of each.
    """

    def __init__(self, updater: Updater, without: frozenset[Node]) -> None:
        self.updater, self.without = updater, without
        self.pieces = updater.arranged(without)
        self.leaves = [list(piece.leaves) for _, piece in self.pieces]
        self._leaves = [list(map(id, leaves)) for leaves in self.leaves]
        self.settings = updater.settings()
        self.parts = [i for i, leaves in enumerate(self.leaves) if without.isdisjoint(leaves)]
        self.formulas = [self._formula(i) for i in self.parts]
        self._fixed = [_fixed(settings) for settings, _ in self.settings]
        self._asked = [condition_text(formula) if formula.conditions else None for formula in self.formulas]
        self._counts = any(  # whether something is decided by the number of the step
            formula.step is x for formula in self.formulas for x in ancestors([node for node, _ in formula.conditions])
        )
        self._decided = [tuple([truth for _, truth in formula.conditions]) for formula in self.formulas]
        self._numbers = [_numbers(settings) for settings, _ in self.settings]
        self._calls: list[Callable[..., Any]] = []

    def _formula(self, i: int) -> Formula:
        group, piece = self.pieces[i]
        settings, starts = self.settings[group]
        shape, kind = _shape_of(piece), np.result_type(*[getattr(x, "dtype", float) for x in piece.leaves], np.float32)
        known = dict(zip(starts, piece.columns, strict=False))
        needed = {name: start is not None or known.get(name) is not None for name, start in starts.items()}
        return Formula(self.updater, np.ones(shape, kind), needed, settings, piece.steps() + 1)

    def written(self, taken: set[str]) -> list[str]:
        """The functions as text: one for all formulas that say the same."""
        names: dict[str, str] = {}
        self._functions: list[tuple[str, list[int]]] = []
        for formula in self.formulas:
            text = Text(formula, "update")
            body = text.text
            if body not in names:
                name, number = "update", 2
                while name in taken:
                    name, number = f"update_{number}", number + 1
                taken.add(name)
                names[body] = name
            given = [*formula.arrays, formula.step, *formula.numbers]
            self._functions.append((names[body], [next(i for i, x in enumerate(given) if x is y) for y in text.arguments]))
        return [body.replace("def update(", f"def {name}(", 1) for body, name in names.items()]

    def changes(self) -> list[Change]:
        """The functions as graphs, one for each part, to be written in other languages."""
        found = []
        for formula, (name, chosen) in zip(self.formulas, self._functions, strict=True):
            given = [*formula.arrays, formula.step, *formula.numbers]
            becomes = {assignment.target: assignment.node for assignment in formula.assignments}  # at the end
            found.append(Change(name, [given[i] for i in chosen], list(becomes.items())))
        return found

    def link(self, functions: Sequence[Callable[..., Any]]) -> None:
        """Take the functions of the program, one for each part."""
        self._calls = []
        for function, (_, chosen) in zip(functions, self._functions, strict=True):
            if len(chosen) > 1:
                choose = itemgetter(*chosen)
                self._calls.append(lambda given, function=function, choose=choose: function(*choose(given)))
            else:
                self._calls.append(lambda given, function=function, i=chosen[0]: function(given[i]))

    def unchanged(self) -> bool:
        """Whether the formulas still are what they were made for."""
        pieces, settings = self.updater.arranged(self.without), self.updater.settings()
        if pieces is self.pieces and settings is self.settings and not self._counts:
            return True
        if [list(map(id, piece.leaves)) for _, piece in pieces] != self._leaves or [_fixed(each) for each, _ in settings] != self._fixed:
            return False
        if [starts for _, starts in settings] != [starts for _, starts in self.settings]:
            return False
        numbers = [_numbers(each) for each, _ in settings]
        for i, ask, decided in zip(self.parts, self._asked, self._decided, strict=True):
            group, piece = pieces[i]
            if ask is not None and ask(piece.steps() + 1, *numbers[group]) != decided:
                return False
        self.pieces, self.settings, self._numbers = pieces, settings, numbers
        return True

    def run(self, gradients: Sequence[Any]) -> None:
        """Change the pieces by their gradients."""
        for i, g, call in zip(self.parts, gradients, self._calls, strict=True):
            group, piece = self.pieces[i]
            numbers = self._numbers[group]

            def formula(arrays: Sequence[Any], step: int, call: Any = call, numbers: Any = numbers) -> Any:
                return call((*arrays, step, *numbers))

            self.updater.apply(piece, g, self.settings[group][1], formula)
        self.updater.finish()


def _numbers(settings: dict[str, Any]) -> list[float]:
    """The floats among settings, in the order of `Formula.numbers`."""
    found: list[float] = []
    for x in settings.values():
        if type(x) is float:
            found.append(x)
        elif isinstance(x, (tuple, list)) and all(type(item) is float for item in x):
            found += x
    return found


def _fixed(settings: dict[str, Any]) -> Any:
    """What a formula is made for: settings that are no floats."""
    return [
        (name, type(x), len(_numbers({name: x}))) if _numbers({name: x}) else (name, type(x), x)
        for name, x in settings.items()
    ]  # fmt: skip


def _shape_of(piece: Piece) -> tuple[int, ...]:
    leaves = piece.leaves
    if len(leaves) == 1 and isinstance(leaves[0], Tensor):
        return leaves[0].shape
    return (sum(leaf.size for leaf in leaves),)
