"""Activations as modules: functions without parameters, to stand between the layers of a `Sequential`.

Where PyTorch has `inplace`, it is taken too, so that its programs run; but an input always stays as
it is, as the backward pass may need it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd

from . import functional
from .checks import is_number
from .inputs import check_dim, operand
from .module import Module

__all__ = ["ELU", "GELU", "LeakyReLU", "LogSoftmax", "ReLU", "SiLU", "Sigmoid", "Sin", "Softmax", "Softplus", "Tanh"]


class _Elementwise(Module):
    """An activation of each number by itself."""

    def each(self, function: Callable[..., Any], x: Any, *settings: Any) -> Any:
        """The function of a Tensor, an array, a number or a Value; of a list of Values, the list of theirs."""
        x = operand(x, self)
        return [function(value, *settings) for value in x] if isinstance(x, (list, tuple)) else function(x, *settings)

    def check(self, name: str, setting: Any) -> None:
        """Refuse a setting that is no number."""
        if not is_number(setting):
            raise TypeError(f"{type(self).__name__} takes {name} as a number; got {setting!r}.")


class ReLU(_Elementwise):
    """max(x, 0); its derivative at 0 is 0.

    Example:
        >>> ReLU()(-3.0), ReLU()(3.0)
        (0.0, 3.0)
    """

    def __init__(self, inplace: bool = False) -> None:
        pass

    def forward(self, x: Any) -> Any:
        return self.each(autograd.relu, x)


class LeakyReLU(_Elementwise):
    """x where it is positive, else `negative_slope` times x, so that no neuron is ever quite dead.

    Example:
        >>> LeakyReLU(0.1)(-2.0)
        -0.2
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        self.check("negative_slope", negative_slope)
        self.negative_slope = negative_slope

    def forward(self, x: Any) -> Any:
        return self.each(functional.leaky_relu, x, self.negative_slope)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope}"


class ELU(_Elementwise):
    """x where it is positive, else alpha (exp(x) - 1) (Clevert and others, 2015).

    Example:
        >>> round(ELU()(-1.0), 4)
        -0.6321
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        self.check("alpha", alpha)
        self.alpha = alpha

    def forward(self, x: Any) -> Any:
        return self.each(functional.elu, x, self.alpha)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}"


class GELU(_Elementwise):
    """x Φ(x), with Φ the normal distribution function; see `nn.functional.gelu` for `approximate`.

    Example:
        >>> round(GELU()(1.0), 4)
        0.8413
    """

    def __init__(self, approximate: str = "none") -> None:
        self.approximate = approximate
        functional.gelu(0.0, approximate)  # which refuses what it does not know

    def forward(self, x: Any) -> Any:
        return self.each(functional.gelu, x, self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class SiLU(_Elementwise):
    """x σ(x), also called swish.

    Example:
        >>> round(SiLU()(1.0), 4)
        0.7311
    """

    def __init__(self, inplace: bool = False) -> None:
        pass

    def forward(self, x: Any) -> Any:
        return self.each(autograd.silu, x)


class Sigmoid(_Elementwise):
    """σ(x) = 1 / (1 + exp(-x)): any number as a probability.

    Example:
        >>> Sigmoid()(0.0)
        0.5
    """

    def forward(self, x: Any) -> Any:
        return self.each(autograd.sigmoid, x)


class Tanh(_Elementwise):
    """The hyperbolic tangent: any number between -1 and 1.

    Example:
        >>> Tanh()(0.0)
        0.0
    """

    def forward(self, x: Any) -> Any:
        return self.each(autograd.tanh, x)


class Sin(_Elementwise):
    """The sine, an activation for periodic things; PyTorch has no module of it.

    Example:
        >>> Sin()(0.0)
        0.0
    """

    def forward(self, x: Any) -> Any:
        return self.each(autograd.sin, x)


class Softplus(_Elementwise):
    """log(1 + exp(beta x)) / beta, a smooth ReLU; x itself where beta x is over `threshold`.

    Example:
        >>> round(Softplus()(0.0), 4)
        0.6931
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        self.check("beta", beta)
        self.check("threshold", threshold)
        if beta == 0:
            raise ValueError("Softplus divides by beta, so it cannot be 0.")
        self.beta, self.threshold = beta, threshold

    def forward(self, x: Any) -> Any:
        return self.each(functional.softplus, x, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class _Shares(Module):
    """An activation along one axis."""

    def __init__(self, dim: int = -1) -> None:
        check_dim(type(self).__name__, "dim", dim)
        self.dim = dim

    def _input(self, x: Any) -> Any:
        """`x`, if it has that axis."""
        x = operand(x, self)
        shape = np.shape(x)
        if shape and not -len(shape) <= self.dim < len(shape):
            raise ValueError(f"{self._called()} goes along the axis {self.dim} (dim), and got shape {shape}.")
        return x

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_Shares):
    """Positive shares that add up to 1 along the axis `dim`; not for `CrossEntropyLoss`, which takes the logits before it.

    Example:
        >>> import numpy as np
        >>> Softmax()(np.array([[0.0, 0.0]]))
        array([[0.5, 0.5]])
    """

    def forward(self, x: Any) -> Any:
        return autograd.softmax(self._input(x), self.dim)


class LogSoftmax(_Shares):
    """The logarithm of `Softmax`, for `NLLLoss`.

    Example:
        >>> import numpy as np
        >>> LogSoftmax()(np.array([[0.0, 1000.0]]))
        array([[-1000.,     0.]])
    """

    def forward(self, x: Any) -> Any:
        return autograd.log_softmax(self._input(x), self.dim)
