"""Nested lists, tuples and dicts of symbols or arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["leaves_of", "mapped"]


def mapped(function: Callable[[Any], Any], structure: Any) -> Any:
    """The function of every entry of nested lists, tuples and dicts.

    Example:
        >>> mapped(len, ["a", ("bc",)])
        [1, (2,)]
    """
    if isinstance(structure, dict):
        return {key: mapped(function, item) for key, item in structure.items()}
    if isinstance(structure, (list, tuple)):
        return type(structure)(mapped(function, item) for item in structure)
    return function(structure)


def leaves_of(structure: Any) -> list[Any]:
    """The entries of nested lists, tuples and dicts.

    Example:
        >>> leaves_of([1, (2, {"a": 3})])
        [1, 2, 3]
    """
    found: list[Any] = []
    mapped(found.append, structure)
    return found
