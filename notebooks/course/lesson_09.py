"""Checks of lesson 9: backpropagation in a two-layer network."""

import copy

import numpy as np

import nn
from autograd import Value

from .answers import exercise
from .comparing import alike, attempt, number, shown
from .graphs import same_gradients
from .verdict import Wrong


@exercise("9.1")
def output_layer(grad_s, grad_v, grad_c):
    if ... in grad_v:
        raise Wrong("empty")
    number(grad_s, 3, {"two_forgotten": 1.5, "sign": -3})
    number(grad_v, [3, 1.5, 0], {"times_weights": [6, -6, 9], "local_only": [1, 0.5, 0]})
    number(grad_c, 3, {"bias_local": 1, "value_of_bias": 0.5})


def by_hand():
    """The network of the lesson, with its grads: the loss, then the nodes h, z and the weights, neuron by neuron."""
    network = nn.MLP(2, [3, 1])
    numbers = [([1.0, -1.0], 0.0), ([-0.5, 0.5], 1.0), ([-1.0, 0.5], 0.0), ([2.0, -2.0, 3.0], 0.5)]
    neurons = [*network.layers[0].neurons, *network.layers[1].neurons]
    for neuron, (weights, bias) in zip(neurons, numbers, strict=True):
        for weight, value in zip(neuron.weight, weights, strict=True):
            weight.data = value
        neuron.bias.data = bias
    h = network.layers[0]([Value(2.0, label="x1"), Value(1.0, label="x2")])
    z = [node.inputs[0] for node in h]
    s = network.layers[1](h)
    result = (s - 0.0) ** 2
    result.backward()
    s.label, result.label, neurons[3].bias.label = "s", "L", "c"
    rows = [neuron.weight for neuron in neurons[:3]]
    for i in range(3):
        h[i].label, z[i].label, neurons[3].weight[i].label = f"h{i + 1}", f"z{i + 1}", f"v{i + 1}"
        for k in range(2):
            rows[i][k].label = f"W{i + 1}{k + 1}"
    return result, h, z, rows


@exercise("9.2")
def hidden_layer(grad_h, grad_z, grad_w):
    given = [*grad_h, *grad_z, *[weight for row in grad_w for weight in row]]
    if ... in given:
        raise Wrong("empty")
    if [len(row) for row in grad_w] != [2, 2, 2]:
        raise Wrong("rows")
    result, h, z, rows = by_hand()

    def why(node, _):
        if any(node is other for other in h):
            return "hidden_values" if alike(grad_h, [3, 1.5, 0]) else "first_wrong"
        if any(node is other for other in z):
            return "relu_forgotten" if alike(grad_z, grad_h) else "first_wrong"
        if alike(grad_w, [[6, 6], [-6, -6], [0, 0]]):
            return "inputs_forgotten"
        return "weights_for_inputs" if alike(grad_w, [[6, -6], [3, -3], [0, 0]]) else "first_wrong"

    same_gradients(result, dict(zip([*h, *z, *[weight for row in rows for weight in row]], given, strict=True)), why)


def several(call, function, arguments, count):
    """What the learner's function gives, if it is so many numbers or arrays; `call` is how the call is written."""
    if not callable(function):
        raise Wrong("not_callable", given=shown(function))
    try:
        result = attempt(call, lambda: function(*copy.deepcopy(arguments)))
    except Wrong as wrong:
        if "matmul" in wrong.facts.get("error", ""):
            raise Wrong("do_not_fit") from wrong
        raise
    if not isinstance(result, (tuple, list)) or len(result) != count:
        raise Wrong("how_many", count=count)
    return result


@exercise("9.3")
def layer_backward(answer):
    rng = np.random.default_rng(0)
    for n, inputs, neurons in ((4, 2, 3), (3, 3, 3)):
        g, x, w = rng.normal(size=(n, neurons)), rng.normal(size=(n, inputs)), rng.normal(size=(neurons, inputs))
        of_w, of_b, of_x = several("layer_backward(G, X, W)", answer, (g, x, w), 3)
        if alike(of_w, g @ w) and alike(of_x, g.T @ x):
            raise Wrong("order")
        if alike(of_w, x.T @ g):
            raise Wrong("not_transposed", given=x.T.shape[:1] + g.shape[1:], right=w.shape)
        if alike(of_w, g.T @ x / n) or alike(of_b, g.mean(axis=0)):
            raise Wrong("averaged")
        if alike(of_b, g):
            raise Wrong("bias_not_summed")
        if alike(of_b, g.sum(axis=1)):
            raise Wrong("over_neurons")
        for name, mine, right in (("W", of_w, g.T @ x), ("b", of_b, g.sum(axis=0)), ("X", of_x, g @ w)):
            same_array(name, mine, right)


def same_array(name, given, right):
    if np.shape(given) != right.shape:
        if () in (np.shape(given), right.shape):
            raise Wrong("one_number" if right.shape == () else "only_one", name=name, right=right.shape)
        raise Wrong("other_shape", name=name, given=np.shape(given), right=right.shape)
    if not alike(given, right):
        raise Wrong("other_numbers", name=name)


def gradients(x, targets, w, b, v, c, *, factor=2.0, through=lambda g, z: g * (z > 0)):
    z = x @ w.T + b
    h = np.maximum(0, z)
    of_s = factor * (h @ v + c - targets) / len(x)
    of_z = through(np.outer(of_s, v), z)
    return of_z.T @ x, of_z.sum(axis=0), of_s @ h, np.asarray(of_s.sum())


@exercise("9.4")
def backpropagation(answer):
    rng = np.random.default_rng(0)
    arguments = (
        rng.normal(size=(5, 2)), rng.normal(size=5), rng.normal(size=(4, 2)), rng.normal(size=4), rng.normal(size=4), 0.25,
    )  # fmt: skip
    given = several("gradients(X, targets, W, b, v, c)", answer, arguments, 4)
    mistakes = {
        "no_relu": {"through": lambda g, z: g},
        "mean_forgotten": {"factor": 2.0 * 5},
        "no_two": {"factor": 1.0},
        "wrong_sign": {"factor": -2.0},
        "times_z": {"through": lambda g, z: g * np.maximum(0, z)},
        "relu_of_gradient": {"through": lambda g, z: np.maximum(0, g)},
    }
    for why, mistake in mistakes.items():
        if all(map(alike, given, gradients(*arguments, **mistake))):
            raise Wrong(why)
    for name, mine, right in reversed(list(zip(("W", "b", "v", "c"), given, gradients(*arguments), strict=True))):
        same_array(name, mine, right)
