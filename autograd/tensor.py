"""`Tensor`: a node that holds an array.

It has the same graphs and the same table of derivatives as `Value`, with NumPy's arrays, shapes and broadcasting.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .arrays import constant, no_result, numbers
from .core import Node, Primitive, record
from .errors import describe
from .halves import HALF
from .layout import NO_STATIC, NUMBERS, Data, Static
from .modes import Moment, mode, moment, quick
from .operators import ASSIGN_INSTEAD, BRANCH_INSTEAD, COMPUTED, READ_INSTEAD, Operators
from .primitives.arithmetic import astype, identity
from .primitives.products import matmul
from .torch_methods import TorchMethods
from .types import Array, Operand
from .window import Window, window

__all__ = ["Tensor"]

HOLDS_NUMBERS = "A Tensor holds real numbers"


class Tensor(TorchMethods):
    """An array that remembers how it was computed.

    Args:
        data: an array of floats, or (nested) lists of numbers. It is copied, so that later changes of
            the original cannot make gradients wrong. The precision is kept: float32 remains float32.
        label: a name for pictures and error messages.

    Attributes:
        data: the array. Training changes leaves by assigning to it, or to its entries.
        grad: the derivative, an array of the same shape; None before `backward()`. That of a
            computed Tensor is read-only.

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

    def __init__(self, data: ArrayLike, label: str | None = None) -> None:
        if label is not None and not isinstance(label, str):
            raise TypeError(f"label is a text for pictures and errors, not {type(label).__name__} {label!r}.")
        source = None if mode.plain is None else mode.plain(data)
        self._datum = _as_floats(data if source is None else source._datum)
        self._grad = None
        self._aside = None if label is None else (label, NO_STATIC, None)
        self.primitive, self.inputs = (None, ()) if source is None else (identity, (source,))
        self.origin = moment()

    @classmethod
    def _apply(cls, primitive: Primitive, inputs: tuple[Any, ...], static: Static) -> Any:
        data: list[Data] = []
        kind: type[Node] = Tensor
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
                kind = next((x._kind_of_arrays for x in inputs if isinstance(x, Node) and x._kind_of_arrays), kind)
                break
        if not primitive.elementwise and not NUMBERS.isdisjoint(map(type, data)):
            data = [np.asarray(x) if type(x) in NUMBERS else x for x in data]
        result = primitive.compute_arrays(data, static)
        if type(result) is not np.ndarray:
            result = np.asarray(result if result is not None else no_result(primitive))
        if result.dtype is HALF and any(isinstance(x, Tensor) and x.dtype == bool for x in inputs):
            # NumPy computes functions of bools in float16; here they are computed from 0.0 and 1.0.
            wide = [astype(x, dtype=np.dtype(float)) if isinstance(x, Tensor) and x.dtype == bool else x for x in inputs]
            return primitive(*wide, **static)
        return record(kind, result, primitive, inputs, static)

    @property
    def data(self) -> Array:
        """The array.

        It tells the Tensor when it is written to (see `Window`); nodes computed from it before are then stale.

        Raises:
            RuntimeError: on a write, the Tensor was computed.
            TypeError: on a write, the entries are not real numbers; or a function that is being compiled reads the
                numbers.
            ValueError: on assigning, the shape is different.

        Example:
            >>> t = Tensor([1.0, 2.0])
            >>> t.data -= 0.5
            >>> t.data
            array([0.5, 1.5])
        """
        if quick["usual"] is None and mode.tracing is not None:
            mode.tracing(".data", READ_INSTEAD)
        return window(self)

    @data.setter
    def data(self, new: ArrayLike) -> None:
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

    def _to_overwrite(self, now: Moment | None = None) -> Array:
        """The array of a leaf, for changing it in place.

        Nodes computed from it before `now`, a new moment, become stale.
        """
        if mode.tracing is not None:
            mode.tracing(".data", READ_INSTEAD)
        self.origin = now or moment()
        return self._datum

    def _overwrite(self, new: ArrayLike, now: Moment | None = None) -> None:
        self._to_overwrite(now)[...] = new

    def _seed(self, gradient: object) -> Array:
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

    def _receive(self, gradient: Data, undo: list[Callable[[], None]]) -> None:
        if type(gradient) is not np.ndarray:
            gradient = np.asarray(gradient)  # NumPy's sum of two arrays of shape () is a scalar
        if self._grad is not None:
            gradient = self._grad + gradient
        elif self.primitive is not None:
            gradient.setflags(False)  # type: ignore[call-arg]  # a rule may return its argument, and then two nodes share the array
        elif not gradient.flags.writeable:
            gradient = gradient.copy()
        self._grad = gradient if type(gradient) is np.ndarray else np.asarray(gradient)

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of its axes."""
        return self._datum.shape

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        return self._datum.ndim

    @property
    def size(self) -> int:
        """How many entries it has."""
        return self._datum.size

    @property
    def dtype(self) -> np.dtype[Any]:
        """The precision of its entries, such as float64."""
        return self._datum.dtype

    def __setitem__(self, index: Any, value: Operand) -> None:
        """Change entries of a leaf, as `t.data[index] = value` does.

        Raises:
            RuntimeError: it was computed.
            TypeError: `value` has a derivative, which would be lost.

        Example:
            >>> t = Tensor([1.0, 2.0])
            >>> t[0] = 5.0
            >>> t
            Tensor([5., 2.])
        """
        if self.primitive is not None:
            raise RuntimeError(COMPUTED.format(describe(self)))
        if isinstance(value, Operators) and (value._has_none() or not mode.recording):
            value = value._datum  # no derivative is lost
        self.data[index] = value

    def item(self) -> float:
        """The number of a Tensor that holds only one, as a float.

        Raises:
            ValueError: it holds several, or none.

        Example:
            >>> Tensor([[2.0]]).item()
            2.0
        """
        if self.size != 1:
            raise ValueError(f"{describe(self)} has {self.size} entries, and item() is for one; .data is the array, .tolist() a list.")
        return float(self.data.item())

    def tolist(self) -> Any:
        """The entries as nested lists of floats; of a Tensor without axes, a float.

        Example:
            >>> Tensor([[1.0, 2.0]]).tolist()
            [[1.0, 2.0]]
        """
        return self.data.tolist()

    def numpy(self) -> Array:
        """A copy of the array.

        Example:
            >>> Tensor([1.0, 2.0]).numpy()
            array([1., 2.])
        """
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

    def __imatmul__(self, other: Operand) -> Tensor:
        if self.primitive is None and not isinstance(other, Node):
            raise RuntimeError(f"`w @= …` does not change {describe(self)} in place. Write `w = w @ …`, or assign to `w.data`.")
        return matmul(self, other)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if self._has_none():
            return np.array(self._datum, dtype)
        return self._refuse(
            "Turning it into a NumPy array",
            "use the functions of autograd on the Tensor itself (stack, for a list of them; df.to_numpy() @ t, for df @ t of pandas)",
        )

    def __repr__(self) -> str:
        label = "" if self.label is None else f", label={self.label!r}"
        if mode.tracing is not None:  # the text would become a constant of the program, but the numbers change
            return f"Tensor(…, shape={self.shape}{label})"
        data = np.array2string(self._datum, separator=", ", prefix="Tensor(")
        dtype = "" if self._datum.dtype == np.float64 else f", dtype={self._datum.dtype}"
        return f"Tensor({data}{dtype}{label})"

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else repr(self)


def _as_floats(data: object) -> Array:
    """`data` as a new array of floats."""
    if isinstance(data, Node):
        raise TypeError(f"Tensor(…) got {describe(data)}, which is a node already; use it as it is, or copy its data: Tensor(x.data).")
    array = numbers(data, HOLDS_NUMBERS)
    if isinstance(data, np.ndarray) and array.dtype.kind in "iub":
        raise TypeError(
            f"A Tensor has derivatives, so it holds floats, not {array.dtype}. Write Tensor(x.astype(float)) to differentiate; "
            "labels and indices stay plain arrays."
        )
    return array.astype(float) if array.dtype.kind in "iub" else array
