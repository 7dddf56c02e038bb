"""The picture of a graph as plain data: boxes, operations and arrows, with their texts.

This file decides what a picture says, and `dot` what it looks like.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, SupportsFloat

import numpy as np
from numpy.typing import ArrayLike

from ..core import Node
from .folding import Folding, Group, Module
from .reading import Constant, Place, Reading, Thing, common_place, label_within

__all__ = [
    "Arrow", "Box", "Operation", "Picture", "first_not_finite", "kinds_not_finite", "local_derivatives", "not_finite", "number",
    "picture_of",
]  # fmt: skip

ArrowKind = Literal["input", "constant input", "result", "flow"]


@dataclass
class Box:
    """A value, a leaf (which learning may change), a constant, a folded module, or a group of constants or leaves.

    Example:
        >>> Box("n0", "value", (), "loss", rows=[("data", "nan")]).is_alarming
        True
    """

    id: str
    kind: Literal["value", "leaf", "constant", "module", "group"]
    place: Place
    title: str = ""
    rows: list[tuple[str, str]] = field(default_factory=list)  # caption and text
    notes: list[str] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)  # notes about nan and infinity

    @property
    def is_alarming(self) -> bool:
        """Whether there is nan or infinity in it."""
        return bool(self.alarms) or any(not_finite(text) for _, text in self.rows)


@dataclass
class Operation:
    """An operation, which computed a value."""

    id: str
    place: Place
    symbol: str


@dataclass
class Arrow:
    """An arrow from an input to an operation, with the local derivative.

    Other arrows go from an operation to its result, or between folded boxes.
    """

    id: str
    tail: str
    head: str
    kind: ArrowKind
    text: str = ""


@dataclass
class Picture:
    """Everything there is to draw."""

    boxes: list[Box] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    parts: dict[Place, str] = field(default_factory=dict)  # the open modules, outer before inner, with their titles
    ids: dict[Thing, str] = field(default_factory=dict)  # of the boxes of things
    # The ids of the arrows from a thing's inputs, if they are drawn.
    into: dict[Thing, list[str]] = field(default_factory=dict)
    numbers: dict[tuple[Thing, Place], str] = field(default_factory=dict)  # the ids of the boxes of constant numbers

    def connect(self, tail: str, head: str, kind: ArrowKind, text: str = "") -> str:
        """Add an arrow, and return its id."""
        self.arrows.append(Arrow(f"a{len(self.arrows)}", tail, head, kind, text))
        return self.arrows[-1].id

    def source(self, thing: Thing, place: Place) -> str:
        """The id of the box at the tail of an arrow from a thing to something in `place`.

        A constant number gets a box of its own in each place, made here: long arrows would hide more
        than they say.
        """
        if not _is_number(thing):
            return self.ids[thing]
        if (thing, place) not in self.numbers:
            self.numbers[thing, place] = f"c{len(self.numbers)}"
            self.boxes.append(_box(self.numbers[thing, place], thing, place, {}, {}))
        return self.numbers[thing, place]


def _is_number(thing: Thing) -> bool:
    return isinstance(thing, Constant) and np.ndim(thing.data) == 0


def picture_of(
    reading: Reading,
    folding: Folding,
    names: Mapping[Node, str] | None = None,
    grads: Mapping[Node, str] | None = None,
    marks: Mapping[Node, str] | None = None,
) -> Picture:
    """The picture of a graph.

    Args:
        reading: the graph.
        folding: which of its modules are open.
        names: titles for nodes without a label.
        grads: texts to show in place of the nodes' gradients.
        marks: alarms to add to the boxes of nodes.

    Raises:
        ValueError: a node of `marks` is not in the graph.

    Example:
        >>> from autograd import Value
        >>> reading = Reading([Value(2.0, label="x") * 3.0])
        >>> picture = picture_of(reading, Folding(reading, None))
        >>> [box.kind for box in picture.boxes], [arrow.text for arrow in picture.arrows]
        (['leaf', 'value', 'constant'], ['3', '', ''])
    """
    picture = Picture()
    boxes: dict[Module | Group, str] = {}
    for thing, place in reading.places.items():
        stand_in = folding.stand_in.get(thing)
        if stand_in is not None and stand_in not in boxes:
            boxes[stand_in] = f"m{len(boxes)}"
            picture.boxes.append(_box_of_many(boxes[stand_in], stand_in, reading))
            _open_parts(picture, reading, picture.boxes[-1].place)
        result_of = folding.results.get(thing) if isinstance(thing, Node) else None
        if not _is_number(thing) and (stand_in is None or result_of is not None):
            place = place if result_of is None else result_of.place[:-1]
            picture.ids[thing] = f"n{len(picture.ids)}"
            picture.boxes.append(_box(picture.ids[thing], thing, place, names or {}, grads or {}))
            _open_parts(picture, reading, place)
            if result_of is not None:
                picture.connect(boxes[result_of], picture.ids[thing], "result")

    flows: dict[tuple[str, str], dict[Thing, None]] = {}
    stale: set[Node] = set()
    for thing, inputs in reading.inputs.items():
        if not inputs or not isinstance(thing, Node):
            continue
        inside = folding.stand_in.get(thing)
        if inside is None:
            head = f"o{picture.ids[thing][1:]}"
            picture.operations.append(Operation(head, reading.places[thing], symbol_of(thing)))
            changed = {x for x in inputs if isinstance(x, Node) and x.time > thing.time}
            stale |= changed
            texts = ["?"] * len(inputs) if changed else local_derivatives(thing)
        else:
            head, texts = boxes[inside], [""] * len(inputs)
        for x, text in zip(inputs, texts, strict=True):
            hidden_in = folding.stand_in.get(x)
            if hidden_in is not None and x not in folding.results:
                if hidden_in is not inside:
                    flows.setdefault((boxes[hidden_in], head), {})[x] = None
            elif inside is not None:
                if hidden_in is not inside:
                    flows.setdefault((picture.source(x, reading.places[x]), head), {})[x] = None
            else:
                constant = isinstance(x, Constant) or not x.requires_grad
                tail = picture.source(x, reading.places[thing])
                arrow = picture.connect(tail, head, "constant input" if constant else "input", "" if constant else text)
                picture.into.setdefault(thing, []).append(arrow)
        if inside is None:
            picture.connect(head, picture.ids[thing], "result")
    for (tail_id, head), things in flows.items():
        picture.connect(tail_id, head, "flow", _amount(things, folding, reading))
    _mark_not_finite(picture, reading, folding, boxes, gradients=grads is None)
    changed_ids = {picture.ids.get(node) for node in stale}
    for box in picture.boxes:
        if box.id in changed_ids:
            box.notes.append("changed since its use")
    by_id = {box.id: box for box in picture.boxes}
    for node, text in (marks or {}).items():
        if node not in reading.inputs:
            raise ValueError(f"draw() cannot mark {node!r}, since it is not in the graph; give nodes from which the result was computed.")
        by_id[picture.ids.get(node) or boxes[folding.stand_in[node]]].alarms.append(text)
    return picture


def _mark_not_finite(picture: Picture, reading: Reading, folding: Folding, boxes: Mapping[Module | Group, str], *, gradients: bool) -> None:
    """Mark nan and infinity where no number shows them, in arrays and in folded modules, and where they appeared first."""
    by_id = {box.id: box for box in picture.boxes}
    ids = {thing: boxes[stand_in] for thing, stand_in in folding.stand_in.items()} | picture.ids
    for (thing, _), id in picture.numbers.items():
        ids.setdefault(thing, id)
    firsts = first_not_finite(reading)
    for thing in reading.inputs:
        kinds, box = kinds_not_finite(thing.data), by_id[ids[thing]]
        where = " inside" if np.ndim(thing.data) or box.kind == "module" else ""
        for kind in kinds:
            if firsts[kind] is thing:
                box.alarms.append(f"the first {kind}{where}")
            elif where and not any(alarm.endswith(f"{kind}{where}") for alarm in box.alarms):
                box.alarms.append(f"{kind}{where}")
    for kind in ("nan", "inf") if gradients else ():
        for thing in reversed(reading.inputs):
            if isinstance(thing, Node) and kind in kinds_not_finite(thing.grad):
                by_id[ids[thing]].alarms.append(f"the first gradient with {kind}")
                break


def first_not_finite(reading: Reading) -> dict[str, Thing]:
    """The first number or array with nan, under "nan", and the first with infinity, under "inf".

    Example:
        >>> from autograd import Value
        >>> list(first_not_finite(Reading([Value(float("inf")) * 0.0])))
        ['inf', 'nan']
    """
    firsts: dict[str, Thing] = {}
    for thing in reading.inputs:
        for kind in kinds_not_finite(thing.data):
            firsts.setdefault(kind, thing)
    return firsts


def kinds_not_finite(data: ArrayLike | None) -> list[str]:
    """Which of "nan" and "inf" are in a number or an array.

    Example:
        >>> kinds_not_finite([1.0, float("-inf")]), kinds_not_finite(2.0)
        (['inf'], [])
    """
    array = np.asarray(data)
    if array.dtype.kind not in "fc":
        return []
    return [kind for kind, found in (("nan", np.isnan(array)), ("inf", np.isinf(array))) if found.any()]


def not_finite(text: str) -> bool:
    """Whether a text is a number that is not finite.

    Example:
        >>> not_finite(" -inf "), not_finite("0.5")
        (True, False)
    """
    return text.strip() in ("nan", "inf", "-inf")


def _open_parts(picture: Picture, reading: Reading, place: Place) -> None:
    """Add the parts around a place to the picture."""
    for length in range(1, len(place) + 1):
        part = place[:length]
        if part not in picture.parts:
            calls = len(reading.calls[part])
            title = reading.titles.get(part) or label_within(part[-1][0], part[:-1])
            picture.parts[part] = title + (f"  ×{calls}" if calls > 1 else "")


def _box(id: str, thing: Thing, place: Place, names: Mapping[Node, str], grads: Mapping[Node, str]) -> Box:
    """The box of one value, leaf or constant."""
    if isinstance(thing, Constant):
        return Box(id, "constant", place, rows=[("", _size_or_number(thing.data))])
    box = Box(id, "value" if thing.primitive is not None else "leaf", place)
    box.title = label_within(thing.label, place) if thing.label else names.get(thing, "")
    data = thing.data
    box.rows.append(("data" if np.ndim(data) == 0 else "shape", _size_or_number(data)))
    if not thing.requires_grad:
        box.kind = "constant"
    elif thing in grads:
        box.rows.append(("grad" if np.ndim(data) == 0 else "‖grad‖", grads[thing]))
    elif np.ndim(data) == 0:
        box.rows.append(("grad", "–" if thing.grad is None else number(thing.grad)))
    else:
        box.rows.append(("‖grad‖", "–" if thing.grad is None else number(np.linalg.norm(thing.grad))))
    return box


def _box_of_many(id: str, stand_in: Module | Group, reading: Reading) -> Box:
    """The box of a folded module, or of a group."""
    if isinstance(stand_in, Group):
        place = common_place(reading.places[member] for member in stand_in.members)
        first, count = stand_in.members[0], len(stand_in.members)
        if isinstance(first, Constant) or not first.requires_grad:
            return Box(id, "constant", place, rows=[("", f"{count:,} constants")])
        return Box(id, "leaf", place, rows=[("", f"{count:,} inputs")])
    outer, (name, _) = stand_in.place[:-1], stand_in.place[-1]
    calls = f"  ×{stand_in.calls}" if stand_in.calls > 1 else ""
    box = Box(id, "module", outer, label_within(name, outer) + calls)
    for count, what in ((stand_in.nodes, "node"), (stand_in.parameters, "parameter")):
        if count:
            box.rows.append(("", _counted(count, what)))
    return box


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' if count > 1 else ''}"


def _amount(things: Mapping[Thing, None], folding: Folding, reading: Reading) -> str:
    """The text for what flows between two boxes.

    It is the number of results in each call, and of parameters that are also used elsewhere.
    """
    results = [x for x in things if reading.inputs[x]]
    texts = []
    if len(results) > 1:
        module = folding.stand_in[results[0]]
        calls = module.calls if isinstance(module, Module) else 1
        each, rest = divmod(len(results), calls)
        texts.append(f"{each} × {calls} values" if calls > 1 and each > 1 and not rest else f"{len(results):,} values")
    parameters = sum(np.size(x.data) for x in things if x in folding.stand_in and not reading.inputs[x])
    if parameters and not isinstance(folding.stand_in[next(iter(things))], Group):
        texts.append(_counted(parameters, "parameter"))
    return "\n".join(texts)


def symbol_of(node: Node) -> str:
    """The symbol of the operation that computed a node.

    Example:
        >>> from autograd import Value
        >>> symbol_of(Value(2.0) * 3.0)
        '×'
    """
    symbol = node.primitive.symbol  # type: ignore[union-attr]
    return symbol if isinstance(symbol, str) else symbol(*node.inputs or ())


def local_derivatives(node: Node) -> list[str]:
    """For each input the local derivative ∂node/∂input, as a number; for arrays the size of the Jacobian matrix.

    The number is what the rule of the table gives for a gradient of 1.

    Example:
        >>> from autograd import Value
        >>> local_derivatives(Value(2.0) * Value(3.0))
        ['3', '2']
    """
    inputs: Any = node.inputs
    primitive: Any = node.primitive
    out = node.data
    texts = [f"{np.size(out):,} × {np.size(x.data):,}" if isinstance(x, Node) else "" for x in inputs]
    numbers = [isinstance(x, Node) and np.size(out) == np.size(x.data) == 1 for x in inputs]
    if any(numbers):
        data = [np.asarray(x.data if isinstance(x, Node) else x, dtype=None if np.ndim(x) else float)[()] for x in inputs]
        with np.errstate(all="ignore"):
            gradients = primitive.gradients(np.ones_like(out)[()], np.asarray(out)[()], data, numbers, node.static)
        for i, gradient in enumerate(gradients):
            if numbers[i]:
                texts[i] = number(np.sum(gradient)) if gradient is not None else "0"
    return texts


def number(x: SupportsFloat) -> str:
    """A number with four significant digits.

    Example:
        >>> number(2.0), number(-1 / 3), number(123456.0)
        ('2', '-0.3333', '1.235e+05')
    """
    return f"{float(x) + 0.0:.4g}"  # adding zero makes -0.0 a plain 0


def _size_or_number(data: Any) -> str:
    """A number; or the shape of an array, with its dtype if that is not float64."""
    if np.ndim(data) == 0:
        return str(bool(data)) if np.asarray(data).dtype.kind == "b" else number(data)
    return f"{np.shape(data)}" + ("" if data.dtype == np.float64 else f" {data.dtype}")
