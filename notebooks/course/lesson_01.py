"""Checks of lesson 1: a neuron, and what it can say."""

from .answers import exercise
from .comparing import alike, call, run, same_function, shown
from .verdict import Wrong

INPUTS = [(0, 0), (0, 1), (1, 0), (1, 1)]
AND, OR, NAND, XOR = [0, 0, 0, 1], [0, 1, 1, 1], [1, 1, 1, 0], [0, 1, 1, 0]


def score(w1, w2, b, x1, x2):
    return w1 * x1 + w2 * x2 + b


def answers(w1, w2, b):
    """What a neuron says in the four cases."""
    return [int(score(w1, w2, b, *x) > 0) for x in INPUTS]


def says(w1, w2, b, targets):
    """Check that a neuron says what it should."""
    said = answers(w1, w2, b)
    if said == targets:
        return
    for mistaken, why in ((AND, "says_and"), ([0] * 4, "never"), ([1] * 4, "always")):
        if said == mistaken:
            raise Wrong("no_bias" if b == 0 and targets[0] else why)
    case = next(i for i in range(4) if said[i] != targets[i])
    raise Wrong("wrong_case", x=INPUTS[case], score=shown(float(score(w1, w2, b, *INPUTS[case]))), said=said[case], target=targets[case])


@exercise("1.1")
def bias_of_or(b):
    says(1, 1, b, OR)


@exercise("1.2")
def nand(w1, w2, b):
    if all(answers(w1, w2, b)) and max(w1, w2) > 0:
        raise Wrong("weights_up")
    says(w1, w2, b, NAND)


def perceptron_rule(w1, w2, b, x1, x2, target):
    correction = target - (score(w1, w2, b, x1, x2) > 0)
    return [w1 + correction * x1, w2 + correction * x2, b + correction]


def wrong_way(w1, w2, b, *example):
    return [2 * old - new for old, new in zip((w1, w2, b), perceptron_rule(w1, w2, b, *example), strict=True)]


def bias_left(w1, w2, b, *example):
    return [*perceptron_rule(w1, w2, b, *example)[:2], b]


def inputs_forgotten(w1, w2, b, *example):
    correction = perceptron_rule(w1, w2, b, *example)[2] - b
    return [w1 + correction, w2 + correction, b + correction]


def always_up(w1, w2, b, x1, x2, target):
    correction = perceptron_rule(w1, w2, b, x1, x2, target)[2] - b
    return [w1 + abs(correction) * x1, w2 + abs(correction) * x2, b + abs(correction)]


@exercise("1.3")
def learn(answer):
    cases = [(0.0, 0.0, -0.5, *x, target) for x in INPUTS for target in (1, 0)]
    cases += [(2.0, -1.0, 0.5, *x, target) for x in INPUTS for target in (1, 0)]
    new = run(answer, *cases[0])
    if not isinstance(new, (tuple, list)) or len(new) != 3:
        raise Wrong("three_numbers", given=shown(new))
    for case in cases:
        if perceptron_rule(*case) == [*case[:3]] and not alike(run(answer, *case), case[:3]):
            raise Wrong("changes_when_right", call=call(answer, case))
    mistakes = {"wrong_way": wrong_way, "bias_left": bias_left, "inputs_forgotten": inputs_forgotten, "always_up": always_up}
    same_function(answer, perceptron_rule, cases, mistakes)


@exercise("1.4")
def best_for_xor(right, w1, w2, b):
    really = sum(said == target for said, target in zip(answers(w1, w2, b), XOR, strict=True))
    if right == 4:
        raise Wrong("not_four")
    if really < right:
        raise Wrong("less_than_said", said=right, really=really)
    if right < 3:
        raise Wrong("half")
