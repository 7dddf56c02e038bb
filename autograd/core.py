"""The core: what a node is, what a primitive is, what calling one leaves behind, and the one walk that makes gradients.

Start here, and read from top to bottom. Every other file is a table of primitives, a reader of
graphs, or comfort. For `y = x * x`, `Value.__mul__` calls `record`, which makes the node `y` with
`multiply` as its primitive and `x, x` as its inputs. `y.backward()` is a `Walk` from `y` down to the
leaves, on which the rules of each primitive say what its inputs get of its gradient.

A node knows the primitive that computed it and that primitive's inputs, and nothing of who uses
it. So there are no reference cycles, and a graph is freed the moment its last result goes out of scope.
"""

from __future__ import annotations

import threading
from _thread import get_ident
from collections.abc import Callable, Collection, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final, Self

import numpy as np

from .entry import Case, Entry, entries
from .errors import broadcast_error, check_fresh
from .halves import HALF, in_halves, in_single
from .layout import BLANK, MANY, NOTHING, ONE, Layout, ndarray, new
from .modes import Moment, mode, moment, observed, observers, quick, times

__all__ = ["Case", "Node", "Primitive", "Step", "Walk", "record", "table", "time_of", "walking"]

table: Final[dict[str, Primitive]] = entries
walking: Final = threading.RLock()  # one backward pass at a time: each borrows the `.grad` of leaves that others may share
origin_of: Final = attrgetter("origin")
time_of: Final = attrgetter("origin.when")


class Node(Layout):
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

    __slots__ = ()

    primitive: Primitive | None

    @classmethod
    def _apply(cls, primitive: Primitive, inputs: tuple[Any, ...], static: Mapping[str, Any]) -> Any:
        """Compute `primitive` on inputs of which one is a node of this kind, and record it."""
        raise TypeError(f"{cls.__name__} does not say how primitives are computed on it.")

    def _overwrite(self, new: Any, now: Moment | None = None) -> None:
        """Take other data of the same shape; what was computed from this leaf counts as stale from `now` on, a new moment."""
        raise NotImplementedError

    def _receive(self, gradient: Any, undo: list[Callable[[], None]]) -> None:
        """Add to `.grad` what a backward pass brought. What is changed beside the slot `_grad`, say in `undo` how to change back."""
        raise NotImplementedError


class Primitive(Entry):
    """An entry of the table of derivatives, which computes when it is called, and records where a node is involved.

    Its parts are the arguments of `Entry`. The three that matter most: `scalar` is the forward on
    floats, `array` the one on arrays, and `vjp` has for each input the rule that makes its gradient of
    the node's, `(g, out, *inputs) -> gradient`. That of tanh is `lambda g, y, x: g * (1 - y * y)`, for
    floats, arrays and nodes alike.
    """

    pull: Callable[[Node, float], Any] | None = None  # the rules on floats as one function, see `generated`
    short: Callable[[tuple[Any, ...]], Any] | None = None  # a shorter way to call it with Values, which may give None

    def __call__(self, *inputs: Any, **static: Any) -> Any:
        """Compute, and record if one of the inputs is a node."""
        if self.short is not None and (node := self.short(inputs)) is not None:
            return node
        for x in inputs:
            if isinstance(x, Node):
                return x._apply(self, inputs, static)
        if self.scalar is None or ndarray in map(type, inputs):
            return self.compute_arrays(inputs, static)
        return self.compute([bool(x) if isinstance(x, np.bool_) else x for x in inputs], static)

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
            raise broadcast_error(self, data, static, error) from None


def record(kind: type[Node], data: Any, primitive: Primitive, inputs: tuple[Any, ...], static: Mapping[str, Any]) -> Any:
    """A new node of `kind` for `data`, which `primitive` computed from `inputs`."""
    node = new(kind)
    node._datum = data
    node._grad = kind._blank_grad
    node._aside = (None, static, None) if static else None
    node.primitive = primitive
    count = len(inputs)  # as the setter of `inputs` does, which is a call more
    if count == 2:
        node.left, node.right = inputs
    else:
        node.left, node.right = (inputs[0], ONE) if count == 1 else (inputs, MANY)
    is_on_main = get_ident() == quick["main"]
    if is_on_main and quick["usual"] is not None:
        node.origin = quick["now"]
        return node
    scope = quick["now"].scope if is_on_main else mode.own_scope
    if mode.tracing is not None:
        node.origin = Moment(next(times), scope)  # one for each, for the order of the program
    else:
        node.origin = Moment((moment() if observers else quick["now"]).when, scope)
    if mode.recording:
        for observer in observers:
            observer.recorded(node)
    elif mode.tracing is None:
        node.primitive = node.inputs = None
        if isinstance(data, ndarray) and (data.base is not None or any(data is getattr(x, "_datum", x) for x in inputs)):
            node._datum = data.copy()  # a constant may be written to, and must not write through to an input
    elif primitive.passes_on:  # a compiled program computes constants anew too, and only cuts their derivative
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
        self._zero = float("0")  # of this walk only: by `is` it tells which nodes have been met, and which have got nothing

    def __enter__(self) -> Self:
        walking.acquire()
        try:
            self._meet()
            return self
        except BaseException as error:
            self.__exit__(type(error))
            raise

    def _meet(self) -> None:
        """Mark the nodes below with `_zero`, and bring them into their order: depth first, without recursion."""
        zero, todo, order, stop, done = self._zero, self._todo, self.order, self.stop, set[Any]()
        while todo:
            node = todo[-1]
            if node is None or node is MANY:  # above a node whose inputs are in order
                order.append(todo[-2])
                del todo[-2:]
                if node is MANY:
                    done.update(map(id, order[-1].left))
                continue
            earlier = node._grad
            if earlier is zero:
                todo.pop()
                continue
            if node.primitive is None or (stop and node in stop):
                self.ends.append((node, earlier))
                node._grad = zero
                todo.pop()
                continue
            if earlier is not BLANK:
                self.lent.append((node, earlier))
            node._grad = zero
            left, right = node.left, node.right
            if right is not MANY:
                todo.append(None)
                if isinstance(right, Node) and right._grad is not zero:
                    todo.append(right)
                if isinstance(left, Node) and left._grad is not zero:
                    todo.append(left)
            else:
                todo.append(MANY)
                # Neurons share their inputs. Asking one by one, the backward pass of `nn.MLP` takes 1.2 times as long.
                if not done.issuperset(map(id, left)):
                    todo += [x for x in left if isinstance(x, Node) and x._grad is not zero]
        changed = max([x.origin.when for x, _ in self.ends if x.primitive is None], default=0)
        if any(origin.when < changed for origin in set(map(origin_of, order))):
            check_fresh(order)
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
            step, quick = observed(step), False
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
