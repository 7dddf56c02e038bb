"""Checks of lesson 5: activations."""

from .answers import exercise
from .comparing import number, run, same_function
from .verdict import Wrong


@exercise("5.1")
def two_in_a_row(w, b):
    number([w, b], [6, -1], {"weights_added": [5, -3], "biases_added": [6, -3], "second_bias_only": [6, -4]})


@exercise("5.2")
def steepest(of_sigmoid, of_tanh):
    if callable(of_sigmoid) or callable(of_tanh):
        raise Wrong("not_called")
    mistakes = {"value_at_zero": [0.5, 0], "highest_value": [1, 1], "stretched_only": [0.25, 0.5], "exchanged": [1, 0.25]}
    number([of_sigmoid, of_tanh], [0.25, 1], mistakes, tolerance=0.05)  # it may be read off the picture


def score(weights, bias, point):
    return sum(w * x for w, x in zip(weights, point, strict=True)) + bias


@exercise("5.3")
def is_dead(answer):
    points = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    same_function(
        answer,
        lambda *case: all(score(*case[:2], point) <= 0 for point in case[2]),
        [
            ([1.0, 1.0], -3.0, points),
            ([1.0, 1.0], -1.5, points),
            ([1.0, 1.0], 1.0, points),
            ([-1.0, -2.0], 0.5, points),
            ([1.0, 1.0], -0.5, points),
            ([1.0, 1.0], -2.0, points),
        ],
        {
            "one_is_enough": lambda *case: any(score(*case[:2], point) <= 0 for point in case[2]),
            "bias_left_out": lambda weights, bias, points: all(score(weights, 0, point) <= 0 for point in points),
            "at_zero": lambda *case: all(score(*case[:2], point) < 0 for point in case[2]),
            "other_way": lambda *case: any(score(*case[:2], point) > 0 for point in case[2]),
        },
    )


@exercise("5.4")
def leaky_relu(answer):
    for example in (2.0, -3.0):
        if not isinstance(run(answer, example), (tuple, list)):
            raise Wrong("two_numbers")
    same_function(
        answer,
        lambda s: [s, 1.0] if s > 0 else [0.1 * s, 0.1],
        [(2.0,), (-3.0,), (-0.5,)],
        {
            "still_dead": lambda s: [s, 1.0] if s > 0 else [0.1 * s, 0.0],
            "upside_down": lambda s: [s, 1.0] if s > 0 else [-0.1 * s, -0.1],
            "plain_relu": lambda s: [s, 1.0] if s > 0 else [0.0, 0.0],
        },
    )
