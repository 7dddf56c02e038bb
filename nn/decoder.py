"""The decoder of a transformer, which writes one sequence while it reads another; with PyTorch's names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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

__all__ = ["TransformerDecoderLayer"]


class TransformerDecoderLayer(Module):
    """`TransformerEncoderLayer` with an attention to another sequence, the `memory`, between its two parts.

    Source: Vaswani and others, 2017.

    Args:
        d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first,
            bias, dtype, rng: as in `TransformerEncoderLayer`.

    Shape:
        `layer(tgt, memory)`: (targets, n, d_model) and (sources, n, d_model), or both without n; the
        output has the shape of `tgt`. Masks are as in `MultiheadAttention`: the `tgt_` ones are for the
        sequence's attention to itself, the `memory_` ones for that to the memory. So that no place
        sees a later one, pass a `tgt_mask` or `tgt_is_causal=True`.

    Raises:
        ValueError: as in `MultiheadAttention`, or the activation is unknown.
        TypeError: a mask is of neither bool nor floats.

    Example:
        >>> layer = TransformerDecoderLayer(8, 2, dim_feedforward=32, batch_first=True, rng=0)
        >>> layer(np.ones((3, 5, 8)), np.ones((3, 7, 8)), tgt_is_causal=True).shape
        (3, 5, 8)
    """

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1, activation: str | Callable[[Any], Any] = "relu",
        layer_norm_eps: float = 1e-5, batch_first: bool = False, norm_first: bool = False, bias: bool = True,
        *, dtype: DTypeLike = np.float32, rng: Seed = None,
    ) -> None:  # fmt: skip
        named: dict[object, Callable[[Any], Any]] = {"relu": functional.relu, "gelu": functional.gelu}
        if not callable(activation) and activation not in named:
            raise ValueError(f"TransformerDecoderLayer takes as activation 'relu', 'gelu' or a function; got {activation!r}.")
        rng = None if rng is None else generator(rng)
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, dtype=dtype, rng=rng)
        self.multihead_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, dtype=dtype, rng=rng)
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype=dtype, rng=rng)
        self.dropout = Dropout(dropout, rng=rng)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype=dtype, rng=rng)
        self.norm1, self.norm2, self.norm3 = (LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype) for _ in range(3))
        self.dropout1, self.dropout2, self.dropout3 = (Dropout(dropout, rng=rng) for _ in range(3))
        self.activation = activation if callable(activation) else named[activation]
        self.norm_first = norm_first

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

        def think(x: Data) -> Any:
            return self.dropout3(self.linear2(self.dropout(self.activation(self.linear1(x)))))

        for part, norm in ((attend, self.norm1), (look, self.norm2), (think, self.norm3)):
            x = x + part(norm(x)) if self.norm_first else norm(x + part(x))
        return x  # type: ignore[return-value]  # a Tensor, since the weights are
