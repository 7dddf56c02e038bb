"""Where `torch`'s Tensors come from: numbers, shapes and random numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd

from .base import dims_of, plain, wrap
from .dtypes import Generator, default_dtype, rng_of, type_of
from .tensor import Tensor

__all__ = [
    "arange", "as_tensor", "bernoulli", "empty", "empty_like", "eye", "from_numpy", "full", "full_like", "linspace", "multinomial",
    "normal", "ones", "ones_like", "rand", "rand_like", "randint", "randn", "randn_like", "randperm", "tensor", "zeros", "zeros_like",
]  # fmt: skip


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor of a copy of some numbers: Python's floats become float32, whole numbers int64, arrays keep their type.

    Raises:
        ValueError: rows have different lengths.
        RuntimeError: whole numbers are to have a derivative.

    Example:
        >>> tensor([[1.0, 2.0]], requires_grad=True)
        tensor([[1., 2.]], requires_grad=True)
    """
    numbers = plain(data)
    try:
        return wrap(np.array(numbers, type_of(numbers, dtype)), requires_grad)
    except ValueError:
        raise ValueError("torch.tensor takes numbers in rows that are equally long, and these are not.") from None


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """`data` as a Tensor; the same one, if it is one."""
    if isinstance(data, autograd.Tensor) and not isinstance(data, Tensor):
        data = Tensor._apply(autograd.table["identity"], (data,), {})  # of the same history, with PyTorch's methods
    if isinstance(data, Tensor):
        return data if dtype is None else data.type(dtype)
    return from_numpy(data) if isinstance(data, np.ndarray) and dtype is None else tensor(data, dtype=dtype)


def from_numpy(array: Any) -> Tensor:
    """A Tensor that shares its numbers with an array."""
    return wrap(array)


def _filled(said: str, fill: Callable[[Any, Any], Any]) -> Callable[..., Tensor]:
    """`torch.zeros` and its like, from what makes an array of a shape, with a generator."""

    def made(*sizes: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False,
             generator: Generator | None = None) -> Tensor:  # fmt: skip
        shape = (dims_of(sizes) or ()) if size is None else size
        return wrap(np.asarray(fill(rng_of(generator), shape), dtype or default_dtype()), requires_grad)

    made.__doc__ = f"{said}, of a shape."
    return made


def _like(made: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """`torch.zeros_like` from `torch.zeros`."""

    def like(input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
        return made(plain(input).shape, dtype=dtype or plain(input).dtype, requires_grad=requires_grad)

    like.__doc__ = f"{made.__doc__[:-1]} like that of another Tensor."  # type: ignore[index]
    return like


zeros = _filled("`np.zeros`", lambda rng, shape: np.zeros(shape))
ones = _filled("`np.ones`", lambda rng, shape: np.ones(shape))
rand = _filled("`rng.random`", lambda rng, shape: rng.random(shape))
randn = _filled("`rng.standard_normal`", lambda rng, shape: rng.standard_normal(shape))
empty = zeros
zeros_like, ones_like, rand_like, randn_like = _like(zeros), _like(ones), _like(rand), _like(randn)
empty_like = zeros_like


def full(size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    return wrap(np.full(size, fill_value, type_of(fill_value, dtype)), requires_grad)


def full_like(input: Any, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    return wrap(np.full(plain(input).shape, fill_value, dtype or plain(input).dtype))


def arange(*limits: Any, start: Any = 0, end: Any = None, step: Any = 1, dtype: Any = None, device: Any = None,
           requires_grad: bool = False) -> Tensor:  # fmt: skip
    """`np.arange`."""
    limits = limits if end is None and limits[1:] else (start, end if end is not None else limits[0])
    limits = (*limits, step)[:3]
    return wrap(np.arange(*map(plain, limits), dtype=type_of(plain(limits), dtype)), requires_grad)


def linspace(start: float, end: float, steps: int, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    return wrap(np.linspace(start, end, steps, dtype=dtype or default_dtype()), requires_grad)


def eye(n: int, m: int | None = None, *, dtype: Any = None, device: Any = None) -> Tensor:
    return wrap(np.eye(n, m, dtype=dtype or default_dtype()))


def randint(*limits: Any, low: Any = 0, high: Any = None, size: Any = None, generator: Generator | None = None, dtype: Any = None,
            device: Any = None) -> Tensor:  # fmt: skip
    """Whole numbers: `torch.randint(high, size)` or `torch.randint(low, high, size)`."""
    bounds, size = (limits[:-1], limits[-1]) if size is None else (limits, size)
    low, high = (low, *bounds, *([] if high is None else [high]))[-2:]
    return wrap(rng_of(generator).integers(low, high, size).astype(dtype or np.int64))


def randperm(n: int, *, generator: Generator | None = None, device: Any = None) -> Tensor:
    return wrap(rng_of(generator).permutation(n))


def normal(mean: Any = 0.0, std: Any = 1.0, size: Any = None, *, generator: Generator | None = None) -> Tensor:
    return wrap(rng_of(generator).normal(plain(mean), plain(std), size).astype(default_dtype()))


def bernoulli(input: Any, *, generator: Generator | None = None) -> Tensor:
    """1 with the probabilities `input`, and 0."""
    p = plain(input)
    return wrap((rng_of(generator).random(p.shape) < p).astype(p.dtype))


def multinomial(input: Any, num_samples: int, replacement: bool = False, *, generator: Generator | None = None) -> Tensor:
    """Numbers of classes, drawn with probabilities that are proportional to `input`, of one row or several.

    Raises:
        RuntimeError: the weights are negative or not finite; or there are fewer that are not 0 than are to be drawn
            without replacement.
    """
    weights = np.atleast_2d(np.asarray(plain(input), float))
    if not np.isfinite(weights).all() or (weights < 0).any() or (weights.sum(-1) <= 0).any():
        raise RuntimeError("torch.multinomial takes weights that are finite, not negative, and not all 0.")
    if not replacement and ((weights > 0).sum(-1) < num_samples).any():
        raise RuntimeError(f"torch.multinomial cannot draw {num_samples} different classes of a row; pass replacement=True.")
    rng, p = rng_of(generator), weights / weights.sum(-1, keepdims=True)
    drawn = np.stack([rng.choice(p.shape[1], num_samples, replacement, row) for row in p])
    return wrap(drawn if plain(input).ndim > 1 else drawn[0])
