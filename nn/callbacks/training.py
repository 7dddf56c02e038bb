"""`Training`: what a callback sees of the training run that it takes part in."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np

from ..module import Module
from ..optim import Optimizer

__all__ = ["Batch", "Loss", "Training"]

Loss = Callable[[Any, Any], Any]  # a function of what the model returns, which may be anything, and of the target


class Batch(NamedTuple):
    """A batch of examples.

    Attributes:
        inputs: the arguments for the model, usually one array of shape (n, …).
        target: the desired output, of shape (n, …); None if it is not needed.
        size: the number of examples, n.

    Example:
        >>> Batch(([[0.0], [1.0]],), [1.0, 3.0], size=2).target
        [1.0, 3.0]
    """

    inputs: tuple[Any, ...]
    target: Any
    size: int


class Training(Protocol):
    """The type of what the methods of a callback get: a `Trainer`, or anything else that trains a model.

    It is a protocol, for annotations only, and cannot be instantiated.

    Attributes:
        model, loss, optimizer: what is trained, and how.
        history: the numbers of each epoch so far, a list for each name.
        epoch: the number of finished epochs.
        should_stop: set it to True, and training ends after this epoch.
        resumed: whether training continues from a checkpoint.
        measures: the names of what each epoch measures, such as "loss" and "val_loss".
        batch: the current batch; None outside of an epoch.
        batch_number: its number within the epoch, from 1.
        batch_loss: its loss, as a plain number.
        generators: the random generators that belong to the model and the data, by dotted path.

    Example:
        >>> import nn
        >>> class GoodEnough(nn.callbacks.Callback):
        ...     def on_backward_end(self, trainer: nn.callbacks.Training) -> None:
        ...         self.output = trainer.output(trainer.batch)
        ...     def on_epoch_end(self, trainer: nn.callbacks.Training) -> None:
        ...         if trainer.history["loss"][-1] < 1.0:
        ...             trainer.save("good.safetensors")
        ...             trainer.should_stop = True
    """

    model: Module
    loss: Loss
    optimizer: Optimizer
    epoch: int
    should_stop: bool
    resumed: bool
    measures: list[str]
    batch: Batch | None
    batch_number: int
    batch_loss: float
    generators: dict[str, np.random.Generator]

    @property
    def history(self) -> Mapping[str, list[float]]:
        """The numbers of each epoch so far, a list for each name."""

    def output(self, batch: Batch) -> Any:
        """What the model returns for a batch, as nodes of the graph."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a checkpoint from which training can continue."""
