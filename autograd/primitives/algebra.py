"""The rules of algebra by which compiled programs become shorter: what an entry's argument `simplify` may be.

Each is called with a node, whose inputs are simple already, and with its inputs and static arguments. It
returns a node, a number or an array that computes the same in fewer steps, or None if it does not apply.
What it returns is written in ordinary arithmetic, and simplified in turn.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core import Node, table

FEW = 5  # how many factors of a product are searched for a number


def _is_node(x: Any) -> bool:
    """Whether `x` is a node, and not a plain number."""
    return isinstance(x, Node)


def _by(name: str, x: Any) -> bool:
    """Whether `x` was computed by the entry with this name."""
    return isinstance(x, Node) and x.primitive is not None and x.primitive is table.get(name)


def _is_constant(x: Any) -> bool:
    """Whether `x` is an array that is the same at every call."""
    return isinstance(x, Node) and x.primitive is None and x.inputs is None


def _is_all(x: Any, number: float) -> bool:
    """Whether `x` is the constant `number`, or an array of nothing else."""
    while _by("broadcast_to", x):
        x = x.left
    if isinstance(x, Node):
        return _is_constant(x) and bool((x._datum == number).all())
    return bool(x == number)


def _fills(x: Any, y: Node) -> bool:
    """Whether `x` is a node of the same shape as `y`, so that it can take the place of `y`."""
    return isinstance(x, Node) and x.shape == y.shape


def _is_condition(x: Any) -> bool:
    return isinstance(x, Node) and x.primitive is not None and x._datum.dtype == bool


def _condition(x: Any) -> Any:
    """The condition, if `x` is 1.0 times a condition, which makes it the number 0.0 or 1.0; else `x` itself."""
    return x.right if _by("multiply", x) and not isinstance(x.left, Node) and x.left == 1.0 and _is_condition(x.right) else x


def _broadcast_shape(*xs: Any) -> tuple[int, ...]:
    return np.broadcast_shapes(*[x.shape for x in xs if isinstance(x, Node)])


def itself(y: Node, x: Any, **static: Any) -> Any:
    return x


def add(y: Node, a: Any, b: Any) -> Any:
    for x, other in ((a, b), (b, a)):
        if _is_all(other, 0.0) and _fills(x, y):
            return x
    if not _is_node(a) and not _is_node(b):
        return a + b
    if a is b:
        return 2.0 * a
    for x, other in ((a, b), (b, a)):
        if _by("negative", other):
            return x - other.left
        if _by("add", x) and _is_node(other) and (x.left is other or x.right is other):  # (a + b) + b is a + 2b
            return (x.right if x.left is other else x.left) + 2.0 * other
    return None


def subtract(y: Node, a: Any, b: Any) -> Any:
    if not _is_node(a) and not _is_node(b):
        return a - b
    if _by("negative", b):
        return a + b.left
    return a if _is_all(b, 0.0) and _fills(a, y) else None


def multiply(y: Node, a: Any, b: Any) -> Any:
    if not _is_node(a) and not _is_node(b):
        return a * b
    for x, other in ((a, b), (b, a)):
        if _is_all(other, 1.0) and _fills(x, y) and x._datum.dtype == y._datum.dtype:
            return x
        if _is_node(other) and other._datum.dtype == y._datum.dtype and _condition(x) is not x:
            return _condition(a) * b if x is a else a * _condition(b)
    if any(_is_condition(x) for x in (a, b)) and any(not _is_node(x) and x == 0 for x in (a, b)):
        return 0
    if _by("negative", a):  # -(a) * b is -(a * b)
        return a.left * b.left if _by("negative", b) else -(a.left * b)
    if _by("negative", b):
        return -(a * b.left)
    if a is b and _by("reshape", a):
        return table["reshape"](a.left * a.left, shape=y.shape)
    if not _is_node(b):
        return b * a  # a number stands in front
    if _is_node(a):
        return None
    if a == -1:
        return -b
    if _by("reshape", b) and b.shape == y.shape:
        return table["reshape"](a * b.left, shape=b.shape)
    if _by("multiply", b) and not _is_node(b.left):
        return (a * b.left) * b.right
    return None


def divide(y: Node, a: Any, b: Any) -> Any:
    return a if _is_all(b, 1.0) and _fills(a, y) else None


def negative(y: Node, x: Any) -> Any:
    if not _is_node(x):
        return -x
    if _by("negative", x):
        return x.left
    if _by("multiply", x) and _leads_with_number(x):  # -(0.1 * a * b) is -0.1 * a * b
        return -x.left * x.right
    return None


def _leads_with_number(x: Any) -> bool:
    """Whether a product of a few factors starts with a number."""
    for _ in range(FEW):
        if not _by("multiply", x):
            return not _is_node(x)
        x = x.left
    return False


def power(y: Node, x: Any, exponent: Any) -> Any:
    if _is_node(x) and not _is_node(exponent) and exponent in (1, 2):
        return x if exponent == 1 else x * x
    return None


def add_n(y: Node, *xs: Any) -> Any:
    return functools.reduce(operator.add, xs)


def dot_n(y: Node, *xs: Any) -> Any:
    n = len(xs) // 2
    return functools.reduce(operator.add, [*map(operator.mul, xs[:n], xs[n : 2 * n]), *xs[2 * n :]])


def max_n(y: Node, *xs: Any) -> Any:
    return functools.reduce(table["maximum"], xs)


def first_max_n(y: Node, *xs: Any) -> Any:
    return functools.reduce(lambda top, x: table["where"](table["greater"](x, top), x, top), xs)


def minimum(y: Node, x: Any, high: Any) -> Any:
    if _by("maximum", x) and not _is_node(x.right) and not _is_node(high):
        return table["clip"](x.left, x.right, high)
    return None


def where(y: Node, condition: Any, a: Any, b: Any) -> Any:
    where = table["where"]
    if _condition(condition) is not condition:
        return where(_condition(condition), a, b)
    if not _fills(condition, y):  # so that the branches may be numbers
        return None
    if _number_in(a) is not a or _number_in(b) is not b:
        return where(condition, _number_in(a), _number_in(b))
    if _chosen(a, condition) is not a:
        return where(condition, _chosen(a, condition), b)
    if any(_by(name, a) for name in ("multiply", "divide", "negative")) and a.shape == y.shape and _is_all(b, 0.0):
        factors = [_chosen(x, condition) for x in a.inputs]
        if any(x is not before for x, before in zip(factors, a.inputs, strict=True)) and _broadcast_shape(*factors) == y.shape:
            return where(condition, a.primitive(*factors), b)
    return None


def _number_in(x: Any) -> Any:
    """The number that a constant array is full of; anything else as it is."""
    if _is_constant(x) and x.size and (x._datum == x._datum.flat[0]).all():
        return x._datum.flat[0].item()
    return x


def _chosen(x: Any, condition: Any) -> Any:
    """What `x` is where the condition holds."""
    return x.inputs[1] if _by("where", x) and x.inputs[0] is condition else x


def not_equal(y: Node, x: Any, number: Any) -> Any:
    if _by("where", x) and not _is_node(number) and number == 0:
        condition, a, b = x.inputs  # where a condition holds, and nowhere else, is the condition
        if _fills(condition, y) and condition._datum.dtype == bool and not _is_node(a) and a != 0 and _is_all(b, 0.0):
            return condition
    return None


def astype(y: Node, x: Any, dtype: Any) -> Any:
    return x if _is_node(x) and x._datum.dtype == y._datum.dtype else None


def reshape(y: Node, x: Any, **static: Any) -> Any:
    shape = y.shape
    if not _is_node(x):
        return np.full(shape, x) if shape else x
    if _is_constant(x):
        return x._datum.reshape(shape)
    if x.shape == shape:
        return x
    reshape = table["reshape"]
    if _by("reshape", x):
        return reshape(x.left, shape=shape)
    if _by("multiply", x) and x.shape == ():  # [a * b[0]] is a * b, for b of one entry
        for a, b in ((x.left, x.right), (x.right, x.left)):
            if _by("reshape", b) and b.left.shape == shape:
                return a * b.left
    if _by("matmul", x) and len(shape) == 1 and _by("reshape", x.right) and x.right.left.shape == (x.right.shape[0],):
        return x.left @ x.right.left
    if _by("sum", x) and x.static.get("keepdims") and _without(x.left.shape, x.static["axis"]) == shape:
        return table["sum"](x.left, axis=x.static["axis"], keepdims=False)
    return None


def as_reshape(y: Node, x: Any, **static: Any) -> Any:
    return table["reshape"](x, shape=y.shape)


def getitem(y: Node, x: Any, index: Any) -> Any:
    if not _by("getitem", x):
        return None
    outer = x.static["index"]
    if type(outer) is not slice or outer.step is not None or (outer.start or 0) < 0:
        return None
    first = outer.start or 0
    if type(index) is int and index >= 0:  # an entry of a part
        return table["getitem"](x.left, index=first + index)
    if type(index) is slice and index.step is None and (index.start or 0) >= 0 and (index.stop is None or index.stop >= 0):
        start, stop, _ = index.indices(len(x))
        return table["getitem"](x.left, index=slice(first + start, first + stop))
    return None


def broadcast_to(y: Node, x: Any, shape: Any) -> Any:
    if not _is_node(x):
        return None
    if x.shape == y.shape:
        return x
    inner: Any = x.inputs[0] if x.inputs else None
    if _by("broadcast_to", x) or (
        _by("reshape", x) and _is_node(inner) and (1,) * (len(y.shape) - len(inner.shape)) + inner.shape == x.shape
    ):
        return table["broadcast_to"](inner, shape=y.shape)
    return None


def transpose(y: Node, x: Any, axes: Any = None) -> Any:
    rank = len(y.shape)
    unmoved, reversed_axes = tuple(range(rank)), tuple(range(rank))[::-1]
    order = reversed_axes if axes is None else tuple(a % rank for a in axes)
    if order == unmoved:
        return x
    if _by("transpose", x):
        inner = x.static.get("axes")
        inner = reversed_axes if inner is None else inner
        both = tuple(int(inner[a]) % rank for a in order)
        if both == unmoved:
            return x.left
        if rank > 2:
            return table["transpose"](x.left, axes=both)
    if _by("matmul", x) and rank == 2 and (_by("transpose", x.left) or _by("transpose", x.right)):
        return x.right.T @ x.left.T
    return None


def linear(y: Node, x: Any, weight: Any, bias: Any) -> Any:
    if len(y.shape) != 2:
        return None
    product = x @ weight.T
    return product if _is_all(bias, 0.0) else product + bias


def sum_(y: Node, x: Any, axis: Any = None, **static: Any) -> Any:
    if not _is_node(x):
        return None
    rank = len(x.shape)
    axes = range(rank) if axis is None else [int(a) % rank for a in np.atleast_1d(axis)]
    if math.prod(x.shape[a] for a in axes) == 1 and x.shape:
        return table["reshape"](x, shape=y.shape)
    if x.shape == ():
        return x
    if _by("transpose", x) and not static.get("keepdims") and rank - len(axes) < 2:  # no axes are left to be transposed
        before = x.static.get("axes") or range(rank)[::-1]
        return table["sum"](x.left, axis=tuple(sorted(before[a] % rank for a in axes)), **static)
    plain = None if len(axes) == rank else axes[0] if len(axes) == 1 else tuple(axes)
    return None if axis == plain else table["sum"](x, axis=plain, **static)


def _without(shape: Sequence[int], axis: Any) -> tuple[int, ...]:
    axes = range(len(shape)) if axis is None else [a % len(shape) for a in np.atleast_1d(axis)]
    return tuple(n for i, n in enumerate(shape) if i not in axes)
