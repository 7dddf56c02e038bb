"""The stages of a compiled function: each pass with its graph, which `draw` can show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..core import Node
from ..value import Value
from .differentiate import differentiate, seed_of
from .flatten import Flattening
from .nodes import nodes_of
from .program import Program
from .roll import Rolling
from .simplify import Simplifier
from .tracing import tracing

__all__ = ["Stage", "stages_of"]


@dataclass(frozen=True)
class Stage:
    """One pass of the compiler.

    Attributes:
        name: the name of the pass.
        about: what it does, in a sentence.
        roots: the results of the graph after the pass, with numbers from the arguments of the first call and the
            current parameters.
        source: the program, for the last pass; None for the others.
    """

    name: str
    about: str
    roots: list[Node]
    source: str | None = None

    def __repr__(self) -> str:
        return f"<stage {self.name}: {self.about}>"


def stages_of(program: Program) -> list[Stage]:
    """Run the passes again, and return each with its graph."""
    trace, written = program.retraced()
    inputs, outputs = program.lifted()
    seeds = [seed_of(x, "g" if len(outputs) == 1 else f"g{i + 1}", 1.0) for i, x in enumerate(outputs)]
    with tracing(program.name):
        rolled = Rolling([x for x in nodes_of(trace) if x.primitive is not None and x.time >= trace.start], written, trace.made)
        steps = [rolled.of(x) for x in written]
        flat = Flattening(rolled.nodes, steps)
        for node in flat.nodes:
            if isinstance(node, Value):
                data = [x._datum if isinstance(x, Node) else x for x in node.inputs or ()]
                node._datum = float(node.primitive.compute(data, node.static))  # type: ignore[union-attr]
        gradients = differentiate(outputs, seeds)
        wanted = [gradients.get(x) for x, want in zip(inputs, program.wanted, strict=True) if want]
        simple = Simplifier([*inputs, *seeds])
        simple.read(outputs)
        simple.read(gradients.values())
        simpler = [simple.of(x) for x in [*outputs, *wanted]]
    return [
        Stage("trace", "The function is called once, with stand-ins for its arguments, and its graph is recorded.", written),
        Stage("roll", "Steps that each need the one before become a loop; its body is the graph of one step.", _nodes(steps)),
        Stage("flatten", "Nested sums and products become sums and dot products of many terms.", _nodes([*map(flat.of, steps)])),
        Stage("lift", "Numbers with the same formula become one array, and dot products become matrix products.", list(outputs)),
        Stage("differentiate", "The rules of the table, run on nodes, add the gradients to the graph.", _nodes([*outputs, *wanted])),
        Stage("simplify", "Rules of algebra make the graph smaller.", _nodes(simpler)),
        Stage("print", "The graph is written as a NumPy program.", _nodes(simpler), program.source),
    ]


def _nodes(roots: Sequence[Any]) -> list[Node]:
    """The roots that are nodes, without duplicates."""
    return list(dict.fromkeys(x for x in roots if isinstance(x, Node)))
