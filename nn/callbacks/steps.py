"""Callbacks around the optimizer's step: gradients are clipped before it, learning rates change after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..checks import number
from ..optim.lr_scheduler import LRScheduler
from ..utils import clip_grad_norm_, clip_grad_value_
from .callback import Callback
from .monitor import check_measured

if TYPE_CHECKING:
    from ..training.trainer import Trainer

__all__ = ["ClipGradients", "LearningRateSchedule"]


class ClipGradients(Callback):
    """Makes gradients that are too large smaller, before each step of the optimizer (Pascanu, Mikolov and Bengio, 2013).

    Args:
        max_norm: the largest norm of all gradients together; see `nn.utils.clip_grad_norm_`.
        value: the largest absolute value of an entry; see `nn.utils.clip_grad_value_`.

    Raises:
        TypeError: the argument is not a number.
        ValueError: both arguments are given, or neither; or one is negative.

    Example:
        >>> import nn
        >>> callbacks = [nn.callbacks.ClipGradients(max_norm=1.0)]
    """

    def __init__(self, max_norm: float | None = None, value: float | None = None) -> None:
        if (max_norm is None) == (value is None):
            raise ValueError("ClipGradients takes either max_norm, of all gradients together, or value, of each entry.")
        self.max_norm = None if max_norm is None else number("max_norm", max_norm)
        self.value = None if value is None else number("value", value)

    def on_backward_end(self, trainer: Trainer) -> None:
        parameters = [p for group in trainer.optimizer.param_groups for p in group["params"]]
        if self.max_norm is not None:
            clip_grad_norm_(parameters, self.max_norm)
        elif self.value is not None:
            clip_grad_value_(parameters, self.value)


class LearningRateSchedule(Callback):
    """Takes a step of a schedule after each epoch or each batch.

    Args:
        scheduler: one of `nn.optim.lr_scheduler`, made for the optimizer of the Trainer.
        every: "epoch" or "batch"; `OneCycleLR` is made for batches.
        monitor: for `ReduceLROnPlateau` only, the measure that it follows; "val_loss" if it is left
            out.

    Raises:
        TypeError: `scheduler` is not a schedule.
        ValueError: `every` is neither; or it is "batch", and the schedule follows a measure of each
            epoch; or `monitor` is given for a schedule that follows none; or, in `fit`, the schedule
            was made for another optimizer.

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
                f"LearningRateSchedule takes a schedule, such as nn.optim.StepLR(optimizer, 10), not a {type(scheduler).__name__}."
            )
        if every not in ("epoch", "batch"):
            raise ValueError(f"every must be 'epoch' or 'batch'; got {every!r}.")
        name = type(scheduler).__name__
        if scheduler.needs_metric and every == "batch":
            raise ValueError(f"{name} follows what is measured in each epoch; leave out every='batch'.")
        if monitor is not None and not scheduler.needs_metric:
            raise ValueError(f"{name} follows no measure; leave out monitor.")
        self.scheduler: Any = scheduler  # whose step takes a metric or nothing
        self.every = every
        self.monitor = monitor or "val_loss"

    def on_fit_begin(self, trainer: Trainer) -> None:
        if self.scheduler.optimizer is not trainer.optimizer:
            raise ValueError(f"The {type(self.scheduler).__name__} is that of another optimizer; make it for the one of the Trainer.")
        if self.scheduler.needs_metric:
            check_measured(self, self.monitor, trainer)

    def on_batch_end(self, trainer: Trainer) -> None:
        if self.every == "batch":
            self.scheduler.step()

    def on_epoch_end(self, trainer: Trainer) -> None:
        if self.scheduler.needs_metric:
            self.scheduler.step(trainer.history[self.monitor][-1])
        elif self.every == "epoch":
            self.scheduler.step()

    def state_dict(self) -> dict[str, Any]:
        return {"scheduler": self.scheduler.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.scheduler.load_state_dict(state["scheduler"])
