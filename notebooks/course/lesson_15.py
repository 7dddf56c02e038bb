"""Checks of lesson 15: from scalars to arrays."""

import numpy as np

import nn
from autograd import Value

from .answers import exercise
from .comparing import alike, number, run, same_function, shown
from .verdict import Wrong


@exercise("15.1")
def shape(answer):
    number(answer, (100, 16), {"turned": (16, 100), "not_multiplied": (100, 2), "middle_kept": (100, 2, 2, 16), "examples_added": (16,)})


def in_arrays(X, layers, *, activation=lambda s: np.maximum(0, s), last=lambda s: s, biases=1.0):
    for W, b in layers:
        X = (last if W is layers[-1][0] else activation)(X @ W.T + biases * b)
    return X


@exercise("15.2")
def forward(answer):
    small = [(np.array([[2.0, -1.0]]), np.array([-3.0]))]
    network = nn.MLP(2, [3, 4, 2], rng=0)
    rng = np.random.default_rng(0)
    layers = []
    for layer in network.layers:
        for neuron in layer.neurons:
            neuron.bias.data = rng.normal()
        W = np.array([[weight.data for weight in neuron.weight] for neuron in layer.neurons])
        layers.append((W, np.array([neuron.bias.data for neuron in layer.neurons])))
    X = rng.normal(size=(5, 2)).round(2)
    run(answer, np.array([[1.0, 1.0]]), [(np.array([[2.0, -1.0], [0.5, 1.0]]), np.array([-3.0, 0.0]))])
    try:
        scores = answer(X.copy(), layers)
    except ValueError as error:  # of NumPy, where shapes do not fit
        raise Wrong("shapes_do_not_meet") from error
    if alike(scores, [[score.data for score in network(x)] for x in X.tolist()], 1e-12):
        return
    same_function(
        answer,
        in_arrays,
        [(np.array([[1.0, 1.0]]), small), (X, layers)],
        {
            "relu_at_the_end": lambda *case: in_arrays(*case, last=lambda s: np.maximum(0, s)),
            "no_activation": lambda *case: in_arrays(*case, activation=lambda s: s),
            "no_biases": lambda *case: in_arrays(*case, biases=0.0),
        },
    )


@exercise("15.3")
def mse(answer):
    def right(predictions, targets):
        return np.mean((predictions[:, 0] - targets) ** 2)

    def everyone(predictions, targets):
        return np.mean((predictions - targets) ** 2)

    same_function(
        answer,
        right,
        [(np.array([[1.0], [3.0]]), np.array([1.0, 3.0])), (np.array([[1.0], [2.0], [5.0]]), np.array([0.0, 2.0, 3.0]))],
        {
            "everyone_with_everyone": everyone,
            "first_one_only": lambda predictions, targets: np.mean((predictions[0] - targets) ** 2),
            "not_a_mean": lambda predictions, targets: right(predictions, targets) * len(targets),
            "row_or_column": lambda predictions, targets: everyone(predictions, targets) / len(targets),
        },
    )


@exercise("15.4")
def gradient(answer):
    def errors(X, w, y):
        return X @ w - y

    def by_the_library(X, w, y):
        weights = [Value(number) for number in w]
        loss = sum((sum(a * b for a, b in zip(weights, row, strict=True)) - target) ** 2 for row, target in zip(X, y, strict=True))
        loss.backward()
        return np.array([weight.grad for weight in weights])

    case = np.array([[1.0, 2.0], [3.0, 5.0], [4.0, 1.0]]), np.array([2.0, 1.0]), np.array([7.0, 14.0, 11.0])
    given = np.asarray(run(answer, *case), dtype=float)
    if alike(given, 2 * errors(*case)):
        raise Wrong("errors_only", given=shown(given))
    same_function(
        answer,
        by_the_library,
        [case],
        {
            "no_two": lambda X, w, y: X.T @ errors(X, w, y),
            "signs_turned": lambda X, w, y: -2 * X.T @ errors(X, w, y),
            "inputs_forgotten": lambda X, w, y: np.full(len(w), np.sum(2 * errors(X, w, y))),
            "mean_taken": lambda X, w, y: 2 * X.T @ errors(X, w, y) / len(y),
        },
    )
