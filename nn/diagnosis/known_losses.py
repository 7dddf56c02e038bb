"""What is known of the losses of `nn`: what each takes, and what an untrained network gives it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, NamedTuple

from autograd import Primitive, sigmoid
from autograd.primitives.reductions import softmax

from .. import losses
from ..callbacks.training import Loss
from ..module import Module

__all__ = ["Known", "known"]


class Known(NamedTuple):
    """What is known of a loss.

    Attributes:
        takes: what the output of the model is to it; a "signed score" is of two classes, -1 and 1.
        untrained: the output of a network that knows nothing, for a number of classes.
        applies: the function that it applies to scores itself.
        name: what a sentence calls it.

    Example:
        >>> known(losses.CrossEntropyLoss()).applies
        <primitive softmax>
    """

    takes: Literal["scores", "signed scores", "probabilities", "log-probabilities", "numbers", "anything"]
    untrained: Callable[[int], float] | None = None
    applies: Primitive | None = None
    name: str = "the loss"


def _zero(classes: int) -> float:
    return 0.0


KNOWN: dict[tuple[object, object], Known] = {
    (losses.CrossEntropyLoss, losses.cross_entropy): Known("scores", _zero, softmax),
    (losses.BCEWithLogitsLoss, losses.binary_cross_entropy_with_logits): Known("scores", _zero, sigmoid),
    (losses.MultiMarginLoss, losses.multi_margin_loss): Known("scores", _zero),
    (losses.HingeLoss, losses.hinge_loss): Known("signed scores", _zero),
    (losses.BCELoss, losses.binary_cross_entropy): Known("probabilities", lambda classes: 0.5),
    (losses.NLLLoss, losses.nll_loss): Known("log-probabilities", lambda classes: -math.log(classes)),
    (losses.KLDivLoss, losses.kl_div): Known("log-probabilities"),
    (losses.MSELoss, losses.mse_loss): Known("numbers", _zero),
    (losses.L1Loss, losses.l1_loss): Known("numbers", _zero),
    (losses.HuberLoss, losses.huber_loss): Known("numbers", _zero),
}


def known(loss: Loss) -> Known:
    """What is known of a loss, a module or a function; little if it is not one of `nn`.

    Example:
        >>> known(losses.mse_loss).takes, known(max).takes
        ('numbers', 'anything')
    """
    kind = type(loss) if isinstance(loss, Module) else loss
    found = next((what for kinds, what in KNOWN.items() if kind in kinds), Known("anything"))
    return found._replace(name=getattr(kind, "__name__", found.name))
