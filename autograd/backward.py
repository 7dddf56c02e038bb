"""What uses the walk of `core.py`: `backward` for `x.backward()`, and `gradients` for `grad` and its relatives.

Both run the walk with the `step` of `rules.py`. If a branch that was not taken could make a gradient nan,
they run it with the slower step of `branches.py`; see `_run`. Two functions at the end, `history` and `ancestors`,
list the nodes of a graph without a walk, for pictures, copies and the compiler.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import numpy as np

from .branches import careful_step, may_meet, spoiled
from .core import Gradient, Node, Walk, time_of, walking
from .errors import check_fresh, describe
from .kept import watch
from .layout import NOTHING, Data, ndarray
from .modes import mode, observers
from .process import expect_again
from .recording import observed
from .releasing import releasing
from .rules import step, step_among_nodes

__all__ = ["ancestors", "backward", "gradients", "history"]


def backward(root: Node, gradient: object = None) -> None:
    """`root.backward(gradient)`: add the gradients of `root` to the `.grad` of all nodes below it."""
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
        expect_again(walk.order, walk.ends)  # the next step will need as much memory
        watch(root, walk.order)  # warns if the program keeps the graphs of all its steps
        _run(walk)
        _keep(walk)


def gradients(seeds: Mapping[Node, Gradient], *, as_nodes: bool = False, stop: Collection[Node] = ()) -> list[tuple[Node, Gradient]]:
    """A backward pass that leaves every `.grad` as it was, and returns the nodes with their gradients.

    Args:
        seeds: the nodes to start from, each with its gradient.
        as_nodes: run the rules on nodes instead of their data. Then the gradients are nodes too, and can be
            differentiated again.
        stop: nodes to treat as leaves.
    """
    with Walk(seeds, stop) as walk:
        expect_again(walk.order, walk.ends)
        _run(walk, as_nodes)
        return walk.found()


def _run(walk: Walk, as_nodes: bool = False) -> None:
    """Run the walk; where a branch that was not taken would give 0 · inf, which is nan, run it with the careful step.

    The careful step is slow. So the walk first runs with the usual step, and a second time only if the graph
    has such branches and the gradients contain inf or nan. Gradients that are nodes are computed carefully at once.
    """
    usual = step_among_nodes if as_nodes else step
    nodes = walk.order
    if mode.tracing is not None:
        walk.order.sort(key=time_of)  # the order in which the program computes
        nodes = [*reversed(walk.order), *[x for x, _ in walk.ends]]
    may_spoil = (mode.tracing is not None or _has_arrays(walk)) and may_meet(nodes)
    if observers:
        walk.run(observed(careful_step(as_nodes) if may_spoil else usual))
        for observer in observers:
            for x, _ in walk.ends:
                if x._grad is not walk.zero and x.left is not None:
                    observer.reached(x, x._grad)
        return
    if may_spoil and not as_nodes:
        with np.errstate(all="ignore"):
            walk.run(releasing(usual, walk), pulls=True)
            if not spoiled([x._grad for x, _ in walk.ends if x.requires_grad]):
                return
        for x in (*walk.order, *[x for x, _ in walk.ends]):
            x._grad = walk.zero
    chosen = careful_step(as_nodes) if may_spoil else usual
    walk.run(chosen if as_nodes else releasing(chosen, walk), pulls=not (as_nodes or may_spoil))


def _has_arrays(walk: Walk) -> bool:
    """Whether one of the nodes holds an array; all that do are in `lent` or `ends`."""
    for some in (walk.lent, walk.ends):
        for x, _ in some:
            if type(x._datum) is not float:
                return True
    return False


def _keep(walk: Walk) -> None:
    """Add the gradients to the `.grad` of the nodes. If an error or Ctrl-C interrupts this, no `.grad` changes."""
    undo: list[Callable[[], None]] = []
    adopted: set[int] = set()  # arrays that are already the `.grad` of some leaf, so that another leaf needs a copy
    zero = walk.zero
    try:
        for node, earlier in (*walk.lent, *walk.ends):
            g = node._grad
            if earlier is None and type(g) is ndarray and node.primitive is not None and node.left is not None:
                continue  # a computed Tensor: its slot `_grad` holds the new gradient already
            node._grad = earlier
            if g is not zero and node.left is not None:
                node._receive(g.copy() if type(g) is ndarray and id(g) in adopted else g, undo)
                if node.primitive is None:
                    adopted.add(id(node._grad))
        walk.kept = True
    except BaseException:
        for give_back in reversed(undo):
            give_back()
        raise


def _is_alone(root: Node) -> bool:
    """Whether `_backward_alone` can do the backward pass, because `root` is the only computed node of its graph.

    So it is for the result of a compiled function. Elementwise nodes are left to the walk.
    """
    if observers or root.primitive is None or root.primitive.elementwise or mode.tracing is not None:
        return False
    nodes = [x for x in root.inputs or () if isinstance(x, Node)]
    return all(x.primitive is None for x in nodes) and any(x.left is not None for x in nodes)


def _backward_alone(root: Node, seed: Data) -> None:
    """A backward pass for a `root` whose inputs are leaves or constants: one step, without a walk.

    For the compiled moons of `scripts/benchmark.py` it takes 65 µs; with a walk, it would take 80 µs.
    """
    inputs: Any = root.inputs
    nodes = [root, *[x for x in inputs if isinstance(x, Node)]]
    undo: list[Callable[[], None]] = []
    with walking:
        if max([x.origin.when for x in nodes]) > root.origin.when:
            check_fresh([root])
        expect_again(nodes)
        if type(seed) is ndarray:
            seed.setflags(False)  # type: ignore[call-arg]  # read-only: a rule may return it, or a view of it
        found = [(root, seed), *zip(inputs, step(root, inputs, seed), strict=True)]
        before = [(x, x._grad) for x in nodes]
        try:
            adopted: set[int] = set()  # arrays that are already the `.grad` of some leaf, so that another leaf needs a copy
            for x, g in found:
                if g is not None and g is not NOTHING and isinstance(x, Node) and x.left is not None:
                    x._receive(g.copy() if type(g) is ndarray and id(g) in adopted else g, undo)
                    adopted.add(id(x._grad))
        except BaseException:
            for give_back in reversed(undo):
                give_back()
            for x, earlier in before:
                x._grad = earlier
            raise


def history(*roots: Node) -> list[Node]:
    """All nodes from which `roots` were computed, and the roots; each node before its inputs.

    Raises:
        RuntimeError: a leaf was changed after it was used.
    """
    order = ancestors(roots)
    check_fresh(order)
    return order


def ancestors(roots: Iterable[Node], stop: Collection[Node] = ()) -> list[Node]:
    """Like `history`, without the check; nodes in `stop` are treated as leaves.

    If each node has a time of its own, as in a graph that the compiler traced, the result is exactly the
    reverse of the order in which the nodes were computed.
    """
    order: list[Node] = []
    seen: set[Node] = set()
    todo: list[Any] = list(roots)[::-1]
    while todo:
        node = todo.pop()
        if node is None:  # all inputs of the node below it on the stack are done
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
