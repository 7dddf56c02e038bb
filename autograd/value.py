"""`Value`: a node that holds one number.

The forward pass is Python's own arithmetic on floats, which for single numbers is about ten times as fast as
NumPy's. For arrays there is `Tensor`.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Sequence
from typing import Any, SupportsFloat

import numpy as np

from .arrays import constant, no_result
from .core import Node, Primitive, record
from .errors import describe
from .generated import generate
from .layout import BLANK, MANY, NO_STATIC, Data, Static
from .modes import Moment, mode, moment, quick
from .operators import ASSIGN_INSTEAD, BRANCH_INSTEAD, COMPUTED, READ_INSTEAD, Operators
from .primitives.arithmetic import identity
from .tensor import Tensor

__all__ = ["Value"]

Array = np.ndarray


class Value(Operators):
    """A number that remembers how it was computed.

    Args:
        data: a real number (int, float, NumPy scalar); it is kept as a float.
        label: a name for pictures and error messages.

    Attributes:
        data: the number, as a float. Training changes leaves by assigning to it.
        grad: the derivative, 0.0 before `backward()` and after `zero_grad()`.

    Raises:
        TypeError: `data` is not a real number.

    Example:
        >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
        >>> c = a * b + a.tanh()
        >>> c.backward()
        >>> round(a.grad, 4), b.grad
        (-2.9293, 2.0)
        >>> a
        Value(data=2.0, grad=-2.92934917..., label='a')
    """

    __slots__ = ()
    _blank_grad = BLANK

    def __init__(self, data: SupportsFloat, label: str | None = None) -> None:
        source = None
        if type(data) is float:
            self._datum = data
        else:
            source = None if mode.plain is None else mode.plain(data)
            self._datum = _as_float(data) if source is None else float(source._datum)
        if label is not None and not isinstance(label, str):
            raise TypeError(f"label is a text for pictures and errors, not {type(label).__name__} {label!r}.")
        self._grad = BLANK
        self._aside = None if label is None else (label, NO_STATIC, None)
        self.left, self.right, self.primitive = (), MANY, None
        if source is not None:
            self.primitive, self.inputs = identity, (source,)
        self.origin = moment()

    @classmethod
    def _apply(cls, primitive: Primitive, inputs: tuple[Any, ...], static: Static) -> Any:
        data: Sequence[Data]
        try:
            if len(inputs) == 2:  # a comprehension would cost a call
                x, y = inputs
                data = (x if type(x) is float else x._datum, y if type(y) is float else y._datum)
            else:
                data = [x if type(x) is float else x._datum for x in inputs]
        except AttributeError:
            if not PLAIN.issuperset(map(type, inputs)):
                inputs = tuple(x if isinstance(x, Node) else _constant(x, primitive, inputs) for x in inputs)
            data = [x._datum if isinstance(x, Node) else x for x in inputs]
        # With one input or more than four, the type of the result tells whether one was an array; testing all would
        # take long.
        if primitive.scalar is None or (1 < len(data) < 5 and Array in map(type, data)):
            objects = any(isinstance(x, np.ndarray) and x.dtype == object for x in data)
            return (_each if objects else Tensor._apply)(primitive, inputs, static)
        try:
            result = primitive.scalar(*data, **static) if static else primitive.scalar(*data)
        except (ArithmeticError, ValueError, TypeError):
            result = primitive.compute(data, static)
        if type(result) is not float:
            if isinstance(result, (Array, np.generic)) and Array in map(type, data):
                return Tensor._apply(primitive, inputs, static)
            result = float(result if result is not None else no_result(primitive))
        return record(Value, result, primitive, inputs, static)

    @property
    def data(self) -> float:
        """The number. Assigning to the data of a leaf makes nodes that were computed from it stale.

        Raises:
            RuntimeError: on assigning, the Value was computed.
            TypeError: what is assigned is not a real number; or a function that is being compiled reads the number.
        """
        if quick["usual"] is None and mode.tracing is not None:
            mode.tracing(".data", READ_INSTEAD)
        return self._datum

    @data.setter
    def data(self, new: SupportsFloat) -> None:
        if mode.tracing is not None:
            mode.tracing("assigning to .data", ASSIGN_INSTEAD)
        if self.primitive is not None:
            raise RuntimeError(COMPUTED.format(describe(self)))
        self._datum = new if type(new) is float else _as_float(new)
        self.origin = moment()

    def _overwrite(self, new: float, now: Moment | None = None) -> None:
        self._datum = new
        self.origin = now or moment()

    def _seed(self, gradient: object) -> float:
        return 1.0 if gradient is None else _as_float(gradient._datum if isinstance(gradient, Node) else gradient)

    def _receive(self, gradient: float, undo: list[Callable[[], None]]) -> None:
        self._grad += gradient

    @property
    def shape(self) -> tuple[()]:
        """The shape of an array without axes."""
        return ()

    @property
    def ndim(self) -> int:
        """How many axes it has: none."""
        return 0

    @property
    def size(self) -> int:
        """How many numbers it holds: one."""
        return 1

    def item(self) -> float:
        """The number, as in PyTorch: the same as `.data`.

        Example:
            >>> Value(2).item()
            2.0
        """
        return self.data

    @property
    def __array__(self) -> Any:
        """NumPy may read a constant as a number.

        Other Values it may not, so that an array made of them holds the Values themselves.
        """
        if self.inputs is not None or mode.tracing is not None:
            raise AttributeError("__array__")
        return lambda dtype=None, copy=None: np.array(self._datum, dtype)

    def __bool__(self) -> bool:
        if mode.tracing is not None:
            mode.tracing("an `if`, `while`, `and`, `or`, max(), min() or sorted() on a Value", BRANCH_INSTEAD)
        return bool(self._datum)

    def __repr__(self) -> str:
        label = "" if self.label is None else f", label={self.label!r}"
        if mode.tracing is not None:  # the text would become a constant of the program, but the number changes
            return f"Value(…{label})"
        return f"Value(data={self._datum!r}, grad={self.grad!r}{label})"

    def __format__(self, spec: str) -> str:
        return format(self.data, spec) if spec else repr(self)


generate(Value)

PLAIN = frozenset({Value, Tensor, float, int})  # types of inputs that need no conversion


def _as_float(x: object) -> float:
    """`x` as a float, if it is a real number."""
    if isinstance(x, np.ndarray) and x.ndim == 0:
        x = x[()]
    if isinstance(x, (numbers.Real, np.bool_)):
        return float(x)
    if isinstance(x, Node):
        raise TypeError(f"Value(…) got {describe(x)}, which is a node already; use it as it is, or copy its number: Value(x.data).")
    if isinstance(x, (list, tuple, np.ndarray)):
        raise TypeError(f"A Value is one number, not {_named(x)}. Make a Tensor of it, or a list of Values: [Value(n) for n in numbers].")
    if isinstance(x, str):
        raise TypeError(f"A Value is a number, not the text {x!r}. Convert it first: Value(float({x!r})).")
    if isinstance(x, numbers.Complex):
        raise TypeError(f"A Value is a real number, not the complex {x!r}. Keep its real and imaginary part in two Values.")
    raise TypeError(f"A Value is a real number, not {_named(x)}.")


def _constant(x: object, primitive: Primitive, inputs: tuple[Any, ...]) -> Any:
    """An input that is not a node: a plain number or array."""
    if isinstance(x, (int, np.floating, np.integer, np.bool_)):
        return x.item() if isinstance(x, np.generic) else x
    if isinstance(x, np.ndarray) and x.ndim == 0 and x.dtype.kind in "fiub":
        return x.item()
    if isinstance(x, numbers.Real):
        return float(x)
    if any(isinstance(y, Tensor) for y in inputs) or (isinstance(x, np.ndarray) and x.dtype == object):
        return x
    if hasattr(x, "__array__"):  # with an array, the result is a Tensor
        return constant(x, primitive)
    if isinstance(x, (list, tuple)):
        raise TypeError(
            f"{primitive.name} got a Value and {_named(x)}: a Value is one number. Make an array of the list, "
            "or go through its numbers one by one."
        )
    if isinstance(x, numbers.Complex):
        raise TypeError(f"{primitive.name} got a Value and the complex {x!r}: derivatives here are of real numbers.")
    raise TypeError(f"{primitive.name} got a Value and {_named(x)}; it takes Values and real numbers.")


def _named(x: object) -> str:
    if isinstance(x, np.ndarray):
        return f"an array of shape {x.shape}"
    return f"the {type(x).__name__} {x!r}" if len(repr(x)) < 40 else f"a {type(x).__name__}"


def _each(primitive: Primitive, inputs: tuple[Any, ...], static: Static) -> Any:
    """`primitive` applied entry by entry, if an input is an object array of Values."""
    boxed = []
    for x in inputs:
        box = np.empty((), dtype=object)
        box[()] = x
        boxed.append(x if isinstance(x, np.ndarray) else box)
    return np.frompyfunc(lambda *xs: primitive(*xs, **static), len(inputs), 1)(*boxed)
