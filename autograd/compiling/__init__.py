"""`compile`: scalar code at array speed. The stages are in the order of the files they are in:

`tracing` (and `closure`, what a function sees, and `hidden`, what it must not see) → `flatten` → `lift` (and `views`, `naming`) →
the ordinary backward rules → `simplify` → `source`; `program` goes through them and runs the
result, `compiled` keeps the programs, `vmap` runs the lifted graph on batches.
"""

from .compiled import Compiled, compile
from .vmap import vmap

__all__ = ["Compiled", "compile", "vmap"]
