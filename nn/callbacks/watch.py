"""`Watch`: shows training live in a notebook, and saves it as a page to scrub through."""

from __future__ import annotations

import base64
import io
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograd.drawing.notebook import framed
from autograd.files import write_whole

from .. import plot
from ..checks import is_number, require
from ..finite import is_finite
from .boundary import Boundary
from .callback import Callback
from .replay import replay_of
from .training import Training

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

__all__ = ["Watch"]

# How many times as long as drawing a picture took there is none in a notebook; so training takes at most half as long
# again.
PAUSE = 2
FPS, LONGEST = 10, 60  # of a gif: pictures in a second, and pictures


class Watch(Callback):
    """Shows training while it runs in a notebook, and saves it as a page in which the epochs can be scrubbed through.

    It shows the curves of the loss and of the metrics. If the inputs are points in the plane, and the
    targets their classes, it also shows the boundary between the classes that the model draws. In a
    notebook the picture appears below the cell as `fit` runs, and at the end the page takes its
    place. Elsewhere it only keeps what there is to see, for `save`.

    Training is the same as without it: it looks in evaluation mode, and draws no random numbers.

    Args:
        boundary: the score between two classes; by default 0, or 0.5 if the targets are 0 and 1 and
            the loss is not `BCEWithLogitsLoss`. Give 0 for a loss of your own that takes logits.

    Attributes:
        epochs, measures: what the page shows: the numbers of the epochs, and for each measure its
            numbers.

    Raises:
        TypeError: `boundary` is not a number.
        ModuleNotFoundError: in `fit` in a notebook, or for a gif, matplotlib is not installed.

    Example:
        >>> import nn, tempfile
        >>> X, y = nn.data.spirals(60, classes=2, rng=0)
        >>> model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))
        >>> watch = nn.callbacks.Watch()
        >>> trainer = nn.Trainer(model, nn.CrossEntropyLoss(), nn.optim.Adam(model.parameters(), lr=0.05), callbacks=[watch])
        >>> history = trainer.fit((X, y), epochs=5, verbose=False)
        >>> watch
        <Watch of 5 epochs; .save("training.html") saves a page to scrub through>
        >>> watch.save(tempfile.mkdtemp() + "/training.html").name
        'training.html'
    """

    def __init__(self, boundary: float | None = None) -> None:
        if boundary is not None and not is_number(boundary):
            raise TypeError(f"boundary is the score between two classes, a number; got {boundary!r}.")
        self._middle = None if boundary is None else float(boundary)
        self._reset("Training")

    def _reset(self, title: str) -> None:
        self._title = title
        self.epochs: list[int] = []
        self.measures: dict[str, list[float]] = {}
        self._boundary = Boundary(self._middle)
        self._display: Any = None
        self._is_live = False  # whether it is shown as a picture, since the page would be made anew in each epoch
        self._next = 0.0  # when the next picture may be drawn

    def on_fit_begin(self, trainer: Training) -> None:
        if _kernel():
            require("matplotlib", "Watch draws with matplotlib", '"glassgrad[scripts]"')
            import matplotlib.figure  # noqa: F401  # now, so that the first picture does not take much longer than others
        if trainer.epoch == 0:
            self._reset(f"Training of {type(trainer.model).__name__}")
        self._display = None

    def on_batch_end(self, trainer: Training) -> None:
        if self._boundary.is_open and not self._boundary.epochs and trainer.batch is not None:
            self._boundary.collect(trainer.batch)

    def on_epoch_end(self, trainer: Training) -> None:
        self._boundary.look(trainer)
        self._read(trainer)
        if time.monotonic() >= self._next:
            self._is_live = True
            try:
                self._show()
            finally:
                self._is_live = False

    def on_fit_end(self, trainer: Training) -> None:
        self._show()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Save training as one file, and return its path.

        `.html` is a page that needs no network: it plays the epochs, and a bar, keys or the curves
        lead to each of them. A script around it calls `window.glassgrad.read()`, which gives the
        epoch that is shown and its numbers, and `window.glassgrad.go(epoch)`. `.gif` is a moving
        picture of up to 60 epochs.

        Raises:
            ValueError: the suffix is another, or no epoch was seen.
            FileNotFoundError: there is no such folder.
            ModuleNotFoundError: for a gif, matplotlib is not installed.

        Example:
            >>> Watch().save("training.html")
            Traceback (most recent call last):
            ...
            ValueError: This Watch has seen no epoch; give it to a Trainer as a callback, and call fit.
        """
        path = Path(path)
        if path.suffix.lower() not in (".html", ".gif"):
            raise ValueError(f"A Watch saves training as .html or .gif, not as {path.suffix or 'a file without suffix'!r}.")
        if not self.epochs:
            raise ValueError("This Watch has seen no epoch; give it to a Trainer as a callback, and call fit.")
        if path.suffix.lower() == ".gif":
            every = -(-len(self.epochs) // LONGEST)
            places = [*range(len(self.epochs) - 1, -1, -every)][::-1]
            width, height = self._size()
            return plot.animation(lambda place, ax: self._draw(ax.figure, place), places, path, FPS, width, height)
        if not path.parent.is_dir():
            raise FileNotFoundError(f"There is no folder {str(path.parent)!r} to save the page in. Make it first, or give another path.")
        write_whole(path, self._page().encode())
        return path

    def __repr__(self) -> str:
        if not self.epochs:
            return "<Watch of no epochs>"
        return f'<Watch of {len(self.epochs)} epochs; .save("training.html") saves a page to scrub through>'

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """What a notebook shows: the picture while training runs, and then the page."""
        if not self.epochs:
            return {"text/plain": repr(self)}
        png = base64.b64encode(self._png()).decode()
        bundle = {"image/png": png, "text/plain": repr(self)}
        if self._is_live:
            return bundle
        width, height = (round(100 * side) for side in self._size())
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{width}" height="{height}">'
            f'<image width="{width}" height="{height}" xlink:href="data:image/png;base64,{png}"/></svg>'
        )
        return {"text/html": framed(self._page(), svg, self._title), **bundle}

    def _read(self, trainer: Training) -> None:
        """Take the numbers of all epochs so far."""
        self.epochs = [int(epoch) for epoch in trainer.history["epoch"]]
        self.measures = {name: list(trainer.history[name]) for name in trainer.measures if name in trainer.history}

    def _page(self) -> str:
        return replay_of(self._title, self.epochs, self.measures, self._boundary)

    def _show(self) -> None:
        """Show the present state in a notebook, or nothing."""
        if not self.epochs or not _kernel():
            return
        begin = time.monotonic()
        display: Any = sys.modules["IPython"].display.display
        if self._display is None:
            self._display = display(self, display_id=True)
        else:
            self._display.update(self)
        self._next = time.monotonic() + PAUSE * (time.monotonic() - begin)

    def _panels(self) -> int:
        return len([name for name in self.measures if not (name.startswith("val_") and name[4:] in self.measures)])

    def _size(self) -> tuple[float, float]:
        """The width and the height of the picture, in inches."""
        return 4.0 * self._panels() + (5.0 if self._boundary.frames else 0.0), 3.6

    def _draw(self, figure: Figure | SubFigure, place: int) -> None:
        """Draw an epoch: the curves up to it, and the plane."""
        figure.clear()
        boundary, count = self._boundary, self._panels()
        known = boundary.at(self.epochs[place])
        columns = figure.subplots(1, count + (known is not None), squeeze=False)[0]
        history: dict[str, list[Any]] = {
            "epoch": self.epochs[: place + 1],
            **{name: column[: place + 1] for name, column in self.measures.items()},
        }
        plot.curves(history, columns[:count])
        if known is None:
            return
        if is_finite(boundary.frames[known]):
            plot.decision_boundary(lambda _: boundary.enlarged(known), boundary.points, boundary.classes, columns[-1])
        else:
            columns[-1].text(0.5, 0.5, "no finite score", transform=columns[-1].transAxes, ha="center")
        columns[-1].set_title(f"after epoch {boundary.epochs[known]}")

    def _png(self) -> bytes:
        import matplotlib.figure

        figure, file = matplotlib.figure.Figure(self._size(), layout="constrained"), io.BytesIO()
        self._draw(figure, len(self.epochs) - 1)
        figure.savefig(file, format="png")
        return file.getvalue()


def _kernel() -> bool:
    """Whether this is a notebook."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return hasattr(shell, "kernel")
