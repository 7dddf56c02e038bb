"""The core of the engine: nodes, primitives, the graph that computing records, and the backward pass.

Start here, and read from top to bottom. A node is a number or an array together with a record of how
it was computed. A primitive is an operation whose derivative is known, such as multiplication. A leaf
is a node made by hand, such as a parameter. Nodes and their inputs form the computation graph.

The multiplication `y = x * x` makes a node `y` whose primitive is `multiply` and whose inputs are
`x, x`: this is what `record` does. (The operators of `Value` do the same in code of their own, which
saves calls; see `generated.py`.) `y.backward()` runs a `Walk`: from `y` to the leaves it visits each
node after all nodes that use it, and adds to the gradients of the node's inputs what the chain rule
says. That is the rule of the node's primitive, its vector-Jacobian product (`vjp`). At the end, the
gradients are added to `.grad`.

A node refers to its inputs, and not to the nodes that use it. So a graph has no reference cycles, and
Python frees it as soon as its last result goes out of scope.

The details of a node's memory are in `layout.py`, the parts of a primitive in `entry.py`, the derivatives
in `primitives/`, the call of a node's rules in `rules.py`, `backward()` itself in `backward.py`, and
`no_grad()`, scopes and time in `modes.py`. To read this file, it is enough to know of a node's memory that
`_datum` and `_grad` are its data and gradient without the checks of the properties `data` and `grad`; that
`left` and `right` are its two inputs; and that `ONE` or `MANY` in `right` says that `left` is its only input,
or the tuple of all inputs.
"""

from __future__ import annotations

import threading
from _thread import get_ident
from collections.abc import Callable, Collection, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final, Self, TypeAlias

import numpy as np

from .entry import Case, Entry, entries
from .errors import check_fresh
from .layout import BLANK, MANY, NOTHING, ONE, Data, Layout, Static, ndarray, new
from .modes import quick
from .recording import record_specially

__all__ = ["Case", "Gradient", "Node", "Primitive", "Step", "Walk", "record", "table", "time_of", "walking"]

table: Final[dict[str, Primitive]] = entries
walking: Final = threading.RLock()  # one backward pass at a time: threads may share leaves, and a pass uses their `.grad`
origin_of: Final = attrgetter("origin")
when_of: Final = attrgetter("when")
time_of: Final = attrgetter("origin.when")


class Node(Layout):
    """One number (`Value`) or array (`Tensor`) of a computation, and how it was computed.

    Attributes:
        data: the number or array.
        grad: the gradient: the derivative of the result on which `backward()` was called with respect
            to this node. Assigning to it copies the new gradient and checks its shape; assigning None
            clears it.
        label: a name for pictures and error messages, or None.
        primitive: the `Primitive` that computed it; None for a leaf and for a constant.
        inputs: the inputs of that primitive, which are nodes or plain numbers and arrays; empty for a
            leaf; None for a constant (made by `detach()` or under `no_grad()`), which gets no gradient.
            They are kept in the slots `left` and `right`.
        static: the primitive's other arguments, which have no derivative, such as an axis.
        scope: the named part of the computation that it belongs to, see `scope()`.
        time: for a leaf, when it was made or last changed; for any other node, when it was computed.
            The clock is a counter that advances when a leaf is made or changed. A leaf with a later time
            than a node computed from it was changed after it was used, and `backward()` refuses that.
    """

    __slots__ = ()

    primitive: Primitive | None

    @classmethod
    def _apply(cls, primitive: Primitive, inputs: tuple[Any, ...], static: Static) -> Any:
        """Compute `primitive` on inputs, at least one of which is a node of this kind, and record the result."""
        raise TypeError(f"{cls.__name__} does not say how primitives are computed on it.")


class Primitive(Entry):
    """An operation with a known derivative: an entry of the table of derivatives that can be called.

    A call computes the result; if one of the inputs is a node, the result is a recorded node too. The
    arguments of `Entry` describe a primitive. Three matter most: `scalar` is the function on floats,
    `array` the function on arrays, and `vjp` has one rule for each input, `(g, out, *inputs) -> gradient`.
    The rule takes the gradient `g` of the result to the gradient of the input. For tanh it is
    `lambda g, y, x: g * (1 - y * y)`, and it works on floats, arrays and nodes alike.
    """

    # All rules in one function on floats, see `generated`. It returns True, and has done nothing, where it does not apply.
    pull: Callable[[Node, float], bool | None] | None = None
    short: Callable[[tuple[Any, ...]], Node | None] | None = None  # a faster call for Values; None if it does not apply

    def __call__(self, *inputs: Any, **static: Any) -> Any:
        """Compute the result; record it if one of the inputs is a node."""
        if self.short is not None and (node := self.short(inputs)) is not None:
            return node
        for x in inputs:
            if isinstance(x, Node):
                return x._apply(self, inputs, static)
        if self.scalar is None or ndarray in map(type, inputs):
            return self.compute_arrays(inputs, static)
        return self.compute([bool(x) if isinstance(x, np.bool_) else x for x in inputs], static)


def record(kind: type[Node], data: Data, primitive: Primitive, inputs: tuple[Any, ...], static: Static) -> Any:
    """A new node of `kind` for `data`, which `primitive` computed from `inputs`."""
    node = new(kind)
    node._datum = data
    node._grad = kind._blank_grad
    node._aside = (None, static, None) if static else None
    node.primitive = primitive
    count = len(inputs)  # the same as `node.inputs = inputs`, without a call
    if count == 2:
        node.left, node.right = inputs
    else:
        node.left, node.right = (inputs[0], ONE) if count == 1 else (inputs, MANY)
    if quick["usual"] is not None and get_ident() == quick["main"]:  # no thread is in a special mode, see `modes.quick`
        node.origin = quick["now"]  # the time, and the scope
        return node
    return record_specially(node, data, primitive, inputs)  # inside `no_grad()`, on another thread, while compiling


Gradient: TypeAlias = Data | Node  # a node if it can be differentiated again
# (node, inputs, gradient of the node) -> gradients of the inputs, None for an input that gets none
Step: TypeAlias = Callable[[Node, Sequence[Any], Gradient], Sequence[Gradient | None]]


class Walk:
    """A backward pass: it goes from the nodes of `seeds` to the leaves, and visits each node before its inputs.

    This is reverse mode. Entering the walk sorts the graph topologically, and `run` goes through it in reverse
    and adds up gradients. A `step`, such as that of `rules.py`, calls the rules of one node:

        with Walk({loss: 1.0}) as walk:
            walk.run(step)
            print(walk.found())

    During the walk, the slot `_grad` of a node holds the sum of the gradients that have reached it. On exit
    each node has its earlier gradient again, unless `backward()` has kept the new ones.

    Attributes:
        seeds: the nodes to start from, each with its gradient.
        stop: nodes to treat as leaves.
        order: the computed nodes in topological order, inputs before outputs.
        ends: where the walk ends, the leaves, the constants and the nodes in `stop`, each paired with its
            earlier gradient.
        lent: the computed nodes whose slot `_grad` was in use, each paired with what was in it, which it gets back
            on exit. A computed Tensor is always among them, even with None there, its mark for no gradient.
        zero: a 0.0 that only this walk has. A node whose `_grad` is this object has been visited, and no gradient
            has reached it yet.
        kept: whether the gradients have been added to `.grad`.

    Raises:
        RuntimeError: a leaf was changed after it was used.
    """

    def __init__(self, seeds: Mapping[Node, Gradient], stop: Collection[Node] = ()) -> None:
        self.seeds, self.stop = seeds, stop
        self.order: list[Node] = []
        self.ends: list[tuple[Node, Data | None]] = []
        self.lent: list[tuple[Node, Data | None]] = []
        self.zero = float("0")
        self._todo: list[Any] = [*seeds]
        self.kept = False

    def __enter__(self) -> Self:
        walking.acquire()
        try:
            self._sort()
            return self
        except BaseException:
            self.__exit__()
            raise

    def _sort(self) -> None:
        """Sort the graph topologically, depth first and without recursion; set `_grad` of each node to `zero`.

        The stack `todo` holds nodes to visit. A node that waits for its inputs is followed on it by None;
        when that comes up, its inputs are in the order. A node's only or left input is visited at once,
        without the stack. At the end, look for a leaf that was changed after it was used.
        """
        zero, todo, order, stop = self.zero, self._todo, self.order, self.stop
        while todo:
            node = todo.pop()
            if node is None:
                order.append(todo.pop())
                continue
            while (earlier := node._grad) is not zero:  # it has not been visited
                if node.primitive is None or (stop and node in stop):
                    self.ends.append((node, earlier))
                    node._grad = zero
                    break
                if earlier is not BLANK:
                    self.lent.append((node, earlier))
                node._grad = zero
                left, right = node.left, node.right
                if right is not MANY:
                    todo += (node, None)
                    if right is not ONE and isinstance(right, Node):
                        todo.append(right)
                    if not isinstance(left, Node):
                        break
                    node = left
                    continue
                # Of many inputs, nearly always all are nodes; to take that for granted needs half the time of asking
                # each. But in `dot_n` with a row of data, the last factors are floats, and so the last input but one.
                if type(left[-2]) is not float:
                    try:
                        fresh = [x for x in left if x._grad is not zero]
                    except AttributeError:
                        fresh = [x for x in left if isinstance(x, Node) and x._grad is not zero]
                else:
                    fresh = [x for x in left if isinstance(x, Node) and x._grad is not zero]
                if fresh:
                    todo += (node, None)
                    todo += fresh
                else:
                    order.append(node)
                break
        # If no leaf is later than the earliest node, none was changed after it was used; else look at each node.
        changed = max([x.origin.when for x, _ in self.ends if x.primitive is None], default=0)
        if min(map(when_of, set(map(origin_of, order))), default=changed) < changed:
            check_fresh(order)

    def run(self, step: Step, pulls: bool = False) -> None:
        """Go through the graph in reverse, and add to the gradients of each node's inputs what `step` returns for them.

        If `pulls`, a node with a float is handled by its primitive's `pull`, where there is one that applies.
        """
        zero = self.zero
        for node, seed in self.seeds.items():
            node._grad = seed
        for node in reversed(self.order):
            g = node._grad
            if g is zero:
                continue  # no gradient came here: it was used only in a condition, or in a branch that was not taken
            primitive: Any = node.primitive
            if pulls and type(g) is float and primitive.pull is not None and not primitive.pull(node, g):
                continue
            if type(g) is ndarray:
                g.setflags(False)  # type: ignore[call-arg]  # read-only: a rule may return `g` itself or a view, which nodes then share
            right = node.right
            inputs = node.left if right is MANY else (node.left, right) if right is not ONE else (node.left,)
            for x, gx in zip(inputs, step(node, inputs, g), strict=True):
                if gx is not None and gx is not NOTHING and isinstance(x, Node):
                    before = x._grad
                    x._grad = gx if before is zero else before + gx

    def found(self) -> list[tuple[Node, Gradient]]:
        """The nodes that got a gradient, each with that gradient."""
        nodes = [*reversed(self.order), *[x for x, _ in self.ends]]
        return [(node, node._grad) for node in nodes if node._grad is not self.zero and node.left is not None]

    def __exit__(self, *error: object) -> None:
        try:
            if not self.kept:
                for node in (*self.order, *[x for x in self._todo if x is not None and x._grad is self.zero]):
                    node._grad = node._blank_grad
                for node, earlier in (*self.lent, *self.ends):
                    node._grad = earlier
        finally:
            walking.release()
