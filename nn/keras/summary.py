"""`model.summary()`: Keras' table."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any

__all__ = ["size_text", "table"]

Rows = Sequence[Sequence[str]]


def table(name: str, rows: Rows, total: int, trainable: int, connected: bool, print_fn: Callable[[str], Any]) -> None:
    """Print the table of a model.

    Args:
        name: the model's.
        rows: for each layer its name with its type, the shape of its output, its number of parameters, and what it is
            connected to.
        total, trainable: the numbers of parameters.
        connected: whether the last column is shown.
        print_fn: what is called with the text.

    Example:
        >>> table("line", [("dense (Dense)", "(None, 1)", "2", "")], 2, 2, False, print)  # doctest: +NORMALIZE_WHITESPACE
        Model: "line"
        ┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
        ┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
        ┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
        │ dense (Dense)                   │ (None, 1)              │             2 │
        └─────────────────────────────────┴────────────────────────┴───────────────┘
         Total params: 2 (8.00 B)
         Trainable params: 2 (8.00 B)
         Non-trainable params: 0 (0.00 B)
    """
    heads = ["Layer (type)", "Output Shape", "Param #", "Connected to"][: 4 if connected else 3]
    widths = [19, 17, 10, 17] if connected else [31, 22, 13]

    def line(cells: Sequence[str], bar: str) -> str:
        texts = [f" {c:>{n}} " if i == 2 else f" {c:<{n}} " for i, (c, n) in enumerate(zip(cells, widths, strict=False))]
        return bar + bar.join(texts) + bar

    def rule(left: str, dash: str, cross: str, right: str) -> str:
        return left + cross.join(dash * (n + 2) for n in widths) + right

    def wrapped(row: Sequence[str]) -> str:
        cells = [textwrap.wrap(cell, n) or [""] for cell, n in zip(row, widths, strict=False)]
        return "\n".join(line(texts, "│") for texts in zip_longest(*cells, fillvalue=""))

    body = f"\n{rule('├', '─', '┼', '┤')}\n".join(map(wrapped, rows))
    print_fn(
        "\n".join(
            [
                f'Model: "{name}"', rule("┏", "━", "┳", "┓"), line(heads, "┃"), rule("┡", "━", "╇", "┩"), body, rule("└", "─", "┴", "┘"),
                f" Total params: {total:,} ({size_text(4 * total)})", f" Trainable params: {trainable:,} ({size_text(4 * trainable)})",
                f" Non-trainable params: {total - trainable:,} ({size_text(4 * (total - trainable))})",
            ]
        )
    )  # fmt: skip


def size_text(size: float) -> str:
    """A number of bytes as text.

    Example:
        >>> size_text(11788)
        '11.51 KB'
    """
    for unit in ("B", "KB", "MB"):
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} GB"
