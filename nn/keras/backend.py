"""`keras.backend`: what programs still take from it."""

from __future__ import annotations

from ..lookup import missing
from .layers.base import forget_names

__all__ = ["clear_session", "epsilon", "floatx", "image_data_format"]


def clear_session(free_memory: bool = True) -> None:
    """Number layers from the start again; there is nothing else to clear, since a graph goes when its last user does."""
    forget_names()


def epsilon() -> float:
    """1e-7."""
    return 1e-7


def floatx() -> str:
    """ "float32"."""
    return "float32"


def image_data_format() -> str:
    """ "channels_last"."""
    return "channels_last"


__getattr__ = missing(globals())
