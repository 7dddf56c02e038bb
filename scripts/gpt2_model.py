"""GPT-2 (Radford and others, 2019), with the names of Hugging Face's files, whose weights it takes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nn
from autograd import Tensor, no_grad, tanh
from nn.functional import scaled_dot_product_attention

HEAD = 64  # the width of a head, in GPT-2 of all sizes
PREFIX = "transformer."  # of the names in files with the head


class GPT2(nn.Module):
    """The model: embeddings of tokens and places, blocks, a last normalisation, and the token embedding again as the head.

    Args:
        tokens: how many different tokens there are.
        places: the length of the longest text.
        width: the length of the vector at each place; heads are 64 wide.
        layers: how many blocks there are.
    """

    def __init__(self, tokens: int = 50257, places: int = 1024, width: int = 768, layers: int = 12) -> None:
        self.wte, self.wpe = nn.Embedding(tokens, width), nn.Embedding(places, width)
        self.h = nn.ModuleList([Block(width) for _ in range(layers)])
        self.ln_f = nn.LayerNorm(width)

    def forward(self, tokens: NDArray[np.integer[Any]]) -> Tensor:
        """The scores of all tokens to come next, at each place: (n, places) → (n, places, tokens)."""
        x = self.wte(tokens) + self.wpe(np.arange(tokens.shape[-1]))
        for block in self.h:
            x = block(x)
        return self.ln_f(x) @ self.wte.weight.T

    def continued(self, tokens: list[int], count: int) -> list[int]:
        """The tokens, and as many more, each the one with the highest score."""
        tokens = list(tokens)
        with no_grad():
            for _ in range(count):
                tokens.append(int(self(np.array([tokens[-len(self.wpe.weight) :]])).data[0, -1].argmax()))
        return tokens


class Block(nn.Module):
    """One layer: each place reads from those before it, and then computes by itself; both add to what there is."""

    def __init__(self, width: int) -> None:
        self.ln_1, self.attn, self.ln_2, self.mlp = nn.LayerNorm(width), Attention(width), nn.LayerNorm(width), Perceptron(width)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class Attention(nn.Module):
    """Attention in several heads, in which no place reads from a later one."""

    def __init__(self, width: int) -> None:
        self.c_attn, self.c_proj = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        n, places, width = x.shape
        parts = self.c_attn(x).reshape(n, places, 3, width // HEAD, HEAD).transpose(2, 0, 3, 1, 4)
        mixed = scaled_dot_product_attention(*parts, is_causal=True)
        return self.c_proj(mixed.transpose(0, 2, 1, 3).reshape(n, places, width))


class Perceptron(nn.Module):
    """Two layers with a GELU between them, which GPT-2 has in the approximation with tanh."""

    def __init__(self, width: int) -> None:
        self.c_fc, self.c_proj = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        x = self.c_fc(x)
        return self.c_proj(0.5 * x * (1.0 + tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x * x * x))))


def load(path: Path) -> GPT2:
    """The model of the sizes in a file, with its weights.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it holds no weights of GPT-2.
    """
    weights = {name.removeprefix(PREFIX): x for name, x in nn.load(path).items()}
    if not weights.keys() >= {"wte.weight", "wpe.weight"}:
        raise ValueError(f"{path} holds no weights of GPT-2: it has no wte.weight and wpe.weight.")
    head = weights.pop("lm_head.weight", weights["wte.weight"])
    if not np.array_equal(head, weights["wte.weight"]):
        raise ValueError(f"{path} holds no weights of GPT-2: its lm_head.weight is another than its wte.weight.")
    tokens, width = weights["wte.weight"].shape
    layers = len({name.split(".")[1] for name in weights if name.startswith("h.")})
    model = GPT2(tokens, len(weights["wpe.weight"]), width, layers)
    model.load_state_dict(_as_linear(weights))
    return model.eval()


def _as_linear(weights: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The weights without the causal masks; those of the blocks' matrices, (ins, outs) in the file, are (outs, ins) in a Linear."""
    kept = {name: x for name, x in weights.items() if not name.endswith((".attn.bias", ".attn.masked_bias"))}
    return {name: x.T if x.ndim == 2 and name.startswith("h.") else x for name, x in kept.items()}
