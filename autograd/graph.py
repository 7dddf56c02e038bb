"""The graph: what a node is, what a primitive is, and how calling one makes the other.

Everything else in the library reads what is recorded here. A node knows the primitive that
computed it and that primitive's inputs, and nothing of who uses it; so there are no reference
cycles, and a graph is freed the moment its last result goes out of scope.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, ClassVar, Final, NamedTuple, NoReturn

import numpy as np

from .errors import broadcast_error
from .texts import visible

__all__ = ["Case", "Node", "Primitive", "no_grad", "record", "scope", "table"]

ndarray: Final = np.ndarray
new: Final = object.__new__
tick: Final = itertools.count(1).__next__
NO_STATIC: Final[Mapping[str, Any]] = {}
STEEP_AT: Final = (0.0, -1.0, 1e4)  # where logarithms, roots, quotients, arcs and exponentials have no finite derivative
HALF: Final = np.dtype(np.float16)
NUMBERS: Final = frozenset({float, int})  # the types of plain numbers among a primitive's inputs


class Scope(NamedTuple):
    """A named part of a computation, such as a module's call; a box in pictures.

    `owner` (a module's number) tells apart two modules of one name. One that is `folded` stays one
    box until it is opened.
    """

    name: str
    outer: Scope | None
    owner: int = 0
    folded: bool = False


class _Mode(threading.local):
    """What this thread does with a computation: `recording` is off inside `no_grad()`, `scope` is
    the innermost of the named parts that the computation is in, with those around it;
    `tracing` is set while `compile` reads a function; nodes older than `start` are then from outside."""

    recording = True
    scope: Scope | None = None
    draw: Callable[[Callable[[], Any], Any], Any] | None = None  # inside `compile`: random numbers
    start = 0
    tracing: Callable[[str, str], NoReturn] | None = None  # inside `compile`: refuses to show a number
    plain: Callable[[Any], Node | None] | None = None  # inside `compile`: the node for what are plain numbers in an ordinary call


class Observer:
    """Somebody who is told of every step; see `detect_anomaly`."""

    def recorded(self, node: Node) -> None:
        """`node` was computed and recorded."""

    def reached(self, node: Node, gradient: Any) -> None:
        """A backward pass came to `node`, whose whole gradient is `gradient`."""

    def pulled_back(self, node: Node, gradients: Sequence[Any]) -> None:
        """`gradients` came out of the rules of `node`, one for each input."""


mode: Final = _Mode()
observers: Final[list[Observer]] = []


class Node:
    """One number (`Value`) or array (`Tensor`) of a computation, and how it was computed.

    Attributes:
        data: the number or array.
        grad: the derivative of what `backward()` was called on with respect to this node. Assigning
            to it copies, and checks the shape; None is none.
        label: a name for pictures and error messages, or None.
        primitive: the `Primitive` that computed it; None for a leaf.
        inputs: that primitive's inputs, nodes and constants; empty for a leaf, None for a
            constant (made by `detach()` or under `no_grad()`), which has no derivative.
        static: the primitive's other arguments, such as an axis.
        scope: the named part of the computation that it belongs to, see `scope()`.
        time: a number that grows with every node made and every leaf changed. Inputs are older
            than outputs, unless a leaf was changed after its use, and so this one number gives
            both the topological order and the check for stale graphs.
    """

    __slots__ = ("_datum", "_grad", "inputs", "label", "primitive", "scope", "static", "time")

    _datum: Any
    _grad: Any
    label: str | None
    primitive: Primitive | None
    inputs: tuple[Any, ...] | None
    static: Mapping[str, Any]
    scope: Scope | None
    time: int
    _blank_grad: ClassVar[Any] = None

    data: Any  # a property of each kind, as are shape and size
    shape: Any
    size: Any
    item: Callable[[], float]

    @classmethod
    def _apply(cls, primitive: Primitive, inputs: tuple[Any, ...], static: Mapping[str, Any]) -> Any:
        """Compute `primitive` on inputs of which one is a node of this kind, and record it."""
        raise TypeError(f"{cls.__name__} does not say how primitives are computed on it.")

    def _overwrite(self, new: Any) -> None:
        """Take other data of the same shape; what was computed from this leaf counts as stale from now on."""
        raise NotImplementedError

    def _seed(self, gradient: Any) -> Any:
        """The gradient that a backward pass from here starts with, checked."""
        raise NotImplementedError

    def _receive(self, gradient: Any) -> None:
        """Add to `.grad` what a backward pass brought."""
        raise NotImplementedError

    @property
    def grad(self) -> Any:
        return self._grad

    @grad.setter
    def grad(self, new: Any) -> None:
        if new is None:
            self._grad = self._blank_grad
        elif new is not self._grad:  # else `x.grad *= 2` has written already
            self._grad = self._seed(new)

    @property
    def is_leaf(self) -> bool:
        """Whether the node was made by hand rather than computed."""
        return self.primitive is None

    @property
    def requires_grad(self) -> bool:
        """Whether `backward()` can start here: false for a constant, made by `detach()` or `no_grad()`."""
        return self.inputs is not None


class Primitive:
    """One entry of the table of derivatives; calling it computes, and records where a node is involved.

    Args:
        name: what the table, the pictures and the errors call it.
        symbol: what stands in its circle in a picture, or a function from the inputs to that.
        latex: its formula, with `#1`, `#2`, … for the inputs as in a TeX macro, or a function
            from the typeset inputs to the formula.
        scalar: the forward on Python floats; None if the primitive is for arrays only. Where
            `math` raises (1/0, log 0, exp 1000) the array forward decides instead.
        array: the forward on NumPy arrays.
        vjp: the vector-Jacobian products, written in arithmetic that works on floats, arrays and
            nodes alike. One rule `(g, out, *inputs, **static) -> gradient` for each input (None
            for an input without a derivative, such as a condition); or, for any number of
            inputs, one rule that returns the sequence of all gradients.
        cases: sample calls on which the tests hold the entry against finite differences: a
            sequence of `Case`s. Left out, an elementwise entry with a rule for each input is
            sampled on its `domain`.
        domain: the open interval from which the tests draw its inputs.
        elementwise: whether it broadcasts its inputs as NumPy does; then the engine undoes the
            broadcasting, and the rules need not.
        masks: how it passes a gradient on to some entries of its inputs only, and none to the others: by
            "choice", as `where` and `maximum` do; to the "place" that an index names; or at a "kink",
            as `relu` does. None, if it passes it on to all.
        sums: whether it adds up many numbers. Of float16 it is then computed in float32, forward and
            backward, and rounded once; else 5,000 times 20 would be inf, and their mean too.
        analytic: whether the array forward is complex-analytic, so that the tests can use the
            complex step.
        doc: its documentation: first a sentence, then an example.

    Raises:
        TypeError: a part is missing or of the wrong kind.
        ValueError: the name is taken.

    Example:
        >>> from autograd import Primitive, Value
        >>> cube = Primitive(
        ...     "cube", symbol="x³", latex="#1^3",
        ...     scalar=lambda x: x * x * x, array=lambda x: x * x * x,
        ...     vjp=(lambda g, y, x: g * 3 * x * x,),
        ...     analytic=True, doc="The cube.",
        ... )
        >>> v = Value(2.0)
        >>> cube(v).backward()
        >>> v.grad
        12.0
        >>> del table["cube"]
    """

    def __init__(
        self,
        name: str,
        *,
        symbol: str | Callable[..., str],
        latex: str | Callable[..., str],
        scalar: Callable[..., Any] | None,
        array: Callable[..., Any],
        vjp: tuple[Callable[..., Any] | None, ...] | Callable[..., Any],
        doc: str,
        cases: tuple[Case, ...] = (),
        domain: tuple[float, float] = (-2.0, 2.0),
        elementwise: bool = True,
        masks: str | None = None,
        sums: bool = False,
        analytic: bool = False,
    ) -> None:
        for part, given, wanted in (
            ("name", bool(name) and isinstance(name, str), "a name"),
            ("symbol", bool(symbol) and (isinstance(symbol, str) or callable(symbol)), "a short text, or a function to one"),
            ("latex", bool(latex) and (isinstance(latex, str) or callable(latex)), "a template such as '#1 + #2'"),
            ("scalar", scalar is None or callable(scalar), "a function of floats (None: arrays only)"),
            ("array", callable(array), "a function of arrays"),
            (
                "vjp",
                callable(vjp) or (isinstance(vjp, tuple) and len(vjp) > 0 and all(r is None or callable(r) for r in vjp)),
                "a tuple with one rule for each input, or one rule that returns all gradients",
            ),
            ("masks", masks in (None, "choice", "place", "kink"), 'None, "choice", "place" or "kink"'),
            ("doc", bool(doc) and isinstance(doc, str), "a sentence"),
        ):
            if not given:
                raise TypeError(f"The primitive {name!r} cannot be registered: its {part} must be {wanted}.")
        if not cases and (callable(vjp) or not elementwise):
            raise TypeError(f"The primitive {name!r} cannot be registered: give `cases`, sample calls that the tests can check.")
        if name in table:
            raise ValueError(f"There is a primitive {name!r} already; choose another name.")
        self.name = name
        self.symbol = symbol
        self.latex = latex
        self.scalar = scalar
        self.array = array
        self.vjp = vjp
        self.arity = len(vjp) if isinstance(vjp, tuple) else None  # None: any number of inputs
        self.cases = cases
        self.domain = domain
        self.elementwise = elementwise
        self.masks = masks
        self.sums = sums
        self.analytic = analytic
        self.__doc__ = doc
        table[name] = self

    def __call__(self, *inputs: Any, **static: Any) -> Any:
        for x in inputs:
            if isinstance(x, Node):
                return x._apply(self, inputs, static)
        if self.scalar is None or ndarray in map(type, inputs):
            return self.compute_arrays(inputs, static)
        return self.compute(inputs, static)

    def compute(self, data: Any, static: Mapping[str, Any]) -> Any:
        """The result for plain numbers and arrays: a float if all are numbers, else an array."""
        if self.scalar is None or not all(isinstance(x, (int, float)) for x in data):
            return self.compute_arrays(data, static)
        try:
            return self.scalar(*data, **static)
        except (ArithmeticError, ValueError, TypeError):
            # Where `math` refuses (1/0, log 0, exp 1000), IEEE arithmetic answers, as in NumPy.
            with np.errstate(all="ignore"):
                return float(self.compute_arrays([*map(np.float64, data)], static))

    def compute_arrays(self, data: Any, static: Mapping[str, Any]) -> Any:
        """The result for inputs of which one at least is an array.

        Raises:
            TypeError: there are more or fewer inputs than the primitive takes.
            ValueError, IndexError: their shapes do not fit.
        """
        if self.arity != len(data) and self.arity is not None:
            raise TypeError(f"{self.name} takes {self.arity} input{'s' if self.arity > 1 else ''} and got {len(data)}.")
        try:
            if self.sums and data[0].dtype is HALF:
                return in_halves(self.array(*map(in_single, data), **static), data)
            return self.array(*data, **static) if static else self.array(*data)
        except (ValueError, IndexError, TypeError) as error:
            raise broadcast_error(self.name, data, static, error) from None

    def gradients(self, g: Any, out: Any, inputs: Any, wanted: Any, static: Mapping[str, Any]) -> list[Any]:
        """The gradients of the `wanted` inputs (a sequence of bools), None for the others."""
        rules = self.vjp
        if isinstance(rules, tuple):
            return [
                rule(g, out, *inputs, **static) if want and rule is not None else None
                for rule, want in zip(rules, wanted, strict=True)
            ]
        return [gx if want else None for gx, want in zip(rules(g, out, *inputs, **static), wanted, strict=True)]

    @cached_property
    def steep(self) -> bool:
        """Whether the derivative of an elementwise primitive can be infinite or undefined at ordinary inputs, as at 0 that of `sqrt`."""
        if not self.elementwise or self.arity is None:
            return False
        static = self.cases[0].static if self.cases else {}
        return self.is_steep_at([[np.asarray(x)] * self.arity for x in STEEP_AT], [True] * self.arity, static)

    def is_steep_at(self, places: Sequence[Sequence[Any]], wanted: Sequence[bool], static: Mapping[str, Any]) -> bool:
        """Whether a derivative of a wanted input is infinite or undefined in one of some places."""
        try:
            with np.errstate(all="ignore"):
                for inputs in places:
                    out = self.compute_arrays(inputs, static)
                    found = self.gradients(np.ones_like(out, dtype=float), out, inputs, wanted, static)
                    if not all(gx is None or np.isfinite(gx).all() for gx in found):
                        return True
                return False
        except (TypeError, ValueError, IndexError):
            return True

    def __repr__(self) -> str:
        return f"<primitive {visible(self.name)}>"

    def __reduce__(self) -> str | tuple[Any, ...]:
        return _primitive_named, (self.name,)


class Case:
    """A sample call of a primitive: the shapes of its inputs, and its static arguments.

    Example:
        >>> Case((2, 3), axis=1).shapes
        ((2, 3),)
    """

    def __init__(self, *shapes: tuple[int, ...], **static: Any) -> None:
        self.shapes = shapes
        self.static = static

    def __repr__(self) -> str:
        parts = [str(shape) for shape in self.shapes] + [f"{key}={value!r}" for key, value in self.static.items()]
        return f"Case({', '.join(parts)})"


table: dict[str, Primitive] = {}


def record(kind: type[Node], data: Any, primitive: Primitive, inputs: tuple[Any, ...], static: Mapping[str, Any]) -> Any:
    """A new node of `kind` for `data`, which `primitive` computed from `inputs`."""
    node = new(kind)
    node._datum = data
    node._grad = kind._blank_grad
    node.label = None
    node.static = static or NO_STATIC
    node.time = tick()
    node.scope = mode.scope
    if mode.recording:
        node.primitive = primitive
        node.inputs = inputs
        if observers:
            for observer in observers:
                observer.recorded(node)
    elif mode.tracing is None:
        node.primitive = node.inputs = None
        if isinstance(data, np.ndarray) and (data.base is not None or any(data is getattr(x, "_datum", x) for x in inputs)):
            node._datum = data.copy()  # a constant may be written to, and must not write through to an input
    else:  # a compiled program computes constants anew too, and only cuts their derivative
        node.primitive, node.inputs = primitive, inputs
        if primitive.name != "stop_gradient":
            return table["stop_gradient"](node)
    return node


def in_single(x: Any) -> Any:
    """float16 as float32; anything else as it is."""
    return x.astype(np.float32) if isinstance(x, ndarray) and x.dtype == HALF else x


def in_halves(result: Any, data: Any) -> Any:
    """A result of float32 as float16, where that is the type of what it was computed from."""
    halves = all(x.dtype == HALF for x in data if isinstance(x, ndarray) and x.dtype.kind == "f" and x.ndim)
    return result.astype(np.float16) if halves else result


def _primitive_named(name: str) -> Primitive:
    if name not in table:
        raise LookupError(f"No primitive is called {name!r} here; import the module that registers it first.")
    return table[name]


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
    mode.scope = Scope(name, before, 0, folded)
    try:
        yield
    finally:
        mode.scope = before
