"""The graph of the loss of one example, as a page of `draw`, which the playground fills with its numbers of the moment."""

from __future__ import annotations

import json
import re

import numpy as np

from autograd import Tensor, Value
from autograd.drawing.page import page_of
from autograd.drawing.reading import Reading

from ..types import Array
from .programs import Network

__all__ = ["example_page"]

DATA = re.compile(r'(?<=id="graph-data">).*?(?=</script>)', re.DOTALL)


def example_page(network: Network) -> str:
    """The page; nothing if a page cannot compute this graph, or if it has numbers that the playground cannot fill in.

    Its leaves have the names of the parameters. The numbers of the example are leaves too: for a network of Values x1, x2, … and
    y, else the arrays x and y.
    """
    X, y = network.X[:1], network.y[:1].astype(float)
    try:
        if network.of_values:
            xs, ys = _named("x", X[0]), _named("y", np.ravel(y))
            given = [x.label for x in (*xs, *ys)]
            loss = network.loss(network.outputs([xs]), ys if y.ndim == 1 else [ys])
        else:
            given = ["x", "y"]
            loss = network.loss(network.outputs(Tensor(X, label="x")), Tensor(y, label="y"))
        loss.label = "loss"
        page = page_of(Reading([loss]), None, "one point")
    except (TypeError, ValueError):  # a loss of the reader's own may take targets as plain numbers only
        return ""
    match = DATA.search(page)
    assert match
    graph = json.loads(match[0])
    leaves = [node["name"] for node in graph["nodes"] if "op" not in node and node["learns"]]
    known = {name for name, _ in network.model.named_parameters()} | set(given)
    return page if not graph["recorded"] and set(given) <= set(leaves) <= known else ""


def _named(letter: str, numbers: Array) -> list[Value]:
    """Values named x1, x2, …, or x if there is one."""
    return [Value(x, label=letter if len(numbers) == 1 else f"{letter}{i}") for i, x in enumerate(numbers.tolist(), 1)]
