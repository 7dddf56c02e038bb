"""`compile`: scalar code at array speed. The stages are in the order of the files they are in:

`given` (what a call was given) → `tracing` (and `standins`, what the function is called with; `nodes` finds the nodes) →
`flatten` → `lift` (and `views`, `naming`) → `differentiate` → `simplify` → `source` (and `writers`). `program` goes through them
and runs the result, whose nodes are in `results`; `cache` keeps the programs of a function, `compiled` and `vmap` call them. From
`flatten` to `simplify` each takes a graph and gives a graph: `stages` has them all, to be drawn. `README.md` walks one small loss
through them.

What else a function sees is in `kinds` (the white list), `closure` (the walk over it, with what `bytecode` reads in its code),
`guard` (the comparison at each call), `hidden` (what it may not see while it is traced) and `asked` (what a stand-in says of itself).
"""

from .compiled import Compiled, compile
from .vmap import vmap

__all__ = ["Compiled", "compile", "vmap"]
