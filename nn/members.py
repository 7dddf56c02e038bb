"""What is inside a module, and the list in which `Module` returns it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np

__all__ = ["Handle", "Members", "members"]

Kind = TypeVar("Kind")


def members(attribute: object, kind: type[Kind], name: str = "") -> Iterator[tuple[str, Kind]]:
    """The objects of `kind` in nested dicts, lists, tuples and object arrays, with their dotted names.

    Example:
        >>> list(members({"a": [1.0, "text", 2.0]}, float))
        [('a.0', 1.0), ('a.2', 2.0)]
    """
    if isinstance(attribute, np.ndarray) and attribute.dtype == object:
        attribute = attribute.tolist()
    if isinstance(attribute, kind):
        yield name, attribute
    elif isinstance(attribute, (dict, list, tuple)):
        items = attribute.items() if isinstance(attribute, dict) else enumerate(attribute)
        for key, item in items:
            yield from members(item, kind, f"{name}.{key}" if name else str(key))


class Members(list[Kind]):
    """A list from which `next` takes things, too, as from PyTorch's iterator: the first, then the second.

    Loops begin at the first.

    Example:
        >>> inside = Members(["weight", "bias"])
        >>> next(inside), next(inside), list(inside)
        ('weight', 'bias', ['weight', 'bias'])
    """

    _taken = 0

    def __next__(self) -> Kind:
        if self._taken >= len(self):
            raise StopIteration
        self._taken += 1
        return self[self._taken - 1]


class Handle:
    """Removes a hook: by `handle.remove()`, or `handle()`.

    Example:
        >>> handle = Handle(lambda: print("removed"))
        >>> handle.remove()
        removed
    """

    def __init__(self, remove: Callable[[], Any]) -> None:
        self.remove = remove

    def __call__(self) -> None:
        self.remove()
