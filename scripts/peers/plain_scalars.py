"""A plain scalar autograd in the style of Karpathy's microgpt: slots, and the local derivatives stored as floats.

It runs the same `gpt.py` as we do; only the names `Value`, `softmax` and `take` mean something else.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import gpt

import autograd

from . import Names

autograd.collect_cycles_less_often()  # as our own contenders do


class Value:
    __slots__ = ("data", "grad", "inputs", "slopes")

    def __init__(self, data: float, inputs: tuple[Value, ...] = (), slopes: tuple[float, ...] = ()) -> None:
        self.data, self.grad, self.inputs, self.slopes = data, 0.0, inputs, slopes

    def __add__(self, other: Any) -> Value:
        if isinstance(other, Value):
            return Value(self.data + other.data, (self, other), (1.0, 1.0))
        return Value(self.data + other, (self,), (1.0,))

    def __mul__(self, other: Any) -> Value:
        if isinstance(other, Value):
            return Value(self.data * other.data, (self, other), (other.data, self.data))
        return Value(self.data * other, (self,), (other,))

    def __pow__(self, exponent: float) -> Value:
        return Value(self.data**exponent, (self,), (exponent * self.data ** (exponent - 1),))

    def __neg__(self) -> Value:
        return self * -1.0

    def __sub__(self, other: Any) -> Value:
        return self + -other

    def __truediv__(self, other: Any) -> Value:
        return self * other**-1

    __radd__, __rmul__ = __add__, __mul__

    def exp(self) -> Value:
        y = math.exp(self.data)
        return Value(y, (self,), (y,))

    def log(self) -> Value:
        return Value(math.log(self.data), (self,), (1 / self.data,))

    def relu(self) -> Value:
        return Value(max(0.0, self.data), (self,), (float(self.data > 0),))

    def backward(self) -> None:
        order, seen, todo = [], set(), [(self, False)]
        while todo:
            value, ready = todo.pop()
            if ready:
                order.append(value)
            elif value not in seen:
                seen.add(value)
                todo.append((value, True))
                todo.extend((x, False) for x in value.inputs)
        self.grad = 1.0
        for value in reversed(order):
            g = value.grad
            for x, slope in zip(value.inputs, value.slopes, strict=True):
                x.grad += slope * g


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
