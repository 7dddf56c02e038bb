"""Data from outside of a computation, as plain NumPy arrays.

A list, a pandas Series and another library's array enter a graph as plain arrays of real numbers. They are
copied, because the original may change before the backward pass.
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from .core import Node, Primitive
from .modes import mode

__all__ = ["check_complete", "constant", "no_result", "numbers", "plain"]


def constant(x: Any, primitive: Primitive) -> Any:
    """An input of a primitive that is not a node: a number, or a read-only array of numbers.

    An array that owns its entries and is read-only already is not copied.

    Raises:
        TypeError: the entries are no real numbers, or some are missing.
        ValueError: the rows are of different lengths.

    Example:
        >>> from autograd import table
        >>> constant([1, 2], table["add"]).flags.writeable, constant(np.float32(2.0), table["add"])
        (False, 2.0)
    """
    if type(x) is np.ndarray and x.dtype.kind in "fiub":
        if not mode.recording or (x.base is None and not x.flags.writeable):
            return x
        array = x.copy("K")
    else:
        if isinstance(getattr(x, "array", None), Node):
            return x.array  # a row of an argument of a compiled function
        array = numbers(x, f"{primitive.name} takes Tensors, numbers and arrays of numbers")
        if not array.ndim:
            return array.item()  # unlike NumPy's numbers, Python's do not turn float32 into float64
    array.setflags(False)  # type: ignore[call-arg]
    return array


def no_result(primitive: Primitive) -> NoReturn:
    """Raise the error for a primitive whose forward function returned None.

    Raises:
        TypeError: always.
    """
    raise TypeError(f"The forward of {primitive.name} returned None; does it lack a `return`?")


def numbers(x: object, rule: str) -> NDArray[Any]:
    """`x` as a new array, if its entries are real numbers.

    Error messages begin with `rule`, which says what is required.

    Raises:
        TypeError: the entries are no real numbers, or some are missing.
        ValueError: the rows are of different lengths.

    Example:
        >>> numbers([[1, 2], [3, 4]], "A gradient is made of real numbers")
        array([[1, 2],
               [3, 4]])
        >>> numbers(["a"], "A gradient is made of real numbers")
        Traceback (most recent call last):
        TypeError: A gradient is made of real numbers, not text. Convert the entries to floats first.
    """
    check_complete(x, rule)
    try:
        # The order of gradients; arithmetic on arrays of two orders is three times as slow.
        array = np.asarray(x, order="C")
    except ValueError:
        raise ValueError(f"{rule}, in rows that are equally long; these are not.") from None
    except RuntimeError as error:  # from PyTorch, for a tensor that requires a gradient
        raise TypeError(f"{rule}, and this {type(x).__name__} does not turn into one: {error}") from None
    if array.dtype.kind not in "fiub":
        _refuse_entries(array, rule)
    return array if isinstance(x, (list, tuple)) else array.copy()


def check_complete(x: object, rule: str) -> None:
    """Refuse arrays whose meaning a copy as plain numbers would change.

    Raises:
        TypeError: entries are masked or missing, or the array is a matrix.

    Example:
        >>> check_complete(np.ma.array([1.0, 2.0], mask=[True, False]), "A Tensor holds real numbers")
        Traceback (most recent call last):
        TypeError: A Tensor holds real numbers, and not masked arrays: their masks would be lost. ...
    """
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError(
            f"{rule}, and not masked arrays: their masks would be lost. Put numbers in the masked places, x.filled(0.0), or choose with "
            "autograd.where(x.mask, 0.0, …)."
        )
    if isinstance(x, np.matrix):
        raise TypeError(f"{rule}, and not np.matrix, whose * is another product. Write np.asarray(x), and @ for the matrix product.")
    if hasattr(x, "isna") and _has_missing(x):
        raise TypeError(f"{rule}, and pandas' NA is none. Fill the missing entries first, x.fillna(0.0), or leave them out, x.dropna().")


def _has_missing(x: Any) -> bool:
    """Whether entries of a pandas object are NA; NaN is a number."""
    if x.ndim == 2:
        return any(_has_missing(x.iloc[:, i]) for i in range(x.shape[1]))
    return not isinstance(x.dtype, np.dtype) and bool(x.isna().any())


def _refuse_entries(array: Any, rule: str) -> NoReturn:
    if array.dtype.kind == "O" and any(isinstance(x, Node) for x in array.flat):
        raise TypeError(f"{rule}, not Values in a list; autograd.stack(values) makes a Tensor of them that stays in the graph.")
    what = {"c": "complex numbers", "U": "text", "S": "text", "O": "Python objects"}.get(array.dtype.kind, str(array.dtype))
    raise TypeError(f"{rule}, not {what}. Convert the entries to floats first.")


def plain(x: object) -> Any:
    """What a node holds; anything else as it is."""
    return x._datum if isinstance(x, Node) else x
