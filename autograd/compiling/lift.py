"""Lifting: a graph of numbers becomes a graph of arrays.

Numbers with the same formula, whose inputs are entries of the same arrays, are computed together as one array.
Every number stands on a level, one above its deepest input; on each level, the numbers with the
same primitive and the same sources form a group, and a group is one array. Where each number of a
group finds its inputs is then a table of indices into earlier arrays, and `views` knows what a
table means. A group of dot products that pairs every row of one table with every row of another
is a matrix product.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..core import Node, Primitive
from ..layout import MANY, ONE
from ..modes import Scope, mode
from ..primitives import arithmetic as a
from ..primitives.products import matmul
from ..primitives.reductions import max_, sum_
from ..primitives.shapes import choose, concatenate, getitem, lookup, reshape, scatter, stack, transpose
from ..tensor import Tensor
from ..value import Value
from .arrays import Arrays, number_of
from .flatten import number
from .views import gather, is_gather, view

__all__ = ["Lifting"]

SUM, DOT, MAX, SELECT = a.add_n, a.dot_n, a.max_n, a.select


class Lifting(Arrays):
    """Makes the arrays, level by level."""

    def run(self, nodes: Iterable[Node]) -> None:
        """Compute the nodes of a flat graph, given each after its inputs."""
        by_level: dict[int, list[Any]] = defaultdict(list)
        levels: dict[int, int] = defaultdict(int)  # 0 of leaves and plain numbers
        level_of = levels.__getitem__
        for node in nodes:
            left, right = node.left, node.right
            if right is MANY:
                level = 1 + max(map(level_of, map(id, left)), default=0)
            elif right is ONE:
                level = 1 + level_of(id(left))
            else:
                level = 1 + max(level_of(id(left)), level_of(id(right)))
            levels[id(node)] = level
            by_level[level].append(node)
        for level in sorted(by_level):
            self._run_level(by_level[level])

    def _run_level(self, nodes: list[Any]) -> None:
        single: list[Any] = []
        late: list[tuple[Any, list[Any]]] = []  # sums of parts that come from different arrays
        for node in nodes:
            if (node.primitive is SUM or node.primitive is DOT) and not isinstance(node, Tensor):
                parts, terms = self._split(node)
                single += parts
                if terms is not None:
                    late.append((node, terms))
            else:
                single.append(node)
        self._run_groups(single)
        while late:
            sums, late_next = [], []
            for node, (first, second, *rest) in late:
                if rest:
                    sums.append(number(a.add, (first, second), node))
                    late_next.append((node, [sums[-1], *rest]))
                else:
                    sums.append(self._instead(node, a.add, (first, second)))
            self._run_groups(sums)
            late = late_next

    def _instead(self, node: Node, primitive: Primitive, inputs: tuple[Any, ...]) -> Node:
        """Another way to compute the number of a node."""
        other = number(primitive, inputs, node)
        self.stands_for[id(other)] = node
        return other

    def _split(self, node: Any) -> tuple[list[Node], list[Any] | None]:
        """A sum as partial sums of one source each, and the terms left to add (None: nothing)."""
        by_source: dict[Any, list[Any]] = defaultdict(list)
        if node.primitive is DOT:
            for pair in _pairs(node):
                sources, pair = self._ordered(pair)
                by_source[sources] += pair
            return self._split_dot(node, list(by_source.values()))
        for term in node.inputs:
            by_source[self.source_of(term)].append(term)
        constant = float(sum(map(number_of, by_source.pop(None, ()))))
        if len(by_source) == 1 and not constant:
            (inputs,) = by_source.values()
            return [node if len(inputs) == len(node.inputs) else self._instead(node, SUM, tuple(inputs))], None
        parts = [number(SUM, tuple(inputs), node) for inputs in by_source.values() if len(inputs) > 1]
        rest = iter(parts)
        terms = [inputs[0] if len(inputs) == 1 else next(rest) for inputs in by_source.values()]
        if constant or not terms:
            terms.append(constant)
        if len(terms) == 1:
            return [*parts, self._instead(node, a.identity, (terms[0],))], None
        return parts, terms

    def _split_dot(self, node: Any, factors: list[list[Any]]) -> tuple[list[Node], list[Any] | None]:
        """The same of a sum of products; the factors, by source, follow one another."""
        if len(factors) == 1:
            return [self._instead(node, DOT, _apart(factors[0]))], None
        parts = [number(a.multiply if len(pairs) == 2 else DOT, _apart(pairs), node) for pairs in factors]
        return parts, list(parts)

    def _ordered(self, pair: tuple[Any, Any]) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
        """The sources of two factors, and the factors, with the later array first: activations, then weights, whichever way
        they were written."""
        left, right = pair
        i, j = self.source_of(left), self.source_of(right)
        if j is not None and (i is None or i < j):
            return (j, i), (right, left)
        return (i, j), pair

    def _run_groups(self, nodes: list[Any]) -> None:
        groups: dict[Any, list[Any]] = defaultdict(list)
        source_of = self.source_of
        for node in nodes:
            primitive, inputs = node.primitive, node.inputs
            sources: Any
            if isinstance(node, Tensor):
                sources = "tensors"
            elif primitive is DOT:
                sources = source_of(inputs[0]), source_of(inputs[len(inputs) // 2])
            elif primitive is SUM:
                sources = source_of(inputs[0])
            elif primitive is MAX:
                sources = frozenset(map(source_of, inputs))
            elif primitive is SELECT:
                sources = source_of(inputs[0]), frozenset(map(source_of, inputs[1:])), len(inputs)
            else:
                sources = tuple(map(source_of, inputs))
            groups[primitive, repr(sorted(node.static.items())) if node._aside is not None else "[]", sources].append(node)
        for (primitive, _, _), members in groups.items():
            mode.scope = _common_scope(members[0], members[-1])
            if isinstance(members[0], Tensor):
                for node in members:
                    mode.scope = node.scope
                    self.tensors[id(node)] = self._tensor(node)
                continue
            if primitive is DOT and all(len(node.inputs) == 2 for node in members):
                array, members = self._elementwise(members, a.multiply)
            elif primitive is DOT:
                array, members = self._dot(members)
            elif primitive is SUM:
                array, members = self._sum(members)
            elif primitive is MAX:
                array = self._max(members)
            elif primitive is SELECT:
                array, members = self._select(members)
            else:
                array, members = self._elementwise(members, primitive)
            self.add(array if isinstance(array, Node) else Tensor(array), enumerate(members))

    def _tensor(self, node: Any) -> Any:
        """An operation on arrays, done again on the new ones."""
        if node.primitive is stack:
            numbers = _stacked(node.inputs, node.static)
            if numbers is not None:
                return reshape(self.read(numbers), shape=node.shape)
        return node.primitive(*[self._tensor_input(x) for x in node.inputs], **node.static)

    def _tensor_input(self, x: Any) -> Any:
        if not isinstance(x, Node):
            return x
        return self.entry(x) if isinstance(x, Value) else self.tensor(x)

    def _elementwise(self, members: list[Any], primitive: Primitive) -> tuple[Any, list[Any]]:
        inputs = members[0].inputs
        sources = list(map(self.source_of, inputs))
        columns: list[Any] = [
            None if source is None else self.column([node.inputs[k] for node in members]) for k, source in enumerate(sources)
        ]
        tables = [column for column in columns if column is not None]
        order = np.lexsort(tables[::-1]) if tables else np.arange(len(members))
        members = [members[i] for i in order]
        columns = [
            np.array([number_of(node.inputs[k]) for node in members]) if column is None else column[order]
            for k, column in enumerate(columns)
        ]
        shape = self._shape(sources, columns, len(members))
        operands = [
            _constant(column.reshape(shape)) if source is None else view(self.arrays[source], column.reshape(shape))
            for source, column in zip(sources, columns, strict=True)
        ]
        result = primitive(*operands, **members[0].static)
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

    def _sum(self, members: list[Any]) -> tuple[Any, list[Any]]:
        source = self.arrays[self.source_of(members[0].inputs[0])]  # type: ignore[index]
        lengths = {len(node.inputs) for node in members}
        members = sorted(members, key=lambda node: self.places[id(node.inputs[0])][1])
        if len(lengths) > 1:
            return self._ragged_sum(gather_or_slice(source, self._flat(members)), [len(node.inputs) for node in members]), members
        table = self.table([node.inputs for node in members])
        if len(members) == 1:
            table = np.sort(table[0])
            whole = table.size == source.size and (table == np.arange(source.size)).all()
            return sum_(source if whole else self.full(view(source, table), table.shape)), members
        return sum_(self.full(view(source, table), table.shape), axis=-1), members

    def _flat(self, members: list[Any]) -> Any:
        return np.concatenate([self.table([node.inputs])[0] for node in members])

    def _ragged_sum(self, flat: Any, lengths: list[int]) -> Any:
        return scatter(flat, index=np.repeat(np.arange(len(lengths)), lengths), shape=(len(lengths),))

    def _max(self, members: list[Any]) -> Any:
        everything = [x for node in members for x in node.inputs]
        flat = self.read(everything)
        longest = max(len(node.inputs) for node in members)
        if all(len(node.inputs) == longest for node in members):
            top = max_(reshape(flat, shape=(len(members), longest)), axis=-1)
        else:
            table = np.full((len(members), longest), len(everything))  # a place past the end holds -inf
            start = 0
            for row, node in zip(table, members, strict=True):
                row[: len(node.inputs)] = np.arange(start, start + len(node.inputs))
                start += len(node.inputs)
            top = max_(getitem(concatenate(flat, np.array([-np.inf]), axis=0), index=table), axis=-1)
        return reshape(top, shape=()) if len(members) == 1 else top

    def _select(self, members: list[Any]) -> tuple[Any, list[Any]]:
        """Choices by an integer: rows of a table, where the candidates are spaced evenly in one array."""
        source_of_index = self.source_of(members[0].inputs[0])
        if source_of_index is None:  # constants; chosen from like the others
            self.add(self.read([node.inputs[0] for node in members]), enumerate(node.inputs[0] for node in members))
            return self._select(members)
        table = self.table([node.inputs[:1] for node in members])[:, 0]
        index = self.arrays[source_of_index]
        n, k = len(members), len(members[0].inputs) - 1
        sources = {self.source_of(x) for node in members for x in node.inputs[1:]}
        if len(sources) > 1 or None in sources:
            candidates = reshape(self.read([x for node in members for x in node.inputs[1:]]), shape=(n, k))
        else:
            (number,) = sources
            source = self.arrays[number]  # type: ignore[index]
            places = self.table([node.inputs[1:] for node in members])
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

    def _dot(self, members: list[Any]) -> tuple[Any, list[Any]]:
        left, right = (self._factor(members, side) for side in (0, 1))
        if len({len(row) for row in left.numbers}) > 1:
            product = left.flat() * right.flat()
            return self._ragged_sum(product, [len(row) for row in left.numbers]), members
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

    def _factor(self, members: list[Any], side: int) -> _Factor:
        rows = [_halves(node.inputs)[side] for node in members]
        return _Factor(self, self.source_of(rows[0][0]), rows)


class _Factor:
    """One side of a group of dot products."""

    def __init__(self, lifting: Lifting, source: int | None, rows: Sequence[Sequence[Any]]) -> None:
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


def _halves(inputs: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The left and the right factors of a dot product."""
    n = len(inputs) // 2
    return inputs[:n], inputs[n:]


def _pairs(node: Any) -> Iterable[tuple[Any, Any]]:
    return zip(*_halves(node.inputs), strict=True)


def _apart(factors: list[Any]) -> tuple[Any, ...]:
    """Factors that follow one another in pairs: those on the left first, and then those on the right."""
    return (*factors[::2], *factors[1::2])


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
