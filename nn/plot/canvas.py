"""What all pictures share: their colours, and the axes that they are drawn in."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.texts import visible

__all__ = ["AS_TEXT", "CLASSES", "INK", "PAPER", "SCALE", "TRAINING", "VALIDATION", "blend", "name", "panels"]

AS_TEXT: dict[str, Any] = {"parse_math": False}  # a name with dollar signs is no formula

# The colours of Okabe and Ito (2008), which colour-blind people can tell apart. Each means one thing in all pictures.
TRAINING, VALIDATION = "#0072b2", "#d55e00"
CLASSES = ("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#999999")  # more begin again, with other markers
INK, PAPER = "#33373d", "#ffffff"  # for all that has no meaning by its colour
SCALE = (CLASSES[0], PAPER, CLASSES[1])  # for numbers around 0: a score below it is for the first class, one above for the second


def panels(ax: Any, count: int, width: float, height: float, columns: int = 3) -> Any:
    """The given axes, or those of a new figure, as an array; without the upper and right frame.

    Args:
        ax: axes, as many as there are pictures; or None.
        count: how many pictures there are.
        width, height: of a picture in a new figure, in inches.
        columns: how many pictures stand side by side in it.

    Raises:
        ValueError: there are more or fewer axes than pictures.
        ModuleNotFoundError: matplotlib is not installed.
    """
    if ax is None:
        try:
            import matplotlib.pyplot as plt
        except ModuleNotFoundError:
            raise ModuleNotFoundError('The pictures of nn.plot need matplotlib: pip install "glassgrad[scripts]".') from None

        columns = min(columns, count)
        rows = math.ceil(count / columns)
        figure, grid = plt.subplots(rows, columns, figsize=(width * columns, height * rows), squeeze=False)
        figure.set_layout_engine("constrained", w_pad=0.1, h_pad=0.08)
        for empty in grid.flat[count:]:
            figure.delaxes(empty)
        ax = grid.flat[:count]
    found = np.ravel(np.array(ax, dtype=object))
    if len(found) != count:
        raise ValueError(f"There are {count} pictures to draw and {len(found)} axes; each picture needs one.")
    for panel in found:
        panel.spines[["top", "right"]].set_visible(False)
    return found


def name(text: Any) -> str:
    """A name of the user's, to stand beside a picture."""
    return visible(str(text), 40)


def blend(*colours: str) -> Any:
    """A scale of colours from the first to the last."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("glassgrad", list(colours))
