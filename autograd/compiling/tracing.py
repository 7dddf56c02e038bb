"""Tracing: calling a function once, with stand-ins for its arguments, to see what it computes.

The stand-ins are ordinary nodes with the numbers of this call, so the function leaves the
ordinary graph. While it runs, nothing may look at a number: whatever did would have the program
frozen on it.
"""

from __future__ import annotations

import linecache
import random
import re
import threading
from _thread import get_ident
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, Final, NoReturn, Self

import numpy as np

from ..anomaly import line_of_user_code
from ..backward import ancestors
from ..core import Node
from ..modes import mode, tick
from ..recording import Observer, observe
from ..shaping import stack
from ..structures import leaves
from ..texts import visible
from .closure import Surroundings, state_of
from .effects import Recorder
from .given import Given
from .hidden import Update, hidden_state
from .kinds import ATOMS
from .standins import Argument, Arguments, Entry

__all__ = ["COMPILING", "RefusedError", "Trace", "global_states", "name_of", "tracing"]

COMPILING: Final = threading.RLock()  # one thread compiles at a time: what it traces may share parameters with others


class Trace:
    """What one call of a function computed.

    Attributes:
        start: the time when it began; all nodes of the call are younger.
        arguments: the stand-ins it was called with; `call` is called with them in the place of the function, see
            `rewriting`.
        surroundings: what the function saw besides.
        draws: the random numbers it drew: how to draw them, and the stand-in.
        updates: what it changed.
        effects: its backward passes and steps of optimizers; `None` where it may have none.
        made: all nodes that it made, oldest first, with those that no result needs; none where it may make no whole
            steps.
        out: what it returned; `outputs` are the leaves of that.

    Raises:
        TypeError: the function looked at a number.
    """

    def __init__(
        self, function: Callable[..., Any], given: Given, args: Sequence[Any], kwargs: dict[str, Any], names: Sequence[str],
        changing: Sequence[Update] = (), whole_steps: bool = True, call: Callable[..., Any] | None = None,
    ) -> None:  # fmt: skip
        self.start = tick()
        self.arguments = Arguments(given, args, kwargs, names)
        # These are read from the start.
        seen = {name: x for name, x in self.arguments.objects.items() if not isinstance(x, Iterator)}
        self.surroundings = Surroundings(function, seen)
        self.draws: list[tuple[Callable[[], Any], Argument]] = []
        self.updates: list[Update] = []
        self.effects = Recorder()
        name = name_of(function)
        if self.surroundings.refused is not None:
            raise TypeError(f"{name} cannot be compiled: {self.surroundings.refused}")
        before = global_states()
        with tracing(name, self.start), hidden_state(changing):
            mode.draw, mode.plain, mode.update = self._draw, self._plain, self._update
            mode.effects = self.effects if whole_steps else None
            recorder = _Recorder()
            with observe(recorder):
                self.out = (call or function)(*self.arguments.args, **self.arguments.kwargs)
        self.made = recorder.nodes if whole_steps else []
        if before != global_states() or self.surroundings.used_generator():
            raise TypeError(
                f"{name} cannot be compiled: it draws random numbers, which would be the same at every call of the "
                "program. Draw them outside and pass them as an argument, or use autograd.dropout or autograd.bernoulli."
            )
        changed = self.arguments.changed()
        if changed is not None:
            raise TypeError(
                f"{name} cannot be compiled: it changes its argument `{changed}`, and the program would not. Let it change a copy, such as "
                f"list({changed}), and return that."
            )
        self.outputs = leaves(self.out)
        for leaf in self.outputs:
            if isinstance(leaf, (Iterator, Awaitable)) or (not isinstance(leaf, (Node, np.ndarray, *ATOMS)) and self._holds_nodes(leaf)):
                raise TypeError(
                    f"{name} cannot be compiled: it returns a {type(leaf).__name__}, in which Values would stay what they are in this "
                    "call. Return Values and Tensors as they are, or in lists, tuples and dicts."
                )

    @property
    def roots(self) -> list[Node]:
        """All nodes that the program must compute."""
        return [x for x in [*self.kept, *self.effects.nodes, *self.outputs] if isinstance(x, Node)]

    @property
    def kept(self) -> list[Node]:
        """The nodes that changes are made of."""
        return [x for update in self.updates for x in update.numbers.values() if isinstance(x, Node)]

    def _update(self, owner: object, names: Sequence[str], change: Callable[..., None], numbers: dict[str, Any]) -> None:
        self.updates.append(Update(owner, names, change, numbers))

    def _holds_nodes(self, thing: object) -> bool:
        """Whether there are nodes of this call in an object."""
        return any(node.time >= self.start for node in Surroundings(type, {"result": thing}, everything=True).nodes)

    def _plain(self, x: object) -> Node | None:
        """The node for plain numbers of which an ordinary call would make a Value or Tensor; else None."""
        if isinstance(x, (list, tuple)):
            nodes = [part for part in leaves(x) if isinstance(part, Node)]
            return stack(x) if nodes and all(self._plain(node) is not None for node in nodes) else None
        if not isinstance(x, Node) or (isinstance(x, Argument) and x.integers):
            return None
        given = [node for node in ancestors([x]) if node.is_leaf]
        return x if all(isinstance(node, (Argument, Entry)) and node.type is not None for node in given) else None

    def _draw(self, draw: Callable[[], Any], like: object) -> Argument:
        """A stand-in for random numbers, which the program draws anew at each call.

        `like` is an array of their shape and type.
        """
        argument = Argument(like, f"random{len(self.draws) + 1}")
        self.draws.append((draw, argument))
        return argument


class _Recorder(Observer):
    """Keeps all nodes that this thread makes, in order."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._thread = get_ident()

    def recorded(self, node: Node) -> None:
        if get_ident() == self._thread:
            self.nodes.append(node)


def global_states() -> tuple[Any, Any]:
    """The states of Python's and NumPy's global random generators."""
    return random.getstate(), state_of(np.random.mtrand._rand)


class RefusedError(TypeError):
    """What is raised of a function that looked at a number."""


class _Refusal(BaseException):
    """Stops the function that looks at a number; no `except Exception` of its own catches it."""


class tracing:  # noqa: N801
    """While the function called `name` is traced, since the time `start`, refuse to show a number.

    Raises:
        TypeError: at the end, for the first number that it looked at, even if the function went on as if nothing had
            happened.
    """

    def __init__(self, name: str, start: int = 0) -> None:
        self.name, self.start = name, start
        self.refused: list[str] = []

    def refuse(self, what: str, instead: str) -> NoReturn:
        line = line_of_user_code()
        rewritten = _without_data(line) if what == ".data" else None
        self.refused.append(
            f"{self.name} cannot be compiled: {what} {line} would freeze the program on the numbers of "
            f"this call. Instead, {instead}" + (f": {rewritten}" if rewritten else ".")
        )
        raise _Refusal(self.refused[-1])

    def __enter__(self) -> Self:
        self._before = mode.tracing, mode.recording, mode.draw, mode.plain, mode.update, mode.effects, mode.scope, mode.start
        self._errors = np.errstate(all="ignore")
        self._errors.__enter__()
        mode.tracing, mode.recording, mode.effects, mode.scope, mode.start = self.refuse, True, None, None, self.start
        return self

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        mode.tracing, mode.recording, mode.draw, mode.plain, mode.update, mode.effects, mode.scope, mode.start = self._before
        self._errors.__exit__(None, None, None)
        tick()  # what is computed from now on is younger
        if self.refused and (error is None or isinstance(error, (Exception, _Refusal))):
            raise RefusedError(self.refused[0]).with_traceback(traceback) from None


COMPARED = re.compile(r"(?<=[\w)\]])\.data(?=\)*\s*(?:[<>]=?|[=!]=)(?!=))|(?<=[\w)\]])\.item\(\)(?=\)*\s*(?:[<>]=?|[=!]=)(?!=))")
BRANCHES = re.compile(r"\b(if|elif|while|assert|and|or|not|int|float|bool)\b")


def _without_data(place: str) -> str | None:
    """The line of code at a place, such as "in line 3 of train.py".

    There, Values themselves are compared if the code only asks for that.
    """
    _, number, file = re.split("in line | of ", place, maxsplit=2)
    line = linecache.getline(file, int(number)).strip()
    return COMPARED.sub("", line) if COMPARED.search(line) and not BRANCHES.search(line) else None


def name_of(function: Callable[..., Any]) -> str:
    """What an error calls a function."""
    while hasattr(function, "func"):  # of functools.partial
        function = function.func
    return visible(getattr(function, "__qualname__", type(function).__qualname__).split(".<locals>.")[-1])
