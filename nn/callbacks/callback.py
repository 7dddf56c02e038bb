"""`Callback`: the moments of a training at which others have a say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..training.trainer import Trainer

__all__ = ["Callback"]


class Callback:
    """The base of callbacks: a subclass has methods for the moments that it wants. Each gets the trainer, and with it all the rest.

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
    """

    def on_fit_begin(self, trainer: Trainer) -> None:
        """`fit` was called; the data are known to be in order."""

    def on_epoch_begin(self, trainer: Trainer) -> None:
        """An epoch begins; `trainer.epoch` are done."""

    def on_batch_begin(self, trainer: Trainer) -> None:
        """A batch begins, `trainer.batch`."""

    def on_backward_end(self, trainer: Trainer) -> None:
        """The gradients of the batch are there, and the optimizer has not used them yet."""

    def on_batch_end(self, trainer: Trainer) -> None:
        """The optimizer has changed the parameters."""

    def on_epoch_end(self, trainer: Trainer) -> None:
        """An epoch has ended: `trainer.history` has it, and `trainer.epoch` counts it."""

    def on_fit_end(self, trainer: Trainer) -> None:
        """`fit` ends: all is done, or somebody set `trainer.should_stop`, or Ctrl-C came; not after an error."""

    def state_dict(self) -> dict[str, Any]:
        """What it remembers from epoch to epoch, for checkpoints: numbers, texts, arrays, and lists and dicts of them."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where another callback of this kind has stopped."""
