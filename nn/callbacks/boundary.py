"""`Boundary`: how a model divides the plane between classes, from epoch to epoch."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Node, Value

from ..functional import binary_cross_entropy_with_logits, interpolate
from ..habits import in_mode
from ..losses import BCEWithLogitsLoss
from ..mlp import MLP
from ..plot.classes import GRID, plane_around, scores_over
from ..vectorize import vectorize
from .training import Batch, Training

__all__ = ["Boundary"]

# Points along each side of the plane; of a network of Values, each is computed on its own.
SIDE, SIDE_OF_VALUES = 41, 21
MOST_POINTS, MOST_FRAMES = 400, 100
TWO_CLASSES = ({-1.0, 1.0}, {0.0, 1.0})


class Boundary:
    """The points of the first epoch with their classes, and the scores over the plane around them, from epoch to epoch.

    It stays empty where the data are no classes of points in the plane.

    Args:
        middle: the score between two classes; None for what fits the targets and the loss.

    Attributes:
        points, classes: the points, of shape (n, 2), and their classes, of shape (n,).
        epochs, frames: the epochs that were looked at, and for each the scores, of shape (SIDE, SIDE, scores): of two
            classes one score, which is above 0 for the second class.

    Example:
        >>> boundary = Boundary()
        >>> boundary.collect(Batch(([[0.0, 1.0], [1.0, 0.0]],), [-1.0, 1.0], size=2))
        >>> boundary.classes
        array([-1.,  1.])
    """

    def __init__(self, middle: float | None = None) -> None:
        self.middle = middle
        self.points, self.classes = np.zeros((0, 2)), np.zeros(0)
        self.epochs: list[int] = []
        self.frames: list[NDArray[np.float32]] = []
        self.step = 1  # between epochs that are kept, besides the last one
        self.is_open = True  # whether more points may come

    def collect(self, batch: Batch) -> None:
        """Take the points of a batch."""
        if len(batch.inputs) != 1 or batch.target is None:
            self.is_open = False
            return
        points, classes = (np.asarray(x.data if isinstance(x, Node) else x) for x in (*batch.inputs, batch.target))
        if points.ndim != 2 or points.shape[1] != 2 or points.dtype.kind != "f" or classes.size != len(points):
            self.is_open = False
            return
        self.points = np.concatenate([self.points, points])[:MOST_POINTS]
        self.classes = np.concatenate([self.classes, np.ravel(classes)])[:MOST_POINTS]
        self.is_open = len(self.points) < MOST_POINTS

    def look(self, trainer: Training) -> None:
        """Compute the scores of this epoch, in evaluation mode.

        They replace those of the last one, unless that is to be kept.
        """
        if not len(self.points):
            return
        scores = self._scores(trainer)
        if scores is None:
            self.points, self.is_open = self.points[:0], False  # there is nothing to look at
            return
        if self.epochs and self.epochs[-1] % self.step:
            self.epochs.pop()
            self.frames.pop()
        self.epochs.append(trainer.epoch)
        self.frames.append(scores.astype(np.float32))
        if len(self.epochs) > MOST_FRAMES:
            self.step *= 2
            kept = [i for i, epoch in enumerate(self.epochs) if epoch % self.step == 0 or epoch == trainer.epoch]
            self.epochs, self.frames = [self.epochs[i] for i in kept], [self.frames[i] for i in kept]

    def at(self, epoch: int) -> int | None:
        """The place of the frame that shows an epoch: the last one up to it; None if there is none yet."""
        return bisect_right(self.epochs, epoch) - 1 if self.epochs and self.epochs[0] <= epoch else None

    def enlarged(self, place: int) -> NDArray[Any]:
        """The scores of a frame as `nn.plot.decision_boundary` asks for them: of shape (GRID², scores)."""
        small = np.moveaxis(self.frames[place], -1, 0)[None]
        larger = interpolate(small, size=(GRID, GRID), mode="bilinear", align_corners=True)[0]
        return np.moveaxis(larger, 0, -1).reshape(GRID * GRID, -1)

    def _scores(self, trainer: Training) -> NDArray[np.float64] | None:
        """The scores over the plane; None if they are not of the classes of the points."""
        model: Any = trainer.model
        if isinstance(model, MLP) and all(len({neuron.activation for neuron in layer.neurons}) == 1 for layer in model.layers):
            predict: Any = vectorize(model)
            side = SIDE
        else:
            predict = lambda points: trainer.output(Batch((points.astype(self.points.dtype),), None, len(points)))
            side = SIDE_OF_VALUES if any(isinstance(p, Value) for p in model.parameters()) else SIDE
        across, up = plane_around(self.points, side)
        with in_mode(model, training=False):
            try:
                scores = scores_over("Watch", predict, across, up)
            except (TypeError, ValueError):  # the model returns something else
                return None
        count, classes = scores.shape[2], set(self.classes.tolist())
        if count == 1 and any(classes <= two for two in TWO_CLASSES):
            return scores - self._middle(trainer)
        if count > 1 and classes <= set(range(count)):
            return scores[:, :, 1:] - scores[:, :, :1] if count == 2 else scores
        return None

    def _middle(self, trainer: Training) -> float:
        """The score between two classes: by default 0, or for targets 0 and 1 the middle, unless the loss takes logits."""
        if self.middle is not None:
            return self.middle
        of_logits = isinstance(trainer.loss, BCEWithLogitsLoss) or trainer.loss is binary_cross_entropy_with_logits
        return 0.0 if of_logits or (self.classes < 0).any() else 0.5
