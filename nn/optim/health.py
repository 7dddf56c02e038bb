"""Warnings of an optimizer: parameters became nan or infinite, or steps are too small for float16."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autograd.errors import describe

from ..checks import all_finite
from .groups import Parameter

__all__ = ["Health"]

OFTEN = 16  # parameters are searched for nan after each of the first 16 steps, and then after every 16th


class Health:
    """What an optimizer has noticed about its parameters. It warns once of each.

    Example:
        >>> health = Health()
        >>> health.look(np.array([1.0, np.nan]))
        >>> health.is_finite
        False
    """

    def __init__(self) -> None:
        self.steps = 0
        self.is_finite = self._was_finite = True  # whether no nan or infinity has been found; before this step
        self._was_lost = self._has_warned = False  # whether a step was lost in float16, and a warning given

    def restart(self) -> None:
        """Warn again, if parameters that were loaded become nan or infinite."""
        self.is_finite = self._was_finite = True

    def look(self, numbers: Any) -> None:
        """Look for nan and infinity among the new numbers of parameters."""
        if self.is_finite and (self.steps < OFTEN or self.steps % OFTEN == 0):
            self.is_finite = all_finite(numbers)

    def compare(self, before: Any, after: Any) -> None:
        """Notice if a step, computed in float32, changes nothing in float16."""
        self._was_lost = self._was_lost or (np.array_equal(before, after.astype(np.float16)) and not np.array_equal(before, after))

    def finish(self, method: str, leaves: Callable[[], Iterable[Parameter]]) -> None:
        """End a step: count it, and warn of what was found. The `leaves`, which may be many, are listed only for a warning."""
        self.steps += 1
        if self._was_lost and not self._has_warned:
            self._has_warned = True
            warnings.warn(
                f"A step of {method} was too small to change parameters in float16, which has 3 digits. "
                "Keep the parameters in float32, or take a larger learning rate.",
                RuntimeWarning,
                stacklevel=4,
            )
        if self._was_finite and not self.is_finite:
            self._was_finite = False
            wrong = next(p for p in leaves() if not np.isfinite(p.data).all())
            warnings.warn(
                f"After this step of {method}, {describe(wrong)} has {'nan' if np.isnan(wrong.data).any() else 'infinity'}: "
                "the training diverges, or the data are not finite. Try a smaller learning rate, or nn.utils.clip_grad_norm_; "
                "autograd.detect_anomaly() finds the operation where it began.",
                RuntimeWarning,
                stacklevel=4,
            )
