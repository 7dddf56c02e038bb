"""The table of derivatives: arithmetic, comparisons, and sums of many numbers.

At a kink, where the derivative is not defined, it has the same value as in PyTorch: 0 for `abs` at 0. The
arguments of an entry are explained in `entry.py`.
"""

from __future__ import annotations

import functools
import itertools
import operator
from typing import Any

import numpy as np

from ..core import Case, Primitive
from . import algebra, printing

add = Primitive(
    "add", symbol="+", latex="#1 + #2", analytic=True,
    operator="+", kind="affine",
    scalar=operator.add, array=np.add,
    numpy=printing.Plus("+"), simplify=algebra.add, terms=(1, 1), wraps=True, variable=printing.name_of_sum,
    onnx="Add",
    vjp=(lambda g, y, a, b: g,
         lambda g, y, a, b: g),
    doc="""The sum a + b, elementwise.

    >>> float(add(1.0, 2.0))
    3.0
    """,
)  # fmt: skip
subtract = Primitive(
    "subtract", symbol="−", latex="#1 - #2", analytic=True,
    operator="-", kind="affine",
    scalar=operator.sub, array=np.subtract,
    numpy=printing.Plus("-"), simplify=algebra.subtract, terms=(1, -1), wraps=True,
    onnx="Sub",
    vjp=(lambda g, y, a, b: g,
         lambda g, y, a, b: -g),
    doc="""The difference a - b, elementwise.

    >>> float(subtract(1.0, 2.0))
    -1.0
    """,
)  # fmt: skip
multiply = Primitive(
    "multiply", symbol="×", latex=r"#1 \cdot #2", analytic=True,
    operator="*", logic="&", kind="affine",
    scalar=operator.mul, array=np.multiply,
    numpy=printing.Product(), simplify=algebra.multiply, products=True, wraps=True,
    onnx="Mul",
    vjp=(lambda g, y, a, b: g * b,
         lambda g, y, a, b: g * a),
    doc="""The product a * b, elementwise.

    >>> float(multiply(3.0, 2.0))
    6.0
    """,
)  # fmt: skip
divide = Primitive(
    "divide", symbol="÷", latex=r"\frac{#1}{#2}", analytic=True, domain=(0.1, 3.0),
    operator="/", kind="affine",
    scalar=operator.truediv, array=np.divide,
    numpy=printing.Infix("/", printing.PRODUCT), simplify=algebra.divide,
    onnx="Div",
    vjp=(lambda g, y, a, b: g / b,
         lambda g, y, a, b: -g * y / b),
    doc="""The quotient a / b, elementwise; dividing by 0 gives ±inf or nan, as in NumPy.

    >>> float(divide(3.0, 2.0))
    1.5
    """,
)  # fmt: skip
negative = Primitive(
    "negative", symbol="−", latex="-#1", analytic=True,
    operator="-",
    scalar=operator.neg, array=np.negative,
    numpy=printing.negative, simplify=algebra.negative, terms=(-1,), wraps=True,
    onnx="Neg",
    vjp=(lambda g, y, x: -g,),
    doc="""The negative -x.

    >>> float(negative(3.0))
    -3.0
    """,
)  # fmt: skip
identity = Primitive(
    "identity", symbol="=", latex="#1", analytic=True,
    operator="+",
    scalar=operator.pos, array=np.positive,
    simplify=algebra.itself,
    onnx="Identity",
    vjp=(lambda g, y, x: g,),
    doc="""The number itself, as a node of its own (`+x`).

    >>> float(identity(3.0))
    3.0
    """,
)  # fmt: skip
stop_gradient = Primitive(
    "stop_gradient", symbol="⊣", latex="#1",
    scalar=operator.pos, array=np.positive,
    simplify=algebra.itself,
    onnx="Identity",
    vjp=(None,),
    doc="""The number itself, as a constant: its input gets no gradient.

    >>> float(stop_gradient(3.0))
    3.0
    """,
)  # fmt: skip
astype: Primitive = Primitive(
    "astype", symbol="dtype", latex="#1", elementwise=False, kind="shape", cases=(Case((3,), dtype=np.float64),),
    scalar=None, array=lambda x, dtype: x.astype(dtype),
    numpy=lambda w, y, x, dtype: f"{w.owner(x)}.astype(np.{np.dtype(dtype).name})", simplify=algebra.astype,
    vjp=(lambda g, y, x, dtype: g,),  # the engine gives every gradient the type of its input
    batch=lambda batch, x, dtype: astype(x, dtype=dtype),
    doc="""The numbers in another precision, such as `np.float32`.

    >>> astype(np.array([1.0, 2.0]), dtype=np.float32)
    array([1., 2.], dtype=float32)
    """,
)  # fmt: skip
sign = Primitive(
    "sign", symbol="sgn", latex=r"\operatorname{sgn}(#1)", range=(-1.0, 1.0),
    scalar=lambda x: x if x != x else float((x > 0) - (x < 0)), array=np.sign,
    onnx="Sign",
    vjp=(lambda g, y, x: g * 0.0,),
    doc="""The sign: -1, 0 or 1. Its derivative is 0.

    >>> float(sign(-3.0))
    -1.0
    """,
)  # fmt: skip
abs_ = Primitive(
    "abs", symbol="|·|", latex=r"\left|#1\right|",
    operator="abs", answers=(np.fabs,), range=(0.0, np.inf),
    scalar=abs, array=np.absolute,
    onnx="Abs",
    vjp=(lambda g, y, x: g * sign(x),),
    doc="""The absolute value |x|; its derivative at 0 is 0.

    >>> float(abs_(-3.0))
    3.0
    """,
)  # fmt: skip


def _comparison(
    name: str, operator: str, symbol: str, latex: str, relation: Any, ufunc: Any, onnx: Any, logic: str | None = None, simplify: Any = None
) -> Primitive:
    return Primitive(
        name, operator=operator, logic=logic, symbol=symbol, latex=f"#1 {latex} #2", scalar=relation, array=ufunc, vjp=(None, None),
        numpy=printing.Infix(operator, printing.COMPARISON), simplify=simplify, onnx=onnx,
        doc=f"""Whether a {symbol} b, elementwise; a condition for `where`, with no derivative.

        >>> bool({name}(1.0, 2.0))
        {relation(1.0, 2.0)}
        """,
    )  # fmt: skip


less = _comparison("less", "<", "<", "<", operator.lt, np.less, "Less")
less_equal = _comparison("less_equal", "<=", "≤", r"\leq", operator.le, np.less_equal, "LessOrEqual")
greater = _comparison("greater", ">", ">", ">", operator.gt, np.greater, "Greater")
greater_equal = _comparison("greater_equal", ">=", "≥", r"\geq", operator.ge, np.greater_equal, "GreaterOrEqual")
equal = _comparison("equal", "==", "=", "=", operator.eq, np.equal, "Equal")
not_equal = _comparison(
    "not_equal", "!=", "≠", r"\neq", operator.ne, np.not_equal,
    lambda a, b: equal(equal(a, b), False), logic="^", simplify=algebra.not_equal,
)  # fmt: skip


def _add_n_scalar(*xs: float) -> float:
    return sum(xs, 0.0)


def _add_n_array(*xs: Any) -> Any:
    return sum(xs[1:], xs[0])


def _dot(*xs: Any) -> Any:
    n = len(xs) // 2
    return sum(map(operator.mul, xs[:n], xs[n:]), xs[-1] if len(xs) % 2 else 0.0)


def _dot_gradients(g: Any, y: Any, *xs: Any) -> list[Any]:
    n = len(xs) // 2
    return [g * x for x in (*xs[n : 2 * n], *xs[:n])] + [g] * (len(xs) % 2)


add_n = Primitive(
    "add_n", symbol="Σ", latex=lambda *xs: " + ".join(xs), analytic=True,
    scalar=_add_n_scalar, array=_add_n_array,
    composition=lambda y, *xs: functools.reduce(operator.add, xs),
    simplify=algebra.add_n, terms=itertools.repeat(1), wraps=True,
    onnx="Sum",
    vjp=lambda g, y, *xs: [g] * len(xs),
    cases=(Case(()), Case((), (), ()), Case((3,), (3,), (3,), (3,))),
    doc="""The sum of any number of inputs, as one node.

    >>> float(add_n(1.0, 2.0, 3.0))
    6.0
    """,
)  # fmt: skip
dot_n = Primitive(
    "dot_n", symbol=lambda *xs: "Σ wᵢxᵢ + b" if len(xs) % 2 else "Σ wᵢxᵢ", analytic=True, kind="layer",
    latex=lambda *xs: " + ".join(
        [rf"{a} \cdot {b}" for a, b in zip(xs[: len(xs) // 2], xs[len(xs) // 2 :], strict=False)] + [*xs[-1:]] * (len(xs) % 2)
    ),
    scalar=_dot, array=_dot,
    composition=lambda y, *xs: _dot(*xs),
    simplify=algebra.dot_n, products=True, wraps=True,
    onnx=_dot,
    vjp=_dot_gradients,
    cases=(Case((), ()), Case((), (), (), (), ()), Case((3,), (3,), (3,), (3,))),
    doc="""The sum of products a₁b₁ + … + aₙbₙ (+ c) as one node; called as a₁, …, aₙ, b₁, …, bₙ (, c).

    It is one node in place of 2n - 1, which makes a network of scalars about 4 times as fast: in
    `scripts/benchmark.py`, compare `nn.MLP` with sums of products by hand.

    >>> float(dot_n(1.0, 2.0, 10.0, 20.0))
    50.0
    """,
)  # fmt: skip
