"""Layers of several inputs: `Add`, `Concatenate` and their siblings."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any, ClassVar

import autograd

from .base import Layer

__all__ = [
    "Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract", "add", "average", "concatenate", "maximum", "minimum",
    "multiply", "subtract",
]  # fmt: skip


class _Merge(Layer):
    """One function of two inputs, from the first to the last."""

    function: ClassVar[Callable[..., Any]]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def call(self, inputs: Any) -> Any:
        if not isinstance(inputs, (list, tuple)) or len(inputs) < 2:
            raise ValueError(f"{type(self).__name__} takes a list of at least two inputs: {type(self).__name__}()([a, b]).")
        return reduce(type(self).function, inputs)


class Add(_Merge):
    """`autograd.add`."""

    function = autograd.add


class Subtract(_Merge):
    """`autograd.subtract`."""

    function = autograd.subtract


class Multiply(_Merge):
    """`autograd.multiply`."""

    function = autograd.multiply


class Maximum(_Merge):
    """`autograd.maximum`."""

    function = autograd.maximum


class Minimum(_Merge):
    """`autograd.minimum`."""

    function = autograd.minimum


class Average(Add):
    """`autograd.add`, divided by the number of inputs."""

    def call(self, inputs: Any) -> Any:
        return super().call(inputs) / len(inputs)


class Concatenate(Layer):
    """`autograd.concatenate`."""

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs: Any) -> Any:
        return autograd.concatenate(list(inputs), axis=self.axis)


def add(inputs: Any, **kwargs: Any) -> Any:
    """`Add()(inputs)`."""
    return Add(**kwargs)(inputs)


def subtract(inputs: Any, **kwargs: Any) -> Any:
    """`Subtract()(inputs)`."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Any, **kwargs: Any) -> Any:
    """`Multiply()(inputs)`."""
    return Multiply(**kwargs)(inputs)


def maximum(inputs: Any, **kwargs: Any) -> Any:
    """`Maximum()(inputs)`."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Any, **kwargs: Any) -> Any:
    """`Minimum()(inputs)`."""
    return Minimum(**kwargs)(inputs)


def average(inputs: Any, **kwargs: Any) -> Any:
    """`Average()(inputs)`."""
    return Average(**kwargs)(inputs)


def concatenate(inputs: Any, axis: int = -1, **kwargs: Any) -> Any:
    """`Concatenate(axis)(inputs)`."""
    return Concatenate(axis, **kwargs)(inputs)
