"""`TerminateOnNaN`: a training that went wrong ends, and is told where that began."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import Node
from autograd.modes import Observer, observers
from autograd.stores import blocks
from autograd.structures import leaves

from ..module import Module
from ..randomness import shared_generator
from .callback import Callback

if TYPE_CHECKING:
    from ..training.trainer import Trainer

__all__ = ["TerminateOnNaN"]

RISE = 10.0  # a loss that has become so many times as large as at first diverges


class TerminateOnNaN(Callback):
    """Ends the training before nan or infinity in a loss or a gradient reaches the weights, and names the layer where it began.

    While all is well it looks at the loss and goes once over the gradients. Only when something is
    wrong does it compute the batch again, and look at every layer. A `Trainer` has one from the
    start, after all other callbacks but checkpoints: what they make of gradients counts.

    Raises:
        FloatingPointError: in `fit`, there was nan or infinity. The sentence says in which epoch
            and batch, and where it began: in the data, in a weight, in the output of a layer, in
            the loss, or in the backward pass; how the loss had come there; and what to try.

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

    def on_fit_begin(self, trainer: Trainer) -> None:
        self._losses: list[float] = []  # of the first batch and of the last, each before its step

    def on_epoch_begin(self, trainer: Trainer) -> None:
        self._generators = [shared_generator(), *trainer.generators.values()]
        self._buffers = [(module, name) for module in trainer.model.modules() for name in module._buffers]

    def on_batch_begin(self, trainer: Trainer) -> None:
        self._before = self._state()

    def on_backward_end(self, trainer: Trainer) -> None:
        parameters = [p for group in trainer.optimizer.param_groups for p in group["params"]]
        if math.isfinite(trainer.batch_loss) and all(_is_finite(p.grad) for p in blocks(parameters) if p.grad is not None):
            return
        self._go_back()  # so that dropout drops the same again
        symptom = _symptom(trainer)
        try:
            origin = _origin(trainer)
        finally:
            self._go_back()
        raise FloatingPointError(
            f"In epoch {trainer.epoch + 1}, batch {trainer.batch_number}, {symptom}. {origin} "
            f"The model is as it was before this batch.{self._advice(trainer)}"
        )

    def on_batch_end(self, trainer: Trainer) -> None:
        self._losses = [*self._losses[:1], trainer.batch_loss]

    def on_epoch_end(self, trainer: Trainer) -> None:
        wrong = _wrong_parameters(trainer)
        if wrong:
            raise FloatingPointError(f"The last step of epoch {trainer.epoch} put {wrong}.{self._advice(trainer)}")

    def _advice(self, trainer: Trainer) -> str:
        """What to try, where steps were made before."""
        if not self._losses:
            return ""
        rates = " and ".join(f"{rate:g}" for rate in dict.fromkeys(group["lr"] for group in trainer.optimizer.param_groups))
        first, last = self._losses[0], self._losses[-1]
        diverges = f" The loss had risen from {first:.4g} to {last:.4g}: the training diverges." if last > RISE * abs(first) else ""
        return (
            f"{diverges} If the data are in order, try a smaller learning rate than {rates}, scaled inputs and targets, or "
            "nn.callbacks.ClipGradients(max_norm=1.0)."
        )

    def _state(self) -> tuple[list[Any], list[Any]]:
        """Of random generators and of buffers, such as running means: all that changes in a forward pass."""
        return [rng.bit_generator.state for rng in self._generators], [getattr(module, name).copy() for module, name in self._buffers]

    def _go_back(self) -> None:
        states, arrays = self._before
        for rng, state in zip(self._generators, states, strict=True):
            rng.bit_generator.state = state
        for (module, name), array in zip(self._buffers, arrays, strict=True):
            setattr(module, name, array.copy())


def _symptom(trainer: Trainer) -> str:
    if not math.isfinite(trainer.batch_loss):
        return f"the loss is {trainer.batch_loss}"
    wrong = [name for name, p in trainer.model.named_parameters() if p.grad is not None and not _is_finite(p.grad)]
    name = wrong[0] if wrong else "a parameter"
    more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    return f"the gradient of {name}{more} is not finite, and the loss is {trainer.batch_loss:.4g}"


def _origin(trainer: Trainer) -> str:
    """Where it began, looked for in the order in which numbers pass through a network."""
    wrong = _wrong_parameters(trainer)
    if wrong:
        return f"It began in an earlier step, which put {wrong}; take a smaller learning rate."
    batch = trainer.batch
    assert batch is not None  # there is one, where there is a gradient
    for part, data in (("inputs", batch.inputs), ("targets", batch.target)):
        kinds = [_kind(x) for x in leaves(data) if not _is_finite(x)]
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
    return "When the batch was computed again, all was finite: some random numbers are drawn from elsewhere."


def _wrong_parameters(trainer: Trainer) -> str:
    """Which parameters are not finite, in words; "" if all are."""
    wrong = {name: _kind(p.data) for name, p in trainer.model.named_parameters() if not _is_finite(p.data)}
    if not wrong:
        return ""
    name, kind = next(iter(wrong.items()))
    return f"{kind} into {name}" + (f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else "")


class _Watch(Observer):
    """Looks at what is computed, and notes the first that is not finite.

    Of the forward pass that is a module, not an operation: inside of one there may well be
    infinity, such as that of a mask before a softmax.

    Attributes:
        forward: the first module with such an output, in words; None if there was none.
        backward: the first operation with such derivatives, in words.
    """

    def __init__(self, model: Module) -> None:
        self.modules = dict(model.named_modules())
        self.titles = {id(module): _title(path, module) for path, module in self.modules.items()}
        self.forward: str | None = None
        self.backward: str | None = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        ends = [module.register_forward_hook(self.returned) for module in self.modules.values()]
        observers.append(self)
        try:
            yield
        finally:
            observers.remove(self)
            for end in ends:
                end()

    def returned(self, module: Module, _: Any, output: Any) -> None:
        kinds = [_kind(x.data if isinstance(x, Node) else x) for x in leaves(output) if not _is_finite(x)]
        if kinds and self.forward is None:
            self.forward = f"{self.titles[id(module)]}, whose output has {kinds[0]}"

    def reached(self, node: Node, gradient: Any) -> None:
        if self.backward is None and not _is_finite(gradient):
            self.backward = f"the sum of the gradients of {node.primitive.name if node.primitive else node.label}{self._place(node)}"

    def pulled_back(self, node: Node, gradients: Sequence[Any]) -> None:
        inputs = node.inputs or ()
        of_nodes = [g for x, g in zip(inputs, gradients, strict=True) if g is not None and isinstance(x, Node) and x.requires_grad]
        if self.backward is None and not all(map(_is_finite, of_nodes)):
            self.backward = f"the derivative of {node.primitive.name if node.primitive else '?'}{self._place(node)}"

    def _place(self, node: Node) -> str:
        """In which module of the model it was computed, in words."""
        numbers = {module._number: self.titles[id(module)] for module in self.modules.values()}
        scope = node.scope
        while scope is not None and scope.owner not in numbers:
            scope = scope.outer
        return " in the loss" if scope is None else f" in {numbers[scope.owner]}"


def _title(path: str, module: Module) -> str:
    kind = type(module).__name__
    return f"{kind} {path!r}" if path else kind


def _is_finite(x: Any) -> bool:
    """Whether all entries of an array or a number are finite; what is not made of floats always is."""
    x = np.asarray(x.data if isinstance(x, Node) else x)
    if x.dtype.kind != "f":
        return True
    flat = x.ravel()
    with np.errstate(all="ignore"):
        # The sum of squares is quick, and finite only if all are. It may overflow, so then they are looked at one by one.
        return bool(np.isfinite(flat @ flat)) or bool(np.isfinite(flat).all())


def _kind(x: Any) -> str:
    return "nan" if np.isnan(x).any() else "infinity"
