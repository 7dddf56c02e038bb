"""What a compiled function does besides computing, noted while it is traced: backward passes, and steps of optimizers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..core import Node
from ..errors import describe
from ..modes import mode, tick
from ..updating import Updater
from ..value import Value
from .standins import Argument, Entry

__all__ = ["Backward", "ChangeGradients", "Effect", "Forget", "Recorder", "Step"]


class Backward(NamedTuple):
    """`root.backward(gradient)`; the gradient is a node, a number or an array."""

    root: Node
    gradient: Any
    time: int


class Forget(NamedTuple):
    """The gradients of leaves are forgotten, or become 0."""

    leaves: Sequence[Node]
    to_zero: bool


class ChangeGradients(NamedTuple):
    """Other gradients in place of those of some leaves; see `modes.Effects`."""

    leaves: Sequence[Node]
    change: Callable[[list[Any]], tuple[Any, list[Any]]]
    result: Value


class Step(NamedTuple):
    """A step of an updater."""

    updater: Updater
    time: int


Effect = Backward | Forget | ChangeGradients | Step


class Recorder:
    """Notes the effects of a function, in order."""

    def __init__(self) -> None:
        self.effects: list[Effect] = []

    def backward(self, root: Node, gradient: object) -> None:
        if not root.requires_grad:
            raise RuntimeError(
                f"backward() on {describe(root)}: it is a constant, made by detach() or under no_grad(), and has no history."
            )
        seed = gradient if isinstance(gradient, Node) else root._seed(gradient)
        self.effects.append(Backward(root, seed, tick()))

    def forget(self, leaves: Sequence[Node], to_zero: bool = False) -> None:
        _check_leaves(leaves)
        self.effects.append(Forget(list(leaves), to_zero))

    def change_gradients(self, leaves: Sequence[Node], change: Callable[[list[Any]], tuple[Any, list[Any]]]) -> Value:
        _check_leaves(leaves)
        result = Value(1.0)
        self.effects.append(ChangeGradients(list(leaves), change, result))
        return result

    def update(self, updater: Updater) -> None:
        self.effects.append(Step(updater, tick()))

    @property
    def nodes(self) -> list[Node]:
        """What the backward passes begin with."""
        passes = [effect for effect in self.effects if isinstance(effect, Backward)]
        return [x for effect in passes for x in (effect.root, effect.gradient) if isinstance(x, Node)]

    @property
    def results(self) -> list[Value]:
        """Numbers that follow from gradients."""
        return [effect.result for effect in self.effects if isinstance(effect, ChangeGradients)]

    @property
    def updaters(self) -> list[Updater]:
        """Each updater once."""
        return list(dict.fromkeys(effect.updater for effect in self.effects if isinstance(effect, Step)))


def _check_leaves(leaves: Sequence[Node]) -> None:
    """Refuse stand-ins for arguments, whose gradients are not the program's."""
    if any(isinstance(leaf, (Argument, Entry)) for leaf in leaves):
        assert mode.tracing is not None
        mode.tracing("changing the gradient of an argument", "do it outside of the compiled function")
