"""What a stand-in says of its type: to the library that it is a node, to the function that is traced what it stands for."""

from __future__ import annotations

import sys
from typing import Any, Final

from ..modes import mode

__all__ = ["asked_by_user", "refuse_a_question"]

LIBRARY: Final = frozenset({"autograd", "nn", "numpy"})


def asked_by_user() -> bool:
    """Whether the function that is traced, or a library on its behalf, asks a stand-in what it is.

    Who asks is seen by whose code is running; `isinstance` says nothing of it. An abstract class is
    asked by a function of the module `abc`, for somebody else.
    """
    if mode.tracing is None:
        return False
    frame: Any = sys._getframe(2)
    while frame is not None and frame.f_globals.get("__name__") == "abc":
        frame = frame.f_back
    return frame is not None and frame.f_globals.get("__name__", "").split(".")[0] not in LIBRARY


def refuse_a_question(what: str) -> Any:
    """Refuse to say what cannot be known, as it would be another thing in an ordinary call."""
    assert mode.tracing is not None
    return mode.tracing(what, "find it out outside and pass it as an argument")
