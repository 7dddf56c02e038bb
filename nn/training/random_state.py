"""Where all random numbers of a training are in their sequences, so that it can go on there.

That is the generator that all share, Python's `random`, which `nn.manual_seed` sets too, and the
generators that the model, the data and their transforms have as attributes.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..randomness import generators, get_rng_state, set_rng_state

__all__ = ["generators", "get_state", "set_state"]

Generators = Mapping[str, np.random.Generator]


def get_state(own: Generators) -> dict[str, Any]:
    """Where all the generators are, made of numbers, texts, lists and dicts; `own` are those from `generators`."""
    version, numbers, spare = random.getstate()
    return {
        "shared": get_rng_state(),
        "python": [version, list(numbers), spare],
        "own": {path: rng.bit_generator.state for path, rng in own.items()},
    }


def set_state(state: Mapping[str, Any], own: Generators) -> None:
    """Take all the generators to where they were.

    Raises:
        ValueError: there are others now.
    """
    if state["own"].keys() != own.keys():
        raise ValueError(
            f"The checkpoint has the random numbers of {_listed(state['own'])}, and here there are {_listed(own)}; "
            "go on with the model and the data made as they were."
        )
    set_rng_state(state["shared"])
    version, numbers, spare = state["python"]
    random.setstate((version, tuple(numbers), spare))
    for path, rng in own.items():
        rng.bit_generator.state = state["own"][path]


def _listed(paths: Mapping[str, Any]) -> str:
    return ", ".join(paths) or "none"
