"""`Layer`, the base of Keras' layers.

It is an `nn.Module` that makes its weights when it sees its first input. It can be called on a `Symbol`, of which only
the shape is known.

A layer of the book is in evaluation until `fit` or `training=True` says otherwise, as in Keras.
"""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from typing import Any

import numpy as np

import autograd
from autograd import Node, no_grad

from ...lookup import no_such_name
from .structures import leaves_of, mapped
from .weights import Variables, Weights

__all__ = ["Call", "Layer", "Shape", "Symbol", "forget_names", "name_for", "on_symbols", "shapes_of"]

Shape = tuple[int | None, ...]

_names: Counter[str] = Counter()


def forget_names() -> None:
    """Number layers from the start again: the next `Dense` is called "dense"."""
    _names.clear()


def name_for(kind: str) -> str:
    """A name for a layer of this kind: "dense", "dense_1", ….

    Example:
        >>> forget_names()
        >>> name_for("MaxPooling2D"), name_for("MaxPooling2D")
        ('max_pooling2d', 'max_pooling2d_1')
    """
    name = re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z]+)", r"\1_\2", kind)).lower()
    _names[name] += 1
    return name if _names[name] == 1 else f"{name}_{_names[name] - 1}"


class Call:
    """A layer that was called on symbols: what a functional model is made of."""

    def __init__(self, layer: Layer, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.layer, self.args, self.kwargs = layer, args, kwargs
        self.output: Any = None

    def symbols(self) -> list[Symbol]:
        """What the layer was called on."""
        return [x for x in leaves_of((self.args, self.kwargs)) if isinstance(x, Symbol)]


class Symbol:
    """What `keras.Input` and a layer called on symbols give: a shape without numbers. None is an axis of any length.

    Attributes:
        shape: with the axis of the batch.
        call: the call of a layer that gives it; None for an input.
    """

    def __init__(self, shape: Shape, call: Call | None = None, name: str | None = None, dtype: Any = None) -> None:
        self.shape, self.call, self.name, self.dtype = tuple(shape), call, name, dtype

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __add__(self, other: Any) -> Any:
        return Operation(autograd.add)(self, other)

    def __radd__(self, other: Any) -> Any:
        return Operation(autograd.add)(other, self)

    def __sub__(self, other: Any) -> Any:
        return Operation(autograd.subtract)(self, other)

    def __rsub__(self, other: Any) -> Any:
        return Operation(autograd.subtract)(other, self)

    def __mul__(self, other: Any) -> Any:
        return Operation(autograd.multiply)(self, other)

    def __rmul__(self, other: Any) -> Any:
        return Operation(autograd.multiply)(other, self)

    def __truediv__(self, other: Any) -> Any:
        return Operation(autograd.divide)(self, other)

    def __getitem__(self, index: Any) -> Any:
        return Operation(autograd.getitem)(self, index)

    def __iter__(self) -> Iterator[Any]:
        raise TypeError("The output of a layer that was called on an Input has a shape and no numbers yet; it cannot be gone through.")

    def __repr__(self) -> str:
        return f"<KerasTensor shape={self.shape}>"


def shapes_of(inputs: Any) -> Any:
    """The shapes of symbols, or of arrays with None for the batch; a list for a list.

    Example:
        >>> shapes_of([np.ones((5, 3)), Symbol((None, 2))])
        [(None, 3), (None, 2)]
    """
    if isinstance(inputs, dict) or (isinstance(inputs, (list, tuple)) and any(hasattr(x, "shape") for x in inputs)):
        return mapped(shapes_of, inputs) if isinstance(inputs, dict) else [shapes_of(x) for x in inputs]
    if isinstance(inputs, Symbol):
        return inputs.shape
    shape = np.shape(inputs.data if isinstance(inputs, Node) else inputs)
    return (None, *shape[1:])


SETTINGS = ("name", "trainable", "dtype", "input_shape", "input_dim", "batch_input_shape", "activity_regularizer", "autocast")


class Layer(Weights):
    """`nn.Module`, with Keras' ways: `build(input_shape)` makes the weights at the first call, `call(inputs)` computes.

    Args:
        name: by default that of the class, with a number.
        trainable: whether an optimizer changes the weights.
        input_shape: of one example, for the first layer of a `Sequential`.

    Raises:
        TypeError: there is no such setting.

    Example:
        >>> class Scale(Layer):
        ...     def build(self, input_shape):
        ...         self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones")
        ...     def call(self, inputs):
        ...         return inputs * self.scale
        >>> layer = Scale()
        >>> layer(np.ones((2, 3))).shape, layer.count_params()
        ((2, 3), 3)
    """

    training = False
    built = False

    def __init__(self, **kwargs: Any) -> None:
        for unknown in kwargs.keys() - set(SETTINGS):
            raise TypeError(no_such_name(f"{type(self).__name__}({unknown}=…)", [f"{type(self).__name__}({s}=…)" for s in SETTINGS]))
        self.name: str = kwargs.get("name") or name_for(type(self).__name__)
        self._trainable = kwargs.get("trainable", True)
        self._variables = Variables()
        self._call: list[Any] = []
        shape = kwargs.get("input_shape")
        if shape is None and kwargs.get("input_dim") is not None:
            shape = (kwargs["input_dim"],)
        if shape is None and kwargs.get("batch_input_shape") is not None:
            shape = tuple(kwargs["batch_input_shape"])[1:]
        self._given_shape: Shape | None = None if shape is None else (None, *((shape,) if isinstance(shape, int) else shape))
        if kwargs.get("activity_regularizer") is not None:
            raise ValueError("activity_regularizer is not here; kernel_regularizer and bias_regularizer are.")

    def build(self, input_shape: Any) -> None:
        """Make the weights, for inputs of this shape, in which None is any length; for subclasses to define."""

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The computation; for subclasses to define."""
        raise NotImplementedError(f"{type(self).__name__} does not define call(self, inputs), which says what it computes.")

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        if _takes_training(type(self).call):
            kwargs["training"] = self.training
        return self.call(*args, **kwargs)

    def __call__(self, *args: Any, training: bool | None = None, **kwargs: Any) -> Any:
        if "_variables" not in vars(self):
            raise RuntimeError(f"{type(self).__name__} must call super().__init__() at the beginning of its __init__.")
        if any(isinstance(x, Symbol) for x in leaves_of((args, kwargs))):
            return self._symbolic(args, kwargs if training is None else {**kwargs, "training": training})
        self._build_for(args)
        with self._mode(training):
            return super().__call__(*args, **kwargs)

    def _build_for(self, args: tuple[Any, ...]) -> None:
        if not self.built:
            self.build(shapes_of(args[0]) if args else None)
            self.built = True
            self.train(self.training)  # the modules that were made inside

    @contextmanager
    def _mode(self, training: bool | None) -> Iterator[None]:
        if training is None or training == self.training:
            yield
            return
        before = [(module, module.training) for module in self.modules()]
        self.train(bool(training))
        try:
            yield
        finally:
            for module, mode in before:
                module.training = mode

    def _symbolic(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self._build_for(args)
        call = Call(self, args, kwargs)
        once, again = (self._tried(args, kwargs, *sizes) for sizes in ((1, 64), (2, 96)))
        pairs = iter(zip(leaves_of(mapped(_Frozen, once)), leaves_of(mapped(_Frozen, again)), strict=True))

        def symbol(_: Any) -> Symbol:
            a, b = next(pairs)
            return Symbol(tuple(i if i == j else None for i, j in zip(a.shape, b.shape, strict=True)), call)

        call.output = mapped(symbol, once)
        self._call = [_Held(call)]
        return call.output

    def _tried(self, args: tuple[Any, ...], kwargs: dict[str, Any], batch: int, length: int) -> Any:
        """What the layer gives for zeros, with these lengths for axes of any length."""

        def example(x: Any) -> Any:
            if not isinstance(x, Symbol):
                return x
            sizes = [batch if i == 0 and n is None else length if n is None else n for i, n in enumerate(x.shape)]
            return np.zeros(sizes, np.float32)

        with no_grad():
            return self(*mapped(example, args), **mapped(example, {**kwargs, "training": False}))

    @property
    def output(self) -> Any:
        """What the layer gave when it was called on symbols last.

        Raises:
            AttributeError: it was not called on any.
        """
        if not self._call:
            raise AttributeError(f"The layer {self.name} has no output yet; call it on a keras.Input first.")
        return self._call[0].call.output

    @property
    def input(self) -> Any:
        """What the layer was called on last."""
        return self.output and self._call[0].call.args[0]

    @property
    def output_shape(self) -> Any:
        return shapes_of(self.output)

    @property
    def input_shape(self) -> Any:
        return shapes_of(self.input)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the output, for inputs of this shape."""
        return shapes_of(self(Symbol(tuple(input_shape))))

    def __getattr__(self, name: str) -> Any:
        for variable in vars(self)["_variables"].all if "_variables" in vars(self) else ():
            if variable.name == name:
                return variable
        if isinstance(getattr(type(self), name, None), property):  # its own error is the better one
            return object.__getattribute__(self, name)
        known = [] if name.startswith("_") else [known for known in dir(self) if not known.startswith("_")]
        raise AttributeError(no_such_name(f"{type(self).__name__}.{name}", [f"{type(self).__name__}.{near}" for near in known]))


@cache
def _takes_training(call: Callable[..., Any]) -> bool:
    return "training" in inspect.signature(call).parameters


class _Held:
    """A call, out of the sight of `nn.Module`, which looks for modules in lists."""

    def __init__(self, call: Call) -> None:
        self.call = call


class _Frozen:
    """The shape of an output."""

    def __init__(self, x: Any) -> None:
        self.shape = np.shape(x.data if isinstance(x, Node) else x)


class Operation(Layer):
    """Arithmetic with symbols, as a layer."""

    def __init__(self, function: Callable[..., Any], **kwargs: Any) -> None:
        super().__init__(**{"name": name_for(getattr(function, "__name__", "operation")), **kwargs})
        self._function = _Function(function)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        return self._function.function(*args, **kwargs)


class _Function:
    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function


def on_symbols(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function of arrays and Tensors; of symbols, a layer that computes it."""

    @wraps(function)
    def op(*args: Any, **kwargs: Any) -> Any:
        symbolic = any(isinstance(x, Symbol) for x in leaves_of((args, kwargs)))
        return Operation(function)(*args, **kwargs) if symbolic else function(*args, **kwargs)

    return op
