"""Functions of `nn.functional` that take weights, masks and shapes as arguments, with PyTorch's names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

import autograd
from autograd import Node
from autograd.operands import array_of
from autograd.primitives import convolution, networks
from autograd.primitives.arithmetic import stop_gradient
from autograd.primitives.attention import attention
from autograd.statistics import norm

from .convolution import PADDING_MODES
from .inputs import is_whole
from .randomness import Seed, generator
from .transposed import spread
from .types import Input, Sizes

__all__ = [
    "conv1d", "conv2d", "conv_transpose1d", "conv_transpose2d", "embedding", "group_norm", "layer_norm", "normalize", "one_hot", "pad",
    "scaled_dot_product_attention",
]  # fmt: skip


def conv1d(
    input: Input, weight: Input, bias: Input | None = None, stride: Sizes = 1, padding: Sizes | str = 0, dilation: Sizes = 1,
    groups: int = 1,
) -> Any:  # fmt: skip
    """The convolution of signals with given kernels; `Conv1d` says more.

    Raises:
        ValueError: the shapes or the settings do not fit.

    Example:
        >>> conv1d(np.array([[[1.0, 2.0, 3.0]]]), np.array([[[1.0, 10.0]]]))
        array([[[21., 32.]]])
    """
    return _conv("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Input, weight: Input, bias: Input | None = None, stride: Sizes = 1, padding: Sizes | str = 0, dilation: Sizes = 1,
    groups: int = 1,
) -> Any:  # fmt: skip
    """The convolution of images with given kernels; `Conv2d` says more.

    Raises:
        ValueError: the shapes or the settings do not fit.

    Example:
        >>> conv2d(np.ones((1, 3, 8, 8)), np.ones((4, 3, 3, 3)), padding=1).shape
        (1, 4, 8, 8)
    """
    return _conv("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Input, weight: Input, bias: Input | None = None, stride: Sizes = 1, padding: Sizes = 0, output_padding: Sizes = 0,
    groups: int = 1, dilation: Sizes = 1,
) -> Any:  # fmt: skip
    """The transposed convolution of signals with given kernels; `ConvTranspose2d` says more.

    Raises:
        ValueError: the shapes or the settings do not fit.

    Example:
        >>> conv_transpose1d(np.array([[[1.0, 2.0]]]), np.array([[[1.0, 10.0]]]))
        array([[[ 1., 12., 20.]]])
    """
    return _conv_transpose("conv_transpose1d", 1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Input, weight: Input, bias: Input | None = None, stride: Sizes = 1, padding: Sizes = 0, output_padding: Sizes = 0,
    groups: int = 1, dilation: Sizes = 1,
) -> Any:  # fmt: skip
    """The transposed convolution of images with given kernels; `ConvTranspose2d` says more.

    Raises:
        ValueError: the shapes or the settings do not fit.

    Example:
        >>> conv_transpose2d(np.ones((1, 4, 8, 8)), np.ones((4, 3, 2, 2)), stride=2).shape
        (1, 3, 16, 16)
    """
    return _conv_transpose("conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def _conv(
    name: str, n: int, input: Input, weight: Input, bias: Input | None, stride: Sizes, padding: Sizes | str, dilation: Sizes, groups: int
) -> Any:
    x, w = _fitting(name, n, input, weight, groups, 1, groups)
    stride, dilation = _each(name, "stride", stride, n, 1), _each(name, "dilation", dilation, n, 1)
    if padding == "same" and set(stride) == {1}:
        reach = [(k - 1) * d for k, d in zip(w.shape[2:], dilation, strict=True)]
        ends = tuple((r // 2, r - r // 2) for r in reach)
    elif padding == "valid":
        ends = ((0, 0),) * n
    else:
        ends = tuple((p, p) for p in _each(name, "padding", padding, n, 0))
    y = convolution.conv(
        x if x.ndim == n + 2 else x[None], w, 0.0 if bias is None else bias, stride=stride, padding=ends, dilation=dilation, groups=groups
    )
    return y if x.ndim == n + 2 else y[0]


def _conv_transpose(
    name: str, n: int, input: Input, weight: Input, bias: Input | None, stride: Sizes, padding: Sizes, output_padding: Sizes,
    groups: int, dilation: Sizes,
) -> Any:  # fmt: skip
    x, w = _fitting(name, n, input, weight, 1, 0, groups)
    y = spread(
        x if x.ndim == n + 2 else x[None], w, None if bias is None else array_of(bias), _each(name, "stride", stride, n, 1),
        _each(name, "padding", padding, n, 0), _each(name, "output_padding", output_padding, n, 0), groups,
        _each(name, "dilation", dilation, n, 1),
    )  # fmt: skip
    return y if x.ndim == n + 2 else y[0]


def _fitting(name: str, n: int, input: Input, weight: Input, times: int, axis: int, groups: int) -> tuple[Any, Any]:
    """Input and weight as arrays, if the channels of the input are `times` the weight's entries along `axis`."""
    x: Any = array_of(input)
    w: Any = array_of(weight)
    if not is_whole(groups) or groups < 1 or w.ndim != n + 2 or x.ndim not in (n + 1, n + 2) or x.shape[-n - 1] != w.shape[axis] * times:
        layout = "(out, in / groups, *kernel)" if axis else "(in, out / groups, *kernel)"
        raise ValueError(
            f"{name} takes an input of shape (n, in, {', '.join(['size'] * n)}) and a weight of shape {layout}; "
            f"got {x.shape}, {w.shape} and groups={groups!r}."
        )
    return x, w


def _each(name: str, setting: str, value: object, n: int, least: int) -> tuple[int, ...]:
    values = value if isinstance(value, (tuple, list)) else (value,) * n
    values = values * n if len(values) == 1 else values
    if len(values) != n or not all(is_whole(x) and x >= least for x in values):
        raise ValueError(f"{name} takes {setting} as whole numbers from {least}, one or {n}; got {value!r}.")
    return tuple(map(int, values))


def embedding(input: Input, weight: Input, padding_idx: int | None = None) -> Any:
    """The rows of a table with given numbers; `Embedding` says more.

    Args:
        padding_idx: the row that gets no gradient.

    Example:
        >>> embedding(np.array([1, 1]), np.array([[1.0], [2.0]]))
        array([[2.],
               [2.]])
    """
    rows = autograd.take(weight, input, axis=0)
    if padding_idx is None or not isinstance(rows, Node):
        return rows
    is_padding = autograd.expand_dims(input, -1) == padding_idx % array_of(weight).shape[0]
    return autograd.where(is_padding, stop_gradient(rows), rows)


def layer_norm(
    input: Input, normalized_shape: Sequence[int], weight: Input | None = None, bias: Input | None = None, eps: float = 1e-5
) -> Any:
    """The input with mean 0 and deviation 1 over its last axes, times `weight` plus `bias`; `LayerNorm` says more.

    Raises:
        ValueError: the last axes are not `normalized_shape`.

    Example:
        >>> layer_norm(np.array([[1.0, 3.0]]), (2,)).round(3)
        array([[-1.,  1.]])
    """
    x: Any = array_of(input)
    wanted = tuple(normalized_shape) if isinstance(normalized_shape, (tuple, list)) else (normalized_shape,)
    if not wanted or x.shape[-len(wanted) :] != wanted:
        raise ValueError(f"layer_norm takes arrays whose last axes have the shape {wanted} (normalized_shape), and got shape {x.shape}.")
    weight, bias = 1.0 if weight is None else weight, 0.0 if bias is None else bias
    return networks.standardize(x, weight, bias, axis=tuple(range(-len(wanted), 0)), eps=eps)


def group_norm(input: Input, num_groups: int, weight: Input | None = None, bias: Input | None = None, eps: float = 1e-5) -> Any:
    """The input with mean 0 and deviation 1 over each group of channels, times `weight` plus `bias`.

    `GroupNorm` says more.

    Raises:
        ValueError: the channels do not split into the groups.

    Example:
        >>> group_norm(np.array([[1.0, 3.0, 10.0, 30.0]]), 2).round(3)
        array([[-1.,  1., -1.,  1.]])
    """
    x: Any = array_of(input)
    if x.ndim < 2 or not is_whole(num_groups) or num_groups < 1 or x.shape[1] % num_groups:
        raise ValueError(f"group_norm splits channels into equal groups; an input of shape {x.shape} has no {num_groups!r} of them.")
    groups = autograd.reshape(x, (x.shape[0], num_groups, x.shape[1] // num_groups * math.prod(x.shape[2:])))
    y: Any = autograd.reshape(networks.standardize(groups, 1.0, 0.0, axis=(2,), eps=eps), x.shape)
    column = (-1, *[1] * (x.ndim - 2))
    y = y if weight is None else y * autograd.reshape(weight, column)
    return y if bias is None else y + autograd.reshape(bias, column)


def normalize(input: Input, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Any:
    """The input divided by its length along an axis, (Σ|x|ᵖ)^(1/p), or by `eps` if that is more.

    Example:
        >>> normalize(np.array([[3.0, 4.0]]))
        array([[0.6, 0.8]])
    """
    x: Any = array_of(input)
    if p in (1, 2, math.inf):
        length = norm(x, None if p == 2 else p, axis=dim, keepdims=True)
    else:
        length = autograd.sum(autograd.abs(x) ** p, axis=dim, keepdims=True) ** (1 / p)
    return x / autograd.maximum(length, eps)


def one_hot(tensor: object, num_classes: int = -1) -> Any:
    """Each number of a class as a row of zeros with a single 1, at the place of the class.

    Args:
        tensor: whole numbers from 0, of any shape (…).
        num_classes: how many classes there are; -1 for one more than the largest number.

    Returns:
        Whole numbers of shape (…, num_classes).

    Raises:
        TypeError: the numbers are not whole.
        ValueError: one is negative, or not below `num_classes`.

    Example:
        >>> one_hot([0, 2], num_classes=3)
        array([[1, 0, 0],
               [0, 0, 1]])
    """
    numbers = np.asarray(tensor._datum if isinstance(tensor, Node) else tensor)
    if numbers.dtype.kind not in "iu":
        raise TypeError(f"one_hot takes the numbers of classes, which are whole, and got an array of {numbers.dtype}.")
    classes = int(numbers.max(initial=0)) + 1 if num_classes == -1 else num_classes
    if numbers.min(initial=0) < 0 or numbers.max(initial=0) >= classes:
        raise ValueError(f"one_hot got the classes {numbers.min()} to {numbers.max()}, and there are those from 0 to {classes - 1}.")
    rows = (numbers[..., None] == np.arange(classes)).astype(np.int64)
    return tensor.new_tensor(rows) if hasattr(tensor, "new_tensor") else rows  # a Tensor of `nn.torch` gives one


def pad(input: Input, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Any:
    """Numbers around an array, as many as `pad` says.

    `pad` is (before, after) of the last axis, then of the one before it, and so on.

    Args:
        pad: how many; negative numbers cut off.
        mode: "constant" puts `value` there (0 if None); "reflect", "replicate" and "circular" continue the array.

    Raises:
        ValueError: `pad` is not pairs for at most all axes, or the mode is unknown.

    Example:
        >>> pad(np.array([[1.0, 2.0]]), (1, 0, 0, 1))
        array([[0., 1., 2.],
               [0., 0., 0.]])
    """
    x: Any = array_of(input)
    ends = [(pad[i], pad[i + 1]) for i in range(0, len(pad) - 1, 2)]
    modes = {"constant": "constant", **PADDING_MODES}
    if len(pad) % 2 or len(ends) > x.ndim or not all(map(is_whole, pad)):
        raise ValueError(f"pad takes two whole numbers for each axis, the last first, and got {tuple(pad)} for shape {x.shape}.")
    if mode not in modes or mode == "zeros":
        raise ValueError(f"pad takes as mode constant, reflect, replicate or circular; got {mode!r}.")
    widths = [(0, 0)] * (x.ndim - len(ends)) + ends[::-1]
    if any(min(width) < 0 for width in widths):
        kept = [slice(max(-before, 0), size - max(-after, 0)) for size, (before, after) in zip(x.shape, widths, strict=True)]
        x, widths = x[tuple(kept)], [(max(before, 0), max(after, 0)) for before, after in widths]
    if mode == "constant":
        y = autograd.pad(x, widths)
        return y + np.pad(np.zeros(x.shape, x.dtype), widths, constant_values=value) if value else y
    for axis, (size, width) in enumerate(zip(x.shape, widths, strict=True)):
        if any(width):
            x = autograd.take(x, np.pad(np.arange(size), width, mode=PADDING_MODES[mode]), axis=axis)
    return x


def scaled_dot_product_attention(
    query: Input, key: Input, value: Input, attn_mask: Input | None = None, dropout_p: float = 0.0, is_causal: bool = False,
    scale: float | None = None, *, rng: Seed = None,
) -> Any:  # fmt: skip
    """softmax(query keyᵀ · scale + mask) value, where scale is 1 / √d if None (Vaswani and others, 2017).

    Args:
        query, key, value: of shapes (…, targets, d), (…, sources, d) and (…, sources, e).
        attn_mask: of bool, true where something is taken; or of floats, which are added.
        dropout_p: the probability with which a share is dropped, in evaluation too: pass 0.0 then.
        is_causal: whether no place takes from a later one; instead of a mask.
        rng: a seed or a NumPy generator for the dropout.

    Raises:
        ValueError: there are a mask and `is_causal`.

    Example:
        >>> x = np.ones((1, 3, 4))
        >>> scaled_dot_product_attention(x, x, x, is_causal=True).shape
        (1, 3, 4)
    """
    q, k, v = (array_of(x) for x in (query, key, value))
    mask: Any = 0.0
    if is_causal:
        if attn_mask is not None:
            raise ValueError("scaled_dot_product_attention takes an attn_mask or is_causal=True, not both.")
        mask = np.where(np.tri(q.shape[-2], k.shape[-2], dtype=bool), 0.0, -np.inf).astype(q.dtype)
    elif attn_mask is not None:
        given: Any = array_of(attn_mask)
        mask = autograd.where(given, 0.0, -np.inf).astype(q.dtype) if given.dtype == bool else given
    if scale is not None:
        q = q * (scale * math.sqrt(q.shape[-1]))
    shares = attention(q, k, mask)
    if dropout_p:
        shares = autograd.dropout(shares, dropout_p, rng=generator(rng))
    return shares @ v
