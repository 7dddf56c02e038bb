"""The page of a graph: a graph to touch, and to step through forward and backward.

It is for a browser, and needs no internet connection.

The page computes. `operations` prints what each operation does as JavaScript, from the table; `describing` says what
there is in the graph; the files beside them are the page itself: `page.html`, `palette.css` with the colours,
`page.css`, and the scripts of `SCRIPTS`, of which `words.js` is what it says. A page is these files put together;
`widget.js` is not in it, and shows one in a notebook.
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

from ...errors import describe
from ...texts import visible
from ..reading import Reading
from .describing import described

__all__ = ["page_of"]

# Each uses only what stands before it.
SCRIPTS = (
    "words", "numbers", "formulas", "graph", "walk", "units", "heat", "layout", "cards", "view", "state", "plot", "steps", "panel", "keys",
)  # fmt: skip
TITLE = 60  # characters of the name in a title


def page_of(reading: Reading, fold: int | None, name: str) -> str:
    """The page, as HTML with everything in it.

    Args:
        reading: the graph.
        fold: how many levels of modules are open at first; None for as many as are clear.
        name: the name of the file.

    Raises:
        ValueError: there is no single number to start from.
        RuntimeError: a leaf was changed after it was used.

    Example:
        >>> from autograd import Value
        >>> reading = Reading([Value(2.0, label="x").tanh()])
        >>> page_of(reading, None, "tanh").splitlines()[0]
        '<!DOCTYPE html>'
    """
    if reading.titles:
        raise ValueError(
            "A page goes through one backward pass, and this drawing compares the two graphs of a compiled function. Draw the result "
            "of its `.function`, the function as it was written, for a small example."
        )
    if len(reading.roots) > 1:
        raise ValueError(f"A page goes through one backward pass, and this drawing has {len(reading.roots)} results; draw one of them.")
    root = reading.roots[0]
    if not root.requires_grad:
        raise ValueError(f"A page goes through the backward pass, and {describe(root)} is a constant, which has none.")
    data, programs = described(reading, fold, name)
    parts = {
        "title": html.escape(f"{visible(root.label or name, TITLE)}: backpropagation"),
        "style": _file("palette.css") + _file("page.css"),
        # A script element ends at the first "</script", in whatever label that stands.
        "graph": json.dumps(data, allow_nan=False).replace("<", "\\u003c"),
        "programs": programs.replace("</", "<\\/"),
        "script": "\n".join(_file(f"{script}.js") for script in SCRIPTS),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _file("page.html"))


def _file(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
