"""A compiled function: the graph that it leaves as it is written, beside the graph of arrays it was compiled to."""

from __future__ import annotations

from ..compiling.compiled import Compiled
from ..compiling.tracing import name_of
from ..core import Node
from .folding import CLEAR, READABLE, Folding
from .reading import Place, Reading, Thing, common_place

__all__ = ["both_open", "compared"]


def compared(function: Compiled) -> Reading:
    """Both graphs as one, in two parts.

    Raises:
        RuntimeError: the function was not called yet, or not since something that it sees was changed.
        ValueError: it returns constants.
    """
    name = name_of(function.function)
    if not function.programs:
        raise RuntimeError(
            f"{name} has no graphs to draw yet: it is compiled for the shapes of its first call. Call it once, and draw it then."
        )
    program = next(reversed(function.programs.values()))
    if not program.surroundings.unchanged():
        raise RuntimeError(
            f"{name} will be compiled anew, as `{program.surroundings.changed()}` was changed since its last call. Call it once more, "
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
    """Put parameters, and arrays that were made for all calls of a module together, to where they are used."""
    uses: dict[Thing, list[Place]] = {}
    for thing, inputs in reversed(reading.inputs.items()):
        if not reading.places[thing] and thing in uses and isinstance(thing, Node) and thing.requires_grad:
            # Of a parameter, a loss may be a user too (weight decay).
            reading.places[thing] = common_place(place for place in uses[thing] if place or not thing.is_leaf)
        for x in inputs:
            uses.setdefault(x, []).append(reading.places[thing])


def both_open(reading: Reading, fold: int | None) -> Folding:
    """A folding that shows the arrays one by one if that can be read, and of the graph as written as much as stays clear.

    Args:
        reading: both graphs.
        fold: how many levels of modules of the graph as written are open; None for what stays clear.
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
            alone = Folding(reading, further)  # the other graph is one box then
            if alone.size + alone.arrows(reading) <= most:
                opened |= further
                break
    return Folding(reading, opened)
