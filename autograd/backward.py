"""The backward pass: one walk over the graph, newest node first.

`pull_back` is that walk. Given the numbers it computes numbers, which `backward()` adds to
`.grad`; given the nodes themselves it computes nodes, whose graph can be differentiated again.
`_pull_back_numbers` is the same walk for the usual graph of Values, and quicker.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from operator import attrgetter, itemgetter
from typing import Any, Final

import numpy as np

from .branches import may_meet, pull_back_carefully, spoiled
from .graph import Node, ndarray, observers
from .kept import watch
from .primitives.arithmetic import NOTHING
from .process import expect_again
from .rules import check_given, describe, fit, given, run_rules

__all__ = ["ancestors", "backward", "describe", "gradients", "history", "pull_back"]

inputs_of: Final = attrgetter("inputs")
time_of: Final = attrgetter("time")
gradient_of: Final = attrgetter("_grad")


def history(*roots: Node, stop: Collection[Node] = ()) -> list[Node]:
    """All nodes that `roots` were computed from, themselves included, newest first.

    Time of creation is a topological order: a node is newer than its inputs. Nodes in `stop` are
    taken for leaves.

    Raises:
        RuntimeError: a leaf was changed after it was used.
    """
    order = ancestors(roots, stop)
    _check_fresh(order)
    expect_again(order)
    return order


def ancestors(roots: Iterable[Node], stop: Collection[Node] = ()) -> list[Node]:
    """`history` without the check: a leaf changed after its use stands too early."""
    seen = set(roots)
    todo = list(seen)
    while todo:
        if type(todo[-1]._datum) is float:  # Values share inputs with hundreds of others: all together, at the speed of sets
            level = [node for node in todo if node not in stop] if stop else todo
            try:
                met = set(chain.from_iterable(map(inputs_of, level)))
            except TypeError:  # an array, which has no hash; or a constant, whose inputs are None
                met = {x for node in level for x in node.inputs or () if isinstance(x, Node)}
            todo = [x for x in met - seen if isinstance(x, Node)]
            seen.update(todo)
            continue
        node = todo.pop()
        if stop and node in stop:
            continue
        for x in node.inputs or ():
            if isinstance(x, Node) and x not in seen:
                seen.add(x)
                todo.append(x)
    return sorted(seen, key=time_of, reverse=True)


def _check_fresh(order: list[Node]) -> None:
    is_leaf = [node.primitive is None for node in order]
    if is_leaf == sorted(is_leaf):
        return  # every leaf is older than everything computed: the usual case, and quick to see
    for node in order:
        for x in node.inputs or ():
            if isinstance(x, Node) and x.time > node.time:
                raise RuntimeError(
                    f"{describe(x)} was changed after {node.primitive.name} had used it, so the gradient would "  # type: ignore[union-attr]
                    "mix old and new numbers. Run the forward pass again after a change, or call backward() before it."
                )


def pull_back(
    order: list[Node], seeds: dict[Node, Any], *, as_nodes: bool = False, stop: Collection[Node] = ()
) -> Iterator[tuple[Node, Any]]:
    """Walk `order`, yielding each node with its complete gradient.

    Args:
        order: what `history` returned.
        seeds: the gradients of the nodes where the walk starts.
        as_nodes: run the rules on the nodes instead of their data, so that the gradients are
            nodes of the graph too.
        stop: nodes to take for leaves.
    """
    pending = dict(seeds)
    for node in order:
        g = pending.pop(node, None)
        inputs = node.inputs
        if g is None or inputs is None:
            continue  # only a condition, a constant or a branch not taken led here; or it is a constant
        if observers:
            for observer in observers:
                observer.reached(node, g)
        yield node, g
        if node.primitive is None or (stop and node in stop):
            continue
        on_floats = type(node._datum) is float and node.primitive.elementwise
        gradients = run_rules(node, node.primitive, g, on_floats, as_nodes)
        if observers:
            for observer in observers:
                observer.pulled_back(node, gradients)
        for x, gx in zip(inputs, gradients, strict=True):
            if gx is None:
                if isinstance(x, Node):
                    check_given(node, gradients)
                continue
            if on_floats:
                if type(gx) is not float and not (as_nodes and isinstance(gx, Node)):
                    gx = fit(gx, x, node, as_nodes)
                    if gx is NOTHING:
                        continue
            else:
                data = x._datum
                if type(gx) is not ndarray or type(data) is float or gx.shape != data.shape or gx.dtype is not data.dtype:
                    gx = fit(gx, x, node, as_nodes)
                    if gx is NOTHING:
                        continue
            before = pending.get(x)
            pending[x] = gx if before is None else before + gx  # a sum's inputs share one float: memory


def gradients(
    order: list[Node], seeds: dict[Node, Any], *, as_nodes: bool = False, stop: Collection[Node] | None = None
) -> list[tuple[Node, Any]]:
    """What `pull_back` finds, of all nodes or those in `stop`; and a branch that was not taken has passed on 0, not 0 · inf."""

    def found(walk: Iterable[tuple[Node, Any]]) -> list[tuple[Node, Any]]:
        return list(walk) if stop is None else [(node, g) for node, g in walk if node in stop]

    usual = pull_back(order, seeds, as_nodes=as_nodes, stop=stop or ())
    if not may_meet(order):
        return found(usual)
    if not as_nodes and not observers:
        with np.errstate(all="ignore"):
            everything = found(usual)
            if not spoiled([g for node, g in everything if node.primitive is None or stop is not None]):
                return everything
    return found(pull_back_carefully(order, seeds, as_nodes, stop or ()))


def backward(root: Node, gradient: Any = None) -> None:
    """What `root.backward(gradient)` does."""
    if not root.requires_grad:
        raise RuntimeError(
            f"backward() on {describe(root)}: it is a constant, made by detach() or under no_grad(), and has no history. "
            "Compute it outside no_grad(), from nodes that are not detached."
        )
    order, seed = history(root), root._seed(gradient)
    watch(root)
    if observers or not _is_plain(order) or not _pull_back_numbers(order, seed):
        _add_gradients(gradients(order, {root: seed}))


def _add_gradients(found: list[tuple[Node, Any]]) -> None:
    """Add what a walk found to each `.grad`; to all or to none, whatever comes between."""
    nodes = list(map(itemgetter(0), found))
    before = list(map(gradient_of, nodes))
    try:
        adopted: set[int] = set()  # the arrays that are some leaf's `.grad` by now, and so its user's
        for node, g in found:
            if type(g) is float:
                earlier = node._grad
                node._grad = earlier + g if earlier else g  # a sum's inputs then share one float: memory
            elif node.primitive is not None and node._grad is None and type(g) is ndarray:
                g.setflags(False)  # type: ignore[call-arg]  # a rule may pass it on as it is, and then two nodes share it
                node._grad = g
            else:
                node._receive(g.copy() if id(g) in adopted else g)
                if node.primitive is None:
                    adopted.add(id(node._grad))
    except BaseException:
        _put_back(nodes, before)
        raise


def _put_back(order: list[Node], gradients: list[Any]) -> None:
    for node, gradient in zip(order, gradients, strict=True):
        node._grad = gradient


def _is_plain(order: list[Node]) -> bool:
    """Whether all are numbers, and `backward()` comes by for the first time, as it mostly does."""
    for node in order:
        if type(node._datum) is not float or node.inputs is None or (node.primitive and (node._grad or not node.primitive.elementwise)):
            return False
    return True


def _pull_back_numbers(order: list[Node], seed: float) -> bool:
    """`pull_back` where `.grad` itself can hold what adds up; with that, networks of Values take half the time.

    False, and nothing has changed, where a rule does not do as it should: `pull_back` meets it too, and knows what to say.
    """
    earlier = list(map(gradient_of, order))
    try:
        for node, gradient in zip(order, earlier, strict=True):
            if not gradient:
                node._grad = None
        root = order[0]
        root._grad = seed if root._grad is None else root._grad + seed
        for node in order:
            primitive, g = node.primitive, node._grad
            if primitive is None or (not g and (g is None or g is NOTHING)):
                continue  # a leaf; or only a condition or a branch not taken led here
            inputs: Any = node.inputs
            rules, out, static, added = primitive.vjp, node._datum, node.static, 0
            if type(rules) is tuple:
                try:
                    data = [x if type(x) is float else x._datum for x in inputs]
                    for rule, x in zip(rules, inputs, strict=True):
                        if rule is not None and isinstance(x, Node):
                            gx = rule(g, out, *data, **static)
                            before = x._grad
                            if before is not None:
                                x._grad = before + gx
                            else:
                                x._grad = gx if gx is not None else given(gx, primitive)
                        added += 1
                    continue
                except Exception:
                    pass  # an int, or 1/0: `run_rules` knows what to do
            gradients = run_rules(node, primitive, g, on_floats=True)
            if type(rules) is tuple:
                check_given(node, gradients)
            for x, gx in zip(inputs[added:], gradients[added:], strict=True):
                if gx is not None and isinstance(x, Node):
                    before = x._grad
                    x._grad = gx if before is None else before + gx
        for node in order:
            if type(node._grad) is not float:
                if node._grad is not None and node._grad is not NOTHING:
                    raise TypeError(node._grad)
                node._grad = 0.0  # nothing came here
    except BaseException as failure:
        _put_back(order, earlier)
        if isinstance(failure, Exception):
            return False
        raise
    return True
