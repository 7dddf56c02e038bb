"""Checks of arguments that many files share: of numbers, counts and packages."""

from __future__ import annotations

import math
import numbers
from importlib.util import find_spec
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = ["all_finite", "count", "epsilon", "is_number", "number", "require"]


def is_number(x: object) -> TypeGuard[float]:
    """Whether `x` is one real number, Python's or NumPy's.

    Example:
        >>> is_number(0.5), is_number("0.5")
        (True, False)
    """
    return isinstance(x, numbers.Real)


def number(name: str, x: object, most: float = math.inf) -> float:
    """`x` as a float, if it is a finite number from 0 to `most`.

    Raises:
        TypeError: it is not a number.
        ValueError: it is out of range.

    Example:
        >>> number("lr", 1)
        1.0
    """
    if not is_number(x):
        raise TypeError(f"{name} must be a number; got {x!r}.")
    if not 0 <= x <= most or x == math.inf:
        wanted = "finite and not negative" if most == math.inf else f"from 0 to {most:g}"
        raise ValueError(f"{name} must be {wanted}; got {x!r}.")
    return float(x)


def epsilon(x: object, dtype: DTypeLike) -> float:
    """`x` as a float, if it can keep a quotient finite: a number from 0 that is not rounded to 0 in this precision.

    Raises:
        TypeError: it is not a number.
        ValueError: it is out of range, or becomes 0.

    Example:
        >>> epsilon(1e-5, np.float16)
        1e-05
    """
    eps, precision = number("eps", x), np.finfo(dtype)
    if eps > 0 and precision.dtype.type(eps) == 0:
        raise ValueError(f"eps={eps!r} becomes 0 in {precision.dtype}; take at least {precision.smallest_subnormal:.0e}, or float32.")
    return eps


def count(name: str, x: object, least: int = 1) -> int:
    """`x` as an int, if it is a whole number from `least`.

    Raises:
        TypeError: it is not a whole number.
        ValueError: it is less.

    Example:
        >>> count("batch_size", 64)
        64
    """
    if not isinstance(x, numbers.Integral) or isinstance(x, bool):
        raise TypeError(f"{name} must be a whole number; got {x!r}.")
    if x < least:
        raise ValueError(f"{name} must be at least {least}; got {x!r}.")
    return int(x)


def all_finite(array: NDArray[Any]) -> bool:
    """Whether no entry of an array of floats is nan or infinite.

    Example:
        >>> all_finite(np.array([1.0, 2.0])), all_finite(np.array([1.0, np.nan]))
        (True, False)
    """
    flat = array.ravel()
    if flat.size > 2_000:
        with np.errstate(over="ignore", invalid="ignore"):
            # The sum of squares is quick, and finite only if all are; but it may overflow.
            if math.isfinite(flat.dot(flat)):
                return True
    return bool(np.isfinite(flat).all())


def require(package: str, what: str, install: str) -> None:
    """Check that a package is installed, without importing it. Call it early, and not after hours of training.

    Raises:
        ModuleNotFoundError: it is not installed.

    Example:
        >>> require("numpy", "Everything needs NumPy", "numpy")
    """
    if find_spec(package) is None:
        raise ModuleNotFoundError(f"{what}: pip install {install}.")
