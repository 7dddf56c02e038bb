"""A compiled function: the graph of the function as it is written, beside the graph of arrays that it was compiled to."""

from __future__ import annotations

from ..compiling.compiled import Compiled
from ..compiling.tracing import name_of
from ..core import Node
from .folding import CLEAR, READABLE, Folding
from .reading import Place, Reading, Thing, common_place

__all__ = ["both_open", "compared"]


def compared(function: Compiled) -> Reading:
    """Both graphs of a compiled function, as the two parts of one reading.

    Raises:
        RuntimeError: the function was not called yet, or not since something that it uses was changed.
        ValueError: it returns constants.

    Example:
        >>> import autograd
        >>> f = autograd.compile(lambda x: (x * x).sum())
        >>> _ = f(autograd.Tensor([1.0, 2.0]))
        >>> list(compared(f).titles.values())
        ['as written: 2 nodes', 'as compiled: 2 arrays']
    """
    name = name_of(function.function)
    if not function.programs:
        raise RuntimeError(
            f"{name} has no graphs to draw yet: it is compiled for the shapes of its first call. Call it once, and draw it then."
        )
    program = next(reversed(function.programs.values()))
    if not program.surroundings.guard.unchanged():
        raise RuntimeError(
            f"{name} must be compiled again, since `{program.surroundings.guard.changed()}` was changed after its last call. "
            "Call it once more, "
            "and draw it then."
        )
    if not program.outputs:
        raise ValueError(f"{name} returned no Value or Tensor: there is nothing to draw.")
    reading = Reading([])
    reading.beside("as written", Reading(program.retraced()[1]), "nodes")
    compiled = Reading(program.lifted()[1])
    _place_by_use(compiled)
    reading.beside("as compiled", compiled, "arrays")
    return reading


def _place_by_use(reading: Reading) -> None:
    """Place parameters, and arrays that serve all calls of a module together, where they are used."""
    uses: dict[Thing, list[Place]] = {}
    for thing, inputs in reversed(reading.inputs.items()):
        if not reading.places[thing] and thing in uses and isinstance(thing, Node) and thing.requires_grad:
            # A loss may use a parameter too (weight decay).
            reading.places[thing] = common_place(place for place in uses[thing] if place or not thing.is_leaf)
        for x in inputs:
            uses.setdefault(x, []).append(reading.places[thing])


def both_open(reading: Reading, fold: int | None) -> Folding:
    """A folding that shows the arrays one by one, if that is readable.

    It shows as much of the graph as it was written as stays clear.

    Args:
        reading: both graphs, from `compared`.
        fold: how many levels of modules are open in the graph as written; None for as many as stay clear.

    Example:
        >>> import autograd
        >>> f = autograd.compile(lambda x: (x * x).sum())
        >>> _ = f(autograd.Tensor([1.0, 2.0]))
        >>> both_open(compared(f), fold=None).size
        6
    """
    opened: set[Place] = set()
    for name, most in (("as compiled", READABLE), ("as written", CLEAR)):
        places = [place for place in reading.calls if place[0][0] == name]
        containers = {place[:-1] for place in places if len(place) > 1}
        if fold is not None and name == "as written":
            opened.update(place for place in places if len(place) <= fold + 1)
            break
        depths = range(max(map(len, containers), default=0), 0, -1)
        for further in (set(places), *({place for place in containers if len(place) <= depth} for depth in depths)):
            alone = Folding(reading, further)  # with the other graph as one box
            if alone.size + alone.arrows(reading) <= most:
                opened |= further
                break
    return Folding(reading, opened)
