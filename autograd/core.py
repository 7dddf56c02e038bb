"""The core: what a node is, what a primitive is, what calling one leaves behind, and the one walk that makes gradients.

Start here, and read from top to bottom. Every other file is a table of primitives, a reader of
graphs, or comfort. A node knows the primitive that computed it and that primitive's inputs, and
nothing of who uses it; so there are no reference cycles, and a graph is freed the moment its last
result goes out of scope.

For `y = x * x`, `Value.__mul__` calls `record`, which makes the node `y` with `multiply` as its
primitive and `x, x` as its inputs. `y.backward()` is a `Walk` from `y` down to the leaves, which
lets the rules of each primitive say what its inputs get of its gradient.
"""

from __future__ import annotations

import threading
from _thread import get_ident
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Any, ClassVar, Final, Self

import numpy as np

from .errors import broadcast_error
from .halves import HALF, in_halves, in_single
from .modes import Moment, Scope, mode, moment, observers, quick
from .texts import visible

__all__ = ["Case", "Node", "Primitive", "Walk", "describe", "record", "table"]

ndarray: Final = np.ndarray
new: Final = object.__new__
NO_STATIC: Final[Mapping[str, Any]] = {}
NOTHING_ASIDE: Final = (None, NO_STATIC, None)
STEEP_AT: Final = (0.0, -1.0, 1e4)  # where logarithms, roots, quotients, arcs and exponentials have no finite derivative
NUMBERS: Final = frozenset({float, int})  # the types of plain numbers among a primitive's inputs
FLOATS: Final[set[type]] = {float}  # for rules that ask; and `generated.Symbol`, which stands for one
BLANK: Final = 0.0  # the gradient of a Value that no backward pass has come to
ONE: Final = type("One", (), {})()  # in the place of a second input: there is but one
MANY: Final = type("Many", (), {})()  # or `left` is the tuple of all; () of a leaf, None of a constant

walking: Final = threading.RLock()  # one backward pass at a time: each borrows the `.grad` of leaves that others may share
origin_of: Final = attrgetter("origin")
time_of: Final = attrgetter("origin.when")


class _Nothing(float):
    """The 0 that a branch which was not taken passes on: a number like any other, but one that is not walked on with."""

    def __add__(self, other: Any) -> Any:
        return other

    __radd__ = __add__


NOTHING: Final = _Nothing()


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
        time: of a leaf, when it was made or last changed; of others, when they were computed. It is a
            number that moves when a leaf is made or changed, so it shows a leaf that was changed after its use.
    """

    # `left` and `right` are the inputs, `origin` is the time and the scope; `_aside` has what few nodes have.
    __slots__ = ("_aside", "_datum", "_grad", "left", "origin", "primitive", "right")

    _aside: tuple[str | None, Mapping[str, Any], Scope | None] | None
    _datum: Any
    _grad: Any
    left: Any
    right: Any
    primitive: Primitive | None
    origin: Moment
    _blank_grad: ClassVar[Any] = None

    data: Any  # a property of each kind, as are shape and size
    shape: Any
    size: Any
    item: Callable[[], float]

    @classmethod
    def _apply(cls, primitive: Primitive, inputs: tuple[Any, ...], static: Mapping[str, Any]) -> Any:
        """Compute `primitive` on inputs of which one is a node of this kind, and record it."""
        raise TypeError(f"{cls.__name__} does not say how primitives are computed on it.")

    def _overwrite(self, new: Any, now: Moment | None = None) -> None:
        """Take other data of the same shape; what was computed from this leaf counts as stale from `now` on, a new moment."""
        raise NotImplementedError

    def _seed(self, gradient: Any) -> Any:
        """The gradient that a backward pass from here starts with, checked."""
        raise NotImplementedError

    def _receive(self, gradient: Any, undo: list[Callable[[], None]]) -> None:
        """Add to `.grad` what a backward pass brought. What is changed beside the slot `_grad`, say in `undo` how to change back."""
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
    def inputs(self) -> tuple[Any, ...] | None:
        left, right = self.left, self.right
        return left if right is MANY else (left,) if right is ONE else (left, right)

    @inputs.setter
    def inputs(self, inputs: tuple[Any, ...] | None) -> None:
        if inputs and len(inputs) < 3:
            self.left, self.right = inputs if len(inputs) == 2 else (*inputs, ONE)
        else:
            self.left, self.right = inputs, MANY

    @property
    def label(self) -> str | None:
        return None if self._aside is None else self._aside[0]

    @label.setter
    def label(self, label: str | None) -> None:
        if self._aside is not None or label is not None:
            self._aside = (label, *(self._aside or NOTHING_ASIDE)[1:])

    @property
    def static(self) -> Mapping[str, Any]:
        return NO_STATIC if self._aside is None else self._aside[1]

    @static.setter
    def static(self, static: Mapping[str, Any]) -> None:
        label, _, scope = self._aside or NOTHING_ASIDE
        self._aside = label, static, scope

    @property
    def scope(self) -> Scope | None:
        if self._aside is not None and self._aside[2] is not None:
            return self._aside[2]
        return None if self.primitive is None and self.left is not None else self.origin.scope

    @scope.setter
    def scope(self, scope: Scope | None) -> None:
        self._aside = (*(self._aside or NOTHING_ASIDE)[:2], scope)

    @property
    def time(self) -> int:
        return self.origin.when

    @property
    def is_leaf(self) -> bool:
        """Whether the node was made by hand rather than computed."""
        return self.primitive is None

    @property
    def requires_grad(self) -> bool:
        """Whether `backward()` can start here: false for a constant, made by `detach()` or `no_grad()`."""
        return self.left is not None


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
        numpy: how compiled programs write it in NumPy: a template such as "np.maximum({0}, 0)", or a function
            `(writer, node, *inputs, **static) -> text`; `primitives.printing` has those for operators and
            views. Left out, it is a call: of NumPy's function, if `array` is one; else of `array`, whose text is
            copied into the program.
        simplify: a rule `(node, *inputs, **static) -> something simpler with the same number`, or None where it
            knows nothing; see `primitives.algebra`.
        variable: what a program calls its result, such as "h", or a function from the inputs to that.
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

    pull: Callable[[Node, float], Any] | None = None  # the rules on floats as one function, see `generated`
    numpy: Callable[..., Any] | str | None = None
    simplify: Callable[..., Any] | None = None
    variable: Callable[..., str] | str | None = None
    short: Callable[[tuple[Any, ...]], Any] | None = None  # a shorter way to call it with Values, which may give None

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
        numpy: Callable[..., Any] | str | None = None,
        simplify: Callable[..., Any] | None = None,
        variable: Callable[..., str] | str | None = None,
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
            ("numpy", numpy is None or isinstance(numpy, str) or callable(numpy), 'a template such as "np.sin({0})" or a function'),
            ("simplify", simplify is None or callable(simplify), "a function from the node and its inputs to something simpler"),
            ("variable", variable is None or isinstance(variable, str) or callable(variable), "a name, or a function to one"),
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
        self.numpy = numpy
        self.simplify = simplify
        self.variable = variable
        self.__doc__ = doc
        table[name] = self

    def __call__(self, *inputs: Any, **static: Any) -> Any:
        if self.short is not None and (node := self.short(inputs)) is not None:
            return node
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
    node._aside = (None, static, None) if static else None
    node.primitive = primitive
    if len(inputs) == 2:
        node.left, node.right = inputs
    else:
        node.inputs = inputs
    if quick["usual"] is not None and get_ident() == quick["main"]:
        node.origin = quick["now"]
        return node
    is_ordered = observers or mode.tracing is not None  # who looks on sees the order of computation
    node.origin = Moment((moment() if is_ordered else quick["now"]).when, mode.scope)
    if mode.recording:
        for observer in observers:
            observer.recorded(node)
    elif mode.tracing is None:
        node.primitive = node.inputs = None
        if isinstance(data, np.ndarray) and (data.base is not None or any(data is getattr(x, "_datum", x) for x in inputs)):
            node._datum = data.copy()  # a constant may be written to, and must not write through to an input
    elif primitive.name != "stop_gradient":  # a compiled program computes constants anew too, and only cuts their derivative
        return table["stop_gradient"](node)
    return node


Step = Callable[[Node, Sequence[Any], Any], Sequence[Any]]  # from a node, its inputs and its gradient to those of its inputs


class Walk:
    """The backward pass: from the nodes of `seeds`, each node before its inputs, down to the leaves and those in `stop`.

    While it lasts, `.grad` holds what adds up, and is given back at its end:

        with Walk({loss: 1.0}) as walk:
            walk.run(step)
            walk.keep()

    Attributes:
        seeds: the gradients that the walk starts with.
        order: the computed nodes, inputs before outputs.
        ends: the leaves, constants and stops that it leads to, each with its `.grad` from before.
        lent: the same of those computed nodes that have one, or are arrays.

    Raises:
        RuntimeError: a leaf was changed after it was used.
    """

    def __init__(self, seeds: Mapping[Node, Any], stop: Collection[Node] = ()) -> None:
        self.seeds, self.stop = seeds, stop
        self.order: list[Node] = []
        self.ends: list[tuple[Node, Any]] = []
        self.lent: list[tuple[Node, Any]] = []
        self._todo: list[Any] = [*seeds]
        self._undo: list[Callable[[], None]] = []
        self._has_run = self._kept = False
        self._zero = float("0")  # of this walk only: by `is` it tells which nodes have been met, and to which nothing has come

    def __enter__(self) -> Self:
        walking.acquire()
        try:
            self._meet()
            return self
        except BaseException as error:
            self.__exit__(type(error))
            raise

    def _meet(self) -> None:
        """Mark the nodes below, and bring them into their order."""
        zero, todo, order, stop, done = self._zero, self._todo, self.order, self.stop, set[Any]()
        while todo:
            node = todo[-1]
            if node is None:  # above a node whose inputs are done
                order.append(todo[-2])
                del todo[-2:]
                continue
            if node is MANY:  # the same, and they are so many that it is worth to know them together
                node = todo[-2]
                order.append(node)
                del todo[-2:]
                try:
                    done.update(node.left)
                except TypeError:
                    pass  # an array, which has no hash
                continue
            earlier = node._grad
            if earlier is zero:
                todo.pop()
            elif node.primitive is None or (stop and node in stop):
                self.ends.append((node, earlier))
                node._grad = zero
                todo.pop()
            else:
                if earlier is not BLANK:
                    self.lent.append((node, earlier))
                node._grad = zero
                x = node.right
                if x is MANY:
                    try:
                        if done.issuperset(node.left):
                            order.append(node)
                            todo.pop()
                            continue
                    except TypeError:
                        pass
                    todo.append(MANY)
                    todo += [x for x in node.left if isinstance(x, Node) and x._grad is not zero]
                    continue
                todo.append(None)
                if isinstance(x, Node) and x._grad is not zero:
                    todo.append(x)
                x = node.left
                if isinstance(x, Node) and x._grad is not zero:
                    todo.append(x)
        changed = max([x.origin.when for x, _ in self.ends if x.primitive is None], default=0)
        if any(origin.when < changed for origin in set(map(origin_of, order))):
            _check_fresh(order)
        if mode.tracing is not None:
            order.sort(key=time_of)  # what is traced, in the order of the program

    def run(self, step: Step, quick: bool = False) -> None:
        """Start with the seeds and pass on what comes to each node: to its inputs what `step` makes of it.

        If `quick`, numbers go by the `pull` of a primitive that has one. May be called again, with another step.
        """
        zero = self._zero
        if self._has_run:
            for node in (*self.order, *[x for x, _ in self.ends]):
                node._grad = zero
        self._has_run = True
        for node, seed in self.seeds.items():
            node._grad = seed
        if observers:
            step, quick = _observed(step), False
        for node in reversed(self.order):
            g = node._grad
            if g is zero:
                continue  # only a condition or a branch not taken led here
            primitive: Any = node.primitive
            if quick and type(g) is float and primitive.pull is not None and not primitive.pull(node, g):
                continue
            if type(g) is ndarray:
                g.setflags(False)  # type: ignore[call-arg]  # a rule may pass it on, or a view of it, and then nodes share it
            right = node.right
            inputs = node.left if right is MANY else (node.left, right) if right is not ONE else (node.left,)
            for x, gx in zip(inputs, step(node, inputs, g), strict=True):
                if gx is not None and gx is not NOTHING and isinstance(x, Node):
                    before = x._grad
                    x._grad = gx if before is zero else before + gx
        for observer in observers:
            for node, _ in self.ends:
                if node._grad is not zero and node.left is not None:
                    observer.reached(node, node._grad)

    @property
    def has_arrays(self) -> bool:
        """Whether there are arrays on the way; all of them are lent or at the ends."""
        return any(type(x._datum) is not float for some in (self.lent, self.ends) for x, _ in some)

    def found(self) -> list[tuple[Node, Any]]:
        """The nodes that something came to, and their gradients."""
        nodes = [*reversed(self.order), *[x for x, _ in self.ends]]
        return [(node, node._grad) for node in nodes if node._grad is not self._zero and node.left is not None]

    def keep(self) -> None:
        """Add what was found to each `.grad`; to all or to none, whatever comes between."""
        adopted: set[int] = set()  # the arrays that are some leaf's `.grad` by now, and so its user's
        for node, earlier in (*self.lent, *self.ends):
            g = node._grad
            if earlier is None and type(g) is ndarray and node.primitive is not None and node.left is not None:
                continue
            node._grad = earlier
            if g is not self._zero and node.left is not None:
                node._receive(g.copy() if type(g) is ndarray and id(g) in adopted else g, self._undo)
                if node.primitive is None:
                    adopted.add(id(node._grad))
        self._kept = True

    def __exit__(self, *error: Any) -> None:
        try:
            if not self._kept:
                for undo in reversed(self._undo):
                    undo()
                for node in (*self.order, *self._todo):
                    if node is not None and node is not MANY and (node._grad is self._zero or not self._todo):
                        node._grad = node._blank_grad
                for node, earlier in (*self.lent, *self.ends):
                    node._grad = earlier
        finally:
            walking.release()


def _observed(step: Step) -> Step:
    def observed(node: Node, inputs: Sequence[Any], g: Any) -> Sequence[Any]:
        for observer in observers:
            observer.reached(node, g)
        gradients = step(node, inputs, g)
        for observer in observers:
            observer.pulled_back(node, gradients)
        return gradients

    return observed


def _check_fresh(order: Sequence[Node]) -> None:
    for node in order:
        for x in node.inputs or ():
            if isinstance(x, Node) and x.origin.when > node.origin.when:
                raise RuntimeError(
                    f"{describe(x)} was changed after {visible(node.primitive.name)} had used it, so the gradient would "  # type: ignore[union-attr]
                    "mix old and new numbers. Run the forward pass again after a change, or call backward() before it."
                )


def describe(node: Node) -> str:
    """How an error names a node.

    Example:
        >>> from autograd import Value
        >>> describe(Value(2.0, label="w")), describe(Value(2.0) + 1)
        ("Value 'w'", 'the Value 3.0 (from add)')
    """
    kind = node.__class__.__name__
    if node.label is not None:
        return f"{kind} {node.label!r}"
    what = f"{node._datum!r}" if isinstance(node._datum, float) else f"of shape {node._datum.shape}"
    return f"the {kind} {what}" + (f" (from {visible(node.primitive.name)})" if node.primitive else "")


def _primitive_named(name: str) -> Primitive:
    if name not in table:
        raise LookupError(f"No primitive is called {name!r} here; import the module that registers it first.")
    return table[name]


