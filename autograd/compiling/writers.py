"""How each operation is written in NumPy."""

from __future__ import annotations

import keyword
import math
import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from .naming import RESERVED, identifier
from .simplify import Expression

__all__ = ["Writer", "adds"]

COMPARISON, SUM, PRODUCT, UNARY, POWER, ATOM = range(6)
BINARY = {
    "add": ("+", SUM), "subtract": ("-", SUM), "multiply": ("*", PRODUCT), "divide": ("/", PRODUCT), "matmul": ("@", PRODUCT),
    "power": ("**", POWER), "less": ("<", COMPARISON), "less_equal": ("<=", COMPARISON), "greater": (">", COMPARISON),
    "greater_equal": (">=", COMPARISON), "equal": ("==", COMPARISON), "not_equal": ("!=", COMPARISON),
}  # fmt: skip
PLAIN = (type(None), bool, int, float, str, bytes)
INDICES = 2**62  # a table of numbers that large is none of indices, and their differences have no room
ADDING = ("scatter", "scatter_rows", "place")  # zeros, but for some entries: written as an assignment to those


class Writer:
    """Writes expressions.

    Attributes:
        names: the names of expressions that have one by now; `taken` are all names.
        constants: the lines that define constant arrays.
        helpers: functions of primitives that are not NumPy's, and settings that have no text, by name.
        absorbed: expressions that are written as a part of others.
    """

    def __init__(self) -> None:
        self.names: dict[Any, str] = {}
        self.taken: set[str] = set(RESERVED)
        self.constants: list[str] = []
        self.helpers: dict[str, Any] = {}
        self.absorbed: set[Expression] = set()
        self._tables: dict[Any, str] = {}

    def write(self, x: Expression) -> tuple[str, int]:
        """How an operation is written, and how tightly it binds."""
        if x.op in BINARY and len(x.args) == 2:
            return self._binary(x)
        if x.op == "negative":
            text = self.bound(x.args[0], PRODUCT)
            return (f"-{text}", PRODUCT) if text[0] != "-" else (f"-({text})", UNARY)
        writer = WRITERS.get(x.op)
        if writer is not None:
            return writer(self, x, *x.args, **x.static), ATOM
        array: Any = x.primitive.array
        args = [self.text_of(arg) for arg in x.args]
        for key, value in x.static.items():
            is_name = key.isidentifier() and not keyword.iskeyword(key)
            args.append(f"{key}={self.static(value)}" if is_name else f"**{{{key!r}: {self.static(value)}}}")
        numpys = getattr(array, "__name__", "")
        if isinstance(array, np.ufunc) or getattr(np, numpys, None) is array:
            return f"np.{numpys}({', '.join(args)})", ATOM
        name = self._helper(identifier(x.primitive.name.strip("_")), array)
        return f"{name}({', '.join(args)})", ATOM

    def _binary(self, x: Expression) -> tuple[str, int]:
        sign, strength = BINARY[x.op]
        left, right = x.args
        # A whole number is written as one, where the other side keeps the result a float.
        left, right = _whole(left, right), _whole(right, left)
        if strength == COMPARISON:
            return f"{self.bound(left, SUM)} {sign} {self.bound(right, SUM)}", COMPARISON
        if x.op == "multiply" and left is right and left in self.names:
            return f"{self.names[left]}**2", POWER
        if x.op == "power":
            base, exponent = self.bound(left, ATOM), self.bound(right, UNARY)
            space = "" if re.fullmatch(r"[\w.]+", base) and re.fullmatch(r"-?[\w.]+", exponent) else " "
            return f"{base}{space}**{space}{exponent}", POWER
        regroups = x.op == "multiply" and (not isinstance(left, Expression) and getattr(right, "op", "") == "multiply")
        if strength == SUM:
            return f"{self.bound(left, SUM)} {self.term(x)}", SUM
        return f"{self.bound(left, strength)} {sign} {self.bound(right, strength + (not regroups))}", strength

    def term(self, x: Expression) -> str:
        """The last term of a sum or difference, with its sign."""
        sign, other = ("+", "-") if x.op == "add" else ("-", "+")
        text = self.bound(_whole(x.args[1], x.args[0]), SUM if x.op == "add" else PRODUCT)
        return f"{other} {text[1:]}" if text[0] == "-" and _binds(x.args[1]) else f"{sign} {text}"

    def argument(self, x: Any) -> tuple[str, int]:
        """How an argument is written, and how tightly it binds."""
        if x is None:
            return "None", ATOM
        if not isinstance(x, Expression):
            text = self._number(x)
            return text, UNARY if text[0] == "-" else ATOM
        if x in self.names:
            return self.names[x], ATOM
        if x.op == "constant":
            self.names[x] = self.constant(x.data, "constant")
            return self.names[x], ATOM
        return self.write(x)

    def text_of(self, x: Any) -> str:
        """How an argument is written inside brackets or between commas."""
        return self.argument(x)[0]

    def bound(self, x: Any, strength: int) -> str:
        """How an argument is written beside an operator that binds as tightly as `strength`."""
        text, own = self.argument(x)
        return text if own >= strength else f"({text})"

    def owner(self, x: Any) -> str:
        """How an argument is written before a dot or a bracket."""
        return self.bound(x, ATOM) if isinstance(x, Expression) else f"np.float64({self.text_of(x)})"

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
            return _plain(value)
        if type(value) in (tuple, list):
            items = ", ".join(map(self.static, value))
            return f"[{items}]" if type(value) is list else f"({items},)" if len(value) == 1 else f"({items})"
        if simple:
            return f"np.{value.dtype.name}({_plain(value.item())})"
        kind = getattr(value, "__name__", "")
        if isinstance(value, type) and getattr(np, kind, None) is value:
            return f"np.{kind}"
        return self._helper("setting", value)

    def index(self, index: Any, shape: tuple[int, ...]) -> str:
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

    def accumulate(self, x: Expression, terms: list[Expression], name: str) -> list[str]:
        """The lines that add up `terms`, of which some are zero but for some entries."""
        places = [term for term in terms if term in self.absorbed or term is x]
        others = [term for term in terms if term not in places]
        if others:
            start = " + ".join(map(self.text_of, others))
            if len(others) == 1 and (others[0] in self.names or others[0].op in ("transpose", "reshape", "broadcast_to", "getitem")):
                start += ".copy()"  # a view; what it is a view of must stay
        else:
            shape = x.shape[0] if len(x.shape) == 1 else x.shape
            start = f"np.zeros({shape})" if x.dtype == float else f"np.zeros({shape}, np.{x.dtype.name})"
        lines = [f"{name} = {start}"]
        for term in places:
            first = not others and term is places[0]
            g, rest = self.text_of(term.args[0]), term.args[1:]
            if term.op == "scatter_rows":
                lines.append(f"np.add.at({name}, {self._whole_numbers(rest[0])}, {g})")
            elif term.op == "place":
                lines.append(f"{name}[np.arange({x.shape[0]}), {self._whole_numbers(rest[0])}] {'=' if first else '+='} {g}")
            elif _is_basic(term.static["index"]):
                lines.append(f"{name}[{self.index(term.static['index'], x.shape)}] {'=' if first else '+='} {g}")
            else:
                parts = term.static["index"]
                index = self.index(parts, x.shape)
                if isinstance(parts, tuple):
                    index = "(" + ", ".join(repr(p) if isinstance(p, slice) else self.index(p, ()) for p in parts) + ",)"
                lines.append(f"np.add.at({name}, {index}, {g})")
        return lines

    def _whole_numbers(self, index: Any) -> str:
        """An array of indices."""
        if not isinstance(index, Expression):
            return str(int(index))
        return self.text_of(index) if index.dtype.kind == "i" else f"{self.owner(index)}.astype(int)"

    def _number(self, x: Any) -> str:
        if abs(x) == sys.float_info.max:
            if "largest = np.finfo(float).max" not in self.constants:
                self.constants.append("largest = np.finfo(float).max")
            return "largest" if x > 0 else "-largest"
        return _plain(x)

    def _helper(self, name: str, thing: Any) -> str:
        """The name of a function, or another thing, that the program is given."""
        while self.helpers.get(name, thing) is not thing or (name in self.taken and name not in self.helpers):
            name += "_"
        self.helpers[name] = thing
        self.taken.add(name)
        return name


def _plain(x: Any) -> str:
    """A number, or another thing of Python's own, as Python reads it, with NumPy at hand."""
    if not isinstance(x, float) or math.isfinite(x):
        return repr(x)
    text = "np.nan" if math.isnan(x) else "np.inf"
    return f"-{text}" if math.copysign(1, x) < 0 else text


def _whole(x: Any, other: Any) -> Any:
    if isinstance(x, float) and x.is_integer() and abs(x) < 1e6 and isinstance(other, Expression) and other.dtype.kind == "f":
        return int(x) if x or str(x) == "0.0" else x
    return x


def _binds(x: Any) -> bool:
    """Whether a sign before `x` is a sign of all of it."""
    return not (isinstance(x, Expression) and x.op in ("add", "subtract"))


def _is_basic(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return all(part is None or part is Ellipsis or isinstance(part, (int, np.integer, slice)) for part in parts)


def _reshape(w: Writer, x: Expression, a: Any, shape: Any) -> str:
    shape = x.shape  # without a -1
    if not isinstance(a, Expression) or (a.shape == () and shape):
        return f"np.full({shape}, {w.text_of(a)})" if shape != (1,) else f"np.array([{w.text_of(a)}])"
    if shape == ():
        return f"{w.owner(a)}[{', '.join('0' * len(a.shape))}]"
    if len(shape) == 1:
        return f"{w.owner(a)}.ravel()"
    if len(a.shape) == 1 and shape == (*a.shape, 1):
        return f"{w.owner(a)}[:, None]"
    if shape == (1, *a.shape):
        return f"{w.owner(a)}[None]"
    return f"{w.owner(a)}.reshape({', '.join(map(str, shape))})"


def _sum(w: Writer, x: Expression, a: Any, axis: Any = None, keepdims: bool = False) -> str:
    if axis is None and not keepdims and getattr(a, "op", "") == "multiply" and a.args[0] is a.args[1] and a not in w.names:
        squared = w.text_of(a.args[0])  # a sum of squares in one pass, without the array of squares
        return f"np.vdot({squared}, {squared})"
    return _reduction("sum")(w, x, a, axis, keepdims)


def _reduction(name: str) -> Callable[..., str]:
    def write(w: Writer, x: Expression, a: Any, axis: Any = None, keepdims: bool = False) -> str:
        more = [f"axis={axis}"] * (axis is not None) + ["keepdims=True"] * bool(keepdims)
        text = w.text_of(a)
        return f"{text}.{name}({', '.join(more)})" if text.isidentifier() else f"np.{name}({', '.join([text, *more])})"

    return write


def adds(x: Expression) -> bool:
    """Whether `x` is zeros but for some entries, and written as an assignment to those."""
    return x.op in ADDING and not _is_count(x)


def _is_count(x: Expression) -> bool:
    """Whether `np.bincount` says it: numbers added up in a list, by position."""
    if x.op != "scatter" or x.dtype != float or len(x.shape) != 1:
        return False
    index = x.static["index"]
    return isinstance(index, np.ndarray) and index.dtype.kind in "iu" and bool((index >= 0).all())


def _bincount(w: Writer, x: Expression, g: Any, index: Any, shape: Any) -> str:
    weights = w.text_of(g) if len(index.shape) == 1 else f"{w.owner(g)}.ravel()"
    return f"np.bincount({w.constant(index.ravel())}, {weights}, minlength={shape[0]})"


def _elu(w: Writer, x: Expression, a: Any, alpha: float = 1.0) -> str:
    below = f"np.expm1(np.minimum({w.text_of(a)}, 0))"
    return f"np.where({w.bound(a, SUM)} > 0, {w.text_of(a)}, {below if alpha == 1 else f'{w.static(alpha)} * {below}'})"


def _leaky_relu(w: Writer, x: Expression, a: Any, negative_slope: float = 0.01) -> str:
    return f"np.where({w.bound(a, SUM)} > 0, {w.text_of(a)}, {w.static(negative_slope)} * {w.bound(a, POWER)})"


def _call(template: str) -> Callable[..., str]:
    def write(w: Writer, x: Expression, *args: Any, **static: Any) -> str:
        return template.format(*(w.text_of(arg) for arg in args), **{key: w.static(value) for key, value in static.items()})

    return write


WRITERS: dict[str, Callable[..., str]] = {
    "relu": _call("np.maximum({0}, 0)"),
    "reshape": _reshape,
    "transpose": lambda w, x, a, axes=None: f"{w.owner(a)}.T" if axes is None or len(x.shape) == 2 else f"{w.owner(a)}.transpose({axes})",
    "broadcast_to": lambda w, x, a, shape: f"np.broadcast_to({w.text_of(a)}, {shape})",
    "sum": _sum,
    "mean": _reduction("mean"),
    "max": _reduction("max"),
    "min": _reduction("min"),
    "scatter": _bincount,
    "getitem": lambda w, x, a, index: f"{w.owner(a)}[{w.index(index, a.shape)}]",
    "lookup": lambda w, x, a, index: f"{w.owner(a)}[{w._whole_numbers(index)}]",
    "choose": lambda w, x, a, index: f"{w.owner(a)}[np.arange({x.shape[0]}), {w._whole_numbers(index)}]",
    "concatenate": lambda w, x, *args, axis=0: f"np.concatenate([{', '.join(map(w.text_of, args))}]{f', axis={axis}' if axis else ''})",
    "stack": lambda w, x, *args, axis=0: f"np.stack([{', '.join(map(w.text_of, args))}]{f', axis={axis}' if axis else ''})",
    "clip": _call("np.clip({0}, {1}, {2})"),
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "astype": lambda w, x, a, dtype: f"{w.owner(a)}.astype(np.{np.dtype(dtype).name})",
    "take": lambda w, x, a, indices, axis=None: (
        f"np.take({w.text_of(a)}, {w.static(np.asarray(indices))}{'' if axis is None else f', axis={axis}'})"
    ),
    "pad": _call("np.pad({0}, {pad_width})"),
}


def array_text(array: Any) -> str:
    """How a constant array is written."""
    if array.dtype == int and array.size > 2 and array.min() > -INDICES and array.max() < INDICES:
        text = _evenly(array) or _rows(array) or _repeated(array)
        if text:
            return text
    kind = "" if array.dtype in (float, int, bool)[: 3 if array.size else 1] else f", np.{array.dtype.name}"
    if not array.size and array.ndim > 1:
        return f"np.zeros({array.shape}{kind})"
    if array.size > 3 and array.dtype == float and array.tobytes() == array.flat[0].tobytes() * array.size:
        return f"np.full({array.shape if array.ndim > 1 else array.size}, {_plain(array.flat[0].item())})"
    return f"np.array({_entries(array.tolist())}{kind})"


def _entries(entries: Any) -> str:
    """Numbers in nested lists."""
    text = repr(entries)
    if "n" not in text:  # neither nan nor inf
        return text
    return f"[{', '.join(map(_entries, entries))}]" if isinstance(entries, list) else _plain(entries)


def _evenly(array: Any) -> str | None:
    """Whole numbers at equal distances."""
    if array.ndim != 1 or (np.diff(array) != array[1] - array[0]).any() or array[1] == array[0]:
        return None
    step = int(array[1] - array[0])
    stop = int(array[-1]) + (1 if step > 0 else -1)
    if max(abs(int(array[0])), abs(stop)) > 2**52:
        return None  # NumPy counts the entries of a range in floats
    bounds = [int(array[0]), stop] if array[0] or step != 1 else [stop]
    return f"np.arange({', '.join(map(str, bounds))}{f', {step}' if step != 1 else ''})"


def _rows(array: Any) -> str | None:
    """Rows of consecutive numbers, one below the other or one after the other."""
    breaks = np.flatnonzero(np.diff(array) != 1) + 1 if array.ndim == 1 else [array.shape[-1]]
    width = int(np.gcd.reduce([array.size, *breaks]))
    if array.ndim > 2 or not 3 <= width < array.size:
        return None
    rows = array.reshape(-1, width)
    if (rows != rows[:, :1] + np.arange(width)).any():
        return None
    text = f"{array_text(rows[:, 0])}[:, None] + np.arange({width})"
    return text if array.ndim == 2 else f"({text}).ravel()"


def _repeated(array: Any) -> str | None:
    """Numbers of which each comes several times in a row."""
    if array.ndim != 1:
        return None
    starts = np.flatnonzero(np.concatenate([[True], np.diff(array) != 0]))
    if 3 * len(starts) > 2 * len(array):
        return None
    counts = np.diff(np.append(starts, len(array)))
    often = str(counts[0]) if (counts == counts[0]).all() else array_text(counts)
    return f"np.repeat({array_text(array[starts])}, {often})"
