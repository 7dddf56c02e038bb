"""Pictures of graphs: `draw` for a picture, or a page to step through, and `latex` for a formula.

From the graph to the file: `reading` (what there is), `folding` (what is shown), `picture` (what it
says), `dot` (what it looks like), `layout` (the program that draws), `page` (for browsers); and
`comparison` for compiled functions. `formula` typesets.
"""

from .drawing import Drawing, draw
from .formula import latex

__all__ = ["Drawing", "draw", "latex"]
