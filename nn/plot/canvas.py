"""What all figures share: colours, and the axes to draw in."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autograd.texts import visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

__all__ = ["AS_TEXT", "CLASSES", "INK", "PAPER", "SCALE", "TRAINING", "VALIDATION", "blend", "name", "panels"]

AS_TEXT: dict[str, Any] = {"parse_math": False}  # dollar signs in a name are not a formula

# The colours of Okabe and Ito (2008), which colour-blind people can tell apart. Each means one thing in all pictures.
TRAINING, VALIDATION = "#0072b2", "#d55e00"
CLASSES = ("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#999999")  # further classes repeat them, with other markers
INK, PAPER = "#33373d", "#ffffff"  # for whatever means nothing by its colour
SCALE = (CLASSES[0], PAPER, CLASSES[1])  # for numbers around 0: a score below it is for the first class, one above for the second
COLUMNS = 3  # pictures side by side


def panels(ax: Axes | Iterable[Axes] | None, count: int, width: float, height: float) -> NDArray[np.object_]:
    """The given axes, or those of a new figure, without the upper and the right line of their frames.

    Args:
        ax: the axes, one for each picture; None for a new figure.
        count: the number of pictures.
        width, height: the size of a picture in a new figure, in inches.

    Returns:
        An array of axes, of shape (count,).

    Raises:
        ValueError: there are more or fewer axes than pictures.
        ModuleNotFoundError: matplotlib is not installed.

    Example:
        >>> panels(None, count=4, width=3.0, height=2.0)[0].figure.get_size_inches()
        array([9., 4.])
    """
    if ax is None:
        try:
            import matplotlib.pyplot as plt
        except ModuleNotFoundError:
            raise ModuleNotFoundError('The pictures of nn.plot need matplotlib: pip install "glassgrad[scripts]".') from None

        columns = min(COLUMNS, count)
        rows = math.ceil(count / columns)
        figure, grid = plt.subplots(rows, columns, figsize=(width * columns, height * rows), squeeze=False, layout="constrained")
        for empty in grid.flat[count:]:
            figure.delaxes(empty)
        ax = grid.flat[:count]
    found = np.ravel(np.array(ax, dtype=object))
    if len(found) != count:
        raise ValueError(f"There are {count} pictures to draw and {len(found)} axes; each picture needs one.")
    for panel in found:
        panel.spines[["top", "right"]].set_visible(False)
    return found


def name(text: object) -> str:
    """A name chosen by the user, for use in a picture: one line of at most 40 characters.

    Example:
        >>> name("two\\nlines")
        'two\\\\nlines'
    """
    return visible(str(text), 40)


def blend(*colours: str) -> Colormap:
    """A colour map that runs evenly through some colours, from the first to the last.

    Example:
        >>> [round(float(part), 1) for part in blend("#000000", "#ffffff")(0.5)]
        [0.5, 0.5, 0.5, 1.0]
    """
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("glassgrad", list(colours))
