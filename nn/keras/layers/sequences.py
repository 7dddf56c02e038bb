"""Recurrent layers: sequences are (n, time, features)."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

import autograd

from ... import recurrent
from ...functional import dropout as dropped
from ...types import Array
from .. import initializers, regularizers
from .base import Layer, name_for
from .core import width

__all__ = ["GRU", "LSTM", "Bidirectional", "SimpleRNN"]


class _Recurrent(Layer):
    """What the recurrent layers share."""

    kind: ClassVar[Any]
    gate_activation: ClassVar[str | None] = "sigmoid"

    def __init__(
        self, units: int, activation: Any = "tanh", recurrent_activation: Any = None, use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform", recurrent_initializer: Any = "orthogonal", bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None, recurrent_regularizer: Any = None, dropout: float = 0.0, recurrent_dropout: float = 0.0,
        return_sequences: bool = False, return_state: bool = False, go_backwards: bool = False, unit_forget_bias: bool = True,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        name = type(self).__name__
        for setting, given, allowed in (
            ("activation", activation, self._activations()), ("recurrent_activation", recurrent_activation, (None, self.gate_activation)),
            ("recurrent_dropout", recurrent_dropout, (0,)),
        ):  # fmt: skip
            if given not in allowed:
                raise ValueError(f"{name}({setting}={given!r}) is not here; {setting}={allowed[-1]!r} is.")
        self.units, self.activation, self.use_bias, self.dropout = units, activation, use_bias, dropout
        self.return_sequences, self.return_state, self.go_backwards = return_sequences, return_state, go_backwards
        self.unit_forget_bias = unit_forget_bias
        self._starts = [initializers.get(start) for start in (kernel_initializer, recurrent_initializer, bias_initializer)]
        self._costs = regularizers.get(kernel_regularizer), regularizers.get(recurrent_regularizer)

    def _activations(self) -> tuple[str, ...]:
        return ("tanh",)

    def _settings(self) -> dict[str, Any]:
        return {}

    def build(self, input_shape: Any) -> None:
        self.inside = self.kind(width(self, input_shape, 3), self.units, bias=self.use_bias, batch_first=True, **self._settings())
        for name, part, start, cost in zip(("kernel", "recurrent_kernel"), ("weight_ih_l0", "weight_hh_l0"), self._starts, self._costs):  # noqa: B905
            self.keep(name, self.inside, part, to_keras=self._last, to_ours=self._first, initializer=start, regularizer=cost)
        if self.use_bias:
            self._keep_bias()

    def _keep_bias(self) -> None:
        """Keras' one bias; ours has two, of which one is enough."""
        del self.inside.bias_hh_l0
        self.keep("bias", self.inside, "bias_ih_l0", initializer=self._starts[2])

    @staticmethod
    def _last(weight: Array) -> Array:
        """(gates, ins) as (ins, gates)."""
        return weight.T

    @staticmethod
    def _first(kernel: Array) -> Array:
        return kernel.T

    def call(self, inputs: Any, initial_state: Any = None) -> Any:
        x = inputs[:, ::-1] if self.go_backwards else inputs
        if self.dropout and self.training:
            x = x * dropped(np.ones((x.shape[0], 1, x.shape[2]), np.float32), self.dropout)
        if initial_state is not None:
            states = [
                autograd.expand_dims(state, 0) for state in (initial_state if isinstance(initial_state, (list, tuple)) else [initial_state])
            ]
            initial_state = states[0] if len(states) == 1 else tuple(states)
        output, finals = self.inside(x, initial_state)
        last = [state[0] for state in (finals if isinstance(finals, tuple) else (finals,))]
        found = output if self.return_sequences else last[0]
        return [found, *last] if self.return_state else found


class LSTM(_Recurrent):
    """`nn.LSTM` with one bias; `kernel` is `weight_ih_l0.T`, `recurrent_kernel` is `weight_hh_l0.T`.

    Args:
        units: how many numbers the layer remembers.
        use_bias, kernel_initializer, recurrent_initializer, bias_initializer, kernel_regularizer: as in `Dense`.
        dropout: the share of inputs that is dropped in training, the same at all times.
        return_sequences: whether the output is that of all times, instead of the last.
        return_state: whether the last states follow the output.
        go_backwards: whether the sequence is read from its end.
        unit_forget_bias: whether the bias of the forget gate starts at 1.

    Raises:
        ValueError: `activation`, `recurrent_activation` or `recurrent_dropout` is not the usual one.

    Example:
        >>> layer = LSTM(16)
        >>> layer(np.ones((3, 5, 8))).shape, [array.shape for array in layer.get_weights()]
        ((3, 16), [(8, 64), (16, 64), (64,)])
    """

    kind = recurrent.LSTM

    def _keep_bias(self) -> None:
        super()._keep_bias()
        if self.unit_forget_bias:
            bias = np.array(self.inside.bias_ih_l0.data)
            bias[self.units : 2 * self.units] = 1.0
            self.inside.bias_ih_l0.data = bias


class GRU(_Recurrent):
    """`nn.GRU`; in Keras the update gate comes first, and the `bias` has two rows, `bias_ih_l0` and `bias_hh_l0`."""

    kind = recurrent.GRU

    def __init__(self, units: int, *, reset_after: bool = True, **kwargs: Any) -> None:
        super().__init__(units, **kwargs)
        if not reset_after:
            raise ValueError("GRU(reset_after=False) is not here; reset_after=True is.")

    @staticmethod
    def _last(weight: Array) -> Array:
        return _swapped(weight).T

    @staticmethod
    def _first(kernel: Array) -> Array:
        return _swapped(kernel.T)

    def _keep_bias(self) -> None:
        self.keep(
            "bias", self.inside, "bias_ih_l0", "bias_hh_l0", initializer=self._starts[2],
            to_keras=lambda *rows: np.stack([_swapped(row) for row in rows]), to_ours=lambda bias: [_swapped(row) for row in bias],
        )  # fmt: skip


def _swapped(weight: Array) -> Array:
    """The first and the second of three parts in the other order: reset and update, update and reset."""
    a, b, c = np.split(weight, 3)
    return np.concatenate([b, a, c])


class SimpleRNN(_Recurrent):
    """`nn.RNN` with one bias."""

    kind = recurrent.RNN
    gate_activation = None

    def _activations(self) -> tuple[str, ...]:
        return ("relu", "tanh")

    def _settings(self) -> dict[str, Any]:
        return {"nonlinearity": self.activation}


class Bidirectional(Layer):
    """Two recurrent layers, one of which reads backwards; `nn.LSTM(bidirectional=True)`.

    Args:
        layer: a recurrent layer.
        merge_mode: how both outputs become one: "concat", "sum", "mul", "ave"; None for a list of both.

    Raises:
        ValueError: `merge_mode` is another.
        TypeError: `layer` is not recurrent.

    Example:
        >>> Bidirectional(LSTM(16))(np.ones((3, 5, 8))).shape
        (3, 32)
    """

    def __init__(self, layer: Any, merge_mode: str | None = "concat", **kwargs: Any) -> None:
        if not isinstance(layer, _Recurrent):
            raise TypeError(f"Bidirectional takes a recurrent layer, such as LSTM(16); got {layer!r:.80}.")
        if merge_mode not in ("concat", "sum", "mul", "ave", None):
            raise ValueError(f'Bidirectional takes as merge_mode "concat", "sum", "mul", "ave" or None; got {merge_mode!r}.')
        if layer.return_state:
            raise ValueError("Bidirectional is not here for layers with return_state=True.")
        super().__init__(**{"name": name_for("Bidirectional"), **kwargs})
        config = layer.get_config()
        self.merge_mode, self.return_sequences = merge_mode, layer.return_sequences
        self.forward_layer = layer
        self.backward_layer = type(layer)(
            **{**config, "name": f"backward_{layer.name.removeprefix('forward_')}", "go_backwards": not layer.go_backwards}
        )
        layer.name = f"forward_{layer.name.removeprefix('forward_')}"

    def call(self, inputs: Any) -> Any:
        a, b = self.forward_layer(inputs), self.backward_layer(inputs)
        b = b[:, ::-1] if self.return_sequences else b
        if self.merge_mode == "concat":
            return autograd.concatenate([a, b], axis=-1)
        merged: dict[str | None, Any] = {"sum": lambda: a + b, "mul": lambda: a * b, "ave": lambda: (a + b) / 2, None: lambda: [a, b]}
        return merged[self.merge_mode]()
