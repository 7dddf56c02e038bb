"""Callbacks: who has a say in a training. A `Callback` is told of each epoch and each batch, and may look and change."""

from .callback import Callback
from .checkpoint import ModelCheckpoint
from .monitor import Monitor
from .nonfinite import TerminateOnNaN
from .steps import ClipGradients, LearningRateSchedule
from .stopping import EarlyStopping

__all__ = ["Callback", "ClipGradients", "EarlyStopping", "LearningRateSchedule", "ModelCheckpoint", "Monitor", "TerminateOnNaN"]
