"""A loop in the graph: one node, whose primitive computes the graph of one step again and again.

A step takes a state to the next state. The node of a loop has three kinds of inputs: the state at the start, arrays
with one row for each step, and what is the same at every step. Its static arguments are the body, which is the graph of
one step; the number of steps; and whether they go backwards in time. Its result contains the states at all times, one
in each row. The state at the start is in row 0 or, if the steps go backwards, in the last row. So whoever needs the
state at some time reads a row.

The derivative of a loop is another loop, in the opposite direction, which carries the gradients of the states: this is
backpropagation through time. The gradients of all other inputs are computed after that loop, and for all steps at once.
For this, the body is applied to arrays that have time as an additional first axis, and the result is differentiated. In
the same way, all that a step computes without looking at the state is computed before the loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..backward import ancestors
from ..core import Node, record
from ..primitives.batching import Batch, rule_of
from ..primitives.indexing import getitem, scatter
from ..primitives.printing import Statements
from ..primitives.reductions import broadcast_to
from ..primitives.shapes import reshape
from ..tensor import Tensor
from .differentiate import differentiate
from .loop_lines import loop_lines
from .results import Call
from .simplify import Simplifier

__all__ = ["LOOP", "STATE", "Body", "like", "loop", "named_by", "replay", "sizes_of"]

# A node of a body depends on: nothing that changes, the number of the step, the state.
FIXED, BY_STEP, CARRIED = range(3)


@dataclass(frozen=True, eq=False)
class Body:
    """One step of a loop, as a graph.

    Attributes:
        carried: leaves that stand for the state before the step.
        by_step: leaves that stand for this step's row of an array.
        fixed: leaves that stand for what is the same at every step.
        results: the state after the step, one for each of `carried`.
        is_simple: whether it has been simplified. This happens after differentiating, as for all other nodes.
    """

    carried: tuple[Node, ...]
    by_step: tuple[Node, ...]
    fixed: tuple[Node, ...]
    results: tuple[Any, ...]
    is_simple: bool = False

    @property
    def leaves(self) -> tuple[Node, ...]:
        return (*self.carried, *self.by_step, *self.fixed)

    @property
    def dtype(self) -> Any:
        """The type of the states."""
        return np.result_type(*(np.asarray(x._datum).dtype for x in self.carried))

    def apart(self, inputs: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any], Sequence[Any]]:
        """The inputs of a loop with this body: the start, the arrays of rows, and what is fixed."""
        first, second = len(self.carried), len(self.carried) + len(self.by_step)
        return inputs[:first], inputs[first:second], inputs[second:]


class _Loop(Call):
    """The primitive of loops."""

    numpy: Any = Statements(loop_lines)

    def array(self, *inputs: Any, body: Body, steps: int, backwards: bool) -> Any:
        state, by_step, fixed = body.apart(inputs)
        states = np.zeros((steps + 1, sum(sizes_of(body))), body.dtype)
        states[-1 if backwards else 0] = _row(state)
        for t in reversed(range(steps)) if backwards else range(steps):
            known = dict(zip(body.leaves, (*state, *(x[t] for x in by_step), *fixed), strict=True))
            state = replay(body.results, known)
            states[t if backwards else t + 1] = _row(state)
        return states

    def simplify(self, node: Any, *inputs: Any, body: Body, steps: int, backwards: bool) -> Any:
        return None if body.is_simple else loop(*body.apart(inputs), _simple(body), steps, backwards)[0].left

    def vjp(self, g: Any, out: Any, *inputs: Any, body: Body, steps: int, backwards: bool) -> list[Any]:
        _, by_step, fixed = body.apart(inputs)
        before, after = slice(0, steps), slice(1, steps + 1)
        if backwards:
            before, after = after, before
        states = _states(out, body)
        d = _gradients_of_states(_pieces(g, body), states, by_step, fixed, body, steps, backwards)
        starts = [getitem(x, index=steps if backwards else 0) for x in d]
        # All other gradients, from the body applied at all times at once.
        stand_ins = [
            *(like(x, (steps, *x.shape)) for x in (*body.carried, *body.by_step)),
            *(like(x, x.shape) for x in body.fixed),
        ]
        results = _at_all_times(body.results, dict(zip(body.leaves, stand_ins, strict=True)), {*body.carried, *body.by_step}, steps)
        seeds = [like(x, x.shape) for x in results]
        found = differentiate(results, seeds)
        known: dict[Node, Any] = dict(zip(seeds, [getitem(x, index=after) for x in d], strict=True))
        known.update(zip(stand_ins, [*(getitem(x, index=before) for x in states), *by_step, *fixed], strict=True))
        known.update((x, getitem(state, index=after)) for x, state in zip(results, states, strict=True) if x.primitive is not None)
        roots = [found.get(x) for x in stand_ins[len(states) :]]
        return [*starts, *replay(roots, known)]


class _State(Call):
    """A part of the state at all times, as an array whose first axis is time."""

    def array(self, x: Any, start: int, shape: tuple[int, ...]) -> Any:
        return x[:, start : start + _size(shape)].reshape(len(x), *shape)

    def vjp(self, g: Any, out: Any, x: Any, start: int, shape: tuple[int, ...]) -> list[Any]:
        return [scatter(reshape(g, shape=(len(x), _size(shape))), index=_columns(start, shape), shape=x.shape)]


LOOP = _Loop("loop")
STATE = _State("state")


def loop(start: Sequence[Any], by_step: Sequence[Any], fixed: Sequence[Any], body: Body, steps: int, backwards: bool = False) -> list[Any]:
    """Record a loop, and return its states: for each carried leaf, an array whose first axis is time.

    What does not depend on the state is taken out of the body, and computed before the loop.
    """
    body, by_step, fixed = _small(body, by_step, fixed, steps)
    data = np.zeros((steps + 1, sum(sizes_of(body))), body.dtype)
    static = {"body": body, "steps": steps, "backwards": backwards}
    return _states(record(Tensor, data, LOOP, (*start, *by_step, *fixed), static), body)


def named_by(result: Any) -> str:
    """A name for the states whose next value is this node, such as h for a tanh."""
    variable = result.primitive.variable if result.primitive is not None else None
    return variable if isinstance(variable, str) else "s"


def sizes_of(body: Body) -> list[int]:
    """How many numbers each carried leaf consists of."""
    return [_size(x.shape) for x in body.carried]


def replay(roots: Iterable[Any], known: Mapping[Node, Any]) -> list[Any]:
    """Compute the roots again, with the values of `known` in place of its keys."""
    roots, values = list(roots), dict(known)
    for node in _below(roots, values):
        inputs = [values[x] if isinstance(x, Node) else x for x in node.inputs or ()]
        if node.primitive is None or all(x is y for x, y in zip(inputs, node.inputs or (), strict=True)):
            values[node] = node
        else:
            values[node] = node.primitive(*inputs, **node.static)
    return [values[x] if isinstance(x, Node) else x for x in roots]


def _at_all_times(roots: Iterable[Any], known: Mapping[Node, Any], moving: set[Node], steps: int) -> list[Any]:
    """Compute the roots of a body for all steps at once.

    `known` gives the value of each leaf; the values of the leaves in `moving` have time as an additional first axis.
    """
    roots, values, moving = list(roots), dict(known), set(moving)
    for node in _below(roots, values):
        inputs = [values[x] if isinstance(x, Node) else x for x in node.inputs or ()]
        has_axis = tuple([isinstance(x, Node) and x in moving for x in node.inputs or ()])
        rule = rule_of(node, has_axis)
        if node.primitive is None:
            values[node] = node
        elif rule is None:
            values[node] = node.primitive(*inputs, **node.static)
        else:
            values[node] = rule(Batch(steps, has_axis, node.shape, node._datum.dtype), *inputs, **node.static)
        if any(has_axis):
            moving.add(node)
    return [values[x] if x in moving else broadcast_to(values[x], shape=(steps, *x.shape)) for x in roots]


def _below(roots: Iterable[Any], known: Mapping[Node, Any]) -> list[Node]:
    """The nodes that the roots depend on, each after its inputs, without those that are known."""
    return [x for x in reversed(ancestors([x for x in roots if isinstance(x, Node)], stop=known.keys())) if x not in known]


def _gradients_of_states(
    direct: Sequence[list[Any]], states: Sequence[Any], by_step: Sequence[Any], fixed: Sequence[Any], body: Body, steps: int,
    backwards: bool,
) -> list[Any]:  # fmt: skip
    """The gradients of the states at all times: the loop that backpropagates through time.

    The gradient of a state is the sum of two parts: what its readers outside of the loop give it (`direct`, as a list
    of terms; see `_pieces`), and what it gets through the next state.
    """
    before, after = slice(0, steps), slice(1, steps + 1)
    if backwards:
        before, after = after, before
    carried = [like(x, x.shape, f"d_{x.label}") for x in body.carried]
    found = differentiate(body.results, carried)
    last = 0 if backwards else steps
    rows = [_sum([x for row, x in terms if row != last] or [0.0]) for terms in direct]
    rows = [getitem(x, index=before) if isinstance(x, Node) else None for x in rows]
    own = [None if x is None else like(y, y.shape) for x, y in zip(rows, carried, strict=True)]
    following = [like(x, x.shape) for x in carried]
    gradients = [
        _sum([x for x in (found.get(leaf), g) if x is not None] or [Tensor(np.zeros(leaf.shape))])
        for g, leaf in zip(own, body.carried, strict=True)
    ]  # fmt: skip
    # Need not be computed again.
    known = {x: y for x, y in zip(body.results, following, strict=True) if x.primitive is not None}
    leaves = (*(x for x in own if x is not None), *body.carried, *following, *body.by_step)
    step = Body(tuple(carried), leaves, body.fixed, tuple(replay(gradients, known)))
    given = [*(x for x in rows if x is not None), *_at(states, before), *_at(states, after), *by_step]
    start = [
        _sum([getitem(x, index=last) if row is None else _only_row(x) for row, x in terms if row in (None, last)] or [np.zeros(y.shape)])
        for terms, y in zip(direct, carried, strict=True)
    ]  # fmt: skip
    return loop(start, given, fixed, step, steps, not backwards)


def _at(arrays: Sequence[Any], times: object) -> list[Any]:
    return [getitem(x, index=times) for x in arrays]


def _simple(body: Body) -> Body:
    """The body with its graph simplified."""
    simple = Simplifier(body.leaves)
    simple.read(body.results)
    results = [simple.of(x) for x in body.results]
    return Body(
        body.carried, body.by_step, body.fixed,
        tuple([x if isinstance(x, Node) else Tensor(np.full(y.shape, x)) for x, y in zip(results, body.results, strict=True)]),
        is_simple=True,
    )  # fmt: skip


def _small(body: Body, by_step: Sequence[Any], fixed: Sequence[Any], steps: int) -> tuple[Body, list[Any], list[Any]]:
    """A body without the parts that do not depend on the state; and its rows and fixed inputs, among them those parts."""
    results = _sums_apart(body)
    kinds = _kinds(body, results)
    order = _below(results, {})
    read = [x for node in order if kinds[node] == CARRIED for x in node.inputs or () if isinstance(x, Node)]
    ends = set(results)
    kept = [x for x in dict.fromkeys([*read, *results]) if kinds[x] != CARRIED and not _is_constant(x)]
    rows, same = [x for x in kept if kinds[x] == BY_STEP], [x for x in kept if kinds[x] == FIXED]
    known: dict[Node, Any] = dict(zip(body.fixed, fixed, strict=True))
    rows += [x for x in same if x in ends]
    same = [x for x in same if x not in ends]
    new_fixed = replay(same, known)
    known.update(zip(body.by_step, by_step, strict=True))
    new_rows = _at_all_times(rows, known, set(body.by_step), steps)
    leaves = {x: x if x.primitive is None else like(x, x.shape) for x in (*rows, *same)}
    small = Body(
        body.carried, tuple([leaves[x] for x in rows]), tuple([leaves[x] for x in same]),
        tuple(replay(results, {x: y for x, y in leaves.items() if x is not y})), body.is_simple,
    )  # fmt: skip
    return small, new_rows, new_fixed


def _kinds(body: Body, results: Sequence[Any]) -> dict[Node, int]:
    """What each node of a body depends on."""
    kinds: dict[Node, int] = {**dict.fromkeys(body.carried, CARRIED), **dict.fromkeys(body.by_step, BY_STEP)}
    for node in _below(results, {}):
        if node not in kinds:
            kinds[node] = max((kinds[x] for x in node.inputs or () if isinstance(x, Node)), default=FIXED)
    return kinds


def _sums_apart(body: Body) -> list[Any]:
    """The results, with each sum reordered so that the terms that do not depend on the state are added up first.

    Of h + x + b, with h from the state, x + b can then be computed before the loop.
    """
    kinds = _kinds(body, body.results)
    order = _below(body.results, {})
    uses: dict[Node, int] = dict.fromkeys(order, 0)
    for x in [*(x for node in order for x in node.inputs or ()), *body.results * 2]:
        if isinstance(x, Node):
            uses[x] += 1
    is_sum = {node for node in order if node.primitive is not None and node.primitive.terms == (1, 1) and kinds[node] == CARRIED}
    inner = {x for node in is_sum for x in _nodes(node.inputs) if x in is_sum and uses[x] == 1}
    values: dict[Node, Any] = {}
    for node in order:
        if node in is_sum - inner:
            terms: list[Any] = []
            todo: list[Any] = [node]
            while todo:
                term = todo.pop()
                if term is node or term in inner:
                    todo += reversed(term.inputs)
                else:
                    terms.append(term)
            is_late = [isinstance(x, Node) and kinds[x] == CARRIED for x in terms]
            if is_late.count(False) > 1:
                new = [values[x] if isinstance(x, Node) else x for x in terms]
                late, early = ([x for x, is_one in zip(new, is_late, strict=True) if is_one is wanted] for wanted in (True, False))
                values[node] = _sum(late) + _sum(early)
                continue
        known = {x: values[x] for x in node.inputs or () if isinstance(x, Node) and x in values}
        values[node] = replay([node], known)[0] if node.primitive else node
    return [values[x] for x in body.results]


def _nodes(inputs: Sequence[Any] | None) -> list[Node]:
    return [x for x in inputs or () if isinstance(x, Node)]


def _sum(terms: Sequence[Any]) -> Any:
    total = terms[0]
    for x in terms[1:]:
        total = total + x
    return total


def _states(node: Node, body: Body) -> list[Any]:
    """The states that a loop's result consists of, one array for each carried leaf."""
    starts = np.cumsum([0, *sizes_of(body)])
    return [STATE(node, start=int(start), shape=x.shape) for start, x in zip(starts, body.carried, strict=False)]


def _pieces(g: Any, body: Body) -> list[list[tuple[int | None, Any]]]:
    """Split the gradient `g` of a loop's result: for each carried leaf, the list of terms that add up to its part.

    The gradient is a sum, with a term from each reader of a state, since the rule of `STATE` puts what it gets from a
    reader into zeros. A term that is zero in all rows but one, as from a reader of the last state, comes with the
    number of that row.
    """
    starts = [int(start) for start in np.cumsum([0, *sizes_of(body)])[:-1]]
    pieces: list[list[tuple[int | None, Any]]] = []
    for start, leaf in zip(starts, body.carried, strict=True):
        columns = _columns(start, leaf.shape)
        terms: list[tuple[int | None, Any]] = []
        for term in _terms(g):
            is_part = _is_scatter(term)
            if not is_part or term.static["index"] == columns:
                part = term.left if is_part else getitem(term, index=columns)
                inner = part.left if _is_reshape(part) and part.left.shape == (len(g), *leaf.shape) else None
                terms += [(None, reshape(part, shape=(len(g), *leaf.shape)))] if inner is None else [(_row_of(x), x) for x in _terms(inner)]
        pieces.append(terms)
    return pieces


def _terms(x: object) -> list[Any]:
    """The terms of a sum; of anything else, `x` itself."""
    terms, todo = [], [x]
    while todo:
        x = todo.pop()
        if isinstance(x, Node) and x.primitive is not None and x.primitive.terms == (1, 1):
            todo += reversed(x.inputs or ())
        else:
            terms.append(x)
    return terms


def _row_of(x: Any) -> int | None:
    """The number of the only row in which `x` is not zero; None if there may be several."""
    if not _is_scatter(x):
        return None
    index = x.static["index"]
    row = index[0] if isinstance(index, tuple) and index else index
    return row if type(row) is int else None


def _only_row(x: Any) -> Any:
    """That row of `x`."""
    index = x.static["index"]
    return scatter(x.left, index=index[1:], shape=x.shape[1:]) if isinstance(index, tuple) and index[1:] else x.left


def _is_scatter(x: object) -> bool:
    return isinstance(x, Node) and x.primitive is scatter


def _is_reshape(x: object) -> bool:
    return isinstance(x, Node) and x.primitive is reshape


def _columns(start: int, shape: tuple[int, ...]) -> tuple[slice, slice]:
    return slice(None), slice(start, start + _size(shape))


def _size(shape: tuple[int, ...]) -> int:
    return int(np.prod(shape, dtype=int))


def _row(state: Iterable[Any]) -> Any:
    return np.concatenate([np.ravel(x) for x in state])


def like(x: Any, shape: tuple[int, ...], label: str | None = None) -> Tensor:
    """A leaf of a shape, with the type of `x`."""
    leaf = Tensor(0.0, label)
    leaf._datum = np.zeros(shape, x._datum.dtype)
    return leaf


def _is_constant(x: Node) -> bool:
    return x.primitive is None and x.inputs is None
