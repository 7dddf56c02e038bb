"""`compile`: a function, and the NumPy programs made of it, one for each shape of arguments."""

from __future__ import annotations

import copy
import functools
import gc
import inspect
import types
import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from ..graph import mode
from .program import Program
from .tracing import Given, name_of

__all__ = ["Compiled", "compile"]

MOST_PROGRAMS = 64
MOST_EARLIER = 2
OFTEN = 10


class Compiled:
    """A function that runs as a NumPy program made from it; see `compile`.

    Attributes:
        programs: the programs so far, by the structure and shapes of the arguments that they are
            for; the one used last comes last. At most 64 are kept.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.programs: OrderedDict[Any, Program] = OrderedDict()
        self._earlier: dict[Any, list[Program]] = {}
        self._again: dict[Any, int] = {}
        try:
            parameters = list(inspect.signature(function).parameters.values())
        except ValueError:  # of a builtin, nothing is known
            parameters = []
        self._names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        self._rest = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), "x")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if mode.tracing is not None:  # a part of a larger compiled function
            return self.function(*args, **kwargs)
        given = Given(args, kwargs)
        program = self.programs.get(given.key)
        if program is None or not program.surroundings.unchanged():
            program = self.programs[given.key] = self._earlier_one(given.key, program) or self._compile(given, args, kwargs)
            if len(self.programs) > MOST_PROGRAMS:
                oldest, _ = self.programs.popitem(last=False)
                del self._again[oldest], self._earlier[oldest]
        self.programs.move_to_end(given.key)
        return program(given.arrays)

    def _earlier_one(self, key: Any, before: Program | None) -> Program | None:
        """The program in place of `before`, if what it saw is again as it was: a model goes from training to evaluation and back."""
        earlier = self._earlier.setdefault(key, [])
        found = next((program for program in earlier if program.surroundings.unchanged()), None)
        earlier[:] = [program for program in [before, *earlier] if program is not None and program is not found][:MOST_EARLIER]
        if found is None:
            self._count(key, before)
        return found

    def _count(self, key: Any, before: Program | None) -> None:
        """Tell who compiles again at every call, without wanting to."""
        self._again[key] = self._again.get(key, 0) + 1 if before else 0
        if before and self._again[key] == OFTEN:
            warnings.warn(
                f"{name_of(self.function)} was compiled {OFTEN} times for arguments of the same shapes, which takes time: what it sees "
                f"changes between calls, the last time `{before.surroundings.changed()}`. Pass what changes as an argument.",
                stacklevel=4,
            )

    def _compile(self, given: Given, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Program:
        names = self._names[: len(args)] + [f"{self._rest}_{i}" for i in range(len(args) - len(self._names))]
        collects = gc.isenabled()
        gc.disable()  # a trace is all new objects without cycles, which the collector would look through again and again
        try:
            return Program(self.function, given, args, kwargs, names)
        finally:
            if collects:
                gc.enable()

    @property
    def source(self) -> str:
        """The NumPy source of the program used last.

        Raises:
            RuntimeError: there is none yet.
        """
        if not self.programs:
            raise RuntimeError(
                f"{name_of(self.function)} has no source yet: it is compiled for the shapes of its first call. Call it once."
            )
        return next(reversed(self.programs.values())).source

    def __deepcopy__(self, memo: dict[int, Any]) -> Compiled:
        return Compiled(copy.deepcopy(self.function, memo))

    def __reduce__(self) -> str | tuple[Any, ...]:
        if isinstance(self.function, types.FunctionType):
            return self.function.__qualname__  # like the function: by its name
        return Compiled, (self.function,)

    def __get__(self, instance: Any, owner: type) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def __repr__(self) -> str:
        return f"<compiled {name_of(self.function)}, {len(self.programs)} program{'' if len(self.programs) == 1 else 's'}>"


def compile(function: Callable[..., Any]) -> Compiled:
    """Run a function as the NumPy program that a person would have written for it.

    The function is called once with stand-ins, and leaves its graph: of scalars, arrays, or both.
    Sums of products in it become matrix products, numbers computed alike become arrays; the graph
    is differentiated, simplified, and printed as NumPy source (`.source`), which runs from then on.

    Args:
        function: of numbers, arrays, and nested lists, tuples and dicts of them; it returns Values
            or Tensors, or a structure of them. Parameters are found where it reads them. Rows of an
            array argument are lists of Values to it; an integer argument chooses rows through
            `autograd.take`.

    Returns:
        A function that is called in the same way, and returns nodes whose `backward()` fills the
        same `.grad`s. Arguments of a new shape, and changes of what the function sees from outside
        (numbers, lists, modules), make a new program.

    Raises:
        TypeError: at the first call, the function looks at a number, for example in an `if`; or each
            call changes something that it sees (for that there is `autograd.state.update`), or draws
            random numbers of its own.

    Example:
        >>> import autograd
        >>> from autograd import Value
        >>> w = [Value(2.0), Value(-1.0)]
        >>> @autograd.compile
        ... def loss(xs):
        ...     return sum((w[0] * x[0] + w[1] * x[1]) ** 2 for x in xs)
        >>> value = loss([[1.0, 1.0], [2.0, 0.0]])
        >>> value.backward()
        >>> value.data, w[0].grad
        (17.0, 18.0)
    """
    return Compiled(function)
