"""Claims about `vectorize` and `devectorize`: the same network in both worlds."""

import numpy as np
import pytest

import nn
from nn.mlp import ACTIVATIONS

X = np.random.default_rng(0).normal(size=(6, 3))


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("nouts", [[1], [4, 2], [5, 4, 1]])
def test_both_compute_the_same_and_have_the_same_gradients(activation, nouts):
    mlp = nn.MLP(3, nouts, activation=activation, rng=0)
    model = nn.vectorize(mlp)
    out = model(X)
    rows = [mlp(row) for row in X.tolist()]
    scalars = [[v.data for v in (row if isinstance(row, list) else [row])] for row in rows]
    np.testing.assert_allclose(out.data, scalars, rtol=1e-13, atol=1e-15)
    seed = np.cos(np.arange(out.size)).reshape(out.shape)
    out.backward(seed)
    for row, factors in zip(rows, seed, strict=True):
        for v, factor in zip(row if isinstance(row, list) else [row], factors, strict=True):
            v.backward(float(factor))
    linears = [layer for layer in model if isinstance(layer, nn.Linear)]
    for layer, linear in zip(mlp.layers, linears, strict=True):
        np.testing.assert_allclose(linear.weight.grad, [[w.grad for w in n.weight] for n in layer.neurons], rtol=1e-10, atol=1e-13)
        np.testing.assert_allclose(linear.bias.grad, [n.bias.grad for n in layer.neurons], rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_there_and_back_is_the_same_network_with_the_same_numbers(activation):
    mlp = nn.MLP(3, [4, 2], activation=activation, rng=0)
    back = nn.devectorize(nn.vectorize(mlp))
    assert repr(back) == repr(mlp)
    assert back.state_dict() == mlp.state_dict()
    assert [v.data for v in back(X[0])] == [v.data for v in mlp(X[0])]


def test_the_numbers_are_copies():
    mlp = nn.MLP(3, [2], rng=0)
    model = nn.vectorize(mlp)
    model[0].weight.data *= 2
    back = nn.devectorize(model)
    assert back.layers[0].neurons[0].weight[0].data == 2 * mlp.layers[0].neurons[0].weight[0].data


def test_the_precision_is_that_of_values_or_the_one_asked_for():
    mlp = nn.MLP(3, [2], rng=0)
    assert nn.vectorize(mlp)(X).dtype == np.float64
    assert nn.vectorize(mlp, np.float32)(X).dtype == np.float32


def test_a_sequential_of_arrays_becomes_neurons():
    model = nn.Sequential(nn.Linear(3, 4, bias=False, rng=0), nn.SiLU(), nn.Identity(), nn.Linear(4, 2, rng=1), nn.Tanh())
    mlp = nn.devectorize(model)
    np.testing.assert_allclose([[v.data for v in mlp(row)] for row in X.tolist()], model(X).data, rtol=1e-5)
    assert len(mlp.parameters()) == 3 * 4 + 4 + 4 * 2 + 2


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (
            nn.Sequential(nn.Linear(2, 2), nn.Dropout()),
            "takes Linear layers, each with an activation after it or none; got Dropout(p=0.5) as '1'",
        ),
        (nn.Sequential(nn.ReLU(), nn.Linear(2, 2)), "got ReLU() as '0'"),
        (nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Tanh()), "got Tanh() as '2'"),
        (nn.Sequential(nn.Linear(2, 2), nn.LeakyReLU(0.3)), "got LeakyReLU(negative_slope=0.3) as '1'"),
        (nn.Sequential(nn.Linear(2, 2), nn.GELU("tanh")), "got GELU(approximate='tanh') as '1'"),
        (nn.Sequential(), "devectorize got a Sequential without a Linear layer."),
    ],
)
def test_what_has_no_scalar_form_is_refused(model, sentence):
    with pytest.raises(ValueError) as caught:
        nn.devectorize(model)
    assert sentence in str(caught.value)


def test_each_takes_its_own_kind_of_network():
    with pytest.raises(TypeError, match="vectorize takes an MLP of Values, not a Sequential"):
        nn.vectorize(nn.Sequential())
    with pytest.raises(TypeError, match="devectorize takes a Sequential, not a MLP"):
        nn.devectorize(nn.MLP(1, [1]))


def test_a_layer_of_mixed_activations_is_refused():
    mlp = nn.MLP(2, [2, 1], rng=0)
    mlp.layers[0].neurons[1].activation = "tanh"
    with pytest.raises(ValueError, match="vectorize needs one activation in each layer, and layer 0 has relu, tanh"):
        nn.vectorize(mlp)
