"""`Callback`: its methods are called at certain moments of training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .training import Training

__all__ = ["Callback"]


class Callback:
    """The base of callbacks. A subclass defines the methods for the moments that it needs; each gets the `Trainer`.

    Example:
        >>> import nn
        >>> class Tell(nn.callbacks.Callback):
        ...     def on_epoch_end(self, trainer):
        ...         print(f"epoch {trainer.epoch}, loss {trainer.history['loss'][-1]:.2f}")
        >>> model = nn.Linear(1, 1, rng=0)
        >>> trainer = nn.Trainer(model, nn.MSELoss(), nn.optim.SGD(model.parameters(), lr=0.1), callbacks=[Tell()], rng=0)
        >>> history = trainer.fit(([[0.0], [1.0]], [[1.0], [3.0]]), epochs=2, verbose=False)
        epoch 1, loss 6.14
        epoch 2, loss 3.38

        All the moments, in their order:

        >>> class Moments(nn.callbacks.Callback):
        ...     def on_fit_begin(self, trainer): self.seen = ["fit begins"]
        ...     def on_epoch_begin(self, trainer): self.seen.append("epoch begins")
        ...     def on_batch_begin(self, trainer): self.seen.append("batch begins")
        ...     def on_backward_end(self, trainer): self.seen.append("backward pass ends")
        ...     def on_batch_end(self, trainer): self.seen.append("batch ends")
        ...     def on_epoch_end(self, trainer): self.seen.append("epoch ends")
        ...     def on_fit_end(self, trainer): print(*self.seen, "fit ends", sep=", ")
        ...     def state_dict(self): return {"seen": self.seen}
        ...     def load_state_dict(self, state): self.seen = state["seen"]
        >>> trainer = nn.Trainer(model, nn.MSELoss(), nn.optim.SGD(model.parameters(), lr=0.1), callbacks=[Moments()], rng=0)
        >>> history = trainer.fit(([[0.0], [1.0]], [[1.0], [3.0]]), verbose=False)
        fit begins, epoch begins, batch begins, backward pass ends, batch ends, epoch ends, fit ends
    """

    def on_fit_begin(self, trainer: Training) -> None:
        """`fit` was called, and its data are valid."""

    def on_epoch_begin(self, trainer: Training) -> None:
        """An epoch begins, after `trainer.epoch` others."""

    def on_batch_begin(self, trainer: Training) -> None:
        """The batch `trainer.batch` begins."""

    def on_backward_end(self, trainer: Training) -> None:
        """The gradients of the batch are computed, and the optimizer has not used them yet."""

    def on_batch_end(self, trainer: Training) -> None:
        """The optimizer has changed the parameters."""

    def on_epoch_end(self, trainer: Training) -> None:
        """An epoch has ended: `trainer.history` holds it, and `trainer.epoch` counts it."""

    def on_fit_end(self, trainer: Training) -> None:
        """`fit` ends.

        That is after the last epoch, after `trainer.should_stop` was set, or after Ctrl-C; but not after an error.
        """

    def state_dict(self) -> dict[str, Any]:
        """What it must keep from epoch to epoch, for checkpoints: numbers, texts, arrays, and lists and dicts of them."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where another callback of this kind has stopped, from what its `state_dict` gave."""
