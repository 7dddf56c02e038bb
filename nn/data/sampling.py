"""Samplers, from which a `DataLoader` takes the order of items."""

from __future__ import annotations

from collections.abc import Iterator, Sized

import numpy as np
from numpy.typing import ArrayLike

from ..checks import count
from ..randomness import Seed
from ..randomness import generator as as_generator

__all__ = ["RandomSampler", "WeightedRandomSampler"]


class RandomSampler:
    """Numbers of items in a random order: each once, as with `shuffle`; or drawn anew each time.

    Args:
        data_source: the dataset, or anything else with a length.
        replacement: whether an item may come again before all others have come.
        num_samples: how many numbers one pass has; as many as there are items, if None.
        generator: a seed or a NumPy generator; without one, the generator that `nn.manual_seed` sets.

    Raises:
        TypeError: `num_samples` is not a whole number.
        ValueError: there are no items.

    Example:
        >>> sorted(RandomSampler("abcd")), len([*RandomSampler("abcd", replacement=True, num_samples=9)])
        ([0, 1, 2, 3], 9)
    """

    def __init__(self, data_source: Sized, replacement: bool = False, num_samples: int | None = None, generator: Seed = None) -> None:
        if not len(data_source):
            raise ValueError("A RandomSampler draws from the items of a dataset, and this one is empty.")
        self.data_source, self.replacement = data_source, bool(replacement)
        self.num_samples = len(data_source) if num_samples is None else count("num_samples", num_samples)
        self.rng = as_generator(generator)

    def __len__(self) -> int:
        return self.num_samples

    def __iter__(self) -> Iterator[int]:
        n, left = len(self.data_source), self.num_samples
        while left > 0:
            some = self.rng.integers(n, size=min(n, left)) if self.replacement else self.rng.permutation(n)[:left]
            yield from some.tolist()
            left -= len(some)


class WeightedRandomSampler:
    """Random numbers of items, with frequencies in proportion to weights; for classes with few examples.

    Args:
        weights: one for each item of the dataset, from 0; they need not sum to 1.
        num_samples: how many numbers one pass has.
        replacement: whether an item may come more than once in a pass.
        generator: a seed or a NumPy generator; without one, the generator that `nn.manual_seed` sets.

    Raises:
        TypeError: `num_samples` is not a whole number.
        ValueError: a weight is negative or not finite, all are 0, or without replacement there are
            fewer than `num_samples` above 0.

    Example:
        >>> from nn.data import DataLoader
        >>> labels = np.array([0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
        >>> weights = 1 / np.bincount(labels)[labels]  # both classes come equally often
        >>> loader = DataLoader(labels, batch_size=1000, sampler=WeightedRandomSampler(weights, 1000, generator=0))
        >>> float(next(iter(loader)).mean().round(1))
        0.5
    """

    def __init__(self, weights: ArrayLike, num_samples: int, replacement: bool = True, generator: Seed = None) -> None:
        self.weights = np.array(weights, dtype=float)
        if self.weights.ndim != 1 or not np.isfinite(self.weights).all() or (self.weights < 0).any() or not self.weights.any():
            raise ValueError("The weights of a WeightedRandomSampler are a list of numbers from 0, not all 0, one for each item.")
        self.num_samples, self.replacement = count("num_samples", num_samples), bool(replacement)
        possible = np.count_nonzero(self.weights)
        if not self.replacement and possible < num_samples:
            raise ValueError(
                f"Without replacement there are {possible} items of weights above 0 to take, and num_samples is {num_samples}."
            )
        self.rng = as_generator(generator)

    def __len__(self) -> int:
        return self.num_samples

    def __iter__(self) -> Iterator[int]:
        shares = self.weights / self.weights.sum()
        yield from self.rng.choice(len(shares), self.num_samples, self.replacement, shares).tolist()
