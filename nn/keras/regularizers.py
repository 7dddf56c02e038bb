"""`keras.regularizers`: what large weights cost; it is added to the loss, in training and in `evaluate`."""

from __future__ import annotations

from typing import Any

import autograd

from ..checks import number
from ..lookup import missing
from .entries import Described, looked_up

__all__ = ["L1", "L1L2", "L2", "get", "l1", "l1_l2", "l2"]


class L1L2(Described):
    """l1 Σ|w| + l2 Σw².

    Raises:
        TypeError, ValueError: a factor is not a number, or negative.

    Example:
        >>> import numpy as np
        >>> float(L1L2(l1=0.5, l2=0.25)(np.array([1.0, -2.0])))
        2.75
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1, self.l2 = number("l1", l1), number("l2", l2)

    def __call__(self, x: Any) -> Any:
        cost: Any = 0.0
        if self.l1:
            cost = cost + self.l1 * autograd.sum(autograd.abs(x))
        if self.l2:
            cost = cost + self.l2 * autograd.sum(x * x)
        return cost


class L1(L1L2):
    """l1 Σ|w|."""

    def __init__(self, l1: float = 0.01) -> None:
        super().__init__(l1=l1)


class L2(L1L2):
    """l2 Σw²; `weight_decay` of SGD with twice the factor."""

    def __init__(self, l2: float = 0.01) -> None:
        super().__init__(l2=l2)


l1, l2, l1_l2 = L1, L2, L1L2

BY_NAME = {"l1": L1, "l2": L2, "l1_l2": L1L2}


def get(identifier: object) -> Any:
    """The regularizer of a name; a regularizer or None as it is.

    Raises:
        ValueError: there is none of that name.

    Example:
        >>> get("l2").l2
        0.01
    """
    found = None if identifier is None else looked_up("regularizer", identifier, BY_NAME)
    return found() if isinstance(found, type) else found


__getattr__ = missing(globals())
