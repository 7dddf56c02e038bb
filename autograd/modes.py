"""When, where and how: the time and the scope that nodes are computed in, and what a thread does with a computation."""

from __future__ import annotations

import itertools
import threading
from _thread import get_ident
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

if TYPE_CHECKING:
    from .core import Node

__all__ = [
    "Moment", "Observer", "Scope", "enter", "leave", "mode", "moment", "no_grad", "observed", "observers", "quick", "scope", "set_scope",
    "tick", "times",
]  # fmt: skip


class Scope(NamedTuple):
    """A named part of a computation, such as a module's call; a box in pictures.

    `owner` (a module's number) tells apart two modules of one name. One that is `folded` stays one
    box until it is opened.
    """

    name: str
    outer: Scope | None
    owner: int = 0
    folded: bool = False


make_scope: Final = partial(tuple.__new__, Scope)  # a third of the time of Scope(…), which every neuron's call pays


class Moment:
    """When a node was computed, and in which part of the computation; nodes share it until a leaf is made or changed, or a scope begins."""

    __slots__ = ("scope", "when")

    def __init__(self, when: int, scope: Scope | None) -> None:
        self.when, self.scope = when, scope


# What the generated methods of `Value` read, as their globals (see `generated`). They take the short way on the main
# thread only, whose scope `now` has, and only if it is in no special mode; then `usual` is Value, and else None.
quick: Final[dict[str, Any]] = {
    "now": Moment(1, None), "when": 1, "usual": None, "main": threading.main_thread().ident, "get_ident": get_ident, "__name__": __name__,
}  # fmt: skip
times: Final = itertools.count(2)  # the lock of `moment` is for two threads not to set `when` back
_clock: Final = threading.Lock()


def moment() -> Moment:
    """A new moment: what was made before is older than it, and what is made from now on is not.

    Example:
        >>> before = moment()
        >>> moment().when > before.when
        True
    """
    with _clock:
        quick["when"] = next(times)
        quick["now"] = now = Moment(quick["when"], quick["now"].scope)
        return now


def tick() -> int:
    """The time of a new moment."""
    return moment().when


def set_scope(scope: Scope | None) -> Scope | None:
    """Compute in another scope, on this thread.

    Returns:
        The scope from before, for the call that goes back to it.

    Example:
        >>> before = set_scope(Scope("outer", None))
        >>> mode.scope.name
        'outer'
        >>> set_scope(before).name
        'outer'
    """
    if get_ident() != quick["main"]:
        before, mode.own_scope = mode.own_scope, scope
        return before
    with _clock:
        now = quick["now"]
        quick["now"] = Moment(quick["when"], scope)
    return now.scope


def enter(name: str, owner: int) -> Moment:
    """Compute in a scope inside of the present one, on this thread, until what is returned is given to `leave`.

    Example:
        >>> before = enter("layer", owner=1)
        >>> mode.scope.name
        'layer'
        >>> leave(before)
    """
    if get_ident() != quick["main"]:
        return Moment(0, set_scope(Scope(name, mode.own_scope, owner)))
    now: Moment = quick["now"]
    quick["now"] = Moment(now.when, make_scope((name, now.scope, owner, False)))
    if quick["when"] != now.when:  # cheaper than the lock: another thread has changed a leaf at this moment
        set_scope(quick["now"].scope)
    return now


def leave(before: Moment) -> None:
    """Compute in the scope again that was left by `enter`."""
    if get_ident() == quick["main"]:
        quick["now"] = before
        if quick["when"] == before.when:  # no leaf has changed
            return
    set_scope(before.scope)


class _Mode(threading.local):
    """What this thread does with a computation.

    Attributes:
        recording: whether what is computed is recorded; off inside `no_grad()`.
        scope: the innermost of the named parts that the computation is in, with those around it.
        own_scope: the same, of a thread that is not the main one.

    The others are set while `compile` or `vmap` reads a function, and only then:

        tracing: refuses to show a number, in an error that says what looked at it, and what to do instead.
        start: the time when the reading began; older nodes are from outside of the function.
        draw: gives the node for random numbers, from a function that draws them and an array like them.
        update: notes what the function changes; see `state.update`.
        plain: gives the node for what are plain numbers in an ordinary call; None for all else.
    """

    recording = True
    own_scope: Scope | None = None
    tracing: Callable[[str, str], NoReturn] | None = None
    start = 0
    draw: Callable[[Callable[[], Any], Any], Any] | None = None
    update: Callable[[Any, Sequence[str], Callable[..., None], dict[str, Any]], None] | None = None
    plain: Callable[[Any], Node | None] | None = None

    def __setattr__(self, name: str, new: Any) -> None:
        super().__setattr__(name, new)
        choose_the_way()

    @property
    def scope(self) -> Scope | None:
        return quick["now"].scope if get_ident() == quick["main"] else self.own_scope

    @scope.setter
    def scope(self, new: Scope | None) -> None:
        set_scope(new)


class Observer:
    """Somebody who is told of every step; see `detect_anomaly`."""

    def recorded(self, node: Node) -> None:
        """`node` was computed and recorded."""

    def reached(self, node: Node, gradient: Any) -> None:
        """A backward pass came to `node`, whose whole gradient is `gradient`."""

    def pulled_back(self, node: Node, gradients: Sequence[Any]) -> None:
        """`gradients` came out of the rules of `node`, one for each input."""


def observed(step: Callable[..., Sequence[Any]]) -> Callable[..., Sequence[Any]]:
    """A `step` of a backward pass that observers are told of."""

    def told(node: Node, inputs: Sequence[Any], g: Any) -> Sequence[Any]:
        for observer in observers:
            observer.reached(node, g)
        gradients = step(node, inputs, g)
        for observer in observers:
            observer.pulled_back(node, gradients)
        return gradients

    return told


class _Observers(list[Observer]):
    """Those who are told; while there are any, nothing goes the short way."""

    def append(self, observer: Observer) -> None:
        super().append(observer)
        choose_the_way()

    def remove(self, observer: Observer) -> None:
        super().remove(observer)
        choose_the_way()


mode: Final = _Mode()
observers: Final = _Observers()
_special: Final[set[int]] = set()  # the threads for which nothing goes the short way


def choose_the_way() -> None:
    """Have the generated methods of `Value` take the short way or the general one, after a change of this thread's mode."""
    this = get_ident()
    with _clock:
        is_special = mode.tracing is not None or (this == quick["main"] and not mode.recording)
        (_special.add if is_special else _special.discard)(this)
        quick["usual"] = None if _special or observers else quick.get("Value")


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute without recording: inside, results are constants, and `w -= 0.1 * w.grad` changes the leaf `w` in place.

    Example:
        >>> from autograd import Value, no_grad
        >>> x = Value(3.0)
        >>> with no_grad():
        ...     y = x * x
        >>> y.data, y.requires_grad
        (9.0, False)
    """
    before = mode.recording
    mode.recording = False
    try:
        yield
    finally:
        mode.recording = before


@contextmanager
def scope(name: str, *, folded: bool = False) -> Iterator[None]:
    """Give a name to a part of a computation; pictures draw a box around it. Scopes nest.

    Args:
        name: what is written on the box.
        folded: whether pictures leave out what is inside, unless `draw` is told how far to `fold`;
            so are losses.

    Example:
        >>> from autograd import Value, scope
        >>> x = Value(3.0)
        >>> with scope("square"):
        ...     y = x * x
        >>> y.scope.name
        'square'
    """
    before = mode.scope
    set_scope(Scope(name, before, 0, folded))
    try:
        yield
    finally:
        set_scope(before)
