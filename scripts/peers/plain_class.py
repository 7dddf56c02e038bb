"""The plainest scalar engine that is worth racing: four slots, and a tuple of local derivatives for each node.

It has what `scalars.Program` and `gpt.py` need and no more. It checks nothing, and a leaf that was
changed after its use gives a wrong gradient.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import autograd

from . import Problem
from .scalars import Program

autograd.collect_cycles_less_often()  # as glassgrad's contenders do


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


def moons(problem: Problem) -> Callable[[], float]:
    return Program(problem, Value).step
