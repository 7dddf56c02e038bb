"""The units of a network, which a page draws as neurons in columns, and the weights between them, read from its graph.

A unit of a network of Values is a weighted sum with the function of it that follows, such as a `Neuron`, however it is written.
Whatever else it computes, such as a product of two neurons, is a unit too. In a network of arrays, each output of a `Linear`
layer is a unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from autograd import Node, Tensor, Value
from autograd.backward import ancestors
from autograd.primitives.networks import linear

__all__ = ["Column", "Place", "columns_of_arrays", "columns_of_values"]

Place = tuple[int, int]  # the number of a column, and of a unit in it; column 0 has the inputs
Weight = tuple[Any, int]  # a parameter, and the position in it


class Edge(NamedTuple):
    """What a unit gets from another one; `weight` is None if it has none of its own, as a factor that is another unit."""

    source: Place
    weight: Weight | None


class Column(NamedTuple):
    """Units side by side.

    Attributes:
        answers: what they answer: a node for each in a network of Values, or one node with a row for each example.
        edges: for each unit, what it gets.
        biases: for each unit, the parameter that is added; None for none.
        functions: the names of the functions that follow the sums of the units, such as tanh.
    """

    answers: Any
    edges: list[list[Edge]]
    biases: list[Weight | None]
    functions: list[str]


def columns_of_values(outputs: Sequence[Value], row: Sequence[Node], parameters: Iterable[Node]) -> list[Column]:
    """The columns of a network of Values, from the graph of its outputs for one row of inputs.

    Example:
        >>> import nn
        >>> model, row = nn.MLP(2, [3, 1], rng=0), [Value(1.0), Value(2.0)]
        >>> [len(column.answers) for column in columns_of_values([model(row)], row, model.parameters())]
        [3, 1]
    """
    return _Units(outputs, row, parameters).columns()


class _Units:
    def __init__(self, outputs: Sequence[Value], row: Sequence[Node], parameters: Iterable[Node]) -> None:
        self.outputs, self.row, self.parameters = outputs, row, set(parameters)
        order = _inputs_first(outputs)
        self.depends = set(row)
        for node in order:
            if not self.depends.isdisjoint(x for x in node.inputs or () if isinstance(x, Node)):
                self.depends.add(node)
        self.order = [node for node in order if node in self.depends and node.primitive is not None]
        self.users: dict[Node, list[Node]] = {}
        for node in self.order:
            for x in self._inputs(node):
                self.users.setdefault(x, []).append(node)
        self.ends = set(outputs)

    def columns(self) -> list[Column]:
        unit_of: dict[Node, Place] = {x: (0, i) for i, x in enumerate(self.row)}
        columns: list[Column] = []
        last = {node: self._end(node) for node in self.order if not self._is_inner(node)}
        inner = {end for node, end in last.items() if end is not node}
        for node, end in last.items():
            if node in inner or node in unit_of:
                continue
            edges, biases = self._parts(node, unit_of)
            number = 1 + max(edge.source[0] for edge in edges)
            while len(columns) < number:
                columns.append(Column([], [], [], []))
            column = columns[number - 1]
            unit_of[node] = number, len(column.answers)
            last_of = node
            while last_of is not end:
                last_of = self.users[last_of][0]
                unit_of[last_of] = unit_of[node]
            if end is not node and end.primitive is not None and end.primitive.name not in column.functions:
                column.functions.append(end.primitive.name)
            column.answers.append(end)
            column.edges.append(edges)
            column.biases.append(biases[0] if biases else None)
        return columns

    def _inputs(self, node: Node) -> list[Node]:
        return [x for x in node.inputs or () if isinstance(x, Node) and x in self.depends]

    def _only_user(self, node: Node) -> Node | None:
        users = self.users.get(node, [])
        return users[0] if len(users) == 1 and node not in self.ends else None

    def _is_inner(self, node: Node) -> bool:
        """Whether a node is a term of a larger sum."""
        user = self._only_user(node)
        return user is not None and _is_sum(user) and (_is_sum(node) or _is_product(node))

    def _end(self, node: Node) -> Node:
        """The last of the functions of one number that follow a node, each the only user of the one before."""
        user = self._only_user(node)
        while user is not None and not _is_sum(user) and not _is_product(user) and len(self._inputs(user)) == 1:
            node, user = user, self._only_user(user)
        return node

    def _parts(self, node: Node, unit_of: Mapping[Node, Place]) -> tuple[list[Edge], list[Weight]]:
        """What a unit is computed from: the units before it, and the parameters that are added."""
        edges: list[Edge] = []
        biases: list[Weight] = []
        todo = [node]
        while todo:
            x = todo.pop()
            for factors in _terms(x):
                numbers = [y for y in factors if isinstance(y, Node) and y in self.depends]
                weights = [(y, 0) for y in factors if isinstance(y, Node) and y in self.parameters]
                weight = weights[0] if len(weights) == 1 and len(numbers) == 1 else None
                for y in numbers:
                    if y in unit_of:
                        edges.append(Edge(unit_of[y], weight))
                    else:
                        todo.append(y)
                if not numbers:
                    biases += weights
        return edges, biases


def _inputs_first(outputs: Iterable[Node]) -> list[Node]:
    """A graph, each node after its inputs. The order follows from the form alone, so that it is the same for each row of the data."""
    order: dict[Node, None] = {}
    todo = [(x, False) for x in outputs][::-1]
    while todo:
        node, is_done = todo.pop()
        if is_done or node.primitive is None:
            order[node] = None
        elif node not in order:
            todo.append((node, True))
            todo += [(x, False) for x in reversed(node.inputs or ()) if isinstance(x, Node)]
    return list(order)


def _terms(node: Node) -> list[tuple[Any, ...]]:
    """The terms of a sum, each as its factors; another operation counts as a product."""
    inputs = tuple(node.inputs or ())
    if _is_product(node):
        n = len(inputs) // 2
        return [*zip(inputs[:n], inputs[n : 2 * n], strict=True), *[(x,) for x in inputs[2 * n :]]]
    return [(x,) for x in inputs] if _is_sum(node) else [inputs]


def _is_sum(node: Node) -> bool:
    return node.primitive is not None and bool(node.primitive.terms)


def _is_product(node: Node) -> bool:
    """Whether it is a product, or a sum of products."""
    return node.primitive is not None and node.primitive.products


def columns_of_arrays(output: Tensor, X: Any) -> list[Column]:
    """The columns of a network of arrays, from the graph of its output: one for each `Linear` layer.

    Raises:
        ValueError: there is no such layer, or a layer reads something else than the one before.

    Example:
        >>> import nn
        >>> model, X = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)), Tensor([[1.0, 2.0]])
        >>> [len(column.edges) for column in columns_of_arrays(model(X), X)]
        [3, 1]
    """
    layers: list[Any] = [node for node in ancestors([output])[::-1] if node.primitive is linear]
    if not layers:
        raise ValueError("A playground draws neurons, and this network has none: no nn.Linear layer, and no sums of Values.")
    columns: list[Column] = []
    width = X.shape[1]
    ends = [*(layer.inputs[0] for layer in layers[1:]), output]
    for number, (layer, end) in enumerate(zip(layers, ends, strict=True)):
        weight, bias = layer.inputs[1:]
        if weight.shape[1] != width or end.shape != layer.shape:
            raise ValueError(
                "A playground draws layers in a row, and in this network an nn.Linear layer reads something else than what the one "
                "before it gave. A network of Values may have any form."
            )
        width = weight.shape[0]
        edges = [[Edge((number, k), (weight, j * weight.shape[1] + k)) for k in range(weight.shape[1])] for j in range(width)]
        biases: list[Weight | None] = [(bias, j) if isinstance(bias, Node) else None for j in range(width)]
        columns.append(Column(end, edges, biases, [end.primitive.name] if end.primitive not in (linear, None) else []))
    return columns
