"""Calling a C program: `forward` and `backward`, as those of the NumPy program are called, and held against them."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable, Sequence
from operator import is_
from sys import getrefcount
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .building import Library
from .programs import Array, Changed, Printed, Recipe

__all__ = ["Native", "NativeChange", "NativeStep"]

CLOSE = {True: 1e-3, False: 1e-7}  # relative to the largest result; of programs with numbers in float32, and others
Addresses = NDArray[np.uintp]
FEW = 8  # arrays whose addresses are kept
UNKNOWN: tuple[Callable[[], Any], int] = (lambda: None), 0
NOWHERE: Addresses = np.empty(0, np.uintp)
LARGE = 2**20  # bytes: larger sets of arrays are not kept


class Pool:
    """Arrays of certain shapes, and their addresses.

    They are used again when nobody else has them any more. (To make the six gradients of a network of 337 numbers and
    ask for their addresses takes 7 µs, which is what computing them takes.)
    """

    def __init__(self, arrays: Sequence[Array]) -> None:
        self._arrays = arrays
        self._sets: list[tuple[list[Any], Addresses]] = []
        self._keeps = sum(np.prod(x.shape) * x.dtype.itemsize for x in arrays) <= LARGE

    def take(self) -> tuple[list[Any], Addresses]:
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
        made = arrays, np.array([_address(x) for x in arrays], np.uintp)
        if self._keeps:
            self._sets = [made, *self._sets[:2]]
        return list(arrays), made[1]


class Saved(NamedTuple):
    """What `forward` hands to `backward`."""

    inputs: Sequence[Any]
    addresses: Addresses
    memory: Any
    address: Addresses


class _Checked:
    """A function in C that is held against the NumPy program at its first call.

    Attributes:
        is_wrong: whether it computed something else, so that the NumPy program runs from now on.
    """

    def __init__(self, name: str, in_single: bool) -> None:
        self._name, self._near = name, CLOSE[in_single]
        self.is_wrong = False

    def agrees(self, results: Sequence[Any], expected: Sequence[Any]) -> bool:
        """Whether results are those of the NumPy program."""
        pairs = [(x, np.asarray(y)) for x, y in zip(results, expected, strict=True) if x is not None]
        scale = max((np.abs(y[np.isfinite(y)]).max(initial=0.0) for _, y in pairs if y.dtype.kind == "f"), default=0.0)
        for x, y in pairs:
            near = self._near if x.dtype.kind == "f" else 0.0
            if not np.allclose(x, y, rtol=near, atol=near * max(float(scale), 1e-6), equal_nan=True):
                self.is_wrong = True
                warnings.warn(
                    f"The C program of {self._name} computed something else than the NumPy program at its first call, by a fault of the "
                    "C compiler or of glassgrad; the NumPy program runs in its place.",
                    RuntimeWarning,
                    stacklevel=7,
                )
                return False
        return True


class Native(_Checked):
    """A program in C.

    Args:
        recipe: what it computes.
        printed: its text and its arrays.
        library: the same, compiled.
        forward, backward: the NumPy program.
    """

    def __init__(
        self, recipe: Recipe, printed: Printed, library: Library, forward: Callable[..., Any], backward: Callable[..., Any]
    ) -> None:
        super().__init__(recipe.name, any(x.dtype == np.float32 for x in printed.nodes))
        self._types, self._seeds = [x.dtype for x in recipe.inputs], [x.dtype for x in recipe.seeds]
        self._results, self._gradients, self._memory = (
            Pool([x for x in arrays if x]) for arrays in (printed.results, printed.gradients, printed.saved)
        )
        self._without = [i for i, x in enumerate(printed.gradients) if x is None]
        self._lock = library.lock
        self._numpy = _silent(forward), _silent(backward)
        n = len(self._types)
        self._last: list[Any] = [None] * n
        self._places: Addresses = np.zeros(n, np.uintp)  # of the inputs
        self._link(library, n, len(printed.results), len(printed.gradients) - len(self._without), len(printed.saved))

    def _link(self, library: Library, inputs: int, results: int, gradients: int, saved: int) -> None:
        self._forward = library.entry("forward", inputs + results + saved)
        self._backward = library.entry("backward", inputs + len(self._seeds) + gradients + saved)
        self._unchecked = {"forward", "backward"}

    def forward(self, *inputs: Any) -> Any:
        if self.is_wrong:
            return self._numpy[0](*inputs)
        with self._lock:
            given, addresses = self._addresses(inputs)
            addresses = addresses.copy()
            memory, place = self._memory.take()
            results, to = self._results.take()
            np.concatenate([addresses, to, place], out=self._forward.at)
            refused = self._forward()
        if refused:
            return self._numpy[0](*inputs)  # which says what is wrong
        if "forward" in self._unchecked:
            self._unchecked.discard("forward")
            expected, saved = self._numpy[0](*inputs)
            if not self.agrees(results, [expected] if len(results) == 1 else expected):
                return expected, saved
        return results[0] if len(results) == 1 else results, Saved(given, addresses, memory, place)

    def backward(self, saved: object, *seeds: Any) -> Any:
        if not isinstance(saved, Saved):
            return self._numpy[1](saved, *seeds)
        if self.is_wrong:
            return self._numpy[1](self._numpy[0](*saved.inputs)[1], *seeds)
        given = [np.asarray(seed, dtype, order="C") for seed, dtype in zip(seeds, self._seeds, strict=True)]
        with self._lock:
            gradients, to = self._gradients.take()
            seeds_at = np.array([_address(seed) for seed in given], np.uintp)
            np.concatenate([saved.addresses, seeds_at, to, saved.address], out=self._backward.at)
            self._backward()
        for i in self._without:
            gradients.insert(i, None)
        if "backward" in self._unchecked:
            self._unchecked.discard("backward")
            expected = self._numpy[1](self._numpy[0](*saved.inputs)[1], *seeds)
            if not self.agrees(gradients, [expected] if len(gradients) == 1 else expected):
                return expected
        return gradients[0] if len(gradients) == 1 else gradients

    def _addresses(self, inputs: Sequence[Any]) -> tuple[list[Any], Addresses]:
        """The inputs as C reads them, and where they are; of those that are the same arrays as before, this is known."""
        before = self._last
        if not all(map(is_, inputs, before)):
            given = list(inputs)
            for i, x in enumerate(inputs):
                if x is not before[i]:
                    given[i] = x = np.asarray(x, self._types[i], order="C")
                    self._places[i] = _address(x)
            self._last = before = given
        return before, self._places


class NativeStep(Native):
    """A whole step of training but for its changes, as one function: what `forward` saves is what `backward` returns."""

    def _link(self, library: Library, inputs: int, results: int, gradients: int, saved: int) -> None:
        self._step = library.entry("step", inputs + results + gradients)
        self._places = self._step.at[:inputs]
        self._results_at, self._gradients_at = np.split(self._step.at[inputs:], [results])
        self._is_checked = False

    def forward(self, *inputs: Any) -> Any:
        if self.is_wrong:
            return self._numpy[0](*inputs)
        with self._lock:
            self._addresses(inputs)
            results, self._results_at[...] = self._results.take()
            gradients, self._gradients_at[...] = self._gradients.take()
            refused = self._step()
        if refused:
            return self._numpy[0](*inputs)  # which says what is wrong
        for i in self._without:
            gradients.insert(i, None)
        if not self._is_checked:
            self._is_checked = True
            expected, saved = self._numpy[0](*inputs)
            found = self._numpy[1](saved)
            wanted = [*([expected] if len(results) == 1 else expected), *([found] if len(gradients) == 1 else found)]
            if not self.agrees([*results, *gradients], wanted):
                return expected, saved
        return results[0] if len(results) == 1 else results, Saved((), NOWHERE, gradients, NOWHERE)

    def backward(self, saved: object, *seeds: Any) -> Any:
        if not isinstance(saved, Saved):
            return self._numpy[1](saved)
        return saved.memory[0] if len(saved.memory) == 1 else saved.memory


class NativeChange(_Checked):
    """A function in C that changes arrays, such as an optimizer's formula.

    Args:
        name: of the function that the program was compiled from.
        changed: what it is called with.
        library: the program.
        function: the same in NumPy.
    """

    def __init__(self, name: str, changed: Changed, library: Library, function: Callable[..., Any]) -> None:
        super().__init__(name, any(x.dtype == np.float32 for x in changed.arguments))
        self._arguments, self._numpy, self._lock = changed.arguments, _silent(function), library.lock
        self._call = library.entry(changed.name, len(changed.arguments))
        self._changed = [i for i, x in enumerate(changed.arguments) if x.name in changed.changed]
        self._arrays = [i for i, x in enumerate(changed.arguments) if x.shape or i in self._changed]
        self._is_checked = False
        n = len(changed.arguments)
        self._numbers = np.zeros(n)  # those of the arguments that are numbers
        self._call.at[:] = _address(self._numbers) + 8 * np.arange(n)
        self._scalars = [i for i in range(n) if i not in self._arrays]
        # For each argument, where arrays are, by their ids: to ask again takes 1 µs.
        self._known: list[dict[int, tuple[weakref.ref[Any], int]]] = [{} for _ in range(n)]

    def __call__(self, *given: Any) -> None:
        if self.is_wrong or (not self._is_checked and not self._first(given)):
            self._numpy(*given)
            return
        with self._lock:
            if not self._place(given):
                self._numpy(*given)
                return
            self._call()

    def _place(self, given: Sequence[Any]) -> bool:
        """Note where the arguments are; False if the function was not made for such arguments.

        It was not, for example, for a part of a large array.
        """
        for i in self._scalars:
            self._numbers[i] = given[i]
        for i in self._arrays:
            x, known = given[i], self._known[i]
            array, address = known.get(id(x), UNKNOWN)
            if array() is not x:
                made = self._arguments[i]
                if x.shape != made.shape or x.dtype != made.dtype or not x.flags.c_contiguous:
                    return False
                if len(known) >= FEW:
                    known.clear()
                address = _address(x)
                known[id(x)] = weakref.ref(x), address
            self._call.at[i] = address
        return True

    def _first(self, given: Sequence[Any]) -> bool:
        """Whether the function does what that in NumPy does, on copies."""
        self._is_checked = True
        ours, theirs = ([x.copy() if i in self._changed else x for i, x in enumerate(given)] for _ in range(2))
        with self._lock:
            if not self._place(ours):
                self._is_checked = False
                return False
            self._call()
        self._numpy(*theirs)
        return self.agrees([ours[i] for i in self._changed], [theirs[i] for i in self._changed])


def _silent(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function without warnings of 1/0, of which C says nothing either."""

    def run(*args: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*args)

    return run


def _address(x: Any) -> int:
    return int(x.__array_interface__["data"][0])
