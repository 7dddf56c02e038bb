"""Schedules: how the learning rates of an optimizer change during training.

Names, arguments and numbers are PyTorch's.
"""

from typing import TYPE_CHECKING

from ...lookup import missing
from .curves import CosineAnnealingLR, Curve, ExponentialLR, LinearLR, MultiStepLR, StepLR
from .free import CosineAnnealingWarmRestarts, LambdaLR
from .one_cycle import OneCycleLR
from .plateau import ReduceLROnPlateau
from .scheduler import LRScheduler, SequentialLR

__all__ = [
    "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "Curve", "ExponentialLR", "LRScheduler", "LambdaLR", "LinearLR",
    "MultiStepLR", "OneCycleLR", "ReduceLROnPlateau", "SequentialLR", "StepLR",
]  # fmt: skip

if not TYPE_CHECKING:
    __getattr__ = missing(globals())
