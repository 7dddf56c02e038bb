"""How a primitive computes all examples of a batch at once.

What the batch rules of the table are given, and what they share.

The rule of an entry is a function `(batch, *inputs, **static) -> results`. An input has the axis of
the examples in front of those that it has for one example; or it is shared by all examples, and is
as it is for one. The results have that axis. A rule is written in primitives, so that its results
can be differentiated. An elementwise primitive needs none, and any other without one is computed
`one_by_one`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..core import Node, Primitive
from .joining import stack
from .reductions import broadcast_to
from .shapes import reshape, transpose

__all__ = ["Batch", "rule_of"]


class Batch(NamedTuple):
    """What a batch rule is told besides the inputs.

    Attributes:
        size: the number of examples.
        has_axis: for each input, whether it has the axis of the examples; if not, all share it.
        shape: the shape of the result for one example.
        dtype: its type.

    Example:
        >>> from autograd import Case, Primitive, table, vmap
        >>> flip = Primitive(
        ...     "flip", symbol="flip", latex="#1", elementwise=False, cases=(Case((3,)),),
        ...     scalar=None, array=lambda x: x[..., ::-1],
        ...     vjp=(lambda g, y, x: flip(g),),
        ...     batch=lambda batch, x: flip(x),
        ...     doc="The entries of the last axis from the end to the start.",
        ... )
        >>> vmap(lambda x: flip(x))(np.array([[1.0, 2.0], [3.0, 4.0]]))
        array([[2., 1.],
               [4., 3.]])
        >>> del table["flip"]
    """

    size: int
    has_axis: tuple[bool, ...]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def repeated(self, inputs: Sequence[Any]) -> list[Any]:
        """The inputs, those that are shared repeated for each example."""
        return [
            x if has_axis else broadcast_to(x, shape=(self.size, *np.shape(x)))
            for x, has_axis in zip(inputs, self.has_axis, strict=False)
        ]  # fmt: skip

    def aligned(self, inputs: Sequence[Any], rank: int | None = None) -> list[Any]:
        """The inputs with new axes of length 1 behind the axis of examples.

        So they broadcast as those of one example do.

        Args:
            inputs: the inputs.
            rank: how many axes each shall have in one example; as many as the result, if None.
        """
        rank = len(self.shape) if rank is None else rank
        return [
            reshape(x, shape=(self.size, *(1,) * (rank + 1 - x.ndim), *x.shape[1:])) if has_axis and x.ndim <= rank else x
            for x, has_axis in zip(inputs, self.has_axis, strict=True)
        ]

    def rows(self, numbers: Any, *before: Any) -> tuple[Any, ...]:
        """The index of the rows that `numbers`, the second input, names in each example.

        `before` are the indices of the axes before theirs.
        """
        whole = np.asarray(numbers._datum if isinstance(numbers, Node) else numbers).astype(np.intp)
        return np.arange(self.size).reshape(self.size, *(1,) * (whole.ndim - self.has_axis[1])), *before, whole

    def one_by_one(self, function: Callable[..., Any], inputs: Sequence[Any]) -> Any:
        """The results of `function` for one example after the other."""
        if not self.size:
            return np.zeros((0, *self.shape), self.dtype)
        pairs = list(zip(inputs, self.has_axis, strict=True))
        return stack(*[function(*[x[i] if has_axis else x for x, has_axis in pairs]) for i in range(self.size)], axis=0)

    def in_one(self, function: Callable[..., Any], inputs: Sequence[Any], axes: Sequence[int], out_axis: int) -> Any:
        """The results of a layer that takes batches already, on one long batch.

        If the examples have different weights, they are computed one by one.

        Args:
            function: the primitive, with its settings.
            inputs: its inputs.
            axes: for each of the first inputs, which axis of one example is that of its own batch. The others are
                weights.
            out_axis: the same of the result.
        """
        weights = inputs[len(axes) :]
        if any(self.has_axis[len(axes) :]):
            return self.one_by_one(function, inputs)
        long = [_merged(x, axis) for x, axis in zip(self.repeated(inputs[: len(axes)]), axes, strict=True)]
        y = reshape(function(*long, *weights), shape=(*self.shape[:out_axis], self.size, *self.shape[out_axis:]))
        return transpose(y, axes=(out_axis, *range(out_axis), *range(out_axis + 1, y.ndim))) if out_axis else y


def _merged(x: Any, axis: int) -> Any:
    """`x` with the axis of the examples merged into the one that has the number `axis` in one example."""
    if axis:
        x = transpose(x, axes=(*range(1, axis + 1), 0, *range(axis + 1, x.ndim)))
    return reshape(x, shape=(*x.shape[:axis], x.shape[axis] * x.shape[axis + 1], *x.shape[axis + 2 :]))


def rule_of(node: Any, has_axis: Sequence[bool]) -> Callable[..., Any] | None:
    """How a node is computed for all examples, whose axis some of its inputs have; None, if as for one."""
    primitive: Primitive = node.primitive
    if not any(has_axis):
        return None
    if primitive.batch is not None:
        return primitive.batch
    if not primitive.elementwise:
        return lambda batch, *xs, **static: batch.one_by_one(functools.partial(primitive, **static), xs)
    if all(x.ndim == node.ndim for x, flag in zip(node.inputs, has_axis, strict=True) if flag):
        return None  # NumPy broadcasts the examples' axis as it does all others
    return lambda batch, *xs, **static: primitive(*batch.aligned(xs), **static)
