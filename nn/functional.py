"""The functions behind the layers, with the names and arguments of `torch.nn.functional`.

Each is a function of Tensors and arrays, activations and losses also of Values, and has no parameters
of its own. A function of a node is a node, and of an array an array, in the precision of the input.
`inplace` is accepted so that PyTorch's programs run; the input always stays unchanged.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import autograd
from autograd import elu as _elu
from autograd import leaky_relu as _leaky_relu
from autograd import relu, sigmoid, silu, tanh
from autograd.operands import array_of
from autograd.primitives import networks

from .inputs import check_dim
from .lookup import missing
from .losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    hinge_loss,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
    multi_margin_loss,
    nll_loss,
)
from .operations import (
    conv1d,
    conv2d,
    conv_transpose1d,
    conv_transpose2d,
    embedding,
    group_norm,
    layer_norm,
    normalize,
    one_hot,
    pad,
    scaled_dot_product_attention,
)
from .pooling import AdaptiveAvgPool2d, AdaptiveMaxPool2d, AdaptiveSizes, AvgPool1d, AvgPool2d, MaxPool1d, MaxPool2d
from .randomness import Seed, generator
from .resizing import interpolate, pixel_shuffle
from .types import Input, Sizes

__all__ = [
    "adaptive_avg_pool2d", "adaptive_max_pool2d", "avg_pool1d", "avg_pool2d", "binary_cross_entropy", "binary_cross_entropy_with_logits",
    "conv1d", "conv2d", "conv_transpose1d", "conv_transpose2d", "cross_entropy", "dropout", "dropout1d", "dropout2d", "elu", "embedding",
    "gelu", "group_norm", "hinge_loss", "huber_loss", "interpolate", "kl_div", "l1_loss", "layer_norm", "leaky_relu", "linear",
    "log_softmax", "max_pool1d", "max_pool2d", "mse_loss", "multi_margin_loss", "nll_loss", "normalize", "one_hot", "pad", "pixel_shuffle",
    "relu", "scaled_dot_product_attention", "sigmoid", "silu", "softmax", "softplus", "tanh",
]  # fmt: skip


def linear(input: Input, weight: Input, bias: Input | None = None) -> Any:
    """input @ weight.T + bias, for an input of shape (…, ins) and a weight of shape (outs, ins).

    Raises:
        ValueError: the shapes do not fit.

    Example:
        >>> import numpy as np
        >>> linear(np.ones((5, 3)), np.ones((2, 3))).shape
        (5, 2)
    """
    return networks.linear(input, weight, 0.0 if bias is None else bias)


def leaky_relu(input: Input, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """The input where it is positive, else `negative_slope` times the input (Maas and others, 2013).

    Example:
        >>> round(leaky_relu(-3.0), 2)
        -0.03
    """
    return _leaky_relu(input, negative_slope=negative_slope)


def elu(input: Input, alpha: float = 1.0, inplace: bool = False) -> Any:
    """The input where it is positive, else alpha (exp(input) - 1) (Clevert and others, 2015).

    Example:
        >>> elu(3.0)
        3.0
    """
    return _elu(input, alpha=alpha)


def gelu(input: Input, approximate: str = "none") -> Any:
    """x Φ(x), with Φ the normal distribution function (Hendrycks and Gimpel, 2016).

    Args:
        approximate: "none" for the exact function, "tanh" for the formula that GPT-2 used,
            0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))).

    Raises:
        ValueError: `approximate` is something else.

    Example:
        >>> round(gelu(1.0), 4), round(gelu(1.0, "tanh"), 4)
        (0.8413, 0.8412)
    """
    if approximate not in ("none", "tanh"):
        raise ValueError(f'gelu is exact with approximate="none", or approximated with "tanh"; got {approximate!r}.')
    if approximate == "none":
        return autograd.gelu(input)
    x: Any = input
    return 0.5 * x * (1 + tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))


def softplus(input: Input, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """log(1 + exp(beta x)) / beta, a smooth ReLU (Dugas and others, 2001); x itself where beta x is over `threshold`.

    Example:
        >>> round(softplus(0.0), 4), softplus(30.0)
        (0.6931, 30.0)
    """
    x: Any = input
    scaled = x if beta == 1 else beta * x
    smooth = autograd.softplus(scaled)
    return autograd.where(scaled > threshold, x, smooth if beta == 1 else smooth / beta)


def softmax(input: Input, dim: int = -1) -> Any:
    """Positive shares that add up to 1 along an axis, in proportion to exp(input).

    Raises:
        ValueError: `dim` is not a whole number.

    Example:
        >>> import numpy as np
        >>> softmax(np.array([[0.0, 0.0]]))
        array([[0.5, 0.5]])
    """
    check_dim("softmax", "dim", dim)
    return autograd.softmax(input, dim)


def log_softmax(input: Input, dim: int = -1) -> Any:
    """The logarithm of `softmax`, accurate even for very small shares.

    Raises:
        ValueError: `dim` is not a whole number.

    Example:
        >>> import numpy as np
        >>> log_softmax(np.array([[0.0, 1000.0]]))
        array([[-1000.,     0.]])
    """
    check_dim("log_softmax", "dim", dim)
    return autograd.log_softmax(input, dim)


def dropout(input: Input, p: float = 0.5, training: bool = True, inplace: bool = False, *, rng: Seed = None) -> Any:
    """The input with each entry set to 0 with probability `p`, and the others divided by 1 - p.

    It is unchanged if not `training`.

    Args:
        rng: a seed or a NumPy generator; without one, the generator that `nn.manual_seed` sets.

    Raises:
        ValueError: `p` is not from 0 to below 1.

    Example:
        >>> import numpy as np
        >>> dropout(np.ones(4), 0.5, rng=0)
        array([0., 2., 2., 2.])
    """
    return autograd.dropout(input, p, rng=generator(rng)) if training and p else input


def dropout1d(input: Input, p: float = 0.5, training: bool = True, inplace: bool = False, *, rng: Seed = None) -> Any:
    """`dropout` of whole channels of signals, (n, channels, length) or (channels, length); `Dropout1d` says more.

    Example:
        >>> import numpy as np
        >>> dropout1d(np.ones((1, 4, 2)), rng=0).ravel()
        array([0., 0., 2., 2., 2., 2., 2., 2.])
    """
    return _drop_channels(input, p, training, rng, 1)


def dropout2d(input: Input, p: float = 0.5, training: bool = True, inplace: bool = False, *, rng: Seed = None) -> Any:
    """`dropout` of whole channels of images, (n, channels, height, width); `Dropout2d` says more.

    Example:
        >>> import numpy as np
        >>> dropout2d(np.ones((1, 4, 1, 2)), rng=0).ravel()
        array([0., 0., 2., 2., 2., 2., 2., 2.])
    """
    return _drop_channels(input, p, training, rng, 2)


def _drop_channels(input: Input, p: float, training: bool, rng: Seed, inner: int) -> Any:
    """Channels are all axes but the last `inner` ones."""
    if not training or not p:
        return input
    x: Any = array_of(input)
    channels = (*x.shape[: x.ndim - inner], *[1] * inner)
    return x * (autograd.bernoulli(generator(rng), 1 - p, channels, x.dtype) / (1 - p))


def max_pool1d(
    input: Input, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, dilation: Sizes = 1, ceil_mode: bool = False
) -> Any:
    """The largest number in each window of a signal; `MaxPool1d` says more.

    Example:
        >>> import numpy as np
        >>> max_pool1d(np.ones((4, 1, 28)), 2).shape
        (4, 1, 14)
    """
    return MaxPool1d(kernel_size, stride, padding, dilation, ceil_mode=ceil_mode)(input)


def avg_pool1d(
    input: Input, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:  # fmt: skip
    """The mean of each window of a signal; `AvgPool1d` says more.

    Example:
        >>> import numpy as np
        >>> avg_pool1d(np.ones((4, 1, 28)), 7).shape
        (4, 1, 4)
    """
    return AvgPool1d(kernel_size, stride, padding, ceil_mode, count_include_pad)(input)


def adaptive_max_pool2d(input: Input, output_size: AdaptiveSizes) -> Any:
    """The largest numbers of windows that give the wanted number of rows and columns; `AdaptiveMaxPool2d` says more.

    Example:
        >>> import numpy as np
        >>> adaptive_max_pool2d(np.ones((4, 8, 7, 7)), 1).shape
        (4, 8, 1, 1)
    """
    return AdaptiveMaxPool2d(output_size)(input)


def max_pool2d(
    input: Input, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, dilation: Sizes = 1, ceil_mode: bool = False
) -> Any:
    """The largest number in each window of an image; `MaxPool2d` says more.

    Example:
        >>> import numpy as np
        >>> max_pool2d(np.ones((4, 1, 28, 28)), 2).shape
        (4, 1, 14, 14)
    """
    return MaxPool2d(kernel_size, stride, padding, dilation, ceil_mode=ceil_mode)(input)


def avg_pool2d(
    input: Input, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Any:  # fmt: skip
    """The mean of each window of an image; `AvgPool2d` says more.

    Example:
        >>> import numpy as np
        >>> avg_pool2d(np.ones((4, 1, 28, 28)), 7).shape
        (4, 1, 4, 4)
    """
    return AvgPool2d(kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)(input)


def adaptive_avg_pool2d(input: Input, output_size: AdaptiveSizes) -> Any:
    """The means of windows that give the wanted number of rows and columns; `AdaptiveAvgPool2d` says more.

    Example:
        >>> import numpy as np
        >>> adaptive_avg_pool2d(np.ones((4, 8, 7, 7)), 1).shape
        (4, 8, 1, 1)
    """
    return AdaptiveAvgPool2d(output_size)(input)


if not TYPE_CHECKING:
    __getattr__ = missing(globals())
