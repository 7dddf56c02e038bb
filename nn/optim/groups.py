"""The groups of an optimizer: checking the parameters and settings that users give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from autograd import Tensor, Value
from autograd.errors import describe

from ..checks import is_number, number

__all__ = ["Parameter", "Parameters", "Settings", "check_precision", "check_setting", "parameters_of", "precision_of", "settings_of"]

Parameter = Value | Tensor
Parameters = Iterable[Parameter] | Iterable[Mapping[str, Any]]  # or groups of them
Settings = Mapping[str, Any]  # those of a group, such as its learning rate, by name


def parameters_of(params: object) -> list[Parameter]:
    """The parameters of a group, each once.

    Raises:
        TypeError: they are not a list of Values and Tensors.
        ValueError: there are none, or one was computed or is a constant.

    Example:
        >>> w = Value(1.0)
        >>> parameters_of(w) == parameters_of([w, w]) == [w]
        True
    """
    if not isinstance(params, (Value, Tensor, Iterable)):
        raise TypeError(f"An optimizer takes a list of parameters, not a {type(params).__name__}; pass model.parameters().")
    params = [params] if isinstance(params, (Value, Tensor)) else list(params)
    for p in params:
        if not isinstance(p, (Value, Tensor)):
            raise TypeError(f"An optimizer changes Values and Tensors, not a {type(p).__name__}; pass model.parameters().")
        if not (p.is_leaf and (p.requires_grad or p.frozen)):
            raise ValueError(f"An optimizer cannot change {describe(p)}, which was computed or is a constant; pass model.parameters().")
    if not params:
        raise ValueError("The optimizer got no parameters; pass model.parameters().")
    return list(dict.fromkeys(params))


def settings_of(group: Settings, names: Iterable[str]) -> dict[str, Any]:
    """The settings of a group, as Python's numbers. A NumPy number would turn float32 arrays into float64.

    Example:
        >>> settings_of({"lr": np.float64(0.5), "params": []}, ["lr"])
        {'lr': 0.5}
    """
    return {name: x.item() if isinstance(x := group[name], np.generic) else x for name in names}


def check_setting(name: str, setting: object, method: str) -> None:
    """Refuse a number that is negative or not finite, an `eps` of 0, and `betas` that are not at least 0 and below 1.

    Raises:
        TypeError: it is not a number.
        ValueError: it is out of range.

    Example:
        >>> check_setting("lr", 0.1, "SGD")
    """
    if name == "betas":
        betas = tuple(setting) if isinstance(setting, Iterable) else ()
        if not betas or not all(is_number(beta) and 0 <= beta < 1 for beta in betas):
            raise ValueError(f"betas must be numbers from 0 to below 1, such as (0.9, 0.999); got {setting!r}.")
    elif not is_number(setting):
        raise TypeError(f"{name} must be a number; got {setting!r}. {method}.unchecked names settings of other kinds.")
    elif number(name, setting) == 0 and name == "eps":
        raise ValueError(f"eps must be above 0: where a gradient has always been 0, {method} would divide 0 by 0.")


def precision_of(parameter: Parameter) -> np.dtype[Any]:
    """The precision in which steps of a parameter are computed.

    It is that of the parameter, but float32 for float16, which has too few digits.

    Example:
        >>> from autograd import Tensor
        >>> precision_of(Value(1.0)), precision_of(Tensor(np.ones(2, np.float16)))
        (dtype('float64'), dtype('float32'))
    """
    return np.result_type(float if isinstance(parameter, Value) else parameter.dtype, np.float32)


def check_precision(eps: float, params: Iterable[Parameter], method: str) -> None:
    """Refuse an eps that is rounded to 0 in the precision of one of the parameters.

    Raises:
        ValueError: it is; the message names the precision.

    Example:
        >>> check_precision(1e-8, [Value(1.0)], "Adam")
    """
    if eps >= np.finfo(np.float32).tiny:
        return
    for p in params:
        precision = np.finfo(precision_of(p))
        if eps < precision.tiny:
            raise ValueError(
                f"eps={eps!r} is as good as 0 in {precision.dtype}, in which {describe(p)} is computed, and "
                f"{method} would divide 0 by 0; take more than {precision.tiny:.0e}, such as 1e-8."
            )
