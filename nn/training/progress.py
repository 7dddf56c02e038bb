"""The progress bar of training: one line for all epochs, with the loss and the metrics."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from autograd.texts import visible

__all__ = ["Progress"]


class Progress:
    """A bar over all batches of all epochs, drawn by tqdm; nothing if that is not installed.

    Args:
        verbose: whether to show anything.
        first, last: the numbers of the first and of the last epoch.
        batches: the number of batches in an epoch.

    Example:
        >>> with Progress(verbose=False, first=1, last=5, batches=10) as progress:
        ...     progress.begin_epoch(1)
        ...     progress.end_batch(loss=0.5)
        ...     progress.end_epoch({"loss": 0.5, "accuracy": 0.75})
    """

    def __init__(self, verbose: bool, first: int, last: int, batches: int) -> None:
        self.last = last
        self.numbers: dict[str, float] = {}
        self.bar = _bar(total=max(last - first + 1, 0) * batches) if verbose else None

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.bar is not None:
            self.bar.close()

    def begin_epoch(self, epoch: int) -> None:
        """Show the number of the epoch."""
        if self.bar is not None:
            self.bar.set_description(f"epoch {epoch}/{self.last}", refresh=False)

    def end_batch(self, loss: float) -> None:
        """Advance by a batch, and show the mean loss of the epoch so far."""
        if self.bar is not None:
            self.numbers["loss"] = loss
            self.bar.set_postfix(self.numbers, refresh=False)
            self.bar.update()

    def end_epoch(self, measures: Mapping[str, float]) -> None:
        """Show the numbers of the epoch. All but the loss stay until the next epoch ends."""
        if self.bar is not None:
            self.numbers = {visible(name): number for name, number in measures.items()}
            self.bar.set_postfix(self.numbers, refresh=False)


def _bar(total: int) -> Any:  # tqdm has no types
    try:
        from tqdm import tqdm
    except ModuleNotFoundError:
        return None
    return tqdm(total=total, unit="batch")
