"""Networks of scalars: `Neuron`, `Layer` and `MLP`, as in micrograd. Every weight is a `Value`.

Computing number by number is slower than with arrays, but easy to follow: a picture of a neuron shows each weight
with its derivative.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from autograd import Node, Tensor, Value, dot

from . import randomness
from .module import Module
from .randomness import Seed
from .types import Input

__all__ = ["MLP", "Layer", "Neuron"]


class Activation(NamedTuple):
    """An activation's name in `repr`, and its gain. The activation itself is a method of `Value`.

    An activation makes signals smaller, so the initial weights are multiplied by its gain: √2 for ReLU, which
    sets half of the signals to 0 (He and others, 2015), 5/3 for tanh (PyTorch's `calculate_gain`).
    """

    title: str
    gain: float


ACTIVATIONS = {
    "relu": Activation("ReLU", math.sqrt(2)),
    "leaky_relu": Activation("LeakyReLU", math.sqrt(2)),
    "elu": Activation("ELU", math.sqrt(2)),
    "gelu": Activation("GELU", math.sqrt(2)),
    "silu": Activation("SiLU", math.sqrt(2)),
    "softplus": Activation("Softplus", 1.0),
    "sigmoid": Activation("Sigmoid", 1.0),
    "tanh": Activation("Tanh", 5 / 3),
    "sin": Activation("Sin", 1.0),
    "identity": Activation("Linear", 1.0),
}


def generator(rng: Seed) -> np.random.Generator:
    """The random generator for a seed. Without one, it is seeded by Python's `random`, as in micrograd: `random.seed(0)` repeats it."""
    return randomness.generator(random.getrandbits(128) if rng is None else rng)


class Neuron(Module):
    """A weighted sum of the inputs plus a bias, then an activation: tanh(w₁x₁ + w₂x₂ + … + b), for example.

    Args:
        nin: the number of inputs.
        nonlin: whether the activation follows; if not, the neuron is linear.
        activation: the name of the activation: relu, leaky_relu, elu, gelu, silu, softplus, sigmoid, tanh, sin
            or identity.
        rng: a seed or a NumPy generator for the initial weights. They are uniform with variance
            gain²/nin, so that signals keep their size from layer to layer (He and others, 2015); the
            bias is 0.

    Shape:
        a list of `nin` numbers or Values → a Value.

    Raises:
        ValueError: the activation is unknown, or `nin` is not a positive integer; on a call, the
            input is not a list of `nin` numbers.

    Example:
        >>> neuron = Neuron(2, activation="tanh", rng=0)
        >>> round(neuron([1.0, -1.0]).data, 4)
        0.905
        >>> neuron.w is neuron.weight, neuron.b is neuron.bias, neuron.nonlin
        (True, True, True)
    """

    def __init__(self, nin: int, nonlin: bool = True, *, activation: str = "relu", rng: Seed = None) -> None:
        if not isinstance(activation, str) or activation not in ACTIVATIONS:
            raise ValueError(f"There is no activation {activation!r}; choose one of {', '.join(ACTIVATIONS)}.")
        if not isinstance(nin, (int, np.integer)) or nin < 1:
            raise ValueError(f"A neuron needs at least one input, as a whole number; got {nin!r}.")
        self.activation = activation if nonlin else "identity"
        bound = ACTIVATIONS[self.activation].gain * math.sqrt(3 / nin)
        self.weight = [Value(w) for w in generator(rng).uniform(-bound, bound, nin).tolist()]
        self.bias = Value(0.0)

    @property
    def w(self) -> list[Value]:
        """The weights, by micrograd's name."""
        return self.weight

    @property
    def b(self) -> Value:
        """The bias, by micrograd's name."""
        return self.bias

    @property
    def nonlin(self) -> bool:
        """Whether an activation follows the sum."""
        return self.activation != "identity"

    def forward(self, x: Input) -> Value:
        if type(x) is not list or len(x) != len(self.weight):
            x = _row(x, len(self.weight), self)
        total = dot(self.weight, x, self.bias)
        return total if self.activation == "identity" else getattr(total, self.activation)()

    def __repr__(self) -> str:
        return f"{ACTIVATIONS[self.activation].title}Neuron({len(self.weight)})"


class Layer(Module):
    """Neurons side by side, with the same inputs.

    Args:
        nin: the number of inputs.
        nout: the number of neurons, and so of outputs.
        nonlin, activation, rng: as in `Neuron`.

    Shape:
        a list of `nin` numbers or Values → a list of `nout` Values; if `nout` is 1, the Value itself.

    Raises:
        ValueError: as in `Neuron`, or `nout` is not a positive integer.

    Example:
        >>> len(Layer(2, 3, rng=0)([1.0, -1.0]))
        3
    """

    _has_one_row = True

    def __init__(self, nin: int, nout: int, nonlin: bool = True, *, activation: str = "relu", rng: Seed = None) -> None:
        if not isinstance(nout, (int, np.integer)) or nout < 1:
            raise ValueError(f"A layer needs at least one neuron, as a whole number; got {nout!r}.")
        rng = generator(rng)
        self.neurons = [Neuron(nin, nonlin, activation=activation, rng=rng) for _ in range(nout)]

    def forward(self, x: Input) -> Value | list[Value]:
        x = _row(x, len(self.neurons[0].weight), self)
        out = [neuron(x) for neuron in self.neurons]
        return out[0] if len(out) == 1 else out

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(repr, self.neurons))}]"


class MLP(Module):
    """A multi-layer perceptron: layers one after the other, the last one linear, as in micrograd.

    Args:
        nin: the number of inputs.
        nouts: the number of neurons of each layer.
        activation: of all layers but the last; see `Neuron`.
        rng: a seed or a NumPy generator; see `Neuron`.

    Shape:
        one example, as a list of `nin` numbers or Values or an array of shape (nin,) → a list of the
        outputs of the last layer; if it has one neuron, the Value itself.

    Raises:
        ValueError: a size or the activation is impossible; on a call, the input is not a row of
            `nin` numbers.

    Example:
        >>> model = MLP(2, [16, 16, 1], rng=0)
        >>> len(model.parameters())
        337
        >>> round(model([1.0, -1.0]).data, 4)
        0.2024
    """

    def __init__(self, nin: int, nouts: Sequence[int], *, activation: str = "relu", rng: Seed = None) -> None:
        if not isinstance(nouts, (list, tuple, np.ndarray)) or len(nouts) == 0:
            raise ValueError(f"MLP takes the list of its layers' sizes, such as MLP({nin!r}, [16, 16, 1]); got {nouts!r}.")
        rng = generator(rng)
        sizes = [nin, *nouts]
        last = len(nouts) - 1
        self.layers = [Layer(sizes[i], sizes[i + 1], i != last, activation=activation, rng=rng) for i in range(len(nouts))]

    def forward(self, x: Input) -> Value | list[Value]:
        out: Value | list[Value] = _row(x, len(self.layers[0].neurons[0].weight), self)
        for layer in self.layers:
            out = layer([out] if isinstance(out, Node) else out)
        return out

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(repr, self.layers))}]"


def _row(x: Input, nin: int, module: Module) -> list[Value]:
    """`x` as a list of `nin` Values or numbers; an error if it is something else."""
    if isinstance(x, np.ndarray) and x.ndim:
        x = x.tolist()
    elif isinstance(x, tuple) or (isinstance(x, Tensor) and x.ndim):
        x = list(x)
    if not isinstance(x, list):
        given = f"a {'Value' if isinstance(x, Value) else type(x).__name__}"  # also one in a store, or a stand-in
    elif x and not isinstance(x[0], (float, Value)) and np.ndim(x[0]):
        given = f"a table of {len(x)} rows; call it on one row at a time: [model(row) for row in rows]"
    elif len(x) != nin:
        given = f"{len(x)}"
    else:
        return x
    raise ValueError(f"{module._called()} takes a list of {nin} numbers or Values, and got {given}.")
