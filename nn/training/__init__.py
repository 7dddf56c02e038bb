"""Training: `Trainer` runs the loop, `History` keeps what came of each epoch, callbacks have their say in between."""

from . import callbacks
from .history import History
from .trainer import Trainer

__all__ = ["History", "Trainer", "callbacks"]
