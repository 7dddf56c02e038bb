"""A program for any number of rows, from programs for a few: they are the same but for the numbers in which the rows are counted."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

__all__ = ["RowsError", "for_any_rows"]

TOKEN = re.compile(r"\w+(?:\.\d+)?(?:e[+-]?\d+)?|\s+|.")
NUMBER = re.compile(r"\d+(\.\d+)?(e[+-]?\d+)?")


class RowsError(ValueError):
    """The programs differ in more than numbers, or in numbers that do not follow from the number of rows."""


def for_any_rows(texts: Sequence[str], counts: Sequence[int], name: str = "rows") -> str:
    """The text of a program in which the number of rows is a variable.

    Args:
        texts: three texts of the program, each for another number of rows. The first two show how each number depends on the
            number of rows, and the third has to agree.
        counts: these numbers of rows.
        name: the name of the variable.

    Raises:
        RowsError: there is no such program.

    Example:
        >>> for_any_rows(["a[10] / 5", "a[14] / 7", "a[22] / 11"], [5, 7, 11])
        'a[2 * rows] / rows'
    """
    parts = [TOKEN.findall(text) for text in texts]
    if len({len(tokens) for tokens in parts}) > 1:
        raise RowsError("it has another form for each number of rows")
    return "".join(x[0] if len(set(x)) == 1 else _formula(x, counts, name) for x in zip(*parts, strict=True))


def _formula(tokens: Sequence[str], counts: Sequence[int], name: str) -> str:
    """What some numbers are, in terms of the number of rows."""
    if not all(map(NUMBER.fullmatch, tokens)):
        raise RowsError(f"its text has {tokens[0].strip()!r} for {counts[0]} rows and {tokens[1].strip()!r} for {counts[1]}")
    a, b, c = map(float, tokens)
    m, n, k = counts
    slope = (b - a) / (n - m)
    rest = a - slope * m
    if slope == round(slope) and slope * k + rest == c:
        factor, offset = round(slope), round(rest)
        product = name if factor == 1 else f"{factor} * {name}"
        return product if not offset else f"({product} {'+' if offset > 0 else '-'} {abs(offset)})"
    if math.isclose(a * m, b * n, rel_tol=1e-14) and math.isclose(a * m, c * k, rel_tol=1e-14):
        share = a * m
        whole = round(share) if math.isclose(share, round(share), rel_tol=1e-14) else share
        return f"({whole!r} / {name})"
    raise RowsError(f"{tokens[0]}, {tokens[1]} and {tokens[2]} do not follow from {m}, {n} and {k} rows")
