"""What there is in a graph, as data for a page."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ...backward import gradients, history
from ...core import Node
from ...modes import Observer, observers
from ...primitives.reductions import unbroadcast
from ...texts import visible
from ..folding import Folding
from ..formula import latex
from ..reading import Constant, Place, Reading, Thing, label_within
from .operations import Operation, Operations

__all__ = ["described"]

LONG = 60  # characters of a name
MANY = 8  # leaves that stand one by one where the same modules use them
CLEAR = 24  # boxes of a graph that is clear at a glance
SHORT = 110  # characters of LaTeX of a formula that stands in the heading


def described(reading: Reading, fold: int | None, name: str) -> tuple[dict[str, Any], str]:
    """The data of a page, and its programs: an array with a function for each operation of which there is one."""
    root = reading.roots[0]
    order = history(root)
    things = [x for x in reading.inputs if isinstance(x, Node) or np.ndim(x.data)]
    numbers = {x: i for i, x in enumerate(things)}
    operations = Operations([x for x in things if isinstance(x, Node) and x.primitive is not None])
    names = _names(reading, name)
    places, parts = _parts(reading, _clear(reading) if fold is None else _opened(reading, reading.calls, fold))
    grouped = _grouped(reading, parts)
    missing = [op for op in operations.all if op.program is None]
    recorded = _recorded(order, root) if missing else {}
    nodes = []
    for x in things:
        node: dict[str, Any] = {"name": names[x], "part": grouped.get(x, places[reading.places[x]])}
        if isinstance(x, Node):
            node |= {"label": x.label, "short": visible(label_within(names[x], reading.places[x]), LONG), "learns": x.requires_grad}
        else:
            node |= {"label": None, "short": names[x], "learns": False}
        if isinstance(x, Node) and x in operations.of:
            kind, inputs = operations.of[x]
            shared = iter([y for y in reading.inputs[x] if isinstance(y, Node) or np.ndim(y.data)])
            node |= {"op": kind, "in": [numbers[next(shared)] if isinstance(y, Node) or np.ndim(y) else _number(y) for y in inputs]}
            if operations.all[kind].program is None:
                node |= {"value": _array(x.data), "parts": [None if g is None else _array(g) for g in recorded.get(x, [None] * len(inputs))]}
            elif np.ndim(x.data):
                node["shape"] = list(np.shape(x.data))
        else:
            node["value"] = _array(x.data)
        nodes.append(node)
    data = {
        "root": numbers[root],
        "nodes": nodes,
        "parts": parts,
        "operations": [_operation(op) for op in operations.all],
        "recorded": missing[0].symbol if missing else "",
        "heading": _heading(root, names[root], name),
        "file": visible(name, LONG),
    }
    functions = ",\n".join(f"() => {{\n{op.program}return {{forward, backward}};\n}}" if op.program else "null" for op in operations.all)
    return data, f"[\n{functions}\n]"


def _operation(op: Operation) -> dict[str, Any]:
    return {
        "symbol": op.symbol, "formula": op.formula, "rules": op.rules, "takes": op.takes, "gets": op.gets, "chooses": op.chooses,
        "opens": op.opens, "ofNumbers": op.of_numbers,
    }  # fmt: skip


def _number(x: Any) -> str:
    """A number for JavaScript's `Number`, which JSON has no nan and no infinity for."""
    return repr(float(x)).replace("inf", "Infinity").replace("nan", "NaN")


def _array(data: Any) -> Any:
    """A number, or an array as its shape, its type, and its bytes."""
    if not np.ndim(data):
        return _number(data)
    data = np.asarray(data)
    if data.dtype.str[1:] not in ("f8", "f4", "b1", "i4", "i2", "i1", "u1", "u2", "u4"):
        data = data.astype(np.float64)
    little = np.ascontiguousarray(data, data.dtype.newbyteorder("<"))
    return {"shape": list(data.shape), "type": data.dtype.str[1:], "bytes": base64.b64encode(little.tobytes()).decode()}


def _names(reading: Reading, file: str) -> dict[Thing, str]:
    """A name for each node: its label; without one the file's for the result if that is a letter, else L; v1, v2, … for the others.

    Constant arrays are X1, X2, ….
    """
    things = [x for x in reading.inputs if isinstance(x, Node)]
    labels = {x: visible(x.label, LONG) for x in things if x.label}
    taken = set(labels.values())
    root = reading.roots[0]
    result = next((letter for letter in (file, "L") if len(letter) == 1 and letter.isalpha() and letter not in taken), None)
    names: dict[Thing, str] = dict(labels)
    if root not in names and result is not None:
        names[root] = result
        taken.add(result)
    for letter, unnamed in (("v", [x for x in things if x not in names]), ("X", [x for x in reading.inputs if isinstance(x, Constant)])):
        spare = (f"{letter}{i}" for i in range(1, len(unnamed) + len(taken) + 1) if f"{letter}{i}" not in taken)
        names |= dict(zip(unnamed, spare, strict=False))
    return names


def _heading(root: Node, name: str, file: str) -> str:
    """LaTeX for the heading: the whole formula if it is short, else the name."""
    try:
        formula = latex(root) if root.primitive is not None else ""
    except ValueError:  # of a thousand operations
        formula = ""
    return formula if len(formula) <= SHORT else ""


def _clear(reading: Reading) -> Folding:
    """A folding with losses closed, and as many levels of modules open as are clear at a glance."""
    usual = {place for place in reading.calls if not any(place[:length] in reading.folded for length in range(1, len(place) + 1))}
    foldings = (_opened(reading, usual, depth) for depth in range(max(map(len, usual), default=0), -1, -1))
    return next((folding for folding in foldings if folding.size <= CLEAR), Folding(reading, ()))


def _opened(reading: Reading, places: Iterable[Place], depth: int) -> Folding:
    return Folding(reading, {place for place in places if len(place) <= depth})


def _parts(reading: Reading, folding: Folding) -> tuple[dict[Place, int], list[dict[str, Any]]]:
    """The modules and scopes: the number of each, 0 for what is in none; and what they are called, outer before inner."""
    numbers: dict[Place, int] = {(): 0}
    parts: list[dict[str, Any]] = [{"title": "", "within": 0, "calls": 1, "open": True}]
    for place in reading.places.values():
        for length in range(1, len(place) + 1):
            part = place[:length]
            if part not in numbers:
                numbers[part] = len(parts)
                is_open = folding.open is None or part in folding.open
                title = visible(label_within(part[-1][0], part[:-1]), LONG)
                parts.append({"title": title, "within": numbers[part[:-1]], "calls": len(reading.calls[part]), "open": is_open})
    return numbers, parts


def _grouped(reading: Reading, parts: list[dict[str, Any]]) -> dict[Node, int]:
    """The leaves outside of all modules that the same modules use, such as the numbers of many examples: where they are many, a part."""
    users: dict[Node, set[Place]] = {}
    for thing, inputs in reading.inputs.items():
        for x in inputs:
            if isinstance(x, Node) and x.is_leaf and x.requires_grad and not reading.places[x]:
                users.setdefault(x, set()).add(reading.places[thing][:1])
    groups: dict[frozenset[Place], list[Node]] = {}
    for x, places in users.items():
        if () not in places:
            groups.setdefault(frozenset(places), []).append(x)
    numbers: dict[Node, int] = {}
    for group in groups.values():
        if len(group) > MANY:
            numbers |= dict.fromkeys(group, len(parts))
            parts.append({"title": f"{len(group):,} inputs", "within": 0, "calls": 1, "open": False})
    return numbers


def _recorded(order: Sequence[Node], root: Node) -> dict[Node, list[Any]]:
    """The backward pass as the engine takes it: what each node passes on to its inputs."""
    steps: dict[Node, list[Any]] = {}

    class Recorder(Observer):
        def pulled_back(self, node: Node, gradients: Sequence[Any]) -> None:
            if node in among:  # else it belongs to another thread's pass
                steps[node] = [None if g is None or not isinstance(x, Node) else _shaped(g, x) for x, g in zip(node.inputs or (), gradients, strict=True)]

    among = set(order)
    recorder = Recorder()
    observers.append(recorder)
    try:
        gradients({root: root._seed(None)})
    finally:
        observers.remove(recorder)
    return steps


def _shaped(gradient: Any, x: Node) -> Any:
    """The gradient from a rule, in the shape of its input, as in the backward pass."""
    gradient = np.asarray(gradient)
    shape = np.shape(x.data)
    return np.broadcast_to(gradient, shape) if gradient.ndim < len(shape) else unbroadcast(gradient, shape)
