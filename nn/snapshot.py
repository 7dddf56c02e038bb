"""`Snapshot`: a copy of the state that a forward pass changes, so that it can be restored."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .module import Module
from .randomness import shared_generator

__all__ = ["Snapshot"]


class Snapshot:
    """The states of random generators, and the buffers of a model, such as running means.

    Args:
        model: the model.
        generators: the random generators of the model and its data; the shared one is always among them.

    Example:
        >>> import nn
        >>> model = nn.Dropout(0.5, rng=0)
        >>> before = Snapshot(model, [model.rng])
        >>> first = model(np.ones(8))
        >>> before.restore()
        >>> np.array_equal(model(np.ones(8)), first)
        True
    """

    def __init__(self, model: Module, generators: Iterable[np.random.Generator]) -> None:
        self._generators = (shared_generator(), *generators)
        self._buffers = [(module, name) for module in model.modules() for name in module._buffers]
        self.take()

    def take(self) -> None:
        """Copy the present state."""
        self._states = [rng.bit_generator.state for rng in self._generators]
        arrays = [getattr(module, name) for module, name in self._buffers]
        self._arrays = [(array, array.copy()) for array in arrays]

    def restore(self) -> None:
        """Restore the state that was copied last. Each buffer is the same array again."""
        for rng, state in zip(self._generators, self._states, strict=True):
            rng.bit_generator.state = state
        for (module, name), (array, numbers) in zip(self._buffers, self._arrays, strict=True):
            if array.flags.writeable:  # otherwise it cannot have changed
                array[...] = numbers
            setattr(module, name, array)
