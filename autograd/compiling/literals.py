"""How numbers and arrays are written in a program, exact to the last bit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["array_text", "is_of_pairs", "plain"]

INDICES = 2**62  # larger numbers are no indices, and their differences would overflow


def plain(x: object) -> str:
    """A number, or another object of Python's, as a Python expression that may use NumPy."""
    if not isinstance(x, float) or math.isfinite(x):
        return repr(x)
    text = "np.nan" if math.isnan(x) else "np.inf"
    return f"-{text}" if math.copysign(1, x) < 0 else text


def array_text(array: Any) -> str:
    """How a constant array is written."""
    if array.dtype == int and array.size > 2 and array.min() > -INDICES and array.max() < INDICES:
        text = _evenly(array) or _pairs(array) or _others(array) or _rows(array) or _repeated(array)
        if text:
            return text
    if array.dtype == bool and array.size > 1:
        text = _triangle(array)
        if text:
            return text
    kind = "" if array.dtype in (float, int, bool)[: 3 if array.size else 1] else f", np.{array.dtype.name}"
    if not array.size and array.ndim > 1:
        return f"np.zeros({array.shape}{kind})"
    if array.size > 3 and array.dtype == float and array.tobytes() == array.flat[0].tobytes() * array.size:
        return f"np.full({array.shape if array.ndim > 1 else array.size}, {plain(array.flat[0].item())})"
    return f"np.array({_entries(array.tolist())}{kind})"


def _entries(entries: object) -> str:
    """The entries as nested lists."""
    text = repr(entries)
    if "n" not in text:  # neither nan nor inf
        return text
    return f"[{', '.join(map(_entries, entries))}]" if isinstance(entries, list) else plain(entries)


def _evenly(array: Any) -> str | None:
    """Whole numbers in equal steps, as a range."""
    if array.ndim != 1 or (np.diff(array) != array[1] - array[0]).any() or array[1] == array[0]:
        return None
    step = int(array[1] - array[0])
    stop = int(array[-1]) + (1 if step > 0 else -1)
    if max(abs(int(array[0])), abs(stop)) > 2**52:
        return None  # NumPy counts the entries of a range in floats
    bounds = [int(array[0]), stop] if array[0] or step != 1 else [stop]
    return f"np.arange({', '.join(map(str, bounds))}{f', {step}' if step != 1 else ''})"


def _rows(array: Any) -> str | None:
    """Several rows of consecutive numbers, as a matrix or joined."""
    breaks = np.flatnonzero(np.diff(array) != 1) + 1 if array.ndim == 1 else [array.shape[-1]]
    width = int(np.gcd.reduce([array.size, *breaks]))
    if array.ndim > 2 or not 3 <= width < array.size:
        return None
    rows = array.reshape(-1, width)
    if (rows != rows[:, :1] + np.arange(width)).any():
        return None
    text = f"{array_text(rows[:, 0])}[:, None] + np.arange({width})"
    return text if array.ndim == 2 else f"({text}).ravel()"


def _repeated(array: Any) -> str | None:
    """Numbers each of which is repeated several times in a row."""
    if array.ndim != 1:
        return None
    starts = np.flatnonzero(np.concatenate([[True], np.diff(array) != 0]))
    if 3 * len(starts) > 2 * len(array):
        return None
    counts = np.diff(np.append(starts, len(array)))
    often = str(counts[0]) if (counts == counts[0]).all() else array_text(counts)
    return f"np.repeat({array_text(array[starts])}, {often})"


def _triangle(array: Any) -> str | None:
    """A matrix of which a lower triangle is true, or an upper one."""
    if array.ndim != 2:
        return None
    n, m = array.shape
    for wanted, sign in ((array, ""), (~array, "~")):
        k = int(wanted[0].sum()) - 1
        if (wanted == np.tri(n, m, k, bool)).all():
            size = f"{n}" if n == m and not k else f"{n}, {m}" if not k else f"{n}, {m}, {k}"
            return f"{sign}np.tri({size}, dtype=bool)"
    return None


def _pairs(array: Any) -> str | None:
    """The rows, or the columns, of a triangle's entries: all pairs, each once."""
    if array.ndim != 1 or len(array) < 3:
        return None
    n = int((math.isqrt(8 * len(array) + 1) + 1) // 2)  # if the diagonal is not a part of it
    if n * (n - 1) // 2 != len(array):
        return None
    for size, name, k in ((n, "tril", -1), (n, "triu", 1), (n - 1, "tril", 0), (n - 1, "triu", 0)):
        indices = np.tril_indices(size, k) if name == "tril" else np.triu_indices(size, k)
        for part, numbers in enumerate(indices):
            if len(numbers) == len(array) and (numbers == array).all():
                return f"np.{name}_indices({size}{f', {k}' if k else ''})[{part}]"
    return None


def is_of_pairs(array: object) -> bool:
    """Whether an array is the rows, or the columns, of a triangle's entries."""
    return _pairs(array) is not None


def _others(array: Any) -> str | None:
    """For each of n numbers the n - 1 others."""
    n = len(array) if array.ndim == 2 else (math.isqrt(4 * array.size + 1) + 1) // 2
    if n < 3 or array.ndim > 2 or array.size != n * (n - 1):
        return None
    if (array.reshape(n, -1) != np.arange(n - 1) + (np.arange(n - 1) >= np.arange(n)[:, None])).any():
        return None
    text = f"np.arange({n - 1}) + (np.arange({n - 1}) >= np.arange({n})[:, None])"
    return text if array.ndim == 2 else f"({text}).ravel()"
