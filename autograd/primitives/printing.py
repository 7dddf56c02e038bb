"""How an entry is written in NumPy: what its argument `numpy` may be, besides a template such as "np.maximum({0}, 0)".

Each is called with the writer of the program, the node, and the node's inputs and static arguments, and
gives the text; with it, unless it is a call or a name, how tightly the text binds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from ..core import Node

__all__ = [
    "ATOM", "COMPARISON", "POWER", "PRODUCT", "SUM", "UNARY", "Assigned", "Infix", "Part", "Plus", "Product", "Statements", "View",
    "Writer", "is_basic", "name_of_sum", "negative", "power", "reduction", "sequence", "sum_or_dot", "way_of",
]  # fmt: skip

COMPARISON, SUM, PRODUCT, UNARY, POWER, ATOM = range(6)  # how tightly a text binds

Written = str | tuple[str, int]


class Writer(Protocol):
    """What writes a program, see `compiling.writers`."""

    names: dict[Any, str]

    def text_of(self, x: Any) -> str:
        """How an input is written inside brackets or between commas."""

    def bound(self, x: Any, strength: int) -> str:
        """How an input is written beside an operator that binds as tightly as `strength`."""

    def owner(self, x: Any) -> str:
        """How an input is written before a dot or a bracket."""

    def constant(self, array: Any) -> str:
        """The name of a constant array."""

    def static(self, value: Any) -> str:
        """How a static argument is written."""

    def index(self, index: Any, shape: tuple[int, ...]) -> str:
        """How an index into an array of `shape` is written, between brackets."""

    def whole_numbers(self, index: Any) -> str:
        """How an input is written that counts entries."""


class Infix:
    """An operator between two inputs."""

    def __init__(self, sign: str, strength: int) -> None:
        self.sign, self.strength = sign, strength

    def __call__(self, w: Writer, x: Node, left: Any, right: Any) -> Written:
        left, right = _whole(left, right), _whole(right, left)
        if self.strength == COMPARISON:
            return f"{w.bound(left, SUM)} {self.sign} {w.bound(right, SUM)}", COMPARISON
        return f"{w.bound(left, self.strength)} {self.sign} {w.bound(right, self.strength + 1)}", self.strength


class Plus(Infix):
    """+ and −, whose terms may stand in lines of their own."""

    def __init__(self, sign: str) -> None:
        super().__init__(sign, SUM)

    def __call__(self, w: Writer, x: Node, left: Any, right: Any) -> Written:
        return f"{w.bound(_whole(left, right), SUM)} {self.term(w, left, right)}", SUM

    def term(self, w: Writer, left: Any, right: Any) -> str:
        """The last term with its sign."""
        text = w.bound(_whole(right, left), SUM if self.sign == "+" else PRODUCT)
        if text[0] == "-" and not isinstance(way_of(right), Plus):  # then its sign is of all of it
            return f"{'-' if self.sign == '+' else '+'} {text[1:]}"
        return f"{self.sign} {text}"


class Product(Infix):
    """×: no brackets around a product that is multiplied by a number; a product of a node with itself is `x**2`."""

    def __init__(self) -> None:
        super().__init__("*", PRODUCT)

    def __call__(self, w: Writer, x: Node, left: Any, right: Any) -> Written:
        if left is right and isinstance(left, Node):
            return f"{w.bound(left, ATOM)}**2", POWER
        if not isinstance(left, Node) and isinstance(way_of(right), Product):
            return f"{w.bound(_whole(left, right), PRODUCT)} * {w.bound(right, PRODUCT)}", PRODUCT
        return super().__call__(w, x, left, right)


class View:
    """All entries in another shape or order: a view of NumPy's, written anew wherever it is read, as it costs nothing."""

    def __init__(self, write: Callable[..., Written]) -> None:
        self.write = write

    def __call__(self, w: Writer, x: Node, *inputs: Any, **static: Any) -> Written:
        return self.write(w, x, *inputs, **static)


class Part(View):
    """Some of the entries, which may be a view."""


class Assigned:
    """An array that is 0 but for some entries: written as an assignment to these entries of a new array, or of a sum.

    Args:
        line: called with the writer, the node, the name of the array, and "=" or "+=", it gives the statement.
        when: whether a node is written in this way; always, if left out.
        otherwise: how others are written.
    """

    def __init__(
        self, line: Callable[..., str], when: Callable[[Node], bool] = lambda x: True, otherwise: Callable[..., Written] | None = None
    ) -> None:
        self.line, self.when, self.otherwise = line, when, otherwise

    def __call__(self, w: Writer, x: Node, *inputs: Any, **static: Any) -> Written:
        assert self.otherwise is not None, "assigned, and never an expression"
        return self.otherwise(w, x, *inputs, **static)


class Statements:
    """Written in statements of its own.

    `lines` is called with the writer and the node; it gives the statements, and the names of the parts.
    """

    def __init__(self, lines: Callable[..., list[str]]) -> None:
        self.lines = lines


def negative(w: Writer, x: Node, a: Any) -> Written:
    text = w.bound(a, PRODUCT)
    return (f"-{text}", PRODUCT) if text[0] != "-" else (f"-({text})", UNARY)


def power(w: Writer, x: Node, a: Any, b: Any) -> Written:
    base, exponent = w.bound(_whole(a, b), ATOM), w.bound(_whole(b, a), UNARY)
    space = "" if re.fullmatch(r"[\w.]+", base) and re.fullmatch(r"-?[\w.]+", exponent) else " "
    return f"{base}{space}**{space}{exponent}", POWER


def reduction(name: str) -> Callable[..., Written]:
    """A method of arrays that goes over axes."""

    def write(w: Writer, x: Node, a: Any, axis: Any = None, keepdims: bool = False) -> str:
        more = [f"axis={axis}"] * (axis is not None) + ["keepdims=True"] * bool(keepdims)
        text = w.owner(a)
        if text.isidentifier() or text.startswith("np."):  # this takes half the time of np.sum(x)
            return f"{text}.{name}({', '.join(more)})"
        return f"np.{name}({', '.join([w.text_of(a), *more])})"

    return write


def sum_or_dot(w: Writer, x: Node, a: Any, axis: Any = None, keepdims: bool = False) -> Written:
    """A sum; of squares in one pass, without the array of squares."""
    if axis is None and not keepdims and isinstance(way_of(a), Product) and a.left is a.right and a not in w.names:
        return f"np.vdot({w.text_of(a.left)}, {w.text_of(a.left)})"
    return reduction("sum")(w, x, a, axis, keepdims)


def sequence(name: str) -> Callable[..., Written]:
    """A function of a list of arrays and an axis."""

    def write(w: Writer, x: Node, *inputs: Any, axis: int = 0) -> str:
        return f"np.{name}([{', '.join(map(w.text_of, inputs))}]{f', axis={axis}' if axis else ''})"

    return write


def name_of_sum(*inputs: Any) -> str:
    """The name of a sum: "z", as in a layer, if a term is a matrix product; else "t"."""
    return "z" if any(getattr(way_of(x), "sign", "") == "@" for x in inputs) else "t"


def is_basic(index: Any) -> bool:
    """Whether NumPy reads `index` as a view, in which no entry can occur twice."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(part is None or part is Ellipsis or isinstance(part, (int, np.integer, slice)) for part in parts)


def way_of(x: object) -> Any:
    """What the entry of a node says of how it is written; None of a leaf."""
    return x.primitive.numpy if isinstance(x, Node) and x.primitive is not None else None


def _whole(x: Any, other: Any) -> Any:
    """`x`; a whole number such as 2.0 as the integer 2, if the `other` operand makes the result a float anyway."""
    if isinstance(x, float) and x.is_integer() and abs(x) < 1e6 and isinstance(other, Node) and np.result_type(other._datum).kind == "f":
        return int(x) if x or str(x) == "0.0" else x
    return x
