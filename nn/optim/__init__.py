"""Optimizers, and schedules for their learning rates. Names, arguments and numbers are PyTorch's."""

from typing import TYPE_CHECKING

from ..lookup import missing
from . import lr_scheduler
from .adaptive import Adadelta, Adamax, NAdam, RAdam
from .directions import Lion, Muon
from .lr_scheduler import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiStepLR,
    OneCycleLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)
from .methods import SGD, Adagrad, Adam, AdamW, RMSprop
from .optimizer import Optimizer

__all__ = [
    "SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "ExponentialLR",
    "LambdaLR", "LinearLR", "Lion", "MultiStepLR", "Muon", "NAdam", "OneCycleLR", "Optimizer", "RAdam", "RMSprop",
    "ReduceLROnPlateau", "SequentialLR", "StepLR", "lr_scheduler",
]  # fmt: skip

if not TYPE_CHECKING:
    __getattr__ = missing(globals())
