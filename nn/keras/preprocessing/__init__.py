"""`keras.preprocessing`, an older name of a part of `keras.utils`."""

from ...lookup import missing
from . import sequence

__all__ = ["sequence"]

__getattr__ = missing(globals())
