"""Users' texts in Python, HTML and LaTeX: always shown as text, and never as code.

Such texts are labels, and names of modules and scopes.

A name may contain anything. Characters that would end a line, reverse the direction of the text or be invisible
are written as in a Python string, and each language adds its own escapes.
"""

from __future__ import annotations

import html
import re
import unicodedata

__all__ = ["html_label", "in_docstring", "in_latex", "visible"]

LONG = 200  # characters; only the beginning of a longer text is shown in a picture or a comment
JOINERS = "\u200c\u200d"  # parts of words in Persian, and of emoji
SIGNS = {i: 0x2400 + i for i in range(32) if chr(i) not in "\n\r"} | {127: 0x2421}  # ␀, ␛ and so on
NO_CHARACTERS = re.compile("[\ud800-\udfff\ufffe\uffff]")
LATEX = {c: f"\\{c}" for c in "_{}%$&#"} | {
    "\\": r"\backslash ", "^": r"{\wedge}", "~": r"{\sim}", " ": r"\ ", "-": "{-}", "…": r"{\ldots}",
}  # fmt: skip


def visible(text: str, most: int | None = None) -> str:
    """`text` in one line of visible characters, of limited length.

    Example:
        >>> visible("hidden\\n\\ud800"), visible("x" * 100, 8)
        ('hidden\\\\n\\\\ud800', 'xxxxxxx…')
    """
    if text.isprintable() and (most is None or len(text) <= most):
        return text
    shown = [c if c.isprintable() or c in JOINERS or unicodedata.category(c) == "Zs" else ascii(c)[1:-1] for c in text[:most]]
    if most is not None and (len(text) > most or sum(map(len, shown)) > most):
        length = sum(map(len, shown))
        while length >= most:
            length -= len(shown.pop())
        shown.append("…")
    return "".join(shown)


def in_docstring(text: str, most: int) -> str:
    """`text` for a docstring, of limited length."""
    escaped = (visible(text, length).replace("\\", r"\\").replace('"', r"\"") for length in range(most, 0, -1))
    return next(shown for shown in escaped if len(shown) <= most)


def html_label(text: str) -> str:
    """`text` for an HTML-like label of Graphviz. It keeps its lines; control characters become symbols."""
    text = NO_CHARACTERS.sub("\ufffd", text if len(text) <= LONG else f"{text[: LONG - 1]}…").translate(SIGNS)
    lines = [visible(line) for line in re.split(r"\r\n?|\n", text)]
    return '<br align="left"/>'.join(html.escape(line.replace("\\", r"\\")) for line in lines)


def in_latex(text: str) -> str:
    """`text` in a formula, inside of a font such as `\\mathrm{…}`."""
    return "".join(LATEX.get(c, c) for c in visible(" ".join(text.splitlines()), LONG))
