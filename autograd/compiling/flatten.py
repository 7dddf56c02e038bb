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

from ..graph import Node
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


def flatten(order: Iterable[Node], outputs: Iterable[Node]) -> list[Step]:
    """The steps that compute the nodes of a graph, given oldest first; `outputs` must be among them."""
    nodes = [node for node in order if node.primitive is not None]
    uses = Counter(id(x) for node in nodes for x in node.inputs or () if isinstance(x, Node))
    uses.update([id(x) for x in outputs] * 2)  # an output is never absorbed
    reader = {id(x): node for node in nodes for x in node.inputs or () if isinstance(x, Node)}

    def is_sum(x: Any) -> bool:
        return isinstance(x, Value) and (x.primitive is a.add or x.primitive is SUM)

    def absorbed(x: Any) -> bool:
        """Whether the node is a partial sum that only a larger sum reads."""
        return is_sum(x) and uses[id(x)] == 1 and is_sum(reader[id(x)])

    steps: list[Step] = []
    waiting: dict[int, Step] = {}  # products that a sum may take in
    for node in nodes:
        primitive, inputs = node.primitive, node.inputs or ()
        if isinstance(node, Tensor):
            steps.append(Step(node, primitive, inputs, node.static))
        elif is_sum(node):
            if not absorbed(node):
                steps.extend(_sum(node, _terms(node, absorbed), waiting))
        elif primitive is DOT:
            n = len(inputs) // 2
            pairs = tuple(zip(inputs[:n], inputs[n : 2 * n], strict=True))
            steps.extend(_weighted_sum(node, pairs, list(inputs[2 * n :])))
        elif primitive is a.multiply and uses[id(node)] == 1 and is_sum(reader[id(node)]):
            waiting[id(node)] = Step(node, primitive, inputs, node.static)
        else:
            steps.append(Step(node, primitive, inputs, node.static))
    return steps


def _terms(root: Node, absorbed: Any) -> list[Any]:
    """The terms of a sum from left to right, through the partial sums inside it."""
    terms, todo = [], list(reversed(root.inputs or ()))
    while todo:
        x = todo.pop()
        if absorbed(x):
            todo.extend(reversed(x.inputs))
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
