"""Dropout: in training some numbers at random are 0, so that no neuron can rely on another.

Source: Srivastava and others, 2014; the numbers that stay are scaled up at once ("inverted"), so
that in evaluation nothing is to be done.
"""

from __future__ import annotations

from typing import Any

from autograd import bernoulli

from . import functional
from .inputs import as_input, check_probability, operand
from .module import Module
from .randomness import Seed, generator

__all__ = ["Dropout", "Dropout2d"]


class Dropout(Module):
    """In training each number is 0 with probability `p`, and else divided by 1 - p; in evaluation all stay.

    Args:
        p: how many to drop, from 0 to below 1.
        inplace: see `nn.activation`.
        rng: a seed or a NumPy generator to draw from; without one, the generator that
            `nn.manual_seed` sets.

    Raises:
        ValueError: `p` is out of range.

    Example:
        >>> import numpy as np
        >>> dropout = Dropout(0.5, rng=0)
        >>> dropout(np.ones(4))
        array([0., 2., 2., 2.])
        >>> dropout.eval()(np.ones(4))
        array([1., 1., 1., 1.])
    """

    def __init__(self, p: float = 0.5, inplace: bool = False, *, rng: Seed = None) -> None:
        check_probability(type(self).__name__, p)
        self.p = p
        self.rng = None if rng is None else generator(rng)

    def forward(self, x: Any) -> Any:
        return functional.dropout(operand(x, self), self.p, self.training, rng=self.rng)

    def extra_repr(self) -> str:
        return f"p={self.p}"


class Dropout2d(Dropout):
    """`Dropout` of whole channels: neighbouring pixels say the same, so that single ones would not be missed.

    Shape:
        (n, channels, height, width), as it is.

    Raises:
        ValueError: `p` is out of range; on a call, the input has another number of axes.

    Example:
        >>> import numpy as np
        >>> Dropout2d(0.5, rng=0)(np.ones((1, 4, 1, 2))).ravel()
        array([0., 0., 2., 2., 2., 2., 2., 2.])
    """

    def forward(self, x: Any) -> Any:
        x = as_input(x, None, self)
        if x.ndim != 4:
            raise ValueError(f"{self._called()} takes images, of shape (n, channels, height, width), and got shape {x.shape}.")
        if not self.training or not self.p:
            return x
        keep = 1 - self.p
        return x * (bernoulli(generator(self.rng), keep, (*x.shape[:2], 1, 1), x.dtype) / keep)
