"""Networks on arrays that predict, after each letter of a name, the next one.

Each is made for a number of tokens and the length of the longest name. It takes tokens of shape
(n, time), whole numbers, and returns logits of shape (n, tokens, time): for each time the scores of
all tokens to come next. None of them sees later letters.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import nn

__all__ = ["MODELS", "MLP", "Recurrent", "Transformer"]


class MLP(nn.Module):
    """The embeddings of the last letters side by side, and two layers (Bengio and others, 2003)."""

    def __init__(self, tokens: int, longest: int, context: int = 8, embedding: int = 24, hidden: int = 256) -> None:
        self.context, self.before = context, tokens - 1  # the last token, which begins a name, also stands before it
        self.embedding = nn.Embedding(tokens, embedding)
        self.hidden = nn.Linear(context * embedding, hidden)
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(hidden, tokens)

    def forward(self, x: Any) -> Any:
        n, time = x.shape
        padded = np.pad(x, ((0, 0), (self.context - 1, 0)), constant_values=self.before)
        windows = np.lib.stride_tricks.sliding_window_view(padded, self.context, axis=1)
        letters = self.embedding(windows).reshape(n, time, -1)
        return self.head(self.dropout(self.hidden(letters).tanh())).transpose(0, 2, 1)


class Recurrent(nn.Module):
    """Letter by letter, with a memory: `nn.RNN`, `nn.LSTM` or `nn.GRU`."""

    def __init__(self, kind: Callable[..., nn.Module], tokens: int, longest: int, embedding: int = 32, hidden: int = 128) -> None:
        self.embedding = nn.Embedding(tokens, embedding)
        self.memory = kind(embedding, hidden, batch_first=True)
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(hidden, tokens)

    def forward(self, x: Any) -> Any:
        states, _ = self.memory(self.embedding(x))
        return self.head(self.dropout(states)).transpose(0, 2, 1)


class Transformer(nn.Module):
    """Two layers of attention, in which each letter attends to all before it: a small GPT."""

    def __init__(self, tokens: int, longest: int, width: int = 64, heads: int = 4, layers: int = 2) -> None:
        self.embedding = nn.Embedding(tokens, width)
        self.positions = nn.LearnedPositionalEncoding(width, dropout=0.1, max_len=longest, batch_first=True)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(width, heads, 4 * width, activation="gelu", batch_first=True, norm_first=True) for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, tokens)

    def forward(self, x: Any) -> Any:
        x = self.positions(self.embedding(x))
        for layer in self.layers:
            x = layer(x, is_causal=True)
        return self.head(self.norm(x)).transpose(0, 2, 1)


MODELS: dict[str, Callable[[int, int], nn.Module]] = {
    "mlp": MLP,
    "rnn": partial(Recurrent, nn.RNN),
    "lstm": partial(Recurrent, nn.LSTM),
    "gru": partial(Recurrent, nn.GRU),
    "transformer": Transformer,
}
