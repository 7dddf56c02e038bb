"""Pictures of activation functions with their derivatives, which the engine computes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autograd import Tensor, sum, table

from ..mlp import ACTIVATIONS
from ..module import Module
from .canvas import AS_TEXT, name, panels
from .colours import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["activations"]

POINTS = 401

Function = Callable[[Tensor], Any] | str  # the name of a function that `nn.Neuron` knows


def activations(functions: Function | Iterable[Function] | None = None, ax: Axes | Iterable[Axes] | None = None) -> NDArray[np.object_]:
    """Activation functions from -5 to 5, with their derivatives.

    Args:
        functions: one, or a list: modules such as `nn.ReLU()`, functions of a Tensor such as
            `autograd.tanh`, or names that `nn.Neuron` takes. They must work entry by entry. By
            default, all that `nn.Neuron` knows are drawn.
        ax: the matplotlib axes to draw in, one for each function; None for a new figure.

    Returns:
        An array of axes, one for each function.

    Raises:
        TypeError: one is not a function, or its result is not a Tensor.
        ValueError: the list is empty; a name is unknown; a function does not work entry by entry,
            as softmax does not; or there are more or fewer axes than functions.
        ModuleNotFoundError: matplotlib is not installed.

    Example:
        >>> import nn
        >>> panel = activations(nn.Tanh())[0]
        >>> [line.get_label() for line in panel.get_legend_handles_labels()[0]]
        ['function', 'derivative']
    """
    if functions is None:
        functions = [name for name in ACTIVATIONS if name != "identity"]
    given: list[Any] = list(functions) if isinstance(functions, (list, tuple)) else [functions]
    if not given:
        raise ValueError("activations got an empty list; give it a function, such as autograd.tanh.")
    pictures = [(_title(function), *_values(function)) for function in given]
    found = panels(ax, len(pictures), width=3.6, height=2.7)
    for panel, (title, x, y, slope) in zip(found, pictures, strict=True):
        panel.axhline(0, color=INK, alpha=0.25, linewidth=0.8)
        panel.axvline(0, color=INK, alpha=0.25, linewidth=0.8)
        panel.plot(x, y, color=INK, linewidth=2, label="function")
        panel.plot(x, slope, color=INK, linewidth=1.4, linestyle="--", label="derivative")
        panel.set_title(name(title), **AS_TEXT)
        panel.set(xlabel="x", ylabel="f(x), f′(x)")
    found[0].legend(frameon=False, fontsize=8)
    return found


def _title(function: object) -> str:
    if isinstance(function, str) and function in ACTIVATIONS:
        return ACTIVATIONS[function].title
    if isinstance(function, Module):
        return f"{type(function).__name__}({function.extra_repr()})" if function.extra_repr() else type(function).__name__
    if isinstance(function, partial):
        return _title(function.func)
    return str(getattr(function, "__name__", getattr(function, "name", type(function).__name__)))


def _values(function: object) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Points from -5 to 5, and the values of the function and of its derivative there."""
    if isinstance(function, str):
        if function not in ACTIVATIONS:
            raise ValueError(f"There is no activation {function!r}; choose from {', '.join(ACTIVATIONS)}, or give a function.")
        function = table[function]
    if not callable(function) or isinstance(function, type):
        raise TypeError(f"activations draws functions, such as nn.ReLU() or autograd.tanh, and got {function!r}.")
    x = Tensor(np.linspace(-5, 5, POINTS))
    y = function(x)
    if not isinstance(y, Tensor) or not y.requires_grad:
        raise TypeError(f"{_title(function)} gave a {type(y).__name__} without a derivative; write it with the functions of autograd.")
    if y.shape != x.shape or not np.allclose(function(Tensor(x.data[:1])).data, y.data[:1]):
        raise ValueError(f"{_title(function)} does not work entry by entry, so it has no curve over one number.")
    sum(y).backward()
    return x.data, y.data, x.grad
