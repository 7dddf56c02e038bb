"""Schedules: how the learning rates of an optimizer change during training. Names, arguments and numbers are PyTorch's."""

from .curves import CosineAnnealingLR, Curve, ExponentialLR, LinearLR, StepLR
from .one_cycle import OneCycleLR
from .plateau import ReduceLROnPlateau
from .scheduler import LRScheduler, SequentialLR

__all__ = [
    "CosineAnnealingLR", "Curve", "ExponentialLR", "LRScheduler", "LinearLR", "OneCycleLR", "ReduceLROnPlateau",
    "SequentialLR", "StepLR",
]  # fmt: skip
