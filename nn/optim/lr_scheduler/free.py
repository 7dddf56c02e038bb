"""Schedules that compute each learning rate from the initial one.

They use a function of your own, or a cosine that starts anew.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from autograd.interrupts import uninterrupted

from ...checks import count, number
from ..optimizer import Optimizer
from .scheduler import LRScheduler

__all__ = ["CosineAnnealingWarmRestarts", "LambdaLR"]


class LambdaLR(LRScheduler):
    """The initial learning rate times a function of the epoch.

    Args:
        optimizer: see `LRScheduler`.
        lr_lambda: the function, of an epoch from 0; or a list with one for each group.

    Raises:
        TypeError: it is not a function, or gives something that is not a number.
        ValueError: there are more or fewer functions than groups; or one gives a number that is negative or not finite.

    Example:
        >>> from autograd import Value
        >>> from nn.optim import SGD
        >>> optimizer = SGD([Value(1.0)], lr=0.5)
        >>> schedule = LambdaLR(optimizer, lambda epoch: 1 / (epoch + 1))
        >>> schedule.step()
        >>> optimizer.lr
        0.25
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]]) -> None:
        super().__init__(optimizer)
        groups = len(optimizer.param_groups)
        self.lr_lambdas: list[Any] = list(lr_lambda) if isinstance(lr_lambda, (list, tuple)) else [lr_lambda] * groups
        if len(self.lr_lambdas) != groups:
            raise ValueError(f"lr_lambda must be one function or one for each of the {groups} groups; got {len(self.lr_lambdas)}.")
        for function in self.lr_lambdas:
            if not callable(function):
                raise TypeError(f"lr_lambda is a function of the epoch, such as lambda epoch: 0.95**epoch; got {function!r}.")
        self.step()

    def step(self) -> None:
        factors = [number("what lr_lambda gives", function(self.last_epoch + 1)) for function in self.lr_lambdas]
        with uninterrupted():
            self.last_epoch += 1
            for group, factor in zip(self.optimizer.param_groups, factors, strict=True):
                group["lr"] = group["initial_lr"] * factor

    def state_dict(self) -> dict[str, Any]:
        """As for every schedule, without the functions, which a file cannot hold."""
        state = super().state_dict()
        del state["lr_lambdas"]
        return state


class CosineAnnealingWarmRestarts(LRScheduler):
    """Half a period of the cosine from the learning rate down to `eta_min`, and again from the top.

    (Loshchilov and Hutter, 2017)

    Args:
        optimizer: see `LRScheduler`.
        T_0: the number of epochs of the first descent, from 1.
        T_mult: the ratio of the lengths of two successive descents, a whole number from 1.
        eta_min: the lowest learning rate, from 0.

    Raises:
        TypeError: `T_0` or `T_mult` is not a whole number, or `eta_min` is not a number.
        ValueError: one of them is out of range.

    Example:
        >>> from autograd import Value
        >>> from nn.optim import SGD
        >>> optimizer = SGD([Value(1.0)], lr=0.5)
        >>> schedule, rates = CosineAnnealingWarmRestarts(optimizer, T_0=2), []
        >>> for epoch in range(4):
        ...     rates.append(round(optimizer.lr, 3))
        ...     schedule.step()
        >>> rates
        [0.5, 0.25, 0.5, 0.25]
    """

    def __init__(self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0) -> None:
        super().__init__(optimizer)
        self.T_0, self.T_mult, self.eta_min = count("T_0", T_0), count("T_mult", T_mult), number("eta_min", eta_min)
        self.part = 0.0  # the fraction of an epoch by which the last step was beyond `last_epoch`
        self.step()

    def step(self, epoch: float | None = None) -> None:
        """Set the learning rates of the next epoch; or of `epoch`.

        That may be a fraction, as in `epoch + i / batches`.

        Example:
            >>> from autograd import Value
            >>> from nn.optim import SGD
            >>> schedule = CosineAnnealingWarmRestarts(SGD([Value(1.0)], lr=0.5), T_0=2)
            >>> schedule.step(3.0)
            >>> [round(lr, 3) for lr in schedule.get_last_lr()]
            [0.25]
        """
        now = self.last_epoch + self.part + 1 if epoch is None else number("epoch", epoch)
        since, length = now, self.T_0
        while since >= length:
            since, length = since - length, length * self.T_mult
        with uninterrupted():
            self.last_epoch = math.floor(now)
            self.part = now - self.last_epoch
            for group in self.optimizer.param_groups:
                group["lr"] = self.eta_min + (group["initial_lr"] - self.eta_min) * (1 + math.cos(math.pi * since / length)) / 2

    def restart(self) -> None:
        self.part = 0.0
        super().restart()
