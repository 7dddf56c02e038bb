"""Checks of lesson 14: initialization and normalization."""

import numpy as np

from .answers import exercise
from .comparing import number, run, same_function
from .verdict import Wrong


@exercise("14.1")
def different_neurons(answer):
    number(answer, 1, {"nothing_differs": 16, "not_the_classes": 10, "they_learn": 0})


@exercise("14.2")
def spread(answer):
    number(answer, 0.1, {"divided_by_the_number": 0.01, "not_divided": 10, "squared_size": 1})


OUTS, INS = 300, 800


@exercise("14.3")
def he(answer):
    weights = np.asarray(run(answer, np.random.default_rng(0), OUTS, INS), dtype=float)
    if weights.shape == (INS, OUTS):
        raise Wrong("turned", rows=INS, right=OUTS)
    if weights.shape != (OUTS, INS):
        raise Wrong("other_shape", given=weights.shape, right=(OUTS, INS))
    found, right = weights.std(), (2 / INS) ** 0.5
    known = {"no_gain": (1 / INS) ** 0.5, "outputs_counted": (2 / OUTS) ** 0.5, "no_root": 2 / INS}
    for why, mistaken in known.items():
        if abs(found - mistaken) < 0.02 * mistaken:
            raise Wrong(why)
    if abs(found - right) > 0.02 * right or abs(weights.mean()) > 0.02 * right:
        raise Wrong("other_spread", given=f"{found:.4f}", right=f"{right:.4f}", mean=f"{weights.mean():.4f}")


@exercise("14.4")
def batch_norm(answer):
    same_function(
        answer,
        lambda x: (x - x.mean(axis=0)) / x.std(axis=0),
        [(np.array([[1.0, 10.0], [3.0, 20.0]]),), (np.array([[1.0, 2.0, 0.5], [4.0, -1.0, 0.0], [2.0, 0.0, 1.0], [0.0, 7.0, 8.0]]),)],
        {
            "along_rows": lambda x: (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True),
            "all_together": lambda x: (x - x.mean()) / x.std(),
            "only_shifted": lambda x: x - x.mean(axis=0),
            "variance_taken": lambda x: (x - x.mean(axis=0)) / x.var(axis=0),
        },
        tolerance=1e-3,
    )
