"""Side effects and checks of numbers, in functions that can be compiled.

A function that changes something besides returning a result, as `BatchNorm1d` changes its running mean, does so
through `update`. A compiled function then computes the new numbers at each call. A function that checks the
numbers of its arguments first asks `is_known`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .core import Node
from .modes import Effects, mode
from .structures import leaves

__all__ = ["effects", "is_known", "update"]


def is_known(x: object) -> bool:
    """Whether the numbers of `x` may be read. While `compile` or `vmap` traces a function, those of nodes may not.

    Args:
        x: a Value, a Tensor, an array or a number; or lists, tuples and dicts of them.

    Example:
        >>> from autograd import Value, compile
        >>> def root(x):
        ...     if is_known(x) and x.data < 0:
        ...         raise ValueError("root takes numbers from 0")
        ...     return x ** 0.5
        >>> root(Value(4.0)).data, compile(root)(9.0).data
        (2.0, 3.0)
    """
    return mode.tracing is None or not any(isinstance(leaf, Node) for leaf in leaves(x))


def effects() -> Effects | None:
    """What notes backward passes and changes of gradients, while a function is compiled.

    It is None in an ordinary call, which makes them.

    Example:
        >>> effects() is None
        True
    """
    return mode.effects


def update(owner: object, names: Sequence[str], change: Callable[..., None], **numbers: Any) -> None:
    """Change attributes of an object by computed numbers: now, or at each call of the compiled function.

    Args:
        owner: the object.
        names: the attributes that `change` assigns to. A compiled function must not read them.
        change: a function that is called with the data of `numbers`, as keyword arguments.
        numbers: Tensors, Values, arrays and numbers.

    Example:
        >>> from types import SimpleNamespace
        >>> from autograd import Value, compile
        >>> seen, w = SimpleNamespace(last=None), Value(2.0)
        >>> @compile
        ... def f(x):
        ...     y = w * x
        ...     update(seen, ["last"], lambda y: setattr(seen, "last", float(y)), y=y)
        ...     return y * y
        >>> f(1.0).data, seen.last, f(5.0).data, seen.last
        (4.0, 2.0, 100.0, 10.0)
    """
    if mode.update is not None:
        mode.update(owner, names, change, numbers)
    else:
        change(**{name: x.data if isinstance(x, Node) else x for name, x in numbers.items()})
