"""`keras.layers`: each is a layer of `nn` inside, with Keras' arguments, and with channels last."""

from ...lookup import missing
from . import attention, core, images, merging, normalization, sequences
from .attention import *
from .base import Layer
from .core import *
from .images import *
from .merging import *
from .normalization import *
from .sequences import *

__all__ = ["Layer", *attention.__all__, *core.__all__, *images.__all__, *merging.__all__, *normalization.__all__, *sequences.__all__]

__getattr__ = missing(globals())
