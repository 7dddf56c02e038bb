"""What there is in a graph, as data for a page."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from ...backward import history
from ...core import Node
from ...texts import visible
from ..formula import latex
from ..reading import Constant, Reading, Thing, label_within
from .operations import Operation, Operations
from .parts import Parts
from .recording import recorded

__all__ = ["described"]

LONG, BRIEF = 60, 24  # characters of a name, and of a name in a formula
SHORT = 110  # characters of LaTeX of a formula that stands in the heading
TYPES = ("f8", "f4", "b1", "i4", "i2", "i1", "u1", "u2", "u4")  # those that JavaScript has arrays of


def described(reading: Reading, fold: int | None, name: str) -> tuple[dict[str, Any], str]:
    """The data of a page, and its programs: JavaScript, a list with a function for each operation, or null.

    Args:
        fold: how many levels of modules are open at first; None for as many as are clear.
        name: the name of the file.

    Raises:
        RuntimeError: a leaf was changed after it was used.
        ValueError: the result is no single number.
    """
    root = reading.roots[0]
    history(root)
    root._seed(None)
    things = [x for x in reading.inputs if isinstance(x, Node) or np.ndim(x.data)]
    operations = Operations([x for x in things if isinstance(x, Node) and x.primitive is not None])
    data = _Data(reading, things, operations, Parts(reading, fold), _names(reading, name))
    missing = [op.symbol for op in operations.all if op.program is None]
    functions = ",\n".join(f"() => {{\n{op.program}return {{forward, backward}};\n}}" if op.program else "null" for op in operations.all)
    return {
        "root": data.numbers[root],
        "nodes": [data.node(x) for x in things],
        "parts": data.parts.all,
        "operations": [_operation(op) for op in operations.all],
        "recorded": missing[0] if missing else "",
        "heading": _heading(root),
        "file": visible(name, LONG),
    }, f"[\n{functions}\n]"  # fmt: skip


class _Data:
    """The data of the nodes."""

    def __init__(self, reading: Reading, things: list[Thing], operations: Operations, parts: Parts, names: dict[Thing, str]) -> None:
        self.reading, self.operations, self.parts, self.names = reading, operations, parts, names
        self.numbers = {x: i for i, x in enumerate(things)}
        missing = {x for x, (number, _) in operations.of.items() if operations.all[number].program is None}
        self.recorded = recorded(reading.roots[0], missing) if missing else {}

    def node(self, x: Thing) -> dict[str, Any]:
        """A node, or an array of constants. Its inputs are numbers of nodes, or texts of plain numbers."""
        place = self.reading.places[x]
        data: dict[str, Any] = {
            "name": self.names[x], "short": visible(label_within(self.names[x], place), BRIEF), "part": self.parts.of(x),
            "isLabelled": isinstance(x, Node) and bool(x.label), "learns": isinstance(x, Node) and x.requires_grad,
        }  # fmt: skip
        if not isinstance(x, Node) or x.primitive is None:
            return data | {"value": _array(x.data)}
        number, inputs = self.operations.of[x]
        nodes = (self.numbers[y] for y in self.reading.inputs[x] if y in self.numbers)
        data |= {"op": number, "in": [next(nodes) if isinstance(y, Node) or np.ndim(y) else _number(y) for y in inputs]}
        if self.operations.all[number].program is not None:
            return data | {"shape": list(np.shape(x.data))}
        passed_on = self.recorded.get(x, [None] * len(inputs))
        return data | {"value": _array(x.data), "parts": [None if g is None else _array(g) for g in passed_on]}


def _operation(op: Operation) -> dict[str, Any]:
    return {
        "symbol": op.symbol, "formula": op.formula, "rules": op.rules, "takes": op.takes, "gets": op.gets, "chooses": op.chooses,
        "isSum": op.is_dot, "opens": op.opens, "ofNumbers": op.of_numbers,
    }  # fmt: skip


def _number(x: Any) -> str:
    """A number as JavaScript's `Number` reads it, since JSON has no nan and no infinity."""
    return repr(float(x)).replace("inf", "Infinity").replace("nan", "NaN")


def _array(data: Any) -> Any:
    """A number; or an array as its shape, its type and its bytes."""
    if not np.ndim(data):
        return _number(data)
    data = np.asarray(data)
    if data.dtype.str[1:] not in TYPES:
        data = data.astype(np.float64)
    little = np.ascontiguousarray(data, data.dtype.newbyteorder("<"))
    return {"shape": list(data.shape), "type": data.dtype.str[1:], "bytes": base64.b64encode(little.tobytes()).decode()}


def _names(reading: Reading, file: str) -> dict[Thing, str]:
    """A name for each node, and each array of constants.

    It is the label. Without one, the result has the name of the file if that is a letter, else L; others are v1, v2, …,
    and constants X1, X2, ….
    """
    names: dict[Thing, str] = {x: visible(x.label, LONG) for x in reading.inputs if isinstance(x, Node) and x.label}
    taken = set(names.values())
    free = [letter for letter in (file, "L") if len(letter) == 1 and letter.isalpha() and letter not in taken]
    root = reading.roots[0]
    if root not in names and free:
        names[root] = free[0]
        taken.add(free[0])
    for letter, kind in (("v", Node), ("X", Constant)):
        unnamed = [x for x in reading.inputs if isinstance(x, kind) and x not in names]
        spare = (f"{letter}{i}" for i in range(1, len(unnamed) + len(taken) + 1) if f"{letter}{i}" not in taken)
        names |= dict(zip(unnamed, spare, strict=False))
    return names


def _heading(root: Node) -> str:
    """LaTeX of the whole formula, for the heading, if it is short."""
    try:
        formula = latex(root) if root.primitive is not None else ""
    except ValueError:  # of a thousand operations
        return ""
    return formula if len(formula) <= SHORT else ""
