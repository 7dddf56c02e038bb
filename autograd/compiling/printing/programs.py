"""A program in C or JavaScript: its functions `forward` and `backward`, put together from their bodies."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...backward import ancestors
from ...primitives.reductions import sum_
from ...tensor import Tensor
from ..naming import identifier
from .bodies import Body, Nest, Tables
from .expanding import expanded
from .formulas import Functions
from .indices import loop_over
from .loops import WRITERS, adds_rows
from .memory import in_memory, is_elementwise, is_view

__all__ = ["Array", "Printed", "Recipe", "printed"]

NAME = 40  # characters of the function's name in a comment
LOCAL = frozenset("ijklmn") | {"row", "sum", "best", "saved"}  # what the loops themselves use


class Recipe(NamedTuple):
    """What a program computes, as `source.Source` is given it too: see there.

    Attributes:
        names: the names that nodes have in the NumPy program.
        scopes: the parts of the network that nodes belong to.
    """

    name: str
    inputs: Sequence[Any]
    outputs: Sequence[Any]
    seeds: Sequence[Any]
    gradients: Sequence[tuple[Any, Any]]
    names: dict[Any, str]
    scopes: Mapping[Any, str | None]


class Array(NamedTuple):
    """An array that a function of a program reads or writes."""

    name: str
    shape: tuple[int, ...]
    dtype: Any


class Printed(NamedTuple):
    """A program.

    Attributes:
        text: its text.
        results, gradients: what each writes, in order; None for the gradient of what has none.
        saved: the arrays that `forward` leaves for `backward`: one, the bytes of its struct, or none.
        nodes: what it computes.
    """

    text: str
    results: list[Array | None]
    gradients: list[Array | None]
    saved: list[Array]
    nodes: list[Tensor]


def printed(recipe: Recipe, dialect: Any) -> Printed:
    """Print a program.

    Raises:
        UnprintableError: some part of it has no form in the language.
    """
    return _Printer(recipe, dialect).printed()


class _Printer:
    def __init__(self, recipe: Recipe, dialect: Any) -> None:
        self.dialect, self.recipe = dialect, recipe
        new = expanded([*recipe.outputs, *[g for _, g in recipe.gradients]])

        def of(x: Any) -> Any:
            return new.get(x, x) if isinstance(x, Tensor) else x

        self.inputs, self.seeds = list(recipe.inputs), list(recipe.seeds)
        self.outputs = [of(x) for x in recipe.outputs]
        self.gradients = [of(g) for _, g in recipe.gradients]
        self.names = {of(x): name for x, name in recipe.names.items()}
        self.scopes = {of(x): scope for x, scope in recipe.scopes.items()}
        first = _order(self.outputs)
        known = set(first)
        second = [x for x in _order(self.gradients) if x not in known]
        self.parts = first, second
        self.memory = in_memory([*first, *second], [*self.outputs, *self.gradients])
        for x in (*self.outputs, *self.gradients):
            if isinstance(x, Tensor) and x.primitive is not None and not is_view(x):
                self.memory.add(x)
        taken = set(LOCAL | dialect.reserved)
        self.functions, self.tables = Functions(dialect, taken), Tables(dialect, taken)
        self.given: dict[Any, str] = {}
        self.wanted: dict[Tensor, str] = {}

    def _name(self, x: Tensor) -> str:
        if x not in self.wanted:
            hint = self.names.get(x)
            self.wanted[x] = self.tables.free(identifier(hint)) if hint else self.tables.fresh("t")
        return self.wanted[x]

    def _body(self, nodes: Sequence[Tensor], names: dict[Any, str]) -> Body:
        """The loops that compute some nodes: in their order, but what can stand in the loops before comes first."""
        body = Body(self.dialect, self.functions, self.memory, dict(names), self._name, self.tables)
        waiting = {x: self._needs(x, names) for x in nodes if x in self.memory and x not in names}
        while waiting:
            x = self._next(body, waiting)
            del waiting[x]
            for needs in waiting.values():
                needs.discard(x)
            body.compute(x, self.scopes.get(x), WRITERS.get(x.primitive) if not (is_elementwise(x) or is_view(x)) else None)
        return body

    def _needs(self, x: Tensor, known: Container[Any]) -> set[Tensor]:
        """What is to be computed before a node."""
        needs: set[Tensor] = set()
        todo = [y for y in x.inputs or () if isinstance(y, Tensor)]
        while todo:
            y = todo.pop()
            if y in self.memory and y not in known:
                needs.add(y)
            elif y not in known:
                todo.extend(z for z in y.inputs or () if isinstance(z, Tensor))
        return needs

    def _next(self, body: Body, waiting: dict[Tensor, set[Tensor]]) -> Tensor:
        last = body.blocks[-1] if body.blocks else None
        if isinstance(last, Nest):
            for x, needs in waiting.items():
                if not needs and _loops(x) == last.loops:
                    return x
        return next(x for x, needs in waiting.items() if not needs)

    def printed(self) -> Printed:
        d = self.dialect
        for x in [*self.inputs, *self.seeds]:
            self._name(x)
        for x in self.memory:  # the names of the NumPy program first
            if x in self.names:
                self._name(x)
        parameters = {x: d.given(self.wanted[x], x.shape) for x in [*self.inputs, *self.seeds]}
        forward = self._body(self.parts[0], parameters)
        results = self._results(forward, self.outputs, "out")
        known = {**parameters, **{x: self.wanted[x] for x in forward.made}}
        backward = self._body(self.parts[1], known)
        gradients = self._results(backward, self.gradients, "d")
        saved = sorted((x for x in forward.made if x in backward.used), key=lambda x: -x.dtype.itemsize)
        text = d.program(self, forward, backward, results, gradients, saved)
        size = sum(x.size * x.dtype.itemsize for x in saved) + 8
        memory = [Array("saved", (size,), np.dtype(np.uint8))] if saved else []
        return Printed(text, [r.array for r in results], [r.array for r in gradients], memory, [*self.parts[0], *self.parts[1]])

    def _results(self, body: Body, roots: Iterable[Any], hint: str) -> list[Result]:
        """What a function returns; the lines that copy those that are a view or an input."""
        results: list[Result] = []
        seen: set[Any] = set()
        for root in roots:
            if root is None:
                results.append(Result(None, None, ""))
                continue
            x = root if isinstance(root, Tensor) else None
            shape, dtype = (x.shape, x.dtype) if x is not None else ((), np.dtype(float))
            if x is not None and x in body.made and x not in seen:
                seen.add(x)
                results.append(Result(Array(self.wanted[x], shape, dtype), x, ""))
                continue
            name = self.tables.fresh(hint)
            if shape == ():
                text = body.load(root, [], self.dialect.number_type(dtype)).text
                results.append(Result(Array(name, shape, dtype), None, text))
            else:
                body.copy(root, name, shape, str(self.dialect.number_type(dtype)))
                results.append(Result(Array(name, shape, dtype), None, ""))
        return results


def _loops(x: Tensor) -> list[tuple[str, int]] | None:
    """The loops that a node is computed in, if they may be those of others too."""
    if is_elementwise(x) or is_view(x):
        return loop_over(x.shape)[1] if x.shape else None
    if x.primitive is sum_ and (x.size == 1 or adds_rows(x.left, x.static.get("axis"))):
        return loop_over(x.left.shape)[1]
    return None


class Result(NamedTuple):
    """One result of a function: its array, if it is not None; the node that it is, unless it is a copy; its text, if it is one number."""

    array: Array | None
    node: Tensor | None
    text: str


def _order(roots: Iterable[Any]) -> list[Tensor]:
    """All nodes that roots are made of, oldest first."""
    nodes: list[Any] = ancestors(x for x in roots if isinstance(x, Tensor))
    return nodes[::-1]
