"""Losses of numbers, with PyTorch's names: each prediction is compared with the target at the same position."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
from autograd import scope
from autograd.state import is_known
from autograd.structures import leaves, rebuild

from ..types import Array, Input
from .pairing import as_constant, check_range, check_reduction, is_array, numbers_in, paired, reduced, shape_of, weighted

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "hinge_loss", "huber_loss", "kl_div", "l1_loss", "mse_loss",
]  # fmt: skip


@scope("mse_loss", folded=True)
def mse_loss(input: Input, target: Input, reduction: str = "mean") -> Any:
    """The squared error, (input - target)².

    Args:
        input: the predictions: a Tensor, or a Value or lists of Values.
        target: the desired numbers, in the same shape, as an array or lists.
        reduction: "mean" for the mean over all numbers, "sum" for their sum, "none" for each.

    Raises:
        ValueError: the shapes of `input` and `target` differ, there are no predictions, or the
            reduction is unknown.
        TypeError: something is not a number, a Value or a Tensor.

    Example:
        >>> from autograd import Value
        >>> mse_loss([Value(1.0), Value(3.0)], [0.0, 1.0]).data
        2.5
    """
    return _each("mse_loss", lambda p, t: (p - t) * (p - t), *paired("mse_loss", input, target), reduction)


@scope("l1_loss", folded=True)
def l1_loss(input: Input, target: Input, reduction: str = "mean") -> Any:
    """The absolute error, |input - target|; outliers count less than in `mse_loss`.

    Arguments and errors are those of `mse_loss`.

    Example:
        >>> from autograd import Value
        >>> l1_loss([Value(1.0), Value(3.0)], [0.0, 1.0]).data
        1.5
    """
    return _each("l1_loss", lambda p, t: abs(p - t), *paired("l1_loss", input, target), reduction)


@scope("huber_loss", folded=True)
def huber_loss(input: Input, target: Input, reduction: str = "mean", delta: float = 1.0) -> Any:
    """Half the squared error d²/2 up to |d| = delta, and a straight line beyond, delta (|d| - delta / 2) (Huber, 1964).

    The other arguments are those of `mse_loss`.

    Raises:
        ValueError: `delta` is not above 0; or as in `mse_loss`.
        TypeError: as in `mse_loss`.

    Example:
        >>> from autograd import Value
        >>> huber_loss([Value(0.5), Value(3.0)], [0.0, 0.0]).data
        1.3125
    """
    if not delta > 0:
        raise ValueError(f"huber_loss takes a delta above 0, where the loss turns straight; got {delta!r}.")

    def huber(p: Any, t: Any) -> Any:
        error = p - t
        bent = autograd.clip(error, -delta, delta)
        return bent * (error - 0.5 * bent)

    return _each("huber_loss", huber, *paired("huber_loss", input, target), reduction)


@scope("binary_cross_entropy", folded=True)
def binary_cross_entropy(input: Input, target: Input, weight: Input | None = None, reduction: str = "mean") -> Any:
    """-(t log p + (1 - t) log(1 - p)), for probabilities p and targets t from 0 to 1.

    The logarithms are at least -100, as in PyTorch, so that a certain but wrong prediction costs 100
    and not infinity. There the loss is flat and its gradient 0, so that it is better to predict logits.

    Args:
        input, target, reduction: as in `mse_loss`.
        weight: what each loss counts, in a shape that broadcasts to that of `input`.

    Raises:
        ValueError: a probability or a target is not from 0 to 1; or as in `mse_loss`.
        TypeError: as in `mse_loss`.

    Example:
        >>> from autograd import Value
        >>> round(binary_cross_entropy([Value(0.9), Value(0.2)], [1, 0]).data, 4)
        0.1643
    """
    name = "binary_cross_entropy"
    p, t = paired(name, input, target)
    check_range(name, "probabilities", p, hint="; for raw scores there is binary_cross_entropy_with_logits")
    check_range(name, "targets", t)

    least = max(math.exp(-100), float(np.finfo(p.dtype).smallest_subnormal) if is_array(p) and p.dtype.kind == "f" else 0.0)

    def log(p: Any) -> Any:
        return autograd.where(p < least, -100.0, autograd.log(autograd.maximum(p, least)))

    return _each(name, lambda p, t: -(t * log(p) + (1 - t) * log(1 - p)), p, t, reduction, weight)


@scope("binary_cross_entropy_with_logits", folded=True)
def binary_cross_entropy_with_logits(
    input: Input, target: Input, weight: Input | None = None, reduction: str = "mean", pos_weight: Input | None = None
) -> Any:
    """`binary_cross_entropy` of sigmoid(input), accurate even for large inputs: -log sigmoid(x) is softplus(-x).

    Args:
        input, target, weight, reduction: as in `binary_cross_entropy`.
        pos_weight: how much more the targets of 1 count, which helps if they are rare: a number, or one
            for each output.

    Raises:
        ValueError: a target is not from 0 to 1; or as in `mse_loss`.
        TypeError: as in `mse_loss`.

    Example:
        >>> from autograd import Value
        >>> binary_cross_entropy_with_logits([Value(1000.0), Value(-1000.0)], [1, 0]).data
        0.0
    """
    name = "binary_cross_entropy_with_logits"
    x, t = paired(name, input, target)
    check_range(name, "targets", t)

    def cost(x: Any, t: Any, weight_of_ones: Any = 1.0) -> Any:
        of_ones = weighted(t, autograd.softplus(-x))
        return weighted(1 - t, autograd.softplus(x)) + (of_ones if pos_weight is None else weighted(weight_of_ones, of_ones))

    return _each(name, cost, x, t, reduction, weight, *([] if pos_weight is None else [pos_weight]))


@scope("kl_div", folded=True)
def kl_div(input: Input, target: Input, reduction: str = "mean", log_target: bool = False) -> Any:
    """t (log t - input): how far the distribution with the log-probabilities `input` is from that of the targets t.

    The sum over all outcomes is the divergence (Kullback and Leibler, 1951). "mean", PyTorch's
    default, divides by the number of outcomes as well, and "batchmean" only by that of the rows.

    Args:
        input: log-probabilities.
        target: probabilities; log-probabilities if `log_target`.
        reduction: "mean", "batchmean", "sum" or "none".

    Raises:
        ValueError: a target is not from 0 to 1; or as in `mse_loss`.
        TypeError: as in `mse_loss`.

    Example:
        >>> import numpy as np
        >>> round(float(kl_div(np.log([[0.5, 0.5]]), [[1.0, 0.0]], reduction="batchmean")), 4)
        0.6931
    """
    check_reduction("kl_div", reduction, ("mean", "sum", "none", "batchmean"))
    x, t = paired("kl_div", input, target)
    if not log_target:
        check_range("kl_div", "probabilities as targets", t, hint="; log-probabilities need log_target=True")

    def divergence(x: Any, t: Any) -> Any:
        share, log = (autograd.exp(t), t) if log_target else (t, autograd.log(autograd.where(t > 0, t, 1.0)))
        return weighted(share, log) - weighted(share, x)

    if reduction != "batchmean":
        return _each("kl_div", divergence, x, t, reduction)
    shape = shape_of("kl_div", input)
    return _each("kl_div", divergence, x, t, "sum") / (shape[0] if shape else 1)


@scope("hinge_loss", folded=True)
def hinge_loss(input: Input, target: Input, reduction: str = "mean") -> Any:
    """max(0, 1 - t s), for scores s and targets t of -1 or 1.

    It is the loss of support-vector machines (Cortes and Vapnik, 1995).

    Arguments are those of `mse_loss`.

    Raises:
        ValueError: a target is neither -1 nor 1; or as in `mse_loss`.
        TypeError: as in `mse_loss`.

    Example:
        >>> from autograd import Value
        >>> hinge_loss([Value(0.5), Value(3.0)], [1, 1]).data
        0.25
    """
    s, t = paired("hinge_loss", input, target)
    if is_known(t):
        numbers = numbers_in(t)
        wrong = numbers[np.abs(numbers) != 1]
        if wrong.size:
            raise ValueError(f"hinge_loss takes targets of -1 and 1, and got {wrong[0]:g}; classes 0 and 1 become 2 * y - 1.")
    return _each("hinge_loss", lambda s, t: autograd.relu(1 - t * s), s, t, reduction)


def _each(
    name: str, loss: Callable[..., Any], input: object, target: object, reduction: str, weight: Input | None = None, *factors: Input
) -> Any:
    """`loss(prediction, target, *factors)`, times `weight`, over all entries of two arrays or of two nested lists."""
    check_reduction(name, reduction)
    shape = shape_of(name, input)
    arrays = [_broadcast(name, factor, shape) for factor in (*factors, *([] if weight is None else [weight]))]
    if is_array(input):
        target, *given = (as_constant(x, input) for x in (target, *arrays))
        losses = loss(input, target, *given[: len(factors)])
        return reduced(losses if weight is None else weighted(given[-1], losses), reduction)
    columns = [array.ravel().tolist() for array in arrays]
    rows = list(zip(leaves(input), leaves(target), *columns, strict=True))
    each = [loss(*row) for row in rows] if weight is None else [weighted(w, loss(*row)) for *row, w in rows]
    return rebuild(input, iter(each)) if reduction == "none" else reduced(each, reduction)


def _broadcast(name: str, weights: Input, shape: tuple[int, ...]) -> Array:
    """Plain weights as an array of `shape`."""
    array = np.asarray(weights)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} takes weights that are plain numbers, not {weights!r:.80}.")
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        raise ValueError(f"{name} got weights of shape {array.shape}, which do not broadcast to the predictions' {shape}.") from None
