"""Error messages that several files share.

How a node is named; why shapes do not fit; which leaf was changed after it was used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .layout import Layout
from .texts import visible

__all__ = ["broadcast_error", "check_fresh", "describe"]


def broadcast_error(entry: Any, data: Sequence[Any], static: Mapping[str, Any], error: Exception) -> Exception:
    """NumPy's `error`, in the terms of the entry and the shapes of its inputs."""
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


def check_fresh(order: Sequence[Layout]) -> None:
    """Raise an error if a leaf of the graph was changed after it was used.

    Raises:
        RuntimeError: one was.
    """
    for node in order:
        for x in node.inputs or ():
            if isinstance(x, Layout) and x.time > node.time:
                raise RuntimeError(
                    f"{describe(x)} was changed after {visible(node.primitive.name)} had used it, so the gradient would "
                    "mix old and new numbers. Run the forward pass again after a change, or call backward() before it."
                )


def describe(node: Layout) -> str:
    """How an error names a node.

    Example:
        >>> from autograd import Value
        >>> describe(Value(2.0, label="w")), describe(Value(2.0) + 1)
        ("Value 'w'", 'the Value 3.0 (from add)')
    """
    kind = node._kind().__name__
    if node.label is not None:
        return f"{kind} {node.label!r}"
    what = f"{node._datum!r}" if isinstance(node._datum, float) else f"of shape {node._datum.shape}"
    return f"the {kind} {what}" + (f" (from {visible(node.primitive.name)})" if node.primitive else "")
