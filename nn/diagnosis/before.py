"""What can be seen before the forward pass: numbers that are not finite, and inputs that are not scaled."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike

from autograd.texts import visible

from ..finite import is_finite
from ..linear import Embedding
from ..module import Module
from .finding import Finding

__all__ = ["not_finite", "scale"]

# Inputs should have mean 0 and variance 1 (LeCun and others, 1998, "Efficient BackProp", 4.3). These
# are limits for the root mean square of a column.
LARGE, SMALL = 10.0, 0.01


def not_finite(model: Module, inputs: Sequence[ArrayLike], targets: ArrayLike) -> Iterator[Finding]:
    """Look for nan and infinity in the data and in the parameters.

    Example:
        >>> from nn import Linear
        >>> [found.sentence for found in not_finite(Linear(1, 1), [[[1.0], [float("nan")]]], [1.0, 2.0])]
        ['The inputs are nan or infinite in 1 entry, first in example 1, column 0.']
    """
    for part, x in [*(("inputs", x) for x in inputs), ("targets", targets)]:
        x = np.asarray(x)
        if not is_finite(x):
            wrong = np.argwhere(~np.isfinite(x))
            where = f"example {wrong[0][0]}" + (f", column {wrong[0][1]}" if x.ndim == 2 else "") if x.ndim else "the only number"
            yield Finding(
                "not finite", "", float(len(wrong)),
                f"The {part} are nan or infinite in {len(wrong)} {'entry' if len(wrong) == 1 else 'entries'}, first in {where}.",
                "Clean the data; nn.data.check_table finds all these columns.",
            )  # fmt: skip
    for name, parameter in model.named_parameters():
        if not is_finite(parameter.data):
            yield Finding(
                "not finite", name.rpartition(".")[0], math.nan,
                f"The parameter {visible(name)} has nan or infinity: an earlier step went wrong.",
                "Start again, with a smaller learning rate or clipped gradients.",
            )  # fmt: skip


def scale(model: Module, inputs: Sequence[ArrayLike]) -> Iterator[Finding]:
    """Look for inputs that are too large or too small; not among the whole numbers that an Embedding takes.

    Example:
        >>> from nn import Linear
        >>> [found.number for found in scale(Linear(1, 1), [[[100.0], [-100.0]]])]
        [100.0]
    """
    has_embedding = any(isinstance(module, Embedding) for module in model.modules())
    for x in map(np.asarray, inputs):
        if x.dtype.kind not in "fiub" or x.size == 0 or not is_finite(x) or (has_embedding and x.dtype.kind != "f"):
            continue
        columns = x if x.ndim == 2 else x.reshape(-1, 1)
        size = np.sqrt(np.mean(np.square(columns, dtype=np.float64), axis=0))
        most, column = float(size.max()), int(size.argmax())
        if most > LARGE or 0 < most < SMALL:
            where = f" in column {column}" if len(size) > 1 else ""
            yield Finding(
                "input scale", "", most,
                f"The inputs are not scaled: their root mean square{where} is {most:.3g}, and about 1 is good.",
                "Subtract the mean and divide by the standard deviation, as sklearn's StandardScaler does; divide bytes of images by 255.",
            )  # fmt: skip
