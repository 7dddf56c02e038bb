"""`compile`: a function, and the NumPy programs made of it, one for each shape of arguments."""

from __future__ import annotations

import copy
import functools
import inspect
import types
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, overload

from ..interrupts import uninterrupted
from ..modes import mode
from .cache import Programs
from .given import Given
from .printing.targets import check_target
from .program import Program
from .stages import Stage, stages_of
from .tracing import COMPILING, name_of

__all__ = ["Compiled", "compile"]


class Compiled:
    """A function that runs as a NumPy program made from it; see `compile`.

    Attributes:
        programs: the programs so far, by the structure and shapes of the arguments that they are
            for; the one used last comes last. At most 64 are kept.
    """

    def __init__(self, function: Callable[..., Any], target: str = "numpy") -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.target = target
        try:
            parameters = list(inspect.signature(function).parameters.values())
        except ValueError:  # builtins may have no signature
            parameters = []
        names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        rest = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), "x")
        self._changes = False  # whether one of its programs makes steps of training
        self._cache = Programs(function, lambda n: names[:n] + [f"{rest}_{i}" for i in range(n - len(names))], target=target)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if mode.tracing is not None:  # a part of a larger compiled function
            return self.function(*args, **kwargs)
        given = Given(args, kwargs)
        if not self._changes:
            program = self._cache.find(given, args, kwargs)
            if not program.has_effects:
                return program(given.arrays)
            self._changes = True
        with COMPILING:  # one step at a time
            with uninterrupted():
                ready = self._cache.ready(given)
                if ready is not None:
                    return ready(given.arrays)
            program = self._cache.find(given, args, kwargs)
            with uninterrupted():
                return program(given.arrays)

    @property
    def programs(self) -> OrderedDict[Any, Program]:
        return self._cache.by_key

    @property
    def source(self) -> str:
        """The NumPy source of the program used last.

        Raises:
            RuntimeError: there is none yet.
        """
        return self._last("source").source

    def source_for(self, language: str) -> str:
        """The source of the program used last, in a language.

        Args:
            language: "numpy"; "c", as it runs with `target="c"`; or "javascript", which needs no library. Their
                functions `forward` and `backward` take and give the same arrays, whose numbers stand row by row.

        Raises:
            RuntimeError: there is none yet.
            TypeError: the program does something that has no form in the language.

        Example:
            >>> from autograd import Value
            >>> w = Value(2.0, label="w")
            >>> loss = compile(lambda x: (w * x - 1) ** 2)
            >>> loss(3.0).data
            25.0
            >>> print(loss.source_for("javascript").rstrip())
            // lambda: forward and backward, in JavaScript.
            // An array is the list of its numbers, row by row.
            <BLANKLINE>
            function forward(w, x) {
                const t1 = w * x - 1;
                const lambda_ = t1 * t1;
                return [[lambda_], [x, t1]];
            }
            <BLANKLINE>
            function backward(saved, g) {
                const [x, t1] = saved;
                const d_w = 2 * g * t1 * x;
                return [d_w];
            }
        """
        return self._last("source").source_for(language)

    @property
    def stages(self) -> list[Stage]:
        """The passes that made the program used last, in order, each with its graph; `autograd.draw(stage)` draws it.

        Raises:
            RuntimeError: there is none yet; or it will be made anew, since something that the function sees was
                changed.

        Example:
            >>> from autograd import Value
            >>> w = Value(2.0, label="w")
            >>> loss = compile(lambda x: (w * x - 1) ** 2)
            >>> loss(3.0).data
            25.0
            >>> [stage.name for stage in loss.stages]
            ['trace', 'roll', 'flatten', 'lift', 'differentiate', 'simplify', 'print']
        """
        program = self._last("stages")
        if not program.unchanged():
            raise RuntimeError(
                f"{name_of(self.function)} will be compiled anew, as `{program.changed()}` was changed since its last "
                "call. Call it once more, and look at its stages then."
            )
        return stages_of(program)

    def _last(self, what: str) -> Program:
        """The program used last."""
        if not self.programs:
            raise RuntimeError(
                f"{name_of(self.function)} has no {what} yet: it is compiled for the shapes of its first call. Call it once."
            )
        return next(reversed(self.programs.values()))

    def __deepcopy__(self, memo: dict[int, Any]) -> Compiled:
        return Compiled(copy.deepcopy(self.function, memo), self.target)

    def __reduce__(self) -> str | tuple[Any, ...]:
        if isinstance(self.function, types.FunctionType):
            return self.function.__qualname__  # like the function: by its name
        return Compiled, (self.function, self.target)

    def __get__(self, instance: object, owner: type) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def __repr__(self) -> str:
        return f"<compiled {name_of(self.function)}, {len(self.programs)} program{'' if len(self.programs) == 1 else 's'}>"


@overload
def compile(function: Callable[..., Any], *, target: str = ...) -> Compiled: ...


@overload
def compile(function: None = None, *, target: str = ...) -> Callable[[Callable[..., Any]], Compiled]: ...


def compile(function: Callable[..., Any] | None = None, *, target: str = "numpy") -> Any:
    """Run a function as the NumPy program that a person would have written for it.

    The function is called once, with stand-ins for its arguments, and its graph of scalars and arrays is recorded. In
    the graph, recurrences become loops, sums of products matrix products, and numbers with the same formula arrays.
    Then it is differentiated, simplified, and written as a NumPy program (`.source`), which runs from then on.

    A whole step of training can be compiled, with `optimizer.zero_grad()`, `loss.backward()` and `optimizer.step()` in
    it; then forward pass, backward pass and update are one program. Parameters, gradients and what the optimizer
    remembers are read and written as always. A call makes its whole step or none of it: Ctrl-C waits for its end.

    Args:
        function: of numbers, arrays, and nested lists, tuples and dicts of them; it returns Values
            or Tensors, or a structure of them. Parameters are found where it reads them. An array
            argument is a Tensor to it, whose single numbers are Values; an integer argument chooses rows through
            `autograd.take`.
        target: what runs: "numpy"; "c", the same as loops in C, three to four times as fast for the moons and the GPT
            of the benchmark; it needs a compiler (`pip install "glassgrad[c]"`, or the machine's own); or "auto", C
            where there is a compiler and C is the faster.

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

        A step:

        >>> from nn.optim import SGD
        >>> optimizer = SGD(w, lr=0.125)
        >>> @autograd.compile
        ... def step(xs):
        ...     value = loss(xs)
        ...     optimizer.zero_grad()
        ...     value.backward()
        ...     optimizer.step()
        ...     return value
        >>> step([[1.0, 1.0], [2.0, 0.0]]).data, w[0].data
        (17.0, -0.25)
    """
    check_target(target)
    if function is None:  # a decorator with a target
        return functools.partial(Compiled, target=target)
    return Compiled(function, target)
