"""The pieces in which an optimizer changes its parameters.

An elementwise formula can be computed on any array of numbers, and a few calls are faster than many. So a piece is
one large Tensor, or many small Tensors or Values, whose numbers are gathered into one array for the step. If the
formula needs whole parameters, each parameter is a piece.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor, Value
from autograd.modes import moment
from autograd.stores import Store, blocks

from .groups import Parameter

__all__ = ["Array", "Memory", "Piece", "Starts", "UnevenError", "in_pieces"]

SMALL = 4096  # entries; in a smaller Tensor, calling the formula takes longer than gathering it with others

Array = NDArray[np.floating[Any]]
# What is remembered of a parameter, such as running means, by name; and "step", the number of steps.
Memory = dict[str, Any]
Starts = Mapping[str, float | None]  # the initial values; None for what is not needed


class UnevenError(Exception):
    """The Tensors of a piece cannot be changed together: only some have a gradient, or their precision has changed."""


class Piece:
    """Parameters on which a formula is called at once, with their numbers in one array.

    Attributes:
        memory: what is remembered of them, as arrays of the shape of that array, and their number of steps.
        columns: the arrays of `memory` in the order of the formula's arguments.
    """

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.columns: list[Array | None] = []
        self._starts: Starts | None = None

    @property
    def leaves(self) -> Sequence[Any]:
        """The parameters, in the order of their numbers: Tensors, stores and Values."""
        raise NotImplementedError

    def fits(self) -> bool:
        """Whether the parameters still have the precision that they had."""
        return True

    def steps(self) -> int:
        """How many steps have been counted."""
        return int(self.memory.get("step", 0))

    def gradient(self) -> Array | None:
        """The gradient; None if no backward pass has reached the Tensors. (That of a Value is 0 then.)

        Raises:
            UnevenError: some have a gradient and others do not.
        """
        raise NotImplementedError

    def read(self) -> Array:
        """The numbers, in an array that the caller changes and gives to `write`."""
        raise NotImplementedError

    def write(self, numbers: Array) -> None:
        """Give the parameters their new numbers, in the array from `read`."""
        raise NotImplementedError

    def zero_grad(self) -> None:
        raise NotImplementedError

    def memories(self) -> Iterator[tuple[Parameter, Memory]]:
        """Each parameter with what is remembered of it: arrays for a Tensor, numbers for a Value."""
        raise NotImplementedError

    def count_step(self, starts: Starts, p: Array) -> int:
        """Count a step, and return its number.

        What `starts` names for the first time is remembered from now on, in arrays like `p`.
        """
        memory = self.memory
        if starts is not self._starts:
            if not starts:  # only the number of steps is remembered
                memory.setdefault("step", 0)
            for name, start in starts.items():
                if start is not None and name not in memory:
                    memory.setdefault("step", 0)
                    memory[name] = np.full_like(p, start)
            self.columns = [memory.get(name) for name in starts]
            self._starts = starts
        if not memory:
            return 1
        memory["step"] = steps = memory["step"] + 1
        return steps


class Whole(Piece):
    """One Tensor."""

    def __init__(self, tensor: Tensor, memory: Memory) -> None:
        super().__init__(memory)
        self._tensor = tensor

    @property
    def leaves(self) -> Sequence[Any]:
        return [self._tensor]

    def gradient(self) -> Array | None:
        return self._tensor._gradient

    def read(self) -> Array:
        return self._tensor._to_overwrite()

    def write(self, numbers: Array) -> None:
        """Nothing to do: the array is the Tensor's own."""

    def zero_grad(self) -> None:
        self._tensor.grad = None

    def memories(self) -> Iterator[tuple[Parameter, Memory]]:
        yield from _of_each(self._tensor, self.memory)


class Joined(Piece):
    """Several small Tensors.

    Their numbers and gradients are copied into two arrays, made once, in which each Tensor has its place. (For 6
    Tensors with 337 numbers in all, this takes 4 µs a step; `np.concatenate` and slicing took 11 µs.) Nobody else uses
    the array of a store. So a store keeps its numbers in the new array, and they need not be copied again.
    """

    def __init__(self, tensors: Sequence[Tensor], memory: Memory) -> None:
        super().__init__(memory)
        self._ends = list(accumulate(t.size for t in tensors))
        self._numbers = np.empty(self._ends[-1], tensors[0].dtype)
        self._gradient = np.empty_like(self._numbers)
        self._places = [
            (t, self._numbers[end - t.size : end].reshape(t.shape), self._gradient[end - t.size : end].reshape(t.shape))
            for t, end in zip(tensors, self._ends, strict=True)
        ]

    @property
    def leaves(self) -> Sequence[Any]:
        return [t for t, _, _ in self._places]

    def fits(self) -> bool:
        for t, place, _ in self._places:  # noqa: SIM110  # half of the time of all(…), for 6 Tensors 0.2 µs
            if t._datum is not place and t._datum.dtype != place.dtype:
                return False
        return True

    def gradient(self) -> Array | None:
        without = 0
        if not self.fits():
            raise UnevenError
        for t, _, place in self._places:
            g = t._gradient
            if g is None:
                without += 1
            else:
                place[...] = g
        if without == 0:
            return self._gradient
        if without < len(self._places):
            raise UnevenError
        return None

    def read(self) -> Array:
        for t, place, _ in self._places:
            if t._datum is not place:
                place[...] = t._datum
                if type(t) is Store:
                    t._datum = place
        return self._numbers

    def write(self, numbers: Array) -> None:
        now = moment()
        for t, place, _ in self._places:
            if t._datum is not place:
                t._datum[...] = place
            t.origin = now

    def zero_grad(self) -> None:
        for t, _, _ in self._places:
            t.grad = None

    def memories(self) -> Iterator[tuple[Parameter, Memory]]:
        for (t, _, _), end in zip(self._places, self._ends, strict=True):
            part = slice(end - t.size, end)
            yield from _of_each(t, {name: x if name == "step" else x[part].reshape(t.shape) for name, x in self.memory.items()})


class Gathered(Piece):
    """One Value or more."""

    def __init__(self, values: Sequence[Value], memories: Sequence[Memory]) -> None:
        super().__init__(_together(memories, (len(values),)))
        self._values = values

    @property
    def leaves(self) -> Sequence[Any]:
        return self._values

    def gradient(self) -> Array:
        return np.array([value.grad for value in self._values])

    def read(self) -> Array:
        return np.array([value.data for value in self._values])

    def write(self, numbers: Array) -> None:
        now = moment()
        for value, x in zip(self._values, numbers.tolist(), strict=True):
            value._overwrite(x, now)

    def zero_grad(self) -> None:
        for value in self._values:
            value.grad = None

    def memories(self) -> Iterator[tuple[Parameter, Memory]]:
        yield from _of_values(self._values, self.memory)


def in_pieces(parameters: Mapping[Parameter, Memory], elementwise: bool, without: Collection[Any]) -> list[Piece]:
    """The pieces for `parameters`, each given with what is remembered of it.

    If the formula is elementwise, they are few; else there is one for each parameter. Those in `without` have no
    gradient.
    """
    if not elementwise:
        return [Whole(p, memory) if isinstance(p, Tensor) else Gathered([p], [memory]) for p, memory in parameters.items()]
    pieces: list[Piece] = []
    # Within a piece, the same must be remembered, after the same number of steps. So Values are sorted by these, and
    # Tensors also by their precision, and by whether they have a gradient.
    loose: dict[Any, list[Value]] = {}
    small: dict[Any, list[Tensor]] = {}
    memories = dict(parameters)
    for block in blocks(parameters):
        values = block.values if isinstance(block, Store) else [block] if isinstance(block, Value) else []
        kinds = {_kind(parameters[value]) for value in values}
        if isinstance(block, Value) or len(kinds) > 1:
            for value in values:
                loose.setdefault(_kind(parameters[value]), []).append(value)
            continue
        if isinstance(block, Store):
            memories[block] = _together([parameters[value] for value in values], block.shape)
        if block.size > SMALL:
            pieces.append(Whole(block, memories[block]))
        else:
            has_gradient = isinstance(block, Store) or block not in without
            small.setdefault((_kind(memories[block]), block.dtype, has_gradient), []).append(block)
    for tensors in small.values():
        some = [memories[t] for t in tensors]
        joined = {name: x if name == "step" else np.concatenate([m[name].ravel() for m in some]) for name, x in some[0].items()}
        pieces.append(Joined(tensors, joined) if len(tensors) > 1 else Whole(tensors[0], some[0]))
    return pieces + [Gathered(values, [parameters[value] for value in values]) for values in loose.values()]


def _kind(memory: Memory) -> tuple[Any, ...]:
    return (*memory, memory.get("step"))


def _of_each(tensor: Tensor, memory: Memory) -> Iterator[tuple[Parameter, Memory]]:
    if isinstance(tensor, Store):
        yield from _of_values(tensor.values, memory)
    else:
        yield tensor, memory


def _of_values(values: Sequence[Value], memory: Memory) -> Iterator[tuple[Value, Memory]]:
    for i, value in enumerate(values):
        yield value, {name: x if name == "step" else x.item(i) for name, x in memory.items()}


def _together(memories: Sequence[Memory], shape: tuple[int, ...]) -> Memory:
    """What is remembered of several Values, as arrays."""
    return {name: x if name == "step" else np.reshape([m[name] for m in memories], shape) for name, x in memories[0].items()}
