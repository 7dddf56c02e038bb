"""What a language has no form for is written as its entry composes it: softmax as a quotient."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ...backward import ancestors
from ...core import Node, record
from ...modes import set_scope
from ...tensor import Tensor
from ..loops import LOOP
from ..recurrent import as_loop

__all__ = ["expanded"]


def expanded(roots: Iterable[Any], known: Mapping[Node, Any] | None = None) -> dict[Node, Any]:
    """For each node that some results are made of, one with the same numbers whose parts all have loops of their own.

    Those in `known` are there already, and so is what they are made of.
    """
    new: dict[Node, Any] = dict(known or {})
    for node in reversed(ancestors([x for x in roots if isinstance(x, Node)], stop=new.keys())):
        if node in new:
            continue
        if node.primitive is None:
            new[node] = node if isinstance(node, Tensor) else Tensor(np.asarray(node._datum), node.label)
            continue
        inputs = [new[x] if isinstance(x, Node) else Tensor(x) if isinstance(x, np.ndarray) else x for x in node.inputs or ()]
        set_scope(node.scope)
        if node.primitive.composition is not None:
            made = node.primitive.composition(node, *inputs, **node.static)
            new[node] = expanded([made], {x: x for x in inputs if isinstance(x, Node)})[made] if isinstance(made, Node) else made
        elif node.primitive.step is not None:
            made = as_loop(node.primitive, inputs, node.static)
            new[node] = expanded([made], {x: x for x in inputs if isinstance(x, Node)})[made]
        elif node.primitive is LOOP:
            body = node.static["body"]
            new.update(expanded(body.results))
            static = {**node.static, "body": replace(body, results=tuple([new[x] for x in body.results]))}
            new[node] = record(Tensor, np.asarray(node._datum), LOOP, tuple(inputs), static)
        elif isinstance(node, Tensor) and all(x is before for x, before in zip(inputs, node.inputs or (), strict=True)):
            new[node] = node
        else:
            new[node] = record(Tensor, np.asarray(node._datum), node.primitive, tuple(inputs), node.static)
    return new
