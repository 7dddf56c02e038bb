"""How a loop is written: `for t in range(…)`, with the states in arrays that have time as their first axis.

A loop of single numbers runs on Python's floats, which are several times as fast as NumPy's; its states are in lists. Where
floats raise an error and NumPy gives inf or nan (1/0, exp 1000), the program is written anew without them.
"""

from __future__ import annotations

import math
import types
from collections.abc import Sequence
from typing import Any

from ..core import Node
from ..primitives import printing
from ..primitives.shapes import getitem

__all__ = ["is_slice", "loop_lines", "runs_on_floats"]

OPERATORS = (printing.Plus, printing.Product)


def loop_lines(w: Any, x: Any) -> list[str]:
    """The lines of a loop: what it starts from, and its steps."""
    body, steps, backwards = x.static["body"], x.static["steps"], x.static["backwards"]
    start, by_step, fixed = body.apart(x.inputs)
    here, there = ("[t + 1]", "[t]") if backwards else ("[t]", "[t + 1]")
    order, on_floats = w.body_of(x)
    lines = []
    if on_floats:
        fixed_names = [w.fresh_name("k") for _ in fixed]
        values = [f"float({w.text_of(value)})" if isinstance(value, Node) else w.text_of(value) for value in fixed]
        if fixed:
            lines.append(f"{', '.join(fixed_names)} = {', '.join(values)}")
    else:
        fixed_names = [w.bound(value, printing.ATOM) for value in fixed]
    w.names.update(zip(body.fixed, fixed_names, strict=True))
    for leaf, rows in zip(body.by_step, by_step, strict=True):
        if on_floats:
            name = w.fresh_name("x")
            lines.append(f"{name} = {w.owner(rows)}.tolist()")
            w.names[leaf] = f"{name}[t]"
        else:
            w.names[leaf] = _row(w, rows)
    states = [w.state_name(x, k) for k in range(len(body.carried))]
    for name, leaf, first in zip(states, body.carried, start, strict=True):
        if on_floats:
            lines.append(f"{name} = [{f'float({w.text_of(first)})' if isinstance(first, Node) else w.text_of(first)}] * {steps + 1}")
        else:
            shape = ", ".join(map(str, (steps + 1, *leaf.shape)))
            lines.append(f"{name} = np.empty({f'({shape})' if leaf.shape else shape})")
            lines.append(f"{name}[{steps if backwards else 0}] = {w.text_of(first)}")
        w.names[leaf] = f"{name}{here}"
    targets: dict[Any, str] = {}
    after = []
    for name, result in zip(states, body.results, strict=True):
        if result in targets or result.primitive is None:
            after.append((name, result))
        else:
            targets[result] = f"{name}{there}"
    inner = w.lines_of(order, targets)
    inner += [f"{name}{there} = {w.text_of(result)}" for name, result in after]
    times = f"reversed(range({steps}))" if backwards else f"range({steps})"
    lines.append("\n    ".join([f"for t in {times}:", *"\n".join(inner).split("\n")]))
    if on_floats:
        lines += [f"{name} = np.array({name})" for name in states]
    return lines


def _row(w: Any, rows: Any) -> str:
    """How the row of this step is written."""
    if is_slice(rows) and rows not in w.names:
        first = rows.static["index"].start
        return f"{w.owner(rows.left)}[{f't + {first}' if first else 't'}]"
    return f"{w.owner(rows)}[t]"


def is_slice(x: Any) -> bool:
    """Whether `x` is some rows, one after the other, of something that has a name: of a leaf, or of the states of a loop."""
    if not isinstance(x, Node) or x.primitive is not getitem or type(x.static["index"]) is not slice:
        return False
    inner: Any = x.left
    index = x.static["index"]
    return (inner.primitive is None or _is_loop(inner.left)) and index.step is None and (index.start or 0) >= 0


def _is_loop(x: Any) -> bool:
    return isinstance(x, Node) and x.primitive is not None and isinstance(x.primitive.numpy, printing.Statements)


def runs_on_floats(leaves: Sequence[Any], order: Sequence[Any]) -> bool:
    """Whether a body is of single numbers, and of what Python computes with floats."""
    return all(x.shape == () and x._datum.dtype == float for x in leaves) and all(x.shape == () and _on_floats(x) for x in order)


def _on_floats(x: Any) -> bool:
    way = x.primitive.numpy
    if isinstance(way, OPERATORS) or way is printing.negative or (type(way) is printing.Infix and way.sign == "/"):
        return True
    f = x.primitive.scalar
    return x.primitive.elementwise and not x.static and (getattr(math, getattr(f, "__name__", ""), None) is f or f is abs)
