"""micrograd: the well-known scalar engine in 100 lines."""

from __future__ import annotations

from collections.abc import Callable

from micrograd.engine import Value

from . import Problem
from .scalars import Program


def moons(problem: Problem) -> Callable[[], float]:
    return Program(problem, Value).step


def graph(problem: Problem) -> tuple[object, int]:
    """The loss after the forward and backward pass, which holds the whole graph, and the number of its nodes."""
    loss = Program(problem, Value).loss()
    loss.backward()
    seen, todo = {loss}, [loss]
    while todo:
        new = todo.pop()._prev - seen
        seen |= new
        todo += new
    return loss, len(seen)
