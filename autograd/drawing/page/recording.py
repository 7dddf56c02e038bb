"""The backward pass as the engine takes it, for operations that a page cannot compute."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from ...backward import gradients
from ...core import Node
from ...primitives.reductions import unbroadcast
from ...recording import Observer, observe

__all__ = ["recorded"]


def recorded(root: Node, among: Collection[Node]) -> dict[Node, list[Any]]:
    """What each of some nodes passes on to its inputs in a backward pass from `root`.

    It is None for an input that gets nothing.
    """
    recorder = _Recorder(among)
    with observe(recorder):
        gradients({root: root._seed(None)})
    return recorder.steps


class _Recorder(Observer):
    def __init__(self, among: Collection[Node]) -> None:
        self.among = among
        self.steps: dict[Node, list[Any]] = {}

    def pulled_back(self, node: Node, gradients: Sequence[Any]) -> None:
        if node in self.among:  # else it is another thread's, or of no interest
            pairs = zip(node.inputs or (), gradients, strict=True)
            self.steps[node] = [_shaped(g, x) if isinstance(x, Node) and g is not None else None for x, g in pairs]


def _shaped(gradient: object, x: Node) -> Any:
    """The gradient from a rule, in the shape of its input, as in the backward pass."""
    gradient = np.asarray(gradient)
    shape = np.shape(x.data)
    return np.broadcast_to(gradient, shape) if gradient.ndim < len(shape) else unbroadcast(gradient, shape)
