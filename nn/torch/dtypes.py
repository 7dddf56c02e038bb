"""PyTorch's types, devices and generators. The types are NumPy's, and the only device is the CPU."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from autograd.torch_methods import check_device

from ..randomness import shared_generator

__all__ = ["Generator", "default_dtype", "device", "rng_of", "set_default_dtype", "type_of"]

float16 = half = np.float16
float32 = float = np.float32
float64 = double = np.float64
uint8 = np.uint8
int8 = np.int8
int16 = short = np.int16
int32 = int = np.int32
int64 = long = np.int64
bool = np.bool_

_default = [np.float32]


def default_dtype() -> Any:
    """The type of new Tensors of floats: float32, unless `set_default_dtype` says otherwise."""
    return _default[0]


def set_default_dtype(dtype: Any) -> None:
    """Make new Tensors of floats of this type.

    Raises:
        TypeError: it is no type of floats.
    """
    if np.dtype(dtype).kind != "f":
        raise TypeError(f"The default type is one of floats, such as torch.float64, not {np.dtype(dtype)}.")
    _default[0] = np.dtype(dtype).type


def type_of(data: Any, dtype: Any = None) -> Any:
    """The type that a Tensor of `data` has.

    Whole numbers are int64, Python's floats have the default type, and arrays keep theirs.
    """
    if dtype is not None:
        return np.dtype(dtype)
    array = np.asarray(data)
    if array.dtype.kind == "f" and not hasattr(data, "dtype"):
        return np.dtype(default_dtype())
    return np.dtype(np.int64) if array.dtype.kind in "iu" and not hasattr(data, "dtype") else array.dtype


class device:  # noqa: N801 -- PyTorch's name
    """The place of a Tensor, of which there is one: the CPU.

    Raises:
        RuntimeError: another is asked for.

    Example:
        >>> device("cpu")
        device(type='cpu')
        >>> device("cuda")
        Traceback (most recent call last):
            ...
        RuntimeError: There is no device 'cuda' here, only 'cpu'; torch.cuda.is_available() says so.
    """

    def __init__(self, type: Any = "cpu", index: Any = None) -> None:
        check_device(type)
        self.type, self.index = "cpu", index

    def __eq__(self, other: object) -> Any:
        return isinstance(other, device) or other == "cpu"

    def __hash__(self) -> Any:
        return hash("cpu")

    def __repr__(self) -> str:
        return "device(type='cpu')"

    def __str__(self) -> str:
        return "cpu"


class Generator:
    """A source of random numbers of one's own: `torch.Generator().manual_seed(0)`.

    Example:
        >>> draw = lambda: Generator().manual_seed(3).rng.random(2).tolist()
        >>> draw() == draw()
        True
    """

    def __init__(self, device: Any = "cpu") -> None:
        self.rng = np.random.default_rng()

    def manual_seed(self, seed: Any) -> Self:
        self.rng.bit_generator.state = np.random.default_rng(seed).bit_generator.state
        return self

    def seed(self) -> Any:
        """Start anywhere."""
        self.manual_seed(seed := np.random.SeedSequence().entropy)
        return seed


def rng_of(generator: Generator | None) -> np.random.Generator:
    """The generator, or the one that `manual_seed` sets."""
    return shared_generator() if generator is None else generator.rng
