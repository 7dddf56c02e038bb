"""`compile`: scalar code at array speed. The stages are in the order of the files they are in:

`given` (what a call was given) → `tracing` (and `standins`, what the function is called with, `closure`, what it sees
besides, and `hidden`, what it must not see) → `flatten` → `lift` (and `views`, `naming`) → the ordinary backward rules →
`simplify` → `source`; `program` goes through them and runs the result, `cache` keeps the programs of a function,
`compiled` and `vmap` call them.
"""

from .compiled import Compiled, compile
from .vmap import vmap

__all__ = ["Compiled", "compile", "vmap"]
