"""State that a function must not read while it is traced, because the calls themselves change it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, NoReturn

import numpy as np

from ..modes import mode

__all__ = ["Update", "hidden_state"]

OPERATORS = [
    *("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "pow", "rpow", "matmul", "rmatmul"),
    *("neg", "pos", "abs", "lt", "le", "gt", "ge", "eq", "ne"),
]


class Update(NamedTuple):
    """A change of an object's attributes at each call; see `autograd.state.update`."""

    owner: Any
    names: Sequence[str]
    change: Callable[..., None]
    numbers: dict[str, Any]


class _Hidden:
    """A stand-in for something that changes from call to call."""

    def __init__(self, what: str, instead: str, array: Any = None) -> None:
        vars(self).update(what=what, instead=instead)
        if array is not None:  # attributes of arrays that do not change
            vars(self).update(dtype=array.dtype, shape=array.shape, ndim=array.ndim, size=array.size)

    def __getattr__(self, name: str) -> Any:
        _refuse_to_show(self)


def _refuse_to_show(*operands: Any) -> NoReturn:
    assert mode.tracing is not None
    hidden = next(x for x in operands if isinstance(x, _Hidden))
    mode.tracing(vars(hidden)["what"], vars(hidden)["instead"])


for _name in (*OPERATORS, "bool", "float", "len", "iter", "getitem", "format", "array", "array_ufunc"):
    setattr(_Hidden, f"__{_name}__", _refuse_to_show)


@contextmanager
def hidden_state(changing: Sequence[Update]) -> Iterator[None]:
    """While a function that changes attributes is traced, it cannot read them."""
    before = [(vars(update.owner), name, vars(update.owner)[name]) for update in changing for name in dict.fromkeys(update.names)]
    for attributes, name, contents in before:
        attributes[name] = _Hidden(
            f"reading {name}, which the call changes,", "read it outside of the compiled function",
            contents if isinstance(contents, np.ndarray) else None,
        )  # fmt: skip
    try:
        yield
    finally:
        for attributes, name, contents in reversed(before):
            attributes[name] = contents
