"""The table of derivatives: attention, the step that transformers are named after."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core import Case, Primitive
from .choices import where
from .products import _swap, matmul
from .reductions import max_, softmax, softmax_gradient


def _attention(q: Any, k: Any, mask: Any) -> Any:
    shares = np.matmul(q, k.swapaxes(-1, -2))
    shares *= q.shape[-1] ** -0.5
    if np.ndim(mask):  # a single number changes nothing
        shares = np.add(shares, mask, out=None if np.iscomplexobj(mask) else shares)
    top = np.max(shares.real, axis=-1, keepdims=True, initial=-np.inf)
    shares -= np.where(np.isfinite(top), top, 0)
    np.exp(shares, out=shares)
    total = np.sum(shares, axis=-1, keepdims=True)
    shares /= np.where(total == 0, 1, total)
    return shares


def _attention_gradients(g: Any, shares: Any, q: Any, k: Any, mask: Any) -> list[Any]:
    scores = softmax_gradient(g, shares, None)
    scale = 1 / math.sqrt(q.shape[-1])
    return [matmul(scores, k) * scale, matmul(_swap(scores), q) * scale, scores]


def _attention_composed(q: Any, k: Any, mask: Any) -> Any:
    scores = matmul(q * q.shape[-1] ** -0.5, _swap(k))
    if not np.ndim(mask):
        return softmax(scores, axis=-1)
    scores = scores + mask
    shares = softmax(scores, axis=-1)
    if isinstance(mask, np.ndarray) and np.isfinite(mask).any(axis=-1).all():
        return shares
    return where(max_(scores, axis=-1, keepdims=True) > -np.inf, shares, 0.0)  # the softmax of -inf alone is nan


attention: Primitive = Primitive(
    "attention", symbol="attention", latex=r"\operatorname{softmax}(#1 \, #2^\top / \sqrt{d} + #3)",
    analytic=True, elementwise=False, sums=True,
    cases=(Case((2, 3, 4), (2, 5, 4), (3, 5)), Case((2, 2, 3, 1), (2, 2, 3, 1), (2, 1, 1, 3)), Case((3, 2), (4, 2), ())),
    scalar=None, array=_attention,
    composition=lambda y, *xs: _attention_composed(*xs),
    onnx=_attention_composed,
    vjp=_attention_gradients,
    batch=lambda batch, *xs: attention(*batch.aligned(xs)),
    doc="""How much each query takes from each key: softmax(q kᵀ / √d + mask) (Vaswani and others, 2017).

    `q` (…, targets, d) and `k` (…, sources, d); the `mask` broadcasts to the result (…, targets,
    sources), and is -inf where nothing is to be taken. Where that is everywhere, the shares are 0.

    >>> attention(np.ones((1, 4)), np.ones((3, 4)), np.array([0.0, 0.0, -np.inf]))
    array([[0.5, 0.5, 0. ]])
    """,
)  # fmt: skip
