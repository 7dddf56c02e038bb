"""`Trainer`: the usual training loop, with metrics, callbacks and checkpoints."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autograd import Node, Value, collect_cycles_less_often, no_grad
from autograd.interrupts import uninterrupted

from .. import saving
from ..callbacks import Callback, Training
from ..callbacks.training import Batch, Loss
from ..checks import count
from ..data import DataLoader
from ..habits import in_mode
from ..module import Module
from ..optim import Optimizer
from ..randomness import Seed, generator
from . import random_state
from .arguments import callbacks_in_order, check_parts, metrics_by_name
from .batches import Data, as_loader, batches, inputs_as_loader
from .compiled import CompiledStep, outputs
from .history import History
from .measuring import Measurement, Metric, joined, number_of, plain
from .progress import Progress

__all__ = ["Trainer"]

BATCH_SIZE = 32  # of training, by default
EVALUATION_BATCH_SIZE = 256  # without a graph, more examples fit into memory


class Trainer:
    """Trains a model, measures it, and uses it.

    A network of Tensors is called on a batch. A network of Values, such as `nn.MLP`, is called on
    each row of a batch, and the loss gets the list of its outputs.

    Args:
        model: the module to train.
        loss: a function of what the model returns and of the target, to a single number, such as
            `nn.CrossEntropyLoss()` or one of your own.
        optimizer: made for parameters of the model: `nn.optim.Adam(model.parameters())`.
        metrics: what else to measure in each epoch: names from `nn.metrics`, or functions of all
            predictions and all targets to a number, which are listed by their names.
        callbacks: who else takes part, see `nn.callbacks`. They are called in this order, but
            checkpoints last, so that they hold what the others have done.
        rng: a seed or a NumPy generator for the order of examples when a pair of arrays or a
            dataset is trained on; by default the generator of `nn.manual_seed`. A DataLoader has
            its own.
        terminate_on_nan: whether nan or infinity in a loss or a gradient ends training with a
            message that says where it began and what to try; see `nn.callbacks.TerminateOnNaN`.
        compile: whether to compile the step, see `autograd.compile`, which makes small networks and networks of Values
            much faster. The optimizer's step is in the program too, unless a callback sees the gradients before it, as
            `TerminateOnNaN` does. Where something cannot be compiled, a warning says what, and training goes on
            without.

    Attributes:
        metrics: the metrics as functions, by name.
        history: a `History` of all epochs so far, also after an error or Ctrl-C.
        model, loss, optimizer, epoch, should_stop, resumed, measures, batch, batch_number,
        batch_loss, generators: what callbacks see; see `nn.callbacks.Training`.

    Raises:
        TypeError: an argument is of the wrong kind.
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
        self, model: Module, loss: Loss, optimizer: Optimizer, metrics: Sequence[str | Metric] = (),
        callbacks: Sequence[Callback] = (), rng: Seed = None, *, terminate_on_nan: bool = True, compile: bool = False,
    ) -> None:  # fmt: skip
        check_parts(model, loss, optimizer)
        self.model, self.loss, self.optimizer = model, loss, optimizer
        self.metrics = metrics_by_name(metrics, loss)
        self.callbacks = callbacks_in_order(callbacks, terminate_on_nan)
        self.rng = generator(rng)
        self.history = History()
        self.epoch = 0
        self.should_stop = self.resumed = False
        self.measures: list[str] = []
        self.batch: Batch | None = None
        self.batch_number, self.batch_loss = 0, math.nan
        self._of_values = any(isinstance(p, Value) for p in model.parameters())
        looks = any(type(callback).on_backward_end is not Callback.on_backward_end for callback in self.callbacks)
        self._compiled = CompiledStep(model, loss, optimizer, self._of_values, whole=not looks) if compile else None
        self.generators: dict[str, np.random.Generator] = {}
        self._random_state: Mapping[str, Any] | None = None  # from `load`, for the next `fit` to begin with

    def fit(
        self, train: Data, validation: Data | None = None, epochs: int = 1, batch_size: int | None = None, verbose: bool = True,
        resume_from: str | os.PathLike[str] | None = None,
    ) -> History:  # fmt: skip
        """Train for some epochs: each goes once through the data, and changes the parameters after each batch.

        A second `fit` continues where the first has ended.

        Args:
            train: a pair of arrays (X, y), each of shape (n, …), or more arrays, the last of which
                is the target; or a dataset of such items. Both are shuffled anew in each epoch. Or
                a DataLoader.
            validation: the same, to be measured after each epoch, in batches of the same size. Its
                columns in the history are "val_loss" and so on.
            epochs: the number of epochs; with `resume_from`, in total, including those before.
            batch_size: the number of examples in a batch, by default 32; a DataLoader has its own.
            verbose: whether to show a progress bar, if tqdm is installed.
            resume_from: a checkpoint of `save` or `ModelCheckpoint`. If everything else is made as
                it was before, training continues from there, bit for bit as if it had not stopped.

        Returns:
            The history of all epochs. The loss of an epoch is the mean over its examples, with the
            weights at the time of each batch and with dropout on; the metrics are over all examples.

        Raises:
            TypeError, ValueError: the data are empty or of the wrong kind; the loss is not a single
                number; a callback watches what is not measured; the checkpoint does not fit.
            FloatingPointError: there was nan or infinity, unless `terminate_on_nan` is false.
            KeyboardInterrupt: Ctrl-C. No step of the optimizer is left half done, and `history` has
                the epochs that were finished.

        Example:
            >>> import nn
            >>> model = nn.Linear(1, 1, rng=0)
            >>> trainer = nn.Trainer(model, nn.MSELoss(), nn.optim.SGD(model.parameters(), lr=0.1), rng=0)
            >>> trainer.fit(([[0.0], [1.0]], [[1.0], [3.0]]), epochs=2, batch_size=1, verbose=False)["epoch"]
            [1, 2]
        """
        epochs = count("epochs", epochs)
        loader = as_loader("train", train, batch_size, BATCH_SIZE, shuffle=True, rng=self.rng)
        held_out = None
        if validation is not None:
            size = None if isinstance(validation, DataLoader) else loader.batch_size
            held_out = as_loader("validation", validation, size, BATCH_SIZE)
        names = ["loss", *self.metrics]
        self.measures = names if held_out is None else names + [f"val_{name}" for name in names]
        self.generators = random_state.generators(model=self.model, train=loader, validation=held_out)
        self.should_stop = False
        if resume_from is not None:
            self.load(resume_from)
        last = epochs if resume_from is not None else self.epoch + epochs
        with (
            in_mode(self.model, training=True),
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

    def evaluate(self, data: Data, batch_size: int | None = None) -> dict[str, float]:
        """The loss and the metrics on some data, in evaluation mode.

        Args:
            data: as in `fit`.
            batch_size: how many examples to compute at once, by default 256.

        Returns:
            `{"loss": …, "accuracy": …}`, the loss as the mean over all examples.

        Raises:
            TypeError, ValueError: as in `fit`.

        Example:
            >>> import nn
            >>> model = nn.Identity()
            >>> model.scale = nn.Parameter([1.0])
            >>> trainer = nn.Trainer(model, nn.MSELoss(), nn.optim.SGD(model.parameters()))
            >>> trainer.evaluate(([[0.0], [1.0]], [[1.0], [3.0]]))
            {'loss': 2.5}
        """
        return self._measured(as_loader("The data", data, batch_size, EVALUATION_BATCH_SIZE))

    def predict(self, inputs: Data | ArrayLike | Node, batch_size: int | None = None) -> Any:
        """What the model returns for some inputs, in evaluation mode.

        Args:
            inputs: an array of shape (n, …), or a tuple of several if the model takes several; or a
                dataset or a DataLoader, whose targets are ignored.
            batch_size: how many examples to compute at once, by default 256.

        Returns:
            An array of shape (n, …); if the model returns several, a tuple, list or dict of them.

        Raises:
            TypeError: the inputs are not made of numbers.
            ValueError: there are no examples; or the outputs of batches differ in more than their
                number of rows.

        Example:
            >>> import nn
            >>> model = nn.Linear(1, 3)
            >>> trainer = nn.Trainer(model, nn.MSELoss(), nn.optim.SGD(model.parameters()))
            >>> trainer.predict([[0.0], [1.0]]).shape
            (2, 3)
        """
        loader, inputs_only = inputs_as_loader(inputs, batch_size, EVALUATION_BATCH_SIZE)
        with in_mode(self.model, training=False), no_grad():
            return joined(
                "The outputs", [plain(self.output(batch)) for batch in batches(loader, inputs_only=inputs_only, target_needed=False)]
            )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a checkpoint for `fit(…, resume_from=path)`: the model, the optimizer and all the rest; see `nn.save`.

        From a checkpoint made between two epochs, training continues bit for bit. From one made
        inside an epoch, that epoch begins anew.

        Raises:
            ModuleNotFoundError: safetensors is not installed.
            OSError: the file cannot be written.

        Example:
            >>> import tempfile, nn
            >>> model = nn.Linear(1, 1)
            >>> trainer = nn.Trainer(model, nn.MSELoss(), nn.optim.SGD(model.parameters()))
            >>> trainer.save(tempfile.mkdtemp() + "/line.safetensors")
        """
        saving.save(path, self.model, self.optimizer, trainer=self)

    def load(self, path: str | os.PathLike[str]) -> None:
        """Load a checkpoint, all of it or nothing. The next `fit` continues from there.

        The state of the random generators is set when that `fit` begins, since the data have some too.

        Raises:
            FileNotFoundError, ValueError: as in `nn.load`.

        Example:
            >>> import tempfile, nn
            >>> path = tempfile.mkdtemp() + "/line.safetensors"
            >>> model = nn.Linear(1, 1)
            >>> trainer = nn.Trainer(model, nn.MSELoss(), nn.optim.SGD(model.parameters()))
            >>> trainer.save(path)
            >>> trainer.load(path)
            >>> trainer.resumed
            True
        """
        before = self.resumed, self._random_state
        try:
            saving.load(path, self.model, self.optimizer, trainer=self)
        except BaseException:
            self.resumed, self._random_state = before
            raise

    def state_dict(self) -> dict[str, Any]:
        """What training needs to continue, besides the model and the optimizer.

        Example:
            >>> import nn
            >>> model = nn.Linear(1, 1)
            >>> list(nn.Trainer(model, nn.MSELoss(), nn.optim.SGD(model.parameters())).state_dict())
            ['epoch', 'should_stop', 'history', 'callbacks', 'random']
        """
        return {
            "epoch": self.epoch,
            "should_stop": self.should_stop,
            "history": {name: list(column) for name, column in self.history.items()},
            "callbacks": [[type(callback).__name__, callback.state_dict()] for callback in self.callbacks],
            "random": self._random_state or random_state.get_state(self.generators),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where another Trainer has stopped, from what its `state_dict` gave.

        Load the model and the optimizer too.

        Raises:
            TypeError: it is not a dict from `state_dict()`.
            ValueError: it holds the state of a callback that this Trainer does not have.

        Example:
            >>> import nn
            >>> model = nn.Linear(1, 1)
            >>> trainer = nn.Trainer(model, nn.MSELoss(), nn.optim.SGD(model.parameters()))
            >>> trainer.load_state_dict({**trainer.state_dict(), "epoch": 3})
            >>> trainer.epoch
            3
        """
        if not isinstance(state, Mapping) or not state.keys() >= {"epoch", "should_stop", "history", "callbacks", "random"}:
            raise TypeError("A Trainer loads a dict as its state_dict() gives, with epoch, should_stop, history, callbacks and random.")
        pairs = []
        here = list(self.callbacks)
        for kind, remembered in state["callbacks"]:
            callback = next((callback for callback in here if type(callback).__name__ == kind), None)
            if callback is not None:
                here.remove(callback)
                pairs.append((callback, remembered))
            elif remembered:
                raise ValueError(f"The checkpoint has the state of {kind}, which is not among the callbacks here; pass it to the Trainer.")
        for callback, remembered in pairs:
            callback.load_state_dict(remembered)
        self.epoch, self.should_stop = state["epoch"], state["should_stop"]
        self.history = History({name: list(column) for name, column in state["history"].items()})
        self._random_state, self.resumed = state["random"], True

    def _train_epoch(self, loader: DataLoader, held_out: DataLoader | None, progress: Progress) -> None:
        begin = time.perf_counter()
        rates = [group["lr"] for group in self.optimizer.param_groups]
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
            self.epoch += 1
            named_rates = {"lr": rates[0]} if len(rates) == 1 else {f"lr_{i}": rate for i, rate in enumerate(rates)}
            self.history.append({"epoch": self.epoch, **measures, **named_rates, "seconds": time.perf_counter() - begin})
        self._call("on_epoch_end")
        progress.end_epoch(measures)

    def _step(self, batch: Batch) -> Any:
        """Take one step of training, with one batch.

        Returns:
            What the model returned before the step, as plain numbers if there are metrics. The graph is freed.
        """
        done = self._compiled(batch) if self._compiled is not None else None
        if done is None:
            self.optimizer.zero_grad()
            output = self.output(batch)
            loss = self.loss(output, batch.target)
        else:
            loss, output = done
        self.batch_loss = number_of(loss)
        if done is None and not getattr(loss, "requires_grad", False):
            raise ValueError(
                "The loss has no derivative: it was computed outside of the graph. Compute it from the model's output with functions of "
                "autograd and nn."
            )
        if done is None:
            loss.backward()
        if all(p.grad is None for group in self.optimizer.param_groups for p in group["params"]):
            raise ValueError("The loss depends on no parameter that the optimizer changes; compute it from what the model returns.")
        self._call("on_backward_end")
        if done is None or self._compiled is None or not self._compiled.whole:
            self.optimizer.step()
        return plain(output) if self.metrics else None

    def output(self, batch: Batch) -> Any:
        """What the model returns for a batch, as nodes of the graph.

        For a network of Values, it is a list with an output for each row.

        Example:
            >>> import nn
            >>> model = nn.Linear(1, 3)
            >>> trainer = nn.Trainer(model, nn.MSELoss(), nn.optim.SGD(model.parameters()))
            >>> trainer.output(Batch(([[0.0], [1.0]],), None, size=2)).shape
            (2, 3)
        """
        return outputs(self.model, batch.inputs, self._of_values)

    def _measured(self, loader: DataLoader) -> dict[str, float]:
        """The loss and the metrics on all batches of a loader, in evaluation mode."""
        measurement = Measurement(self.loss, self.metrics)
        with in_mode(self.model, training=False), no_grad():
            for batch in batches(loader):
                output = self.output(batch)
                measurement.add(number_of(self.loss(output, batch.target)), plain(output) if self.metrics else None, batch)
        return measurement.results()

    def _call(self, event: str) -> None:
        seen: Training = self
        for callback in self.callbacks:
            getattr(callback, event)(seen)
