"""Writing the table of `model.summary(input_shape)`, from a row for each module."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from autograd import Node, Tensor, Value
from autograd.texts import visible

from .types import Sizes

__all__ = ["Row", "Shapes", "output_shapes", "printed", "shape_of_example"]

LONG = 80  # characters of a module's name

Shapes: TypeAlias = Sequence[tuple[int, ...] | str]  # a shape, or the name of a type that has none


class Row(NamedTuple):
    """The row of a module that was called.

    `once` and `again` are the shapes of its outputs for two sizes of the batch; `own` is the
    number of its parameters, without those of modules inside that have rows of their own.
    """

    path: str
    kind: str
    once: Shapes
    again: Shapes
    own: int


def shape_of_example(kind: str, forward: Callable[..., object], input_shape: Sizes) -> tuple[int, ...]:
    """`input_shape` as a tuple, if it is a shape and the `forward` of this `kind` of module takes one input.

    Raises:
        TypeError: `forward` takes several inputs.
        ValueError: `input_shape` is not a shape.
    """
    shape = input_shape if isinstance(input_shape, (tuple, list)) else (input_shape,)
    if not all(isinstance(n, (int, np.integer)) and n > 0 for n in shape):
        raise ValueError(f"summary takes the shape of one example without the batch, such as (784,) or (1, 28, 28); got {input_shape!r}.")
    parameters = inspect.signature(forward)
    try:
        parameters.bind(None)
    except TypeError:
        raise TypeError(f"summary calls a model on one input, and {kind} takes {', '.join(parameters.parameters)}.") from None
    return tuple(shape)


def output_shapes(output: object) -> Shapes:
    """The shapes of all that a module returned, or the names of their types.

    Example:
        >>> output_shapes((np.ones((2, 3)), [np.ones(4), "text"]))
        [(2, 3), (4,), 'str']
    """
    if isinstance(output, Node) or hasattr(output, "shape"):
        return [output.shape]
    if isinstance(output, dict):
        output = list(output.values())
    if isinstance(output, (list, tuple)) and output:
        if all(isinstance(x, Value) for x in output):
            return [(len(output),)]
        return [shape for x in output if x is not None for shape in output_shapes(x)]
    return [type(output).__name__]


def printed(rows: list[Row], parameters: list[Node]) -> str:
    """Print the table, with the sum of the parameters below it; the text, which a notebook does not show again."""
    table = [("Module", "Output shape", "Parameters")]
    shown: list[str] = []
    for path, kind, once, again, own in rows:
        depth = sum(path.startswith(f"{outer}.") or not outer for outer in shown)
        name = f"{visible(path, LONG)} ({visible(kind, LONG)})" if path else visible(kind, LONG)
        table.append(("  " * depth + name, ", ".join(map(_shape, once, again)), f"{own:,}" if own else ""))
        shown.append(path)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}".rstrip() for a, b, c in table]
    size = sum(p.size * (p.dtype.itemsize if isinstance(p, Tensor) else 8) for p in parameters)
    text = "\n".join([*lines, f"{sum(p.size for p in parameters):,} parameters, {size:,} bytes"])
    print(text)
    return _Printed(text)


def _shape(once: tuple[int, ...] | str, again: tuple[int, ...] | str) -> str:
    """A shape as text, with n where it depends on the number of examples."""
    if isinstance(once, str) or len(once) != len(again):
        return str(once)
    axes = ["n" if a != b else str(a) for a, b in zip(once, again, strict=True)]
    return f"({', '.join(axes)}{',' if len(axes) == 1 else ''})"


class _Printed(str):
    """A text that was printed already, so that a notebook need not show it again."""

    __slots__ = ()

    def _ipython_display_(self) -> None:
        pass
