"""Layers on vectors, with PyTorch's names.

`Linear` and `Embedding`; and `Identity`, `Flatten` and `Unflatten`, which compute nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import DTypeLike

import autograd
from autograd import Node, Tensor
from autograd.primitives.arithmetic import stop_gradient
from autograd.primitives.networks import linear
from autograd.state import is_known

from .inputs import array_from, as_input, check_dim, check_size, describe_kind, is_whole
from .module import Module
from .parameter import Parameter
from .randomness import Seed, generator
from .types import Data, Input

__all__ = ["Embedding", "Flatten", "Identity", "Linear", "Unflatten"]

Anything = TypeVar("Anything")


class Linear(Module):
    """x @ weight.T + bias: each output is a weighted sum of all inputs.

    Args:
        in_features, out_features: the numbers of inputs and outputs.
        bias: whether a bias is added.
        dtype: the precision of the parameters, and so of the outputs.
        rng: a seed or a NumPy generator for the initial weights and biases. They are uniform between
            ±1/√in_features, as in PyTorch; `nn.init` has other distributions.

    Shape:
        (…, in_features) → (…, out_features); `weight` is (out_features, in_features).

    Raises:
        TypeError: on a call, the input is not made of numbers.
        ValueError: a size is not a positive integer; on a call, the last axis of the input does not have
            length `in_features`.

    Example:
        >>> layer = Linear(3, 2, rng=0)
        >>> layer(np.ones((5, 3))).shape
        (5, 2)
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True, *, dtype: DTypeLike = np.float32, rng: Seed = None) -> None:
        check_size("Linear", "in_features", in_features)
        check_size("Linear", "out_features", out_features)
        self.in_features, self.out_features = int(in_features), int(out_features)
        rng, bound = generator(rng), 1 / math.sqrt(in_features)
        self.weight = Parameter(rng.uniform(-bound, bound, (out_features, in_features)).astype(dtype))
        self.bias = Parameter(rng.uniform(-bound, bound, out_features).astype(dtype)) if bias else None

    def forward(self, x: Input) -> Tensor:
        x = as_input(x, self.weight.dtype, self)
        if x.shape[-1:] != (self.in_features,):
            raise ValueError(
                f"{self._called()} takes arrays whose last axis is {self.in_features} long (in_features), and got shape {x.shape}"
                f"{self._hint(x.shape)}."
            )
        y: Tensor = linear(x, self.weight, 0.0 if self.bias is None else self.bias)
        return y

    def _hint(self, shape: tuple[int, ...]) -> str:
        """The end of the error message: how to make an array of this shape fit, if that is known."""
        if shape and math.prod(shape[1:]) == self.in_features:
            return "; x[:, None] makes a column of it" if len(shape) == 1 else "; nn.Flatten() before it makes rows of images"
        return "; x[None] makes a batch of this one example, before nn.Flatten()" if math.prod(shape) == self.in_features else ""

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Identity(Module):
    """The input, unchanged. It can take the place of any layer, so it accepts any arguments and ignores them.

    Example:
        >>> Identity()(3)
        3
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        pass

    def forward(self, x: Anything) -> Anything:
        return x


class Flatten(Module):
    """Joins several axes into one, as in PyTorch; by default, each image of a batch becomes a row.

    Args:
        start_dim, end_dim: the first and the last of the axes to join.

    Shape:
        (n, a, b, …) → (n, a · b · …) by default.

    Raises:
        ValueError: a setting is not a whole number; on a call, the input has no such axes.

    Example:
        >>> Flatten()(np.ones((5, 2, 3))).shape
        (5, 6)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        check_dim("Flatten", "start_dim", start_dim)
        check_dim("Flatten", "end_dim", end_dim)
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x: Input) -> Data:
        x = array_from(x, self)
        shape, n = x.shape, x.ndim
        start, end = (dim + n if dim < 0 else dim for dim in (self.start_dim, self.end_dim))
        if not 0 <= start <= end < n:
            raise ValueError(f"{self._called()} joins the axes {self.start_dim} to {self.end_dim}, and got shape {shape}.")
        y: Data = autograd.reshape(x, (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))
        return y

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """One axis becomes several: the opposite of `Flatten`, as in PyTorch.

    Args:
        dim: the axis.
        unflattened_size: the lengths of the axes in its place, of which one may be -1, for what is left.

    Shape:
        (n, a · b · …) → (n, a, b, …) with `dim` 1.

    Raises:
        ValueError: a setting is not made of whole numbers; on a call, the axis has another length.

    Example:
        >>> Unflatten(1, (2, 3))(np.ones((5, 6))).shape
        (5, 2, 3)
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        check_dim("Unflatten", "dim", dim)
        if not isinstance(unflattened_size, (tuple, list)) or not unflattened_size:
            raise ValueError(f"Unflatten takes unflattened_size as a tuple of lengths, such as (8, 7, 7); got {unflattened_size!r}.")
        self.dim = dim
        self.unflattened_size = tuple(size if size == -1 else check_size("Unflatten", "a length", size) for size in unflattened_size)

    def forward(self, x: Input) -> Data:
        x = array_from(x, self)
        dim, sizes = self.dim + x.ndim if self.dim < 0 else self.dim, self.unflattened_size
        known = math.prod(size for size in sizes if size != -1)
        fits = 0 <= dim < x.ndim and sizes.count(-1) < 2 and (x.shape[dim] % known == 0 if -1 in sizes else x.shape[dim] == known)
        if not fits:
            raise ValueError(f"{self._called()} makes {sizes} of axis {self.dim}, which does not fit an input of shape {x.shape}.")
        sizes = tuple(x.shape[dim] // known if size == -1 else size for size in sizes)
        y: Data = autograd.reshape(x, (*x.shape[:dim], *sizes, *x.shape[dim + 1 :]))
        return y

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"


class Embedding(Module):
    """A table with a trainable vector for each word, letter or item (Bengio and others, 2003).

    It looks up vectors by their index.

    Args:
        num_embeddings: the number of vectors.
        embedding_dim: the length of each vector.
        padding_idx: the index that marks padding; its vector is initially 0 and is not trained.
        dtype: the precision of the vectors.
        rng: a seed or a NumPy generator for the initial vectors, which are normal with mean 0 and standard deviation 1.

    Shape:
        integers of any shape (…) → (…, embedding_dim).

    Raises:
        ValueError: a size is not a positive integer, or `padding_idx` is not an index of a vector.
        TypeError: on a call, the input is not made of integers.
        IndexError: on a call, an index is out of range.

    Example:
        >>> Embedding(27, 8, rng=0)([[0, 5, 26]]).shape
        (1, 3, 8)
    """

    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None, *, dtype: DTypeLike = np.float32, rng: Seed = None
    ) -> None:
        num_embeddings = self.num_embeddings = check_size("Embedding", "num_embeddings", num_embeddings)
        embedding_dim = self.embedding_dim = check_size("Embedding", "embedding_dim", embedding_dim)
        if padding_idx is not None and not (is_whole(padding_idx) and -num_embeddings <= padding_idx < num_embeddings):
            raise ValueError(f"Embedding has {num_embeddings} vectors, and so none of the padding_idx {padding_idx!r}.")
        self.padding_idx = None if padding_idx is None else int(padding_idx) % num_embeddings
        vectors = generator(rng).normal(size=(num_embeddings, embedding_dim)).astype(dtype)
        if self.padding_idx is not None:
            vectors[self.padding_idx] = 0
        self.weight = Parameter(vectors)

    def forward(self, x: Input) -> Tensor:
        numbers = array_from(x, self)
        if is_known(numbers):
            if isinstance(numbers, Node) and numbers.dtype.kind in "iu":  # a Tensor of `nn.torch`
                numbers = numbers._datum
            self._check(numbers)
        vectors: Tensor = autograd.take(self.weight, numbers, axis=0)
        if self.padding_idx is not None:
            is_padding = autograd.expand_dims(numbers, -1) == self.padding_idx
            vectors = autograd.where(is_padding, stop_gradient(vectors), vectors)
        return vectors

    def _check(self, numbers: Data) -> None:
        """Raise an error if `numbers` are not indices of vectors."""
        if isinstance(numbers, Node) or numbers.dtype.kind not in "iu":
            given = f"a {type(numbers).__name__}" if isinstance(numbers, Node) else f"an array of {describe_kind(numbers)}"
            hint = "" if isinstance(numbers, Node) else "; x.astype(int) makes them"
            raise TypeError(f"{self._called()} takes whole numbers, which say which vectors, and got {given}{hint}.")
        wrong = numbers[(numbers < 0) | (numbers >= self.num_embeddings)]
        if wrong.size:
            raise IndexError(
                f"{self._called()} has {self.num_embeddings} vectors, with numbers from 0 to {self.num_embeddings - 1}, and got {wrong[0]}."
            )

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"
