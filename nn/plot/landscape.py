"""The picture of a loss over a plane in the space of the parameters, with the path of an optimizer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autograd import Node, no_grad

from ..checks import count, number
from ..habits import in_mode
from ..module import Module
from ..randomness import Seed
from .canvas import AS_TEXT, name, panels
from .colours import AMOUNTS, INK, PAPER, TRAINING, blend
from .plane import Numbers, Plane, named_parameters, plane_of, steps_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["landscape"]

Array = NDArray[np.float64]

LINES = 15  # of equal loss
MARGIN = 0.25  # around the path of an optimizer, as a part of its extent
NARROW = 0.3  # the height of the picture of a straight path, as a part of its width


def landscape(
    loss: Callable[[], Any], model: Module | Sequence[Node], over: Sequence[Any] | None = None,
    path: Sequence[Mapping[str, Any]] | Sequence[Numbers] | None = None, span: float = 1.0, points: int = 25, rng: Seed = None,
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """A loss over a plane in the space of the parameters, with lines of equal loss, and with the path of an optimizer.

    At the point (a, b) is the loss for the parameters θ + a δ + b η, where θ are the present
    parameters. The directions δ and η are

    - what `over` says: two parameters of one number each, whose own numbers are then on the axes;
      or two directions;
    - else, with a `path`, the two principal components, of length 1, of its differences from θ:
      in any other plane little of the path could be seen. The axes say how much of it each shows;
    - else two random directions, normalized by filters: each filter d of a direction is made as
      long as the filter w of the model, d ← d ‖w‖ / ‖d‖, so that networks with weights of different
      sizes can be compared. A filter computes one output: it is `weight[i]`, or the weights of one
      neuron. Parameters with one axis, such as biases, stay as they are.

    The method is that of Li, Xu, Taylor, Studer and Goldstein, "Visualizing the Loss Landscape of
    Neural Nets" (2018), sections 4 and 7. The lines are closer near the least loss, so that those of
    a round bowl have equal distances. A module computes in evaluation mode; all parameters have
    their numbers back afterwards, also after an error.

    Args:
        loss: a function without arguments from the present parameters to the loss, such as
            `lambda: nn.mse_loss(model(X), y)`. It is called `points`² times.
        model: a module, or a list of parameters.
        over: two parameters of one number each; or two directions, each with a number or an array
            for each parameter, in the order of `model.parameters()`.
        path: the parameters at several steps: for a module copies of `model.state_dict()`, for a
            list of parameters lists of their numbers.
        span: how far the plane reaches from θ along each axis, in lengths of its direction. With a
            path, the plane reaches around the path instead.
        points: how many points are computed along each axis.
        rng: a seed or a NumPy generator for random directions; by default that of `nn.manual_seed`.
        ax: the matplotlib axes to draw in; None for a new figure.

    Returns:
        The axes.

    Raises:
        TypeError: `loss` is not a function, or does not return a single number; `model` is neither
            a module nor a list of parameters; a setting is of the wrong kind.
        ValueError: there are fewer than two numbers; `over` or `path` does not fit; a setting is out
            of range; or the loss is nowhere finite.
        ModuleNotFoundError: matplotlib is not installed.

    Example:
        >>> import nn
        >>> from autograd import Value
        >>> w, b = Value(0.0, label="w"), Value(0.0, label="b")
        >>> loss = lambda: (w - 1) ** 2 + (w + b - 3) ** 2
        >>> optimizer, path = nn.optim.SGD([w, b], lr=0.1), [(w.data, b.data)]
        >>> for step in range(20):
        ...     optimizer.zero_grad()
        ...     loss().backward()
        ...     optimizer.step()
        ...     path.append((w.data, b.data))
        >>> ax = landscape(loss, [w, b], over=(w, b), path=path)
        >>> ax.get_xlabel(), ax.get_ylabel()
        ('w', 'b')
    """
    if not callable(loss):
        raise TypeError(
            f"landscape takes the loss as a function without arguments, such as lambda: nn.mse_loss(model(X), y), not a "
            f"{type(loss).__name__}."
        )
    points, span = count("points", points, least=2), number("span", span)
    if span == 0:
        raise ValueError("span must be above 0; got 0.")
    named = named_parameters(model)
    steps = None if path is None else steps_of(path, model, named)
    plane = plane_of(model, named, over, steps, rng)
    track = None if steps is None else plane.coordinates(steps)
    low, high = _ends(plane, track, span)
    across, up = np.linspace(low, high, points).T
    losses = _losses(loss, model, [p for _, p in named], plane, across, up)
    known = np.isfinite(losses)
    if not known.any():
        raise ValueError("The loss is nan or infinite all over this landscape; choose a smaller span, or another plane.")

    panel: Axes = panels(ax, 1, width=6.0, height=4.8)[0]
    from matplotlib.colors import PowerNorm

    least, most = float(losses[known].min()), float(losses[known].max())
    shown = np.ma.array(losses, mask=~known)
    half_a_cell = (high - low) / (points - 1) / 2
    (left, bottom), (right, top) = low - half_a_cell, high + half_a_cell
    shades = panel.imshow(
        shown, cmap=blend(*AMOUNTS), norm=PowerNorm(0.5, least, most), alpha=0.7,
        extent=(left, right, bottom, top), origin="lower", aspect="auto", interpolation="bilinear",
    )  # fmt: skip
    if least < most:
        lines = least + (most - least) * np.linspace(0, 1, LINES + 2)[1:-1] ** 2
        panel.contour(across, up, shown, levels=lines, colors=INK, linewidths=0.6, alpha=0.6)
    panel.figure.colorbar(shades, ax=panel, label="loss")
    mark: dict[str, Any] = {"markeredgecolor": PAPER, "linestyle": "none", "zorder": 4}
    if track is not None:
        panel.plot(*track.T, color=PAPER, linewidth=3.5)
        panel.plot(*track.T, color=TRAINING, linewidth=1.8, marker=".", markersize=5, label="path")
        panel.plot(*track[:1].T, marker="o", markersize=8, color=TRAINING, label="first step", **mark)
        panel.plot(*track[-1:].T, marker="s", markersize=8, color=TRAINING, label="last step", **mark)
    if track is None or not np.allclose(track[-1], plane.origin):
        panel.plot(*plane.origin, marker="X", markersize=9, color=INK, label="present parameters", **mark)
    panel.legend(loc="upper left", fontsize=8, framealpha=0.85)
    panel.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    panel.set_title("The loss around the parameters" if track is None else "The loss, and the path of training")
    panel.set_xlabel(name(plane.labels[0]), **AS_TEXT)
    panel.set_ylabel(name(plane.labels[1]), **AS_TEXT)
    return panel


def _ends(plane: Plane, track: Array | None, span: float) -> Array:
    """The lowest and the highest point of the picture, of shape (2, 2)."""
    if track is None:
        return np.add.outer([-span, span], plane.origin)
    ends = np.stack([np.minimum(track.min(axis=0), plane.origin), np.maximum(track.max(axis=0), plane.origin)])
    extent = ends[1] - ends[0]
    at_least = NARROW * (extent.max() or span)
    return ends + np.outer([-1, 1], MARGIN * extent + np.maximum(at_least - extent, 0) / 2)


def _losses(loss: Callable[[], Any], model: object, parameters: Sequence[Any], plane: Plane, across: Array, up: Array) -> Array:
    """The loss at each point of a grid, of shape (up, across)."""
    losses = np.empty((len(up), len(across)))
    before = [np.array(p.data) for p in parameters]
    mode = in_mode(model, training=False) if isinstance(model, Module) else nullcontext()
    try:
        with mode, no_grad(), np.errstate(all="ignore"):
            for row, column in np.ndindex(losses.shape):
                _set(parameters, plane.at(float(across[column]), float(up[row])))
                losses[row, column] = _number(loss())
    finally:
        for p, numbers in zip(parameters, before, strict=True):
            p.data = numbers if numbers.ndim else numbers.item()
    return losses


def _set(parameters: Sequence[Any], vector: Array) -> None:
    start = 0
    for p in parameters:
        numbers = vector[start : start + p.size].reshape(p.shape)
        p.data = numbers.astype(np.asarray(p.data).dtype) if numbers.ndim else numbers.item()
        start += p.size


def _number(loss: object) -> float:
    numbers = np.asarray(loss.data if isinstance(loss, Node) else loss)
    if numbers.size != 1 or numbers.dtype.kind not in "fiu":
        kind = f"shape {numbers.shape}" if numbers.dtype.kind in "fiu" else f"a {type(loss).__name__}"
        raise TypeError(f"landscape draws a loss that is a single number, and this function returned {kind}.")
    return float(numbers.item())
