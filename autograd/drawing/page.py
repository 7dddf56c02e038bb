"""A page for stepping through the backward pass, in a browser and without an internet connection.

The pass is run here, by the engine itself, and recorded; the page only shows it.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..backward import gradients, history
from ..core import Node
from ..errors import describe
from ..primitives.reductions import unbroadcast
from ..recording import Observer, observe
from ..texts import visible
from .dot import GREY, INK, RED, RUST, dot_of
from .folding import READABLE, Folding, Module
from .layout import rendered
from .picture import Picture, first_not_finite, kinds_not_finite, local_derivatives, number, picture_of
from .reading import Constant, Reading

__all__ = ["page_of"]

LONG = 60  # characters of a name in a formula


def page_of(reading: Reading, folding: Folding, direction: str, name: str) -> str:
    """The page, as HTML with everything in it.

    Args:
        reading, folding: the graph, and which of its modules are open.
        direction: the direction of the computation, such as LR.
        name: a name for the heading, if the result has no label.

    Raises:
        ValueError: there is no single number to start from, or something is folded.
        RuntimeError: a leaf was changed after it was used; or Graphviz is not installed, or fails.

    Example:
        >>> from autograd import Value
        >>> reading = Reading([Value(2.0, label="x").tanh()])
        >>> page_of(reading, Folding(reading, None), "LR", "tanh").splitlines()[0]
        '<!DOCTYPE html>'
    """
    if reading.titles:
        raise ValueError(
            "A page steps through one backward pass, and this drawing compares the two graphs of a compiled function. Draw the result "
            "of its `.function`, the function as it was written, for a small example."
        )
    if len(reading.roots) > 1:
        raise ValueError(f"A page steps through one backward pass, and this drawing has {len(reading.roots)} results; draw one of them.")
    root = reading.roots[0]
    if not root.requires_grad:
        raise ValueError(f"A page steps through the backward pass, and {describe(root)} is a constant, which has none.")
    folded = {box.place for box in folding.stand_in.values() if isinstance(box, Module)}
    if folded <= reading.folded and len(reading) <= READABLE:
        folding = Folding(reading, None)
    if folding.stand_in:
        raise ValueError(
            "A page steps through the backward pass node by node, and in this drawing modules are folded. Draw a smaller part, "
            "such as one example or one neuron; or open all modules, with a larger fold."
        )
    names = _names(reading)
    walk = _Walk(root, names)
    widest = {node: max(texts, key=len) for node, texts in walk.texts.items()}
    picture = picture_of(reading, folding, names, widest)
    heading = f"The backward pass of {names[root]}" if root.label else f"{visible(name, LONG)}: the backward pass of {names[root]}"
    parts = {
        "title": html.escape(heading),
        "warning": html.escape(" ".join(_warnings(reading, walk, names))),
        "style": _template("page.css"),
        "script": _template("page.js"),
        "svg": _inline_svg(dot_of(picture, direction)),
        # A script element ends at the first "</script", in whatever label that stands.
        "data": json.dumps(_as_data(walk, picture, names)).replace("<", "\\u003c"),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _template("page.html"))


def _template(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _inline_svg(source: str) -> str:
    """The picture for use inside HTML, where a style sheet colours its texts, for light and dark mode."""
    svg = rendered(source, "svg").decode()
    for colour, name in ((INK, "ink"), (GREY, "grey"), (RUST, "rust"), (RED, "alarm")):
        svg = svg.replace(f'fill="{colour}"', f'class="{name}"')
    return svg[svg.index("<svg") :]


def _names(reading: Reading) -> dict[Node, str]:
    """A name for each node: its label; without one L for the result, and v1, v2, … for the others."""
    nodes = [node for node in reading.inputs if isinstance(node, Node)]
    labels = {node: visible(node.label, LONG) for node in nodes if node.label}
    taken = set(labels.values())
    spare = (f"v{i}" for i in range(1, 2 * len(nodes) + 1) if f"v{i}" not in taken)
    return {node: labels.get(node) or ("L" if node is reading.roots[0] and "L" not in taken else next(spare)) for node in nodes}


def _warnings(reading: Reading, walk: _Walk, names: dict[Node, str]) -> list[str]:
    """Sentences about where nan and infinity appeared first, in the forward pass and in the backward pass."""
    root = names[reading.roots[0]]
    warnings = []
    for kind, thing in first_not_finite(reading).items():
        if isinstance(thing, Constant):
            warnings.append(f"The first {kind} is in a constant.")
        else:
            how = f" = {_call(thing, names)}" if thing.inputs else ""
            warnings.append(f"The first {kind} is in {names[thing]}{how}.")
    warnings += [f"The first gradient with {kind} is ∂{root}/∂{names[node]}." for kind, node in walk.first_not_finite.items()]
    return warnings


def _call(node: Node, names: dict[Node, str]) -> str:
    """How a node was computed: `multiply(a, 2)`."""
    inputs = [names[x] if isinstance(x, Node) else "constant" if np.ndim(x) else number(x) for x in node.inputs or ()]
    return f"{visible(node.primitive.name, LONG)}({', '.join(inputs if len(inputs) <= 8 else [*inputs[:7], '…'])})"  # type: ignore[union-attr]


@dataclass
class _Part:
    """What one step adds to the gradient of an input.

    Attributes:
        input: the input.
        slot: its place among the inputs.
        formula, total: the product and the sum, in words.
        shown: the gradient afterwards, for the picture.
        complete: whether nothing is added to it later.
    """

    input: Node
    slot: int
    formula: str
    total: str
    shown: str
    complete: bool = False


class _Walk:
    """A record of a backward pass.

    Attributes:
        steps: the nodes in the order in which their gradients are completed, with what each passes on.
        texts: for each node the texts of its gradient, from before the pass to its end.
        first_not_finite: the first node whose gradient has nan, and the first with infinity.
    """

    def __init__(self, root: Node, names: dict[Node, str]) -> None:
        order = history(root)
        sums: dict[Node, Any] = {root: root._seed(None)}
        self.texts = {node: [_shown(node, None)] for node in order if node.requires_grad}
        self.texts[root].append(_shown(root, sums[root]))
        self.steps: list[tuple[Node, list[_Part]]] = []
        self.first_not_finite: dict[str, Node] = {}
        last: dict[Node, _Part] = {}
        for node, passed_on in _recorded(order, sums[root]):
            parts = []
            derivatives = local_derivatives(node)
            for slot, (x, gradient) in enumerate(zip(node.inputs or (), passed_on, strict=True)):
                if not isinstance(x, Node) or not x.requires_grad or gradient is None:
                    continue
                gradient = _shaped(gradient, x)
                before = sums.get(x)
                sums[x] = gradient if before is None else before + gradient
                for kind in kinds_not_finite(sums[x]):
                    self.first_not_finite.setdefault(kind, x)
                formula = f"∂{names[root]}/∂{names[x]} += ∂{names[root]}/∂{names[node]} · ∂{names[node]}/∂{names[x]}"
                if np.size(node.data) == np.size(x.data) == 1:
                    formula += f" = {number(np.sum(sums[node]))} × {derivatives[slot]} = {number(np.sum(gradient))}"
                    total = "" if before is None else f"{number(np.sum(before))} + {number(np.sum(gradient))} = {number(np.sum(sums[x]))}"
                else:
                    formula += f", by the vjp of {visible(node.primitive.name, LONG)}"  # type: ignore[union-attr]
                    total = f"shape {np.shape(x.data)}" if np.ndim(x.data) else ""
                last[x] = _Part(x, slot, formula, total, _shown(x, sums[x]))
                parts.append(last[x])
                self.texts[x].append(last[x].shown)
            self.steps.append((node, parts))
        for part in last.values():
            part.complete = True


def _recorded(order: list[Node], seed: Any) -> list[tuple[Node, Sequence[Any]]]:
    """The steps of a backward pass as the engine takes them: each node with the gradients for its inputs."""
    steps: list[tuple[Node, Sequence[Any]]] = []

    class Recorder(Observer):
        def pulled_back(self, node: Node, gradients: Sequence[Any]) -> None:
            if node in among:  # else it belongs to another thread's pass
                steps.append((node, list(gradients)))

    among = set(order)
    with observe(Recorder()):
        gradients({order[0]: seed})
    return steps


def _shaped(gradient: Any, x: Node) -> Any:
    """The gradient from a rule, in the shape of its input, as in the backward pass."""
    gradient = np.asarray(gradient)
    shape = np.shape(x.data)
    return np.broadcast_to(gradient, shape) if gradient.ndim < len(shape) else unbroadcast(gradient, shape)


def _shown(node: Node, gradient: Any) -> str:
    """A gradient as a text for the picture: a number, or the norm of an array."""
    if gradient is None:
        return "0" if isinstance(node.data, float) else "–"
    return number(np.linalg.norm(gradient) if np.ndim(gradient) else gradient)


def _as_data(walk: _Walk, picture: Picture, names: dict[Node, str]) -> dict[str, Any]:
    """The data for the page's script: the ids of what to highlight, and texts."""
    root = next(iter(walk.texts))
    steps: list[dict[str, Any]] = []
    for node, parts in walk.steps:
        steps.append(
            {
                "box": picture.ids[node],
                "operation": f"o{picture.ids[node][1:]}",
                "title": f"∂{names[root]}/∂{names[node]} is complete: {_final(walk, node)}",
                "says": f"{names[node]} = {_call(node, names)}",
                "parts": [
                    {
                        "box": picture.ids[part.input],
                        "arrow": picture.into[node][part.slot],
                        "formula": part.formula,
                        "total": part.total,
                        "shown": part.shown,
                        "complete": part.complete,
                    }
                    for part in parts
                ],
            }
        )
    leaves = [node for node in walk.texts if node.is_leaf]
    return {
        "root": names[root],
        "start": {"box": picture.ids[root], "shown": walk.texts[root][1]},
        "before": {picture.ids[node]: texts[0] for node, texts in walk.texts.items()},
        "steps": steps,
        "leaves": [f"∂{names[root]}/∂{names[node]} = {_final(walk, node)}" for node in reversed(leaves)],
    }


def _final(walk: _Walk, node: Node) -> str:
    text = walk.texts[node][-1]
    return f"an array of norm {text}" if np.ndim(node.data) else text
