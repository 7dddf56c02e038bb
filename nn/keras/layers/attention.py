"""`MultiHeadAttention`: sequences are (n, time, features)."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd
from autograd.primitives.attention import attention

from ...functional import dropout as dropped
from .base import Layer

__all__ = ["MultiHeadAttention"]


class MultiHeadAttention(Layer):
    """`autograd.softmax` of query · key / √key_dim, times the values, for several heads at once.

    The queries have the shape (n, time, features).

    Args:
        num_heads: the number of heads.
        key_dim: how long the queries and keys of a head are.
        value_dim: how long its values are; as long as its keys, if None.
        dropout: the share of the attention that is dropped in training.
        use_bias, kernel_initializer, bias_initializer: as in `Dense`.
        output_shape: how many features the output has; as many as the queries, if None.

    Example:
        >>> layer = MultiHeadAttention(num_heads=2, key_dim=8)
        >>> layer(np.ones((3, 5, 4)), np.ones((3, 6, 4))).shape
        (3, 5, 4)
        >>> [array.shape for array in layer.get_weights()][:2], layer.get_weights()[-2].shape
        ([(4, 2, 8), (2, 8)], (2, 8, 4))
    """

    def __init__(
        self, num_heads: int, key_dim: int, value_dim: int | None = None, dropout: float = 0.0, use_bias: bool = True,
        output_shape: int | None = None, kernel_initializer: Any = "glorot_uniform", bias_initializer: Any = "zeros", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.num_heads, self.key_dim, self.value_dim, self.dropout = num_heads, key_dim, value_dim or key_dim, dropout
        self.use_bias, self._features = use_bias, output_shape
        self._kernel_start, self._bias_start = kernel_initializer, bias_initializer

    def _build_for(self, args: tuple[Any, ...]) -> None:
        if not self.built:
            query, value, key = (x.shape[-1] for x in (args[0], args[1], args[2] if args[2:] and args[2] is not None else args[1]))
            features = self._features or query
            heads = self.num_heads
            self.query = self._weights("query", (query, heads, self.key_dim), (heads, self.key_dim))
            self.key = self._weights("key", (key, heads, self.key_dim), (heads, self.key_dim))
            self.value = self._weights("value", (value, heads, self.value_dim), (heads, self.value_dim))
            self.attention_output = self._weights("attention_output", (heads, self.value_dim, features), (features,))
        super()._build_for(args)

    def _weights(self, name: str, kernel: tuple[int, ...], bias: tuple[int, ...]) -> list[Any]:
        weights = [self.add_weight(kernel, self._kernel_start, name=f"{name}/kernel")]
        return [*weights, self.add_weight(bias, self._bias_start, name=f"{name}/bias") if self.use_bias else 0.0]

    def call(
        self, query: Any, value: Any, key: Any = None, attention_mask: Any = None, return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:  # fmt: skip
        """The output, (n, times, features), for queries (n, times, features) and values (n, sources, features).

        Args:
            query, value: the sequences; equal ones for self-attention.
            key: the values, if None.
            attention_mask: (n, times, sources), true where a time takes from a source.
            return_attention_scores: whether the shares, (n, heads, times, sources), follow the output.
            use_causal_mask: whether no time takes from a later one.
        """
        key = value if key is None else key
        q, k, v = self._of_heads(query, self.query), self._of_heads(key, self.key), self._of_heads(value, self.value)
        allowed = np.ones((q.shape[2], k.shape[2]), bool)
        if use_causal_mask:
            allowed = np.tri(*allowed.shape, dtype=bool)
        if attention_mask is not None:
            allowed = allowed & np.asarray(attention_mask, bool)[:, None]
        shares = attention(q, k, np.where(allowed, 0.0, -np.inf).astype(q.dtype))
        taken = (dropped(shares, self.dropout) if self.dropout and self.training else shares) @ v
        kernel, bias = self.attention_output
        joined = autograd.reshape(autograd.transpose(taken, (0, 2, 1, 3)), (q.shape[0], q.shape[2], -1))
        out = joined @ autograd.reshape(kernel, (-1, kernel.shape[-1])) + bias
        return (out, shares) if return_attention_scores else out

    def _of_heads(self, x: Any, weights: list[Any]) -> Any:
        """The queries, keys or values of each head, (n, heads, time, …)."""
        kernel, bias = weights
        y = x @ autograd.reshape(kernel, (kernel.shape[0], -1))
        return autograd.transpose(autograd.reshape(y, (*y.shape[:2], *kernel.shape[1:])) + bias, (0, 2, 1, 3))
