"""The gradients of a compiled step, as nodes.

They are what its backward passes give, and what is done with gradients after them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..core import Node
from ..primitives.choices import where
from ..primitives.indexing import getitem, scatter
from ..primitives.joining import concatenate
from ..primitives.shapes import reshape
from ..stores import Store
from ..tensor import Tensor
from .differentiate import differentiate
from .effects import Backward, ChangeGradients, Effect, Forget, Step
from .updates import Update

__all__ = ["UNTOUCHED", "Gradients", "Leaves"]

UNTOUCHED: Any = type("Untouched", (), {})()  # the gradient of an input that is what it was before the call
Place = tuple[int, int | None]  # the number of an input; for a Value in a store, the position in it


class Leaves:
    """The inputs of a program that may get a gradient.

    Args:
        name: of the function.
        given: the nodes from outside that the function reads.
        inputs: a leaf of the lifted graph for each of these, and for each argument; `wanted` says which get a gradient.
        lifted: the lifted nodes that backward passes begin with, and those that stand for a number made of gradients.

    Attributes:
        before: the inputs whose gradients from before the call count, each with a leaf that stands for that gradient.
        had: for some inputs, whether they had a gradient when the function was compiled.
        updates: the steps of optimizers.
    """

    def __init__(
        self, name: str, given: Sequence[Node], inputs: Sequence[Tensor], wanted: Sequence[bool], lifted: Mapping[Node, Any]
    ) -> None:
        self.name, self.given, self.inputs, self.wanted, self.lifted = name, given, inputs, wanted, lifted
        self.before: dict[int, Tensor] = {}
        self.had: dict[int, bool] = {}
        self.updates: list[Update] = []
        self.places: dict[Node, Place] = {node: (i, None) for i, node in enumerate(given)}
        for i, node in enumerate(given):
            if isinstance(node, Store):
                self.places.update({value: (i, k) for k, value in enumerate(node.values)})

    def zeros(self, i: int) -> Tensor:
        return constant(np.zeros(self.inputs[i].shape, self.inputs[i].dtype))

    def had_gradient(self, i: int) -> bool:
        """Whether an input had a gradient before the call."""
        if isinstance(self.given[i], Store):
            return True
        return self.had.setdefault(i, self.given[i]._grad is not None)

    def blocks(self, leaves: Sequence[Node]) -> list[tuple[int, list[int] | None]]:
        """The inputs in which leaves are; of a store, where in it, if not all of it is among them."""
        found: dict[int, list[int] | None] = {}
        for leaf in leaves:
            if leaf in self.places and leaf.requires_grad:
                i, k = self.places[leaf]
                at = found.setdefault(i, [])
                if k is None or at is None:
                    found[i] = None
                else:
                    at.append(k)
        return [(i, None if at is None or len(set(at)) == self.inputs[i].size else at) for i, at in found.items()]


@dataclass
class Gradients:
    """The gradients of the leaves, effect by effect.

    Attributes:
        state: for each input its gradient by now: a node, None if it is forgotten, or UNTOUCHED.
        numbers: for each number that follows from gradients, its stand-in and what it is.
        steps: for each step of an optimizer, the gradients of the pieces that it changes.
        of: nodes, each with its gradient.
    """

    leaves: Leaves
    careful: bool
    state: list[Any] = field(init=False)
    numbers: list[tuple[Node, Any]] = field(default_factory=list)
    steps: list[list[Any]] = field(default_factory=list)
    of: list[tuple[Node, Node]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.state = [UNTOUCHED] * len(self.leaves.inputs)

    def run(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Backward):
                self._go_back(effect)
            elif isinstance(effect, Forget):
                self._forget(effect)
            elif isinstance(effect, ChangeGradients):
                self._change(effect)
            else:
                self._step(effect)

    def now(self, i: int) -> Any:
        """The gradient of an input, as a node."""
        leaves = self.leaves
        if self.state[i] is None:
            return leaves.zeros(i)
        if self.state[i] is UNTOUCHED:
            if i not in leaves.before:
                x = leaves.inputs[i]
                leaves.before[i] = Tensor(np.zeros(x.shape, x.dtype), f"earlier_{x.label}")
            return leaves.before[i]
        return self.state[i]

    def is_there(self, i: int) -> bool:
        """Whether an input has a gradient; Values always have."""
        state = self.state[i]
        return isinstance(self.leaves.given[i], Store) or (self.leaves.had_gradient(i) if state is UNTOUCHED else state is not None)

    def _go_back(self, effect: Backward) -> None:
        leaves = self.leaves
        root = leaves.lifted[effect.root]
        seed = leaves.lifted[effect.gradient] if isinstance(effect.gradient, Node) else effect.gradient
        if not isinstance(seed, Node):
            seed = constant(np.asarray(seed, np.result_type(root.dtype, np.float16)).reshape(root.shape))
        found = differentiate([root], [seed], self.careful)
        self.of += [(node, g) for node, g in found.items() if isinstance(g, Node)]
        reached = [i for i, (x, want) in enumerate(zip(leaves.inputs, leaves.wanted, strict=True)) if want and x in found]
        if not reached:
            raise RuntimeError(
                f"backward() in {leaves.name}: what it is called on was computed from constants alone, so that nothing would get a "
                "gradient. Compute it from parameters, outside of no_grad()."
            )
        for i in reached:
            g = found[leaves.inputs[i]]
            node = leaves.given[i] if i < len(leaves.given) else None
            if isinstance(node, Store) and node.resting:
                learns = np.ones(node.shape, bool)
                learns.flat[node.resting] = False
                g = where(learns, g, 0.0)
            if node is None or node.primitive is not None:  # it is not stored here, but passed on
                self.state[i] = g if self.state[i] is UNTOUCHED else self.state[i] + g
            else:
                self.state[i] = g if self.state[i] is None else self.now(i) + g

    def _forget(self, effect: Forget) -> None:
        for i, at in self.leaves.blocks(effect.leaves):
            if at is not None:
                if self.state[i] is not None:
                    self.state[i] = _put(self.now(i), at, np.zeros(len(at)))
            elif not effect.to_zero:
                self.state[i] = None
            elif self.is_there(i):
                self.state[i] = self.leaves.zeros(i)

    def _change(self, effect: ChangeGradients) -> None:
        blocks = [(i, at) for i, at in self.leaves.blocks(effect.leaves) if self.is_there(i)]
        present = [self.now(i) for i, _ in blocks]
        result, changed = effect.change([g if at is None else _take(g, at) for g, (_, at) in zip(present, blocks, strict=True)])
        for (i, at), g, new in zip(blocks, present, changed, strict=True):
            self.state[i] = new if at is None else _put(g, at, new)
        self.numbers.append((self.leaves.lifted[effect.result], result))

    def _step(self, effect: Step) -> None:
        leaves = self.leaves
        if len(self.steps) == len(leaves.updates):
            tensors = [x for x in effect.updater.leaves() if isinstance(x, Tensor) and x.requires_grad]
            without = frozenset([x for x in tensors if not self.is_there(leaves.places[x][0])])
            leaves.updates.append(Update(effect.updater, without))
        update = leaves.updates[len(self.steps)]
        self.steps.append([self._joined(update.leaves[i]) for i in update.parts])

    def _joined(self, some: Sequence[Node]) -> Any:
        """The gradients of some leaves in one array."""
        if len(some) == 1 and isinstance(some[0], Tensor):
            return self.now(self.leaves.places[some[0]][0])
        parts: list[tuple[int, list[int] | None]] = []
        for leaf in some:
            i, k = self.leaves.places[leaf]
            if k is None:
                parts.append((i, None))
            elif parts and parts[-1][0] == i and parts[-1][1] is not None:
                parts[-1][1].append(k)
            else:
                parts.append((i, [k]))
        arrays = [_flat(self.now(i)) if at is None else _take(self.now(i), at) for i, at in parts]
        return arrays[0] if len(arrays) == 1 else concatenate(*arrays, axis=0)


def constant(array: object) -> Tensor:
    """An array as a node without derivative."""
    node = Tensor(0.0)
    node._datum, node.inputs = array, None
    return node


def _flat(g: Any) -> Any:
    return reshape(g, shape=(g.size,))


def _take(g: object, at: list[int]) -> Any:
    return getitem(_flat(g), index=np.array(at))


def _put(g: Any, at: list[int], new: object) -> Any:
    """`g` with other entries in some positions."""
    chosen = np.zeros(g.shape, bool)
    chosen.flat[at] = True
    new = new if isinstance(new, Node) else constant(np.asarray(new, g.dtype))
    return where(chosen, reshape(scatter(new, index=np.array(at), shape=(g.size,)), shape=g.shape), g)
