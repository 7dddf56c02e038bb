"""How a number of an array is written where it is read: its place in memory, or the formula that computes it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...backward import ancestors
from ...primitives.arithmetic import astype
from ...primitives.elementary import power
from ...primitives.indexing import choose, getitem, lookup
from ...primitives.joining import windows
from ...primitives.networks import take_along_axis
from ...primitives.reductions import broadcast_to
from ...primitives.shapes import reshape, transpose
from ...tensor import Tensor
from .formulas import ATOM, PRODUCT, Functions, Text, UnprintableError, infix, number
from .indices import ZERO, Index, as_formula, basic_place, flat, in_windows, loop_over, parts_of, positions
from .memory import is_elementwise, is_read_flat, is_view
from .nests import within
from .tables import Tables

__all__ = ["Reading"]

LONG = 80  # characters of an expression


class Reading:
    """Writes the numbers that a function reads.

    Args:
        dialect: the language.
        functions: what collects the functions that are called.
        names: the names of inputs, and of nodes that have been computed.
        tables: the constant arrays, by name.

    Attributes:
        given: in a step of a recurrence, for what it is given, and what it has computed for the next one, the array
            that this is a part of, and where in it: the first of its indices.
        used: the nodes with names that were read.
        checks: the lines, for the beginning, that compare indices with the lengths of what they are indices of.
    """

    def __init__(self, dialect: Any, functions: Functions, names: dict[Any, str], tables: Tables) -> None:
        self.dialect, self.functions, self.names, self.tables = dialect, functions, names, tables
        self.given: dict[Any, tuple[Any, list[Index]]] = {}
        self.used: set[Any] = set()
        self.checks: list[str] = []
        self._checked: set[Any] = set()
        self._locals: list[str] = []
        self._loads: list[tuple[Any, Index | None]] = []

    def load(self, x: Any, index: Sequence[Index], kind: str = "double") -> Text:
        """The number of `x` at an index; `kind` is the type that a plain number gets."""
        if not isinstance(x, Tensor):
            return number(self.dialect, x, kind)
        if x in self.given:
            whole, first = self.given[x]
            self._loads.append((x, flat(index, x.shape)))
            return self.load(whole, [*first, *index], kind)
        if x in self.names:
            return self._read(x, index)
        if x.primitive is None:
            return self._constant(x, index, kind)
        return self._fresh(x, index)

    def _read(self, x: Tensor, index: Sequence[Index]) -> Text:
        self.used.add(x)
        name = self.names[x]
        if x.shape == ():
            self._loads.append((x, None))
            return Text(name)
        place = flat(index, x.shape)
        self._loads.append((x, place))
        return Text(f"{name}[{place}]")

    def _constant(self, x: Tensor, index: Sequence[Index], kind: str) -> Text:
        array = x._datum
        if array.size and array.tobytes() == array.flat[0].tobytes() * array.size:  # 0.0 is not -0.0
            return number(self.dialect, array.flat[0].item(), kind)
        return Text(f"{self.tables.of(array)}[{flat(index, array.shape)}]")

    def _fresh(self, x: Tensor, index: Sequence[Index]) -> Text:
        """The number of a node that has no name."""
        if is_elementwise(x):
            return self._elementwise(x, index)
        if is_view(x):
            return self._view(x, index)
        raise UnprintableError(f"{x.primitive.name!r}" if x.primitive is not None else "a constant")

    def kind(self, x: Tensor) -> str:
        """The type in which a node is computed."""
        if x.dtype.kind == "f":
            return self.type(x.dtype)
        types = [y.dtype if isinstance(y, Tensor) else type(y) for y in x.inputs or ()]
        arrays = [t for t in types if t is not float]  # a float beside an array of floats has the type of that
        return self.type(np.result_type(*(arrays if any(np.dtype(t).kind == "f" for t in arrays) else types)))

    def type(self, dtype: Any) -> str:
        kind = self.dialect.number_type(dtype)
        if kind is None:
            raise UnprintableError(f"numbers of type {np.dtype(dtype).name}")
        return str(kind)

    def cast(self, index: Sequence[Index], x: Any) -> list[Index]:
        """The index of an input of an elementwise operation."""
        if not isinstance(x, Tensor):
            return []
        return [i if n != 1 else ZERO for i, n in zip(index[len(index) - len(x.shape) :], x.shape, strict=True)]

    def _elementwise(self, x: Tensor, index: Sequence[Index]) -> Text:
        primitive: Any = x.primitive
        kind = self.kind(x)
        inputs = x.inputs or ()
        args = [self.load(a, self.cast(index, a), kind) for a in inputs]
        args = self._shortened(inputs, args)
        if x.dtype == bool and primitive.logic:
            sign = {"&": "&&", "|": "||", "^": "!="}[primitive.logic]
            return infix(sign, *args)
        if primitive is power and not isinstance(inputs[1], Tensor):
            short = self._power(args[0], inputs[1], kind)
            if short is not None:
                return short
        whole = not any(isinstance(a, float) or (isinstance(a, Tensor) and a.dtype.kind == "f") for a in inputs)
        if primitive.operator == "/" and whole:
            args[0] = Text(self.dialect.cast(args[0].bound(ATOM), kind), PRODUCT)
        text = self.functions.call(primitive.scalar or primitive.array, args, kind, dict(x.static), primitive.name)
        if x.dtype.kind in "iu" and text.text.endswith(")") and text.strength == ATOM:
            return Text(self.dialect.cast(text.text, kind), ATOM)  # a function of floats
        return text

    def _shortened(self, inputs: Sequence[Any], args: list[Text]) -> list[Text]:
        """Arguments that fit on a line: the longest get a variable."""
        while sum(len(arg.text) for arg in args) > LONG:
            longest = max(range(len(args)), key=lambda i: len(args[i].text))
            x = inputs[longest]
            if len(args[longest].text) <= LONG // 2 or not isinstance(x, Tensor):
                break
            name = self.tables.fresh("t")
            self._locals.append(f"{self.dialect.constant(self.type(x.dtype))} {name} = {args[longest].text};")
            args[longest] = Text(name)
        return args

    def _power(self, base: Text, exponent: float, kind: str) -> Text | None:
        """Common powers as products and square roots, which are faster."""
        root = self.functions.call(math.sqrt, [base], kind)
        one = number(self.dialect, 1.0, kind)
        plain = base.strength == ATOM and len(base.text) < 30
        if exponent == 0.5:
            return root
        if exponent == -0.5:
            return infix("/", one, root)
        if exponent == -1:
            return infix("/", one, base)
        if exponent == 2 and plain:
            return infix("*", base, base)
        if exponent == -2 and plain:
            return infix("/", one, infix("*", base, base))
        if exponent == 3 and plain:
            return infix("*", infix("*", base, base), base)
        if exponent == -1.5 and plain:
            return infix("/", one, infix("*", base, root))
        return None

    def _view(self, x: Tensor, index: Sequence[Index]) -> Text:
        a: Any = x.left
        kind = self.type(x.dtype)
        if x.primitive is broadcast_to:
            return self.load(a, self.cast(index, a), kind)
        if x.primitive is astype:
            return self._converted(x, self.load(a, index, kind))
        if x.primitive is transpose:
            axes = x.static.get("axes")
            order = [ax % len(a.shape) for ax in axes] if axes is not None else list(range(len(a.shape)))[::-1]
            place = [ZERO] * len(order)
            for i, axis in zip(index, order, strict=True):
                place[axis] = i
            return self.load(a, place, kind)
        if x.primitive is windows:
            return self.load(a, in_windows(index, x.static["axis"]), kind)
        if x.primitive is reshape:
            return self._reshaped(x, a, index, kind)
        if x.primitive is getitem:
            parts = parts_of(x.static["index"], a.shape)
            if parts is not None:
                return self.load(a, basic_place(index, parts, a.shape), kind)
            return self._at(a, self.place(positions(x.static["index"], a.shape), index))
        return self.load(a, self.chosen(x, index), kind)

    def chosen(self, x: Tensor, index: Sequence[Index]) -> list[Index]:
        """Where in its left input a node's number is that is chosen by the right one, at an index into the node."""
        a, by = x.left, x.right
        if x.primitive is lookup:
            n = len(getattr(by, "shape", ()))
            return [self.counted(by, index[:n], a.shape[0]), *index[n:]]
        if x.primitive is choose:
            return [index[0], self.counted(by, index[:1], a.shape[1])]
        assert x.primitive is take_along_axis
        return self.along(by, index, a.shape, x.static["axis"])

    def along(self, by: Tensor, index: Sequence[Index], shape: Sequence[int], axis: int) -> list[Index]:
        axis %= len(shape)
        there = self.counted(by, self.cast(index, by), shape[axis], negative=False)
        return [there if i == axis else k if n != 1 else ZERO for i, (k, n) in enumerate(zip(index, shape, strict=True))]

    def _reshaped(self, x: Tensor, a: Any, index: Sequence[Index], kind: str) -> Text:
        if not isinstance(a, Tensor):
            return number(self.dialect, a, kind)
        if [n for n in x.shape if n != 1] == [n for n in a.shape if n != 1]:
            rest = iter([i for i, n in zip(index, x.shape, strict=True) if n != 1])
            return self.load(a, [next(rest) if n != 1 else ZERO for n in a.shape], kind)
        return self._at(a, flat(index, x.shape))

    def _at(self, a: Tensor, place: Index) -> Text:
        """The number of an array at a place in the flattened array."""
        if a in self.given:
            whole, first = self.given[a]
            self._loads.append((a, place))
            return self._at(whole, flat([*first, *[ZERO] * len(a.shape)], whole.shape) + place)
        if a not in self.names and a.primitive is None:
            return Text(f"{self.tables.of(a._datum)}[{place}]")
        self.used.add(a)
        self._loads.append((a, place))
        return Text(f"{self.names[a]}[{place}]") if a.shape != () else Text(self.names[a])

    def place(self, table: Any, index: Sequence[Index]) -> Index:
        """The entry of a table of places, as a formula or as an entry of a constant array."""
        formula = as_formula(table, index)
        return formula if formula is not None else Index({f"{self.tables.of(table)}[{flat(index, table.shape)}]": 1})

    def counted(self, by: Any, index: Sequence[Index], n: int, negative: bool = True) -> Index:
        """The number of a row, given by an input.

        It is compared with the number `n` of rows before anything is computed.
        """
        if not isinstance(by, Tensor):
            return ZERO + (int(by) + n if by < 0 else int(by))
        self._check(by, n, negative)
        text = self.dialect.whole(self.load(by, index, "int"), by.dtype)
        if negative:
            text = self.functions.row(text, n)
        return Index({text: 1})

    def _check(self, by: Tensor, n: int, negative: bool) -> None:
        if (by, n, negative) in self._checked:
            return
        self._checked.add((by, n, negative))
        parts: list[Any] = ancestors([by])
        if any(x in self.given or not (x.primitive is None or is_elementwise(x) or is_view(x)) or is_read_flat(x) for x in parts):
            raise UnprintableError("an index that is computed from more than indices")
        # It is computed here, before all else, from what the function is given.
        waiting, self._locals = self._locals, []
        names, self.names = self.names, {x: self.names[x] for x in parts if x.primitive is None and x in self.names}
        index, loops = loop_over(by.shape)
        text = self.load(by, index, "int").bound(PRODUCT)
        line = f"if (!({text} >= {-n if negative else 0} && {text} < {n})) {self.dialect.refuse}"
        self.checks += within(self.dialect, loops, [*self._locals, line])
        self.names, self._locals = names, waiting

    def _converted(self, x: Tensor, text: Text) -> Text:
        if x.dtype == bool:
            return Text(f"{text.bound(ATOM)} != 0", 3)
        return Text(self.dialect.cast(text.bound(ATOM), self.type(x.dtype)), PRODUCT + 1)
