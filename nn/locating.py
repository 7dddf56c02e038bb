"""Where things are in a model: the layer that owns a parameter, and the module that computed a node."""

from __future__ import annotations

import re
from collections.abc import Container
from functools import cached_property

from autograd import Node
from autograd.texts import visible

from .module import Module

__all__ = ["Places", "layer_of", "owner"]


def layer_of(path: str) -> str:
    """The path of a layer, for the path of a module: a neuron counts as a part of its layer.

    Example:
        >>> layer_of("encoder.neurons.3"), layer_of("encoder.0")
        ('encoder', 'encoder.0')
    """
    return re.sub(r"(^|\.)neurons\.\d+$", "", path)


def owner(parameter: str, modules: Container[str]) -> str:
    """The path of the innermost module that holds a parameter, for the parameter's dotted name.

    Example:
        >>> owner("encoder.0.weight", {"", "encoder", "encoder.0"})
        'encoder.0'
    """
    path = parameter
    while path not in modules:
        path = path.rpartition(".")[0]
    return path


class Places:
    """The modules of a model by their paths, and which of them computed a node.

    Args:
        model: a model that has been called, or will be before the first `of`.

    Attributes:
        modules: the modules by dotted path; the model itself is "".

    Example:
        >>> import nn
        >>> from autograd import Tensor
        >>> model = nn.Sequential(nn.Linear(1, 1), nn.ReLU())
        >>> places = Places(model)
        >>> places.title(places.of(model(Tensor([[1.0]]))))
        "ReLU '1'"
    """

    def __init__(self, model: Module) -> None:
        self.modules = dict(model.named_modules())

    @cached_property
    def _by_number(self) -> dict[int, str]:
        return {module._number: path for path, module in self.modules.items()}

    def of(self, node: object) -> str | None:
        """The path of the innermost module that computed `node`; None if no module did, or if it is no node."""
        scope = node.scope if isinstance(node, Node) else None
        while scope is not None and scope.owner not in self._by_number:
            scope = scope.outer
        return None if scope is None else self._by_number[scope.owner]

    def title(self, path: str) -> str:
        """What a sentence calls a module: `Linear 'encoder.0'`."""
        kind = visible(type(self.modules[path]).__name__)
        return f"{kind} {path!r}" if path else kind
