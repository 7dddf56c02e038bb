"""The layers of transformers, with PyTorch's names.

The encoder reads a sequence, and the decoder writes another one while it reads that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from autograd import Tensor

from . import functional
from .attention import MultiheadAttention
from .dropout import Dropout
from .inputs import as_shared_input
from .linear import Linear
from .module import Module
from .normalization import LayerNorm
from .randomness import Seed, generator
from .types import Data, Input

__all__ = ["TransformerDecoderLayer", "TransformerEncoderLayer"]


class _Layer(Module):
    """What both layers share: attentions and a small network, each with dropout and a normalisation."""

    attentions: ClassVar[tuple[str, ...]]
    self_attn: MultiheadAttention
    norm1: LayerNorm
    norm2: LayerNorm
    dropout1: Dropout
    dropout2: Dropout

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1, activation: str | Callable[[Any], Any] = "relu",
        layer_norm_eps: float = 1e-5, batch_first: bool = False, norm_first: bool = False, bias: bool = True,
        *, dtype: DTypeLike = np.float32, rng: Seed = None,
    ) -> None:  # fmt: skip
        named: dict[object, Callable[[Any], Any]] = {"relu": functional.relu, "gelu": functional.gelu}
        if not callable(activation) and activation not in named:
            raise ValueError(f"{type(self).__name__} takes as activation 'relu', 'gelu' or a function; got {activation!r}.")
        rng = None if rng is None else generator(rng)
        for name in self.attentions:
            setattr(self, name, MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, dtype=dtype, rng=rng))
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype=dtype, rng=rng)
        self.dropout = Dropout(dropout, rng=rng)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype=dtype, rng=rng)
        numbers = range(1, len(self.attentions) + 2)
        for i in numbers:
            setattr(self, f"norm{i}", LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype))
        for i in numbers:
            setattr(self, f"dropout{i}", Dropout(dropout, rng=rng))
        self.activation = activation if callable(activation) else named[activation]
        self.norm_first = norm_first

    def _think(self, x: Data) -> Data:
        """The network."""
        return self.linear2(self.dropout(self.activation(self.linear1(x))))

    def _added(self, x: Data, part: Callable[[Data], Any], norm: LayerNorm) -> Any:
        """`x` plus what a part of the layer computes, normalised before or after."""
        return x + part(norm(x)) if self.norm_first else norm(x + part(x))


class TransformerEncoderLayer(_Layer):
    """Self-attention, then a small network at each position; the output of each is added to its input, and normalised.

    Source: Vaswani and others, 2017.

    Args:
        d_model: the length of the vectors at each position, in input and output.
        nhead: the number of heads of the attention.
        dim_feedforward: the number of neurons of the network.
        dropout: the probability with which numbers are dropped in training: in the attention, after
            it, and after each layer of the network.
        activation: the activation of the network: "relu", "gelu", or a function of Tensors.
        layer_norm_eps: a small number that the normalisations add to the variance.
        batch_first: whether inputs and outputs are (n, places, d_model) instead of (places, n, d_model).
        norm_first: whether to normalise the inputs of the attention and the network, instead of the
            sums after them; this trains more easily (Xiong and others, 2020).
        bias: whether linear layers and normalisations have biases.
        dtype: the precision of the parameters, and so of the outputs.
        rng: a seed or a NumPy generator for the first weights and for the dropout.

    Shape:
        (places, n, d_model), or without n; the output has the same. `layer(src, src_mask,
        src_key_padding_mask, is_causal)`: see `attn_mask`, `key_padding_mask` and `is_causal` of
        `MultiheadAttention`.

    Raises:
        ValueError: as in `MultiheadAttention`, or the activation is unknown.
        TypeError: a mask is of neither bool nor floats.

    Example:
        >>> layer = TransformerEncoderLayer(8, 2, dim_feedforward=32, batch_first=True, rng=0)
        >>> layer(np.ones((3, 5, 8)), is_causal=True).shape
        (3, 5, 8)
    """

    attentions = ("self_attn",)

    def forward(
        self, src: Input, src_mask: Input | None = None, src_key_padding_mask: Input | None = None, is_causal: bool = False
    ) -> Tensor:
        def attend(x: Data) -> Any:
            return self.dropout1(self.self_attn(x, x, x, src_key_padding_mask, False, src_mask, is_causal=is_causal)[0])

        x = self._added(as_shared_input(src, self.linear1.weight.dtype, self), attend, self.norm1)
        y: Tensor = self._added(x, lambda x: self.dropout2(self._think(x)), self.norm2)
        return y


class TransformerDecoderLayer(_Layer):
    """`TransformerEncoderLayer` with attention to another sequence, the `memory`, between its two parts.

    Source: Vaswani and others, 2017.

    Args:
        d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first,
            bias, dtype, rng: as in `TransformerEncoderLayer`.

    Shape:
        `layer(tgt, memory)`: (targets, n, d_model) and (sources, n, d_model), or both without n; the
        output has the shape of `tgt`. Masks are as in `MultiheadAttention`: the `tgt_` ones are for
        self-attention, the `memory_` ones for the attention to the memory. If no position may read from a
        later one, pass a `tgt_mask` or `tgt_is_causal=True`.

    Raises:
        ValueError: as in `MultiheadAttention`, or the activation is unknown.
        TypeError: a mask is of neither bool nor floats.

    Example:
        >>> layer = TransformerDecoderLayer(8, 2, dim_feedforward=32, batch_first=True, rng=0)
        >>> layer(np.ones((3, 5, 8)), np.ones((3, 7, 8)), tgt_is_causal=True).shape
        (3, 5, 8)
    """

    attentions = ("self_attn", "multihead_attn")
    multihead_attn: MultiheadAttention
    norm3: LayerNorm
    dropout3: Dropout

    def forward(
        self, tgt: Input, memory: Input, tgt_mask: Input | None = None, memory_mask: Input | None = None,
        tgt_key_padding_mask: Input | None = None, memory_key_padding_mask: Input | None = None,
        tgt_is_causal: bool = False, memory_is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        dtype = self.linear1.weight.dtype
        x, read = as_shared_input(tgt, dtype, self), as_shared_input(memory, dtype, self)

        def attend(x: Data) -> Any:
            return self.dropout1(self.self_attn(x, x, x, tgt_key_padding_mask, False, tgt_mask, is_causal=tgt_is_causal)[0])

        def look(x: Data) -> Any:
            looked, _ = self.multihead_attn(x, read, read, memory_key_padding_mask, False, memory_mask, is_causal=memory_is_causal)
            return self.dropout2(looked)

        x = self._added(self._added(x, attend, self.norm1), look, self.norm2)
        y: Tensor = self._added(x, lambda x: self.dropout3(self._think(x)), self.norm3)
        return y
