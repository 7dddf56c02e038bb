"""Checks of lesson 10: a network from start to finish."""

from autograd import Value

from .answers import exercise
from .comparing import alike, attempt, number, same_function, shown
from .verdict import Wrong


@exercise("10.1")
def pulling(answer):
    number(answer, 3, {"only_mistakes": 1, "all_of_them": 5, "the_others": 2}, tolerance=1e-6)


def share(scores, targets):
    return sum((s > 0) == (t > 0) for s, t in zip(scores, targets, strict=True)) / len(scores)


@exercise("10.2")
def accuracy(answer):
    same_function(
        answer,
        share,
        [([0.3], [1]), ([2.0, -0.5], [1, -1]), ([-0.2, 1.5], [-1, -1]), ([1.5, 0.5, -3.0, 0.25, -1.0], [1, -1, -1, 1, 1])],
        {
            "equal": lambda scores, targets: sum(s == t for s, t in zip(scores, targets, strict=True)) / len(scores),
            "with_margin": lambda scores, targets: sum(s * t >= 1 for s, t in zip(scores, targets, strict=True)) / len(scores),
            "counted": lambda scores, targets: share(scores, targets) * len(scores),
            "percent": lambda scores, targets: share(scores, targets) * 100,
            "error_rate": lambda scores, targets: 1 - share(scores, targets),
        },
    )


def after(step, steps):
    """Where `step` takes w, on its way from 1 to the bottom of (w − 3)² at 3 with a rate of 0.1; and the losses that it gave."""
    w = Value(1.0)
    losses = [step([w], lambda: (w - 3) ** 2, 0.1) for _ in range(steps)]
    return w.data, losses


@exercise("10.3")
def training_step(answer):
    if not callable(answer):
        raise Wrong("not_callable", given=shown(answer))
    call = "training_step([w], find_loss, 0.1)"
    once, losses = attempt(call, lambda: after(answer, 1))
    twice, _ = attempt(call, lambda: after(answer, 2))
    if alike(once, 1):
        raise Wrong("nothing", call=call) if losses == [None] else Wrong("nothing_moves")
    if alike(once, 0.6):
        raise Wrong("uphill")
    if alike(once, 5):
        raise Wrong("no_rate")
    if alike(once, 1.4) and alike(twice, 2.12):
        raise Wrong("grads_pile_up")
    if not (alike(once, 1.4) and alike(twice, 1.72)):
        raise Wrong("elsewhere", once=shown(once), twice=shown(twice))
    if not alike(losses[0], 4):
        raise Wrong("no_loss", given=shown(losses[0]))
    if isinstance(losses[0], Value):
        raise Wrong("a_value")
    try:
        two = [Value(1.0), Value(2.0)]
        attempt("training_step([w, u], find_loss, 0.1)", lambda: answer(two, lambda: (two[0] * two[1] - 3) ** 2, 0.1))
    except Wrong as wrong:  # the library will not find a gradient for numbers that have moved
        raise Wrong("one_loop") from wrong
    if not alike(two, [1.4, 2.2]):
        raise Wrong("one_loop")
