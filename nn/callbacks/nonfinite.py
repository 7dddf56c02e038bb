"""`TerminateOnNaN`: ends training at the first nan or infinity, and says where it began."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from autograd import Node
from autograd.recording import Observer, observe
from autograd.stores import blocks
from autograd.structures import leaves

from ..finite import is_finite, kind_of
from ..locating import Places
from ..module import Module
from ..snapshot import Snapshot
from .callback import Callback
from .training import Training

__all__ = ["TerminateOnNaN"]

RISE = 10.0  # a loss has diverged if it is this many times the first one


class TerminateOnNaN(Callback):
    """Ends training before nan or infinity in a loss or a gradient reaches the weights.

    It names the layer where it began.

    Usually it only checks the loss and the gradients of each batch. If one is not finite, it computes the batch
    again and examines every layer. Every `Trainer` has such a callback unless `terminate_on_nan` is false. It is
    called after all others except checkpoints, so that it sees the gradients as they leave them.

    Raises:
        FloatingPointError: in `fit`, if there was nan or infinity. The message says in which epoch
            and batch; where it began: in the data, in a weight, in the output of a layer, in the
            loss, or in the backward pass; how the loss had developed; and what to try.

    Example:
        >>> import nn
        >>> class Root(nn.Module):
        ...     def forward(self, x):
        ...         return x.sqrt()
        >>> model = nn.Sequential(nn.Linear(1, 1, bias=False), Root())
        >>> model[0].weight.data = [[0.0]]
        >>> trainer = nn.Trainer(model, nn.MSELoss(), nn.optim.SGD(model.parameters()))
        >>> with np.errstate(all="ignore"):
        ...     trainer.fit(([[1.0]], [[3.0]]), verbose=False)
        Traceback (most recent call last):
        ...
        FloatingPointError: In epoch 1, batch 1, the gradient of 0.weight is not finite, and the loss is 9. It began in the backward
        pass, in the derivative of sqrt in Root '1'. The model is as it was before this batch.
    """

    def on_fit_begin(self, trainer: Training) -> None:
        self._losses: list[float] = []  # of the first batch and of the latest, each before its step

    def on_epoch_begin(self, trainer: Training) -> None:
        self._before = Snapshot(trainer.model, trainer.generators.values())

    def on_batch_begin(self, trainer: Training) -> None:
        self._before.take()

    def on_backward_end(self, trainer: Training) -> None:
        """Look at the loss and the gradients.

        Raises:
            FloatingPointError: they are not finite.
        """
        parameters = [p for group in trainer.optimizer.param_groups for p in group["params"]]
        if math.isfinite(trainer.batch_loss) and all(is_finite(p.grad) for p in blocks(parameters) if p.grad is not None):
            return
        self._before.restore()  # so that dropout is repeated
        symptom = _symptom(trainer)
        try:
            origin = _origin(trainer)
        finally:
            self._before.restore()
        raise FloatingPointError(
            f"In epoch {trainer.epoch + 1}, batch {trainer.batch_number}, {symptom}. {origin} "
            f"The model is as it was before this batch.{self._advice(trainer)}"
        )

    def on_batch_end(self, trainer: Training) -> None:
        self._losses = [*self._losses[:1], trainer.batch_loss]

    def on_epoch_end(self, trainer: Training) -> None:
        """Look at the parameters, since no batch follows the last step.

        Raises:
            FloatingPointError: one is not finite.
        """
        wrong = _wrong_parameters(trainer)
        if wrong:
            raise FloatingPointError(f"The last step of epoch {trainer.epoch} put {wrong}.{self._advice(trainer)}")

    def _advice(self, trainer: Training) -> str:
        """What to try; "" if this is the first step."""
        if not self._losses:
            return ""
        rates = " and ".join(f"{rate:g}" for rate in dict.fromkeys(group["lr"] for group in trainer.optimizer.param_groups))
        first, last = self._losses[0], self._losses[-1]
        diverges = f" The loss had risen from {first:.4g} to {last:.4g}: training diverges." if last > RISE * abs(first) else ""
        return (
            f"{diverges} If the data are in order, try a smaller learning rate than {rates}, scaled inputs and targets, or "
            "nn.callbacks.ClipGradients(max_norm=1.0)."
        )


def _symptom(trainer: Training) -> str:
    if not math.isfinite(trainer.batch_loss):
        return f"the loss is {trainer.batch_loss}"
    wrong = [name for name, p in trainer.model.named_parameters() if p.grad is not None and not is_finite(p.grad)]
    name = wrong[0] if wrong else "a parameter"
    more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    return f"the gradient of {name}{more} is not finite, and the loss is {trainer.batch_loss:.4g}"


def _origin(trainer: Training) -> str:
    """Where it began. The search follows the order in which numbers pass through a network."""
    wrong = _wrong_parameters(trainer)
    if wrong:
        return f"It began in an earlier step, which put {wrong}; take a smaller learning rate."
    batch = trainer.batch
    assert batch is not None  # there is one, where there is a gradient
    for part, data in (("inputs", batch.inputs), ("targets", batch.target)):
        kinds = [kind_of(x) for x in leaves(data) if not is_finite(x)]
        if kinds:
            return f"It began in the data: there is {kinds[0]} in the {part} of this batch."

    watch = _Watch(trainer.model)
    with np.errstate(all="ignore"), watch.watching():
        trainer.loss(trainer.output(batch), batch.target).backward()
    if watch.forward is not None:
        return f"It began in {watch.forward}, while all before it is finite."
    if not math.isfinite(trainer.batch_loss):
        return "It began in the loss: what the loss got from the model and the data is finite."
    if watch.backward is not None:
        return f"It began in the backward pass, in {watch.backward}."
    return "When the batch was computed again, all was finite: it draws random numbers that the Trainer does not know of."


def _wrong_parameters(trainer: Training) -> str:
    """Which parameters are not finite, in words; "" if all are."""
    wrong = {name: kind_of(p.data) for name, p in trainer.model.named_parameters() if not is_finite(p.data)}
    if not wrong:
        return ""
    name, kind = next(iter(wrong.items()))
    return f"{kind} into {name}" + (f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else "")


class _Watch(Observer):
    """Watches a forward and a backward pass, and notes the first result that is not finite.

    In the forward pass it looks at the outputs of modules, not at those of operations: inside a
    module infinity may be in order, such as that of a mask before a softmax.

    Attributes:
        forward: the first module with such an output, in words; None if there was none.
        backward: the first operation with such derivatives, in words.
    """

    def __init__(self, model: Module) -> None:
        self.places = Places(model)
        self.paths = {id(module): path for path, module in self.places.modules.items()}
        self.forward: str | None = None
        self.backward: str | None = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        ends = [module.register_forward_hook(self.returned) for module in self.places.modules.values()]
        try:
            with observe(self):
                yield
        finally:
            for end in ends:
                end()

    def returned(self, module: Module, _: object, output: object) -> None:
        kinds = [kind_of(x) for x in leaves(output) if not is_finite(x)]
        if kinds and self.forward is None:
            self.forward = f"{self.places.title(self.paths[id(module)])}, whose output has {kinds[0]}"

    def reached(self, node: Node, gradient: object) -> None:
        if self.backward is None and not is_finite(gradient):
            self.backward = f"the sum of the gradients of {node.primitive.name if node.primitive else node.label}{self._place(node)}"

    def pulled_back(self, node: Node, gradients: Sequence[object]) -> None:
        inputs = node.inputs or ()
        of_nodes = [g for x, g in zip(inputs, gradients, strict=True) if g is not None and isinstance(x, Node) and x.requires_grad]
        if self.backward is None and not all(map(is_finite, of_nodes)):
            self.backward = f"the derivative of {node.primitive.name if node.primitive else '?'}{self._place(node)}"

    def _place(self, node: Node) -> str:
        """Where the node was computed, in words."""
        path = self.places.of(node)
        return " in the loss" if path is None else f" in {self.places.title(path)}"
