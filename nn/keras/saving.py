"""How a model is written down as JSON, and made again.

A part is written as its kind, and the arguments that it was made with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from . import activations
from .entries import Described
from .layers.base import Layer

__all__ = ["Kept", "described", "made"]


class Kept:
    """An entry of a file of `nn.save`.

    Example:
        >>> kept = Kept({"a": 1})
        >>> kept.load_state_dict({"a": 2})
        >>> kept.state_dict()
        {'a': 2}
    """

    def __init__(self, content: Mapping[str, Any] | None = None) -> None:
        self.content = dict(content or {})

    def state_dict(self) -> dict[str, Any]:
        """What is kept."""
        return self.content

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Keep something else."""
        self.content = dict(state)


def described(thing: object, where: str = "the model") -> Any:
    """A part of a model as numbers, texts, lists and dicts.

    Raises:
        TypeError: it is a function of the user's own, or something else that only its program can make.

    Example:
        >>> from nn.keras.regularizers import L2
        >>> described(L2(0.1))
        {'kind': 'L2', 'config': {'l2': 0.1}}
    """
    if thing is None or isinstance(thing, (bool, int, float, str)):
        return thing
    if isinstance(thing, np.generic):
        return thing.item()
    if isinstance(thing, (list, tuple)):
        return [described(item, where) for item in thing]
    if isinstance(thing, dict):
        return {str(key): described(item, where) for key, item in thing.items()}
    name = next((name for name, function in activations.BY_NAME.items() if function is thing), None)
    if name is not None:
        return name
    if not isinstance(thing, Described) or not type(thing).__module__.startswith("nn.keras"):
        what = type(thing).__name__ if isinstance(thing, Described) else repr(thing)[:80]
        raise TypeError(
            f"{where} has a part that is not in the book, {what}, and a file cannot hold its program. model.save_weights(path) stores the "
            "numbers; make the model by its program, and model.load_weights(path) brings them back."
        )
    where = thing.name if isinstance(thing, Layer) else where
    return {"kind": type(thing).__name__, "config": described(thing.get_config(), where)}


def made(description: object, kinds: Mapping[str, Any]) -> Any:
    """What `described` wrote down.

    Example:
        >>> from nn.keras.regularizers import L2
        >>> made({"kind": "L2", "config": {"l2": 0.1}}, {"L2": L2}).l2
        0.1
    """
    if isinstance(description, list):
        return [made(item, kinds) for item in description]
    if not isinstance(description, dict):
        return description
    if description.keys() == {"kind", "config"}:
        return kinds[description["kind"]].from_config(made(description["config"], kinds))
    return {key: made(item, kinds) for key, item in description.items()}
