"""`Weights`: the weights of a layer as Keras shows them, those of the layers inside included."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import Tensor

from ...module import Module
from ...types import Array
from .. import initializers, regularizers
from ..entries import Described
from .variable import Variable

__all__ = ["Variables", "Weights"]


class _Box:
    """One Tensor, for `Variable`."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor


class Variables:
    """The layer's own weights; not a list, in which `nn.Module` would look for parameters a second time."""

    def __init__(self) -> None:
        self.all: list[Variable] = []


class Weights(Described, Module):
    """What a `Layer` is besides its calls."""

    name: str
    _variables: Variables
    _trainable = True

    def add_weight(
        self, shape: Any = (), initializer: Any = "glorot_uniform", dtype: Any = None, trainable: bool = True, regularizer: Any = None,
        name: str | None = None,
    ) -> Tensor:  # fmt: skip
        """A new weight, to be kept as an attribute.

        Raises:
            ValueError: it is not to be trained; arrays that are not are buffers here.
        """
        if not trainable:
            raise ValueError("add_weight(trainable=False) is not here; an array that is not trained is self.register_buffer(name, array).")
        shape = (shape,) if isinstance(shape, int) else tuple(shape)
        tensor = Tensor(initializers.get(initializer)(shape, dtype or np.float32))
        self._variables.all.append(
            Variable(name or f"variable_{len(self._variables.all)}", _Box(tensor), ["tensor"], regularizer=regularizers.get(regularizer))
        )
        return tensor

    def keep(self, name: str, owner: Any, *parts: str, initializer: Any = None, **settings: Any) -> None:
        """Show attributes of `owner` as the weight `name`, and start it by `initializer`; see `Variable`."""
        variable = Variable(name, owner, parts, **settings)
        if initializer is not None:
            variable.assign(initializers.get(initializer)(variable.shape))
        self._variables.all.append(variable)

    @property
    def weights(self) -> list[Variable]:
        """All weights: of each layer first those that can be trained."""
        own = sorted(self._variables.all, key=lambda variable: not variable.trainable)
        return [*own, *(variable for layer in self._inner() for variable in layer.weights)]

    variables = weights

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that an optimizer changes."""
        if not self._trainable:
            return []
        own = [variable for variable in self._variables.all if variable.trainable]
        return [*own, *(variable for layer in self._inner() for variable in layer.trainable_weights)]

    trainable_variables = trainable_weights

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The weights that no optimizer changes: those of frozen layers, and running means."""
        trained = set(map(id, self.trainable_weights))
        return [variable for variable in self.weights if id(variable) not in trained]

    non_trainable_variables = non_trainable_weights

    @property
    def losses(self) -> list[Any]:
        """What the regularizers add to the loss, for each weight that has one."""
        return [v.regularizer(v.nodes[0]) for v in self.weights if v.regularizer is not None]

    @property
    def trainable(self) -> bool:
        """Whether an optimizer changes the weights. Assigning to it reaches the layers inside."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = value
        for layer in self._inner():
            layer.trainable = value

    def get_weights(self) -> list[Array]:
        """The numbers of all weights, in Keras' order and shapes."""
        return [variable.numpy() for variable in self.weights]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Take the numbers of all weights, all or none.

        Raises:
            ValueError: there are more or fewer, or they have other shapes.
        """
        shapes = [variable.shape for variable in self.weights]
        given = [np.shape(array) for array in weights]
        if given != shapes:
            raise ValueError(f"{self.name} has weights of the shapes {shapes}, and got {given}.")
        for variable, array in zip(self.weights, weights, strict=True):
            variable.assign(array)

    def count_params(self) -> int:
        """How many numbers the weights have."""
        return sum(variable.size for variable in self.weights)

    def get_config(self) -> dict[str, Any]:
        """The arguments that the layer was made with, its name, and whether it was frozen since."""
        config = {**super().get_config(), "name": self.name}
        return config if self._trainable and "trainable" not in config else {**config, "trainable": self._trainable}

    def _inner(self) -> list[Weights]:
        return [child for child in self.children() if isinstance(child, Weights)]
