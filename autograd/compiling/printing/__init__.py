"""Programs in C and JavaScript, printed from the same graph as the NumPy program.

Both languages have C's operators and loops, so one emitter writes them, and a dialect says what they write differently.

1. `targets` is where the compiler comes in: a program to run, or a text to read.
2. `expanding` writes what has no loop of its own with what has, such as a softmax with an exponential and a sum.
3. `memory` finds which numbers get an array, and which are written where they are read.
4. `bodies` writes the loops of a function, as `nests` that take in what fits into them, and `reading` what is read in
   them. `loops` has a writer for each operation that is more than a number at a time, `formulas` reads the others from
   the Python functions of the table, `indices` computes places in arrays, and `tables` keeps constant arrays and names.
   `recurrences` chooses the order in which nodes are computed, and writes a rolled recurrence as a loop over time.
5. `programs` puts the functions of a program together, in the language of one of the `dialects`.
6. `building` compiles C, and `native` calls it.
"""
