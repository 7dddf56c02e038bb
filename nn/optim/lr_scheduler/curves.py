"""Schedules that follow a curve over the epochs: steps, an exponential, a straight line, a cosine."""

from __future__ import annotations

import math
from collections.abc import Iterable

from autograd.interrupts import uninterrupted

from ...checks import count, number
from ..optimizer import Optimizer
from .scheduler import LRScheduler

__all__ = ["CosineAnnealingLR", "Curve", "ExponentialLR", "LinearLR", "MultiStepLR", "StepLR"]


class Curve(LRScheduler):
    """A schedule whose learning rate is a multiple of the initial one: `curve(epoch)`.

    Each step multiplies the learning rate by the ratio of two successive points of the curve. So it keeps
    the changes that another schedule or the user has made.

    Example:
        >>> from autograd import Value
        >>> from nn.optim import SGD
        >>> class HalvingLR(Curve):
        ...     def __init__(self, optimizer):
        ...         super().__init__(optimizer)
        ...         self.step()
        ...     def curve(self, epoch):
        ...         return 0.5**epoch
        >>> optimizer = SGD([Value(1.0)], lr=0.1)
        >>> schedule = HalvingLR(optimizer)
        >>> schedule.step()
        >>> optimizer.lr
        0.05
    """

    eta_min = 0.0  # the learning rate where the curve is 0

    def curve(self, epoch: int) -> float:
        """The learning rate of an epoch, from 0, as a multiple of the initial one."""
        raise NotImplementedError(f"{type(self).__name__} does not define curve(self, epoch), the multiple of the initial learning rate.")

    def step(self) -> None:
        before = self.curve(self.last_epoch) if self.last_epoch >= 0 else 1.0
        now = self.curve(self.last_epoch + 1)
        with uninterrupted():
            self.last_epoch += 1
            for group in self.optimizer.param_groups:
                initial = group.setdefault("initial_lr", group["lr"])
                if before == 0:
                    group["lr"] += (initial - self.eta_min) * now
                else:
                    group["lr"] = self.eta_min + now / before * (group["lr"] - self.eta_min)


class StepLR(Curve):
    """Multiplies the learning rate by gamma every `step_size` epochs: in epoch t it is lr gamma^⌊t / step_size⌋.

    Args:
        optimizer: see `LRScheduler`.
        step_size: the number of epochs from one change to the next, from 1.
        gamma: the factor, from 0.

    Raises:
        TypeError: `step_size` is not a whole number, or `gamma` is not a number.
        ValueError: one of them is out of range.

    Example:
        >>> from autograd import Value
        >>> from nn.optim import SGD
        >>> optimizer = SGD([Value(1.0)], lr=0.5)
        >>> schedule, rates = StepLR(optimizer, step_size=2, gamma=0.5), []
        >>> for epoch in range(5):
        ...     rates.append(optimizer.lr)
        ...     optimizer.step()
        ...     schedule.step()
        >>> rates
        [0.5, 0.5, 0.25, 0.25, 0.125]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        super().__init__(optimizer)
        self.step_size, self.gamma = count("step_size", step_size), number("gamma", gamma)
        self.step()

    def curve(self, epoch: int) -> float:
        return self.gamma ** (epoch // self.step_size)


class MultiStepLR(Curve):
    """Multiplies the learning rate by gamma at each of the given epochs.

    Args:
        optimizer: see `LRScheduler`.
        milestones: the epochs, whole numbers from 0; one that occurs twice counts twice.
        gamma: the factor, from 0.

    Raises:
        TypeError: a milestone is not a whole number, or `gamma` is not a number.
        ValueError: one of them is out of range.

    Example:
        >>> from autograd import Value
        >>> from nn.optim import SGD
        >>> optimizer = SGD([Value(1.0)], lr=0.5)
        >>> schedule, rates = MultiStepLR(optimizer, milestones=[1, 3], gamma=0.5), []
        >>> for epoch in range(5):
        ...     rates.append(optimizer.lr)
        ...     schedule.step()
        >>> rates
        [0.5, 0.25, 0.25, 0.125, 0.125]
    """

    def __init__(self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1) -> None:
        super().__init__(optimizer)
        self.milestones = sorted(count("a milestone", milestone, least=0) for milestone in milestones)
        self.gamma = number("gamma", gamma)
        self.step()

    def curve(self, epoch: int) -> float:
        passed = sum(0 < milestone <= epoch for milestone in self.milestones)
        return self.gamma**passed


class ExponentialLR(Curve):
    """Multiplies the learning rate by gamma every epoch: in epoch t it is lr gammaᵗ.

    Args:
        optimizer: see `LRScheduler`.
        gamma: the factor, from 0.

    Raises:
        TypeError: `gamma` is not a number.
        ValueError: it is negative or not finite.

    Example:
        >>> from autograd import Value
        >>> from nn.optim import SGD
        >>> schedule = ExponentialLR(SGD([Value(1.0)], lr=0.5), gamma=0.5)
        >>> schedule.step()
        >>> schedule.get_last_lr()
        [0.25]
    """

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        super().__init__(optimizer)
        self.gamma = number("gamma", gamma)
        self.step()

    def curve(self, epoch: int) -> float:
        return self.gamma**epoch


class LinearLR(Curve):
    """A straight line from one multiple of the learning rate to another, and constant after that, as for a warm-up.

    In epoch t, up to `total_iters`, the learning rate is
    lr (start_factor + (end_factor - start_factor) t / total_iters).

    Args:
        optimizer: see `LRScheduler`.
        start_factor: the multiple in epoch 0, above 0 and up to 1.
        end_factor: the multiple from epoch `total_iters` on, from 0 to 1.
        total_iters: the number of epochs from one to the other, from 1.

    Raises:
        TypeError: a factor is not a number, or `total_iters` is not a whole number.
        ValueError: one of them is out of range.

    Example:
        >>> from autograd import Value
        >>> from nn.optim import SGD
        >>> schedule = LinearLR(SGD([Value(1.0)], lr=0.5), start_factor=0.25, total_iters=3)
        >>> schedule.step()
        >>> schedule.get_last_lr()
        [0.25]
    """

    def __init__(self, optimizer: Optimizer, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5) -> None:
        super().__init__(optimizer)
        self.start_factor, self.end_factor = number("start_factor", start_factor, most=1), number("end_factor", end_factor, most=1)
        self.total_iters = count("total_iters", total_iters)
        if start_factor == 0:
            raise ValueError("start_factor must be above 0; a small one, such as 1e-3, will do.")
        self.step()

    def curve(self, epoch: int) -> float:
        done = min(epoch / self.total_iters, 1.0)
        return self.start_factor * (1 - done) + self.end_factor * done


class CosineAnnealingLR(Curve):
    """Half a period of the cosine, from the learning rate down to `eta_min` (Loshchilov and Hutter, 2017).

    In epoch t the learning rate is eta_min + (lr - eta_min) (1 + cos(π t / T_max)) / 2. After
    `T_max` epochs it rises again.

    Args:
        optimizer: see `LRScheduler`.
        T_max: the number of epochs from the top to the bottom, from 1.
        eta_min: the lowest learning rate, from 0.

    Raises:
        TypeError: `T_max` is not a whole number, or `eta_min` is not a number.
        ValueError: one of them is out of range.

    Example:
        >>> from autograd import Value
        >>> from nn.optim import SGD
        >>> schedule = CosineAnnealingLR(SGD([Value(1.0)], lr=0.5), T_max=2)
        >>> schedule.step()
        >>> [round(lr, 9) for lr in schedule.get_last_lr()]
        [0.25]
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        super().__init__(optimizer)
        self.T_max, self.eta_min = count("T_max", T_max), number("eta_min", eta_min)
        self.step()

    def curve(self, epoch: int) -> float:
        return (1 + math.cos(math.pi * epoch / self.T_max)) / 2
