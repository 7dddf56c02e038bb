"""Checking that a state dict fits the module that loads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from autograd import Node
from autograd.texts import visible

from .types import Array, Input

__all__ = ["Fit", "fitting"]


class Fit(NamedTuple):
    """The missing and the unexpected names of a state dict: the result of `load_state_dict`, as in PyTorch.

    Example:
        >>> Fit([], [])
        <All keys matched successfully>
    """

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"Fit(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


def fitting(
    kind: str, state: Mapping[str, Input], shapes: Mapping[str, tuple[int, ...]], strict: bool = True
) -> tuple[dict[str, Array], Fit]:
    """The entries of a state dict as arrays, if they have the names and the shapes that this `kind` of module wants.

    Args:
        kind, state, shapes: the name of the module's class, the state dict, and what it should have.
        strict: whether all names must be there, and no others; else these are left out.

    Raises:
        TypeError: `state` is not a dict.
        ValueError: names are missing or unknown, shapes differ, or entries are not numbers; the
            message lists all of them.

    Example:
        >>> fitting("Linear", {"weight": [[1, 2]]}, {"weight": (1, 2), "bias": (1,)}, strict=False)
        ({'weight': array([[1, 2]])}, Fit(missing_keys=['bias'], unexpected_keys=[]))
    """
    if not isinstance(state, Mapping):
        raise TypeError(f"load_state_dict takes a dict from names to numbers, as state_dict() gives, not a {type(state).__name__}.")
    arrays = {name: np.asarray(x.data if isinstance(x, Node) else x) for name, x in state.items()}
    fit = Fit([path for path in shapes if path not in arrays], [str(path) for path in arrays if path not in shapes])
    faults = []
    for path, shape in shapes.items():
        array = arrays.get(path)
        if array is None:
            faults += [f"{visible(path)} is missing"] if strict else []
        elif array.dtype.kind not in "fiub":
            faults.append(f"{visible(path)} is not made of numbers")
        elif array.shape != shape:
            faults.append(f"{visible(path)} has shape {array.shape} and must have {shape}")
    if strict:
        faults += [f"{visible(path)} is unknown here" for path in fit.unexpected_keys]
    if faults:
        raise ValueError(f"The state dict does not fit this {visible(kind)}: {'; '.join(faults)}.")
    return {path: arrays[path] for path in shapes if path in arrays}, fit
