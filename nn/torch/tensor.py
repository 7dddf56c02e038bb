"""`torch.Tensor`: an `autograd.Tensor` whose methods have PyTorch's names, arguments and meaning.

It differs from the Tensor underneath in three ways. It may hold whole numbers and bools, which have no derivative. It has a
derivative only if that is asked for (`requires_grad=True`), or if it was computed from one that has. And where NumPy and
PyTorch mean different things by one word (`max`, `size`, `transpose`, `std`, …), it means PyTorch's.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, NoReturn, Self

import numpy as np

import autograd
from autograd.core import Primitive
from autograd.layout import MANY, new
from autograd.modes import is_recording, moment
from autograd.state import is_known

from . import dtypes

__all__ = ["Sorted", "Tensor", "plain", "wrap"]


class Sorted(NamedTuple):
    """What `max`, `min`, `sort`, `topk` and their like give along a dimension."""

    values: Any
    indices: Any


class Size(int):
    """NumPy's `x.size`, which is PyTorch's `x.size()` and `x.size(0)` too."""

    shape: tuple[int, ...]

    def __call__(self, dim: int | None = None) -> Any:
        return self.shape if dim is None else self.shape[dim]


def plain(x: Any) -> Any:
    """The numbers of a Tensor, or of Tensors in a list, and anything else as it is."""
    if isinstance(x, autograd.Node):
        return x._datum
    if isinstance(x, (list, tuple)) and any(isinstance(y, (autograd.Node, list, tuple)) for y in x):
        return type(x)(map(plain, x)) if not hasattr(x, "_fields") else type(x)(*map(plain, x))
    return x


def wrap(array: Any, requires_grad: bool = False, owner: Tensor | None = None) -> Tensor:
    """A Tensor of `array` itself: a leaf, or a constant. Who writes to it changes its `owner` too, with which it shares its numbers."""
    tensor = new(Tensor)
    tensor._datum = np.asarray(array)
    tensor._grad = None
    tensor._aside = None if owner is None else (None, {"owner": owner}, None)
    tensor.primitive, tensor.left, tensor.right = None, () if requires_grad else None, MANY
    tensor.origin = moment()
    if requires_grad and tensor._datum.dtype.kind != "f":
        raise RuntimeError(f"Only Tensors of floats have a derivative, and this one is of {tensor._datum.dtype}; make it .float() first.")
    return tensor


def _array(x: Any) -> Any:
    return np.asarray(x._datum) if isinstance(x, autograd.Node) else x


def _dims(dim: tuple[Any, ...]) -> Any:
    """Dimensions that stand one after the other, or in a tuple; None for all."""
    return None if not dim else tuple(dim[0]) if isinstance(dim[0], (tuple, list)) else tuple(dim)


class Tensor(autograd.Tensor):
    """An array that PyTorch's programs can use. `torch.tensor` makes one of numbers, `torch.randn` and its like of a shape.

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

    def __new__(cls, *data: Any) -> Tensor:
        sizes = len(data) != 1 or isinstance(data[0], int)
        return wrap(np.zeros(data, dtypes.default_dtype()) if sizes else np.array(plain(data[0]), dtypes.default_dtype()))

    def __init__(self, *data: Any) -> None:
        pass

    @classmethod
    def _apply(cls, primitive: Primitive, inputs: tuple[Any, ...], static: Mapping[str, Any]) -> Any:
        if not is_known(list(inputs)):
            return super()._apply(primitive, inputs, static)
        if not any(isinstance(x, autograd.Node) and x.left is not None for x in inputs):
            data = [_array(x) for x in inputs]
            result = primitive.compute_arrays(data, static)
            if result.dtype == np.float64 and not any(isinstance(x, np.ndarray) and x.dtype == np.float64 for x in data):
                result = result.astype(dtypes.default_dtype())  # of whole numbers and a float
            owner = next((x for x in inputs if isinstance(x, Tensor) and np.may_share_memory(result, x._datum)), None)
            return wrap(result, owner=owner)  # a view, as PyTorch's are, or a constant
        # What shares its numbers with others may change unnoticed, and so it is used as a copy.
        own = tuple(x._datum.copy() if isinstance(x, Tensor) and "owner" in x.static else x for x in inputs)
        return super()._apply(primitive, own, static)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        result = super().__array_function__(function, types, args, kwargs)
        return wrap(result) if isinstance(result, (np.ndarray, np.generic)) else result

    # What it is

    @property
    def size(self) -> Any:
        """How many numbers there are, as in NumPy; called, it gives the shape, or the size of one dimension."""
        size = Size(self._datum.size)
        size.shape = self._datum.shape
        return size

    @property
    def dtype(self) -> Any:
        return self._datum.dtype

    @property
    def device(self) -> Any:
        return dtypes.device()

    @property
    def is_cuda(self) -> Any:
        return False

    @property
    def data(self) -> Any:
        """The same numbers without their history; to write to them changes this Tensor."""
        return super().data if not is_known(self) else wrap(self._datum, owner=self)

    @data.setter
    def data(self, data: Any) -> None:
        self._overwrite(plain(data))

    @property
    def grad(self) -> Any:
        return None if self._grad is None else wrap(self._grad)

    @grad.setter
    def grad(self, gradient: Any) -> None:
        self._grad = None if gradient is None else self._seed(gradient)

    @property
    def requires_grad(self) -> Any:
        return self.left is not None

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        self.requires_grad_(wanted)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        if self.primitive is not None:
            raise RuntimeError("Only leaves can begin or end to require a gradient; x.detach() gives the numbers of a computed one.")
        if requires_grad and self._datum.dtype.kind != "f":
            raise RuntimeError(f"Only Tensors of floats have a derivative, and this one is of {self._datum.dtype}; make it .float() first.")
        self.left = () if requires_grad else None
        return self

    @property
    def grad_fn(self) -> Any:
        return self.primitive

    def is_floating_point(self) -> Any:
        return bool(self._datum.dtype.kind == "f")

    # Its numbers, elsewhere

    def detach(self) -> Any:
        return super().detach() if not is_known(self) else wrap(self._datum, owner=self)

    def numpy(self) -> Any:
        if self.left is not None:
            raise RuntimeError("This Tensor requires a gradient, which an array cannot have. Take its numbers: x.detach().numpy().")
        return self._datum

    def item(self) -> Any:
        if self._datum.size != 1:
            raise RuntimeError(f"A Tensor of {self._datum.size} numbers is not one number; .tolist() gives them all.")
        return self._datum.item()

    def tolist(self) -> Any:
        return self._datum.tolist()

    def cuda(self, device: Any = None) -> NoReturn:
        raise RuntimeError("There is no GPU here; leave .cuda() away, or ask torch.cuda.is_available() first.")

    def type(self, dtype: Any = None) -> Any:
        if dtype is None:
            return f"torch.{self._datum.dtype}"
        dtype = np.dtype(dtype)
        if dtype == self._datum.dtype:
            return self
        return self.astype(dtype)

    def astype(self, dtype: Any) -> Any:
        is_float = np.dtype(dtype).kind == "f" and self._datum.dtype.kind == "f"
        return super().astype(dtype) if is_float else wrap(self._datum.astype(dtype))

    def long(self) -> Any:
        return self.type(np.int64)

    def int(self) -> Any:
        return self.type(np.int32)

    def bool(self) -> Any:
        return self.type(np.bool_)

    def new_zeros(self, *size: Any) -> Any:
        return wrap(np.zeros(_dims(size), self._datum.dtype))

    def new_ones(self, *size: Any) -> Any:
        return wrap(np.ones(_dims(size), self._datum.dtype))

    def new_full(self, size: Any, fill_value: Any) -> Any:
        return wrap(np.full(size, fill_value, self._datum.dtype))

    def new_tensor(self, data: Any) -> Any:
        return wrap(np.array(plain(data), self._datum.dtype))

    # Its shape

    def reshape(self, *shape: Any) -> Any:
        return autograd.reshape(self, _dims(shape) or ())

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
        sizes = _dims(sizes)
        ours = (1,) * (len(sizes) - self.ndim) + self.shape
        between = autograd.reshape(self, [n for size in ours for n in (1, size)])
        spread = autograd.broadcast_to(between, [n for pair in zip(sizes, ours, strict=True) for n in pair])
        return spread.reshape(*(n * size for n, size in zip(sizes, ours, strict=True)))

    # Over dimensions

    def sum(self, dim: Any = None, keepdim: Any = False, *, dtype: Any = None, axis: Any = None, keepdims: Any = False) -> Any:  # type: ignore[override]
        x = self if dtype is None else self.type(dtype)
        x = x.type(np.int64) if x._datum.dtype.kind in "bi" else x
        return autograd.sum(x, axis if dim is None else dim, keepdim or keepdims)

    def mean(self, dim: Any = None, keepdim: Any = False, *, axis: Any = None, keepdims: Any = False) -> Any:  # type: ignore[override]
        if self._datum.dtype.kind != "f":
            raise RuntimeError(f"mean() is of floats, and this Tensor is of {self._datum.dtype}; make it .float() first.")
        return autograd.mean(self, axis if dim is None else dim, keepdim or keepdims)

    def prod(self, dim: Any = None, keepdim: Any = False) -> Any:
        return np.prod(self, axis=dim, keepdims=keepdim)

    def std(self, dim: Any = None, unbiased: Any = True, keepdim: Any = False, *, correction: Any = None) -> Any:
        return autograd.std(self, dim, keepdim, correction=float(unbiased) if correction is None else correction)

    def var(self, dim: Any = None, unbiased: Any = True, keepdim: Any = False, *, correction: Any = None) -> Any:
        return autograd.var(self, dim, keepdim, correction=float(unbiased) if correction is None else correction)

    def norm(self, p: Any = None, dim: Any = None, keepdim: Any = False) -> Any:
        x = self.flatten() if dim is None else self
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
        return wrap(np.argmax(self._datum, dim, keepdims=keepdim) if dim is not None else np.argmax(self._datum))

    def argmin(self, dim: Any = None, keepdim: Any = False) -> Any:
        return wrap(np.argmin(self._datum, dim, keepdims=keepdim) if dim is not None else np.argmin(self._datum))

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

    def bincount(self, minlength: Any = 0) -> Any:
        return wrap(np.bincount(self._datum, minlength=minlength))

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

    def round(self, decimals: Any = 0) -> Any:
        return wrap(np.round(self._datum, decimals))

    def floor(self) -> Any:
        return wrap(np.floor(self._datum))

    def ceil(self) -> Any:
        return wrap(np.ceil(self._datum))

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

    def __repr__(self) -> str:
        if not is_known(self):
            return super().__repr__()
        text = np.array2string(self._datum, separator=", ", prefix="tensor(", precision=4)
        dtype = "" if self._datum.dtype in (np.float32, np.int64, np.bool_) else f", dtype=torch.{self._datum.dtype}"
        wants = ", requires_grad=True" if self.left is not None and self.primitive is None else ""
        made = f", grad_fn=<{self.primitive.name}>" if self.primitive is not None else ""
        return f"tensor({text}{dtype}{wants}{made})"

    # In place: constants at any time, leaves under no_grad()

    def _written(self) -> Any:
        """The array, for who is about to write to it; what it is a part of has changed, too."""
        if self.primitive is not None:
            raise RuntimeError("This Tensor was computed, and follows from what it was computed from. Make a new one: x = x + 1.")
        if self.left is not None and is_recording():
            raise RuntimeError("A leaf that requires a gradient is changed in place under torch.no_grad() only.")
        tensor: Any = self
        while tensor is not None:
            tensor.origin = moment()
            tensor = tensor.static.get("owner")
        return self._datum

    def _overwrite(self, data: Any, now: Any = None) -> None:
        if self.primitive is not None:
            raise RuntimeError("This Tensor was computed, and follows from what it was computed from. Make a new one.")
        array = np.asarray(plain(data), self._datum.dtype)
        if array.shape != self._datum.shape:
            raise RuntimeError(f"Numbers of shape {array.shape} do not fit a Tensor of shape {self.shape}; make a new one.")
        self._datum = array.copy()
        self.origin = now or moment()

    def _replace(self, result: Any) -> Self:
        self._written()[...] = plain(result)
        return self

    def scatter_(self, dim: Any, index: Any, src: Any) -> Self:
        return self._replace(self.detach().scatter(dim, index, src.detach() if isinstance(src, Tensor) else src))

    def unsqueeze_(self, dim: Any) -> Self:
        self._datum = np.expand_dims(self._written(), dim)
        return self

    def uniform_(self, a: Any = 0.0, b: Any = 1.0, *, generator: Any = None) -> Self:
        return self._replace(dtypes.rng_of(generator).uniform(a, b, self.shape))

    def normal_(self, mean: Any = 0.0, std: Any = 1.0, *, generator: Any = None) -> Self:
        return self._replace(dtypes.rng_of(generator).normal(mean, std, self.shape))


def _compared(name: str) -> Any:
    base = getattr(autograd.Tensor, name)

    def compare(self: Tensor, other: Any) -> Any:
        answer = base(self, other)
        return wrap(answer) if isinstance(answer, (np.ndarray, np.bool_, bool)) else answer

    return compare


def _first(name: str) -> Any:
    """An operator that is asked before that of another Tensor on its left."""
    base = getattr(autograd.Tensor, name)
    return lambda self, other: base(self, other)


def _whole(compute: Any, swapped: bool = False) -> Any:
    """An operator that goes in steps, and has no derivative."""

    def operate(self: Tensor, other: Any) -> Any:
        left, right = (plain(other), self._datum) if swapped else (self._datum, plain(other))
        return wrap(compute(left, right))

    return operate


for _name in ("lt", "le", "gt", "ge", "eq", "ne"):
    setattr(Tensor, f"__{_name}__", _compared(f"__{_name}__"))
    setattr(Tensor, _name, _compared(f"__{_name}__"))
for _name in ("radd", "rsub", "rmul", "rtruediv", "rpow", "rmatmul"):
    setattr(Tensor, f"__{_name}__", _first(f"__{_name}__"))
for _name in ("floordiv", "mod", "and_", "or_", "xor", "lshift", "rshift"):
    setattr(Tensor, f"__{_name.rstrip('_')}__", _whole(getattr(operator, _name)))
    setattr(Tensor, f"__r{_name.rstrip('_')}__", _whole(getattr(operator, _name), swapped=True))
Tensor.__invert__ = lambda self: wrap(~self._datum)  # type: ignore[method-assign]
Tensor.__hash__ = autograd.Tensor.__hash__  # type: ignore[method-assign]
Tensor._kind_of_arrays = Tensor
