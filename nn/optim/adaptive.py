"""More adaptive methods, which divide by the size of past gradients: variants of RMSprop and Adam, as in PyTorch."""

from __future__ import annotations

import numpy as np

from ..checks import number
from .groups import Parameters, Settings
from .methods import WithBetas, directed
from .optimizer import Optimizer
from .pieces import Array, Starts

__all__ = ["Adadelta", "Adamax", "NAdam", "RAdam"]


class Adadelta(Optimizer):
    """Adadelta (Zeiler, 2012): like RMSprop, with the root mean square of past steps as the learning rate.

        v ← rho v + (1 - rho) g²
        d = √(u + eps) / √(v + eps) g
        u ← rho u + (1 - rho) d²
        p ← p - lr d

    Args:
        params: see `Optimizer`.
        lr: a factor of the steps.
        rho: the factor by which the running means v and u decay at each step, from 0 to 1.
        eps: a small positive number, which sets the size of the first steps.
        weight_decay: the factor of an L2 penalty: weight_decay · p is added to g.
        maximize: ascend instead of descend: g becomes -g.

    Raises:
        TypeError, ValueError: as in `Optimizer`.
        ValueError: `rho` is above 1.

    Example:
        >>> from autograd import Value
        >>> p = Value(1.0)
        >>> (p * p).backward()
        >>> Adadelta([p], eps=0.01).step()
        >>> round(p.data, 6)
        0.687652
    """

    elementwise = True

    def __init__(
        self, params: Parameters, lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0.0,
        *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize})

    def memory(self, settings: Settings) -> Starts:
        return {"square_avg": 0.0, "acc_delta": 0.0}

    def update(
        self, p: Array, g: Array, v: Array, u: Array, *, step: int, lr: float, rho: float, eps: float, weight_decay: float, maximize: bool
    ) -> None:
        g = directed(g, p, weight_decay, maximize)
        v *= rho
        v += (1 - rho) * g * g
        d = (u + eps) ** 0.5 / (v + eps) ** 0.5 * g
        u *= rho
        u += (1 - rho) * d * d
        p -= lr * d

    def check(self, settings: Settings) -> None:
        super().check(settings)
        number("rho", settings["rho"], most=1)


class Adamax(WithBetas):
    """Adam with the largest of the past gradients, which decays, in place of their mean square (Kingma and Ba, 2015).

        m ← β₁ m + (1 - β₁) g
        u ← max(β₂ u, |g| + eps)
        p ← p - lr m̂ / u

    with m̂ = m / (1 - β₁ᵗ) at step t.

    Args:
        params, lr, betas, eps, weight_decay, maximize: as in `Adam`.

    Raises:
        TypeError, ValueError: as in `Adam`.

    Example:
        >>> from autograd import Value
        >>> p = Value(1.0)
        >>> (p * p).backward()
        >>> Adamax([p], lr=0.1).step()
        >>> round(p.data, 6)
        0.9
    """

    elementwise = True

    def __init__(
        self, params: Parameters, lr: float = 2e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0.0, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize})

    def memory(self, settings: Settings) -> Starts:
        return {"exp_avg": 0.0, "exp_inf": 0.0}

    def update(
        self, p: Array, g: Array, m: Array, u: Array, *,
        step: int, lr: float, betas: tuple[float, float], eps: float, weight_decay: float, maximize: bool,
    ) -> None:  # fmt: skip
        beta1, beta2 = betas
        g = directed(g, p, weight_decay, maximize)
        m += (1 - beta1) * (g - m)
        np.maximum(beta2 * u, abs(g) + eps, out=u)
        p -= lr / (1 - beta1**step) * m / u


class NAdam(WithBetas):
    """Adam with Nesterov's variant of momentum, which looks one step ahead (Dozat, 2016).

        m ← β₁ m + (1 - β₁) g,  v ← β₂ v + (1 - β₂) g²,  μₜ = β₁ (1 - 0.96^(t · momentum_decay) / 2)
        p ← p - lr ((1 - μₜ) g / (1 - Π μ) + μₜ₊₁ m / (1 - μₜ₊₁ Π μ)) / (√v̂ + eps)

    where Π μ is the product of all μ up to μₜ.

    Args:
        params, lr, betas, eps, weight_decay, maximize: as in `Adam`.
        momentum_decay: how fast the momentum μₜ rises to β₁.
        decoupled_weight_decay: whether weight decay is decoupled, as in `AdamW`, instead of an L2 penalty.

    Raises:
        TypeError, ValueError: as in `Adam`.

    Example:
        >>> from autograd import Value
        >>> p = Value(1.0)
        >>> (p * p).backward()
        >>> NAdam([p], lr=0.1).step()
        >>> round(p.data, 6)
        0.894355
    """

    elementwise = True

    def __init__(
        self, params: Parameters, lr: float = 2e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0.0, momentum_decay: float = 4e-3, decoupled_weight_decay: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        defaults = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "momentum_decay": momentum_decay}
        super().__init__(params, {**defaults, "decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize})

    def memory(self, settings: Settings) -> Starts:
        return {"mu_product": 1.0, "exp_avg": 0.0, "exp_avg_sq": 0.0}

    def update(
        self, p: Array, g: Array, product: Array, m: Array, v: Array, *, step: int, lr: float, betas: tuple[float, float],
        eps: float, weight_decay: float, momentum_decay: float, decoupled_weight_decay: bool, maximize: bool,
    ) -> None:  # fmt: skip
        beta1, beta2 = betas
        if decoupled_weight_decay:
            p *= 1 - lr * weight_decay
        g = directed(g, p, 0.0 if decoupled_weight_decay else weight_decay, maximize)
        now, ahead = (beta1 * (1 - 0.5 * 0.96 ** (t * momentum_decay)) for t in (step, step + 1))
        product *= now
        m += (1 - beta1) * (g - m)
        v += (1 - beta2) * (g * g - v)
        root = (v / (1 - beta2**step)) ** 0.5 + eps
        p -= lr * (1 - now) / (1 - product) * g / root
        p -= lr * ahead / (1 - product * ahead) * m / root


class RAdam(WithBetas):
    """Adam without division in the first few steps, when v is a mean over too few gradients (Liu and others, 2020).

        r = 2 / (1 - β₂) - 1,  rₜ = r - 2 t β₂ᵗ / (1 - β₂ᵗ)
        p ← p - lr m̂ √((rₜ - 4) (rₜ - 2) r / ((r - 4) (r - 2) rₜ)) √(1 - β₂ᵗ) / (√v + eps)   if rₜ > 5
        p ← p - lr m̂                                                                   otherwise

    with m, v and m̂ as in `Adam`. rₜ is, roughly, the number of gradients over which v is a mean.

    Args:
        params, lr, betas, eps, weight_decay, maximize: as in `Adam`.
        decoupled_weight_decay: whether weight decay is decoupled, as in `AdamW`, instead of an L2 penalty.

    Raises:
        TypeError, ValueError: as in `Adam`.

    Example:
        >>> from autograd import Value
        >>> p = Value(1.0)
        >>> (p * p).backward()
        >>> RAdam([p], lr=0.1).step()
        >>> round(p.data, 6)
        0.8
    """

    elementwise = True

    def __init__(
        self, params: Parameters, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0.0, decoupled_weight_decay: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        defaults = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, {**defaults, "decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize})

    def memory(self, settings: Settings) -> Starts:
        return {"exp_avg": 0.0, "exp_avg_sq": 0.0}

    def update(
        self, p: Array, g: Array, m: Array, v: Array, *, step: int, lr: float, betas: tuple[float, float],
        eps: float, weight_decay: float, decoupled_weight_decay: bool, maximize: bool,
    ) -> None:  # fmt: skip
        beta1, beta2 = betas
        if decoupled_weight_decay:
            p *= 1 - lr * weight_decay
        g = directed(g, p, 0.0 if decoupled_weight_decay else weight_decay, maximize)
        m += (1 - beta1) * (g - m)
        v += (1 - beta2) * (g * g - v)
        forgotten = 1 - beta2**step
        most = 2 / (1 - beta2) - 1
        length = most - 2 * step * beta2**step / forgotten
        rate = lr / (1 - beta1**step)
        if length <= 5:
            p -= rate * m
            return
        trust = ((length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length)) ** 0.5
        p -= rate * trust * forgotten**0.5 * m / (v**0.5 + eps)
