"""`default_collate`: makes a batch of arrays from several items of a dataset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd import Node

__all__ = ["default_collate", "plain"]


def default_collate(items: Sequence[Any]) -> Any:
    """A batch from items of the same structure.

    Numbers and arrays are stacked along a new first axis. Tuples, lists and dicts become tuples,
    lists and dicts of batches. Texts become a list.

    Args:
        items: the items, at least one.

    Returns:
        A batch of n items; of arrays of shape (…), an array of shape (n, …).

    Raises:
        ValueError: there are no items; or they differ in shape, length or keys.
        TypeError: they hold something that cannot be stacked; or a node that was computed.

    Example:
        >>> images, labels = default_collate([([0.0, 1.0], 3), ([2.0, 3.0], 7)])
        >>> images[1], labels
        (array([1., 3.]), array([3, 7]))
        >>> default_collate([{"x": np.ones(2), "name": "a"}, {"x": np.zeros(2), "name": "b"}])
        {'x': array([[1., 1.],
               [0., 0.]]), 'name': ['a', 'b']}
    """
    if not len(items):
        raise ValueError("There are no items to make a batch of.")
    first = items[0]
    if isinstance(first, (str, bytes)):
        return list(items)
    if isinstance(first, Mapping):
        if any(item.keys() != first.keys() for item in items):
            raise ValueError("The items of a batch are dicts with different keys; give all of them the same keys, or pass a collate_fn.")
        return {key: default_collate([item[key] for item in items]) for key in first}
    if isinstance(first, (tuple, list)):
        if any(len(item) != len(first) for item in items):
            raise ValueError(f"The items of a batch have {_list(map(len, items))} parts; pad them, or pass a collate_fn.")
        parts = [default_collate(part) for part in zip(*items, strict=True)]
        return type(first)(*parts) if hasattr(first, "_fields") else type(first)(parts)
    arrays = [np.asarray(plain(item)) for item in items]
    if any(array.dtype.kind not in "fiub" for array in arrays):
        raise TypeError(
            f"A batch is made of numbers, arrays and texts, in tuples, lists and dicts, and not of a {type(first).__name__}; "
            "pass a collate_fn."
        )
    if any(array.shape != arrays[0].shape for array in arrays):
        raise ValueError(f"The items of a batch have the shapes {_list(array.shape for array in arrays)}; pad them, or pass a collate_fn.")
    return np.stack(arrays)


def plain(x: object) -> Any:
    """The numbers of a leaf, and anything else as it is.

    Raises:
        TypeError: `x` is a node that was computed. Data are constants, so its derivative would be lost.

    Example:
        >>> from autograd import Value
        >>> plain(Value(2.0)), plain("text")
        (2.0, 'text')
    """
    if not isinstance(x, Node):
        return x
    if not x.is_leaf:
        raise TypeError("Data are constants, and this was computed, so its derivative would be lost; give the plain numbers: x.data.")
    return x.data


def _list(things: Iterable[object]) -> str:
    return " and ".join(sorted(set(map(str, things))))
