"""Sums of float16 are computed in float32, and rounded once."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

__all__ = ["HALF", "in_halves", "in_single"]

HALF: Final = np.dtype(np.float16)


def in_single(x: object) -> Any:
    """float16 as float32; anything else as it is."""
    return x.astype(np.float32) if isinstance(x, np.ndarray) and x.dtype == HALF else x


def in_halves(result: Any, data: Any) -> Any:
    """A result of float32 as float16, where that is the type of what it was computed from."""
    halves = all(x.dtype == HALF for x in data if isinstance(x, np.ndarray) and x.dtype.kind == "f" and x.ndim)
    return result.astype(np.float16) if halves else result
