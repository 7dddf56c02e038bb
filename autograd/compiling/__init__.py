"""`compile` turns scalar code into a NumPy program, in passes. `README.md` shows them on one small loss.

The passes, in order:

1. `tracing` calls the function once with the stand-ins of `standins`, and records its graph. `given` takes the
   arguments of the call apart, and `nodes` lists the nodes of the graph. If the function looks at numbers in a way that
   a program can follow, such as `max(values)`, `rewriting` makes a copy that does not.
2. `roll` turns steps that need the one before into loops: `repeats` finds them, and `loops` has the primitive. For C,
   `recurrent` makes loops of recurrent networks.
3. `flatten` turns nested sums and products into sums and dot products.
4. `lift` turns numbers into arrays, with `arrays` and `naming`, and `dots` makes matrix products; `arranging` chooses
   the order and shape of an array, and `views` how one is read from another. `lift_loops` lifts the bodies of loops; of
   a large batch of examples, `batches` finds the graph from those of a few.
5. `differentiate` adds the graph of the gradients.
6. `simplify` makes the graph smaller.
7. `source` writes the program, with `writers`, `loop_lines`, `helpers`, `literals` and `wrapping`, and names the parts
   of a network by `scopes`; a program of single numbers runs on Python's `floats`.

A function that calls `backward()` and `optimizer.step()` is compiled as one program, which makes the whole step.
`effects` notes these calls, `gradients` says what they come to as nodes, `formula` traces and writes the optimizer's
formula, `updates` calls it, and `step` is the program.

The folder `printing` writes the same program in C, to run it much faster, and in JavaScript.

`lifted` runs the passes up to `lift`, and `program` the others, and then the program; `results` makes the nodes of its
results. `cache` keeps the programs of a function, which `compiled` and `vmap` call. `stages` keeps the graph after each
pass, to be drawn.

A program is valid only while what the function reads besides its arguments stays the same. `closure` finds what that
is, with `bytecode`; `kinds` is the list of what is allowed; `guard` compares it at each call, by `places`. `hidden`
refuses what a function must not read while it is traced, and `asked` answers questions about a stand-in's type.
"""

from .compiled import Compiled, compile
from .vmap import vmap

__all__ = ["Compiled", "compile", "vmap"]
