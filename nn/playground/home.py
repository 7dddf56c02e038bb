"""Take it home: the trained network as a program for glassgrad, NumPy or PyTorch, with blanks for its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ..containers import Sequential
from ..mlp import MLP
from ..module import Module
from ..vectorize import vectorize
from .programs import Network, positions
from .units import Weight

__all__ = ["Home", "point_to_ask", "programs_to_take"]

SAME = frozenset(
    {"ELU", "GELU", "Identity", "LayerNorm", "LeakyReLU", "Linear", "ReLU", "SiLU", "Sigmoid", "Softmax", "Softplus", "Tanh"}
)  # modules that PyTorch makes from the text that they show
GLASSGRAD = """import nn

{model}
numbers = NUMBERS
for parameter, trained in zip(model.parameters(), numbers, strict=True):
    parameter.data = trained

print(model({x}))  # in the page: ANSWER
"""
NUMPY = """{forward}

parameters = [
ROWS
]
outputs, _ = forward(*map(np.array, parameters), np.array([{x}]))
print(outputs)  # in the page: ANSWER
"""
PYTORCH = """import torch

model = {model}.double()
numbers = [
ROWS
]
with torch.no_grad():
    for parameter, trained in zip(model.parameters(), numbers, strict=True):
        parameter.copy_(torch.tensor(trained))

print(model(torch.tensor([{x}], dtype=torch.float64)))  # in the page: ANSWER
"""


class Home(NamedTuple):
    """A program, and for each of its arrays the shape, and where its numbers are.

    The text has `NUMBERS` or `ROWS` where the list of the arrays is to stand, and `ANSWER` for what the page answers.
    """

    name: str
    text: str
    arrays: list[tuple[list[int], list[int]]]


def point_to_ask(network: Network) -> list[float]:
    """The inputs at which the programs ask the network."""
    return [round(x, 3) for x in network.X[0].tolist()]


def programs_to_take(network: Network, places: Mapping[Weight, int]) -> list[Home]:
    """The programs of a network whose parameters stand at these places of one list."""
    model, x = network.model, str(point_to_ask(network))
    own = [_array(np.shape(p.data), [(p, i) for i in range(int(np.size(p.data)))], places) for p in model.parameters()]
    predict = network.predict("numpy")
    order = positions(predict.arguments)
    taken, start = [], 0
    for argument in predict.arguments:
        at = [places[weight] for weight, i in order.items() if start <= i < start + argument.size]
        taken.append((list(argument.shape), at))
        start += argument.size
    programs = [
        Home("glassgrad", GLASSGRAD.format(model=_construction(model) or _left_out(model), x=x if network.of_values else f"[{x}]"), own),
        Home("NumPy", NUMPY.format(forward=predict.text.rstrip(), x=x), taken),
    ]
    if type(model) is MLP and _construction(model):
        arrays = []
        for layer in model.layers:
            weights = [(w, 0) for neuron in layer.neurons for w in neuron.weight]
            arrays.append(_array((len(layer.neurons), len(layer.neurons[0].weight)), weights, places))
            arrays.append(_array((len(layer.neurons),), [(neuron.bias, 0) for neuron in layer.neurons], places))
        text = _sequential(vectorize(model), "torch.nn.")
        own = arrays
    else:
        text = _sequential(model, "torch.nn.")
    return [*programs, Home("PyTorch", PYTORCH.format(model=text, x=x), own)] if text else programs


def _array(shape: tuple[int, ...], weights: list[Weight], places: Mapping[Weight, int]) -> tuple[list[int], list[int]]:
    return list(shape), [places[weight] for weight in weights]


def _construction(model: Module) -> str:
    """A line that makes the network, if it is made as usual."""
    if type(model) is not MLP:
        text = _sequential(model, "nn.")
        return text and f"model = {text}"
    *hidden, last = ({neuron.activation for neuron in layer.neurons} for layer in model.layers)
    names = set().union(*hidden) or {"relu"}
    if last != {"identity"} or len(names) > 1:
        return ""
    sizes = [len(layer.neurons) for layer in model.layers]
    return f"model = nn.MLP({len(model.layers[0].neurons[0].weight)}, {sizes}, activation={names.pop()!r})"


def _left_out(model: Module) -> str:
    return f"model = {type(model).__name__}()  # make it as you did"


def _sequential(model: Module, prefix: str) -> str:
    """A `Sequential` as a call, if each of its modules shows itself as one; else nothing."""
    modules: list[Any] = [module for module in vars(model).values() if isinstance(module, Module)] if type(model) is Sequential else []
    if not modules or not all(type(module).__name__ in SAME for module in modules):
        return ""
    return f"{prefix}Sequential({', '.join(f'{prefix}{module}' for module in modules)})"
