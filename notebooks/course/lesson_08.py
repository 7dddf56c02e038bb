"""Checks of lesson 8: gradient descent."""

from itertools import pairwise

from .answers import exercise
from .comparing import number, same_function
from .verdict import Wrong


@exercise("8.1")
def one_step(answer):
    number(answer, 1.4, {"uphill": 2.6, "no_rate": -4, "the_change": -0.6, "step_alone": 0.6, "value_for_slope": 1.7})


@exercise("8.2")
def largest_rate(answer):
    if not isinstance(answer, (int, float)):
        raise Wrong("a_rate", given=answer)
    if answer <= 0:
        raise Wrong("not_above_0", given=f"{answer:g}")
    factor = 1 - 4 * answer
    if abs(factor) > 1 + 1e-9:
        raise Wrong("diverges", given=f"{answer:g}", factor=f"{factor:.3g}")
    if abs(factor + 1) < 1e-9:
        raise Wrong("to_and_fro")
    if answer < 0.49:
        raise Wrong("could_be_larger", given=f"{answer:g}", factor=f"{factor:.3g}")


def walk(slope, x, rate, steps):
    for _ in range(steps):
        x -= rate * slope(x)
    return x


def bowl_slope(x):
    return 2 * (x - 3)


def steep_slope(x):
    return x**3 - x


@exercise("8.3")
def descend(answer):
    same_function(
        answer,
        walk,
        [(bowl_slope, 1.0, 0.1, 1), (bowl_slope, 1.0, 0.25, 3), (steep_slope, 2.0, 0.1, 5)],
        {
            "uphill_function": lambda slope, x, rate, steps: walk(slope, x, -rate, steps),
            "first_slope": lambda slope, x, rate, steps: x - rate * slope(x) * steps,
            "one_step_only": lambda slope, x, rate, steps: walk(slope, x, rate, min(steps, 1)),
            "same_length": lambda slope, x, rate, steps: walk(lambda at: (slope(at) > 0) - (slope(at) < 0), x, rate, steps),
        },
    )
    same_function(answer, walk, [(bowl_slope, 7.0, 0.1, 0)])  # apart, as a `return` in the loop gives nothing here


def judged(heights):
    if heights[-1] > heights[0]:
        return "too large"
    return "too small" if heights[-1] > 0.5 * heights[0] else "just right"


@exercise("8.4")
def judge(answer):
    same_function(
        answer,
        judged,
        [
            ([4.0, 5.0, 7.0],),
            ([4.0, 3.9, 3.8],),
            ([4.0, 1.0, 0.25],),
            ([4.0, 1.5, 1.7, 0.1],),
            ([4.0, 4.5, 1.0, 0.5],),
            ([4.0, 3.0, 2.0],),
            ([4.0, 2.5, 4.5, 9.0],),
            ([8.0, 7.0, 6.0, 5.0],),
        ],
        {
            "any_rise": lambda heights: "too large" if any(b > a for a, b in pairwise(heights)) else judged(heights),
            "highest_of_all": lambda heights: "too large" if max(heights) > heights[0] else judged(heights),
            "exchanged": lambda heights: {"too large": "too small", "too small": "too large"}.get(judged(heights), "just right"),
            "never_too_small": lambda heights: "too large" if heights[-1] > heights[0] else "just right",
        },
    )
