"""A writer for each operation that is not computed number by number.

These are products, sums, extremes, and what puts numbers into zeros.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ...backward import ancestors
from ...primitives.choices import maximum, minimum
from ...primitives.contraction import einsum
from ...primitives.cumulative import cumprod, cumsum, prod
from ...primitives.indexing import place, scatter, scatter_rows
from ...primitives.joining import add_windows, concatenate
from ...primitives.networks import put_along_axis
from ...primitives.products import matmul
from ...primitives.reductions import max_, min_, sum_
from ...primitives.shapes import transpose
from ...tensor import Tensor
from ...types import Axis
from ..loops import LOOP
from .bodies import Body
from .formulas import PRODUCT, SUM, Text, infix
from .indices import ZERO, Index, basic_place, flat, in_windows, loop_over, parts_of, positions
from .nests import Store, within

__all__ = ["WRITERS", "adds_rows", "widest_product"]

Writes = Callable[..., None]
Step = Callable[[Text, Text], Text]

LONGEST_ROW = 1024  # numbers of a local array
FEW_COLUMNS = 8  # fewer than a processor adds up at once


def _matmul(body: Body, x: Tensor, a: Any, b: Any) -> None:
    kind = body.type(x.dtype)
    vectors = len(a.shape) == 1, len(b.shape) == 1
    rows, n, columns = sides(x)
    (k,), inside = loop_over((n,), len(x.shape))

    def product(at: Sequence[Index]) -> Text:
        """A term of the sum."""
        lead = at[: len(at) - 2 + sum(vectors)]
        left = [k] if vectors[0] else [*_aligned(lead, a.shape[:-2]), at[len(lead)], k]
        right = [k] if vectors[1] else [*_aligned(lead, b.shape[:-2]), k, at[-1]]
        return infix("*", body.load(a, left, kind), body.load(b, right, kind))

    if n == 1 and x.shape == ():
        (k,), _ = loop_over((n,))
        body.put(f"{body.dialect.constant(kind)} {body.name_of(x)} = {product([]).text};")
    elif n == 1:
        body.nest(x.shape, lambda at: body.store(x, at, product(at)), x)
    elif x.shape == ():
        (k,), _ = loop_over((n,))
        _total(body, x, (n,), lambda at: product([]), kind)
    elif rows > 1 and columns == 1 and len(x.shape) <= 2 and _is_transposed(a):
        # The column of the result is a sum of columns, which are rows in memory.
        _rows(body, x, (rows,), inside, lambda i: product([i, ZERO][: len(x.shape)]), kind, lambda at: [*at, ZERO][: len(x.shape)])
    elif columns < min(rows, FEW_COLUMNS) and len(x.shape) == 2 and _is_transposed(a):
        _rows(body, x, (columns, rows), inside, lambda j, i: product([i, j]), kind, lambda at: list(reversed(at)))
    elif columns == 1:
        body.nest(x.shape, lambda at: body.store(x, at, _sum_of(body, inside, lambda: product(at), kind)), x)
    else:
        _rows(body, x, x.shape, inside, lambda *at: product(at), kind, list)


def _aligned(lead: Sequence[Index], shape: Sequence[int]) -> list[Index]:
    """The index of a matrix in a stack, which broadcasts."""
    return [i if n != 1 else ZERO for i, n in zip(lead[len(lead) - len(shape) :], shape, strict=True)]


def _is_transposed(a: Any) -> bool:
    """Whether the rows of a matrix are columns in memory."""
    return isinstance(a, Tensor) and a.primitive is transpose and len(a.shape) == 2


def _rows(
    body: Body, x: Tensor, shape: tuple[int, ...], inside: Sequence[tuple[str, int]], product: Callable[..., Text], kind: str,
    place: Callable[[list[Index]], list[Index]],
) -> None:  # fmt: skip
    """Loops that add up rows of a result; each in a local array, which stays in registers, if the language has one.

    Args:
        shape: of the rows; `place` gives the place in the result of an index into them.
        inside: the loops over the terms, `product`, of each sum.
    """
    index, loops = loop_over(shape)
    if shape[-1] > LONGEST_ROW or not body.dialect.has_rows:
        body.put(*body.zeros(x))
        outer = [loop for loop in loops if loop[0] != str(index[-1])]
        body.open(*outer, *inside, *loops[len(outer) :])
        text = product(*index)
        body.line(str(body.store(x, place(index), text, "+=")))
        body.close()
        return
    text = product(*index)
    assert not body.has_locals, "the factors of a product have names"
    added = within(body.dialect, [(str(index[-1]), shape[-1])], [f"row[{index[-1]}] += {text.text};"])
    row = [f"{kind} row[{shape[-1]}] = {{0}};", *within(body.dialect, inside, [*body.dialect.fused, *added])]

    def store(at: list[Index]) -> Store:
        product(*index)  # so that it is known what is read in these loops
        return body.store(x, place(at), Text(f"row[{index[-1]}]"))

    body.nest(shape, store, x, complete=flat(place(index), x.shape) == flat(index, shape), row=row)


def _sum_of(
    body: Body, loops: Sequence[tuple[str, int]], term: Callable[[], Text], kind: str, first: float = 0.0, step: Step | None = None
) -> Text:
    """A variable with the sum of the terms of some loops, which is added up before."""
    total = body.tables.fresh("sum" if step is None else "best")
    *outer, inner = loops
    made = body.nested_lines(
        [f"{body.dialect.variable(kind)} {total} = {body.dialect.number(first, kind)};"],
        outer,
        body.dialect.reduction(total) if step is None else [],
        inner,
        lambda: f"{total} += {term().text};" if step is None else f"{total} = {step(Text(total), term()).text};",
    )
    body.before_statement(made)
    return Text(total)


def _total(body: Body, x: Tensor, shape: Sequence[int], term: Callable[[list[Index]], Text], kind: str) -> None:
    """The sum of an array, whose term at an index is given, as a variable, or as the only entry of an array."""
    name = body.name_of(x)
    total = name if x.shape == () else body.tables.fresh("sum")
    body.nest(
        shape, lambda at: Store(total, None, term(at), "+="), x, complete=False, total=total,
        before=[f"{body.dialect.variable(kind)} {total} = {body.dialect.number(0.0, kind)};"],
        after=[] if x.shape == () else [f"{name}[0] = {total};"],
    )  # fmt: skip


def axes_of(x: Any, axis: Any) -> set[int]:
    """The axes that a reduction goes over."""
    return set(range(len(x.shape))) if axis is None else {int(a) % len(x.shape) for a in np.atleast_1d(axis).tolist()}


def adds_rows(a: Any, axis: object) -> bool:
    """Whether a sum goes through an array in the order of its numbers, and not row by row."""
    axes = axes_of(a, axis)
    kept = [k for k, n in enumerate(a.shape) if n != 1 and k not in axes]
    gone = [k for k, n in enumerate(a.shape) if n != 1 and k in axes]
    return not kept or not gone or kept[-1] > gone[-1]


def _sum(body: Body, x: Tensor, a: Any, axis: Axis = None, keepdims: bool = False) -> None:
    kind, axes = body.type(x.dtype), axes_of(a, axis)

    def kept(index: Sequence[Index]) -> list[Index]:
        return [ZERO if k in axes else i for k, i in enumerate(index) if keepdims or k not in axes]

    if x.size == 1:
        _total(body, x, a.shape, lambda at: body.load(a, at, kind), kind)
    elif adds_rows(a, axis) or not a.size:
        body.nest(
            a.shape, lambda at: body.store(x, kept(at), body.load(a, at, kind), "+="), x, complete=False,
            before=body.zeros(x),
        )  # fmt: skip
    else:
        _reduce(body, x, a, axes, 0.0, None, kind)


def _reduce(body: Body, x: Tensor, a: Any, axes: set[int], first: float, step: Step | None, kind: str) -> None:
    """For each entry of the result, loops over the axes that are gone."""
    gone, keepdims = sorted(axes), len(x.shape) == len(a.shape)
    inner, loops = loop_over([a.shape[k] for k in gone], len(x.shape))

    def place(at: Sequence[Index]) -> list[Index]:
        kept = iter([i for k, i in enumerate(at) if k not in axes] if keepdims else at)
        within = iter(inner)
        return [next(within if k in axes else kept) for k in range(len(a.shape))]

    def value(at: Sequence[Index]) -> Text:
        if not loops:
            return body.load(a, place(at), kind)
        return _sum_of(body, loops, lambda: body.load(a, place(at), kind), kind, first, step)

    if x.shape == ():
        text = value([])
        body.put(f"{body.dialect.constant(kind)} {body.name_of(x)} = {text.text};")
    else:
        body.nest(x.shape, lambda at: body.store(x, at, value(at)), x)


def _prod(body: Body, x: Tensor, a: Any, axis: Axis = None, keepdims: bool = False) -> None:
    _reduce(body, x, a, axes_of(a, axis), 1.0, lambda total, text: infix("*", total, text), body.type(x.dtype))


def _extreme(primitive: Any, first: float) -> Writes:
    def write(body: Body, x: Tensor, a: Any, axis: Axis = None, keepdims: bool = False) -> None:
        kind = body.type(x.dtype)

        def step(best: Text, text: Text) -> Text:
            return body.functions.call(primitive.scalar, [best, text], kind, {}, primitive.name)

        _reduce(body, x, a, axes_of(a, axis), first, step, kind)

    return write


def _cumulative(sign: str, first: float) -> Writes:
    def write(body: Body, x: Tensor, a: Any, axis: int) -> None:
        name, kind, axis = body.name_of(x), body.type(x.dtype), axis % len(a.shape)
        index, loops = loop_over(a.shape)
        along = [loop for loop in loops if loop[0] == str(index[axis])]
        body.begin()
        body.open(*[loop for loop in loops if loop not in along])
        if not body.depth:
            body.line("{")
            body.depth += 1
        body.line(f"{body.dialect.variable(kind)} sum = {body.dialect.number(first, kind)};")
        body.open(*along)
        text = body.load(a, index, kind)
        body.line(f"sum {sign}= {text.bound(SUM if sign == '+' else PRODUCT)};", f"{name}[{flat(index, a.shape)}] = sum;")
        body.close()

    return write


def _einsum(body: Body, x: Tensor, *xs: Any, subscripts: str) -> None:
    inputs, output = subscripts.split("->")
    names, kind = inputs.split(","), body.type(x.dtype)
    lengths = {letter: n for own, y in zip(names, xs, strict=True) for letter, n in zip(own, y.shape, strict=True)}
    summed = [letter for letter in lengths if letter not in output]
    inner, inside = loop_over([lengths[letter] for letter in summed], len(output))

    def product(*index: Index) -> Text:
        """A term of the sum."""
        at = dict(zip([*output, *summed], [*index[: len(output)], *(inner if output else index)], strict=True))
        return functools.reduce(
            functools.partial(infix, "*"), [body.load(y, [at[letter] for letter in own], kind) for own, y in zip(names, xs, strict=True)]
        )

    if not output:
        _total(body, x, [lengths[letter] for letter in summed], lambda at: product(*at), kind)
    elif not inside:
        body.nest(x.shape, lambda at: body.store(x, at, product(*at)), x)
    elif x.shape[-1] < FEW_COLUMNS:
        body.nest(x.shape, lambda at: body.store(x, at, _sum_of(body, inside, lambda: product(*at), kind)), x)
    else:
        _rows(body, x, x.shape, inside, product, kind, list)


def _into_zeros(body: Body, x: Tensor, g: Any, shape: Sequence[int], to: Callable[[list[Index]], Index], once: bool = False) -> None:
    """Zeros, to which each entry of `g`, repeated to a shape, is added at a place.

    `once` says that no place occurs twice.
    """
    kind = body.type(x.dtype)
    body.nest(
        shape, lambda at: Store(body.name_of(x), to(at), body.load(g, body.cast(at, g), kind), "=" if once else "+="), x,
        complete=False, before=body.zeros(x),
    )  # fmt: skip


def _scatter(body: Body, x: Tensor, g: Any, index: object, shape: Any) -> None:
    parts, table = parts_of(index, x.shape), positions(index, x.shape)

    def to(at: list[Index]) -> Index:
        return body.place(table, at) if parts is None else flat(basic_place(at, parts, x.shape), x.shape)

    _into_zeros(body, x, g, table.shape, to, once=len(np.unique(table)) == table.size)


def _add_windows(body: Body, x: Tensor, g: Any, size: Any, axis: Any) -> None:
    _into_zeros(body, x, g, g.shape, lambda at: flat(in_windows(at, axis), x.shape))


def _scatter_rows(body: Body, x: Tensor, g: Any, index: object, shape: Any) -> None:
    n = len(getattr(index, "shape", ()))
    placed = (*getattr(index, "shape", ()), *x.shape[1:])
    _into_zeros(body, x, g, placed, lambda at: flat([body.counted(index, at[:n], x.shape[0]), *at[n:]], x.shape))


def _place(body: Body, x: Tensor, g: Any, index: object, shape: Any) -> None:
    _into_zeros(body, x, g, x.shape[:1], lambda at: flat([at[0], body.counted(index, at[:1], x.shape[1])], x.shape), True)


def _put_along_axis(body: Body, x: Tensor, g: Any, index: Any, shape: Any, axis: int) -> None:
    _into_zeros(body, x, g, g.shape, lambda at: flat(body.along(index, at, x.shape, axis), x.shape))


def _concatenate(body: Body, x: Tensor, *xs: Any, axis: int = 0) -> None:
    axis, start, kind = axis % len(x.shape), 0, body.type(x.dtype)
    for part in xs:

        def store(at: list[Index], part: Any = part, start: int = start) -> Store:
            return body.store(x, [i + start if k == axis else i for k, i in enumerate(at)], body.load(part, at, kind))

        if part.size:
            body.nest(part.shape, store, x, complete=False)
        start += part.shape[axis]


WRITERS: dict[Any, Writes] = {
    matmul: _matmul,
    einsum: _einsum,
    sum_: _sum,
    prod: _prod,
    max_: _extreme(maximum, -math.inf),
    min_: _extreme(minimum, math.inf),
    cumsum: _cumulative("+", 0.0),
    cumprod: _cumulative("*", 1.0),
    concatenate: _concatenate,
    scatter: _scatter,
    add_windows: _add_windows,
    scatter_rows: _scatter_rows,
    place: _place,
    put_along_axis: _put_along_axis,
}


def widest_product(nodes: Iterable[Tensor]) -> int:
    """The width of the widest matrix product, also in the steps of recurrences: the shortest of its three sides."""
    steps = [x.static["body"].results for x in nodes if x.primitive is LOOP]
    within: list[Any] = ancestors(x for results in steps for x in results)
    return max((min(sides(x)) for x in [*nodes, *within] if x.primitive is matmul), default=0)


def sides(x: Tensor) -> tuple[int, int, int]:
    """The number of rows of a matrix product, of its terms, and of its columns."""
    a, b = x.left.shape, x.right.shape
    return (1 if len(a) == 1 else a[-2]), a[-1], (1 if len(b) == 1 else b[-1])
