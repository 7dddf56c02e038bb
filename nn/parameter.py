"""`Parameter`, a Tensor that a module trains; and the kind of Tensors that `nn` hands out.

Layers take and give arrays and `autograd.Tensor`s. While the phrase book `nn.torch` is open, parameters,
state dicts and batches are made of its Tensors instead, so that PyTorch's methods are there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import Node, Tensor
from autograd.structures import tree_map

__all__ = ["Parameter", "entry", "handed_out", "is_constant"]

# Makes a Tensor of `nn.torch`, while that is open, of an array; and whether it is a leaf.
book: Callable[[Any, bool], Tensor] | None = None


def handed_out(batch: object) -> Any:
    """Arrays, in tuples, lists and dicts too, as users get them: themselves, or as Tensors of the book that is open.

    Example:
        >>> handed_out((np.ones(2), ["a text"]))
        (array([1., 1.]), ['a text'])
    """
    return batch if book is None else tree_map(_in_book, batch)


def entry(x: object) -> Any:
    """An entry of a state dict: a copy of an array; or a Tensor of the book that is open, which shares its numbers.

    Example:
        >>> running_mean = np.zeros(1)
        >>> entry(running_mean) is running_mean
        False
    """
    return _in_book(x) if book is not None else np.array(x) if isinstance(x, np.ndarray) else x


def _in_book(x: object) -> Any:
    return book(x, False) if isinstance(x, np.ndarray) else x  # type: ignore[misc]  # one is open


def is_constant(x: object) -> bool:
    """Whether `x` is a Tensor of `nn.torch` without a derivative, which may be a buffer.

    Example:
        >>> is_constant(Tensor([1.0])), is_constant(Tensor([1.0]).detach())
        (False, False)
    """
    return isinstance(x, Tensor) and x._kind_of_arrays is not None and x.is_leaf and not x.requires_grad


class _Trained(type):
    def __instancecheck__(cls, x: object) -> bool:
        return isinstance(x, Tensor) and x.is_leaf and (x.requires_grad or x.frozen)


class Parameter(Tensor, metaclass=_Trained):
    """A Tensor that a module trains: `nn.Parameter(x)` is a leaf with a copy of the numbers of x.

    Args:
        data: an array of floats, (nested) lists of numbers, or a Tensor of `nn.torch`.
        requires_grad: if false, it is frozen, until `requires_grad = True` is assigned to it.
        label: a name for pictures and error messages.

    Raises:
        TypeError, ValueError: as in `Tensor`.

    Example:
        >>> weight = Parameter([1.0, 2.0])
        >>> weight, isinstance(weight, Parameter), isinstance(weight * 2, Parameter)
        (Tensor([1., 2.]), True, False)
    """

    __slots__ = ()

    def __new__(cls, data: Any, requires_grad: bool = True, *, label: str | None = None) -> Any:
        if book is None:
            parameter = Tensor(data, label)
        else:
            parameter = book(data._datum.copy() if isinstance(data, Node) else Tensor(data)._datum, True)
            parameter.label = label
        if not requires_grad:
            parameter.requires_grad = False
        return parameter
