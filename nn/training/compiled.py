"""A step of training as one compiled function, for `Trainer(compile=True)`."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import partial
from typing import Any

from autograd import Node, compile

from ..callbacks.training import Batch, Loss
from ..module import Module
from ..optim import Optimizer

__all__ = ["CompiledStep", "outputs"]


class CompiledStep:
    """Forward and backward pass of a batch, and perhaps the optimizer's step, as one program.

    There is a program for each shape of batches.

    Args:
        model, loss, optimizer: as in `Trainer`.
        of_values: whether the model is called on each row.
        whole: whether the optimizer's step belongs to it; not if somebody wants to see the gradients before that.
    """

    def __init__(self, model: Module, loss: Loss, optimizer: Optimizer, of_values: bool, whole: bool) -> None:
        self.whole = whole
        self.function = compile(partial(_learn, model=model, loss=loss, optimizer=optimizer, of_values=of_values, whole=whole))
        self._works = True

    def __call__(self, batch: Batch) -> tuple[Node, Any] | None:
        """The loss and the outputs of a batch; None if it cannot be compiled.

        Then nothing has been done, and a warning is given once.
        """
        if not self._works:
            return None
        try:
            found: tuple[Node, Any] = self.function(batch.inputs, batch.target)
            return found
        except (TypeError, ValueError, RuntimeError) as error:
            self._works = False
            warnings.warn(f"Training goes on without compile=True, and is slower: {error}", stacklevel=5)
            return None


def outputs(model: Module, inputs: Sequence[Any], of_values: bool) -> Any:
    """What a model returns for a batch; one of Values for each of its rows."""
    return [model(*row) for row in zip(*inputs, strict=True)] if of_values else model(*inputs)


def _learn(inputs: Any, target: Any, model: Module, loss: Loss, optimizer: Optimizer, of_values: bool, whole: bool) -> tuple[Any, Any]:
    optimizer.zero_grad()
    output = outputs(model, inputs, of_values)
    total: Any = loss(output, target)
    total.backward()
    if whole:
        optimizer.step()
    return total, output
