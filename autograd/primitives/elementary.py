"""The table of derivatives: the elementary functions of calculus and the activations of networks.

Compare each rule with a table of derivatives: `x` is the argument of the function, `y` its value, and
`g` the gradient of `y`, by which the chain rule multiplies the derivative. The functions are accurate
from -1000 to 1000: no intermediate result overflows unless the final result does. At 0, `relu`,
`leaky_relu` and `elu` have the derivative from the left, as in PyTorch. The other arguments of an entry
are explained in `entry.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core import Node, Primitive
from ..layout import FLOATS, NOTHING, NUMBERS
from ..modes import mode
from . import algebra, printing
from .choices import either

_POSITIVE = (0.1, 3.0)

exp = Primitive(
    "exp", symbol="exp", latex="e^{#1}", analytic=True, range=(0.0, math.inf),
    scalar=math.exp, array=np.exp,
    variable="e",
    onnx="Exp",
    vjp=(lambda g, y, x: g * y,),
    doc="""The exponential function, which is its own derivative.

    >>> exp(1.0)
    2.718281828459045
    """,
)  # fmt: skip
expm1 = Primitive(
    "expm1", symbol="expm1", latex="e^{#1} - 1", analytic=True, range=(-1.0, math.inf),
    scalar=math.expm1, array=np.expm1,
    onnx=lambda x: exp(x) - 1,
    vjp=(lambda g, y, x: g * exp(x),),
    doc="""exp(x) - 1, exact for small x.

    >>> float(expm1(1e-12))
    1.0000000000005e-12
    """,
)  # fmt: skip
log = Primitive(
    "log", symbol="ln", latex=r"\ln(#1)", analytic=True, domain=_POSITIVE,
    scalar=math.log, array=np.log,
    onnx="Log",
    vjp=(lambda g, y, x: g / x,),
    doc="""The natural logarithm; -inf at 0 and nan below, as in NumPy.

    >>> log(10.0)
    2.302585092994046
    """,
)  # fmt: skip
log1p = Primitive(
    "log1p", symbol="log1p", latex=r"\ln(1 + #1)", analytic=True, domain=_POSITIVE,
    scalar=math.log1p, array=np.log1p,
    onnx=lambda x: log(1 + x),
    vjp=(lambda g, y, x: g / (1 + x),),
    doc="""log(1 + x), exact for small x.

    >>> float(log1p(1e-12))
    9.999999999995e-13
    """,
)  # fmt: skip
sqrt = Primitive(
    "sqrt", symbol="√", latex=r"\sqrt{#1}", analytic=True, domain=_POSITIVE, range=(0.0, math.inf),
    scalar=math.sqrt, array=np.sqrt,
    onnx="Sqrt",
    vjp=(lambda g, y, x: g / (2 * y),),
    doc="""The square root. Its derivative at 0 is inf, so sqrt(sum(x * x)) has the gradient nan at 0; `norm` has 0 there.

    >>> float(sqrt(9.0))
    3.0
    """,
)  # fmt: skip


def _one_less(a: Any, b: Any) -> Any:
    """a ** (b - 1), but 1 where a and b are both 0, so that the derivative b * a ** (b - 1) is 0 there and not nan."""
    if type(b) in NUMBERS and b != 0:
        return a if b == 2 else power(a, b - 1)
    return power(a, b - 1 + ((a == 0) & (b == 0)))


power: Primitive = Primitive(
    "power", symbol="^", latex="#1^{#2}", analytic=True, domain=_POSITIVE, operator="**", answers=(np.float_power,),
    scalar=math.pow, array=np.power,
    numpy=printing.power, wraps=True, simplify=algebra.power,
    onnx="Pow",
    vjp=(lambda g, y, a, b: g * b * _one_less(a, b),
         lambda g, y, a, b: g * y * log(a + ((a == 0) & (b >= 0)))),
    doc="""The power a ** b, elementwise, differentiable in base and exponent.

    The derivative with respect to b contains log(a), so it is nan for a negative base. At base 0, both
    derivatives are PyTorch's.

    >>> float(power(3.0, 2.0))
    9.0
    """,
)  # fmt: skip
sin = Primitive(
    "sin", symbol="sin", latex=r"\sin(#1)", analytic=True, range=(-1.0, 1.0),
    scalar=math.sin, array=np.sin,
    onnx="Sin",
    vjp=(lambda g, y, x: g * cos(x),),
    doc="""The sine of x radians.

    >>> sin(1.0)
    0.8414709848078965
    """,
)  # fmt: skip
cos: Primitive = Primitive(
    "cos", symbol="cos", latex=r"\cos(#1)", analytic=True, range=(-1.0, 1.0),
    scalar=math.cos, array=np.cos,
    onnx="Cos",
    vjp=(lambda g, y, x: -g * sin(x),),
    doc="""The cosine of x radians.

    >>> cos(1.0)
    0.5403023058681398
    """,
)  # fmt: skip


def _slope_of_tanh(y: Any) -> Any:
    """The derivative of y = tanh(x), from y."""
    return 1 - y * y


def _slope_of_sigmoid(y: Any) -> Any:
    """The derivative of y = σ(x), from y."""
    return y * (1 - y)


# Where y = σ(x) is close to 1, the difference 1 - y loses digits, and at x = 40 all of them; so does 1 - y² for tanh.
# There, in the tail (|y| > 0.9), the derivative is computed from x, which takes longer. For a node, whose derivative may
# be differentiated again, it is always computed from x. Compiled programs and the recurrent networks use the fast form
# everywhere: its absolute error is about 1e-16, but its relative error in the tail is large.
_TAIL = 0.9


def _from_tail(slope: Callable[[Any], Any], y: Any, exact: Callable[[], Any]) -> Any:
    """The derivative: the fast form `slope(y)`, or the form from x, `exact()`, where `y` is in the tail."""
    if type(y) in FLOATS and -_TAIL < y < _TAIL:
        return slope(y)
    if isinstance(y, Node):
        return slope(y) if mode.tracing is not None else exact()
    tail = np.abs(y) > _TAIL
    if not tail.any():
        return slope(y)
    return exact() if type(y) is float else np.where(tail, exact(), slope(y))


tanh = Primitive(
    "tanh", symbol="tanh", latex=r"\tanh(#1)", analytic=True, kind="squashing", range=(-1.0, 1.0),
    scalar=math.tanh, array=np.tanh,
    variable="h",
    onnx="Tanh",
    vjp=(lambda g, y, x: g * _from_tail(_slope_of_tanh, y, lambda: 4 * sigmoid(2 * x) * sigmoid(-2 * x)),),
    doc="""The hyperbolic tangent, between -1 and 1; its derivative is 1 - tanh²(x).

    >>> round(tanh(0.5), 4), tanh(100.0)
    (0.4621, 1.0)
    """,
)  # fmt: skip


def _polynomial(x: Any, *coefficients: float) -> Any:
    """The polynomial with these coefficients, the highest power first, by Horner's rule."""
    y = np.full_like(x, coefficients[0])
    for c in coefficients[1:]:
        y *= x
        y += c
    return y


def _erf_parts(x: Any) -> tuple[Any, Any]:
    """erf(x) for |x| < 1, and 1 - erf(|x|) from there."""
    # NumPy has no error function, and SciPy would be a large dependency for one function. Two polynomials,
    # fitted at Chebyshev nodes, are accurate to the last digits: for |x| < 1, erf(x) / x as a polynomial in x²;
    # from 1 to 28, exp(x²) (1 - erf(x)) (x + 3) as a polynomial in (x - 3) / (x + 3).
    size = np.minimum(np.abs(x), 28.0)  # from 28 on, 1 - erf(x) is 0 in floating point
    near = x * _polynomial(
        np.minimum(size, 1.0) ** 2,
        -7.795898827002142e-10, 1.3720064546777686e-08, -1.6208483801871705e-07, 1.6447424703317362e-06, -1.492473690741966e-05,
        0.00012055294904839707, -0.0008548325975389692, 0.0052239776071164225, -0.02686617064323777, 0.11283791670945006,
        -0.37612638903183543, 1.1283791670955126,
    )  # fmt: skip
    far = np.exp(-size * size) / (size + 3) * _polynomial(
        (size - 3) / (size + 3),
        -4.7287175329706714e-07, 7.666545261203206e-07, 2.883551978579829e-06, -4.643316524178698e-06, -1.7536674365969275e-05,
        3.03710270009572e-05, 0.00010758009202817871, -0.00027677357970184064, -0.0005483125930997352, 0.003034061575287275,
        -0.0012124163798603264, -0.02682723459849687, 0.11952776127691098, -0.31046726190138013, 0.5902283571042659,
        -0.8833944531698755, 1.0740069070883393,
    )  # fmt: skip
    return near, far


def _erf_array(x: Any) -> Any:
    x = x * 1.0
    near, far = _erf_parts(x)
    return np.where(np.abs(x) < 1, near, np.copysign(1 - far, x))


def _erfc_array(x: Any) -> Any:
    x = x * 1.0
    near, far = _erf_parts(x)
    return np.where(np.abs(x) < 1, 1 - near, np.where(x > 0, far, 2 - far))


def _slope_of_erf(x: Any) -> Any:
    return 2 / math.sqrt(math.pi) * exp(-x * x)


erf = Primitive(
    "erf", symbol="erf", latex=r"\operatorname{erf}(#1)", kind="squashing", range=(-1.0, 1.0),
    scalar=math.erf, array=_erf_array,
    onnx="Erf",
    vjp=(lambda g, y, x: g * _slope_of_erf(x),),
    doc="""The error function, 2/√π ∫ exp(-t²) dt from 0 to x.

    >>> round(erf(0.5), 4), erf(100.0)
    (0.5205, 1.0)
    """,
)  # fmt: skip
erfc = Primitive(
    "erfc", symbol="erfc", latex=r"\operatorname{erfc}(#1)", range=(0.0, 2.0),
    scalar=math.erfc, array=_erfc_array,
    onnx=lambda x: 1 - erf(x),
    vjp=(lambda g, y, x: -g * _slope_of_erf(x),),
    doc="""1 - erf(x), exact for large x.

    >>> round(erfc(0.5), 4), erfc(10.0)
    (0.4795, 2.088487583762545e-45)
    """,
)  # fmt: skip


def _sigmoid_scalar(x: float) -> float:
    e = math.exp(-abs(x))
    return (1.0 if x >= 0 else e) / (1.0 + e) if x == x else x


def _sigmoid_array(x: Any) -> Any:
    e = np.exp(np.where(x >= 0, -x, x))
    return np.where(x >= 0, 1, e) / (1 + e)


sigmoid: Primitive = Primitive(
    "sigmoid", symbol="σ", latex=r"\sigma(#1)", analytic=True, kind="squashing", range=(0.0, 1.0),
    scalar=_sigmoid_scalar, array=_sigmoid_array,
    variable="h",
    onnx="Sigmoid",
    vjp=(lambda g, y, x: g * _from_tail(_slope_of_sigmoid, y, lambda: y * sigmoid(-x)),),
    doc="""The logistic function 1 / (1 + exp(-x)), between 0 and 1 (Verhulst, 1845).

    >>> sigmoid(0.0), sigmoid(1000.0)
    (0.5, 1.0)
    """,
)  # fmt: skip


def _relu_array(x: Any) -> Any:
    if isinstance(x, np.ndarray) and x.size > 10_000 and x.dtype.kind == "f":
        return np.clip(x, 0, np.inf)  # a third of the time of np.maximum with a number
    return np.maximum(x, 0)


def _relu_gradient(g: Any, y: Any, x: Any) -> Any:
    return either(x > 0, g, NOTHING)


relu = Primitive(
    "relu", symbol="ReLU", latex=r"\operatorname{ReLU}(#1)", masks="kink", range=(0.0, math.inf),
    scalar=lambda x: 0.0 if x <= 0 else x, array=_relu_array,
    numpy="np.maximum({0}, 0)", variable="h",
    onnx="Relu",
    vjp=(_relu_gradient,),
    doc="""The rectifier max(x, 0) (Nair and Hinton, 2010); its derivative at 0 is 0.

    >>> relu(-3.0), relu(3.0)
    (0.0, 3.0)
    """,
)  # fmt: skip


def _leaky_relu_in_numpy(w: printing.Writer, y: Node, x: Any, negative_slope: float = 0.01) -> str:
    return f"np.where({w.bound(x, printing.SUM)} > 0, {w.text_of(x)}, {w.static(negative_slope)} * {w.bound(x, printing.POWER)})"


def _elu_in_numpy(w: printing.Writer, y: Node, x: Any, alpha: float = 1.0) -> str:
    below = f"np.expm1(np.minimum({w.text_of(x)}, 0))"
    return f"np.where({w.bound(x, printing.SUM)} > 0, {w.text_of(x)}, {below if alpha == 1 else f'{w.static(alpha)} * {below}'})"


leaky_relu = Primitive(
    "leaky_relu", symbol="leaky ReLU", latex=r"\operatorname{LeakyReLU}(#1)",
    scalar=lambda x, negative_slope=0.01: x if x > 0 else negative_slope * x,
    array=lambda x, negative_slope=0.01: np.where(x > 0, x, negative_slope * x),
    numpy=_leaky_relu_in_numpy, variable="h",
    onnx="LeakyRelu(alpha=negative_slope)",
    vjp=(lambda g, y, x, negative_slope=0.01: either(x > 0, g, g * negative_slope),),
    doc="""x where it is positive, else `negative_slope` times x (Maas and others, 2013).

    >>> leaky_relu(-3.0), leaky_relu(-3.0, negative_slope=0.5)
    (-0.03, -1.5)
    """,
)  # fmt: skip
elu = Primitive(
    "elu", symbol="ELU", latex=r"\operatorname{ELU}(#1)",
    scalar=lambda x, alpha=1.0: x if x > 0 else alpha * math.expm1(x),
    array=lambda x, alpha=1.0: np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0))),
    numpy=_elu_in_numpy, variable="h",
    onnx="Elu(alpha=alpha)",
    vjp=(lambda g, y, x, alpha=1.0: either(x > 0, g, g * alpha * exp(-relu(-x))),),
    doc="""x where it is positive, else alpha (exp(x) - 1) (Clevert and others, 2015).

    >>> elu(3.0), round(elu(-3.0), 4)
    (3.0, -0.9502)
    """,
)  # fmt: skip


def _gelu_array(x: Any) -> Any:
    return 0.5 * x * _erfc_array(-x / math.sqrt(2))


def _silu_array(x: Any) -> Any:
    return x * _sigmoid_array(x)


def _softplus_array(x: Any) -> Any:
    return np.where(x >= 0, x, 0) + np.log1p(np.exp(np.where(x >= 0, -x, x)))


gelu = Primitive(
    "gelu", symbol="GELU", latex=r"\operatorname{GELU}(#1)", range=(-0.17, math.inf),
    scalar=lambda x: 0.5 * x * math.erfc(-x / math.sqrt(2)),
    array=_gelu_array,
    variable="h",
    onnx="Gelu",
    vjp=(lambda g, y, x: g * (0.5 * erfc(-x / math.sqrt(2)) + x * exp(-0.5 * x * x) / math.sqrt(2 * math.pi)),),
    doc="""x Φ(x), with Φ the normal distribution function (Hendrycks and Gimpel, 2016); exact, as PyTorch's default.

    >>> round(gelu(1.0), 4), round(gelu(-1.0), 4)
    (0.8413, -0.1587)
    """,
)  # fmt: skip
silu = Primitive(
    "silu", symbol="SiLU", latex=r"\operatorname{SiLU}(#1)", analytic=True, range=(-0.279, math.inf),
    scalar=lambda x: x * _sigmoid_scalar(x), array=_silu_array,
    variable="h",
    onnx=lambda x: x * sigmoid(x),
    vjp=(lambda g, y, x: g * (sigmoid(x) + y * sigmoid(-x)),),
    doc="""x σ(x) (Elfwing and others, 2017), also called swish.

    >>> round(silu(1.0), 4), round(silu(-1.0), 4)
    (0.7311, -0.2689)
    """,
)  # fmt: skip
softplus = Primitive(
    "softplus", symbol="softplus", latex=r"\ln(1 + e^{#1})", analytic=True, range=(0.0, math.inf),
    scalar=lambda x: max(x, 0.0) + math.log1p(math.exp(-abs(x))) if x == x else x,
    array=_softplus_array,
    onnx="Softplus",
    vjp=(lambda g, y, x: g * sigmoid(x),),
    doc="""log(1 + exp(x)), a smooth ReLU (Dugas and others, 2000); its derivative is σ(x).

    >>> softplus(0.0), softplus(1000.0)
    (0.6931471805599453, 1000.0)
    """,
)  # fmt: skip

if not TYPE_CHECKING:  # type checkers read a list only if it is written out; without one they take what is defined here
    __all__ = [name for name, thing in vars().items() if isinstance(thing, Primitive)]
