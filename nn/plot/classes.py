"""Pictures of classification: the classes in the plane, and which ones are confused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd import Node, no_grad
from autograd.structures import leaves

from .canvas import AS_TEXT, name, panels
from .colours import AMOUNTS, CLASSES, INK, PAPER, SCALE, blend

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["confusion_matrix", "decision_boundary"]

GRID = 81  # points along each side of the picture of a decision boundary
MARKERS = "os^Dv<>pX*"


def decision_boundary(predict: Callable[[NDArray[np.float64]], object], X: ArrayLike, y: ArrayLike, ax: Axes | None = None) -> Axes:
    """Points in the plane with their classes, and the boundary between the classes that a classifier draws.

    The colour shows how sure the classifier is. For two classes, the boundary is where the score is
    0; for several, where the two highest scores are equal.

    Args:
        predict: a function from points, an array of shape (n, 2), to their scores: n numbers, above
            0 for the second class; or of shape (n, classes). From a network that gives the
            probability of the second class, subtract 0.5. It may return a Tensor, an array, or
            lists of Values or numbers.
        X: the points, of shape (n, 2).
        y: their classes, of shape (n,). With n scores, the numbers above 0 are the second class, so
            0 and 1 work as well as -1 and 1. With scores of classes, numbers from 0.
        ax: the matplotlib axes to draw in; None for a new figure.

    Returns:
        The axes.

    Raises:
        ValueError: the shapes do not fit; `predict` does not return one score for each point, or
            one for each point and class; a score is not finite; or there is no score for a class.
        ModuleNotFoundError: matplotlib is not installed.

    Example:
        >>> from nn import MLP
        >>> model = MLP(2, [4, 1], rng=0)
        >>> ax = decision_boundary(lambda points: [model(p) for p in points], [[0, 1], [1, 0]], [-1, 1])
        >>> ax.figure.savefig("boundary.png")  # doctest: +SKIP
    """
    points, classes = np.asarray(X, dtype=float), np.asarray(y)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ValueError(f"decision_boundary draws points in the plane, X of shape (n, 2); got {points.shape}.")
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
        raise ValueError(f"decision_boundary got scores of {count} classes, so y must be numbers from 0 to {count - 1}.")

    width, height = across[-1] - across[0], up[-1] - up[0]
    panel: Axes = panels(ax, 1, width=6.2, height=0.5 + 4.6 * height / width)[0]
    image: dict[str, Any] = {"extent": (*across[[0, -1]], *up[[0, -1]]), "origin": "lower", "interpolation": "bilinear", "alpha": 0.5}
    groups: list[tuple[NDArray[np.bool_], str, str, str | None]]
    # tanh: a class that leads by a score of about 2 is sure, and by more no surer.
    if count == 1:
        lines = scores
        panel.imshow(np.tanh(scores[:, :, 0]), cmap=blend(*SCALE), vmin=-1, vmax=1, **image)
        groups = [(chosen, CLASSES[k], MARKERS[k], _named(classes[chosen])) for k, chosen in enumerate([classes <= 0, classes > 0])]
    else:
        ahead = [scores[:, :, k] - np.delete(scores, k, axis=2).max(axis=2) for k in range(count)]
        lines = np.stack(ahead, axis=2)
        panel.imshow(_mixed(np.tanh(lines.max(axis=2)), lines.argmax(axis=2)), **image)
        groups = [(classes == k, CLASSES[k % len(CLASSES)], MARKERS[k % len(MARKERS)], f"class {k}") for k in range(count)]
    for k in range(count):
        if lines[:, :, k].min() < 0 < lines[:, :, k].max():
            panel.contour(across, up, lines[:, :, k], levels=[0.0], colors=INK, linewidths=1.5)
    size = 30 if len(points) > 20 else 120
    for chosen, colour, marker, label in groups:
        panel.scatter(
            points[chosen, 0], points[chosen, 1], size, color=colour, marker=marker, edgecolors=INK, linewidths=0.8, zorder=3, label=label
        )
    panel.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    panel.set(title="Classes, and the boundary between them", xlabel="x₁", ylabel="x₂", aspect="equal")
    return panel


def confusion_matrix(matrix: ArrayLike, names: Sequence[object] | None = None, ax: Axes | None = None) -> Axes:
    """How many examples of each class were predicted as which class, as a table with a row for each right class.

    The larger a cell's share of its row, the darker it is.

    Args:
        matrix: of shape (classes, classes), such as `nn.metrics.confusion_matrix` returns.
        names: the names of the classes; by default their numbers.
        ax: the matplotlib axes to draw in; None for a new figure.

    Returns:
        The axes.

    Raises:
        ValueError: `matrix` is not a square of numbers from 0, or there is not one name for each class.
        ModuleNotFoundError: matplotlib is not installed.

    Example:
        >>> ax = confusion_matrix([[48, 2], [5, 45]], names=["cat", "dog"])
        >>> [text.get_text() for text in ax.texts]
        ['48', '2', '5', '45']
    """
    counts = np.asarray(matrix)
    is_square = counts.ndim == 2 and counts.shape[0] == counts.shape[1] > 0
    if not is_square or counts.dtype.kind not in "fiu" or not (counts >= 0).all():
        raise ValueError(
            f"confusion_matrix draws a square of numbers from 0, one row for each class, and got {counts.dtype} of shape {counts.shape}. "
            "nn.metrics.confusion_matrix makes one from predictions and targets."
        )
    titles = [name(k) for k in (range(len(counts)) if names is None else names)]
    if len(titles) != len(counts):
        raise ValueError(f"confusion_matrix got {len(counts)} classes and {len(titles)} names; each class needs one.")
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-300)

    side = 1.6 + 0.55 * max(len(counts), 3)
    panel: Axes = panels(ax, 1, width=side, height=side)[0]
    panel.imshow(shares, cmap=blend(*AMOUNTS), vmin=0, vmax=1)
    texts = np.array([[f"{number:.0f}" if number == int(number) else f"{number:.2f}" for number in row] for row in counts])
    cell = 72 * panel.get_window_extent().width / panel.figure.dpi / len(counts)  # in points, as sizes of letters are
    size = np.clip(cell / (0.75 * max(map(len, texts.flat))), 3, 9)
    for (row, column), text in np.ndenumerate(texts):
        ink = PAPER if shares[row, column] > 0.5 else INK
        panel.text(column, row, text, ha="center", va="center", fontsize=size, color=ink)
    places = range(len(counts))
    panel.set(title="Confusion matrix", xlabel="predicted class", ylabel="right class")
    panel.set_yticks(places, titles, **AS_TEXT)
    long = max(map(len, titles)) > 3
    panel.set_xticks(places, titles, rotation=40 if long else 0, ha="right" if long else "center", rotation_mode="anchor", **AS_TEXT)
    panel.tick_params(length=0)
    panel.spines[:].set_visible(False)
    panel.set_xticks(np.arange(len(counts) + 1) - 0.5, minor=True)
    panel.set_yticks(np.arange(len(counts) + 1) - 0.5, minor=True)
    panel.grid(which="minor", color=INK, alpha=0.15)
    panel.tick_params(which="minor", length=0)
    return panel


def _named(classes: NDArray[Any]) -> str | None:
    """The text of the legend for the points on one side of 0."""
    kinds = [f"{float(kind):g}" for kind in np.unique(classes)]
    return f"class{'es' if len(kinds) > 1 else ''} {', '.join(kinds)}" if kinds else None


def _mixed(sureness: NDArray[np.float64], classes: NDArray[np.intp]) -> NDArray[np.float64]:
    """An image in the colours of the classes, paler where they are less sure."""
    from matplotlib.colors import to_rgb

    inks = np.array([to_rgb(CLASSES[k % len(CLASSES)]) for k in range(classes.max() + 1)])[classes]
    return np.array(to_rgb(PAPER)) * (1 - sureness[:, :, None]) + inks * sureness[:, :, None]


def _numbers(scores: object) -> NDArray[np.float64]:
    """Scores as a flat array, from whatever `predict` returned."""
    return np.concatenate([np.ravel(np.asarray(x.data) if isinstance(x, Node) else x) for x in leaves(scores)])
