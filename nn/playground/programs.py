"""The programs of a page: the training step of a network and what its units answer, as JavaScript for any number of points.

The compiler prints them. A playground changes the number of points while it runs, and so each program is compiled for three
numbers of points, and `rows` finds the one program that all three are examples of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

import autograd
from autograd import Tensor, Value
from autograd.compiling.program import Program
from autograd.operands import array_of
from autograd.stores import Store

from ..module import Module
from ..optim import SGD, Adam, Optimizer
from ..parameter import Parameter
from ..types import Array
from .rows import RowsError, for_any_rows
from .units import Column, Weight, columns_of_arrays, columns_of_values

__all__ = ["OPTIMIZERS", "Argument", "Network", "Printed", "Wired", "positions", "update_programs"]

COUNTS = (23, 29, 31, 37, 41, 43, 47)  # numbers of points that no layer of a small network is as wide as
OPTIMIZERS: dict[str, Callable[[list[Any]], Optimizer]] = {
    "sgd": lambda p: SGD(p, lr=0.1, weight_decay=0.01),
    "momentum": lambda p: SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01),
    "adam": lambda p: Adam(p, lr=0.1, weight_decay=0.01),
}

Loss = Callable[[Any, Any], Any]


class Argument(NamedTuple):
    """A parameter, or many Values as one array, as a program takes it."""

    name: str
    node: Any

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.node.data)

    @property
    def size(self) -> int:
        return int(np.size(self.node.data))


class Printed(NamedTuple):
    """A program for any number of rows, and the parameters that it takes, in order."""

    text: str
    arguments: list[Argument]


class Wired(NamedTuple):
    """The columns of units, where the outputs are among them, and the groups of units in which the program answers."""

    columns: list[Column]
    outputs: list[tuple[int, int]]
    groups: list[tuple[int, list[int]]]


class Network:
    """A network that is to be printed.

    Args:
        model: the network.
        loss: of its outputs and the targets.
        X, y: the data, of which the programs see a few points.
    """

    def __init__(self, model: Module, loss: Loss, X: Array, y: Array) -> None:
        self.model, self.loss, self.X, self.y = model, loss, X, y
        self.of_values = any(isinstance(p, Value) for p in model.parameters())

    def outputs(self, X: Any) -> Any:
        return [self.model(row) for row in X] if self.of_values else self.model(X)

    def step(self) -> Printed:
        """`forward`, which computes the loss, and `backward`, which gives the gradients."""

        def loss(X: Any, y: Any) -> Any:
            return self.loss(self.outputs(X), y)

        return self._printed(loss, self.X, self.y)

    def predict(self, language: str) -> Printed:
        """`forward`, which computes the outputs."""

        def predict(X: Any) -> Any:
            outputs = self.outputs(X)
            return array_of(outputs) if self.of_values else outputs

        return self._forward(predict, language)

    def answers(self, wired: Wired) -> Printed:
        """`forward`, which computes what all units answer: an array for each group."""

        def answers(X: Any) -> Any:
            if not self.of_values:
                return [column.answers for column in columns_of_arrays(self.model(X), X)]
            rows = [[row[k] for k in range(self.X.shape[1])] for row in X]
            columns = [columns_of_values(_listed(self.model(row)), row, self.model.parameters()) for row in rows]
            return [array_of([[of_row[c].answers[u] for u in units] for of_row in columns]) for c, units in wired.groups]

        return self._forward(answers, "javascript")

    def wired(self) -> Wired:
        """The units of the network and how they are connected."""
        if not self.of_values:
            X = Tensor(self.X[:2])
            columns = columns_of_arrays(self.model(X), X)
            last = len(columns)
            widths = [len(column.edges) for column in columns]
            return Wired(columns, [(last, j) for j in range(widths[-1])], [(c, list(range(w))) for c, w in enumerate(widths)])
        row: list[Any] = [Value(x) for x in self.X[0].tolist()]
        outputs = _listed(self.model(row))
        columns = columns_of_values(outputs, row, self.model.parameters())
        places = {node: (c, u) for c, column in enumerate(columns, 1) for u, node in enumerate(column.answers)}
        if not all(x in places for x in outputs):
            raise ValueError("A playground trains a network, and an output of this one is not computed from its inputs.")
        groups: dict[Any, list[int]] = {}  # units of one kind: together they are one array
        for c, column in enumerate(columns):
            for u, node in enumerate(column.answers):
                groups.setdefault((c, node.primitive, len(column.edges[u])), []).append(u)
        return Wired(columns, [places[x] for x in outputs], [(key[0], units) for key, units in groups.items()])

    def _forward(self, function: Callable[..., Any], language: str) -> Printed:
        printed = self._printed(function, self.X, language=language)
        start = "def backward" if language == "numpy" else "function backward"
        text = printed.text.partition(f"\n{start}")[0].rstrip() + "\n"
        return printed._replace(text=text.replace("forward and backward", "forward", 1))

    def _printed(self, function: Callable[..., Any], *data: Array, language: str = "javascript") -> Printed:
        counts = self._counts()
        programs = [self._program(function, [_rows(x, count) for x in data]) for count in counts]
        try:
            texts = [program.source_for(language) for program in programs]
            rows = "len(X)" if language == "numpy" else "rows" if not re.search(r"\brows\b", texts[0]) else "rows_"
            text = for_any_rows(texts, counts, rows)
        except TypeError as error:
            raise TypeError(f"A playground runs the network as JavaScript, and cannot run this one: {error}") from None
        except RowsError as error:
            raise ValueError(
                f"A playground cannot write the program of this network for any number of points: {error}. "
                "It can where each point goes through the same computation, and the loss is a mean or a sum over the points."
            ) from None
        if language != "numpy":
            text = re.sub(r"function (forward|backward)\((\s*)", rf"function \1(\2{rows}, ", text)
        return Printed(re.sub(r"\n\n+(?= )", "\n", text), _arguments(programs[0]))

    def _program(self, function: Callable[..., Any], data: Sequence[Array]) -> Program:
        compiled = autograd.compile(function)
        compiled(*data)
        (program,) = compiled.programs.values()
        if program.draws or program.kept:
            raise TypeError(
                "A playground repeats each step exactly, and this network draws random numbers or remembers its batches, as Dropout and "
                "BatchNorm do; call model.eval() first, or leave these layers out."
            )
        return program

    def _counts(self) -> list[int]:
        taken = {n for p in self.model.parameters() for n in np.shape(p.data)} | {self.X.shape[1]}
        return [count for count in COUNTS if count not in taken][:3]


def _listed(out: Any) -> list[Any]:
    return list(out) if isinstance(out, (list, tuple)) else [out]


def _rows(x: Array, count: int) -> Array:
    """So many rows of an array, from its start again and again."""
    return x[np.arange(count) % len(x)]


def _arguments(program: Program) -> list[Argument]:
    return [Argument(x.label or "parameter", node) for x, node in zip(program.inputs, program.given, strict=False)]


def update_programs(size: int) -> dict[str, str]:
    """The formulas of the optimizers, as JavaScript that changes so many numbers; the arguments have their names in the formula."""
    programs = {}
    for name, make in OPTIMIZERS.items():
        p = Parameter(np.zeros(size))
        optimizer = make([p])

        def step(p: Tensor = p, optimizer: Optimizer = optimizer) -> Any:
            loss = (p * p).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return loss

        compiled = autograd.compile(step)
        compiled()
        programs[name] = f"function {name}(" + compiled.source_for("javascript").partition("function update(")[2]
    return programs


def positions(arguments: Iterable[Argument]) -> dict[Weight, int]:
    """Where each number of the parameters stands, when all arguments stand one after the other."""
    found: dict[Weight, int] = {}
    start = 0
    for argument in arguments:
        node = argument.node
        if isinstance(node, Store):
            found.update({(value, 0): start + i for i, value in enumerate(node.values)})
        else:
            found.update({(node, i): start + i for i in range(argument.size)})
        start += argument.size
    return found
