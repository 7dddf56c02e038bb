"""`DataLoader`: a dataset in batches; each `for` loop over it goes once through the items."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import count
from ..parameter import handed_out
from ..randomness import Seed
from ..randomness import generator as as_generator
from .dataset import Items, items_at

__all__ = ["DataLoader"]


class DataLoader:
    """The items of a dataset in batches of NumPy arrays, which are constants to the engine.

    Args:
        dataset: a `Dataset`, or anything else with a length and items by number.
        batch_size: the number of items in a batch; the last may have fewer.
        shuffle: whether each loop goes through the items in a new random order.
        sampler: gives the numbers of the items in order, instead of `shuffle`: a `WeightedRandomSampler`, or anything
            else with a length that gives whole numbers; they are taken as they are needed.
        drop_last: whether a last batch that is not full is left out.
        collate_fn: makes a batch from a list of items; by default `default_collate`, which needs
            items of the same structure and shape.
        num_workers, pin_memory, persistent_workers: ignored; they are accepted so that PyTorch's programs run.
        rng: a seed or a NumPy generator for the random orders.
        generator: PyTorch's name for `rng`.

    Attributes:
        rng: the generator; its state determines the next order.

    Raises:
        TypeError: `batch_size` is not a whole number; `sampler` has no length; or `dataset` is several arrays, or has
            no length and items by number.
        ValueError: there are `sampler` and `shuffle`, or `rng` and `generator`; `batch_size` is less than 1; the
            dataset is empty; or `drop_last` leaves no batch.

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
        self, dataset: Items, batch_size: int = 1, shuffle: bool = False, sampler: Iterable[int] | None = None, *,
        drop_last: bool = False, collate_fn: Callable[[list[Any]], Any] | None = None, num_workers: int = 0, pin_memory: bool = False,
        persistent_workers: bool = False, rng: Seed = None, generator: Seed = None,
    ) -> None:  # fmt: skip
        arrays = dataset if isinstance(dataset, (tuple, list)) and all(hasattr(x, "shape") for x in dataset) else ()
        if getattr(batch_size, "shape", ()) or len({x.shape for x in arrays}) > 1:
            raise TypeError("A DataLoader takes one dataset, and then the batch_size; make one of inputs and targets: TensorDataset(X, y).")
        if not (hasattr(dataset, "__len__") and hasattr(dataset, "__getitem__")):
            raise TypeError(f"A DataLoader takes a dataset, with a length and items by number, not a {type(dataset).__name__}.")
        self.dataset, self.batch_size = dataset, count("batch_size", batch_size)
        if rng is not None and generator is not None:
            raise ValueError("DataLoader takes rng or generator, which mean the same, not both.")
        if sampler is not None and shuffle:
            raise ValueError("DataLoader takes a sampler or shuffle=True, not both: the sampler says in which order the items come.")
        if sampler is not None and not (hasattr(sampler, "__len__") and hasattr(sampler, "__iter__")):
            raise TypeError(f"A sampler has a length, and gives the numbers of items; a {type(sampler).__name__} does not.")
        self.sampler = sampler
        self.shuffle, self.drop_last, self.collate_fn = bool(shuffle), bool(drop_last), collate_fn
        self.rng = getattr(sampler, "rng", None) or as_generator(generator if rng is None else rng)
        self._to_come: NDArray[np.intp] | None = None  # the remaining items of a running loop,
        self._sampled = _Sampled(())  # and those that a sampler gives after them
        self._resumed: NDArray[np.intp] | None = None  # the items of the next loop, if it continues an interrupted one
        if len(dataset) == 0:
            raise ValueError("The dataset of a DataLoader is empty; it needs at least one item.")
        if len(self) == 0:
            raise ValueError(f"drop_last leaves no batch: there are {self._items()} items, and a batch has {batch_size}.")

    def __len__(self) -> int:
        full, rest = divmod(self._items(), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def _items(self) -> int:
        """How many items one loop goes through."""
        return len(self.dataset) if self.sampler is None else len(self.sampler)  # type: ignore[arg-type]  # checked at the start

    def __iter__(self) -> Iterator[Any]:
        n, order, sampled = len(self.dataset), _numbers(()), _Sampled(())
        if self._resumed is not None:
            order, self._resumed = self._resumed, None
        elif self.sampler is not None:
            sampled = _Sampled(self.sampler)
        else:
            order = self.rng.permutation(n) if self.shuffle else np.arange(n)
        least = self.batch_size if self.drop_last else 1
        try:
            while len(order) >= least or len(order := sampled.take(self.batch_size)) >= least:
                indices, order = order[: self.batch_size], order[self.batch_size :]
                self._to_come, self._sampled = order, sampled
                if self.collate_fn is None:
                    yield handed_out(items_at(self.dataset, indices))
                else:
                    yield self.collate_fn([self.dataset[int(j)] for j in indices])
        finally:
            self._to_come = None

    def state_dict(self) -> dict[str, Any]:
        """The state of its generator and, inside a loop, the items that are still to come.

        It consists of arrays and dicts of numbers.

        Example:
            >>> print(DataLoader(range(9), 3).state_dict()["to_come"])
            None
        """
        to_come = self._resumed if self._to_come is None else np.concatenate([self._to_come, self._sampled.rest()])
        return {"rng": self.rng.bit_generator.state, "to_come": to_come}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue where another loader of the same data has stopped.

        If that was inside a loop, the next loop is the rest of it.

        In a loader that was made without an `rng`, this sets the shared generator.

        Raises:
            TypeError: it is not a dict from `state_dict()`.
            ValueError: it comes from a loader of more items, or with another kind of generator.

        Example:
            >>> old, new = DataLoader(range(9), 3, shuffle=True, rng=0), DataLoader(range(9), 3, shuffle=True)
            >>> for batch in old:
            ...     break
            >>> new.load_state_dict(old.state_dict())
            >>> next(iter(new)) == next(iter(old))
            array([ True,  True,  True])
        """
        if not isinstance(state_dict, Mapping) or set(state_dict) != {"rng", "to_come"}:
            raise TypeError("load_state_dict of a DataLoader takes a dict with the keys 'rng' and 'to_come', as state_dict() gives.")
        to_come = None if state_dict["to_come"] is None else np.array(state_dict["to_come"])
        if to_come is not None and to_come.max(initial=0) >= len(self.dataset):
            raise ValueError(f"The state is that of a loader of more items: it has item {to_come.max()}, and here are {len(self.dataset)}.")
        self.rng.bit_generator.state = state_dict["rng"]
        self._resumed = to_come


def _numbers(items: Iterable[int]) -> NDArray[np.intp]:
    return np.fromiter(items, np.intp)


class _Sampled:
    """The numbers that a sampler gives, of which there may be endlessly many."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self._numbers = iter(numbers)

    def take(self, n: int) -> NDArray[np.intp]:
        return _numbers(islice(self._numbers, n))

    def rest(self) -> NDArray[np.intp]:
        """All that are left, which can still be taken."""
        rest = _numbers(self._numbers)
        self._numbers = iter(rest)
        return rest
