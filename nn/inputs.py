"""Checks of what layers are given: sizes when they are made, and arrays when they are called."""

from __future__ import annotations

from typing import TypeGuard

import numpy as np
from numpy.typing import DTypeLike

from autograd import Node, Tensor, Value
from autograd.arrays import constant
from autograd.operands import array_of
from autograd.primitives.arithmetic import astype, identity

from .checks import is_number
from .module import Module
from .types import Array, Data, Input, Output

__all__ = [
    "array_from", "as_input", "as_shared_input", "check_dim", "check_probability", "check_size", "describe_kind", "is_whole", "operand",
]  # fmt: skip


def as_input(x: Input, dtype: DTypeLike | None, module: Module) -> Data:
    """`x` as a Tensor or an array in the precision of a layer's parameters, or in its own if `dtype` is None.

    Plain arrays and numbers are constants, and simply converted. A Tensor of another precision is
    converted in the graph, so that its gradient has the Tensor's precision.

    Raises:
        TypeError: `x` is not made of numbers.
        ValueError: its rows have different lengths.

    Example:
        >>> as_input([1, 2], np.float32, Module())
        array([1., 2.], dtype=float32)
    """
    if isinstance(x, Node):
        if not isinstance(x, Tensor):
            raise TypeError(f"{module._called()} takes Tensors and arrays, not a single Value; networks of Values are made of nn.Layer.")
        return x if dtype is None or x.dtype == dtype else astype(x, dtype=np.dtype(dtype))
    array = array_from(x, module)
    if isinstance(array, Node):  # a list of nodes
        return as_input(array, dtype, module)
    if dtype is None:
        dtype = array.dtype if array.dtype.kind == "f" else np.float32
    return array.astype(dtype, copy=False)


def as_shared_input(x: Input, dtype: DTypeLike | None, module: Module) -> Data:
    """`as_input` for a layer in which several steps use `x`.

    An array is copied here, once, and not again by each step that keeps it.

    Example:
        >>> as_shared_input(np.ones(2), np.float32, Module()).flags.writeable
        False
    """
    x = as_input(x, dtype, module)
    return x if isinstance(x, Node) else constant(x, identity)


def operand(x: Input, module: Module) -> Output:
    """The input of a layer without parameters.

    A number, a Value or a list of Values is unchanged, and an array keeps its own precision.

    Example:
        >>> operand([1, 2], Module()), operand(3, Module())
        (array([1., 2.], dtype=float32), 3)
    """
    if isinstance(x, (Node, float, int)) or (isinstance(x, (list, tuple)) and x and all(isinstance(part, Value) for part in x)):
        return x  # type: ignore[return-value]
    return as_input(x, None, module)


def array_from(x: Input, module: Module) -> Data:
    """`x` as an array of numbers, or as a Tensor if there are nodes in it.

    Raises:
        TypeError: it is not made of numbers, or is a tuple, such as the outputs of a recurrent layer.
        ValueError: its rows have different lengths.

    Example:
        >>> array_from([[1, 2], [3, 4]], Module()).shape
        (2, 2)
    """
    if x is None:
        raise TypeError(f"{module._called()} got None; a forward that does not end with return gives that.")
    if isinstance(x, tuple) and any(isinstance(part, Tensor) for part in x):
        raise TypeError(
            f"{module._called()} takes one array, and got a tuple of {len(x)}. Recurrent layers and attention return several things; "
            "take the first: output, _ = layer(x)."
        )
    try:
        array: Data = array_of(x)
    except ValueError:
        raise ValueError(f"{module._called()} takes arrays, whose rows are equally long; these are not.") from None
    if not isinstance(array, Node) and array.dtype.kind not in "fiub":
        what = describe_kind(array) if array.shape else f"a {type(x).__name__}"
        raise TypeError(f"{module._called()} takes Tensors and arrays of numbers, not {what}.")
    return array


def describe_kind(array: Array) -> str:
    """What the entries of an array are, in words.

    Example:
        >>> describe_kind(np.array(["a"]))
        'text'
    """
    return {"c": "complex numbers", "U": "text", "S": "text", "O": "Python objects"}.get(array.dtype.kind, str(array.dtype))


def check_size(kind: str, name: str, size: object, least: int = 1) -> int:
    """The size called `name` of a `kind` of layer as an int, if it is a whole number from `least`.

    NumPy's short integers would overflow.

    Raises:
        ValueError: it is something else.

    Example:
        >>> check_size("Linear", "in_features", np.int8(100))
        100
    """
    if not is_whole(size) or size < least:
        raise ValueError(f"{kind} takes {name} as a whole number from {least}; got {size!r}.")
    return int(size)


def check_dim(kind: str, name: str, dim: object) -> None:
    """Raise an error for what cannot be the number of an axis.

    Raises:
        ValueError: it is not a whole number.

    Example:
        >>> check_dim("Softmax", "dim", -1)
    """
    if not is_whole(dim):
        raise ValueError(f"{kind} takes {name}, the number of an axis, as a whole number; got {dim!r}.")


def is_whole(x: object) -> TypeGuard[int]:
    """Whether `x` is a whole number, Python's or NumPy's.

    Example:
        >>> is_whole(np.int64(3)), is_whole(3.0), is_whole(True)
        (True, False, False)
    """
    return isinstance(x, (int, np.integer)) and not isinstance(x, bool)


def check_probability(kind: str, p: object, name: str = "") -> None:
    """Refuse what is not a probability from 0 to below 1, such as that with which a `kind` of layer drops.

    Raises:
        ValueError: it is something else.

    Example:
        >>> check_probability("Dropout", 0.5)
    """
    if not is_number(p) or not 0 <= p < 1:
        raise ValueError(f"{kind} drops with a probability from 0 to below 1; got {name}{p!r}.")
