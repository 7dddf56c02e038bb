"""`Classifier`: a network that tells classes apart, as scikit-learn's estimator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from ..callbacks import Callback
from ..module import Module
from .base import MakeModule, MakeOptimizer, NetworkEstimator
from .targets import ClassScores, Floats

__all__ = ["Classifier"]

ClassWeight = Mapping[Any, float] | Sequence[Mapping[Any, float]] | str | None


class Classifier(ClassifierMixin, NetworkEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A network that tells classes apart, with the methods of scikit-learn's classifiers.

    `y` has one label for each example, with any number of classes; or several, of shape (n, labels): of 0 and 1, which
    say whether a label holds (multi-label), or with classes of their own each (multi-output). Its classes may be
    numbers or texts. Of two classes, the network has one output; of more, one for each.

    The network has the precision of `X`: float32 for float32, and float64 for all else. Its columns should have similar
    scales, so put a `StandardScaler` before it.

    Args:
        hidden: the sizes of the hidden layers.
        activation: what follows each: a name, such as "relu", "tanh" or "gelu", or a class of `nn`.
        dropout: the share of hidden numbers that become 0 in training.
        optimizer: a name in `nn.optim`, such as "adam" or "sgd"; or a class, or a function of parameters and `lr`.
        lr: the learning rate.
        epochs: how often `fit` goes through the data.
        batch_size: the number of examples in a step; all, if there are fewer.
        validation_fraction: the share of the examples that early stopping holds out.
        early_stopping: whether to end when the loss on examples held out has not improved for 10 epochs, or for
            this number of epochs, and to take the best weights.
        random_state: a seed, for the first weights, the order of examples, and dropout.
        warm_start: whether a second `fit` goes on with the network of the first.
        callbacks: who else takes part in training; see `nn.callbacks`.
        module: a function from the numbers of inputs and outputs to an `nn.Module`, which takes the place of `hidden`,
            `activation` and `dropout`. It may make a network of Values, such as `lambda n, m: nn.MLP(n, [8, m])`.
        class_weight: how much the examples of each class count: a dict, or "balanced"; with several labels, a list of
            dicts.

    Attributes:
        module_: the trained network, whose outputs are logits.
        optimizer_, history_: the optimizer, and the `History` of all epochs.
        classes_: the classes, sorted; with several labels, a list of them, or the numbers of the labels if multi-label.
        n_iter_, loss_: the number of epochs, and the loss in the last.
        n_features_in_, feature_names_in_: the columns of `X`, and their names if it was a DataFrame.

    Example:
        >>> import nn
        >>> from sklearn.model_selection import cross_val_score
        >>> X, y = nn.data.iris()
        >>> bool(cross_val_score(nn.estimators.Classifier(random_state=0), X, y, cv=5).mean() > 0.95)
        True
    """

    classes_: Any
    _targets: ClassScores
    _several: bool
    _multilabel: bool

    def __init__(
        self, hidden: int | Sequence[int] = (64,), *, activation: str | Callable[[], Module] = "relu", dropout: float = 0.0,
        optimizer: str | MakeOptimizer = "adam", lr: float = 0.003, epochs: int = 100, batch_size: int = 200,
        validation_fraction: float = 0.1, early_stopping: bool | int = False, random_state: Any = None, warm_start: bool = False,
        callbacks: Sequence[Callback] = (), module: MakeModule | None = None, class_weight: ClassWeight = None,
    ) -> None:  # fmt: skip
        super().__init__(
            hidden, activation=activation, dropout=dropout, optimizer=optimizer, lr=lr, epochs=epochs, batch_size=batch_size,
            validation_fraction=validation_fraction, early_stopping=early_stopping, random_state=random_state,
            warm_start=warm_start, callbacks=callbacks, module=module,
        )  # fmt: skip
        self.class_weight = class_weight

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train a network, for `epochs` epochs.

        Args:
            X: of shape (n, columns): an array or a DataFrame of finite numbers.
            y: of shape (n,) or (n, labels).
            sample_weight: how much each example counts, from 0, of shape (n,).

        Raises:
            TypeError, ValueError: the data or a parameter do not fit.
            FloatingPointError: the loss was nan or infinity.

        Example:
            >>> Classifier(epochs=50, random_state=0).fit([[-1.0], [0.5], [1.5]], ["low", "high", "high"]).predict([[2.0]])
            array(['high'], dtype='<U4')
        """
        first = not (self.warm_start and self.__sklearn_is_fitted__())
        data, labels, weight = self._checked(X, y, sample_weight, first)
        rows = _rows(labels)
        if first:
            check_classification_targets(labels)
            multilabel = type_of_target(labels, input_name="y") == "multilabel-indicator"
            known = [np.array([0, 1]) if multilabel else np.unique(column) for column in rows.T]
            self._begin_with(data, known, rows, multilabel)
        if self.class_weight is not None:
            weight = weight * compute_sample_weight(self.class_weight, rows if self._several else rows[:, 0])
        return self._fit(data, rows, self._encoded(rows, weight / weight.mean()))

    def partial_fit(
        self, X: ArrayLike, y: ArrayLike, classes: Any = None, sample_weight: ArrayLike | None = None
    ) -> Self:  # fmt: skip
        """Train for one epoch on some of the data, in batches.

        Args:
            X, y, sample_weight: as in `fit`.
            classes: all classes that there will be, needed in the first call. With several labels it is a list of those
                of each, which may be left out if all are 0 and 1.

        Raises:
            TypeError, ValueError, FloatingPointError: as in `fit`; or the classes are missing, or others than before.

        Example:
            >>> model = Classifier(random_state=0).partial_fit([[0.0], [1.0]], [0, 1], classes=[0, 1, 2])
            >>> model.partial_fit([[2.0]], [2]).predict_proba([[1.0]]).shape
            (1, 3)
        """
        first = not self.__sklearn_is_fitted__()
        data, labels, weight = self._checked(X, y, sample_weight, first)
        rows = _rows(labels)
        if first:
            check_classification_targets(labels)
            multilabel = classes is None and type_of_target(labels, input_name="y") == "multilabel-indicator"
            if classes is None and not multilabel:
                raise ValueError("The first call of partial_fit needs all classes that there will be: classes=[0, 1, 2].")
            known = [[0, 1]] * rows.shape[1] if multilabel else classes if rows.shape[1] > 1 else [classes]
            self._begin_with(data, [np.unique(c) for c in known], rows, multilabel)
        elif classes is not None:
            known = classes if self._several and not self._multilabel else [classes]
            if not self._multilabel and [np.unique(c).tolist() for c in known] != [c.tolist() for c in self._targets.classes]:
                raise ValueError("partial_fit got other classes than in its first call; leave them out, or give the same.")
        if self.class_weight == "balanced":
            raise ValueError('class_weight="balanced" needs all data, and partial_fit sees a part; give a dict of weights.')
        if self.class_weight is not None:
            weight = weight * compute_sample_weight(self.class_weight, rows if self._several else rows[:, 0])
        return self._learn(data, self._encoded(rows, weight), epochs=1)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The class of each row, of shape (n,); or of each label, of shape (n, labels).

        Raises:
            NotFittedError: `fit` was not called.
            ValueError: the rows do not fit those of training.
        """
        output = self._outputs(X)
        found = self._targets.decide(output)
        return np.stack(found, axis=1) if self._several else found[0]

    def predict_proba(self, X: ArrayLike) -> Any:
        """The probability of each class, of shape (n, classes).

        With several labels it is a list of these. If multi-label, it is the probability that each label holds, of shape
        (n, labels).
        """
        output = self._outputs(X)
        found = self._targets.probabilities(output)
        return np.stack([p[:, 1] for p in found], axis=1) if self._multilabel else found if self._several else found[0]

    def decision_function(self, X: ArrayLike) -> Any:
        """The logits behind `predict_proba`: of the second of two classes, of shape (n,), or of each, (n, classes)."""
        output = self._outputs(X)
        found = self._targets.scores(output)
        return np.stack(found, axis=1) if self._multilabel else found if self._several else found[0]

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """The accuracy: the share of rows that get the right class; with several labels, all of them."""
        right = (_rows(self.predict(X)) == _rows(np.asarray(y))).all(axis=1)
        return float(np.average(right, weights=None if sample_weight is None else np.asarray(sample_weight)))

    def _begin_with(self, X: Floats, classes: list[NDArray[Any]], rows: NDArray[Any], multilabel: bool) -> None:
        self._begin(X, ClassScores(classes))
        self._several, self._multilabel = rows.shape[1] > 1, multilabel
        self.n_outputs_ = rows.shape[1]
        self.classes_ = np.arange(len(classes)) if multilabel else classes if self._several else classes[0]

    def _encoded(self, rows: NDArray[Any], weight: Floats) -> Floats:
        if rows.shape[1] != self.n_outputs_:
            raise ValueError(
                f"y has {rows.shape[1]} labels for each example, and this estimator was fitted with {self.n_outputs_}; fit it anew."
            )
        return self._targets.encode(rows, weight)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


def _rows(y: object) -> NDArray[Any]:
    """Labels in the shape (n, labels)."""
    y = y.toarray() if hasattr(y, "toarray") else np.asarray(y)
    return column_or_1d(y, warn=True)[:, None] if y.ndim < 2 or y.shape[1] == 1 else y
