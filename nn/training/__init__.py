"""Training: `Trainer` runs the loop, and `History` keeps the numbers of each epoch."""

from .history import History
from .trainer import Trainer

__all__ = ["History", "Trainer"]
