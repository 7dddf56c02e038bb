"""Stand-ins: the objects with which a function is called while it is traced, in place of its arguments.

A stand-in behaves like its argument in an ordinary call, as long as the function does not read a number.
For a list there is a list, whose numbers are Values. The stand-in for an array computes like an array, and so do
its rows, slices and transposes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..core import Node, Primitive
from ..layout import Layout, new
from ..modes import mode
from ..tensor import Tensor
from ..value import Value
from ..window import Window
from .asked import asked_by_user, refuse_a_question
from .given import Given, is_number, numbers_in, values_in

__all__ = ["Argument", "Arguments", "Entry", "as_kind"]

ARRAYS = (np.ndarray, np.memmap, Window)  # but no matrix, for which * means something else
ATTRIBUTES = frozenset(name for name in dir(np.ndarray) if not name.startswith("_"))


class Argument(Tensor):
    """The stand-in for an array argument, or for a part of one: a Tensor whose single numbers are Values.

    Attributes:
        type: the type of the array's entries; the Tensor itself is of floats. None if it stands for a node.
        entries: for a whole argument, the stand-ins of its numbers by their position in the flattened array.
    """

    __slots__ = ("_positions", "_whole", "entries", "type")

    def __init__(self, x: object, label: str | None = None) -> None:
        array = np.asarray(x._datum if isinstance(x, Node) else x)
        super().__init__(array.astype(float) if array.dtype.kind in "iub" else array, label)
        self.type = None if isinstance(x, Node) else array.dtype
        self.entries: dict[int, Value] = {}
        self._whole: Argument | None = None
        self._positions: Any = None

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return np.ndarray if self.type is not None and asked_by_user() else Tensor

    @classmethod
    def _kind(cls) -> type[Any]:
        return Tensor

    @property
    def whole(self) -> Argument:
        """The whole argument of which this is a part."""
        return self if self._whole is None else self._whole

    @property
    def integers(self) -> bool:
        return self.type is not None and self.type.kind in "iu"

    @property
    def booleans(self) -> bool:
        return self.type is not None and self.type.kind == "b"

    def entry(self, position: int, kind: object = None) -> Value:
        """The stand-in for the number at a position of the flattened array.

        In an ordinary call it has the type `kind`.
        """
        if position not in self.entries:
            if kind is None and self.type is not None:
                kind = self.type.type
            self.entries[position] = Entry(self._datum.item(position), self.type, kind)
        return self.entries[position]

    @classmethod
    def _apply(cls, primitive: Primitive, inputs: tuple[Any, ...], static: Mapping[str, Any]) -> Any:
        _refuse_to_wrap(primitive, inputs)
        return super()._apply(primitive, inputs, static)

    def _part(self, choose: Callable[[Any], Any], compute: Callable[[], Tensor]) -> Any:
        """A part of the argument. `choose` takes it from an array, and `compute` from this Tensor."""
        if self._positions is None:
            self._positions = np.arange(self.size).reshape(self.shape)
        positions = choose(self._positions)
        if not isinstance(positions, np.ndarray):
            return self.whole.entry(int(positions))
        part = as_kind(Argument, compute())
        part.type, part._whole, part._positions = self.type, self.whole, positions
        return part

    def __getitem__(self, index: object) -> Any:
        parts = index if isinstance(index, (tuple, list)) else (index,)
        if any(isinstance(part, Node) for part in parts):
            return super().__getitem__(index)
        return self._part(lambda positions: positions[index], lambda: super(Argument, self).__getitem__(index))

    @property
    def T(self) -> Any:
        return self.transpose()

    def transpose(self, *axes: Any) -> Any:
        return self._part(lambda positions: positions.transpose(*axes), lambda: super(Argument, self).transpose(*axes))

    def reshape(self, *shape: Any) -> Any:
        return self._part(lambda positions: positions.reshape(*shape), lambda: super(Argument, self).reshape(*shape))

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if dtype is not None and np.dtype(dtype).kind != "O":
            super().__array__()
        values = np.empty(self.shape, object)
        for index in np.ndindex(self.shape):
            values[index] = self[index]
        return values

    def __getattr__(self, name: str) -> Any:
        if self.type is not None and name in ATTRIBUTES and mode.tracing is not None:
            mode.tracing(f".{name} of an array", "use the functions of autograd, or compute it outside and pass it as an argument")
        raise AttributeError(f"{Tensor.__name__!r} object has no attribute {name!r}")

    def _change(self, *others: Any) -> Any:
        if self.type is None:
            return NotImplemented  # a Tensor's += makes a new one
        assert mode.tracing is not None
        return mode.tracing("changing an argument in place", "make a new array: x = x + y for x += y")

    __iadd__ = __isub__ = __imul__ = __itruediv__ = __ipow__ = __imatmul__ = _change

    def __setitem__(self, index: Any, value: Any) -> None:
        assert mode.tracing is not None
        mode.tracing("writing into an argument", "make a new array, with autograd.where, stack or concatenate")


class Entry(Value):
    """The stand-in for a number among the arguments.

    Attributes:
        type: the type of an array that contains the number; None if it stands for a node.
        kind: the type of the number itself; None if it stands for a node.
    """

    __slots__ = ("kind", "type")

    def __init__(self, data: Any, type: object, kind: Any) -> None:
        super().__init__(data)
        self.type, self.kind = type, kind

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return self.kind if self.kind is not None and asked_by_user() else Value

    def __hash__(self) -> int:
        if self.kind is not None and asked_by_user():
            refuse_a_question("a number in a set, or as a key,")
        return super().__hash__()

    def __getattr__(self, name: str) -> Any:
        if self.kind is not None and name[0] != "_" and hasattr(self.kind, name) and asked_by_user():
            refuse_a_question(f".{name} of a number")
        raise AttributeError(f"{(self.kind or Value).__name__!r} object has no attribute {name!r}")

    @property
    def shape(self) -> tuple[()]:
        """An attribute of NumPy's numbers, which Python's do not have."""
        if self.kind in (float, int) and asked_by_user():
            raise AttributeError(f"{self.kind.__name__!r} object has no attribute 'shape'")
        return ()

    @classmethod
    def _kind(cls) -> type[Any]:
        return Value

    @classmethod
    def _apply(cls, primitive: Primitive, inputs: tuple[Any, ...], static: Mapping[str, Any]) -> Any:
        _refuse_to_wrap(primitive, inputs)
        return super()._apply(primitive, inputs, static)


def as_kind(kind: Any, x: Node) -> Any:
    """A copy of the node with another class."""
    made = new(kind)
    for name in Layout.__slots__:
        setattr(made, name, getattr(x, name))
    return made


def _is_narrow(dtype: object) -> bool:
    return isinstance(dtype, np.dtype) and (dtype.kind in "ub" or (dtype.kind == "i" and dtype.itemsize < 4))


def _refuse_to_wrap(primitive: Primitive, inputs: tuple[Any, ...]) -> None:
    """Refuse arithmetic between small whole numbers, which NumPy does in their own type: 200 + 100 is 44 in uint8."""
    types = [getattr(x, "type", None) if isinstance(x, Node) else x for x in inputs]
    if mode.tracing is None or not primitive.wraps or not any(map(_is_narrow, types)) or any(x is None for x in types):
        return
    dtype = np.result_type(*types)
    if _is_narrow(dtype) and not (dtype.kind == "b" and primitive.logic == "&"):
        what = f"{primitive.name} in whole numbers of type {dtype}, which wrap around,"
        mode.tracing(what, "convert the argument before: x.astype(float)")


class Arguments:
    """The stand-ins for the arguments of a call.

    Attributes:
        args, kwargs: the arguments for calling the function.
        arrays: an `Argument` for each array of `Given`.
        objects: the arguments that are not numbers, by name.
    """

    def __init__(self, given: Given, args: Sequence[Any], kwargs: dict[str, Any], names: Sequence[str]) -> None:
        self._given = given
        self._arrays = iter(given.arrays)
        self.arrays: list[Argument] = []
        self.objects: dict[str, Any] = {}
        self._containers: list[tuple[str, Any, list[Any]]] = []
        self.args = [self._stand_in(x, name) for x, name in zip(args, names, strict=True)]
        self.kwargs = {name: self._stand_in(x, name) for name, x in kwargs.items()}

    def changed(self) -> str | None:
        """The name of an argument, a list or a dict, that the function has changed."""
        return next((name for name, thing, items in self._containers if list(map(id, _items(thing))) != list(map(id, items))), None)

    def _stand_in(self, x: object, name: str) -> Any:
        if isinstance(x, dict):
            return self._container(name, {key: self._stand_in(item, f"{name}_{key}") for key, item in x.items()})
        if isinstance(x, (list, tuple)):
            if numbers_in(x) is not None or values_in(x) is not None:
                argument = self._argument(name)
                return self._nested(argument, x, iter(range(argument.size)))
            return self._container(name, _like(x, [self._stand_in(item, f"{name}_{i}") for i, item in enumerate(x)]))
        if isinstance(x, Value) or is_number(x):
            return self._argument(name).entry(0, None if isinstance(x, Node) else type(x))
        if isinstance(x, Tensor) or (isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind in "fiub"):
            if isinstance(x, np.ndarray) and type(x) not in ARRAYS:
                raise TypeError(
                    f"The argument `{name}` of a compiled function is a {type(x).__name__}, which computes otherwise than an array. "
                    f"Pass a plain array: np.asarray({name})."
                )
            return self._argument(name)
        self.objects[name] = x
        return self._given.from_the_start(x) if isinstance(x, Iterator) else x

    def _argument(self, name: str) -> Argument:
        self.arrays.append(Argument(next(self._arrays), name))
        return self.arrays[-1]

    def _nested(self, argument: Argument, x: object, positions: Iterator[int]) -> Any:
        if isinstance(x, (list, tuple)):
            return self._container(argument.label or "", _like(x, [self._nested(argument, item, positions) for item in x]))
        return argument.entry(next(positions), None if isinstance(x, Node) else type(x))

    def _container(self, name: str, thing: object) -> Any:
        if isinstance(thing, (list, dict)):
            self._containers.append((name, thing, _items(thing)))
        return thing


def _items(thing: Any) -> list[Any]:
    return [*thing, *thing.values()] if isinstance(thing, dict) else list(thing)


def _like(x: Any, items: list[Any]) -> Any:
    """`items` as a list or tuple of the type of `x`."""
    return type(x)(*items) if hasattr(x, "_fields") else type(x)(items)
