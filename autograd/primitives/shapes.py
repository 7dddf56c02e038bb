"""The table of derivatives: arrays in other shapes, and with their axes in another order.

None of these changes a number, so each derivative puts the gradient back where its number came
from: the rule of `reshape` is a reshape, and that of `transpose` a transpose.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Case, Node, Primitive
from . import algebra, printing


def _reshape_in_numpy(w: printing.Writer, y: Node, x: Any, shape: Any) -> str:
    shape = y.shape  # without a -1
    if not isinstance(x, Node) or (x.shape == () and shape):
        return f"np.full({shape}, {w.text_of(x)})" if shape != (1,) else f"np.array([{w.text_of(x)}])"
    if shape == ():
        return f"{w.owner(x)}[{', '.join('0' * len(x.shape))}]"
    if len(shape) == 1:
        return f"{w.owner(x)}.ravel()"
    if len(x.shape) == 1 and shape == (*x.shape, 1):
        return f"{w.owner(x)}[:, None]"
    if tuple(n for n in shape if n != 1) == x.shape and 1 not in x.shape:
        index = ["None" if n == 1 else ":" for n in shape]
        while index[-1] == ":":
            index.pop()
        if index[:-1].count(":") == len(index) - 1 > 1:
            index = ["...", "None"]
        return f"{w.owner(x)}[{', '.join(index)}]"
    return f"{w.owner(x)}.reshape({', '.join(map(str, shape))})"


def _transpose_in_numpy(w: printing.Writer, y: Node, x: Any, axes: Any = None) -> str:
    return f"{w.owner(x)}.T" if axes is None or len(y.shape) == 2 else f"{w.owner(x)}.transpose({axes})"


def axes_of_batch(x: Any, axis: Any) -> tuple[int, ...]:
    """The axes of a batch `x` that are called `axis` in each example.

    `axis` may be one or several, or None for all. The first axis of `x` counts the examples.
    """
    if axis is None:
        return tuple(range(1, x.ndim))
    return tuple(int(a) % (x.ndim - 1) + 1 for a in np.atleast_1d(axis))


reshape: Primitive = Primitive(
    "reshape", symbol="reshape", latex="#1", analytic=True, elementwise=False, kind="shape",
    cases=(Case((2, 3), shape=(3, 2)), Case((), shape=(1, 1)), Case((0, 3), shape=(3, 0))),
    scalar=None, array=lambda x, shape: np.asarray(x).reshape(shape),
    numpy=printing.View(_reshape_in_numpy), simplify=algebra.reshape,
    vjp=(lambda g, y, x, shape: reshape(g, shape=x.shape),),
    batch=lambda batch, x, shape: reshape(x, shape=(batch.size, *batch.shape)),
    doc="""The same entries in another shape.

    >>> reshape(np.arange(4.0), shape=(2, 2))
    array([[0., 1.],
           [2., 3.]])
    """,
)  # fmt: skip
transpose: Primitive = Primitive(
    "transpose", symbol="ᵀ", latex=r"#1^\top", analytic=True, elementwise=False, kind="shape",
    cases=(Case((2, 3), axes=None), Case((2, 3, 4), axes=(2, 0, 1))),
    scalar=None, array=lambda x, axes=None: x.transpose(axes),
    numpy=printing.View(_transpose_in_numpy), simplify=algebra.transpose,
    vjp=(lambda g, y, x, axes=None: transpose(
        g, axes=None if axes is None else tuple(np.argsort([a % len(axes) for a in axes]).tolist())),),
    batch=lambda batch, x, axes=None: transpose(x, axes=(0, *axes_of_batch(x, axes or range(x.ndim - 1)[::-1]))),
    doc="""The axes in another order; reversed if none is given.

    >>> transpose(np.ones((2, 3))).shape
    (3, 2)
    """,
)  # fmt: skip
expand_dims = Primitive(
    "expand_dims", symbol="expand dims", latex="#1", analytic=True, elementwise=False, kind="shape",
    cases=(Case((2, 3), axis=1), Case((3,), axis=(0, -1))),
    scalar=None, array=lambda x, axis: np.expand_dims(x, axis),
    composition=lambda y, x, axis: reshape(x, shape=y.shape),
    simplify=algebra.as_reshape,
    vjp=(lambda g, y, x, axis: reshape(g, shape=x.shape),),
    batch=lambda batch, x, axis: reshape(x, shape=(batch.size, *batch.shape)),
    doc="""New axes of length 1 at the given places.

    >>> expand_dims(np.ones(3), axis=0).shape
    (1, 3)
    """,
)  # fmt: skip
squeeze = Primitive(
    "squeeze", symbol="squeeze", latex="#1", analytic=True, elementwise=False, kind="shape",
    cases=(Case((2, 1, 3, 1), axis=None), Case((1, 3, 1), axis=0)),
    scalar=None, array=lambda x, axis=None: np.squeeze(x, axis),
    composition=lambda y, x, axis=None: reshape(x, shape=y.shape),
    simplify=algebra.as_reshape,
    vjp=(lambda g, y, x, axis=None: reshape(g, shape=x.shape),),
    batch=lambda batch, x, axis=None: reshape(x, shape=(batch.size, *batch.shape)),
    doc="""Without the axes of length 1 (or those given).

    >>> squeeze(np.ones((1, 3))).shape
    (3,)
    """,
)  # fmt: skip
