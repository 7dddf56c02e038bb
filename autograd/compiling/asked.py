"""What a stand-in tells about its type: to the library that it is a node; to the traced function, what it stands for."""

from __future__ import annotations

import sys
from typing import Any, Final

from ..modes import mode

__all__ = ["asked_by_user", "refuse_a_question"]

LIBRARY: Final = frozenset({"autograd", "nn", "numpy"})


def asked_by_user() -> bool:
    """Whether it is the traced function that asks for the type of a stand-in, directly or through another library.

    `isinstance` does not tell who asks, so this looks at whose code is running. For an abstract class, that is
    a function of the module `abc`, on behalf of its caller.
    """
    if mode.tracing is None:
        return False
    frame: Any = sys._getframe(2)
    while frame is not None and frame.f_globals.get("__name__") == "abc":
        frame = frame.f_back
    return frame is not None and frame.f_globals.get("__name__", "").split(".")[0] not in LIBRARY


def refuse_a_question(what: str) -> Any:
    """Refuse a question about the type whose answer would differ in an ordinary call."""
    assert mode.tracing is not None
    return mode.tracing(what, "find it out outside and pass it as an argument")
