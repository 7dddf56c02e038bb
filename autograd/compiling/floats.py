"""Programs of single numbers, which run on Python's floats.

`math.exp(x)` of a float takes a tenth of the time of `np.exp(x)` of a NumPy number. Where floats raise an error and NumPy gives
inf or nan (1/0, exp 1000), the program is written anew without them.
"""

from __future__ import annotations

import math
import types
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..core import Node
from ..primitives import printing
from ..primitives.shapes import getitem, reshape

__all__ = ["computes_floats", "is_entry", "on_floats"]


def on_floats(leaves: Sequence[Node], order: Iterable[Node]) -> set[Any]:
    """The nodes of a program that are computed with floats: none, unless all its single numbers can be, and no array makes one.

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
        elif is_entry(x, given) or (computes_floats(x) and all(arg in known for arg in x.inputs or () if isinstance(arg, Node))):
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


def computes_floats(x: Any) -> bool:
    """Whether Python computes an operation on floats, by itself or with a function of `math`."""
    way = x.primitive.numpy
    if isinstance(way, (printing.Plus, printing.Product)) or way is printing.negative:
        return True
    if type(way) is printing.Infix and way.sign == "/":
        return True
    f = x.primitive.scalar
    is_known = f is abs or (isinstance(f, types.BuiltinFunctionType) and getattr(math, f.__name__, None) is f)
    return x.primitive.elementwise and not x.static and is_known


def _parts(index: Any) -> tuple[Any, ...]:
    return index if type(index) is tuple else (index,)


def _is_float(x: Any) -> bool:
    return bool(x._datum.dtype == np.float64)
