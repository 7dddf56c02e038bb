"""One step of a backward pass: calling the rules of one node, and checking what they return.

`step` takes a node and its gradient, calls the rules (`vjp`) of its primitive, and returns the gradients of
its inputs, each with the shape and the precision of its input. A wrong rule gives an error that
says what is wrong. `branches.py` has a slower step, for branches that were not taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .core import Gradient, Node, Primitive
from .errors import describe
from .halves import HALF, in_single
from .layout import NO_STATIC, NOTHING, NUMBERS, ndarray
from .primitives.arithmetic import astype
from .primitives.reductions import broadcast_to, unbroadcast
from .primitives.shapes import reshape

__all__ = ["check_given", "fit", "given", "operands", "run_rules", "step", "step_among_nodes"]


def step(node: Node, inputs: Sequence[Any], g: Gradient) -> Sequence[Gradient | None]:
    """The gradients of the inputs of `node`, whose complete gradient is `g`; None for an input that gets none.

    This is a fast path for an array and one rule for each input. All other cases go to `step_in_general`. Without
    the fast path, one training step of a small network of Tensors (the moons of `scripts/benchmark.py`) would take
    30 µs longer, of about 110.
    """
    primitive: Any = node.primitive
    rules, out = primitive.vjp, node._datum
    if type(out) is not ndarray or type(rules) is not tuple:
        return step_in_general(node, inputs, g)
    data: list[Any] = []
    for x in inputs:
        data.append(x._datum if isinstance(x, Node) else x)
    if not primitive.elementwise:
        if not NUMBERS.isdisjoint(map(type, data)):
            data = [np.asarray(x) if type(x) in NUMBERS else x for x in data]
        if primitive.sums and out.dtype is HALF:
            return step_in_general(node, inputs, g)
    aside = node._aside
    static = NO_STATIC if aside is None else aside[1]
    gradients: list[Gradient | None] = []
    try:
        for rule, x in zip(rules, inputs, strict=True):
            if rule is None or not isinstance(x, Node):
                gradients.append(None)
                continue
            gx = rule(g, out, *data, **static) if static else rule(g, out, *data)
            datum = x._datum
            if type(gx) is not ndarray or type(datum) is float or gx.shape != datum.shape or gx.dtype is not datum.dtype:
                gx = fit(given(gx, primitive), x, node, False)
            gradients.append(gx)
        return gradients
    except (ArithmeticError, TypeError, ValueError):
        return step_in_general(node, inputs, g)  # the same error occurs there, and is handled or reported


def step_in_general(node: Node, inputs: Sequence[Any], g: Gradient, as_nodes: bool = False) -> Sequence[Gradient | None]:
    """`step` for all cases; if `as_nodes`, the rules are called with nodes."""
    on_floats = type(node._datum) is float and node.primitive.elementwise  # type: ignore[union-attr]
    gradients = run_rules(node, inputs, g, on_floats, as_nodes)
    for i, x in enumerate(inputs):
        gx = gradients[i]
        if gx is None:
            if isinstance(x, Node):
                check_given(node, gradients)
        elif on_floats:
            if type(gx) is not float and gx is not NOTHING and isinstance(x, Node) and not (as_nodes and isinstance(gx, Node)):
                gradients[i] = fit(gx, x, node, as_nodes)
        else:
            data = x._datum
            if type(gx) is not ndarray or type(data) is float or gx.shape != data.shape or gx.dtype != data.dtype:
                gradients[i] = fit(gx, x, node, as_nodes)
    return gradients


def step_among_nodes(node: Node, inputs: Sequence[Any], g: Gradient) -> Sequence[Gradient | None]:
    """`step` that computes with nodes instead of their data, so that the gradients can be differentiated again."""
    return step_in_general(node, inputs, g, as_nodes=True)


def operands(node: Node, on_floats: bool, as_nodes: bool) -> tuple[Gradient, Sequence[Any]]:
    """The arguments of a node's rules after the gradient: the result and the inputs.

    They are data or, if `as_nodes`, nodes.
    """
    inputs: Any = node.inputs
    if as_nodes:
        out: Any = node
        data = inputs
        if not on_floats:  # rules for arrays must get arrays
            data = [reshape(x, shape=()) if isinstance(x, Node) and type(x._datum) is float else x for x in inputs]
    else:
        out = node._datum
        data = [x._datum if isinstance(x, Node) else x for x in inputs]
    return out, data if node.primitive.elementwise else _arrays(data)  # type: ignore[union-attr]


def _arrays(data: Sequence[Any]) -> Sequence[Any]:
    """`data` with plain numbers as arrays, for primitives that are not elementwise."""
    return [np.asarray(x) if type(x) in NUMBERS else x for x in data]


def run_rules(
    node: Node, inputs: Sequence[Any], g: Any, on_floats: bool, as_nodes: bool = False, others: tuple[Any, Sequence[Any]] | None = None
) -> list[Any]:
    """The gradients that the rules of a node return, unchecked; None for an input that gets none.

    `others`, if given, replace the `operands` of the node.
    """
    primitive: Any = node.primitive
    if others is not None or as_nodes:
        out, data = others or operands(node, on_floats, as_nodes)
    else:  # the same as `operands`, written out because it is faster
        out = node._datum
        try:
            data = [x if type(x) is float else x._datum for x in inputs]
        except AttributeError:
            data = [x._datum if isinstance(x, Node) else x for x in inputs]
        if not primitive.elementwise:
            if not NUMBERS.isdisjoint(map(type, data)):
                data = _arrays(data)
            if primitive.sums and out.dtype is HALF:
                g, out, *data = map(in_single, (g, out, *data))
    rules, static = primitive.vjp, NO_STATIC if node._aside is None else node._aside[1]
    try:
        if type(rules) is tuple:
            return [
                None if rule is None or not isinstance(x, Node) else rule(g, out, *data, **static) if static else rule(g, out, *data)
                for rule, x in zip(rules, inputs, strict=True)
            ]
        gradients: Sequence[Any] = rules(g, out, *data, **static)
        if type(gradients) is not list or len(gradients) != len(inputs):
            _check_count(primitive, given(gradients, primitive), inputs)
        return list(gradients) if on_floats else [gx if isinstance(x, Node) else None for x, gx in zip(inputs, gradients, strict=True)]
    except (ZeroDivisionError, OverflowError):
        return _ieee_gradients(node, g, out, data)
    except (TypeError, ValueError):
        if type(rules) is tuple:
            _check_count(primitive, rules, inputs)
        raise


def _ieee_gradients(node: Node, g: Gradient, out: Gradient, data: Sequence[Any]) -> list[Gradient | None]:
    """The gradients where Python's floats raise an error (1/0, overflow): inf or nan, as in NumPy."""
    wanted = [isinstance(x, Node) for x in node.inputs or ()]
    with np.errstate(all="ignore"):
        g, out, *inputs = [x if isinstance(x, Node) else np.float64(x) for x in (g, out, *data)]
        gradients = node.primitive.gradients(g, out, inputs, wanted, node.static)  # type: ignore[union-attr]
    return [gx if gx is None or gx is NOTHING or isinstance(gx, Node) else float(gx) for gx in gradients]


def fit(gx: Any, x: Node, node: Node, as_nodes: bool) -> Gradient:
    """`gx`, the gradient that a rule of `node` returned for its input `x`, with the shape and the precision of `x`.

    If `x` was broadcast in the forward pass, its gradient is summed over the broadcast axes.

    Raises:
        TypeError: `gx` is not made of real numbers.
        ValueError: `gx` has a shape that does not fit.
    """
    returned = gx
    if not isinstance(gx, (np.ndarray, Node)):
        gx = _array_of(gx)
    is_wrong = not as_nodes if isinstance(gx, Node) else gx.dtype.kind not in "fiub"
    if is_wrong:
        raise TypeError(
            f"The vjp of {_name(node)} gave {returned!r:.60} as the gradient of {describe(x)}; it must be made of real numbers."
        )
    data = x._datum
    shape = np.shape(data)
    if gx.shape != shape:
        before = gx.shape
        if gx.ndim < len(shape):  # a rule may return one number for all entries, such as 0.0
            gx = broadcast_to(gx, shape=shape)
        elif before == node.shape or not node.primitive.elementwise:  # type: ignore[union-attr]
            gx = unbroadcast(gx, shape)
        if gx.shape != shape:
            raise ValueError(f"The vjp of {_name(node)} gave a gradient of shape {before} for an input of shape {shape}.")
    if type(data) is float:
        if returned is NOTHING:
            return NOTHING
        return gx if isinstance(gx, Node) else float(gx)
    # An array of whole numbers gets a float64 gradient.
    dtype = data.dtype if data.dtype.kind == "f" else np.dtype(float)
    return gx if getattr(gx, "dtype", dtype) == dtype else astype(gx, dtype=dtype)


def _array_of(gradient: object) -> NDArray[Any]:
    """`gradient`, which a rule returned, as an array; an array of objects if it is not made of numbers."""
    if isinstance(gradient, (int, float, np.number, np.bool_, list, tuple)):
        try:
            return np.asarray(gradient)
        except (ValueError, TypeError):
            pass  # rows of different lengths; nodes in a list
    box = np.empty((), dtype=object)
    box[()] = gradient
    return box


def check_given(node: Node, gradients: Sequence[Any]) -> None:
    """Raise an error if a rule returned None."""
    primitive: Any = node.primitive
    if type(primitive.vjp) is tuple:
        for rule, x, gx in zip(primitive.vjp, node.inputs or (), gradients, strict=True):
            if rule is not None and isinstance(x, Node):
                given(gx, primitive)


def given(gradient: object, primitive: Primitive) -> Any:
    """`gradient`, which a rule returned; an error if it is None."""
    if gradient is None:
        raise TypeError(
            f"A rule in the vjp of {primitive.name} returned None; does it lack a `return`? It must return {_wanted_of(primitive)}. "
            "An input without a derivative has None in place of its rule."
        )
    return gradient


def _check_count(primitive: Primitive, gradients: object, inputs: Sequence[Any]) -> None:
    if not isinstance(gradients, Sequence) or isinstance(gradients, str):
        raise TypeError(f"The vjp of {primitive.name} returned {gradients!r:.60}; it must return {_wanted_of(primitive)}.")
    if len(gradients) != len(inputs):
        raise TypeError(
            f"The vjp of {primitive.name} gives {_counted(len(gradients), 'gradient')}, and it was called with "
            f"{_counted(len(inputs), 'input')}; its entry in the table must give one for each."
        )


def _wanted_of(primitive: Primitive) -> str:
    return "the gradient of its input" if type(primitive.vjp) is tuple else "a list with the gradient of each input"


def _counted(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _name(node: Node) -> str:
    return node.primitive.name  # type: ignore[union-attr]
