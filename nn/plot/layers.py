"""Pictures of what is inside a network: weights and gradients, layer by layer, and filters."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd import Node
from autograd.texts import visible

from ..finite import is_finite
from ..locating import layer_of, owner
from ..module import Module
from .canvas import AS_TEXT, INK, SCALE, blend, name, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["filters", "gradients", "weights"]

GAP = "#c9cdd2"  # between filters


def weights(model: Module, ax: Axes | Iterable[Axes] | None = None) -> NDArray[np.object_]:
    """Histograms of the weights and the biases of each layer, each with its standard deviation.

    Args:
        model: any module with parameters.
        ax: the matplotlib axes to draw in, one for each layer; None for a new figure.

    Returns:
        An array of axes, one for each layer.

    Raises:
        TypeError: `model` is not a module.
        ValueError: the model has no parameters; a parameter contains nan or infinity; or there are
            more or fewer axes than layers.
        ModuleNotFoundError: matplotlib is not installed.

    Example:
        >>> import nn
        >>> panels = weights(nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3)))
        >>> [panel.get_title() for panel in panels]
        ['0 (Linear)', '2 (Linear)']
    """
    layers = _layers(model, "weights", lambda parameter: np.asarray(parameter.data))
    found = panels(ax, len(layers), width=3.6, height=2.4)
    for panel, (title, kinds) in zip(found, layers.items(), strict=True):
        everything = np.concatenate(list(kinds.values()))
        low, high = everything.min(), everything.max()
        ends = (low, high) if low < high else (low - 0.5, low + 0.5)
        for kind, numbers in kinds.items():
            _histogram(panel, kind, numbers, np.linspace(*ends, _bins(numbers)), f"std {numbers.std():.2g}")
        panel.set_title(name(title), **AS_TEXT)
        panel.set_xlabel("value")
        panel.locator_params(axis="x", nbins=5)
    return found


def gradients(model: Module, ax: Axes | Iterable[Axes] | None = None) -> NDArray[np.object_]:
    """Histograms of the absolute values of the gradients of each layer, on the same logarithmic axis.

    Gradients that vanish move to the left from layer to layer, and gradients that explode to the
    right. The legend counts those that are 0, which have no logarithm.

    Args:
        model: a module, after a `backward()`.
        ax: the matplotlib axes to draw in, one for each layer; None for a new figure.

    Returns:
        An array of axes, one for each layer that has a gradient.

    Raises:
        TypeError: `model` is not a module.
        ValueError: no parameter has a gradient; a gradient contains nan or infinity; or there are
            more or fewer axes than layers.
        ModuleNotFoundError: matplotlib is not installed.

    Example:
        >>> import nn
        >>> model = nn.MLP(2, [4, 1], rng=0)
        >>> model([1.0, -1.0]).backward()
        >>> [panel.get_title() for panel in gradients(model)]
        ['layers.0 (Layer)', 'layers.1 (Layer)']
    """
    layers = _layers(model, "gradients", lambda parameter: parameter._gradient)
    sizes = np.concatenate([np.abs(numbers) for kinds in layers.values() for numbers in kinds.values()])
    sizes = sizes[sizes > 0]
    least, most = (math.floor(math.log10(sizes.min())), math.ceil(math.log10(sizes.max()))) if sizes.size else (-1, 0)
    ends = least, max(most, least + 1)
    found = panels(ax, len(layers), width=3.6, height=2.4)
    for panel, (title, kinds) in zip(found, layers.items(), strict=True):
        panel.set_xscale("log")
        for kind, numbers in kinds.items():
            alive = np.abs(numbers[numbers != 0])
            dead = "" if alive.size == numbers.size else f", {1 - alive.size / numbers.size:.0%} are 0"
            _histogram(panel, kind, alive, np.logspace(*ends, _bins(alive)), f"rms {np.sqrt(np.mean(numbers**2)):.2g}{dead}")
        panel.set_title(name(title), **AS_TEXT)
        panel.set(xlabel="size of the gradient", xlim=np.power(10.0, ends))
    return found


def filters(layer: Module | Node | NDArray[Any], ax: Axes | None = None) -> Axes:
    """The filters of a network's first convolution, as small images.

    With one channel, white is 0, orange is positive and blue negative. With three, each filter is
    in the colours that it looks for, and grey is 0.

    Args:
        layer: a `Conv2d`, or weights of shape (filters, channels, height, width), with 1 or 3
            channels. A linear layer for images of 28×28 pixels can be drawn too:
            `filters(linear.weight.data.reshape(-1, 1, 28, 28))`.
        ax: the matplotlib axes to draw in; None for a new figure.

    Returns:
        The axes.

    Raises:
        TypeError: `layer` has no weights.
        ValueError: they are of another shape, or contain nan or infinity.
        ModuleNotFoundError: matplotlib is not installed.

    Example:
        >>> import nn
        >>> ax = filters(nn.Conv2d(1, 32, 3))
        >>> ax.get_title()
        '32 filters of 3×3'
    """
    weight = getattr(layer, "weight", None) if isinstance(layer, Module) else layer
    if not isinstance(weight, (Node, np.ndarray)):
        raise TypeError(f"filters draws the weights of a Conv2d, or an array of them, and got a {type(layer).__name__}.")
    numbers = np.asarray(weight.data if isinstance(weight, Node) else weight, dtype=float)
    if numbers.ndim != 4 or numbers.shape[1] not in (1, 3) or not numbers.size:
        raise ValueError(
            f"filters draws weights of shape (filters, 1 or 3 channels, height, width), and got {numbers.shape}. "
            "Of a layer with more channels, choose one: weight[:, :1]."
        )
    _check_finite("filters", "the weights", numbers)
    count, channels, height, width = numbers.shape
    columns = math.ceil(math.sqrt(count * height / width))
    rows = math.ceil(count / columns)
    zoom = math.ceil(12 / height)  # so that the gap of one pixel between filters is thin
    tall, wide = zoom * height + 1, zoom * width + 1
    mosaic = np.full((rows * tall - 1, columns * wide - 1, channels), np.nan)
    for i, one in enumerate(numbers):
        if channels == 3:
            one = 0.5 + 0.5 * one / (np.abs(one).max() or 1.0)
        top, left = i // columns * tall, i % columns * wide
        mosaic[top : top + tall - 1, left : left + wide - 1] = np.moveaxis(one, 0, -1).repeat(zoom, axis=0).repeat(zoom, axis=1)

    panel: Axes = panels(ax, 1, width=5.2, height=0.6 + 4.6 * mosaic.shape[0] / mosaic.shape[1])[0]
    if channels == 3:
        panel.imshow(np.nan_to_num(mosaic, nan=1.0), interpolation="nearest")
    else:
        most = np.abs(numbers).max() or 1.0
        colours = blend(*SCALE).with_extremes(bad=GAP)
        image = panel.imshow(mosaic[:, :, 0], cmap=colours, vmin=-most, vmax=most, interpolation="nearest")
        panel.figure.colorbar(image, ax=panel, shrink=0.8)
    panel.set(xticks=[], yticks=[], title=f"{count} filters of {height}×{width}")
    panel.spines[:].set_visible(False)
    return panel


def _layers(model: Module, picture: str, numbers_of: Callable[[Any], ArrayLike | None]) -> dict[str, dict[str, NDArray[np.float64]]]:
    """For each layer, "weights" and "biases" as flat arrays of numbers.

    A layer is a module with parameters of its own; neurons count as parts of their layer.
    """
    if not isinstance(model, Module):
        raise TypeError(f"{picture} draws the parameters of a model, an nn.Module, and got a {type(model).__name__}.")
    modules = dict(model.named_modules())
    layers: dict[str, dict[str, list[NDArray[Any]]]] = {}
    for whole, parameter in model.named_parameters():
        numbers = numbers_of(parameter)
        if numbers is None:
            continue
        path = owner(whole, modules)
        kind = "biases" if "bias" in whole[len(path) :] else "weights"
        path = layer_of(path)
        layer = type(modules[path]).__name__
        title = f"{path} ({layer})" if path else layer
        layers.setdefault(title, {}).setdefault(kind, []).append(np.ravel(numbers))
    if not layers:
        missing = "no gradient yet; call backward() on its loss first" if model.parameters() else "no parameters"
        raise ValueError(f"{picture} has nothing to draw: the {type(model).__name__} has {missing}.")
    joined = {title: {kind: np.concatenate(pieces).astype(float) for kind, pieces in kinds.items()} for title, kinds in layers.items()}
    for title, kinds in joined.items():
        for numbers in kinds.values():
            _check_finite(picture, title, numbers)
    return joined


def _check_finite(picture: str, where: str, numbers: NDArray[np.float64]) -> None:
    if not is_finite(numbers):
        raise ValueError(
            f"{picture} cannot draw nan or infinity, and there is some in {visible(where)}. detect_anomaly() finds where it came from."
        )


def _histogram(panel: Axes, kind: str, numbers: NDArray[np.float64], edges: NDArray[np.float64], note: str) -> None:
    """Draw weights as a filled histogram, or biases as an outline over it. Each fills the panel, since there are few biases."""
    counts, _ = np.histogram(numbers, edges)
    heights = counts / max(counts.max(), 1)
    if kind == "weights":
        panel.stairs(heights, edges, fill=True, color=INK, alpha=0.35, label=f"{kind}: {note}")
    else:
        panel.stairs(heights, edges, color=INK, linewidth=1.4, label=f"{kind}: {note}")
    panel.set(yticks=[], ylim=(0, 1.45), ylabel="how many")
    panel.spines["left"].set_visible(False)
    panel.legend(frameon=False, loc="upper left", fontsize=8, borderaxespad=0.2)


def _bins(numbers: NDArray[np.float64]) -> int:
    """The number of edges of a histogram. Few numbers get few bins, since in narrow ones they would look like a comb."""
    alike = numbers.size == 0 or numbers.min() == numbers.max()
    return 61 if alike else int(np.clip(2 * math.sqrt(numbers.size), 12, 60)) + 1
