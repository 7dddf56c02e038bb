"""Pictures of graphs: `draw` for a picture, or a page to step through, and `latex` for a formula.

The way from a graph to a file: `reading` collects the nodes, `folding` chooses what is shown, `picture` decides
on the texts and `dot` on the looks, `layout` calls the program that draws, and `page` makes a page for browsers.
`comparison` is for compiled functions, and `formula` typesets.
"""

from .drawing import Drawing, draw
from .formula import latex

__all__ = ["Drawing", "draw", "latex"]
