"""The table of derivatives as a page: each entry with its formula, its derivative, a plot of both, and how exact the derivative is."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from autograd import Node, Primitive, Tensor, Value, latex, sum, table
from nn.plot.colours import TRAINING, VALIDATION

__all__ = ["difference", "page"]

LETTERS = "xyzuvw"
LONGEST = 90  # letters of a typeset derivative in the table
STEP, TINY = 1e-6, 1e-30  # of a finite difference, and of a complex step
INTRODUCTION = """\
---
html_theme.sidebar_secondary.remove: true
---

# The table of derivatives

This page is made from the entries in `autograd/primitives`, which are all that the library knows of derivatives. Here $g$ is the
gradient of the result $r$, and the fourth column says what gradient each input gets: $g$ times the derivative. The pictures have
the function in blue and its derivative in orange; where there are several inputs, by $x$, with the others held still. Two gradients
with *or* between them are on the two sides of a condition, as that of a ReLU is for positive and for negative numbers.

The last column is the **gradient check**, which ran when this book was built: the largest difference between the gradients of the
entry and those found by nudging its inputs, on sample calls with random numbers, relative to gradients above 1. Where a function
works on complex numbers, the nudge is imaginary: $f'(x) \\approx \\operatorname{Im} f(x + ih) / h$ loses no digits, and the
difference is of rounding alone (about $10^{-16}$). For the others it is $(f(x + h) - f(x - h)) / 2h$, which itself has only about
9 right digits.
"""
ARRAYS = """
## Functions of arrays

Arrays that are rearranged, summed, multiplied and convolved, and the steps of recurrent networks. The rule of an entry is in its
source; where it is a short formula, it stands here.

| name | what it does | function | gradients of the inputs | check |
|---|---|---|---|---|
"""
NUMBERS = """
## Functions of numbers

They work entry by entry on arrays.

| name | | function | gradients of the inputs | check |
|---|---|---|---|---|
"""


def page() -> tuple[str, dict[str, bytes]]:
    """The text of the page, and its pictures by the names of their files."""
    rows: dict[bool, list[str]] = {True: [], False: []}
    pictures = {}
    for name, entry in list(table.items()):
        of_numbers = entry.elementwise and entry.scalar is not None and not callable(entry.vjp)
        if of_numbers:
            pictures[f"derivative-{name}.svg"] = plotted(entry)
            first = f"![{name} and its derivative](pictures/derivative-{name}.svg){{width=140px}}"
        else:
            first = (entry.__doc__ or "").strip().partition("\n")[0]
        function, gradients = formulas(entry, of_numbers)
        rows[of_numbers].append(f"| `{name}` | {first} | {function} | {gradients} | {checked(entry)} |")
    return INTRODUCTION + NUMBERS + "\n".join(rows[True]) + "\n" + ARRAYS + "\n".join(rows[False]) + "\n", pictures


def formulas(entry: Primitive, of_numbers: bool) -> tuple[str, str]:
    """The formula of an entry, and the gradients of its inputs, typeset."""
    calls = [(inputs, {}) for inputs in _points(entry)] if of_numbers else samples(entry)[:1]
    several = [_traced(entry, inputs, static, Value if of_numbers else Tensor) for inputs, static in calls]
    if not entry.passes_on:
        return several[0][0], "none"
    gradients = zip(*(gradients for _, gradients in several), strict=True)
    return several[0][0], ", ".join(" or ".join(dict.fromkeys(each)) for each in gradients)


def _points(entry: Primitive) -> list[list[Any]]:
    """Inputs on the two sides of each condition that an entry may have."""
    low, high = entry.domain
    shares = [(0.6, 0.7, 0.8), (0.2, 0.7, 0.8), (0.7, 0.2, 0.8), (0.9, 0.4, 0.6)]
    no_rule = [isinstance(entry.vjp, tuple) and rule is None for rule in entry.vjp]
    return [
        [np.float64(k % 2 if condition else low + (high - low) * share) for condition, share in zip(no_rule, point, strict=False)]
        for k, point in enumerate(shares)
    ]


def _traced(entry: Primitive, numbers: Sequence[Any], static: dict[str, Any], kind: type[Node]) -> tuple[str, list[str]]:
    """The formula of a call, and those of its gradients."""
    inputs = [kind(x, label=letter) if x.dtype.kind == "f" else x for x, letter in zip(numbers, LETTERS, strict=False)]
    out = entry(*inputs, **static)
    if not isinstance(out, Node):
        return f"${re.sub('#([1-9])', lambda place: LETTERS[int(place[1]) - 1], str(entry.latex))}$", []
    g, result = kind(np.ones_like(out.data)[()], label="g"), kind(out.data, label="r")
    found = entry.gradients(g, result, inputs, [isinstance(x, kind) for x in inputs], static)
    return typeset(out), [typeset(x) if isinstance(x, kind) else "$0$" for x in found]


def typeset(node: Any) -> str:
    """A formula for a table of Markdown."""
    try:
        text = latex(node)
    except ValueError:  # nobody could read it
        return "…"
    text = text.replace(r"\left|", r"\lvert ").replace(r"\right|", r"\rvert ").replace("|", r"\vert ")
    return f"${text}$" if len(text) <= LONGEST else "…"


def plotted(entry: Primitive) -> bytes:
    """A picture of a function and its derivative by its first input."""
    low, high = entry.domain
    x = Tensor(np.linspace(low, high, 201)[1:-1])
    y = entry(x, *[low + (0.6 + 0.1 * i) * (high - low) for i in range(entry.arity - 1)])
    figure, axes = plt.subplots(figsize=(2.2, 1.5), layout="constrained")
    axes.axhline(0, color="grey", linewidth=0.5)
    axes.plot(x.data, np.asarray(getattr(y, "data", y)), color=TRAINING)
    if entry.passes_on:
        sum(y).backward()
        axes.plot(x.data, np.zeros(x.shape) if x.grad is None else x.grad, color=VALIDATION, linewidth=1)
    axes.tick_params(labelsize=6)
    file = io.BytesIO()
    figure.savefig(file, format="svg", transparent=False)
    plt.close(figure)
    return file.getvalue()


def checked(entry: Primitive) -> str:
    """How exact the gradients of an entry are, in words."""
    if not entry.passes_on:
        return "no derivative"
    worst = max(difference(entry, inputs, static) for inputs, static in samples(entry))
    return f"{worst:.0e}{', complex' if entry.analytic else ''}" if worst else "exact"


def difference(entry: Primitive, inputs: Sequence[Any], static: dict[str, Any]) -> float:
    """The largest difference between the gradients of a call and those found by nudging, relative to gradients above 1."""
    which = [i for i, x in enumerate(inputs) if x.dtype.kind == "f"]
    nodes = [Tensor(x) if i in which else x for i, x in enumerate(inputs)]
    out = entry(*nodes, **static)
    weights = np.linspace(0.5, 1.5, np.size(out.data)).reshape(out.shape)  # so that no symmetry cancels
    out.backward(weights)

    def total(*xs: Any) -> Any:
        return np.sum(entry.array(*xs, **static) * weights)

    worst = 0.0
    for i in which:
        expected = _slopes(total, list(inputs), i, entry.analytic)
        found = np.zeros(inputs[i].shape) if nodes[i].grad is None else nodes[i].grad
        worst = max(worst, float(np.max(np.abs(found - expected) / np.maximum(1, np.abs(expected)), initial=0.0)))
    return worst


def _slopes(total: Callable[..., Any], inputs: list[Any], i: int, analytic: bool) -> Any:
    """How a number changes with each entry of input `i`."""
    x = inputs[i]
    if analytic:
        inputs = [each.astype(complex) if each.dtype.kind == "f" else each for each in inputs]
    slopes = np.empty(x.shape)
    for place in np.ndindex(x.shape):
        sides = []
        for nudge in (TINY * 1j,) if analytic else (STEP, -STEP):
            nudged = np.array(inputs[i])
            nudged[place] += nudge
            sides.append(total(*inputs[:i], nudged, *inputs[i + 1 :]))
        slopes[place] = np.imag(sides[0]) / TINY if analytic else (sides[0] - sides[1]) / (2 * STEP)
    return slopes


def samples(entry: Primitive) -> list[tuple[list[Any], dict[str, Any]]]:
    """Sample calls of an entry: those of its cases; for a function of numbers, of arrays that broadcast."""
    random = np.random.default_rng(zlib.crc32(entry.name.encode()))
    calls = [(case.shapes, case.static) for case in entry.cases] or [([(2, 3), (3,), (2, 1)][: entry.arity], {})]
    return [([_drawn(entry, i, shape, random) for i, shape in enumerate(shapes)], static) for shapes, static in calls]


def _drawn(entry: Primitive, i: int, shape: tuple[int, ...], random: np.random.Generator) -> Any:
    """Random numbers for input `i`, of the kind that the entry takes."""
    if entry.name in ("cholesky", "eigh"):  # a symmetric matrix that is positive definite
        root = random.uniform(-1, 1, shape)
        return root @ np.swapaxes(root, -1, -2) + np.diag(np.arange(1.0, shape[-1] + 1))
    if entry.name in ("max_unpool", "max_pick") and i == 1:  # different numbers, whose order says which is taken
        return random.permutation(np.prod(shape)).reshape(shape)
    if entry.name == "select" and i == 0:
        return random.integers(2, size=shape)
    if isinstance(entry.vjp, tuple) and entry.vjp[i] is None:  # a condition, or which of two
        return random.uniform(size=shape) < 0.5
    return np.asarray(random.uniform(*entry.domain, shape))
