"""Callbacks take part in training: a `Callback` is called at each epoch and each batch, and may read and change things.

`Training` is the type of what it sees, and `Monitor` the base of callbacks that watch for the best epoch.
"""

from .callback import Callback
from .checkpoint import ModelCheckpoint
from .monitor import Monitor
from .nonfinite import TerminateOnNaN
from .steps import ClipGradients, LearningRateSchedule
from .stopping import EarlyStopping
from .training import Training
from .watch import Watch

__all__ = [
    "Callback", "ClipGradients", "EarlyStopping", "LearningRateSchedule", "ModelCheckpoint", "Monitor", "TerminateOnNaN", "Training",
    "Watch",
]  # fmt: skip
