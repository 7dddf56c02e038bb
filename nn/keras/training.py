"""`compile`, `fit`, `evaluate` and `predict`: Keras' arguments for an `nn.Trainer`."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd import Node, no_grad

from .. import callbacks as ours
from ..checks import count
from ..data import DataLoader, TensorDataset
from ..training import Trainer
from ..training.measuring import joined, plain
from . import losses, metrics, optimizers
from .callbacks import Adapted, History
from .layers.base import Layer
from .progress import Display, finished, in_order, level

__all__ = ["Trained"]

BATCH_SIZE = 32


class Objective:
    """The loss that a Trainer takes, of predictions and targets.

    It has the weights of classes, and the costs of large weights.
    """

    def __init__(self, model: Trained, loss: losses.Loss, class_weight: Mapping[int, float] | None) -> None:
        self.model, self.loss, self.class_weight = model, loss, class_weight
        self.costly = [variable for variable in model.weights if variable.regularizer is not None]

    def __call__(self, output: Any, target: Any) -> Any:
        weights = None
        if self.class_weight is not None and self.model.training:
            labels = np.asarray(target)
            one_hot = labels.ndim > 1 and labels.shape[-1] > 1
            classes = (labels.argmax(-1) if one_hot else labels.reshape(len(labels))).astype(int)
            weights = np.array([self.class_weight.get(int(c), 1.0) for c in classes])
        total = self.loss(target, output, weights)
        for variable in self.costly:
            total = total + variable.regularizer(variable.nodes[0])  # type: ignore[misc]
        return total


class _Steps(ours.Callback):
    """What Keras' optimizer does before a step of ours."""

    def __init__(self, optimizer: optimizers.Optimizer) -> None:
        self.optimizer = optimizer

    def on_backward_end(self, trainer: ours.Training) -> None:
        self.optimizer.before_step()


class Trained(Layer):
    """The part of a model that trains it. `keras.Model` shows it."""

    stop_training = False
    optimizer: Any = None
    loss: Any = None
    _compiled: dict[str, Any] | None = None
    _objective: Any = None
    _metrics: tuple[Any, ...] = ()

    def compile(
        self, optimizer: Any = "rmsprop", loss: Any = None, metrics: Any = None, run_eagerly: bool = False, jit_compile: Any = "auto",
        **kwargs: Any,
    ) -> None:  # fmt: skip
        """Say how the model is trained.

        The parts are names, or objects of `keras.optimizers`, `keras.losses` and `keras.metrics`.

        Raises:
            ValueError: a name is not in the book, or two metrics have the same.
            TypeError: an argument is not here, or there is a loss for each of several outputs.
        """
        for name in kwargs:
            raise TypeError(f"compile({name}=…) is not here; compile takes optimizer, loss and metrics.")
        if isinstance(loss, (list, tuple, dict)) or isinstance(metrics, dict):
            raise TypeError("A model with several outputs is not trained here; make one loss of them, or train it with nn.Trainer.")
        self.optimizer = optimizers.get(optimizer)
        self.loss = loss
        self._objective = None if loss is None else losses.get(loss)
        self._metrics = tuple(_metrics_of(metrics))
        self._compiled = {"optimizer": optimizer, "loss": loss, "metrics": metrics}

    def fit(
        self, x: Any = None, y: Any = None, batch_size: int | None = None, epochs: int = 1, verbose: Any = "auto", callbacks: Any = None,
        validation_split: float = 0.0, validation_data: Any = None, shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None, initial_epoch: int = 0, validation_batch_size: int | None = None, **kwargs: Any,
    ) -> History:  # fmt: skip
        """`nn.Trainer.fit`: train for some epochs.

        Args:
            x, y: arrays of inputs and targets; x is a list of arrays for a model of several inputs, or a DataLoader
                alone.
            batch_size: by default 32.
            epochs, initial_epoch: the number of the last epoch, and how many were before.
            verbose: 0 for nothing, 1 for a bar, 2 for a line an epoch.
            callbacks: of `keras.callbacks` or `nn.callbacks`.
            validation_split: the part at the end of the data that is held out, before they are shuffled.
            validation_data: a pair of arrays instead.
            shuffle: whether the examples are shuffled in each epoch.
            class_weight: how much the examples of each class count in the loss of training.

        Returns:
            An object whose `history` is a dict of the measures of each epoch.

        Raises:
            RuntimeError: `compile` was not called.
            TypeError, ValueError: the data or an argument do not fit.
            FloatingPointError: there was nan or infinity; the message says where it began.
        """
        for name in kwargs:
            raise TypeError(f"fit({name}=…) is not here.")
        if not 0 <= validation_split < 1:
            raise ValueError(f"validation_split is a part of the data, from 0 to below 1; got {validation_split!r}.")
        verbose, held_out = level(verbose), None
        if isinstance(x, DataLoader):
            train = x
            if validation_split or y is not None:
                raise ValueError("A DataLoader has its targets, and cannot be split; pass validation_data.")
            first: Any = next(iter(x))[0]
        else:
            inputs, targets = self._pair(x, y)
            if validation_split and validation_data is None:
                kept = math.floor(len(targets) * (1 - validation_split))
                if not 0 < kept < len(targets):
                    raise ValueError(
                        f"validation_split={validation_split} leaves nothing of {len(targets)} examples for one of the two parts."
                    )
                held_out = [part[kept:] for part in inputs], targets[kept:]
                inputs, targets = [part[:kept] for part in inputs], targets[:kept]
            size = count("batch_size", BATCH_SIZE if batch_size is None else batch_size)
            train = DataLoader(TensorDataset(*inputs, targets), size, shuffle)
            first = [part[:1] for part in inputs]
        validation = None
        if isinstance(validation_data, DataLoader):
            validation = validation_data
        elif validation_data is not None:
            if not isinstance(validation_data, (tuple, list)) or len(validation_data) != 2:
                raise ValueError("validation_data is a pair of inputs and targets, (x_val, y_val), or a DataLoader.")
            held_out = self._pair(*validation_data)
        if held_out is not None:
            validation = DataLoader(TensorDataset(*held_out[0], held_out[1]), validation_batch_size or train.batch_size)
        self._see(first if isinstance(first, list) else [first])
        callbacks = [] if callbacks is None else list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks]
        steps = len(train)
        params = {"verbose": verbose, "epochs": epochs, "steps": steps}
        history = next((callback for callback in callbacks if isinstance(callback, History)), History())
        everyone = [c if isinstance(c, ours.Callback) else Adapted(c, params) for c in callbacks if c is not history]
        everyone += [Adapted(history, params)] + ([Display(verbose, epochs, steps)] if verbose else [])
        trainer = self._trainer(class_weight, everyone)
        trainer.epoch, self.stop_training = initial_epoch, False
        before = initial_epoch
        if epochs > before:
            trainer.fit(train, validation, epochs=epochs - before, verbose=False)
        for rates in [callback.rates for callback in everyone if hasattr(callback, "rates")]:
            history.history["learning_rate"] = rates
        return history

    def evaluate(
        self, x: Any = None, y: Any = None, batch_size: int | None = None, verbose: Any = "auto", return_dict: bool = False, **kwargs: Any
    ) -> Any:
        """`nn.Trainer.evaluate`: the loss, and the metrics after it if there are any; or a dict of them.

        Raises:
            RuntimeError: `compile` was not called.
            TypeError, ValueError: the data or an argument do not fit.
        """
        for name in kwargs:
            raise TypeError(f"evaluate({name}=…) is not here.")
        verbose = level(verbose)
        if isinstance(x, DataLoader):
            loader = x
            self._see([next(iter(x))[0]])
        else:
            inputs, targets = self._pair(x, y)
            loader = DataLoader(TensorDataset(*inputs, targets), BATCH_SIZE if batch_size is None else count("batch_size", batch_size))
            self._see([part[:1] for part in inputs])
        begin = time.perf_counter()
        found = self._trainer(None, []).evaluate(loader)
        if verbose:
            shown = {name: found[name] for name in in_order(list(found))}
            print(finished(verbose, len(loader), time.perf_counter() - begin, shown))
        return found if return_dict else list(found.values()) if len(found) > 1 else found["loss"]

    def predict(self, x: Any, batch_size: int | None = None, verbose: Any = "auto") -> Any:
        """What the model gives for some inputs, in evaluation, as arrays.

        Raises:
            TypeError, ValueError: the data or an argument do not fit.
        """
        verbose = level(verbose)
        inputs, _ = self._arrays(x, None)
        size, n = BATCH_SIZE if batch_size is None else count("batch_size", batch_size), len(inputs[0])
        begin, found = time.perf_counter(), []
        with no_grad():
            for start in range(0, n, size):
                output = self(*(part[start : start + size] for part in inputs), training=False)
                found.append([plain(part) for part in output] if isinstance(output, (list, tuple)) else plain(output))
        if not found:
            raise ValueError("predict got no examples.")
        if verbose:
            print(finished(verbose, len(found), time.perf_counter() - begin, {}))
        return joined("The outputs", found)

    def train_on_batch(self, x: Any, y: Any, class_weight: Mapping[int, float] | None = None) -> Any:
        """One step of the optimizer on all of these examples; the loss, and the metrics after it."""
        inputs, targets = self._pair(x, y)
        self._see([part[:1] for part in inputs])
        trainer = self._trainer(class_weight, [])
        loader = DataLoader(TensorDataset(*inputs, targets), len(targets))
        history = trainer.fit(loader, verbose=False)
        found = [history[name][-1] for name in trainer.measures]
        return found if len(found) > 1 else found[0]

    def test_on_batch(self, x: Any, y: Any) -> Any:
        """`evaluate` of all of these examples at once."""
        return self.evaluate(x, y, batch_size=len(y), verbose=0)

    def predict_on_batch(self, x: Any) -> Any:
        """`predict` of all of these examples at once."""
        return self.predict(x, batch_size=max(1, len(x[0]) if isinstance(x, list) else len(x)), verbose=0)

    @property
    def metrics_names(self) -> list[str]:
        """What `evaluate` returns, by name."""
        return ["loss", *(metric.name for metric in self._metrics)]

    def _trainer(self, class_weight: Mapping[int, float] | None, callbacks: Sequence[Any]) -> Trainer:
        if self._objective is None:
            raise RuntimeError(
                "Call model.compile(optimizer, loss, metrics) first; without a loss, a model cannot be trained or evaluated."
            )
        parameters = [node for variable in self.trainable_weights for node in variable.nodes]
        if not parameters:
            raise ValueError(f"{self.name} has no weights that can be trained; are all layers frozen (trainable=False)?")
        trainer = Trainer(
            self, Objective(self, self._objective, class_weight), self.optimizer.bind(parameters),
            callbacks=[_Steps(self.optimizer), *callbacks],
        )  # fmt: skip
        for metric in self._metrics:
            trainer.metrics[metric.name] = partial(_measured, metric)
        return trainer

    def _pair(self, x: Any, y: Any) -> tuple[list[Any], Any]:
        if x is None or y is None:
            raise TypeError("fit and evaluate take inputs and targets, model.fit(x, y); one of them is missing.")
        return self._arrays(x, y)

    def _arrays(self, x: Any, y: Any) -> tuple[list[Any], Any]:
        """Inputs as a list of arrays, and targets as an array."""
        if isinstance(x, dict):
            x = self._by_name(x)
        several = isinstance(x, (list, tuple)) and bool(x) and all(hasattr(part, "shape") for part in x) and self._takes(len(x))
        inputs = [_plain(part) for part in (x if several else [x])]
        for part in inputs:
            if part.dtype.kind not in "fiub":
                raise TypeError(f"A model takes arrays of numbers, and got an array of {part.dtype}.")
        targets = None if y is None else _plain(y)
        if targets is not None and any(len(part) != len(targets) for part in inputs):
            raise ValueError(f"There are {' and '.join(str(len(part)) for part in inputs)} inputs and {len(targets)} targets.")
        return inputs, targets

    def _takes(self, n: int) -> bool:
        """Whether a list of n arrays is n inputs, and not one array of n rows."""
        return True

    def _by_name(self, inputs: dict[str, Any]) -> list[Any]:
        return list(inputs.values())

    def _see(self, first: list[Any]) -> None:
        """Make the weights, from an example."""
        if any(not layer.built for layer in self.modules() if isinstance(layer, Layer)):
            with no_grad():
                self(*first, training=False)


def _measured(metric: Any, predictions: Any, targets: Any) -> float:
    """A metric in the order of ours: predictions first."""
    return float(metric.measured(np.asarray(targets), predictions))


def _metrics_of(given: Any) -> list[Any]:
    found = [metrics.get(metric) for metric in (given if isinstance(given, (list, tuple)) else [] if given is None else [given])]
    names = [metric.name for metric in found]
    for name in names:
        if names.count(name) > 1 or name == "loss":
            raise ValueError(f"There are two measures called {name!r}; give a metric another name, as in AUC(name='…').")
    return found


def _plain(x: Any) -> Any:
    return np.asarray(x.data if isinstance(x, Node) else x)
