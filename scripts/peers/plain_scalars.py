"""The GPT of `gpt.py` with a plain scalar class, in the style of Karpathy's microgpt.

It runs the same `gpt.py` as glassgrad; only the names `Value`, `softmax` and `take` mean something else.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import gpt

from . import Names
from .plain_class import Value


def softmax(scores: list[Value]) -> list[Value]:
    top = max(score.data for score in scores)
    powers = [(score - top).exp() for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def names(problem: Names) -> Callable[[], float]:
    gpt.Value, gpt.softmax, gpt.take = Value, softmax, lambda rows, i: rows[i]  # type: ignore[assignment, misc]
    model = problem.model()
    parameters = model.parameters()
    m, v = [0.0] * len(parameters), [0.0] * len(parameters)
    beta1, beta2 = problem.betas
    turn = problem.turns()

    def step() -> float:
        t, tokens = next(turn)
        loss = model.loss(tokens)
        loss.backward()
        for i, p in enumerate(parameters):
            m[i] = beta1 * m[i] + (1 - beta1) * p.grad
            v[i] = beta2 * v[i] + (1 - beta2) * p.grad * p.grad
            p.data -= problem.learning_rate * m[i] / (1 - beta1**t) / (math.sqrt(v[i] / (1 - beta2**t)) + 1e-8)
            p.grad = 0.0
        return loss.data  # type: ignore[no-any-return]

    return step
