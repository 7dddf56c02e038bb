"""`torch`, a phrase book: PyTorch's words, and what each is called here.

    from nn import torch
    import nn
    import nn.optim as optim
    from nn.data import DataLoader

and a program written for PyTorch runs. There is no mathematics in here: each name is a short line onto what exists.
`torch.cat` is `autograd.concatenate`, `torch.nn` is `nn`, `torch.optim` is `nn.optim`, `torch.utils.data` is `nn.data`.
Where NumPy and PyTorch mean different things by one word, `torch`'s Tensors mean PyTorch's: `x.max(1)` gives values and
indices, `x.transpose(0, 1)` swaps two dimensions. Once this book has been imported, `nn` makes its parameters, state
dicts and batches of such Tensors, as PyTorch does,
in place of arrays: `layer.weight.data.normal_(0, 0.02)`, and `model.state_dict()["0.bias"].zero_()` changes the model.
`python -m nn.torch` prints the whole book.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

import autograd as engine
import nn
from autograd import no_grad
from autograd.modes import is_recording, set_recording
from nn import optim, parameter
from nn.lookup import missing, part
from nn.randomness import get_rng_state, manual_seed, set_rng_state

from . import autograd, dtypes
from .base import plain, wrap
from .devices import accelerator, amp, autocast, backends, cuda
from .dtypes import (
    Generator,
    bool,
    device,
    double,
    float,
    float16,
    float32,
    float64,
    half,
    int,
    int8,
    int16,
    int32,
    int64,
    long,
    set_default_dtype,
    short,
    uint8,
)  # fmt: skip
from .making import (
    arange,
    as_tensor,
    bernoulli,
    empty,
    empty_like,
    eye,
    from_numpy,
    full,
    full_like,
    linspace,
    multinomial,
    normal,
    ones,
    ones_like,
    rand,
    rand_like,
    randint,
    randn,
    randn_like,
    randperm,
    tensor,
    zeros,
    zeros_like,
)  # fmt: skip
from .saving import load, save
from .tensor import Tensor as Tensor


def _of(dtype: Any) -> Any:
    """`torch.LongTensor` and its like."""

    def of(*data: Any) -> Tensor:
        return zeros(data, dtype=dtype) if len(data) != 1 or isinstance(data[0], Integral) else tensor(data[0], dtype=dtype)

    of.__doc__ = f"`torch.tensor` of numbers, or `torch.zeros` of a shape, of {np.dtype(dtype).name}."
    of.dtype = np.dtype(dtype)  # type: ignore[attr-defined]  # by which NumPy takes it for a type: x.type(torch.LongTensor)
    return of


FloatTensor, DoubleTensor, HalfTensor, LongTensor, IntTensor, BoolTensor, ByteTensor = map(
    _of, (float32, float64, float16, int64, int32, bool, uint8)
)
inference_mode = no_grad
finfo, iinfo = np.finfo, np.iinfo
is_grad_enabled = is_recording
inf, nan, pi, e = np.inf, np.nan, np.pi, np.e
Size: Any = tuple

utils = part("torch.utils", data=nn.data)
linalg = part("torch.linalg", **{
    name: getattr(np.linalg, name)
    for name in (
        "cholesky", "cond", "cross", "det", "eigh", "eigvalsh", "inv", "matrix_power", "matrix_rank", "multi_dot", "pinv", "qr", "slogdet",
        "solve", "svd", "svdvals",
    )
})  # fmt: skip


def _norm(x: Any, ord: Any = None, dim: Any = None, keepdim: Any = False) -> Any:
    """`np.linalg.norm`."""
    return np.linalg.norm(x, ord, dim, keepdim)


def _vector_norm(x: Any, ord: Any = 2, dim: Any = None, keepdim: Any = False) -> Any:
    """`x.norm`."""
    return as_tensor(x).norm(ord, dim, keepdim)


def _matrix_norm(x: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: Any = False) -> Any:
    """`np.linalg.norm`, of matrices."""
    return np.linalg.norm(x, ord, dim, keepdim)


linalg.norm, linalg.vector_norm, linalg.matrix_norm = _norm, _vector_norm, _matrix_norm


class set_grad_enabled:  # noqa: N801 -- PyTorch's name
    """Whether operations are recorded from here on, or in a `with` block."""

    def __init__(self, mode: Any) -> None:
        self.before = set_recording(mode)

    def __enter__(self) -> None:
        """It was said when this was made."""

    def __exit__(self, *error: object) -> None:
        set_recording(self.before)


@contextmanager
def enable_grad() -> Iterator[None]:
    """The opposite of `torch.no_grad`, inside of it."""
    with set_grad_enabled(True):
        yield


def cat(tensors: Any, dim: Any = 0, *, axis: Any = None) -> Tensor:
    """`autograd.concatenate`."""
    return engine.concatenate(_all(tensors), dim if axis is None else axis)


concat = concatenate = cat


def stack(tensors: Any, dim: Any = 0) -> Tensor:
    """`autograd.stack`."""
    return engine.stack(_all(tensors), dim)


def hstack(tensors: Any) -> Tensor:
    """`np.hstack`."""
    return np.hstack(_all(tensors))  # type: ignore[return-value]  # NumPy asks the Tensors


def vstack(tensors: Any) -> Tensor:
    """`np.vstack`."""
    return np.vstack(_all(tensors))  # type: ignore[return-value]


def dstack(tensors: Any) -> Tensor:
    """`np.dstack`."""
    return np.dstack(_all(tensors))  # type: ignore[return-value]


def column_stack(tensors: Any) -> Tensor:
    """`np.column_stack`."""
    return np.column_stack(_all(tensors))  # type: ignore[return-value]


def unique(input: Any, sorted: Any = True, return_inverse: Any = False, return_counts: Any = False, dim: Any = None) -> Any:
    """`np.unique`, which has no derivative."""
    found = np.unique(plain(input), return_inverse=return_inverse, return_counts=return_counts, axis=dim)
    return tuple(map(wrap, found)) if isinstance(found, tuple) else wrap(found)


def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """`autograd.where`; with a condition alone, the indices of its true entries."""
    condition = as_tensor(condition)
    if input is None:
        return condition.nonzero(as_tuple=True)
    return engine.where(condition, *(x if isinstance(x, engine.Node) else tensor(x) for x in (input, other)))


def einsum(equation: str, *operands: Any) -> Any:
    """`np.einsum`."""
    return np.einsum(equation, *_all(operands[0] if isinstance(operands[0], (tuple, list)) else operands))


def outer(input: Any, vec2: Any) -> Any:
    return as_tensor(input).unsqueeze(1) * vec2


ger = outer


def addmm(input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """beta · input + alpha · (mat1 @ mat2)."""
    return beta * input + alpha * (as_tensor(mat1) @ mat2)


baddbmm = addmm


def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    return input + value * tensor1 * tensor2


def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    return input + value * tensor1 / tensor2


def dot(input: Any, tensor: Any) -> Any:
    return engine.dot(as_tensor(input), tensor)


def meshgrid(*tensors: Any, indexing: Any = "ij") -> Any:
    each = _all(tensors[0] if isinstance(tensors[0], (tuple, list)) else tensors)
    return tuple(np.meshgrid(*each, indexing=indexing))


def is_tensor(obj: Any) -> Any:
    return isinstance(obj, engine.Tensor)


def numel(input: Any) -> Any:
    return as_tensor(input).numel()


def get_default_dtype() -> Any:
    return dtypes.default_dtype()


def set_num_threads(n: Any) -> None:
    """Nothing: how many threads NumPy's library takes, its own variables say, such as OPENBLAS_NUM_THREADS."""


def _all(tensors: Any) -> list[Tensor]:
    return [as_tensor(x) for x in tensors]


def _is_function(name: str) -> Any:
    """Whether a method of Tensors is a function of `torch` too: not those that change the Tensor in place."""
    return not name.startswith("_") and not name.endswith("_") and callable(getattr(Tensor, name, None))


def _function(name: str) -> Any:
    """`torch.NAME(x, …)` is `x.NAME(…)`; None, if there is no such method."""
    if not _is_function(name):
        return None

    def function(input: Any, *args: Any, out: Any = None, **kwargs: Any) -> Any:
        result = getattr(as_tensor(input), name)(*args, **kwargs)
        return result if out is None else out.copy_(result)

    function.__name__, function.__doc__ = name, f"`x.{name}(…)`, for `torch.{name}(x, …)`."
    return function


def __dir__() -> list[str]:
    return sorted({*globals(), *filter(_is_function, dir(Tensor))})


if not TYPE_CHECKING:
    __getattr__ = missing(globals(), _function)
parameter.book = wrap
# `from nn.torch import nn` gives the library; so must `import nn.torch.nn.functional as F`, which looks for modules.
for _name, _part in {
    "nn": nn, "nn.functional": nn.functional, "nn.init": nn.init, "nn.utils": nn.utils, "optim": optim, "utils": utils,
    "optim.lr_scheduler": optim.lr_scheduler, "utils.data": nn.data,
}.items():  # fmt: skip
    sys.modules[f"{__name__}.{_name}"] = _part
