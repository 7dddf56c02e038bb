"""The backward pass: one walk over the graph, newest node first.

`pull_back` is that walk. Given the numbers it computes numbers, which `backward()` adds to
`.grad`; given the nodes themselves it computes nodes, whose graph can be differentiated again.
`_pull_back_numbers` is the same walk for the usual graph of Values, and quicker.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, Final

import numpy as np

from .graph import NUMBERS, Node, Primitive, ndarray, observers
from .primitives.arithmetic import astype
from .primitives.reductions import broadcast_to, unbroadcast
from .primitives.shapes import reshape

__all__ = ["ancestors", "backward", "describe", "history", "pull_back"]

inputs_of: Final = attrgetter("inputs")
time_of: Final = attrgetter("time")


def history(*roots: Node, stop: Collection[Node] = ()) -> list[Node]:
    """All nodes that `roots` were computed from, themselves included, newest first.

    Time of creation is a topological order: a node is newer than its inputs. Nodes in `stop` are
    taken for leaves.

    Raises:
        RuntimeError: a leaf was changed after it was used.
    """
    order = ancestors(roots, stop)
    _check_fresh(order)
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


def describe(node: Node) -> str:
    """How an error names a node.

    Example:
        >>> from autograd import Value
        >>> describe(Value(2.0, label="w")), describe(Value(2.0) + 1)
        ("Value 'w'", 'the Value 3.0 (from add)')
    """
    kind = node.__class__.__name__
    if node.label is not None:
        return f"{kind} {node.label!r}"
    what = f"{node._datum!r}" if isinstance(node._datum, float) else f"of shape {node._datum.shape}"
    return f"the {kind} {what}" + (f" (from {node.primitive.name})" if node.primitive else "")


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
            continue  # only a condition or a constant led here; or it is a constant
        if observers:
            for observer in observers:
                observer.reached(node, g)
        yield node, g
        if node.primitive is None or (stop and node in stop):
            continue
        on_floats = type(node._datum) is float and node.primitive.elementwise
        gradients = _run_rules(node, node.primitive, g, on_floats, as_nodes)
        if observers:
            for observer in observers:
                observer.pulled_back(node, gradients)
        for x, gx in zip(inputs, gradients, strict=True):
            if gx is None:
                continue
            if not on_floats:
                data = x._datum
                if type(gx) is not ndarray or type(data) is float or gx.shape != data.shape or gx.dtype is not data.dtype:
                    gx = _fit(gx, x, node.primitive)
            before = pending.get(x)
            pending[x] = gx if before is None else before + gx  # a sum's inputs share one float: memory


def _run_rules(node: Node, primitive: Primitive, g: Any, on_floats: bool, as_nodes: bool) -> Sequence[Any]:
    """What the rules of one node give for each of its inputs; None where there is nothing to pass on."""
    inputs: Any = node.inputs
    if as_nodes:
        out: Any = node
        data = inputs
        if not on_floats:  # rules for arrays must meet arrays
            data = [reshape(x, shape=()) if isinstance(x, Node) and type(x._datum) is float else x for x in inputs]
    else:
        out = node._datum
        try:
            data = [x if type(x) is float else x._datum for x in inputs]
        except AttributeError:
            data = [x._datum if isinstance(x, Node) else x for x in inputs]
    if not primitive.elementwise and not NUMBERS.isdisjoint(map(type, data)):
        data = [np.asarray(x) if type(x) in NUMBERS else x for x in data]
    rules, static = primitive.vjp, node.static
    try:
        if type(rules) is tuple:
            return [
                None if rule is None or not isinstance(x, Node) else rule(g, out, *data, **static) if static else rule(g, out, *data)
                for rule, x in zip(rules, inputs, strict=True)
            ]
        gradients: Sequence[Any] = rules(g, out, *data, **static)  # type: ignore[operator]
        _check_count(primitive, len(gradients), inputs)
        return gradients if on_floats else [gx if isinstance(x, Node) else None for x, gx in zip(inputs, gradients, strict=True)]
    except (ZeroDivisionError, OverflowError):
        return _ieee_gradients(node, g, out, data)
    except (TypeError, ValueError):
        if type(rules) is tuple:
            _check_count(primitive, len(rules), inputs)
        raise


def _check_count(primitive: Primitive, count: int, inputs: Sequence[Any]) -> None:
    if count != len(inputs):
        raise TypeError(
            f"The vjp of {primitive.name} gives {count} gradient{'s' if count > 1 else ''}, and it was called with {len(inputs)} "
            f"input{'s' if len(inputs) > 1 else ''}; its entry in the table must give one for each."
        )


def _ieee_gradients(node: Node, g: Any, out: Any, data: Sequence[Any]) -> list[Any]:
    """The rules where Python's floats refuse (1/0, overflow): with NumPy's inf and nan."""
    wanted = [isinstance(x, Node) for x in node.inputs or ()]
    with np.errstate(all="ignore"):
        g, out, *inputs = [x if isinstance(x, Node) else np.float64(x) for x in (g, out, *data)]
        gradients = node.primitive.gradients(g, out, inputs, wanted, node.static)  # type: ignore[union-attr]
    return [gx if gx is None or isinstance(gx, Node) else float(gx) for gx in gradients]


def _fit(gx: Any, x: Node, primitive: Primitive) -> Any:
    """`gx` in the shape and the type of `x`: the one place where broadcasting is undone."""
    data = x._datum
    if type(gx) is not np.ndarray and not isinstance(gx, Node):
        gx = np.asarray(gx)
    if type(data) is float:
        gx = unbroadcast(gx, ()) if gx.shape else gx
        return gx if isinstance(gx, Node) else float(gx)
    if gx.shape != data.shape:
        fitted = unbroadcast(gx, data.shape) if gx.ndim >= data.ndim else broadcast_to(gx, shape=data.shape)
        if fitted.shape != data.shape:
            raise ValueError(f"The vjp of {primitive.name} gave a gradient of shape {gx.shape} for an input of shape {data.shape}.")
        gx = fitted
    return gx if getattr(gx, "dtype", data.dtype) == data.dtype else astype(gx, dtype=data.dtype)


def backward(root: Node, gradient: Any = None) -> None:
    """What `root.backward(gradient)` does."""
    if not root.requires_grad:
        raise RuntimeError(
            f"backward() on {describe(root)}: it is a constant, made by detach() or under no_grad(), and has no history. "
            "Compute it outside no_grad(), from nodes that are not detached."
        )
    order, seed = history(root), root._seed(gradient)
    if _is_plain(order) and not observers:
        _pull_back_numbers(order, seed)
        return
    adopted: set[int] = set()  # the arrays that are some leaf's `.grad` by now, and so its user's
    for node, g in pull_back(order, {root: seed}):
        if type(g) is float:
            before = node._grad
            node._grad = before + g if before else g  # a sum's inputs then share one float: memory
        elif node.primitive is not None and node._grad is None and type(g) is ndarray:
            g.setflags(False)  # type: ignore[call-arg]  # a rule may pass it on as it is, and then two nodes share it
            node._grad = g
        else:
            node._receive(g.copy() if id(g) in adopted else g)
            if node.primitive is None:
                adopted.add(id(node._grad))


def _is_plain(order: list[Node]) -> bool:
    """Whether all are numbers, and `backward()` comes by for the first time, as it mostly does."""
    for node in order:
        if type(node._datum) is not float or node.inputs is None or (node.primitive and (node._grad or not node.primitive.elementwise)):
            return False
    return True


def _pull_back_numbers(order: list[Node], seed: float) -> None:
    """`pull_back` where `.grad` itself can hold what adds up; with that, networks of Values take half the time."""
    for node in order:
        if not node._grad:
            node._grad = None
    root = order[0]
    root._grad = seed if root._grad is None else root._grad + seed
    try:
        for node in order:
            primitive, g = node.primitive, node._grad
            if primitive is None or g is None:
                continue  # a leaf; or only a condition led here
            inputs: Any = node.inputs
            rules, out, static, added = primitive.vjp, node._datum, node.static, 0
            if type(rules) is tuple:
                try:
                    data = [x if type(x) is float else x._datum for x in inputs]
                    for rule, x in zip(rules, inputs, strict=True):
                        if rule is not None and isinstance(x, Node):
                            gx = rule(g, out, *data, **static)
                            before = x._grad
                            x._grad = gx if before is None else before + gx
                        added += 1
                    continue
                except Exception:
                    pass  # an int, 1/0, or a rule that does not fit: `_run_rules` meets it too, and knows what to do or to say
            gradients = _run_rules(node, primitive, g, on_floats=True, as_nodes=False)
            for x, gx in zip(inputs[added:], gradients[added:], strict=True):
                if gx is not None and isinstance(x, Node):
                    before = x._grad
                    x._grad = gx if before is None else before + gx
    finally:
        for node in order:
            if type(node._grad) is not float:
                node._grad = float(node._grad or 0.0)  # nothing came here; or a rule made a number of NumPy's
