"""The methods that PyTorch's Tensors have and NumPy's arrays do not, or have with the same meaning; one line each.

If a name means different things in both, a `Tensor` follows NumPy, and the Tensors of `nn.torch` follow PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np

from . import functions as f
from . import shaping
from .array_methods import ArrayMethods
from .arrays import plain
from .core import Node
from .errors import describe
from .modes import mode
from .primitives import arithmetic, choices, networks
from .types import Axis, Operand

__all__ = ["TorchMethods", "check_device"]


def check_device(device: object) -> None:
    """Refuse any device but the CPU.

    Raises:
        RuntimeError: it is another.
    """
    name = str(getattr(device, "type", device))
    if name.split(":")[0] != "cpu":
        raise RuntimeError(f"There is no device {name!r} here, only 'cpu'; torch.cuda.is_available() says so.")


def _dims(dims: tuple[Any, ...]) -> Any:
    """Dimensions given one by one, or as a tuple."""
    return tuple(dims[0]) if dims and isinstance(dims[0], (tuple, list)) else dims


class TorchMethods(ArrayMethods):
    """PyTorch's methods, for a node that holds an array."""

    __slots__ = ()
    ndim: Any  # a property of each kind

    def dim(self) -> int:
        return self.ndim

    def numel(self) -> int:
        return int(self._datum.size)

    def is_contiguous(self) -> bool:
        return bool(self._datum.flags.c_contiguous)

    def clone(self) -> Any:
        """A copy in the graph."""
        return arithmetic.identity(self)

    def cpu(self) -> Self:
        return self

    def contiguous(self) -> Self:
        return self

    def to(self, *target: Any, dtype: Any = None, device: object = None, non_blocking: Any = False, copy: Any = False) -> Any:
        """This Tensor in another precision, if one is given. The only device is "cpu".

        Raises:
            RuntimeError: another device is asked for.
        """
        for x in (*target, device):
            if isinstance(x, Node):
                dtype = x._datum.dtype
            elif isinstance(x, str) or (hasattr(x, "type") and not isinstance(x, (type, np.dtype))):
                check_device(x)
            elif x is not None and not isinstance(x, bool):
                dtype = x
        return self if dtype is None else self.astype(dtype)

    def float(self) -> Any:
        return self.astype(np.float32)

    def double(self) -> Any:
        return self.astype(np.float64)

    def half(self) -> Any:
        return self.astype(np.float16)

    def type_as(self, other: Any) -> Any:
        return self.astype(other.dtype)

    def view(self, *shape: Any) -> Any:
        return self.astype(shape[0]) if shape and isinstance(shape[0], (type, np.dtype)) else self.reshape(*shape)

    def view_as(self, other: Any) -> Any:
        return self.reshape(other.shape)

    reshape_as = view_as

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Any:
        first, last = start_dim % max(self.ndim, 1), end_dim % max(self.ndim, 1)
        return self.reshape(*self.shape[:first], -1, *self.shape[last + 1 :])

    ravel = flatten

    def unflatten(self, dim: Any, sizes: Any) -> Any:
        dim %= self.ndim
        return self.reshape(*self.shape[:dim], *sizes, *self.shape[dim + 1 :])

    def unsqueeze(self, dim: Any) -> Any:
        return shaping.expand_dims(self, dim)

    def permute(self, *dims: Any) -> Any:
        order = _dims(dims)
        return shaping.transpose(self, [d % self.ndim for d in order])

    def t(self) -> Any:
        if self.ndim > 2:
            raise RuntimeError(f"t() is of a matrix, and this Tensor has {self.ndim} dimensions; say which two: x.transpose(0, 1).")
        return shaping.transpose(self)

    @property
    def mT(self) -> Any:
        return shaping.transpose(self, (*range(self.ndim - 2), self.ndim - 1, self.ndim - 2))

    def expand(self, *sizes: Any) -> Any:
        sizes = _dims(sizes)
        ours = (1,) * (len(sizes) - self.ndim) + self.shape
        return shaping.broadcast_to(self, tuple(mine if size == -1 else size for size, mine in zip(sizes, ours, strict=True)))

    def expand_as(self, other: Any) -> Any:
        return self.expand(*other.shape)

    def split(self, split_size: Any, dim: int = 0) -> tuple[Any, ...]:
        length = self.shape[dim]
        if isinstance(split_size, int):
            split_size = [min(split_size, length - start) for start in range(0, length, split_size)]
        if sum(split_size) != length:
            raise RuntimeError(f"split: the sizes {list(split_size)} must add up to {length}, the size of dimension {dim}.")
        ends = np.cumsum(split_size)
        return tuple(self.narrow(dim, end - n, n) for end, n in zip(ends.tolist(), split_size, strict=True))

    def chunk(self, chunks: int, dim: int = 0) -> tuple[Any, ...]:
        return self.split(-(-self.shape[dim] // chunks), dim)

    def unbind(self, dim: int = 0) -> tuple[Any, ...]:
        return tuple(self.select(dim, i) for i in range(self.shape[dim]))

    def narrow(self, dim: int, start: int, length: int) -> Any:
        return self[(slice(None),) * (dim % self.ndim) + (slice(start, start + length),)]

    def select(self, dim: int, index: int) -> Any:
        return self[(slice(None),) * (dim % self.ndim) + (index,)]

    def roll(self, shifts: int | Sequence[int], dims: Axis = None) -> Any:
        return self.flatten().roll(shifts, 0).view_as(self) if dims is None else self._rearranged(np.roll, shifts, dims)

    def flip(self, *axes: Any, dims: Any = ()) -> Any:
        return self._rearranged(np.flip, _dims(axes) or tuple(dims))

    def _rearranged(self, move: Callable[..., Any], *args: Any) -> Any:
        """The entries rearranged by NumPy's function `move`."""
        positions = move(np.arange(self._datum.size).reshape(self.shape), *args)
        return self.flatten()[positions.ravel()].reshape(*positions.shape)

    def amax(self, dim: Any = None, keepdim: Any = False) -> Any:
        return f.max(self, dim, keepdim)

    def amin(self, dim: Any = None, keepdim: Any = False) -> Any:
        return f.min(self, dim, keepdim)

    def gather(self, dim: int, index: Operand) -> Any:
        positions = plain(index)
        return networks.take_along_axis(self._beside(positions, dim), positions, axis=dim)

    def _beside(self, positions: Any, dim: int) -> Any:
        """The part of this Tensor in whose rows along `dim` the positions are.

        In the other dimensions there may be fewer of them.
        """
        whole = [i == dim % self.ndim or n == own for i, (n, own) in enumerate(zip(np.shape(positions), self.shape, strict=True))]
        return self if all(whole) else self[tuple(slice(None if every else n) for every, n in zip(whole, np.shape(positions), strict=True))]

    def index_select(self, dim: Any, index: Operand) -> Any:
        return shaping.take(self, plain(index), dim)

    def masked_select(self, mask: Operand) -> Any:
        return self[plain(mask)]

    def scatter(self, dim: int, index: Operand, src: Any = None, *, value: Operand | None = None) -> Any:
        """Put the entries of `src`, a Tensor or a number, at the positions `index` along a dimension."""
        places, src = self._places(dim, index), value if src is None else src
        if np.shape(src) not in ((), places.shape):
            src = src[tuple(map(slice, places.shape))]
        new, taken = np.zeros(self._datum.size, self._datum.dtype), np.zeros(self.shape, bool)
        taken.flat[places] = True
        if isinstance(src, Node) and np.shape(src):  # of the entries that one place gets, the last stays
            source = np.full(self._datum.size, -1)
            source[places] = np.arange(places.size).reshape(places.shape)
            return choices.where(taken, shaping.take(shaping.reshape(src, -1), source.reshape(self.shape) * taken), self)
        if not isinstance(src, Node):
            new[places], src = src, new.reshape(self.shape)
        return choices.where(taken, src, self)

    def scatter_add(self, dim: int, index: Operand, src: Any) -> Any:
        places = self._places(dim, index)
        src = src[tuple(map(slice, places.shape))]
        sums = networks.put_along_axis(shaping.reshape(src, -1), places.ravel(), axis=0, shape=(self._datum.size,))
        return self + shaping.reshape(sums, self.shape)

    def _places(self, dim: Any, index: Operand) -> Any:
        """For each of the positions `index` along a dimension, the number of its entry in the flat Tensor."""
        positions = np.asarray(plain(index))
        numbers = np.arange(self._datum.size).reshape(self.shape)
        beside = [slice(None) if i == dim % self.ndim else slice(n) for i, n in enumerate(positions.shape)]
        return np.take_along_axis(numbers[tuple(beside)], positions, dim)

    def masked_fill(self, mask: Operand, value: Operand) -> Any:
        return choices.where(plain(mask).astype(bool), value, self)

    def tril(self, diagonal: Any = 0) -> Any:
        return choices.where(np.tril(np.ones(self.shape, bool), diagonal), self, 0)

    def triu(self, diagonal: Any = 0) -> Any:
        return choices.where(np.triu(np.ones(self.shape, bool), diagonal), self, 0)

    def diagonal(self, offset: Any = 0, dim1: Any = 0, dim2: Any = 1) -> Any:
        positions = np.diagonal(np.arange(self._datum.size).reshape(self.shape), offset, dim1, dim2)
        return self.flatten()[positions.ravel()].reshape(*positions.shape)

    def add(self, other: Operand, *, alpha: Any = 1) -> Any:
        return self + (other if alpha == 1 else other * alpha)

    def sub(self, other: Operand, *, alpha: Any = 1) -> Any:
        return self - (other if alpha == 1 else other * alpha)

    def mul(self, other: Operand) -> Any:
        return self * other

    def div(self, other: Operand, *, rounding_mode: str | None = None) -> Any:
        quotient = self / other
        return quotient if rounding_mode is None else quotient.floor() if rounding_mode == "floor" else quotient.trunc()

    def pow(self, exponent: Operand) -> Any:
        return self**exponent

    def neg(self) -> Any:
        return -self

    def square(self) -> Any:
        return self * self

    def reciprocal(self) -> Any:
        return 1 / self

    def rsqrt(self) -> Any:
        return 1 / self.sqrt()

    def matmul(self, other: Any) -> Any:
        return self @ other

    mm = bmm = matmul

    def clamp(self, min: Any = None, max: Any = None) -> Any:
        return f.clip(self, min, max)

    def lerp(self, end: Operand, weight: Operand) -> Any:
        return self + weight * (end - self)

    def add_(self, other: Operand, *, alpha: Any = 1) -> Self:
        return self._replace(self._datum + alpha * plain(other))

    def sub_(self, other: Operand, *, alpha: Any = 1) -> Self:
        return self._replace(self._datum - alpha * plain(other))

    def mul_(self, other: Operand) -> Self:
        return self._replace(self._datum * plain(other))

    def div_(self, other: Operand) -> Self:
        return self._replace(self._datum / plain(other))

    def addcmul_(self, tensor1: Operand, tensor2: Operand, *, value: Operand = 1) -> Self:
        return self._replace(self._datum + value * plain(tensor1) * plain(tensor2))

    def addcdiv_(self, tensor1: Operand, tensor2: Operand, *, value: Operand = 1) -> Self:
        return self._replace(self._datum + value * plain(tensor1) / plain(tensor2))

    def lerp_(self, end: Operand, weight: Operand) -> Self:
        return self._replace(self._datum + weight * (plain(end) - self._datum))

    def fill_(self, value: Operand) -> Self:
        return self._replace(value)

    def zero_(self) -> Self:
        return self._replace(0)

    def copy_(self, src: Operand) -> Self:
        return self._replace(src)

    def clamp_(self, min: Any = None, max: Any = None) -> Self:
        return self._replace(np.clip(self._datum, min, max))

    def sqrt_(self) -> Self:
        return self._replace(np.sqrt(self._datum))

    def masked_fill_(self, mask: Operand, value: Operand) -> Self:
        return self._replace(np.where(plain(mask), plain(value), self._datum))

    def _replace(self, new: Operand) -> Self:
        """Replace the data in place: of a constant at any time, of a leaf under `no_grad()`."""
        if self.primitive is not None or (self.left is not None and mode.recording):
            raise RuntimeError(
                f"{describe(self)} cannot be changed in place here: "
                + (
                    "it was computed, and follows from its inputs. Make a new one."
                    if self.primitive is not None
                    else "changing a leaf is for no_grad(): `with no_grad(): w.add_(…)`."
                )
            )
        self._overwrite(plain(new))
        return self
