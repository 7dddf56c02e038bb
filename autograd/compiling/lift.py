"""Lifting: a graph of numbers becomes a graph of arrays.

Numbers that are computed alike, from inputs that come from the same places, are computed at once.
Every number stands on a level, one above its deepest input; on each level, the numbers with the
same primitive and the same sources form a group, and a group is one array. Where each number of a
group finds its inputs is then a table of indices into earlier arrays, and `views` knows what a
table means. A group of dot products that pairs every row of one table with every row of another
is a matrix product.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..core import Node
from ..modes import Scope, mode
from ..primitives import arithmetic as a
from ..primitives.products import matmul
from ..primitives.reductions import max_, sum_
from ..primitives.shapes import choose, concatenate, getitem, lookup, reshape, scatter, stack, transpose
from ..tensor import Tensor
from ..value import Value
from .arrays import Arrays, number_of
from .flatten import DOT, MAX, SUM, Part, Step
from .views import gather, is_gather, view

__all__ = ["Lifting"]


class Lifting(Arrays):
    """Makes the arrays, level by level."""

    def __init__(self) -> None:
        super().__init__()
        self.levels: dict[int, int] = {}

    def run(self, steps: Sequence[Step], same: Mapping[int, Node]) -> None:
        """Compute all steps; a node whose id is in `same` stands where the one that it equals does."""
        for number, node in same.items():
            self.equals[id(node)].append(number)
        by_level: dict[int, list[Step]] = defaultdict(list)
        levels = self.levels
        for step in steps:
            inputs = itertools.chain.from_iterable(step.inputs) if _is_dot(step) else step.inputs
            level = 1 + max([levels.get(id(x), 0) for x in inputs], default=0)
            levels[id(step.node)] = level
            by_level[level].append(step)
        for level in sorted(by_level):
            self._run_level(by_level[level])

    def _run_level(self, steps: list[Step]) -> None:
        single: list[Step] = []
        late: list[tuple[Any, list[Any]]] = []  # sums of parts that come from different arrays
        for step in steps:
            if (step.primitive is SUM or step.primitive is DOT) and not isinstance(step.node, Tensor):
                parts, terms = self._split(step)
                single += parts
                if terms is not None:
                    late.append((step.node, terms))
            else:
                single.append(step)
        self._run_groups(single)
        while late:
            sums, late_next = [], []
            for node, (first, second, *rest) in late:
                target = Part() if rest else node
                sums.append(Step(target, a.add, (first, second), {}))
                if rest:
                    late_next.append((node, [target, *rest]))
            self._run_groups(sums)
            late = late_next

    def _split(self, step: Step) -> tuple[list[Step], list[Any] | None]:
        """A sum as partial sums of one source each, and the terms left to add (None: nothing)."""
        by_source: dict[Any, list[Any]] = defaultdict(list)
        for term in step.inputs:
            sources, ordered = self._ordered(term) if step.primitive is DOT else (self.source_of(term), term)
            by_source[sources].append(ordered)
        constant = float(sum(map(number_of, by_source.pop(None, ())))) if step.primitive is SUM else 0.0
        if len(by_source) == 1 and not constant:
            (inputs,) = by_source.values()
            return [step._replace(inputs=tuple(inputs))], None
        steps, terms = [], []
        for inputs in by_source.values():
            if step.primitive is SUM and len(inputs) == 1:
                terms.append(inputs[0])
                continue
            part = Part()
            terms.append(part)
            if step.primitive is SUM:
                steps.append(Step(part, SUM, tuple(inputs), {}))
            elif len(inputs) == 1:
                steps.append(Step(part, a.multiply, inputs[0], {}))
            else:
                steps.append(Step(part, DOT, tuple(inputs), {}))
        if constant or not terms:
            terms.append(constant)
        if len(terms) == 1:
            return [*steps, Step(step.node, a.identity, (terms[0],), {})], None
        return steps, terms

    def _ordered(self, pair: tuple[Any, Any]) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
        """The sources of two factors, and the factors, with the later array first: activations, then weights, whichever way
        they were written."""
        left, right = pair
        i, j = self.source_of(left), self.source_of(right)
        if j is not None and (i is None or i < j):
            return (j, i), (right, left)
        return (i, j), pair

    def _run_groups(self, steps: list[Step]) -> None:
        groups: dict[Any, list[Step]] = defaultdict(list)
        for step in steps:
            sources: Any
            if isinstance(step.node, Tensor):
                sources = "tensors"
            elif step.primitive is DOT:
                sources, _ = self._ordered(step.inputs[0])
            elif step.primitive is SUM:
                sources = self.source_of(step.inputs[0])
            elif step.primitive is MAX:
                sources = frozenset(map(self.source_of, step.inputs))
            elif step.primitive is a.select:
                sources = self.source_of(step.inputs[0]), frozenset(map(self.source_of, step.inputs[1:])), len(step.inputs)
            else:
                sources = tuple(map(self.source_of, step.inputs))
            groups[step.primitive, repr(sorted(step.static.items())), sources].append(step)
        for (primitive, _, _), members in groups.items():
            mode.scope = _common_scope(members[0].node, members[-1].node)
            if isinstance(members[0].node, Tensor):
                for step in members:
                    mode.scope = step.node.scope
                    self.tensors[id(step.node)] = self._tensor(step)
                continue
            if primitive is DOT and all(len(step.inputs) == 1 for step in members):
                array, members = self._elementwise([Step(step.node, a.multiply, step.inputs[0], {}) for step in members])
            elif primitive is DOT:
                array, members = self._dot(members)
            elif primitive is SUM:
                array, members = self._sum(members)
            elif primitive is MAX:
                array = self._max(members)
            elif primitive is a.select:
                array, members = self._select(members)
            else:
                array, members = self._elementwise(members)
            self.add(array if isinstance(array, Node) else Tensor(array), enumerate(step.node for step in members))

    def _tensor(self, step: Step) -> Any:
        """An operation on arrays, done again on the new ones."""
        if step.primitive is stack:
            numbers = _stacked(step.inputs, step.static)
            if numbers is not None:
                return reshape(self.read(numbers), shape=step.node.shape)
        return step.primitive(*[self._tensor_input(x) for x in step.inputs], **step.static)

    def _tensor_input(self, x: Any) -> Any:
        if not isinstance(x, Node):
            return x
        return self.entry(x) if isinstance(x, Value) else self.tensor(x)

    def _elementwise(self, members: list[Step]) -> tuple[Any, list[Step]]:
        _, primitive, inputs, static = members[0]
        sources = list(map(self.source_of, inputs))
        columns: list[Any] = [
            None if source is None else self.table([[step.inputs[k]] for step in members])[:, 0] for k, source in enumerate(sources)
        ]
        tables = [column for column in columns if column is not None]
        order = np.lexsort(tables[::-1]) if tables else np.arange(len(members))
        members = [members[i] for i in order]
        columns = [
            np.array([number_of(step.inputs[k]) for step in members]) if column is None else column[order]
            for k, column in enumerate(columns)
        ]
        shape = self._shape(sources, columns, len(members))
        operands = [
            _constant(column.reshape(shape)) if source is None else view(self.arrays[source], column.reshape(shape))
            for source, column in zip(sources, columns, strict=True)
        ]
        result = primitive(*operands, **static)
        if not isinstance(result, Node):
            result = Tensor(np.asarray(result, dtype=float))
        if result.dtype == bool:  # a comparison of Values is a number, and adds up
            result = result * 1.0
        return self.full(result, shape), members

    def _shape(self, sources: list[int | None], columns: list[Any], n: int) -> tuple[int, ...]:
        """The shape for n numbers in which their inputs need the fewest gathers."""
        if n == 1:
            return ()
        lengths = {n}
        for source, column in zip(sources, columns, strict=True):
            if source is not None:
                changes = np.flatnonzero(column[1:] != column[:-1])
                returns = np.flatnonzero(column[1:] == column[0])
                lengths.add(int(changes[0]) + 1 if changes.size else n)  # repeated so often
                lengths.add(int(returns[0]) + 1 if returns.size else n)  # with this period
                lengths.update(self.arrays[source].shape[-1:])
        candidates = [
            (n,),
            *((n // k, k) for k in sorted(lengths) if k > 0 and n % k == 0 and (k < n or (1, n) == self._shape_of(sources))),
        ]
        costs = [
            sum(is_gather(self.arrays[s], c.reshape(shape)) for s, c in zip(sources, columns, strict=True) if s is not None)
            + sum(self.arrays[s].shape != shape for s in sources if s is not None and self.arrays[s].size == n) * 0.1
            for shape in candidates
        ]
        return candidates[int(np.argmin(costs))]

    def _shape_of(self, sources: list[int | None]) -> tuple[int, ...] | None:
        return next((self.arrays[s].shape for s in sources if s is not None), None)

    def _sum(self, members: list[Step]) -> tuple[Any, list[Step]]:
        source = self.arrays[self.source_of(members[0].inputs[0])]  # type: ignore[index]
        lengths = {len(step.inputs) for step in members}
        members = sorted(members, key=lambda step: self.places[id(step.inputs[0])][1])
        if len(lengths) > 1:
            return self._ragged_sum(gather_or_slice(source, self._flat(members)), members), members
        table = self.table([step.inputs for step in members])
        if len(members) == 1:
            table = np.sort(table[0])
            whole = table.size == source.size and (table == np.arange(source.size)).all()
            return sum_(source if whole else self.full(view(source, table), table.shape)), members
        return sum_(self.full(view(source, table), table.shape), axis=-1), members

    def _flat(self, members: list[Step]) -> Any:
        return np.concatenate([self.table([step.inputs])[0] for step in members])

    def _ragged_sum(self, flat: Any, members: list[Step]) -> Any:
        rows = np.repeat(np.arange(len(members)), [len(step.inputs) for step in members])
        return scatter(flat, index=rows, shape=(len(members),))

    def _max(self, members: list[Step]) -> Any:
        everything = [x for step in members for x in step.inputs]
        flat = self.read(everything)
        longest = max(len(step.inputs) for step in members)
        if all(len(step.inputs) == longest for step in members):
            top = max_(reshape(flat, shape=(len(members), longest)), axis=-1)
        else:
            table = np.full((len(members), longest), len(everything))  # a place past the end holds -inf
            start = 0
            for row, step in zip(table, members, strict=True):
                row[: len(step.inputs)] = np.arange(start, start + len(step.inputs))
                start += len(step.inputs)
            top = max_(getitem(concatenate(flat, np.array([-np.inf]), axis=0), index=table), axis=-1)
        return reshape(top, shape=()) if len(members) == 1 else top

    def _select(self, members: list[Step]) -> tuple[Any, list[Step]]:
        """Choices by an integer: rows of a table, where the candidates are spaced evenly in one array."""
        source_of_index = self.source_of(members[0].inputs[0])
        if source_of_index is None:  # constants; chosen from like the others
            self.add(self.read([step.inputs[0] for step in members]), enumerate(step.inputs[0] for step in members))
            return self._select(members)
        table = self.table([step.inputs[:1] for step in members])[:, 0]
        index = self.arrays[source_of_index]
        n, k = len(members), len(members[0].inputs) - 1
        sources = {self.source_of(x) for step in members for x in step.inputs[1:]}
        if len(sources) > 1 or None in sources:
            candidates = reshape(self.read([x for step in members for x in step.inputs[1:]]), shape=(n, k))
        else:
            (number,) = sources
            source = self.arrays[number]  # type: ignore[index]
            places = self.table([step.inputs[1:] for step in members])
            order = np.lexsort((places[:, 0], table))
            places, table, members = places[order], table[order], [members[i] for i in order]
            if source.ndim == 2 and len(source) == k and n % source.shape[1] == 0:
                width = source.shape[1]
                rows = table.reshape(-1, width)[:, 0]
                every_row = np.arange(k * width).reshape(k, width).T  # whole rows are chosen, one after the other
                if (table.reshape(-1, width) == rows[:, None]).all() and (places.reshape(-1, width, k) == every_row).all():
                    return lookup(source, self.full(view(index, rows), rows.shape)), members
            candidates = self.full(view(source, places), places.shape)
        if n == 1:
            return lookup(reshape(candidates, shape=(k,)), view(index, table[0])), members
        return choose(candidates, self.full(view(index, table), table.shape)), members

    def _dot(self, members: list[Step]) -> tuple[Any, list[Step]]:
        left, right = (self._factor(members, side) for side in (0, 1))
        if len({len(step.inputs) for step in members}) > 1:
            product = left.flat() * right.flat()
            return self._ragged_sum(product, members), members
        x, w = left.table(), right.table()
        if len(members) == 1:
            if left.is_whole(x) and right.is_whole(w) and left.array.shape == right.array.shape:
                return sum_(left.array * right.array), members
            return sum_(left.rows(x[0]) * right.rows(w[0])), members
        (x_rows, i), (w_rows, j) = (np.unique(table, axis=0, return_inverse=True) for table in (x, w))
        code = i.ravel() * len(w_rows) + j.ravel()
        order = np.argsort(code, kind="stable")
        if len(members) == len(x_rows) * len(w_rows) and (code[order] == np.arange(len(members))).all():
            if len(w_rows) == 1 and right.is_vector():
                return matmul(left.rows(x_rows), right.rows(w_rows[0])), [members[k] for k in order]
            if len(x_rows) == 1 and left.is_vector():
                return matmul(right.rows(w_rows), left.rows(x_rows[0])), [members[k] for k in order]
            return matmul(left.rows(x_rows), transpose(right.rows(w_rows))), [members[k] for k in order]
        return sum_(left.rows(x) * right.rows(w), axis=-1), members

    def _factor(self, members: list[Step], side: int) -> _Factor:
        source = self.source_of(members[0].inputs[0][side])
        return _Factor(self, source, [[pair[side] for pair in step.inputs] for step in members])


class _Factor:
    """One side of a group of dot products."""

    def __init__(self, lifting: Lifting, source: int | None, rows: list[list[Any]]) -> None:
        self.lifting, self.source, self.numbers = lifting, source, rows
        self.array: Any = None if source is None else lifting.arrays[source]

    def table(self) -> Any:
        """Where each factor is; of constants, the factors themselves."""
        if self.source is None:
            return np.array([[number_of(x) for x in row] for row in self.numbers])
        return self.lifting.table(self.numbers)

    def rows(self, table: Any) -> Any:
        """The factors that a table names, as an array of its shape."""
        if self.source is None:
            return table
        return self.lifting.full(view(self.array, table), table.shape)

    def flat(self) -> Any:
        """All factors one after the other."""
        if self.source is None:
            return np.array([number_of(x) for row in self.numbers for x in row])
        return gather_or_slice(self.array, np.concatenate([self.lifting.table([row])[0] for row in self.numbers]))

    def is_vector(self) -> bool:
        """Whether the factors come from a list."""
        return self.array is not None and self.array.ndim == 1

    def is_whole(self, table: Any) -> bool:
        """Whether the table names every entry of the array once, in order."""
        return self.array is not None and table.size == self.array.size and bool((table.ravel() == np.arange(table.size)).all())


def _is_dot(step: Step) -> bool:
    return step.primitive is DOT and not isinstance(step.node, Tensor)


def _stacked(inputs: Sequence[Any], static: Any) -> list[Any] | None:
    """The numbers that `stack` makes an array of, if they are Values, or rows of them in turn."""
    if static.get("axis", 0) != 0:
        return None
    numbers: list[Any] = []
    for x in inputs:
        if not isinstance(x, Tensor):
            inner: Any = [x] if np.ndim(x) == 0 else None
        else:
            inner = _stacked(x.inputs or (), x.static) if x.primitive is stack else None
        if inner is None:
            return None
        numbers += inner
    return numbers


def _common_scope(first: Any, last: Any) -> Scope | None:
    """The innermost named part that both nodes belong to."""
    chains = []
    for node in (first, last):
        chain, scope = [], getattr(node, "scope", None)
        while scope is not None:
            chain.append(scope)
            scope = scope.outer
        chains.append(chain[::-1])
    common = None
    for a_scope, b_scope in zip(*chains, strict=False):
        if a_scope.name != b_scope.name:
            break
        common = a_scope
    return common


def gather_or_slice(source: Any, table: Any) -> Any:
    array = view(source, table)
    return array if array.shape == table.shape else gather(source, table)


def _constant(column: Any) -> Any:
    """An array of constants, as a single number if they are all the same."""
    same = column.size and (column == column.flat[0]).all() and (np.signbit(column) == np.signbit(column.flat[0])).all()  # 0 or -0
    return column.flat[0].item() if same else column
