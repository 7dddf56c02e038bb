"""Methods that use only the direction of a gradient: the signs of its entries, or its orthogonal factor as a matrix."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from autograd import Tensor
from autograd.errors import describe

from ..checks import count, is_number, number
from .groups import Parameters, Settings
from .optimizer import Optimizer
from .pieces import Array, Starts

__all__ = ["Lion", "Muon"]


class Lion(Optimizer):
    """Lion (Chen and others, 2023): every entry changes by lr, up or down.

        p ← (1 - lr weight_decay) p - lr sign(β₁ m + (1 - β₁) g)
        m ← β₂ m + (1 - β₂) g

    Its lr should be about a tenth of Adam's. PyTorch has no Lion; names and arguments are those of its Adam.

    Args:
        params: see `Optimizer`.
        lr: the learning rate, the length of each step.
        betas: β₁ and β₂, from 0 to below 1.
        weight_decay: at each step, p loses the part lr · weight_decay of its value.
        maximize: ascend instead of descend: g becomes -g.

    Raises:
        TypeError, ValueError: as in `Optimizer`.
        ValueError: `betas` are not two numbers.

    Example:
        >>> from autograd import Value
        >>> p = Value(1.0)
        >>> (p * p).backward()
        >>> Lion([p], lr=0.25).step()
        >>> p.data
        0.75
    """

    elementwise = True

    def __init__(
        self, params: Parameters, lr: float = 1e-4, betas: tuple[float, float] = (0.9, 0.99), weight_decay: float = 0.0,
        *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay, "maximize": maximize})

    def memory(self, settings: Settings) -> Starts:
        return {"exp_avg": 0.0}

    def update(
        self, p: Array, g: Array, m: Array, *, step: int, lr: float, betas: tuple[float, float], weight_decay: float, maximize: bool
    ) -> None:
        beta1, beta2 = betas
        if maximize:
            g = -g
        p *= 1 - lr * weight_decay
        p -= lr * np.sign(beta1 * m + (1 - beta1) * g)
        m += (1 - beta2) * (g - m)

    def check(self, settings: Settings) -> None:
        super().check(settings)
        if len(settings["betas"]) != 2:
            raise ValueError(f"betas must be two numbers; got {settings['betas']!r}.")


class Muon(Optimizer):
    """Muon (Jordan, 2024): steps by the orthogonalised gradient, in which all directions count alike.

    It is for weights of hidden layers.

        m ← momentum m + (1 - momentum) g
        p ← (1 - lr weight_decay) p - lr' O(m)

    O makes all singular values of a matrix nearly 1, by a few steps of Newton and Schulz's iteration:
    x ← a x + (b x xᵀ + c (x xᵀ)²) x. Give biases, embeddings and the last layer to `AdamW`. Names, arguments and
    formulas are PyTorch's; O is computed in the precision of p, where PyTorch takes bfloat16.

    Args:
        params: matrices; see `Optimizer`.
        lr: the learning rate.
        weight_decay: at each step, p loses the part lr · weight_decay of its value.
        momentum: the factor by which m decays at each step, from 0 to 1.
        nesterov: orthogonalise momentum m + (1 - momentum) g instead of m.
        ns_coefficients: a, b and c.
        eps: the least number by which a matrix is divided when its norm is made 1.
        ns_steps: the number of iterations, below 100.
        adjust_lr_fn: how lr' follows from the shape of p: "original", lr √max(1, rows / columns), which None is too;
            or "match_rms_adamw", 0.2 lr √max(rows, columns), to take over a learning rate of AdamW.

    Raises:
        TypeError, ValueError: as in `Optimizer`.
        ValueError: a parameter is not a matrix, or a setting is out of range.

    Example:
        >>> p = Tensor(np.zeros((2, 2)))
        >>> (p * np.array([[3.0, 0.0], [0.0, 5.0]])).sum().backward()
        >>> Muon([p], lr=0.1).step()
        >>> np.diag(p.data).round(1)
        array([-0.1, -0.1])
    """

    unchecked = ("ns_coefficients", "adjust_lr_fn")

    def __init__(
        self, params: Parameters, lr: float = 1e-3, weight_decay: float = 0.1, momentum: float = 0.95, nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315), eps: float = 1e-7, ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:  # fmt: skip
        defaults = {"lr": lr, "weight_decay": weight_decay, "momentum": momentum, "nesterov": nesterov, "eps": eps}
        super().__init__(params, {**defaults, "ns_coefficients": ns_coefficients, "ns_steps": ns_steps, "adjust_lr_fn": adjust_lr_fn})

    def memory(self, settings: Settings) -> Starts:
        return {"momentum_buffer": 0.0}

    def update(
        self, p: Array, g: Array, m: Array, *, step: int, lr: float, weight_decay: float, momentum: float, nesterov: bool,
        ns_coefficients: tuple[float, float, float], eps: float, ns_steps: int, adjust_lr_fn: str | None,
    ) -> None:  # fmt: skip
        m += (1 - momentum) * (g - m)
        x = _orthogonal(g + momentum * (m - g) if nesterov else m, ns_coefficients, eps, ns_steps)
        rows, columns = p.shape
        rate = 0.2 * max(rows, columns) ** 0.5 if adjust_lr_fn == "match_rms_adamw" else max(1, rows / columns) ** 0.5
        p *= 1 - lr * weight_decay
        p -= lr * rate * x

    def add_param_group(self, param_group: Settings) -> None:
        super().add_param_group(param_group)
        for p in self.param_groups[-1]["params"]:
            if not isinstance(p, Tensor) or p.ndim != 2:
                del self.param_groups[-1]
                raise ValueError(f"Muon is for matrices, and not for {describe(p)}; give the others to AdamW.")

    def check(self, settings: Settings) -> None:
        super().check(settings)
        number("momentum", settings["momentum"], most=1)
        coefficients = settings["ns_coefficients"]
        if not isinstance(coefficients, Iterable) or len(numbers := list(coefficients)) != 3 or not all(map(is_number, numbers)):
            raise ValueError(f"ns_coefficients must be three numbers; got {coefficients!r}.")
        if count("ns_steps", settings["ns_steps"]) >= 100:
            raise ValueError(f"ns_steps must be below 100; got {settings['ns_steps']}.")
        if settings["adjust_lr_fn"] not in (None, "original", "match_rms_adamw"):
            raise ValueError(f"adjust_lr_fn must be 'original' or 'match_rms_adamw'; got {settings['adjust_lr_fn']!r}.")


def _orthogonal(g: Array, coefficients: tuple[float, float, float], eps: float, steps: int) -> Array:
    """A matrix with nearly the same singular vectors, and singular values near 1."""
    a, b, c = coefficients
    x = g.T if g.shape[0] > g.shape[1] else g
    x = x / np.maximum(np.linalg.norm(x), eps)
    for _ in range(steps):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return x.T if g.shape[0] > g.shape[1] else x
