"""`to_onnx`: a model as a file that other programs run, draw and convert."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import Node, Tensor
from autograd.files import write_whole
from autograd.texts import visible

from ..module import Module
from ..types import Array, Input
from . import layers, operators  # noqa: F401  # they register how primitives are written
from .bodies import ROWS, Body, Unwritable, kind_of
from .library import DOMAIN, OPSET, library
from .tracing import LARGE, LARGEST, SMALL, Size, Step, Trace, steps_in, trace
from .writers import has_writer, written

__all__ = ["to_onnx"]


def to_onnx(model: Module, example: Input | tuple[Input, ...], path: str | os.PathLike[str], batch_axis: int | None = 0) -> None:
    """Write what a model computes, in evaluation mode, as a file of the ONNX format.

    Onnxruntime and many other programs run it.

    Numbers are written as float32. Parameters keep their names, and layers stay visible: each is a function of
    the file, named by its class and its path. The file is for any number of examples.

    Args:
        model: the model. One of Values, such as `MLP`, which takes one example, is written as matrices.
        example: a batch of examples, or a tuple with all inputs of the model; only shapes and types matter.
        path: the file, usually named `….onnx`.
        batch_axis: the axis that counts the examples, in the first input and in those that are as long there; 1 for a
            recurrent layer without `batch_first`. None writes a file for inputs of this shape only.

    Raises:
        TypeError: ONNX has no operator for something that the model computes; the message names it, with its line.
        ValueError: what the model computes depends on the size of the batch, and the file could not say how.
        ModuleNotFoundError: the package onnx is not installed.

    Example:
        >>> import tempfile, nn
        >>> path = tempfile.mkdtemp() + "/model.onnx"
        >>> nn.to_onnx(nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3)), np.zeros((1, 4)), path)
        >>> import onnx
        >>> [node.op_type for node in onnx.load(path).graph.node]
        ['Linear_0', 'ReLU_1', 'Linear_2']
    """
    library()
    arrays = [_array(x, model) for x in (example if isinstance(example, tuple) else (example,))]
    names = _names(model, len(arrays))
    axes = _batch_axes(model, arrays, batch_axis)
    # Also then several times, to notice random numbers.
    counts = (SMALL, LARGE, LARGEST) if batch_axis is not None else (None,) * 3
    traces = [trace(model, [_rows(x, axis, n) for x, axis in zip(arrays, axes, strict=True)], names).lowered(has_writer) for n in counts]
    steps = steps_in(traces, type(model).__name__)
    write_whole(path, _Export(model, traces[0], axes, steps).proto().SerializeToString())


def _array(x: Input, model: Module) -> Array:
    array = np.asarray(x._datum if isinstance(x, Node) else x)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"nn.to_onnx takes an example for {type(model).__name__} as arrays of numbers, not {array.dtype}.")
    return array


def _names(model: Module, count: int) -> list[str]:
    """The names of the inputs: those of the arguments of `forward`."""
    parameters = list(inspect.signature(model.forward).parameters.values())
    named = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return named[:count] if len(named) >= count else [f"x{i}" for i in range(count)]


def _batch_axes(model: Module, arrays: Sequence[Array], batch_axis: int | None) -> list[int | None]:
    """The axis of each input that counts the examples: those that are as long as that of the first."""
    if batch_axis is None:
        return [None] * len(arrays)
    first = arrays[0].shape
    if not -len(first) <= batch_axis < len(first):
        raise ValueError(
            f"nn.to_onnx takes a batch of examples for {type(model).__name__}; an example of shape {first} has no axis {batch_axis} "
            "that counts them."
        )
    axis = batch_axis % len(first)
    return [axis if x.ndim > axis and x.shape[axis] == first[axis] else None for x in arrays]


def _rows(x: Array, axis: int | None, count: int | None) -> Array:
    """The array with another number of examples."""
    if axis is None or count is None:
        return x
    if not x.shape[axis]:
        raise ValueError("nn.to_onnx takes a batch of at least one example, and got one of none.")
    return np.take(x, np.arange(count) % x.shape[axis], axis)


class _Export:
    """One file in the making.

    Args:
        model: the model.
        trace: its graph.
        axes: for each input the axis that counts the examples, or None.
        steps: the steps of the graph.
    """

    def __init__(self, model: Module, trace: Trace, axes: Sequence[int | None], steps: Sequence[Step]) -> None:
        self.trace, self.axes, self.steps, self.inputs = trace, axes, steps, frozenset(trace.inputs)
        self.number = model._number
        self.layers = {module._number: (path, type(module).__name__) for path, module in model.named_modules()}
        self.paths: dict[Node, str] = {parameter: path for path, parameter in reversed([*model.named_parameters()])}
        self.order = {parameter: i for i, parameter in enumerate(model.parameters())}
        self.shapes: dict[Node, tuple[int | Size, ...]] = {step.node: step.shape for step in steps}
        for x, axis in zip(trace.inputs, axes, strict=True):
            self.shapes[x] = tuple(Size(0, 1) if i == axis else n for i, n in enumerate(x.shape))
        self.last_use: dict[Node, int] = {}
        for i, step in enumerate(steps):
            for x in step.inputs:
                if isinstance(x, Node):
                    self.last_use[x] = i
                    self.shapes.setdefault(x, x.shape)
        self.last_use.update((x, len(steps)) for x in trace.outputs)
        self.functions: list[Any] = []
        self.names: set[str] = set()

    def proto(self) -> Any:
        """The file, as the package `onnx` has it."""
        onnx = library()
        body = Body("", self._outside, self.shapes)
        for leaf in self.last_use:
            if leaf.primitive is None and self._outside(leaf) is not None:
                body.name_of(leaf)  # before anything else takes its name
        for x in self.trace.inputs:
            body.names[x] = body.free(str(x.label))
        outputs = dict(zip(self._output_names(body), self.trace.outputs, strict=True))
        for x, axis in zip(self.trace.inputs, self.axes, strict=True):
            if axis is not None and ROWS not in body.names:
                body.names[ROWS] = body.op("Shape", body.names[x], start=axis, end=axis + 1)
        self._write(body, 0, len(self.steps), 0)
        calls, given = body.finish(outputs)
        info = onnx.helper.make_tensor_value_info
        graph = onnx.helper.make_graph(
            body.protos(calls), "model",
            [info(body.names[x], kind_of(x), self._dimensions(x)) for x in self.trace.inputs],
            [info(name, kind_of(x), self._dimensions(x)) for name, x in outputs.items()],
            [onnx.numpy_helper.from_array(np.asarray(x._datum, np.float32), name) for name, x in given.items()],
        )  # fmt: skip
        return onnx.helper.make_model(
            graph, functions=self.functions, opset_imports=_opsets(), ir_version=9, producer_name="glassgrad"
        )  # fmt: skip

    def _outside(self, x: Any) -> str | None:
        """The name of a parameter, or of another array from outside of the model.

        Those from stores have one name together.
        """
        if not isinstance(x, Tensor) or x.primitive is not None or x in self.inputs:
            return None
        return self.paths.get(x) or (visible(x.label) if x.label else "constant")

    def _output_names(self, body: Body) -> list[str]:
        count = len(self.trace.outputs)
        return [body.free("output" if count == 1 else f"output_{i}") for i in range(count)]

    def _dimensions(self, x: Node) -> list[int | str | None]:
        return [n if not isinstance(n, Size) else "batch" if n == Size(0, 1) else None for n in self.shapes[x]]

    def _write(self, body: Body, start: int, stop: int, depth: int) -> None:
        """Write the steps from `start` to `stop`.

        Steps of a layer inside, which follow one another, become the call of a function.
        """
        i = start
        while i < stop:
            scopes = self._scopes(self.steps[i])
            if len(scopes) <= depth:
                self._write_step(body, self.steps[i])
                i += 1
                continue
            end = i
            while end < stop and self._scopes(self.steps[end])[: depth + 1] == scopes[: depth + 1]:
                end += 1
            self._write_layer(body, i, end, depth + 1, scopes[depth])
            i = end

    def _write_step(self, body: Body, step: Step) -> None:
        try:
            name = written(body, step)
        except Unwritable as why:
            raise TypeError(f"nn.to_onnx cannot write {step.node.primitive.name}, computed {step.line}: {why}.") from None
        if name:
            body.names[step.node] = name

    def _write_layer(self, body: Body, start: int, stop: int, depth: int, scope: Any) -> None:
        """Write steps as a function, and its call."""
        path, kind = self.layers.get(scope.owner, (scope.name, ""))
        inside = dict.fromkeys(step.node for step in self.steps[start:stop])

        def outside(x: Any) -> str | None:
            if x is ROWS:
                return "rows"
            if x in inside:
                return None
            own = self._outside(x)
            return "input" if own is None else own.removeprefix(f"{path}.")

        own = Body("", outside, self.shapes)
        results = [x for x in inside if self.last_use[x] >= stop]
        names = [own.free("output" if len(results) == 1 else f"output_{i}") for i in range(len(results))]
        self._write(own, start, stop, depth)
        calls, given = own.finish(dict(zip(names, results, strict=True)))
        given = dict(sorted(given.items(), key=lambda pair: self._rank(pair[1])))
        function = self._free(re.sub(r"\W+", "_", f"{kind}_{path}" if kind else path))
        self.functions.append(
            library().helper.make_function(DOMAIN, function, list(given), names, own.protos(calls), _opsets(), doc_string=path)
        )
        made = body.call(
            function, *(body.name_of(x) for x in given.values()), names=[path] * len(results), domain=DOMAIN, name=f"/{path}"
        )  # fmt: skip
        body.names.update(zip(results, made, strict=True))

    def _rank(self, x: Any) -> tuple[bool, int]:
        """The place of something among the inputs of a function.

        What is computed comes first, then the parameters in their order.
        """
        return self._outside(x) is not None, self.order.get(x, 0)

    def _scopes(self, step: Step) -> list[Any]:
        """The scopes of a step, from the outermost inside of the model."""
        scopes, scope = [], step.node.scope
        while scope is not None and scope.owner != self.number:
            scopes.append(scope)
            scope = scope.outer
        return scopes[::-1]

    def _free(self, name: str) -> str:
        count = 1
        while (found := name if count == 1 else f"{name}_{count}") in self.names:
            count += 1
        self.names.add(found)
        return found


def _opsets() -> list[Any]:
    make = library().helper.make_opsetid
    return [make("", OPSET), make(DOMAIN, 1)]
