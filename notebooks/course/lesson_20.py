"""Checks of lesson 20: attention, and sampling from a language model."""

import math

from .answers import exercise
from .comparing import number, same_function


def softmax(scores):
    powers = [math.exp(score) for score in scores]
    return [power / sum(powers) for power in powers]


@exercise("20.1")
def weights(w1, w2, w3):
    powers = [math.exp(2), math.exp(1), math.exp(1)]
    wrong = {"shares": [0.5, 0.25, 0.25], "winner_takes_all": [1, 0, 0], "not_divided": powers}
    number([w1, w2, w3], softmax([2, 1, 1]), wrong, tolerance=1e-2)


def scores_of(query, keys):
    return [sum(q * k for q, k in zip(query, key, strict=True)) / math.sqrt(len(query)) for key in keys]


def mean(weights, values):
    return [sum(w * number for w, number in zip(weights, column, strict=True)) for column in zip(*values, strict=True)]


def attention(query, keys, values):
    return mean(softmax(scores_of(query, keys)), values)


@exercise("20.2")
def attend(answer):
    same_function(
        answer,
        attention,
        [
            ([1.0], [[2.0], [1.0]], [[10.0], [20.0]]),
            (
                [1.0, -1.0, 0.5, 2.0],
                [[0.5, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]],
                [[1.0, 2.0], [3.0, 4.0], [-1.0, 0.0]],
            ),
        ],
        {
            "no_root": lambda query, keys, values: attention([q * math.sqrt(len(query)) for q in query], keys, values),
            "weights_returned": lambda query, keys, values: softmax(scores_of(query, keys)),
            "no_softmax": lambda query, keys, values: mean(scores_of(query, keys), values),
            "keys_mixed": lambda query, keys, values: attention(query, keys, keys),
        },
    )


@exercise("20.3")
def pairs(answer):
    number(answer, 55, {"all_pairs": 100, "not_itself": 45, "one_row": 10})


@exercise("20.4")
def probabilities(answer):
    same_function(
        answer,
        lambda scores, temperature: softmax([score / temperature for score in scores]),
        [([2.0, 1.0, 1.0], 1.0), ([2.0, 1.0, 1.0], 0.5), ([0.5, -1.0], 2.0)],
        {
            "temperature_multiplied": lambda scores, temperature: softmax([score * temperature for score in scores]),
            "after_softmax": lambda scores, temperature: [p / temperature for p in softmax(scores)],
            "temperature_left_out": lambda scores, temperature: softmax(scores),
        },
    )
