"""The arguments of functions: whether one is a list of single numbers and Values, or an array or Tensor with a shape."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeGuard

import numpy as np

from .arrays import check_complete
from .core import Node
from .primitives import joining
from .types import Axis, Operand

__all__ = ["array_of", "axes", "first_of", "is_scalars"]


def is_scalars(x: Operand) -> TypeGuard[Iterable[Any]]:
    """Whether `x` is a list of single numbers, or an iterator over them, rather than an array.

    Example:
        >>> from autograd import Tensor, Value
        >>> is_scalars([Value(1.0), 2.0]), is_scalars([[1.0, 2.0]]), is_scalars(Tensor([1.0, 2.0]))
        (True, False, False)
    """
    if isinstance(x, (list, tuple)):
        return not x or not isinstance(x[0], (list, tuple, np.ndarray))
    if isinstance(x, np.ndarray):
        return x.dtype == object and x.ndim == 1
    return not isinstance(x, Node) and isinstance(x, Iterable) and not hasattr(x, "__array__")


def first_of(x: Iterable[Any], name: str) -> list[Any]:
    """`x` as a list with at least one number; `name` is the function that needs one.

    Raises:
        ValueError: there is none.

    Example:
        >>> first_of(range(3), "mean")
        [0, 1, 2]
    """
    x = list(x)
    if not x:
        raise ValueError(f"{name}() got an empty list; it needs at least one number.")
    return x


def axes(axis: Axis) -> int | tuple[int, ...] | None:
    """The axes as primitives take them: an int, a tuple or None.

    Example:
        >>> axes([0, 1]), axes(-1)
        ((0, 1), -1)
    """
    return tuple(axis) if isinstance(axis, list) else axis  # type: ignore[return-value]


def array_of(x: Operand) -> Any:
    """`x` as something that has a shape: a node as it is, a list as an array, or as a Tensor if there are nodes in it.

    Raises:
        TypeError: entries are masked or missing.
        ValueError: the rows are of different lengths.

    Example:
        >>> from autograd import Value
        >>> array_of([[1, 2], [3, 4]]).shape, array_of([Value(1.0), 2.0])
        ((2, 2), Tensor([1., 2.]))
    """
    if isinstance(x, Node) or (isinstance(x, np.ndarray) and x.dtype != object):
        return x
    if _has_nodes(x):
        items: Any = x
        if getattr(items, "shape", None) == ():
            return items[()]  # an array of objects without axes, in which is one node
        return joining.stack(*map(array_of, items), axis=0)
    check_complete(x, "An array has an entry in every place")
    return np.asarray(x)


def _has_nodes(x: object) -> bool:
    if isinstance(x, np.ndarray):
        return x.dtype == object and any(map(_has_nodes, x.flat))
    return isinstance(x, Node) or (isinstance(x, (list, tuple)) and any(map(_has_nodes, x)))
