"""The pieces in which an optimizer changes parameters: a formula works on arrays, and Values are numbers.

A piece is a Tensor; or Values that a compiled program keeps in one array, a store; or other
Values, whose numbers are gathered into an array for the time of a step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd import Tensor, Value
from autograd.stores import Store, blocks

__all__ = ["Memory", "Piece", "by_parameter", "in_pieces"]

Memory = dict[str, Any]  # what is remembered of a parameter, such as running means, by name; and the number of its steps


class Piece:
    """A Tensor, or a store of Values.

    Attributes:
        memory: what is remembered of it, arrays of its shape; and the number of its steps, "step".
    """

    def __init__(self, tensor: Tensor, memory: Memory) -> None:
        self.tensor = tensor
        self.memory = memory

    @property
    def values(self) -> Sequence[Value]:
        """The Values that it stands for; none for a Tensor of the user's."""
        return self.tensor.values if isinstance(self.tensor, Store) else ()

    @property
    def grad(self) -> Any:
        """Its gradient, an array; None for a Tensor that has none. That of a Value is 0 if it has none."""
        return self.tensor.grad

    def read(self) -> Any:
        """Its numbers, as an array to be changed in place; then comes `write`."""
        return self.tensor._to_overwrite()

    def write(self, numbers: Any) -> None:
        """Take over the array from `read`."""

    def zero_grad(self) -> None:
        self.tensor.zero_grad()


class Gathered(Piece):
    """Values that are in no store."""

    def __init__(self, values: Sequence[Value], memory: Memory) -> None:
        self._values = values
        self.memory = memory

    @property
    def values(self) -> Sequence[Value]:
        return self._values

    @property
    def grad(self) -> Any:
        return np.array([value.grad or 0.0 for value in self._values])

    def read(self) -> Any:
        return np.array([value.data for value in self._values])

    def write(self, numbers: Any) -> None:
        for value, x in zip(self._values, numbers.tolist(), strict=True):
            value.data = x

    def zero_grad(self) -> None:
        for value in self._values:
            value.zero_grad()


def in_pieces(parameters: Mapping[Any, Memory]) -> list[Piece]:
    """As few pieces as can be for the parameters, given what is remembered of each."""
    pieces: list[Piece] = []
    loose: dict[Any, list[Any]] = {}  # by the names of their memory and the number of their steps, which a piece has only once
    for block in blocks(parameters):
        values = block.values if isinstance(block, Store) else [block]
        kinds = {(*parameters[value], parameters[value].get("step")) for value in values}
        if isinstance(block, Value) or len(kinds) > 1:
            for value in values:
                loose.setdefault((*parameters[value], parameters[value].get("step")), []).append(value)
        elif isinstance(block, Store):
            pieces.append(Piece(block, _together([parameters[value] for value in values], block.shape)))
        else:
            pieces.append(Piece(block, parameters[block]))
    return pieces + [Gathered(values, _together([parameters[value] for value in values], (len(values),))) for values in loose.values()]


def by_parameter(pieces: Sequence[Piece]) -> dict[Any, Memory]:
    """What is remembered of each parameter: arrays for a Tensor, numbers for a Value."""
    out: dict[Any, Memory] = {}
    for piece in pieces:
        for i, value in enumerate(piece.values):
            out[value] = {name: x if name == "step" else x.item(i) for name, x in piece.memory.items()}
        if not piece.values:
            out[piece.tensor] = piece.memory
    return out


def _together(memories: Sequence[Memory], shape: tuple[int, ...]) -> Memory:
    """What is remembered of each of several Values, as arrays."""
    return {name: x if name == "step" else np.reshape([m[name] for m in memories], shape) for name, x in memories[0].items()}
