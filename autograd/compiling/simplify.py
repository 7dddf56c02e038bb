"""Simplifying: a graph of arrays becomes a smaller, equivalent one.

The nodes are simplified one by one, inputs first. A node is replaced by what the rule `simplify` of its primitive's
entry returns, and that is simplified in turn; `primitives/algebra.py` has these rules. Besides, a number that is
computed from numbers alone is computed here (constant folding), nodes that compute the same become one node (common
subexpression elimination), and what is repeated by broadcasting is computed once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..backward import ancestors
from ..core import Node, Primitive, record
from ..modes import set_scope
from ..primitives.reductions import broadcast_to
from ..tensor import Tensor

__all__ = ["Simplifier", "hashable"]


class Simplifier:
    """Finds, for each node of a graph, the simplest node that is equivalent, and remembers it.

    Args:
        leaves: the inputs of the program; all other leaves are constants.
    """

    def __init__(self, leaves: Iterable[Node]) -> None:
        self._simple: dict[Node, Any] = {x: x for x in leaves}
        self._made: dict[Any, Node] = {}  # a computation, or the id of a constant array -> its only node

    def read(self, roots: Iterable[Any]) -> None:
        """Simplify all nodes from which the roots were computed, oldest first."""
        for node in reversed(ancestors(x for x in roots if isinstance(x, Node))):
            self.of(node)

    def replace(self, leaf: Node, other: object) -> None:
        """Treat a leaf as equivalent to another node, or to a number."""
        self._simple[leaf] = self.of(other)

    def of(self, x: object) -> Any:
        """The simplest node equivalent to `x`; a number for a constant without axes."""
        if not isinstance(x, Node):
            return self._constant(x) if isinstance(x, np.ndarray) else x.item() if isinstance(x, np.generic) else x
        simple, todo = self._simple, [x]
        while todo:
            node = todo.pop()
            if node not in simple:
                new = [y for y in node.inputs or () if isinstance(y, Node) and y not in simple]
                if new:
                    todo += [node, *reversed(new)]
                else:
                    found = simple[node] = self._simplified(node)
                    if isinstance(found, Node):
                        simple[found] = found
        return simple[x]

    def _simplified(self, node: Node) -> Any:
        """The simplest node equivalent to one whose inputs have been simplified."""
        primitive: Any = node.primitive
        if primitive is None:
            return self._constant(node._datum)
        set_scope(node.scope)  # what a rule makes in its place belongs to the same layer
        inputs = [self.of(x) for x in node.inputs or ()]
        if primitive.elementwise and node.shape == () and not any(isinstance(x, Node) for x in inputs):
            number = primitive.compute(inputs, node.static)
            if type(number) is float and math.isfinite(number):
                return number
        node = _with_inputs(node, inputs)
        if primitive.simplify is not None:
            simpler = primitive.simplify(node, *inputs, **node.static)
            if simpler is not None:
                return self.of(simpler)
        if primitive.elementwise and any(_is_repeated(x) for x in inputs):
            inner = [x.left if _is_repeated(x) else x for x in inputs]
            if _shape(inner) != node.shape:  # along some axis all were repeated: compute once, then repeat
                return self.of(_repeated(primitive(*inner, **node.static), node))
            inputs = [_unless_needed(x, i, inputs, node.shape) for i, x in enumerate(inputs)]
            node = _with_inputs(node, inputs)
        key = (primitive, *[id(x) if isinstance(x, Node) else repr(x) for x in inputs], hashable(node.static))
        return self._made.setdefault(key, node)

    def _constant(self, array: Any) -> Any:
        """A constant array as a constant node; a number if it has no axes."""
        if array.ndim == 0:
            return array.item()
        if id(array) not in self._made:
            self._made[id(array)] = node = Tensor(0.0)
            node._datum, node.inputs = array, None
        return self._made[id(array)]


def _with_inputs(node: Node, inputs: list[Any]) -> Node:
    """The node with other, equivalent inputs."""
    if all(x is before for x, before in zip(inputs, node.inputs or (), strict=True)):
        return node
    data = node._datum
    types = [x._datum.dtype for x in inputs if isinstance(x, Node)]
    if node.primitive.elementwise and data.dtype.kind == "f" and types and all(t.kind == "f" for t in types):  # type: ignore[union-attr]
        # An array replaced by a number must not change the type of the result.
        data = data.astype(np.result_type(*types), copy=False)
    return _made(node.primitive, inputs, node.static, data)  # type: ignore[arg-type]


def _made(primitive: Primitive, inputs: Iterable[Any], static: Mapping[str, Any], data: Any) -> Node:
    return record(Tensor, data, primitive, tuple(inputs), static)


def _repeated(once: Node, like: Node) -> Node:
    """`once`, broadcast to the shape of `like`."""
    return _made(broadcast_to, [once], {"shape": like.shape}, like._datum)


def _is_repeated(x: object) -> bool:
    return isinstance(x, Node) and x.primitive is broadcast_to


def _unless_needed(x: Any, place: int, inputs: list[Any], shape: tuple[int, ...]) -> Any:
    """`x`, the input at `place`, without its `broadcast_to` if the operation broadcasts to the same shape anyway."""
    if not _is_repeated(x):
        return x
    others = [other for i, other in enumerate(inputs) if i != place]
    return x.left if _shape([x.left, *others]) == shape else x


def _shape(inputs: Iterable[Any]) -> tuple[int, ...]:
    """The shape to which the inputs broadcast."""
    return np.broadcast_shapes(*[x.shape for x in inputs if isinstance(x, Node)])


def hashable(x: object) -> Any:
    """A key of a dict in place of static arguments: what mappings, lists, slices and arrays contain."""
    if isinstance(x, Mapping):
        return tuple((key, hashable(item)) for key, item in x.items())
    if isinstance(x, (list, tuple)):
        return tuple(map(hashable, x))
    if isinstance(x, slice):
        return "slice", x.start, x.stop, x.step
    if isinstance(x, np.ndarray):
        return "array", x.shape, x.dtype.str, x.tobytes()
    if isinstance(x, (bool, int, str, type(None))):
        return type(x), x
    if isinstance(x, (float, np.generic)):
        return type(x), repr(x)
    return type(x), id(x)
