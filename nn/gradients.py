"""The gradients of many parameters at once."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from autograd import Node, Tensor

__all__ = ["zero_gradients"]


def zero_gradients(parameters: Iterable[Node]) -> None:
    """Set the gradients to 0 instead of clearing them: PyTorch's `zero_grad(set_to_none=False)`.

    An optimizer changes a Tensor whose gradient is 0, by its momentum or weight decay, and leaves one without a
    gradient alone.

    Example:
        >>> w = Tensor([1.0, 2.0])
        >>> w.sum().backward()
        >>> zero_gradients([w])
        >>> w.grad
        array([0., 0.])
    """
    for p in parameters:
        if p.grad is not None:
            p.grad = np.zeros_like(p._gradient) if isinstance(p, Tensor) else 0.0
