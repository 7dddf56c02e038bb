"""`torch.autograd`: `grad` of Tensors, and PyTorch's older name `Variable`.

For `grad` of functions, see `autograd.grad`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import autograd
from autograd import detect_anomaly
from autograd.backward import gradients
from nn.lookup import missing

from .base import wrap
from .making import as_tensor

__all__ = ["Variable", "detect_anomaly", "grad"]


def Variable(data: Any, requires_grad: bool = False, volatile: bool = False) -> Any:
    """The Tensor itself: since PyTorch 0.4, Tensors are Variables."""
    tensor = as_tensor(data)
    return tensor.requires_grad_() if requires_grad else tensor


def grad(
    outputs: Any, inputs: Any, grad_outputs: Any = None, retain_graph: bool | None = None, create_graph: bool = False,
    only_inputs: bool = True, allow_unused: bool = False,
) -> tuple[Any, ...]:  # fmt: skip
    """The gradients of `outputs` with respect to `inputs`, which leave every `.grad` as it is.

    Args:
        outputs, inputs: a Tensor, or several; those of `inputs` require a gradient.
        grad_outputs: for each of the outputs the gradient to start from; needed for those that are not one number.
        retain_graph, only_inputs: accepted, and ignored: the graph stays as long as somebody has it.
        create_graph: whether the gradients can be differentiated again.
        allow_unused: whether the outputs may not depend on some input, whose gradient is None then.

    Raises:
        RuntimeError: an input requires no gradient, or the outputs do not depend on it.
        ValueError: an output is not one number, and has no gradient to start from.

    Example:
        >>> from nn import torch
        >>> x = torch.tensor(3.0, requires_grad=True)
        >>> slope, = torch.autograd.grad(x ** 3, x, create_graph=True)
        >>> slope.item(), torch.autograd.grad(slope, x)[0].item()
        (27.0, 18.0)
    """
    ends, starts = _several(outputs), _several(inputs)
    for x in starts:
        if not x.requires_grad:
            raise RuntimeError("torch.autograd.grad takes inputs that require a gradient; say x.requires_grad_() before computing with x.")
    seeds: dict[Any, Any] = {}
    for y, g in zip(ends, [None] * len(ends) if grad_outputs is None else _several(grad_outputs), strict=True):
        if y.requires_grad:
            seed = g if isinstance(g, autograd.Node) and create_graph else y._seed(g)
            seeds[y] = wrap(seed) if create_graph and not isinstance(seed, autograd.Node) else seed
    found = dict(gradients(seeds, as_nodes=create_graph, stop=frozenset(starts)))
    if not allow_unused and any(x not in found for x in starts):
        raise RuntimeError("One of the inputs was not used to compute the outputs; with allow_unused=True, its gradient is None.")
    given = [found.get(x) for x in starts]
    return tuple(g if g is None or isinstance(g, autograd.Node) else wrap(np.array(g)) for g in given)


def _several(tensors: Any) -> Sequence[Any]:
    return tensors if isinstance(tensors, (tuple, list)) else (tensors,)


__getattr__ = missing(globals())
