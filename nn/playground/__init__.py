"""`playground`: a network as a page on which it is trained, and every number of it can be touched.

The page computes: `programs` prints the training step as JavaScript, for any number of points by `rows`; `units` reads from the graph
what is drawn as neurons, and `task` says what the targets are. `walking` prints the step once more for a walk through it, and `home` the
trained network as a program; `example` is the graph of one point. `describing` puts all of that together, and `saved` is what the user
gets. The files beside them are the page: `page.html`, `page.css`, and the scripts of `SCRIPTS`. A page is these files put together.
"""

from __future__ import annotations

import copy
import html
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

import autograd.drawing.page
from autograd import Node, Value
from autograd.files import whole_file
from autograd.texts import visible

from ..checks import is_number
from ..module import Module
from ..training.measuring import number_of, plain
from ..types import Array
from .describing import Description, described
from .example import example_page
from .programs import OPTIMIZERS, Network
from .saved import Playground
from .task import Task, task_of, usual_loss
from .walking import stopping

__all__ = ["playground"]

# Each uses only what stands before it.
SCRIPTS = (
    "random", "data", "network", "training", "colours", "canvas", "plane", "net", "curves", "weight", "example", "code", "diagnosis",
    "own", "home", "controls", "listening", "page",
)  # fmt: skip
HERE, SHARED = Path(__file__).parent, Path(autograd.drawing.page.__file__).parent
LARGEST, MOST = 10_000, 2_000  # parameters, and points
FEW = 20  # points, of which none can be spared
TITLE = 60  # characters


def playground(
    model: Module, X: ArrayLike, y: ArrayLike, loss: Callable[[Any, Any], Any] | None = None, lr: float = 0.1,
    path: str | os.PathLike[str] = "playground.html", *, optimizer: str = "sgd", batch_size: int | None = None,
    held_out: float | None = None,
) -> Playground:  # fmt: skip
    """Save a page that trains a network in the browser. A notebook shows what is returned.

    The page is one file that needs no network connection. It shows what each neuron answers, the weights between them, the
    loss as it falls, and the step that runs. While it trains, learning rate, batch size, optimizer, L2, and the data can be
    changed, a weight can be moved by hand, and the graph of one point opened. Its scripts, and those of a page around it, can call
    `window.glassgrad.step()`, which makes a step, and `window.glassgrad.read()`, which gives `{loss, parameters: [{name, data,
    grad}, …], …}` in full precision.

    The page computes in double precision; `model` stays as it is.

    Args:
        model: a network of Values that is called on one row, such as `nn.MLP`, or a module of your own; or `nn.Linear` layers
            in a row, with functions of single numbers between them, such as `nn.Sequential(nn.Linear(2, 8), nn.ReLU(), …)`.
        X: the points, of shape (n, inputs). With two inputs, the page shows the answers over the plane.
        y: the targets: -1 and 1, or 0 and 1; the number of the class, if the network has an output for each; or numbers.
        loss: a function of the outputs and the targets of all points of a batch. None for the usual one: `hinge_loss` for -1
            and 1, `binary_cross_entropy_with_logits` for 0 and 1, `cross_entropy` for classes, `mse_loss` for numbers.
        lr: the learning rate at first.
        path: where the page is saved, with the suffix `.html`.
        optimizer: the optimizer at first: "sgd", "momentum" or "adam".
        batch_size: how many points a step takes at first; None for all.
        held_out: which part of the points is not trained on, at first, but only measured; None for 0.2, or 0 of fewer than 20.

    Raises:
        TypeError: `model` is not a module, has no parameters, draws random numbers, or does something that has no form in JavaScript.
        ValueError: shapes do not fit; the network is too large to be drawn; a setting is out of range.
        OSError: there is no such folder, or it cannot be written to.

    Example:
        >>> import tempfile
        >>> import nn
        >>> X, y = nn.data.spirals(40, classes=2, rng=0)
        >>> playground(nn.MLP(2, [4, 1], rng=0), X, y, path=tempfile.mkdtemp() + "/spirals.html").path.name
        'spirals.html'
    """
    path = Path(path)
    points, targets = _checked(model, X, y)
    if held_out is None:
        held_out = 0.2 if len(points) >= FEW else 0.0
    _check_settings(path, lr, optimizer, batch_size, held_out)
    model = copy.deepcopy(model).double()  # a page computes with numbers of double precision, and the compiler moves parameters
    frozen = {p for p in model.parameters() if not p.requires_grad}
    model.requires_grad_()  # so that the programs of a network do not depend on what is frozen
    network, task = _network(model, points, targets, loss)
    settings: dict[str, Any] = {"optimizer": optimizer, "lr": lr, "batch": batch_size or 0, "l2": 0, "held": round(100 * held_out)}
    content = _page(described(network, task, frozen), example_page(network), settings, path.stem)
    with whole_file(path) as file:
        file.write(content.encode())
    return Playground(path, content)


def _check_settings(path: Path, lr: object, optimizer: object, batch_size: object, held_out: object) -> None:
    if path.suffix.lower() != ".html":
        raise ValueError(f"A playground is a page, and its path ends in .html; got {str(path)!r}.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {str(path.parent)!r} to save the page in. Make it first, or give another path.")
    if not is_number(lr) or not 0 < lr < np.inf:
        raise ValueError(f"A playground takes the learning rate lr as a positive number; got {lr!r}.")
    if optimizer not in OPTIMIZERS:
        raise ValueError(f"A playground has the optimizers {', '.join(map(repr, OPTIMIZERS))}; got {optimizer!r}.")
    if batch_size is not None and (not isinstance(batch_size, int) or batch_size < 1):
        raise ValueError(f"A playground takes batch_size as a whole number from 1, or None for all points; got {batch_size!r}.")
    if not is_number(held_out) or not 0 <= held_out <= 0.9:
        raise ValueError(f"A playground holds out a part of the points from 0 to 0.9; got held_out={held_out!r}.")


def _checked(model: object, X: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    """The data as arrays, if they fit a network that can be trained."""
    if not isinstance(model, Module):
        raise TypeError(f"A playground trains a network, an nn.Module such as nn.MLP(2, [8, 1]); got a {type(model).__name__}.")
    count = sum(int(np.size(p.data)) for p in model.parameters())
    if not any(p.requires_grad for p in model.parameters()):
        raise TypeError(f"A playground trains a network, and this {type(model).__name__} has no parameters to train.")
    if count > LARGEST:
        raise ValueError(f"A playground shows each weight, and this network has {count:,}; take one with at most {LARGEST:,} parameters.")
    points, targets = (np.asarray(x.data if isinstance(x, Node) else x) for x in (X, y))
    if points.ndim != 2 or not points.size or points.dtype.kind not in "fiub":
        raise ValueError(f"A playground takes the points X as numbers of shape (n, inputs); got shape {points.shape}.")
    if targets.shape[:1] != points.shape[:1] or targets.dtype.kind not in "fiub":
        raise ValueError(f"A playground takes a target for each point: X has {len(points)} rows, and y has the shape {targets.shape}.")
    if len(points) > MOST:
        raise ValueError(f"A playground draws each point, and these are {len(points):,}; take at most {MOST:,}, such as X[:{MOST}].")
    if not np.isfinite(points).all() or not np.isfinite(targets).all():
        raise ValueError("There is a nan or an infinite number in X or y; leave out the rows with it.")
    return points.astype(float), targets


def _network(model: Module, X: Array, y: Array, loss: Callable[[Any, Any], Any] | None) -> tuple[Network, Task]:
    of_values = any(isinstance(p, Value) for p in model.parameters())
    answered = [model(row) for row in X.tolist()] if of_values else model(X)
    outputs = plain(answered)
    if outputs.shape[:1] != X.shape[:1] or outputs.ndim > 2:
        raise ValueError(
            f"The network is to give one row of outputs for each point, and gave the shape {outputs.shape} for {len(X)} points."
        )
    loss = loss or usual_loss(y, outputs, answered[0] if isinstance(answered, list) else answered)
    task = task_of(y, outputs, loss, of_values)
    number_of(loss(outputs.tolist() if of_values else outputs, task.targets))
    return Network(model, loss, X, task.targets), task


def _page(description: Description, example: str, settings: dict[str, Any], name: str) -> str:
    spec, step, answers = description
    parts = {
        "title": html.escape(f"{visible(name, TITLE)}: a playground"),
        "style": _text(SHARED / "palette.css") + _text(HERE / "page.css"),
        "spec": json.dumps(spec | {"settings": settings, "file": visible(name, TITLE)}, allow_nan=False).replace("<", "\\u003c"),
        "example": json.dumps(example).replace("<", "\\u003c"),
        "step": step.replace("</", "<\\/"),
        "walk": stopping(step, ("forward", "backward", *OPTIMIZERS)).replace("</", "<\\/"),
        "answers": answers.replace("</", "<\\/"),
        "script": "\n".join([_text(SHARED / "numbers.js"), *(_text(HERE / f"{script}.js") for script in SCRIPTS)]),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _text(HERE / "page.html"))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
