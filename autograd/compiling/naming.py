"""Which parameters form an array together, and its name.

`layers.0.neurons.3.weight.1` is entry (3, 1) of `layers_0_weight`, and the element `wte[5][2]` of a
nested list is entry (5, 2) of `wte`. Values form an array if their paths differ only in the indices.
"""

from __future__ import annotations

import builtins
import keyword
import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

__all__ = ["RESERVED", "families", "identifier", "name_of_path"]

Path = tuple[Any, ...]
Member = tuple[tuple[int, ...], Any]  # a value, and its position in the array
FEW_ROWS = 8
OF_AN_OPTIMIZER = re.compile(r"params\d+")  # see `closure`
LONGEST = 40  # characters of a variable's name
# Names that a program must not use for variables: Python's keywords, and names that programs use otherwise.
RESERVED = frozenset({*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "np", "math", "forward", "backward", "saved", "largest"})


def families(values: Sequence[Any], paths: Mapping[int, Sequence[Path]]) -> list[tuple[str, list[Any], tuple[int, ...]]]:
    """Groups of values: a name, the values in order, and the shape of their array."""
    chosen = _chosen([paths.get(id(value)) or [_labelled(value) or ("values", i)] for i, value in enumerate(values)])
    if len({path[0] for path in chosen}) == 1 and all(len(path) > 1 and isinstance(path[1], str) for path in chosen):
        chosen = [path[1:] for path in chosen]  # everything belongs to one model
    owners = _owners_of_rows(chosen)
    groups: dict[Stem, list[Member]] = defaultdict(list)
    for value, path in zip(values, chosen, strict=True):
        stem, index = _family(path, owners)
        groups[stem].append((index, value))
    found = [array for stem, members in groups.items() for array in _arrays(stem, members)]
    names = [_short(stem, members[0][1]) for stem, members, _ in found]
    often = Counter(names)
    return [
        (name_of_path(name if often[name] == 1 else stem.path), [value for _, value in members], shape)
        for name, (stem, members, shape) in zip(names, found, strict=True)
    ]


class Stem(NamedTuple):
    """The common part of the paths to the entries of an array: `path`, with the first index inserted at `place`."""

    path: Path
    place: int


def _family(path: Path, owners: Container[Path]) -> tuple[Stem, tuple[int, ...]]:
    """The array that a path leads into, and the place in it; `owners` are lists whose objects are rows.

    Example:
        >>> _family(("layers", 0, "neurons", 3, "weight", 1), {("layers", 0, "neurons")})
        (Stem(path=('layers', 0, 'neurons', 'weight'), place=3), (3, 1))
        >>> _family(("wte", 5, 2), ())
        (Stem(path=('wte',), place=1), (5, 2))
    """
    stem, index = _stem(path)
    if stem[:-2] in owners and isinstance(stem[-2], int):
        return Stem((*stem[:-2], stem[-1]), len(stem) - 2), (stem[-2], *index)
    return Stem(stem, len(stem)), index


def _stem(path: Path) -> tuple[Path, tuple[int, ...]]:
    """A path up to its last name, and the indices after it."""
    end = len(path)
    while end and isinstance(path[end - 1], int):
        end -= 1
    return path[:end], path[end:]


def _owners_of_rows(paths: Iterable[Path]) -> set[Path]:
    """The paths of lists that are rows of arrays.

    Their objects, such as neurons, hold a number or a list under every name.
    """
    dimensions: dict[Path, int] = defaultdict(int)
    for path in paths:
        stem, index = _stem(path)
        if len(stem) > 2 and isinstance(stem[-2], int):
            dimensions[stem[:-2]] = max(dimensions[stem[:-2]], len(index))
    return {owner for owner, most in dimensions.items() if most <= 1}


def _arrays(stem: Stem, members: list[Member]) -> list[tuple[Stem, list[Member], tuple[int, ...]]]:
    """The rectangular arrays that nested lists form: a single one if possible, else one for each value of an index."""
    members.sort(key=lambda member: member[0])
    shape = _full_shape(members)
    if shape is not None:
        return [(stem, members, shape)]
    lengths = {len(index) for index, _ in members}
    rows = len({index[:1] for index, _ in members})
    if min(lengths) == 0 or max(lengths) == 1 or (lengths == {2} and rows > max(FEW_ROWS, len(members) / rows)):
        return [(stem, members, (len(members),))]  # single numbers, or many rows of different lengths
    ways = [_split(members, k) for k in range(min(lengths))]
    way = next((way for way in ways if all(_full_shape(part) for part in way.values())), ways[0])
    path, place = stem
    return [array for i, part in way.items() for array in _arrays(Stem((*path[:place], i, *path[place:]), place + 1), part)]


def _split(members: list[Member], k: int) -> dict[int, list[Member]]:
    """The members grouped by their index `k`."""
    parts: dict[int, list[Member]] = defaultdict(list)
    for index, value in members:
        parts[index[k]].append(((*index[:k], *index[k + 1 :]), value))
    return parts


def _full_shape(members: list[Member]) -> tuple[int, ...] | None:
    """The shape of the array that sorted members fill; None if there is none."""
    indices = [index for index, _ in members]
    if len(set(map(len, indices))) > 1:
        return None
    shape = tuple(max(column) + 1 for column in zip(*indices, strict=True))
    return shape if math.prod(shape) == len(indices) and indices == list(np.ndindex(*shape)) else None


def _chosen(choices: Sequence[Sequence[Path]]) -> list[Path]:
    """For each value, the most informative of the paths that lead to it."""
    # The name that an optimizer has for a parameter says nothing, unless it is the only one.
    choices = [[path for path in paths if not OF_AN_OPTIMIZER.fullmatch(str(path[-1]))] or paths for paths in choices]
    reached = Counter(_names(path) for paths in choices for path in paths)
    # Other names for the values of a list; None if some of the values have no other name.
    others: dict[Path, set[Path] | None] = {}
    for names in map(set, (map(_names, paths) for paths in choices)):
        for name in names:
            before = others.setdefault(name, set())
            others[name] = before | (names - {name}) if before is not None and len(names) > 1 else None
    lists_of_everything = {name for name, found in others.items() if found and len(found) > 1}  # such as all parameters
    chosen = []
    for paths in choices:
        best = [path for path in paths if _names(path) not in lists_of_everything] or paths
        chosen.append(max(best, key=lambda path: (sum(isinstance(part, int) for part in path), -reached[_names(path)])))
    return chosen


def _names(path: Path) -> Path:
    return tuple(part for part in path if not isinstance(part, int))


def _labelled(value: Any) -> Path:
    """The path that a label such as `layers.0.weight` stands for."""
    return tuple(int(part) if part.isdecimal() and len(part) < 10 else part for part in (value.label or "").split(".") if part)


def _short(stem: Stem, value: object) -> Path:
    """A stem without the list of rows, and without names that no label of a parameter has."""
    path, place = stem
    if 1 < place < len(path) and not isinstance(path[place - 1], int):
        path = (*path[: place - 1], *path[place:])
    own, _ = _stem(_labelled(value))
    if len(own) > 2 and isinstance(own[-2], int):
        own = (*own[:-3], own[-1])
    return own if own and path[-len(own) :] == own else path


def name_of_path(path: Path | None) -> str:
    """A path as text, with dots."""
    return ".".join(map(str, path or ()))


def identifier(text: str) -> str:
    """`text` as the name of a variable.

    Example:
        >>> identifier("layers.0.weight"), identifier("0.weight"), identifier("2nd"), identifier("lambda")
        ('layers_0_weight', 'layer0_weight', '_2nd', 'lambda_')
    """
    if text.partition(".")[0].isdecimal() and "." in text:
        text = f"layer{text}"
    # Python reads ﬁ as fi, so two names that differ in nothing else would be the same.
    text = unicodedata.normalize("NFKC", text[: 2 * LONGEST])
    name = "".join(c if f"a{c}".isidentifier() else "_" for c in text)[:LONGEST] or "x"
    if not name.isidentifier():
        name = f"_{name}"
    return f"{name}_" if name in RESERVED else name
