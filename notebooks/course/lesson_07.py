"""Checks of lesson 7: losses."""

import math
from operator import mul

from .answers import exercise
from .comparing import alike, number, same_function, shown
from .verdict import Wrong


@exercise("7.1")
def mse(answer):
    if any(alike(answer, mistaken) for mistaken in (1, 3, 9)):  # the mean of the errors, their sum, and the square of it
        raise Wrong("cancelled", given=shown(answer))
    wrong = {"not_squared": 7 / 3, "sum_not_mean": 29, "root_taken": math.sqrt(29 / 3)}
    number(answer, 29 / 3, wrong, tolerance=5e-3)


@exercise("7.2")
def untrained(answer):
    wrong = {
        "the_probability": 0.1, "probability_of_others": 0.9, "other_logarithm": 1, "two_classes": math.log(2), "sign": -math.log(10),
    }  # fmt: skip
    number(answer, math.log(10), wrong, tolerance=5e-3)


def hinge(scores, targets):
    return sum(max(0.0, 1 - t * s) for s, t in zip(scores, targets, strict=True)) / len(scores)


@exercise("7.3")
def hinge_loss(answer):
    same_function(
        answer,
        hinge,
        [([0.5], [1]), ([-2.0], [-1]), ([3.0], [-1]), ([2.0, 0.5, -0.25], [1, -1, -1])],
        {
            "no_margin": lambda scores, targets: sum(max(0.0, -t * s) for s, t in zip(scores, targets, strict=True)) / len(scores),
            "no_target": lambda scores, targets: hinge(scores, [1] * len(targets)),
            "below_zero": lambda scores, targets: sum(1 - t * s for s, t in zip(scores, targets, strict=True)) / len(scores),
            "cut_at_the_end": lambda scores, targets: max(0.0, 1 - sum(map(mul, scores, targets)) / len(scores)),
            "not_a_mean": lambda scores, targets: hinge(scores, targets) * len(scores),
        },
    )


def from_score(score, target):
    return max(score, 0) - score * target + math.log(1 + math.exp(-abs(score)))


@exercise("7.4")
def cross_entropy_from_score(answer):
    same_function(
        answer,
        from_score,
        [(0.0, 1), (2.0, 1), (2.0, 0), (-3.0, 1), (-3.0, 0)],
        {
            "target_exchanged": lambda score, target: from_score(score, 1 - target),
            "only_yes": lambda score, target: from_score(score, 1),
            "no_absolute": lambda score, target: max(score, 0) - score * target + math.log(1 + math.exp(-score)),
        },
    )
    for case in ((800.0, 0), (-800.0, 1)):
        try:
            given = answer(*case)
        except (OverflowError, ValueError, ZeroDivisionError) as error:  # exp of 800, or the logarithm of 0
            raise Wrong("overflow", score=f"{case[0]:g}", target=case[1]) from error
        if not alike(given, 800.0):
            raise Wrong("overflow", score=f"{case[0]:g}", target=case[1])
