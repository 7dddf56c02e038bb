"""The state of all random generators in training, so that it can continue with the same random numbers.

These are the shared generator, Python's `random`, which `nn.manual_seed` sets too, and the
generators among the attributes of the model, the data and their transforms.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..randomness import generators, get_rng_state, set_rng_state

__all__ = ["generators", "get_state", "set_state"]

Generators = Mapping[str, np.random.Generator]


def get_state(own: Generators) -> dict[str, Any]:
    """The state of all generators, made of numbers, texts, lists and dicts; `own` are those from `generators`.

    Example:
        >>> state = get_state({})
        >>> first = random.random()
        >>> set_state(state, {})
        >>> random.random() == first
        True
    """
    version, numbers, spare = random.getstate()
    return {
        "shared": get_rng_state(),
        "python": [version, list(numbers), spare],
        "own": {path: rng.bit_generator.state for path, rng in own.items()},
    }


def set_state(state: Mapping[str, Any], own: Generators) -> None:
    """Give all generators a state from `get_state`.

    Raises:
        ValueError: it is the state of other generators.
    """
    if state["own"].keys() != own.keys():
        raise ValueError(
            f"The checkpoint has the random numbers of {_listed(state['own'])}, and here there are {_listed(own)}; "
            "make the model and the data as they were before."
        )
    set_rng_state(state["shared"])
    version, numbers, spare = state["python"]
    random.setstate((version, tuple(numbers), spare))
    for path, rng in own.items():
        rng.bit_generator.state = state["own"][path]


def _listed(paths: Iterable[str]) -> str:
    return ", ".join(paths) or "none"
