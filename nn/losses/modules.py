"""The losses as modules with PyTorch's names: a loss with its settings, called as `loss(input, target)`.

The functions say which inputs and targets are allowed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from autograd import Node

from ..checks import number
from ..module import Module
from ..types import Array, Input
from . import classes, elementwise
from .pairing import check_reduction

__all__ = [
    "BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "HingeLoss", "HuberLoss", "KLDivLoss", "L1Loss", "MSELoss",
    "MultiMarginLoss", "NLLLoss",
]  # fmt: skip


class _Loss(Module):
    """A loss with its settings, which are attributes.

    Attributes:
        function: the loss of predictions, targets and the settings.
        settings: the names of the settings besides the reduction.
        reductions: what may be done with the losses of all numbers.
    """

    function: ClassVar[Callable[..., Any]]
    settings: ClassVar[tuple[str, ...]] = ()
    reductions: ClassVar[tuple[str, ...]] = ("mean", "sum", "none")
    weight: Array | None
    pos_weight: Array | None

    def __init__(self, reduction: str = "mean", *data: object) -> None:
        self._refuse_data(reduction, extra=data)
        check_reduction(type(self).__name__, reduction, self.reductions)
        self.reduction = reduction

    def forward(self, input: Input, target: Input) -> Any:
        return self.function(input, target, reduction=self.reduction, **{name: getattr(self, name) for name in self.settings})

    def _set_weight(self, name: str, weight: Input | None) -> None:
        """Keep a weight as a buffer, as PyTorch does, if there is one."""
        if isinstance(weight, Node) and not weight.is_leaf:
            self._refuse_data(weight)
        if weight is None:
            setattr(self, name, None)
            return
        array = np.array(weight.data if isinstance(weight, Node) else weight)
        if array.dtype.kind not in "fiub":
            raise TypeError(f"{type(self).__name__} takes {name} as plain numbers; got {weight!r:.80}.")
        self.register_buffer(name, array)

    def _refuse_data(self, *settings: object, extra: tuple[object, ...] = ()) -> None:
        """Refuse Tensors, arrays and lists in place of settings, and any `extra` arguments: they are predictions and targets."""
        if extra or any(isinstance(setting, (Node, np.ndarray, list)) for setting in settings):
            kind = type(self).__name__
            raise TypeError(f"{kind} takes its settings first, and then the data: nn.{kind}()(predictions, targets).")

    def extra_repr(self) -> str:
        settings = {name: setting for name, setting in vars(self).items() if not name.startswith("_") and setting is not None}
        return ", ".join(f"{name}={setting!r}" for name, setting in settings.items())


class MSELoss(_Loss):
    """The mean squared error (Gauss, 1809); see `mse_loss`.

    Args:
        reduction: "mean", "sum" or "none".

    Shape:
        input and target of one shape → a number, or all losses with the reduction "none".

    Raises:
        ValueError: the reduction is unknown; on a call, the shapes differ or there are no numbers.
        TypeError: on a call, something is not a number.

    Example:
        >>> MSELoss()([1.0, 3.0], [0.0, 1.0])
        2.5
    """

    function = staticmethod(elementwise.mse_loss)


class L1Loss(_Loss):
    """The mean absolute error, PyTorch's `L1Loss`; see `l1_loss`.

    Args:
        reduction: "mean", "sum" or "none".

    Shape: as in `MSELoss`.

    Raises:
        ValueError, TypeError: as in `MSELoss`.

    Example:
        >>> L1Loss()([1.0, 3.0], [0.0, 1.0])
        1.5
    """

    function = staticmethod(elementwise.l1_loss)


class HuberLoss(_Loss):
    """Quadratic for errors up to `delta`, linear for larger ones (Huber, 1964); see `huber_loss`.

    Args:
        reduction: "mean", "sum" or "none".
        delta: the size of error, above 0, from which the loss is linear.

    Shape: as in `MSELoss`.

    Raises:
        ValueError: `delta` is not above 0; or as in `MSELoss`.
        TypeError: as in `MSELoss`.

    Example:
        >>> HuberLoss()([0.5, 3.0], [0.0, 0.0])
        1.3125
    """

    function = staticmethod(elementwise.huber_loss)
    settings = ("delta",)

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        if number("delta", delta) == 0:
            raise ValueError("HuberLoss takes a delta above 0, where the loss turns straight; got 0.")
        self.delta = delta


class BCELoss(_Loss):
    """The loss of probabilities of yes or no, PyTorch's `BCELoss`; see `binary_cross_entropy`.

    `BCEWithLogitsLoss` is more accurate.

    Args:
        weight: what each loss counts, in a shape that broadcasts to that of the input.
        reduction: "mean", "sum" or "none".

    Shape: as in `MSELoss`.

    Raises:
        ValueError: on a call, a probability is not from 0 to 1; or as in `MSELoss`.
        TypeError: `weight` is not made of plain numbers; or as in `MSELoss`.

    Example:
        >>> round(BCELoss()([0.9, 0.2], [1, 0]), 4)
        0.1643
    """

    function = staticmethod(elementwise.binary_cross_entropy)
    settings = ("weight",)

    def __init__(self, weight: Input | None = None, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self._set_weight("weight", weight)


class BCEWithLogitsLoss(_Loss):
    """A sigmoid and `BCELoss` in one, accurate for large scores, as in PyTorch; see `binary_cross_entropy_with_logits`.

    Args:
        weight, reduction: as in `BCELoss`.
        pos_weight: how much more the targets of 1 count: a number, or one for each output.

    Shape: as in `MSELoss`.

    Raises:
        ValueError: on a call, a target is not from 0 to 1; or as in `MSELoss`.
        TypeError: as in `BCELoss`.

    Example:
        >>> BCEWithLogitsLoss()([1000.0, -1000.0], [1, 0])
        0.0
    """

    function = staticmethod(elementwise.binary_cross_entropy_with_logits)
    settings = ("weight", "pos_weight")

    def __init__(self, weight: Input | None = None, reduction: str = "mean", pos_weight: Input | None = None) -> None:
        super().__init__(reduction)
        self._set_weight("weight", weight)
        self._set_weight("pos_weight", pos_weight)


class CrossEntropyLoss(_Loss):
    """A softmax and `NLLLoss` in one: the loss of classification, as in PyTorch; see `cross_entropy`.

    Args:
        weight: what each class counts, of shape (classes,).
        ignore_index: rows with this number as their class do not count.
        reduction: "mean", "sum" or "none".
        label_smoothing: how much of each target, from 0 to 1, is shared out among all classes.

    Shape:
        logits (n, classes), (n, classes, …) or (classes,), and as targets the numbers of the classes,
        (n,), (n, …) or (), or probabilities in the shape of the logits → a number, or with the
        reduction "none" a loss for each row.

    Raises:
        ValueError: a setting is out of range; on a call, shapes do not fit or there is no such class.
        TypeError: `weight` is not made of plain numbers; on a call, something is not a number.

    Example:
        >>> round(CrossEntropyLoss()([[2.0, 0.0]], [0]), 4)
        0.1269
    """

    function = staticmethod(classes.cross_entropy)
    settings = ("weight", "ignore_index", "label_smoothing")

    def __init__(
        self, weight: Input | None = None, ignore_index: int = -100, reduction: str = "mean", label_smoothing: float = 0.0
    ) -> None:
        super().__init__(reduction)
        self._refuse_data(ignore_index)
        self._set_weight("weight", weight)
        self.ignore_index, self.label_smoothing = ignore_index, number("label_smoothing", label_smoothing, most=1)


class NLLLoss(_Loss):
    """The negative log-likelihood, PyTorch's `NLLLoss`; see `nll_loss`.

    It takes log-probabilities, such as those of `LogSoftmax`.

    Args:
        weight, ignore_index, reduction: as in `CrossEntropyLoss`.

    Shape: as in `CrossEntropyLoss`, with numbers of classes as targets.

    Raises:
        ValueError, TypeError: as in `CrossEntropyLoss`.

    Example:
        >>> NLLLoss()([[-0.5, -1.0]], [1])
        1.0
    """

    function = staticmethod(classes.nll_loss)
    settings = ("weight", "ignore_index")

    def __init__(self, weight: Input | None = None, ignore_index: int = -100, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self._refuse_data(ignore_index)
        self._set_weight("weight", weight)
        self.ignore_index = ignore_index


class KLDivLoss(_Loss):
    """How far log-probabilities are from the distribution of the targets (Kullback and Leibler, 1951); see `kl_div`.

    Args:
        reduction: "mean", "batchmean", "sum" or "none"; the divergence is "batchmean".
        log_target: whether targets are log-probabilities too.

    Shape: as in `MSELoss`.

    Raises:
        ValueError: on a call, a target is not from 0 to 1; or as in `MSELoss`.
        TypeError: as in `MSELoss`.

    Example:
        >>> round(KLDivLoss("batchmean")([[-0.7, -0.7]], [[1.0, 0.0]]), 4)
        0.7
    """

    function = staticmethod(elementwise.kl_div)
    settings = ("log_target",)
    reductions = ("mean", "sum", "none", "batchmean")

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction)
        self.log_target = log_target


class MultiMarginLoss(_Loss):
    """The hinge for several classes (Crammer and Singer, 2001), as in PyTorch; see `multi_margin_loss`.

    Args:
        p: 1, or 2 for squared margins.
        margin: by how much the right class should win.
        weight: what the rows of each class count, of shape (classes,).
        reduction: "mean", "sum" or "none".

    Shape: as in `CrossEntropyLoss`, with numbers of classes as targets.

    Raises:
        ValueError: `p` is neither 1 nor 2; or as in `CrossEntropyLoss`.
        TypeError: as in `CrossEntropyLoss`.

    Example:
        >>> MultiMarginLoss()([[0.5, 0.25, -1.0]], [0])
        0.25
    """

    function = staticmethod(classes.multi_margin_loss)
    settings = ("p", "margin", "weight")

    def __init__(self, p: int = 1, margin: float = 1.0, weight: Input | None = None, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self._refuse_data(p, margin)
        if p not in (1, 2):
            raise ValueError(f"MultiMarginLoss takes p = 1 or p = 2; got {p!r}.")
        self.p, self.margin = p, margin
        self._set_weight("weight", weight)


class HingeLoss(_Loss):
    """The hinge for two classes, with targets of -1 and 1 (Cortes and Vapnik, 1995); see `hinge_loss`.

    PyTorch has no such module.

    Args:
        reduction: "mean", "sum" or "none".

    Shape: as in `MSELoss`.

    Raises:
        ValueError: on a call, a target is neither -1 nor 1; or as in `MSELoss`.
        TypeError: as in `MSELoss`.

    Example:
        >>> HingeLoss()([0.5, 3.0], [1, 1])
        0.25
    """

    function = staticmethod(elementwise.hinge_loss)
