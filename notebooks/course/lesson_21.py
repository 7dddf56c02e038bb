"""Checks of lesson 21: how the library works."""

from .answers import exercise
from .comparing import number, run, same_function, shown
from .verdict import Wrong


@exercise("21.1")
def nodes(answer):
    number(answer, 3, {"once_for_each_use": 5, "operations_only": 2}, tolerance=1e-6)


@exercise("21.2")
def cube_rule(answer):
    same_function(
        answer,
        lambda g, y, x: g * 3 * x * x,
        [(1.0, 8.0, 2.0), (1.0, -1.0, -1.0), (0.5, 27.0, 3.0)],
        {
            "no_g": lambda g, y, x: 3 * x * x,
            "the_result": lambda g, y, x: g * y,
            "one_power_too_many": lambda g, y, x: g * 3 * y,
            "factor_missing": lambda g, y, x: g * x * x,
        },
    )


GRAPHS = [
    [("y", "*", ("a", "b"))],
    [("p", "*", ("x", "x")), ("y", "+", ("p", "x"))],
    [("p", "*", ("a", "b")), ("q", "+", ("p", "c")), ("y", "*", ("q", "a"))],
]


def to_program(steps):
    return "\n".join(f"{name} = {left} {sign} {right}" for name, sign, (left, right) in steps)


def to_backward(steps, adds="+=", own=False, walk=reversed):
    """The lines of the backward pass; the other arguments make the known mistakes."""
    lines = [f"d_{steps[-1][0]} = 1"]
    for name, sign, (left, right) in walk(steps):
        for z, other in ((left, right), (right, left)):
            factor = z if own else other
            lines.append(f"d_{z} {adds} d_{name}" + (f" * {factor}" if sign == "*" else ""))
    return "\n".join(lines)


def text(answer):
    given = run(answer, GRAPHS[0])
    if not isinstance(given, str):
        raise Wrong("list_returned", given=shown(given))
    if given.endswith("\n"):
        raise Wrong("line_break_at_end")


@exercise("21.3")
def program(answer):
    text(answer)
    same_function(answer, to_program, [(graph,) for graph in GRAPHS], {"only_last": lambda steps: to_program(steps[-1:])})


@exercise("21.4")
def program_of_gradient(answer):
    text(answer)
    same_function(
        answer,
        to_backward,
        [(graph,) for graph in GRAPHS],
        {
            "forward_order": lambda steps: to_backward(steps, walk=list),
            "own_value": lambda steps: to_backward(steps, own=True),
            "assigned": lambda steps: to_backward(steps, adds="="),
        },
    )
