"""The methods of a `Tensor` that reduce, rearrange and choose along its axes.

Each calls the function of the same name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike

from . import arranging, ordering, shaping, statistics
from . import functions as f
from .errors import describe
from .operands import axes
from .operators import Operators
from .primitives import arithmetic, products, reductions, rounding, shapes
from .types import Axis, Operand

__all__ = ["ArrayMethods"]


class ArrayMethods(Operators):
    """Methods along axes. Each returns a new node."""

    __slots__ = ()

    @property
    def T(self) -> Self:
        """The Tensor with its axes in reversed order.

        Example:
            >>> from autograd import Tensor
            >>> Tensor([[1.0, 2.0, 3.0]]).T.shape
            (3, 1)
        """
        return shapes.transpose(self)

    def __len__(self) -> int:
        """The length of the first axis."""
        if not self.shape:
            raise TypeError(f"{describe(self)} is a single number and has no length; .item() gives the number.")
        return len(self._datum)

    def __iter__(self) -> Iterator[Self]:
        """The Tensor's rows, each a node."""
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> Self:
        """The entries at an index of NumPy's; see `autograd.getitem`."""
        if getattr(index, "integers", False):  # an argument of a compiled function that chooses rows
            return shaping.take(self, index, axis=0)
        return shaping.getitem(self, index)

    def __matmul__(self, other: Operand) -> Self:
        """The matrix product; see `autograd.matmul`."""
        return products.matmul(self, other)

    def __rmatmul__(self, other: Operand) -> Self:
        """The matrix product with an array on the left."""
        return products.matmul(other, self)

    def sum(self, axis: Axis = None, keepdims: bool = False) -> Self:
        """The sum over axes; see `autograd.sum`.

        Example:
            >>> from autograd import Tensor
            >>> Tensor([[1.0, 2.0], [3.0, 4.0]]).sum(axis=0)
            Tensor([4., 6.])
        """
        return reductions.sum_(self, axis=axes(axis), keepdims=keepdims)

    def mean(self, axis: Axis = None, keepdims: bool = False) -> Self:
        """The mean over axes; see `autograd.mean`.

        Example:
            >>> from autograd import Tensor
            >>> Tensor([[1.0, 2.0], [3.0, 4.0]]).mean()
            Tensor(2.5)
        """
        return reductions.mean(self, axis=axes(axis), keepdims=keepdims)

    def max(self, axis: Axis = None, keepdims: bool = False) -> Self:
        """The largest entry along axes; entries that tie share the gradient evenly. See `autograd.max`.

        Example:
            >>> from autograd import Tensor
            >>> Tensor([[1.0, 2.0], [3.0, 4.0]]).max(axis=1)
            Tensor([2., 4.])
        """
        return f.max(self, axis, keepdims)

    def min(self, axis: Axis = None, keepdims: bool = False) -> Self:
        """The smallest entry along axes; entries that tie share the gradient evenly. See `autograd.min`.

        Example:
            >>> from autograd import Tensor
            >>> Tensor([[1.0, 2.0], [3.0, 4.0]]).min()
            Tensor(1.)
        """
        return f.min(self, axis, keepdims)

    def norm(self, ord: float | str | None = None, axis: Axis = None, keepdims: bool = False) -> Self:
        """The length √Σx² over axes, or another norm; see `autograd.norm`.

        Example:
            >>> from autograd import Tensor
            >>> Tensor([3.0, 4.0]).norm()
            Tensor(5.)
        """
        return statistics.norm(self, ord, axis, keepdims)

    def std(self, axis: Axis = None, keepdims: bool = False, ddof: float = 0, *, correction: float | None = None) -> Self:
        """The standard deviation over axes; see `autograd.std`.

        Example:
            >>> from autograd import Tensor
            >>> Tensor([1.0, 3.0]).std()
            Tensor(1.)
        """
        return statistics.std(self, axis, keepdims, ddof, correction=correction)

    def var(self, axis: Axis = None, keepdims: bool = False, ddof: float = 0, *, correction: float | None = None) -> Self:
        """The variance over axes; see `autograd.var`.

        Example:
            >>> from autograd import Tensor
            >>> Tensor([1.0, 3.0]).var(ddof=1)
            Tensor(2.)
        """
        return statistics.var(self, axis, keepdims, ddof, correction=correction)

    def logsumexp(self, axis: Axis = None, keepdims: bool = False) -> Self:
        """log(Σ exp(x)) over axes, without overflow; see `autograd.logsumexp`.

        Example:
            >>> from autograd import Tensor
            >>> Tensor([1000.0, 1000.0]).logsumexp()
            Tensor(1000.69314718)
        """
        return f.logsumexp(self, axis, keepdims)

    def softmax(self, axis: Axis = -1) -> Self:
        """Positive shares that add up to 1 along an axis; see `autograd.softmax`.

        Example:
            >>> from autograd import Tensor
            >>> Tensor([1.0, 1.0]).softmax()
            Tensor([0.5, 0.5])
        """
        return f.softmax(self, axis)

    def log_softmax(self, axis: Axis = -1) -> Self:
        """The logarithm of `softmax`, accurate even for very small shares; see `autograd.log_softmax`.

        Example:
            >>> from autograd import Tensor
            >>> Tensor([0.0, 1000.0]).log_softmax()
            Tensor([-1000.,     0.])
        """
        return f.log_softmax(self, axis)

    def astype(self, dtype: DTypeLike) -> Self:
        """The same numbers in another precision, such as `np.float32`.

        Gradients are converted back to the precision of this Tensor.

        Raises:
            TypeError: it is no type of floats.

        Example:
            >>> from autograd import Tensor
            >>> Tensor([1.0]).astype(np.float32)
            Tensor([1.], dtype=float32)
        """
        dtype = np.dtype(dtype)
        if dtype.kind != "f":
            raise TypeError(f"A Tensor holds floats, such as float32, and cannot become {dtype}; t.data.astype({dtype}) is a plain array.")
        return arithmetic.astype(self, dtype=dtype)

    def reshape(self, *shape: Any) -> Self:
        """The same entries in another shape, given as one tuple or as its lengths; see `autograd.reshape`.

        Example:
            >>> from autograd import Tensor
            >>> Tensor([[1.0, 2.0], [3.0, 4.0]]).reshape(-1)
            Tensor([1., 2., 3., 4.])
        """
        return shaping.reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Self:
        """The axes in another order, given as one tuple or one by one; reversed if none is given.

        See `autograd.transpose`.

        Example:
            >>> from autograd import Tensor
            >>> Tensor(np.ones((2, 3, 4))).transpose(1, 0, 2).shape
            (3, 2, 4)
        """
        return shaping.transpose(self, axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None)

    def squeeze(self, axis: Axis = None) -> Self:
        """The Tensor without axes of length 1; see `autograd.squeeze`.

        Example:
            >>> from autograd import Tensor
            >>> Tensor([[1.0, 2.0]]).squeeze()
            Tensor([1., 2.])
        """
        return shaping.squeeze(self, axis)

    def take(self, indices: Operand, axis: int | None = None) -> Self:
        """The rows with the given numbers; see `autograd.take`.

        Example:
            >>> from autograd import Tensor
            >>> Tensor([10.0, 20.0]).take([1, 1, 0])
            Tensor([20., 20., 10.])
        """
        return shaping.take(self, indices, axis)

    def dot(self, other: Operand) -> Self:
        """The product of vectors and matrices; see `autograd.dot`.

        Example:
            >>> from autograd import Tensor
            >>> Tensor([1.0, 2.0]).dot([10.0, 20.0])
            Tensor(50.)
        """
        return f.dot(self, other)

    def prod(self, axis: Axis = None, keepdims: bool = False) -> Self:
        """The product over axes.

        Example:
            >>> from autograd import Tensor
            >>> Tensor([2.0, 3.0]).prod()
            Tensor(6.)
        """
        return ordering.prod(self, axis, keepdims=keepdims)

    def cumsum(self, axis: int | None = None) -> Self:
        """The cumulative sums along an axis; None flattens the array first.

        Example:
            >>> from autograd import Tensor
            >>> Tensor([1.0, 2.0, 3.0]).cumsum()
            Tensor([1., 3., 6.])
        """
        return ordering.cumsum(self, axis)

    def cumprod(self, axis: int | None = None) -> Self:
        """The cumulative products along an axis; None flattens the array first.

        Example:
            >>> from autograd import Tensor
            >>> Tensor([1.0, 2.0, 3.0]).cumprod()
            Tensor([1., 2., 6.])
        """
        return ordering.cumprod(self, axis)

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Self:
        """The sum of the diagonal.

        Example:
            >>> from autograd import Tensor
            >>> Tensor([[1.0, 2.0], [3.0, 4.0]]).trace()
            Tensor(5.)
        """
        return arranging.trace(self, offset, axis1, axis2)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Self:
        """The entries on the diagonal.

        Example:
            >>> from autograd import Tensor
            >>> Tensor([[1.0, 2.0], [3.0, 4.0]]).diagonal()
            Tensor([1., 4.])
        """
        return arranging.diagonal(self, offset, axis1, axis2)

    def swapaxes(self, axis1: int, axis2: int) -> Self:
        """The Tensor with two axes exchanged.

        Example:
            >>> from autograd import Tensor
            >>> Tensor(np.ones((2, 3, 4))).swapaxes(0, 2).shape
            (4, 3, 2)
        """
        return arranging.swapaxes(self, axis1, axis2)

    def repeat(self, repeats: Operand, axis: int | None = None) -> Self:
        """Each entry repeated, as in NumPy; PyTorch's `repeat` is `np.tile(t, …)`.

        Example:
            >>> from autograd import Tensor
            >>> Tensor([1.0, 2.0]).repeat(2)
            Tensor([1., 1., 2., 2.])
        """
        return arranging.repeat(self, repeats, axis)

    def ravel(self) -> Self:
        """All entries along one axis.

        Example:
            >>> from autograd import Tensor
            >>> Tensor([[1.0, 2.0], [3.0, 4.0]]).ravel()
            Tensor([1., 2., 3., 4.])
        """
        return shaping.reshape(self, -1)

    def flatten(self) -> Self:
        """All entries along one axis.

        Example:
            >>> from autograd import Tensor
            >>> Tensor([[1.0, 2.0], [3.0, 4.0]]).flatten()
            Tensor([1., 2., 3., 4.])
        """
        return shaping.reshape(self, -1)

    def round(self, decimals: int = 0) -> Self:
        """The entries rounded to some decimals; the derivative is 0.

        Example:
            >>> from autograd import Tensor
            >>> Tensor([1.26]).round(1)
            Tensor([1.3])
        """
        return rounding.rounded(self, decimals)

    def argmax(self, axis: int | None = None, keepdims: bool = False) -> Any:
        """The position of the largest entry, as a plain number; along an axis, an array of plain numbers.

        Example:
            >>> from autograd import Tensor
            >>> int(Tensor([1.0, 3.0, 2.0]).argmax())
            1
        """
        return np.argmax(self, axis, keepdims=keepdims)  # type: ignore[call-overload]

    def argmin(self, axis: int | None = None, keepdims: bool = False) -> Any:
        """The position of the smallest entry, as a plain number; along an axis, an array of plain numbers.

        Example:
            >>> from autograd import Tensor
            >>> int(Tensor([1.0, 3.0, 2.0]).argmin())
            0
        """
        return np.argmin(self, axis, keepdims=keepdims)  # type: ignore[call-overload]

    def argsort(self, axis: int | None = -1) -> Any:
        """The positions of the entries in rising order along an axis, as plain numbers.

        Example:
            >>> from autograd import Tensor
            >>> Tensor([3.0, 1.0, 2.0]).argsort()
            array([1, 2, 0])
        """
        return np.argsort(self, axis)  # type: ignore[arg-type]

    def all(self, axis: Axis = None, keepdims: bool = False) -> Any:
        """Whether no entry is 0, as a plain bool.

        Example:
            >>> from autograd import Tensor
            >>> bool(Tensor([1.0, 0.0]).all())
            False
        """
        return np.all(self, axis, keepdims=keepdims)  # type: ignore[call-overload]

    def any(self, axis: Axis = None, keepdims: bool = False) -> Any:
        """Whether some entry is not 0, as a plain bool.

        Example:
            >>> from autograd import Tensor
            >>> bool(Tensor([1.0, 0.0]).any())
            True
        """
        return np.any(self, axis, keepdims=keepdims)  # type: ignore[call-overload]
