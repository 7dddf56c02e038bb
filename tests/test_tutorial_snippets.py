"""The small programs of the tutorials, written as a learner would write them here, with the numbers that they print.

The softmax of [2.0, 1.0, 0.1] stands in many introductions. The tutorials that the neurons' 0.25 and
0.633 come from were not found, so their inputs and weights are ours, chosen to give those numbers.
Of the two loops only the sizes are known; their data are ours as well.
"""

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value


def test_one_neuron_by_hand_gives_a_quarter():
    inputs = [1.0, 2.0, 3.0]
    weights = [Value(0.5), Value(-0.25), Value(0.125)]
    bias = Value(-0.125)
    output = autograd.relu(sum(w * x for w, x in zip(weights, inputs, strict=True)) + bias)
    assert output.data == 0.25

    output.backward()
    assert [w.grad for w in weights] == inputs  # how much each weight moves the output
    assert bias.grad == 1.0


def test_the_same_neuron_as_a_module_and_as_a_layer_of_arrays():
    state = {"weight.0": 0.5, "weight.1": -0.25, "weight.2": 0.125, "bias": -0.125}
    neuron = nn.Neuron(3)
    neuron.load_state_dict(state)
    assert neuron([1.0, 2.0, 3.0]).data == 0.25

    layer = nn.Sequential(nn.Linear(3, 1), nn.ReLU())
    layer.load_state_dict({"0.weight": [[0.5, -0.25, 0.125]], "0.bias": [-0.125]})
    assert layer([[1.0, 2.0, 3.0]]).data.tolist() == [[0.25]]


def test_a_sigmoid_neuron_gives_0_633():
    x = [1.0, 0.5]
    w, b = [Value(0.4), Value(0.09)], Value(0.1)
    output = autograd.sigmoid(autograd.dot(w, x) + b)
    assert round(output.data, 3) == 0.633

    output.backward()
    slope = output.data * (1 - output.data)  # the derivative of the sigmoid
    assert w[0].grad == pytest.approx(slope * 1.0)
    assert w[1].grad == pytest.approx(slope * 0.5)

    layer = nn.Sequential(nn.Linear(2, 1), nn.Sigmoid())
    layer.load_state_dict({"0.weight": [[0.4, 0.09]], "0.bias": [0.1]})
    assert round(float(layer([x]).data.item()), 3) == 0.633


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
