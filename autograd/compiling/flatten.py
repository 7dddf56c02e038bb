"""Flattening: chains of scalar sums and products become the sums and dot products they mean.

A learner writes `b + w[0]*x[0] + w[1]*x[1]`; that leaves four nodes where a textbook has one
weighted sum. Here a traced graph is read once, oldest first, and becomes a graph of sums (`add_n`) and
dot products (`dot_n`) of any number of terms, in which what was computed twice is one node.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np

from ..core import Node, Primitive
from ..layout import BLANK, MANY, ONE, new
from ..primitives.arithmetic import add, add_n, dot_n, multiply
from ..tensor import Tensor
from ..value import Value

__all__ = ["Flattening", "number"]

PLAIN = frozenset({float, int, bool, np.ndarray, np.float64, np.float32})
SUMS = (add, add_n)


class Flattening:
    """A graph with longer sums.

    Args:
        order: the computed nodes of a graph, oldest first.
        outputs: those of its nodes whose numbers are needed.

    Attributes:
        nodes: the computed nodes of the new graph, each after its inputs.
    """

    def __init__(self, order: Iterable[Node], outputs: Sequence[Node]) -> None:
        self.nodes: list[Node] = []
        self._inputs: dict[int, tuple[Any, ...]] = {}  # of each old node that is not the same as one before
        self._new: dict[int, Node] = {}  # for the ids of old nodes the one that takes its place, if there is one
        self._changed: set[int] = set()  # those of which an input is the same as one before
        same: dict[int, Node] = {}
        old = self._distinct(order, same)
        uses = Counter(map(id, chain.from_iterable(self._inputs.values())))
        uses.update([id(same.get(id(x), x)) for x in outputs] * 2)
        # Parts of sums that nobody else reads: these are taken in.
        self._parts = {id(x) for node in old if _is_sum(node) for x in self._inputs[id(node)] if uses[id(x)] == 1}
        for node in old:
            if id(node) not in self._parts or not (_is_sum(node) or _is_product(node)):
                self._add(node)
        self._new.update([(other, self.of(first)) for other, first in same.items()])

    def of(self, node: Any) -> Any:
        """The node in the place of an old one."""
        return self._new.get(id(node), node)

    def _distinct(self, order: Iterable[Node], same: dict[int, Node]) -> list[Node]:
        """The nodes without the Values that equal an earlier one; for the ids of these, `same` gets that one."""
        nodes: list[Node] = []
        made: dict[Any, Node] = {}
        for node in order:
            right = node.right
            own = node.left if right is MANY else (node.left, right) if right is not ONE else (node.left,)
            inputs = _renewed(own, same)
            if isinstance(node, Value):
                key: list[Any] = [node.primitive, *map(id, inputs)]
                if not PLAIN.isdisjoint(map(type, inputs)):
                    key[1:] = [id(x) if isinstance(x, (Node, np.ndarray)) else repr(x) for x in inputs]
                if node._aside is not None and node.static:
                    key.append(repr(node.static))
                first = made.setdefault(tuple(key), node)
                if first is not node:
                    same[id(node)] = first
                    continue
            if inputs is not own:
                self._changed.add(id(node))
            self._inputs[id(node)] = inputs
            nodes.append(node)
        return nodes

    def _add(self, node: Any) -> None:
        """Make the new nodes for an old one."""
        inputs = self._inputs[id(node)]
        if _is_sum(node):
            self._new[id(node)] = self._sum(node, self._terms(inputs))
            return
        new_inputs = _renewed(inputs, self._new)
        if node.primitive is dot_n and len(inputs) % 2 and isinstance(node, Value):
            n = len(inputs) // 2
            pairs = list(zip(new_inputs[:n], new_inputs[n:-1], strict=True))
            self._new[id(node)] = self._weighted_sum(node, pairs, [new_inputs[-1]])
            return
        if new_inputs is not inputs or id(node) in self._changed:
            self._new[id(node)] = node = _like(node, new_inputs)
        self.nodes.append(node)

    def _terms(self, inputs: tuple[Any, ...]) -> list[Any]:
        """The terms of a sum from left to right, through the partial sums inside it."""
        terms, todo = [], list(reversed(inputs))
        while todo:
            x = todo.pop()
            if not isinstance(x, Node):
                if isinstance(x, np.ndarray) or x != 0:
                    terms.append(x)
            elif id(x) in self._parts and _is_sum(x):
                todo.extend(reversed(self._inputs[id(x)]))
            else:
                terms.append(x)
        return terms

    def _sum(self, node: Node, terms: list[Any]) -> Node:
        products: list[tuple[Any, Any]] = []
        others: list[Any] = []
        last: Any = None  # of the products
        for i, x in enumerate(terms):
            if id(x) in self._parts and _is_product(x):
                left, right = _renewed(self._inputs[id(x)], self._new)
                if _is_one(left) or _is_one(right):  # the bias may be the weight of an input that is always 1
                    others.append(left if _is_one(right) else right)
                    terms[i] = others[-1]
                else:
                    products.append((left, right))
                    last = i
            else:
                others.append(self.of(x))
                terms[i] = others[-1]
        if len(products) == 1 and others:
            terms[last] = self._part(multiply, products[0], terms[last])
            return self._part(add_n, terms, node)
        return self._weighted_sum(node, products, others)

    def _weighted_sum(self, node: Node, pairs: list[tuple[Any, Any]], others: list[Any]) -> Node:
        """Σ aᵢbᵢ + Σ others: a dot product, a sum, and the addition of the two."""
        if not pairs:
            return self._part(add_n, others or [0.0], node)
        dot = self._part(dot_n, list(chain(*zip(*pairs, strict=True))), node)
        if not others:
            return dot
        return self._part(add, (dot, others[0] if len(others) == 1 else self._part(add_n, others, node)), node)

    def _part(self, primitive: Primitive, inputs: Iterable[Any], like: Node) -> Node:
        self.nodes.append(number(primitive, tuple(inputs), like))
        return self.nodes[-1]


def number(primitive: Primitive, inputs: tuple[Any, ...], like: Node) -> Node:
    """A Value for a part of another one. The number itself is not computed, as nobody looks at it."""
    node = new(Value)
    node._datum, node._grad, node._aside, node.primitive, node.origin = 0.0, BLANK, None, primitive, like.origin
    if len(inputs) == 2:
        node.left, node.right = inputs
    else:
        node.left, node.right = (inputs[0], ONE) if len(inputs) == 1 else (inputs, MANY)
    return node


def _like(node: Node, inputs: tuple[Any, ...]) -> Node:
    """The same computation of other inputs."""
    copy = new(Value if isinstance(node, Value) else Tensor)
    copy._datum, copy._grad, copy._aside, copy.primitive, copy.origin = node._datum, node._blank_grad, node._aside, node.primitive, node.origin
    copy.inputs = inputs
    return copy


def _renewed(inputs: tuple[Any, ...], new_of: dict[int, Node]) -> tuple[Any, ...]:
    """Inputs with the nodes that take the place of others; the tuple itself, if there are none."""
    if new_of.keys().isdisjoint(map(id, inputs)):
        return inputs
    return tuple([new_of.get(id(x), x) for x in inputs])


def _is_sum(x: Any) -> bool:
    return isinstance(x, Value) and x.primitive in SUMS


def _is_product(x: Any) -> bool:
    return isinstance(x, Value) and x.primitive is multiply


def _is_one(x: Any) -> bool:
    return not isinstance(x, Node) and bool(x == 1)
