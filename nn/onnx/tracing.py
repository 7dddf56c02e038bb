"""From a model to steps that ONNX has words for.

The graph of a call, what it is made of, and what in it grows with the batch.

The model is called on batches of three sizes, as the compiler calls a function: with stand-ins, which refuse to show a
number that the file would be frozen on. What ONNX has no operator for is computed again by the formula in its entry
of the table, until nothing of the kind is left. The graphs then have the same steps, and a number that differs
between the first two, such as the length of an axis, grows with the batch; the third says whether it does so evenly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from autograd import Node, Tensor, Value, stack, vmap
from autograd.anomaly import line_of_user_code
from autograd.backward import ancestors
from autograd.compiling.standins import Argument, Entry
from autograd.compiling.tracing import RefusedError, tracing
from autograd.modes import set_scope, tick
from autograd.recording import Observer, observe
from autograd.structures import leaves

from ..habits import in_mode
from ..module import Module
from ..types import Array

__all__ = ["LARGE", "LARGEST", "SMALL", "Repeated", "Size", "Step", "Trace", "steps_in", "trace"]

SMALL, LARGE, LARGEST = 2, 3, 5  # examples; with one, axes of the batch would be like those that are repeated


@dataclass(frozen=True)
class Size:
    """A whole number that depends on the size of the batch: `fixed` and `each` more for each example."""

    fixed: int
    each: int


class Repeated(NamedTuple):
    """A constant that is the same for all examples: an array of one, and the shape of that of all."""

    array: Array
    shape: tuple[int | Size, ...]


class Step(NamedTuple):
    """One step of the graph.

    It has its node in the small batch, its inputs (nodes and constants), its other arguments, and its shape in any
    batch.
    """

    node: Any
    inputs: tuple[Any, ...]
    static: dict[str, Any]
    shape: tuple[int | Size, ...]
    line: str


class Trace(NamedTuple):
    """The graph of one call.

    It has the stand-ins for the inputs, the results, the computed nodes in order, and the line of each by its time.
    """

    inputs: list[Tensor]
    outputs: list[Tensor]
    nodes: list[Node]
    lines: Mapping[int, str]

    def lowered(self, has_operator: Callable[[Any], bool]) -> Trace:
        """The same computation, made only of primitives that have an operator or no formula."""
        found = self
        while any(_formula(node, has_operator) for node in found.nodes):
            found = found._once_lower(has_operator)
        return found

    def _once_lower(self, has_operator: Callable[[Any], bool]) -> Trace:
        copies: dict[Node, Any] = {}
        lines = _Lines()
        with observe(lines), np.errstate(all="ignore"):
            for node in self.nodes:
                lines.line = self.lines.get(node.time, "")
                before = set_scope(node.scope)
                compute = _formula(node, has_operator) or node.primitive
                copies[node] = compute(*[copies.get(x, x) if isinstance(x, Node) else x for x in node.inputs or ()], **node.static)  # type: ignore[misc]
                set_scope(before)
        return _finished(self.inputs, [copies.get(x, x) for x in self.outputs], lines.found)


class _Lines(Observer):
    """Notes for each node, by its time, the line of the user's program that made it; or `line`, if that is known."""

    def __init__(self) -> None:
        self.found: dict[int, str] = {}
        self.line = ""

    def recorded(self, node: Any) -> None:
        self.found[node.time] = self.line or line_of_user_code()


def _formula(node: Node, has_operator: Callable[[Any], bool]) -> Callable[..., Any] | None:
    formula = getattr(node.primitive, "onnx", None)
    return formula if callable(formula) and not has_operator(node.primitive) else None


def _finished(inputs: list[Tensor], outputs: list[Any], lines: Mapping[int, str]) -> Trace:
    nodes = [node for node in reversed(ancestors(outputs)) if node.primitive is not None]
    return Trace(inputs, outputs, nodes, lines)


def trace(model: Module, arrays: Sequence[Array], names: Sequence[str]) -> Trace:
    """The graph of a call of the model in evaluation mode.

    Raises:
        TypeError: the model looks at a number, or returns something else than Tensors.
    """
    lines = _Lines()
    kind = type(model).__name__
    inputs: list[Any]
    try:
        with in_mode(model, training=False), observe(lines):
            if any(isinstance(parameter, Value) for parameter in model.parameters()):
                inputs = [Tensor(x, name) for x, name in zip(arrays, names, strict=True)]
                results = vmap(_one_array(model))(*inputs)
            else:
                inputs = [Argument(x, name) for x, name in zip(arrays, names, strict=True)]
                with tracing(kind, tick()):
                    results = model(*inputs)
    except RefusedError as error:
        raise TypeError(f"nn.to_onnx writes what `compile` could compile. {error}") from None
    outputs = [x for x in leaves(results) if x is not None]
    if not outputs or not all(isinstance(x, Tensor) for x in outputs):
        raise TypeError(f"nn.to_onnx writes what a model computes from its inputs as Tensors, and this {kind} returned {_kinds(outputs)}.")
    return _finished(inputs, outputs, lines.found)


def _one_array(model: Module) -> Callable[..., Any]:
    """The model as a function that gives a list of Values as one array."""

    def computed(*xs: Any) -> Any:
        out = model(*xs)
        return stack(out) if isinstance(out, list) else out

    computed.__qualname__ = type(model).__name__  # for errors
    return computed


def _kinds(things: Sequence[Any]) -> str:
    return ", ".join(sorted({f"a {type(x).__name__}" for x in things if not isinstance(x, Tensor)})) or "nothing"


def steps_in(traces: Sequence[Trace], kind: str) -> list[Step]:
    """The steps that the calls have in common, of `SMALL`, `LARGE` and `LARGEST` examples; or of as many each time.

    Raises:
        ValueError: one has others than another.
        TypeError: one takes single numbers of the input.
    """
    small, large, largest = traces
    steps, again = (list(_steps_of(small, other, kind)) for other in (large, largest))
    for step, other in zip(steps, again, strict=True):
        if _sizes(step, LARGEST) != _sizes(other, LARGE):
            raise ValueError(
                f"nn.to_onnx cannot write {step.node.primitive.name}, computed {step.line}: a size in it does not grow evenly with the "
                "batch. Fix the size of the batch with batch_axis=None."
            )
    return steps


def _sizes(x: Any, count: int) -> list[int]:
    """All sizes in a step that grow with the batch, for `count` examples."""
    if isinstance(x, Size):
        return [x.fixed + count * x.each]
    if isinstance(x, Step):
        return _sizes((x.inputs, list(x.static.values()), x.shape), count)
    if isinstance(x, slice):
        return _sizes((x.start, x.stop, x.step), count)
    return [size for part in x for size in _sizes(part, count)] if isinstance(x, (tuple, list)) else []


def _steps_of(small: Trace, large: Trace, kind: str) -> Iterator[Step]:
    """The steps of two calls, whose sizes are those of a batch of `SMALL` and one of `LARGE` examples."""
    twin = dict(zip([*small.inputs, *small.nodes], [*large.inputs, *large.nodes], strict=False))
    for node, other in zip(small.nodes, large.nodes, strict=False):
        line = small.lines.get(node.time, "")
        pairs = list(zip(node.inputs or (), other.inputs or (), strict=False))
        if any(isinstance(a, Entry) for a, _ in pairs):
            raise TypeError(
                f"nn.to_onnx cannot write what is computed {line}: it takes single numbers of the input as Values, and ONNX has arrays "
                "only. Take a part of the array, such as x[:, 0]."
            )
        if node.primitive is not other.primitive or any(isinstance(a, Node) and twin.get(a, b) is not b for a, b in pairs):
            raise _another_program(kind, line)
        try:
            inputs = tuple(a if a is b or (isinstance(a, Node) and a in twin) else _constant(a, b) for a, b in pairs)
            static = {key: _sized(value, other.static[key]) for key, value in node.static.items()}
        except _Varying as varying:
            raise ValueError(
                f"nn.to_onnx cannot write {node.primitive.name}, computed {line}: {varying} changes with the size of "  # type: ignore[union-attr]
                "the batch, or from call to call. Fix the size with batch_axis=None; random numbers have no place in a file."
            ) from None
        yield Step(node, inputs, static, tuple(map(_sized, node.shape, other.shape)), line)
    if len(small.nodes) != len(large.nodes):
        raise _another_program(kind, small.lines.get(small.nodes[-1].time, "") if small.nodes else "")


def _another_program(kind: str, line: str) -> ValueError:
    return ValueError(
        f"nn.to_onnx cannot leave the size of the batch free: this {kind} computes something else for {LARGE} examples than for {SMALL}, "
        f"{line}. Fix the size with batch_axis=None."
    )


class _Varying(Exception):  # noqa: N818
    """Something that changes with the batch in a way that the file cannot say."""


def _constant(a: Any, b: Any) -> Any:
    """A constant input, from those of two calls."""
    x, y = (np.asarray(c._datum if isinstance(c, Node) else c) for c in (a, b))
    if x.shape == y.shape and np.array_equal(x, y, equal_nan=x.dtype.kind == "f"):
        return x if isinstance(a, Node) else a
    if x.ndim == y.ndim and x.shape != y.shape:
        shape = tuple(map(_sized, x.shape, y.shape))
        one = x[tuple(slice(0, 1) if isinstance(n, Size) else slice(None) for n in shape)]
        if all(np.array_equal(np.broadcast_to(one, whole.shape), whole, equal_nan=x.dtype.kind == "f") for whole in (x, y)):
            return Repeated(one, shape)
    raise _Varying("an array in it" if x.ndim else f"the number {x.item():g}")


def _sized(a: Any, b: Any) -> Any:
    """A part of a call's other arguments, from those of two calls."""
    if type(a) is type(b) and isinstance(a, (int, np.integer)) and not isinstance(a, bool):
        each = int(b) - int(a)
        return Size(int(a) - SMALL * each, each) if each else a
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)) and len(a) == len(b):
        return type(a)(map(_sized, a, b))
    if isinstance(a, slice) and isinstance(b, slice):
        return slice(_sized(a.start, b.start), _sized(a.stop, b.stop), _sized(a.step, b.step))
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        if np.array_equal(a, b):
            return a
        raise _Varying("an array in it")
    if a == b:
        return a
    raise _Varying(f"the argument {a!r}")
