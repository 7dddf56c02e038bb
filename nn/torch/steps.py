"""`Step`: what a Tensor's `grad_fn` is."""

from __future__ import annotations

from autograd import Node

__all__ = ["Step"]


class Step:
    """A step of the graph: a Tensor's `grad_fn`, from which `next_functions` leads to those of its inputs.

    Example:
        >>> from nn import torch
        >>> y = (torch.ones(2, requires_grad=True) * 3).sum()
        >>> y.grad_fn, y.grad_fn.next_functions
        (<sum>, ((<multiply>, 0),))
        >>> y.grad_fn.next_functions[0][0].next_functions
        ((<leaf>, 0), (None, 0))
    """

    def __init__(self, node: Node) -> None:
        self.node = node

    @property
    def next_functions(self) -> tuple[tuple[Step | None, int], ...]:
        return tuple((Step(x) if isinstance(x, Node) and x.requires_grad else None, 0) for x in self.node.inputs or ())

    def name(self) -> str:
        return "leaf" if self.node.primitive is None else self.node.primitive.name

    def __repr__(self) -> str:
        return f"<{self.name()}>"
