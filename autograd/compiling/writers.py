"""Writing: nodes as NumPy, by what the entries of their primitives say."""

from __future__ import annotations

import keyword
import sys
from typing import Any

import numpy as np

from ..core import Node
from ..primitives.printing import ATOM, UNARY, Assigned, Plus, Statements, View, way_of
from .literals import array_text, plain
from .naming import RESERVED, identifier

__all__ = ["Writer", "is_assigned", "is_loop", "is_sum", "is_view"]

PLAIN = (type(None), bool, int, float, str, bytes)


class Writer:
    """Writes nodes.

    Attributes:
        names: the names of nodes that have one by now; `taken` are all names.
        constants: the lines that define constant arrays.
        helpers: functions of primitives that are not NumPy's, and settings that have no text, by name.
        absorbed: nodes that are written as a part of others.
    """

    def __init__(self) -> None:
        self.names: dict[Any, str] = {}
        self.taken: set[str] = set(RESERVED)
        self.constants: list[str] = []
        self.helpers: dict[str, Any] = {}
        self.absorbed: set[Node] = set()
        self._tables: dict[Any, str] = {}

    def write(self, x: Any) -> tuple[str, int]:
        """How an operation is written, and how tightly it binds."""
        way = way_of(x)
        if way is None:
            return self._call(x), ATOM
        if isinstance(way, str):
            static = {key: self.static(value) for key, value in x.static.items()}
            return way.format(*map(self.text_of, x.inputs), **static), ATOM
        written = way(self, x, *x.inputs, **x.static)
        return (written, ATOM) if isinstance(written, str) else written

    def _call(self, x: Any) -> str:
        """A call of NumPy's function, or of one that the program is given."""
        array: Any = x.primitive.array
        args = [self.text_of(arg) for arg in x.inputs]
        for key, value in x.static.items():
            is_name = key.isidentifier() and not keyword.iskeyword(key)
            args.append(f"{key}={self.static(value)}" if is_name else f"**{{{key!r}: {self.static(value)}}}")
        numpys = getattr(array, "__name__", "")
        if isinstance(array, np.ufunc) or getattr(np, numpys, None) is array:
            return f"np.{numpys}({', '.join(args)})"
        return f"{self.helper(identifier(x.primitive.name.strip('_')), array)}({', '.join(args)})"

    def argument(self, x: object) -> tuple[str, int]:
        """How an argument is written, and how tightly it binds."""
        if x is None:
            return "None", ATOM
        if not isinstance(x, Node):
            text = self._number(x)
            return text, UNARY if text[0] == "-" else ATOM
        if x in self.names:
            return self.names[x], ATOM
        if x.primitive is None:
            self.names[x] = self.constant(x._datum, "mask" if x._datum.dtype == bool else "constant")
            return self.names[x], ATOM
        return self.write(x)

    def text_of(self, x: object) -> str:
        """How an argument is written inside brackets or between commas."""
        return self.argument(x)[0]

    def bound(self, x: object, strength: int) -> str:
        """How an argument is written beside an operator that binds as tightly as `strength`."""
        text, own = self.argument(x)
        return text if own >= strength else f"({text})"

    def owner(self, x: object) -> str:
        """How an argument is written before a dot or a bracket."""
        return self.bound(x, ATOM) if isinstance(x, Node) else f"np.float64({self.text_of(x)})"

    def constant(self, array: Any, kind: str = "index") -> str:
        """The name of a constant array."""
        key = kind, array.shape, array.dtype.str, array.tobytes()
        if key not in self._tables:
            number = 1
            while f"{kind}{number}" in self.taken:
                number += 1
            self._tables[key] = f"{kind}{number}"
            self.taken.add(f"{kind}{number}")
            self.constants.append(f"{kind}{number} = {array_text(array)}")
        return self._tables[key]

    def static(self, value: Any) -> str:
        """How a static argument is written; what has no text comes along as an object."""
        simple = isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "biuf" and value.dtype.itemsize <= 8
        if simple and isinstance(value, np.ndarray):
            return self.constant(value)
        if type(value) in PLAIN:
            return plain(value)
        if type(value) in (tuple, list):
            items = ", ".join(map(self.static, value))
            return f"[{items}]" if type(value) is list else f"({items},)" if len(value) == 1 else f"({items})"
        if simple:
            return f"np.{value.dtype.name}({plain(value.item())})"
        kind = getattr(value, "__name__", "")
        if isinstance(value, type) and getattr(np, kind, None) is value:
            return f"np.{kind}"
        return self.helper("setting", value)

    def index(self, index: object, shape: tuple[int, ...]) -> str:
        """How an index into an array of `shape` is written, between brackets."""
        if isinstance(index, tuple):
            if len(index) == 1:
                return self.index(index[0], shape)
            lengths = (
                shape if len(index) <= len(shape) and not any(part is None or part is Ellipsis for part in index) else (-1,) * len(index)
            )
            return ", ".join(self.index(part, (n,)) for part, n in zip(index, lengths, strict=False)) or "()"
        if isinstance(index, slice):
            start = "" if index.start in (None, 0) and (index.step or 1) > 0 else str(index.start)
            stop = "" if index.stop is None or (shape and index.stop == shape[0] and (index.step or 1) > 0) else str(index.stop)
            return f"{start}:{stop}" + ("" if index.step in (None, 1) else f":{index.step}")
        if isinstance(index, (np.ndarray, list)):
            return self.constant(np.asarray(index))
        return "..." if index is Ellipsis else repr(index)

    def accumulate(self, x: Any, terms: list[Any], name: str) -> list[str]:
        """The lines that add up `terms`, of which some are zero but for some entries."""
        places = [term for term in terms if term in self.absorbed or term is x]
        others = [term for term in terms if term not in self.absorbed and term is not x]
        if others:
            start = " + ".join(map(self.text_of, others))
            if len(others) == 1 and (others[0] in self.names or isinstance(way_of(others[0]), View)):
                start += ".copy()"  # a view; what it is a view of must stay
        else:
            shape = x.shape[0] if len(x.shape) == 1 else x.shape
            start = f"np.zeros({shape})" if x.dtype == float else f"np.zeros({shape}, np.{x.dtype.name})"
        signs = ["+=" if others or i else "=" for i in range(len(places))]
        return [f"{name} = {start}", *(way_of(term).line(self, term, name, sign) for term, sign in zip(places, signs, strict=True))]

    def whole_numbers(self, index: Any) -> str:
        """How an input is written that counts entries."""
        if not isinstance(index, Node):
            return str(int(index))
        return self.text_of(index) if index._datum.dtype.kind == "i" else f"{self.owner(index)}.astype(int)"

    def _number(self, x: Any) -> str:
        if abs(x) == sys.float_info.max:
            if "largest = np.finfo(float).max" not in self.constants:
                self.constants.append("largest = np.finfo(float).max")
            return "largest" if x > 0 else "-largest"
        return plain(x)

    def helper(self, name: str, thing: object) -> str:
        """The name of a function, or another thing, that the program is given."""
        while self.helpers.get(name, thing) is not thing or (name in self.taken and name not in self.helpers):
            name += "_"
        self.helpers[name] = thing
        self.taken.add(name)
        return name


def is_sum(x: object, sign: str = "") -> bool:
    """Whether `x` is a sum or difference, whose terms may stand in lines of their own; with that sign, if one is given."""
    way = way_of(x)
    return isinstance(way, Plus) and sign in ("", way.sign)


def is_view(x: object) -> bool:
    """Whether `x` is another view of the same entries."""
    return type(way_of(x)) is View


def is_assigned(x: Any) -> bool:
    """Whether `x` is zeros but for some entries, and written as an assignment to those."""
    way = way_of(x)
    return isinstance(way, Assigned) and way.when(x)


def is_loop(x: object) -> bool:
    """Whether `x` is written in statements of its own."""
    return isinstance(way_of(x), Statements)
