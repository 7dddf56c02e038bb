"""Clipping of gradients, between `backward()` and `optimizer.step()`, as in `torch.nn.utils`; and states for PyTorch."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

import autograd
from autograd import Tensor, Value
from autograd.state import effects
from autograd.stores import blocks

from .checks import is_number
from .lookup import missing
from .pytorch_files import to_torch

__all__ = ["clip_grad_norm_", "clip_grad_value_", "to_torch"]

Parameters = Value | Tensor | Iterable[Value | Tensor]


def clip_grad_norm_(parameters: Parameters, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False) -> float:
    """Scale all gradients by one factor, so that their norm is at most `max_norm` (Pascanu, Mikolov and Bengio, 2013).

    With g the vector of all gradients together, g ← g max_norm / ‖g‖ if ‖g‖ > max_norm. So the
    direction of g stays.

    Args:
        parameters: Values and Tensors, such as `model.parameters()`; those without a gradient do
            not count.
        max_norm: the largest norm, from 0.
        norm_type: the p of the p-norm, a number above 0; `math.inf` for the largest absolute value
            of an entry.
        error_if_nonfinite: whether a norm of inf or nan is an error. Otherwise it turns the
            gradients into 0 and nan, as in PyTorch.

    Returns:
        The norm before.

    Raises:
        TypeError: `parameters` are not Values and Tensors, or `max_norm` is not a number.
        ValueError: `max_norm` or `norm_type` is out of range.
        FloatingPointError: the norm is not finite, and `error_if_nonfinite` was given.

    Example:
        >>> from autograd import Value
        >>> p, q = Value(3.0), Value(4.0)
        >>> (p * p / 2 + q * q / 2).backward()
        >>> clip_grad_norm_([p, q], max_norm=1.0)
        5.0
        >>> round(p.grad, 4), round(q.grad, 4)
        (0.6, 0.8)
    """
    _check("max_norm", max_norm)
    if not is_number(norm_type) or not norm_type > 0:
        raise ValueError(f"norm_type must be a number above 0, or math.inf; got {norm_type!r}.")
    if (noted := effects()) is not None:
        if error_if_nonfinite:
            raise TypeError("clip_grad_norm_ in a compiled function cannot raise an error for some numbers; leave error_if_nonfinite out.")
        return noted.change_gradients(_listed(parameters), lambda gs: _clipped(gs, float(max_norm), norm_type))
    pieces = _with_gradient(parameters)
    numbers = [p.grad for p in pieces if isinstance(p, Value)]
    arrays = [p._gradient for p in pieces if not isinstance(p, Value)]
    length = _norm([_norm(g, norm_type) for g in [numbers, *arrays]], norm_type)
    if error_if_nonfinite and not math.isfinite(length):
        raise FloatingPointError(
            f"The gradients have the length {length}, so they cannot be clipped. detect_anomaly() finds where inf or nan came from."
        )
    shrink = float(max_norm) / (length + 1e-6)
    if shrink < 1 or math.isnan(shrink):
        with np.errstate(invalid="ignore"):
            for p in pieces:
                p._gradient *= shrink
    return length


def clip_grad_value_(parameters: Parameters, clip_value: float) -> None:
    """Limit every entry of every gradient to the range from -clip_value to clip_value.

    Args:
        parameters: Values and Tensors, such as `model.parameters()`; those without a gradient do
            not count.
        clip_value: the largest absolute value of an entry, from 0.

    Raises:
        TypeError: `parameters` are not Values and Tensors, or `clip_value` is not a number.
        ValueError: `clip_value` is negative or nan.

    Example:
        >>> from autograd import Tensor
        >>> p = Tensor([1.0, -5.0])
        >>> (p * p).sum().backward()
        >>> clip_grad_value_([p], 3.0)
        >>> p.grad
        array([ 2., -3.])
    """
    _check("clip_value", clip_value)
    if (noted := effects()) is not None:
        limit = float(clip_value)
        noted.change_gradients(_listed(parameters), lambda gs: (0.0, [autograd.clip(g, -limit, limit) for g in gs]))
        return
    for p in _with_gradient(parameters):
        if isinstance(p, Value):
            p.grad = max(min(p.grad, float(clip_value)), -float(clip_value))  # in this order, nan stays nan
        else:
            np.clip(p._gradient, -clip_value, clip_value, out=p._gradient)


def _check(name: str, limit: float) -> None:
    if not is_number(limit):
        raise TypeError(f"{name} must be a number; got {limit!r}.")
    if not limit >= 0:
        raise ValueError(f"{name} must not be negative; got {limit!r}.")


def _clipped(gradients: list[Any], max_norm: float, order: float) -> tuple[Any, list[Any]]:
    """The norm of gradients that are nodes, and these gradients made shorter."""
    if not gradients:
        return 0.0, []
    norms = [autograd.norm(g.reshape(-1), order) for g in gradients]
    length = norms[0] if len(norms) == 1 else autograd.norm(autograd.stack(norms), order)
    shrink = autograd.minimum(max_norm / (length + 1e-6), 1.0)
    return length, [g * shrink for g in gradients]


def _with_gradient(parameters: Parameters) -> list[Any]:
    """Those of the parameters that have a gradient, in as few pieces as possible."""
    return [p for p in blocks(_listed(parameters)) if p.grad is not None]


def _listed(parameters: Parameters) -> list[Any]:
    if not isinstance(parameters, (Value, Tensor, Iterable)):
        raise TypeError(f"Clipping takes a list of parameters, not a {type(parameters).__name__}; pass model.parameters().")
    parameters = [parameters] if isinstance(parameters, (Value, Tensor)) else list(parameters)
    for p in parameters:
        if not isinstance(p, (Value, Tensor)):
            raise TypeError(f"Clipping is of the gradients of Values and Tensors, not of a {type(p).__name__}; pass model.parameters().")
    return parameters


def _norm(x: Any, order: float) -> float:
    """The norm of all entries of an array, or of a list of numbers."""
    x = np.ravel(x)
    if not x.size:
        return 0.0
    with np.errstate(over="ignore"):
        length = float(np.linalg.norm(x, order))
        if length == 0 or math.isinf(length):  # perhaps only the squares left the range
            largest = float(np.abs(x).max())
            if 0 < largest < math.inf:
                length = largest * float(np.linalg.norm(x / largest, order))
    return length


if not TYPE_CHECKING:
    __getattr__ = missing(globals())
