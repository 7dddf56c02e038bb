"""Programs of single numbers, which run on Python's floats.

`math.exp(x)` of a float takes a tenth of the time of `np.exp(x)` of a NumPy number. Where floats raise an error and
NumPy gives inf or nan (1/0, exp 1000), the program is written anew without them.
"""

from __future__ import annotations

import ast
import math
import types
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..core import Node
from ..generated import Symbol, expression
from ..primitives import printing
from ..primitives.indexing import getitem
from ..primitives.shapes import reshape

__all__ = ["call_of_floats", "is_computed_with_floats", "is_entry", "is_operator", "on_floats"]


def on_floats(leaves: Sequence[Node], order: Iterable[Node]) -> set[Any]:
    """The nodes of a program that are computed with floats.

    There are none, unless all single numbers can be computed so, and none of them comes from an array.

    Args:
        leaves: what the program is given.
        order: its computed nodes, each after its inputs.
    """
    known = {x for x in leaves if x.shape == () and _is_float(x)}
    given, found = set(leaves), set()
    for x in order:
        if x.primitive is None:
            continue
        if x.shape:
            if not _is_float(x) or any(arg.shape and arg.primitive is None for arg in x.inputs or () if isinstance(arg, Node)):
                return set()
        elif is_entry(x, given) or (is_computed_with_floats(x) and all(arg in known for arg in x.inputs or () if isinstance(arg, Node))):
            known.add(x)
            found.add(x)
        else:
            return set()
    return found


def is_entry(x: Any, given: set[Any]) -> bool:
    """Whether `x` is one number of an array that the program is given."""
    if x.left not in given or x.shape or not _is_float(x.left):
        return False
    index = x.static.get("index")
    return x.primitive is reshape or (x.primitive is getitem and all(type(i) is int for i in _parts(index)))


def is_computed_with_floats(x: Any) -> bool:
    """Whether Python computes an operation on floats."""
    return bool(x.primitive.elementwise and not x.static and (is_operator(x) or call_of_floats(x)))


def is_operator(x: Any) -> bool:
    """Whether it is written for floats as for arrays."""
    way = x.primitive.numpy
    is_sum_or_product = isinstance(way, (printing.Plus, printing.Product)) or way is printing.negative
    return is_sum_or_product or (type(way) is printing.Infix and way.sign == "/")


def call_of_floats(x: Any, w: Any = None) -> str | None:
    """How a node is written that is computed with Python's floats; None if it cannot be."""
    f = x.primitive.scalar
    name = getattr(f, "__name__", "")
    if getattr(math, name, None) is f:
        return f"math.{name}({', '.join(w.text_of(arg) if w else 'x' for arg in x.inputs)})"
    args = [(w.bound(arg, printing.ATOM) if isinstance(arg, Node) else repr(arg)) if w else "x" for arg in x.inputs]
    try:
        text = ast.unparse(ast.parse(expression(f, *map(Symbol, args))))
        return text if text.isidentifier() else f"({text})"
    except TypeError:
        if not isinstance(f, types.FunctionType) or name == "<lambda>":
            return None
        return f"{w.helper(x.primitive.name, f) if w else name}({', '.join(args)})"


def _parts(index: object) -> tuple[Any, ...]:
    return index if type(index) is tuple else (index,)


def _is_float(x: Any) -> bool:
    return bool(x._datum.dtype == np.float64)
