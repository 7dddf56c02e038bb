"""A program in C or JavaScript: its functions `forward` and `backward`, put together from their bodies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...backward import ancestors
from ...core import Node
from ...tensor import Tensor
from ..naming import identifier
from .bodies import Body
from .expanding import expanded
from .formulas import Functions
from .memory import in_memory, is_view
from .recurrences import compute
from .tables import Tables

__all__ = ["Array", "Change", "Changed", "Function", "Printed", "Recipe", "printed"]

LOCAL = frozenset("ijklmn") | {"row", "sum", "best", "saved"}  # what the loops themselves use


class Change(NamedTuple):
    """A function of a program that changes arrays in place, such as an optimizer's formula.

    Attributes:
        arguments: what it is called with, leaves.
        changes: some of the arguments, each with what it becomes.
    """

    name: str
    arguments: Sequence[Any]
    changes: Sequence[tuple[Any, Any]]


class Recipe(NamedTuple):
    """What a program computes, as `source.Source` is given it too: see there.

    Attributes:
        gradients: what `backward` returns.
        names: the names that nodes have in the NumPy program.
        scopes: the parts of the network that nodes belong to.
        changes: for a whole step of training, the functions that are called at its end; None for a program of two
            functions.
    """

    name: str
    inputs: Sequence[Any]
    outputs: Sequence[Any]
    seeds: Sequence[Any]
    gradients: Sequence[Any]
    names: dict[Any, str]
    scopes: Mapping[Any, str | None]
    changes: Sequence[Change] | None = None


class Array(NamedTuple):
    """An array that a function of a program reads or writes."""

    name: str
    shape: tuple[int, ...]
    dtype: Any


class Result(NamedTuple):
    """One result of a function.

    It has an array, if that is not None; the node that it is, unless it is a copy; and a text, if it is one number.
    """

    array: Array | None
    node: Tensor | None
    text: str


class Function(NamedTuple):
    """One function of a program.

    Attributes:
        inputs: the names and arrays that it reads; `changed` are those of them that it changes.
        results: what it writes, or returns: one group, or those of two functions that are one.
        saves, saved: what it leaves for a later function, or has from an earlier one.
        seeds: how many of the inputs, at the end, are gradients of results.
    """

    name: str
    body: Body
    inputs: list[Array]
    results: list[list[Result]]
    saves: list[Tensor]
    saved: list[Tensor]
    changed: frozenset[str] = frozenset()
    seeds: int = 0


class Changed(NamedTuple):
    """A function that changes some of its arguments."""

    name: str
    arguments: list[Array]
    changed: frozenset[str]


class Printed(NamedTuple):
    """A program.

    Attributes:
        text: its text.
        results, gradients: what its functions write, in order; None for the gradient of what has none.
        saved: the arrays that `forward` leaves for `backward`: one, the bytes of its struct, or none.
        nodes: what it computes.
        changes: its functions that change arrays: the names of these, and their arguments.
    """

    text: str
    results: list[Array | None]
    gradients: list[Array | None]
    saved: list[Array]
    nodes: list[Tensor]
    changes: list[Changed]


def printed(recipe: Recipe, dialect: Any) -> Printed:
    """Print a program.

    Raises:
        UnprintableError: some part of it has no form in the language.
    """
    first = _Printer(dialect, recipe.inputs, recipe.outputs, recipe.seeds, recipe.gradients, recipe.names, recipe.scopes)
    functions = first.two() if recipe.changes is None else [first.one()]
    for change in recipe.changes or ():
        leaves = {x: x.label or "x" for x in change.arguments}
        writer = _Printer(dialect, change.arguments, [x for _, x in change.changes], [], [], leaves, {}, like=first)
        function = writer.changing(change)
        functions.append(function._replace(name=first.tables.free(function.name)))
    groups = [group for f in functions[:2] for group in f.results]
    results, gradients = ([r.array for r in group] for group in groups[:2])
    saved = functions[0].saves
    size = sum(x.size * x.dtype.itemsize for x in saved) + 8
    return Printed(
        dialect.program(recipe.name, functions, first.functions.definitions.values(), first.tables.lines),
        results, gradients, [Array("saved", (size,), np.dtype(np.uint8))] if saved else [], first.nodes,
        [Changed(f.name, f.inputs, f.changed) for f in functions if f.changed],
    )  # fmt: skip


class _Printer:
    """Makes functions of some nodes.

    Attributes:
        nodes: all of them.
        functions: the functions that they call.
        tables: the constant arrays, and the names of everything.
    """

    def __init__(
        self, dialect: Any, inputs: Sequence[Any], outputs: Sequence[Any], seeds: Sequence[Any], gradients: Sequence[Any],
        names: dict[Any, str], scopes: Mapping[Any, str | None], like: _Printer | None = None,
    ) -> None:  # fmt: skip
        self.dialect = dialect
        new = expanded([*inputs, *outputs, *gradients])

        def of(x: object) -> Any:
            return new.get(x, x) if isinstance(x, Node) else x

        self.of = of
        self.inputs, self.seeds = list(map(of, inputs)), list(seeds)
        self.outputs, self.gradients = list(map(of, outputs)), list(map(of, gradients))
        self._names = {of(x): name for x, name in names.items()}
        self._scopes = {of(x): scope for x, scope in scopes.items()}
        first = _order(self.outputs)
        known = set(first)
        self._parts = first, [x for x in _order(self.gradients) if x not in known]
        self.nodes = [*self._parts[0], *self._parts[1]]
        self._memory = in_memory(self.nodes, [*self.outputs, *self.gradients])
        for x in (*self.outputs, *self.gradients):
            if isinstance(x, Tensor) and x.primitive is not None and not is_view(x):
                self._memory.add(x)
        taken = set(LOCAL | dialect.reserved)
        self.functions: Functions = like.functions if like is not None else Functions(dialect, taken)
        taken.update(self.functions.definitions)
        self.tables: Tables = Tables(dialect, taken, like.tables if like is not None else None)
        self._wanted: dict[Tensor, str] = {}
        # The names of the NumPy program first.
        for x in (*self.inputs, *self.seeds, *(x for x in self._memory if x in self._names)):
            self._name(x)
        self._given = {x: dialect.given(self._wanted[x], x.shape) for x in (*self.inputs, *self.seeds)}

    def _name(self, x: Tensor) -> str:
        if x not in self._wanted:
            hint = self._names.get(x) or x.label
            self._wanted[x] = self.tables.free(identifier(hint)) if hint and hint.isidentifier() else self.tables.fresh("t")
        return self._wanted[x]

    def _arrays(self, nodes: Iterable[Tensor]) -> list[Array]:
        return [Array(self._wanted[x], x.shape, x.dtype) for x in nodes]

    def two(self) -> list[Function]:
        """`forward` and `backward`."""
        forward = self._body(self._parts[0], self._given)
        results = self._results(forward, self.outputs, "out")
        backward = self._body(self._parts[1], {**self._given, **{x: self._wanted[x] for x in forward.made}})
        gradients = self._results(backward, self.gradients, "d")
        saved = sorted((x for x in forward.made if x in backward.used), key=lambda x: -x.dtype.itemsize)
        return [
            Function("forward", forward, self._arrays(self.inputs), [results], saved, []),
            Function("backward", backward, self._arrays([*self.inputs, *self.seeds]), [gradients], [], saved, seeds=len(self.seeds)),
        ]

    def one(self) -> Function:
        """The same in one function."""
        body = self._body(self.nodes, self._given)
        results = [self._results(body, self.outputs, "out"), self._results(body, self.gradients, "d")]
        return Function("step", body, self._arrays(self.inputs), results, [], [])

    def changing(self, change: Change) -> Function:
        """A function that changes its arguments."""
        body = self._body(self.nodes, self._given)
        for (leaf, _), x in zip(change.changes, self.outputs, strict=True):
            target = self.of(leaf)
            body.copy(x, self._wanted[target], target.shape, str(self.dialect.number_type(target.dtype)), into=target)
        changed = frozenset(self._wanted[self.of(leaf)] for leaf, _ in change.changes)
        return Function(change.name, body, self._arrays(self.inputs), [], [], [], changed)

    def _body(self, nodes: Sequence[Tensor], names: dict[Any, str]) -> Body:
        """The loops that compute some nodes."""
        body = Body(self.dialect, self.functions, self._memory, dict(names), self._name, self.tables)
        compute(body, nodes, self._scopes)
        return body

    def _results(self, body: Body, roots: Iterable[Any], hint: str) -> list[Result]:
        """What a function returns; the lines that copy those that are a view or an input, or that it returns twice."""
        results: list[Result] = []
        for root in roots:
            if root is None:
                results.append(Result(None, None, ""))
                continue
            x = root if isinstance(root, Tensor) else None
            shape, dtype = (x.shape, x.dtype) if x is not None else ((), np.dtype(float))
            if x is not None and x in body.made and x not in body.returned:
                body.returned.add(x)
                results.append(Result(Array(self._wanted[x], shape, dtype), x, ""))
                continue
            name = self.tables.fresh(hint)
            kind = str(self.dialect.number_type(dtype))
            if shape == ():
                results.append(Result(Array(name, shape, dtype), None, body.load(root, [], kind).text))
            else:
                body.copy(root, name, shape, kind)
                results.append(Result(Array(name, shape, dtype), None, ""))
        return results


def _order(roots: Iterable[Any]) -> list[Tensor]:
    """All nodes that roots are made of, oldest first."""
    nodes: list[Any] = ancestors(x for x in roots if isinstance(x, Tensor))
    return nodes[::-1]
