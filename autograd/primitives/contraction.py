"""The table of derivatives: sums of products in Einstein's notation, which includes every product of arrays."""

from __future__ import annotations

import string
from typing import Any

import numpy as np

from ..core import Case, Primitive
from .batching import Batch
from .indexing import scatter


def _gradients(g: Any, y: Any, *xs: Any, subscripts: str) -> list[Any]:
    """The gradient of each factor: a sum of products of the gradient and the other factors."""
    inputs, output = subscripts.split("->")
    names = inputs.split(",")
    return [_gradient(g, output, xs, names, i) for i in range(len(xs))]


def _gradient(g: Any, output: str, xs: Any, names: list[str], i: int) -> Any:
    lengths = dict(zip(names[i], xs[i].shape, strict=True))
    factors = [(g, output), *((x, own) for j, (x, own) in enumerate(zip(xs, names, strict=True)) if j != i)]
    present = {name for _, own in factors for name in own}
    # Along axes that were only summed over, all entries get the same gradient.
    factors += [(np.ones(n, xs[i].dtype), name) for name, n in lengths.items() if name not in present]
    axes = "".join(lengths)
    gradient = einsum(*(x for x, _ in factors), subscripts=f"{','.join(own for _, own in factors)}->{axes}")
    if len(lengths) == len(names[i]):
        return gradient
    grids = np.ix_(*(np.arange(n) for n in lengths.values()))  # if a name is repeated, only the diagonal was used
    return scatter(gradient, index=tuple(grids[axes.index(name)] for name in names[i]), shape=xs[i].shape)


def _of_batch(batch: Batch, *xs: Any, subscripts: str) -> Any:
    inputs, output = subscripts.split("->")
    examples = next(name for name in string.ascii_letters if name not in subscripts)
    names = [examples * has_axis + own for own, has_axis in zip(inputs.split(","), batch.has_axis, strict=True)]
    return einsum(*xs, subscripts=f"{','.join(names)}->{examples}{output}")


einsum: Primitive = Primitive(
    "einsum", symbol="einsum", latex=lambda *xs: r"\sum " + r" \, ".join(xs), analytic=True, elementwise=False, sums=True,
    cases=(
        Case((2, 3), (3, 2), subscripts="ij,jk->ik"), Case((3, 3), subscripts="ii->i"), Case((2, 3), (2,), subscripts="ij,i->"),
        Case((2,), (3,), (2, 3), subscripts="i,j,ij->ji"), Case((2, 3, 3), subscripts="ijj->"),
    ),
    scalar=None, array=lambda *xs, subscripts: np.einsum(subscripts, *xs),
    numpy=lambda w, y, *xs, subscripts: f"np.einsum({', '.join([repr(subscripts), *map(w.text_of, xs)])})",
    vjp=_gradients,
    batch=_of_batch,
    doc="""A sum of products: the axes of each factor, and of the result, have names, and all others are summed over.

    >>> einsum(np.array([1.0, 2.0]), np.array([10.0, 20.0]), subscripts="i,i->")
    np.float64(50.0)
    """,
)  # fmt: skip

__all__ = ["einsum"]
