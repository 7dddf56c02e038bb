"""Losses, which say as one number how wrong a prediction is, with the names of `torch.nn` and `torch.nn.functional`.

Predictions are a Tensor, or a Value, or a list of Values (a list of lists for several outputs);
targets are plain numbers in the same arrangement, as lists or as an array. Shapes are never
broadcast: (n, 1) against (n,) is a mistake, and an error. `elementwise` has the losses of numbers,
`classes` those of classes, and `modules` both as modules; `pairing` checks shapes and numbers.
"""

from .classes import cross_entropy, multi_margin_loss, nll_loss
from .elementwise import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    hinge_loss,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
)
from .modules import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HingeLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    MSELoss,
    MultiMarginLoss,
    NLLLoss,
)

__all__ = [
    "BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "HingeLoss", "HuberLoss", "KLDivLoss", "L1Loss", "MSELoss",
    "MultiMarginLoss", "NLLLoss", "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "hinge_loss",
    "huber_loss", "kl_div", "l1_loss", "mse_loss", "multi_margin_loss", "nll_loss",
]  # fmt: skip
