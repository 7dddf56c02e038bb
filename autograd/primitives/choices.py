"""The table of derivatives: choices between numbers, by a condition, by their size, or by an index.

Only what is chosen gets a gradient. Where inputs tie, the derivative is not defined. It then has the same value as in
PyTorch: half of the gradient for each input of `maximum` and `minimum`, 1 for `clip` at its limits.
"""

from __future__ import annotations

import functools
from typing import Any, Final

import numpy as np

from ..core import Case, Node, Primitive
from ..layout import NOTHING
from ..modes import mode
from . import algebra

where: Primitive = Primitive(
    "where", symbol="where", latex=r"\begin{cases} #2 & \text{if } #1 \\ #3 & \text{else} \end{cases}", masks="choice",
    scalar=lambda condition, a, b: a if condition else b, array=np.where,
    simplify=algebra.where,
    vjp=(None,
         lambda g, y, condition, a, b: either(condition, g, NOTHING),
         lambda g, y, condition, a, b: either(condition, NOTHING, g)),
    doc="""`a` where the condition holds, else `b`, elementwise. Only the chosen one gets a gradient.

    The other gets exactly 0, even where its derivative is infinite or undefined: the gradient of
    where(x > 0, sqrt(x), 0.0) at 0 is 0. PyTorch and JAX compute 0 · inf there, which is nan. The same
    holds for all that chooses: a mask or another index, `maximum`, `clip`, `max`, `relu`; also in second
    derivatives and in compiled functions. It does not hold for a gradient that is 0 by
    multiplication: sqrt(x)**2 has the gradient nan at 0.

    >>> float(where(True, 1.0, 2.0))
    1.0
    """,
)  # fmt: skip


TRUTHS: Final = frozenset({bool, float, int, np.bool_})  # the types of a single condition


def either(condition: Any, a: Any, b: Any) -> Any:
    """`where`, for use in rules; faster if there is a single condition, or if arrays are large."""
    if type(condition) is not np.ndarray:
        if type(condition) in TRUTHS:
            return a if condition else b
        if isinstance(condition, Node) and type(condition._datum) is float and mode.tracing is None:
            return a if condition else b
    if a is NOTHING:
        a = 0.0
    if b is NOTHING:
        b = 0.0
    if type(condition) is not np.ndarray or isinstance(a, Node) or isinstance(b, Node):
        return where(condition, a, b)
    if condition.size > 10_000 and type(b) is float and b == 0.0 and np.shape(a) == condition.shape:
        # A product has no branches for the processor to predict, and takes a tenth of the time; but inf * 0 is nan.
        # It is computed in a copy of the condition, and so has its axes in the same order in memory. If `a` repeats one
        # number, as the gradient of a mean does, NumPy would choose another order, with which the steps that follow
        # take longer: batch normalisation twice as long. And to convert the condition first takes three quarters of
        # the time of a product of two types.
        kept = condition.astype(a.dtype)
        with np.errstate(invalid="ignore"):
            kept *= a
        if not np.isnan(np.min(kept)):
            return kept
    return np.where(condition, a, b)


# As in NumPy, the result is nan if one of the two is. (The result of Python's `max` then depends on the order.)


def _larger(a: float, b: float) -> float:
    return a if a >= b or a != a else b


def _smaller(a: float, b: float) -> float:
    return a if a <= b or a != a else b


def _chosen(g: Any, y: Any, x: Any, other: Any) -> Any:
    """The gradient of `x`, where `y` is the larger (or the smaller) of `x` and `other`, and `g` the gradient of `y`."""
    return either(x == y, either(x == other, 0.5 * g, g), NOTHING)


maximum = Primitive(
    "maximum", symbol="max", latex=r"\max(#1, #2)", masks="choice", logic="|",
    scalar=_larger, array=np.maximum,
    onnx="Max",
    vjp=(lambda g, y, a, b: _chosen(g, y, a, b),
         lambda g, y, a, b: _chosen(g, y, b, a)),
    doc="""The larger of two numbers, elementwise; where they tie, each gets half the gradient.

    >>> float(maximum(1.0, 2.0))
    2.0
    """,
)  # fmt: skip
minimum = Primitive(
    "minimum", symbol="min", latex=r"\min(#1, #2)", masks="choice",
    scalar=_smaller, array=np.minimum,
    simplify=algebra.minimum,
    onnx="Min",
    vjp=(lambda g, y, a, b: _chosen(g, y, a, b),
         lambda g, y, a, b: _chosen(g, y, b, a)),
    doc="""The smaller of two numbers, elementwise; where they tie, each gets half the gradient.

    >>> float(minimum(1.0, 2.0))
    1.0
    """,
)  # fmt: skip


def _clip_array(x: Any, low: Any, high: Any) -> Any:
    # Not np.clip, which treats Python floats as float64.
    return np.minimum(np.maximum(x, low, dtype=np.result_type(x, low, high)), high)


clip = Primitive(
    "clip", symbol="clip", latex=r"\operatorname{clip}(#1, #2, #3)", masks="choice",
    scalar=lambda x, low, high: _smaller(_larger(x, low), high), array=_clip_array,
    numpy="np.clip({0}, {1}, {2})",
    onnx=lambda x, low, high: minimum(maximum(x, low), high),
    vjp=(lambda g, y, x, low, high: either((x >= low) & (x <= high), g, NOTHING),
         lambda g, y, x, low, high: either((x < low) & (low < high), g, NOTHING),
         lambda g, y, x, low, high: either((x > high) | (low > high), g, NOTHING)),
    doc="""`x` held between `low` and `high`, elementwise; it is `high` where `low` is larger.

    >>> float(clip(5.0, -1.0, 1.0))
    1.0
    """,
)  # fmt: skip


def _max_n_gradients(g: Any, y: Any, *xs: Any) -> list[Any]:
    wins = [x == y for x in xs]
    share = g / sum(wins)
    return [either(x < y, NOTHING, share * win) for x, win in zip(xs, wins, strict=True)]


def _max_n_array(*xs: Any) -> Any:
    return np.asarray(functools.reduce(np.maximum, xs), dtype=np.result_type(*xs))


max_n = Primitive(
    "max_n", symbol="max", latex=lambda *xs: rf"\max({', '.join(xs)})", masks="choice",
    scalar=lambda *xs: max(xs, key=lambda x: (x != x, x)), array=_max_n_array,
    composition=lambda y, *xs: functools.reduce(maximum, xs),
    simplify=algebra.max_n,
    onnx="Max",
    vjp=_max_n_gradients,
    cases=(Case((), ()), Case((3,), (3,), (3,))),
    doc="""The largest of any number of inputs, as one node; inputs that tie share the gradient.

    >>> float(max_n(1.0, 3.0, 2.0))
    3.0
    """,
)  # fmt: skip


def _first_max_array(*xs: Any) -> Any:
    return np.asarray(functools.reduce(lambda top, x: np.where(x > top, x, top), xs), dtype=np.result_type(*xs))


def _first_max_gradients(g: Any, y: Any, *xs: Any) -> list[Any]:
    gradients, free = [], 1.0  # as long as none has been met that is the largest
    for x in xs:
        wins = (x == y) * free
        gradients.append(either(wins, g, NOTHING))
        free = free - wins
    return gradients


first_max_n = Primitive(
    "first_max_n", symbol="max", latex=lambda *xs: rf"\max({', '.join(xs)})", masks="choice",
    scalar=lambda *xs: max(xs), array=_first_max_array,
    composition=lambda y, *xs: functools.reduce(maximum, xs),
    simplify=algebra.first_max_n,
    onnx="Max",
    vjp=_first_max_gradients,
    cases=(Case((), ()), Case((3,), (3,), (3,))),
    doc="""The largest of any number of inputs, as one node. Of inputs that tie, the first gets the gradient.

    Python's `max` returns the first one, too.

    >>> float(first_max_n(1.0, 3.0, 2.0))
    3.0
    """,
)  # fmt: skip


def _select_array(index: Any, *xs: Any) -> Any:
    index, *candidates = np.broadcast_arrays(index, *xs)
    return np.take_along_axis(np.stack(candidates, dtype=np.result_type(*xs)), index.astype(int)[None], axis=0)[0]


def _select_by_choices(index: Any, *xs: Any) -> Any:
    return functools.reduce(lambda y, k: where((index == k) | (index == k - len(xs)), xs[k], y), range(len(xs)), xs[0])


select = Primitive(
    "select", symbol="take", latex=lambda index, *xs: rf"\left({', '.join(xs)}\right)_{{{index}}}", masks="place",
    scalar=lambda index, *xs: xs[int(index)], array=_select_array,
    composition=lambda y, *xs: _select_by_choices(*xs),
    onnx=_select_by_choices,
    vjp=lambda g, y, index, *xs: [None, *(either((index == k) + (index == k - len(xs)), g, NOTHING) for k in range(len(xs)))],
    cases=(Case((), (), ()), Case((3,), (3,), (3,))),
    doc="""One of the inputs, chosen by its number, which counts from 0 and gets no gradient.

    >>> float(select(1, 10.0, 20.0))
    20.0
    """,
)  # fmt: skip
