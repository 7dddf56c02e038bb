"""Claims about `Neuron`, `Layer` and `MLP`: micrograd's networks, and the same numbers as arrays give."""

import math
import random

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value
from nn.mlp import ACTIVATIONS

ROW = [0.5, -1.5]


def weights(model):
    return [p.data for p in model.parameters()]


def test_a_neuron_is_a_weighted_sum_plus_a_bias_and_then_an_activation():
    for nonlin in (True, False):
        neuron = nn.Neuron(2, nonlin, activation="tanh", rng=0)
        neuron.b.data = 0.25
        total = neuron.w[0].data * ROW[0] + neuron.w[1].data * ROW[1] + 0.25
        assert neuron(ROW).data == pytest.approx(math.tanh(total) if nonlin else total, rel=1e-15)


def test_micrograds_api_is_unchanged():
    model = nn.MLP(2, [3, 1])
    assert len(model.layers) == 2
    layer = model.layers[0]
    assert len(layer.neurons) == 3
    neuron = layer.neurons[0]
    assert (len(neuron.w), neuron.b.data, neuron.nonlin) == (2, 0.0, True)
    assert neuron.parameters() == [*neuron.w, neuron.b]
    assert len(layer.parameters()) == 9
    assert len(model.parameters()) == 13
    assert not model.layers[1].neurons[0].nonlin
    assert not nn.Neuron(2, False).nonlin
    assert not nn.Neuron(2, nonlin=False).nonlin
    assert not nn.Layer(2, 3, nonlin=False).neurons[2].nonlin
    out = model([Value(1.0), -2.0])
    assert type(out) is Value
    out.backward()
    for p in model.parameters():
        p.data -= 0.1 * p.grad
    model.zero_grad()
    assert all(p.grad == 0.0 for p in model.parameters())


def test_representations_are_micrograds():
    assert repr(nn.Neuron(2)) == "ReLUNeuron(2)"
    assert repr(nn.Layer(2, 2)) == "Layer of [ReLUNeuron(2), ReLUNeuron(2)]"
    assert repr(nn.MLP(2, [2, 1])) == "MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]"
    assert repr(nn.Neuron(2, activation="leaky_relu")) == "LeakyReLUNeuron(2)"
    assert repr(nn.Neuron(2, False, activation="tanh")) == "LinearNeuron(2)"
    assert repr(nn.Neuron(2, activation="identity")) == "LinearNeuron(2)"


def test_networks_agree_with_micrograds_own():
    engine = pytest.importorskip("micrograd.engine")
    theirs = pytest.importorskip("micrograd.nn").MLP(2, [4, 3, 1])
    ours = nn.MLP(2, [4, 3, 1])
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        p.data = q.data
    for row in ([0.5, -1.5], [2.0, 1.0], [-0.3, 0.1]):
        mine, reference = ours(row), theirs([engine.Value(x) for x in row])
        assert mine.data == pytest.approx(reference.data, rel=1e-12)
        mine.backward()
        reference.backward()
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert p.grad == pytest.approx(q.grad, rel=1e-12, abs=1e-15)
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_network_of_values_gives_the_numbers_and_gradients_of_the_same_network_of_tensors(activation):
    model = nn.MLP(2, [5, 4, 1], activation=activation, rng=0)
    for i, p in enumerate(model.parameters()):
        p.data += 0.01 * (i % 7)  # so that no bias is 0
    W = [Tensor([[w.data for w in neuron.weight] for neuron in layer.neurons]) for layer in model.layers]
    b = [Tensor([neuron.bias.data for neuron in layer.neurons]) for layer in model.layers]
    X = np.random.default_rng(1).normal(size=(20, 2))
    y = np.sign(X[:, 0])

    h = X
    for i in range(3):
        h = h @ W[i].T + b[i]
        if i < 2 and activation != "identity":
            h = autograd.table[activation](h)
    array_loss = nn.hinge_loss(h.reshape(-1), y)
    loss = nn.hinge_loss([model(row) for row in X], y)
    assert loss.data == pytest.approx(array_loss.item(), rel=1e-12)
    array_loss.backward()
    loss.backward()
    for layer, weight, bias in zip(model.layers, W, b, strict=True):
        np.testing.assert_allclose([[w.grad for w in neuron.weight] for neuron in layer.neurons], weight.grad, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose([neuron.bias.grad for neuron in layer.neurons], bias.grad, rtol=1e-12, atol=1e-15)


def test_the_last_layer_is_linear_and_the_others_are_not():
    model = nn.MLP(2, [3, 3, 2], activation="tanh")
    assert [[neuron.activation for neuron in layer.neurons] for layer in model.layers] == [["tanh"] * 3, ["tanh"] * 3, ["identity"] * 2]


def test_several_outputs_come_in_a_list_and_one_comes_alone():
    assert [type(out) for out in nn.MLP(2, [3, 2])(ROW)] == [Value, Value]
    assert type(nn.MLP(2, [3, 1])(ROW)) is Value
    assert type(nn.Layer(2, 1)(ROW)) is Value
    assert len(nn.Layer(2, 4)(ROW)) == 4


def test_a_hidden_layer_may_have_a_single_neuron():
    model = nn.MLP(2, [1, 3, 1], activation="tanh", rng=0)
    first, second, third = model.layers
    assert model(ROW).data == third(second([first(ROW)])).data


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_is_in_the_table_and_is_the_one_that_is_used(activation):
    neuron = nn.Neuron(1, activation=activation, rng=0)
    neuron.w[0].data = 1.0
    assert neuron([-0.7]).data == float(autograd.table[activation](-0.7))


def test_one_seed_gives_one_network_and_other_seeds_others():
    assert weights(nn.MLP(2, [4, 1], rng=1)) == weights(nn.MLP(2, [4, 1], rng=1)) == weights(nn.MLP(2, [4, 1], rng=np.int64(1)))
    assert weights(nn.MLP(2, [4, 1], rng=1)) != weights(nn.MLP(2, [4, 1], rng=2))
    assert weights(nn.Layer(2, 3, rng=5)) == weights(nn.Layer(2, 3, rng=5))


def test_a_generator_goes_on_where_it_was():
    rng = np.random.default_rng(3)
    first, second = nn.MLP(2, [4, 1], rng=rng), nn.MLP(2, [4, 1], rng=rng)
    assert weights(first) != weights(second)
    assert weights(first) == weights(nn.MLP(2, [4, 1], rng=3))


def test_without_a_seed_the_weights_follow_pythons_random():
    random.seed(7)
    first, second = nn.MLP(2, [4, 1]), nn.MLP(2, [4, 1])
    random.seed(7)
    again = nn.MLP(2, [4, 1])
    assert weights(first) == weights(again)
    assert weights(first) != weights(second)


def test_the_neurons_of_a_layer_start_different():
    layer = nn.Layer(3, 4, rng=0)
    assert len({tuple(w.data for w in neuron.weight) for neuron in layer.neurons}) == 4


@pytest.mark.parametrize(("activation", "gain"), [("relu", math.sqrt(2)), ("tanh", 5 / 3), ("sigmoid", 1.0)])
def test_weights_start_uniform_with_a_variance_of_gain_squared_over_the_inputs(activation, gain):
    nin = 50
    for nonlin, factor in ((True, gain), (False, 1.0)):
        layer = nn.Layer(nin, 200, nonlin, activation=activation, rng=0)
        sample = np.array([w.data for neuron in layer.neurons for w in neuron.weight])
        assert np.abs(sample).max() <= factor * math.sqrt(3 / nin)
        assert sample.var() == pytest.approx(factor**2 / nin, rel=0.05)
        assert sample.mean() == pytest.approx(0.0, abs=0.01)
        assert all(neuron.bias.data == 0.0 for neuron in layer.neurons)


def test_signals_keep_their_size_through_many_layers_of_relu():
    model = nn.MLP(40, [40] * 6, rng=0)
    x = np.random.default_rng(0).normal(size=40)
    out = np.array([v.data for v in model(x)])
    assert 0.2 < np.sqrt((out**2).mean()) < 5


@pytest.mark.parametrize(
    "row",
    [
        (0.5, -1.5),
        np.array([0.5, -1.5]),
        np.array([0.5, -1.5], dtype=np.float32),
        [np.float64(0.5), np.float32(-1.5)],
        [Value(0.5), Value(-1.5)],
        [Value(0.5), -1.5],
        np.array([Value(0.5), Value(-1.5)], dtype=object),
    ],
)
def test_a_row_may_be_a_list_a_tuple_or_an_array_of_numbers_or_values(row):
    model = nn.MLP(2, [3, 1], rng=0)
    for module in (model, model.layers[0], model.layers[0].neurons[0]):
        out, expected = module(row), module(ROW)
        assert np.ravel(out).tolist() == np.ravel(expected).tolist()


def test_rows_of_whole_numbers_are_numbers():
    model = nn.MLP(2, [3, 1], rng=0)
    assert model([1, 2]) == model(np.array([1, 2])) == model([1.0, 2.0])
    assert model([True, False]) == model([1.0, 0.0])


def test_inputs_that_are_values_get_gradients():
    model = nn.MLP(2, [3, 1], activation="tanh", rng=0)
    autograd.check_gradients(lambda a, b: model([a, b]), *ROW)


def test_a_row_of_a_tensor_stays_in_the_graph():
    model = nn.MLP(2, [3, 1], activation="tanh", rng=0)
    row, values = Tensor(ROW), [Value(x) for x in ROW]
    out = model(row)
    assert out.item() == pytest.approx(model(values).data, rel=1e-15)
    out.backward()
    of_tensor = [p.grad for p in model.parameters()]
    model.zero_grad()
    model(values).backward()
    assert of_tensor == pytest.approx([p.grad for p in model.parameters()], rel=1e-12)
    assert row.grad.tolist() == pytest.approx([v.grad for v in values], rel=1e-12)


def test_gradients_of_the_weights_hold_against_finite_differences():
    model = nn.MLP(2, [3, 2], activation="gelu", rng=0)
    parameters = model.parameters()
    nn.cross_entropy(model(ROW), 1).backward()
    for p in parameters:
        losses = []
        for sign in (1, -1):
            p.data += sign * 1e-6
            losses.append(nn.cross_entropy(model(ROW), 1).data)
            p.data -= sign * 1e-6
        assert p.grad == pytest.approx((losses[0] - losses[1]) / 2e-6, rel=1e-6, abs=1e-9)


def moons(n, rng):
    """Two half circles that reach into each other: n points and their classes, -1 and 1."""
    angle, side = rng.uniform(0, np.pi, n), rng.choice([-1, 1], n)
    X = np.stack([side * np.cos(angle) + (side < 0), side * np.sin(angle) + 0.5 * (side < 0)], axis=1)
    return X + rng.normal(0, 0.1, X.shape), side


@pytest.mark.parametrize(
    ("loss", "classes", "outputs"),
    [
        (nn.hinge_loss, lambda y: y, 1),
        (nn.binary_cross_entropy_with_logits, lambda y: (y + 1) / 2, 1),
        (nn.mse_loss, lambda y: y, 1),
        (nn.cross_entropy, lambda y: (y + 1) // 2, 2),
    ],
)
def test_training_on_moons_lowers_the_loss_and_separates_the_classes(loss, classes, outputs):
    X, y = moons(60, np.random.default_rng(0))
    model = nn.MLP(2, [8, outputs], activation="tanh", rng=0)
    descent = nn.optim.Adam(model.parameters(), lr=0.1)
    losses = []
    for _ in range(60):
        scores = [model(row) for row in X]
        current = loss(scores, classes(y))
        descent.zero_grad()
        current.backward()
        descent.step()
        losses.append(current.data)
    assert losses[9] < losses[0]
    assert losses[-1] < 0.5 * losses[0]
    right = [(s[1] > s[0] if outputs == 2 else s > 0) == (t > 0) for s, t in zip(scores, y, strict=True)]
    assert np.mean(right) > 0.9


@pytest.mark.parametrize(
    ("row", "given"),
    [
        ([1.0, 2.0, 3.0], "3"),
        ([1.0], "1"),
        ([], "0"),
        ((1.0,), "1"),
        (np.ones(3), "3"),
        (Tensor([1.0, 2.0, 3.0]), "3"),
        (5.0, "a float"),
        (None, "a NoneType"),
        ("ab", "a str"),
        ({0: 1.0, 1: 2.0}, "a dict"),
        (Value(1.0), "a Value"),
        (Tensor(1.0), "a Tensor"),
        (np.array(1.0), "a ndarray"),
    ],
)
def test_a_row_of_another_length_or_kind_is_refused_by_name(row, given):
    for module, name in ((nn.MLP(2, [3, 1]), "MLP"), (nn.Layer(2, 3), "Layer"), (nn.Neuron(2), "Neuron")):
        for call in (module, module.forward):
            with pytest.raises(ValueError) as caught:
                call(row)
            assert str(caught.value) == f"{name} takes a list of 2 numbers or Values, and got {given}."


@pytest.mark.parametrize(
    "table",
    [
        np.ones((5, 2)),
        np.ones((2, 2)),
        [[1.0, 2.0], [3.0, 4.0]],
        [[1.0, 2.0]],
        Tensor(np.ones((2, 2))),
        list(Tensor(np.ones((2, 2)))),
        [np.ones(2)] * 2,
    ],
)
def test_a_table_of_rows_is_refused_with_the_way_to_call_it(table):
    for module in (nn.MLP(2, [3, 1]), nn.Layer(2, 3)):
        with pytest.raises(ValueError, match=r"a table of \d rows; call it on one row at a time: \[model\(row\) for row in rows\]"):
            module(table)


def test_inside_a_network_of_ones_own_the_layer_is_named_by_its_path():
    class Network(nn.Module):
        def __init__(self):
            self.hidden, self.out = nn.Layer(2, 4), nn.Layer(3, 1)

        def forward(self, x):
            return self.out(self.hidden(x))

    with pytest.raises(ValueError, match=r"^Layer 'out' takes a list of 3 numbers or Values, and got 4\.$"):
        Network()(ROW)


@pytest.mark.parametrize("row", [[1.0, "a"], [None, 1.0], [1j, 2.0], np.array(["a", "b"])])
def test_inputs_that_are_no_numbers_are_refused(row):
    with pytest.raises(TypeError, match=r"got a Value and the (str|NoneType|complex)"):
        nn.MLP(2, [3, 1])(row)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: nn.Neuron(2, activation="swish"), "There is no activation 'swish'; choose one of relu, leaky_relu,"),
        (lambda: nn.Layer(2, 3, activation=math.tanh), "There is no activation <built-in function tanh>"),
        (lambda: nn.MLP(2, [3, 1], activation=None), "There is no activation None"),
        (lambda: nn.MLP(2, [1], activation=["tanh"]), "There is no activation ['tanh']"),
        (lambda: nn.Neuron(0), "A neuron needs at least one input, as a whole number; got 0."),
        (lambda: nn.Neuron(2.0), "A neuron needs at least one input, as a whole number; got 2.0."),
        (lambda: nn.MLP("2", [3, 1]), "A neuron needs at least one input, as a whole number; got '2'."),
        (lambda: nn.Layer(2, 0), "A layer needs at least one neuron, as a whole number; got 0."),
        (lambda: nn.MLP(2, [3, -1]), "A layer needs at least one neuron, as a whole number; got -1."),
        (lambda: nn.MLP(2, [3, 1.5]), "A layer needs at least one neuron, as a whole number; got 1.5."),
        (lambda: nn.MLP(2, 16), "MLP takes the list of its layers' sizes, such as MLP(2, [16, 16, 1]); got 16."),
        (lambda: nn.MLP(2, np.int64(16)), "MLP takes the list of its layers' sizes"),
        (lambda: nn.MLP(2, []), "MLP takes the list of its layers' sizes, such as MLP(2, [16, 16, 1]); got []."),
        (lambda: nn.MLP(2, None), "MLP takes the list of its layers' sizes"),
        (lambda: nn.Neuron(2, rng="seed"), "rng is a seed (a whole number from 0), a NumPy generator or None; got 'seed'."),
        (lambda: nn.MLP(2, [1], rng=-1), "rng is a seed (a whole number from 0), a NumPy generator or None; got -1."),
        (lambda: nn.Layer(2, 1, rng=0.5), "rng is a seed (a whole number from 0), a NumPy generator or None; got 0.5."),
    ],
)
def test_impossible_networks_are_refused(make, sentence):
    with pytest.raises(ValueError) as caught:
        make()
    assert sentence in str(caught.value)


def test_sizes_may_be_a_tuple_or_an_array():
    for sizes in ((3, 1), np.array([3, 1])):
        assert repr(nn.MLP(np.int64(2), sizes)) == repr(nn.MLP(2, [3, 1]))
