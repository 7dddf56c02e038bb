"""Datasets, which have a length and give items by number, and parts of datasets."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd import Node

from ..checks import is_number
from ..randomness import Seed
from ..randomness import generator as as_generator
from .collate import default_collate
from .table import as_numbers

__all__ = ["Dataset", "Items", "Subset", "TensorDataset", "items_at", "random_split"]


class Items(Protocol):
    """The type of what can be loaded in batches.

    It is a `Dataset`, a list, a range, or anything else with a length and items by number.

    It is a protocol, for annotations only, and cannot be instantiated.

    Example:
        >>> data: Items = [(0.0, 1.0), (1.0, 3.0)]
        >>> len(data), data[1]
        (2, (1.0, 3.0))
    """

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Any: ...


class Dataset:
    """The base of datasets. A subclass defines `__len__` and `__getitem__(i)`, which returns item number i.

    An item is usually a pair of an input and its target. If many items can be read faster at once
    than one by one, a subclass defines `batch` too.

    Example:
        >>> class Squares(Dataset):
        ...     def __len__(self):
        ...         return 10
        ...     def __getitem__(self, i):
        ...         return float(i), float(i * i)
        >>> Squares().batch([2, 3])
        (array([2., 3.]), array([4., 9.]))
    """

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} does not define __len__(self), the number of its items.")

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define __getitem__(self, i), which returns item number i.")

    def batch(self, indices: Any) -> Any:
        """The n items with these numbers, as a batch of arrays of shape (n, …).

        Raises:
            TypeError, ValueError: as in `default_collate`.
        """
        return default_collate([self[i] for i in indices])


class TensorDataset(Dataset):
    """Arrays that belong together, row by row: inputs and targets.

    Args:
        arrays: each of shape (n, …), with the same n: arrays, lists, Tensors, DataFrames. Their
            numbers must be finite.

    Attributes:
        arrays: as NumPy arrays.

    Raises:
        TypeError: one of them is not made of numbers.
        ValueError: there is none, they differ in length or are empty, or one contains nan or
            infinity.

    Example:
        >>> data = TensorDataset([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]], [0, 1, 1])
        >>> data[1]
        (array([2., 3.]), np.int64(1))
        >>> data[1:]
        (array([[2., 3.],
               [4., 5.]]), array([1, 1]))
    """

    def __init__(self, *arrays: ArrayLike | Node) -> None:
        if not arrays:
            raise ValueError("A TensorDataset needs at least one array; pass inputs and targets: TensorDataset(X, y).")
        self.arrays = tuple(as_numbers(x, f"Array {i} of the TensorDataset") for i, x in enumerate(arrays))
        shapes = [array.shape for array in self.arrays]
        if () in shapes:
            raise ValueError(
                f"Each array of a TensorDataset needs a first axis, for the items; got the shapes {', '.join(map(str, shapes))}."
            )
        if len({shape[0] for shape in shapes}) > 1:
            raise ValueError(f"The arrays of a TensorDataset must be equally long; got the shapes {', '.join(map(str, shapes))}.")
        if shapes[0][0] == 0:
            raise ValueError("A TensorDataset needs at least one item; the arrays are empty.")

    def __len__(self) -> int:
        return len(self.arrays[0])

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        return tuple(array[index] for array in self.arrays)

    def batch(self, indices: ArrayLike) -> tuple[NDArray[Any], ...]:
        """The n items with these numbers: for each array its rows, in the shape (n, …)."""
        return tuple(np.take(array, np.asarray(indices), axis=0) for array in self.arrays)


class Subset(Dataset):
    """Some of the items of a dataset.

    Args:
        dataset: anything with a length and items by number.
        indices: the numbers of the items that the subset has, in this order.

    Raises:
        TypeError: they are not a list of whole numbers.
        IndexError: the dataset has no item with such a number.

    Example:
        >>> subset = Subset(["a", "b", "c"], [2, 0])
        >>> len(subset), subset[0]
        (2, 'c')
    """

    def __init__(self, dataset: Items, indices: ArrayLike) -> None:
        given = np.array(indices)
        if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
            raise TypeError(f"The indices of a Subset are a list of whole numbers; got {indices!r}.")
        self.dataset, self.indices = dataset, given.astype(np.intp)
        outside = self.indices[(self.indices < 0) | (self.indices >= len(dataset))]
        if outside.size:
            raise IndexError(f"There is no item {outside[0]} in a dataset of {len(dataset)}; they are numbered from 0.")

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: Any) -> Any:
        chosen = self.indices[index]
        return self.dataset[int(chosen)] if np.ndim(chosen) == 0 else self.batch(index)

    def batch(self, indices: Any) -> Any:
        """The n items with these numbers in the subset, as a batch of arrays of shape (n, …)."""
        return items_at(self.dataset, self.indices[indices])


def items_at(dataset: Items, indices: NDArray[np.intp]) -> Any:
    """A batch of a dataset, or of anything else that has items by number.

    Example:
        >>> items_at([(0.0, 1), (2.0, 3), (4.0, 5)], np.array([0, 2]))
        (array([0., 4.]), array([1, 5]))
    """
    return dataset.batch(indices) if isinstance(dataset, Dataset) else default_collate([dataset[int(i)] for i in indices])


def random_split(dataset: Items, lengths: Sequence[float], rng: Seed = None, *, generator: Seed = None) -> list[Subset]:
    """Split a dataset at random into parts of given lengths.

    Args:
        dataset: anything with a length and items by number.
        lengths: the number of items in each part, which sum to that of the dataset; or fractions
            that sum to 1. Items left over by rounding go to the first parts.
        rng: a seed or a NumPy generator.
        generator: PyTorch's name for `rng`.

    Returns:
        The parts, as datasets.

    Raises:
        TypeError: the lengths are not numbers.
        ValueError: they have another sum, or a part would be empty.

    Example:
        >>> train, test = random_split(range(10), [0.8, 0.2], rng=0)
        >>> len(train), len(test)
        (8, 2)
    """
    n, lengths = len(dataset), list(lengths) if isinstance(lengths, Iterable) else [lengths]
    if not all(is_number(length) for length in lengths):
        raise TypeError(f"The lengths of a split are numbers; got {lengths!r}.")
    if all(isinstance(length, numbers.Integral) for length in lengths) and sum(lengths) == n:
        counts = [int(length) for length in lengths]
    elif math.isclose(sum(lengths), 1) and min(lengths) >= 0:
        counts = [math.floor(n * fraction + 1e-9) for fraction in lengths]
        for i in range(n - sum(counts)):
            counts[i % len(counts)] += 1
    else:
        raise ValueError(f"The lengths of a split of {n} items must sum to {n}, or to 1 as fractions; {lengths} sum to {sum(lengths)}.")
    if min(counts) < 1:
        raise ValueError(f"A split of {n} items into {counts} has an empty part; give each part at least one item.")
    order, ends = as_generator(generator if rng is None else rng).permutation(n), np.cumsum(counts)[:-1]
    return [Subset(dataset, part) for part in np.split(order, ends)]
