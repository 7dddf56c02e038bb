"""The order in which the nodes of a body are computed, and the steps of recurrences among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...backward import ancestors
from ...primitives.reductions import sum_
from ...tensor import Tensor
from ..loops import LOOP, STATE
from ..loops import Body as Recurrence
from .bodies import Body
from .indices import ZERO, Index, flat, loop_over
from .loops import WRITERS, adds_rows
from .memory import in_memory, is_elementwise, is_view
from .nests import Nest, Store

__all__ = ["compute"]


def compute(body: Body, nodes: Sequence[Tensor], scopes: Mapping[Any, str | None]) -> None:
    """Compute nodes in their order, except that what fits into the loops before comes first.

    `scopes` are parts of a network.
    """
    needs = {x: _needs(body, x) for x in nodes if x in body.memory and x not in body.names}
    needed_by: dict[Tensor, list[Tensor]] = {}
    for x, others in needs.items():
        for y in others:
            needed_by.setdefault(y, []).append(x)
    ready = {x: None for x, others in needs.items() if not others}
    rank = {x: i for i, x in enumerate(needs)}
    while ready:
        x = _next(body, sorted(ready, key=rank.__getitem__))
        del ready[x]
        for reader in needed_by.get(x, ()):
            needs[reader].discard(x)
            if not needs[reader]:
                ready[reader] = None
        if x.primitive is LOOP:
            _recurrence(body, x, **x.static)
        elif x not in body.names and x not in body.given:
            body.compute(x, scopes.get(x), WRITERS.get(x.primitive) if not (is_elementwise(x) or is_view(x)) else None)


def _needs(body: Body, x: Tensor) -> set[Tensor]:
    """What is to be computed before a node."""
    needs: set[Tensor] = set()
    todo = [y for y in x.inputs or () if isinstance(y, Tensor)]
    while todo:
        y = todo.pop()
        if y in body.memory and y not in body.names:
            needs.add(y)
        elif y not in body.names:
            todo.extend(z for z in y.inputs or () if isinstance(z, Tensor))
    return needs


def _next(body: Body, ready: Sequence[Tensor]) -> Tensor:
    last = body.blocks[-1] if body.blocks else None
    if isinstance(last, Nest):
        return next((x for x in ready if _loops(x) == last.loops), ready[0])
    return ready[0]


def _loops(x: Tensor) -> list[tuple[str, int]] | None:
    """The loops that a node is computed in, if they may be those of others too."""
    if is_elementwise(x) or is_view(x):
        return loop_over(x.shape)[1] if x.shape else None
    if x.primitive is sum_ and (x.size == 1 or adds_rows(x.left, x.static.get("axis"))):
        return loop_over(x.left.shape)[1]
    return None


def _recurrence(function: Body, x: Tensor, body: Recurrence, steps: int, backwards: bool) -> None:
    """The states of a recurrence, as arrays whose first axis is time.

    Every step writes the row after its own.
    """
    states, time = _states(function, x), Index({function.tables.time: 1})
    before, after = (time + 1, time) if backwards else (time, time + 1)
    start, by_step, fixed = body.apart(x.inputs or ())
    for state, first in zip(states, start, strict=True):
        function.names[state] = function.name_of(state)
        function.made[state] = None
        _write(function, state, ZERO + (steps if backwards else 0), first)
    step = Body(function.dialect, function.functions, set(), dict(function.names), function.name_of, function.tables, outer=function)
    step.given.update((leaf, (state, [before])) for leaf, state in zip(body.carried, states, strict=True))
    step.given.update((leaf, (rows, [time])) for leaf, rows in zip(body.by_step, by_step, strict=True))
    step.given.update((leaf, (value, [])) for leaf, value in zip(body.fixed, fixed, strict=True))
    nodes: list[Any] = ancestors(body.results)[::-1]
    targets = {result: state for result, state in reversed(list(zip(body.results, states, strict=True))) if is_elementwise(result)}
    step.memory = in_memory(nodes, body.results) | targets.keys()
    step.targets = {result: (state, [after]) for result, state in targets.items()}
    compute(step, nodes, {})
    for state, result in zip(states, body.results, strict=True):
        if targets.get(result) is not state:
            _write(step, state, after, result)
    lines = step.lines((), ())
    function.scratch += [(step.names[y], y.dtype, max(y.size, 1)) for y in step.made if y.shape]
    function.put(f"{function.dialect.loop(function.tables.time, steps, backwards)} {{", *(f"    {line}" for line in lines), "}")


def _states(function: Body, x: Tensor) -> list[Tensor]:
    """The states of a recurrence, of all that it carries, also of what nothing else reads."""
    known: dict[Any, Any] = {y.static["start"]: y for y in function.memory if y.primitive is STATE and y.left is x}
    states = []
    start = 0
    for leaf in x.static["body"].carried:
        state = known.get(start)
        if state is None:
            state = STATE(x, start=start, shape=leaf.shape)
            state.label = leaf.label
        states.append(state)
        start += leaf.size
    return states


def _write(body: Body, state: Tensor, time: Index, x: Any) -> None:
    """Write the state at a time."""
    kind = body.type(state.dtype)

    def store(index: list[Index]) -> Store:
        return Store(body.names[state], flat([time, *index], state.shape), body.load(x, body.cast(index, x), kind))

    body.nest(state.shape[1:], store, x, complete=False)
