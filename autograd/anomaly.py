"""`detect_anomaly()`: finds the operation in which the first nan appeared."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from .core import Gradient, Node
from .errors import describe
from .recording import Observer, observe
from .texts import visible

__all__ = ["detect_anomaly", "line_of_user_code"]

HERE = os.path.dirname(os.path.dirname(__file__))
PACKAGES = (os.path.join(HERE, "autograd") + os.sep, os.path.join(HERE, "nn") + os.sep, contextlib.__file__)


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Inside, a nan in a forward or backward pass raises an error that names the operation and its line.

    It looks at every number and every line, so it is slow: it is for finding mistakes only.

    Raises:
        FloatingPointError: an operation, or its derivative, gave nan where its inputs had none.

    Example:
        >>> from autograd import Value
        >>> with detect_anomaly():
        ...     Value(-1.0).log()
        Traceback (most recent call last):
            ...
        FloatingPointError: log gave nan in line 2 of <doctest ...>, from the inputs -1.0.
    """
    with observe(_Detector()):
        yield


class _Detector(Observer):
    def __init__(self) -> None:
        self.lines: dict[int, str] = {}
        self.thread = threading.get_ident()

    def recorded(self, node: Node) -> None:
        if threading.get_ident() == self.thread:
            self.lines[node.time] = line_of_user_code()
            inputs = _plain(node.inputs)
            if _has_nan(node) and not any(map(_has_nan, inputs)):
                raise FloatingPointError(f"{_name(node)} gave nan {self.lines[node.time]}, from the inputs {_short(inputs)}.")

    def reached(self, node: Node, gradient: Gradient) -> None:
        if threading.get_ident() == self.thread and _has_nan(gradient):
            raise FloatingPointError(
                f"The gradients that meet in {describe(node)} add up to nan: infinities of opposite signs, or a nan passed to backward()."
            )

    def pulled_back(self, node: Node, gradients: Sequence[Any]) -> None:
        if threading.get_ident() == self.thread and any(map(_has_nan, gradients)):
            line = self.lines.get(node.time, "before detect_anomaly() began, so its line is not known")
            inputs = _short(_plain(node.inputs))
            raise FloatingPointError(f"The derivative of {_name(node)} is nan; it was computed {line}, from the inputs {inputs}.")


def line_of_user_code() -> str:
    """Where the program is, outside this library: "in line 3 of train.py"."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGES):
        frame = frame.f_back
    return f"in line {frame.f_lineno} of {visible(frame.f_code.co_filename)}"


def _name(node: Node) -> str:
    name = visible(node.primitive.name) if node.primitive else "?"
    return name if node.label is None else f"{name} ({node.label!r})"


def _plain(inputs: Sequence[Any] | None) -> list[Any]:
    return [x._datum if isinstance(x, Node) else x for x in inputs or ()]


def _has_nan(x: object) -> bool:
    x = np.asarray(x._datum if isinstance(x, Node) else x)
    return x.dtype.kind == "f" and bool(np.isnan(x).any())


def _short(inputs: Sequence[Any]) -> str:
    return ", ".join(repr(x) if isinstance(x, (int, float)) else f"an array of shape {np.shape(x)}" for x in inputs[:4]) + (
        ", …" if len(inputs) > 4 else ""
    )
