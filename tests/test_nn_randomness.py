"""Claims about the generator that all share."""

import random

import numpy as np
import pytest
from one_of_each import LAYERS, input_for

import nn
from autograd.structures import leaves
from nn import data
from nn.data import transforms
from nn.randomness import generator, shared_generator

IMAGES = np.arange(2 * 36.0).reshape(2, 1, 6, 6)
RANDOM = {
    **{name: lambda name=name: [*LAYERS[name][0]().state_dict().values(), *leaves(LAYERS[name][0]()(input_for(name)))] for name in LAYERS},
    "LSTM with dropout": lambda: leaves(nn.LSTM(4, 3, 2, dropout=0.5)(np.ones((3, 2, 4)))),
    "MultiheadAttention": lambda: leaves(nn.MultiheadAttention(4, 2, dropout=0.5)(*[np.ones((3, 2, 4))] * 3)),
    "MLP": lambda: [p.data for p in nn.MLP(2, [3, 1]).parameters()],
    "functional.dropout": lambda: [nn.functional.dropout(np.ones(20))],
    **{
        name: lambda name=name: [getattr(nn.init, name)(nn.Linear(3, 2).weight).data]
        for name in nn.init.__all__
        if name not in ("calculate_gain", "constant_", "ones_", "zeros_")
    },
    "DataLoader": lambda: [*data.DataLoader(range(20), 5, shuffle=True)],
    "random_split": lambda: [part.indices for part in data.random_split(range(20), [0.5, 0.5])],
    "spirals": lambda: data.spirals(20),
    "RandomCrop": lambda: [transforms.RandomCrop(6, padding=4)(IMAGES)],
    "RandomHorizontalFlip": lambda: [transforms.RandomHorizontalFlip()(np.concatenate([IMAGES] * 5))],
    "RandomRotation": lambda: [transforms.RandomRotation(90)(IMAGES)],
}
# Nothing in these is random.
STEADY = {
    "AdaptiveAvgPool2d", "AdaptiveMaxPool2d", "AvgPool1d", "AvgPool2d", "BatchNorm1d", "BatchNorm2d", "ELU", "Flatten", "GELU",
    "GroupNorm", "InstanceNorm2d", "LayerNorm", "LeakyReLU", "LogSoftmax", "MaxPool1d", "MaxPool2d", "PixelShuffle", "RMSNorm", "ReLU",
    "SiLU", "Sigmoid", "Sin", "Softmax", "Softplus", "Tanh", "Unflatten", "Upsample",
}  # fmt: skip


def drawn(name, seed):
    nn.manual_seed(seed)
    return [np.array(getattr(x, "data", x)) for x in RANDOM[name]()]


@pytest.mark.parametrize("name", RANDOM)
def test_whatever_is_random_follows_from_the_one_seed(name):
    first, again, other = drawn(name, 5), drawn(name, 5), drawn(name, 6)
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert any((a != b).any() for a, b in zip(first, other, strict=True)) == (name not in STEADY)


def test_one_seed_makes_everything_again():
    def draw():
        nn.manual_seed(5)
        return [
            nn.Linear(3, 2).weight.data, nn.Dropout()(np.ones(9)), nn.init.normal_(nn.Linear(2, 2).weight).data,
            nn.MLP(2, [3, 1]).parameters()[0].data,
        ]  # fmt: skip

    for first, second in zip(draw(), draw(), strict=True):
        np.testing.assert_array_equal(first, second)


def test_different_seeds_give_different_numbers():
    nn.manual_seed(0)
    first = nn.Linear(3, 2).weight.data
    nn.manual_seed(1)
    assert (nn.Linear(3, 2).weight.data != first).any()


def test_the_state_brings_the_shared_generator_back():
    nn.manual_seed(0)
    shared_generator().random(7)
    state = nn.get_rng_state()
    first = shared_generator().random(5)
    nn.set_rng_state(state)
    np.testing.assert_array_equal(shared_generator().random(5), first)


def test_the_shared_generator_is_one_object_that_seeding_keeps():
    before = shared_generator()
    nn.manual_seed(3)
    assert shared_generator() is before
    assert generator(None) is before


def test_without_a_seed_the_shared_generator_starts_from_pythons_random(monkeypatch):
    def first_number():
        monkeypatch.setattr("nn.randomness._shared", [])
        random.seed(11)
        return shared_generator().random()

    assert first_number() == first_number()


def test_a_seed_or_generator_of_ones_own_leaves_the_shared_one_alone():
    state = nn.get_rng_state()
    nn.Linear(3, 2, rng=0)
    nn.Linear(3, 2, rng=np.random.default_rng(0))
    nn.init.uniform_(nn.Linear(2, 2, rng=1).weight, rng=0)
    assert nn.get_rng_state() == state


@pytest.mark.parametrize("seed", [-1, 0.5, "0", None])
def test_a_seed_is_a_whole_number_from_0(seed):
    with pytest.raises(ValueError, match="A seed is a whole number from 0; got"):
        nn.manual_seed(seed)
