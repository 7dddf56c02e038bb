"""Pictures of graphs: `draw` for looking, its pages for stepping through, `latex` for formulas.

From the graph to the file: `reading` (what is there), `folding` (what to show), `picture` (what
it says), `dot` (what it looks like), `layout` (the program that draws), `page` (for browsers). `formula` typesets.
"""

from .drawing import Drawing, draw
from .formula import latex

__all__ = ["Drawing", "draw", "latex"]
