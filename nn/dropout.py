"""Dropout: in training, random numbers become 0, so that no neuron can rely on another (Srivastava and others, 2014).

The numbers that stay are divided by 1 - p at once ("inverted dropout"), so that evaluation has
nothing to do.
"""

from __future__ import annotations

from autograd import bernoulli

from . import functional
from .inputs import as_input, check_probability, operand
from .module import Module
from .randomness import Seed, generator
from .types import Data, Input, Output

__all__ = ["Dropout", "Dropout2d"]


class Dropout(Module):
    """In training, each number becomes 0 with probability `p`, and else is divided by 1 - p; evaluation changes nothing.

    Source: Srivastava and others, 2014.

    Args:
        p: the probability, from 0 to below 1.
        inplace: see `nn.activation`.
        rng: a seed or a NumPy generator to draw from; without one, the generator that
            `nn.manual_seed` sets.

    Shape:
        any; the output has the same.

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

    def forward(self, x: Input) -> Output:
        y: Output = functional.dropout(operand(x, self), self.p, self.training, rng=self.rng)
        return y

    def extra_repr(self) -> str:
        return f"p={self.p}"


class Dropout2d(Dropout):
    """`Dropout` of whole channels, for images: single pixels would not be missed, since their neighbours say much the same.

    Source: Tompson and others, 2015.

    Args:
        p, inplace, rng: as in `Dropout`.

    Shape:
        (n, channels, height, width); the output has the same.

    Raises:
        ValueError: `p` is out of range; on a call, the input has another number of axes.

    Example:
        >>> import numpy as np
        >>> Dropout2d(0.5, rng=0)(np.ones((1, 4, 1, 2))).ravel()
        array([0., 0., 2., 2., 2., 2., 2., 2.])
    """

    def forward(self, x: Input) -> Data:
        x = as_input(x, None, self)
        if x.ndim != 4:
            raise ValueError(f"{self._called()} takes images, of shape (n, channels, height, width), and got shape {x.shape}.")
        if not self.training or not self.p:
            return x
        kept: Data = x * (bernoulli(generator(self.rng), 1 - self.p, (*x.shape[:2], 1, 1), x.dtype) / (1 - self.p))
        return kept
