"""Pictures of the parameters of a network: weights and gradients, layer by layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..locating import layer_of, owner
from ..module import Module
from .canvas import AS_TEXT, check_finite, name, panels
from .colours import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["gradients", "weights"]


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
            check_finite(picture, title, numbers)
    return joined


def _histogram(panel: Axes, kind: str, numbers: NDArray[np.float64], edges: NDArray[np.float64], note: str) -> None:
    """Draw weights as a filled histogram, or biases as an outline over it.

    Each fills the panel, since there are few biases.
    """
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
    """The number of edges of a histogram.

    Few numbers get few bins, since in narrow ones they would look like a comb.
    """
    alike = numbers.size == 0 or numbers.min() == numbers.max()
    return 61 if alike else int(np.clip(2 * math.sqrt(numbers.size), 12, 60)) + 1
