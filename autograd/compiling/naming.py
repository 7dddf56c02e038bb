"""Which parameters belong together in one array, and what to call it.

`layers.0.neurons.3.weight.1` is entry (3, 1) of `layers_0_weight`, and the element `wte[5][2]` of a
nested list is entry (5, 2) of `wte`: an array is what stands on the same path but for its indices.
"""

from __future__ import annotations

import keyword
import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["families", "identifier", "name_of_path"]

Path = tuple[Any, ...]


def family(path: Path) -> tuple[Path, tuple[int, ...]]:
    """The array that a path leads into, and the place in it.

    Example:
        >>> family(("layers", 0, "neurons", 3, "weight", 1))
        (('layers', 0, 'weight'), (3, 1))
        >>> family(("wte", 5, 2))
        (('wte',), (5, 2))
    """
    end = len(path)
    while end and isinstance(path[end - 1], int):
        end -= 1
    stem, index = path[:end], path[end:]
    if len(index) <= 1 and len(stem) > 2 and isinstance(stem[-2], int) and isinstance(stem[-3], str):
        return (*stem[:-3], stem[-1]), (stem[-2], *index)  # the same attribute of modules in a list
    return stem, index


def families(values: Sequence[Any], paths: Mapping[int, Path]) -> list[tuple[str, list[Any], tuple[int, ...]]]:
    """Groups of values: a name, the values in order, and the shape of their array."""
    groups: dict[Path, list[tuple[tuple[int, ...], Any]]] = defaultdict(list)
    for value in values:
        stem, index = family(paths.get(id(value)) or _labelled(value) or ("values", len(groups)))
        groups[stem].append((index, value))
    found = []
    for stem, members in groups.items():
        if all(index for index, _ in members):
            members.sort(key=lambda member: member[0])
        indices = [index for index, _ in members]
        shape: tuple[int, ...] = (len(members),)
        if len({len(index) for index in indices}) == 1:
            full = tuple(max(column) + 1 for column in zip(*indices, strict=True))
            if math.prod(full) == len(indices) and indices == list(np.ndindex(*full)):
                shape = full
        values = [value for _, value in members]
        found.append((name_of_path(_short(stem, values[0])), values, shape))
    return found


def _labelled(value: Any) -> Path:
    """The path that a label such as `layers.0.weight` says."""
    return tuple(int(part) if part.isdecimal() else part for part in (value.label or "").split(".") if part)


def _short(stem: Path, value: Any) -> Path:
    """A stem without the names that a module's own names of its parameters, their labels, leave out."""
    own, _ = family(_labelled(value))
    return own if own and stem[-len(own) :] == own else stem


def name_of_path(path: Path | None) -> str:
    """A path in one word, with dots."""
    return ".".join(map(str, path or ()))


def identifier(text: str) -> str:
    """`text` as the name of a variable.

    Example:
        >>> identifier("layers.0.weight"), identifier("0.weight"), identifier("2nd"), identifier("lambda")
        ('layers_0_weight', 'layer0_weight', '_2nd', 'lambda_')
    """
    name = re.sub(r"\W", "_", re.sub(r"^(?=\d+\.)", "layer", text))
    if keyword.iskeyword(name):
        return name + "_"
    return f"_{name}" if name[:1].isdigit() else name or "x"
