"""Ways to compare an answer with the right one, and with what known mistakes would give."""

import copy

import numpy as np

from autograd import Node

from .verdict import Wrong

__all__ = ["alike", "attempt", "number", "run", "same_function", "shown"]


def number(answer, right, wrong=None, *, tolerance=1e-3):
    """Check a number, or a list or array of numbers.

    Args:
        answer: the learner's.
        right: the right one.
        wrong: for each known mistake, by the name of its text, the answer that it leads to.
        tolerance: how far the answer may be off, as a part of the right one.
    """
    if alike(answer, right, tolerance):
        return
    for why, mistaken in (wrong or {}).items():
        if alike(answer, mistaken, tolerance):
            raise Wrong(why, given=shown(answer))
    raise Wrong("other_number", given=shown(answer))


def same_function(answer, right, cases, wrong=None, *, tolerance=1e-6):
    """Check a function, by calling it.

    Args:
        answer: the learner's function.
        right: a function that gives the right results.
        cases: tuples of arguments. The first one that goes wrong is reported, so begin with the simplest.
        wrong: for each known mistake, by the name of its text, a function that makes it. An answer that
            gives the same as one of them in all cases is told so.
        tolerance: how far a result may be off, as a part of the right one.
    """
    results = [run(answer, *case) for case in cases]
    for case, result in zip(cases, results, strict=True):
        if not alike(result, right(*case), tolerance):
            for why, mistaken in (wrong or {}).items():
                if all(alike(mine, mistaken(*other), tolerance) for other, mine in zip(cases, results, strict=True)):
                    raise Wrong(why, call=call(answer, case), given=shown(result), right=shown(right(*case)))
            raise Wrong("other_result", call=call(answer, case), given=shown(result), right=shown(right(*case)))


def run(function, *arguments):
    """What the learner's function gives. It gets copies of the arguments, which it may change."""
    if not callable(function):
        raise Wrong("not_callable", given=shown(function))
    return attempt(call(function, arguments), lambda: function(*copy.deepcopy(arguments)))


def attempt(text, action):
    """What the learner's code gives. If it stops with an error, or gives nothing, that is a wrong answer; `text` is the call."""
    try:
        result = action()
    except Exception as error:
        raise Wrong("stopped", call=text, error=f"{type(error).__name__}: {error}") from error
    if result is None or result is ...:
        raise Wrong("nothing", call=text)
    return result


def alike(one, other, tolerance=1e-6):
    """Whether two numbers, lists or arrays are the same, up to rounding. Values count as their numbers."""
    if isinstance(other, bool):
        return isinstance(one, (bool, np.bool_)) and one == other
    if isinstance(other, str):
        return isinstance(one, str) and one == other
    try:
        one, other = (np.asarray(plain(x), dtype=float) for x in (one, other))
    except (TypeError, ValueError):
        return False
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=tolerance, atol=tolerance * 1e-3, equal_nan=True))


def plain(x):
    """Without nodes: a Value as its number, a Tensor as its array, in lists too."""
    if isinstance(x, Node):
        return x.data
    return [plain(part) for part in x] if isinstance(x, (list, tuple)) else x


def shown(x):
    """An argument or a result, as a text for learners."""
    x = plain(x)
    if isinstance(x, (list, tuple)):
        return f"[{', '.join(map(shown, x))}]"
    if isinstance(x, (float, np.floating)):
        return f"{x:.6g}"
    return x.__name__ if callable(x) else str(x)


def call(function, arguments):
    """A call, as it would be written."""
    return f"{function.__name__}({', '.join(map(shown, arguments))})"
