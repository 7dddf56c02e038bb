"""Simplifying: a graph of Tensors becomes a smaller one of expressions that says the same.

Rules of algebra are applied as each expression is made, so that they meet arguments that are
already simple; equal expressions are made once. What nobody reads is never made.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..core import Node
from ..primitives import table
from ..tensor import Tensor

__all__ = ["Expression", "Simplifier"]

COMPARISONS = ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")
ARITHMETIC = ("add", "subtract", "multiply", "divide", "power", "negative")
FEW = 5
BUILT_IN = frozenset(table)


class Expression:
    """One array operation of a program.

    Attributes:
        op: the primitive's name; "input" and "constant" for the leaves.
        args: expressions, and plain numbers.
        static: the primitive's other arguments.
        primitive: the primitive itself; None for a leaf.
        scope: the part of the network that it belongs to, or None.
        data: a constant's array; an input's name.
    """

    __slots__ = ("args", "data", "dtype", "op", "primitive", "scope", "shape", "static")

    primitive: Any
    scope: str | None
    data: Any

    def __init__(self, op: str, args: tuple[Any, ...], static: dict[str, Any], shape: tuple[int, ...], dtype: Any, **more: Any) -> None:
        self.op, self.args, self.static, self.shape, self.dtype = op, args, static, shape, dtype
        self.primitive, self.scope, self.data = more.get("primitive"), more.get("scope"), more.get("data")


class Simplifier:
    """Makes expressions, each distinct one once.

    Args:
        leaves: what the program is given at each call.
    """

    def __init__(self, leaves: Sequence[Tensor]) -> None:
        self.made: dict[Any, Expression] = {}
        self._constants: list[Any] = []
        self._of: dict[Node, Any] = {x: Expression("input", (), {}, x.shape, x.dtype, data=x.label or "x") for x in leaves}

    def read(self, order: Iterable[Node]) -> None:
        """Make the expressions of all nodes of a graph, given oldest first."""
        for node in order:
            if node in self._of:
                continue
            if node.primitive is None:
                self._of[node] = self.constant(node._datum)
                continue
            args = tuple(self.of(x) for x in node.inputs or ())
            name = node.primitive.name
            self._of[node] = self.make(
                name if name in BUILT_IN else f"{name} of the user's", args, dict(node.static), node.shape, node._datum.dtype,
                primitive=node.primitive, scope=node.scope.name if node.scope else None,
            )  # fmt: skip

    def of(self, x: Any) -> Any:
        """The expression for a node that was read, or for a constant; a number stays a number."""
        if isinstance(x, Node):
            return self._of[x]
        return self.constant(x) if isinstance(x, np.ndarray) else x.item() if isinstance(x, np.generic) else x

    def constant(self, array: Any) -> Any:
        """A constant array; a number, if it has no axes."""
        if array.ndim == 0:
            return array.item()
        self._constants.append(array)  # so that its id stays its own
        return self._once(("constant", id(array)), Expression("constant", (), {}, array.shape, array.dtype, data=array))

    def _once(self, key: Any, expression: Expression) -> Expression:
        return self.made.setdefault(key, expression)

    def make(self, op: str, args: tuple[Any, ...], static: dict[str, Any], shape: tuple[int, ...], dtype: Any, **more: Any) -> Any:
        """An expression, simplified."""
        if op in ARITHMETIC:
            types = [arg.dtype for arg in args if isinstance(arg, Expression)]
            if types and all(t.kind == "f" for t in types):
                dtype = np.result_type(*types)  # a plain number does not change it
        rule = getattr(self, f"_{op}", None)
        if rule is not None:
            simpler = rule(args, static, shape, dtype, more)
            if simpler is not None:
                return simpler
        primitive = more.get("primitive")
        if primitive is not None and primitive.elementwise:
            args = tuple(self._unspread(arg, i, args, shape) for i, arg in enumerate(args))
            inner = [_unbroadcast(arg) for arg in args]
            smaller = np.broadcast_shapes(*[x.shape for x in inner if isinstance(x, Expression)])
            if smaller != shape:  # all were repeated: compute once, then repeat
                once = self.make(op, tuple(inner), static, smaller, dtype, **more)
                return self.make("broadcast_to", (once,), {"shape": shape}, shape, dtype, **_like("broadcast_to", more))
        key = (op, *(arg if isinstance(arg, Expression) else ("number", repr(arg)) for arg in args), _hashable(static))
        return self._once(key, Expression(op, args, static, shape, dtype, **more))

    @staticmethod
    def _unspread(arg: Any, place: int, args: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
        """An argument without a broadcast that the operation does by itself."""
        if not isinstance(arg, Expression) or arg.op != "broadcast_to":
            return arg
        inner = arg.args[0]
        others = [other.shape if isinstance(other, Expression) else () for i, other in enumerate(args) if i != place]
        inner_shape = inner.shape if isinstance(inner, Expression) else ()
        return inner if np.broadcast_shapes(inner_shape, *others) == shape else arg

    # One rule for each operation, named after it. Each returns a simpler expression, or None.

    def _identity(self, args: Any, static: Any, shape: Any, dtype: Any, more: Any) -> Any:
        return args[0]

    _stop_gradient = _identity

    def _same(self, x: Any, shape: Any) -> bool:
        return isinstance(x, Expression) and x.shape == shape

    def _add(self, args: Any, static: Any, shape: Any, dtype: Any, more: Any) -> Any:
        for x, y in (args, args[::-1]):
            if _is_all(y, 0.0) and self._same(x, shape):
                return x
        left, right = args
        if not isinstance(left, Expression) and not isinstance(right, Expression):
            return left + right
        if left is right:
            return self.make("multiply", (2.0, left), {}, shape, dtype, **_like("multiply", more))
        for x, y in (args, args[::-1]):
            if isinstance(y, Expression) and y.op == "negative":
                return self.make("subtract", (x, y.args[0]), {}, shape, dtype, **_like("subtract", more))
            if isinstance(x, Expression) and x.op == "add" and y in x.args:  # (a + b) + b is a + 2b
                other = x.args[1] if x.args[0] is y else x.args[0]
                twice = self.make("multiply", (2.0, y), {}, y.shape, dtype, **_like("multiply", more))
                return self.make("add", (other, twice), {}, shape, dtype, **more)
        return None

    def _add_n(self, args: Any, static: Any, shape: Any, dtype: Any, more: Any) -> Any:
        return self._chain("add", args, dtype, shape, more)

    def _max_n(self, args: Any, static: Any, shape: Any, dtype: Any, more: Any) -> Any:
        return self._chain("maximum", args, dtype, shape, more)

    def _dot_n(self, args: Any, static: Any, shape: Any, dtype: Any, more: Any) -> Any:
        n = len(args) // 2
        products = [self._chain("multiply", pair, dtype, shape, more) for pair in zip(args[:n], args[n : 2 * n], strict=True)]
        return self._chain("add", [*products, *args[2 * n :]], dtype, shape, more)

    def _chain(self, op: str, args: Any, dtype: Any, shape: Any, more: Any) -> Any:
        """`op` of two, then of that and a third, and so on."""
        x = args[0]
        for y in args[1:]:
            both = np.broadcast_shapes(*[z.shape for z in (x, y) if isinstance(z, Expression)])
            x = self.make(op, (x, y), {}, both, dtype, **_like(op, more))
        return x

    def _subtract(self, args: Any, static: Any, shape: Any, dtype: Any, more: Any) -> Any:
        left, right = args
        if not isinstance(left, Expression) and not isinstance(right, Expression):
            return left - right
        if isinstance(right, Expression) and right.op == "negative":
            return self.make("add", (left, right.args[0]), {}, shape, dtype, **_like("add", more))
        return left if _is_all(right, 0.0) and self._same(left, shape) else None

    def _multiply(self, args: Any, static: Any, shape: Any, dtype: Any, more: Any) -> Any:
        for x, y in (args, args[::-1]):
            if _is_all(y, 1.0) and self._same(x, shape) and x.dtype == dtype:
                return x
            if isinstance(y, Expression) and y.dtype == dtype and _truth(x) is not x:
                return self.make("multiply", tuple(_truth(z) if z is x else z for z in args), {}, shape, dtype, **more)
            if isinstance(x, Expression) and x.op == "negative" and isinstance(y, Expression) and y.op == "negative":
                return self.make("multiply", (x.args[0], y.args[0]), {}, shape, dtype, **more)
        if all(isinstance(x, (int, float)) for x in args):
            return args[0] * args[1]
        if any(isinstance(x, (int, float)) and x == 0 for x in args) and any(
            isinstance(x, Expression) and x.op in COMPARISONS for x in args
        ):
            return 0
        for x in args:  # -(a) * b is -(a * b)
            if isinstance(x, Expression) and x.op == "negative":
                product = self.make("multiply", tuple(z.args[0] if z is x else z for z in args), {}, shape, dtype, **more)
                return self.make("negative", (product,), {}, shape, dtype, **_like("negative", more))
        x, y = args
        if not isinstance(x, Expression) and x == -1:
            return self.make("negative", (y,), {}, shape, dtype, **_like("negative", more))
        if x is y and isinstance(x, Expression) and x.op == "reshape" and isinstance(x.args[0], Expression):
            inner = x.args[0]
            square = self.make("multiply", (inner, inner), {}, inner.shape, dtype, **more)
            return self.make("reshape", (square,), {"shape": shape}, shape, dtype, **_like("reshape", more))
        if isinstance(x, Expression) and isinstance(y, (int, float)):
            return self.make("multiply", (y, x), {}, shape, dtype, **more)
        if isinstance(x, (int, float)) and isinstance(y, Expression) and y.op == "reshape" and y.shape == shape:
            inner = y.args[0]
            return self.make(
                "reshape",
                (self.make("multiply", (x, inner), {}, inner.shape, dtype, **more),),
                y.static,
                shape,
                dtype,
                **_like("reshape", more),
            )
        if isinstance(x, (int, float)) and isinstance(y, Expression) and y.op == "multiply" and isinstance(y.args[0], (int, float)):
            return self.make("multiply", (x * y.args[0], y.args[1]), {}, shape, dtype, **more)
        return None

    def _where(self, args: Any, static: Any, shape: Any, dtype: Any, more: Any) -> Any:
        if _truth(args[0]) is not args[0]:
            return self.make("where", (_truth(args[0]), *args[1:]), {}, shape, dtype, **more)
        if self._same(args[0], shape):  # so that its branches may be numbers
            branches = tuple(map(_number_or, args[1:]))
            if branches != args[1:]:
                return self.make("where", (args[0], *branches), {}, shape, dtype, **more)
            x = args[1]
            if self._chosen(x, args[0]) is not x:
                return self.make("where", (args[0], self._chosen(x, args[0]), args[2]), {}, shape, dtype, **more)
            if isinstance(x, Expression) and x.op in ("multiply", "divide", "negative") and x.shape == shape and _is_all(args[2], 0.0):
                factors = tuple(self._chosen(y, args[0]) for y in x.args)
                if factors != x.args and np.broadcast_shapes(*[y.shape for y in factors if isinstance(y, Expression)]) == shape:
                    product = self.make(x.op, factors, {}, shape, x.dtype, **_like(x.op, more))
                    return self.make("where", (args[0], product, args[2]), {}, shape, dtype, **more)
        return None

    @staticmethod
    def _chosen(x: Any, condition: Any) -> Any:
        """What `x` is where the condition holds."""
        return x.args[1] if isinstance(x, Expression) and x.op == "where" and x.args[0] is condition else x

    def _not_equal(self, args: Any, static: Any, shape: Any, dtype: Any, more: Any) -> Any:
        x, y = args
        if isinstance(x, Expression) and x.op == "where" and not isinstance(y, Expression) and y == 0:
            condition, a, b = x.args  # where a condition holds, and nowhere else, is the condition
            if self._same(condition, shape) and condition.dtype == bool and not isinstance(a, Expression) and a != 0 and _is_all(b, 0.0):
                return condition
        return None

    def _divide(self, args: Any, static: Any, shape: Any, dtype: Any, more: Any) -> Any:
        if _is_all(args[1], 1.0) and self._same(args[0], shape):
            return args[0]
        return None

    def _negative(self, args: Any, static: Any, shape: Any, dtype: Any, more: Any) -> Any:
        (x,) = args
        if isinstance(x, (int, float)):
            return -x
        if x.op == "negative":
            return x.args[0]
        if x.op == "multiply" and _leads_with_number(x):  # -(0.1 * a * b) is -0.1 * a * b
            return self.make("multiply", (self._negated(x.args[0]), x.args[1]), {}, shape, dtype, **_like("multiply", more))
        return None

    def _negated(self, x: Any) -> Any:
        if not isinstance(x, Expression):
            return -x
        return self.make("negative", (x,), {}, x.shape, x.dtype, primitive=table["negative"], scope=x.scope)

    def _minimum(self, args: Any, static: Any, shape: Any, dtype: Any, more: Any) -> Any:
        x, high = args
        if isinstance(x, Expression) and x.op == "maximum" and not any(isinstance(y, Expression) for y in (x.args[1], high)):
            return self.make("clip", (*x.args, high), {}, shape, dtype, **_like("clip", more))
        return None

    def _power(self, args: Any, static: Any, shape: Any, dtype: Any, more: Any) -> Any:
        x, exponent = args
        if isinstance(exponent, (int, float)) and isinstance(x, Expression):
            if exponent == 1:
                return x
            if exponent == 2:
                return self.make("multiply", (x, x), {}, shape, dtype, **_like("multiply", more))
        return None

    def _reshape(self, args: Any, static: Any, shape: Any, dtype: Any, more: Any) -> Any:
        (x,) = args
        if not isinstance(x, Expression):
            return self.constant(np.full(shape, x)) if shape else x
        if x.op == "constant":
            return self.constant(x.data.reshape(shape))
        if x.shape == shape:
            return x
        if x.op == "reshape":
            return self.make("reshape", x.args, {"shape": shape}, shape, dtype, **more)
        if x.op == "multiply" and x.shape == () and shape:  # [a * b[0]] is a * b, for b of one entry
            for a, b in (x.args, x.args[::-1]):
                if isinstance(b, Expression) and b.op == "reshape" and b.args[0].shape == shape:
                    return self.make("multiply", (a, b.args[0]), {}, shape, dtype, **_like("multiply", more))
        if x.op == "matmul" and len(shape) == 1 and x.args[1].op == "reshape" and x.args[1].args[0].shape == (x.args[1].shape[0],):
            return self.make("matmul", (x.args[0], x.args[1].args[0]), {}, shape, dtype, **_like("matmul", more))
        if x.op == "sum" and x.static.get("keepdims") and _without(x.args[0].shape, x.static["axis"]) == shape:
            return self.make("sum", x.args, {"axis": x.static["axis"], "keepdims": False}, shape, dtype, **_like("sum", more))
        return None

    def _expand_dims(self, args: Any, static: Any, shape: Any, dtype: Any, more: Any) -> Any:
        return self.make("reshape", args, {"shape": shape}, shape, dtype, **_like("reshape", more))

    _squeeze = _expand_dims

    def _broadcast_to(self, args: Any, static: Any, shape: Any, dtype: Any, more: Any) -> Any:
        (x,) = args
        if isinstance(x, Expression):
            if x.shape == shape:
                return x
            if x.op == "broadcast_to":
                return self.make("broadcast_to", x.args, {"shape": shape}, shape, dtype, **more)
            if (
                x.op == "reshape"
                and not isinstance(x.args[0], (int, float))
                and (1,) * (len(shape) - len(x.args[0].shape)) + x.args[0].shape == x.shape
            ):
                return self.make("broadcast_to", x.args, {"shape": shape}, shape, dtype, **more)
        return None

    def _transpose(self, args: Any, static: Any, shape: Any, dtype: Any, more: Any) -> Any:
        (x,) = args
        axes = tuple(range(len(shape)))[::-1] if static.get("axes") is None else tuple(a % len(shape) for a in static["axes"])
        if axes == tuple(range(len(shape))):
            return x
        if x.op == "transpose":
            inner = x.static.get("axes")
            inner = tuple(range(len(shape)))[::-1] if inner is None else inner
            if tuple(inner[a] for a in axes) == tuple(range(len(shape))):
                return x.args[0]
        if x.op == "matmul" and len(shape) == 2 and any(isinstance(y, Expression) and y.op == "transpose" for y in x.args):
            a, b = (self._transposed(y, more) for y in x.args)
            return self.make("matmul", (b, a), {}, shape, dtype, **_like("matmul", more))
        return None

    def _transposed(self, x: Any, more: Any) -> Any:
        return self.make("transpose", (x,), {"axes": None}, x.shape[::-1], x.dtype, **_like("transpose", more))

    def _linear(self, args: Any, static: Any, shape: Any, dtype: Any, more: Any) -> Any:
        x, weight, bias = args
        if len(shape) != 2:
            return None
        product = self.make("matmul", (x, self._transposed(weight, more)), {}, shape, dtype, **_like("matmul", more))
        return product if _is_all(bias, 0.0) else self.make("add", (product, bias), {}, shape, dtype, **_like("add", more))

    def _astype(self, args: Any, static: Any, shape: Any, dtype: Any, more: Any) -> Any:
        return args[0] if isinstance(args[0], Expression) and args[0].dtype == dtype else None

    def _sum(self, args: Any, static: Any, shape: Any, dtype: Any, more: Any) -> Any:
        (x,) = args
        if not isinstance(x, Expression):
            return None
        axes = range(len(x.shape)) if static.get("axis") is None else [int(a) % len(x.shape) for a in np.atleast_1d(static["axis"])]
        if math.prod(x.shape[a] for a in axes) == 1 and x.shape:
            return self.make("reshape", (x,), {"shape": shape}, shape, dtype, **_like("reshape", more))
        if x.shape == ():
            return x
        axis: Any = None if len(axes) == len(x.shape) else axes[0] if len(axes) == 1 else tuple(axes)
        if static.get("axis") != axis:
            return self.make("sum", args, {**static, "axis": axis}, shape, dtype, **more)
        return None


def _is_all(x: Any, number: float) -> bool:
    """Whether `x` is the constant `number`, or an array of nothing else."""
    if isinstance(x, Expression):
        if x.op == "broadcast_to":
            return _is_all(x.args[0], number)
        return x.op == "constant" and bool((x.data == number).all())
    return bool(x == number)


def _number_or(x: Any) -> Any:
    """The number that a constant array is full of; anything else as it is."""
    if isinstance(x, Expression) and x.op == "constant" and x.data.size and (x.data == x.data.flat[0]).all():
        return x.data.flat[0].item()
    return x


def _truth(x: Any) -> Any:
    """A comparison, of which `x` is the number 0 or 1."""
    if (
        isinstance(x, Expression)
        and x.op == "multiply"
        and x.args[0] == 1.0
        and isinstance(x.args[1], Expression)
        and x.args[1].op in COMPARISONS
    ):
        return x.args[1]
    return x


def _leads_with_number(x: Any) -> bool:
    """Whether a product of a few factors starts with a number."""
    for _ in range(FEW):
        if not (isinstance(x, Expression) and x.op == "multiply"):
            return isinstance(x, (int, float))
        x = x.args[0]
    return False


def _like(op: str, more: dict[str, Any]) -> dict[str, Any]:
    """The same place in the network, for another operation."""
    return {**more, "primitive": table[op]}


def _unbroadcast(x: Any) -> Any:
    return x.args[0] if isinstance(x, Expression) and x.op == "broadcast_to" else x


def _without(shape: tuple[int, ...], axis: Any) -> tuple[int, ...]:
    axes = range(len(shape)) if axis is None else [a % len(shape) for a in np.atleast_1d(axis)]
    return tuple(n for i, n in enumerate(shape) if i not in axes)


def _hashable(x: Any) -> Any:
    if isinstance(x, dict):
        return tuple((key, _hashable(item)) for key, item in x.items())
    if isinstance(x, (list, tuple)):
        return tuple(map(_hashable, x))
    if isinstance(x, slice):
        return "slice", x.start, x.stop, x.step
    if isinstance(x, np.ndarray):
        return "array", x.shape, x.dtype.str, x.tobytes()
    if isinstance(x, (bool, int, str, type(None))):
        return type(x), x
    if isinstance(x, (float, np.generic)):
        return type(x), repr(x)
    return type(x), id(x)
