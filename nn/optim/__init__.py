"""Optimizers, and schedules for their learning rates. Names, arguments and numbers are PyTorch's."""

from . import lr_scheduler
from .lr_scheduler import CosineAnnealingLR, ExponentialLR, LinearLR, OneCycleLR, ReduceLROnPlateau, SequentialLR, StepLR
from .methods import SGD, Adagrad, Adam, AdamW, RMSprop
from .optimizer import Optimizer

__all__ = [
    "SGD", "Adagrad", "Adam", "AdamW", "CosineAnnealingLR", "ExponentialLR", "LinearLR", "OneCycleLR", "Optimizer",
    "RMSprop", "ReduceLROnPlateau", "SequentialLR", "StepLR", "lr_scheduler",
]  # fmt: skip
