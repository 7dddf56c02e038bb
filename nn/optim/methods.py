"""Optimization methods: formulas by which a parameter p is changed, given its gradient g.

Names, arguments and formulas are PyTorch's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..checks import number
from .groups import Parameters, Settings
from .optimizer import Optimizer
from .pieces import Array, Starts

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "RMSprop", "WithBetas", "directed"]


def directed(g: Array, p: Array, weight_decay: float, maximize: bool) -> Array:
    """The gradient to follow: that of the loss, or upwards if `maximize`, and of its L2 penalty.

    Example:
        >>> directed(np.array([1.0]), np.array([4.0]), weight_decay=0.5, maximize=True)
        array([1.])
    """
    if maximize:
        g = -g
    return g + weight_decay * p if weight_decay else g


class SGD(Optimizer):
    """Stochastic gradient descent (Robbins and Monro, 1951), with momentum (Polyak, 1964).

        p ← p - lr g

    With momentum, p follows a velocity v, a decaying sum of the gradients:

        v ← momentum v + (1 - dampening) g        (at the first step v ← g)
        p ← p - lr v

    Nesterov's variant adds the next step of the velocity to the gradient: p ← p - lr (g + momentum v)
    (Sutskever and others, 2013).

    Args:
        params: see `Optimizer`.
        lr: the learning rate.
        momentum: the factor by which the velocity decays at each step, from 0 to 1.
        dampening: the part of a new gradient that is not added to the velocity, from 0 to 1.
        weight_decay: the factor of an L2 penalty: weight_decay · p is added to g.
        nesterov: whether to use Nesterov's variant.
        maximize: ascend instead of descend: g becomes -g.

    Raises:
        TypeError, ValueError: as in `Optimizer`.
        ValueError: `momentum` or `dampening` is above 1; or `nesterov` is given without momentum,
            or with dampening.

    Example:
        >>> from autograd import Value
        >>> p = Value(1.0)
        >>> (p * p).backward()
        >>> SGD([p], lr=0.1).step()
        >>> p.data
        0.8
    """

    elementwise = True

    def __init__(
        self, params: Parameters, lr: float = 1e-3, momentum: float = 0.0, dampening: float = 0.0,
        weight_decay: float = 0.0, nesterov: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        defaults = {"lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay, "nesterov": nesterov}
        super().__init__(params, {**defaults, "maximize": maximize})

    def memory(self, settings: Settings) -> Starts:
        return {"momentum_buffer": 0.0 if settings["momentum"] else None}

    def update(
        self, p: Array, g: Array, v: Array, *,
        step: int, lr: float, momentum: float, dampening: float, weight_decay: float, nesterov: bool, maximize: bool,
    ) -> None:  # fmt: skip
        g = directed(g, p, weight_decay, maximize)
        if momentum:
            v *= momentum
            v += (1 - dampening) * g if dampening and step > 1 else g
            g = g + momentum * v if nesterov else v
        p -= lr * g

    def check(self, settings: Settings) -> None:
        super().check(settings)
        number("momentum", settings["momentum"], most=1)
        number("dampening", settings["dampening"], most=1)
        if settings["nesterov"] and (settings["momentum"] == 0 or settings["dampening"] != 0):
            raise ValueError("Nesterov's variant needs a momentum above 0 and no dampening.")


class WithBetas(Optimizer):
    """What Adam and its variants share: two betas."""

    def check(self, settings: Settings) -> None:
        super().check(settings)
        if len(settings["betas"]) != 2:
            raise ValueError(f"betas must be two numbers, of the two running means; got {settings['betas']!r}.")


class Adam(WithBetas):
    """Adam (Kingma and Ba, 2015): steps of about lr, whatever the size of the gradients.

        m ← β₁ m + (1 - β₁) g
        v ← β₂ v + (1 - β₂) g²
        p ← p - lr m̂ / (√v̂ + eps)

    The running means m and v start at 0, so they are too small at first. At step t this bias is corrected:
    m̂ = m / (1 - β₁ᵗ), v̂ = v / (1 - β₂ᵗ). The code applies the corrections to lr and eps instead, which are
    single numbers; the result is the same (section 2 of the paper).

    Args:
        params: see `Optimizer`.
        lr: the learning rate.
        betas: β₁ and β₂, at least 0 and below 1; the larger, the longer the memory of the running means.
        eps: a small positive number that keeps the quotient finite.
        weight_decay: the factor of an L2 penalty: weight_decay · p is added to g.
        amsgrad: whether to use the largest v so far in place of v (Reddi and others, 2018).
        maximize: ascend instead of descend: g becomes -g.

    Raises:
        TypeError, ValueError: as in `Optimizer`.
        ValueError: `betas` are not two numbers.

    Example:
        >>> from autograd import Value
        >>> p = Value(1.0)
        >>> (p * p).backward()
        >>> Adam([p], lr=0.1).step()
        >>> round(p.data, 6)
        0.9
    """

    elementwise = True

    def __init__(
        self, params: Parameters, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0.0, amsgrad: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        defaults = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad, "maximize": maximize}
        super().__init__(params, defaults)

    def memory(self, settings: Settings) -> Starts:
        return {"exp_avg": 0.0, "exp_avg_sq": 0.0, "max_exp_avg_sq": 0.0 if settings["amsgrad"] else None}

    def update(
        self, p: Array, g: Array, m: Array, v: Array, largest: Array, *,
        step: int, lr: float, betas: tuple[float, float], eps: float, weight_decay: float, amsgrad: bool, maximize: bool,
    ) -> None:  # fmt: skip
        beta1, beta2 = betas
        g = directed(g, p, weight_decay, maximize)
        m += (1 - beta1) * (g - m)
        v += (1 - beta2) * (g * g - v)
        if amsgrad:
            v = np.maximum(largest, v, out=largest)
        correction = (1 - beta2**step) ** 0.5
        p -= lr * correction / (1 - beta1**step) * m / (v**0.5 + eps * correction)


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019).

        p ← (1 - lr weight_decay) p

    and then a step of Adam without weight decay. So the decay is not divided by √v̂, as an L2 penalty is in Adam.

    Args:
        params, lr, betas, eps, amsgrad, maximize: as in `Adam`.
        weight_decay: at each step, p loses the part lr · weight_decay of its value.

    Raises:
        TypeError, ValueError: as in `Adam`.

    Example:
        >>> from autograd import Value
        >>> p = Value(1.0)
        >>> AdamW([p], lr=0.1, weight_decay=0.5).step()
        >>> p.data
        0.95
    """

    elementwise = True

    def __init__(
        self, params: Parameters, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 1e-2, amsgrad: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)

    def update(self, p: Array, g: Array, *memory: Any, lr: float, weight_decay: float, **settings: Any) -> None:
        p *= 1 - lr * weight_decay
        super().update(p, g, *memory, lr=lr, weight_decay=0.0, **settings)


class RMSprop(Optimizer):
    """RMSprop (Tieleman and Hinton, 2012).

        v ← alpha v + (1 - alpha) g²
        p ← p - lr g / (√v + eps)

    Args:
        params: see `Optimizer`.
        lr: the learning rate.
        alpha: the factor by which the running mean v decays at each step, from 0 to 1.
        eps: a small positive number that keeps the quotient finite.
        weight_decay: the factor of an L2 penalty: weight_decay · p is added to g.
        momentum: the factor by which the velocity decays at each step, from 0 to 1. As in `SGD`, with
            the quotient g / (√v + eps) in place of g.
        centered: subtract from v the square of the running mean of g, so that √v is the standard
            deviation of g (Graves, 2013).
        maximize: ascend instead of descend: g becomes -g.

    Raises:
        TypeError, ValueError: as in `Optimizer`.
        ValueError: `alpha` or `momentum` is above 1.

    Example:
        >>> from autograd import Value
        >>> p = Value(1.0)
        >>> (p * p).backward()
        >>> RMSprop([p], lr=0.1, alpha=0.75).step()
        >>> round(p.data, 6)
        0.8
    """

    elementwise = True

    def __init__(
        self, params: Parameters, lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8, weight_decay: float = 0.0,
        momentum: float = 0.0, centered: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        defaults = {"lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay, "momentum": momentum, "centered": centered}
        super().__init__(params, {**defaults, "maximize": maximize})

    def memory(self, settings: Settings) -> Starts:
        return {
            "square_avg": 0.0,
            "grad_avg": 0.0 if settings["centered"] else None,
            "momentum_buffer": 0.0 if settings["momentum"] else None,
        }

    def update(
        self, p: Array, g: Array, v: Array, mean: Array, velocity: Array, *,
        step: int, lr: float, alpha: float, eps: float, weight_decay: float, momentum: float, centered: bool, maximize: bool,
    ) -> None:  # fmt: skip
        g = directed(g, p, weight_decay, maximize)
        v *= alpha
        v += (1 - alpha) * g * g
        variance = v
        if centered:
            mean *= alpha
            mean += (1 - alpha) * g
            variance = abs(v - mean * mean)  # rounding can take it below 0
        g = g / (variance**0.5 + eps)
        if momentum:
            velocity *= momentum
            velocity += g
            g = velocity
        p -= lr * g

    def check(self, settings: Settings) -> None:
        super().check(settings)
        number("alpha", settings["alpha"], most=1)
        number("momentum", settings["momentum"], most=1)


class Adagrad(Optimizer):
    """Adagrad (Duchi, Hazan and Singer, 2011).

        s ← s + g²
        p ← p - lr g / (√s + eps)

    Args:
        params: see `Optimizer`.
        lr: the learning rate.
        lr_decay: at step t, the learning rate is lr / (1 + (t - 1) lr_decay).
        weight_decay: the factor of an L2 penalty: weight_decay · p is added to g.
        initial_accumulator_value: the initial value of s.
        eps: a small positive number that keeps the quotient finite.
        maximize: ascend instead of descend: g becomes -g.

    Raises:
        TypeError, ValueError: as in `Optimizer`.

    Example:
        >>> from autograd import Value
        >>> p = Value(1.0)
        >>> (p * p).backward()
        >>> Adagrad([p], lr=0.1).step()
        >>> round(p.data, 6)
        0.9
    """

    elementwise = True

    def __init__(
        self, params: Parameters, lr: float = 1e-2, lr_decay: float = 0.0, weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0, eps: float = 1e-10, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        defaults = {"lr": lr, "lr_decay": lr_decay, "weight_decay": weight_decay, "eps": eps, "maximize": maximize}
        super().__init__(params, {**defaults, "initial_accumulator_value": initial_accumulator_value})

    def memory(self, settings: Settings) -> Starts:
        return {"sum": settings["initial_accumulator_value"]}

    def update(
        self, p: Array, g: Array, s: Array, *,
        step: int, lr: float, lr_decay: float, weight_decay: float, initial_accumulator_value: float, eps: float, maximize: bool,
    ) -> None:  # fmt: skip
        g = directed(g, p, weight_decay, maximize)
        s += g * g
        p -= lr / (1 + (step - 1) * lr_decay) * g / (s**0.5 + eps)
