"""What each colour means, in all figures.

| colour | meaning | |---|---| | blue | training; the path of an optimizer | | red-orange | validation | | orange, sky
blue, green, purple, yellow, grey | the classes, in this order | | from orange over white to sky blue | numbers around
0: negative, zero, positive; a score for the first or for the second class | | from white to dark grey | amounts from 0:
shares, counts, a loss | | dark grey | what has no meaning by its colour |

These are the colours of Okabe and Ito (2008), which colour-blind readers can tell apart. No figure depends on colours
alone: classes have markers, curves have markers or dashes, and numbers have a scale beside them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.colors import Colormap

__all__ = ["AMOUNTS", "CLASSES", "GAP", "INK", "PAPER", "SCALE", "TRAINING", "VALIDATION", "blend"]

TRAINING, VALIDATION = "#0072b2", "#d55e00"
# Further classes repeat them, with other markers.
CLASSES = ("#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#f0e442", "#999999")
INK, PAPER = "#33373d", "#ffffff"
SCALE = (CLASSES[0], PAPER, CLASSES[1])
AMOUNTS = (PAPER, INK)
GAP = "#c9cdd2"  # between the pictures of a mosaic, where there is no number


def blend(*colours: str) -> Colormap:
    """A colour map that runs evenly through some colours, from the first to the last.

    Example:
        >>> [round(float(part), 1) for part in blend("#000000", "#ffffff")(0.5)]
        [0.5, 0.5, 0.5, 1.0]
    """
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("glassgrad", list(colours))
