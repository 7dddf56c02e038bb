"""NumPy's own functions on nodes: `np.tanh(v)` and `np.sum(t)` record as ours do.

NumPy hands a call on to us through `__array_ufunc__` and `__array_function__` (NEP 13 and 18).
A function that has no derivative here raises an error; it never returns an unrecorded result.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from . import functions as f
from . import shaping, statistics
from .core import Node, Primitive, table
from .modes import mode
from .primitives import elementary

__all__ = ["call_function", "call_ufunc"]

READ_INSTEAD = "compute with the Value or Tensor itself, and read numbers from what the compiled function returns"


def call_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """What `ufunc(*inputs)` gives where an input is a node."""
    if options.get("out") is not None:
        if any(isinstance(x, Node) for x in options["out"]):
            raise TypeError(f"np.{ufunc.__name__}(…, out=…) would overwrite a node's number; use the result instead.")
        if _are_constants(inputs):
            return getattr(ufunc, method)(*map(_read_only, inputs), **options)
        raise TypeError(
            f"np.{ufunc.__name__}(…, out=…), or an operator such as +=, would write a node into a plain array and lose the "
            "gradient; use the result instead: x = x + t."
        )
    if method == "reduce" and ufunc in REDUCTIONS and options.keys() <= {"axis", "keepdims"}:
        (x,) = inputs
        return REDUCTIONS[ufunc](x, options.get("axis", 0), bool(options.get("keepdims", False)))
    if ufunc in PLAIN and method == "__call__":
        if mode.tracing is not None:
            if (comparison := _entry_for(ufunc)) is not None:  # which the program makes anew at each call
                return comparison(*inputs)
            mode.tracing(f"np.{ufunc.__name__}", READ_INSTEAD)
        return ufunc(*map(_data, inputs), **options)
    function = _entry_for(ufunc) or COMPOSED.get(ufunc)
    if method != "__call__" or function is None or options:
        if _are_constants(inputs) and not (method == "at" and isinstance(inputs[0], Node)):
            return getattr(ufunc, method)(*map(_read_only, inputs), **options)
        call = f"np.{ufunc.__name__}" if method == "__call__" else f"np.{ufunc.__name__}.{method}"
        _refuse(f"{call}(…, {', '.join(f'{key}=…' for key in options)})" if function and options else call, "use the functions of autograd")
    return function(*inputs)


def call_function(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What NumPy's `function(*args)` gives where an argument is, or contains, a node."""
    ours = FUNCTIONS.get(function) or _entry_for(function)
    if ours is not None:
        try:
            return ours(*args, **kwargs)
        except TypeError:
            try:
                inspect.signature(ours).bind(*args, **kwargs)
            except TypeError as error:
                _refuse(f"np.{function.__name__} called like this ({error})", "leave that argument away, or use the functions of autograd")
            raise
    if function in PLAIN:
        if mode.tracing is not None and function not in OF_SHAPES:
            mode.tracing(f"np.{function.__name__}", READ_INSTEAD)
        return function(*map(_data, args), **{key: _data(x) for key, x in kwargs.items()})
    if function is np.full_like and not any(isinstance(x, Node) for x in (*args[1:], *kwargs.values())):
        return np.full_like(_data(args[0]), *args[1:], **kwargs)
    if _are_constants((*args, *kwargs.values())):
        return function(*map(_read_only, args), **{key: _read_only(x) for key, x in kwargs.items()})
    return _refuse(f"np.{function.__name__}", "use the functions of autograd")


def _over_axes(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, a reduction, called as NumPy's are: `dtype` and `out` stand between `axis` and `keepdims`."""

    def reduction(a: Any, axis: Any = None, *, keepdims: Any = False) -> Any:
        return function(a, axis, bool(keepdims))

    return reduction


def _spread(function: Callable[..., Any]) -> Callable[..., Any]:
    """`var` or `std`, called as NumPy's are."""

    def spread(a: Any, axis: Any = None, *, ddof: Any = 0, keepdims: Any = False, correction: Any = None) -> Any:
        return function(a, axis, bool(keepdims), ddof, correction=correction)

    return spread


def _clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    """`np.clip`, which knows its limits by two names each."""
    return f.clip(a, a_min if min is None else min, a_max if max is None else max)


def _entry_for(function: Any) -> Primitive | None:
    """The entry of the table that answers a function of NumPy's: the library's own at once, those of users after a search."""
    return ANSWERS.get(function) or next((entry for entry in table.values() if function in (entry.array, *entry.answers)), None)


def _refuse(call: str, instead: str) -> NoReturn:
    raise TypeError(
        f"{call} has no derivative here, so on a Value or Tensor it would lose the gradient; {instead}, "
        "or take the plain number with .data if no gradient is wanted."
    )


def _data(x: Any) -> Any:
    return x._datum if isinstance(x, Node) else x


def _are_constants(inputs: Sequence[Any]) -> bool:
    """Whether no derivative is lost if what is not here is left to NumPy: all nodes are constants."""
    nodes: list[Any] = [x for x in inputs if isinstance(x, Node)]
    return bool(nodes) and all(x._has_none() for x in nodes)


def _read_only(x: Any) -> Any:
    """A constant as an array for NumPy's functions, of which some write into their arguments."""
    if not isinstance(x, Node):
        return x
    array = np.array(x._datum)
    array.setflags(write=False)
    return array


OF_SHAPES = frozenset({np.shape, np.ndim, np.size, np.zeros_like, np.ones_like, np.empty_like})

# Questions whose answers are plain numbers, with no derivative to lose.
PLAIN = frozenset({
    np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal, np.isnan, np.isinf, np.isfinite,
    np.argmax, np.argmin, np.argsort, np.allclose, np.isclose, np.array_equal, *OF_SHAPES,
})  # fmt: skip

# The first of two with the same array forward: `np.positive` is `identity`, and not `stop_gradient`.
ANSWERS: dict[Any, Primitive] = {function: entry for entry in reversed(table.values()) for function in (entry.array, *entry.answers)}

# What is no entry of the table, but composed of some.
COMPOSED: dict[Any, Callable[..., Any]] = {
    np.square: lambda x: x * x,
    np.reciprocal: lambda x: 1 / x,
    np.exp2: lambda x: elementary.power(2.0, x),
    np.log2: lambda x: elementary.log(x) / math.log(2),
    np.log10: lambda x: elementary.log(x) / math.log(10),
    **dict.fromkeys((np.bitwise_and, np.logical_and), lambda a, b: b & a if isinstance(b, Node) else a & b),
    **dict.fromkeys((np.bitwise_or, np.logical_or), lambda a, b: b | a if isinstance(b, Node) else a | b),
    **dict.fromkeys((np.bitwise_xor, np.logical_xor), lambda a, b: b ^ a if isinstance(b, Node) else a ^ b),
    **dict.fromkeys((np.invert, np.logical_not), lambda a: ~a),
    np.tan: lambda x: elementary.sin(x) / elementary.cos(x),
}

REDUCTIONS = {np.add: f.sum, np.maximum: f.max, np.minimum: f.min}

# Those of `functions` and `shaping` have NumPy's names and arguments, but for what is said after them.
FUNCTIONS: dict[Any, Callable[..., Any]] = {
    **{getattr(np, name): getattr(room, name) for room in (f, shaping) for name in room.__all__ if hasattr(np, name)},
    np.sum: _over_axes(f.sum), np.mean: _over_axes(f.mean), np.max: _over_axes(f.max), np.amax: _over_axes(f.max),
    np.min: _over_axes(f.min), np.amin: _over_axes(f.min), np.dot: lambda a, b: f.dot(a, b), np.clip: _clip,
    np.var: _spread(statistics.var), np.std: _spread(statistics.std), np.linalg.norm: statistics.norm,
    np.ravel: lambda x: shaping.reshape(x, -1),
}  # fmt: skip
