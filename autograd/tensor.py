"""`Tensor`: a node that holds an array.

The same graph and the same table as `Value`'s, with NumPy's arrays, shapes and broadcasting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from . import functions as f
from . import statistics
from .arrays import constant, no_result, numbers
from .core import Node, Primitive, record
from .errors import describe
from .layout import NO_STATIC, NUMBERS
from .modes import Moment, mode, moment
from .methods import Methods
from .operators import ASSIGN_INSTEAD, BRANCH_INSTEAD, COMPUTED, READ_INSTEAD, Operators
from .primitives import arithmetic, products, reductions, shapes
from .window import Window

__all__ = ["Tensor"]

HOLDS_NUMBERS = "A Tensor holds real numbers"


class Tensor(Methods):
    """An array that remembers how it was computed.

    Args:
        data: an array of floats, or (nested) lists of numbers. It is copied, so that changing the
            original cannot falsify a gradient. The precision stays: float32 remains float32.
        label: a name for pictures and error messages.

    Attributes:
        data: the array. Assigning to it, or to its entries, is how a leaf learns.
        grad: the derivative, an array of the same shape; None before `backward()`. A computed
            Tensor's is read-only.

    Raises:
        TypeError: the entries are not real numbers, or an array of integers was given.
        ValueError: the rows are of different lengths.

    Example:
        >>> x = Tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> (x @ [1.0, 10.0]).sum().backward()
        >>> x.grad
        array([[ 1., 10.],
               [ 1., 10.]])
    """

    __slots__ = ()

    def __init__(self, data: Any, label: str | None = None) -> None:
        if label is not None and not isinstance(label, str):
            raise TypeError(f"label is a text for pictures and errors, not {type(label).__name__} {label!r}.")
        source = None if mode.plain is None else mode.plain(data)
        self._datum = _as_floats(data if source is None else source._datum)
        self._grad = None
        self._aside = None if label is None else (label, NO_STATIC, None)
        self.primitive, self.inputs = (None, ()) if source is None else (arithmetic.identity, (source,))
        self.origin = moment()

    @classmethod
    def _apply(cls, primitive: Primitive, inputs: tuple[Any, ...], static: Mapping[str, Any]) -> Any:
        data: list[Any] = []
        kind = Tensor
        for x in inputs:
            if type(x) is Tensor:
                data.append(x._datum)
            elif isinstance(x, Node):
                data.append(x._datum)
                kind = x._kind_of_arrays or kind
            elif type(x) in NUMBERS:
                data.append(x)
            else:
                inputs = tuple([x if isinstance(x, Node) or type(x) in NUMBERS else constant(x, primitive) for x in inputs])
                data = [x._datum if isinstance(x, Node) else x for x in inputs]
                break
        if not primitive.elementwise and not NUMBERS.isdisjoint(map(type, data)):
            data = [np.asarray(x) if type(x) in NUMBERS else x for x in data]
        result = primitive.compute_arrays(data, static)
        if type(result) is not np.ndarray:
            result = np.asarray(result if result is not None else no_result(primitive))
        return record(kind, result, primitive, inputs, static)

    @property
    def data(self) -> Any:
        if mode.tracing is not None:
            mode.tracing(".data", READ_INSTEAD)
        window = self._datum.view(Window)
        window.setflags(False)
        if self.primitive is None:
            window.tensor = self  # a result's window must not keep its graph alive
        return window

    @data.setter
    def data(self, new: Any) -> None:
        if mode.tracing is not None:
            mode.tracing("assigning to .data", ASSIGN_INSTEAD)
        if self.primitive is not None:
            raise RuntimeError(COMPUTED.format(describe(self)))
        if isinstance(new, Window) and new.base is self._datum and new.shape == self.shape:
            return  # `t.data -= x` has written already
        array = numbers(new, HOLDS_NUMBERS).astype(self._datum.dtype, copy=False)
        if array.shape != self._datum.shape:
            raise ValueError(f"{describe(self)} cannot take data of shape {array.shape}; make a new Tensor.")
        self._datum = array
        self.origin = moment()

    def _to_overwrite(self, now: Moment | None = None) -> Any:
        """A leaf's array, for whoever is about to change it in place; what was computed from it is stale from `now` on, a new moment."""
        if mode.tracing is not None:
            mode.tracing(".data", READ_INSTEAD)
        self.origin = now or moment()
        return self._datum

    def _overwrite(self, new: Any, now: Moment | None = None) -> None:
        self._to_overwrite(now)[...] = new

    def _seed(self, gradient: Any) -> Any:
        if gradient is None:
            if self._datum.size != 1:
                raise ValueError(
                    f"backward() starts from a single number, and {describe(self)} has {self._datum.size}. Reduce it first, "
                    f"with .sum() or .mean(), or pass a gradient of shape {self.shape}."
                )
            return np.ones_like(self._datum)
        plain = gradient._datum if isinstance(gradient, Node) else gradient
        dtype = self._datum.dtype if self._datum.dtype.kind == "f" else float
        seed = numbers(plain, "A gradient is made of real numbers").astype(dtype, copy=False)
        if seed.shape != self.shape:
            raise ValueError(f"A gradient of {describe(self)} has its shape, {self.shape}, and not {seed.shape}.")
        return seed

    def _receive(self, gradient: Any, undo: list[Callable[[], None]]) -> None:
        if type(gradient) is not np.ndarray:
            gradient = np.asarray(gradient)  # of shape (): NumPy adds two such arrays to a scalar
        if self._grad is not None:
            gradient = self._grad + gradient
        elif self.primitive is not None:
            gradient.setflags(False)  # a rule may pass it on as it is, and then two nodes share it
        elif not gradient.flags.writeable:
            gradient = gradient.copy()
        self._grad = gradient if type(gradient) is np.ndarray else np.asarray(gradient)

    @property
    def shape(self) -> tuple[int, ...]:
        return self._datum.shape  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        return self._datum.ndim  # type: ignore[no-any-return]

    @property
    def size(self) -> Any:
        return self._datum.size  # type: ignore[no-any-return]

    @property
    def dtype(self) -> Any:
        return self._datum.dtype

    @property
    def T(self) -> Any:
        return shapes.transpose(self)

    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError(f"{describe(self)} is a single number and has no length; .item() gives the number.")
        return len(self._datum)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> Any:
        if getattr(index, "integers", False):  # an argument of a compiled function that chooses rows
            return f.take(self, index, axis=0)
        return f.getitem(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        if self.primitive is not None:
            raise RuntimeError(COMPUTED.format(describe(self)))
        if isinstance(value, Operators) and (value._has_none() or not mode.recording):
            value = value._datum  # no derivative is lost
        self.data[index] = value

    def __matmul__(self, other: Any) -> Any:
        return products.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return products.matmul(other, self)

    def sum(self, axis: Any = None, keepdims: bool = False) -> Any:
        return reductions.sum_(self, axis=f._axis(axis), keepdims=keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Any:
        return reductions.mean(self, axis=f._axis(axis), keepdims=keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Any:
        return f.max(self, axis, keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Any:
        return f.min(self, axis, keepdims)

    def norm(self, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
        return statistics.norm(self, ord, axis, keepdims)

    def std(self, axis: Any = None, keepdims: bool = False, ddof: float = 0, *, correction: float | None = None) -> Any:
        return statistics.std(self, axis, keepdims, ddof, correction=correction)

    def var(self, axis: Any = None, keepdims: bool = False, ddof: float = 0, *, correction: float | None = None) -> Any:
        return statistics.var(self, axis, keepdims, ddof, correction=correction)

    def logsumexp(self, axis: Any = None, keepdims: bool = False) -> Any:
        return f.logsumexp(self, axis, keepdims)

    def astype(self, dtype: Any) -> Any:
        """The same numbers in another precision, such as `np.float32`, still in the graph."""
        dtype = np.dtype(dtype)
        if dtype.kind != "f":
            raise TypeError(f"A Tensor holds floats, such as float32, and cannot become {dtype}; t.data.astype({dtype}) is a plain array.")
        return arithmetic.astype(self, dtype=dtype)

    def softmax(self, axis: Any = -1) -> Any:
        return f.softmax(self, axis)

    def log_softmax(self, axis: Any = -1) -> Any:
        return f.log_softmax(self, axis)

    def reshape(self, *shape: Any) -> Any:
        return f.reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Any:
        return f.transpose(self, axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None)

    def squeeze(self, axis: Any = None) -> Any:
        return f.squeeze(self, axis)

    def take(self, indices: Any, axis: int | None = None) -> Any:
        return f.take(self, indices, axis)

    def dot(self, other: Any) -> Any:
        return f.dot(self, other)

    def item(self) -> float:
        """The number of a Tensor that holds only one, as a float."""
        if self.size != 1:
            raise ValueError(f"{describe(self)} has {self.size} entries, and item() is for one; .data is the array, .tolist() a list.")
        return float(self.data.item())

    def tolist(self) -> Any:
        """The entries as (nested) lists of floats."""
        return self.data.tolist()

    def numpy(self) -> Any:
        """A copy of the array."""
        return np.array(self.data)

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ValueError(
                f"{describe(self)} has {self.size} truth values, not one. Compare its data and say (t.data > 0).any() or .all(); "
                "to choose between numbers, use autograd.where."
            )
        if mode.tracing is not None:
            mode.tracing("an `if`, `while`, `and`, `or`, max(), min() or sorted() on a Tensor", BRANCH_INSTEAD)
        return bool(self._datum.item())

    def __imatmul__(self, other: Any) -> Any:
        if self.primitive is None and not isinstance(other, Node):
            raise RuntimeError(f"`w @= …` does not change {describe(self)} in place. Write `w = w @ …`, or assign to `w.data`.")
        return products.matmul(self, other)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if self._has_none():
            return np.array(self._datum, dtype)
        return self._refuse(
            "Turning it into a NumPy array",
            "use the functions of autograd on the Tensor itself (stack, for a list of them; df.to_numpy() @ t, for df @ t of pandas)",
        )

    def __repr__(self) -> str:
        label = "" if self.label is None else f", label={self.label!r}"
        if mode.tracing is not None:  # the numbers are others at each call, and a text of them would not be
            return f"Tensor(…, shape={self.shape}{label})"
        data = np.array2string(self._datum, separator=", ", prefix="Tensor(")
        dtype = "" if self._datum.dtype == np.float64 else f", dtype={self._datum.dtype}"
        return f"Tensor({data}{dtype}{label})"

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else repr(self)


def _as_floats(data: Any) -> Any:
    """`data` as a fresh array of floats."""
    if isinstance(data, Node):
        raise TypeError(f"Tensor(…) got {describe(data)}, which is a node already; use it as it is, or copy its data: Tensor(x.data).")
    array = numbers(data, HOLDS_NUMBERS)
    if isinstance(data, np.ndarray) and array.dtype.kind in "iub":
        raise TypeError(
            f"A Tensor has derivatives, so it holds floats, not {array.dtype}. Write Tensor(x.astype(float)) to differentiate; "
            "labels and indices stay plain arrays."
        )
    return array.astype(float) if array.dtype.kind in "iub" else array
