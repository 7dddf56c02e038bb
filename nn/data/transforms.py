"""Transforms that make new images from existing ones: flips, crops, rotations. Names are torchvision's.

A transform takes an image, of shape (channels, height, width), or a batch, (n, channels, height,
width), and returns a new array. In a batch, each image gets random numbers of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import count, is_number, number, require
from ..randomness import Seed, generator

__all__ = ["ColorJitter", "Compose", "Normalize", "RandomCrop", "RandomHorizontalFlip", "RandomRotation", "ToTensor", "Transform"]


Images = NDArray[Any]  # bytes, or floats of any precision
Range = float | Sequence[float]  # the largest distance from the middle, or the smallest and the largest number


class Transform:
    """The base of transforms. A subclass defines `change`, which transforms a batch.

    Raises:
        ValueError: on a call, the images have neither three axes nor four.

    Example:
        >>> class Invert(Transform):
        ...     def change(self, images):
        ...         return 1 - images
        >>> Invert()(np.array([[[0.25, 1.0]]]))
        array([[[0.75, 0.  ]]])
    """

    def __call__(self, images: ArrayLike) -> Images:
        images = np.asarray(images)
        if images.ndim not in (3, 4):
            raise ValueError(
                f"{type(self).__name__} takes an image of shape (channels, height, width) or a batch of them, and got shape {images.shape}."
            )
        return self.change(images) if images.ndim == 4 else self.change(images[None])[0]

    def change(self, images: Images) -> Images:
        """A new array made of a batch of images, of shape (n, channels, height, width)."""
        raise NotImplementedError(f"{type(self).__name__} does not define change(self, images), which transforms a batch of images.")


class Compose(Transform):
    """Several transforms in sequence.

    Args:
        transforms: transforms, and functions of a single image.

    Raises:
        TypeError: one of them cannot be called.

    Example:
        >>> prepare = Compose([RandomHorizontalFlip(rng=0), Normalize([0.5], [0.5]), np.ravel])
        >>> prepare(np.ones((2, 1, 28, 28))).shape
        (2, 784)
    """

    def __init__(self, transforms: Sequence[Callable[[Images], Images]]) -> None:
        if not isinstance(transforms, Sequence):
            raise TypeError(f"Compose takes a list of transforms, not a {type(transforms).__name__}.")
        self.transforms = list(transforms)
        for transform in self.transforms:
            if not callable(transform):
                raise TypeError(f"Compose takes transforms and functions of an image, not a {type(transform).__name__}.")

    def change(self, images: Images) -> Images:
        for transform in self.transforms:
            images = transform(images) if isinstance(transform, Transform) else np.stack([transform(image) for image in images])
        return images


class ToTensor(Transform):
    """Bytes from 0 to 255 become float32 from 0 to 1.

    In files the channels are last; the result has the shape (channels, height, width).

    Images that are floats already, as those of `nn.data.MNIST` and its like, stay as they are.

    Raises:
        ValueError: on a call, the images have neither two axes, nor three, nor four.

    Example:
        >>> image = np.array([[[255, 0, 0], [0, 51, 0]]], dtype=np.uint8)
        >>> image.shape, ToTensor()(image).shape, ToTensor()(image)[1].tolist()
        ((1, 2, 3), (3, 1, 2), [[0.0, 0.20000000298023224]])
    """

    def __call__(self, images: ArrayLike) -> Images:
        images = np.asarray(images)  # an image of the package Pillow too
        return super().__call__(images[..., None] if images.ndim == 2 and images.dtype == np.uint8 else images)

    def change(self, images: Images) -> Images:
        if images.dtype != np.uint8:
            return images
        if images.shape[3] in (1, 3, 4):
            images = images.transpose(0, 3, 1, 2)
        return np.divide(images, 255, dtype=np.float32)


class ColorJitter(Transform):
    """Changes brightness, contrast, saturation and hue of each image at random, one after the other in a random order.

    Args:
        brightness, contrast, saturation: each is multiplied by a number between 1 - x and 1 + x, or
            between two that are given.
        hue: by how much of the circle of colours it is turned at most, either way, from 0 to 0.5; or
            the smallest and the largest.
        rng: a seed or a NumPy generator.

    Raises:
        TypeError: on a call, the images are bytes.
        ValueError: a setting is out of range; on a call, the images have neither one channel nor three.

    Example:
        >>> ColorJitter(brightness=(0.5, 0.5))(np.array([[[0.2, 1.0]]]))
        array([[[0.1, 0.5]]])
    """

    def __init__(self, brightness: Range = 0.0, contrast: Range = 0.0, saturation: Range = 0.0, hue: Range = 0.0, rng: Seed = None) -> None:
        self.brightness, self.contrast = _factors("brightness", brightness), _factors("contrast", contrast)
        self.saturation, self.hue = _factors("saturation", saturation), _factors("hue", hue, middle=0.0, least=-0.5, most=0.5)
        self.rng = generator(rng)

    def change(self, images: Images) -> Images:
        if images.dtype.kind != "f":
            raise TypeError(f"ColorJitter takes images of floats, from 0 to 1, and got {images.dtype}; put ToTensor() before it.")
        if images.shape[1] not in (1, 3):
            raise ValueError(f"ColorJitter takes images of one channel or three, and got shape {images.shape}.")
        steps = [
            (self.brightness, lambda x, f: x * f),
            (self.contrast, lambda x, f: f * x + (1 - f) * _grey(x).mean(axis=(1, 2, 3), keepdims=True)),
            (self.saturation, lambda x, f: f * x + (1 - f) * _grey(x)),
            (self.hue, _turn_hue),
        ]
        for i in self.rng.permutation(len(steps)):
            (low, high), step = steps[i]
            if low != high or low != (0.0 if i == 3 else 1.0):
                factor = self.rng.uniform(low, high, (len(images), 1, 1, 1)).astype(images.dtype)
                images = np.clip(step(images, factor), 0, 1)
        return images


def _factors(name: str, x: Range, middle: float = 1.0, least: float = 0.0, most: float = np.inf) -> tuple[float, float]:
    """The smallest and the largest factor."""
    given = isinstance(x, (tuple, list))
    pair = (
        tuple(x)
        if isinstance(x, (tuple, list))
        else (max(middle - number(name, x), least if middle else -np.inf), middle + number(name, x))
    )
    if len(pair) != 2 or not all(is_number(y) for y in pair) or not least <= pair[0] <= pair[1] <= most or pair[1] == np.inf:
        raise ValueError(
            f"{name} must be one number, or the smallest and the largest, {'in order' if given else f'up to {most:g}'}; got {x!r}."
        )
    return float(pair[0]), float(pair[1])


def _grey(images: Images) -> Images:
    """The perceived brightness of each pixel."""
    weights = np.array([0.2989, 0.587, 0.114], images.dtype)[:, None, None]
    return images if images.shape[1] == 1 else (images * weights).sum(axis=1, keepdims=True)


def _turn_hue(images: Images, part: Images) -> Images:
    """The colours turned by a part of their circle, from red over green and blue."""
    if images.shape[1] == 1:
        return images
    top, low = images.max(axis=1), images.min(axis=1)
    red, green, blue = images.transpose(1, 0, 2, 3)
    spread = np.where(top == low, 1, top - low)
    sixth = np.where(top == red, (green - blue) / spread % 6, np.where(top == green, (blue - red) / spread + 2, (red - green) / spread + 4))
    sixth = (sixth + 6 * part[:, 0]) % 6
    # A channel is full over two sixths of the circle, rises and falls over one, and is low over the other two.
    places = np.stack([(5 + sixth) % 6, (3 + sixth) % 6, (1 + sixth) % 6], axis=1)
    share = np.clip(np.minimum(places, 4 - places), 0, 1)
    turned: Images = (top[:, None] - (top - low)[:, None] * share).astype(images.dtype)
    return turned


class Normalize(Transform):
    """(x - mean) / std, channel by channel.

    Args:
        mean, std: a number for each channel, or one for all. Those of MNIST are 0.1307 and 0.3081.

    Raises:
        TypeError: they are not numbers; on a call, the images are bytes.
        ValueError: a standard deviation is not above 0; on a call, the images have another number
            of channels.

    Example:
        >>> Normalize(0.5, 0.25)(np.array([[[0.5, 1.0]]]))
        array([[[0., 2.]]])
    """

    def __init__(self, mean: float | Sequence[float], std: float | Sequence[float]) -> None:
        try:
            self.mean, self.std = (np.atleast_1d(np.asarray(x, dtype=float)) for x in (mean, std))
        except (TypeError, ValueError):
            raise TypeError(f"Normalize takes numbers, a mean and a standard deviation for each channel; got {mean!r}, {std!r}.") from None
        if not (self.std > 0).all() or not np.isfinite([*self.mean, *self.std]).all():
            raise ValueError(f"Normalize needs finite means, and standard deviations above 0; got {mean!r} and {std!r}.")

    def change(self, images: Images) -> Images:
        if images.dtype.kind != "f":
            raise TypeError(f"Normalize takes images of floats, from 0 to 1, and got {images.dtype}; divide bytes by 255 first.")
        if not {len(self.mean), len(self.std)} <= {1, images.shape[1]}:
            raise ValueError(f"Normalize is for {max(len(self.mean), len(self.std))} channels, and the images have {images.shape[1]}.")
        mean, std = (x.astype(images.dtype)[:, None, None] for x in (self.mean, self.std))
        normalized: Images = (images - mean) / std
        return normalized


class RandomHorizontalFlip(Transform):
    """Flips each image left to right, with a given probability.

    Args:
        p: the probability.
        rng: a seed or a NumPy generator.

    Raises:
        TypeError, ValueError: `p` is not a number from 0 to 1.

    Example:
        >>> RandomHorizontalFlip(p=1.0)(np.array([[[1, 2, 3]]]))
        array([[[3, 2, 1]]])
    """

    def __init__(self, p: float = 0.5, rng: Seed = None) -> None:
        self.p, self.rng = number("p", p, most=1), generator(rng)

    def change(self, images: Images) -> Images:
        flipped = self.rng.random(len(images)) < self.p
        return np.where(flipped[:, None, None, None], images[..., ::-1], images)


class RandomCrop(Transform):
    """Cuts a part out of each image, at a random place.

    Args:
        size: the height and width of the part: two numbers, or one for both.
        padding: how many zeros to put around the image first, on each side.
        rng: a seed or a NumPy generator.

    Raises:
        TypeError, ValueError: they are not such numbers; on a call, the images are smaller than the
            part.

    Example:
        >>> RandomCrop(28, padding=2, rng=0)(np.ones((64, 1, 28, 28))).shape
        (64, 1, 28, 28)
    """

    def __init__(self, size: int | Sequence[int], padding: int = 0, rng: Seed = None) -> None:
        sizes = size if isinstance(size, (tuple, list)) else [size, size]
        if len(sizes) != 2:
            raise ValueError(f"size must be one number, or height and width; got {size!r}.")
        self.height, self.width = (count("size", x) for x in sizes)
        self.padding, self.rng = count("padding", padding, least=0), generator(rng)

    def change(self, images: Images) -> Images:
        around = (self.padding, self.padding)
        images = np.pad(images, ((0, 0), (0, 0), around, around))
        n, _, height, width = images.shape
        if height < self.height or width < self.width:
            raise ValueError(
                f"RandomCrop cannot cut {self.height}×{self.width} out of images of {height}×{width} (padding included); pad them more."
            )
        top = self.rng.integers(height - self.height + 1, size=n)
        left = self.rng.integers(width - self.width + 1, size=n)
        windows = np.lib.stride_tricks.sliding_window_view(images, (self.height, self.width), axis=(2, 3))
        return windows[np.arange(n), :, top, left]


class RandomRotation(Transform):
    """Rotates each image about its centre by a random angle. The corners are filled with 0. It needs SciPy.

    Args:
        degrees: the largest angle, in either direction; or the smallest and the largest.
            Positive angles are counterclockwise.
        rng: a seed or a NumPy generator.

    Raises:
        TypeError, ValueError: `degrees` is not such a number, or two of them in order.
        ModuleNotFoundError: SciPy is not installed.

    Example:
        >>> RandomRotation((90, 90))(np.array([[[1.0, 2.0], [3.0, 4.0]]])).round(6)
        array([[[2., 4.],
                [1., 3.]]])
    """

    def __init__(self, degrees: float | Sequence[float], rng: Seed = None) -> None:
        if isinstance(degrees, (tuple, list)):
            if len(degrees) != 2 or not all(is_number(x) for x in degrees) or not -np.inf < degrees[0] <= degrees[1] < np.inf:
                raise ValueError(f"degrees must be an angle, or the smallest and the largest; got {degrees!r}.")
            self.low, self.high = map(float, degrees)
        else:
            self.high = number("degrees", degrees)
            self.low = -self.high
        require("scipy", "RandomRotation needs SciPy", "scipy")
        self.rng = generator(rng)

    def change(self, images: Images) -> Images:
        from scipy import ndimage

        n, channels, height, width = images.shape
        angle = np.deg2rad(self.rng.uniform(self.low, self.high, size=n)).repeat(channels)[:, None, None]
        y, x = np.arange(height)[:, None] - (height - 1) / 2, np.arange(width) - (width - 1) / 2
        # Where in the image each pixel of the result comes from: its place, turned back.
        from_y = np.cos(angle) * y + np.sin(angle) * x + (height - 1) / 2
        from_x = np.cos(angle) * x - np.sin(angle) * y + (width - 1) / 2
        plane = np.broadcast_to(np.arange(n * channels)[:, None, None], from_y.shape)
        # With zeros around it, what comes from outside is the nearest zero.
        padded = np.pad(images.reshape(-1, height, width), ((0, 0), (1, 1), (1, 1)))
        turned = ndimage.map_coordinates(padded, [plane, from_y + 1, from_x + 1], output=images.dtype, order=1, mode="nearest")
        return turned.reshape(images.shape)  # SciPy has no types
