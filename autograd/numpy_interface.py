"""NumPy's own functions on nodes: `np.tanh(v)` and `np.sum(t)` are recorded like autograd's functions.

NumPy passes such calls to `__array_ufunc__` and `__array_function__` (NEP 13 and 18).
A function that has no derivative here raises an error; it never returns an unrecorded result.
`scripts/numpy_functions.py` lists how each function is handled.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from . import arranging, calculus, contracting, linear_algebra, ordering, shaping, statistics
from . import functions as f
from .arrays import plain
from .core import Node, Primitive, table
from .modes import mode
from .operands import array_of
from .primitives import arithmetic, choices, rounding, sorting

__all__ = ["COMPOSED", "FUNCTIONS", "LOGIC", "PLAIN", "call_function", "call_ufunc", "entry_for"]

READ_INSTEAD = "compute with the Value or Tensor itself, and read numbers from what the compiled function returns"


def call_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """The result of `ufunc(*inputs)`, if an input is a node."""
    if options.get("out") is not None:
        if any(isinstance(x, Node) for x in options["out"]):
            raise TypeError(f"np.{ufunc.__name__}(…, out=…) would overwrite a node's number; use the result instead.")
        if _are_constants(inputs):
            return getattr(ufunc, method)(*map(_read_only, inputs), **options)
        raise TypeError(
            f"np.{ufunc.__name__}(…, out=…), or an operator such as +=, would write a node into a plain array and lose the "
            "gradient; use the result instead: x = x + t."
        )
    if method != "__call__" and (ufunc, method) in OVER_AXES and options.keys() <= {"axis", "keepdims"}:
        return OVER_AXES[ufunc, method](*inputs, **{"axis": 0, **options})
    if ufunc in PLAIN and method == "__call__":
        if mode.tracing is not None:
            if (comparison := entry_for(ufunc)) is not None:  # the compiled program compares at each call
                return comparison(*inputs)
            mode.tracing(f"np.{ufunc.__name__}", READ_INSTEAD)
        return ufunc(*map(plain, inputs), **options)
    function = entry_for(ufunc) or COMPOSED.get(ufunc)
    if method == "outer" and function is not None and not options:
        a, b = map(array_of, inputs)
        return function(shaping.reshape(a, (*a.shape, *(1,) * b.ndim)), b)
    if method != "__call__" or function is None or options:
        if _are_constants(inputs) and not (method == "at" and isinstance(inputs[0], Node)):
            return getattr(ufunc, method)(*map(_read_only, inputs), **options)
        call = f"np.{ufunc.__name__}" if method == "__call__" else f"np.{ufunc.__name__}.{method}"
        _refuse(f"{call}(…, {', '.join(f'{key}=…' for key in options)})" if function and options else call, "use the functions of autograd")
    return function(*inputs)


def call_function(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result of NumPy's `function(*args)`, if an argument is or contains a node."""
    ours = FUNCTIONS.get(function) or entry_for(function)
    if ours is not None:
        try:
            return ours(*args, **kwargs)
        except TypeError:
            try:
                inspect.signature(ours).bind(*args, **kwargs)
            except TypeError as error:
                _refuse(f"{_name(function)} called like this ({error})", "leave that argument away, or use the functions of autograd")
            raise
    if function in PLAIN and not isinstance(kwargs.get("weights"), Node):  # in which a histogram is linear
        if mode.tracing is not None and function is np.argsort:
            return _argsort(*args, **kwargs)
        if mode.tracing is not None and function not in OF_SHAPES:
            mode.tracing(f"np.{function.__name__}", READ_INSTEAD)
        return function(*map(_data_inside, args), **{key: _data_inside(x) for key, x in kwargs.items()})
    if _are_constants((*args, *kwargs.values())):
        return function(*map(_read_only, args), **{key: _read_only(x) for key, x in kwargs.items()})
    return _refuse(_name(function), "use the functions of autograd")


def _name(function: Any) -> str:
    return f"{function.__module__.replace('numpy', 'np', 1)}.{function.__name__}"


def _over_axes(function: Callable[..., Any]) -> Callable[..., Any]:
    """The reduction `function` with NumPy's arguments: `dtype` and `out` come between `axis` and `keepdims`."""

    def reduction(a: Any, axis: Any = None, *, keepdims: Any = False) -> Any:
        return function(a, axis, bool(keepdims))

    return reduction


def _spread(function: Callable[..., Any]) -> Callable[..., Any]:
    """`var` or `std` with NumPy's arguments."""

    def spread(a: Any, axis: Any = None, *, ddof: Any = 0, keepdims: Any = False, correction: Any = None) -> Any:
        return function(a, axis, bool(keepdims), ddof, correction=correction)

    return spread


def _clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    """`np.clip`, whose limits have two names each."""
    return f.clip(a, a_min if min is None else min, a_max if max is None else max)


def entry_for(function: Any) -> Primitive | None:
    """The entry of the table for one of NumPy's functions. Entries that users add are found by a search."""
    return ANSWERS.get(function) or next((entry for entry in table.values() if function in (entry.array, *entry.answers)), None)


def _refuse(call: str, instead: str) -> NoReturn:
    raise TypeError(
        f"{call} has no derivative here, so on a Value or Tensor it would lose the gradient; {instead}, "
        "or take the plain number with .data if no gradient is wanted."
    )


def _data_inside(x: Any) -> Any:
    """The numbers of a node, and of those in lists and tuples, which NumPy would hand back to us."""
    return type(x)(map(_data_inside, x)) if type(x) in (list, tuple) else plain(x)


def _are_constants(inputs: Sequence[Any]) -> bool:
    """Whether all nodes are constants, so that NumPy may compute a function that is not here."""
    nodes: list[Any] = [x for x in inputs if isinstance(x, Node)]
    return bool(nodes) and all(x._has_none() for x in nodes)


def _read_only(x: Any) -> Any:
    """A constant as a read-only array, because some of NumPy's functions write into their arguments."""
    if not isinstance(x, Node):
        return x
    array = np.array(x._datum)
    array.setflags(write=False)
    return array


OF_SHAPES = frozenset({
    np.shape, np.ndim, np.size, np.zeros_like, np.ones_like, np.empty_like, np.result_type, np.iscomplexobj, np.isrealobj,
    np.diag_indices_from, np.tril_indices_from, np.triu_indices_from, np.can_cast, np.common_type,
})  # fmt: skip

# Questions whose answers are plain numbers, with no derivative to lose.
PLAIN = frozenset({
    np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal, np.isnan, np.isinf, np.isfinite, np.isneginf,
    np.isposinf, np.signbit, np.argmax, np.argmin, np.argsort, np.nanargmax, np.nanargmin, np.argpartition, np.argwhere, np.allclose,
    np.isclose, np.array_equal, np.array_equiv, np.isreal, np.iscomplex, np.imag, np.all, np.any, np.count_nonzero, np.nonzero,
    np.flatnonzero, np.digitize, np.searchsorted, np.lexsort, np.histogram, np.histogram2d, np.histogramdd,
    np.histogram_bin_edges, np.isin, np.unique, np.unique_all, np.unique_counts, np.unique_inverse, np.unique_values, np.intersect1d,
    np.setdiff1d, np.setxor1d, np.union1d, np.array2string, np.array_repr, np.array_str, np.may_share_memory, np.shares_memory,
    np.linalg.matrix_rank, *OF_SHAPES,
})  # fmt: skip

# If two entries have the same `array`, the first counts: `np.positive` is `identity`, and not `stop_gradient`.
ANSWERS: dict[Any, Primitive] = {function: entry for entry in reversed(table.values()) for function in (entry.array, *entry.answers)}


def _fmax(a: Any, b: Any) -> Any:
    return choices.where(arithmetic.not_equal(a, a), b, choices.where(arithmetic.not_equal(b, b), a, choices.maximum(a, b)))


def _heaviside(x: Any, at_0: Any) -> Any:
    return choices.where(arithmetic.equal(x, 0), at_0, choices.where(arithmetic.greater(x, 0), 1.0, x * 0.0))


def _full_like(a: Any, fill_value: Any, dtype: Any = None) -> Any:
    """`np.full_like`: a plain array, unless it is filled with a node."""
    return shaping.broadcast_to(fill_value, np.shape(a)) if isinstance(fill_value, Node) else np.full_like(plain(a), fill_value, dtype)


def _rounded(a: Any, decimals: int = 0) -> Any:
    return rounding.rounded(array_of(a), decimals)


def _argsort(a: Any, axis: int | None = -1, *, kind: Any = None, stable: Any = None) -> Any:
    """`np.argsort`. In a compiled function it becomes a part of the program."""
    return sorting.argsort(shaping.reshape(a, -1) if axis is None else a, axis=-1 if axis is None else axis)


def _where(condition: Any, *two: Any) -> Any:
    """`np.where`; with a condition alone, the indices at which it is true."""
    return choices.where(condition, *two) if two else np.nonzero(condition)


# Functions that combine conditions.
LOGIC: dict[Any, Callable[..., Any]] = {
    **dict.fromkeys((np.bitwise_and, np.logical_and), lambda a, b: b & a if isinstance(b, Node) else a & b),
    **dict.fromkeys((np.bitwise_or, np.logical_or), lambda a, b: b | a if isinstance(b, Node) else a | b),
    **dict.fromkeys((np.bitwise_xor, np.logical_xor), lambda a, b: b ^ a if isinstance(b, Node) else a ^ b),
    **dict.fromkeys((np.invert, np.logical_not), lambda a: ~a),
}

# Functions that are composed of several entries of the table.
COMPOSED: dict[Any, Callable[..., Any]] = {
    np.square: lambda x: x * x,
    np.reciprocal: lambda x: 1 / x,
    np.conjugate: lambda x: +x,
    np.divmod: lambda a, b: (rounding.floor_divide(a, b), rounding.mod(a, b)),
    np.modf: lambda x: (x - rounding.trunc(x), rounding.trunc(x)),
    np.ldexp: lambda x, n: x * np.exp2(n),
    np.heaviside: _heaviside,
    np.fmax: _fmax,
    np.fmin: lambda a, b: -_fmax(-a, -b),
    **dict.fromkeys((np.radians, np.deg2rad), lambda x: x * (math.pi / 180)),
    **dict.fromkeys((np.degrees, np.rad2deg), lambda x: x * (180 / math.pi)),
    np.vecdot: contracting.vecdot,
    # From NumPy 2.2 on.
    **{getattr(np, name): getattr(contracting, name) for name in ("matvec", "vecmat") if hasattr(np, name)},
    **LOGIC,
}

# Methods of NumPy's elementwise functions.
OVER_AXES: dict[tuple[Any, str], Callable[..., Any]] = {
    (np.add, "reduce"): f.sum, (np.maximum, "reduce"): f.max, (np.minimum, "reduce"): f.min, (np.multiply, "reduce"): ordering.prod,
    (np.logaddexp, "reduce"): f.logsumexp, (np.add, "accumulate"): ordering.cumsum, (np.multiply, "accumulate"): ordering.cumprod,
}  # fmt: skip

ROOMS = (f, shaping, arranging, ordering, contracting, calculus)

# The functions of these files have NumPy's names and arguments; exceptions follow.
FUNCTIONS: dict[Any, Callable[..., Any]] = {
    **{getattr(np, name): getattr(room, name) for room in ROOMS for name in room.__all__ if hasattr(np, name)},
    **{getattr(np.linalg, name): getattr(linear_algebra, name) for name in linear_algebra.__all__},
    np.sum: _over_axes(f.sum), np.mean: _over_axes(f.mean), np.max: _over_axes(f.max), np.amax: _over_axes(f.max),
    np.min: _over_axes(f.min), np.amin: _over_axes(f.min), np.clip: _clip, np.var: _spread(statistics.var), np.std: _spread(statistics.std),
    np.full_like: _full_like, np.around: _rounded, np.round: _rounded, np.fix: rounding.trunc, np.where: _where,
    **dict.fromkeys((np.copy, np.real, np.real_if_close), lambda a: +array_of(a)),
    np.astype: lambda x, dtype, /: arithmetic.astype(array_of(x), dtype=np.dtype(dtype)),
}  # fmt: skip
