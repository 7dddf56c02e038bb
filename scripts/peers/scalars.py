"""One program for two engines: a network of scalars as a user of micrograd writes it.

Every weighted sum is a Python `sum` of products; the engine's `Value` is the only difference.
"""

from __future__ import annotations

from typing import Any

from . import Problem


class Neuron:
    def __init__(self, Value: Any, weight: list[float], bias: float, nonlinear: bool) -> None:
        self.w = [Value(w) for w in weight]
        self.b = Value(bias)
        self.nonlinear = nonlinear

    def __call__(self, x: list[Any]) -> Any:
        total = sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b)
        return total.relu() if self.nonlinear else total


class Program:
    """The network and its loss, for the `Value` of any engine."""

    def __init__(self, problem: Problem, Value: Any) -> None:
        self.problem, self.Value = problem, Value
        self.X, self.y = problem.X.tolist(), problem.y.tolist()
        self.layers = [
            [Neuron(Value, w, b, layer is not problem.layers[-1]) for w, b in zip(layer[0].tolist(), layer[1].tolist(), strict=True)]
            for layer in problem.layers
        ]
        self.parameters = [p for layer in self.layers for neuron in layer for p in (*neuron.w, neuron.b)]

    def loss(self) -> Any:
        inputs = [[self.Value(x) for x in row] for row in self.X]
        losses = [(1 + -yi * self.score(x)).relu() for yi, x in zip(self.y, inputs, strict=True)]
        return sum(losses) * (1.0 / len(losses)) + self.problem.alpha * sum(p * p for p in self.parameters)

    def score(self, x: list[Any]) -> Any:
        for layer in self.layers:
            x = [neuron(x) for neuron in layer]
        return x[0]

    def step(self) -> float:
        loss = self.loss()
        for p in self.parameters:
            p.grad = 0.0
        loss.backward()
        for p in self.parameters:
            p.data -= self.problem.learning_rate * p.grad
        return loss.data
