"""`compile` turns scalar code into a NumPy program, in passes. `README.md` shows them on one small loss.

The passes, in order:

1. `tracing` calls the function once with the stand-ins of `standins`, and records its graph. `given` takes the
   arguments of the call apart, and `nodes` lists the nodes of the graph.
2. `flatten` turns nested sums and products into sums and dot products.
3. `lift` turns numbers into arrays, with `arrays`, `views` and `naming`.
4. `differentiate` adds the graph of the gradients.
5. `simplify` makes the graph smaller.
6. `source` writes the program, with `writers`, `helpers`, `literals` and `wrapping`.

A function that calls `backward()` and `optimizer.step()` is compiled as one program, which makes the whole step. `effects`
notes these calls, `gradients` says what they come to as nodes, `formula` traces and writes the optimizer's formula, `updates`
calls it, and `step` is the program.

The folder `printing` writes the same program in C, to run it much faster, and in JavaScript.

`program` runs the passes and then the program; `results` makes the nodes of its results. `cache` keeps the programs
of a function, which `compiled` and `vmap` call. `stages` keeps the graph after each pass, to be drawn.

A program is valid only while what the function reads besides its arguments stays the same. `closure` finds
what that is, with `bytecode`; `kinds` is the list of what is allowed; `guard` compares it at each call. `hidden`
refuses what a function must not read while it is traced, and `asked` answers questions about a stand-in's type.
"""

from .compiled import Compiled, compile
from .vmap import vmap

__all__ = ["Compiled", "compile", "vmap"]
