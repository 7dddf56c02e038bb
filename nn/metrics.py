"""Metrics of classification, computed by scikit-learn: accuracy, precision, recall, F1, AUC and confusion matrix.

Each takes the outputs of a network and the targets, in this order, as losses do. First, the outputs are turned
into classes:

- scores of classes, of shape (n, classes), logits or probabilities: the class with the highest.
  With further axes, (n, classes, …), each place counts as an example, as in `cross_entropy`;
- one score for each example, of shape (n,) or (n, 1): the second of two classes where the score is
  above `threshold`, which is 0 for logits and for the scores of a hinge, and 0.5 for probabilities.
  The numbers alone do not tell, so it must be given;
- whole numbers or booleans, of shape (n,) or (n, 1): the classes themselves.

All may be Tensors, arrays, or lists of Values and numbers. Targets are the numbers of the classes
from 0; of two classes, -1 and 1 do as well. A metric is meant for a whole set of examples: the F1
or the AUC of a set is not the mean of those of its batches.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from autograd import Node
from autograd.structures import leaves

from . import losses
from .checks import require
from .losses.pairing import shape_of
from .types import Array, Input

__all__ = ["accuracy", "auc", "by_name", "confusion_matrix", "f1", "precision", "recall", "require_sklearn"]


def accuracy(predictions: Input, targets: Input, threshold: float | None = None) -> float:
    """The share of examples that were put into the right class.

    Args:
        predictions: scores of shape (n, classes), or of two classes (n,) or (n, 1); or classes; see
            the head of this module.
        targets: the right classes, of shape (n,) or (n, 1), numbered from 0, or -1 and 1; or the
            probability of each class, such as one-hot rows, of shape (n, classes).
        threshold: where the second of two classes begins, for one score for each example: 0 for
            logits, 0.5 for probabilities.

    Returns:
        A number from 0 to 1.

    Raises:
        TypeError: something is not a number.
        ValueError: the shapes do not fit, there are no examples, something is not a class, a
            prediction is nan; or `threshold` is missing, or given although it has no meaning.
        ModuleNotFoundError: scikit-learn is not installed.

    Example:
        >>> accuracy([[2.0, 0.1, -1.0], [0.3, 0.2, 0.4]], [0, 1])
        0.5
        >>> accuracy([0.9, 0.2, 0.7], [1, 0, 0], threshold=0.5) == 2 / 3
        True
    """
    predicted, right, _ = _answers("accuracy", predictions, targets, threshold)
    return float(_sklearn_metrics().accuracy_score(right, predicted))


def precision(predictions: Input, targets: Input, threshold: float | None = None) -> float:
    """Of the examples that were put into a class, the share that belongs there.

    Of two classes it is that of the second; of more, the mean over the classes that occur (the
    "macro" average). Where nothing was put into a class, its precision counts as 0.

    Arguments and errors are those of `accuracy`.

    Example:
        >>> precision([3.0, 1.0, -2.0, 4.0], [1, -1, 1, 1], threshold=0) == 2 / 3
        True
    """
    return _averaged("precision_score", *_answers("precision", predictions, targets, threshold))


def recall(predictions: Input, targets: Input, threshold: float | None = None) -> float:
    """Of the examples that belong to a class, the share that was put there.

    Of two classes it is that of the second; of more, the mean over the classes that occur (the
    "macro" average). Where nothing belongs to a class, its recall counts as 0.

    Arguments and errors are those of `accuracy`.

    Example:
        >>> recall([3.0, -1.0], [1, 1], threshold=0)
        0.5
    """
    return _averaged("recall_score", *_answers("recall", predictions, targets, threshold))


def f1(predictions: Input, targets: Input, threshold: float | None = None) -> float:
    """The harmonic mean of precision and recall, 2pr / (p + r).

    Of two classes it is that of the second; of more, the mean over the classes that occur (the
    "macro" average). Where precision and recall are 0, it is 0.

    Arguments and errors are those of `accuracy`.

    Example:
        >>> round(f1([3.0, -1.0, -2.0], [1, 1, 0], threshold=0), 4)
        0.6667
    """
    return _averaged("f1_score", *_answers("f1", predictions, targets, threshold))


def auc(predictions: Input, targets: Input) -> float:
    """The area under the ROC curve: how often an example of a class has a higher score than one of another class.

    It needs no threshold, and is 0.5 for scores by chance. Of more than two classes it is the mean,
    over the classes, of one class against the rest, by the probabilities; rows that are no
    probabilities are logits, and their softmax is taken.

    Args:
        predictions: scores or probabilities, of shape (n, classes), or of two classes (n,) or (n, 1).
        targets: as in `accuracy`.

    Raises:
        ValueError: as in `accuracy`; or the targets do not have all classes.

    Example:
        >>> auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
        0.75
    """
    scores, right, classes = _checked("auc", predictions, targets)
    if classes is None:
        if right.max() > 1:
            raise ValueError(f"auc takes a score for each class, shape (n, {right.max() + 1}), and got one number for each example.")
        classes = 2
    missing = sorted(set(range(classes)) - set(right.tolist()))
    if missing:
        raise ValueError(
            f"auc compares the examples of each class with those of the others, and the targets have none of class "
            f"{' and '.join(map(str, missing))}. Measure it on a larger set."
        )
    if scores.ndim == 2 and classes == 2:
        scores = scores[:, 1] - scores[:, 0]
    elif scores.ndim == 2:
        scores = _probabilities(scores)
    return float(_sklearn_metrics().roc_auc_score(right, scores, multi_class="ovr"))


def confusion_matrix(predictions: Input, targets: Input, threshold: float | None = None) -> Array:
    """How many examples of each class were put into which class.

    Arguments and errors are those of `accuracy`.

    Returns:
        An array of whole numbers, (classes, classes): row i is of the examples of class i, and
        column j of those that were put into class j.

    Example:
        >>> confusion_matrix([0, 2, 1, 1], [0, 1, 1, 2])
        array([[1, 0, 0],
               [0, 1, 1],
               [0, 1, 0]])
    """
    predicted, right, classes = _answers("confusion_matrix", predictions, targets, threshold)
    matrix: Array = _sklearn_metrics().confusion_matrix(right, predicted, labels=range(classes))
    return matrix


METRICS: dict[str, Callable[..., Any]] = {
    metric.__name__: metric for metric in (accuracy, precision, recall, f1, auc, confusion_matrix)
}  # fmt: skip

# Where the second class begins, by what a network was trained with.
THRESHOLDS: dict[object, float] = {
    losses.BCELoss: 0.5, losses.binary_cross_entropy: 0.5,
    losses.BCEWithLogitsLoss: 0.0, losses.binary_cross_entropy_with_logits: 0.0,
    losses.HingeLoss: 0.0, losses.hinge_loss: 0.0,
}  # fmt: skip


def require_sklearn() -> None:
    """Check that the metrics can be computed.

    Raises:
        ModuleNotFoundError: scikit-learn is not installed.

    Example:
        >>> require_sklearn()
    """
    require("sklearn", "The metrics need scikit-learn", '"glassgrad[scripts]"')


def by_name(name: str, loss: object = None) -> Callable[[Any, Any], Any]:
    """The metric of that name, as a function of predictions and targets.

    Args:
        name: accuracy, precision, recall, f1, auc or confusion_matrix.
        loss: what the network was trained with, which says the threshold: 0.5 for `BCELoss`, whose
            predictions are probabilities, and 0 for `BCEWithLogitsLoss` and `HingeLoss`. With
            another loss there is no threshold, which is right for scores of shape (n, classes).

    Raises:
        ValueError: there is no metric of that name.

    Example:
        >>> import nn
        >>> by_name("accuracy", nn.BCEWithLogitsLoss())([-0.1, 0.1], [0, 1])
        1.0
    """
    if not isinstance(name, str) or name not in METRICS:
        raise ValueError(f"There is no metric {name!r}; choose one of {', '.join(METRICS)}, or give a function.")
    kind = type(loss) if type(loss) in THRESHOLDS else loss
    threshold = THRESHOLDS.get(kind) if callable(kind) else None
    return METRICS[name] if threshold is None or name == "auc" else partial(METRICS[name], threshold=threshold)


class _Answers(NamedTuple):
    """The classes that were predicted, the right ones, both of shape (n,), and how many classes there are."""

    predicted: Array
    right: Array
    classes: int


def _answers(name: str, predictions: Input, targets: Input, threshold: float | None) -> _Answers:
    scores, right, classes = _checked(name, predictions, targets)
    if classes is None and scores.dtype.kind == "f":
        if threshold is None:
            raise ValueError(
                f"{name} got one score for each example. Say where the second class begins: threshold=0 for logits and the scores "
                "of a hinge, threshold=0.5 for probabilities."
            )
        if right.max() > 1:
            raise ValueError(
                f"{name} got one score for each example, which tells two classes apart, and the target {right.max()}. "
                f"For more classes it takes a score for each, shape (n, {right.max() + 1})."
            )
        return _Answers((scores > threshold).astype(int), right, 2)
    if threshold is not None:
        given = "classes" if classes is None else f"the scores of {classes} classes"
        raise ValueError(f"{name} got {given}, and a threshold, which is for one score for each example; leave it out.")
    if classes is None:
        predicted = _labels(name, "a prediction", scores)
        return _Answers(predicted, right, max(2, predicted.max() + 1, right.max() + 1))
    return _Answers(scores.argmax(axis=1), right, classes)


def _checked(name: str, predictions: Input, targets: Input) -> tuple[Array, Array, int | None]:
    """The predictions as an array, the targets as classes, and the number of classes of the scores.

    The predictions have the shape (n, classes) or (n,).
    """
    scores, right = _array(name, predictions), _array(name, targets)
    if scores.size == 0:
        raise ValueError(f"{name} got no predictions (shape {scores.shape}), and there is no {name} of nothing.")
    if np.isnan(scores).any():
        raise ValueError(f"{name} got nan among the predictions, which is no answer. detect_anomaly() finds where nan came from.")
    of_classes = scores.ndim > 1 and scores.shape[1] > 1
    if of_classes and right.shape == scores.shape:
        if not np.allclose(right.sum(axis=1), 1) or (right < 0).any():
            raise ValueError(f"{name} got targets of shape {right.shape}, so each row is to be one-hot, or probabilities that add up to 1.")
        right = right.argmax(axis=1)
    examples = scores.shape[:1] + scores.shape[2:]
    fits = right.shape in (examples, (*examples, 1)) and (of_classes or scores.shape in (examples, (*examples, 1)))
    if not fits or not examples:
        raise ValueError(
            f"{name} got predictions of shape {scores.shape} and targets of shape {right.shape}. It takes scores of shape (n, classes), "
            "or (n,) for two classes, and as targets the n right classes, shape (n,)."
        )
    if not of_classes:
        return scores.reshape(-1), _labels(name, "a target", right.reshape(-1)), None
    classes = scores.shape[1]
    return np.moveaxis(scores, 1, -1).reshape(-1, classes), _labels(name, "a target", right.reshape(-1), classes), classes


def _array(name: str, x: Input) -> Array:
    """The numbers in a Tensor, an array, or nested lists of Values, Tensors and numbers."""
    shape = shape_of(name, x)
    pieces = [np.ravel(np.asarray(leaf.data) if isinstance(leaf, Node) else leaf) for leaf in leaves(x)]
    return np.concatenate(pieces).reshape(shape) if pieces else np.empty(shape)


def _labels(name: str, what: str, numbers: Array, classes: int | None = None) -> Array:
    """Numbers of classes as whole numbers from 0, also where two classes are -1 and 1."""
    if classes in (None, 2) and (numbers == -1).any() and np.isin(numbers, (-1, 1)).all():
        return (numbers > 0).astype(int)
    wrong = numbers[~((numbers >= 0) & (numbers == np.floor(numbers)) & (numbers < (classes or np.inf)))]
    if wrong.size:
        most = "" if classes is None else f" to {classes - 1}"
        raise ValueError(f"{name} got {wrong[0]} as {what}; a class is a whole number from 0{most}, or -1 and 1 where there are two.")
    return numbers.astype(int)


def _averaged(score: str, predicted: Array, right: Array, classes: int) -> float:
    average = "binary" if classes == 2 else "macro"
    return float(getattr(_sklearn_metrics(), score)(right, predicted, average=average, zero_division=0))


def _probabilities(scores: Array) -> Array:
    """The scores of classes if they are probabilities, else their softmax."""
    if not ((scores >= 0).all() and np.allclose(scores.sum(axis=1), 1, atol=1e-5)):
        scores = np.exp(scores.astype(float) - scores.max(axis=1, keepdims=True))
    shares: Array = scores / scores.sum(axis=1, keepdims=True)
    return shares


def _sklearn_metrics() -> Any:
    """scikit-learn's metrics, loaded on first use, since that takes a second."""
    require_sklearn()
    from sklearn import metrics

    return metrics
