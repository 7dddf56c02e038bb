"""Lifting: a graph of numbers becomes a graph of arrays.

Numbers that are computed by the same formula, from entries of the same arrays, become one array. To find them, every
number is put on a level, one above its highest input. The numbers of a level with the same primitive and the same
sources, the arrays that contain their inputs, form a group, and each group is computed as one array. Its inputs are
given by a table of indices into earlier arrays, and `views` finds the simplest way to write what the table means. If a
group of dot products pairs every row of one table with every row of another, it is a matrix product.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..core import Node, Primitive
from ..entry import entries
from ..layout import MANY, ONE
from ..modes import mode
from ..primitives import arithmetic as a
from ..primitives.choices import where
from ..primitives.indexing import choose, getitem, lookup
from ..primitives.joining import concatenate, pad, stack
from ..primitives.shapes import reshape
from ..tensor import Tensor
from ..value import Value
from .arranging import arranged, completed_grid, completed_rows, directions, padded_rows
from .arrays import Arrays, collapsed, number_of
from .dots import dots, gather_or_slice, halves, ragged_sum
from .flatten import number
from .scopes import common_scope
from .views import EASY, GATHER_OF_ROWS, cost, is_gather, view

__all__ = ["Lifting"]

# An array; and for its entries, their position and the number it stands for.
Placed = tuple[Any, Iterable[tuple[int, Any]]]
ALL = slice(None)
FEW = 8  # terms of a sum that are written one after the other


class Lifting(Arrays):
    """Makes the arrays, level by level. `Arrays` has the record of which number is where in them."""

    def __init__(self) -> None:
        super().__init__()
        # For an entry such as `add_n`: the one that does the same to an array, `sum`; and the number that changes nothing.
        self._reductions = {entry.reduces[0]: (entry, entry.reduces[1]) for entry in entries.values() if entry.reduces}

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
        alone: list[Any] = []  # sums of one term
        late: list[tuple[Any, list[Any]]] = []  # sums of parts that come from different arrays
        for node in nodes:
            primitive = node.primitive
            if primitive.arity is None and (primitive.terms or primitive.products) and not isinstance(node, Tensor):
                if len(node.inputs) == 1:
                    alone.append(node)
                    continue
                parts, terms = self._split(node)
                single += parts
                if terms is not None:
                    late.append((node, terms))
            else:
                single.append(node)
        self._run_groups(self._with_edges(single, alone, nodes) if alone else single)
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

    def _with_edges(self, sums: list[Any], alone: list[Any], order: list[Any]) -> list[Any]:
        """The sums of a level, among them those of one term that are the edge of a row of longer sums.

        At the border of an image, a sum of neighbours may have a single term. Any other sum of one term is just that
        term.
        """
        together: dict[int | None, list[Any]] = defaultdict(list)
        for node in sums:
            if node.primitive.terms:
                together[self.source_of(node.inputs[0])].append(node)
        ends: dict[int | None, list[Any]] = defaultdict(list)
        for node in alone:
            ends[self.source_of(node.inputs[0])].append(node)
        when = {id(node): i for i, node in enumerate(order)}
        for source, edges in ends.items():
            group = together[source]
            rows = sorted([*group, *edges], key=lambda node: when.get(id(self.stands_for.get(id(node), node)), 0))
            if source is not None and group and self._are_alike(rows, source):
                together_now = set(map(id, group))
                sums = [*[node for node in sums if id(node) not in together_now], *rows]
            else:
                for node in edges:
                    self.alias(node, node.inputs[0])
        return sums

    def _are_alike(self, sums: list[Any], source: int) -> bool:
        """Whether sums of different lengths are rows of one table."""
        rows, size = [self.column(node.inputs) for node in sums], self.arrays[source].size
        return padded_rows(rows, size) is not None or next(completed_rows(rows, size), None) is not None

    def _instead(self, node: Node, primitive: Primitive, inputs: tuple[Any, ...]) -> Node:
        """A node that computes the same number in another way."""
        other = number(primitive, inputs, node)
        self.stands_for[id(other)] = node
        return other

    def _split(self, node: Any) -> tuple[list[Node], list[Any] | None]:
        """Split a sum into partial sums with one source each, and the list of what is then to be added up.

        The list is None if there is only one partial sum.
        """
        parts = halves(node.inputs) if node.primitive.products else (node.inputs,)
        own = [self.only_source(part) for part in parts]
        if None not in own:  # the usual case, without a look at each term
            return [node if own == sorted(own, reverse=True) else self._instead(node, a.dot_n, (*parts[1], *parts[0]))], None  # type: ignore[misc, type-var]
        by_source: dict[Any, list[Any]] = defaultdict(list)
        if node.primitive.products:
            for pair in _pairs(node):
                sources, pair = self._ordered(pair)
                by_source[sources] += pair
            return self._split_dot(node, list(by_source.values()))
        for term in node.inputs:
            by_source[self.source_of(term)].append(term)
        constant = float(sum(map(number_of, by_source.pop(None, ()))))
        if len(by_source) == 1 and not constant:
            (inputs,) = by_source.values()
            return [node if len(inputs) == len(node.inputs) else self._instead(node, a.add_n, tuple(inputs))], None
        sums = [number(a.add_n, tuple(inputs), node) for inputs in by_source.values() if len(inputs) > 1]
        rest = iter(sums)
        terms = [inputs[0] if len(inputs) == 1 else next(rest) for inputs in by_source.values()]
        if constant or not terms:
            terms.append(constant)
        if len(terms) == 1:
            return [*sums, self._instead(node, a.identity, (terms[0],))], None
        return sums, terms

    def _split_dot(self, node: Any, factors: list[list[Any]]) -> tuple[list[Node], list[Any] | None]:
        """The same for a sum of products. `factors` has a list for each pair of sources: left, right, left, right, …"""
        if len(factors) == 1:
            return [self._instead(node, a.dot_n, _apart(factors[0]))], None
        parts = [number(a.multiply if len(pairs) == 2 else a.dot_n, _apart(pairs), node) for pairs in factors]
        return parts, list(parts)

    def _ordered(self, pair: tuple[Any, Any]) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
        """The sources of two factors, and the factors, with the later array first.

        So activations stand before weights, however they were written.
        """
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
            elif primitive.arity is not None:
                sources = tuple(map(source_of, inputs))
            elif primitive.products:
                sources = source_of(inputs[0]), source_of(inputs[len(inputs) // 2])
            elif primitive.terms:
                sources = source_of(inputs[0])
            elif primitive in self._reductions:
                sources = frozenset(map(source_of, inputs))
            elif primitive.index == 0:
                sources = source_of(inputs[0]), frozenset(map(source_of, inputs[1:])), len(inputs)
            else:
                sources = tuple(map(source_of, inputs))
            groups[primitive, repr(sorted(node.static.items())) if node._aside is not None else "[]", sources].append(node)
        for (primitive, _, _), members in groups.items():
            mode.scope = common_scope(members[0], members[-1])
            if isinstance(members[0], Tensor):
                for node in members:
                    mode.scope = node.scope
                    self.tensors[id(node)] = self._tensor(node)
                continue
            if primitive.arity is not None:
                self._elementwise(members, primitive)
            elif primitive.products and all(len(node.inputs) == 2 for node in members):
                self._elementwise(members, a.multiply)
            elif primitive.products:
                self._take_over(self._dot(members))
            elif primitive in self._reductions:
                self._take_over(self._reduction(members, primitive))
            elif primitive.index == 0:
                self._take_over(self._select(members))
            else:
                self._elementwise(members, primitive)

    def _take_over(self, placed: Placed) -> None:
        array, places = placed
        self.add(array if isinstance(array, Node) else Tensor(array), places)

    def _tensor(self, node: Any) -> Any:
        """An operation on arrays, repeated with the new arrays."""
        if node.primitive is stack:
            numbers = _stacked(node.inputs, node.static)
            if numbers is not None:
                return reshape(self.read(numbers), shape=node.shape)
        return node.primitive(*[self._tensor_input(x) for x in node.inputs], **node.static)

    def _tensor_input(self, x: object) -> Any:
        if not isinstance(x, Node):
            return x
        return self.entry(x) if isinstance(x, Value) else self.tensor(x)

    def _elementwise(self, members: list[Any], primitive: Primitive) -> None:
        sources = list(map(self.source_of, members[0].inputs))
        columns = {k: self.column([node.inputs[k] for node in members]) for k, source in enumerate(sources) if source is not None}
        constants = {k: np.array([number_of(node.inputs[k]) for node in members]) for k, source in enumerate(sources) if source is None}
        shapes = [self.arrays[sources[k]].shape for k in columns]  # type: ignore[index]
        tables = [*columns.values()]
        order, shape, total = arranged(shapes, tables) if columns else (np.arange(len(members)), (len(members),), 0.0)
        places: Any = zip(range(len(order)), [members[i] for i in order], strict=True)
        if total >= GATHER_OF_ROWS:
            grid = completed_grid(shapes, tables) if all(map(_same, constants.values())) else None
            groups = directions(shapes, tables) if grid is None and len(tables) > 1 and len({*sources} - {None}) == 1 else ()
            if len(groups) > 1:
                for group in groups:
                    self._elementwise([members[i] for i in group], primitive)
                return
            if grid is not None:
                positions, shape, tables = grid
                order, places = ALL, zip(positions.tolist(), members, strict=True)
        operands: dict[int, Any] = {}
        for k, table in zip(columns, tables, strict=True):
            operands[k] = view(self.arrays[sources[k]], table[order].reshape(shape))  # type: ignore[index]
        for k, column in constants.items():
            operands[k] = column[0].item() if _same(column) else collapsed(column[order].reshape(shape))
        result = primitive(*[operands[k] for k in range(len(sources))], **members[0].static)
        if not isinstance(result, Node):
            result = Tensor(np.asarray(result, dtype=float))
        if result.dtype == bool:  # a comparison of Values is a number, and adds up
            result = result * 1.0
        self._take_over((self.full(result, shape), places))

    def _reduction(self, members: list[Any], primitive: Primitive) -> Placed:
        """Sums, or another reduction, of several numbers each."""
        is_sum, reduction = bool(primitive.terms), self._reductions[primitive]
        numbers = {self.source_of(x) for x in (members[0].inputs if is_sum else [x for node in members for x in node.inputs])}
        if len(numbers) > 1 or None in numbers:
            return self._reduced_from_anywhere(members, reduction), enumerate(members)
        source = self.arrays[numbers.pop()]  # type: ignore[index]
        rows = [self.column(node.inputs) for node in members]
        if len({*map(len, rows)}) == 1:
            return self._reduced(source, np.array(rows), None, members, primitive)
        padded = padded_rows(rows, source.size) if is_sum and source.ndim == 1 else None
        if padded is not None:
            return self._reduced(pad(source, pad_width=(padded[1],)), padded[0], None, members, primitive)
        for table, mask in completed_rows(rows, source.size):
            if not is_gather(source, table):
                return self._reduced(source, table, mask, members, primitive)
        lengths = [len(row) for row in rows]
        flat = gather_or_slice(source, np.concatenate(rows))
        return ragged_sum(flat, lengths) if is_sum else _ragged(flat, lengths, reduction), enumerate(members)

    def _reduced(self, source: Any, table: Any, mask: Any, members: list[Any], primitive: Primitive) -> Placed:
        """The sum, or another reduction, of each row of a table.

        If there is a mask, only the entries that it names count.
        """
        is_sum, (reduce, neutral) = bool(primitive.terms), self._reductions[primitive]
        if len(members) == 1:
            table = np.sort(table[0])
            whole = table.size == source.size and (table == np.arange(source.size)).all()
            if whole and is_sum:
                return reduce(source), enumerate(members)
            return reduce(self.full(view(source, table), table.shape), axis=-1), enumerate(members)
        order, shape, _ = arranged([source.shape], [table])
        table = table[order].reshape(*shape, -1)
        ordered = enumerate([members[i] for i in order])
        # A few terms that are hard to read as one table, such as neighbours, are added up one by one.
        if is_sum and mask is None and table.shape[-1] <= FEW and cost(source.shape, table) > EASY:
            terms = [table[..., k] for k in range(table.shape[-1])]
            if max(cost(source.shape, term) for term in terms) <= EASY:
                return self.full(functools.reduce(a.add, [view(source, term) for term in terms]), shape), ordered
        numbers = self.full(view(source, table), table.shape)
        if mask is not None:
            numbers = where(collapsed(mask[order].reshape(table.shape)), numbers, neutral)
        return reduce(numbers, axis=-1), ordered

    def _dot(self, members: list[Any]) -> Placed:
        """Dot products. If all factors on one side are the same number, they are that number times sums."""
        for side in (0, 1):
            if self.source_of(halves(members[0].inputs)[side][0]) is None:
                factors = np.array([number_of(x) for node in members for x in halves(node.inputs)[side]])
                if _same(factors):
                    sums = [self._instead(node, a.add_n, halves(node.inputs)[1 - side]) for node in members]
                    array, places = self._reduction(sums, a.add_n)
                    return array * factors[0].item(), places
        return dots(self, members)

    def _reduced_from_anywhere(self, members: list[Any], reduction: tuple[Any, float]) -> Any:
        """A reduction of numbers from different arrays."""
        flat = self.read([x for node in members for x in node.inputs])
        lengths = [len(node.inputs) for node in members]
        if len(set(lengths)) > 1:
            return _ragged(flat, lengths, reduction)
        top = reduction[0](reshape(flat, shape=(len(members), lengths[0])), axis=-1)
        return reshape(top, shape=()) if len(members) == 1 else top

    def _select(self, members: list[Any]) -> Placed:
        """Choices by an integer. If whole rows of an array are chosen, they are looked up in it."""
        source_of_index = self.source_of(members[0].inputs[0])
        if source_of_index is None:  # the indices are constants: an array is made of them first
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
                    return lookup(source, self.full(view(index, rows), rows.shape)), enumerate(members)
            candidates = self.full(view(source, places), places.shape)
        if n == 1:
            return lookup(reshape(candidates, shape=(k,)), view(index, table[0])), enumerate(members)
        return choose(candidates, self.full(view(index, table), table.shape)), enumerate(members)


def _pairs(node: Any) -> Iterable[tuple[Any, Any]]:
    return zip(*halves(node.inputs), strict=True)


def _apart(factors: list[Any]) -> tuple[Any, ...]:
    """Pairs of factors as the inputs of a dot product: first all left factors, then all right ones."""
    return (*factors[::2], *factors[1::2])


def _stacked(inputs: Sequence[Any], static: Any) -> list[Any] | None:
    """The Values and plain numbers that `stack` makes an array of, perhaps row by row; None if there are others."""
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


def _ragged(flat: Node, lengths: list[int], reduction: tuple[Any, float]) -> Any:
    """The reduction of each of some rows, which stand one after the other."""
    reduce, neutral = reduction
    # Short rows are filled up with the position behind the end, where the number stands that changes nothing.
    table = np.full((len(lengths), max(lengths)), sum(lengths))
    table[np.arange(max(lengths)) < np.array(lengths)[:, None]] = np.arange(sum(lengths))
    return reduce(getitem(concatenate(flat, np.array([neutral]), axis=0), index=table), axis=-1)


def _same(column: Any) -> bool:
    """Whether constants are all one number, also in their sign: 0 or -0."""
    return bool(column.size and (column == column.flat[0]).all() and (np.signbit(column) == np.signbit(column.flat[0])).all())
