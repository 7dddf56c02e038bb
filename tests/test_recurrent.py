"""Recurrent networks: their entries in the table, and the layers `RNN`, `LSTM` and `GRU`."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytorch_twin import assert_twins, fill, waves

import autograd
import nn
from autograd import Tensor, check_gradients, table, vjp
from autograd.structures import leaves

CASES = [pytest.param(table[name], case, id=f"{name}-{i}") for name in ("rnn", "lstm", "gru") for i, case in enumerate(table[name].cases)]


@pytest.mark.parametrize(("primitive", "case"), CASES)
def test_rules_are_the_derivatives_to_second_order(primitive, case):
    rng = np.random.default_rng(0)
    inputs = [rng.uniform(-2, 2, shape) for shape in case.shapes]
    assert check_gradients(lambda *xs: primitive(*xs, **case.static), *inputs)
    y = primitive(*inputs, **case.static)
    g = rng.uniform(-2, 2, np.shape(y))
    assert check_gradients(lambda g, *xs: list(vjp(lambda *xs: primitive(*xs, **case.static), *xs)[1](g)), g, *inputs)


@pytest.mark.parametrize(("primitive", "case"), CASES)
def test_forwards_take_the_complex_step(primitive, case):
    rng = np.random.default_rng(0)
    inputs = [rng.uniform(-2, 2, shape) for shape in case.shapes]
    _, pull = vjp(lambda *xs: primitive(*xs, **case.static), *inputs)
    g = rng.uniform(-2, 2, np.shape(primitive(*inputs, **case.static)))
    for i, gradient in enumerate(pull(g)):
        direction = rng.uniform(-2, 2, np.shape(inputs[i]))
        nudged = [x + 1e-30j * direction if i == j else x for j, x in enumerate(inputs)]
        numeric = np.sum(g * primitive(*nudged, **case.static).imag) / 1e-30
        assert np.isclose(np.sum(gradient * direction), numeric, rtol=1e-10)


KINDS = st.sampled_from(["RNN", "LSTM", "GRU"])
SETTINGS = st.fixed_dictionaries({
    "num_layers": st.integers(1, 3), "bias": st.booleans(), "batch_first": st.booleans(), "bidirectional": st.booleans(),
})  # fmt: skip


def first_states(kind, runs, *shape):
    h = 0.5 * waves(runs, *shape)
    return (h, h[::-1].copy()) if kind == "LSTM" else h


def twins(kind, *sizes, dtype="float64", **options):
    torch = pytest.importorskip("torch")
    return getattr(nn, kind)(*sizes, **options, dtype=dtype, rng=0), getattr(torch.nn, kind)(*sizes, **options, dtype=getattr(torch, dtype))


@given(kind=KINDS, options=SETTINGS, times=st.integers(1, 5), batch=st.integers(1, 4), given_states=st.booleans(), relu=st.booleans())
@settings(max_examples=60, deadline=None)
def test_layers_are_pytorchs(kind, options, times, batch, given_states, relu):
    if kind == "RNN" and relu:
        options = options | {"nonlinearity": "relu"}
    layer, twin = twins(kind, 3, 4, **options)
    x = waves(batch, times, 3) if options["batch_first"] else waves(times, batch, 3)
    if given_states:
        runs = options["num_layers"] * (1 + options["bidirectional"])
        assert_twins(*with_states(layer, twin, kind), x, *leaves(first_states(kind, runs, batch, 4)), steps=2)
    else:
        assert_twins(layer, twin, x, steps=2)
    assert str(layer) == str(twin)


def with_states(layer, twin, kind):
    """Both layers as functions of (x, h) or (x, h, c), so that the gradients of the first states are compared too."""
    torch = pytest.importorskip("torch")

    def pair(states):
        return states if kind == "LSTM" else states[0]

    class Ours(nn.Module):
        def __init__(self):
            self.layer = layer

        def forward(self, x, *states):
            return self.layer(x, pair(states))

    class Theirs(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = twin

        def forward(self, x, *states):
            return self.layer(x, pair(states))

    return Ours(), Theirs()


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-9), ("float32", 1e-4)])
@pytest.mark.parametrize("shape", [(6, 5, 3), (6, 3)])
def test_layers_train_as_pytorchs_in_both_precisions(kind, dtype, tolerance, shape):
    layer, twin = twins(kind, 3, 4, num_layers=2, bidirectional=True, dtype=dtype)
    assert_twins(layer, twin, waves(*shape, dtype=dtype), rtol=tolerance, atol=tolerance)


@given(kind=KINDS, options=SETTINGS, lengths=st.lists(st.integers(1, 5), min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_lengths_do_what_packing_does_in_pytorch(kind, options, lengths):
    torch = pytest.importorskip("torch")
    layer, twin = twins(kind, 3, 4, **options)
    first = options["batch_first"]

    class Packed(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = twin

        def forward(self, x):
            packed = torch.nn.utils.rnn.pack_padded_sequence(x, torch.tensor(lengths), first, enforce_sorted=False)
            output, states = self.layer(packed)
            return torch.nn.utils.rnn.pad_packed_sequence(output, first, total_length=5)[0], *leaves(states)

    class Ours(nn.Module):
        def __init__(self):
            self.layer = layer

        def forward(self, x):
            output, states = self.layer(x, lengths=lengths)
            return output, *leaves(states)

    n = len(lengths)
    assert_twins(Ours(), Packed(), waves(n, 5, 3) if first else waves(5, n, 3), steps=2)


def test_what_follows_a_sequence_does_not_count_even_if_it_is_nan():
    layer = nn.LSTM(2, 3, bidirectional=True, dtype=float, rng=0)
    x = waves(4, 2, 2)
    expected = layer(x[:2, 1:])
    x[2:, 1] = np.nan
    output, (h_n, c_n) = layer(x, lengths=[4, 2])
    np.testing.assert_allclose(output.data[:2, 1:], expected[0].data, rtol=1e-12)
    assert not output.data[2:, 1].any()
    np.testing.assert_allclose(h_n.data[:, 1:], expected[1][0].data, rtol=1e-12)
    np.testing.assert_allclose(c_n.data[:, 1:], expected[1][1].data, rtol=1e-12)
    output.sum().backward()
    assert all(np.isfinite(p.grad).all() for p in layer.parameters())


REFERENCE = {
    "RNN": {
        "output": [
            0.94241241, 0.97620755, 0.99781385, 0.92690403, 0.95923248, 0.91666923, 0.94970944, 0.93532721,
            0.99971918, 0.51799481, 0.99255353, 0.81169105,
        ],
        "x": [0.2735349, -0.15634625, 0.34929615, 0.095072779, 0.31820482, -1.522347],
        "parameters": [1.4298472, 3.3409064, 2.0981988, 2.0981988, 0.1497966, 1.486803, 1.4004081, 1.4004081],
    },
    "LSTM": {
        "output": [
            -0.48761027, -0.51667897, -0.73057867, -0.34166643, -0.29538091, 0.53984704, -0.30175365, 0.53478421,
            -0.83837739, -0.1424317, -0.66658201, -0.50358265,
        ],
        "x": [0.22714837, 0.28115439, -0.066110308, -0.27257945, 0.30895864, 0.53039574],
        "parameters": [-0.7306824, -0.45556065, 0.37127985, 0.37127985, -0.27776407, -0.26379836, 0.82463781, 0.82463781],
    },
    "GRU": {
        "output": [
            -0.46031369, -0.5713145, -0.75698996, -0.2431986, -0.50747678, 0.87105409, -0.58690597, 0.8811217,
            -0.75275146, 0.079973341, -0.55219684, -0.50958381,
        ],
        "x": [0.80006785, 0.55495544, -0.83405107, -0.53730319, 0.85252061, 0.50135172],
        "parameters": [-0.019656411, -0.14452026, -0.56422992, -0.54002584, -1.6525514, -0.10707245, -0.64744326, -0.63794356],
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_layers_have_these_numbers(kind):
    """Reference numbers from PyTorch 2.13."""
    layer = fill(getattr(nn, kind)(2, 2, bidirectional=True, dtype=float))
    x = Tensor(waves(3, 1, 2))
    output, states = layer(x)
    np.testing.assert_allclose(output.data.ravel(), REFERENCE[kind]["output"], rtol=1e-6)
    ((output * output).sum() + sum(state.sum() for state in leaves(states))).backward()
    np.testing.assert_allclose(x.grad.ravel(), REFERENCE[kind]["x"], rtol=1e-6)
    np.testing.assert_allclose([p.grad.sum() for p in layer.parameters()], REFERENCE[kind]["parameters"], rtol=1e-6)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_first_weights_are_uniform_as_pytorchs(kind):
    layer = getattr(nn, kind)(5, 64, rng=0)
    for parameter in layer.parameters():
        assert 0.9 / 8 < np.abs(parameter.data).max() <= 1 / 8
        assert parameter.dtype == np.float32
    assert (layer.weight_hh_l0.data == getattr(nn, kind)(5, 64, rng=0).weight_hh_l0.data).all()


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_float32_stays_float32_whatever_it_is_fed(kind):
    layer = getattr(nn, kind)(2, 3, num_layers=2, bidirectional=True)
    for x in (waves(4, 2, 2), Tensor(waves(4, 2, 2)), np.ones((4, 2, 2), dtype=int)):
        output, states = layer(x, first_states(kind, 4, 2, 3), lengths=[4, 1])
        assert {output.dtype, *(state.dtype for state in leaves(states))} == {np.dtype(np.float32)}
        output.sum().backward()
        assert {p.grad.dtype for p in layer.parameters()} == {np.dtype(np.float32)}


def test_dropout_is_between_the_layers_in_training_and_comes_from_the_seed():
    def outputs(seed, training=True):
        layer = nn.GRU(2, 50, num_layers=2, dropout=0.5, dtype=float, rng=seed).train(training)
        return layer(waves(3, 2, 2))[0].data, layer

    first, layer = outputs(0)
    assert (first == outputs(0)[0]).all()
    assert (first != layer(waves(3, 2, 2))[0].data).any()
    calm, layer = outputs(0, training=False)
    assert (calm == layer(waves(3, 2, 2))[0].data).all()
    assert (calm != first).any()


def test_dropout_with_a_single_layer_warns_that_it_does_nothing():
    with pytest.warns(UserWarning, match="LSTM has dropout between its layers, and there is only one: dropout=0.5 does nothing"):
        nn.LSTM(2, 3, dropout=0.5)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_second_derivatives_are_right(kind):
    layer = getattr(nn, kind)(2, 2, num_layers=2, bidirectional=True, dtype=float, rng=0)
    assert check_gradients(autograd.grad(lambda x: (layer(x, lengths=[3, 2])[0] ** 3).sum()), waves(3, 2, 2))


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_a_compiled_layer_is_the_layer(kind):
    layer = getattr(nn, kind)(2, 3, num_layers=2, bidirectional=True, dtype=float, rng=0)

    def loss(x, lengths):
        output, states = layer(x, lengths=lengths)
        return (output**2).sum() + sum(state.sum() for state in leaves(states))

    compiled = autograd.compile(loss)
    for lengths in ([3, 1], [2, 3]):
        layer.zero_grad()
        loss(waves(3, 2, 2), np.array(lengths)).backward()
        expected = [np.array(p.grad) for p in layer.parameters()]
        layer.zero_grad()
        compiled(waves(3, 2, 2), np.array(lengths)).backward()
        for p, g in zip(layer.parameters(), expected, strict=True):
            np.testing.assert_allclose(p.grad, g, rtol=1e-10, atol=1e-13)
    assert len(compiled.programs) == 1
    assert f"def {kind.lower()}(" in compiled.source


class Model(nn.Module):
    def __init__(self, batch_first=False):
        self.encoder = nn.LSTM(3, 4, num_layers=2, batch_first=batch_first)

    def forward(self, *args, **kwargs):
        return self.encoder(*args, **kwargs)


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda: Model()(waves(5, 2, 4)), r"LSTM 'encoder' takes arrays of shape \(time, n, 3\), or \(time, 3\) .* got shape \(5, 2, 4\)"),
    (lambda: Model(True)(waves(3)), r"LSTM 'encoder' takes arrays of shape \(n, time, 3\), .* got shape \(3,\); batch_first is True"),
    (lambda: Model(True)(waves(2, 0, 3)), r"LSTM 'encoder' got sequences without any time, of shape \(2, 0, 3\)"),
    (lambda: Model()(waves(5, 2, 3), waves(2, 2, 4)), r"LSTM 'encoder' takes as hx the pair \(h, c\) .* got a ndarray"),
    (lambda: Model()(waves(5, 2, 3), [waves(2, 2, 4)]), r"takes as hx the pair \(h, c\) of its first states, and got 1 of them"),
    (lambda: Model()(waves(5, 2, 3), (waves(2, 2, 4), waves(1, 2, 4))), r"takes a first state c of shape \(2, 2, 4\), and got \(1, 2, 4\)"),
    (lambda: Model()(waves(5, 3), (waves(2, 4), waves(4))), r"takes a first state c of shape \(2, 4\), and got \(4,\)"),
    (lambda: Model()(waves(5, 2, 3), lengths=[5]), r"takes as lengths one whole number for each of the 2 .* int64 of shape \(1,\)"),
    (lambda: Model()(waves(5, 2, 3), lengths=[5.0, 1.0]), r"takes as lengths one whole number .* an array of float64 of shape \(2,\)"),
    (lambda: Model()(waves(5, 2, 3), lengths=[6, 1]), "got a length of 6; sequences here have from 1 to 5 times"),
    (lambda: Model()(waves(5, 2, 3), lengths=[3, 0]), "got a length of 0; sequences here have from 1 to 5 times"),
    (lambda: nn.RNN(3, 4, nonlinearity="sigmoid"), "RNN takes as nonlinearity 'tanh' or 'relu'; got 'sigmoid'"),
    (lambda: nn.GRU(0, 4), "GRU takes input_size as a whole number from 1; got 0"),
    (lambda: nn.GRU(3, 4, num_layers=0), "GRU takes num_layers as a whole number from 1; got 0"),
    (lambda: nn.GRU(3, 4, 2, dropout=1.0), "GRU drops with a probability from 0 to below 1; got dropout=1.0"),
])  # fmt: skip
def test_mistakes_are_explained(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_a_unit_of_relu_that_is_off_passes_no_gradient_on_not_even_an_infinite_one():
    z, h, weight = Tensor([[[-1.0]], [[2.0]]]), Tensor([[0.0]]), Tensor([[1.0]])
    out = table["rnn"](z, h, weight, nonlinearity="relu")
    out.backward(np.array([[[np.inf]], [[1.0]]]))
    np.testing.assert_array_equal(z.grad, [[[0.0]], [[1.0]]])
    np.testing.assert_array_equal(h.grad, [[0.0]])
