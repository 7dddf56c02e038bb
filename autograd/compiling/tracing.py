"""Tracing: calling a function once, with stand-ins for its arguments, to see what it computes.

The stand-ins are ordinary nodes with the numbers of this call, so the function leaves the
ordinary graph. While it runs, nothing may look at a number: whatever did would have the program
frozen on it.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import numpy as np

from ..anomaly import line_of_user_code
from ..backward import ancestors
from ..graph import Node, mode, tick
from ..primitives.shapes import reshape, stack
from ..state import keeping
from ..structures import leaves
from ..tensor import Tensor
from ..value import Value
from .closure import ATOMS, Surroundings
from .hidden import OPERATORS, Update, hidden_gradients, hidden_state

__all__ = ["Argument", "Given", "Trace", "tracing"]

LARGEST = np.iinfo(np.intp).max


class Given:
    """The arguments of one call.

    Attributes:
        key: what two calls must have in common to be served by one program: structure, shapes and
            types, and those arguments that are no numbers.
        arrays: the numbers, as nodes and arrays, from left to right; a list of numbers is one array.
    """

    def __init__(self, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        self.arrays: list[Any] = []
        self.key: Any = tuple([self._read(x) for x in args])
        if kwargs:
            self.key += tuple([(name, self._read(x)) for name, x in kwargs.items()])

    def _read(self, x: Any) -> Any:
        kind = type(x)
        if isinstance(x, Node):
            self.arrays.append(x)
            return x.__class__, x.shape, getattr(x, "dtype", float)
        if isinstance(x, (np.ndarray, np.generic)):
            self.arrays.append(np.asarray(x))
            return kind, x.shape, x.dtype
        if kind is float or kind is int:
            self.arrays.append(np.asarray(x if -LARGEST <= x <= LARGEST or kind is float else float(x)))
            return kind
        if isinstance(x, (list, tuple)):
            array = _numbers(x)
            if array is None:
                array = _values(x)
            if array is None:
                return kind, *[self._read(item) for item in x]
            self.arrays.append(array)
            return array.__class__, _kinds(x), array.shape, array.dtype
        if isinstance(x, dict):
            return kind, *[(key, self._read(item)) for key, item in x.items()]
        return _Same(x)


class _Same:
    """An argument that is no number: the program is for this object."""

    __slots__ = ("object", "owner")

    def __init__(self, x: Any) -> None:
        self.object = x
        self.owner = getattr(x, "__self__", None)  # a method is made anew each time it is looked up

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Same) or type(self.object) is not type(other.object):
            return False
        if isinstance(self.object, (str, bytes, bool)) or (self.owner is not None and self.owner is other.owner):
            return bool(self.object == other.object)
        return self.object is other.object

    def __hash__(self) -> int:
        if isinstance(self.object, (str, bytes, bool)):
            return hash(self.object)
        return hash(id(self.object if self.owner is None else self.owner))


class Argument(Tensor):
    """Stands for an array argument: a Tensor that gives out single numbers as Values."""

    __slots__ = ("booleans", "entries", "integers", "offset", "whole")

    def __init__(self, array: Any, label: str | None, whole: Argument | None = None, offset: int = 0) -> None:
        self.integers: bool = array.dtype.kind in "iu" if whole is None else whole.integers
        self.booleans: bool = array.dtype.kind == "b" if whole is None else whole.booleans
        super().__init__(array.astype(float) if array.dtype.kind in "iub" else array, label)
        self.whole = self if whole is None else whole
        self.offset = offset
        if whole is None:
            self.entries: dict[int, Value] = {}

    def entry(self, position: int) -> Value:
        """The Value that stands for the number at a position of the flattened array."""
        entries = self.whole.entries
        if position not in entries:
            entries[position] = Value(self.whole._datum.item(position))
        return entries[position]

    def __getitem__(self, index: Any) -> Any:
        if not isinstance(index, (int, np.integer)) or isinstance(index, bool) or not self.ndim:
            return super().__getitem__(index)
        if not -len(self) <= index < len(self):
            raise IndexError(f"Index {index} is out of bounds for an argument of length {len(self)}.")
        step = self._datum[0].size
        start = self.offset + int(index) % len(self) * step
        if self.ndim == 1:
            return self.entry(start)
        part = Argument(self._datum[index], None, self.whole, start)
        return Row(part) if self.ndim == 2 else part


class Row(list[Any]):
    """A row of an array argument: a list of Values, which computes as the array that it is."""

    def __init__(self, array: Argument) -> None:
        super().__init__(array)
        self.array = array

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.array, name)


def _as_array(name: str) -> Callable[..., Any]:
    def method(row: Row, *others: Any) -> Any:
        return getattr(row.array, name)(*[x.array if isinstance(x, Row) else x for x in others])

    return method


for _name in OPERATORS:
    setattr(Row, f"__{_name}__", _as_array(f"__{_name}__"))


class Arguments:
    """The stand-ins for the arguments of a call.

    Attributes:
        args, kwargs: what the function is called with.
        arrays: an Argument for each array of `Given`.
        objects: the arguments that are no numbers, by name.
    """

    def __init__(self, given: Given, args: Sequence[Any], kwargs: dict[str, Any], names: Sequence[str]) -> None:
        self._given = iter(given.arrays)
        self.arrays: list[Argument] = []
        self.objects: dict[str, Any] = {}
        self.args = [self._stand_in(x, name) for x, name in zip(args, names, strict=True)]
        self.kwargs = {name: self._stand_in(x, name) for name, x in kwargs.items()}

    def _stand_in(self, x: Any, name: str) -> Any:
        if isinstance(x, dict):
            return {key: self._stand_in(item, f"{name}_{key}") for key, item in x.items()}
        if isinstance(x, (list, tuple)):
            if _numbers(x) is not None or _values(x) is not None:
                argument = self._argument(name)
                return _nested(argument, x, iter(range(argument.size)))
            items = [self._stand_in(item, f"{name}_{i}") for i, item in enumerate(x)]
            return _like(x, items)
        if isinstance(x, (np.ndarray, Tensor)):
            return self._argument(name)
        if isinstance(x, (Value, int, float, np.number)) and not isinstance(x, bool):
            return self._argument(name).entry(0)
        if isinstance(x, np.generic):
            return self._argument(name)
        self.objects[name] = x
        return x

    def _argument(self, name: str) -> Argument:
        x = next(self._given)
        self.arrays.append(Argument(np.asarray(x._datum) if isinstance(x, Node) else x, name))
        return self.arrays[-1]


def _numbers(x: Any) -> Any:
    """A regular nested list of plain numbers as an array; None for any other list."""
    first = x
    while isinstance(first, (list, tuple)):
        if not first:
            return None
        first = first[0]
    if not isinstance(first, (int, float, np.number)) or isinstance(first, bool):
        return None
    try:
        array = np.array(x)
    except (ValueError, TypeError):
        return None
    return array if array.dtype.kind in "fiu" else None


def _values(x: Any) -> Any:
    """A regular nested list of Values, and numbers among them, as a Tensor; None for any other list."""
    shape, items = [], [x]
    while all(isinstance(item, (list, tuple)) for item in items) and len(set(map(len, items))) == 1 and items[0]:
        shape.append(len(items[0]))
        items = [part for item in items for part in item]
    if not any(isinstance(item, Value) for item in items):
        return None
    if not all(isinstance(item, (Value, int, float, np.number)) and not isinstance(item, bool) for item in items):
        return None
    return reshape(stack(*items, axis=0), shape=tuple(shape))


def _kinds(x: Any) -> Any:
    """The types of nested lists and tuples, outermost first."""
    kinds = []
    while isinstance(x, (list, tuple)):
        kinds.append(type(x))
        x = x[0]
    return tuple(kinds)


def _nested(argument: Argument, x: Any, positions: Iterator[int]) -> Any:
    if isinstance(x, (list, tuple)):
        return _like(x, [_nested(argument, item, positions) for item in x])
    return argument.entry(next(positions))


def _like(x: Any, items: list[Any]) -> Any:
    """`items` in a list or tuple of the type of `x`."""
    return type(x)(*items) if hasattr(x, "_fields") else type(x)(items)


class Trace:
    """What one call of a function computed.

    Attributes:
        start: the time when it began; all nodes of the call are younger.
        arguments: the stand-ins it was called with.
        surroundings: what the function saw besides.
        draws: the random numbers it drew: how to draw them, and the stand-in.
        updates: what it changed.
        out: what it returned; `outputs` are the leaves of that.

    Raises:
        TypeError: the function looked at a number.
    """

    def __init__(
        self, function: Callable[..., Any], given: Given, args: Sequence[Any], kwargs: dict[str, Any], names: Sequence[str],
        changing: Sequence[Update] = (),
    ) -> None:  # fmt: skip
        self.start = tick()
        self.arguments = Arguments(given, args, kwargs, names)
        self.surroundings = Surroundings(function, self.arguments.objects)
        self.draws: list[tuple[Callable[[], Any], Argument]] = []
        self.updates: list[Update] = []
        name = name_of(function)
        if self.surroundings.iterators:
            raise TypeError(
                f"{name} cannot be compiled: it reads from the iterator {self.surroundings.iterators[0]!r}, which gives something else "
                "at each call. Take what it needs outside, with next(), and pass it as an argument."
            )
        before = _global_states()
        with tracing(name, self.start), hidden_gradients(self.surroundings.nodes), hidden_state(changing):
            mode.draw, keeping.later = self._draw, self._update
            self.out = function(*self.arguments.args, **self.arguments.kwargs)
        if before != _global_states() or self.surroundings.used_generator():
            raise TypeError(
                f"{name} cannot be compiled: it draws random numbers, which would be the same at every call of the "
                "program. Draw them outside and pass them as an argument, or use autograd.dropout or autograd.bernoulli."
            )
        self.outputs = leaves(self.out)
        for leaf in self.outputs:
            if isinstance(leaf, (Iterator, Awaitable)) or (not isinstance(leaf, (Node, np.ndarray, *ATOMS)) and self._holds_nodes(leaf)):
                raise TypeError(
                    f"{name} cannot be compiled: it returns a {type(leaf).__name__}, in which Values would stay what they are in this "
                    "call. Return Values and Tensors as they are, or in lists, tuples and dicts."
                )

    @property
    def kept(self) -> list[Node]:
        """The nodes that changes are made of."""
        return [x for update in self.updates for x in update.numbers.values() if isinstance(x, Node)]

    def _update(self, owner: Any, names: Sequence[str], change: Callable[..., None], numbers: dict[str, Any]) -> None:
        self.updates.append(Update(owner, names, change, numbers))

    def _holds_nodes(self, thing: Any) -> bool:
        """Whether there are nodes of this call in an object."""
        return any(node.time >= self.start for node in Surroundings(type, {"result": thing}).nodes)

    def constants(self) -> list[Any]:
        """The plain numbers that the call computed with, other than its arguments."""
        arguments = [*self.arguments.arrays, *(x for _, x in self.draws)]
        known = {id(x) for argument in arguments for x in (argument, *argument.entries.values())}
        found: list[Any] = []
        for node in ancestors([x for x in self.outputs if isinstance(x, Node)]):
            if node.time >= self.start and id(node) not in known:
                numbers = [node._datum] if node.is_leaf else [x for x in node.inputs or () if not isinstance(x, Node)]
                found.append((node.primitive, [np.asarray(x).tobytes() for x in numbers]))
        return found

    def _draw(self, draw: Callable[[], Any], like: Any) -> Argument:
        """A stand-in for random numbers, which the program draws anew at each call; `like` is an array of their shape and type."""
        argument = Argument(like, f"random{len(self.draws) + 1}")
        self.draws.append((draw, argument))
        return argument


def _global_states() -> tuple[Any, str]:
    """The states of Python's and NumPy's global random generators."""
    return random.getstate(), repr(np.random.get_state())


@contextmanager
def tracing(name: str, start: int = 0) -> Iterator[None]:
    """While the function called `name` is traced, since the time `start`, refuse to show a number."""

    def refuse(what: str, instead: str) -> NoReturn:
        mode.tracing = None  # the error message may look
        raise TypeError(
            f"{name} cannot be compiled: {what} {line_of_user_code()} would freeze the program on the numbers of "
            f"this call. Instead, {instead}."
        )

    before, later = (mode.tracing, mode.recording, mode.draw, mode.scope, mode.start), keeping.later
    mode.tracing, mode.recording, mode.scope, mode.start = refuse, True, None, start
    try:
        with np.errstate(all="ignore"):
            yield
    finally:
        mode.tracing, mode.recording, mode.draw, mode.scope, mode.start = before
        keeping.later = later


def name_of(function: Callable[..., Any]) -> str:
    """What an error calls a function."""
    while hasattr(function, "func"):  # of functools.partial
        function = function.func
    return getattr(function, "__qualname__", type(function).__qualname__).split(".<locals>.")[-1]
