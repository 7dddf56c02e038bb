"""Calling a C program: `forward` and `backward`, as those of the NumPy program are called, and held against them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from sys import getrefcount
from typing import Any, NamedTuple

import numpy as np

from .building import Library
from .programs import Array, Printed

__all__ = ["Native"]

CLOSE = {True: 1e-3, False: 1e-7}  # relative to the largest result; of programs with numbers in float32, and others
LARGE = 2**20  # bytes: larger sets of arrays are not kept


class Pool:
    """Arrays of certain shapes, and their addresses.

    They are used again when nobody else has them any more. (To make the six gradients of a network of 337 numbers and
    ask for their addresses takes 7 µs, which is what computing them takes.)
    """

    def __init__(self, arrays: Sequence[Array]) -> None:
        self._arrays = arrays
        self._sets: list[tuple[list[Any], list[int]]] = []
        self._keeps = sum(np.prod(x.shape) * x.dtype.itemsize for x in arrays) <= LARGE

    def take(self) -> tuple[list[Any], list[int]]:
        """A set of arrays, and where they are."""
        for i, (arrays, addresses) in enumerate(self._sets):
            for x in arrays:
                if getrefcount(x) > 3:  # the list, `x`, and the argument
                    break
            else:
                if i:
                    self._sets.insert(0, self._sets.pop(i))
                return list(arrays), addresses
        arrays = [np.empty(x.shape, x.dtype) for x in self._arrays]
        made = arrays, [_address(x) for x in arrays]
        if self._keeps:
            self._sets = [made, *self._sets[:2]]
        return list(arrays), made[1]


class Saved(NamedTuple):
    """What `forward` hands to `backward`."""

    inputs: Sequence[Any]
    addresses: Sequence[int]
    memory: Any
    address: list[int]


class Native:
    """A program in C.

    Args:
        name: of the function it was compiled from.
        printed: its text and its arrays.
        library: the same, compiled.
        inputs, seeds: the types of what `forward` gets, and of what `backward` gets besides.
        forward, backward: the NumPy program.
    """

    def __init__(
        self, name: str, printed: Printed, library: Library, inputs: Sequence[Any], seeds: Sequence[Any],
        forward: Callable[..., Any], backward: Callable[..., Any],
    ) -> None:  # fmt: skip
        self._name, self._types, self._seeds = name, list(inputs), list(seeds)
        self._results, self._gradients, self._memory = (
            Pool([x for x in of if x]) for of in (printed.results, printed.gradients, printed.saved)
        )
        self._without = [i for i, x in enumerate(printed.gradients) if x is None]
        n = len(self._types)
        self._c_forward = library.function("forward", n + len(printed.results) + len(printed.saved))
        gradients = len(printed.gradients) - len(self._without)
        self._c_backward = library.function("backward", n + len(self._seeds) + gradients + len(printed.saved))
        self._lock = library.lock
        self._numpy = forward, backward
        self._unchecked = {"forward", "backward"}
        self._near = CLOSE[any(x.dtype == np.float32 for x in printed.nodes)]
        self._is_wrong = False
        self._last: tuple[list[Any], list[int]] = ([None] * n, [0] * n)

    def forward(self, *inputs: Any) -> Any:
        if self._is_wrong:
            return self._numpy[0](*inputs)
        with self._lock:
            given, addresses = self._addresses(inputs)
            memory, place = self._memory.take()
            results, to = self._results.take()
            refused = self._c_forward(*addresses, *to, *place)
        if refused:
            return self._numpy[0](*inputs)  # which says what is wrong
        if "forward" in self._unchecked:
            expected, saved = self._numpy[0](*inputs)
            if not self._agrees("forward", results, [expected] if len(results) == 1 else expected):
                return expected, saved
        return results[0] if len(results) == 1 else tuple(results), Saved(given, addresses, memory, place)

    def backward(self, saved: Any, *seeds: Any) -> Any:
        if not isinstance(saved, Saved):
            return self._numpy[1](saved, *seeds)
        if self._is_wrong:
            return self._numpy[1](self._numpy[0](*saved.inputs)[1], *seeds)
        given = [np.asarray(seed, dtype, order="C") for seed, dtype in zip(seeds, self._seeds, strict=True)]
        with self._lock:
            gradients, to = self._gradients.take()
            self._c_backward(*saved.addresses, *map(_address, given), *to, *saved.address)
        for i in self._without:
            gradients.insert(i, None)
        if "backward" in self._unchecked:
            expected = self._numpy[1](self._numpy[0](*saved.inputs)[1], *seeds)
            if not self._agrees("backward", gradients, [expected] if len(gradients) == 1 else expected):
                return expected
        return gradients[0] if len(gradients) == 1 else tuple(gradients)

    def _addresses(self, inputs: Sequence[Any]) -> tuple[list[Any], list[int]]:
        """The inputs as C reads them, and where they are; of those that are the same arrays as before, this is known."""
        before, known = self._last
        given, addresses = list(inputs), []
        for i, x in enumerate(inputs):
            if x is before[i]:
                addresses.append(known[i])
            else:
                given[i] = x = np.asarray(x, self._types[i], order="C")
                addresses.append(_address(x))
        self._last = given, addresses
        return given, addresses

    def _agrees(self, function: str, results: Sequence[Any], expected: Sequence[Any]) -> bool:
        """Whether the first results of a function are those of the NumPy program; if not, that runs from now on."""
        self._unchecked.discard(function)
        pairs = [(x, np.asarray(y)) for x, y in zip(results, expected, strict=True) if x is not None]
        scale = max((np.abs(y[np.isfinite(y)]).max(initial=0.0) for _, y in pairs if y.dtype.kind == "f"), default=0.0)
        for x, y in pairs:
            near = self._near if x.dtype.kind == "f" else 0.0
            if not np.allclose(x, y, rtol=near, atol=near * max(float(scale), 1e-6), equal_nan=True):
                self._is_wrong = True
                warnings.warn(
                    f"The C program of {self._name} computed something else than the NumPy program at its first call, by a fault of the "
                    "C compiler or of glassgrad; the NumPy program runs in its place.",
                    RuntimeWarning,
                    stacklevel=6,
                )
                return False
        return True


def _address(x: Any) -> int:
    return int(x.__array_interface__["data"][0])
