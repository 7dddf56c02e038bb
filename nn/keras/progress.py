"""What `fit`, `evaluate` and `predict` print with `verbose` 1 or 2."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping

from ..callbacks import Callback, Training

__all__ = ["Display", "finished", "level", "numbers"]

BAR = 20  # characters


def level(verbose: object) -> int:
    """`verbose` as 0, 1 or 2; "auto" is 1.

    Raises:
        ValueError: it is something else.

    Example:
        >>> level("auto"), level(False)
        (1, 0)
    """
    if verbose == "auto":
        return 1
    if verbose not in (0, 1, 2):
        raise ValueError(f'verbose is 0 for nothing, 1 or "auto" for a bar, or 2 for a line an epoch; got {verbose!r}.')
    return int(verbose)


def numbers(logs: Mapping[str, float]) -> str:
    """The measures as Keras prints them.

    Example:
        >>> numbers({"accuracy": 0.5, "loss": 0.0001})
        ' - accuracy: 0.5000 - loss: 1.0000e-04'
    """
    return "".join(f" - {name}: {x:.4f}" if abs(x) > 1e-3 else f" - {name}: {x:.4e}" for name, x in logs.items())


def finished(verbose: int, steps: int, seconds: float, logs: Mapping[str, float]) -> str:
    """The line at the end of an epoch, or of an evaluation.

    Example:
        >>> finished(2, 4, 1.0, {"loss": 0.5})
        '4/4 - 1s - 250ms/step - loss: 0.5000'
    """
    a_step = seconds / max(steps, 1)
    pace = f"{a_step:.0f}s/step" if a_step >= 1 else f"{a_step * 1e3:.0f}ms/step" if a_step >= 1e-3 else f"{a_step * 1e6:.0f}us/step"
    middle = f" - {seconds:.0f}s - " if verbose == 2 else f" {'━' * BAR} {seconds:.0f}s "
    return f"{steps}/{steps}{middle}{pace}{numbers(logs)}"


class Display(Callback):
    """Prints the epochs of `fit`. On a terminal, the line of `verbose=1` moves with the batches.

    Args:
        verbose: 1 or 2.
        epochs: how many there will be.
        steps: the number of batches in an epoch.
    """

    def __init__(self, verbose: int, epochs: int, steps: int) -> None:
        self.verbose, self.epochs, self.steps = verbose, epochs, steps
        self.moves = verbose == 1 and sys.stdout.isatty()

    def on_epoch_begin(self, trainer: Training) -> None:
        """Print the number of the epoch."""
        self.begin = self.shown = time.perf_counter()
        print(f"Epoch {trainer.epoch + 1}/{self.epochs}")

    def on_batch_end(self, trainer: Training) -> None:
        """Move the bar, ten times a second."""
        now = time.perf_counter()
        if self.moves and now - self.shown > 0.1:
            self.shown = now
            done = BAR * trainer.batch_number // self.steps
            bar = "━" * done + " " * (BAR - done)
            print(f"\r{trainer.batch_number}/{self.steps} {bar} {numbers({'loss': trainer.batch_loss})[3:]} ", end="", flush=True)

    def on_epoch_end(self, trainer: Training) -> None:
        """Print the measures of the epoch."""
        logs = {name: trainer.history[name][-1] for name in in_order(trainer.measures)}
        print(("\r" if self.moves else "") + finished(self.verbose, self.steps, time.perf_counter() - self.begin, logs))


def in_order(measures: list[str]) -> list[str]:
    """The measures in Keras' order: by the alphabet, those of the validation data last.

    Example:
        >>> in_order(["loss", "accuracy", "val_loss", "val_accuracy"])
        ['accuracy', 'loss', 'val_accuracy', 'val_loss']
    """
    return sorted(measures, key=lambda name: (name.startswith("val_"), name))
