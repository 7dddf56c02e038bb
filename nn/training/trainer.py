"""`Trainer`: the loop of training, as one writes it by hand, with measuring, callbacks and checkpoints around it."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from autograd import Value, collect_cycles_less_often, no_grad

from .. import metrics as known_metrics
from .. import saving
from ..callbacks import Callback, ModelCheckpoint, TerminateOnNaN
from ..checks import count
from ..data import DataLoader
from ..interrupts import uninterrupted
from ..module import Module
from ..optim import Optimizer
from ..randomness import Seed, generator
from . import random_state
from .batches import Batch, as_loader, batches, inputs_as_loader
from .history import History
from .measuring import Measurement, joined, plain
from .progress import Progress

__all__ = ["Trainer"]

BATCH_SIZE = 32  # of training, where the user says nothing
EVALUATION_BATCH_SIZE = 256  # no graph is kept, so more fit into the memory


class Trainer:
    """Trains a model, measures it, and uses it.

    A network of Tensors is called on a batch. A network of Values, such as `nn.MLP`, is called on
    each row of it, and the loss gets the list of what it returned.

    Args:
        model: the module to train.
        loss: a function of what the model returns and of the target, to a single number, such as
            `nn.CrossEntropyLoss()` or one of your own.
        optimizer: made for parameters of the model: `nn.optim.Adam(model.parameters())`.
        metrics: what else to measure in each epoch: names of `nn.metrics`, or functions of all
            predictions and all targets to a number, which are called by their name.
        callbacks: who else has a say, see `nn.callbacks`; called in this order, but checkpoints
            last, so that they hold what the others have done.
        rng: a seed or a NumPy generator for the order of examples, where a pair of arrays or a
            dataset is trained on; without one it is the generator of `nn.manual_seed`. A
            DataLoader has its own.
        terminate_on_nan: whether nan or infinity in a loss or a gradient ends the training with a
            sentence that says where it began and what to try; see `nn.callbacks.TerminateOnNaN`.

    Attributes:
        model, loss, optimizer, metrics, callbacks: as given; metrics as functions by name.
        history: a `History` of all epochs so far, also after an error or Ctrl-C.
        epoch: how many epochs are done.
        should_stop: a callback that sets it ends `fit` after this epoch.
        measures: the names of what each epoch of this `fit` measures, such as "loss" and "val_loss".
        batch, batch_loss: the batch that is being learned from, and its loss; for callbacks.
        batch_number: of it in its epoch, from 1.
        generators: the random generators that the model and the data of this `fit` have for themselves.
        resumed: whether this `fit` goes on with a training that was loaded.

    Raises:
        TypeError: one of them is of another kind.
        ValueError: a metric is unknown, or the optimizer has no parameter of the model.
        ModuleNotFoundError: a metric needs scikit-learn, which is not installed.

    Example:
        >>> import nn
        >>> nn.manual_seed(0)
        >>> X, y = nn.data.spirals(300, classes=3, rng=0)
        >>> model = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 3))
        >>> trainer = nn.Trainer(model, nn.CrossEntropyLoss(), nn.optim.Adam(model.parameters(), lr=0.05), metrics=["accuracy"])
        >>> history = trainer.fit((X, y), epochs=40, verbose=False)
        >>> history["accuracy"][-1] > 0.9
        True
        >>> sorted(trainer.evaluate((X, y)))
        ['accuracy', 'loss']
        >>> trainer.predict(X).shape
        (300, 3)
    """

    def __init__(
        self, model: Any, loss: Callable[[Any, Any], Any], optimizer: Any, metrics: Sequence[Any] = (),
        callbacks: Sequence[Callback] = (), rng: Seed = None, *, terminate_on_nan: bool = True,
    ) -> None:  # fmt: skip
        if not isinstance(model, Module):
            raise TypeError(f"A Trainer trains an nn.Module, not a {_kind(model)}.")
        if isinstance(loss, type) or not callable(loss):
            raise TypeError(f"The loss is a function of output and target, such as nn.CrossEntropyLoss(), and not a {_kind(loss)}.")
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"The optimizer is one of nn.optim, such as nn.optim.Adam(model.parameters()), and not a {_kind(optimizer)}.")
        parameters = set(model.parameters())
        if not any(p in parameters for group in optimizer.param_groups for p in group["params"]):
            raise ValueError(f"The optimizer changes no parameter of this {type(model).__name__}; make it with model.parameters().")
        self.model, self.loss, self.optimizer = model, loss, optimizer
        self.metrics = _named(metrics, loss)
        self.callbacks = _in_order(callbacks, terminate_on_nan)
        self.rng = generator(rng)
        self.history = History()
        self.epoch = 0
        self.should_stop = self.resumed = False
        self.measures: list[str] = []
        self.batch: Batch | None = None
        self.batch_number, self.batch_loss = 0, math.nan
        self._of_values = any(isinstance(p, Value) for p in parameters)
        self.generators: dict[str, Any] = {}
        self._random_state: Mapping[str, Any] | None = None  # that `load` found and the next `fit` begins with

    def fit(
        self, train: Any, validation: Any = None, epochs: int = 1, batch_size: int | None = None, verbose: bool = True,
        resume_from: str | os.PathLike[str] | None = None,
    ) -> History:  # fmt: skip
        """Train for some epochs: go once through the data in each, and change the parameters after each batch.

        A second `fit` goes on where the first has ended.

        Args:
            train: a pair of arrays (X, y), or of more, the last of which is the target; a dataset
                of such items; both are shuffled anew in each epoch. Or a DataLoader.
            validation: the same, to be measured after each epoch, in batches of the same size; the columns are
                "val_loss" and so on.
            epochs: how many; with `resume_from`, of the whole training, with those before.
            batch_size: the number of examples in a batch, 32 if it is left out; a DataLoader has its own.
            verbose: whether to show a progress bar, if tqdm is installed.
            resume_from: a checkpoint of `save` or `ModelCheckpoint`. The training goes on from there
                bit for bit as if it had not stopped, if everything else is made as it was before.

        Returns:
            The history of all epochs. The loss of an epoch is the mean over its examples, with the
            weights that each batch met and with dropout on; the metrics are over all of them.

        Raises:
            TypeError, ValueError: the data are empty or of another kind; the loss is not a single
                number; a callback watches what is not measured; the checkpoint does not fit.
            FloatingPointError: there was nan or infinity, unless `terminate_on_nan` is false.
            KeyboardInterrupt: Ctrl-C. No step of the optimizer is left half done, and `history` has
                the epochs that were finished.
        """
        epochs = count("epochs", epochs)
        loader = as_loader("train", train, batch_size, BATCH_SIZE, shuffle=True, rng=self.rng)
        held_out = None
        if validation is not None:
            size = None if isinstance(validation, DataLoader) else loader.batch_size
            held_out = as_loader("validation", validation, size, BATCH_SIZE)
        self.measures = self._names(held_out is not None)
        self.generators = random_state.generators(model=self.model, train=loader, validation=held_out)
        self.should_stop = False
        if resume_from is not None:
            self.load(resume_from)
        last = epochs if resume_from is not None else self.epoch + epochs
        with (
            _in_mode(self.model, training=True),
            collect_cycles_less_often(),
            Progress(verbose, self.epoch + 1, last, len(loader)) as progress,
        ):
            self._call("on_fit_begin")
            if self._random_state is not None:
                random_state.set_state(self._random_state, self.generators)
                self._random_state = None
            try:
                while self.epoch < last and not self.should_stop:
                    self._train_epoch(loader, held_out, progress)
            except KeyboardInterrupt:
                self._call("on_fit_end")
                raise
            finally:
                self.batch, self.resumed = None, False
            self._call("on_fit_end")
        return self.history

    def evaluate(self, data: Any, batch_size: int | None = None) -> dict[str, float]:
        """The loss and the metrics on some data, in evaluation mode.

        Args:
            data: as in `fit`.
            batch_size: how many examples to compute at once, 256 if it is left out.

        Returns:
            `{"loss": …, "accuracy": …}`, the loss as the mean over all examples.

        Raises:
            TypeError, ValueError: as in `fit`.
        """
        return self._measured(as_loader("The data", data, batch_size, EVALUATION_BATCH_SIZE))

    def predict(self, inputs: Any, batch_size: int | None = None) -> Any:
        """What the model returns for some inputs, in evaluation mode.

        Args:
            inputs: an array of shape (n, …), or a tuple of several if the model takes several; or a
                dataset or a DataLoader, whose targets are left out.
            batch_size: how many examples to compute at once, 256 if it is left out.

        Returns:
            An array of shape (n, …); if the model returns several, a tuple, list or dict of them.

        Raises:
            ValueError: there are no examples; or the outputs of batches differ in more than their number.
        """
        loader, inputs_only = inputs_as_loader(inputs, batch_size, EVALUATION_BATCH_SIZE)
        with _in_mode(self.model, training=False), no_grad():
            return joined(
                "The outputs", [plain(self.output(batch)) for batch in batches(loader, inputs_only=inputs_only, target_needed=False)]
            )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a checkpoint from which `fit(…, resume_from=path)` goes on: the model, the optimizer and all the rest; see `nn.save`.

        Made between two epochs, it goes on bit for bit. In the middle of an epoch, that epoch will begin anew.
        """
        saving.save(path, self.model, self.optimizer, trainer=self)

    def load(self, path: str | os.PathLike[str]) -> None:
        """Take over a checkpoint, all of it or nothing. The next `fit` goes on from there.

        The numbers of random generators are set when that begins, since the data have some too.

        Raises:
            FileNotFoundError, ValueError: as in `nn.load`.
        """
        before = self.resumed, self._random_state
        try:
            saving.load(path, self.model, self.optimizer, trainer=self)
        except BaseException:
            self.resumed, self._random_state = before
            raise

    def state_dict(self) -> dict[str, Any]:
        """What the training needs to go on besides the model and the optimizer."""
        return {
            "epoch": self.epoch,
            "should_stop": self.should_stop,
            "history": {name: list(column) for name, column in self.history.items()},
            "callbacks": [[type(callback).__name__, callback.state_dict()] for callback in self.callbacks],
            "random": self._random_state or random_state.get_state(self.generators),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where another Trainer has stopped; load the model and the optimizer too.

        Raises:
            TypeError: it is no dict from `state_dict()`.
            ValueError: it has the memory of a callback that is not here.
        """
        if not isinstance(state, Mapping) or not state.keys() >= {"epoch", "should_stop", "history", "callbacks", "random"}:
            raise TypeError(
                "A Trainer takes over a dict as its state_dict() gives, with epoch, should_stop, history, callbacks and random."
            )
        pairs = []
        here = list(self.callbacks)
        for kind, memory in state["callbacks"]:
            callback = next((callback for callback in here if type(callback).__name__ == kind), None)
            if callback is not None:
                here.remove(callback)
                pairs.append((callback, memory))
            elif memory:
                raise ValueError(f"The checkpoint has the memory of {kind}, which is not among the callbacks here; pass it to the Trainer.")
        for callback, memory in pairs:
            callback.load_state_dict(memory)
        self.epoch, self.should_stop = state["epoch"], state["should_stop"]
        self.history = History({name: list(column) for name, column in state["history"].items()})
        self._random_state, self.resumed = state["random"], True

    def _train_epoch(self, loader: DataLoader, held_out: DataLoader | None, progress: Progress) -> None:
        begin = time.perf_counter()
        row = {"epoch": self.epoch + 1}
        rates = self._rates()
        progress.begin_epoch(self.epoch + 1)
        self._call("on_epoch_begin")
        measurement = Measurement(self.loss, self.metrics)
        for self.batch_number, self.batch in enumerate(batches(loader), start=1):
            self._call("on_batch_begin")
            output = self._step(self.batch)
            measurement.add(self.batch_loss, output, self.batch)
            self._call("on_batch_end")
            progress.end_batch(measurement.loss)
        measures = measurement.results()
        if held_out is not None:
            measures |= {f"val_{name}": number for name, number in self._measured(held_out).items()}
        with uninterrupted():
            self.history.append({**row, **measures, **rates, "seconds": time.perf_counter() - begin})
            self.epoch += 1
        self._call("on_epoch_end")
        progress.end_epoch(measures)

    def _step(self, batch: Batch) -> Any:
        """Learn from one batch.

        Returns:
            What the model said before, as plain numbers. The graph is free then.
        """
        self.optimizer.zero_grad()
        output = self.output(batch)
        loss: Any = self.loss(output, batch.target)
        self.batch_loss = _number(loss)
        if not getattr(loss, "requires_grad", False):
            raise ValueError(
                "The loss has no derivative: it was computed outside of the graph. Compute it from the model's output with functions of "
                "autograd and nn."
            )
        loss.backward()
        if all(p.grad is None for group in self.optimizer.param_groups for p in group["params"]):
            raise ValueError("The loss depends on no parameter that the optimizer changes; compute it from what the model returns.")
        self._call("on_backward_end")
        self.optimizer.step()
        return plain(output) if self.metrics else None

    def output(self, batch: Batch) -> Any:
        """What the model returns for a batch, in the graph."""
        if self._of_values:
            return [self.model(*row) for row in zip(*batch.inputs, strict=True)]
        return self.model(*batch.inputs)

    def _measured(self, loader: DataLoader) -> dict[str, float]:
        """The loss and the metrics on all batches of a loader, in evaluation mode."""
        measurement = Measurement(self.loss, self.metrics)
        with _in_mode(self.model, training=False), no_grad():
            for batch in batches(loader):
                output = self.output(batch)
                measurement.add(_number(self.loss(output, batch.target)), plain(output) if self.metrics else None, batch)
        return measurement.results()

    def _names(self, validation: bool) -> list[str]:
        names = ["loss", *self.metrics]
        return names + [f"val_{name}" for name in names] if validation else names

    def _rates(self) -> dict[str, float]:
        rates = [group["lr"] for group in self.optimizer.param_groups]
        return {"lr": rates[0]} if len(rates) == 1 else {f"lr_{i}": rate for i, rate in enumerate(rates)}

    def _call(self, event: str) -> None:
        for callback in self.callbacks:
            getattr(callback, event)(self)


@contextmanager
def _in_mode(model: Module, training: bool) -> Iterator[None]:
    """The model in training or in evaluation mode; afterwards each module is in the mode that it was in before."""
    before = [(module, module.training) for module in model.modules()]
    model.train(training)
    try:
        yield
    finally:
        for module, mode in before:
            module.training = mode


def _number(loss: Any) -> float:
    """The loss of a batch as a plain number."""
    try:
        return float(loss.item() if hasattr(loss, "item") else loss)
    except (TypeError, ValueError):
        given = f"an array of shape {loss.shape}" if hasattr(loss, "shape") else f"a {_kind(loss)}"
        raise ValueError(f"The loss of a batch is a single number, and this is {given}; reduce it, with its mean.") from None


def _named(metrics: Sequence[Any], loss: Any) -> dict[str, Callable[[Any, Any], Any]]:
    """The metrics as functions by name."""
    if isinstance(metrics, str) or not isinstance(metrics, Iterable):
        raise TypeError(f'metrics is a list of names and functions, such as ["accuracy"]; got {metrics!r}.')
    named = {}
    for metric in metrics:
        name = getattr(metric, "__name__", type(metric).__name__) if callable(metric) else metric
        if name in named or name == "loss":
            raise ValueError(f"There are two measures called {name!r}; give the metric a name of its own, as a function's __name__.")
        named[name] = metric if callable(metric) else known_metrics.by_name(metric, loss)
        if not callable(metric) or metric in known_metrics.METRICS.values():
            known_metrics.require_sklearn()
    return named


def _in_order(callbacks: Sequence[Callback], terminate_on_nan: bool) -> list[Callback]:
    """The callbacks, checkpoints last, and before them one that looks for nan, if none does."""
    callbacks = list(callbacks) if isinstance(callbacks, Iterable) else [callbacks]
    for callback in callbacks:
        if not isinstance(callback, Callback):
            raise TypeError(f"callbacks is a list of nn.callbacks.Callback, such as nn.callbacks.EarlyStopping(); got a {_kind(callback)}.")
    if terminate_on_nan and not any(isinstance(callback, TerminateOnNaN) for callback in callbacks):
        callbacks.append(TerminateOnNaN())
    return sorted(callbacks, key=lambda callback: isinstance(callback, ModelCheckpoint))


def _kind(x: Any) -> str:
    return f"class {x.__name__}; make one of it" if isinstance(x, type) else type(x).__name__
