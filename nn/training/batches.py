"""What a Trainer takes as data, and how that becomes batches of inputs and targets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import ArrayLike

from autograd import Node
from autograd.structures import leaves

from ..callbacks.training import Batch
from ..data import DataLoader, Dataset, Items, TensorDataset
from ..randomness import Seed

__all__ = ["Data", "as_loader", "batches", "inputs_as_loader"]

Data = DataLoader | Items | tuple[ArrayLike | Node, ...]


def as_loader(name: str, data: Data, batch_size: int | None, default: int, shuffle: bool = False, rng: Seed = None) -> DataLoader:
    """A loader for data with targets: a DataLoader, a dataset, or a tuple of arrays.

    Args:
        name: what an error calls the data.
        data: the data.
        batch_size: what the user asked for; None for nothing.
        default: the batch size in that case.
        shuffle, rng: as in `DataLoader`; a given DataLoader has its own.

    Raises:
        TypeError: the data are none of these.
        ValueError: there are no targets, or no examples; or a DataLoader came with another batch size.

    Example:
        >>> len(as_loader("train", ([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0]), batch_size=2, default=32))
        2
    """
    if isinstance(data, DataLoader):
        if batch_size is not None:
            raise ValueError(f"{name} is a DataLoader, which has its batch size ({data.batch_size}); leave batch_size out.")
        return data
    if isinstance(data, tuple):
        if len(data) < 2:
            raise ValueError(f"{name} is a tuple of {len(data)}; inputs and targets are needed, as a pair (X, y).")
        data = TensorDataset(*data)
    elif isinstance(data, (Node, np.ndarray, str, Mapping)) or hasattr(data, "columns") or not hasattr(data, "__getitem__"):
        raise TypeError(f"{name} must be a pair of arrays (X, y), a dataset or a DataLoader; got a {type(data).__name__}.")
    return DataLoader(data, default if batch_size is None else batch_size, shuffle, rng=rng)


def inputs_as_loader(inputs: Data | ArrayLike | Node, batch_size: int | None, default: int) -> tuple[DataLoader, bool]:
    """A loader for data whose targets do not matter, and whether its items are inputs alone.

    Args:
        inputs: an array of inputs, or a tuple of several; or a dataset or a DataLoader, whose
            targets are ignored.
        batch_size, default: as in `as_loader`.

    Raises:
        TypeError, ValueError: as in `as_loader`.

    Example:
        >>> loader, inputs_only = inputs_as_loader([[0.0], [1.0], [2.0]], batch_size=2, default=256)
        >>> len(loader), inputs_only
        (2, True)
    """
    if isinstance(inputs, (DataLoader, Dataset)):
        return as_loader("The data", inputs, batch_size, default), False
    arrays = inputs if isinstance(inputs, tuple) else (inputs,)
    return DataLoader(TensorDataset(*arrays), default if batch_size is None else batch_size), True


def batches(loader: DataLoader, inputs_only: bool = False, target_needed: bool = True) -> Iterator[Batch]:
    """The batches of one pass through a loader. The last part of an item is its target.

    Args:
        loader: the loader.
        inputs_only: whether all parts of an item are inputs.
        target_needed: whether an item of a single part, an input, is refused.

    Raises:
        ValueError: the items have no targets, and they are needed.

    Example:
        >>> loader = as_loader("train", ([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0]), batch_size=2, default=32)
        >>> [batch.size for batch in batches(loader)]
        [2, 1]
    """
    for batch in loader:
        parts = tuple(batch) if isinstance(batch, (tuple, list)) else (batch,)
        if inputs_only or (len(parts) == 1 and not target_needed):
            yield Batch(parts, None, _length(parts))
        elif len(parts) > 1:
            yield Batch(parts[:-1], parts[-1], _length(parts[-1]))
        else:
            raise ValueError("An item of the data must be a pair of an input and its target; here it is an input alone.")


def _length(batch: object) -> int:
    return len(leaves(batch)[0])
