"""`EarlyStopping`: ends training when the model no longer improves."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from ..checks import count
from .monitor import Monitor
from .training import Training

__all__ = ["EarlyStopping"]


class EarlyStopping(Monitor):
    """Ends training when a column of the history has not improved for some epochs.

    Args:
        monitor, mode, min_delta: what to watch; see `Monitor`.
        patience: the number of epochs in a row without improvement after which it ends training.
        restore_best_weights: whether the model gets the weights of the best epoch back when `fit`
            ends, also by Ctrl-C.

    Attributes:
        best, best_epoch: as in `Monitor`.
        wait: the number of epochs in a row without improvement.
        stopped_epoch: the epoch after which it ended training; 0 if it did not.

    Raises:
        TypeError, ValueError: `patience` is not a whole number from 1; or as in `Monitor`.

    Example:
        >>> import nn
        >>> stop = nn.callbacks.EarlyStopping(monitor="loss", patience=2, min_delta=0.01)
        >>> model = nn.Linear(1, 1, rng=0)
        >>> trainer = nn.Trainer(model, nn.MSELoss(), nn.optim.SGD(model.parameters(), lr=0.1), callbacks=[stop])
        >>> history = trainer.fit(([[0.0], [1.0]], [[1.0], [3.0]]), epochs=500, verbose=False)
        >>> stop.stopped_epoch - stop.best_epoch
        2
    """

    def __init__(
        self, monitor: str = "val_loss", patience: int = 1, min_delta: float = 0.0, mode: str = "auto", restore_best_weights: bool = False,
    ) -> None:  # fmt: skip
        self.patience, self.restore_best_weights = count("patience", patience), restore_best_weights
        super().__init__(monitor, mode, min_delta)

    def reset(self) -> None:
        """Start again, without a best epoch and its weights."""
        super().reset()
        self.wait = self.stopped_epoch = 0
        self.best_weights: dict[str, Any] | None = None

    def on_fit_begin(self, trainer: Training) -> None:
        super().on_fit_begin(trainer)
        if not trainer.resumed:
            self.reset()

    def on_epoch_end(self, trainer: Training) -> None:
        if self.notice(trainer):
            self.wait = 0
            if self.restore_best_weights:
                # That of `nn.torch` shares its numbers with the model.
                self.best_weights = deepcopy(trainer.model.state_dict())
            return
        self.wait += 1
        if self.wait >= self.patience:
            self.stopped_epoch, trainer.should_stop = trainer.epoch, True

    def on_fit_end(self, trainer: Training) -> None:
        if self.best_weights is not None:
            trainer.model.load_state_dict(self.best_weights)

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "wait": self.wait, "stopped_epoch": self.stopped_epoch, "best_weights": self.best_weights}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        super().load_state_dict(state)
        self.wait, self.stopped_epoch, self.best_weights = state["wait"], state["stopped_epoch"], state["best_weights"]
