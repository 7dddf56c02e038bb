"""What is different about a Tensor of `nn.torch`, besides its methods.

What it holds, when it has a derivative, and how it is changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn, Self

import numpy as np

import autograd
from autograd.core import Primitive
from autograd.layout import MANY, new
from autograd.modes import is_recording, moment
from autograd.state import is_known

from ..lookup import no_such_name
from . import dtypes
from .steps import Step

__all__ = ["Base", "dims_of", "plain", "wrap"]


KINDS = {"b": 0, "i": 1, "u": 1, "f": 2}


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


def wrap(array: Any, requires_grad: bool = False, owner: Base | None = None) -> Any:
    """A Tensor of `array` itself: a leaf, or a constant.

    Who writes to it changes its `owner` too, with which it shares its numbers.
    """
    tensor = new(Base._kind_of_arrays or Base)
    tensor._datum = np.asarray(array)
    tensor._grad = None
    tensor._aside = None if owner is None else (None, {"owner": owner}, None)
    tensor.primitive, tensor.left, tensor.right = None, () if requires_grad else None, MANY
    tensor.origin = moment()
    if requires_grad and tensor._datum.dtype.kind != "f":
        raise RuntimeError(f"Only Tensors of floats have a derivative, and this one is of {tensor._datum.dtype}; make it .float() first.")
    return tensor


def _array(x: Any) -> Any:
    """The numbers of an input; one of NumPy's counts as Python's, which does not widen an array."""
    return np.asarray(x._datum) if isinstance(x, autograd.Node) else x.item() if isinstance(x, np.generic) else x


def _of_one_type(primitive: Primitive, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The Tensors in the type that PyTorch computes their result in; conditions and indices stay what they are."""
    if not primitive.elementwise and primitive.kind != "join":
        return inputs
    rules = primitive.vjp if isinstance(primitive.vjp, tuple) and primitive.passes_on else [True] * len(inputs)
    numbers = {i for i, rule in enumerate(rules) if rule is not None and i != primitive.index}
    tensors = [x for i, x in enumerate(inputs) if i in numbers and isinstance(x, autograd.Tensor)]
    of_all, of_arrays = _common(tensors), _common([x for x in tensors if x.ndim])
    if not tensors:
        return inputs
    # One number does not widen an array.
    dtype = of_arrays if of_arrays and KINDS[of_arrays.kind] == KINDS[of_all.kind] else of_all
    return tuple(_as(x, dtype) if i in numbers and isinstance(x, autograd.Tensor) else x for i, x in enumerate(inputs))


def _common(tensors: list[Any]) -> Any:
    """The largest type of floats, or without floats the largest of all; None of no Tensors."""
    dtypes = [x._datum.dtype for x in tensors]
    return np.result_type(*([x for x in dtypes if x.kind == "f"] or dtypes)) if dtypes else None


def _as(x: Any, dtype: Any) -> Any:
    if x._datum.dtype == dtype:
        return x
    return x.astype(dtype) if x.left is not None else wrap(x._datum.astype(dtype))


def dims_of(dim: tuple[Any, ...]) -> Any:
    """Dimensions that stand one after the other, or in a tuple; None for all."""
    return None if not dim else tuple(dim[0]) if isinstance(dim[0], (tuple, list)) else tuple(dim)


class Base(autograd.Tensor):
    """What a Tensor of `nn.torch` holds, its gradient, and who may write to it; `Tensor` has the methods besides."""

    __slots__ = ()

    def __new__(cls, *data: Any) -> Any:
        sizes = len(data) != 1 or isinstance(data[0], int)
        return wrap(np.zeros(data, dtypes.default_dtype()) if sizes else np.array(plain(data[0]), dtypes.default_dtype()))

    def __init__(self, *data: Any) -> None:
        pass

    @classmethod
    def _apply(cls, primitive: Primitive, inputs: tuple[Any, ...], static: Mapping[str, Any]) -> Any:
        if not is_known(list(inputs)):
            return super()._apply(primitive, inputs, static)
        if len({x._datum.dtype for x in inputs if isinstance(x, autograd.Tensor)}) > 1:
            inputs = _of_one_type(primitive, inputs)
        if not any(isinstance(x, autograd.Node) and x.left is not None for x in inputs):
            data = [_array(x) for x in inputs]
            result = primitive.compute_arrays(data, static)
            if result.dtype == np.float64 and not any(isinstance(x, np.ndarray) and x.dtype.kind == "f" for x in data):
                result = result.astype(dtypes.default_dtype())  # of whole numbers and a float
            owner = next((x for x in inputs if isinstance(x, Base) and np.may_share_memory(result, x._datum)), None)
            return wrap(result, owner=owner)  # a view, as PyTorch's are, or a constant
        # What shares its numbers with others may change unnoticed, and so it is used as a copy.
        own = tuple(wrap(x._datum.copy()) if isinstance(x, Base) and x.left is None and "owner" in x.static else x for x in inputs)
        return super()._apply(primitive, own, static)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        result = super().__array_function__(function, types, args, kwargs)
        return wrap(result) if isinstance(result, (np.ndarray, np.generic)) else result

    def __getattr__(self, name: str) -> NoReturn:
        known = [] if name.startswith("_") else [f"Tensor.{other}" for other in dir(self) if not other.startswith("_")]
        raise AttributeError(no_such_name(f"Tensor.{name}", known))

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
    def _gradient(self) -> Any:
        return self._grad

    @_gradient.setter
    def _gradient(self, gradient: Any) -> None:
        self._grad = gradient

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
        if requires_grad and "owner" in self.static:
            self._datum = self._datum.copy()  # else it might change unnoticed
        autograd.Tensor.requires_grad.fset(self, requires_grad)  # type: ignore[attr-defined]  # the engine's, which takes note of it
        return self

    @property
    def grad_fn(self) -> Any:
        return None if self.primitive is None else Step(self)

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

    def new_zeros(self, *size: Any, dtype: Any = None, device: Any = None, requires_grad: Any = False) -> Any:
        return wrap(np.zeros(dims_of(size), dtype or self._datum.dtype), requires_grad)

    def new_ones(self, *size: Any, dtype: Any = None, device: Any = None, requires_grad: Any = False) -> Any:
        return wrap(np.ones(dims_of(size), dtype or self._datum.dtype), requires_grad)

    new_empty = new_zeros

    def new_full(self, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Any:
        return wrap(np.full(size, fill_value, dtype or self._datum.dtype))

    def new_tensor(self, data: Any, *, dtype: Any = None, device: Any = None) -> Any:
        return wrap(np.array(plain(data), dtype or self._datum.dtype))

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self._datum if self._has_none() and dtype is None and not copy else super().__array__(dtype, copy)

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
        if "owner" in self.static:
            self._replace(array)  # `w.data` stays a part of w
        else:
            self._datum = array.copy()
            self.origin = now or moment()

    def _replace(self, result: Any) -> Self:
        self._written()[...] = plain(result)
        return self

    def _arithmetic(self, result: Any) -> Self:
        """Write the result of an operation into this Tensor.

        Raises:
            RuntimeError: it has decimals, and this Tensor is of whole numbers.
        """
        if np.asarray(plain(result)).dtype.kind == "f" and self._datum.dtype.kind != "f":
            raise RuntimeError(f"Numbers with decimals do not fit into a Tensor of {self._datum.dtype}; make it .float() first.")
        return self._replace(result)

    def _change(self, primitive: Primitive, other: Any) -> Any:
        if self._datum.dtype.kind != "f" and (primitive.operator == "/" or np.asarray(plain(other)).dtype.kind == "f"):
            self._arithmetic(0.5)
        return super()._change(primitive, other)

    def scatter_(self, dim: Any, index: Any, src: Any = None, *, value: Any = None) -> Self:
        return self._replace(self.detach().scatter(dim, index, plain(src), value=value))

    def scatter_add_(self, dim: Any, index: Any, src: Any) -> Self:
        return self._replace(self.detach().scatter_add(dim, index, plain(src)))

    def index_add_(self, dim: Any, index: Any, source: Any, *, alpha: Any = 1) -> Self:
        np.add.at(np.moveaxis(self._written(), dim, 0), plain(index), alpha * np.moveaxis(plain(source), dim, 0))
        return self

    def index_fill_(self, dim: Any, index: Any, value: Any) -> Self:
        np.moveaxis(self._written(), dim, 0)[plain(index)] = plain(value)
        return self

    def index_copy_(self, dim: Any, index: Any, source: Any) -> Self:
        np.moveaxis(self._written(), dim, 0)[plain(index)] = np.moveaxis(plain(source), dim, 0)
        return self

    def fill_diagonal_(self, fill_value: Any) -> Self:
        np.fill_diagonal(self._written(), fill_value)
        return self

    def bernoulli_(self, p: Any = 0.5, *, generator: Any = None) -> Self:
        return self._replace(dtypes.rng_of(generator).random(self.shape) < plain(p))

    def unsqueeze_(self, dim: Any) -> Self:
        self._datum = np.expand_dims(self._written(), dim)
        return self

    def uniform_(self, a: Any = 0.0, b: Any = 1.0, *, generator: Any = None) -> Self:
        return self._replace(dtypes.rng_of(generator).uniform(a, b, self.shape))

    def normal_(self, mean: Any = 0.0, std: Any = 1.0, *, generator: Any = None) -> Self:
        return self._replace(dtypes.rng_of(generator).normal(mean, std, self.shape))
