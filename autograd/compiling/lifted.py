"""From a trace to a graph of arrays: rolled, flattened and lifted; and what the program is given, as its leaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core import Node
from ..modes import mode
from ..stores import Store, StoredValue, move_into_store
from ..tensor import Tensor
from ..value import Value
from .batches import Batch, batch_in, stretched
from .closure import Surroundings
from .flatten import Flattening
from .lift import Lifting
from .lift_loops import LoopLifting
from .naming import families, name_of_path
from .nodes import only_indices
from .roll import Rolling
from .tracing import Trace

__all__ = ["Lifted", "stored"]


def stored(outside: Sequence[Node], surroundings: Surroundings) -> list[Node]:
    """Move the Values among the parameters into stores, with those that belong to them.

    Returns the nodes, with the stores in their place.
    """
    needed = set(outside)
    loose = [x for x in dict.fromkeys([*outside, *surroundings.nodes]) if type(x) is Value and x.is_leaf and x.requires_grad]
    for name, values, shape in families(loose, surroundings.paths):
        if not needed.isdisjoint(values):
            move_into_store(values, shape, name)
    return list(dict.fromkeys(x.store()[0] if type(x) is StoredValue else x for x in outside))


class Lifted:
    """The graph of arrays.

    Args:
        trace: the graph of the function's own operations.
        order: its nodes and those from outside that it uses, oldest first.
        outside: those from outside.
        given: the same, with stores in the place of Values.
        name: the function's, for errors.
        as_loops: whether recurrent layers become loops.

    Attributes:
        inputs: the leaves, a Tensor for each of `given`, for each array among the arguments, and for each drawing of
            random numbers.
        types: the dtype of each array among the arguments.
        lifting: where in the arrays each number of the trace is.
        flat: for each result of the trace, the node of the flat graph.
    """

    def __init__(
        self, trace: Trace, order: Sequence[Node], outside: Sequence[Node], given: Sequence[Node], name: str, *, as_loops: bool
    ) -> None:
        self._trace, self._given = trace, given
        self._arguments = [*trace.arguments.arrays, *(argument for _, argument in trace.draws)]
        self._indices = only_indices(order, self._arguments, name)
        self.types = [np.intp if argument in self._indices else argument.dtype for argument in trace.arguments.arrays]
        self._windows: dict[Node, list[tuple[int, Node]]] = {store: [] for store in given if isinstance(store, Store)}
        for node in outside:
            if type(node) is StoredValue:
                store, i = node.store()
                self._windows[store].append((i, node))
        made = [node for node in order if node.primitive is not None and node.time >= trace.start]
        results = list(dict.fromkeys(trace.roots))
        self.lifting: Lifting = LoopLifting(as_loops=as_loops)
        self.inputs = self._give(self.lifting, {})
        batch = None if trace.effects.results else batch_in(made, results, self._arguments)
        computed = [x for x in results if x.primitive is not None and x.time >= trace.start]
        if batch is not None and self._lift_batch(batch, computed):
            self.flat = {x: x for x in results}
        else:
            self.flat = _lift(self.lifting, made, results, trace.made)
        mode.scope = None

    def _give(self, lifting: Lifting, rows: dict[int, int]) -> list[Tensor]:
        """Give a lifting its inputs, and return them; of some arguments, by id, only so many rows."""
        inputs: list[Tensor] = []
        for node in self._given:
            path = self._trace.surroundings.paths.get(id(node), ((),))[0]
            inputs.append(Tensor(node._datum, node.label or name_of_path(path) or "parameter"))
            if isinstance(node, Store):
                lifting.add(inputs[-1], self._windows[node])
            elif isinstance(node, Value):
                lifting.add(inputs[-1], [(0, node)])
            else:
                lifting.tensors[id(node)] = inputs[-1]
        for argument in self._arguments:
            data = argument._datum[: rows[id(argument)]] if id(argument) in rows else argument._datum
            inputs.append(Tensor(data, argument.label))
            if argument in self._indices:
                inputs[-1]._datum = data.astype(np.intp)
            lifting.add(inputs[-1], [(i, entry) for i, entry in argument.entries.items() if i < data.size])
            lifting.tensors[id(argument)] = inputs[-1]
        for result in self._trace.effects.results:
            lifting.add(Tensor(1.0), [(0, result)])
        return inputs

    def _lift_batch(self, batch: Batch, results: Sequence[Node]) -> bool:
        """Lift the results of a batch of points, by way of a few points; return whether that is possible."""
        found = []
        for left_out in (batch.most, batch.most - 1):
            few = LoopLifting()
            inputs = self._give(few, batch.rows(left_out))
            nodes, of = batch.without(left_out)
            if Rolling(nodes, [of(x) for x in results], nodes).loops:
                return False  # a loop over all points is shorter, and cannot be stretched
            flat = _lift(few, nodes, [of(x) for x in results], ())
            ends = [flat[of(x)] for x in results]
            found.append((inputs, [few.tensor(x) if isinstance(x, Tensor) else few.entry(x) for x in ends]))
        (small, first), (larger, second) = found
        roots = stretched(first, second, list(zip(small, larger, self.inputs, strict=True)), batch.most)
        if roots is None or not all(np.allclose(x._datum, y._datum, 1e-9, equal_nan=True) for x, y in zip(roots, results, strict=True)):
            return False
        for x, root in zip(results, roots, strict=True):
            if isinstance(x, Value):
                self.lifting.add(root, [(0, x)])
            else:
                self.lifting.tensors[id(x)] = root
        return True


def _lift(lifting: Lifting, made: Sequence[Node], results: Sequence[Node], all_made: Sequence[Node]) -> dict[Node, Any]:
    """Roll, flatten and lift a graph; for its results, the nodes of the flat graph."""
    rolled = Rolling(made, results, all_made)
    flat = Flattening(rolled.nodes, [rolled.of(x) for x in results])
    lifting.run(flat.nodes)
    return {x: flat.of(rolled.of(x)) for x in results}
