"""The losses as modules: a loss with its settings, to hand to whoever trains. Each is called as `loss(input, target)`.

What `input` and `target` may be, and what they must not, is said of the functions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Node

from ..checks import number
from ..module import Module
from . import classes, elementwise
from .pairing import check_reduction

__all__ = [
    "BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "HingeLoss", "HuberLoss", "KLDivLoss", "L1Loss", "MSELoss",
    "MultiMarginLoss", "NLLLoss",
]  # fmt: skip


class _Loss(Module):
    """What all losses have: a reduction ("mean", "sum" or "none"), and perhaps a weight."""

    weight: Any
    pos_weight: Any

    def __init__(self, reduction: str = "mean") -> None:
        self._refuse_data(reduction)
        check_reduction(type(self).__name__, reduction, *(["batchmean"] if isinstance(self, KLDivLoss) else []))
        self.reduction = reduction

    def _set_weight(self, name: str, weight: Any) -> None:
        """Keep a weight as a buffer, as PyTorch does, if there is one."""
        self._refuse_data(weight)
        if weight is None:
            setattr(self, name, None)
            return
        array = np.array(weight.data if isinstance(weight, Node) else weight)
        if array.dtype.kind not in "fiub":
            raise TypeError(f"{type(self).__name__} takes {name} as plain numbers; got {weight!r:.80}.")
        self.register_buffer(name, array)

    def _refuse_data(self, setting: Any) -> None:
        """A computed Tensor in place of a setting is a prediction."""
        if isinstance(setting, Node) and not setting.is_leaf:
            kind = type(self).__name__
            raise TypeError(f"{kind} takes its settings first, and then the data: nn.{kind}()(predictions, targets).")

    def extra_repr(self) -> str:
        settings = {name: setting for name, setting in vars(self).items() if not name.startswith("_") and setting is not None}
        return ", ".join(f"{name}={setting!r}" for name, setting in settings.items())


class MSELoss(_Loss):
    """The mean squared error; see `mse_loss`.

    Example:
        >>> MSELoss()([1.0, 3.0], [0.0, 1.0])
        2.5
    """

    def forward(self, input: Any, target: Any) -> Any:
        return elementwise.mse_loss(input, target, self.reduction)


class L1Loss(_Loss):
    """The mean absolute error; see `l1_loss`.

    Example:
        >>> L1Loss()([1.0, 3.0], [0.0, 1.0])
        1.5
    """

    def forward(self, input: Any, target: Any) -> Any:
        return elementwise.l1_loss(input, target, self.reduction)


class HuberLoss(_Loss):
    """Squared for small errors, absolute for those over `delta`; see `huber_loss`.

    Example:
        >>> HuberLoss()([0.5, 3.0], [0.0, 0.0])
        1.3125
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        if number("delta", delta) == 0:
            raise ValueError("HuberLoss takes a delta above 0, where the loss turns straight; got 0.")
        self.delta = delta

    def forward(self, input: Any, target: Any) -> Any:
        return elementwise.huber_loss(input, target, self.reduction, self.delta)


class BCELoss(_Loss):
    """For probabilities of one thing or another; see `binary_cross_entropy`. Of raw scores `BCEWithLogitsLoss` is exact.

    Example:
        >>> round(BCELoss()([0.9, 0.2], [1, 0]), 4)
        0.1643
    """

    def __init__(self, weight: Any = None, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self._set_weight("weight", weight)

    def forward(self, input: Any, target: Any) -> Any:
        return elementwise.binary_cross_entropy(input, target, self.weight, self.reduction)


class BCEWithLogitsLoss(_Loss):
    """A sigmoid and `BCELoss` in one, exact for large scores; see `binary_cross_entropy_with_logits`.

    Example:
        >>> BCEWithLogitsLoss()([1000.0, -1000.0], [1, 0])
        0.0
    """

    def __init__(self, weight: Any = None, reduction: str = "mean", pos_weight: Any = None) -> None:
        super().__init__(reduction)
        self._set_weight("weight", weight)
        self._set_weight("pos_weight", pos_weight)

    def forward(self, input: Any, target: Any) -> Any:
        return elementwise.binary_cross_entropy_with_logits(input, target, self.weight, self.reduction, self.pos_weight)


class CrossEntropyLoss(_Loss):
    """A softmax and `NLLLoss` in one, for logits: the loss of classification; see `cross_entropy`.

    Example:
        >>> round(CrossEntropyLoss()([[2.0, 0.0]], [0]), 4)
        0.1269
    """

    def __init__(self, weight: Any = None, ignore_index: int = -100, reduction: str = "mean", label_smoothing: float = 0.0) -> None:
        super().__init__(reduction)
        self._set_weight("weight", weight)
        self.ignore_index, self.label_smoothing = ignore_index, number("label_smoothing", label_smoothing, most=1)

    def forward(self, input: Any, target: Any) -> Any:
        return classes.cross_entropy(input, target, self.weight, self.ignore_index, self.reduction, self.label_smoothing)


class NLLLoss(_Loss):
    """For log-probabilities, such as `LogSoftmax` gives; see `nll_loss`.

    Example:
        >>> NLLLoss()([[-0.5, -1.0]], [1])
        1.0
    """

    def __init__(self, weight: Any = None, ignore_index: int = -100, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self._set_weight("weight", weight)
        self.ignore_index = ignore_index

    def forward(self, input: Any, target: Any) -> Any:
        return classes.nll_loss(input, target, self.weight, self.ignore_index, self.reduction)


class KLDivLoss(_Loss):
    """How far log-probabilities are from the targets' distribution; see `kl_div`, also for "batchmean".

    Example:
        >>> round(KLDivLoss("batchmean")([[-0.7, -0.7]], [[1.0, 0.0]]), 4)
        0.7
    """

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction)
        self.log_target = log_target

    def forward(self, input: Any, target: Any) -> Any:
        return elementwise.kl_div(input, target, self.reduction, self.log_target)


class MultiMarginLoss(_Loss):
    """The hinge for several classes; see `multi_margin_loss`.

    Example:
        >>> MultiMarginLoss()([[0.5, 0.25, -1.0]], [0])
        0.25
    """

    def __init__(self, p: int = 1, margin: float = 1.0, weight: Any = None, reduction: str = "mean") -> None:
        super().__init__(reduction)
        if p not in (1, 2):
            raise ValueError(f"MultiMarginLoss takes p = 1 or p = 2; got {p!r}.")
        self.p, self.margin = p, margin
        self._set_weight("weight", weight)

    def forward(self, input: Any, target: Any) -> Any:
        return classes.multi_margin_loss(input, target, self.p, self.margin, self.weight, self.reduction)


class HingeLoss(_Loss):
    """The binary hinge, for targets of -1 and 1; see `hinge_loss`. PyTorch has only relatives of it.

    Example:
        >>> HingeLoss()([0.5, 3.0], [1, 1])
        0.25
    """

    def forward(self, input: Any, target: Any) -> Any:
        return elementwise.hinge_loss(input, target, self.reduction)
