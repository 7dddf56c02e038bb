"""Checks of lesson 19: recurrent networks."""

import math

from .answers import exercise
from .comparing import alike, number, run, same_function, shown
from .verdict import Wrong


@exercise("19.1")
def states(h1, h2, h3):
    wrong = {"no_memory": [8, 1, 2], "nothing_forgotten": [8, 9, 11], "step_before_last": [8, 5, 7]}
    number([h1, h2, h3], [8, 5, 4.5], wrong)


@exercise("19.2")
def through_time(by_x1, by_u):
    number(by_x1, 0.25, {"one_step_only": 0.5})
    number(by_u, 9, {"last_use_only": 5, "uses_multiplied": 20, "way_forgotten": 13})


@exercise("19.3")
def fades(steps):
    if alike(steps, 20):
        return
    if alike(steps, 6):
        raise Wrong("tenths")
    if isinstance(steps, (int, float)) and 0 <= steps < 20:
        raise Wrong("not_yet", given=shown(steps), left=f"{0.5**steps:.1e}")
    raise Wrong("too_many", given=shown(steps))


def lstm_step(c, f, i, o, g):
    c = f * c + i * g
    return c, o * math.tanh(c)


@exercise("19.4")
def one_step(answer):
    cases = [(2.0, 1.0, 0.0, 1.0, 0.5), (2.0, 0.0, 1.0, 1.0, 0.5), (1.0, 0.5, 0.25, 0.5, -1.0), (-0.5, 0.9, 0.1, 0.3, 0.8)]
    given = run(answer, *cases[0])
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        raise Wrong("two_numbers", given=shown(given))
    same_function(
        answer,
        lstm_step,
        cases,
        {
            "gates_exchanged": lambda c, f, i, o, g: lstm_step(c, i, f, o, g),
            "old_cell_shown": lambda c, f, i, o, g: (f * c + i * g, o * math.tanh(c)),
            "no_tanh": lambda c, f, i, o, g: (f * c + i * g, o * (f * c + i * g)),
            "overwritten": lambda c, f, i, o, g: lstm_step(0.0, f, i, o, g),
            "all_shown": lambda c, f, i, o, g: lstm_step(c, f, i, 1.0, g),
        },
    )
