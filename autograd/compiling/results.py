"""The nodes that a compiled call adds to the graph: one for the call, and one for each result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from ..core import Primitive, record
from ..primitives.indexing import getitem, scatter
from ..primitives.shapes import reshape
from ..tensor import Tensor
from ..texts import in_latex
from ..value import Value

__all__ = ["Call", "Place"]


class Call(Primitive):
    """The primitive of a compiled call, which is one node of the graph. Its rule is the program's `backward`."""

    def __init__(self, name: str) -> None:
        self.name = self.symbol = name
        self.latex = lambda *inputs: rf"\operatorname{{{in_latex(name)}}}({', '.join(inputs)})"
        self.scalar, self.elementwise = None, False
        self.masks, self.sums, self.arity = None, False, None
        self.samples = (), (0.0, 0.0), False
        self.__doc__ = f"The compiled function {name}."

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"A result of the compiled {self.name} cannot be pickled with its graph; pickle its number, {self.name}(…).data.")


class Part(Call):
    """The primitive that takes some of the results of a call, consecutive entries of a flat array."""

    def array(self, x: Any, index: Any) -> Any:
        return x[index]

    def vjp(self, g: Any, out: Any, x: Any, index: Any) -> Any:
        return [scatter(reshape(np.asarray(g) if isinstance(g, float) else g, shape=x[index].shape), index=index, shape=x.shape)]


PART = Part("part")


@dataclass(frozen=True)
class Place:
    """The place of a leaf of the returned structure among the results: which result, and which entry of it.

    A leaf that is not a node is a constant, and not among the results.
    """

    result: int | None
    entry: int | None = None
    start: int = 0  # in the flat array of all results
    constant: Any = None
    plain: bool = False  # whether it is no node but a number

    def of(self, results: Sequence[Any], together: Tensor) -> Any:
        """The leaf as a node."""
        if self.result is None:
            return self.constant
        x = results[self.result]
        if self.plain:
            return float(x.item(self.entry))
        if self.entry is not None:
            return record(Value, x.item(self.entry), PART, (together,), {"index": self.start})
        return record(Tensor, x, PART, (together,), {"index": slice(self.start, self.start + x.size)})

    def of_batch(self, results: Sequence[Any]) -> Any:
        """The leaf with a batch axis in front."""
        if self.result is None:
            return self.constant
        x = results[self.result]
        return x if self.entry is None or x.ndim == 1 else getitem(x, index=(slice(None), self.entry))
