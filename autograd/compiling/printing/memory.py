"""Which numbers of a program are kept in memory, and which are written where they are read."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from ...backward import ancestors
from ...primitives.arithmetic import astype
from ...primitives.contraction import einsum
from ...primitives.indexing import choose, getitem, lookup
from ...primitives.joining import windows
from ...primitives.networks import take_along_axis
from ...primitives.products import matmul
from ...primitives.reductions import broadcast_to
from ...primitives.shapes import reshape, transpose
from ...tensor import Tensor
from ..loops import LOOP
from .indices import parts_of

__all__ = ["in_memory", "is_elementwise", "is_read_flat", "is_view"]

VIEWS = frozenset([windows, reshape, transpose, broadcast_to, getitem, astype, choose, lookup, take_along_axis])


def is_view(x: object) -> bool:
    """Whether each of its numbers is one of another array's, at another place."""
    return isinstance(x, Tensor) and x.primitive in VIEWS


def is_elementwise(x: object) -> bool:
    return isinstance(x, Tensor) and x.primitive is not None and x.primitive.elementwise


def in_memory(nodes: Sequence[Tensor], roots: Iterable[Any]) -> set[Tensor]:
    """Those of the nodes, which are all that the roots are made of, that get an array or a variable.

    A number that is read once is written where it is read. One that is read several times, or by a loop that
    goes over it several times, is computed before.
    """
    reads = Counter(x for node in nodes for x in _nodes(node.inputs))
    reads.update(_nodes(roots))
    memory: set[Tensor] = set()

    def keep(x: object, copies: bool = False) -> None:
        """Compute `x` before, or what it is a view of; a copy of the view, if need be."""
        while isinstance(x, Tensor) and is_view(x) and not copies:
            x = x.left
        if isinstance(x, Tensor) and x.primitive is not None:
            memory.add(x)

    for x in nodes:
        if x.primitive is None:
            continue
        if is_view(x):
            source: Any = x.left
            if reads[x] > 1:
                keep(x)
            if is_read_flat(x):
                keep(source, copies=is_view(source))
            elif x.primitive is broadcast_to or (x.primitive is not astype and math.prod(x.shape) > getattr(source, "size", 1)):
                keep(source)
            for index in _nodes((x.right,) if x.primitive in (choose, lookup, take_along_axis) else ()):
                if not is_view(index):
                    keep(index)
        elif is_elementwise(x):
            if reads[x] > 1 and (x.dtype != bool or _is_long(x)):
                keep(x)
            for source in _nodes(x.inputs):
                if source.size < x.size:
                    keep(source)
        else:
            keep(x)
            for source in _nodes(x.inputs) if x.primitive in (matmul, einsum) else ():
                keep(source)
            if x.primitive is LOOP:
                copied = _read_out_of_order(x.static["body"])
                for source, leaf in zip(x.inputs or (), x.static["body"].leaves, strict=True):
                    keep(source, copies=leaf in copied)
            if x.primitive is matmul and _is_transposed(x.right):
                keep(x.right, copies=True)  # whose rows are then read one after the other
    return memory


def is_read_flat(x: Tensor) -> bool:
    """Whether a view is written as places in the flattened array that it is a view of."""
    shape = getattr(x.left, "shape", ())
    if x.primitive is getitem:
        return parts_of(x.static["index"], shape) is None
    return x.primitive is reshape and _without_ones(x.shape) != _without_ones(shape)


def _read_out_of_order(body: Any) -> set[Any]:
    """The inputs of a step of a recurrence that should be copied first, if they are views.

    These are the factors of matrix products.
    """
    nodes: list[Any] = ancestors(body.results)
    return {y for x in nodes for y in x.inputs or () if x.primitive is matmul or is_read_flat(x)}


def _is_long(x: Tensor) -> bool:
    """Whether a condition is more than a comparison of what has a name or is a view of it."""
    return any(is_elementwise(source) for source in _nodes(x.inputs))


def _is_transposed(x: object) -> bool:
    return isinstance(x, Tensor) and x.primitive is transpose and len(_without_ones(x.shape)) > 1


def _without_ones(shape: Iterable[int]) -> list[int]:
    return [n for n in shape if n != 1]


def _nodes(inputs: Iterable[Any] | None) -> list[Tensor]:
    return [x for x in inputs or () if isinstance(x, Tensor)]
