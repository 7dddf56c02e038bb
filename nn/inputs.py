"""What layers are given: sizes when they are made, arrays when they are called. What does not fit is refused here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import Node, Tensor
from autograd.functions import _array as array_of
from autograd.primitives.arithmetic import astype

if TYPE_CHECKING:
    from .module import Module

__all__ = ["array_of", "as_input", "check_size", "describe_kind"]


def as_input(x: Any, dtype: Any, module: Module) -> Any:
    """`x` as a Tensor or an array in the precision of a layer's parameters, or in its own if `dtype` is None.

    Plain arrays and numbers are constants, and simply converted; a Tensor of another precision is
    converted in the graph, so that its gradient comes back in its own.

    Raises:
        TypeError: `x` is not made of numbers.
        ValueError: its rows are of different lengths.
    """
    if isinstance(x, Node):
        if not isinstance(x, Tensor):
            raise TypeError(f"{module._called()} takes Tensors and arrays, not a single Value; networks of Values are made of nn.Layer.")
        return x if dtype is None or x.dtype == dtype else astype(x, dtype=np.dtype(dtype))
    try:
        array = array_of(x)
    except ValueError:
        raise ValueError(f"{module._called()} takes arrays, whose rows are equally long; these are not.") from None
    if isinstance(array, Node):  # a list of nodes
        return as_input(array, dtype, module)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{module._called()} takes Tensors and arrays of numbers, not {describe_kind(array)}.")
    if dtype is None:
        dtype = array.dtype if array.dtype.kind == "f" else np.float32
    return array.astype(dtype, copy=False)


def describe_kind(array: Any) -> str:
    """What the entries of an array are, in words."""
    return {"c": "complex numbers", "U": "text", "S": "text", "O": "Python objects"}.get(array.dtype.kind, str(array.dtype))


def check_size(kind: str, name: str, size: Any, least: int = 1) -> None:
    """Refuse what is no whole number from `least`, as the size called `name` of a `kind` of layer.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(size, (int, np.integer)) or isinstance(size, bool) or size < least:
        raise ValueError(f"{kind} takes {name} as a whole number from {least}; got {size!r}.")
