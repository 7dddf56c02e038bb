"""What a check says: a `Verdict`, which a notebook shows; and `Wrong`, which a check raises."""

import base64
import html
import re

__all__ = ["Verdict", "Wrong", "image"]

GREEN, RED, GREY = "#2a9d4a", "#d90429", "#94a3b8"


class Wrong(Exception):  # noqa: N818 (it is an answer, not a fault of a program)
    """The answer is wrong, and why.

    Args:
        why: the name of a text in `texts_en.toml`.
        picture: a drawing that shows where.
        facts: what stands in the text in braces.
    """

    def __init__(self, why, picture=None, **facts):
        super().__init__(why)
        self.why, self.picture, self.facts = why, picture, facts


class Verdict:
    """What `check` found. It is true if the answer is right.

    Attributes:
        why: "right", or the name of the text that says what is wrong.
        text: that text.
        picture: a drawing that shows where it went wrong, or None.
    """

    def __init__(self, why, text, picture=None):
        self.why, self.text, self.picture = why, text, picture

    def __bool__(self):
        return self.why == "right"

    def __repr__(self):
        return self.text

    def _repr_html_(self):
        """For notebooks: the text with a line of green, red or (not answered yet) grey at its side, above the picture."""
        colour = GREEN if self else GREY if self.why in ("empty", "nothing") else RED
        marks = r"`(?P<code>[^`]+)`|\*(?P<em>\w[^*`]*)\*"
        text = re.sub(marks, lambda m: f"<{m.lastgroup}>{m[m.lastgroup]}</{m.lastgroup}>", html.escape(self.text, quote=False))
        picture = "" if self.picture is None else image(self.picture, self.text)
        return f'<div style="border-left: 4px solid {colour}; padding: 2px 10px">{text}{picture}</div>'


def image(drawing, alt, column=640):
    """A drawing as an image for notebooks, made to fit if it is up to twice as wide as their column (in points).

    The texts of a wider one would become too small to read: it is scrolled. JupyterLab shows an image
    in any notebook, and an `<svg>` only in one whose cells have been run there.
    """
    svg = drawing._repr_svg_()
    width = int(re.search(r'<svg width="(\d+)pt"', svg)[1])
    data = base64.b64encode(svg.encode()).decode()
    style = f"max-width: {'100%' if width <= 2 * column else 'none'}"
    tag = f'<img alt="{html.escape(alt)}" style="{style}" src="data:image/svg+xml;base64,{data}">'
    return f'<div style="overflow-x: auto">{tag}</div>'
