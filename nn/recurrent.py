"""Layers that read a sequence from its start to its end and remember: `RNN`, `LSTM` and `GRU`."""

from __future__ import annotations

import math
import warnings
from typing import Any, ClassVar

import numpy as np

import autograd
from autograd import Node, Tensor
from autograd.primitives import networks, recurrence
from autograd.primitives.arithmetic import less, where

from . import functional
from .inputs import as_input, check_probability, check_size
from .module import Module
from .randomness import Seed, generator

__all__ = ["GRU", "LSTM", "RNN"]


class _Recurrent(Module):
    """What the three kinds share: layers on top of each other, in one or both directions.

    Attributes:
        gates: how many numbers a hidden unit needs at each time.
        states: the names of what is remembered from one time to the next.
    """

    gates: ClassVar[int]
    states: ClassVar[tuple[str, ...]] = ("h",)

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = False,
        dropout: float = 0.0, bidirectional: bool = False, *, dtype: Any = np.float32, rng: Seed = None,
    ) -> None:  # fmt: skip
        kind = type(self).__name__
        for name, size in (("input_size", input_size), ("hidden_size", hidden_size), ("num_layers", num_layers)):
            check_size(kind, name, size)
        check_probability(kind, dropout, "dropout=")
        if dropout and num_layers == 1:
            warnings.warn(f"{kind} has dropout between its layers, and there is only one: dropout={dropout} does nothing.", stacklevel=3)
        self.input_size, self.hidden_size, self.num_layers = int(input_size), int(hidden_size), int(num_layers)
        self.bias, self.batch_first, self.dropout, self.bidirectional = bias, batch_first, dropout, bidirectional
        self.rng = None if rng is None else generator(rng)
        draw, bound, rows = generator(rng if self.rng is None else self.rng), 1 / math.sqrt(hidden_size), self.gates * self.hidden_size
        for layer in range(self.num_layers):
            width = self.input_size if layer == 0 else self.hidden_size * (2 if bidirectional else 1)
            shapes = {"weight_ih": (rows, width), "weight_hh": (rows, self.hidden_size), "bias_ih": (rows,), "bias_hh": (rows,)}
            for end in self._ends(layer):
                for name, shape in shapes.items():
                    if bias or name.startswith("weight"):
                        setattr(self, name + end, Tensor(draw.uniform(-bound, bound, shape).astype(dtype)))

    def _ends(self, layer: int) -> list[str]:
        """How the names of a layer's parameters end, in each direction."""
        return [f"_l{layer}", f"_l{layer}_reverse"] if self.bidirectional else [f"_l{layer}"]

    def run(self, x: Any, first: list[Any], weight_ih: Any, weight_hh: Any, bias_ih: Any, bias_hh: Any) -> tuple[Any, ...]:
        """The states at all times, in the order of `states`, of one layer in one direction."""
        raise NotImplementedError

    def forward(self, x: Any, hx: Any = None, lengths: Any = None) -> Any:
        x = as_input(x, self.weight_ih_l0.dtype, self)  # type: ignore[attr-defined]
        self._check_input(x)
        single = x.ndim == 2
        if single:
            x = x[:, None]
        elif self.batch_first:
            x = x.transpose(1, 0, 2)
        times, batch, _ = x.shape
        inside = None
        if lengths is not None:
            lengths = self._lengths(lengths, times, batch)
            inside = less(np.arange(times)[:, None, None], autograd.expand_dims(lengths, -1))
            x = where(inside, x, 0.0)
        firsts = self._first_states(hx, batch, single)
        lasts: list[list[Any]] = []
        output = x
        for layer in range(self.num_layers):
            if layer:
                output = functional.dropout(output, self.dropout, self.training, rng=self.rng)
            directions = []
            for end in self._ends(layer):
                weights = [getattr(self, name + end, 0.0) for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
                backwards = end.endswith("_reverse")
                states = self.run(_reversed(output, lengths) if backwards else output, [first[len(lasts)] for first in firsts], *weights)
                lasts.append([_last(state, lengths) for state in states])
                directions.append(_reversed(states[0], lengths) if backwards else states[0])
            output = autograd.concatenate(directions, axis=-1) if self.bidirectional else directions[0]
        if inside is not None:
            output = where(inside, output, 0.0)
        finals = [autograd.stack(states, axis=0) for states in zip(*lasts, strict=True)]
        if single:
            output, finals = output[:, 0], [final[:, 0] for final in finals]
        elif self.batch_first:
            output = output.transpose(1, 0, 2)
        return output, finals[0] if len(finals) == 1 else tuple(finals)

    def _check_input(self, x: Any) -> None:
        axes = "(n, time, {})" if self.batch_first else "(time, n, {})"
        if x.ndim not in (2, 3) or x.shape[-1] != self.input_size:
            raise ValueError(
                f"{self._called()} takes arrays of shape {axes.format(self.input_size)}, or (time, {self.input_size}) for one sequence, "
                f"and got shape {x.shape}; batch_first is {self.batch_first}."
            )
        if x.shape[1 if x.ndim == 3 and self.batch_first else 0] == 0:
            raise ValueError(f"{self._called()} got sequences without any time, of shape {x.shape}.")

    def _first_states(self, hx: Any, batch: int, single: bool) -> list[Any]:
        """The states before the start, each (layers × directions, batch, hidden)."""
        runs = self.num_layers * (2 if self.bidirectional else 1)
        shape, dtype = (runs, batch, self.hidden_size), self.weight_hh_l0.dtype  # type: ignore[attr-defined]
        if hx is None:
            return [np.zeros(shape, dtype)] * len(self.states)
        given = [hx] if len(self.states) == 1 else hx
        if not isinstance(given, (tuple, list)) or len(given) != len(self.states):
            raise ValueError(f"{self._called()} takes as hx the pair ({', '.join(self.states)}) of its first states, and got {_kind(hx)}.")
        firsts = []
        for name, state in zip(self.states, given, strict=True):
            state = as_input(state, dtype, self)
            wanted = (shape[0], shape[2]) if single else shape
            if state.shape != wanted:
                raise ValueError(f"{self._called()} takes a first state {name} of shape {wanted}, and got {state.shape}.")
            firsts.append(state[:, None] if single else state)
        return firsts

    def _lengths(self, lengths: Any, times: int, batch: int) -> Any:
        """How long each sequence is, checked."""
        if isinstance(lengths, Node):  # an argument of a compiled function
            return lengths
        numbers = np.asarray(lengths)
        if numbers.shape != (batch,) or numbers.dtype.kind not in "iu":
            raise ValueError(
                f"{self._called()} takes as lengths one whole number for each of the {batch} sequences, "
                f"and got an array of {numbers.dtype} of shape {numbers.shape}."
            )
        wrong = numbers[(numbers < 1) | (numbers > times)]
        if wrong.size:
            raise ValueError(f"{self._called()} got a length of {wrong[0]}; sequences here have from 1 to {times} times.")
        return numbers

    def extra_repr(self) -> str:
        usual = {"num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0, "bidirectional": False}
        unusual = [f"{name}={getattr(self, name)}" for name, value in usual.items() if getattr(self, name) != value]
        return ", ".join([str(self.input_size), str(self.hidden_size), *unusual])


def _kind(hx: Any) -> str:
    return f"{len(hx)} of them" if isinstance(hx, (tuple, list)) else f"a {type(hx).__name__}"


def _reversed(x: Any, lengths: Any) -> Any:
    return x[::-1] if lengths is None else recurrence.reverse_sequences(x, lengths)


def _last(states: Any, lengths: Any) -> Any:
    """The state at the end of each sequence."""
    if lengths is None:
        return states[-1]
    return networks.take_along_axis(states, autograd.reshape(lengths - 1, (1, -1, 1)), axis=0)[0]


class RNN(_Recurrent):
    """The simple recurrent network (Elman, 1990): h = tanh(W_ih x + b_ih + W_hh h_before + b_hh) at each time.

    Args:
        input_size: how many numbers there are at each time.
        hidden_size: how many numbers the network remembers from one time to the next.
        num_layers: how many networks on top of each other; each reads the states of the one below.
        nonlinearity: "tanh" or "relu".
        bias: whether there are `bias_ih` and `bias_hh`.
        batch_first: whether inputs and outputs are (n, time, …) instead of (time, n, …).
        dropout: with which probability to drop, in training, what one layer hands to the next.
        bidirectional: whether a second network in each layer reads backwards; outputs have the
            states of both, side by side.
        dtype: the precision of the parameters, and so of the outputs.
        rng: a seed or a NumPy generator for the first weights and biases, which are uniform
            between ±1/√hidden_size, as in PyTorch, and for the dropout.

    Shape:
        input (time, n, input_size) → output (time, n, hidden_size), the states of the last layer,
        and h_n (num_layers, n, hidden_size), the states of all layers at the end; all without n
        for one sequence. With two directions, the last axis of the output and the first of h_n
        are twice as long.

        `layer(x, hx, lengths)` starts from the states `hx` (as h_n) instead of zeros. `lengths`
        (n,) says how long each sequence is: what follows in x does not count, its output is 0,
        and h_n is the state at the sequence's own end.

    Raises:
        ValueError: a setting is impossible; on a call, shapes do not fit, or a length is out of range.

    Example:
        >>> output, h_n = RNN(8, 16, rng=0)(np.ones((5, 3, 8)))
        >>> output.shape, h_n.shape
        ((5, 3, 16), (1, 3, 16))
    """

    gates = 1

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, nonlinearity: str = "tanh", bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False, *, dtype: Any = np.float32, rng: Seed = None,
    ) -> None:  # fmt: skip
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"RNN takes as nonlinearity 'tanh' or 'relu'; got {nonlinearity!r}.")
        self.nonlinearity = nonlinearity
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype=dtype, rng=rng)

    def run(self, x: Any, first: list[Any], weight_ih: Any, weight_hh: Any, bias_ih: Any, bias_hh: Any) -> tuple[Any, ...]:
        z = networks.linear(x, weight_ih, bias_ih + bias_hh)
        return (recurrence.rnn(z, *first, weight_hh, nonlinearity=self.nonlinearity),)


class LSTM(_Recurrent):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997): a cell c that gates write to, keep, and read.

    At each time, with h the hidden state of the time before,

        i, f, g, o = σ, σ, tanh, σ of the four parts of W_ih x + b_ih + W_hh h + b_hh
        c = f c_before + i g
        h = o tanh(c)

    Args:
        input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype, rng:
            as in `RNN`.

    Shape:
        as in `RNN`, but the states are pairs (h, c): `output, (h_n, c_n) = layer(x, (h_0, c_0), lengths)`.

    Raises:
        ValueError: as in `RNN`.

    Example:
        >>> output, (h_n, c_n) = LSTM(8, 16, num_layers=2, bidirectional=True, rng=0)(np.ones((5, 3, 8)), lengths=[5, 2, 3])
        >>> output.shape, h_n.shape, c_n.shape
        ((5, 3, 32), (4, 3, 16), (4, 3, 16))
    """

    gates = 4
    states = ("h", "c")

    def run(self, x: Any, first: list[Any], weight_ih: Any, weight_hh: Any, bias_ih: Any, bias_hh: Any) -> tuple[Any, ...]:
        y = recurrence.lstm(networks.linear(x, weight_ih, bias_ih + bias_hh), *first, weight_hh)
        return y[:, 5], y[:, 4]


class GRU(_Recurrent):
    """The gated recurrent unit (Cho and others, 2014): a hidden state that is kept as far as a gate says.

    At each time, with h_before the hidden state of the time before,

        r, u = σ of the first two of the three parts of W_ih x + b_ih + W_hh h_before + b_hh
        n = tanh(third part of (W_ih x + b_ih) + r · third part of (W_hh h_before + b_hh))
        h = (1 - u) n + u h_before

    Args:
        input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype, rng:
            as in `RNN`.

    Shape:
        as in `RNN`.

    Raises:
        ValueError: as in `RNN`.

    Example:
        >>> output, h_n = GRU(8, 16, batch_first=True, rng=0)(np.ones((3, 5, 8)))
        >>> output.shape, h_n.shape
        ((3, 5, 16), (1, 3, 16))
    """

    gates = 3

    def run(self, x: Any, first: list[Any], weight_ih: Any, weight_hh: Any, bias_ih: Any, bias_hh: Any) -> tuple[Any, ...]:
        y = recurrence.gru(networks.linear(x, weight_ih, bias_ih), *first, weight_hh, bias_hh)
        return (y[:, 4],)
