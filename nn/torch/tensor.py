"""`torch.Tensor`: an `autograd.Tensor` whose methods have PyTorch's names, arguments and meaning.

It differs from the Tensor underneath in three ways. It may hold whole numbers and bools, which have no derivative. It
has a derivative only if that is asked for (`requires_grad=True`), or if it was computed from one that has. And where
NumPy and PyTorch mean different things by one word (`max`, `size`, `transpose`, `std`, …), it means PyTorch's.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

import autograd
from autograd.modes import is_recording
from autograd.state import is_known
from nn.lookup import no_such_name

from . import dtypes
from .base import Base, dims_of, plain, wrap
from .numpys import IN_PLACE, NUMPYS

__all__ = ["Sorted", "Tensor"]


class Sorted(NamedTuple):
    """What `max`, `min`, `sort`, `topk` and their like give along a dimension."""

    values: Any
    indices: Any


class Tensor(Base):
    """An array that PyTorch's programs can use.

    `torch.tensor` makes one of numbers, `torch.randn` and its like of a shape.

    Example:
        >>> from nn import torch
        >>> x = torch.tensor([[1.0, 5.0], [7.0, 3.0]], requires_grad=True)
        >>> x.max(1).indices
        tensor([1, 0])
        >>> x.max().backward()
        >>> x.grad
        tensor([[0., 0.],
                [1., 0.]])
    """

    __slots__ = ()

    # Its shape

    def reshape(self, *shape: Any) -> Any:
        return autograd.reshape(self, dims_of(shape) or ())

    def squeeze(self, dim: Any = None) -> Any:
        if dim is None:
            return autograd.squeeze(self)
        dims = tuple(d for d in (dim if isinstance(dim, tuple) else (dim,)) if self.shape[d] == 1)
        return autograd.squeeze(self, dims) if dims else self

    def transpose(self, dim0: Any, dim1: Any, *more: Any) -> Any:
        if more:
            return autograd.transpose(self, (dim0, dim1, *more))  # NumPy's, of all dimensions
        dims = list(range(self.ndim))
        dims[dim0], dims[dim1] = dims[dim1], dims[dim0]
        return autograd.transpose(self, dims)

    swapaxes = swapdims = transpose  # type: ignore[assignment]

    def repeat(self, *sizes: Any) -> Any:
        sizes = dims_of(sizes)
        ours = (1,) * (len(sizes) - self.ndim) + self.shape
        between = autograd.reshape(self, [n for size in ours for n in (1, size)])
        spread = autograd.broadcast_to(between, [n for pair in zip(sizes, ours, strict=True) for n in pair])
        return spread.reshape(*(n * size for n, size in zip(sizes, ours, strict=True)))

    # Over dimensions

    def sum(self, dim: Any = None, keepdim: Any = False, *, dtype: Any = None, axis: Any = None, keepdims: Any = False) -> Any:  # type: ignore[override]
        x = self if dtype is None else self.type(dtype)
        x = x.type(np.int64) if x._datum.dtype.kind in "bi" else x
        return autograd.sum(x, axis if dim is None else dim, keepdim or keepdims)

    def mean(self, dim: Any = None, keepdim: Any = False, *, dtype: Any = None, axis: Any = None, keepdims: Any = False) -> Any:  # type: ignore[override]
        x = self if dtype is None else self.type(dtype)
        if x._datum.dtype.kind != "f":
            raise RuntimeError(f"mean() is of floats, and this Tensor is of {x._datum.dtype}; make it .float() first.")
        return autograd.mean(x, axis if dim is None else dim, keepdim or keepdims)

    def prod(self, dim: Any = None, keepdim: Any = False) -> Any:
        return np.prod(self, axis=dim, keepdims=keepdim)

    def std(self, dim: Any = None, unbiased: Any = True, keepdim: Any = False, *, correction: Any = None) -> Any:
        dim, unbiased = (None, dim) if isinstance(dim, bool) else (dim, unbiased)
        return autograd.std(self, dim, keepdim, correction=float(unbiased) if correction is None else correction)

    def var(self, dim: Any = None, unbiased: Any = True, keepdim: Any = False, *, correction: Any = None) -> Any:
        dim, unbiased = (None, dim) if isinstance(dim, bool) else (dim, unbiased)
        return autograd.var(self, dim, keepdim, correction=float(unbiased) if correction is None else correction)

    def norm(self, p: Any = None, dim: Any = None, keepdim: Any = False) -> Any:
        x = self.flatten() if dim is None else self
        if isinstance(p, (int, float)) and p not in (0, 1, 2, np.inf, -np.inf):
            return (x.abs() ** p).sum(dim, keepdim) ** (1 / p)
        return autograd.norm(x, None if p in (2, "fro") else p, dim, keepdim)

    def max(self, dim: Any = None, keepdim: Any = False) -> Any:
        return self._extreme(autograd.max, np.argmax, autograd.maximum, dim, keepdim)

    def min(self, dim: Any = None, keepdim: Any = False) -> Any:
        return self._extreme(autograd.min, np.argmin, autograd.minimum, dim, keepdim)

    def _extreme(self, of: Any, where: Any, of_two: Any, dim: Any, keepdim: Any) -> Any:
        if dim is None:
            return of(self)
        if isinstance(dim, autograd.Tensor):
            return of_two(self, dim)
        indices = where(self._datum, axis=dim, keepdims=True)
        values = self.gather(dim, indices)
        return Sorted(values, wrap(indices)) if keepdim else Sorted(values.squeeze(dim), wrap(indices.squeeze(dim)))

    def argmax(self, dim: Any = None, keepdim: Any = False) -> Any:
        return wrap(np.argmax(self._datum, dim, keepdims=keepdim))

    def argmin(self, dim: Any = None, keepdim: Any = False) -> Any:
        return wrap(np.argmin(self._datum, dim, keepdims=keepdim))

    def sort(self, dim: Any = -1, descending: Any = False, stable: Any = False) -> Any:
        order = self.argsort(dim, descending)
        return Sorted(self.gather(dim, order), order)

    def argsort(self, dim: Any = -1, descending: Any = False, stable: Any = False) -> Any:
        x = np.flip(self._datum, dim) if descending else self._datum
        order = np.argsort(x, dim, kind="stable")
        return wrap(np.flip(self._datum.shape[dim] - 1 - order, dim) if descending else order)

    def topk(self, k: Any, dim: Any = -1, largest: Any = True, sorted: Any = True) -> Any:
        if k > self.shape[dim]:
            raise RuntimeError(f"topk: there are {self.shape[dim]} entries along dimension {dim}, fewer than k = {k}.")
        order = self.argsort(dim, largest).narrow(dim, 0, k)
        return Sorted(self.gather(dim, order), order)

    def cumsum(self, dim: Any) -> Any:  # type: ignore[override]
        return np.cumsum(self, axis=dim)

    def cumprod(self, dim: Any) -> Any:  # type: ignore[override]
        return np.cumprod(self, axis=dim)

    def median(self, dim: Any = None, keepdim: Any = False) -> Any:
        """The middle entry; of an even number of entries the lower of the two in the middle, unlike NumPy's."""
        if dim is None:
            return self.flatten().median(0).values
        order = self.argsort(dim).narrow(dim, (self.shape[dim] - 1) // 2, 1)
        values = self.gather(dim, order)
        return Sorted(values, order) if keepdim else Sorted(values.squeeze(dim), order.squeeze(dim))

    def bincount(self, weights: Any = None, minlength: Any = 0) -> Any:
        return wrap(np.bincount(self._datum, plain(weights), minlength))

    def any(self, dim: Any = None, keepdim: Any = False) -> Any:
        return wrap(np.any(self._datum, axis=dim, keepdims=keepdim))

    def all(self, dim: Any = None, keepdim: Any = False) -> Any:
        return wrap(np.all(self._datum, axis=dim, keepdims=keepdim))

    def logsumexp(self, dim: Any, keepdim: Any = False) -> Any:  # type: ignore[override]
        return autograd.logsumexp(self, dim, keepdim)

    def softmax(self, dim: Any) -> Any:  # type: ignore[override]
        return autograd.softmax(self, dim)

    def log_softmax(self, dim: Any) -> Any:  # type: ignore[override]
        return autograd.log_softmax(self, dim)

    # Some of its entries

    def __getitem__(self, index: Any) -> Any:
        index = tuple(map(plain, index)) if isinstance(index, tuple) else plain(index)
        if self.left is not None or not is_known(self):
            return super().__getitem__(index)
        parts = index if isinstance(index, tuple) else (index,)
        if all(isinstance(part, (int, np.integer, slice)) for part in parts):
            index = (*parts, ...)  # so that one entry is a view, too
        found = self._datum[index]
        return wrap(found, owner=self if np.may_share_memory(found, self._datum) else None)

    def __setitem__(self, index: Any, value: Any) -> None:
        index = tuple(map(plain, index)) if isinstance(index, tuple) else plain(index)
        if isinstance(value, autograd.Node) and value.left is not None and is_recording():
            raise RuntimeError("Writing what has a derivative into a Tensor would lose that. Combine the parts: torch.cat, torch.where.")
        self._written()[index] = plain(value)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.unbind())

    def where(self, condition: Any, other: Any) -> Any:
        return autograd.where(plain(condition), self, other)

    def nonzero(self, as_tuple: Any = False) -> Any:
        found = np.nonzero(self._datum)
        return tuple(map(wrap, found)) if as_tuple else wrap(np.stack(found, -1))

    # Arithmetic by name

    def logical_not(self) -> Any:
        return wrap(np.logical_not(self._datum))

    def clamp(self, min: Any = None, max: Any = None) -> Any:
        limits = [x for x in (min, max) if x is not None]
        if self._datum.dtype.kind in "iu" and all(isinstance(x, int) for x in limits):
            return wrap(np.clip(self._datum, min, max))
        return super().clamp(min, max)

    clip = clamp  # type: ignore[assignment]

    def div(self, other: Any, *, rounding_mode: Any = None) -> Any:
        quotient = super().div(other, rounding_mode=rounding_mode)
        dtype = np.result_type(self._datum, plain(other))
        return quotient if rounding_mode is None or dtype.kind == "f" else quotient.type(dtype)

    def clamp_min(self, min: Any) -> Any:
        return self.clamp(min)

    def clamp_max(self, max: Any) -> Any:
        return self.clamp(max=max)

    def round(self, decimals: Any = 0) -> Any:
        return self._rounded(np.round, decimals)

    def floor(self) -> Any:
        return self._rounded(np.floor)

    def ceil(self) -> Any:
        return self._rounded(np.ceil)

    def trunc(self) -> Any:
        return self._rounded(np.trunc)

    fix = trunc

    def _rounded(self, function: Any, *args: Any) -> Any:
        """Recorded, as its derivative is 0; whole numbers stay as they are."""
        return function(self, *args) if self.left is not None else wrap(function(self._datum, *args).astype(self._datum.dtype))

    def isnan(self) -> Any:
        return wrap(np.isnan(self._datum))

    def isinf(self) -> Any:
        return wrap(np.isinf(self._datum))

    def isfinite(self) -> Any:
        return wrap(np.isfinite(self._datum))

    def equal(self, other: Any) -> Any:
        return np.array_equal(self._datum, plain(other))

    def allclose(self, other: Any, rtol: Any = 1e-5, atol: Any = 1e-8) -> Any:
        return np.allclose(self._datum, plain(other), rtol, atol)

    def __truediv__(self, other: Any) -> Any:
        if self._datum.dtype.kind in "bi" and not isinstance(other, autograd.Tensor):
            return self.type(dtypes.default_dtype()) / other
        return super().__truediv__(other)

    def __bool__(self) -> Any:
        if self._datum.size != 1:
            raise RuntimeError(f"A Tensor of {self._datum.size} numbers is neither true nor false; say .any() or .all().")
        return super().__bool__()

    def __int__(self) -> Any:
        return int(self.item())

    def __float__(self) -> Any:
        return float(self.item())

    def __index__(self) -> Any:
        return operator.index(self.item())

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        known = [f"torch.Tensor.{other}" for other in dir(type(self)) if not other.startswith("_")]
        raise AttributeError(no_such_name(f"torch.Tensor.{name}", known))

    def __format__(self, form: str) -> str:
        return format(self.item(), form) if self.ndim == 0 and (form or self.left is None) else super().__format__(form)

    def __repr__(self) -> str:
        if not is_known(self):
            return super().__repr__()
        text = np.array2string(self._datum, separator=", ", prefix="tensor(", precision=4)
        dtype = "" if self._datum.dtype in (np.float32, np.int64, np.bool_) else f", dtype=torch.{self._datum.dtype}"
        wants = ", requires_grad=True" if self.left is not None and self.primitive is None else ""
        made = f", grad_fn=<{self.primitive.name}>" if self.primitive is not None else ""
        return f"tensor({text}{dtype}{wants}{made})"


# Second names of methods.
ALIASES = {
    "acos": "arccos", "acosh": "arccosh", "asin": "arcsin", "asinh": "arcsinh", "atan": "arctan", "atan2": "arctan2", "atanh": "arctanh",
    "divide": "div", "multiply": "mul", "mv": "matmul", "nelement": "numel", "negative": "neg", "remainder": "__mod__",
    "subtract": "sub", "true_divide": "div",
}  # fmt: skip
LONG = {"lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal", "eq": "equal", "ne": "not_equal"}


RECORDED: dict[Any, Any] = {operator.mod: autograd.mod, operator.floordiv: autograd.floor_divide}


def _compared(name: str) -> Any:
    base = getattr(autograd.Tensor, name)

    def compare(self: Tensor, other: Any) -> Any:
        answer = base(self, other)
        return wrap(answer) if isinstance(answer, (np.ndarray, np.bool_, bool)) else answer

    compare.__doc__ = f"`np.{LONG[name.strip('_')]}`, as the operator is."
    return compare


def _first(name: str) -> Any:
    """An operator that is asked before that of another Tensor on its left."""
    base = getattr(autograd.Tensor, name)
    return lambda self, other: base(self, other)


def _whole(compute: Any, swapped: bool = False) -> Any:
    """An operator of whole numbers or conditions; of floats, those that NumPy's function records are recorded."""

    def operate(self: Tensor, other: Any, **options: Any) -> Any:
        if compute in RECORDED and any(isinstance(x, autograd.Node) and x.left is not None for x in (self, other)):
            return RECORDED[compute](other, self) if swapped else RECORDED[compute](self, other)
        left, right = (plain(other), self._datum) if swapped else (self._datum, plain(other))
        return wrap(compute(left, right, **options))

    operate.__doc__ = f"`{compute.__name__}` of the numbers."
    return operate


def _of_numpy(name: str, function: Any) -> Any:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return _wrapped(function(self, *args, **kwargs))

    method.__doc__ = f"`np.{name if function.__name__.startswith(('<', '_')) else function.__name__}`."
    return method


def _wrapped(result: Any) -> Any:
    """What NumPy gives, with Tensors in place of arrays."""
    if isinstance(result, (tuple, list)):
        return tuple(map(_wrapped, result))
    return result if isinstance(result, autograd.Tensor) else wrap(result)


def _in_place(name: str) -> Any:
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        return self._arithmetic(getattr(self.detach(), name)(*map(plain, args), **{key: plain(x) for key, x in kwargs.items()}))

    method.__doc__ = f"`x.{name}(…)`, written into x."
    return method


for _name in LONG:
    setattr(Tensor, f"__{_name}__", _compared(f"__{_name}__"))
    setattr(Tensor, _name, _compared(f"__{_name}__"))
for _name in ("radd", "rsub", "rmul", "rtruediv", "rpow", "rmatmul"):
    setattr(Tensor, f"__{_name}__", _first(f"__{_name}__"))
for _name in ("mod", "floordiv", "and_", "or_", "xor", "lshift", "rshift"):
    setattr(Tensor, f"__{_name.rstrip('_')}__", _whole(getattr(operator, _name)))
    setattr(Tensor, f"__r{_name.rstrip('_')}__", _whole(getattr(operator, _name), swapped=True))
for _name in ("logical_and", "logical_or", "logical_xor", "isclose"):
    setattr(Tensor, _name, _whole(getattr(np, _name)))
for _name, _function in NUMPYS.items():
    setattr(Tensor, _name, _of_numpy(_name, _function))
for _name in IN_PLACE:
    setattr(Tensor, f"{_name}_", _in_place(_name))
for _name, _other in ALIASES.items():
    setattr(Tensor, _name, getattr(Tensor, _other))
Tensor.__invert__ = lambda self: wrap(~self._datum)  # type: ignore[method-assign]
Tensor.__hash__ = autograd.Tensor.__hash__  # type: ignore[method-assign]
Base._kind_of_arrays = Tensor
