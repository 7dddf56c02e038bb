"""Methods of Tensors, and so functions of `torch`, that are NumPy's; and those that write in place.

Some have another name in NumPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .base import dims_of, plain

__all__ = ["IN_PLACE", "NUMPYS"]


def _along(function: Any) -> Any:
    """NumPy's function with PyTorch's words `dim` and `keepdim`."""

    def of(x: Any, dim: Any = None, keepdim: Any = False) -> Any:
        return function(x, axis=dim, keepdims=keepdim)

    of.__name__ = function.__name__
    return of


def _logit(x: Any, eps: Any = None) -> Any:
    inside = x if eps is None else np.clip(x, eps, 1 - eps)
    return np.log(inside / (1 - inside))


NUMPYS: dict[str, Any] = {
    "argwhere": np.argwhere, "atleast_1d": np.atleast_1d, "atleast_2d": np.atleast_2d, "atleast_3d": np.atleast_3d,
    "broadcast_to": np.broadcast_to, "corrcoef": np.corrcoef, "diag": np.diag, "fliplr": np.fliplr, "flipud": np.flipud,
    "fmax": np.fmax, "fmin": np.fmin, "inner": np.inner, "inverse": np.linalg.inv, "det": np.linalg.det, "isin": np.isin, "kron": np.kron,
    "matrix_power": np.linalg.matrix_power, "movedim": np.moveaxis, "nan_to_num": np.nan_to_num, "pinverse": np.linalg.pinv,
    "nanmean": _along(np.nanmean), "nansum": _along(np.nansum), "searchsorted": np.searchsorted,
    "count_nonzero": lambda x, dim=None: np.count_nonzero(plain(x), axis=dim),
    "cov": lambda x, correction=1: np.cov(x, ddof=correction),
    "cross": lambda x, other, dim=-1: np.cross(x, other, axis=dim),
    "diff": lambda x, n=1, dim=-1: np.diff(x, n, axis=dim),
    "frac": lambda x: x - np.trunc(x),
    "logit": _logit,
    "quantile": lambda x, q, dim=None, keepdim=False, interpolation="linear": np.quantile(
        x, plain(q), axis=dim, keepdims=keepdim, method=interpolation),
    "repeat_interleave": lambda x, repeats, dim=None: np.repeat(x, plain(repeats), axis=dim),
    "rot90": lambda x, k=1, dims=(0, 1): np.rot90(x, k, tuple(dims)),
    "take": lambda x, index: np.take(x, plain(index)),
    "take_along_dim": lambda x, indices, dim=None: np.take_along_axis(x, plain(indices), axis=dim),
    "tensor_split": lambda x, sections, dim=0: np.array_split(x, sections, axis=dim),
    "tensordot": lambda x, other, dims=2: np.tensordot(x, other, dims),
    "tile": lambda x, *dims: np.tile(x, dims_of(dims)),
    "trapezoid": lambda y, x=None, dx=1.0, dim=-1: np.trapezoid(y, x, dx, axis=dim),
}  # fmt: skip

# `x.NAME_()` is `x.NAME()`, written into x.
IN_PLACE = (
    "abs", "add", "ceil", "clamp_max", "clamp_min", "cos", "div", "exp", "expm1", "floor", "log", "log1p", "mul", "neg", "pow",
    "reciprocal", "relu", "remainder", "round", "rsqrt", "sigmoid", "sin", "square", "sub", "tanh", "tril", "triu", "trunc",
)  # fmt: skip
