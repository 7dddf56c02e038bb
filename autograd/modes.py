"""The state in which nodes are computed: the time, the scope, and the mode of the thread, such as `no_grad()`.

Time is a counter that advances when a leaf is made or changed; by it, a backward pass finds leaves that were
changed after they were used. A scope is a named part of a computation, a box in pictures. A mode belongs to one
thread: whether it records what it computes, and whether a function is being compiled in it.
"""

from __future__ import annotations

import itertools
import threading
from _thread import get_ident
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, NamedTuple, NoReturn, Protocol

__all__ = [
    "Effects", "Moment", "Scope", "choose_the_way", "enter", "is_recording", "leave", "mode", "moment",
    "no_grad", "observers", "quick", "scope", "set_recording", "set_scope", "tick", "times",
]  # fmt: skip


class Scope(NamedTuple):
    """A named part of a computation, such as the call of a module; a box in pictures.

    `owner`, the number of a module, distinguishes modules of the same name. A `folded` scope is drawn as one
    box without its contents until it is opened.
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


# The global variables of the generated functions (see `generated`). `now` has the time, and the scope of the main
# thread. `usual` is the class Value if the methods may use their fast path: no thread is in a special mode and there are no
# observers. Otherwise it is None. The fast path is for the main thread only.
quick: Final[dict[str, Any]] = {
    "now": Moment(1, None), "when": 1, "usual": None, "main": threading.main_thread().ident, "get_ident": get_ident, "__name__": __name__,
}  # fmt: skip
times: Final = itertools.count(2)  # it needs no lock; that of `moment` keeps two threads from setting `when` back
_clock: Final = threading.Lock()


def moment() -> Moment:
    """Advance the clock, and return the new moment: all nodes made so far are older.

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
    """Change the scope of this thread.

    Returns:
        The previous scope, so that a later call can restore it.

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
    """Enter a new scope inside the present one, on this thread; `leave`, given what this returns, ends it.

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
    """Return to the scope before `enter`."""
    if get_ident() == quick["main"]:
        quick["now"] = before
        if quick["when"] == before.when:  # no leaf has changed
            return
    set_scope(before.scope)


class Effects(Protocol):
    """What notes the backward passes, and the changes of parameters, of a function that is being compiled."""

    def backward(self, root: Any, gradient: Any) -> None:
        """`root.backward(gradient)`."""

    def forget(self, leaves: Sequence[Any], to_zero: bool = False) -> None:
        """The gradients of `leaves` are cleared, or become 0."""

    def change_gradients(self, leaves: Sequence[Any], change: Callable[[list[Any]], tuple[Any, list[Any]]]) -> Any:
        """Replace the gradients of `leaves`: `change` takes them, as nodes of arrays, and returns a number and the new ones.

        Returns:
            A Value with that number.
        """

    def update(self, updater: Any) -> None:
        """A step of an `updating.Updater`, such as an optimizer."""


class _Mode(threading.local):
    """The mode of a thread: what it does with a computation.

    Attributes:
        recording: whether computations are recorded; false inside `no_grad()`.
        scope: the innermost scope; it refers to the scopes around it.
        own_scope: the scope of this thread, if it is not the main thread.

    The others are set only while `compile` or `vmap` traces a function:

        tracing: a function that raises an error if the traced function reads a number: it is called with what
            was read and what to do instead.
        start: the time at which tracing began; older nodes come from outside the function.
        draw: returns a node for random numbers, given a function that draws them and an array of their shape.
        update: notes what the function changes; see `state.update`.
        plain: returns the node in place of something that is a plain number in an ordinary call, or None.
        effects: notes backward passes and steps of optimizers; None if the function may have none.
    """

    recording = True
    own_scope: Scope | None = None
    tracing: Callable[[str, str], NoReturn] | None = None
    start = 0
    draw: Callable[[Callable[[], Any], Any], Any] | None = None
    update: Callable[[Any, Sequence[str], Callable[..., None], dict[str, Any]], None] | None = None
    plain: Callable[[Any], Any] | None = None
    effects: Effects | None = None

    def __setattr__(self, name: str, new: Any) -> None:
        super().__setattr__(name, new)
        choose_the_way()

    @property
    def scope(self) -> Scope | None:
        return quick["now"].scope if get_ident() == quick["main"] else self.own_scope

    @scope.setter
    def scope(self, new: Scope | None) -> None:
        set_scope(new)


mode: Final = _Mode()
_special: Final[set[int]] = set()  # the threads in a mode that forbids the fast path
observers: Final[list[Any]] = []  # those who watch the computation; `recording` fills it


def choose_the_way() -> None:
    """Turn the fast path of the generated methods of `Value` on or off, after a change of this thread's mode."""
    this = get_ident()
    with _clock:
        is_special = mode.tracing is not None or (this == quick["main"] and not mode.recording)
        (_special.add if is_special else _special.discard)(this)
        quick["usual"] = None if _special or observers else quick.get("Value")


def is_recording() -> bool:
    """Whether what this thread computes is recorded: not inside `no_grad()`.

    Example:
        >>> with no_grad():
        ...     is_recording()
        False
    """
    return mode.recording


def set_recording(recording: bool) -> bool:
    """Set whether this thread records what it computes, and return the previous setting."""
    before, mode.recording = mode.recording, recording
    return before


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
        name: the text on the box.
        folded: whether pictures leave out the inside of the box, unless `draw` is given `fold`. The scopes
            of losses are folded.

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
