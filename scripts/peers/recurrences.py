"""Recurrences in this project's scalars, eager and compiled: a recurrent network, and a pendulum whose constants are fitted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd
import nn
from autograd import Value

from . import Recurrence

Loss = tuple[Callable[[Any], Any], list[Value]]


def network(problem: Recurrence) -> Loss:
    """h = tanh(W x + U h + b) at each step, and the sum of all squares."""
    w, u, b = ([[Value(x) for x in row] for row in array] for array in problem.parameters)

    def loss(xs: Any) -> Any:
        h: list[Any] = [0.0] * len(u)
        total: Any = 0.0
        for x in xs:
            h = [
                autograd.tanh(sum(p * v for p, v in zip(wi, x, strict=True)) + sum(p * v for p, v in zip(ui, h, strict=True)) + bi)
                for wi, ui, (bi,) in zip(w, u, b, strict=True)
            ]
            total = total + sum(v * v for v in h)
        return total

    return loss, [p for array in (w, u, b) for row in array for p in row]


def pendulum(problem: Recurrence) -> Loss:
    """A pendulum with friction, in small steps of time, and the squares of the distances from observed angles."""
    gravity, length, friction, first = parameters = [Value(float(x)) for x in problem.parameters]

    def loss(angles: Any) -> Any:
        angle: Any = first
        speed: Any = 0.0
        total: Any = 0.0
        for observed in angles:
            speed = speed + 0.01 * (-(gravity / length) * autograd.sin(angle) - friction * speed)
            angle = angle + 0.01 * speed
            total = total + (angle - observed) ** 2
        return total

    return loss, parameters


def trained(problem: Recurrence, make: Callable[[Recurrence], Loss], compile: str) -> Callable[[], float]:
    """A step of gradient descent on the loss that `make` makes; of it, `compile` is "nothing", the "loss" alone, or the "step in C"."""
    loss_of, parameters = make(problem)
    if compile == "loss":
        loss_of = autograd.compile(loss_of)
    optimizer = nn.optim.SGD(parameters, lr=problem.learning_rate)
    X = problem.X.tolist()

    def step(X: Any) -> Any:
        loss = loss_of(X)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    if compile == "step in C":
        step = autograd.compile(step, target="c")
    return lambda: step(X).data


def network_eager(problem: Recurrence) -> Callable[[], float]:
    return trained(problem, network, compile="nothing")


def network_compiled(problem: Recurrence) -> Callable[[], float]:
    return trained(problem, network, compile="loss")


def pendulum_eager(problem: Recurrence) -> Callable[[], float]:
    return trained(problem, pendulum, compile="nothing")


def pendulum_compiled(problem: Recurrence) -> Callable[[], float]:
    return trained(problem, pendulum, compile="loss")


def pendulum_in_c(problem: Recurrence) -> Callable[[], float]:
    return trained(problem, pendulum, compile="step in C")
