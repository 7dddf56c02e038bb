"""`compile`: scalar code at array speed. The stages are in the order of the files they are in:

`given` (what a call was given) → `tracing` (and `standins`, what the function is called with, `closure`, what it sees
besides, and `hidden`, what it must not see; `reading` finds the nodes) → `flatten` → `lift` (and `views`, `naming`) →
`differentiate` → `simplify` → `source` (and `writers`). `program` goes through them and runs the result, whose nodes are in
`results`; `cache` keeps the programs of a function, `compiled` and `vmap` call them. From `flatten` to `simplify` each takes a
graph and gives a graph: `stages` has them all, to be drawn. `README.md` walks one small loss through them.
"""

from .compiled import Compiled, compile
from .vmap import vmap

__all__ = ["Compiled", "compile", "vmap"]
