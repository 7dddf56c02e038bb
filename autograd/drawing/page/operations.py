"""What a page knows of the operations of its graph.

It knows how each computes, and how it passes its gradient on, as JavaScript and as formulas.

Nodes that compute in the same way, on inputs of the same shapes, share one operation. Its rules are the table's, run
on nodes, and a printer writes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...compiling.printing.dialects import JAVASCRIPT
from ...compiling.printing.formulas import UnprintableError
from ...compiling.printing.programs import Recipe, printed
from ...compiling.simplify import Simplifier, hashable
from ...compiling.tracing import tracing
from ...core import Node, Primitive, record
from ...primitives.arithmetic import add_n, multiply
from ...rules import step_among_nodes
from ...tensor import Tensor
from ...texts import visible
from ...value import Value
from ..formula import typeset
from ..picture import symbol_of

__all__ = ["Operation", "Operations"]

FEW = 12  # operations that differ in a plain number only; of more, the number becomes an input
LONG = 40  # characters of a symbol
LONGEST = 300  # characters of LaTeX of a rule; nobody reads a longer one


class Operation:
    """One way of computing, and of passing a gradient on.

    Args:
        node: a node that is computed in this way.
        inputs: its inputs: arrays, or plain numbers that are a part of the operation, as in `x**2`.

    Attributes:
        symbol: its sign.
        formula: LaTeX, with `\\x{0}`, `\\x{1}`, … in place of the inputs.
        rules: for each input, LaTeX of what it gets; "" if it gets nothing, or if that is too long to be read. Among
            numbers that is the local derivative; else it is the whole gradient, with `\\g{}` in place of that of the
            result. `\\y{}` is the result.
        program: JavaScript that defines `forward` and `backward`; None if the printer has no form for it.
        takes: the places of the inputs that `forward` is given.
        gets: the places of the inputs for which `backward` returns a gradient.
        chooses: whether an input that was not chosen gets nothing at all, rather than 0 times a derivative.
        is_dot: whether it is a sum of products; `opens` are the numbers of the operations of its products and of their
            sum, if a page can open it.
        of_numbers: whether it has no arrays.
    """

    def __init__(self, node: Node, inputs: Sequence[Any]) -> None:
        primitive: Any = node.primitive
        self.symbol = visible(symbol_of(node), LONG)
        self.chooses = bool(primitive.masks)
        self.is_dot = primitive.products and primitive.arity is None
        self.opens: tuple[int, int] | None = None
        self.of_numbers = not np.ndim(node.data) and not any(map(np.ndim, inputs))
        self.rules = [""] * len(inputs)
        self.gets: list[int] = []
        self.program: str | None = None
        leaves = [x if isinstance(x, float) else _leaf(x) for x in inputs]
        self._nodes = {i: x for i, x in enumerate(leaves) if isinstance(x, Node)}
        self.takes = list(self._nodes)
        with tracing(primitive.name):
            y = record(Tensor, np.asarray(node._datum), primitive, tuple(leaves), node.static)
            self.formula = typeset(y, {x: rf"\x{{{i}}}" for i, x in self._nodes.items()})
        try:
            self._derive(y)
        except UnprintableError:
            pass
        except Exception:  # a rule of the user's may need numbers, and fail among nodes in any way
            self.rules = [""] * len(inputs)

    def _derive(self, y: Tensor) -> None:
        name = y.primitive.name  # type: ignore[union-attr]
        with tracing(name):
            seed = _leaf(np.ones_like(y._datum))
            gradients = step_among_nodes(y, y.inputs or (), seed)
            self.gets = [i for i in self._nodes if gradients[i] is not None]
            names: dict[Node, str] = {y: r"\y{}"}
            names.update((x, rf"\x{{{i}}}") for i, x in self._nodes.items())
            simple = Simplifier([*names, seed])
            wanted = [simple.of(gradients[i]) for i in self.gets]
            # Among numbers the rule is shown for a gradient of 1, which leaves the local derivative.
            shown, names = (Simplifier(names), names) if self.of_numbers else (simple, {**names, seed: r"\g{}"})
            for i in self.gets:
                rule = typeset(shown.of(gradients[i]), names)
                self.rules[i] = rule if len(rule) <= LONGEST else ""
            called = {x: f"x{i}" for i, x in self._nodes.items()} | {y: "y", seed: "g"}
            self.program = printed(Recipe(name, list(self._nodes.values()), [y], [seed], wanted, called, {}), JAVASCRIPT).text


def _leaf(data: object) -> Tensor:
    leaf = Tensor(0.0)
    leaf._datum = np.asarray(data)
    return leaf


class Operations:
    """The operations of a graph.

    Attributes:
        all: the operations, each once.
        of: for each computed node, the number of its operation, and the inputs that this has, without the plain numbers
            in it.
    """

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.all: list[Operation] = []
        self._steps: dict[Any, int] = {}
        self.of: dict[Node, tuple[int, list[Any]]] = {}
        numbers: dict[Any, int] = {}
        varieties: dict[Any, int] = {}
        for node in nodes:
            inputs = node.inputs or ()
            few = len(inputs) <= 2 and varieties.get(node.primitive, 0) < FEW
            given = [np.asarray(x.data) if isinstance(x, Node) else float(x) if few and not np.ndim(x) else np.asarray(x) for x in inputs]
            kinds = [repr(x) if isinstance(x, float) else (x.shape, x.dtype.str) for x in given]
            key = node.primitive, tuple(kinds), hashable(node.static)
            if key not in numbers:
                numbers[key] = len(self.all)
                varieties[node.primitive] = varieties.get(node.primitive, 0) + 1
                self.all.append(Operation(node, given))
            self.of[node] = numbers[key], list(inputs)
        for op in list(self.all):
            if op.is_dot and op.of_numbers:
                op.opens = self._steps_of(op)

    def _steps_of(self, dot: Operation) -> tuple[int, int]:
        """The operations of a sum of products that is opened: a product of two inputs, and the sum."""
        count = len(dot.rules)
        return self._added(multiply, 2), self._added(add_n, count // 2 + count % 2)

    def _added(self, primitive: Primitive, count: int) -> int:
        inputs = [np.asarray(1.0)] * count
        key = primitive, count
        if key not in self._steps:
            self._steps[key] = len(self.all)
            self.all.append(Operation(primitive(*[Value(1.0)] * count), inputs))
        return self._steps[key]
