"""What editors and type checkers read of `methods.py`: written from the table by `tests/test_methods.py`."""

from collections.abc import Iterator
from inspect import Parameter
from typing import Any, NamedTuple, Self

from .core import Node, Primitive

class Method(NamedTuple):
    name: str
    arguments: list[Parameter]
    expression: str
    entry: Primitive

def operators() -> dict[str, Primitive]: ...
def named() -> dict[str, Primitive]: ...
def methods() -> Iterator[Method]: ...

class Methods(Node):
    def __add__(self, other: Any) -> Any: ...
    def __radd__(self, other: Any) -> Any: ...
    def __iadd__(self, other: Any) -> Any: ...
    def __sub__(self, other: Any) -> Any: ...
    def __rsub__(self, other: Any) -> Any: ...
    def __isub__(self, other: Any) -> Any: ...
    def __mul__(self, other: Any) -> Any: ...
    def __rmul__(self, other: Any) -> Any: ...
    def __imul__(self, other: Any) -> Any: ...
    def __truediv__(self, other: Any) -> Any: ...
    def __rtruediv__(self, other: Any) -> Any: ...
    def __itruediv__(self, other: Any) -> Any: ...
    def __neg__(self) -> Self: ...
    def __pos__(self) -> Self: ...
    def __abs__(self) -> Self: ...
    def __lt__(self, other: Any) -> Any: ...
    def __le__(self, other: Any) -> Any: ...
    def __gt__(self, other: Any) -> Any: ...
    def __ge__(self, other: Any) -> Any: ...
    def __eq__(self, other: object) -> Any: ...
    def __ne__(self, other: object) -> Any: ...
    def __pow__(self, other: Any) -> Any: ...
    def __rpow__(self, other: Any) -> Any: ...
    def __ipow__(self, other: Any) -> Any: ...
    def sign(self) -> Self:
        r"""The sign: -1, 0 or 1. Its derivative is 0.

        >>> float(sign(-3.0))
        -1.0
        """
    def abs(self) -> Self:
        r"""The absolute value |x|; its derivative at 0 is 0.

        >>> float(abs_(-3.0))
        3.0
        """
    def maximum(self, other: Any) -> Any:
        r"""The larger of two numbers, elementwise; where they tie, each gets half the gradient.

        >>> float(maximum(1.0, 2.0))
        2.0
        """
    def minimum(self, other: Any) -> Any:
        r"""The smaller of two numbers, elementwise; where they tie, each gets half the gradient.

        >>> float(minimum(1.0, 2.0))
        1.0
        """
    def clip(self, low: Any, high: Any) -> Any:
        r"""`x` held between `low` and `high`, elementwise; it is `high` where `low` is larger.

        >>> float(clip(5.0, -1.0, 1.0))
        1.0
        """
    def exp(self) -> Self:
        r"""The exponential function, which is its own derivative.

        >>> exp(1.0)
        2.718281828459045
        """
    def expm1(self) -> Self:
        r"""exp(x) - 1, exact for small x.

        >>> float(expm1(1e-12))
        1.0000000000005e-12
        """
    def log(self) -> Self:
        r"""The natural logarithm; -inf at 0 and nan below, as in NumPy.

        >>> log(10.0)
        2.302585092994046
        """
    def log1p(self) -> Self:
        r"""log(1 + x), exact for small x.

        >>> float(log1p(1e-12))
        9.999999999995e-13
        """
    def sqrt(self) -> Self:
        r"""The square root. Its derivative at 0 is inf, so sqrt(sum(x * x)) has the gradient nan at 0; `norm` has 0 there.

        >>> float(sqrt(9.0))
        3.0
        """
    def sin(self) -> Self:
        r"""The sine of x radians.

        >>> sin(1.0)
        0.8414709848078965
        """
    def cos(self) -> Self:
        r"""The cosine of x radians.

        >>> cos(1.0)
        0.5403023058681398
        """
    def tanh(self) -> Self:
        r"""The hyperbolic tangent, between -1 and 1; its derivative is 1 - tanh²(x).

        >>> round(tanh(0.5), 4), tanh(100.0)
        (0.4621, 1.0)
        """
    def erf(self) -> Self:
        r"""The error function, 2/√π ∫ exp(-t²) dt from 0 to x.

        >>> round(erf(0.5), 4), erf(100.0)
        (0.5205, 1.0)
        """
    def erfc(self) -> Self:
        r"""1 - erf(x), exact for large x.

        >>> round(erfc(0.5), 4), erfc(10.0)
        (0.4795, 2.088487583762545e-45)
        """
    def sigmoid(self) -> Self:
        r"""The logistic function 1 / (1 + exp(-x)), between 0 and 1 (Verhulst, 1845).

        >>> sigmoid(0.0), sigmoid(1000.0)
        (0.5, 1.0)
        """
    def relu(self) -> Self:
        r"""The rectifier max(x, 0) (Nair and Hinton, 2010); its derivative at 0 is 0.

        >>> relu(-3.0), relu(3.0)
        (0.0, 3.0)
        """
    def leaky_relu(self, negative_slope: float = 0.01) -> Self:
        r"""x where it is positive, else `negative_slope` times x (Maas and others, 2013).

        >>> leaky_relu(-3.0), leaky_relu(-3.0, negative_slope=0.5)
        (-0.03, -1.5)
        """
    def elu(self, alpha: float = 1.0) -> Self:
        r"""x where it is positive, else alpha (exp(x) - 1) (Clevert and others, 2015).

        >>> elu(3.0), round(elu(-3.0), 4)
        (3.0, -0.9502)
        """
    def gelu(self) -> Self:
        r"""x Φ(x), with Φ the normal distribution function (Hendrycks and Gimpel, 2016); exact, as PyTorch's default.

        >>> round(gelu(1.0), 4), round(gelu(-1.0), 4)
        (0.8413, -0.1587)
        """
    def silu(self) -> Self:
        r"""x σ(x) (Elfwing and others, 2017), also called swish.

        >>> round(silu(1.0), 4), round(silu(-1.0), 4)
        (0.7311, -0.2689)
        """
    def softplus(self) -> Self:
        r"""log(1 + exp(x)), a smooth ReLU (Dugas and others, 2000); its derivative is σ(x).

        >>> softplus(0.0), softplus(1000.0)
        (0.6931471805599453, 1000.0)
        """
    def floor(self) -> Self:
        r"""The largest whole number that is not above x. Its derivative is 0.

        >>> floor(-2.5)
        -3.0
        """
    def ceil(self) -> Self:
        r"""The smallest whole number that is not below x. Its derivative is 0.

        >>> ceil(-2.5)
        -2.0
        """
    def trunc(self) -> Self:
        r"""The number without its decimals. Its derivative is 0.

        >>> trunc(-2.5)
        -2.0
        """
    def rint(self) -> Self:
        r"""The nearest whole number; the even one of two. Its derivative is 0.

        >>> rint(-2.5)
        -2.0
        """
    def floor_divide(self, other: Any) -> Any:
        r"""How many times b goes into a, rounded down. Its derivative is 0.

        >>> floor_divide(7.0, 2.0)
        3.0
        """
    def mod(self, other: Any) -> Any:
        r"""What remains of a after division by b, with the sign of b.

        >>> mod(-1.0, 3.0)
        2.0
        """
    def fmod(self, other: Any) -> Any:
        r"""What remains of a after division by b, with the sign of a.

        >>> fmod(-1.0, 3.0)
        -1.0
        """
    def copysign(self, other: Any) -> Any:
        r"""The size of a with the sign of b.

        >>> copysign(3.0, -0.0)
        -3.0
        """
    def tan(self) -> Self:
        r"""The tangent of x radians, sin(x) / cos(x).

        >>> round(tan(1.0), 4)
        1.5574
        """
    def arcsin(self) -> Self:
        r"""The angle between -π/2 and π/2 whose sine is x; nan for |x| > 1.

        >>> round(arcsin(1.0), 4)
        1.5708
        """
    def arccos(self) -> Self:
        r"""The angle between 0 and π whose cosine is x; nan for |x| > 1.

        >>> round(arccos(0.0), 4)
        1.5708
        """
    def arctan(self) -> Self:
        r"""The angle between -π/2 and π/2 whose tangent is x.

        >>> round(arctan(1.0), 4)
        0.7854
        """
    def hypot(self, other: Any) -> Any:
        r"""The hypotenuse √(a² + b²), without overflow; where both are 0, its gradient is 0.

        >>> hypot(3.0, 4.0)
        5.0
        """
    def arctan2(self, other: Any) -> Any:
        r"""The angle between -π and π of the point with the coordinates b and a, in this order.

        >>> round(arctan2(1.0, -1.0), 4)
        2.3562
        """
    def sinh(self) -> Self:
        r"""The hyperbolic sine, (exp(x) - exp(-x)) / 2.

        >>> round(sinh(1.0), 4)
        1.1752
        """
    def cosh(self) -> Self:
        r"""The hyperbolic cosine, (exp(x) + exp(-x)) / 2.

        >>> round(cosh(1.0), 4)
        1.5431
        """
    def arcsinh(self) -> Self:
        r"""The number whose hyperbolic sine is x.

        >>> round(arcsinh(1.0), 4)
        0.8814
        """
    def arccosh(self) -> Self:
        r"""The number, not below 0, whose hyperbolic cosine is x; nan for x < 1.

        >>> round(arccosh(2.0), 4)
        1.317
        """
    def arctanh(self) -> Self:
        r"""The number whose hyperbolic tangent is x; nan for |x| > 1.

        >>> round(arctanh(0.5), 4)
        0.5493
        """
    def exp2(self) -> Self:
        r"""The power 2ˣ.

        >>> exp2(3.0)
        8.0
        """
    def log2(self) -> Self:
        r"""The logarithm to base 2.

        >>> log2(8.0)
        3.0
        """
    def log10(self) -> Self:
        r"""The logarithm to base 10.

        >>> log10(1000.0)
        3.0
        """
    def logaddexp(self, other: Any) -> Any:
        r"""log(exp(a) + exp(b)), without overflow.

        >>> logaddexp(1000.0, 1000.0)
        1000.6931471805599
        """
    def logaddexp2(self, other: Any) -> Any:
        r"""log₂(2ᵃ + 2ᵇ), without overflow.

        >>> logaddexp2(3.0, 3.0)
        4.0
        """
    def cbrt(self) -> Self:
        r"""The cube root, also of negative numbers; its derivative at 0 is inf.

        >>> round(cbrt(-8.0), 12)
        -2.0
        """
    def sinc(self) -> Self:
        r"""sin(πx) / (πx), and 1 at 0.

        >>> sinc(0.0), round(sinc(0.5), 4)
        (1.0, 0.6366)
        """
