"""`DataLoader`: a dataset in batches, once through for each `for` loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..checks import count
from ..randomness import Seed, generator
from .dataset import items_at

__all__ = ["DataLoader"]


class DataLoader:
    """The items of a dataset in batches of NumPy arrays, which are constants to the engine.

    Args:
        dataset: a `Dataset`, or anything else with a length and items by number.
        batch_size: the number of items in a batch; the last may have fewer.
        shuffle: whether each loop goes through them in a new random order.
        drop_last: whether a last batch that is not full is left out.
        collate_fn: how a list of items becomes a batch, where they are not alike; see
            `default_collate`, which does it otherwise.
        rng: a seed or a NumPy generator for the orders.

    Attributes:
        rng: the generator; its state says which order comes next.

    Raises:
        TypeError: `batch_size` is no whole number, or `dataset` has no length.
        ValueError: it is less than 1; the dataset is empty; or no batch is left.

    Example:
        >>> from nn.data import TensorDataset
        >>> loader = DataLoader(TensorDataset(np.arange(5.0), np.arange(5)), batch_size=2)
        >>> len(loader)
        3
        >>> for x, y in loader:
        ...     print(x, y)
        [0. 1.] [0 1]
        [2. 3.] [2 3]
        [4.] [4]
    """

    def __init__(
        self, dataset: Any, batch_size: int = 1, shuffle: bool = False, *,
        drop_last: bool = False, collate_fn: Callable[[list[Any]], Any] | None = None, rng: Seed = None,
    ) -> None:  # fmt: skip
        if not (hasattr(dataset, "__len__") and hasattr(dataset, "__getitem__")):
            raise TypeError(f"A DataLoader takes a dataset, with a length and items by number, not a {type(dataset).__name__}.")
        self.dataset, self.batch_size = dataset, count("batch_size", batch_size)
        self.shuffle, self.drop_last, self.collate_fn, self.rng = bool(shuffle), bool(drop_last), collate_fn, generator(rng)
        if len(dataset) == 0:
            raise ValueError("The dataset of a DataLoader is empty; it needs at least one item.")
        if len(self) == 0:
            raise ValueError(f"drop_last leaves no batch: there are {len(dataset)} items, and a batch has {batch_size}.")

    def __len__(self) -> int:
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[Any]:
        n = len(self.dataset)
        order = self.rng.permutation(n) if self.shuffle else np.arange(n)
        for i in range(len(self)):
            indices = order[i * self.batch_size : (i + 1) * self.batch_size]
            if self.collate_fn is None:
                yield items_at(self.dataset, indices)
            else:
                yield self.collate_fn([self.dataset[int(j)] for j in indices])
