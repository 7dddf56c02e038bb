"""Branches that were not taken: a step of the backward pass that keeps their gradient at exactly 0.

A 0 in a gradient can be a computed number, or it can belong to a branch that was not taken:
`where(x > 0, sqrt(x), 0.0)` does not take the square root at x = -1. The chain rule multiplies both
kinds by the derivatives of earlier operations, and where such a derivative is infinite, 0 · inf is nan. For a
computed 0 that is the correct answer. For a branch that was not taken it is wrong: the result does
not depend on that branch, so the derivative is 0.

For single numbers, a rule returns `NOTHING` and the backward pass stops there. In an array, some entries
are taken and some are not, so `careful_step` keeps a mask with each gradient, of the entries that are
`kept`. This is slower; `backward.py` uses it only if the usual step could give a wrong nan.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

import numpy as np

from .core import Gradient, Node, Primitive, Step, table
from .halves import in_single
from .layout import NOTHING
from .modes import mode
from .primitives.arithmetic import not_equal
from .primitives.choices import where
from .primitives.reductions import unbroadcast
from .rules import check_given, fit, operands, run_rules

__all__ = ["careful_step", "is_steep", "is_steep_here", "may_meet", "spoiled", "to_watch"]

# Where logarithms, roots, quotients, arcs and exponentials have no finite derivative.
STEEP_AT: Final = (0.0, -1.0, 1e4)
primitive_of: Final = attrgetter("primitive")
harmless: Final[set[Primitive | None]] = {None}  # primitives that `may_meet` need not consider again
_steep: Final[dict[Primitive, bool]] = {}  # the results of `is_steep`


def may_meet(order: Sequence[Node]) -> bool:
    """Whether in this graph a branch that was not taken may meet a derivative that is not finite.

    A `where` or an index is often written to avoid such a derivative, so it always counts. A `relu` is not, so
    it counts only if the graph also has a primitive like `sqrt`. Ordinary networks use the usual step.
    """
    if mode.tracing is not None:
        return any(to_watch(order, order[-1:]))
    used = set(map(primitive_of, order))
    new = [primitive for primitive in used - harmless if primitive is not None]
    if all(primitive.masks in (None, "kink") and not is_steep(primitive) for primitive in new):
        harmless.update([primitive for primitive in new if _is_in_table(primitive)])
        return False  # the usual case, found quickly
    masks = {primitive.masks for primitive in used if primitive is not None}
    return masks != {None} and (masks != {None, "kink"} or any(map(is_steep, new)))


def is_steep(primitive: Primitive) -> bool:
    """Whether the derivative of an elementwise primitive can be infinite or undefined at ordinary inputs.

    That of `sqrt` is infinite at 0.
    """
    if not primitive.elementwise or primitive.arity is None:
        return False
    if primitive not in _steep:
        static = primitive.cases[0].static if primitive.cases else {}
        places = [[np.asarray(x)] * primitive.arity for x in STEEP_AT]
        _steep[primitive] = _is_steep_at(primitive, places, [True] * primitive.arity, static)
    return _steep[primitive]


def _is_steep_at(primitive: Primitive, places: Sequence[Sequence[Any]], wanted: Sequence[bool], static: Mapping[str, Any]) -> bool:
    """Whether the derivative with respect to one of the wanted inputs is infinite or undefined at one of `places`."""
    try:
        with np.errstate(all="ignore"):
            for inputs in places:
                out = primitive.compute_arrays(inputs, static)
                found = primitive.gradients(np.ones_like(out, dtype=float), out, inputs, wanted, static)
                if not all(gx is None or np.isfinite(gx).all() for gx in found):
                    return True
            return False
    except (TypeError, ValueError, IndexError):
        return True


def _is_in_table(primitive: Primitive) -> bool:
    """Whether the primitive is an entry of the table, and not a compiled program, which is a primitive too."""
    return table.get(primitive.name) is primitive


def to_watch(order: Sequence[Node], variables: Sequence[Node], results: Collection[Node] | None = None) -> tuple[list[int], bool]:
    """What a compiled program must check at each call, because of branches that were not taken.

    Such a branch may meet a derivative that is not finite; `may_meet` asks the same. A program is examined only
    once, and so more thoroughly. Only nodes below a mask count. A constant can show that a derivative is finite,
    as in x / 100. And most indices only pick a number.

    Returns:
        The positions of some variables: if such a branch makes any gradient nan, then the gradient of one of them is
        nan. And whether the data must be checked, since only inf or nan among them could do harm.
    """
    reached, masked = set(order if results is None else results), set()
    for node in order:
        passed = [x for x, rule in zip(node.inputs or (), _rules(node), strict=True) if rule is not None and isinstance(x, Node)]
        if node in reached:
            reached.update(passed)
            if node in masked or (node.primitive is not None and node.primitive.masks):
                masked.update(passed)
    chooses = any(
        node.primitive is not None and (node.primitive.masks == "choice" or _is_mask(node.static.get("index")))
        for node in reached
    )  # fmt: skip
    computed = [(node, node.primitive) for node in order if node.primitive is not None]
    steep = [node for node, primitive in computed if node in masked and is_steep_here(node)]
    everything = list(range(len(variables)))
    if not steep:
        return [], chooses
    if chooses:
        return everything, False
    # For each node, the variables whose gradients are nan if its own is.
    meet: dict[Node, set[int]] = {x: {i} for i, x in enumerate(variables)}
    for node, primitive in reversed(computed):
        if primitive.masks != "kink":
            meet[node] = set().union(*(meet.get(x, ()) for x in node.inputs or () if isinstance(x, Node)))
    common = set(everything).intersection(*(meet.get(node, ()) for node in steep))
    return [min(common)] if common else everything, False


def _is_mask(index: object) -> bool:
    return any(getattr(part, "dtype", None) == np.bool_ for part in (index if isinstance(index, tuple) else (index,)))


def is_steep_here(node: Node) -> bool:
    """Whether the derivatives of a node, given the constants among its inputs, may be infinite or undefined."""
    primitive: Any = node.primitive
    inputs = node.inputs or ()
    if not primitive.elementwise:
        return any(isinstance(x, np.ndarray) and x.dtype.kind == "f" and not np.isfinite(x).all() for x in inputs)
    places = [_replaced(node, np.full_like, x)[1:] for x in STEEP_AT]
    return _is_steep_at(primitive, places, [isinstance(x, Node) for x in inputs], node.static)


def spoiled(gradients: Iterable[Any]) -> bool:
    """Whether inf or nan is in one of the gradients (or a number so large that its square is inf)."""
    total = 0.0
    for g in gradients:
        if g is not None:
            total += float(np.vdot(g, g))  # takes a fifth of the time of np.isfinite(g).all()
    return not math.isfinite(total)


def careful_step(as_nodes: bool = False) -> Step:
    """A `step` for one walk. Gradient entries of branches that were not taken stay 0, whatever they are multiplied by.

    If the rules run on nodes, these entries are set to 0 by a recorded `where`, so that the same is true of
    the second derivative. While a function is compiled, the masks are nodes as well.
    """
    # The masks of nodes that are yet to be visited; True if all entries are kept, False if none is.
    kept: dict[Node, Any] = {}

    def step(node: Node, inputs: Sequence[Any], g: Gradient) -> Sequence[Gradient | None]:
        gradients, arriving = _step(node, node.primitive, g, kept.pop(node, True), as_nodes)  # type: ignore[arg-type]
        gradients = list(gradients)
        for i, (x, gx, mask) in enumerate(zip(inputs, gradients, arriving, strict=True)):
            if gx is None or not isinstance(x, Node) or (gx is NOTHING and type(x._datum) is float):
                continue
            gradients[i] = fit(gx, x, node, as_nodes)
            kept[x] = _any(kept[x], mask) if x in kept else mask
        return gradients

    return step


def _step(node: Node, primitive: Primitive, g: Gradient, here: object, as_nodes: bool) -> tuple[Sequence[Gradient | None], Sequence[Any]]:
    """The gradients of a node's inputs, with 0 for branches that were not taken, and their masks."""
    inputs: Any = node.inputs
    on_floats = type(node._datum) is float and primitive.elementwise
    if here is False:  # the whole branch was not taken
        return [NOTHING if isinstance(x, Node) and not as_nodes else None for x in inputs], [False] * len(inputs)
    if on_floats and mode.tracing is None:
        gradients = run_rules(node, inputs, g, True, as_nodes)
        check_given(node, gradients)
        gradients = [gx if isinstance(x, Node) else None for x, gx in zip(inputs, gradients, strict=True)]
        return gradients, [gx is not NOTHING for gx in gradients]
    arriving = _arriving(node, primitive, here, on_floats)
    out, data = operands(node, on_floats, as_nodes)
    guarded = mode.tracing is None or _reads_numbers(node, primitive)
    if guarded and here is not True and not primitive.masks and not (primitive.elementwise and mode.tracing is not None):
        # Other entries are computed from harmless numbers, so that NumPy does not warn either.
        harmless = 1.0 if primitive.elementwise else 0.0
        if mode.tracing is None:
            out = _only(here if primitive.elementwise else here | np.isfinite(node._datum), out, harmless)
        data = [_only(_folded(mask, np.shape(x)), x, harmless) if mask is not None else x for x, mask in zip(data, arriving, strict=True)]
    if primitive.sums and not as_nodes:
        g, out, *data = map(in_single, (g, out, *data))
    gradients = run_rules(node, inputs, g, on_floats, as_nodes, (out, data))
    check_given(node, gradients)
    if as_nodes:
        gradients = [None if mask is False else gx for gx, mask in zip(gradients, arriving, strict=True)]
    if guarded:
        gradients = [gx if gx is None else _only(mask, gx, 0.0) for gx, mask in zip(gradients, arriving, strict=True)]
    return gradients, [_folded(mask, np.shape(x._datum)) if isinstance(x, Node) else mask for x, mask in zip(inputs, arriving, strict=True)]


def _arriving(node: Node, primitive: Primitive, here: object, on_floats: bool) -> list[Any]:
    """The mask of each input's gradient: the entries that depend on a kept entry of the node's gradient.

    It is None for an input without a gradient.

    The rules themselves tell: they are called with a gradient that is 1 where entries are kept and 0
    elsewhere, and an entry of what they return counts as kept if it is not 0. The inputs are replaced by random
    numbers, so that no entry is 0 by chance, unless the inputs decide where the gradient goes, as in `max`.
    """
    inputs: Any = node.inputs
    if not primitive.masks:
        if here is True or primitive.elementwise:
            return [here] * len(inputs)
        if not _is_in_table(primitive):
            return [True] * len(inputs)
    marks = 1.0 if on_floats else np.ones(node.shape)
    if here is not True:
        marks = where(here, marks, 0.0)
    out, data = operands(node, on_floats, as_nodes=mode.tracing is not None and primitive.masks is not None)
    with np.errstate(all="ignore"):
        if not primitive.masks:
            out, *data = _replaced(node, np.random.default_rng(0).uniform, 0.5, 1.5)
        found = primitive.gradients(marks, out, data, [True] * len(inputs), node.static)
        return [None if mark is None else _simple(mark if isinstance(mark, Node) else mark != 0) for mark in found]


def _reads_numbers(node: Node, primitive: Primitive) -> bool:
    """Whether the gradients depend on the data of nodes, and so may be infinite or undefined. Those of a sum do not."""
    try:
        with np.errstate(all="ignore"):
            out, *data = _replaced(node, np.full_like, np.nan)
            wanted = [isinstance(x, Node) for x in node.inputs or ()]
            found = primitive.gradients(np.ones(node.shape), out, data, wanted, node.static)
            return any(gx is not None and bool(np.isnan(gx).any()) for gx in found)
    except (TypeError, ValueError, IndexError):
        return True


def _replaced(node: Node, make: Callable[..., Any], *args: Any) -> list[Any]:
    """The data of a node and of its inputs, with all numbers replaced by `make(…)`; conditions and indices stay."""
    replaced = [_other(node._datum, make, *args)]
    for x, rule in zip(node.inputs or (), _rules(node), strict=True):
        number = x._datum if isinstance(x, Node) else x
        keep = rule is None or (make is np.full_like and not isinstance(x, Node))
        replaced.append(np.asarray(number) if keep else _other(number, make, *args))
    return replaced


def _rules(node: Node) -> Sequence[Any]:
    """The rule, or None, for each input of a node."""
    rules = node.primitive.vjp if node.primitive is not None else ()
    return rules if isinstance(rules, tuple) else [rules] * len(node.inputs or ())


def _other(number: object, make: Callable[..., Any], *args: Any) -> Any:
    array = np.asarray(number)
    if array.dtype.kind != "f":
        return array  # a condition
    return np.full_like(array, *args) if make is np.full_like else make(*args, array.shape)


def _only(mask: Any, x: object, other: float) -> Any:
    """`x` where it is kept, `other` elsewhere."""
    if mask is True or (mask is not False and not isinstance(mask, Node) and not isinstance(x, (Node, np.ndarray))):
        return x
    if not isinstance(x, Node) and not isinstance(mask, Node):
        x = np.asarray(x)
        return np.where(mask, x, other) if x.dtype.kind == "f" else x
    return where(mask, x, other)


def _folded(mask: Any, shape: tuple[int, ...]) -> Any:
    """The mask for an array that was broadcast: an entry is kept if any of its copies is."""
    if mask is None or isinstance(mask, bool) or mask.shape == shape or mask.ndim < len(shape):
        return mask
    return _simple(unbroadcast(where(mask, 1.0, 0.0), shape) if isinstance(mask, Node) else unbroadcast(mask * 1.0, shape) != 0)


def _any(a: object, b: Any) -> Any:
    """The union of two masks."""
    if a is True or b is True or a is False or b is False:
        return b if a is False else a if b is False else True
    if isinstance(a, Node) or isinstance(b, Node):
        return _simple(where(a, 1.0, 0.0) + where(b, 1.0, 0.0))
    return _simple(a | b)


def _simple(mask: Any) -> Any:
    if isinstance(mask, Node):
        return not_equal(mask, 0.0)
    return True if np.all(mask) else np.asarray(mask) if np.any(mask) else False
