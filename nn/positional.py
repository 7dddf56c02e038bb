"""Positional encodings: the position is added to the vectors of a sequence.

Attention itself does not see the order of a sequence.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import DTypeLike

from .dropout import Dropout
from .inputs import as_input, check_size
from .module import Module
from .parameter import Parameter
from .randomness import Seed, generator
from .types import Data, Input

__all__ = ["LearnedPositionalEncoding", "PositionalEncoding"]


class _Positions(Module):
    """Adds the first rows of a table (max_len, d_model) to a sequence."""

    def __init__(self, d_model: int, dropout: float, max_len: int, batch_first: bool, rng: Seed) -> None:
        for name, size in (("d_model", d_model), ("max_len", max_len)):
            check_size(type(self).__name__, name, size)
        self.d_model, self.max_len, self.batch_first = int(d_model), int(max_len), batch_first
        self.dropout = Dropout(dropout, rng=rng)

    def _add(self, x: Data, table: Data) -> Data:
        """`x` plus the first rows of the table, one for each position."""
        axes = "(n, places, {})" if self.batch_first else "(places, n, {})"
        if x.ndim not in (2, 3) or x.shape[-1] != self.d_model:
            raise ValueError(
                f"{self._called()} takes arrays of shape {axes.format(self.d_model)}, or (places, {self.d_model}) for one sequence, "
                f"and got shape {x.shape}."
            )
        places = x.shape[1 if self.batch_first and x.ndim == 3 else 0]
        if places > self.max_len:
            raise ValueError(f"{self._called()} knows {self.max_len} places (max_len), and got a sequence of {places}.")
        rows = table[:places]
        y: Data = self.dropout(x + (rows[:, None] if x.ndim == 3 and not self.batch_first else rows))
        return y

    def extra_repr(self) -> str:
        return f"{self.d_model}, max_len={self.max_len}, batch_first={self.batch_first}"


class PositionalEncoding(_Positions):
    """Adds sines and cosines of the position, with lower and lower frequencies (Vaswani and others, 2017).

    Entries 2i and 2i + 1 at position p get sin(p / 10000^(2i / d_model)) and the cosine of the same angle.

    Args:
        d_model: the length of the vectors at each position.
        dropout: the probability with which a sum is dropped in training.
        max_len: the length of the longest sequence.
        batch_first: whether sequences are (n, places, d_model) instead of (places, n, d_model).
        rng: a seed or a NumPy generator for the dropout.

    Shape:
        (places, n, d_model), or without n; the output has the same. Nothing is trained, and the
        state dict is empty.

    Raises:
        ValueError: a size is not a whole number from 1; on a call, the input has another shape, or
            is too long.

    Example:
        >>> PositionalEncoding(4, dropout=0.0, batch_first=True)(np.zeros((1, 2, 4))).round(2)
        array([[[0.  , 1.  , 0.  , 1.  ],
                [0.84, 0.54, 0.01, 1.  ]]])
    """

    def __init__(self, d_model: int, dropout: float = 0.1, max_len: int = 5000, *, batch_first: bool = False, rng: Seed = None) -> None:
        super().__init__(d_model, dropout, max_len, batch_first, rng)
        pairs = np.arange(0, d_model, 2)
        angles = np.arange(max_len)[:, None] * np.exp(-math.log(10000.0) * pairs / d_model)
        self.table = np.empty((max_len, d_model))
        self.table[:, 0::2] = np.sin(angles)
        self.table[:, 1::2] = np.cos(angles[:, : d_model // 2])

    def forward(self, x: Input) -> Data:
        x = as_input(x, None, self)
        return self._add(x, self.table[: max(x.shape[:2], default=0)].astype(x.dtype))


class LearnedPositionalEncoding(_Positions):
    """Adds a learned vector at each position, as in GPT (Radford and others, 2018).

    Args:
        d_model, dropout, max_len, batch_first: as in `PositionalEncoding`.
        dtype: the precision of the numbers, and so of the outputs.
        rng: a seed or a NumPy generator for the first numbers, which are normal with deviation
            0.02, and for the dropout.

    Shape:
        (places, n, d_model), or without n; the output has the same. `weight` is (max_len, d_model).

    Raises:
        ValueError: as in `PositionalEncoding`.

    Example:
        >>> LearnedPositionalEncoding(8, max_len=50, batch_first=True, rng=0)(np.zeros((3, 5, 8))).shape
        (3, 5, 8)
    """

    def __init__(
        self, d_model: int, dropout: float = 0.1, max_len: int = 5000,
        *, batch_first: bool = False, dtype: DTypeLike = np.float32, rng: Seed = None,
    ) -> None:  # fmt: skip
        rng = None if rng is None else generator(rng)
        super().__init__(d_model, dropout, max_len, batch_first, rng)
        self.weight = Parameter(generator(rng).normal(0.0, 0.02, (max_len, d_model)).astype(dtype))

    def forward(self, x: Input) -> Data:
        return self._add(as_input(x, self.weight.dtype, self), self.weight)
