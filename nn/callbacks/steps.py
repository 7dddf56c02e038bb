"""Callbacks around the optimizer's step: `ClipGradients` before it, `LearningRateSchedule` after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..checks import number
from ..optim.lr_scheduler import LRScheduler
from ..utils import clip_grad_norm_, clip_grad_value_
from .callback import Callback
from .monitor import check_measured
from .training import Training

__all__ = ["ClipGradients", "LearningRateSchedule"]


class ClipGradients(Callback):
    """Limits the gradients before each step of the optimizer.

    Args:
        max_norm: the largest norm of all gradients together; see `nn.utils.clip_grad_norm_`.
        value: the largest absolute value of an entry; see `nn.utils.clip_grad_value_`.

    Raises:
        TypeError: the limit is not a number.
        ValueError: both or neither are given, or the limit is negative.

    Example:
        >>> import nn
        >>> callbacks = [nn.callbacks.ClipGradients(max_norm=1.0)]
    """

    def __init__(self, max_norm: float | None = None, value: float | None = None) -> None:
        if (max_norm is None) == (value is None):
            raise ValueError("ClipGradients takes either max_norm, for all gradients together, or value, for each entry.")
        self.max_norm = None if max_norm is None else number("max_norm", max_norm)
        self.value = None if value is None else number("value", value)

    def on_backward_end(self, trainer: Training) -> None:
        parameters = [p for group in trainer.optimizer.param_groups for p in group["params"]]
        if self.max_norm is not None:
            clip_grad_norm_(parameters, self.max_norm)
        elif self.value is not None:
            clip_grad_value_(parameters, self.value)


class LearningRateSchedule(Callback):
    """Takes a step of a learning-rate schedule after each epoch or each batch.

    Args:
        scheduler: a schedule of `nn.optim.lr_scheduler`, made for the optimizer of the Trainer.
        every: "epoch" or "batch"; `OneCycleLR` is made for batches.
        monitor: the column of the history that `ReduceLROnPlateau` follows, "val_loss" if it is
            left out. No other schedule takes one.

    Raises:
        TypeError: `scheduler` is not a schedule.
        ValueError: `every` is neither; the schedule does not take `monitor`, or not each batch; or,
            in `fit`, it belongs to another optimizer, or what it follows is not measured.

    Example:
        >>> import nn
        >>> model = nn.Linear(1, 1, rng=0)
        >>> optimizer = nn.optim.SGD(model.parameters(), lr=0.5)
        >>> schedule = nn.callbacks.LearningRateSchedule(nn.optim.ExponentialLR(optimizer, gamma=0.5))
        >>> trainer = nn.Trainer(model, nn.MSELoss(), optimizer, callbacks=[schedule])
        >>> trainer.fit(([[0.0], [1.0]], [[1.0], [3.0]]), epochs=3, verbose=False)["lr"]
        [0.5, 0.25, 0.125]
    """

    def __init__(self, scheduler: LRScheduler, every: str = "epoch", monitor: str | None = None) -> None:
        if not isinstance(scheduler, LRScheduler):
            raise TypeError(
                f"LearningRateSchedule takes a schedule, such as nn.optim.StepLR(optimizer, 10), not {type(scheduler).__name__}."
            )
        if every not in ("epoch", "batch"):
            raise ValueError(f"every must be 'epoch' or 'batch'; got {every!r}.")
        name = type(scheduler).__name__
        if scheduler.needs_metric and every == "batch":
            raise ValueError(f"{name} follows what is measured once an epoch; leave out every='batch'.")
        if monitor is not None and not scheduler.needs_metric:
            raise ValueError(f"{name} follows no column of the history; leave out monitor.")
        self.scheduler, self.every = scheduler, every
        self.monitor = monitor or "val_loss"

    def on_fit_begin(self, trainer: Training) -> None:
        """Check that the schedule fits the training run.

        Raises:
            ValueError: it belongs to another optimizer, or what it follows is not measured.
        """
        if self.scheduler.optimizer is not trainer.optimizer:
            raise ValueError(f"The {type(self.scheduler).__name__} belongs to another optimizer; make it for the one of the Trainer.")
        if self.scheduler.needs_metric:
            check_measured(self, self.monitor, trainer)

    def on_batch_end(self, trainer: Training) -> None:
        if self.every == "batch":
            self.scheduler.step()

    def on_epoch_end(self, trainer: Training) -> None:
        step: Callable[..., None] = self.scheduler.step
        if self.scheduler.needs_metric:
            step(trainer.history[self.monitor][-1])
        elif self.every == "epoch":
            step()

    def state_dict(self) -> dict[str, Any]:
        return {"scheduler": self.scheduler.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.scheduler.load_state_dict(state["scheduler"])
