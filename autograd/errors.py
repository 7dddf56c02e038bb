"""Sentences for mistakes in shapes: what was given, what would fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["broadcast_error"]


def broadcast_error(entry: Any, data: Sequence[Any], static: Mapping[str, Any], error: Exception) -> Exception:
    """The error of NumPy's, `error`, said in terms of the entry and its inputs' shapes."""
    shapes = [np.shape(x) for x in data]
    listed = " and ".join(map(str, shapes)) if len(shapes) <= 3 else ", ".join(map(str, shapes[:3])) + ", …"
    kind = next(kind for kind in (ValueError, IndexError, TypeError) if isinstance(error, kind))
    if entry.misfit is not None and (why := entry.misfit(*shapes)) is not None:
        return kind(f"{entry.name} got shapes {listed}: {why}")
    if "broadcast" in str(error) and not static:
        return kind(
            f"{entry.name} got shapes {listed}, which do not broadcast: counted from the right, each two axes "
            "must be equally long, or one of them 1."
        )
    settings = "".join(f", {key}={value!r}" for key, value in static.items())
    given = f"shape{'s' if len(shapes) > 1 else ''} {listed}" if shapes else "no input"
    return kind(f"{entry.name} got {given}{settings}: {str(error).rstrip('.')}.")
