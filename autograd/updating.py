"""What a compiled function must know of an optimizer, so that a step of it becomes a part of the program.

An optimizer of `nn` is an `Updater`: it names its parameters and its settings, and has a formula. The formula is
run on arrays in an ordinary step, and on nodes when a step is compiled.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, Protocol

from .core import Node

__all__ = ["Live", "Piece", "Updater"]

# The first value of what is remembered of each entry, by name; None for what is not needed.
Memory = Mapping[str, float | None]


class Live:
    """An object, such as an optimizer or a schedule, that may change between the calls of a compiled function.

    The program is made anew only if an attribute has changed that the function mentions.

    Attributes:
        seen: names of methods and properties. If the function mentions one, what `seen_as` returns for it is compared.
    """

    seen: ClassVar[Sequence[str]] = ()

    def seen_as(self, name: str) -> Any:
        """What a function sees when it reads `name`, which is one of `seen`."""
        raise NotImplementedError


class Piece(Protocol):
    """Some parameters whose numbers stand in one array, on which a formula is called.

    Attributes:
        leaves: the parameters, in the order of their numbers: Tensors, stores and Values.
        columns: what is remembered of the numbers, arrays of the same shape; None for what is not needed.
    """

    columns: list[Any]

    @property
    def leaves(self) -> Sequence[Node]: ...

    def steps(self) -> int:
        """How many steps have been counted."""

    def read(self) -> Any:
        """The numbers, in an array that may be changed; then call `write`."""

    def write(self, numbers: Any) -> None:
        """Take over the changed array from `read`."""


class Updater(Live):
    """What changes parameters by a formula of their gradients.

    Attributes:
        elementwise: whether the formula changes each entry by that entry's numbers alone.
        own: the names of its attributes that change from step to step, which a compiled function does not compare.
    """

    elementwise: ClassVar[bool] = False
    own: ClassVar[frozenset[str]] = frozenset()

    def leaves(self) -> Sequence[Node]:
        """All its parameters."""
        raise NotImplementedError

    def arranged(self, without: Collection[Node]) -> Sequence[tuple[int, Piece]]:
        """The pieces, each with the number of its group, if the parameters in `without` have no gradient.

        It is the same list as before, as long as the pieces are the same.
        """
        raise NotImplementedError

    def settings(self) -> list[tuple[dict[str, Any], Memory]]:
        """The settings of each group, checked, and what the formula remembers.

        It is the same list as long as nothing has changed.

        Raises:
            ValueError: a setting is impossible.
        """
        raise NotImplementedError

    def update(self, p: Any, g: Any, *memory: Any, **settings: Any) -> None:
        """The formula: it changes `p` and the memory in place."""
        raise NotImplementedError

    def apply(self, piece: Any, g: Any, memory: Memory, formula: Any) -> None:
        """Change a piece by its gradient: `formula` is called with arrays and the number of the step."""
        raise NotImplementedError

    def finish(self) -> None:
        """Called after each step: warn if parameters are no longer finite."""
        raise NotImplementedError
