"""Checks of lesson 11: what goes wrong, and how to see it."""

import math

import numpy as np
from sklearn.datasets import make_moons

import nn

from .answers import exercise
from .comparing import attempt, number, run, same_function
from .verdict import Wrong


@exercise("11.1")
def one_step(distance):
    number(distance, -2.6, {"new_weight": -0.6, "inner_derivative": -0.2, "uphill": 4.6, "no_sign": 2.6})


def first(wanted, losses):
    return next((step for step, loss in enumerate(losses) if wanted(loss)), -1)


@exercise("11.2")
def first_bad(answer):
    infinite, nan = math.inf, math.nan
    if run(answer, [0.7, nan]) == -1:
        raise Wrong("equals_nan", call="first_bad([0.7, nan])", given=-1, right=1)
    same_function(
        answer,
        lambda losses: first(lambda loss: not math.isfinite(loss), losses),
        [([0.7, 0.6, 0.5],), ([0.7, infinite, nan],), ([0.7, 0.9, nan, 0.5],), ([0.7, 5000.0, infinite],)],
        {
            "infinity_missed": lambda losses: first(math.isnan, losses),
            "only_the_last": lambda losses: -1 if math.isfinite(losses[-1]) else len(losses) - 1,
            "too_soon": lambda losses: first(lambda loss: not loss < 1000, losses),
        },
    )


@exercise("11.3")
def ten_sigmoids(factor):
    number(factor, 0.25**10, {"added": 2.5, "divided": 0.025, "one_layer": 0.25}, tolerance=0.05)


def clip(gradient, limit, length=lambda g: math.sqrt(sum(x * x for x in g))):
    return [g * min(1.0, limit / length(gradient)) for g in gradient]


@exercise("11.4")
def clipping(answer):
    same_function(
        answer,
        clip,
        [([3.0, 4.0], 1.0), ([0.3, 0.4], 1.0), ([30.0, -1.0], 2.0), ([0.6, 0.6], 1.0)],
        {
            "each_number": lambda gradient, limit: [max(-limit, min(limit, g)) for g in gradient],
            "always": lambda gradient, limit: [g * limit / math.hypot(*gradient) for g in gradient],
            "sum_for_length": lambda gradient, limit: clip(gradient, limit, lambda g: sum(map(abs, g))),
            "no_root": lambda gradient, limit: clip(gradient, limit, lambda g: sum(x * x for x in g)),
        },
    )


@exercise("11.5")
def mended(answer):
    model, rate = attempt("mended()", answer)
    if sum(isinstance(layer, nn.Linear) for layer in model) != 8:
        raise Wrong("other_depth")
    x, y = make_moons(200, noise=0.1, random_state=1)
    optimizer = nn.optim.SGD(model.parameters(), lr=rate)
    for finding in nn.diagnose(model, (x, y[:, np.newaxis]), nn.BCEWithLogitsLoss(), optimizer).findings:
        raise Wrong("rate_ill" if finding.kind == "learning rate" else "still_ill", sentence=finding.sentence)
