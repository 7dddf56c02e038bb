"""State that a function changes besides what it returns, such as the running mean of a `BatchNorm1d`.

What changes must be said through `update`: then a compiled function computes the new numbers at
each call, and hands them over.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

from .core import Node

__all__ = ["keeping", "update"]


class _Keeping(threading.local):
    later: Callable[[Any, Sequence[str], Callable[..., None], dict[str, Any]], None] | None = None  # set while `compile` reads a function


keeping: Final = _Keeping()


def update(owner: Any, names: Sequence[str], change: Callable[..., None], **numbers: Any) -> None:
    """Change attributes of an object by what was computed: now, or at each call of the compiled function that this is in.

    Args:
        owner: the object.
        names: the attributes that `change` assigns to. A compiled function must not read them.
        change: is called with the numbers and arrays of `numbers`, under their names.
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
    if keeping.later is not None:
        keeping.later(owner, names, change, numbers)
    else:
        change(**{name: x.data if isinstance(x, Node) else x for name, x in numbers.items()})
