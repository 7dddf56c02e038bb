"""Activations as modules, with PyTorch's names.

They are functions without parameters, for use between the layers of a `Sequential`.

`inplace` is accepted so that PyTorch's programs run; the input always stays unchanged, since the
backward pass may need it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

import autograd

from . import functional
from .checks import is_number
from .inputs import check_dim, operand
from .module import Module
from .types import Input, Output

__all__ = ["ELU", "GELU", "LeakyReLU", "LogSoftmax", "ReLU", "SiLU", "Sigmoid", "Sin", "Softmax", "Softplus", "Tanh"]


class _Elementwise(Module):
    """An activation that is applied to each number by itself.

    It takes a Tensor, an array, a number, a Value, or a list of Values.

    Attributes:
        function: the function of an input and the settings.
        settings: the names of the settings, which are attributes.
    """

    function: ClassVar[Callable[..., Any]]
    settings: ClassVar[tuple[str, ...]] = ()

    def _set(self, **settings: object) -> None:
        """Keep the settings, if they are numbers."""
        for name, setting in settings.items():
            if not is_number(setting):
                raise TypeError(f"{type(self).__name__} takes {name} as a number; got {setting!r}.")
            setattr(self, name, setting)

    def forward(self, x: Input) -> Output:
        x = operand(x, self)
        settings = [getattr(self, name) for name in self.settings]
        if isinstance(x, (list, tuple)):
            return [self.function(value, *settings) for value in x]
        y: Output = self.function(x, *settings)
        return y

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={getattr(self, name)!r}" for name in self.settings)


class _MaybeInPlace(_Elementwise):
    """An activation that takes PyTorch's `inplace`."""

    def __init__(self, inplace: bool = False) -> None:
        if isinstance(inplace, (autograd.Node, np.ndarray)):
            kind = type(self).__name__
            raise TypeError(f"{kind} is made first, and then called: nn.{kind}()(x), or nn.functional.{kind.lower()}(x).")


class ReLU(_MaybeInPlace):
    """max(x, 0); its derivative at 0 is 0 (Nair and Hinton, 2010).

    Shape: any; the output has the same.

    Raises:
        TypeError: data stand in place of the setting.

    Example:
        >>> ReLU()(-3.0), ReLU()(3.0)
        (0.0, 3.0)
    """

    function = autograd.relu


class LeakyReLU(_Elementwise):
    """x where it is positive, else `negative_slope` times x.

    So no neuron stops learning forever (Maas and others, 2013).

    Shape: any; the output has the same.

    Raises:
        TypeError: `negative_slope` is not a number.

    Example:
        >>> LeakyReLU(0.1)(-2.0)
        -0.2
    """

    function = staticmethod(functional.leaky_relu)
    settings = ("negative_slope",)

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        self._set(negative_slope=negative_slope)


class ELU(_Elementwise):
    """x where it is positive, else alpha (exp(x) - 1) (Clevert and others, 2015).

    Shape: any; the output has the same.

    Raises:
        TypeError: `alpha` is not a number.

    Example:
        >>> round(ELU()(-1.0), 4)
        -0.6321
    """

    function = staticmethod(functional.elu)
    settings = ("alpha",)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        self._set(alpha=alpha)


class GELU(_Elementwise):
    """x Φ(x), with Φ the normal distribution function (Hendrycks and Gimpel, 2016).

    Args:
        approximate: "none", or "tanh" for the formula of GPT-2; see `nn.functional.gelu`.

    Shape: any; the output has the same.

    Raises:
        ValueError: `approximate` is something else.

    Example:
        >>> round(GELU()(1.0), 4)
        0.8413
    """

    function = staticmethod(functional.gelu)
    settings = ("approximate",)

    def __init__(self, approximate: str = "none") -> None:
        functional.gelu(0.0, approximate)  # raises an error for other values
        self.approximate = approximate


class SiLU(_MaybeInPlace):
    """x σ(x), also called swish (Ramachandran and others, 2017).

    Shape: any; the output has the same.

    Raises:
        TypeError: data stand in place of the setting.

    Example:
        >>> round(SiLU()(1.0), 4)
        0.7311
    """

    function = autograd.silu


class Sigmoid(_Elementwise):
    """σ(x) = 1 / (1 + exp(-x)), PyTorch's `Sigmoid`: any number becomes a probability.

    Shape: any; the output has the same.

    Example:
        >>> Sigmoid()(0.0)
        0.5
    """

    function = autograd.sigmoid


class Tanh(_Elementwise):
    """The hyperbolic tangent, PyTorch's `Tanh`: its results are between -1 and 1.

    Shape: any; the output has the same.

    Example:
        >>> Tanh()(0.0)
        0.0
    """

    function = autograd.tanh


class Sin(_Elementwise):
    """The sine, an activation for periodic signals (Sitzmann and others, 2020); PyTorch has no such module.

    Shape: any; the output has the same.

    Example:
        >>> Sin()(0.0)
        0.0
    """

    function = autograd.sin


class Softplus(_Elementwise):
    """log(1 + exp(beta x)) / beta, a smooth ReLU (Dugas and others, 2001); x itself where beta x is over `threshold`.

    Shape: any; the output has the same.

    Raises:
        TypeError: a setting is not a number.
        ValueError: `beta` is 0.

    Example:
        >>> round(Softplus()(0.0), 4)
        0.6931
    """

    function = staticmethod(functional.softplus)
    settings = ("beta", "threshold")

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        self._set(beta=beta, threshold=threshold)
        if beta == 0:
            raise ValueError("Softplus divides by beta, so it cannot be 0.")


class _Along(Module):
    """An activation along one axis."""

    function: ClassVar[Callable[..., Any]]

    def __init__(self, dim: int = -1) -> None:
        check_dim(type(self).__name__, "dim", dim)
        self.dim = dim

    def forward(self, x: Input) -> Output:
        x = operand(x, self)
        shape = np.shape(x)
        if shape and not -len(shape) <= self.dim < len(shape):
            raise ValueError(f"{self._called()} goes along the axis {self.dim} (dim), and got shape {shape}.")
        y: Output = self.function(x, self.dim)
        return y

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_Along):
    """Positive numbers that add up to 1 along the axis `dim`, exp(x) / Σ exp(x); PyTorch's `Softmax`.

    `CrossEntropyLoss` takes the logits before the softmax.

    Shape: any that has the axis `dim`, or a list of Values; the output has the same.

    Raises:
        ValueError: `dim` is not a whole number; on a call, the input has no such axis.

    Example:
        >>> import numpy as np
        >>> Softmax()(np.array([[0.0, 0.0]]))
        array([[0.5, 0.5]])
    """

    function = staticmethod(autograd.softmax)


class LogSoftmax(_Along):
    """The logarithm of `Softmax`, for `NLLLoss`; PyTorch's `LogSoftmax`.

    Shape: as in `Softmax`.

    Raises:
        ValueError: as in `Softmax`.

    Example:
        >>> import numpy as np
        >>> LogSoftmax()(np.array([[0.0, 1000.0]]))
        array([[-1000.,     0.]])
    """

    function = staticmethod(autograd.log_softmax)
