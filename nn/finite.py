"""Whether numbers are finite, and what to call those that are not."""

from __future__ import annotations

import numpy as np

from autograd import Node

__all__ = ["is_finite", "kind_of"]


def is_finite(x: object) -> bool:
    """Whether all entries of a number, an array or a node are finite. What is not made of floats always is.

    Example:
        >>> is_finite([1.0, float("nan")]), is_finite([1, 2])
        (False, True)
    """
    array = np.asarray(x.data if isinstance(x, Node) else x)
    if array.dtype.kind != "f":
        return True
    flat = array.ravel()
    with np.errstate(all="ignore"):
        # The sum of squares is quick, and finite only if all entries are. If it overflows, look at every entry.
        return bool(np.isfinite(flat @ flat)) or bool(np.isfinite(flat).all())


def kind_of(x: object) -> str:
    """The kind of numbers that are not finite: "nan" if there is one, else "infinity".

    Example:
        >>> kind_of([1.0, float("inf")])
        'infinity'
    """
    return "nan" if np.isnan(np.asarray(x.data if isinstance(x, Node) else x)).any() else "infinity"
