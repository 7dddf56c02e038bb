"""Pictures of what a network of images sees.

The filters of a layer, what it answers to an image, and where a class is seen.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd import Node, Tensor
from autograd.backward import gradients
from autograd.texts import visible

from ..habits import in_mode
from ..module import Module
from ..resizing import interpolate
from .canvas import AS_TEXT, check_finite, name, panels
from .colours import GAP, PAPER, SCALE, blend

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["feature_maps", "filters", "grad_cam"]

COVER = 0.9  # how much of the image the strongest place of a Grad-CAM covers
PALE = ("#777777", PAPER)  # from black to white in the image below it, so that colours over it can be seen


def filters(layer: Module | Node | NDArray[Any], ax: Axes | None = None) -> Axes:
    """The filters of a network's first convolution, as small images.

    With one channel, white is 0, blue is positive and orange negative. With three, each filter is
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
    check_finite("filters", "the weights", numbers)
    count, channels, height, width = numbers.shape
    if channels == 3:
        most = np.abs(numbers).max(axis=(1, 2, 3), keepdims=True)
        numbers = 0.5 + 0.5 * numbers / np.where(most > 0, most, 1.0)
    return _mosaic(numbers, f"{count} filters of {height}×{width}", ax)


def feature_maps(model: Module, image: ArrayLike, layer: Module | str, ax: Axes | None = None) -> Axes:
    """What the channels of a layer answer to an image, each as a small image.

    White is 0, blue is positive and orange negative. The model computes in evaluation mode, and
    nothing of it is changed.

    Args:
        model: a network of images.
        image: one image, of shape (channels, height, width), as the model takes it.
        layer: a module inside the model, or its dotted path, such as "0" or "block.conv1". It must
            return maps, of shape (n, channels, height, width).
        ax: the matplotlib axes to draw in; None for a new figure.

    Returns:
        The axes.

    Raises:
        TypeError: `model` is not a module; `layer` is neither a module nor a path.
        ValueError: `image` is not one image; `layer` is not inside the model, or is not called
            exactly once, or returns no maps; or a map contains nan or infinity.
        ModuleNotFoundError: matplotlib is not installed.

    Example:
        >>> import nn
        >>> model = nn.Sequential(nn.Conv2d(1, 6, 3), nn.ReLU(), nn.Flatten(), nn.Linear(6 * 36, 10))
        >>> ax = feature_maps(model, np.ones((1, 8, 8)), "1")
        >>> ax.get_title()
        "6 maps of 6×6 of ReLU '1'"
    """
    _, maps, _, title = _maps_of("feature_maps", model, image, layer)
    numbers = np.asarray(maps.data, dtype=float)[0]
    check_finite("feature_maps", f"what {title} returns", numbers)
    count, height, width = numbers.shape
    return _mosaic(numbers[:, None], f"{count} maps of {height}×{width} of {title}", ax)


def grad_cam(model: Module, image: ArrayLike, layer: Module | str, target: int | None = None, ax: Axes | None = None) -> Axes:
    """Where in an image a network sees a class: Grad-CAM (Selvaraju and others, 2017, equations 1 and 2).

    Let A_k be map k of what the layer returns, with Z numbers, and y the score of the class. A map
    counts by the mean of the derivatives of y by its numbers, and what speaks against the class is
    left out:

        α_k = 1/Z Σ_ij ∂y/∂A_kij        L = relu(Σ_k α_k A_k)

    L is enlarged to the size of the image (bilinearly), and laid over it: the bluer, the more it
    speaks for the class. Its numbers are `ax.images[1].get_array()`. The model computes in
    evaluation mode, and nothing of it is changed, its gradients neither.

    Args:
        model: a network from images, (n, channels, height, width), to scores, (n, classes) or
            (n,); best before a softmax, which mixes the scores of all classes.
        image: one image, of shape (channels, height, width), with 1 or 3 channels.
        layer: a module inside the model, or its dotted path, such as "0" or "block.conv1"; usually
            the last convolution. It must return maps, of shape (n, channels, height, width).
        target: the class; by default the one with the highest score.
        ax: the matplotlib axes to draw in; None for a new figure.

    Returns:
        The axes.

    Raises:
        TypeError: `model` is not a module; `layer` is neither a module nor a path.
        ValueError: `image` is not one image; `layer` is not inside the model, or is not called
            exactly once, or returns no maps, or the scores do not depend on them; there is no class
            `target`; or a number is nan or infinite.
        ModuleNotFoundError: matplotlib is not installed.

    Example:
        >>> import nn
        >>> model = nn.Sequential(nn.Conv2d(1, 6, 3), nn.ReLU(), nn.Flatten(), nn.Linear(6 * 36, 10))
        >>> ax = grad_cam(model, np.ones((1, 8, 8)), "0", target=3)
        >>> ax.get_title()
        "Where class 3 is seen, by Conv2d '0'"
        >>> ax.images[1].get_array().shape
        (8, 8)
    """
    x, maps, scores, title = _maps_of("grad_cam", model, image, layer)
    if x.shape[0] not in (1, 3):
        raise ValueError(f"grad_cam draws over an image with 1 or 3 channels, and got one of shape {x.shape}.")
    if not isinstance(scores, Node) or scores.shape not in [(1,), (1, scores.size)]:
        raise ValueError(
            f"grad_cam needs scores of shape (n, classes) or (n,), and for n = 1 the {type(model).__name__} returned "
            f"{f'shape {scores.shape}' if hasattr(scores, 'shape') else f'a {type(scores).__name__}'}."
        )
    found = np.ravel(np.asarray(scores.data))
    check_finite("grad_cam", "the scores", found)
    chosen = int(found.argmax()) if target is None else target
    if isinstance(chosen, bool) or chosen not in range(len(found)):
        raise ValueError(f"grad_cam got scores of {len(found)} classes, so target is a number from 0 to {len(found) - 1}; got {target!r}.")
    seed = np.zeros(scores.shape, np.asarray(scores.data).dtype)
    seed[..., chosen] = 1.0
    slopes = dict(gradients({scores: seed}, stop={maps})).get(maps)
    if slopes is None:
        raise ValueError(f"grad_cam needs scores that depend on what {title} returns; choose a layer that they are computed from.")
    alphas = np.asarray(slopes)[0].mean(axis=(1, 2))
    small = np.maximum(np.tensordot(alphas, np.asarray(maps.data)[0], axes=1), 0)
    check_finite("grad_cam", f"the derivatives by what {title} returns", small)
    heat = interpolate(small[None, None], size=x.shape[1:], mode="bilinear")[0, 0]

    height, width = heat.shape
    panel: Axes = panels(ax, 1, width=5.2, height=0.6 + 4.2 * height / width)[0]
    panel.imshow(x.mean(axis=0), cmap=blend(*PALE), interpolation="nearest")
    most = float(heat.max()) or 1.0
    cover = np.clip(heat / most, 0, 1) * COVER
    layer_of_heat = panel.imshow(heat, cmap=blend(*SCALE[1:]), vmin=0, vmax=most, alpha=cover, interpolation="nearest")
    panel.figure.colorbar(layer_of_heat, ax=panel, shrink=0.8, label="how much it speaks for the class")
    panel.set(xticks=[], yticks=[])
    panel.set_title(f"Where class {chosen} is seen, by {name(title)}", **AS_TEXT)
    panel.spines[:].set_visible(False)
    return panel


def _maps_of(picture: str, model: Module, image: ArrayLike, layer: Module | str) -> tuple[NDArray[Any], Node, Any, str]:
    """The image as an array, the maps that a layer returns for it, and what the model returns.

    The last result is what a sentence calls the layer.
    """
    if not isinstance(model, Module):
        raise TypeError(f"{picture} looks into a model, an nn.Module, and got a {type(model).__name__}.")
    modules = dict(model.named_modules())
    if isinstance(layer, str):
        if layer not in modules:
            paths = ", ".join(repr(path) for path in modules if path)
            raise ValueError(f"{picture} found no layer {layer!r} in the {type(model).__name__}; it has {paths or 'none'}.")
        chosen, path = modules[layer], layer
    elif isinstance(layer, Module):
        paths_of = [path for path, module in modules.items() if module is layer]
        if not paths_of:
            raise ValueError(
                f"{picture} got a {type(layer).__name__} that is not inside the {type(model).__name__}; choose one of its layers."
            )
        chosen, path = layer, paths_of[0]
    else:
        raise TypeError(f"{picture} takes as layer a module inside the model, or its path such as '0', not a {type(layer).__name__}.")
    title = f"{visible(type(chosen).__name__)} {path!r}"
    x = np.asarray(image.data if isinstance(image, Node) else image)
    x = x[0] if x.ndim == 4 and len(x) == 1 else x
    if x.ndim != 3 or not x.size:
        raise ValueError(f"{picture} takes one image, of shape (channels, height, width), and got shape {x.shape}.")
    precision = next((np.asarray(p.data).dtype for p in model.parameters()), np.dtype(float))
    seen: list[Any] = []
    handle = chosen.register_forward_hook(lambda module, args, output: seen.append(output))
    try:
        with in_mode(model, training=False):
            scores = model(Tensor(x[None].astype(precision)))
    finally:
        handle.remove()
    if len(seen) != 1:
        raise ValueError(f"{picture} needs a layer that is called once for an image, and {title} was called {len(seen)} times.")
    (maps,) = seen
    if not isinstance(maps, Node) or len(maps.shape) != 4:
        returned = f"shape {maps.shape}" if isinstance(maps, Node) else f"a {type(maps).__name__}"
        raise ValueError(
            f"{picture} needs a layer that returns maps, of shape (n, channels, height, width), as a Conv2d does, and {title} "
            f"returned {returned}."
        )
    return x, maps, scores, title


def _mosaic(images: NDArray[np.float64], title: str, ax: Axes | None) -> Axes:
    """Many small images side by side, from an array of shape (count, channels, height, width).

    Its numbers are numbers around 0, or colours from 0 to 1.
    """
    count, channels, height, width = images.shape
    columns = min(count, math.ceil(math.sqrt(count * height / width)))
    rows = math.ceil(count / columns)
    zoom = math.ceil(12 / height)  # so that the gap of one pixel between images is thin
    tall, wide = zoom * height + 1, zoom * width + 1
    mosaic = np.full((rows * tall - 1, columns * wide - 1, channels), np.nan)
    for i, one in enumerate(images):
        top, left = i // columns * tall, i % columns * wide
        mosaic[top : top + tall - 1, left : left + wide - 1] = np.moveaxis(one, 0, -1).repeat(zoom, axis=0).repeat(zoom, axis=1)

    panel: Axes = panels(ax, 1, width=5.2, height=0.6 + 4.6 * mosaic.shape[0] / mosaic.shape[1])[0]
    if channels == 3:
        panel.imshow(np.nan_to_num(mosaic, nan=1.0), interpolation="nearest")
    else:
        most = np.abs(images).max() or 1.0
        least, colours = (-most, SCALE) if (images < 0).any() else (0.0, SCALE[1:])
        shades = blend(*colours).with_extremes(bad=GAP)
        image = panel.imshow(mosaic[:, :, 0], cmap=shades, vmin=least, vmax=most, interpolation="nearest")
        panel.figure.colorbar(image, ax=panel, shrink=0.8)
    panel.set(xticks=[], yticks=[])
    panel.set_title(title, **AS_TEXT)
    panel.spines[:].set_visible(False)
    return panel
