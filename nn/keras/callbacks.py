"""`keras.callbacks`: most are those of `nn.callbacks`; your own, with Keras' moments, are derived from `Callback`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from .. import callbacks, optim
from ..callbacks import LearningRateSchedule, Monitor, Training
from ..callbacks.monitor import check_measured
from ..checks import count
from ..lookup import missing
from .progress import in_order

__all__ = [
    "Callback", "CSVLogger", "EarlyStopping", "History", "LambdaCallback", "LearningRateScheduler", "ModelCheckpoint", "ReduceLROnPlateau",
    "TerminateOnNaN",
]  # fmt: skip


class Callback:
    """The base of your own callbacks, with the names and the arguments of Keras' moments.

    Epochs and batches count from 0.

    Attributes:
        model: the model that is trained; `model.stop_training = True` ends the training after the epoch.
        params: a dict with the numbers of epochs and of steps.

    Example:
        >>> class Tell(Callback):
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         print(f"epoch {epoch}: {sorted(logs)}")
    """

    model: Any = None
    params: Mapping[str, Any] = {}

    def set_model(self, model: Any) -> None:
        """Called before `on_train_begin`."""
        self.model = model

    def set_params(self, params: Mapping[str, Any]) -> None:
        """Called before `on_train_begin`."""
        self.params = params

    def on_train_begin(self, logs: Any = None) -> None:
        """`fit` begins."""

    def on_train_end(self, logs: Any = None) -> None:
        """`fit` ends."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """An epoch begins."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """An epoch has ended; `logs` has its measures."""

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """A batch begins."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """The optimizer has changed the parameters."""

    def on_batch_begin(self, batch: int, logs: Any = None) -> None:
        """The same as `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """The same as `on_train_batch_end`."""


class Adapted(callbacks.Callback):
    """A callback of Keras as one of `nn`."""

    def __init__(self, callback: Any, params: Mapping[str, Any]) -> None:
        self.callback, self.params = callback, params

    def _stop(self, trainer: Training) -> None:
        model: Any = trainer.model
        if model.stop_training:
            trainer.should_stop = True

    def on_fit_begin(self, trainer: Training) -> None:
        self.callback.set_model(trainer.model)
        self.callback.set_params(self.params)
        self.callback.on_train_begin({})

    def on_epoch_begin(self, trainer: Training) -> None:
        self.callback.on_epoch_begin(trainer.epoch, {})

    def on_batch_begin(self, trainer: Training) -> None:
        self.callback.on_train_batch_begin(trainer.batch_number - 1, {})
        self.callback.on_batch_begin(trainer.batch_number - 1, {})

    def on_batch_end(self, trainer: Training) -> None:
        logs = {"loss": trainer.batch_loss}
        self.callback.on_train_batch_end(trainer.batch_number - 1, logs)
        self.callback.on_batch_end(trainer.batch_number - 1, logs)

    def on_epoch_end(self, trainer: Training) -> None:
        self.callback.on_epoch_end(trainer.epoch - 1, last_logs(trainer))
        self._stop(trainer)

    def on_fit_end(self, trainer: Training) -> None:
        self.callback.on_train_end(last_logs(trainer))


def last_logs(trainer: Training) -> dict[str, float]:
    """The measures of the last epoch, in Keras' order."""
    return {name: trainer.history[name][-1] for name in in_order(trainer.measures) if trainer.history.get(name)}


def _mode(mode: str, monitor: str) -> str:
    """Keras' rule for "auto": more is better of what is called an accuracy, an AUC, a precision or a recall."""
    more = ("acc", "accuracy", "auc", "precision", "recall")
    return mode if mode != "auto" else "max" if monitor.removeprefix("val_").endswith(more) else "min"


class EarlyStopping(callbacks.EarlyStopping):
    """`nn.callbacks.EarlyStopping`, with Keras' defaults; its `best_epoch` and `stopped_epoch` count from 1.

    Args:
        monitor, min_delta, patience, mode, restore_best_weights: as in Keras.
        verbose: whether it says when it ends training.
        baseline: a number that must be beaten.

    Raises:
        ValueError: `baseline` is given, which is not here; or as in `nn.callbacks.EarlyStopping`.
    """

    def __init__(
        self, monitor: str = "val_loss", min_delta: float = 0.0, patience: int = 0, verbose: int = 0, mode: str = "auto",
        baseline: float | None = None, restore_best_weights: bool = False, start_from_epoch: int = 0,
    ) -> None:  # fmt: skip
        if baseline is not None:
            raise ValueError("EarlyStopping(baseline=…) is not here.")
        self.verbose, self.start_from_epoch = verbose, start_from_epoch
        patience = max(1, count("patience", patience, 0))
        super().__init__(monitor, patience, abs(min_delta), _mode(mode, monitor), restore_best_weights)

    def on_epoch_end(self, trainer: Training) -> None:
        if trainer.epoch <= self.start_from_epoch:
            return
        super().on_epoch_end(trainer)
        if self.verbose and self.stopped_epoch == trainer.epoch:
            print(f"Epoch {trainer.epoch}: early stopping")


class TerminateOnNaN(callbacks.TerminateOnNaN):
    """`nn.callbacks.TerminateOnNaN`, which says where nan began; every `fit` has one."""


class ReduceLROnPlateau(callbacks.Callback):
    """`nn.optim.ReduceLROnPlateau`, with Keras' way of counting epochs.

    Args:
        monitor, factor, patience, mode, min_delta, cooldown, min_lr: as in Keras.
        verbose: whether it says when it reduces the learning rate.

    Raises:
        TypeError, ValueError: `patience` or `cooldown` is not a whole number from 0; or, in `fit`, the column is not
            measured.
    """

    def __init__(
        self, monitor: str = "val_loss", factor: float = 0.1, patience: int = 10, verbose: int = 0, mode: str = "auto",
        min_delta: float = 1e-4, cooldown: int = 0, min_lr: float = 0.0,
    ) -> None:  # fmt: skip
        self.monitor, self.verbose = monitor, verbose
        self.settings = {
            "mode": _mode(mode, monitor), "factor": factor, "patience": max(1, count("patience", patience, 0)) - 1, "threshold": min_delta,
            "threshold_mode": "abs", "cooldown": max(1, count("cooldown", cooldown, 0)) - 1, "min_lr": min_lr, "eps": 0.0,
        }  # fmt: skip

    def on_fit_begin(self, trainer: Training) -> None:
        check_measured(self, self.monitor, trainer)
        self.rates: list[float] = []
        scheduler: Any = optim.ReduceLROnPlateau
        self.inside = LearningRateSchedule(scheduler(trainer.optimizer, **self.settings), monitor=self.monitor)

    def on_epoch_end(self, trainer: Training) -> None:
        before = trainer.optimizer.lr
        self.rates.append(before)
        self.inside.on_epoch_end(trainer)
        if self.verbose and trainer.optimizer.lr < before:
            print(f"Epoch {trainer.epoch}: ReduceLROnPlateau reducing learning rate to {trainer.optimizer.lr}.")


class LearningRateScheduler(callbacks.Callback):
    """A function of the epoch, from 0, and of the learning rate, to the new learning rate.

    An optimizer of `nn.optim` calls it `lr`.
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        self.schedule, self.verbose = schedule, verbose
        self.takes_rate = len(inspect.signature(schedule).parameters) > 1

    def on_fit_begin(self, trainer: Training) -> None:
        self.rates: list[float] = []

    def on_epoch_begin(self, trainer: Training) -> None:
        rate = float(self.schedule(trainer.epoch, trainer.optimizer.lr) if self.takes_rate else self.schedule(trainer.epoch))
        trainer.optimizer.lr = rate
        self.rates.append(rate)
        if self.verbose:
            print(f"Epoch {trainer.epoch + 1}: LearningRateScheduler setting learning rate to {rate}.")


class ModelCheckpoint(Monitor):
    """`model.save`, or `model.save_weights`, after each epoch, or after each that is the best so far.

    Args:
        filepath: the file, in which names of measures may stand, as in "{epoch:02d}-{val_loss:.2f}.keras".
        monitor, mode, save_best_only, save_weights_only, verbose: as in Keras.
        save_freq: "epoch".

    Raises:
        ValueError: `save_freq` is another; or, in `fit`, the column is not measured.
    """

    def __init__(
        self, filepath: Any, monitor: str = "val_loss", verbose: int = 0, save_best_only: bool = False, save_weights_only: bool = False,
        mode: str = "auto", save_freq: Any = "epoch",
    ) -> None:  # fmt: skip
        if save_freq != "epoch":
            raise ValueError(f"ModelCheckpoint(save_freq={save_freq!r}) is not here; it saves after epochs, save_freq='epoch'.")
        self.filepath, self.verbose = str(filepath), verbose
        self.save_best_only, self.save_weights_only = save_best_only, save_weights_only
        super().__init__(monitor, _mode(mode, monitor))

    def on_fit_begin(self, trainer: Training) -> None:
        if self.save_best_only:
            super().on_fit_begin(trainer)

    def on_epoch_end(self, trainer: Training) -> None:
        if self.save_best_only and not self.notice(trainer):
            return
        model: Any = trainer.model
        path = self.filepath.format(epoch=trainer.epoch, **last_logs(trainer))
        (model.save_weights if self.save_weights_only else model.save)(path)
        if self.verbose:
            print(f"Epoch {trainer.epoch}: saving model to {path}")


class LambdaCallback(Callback):
    """Functions as a callback: `LambdaCallback(on_epoch_end=lambda epoch, logs: …)`.

    Raises:
        TypeError: there is no such moment.
    """

    def __init__(self, **moments: Callable[..., Any]) -> None:
        known = [name for name in dir(Callback) if name.startswith("on_")]
        for name, function in moments.items():
            if name not in known:
                raise TypeError(f"LambdaCallback({name}=…) is not here; moments are {', '.join(known)}.")
            setattr(self, name, function)


class CSVLogger(Callback):
    """The measures of each epoch, as a line of a file."""

    def __init__(self, filename: Any, separator: str = ",", append: bool = False) -> None:
        self.filename, self.separator, self.append = filename, separator, append

    def on_train_begin(self, logs: Any = None) -> None:
        if not self.append:
            open(self.filename, "w", encoding="utf-8").close()
        self.headed = self.append

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        with open(self.filename, "a", encoding="utf-8") as file:
            if not self.headed:
                print("epoch", *logs, sep=self.separator, file=file)
                self.headed = True
            print(epoch, *logs.values(), sep=self.separator, file=file)


class History(Callback):
    """What `fit` returns; `nn.History` without the seconds.

    Attributes:
        history: the measures of each epoch, a list for each name.
        epoch: the numbers of the epochs, from 0.
    """

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.epoch.append(epoch)
        for name, number in (logs or {}).items():
            self.history.setdefault(name, []).append(number)


__getattr__ = missing(globals())
