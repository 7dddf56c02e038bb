"""Places in arrays: whole numbers made of loop variables, such as `16 * i + j`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ...primitives.printing import is_basic

__all__ = ["ZERO", "Index", "flat", "loop_over", "parts_of", "positions"]

VARIABLES = "ijklmn"


class Index:
    """A sum of variables, each times a number, and a number.

    Example:
        >>> i, j = Index({"i": 1}), Index({"j": 1})
        >>> str(i * 16 + j + 3), str(Index())
        ('16 * i + j + 3', '0')
    """

    __slots__ = ("constant", "terms")

    def __init__(self, terms: dict[str, int] | None = None, constant: int = 0) -> None:
        self.terms = terms or {}
        self.constant = constant

    def __add__(self, other: Index | int) -> Index:
        if isinstance(other, int):
            return Index(self.terms, self.constant + other)
        terms = dict(self.terms)
        for name, n in other.terms.items():
            terms[name] = terms.get(name, 0) + n
        return Index({name: n for name, n in terms.items() if n}, self.constant + other.constant)

    def __mul__(self, n: int) -> Index:
        return Index({name: n * k for name, k in self.terms.items()} if n else {}, n * self.constant)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Index) and (self.terms, self.constant) == (other.terms, other.constant)

    def __hash__(self) -> int:
        return hash((frozenset(self.terms.items()), self.constant))

    def __str__(self) -> str:
        parts = [(n, name if abs(n) == 1 else f"{abs(n)} * {name}") for name, n in self.terms.items()]
        if self.constant or not parts:
            parts.append((self.constant, str(abs(self.constant))))
        parts.sort(key=lambda part: part[0] < 0)
        first, *rest = parts
        return f"{'-' if first[0] < 0 else ''}{first[1]}" + "".join(f" {'-' if n < 0 else '+'} {text}" for n, text in rest)


ZERO = Index()


def flat(index: Sequence[Index], shape: Sequence[int]) -> Index:
    """The place in the flattened array of a shape."""
    place, stride = ZERO, 1
    terms = []
    for i, n in zip(reversed(index), reversed(shape), strict=True):
        terms.append(i * stride if n != 1 else ZERO)
        stride *= n
    for term in reversed(terms):
        place = place + term
    return place


def loop_over(shape: Sequence[int], first: int = 0) -> tuple[list[Index], list[tuple[str, int]]]:
    """An index that goes through all entries of an array, and its loops.

    A loop is a variable and a length. An axis of length 1 has none.
    """
    if len(shape) + first > len(VARIABLES):
        names = [f"i{axis + first}" for axis in range(len(shape))]
    else:
        names = list(VARIABLES[first : first + len(shape)])
    index = [Index({name: 1}) if n != 1 else ZERO for name, n in zip(names, shape, strict=True)]
    return index, [(name, n) for name, n in zip(names, shape, strict=True) if n != 1]


def parts_of(index: object, shape: Sequence[int]) -> list[Any] | None:
    """A basic index as one slice, number or None after the other, for all axes; None if it is not basic."""
    if not is_basic(index):
        return None
    parts = list(index) if isinstance(index, tuple) else [index]
    missing = len(shape) - sum(part is not None and part is not Ellipsis for part in parts)
    at = next((i for i, part in enumerate(parts) if part is Ellipsis), len(parts))
    return [*parts[:at], *[slice(None)] * missing, *parts[at + 1 :]]


def basic_place(index: Sequence[Index], parts: Iterable[Any], shape: Sequence[int]) -> list[Index]:
    """Where in an array of a shape the entry at `index` of the part is."""
    place, left, lengths = [], iter(index), iter(shape)
    for part in parts:
        if part is None:
            next(left)
            continue
        n = next(lengths)
        if isinstance(part, slice):
            start, _, step = part.indices(n)
            place.append(next(left) * step + start)
        else:
            place.append(ZERO + int(part) % n)
    return place


def in_windows(index: Sequence[Index], axis: Sequence[int]) -> list[Index]:
    """Where the entry of a window is that moves along axes."""
    place = list(index[: len(index) - len(axis)])
    for a, within in zip(axis, index[len(place) :], strict=True):
        place[a] = place[a] + within
    return place


def positions(index: Any, shape: Sequence[int]) -> Any:
    """The places in the flattened array, of the entries at an index."""
    return np.arange(math.prod(shape)).reshape(shape)[index]


def as_formula(table: Any, index: Sequence[Index]) -> Index | None:
    """The entry of a table at an index, if the table is a sum of multiples of the index."""
    if not table.size:
        return ZERO
    first = int(table.flat[0])
    formula, place = np.full(table.shape, first), Index({}, first)
    for axis, n in enumerate(table.shape):
        if n > 1:
            step = int(np.take(table, 1, axis).flat[0]) - first
            formula = formula + step * np.arange(n).reshape([-1 if a == axis else 1 for a in range(table.ndim)])
            place = place + index[axis] * step
    return place if (formula == table).all() else None
