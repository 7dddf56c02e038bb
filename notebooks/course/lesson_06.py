"""Checks of lesson 6: forward propagation."""

from .answers import exercise
from .comparing import alike, number, run, same_function, shown
from .verdict import Wrong

INPUTS = [(0, 0), (0, 1), (1, 0), (1, 1)]
XOR = [0, 1, 1, 0]


@exercise("6.1")
def carried_through(h1, h2, score):
    if alike([h1, h2], [0, 0]) and not alike(score, -0.5):
        raise Wrong("hidden_right", given=shown(score))
    if alike(h2, -1) and not alike(score, 1.5):
        raise Wrong("below_zero")
    number([h1, h2, score], [0, 0, -0.5], {"no_relu": [0, -1, 1.5]})


@exercise("6.2")
def last_layer(w1, w2, b):
    scores = [w1 * max(0, x1 - x2) + w2 * max(0, x2 - x1) + b for x1, x2 in INPUTS]
    wrong = [i for i in range(4) if (scores[i] > 0) != bool(XOR[i])]
    if not wrong:
        return
    if (w1, w2) == (1, -2):
        raise Wrong("first_network")
    if wrong == [0, 3]:
        raise Wrong("yes_to_equal")
    if wrong == [1, 2]:
        raise Wrong("too_low")
    raise Wrong("wrong_case", x=INPUTS[wrong[0]], score=shown(float(scores[wrong[0]])))


def forward(inputs, layers, *, hidden=lambda s: max(0.0, s), output=lambda s: s, biases=1.0):
    for layer in layers:
        activation = output if layer is layers[-1] else hidden
        inputs = [activation(sum(w * x for w, x in zip(weights, inputs, strict=False)) + biases * bias) for weights, bias in layer]
    return inputs


ONE_NEURON = [[([2.0, -1.0], -3.0)]]
FOR_XOR = [[([1.0, 1.0], 0.0), ([1.0, 1.0], -1.0)], [([1.0, -2.0], -0.5)]]
THREE_LAYERS = [[([1.0], -1.0), ([-1.0], 0.5)], [([1.0, 2.0], 0.0), ([1.0, -1.0], 0.25)], [([1.0, 1.0], 0.0), ([-3.0, 0.5], 1.0)]]


@exercise("6.3")
def forward_propagation(answer):
    cases = [([1.0, 1.0], ONE_NEURON), ([0.0, 0.0], FOR_XOR), ([1.0, 1.0], FOR_XOR), ([0.75], THREE_LAYERS), ([-2.0], THREE_LAYERS)]
    given = run(answer, *cases[0])
    if not isinstance(given, (list, tuple)):
        raise Wrong("a_list", given=shown(given))
    same_function(
        answer,
        forward,
        cases,
        {
            "relu_at_the_end": lambda *case: forward(*case, output=lambda s: max(0.0, s)),
            "no_activation": lambda *case: forward(*case, hidden=lambda s: s),
            "not_handed_on": lambda inputs, layers: forward(inputs, layers[-1:]),
            "no_biases": lambda *case: forward(*case, biases=0.0),
        },
    )


@exercise("6.4")
def count(parameters):
    number(parameters, 337, {"biases_forgotten": 304, "neurons": 33}, tolerance=1e-6)
