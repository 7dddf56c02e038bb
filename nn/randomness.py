"""The random numbers of networks: from a shared generator, or from one of your own.

Everything that draws random numbers takes `rng`, a seed or a NumPy generator. Without it, the numbers come
from a shared generator, in the order of the program; `manual_seed` sets its state.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any, TypeAlias

import numpy as np

from autograd import Node

__all__ = ["Seed", "generator", "generators", "get_rng_state", "manual_seed", "set_rng_state", "shared_generator"]

Seed: TypeAlias = int | np.integer[Any] | np.random.Generator | None
RngState: TypeAlias = Mapping[str, Any]  # its contents depend on the kind of NumPy's generator

_shared: list[np.random.Generator] = []


def manual_seed(seed: int) -> None:
    """Start the shared generator from a seed, so that a program draws the same numbers each time; `torch.manual_seed`.

    It seeds Python's `random` too, from which networks of Values take their first weights.

    Raises:
        ValueError: `seed` is not a whole number from 0.

    Example:
        >>> import nn
        >>> nn.manual_seed(0)
        >>> first = nn.Linear(2, 1)
        >>> nn.manual_seed(0)
        >>> bool((first.weight == nn.Linear(2, 1).weight).all())
        True
    """
    if not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"A seed is a whole number from 0; got {seed!r}.")
    set_rng_state(np.random.default_rng(seed).bit_generator.state)
    random.seed(int(seed))  # after the shared generator was made, which may take from it


def get_rng_state() -> RngState:
    """The state of the shared generator, for `set_rng_state`. It does not contain the state of Python's `random`.

    Example:
        >>> state = get_rng_state()
        >>> first = shared_generator().random()
        >>> set_rng_state(state)
        >>> shared_generator().random() == first
        True
    """
    return shared_generator().bit_generator.state


def set_rng_state(state: RngState) -> None:
    """Set the shared generator to a state from `get_rng_state`.

    Example:
        >>> import nn
        >>> state = nn.get_rng_state()
        >>> first = nn.Linear(2, 1)
        >>> nn.set_rng_state(state)
        >>> bool((first.weight == nn.Linear(2, 1).weight).all())
        True
    """
    shared_generator().bit_generator.state = state


def shared_generator() -> np.random.Generator:
    """The shared generator. It is seeded by Python's `random`, so that a single `random.seed` is enough.

    Example:
        >>> shared_generator() is shared_generator()
        True
    """
    if not _shared:
        _shared.append(np.random.default_rng(random.getrandbits(128)))
    return _shared[0]


def generator(rng: Seed) -> np.random.Generator:
    """The generator for a seed; a generator as it is; the shared one for None.

    Raises:
        ValueError: `rng` is something else.

    Example:
        >>> round(generator(0).random(), 4)
        0.637
    """
    if rng is None:
        return shared_generator()
    if not isinstance(rng, np.random.Generator) and not (isinstance(rng, (int, np.integer)) and rng >= 0):
        raise ValueError(f"rng is a seed (a whole number from 0), a NumPy generator or None; got {rng!r}.")
    return np.random.default_rng(rng)


def generators(**roots: object) -> dict[str, np.random.Generator]:
    """The generators among the attributes of some objects, at any depth, by dotted path; not the shared one.

    Example:
        >>> import nn
        >>> list(generators(model=nn.Sequential(nn.ReLU(), nn.Dropout(rng=0))))
        ['model.1.rng']
    """
    seen, found = {id(shared_generator())}, {}
    todo = list(reversed(roots.items()))
    while todo:
        path, thing = todo.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, np.random.Generator):
            found[path] = thing
        else:
            todo.extend(reversed([(f"{path}.{name}", part) for name, part in _parts(thing)]))
    return found


def _parts(thing: object) -> Iterator[tuple[object, object]]:
    """The parts of an object, with their names, keys or numbers."""
    if isinstance(thing, Mapping):
        yield from thing.items()
    elif isinstance(thing, (list, tuple)):
        yield from enumerate(thing)
    elif not isinstance(thing, (type, ModuleType, FunctionType, Node, np.ndarray)):
        yield from getattr(thing, "__dict__", {}).items()
