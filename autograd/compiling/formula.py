"""The formula of an optimizer as a graph, and as a function of the program: the third part of a compiled step.

The formula is called once, with `Cell`s in place of its arrays and settings. A cell holds a node. What changes an array
in place, as in `p -= lr * g`, puts another node into its cell; so the graph says how the new numbers follow from the
old ones, and other languages can be written from it. In NumPy, a new number is written into the array of the old one
again.
"""

from __future__ import annotations

import inspect
import operator
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, NoReturn

import numpy as np

from ..backward import ancestors
from ..core import Node
from ..numpy_interface import call_function, call_ufunc
from ..primitives.arithmetic import astype, identity
from ..primitives.printing import COMPARISON, Infix, Product, View, way_of
from ..tensor import Tensor
from ..updating import Updater
from ..value import Value
from .naming import identifier
from .wrapping import wrapped
from .writers import Writer, is_view

__all__ = ["Assignment", "Formula"]

SHORT = 84  # characters: what is longer gets a name
OPERATORS = ("add", "sub", "mul", "truediv", "pow", "matmul")
RELATIONS = ("lt", "le", "gt", "ge", "eq", "ne")


class Assignment(NamedTuple):
    """The numbers of `target`, a leaf, become those of `node`."""

    target: Tensor
    node: Node


class Formula:
    """A formula, traced.

    Args:
        updater: whose formula it is.
        p: an array like the numbers that it changes.
        memory: the names of what is remembered, and for each whether it is needed.
        settings: those of a group. Floats may be others at the next step; all else is a part of the formula.
        step: the number of the step.

    Attributes:
        arrays: the leaves for p, g, and what is remembered; None for what is not needed.
        step: the leaf for the number of the step.
        numbers: the leaves for the floats among the settings, in the order of the settings.
        assignments: what is changed, in order.
        conditions: what was decided by a number in an `if`, and how: another decision needs another program.
    """

    def __init__(self, updater: Updater, p: Any, memory: dict[str, bool], settings: dict[str, Any], step: int) -> None:
        self.name = type(updater).__name__
        names = _names(updater, memory)
        like = np.ones(p.shape, p.dtype)
        self.arrays = [Tensor(like, name) if need else None for name, need in zip(names, [True, True, *memory.values()], strict=True)]
        self.step = Value(float(step), "step")
        self.numbers: list[Value] = []
        self.assignments: list[Assignment] = []
        self.conditions: list[tuple[Node, bool]] = []
        cells = [None if x is None else Cell(self, x, x) for x in self.arrays]
        given = {name: self._setting(name, x) for name, x in settings.items()}
        returned: Any = updater.update(*cells, step=Cell(self, self.step), **given)  # type: ignore[func-returns-value]
        if returned is not None:
            raise TypeError(f"{self.name}.update must change p in place, as in `p -= lr * g`, and return nothing.")

    def _setting(self, name: str, x: object) -> Any:
        if isinstance(x, (tuple, list)) and all(type(item) is float for item in x):
            return tuple(self._setting(f"{name.removesuffix('s')}{i}", item) for i, item in enumerate(x, start=1))
        if type(x) is not float:
            return x
        self.numbers.append(Value(x, name))
        return Cell(self, self.numbers[-1])

    def assign(self, target: Tensor, node: Any) -> Node:
        """Let `target` become `node`; the node that stands for it from now on."""
        if target is self.arrays[1]:
            raise TypeError(f"{self.name}.update changes the gradient g in place; write `g = g + …`, which leaves it as it is.")
        is_new = isinstance(node, Node) and node.primitive is not None and not any(node is a.node for a in self.assignments)
        if not is_new:
            node = identity(node if isinstance(node, Node) else Tensor(np.full(target.shape, node, target.dtype)))
        if node.shape != target.shape:
            raise TypeError(f"{self.name}.update changes {target.label}, of shape {target.shape}, into an array of shape {node.shape}.")
        if node.dtype != target.dtype:
            node = astype(node, dtype=target.dtype)
        self.assignments.append(Assignment(target, node))
        return node

    def decided(self, node: object) -> bool:
        """Whether a number is true, which has been asked in an `if`."""
        if not isinstance(node, Value):
            raise TypeError(
                f"{self.name}.update cannot be compiled: it decides by the numbers of an array, in an `if`, `while`, `and`, `or`, max() or "
                "min(). Use np.where, np.maximum or np.minimum, which choose anew at every step."
            )
        truth = bool(node._datum)
        self.conditions.append((node, truth))
        return truth

    def refuse(self, what: str, instead: str) -> NoReturn:
        raise TypeError(f"{self.name}.update cannot be compiled: it {what}. {instead}")


class Cell:
    """An array, or a number, of a formula: it holds the node for what it is at the moment.

    Attributes:
        leaf: for an array that is given to the formula, the leaf that stands for it.
        view_of: for a view, such as a row or a transpose, of which cell, and the node that this held then.
    """

    __slots__ = ("_node", "formula", "leaf", "view_of")
    __array_priority__ = 1e6

    def __init__(self, formula: Formula, node: object, leaf: Tensor | None = None, view_of: tuple[Cell, Node] | None = None) -> None:
        self.formula, self._node, self.leaf, self.view_of = formula, node, leaf, view_of

    @property
    def node(self) -> Any:
        if self.view_of is not None and self.view_of[0].node is not self.view_of[1]:
            self.formula.refuse("reads a part of an array that has been changed since", "Take the part anew, or take a copy.")
        return self._node

    def _made(self, result: object) -> Any:
        if not isinstance(result, Node):
            return tuple(map(self._made, result)) if isinstance(result, (tuple, list)) else result
        return Cell(self.formula, result, view_of=(self, self.node) if isinstance(way_of(result), View) else None)

    def _become(self, new: object) -> Cell:
        if self.view_of is not None:
            self.formula.refuse("changes a part of an array in place", "Change the whole array, with np.where.")
        self._node = self._node if new is self._node else new if self.leaf is None else self.formula.assign(self.leaf, new)
        return self

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        out = options.pop("out", (None,))[0]
        result = call_ufunc(ufunc, method, tuple(map(_node_of, inputs)), {name: _node_of(x) for name, x in options.items()})
        return self._made(result) if out is None else out._become(result)

    def __array_function__(self, function: object, types: Any, args: object, kwargs: Any) -> Any:
        return self._made(call_function(function, _node_of(args), {name: _node_of(x) for name, x in kwargs.items()}))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        found = getattr(self.node, name)
        if callable(found):
            return lambda *args, **options: self._made(found(*map(_node_of, args), **{key: _node_of(x) for key, x in options.items()}))
        return self._made(found)

    def __getitem__(self, index: object) -> Any:
        return self._made(self.node[_node_of(index)])

    def __setitem__(self, index: object, new: object) -> None:
        if index is not ... and not (isinstance(index, slice) and index == slice(None)):
            self.formula.refuse("changes some entries of an array", "Change the whole array, with np.where.")
        new = _node_of(new)
        self._become(new if getattr(new, "shape", None) == self.node.shape else new + 0.0 * self.node)

    def __bool__(self) -> bool:
        return self.formula.decided(self.node)

    def copy(self) -> Any:
        return self._made(identity(self.node))

    def __neg__(self) -> Any:
        return self._made(-self.node)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return self._made(abs(self.node))

    def __len__(self) -> int:
        return len(self.node)

    def __float__(self) -> NoReturn:
        self.formula.refuse("makes a plain number of an array or a setting, by float() or the math module", "Use NumPy's functions.")

    __int__ = __index__ = __iter__ = __float__


def _node_of(x: Any) -> Any:
    if isinstance(x, Cell):
        return x.node
    return type(x)(map(_node_of, x)) if type(x) in (tuple, list) else x


def _operator(name: str) -> None:
    compute = getattr(operator, name)

    def forward(self: Cell, other: object) -> Any:
        return self._made(compute(self.node, _node_of(other)))

    def reverse(self: Cell, other: object) -> Any:
        return self._made(compute(_node_of(other), self.node))

    def in_place(self: Cell, other: object) -> Any:
        new = compute(self.node, _node_of(other))
        return self._made(new) if isinstance(self.node, Value) else self._become(new)

    setattr(Cell, f"__{name}__", forward)
    if name in OPERATORS:
        setattr(Cell, f"__r{name}__", reverse)
        setattr(Cell, f"__i{name}__", in_place)


for _name in (*OPERATORS, *RELATIONS):
    _operator(_name)
Cell.__hash__ = object.__hash__  # type: ignore[method-assign]


def _names(updater: Updater, memory: Iterable[str]) -> list[str]:
    """The names that the formula has for its arrays."""
    for kind in type(updater).__mro__:
        if "update" in vars(kind):
            parameters = list(inspect.signature(vars(kind)["update"]).parameters.values())[1:]
            names = [x.name for x in parameters if x.kind is x.POSITIONAL_OR_KEYWORD]
            if len(names) == 2 + len(list(memory)):
                return names
    return ["p", "g", *memory]


class Text(Writer):
    """A formula as a function in NumPy.

    Attributes:
        arguments: the leaves that it is called with: those that it reads.
        text: the function, called `name`.
    """

    def __init__(self, formula: Formula, name: str) -> None:
        super().__init__()
        self._targets = {a.node: a.target for a in formula.assignments}
        order = ancestors([a.node for a in formula.assignments])[::-1]
        leaves = [*(x for x in formula.arrays if x is not None), formula.step, *formula.numbers]
        used = {x for node in order for x in node.inputs or ()} | set(self._targets.values())
        self.arguments = [x for x in leaves if x in used]
        for x in self.arguments:
            self._name(x, identifier(x.label or "x"))
        self._reads = Counter(x for node in order for x in node.inputs or () if isinstance(x, Node))
        self._find_stale(order, formula)
        lines = [line for node in order if node.primitive is not None for line in self._line(node)]
        self.text = "\n".join(
            [
                wrapped(f"def {name}({', '.join(self.names[x] for x in self.arguments)}):"),
                f'    """optimizer.step(): {formula.name}, on arrays that it changes in place."""',
                *[wrapped(line, 4) for line in [*self.constants, *(lines or ["pass"])]],
            ]
        )

    def _name(self, x: Node, name: str) -> None:
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        self.names[x] = name

    def _find_stale(self, order: Sequence[Node], formula: Formula) -> None:
        """Find what must be computed early, since something that it reads is changed later.

        It cannot be written where it is read itself.
        """
        ends: dict[Node, float] = {}  # when the numbers of a node are overwritten
        now: dict[Node, Node] = {x: x for x in formula.arrays if x is not None}
        for target, node in formula.assignments:
            ends[now[target]], now[target] = node.time, node
        read: dict[Node, float] = {}  # when the statement that a node is written in is computed
        for node in reversed(order):
            at = node.time if node in self._targets else read.get(node, node.time)
            for x in node.inputs or ():
                if isinstance(x, Node):
                    read[x] = max(read.get(x, 0), at)
        valid: dict[Node, float] = {}
        self._stale: set[Node] = set()
        for node in order:
            inside = [ends.get(x, valid.get(x, np.inf)) for x in node.inputs or () if isinstance(x, Node)]
            valid[node] = min(inside, default=np.inf)
            if node in self._targets:
                valid[node] = ends.get(node, np.inf)
            elif valid[node] < read.get(node, 0):
                self._stale.add(node)
                valid[node] = np.inf

    def _line(self, node: Node) -> list[str]:
        target = self._targets.get(node)
        if target is None:
            text, _ = self.write(node)
            many = self._reads[node] > 1 and not is_view(node)
            if not (many or node in self._stale or len(text) > SHORT):
                return []
            if isinstance(way_of(node), View) or text.isidentifier():
                text = f"{self.owner(node)}.copy()"  # what it is a view of is about to change
            self._name(node, f"t{1 + sum(name[0] == 't' and name[1:].isdigit() for name in self.taken)}")
            return [f"{self.names[node]} = {text}"]
        name = self.names[target]
        left, *others = node.inputs or ()
        way = way_of(node)
        if isinstance(way, Product) and self.names.get(left) != name:  # the other way round
            left, others = others[0], [left]
        if isinstance(way, Infix) and way.strength != COMPARISON and isinstance(left, Node) and self.names.get(left) == name:
            line = f"{name} {way.sign}= {self.text_of(others[0])}"
        else:
            line = f"{name}[...] = {self.text_of(node.left) if node.primitive in (identity, astype) else self.write(node)[0]}"
        self.names[node] = name
        return [line]


def condition_text(formula: Formula) -> Callable[..., Any]:
    """A function of the number of the step and the floats among the settings to what is decided by them."""
    writer = Writer()
    for x in (formula.step, *formula.numbers):
        writer.names[x] = identifier(x.label or "x")
    names = ", ".join(writer.names.values())
    source = f"lambda {names}: ({''.join(f'bool({writer.text_of(node)}), ' for node, _ in formula.conditions)})"
    asked: Callable[..., Any] = eval(source, {"np": np})
    return asked
