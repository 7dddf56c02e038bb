"""Recurrent networks as loops, for languages in which their entries have no form of their own.

An entry such as `lstm` is one node over a whole sequence, and says what one step of it is. That step is the body of a
loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core import Node, Primitive
from ..layout import Static
from ..primitives.indexing import getitem
from ..primitives.joining import stack
from ..tensor import Tensor
from .loops import Body, like, loop, named_by

__all__ = ["as_loop"]


def as_loop(primitive: Primitive, inputs: Sequence[Any], static: Static) -> Any:
    """The result of an entry that has a step, as what the states of a loop are."""
    assert primitive.step is not None
    rows: Any
    rows, *others = [x if isinstance(x, Node) else _constant(np.asarray(x, inputs[0].dtype)) for x in inputs]
    row, leaves = like(rows, rows.shape[1:]), [like(x, x.shape) for x in others]
    parts, states = primitive.step(row, *leaves, **static)
    count = len(states)
    more = [x for x in parts if all(x is not state for state in states)]  # carried only to be collected
    body = Body((*leaves[:count], *(like(x, x.shape) for x in more)), (row,), tuple(leaves[count:]), (*states, *more))
    for leaf, result in zip(body.carried, body.results, strict=True):
        leaf.label = named_by(result)
        leaf._datum = np.zeros(result.shape, result.dtype)
    zeros = [_constant(np.zeros(x.shape, x.dtype)) for x in more]
    found = loop([*others[:count], *zeros], [rows], others[count:], body, len(rows))
    of = {id(x): getitem(state, index=slice(1, None)) for x, state in zip(body.results, found, strict=True)}
    collected = [of[id(x)] for x in parts]
    return collected[0] if len(collected) == 1 else stack(*collected, axis=1)


def _constant(array: object) -> Tensor:
    leaf = Tensor(0.0)
    leaf._datum, leaf.inputs = array, None
    return leaf
