"""`spirals`: classes of points that wind around each other, which no straight line separates."""

from __future__ import annotations

import numpy as np

from ..checks import count, number
from ..randomness import Seed, generator
from .examples import Examples

__all__ = ["spirals"]


def spirals(n: int = 300, classes: int = 3, noise: float = 0.2, rng: Seed = None) -> Examples:
    """Points in the plane on spiral arms, one arm for each class.

    A point at distance r from the centre, from 0 to 1, has turned by the angle 4r (in radians)
    from the beginning of its arm, plus noise.

    Args:
        n: the number of points; all arms have the same number, or one more.
        classes: the number of arms.
        noise: the standard deviation of the angle, in radians.
        rng: a seed or a NumPy generator.

    Returns:
        The points, of shape (n, 2), and their classes, of shape (n,), in random order; see `Examples`.

    Raises:
        TypeError, ValueError: an argument is not such a number, or there are fewer points than classes.

    Example:
        >>> X, y = spirals(300, classes=3, rng=0)
        >>> X.shape, np.bincount(y)
        ((300, 2), array([100, 100, 100]))
    """
    n, classes, noise = count("n", n), count("classes", classes), number("noise", noise)
    if n < classes:
        raise ValueError(f"n must be at least the number of classes, {classes}, to have a point of each; got {n}.")
    rng = generator(rng)
    y = np.arange(n) % classes
    r = (np.arange(n) // classes) / max((n - 1) // classes, 1)
    angle = 2 * np.pi * y / classes + 4 * r + noise * rng.standard_normal(n)
    X = np.stack([r * np.cos(angle), r * np.sin(angle)], axis=1)
    order = rng.permutation(n)
    return Examples(X[order], y[order], ("x1", "x2"), range(classes))
