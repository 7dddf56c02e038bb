"""The table of derivatives: the other functions of a calculus book.

Tangents and arcs, hyperbolic functions, and logarithms to other bases.

Their derivatives stand in every table of them. They are written so that nothing overflows or cancels on the way where
the result does not: 1 - x² as (1 - x)(1 + x), √(a² + b²) as `hypot`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core import Primitive
from .arithmetic import abs_, sign
from .choices import either, maximum, where
from .elementary import cos, exp, log, sigmoid, sin, softplus, sqrt

_POSITIVE = (0.1, 3.0)
_INSIDE = (-0.9, 0.9)

tan = Primitive(
    "tan", symbol="tan", latex=r"\tan(#1)", analytic=True, domain=(-1.4, 1.4),
    scalar=math.tan, array=np.tan,
    onnx="Tan",
    vjp=(lambda g, y, x: g * (1 + y * y),),
    doc="""The tangent of x radians, sin(x) / cos(x).

    >>> round(tan(1.0), 4)
    1.5574
    """,
)  # fmt: skip
arcsin = Primitive(
    "arcsin", symbol="arcsin", latex=r"\arcsin(#1)", analytic=True, domain=_INSIDE, range=(-math.pi / 2, math.pi / 2),
    scalar=math.asin, array=np.arcsin,
    onnx="Asin",
    vjp=(lambda g, y, x: g / sqrt((1 - x) * (1 + x)),),
    doc="""The angle between -π/2 and π/2 whose sine is x; nan for |x| > 1.

    >>> round(arcsin(1.0), 4)
    1.5708
    """,
)  # fmt: skip
arccos = Primitive(
    "arccos", symbol="arccos", latex=r"\arccos(#1)", analytic=True, domain=_INSIDE, range=(0.0, math.pi),
    scalar=math.acos, array=np.arccos,
    onnx="Acos",
    vjp=(lambda g, y, x: -g / sqrt((1 - x) * (1 + x)),),
    doc="""The angle between 0 and π whose cosine is x; nan for |x| > 1.

    >>> round(arccos(0.0), 4)
    1.5708
    """,
)  # fmt: skip
arctan = Primitive(
    "arctan", symbol="arctan", latex=r"\arctan(#1)", analytic=True, kind="squashing", range=(-math.pi / 2, math.pi / 2),
    scalar=math.atan, array=np.arctan,
    onnx="Atan",
    vjp=(lambda g, y, x: g / (1 + x * x),),
    doc="""The angle between -π/2 and π/2 whose tangent is x.

    >>> round(arctan(1.0), 4)
    0.7854
    """,
)  # fmt: skip
hypot: Primitive = Primitive(
    "hypot", symbol="hypot", latex=r"\sqrt{#1^2 + #2^2}",
    scalar=math.hypot, array=np.hypot,
    onnx=lambda a, b: sqrt(a * a + b * b),
    vjp=(lambda g, y, a, b: g * (a / (y + (y == 0))),  # 0 where both are 0, as for `norm`
         lambda g, y, a, b: g * (b / (y + (y == 0)))),
    doc="""The hypotenuse √(a² + b²), without overflow; where both are 0, its gradient is 0.

    >>> hypot(3.0, 4.0)
    5.0
    """,
)  # fmt: skip
arctan2 = Primitive(
    "arctan2", symbol="arctan2", latex=r"\operatorname{arctan2}(#1, #2)", domain=_POSITIVE,
    scalar=math.atan2, array=np.arctan2,
    vjp=(lambda g, y, a, b: g * (b / hypot(a, b)) / hypot(a, b),
         lambda g, y, a, b: -g * (a / hypot(a, b)) / hypot(a, b)),
    doc="""The angle between -π and π of the point with the coordinates b and a, in this order.

    >>> round(arctan2(1.0, -1.0), 4)
    2.3562
    """,
)  # fmt: skip
sinh: Primitive = Primitive(
    "sinh", symbol="sinh", latex=r"\sinh(#1)", analytic=True,
    scalar=math.sinh, array=np.sinh,
    onnx="Sinh",
    vjp=(lambda g, y, x: g * cosh(x),),
    doc="""The hyperbolic sine, (exp(x) - exp(-x)) / 2.

    >>> round(sinh(1.0), 4)
    1.1752
    """,
)  # fmt: skip
cosh: Primitive = Primitive(
    "cosh", symbol="cosh", latex=r"\cosh(#1)", analytic=True, range=(1.0, math.inf),
    scalar=math.cosh, array=np.cosh,
    onnx="Cosh",
    vjp=(lambda g, y, x: g * sinh(x),),
    doc="""The hyperbolic cosine, (exp(x) + exp(-x)) / 2.

    >>> round(cosh(1.0), 4)
    1.5431
    """,
)  # fmt: skip
arcsinh = Primitive(
    "arcsinh", symbol="arcsinh", latex=r"\operatorname{arsinh}(#1)", analytic=True,
    scalar=math.asinh, array=np.arcsinh,
    onnx="Asinh",
    vjp=(lambda g, y, x: g / hypot(x, 1.0),),
    doc="""The number whose hyperbolic sine is x.

    >>> round(arcsinh(1.0), 4)
    0.8814
    """,
)  # fmt: skip
arccosh = Primitive(
    "arccosh", symbol="arccosh", latex=r"\operatorname{arcosh}(#1)", analytic=True, domain=(1.1, 3.0), range=(0.0, math.inf),
    scalar=math.acosh, array=np.arccosh,
    onnx="Acosh",
    vjp=(lambda g, y, x: g / sqrt((x - 1) * (x + 1)),),
    doc="""The number, not below 0, whose hyperbolic cosine is x; nan for x < 1.

    >>> round(arccosh(2.0), 4)
    1.317
    """,
)  # fmt: skip
arctanh = Primitive(
    "arctanh", symbol="arctanh", latex=r"\operatorname{artanh}(#1)", analytic=True, domain=_INSIDE,
    scalar=math.atanh, array=np.arctanh,
    onnx="Atanh",
    vjp=(lambda g, y, x: g / ((1 - x) * (1 + x)),),
    doc="""The number whose hyperbolic tangent is x; nan for |x| > 1.

    >>> round(arctanh(0.5), 4)
    0.5493
    """,
)  # fmt: skip
exp2: Primitive = Primitive(
    "exp2", symbol="exp2", latex="2^{#1}", analytic=True, range=(0.0, math.inf),
    scalar=math.exp2, array=np.exp2,
    onnx=lambda x: exp(x * math.log(2)),
    vjp=(lambda g, y, x: g * y * math.log(2),),
    doc="""The power 2ˣ.

    >>> exp2(3.0)
    8.0
    """,
)  # fmt: skip
log2 = Primitive(
    "log2", symbol="log₂", latex=r"\log_2(#1)", analytic=True, domain=_POSITIVE,
    scalar=math.log2, array=np.log2,
    onnx=lambda x: log(x) / math.log(2),
    vjp=(lambda g, y, x: g / (x * math.log(2)),),
    doc="""The logarithm to base 2.

    >>> log2(8.0)
    3.0
    """,
)  # fmt: skip
log10 = Primitive(
    "log10", symbol="log₁₀", latex=r"\log_{10}(#1)", analytic=True, domain=_POSITIVE,
    scalar=math.log10, array=np.log10,
    onnx=lambda x: log(x) / math.log(10),
    vjp=(lambda g, y, x: g / (x * math.log(10)),),
    doc="""The logarithm to base 10.

    >>> log10(1000.0)
    3.0
    """,
)  # fmt: skip


def _logaddexp(a: float, b: float) -> float:
    return a + math.log(2) if a == b else max(a, b) + math.log1p(math.exp(-abs(a - b)))


logaddexp = Primitive(
    "logaddexp", symbol="logaddexp", latex=r"\ln(e^{#1} + e^{#2})",
    scalar=_logaddexp, array=np.logaddexp,
    onnx=lambda a, b: maximum(a, b) + softplus(-abs_(a - b)),
    vjp=(lambda g, y, a, b: g * sigmoid(a - b),
         lambda g, y, a, b: g * sigmoid(b - a)),
    doc="""log(exp(a) + exp(b)), without overflow.

    >>> logaddexp(1000.0, 1000.0)
    1000.6931471805599
    """,
)  # fmt: skip
logaddexp2 = Primitive(
    "logaddexp2", symbol="logaddexp2", latex=r"\log_2(2^{#1} + 2^{#2})",
    scalar=lambda a, b: _logaddexp(a * math.log(2), b * math.log(2)) / math.log(2), array=np.logaddexp2,
    onnx=lambda a, b: maximum(a, b) + softplus(-abs_(a - b) * math.log(2)) / math.log(2),
    vjp=(lambda g, y, a, b: g * sigmoid((a - b) * math.log(2)),
         lambda g, y, a, b: g * sigmoid((b - a) * math.log(2))),
    doc="""log₂(2ᵃ + 2ᵇ), without overflow.

    >>> logaddexp2(3.0, 3.0)
    4.0
    """,
)  # fmt: skip
cbrt = Primitive(
    "cbrt", symbol="∛", latex=r"\sqrt[3]{#1}", domain=_POSITIVE,
    scalar=math.cbrt, array=np.cbrt,
    onnx=lambda x: sign(x) * abs_(x) ** (1 / 3),
    vjp=(lambda g, y, x: g / (3 * y * y),),
    doc="""The cube root, also of negative numbers; its derivative at 0 is inf.

    >>> round(cbrt(-8.0), 12)
    -2.0
    """,
)  # fmt: skip

# Of (sin t) / t, divided by t, in t².
_SLOPE_OF_SINC = [(-1) ** k * 2 * k / math.factorial(2 * k + 1) for k in range(11, 0, -1)]


def _slope_of_sinc(y: Any, x: Any) -> Any:
    """(cos πx - y) / x; where that difference of two numbers near 1 would cost digits, its series."""
    near: Any = _SLOPE_OF_SINC[0]
    square = (math.pi * x) * (math.pi * x)
    for coefficient in _SLOPE_OF_SINC[1:]:
        near = near * square + coefficient
    return either(abs_(x) < 0.5, near * x * math.pi**2, (cos(math.pi * x) - y) / (x + (x == 0)))


sinc = Primitive(
    "sinc", symbol="sinc", latex=r"\operatorname{sinc}(#1)", range=(-0.218, 1.0),
    scalar=lambda x: math.sin(math.pi * x) / (math.pi * x) if x else 1.0, array=np.sinc,
    onnx=lambda x: where(x == 0, 1.0, sin(math.pi * x) / (math.pi * x)),
    vjp=(lambda g, y, x: g * _slope_of_sinc(y, x),),
    doc="""sin(πx) / (πx), and 1 at 0.

    >>> sinc(0.0), round(sinc(0.5), 4)
    (1.0, 0.6366)
    """,
)  # fmt: skip

__all__ = [
    "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "cbrt", "cosh", "exp2", "hypot", "log10", "log2",
    "logaddexp", "logaddexp2", "sinc", "sinh", "tan",
]  # fmt: skip
