"""Layers that make signals and images larger or smaller without learning, with PyTorch's names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

import autograd

from .inputs import array_from, as_input, check_size
from .module import Module
from .pooling import means
from .types import Array, Data, Input, Sizes

__all__ = ["PixelShuffle", "Upsample", "interpolate", "pixel_shuffle"]

Factors: TypeAlias = float | Sequence[float]
# How many axes of space each way of interpolating takes; None for any number.
MODES = {"nearest": None, "nearest-exact": None, "area": None, "linear": 1, "bilinear": 2, "bicubic": 2}
SMOOTH = ("linear", "bilinear", "bicubic")


class Upsample(Module):
    """Signals and images of another size, by interpolation, as in PyTorch.

    Args:
        size: the length, or the height and the width, of the output; a single number counts for all axes.
        scale_factor: how many times as long each axis becomes, if `size` is None.
        mode: "nearest" repeats numbers; "linear" (of signals), "bilinear" and "bicubic" (of images)
            go smoothly from one to the next; "area" takes means; "nearest-exact" is "nearest" without
            its shift by half a number.
        align_corners: whether the first and the last number stay where they are; for smooth modes.
        recompute_scale_factor: compute the scale anew from the rounded size.

    Shape:
        (n, channels, length) or (n, channels, height, width); the output has the new size.

    Raises:
        ValueError: the mode is unknown; on a call, neither or both of `size` and `scale_factor` are
            given, or they do not fit the input, or the mode does not.

    Example:
        >>> Upsample(scale_factor=2)(np.array([[[1.0, 2.0]]]))
        array([[[1., 1., 2., 2.]]])
        >>> Upsample(4, mode="linear", align_corners=True)(np.array([[[0.0, 3.0]]])).round(6)
        array([[[0., 1., 2., 3.]]])
    """

    def __init__(
        self, size: Sizes | None = None, scale_factor: Factors | None = None, mode: str = "nearest", align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:  # fmt: skip
        if mode not in MODES:
            raise ValueError(f"Upsample takes as mode one of {', '.join(MODES)}; got {mode!r}.")
        self.size, self.scale_factor, self.mode = size, scale_factor, mode
        self.align_corners, self.recompute_scale_factor = align_corners, recompute_scale_factor

    def forward(self, x: Input) -> Data:
        x = as_input(x, None, self)
        if x.ndim < 3:
            raise ValueError(f"{self._called()} takes shapes (n, channels, length) and (n, channels, height, width), not {x.shape}.")
        y: Data = interpolate(x, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor)
        return y

    def extra_repr(self) -> str:
        size = f"scale_factor={self.scale_factor}" if self.scale_factor is not None else f"size={self.size}"
        return f"{size}, mode={self.mode!r}"


def interpolate(
    input: Input, size: Sizes | None = None, scale_factor: Factors | None = None, mode: str = "nearest",
    align_corners: bool | None = None, recompute_scale_factor: bool | None = None,
) -> Any:  # fmt: skip
    """A signal or an image of another size; `Upsample` says more.

    Raises:
        ValueError: see `Upsample`.

    Example:
        >>> interpolate(np.ones((1, 3, 8, 8)), scale_factor=0.5).shape
        (1, 3, 4, 4)
    """
    x: Any = array_from(input, Module())
    if mode not in MODES or MODES[mode] not in (None, x.ndim - 2):
        raise ValueError(
            f"interpolate takes as mode {', '.join(MODES)}; got {mode!r} for shape {x.shape}. After (n, channels), linear is for one axis, "
            "bilinear and bicubic are for two."
        )
    if align_corners is not None and mode not in SMOOTH:
        raise ValueError(f"align_corners is for the modes {', '.join(SMOOTH)}, not for {mode!r}; leave it out.")
    if (size is None) == (scale_factor is None):
        raise ValueError("interpolate takes either the size or the scale_factor of the output.")
    old = x.shape[2:]
    given: Any = size if scale_factor is None else scale_factor
    settings: list[Any] = list(given) if isinstance(given, (tuple, list)) else [given] * len(old)
    if len(settings) != len(old):
        raise ValueError(f"interpolate got {given!r} for an input of shape {x.shape}, which after (n, channels) has {len(old)} axes.")
    for i, (length, setting) in enumerate(zip(old, settings, strict=True)):
        new = check_size("interpolate", "the size", int(setting) if size is not None else math.floor(length * setting))
        scale = 1 / setting if size is None and not recompute_scale_factor else length / new
        if mode.startswith("nearest"):
            # As PyTorch computes them, in the precision of the input, and then rounded: this decides where one falls
            # between two.
            precision = np.dtype(float if x.dtype == float else np.float32).type
            places = (np.arange(new, dtype=precision) + precision(0.5 if mode == "nearest-exact" else 0.0)) * precision(scale)
            places = np.floor(places.astype(np.float32)).astype(int)
            x = autograd.take(x, np.minimum(places, length - 1), axis=i + 2)
            continue
        dtype = x.dtype if x.dtype.kind == "f" else np.float32
        matrix = means(length, new, dtype) if mode == "area" else _smooth(length, new, scale, mode == "bicubic", bool(align_corners), dtype)
        axis_last = [*(j for j in range(x.ndim) if j != i + 2), i + 2]
        back = np.argsort(axis_last).tolist()
        x = x @ matrix.T if i + 3 == x.ndim else matrix @ x if i + 4 == x.ndim else (x.transpose(*axis_last) @ matrix.T).transpose(*back)
    return x


def _smooth(old: int, new: int, scale: float, cubic: bool, align_corners: bool, dtype: DTypeLike) -> Array:
    """The matrix that interpolates `new` numbers among `old` ones, by straight lines or by cubic curves (Keys, 1981)."""
    if align_corners:
        places = np.arange(new) * ((old - 1) / (new - 1) if new > 1 else 0.0)
    else:
        places = scale * (np.arange(new) + 0.5) - 0.5
        places = places if cubic else np.maximum(places, 0.0)
    first = np.floor(places).astype(int)
    t = places - first
    parts = {0: 1 - t, 1: t}
    if cubic:
        a = -0.75

        def near(d: Any) -> Any:
            return ((a + 2) * d - (a + 3)) * d * d + 1

        def far(d: Any) -> Any:
            return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a

        parts = {-1: far(t + 1), 0: near(t), 1: near(1 - t), 2: far(2 - t)}
    matrix = np.zeros((new, old))
    for step, part in parts.items():
        np.add.at(matrix, (np.arange(new), np.clip(first + step, 0, old - 1)), part)
    return matrix.astype(dtype)


class PixelShuffle(Module):
    """Channels become pixels: each r² channels are the r × r pixels in the place of one (Shi and others, 2016).

    Args:
        upscale_factor: r, how many times as high and wide the image becomes.

    Shape:
        (n, channels · r², height, width) → (n, channels, height · r, width · r), or both without n.

    Raises:
        ValueError: `upscale_factor` is not a whole number from 1; on a call, the input has other axes,
            or its channels do not split into r².

    Example:
        >>> PixelShuffle(2)(np.arange(4.0).reshape(4, 1, 1))
        array([[[0., 1.],
                [2., 3.]]])
    """

    def __init__(self, upscale_factor: int) -> None:
        self.upscale_factor = check_size("PixelShuffle", "upscale_factor", upscale_factor)

    def forward(self, x: Input) -> Data:
        r, x = self.upscale_factor, as_input(x, None, self)
        if x.ndim < 3 or x.shape[-3] % r**2:
            raise ValueError(f"{self._called()} takes images of shape (n, channels · {r**2}, height, width), and got shape {x.shape}.")
        y: Data = pixel_shuffle(x, r)
        return y

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


def pixel_shuffle(input: Any, upscale_factor: int) -> Any:
    """Channels become pixels; `PixelShuffle` says more.

    Example:
        >>> pixel_shuffle(np.ones((1, 8, 3, 3)), 2).shape
        (1, 2, 6, 6)
    """
    r, (*front, channels, height, width), n = upscale_factor, input.shape, input.ndim - 3
    apart = autograd.reshape(input, (*front, channels // r**2, r, r, height, width))
    moved = autograd.transpose(apart, (*range(n), n, n + 3, n + 1, n + 4, n + 2))
    return autograd.reshape(moved, (*front, channels // r**2, height * r, width * r))
