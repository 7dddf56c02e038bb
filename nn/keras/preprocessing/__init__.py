"""`keras.preprocessing`, an older name of a part of `keras.utils`."""

from ..entries import missing
from . import sequence

__all__ = ["sequence"]

__getattr__ = missing(globals())
