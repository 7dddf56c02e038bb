"""How a loop is written in NumPy: as `for t in range(…)`, with the states in arrays whose first axis is time.

A loop over single numbers runs on Python's floats, which are several times as fast as NumPy's numbers, and keeps its
states in lists. Python's floats raise an error where NumPy gives inf or nan (1/0, exp 1000). After such an error, the
program is written again without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core import Node
from ..primitives import printing
from ..primitives.indexing import getitem
from .floats import is_computed_with_floats
from .writers import is_loop

__all__ = ["is_slice", "is_slice_of_states", "loop_lines", "runs_on_floats"]


def loop_lines(w: Any, x: Any) -> list[str]:
    """The lines of a loop: those that set the states at the start, and the `for` statement."""
    body, steps, backwards = x.static["body"], x.static["steps"], x.static["backwards"]
    start, by_step, fixed = body.apart(x.inputs)
    here, there = f"[{w.time}]", f"[{w.time} + 1]"
    if backwards:
        here, there = there, here
    order, on_floats = w.body_of(x)
    if on_floats:
        lines = _given_floats(w, body, by_step, fixed)
    else:
        lines = []
        w.names.update((leaf, w.bound(value, printing.ATOM)) for leaf, value in zip(body.fixed, fixed, strict=True))
        for leaf, rows in zip(body.by_step, by_step, strict=True):
            text = w.text_of(rows)
            if not is_slice(rows) and not text.isidentifier():
                text = w.fresh_name("x")
                lines.append(f"{text} = {w.text_of(rows)}")
            w.names[leaf] = _row(w, rows) if is_slice(rows) else f"{text}[{w.time}]"
    states = [w.state_name(x, k) for k in range(len(body.carried))]
    if on_floats:
        values = [f"[{_float(w, first)}] * {steps + 1}" for first in start]
        lines.append(f"{', '.join(states)} = {', '.join(values)}")
    else:
        shapes = [(steps + 1, *leaf.shape) for leaf in body.carried]
        kind = "" if body.dtype == float else f", np.{body.dtype.name}"
        if len(states) > 1 and all(map(_is_zero, start)) and len(set(shapes)) == 1:
            lines.append(f"{', '.join(states)} = np.zeros({(len(states), *shapes[0])}{kind})")
        else:
            for name, shape, first in zip(states, shapes, start, strict=True):
                lines += _array(w, name, shape, first, steps if backwards else 0, kind)
    w.names.update((leaf, f"{name}{here}") for name, leaf in zip(states, body.carried, strict=True))
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
    lines.append("\n    ".join([f"for {w.time} in {times}:", *"\n".join(inner).split("\n")]))
    read = [name for k, name in enumerate(states) if w.is_read(x, k)]
    together = ", ".join(read) if len(read) == 1 else f"[{', '.join(read)}]"
    if on_floats and read:
        lines.append(f"{', '.join(read)} = np.array({together})")
    return lines


def _given_floats(w: Any, body: Any, by_step: Sequence[Any], fixed: Sequence[Any]) -> list[str]:
    """The lines that turn the inputs of a loop into floats and lists of floats."""
    names = [w.fresh_name("k") for _ in fixed]
    lists = [w.fresh_name("x") for _ in by_step]
    w.names.update(zip(body.fixed, names, strict=True))
    w.names.update((leaf, f"{name}[{w.time}]") for leaf, name in zip(body.by_step, lists, strict=True))
    lines = [f"{', '.join(names)} = {', '.join(_float(w, value) for value in fixed)}"] if fixed else []
    return lines + ([f"{', '.join(lists)} = {', '.join(f'{w.owner(rows)}.tolist()' for rows in by_step)}"] if by_step else [])


def _float(w: Any, x: object) -> str:
    return f"float({w.text_of(x)})" if isinstance(x, Node) else w.text_of(x)


def _array(w: Any, name: str, shape: tuple[int, ...], first: object, row: int, kind: str) -> list[str]:
    """The lines that make an array for all states, and set the state at the start, in row `row`."""
    size = f"{shape if len(shape) > 1 else shape[0]}{kind}"
    if _is_zero(first):
        return [f"{name} = np.zeros({size})"]
    return [f"{name} = np.empty({size})", f"{name}[{row}] = {w.text_of(first)}"]


def _is_zero(x: Any) -> bool:
    """Whether `x` is constant and zero in all entries."""
    data = x._datum if isinstance(x, Node) and x.primitive is None and x.inputs is None else x
    return not isinstance(data, Node) and not np.any(data)


def _row(w: Any, rows: Any) -> str:
    """The text of the row that this step reads, where `rows` is a slice of an array's rows."""
    first = rows.static["index"].start
    return f"{w.owner(rows.left)}[{f'{w.time} + {first}' if first else w.time}]"


def is_slice(x: object) -> bool:
    """Whether `x` is a slice of consecutive rows of something that has a name: a leaf, or the states of a loop."""
    if not isinstance(x, Node) or x.primitive is not getitem or type(x.static["index"]) is not slice:
        return False
    inner: Any = x.left
    index = x.static["index"]
    return (inner.primitive is None or is_loop(inner.left)) and index.step is None and (index.start or 0) >= 0


def is_slice_of_states(x: Any) -> bool:
    """Whether `x` is a slice of the states of a loop."""
    return is_slice(x) and x.left.primitive is not None


def runs_on_floats(leaves: Sequence[Any], order: Sequence[Any]) -> bool:
    """Whether a body consists of single numbers, and of operations that Python's floats have."""
    return all(x.shape == () and x._datum.dtype in (float, bool) for x in leaves) and all(
        x.shape == () and is_computed_with_floats(x) for x in order
    )
