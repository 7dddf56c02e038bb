"""Checks of lesson 13: optimizers."""

import itertools
import math

import nn
from autograd import Value

from .answers import exercise
from .comparing import number, run, same_function, shown
from .verdict import Wrong


@exercise("13.1")
def factors(factor_x, factor_y):
    wrong = {"what_is_lost": [0.09, 1.8], "no_sign": [0.91, 0.8], "coefficients": [0.955, 0.1]}
    number([factor_x, factor_y], [0.91, -0.8], wrong)


def several(answer, case, count):
    """Demand that the learner's function gives so many numbers."""
    given = run(answer, *case)
    if not isinstance(given, (tuple, list)) or len(given) != count:
        raise Wrong("how_many", count=count, given=shown(given))


def momentum(w, v, g, rate, mu):
    v = mu * v + g
    return w - rate * v, v


@exercise("13.2")
def momentum_step(answer):
    cases = [(1.0, 0.0, 2.0, 0.1, 0.9), (0.8, 2.0, 1.0, 0.1, 0.9), (-1.0, 3.0, -2.0, 0.5, 0.5)]
    several(answer, cases[0], 2)
    same_function(
        answer,
        momentum,
        cases,
        {
            "old_velocity": lambda w, v, g, rate, mu: (w - rate * v, mu * v + g),
            "velocity_unused": lambda w, v, g, rate, mu: (w - rate * g, mu * v + g),
            "uphill": lambda w, v, g, rate, mu: (w + rate * (mu * v + g), mu * v + g),
            "never_forgets": lambda w, v, g, rate, mu: momentum(w, v, g, rate, 1.0),
        },
    )


def adam(w, m, s, g, t, rate, *, corrected=True, kept=False, power=0.5, square=lambda g: g * g):
    m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * square(g)
    m_hat, s_hat = (m / (1 - 0.9**t), s / (1 - 0.999**t)) if corrected else (m, s)
    w = w - rate * m_hat / (s_hat**power + 1e-8)
    return (w, m_hat, s_hat) if kept else (w, m, s)


@exercise("13.3")
def adam_step(answer):
    cases = [(1.0, 0.0, 0.0, 2.0, 1, 0.1), (0.9, 0.2, 0.004, -0.5, 2, 0.1), (0.5, -0.3, 0.02, 1.5, 40, 0.01)]
    several(answer, cases[0], 3)
    same_function(
        answer,
        adam,
        cases,
        {
            "no_correction": lambda *case: adam(*case, corrected=False),
            "no_root": lambda *case: adam(*case, power=1),
            "corrected_kept": lambda *case: adam(*case, kept=True),
            "not_squared": lambda *case: adam(*case, square=abs),
        },
    )


@exercise("13.4")
def a_rate(rate):
    x, y = Value(-1.2), Value(1.5)
    optimizer = nn.optim.Adam([x, y], lr=rate)
    steps = []  # how far each went along x
    for _ in range(100):
        optimizer.zero_grad()
        ((1 - x) ** 2 + 10 * (y - x * x) ** 2).backward()
        before = x.data
        optimizer.step()
        steps.append(x.data - before)
    height = (1 - x.data) ** 2 + 10 * (y.data - x.data**2) ** 2
    if not height < 0.001:
        turns = sum(math.copysign(1, one) != math.copysign(1, other) for one, other in itertools.pairwise(steps))
        raise Wrong("too_large" if turns > 2 else "too_small", height=shown(height))
