"""Copying and pickling graphs of any depth, without recursion.

To copy or pickle an object, Python first copies or pickles the objects that it holds, which on a chain of a
million nodes would take a million nested calls. Here the oldest nodes are done first, so that the inputs of
each node are finished before the node.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from typing import Any

from .backward import history
from .core import Node, Primitive
from .layout import NO_STATIC, new
from .modes import Scope, quick

__all__ = ["copy_graph", "reduce_graph"]


def copy_graph(root: Node, memo: dict[int, Any] | None) -> Any:
    """A copy of `root`: with the same inputs if `memo` is None, else with copies of them, for a graph of any depth.

    Args:
        root: the node.
        memo: the copies made so far, by the `id` of the original, as in `copy.deepcopy`.

    Raises:
        RuntimeError: a leaf was changed after it was used.

    Example:
        >>> from autograd import Value
        >>> x = Value(3.0)
        >>> twin = copy_graph(x * x, {})
        >>> twin.backward()
        >>> twin, x.grad
        (Value(data=9.0, grad=1.0), 0.0)
    """
    if memo is None:
        return _copied(root, root.inputs, copy.copy(getattr(root, "__dict__", None)))
    for node in reversed(history(root)):
        if id(node) not in memo:
            inputs = node.inputs and tuple(memo[id(x)] if isinstance(x, Node) else copy.deepcopy(x, memo) for x in node.inputs)
            memo[id(node)] = _copied(node, inputs, copy.deepcopy(getattr(node, "__dict__", None), memo))
    return memo[id(root)]


def _copied(node: Node, inputs: tuple[Any, ...] | None, attributes: dict[str, Any] | None) -> Any:
    """`node` with copies of its numbers, and with `attributes`, those that a subclass added."""
    data, grad = copy.copy(node._datum), copy.copy(node._gradient)
    made = _rebuild((), node._kind(), data, grad, node.label, node.primitive, inputs, node.static, node.scope)
    if attributes:
        vars(made).update(attributes)
    return made


class _Pickling(threading.local):
    oldest_first = False


_pickling = _Pickling()


class _HistoryFirst:
    """Pickled as the list of a node's ancestors, oldest first.

    Meanwhile, each node is pickled with references to its inputs only.
    """

    def __init__(self, root: Node) -> None:
        self.root = root

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (), None, self._nodes()

    def _nodes(self) -> Iterator[Any]:
        _pickling.oldest_first = True
        try:
            yield from reversed(history(self.root)[1:])
            yield _EndOfHistory()
        except BaseException:  # pickling failed
            _pickling.oldest_first = False
            raise


class _EndOfHistory:
    """Pickled after the last ancestor, even if the pickler fetches several in advance."""

    def __reduce__(self) -> tuple[Any, ...]:
        _pickling.oldest_first = False
        return _EndOfHistory, ()


def reduce_graph(node: Node) -> tuple[Any, ...]:
    """What `pickle` needs to rebuild a node, and all that it was computed from; see `object.__reduce__`.

    Raises:
        RuntimeError: a leaf was changed after it was used.

    Example:
        >>> import pickle
        >>> from autograd import Value
        >>> pickle.loads(pickle.dumps(Value(3.0) ** 2))
        Value(data=9.0, grad=0.0)
    """
    history_first = () if _pickling.oldest_first or not node.inputs else _HistoryFirst(node)
    static = dict(node.static)
    arguments = (history_first, node._kind(), node._datum, node._gradient, node.label, node.primitive, node.inputs, static, node.scope)
    return _rebuild, arguments, getattr(node, "__dict__", None)


def _rebuild(
    _history: Any, kind: type[Node], data: object, grad: object, label: str | None,
    primitive: Primitive | None, inputs: tuple[Any, ...] | None, static: Any, scope: Scope | None,
) -> Any:  # fmt: skip
    node = new(kind)
    node._datum, node._grad, node.primitive, node.inputs, node.origin = data, grad, primitive, inputs, quick["now"]
    node._aside = None if label is None and scope is None and not static else (label, static or NO_STATIC, scope)
    return node
