"""Training: `Trainer` runs the loop, `History` keeps what came of each epoch."""

from .history import History
from .trainer import Trainer

__all__ = ["History", "Trainer"]
