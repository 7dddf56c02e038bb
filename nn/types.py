"""The types that many files of `nn` write in their signatures.

`Array` is NumPy's, of any precision. `Data` is what layers compute with: it has a shape and a dtype.
`Input` is what they take: data, or numbers, Values and whatever NumPy makes an array of, in lists too.
`Output` is what activations and losses return: data of data, a Value or a number of numbers.
`Sizes` is a setting for each axis, or one for all axes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from numpy.typing import ArrayLike, NDArray

from autograd import Node, Tensor, Value

__all__ = ["Array", "Data", "Input", "Output", "Sizes"]

Array: TypeAlias = NDArray[Any]
Data: TypeAlias = Tensor | Array
Input: TypeAlias = "ArrayLike | Node | Sequence[Input]"
Output: TypeAlias = Data | Value | float | list[Value]
Sizes: TypeAlias = int | Sequence[int]
