"""Pictures of classification: where in the plane the classes are, and which are taken for which."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd import Node, no_grad
from autograd.structures import leaves

from .canvas import AS_TEXT, CLASSES, INK, PAPER, SCALE, blend, name, panels

__all__ = ["confusion_matrix", "decision_boundary"]

GRID = 81  # points along each side of a decision boundary's picture
MARKERS = "os^Dv<>pX*"


def decision_boundary(predict: Callable[[Any], Any], X: Any, y: Any, ax: Any = None) -> Any:
    """Points of the plane in their classes, and where a classifier changes its mind between them.

    The colour says how sure the classifier is. For two classes, the line is where the score is 0;
    for several, where the two highest scores are equal.

    Args:
        predict: from points, an array of shape (n, 2), to their scores: n numbers, above 0 for the
            second class; or of shape (n, classes). Of a network that gives probabilities of two
            classes, subtract 0.5. It may return a Tensor, an array, or lists of Values or numbers.
        X: the points, of shape (n, 2).
        y: their classes, of shape (n,). For n scores, the second class is the one above 0, so that
            0 and 1 do as well as -1 and 1. For scores of classes, numbers from 0.
        ax: the matplotlib axes to draw in.

    Returns:
        The axes.

    Raises:
        ValueError: the shapes do not fit; `predict` does not return one score for each point, or
            one for each point and class; a score is not finite; or a class has no score.
        ModuleNotFoundError: matplotlib is not installed.

    Example:
        >>> from nn import MLP
        >>> model = MLP(2, [4, 1], rng=0)
        >>> ax = decision_boundary(lambda points: [model(p) for p in points], [[0, 1], [1, 0]], [-1, 1])
        >>> ax.figure.savefig("boundary.png")  # doctest: +SKIP
    """
    points, classes = np.asarray(X, dtype=float), np.asarray(y)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ValueError(f"decision_boundary draws points of the plane, X of shape (n, 2); got {points.shape}.")
    if classes.shape != points.shape[:1]:
        raise ValueError(f"decision_boundary got {len(points)} points and classes of shape {classes.shape}; each point needs one.")
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.15 * (high - low).max() or 1.0
    across, up = (np.linspace(low[i] - margin, high[i] + margin, GRID) for i in range(2))
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    with no_grad():
        scores = _numbers(predict(grid))
    if not scores.size or scores.size % len(grid):
        raise ValueError(
            f"decision_boundary gave {len(grid)} points to predict and got {scores.size} scores; "
            "one for each point is needed, or one for each point and class."
        )
    if not np.isfinite(scores).all():
        raise ValueError("decision_boundary got nan or infinity as a score. detect_anomaly() finds where it came from.")
    scores = scores.reshape(GRID, GRID, -1)
    if scores.shape[2] == 2:
        scores = scores[:, :, 1:] - scores[:, :, :1]
    count = scores.shape[2]
    if count > 1 and not np.isin(classes, np.arange(count)).all():
        raise ValueError(f"decision_boundary got scores of {count} classes, so those of the points are numbers from 0 to {count - 1}.")

    width, height = across[-1] - across[0], up[-1] - up[0]
    ax = panels(ax, 1, width=6.2, height=0.5 + 4.6 * height / width)[0]
    image = {"extent": (*across[[0, -1]], *up[[0, -1]]), "origin": "lower", "interpolation": "bilinear", "alpha": 0.5}
    groups: list[tuple[Any, str, str, str | None]]
    # tanh: what is ahead by a score of 2 or so is sure, however far ahead.
    if count == 1:
        lines = scores
        ax.imshow(np.tanh(scores[:, :, 0]), cmap=blend(*SCALE), vmin=-1, vmax=1, **image)
        groups = [(chosen, CLASSES[k], MARKERS[k], _named(classes[chosen])) for k, chosen in enumerate([classes <= 0, classes > 0])]
    else:
        ahead = [scores[:, :, k] - np.delete(scores, k, axis=2).max(axis=2) for k in range(count)]
        lines = np.stack(ahead, axis=2)
        ax.imshow(_mixed(np.tanh(lines.max(axis=2)), lines.argmax(axis=2)), **image)
        groups = [(classes == k, CLASSES[k % len(CLASSES)], MARKERS[k % len(MARKERS)], f"class {k}") for k in range(count)]
    for k in range(count):
        if lines[:, :, k].min() < 0 < lines[:, :, k].max():
            ax.contour(across, up, lines[:, :, k], levels=[0.0], colors=INK, linewidths=1.5)
    size = 30 if len(points) > 20 else 120
    for chosen, colour, marker, label in groups:
        ax.scatter(*points[chosen].T, s=size, color=colour, marker=marker, edgecolors=INK, linewidths=0.8, zorder=3, label=label)
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    ax.set(title="Classes, and the boundary between them", xlabel="x₁", ylabel="x₂", aspect="equal")
    return ax


def confusion_matrix(matrix: Any, names: Sequence[str] | None = None, ax: Any = None) -> Any:
    """How many examples of each class were put into which, as a table with a row for each right class.

    A cell is the darker, the larger the share of its row that it has.

    Args:
        matrix: of shape (classes, classes), such as `nn.metrics.confusion_matrix` returns.
        names: of the classes; without them, their numbers.
        ax: the matplotlib axes to draw in.

    Returns:
        The axes.

    Raises:
        ValueError: `matrix` is no square of numbers from 0, or there is not one name for each class.
        ModuleNotFoundError: matplotlib is not installed.

    Example:
        >>> ax = confusion_matrix([[48, 2], [5, 45]], names=["cat", "dog"])
        >>> [text.get_text() for text in ax.texts]
        ['48', '2', '5', '45']
    """
    counts = np.asarray(matrix)
    if (
        counts.ndim != 2
        or counts.shape[0] != counts.shape[1]
        or not counts.size
        or counts.dtype.kind not in "fiu"
        or not (counts >= 0).all()
    ):
        raise ValueError(
            f"confusion_matrix draws a square of numbers from 0, one row for each class, and got {counts.dtype} of shape {counts.shape}. "
            "nn.metrics.confusion_matrix makes one of predictions and targets."
        )
    names = [name(k) for k in (range(len(counts)) if names is None else names)]
    if len(names) != len(counts):
        raise ValueError(f"confusion_matrix got {len(counts)} classes and {len(names)} names; each class needs one.")
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-300)

    side = 1.6 + 0.55 * max(len(counts), 3)
    ax = panels(ax, 1, width=side, height=side)[0]
    ax.imshow(shares, cmap=blend(PAPER, INK), vmin=0, vmax=1)
    texts = np.array([[f"{number:.0f}" if number == int(number) else f"{number:.2f}" for number in row] for row in counts])
    cell = 72 * ax.get_window_extent().width / ax.figure.dpi / len(counts)  # in points, as sizes of letters are
    size = np.clip(cell / (0.75 * max(map(len, texts.flat))), 3, 9)
    for (row, column), text in np.ndenumerate(texts):
        ink = PAPER if shares[row, column] > 0.5 else INK
        ax.text(column, row, text, ha="center", va="center", fontsize=size, color=ink)
    places = range(len(counts))
    ax.set(title="Confusion matrix", xlabel="predicted class", ylabel="right class")
    ax.set_yticks(places, names, **AS_TEXT)
    long = max(map(len, names)) > 3
    ax.set_xticks(places, names, rotation=40 if long else 0, ha="right" if long else "center", rotation_mode="anchor", **AS_TEXT)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set_xticks(np.arange(len(counts) + 1) - 0.5, minor=True)
    ax.set_yticks(np.arange(len(counts) + 1) - 0.5, minor=True)
    ax.grid(which="minor", color=INK, alpha=0.15)
    ax.tick_params(which="minor", length=0)
    return ax


def _named(classes: Any) -> str | None:
    """What the legend says of the points on one side of 0."""
    kinds = [f"{float(kind):g}" for kind in np.unique(classes)]
    return f"class{'es' if len(kinds) > 1 else ''} {', '.join(kinds)}" if kinds else None


def _mixed(sureness: Any, classes: Any) -> Any:
    """An image in the colours of the classes, the paler the less sure."""
    from matplotlib.colors import to_rgb

    inks = np.array([to_rgb(CLASSES[k % len(CLASSES)]) for k in range(classes.max() + 1)])[classes]
    return np.array(to_rgb(PAPER)) * (1 - sureness[:, :, None]) + inks * sureness[:, :, None]


def _numbers(scores: Any) -> Any:
    """Scores as a flat array, from whatever `predict` returned."""
    return np.concatenate([np.ravel(x.data if isinstance(x, Node) else x) for x in leaves(scores)])
