"""The table of derivatives: where entries stand in order. These are numbers of places, and have no derivative.

They are inputs of `take_along_axis` and `lookup`, and so a sorted array is made of entries of the table.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..core import Case, Primitive
from .batching import Batch
from .shapes import axes_of_batch

argsort: Primitive = Primitive(
    "argsort", symbol="argsort", latex=r"\operatorname{argsort}(#1)", elementwise=False,
    cases=(Case((3,), axis=0), Case((2, 3), axis=-1)),
    scalar=None, array=lambda x, axis=-1: np.argsort(x, axis, kind="stable"),
    numpy=lambda w, y, x, axis=-1: f'np.argsort({w.text_of(x)}, {axis}, kind="stable")',
    vjp=(None,),
    batch=lambda batch, x, axis=-1: argsort(x, axis=int(axes_of_batch(x, axis)[0])),
    doc="""The places of the smallest entry along an axis, of the next one, and so on.

    Of equal entries, the first comes first.

    >>> argsort(np.array([3.0, 1.0, 2.0]))
    array([1, 2, 0])
    """,
)  # fmt: skip


def _searchsorted_of_batch(batch: Batch, sorted_: Any, x: Any, side: str = "left") -> Any:
    if batch.has_axis[0]:
        return batch.one_by_one(functools.partial(searchsorted, side=side), (sorted_, x))
    return searchsorted(sorted_, x, side=side)


searchsorted: Primitive = Primitive(
    "searchsorted", symbol="searchsorted", latex=r"\operatorname{searchsorted}(#1, #2)", elementwise=False,
    cases=(Case((3,), (2,), side="right"),),
    scalar=None, array=lambda sorted_, x, side="left": np.searchsorted(sorted_, x, side),
    numpy=lambda w, y, sorted_, x, side="left": f"np.searchsorted({w.text_of(sorted_)}, {w.text_of(x)}, {side!r})",
    vjp=(None, None),
    batch=_searchsorted_of_batch,
    doc="""How many entries of a sorted list are below each number ("left"), or not above it ("right").

    >>> searchsorted(np.array([1.0, 2.0, 3.0]), np.array([2.0, 9.0]), side="right")
    array([2, 3])
    """,
)  # fmt: skip

__all__ = ["argsort", "searchsorted"]
