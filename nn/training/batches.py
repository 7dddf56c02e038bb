"""What a Trainer takes as data, and how it becomes batches of inputs and targets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from autograd import Node
from autograd.structures import leaves

from ..data import DataLoader, Dataset, TensorDataset
from ..randomness import Seed

__all__ = ["Batch", "as_loader", "batches", "inputs_as_loader"]


class Batch(NamedTuple):
    """A batch: what the model is called with, what should come out (None where nobody asks), and the number of examples."""

    inputs: tuple[Any, ...]
    target: Any
    size: int


def as_loader(name: str, data: Any, batch_size: int | None, default: int, shuffle: bool = False, rng: Seed = None) -> DataLoader:
    """A loader for data with targets: a DataLoader, a dataset, or a tuple of arrays.

    Args:
        name: what an error calls the data.
        data: the data.
        batch_size: what the user asked for, None if nothing.
        default: the batch size for this case.
        shuffle, rng: as in `DataLoader`; a given DataLoader has its own.

    Raises:
        TypeError: it is nothing of the kind.
        ValueError: there are no targets, or no examples; or a DataLoader came with another batch size.
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


def inputs_as_loader(inputs: Any, batch_size: int | None, default: int) -> tuple[DataLoader, bool]:
    """A loader for data whose targets do not matter, and whether it gives inputs alone.

    Args:
        inputs: an array of inputs, or a tuple of several; or a dataset or a DataLoader, whose
            targets are left out.
        batch_size, default: as in `as_loader`.
    """
    if isinstance(inputs, (DataLoader, Dataset)):
        return as_loader("The data", inputs, batch_size, default), False
    arrays = inputs if isinstance(inputs, tuple) else (inputs,)
    return DataLoader(TensorDataset(*arrays), default if batch_size is None else batch_size), True


def batches(loader: DataLoader, inputs_only: bool = False, target_needed: bool = True) -> Iterator[Batch]:
    """The batches of one loop through a loader: of the parts of an item, the last is the target.

    Raises:
        ValueError: items have no targets, and they are needed.
    """
    for batch in loader:
        parts = tuple(batch) if isinstance(batch, (tuple, list)) else (batch,)
        if inputs_only or (len(parts) == 1 and not target_needed):
            yield Batch(parts, None, _length(parts))
        elif len(parts) > 1:
            yield Batch(parts[:-1], parts[-1], _length(parts[-1]))
        else:
            raise ValueError("An item of the data must be a pair of an input and its target; here it is an input alone.")


def _length(batch: Any) -> int:
    return len(leaves(batch)[0])
