"""Activations as modules: functions without parameters, to stand between the layers of a `Sequential`."""

from __future__ import annotations

from typing import Any

import autograd

from . import functional
from .module import Module

__all__ = ["ELU", "GELU", "LeakyReLU", "LogSoftmax", "ReLU", "SiLU", "Sigmoid", "Sin", "Softmax", "Softplus", "Tanh"]


class ReLU(Module):
    """max(x, 0); its derivative at 0 is 0.

    Example:
        >>> ReLU()(-3.0), ReLU()(3.0)
        (0.0, 3.0)
    """

    def forward(self, x: Any) -> Any:
        return autograd.relu(x)


class LeakyReLU(Module):
    """x where it is positive, else `negative_slope` times x, so that no neuron is ever quite dead.

    Example:
        >>> LeakyReLU(0.1)(-2.0)
        -0.2
    """

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = negative_slope

    def forward(self, x: Any) -> Any:
        return functional.leaky_relu(x, self.negative_slope)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope}"


class ELU(Module):
    """x where it is positive, else alpha (exp(x) - 1) (Clevert and others, 2015).

    Example:
        >>> round(ELU()(-1.0), 4)
        -0.6321
    """

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def forward(self, x: Any) -> Any:
        return functional.elu(x, self.alpha)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}"


class GELU(Module):
    """x Φ(x), with Φ the normal distribution function; see `nn.functional.gelu` for `approximate`.

    Example:
        >>> round(GELU()(1.0), 4)
        0.8413
    """

    def __init__(self, approximate: str = "none") -> None:
        self.approximate = approximate
        functional.gelu(0.0, approximate)  # which refuses what it does not know

    def forward(self, x: Any) -> Any:
        return functional.gelu(x, self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class SiLU(Module):
    """x σ(x), also called swish.

    Example:
        >>> round(SiLU()(1.0), 4)
        0.7311
    """

    def forward(self, x: Any) -> Any:
        return autograd.silu(x)


class Sigmoid(Module):
    """σ(x) = 1 / (1 + exp(-x)): any number as a probability.

    Example:
        >>> Sigmoid()(0.0)
        0.5
    """

    def forward(self, x: Any) -> Any:
        return autograd.sigmoid(x)


class Tanh(Module):
    """The hyperbolic tangent: any number between -1 and 1.

    Example:
        >>> Tanh()(0.0)
        0.0
    """

    def forward(self, x: Any) -> Any:
        return autograd.tanh(x)


class Sin(Module):
    """The sine, an activation for periodic things; PyTorch has no module of it.

    Example:
        >>> Sin()(0.0)
        0.0
    """

    def forward(self, x: Any) -> Any:
        return autograd.sin(x)


class Softplus(Module):
    """log(1 + exp(beta x)) / beta, a smooth ReLU; x itself where beta x is over `threshold`.

    Example:
        >>> round(Softplus()(0.0), 4)
        0.6931
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        self.beta, self.threshold = beta, threshold

    def forward(self, x: Any) -> Any:
        return functional.softplus(x, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class Softmax(Module):
    """Positive shares that add up to 1 along the axis `dim`; not for `CrossEntropyLoss`, which takes the logits before it.

    Example:
        >>> import numpy as np
        >>> Softmax()(np.array([[0.0, 0.0]]))
        array([[0.5, 0.5]])
    """

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, x: Any) -> Any:
        return autograd.softmax(x, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class LogSoftmax(Module):
    """The logarithm of `Softmax`, for `NLLLoss`.

    Example:
        >>> import numpy as np
        >>> LogSoftmax()(np.array([[0.0, 1000.0]]))
        array([[-1000.,     0.]])
    """

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, x: Any) -> Any:
        return autograd.log_softmax(x, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"
