"""What the outputs of an estimator's network mean: scores of classes, or numbers; and the loss of each.

The targets that the network is trained on are one array, which holds the weights of the examples too. So a batch
of it is a slice, and its loss is a few operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd

__all__ = ["ClassScores", "ScaledNumbers", "as_rows"]

Floats = NDArray[np.floating[Any]]


class ClassScores:
    """Scores of classes, for each of some labels: one for a label with two classes, and else one for each class.

    The probability of the second of two classes is the sigmoid of its score; those of more are a softmax. The labels
    with two classes come first among the outputs.

    Args:
        classes: for each label its classes, sorted.

    Attributes:
        classes: the argument.
        outputs: the number of scores of an example.

    Example:
        >>> scores = ClassScores([np.array(["cat", "dog"])])
        >>> scores.encode(np.array([["dog"], ["cat"]]), np.ones(2))
        array([[1., 1.],
               [1., 0.]])
        >>> scores.probabilities(np.array([[0.0], [-1e3]]))
        [array([[0.5, 0.5],
               [1. , 0. ]])]
    """

    def __init__(self, classes: Sequence[NDArray[Any]]) -> None:
        self.classes = list(classes)
        self._two = [i for i, known in enumerate(classes) if len(known) == 2]
        self._more = [i for i, known in enumerate(classes) if len(known) != 2]
        widths = [len(classes[i]) for i in self._more]
        self._ends = [len(self._two) + sum(widths[: i + 1]) for i in range(len(widths))]
        self._begins = [end - width for end, width in zip(self._ends, widths, strict=True)]
        self.outputs = len(self._two) + sum(widths)

    def encode(self, y: NDArray[Any], weight: Floats) -> Floats:
        """The targets of labels of shape (n, labels).

        For each label with two classes there is the weight of the example; then, for each of these, the weight again,
        or 0 for the first class; then, for labels with more classes, the weight in the place of the right class.

        Raises:
            ValueError: there is a class that is not known.
        """
        places = [self._places(y[:, i], i) for i in range(y.shape[1])]
        columns: list[NDArray[Any]] = [np.ones((len(y), len(self._two)))] + [places[i][:, None] for i in self._two]
        columns += [np.eye(len(self.classes[i]))[places[i]] for i in self._more]
        return np.concatenate(columns, axis=1).astype(float) * weight[:, None]

    def _places(self, y: NDArray[Any], label: int) -> NDArray[np.intp]:
        known = self.classes[label]
        places = np.searchsorted(known, y).clip(max=len(known) - 1)
        if (strangers := y[known[places] != y]).size:
            names = ", ".join(map(repr, known.tolist()))
            raise ValueError(f"y has the class {strangers.tolist()[0]!r}, and this estimator knows {names}; fit it anew.")
        return places

    def loss(self, output: Any, target: Any) -> Any:
        """The cross-entropy of a batch, summed over labels: the mean over examples, with their weights."""
        z, two, total = as_rows(output), len(self._two), 0.0
        if two:
            scores = z if two == self.outputs else z[:, :two]
            total = (autograd.softplus(scores) * target[:, :two] - scores * target[:, two : 2 * two]).sum()
        for begin, end in zip(self._begins, self._ends, strict=True):
            scores = z if end - begin == self.outputs else z[:, begin:end]
            right = target if end - begin == self.outputs else target[:, two + begin : two + end]
            total = total - (autograd.log_softmax(scores, axis=1) * right).sum()
        return total / len(target)

    def scores(self, output: Floats) -> list[Floats]:
        """For each label the scores of shape (n,), of the second of two classes, or (n, classes)."""
        found: dict[int, Floats] = {i: output[:, column] for column, i in enumerate(self._two)}
        found |= {i: output[:, begin:end] for i, begin, end in zip(self._more, self._begins, self._ends, strict=True)}
        return [found[i] for i in range(len(self.classes))]

    def probabilities(self, output: Floats) -> list[Floats]:
        """For each label the probabilities of shape (n, classes)."""
        return [
            autograd.softmax(z, axis=1) if z.ndim == 2 else np.stack([autograd.sigmoid(-z), autograd.sigmoid(z)], axis=1)
            for z in self.scores(output)
        ]

    def decide(self, output: Floats) -> list[NDArray[Any]]:
        """For each label the classes with the highest scores, of shape (n,)."""
        return [
            known[z.argmax(axis=1) if z.ndim == 2 else (z > 0).astype(int)]
            for known, z in zip(self.classes, self.scores(output), strict=True)
        ]


class ScaledNumbers:
    """Numbers to predict, each scaled by the mean and the standard deviation of those of training.

    So the network begins near the right answer and with errors of the order of 1, whatever their unit is.

    Args:
        y: the numbers of training, of shape (n, outputs).
        weight: how much each example counts, of shape (n,).

    Attributes:
        mean, scale: of each output.
        outputs: how many there are.

    Example:
        >>> numbers = ScaledNumbers(np.array([[100.0], [300.0]]), np.ones(2))
        >>> numbers.encode(np.array([[300.0]]), np.ones(1))
        array([[1., 1.]])
        >>> numbers.decode(np.array([[1.0]]))
        array([[300.]])
    """

    def __init__(self, y: Floats, weight: Floats) -> None:
        self.outputs = y.shape[1]
        self.mean: Floats = np.average(y, axis=0, weights=weight)
        scale = np.sqrt(np.average((y - self.mean) ** 2, axis=0, weights=weight))
        self.scale: Floats = np.where(scale > 1e-12 * np.abs(self.mean), scale, 1.0)  # 1 if all are the same

    def encode(self, y: Floats, weight: Floats) -> Floats:
        """The targets: the scaled numbers of each example, and its weight."""
        return np.concatenate([(y - self.mean) / self.scale, weight[:, None]], axis=1)

    def loss(self, output: Any, target: Any) -> Any:
        """The mean squared error of a batch, over examples with their weights, and over outputs."""
        return ((as_rows(output) - target[:, :-1]) ** 2 * target[:, -1:]).sum() / (len(target) * self.outputs)

    def decode(self, output: Floats) -> Floats:
        """The numbers that outputs mean."""
        return output * self.scale + self.mean


def as_rows(output: Any) -> Any:
    """What a network returned for a batch, a Tensor or a list of Values or of lists of them, in the shape (n, outputs).

    Example:
        >>> as_rows([autograd.Value(1.0), autograd.Value(2.0)]).shape
        (2, 1)
    """
    if isinstance(output, list):
        output = autograd.stack([autograd.stack(row) if isinstance(row, (list, tuple)) else row for row in output])
    return output.reshape(-1, 1) if output.ndim == 1 else output
