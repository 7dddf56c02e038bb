"""`Regressor`: a network that predicts numbers, as scikit-learn's estimator."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin
from sklearn.utils.validation import column_or_1d

from .base import NetworkEstimator
from .targets import Floats, ScaledNumbers

__all__ = ["Regressor"]


class Regressor(RegressorMixin, NetworkEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A network that predicts numbers, with the methods of scikit-learn's regressors.

    `y` has one number for each example, or several, of shape (n, outputs). The network is trained on numbers that are
    scaled by their mean and standard deviation, those in the first call of `partial_fit` if that is used; predictions
    have the unit of `y`.

    The network has the precision of `X`: float32 for float32, and float64 for all else. Its columns should have similar
    scales, so put a `StandardScaler` before it.

    Parameters are those of `Classifier`, without `class_weight`; `lr` is 0.002 by default.

    Attributes:
        module_: the trained network, of scaled numbers.
        optimizer_, history_: the optimizer, and the `History` of all epochs.
        n_iter_, loss_: the number of epochs, and the loss in the last: the mean squared error of scaled numbers.
        n_features_in_, feature_names_in_: the columns of `X`, and their names if it was a DataFrame.

    Example:
        >>> import numpy as np
        >>> X = np.linspace(-1, 1, 50)[:, None]
        >>> Regressor(random_state=0).fit(X, 1000 + 10 * X.ravel()).predict([[0.5]]).round()
        array([1005.])
    """

    _targets: ScaledNumbers

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train a network, for `epochs` epochs.

        Args:
            X: of shape (n, columns): an array or a DataFrame of finite numbers.
            y: of shape (n,) or (n, outputs).
            sample_weight: how much each example counts, from 0, of shape (n,).

        Raises:
            TypeError, ValueError: the data or a parameter do not fit.
            FloatingPointError: the loss was nan or infinity.

        Example:
            >>> Regressor(hidden=8, epochs=10).fit([[0.0], [1.0]], [[1.0, 2.0], [3.0, 4.0]]).predict([[0.5]]).shape
            (1, 2)
        """
        first = not (self.warm_start and self.__sklearn_is_fitted__())
        data, rows, weight = self._numbers(X, y, sample_weight, first)
        return self._fit(data, rows, self._targets.encode(rows, weight / weight.mean()))

    def partial_fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train for one epoch on some of the data, in batches. Arguments and errors are those of `fit`.

        Example:
            >>> model = Regressor().partial_fit([[0.0], [1.0]], [1.0, 3.0]).partial_fit([[2.0]], [5.0])
            >>> model.n_iter_
            2
        """
        data, rows, weight = self._numbers(X, y, sample_weight, first=not self.__sklearn_is_fitted__())
        return self._learn(data, self._targets.encode(rows, weight), epochs=1)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The number for each row, of shape (n,); or several, of shape (n, outputs).

        Raises:
            NotFittedError: `fit` was not called.
            ValueError: the rows do not fit those of training.
        """
        output = self._outputs(X)
        found = self._targets.decode(output)
        return found if self._several else found[:, 0]

    def _numbers(self, X: Any, y: Any, sample_weight: Any, first: bool) -> tuple[Floats, Floats, Floats]:
        """The data of training, `y` of shape (n, outputs); and a new network, if it is the first."""
        X, y, weight = self._checked(X, y, sample_weight, first, y_numeric=True)
        several = y.ndim > 1 and y.shape[1] > 1
        rows = y.astype(np.float64) if several else column_or_1d(y, warn=True).astype(np.float64)[:, None]
        if first:
            self._begin(X, ScaledNumbers(rows, weight))
            self._several = several
        if rows.shape[1] != self._targets.outputs:
            raise ValueError(
                f"y has {rows.shape[1]} numbers for each example, and this estimator was fitted with {self._targets.outputs}; fit it anew."
            )
        return X, rows, weight
