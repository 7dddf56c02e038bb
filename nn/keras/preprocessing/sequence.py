"""`keras.preprocessing.sequence`, an older name of a part of `keras.utils`."""

from ...lookup import missing
from ..utils import pad_sequences

__all__ = ["pad_sequences"]

__getattr__ = missing(globals())
