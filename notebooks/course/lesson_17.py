"""Checks of lesson 17: handwritten digits."""

import numpy as np

from .answers import exercise
from .comparing import alike, number, run, same_function
from .verdict import Wrong


def right_softmax(scores):
    powers = np.exp(scores - np.max(scores))
    return powers / np.sum(powers)


@exercise("17.1")
def softmax(answer):
    same_function(
        answer,
        right_softmax,
        [(np.array([1.0, 3.0]),), (np.array([0.0, 0.0, 0.0, 0.0]),), (np.array([-2.0, 0.5, 1.0]),)],
        {
            "each_by_itself": lambda scores: 1 / (1 + np.exp(-scores)),
            "sum_is_not_one": lambda scores: np.exp(scores - np.max(scores)),
            "no_exponential": no_exponential,
        },
    )
    with np.errstate(all="ignore"):
        if not alike(run(answer, np.array([1000.0, 0.0])), [1.0, 0.0]):
            raise Wrong("overflow")


def no_exponential(scores):
    with np.errstate(all="ignore"):
        return scores / np.sum(scores)


@exercise("17.2")
def steps(answer):
    number(answer, 43, {"rest_left_out": 42, "one_for_each_example": 1347, "size_of_a_batch": 32}, tolerance=1e-6)


def table(right, answers, k):
    counts = np.zeros((k, k), dtype=int)
    for target, answer in zip(right, answers, strict=True):
        counts[target, answer] += 1
    return counts


@exercise("17.3")
def confusion_matrix(answer):
    same_function(
        answer,
        table,
        [([0, 1], [0, 0], 2), ([0, 2, 1, 1, 0], [0, 1, 1, 2, 0], 3), ([2, 2, 2], [0, 0, 2], 4)],
        {
            "rows_and_columns_exchanged": lambda right, answers, k: table(answers, right, k),
            "only_mistakes": lambda right, answers, k: table(right, answers, k) * (1 - np.eye(k)),
            "not_counted": lambda right, answers, k: np.minimum(table(right, answers, k), 1),
        },
    )
