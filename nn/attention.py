"""Attention, with PyTorch's names: each position of a sequence reads from all positions.

It reads most from those whose keys match its query.
"""

from __future__ import annotations

from functools import reduce
from operator import add

import numpy as np
from numpy.typing import DTypeLike

from autograd import Node, Tensor
from autograd.primitives.attention import attention
from autograd.primitives.choices import where
from autograd.primitives.networks import linear

from . import functional, init
from .inputs import as_input, as_shared_input, check_probability, check_size, describe_kind
from .linear import Linear
from .module import Module
from .parameter import Parameter
from .randomness import Seed, generator
from .types import Data, Input

__all__ = ["MultiheadAttention"]


class MultiheadAttention(Module):
    """softmax(q kᵀ / √d) v in several heads (Vaswani and others, 2017).

    Each head has its own projections of queries, keys and values.

    Args:
        embed_dim: the length of the vectors at each position, in input and output.
        num_heads: the number of heads; each has vectors of length d = embed_dim / num_heads.
        dropout: the probability with which, in training, a weight is set to 0.
        bias: whether the projections have biases.
        kdim, vdim: the lengths of the vectors of keys and values, if not embed_dim.
        batch_first: whether inputs and outputs are (n, places, …) instead of (places, n, …).
        dtype: the precision of the parameters, and so of the outputs.
        rng: a seed or a NumPy generator for the first weights, which are Xavier's (of `out_proj`
            uniform between ±1/√embed_dim), and for the dropout. Biases start at 0.

    Shape:
        query (targets, n, embed_dim), key (sources, n, kdim), value (sources, n, vdim) → output
        (targets, n, embed_dim) and weights (n, targets, sources), which say how much each target
        reads from each source; all without n for one sequence.

        `attn_mask`, (targets, sources) or (n · num_heads, targets, sources), and
        `key_padding_mask`, (n, sources), are arrays of bool, true where nothing is to be taken, or
        of floats, which are added before the softmax. A target that may take from no source gets
        zeros. With `is_causal` and no `attn_mask`, no place takes from a later one. The weights are
        means over the heads; without `average_attn_weights` they are (n, num_heads, targets,
        sources), and without `need_weights` they are None.

    Raises:
        ValueError: a setting is impossible; on a call, shapes do not fit.
        TypeError: a mask is of neither bool nor floats.

    Example:
        >>> attention = MultiheadAttention(8, 2, batch_first=True, rng=0)
        >>> x = np.ones((3, 5, 8))
        >>> output, weights = attention(x, x, x, is_causal=True)
        >>> output.shape, weights.shape
        ((3, 5, 8), (3, 5, 5))
        >>> weights[0, 1].tolist()
        [0.5, 0.5, 0.0, 0.0, 0.0]
    """

    def __init__(
        self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True,
        *, kdim: int | None = None, vdim: int | None = None, batch_first: bool = False, dtype: DTypeLike = np.float32, rng: Seed = None,
    ) -> None:  # fmt: skip
        kdim, vdim = (embed_dim if size is None else size for size in (kdim, vdim))
        sizes = {"embed_dim": embed_dim, "num_heads": num_heads, "kdim": kdim, "vdim": vdim}
        embed_dim, num_heads, kdim, vdim = (check_size("MultiheadAttention", name, size) for name, size in sizes.items())
        if embed_dim % num_heads:
            raise ValueError(f"MultiheadAttention splits embed_dim into heads of equal size; {embed_dim} does not split into {num_heads}.")
        check_probability("MultiheadAttention", dropout, "dropout=")
        self.embed_dim, self.num_heads, self.kdim, self.vdim = embed_dim, num_heads, kdim, vdim
        self.dropout, self.batch_first = dropout, batch_first
        self.rng = None if rng is None else generator(rng)
        if kdim == vdim == embed_dim:
            self.in_proj_weight = init.xavier_uniform_(Parameter(np.empty((3 * embed_dim, embed_dim), dtype)), rng=self.rng)
        else:
            for name, size in (("q", embed_dim), ("k", kdim), ("v", vdim)):
                setattr(self, f"{name}_proj_weight", init.xavier_uniform_(Parameter(np.empty((embed_dim, size), dtype)), rng=self.rng))
        self.in_proj_bias = Parameter(np.zeros(3 * embed_dim, dtype)) if bias else None
        self.out_proj = Linear(embed_dim, embed_dim, bias, dtype=dtype, rng=self.rng)
        if self.out_proj.bias is not None:
            init.zeros_(self.out_proj.bias)

    def forward(
        self, query: Input, key: Input, value: Input, key_padding_mask: Input | None = None, need_weights: bool = True,
        attn_mask: Input | None = None, average_attn_weights: bool = True, is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:  # fmt: skip
        shared = {id(x): as_shared_input(x, self.out_proj.weight.dtype, self) for x in (query, key, value)}
        inputs = [shared[id(x)] for x in (query, key, value)]
        single = self._check_inputs(*inputs)
        if single:
            inputs = [x[:, None] for x in inputs]
        by_sequence = self.batch_first and not single
        apart, together = ((0, 2, 1, 3), (0, 2, 1, 3)) if by_sequence else ((1, 2, 0, 3), (2, 0, 1, 3))
        heads = self.num_heads, self.embed_dim // self.num_heads
        q, k, v = (
            linear(x, weight, bias).reshape(*x.shape[:-1], *heads).transpose(*apart)  # (n, heads, places, d)
            for x, weight, bias in zip(inputs, *self._projections(), strict=True)
        )
        (n, _, targets, _), sources = q.shape, k.shape[2]
        if is_causal and attn_mask is None:
            attn_mask = np.triu(np.ones((targets, sources), bool), 1)
        mask = self._mask(attn_mask, key_padding_mask, n, targets, sources)
        shares = functional.dropout(attention(q, k, mask), self.dropout, self.training, rng=self.rng)
        output: Tensor = self.out_proj((shares @ v).transpose(*together).reshape(*inputs[0].shape))
        if single:
            output = output[:, 0]
        if not need_weights:
            return output, None
        if average_attn_weights:
            shares = shares.mean(axis=1)
        return output, shares[0] if single else shares

    def _projections(self) -> tuple[list[Tensor], list[Tensor | float]]:
        """The weights and the biases of queries, keys and values."""
        e = self.embed_dim
        parts = [slice(0, e), slice(e, 2 * e), slice(2 * e, 3 * e)]
        if hasattr(self, "in_proj_weight"):
            weights = [self.in_proj_weight[part] for part in parts]
        else:
            weights = [getattr(self, f"{name}_proj_weight") for name in "qkv"]
        return weights, [0.0 if self.in_proj_bias is None else self.in_proj_bias[part] for part in parts]

    def _check_inputs(self, query: Data, key: Data, value: Data) -> bool:
        """Raise an error if inputs do not fit; return whether they are one sequence, without the axis of the batch."""
        for name, x, size in (("query", query, self.embed_dim), ("key", key, self.kdim), ("value", value, self.vdim)):
            if x.ndim not in (2, 3) or x.shape[-1] != size:
                axes = f"(n, places, {size})" if self.batch_first else f"(places, n, {size})"
                raise ValueError(
                    f"{self._called()} takes a {name} of shape {axes}, or (places, {size}) for one sequence, and got {x.shape}; "
                    f"batch_first is {self.batch_first}."
                )
            if x.shape[self.batch_first if x.ndim == 3 else 0] == 0:
                raise ValueError(f"{self._called()} got a {name} without any places, of shape {x.shape}.")
        batch = 0 if self.batch_first else 1
        if not (
            key.shape[:-1] == value.shape[:-1] and query.ndim == key.ndim and (query.ndim == 2 or query.shape[batch] == key.shape[batch])
        ):
            raise ValueError(
                f"{self._called()} takes a value for each key, and a query, of the same n; got a query of shape {query.shape}, "
                f"a key of {key.shape} and a value of {value.shape}."
            )
        return bool(query.ndim == 2)

    def _mask(self, attn_mask: Input | None, key_padding_mask: Input | None, n: int, targets: int, sources: int) -> Data | float:
        """Both masks as one to be added to scores of shape (n, heads, targets, sources); 0.0 if there is none."""
        masks: list[Data] = []
        if attn_mask is not None:
            mask = self._additive("attn_mask", attn_mask)
            allowed = ((targets, sources), (n * self.num_heads, targets, sources))
            if mask.shape not in allowed:
                raise ValueError(f"{self._called()} takes an attn_mask of shape {allowed[0]} or {allowed[1]}, and got {mask.shape}.")
            masks.append(mask if mask.ndim == 2 else mask.reshape(n, self.num_heads, targets, sources))
        if key_padding_mask is not None:
            padding = self._additive("key_padding_mask", key_padding_mask)
            if padding.shape != (n, sources) and (n, padding.shape) != (1, (sources,)):
                raise ValueError(f"{self._called()} takes a key_padding_mask of shape {(n, sources)}, and got {padding.shape}.")
            masks.append(padding.reshape(n, 1, 1, sources))
        return reduce(add, masks) if masks else 0.0

    def _additive(self, name: str, mask: object) -> Data:
        """A mask as floats to be added: -inf where a mask of bools is true."""
        if isinstance(mask, Node):
            is_bool = np.dtype(bool) == getattr(mask, "dtype", None) or getattr(mask, "booleans", False)
            return where(mask, -np.inf, 0.0) if is_bool else as_input(mask, self.out_proj.weight.dtype, self)
        mask = np.asarray(mask)
        if mask.dtype.kind not in "bf":
            raise TypeError(
                f"{self._called()} takes {name} as an array of bool, true where nothing is to be taken, or of floats, which are added; "
                f"got {describe_kind(mask)}."
            )
        return (np.where(mask, -np.inf, 0.0) if mask.dtype == bool else mask).astype(self.out_proj.weight.dtype)

    def extra_repr(self) -> str:
        return f"{self.embed_dim}, {self.num_heads}, dropout={self.dropout}, batch_first={self.batch_first}"
