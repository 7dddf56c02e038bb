"""What has no loop of its own is written with what has: a softmax as an exponential, a sum and a quotient."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ...backward import ancestors
from ...core import Node, record
from ...modes import set_scope
from ...primitives.arithmetic import add_n, clip, dot_n, equal, first_max_n, max_n, maximum, select, where
from ...primitives.cumulative import cumsum
from ...primitives.elementary import exp, log
from ...primitives.networks import linear, standardize
from ...primitives.reductions import first_max, is_first_max, log_softmax, logsumexp, max_, mean, softmax, sum_
from ...primitives.shapes import concatenate, expand_dims, getitem, pad, reshape, rolled, scatter, squeeze, stack, take, transpose
from ...tensor import Tensor

__all__ = ["expanded"]


def _mean(y: Any, x: Any, **static: Any) -> Any:
    return sum_(x, **static) / float(x.size // max(y.size, 1))


def _below_top(x: Any, axis: Any) -> tuple[Any, Any]:
    """`x` less its largest entry along axes, and that entry; finite, as inf - inf is nan."""
    limit = float(np.finfo(x.dtype).max)
    top = clip(max_(x, axis=axis, keepdims=True), -limit, limit)
    return x - top, top


def _softmax(y: Any, x: Any, axis: Any = -1) -> Any:
    e = exp(_below_top(x, axis)[0])
    return e / sum_(e, axis=axis, keepdims=True)


def _log_softmax(y: Any, x: Any, axis: Any = -1) -> Any:
    below, _ = _below_top(x, axis)
    return below - log(sum_(exp(below), axis=axis, keepdims=True))


def _logsumexp(y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    below, top = _below_top(x, axis)
    return reshape(log(sum_(exp(below), axis=axis, keepdims=True)) + top, shape=y.shape)


def _standardize(y: Any, x: Any, weight: Any, bias: Any, axis: Any = -1, eps: float = 1e-5, known: Any = None) -> Any:
    total = sum_(x, axis=axis, keepdims=True)
    n = float(x.size // max(total.size, 1))
    centred = x - total / n
    return centred * (weight / (sum_(centred * centred, axis=axis, keepdims=True) / n + eps) ** 0.5) + bias


def _is_first_max(y: Any, x: Any, axis: int = -1) -> Any:
    wins = where(equal(x, max_(x, axis=axis, keepdims=True)), 1.0, 0.0)
    return equal(wins * cumsum(wins, axis=axis), 1.0)


def _stack(y: Any, *xs: Any, axis: int = 0) -> Any:
    axis %= len(y.shape)
    shape = (*y.shape[:axis], 1, *y.shape[axis + 1 :])
    parts = [reshape(x, shape=shape) if isinstance(x, Node) else np.full(shape, x) for x in xs]
    return concatenate(*parts, axis=axis)


def _take(y: Any, x: Any, indices: Any, axis: int | None = None) -> Any:
    indices = np.asarray(indices)
    if axis is None:
        return getitem(reshape(x, shape=(x.size,)), index=indices)
    return getitem(x, index=(slice(None),) * (axis % x.ndim) + (indices,))


def _rolled(y: Any, x: Any, shift: Any, axis: Any) -> Any:
    for n, a in zip(shift, axis, strict=True):
        n %= x.shape[a]
        before: tuple[slice, ...] = (slice(None),) * (a % x.ndim)
        x = concatenate(
            getitem(x, index=(*before, slice(x.shape[a] - n, None))), getitem(x, index=(*before, slice(0, x.shape[a] - n))), axis=a
        )
    return x


def _select(y: Any, index: Any, *xs: Any) -> Any:
    chosen = xs[-1]
    for k, x in reversed(list(enumerate(xs[:-1]))):
        chosen = where(equal(index, float(k)), x, chosen)
    return chosen


EXPANSIONS: dict[Any, Callable[..., Any]] = {
    mean: _mean,
    softmax: _softmax,
    log_softmax: _log_softmax,
    logsumexp: _logsumexp,
    standardize: _standardize,
    stack: _stack,
    take: _take,
    select: _select,
    linear: lambda y, x, weight, bias: x @ transpose(weight) + bias,
    max_n: lambda y, *xs: functools.reduce(maximum, xs),
    add_n: lambda y, *xs: add_n.array(*xs),
    dot_n: lambda y, *xs: dot_n.array(*xs),
    first_max_n: lambda y, *xs: functools.reduce(maximum, xs),
    first_max: lambda y, x, axis=-1: max_(x, axis=axis, keepdims=False),
    is_first_max: _is_first_max,
    rolled: _rolled,
    pad: lambda y, x, pad_width: scatter(
        x, index=tuple(slice(before, before + n) for (before, _), n in zip(pad_width, x.shape, strict=True)), shape=y.shape
    ),
    expand_dims: lambda y, x, **static: reshape(x, shape=y.shape),
    squeeze: lambda y, x, **static: reshape(x, shape=y.shape),
}


def expanded(roots: Iterable[Any]) -> dict[Node, Any]:
    """For each node that some results are made of, one with the same numbers whose parts all have loops of their own."""
    new: dict[Node, Any] = {}
    for node in reversed(ancestors(x for x in roots if isinstance(x, Node))):
        if node.primitive is None:
            new[node] = node if isinstance(node, Tensor) else Tensor(np.asarray(node._datum), node.label)
            continue
        inputs = [new[x] if isinstance(x, Node) else x for x in node.inputs or ()]
        set_scope(node.scope)
        if node.primitive in EXPANSIONS:
            new[node] = EXPANSIONS[node.primitive](node, *inputs, **node.static)
        elif isinstance(node, Tensor) and all(x is before for x, before in zip(inputs, node.inputs or (), strict=True)):
            new[node] = node
        else:
            new[node] = record(Tensor, np.asarray(node._datum), node.primitive, tuple(inputs), node.static)
    return new
