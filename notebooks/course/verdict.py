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
        picture = "" if self.picture is None else f"<div>{image(self.picture, self.text)}</div>"
        return f'<div style="border-left: 4px solid {colour}; padding: 2px 10px">{text}{picture}</div>'


def image(drawing, alt):
    """A drawing as an image for notebooks, at most as wide as their column.

    JupyterLab shows an image in any notebook, and an `<svg>` only in one whose cells have been run there.
    """
    data = base64.b64encode(drawing._repr_svg_().encode()).decode()
    return f'<img alt="{html.escape(alt)}" style="max-width: 100%" src="data:image/svg+xml;base64,{data}">'
