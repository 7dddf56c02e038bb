"""How a node is stored: its seven slots, and the properties that read them.

`_datum` and `_grad` are the data and the gradient as they are. The properties `data` and `grad`, which users see,
also check that they may be read or assigned; so the engine itself reads the slots.

A graph may have a million nodes, so a node must be small:

- One or two inputs are in the slots `left` and `right`, without a tuple; `ONE` and `MANY` in `right` mark
  the other cases.
- The time and the scope are one `Moment`, in `origin`, which nodes computed one after the other share.
- The label, the static arguments and a scope of its own, which few nodes have, are in a tuple in `_aside`;
  it is None if the node has none of them.

A node with two inputs takes 127 bytes; with one slot for each attribute it took 203
(`scripts/benchmark.py` measures it).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .modes import Moment, Scope, mode, moment, quick

__all__ = [
    "ASSIGNS_GRADIENT", "BLANK", "FLOATS", "FROZEN", "MANY", "NOTHING", "NO_STATIC", "NUMBERS", "ONE", "READS_GRADIENT", "Data", "Layout",
    "Static", "is_blank", "ndarray", "new",
]  # fmt: skip

ndarray: Final = np.ndarray
new: Final = object.__new__
Data: TypeAlias = float | NDArray[Any]  # what a node holds
Static: TypeAlias = Mapping[str, Any]  # the static arguments of a primitive
NO_STATIC: Final[Static] = {}
FROZEN: Final[Static] = {"frozen": True}  # the static arguments of a frozen parameter
NUMBERS: Final = frozenset({float, int})  # the types of plain numbers among a primitive's inputs
# The types that rules treat as a float; `generated` adds `Symbol`, a stand-in for a float.
FLOATS: Final[set[type]] = {float}
BLANK: Final = 0.0  # the gradient of a Value that no backward pass has reached
ONE: Final = type("One", (), {})()  # in `right`: there is only one input, in `left`
# In `right`: `left` is the tuple of all inputs; () for a leaf, None for a constant.
MANY: Final = type("Many", (), {})()
# What a function must not do while it is being compiled, and what to do instead.
READS_GRADIENT: Final = ".grad", "read gradients outside of the compiled function, or compute with autograd.grad"
ASSIGNS_GRADIENT: Final = "assigning to .grad", "assign to it, or call zero_grad(), outside of the compiled function"
FREEZES: Final = "assigning to .requires_grad", "freeze and thaw parameters outside of the compiled function"
_NOTHING_ASIDE: Final = (None, NO_STATIC, None)


class _Nothing(float):
    """The 0 that a rule returns for a branch that was not taken.

    It counts as 0.0 in sums; a backward pass stops there.
    """

    def __add__(self, other: object) -> Any:
        return other

    __radd__ = __add__


NOTHING: Final = _Nothing()


def is_blank(gradient: object, node: Layout) -> bool:
    """Whether assigning `gradient` to `.grad` forgets the gradient of the node."""
    return gradient is None or (node._blank_grad is BLANK and type(gradient) in NUMBERS and gradient == 0)


class Layout:
    """The slots of a node, and the attributes that are read from them."""

    # `left` and `right`: the inputs; `origin`: the time and the scope; `_aside`: (label, static arguments, own scope)
    # or None.
    __slots__ = ("_aside", "_datum", "_grad", "left", "origin", "primitive", "right")

    _aside: tuple[str | None, Static, Scope | None] | None
    _datum: Any
    _grad: Any
    left: Any
    right: Any
    origin: Moment
    primitive: Any
    _blank_grad: ClassVar[Any] = None
    flips: ClassVar[int] = 0  # how often leaves were frozen or thawed; optimizers and guards notice when it changes
    # The class of arrays computed from such a node; None means Tensor.
    _kind_of_arrays: ClassVar[type[Any] | None] = None

    data: Any  # a property of each kind, as are shape and size
    shape: Any
    size: Any
    item: Callable[[], float]

    @classmethod
    def _kind(cls) -> type[Any]:
        """The class for error messages and copies. A `Value` whose number is in a store counts as a `Value`."""
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
    def static(self) -> Static:
        return NO_STATIC if self._aside is None else self._aside[1]

    @static.setter
    def static(self, static: Static) -> None:
        label, _, scope = self._aside or _NOTHING_ASIDE
        self._aside = label, static, scope

    @property
    def scope(self) -> Scope | None:
        if self._aside is not None and self._aside[2] is not None:
            return self._aside[2]
        is_leaf = self.primitive is None and self.left is not None  # it belongs to no part of a computation
        return None if is_leaf else self.origin.scope

    @scope.setter
    def scope(self, scope: Scope | None) -> None:
        self._aside = (*(self._aside or _NOTHING_ASIDE)[:2], scope)

    @property
    def time(self) -> int:
        return self.origin.when

    @property
    def grad(self) -> Any:
        if quick["usual"] is None and mode.tracing is not None:  # the first test is faster
            mode.tracing(*READS_GRADIENT)
        return self._grad

    @grad.setter
    def grad(self, new: object) -> None:
        if quick["usual"] is None and mode.tracing is not None:
            if mode.effects is not None and is_blank(new, self):
                mode.effects.forget([self])
                return
            mode.tracing(*ASSIGNS_GRADIENT)
        if new is None:
            self._grad = self._blank_grad
        elif new is not self._grad:  # `x.grad *= 2` changes the array in place, and then assigns it
            self._grad = self._seed(new)

    # The gradient as plain numbers, for code that computes with it: `grad` of a Tensor of `nn.torch` is such a Tensor.
    _gradient = grad

    def _seed(self, gradient: Any) -> Any:
        """`gradient`, checked and converted to the form in which a backward pass can start with it."""
        raise NotImplementedError

    def _receive(self, gradient: Any, undo: list[Callable[[], None]]) -> None:
        """Add `gradient`, from a backward pass, to `.grad`.

        If this changes anything besides the slot `_grad`, append to `undo` a function that reverses it.
        """
        raise NotImplementedError

    def _overwrite(self, new: Any, now: Moment | None = None) -> None:
        """Replace the data of this leaf by others of the same shape.

        Nodes computed from it before `now`, a new moment, become stale.
        """
        raise NotImplementedError

    @property
    def is_leaf(self) -> bool:
        """Whether the node was not computed from others: a leaf made by hand, or a constant."""
        return self.primitive is None

    @property
    def requires_grad(self) -> bool:
        """Whether the node can get a gradient: false for a constant, made by `detach()` or under `no_grad()`.

        Assigning False to a parameter freezes it: it gets no gradient, and optimizers leave it alone,
        until True is assigned. Its gradient is cleared, and nodes computed from it become stale.

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
