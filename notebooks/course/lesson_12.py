"""Checks of lesson 12: overfitting."""

import numpy as np

from .answers import exercise
from .comparing import attempt, run, same_function, shown
from .verdict import Wrong


@exercise("12.1")
def split(answer):
    n, held_out = 40, 10
    parts = run(answer, n, held_out, np.random.default_rng(0))
    if not isinstance(parts, (tuple, list)) or len(parts) != 2:
        raise Wrong("two_lists", given=shown(parts))
    train, validation = ([int(i) for i in part] for part in parts)
    if len(validation) == n - held_out and len(train) == held_out:
        raise Wrong("exchanged", held_out=held_out, n=n)
    if len(train) == n:
        raise Wrong("all_for_training")
    if common := set(train) & set(validation):
        raise Wrong("overlap", i=min(common))
    if len(validation) != held_out or set(train) | set(validation) != set(range(n)):
        raise Wrong("not_all", n=n, train=len(train), validation=len(validation))
    again = attempt("split(40, 10, rng)", lambda: answer(n, held_out, np.random.default_rng(1)))
    if sorted(int(i) for i in again[1]) == sorted(validation):
        raise Wrong("not_shuffled")


def best_step(losses, patience, *, where_it_stopped=False):
    best = 0
    for step, loss in enumerate(losses):
        if loss < losses[best]:
            best = step
        elif step - best >= patience:
            return step if where_it_stopped else best
    return best


def first_rise(losses, _):
    return next((step for step in range(len(losses) - 1) if losses[step + 1] > losses[step]), len(losses) - 1)


def against_the_last(losses, patience):
    best = rises = 0
    for step in range(1, len(losses)):
        rises = rises + 1 if losses[step] >= losses[step - 1] else 0
        if losses[step] < losses[best]:
            best = step
        if rises >= patience:
            break
    return best


@exercise("12.2")
def early_stopping(answer):
    same_function(
        answer,
        best_step,
        [
            ([0.9, 0.5, 0.3], 2),
            ([0.9, 0.5, 0.6, 0.7, 0.8], 2),
            ([0.9, 0.5, 0.6, 0.4, 0.5, 0.6, 0.7], 2),
            ([0.9, 0.5, 0.6, 0.7, 0.3], 2),
            ([0.9, 0.5, 0.7, 0.6, 0.7, 0.2], 3),
        ],
        {
            "where_it_stopped": lambda losses, patience: best_step(losses, patience, where_it_stopped=True),
            "knows_the_future": lambda losses, patience: losses.index(min(losses)),
            "first_rise": first_rise,
            "against_the_last": against_the_last,
        },
    )


@exercise("12.3")
def dropout(answer):
    def kept(h, p, random, dropped=0.0, scale=lambda p: 1 / (1 - p)):
        return [dropped if number < p else value * scale(p) for value, number in zip(h, random, strict=True)]

    same_function(
        answer,
        kept,
        [([3.0], 0.5, [0.7]), ([3.0, 4.0], 0.5, [0.7, 0.2]), ([1.0, -2.0, 3.0, 4.0], 0.2, [0.1, 0.9, 0.3, 0.5])],
        {
            "not_scaled": lambda h, p, random: kept(h, p, random, scale=lambda p: 1),
            "keeps_with_p": lambda h, p, random: [v / p if number < p else 0.0 for v, number in zip(h, random, strict=True)],
            "left_out": lambda h, p, random: [v / (1 - p) for v, number in zip(h, random, strict=True) if number >= p],
            "multiplied": lambda h, p, random: kept(h, p, random, scale=lambda p: 1 - p),
        },
    )


@exercise("12.4")
def close_the_gap(decay, fit):
    _, history = fit(decay=float(decay))
    train, validation = history["loss"][-1], history["val_loss"][-1]
    facts = {"train": shown(round(train, 2)), "validation": shown(round(validation, 2))}
    if validation - train > 0.1:
        raise Wrong("too_weak", **facts)
    if not validation < 0.42:
        raise Wrong("too_strong", **facts)
