"""The programs of one function.

A call finds its program by what it was given. If there is none, it is made, and if there are too many, old ones are
dropped.
"""

from __future__ import annotations

import gc
import warnings
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from .given import Given, Thing, outline
from .program import Program, traced
from .step import WholeStep
from .tracing import COMPILING, name_of

__all__ = ["Programs"]

MOST_PROGRAMS = 64
MOST_EARLIER = 2
OFTEN = 8


class Programs:
    """The programs of a function, for any thread.

    Args:
        function: the function.
        names_of: a function from a number of positional arguments to their names.
        is_example: whether it is for one example of a batch, and so has no loops, backward passes and steps of
            optimizers in it.
        target: what its programs run as; see `compile`.

    Attributes:
        by_key: the programs, by `Given.key`; the one used last comes last.
    """

    def __init__(
        self, function: Callable[..., Any], names_of: Callable[[int], Sequence[str]], is_example: bool = False, target: str = "numpy"
    ) -> None:
        self._function = function
        self._is_example = is_example
        self._target = target
        self._names_of = names_of
        self.by_key: OrderedDict[Any, Program] = OrderedDict()
        self._earlier: dict[Any, list[Program]] = {}
        self._latest: Program | None = None
        self._misses: dict[Any, tuple[int, Any]] = {}  # for each outline: programs compiled in a row, the last key
        self._warned = False

    def find(self, given: Given, args: Sequence[Any], kwargs: dict[str, Any]) -> Program:
        """The program for a call."""
        program = self.ready(given)
        if program is None:
            with COMPILING:
                program = self.ready(given)  # another thread may just have made it
                if program is None:
                    return self._made_or_found_again(self.by_key.get(given.key), given, args, kwargs)
        return program

    def ready(self, given: Given) -> Program | None:
        """The program for a call, if it is there."""
        key = given.key
        program = self.by_key.get(key)
        if program is None or not program.unchanged():
            return None
        if program is not self._latest:
            self._use(key, program)
        if self._misses:
            self._misses.pop(outline(key), None)
        return program

    def _made_or_found_again(self, before: Program | None, given: Given, args: Sequence[Any], kwargs: dict[str, Any]) -> Program:
        names = self._names_of(len(args))
        program = self._earlier_one(given.key, before)
        if program is None:
            self._count(given.key, before, [*names, *kwargs])
            program = self._make(given, args, kwargs, names)
        self.by_key[given.key] = program
        self._use(given.key, program)
        if len(self.by_key) > MOST_PROGRAMS:
            oldest, _ = self.by_key.popitem(last=False)
            self._earlier.pop(oldest, None)
        return program

    def _use(self, key: object, program: Program) -> None:
        """Mark a program as the one used last."""
        self._latest = program
        try:
            self.by_key.move_to_end(key)
        except KeyError:  # another thread has dropped it
            pass

    def _earlier_one(self, key: object, before: Program | None) -> Program | None:
        """An earlier program, in place of `before`, that is valid again.

        Models alternate between training and evaluation.
        """
        if before is None:
            return None
        earlier = self._earlier.get(key, [])
        found = next((program for program in earlier if program.unchanged()), None)
        self._earlier[key] = [program for program in [before, *earlier] if program is not found][:MOST_EARLIER]
        return found

    def _make(self, given: Given, args: Sequence[Any], kwargs: dict[str, Any], names: Sequence[str]) -> Program:
        collects = gc.isenabled()
        gc.disable()  # a trace makes many objects without cycles, which the collector would search again and again
        try:
            found = traced(self._function, given, args, kwargs, names, whole_steps=not self._is_example)
            kind = WholeStep if found.trace.effects.effects else Program
            return kind(self._function, given, args, kwargs, found, self._target)
        finally:
            if collects:
                gc.enable()

    def _count(self, key: Any, before: Program | None, names: Sequence[str]) -> None:
        """Warn if every call compiles a new program, which is hardly intended."""
        shapes = outline(key)
        count, last = self._misses.pop(shapes, (0, None))
        if len(self._misses) > MOST_PROGRAMS:
            self._misses.clear()
        self._misses[shapes] = count + 1, key
        if count < OFTEN or self._warned:
            return
        if before is not None:
            changed = before.changed()
            why = f"what it sees changes between calls, the last time `{changed}`. Pass what changes as an argument."
        else:
            position = next((i for i, (new, old) in enumerate(zip(key, last, strict=True)) if new != old), None)
            if position is None:
                return
            name = names[position]
            why = f"its argument `{name}` is {_advice(key[position], name)}"
        self._warned = True
        warnings.warn(
            f"{name_of(self._function)} was compiled {count + 1} times in a row for arguments of the same shapes, which takes time: {why}",
            stacklevel=5,
        )


def _advice(key: object, name: str) -> str:
    """What changes in an argument from call to call, and what to pass instead."""
    while isinstance(key, tuple):
        key = next((part for part in key if isinstance(part, (tuple, Thing))), None)
    assert isinstance(key, Thing)
    if key.is_iterator:
        return f"an iterator ({key.kind.__name__}), which gives its numbers once. Pass a list: list({name})."
    return (
        f"another {key.kind.__name__} each time. Make it once, outside of the loop, and pass the numbers in it that change as arguments: "
        "as numbers, arrays, or lists, tuples and dicts of them."
    )
