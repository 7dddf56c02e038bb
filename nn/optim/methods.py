"""The methods: how a parameter p follows its gradient g. Names, arguments and formulas are PyTorch's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..checks import number
from .optimizer import Array, Optimizer, Settings, Starts

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "RMSprop"]


class SGD(Optimizer):
    """Stochastic gradient descent, p ← p - lr g, with momentum, Nesterov's variant and weight decay.

    Args:
        params: see `Optimizer`.
        lr: the learning rate.
        momentum: how much of the last step carries over, from 0 to 1.
        dampening: how much less of the new gradient goes into the momentum, from 0 to 1.
        weight_decay: an L2 penalty's factor; this times p is added to the gradient.
        nesterov: look ahead along the momentum (Sutskever and others, 2013).
        maximize: go up instead of down.

    Raises:
        ValueError: `momentum` or `dampening` is out of range; `nesterov` without momentum, or with
            dampening; or as in `Optimizer`.

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
        self, params: Iterable[Any], lr: float = 1e-3, momentum: float = 0.0, dampening: float = 0.0,
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
        if maximize:
            g = -g
        if weight_decay:
            g = g + weight_decay * p
        if momentum:
            v *= momentum
            v += g if step == 1 else (1 - dampening) * g
            g = g + momentum * v if nesterov else v
        p -= lr * g

    def check(self, settings: Settings) -> None:
        super().check(settings)
        number("momentum", settings["momentum"], most=1)
        number("dampening", settings["dampening"], most=1)
        if settings["nesterov"] and (settings["momentum"] == 0 or settings["dampening"] != 0):
            raise ValueError("Nesterov's variant needs a momentum above 0 and no dampening.")


class Adam(Optimizer):
    """Adam (Kingma and Ba, 2015): steps of about lr, whatever the size of the gradients.

    With m and v the running means of g and g², p ← p - lr m̂ / (√v̂ + eps). The hats undo that both
    start from 0: m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ) at step t. As the paper recommends, they
    are taken into lr and eps, which are single numbers.

    Args:
        params: see `Optimizer`.
        lr: the learning rate.
        betas: how slowly the two running means forget, each from 0 to below 1.
        eps: keeps the quotient finite; above 0.
        weight_decay: an L2 penalty's factor; this times p is added to the gradient.
        amsgrad: divide by the largest v so far, so that steps never grow again (Reddi and others, 2018).
        maximize: go up instead of down.

    Raises:
        ValueError: a beta or `eps` is out of range; or as in `Optimizer`.

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
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
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
        if maximize:
            g = -g
        if weight_decay:
            g = g + weight_decay * p
        m += (1 - beta1) * (g - m)
        v += (1 - beta2) * (g * g - v)
        if amsgrad:
            v = np.maximum(largest, v, out=largest)
        correction = (1 - beta2**step) ** 0.5
        p -= lr * correction / (1 - beta1**step) * m / (v**0.5 + eps * correction)

    def check(self, settings: Settings) -> None:
        super().check(settings)
        if len(settings["betas"]) != 2:
            raise ValueError(f"betas must be two numbers, of the two running means; got {settings['betas']!r}.")


class AdamW(Adam):
    """Adam with weight decay applied to the parameter itself (Loshchilov and Hutter, 2019).

    Args:
        params, lr, betas, eps, amsgrad, maximize: as in `Adam`.
        weight_decay: the share of lr by which a parameter shrinks at each step.

    Example:
        >>> from autograd import Value
        >>> p = Value(1.0)
        >>> AdamW([p], lr=0.1, weight_decay=0.5).step()
        >>> p.data
        0.95
    """

    elementwise = True

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 1e-2, amsgrad: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)

    def update(self, p: Array, g: Array, *memory: Any, lr: float, weight_decay: float, **settings: Any) -> None:
        p *= 1 - lr * weight_decay
        super().update(p, g, *memory, lr=lr, weight_decay=0.0, **settings)


class RMSprop(Optimizer):
    """RMSprop (Tieleman and Hinton, 2012): p ← p - lr g / (√v + eps), with v the running mean of g².

    Args:
        params: see `Optimizer`.
        lr: the learning rate.
        alpha: how slowly the running mean forgets, from 0 to 1.
        eps: keeps the quotient finite; above 0.
        weight_decay: an L2 penalty's factor; this times p is added to the gradient.
        momentum: how much of the last step carries over, from 0 to 1.
        centered: divide by the standard deviation of g instead: v less the square of the running
            mean of g (Graves, 2013).
        maximize: go up instead of down.

    Raises:
        ValueError: `alpha`, `momentum` or `eps` is out of range; or as in `Optimizer`.

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
        self, params: Iterable[Any], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8, weight_decay: float = 0.0,
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
        if maximize:
            g = -g
        if weight_decay:
            g = g + weight_decay * p
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
    """Adagrad (Duchi and others, 2011): p ← p - lr g / (√s + eps), with s the sum of all g² so far.

    Args:
        params: see `Optimizer`.
        lr: the learning rate.
        lr_decay: at step t, the learning rate is lr / (1 + (t - 1) lr_decay).
        weight_decay: an L2 penalty's factor; this times p is added to the gradient.
        initial_accumulator_value: where s starts.
        eps: keeps the quotient finite; above 0.
        maximize: go up instead of down.

    Raises:
        ValueError: as in `Optimizer`.

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
        self, params: Iterable[Any], lr: float = 1e-2, lr_decay: float = 0.0, weight_decay: float = 0.0,
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
        if maximize:
            g = -g
        if weight_decay:
            g = g + weight_decay * p
        s += g * g
        p -= lr / (1 + (step - 1) * lr_decay) * g / (s**0.5 + eps)
