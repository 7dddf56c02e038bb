"""The table of derivatives: recurrent networks, each as one entry over a whole sequence.

Arrays are (time, batch, …), as in PyTorch. `z` is what the inputs contribute at all times; at each
time `h @ weight.T`, from the hidden state before, is added to it. A rule first says how the states
depend on the `z` of their own time, for all times at once, and then goes backwards through time:
`dh`, `dc` and `dz` are the derivatives of the final result with respect to `h`, `c` and `z`.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ..core import Case, Primitive
from .elementary import _relu_gradient, _slope_of_sigmoid, _slope_of_tanh, relu, sigmoid, tanh
from .indexing import getitem
from .joining import concatenate, stack
from .products import matmul
from .reductions import sum_
from .shapes import transpose


def _before(first: Any, states: Any) -> Any:
    """At each time the state of the time before."""
    return concatenate(first[None], states[:-1], axis=0)


def _rows(x: Any) -> Any:
    """Times and batch as one axis."""
    return x.reshape(-1, x.shape[-1])


def _side_by_side(*parts: Any) -> Any:
    """Arrays (time, batch, hidden) as one, in the arrangement of `z`: (time, batch, parts × hidden)."""
    return concatenate(*parts, axis=-1)


def _nothing(g: Any) -> bool:
    """Whether a gradient is known to be 0 everywhere, like that of gates that only the states were computed from."""
    return isinstance(g, np.ndarray) and not g.any()


def _rnn(z: Any, h: Any, weight: Any, nonlinearity: str = "tanh") -> Any:
    states = np.empty(z.shape, np.result_type(z, h, weight))
    transposed = weight.T.copy()  # BLAS reads a small matrix row by row in half the time
    for z_t, h_t in zip(z, states, strict=True):
        np.matmul(h, transposed, out=h_t)
        h_t += z_t
        if nonlinearity == "tanh":
            np.tanh(h_t, out=h_t)
        else:
            np.maximum(h_t, 0, out=h_t)
        h = h_t
    return states


def _rnn_gradients(g: Any, states: Any, z: Any, h: Any, weight: Any, nonlinearity: str = "tanh") -> list[Any]:
    dz, dh = [], g[-1]
    for t in reversed(range(len(states))):
        dz.append(dh * _slope_of_tanh(states[t]) if nonlinearity == "tanh" else _relu_gradient(dh, states[t], states[t]))
        dh = dz[-1] @ weight
        if t:
            dh += g[t - 1]
    every_dz = stack(*reversed(dz), axis=0)
    return [every_dz, dh, _rows(every_dz).T @ _rows(_before(h, states))]


def _rnn_step(z: Any, h: Any, weight: Any, nonlinearity: str = "tanh") -> Any:
    h = (tanh if nonlinearity == "tanh" else relu)(z + matmul(h, transpose(weight)))
    return (h,), (h,)


rnn: Primitive = Primitive(
    "rnn", symbol="rnn", latex=r"\operatorname{rnn}(#1, #2, #3)", analytic=True, elementwise=False, sums=True,
    cases=(Case((3, 2, 4), (2, 4), (4, 4)), Case((4, 1, 2), (1, 2), (2, 2), nonlinearity="relu")),
    scalar=None, array=_rnn, step=_rnn_step,
    vjp=_rnn_gradients,
    batch=lambda batch, *xs, **settings: batch.in_one(partial(rnn, **settings), xs, axes=(1, 0), out_axis=1),
    doc="""The hidden states h = tanh(z + h_before @ weight.T) at all times (Elman, 1990).

    If `nonlinearity` is "relu", it takes the place of tanh.

    `z` (time, batch, hidden), the first state `h` (batch, hidden), `weight` (hidden, hidden).

    >>> z, h, weight = np.ones((3, 1, 1)), np.zeros((1, 1)), np.ones((1, 1))
    >>> rnn(z, h, weight, nonlinearity="relu").ravel()
    array([1., 2., 3.])
    """,
)  # fmt: skip


def _lstm(z: Any, h: Any, c: Any, weight: Any) -> Any:
    times, (batch, hidden) = len(z), h.shape
    y = np.empty((times, 6, batch, hidden), np.result_type(z, h, c, weight))
    # σ(x) = ½ + ½ tanh(½ x), so all four gates take a single tanh; what is in it is halved here, once.
    inside = np.array([0.5, 0.5, 1, 0.5], z.real.dtype).reshape(4, 1, 1)
    np.multiply(z.reshape(times, batch, 4, hidden).swapaxes(1, 2), inside, out=y[:, :4])
    # A matrix for each gate, so that each gate lands in its own place in y.
    weights = np.multiply(weight.reshape(4, hidden, hidden).swapaxes(1, 2), inside, order="C")
    product = np.empty((4, batch, hidden), y.dtype)
    for y_t in y:
        gates, both, (i, f, a, o, c_t, h_t) = y_t[:4], y_t[:2], y_t
        np.matmul(h, weights, out=product)
        gates += product
        np.tanh(gates, out=gates)
        both *= 0.5
        both += 0.5
        o *= 0.5
        o += 0.5
        np.multiply(f, c, out=c_t)
        c_t += i * a
        np.tanh(c_t, out=h_t)
        h_t *= o
        h, c = h_t, c_t
    return y


def _lstm_gradients(g: Any, y: Any, z: Any, h: Any, c: Any, weight: Any) -> list[Any]:
    i, f, a, o, cells, states = (y[:, k] for k in range(6))
    slopes = [_slope_of_sigmoid(i), _slope_of_sigmoid(f), _slope_of_tanh(a), _slope_of_sigmoid(o)]
    given = None if _nothing(g[:, :4]) else _side_by_side(*(g[:, k] * slope for k, slope in enumerate(slopes)))
    bent = tanh(cells)
    for k, factor in enumerate((a, _before(c, cells), i, bent)):
        slopes[k] *= factor
    local = _side_by_side(*slopes)  # dc_dz three times, dh_dz
    dh_dc = _slope_of_tanh(bent)
    dh_dc *= o
    del slopes, bent  # memory
    dz, dh, dc = [], g[-1, 5], g[-1, 4]
    for t in reversed(range(len(y))):
        dc_t = dh * dh_dc[t]
        dc_t += dc
        dz_t = concatenate(dc_t, dc_t, dc_t, dh, axis=-1)
        dz_t *= local[t]
        if given is not None:
            dz_t += given[t]
        dz.append(dz_t)
        dh, dc = dz_t @ weight, dc_t
        dc *= f[t]
        if t:
            dh += g[t - 1, 5]
            dc += g[t - 1, 4]
    del local, given, dh_dc  # memory
    every_dz = stack(*reversed(dz), axis=0)
    return [every_dz, dh, dc, _rows(every_dz).T @ _rows(_before(h, states))]


def _lstm_step(z: Any, h: Any, c: Any, weight: Any) -> Any:
    i, f, a, o = _parts_of(z + matmul(h, transpose(weight)), 4)
    i, f, a, o = sigmoid(i), sigmoid(f), tanh(a), sigmoid(o)
    c = f * c + i * a
    h = o * tanh(c)
    return (i, f, a, o, c, h), (h, c)


def _parts_of(x: Any, n: int) -> list[Any]:
    """Equal parts of each row."""
    size = x.shape[-1] // n
    return [getitem(x, index=(slice(None), slice(k * size, (k + 1) * size))) for k in range(n)]


lstm: Primitive = Primitive(
    "lstm", symbol="lstm", latex=r"\operatorname{lstm}(#1, #2, #3, #4)", analytic=True, elementwise=False, sums=True,
    cases=(Case((3, 2, 12), (2, 3), (2, 3), (12, 3)), Case((1, 1, 4), (1, 1), (1, 1), (4, 1))),
    scalar=None, array=_lstm, step=_lstm_step,
    vjp=_lstm_gradients,
    batch=lambda batch, *xs: batch.in_one(lstm, xs, axes=(1, 0, 0), out_axis=2),
    doc="""What a long short-term memory computes at all times.

    These are the gates i, f, g and o, the cells c, and the hidden states h.

    With (i, f, g, o) = (σ, σ, tanh, σ)(z + h_before @ weight.T) in four parts, c = f c_before + i g
    and h = o tanh(c) (Hochreiter and Schmidhuber, 1997; the forget gate f is Gers's, 2000).

    `z` (time, batch, 4 hidden), the first states `h` and `c` (batch, hidden), `weight`
    (4 hidden, hidden); the result (time, 6, batch, hidden).

    >>> z, h, c, weight = np.full((2, 1, 4), 100.0), np.zeros((1, 1)), np.zeros((1, 1)), np.zeros((4, 1))
    >>> lstm(z, h, c, weight)[:, 4].ravel()
    array([1., 2.])
    """,
)  # fmt: skip


def _gru(z: Any, h: Any, weight: Any, bias: Any) -> Any:
    times, (batch, hidden) = len(z), h.shape
    y = np.empty((times, 5, batch, hidden), np.result_type(z, h, weight, bias if np.any(bias) else 0.0))
    product, transposed = np.empty((batch, 3 * hidden), y.dtype), weight.T.copy()
    for z_t, y_t in zip(z, y, strict=True):
        gates, (r, u, n, m, h_t) = y_t[:2], y_t
        np.matmul(h, transposed, out=product)
        product += bias
        (z_r, z_u, z_n), (m_r, m_u, m_n) = (x.reshape(batch, 3, hidden).transpose(1, 0, 2) for x in (z_t, product))
        np.add(z_r, m_r, out=r)
        np.add(z_u, m_u, out=u)
        gates *= 0.5  # σ(x) = ½ + ½ tanh(½ x)
        np.tanh(gates, out=gates)
        gates *= 0.5
        gates += 0.5
        m[:] = m_n
        np.multiply(r, m, out=n)
        n += z_n
        np.tanh(n, out=n)
        np.subtract(h, n, out=h_t)
        h_t *= u
        h_t += n
        h = h_t
    return y


def _gru_gradients(g: Any, y: Any, z: Any, h: Any, weight: Any, bias: Any) -> list[Any]:
    r, u, n, m, states = (y[:, k] for k in range(5))
    before = _before(h, states)
    slopes = _slope_of_sigmoid(r), _slope_of_sigmoid(u), _slope_of_tanh(n)
    dn_dz, given_n = (1 - u) * slopes[2], g[:, 2] * slopes[2]
    local = _side_by_side(dn_dz * m * slopes[0], (before - n) * slopes[1], dn_dz)
    given = _side_by_side((g[:, 0] + given_n * m) * slopes[0], g[:, 1] * slopes[1], given_n)
    dz, ds, dh = [], [], g[-1, 4]  # s is what comes from the state before; m, its last part, counts r times
    hidden = h.shape[-1]
    for t in reversed(range(len(y))):
        dz_t = concatenate(dh, dh, dh, axis=-1)
        dz_t *= local[t]
        dz_t += given[t]
        ds_t = concatenate(dz_t[:, :-hidden], dz_t[:, -hidden:] * r[t] + g[t, 3], axis=-1)
        dz.append(dz_t)
        ds.append(ds_t)
        dh = dh * u[t]
        dh += ds_t @ weight
        if t:
            dh += g[t - 1, 4]
    every_dz, every_ds = stack(*reversed(dz), axis=0), _rows(stack(*reversed(ds), axis=0))
    return [every_dz, dh, every_ds.T @ _rows(before), sum_(every_ds, axis=0)]


def _gru_step(z: Any, h: Any, weight: Any, bias: Any) -> Any:
    (z_r, z_u, z_n), (s_r, s_u, m) = _parts_of(z, 3), _parts_of(matmul(h, transpose(weight)) + bias, 3)
    r, u = sigmoid(z_r + s_r), sigmoid(z_u + s_u)
    n = tanh(z_n + r * m)
    h = (1.0 - u) * n + u * h
    return (r, u, n, m, h), (h,)


gru: Primitive = Primitive(
    "gru", symbol="gru", latex=r"\operatorname{gru}(#1, #2, #3, #4)", analytic=True, elementwise=False, sums=True, domain=(-1.0, 1.0),
    cases=(Case((3, 2, 9), (2, 3), (9, 3), (9,)), Case((2, 1, 3), (1, 1), (3, 1), ())),
    scalar=None, array=_gru, step=_gru_step,
    vjp=_gru_gradients,
    batch=lambda batch, *xs: batch.in_one(gru, xs, axes=(1, 0), out_axis=2),
    doc="""What a gated recurrent unit computes at all times.

    These are the gates r and u, the candidates n, their part m, and the hidden states h.

    With s = h_before @ weight.T + bias and z in three parts, r = σ(z₁ + s₁), u = σ(z₂ + s₂), m = s₃,
    n = tanh(z₃ + r m) and h = (1 - u) n + u h_before (Cho and others, 2014; r as in cuDNN and PyTorch).

    `z` (time, batch, 3 hidden), the first state `h` (batch, hidden), `weight` (3 hidden, hidden),
    `bias` (3 hidden,) or 0.0 for none; the result (time, 5, batch, hidden).

    >>> z, h, weight = np.full((2, 1, 3), -100.0), np.ones((1, 1)), np.zeros((3, 1))
    >>> gru(z, h, weight, 0.0)[:, 4].ravel()
    array([-1., -1.])
    """,
)  # fmt: skip


def _reverse_sequences(x: Any, lengths: Any) -> Any:
    time = np.arange(len(x))[:, None]
    lengths = np.asarray(lengths).astype(np.intp)
    return x[np.where(time < lengths, lengths - 1 - time, time), np.arange(x.shape[1])]


reverse_sequences: Primitive = Primitive(
    "reverse_sequences", symbol="reverse", latex=r"\operatorname{reverse}(#1)", analytic=True, elementwise=False,
    cases=(Case((3, 2, 2), (2,)),),
    scalar=None, array=_reverse_sequences,
    vjp=(lambda g, y, x, lengths: reverse_sequences(g, lengths), None),
    batch=lambda batch, *xs: batch.in_one(reverse_sequences, xs, axes=(1, 0), out_axis=1),
    doc="""Each sequence of a batch (time, batch, …) from its end to its start.

    What lies beyond the length of a sequence stays where it is.

    >>> reverse_sequences(np.array([[1.0, 4.0], [2.0, 5.0], [3.0, 0.0]]), np.array([3, 2]))
    array([[3., 5.],
           [2., 4.],
           [1., 0.]])
    """,
)  # fmt: skip
