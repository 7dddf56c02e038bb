"""`vectorize` and `devectorize`: a network of scalars as layers on arrays, with the same weights, and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from . import activation
from .containers import Sequential
from .linear import Identity, Linear
from .mlp import ACTIVATIONS, MLP, Layer
from .module import Module

__all__ = ["devectorize", "vectorize"]

MODULES: dict[str, type[Module]] = {name: getattr(activation, named.title) for name, named in ACTIVATIONS.items() if name != "identity"}


def vectorize(mlp: MLP, dtype: DTypeLike = np.float64) -> Sequential:
    """An `MLP` of Values as an equivalent `Sequential` of `Linear` layers and activations.

    The numbers are copies: training one network does not change the other.

    Args:
        mlp: the network.
        dtype: the precision of the arrays; that of Values is float64.

    Shape:
        the `MLP` takes one row of `nin` numbers; the `Sequential` takes (n, nin) → (n, outputs).

    Raises:
        TypeError: `mlp` is not an `MLP`.
        ValueError: the neurons of one of its layers have different activations.

    Example:
        >>> import nn
        >>> mlp = nn.MLP(2, [3, 1], activation="tanh", rng=0)
        >>> model = vectorize(mlp)
        >>> model
        Sequential(
          (0): Linear(in_features=2, out_features=3, bias=True)
          (1): Tanh()
          (2): Linear(in_features=3, out_features=1, bias=True)
        )
        >>> round(model([[1.0, -1.0]]).item(), 6) == round(mlp([1.0, -1.0]).data, 6)
        True
    """
    if not isinstance(mlp, MLP):
        raise TypeError(f"vectorize takes an MLP of Values, not a {type(mlp).__name__}.")
    modules: list[Module] = []
    for i, layer in enumerate(mlp.layers):
        names = {neuron.activation for neuron in layer.neurons}
        if len(names) > 1:
            raise ValueError(f"vectorize needs one activation in each layer, and layer {i} has {', '.join(sorted(names))}.")
        weight = np.array([[w.data for w in neuron.weight] for neuron in layer.neurons])
        linear = Linear(weight.shape[1], weight.shape[0], dtype=dtype, rng=0)
        linear.load_state_dict({"weight": weight, "bias": np.array([neuron.bias.data for neuron in layer.neurons])})
        modules.append(linear)
        (name,) = names
        if name != "identity":
            modules.append(MODULES[name]())
    return Sequential(*modules)


def devectorize(model: Sequential) -> MLP:
    """A `Sequential` of `Linear` layers and activations as an `MLP` of Values; the opposite of `vectorize`.

    Raises:
        TypeError: `model` is not a `Sequential`.
        ValueError: it holds other modules, or an activation with settings that no neuron has.

    Example:
        >>> import nn
        >>> mlp = devectorize(nn.Sequential(nn.Linear(2, 3, rng=0), nn.ReLU(), nn.Linear(3, 1, rng=1)))
        >>> mlp
        MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(3)]]
    """
    if not isinstance(model, Sequential):
        raise TypeError(f"devectorize takes a Sequential, not a {type(model).__name__}.")
    layers: list[Layer] = []
    for name, module in vars(model).items():
        if isinstance(module, Linear):
            layers.append(_layer(module))
        elif isinstance(module, Module) and not isinstance(module, Identity):
            title = _activation(module)
            if title is None or not layers or layers[-1].neurons[0].activation != "identity":
                raise ValueError(f"devectorize takes Linear layers, each with an activation after it or none; got {module} as {name!r}.")
            for neuron in layers[-1].neurons:
                neuron.activation = title
    if not layers:
        raise ValueError("devectorize got a Sequential without a Linear layer.")
    mlp = MLP(len(layers[0].neurons[0].weight), [len(layer.neurons) for layer in layers], rng=0)
    mlp.layers = layers
    return mlp


def _layer(linear: Linear) -> Layer:
    """The neurons with the numbers of a `Linear` layer."""
    layer = Layer(linear.in_features, linear.out_features, nonlin=False, rng=0)
    weight = linear.weight.data.tolist()
    bias = [0.0] * linear.out_features if linear.bias is None else linear.bias.data.tolist()
    for neuron, row, number in zip(layer.neurons, weight, bias, strict=True):
        for value, w in zip(neuron.weight, row, strict=True):
            value.data = w
        neuron.bias.data = number
    return layer


def _activation(module: Module) -> str | None:
    """The name of an activation, if it has the settings of a neuron's."""
    for name, kind in MODULES.items():
        if type(module) is kind and module.extra_repr() == kind().extra_repr():
            return name
    return None
