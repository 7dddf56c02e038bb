"""`draw`, and the drawing that it returns."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from ..compiling.compiled import Compiled
from ..compiling.stages import Stage
from ..core import Node
from ..files import whole_file
from ..structures import leaves
from .comparison import both_open, compared
from .dot import dot_of
from .folding import Folding, open_as_readable, open_to
from .layout import rendered
from .notebook import framed, numbers_of, sentence, widget_of
from .page import page_of
from .picture import picture_of
from .reading import Reading

__all__ = ["Drawing", "draw"]

FORMATS = (".svg", ".png", ".pdf", ".dot", ".html")
DIRECTIONS = ("LR", "TB", "RL", "BT")
LARGEST = 20_000  # nodes of a page
NAME, TITLE = "graph", "A graph and its backward pass"  # of a page in a notebook


def draw(
    root: object,
    *,
    fold: int | None = None,
    direction: str | None = None,
    marks: Mapping[Node, str] | None = None,
) -> Drawing:
    """A picture of the graph from which `root` was computed.

    Boxes are values, with their label, data and grad (for a Tensor its shape, and the norm of its
    gradient). Boxes with square corners and a thick border are leaves, which learning changes; dashed
    boxes are constants. Ellipses are operations. The number on an arrow into an operation is the local
    derivative ∂out/∂in: the derivative along a path is the product of these numbers, and the gradient
    is the sum over all paths. Between arrays, the size of the Jacobian matrix stands there instead.

    Args:
        root: a Value or a Tensor, or a (nested) list of them. Or a function made by
            `autograd.compile` that was called: its graph as it is written is drawn beside the graph
            of arrays that it was compiled to, with the arguments of the first call with the shapes
            of the last one.
        fold: how many levels of modules (and of `autograd.scope`s) are open. Each module further
            inside becomes one box for all its calls. By default everything but losses is open if
            that makes at most 500 boxes, else as many levels as stay readable. For a compiled
            function, this folds the graph as written.
        direction: the direction of the computation: LR (from left to right), TB (top to bottom), RL
            or BT. By default LR; for a compiled function TB, with its two graphs side by side.
        marks: nodes to show in red, each with a note that is written into its box. Only the picture
            shows them, not the page.

    Raises:
        TypeError: `root` is not made of Values and Tensors.
        ValueError: `fold` or `direction` is unknown; a node of `marks` is not in the graph; or the
            graph is too large even for a page. One that is too large for a picture, even with its
            modules folded, is refused by `source` and where the picture is made.
        RuntimeError: a compiled function was not called yet, or not since something that it uses
            was changed.

    Example:
        >>> from autograd import Value
        >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
        >>> picture = draw(a * b)
        >>> picture
        <Drawing of 3 boxes; it shows itself in a notebook, and .save("picture.svg") saves it>
        >>> "digraph" in picture.source
        True
    """
    if direction is not None and direction not in DIRECTIONS:
        raise ValueError(f"direction must be one of {', '.join(DIRECTIONS)}, not {direction!r}.")
    if fold is not None and (isinstance(fold, bool) or not isinstance(fold, int) or fold < 0):
        raise ValueError(f"fold must be the number of levels of modules that stay open, 0, 1, 2, …, or None; not {fold!r}.")
    function = getattr(root, "__func__", root)  # of a method
    if isinstance(function, Compiled):
        reading = compared(function)
        return Drawing(reading, both_open(reading, fold), direction or "TB", fold, marks)
    roots = leaves(root.roots if isinstance(root, Stage) else root)
    for node in roots:
        if not isinstance(node, Node):
            call = "; call it, and draw the result" if callable(node) else ""
            raise TypeError(f"draw() takes a Value or a Tensor, or a list of them, not a {type(node).__name__}{call}.")
    if not roots:
        raise ValueError("draw() got an empty list: there is nothing to draw.")
    reading = Reading(roots)
    try:
        folding: Folding | ValueError = open_as_readable(reading) if fold is None else open_to(reading, fold)
    except ValueError as error:
        if len(reading) > LARGEST:
            raise
        folding = error  # too large for a picture, and a page may do
    return Drawing(reading, folding, direction or "LR", fold, marks)


class Drawing:
    """A picture of a graph, made by `draw`. A notebook shows it, as the page that `save` describes if there can be one.

    It shows the numbers that the graph had when it was drawn. A page (`.html`) is made when it is
    saved, so it cannot be made once a leaf of the graph was changed.

    Example:
        >>> import tempfile
        >>> from autograd import Value
        >>> drawing = draw(Value(2.0, label="x").tanh())
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     drawing.save(folder + "/tanh.dot").name
        'tanh.dot'
    """

    def __init__(
        self,
        reading: Reading,
        folding: Folding | ValueError,
        direction: str,
        fold: int | None,
        marks: Mapping[Node, str] | None,
    ) -> None:
        self._reading, self._folding, self._fold, self._marked = reading, folding, fold, bool(marks)
        self._source = "" if isinstance(folding, ValueError) else dot_of(picture_of(reading, folding, marks=marks), direction)

    @property
    def source(self) -> str:
        """The picture in the DOT language of Graphviz."""
        if isinstance(self._folding, ValueError):
            raise ValueError(f'{self._folding} As a page it can be looked at: .save("graph.html").') from None
        return self._source

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Save the picture in the format of the path's suffix, and return the path.

        `.svg`, `.png` and `.pdf` are pictures, and `.dot` is the source for other tools. `.html` is
        a page to play with, in a browser: it computes the forward and the backward pass itself,
        again with every number that is changed in it, and explains each step. Its modules open and
        close by a click. Its scripts, and those of a page around it, can call
        `window.glassgrad.read()`, which gives `{nodes: [{label, data, grad}, …]}` in full precision,
        and `window.glassgrad.set(label, number)`, which changes a leaf; after each change the window
        has the event `glassgrad`. A `.png` has at most 40 million pixels, so a large drawing is less
        sharp. The file is saved whole, or not at all.

        Raises:
            ValueError: the suffix is unknown; the graph is too large for a picture; the letters of
                a png would be too small to read; or, for a page, there is no single number to start
                a backward pass from.
            RuntimeError: for a page, a leaf was changed after it was used; for a picture, Graphviz
                is not installed, or fails.
            OSError: there is no such folder, or it cannot be written to.

        Example:
            >>> import tempfile
            >>> from autograd import Value
            >>> draw(Value(2.0, label="x").exp()).save(tempfile.mkdtemp() + "/exp.svg").suffix
            '.svg'
        """
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix not in FORMATS:
            raise ValueError(
                f"A drawing is saved as {', '.join(FORMATS[:-1])} or {FORMATS[-1]}, not as {suffix or 'a file without suffix'!r}."
            )
        if not path.parent.is_dir():
            raise FileNotFoundError(f"There is no folder {str(path.parent)!r} to save the drawing in. Make it first, or give another path.")
        content = self._as(suffix, path.stem)
        try:
            with whole_file(path) as file:
                file.write(content)
        except OSError as error:
            raise type(error)(f"The drawing cannot be saved as {str(path)!r}: {error.strerror}.") from None
        return path

    def _as(self, suffix: str, name: str) -> bytes:
        if suffix == ".dot":
            return self.source.encode()
        if suffix == ".html":
            return page_of(self._reading, self._fold, name).encode()
        return rendered(self.source, suffix[1:])

    @cached_property
    def widget(self) -> Any:
        """The page as a widget of anywidget, for notebooks.

        What is changed in the page can be read in Python, and the other way round.

        `widget.numbers` has the numbers of the leaves by their labels, as they are in the page now.
        What is assigned to it is shown in the page, and `widget.observe(f, "numbers")` calls `f` after
        each change. The nodes themselves stay as they are. Leaves without a label of their own are
        left out. `widget.height` is the height of the page in pixels.

        Raises:
            ModuleNotFoundError: anywidget is not installed.
            ValueError, RuntimeError: there is no page, as in `save`; on assigning numbers, there is
                no such leaf, or it has another shape.

        Example:
            >>> from autograd import Value
            >>> widget = draw(Value(2.0, label="x").tanh()).widget  # doctest: +SKIP
            >>> widget.numbers  # doctest: +SKIP
            {'x': 2.0}
            >>> widget.numbers = {"x": 0.5}  # doctest: +SKIP
        """
        page = page_of(self._reading, self._fold, NAME)
        return widget_of(page, numbers_of(self._reading), TITLE)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """What a notebook shows: the page, and where none can be shown, or nodes are marked, the picture."""
        if self._marked and not isinstance(self._folding, ValueError):
            return {"image/svg+xml": self._repr_svg_(), "text/plain": repr(self)}
        try:
            page = page_of(self._reading, self._fold, NAME)
        except (ValueError, RuntimeError):  # such as of an array, which has a picture only
            return {"image/svg+xml": self._repr_svg_(), "text/plain": repr(self)}
        try:
            svg = self._repr_svg_()
        except (ValueError, RuntimeError) as error:  # it is too large, or Graphviz is not installed
            svg = sentence(str(error).splitlines()[0])
        return {"text/html": framed(page, svg, TITLE), "image/svg+xml": svg, "text/plain": repr(self)}

    def _repr_svg_(self) -> str:
        return rendered(self.source, "svg").decode()

    def __repr__(self) -> str:
        if isinstance(self._folding, ValueError):
            return f'<Drawing of {len(self._reading):,} nodes, too large for a picture; .save("graph.html") saves a page>'
        return f'<Drawing of {self._folding.size:,} boxes; it shows itself in a notebook, and .save("picture.svg") saves it>'
