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
