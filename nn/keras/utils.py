"""`keras.utils`: seeds, one-hot rows, and sequences of one length."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..lookup import missing
from ..randomness import manual_seed
from ..types import Array

__all__ = ["normalize", "pad_sequences", "set_random_seed", "to_categorical"]


def set_random_seed(seed: int) -> None:
    """`nn.manual_seed`, and those of NumPy and Python.

    Raises:
        ValueError: `seed` is not a whole number from 0.

    Example:
        >>> set_random_seed(0)
    """
    manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)


def to_categorical(x: object, num_classes: int | None = None) -> Array:
    """`np.eye(num_classes)[x]`: a row with a single 1 for each number of a class.

    Raises:
        ValueError: a number is not that of a class.

    Example:
        >>> to_categorical([0, 2], 3)
        array([[1., 0., 0.],
               [0., 0., 1.]])
    """
    labels = np.asarray(x)
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    n = int(labels.max()) + 1 if num_classes is None else num_classes
    wrong = labels[(labels < 0) | (labels >= n) | (labels != np.floor(labels))]
    if wrong.size:
        raise ValueError(f"to_categorical takes whole numbers from 0 to {n - 1}, and got {wrong.flat[0]}.")
    rows: Array = np.eye(n)[labels.astype(int)]
    return rows


def normalize(x: Any, axis: int = -1, order: int = 2) -> Array:
    """x / np.linalg.norm(x), along an axis.

    Example:
        >>> normalize([[3.0, 4.0]])
        array([[0.6, 0.8]])
    """
    norms = np.atleast_1d(np.linalg.norm(x, order, axis))
    norms[norms == 0] = 1
    shares: Array = np.asarray(x) / np.expand_dims(norms, axis)
    return shares


def pad_sequences(
    sequences: Sequence[Sequence[Any]], maxlen: int | None = None, dtype: Any = "int32", padding: str = "pre", truncating: str = "pre",
    value: float = 0.0,
) -> Array:  # fmt: skip
    """Sequences of different lengths as rows of an array.

    They are filled up with `value` at the start, or with "post" at the end.

    Raises:
        ValueError: `padding` or `truncating` is neither "pre" nor "post".

    Example:
        >>> pad_sequences([[1], [2, 3, 4]], maxlen=2)
        array([[0, 1],
               [3, 4]], dtype=int32)
    """
    for name, setting in (("padding", padding), ("truncating", truncating)):
        if setting not in ("pre", "post"):
            raise ValueError(f'pad_sequences takes as {name} "pre" or "post"; got {setting!r}.')
    length = max(map(len, sequences)) if maxlen is None else maxlen
    rows = np.full((len(sequences), length), value, dtype)
    for row, sequence in zip(rows, sequences, strict=True):
        kept = list(sequence)
        kept = kept[max(0, len(kept) - length) :] if truncating == "pre" else kept[:length]
        if kept:
            row[slice(length - len(kept), None) if padding == "pre" else slice(len(kept))] = kept
    return rows


__getattr__ = missing(globals())
