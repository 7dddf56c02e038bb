"""`ReduceLROnPlateau`: the learning rate follows a metric."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autograd import Tensor, Value
from autograd.interrupts import uninterrupted

from ...checks import count, is_number, number
from ..optimizer import Optimizer
from .scheduler import LRScheduler, one_for_each_group

__all__ = ["ReduceLROnPlateau"]


class ReduceLROnPlateau(LRScheduler):
    """Multiplies the learning rate by `factor` when a metric has not improved for more than `patience` epochs.

    Its `step(metrics)` takes the metric of the epoch, such as the loss on the validation data.

    Args:
        optimizer: see `LRScheduler`.
        mode: "min" if a smaller metric is better, such as a loss; "max" if a larger one is, such as
            an accuracy.
        factor: what the learning rate is multiplied by, from 0 to below 1.
        patience: the number of epochs in a row without improvement that are tolerated.
        threshold: how much better than the best so far a metric must be to count as an improvement.
        threshold_mode: "rel" if `threshold` is a fraction of the absolute value of the best, "abs" if it
            is a difference. (With "rel" and a negative best, PyTorch takes a worse metric for an
            improvement.)
        cooldown: the number of epochs after a reduction that are not counted as bad.
        min_lr: the lowest learning rate, one number or one for each group.
        eps: a reduction by no more than this is skipped.

    Attributes:
        best: the best metric so far.
        num_bad_epochs: the number of epochs in a row without improvement.

    Raises:
        TypeError: an argument is not a number, or a number of epochs is not whole.
        ValueError: an argument is out of range, or `mode` or `threshold_mode` is unknown.

    Example:
        >>> from autograd import Value
        >>> from nn.optim import SGD
        >>> optimizer = SGD([Value(1.0)], lr=0.5)
        >>> schedule, rates = ReduceLROnPlateau(optimizer, patience=1, factor=0.5), []
        >>> for loss in [3.0, 2.0, 2.0, 2.0, 1.0]:
        ...     schedule.step(loss)
        ...     rates.append(optimizer.lr)
        >>> rates
        [0.5, 0.5, 0.5, 0.25, 0.25]
    """

    needs_metric = True

    def __init__(
        self, optimizer: Optimizer, mode: str = "min", factor: float = 0.1, patience: int = 10, threshold: float = 1e-4,
        threshold_mode: str = "rel", cooldown: int = 0, min_lr: float | Sequence[float] = 0.0, eps: float = 1e-8,
    ) -> None:  # fmt: skip
        super().__init__(optimizer)
        if mode not in ("min", "max") or threshold_mode not in ("rel", "abs"):
            raise ValueError(f"mode must be 'min' or 'max', and threshold_mode 'rel' or 'abs'; got {mode!r} and {threshold_mode!r}.")
        self.factor = number("factor", factor)
        if self.factor >= 1:
            raise ValueError(f"factor must be below 1, to make the learning rate smaller; got {factor!r}.")
        self.mode, self.threshold_mode = mode, threshold_mode
        self.patience, self.cooldown = count("patience", patience, least=0), count("cooldown", cooldown, least=0)
        self.threshold, self.eps = number("threshold", threshold), number("eps", eps)
        self.min_lrs = one_for_each_group("min_lr", min_lr, optimizer)
        self.best = math.inf if mode == "min" else -math.inf
        self.last_epoch = self.num_bad_epochs = self.cooldown_counter = 0

    def step(self, metrics: Any) -> None:  # type: ignore[override]
        """Take the metric of an epoch, and reduce the learning rates if it has not improved for too long.

        Call it after the epoch.

        Raises:
            TypeError: `metrics` is not a number, or a Value or Tensor with one.
            ValueError: a parameter group was added after this schedule had been made.
        """
        given = metrics.item() if isinstance(metrics, (Tensor, Value)) else metrics
        if not is_number(given):
            raise TypeError(f"ReduceLROnPlateau.step takes the metric of the epoch, a number; got {given!r}.")
        metric = float(given)
        if len(self.optimizer.param_groups) != len(self.min_lrs):
            raise ValueError("A parameter group was added after ReduceLROnPlateau had been made; add it before.")
        with uninterrupted():
            self.last_epoch += 1
            if self._is_better(metric):
                self.best, self.num_bad_epochs = metric, 0
            else:
                self.num_bad_epochs += 1
            if self.cooldown_counter > 0:
                self.cooldown_counter -= 1
                self.num_bad_epochs = 0
            if self.num_bad_epochs > self.patience:
                for group, least in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
                    reduced = max(group["lr"] * self.factor, least)
                    if group["lr"] - reduced > self.eps:
                        group["lr"] = reduced
                self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0

    def _is_better(self, metric: float) -> bool:
        sign = 1 if self.mode == "min" else -1
        if math.isinf(self.best):  # inf - inf would be nan
            return sign * metric < sign * self.best
        margin = self.threshold * abs(self.best) if self.threshold_mode == "rel" else self.threshold
        return sign * metric < sign * self.best - margin
