"""Calling a C program: `forward` and `backward`, as those of the NumPy program are called, and held against them."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .building import Library
from .programs import Array, Printed

__all__ = ["Native"]

ALIGNED = 64  # bytes
CLOSE = {np.dtype(np.float32): 1e-3, np.dtype(np.float64): 1e-7}  # relative to the largest number of a result


class _Block:
    """Where some arrays are, one after the other in one piece of memory: an allocation and an address for all of them."""

    def __init__(self, arrays: Sequence[Array | None], more: int = 0) -> None:
        self.places: list[tuple[tuple[int, ...], Any, int]] = []
        self._empty = [i for i, x in enumerate(arrays) if x is None]
        size = 0
        for _, shape, dtype in filter(None, arrays):
            self.places.append((shape, dtype, size))
            size += -(-math.prod(shape) * dtype.itemsize // ALIGNED) * ALIGNED
        self.more, self.size = size, size + more

    def new(self) -> tuple[Any, int, list[Any]]:
        """The memory, its address, and the arrays."""
        memory = np.empty(self.size, np.uint8)
        address = memory.__array_interface__["data"][0]
        made: list[Any] = [np.ndarray(shape, dtype, memory, place) for shape, dtype, place in self.places]
        for i in self._empty:
            made.insert(i, None)
        return memory, address, made


class Saved(NamedTuple):
    """What `forward` hands to `backward`."""

    inputs: Sequence[Any]
    addresses: Sequence[int]
    memory: Any
    address: int


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
        self._results, self._gradients = _Block(printed.results, printed.saved), _Block(printed.gradients)
        n, saved = len(self._types), int(printed.saves)
        self._c_forward = library.function("forward", n + len(self._results.places) + saved)
        self._c_backward = library.function("backward", n + len(self._seeds) + len(self._gradients.places) + saved)
        self._saves, self._lock = bool(saved), library.lock
        self._numpy = forward, backward
        self._unchecked = {"forward", "backward"}
        self._is_wrong = False
        self._last: tuple[list[Any], list[int]] = ([None] * n, [0] * n)

    def forward(self, *inputs: Any) -> Any:
        if self._is_wrong:
            return self._numpy[0](*inputs)
        given, addresses = self._addresses(inputs)
        memory, address, results = self._results.new()
        pointers = [*addresses, *[address + place for _, _, place in self._results.places]]
        if self._saves:
            pointers.append(address + self._results.more)
        with self._lock:
            refused = self._c_forward(*pointers)
        if refused:
            return self._numpy[0](*inputs)  # which says what is wrong
        if "forward" in self._unchecked:
            expected, saved = self._numpy[0](*inputs)
            if not self._agrees("forward", results, [expected] if len(results) == 1 else expected):
                return expected, saved
        return results[0] if len(results) == 1 else tuple(results), Saved(given, addresses, memory, address + self._results.more)

    def backward(self, saved: Any, *seeds: Any) -> Any:
        if not isinstance(saved, Saved):
            return self._numpy[1](saved, *seeds)
        if self._is_wrong:
            return self._numpy[1](self._numpy[0](*saved.inputs)[1], *seeds)
        given = [np.asarray(seed, dtype, order="C") for seed, dtype in zip(seeds, self._seeds, strict=True)]
        _, address, gradients = self._gradients.new()
        pointers = [*saved.addresses, *map(_address, given), *[address + place for _, _, place in self._gradients.places]]
        if self._saves:
            pointers.append(saved.address)
        with self._lock:
            self._c_backward(*pointers)
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
            near = CLOSE.get(x.dtype, 0.0)
            if not np.allclose(x, y, rtol=near, atol=near * max(float(scale), 1e-6), equal_nan=True):
                self._is_wrong = True
                warnings.warn(
                    f"The C program of {self._name} computes something else than the NumPy program at its first call, by a fault of the "
                    "C compiler or of glassgrad; the NumPy program runs in its place.",
                    RuntimeWarning,
                    stacklevel=6,
                )
                return False
        return True


def _address(x: Any) -> int:
    return int(x.__array_interface__["data"][0])
