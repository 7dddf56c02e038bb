"""The types that many signatures name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from numpy.typing import ArrayLike, NDArray

from .core import Node

__all__ = ["Array", "Axis", "Operand", "Result"]

Array: TypeAlias = NDArray[Any]  # of any precision

# An axis, several axes, or None for all of them.
Axis: TypeAlias = int | Sequence[int] | None

# What functions compute with: nodes, numbers, arrays and what NumPy makes an array of, and lists of these.
Operand: TypeAlias = "Node | ArrayLike | Iterable[Operand]"

# What they give: a node if there is a node in an operand, and else an array or a number; of lists, sometimes a list. A
# type does not say what is in an operand, and a union of all of them would have every caller ask which it got.
Result: TypeAlias = Any
