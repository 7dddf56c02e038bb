"""What an estimator is made of, from its parameters: the network and the optimizer; and its random numbers."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autograd import Node

from .. import activation as activations
from .. import optim
from ..checks import count, number
from ..containers import Sequential
from ..dropout import Dropout
from ..linear import Identity, Linear
from ..module import Module
from ..optim import Optimizer
from ..randomness import get_rng_state, manual_seed, set_rng_state

__all__ = ["default_network", "optimizer_for", "own_random_numbers"]

ACTIVATIONS: dict[str, Callable[[], Module]] = {name.lower(): getattr(activations, name) for name in activations.__all__}
ACTIVATIONS |= {"logistic": activations.Sigmoid, "identity": Identity}  # as MLPClassifier calls them
OPTIMIZERS = {name.lower(): entry for name, entry in vars(optim).items() if isinstance(entry, type) and entry is not Optimizer}


def default_network(
    inputs: int, outputs: int, hidden: object, activation: object, dropout: float, dtype: DTypeLike, rng: np.random.Generator
) -> Module:
    """Linear layers with an activation, and perhaps dropout, between them.

    Raises:
        TypeError, ValueError: a size is not a whole number from 1; `dropout` is not from 0 to below 1; or there is no
            such activation.

    Example:
        >>> default_network(4, 3, (16,), "relu", 0.0, np.float32, np.random.default_rng(0))
        Sequential(
          (0): Linear(in_features=4, out_features=16, bias=True)
          (1): ReLU()
          (2): Linear(in_features=16, out_features=3, bias=True)
        )
    """
    sizes = [inputs, *(count("hidden", size) for size in (hidden if isinstance(hidden, Iterable) else [hidden])), outputs]
    make = _entry("activation", activation, ACTIVATIONS, "nn.GELU")
    layers: list[Module] = []
    for i, (n, m) in enumerate(pairwise(sizes)):
        if i > 0:
            layers += [make(), Dropout(dropout, rng=rng)] if number("dropout", dropout) else [make()]
        layers.append(Linear(n, m, dtype=dtype, rng=rng))
    return Sequential(*layers)


def optimizer_for(optimizer: object, parameters: Iterable[Node], lr: float) -> Optimizer:
    """The optimizer for some parameters: a name in `nn.optim`, a class, or a function of the parameters and `lr`.

    Raises:
        TypeError, ValueError: there is none of that name, it is not an optimizer, or `lr` is not a number from 0.

    Example:
        >>> from autograd import Tensor
        >>> optimizer_for("sgd", [Tensor([1.0])], lr=0.1).defaults["lr"]
        0.1
    """
    made = _entry("optimizer", optimizer, OPTIMIZERS, "nn.optim.AdamW")(list(parameters), lr=number("lr", lr))
    if not isinstance(made, Optimizer):
        raise TypeError(f"optimizer must make one of nn.optim from parameters and lr; it made a {type(made).__name__}.")
    return made


def _entry(name: str, given: object, known: dict[str, Any], example: str) -> Callable[..., Any]:
    if isinstance(given, str) and given.lower() in known:
        return known[given.lower()]
    if isinstance(given, str) or not callable(given):
        raise ValueError(f"{name} is one of {', '.join(sorted(known))}, or a class such as {example}; got {given!r}.")
    return given


@contextmanager
def own_random_numbers(rng: np.random.Generator) -> Iterator[None]:
    """Let everything inside that draws from shared generators draw from `rng`; afterwards these are as they were.

    Example:
        >>> before = get_rng_state()
        >>> with own_random_numbers(np.random.default_rng(0)):
        ...     layer = Linear(2, 1)
        >>> get_rng_state() == before
        True
    """
    before, python = get_rng_state(), random.getstate()
    manual_seed(int(rng.integers(2**31)))
    try:
        yield
    finally:
        set_rng_state(before)
        random.setstate(python)
