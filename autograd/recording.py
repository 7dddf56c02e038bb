"""Recording in a special mode, and observers, which are told of every computation and backward step."""

from __future__ import annotations

from _thread import get_ident
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from .entry import Entry, entries
from .layout import MANY, Layout, ndarray
from .modes import Moment, choose_the_way, mode, moment, observers, quick, times

__all__ = ["Observer", "observe", "observed", "record_specially"]


class Observer:
    """The base of objects that are told of every computation and backward step, as by `detect_anomaly`."""

    def recorded(self, node: Any) -> None:
        """Called after `node` was computed and recorded."""

    def reached(self, node: Any, gradient: Any) -> None:
        """Called when a backward pass has the complete `gradient` of `node`."""

    def pulled_back(self, node: Any, gradients: Sequence[Any]) -> None:
        """Called after the rules of `node` returned `gradients`, one for each input."""


@contextmanager
def observe(observer: Observer) -> Iterator[None]:
    """Inside, `observer` is told. Meanwhile the fast path of `Value` is off."""
    observers.append(observer)
    choose_the_way()
    try:
        yield
    finally:
        observers.remove(observer)
        choose_the_way()


def observed(step: Callable[..., Sequence[Any]]) -> Callable[..., Sequence[Any]]:
    """`step`, with all observers told."""

    def told(node: Any, inputs: Sequence[Any], g: Any) -> Sequence[Any]:
        for observer in observers:
            observer.reached(node, g)
        gradients = step(node, inputs, g)
        for observer in observers:
            observer.pulled_back(node, gradients)
        return gradients

    return told


def record_specially(node: Layout, data: object, primitive: Entry, inputs: tuple[Any, ...]) -> Any:
    """Give a node that `record` has made its time and scope, and make it what the mode asks for, such as a constant.

    Returns:
        The node, or another in its place.
    """
    scope = quick["now"].scope if get_ident() == quick["main"] else mode.own_scope
    tracing = mode.tracing is not None
    if tracing:
        node.origin = Moment(next(times), scope)  # a time for each node: the compiler sorts nodes by it
    else:
        node.origin = Moment((moment() if observers else quick["now"]).when, scope)
    if mode.recording:
        for observer in observers:
            observer.recorded(node)
    elif not tracing:
        node.primitive = node.left = None  # a constant: what `node.inputs = None` does, without a call
        node.right = MANY
        if isinstance(data, ndarray) and (data.base is not None or any(data is getattr(x, "_datum", x) for x in inputs)):
            node._datum = data.copy()  # the user may write into a constant, and that must not change an input
    elif primitive.passes_on:  # a compiled program computes constants at each call, and only stops their gradient
        return entries["stop_gradient"](node)
    return node
