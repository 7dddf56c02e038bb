"""HIPS autograd: NumPy's functions, differentiated. Its import name is ours, so it needs an environment of its own."""

from __future__ import annotations

from collections.abc import Callable

import autograd.numpy as np

from autograd import value_and_grad

from . import Problem


def moons(problem: Problem) -> Callable[[], float]:
    X, y = problem.X, problem.y[:, None]
    layers = [(weight.T.copy(), bias.copy()) for weight, bias in problem.layers]

    def loss(layers):
        h = X
        for weight, bias in layers[:-1]:
            h = np.maximum(h @ weight + bias, 0.0)
        weight, bias = layers[-1]
        scores = h @ weight + bias
        return np.mean(np.maximum(1 - y * scores, 0.0)) + problem.alpha * sum(np.sum(p * p) for layer in layers for p in layer)

    with_gradients = value_and_grad(loss)

    def step() -> float:
        nonlocal layers
        value, gradients = with_gradients(layers)
        layers = [
            tuple(p - problem.learning_rate * g for p, g in zip(layer, grads, strict=True))
            for layer, grads in zip(layers, gradients, strict=True)
        ]
        return float(value)

    return step
