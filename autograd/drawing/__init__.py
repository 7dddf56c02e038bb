"""Pictures of graphs: `draw` for a picture, or a page to play with, and `latex` for a formula.

The way from a graph to a picture: `reading` collects the nodes, `folding` chooses what is shown, `picture` decides
on the texts and `dot` on the looks, and `layout` calls the program that draws. `page` makes a page for browsers,
which `notebook` shows in notebooks.
`comparison` is for compiled functions, and `formula` typesets.
"""

from .drawing import Drawing, draw
from .formula import latex

__all__ = ["Drawing", "draw", "latex"]
