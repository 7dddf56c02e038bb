"""What all figures share: the axes to draw in, and texts of users."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autograd.texts import visible

from ..finite import is_finite

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["AS_TEXT", "check_finite", "name", "panels"]

AS_TEXT: dict[str, Any] = {"parse_math": False}  # dollar signs in a name are not a formula

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


def check_finite(picture: str, where: str, numbers: NDArray[np.float64]) -> None:
    """Raise an error if a picture cannot show some numbers.

    Args:
        picture: the function that draws it.
        where: what the numbers are.

    Raises:
        ValueError: one is nan or infinite.

    Example:
        >>> check_finite("weights", "0 (Linear)", np.array([1.0, 2.0]))
    """
    if not is_finite(numbers):
        raise ValueError(
            f"{picture} cannot draw nan or infinity, and there is some in {visible(where)}. detect_anomaly() finds where it came from."
        )
