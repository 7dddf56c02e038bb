"""What classifiers and regressors share: their parameters, training, and what the network returns."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from autograd import Value, no_grad

from ..callbacks import Callback, EarlyStopping, Training
from ..checks import count, number
from ..data import DataLoader, TensorDataset
from ..habits import in_mode
from ..module import Module
from ..optim import Optimizer
from ..training import History, Trainer
from ..training.compiled import outputs
from ..training.measuring import plain
from .building import default_network, optimizer_for, own_random_numbers
from .targets import ClassScores, Floats, ScaledNumbers, as_rows
from .threads import one_thread

__all__ = ["NetworkEstimator"]

PATIENCE = 10  # epochs, by default
ROWS_AT_ONCE = 1024  # in a prediction
PRECISIONS = [np.float64, np.float32]  # of X, and so of the network; anything else becomes the first

MakeModule = Callable[[int, int], Module]
MakeOptimizer = Callable[..., Optimizer]


class NetworkEstimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """The base of `Classifier` and `Regressor`, which say what the targets are; see there."""

    module_: Module
    optimizer_: Optimizer
    history_: History
    n_iter_: int
    loss_: float
    _targets: ClassScores | ScaledNumbers
    _rng: np.random.Generator
    _trainer: Trainer | None = None  # with its compiled step; not copied and not pickled

    def __init__(
        self, hidden: int | Sequence[int] = (64,), *, activation: str | Callable[[], Module] = "relu", dropout: float = 0.0,
        optimizer: str | MakeOptimizer = "adam", lr: float = 0.002, epochs: int = 100, batch_size: int = 200,
        validation_fraction: float = 0.1, early_stopping: bool | int = False, random_state: Any = None, warm_start: bool = False,
        callbacks: Sequence[Callback] = (), module: MakeModule | None = None,
    ) -> None:  # fmt: skip
        self.hidden = hidden
        self.activation = activation
        self.dropout = dropout
        self.optimizer = optimizer
        self.lr = lr
        self.epochs = epochs
        self.batch_size = batch_size
        self.validation_fraction = validation_fraction
        self.early_stopping = early_stopping
        self.random_state = random_state
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.module = module

    def _checked(self, X: Any, y: Any, sample_weight: Any, first: bool, **options: Any) -> tuple[Any, Any, Any]:
        """The data of training: X, y, and the weight of each example; without examples of weight 0."""
        X, y = validate_data(self, X, y, dtype=PRECISIONS, multi_output=True, reset=first, **options)
        if sample_weight is None:
            return X, y, np.ones(len(X))
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        counts = weight > 0
        return X[counts], y[counts], weight[counts]

    def _begin(self, X: Floats, targets: ClassScores | ScaledNumbers) -> None:
        """Make a new network and a new optimizer."""
        self._rng = np.random.default_rng(check_random_state(self.random_state).randint(2**31))
        self._trainer = None
        self.history_, self.n_iter_ = History(), 0
        with own_random_numbers(self._rng):
            if self.module is None:
                self.module_ = default_network(X.shape[1], targets.outputs, self.hidden, self.activation, self.dropout, X.dtype, self._rng)
            else:
                self.module_ = self._own_module(X, targets.outputs)
        self.optimizer_, self._targets = optimizer_for(self.optimizer, self.module_.parameters(), self.lr), targets

    def _own_module(self, X: Floats, outputs: int) -> Module:
        """What the user's `module` makes, if it fits."""
        called = f"module({X.shape[1]}, {outputs})"
        if not callable(self.module) or isinstance(self.module, Module):
            raise TypeError(
                "module is a function from the numbers of inputs and outputs to an nn.Module, such as "
                f"lambda n, m: nn.Linear(n, m); got a {type(self.module).__name__}."
            )
        made = self.module(X.shape[1], outputs)
        if not isinstance(made, Module):
            raise TypeError(f"{called} must return an nn.Module; it returned a {type(made).__name__}.")
        made.to(X.dtype)
        shape = _returned(made, X[:2]).shape
        if shape != (len(X[:2]), outputs):
            raise ValueError(
                f"{called} must return a network with {outputs} outputs; for {len(X[:2])} examples, it gave the shape {shape}."
            )
        return made

    def _fit(self, X: Floats, y: NDArray[Any], target: Floats) -> Self:
        """Train for all epochs on encoded targets; `y` says how to split off examples for early stopping."""
        validation, callbacks = None, []
        if self.early_stopping:
            train, held = self._split(y)
            X, target, validation = X[train], target[train], (X[held], target[held])
            patience = PATIENCE if self.early_stopping is True else self.early_stopping
            callbacks.append(EarlyStopping(patience=patience, restore_best_weights=True))
        self._trainer = None
        return self._learn(X, target, count("epochs", self.epochs), validation, callbacks)

    def _learn(
        self, X: Floats, target: Floats, epochs: int, validation: tuple[Floats, Floats] | None = None, callbacks: Sequence[Callback] = ()
    ) -> Self:  # fmt: skip
        """Train for some epochs."""
        if self._trainer is None:
            # TerminateOnNaN would look at the gradients of each step, which then could not be one program.
            self._trainer = Trainer(
                self.module_, self._targets.loss, self.optimizer_, (), [*self.callbacks, *callbacks, _StopAtNaN()],
                self._rng, terminate_on_nan=False, compile=True,
            )  # fmt: skip
            self._trainer.history, self._trainer.epoch = self.history_, self.n_iter_
        size = min(count("batch_size", self.batch_size), len(X))
        data = TensorDataset(X, target.astype(X.dtype, copy=False))
        loader = DataLoader(data, size, shuffle=size < len(X), rng=self._rng)
        held_out = None if validation is None else DataLoader(TensorDataset(*validation), size)
        with one_thread(), own_random_numbers(self._rng), np.errstate(over="ignore", invalid="ignore"):
            self._trainer.fit(loader, held_out, epochs=epochs, verbose=False)
        self.n_iter_, self.loss_ = self._trainer.epoch, self.history_["loss"][-1]
        return self

    def _split(self, y: NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The numbers of the examples for training, and of those held out.

        If possible, the same share of each class is held out.
        """
        n, fraction = len(y), number("validation_fraction", self.validation_fraction, most=1)
        held = math.ceil(n * fraction)
        if not 0 < held < n:
            raise ValueError(
                f"early_stopping holds out validation_fraction={fraction:g} of the {n} examples, which is {held}; both parts need some."
            )
        classes = y[:, 0] if isinstance(self._targets, ClassScores) and y.shape[1] == 1 else np.arange(n)
        counts = np.unique(classes, return_counts=True)[1]
        even = classes if counts.min() > 1 and min(held, n - held) >= len(counts) else None
        train, validation = train_test_split(np.arange(n), test_size=held, random_state=int(self._rng.integers(2**31)), stratify=even)
        return train, validation

    def _outputs(self, X: ArrayLike) -> Floats:
        """What the network returns for each row, of shape (n, outputs)."""
        check_is_fitted(self)
        rows: Floats = validate_data(self, X, dtype=PRECISIONS, reset=False)
        parts = (rows[i : i + ROWS_AT_ONCE] for i in range(0, len(rows), ROWS_AT_ONCE))
        with one_thread():
            return np.concatenate([_returned(self.module_, part) for part in parts])

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "module_")

    def __getstate__(self) -> Mapping[str, Any]:
        return {name: part for name, part in super().__getstate__().items() if name != "_trainer"}

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


class _StopAtNaN(Callback):
    """Ends training with an error if the loss of an epoch, or in the end a weight, is nan or infinity."""

    def on_epoch_end(self, trainer: Training) -> None:
        self._check(trainer, math.isfinite(trainer.history["loss"][-1]))

    def on_fit_end(self, trainer: Training) -> None:
        self._check(trainer, all(np.isfinite(p.data).all() for p in trainer.model.parameters()))

    def _check(self, trainer: Training, is_finite: bool) -> None:
        if not is_finite:
            raise FloatingPointError(
                f"There was nan or infinity in epoch {trainer.epoch}; scale the columns of X, for example with StandardScaler, "
                "or take a smaller lr."
            )


def _returned(module: Module, X: Floats) -> Floats:
    """What a network returns for some rows, in evaluation mode."""
    of_values = any(isinstance(p, Value) for p in module.parameters())
    with in_mode(module, training=False), no_grad():
        found: Any = plain(as_rows(outputs(module, (X,), of_values)))
    return found
