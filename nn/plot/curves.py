"""Pictures of training: the loss and the metrics from epoch to epoch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from . import canvas
from .canvas import AS_TEXT, panels
from .colours import INK, TRAINING, VALIDATION

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["curves"]


def curves(history: Mapping[str, Sequence[float]], ax: Axes | Iterable[Axes] | None = None) -> NDArray[np.object_]:
    """The loss, the accuracy and other measures, step by step or epoch by epoch.

    `val_loss` is drawn together with `loss`, validation against training, and so with other names.
    Training is always blue, and validation orange-red. Numbers that are nan or infinite are left
    out: they were not measured, or training diverged.

    Args:
        history: for each name the numbers of all steps, such as `{"loss": […], "val_loss": […]}`.
            The numbers under "epoch", if there are any, are the places along the x axis.
        ax: the matplotlib axes to draw in, one for each name, while `val_loss` shares those of
            `loss`; None for a new figure.

    Returns:
        An array of axes.

    Raises:
        ValueError: there is nothing to draw; there are more or fewer axes than names; or a curve
            has more or fewer numbers than there are epochs.
        ModuleNotFoundError: matplotlib is not installed.

    Example:
        >>> panels = curves({"loss": [0.9, 0.3, 0.1], "accuracy": [0.5, 0.9, 1.0]})
        >>> [panel.get_ylabel() for panel in panels]
        ['loss', 'accuracy']
    """
    names = [name for name in history if name != "epoch" and not (name.startswith("val_") and name[4:] in history)]
    if not names:
        raise ValueError("curves got an empty history; give it the numbers by name, such as {'loss': [0.9, 0.3]}.")
    epochs = history.get("epoch")
    for name, numbers in history.items():
        if epochs is not None and len(numbers) != len(epochs):
            raise ValueError(f"curves got {len(epochs)} epochs and {len(numbers)} numbers of {name!r}; each epoch needs one.")
    found = panels(ax, len(names), width=4.4, height=3.2)
    unit = "step" if epochs is None else "epoch"
    for panel, name in zip(found, names, strict=True):
        paired = f"val_{name}" in history
        lines = [("validation", history[name], VALIDATION) if name.startswith("val_") else ("training", history[name], TRAINING)]
        if paired:
            lines.append(("validation", history[f"val_{name}"], VALIDATION))
        for label, numbers, colour in lines:
            y = np.asarray(numbers, dtype=float)
            x = np.arange(1, len(y) + 1) if epochs is None else np.asarray(epochs)
            known = np.isfinite(y)
            marker = "os"[label == "validation"] if known.sum() <= 15 else None
            panel.plot(x[known], y[known], color=colour, linewidth=1.8, marker=marker, markersize=4, label=label)
        if paired:
            panel.legend(frameon=False)
        panel.set_title(f"{canvas.name(name)}, by {unit}", **AS_TEXT)
        panel.set_xlabel(unit)
        panel.set_ylabel(canvas.name(name), **AS_TEXT)
        panel.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        panel.grid(axis="y", color=INK, alpha=0.15)
        if not any(np.isfinite(numbers).any() for _, numbers, _ in lines):
            panel.text(0.5, 0.5, "no finite number", transform=panel.transAxes, ha="center", color=INK)
            panel.set(xticks=[], yticks=[])
    return found
