"""A page in a notebook: in a frame, which needs nothing; or as a widget, whose numbers Python reads and sets."""

from __future__ import annotations

import base64
import gzip
import html
import math
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ..core import Node
from ..texts import visible
from .page.describing import LONG
from .reading import Reading

__all__ = ["framed", "numbers_of", "sentence", "widget_of"]

HEIGHT = 640  # pixels

# A page is small when it is packed, and a notebook with many of them is saved with each.
UNPACK = """<!DOCTYPE html><meta charset="utf-8"><script>(async () => {
const bytes = Uint8Array.from(atob("%s"), (c) => c.charCodeAt(0));
const page = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
document.open(); document.write(page); document.close();
})();</script>"""


def framed(page: str, svg: str, title: str, height: int = HEIGHT) -> str:
    """A page as HTML for a notebook, in a frame. Where frames are taken out, as on GitHub, its picture is seen instead.

    Args:
        page: the page, as HTML with everything in it.
        svg: the picture.
        title: what a screen reader calls the frame.
        height: of the frame, in pixels. The reader may change it.

    Example:
        >>> framed("<p>page</p>", "<svg/>", "graph").startswith("<div style=")
        True
    """
    packed = base64.b64encode(gzip.compress(page.encode(), mtime=0)).decode()
    picture, title = base64.b64encode(svg.encode()).decode(), html.escape(title)
    around = f"position: relative; height: {height}px; min-height: 200px; resize: vertical; overflow: hidden;"
    inside = "position: absolute; inset: 0; width: 100%; height: 100%; box-sizing: border-box; border: 1px solid #8886; border-radius: 6px;"
    return (
        f'<div style="{around}"><img alt="{title}" style="max-width: 100%; max-height: 100%;" src="data:image/svg+xml;base64,{picture}">'
        f'<iframe title="{title}" style="{inside} background: #fff;" srcdoc="{html.escape(UNPACK % packed)}"></iframe></div>'
    )


def sentence(text: str) -> str:
    """A picture that is a sentence, in place of one that cannot be drawn.

    Example:
        >>> sentence("There is no picture.").startswith("<svg")
        True
    """
    width = 8 * len(text) + 16
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="32"><text x="8" y="21" font-family="sans-serif" '
        f'font-size="14" fill="#64748b">{html.escape(text)}</text></svg>'
    )


def numbers_of(reading: Reading) -> dict[str, Any]:
    """The numbers that can be changed in the page of a graph, by the labels of its leaves.

    Arrays are nested lists.

    A leaf without a label, or with that of another node, is left out.

    Example:
        >>> from autograd import Value
        >>> numbers_of(Reading([Value(2.0, label="x") * Value(3.0)]))
        {'x': 2.0}
    """
    labels = {x: visible(x.label, LONG) for x in reading.inputs if isinstance(x, Node) and x.label}
    counts = Counter(labels.values())
    return {label: _listed(x.data) for x, label in labels.items() if x.primitive is None and x.requires_grad and counts[label] == 1}


def widget_of(page: str, numbers: Mapping[str, Any], title: str) -> Any:
    """A page as a widget of anywidget.

    Its attributes `numbers` and `height` are the same in the page and in Python.

    Raises:
        ModuleNotFoundError: anywidget is not installed.
    """
    return _kind()(page=page, numbers=dict(numbers), title=title)


@cache
def _kind() -> Any:
    """The class of the widgets, made when the first one is needed, since importing anywidget takes half a second."""
    try:
        import anywidget
        import traitlets
    except ModuleNotFoundError:
        raise ModuleNotFoundError('A page whose numbers Python reads needs anywidget: pip install "glassgrad[notebooks]".') from None

    class PageWidget(anywidget.AnyWidget):  # type: ignore[misc, unused-ignore]
        """The page of a graph; see `Drawing.widget`."""

        _esm = Path(__file__).with_name("page").joinpath("widget.js").read_text(encoding="utf-8")
        page = traitlets.Unicode().tag(sync=True)
        title = traitlets.Unicode().tag(sync=True)
        height = traitlets.Int(HEIGHT).tag(sync=True)
        numbers = traitlets.Dict().tag(
            sync=True, to_json=lambda x, _: {k: _mapped(_shown, y) for k, y in x.items()},
            from_json=lambda x, _: {k: _mapped(float, y) for k, y in x.items()},
        )  # fmt: skip

        @traitlets.validate("numbers")
        def _check(self, proposal: Any) -> Any:
            """What is assigned takes the place of the numbers with the same labels."""
            for label, x in proposal["value"].items():
                if label not in self.numbers:
                    raise ValueError(
                        f"There is no leaf {label!r} in this page; its leaves are {', '.join(self.numbers) or 'without labels'}."
                    )
                if np.shape(x) != np.shape(self.numbers[label]):
                    raise ValueError(
                        f"The leaf {label!r} has numbers of shape {np.shape(self.numbers[label])}, and these have shape {np.shape(x)}."
                    )
            return self.numbers | {label: _mapped(float, _listed(x)) for label, x in proposal["value"].items()}

    return PageWidget


def _mapped(f: Callable[[Any], float | str], x: object) -> Any:
    return [_mapped(f, y) for y in x] if isinstance(x, list) else f(x)


def _shown(x: float) -> float | str:
    """A number for JSON, which has no nan and no infinity."""
    return x if math.isfinite(x) else repr(x).replace("inf", "Infinity").replace("nan", "NaN")


def _listed(data: object) -> Any:
    return np.asarray(data).tolist()
