"""Pictures of what a network learned and how: its decision boundary, its curves.

Drawn with matplotlib, which is loaded by the first picture. Each function draws into the axes it
is given, or into a new figure, and returns the axes; `ax.figure.savefig(path)` saves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd import Node, no_grad
from autograd.structures import leaves

__all__ = ["curves", "decision_boundary"]

NEGATIVE, POSITIVE, INK, PAPER = "#2f6db3", "#e0782a", "#33373d", "#ffffff"
COLOURS = (NEGATIVE, POSITIVE, "#3a9a6b", "#8a5fb0")
GRID = 81  # points along each side of a decision boundary's picture


def decision_boundary(predict: Callable[[Any], Any], X: Any, y: Any, ax: Any = None) -> Any:
    """Two classes of points in the plane, and where a classifier changes its mind between them.

    The colour says how sure the classifier is, and the line is where its score is 0.

    Args:
        predict: from points, an array of shape (n, 2), to their n scores, above 0 for the second
            class: a list of Values or numbers, an array or a Tensor.
        X: the points, of shape (n, 2).
        y: their classes, of shape (n,); the second class is the one above 0, so that 0 and 1 do
            as well as -1 and 1.
        ax: the matplotlib axes to draw in.

    Returns:
        The axes.

    Raises:
        ValueError: the shapes do not fit, or `predict` does not return one score for each point.
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
    if scores.size != len(grid):
        raise ValueError(
            f"decision_boundary gave {len(grid)} points to predict and got {scores.size} scores; one for each point is needed."
        )
    scores = scores.reshape(GRID, GRID)

    width, height = across[-1] - across[0], up[-1] - up[0]
    ax = _axes(ax, 1, width=5.2, height=0.5 + 4.6 * height / width)[0]
    # tanh: what is beyond a score of 2 or so is sure, however far beyond.
    ax.imshow(
        np.tanh(scores), extent=(*across[[0, -1]], *up[[0, -1]]), origin="lower", interpolation="bilinear",
        cmap=_blend(NEGATIVE, PAPER, POSITIVE), vmin=-1, vmax=1, alpha=0.5,
    )  # fmt: skip
    if scores.min() < 0 < scores.max():
        ax.contour(across, up, scores, levels=[0.0], colors=INK, linewidths=1.5)
    for chosen, colour in ((classes <= 0, NEGATIVE), (classes > 0, POSITIVE)):
        ax.scatter(*points[chosen].T, s=30 if len(points) > 20 else 120, color=colour, edgecolors=PAPER, linewidths=1, zorder=3)
    ax.set(xlabel="x₁", ylabel="x₂", aspect="equal")
    return ax


def curves(history: Mapping[str, Sequence[float]], ax: Any = None) -> Any:
    """How the loss, the accuracy and the like went, step by step.

    Args:
        history: the numbers of each step by name, such as `{"loss": […], "accuracy": […]}`.
        ax: the matplotlib axes to draw in, one for each name.

    Returns:
        An array of axes, one for each name.

    Raises:
        ValueError: there is nothing to draw, or there are more or fewer axes than names.
        ModuleNotFoundError: matplotlib is not installed.

    Example:
        >>> panels = curves({"loss": [0.9, 0.3, 0.1], "accuracy": [0.5, 0.9, 1.0]})
        >>> [panel.get_ylabel() for panel in panels]
        ['loss', 'accuracy']
    """
    if not history:
        raise ValueError("curves got an empty history; give it the numbers by name, such as {'loss': [0.9, 0.3]}.")
    panels = _axes(ax, len(history), width=4.4, height=3.2)
    for panel, (name, numbers), colour in zip(panels, history.items(), COLOURS * len(panels), strict=False):
        panel.plot(range(1, len(numbers) + 1), numbers, color=colour, linewidth=1.8)
        panel.set(xlabel="step", ylabel=name)
        panel.grid(axis="y", color=INK, alpha=0.15)
    return panels


def _axes(ax: Any, count: int, width: float, height: float) -> Any:
    """The given axes, or those of a new figure, as an array; without the upper and right frame."""
    if ax is None:
        try:
            import matplotlib.pyplot as plt
        except ModuleNotFoundError:
            raise ModuleNotFoundError('The pictures of nn.plot need matplotlib: pip install "glassgrad[scripts]".') from None

        _, ax = plt.subplots(1, count, figsize=(width * count, height), layout="constrained")
    panels = np.ravel(np.array(ax, dtype=object))
    if len(panels) != count:
        raise ValueError(f"There are {count} pictures to draw and {len(panels)} axes; each picture needs one.")
    for panel in panels:
        panel.spines[["top", "right"]].set_visible(False)
    return panels


def _blend(*colours: str) -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("glassgrad", list(colours))


def _numbers(scores: Any) -> Any:
    """Scores as a flat array, from whatever `predict` returned."""
    return np.concatenate([np.ravel(x.data if isinstance(x, Node) else x) for x in leaves(scores)])
