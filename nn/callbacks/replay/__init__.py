"""The replay of training as a page, in which the epochs can be scrubbed through.

The page is one file for a browser, and needs no internet connection.

`replay.html`, `replay.css` and `replay.js` are the page; its colours begin with those of all pages.
"""

from __future__ import annotations

import base64
import html
import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import autograd.drawing.page
from autograd.texts import visible

from ...plot.classes import plane_around
from ...plot.colours import CLASSES
from ..boundary import Boundary

__all__ = ["replay_of"]

SHARED = Path(autograd.drawing.page.__file__).parent
MOST = 32767  # of a number of two bytes, which stands for the largest score of a frame; -32768 stands for nan
TITLE = 60  # characters


def replay_of(title: str, epochs: Sequence[int], measures: Mapping[str, Sequence[float]], boundary: Boundary) -> str:
    """The page, as HTML with everything in it.

    Args:
        title: its heading.
        epochs: the numbers of the epochs.
        measures: for each measure its numbers, one for each epoch.
        boundary: what was seen of the plane, if anything was.

    Example:
        >>> replay_of("Training", [1, 2], {"loss": [1.0, 0.5]}, Boundary()).splitlines()[0]
        '<!DOCTYPE html>'
    """
    columns = [
        {"name": visible(name, TITLE), "numbers": [number if math.isfinite(number) else None for number in map(float, numbers)]}
        for name, numbers in measures.items()
    ]
    data = {"epochs": list(epochs), "measures": columns, "plane": _plane(boundary) if boundary.frames else None}
    parts = {
        "title": html.escape(visible(title, TITLE)),
        "style": (SHARED / "palette.css").read_text(encoding="utf-8") + _file("replay.css"),
        # A script element ends at the first "</script".
        "data": json.dumps(data, allow_nan=False).replace("<", "\\u003c"),
        "script": _file("replay.js"),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _file("replay.html"))


def _plane(boundary: Boundary) -> dict[str, Any]:
    frames = np.stack(boundary.frames).astype(float)  # (frames, up, across, scores)
    side, scores = frames.shape[1], frames.shape[3]
    if scores > 1:
        frames = np.stack([frames[..., k] - np.delete(frames, k, axis=3).max(axis=3) for k in range(scores)], axis=3)
    known = np.isfinite(frames)
    most = np.maximum(np.abs(np.where(known, frames, 0)).max(axis=(1, 2, 3)), 1e-300)
    numbers = np.where(known, np.round(MOST * np.where(known, frames, 0) / most[:, None, None, None]), -MOST - 1).astype("<i2")
    across, up = plane_around(boundary.points, side)
    kinds = [-1, 1] if (boundary.classes < 0).any() else range(max(scores, 2))
    classes = (boundary.classes > 0) if scores == 1 else boundary.classes
    return {
        "epochs": boundary.epochs, "side": side, "scores": scores, "most": most.tolist(),
        "bytes": base64.b64encode(np.moveaxis(numbers, 3, 1).tobytes()).decode(),
        "left": across[0], "right": across[-1], "bottom": up[0], "top": up[-1],
        "points": [[float(f"{x:.5g}") for x in point] for point in boundary.points.tolist()],
        "classes": classes.astype(int).tolist(),
        "names": [f"class {kind}" for kind in kinds], "colours": [CLASSES[k % len(CLASSES)] for k in range(len(kinds))],
    }  # fmt: skip


def _file(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
