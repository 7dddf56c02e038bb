"""Dropout: in training, random numbers become 0, so that no neuron can rely on another (Srivastava and others, 2014).

The other numbers are divided by 1 - p in training ("inverted dropout"), so that evaluation changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from . import functional
from .inputs import as_input, check_probability, operand
from .module import Module
from .randomness import Seed, generator
from .types import Data, Input, Output

__all__ = ["Dropout", "Dropout1d", "Dropout2d"]


class Dropout(Module):
    """In training, each number becomes 0 with probability `p`, and is divided by 1 - p otherwise.

    Evaluation changes nothing.

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


class _DropoutOfChannels(Dropout):
    """Drops whole channels; a subclass says which shapes have them."""

    ranks: ClassVar[tuple[int, ...]]
    shapes: ClassVar[str]
    drop: ClassVar[Callable[..., Data]]

    def forward(self, x: Input) -> Data:
        x = as_input(x, None, self)
        if x.ndim not in self.ranks:
            raise ValueError(f"{self._called()} takes {self.shapes}, and got shape {x.shape}.")
        y: Data = self.drop(x, self.p, self.training, rng=self.rng)
        return y


class Dropout1d(_DropoutOfChannels):
    """`Dropout` of whole channels, for signals; see `Dropout2d`.

    Source: Tompson and others, 2015.

    Args:
        p, inplace, rng: as in `Dropout`.

    Shape:
        (n, channels, length), or (channels, length); the output has the same.

    Raises:
        ValueError: `p` is out of range; on a call, the input has another number of axes.

    Example:
        >>> import numpy as np
        >>> Dropout1d(0.5, rng=0)(np.ones((1, 4, 2))).ravel()
        array([0., 0., 2., 2., 2., 2., 2., 2.])
    """

    ranks = (2, 3)
    shapes = "signals, of shape (n, channels, length)"
    drop = staticmethod(functional.dropout1d)


class Dropout2d(_DropoutOfChannels):
    """`Dropout` of whole channels, for images.

    Dropping single pixels has little effect, because their neighbours are similar.

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

    ranks = (4,)
    shapes = "images, of shape (n, channels, height, width)"
    drop = staticmethod(functional.dropout2d)
