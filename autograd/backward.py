"""Backward passes: what the walk over the graph is used for, and where it has to be careful."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import numpy as np

from .branches import careful_step, may_meet, spoiled
from .core import Node, Walk, time_of, walking
from .errors import check_fresh, describe
from .kept import watch
from .layout import NOTHING
from .modes import mode, observers
from .process import expect_again
from .rules import step, step_among_nodes

__all__ = ["ancestors", "backward", "gradients", "history"]


def history(*roots: Node) -> list[Node]:
    """All nodes that `roots` were computed from, themselves included, each before its inputs.

    Raises:
        RuntimeError: a leaf was changed after it was used.
    """
    order = ancestors(roots)
    check_fresh(order)
    return order


def ancestors(roots: Iterable[Node], stop: Collection[Node] = ()) -> list[Node]:
    """`history` without the check, and with nodes in `stop` taken for leaves.

    What was traced, where each node has a time of its own, is in the order of computation.
    """
    order: list[Node] = []
    seen: set[Node] = set()
    todo: list[Any] = list(roots)[::-1]
    while todo:
        node = todo.pop()
        if node is None:  # above a node whose inputs are done
            order.append(todo.pop())
        elif node not in seen:
            seen.add(node)
            if node.primitive is None or node in stop:
                order.append(node)
            else:
                todo += (node, None)
                todo += [x for x in reversed(node.inputs or ()) if isinstance(x, Node) and x not in seen]
    order.sort(key=time_of)
    order.reverse()
    return order


def gradients(seeds: Mapping[Node, Any], *, as_nodes: bool = False, stop: Collection[Node] = ()) -> list[tuple[Node, Any]]:
    """The gradients of all nodes that something came to, from the nodes of `seeds` with the gradients that these start with.

    Args:
        as_nodes: run the rules on the nodes instead of their data, so that the gradients are
            nodes of the graph too.
        stop: nodes to take for leaves.
    """
    with Walk(seeds, stop) as walk:
        expect_again(walk.order, walk.ends)
        _run(walk, as_nodes)
        return walk.found()


def backward(root: Node, gradient: Any = None) -> None:
    """What `root.backward(gradient)` does."""
    if not root.requires_grad:
        raise RuntimeError(
            f"backward() on {describe(root)}: it is a constant, made by detach() or under no_grad(), and has no history. "
            "Compute it outside no_grad(), from nodes that are not detached."
        )
    seed = root._seed(gradient)
    if _is_alone(root):
        watch(root, [root])
        _backward_alone(root, seed)
        return
    with Walk({root: seed}) as walk:
        for x, _ in walk.ends:
            if x.left is not None:
                break
        else:
            raise RuntimeError(
                f"backward() on {describe(root)}: it was computed from constants alone, made by detach() or under no_grad(), so that "
                "nothing would get a gradient. Compute what it depends on outside no_grad(), from nodes that are not detached."
            )
        expect_again(walk.order, walk.ends)
        watch(root, walk.order)
        _run(walk)
        walk.keep()


def _is_alone(root: Node) -> bool:
    """Whether `root` is the one computed node below, as the result of a compiled function is, and somebody gets a gradient."""
    if observers or root.primitive is None or root.primitive.elementwise or mode.tracing is not None:
        return False
    nodes = [x for x in root.inputs or () if isinstance(x, Node)]
    return all(x.primitive is None for x in nodes) and any(x.left is not None for x in nodes)


def _backward_alone(root: Node, seed: Any) -> None:
    """What the walk comes to, for a node whose inputs are leaves, without 15 of the 80 µs that `backward` takes for compiled moons."""
    inputs: Any = root.inputs
    nodes = [root, *[x for x in inputs if isinstance(x, Node)]]
    undo: list[Callable[[], None]] = []
    with walking:
        if max([x.origin.when for x in nodes]) > root.origin.when:
            check_fresh([root])
        expect_again(nodes)
        if type(seed) is np.ndarray:
            seed.setflags(False)  # type: ignore[call-arg]  # a rule may pass it on, or a view of it
        found = [(root, seed), *zip(inputs, step(root, inputs, seed), strict=True)]
        before = [(x, x._grad) for x in nodes]
        try:
            adopted: set[int] = set()  # the arrays that are some leaf's `.grad` by now, and so its user's
            for x, g in found:
                if g is not None and g is not NOTHING and isinstance(x, Node) and x.left is not None:
                    x._receive(g.copy() if type(g) is np.ndarray and id(g) in adopted else g, undo)
                    adopted.add(id(x._grad))
        except BaseException:
            for give_back in reversed(undo):
                give_back()
            for x, earlier in before:
                x._grad = earlier
            raise


def _run(walk: Walk, as_nodes: bool = False) -> None:
    """A branch that was not taken passes on 0, not 0 · inf: the walk goes the usual way, and if need be once more carefully."""
    usual = step_among_nodes if as_nodes else step
    nodes = walk.order if mode.tracing is None else [*reversed(walk.order), *[x for x, _ in walk.ends]]
    if not (_has_arrays(walk) or mode.tracing is not None) or not may_meet(nodes):
        walk.run(usual, quick=not as_nodes)
        return
    if not as_nodes and not observers:
        with np.errstate(all="ignore"):
            walk.run(usual, quick=True)
            if not spoiled([x._grad for x, _ in walk.ends if x.requires_grad]):
                return
    walk.run(careful_step(as_nodes))


def _has_arrays(walk: Walk) -> bool:
    """Whether there are arrays on the way; all of them are lent or at the ends."""
    for some in (walk.lent, walk.ends):
        for x, _ in some:
            if type(x._datum) is not float:
                return True
    return False
