"""The pieces in which an optimizer changes parameters: a formula works on arrays, the larger the better.

A piece is a large Tensor; or several small ones, or Values, whose numbers are gathered into one
array for the time of a step. Values that a compiled program keeps in one array, a store, are a Tensor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from autograd import Tensor, Value
from autograd.modes import moment
from autograd.stores import Store, blocks

__all__ = ["Memory", "Piece", "UnevenError", "in_pieces"]

SMALL = 4096  # entries; of fewer, calling the formula costs more than gathering them

Memory = dict[str, Any]  # what is remembered of a parameter, such as running means, by name; and the number of its steps


class UnevenError(Exception):
    """Some of the Tensors of a piece have a gradient, and some have none: they are no piece any more."""


class Piece:
    """A Tensor.

    Attributes:
        memory: what is remembered of it, arrays of its shape; and the number of its steps, "step".
    """

    def __init__(self, tensor: Tensor, memory: Memory) -> None:
        self.tensor = tensor
        self.memory = memory

    @property
    def grad(self) -> Any:
        """Its gradient, an array; None for a Tensor that has none. That of a Value is 0 if it has none.

        Raises:
            UnevenError: see there.
        """
        return _gradient(self.tensor)

    def read(self) -> Any:
        """Its numbers, as an array to be changed in place; then comes `write`."""
        return self.tensor._to_overwrite()

    def write(self, numbers: Any) -> None:
        """Take over the array from `read`."""

    def zero_grad(self) -> None:
        self.tensor.zero_grad()

    def memories(self) -> Iterator[tuple[Any, Memory]]:
        """Each of its parameters with what is remembered of it: arrays for a Tensor, numbers for a Value."""
        yield from _of_each(self.tensor, self.memory)


class Joined(Piece):
    """Several small Tensors."""

    def __init__(self, tensors: Sequence[Tensor], memory: Memory) -> None:
        self._tensors = tensors
        self._parts = [slice(end - t.size, end) for t, end in zip(tensors, accumulate(t.size for t in tensors), strict=True)]
        self.memory = memory

    @property
    def grad(self) -> Any:
        gradients = [_gradient(t) for t in self._tensors]
        without = sum(g is None for g in gradients)
        if without:
            if without < len(gradients):
                raise UnevenError
            return None
        return np.concatenate([g.reshape(-1) for g in gradients])

    def read(self) -> Any:
        return np.concatenate([t._datum.reshape(-1) for t in self._tensors])

    def write(self, numbers: Any) -> None:
        now = moment()
        for t, part in zip(self._tensors, self._parts, strict=True):
            array = t._to_overwrite(now)
            array[...] = numbers[part].reshape(array.shape)

    def zero_grad(self) -> None:
        for t in self._tensors:
            t.zero_grad()

    def memories(self) -> Iterator[tuple[Any, Memory]]:
        for t, part in zip(self._tensors, self._parts, strict=True):
            yield from _of_each(t, {name: x if name == "step" else x[part].reshape(t.shape) for name, x in self.memory.items()})


class Gathered(Piece):
    """Values that are in no store."""

    def __init__(self, values: Sequence[Value], memory: Memory) -> None:
        self._values = values
        self.memory = memory

    @property
    def grad(self) -> Any:
        return np.array([value.grad or 0.0 for value in self._values])

    def read(self) -> Any:
        return np.array([value.data for value in self._values])

    def write(self, numbers: Any) -> None:
        now = moment()
        for value, x in zip(self._values, numbers.tolist(), strict=True):
            value._overwrite(x, now)

    def zero_grad(self) -> None:
        for value in self._values:
            value.zero_grad()

    def memories(self) -> Iterator[tuple[Any, Memory]]:
        yield from _of_values(self._values, self.memory)


def in_pieces(parameters: Mapping[Any, Memory]) -> list[Piece]:
    """As few pieces as can be for the parameters, given what is remembered of each."""
    pieces: list[Piece] = []
    loose: dict[Any, list[Any]] = {}  # by the names of their memory and the number of their steps, which a piece has only once
    small: dict[Any, list[tuple[Tensor, Memory]]] = {}  # by the same, and by their precision, and whether they have a gradient
    for block in blocks(parameters):
        values = block.values if isinstance(block, Store) else [block]
        kinds = {(*parameters[value], parameters[value].get("step")) for value in values}
        if isinstance(block, Value) or len(kinds) > 1:
            for value in values:
                loose.setdefault((*parameters[value], parameters[value].get("step")), []).append(value)
            continue
        memory = _together([parameters[value] for value in values], block.shape) if isinstance(block, Store) else parameters[block]
        if block.size > SMALL:
            pieces.append(Piece(block, memory))
        else:
            has_gradient = isinstance(block, Store) or block.grad is not None
            small.setdefault((*memory, memory.get("step"), block.dtype, has_gradient), []).append((block, memory))
    for group in small.values():
        tensors, memories = zip(*group, strict=True)
        joined = {name: x if name == "step" else np.concatenate([m[name].ravel() for m in memories]) for name, x in memories[0].items()}
        pieces.append(Joined(tensors, joined) if len(group) > 1 else Piece(tensors[0], memories[0]))
    return pieces + [Gathered(values, _together([parameters[value] for value in values], (len(values),))) for values in loose.values()]


def _gradient(tensor: Tensor) -> Any:
    """The gradient of a Tensor as an array: while a function is compiled it is none, and says so."""
    return None if tensor.grad is None else np.asarray(tensor.grad)


def _of_each(tensor: Tensor, memory: Memory) -> Iterator[tuple[Any, Memory]]:
    if isinstance(tensor, Store):
        yield from _of_values(tensor.values, memory)
    else:
        yield tensor, memory


def _of_values(values: Sequence[Value], memory: Memory) -> Iterator[tuple[Any, Memory]]:
    for i, value in enumerate(values):
        yield value, {name: x if name == "step" else x.item(i) for name, x in memory.items()}


def _together(memories: Sequence[Memory], shape: tuple[int, ...]) -> Memory:
    """What is remembered of each of several Values, as arrays."""
    return {name: x if name == "step" else np.reshape([m[name] for m in memories], shape) for name, x in memories[0].items()}
