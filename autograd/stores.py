"""Parameters whose numbers live in one array: the `Value`s stay, as windows on it.

A compiled program computes with arrays. To copy thousands of numbers from Values into arrays and
gradients back, at every step, would cost more than the mathematics. So the first program that
uses some Values moves their numbers into a `Store`, an ordinary leaf Tensor, and each Value then
reads and writes its entry there. From outside nothing has changed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

import numpy as np

from .core import Node, walking
from .layout import BLANK, Layout
from .modes import Moment, mode, moment
from .tensor import Tensor
from .value import Value

__all__ = ["Store", "StoredValue", "blocks", "move_into_store"]


GRADIENT_INSTEAD = "read gradients outside of the compiled function, or compute with autograd.grad"
GRADIENT_ASSIGNED_INSTEAD = "assign to it, or call zero_grad(), outside of the compiled function"

_gradient: Any = vars(Layout)["_grad"]
_origin: Any = vars(Layout)["origin"]
_number: Any = vars(Layout)["_datum"]  # the slot itself, which of a window has the store and the position
_changing = threading.RLock()  # held while numbers move into a store, and while gradients are added up there


class Store(Tensor):
    """The array behind many Values; a leaf of the graphs of compiled programs.

    Attributes:
        values: the Values that are windows on it, in the order of its entries.
        changes: the times at which single entries were changed, since all were.
        last_single: the last of these times; if the store's own time is another, all have changed then.
        before: the time when all had changed before that.
        total: the gradients, None for zero. The slot that other nodes have for it is a walk's alone.
    """

    __slots__ = ("before", "changes", "last_single", "total", "values")
    made: ClassVar[int] = 0  # how many there have been; optimizers look again when there are more

    def __init__(self, data: Any, values: Sequence[Value], label: str | None = None) -> None:
        super().__init__(data, label)
        self.total: Any = None
        self.values = tuple(values)
        self.changes = {i: value.time for i, value in enumerate(values)}
        self.before = 0
        self.last_single = max(self.changes.values())
        self.origin = Moment(self.last_single, None)
        Store.made += 1

    @property
    def grad(self) -> Any:
        """The gradients; zero, as a Value's is, where no backward pass has come by."""
        if self.total is None:
            self.total = np.zeros_like(self._datum)
        return self.total

    @grad.setter
    def grad(self, new: Any) -> None:
        if new is not self.total:  # else `x.grad *= 2` has written already
            self.total = None if new is None else self._seed(new)

    def _receive(self, gradient: Any, undo: list[Callable[[], None]]) -> None:
        with _changing:
            before = self.total
            undo.append(lambda: setattr(self, "total", before))
            total = np.asarray(gradient if before is None else before + gradient)
            self.total = total if total.flags.writeable else total.copy()  # a window writes into it

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
    """A Value whose number, gradient and time of change are entries of a store."""

    __slots__ = ()

    @property
    def _datum(self) -> float:
        store, i = self.store()
        return store._datum.item(i)  # type: ignore[no-any-return]

    @_datum.setter
    def _datum(self, new: float) -> None:
        store, i = self.store()
        store._datum.flat[i] = new
        store.change(i, moment().when)

    @property
    def grad(self) -> float:
        if mode.tracing is not None:
            mode.tracing(".grad", GRADIENT_INSTEAD)
        store, i = self.store()
        return store.grad.item(i)  # type: ignore[no-any-return]

    @grad.setter
    def grad(self, new: Any) -> None:
        if mode.tracing is not None:
            mode.tracing("assigning to .grad", GRADIENT_ASSIGNED_INSTEAD)
        store, i = self.store()
        store.grad.flat[i] = 0.0 if new is None else self._seed(new)

    def _receive(self, gradient: float, undo: list[Callable[[], None]]) -> None:
        with _changing:
            store, i = self.store()
            gradients, before = store.grad, store.grad.item(i)
            undo.append(lambda: gradients.flat.__setitem__(i, before))
            gradients.flat[i] = before + gradient

    @property
    def origin(self) -> Moment:
        store, i = self.store()
        return Moment(store.time_of(i), None)

    @origin.setter
    def origin(self, new: Moment) -> None:
        store, i = self.store()
        store.change(i, new.when)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return Value

    def store(self) -> tuple[Store, int]:
        """The store, and the position in it."""
        place = _number.__get__(self)
        if type(place) is not tuple:  # another thread is moving it there
            with _changing:
                place = _number.__get__(self)
        return place  # type: ignore[no-any-return]


def move_into_store(values: Sequence[Value], shape: tuple[int, ...], label: str | None) -> Store:
    """A store for Values that have none yet, its array of the given shape."""
    with walking, _changing:
        store = Store(np.array([value._datum for value in values]).reshape(shape), values, label)
        for i, value in enumerate(values):
            object.__setattr__(value, "__class__", StoredValue)  # from here on, other threads wait for its place
            store._datum.flat[i] = _number.__get__(value)
            if _gradient.__get__(value):
                store.grad.flat[i] = _gradient.__get__(value)
                _gradient.__set__(value, BLANK)
            if _origin.__get__(value).when != store.changes[i]:
                store.change(i, _origin.__get__(value).when)
            _number.__set__(value, (store, i))
    return store


def blocks(parameters: Iterable[Node]) -> list[Any]:
    """The same parameters in larger pieces: a store in place of its Values, where all of them are there.

    What changes parameters by a formula, such as an optimizer, does it once for a store instead of
    a thousand times for its Values.
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
                whole[id(store)] = all(id(value) in present for value in store.values)
            if whole[id(store)]:
                piece = store
        out[id(piece)] = piece
    return list(out.values())
