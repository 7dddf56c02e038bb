"""`Monitor`: the base of callbacks that watch for the best epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .. import metrics
from ..checks import number
from .callback import Callback
from .training import Training

__all__ = ["Monitor", "check_measured"]


class Monitor(Callback):
    """Watches a column of the history, and remembers its best epoch.

    Args:
        monitor: the name of the column, such as "val_loss".
        mode: "min" if less is better, "max" if more is better; "auto" decides for the loss and for
            the metrics of `nn.metrics`.
        min_delta: by how much an epoch must beat the best so far to count as better, from 0.

    Attributes:
        best: the best number so far.
        best_epoch: its epoch, from 1; 0 before there is one.

    Raises:
        TypeError: `min_delta` is not a number.
        ValueError: `mode` is unknown, or "auto" for a column that it does not know; `min_delta` is
            negative; or, in `fit`, the column is not measured.

    Example:
        >>> import nn
        >>> class Best(Monitor):
        ...     def on_epoch_end(self, trainer):
        ...         if self.notice(trainer):
        ...             print(f"epoch {self.best_epoch} is the best so far")
        >>> best = Best("loss")
        >>> model = nn.Linear(1, 1, rng=0)
        >>> trainer = nn.Trainer(model, nn.MSELoss(), nn.optim.SGD(model.parameters(), lr=0.1), callbacks=[best], rng=0)
        >>> history = trainer.fit(([[0.0], [1.0]], [[1.0], [3.0]]), epochs=2, verbose=False)
        epoch 1 is the best so far
        epoch 2 is the best so far
        >>> best.reset()
        >>> best.best
        inf
    """

    def __init__(self, monitor: str = "val_loss", mode: str = "auto", min_delta: float = 0.0) -> None:
        if mode not in ("min", "max", "auto"):
            raise ValueError(f"mode must be 'min', 'max' or 'auto'; got {mode!r}.")
        self.monitor, self.mode = monitor, _direction(monitor) if mode == "auto" else mode
        self.min_delta = number("min_delta", min_delta)
        self.reset()

    def reset(self) -> None:
        """Start again, without a best epoch."""
        self.best, self.best_epoch = (math.inf if self.mode == "min" else -math.inf), 0

    def notice(self, trainer: Training) -> bool:
        """Take note of the last epoch, and return whether it is the best so far. nan never is."""
        now = trainer.history[self.monitor][-1]
        better = now < self.best - self.min_delta if self.mode == "min" else now > self.best + self.min_delta
        if better:
            self.best, self.best_epoch = now, trainer.epoch
        return better

    def on_fit_begin(self, trainer: Training) -> None:
        """Check that the column is measured.

        Raises:
            ValueError: it is not.
        """
        check_measured(self, self.monitor, trainer)

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "best_epoch": self.best_epoch}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.best, self.best_epoch = state["best"], state["best_epoch"]


def check_measured(callback: Callback, name: str, trainer: Training) -> None:
    """Raise an error if what is watched is not measured.

    Raises:
        ValueError: no epoch will have the column `name`.
    """
    if name not in trainer.measures:
        hint = "; pass validation=… to fit" if name.startswith("val_") and name.removeprefix("val_") in trainer.measures else ""
        raise ValueError(f"{type(callback).__name__} watches {name!r}, and what is measured is {', '.join(trainer.measures)}{hint}.")


def _direction(monitor: str) -> str:
    name = monitor.removeprefix("val_")
    if name == "loss":
        return "min"
    if name in metrics.METRICS:
        return "max"
    raise ValueError(f"mode='auto' does not know whether less or more of {monitor!r} is better; pass mode='min' or mode='max'.")
