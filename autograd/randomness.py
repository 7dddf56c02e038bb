"""Random numbers in a computation, drawn from the caller's generator, anew at every call."""

from __future__ import annotations

from typing import Any

import numpy as np

from .modes import mode
from .primitives.arithmetic import multiply

__all__ = ["bernoulli", "dropout"]


def bernoulli(rng: np.random.Generator, p: float, shape: tuple[int, ...], dtype: Any = float) -> Any:
    """An array of ones, each with probability `p`, and zeros; as in `jax.random`.

    In a compiled function it is drawn anew at each call, in the same order as without compiling.
    `dtype` is the type of the array; the random numbers are the same for float32 and float64.

    Example:
        >>> bernoulli(np.random.default_rng(0), 0.5, (4,))
        array([0., 1., 1., 1.])
    """
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"bernoulli draws from a NumPy generator, such as np.random.default_rng(0), not from {rng!r}.")
    if not 0 <= p <= 1:
        raise ValueError(f"A probability is from 0 to 1; got {p!r}.")

    def draw() -> Any:
        return (rng.random(shape) < p).astype(dtype)

    return draw() if mode.draw is None else mode.draw(draw, np.ones(shape, dtype))


def dropout(x: Any, p: float = 0.5, *, rng: np.random.Generator) -> Any:
    """`x` with each entry set to 0 with probability `p`, and the others divided by 1 - p.

    Args:
        x: a Tensor or array, or a list of Values.
        p: the probability of an entry to be dropped, at least 0 and below 1.
        rng: the generator of random numbers.

    Source: Srivastava and others, 2014; with the scaling during training ("inverted dropout"), as in PyTorch.

    Example:
        >>> dropout(np.ones(4), 0.5, rng=np.random.default_rng(0))
        array([0., 2., 2., 2.])
    """
    if not 0 <= p < 1:
        raise ValueError(f"dropout drops with a probability of at least 0 and below 1; got {p!r}.")
    if isinstance(x, (list, tuple)):
        return [multiply(item, keep) for item, keep in zip(x, bernoulli(rng, 1 - p, (len(x),)) / (1 - p), strict=True)]
    return multiply(x, bernoulli(rng, 1 - p, x.shape, x.dtype) / (1 - p))
