"""Differentiating: the graph of the gradients is added to the graph of the results, by the usual rules, run on nodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..branches import careful_step
from ..core import Node, Walk, time_of
from ..modes import set_scope
from ..rules import step_among_nodes
from ..tensor import Tensor

__all__ = ["differentiate", "seed_of"]


def differentiate(outputs: Sequence[Node], seeds: Sequence[Any], careful: bool = False) -> dict[Node, Any]:
    """The gradients of all nodes below some outputs, as nodes. `seeds` are the gradients of the outputs.

    Args:
        careful: whether to keep gradients of branches that were not taken at 0, see `branches`.
    """
    step = careful_step(as_nodes=True) if careful else step_among_nodes

    def step_in_scope(node: Node, inputs: Sequence[Any], g: Any) -> Sequence[Any]:
        set_scope(node.scope)  # a gradient belongs to the same layer as its node
        return step(node, inputs, g)

    sums: dict[Node, Any] = {}
    for node, seed in zip(outputs, seeds, strict=True):
        sums[node] = sums[node] + seed if node in sums else seed  # a node may occur twice among the outputs
    with Walk(sums) as walk:
        walk.order.sort(key=time_of)  # the order in which the program computes
        walk.run(step_in_scope)
        return dict(walk.found())


def seed_of(output: Tensor, name: str, number: float = 0.0) -> Tensor:
    """A stand-in for the gradient of an output. (The output may consist of bools.)"""
    return Tensor(np.full(output.shape, number, np.result_type(output.dtype, np.float16)), name)
