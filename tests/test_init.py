"""Claims about the initialisers: their formulas, and where their numbers come from."""

import math

import numpy as np
import pytest

import nn
from autograd import Tensor, Value
from nn import init

WEIGHTS = [(300, 200), (60, 40, 3, 3), (100, 80, 5)]
RANDOM = {
    "xavier_uniform_": {"gain": 1.5},
    "xavier_normal_": {"gain": 1.5},
    "kaiming_uniform_": {"a": 0.2, "mode": "fan_out"},
    "kaiming_normal_": {"nonlinearity": "relu"},
    "uniform_": {"a": -2.0, "b": 5.0},
    "normal_": {"mean": 3.0, "std": 0.5},
}


@pytest.mark.parametrize("shape", WEIGHTS)
@pytest.mark.parametrize("settings", [True, False])
@pytest.mark.parametrize("name", RANDOM)
def test_numbers_are_distributed_as_pytorchs(name, settings, shape, pytorch):
    settings = RANDOM[name] if settings else {}

    def theirs(torch):
        torch.manual_seed(0)
        numbers = getattr(torch.nn.init, name)(torch.zeros(shape, dtype=torch.float64), **settings)
        return [numbers.mean().item(), numbers.std().item(), numbers.abs().max().item()]

    ours = getattr(init, name)(Tensor(np.zeros(shape)), **settings, rng=0).data
    mean, deviation, largest = pytorch(theirs)
    assert ours.std() == pytest.approx(deviation, rel=0.03)
    assert ours.mean() == pytest.approx(mean, abs=5 * deviation / math.sqrt(ours.size))
    if "uniform" in name:
        assert abs(ours).max() == pytest.approx(largest, rel=1e-2)


def test_deviations_are_what_the_papers_say():
    weight = Tensor(np.zeros((300, 200)))
    for name, deviation in (
        ("xavier_uniform_", math.sqrt(2 / 500)), ("xavier_normal_", math.sqrt(2 / 500)),
        ("kaiming_uniform_", math.sqrt(2 / 200)), ("kaiming_normal_", math.sqrt(2 / 200)),
    ):  # fmt: skip
        assert getattr(init, name)(weight, rng=0) is weight
        assert weight.data.std() == pytest.approx(deviation, rel=0.02)
        assert abs(weight.data.mean()) < 0.02 * deviation + 3 * deviation / math.sqrt(weight.size)
    assert abs(init.xavier_uniform_(weight, rng=0).data).max() <= math.sqrt(6 / 500)
    assert init.kaiming_normal_(weight, mode="fan_out", rng=0).data.std() == pytest.approx(math.sqrt(2 / 300), rel=0.02)


@pytest.mark.parametrize("nonlinearity", ["linear", "conv1d", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"])
def test_gains_are_pytorchs(nonlinearity, pytorch):
    gain, leaky = pytorch(lambda torch: [torch.nn.init.calculate_gain(nonlinearity), torch.nn.init.calculate_gain("leaky_relu", 0.3)])
    assert init.calculate_gain(nonlinearity) == pytest.approx(gain)
    assert init.calculate_gain("leaky_relu", 0.3) == pytest.approx(leaky)


def test_gains_are_those_of_the_textbook():
    assert init.calculate_gain("relu") == math.sqrt(2)
    assert init.calculate_gain("tanh") == 5 / 3
    assert init.calculate_gain("leaky_relu", 0) == math.sqrt(2)


def test_constants_fill():
    layer = nn.Linear(3, 2)
    init.zeros_(layer.bias)
    init.constant_(layer.weight, 0.25)
    assert layer.bias.data.tolist() == [0.0, 0.0]
    assert (layer.weight.data == 0.25).all()
    assert (init.ones_(layer.weight).data == 1).all()


@pytest.mark.parametrize("name", RANDOM)
def test_the_same_seed_gives_the_same_numbers_and_the_precision_stays(name):
    weight = nn.Linear(4, 3).weight
    first = getattr(init, name)(weight, rng=7).data.copy()
    np.testing.assert_array_equal(getattr(init, name)(weight, rng=7).data, first)
    assert (getattr(init, name)(weight, rng=8).data != first).any()
    assert weight.dtype == np.float32
    nn.manual_seed(2)
    first = getattr(init, name)(weight).data.copy()
    nn.manual_seed(2)
    np.testing.assert_array_equal(getattr(init, name)(weight).data, first)


def test_signals_keep_their_size_through_many_relu_layers():
    x = np.random.default_rng(0).normal(size=(200, 128))
    for i in range(20):
        layer = nn.Linear(128, 128, rng=i, dtype=float)
        init.kaiming_normal_(layer.weight, nonlinearity="relu", rng=i)
        init.zeros_(layer.bias)
        x = nn.functional.relu(layer(x)).data
    assert 0.1 < np.sqrt((x**2).mean()) < 10


@pytest.mark.parametrize("name", [*RANDOM, "zeros_", "ones_"])
@pytest.mark.parametrize("stranger", [np.zeros((2, 2)), Value(1.0), nn.ReLU(), None])
def test_only_tensors_are_filled(name, stranger):
    with pytest.raises(TypeError, match=r"The initialisers fill a Tensor, such as layer.weight, not a"):
        getattr(init, name)(stranger)


@pytest.mark.parametrize("name", ["xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_"])
def test_a_bias_has_no_fan(name):
    with pytest.raises(
        ValueError, match=r"Only a weight of shape \(outs, ins\) or \(outs, ins, \*kernel\) has a fan, and this has shape \(3,\)"
    ):
        getattr(init, name)(Tensor(np.zeros(3)))


def test_unknown_modes_and_activations_are_refused():
    weight = Tensor(np.zeros((2, 2)))
    with pytest.raises(ValueError, match='The mode is "fan_in" or "fan_out"; got \'fan_avg\''):
        init.kaiming_uniform_(weight, mode="fan_avg")
    with pytest.raises(ValueError, match="There is no gain known for 'gelu', only for linear, conv1d"):
        init.kaiming_normal_(weight, nonlinearity="gelu")


def test_what_was_computed_is_not_filled():
    with pytest.raises(RuntimeError, match="was computed, so its data follows from its inputs"):
        init.zeros_(Tensor([1.0]) * 2)


@pytest.mark.parametrize(
    ("fill", "error", "sentence"),
    [
        (lambda w: init.uniform_(w, 3, 1), ValueError, "takes the two ends of a range, the lower first; got a=3 and b=1."),
        (lambda w: init.uniform_(w, 0, np.inf), ValueError, "got a=0 and b=inf."),
        (lambda w: init.uniform_(w, "a", 1), ValueError, "got a='a' and b=1."),
        (lambda w: init.normal_(w, "a"), ValueError, "normal_ takes mean as a finite number; got 'a'."),
        (lambda w: init.normal_(w, std=-1), ValueError, "std must be finite and not negative; got -1."),
        (lambda w: init.normal_(w, std=None), TypeError, "std must be a number; got None."),
    ],
)
def test_impossible_ranges_are_refused_and_change_nothing(fill, error, sentence):
    weight = Tensor(np.ones((2, 2)))
    with pytest.raises(error) as caught:
        fill(weight)
    assert sentence in str(caught.value)
    assert (weight.data == 1).all()
