"""The page of the documentation, made of the book itself: `python -m nn.keras` prints it."""

from __future__ import annotations

import inspect

from ..lookup import said_of
from . import (
    activations,
    backend,
    callbacks,
    datasets,
    initializers,
    layers,
    losses,
    metrics,
    models,
    ops,
    optimizers,
    regularizers,
    utils,
)

__all__ = ["page"]

THEMES = (
    models, layers, activations, initializers, regularizers, losses, metrics, optimizers, callbacks, utils, datasets, backend, ops,
)  # fmt: skip


def page() -> str:
    """The whole book as a page of Markdown, a table for each theme: Keras' name, and what it is here.

    Example:
        >>> "| `keras.layers.Dense` | " in page()
        True
    """
    parts = ["# The phrase book of Keras", "", "`from nn import keras`, and a program written for Keras runs.", ""]
    for theme in THEMES:
        book = theme.__name__.removeprefix("nn.")
        parts += [f"## {book}", "", inspect.getdoc(theme) or "", "", "| Keras | here |", "|---|---|"]
        parts += [f"| `{book}.{name}` | {_said_of(name, getattr(theme, name))} |" for name in sorted(theme.__all__)]
        parts.append("")
    return "\n".join(parts)


def _said_of(name: str, entry: object) -> str:
    """The first sentence of an entry's documentation; of what is not Keras', the name that it has here."""
    where = getattr(entry, "__module__", None) or type(entry).__module__
    if not where.startswith("nn.keras"):
        return f"`{where.partition('.')[0]}.{getattr(entry, 'name', None) or getattr(entry, '__name__', name)}`"
    return said_of(entry)
