"""The arguments of a call: its numbers, and what two calls must have in common to use the same program."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..core import Node
from ..primitives.joining import stack
from ..primitives.shapes import reshape
from ..value import Value

__all__ = ["Given", "Thing", "is_number", "numbers_in", "outline", "values_in"]

LARGEST = np.iinfo(np.intp).max


class Given:
    """The arguments of one call.

    Attributes:
        key: what two calls must have in common to use the same program: structure, shapes, types, and the
            arguments that are not numbers.
        arrays: the numbers, as nodes and arrays, from left to right; a list of numbers becomes one array.
    """

    def __init__(self, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        self.arrays: list[Any] = []
        self.key: Any = tuple([self._read(x) for x in args])
        if kwargs:
            self.key += tuple([(name, self._read(x)) for name, x in kwargs.items()])

    def _read(self, x: Any) -> Any:
        kind = type(x)
        if kind is np.ndarray and x.dtype.kind in "fiub":
            self.arrays.append(x)
            return kind, x.shape, x.dtype
        if isinstance(x, Node):
            self.arrays.append(x)
            return x._kind(), x.shape, getattr(x, "dtype", float)
        if kind is float or kind is int:
            self.arrays.append(np.asarray(x if kind is float or -LARGEST <= x <= LARGEST else float(x)))
            return kind
        if isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind in "fiub":
            self.arrays.append(np.asarray(x))
            return kind, x.shape, x.dtype
        if isinstance(x, (list, tuple)):
            array = numbers_in(x)
            if array is None:
                array = values_in(x)
            if array is None:
                return kind, *[self._read(item) for item in x]
            self.arrays.append(array)
            return type(array), _kinds(x), array.shape, array.dtype
        if isinstance(x, dict):
            return kind, *[(key, self._read(item)) for key, item in x.items()]
        return Thing(x)

    def from_the_start(self, iterator: Iterator[Any]) -> Iterator[Any]:
        """The items of an iterator among the arguments; the same at each call of this function."""
        unread: dict[int, Any] = vars(self).setdefault("unread", {})
        copy, unread[id(iterator)] = itertools.tee(unread.get(id(iterator), iterator))
        return copy


class Thing:
    """An argument that is not a number.

    The program is valid for arguments that equal it in everything that a function can see.

    Attributes:
        kind: its type.
        is_iterator: whether it gives different items each time.
    """

    __slots__ = ("is_iterator", "kind", "sight")

    def __init__(self, x: object) -> None:
        self.kind = type(x)
        self.is_iterator = isinstance(x, Iterator)
        self.sight = _sight(x, ())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Thing) and self.sight == other.sight

    def __hash__(self) -> int:
        return hash(self.sight)


class _Same:
    """An object that equals only itself."""

    __slots__ = ("object",)

    def __init__(self, x: object) -> None:
        self.object = x

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.object is other.object

    def __hash__(self) -> int:
        return id(self.object)


def _sight(x: Any, around: tuple[Any, ...]) -> Any:
    """What a function can see of an object, in a form that can be compared; `around` are the objects that contain it."""
    kind = type(x)
    if isinstance(x, (str, bytes, bool)):
        return kind, x
    if kind in (int, float, complex):
        return kind, repr(x)
    if kind is range:
        return kind, x.start, x.stop, x.step
    if isinstance(x, Iterator):
        return object()  # an iterator: never equal, not even to itself
    if any(x is other for other in around):
        return "around", [x is other for other in around].index(True)
    see: Callable[[Any], Any] = functools.partial(_sight, around=(*around, x))
    if kind in (tuple, set, frozenset):
        return kind, *map(see, x)
    if kind is types.FunctionType and not vars(x):
        cells = [_Same(cell) if _is_empty(cell) else see(cell.cell_contents) for cell in x.__closure__ or ()]
        return x.__code__, _Same(x.__globals__), see(x.__defaults__), see(tuple((x.__kwdefaults__ or {}).items())), *cells
    if kind is types.MethodType:
        return kind, see(x.__func__), _Same(x.__self__)
    if kind is types.BuiltinMethodType:
        return kind, x.__name__, _Same(x.__self__)
    if kind is functools.partial:
        return kind, see(x.func), see(x.args), see(tuple(x.keywords.items()))
    if dataclasses.is_dataclass(kind) and kind.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        names = [field.name for field in dataclasses.fields(kind)]
        if set(getattr(x, "__dict__", ())) <= set(names):
            return kind, *[see(getattr(x, name)) for name in names]
    return _Same(x)


def _is_empty(cell: types.CellType) -> bool:
    try:
        return cell.cell_contents is cell
    except ValueError:
        return True


def outline(key: object) -> Any:
    """A key in which objects of one type are equal, except for texts and counts.

    It is what a user would call the same shapes.
    """
    if isinstance(key, tuple):
        return tuple(map(outline, key))
    return key.kind if isinstance(key, Thing) and key.kind not in (str, bytes, bool, range) else key


def is_number(x: object) -> bool:
    """Whether an argument is a number, which may change between calls of a program."""
    return type(x) in (float, int) or (isinstance(x, np.number) and x.dtype.kind in "fiu")


def numbers_in(x: object) -> Any:
    """A regular nested list of plain numbers as an array; None for any other list."""
    first = x
    while isinstance(first, (list, tuple)):
        if not first:
            return None
        first = first[0]
    if not is_number(first):
        return None
    try:
        array = np.array(x)
    except (ValueError, TypeError):
        return None
    return array if array.dtype.kind in "fiu" else None


def values_in(x: Any) -> Any:
    """A regular nested list of Values, and numbers among them, as a Tensor; None for any other list."""
    shape, items = [], [x]
    while all(isinstance(item, (list, tuple)) for item in items) and len(set(map(len, items))) == 1 and items[0]:
        shape.append(len(items[0]))
        items = [part for item in items for part in item]
    if not any(isinstance(item, Value) for item in items) or not all(isinstance(item, Value) or is_number(item) for item in items):
        return None
    return reshape(stack(*items, axis=0), shape=tuple(shape))


def _kinds(x: object) -> Any:
    """The types of nested lists and tuples, level by level; a single type for a level of the same."""
    kinds: list[Any] = []
    level: Any = [x]
    while isinstance(level[0], (list, tuple)):
        types = list(map(type, level))
        kinds.append(types[0] if len(set(types)) == 1 else tuple(types))
        level = level[0] if len(level) == 1 else [item for part in level for item in part]
    return tuple(kinds)
