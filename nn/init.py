"""Initial values of parameters: initialisers that fill a Tensor in place.

Names and formulas are those of `torch.nn.init`.

Signals should keep their size from layer to layer, forwards and backwards. So the standard
deviation of the first weights is gain / √fan: the fan is the number of terms that a neuron adds up,
and the gain compensates for how much smaller the activation makes signals.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor

from .checks import is_number, number
from .lookup import missing
from .randomness import Seed, generator

__all__ = [
    "calculate_gain", "constant_", "kaiming_normal_", "kaiming_uniform_", "normal_", "ones_", "uniform_", "xavier_normal_",
    "xavier_uniform_", "zeros_",
]  # fmt: skip


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The gain for the activation that follows a layer (He and others, 2015).

    It is √2 for ReLU, which cuts off half of its input.

    Args:
        nonlinearity: "linear" (or "conv1d", "conv2d"), "sigmoid", "tanh", "relu", "leaky_relu" or
            "selu".
        param: the negative slope of leaky_relu; 0.01 if None.

    Raises:
        ValueError: `nonlinearity` is unknown.

    Example:
        >>> calculate_gain("tanh") == 5 / 3
        True
    """
    gains = {
        "linear": 1.0, "conv1d": 1.0, "conv2d": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 0.75,
        "leaky_relu": math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2)),
    }  # fmt: skip
    if nonlinearity not in gains:
        raise ValueError(f"There is no gain known for {nonlinearity!r}, only for {', '.join(gains)}.")
    return gains[nonlinearity]


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, *, rng: Seed = None) -> Tensor:
    """Random numbers between `a` and `b`, all equally likely.

    Args:
        tensor: the parameter to fill.
        a, b: the ends of the range, the lower first.
        rng: a seed or a NumPy generator; without one, the generator that `nn.manual_seed` sets.

    Returns:
        The same Tensor, as all initialisers do.

    Raises:
        TypeError: `tensor` is not a Tensor.
        ValueError: `a` and `b` are not the ends of a range.

    Example:
        >>> uniform_(Tensor([0.0, 0.0]), 2, 3, rng=0).data.round(2)
        array([2.64, 2.27])
    """
    if not (is_number(a) and is_number(b) and -math.inf < a <= b < math.inf):
        raise ValueError(f"uniform_ takes the two ends of a range, the lower first; got a={a!r} and b={b!r}.")
    return _fill(tensor, lambda shape: generator(rng).uniform(a, b, shape))


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, *, rng: Seed = None) -> Tensor:
    """Random numbers of the normal distribution.

    Args:
        tensor, rng: as in `uniform_`.
        mean: the mean of the distribution.
        std: its standard deviation, from 0.

    Raises:
        TypeError: `tensor` is not a Tensor, or `std` is not a number.
        ValueError: `mean` is not a finite number, or `std` is negative or not finite.

    Example:
        >>> normal_(Tensor([0.0, 0.0]), std=0.02, rng=0).data.round(4)
        array([ 0.0025, -0.0026])
    """
    if not (is_number(mean) and math.isfinite(mean)):
        raise ValueError(f"normal_ takes mean as a finite number; got {mean!r}.")
    number("std", std)
    return _fill(tensor, lambda shape: generator(rng).normal(mean, std, shape))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """The number `val` everywhere.

    Raises:
        TypeError: `tensor` is not a Tensor.

    Example:
        >>> constant_(Tensor([0.0, 0.0]), 0.1).data
        array([0.1, 0.1])
    """
    return _fill(tensor, lambda shape: np.full(shape, val))


def zeros_(tensor: Tensor) -> Tensor:
    """0 everywhere.

    Raises:
        TypeError: `tensor` is not a Tensor.

    Example:
        >>> zeros_(Tensor([1.0, 2.0])).data
        array([0., 0.])
    """
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """1 everywhere.

    Raises:
        TypeError: `tensor` is not a Tensor.

    Example:
        >>> ones_(Tensor([3.0, 2.0])).data
        array([1., 1.])
    """
    return constant_(tensor, 1.0)


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, *, rng: Seed = None) -> Tensor:
    """Uniform, for tanh and sigmoid: standard deviation gain √(2 / (fan in + fan out)) (Glorot and Bengio, 2010).

    Args:
        tensor: a weight, of shape (outs, ins) or (outs, ins, *kernel).
        gain: see `calculate_gain`.
        rng: as in `uniform_`.

    Raises:
        TypeError: `tensor` is not a Tensor.
        ValueError: it has fewer than two axes.

    Example:
        >>> weight = xavier_uniform_(Tensor(np.zeros((20, 30))), rng=0)
        >>> bool(abs(weight.data).max() < (6 / 50) ** 0.5)
        True
    """
    bound = math.sqrt(3) * gain * math.sqrt(2 / sum(_fans(tensor)))
    return uniform_(tensor, -bound, bound, rng=rng)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, *, rng: Seed = None) -> Tensor:
    """Normal, with the standard deviation of `xavier_uniform_`.

    Args:
        tensor, gain, rng: as in `xavier_uniform_`.

    Raises:
        TypeError, ValueError: as in `xavier_uniform_`.

    Example:
        >>> weight = xavier_normal_(Tensor(np.zeros((200, 300))), rng=0)
        >>> round(float(weight.data.std()), 3), round((2 / 500) ** 0.5, 3)
        (0.063, 0.063)
    """
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(_fans(tensor))), rng=rng)


def kaiming_uniform_(tensor: Tensor, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", *, rng: Seed = None) -> Tensor:
    """Uniform, for ReLU and its variants: standard deviation gain / √fan (He and others, 2015).

    Args:
        tensor: a weight, of shape (outs, ins) or (outs, ins, *kernel).
        a: the negative slope of the leaky_relu that follows; 0 is ReLU.
        mode: "fan_in" keeps the size of signals in the forward pass, "fan_out" that of gradients in
            the backward pass.
        nonlinearity: the activation that follows; see `calculate_gain`.
        rng: as in `uniform_`.

    Raises:
        TypeError: `tensor` is not a Tensor.
        ValueError: it has fewer than two axes, or `mode` or `nonlinearity` is unknown.

    Example:
        >>> weight = kaiming_uniform_(Tensor(np.zeros((20, 30))), nonlinearity="relu", rng=0)
        >>> bool(abs(weight.data).max() < (6 / 30) ** 0.5)
        True
    """
    bound = math.sqrt(3) * _kaiming_deviation(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, rng=rng)


def kaiming_normal_(tensor: Tensor, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", *, rng: Seed = None) -> Tensor:
    """Normal, with the standard deviation of `kaiming_uniform_`.

    Args:
        tensor, a, mode, nonlinearity, rng: as in `kaiming_uniform_`.

    Raises:
        TypeError, ValueError: as in `kaiming_uniform_`.

    Example:
        >>> weight = kaiming_normal_(Tensor(np.zeros((200, 300))), nonlinearity="relu", rng=0)
        >>> round(float(weight.data.std()), 3), round((2 / 300) ** 0.5, 3)
        (0.082, 0.082)
    """
    return normal_(tensor, 0.0, _kaiming_deviation(tensor, a, mode, nonlinearity), rng=rng)


def _kaiming_deviation(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f'The mode is "fan_in" or "fan_out"; got {mode!r}.')
    fan = _fans(tensor)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def _fans(tensor: Tensor) -> tuple[int, int]:
    """How many inputs each output of a layer with this weight has, and how many outputs each input."""
    shape = _checked(tensor).shape
    if len(shape) < 2:
        raise ValueError(f"Only a weight of shape (outs, ins) or (outs, ins, *kernel) has a fan, and this has shape {shape}.")
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def _fill(tensor: Tensor, numbers: Callable[[tuple[int, ...]], NDArray[np.float64]]) -> Tensor:
    """Give a parameter new numbers: `numbers(shape)`."""
    _checked(tensor)
    tensor.data = numbers(tensor.shape)
    return tensor


def _checked(tensor: Tensor) -> Tensor:
    if not isinstance(tensor, Tensor):
        raise TypeError(f"The initialisers fill a Tensor, such as layer.weight, not a {type(tensor).__name__}.")
    return tensor


if not TYPE_CHECKING:
    __getattr__ = missing(globals())
