"""`Variable`: a weight under Keras' name and in Keras' shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd import Node

from ...types import Array

__all__ = ["Variable"]


def _same(x: Array) -> Array:
    return x


class Variable:
    """A weight under Keras' name and in Keras' shape.

    The numbers are those of one or more parameters of `nn`, or of a buffer.

    Args:
        name: Keras' name, such as "kernel".
        owner: whose attributes hold the numbers.
        parts: the names of these attributes.
        to_keras: makes Keras' array of theirs.
        to_ours: makes theirs, in a list if there are several, of Keras' array.
        trainable: whether the parts are parameters, and not buffers.
    """

    def __init__(
        self, name: str, owner: Any, parts: Sequence[str], to_keras: Callable[..., Array] = _same, to_ours: Callable[[Array], Any] = _same,
        trainable: bool = True, regularizer: Callable[[Any], Any] | None = None,
    ) -> None:  # fmt: skip
        self.name, self.owner, self.parts, self.trainable, self.regularizer = name, owner, tuple(parts), trainable, regularizer
        self._to_keras, self._to_ours = to_keras, to_ours

    @property
    def nodes(self) -> list[Any]:
        """The parameters, or the arrays, that hold the numbers."""
        return [getattr(self.owner, part) for part in self.parts]

    def numpy(self) -> Array:
        """The numbers, in Keras' shape."""
        return np.array(self._to_keras(*(np.asarray(x.data if isinstance(x, Node) else x) for x in self.nodes)))

    @property
    def shape(self) -> tuple[int, ...]:
        return self.numpy().shape

    @property
    def size(self) -> int:
        return self.numpy().size

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.numpy().dtype

    def assign(self, value: Any) -> None:
        """Take other numbers.

        Raises:
            ValueError: they have another shape.
        """
        array = np.asarray(value.data if isinstance(value, Node) else value)
        if array.shape != self.shape:
            raise ValueError(f"The weight {self.name!r} has shape {self.shape}, and got shape {array.shape}.")
        ours = self._to_ours(array)
        for part, node, numbers in zip(self.parts, self.nodes, ours if len(self.parts) > 1 else [ours], strict=True):
            if isinstance(node, Node):
                node.data = numbers
            else:
                setattr(self.owner, part, np.array(numbers, dtype=node.dtype))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return self.numpy().astype(dtype or self.dtype)

    def __repr__(self) -> str:
        return f"<Variable {self.name}, shape={self.shape}>"
