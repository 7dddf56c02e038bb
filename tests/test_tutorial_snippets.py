"""The small programs of the tutorials, written as a learner would write them here, with the numbers that they print.

Of the two training loops only the sizes are known; their data are ours.
"""

import math

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value


def test_one_neuron_by_hand_gives_a_quarter():
    x = [2.0, -1.0]
    w, b = [Value(0.5), Value(1.0)], Value(0.25)
    z = sum(wi * xi for wi, xi in zip(w, x, strict=True)) + b
    output = autograd.relu(z)
    assert z.data == output.data == 0.25

    output.backward()
    assert [wi.grad for wi in w] == x  # how much each weight moves the output
    assert b.grad == 1.0


def test_the_same_neuron_as_a_module_and_as_a_layer_of_arrays():
    neuron = nn.Neuron(2)
    neuron.load_state_dict({"weight.0": 0.5, "weight.1": 1.0, "bias": 0.25})
    assert neuron([2.0, -1.0]).data == 0.25

    layer = nn.Sequential(nn.Linear(2, 1), nn.ReLU())
    layer.load_state_dict({"0.weight": [[0.5, 1.0]], "0.bias": [0.25]})
    assert layer([[2.0, -1.0]]).data.tolist() == [[0.25]]


def test_a_sigmoid_neuron_gives_0_6341_where_the_tutorial_prints_0_633():
    """Its weighted sum is 0.55, and σ(0.55) is 0.6341; the tutorial's 0.633 is a slip in the third digit."""
    x = [0.5, 0.9, 0.2]
    w, b = [Value(0.4), Value(0.7), Value(0.1)], Value(-0.3)
    z = autograd.dot(w, x) + b
    output = autograd.sigmoid(z)
    assert z.data == pytest.approx(0.55)
    assert output.data == pytest.approx(1 / (1 + math.exp(-0.55)))
    assert round(output.data, 4) == 0.6341

    output.backward()
    slope = output.data * (1 - output.data)  # the derivative of the sigmoid
    assert [wi.grad for wi in w] == pytest.approx([slope * xi for xi in x])
    assert b.grad == pytest.approx(slope)

    layer = nn.Sequential(nn.Linear(3, 1), nn.Sigmoid())
    layer.load_state_dict({"0.weight": [[0.4, 0.7, 0.1]], "0.bias": [-0.3]})
    assert round(layer([x]).item(), 4) == 0.6341


def test_a_neuron_whose_terms_nearly_cancel_gives_0_01():
    x = [0.5, 0.8, 0.2]
    w, b = [Value(0.3), Value(-0.5), Value(0.8)], Value(0.1)
    z = autograd.dot(w, x) + b
    assert z.data == pytest.approx(0.01)

    layer = nn.Linear(3, 1)
    layer.load_state_dict({"weight": [[0.3, -0.5, 0.8]], "bias": [0.1]})
    assert layer([x]).item() == pytest.approx(0.01, rel=1e-5)


def test_the_stable_softmax_gives_0_659_0_242_0_099():
    expected = [0.659, 0.242, 0.099]
    assert np.round(autograd.softmax(np.array([2.0, 1.0, 0.1])), 3).tolist() == expected
    assert np.round(autograd.softmax(Tensor([1002.0, 1001.0, 1000.1])).data, 3).tolist() == expected  # exp(1002) is no float
    assert [round(p.data, 3) for p in autograd.softmax([Value(2.0), Value(1.0), Value(0.1)])] == expected


def test_a_training_loop_on_five_features_and_three_classes():
    rng = np.random.default_rng(42)
    X = rng.normal(size=(90, 5))
    y = (X @ rng.normal(size=(5, 3))).argmax(axis=1)  # classes that can be learned
    model = nn.Sequential(nn.Linear(5, 16, rng=0), nn.ReLU(), nn.Linear(16, 3, rng=1))
    loss_function = nn.CrossEntropyLoss()
    optimizer = nn.optim.Adam(model.parameters(), lr=0.05)

    losses = []
    for _ in range(100):
        loss = loss_function(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.data))

    assert losses[0] > losses[10] > losses[50] > losses[99]
    assert losses[99] < 0.1
    assert (model(X).data.argmax(axis=1) == y).all()


XOR = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]


def test_a_binary_training_loop_on_four_samples_of_arrays():
    X, y = np.array(XOR), np.array([[0.0], [1.0], [1.0], [0.0]])
    model = nn.Sequential(nn.Linear(2, 8, rng=0), nn.Tanh(), nn.Linear(8, 1, rng=1), nn.Sigmoid())
    loss_function = nn.BCELoss()
    optimizer = nn.optim.SGD(model.parameters(), lr=1.0)

    losses = []
    for _ in range(500):
        probabilities = model(X)
        loss = loss_function(probabilities, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.data))

    assert losses[0] > losses[100] > losses[499]
    assert losses[499] < 0.1
    assert ((model(X).data > 0.5) == y).all()


def test_a_binary_training_loop_on_four_samples_of_values():
    y = [-1, 1, 1, -1]
    model = nn.MLP(2, [8, 1], activation="tanh", rng=0)
    optimizer = nn.optim.SGD(model.parameters(), lr=0.2)

    losses = []
    for _ in range(100):
        scores = [model(x) for x in XOR]
        loss = nn.hinge_loss(scores, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.data)

    assert losses[0] > losses[99]
    assert losses[99] < 0.1
    assert [1 if model(x).data > 0 else -1 for x in XOR] == y
