"""The picture of attention: which place reads how much from which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autograd import Node

from .canvas import AS_TEXT, check_finite, name, panels
from .colours import AMOUNTS, blend

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["attention"]


def attention(
    weights: Node | NDArray[Any], queries: Sequence[object] | None = None, keys: Sequence[object] | None = None,
    ax: Axes | Iterable[Axes] | None = None,
) -> NDArray[np.object_]:  # fmt: skip
    """How much each place of a sequence reads from each other place.

    There is a table for each head, with a row for each query and a column for each key.

    White is 0, and dark the largest weight of all heads.

    Args:
        weights: of shape (targets, sources), or (heads, targets, sources), for one sequence: what
            `nn.MultiheadAttention` returns second; with `average_attn_weights=False` for each head.
        queries: the words, or other names, of the places that read; by default their numbers.
        keys: the names of the places that are read from; by default `queries`, if there are as many.
        ax: the matplotlib axes to draw in, one for each head; None for a new figure.

    Returns:
        An array of axes, one for each head.

    Raises:
        ValueError: `weights` have another shape, or contain nan or infinity or a negative number;
            there is not one name for each place; or there are more or fewer axes than heads.
        ModuleNotFoundError: matplotlib is not installed.

    Example:
        >>> import nn
        >>> x = np.random.default_rng(0).normal(size=(3, 8))
        >>> _, weights = nn.MultiheadAttention(8, 2, rng=0)(x, x, x, average_attn_weights=False)
        >>> heads = attention(weights, ["the", "cat", "sat"])
        >>> [panel.get_title() for panel in heads]
        ['head 0', 'head 1']
    """
    numbers = np.asarray(weights.data if isinstance(weights, Node) else weights, dtype=float)
    if numbers.ndim not in (2, 3) or not numbers.size:
        many = "; choose one sequence: weights[0]" if numbers.ndim == 4 else ""
        raise ValueError(
            f"attention draws weights of shape (targets, sources) or (heads, targets, sources), and got {numbers.shape}{many}."
        )
    check_finite("attention", "the weights", numbers)
    if (numbers < 0).any():
        raise ValueError("attention draws weights after the softmax, which are not negative; some of these are.")
    heads = numbers if numbers.ndim == 3 else numbers[None]
    _, targets, sources = heads.shape
    rows = _names("queries", queries, targets)
    columns = rows if keys is None and targets == sources else _names("keys", keys, sources)
    side = float(np.clip(0.3 * max(targets, sources), 2.6, 6.0))
    found = panels(ax, len(heads), width=side + 0.8, height=side * targets / max(targets, sources) + 1.0)
    most = float(heads.max()) or 1.0
    for i, (panel, table) in enumerate(zip(found, heads, strict=True)):
        image = panel.imshow(table, cmap=blend(*AMOUNTS), vmin=0, vmax=most)
        panel.set(title=f"head {i}" if numbers.ndim == 3 else "Attention", xlabel="reads from", ylabel="place that reads")
        for axis, names in ((panel.xaxis, columns), (panel.yaxis, rows)):
            if names is None:
                axis.get_major_locator().set_params(integer=True, min_n_ticks=1)
            else:
                axis.set_ticks(range(len(names)), names, **AS_TEXT)
        if columns is not None:
            panel.tick_params(axis="x", rotation=90)
        panel.tick_params(length=0)
    found[0].figure.colorbar(image, ax=list(found), shrink=0.8, label="weight")
    return found


def _names(what: str, names: Sequence[object] | None, places: int) -> list[str] | None:
    if names is None:
        return None
    if len(names) != places:
        raise ValueError(f"attention got weights for {places} {what} and {len(names)} names; each place needs one.")
    return [name(place) for place in names]
