"""Planes through the present parameters of a model.

A plane is over two of the parameters, over two directions, or along the path of an optimizer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd import Node
from autograd.texts import visible

from ..locating import owner
from ..module import Module
from ..randomness import Seed, generator

__all__ = ["Named", "Numbers", "Plane", "named_parameters", "plane_of", "steps_of"]

Array = NDArray[np.float64]
Named = Sequence[tuple[str, Node]]  # parameters with their names
Numbers = Sequence[Any]  # a number or an array for each parameter


class Plane(NamedTuple):
    """A plane in the space of the parameters.

    The point (a, b) has the parameters `centre + (a - a₀) first + (b - b₀) second`.

    Attributes:
        centre: the present parameters, as one vector.
        first, second: the two directions, as vectors of the same length.
        labels: what the axes are called.
        origin: (a₀, b₀), what the axes say at the centre.

    Example:
        >>> plane = Plane(np.array([1.0, 2.0]), np.array([1.0, 0.0]), np.array([0.0, 2.0]), ("a", "b"))
        >>> plane.at(3.0, 1.0)
        array([4., 4.])
        >>> plane.coordinates(np.array([[4.0, 4.0]])).round(6)
        array([[3., 1.]])
    """

    centre: Array
    first: Array
    second: Array
    labels: tuple[str, str]
    origin: tuple[float, float] = (0.0, 0.0)

    def at(self, a: float, b: float) -> Array:
        """The parameters at a point, as one vector."""
        return self.centre + (a - self.origin[0]) * self.first + (b - self.origin[1]) * self.second

    def coordinates(self, points: Array) -> Array:
        """For parameters, of shape (n, numbers), the points of the plane that are nearest to them, of shape (n, 2)."""
        directions = np.stack([self.first, self.second], axis=1)
        return np.asarray(np.linalg.lstsq(directions, (points - self.centre).T, rcond=None)[0].T + self.origin, dtype=float)


def named_parameters(model: Module | Sequence[Node]) -> Named:
    """The parameters of a module, or of a list, with their names.

    Raises:
        TypeError: it is neither a module nor a list of parameters.
        ValueError: it has fewer than two numbers, and so no plane.

    Example:
        >>> import nn
        >>> [title for title, _ in named_parameters(nn.Linear(2, 1))]
        ['weight', 'bias']
    """
    if isinstance(model, Module):
        named = list(model.named_parameters())
    elif isinstance(model, (list, tuple)):
        if other := [p for p in model if not (isinstance(p, Node) and p.is_leaf)]:
            raise TypeError(f"landscape takes a list of parameters, and in this one is a {_kind(other[0])}.")
        named = [(p.label or f"parameter {i}", p) for i, p in enumerate(model)]
    else:
        raise TypeError(f"landscape takes a module, or a list of parameters, not a {type(model).__name__}.")
    size = sum(p.size for _, p in named)
    if size < 2:
        raise ValueError(f"A landscape needs at least two numbers that are trained, and the {type(model).__name__} has {size}.")
    return named


def steps_of(path: Sequence[Any], model: Module | Sequence[Node], named: Named) -> Array:
    """The path of an optimizer as vectors of all parameters, of shape (steps, numbers).

    Args:
        path: for a module its state dicts, for a list of parameters lists of their numbers.
        model, named: the module or the list, and its parameters with their names.

    Raises:
        ValueError: the path is empty, does not fit the parameters, or has nan or infinity.

    Example:
        >>> import nn
        >>> model = nn.Linear(2, 1)
        >>> steps_of([model.state_dict()], model, named_parameters(model)).shape
        (1, 3)
    """
    if not len(path):
        raise ValueError("landscape got an empty path; leave it out, or give it the parameters of at least one step.")
    rows = []
    for i, step in enumerate(path):
        if isinstance(model, Module):
            missing = [title for title, _ in named if not isinstance(step, Mapping) or title not in step]
            if missing:
                raise ValueError(f"Step {i} of the path has no {visible(missing[0])}; for a module each step is a copy of state_dict().")
            step = [step[title] for title, _ in named]
        rows.append(_flat(step, named, f"step {i} of the path"))
    steps = np.stack(rows)
    if not np.isfinite(steps).all():
        raise ValueError("landscape got a path with nan or infinity; give it only the steps before that.")
    return steps


def plane_of(model: Module | Sequence[Node], named: Named, over: Sequence[Any] | None, steps: Array | None, rng: Seed) -> Plane:
    """The plane that `landscape` draws; see there.

    Args:
        model, named: the module or the list, and its parameters with their names.
        over: two parameters, or two directions; None for those of the path, or for random ones.
        steps: the path as vectors; None if there is none.
        rng: a seed or a NumPy generator for random directions.

    Raises:
        ValueError: `over` does not fit, or does not have two different directions; or the path does not move.

    Example:
        >>> import nn
        >>> model = nn.Linear(1, 1)
        >>> plane_of(model, named_parameters(model), (model.weight, model.bias), None, None).labels
        ('weight', 'bias')
    """
    centre = _flat([p for _, p in named], named, "parameters")
    if over is not None:
        if len(over) != 2:
            raise ValueError(f"A landscape is over two parameters or two directions, and over has {len(over)}.")
        if all(isinstance(x, Node) and x.size == 1 for x in over):
            return _over_two_parameters(centre, named, over)
        first, second = (_flat(direction, named, f"direction {i}") for i, direction in enumerate(over, start=1))
        labels = "direction 1", "direction 2"
    elif steps is not None:
        first, second, (share, other) = _principal_components(steps - centre)
        labels = f"principal component 1, {share:.0%} of the path", f"principal component 2, {other:.0%} of the path"
    else:
        random = generator(rng)
        first, second = (_normalized_by_filters(random.normal(size=centre.size), centre, model, named) for _ in range(2))
        labels = "random direction 1", "random direction 2"
        if not (first.any() and second.any()):
            raise ValueError(
                "Random directions leave parameters with one axis, such as biases, as they are, and there are no others that are not 0; "
                "give two parameters or two directions as over."
            )
    if np.linalg.matrix_rank(np.stack([first, second])) < 2:
        raise ValueError("A landscape needs two different directions, and one of these is 0 or a multiple of the other.")
    return Plane(centre, first, second, labels)


def _over_two_parameters(centre: Array, named: Named, over: Sequence[Node]) -> Plane:
    starts = np.cumsum([0, *(p.size for _, p in named)])
    chosen = [[i for i, (_, p) in enumerate(named) if p is x] for x in over]
    if not all(chosen):
        raise ValueError("A landscape over two parameters needs parameters of the model, and over has one that is not among them.")
    i, j = (found[0] for found in chosen)
    if i == j:
        raise ValueError("A landscape needs two different directions, and over has one parameter twice.")
    units = np.zeros((2, centre.size))
    units[0, starts[i]] = units[1, starts[j]] = 1.0
    return Plane(centre, units[0], units[1], (named[i][0], named[j][0]), (float(centre[starts[i]]), float(centre[starts[j]])))


def _principal_components(differences: Array) -> tuple[Array, Array, tuple[float, float]]:
    """The two directions, of length 1, in which vectors differ most from 0.

    With each comes its share of the squares.
    """
    padded = np.concatenate([differences, np.zeros((2, differences.shape[1]))])  # so that there are two directions
    _, sizes, directions = np.linalg.svd(padded, full_matrices=False)
    if sizes[0] == 0:
        raise ValueError("The path stays at the present parameters, so it has no direction; leave it out.")
    shares = sizes**2 / (sizes**2).sum()
    return directions[0], directions[1], (float(shares[0]), float(shares[1]))


def _normalized_by_filters(direction: Array, centre: Array, model: Module | Sequence[Node], named: Named) -> Array:
    """A direction with filters as long as the model's, and 0 for all that is in no filter."""
    modules = dict(model.named_modules()) if isinstance(model, Module) else {}
    filters: list[NDArray[np.int_]] = []  # their places in the vector
    neurons: dict[str, list[int]] = {}  # the same for neurons, whose weights are many parameters
    start = 0
    for title, p in named:
        places = np.arange(start, start + p.size)
        if len(p.shape) > 1:
            filters += np.split(places, p.shape[0])
        elif not p.shape and modules:
            neuron = owner(title, modules)
            if "bias" not in title[len(neuron) :]:
                neurons.setdefault(neuron, []).append(start)
        start += p.size
    out = np.zeros_like(direction)
    for filter in [*filters, *map(np.array, neurons.values())]:
        out[filter] = direction[filter] * (np.linalg.norm(centre[filter]) / np.linalg.norm(direction[filter]))
    return out


def _flat(numbers: Numbers, named: Named, what: str) -> Array:
    """Numbers for all parameters as one vector."""
    arrays = [np.asarray(x.data if isinstance(x, Node) else x, dtype=float) for x in numbers]
    shapes, wanted = [x.shape for x in arrays], [p.shape for _, p in named]
    if shapes != wanted:
        raise ValueError(f"landscape got {what} with the shapes {_listed(shapes)}, and the parameters have {_listed(wanted)}.")
    return np.concatenate([x.ravel() for x in arrays])


def _listed(shapes: Sequence[tuple[int, ...]]) -> str:
    return ", ".join(map(str, shapes[:4])) + (", …" if len(shapes) > 4 else "")


def _kind(x: object) -> str:
    return "node that was computed" if isinstance(x, Node) else type(x).__name__
