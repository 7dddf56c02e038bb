"""Values whose numbers are the entries of one array, so that a compiled program need not copy them.

A compiled program computes with arrays, and its parameters may be thousands of Values. So the
first program that uses some Values moves their numbers into a `Store`, a leaf Tensor. Each of the
Values becomes a `StoredValue`, which reads and writes its entry there.

This is the only place that changes the class of an object. The gain: copying the numbers and gradients of the
337 Values of `nn.MLP(2, [16, 16, 1])` into arrays and back takes 50 µs, and without it a whole compiled step
of moons takes 117 µs. `Value` itself cannot have its number in one of two places, because then every
operation on Values would have to ask in which.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

import numpy as np

from .core import Node, walking
from .layout import ASSIGNS_GRADIENT, BLANK, READS_GRADIENT, Layout, is_blank
from .modes import Moment, mode, moment
from .tensor import Tensor
from .value import Value

__all__ = ["Store", "StoredValue", "blocks", "move_into_store"]


_gradient: Any = vars(Layout)["_grad"]
_origin: Any = vars(Layout)["origin"]
_number: Any = vars(Layout)["_datum"]  # the slot itself, which in a StoredValue has the store and the position
_requires_grad: Any = vars(Layout)["requires_grad"]
_changing = threading.RLock()  # held while numbers move into a store, and while gradients are added up there


class Store(Tensor):
    """The numbers of many Values as one array; a leaf in the graphs of compiled programs.

    Attributes:
        values: the Values whose numbers these are, in the order of its entries.
        changes: the times of changes of single entries, since all entries were last changed together.
        last_single: the last of these times. If the store's own time is a different one, all entries were changed then.
        before: when all entries had last been changed together.
        resting: the positions of frozen Values, which get no gradient.
        total: the gradients; None means zero. (Other nodes keep theirs in `_grad`, which for a store only a walk uses.)
    """

    __slots__ = ("before", "changes", "last_single", "resting", "total", "values")
    made: ClassVar[int] = 0  # the number of stores so far; when it changes, optimizers arrange their parameters anew

    def __init__(self, data: Any, values: Sequence[Value], label: str | None = None) -> None:
        super().__init__(data, label)
        self.total: Any = None
        self.resting: list[int] = []
        self.values = tuple(values)
        self.changes = {i: value.time for i, value in enumerate(values)}
        self.before = 0
        self.last_single = max(self.changes.values())
        self.origin = Moment(self.last_single, None)
        Store.made += 1

    @property
    def grad(self) -> Any:
        """The gradients. Before a backward pass they are zero, like those of Values."""
        if self.total is None:
            self.total = np.zeros_like(self._datum)
        return self.total

    @grad.setter
    def grad(self, new: object) -> None:
        if new is not self.total:  # else `x.grad *= 2` has written already
            self.total = None if new is None else self._seed(new)

    _gradient = grad

    def _receive(self, gradient: object, undo: list[Callable[[], None]]) -> None:
        with _changing:
            before = self.total
            undo.append(lambda: setattr(self, "total", before))
            total = gradient if before is None else before + gradient
            if type(total) is not np.ndarray:
                total = np.asarray(total)
            self.total = total if total.flags.writeable else total.copy()  # a StoredValue writes into it
            if self.resting:
                self.total.flat[self.resting] = 0.0

    def change(self, i: int, time: int) -> None:
        """Entry `i` was changed."""
        if self.time != self.last_single:
            self.before = self.time
            self.changes.clear()
        self.changes[i] = self.last_single = time
        self.origin = Moment(time, None)

    def time_of(self, i: int) -> int:
        """When entry `i` was changed last."""
        return self.changes.get(i, self.before) if self.time == self.last_single else self.time


class StoredValue(Value):
    """A Value whose number, gradient and time of change are those of an entry of a store.

    Example:
        >>> a, b = Value(2.0), Value(3.0)
        >>> store = move_into_store([a, b], (2,), "w")
        >>> a.data = 5.0
        >>> store, isinstance(a, Value)
        (Tensor([5., 3.], label='w'), True)
        >>> store.data *= 2
        >>> a, b
        (Value(data=10.0, grad=0.0), Value(data=6.0, grad=0.0))
    """

    __slots__ = ()

    @property
    def _datum(self) -> float:
        store, i = self.store()
        return store._datum.item(i)

    @_datum.setter
    def _datum(self, new: float) -> None:
        store, i = self.store()
        store._datum.flat[i] = new
        store.change(i, moment().when)

    @property
    def grad(self) -> float:
        if mode.tracing is not None:
            mode.tracing(*READS_GRADIENT)
        store, i = self.store()
        return store.grad.item(i)

    @grad.setter
    def grad(self, new: object) -> None:
        if mode.tracing is not None:
            if mode.effects is not None and is_blank(new, self):
                mode.effects.forget([self])
                return
            mode.tracing(*ASSIGNS_GRADIENT)
        store, i = self.store()
        store.grad.flat[i] = 0.0 if new is None else self._seed(new)

    _gradient = grad

    def _receive(self, gradient: float, undo: list[Callable[[], None]]) -> None:
        with _changing:
            store, i = self.store()
            gradients, before = store.grad, store.grad.item(i)
            undo.append(lambda: gradients.flat.__setitem__(i, before))
            gradients.flat[i] = before + gradient

    @property
    def requires_grad(self) -> bool:
        return self.left is not None

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        _requires_grad.__set__(self, wanted)
        store, _ = self.store()
        store.resting = [i for i, value in enumerate(store.values) if not value.requires_grad]

    @property
    def origin(self) -> Moment:
        store, i = self.store()
        origin = store.origin
        return origin if origin.when != store.last_single else Moment(store.time_of(i), None)

    @origin.setter
    def origin(self, new: Moment) -> None:
        store, i = self.store()
        store.change(i, new.when)

    @classmethod
    def _kind(cls) -> type[Any]:
        return Value

    def store(self) -> tuple[Store, int]:
        """The store, and the position of this Value's number in it."""
        place = _number.__get__(self)
        if type(place) is not tuple:  # another thread is moving the number into a store
            with _changing:
                place = _number.__get__(self)
        return place


def move_into_store(values: Sequence[Value], shape: tuple[int, ...], label: str | None) -> Store:
    """Move the numbers of Values into a new store, an array of the given shape; they become `StoredValue`s.

    Args:
        values: leaves, of which none is in a store yet.
        shape: has room for as many numbers as there are `values`.
        label: the store's.
    """
    with walking, _changing:
        store = Store(np.array([value._datum for value in values]).reshape(shape), values, label)
        for i, value in enumerate(values):
            value.__class__ = StoredValue  # from now on, other threads wait until the position is known
            store._datum.flat[i] = _number.__get__(value)
            if _gradient.__get__(value):
                store.grad.flat[i] = _gradient.__get__(value)
                _gradient.__set__(value, BLANK)
            if _origin.__get__(value).when != store.changes[i]:
                store.change(i, _origin.__get__(value).when)
            _number.__set__(value, (store, i))
    return store


def blocks(parameters: Iterable[Node]) -> list[Any]:
    """The same parameters in larger pieces: a store in place of its Values, if all of them are among the parameters.

    An optimizer then computes its formula once for a store, and not a thousand times for its Values.

    Example:
        >>> a, b, c = Value(1.0), Value(2.0), Value(3.0)
        >>> store = move_into_store([a, b], (2,), "w")
        >>> blocks([a, b, c])
        [Tensor([1., 2.], label='w'), Value(data=3.0, grad=0.0)]
        >>> blocks([a, c])
        [Value(data=1.0, grad=0.0), Value(data=3.0, grad=0.0)]
    """
    parameters = list(parameters)
    present = {id(p) for p in parameters}
    whole: dict[int, bool] = {}
    out: dict[int, Node] = {}
    for p in parameters:
        piece: Node = p
        if type(p) is StoredValue:
            store, _ = p.store()
            if id(store) not in whole:
                whole[id(store)] = not store.resting and all(id(value) in present for value in store.values)
            if whole[id(store)]:
                piece = store
        out[id(piece)] = piece
    return list(out.values())
