"""How a step is written in ONNX.

An elementwise primitive has its operator in its entry of the table, in the argument `onnx`, such as "Tanh"; and one
that ONNX lacks, a formula of others. Those that ask for more, such as a shape or axes, have a function in `operators`
or `layers`. It is called with the `Body`, the node, its inputs and its other arguments, and gives the name of the
result. A whole number among the arguments may be a `Size`, which depends on the size of the batch.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from autograd import Node, Tensor, table

from .bodies import Body, Unwritable, datum_of, kind_of
from .library import BOOL, FLOAT
from .tracing import Size, Step

__all__ = ["Writer", "has_writer", "is_there", "whole", "writes", "written"]

Writer: TypeAlias = Callable[..., str]
WRITERS: dict[Any, Writer] = {}
LOGIC = {"&": "And", "|": "Or", "^": "Xor"}


def has_writer(primitive: Any) -> bool:
    """Whether a primitive is written by a function here, and its formula is not needed."""
    return primitive in WRITERS


def written(body: Body, step: Step) -> str:
    """Write a step; the name of its result.

    Raises:
        Unwritable: ONNX has no operator for it.
    """
    primitive: Any = step.node.primitive
    if primitive in WRITERS:
        return WRITERS[primitive](body, step.node, *step.inputs, **step.static)
    if isinstance(getattr(primitive, "onnx", None), str):
        return _elementwise(body, step.node, *step.inputs, **step.static)
    raise Unwritable


def writes(*names: str) -> Callable[[Writer], Writer]:
    """That a function writes the primitives of these names."""

    def register(writer: Writer) -> Writer:
        WRITERS.update({table[name]: writer for name in names})
        return writer

    return register


def _elementwise(w: Body, y: Tensor, *inputs: Any, **static: Any) -> str:
    """The operator in the entry; its inputs, which ONNX wants of one type, in the type in which NumPy computes."""
    primitive: Any = y.primitive
    operator, attributes = _parsed(primitive.onnx, static)
    numbers = [x for x in inputs if not isinstance(x, Node) and datum_of(x).ndim == 0]  # their types count for less
    kinds = {kind_of(x) for x in inputs if not any(x is number for number in numbers)} | {
        FLOAT for x in numbers if not float(x).is_integer()
    }
    kind = kinds.pop() if len(kinds) == 1 else FLOAT
    result = kind_of(y)
    if primitive.logic and result == kind == BOOL:
        return w.op(LOGIC[primitive.logic], *(w.of(x, BOOL) for x in inputs))
    if not primitive.compares:
        kind = result
    elif kind == BOOL and operator != "Equal":
        kind = FLOAT
    return w.op(operator, *(w.of(x, kind) for x in inputs), **attributes)


def _parsed(template: str, static: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """An operator and its attributes.

    "Elu(alpha=alpha)" has the attribute `alpha`, if the argument of that name is given.
    """
    operator, *pairs = re.findall(r"\w+=\w+|\w+", template)
    named = dict(pair.split("=") for pair in pairs)
    return operator, {
        attribute: int(name) if name.isdigit() else static[name] for attribute, name in named.items() if name.isdigit() or name in static
    }  # fmt: skip


def is_there(bias: Any) -> bool:
    """Whether there is a bias: 0.0 is none.

    Example:
        >>> is_there(0.0), is_there(np.ones(3))
        (False, True)
    """
    return isinstance(bias, Node) or bool(np.any(datum_of(bias)))


def whole(n: Any) -> int:
    """A whole number that does not depend on the size of the batch."""
    if isinstance(n, Size):
        raise Unwritable("it needs the size of the batch, which is left free; fix it with batch_axis=None")
    return int(n)
