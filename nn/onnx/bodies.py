"""The steps of one graph in ONNX' words: of the model itself, or of one of its functions, which stand for layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd import Node
from autograd.compiling.standins import Argument

from ..types import Array
from .library import BOOL, FLOAT, INT64, library
from .tracing import SMALL, Repeated, Size

__all__ = ["RECURRENT", "ROWS", "Body", "Call", "Unwritable", "datum_of", "kind_of"]

RECURRENT = "of a recurrent layer ONNX has the hidden states at all times and the cells at the end, and nothing else"
ROWS = object()  # stands for the number of examples, which a body may need
KINDS = {"f": FLOAT, "i": INT64, "u": INT64, "b": BOOL}
TYPES = {FLOAT: np.float32, INT64: np.int64, BOOL: np.bool_}


def kind_of(x: Any) -> int:
    """The type of the entries of a node or a constant, by ONNX' number.

    Example:
        >>> kind_of(np.zeros(2)) == FLOAT
        True
    """
    dtype = x.type if isinstance(x, Argument) else None  # a stand-in computes in floats
    return KINDS[(dtype or datum_of(x).dtype).kind]


def datum_of(x: Any) -> Array:
    """The array of a node or a constant, in the small batch.

    Example:
        >>> datum_of(3.0).shape
        ()
    """
    if isinstance(x, Repeated):
        return np.broadcast_to(x.array, [n.fixed + n.each * SMALL if isinstance(n, Size) else n for n in x.shape])
    return np.asarray(x._datum if isinstance(x, Node) else x)


class Unwritable(Exception):  # noqa: N818
    """What ONNX has no words for, and why."""

    def __init__(self, why: str = "ONNX has no operator for it") -> None:
        super().__init__(why)


@dataclass
class Call:
    """A node of an ONNX graph, as it will be written."""

    operator: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Any] = field(default_factory=dict)
    domain: str = ""
    name: str = ""


class Body:
    """The nodes of one graph, and the names of what they compute.

    Args:
        prefix: the path of the layer, for the names of the nodes.
        outside: gives the name of something that comes from outside, such as a parameter; None if nothing of the kind
            is known.
        shapes: the shapes of nodes.
    """

    def __init__(self, prefix: str, outside: Callable[[Any], str | None], shapes: Mapping[Node, tuple[int | Size, ...]]) -> None:
        self.prefix, self.outside, self.shapes = prefix, outside, shapes
        self.calls: list[Call] = []
        self.names: dict[Any, str] = {}
        self.given: dict[str, Any] = {}  # what comes from outside, by its name here
        self._counts: dict[str, int] = {}
        self._constants: dict[Any, str] = {}
        # Of a node that has no name, the parts that have one, by their indices.
        self.parts: dict[Any, dict[Any, str]] = {}

    def free(self, name: str) -> str:
        """The name, or with a number if there is one of that name."""
        count = self._counts[name] = self._counts.get(name, 0) + 1
        return name if count == 1 else self.free(f"{name}_{count}")

    def call(
        self, operator: str, *inputs: str, outputs: int = 1, names: Sequence[str] = (), domain: str = "", name: str | None = None,
        **attributes: Any,
    ) -> list[str]:  # fmt: skip
        """Write a node; the names of its results."""
        own = self.free(f"{self.prefix}/{operator}" if name is None else name)
        made = [self.free(result) for result in (names or [operator.lower()] * outputs)]
        self.calls.append(Call(operator, list(inputs), made, attributes, domain, own))
        return made

    def op(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Write a node with one result; its name."""
        return self.call(operator, *inputs, **attributes)[0]

    def shapes_of(self, x: Any) -> tuple[int | Size, ...]:
        """The shape of a node or a constant."""
        return x.shape if isinstance(x, Repeated) else self.shapes[x] if isinstance(x, Node) else np.shape(x)

    def of(self, x: Any, kind: int | None = None) -> str:
        """The name of a node or a constant here; converted, if it shall be of another type."""
        if isinstance(x, Repeated):
            return self.op("Expand", self.of(x.array, kind), self.sizes(x.shape))
        if not isinstance(x, Node):
            return self.constant(x, kind)
        name = self.name_of(x)
        if kind is None or kind == kind_of(x):
            return name
        if (name, kind) not in self._constants:
            self._constants[name, kind] = self.op("Cast", name, to=kind)
        return self._constants[name, kind]

    def name_of(self, x: Any) -> str:
        """The name of a node here."""
        if x in self.parts:
            raise Unwritable(RECURRENT)
        if x not in self.names:
            name = self.outside(x)
            assert name is not None, "what is computed comes after its inputs"
            self.names[x] = self.free(name)
            self.given[self.names[x]] = x
        return self.names[x]

    def constant(self, x: Any, kind: int | None = None) -> str:
        """The name of a constant."""
        array = np.ascontiguousarray(np.asarray(x).astype(TYPES[kind_of(x) if kind is None else kind])).reshape(np.shape(x))
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constants:
            self._constants[key] = self.op("Constant", value=array)
        return self._constants[key]

    def sizes(self, numbers: Iterable[int | Size]) -> str:
        """The name of a list of whole numbers, of which some may depend on the size of the batch."""
        numbers = list(numbers)
        if not any(isinstance(n, Size) for n in numbers):
            return self.constant(np.array(numbers, np.int64))
        parts = [self._size(n) if isinstance(n, Size) else self.constant(np.array([n], np.int64)) for n in numbers]
        return parts[0] if len(parts) == 1 else self.op("Concat", *parts, axis=0)

    def _size(self, size: Size) -> str:
        name = self.name_of(ROWS)
        if size.each != 1:
            name = self.op("Mul", name, self.constant(np.array([size.each], np.int64)))
        return name if not size.fixed else self.op("Add", name, self.constant(np.array([size.fixed], np.int64)))

    def finish(self, results: Mapping[str, Any]) -> tuple[list[Call], dict[str, Any]]:
        """The nodes that are needed for the `results`, which get these names.

        Returns also what they need from outside, by its name here.
        """
        rename: dict[str, str] = {}
        made = {name for call in self.calls for name in call.outputs}
        for wanted, x in results.items():
            name = self.name_of(x)
            if name in made and name not in rename:
                rename[name] = wanted
            else:
                self.calls.append(Call("Identity", [name], [wanted], name=self.free(f"{self.prefix}/Identity")))
        for call in self.calls:
            call.inputs = [rename.get(name, name) for name in call.inputs]
            call.outputs = [rename.get(name, name) for name in call.outputs]
        needed, kept = set(results), []
        for call in reversed(self.calls):
            if needed.intersection(call.outputs):
                needed.update(call.inputs)
                kept.append(call)
        return kept[::-1], {name: x for name, x in self.given.items() if name in needed}

    def protos(self, calls: Iterable[Call]) -> list[Any]:
        """The nodes as the package `onnx` has them."""
        onnx = library()
        made = []
        for call in calls:
            attributes = {key: onnx.numpy_helper.from_array(x) if isinstance(x, np.ndarray) else x for key, x in call.attributes.items()}
            made.append(onnx.helper.make_node(call.operator, call.inputs, call.outputs, call.name, domain=call.domain, **attributes))
        return made
