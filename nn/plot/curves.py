"""Pictures of training: how the loss, the accuracy and the like went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from . import canvas
from .canvas import AS_TEXT, COLOURS, INK, NEGATIVE, POSITIVE, panels

__all__ = ["curves"]


def curves(history: Mapping[str, Sequence[float]], ax: Any = None) -> Any:
    """How the loss, the accuracy and the like went, step by step or epoch by epoch.

    A name that starts with `val_` is drawn with the name behind it: training against validation.
    What is nan was not measured, and is left out.

    Args:
        history: the numbers of each step by name, such as `{"loss": […], "val_loss": […]}`. Under
            the name "epoch" may stand the epochs that they are of, which are not drawn but written
            at the axis.
        ax: the matplotlib axes to draw in, one for each name; `val_loss` shares that of `loss`.

    Returns:
        An array of axes.

    Raises:
        ValueError: there is nothing to draw, there are more or fewer axes than names, or a curve
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
    validated = any(name.startswith("val_") for name in history)  # then orange is for validation
    for i, (panel, name) in enumerate(zip(found, names, strict=True)):
        paired = f"val_{name}" in history
        lines = [("training", history[name], NEGATIVE if validated else COLOURS[i % len(COLOURS)])]
        if paired:
            lines.append(("validation", history[f"val_{name}"], POSITIVE))
        for label, numbers, colour in lines:
            y = np.asarray(numbers, dtype=float)
            x = np.arange(1, len(y) + 1) if epochs is None else np.asarray(epochs)
            known = ~np.isnan(y)
            marker = "o" if known.sum() <= 15 else None
            panel.plot(x[known], y[known], color=colour, linewidth=1.8, marker=marker, markersize=4, label=label)
        if paired:
            panel.legend(frameon=False)
        panel.set_xlabel("step" if epochs is None else "epoch")
        panel.set_ylabel(canvas.name(name), **AS_TEXT)
        panel.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        panel.grid(axis="y", color=INK, alpha=0.15)
    return found
