"""`History`: the numbers of each epoch of training, as a table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from autograd.texts import visible

from .. import plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["History"]

SHOWN = 10  # rows of the text


class History(dict[str, list[float]]):
    """The numbers of each epoch, by name: a dict of columns of the same length.

    The columns are "epoch", from 1; "loss" and the metrics; those of the validation data, as
    "val_loss" and so on; "lr", the learning rate at the beginning of the epoch ("lr_0", "lr_1", …
    if the optimizer has several groups of parameters); and "seconds".

    `pandas.DataFrame(history)` is the same table for pandas.

    Example:
        >>> history = History()
        >>> history.append({"epoch": 1, "loss": 0.75, "val_loss": 0.875})
        >>> history.append({"epoch": 2, "loss": 0.5, "val_loss": 0.625})
        >>> history["loss"]
        [0.75, 0.5]
        >>> history
        epoch  loss  val_loss
            1  0.75     0.875
            2   0.5     0.625
    """

    def append(self, row: Mapping[str, float]) -> None:
        """Add an epoch. A number that was not measured, in this epoch or in one before, is nan."""
        length = len(next(iter(self.values()), []))
        for name in row:
            self.setdefault(name, [math.nan] * length)
        for name, column in self.items():
            column.append(row.get(name, math.nan))

    def measures(self) -> dict[str, list[float]]:
        """The columns that say how good the model was: the loss and the metrics.

        Example:
            >>> list(History({"epoch": [1], "loss": [0.5], "val_loss": [0.75], "lr": [0.1], "seconds": [2.0]}).measures())
            ['loss', 'val_loss']
        """
        return {name: column for name, column in self.items() if name not in ("epoch", "lr", "seconds") and not name.startswith("lr_")}

    def plot(self, ax: Axes | Iterable[Axes] | None = None) -> NDArray[np.object_]:
        """Draw the loss and the metrics over the epochs, training against validation; see `nn.plot.curves`.

        Args:
            ax: the matplotlib axes to draw in, one for each measure; None for a new figure.

        Returns:
            An array of axes.

        Raises:
            ValueError: there is no epoch yet, or there are more or fewer axes than measures.
            ModuleNotFoundError: matplotlib is not installed.

        Example:
            >>> [panel.get_ylabel() for panel in History({"epoch": [1, 2], "loss": [0.75, 0.5]}).plot()]
            ['loss']
        """
        return plot.curves({"epoch": self.get("epoch", []), **self.measures()}, ax)

    def __repr__(self) -> str:
        if not self:
            return "History of no epochs"
        rows = [[_short(number) for number in row] for row in zip(*self.values(), strict=True)]
        shown = rows if len(rows) <= SHOWN else rows[: SHOWN // 2] + rows[-SHOWN // 2 :]
        names = [visible(name) for name in self]
        widths = [max(map(len, column)) for column in zip(names, *shown, strict=True)]
        lines = [_line(row, widths) for row in (names, *shown)]
        if len(shown) < len(rows):
            lines.insert(1 + SHOWN // 2, f"… {len(rows) - SHOWN} more …")
        return "\n".join(lines)


def _short(number: float) -> str:
    return f"{number:.4g}" if isinstance(number, float) else str(number)


def _line(cells: Iterable[str], widths: list[int]) -> str:
    return "  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
