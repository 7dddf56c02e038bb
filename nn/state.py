"""Whether the numbers of a state dict fit the module that is to take them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from autograd import Node
from autograd.texts import visible

from .types import Array, Input

__all__ = ["fitting"]


def fitting(kind: str, state: Mapping[str, Input], shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Array]:
    """The entries of a state dict as arrays, if they have the names and the shapes that this `kind` of module wants.

    Raises:
        TypeError: `state` is not a dict.
        ValueError: names are missing or unknown, shapes differ, or entries are not numbers; the
            message lists all of them.

    Example:
        >>> fitting("Linear", {"weight": [[1, 2]]}, {"weight": (1, 2)})
        {'weight': array([[1, 2]])}
    """
    if not isinstance(state, Mapping):
        raise TypeError(f"load_state_dict takes a dict from names to numbers, as state_dict() gives, not a {type(state).__name__}.")
    arrays = {name: np.asarray(x.data if isinstance(x, Node) else x) for name, x in state.items()}
    faults = []
    for path, shape in shapes.items():
        array = arrays.get(path)
        if array is None:
            faults.append(f"{visible(path)} is missing")
        elif array.dtype.kind not in "fiub":
            faults.append(f"{visible(path)} is not made of numbers")
        elif array.shape != shape:
            faults.append(f"{visible(path)} has shape {array.shape} and must have {shape}")
    faults += [f"{visible(str(path))} is unknown here" for path in arrays if path not in shapes]
    if faults:
        raise ValueError(f"The state dict does not fit this {visible(kind)}: {'; '.join(faults)}.")
    return arrays
