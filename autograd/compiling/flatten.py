"""Flattening: nested sums and products of scalars become sums and dot products with any number of terms.

Written in scalars, `b + w[0]*x[0] + w[1]*x[1]` makes four nodes, two products and two additions. As one
weighted sum it is a dot product (`dot_n`) and the addition of b. A loss from which a loop subtracts, as in
`loss -= log(p)`, is a sum, too: the sum of what is added minus the sum of what is subtracted. This pass reads the
traced graph once, oldest node first, and makes a new graph of sums (`add_n`) and dot products. In it, nodes that
compute the same thing from the same inputs are merged into one (common subexpression elimination).

Tables go by the `id` of an input, which may be a node, an array or a number.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np

from ..core import Node, Primitive
from ..layout import BLANK, MANY, ONE, new
from ..primitives.arithmetic import add, add_n, dot_n, multiply, negative, subtract
from ..tensor import Tensor
from ..value import Value

__all__ = ["Flattening", "like", "number"]

PLAIN = frozenset({float, int, bool, np.ndarray, np.float64, np.float32})


class Flattening:
    """The flattened graph, made from an old one.

    Args:
        order: the computed nodes of the old graph, oldest first.
        outputs: the nodes of the old graph that are its results.

    Attributes:
        nodes: the computed nodes of the new graph, each after its inputs.
    """

    def __init__(self, order: Iterable[Node], outputs: Sequence[Node]) -> None:
        self.nodes: list[Node] = []
        self._inputs: dict[int, tuple[Any, ...]] = {}  # id of an old node that is kept -> its inputs
        self._changed: set[int] = set()  # ids of old nodes with an input that was merged into an earlier node
        self._same: dict[int, Node] = {}  # id of an old node that was merged -> the earlier node that is equal to it
        self._new: dict[int, Node] = {}  # id of an old node -> the new node in its place, if there is one
        old: list[Any] = self._distinct(order)
        sums: dict[int, Any] = {id(node): node for node in old if node.primitive.terms and isinstance(node, Value)}
        products = {id(node) for node in old if node.primitive.products and len(self._inputs[id(node)]) == 2 and isinstance(node, Value)}
        inner = sums.keys() | products
        uses: dict[int, int] = Counter(filter(inner.__contains__, map(id, chain.from_iterable(self._inputs.values()))))
        for x in outputs:
            uses[id(self._same.get(id(x), x))] = 2
        # A sum or product that is used once, by a sum, becomes a part of that sum. (Results count as used twice.)
        terms = {i for outer in sums for i in map(id, self._inputs[outer]) if uses.get(i) == 1}
        self._inner_sums = {i: sums[i].primitive.terms for i in terms & sums.keys()}
        self._inner_products = terms & products
        inner = self._inner_sums.keys() | self._inner_products
        for node in old:
            if id(node) in sums and id(node) not in inner:
                self._new[id(node)] = self._sum(node)
            elif id(node) not in inner:
                self._add(node)
        self._new.update([(other, self.of(first)) for other, first in self._same.items()])

    def of(self, node: object) -> Any:
        """The new node in the place of an old one; the old one if it has not changed."""
        return self._new.get(id(node), node)

    def _distinct(self, order: Iterable[Node]) -> list[Any]:
        """The nodes, without the Values that are equal to an earlier one."""
        nodes: list[Node] = []
        made: dict[Any, Node] = {}
        same, same_or = self._same, self._same.get
        for node in order:
            left, right = node.left, node.right
            if right is MANY or right is ONE:
                own = left if right is MANY else (left,)
                inputs = _renewed(own, same)
                is_changed = inputs is not own
                is_plain = not PLAIN.isdisjoint(map(type, inputs))
            else:  # two inputs, the commonest case: the same, written out
                inputs = first, second = same_or(id(left), left), same_or(id(right), right)
                is_changed = first is not left or second is not right
                is_plain = type(first) in PLAIN or type(second) in PLAIN
            if isinstance(node, Value):
                key: Any = id(node.primitive), *map(id, inputs)
                if is_plain:
                    key = (node.primitive, *[id(x) if isinstance(x, (Node, np.ndarray)) else repr(x) for x in inputs])
                if node._aside is not None and node.static:
                    key = (*key, repr(node.static))
                elif not is_plain:
                    # The ids of a million inputs would fill the memory; of equal hashes, the inputs are looked at.
                    key = hash(key)
                earlier = made.setdefault(key, node)
                if earlier is not node and (type(key) is tuple or _are_equal(earlier, self._inputs[id(earlier)], node, inputs)):
                    same[id(node)] = earlier
                    continue
            if is_changed:
                self._changed.add(id(node))
            self._inputs[id(node)] = inputs
            nodes.append(node)
        return nodes

    def _add(self, node: Any) -> None:
        """Make the new node for an old node that is not a sum; of a `dot_n` with a last term to add, several."""
        inputs = self._inputs[id(node)]
        new_inputs = _renewed(inputs, self._new)
        if node.primitive.products and len(inputs) % 2 and isinstance(node, Value):
            n = len(inputs) // 2
            dot = self._part(dot_n, new_inputs[:-1], node)
            self._new[id(node)] = self._part(add, (dot, new_inputs[-1]), node) if n else self._part(add_n, new_inputs, node)
            return
        if new_inputs is not inputs or id(node) in self._changed:
            self._new[id(node)] = node = like(node, new_inputs)
        self.nodes.append(node)

    def _sum(self, node: Any) -> Node:
        """Make the new node for a sum: the sum of what is added minus the sum of what is subtracted."""
        new_or, inputs_of, signs_of, products = self._new.get, self._inputs, self._inner_sums.get, self._inner_products
        added, subtracted = _Terms(), _Terms()
        todo = [(x, sign) for x, sign in zip(inputs_of[id(node)], node.primitive.terms, strict=False)][::-1]
        while todo:  # through the sums inside it, from left to right
            x, sign = todo.pop()
            i = id(x)
            signs = signs_of(i)
            if signs is not None:
                inputs = inputs_of[i]
                if len(inputs) == 2:  # nearly always: the same, written out
                    todo.append((inputs[1], sign * signs[1]))
                    todo.append((inputs[0], sign * signs[0]))
                else:
                    todo += [(y, sign * own) for y, own in zip(inputs, signs, strict=False)][::-1]
                continue
            terms = added if sign > 0 else subtracted
            if i in products:
                left, right = inputs_of[i]
                terms.products[len(terms.everything)] = new_or(id(left), left), new_or(id(right), right)
                terms.everything.append(x)
            elif isinstance(x, (Node, np.ndarray)) or x != 0:
                terms.everything.append(new_or(i, x))
        added.finish()
        subtracted.finish()
        if not subtracted:
            return self._weighted_sum(node, added)
        if not added:
            return self._part(negative, (self._sum_or_term(node, subtracted),), node)
        return self._part(subtract, (self._sum_or_term(node, added), self._sum_or_term(node, subtracted)), node)

    def _sum_or_term(self, node: Node, terms: _Terms) -> Any:
        """The sum of these terms; if there is only one, the term itself."""
        if len(terms.everything) > 1:
            return self._weighted_sum(node, terms)
        if terms.products:
            return self._part(multiply, terms.factors, node)
        (only,) = terms.everything
        # At the edges of a sum of neighbours, one term is left; it stays a sum, like those beside it.
        return self._part(add_n, (only,), node) if isinstance(only, Node) else only

    def _weighted_sum(self, node: Node, terms: _Terms) -> Node:
        """Σ aᵢbᵢ + Σ others: a dot product, a sum, and the addition of the two."""
        if not terms.products:
            return self._part(add_n, terms.everything or [0.0], node)
        others = terms.others
        if len(terms.products) == 1 and others:
            (place,) = terms.products
            terms.everything[place] = self._part(multiply, terms.factors, terms.everything[place])
            return self._part(add_n, terms.everything, node)
        dot = self._part(dot_n, terms.factors, node)
        if not others:
            return dot
        return self._part(add, (dot, others[0] if len(others) == 1 else self._part(add_n, others, node)), node)

    def _part(self, primitive: Primitive, inputs: Iterable[Any], node: Node) -> Node:
        """Append a new node, with the time and scope of the old `node` of whose sum it is a part."""
        self.nodes.append(number(primitive, tuple(inputs), node))
        return self.nodes[-1]


class _Terms:
    """The terms of a sum.

    Attributes:
        everything: all terms in order.
        products: the two factors of each term that is a product, by the position of that term in `everything`.
    """

    def __init__(self) -> None:
        self.everything: list[Any] = []
        self.products: dict[int, tuple[Any, Any]] = {}

    def __bool__(self) -> bool:
        return bool(self.everything)

    def finish(self) -> None:
        """After the last term: among other products, one with the factor 1 counts as its other factor.

        Such is a bias that is written as the weight of an input 1.
        """
        if len(self.products) < 2:
            return
        ones = {place: b if _is_one(a) else a for place, (a, b) in self.products.items() if _is_one(a) or _is_one(b)}
        if len(ones) < len(self.products):
            for place, factor in ones.items():
                self.everything[place] = factor
                del self.products[place]

    @property
    def others(self) -> list[Any]:
        return [x for place, x in enumerate(self.everything) if place not in self.products] if self.products else self.everything

    @property
    def factors(self) -> list[Any]:
        """The factors on the left, and then those on the right."""
        return [left for left, _ in self.products.values()] + [right for _, right in self.products.values()]


def number(primitive: Primitive, inputs: tuple[Any, ...], like: Node) -> Node:
    """A new Value for what `primitive` computes from `inputs`, with the time and scope of `like`.

    Its number is not computed, because compiling needs only the graph.
    """
    node = new(Value)
    node._datum, node._grad, node._aside, node.primitive, node.origin = 0.0, BLANK, None, primitive, like.origin
    if len(inputs) == 2:
        node.left, node.right = inputs
    else:
        node.left, node.right = (inputs[0], ONE) if len(inputs) == 1 else (inputs, MANY)
    return node


def like(node: Node, inputs: tuple[Any, ...]) -> Node:
    """A copy of `node` with other inputs."""
    copy = new(Value if isinstance(node, Value) else Tensor)
    copy._datum, copy._grad, copy._aside = node._datum, node._blank_grad, node._aside
    copy.primitive, copy.origin = node.primitive, node.origin
    copy.inputs = inputs
    return copy


def _renewed(inputs: tuple[Any, ...], new_of: dict[int, Node]) -> tuple[Any, ...]:
    """`inputs`, with nodes replaced by those in `new_of`; the same tuple if none is replaced."""
    if new_of.keys().isdisjoint(map(id, inputs)):
        return inputs
    return tuple(map(new_of.get, map(id, inputs), inputs))


def _are_equal(first: Node, its_inputs: tuple[Any, ...], second: Node, inputs: tuple[Any, ...]) -> bool:
    """Whether two nodes compute the same from the same nodes."""
    is_same = first.primitive is second.primitive and len(its_inputs) == len(inputs) and not first.static
    return is_same and all(map(operator.is_, its_inputs, inputs))


def _is_one(x: object) -> bool:
    return not isinstance(x, Node) and bool(x == 1)
