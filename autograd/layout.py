"""How a node is stored: in seven slots, and what reads them.

A graph of a million nodes is a million objects, so a node stores little. It has no tuple for one or
two inputs, it shares the time and the scope with its neighbours, and has room for what few nodes
have only if it has it. That makes 127 bytes of a node of two inputs, where a slot for each
attribute took 203 (`scripts/benchmark.py` measures it).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

import numpy as np

from .modes import Moment, Scope, mode, moment, quick

__all__ = [
    "ASSIGNS_GRADIENT", "BLANK", "FLOATS", "FROZEN", "MANY", "NOTHING", "NO_STATIC", "NUMBERS", "ONE", "READS_GRADIENT", "Layout",
    "ndarray", "new",
]  # fmt: skip

ndarray: Final = np.ndarray
new: Final = object.__new__
NO_STATIC: Final[Mapping[str, Any]] = {}
FROZEN: Final[Mapping[str, Any]] = {"frozen": True}  # the static of a parameter that is a constant for the time being
NUMBERS: Final = frozenset({float, int})  # the types of plain numbers among a primitive's inputs
FLOATS: Final[set[type]] = {float}  # for rules that ask; and `generated.Symbol`, which stands for one
BLANK: Final = 0.0  # the gradient of a Value that no backward pass has reached
ONE: Final = type("One", (), {})()  # in the place of a second input: there is only one
MANY: Final = type("Many", (), {})()  # or `left` is the tuple of all; () of a leaf, None of a constant
# What a function that is being compiled may not do, and what to do instead.
READS_GRADIENT: Final = ".grad", "read gradients outside of the compiled function, or compute with autograd.grad"
ASSIGNS_GRADIENT: Final = "assigning to .grad", "assign to it, or call zero_grad(), outside of the compiled function"
FREEZES: Final = "assigning to .requires_grad", "freeze and thaw parameters outside of the compiled function"
_NOTHING_ASIDE: Final = (None, NO_STATIC, None)


class _Nothing(float):
    """The 0 that a branch which was not taken passes on: a number like any other, but the walk does not go on with it."""

    def __add__(self, other: Any) -> Any:
        return other

    __radd__ = __add__


NOTHING: Final = _Nothing()


class Layout:
    """The slots of a node, and its attributes as far as they are put together from these."""

    # `left` and `right` are the inputs, `origin` is the time and the scope; `_aside` has what few nodes have.
    __slots__ = ("_aside", "_datum", "_grad", "left", "origin", "primitive", "right")

    _aside: tuple[str | None, Mapping[str, Any], Scope | None] | None
    _datum: Any
    _grad: Any
    left: Any
    right: Any
    origin: Moment
    primitive: Any
    _blank_grad: ClassVar[Any] = None
    flips: ClassVar[int] = 0  # how often a leaf was frozen or thawed; who keeps lists of those that learn looks again when there are more
    _kind_of_arrays: ClassVar[Any] = None  # of what is computed with such a node, if it is an array; None for Tensor itself

    data: Any  # a property of each kind, as are shape and size
    shape: Any
    size: Any
    item: Callable[[], float]

    @classmethod
    def _kind(cls) -> type[Any]:
        """The class by which users know such nodes: that of a copy, and in errors. It is `Value` where a `Value`'s number is in a store."""
        return cls

    @property
    def inputs(self) -> tuple[Any, ...] | None:
        left, right = self.left, self.right
        return left if right is MANY else (left,) if right is ONE else (left, right)

    @inputs.setter
    def inputs(self, inputs: tuple[Any, ...] | None) -> None:
        if inputs and len(inputs) < 3:
            self.left, self.right = inputs if len(inputs) == 2 else (*inputs, ONE)
        else:
            self.left, self.right = inputs, MANY

    @property
    def label(self) -> str | None:
        return None if self._aside is None else self._aside[0]

    @label.setter
    def label(self, label: str | None) -> None:
        if self._aside is not None or label is not None:
            self._aside = (label, *(self._aside or _NOTHING_ASIDE)[1:])

    @property
    def static(self) -> Mapping[str, Any]:
        return NO_STATIC if self._aside is None else self._aside[1]

    @static.setter
    def static(self, static: Mapping[str, Any]) -> None:
        label, _, scope = self._aside or _NOTHING_ASIDE
        self._aside = label, static, scope

    @property
    def scope(self) -> Scope | None:
        if self._aside is not None and self._aside[2] is not None:
            return self._aside[2]
        return None if self.primitive is None and self.left is not None else self.origin.scope

    @scope.setter
    def scope(self, scope: Scope | None) -> None:
        self._aside = (*(self._aside or _NOTHING_ASIDE)[:2], scope)

    @property
    def time(self) -> int:
        return self.origin.when

    @property
    def grad(self) -> Any:
        if quick["usual"] is None and mode.tracing is not None:  # the first is quicker to ask
            mode.tracing(*READS_GRADIENT)
        return self._grad

    @grad.setter
    def grad(self, new: Any) -> None:
        if quick["usual"] is None and mode.tracing is not None:
            mode.tracing(*ASSIGNS_GRADIENT)
        if new is None:
            self._grad = self._blank_grad
        elif new is not self._grad:  # else `x.grad *= 2` has written already
            self._grad = self._seed(new)

    def _seed(self, gradient: Any) -> Any:
        """The gradient that a backward pass from here starts with, checked."""
        raise NotImplementedError

    @property
    def is_leaf(self) -> bool:
        """Whether the node was made by hand rather than computed."""
        return self.primitive is None

    @property
    def requires_grad(self) -> bool:
        """Whether `backward()` can start here: false for a constant, made by `detach()` or `no_grad()`.

        Assigning False to a parameter freezes it: it gets no gradient, and optimizers leave it alone,
        until True is assigned. Its gradient is forgotten, and what was computed from it is stale.

        Raises:
            RuntimeError: on assigning False, the node was computed.
            TypeError: a function that is being compiled assigns.

        Example:
            >>> from autograd import Value
            >>> w, b = Value(2.0), Value(1.0)
            >>> w.requires_grad = False
            >>> (3.0 * w + b).backward()
            >>> w.grad, b.grad
            (0.0, 1.0)
        """
        return self.left is not None

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if mode.tracing is not None:
            mode.tracing(*FREEZES)
        if bool(wanted) == self.requires_grad:
            return
        if self.primitive is not None:
            raise RuntimeError(f"This {self._kind().__name__} was computed, so it has a derivative; x.detach() is a constant like it.")
        self.grad = None
        self.inputs = () if wanted else None
        self.static = NO_STATIC if wanted else FROZEN
        self.origin = moment()
        Layout.flips += 1

    @property
    def frozen(self) -> bool:
        """Whether this is a parameter that `requires_grad = False` has made a constant."""
        return self.left is None and self.primitive is None and "frozen" in self.static
