"""Nested lists, tuples and dicts as arguments: taking them apart into leaves and putting them back.

JAX calls them pytrees. A leaf is whatever is not a list, a tuple, a dict or an array of objects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

__all__ = ["leaves", "matching", "rebuild", "tree_map"]


def leaves(tree: Any) -> list[Any]:
    """The leaves from left to right, those of a dict in the order in which its keys were inserted.

    Example:
        >>> leaves({"w": [1, (2, 3)], "b": 4})
        [1, 2, 3, 4]
    """
    if isinstance(tree, dict):
        tree = tree.values()
    elif _holds_objects(tree):
        tree = tree.ravel().tolist()
    elif not isinstance(tree, (list, tuple)):
        return [tree]
    return [leaf for branch in tree for leaf in leaves(branch)]


def matching(tree: Any, other: Any, name: str) -> list[Any]:
    """The leaves of `other` in the order of those of `tree`, whose structure it must have.

    Args:
        tree: the structure.
        other: the same structure with other leaves; its dicts may list their keys in another order.
        name: what `other` is, for the error.

    Raises:
        TypeError: the structures differ.

    Example:
        >>> matching({"w": [1, 2], "b": 3}, {"b": 30, "w": [10, 20]}, "The gradient")
        [10, 20, 30]
    """
    if isinstance(tree, dict):
        if isinstance(other, dict) and other.keys() == tree.keys():
            return [leaf for key in tree for leaf in matching(tree[key], other[key], name)]
    elif isinstance(tree, (list, tuple)):
        if isinstance(other, (list, tuple)) and len(other) == len(tree):
            return [leaf for branch, twin in zip(tree, other, strict=True) for leaf in matching(branch, twin, name)]
    elif _holds_objects(tree):
        if _holds_objects(other) and other.shape == tree.shape:
            return leaves(other)
    elif not isinstance(other, (dict, list, tuple)):
        return [other]
    raise TypeError(f"{name} must have the same structure: {_outline(tree)}, and not {_outline(other)}.")


def _holds_objects(tree: object) -> bool:
    """Whether `tree` is an array of Values, or of other objects."""
    return isinstance(tree, np.ndarray) and tree.dtype == object


def _outline(tree: Any) -> str:
    if _holds_objects(tree):
        return f"an array of objects of shape {tree.shape}"
    if isinstance(tree, dict):
        return f"a dict with the keys {list(tree)}"
    return f"a {type(tree).__name__} of {len(tree)}" if isinstance(tree, (list, tuple)) else "one number or array"


def rebuild(tree: Any, new_leaves: Iterator[Any]) -> Any:
    """The structure of `tree` with other leaves.

    Example:
        >>> rebuild({"w": [1, (2, 3)], "b": 4}, iter("abcd"))
        {'w': ['a', ('b', 'c')], 'b': 'd'}
    """
    if isinstance(tree, dict):
        return {key: rebuild(branch, new_leaves) for key, branch in tree.items()}
    if isinstance(tree, (list, tuple)):
        branches = [rebuild(branch, new_leaves) for branch in tree]
        if isinstance(tree, list):
            return branches
        return type(tree)(*branches) if hasattr(tree, "_fields") else tuple(branches)
    if _holds_objects(tree):
        array = np.empty(tree.shape, dtype=object)
        for index, branch in np.ndenumerate(tree):
            array[index] = rebuild(branch, new_leaves)
        return array
    return next(new_leaves)


def tree_map(function: Callable[..., Any], tree: object, *others: Any) -> Any:
    """The structure with `function` applied to each leaf, together with the leaves at the same place in other trees.

    Example:
        >>> tree_map(lambda a, b: a + b, [1, (2, 3)], [10, (20, 30)])
        [11, (22, 33)]
    """
    columns = zip(leaves(tree), *[matching(tree, other, "Another tree") for other in others], strict=True)
    return rebuild(tree, iter([function(*column) for column in columns]))
