"""Moving pictures: any figure of this package, drawn again for each moment of training."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from autograd.files import write_whole

from ..checks import count
from .canvas import panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["animation"]

Moment = TypeVar("Moment")

MOST = 50  # pictures in a second that programs show


def animation(
    draw: Callable[[Moment, Axes], object], moments: Iterable[Moment], path: str | os.PathLike[str], fps: int = 10,
    width: float = 6.4, height: float = 4.8,
) -> Path:  # fmt: skip
    """Save a moving picture of training as a gif: one picture for each moment, all drawn by the same function.

    Args:
        draw: a function of a moment and of matplotlib axes, which draws that moment into them. Any
            function of `nn.plot` that takes `ax` can do it.
        moments: what there is to draw: for example copies of `model.state_dict()`, taken during
            training, or the numbers of steps.
        path: the file, with the suffix .gif.
        fps: how many pictures are shown in a second, from 1 to 50.
        width, height: the size of the picture, in inches.

    Returns:
        The path. In a notebook, `IPython.display.Image(path)` shows the gif.

    Raises:
        ValueError: the suffix is not .gif, there is no moment, or a setting is out of range.
        FileNotFoundError: there is no such folder.
        ModuleNotFoundError: matplotlib is not installed.

    Example:
        >>> import nn, tempfile
        >>> X, y = [[0, 1], [1, 0]], [-1, 1]
        >>> model = nn.MLP(2, [4, 1], rng=0)
        >>> moments = [model.state_dict()]  # and more of them, during training
        >>> def draw(moment, ax):
        ...     model.load_state_dict(moment)
        ...     nn.plot.decision_boundary(lambda points: [model(p) for p in points], X, y, ax=ax)
        >>> nn.plot.animation(draw, moments, tempfile.mkdtemp() + "/training.gif").name
        'training.gif'
    """
    path, fps = Path(path), count("fps", fps)
    if path.suffix.lower() != ".gif":
        raise ValueError(f"animation saves a .gif, and got the path {str(path)!r}.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {str(path.parent)!r} to save the animation in. Make it first, or give another path.")
    if fps > MOST:
        raise ValueError(f"fps must be at most {MOST}: programs do not show a gif faster; got {fps}.")
    moments = list(moments)
    if not moments:
        raise ValueError("animation got no moments; give it what to draw, such as copies of model.state_dict().")
    figure = panels(None, 1, width, height)[0].figure
    import matplotlib.pyplot as plt
    from matplotlib.animation import PillowWriter

    writer = PillowWriter(fps=fps)
    try:
        with tempfile.TemporaryDirectory() as folder, plt.rc_context({"savefig.bbox": None}):
            whole = Path(folder, path.name)
            writer.setup(figure, whole, figure.dpi)
            for moment in moments:
                figure.clear()
                draw(moment, figure.add_subplot())
                writer.grab_frame()
            writer.finish()  # this writes the file
            write_whole(path, whole.read_bytes())
    finally:
        plt.close(figure)
    return path
