"""`check_gradients`: the derivatives of a function compared with finite differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .arrays import plain
from .core import Node
from .modes import no_grad
from .structures import leaves, rebuild
from .transforms import vjp

__all__ = ["check_gradients"]


def check_gradients(f: Callable[..., Any], *inputs: Any, step: float = 1e-6, rtol: float = 1e-5, atol: float = 1e-7) -> bool:
    """Compare the gradient of `f` at `inputs` with central differences.

    Args:
        f: a function of Values or Tensors that returns one, or a structure of them.
        inputs: where to check: numbers, float arrays, nodes, and structures of them.
        step: by how much each number is changed, up and down; for numbers above 1, relative to their size.
        rtol, atol: the tolerances, as in `numpy.isclose`.

    Returns:
        True.

    Raises:
        AssertionError: they differ; the message says at which input and by how much.

    Example:
        >>> check_gradients(lambda x, y: (x * y).tanh(), 0.5, 2.0)
        True
    """
    numbers = [np.array(x._datum if isinstance(x, Node) else x, dtype=float) for x in leaves(list(inputs))]
    scalars = [not isinstance(x._datum if isinstance(x, Node) else x, np.ndarray) for x in leaves(list(inputs))]

    def call(arrays: list[Any]) -> tuple[Any, Callable[..., Any]]:
        plain = [float(a) if is_scalar else a for a, is_scalar in zip(arrays, scalars, strict=True)]
        return vjp(f, *rebuild(list(inputs), iter(plain)))

    def weighted(out: object) -> float:
        """A single number from all results: their sum with weights."""
        return float(sum(np.sum(np.asarray(plain(o)) * w) for o, w in zip(leaves(out), weights, strict=True)))

    out, pull = call(numbers)
    single = sum(np.size(plain(o)) for o in leaves(out)) == 1
    random = np.random.default_rng(0)  # random weights, so that no symmetry of the function cancels errors
    weights = [np.ones(np.shape(plain(o))) if single else random.uniform(0.5, 1.5, np.shape(plain(o))) for o in leaves(out)]
    cotangents = [float(w) if isinstance(plain(o), float) else w for o, w in zip(leaves(out), weights, strict=True)]
    gradients = leaves(list(pull(rebuild(out, iter(cotangents)))))
    for i, (x, gradient) in enumerate(zip(numbers, gradients, strict=True)):
        for place in np.ndindex(x.shape):
            centre = x[place]
            h = step * max(1.0, abs(float(centre)))
            sides = []
            for nudged in (centre + h, centre - h):
                x[place] = nudged
                with no_grad():
                    sides.append(weighted(call(numbers)[0]))
            x[place] = centre
            numeric = (sides[0] - sides[1]) / (2 * h)
            analytic = float(np.asarray(plain(gradient))[place])
            if not np.isclose(analytic, numeric, rtol=rtol, atol=atol, equal_nan=True):
                of = "" if single else " of a weighted sum of the results"
                where = f"input {i}" + (f" at {place}" if place else "")
                raise AssertionError(
                    f"The gradient{of} with respect to {where} is {analytic:.9g}, and nudging it by ±{h:.0e} gives {numeric:.9g}."
                )
    return True
