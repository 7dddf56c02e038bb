"""`from_onnx`: a file of the ONNX format as a module, to be drawn, stepped through and trained further."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd import Node, scope

from ..inputs import as_input
from ..module import Module
from ..parameter import Parameter
from ..types import Array, Input
from . import layer_readers  # noqa: F401  # it registers what operators are
from .library import library
from .readers import DTYPES, READERS

__all__ = ["Imported", "from_onnx"]

STANDARD = ("", "ai.onnx", "ai.onnx.ml")  # the domains of ONNX' own operators
STATISTICS = {"BatchNormalization": (3, 4)}  # the inputs that are buffers,
SETTINGS = {"Resize": (1, 2), "Pad": (2,)}  # and those that are constants, although they are floats


class Operation(NamedTuple):
    """A node of a file."""

    operator: str
    domain: str
    name: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Any]


class Function(NamedTuple):
    """A function of a file, or its whole graph: what it takes, gives and computes."""

    inputs: list[str]
    outputs: list[str]
    operations: list[Operation]


def from_onnx(path: str | os.PathLike[str]) -> Imported:
    """The model in a file of the ONNX format, as a module.

    Arrays of floats in the file are its parameters, by their names; numbers alone, and whole numbers, are constants.
    The running statistics of batch normalisation are buffers, and stay as they are: the module computes what the file
    says, in training too. Functions of the file are drawn as boxes.

    Args:
        path: a file, as written by `nn.to_onnx`, `torch.onnx.export`, `skl2onnx` or Keras.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no ONNX file, or has an operator that is not here; the message names all of them.
        ModuleNotFoundError: the package onnx is not installed.

    Example:
        >>> import tempfile, nn
        >>> path = tempfile.mkdtemp() + "/model.onnx"
        >>> nn.to_onnx(nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3)), np.zeros((1, 4)), path)
        >>> model = nn.from_onnx(path)
        >>> model(np.zeros((5, 4))).shape
        (5, 3)
        >>> list(model.state_dict())
        ['0.weight', '0.bias', '2.weight', '2.bias']
    """
    onnx = library()
    if not os.path.isfile(path):
        raise FileNotFoundError(f"There is no file {os.fspath(path)}.")
    try:
        file = onnx.load(path)
    except Exception as error:  # protobuf's own errors have no common base
        raise ValueError(f"{os.fspath(path)} is no ONNX file, or it is damaged.") from error
    if not file.graph.node:
        raise ValueError(f"{os.fspath(path)} is no ONNX file, or it is damaged.")
    opset = next((x.version for x in file.opset_import if x.domain in STANDARD), 0)
    functions = {(f.domain, f.name): Function(list(f.input), list(f.output), _operations(f.node, opset)) for f in file.functions}
    graph = Function([x.name for x in file.graph.input], [x.name for x in file.graph.output], _operations(file.graph.node, opset))
    unknown = sorted({
        f"{op.operator} (at {op.name or ', '.join(op.outputs)})"
        for function in (graph, *functions.values())
        for op in function.operations
        if (op.domain, op.operator) not in functions and not (op.domain in STANDARD and op.operator in {"Constant", *READERS})
    })  # fmt: skip
    if unknown:
        raise ValueError(
            f"nn.from_onnx reads files made of operators that are in autograd's table; {os.fspath(path)} has {', '.join(unknown)}."
        )
    arrays = {x.name: onnx.numpy_helper.to_array(x) for x in file.graph.initializer}
    types = {x.name: x.type.tensor_type.elem_type for x in file.graph.input}
    return Imported(graph, functions, arrays, {name: np.dtype(DTYPES[kind]) for name, kind in types.items() if kind in DTYPES})


def _operations(nodes: Sequence[Any], opset: int) -> list[Operation]:
    operations = [Operation(n.op_type, n.domain, n.name, list(n.input), list(n.output), _attributes(n, opset)) for n in nodes]
    for op in operations:
        if op.operator in ("Softmax", "LogSoftmax") and opset < 13:
            op.attributes.update({"axis": 1, **op.attributes, "flat": True})
    return operations


def _attributes(node: Any, opset: int) -> dict[str, Any]:
    """The attributes of a node; those that have the usual value, which some programs write too, are left out."""
    defs = library().defs
    try:
        known = defs.get_schema(node.op_type, opset, node.domain) if node.domain == "" else defs.get_schema(node.op_type, node.domain)
        usual = {name: _attribute(x.default_value) for name, x in known.attributes.items() if x.default_value.type}
    except defs.SchemaError:  # a function of the file
        usual = {}
    given = {x.name: _attribute(x) for x in node.attribute}
    return {name: x for name, x in given.items() if name not in usual or isinstance(x, np.ndarray) or x != usual[name]}


def _attribute(attribute: Any) -> Any:
    onnx = library()
    value = onnx.helper.get_attribute_value(attribute)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, onnx.TensorProto):
        return np.array(onnx.numpy_helper.to_array(value))
    return [x.decode() if isinstance(x, bytes) else x for x in value] if isinstance(value, (list, tuple)) else value


class Imported(Module):
    """A model from an ONNX file; `from_onnx` makes it.

    Its parameters have the names of the file's arrays as attributes; `model.get_parameter(name)` gives one.
    """

    def __init__(
        self, graph: Function, functions: Mapping[tuple[str, str], Function], arrays: Mapping[str, Array], dtypes: Mapping[str, Any]
    ) -> None:
        self._graph, self._functions, self._dtypes = graph, dict(functions), dict(dtypes)
        self._inputs = [name for name in graph.inputs if name not in arrays]
        self._constants: dict[str, Array] = {}
        self._attributes: dict[str, str] = {}  # of the arrays that are attributes, their names
        buffers, constants = (
            {
                op.inputs[i]
                for f in (graph, *functions.values())
                for op in f.operations
                for i in places.get(op.operator, ())
                if i < len(op.inputs)
            }
            for places in (STATISTICS, SETTINGS)
        )
        for name, array in arrays.items():
            if array.dtype.kind != "f" or not array.ndim or name in constants:
                self._constants[name] = array
                continue
            self._attributes[name] = attribute = name if not hasattr(self, name) else f"{name}_"
            if name in buffers:
                self.register_buffer(attribute, np.array(array))
            else:
                setattr(self, attribute, Parameter(np.array(array)))

    def forward(self, *inputs: Input) -> Any:
        """The outputs of the file, for its inputs in their order: one array, or a tuple of them."""
        if len(inputs) != len(self._inputs):
            count = f"{len(self._inputs)} input{'s' * (len(self._inputs) != 1)}"
            raise TypeError(f"This model takes {count}, {', '.join(self._inputs)}; got {len(inputs)}.")
        values: dict[str, Any] = {name: getattr(self, attribute) for name, attribute in self._attributes.items()}
        values.update(self._constants)
        values.update((name, as_input(x, self._dtypes.get(name), self)) for name, x in zip(self._inputs, inputs, strict=True))
        results = self._run(self._graph, values)
        return results[0] if len(results) == 1 else tuple(results)

    def _run(self, function: Function, values: dict[str, Any]) -> list[Any]:
        for op in function.operations:
            inputs = [values[name] if name else None for name in op.inputs]
            inner = self._functions.get((op.domain, op.operator))
            if inner is not None:
                with scope(op.name.strip("/") or op.operator):
                    results = self._run(inner, dict(zip(inner.inputs, inputs, strict=False)))
            elif op.operator == "Constant":
                results = [np.asarray(*op.attributes.values())]
            else:
                found = _computed(op, inputs)
                results = found if isinstance(found, list) else [found]
            results = [x if isinstance(x, Node) else np.asarray(x) for x in results]
            values.update(zip(op.outputs, results, strict=False))
        return [values[name] for name in function.outputs]

    def extra_repr(self) -> str:
        return f"{', '.join(self._inputs)} → {', '.join(self._graph.outputs)}"


def _computed(op: Operation, inputs: list[Any]) -> Any:
    while inputs and inputs[-1] is None:
        inputs = inputs[:-1]
    attributes = dict(op.attributes)
    if op.operator == "Split" and len(inputs) < 2:
        attributes["parts"] = len(op.outputs)
    try:
        return READERS[op.operator](*inputs, **attributes)
    except (TypeError, ValueError, KeyError) as error:
        raise ValueError(f"The operator {op.operator} (at {op.name or ', '.join(op.outputs)}) cannot be computed: {error}") from error
