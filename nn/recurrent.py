"""Layers that read a sequence step by step and remember, with PyTorch's names: `RNN`, `LSTM` and `GRU`."""

from __future__ import annotations

import math
import warnings
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

import autograd
from autograd import Tensor
from autograd.primitives import networks, recurrence
from autograd.primitives.arithmetic import less
from autograd.primitives.choices import where

from . import functional
from .inputs import as_input, check_probability, check_size
from .module import Module
from .parameter import Parameter
from .randomness import Seed, generator
from .types import Data, Input

__all__ = ["GRU", "LSTM", "RNN"]

Bias: TypeAlias = Tensor | float  # 0.0 if there is none


class _Recurrent(Module):
    """What the three kinds share: layers on top of each other, in one or both directions.

    Attributes:
        gates: how many weighted sums a hidden unit takes at each time.
        states: the names of what is remembered from one time to the next.
    """

    gates: ClassVar[int]
    states: ClassVar[tuple[str, ...]] = ("h",)
    weight_ih_l0: Tensor
    weight_hh_l0: Tensor

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = False,
        dropout: float = 0.0, bidirectional: bool = False, *, dtype: DTypeLike = np.float32, rng: Seed = None,
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
                        setattr(self, name + end, Parameter(draw.uniform(-bound, bound, shape).astype(dtype)))

    def _ends(self, layer: int) -> list[str]:
        """The ends of the names of a layer's parameters, for each direction."""
        return [f"_l{layer}", f"_l{layer}_reverse"] if self.bidirectional else [f"_l{layer}"]

    def _run(self, x: Data, first: list[Data], weight_ih: Tensor, weight_hh: Tensor, bias_ih: Bias, bias_hh: Bias) -> tuple[Tensor, ...]:
        """The states at all times, in the order of `states`, of one layer in one direction."""
        raise NotImplementedError

    def forward(self, x: Input, hx: Input | None = None, lengths: Input | None = None) -> tuple[Data, Tensor | tuple[Tensor, ...]]:
        output: Data = as_input(x, self.weight_ih_l0.dtype, self)
        self._check_input(output)
        single = output.ndim == 2
        if single:
            output = output[:, None]
        elif self.batch_first:
            output = output.transpose(1, 0, 2)
        times, batch, _ = output.shape
        ends = None if lengths is None else self._lengths(lengths, times, batch)
        if ends is not None:
            inside = less(np.arange(times)[:, None, None], autograd.expand_dims(ends, -1))
            output = where(inside, output, 0.0)
        firsts = self._first_states(hx, batch, single)
        lasts: list[list[Tensor]] = []
        for layer in range(self.num_layers):
            if layer:
                output = functional.dropout(output, self.dropout, self.training, rng=self.rng)
            directions = []
            for name in self._ends(layer):
                weights: list[Any] = [getattr(self, weight + name, 0.0) for weight in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
                backwards = name.endswith("_reverse")
                states = self._run(_reversed(output, ends) if backwards else output, [first[len(lasts)] for first in firsts], *weights)
                lasts.append([_last(state, ends) for state in states])
                directions.append(_reversed(states[0], ends) if backwards else states[0])
            output = autograd.concatenate(directions, axis=-1) if self.bidirectional else directions[0]
        if ends is not None:
            output = where(inside, output, 0.0)
        finals = [autograd.stack(states, axis=0) for states in zip(*lasts, strict=True)]
        if single:
            output, finals = output[:, 0], [final[:, 0] for final in finals]
        elif self.batch_first:
            output = output.transpose(1, 0, 2)
        return output, finals[0] if len(finals) == 1 else tuple(finals)

    def _check_input(self, x: Data) -> None:
        """Refuse what are not sequences of the right width."""
        axes = "(n, time, {})" if self.batch_first else "(time, n, {})"
        if x.ndim not in (2, 3) or x.shape[-1] != self.input_size:
            raise ValueError(
                f"{self._called()} takes arrays of shape {axes.format(self.input_size)}, or (time, {self.input_size}) for one sequence, "
                f"and got shape {x.shape}; batch_first is {self.batch_first}."
            )
        if x.shape[1 if x.ndim == 3 and self.batch_first else 0] == 0:
            raise ValueError(f"{self._called()} got sequences without any time, of shape {x.shape}.")

    def _first_states(self, hx: Input | None, batch: int, single: bool) -> list[Data]:
        """The states before the start, each of shape (layers × directions, batch, hidden)."""
        runs = self.num_layers * (2 if self.bidirectional else 1)
        shape, dtype = (runs, batch, self.hidden_size), self.weight_hh_l0.dtype
        if hx is None:
            return [np.zeros(shape, dtype)] * len(self.states)
        given = [hx] if len(self.states) == 1 else hx
        if not isinstance(given, (tuple, list)) or len(given) != len(self.states):
            got = f"{len(hx)} of them" if isinstance(hx, (tuple, list)) else f"a {type(hx).__name__}"
            raise ValueError(f"{self._called()} takes as hx the pair ({', '.join(self.states)}) of its first states, and got {got}.")
        firsts = []
        for name, state in zip(self.states, given, strict=True):
            state = as_input(state, dtype, self)
            wanted = (shape[0], shape[2]) if single else shape
            if state.shape != wanted:
                raise ValueError(f"{self._called()} takes a first state {name} of shape {wanted}, and got {state.shape}.")
            firsts.append(state[:, None] if single else state)
        return firsts

    def _lengths(self, lengths: Input, times: int, batch: int) -> Data:
        """How long each sequence is, if these can be lengths."""
        if isinstance(lengths, Tensor):  # an argument of a compiled function
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


def _reversed(x: Data, lengths: Data | None) -> Data:
    """The sequences from their ends to their starts."""
    y: Data = x[::-1] if lengths is None else recurrence.reverse_sequences(x, lengths)
    return y


def _last(states: Tensor, lengths: Data | None) -> Tensor:
    """The state at the end of each sequence."""
    if lengths is not None:
        states = networks.take_along_axis(states, autograd.reshape(lengths - 1, (1, -1, 1)), axis=0)
    last: Tensor = states[-1]
    return last


class RNN(_Recurrent):
    """The simple recurrent network (Elman, 1990): h = tanh(W_ih x + b_ih + W_hh h_before + b_hh) at each time.

    Args:
        input_size: how many numbers there are at each time.
        hidden_size: how many numbers the network remembers from one time to the next.
        num_layers: how many layers there are; each reads the states of the layer below.
        nonlinearity: "tanh" or "relu".
        bias: whether there are `bias_ih` and `bias_hh`.
        batch_first: whether inputs and outputs are (n, time, …) instead of (time, n, …).
        dropout: the probability with which, in training, a number from one layer to the next is dropped.
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

        `layer(x, hx, lengths)` starts from the states `hx`, of the shape of h_n, instead of zeros.
        `lengths` (n,) says how long each sequence is: what follows in x does not count, the output
        there is 0, and h_n is the state at the sequence's own end.

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
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False, *, dtype: DTypeLike = np.float32, rng: Seed = None,
    ) -> None:  # fmt: skip
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"RNN takes as nonlinearity 'tanh' or 'relu'; got {nonlinearity!r}.")
        self.nonlinearity = nonlinearity
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype=dtype, rng=rng)

    def _run(self, x: Data, first: list[Data], weight_ih: Tensor, weight_hh: Tensor, bias_ih: Bias, bias_hh: Bias) -> tuple[Tensor, ...]:
        z = networks.linear(x, weight_ih, bias_ih + bias_hh)
        return (recurrence.rnn(z, *first, weight_hh, nonlinearity=self.nonlinearity),)


class LSTM(_Recurrent):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997): gates say what a cell c takes in, keeps and shows.

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

    def _run(self, x: Data, first: list[Data], weight_ih: Tensor, weight_hh: Tensor, bias_ih: Bias, bias_hh: Bias) -> tuple[Tensor, ...]:
        y = recurrence.lstm(networks.linear(x, weight_ih, bias_ih + bias_hh), *first, weight_hh)
        return y[:, 5], y[:, 4]


class GRU(_Recurrent):
    """The gated recurrent unit (Cho and others, 2014): a gate says how much of the hidden state is kept.

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

    def _run(self, x: Data, first: list[Data], weight_ih: Tensor, weight_hh: Tensor, bias_ih: Bias, bias_hh: Bias) -> tuple[Tensor, ...]:
        y = recurrence.gru(networks.linear(x, weight_ih, bias_ih), *first, weight_hh, bias_hh)
        return (y[:, 4],)
