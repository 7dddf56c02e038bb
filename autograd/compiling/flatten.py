"""Flattening: chains of scalar sums and products become the sums and dot products they mean.

A learner writes `b + w[0]*x[0] + w[1]*x[1]`; that leaves four nodes where a textbook has one
weighted sum. Here the nodes of a traced graph are read once, oldest first, and rewritten into
`Step`s, in which sums and dot products take any number of terms.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from ..core import Node
from ..primitives import arithmetic as a
from ..tensor import Tensor
from ..value import Value

__all__ = ["DOT", "MAX", "SUM", "Part", "Step", "flatten"]

SUM, DOT, MAX = a.add_n, a.dot_n, a.max_n


class Step(NamedTuple):
    """One computation of numbers: `primitive` of `inputs`, which are nodes or plain numbers.

    For a `DOT` of numbers, `inputs` are the pairs of factors.
    """

    node: Any  # the node whose number this computes; a stand-in object for a part of it
    primitive: Any
    inputs: tuple[Any, ...]
    static: Any


class Part:
    """Stands for a number that no node of the traced graph holds: a part of a larger sum."""

    __slots__ = ()


def flatten(order: Iterable[Node], outputs: Iterable[Node]) -> tuple[list[Step], dict[int, Node]]:
    """The steps that compute the nodes of a graph, given oldest first; `outputs` must be among them.

    Values that are computed twice get one step; for the id of the second, the first is returned.
    """
    nodes, same = _distinct(node for node in order if node.primitive is not None)
    inputs_of = {id(node): tuple([same.get(id(x), x) for x in node.inputs or ()]) for node in nodes}
    uses = Counter(id(x) for inputs in inputs_of.values() for x in inputs if isinstance(x, Node))
    uses.update([id(same.get(id(x), x)) for x in outputs] * 2)  # an output is never absorbed
    reader = {id(x): node for node in nodes for x in inputs_of[id(node)] if isinstance(x, Node)}

    def is_sum(x: Any) -> bool:
        return isinstance(x, Value) and (x.primitive is a.add or x.primitive is SUM)

    def absorbed(x: Any) -> bool:
        """Whether the node is a partial sum that only a larger sum reads."""
        return is_sum(x) and uses[id(x)] == 1 and is_sum(reader[id(x)])

    steps: list[Step] = []
    waiting: dict[int, Step] = {}  # products that a sum may take in
    for node in nodes:
        primitive, inputs = node.primitive, inputs_of[id(node)]
        if isinstance(node, Tensor):
            steps.append(Step(node, primitive, inputs, node.static))
        elif is_sum(node):
            if not absorbed(node):
                steps.extend(_sum(node, _terms(node, inputs_of, absorbed), waiting))
        elif primitive is DOT:
            n = len(inputs) // 2
            pairs = tuple(zip(inputs[:n], inputs[n : 2 * n], strict=True))
            steps.extend(_weighted_sum(node, pairs, list(inputs[2 * n :])))
        elif primitive is a.multiply and uses[id(node)] == 1 and is_sum(reader[id(node)]):
            waiting[id(node)] = Step(node, primitive, inputs, node.static)
        else:
            steps.append(Step(node, primitive, inputs, node.static))
    return steps, same


def _distinct(order: Iterable[Node]) -> tuple[list[Node], dict[int, Node]]:
    """The nodes, without the Values that another one equals; and for the id of each of those, which one."""
    nodes: list[Node] = []
    same: dict[int, Node] = {}
    made: dict[Any, Node] = {}
    for node in order:
        if isinstance(node, Value):
            inputs = [id(same.get(id(x), x)) if isinstance(x, (Node, np.ndarray)) else repr(x) for x in node.inputs or ()]
            first = made.setdefault((node.primitive, *inputs, repr(node.static) if node.static else ""), node)
            if first is not node:
                same[id(node)] = first
                continue
        nodes.append(node)
    return nodes, same


def _terms(root: Node, inputs_of: dict[int, tuple[Any, ...]], absorbed: Any) -> list[Any]:
    """The terms of a sum from left to right, through the partial sums inside it."""
    terms, todo = [], list(reversed(inputs_of[id(root)]))
    while todo:
        x = todo.pop()
        if absorbed(x):
            todo.extend(reversed(inputs_of[id(x)]))
        elif isinstance(x, (Node, np.ndarray)) or x != 0:
            terms.append(x)
    return terms


def _sum(node: Node, terms: list[Any], waiting: dict[int, Step]) -> list[Step]:
    terms = [_once(waiting[id(x)]) if id(x) in waiting else x for x in terms]
    products = [waiting[id(x)] for x in terms if id(x) in waiting]
    others = [x for x in terms if id(x) not in waiting]
    if len(products) == 1 and others:
        return products + _weighted_sum(node, (), terms)
    return _weighted_sum(node, tuple(step.inputs for step in products), others)


def _once(product: Step) -> Any:
    """The other factor, where one is the number 1; the bias may be the weight of an input that is always 1."""
    left, right = product.inputs
    return left if not isinstance(right, Node) and right == 1 else right if not isinstance(left, Node) and left == 1 else product.node


def _weighted_sum(node: Any, pairs: tuple[tuple[Any, Any], ...], others: list[Any]) -> list[Step]:
    """The steps for Σ aᵢbᵢ + Σ others: a dot product, a sum, and the addition of the two."""
    if not pairs:
        return [Step(node, SUM, tuple(others) if others else (0.0,), {})]
    if not others:
        return [Step(node, DOT, pairs, {})]
    dot, rest = Part(), others[0]
    steps = [Step(dot, DOT, pairs, {})]
    if len(others) > 1:
        rest = Part()
        steps.append(Step(rest, SUM, tuple(others), {}))
    return [*steps, Step(node, a.add, (dot, rest), {})]
