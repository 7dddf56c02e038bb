"""`keras.Model` and `keras.Sequential`: layers that are called one after the other, or as a graph says."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from typing import Any

from .. import saving as files
from ..lookup import missing
from . import initializers, layers, losses, metrics, optimizers, regularizers
from .graph import Graph
from .layers.base import Layer, Symbol, name_for
from .layers.core import Input
from .layers.structures import leaves_of
from .saving import Kept, described, made
from .summary import table
from .training import Trained

__all__ = ["Model", "Sequential", "load_model"]


class Model(Trained):
    """A network: from `Input` to the outputs, or a subclass with a `call` of its own.

    Args:
        inputs: a `keras.Input`, or a list of several.
        outputs: what a layer gave that was called on them, or a list of several.
        name: by default "functional" and a number.

    Raises:
        TypeError: inputs and outputs are not those of layers.
        ValueError: an output depends on an input that is not among `inputs`.

    Example:
        >>> inputs = Input(shape=(4,))
        >>> hidden = layers.Dense(8, activation="relu")(inputs)
        >>> model = Model(inputs, layers.Dense(3)(hidden))
        >>> model.output_shape, model.count_params()
        ((None, 3), 67)
    """

    def __init__(self, inputs: Any = None, outputs: Any = None, name: str | None = None, **kwargs: Any) -> None:
        functional = inputs is not None or outputs is not None
        super().__init__(name=name or (name_for("Functional") if functional else None), **kwargs)
        self._graph: Graph | None = None
        if functional:
            self._set_graph(Graph(inputs, outputs))

    def _set_graph(self, graph: Graph) -> None:
        self._graph, self.built = graph, True
        for layer in graph.layers():
            self._add(layer)
        self.train(self.training)

    def _add(self, layer: Layer) -> None:
        """Keep a layer as an attribute of its name."""
        name = layer.name
        while name in vars(self) or hasattr(type(self), name):
            if vars(self).get(name) is layer:
                return
            name += "_"
        vars(self)[name] = layer
        vars(self)["_name"] = None  # the next call names what is inside

    def call(self, inputs: Any, **kwargs: Any) -> Any:
        """The outputs, for one input or a list of several."""
        if self._graph is None:
            raise NotImplementedError(f"{type(self).__name__} does not define call(self, inputs), which says what it computes.")
        return self._graph.run(inputs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) > 1 and self._graph is not None:
            args = ([*args],)
        elif len(args) > 1:
            accepted = [p for name, p in inspect.signature(self.call).parameters.items() if name not in ("training", "mask")]
            if len(accepted) == 1 and accepted[0].kind is not inspect.Parameter.VAR_POSITIONAL:
                args = ([*args],)
        return super().__call__(*args, **kwargs)

    @property
    def layers(self) -> list[Layer]:
        """The layers, in their order."""
        return [layer for layer in self.children() if isinstance(layer, Layer)]

    @property
    def inputs(self) -> list[Any]:
        """The symbols that the model begins with."""
        return leaves_of(self._known().inputs)

    @property
    def outputs(self) -> list[Any]:
        """The symbols that the model ends with."""
        return leaves_of(self._known().outputs)

    @property
    def input(self) -> Any:
        return self._known().inputs

    @property
    def output(self) -> Any:
        return self._known().outputs

    def _known(self) -> Graph:
        if self._graph is None:
            raise AttributeError(f"The model {self.name} has no inputs and outputs yet; it is not built, or computes in a call of its own.")
        return self._graph

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of a name, or of a number.

        Raises:
            ValueError: there is none.
        """
        for i, layer in enumerate(self.layers):
            if layer.name == name or i == index:
                return layer
        raise ValueError(
            f"There is no layer {name if index is None else index!r} in {self.name}; there are {[x.name for x in self.layers]}."
        )

    def _takes(self, n: int) -> bool:
        return self._graph is None or len(self.inputs) == n > 1

    def _by_name(self, inputs: dict[str, Any]) -> list[Any]:
        return [inputs[symbol.name] for symbol in self.inputs] if self._graph is not None else list(inputs.values())

    def summary(self, line_length: int | None = None, print_fn: Callable[[str], Any] | None = None, **kwargs: Any) -> None:  # type: ignore[override]
        """Print Keras' table of the layers, the shapes of their outputs and their numbers of parameters.

        Example:
            >>> Sequential([layers.Dense(3, input_shape=(4,), name="hidden")], name="small").summary()
            Model: "small"
            ┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
            ┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
            ┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
            │ hidden (Dense)                  │ (None, 3)              │            15 │
            └─────────────────────────────────┴────────────────────────┴───────────────┘
             Total params: 15 (60.00 B)
             Trainable params: 15 (60.00 B)
             Non-trainable params: 0 (0.00 B)
        """
        graph = self._graph
        functional = graph is not None and not isinstance(self, Sequential)
        rows = [(f"{s.name} (InputLayer)", str(s.shape), "0", "-") for s in (self.inputs if functional else [])]
        for layer in self.layers:
            call = None if graph is None else graph.call_of(layer)
            shape = "?" if call is None else _shown([s.shape for s in leaves_of(call.output)])
            before = [] if call is None else call.symbols()
            names = ", ".join(f"{s.call.layer.name if s.call else s.name}[0][0]" for s in before)
            params = f"{layer.count_params():,}" if layer.built or layer.weights else "0 (unbuilt)"
            rows.append((f"{layer.name} ({type(layer).__name__})", shape, params, names))
        total = self.count_params()
        trainable = sum(variable.size for variable in self.trainable_weights)
        table(self.name, rows, total, trainable, graph is not None and functional and not graph.is_chain(), print_fn or print)

    # --- files ---

    def get_config(self) -> dict[str, Any]:
        """The layers and how they are connected.

        Raises:
            TypeError: the model computes in a `call` of its own, which only its program knows.
        """
        if type(self) is not Model or self._graph is None:
            raise TypeError(
                f"{type(self).__name__} computes in a call of its own, and a file cannot hold its program. model.save_weights(path) stores "
                "the numbers; make the model by its program, and model.load_weights(path) brings them back."
            )
        return {"name": self.name, **self._graph.config()}

    @classmethod
    def from_config(cls, config: Any) -> Any:
        inputs, outputs = Graph.from_config(config)
        return cls(inputs, outputs, name=config["name"])

    def save(self, filepath: str | os.PathLike[str], **kwargs: Any) -> None:
        """Write the layers, the weights, and what `compile` and the optimizer know into a file of `nn.save`.

        `load_model` brings it back.

        Raises:
            TypeError: a part is the user's own.
            OSError: the file cannot be written.

        Example:
            >>> import tempfile
            >>> path = tempfile.mkdtemp() + "/small.keras"
            >>> model = Sequential([layers.Dense(3, input_shape=(4,))])
            >>> model.save(path)
            >>> bool((load_model(path).get_weights()[0] == model.get_weights()[0]).all())
            True
        """
        self.get_config()  # which says why a model of a subclass cannot be stored
        compiled = None if self._compiled is None else described(self._compiled, "compile")
        steps = 0 if self.optimizer is None else self.optimizer.iterations
        inside = None if self.optimizer is None else self.optimizer.inside
        files.save(path_of(filepath), self, inside, keras=Kept({"model": described(self), "compile": compiled, "iterations": steps}))

    def save_weights(self, filepath: str | os.PathLike[str], **kwargs: Any) -> None:
        """`nn.save`: write the weights."""
        files.save(path_of(filepath), self)

    def load_weights(self, filepath: str | os.PathLike[str], **kwargs: Any) -> None:
        """`nn.load`: bring the weights back, all or none.

        Raises:
            ValueError: the model is not built; or the file does not fit.
            FileNotFoundError: there is no such file.
        """
        if any(not layer.built for layer in self.modules() if isinstance(layer, Layer)):
            raise ValueError(f"{self.name} has no weights yet; call it on an example, or give an Input, before load_weights.")
        files.load(path_of(filepath), self)


def path_of(filepath: str | os.PathLike[str]) -> str:
    """A path as text."""
    return os.fspath(filepath)


def _shown(shapes: list[Any]) -> str:
    return str(shapes[0]) if len(shapes) == 1 else ", ".join(map(str, shapes))


class Sequential(Model):
    """`nn.Sequential`, of a list of layers; the first may be a `keras.Input`, or know its `input_shape`.

    Args:
        layers: the layers.
        name: by default "sequential" and a number.

    Raises:
        TypeError: one of them is not a layer.

    Example:
        >>> import numpy as np
        >>> model = Sequential([layers.Dense(8, activation="relu"), layers.Dense(3)])
        >>> model(np.ones((5, 4))).shape
        (5, 3)
    """

    def __init__(self, layers: Any = None, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self._chain = _Chain()
        for layer in layers or ():
            self.add(layer)

    def add(self, layer: Any) -> None:
        """Add a layer at the end.

        Raises:
            TypeError: it is not a layer.
        """
        if isinstance(layer, Symbol):
            self._chain.input = layer
            return
        if not isinstance(layer, Layer):
            hint = "; write brackets after it" if isinstance(layer, type) else ""
            raise TypeError(f"Sequential is made of keras layers, such as keras.layers.Dense(8), and got {layer!r:.80}{hint}.")
        if self._chain.input is None and not self._chain.layers:
            if layer._given_shape is not None:
                self._chain.input = Input(layer._given_shape[1:])
            elif isinstance(layer, Model) and layer._graph is not None:
                self._chain.input = Input(layer.inputs[0].shape[1:])
        self._chain.layers.append(layer)
        self._add(layer)
        self._connect()

    def pop(self) -> None:
        """Leave out the last layer."""
        last = self._chain.layers.pop()
        for name in [name for name, child in vars(self).items() if child is last and last not in self._chain.layers]:
            del vars(self)[name]
        self._connect()

    def _connect(self) -> None:
        chain = self._chain
        if chain.input is not None and chain.layers:
            x = chain.input
            for layer in chain.layers:
                x = layer(x)
            self._graph, self.built = Graph(chain.input, x), True
            self.train(self.training)

    def build(self, input_shape: Any = None) -> None:
        """Make the weights, for inputs of this shape, with None for the batch."""
        if input_shape is not None and self._graph is None:
            self._chain.input = Input(tuple(input_shape)[1:])
            self._connect()

    def call(self, inputs: Any, **kwargs: Any) -> Any:
        for layer in self._chain.layers:
            inputs = layer(inputs)
        return inputs

    @property
    def layers(self) -> list[Layer]:
        return list(self._chain.layers)

    def get_config(self) -> dict[str, Any]:
        if type(self) is not Sequential:
            return super().get_config()
        shape = None if self._chain.input is None else list(self._chain.input.shape)
        return {"name": self.name, "input_shape": shape, "layers": self.layers}

    @classmethod
    def from_config(cls, config: Any) -> Any:
        first = [] if config["input_shape"] is None else [Input(tuple(config["input_shape"])[1:])]
        return cls([*first, *config["layers"]], name=config["name"])


class _Chain:
    """The layers of a `Sequential`, which may be there twice, and what they begin with."""

    def __init__(self) -> None:
        self.input: Symbol | None = None
        self.layers: list[Layer] = []


ROOMS = (layers, initializers, regularizers, losses, metrics, optimizers)
KINDS = {
    **{name: getattr(room, name) for room in ROOMS for name in room.__all__ if isinstance(getattr(room, name), type)},
    **{kind.__name__: kind for kind in vars(optimizers.schedules).values() if isinstance(kind, type)},
    "Model": Model, "Sequential": Sequential,
}  # fmt: skip


def load_model(filepath: str | os.PathLike[str], **kwargs: Any) -> Any:
    """`nn.load`: bring back a model that `model.save` has written, with its optimizer; all of it, or an error.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged, or was not written by `model.save`.
    """
    kept, path = Kept(), path_of(filepath)
    files.load(path, keras=kept)
    model = made(kept.content["model"], KINDS)
    if kept.content["compile"] is not None:
        model.compile(**made(kept.content["compile"], KINDS))
    inside = None
    if model.optimizer is not None and kept.content["iterations"]:
        model.optimizer.iterations = kept.content["iterations"]
        inside = model.optimizer.bind([node for variable in model.trainable_weights for node in variable.nodes])
    files.load(path, model, inside)
    return model


__getattr__ = missing(globals())
