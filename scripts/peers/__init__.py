"""The contenders of `scripts/benchmark.py`, one file for each library, all with the same task.

A contender is a function of a problem that sets everything up and returns `step`. A call of `step()`
does one whole step of training, written as the users of that library would write it, and returns the
loss from before the step.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import gpt


class Problem(NamedTuple):
    """A network, its data, and the settings of its training.

    Attributes:
        X: the points, an array of shape (n, 2).
        y: their classes -1 and 1, an array of floats of shape (n,).
        layers: for each layer its initial weight, of shape (outputs, inputs), and bias, of shape
            (outputs,). ReLU follows every layer but the last.
        learning_rate: that of plain gradient descent on all points at once.
        alpha: the loss is the mean of max(0, 1 - y × score), plus alpha times the sum of the
            squares of all weights and biases.
    """

    X: Any
    y: Any
    layers: list[tuple[Any, Any]]
    learning_rate: float = 0.05
    alpha: float = 1e-4


class Names(NamedTuple):
    """The GPT of `gpt.py`, and the names that Adam trains it on, one in each step.

    Attributes:
        tokens: the names as lists of whole numbers.
        characters: how many different tokens there are.
    """

    tokens: list[list[int]]
    characters: int
    seed: int = 0
    learning_rate: float = 0.01
    betas: tuple[float, float] = (0.85, 0.99)

    def model(self) -> gpt.GPT:
        """The untrained GPT."""
        import gpt  # here, since it imports this project, which not every peer needs

        return gpt.GPT(self.characters, random.Random(self.seed))

    def turns(self) -> Iterator[tuple[int, list[int]]]:
        """The number of each step, from 1, and its name."""
        return zip(itertools.count(1), itertools.cycle(self.tokens))


class Examples(NamedTuple):
    """A network of layers, and a batch of examples with classes, on which Adam trains it with cross entropy.

    Attributes:
        network: its name among the `NETWORKS` of a peer, and its sizes.
        X: the examples, an array of float32 whose first axis counts them.
        y: their classes, whole numbers from 0, of shape (n,).
        weights: its first weights, by the names that PyTorch gives them.
    """

    network: tuple[str, tuple[int, ...]]
    X: Any
    y: Any
    weights: dict[str, Any]
    learning_rate: float = 0.001
    betas: tuple[float, float] = (0.9, 0.999)


class Recurrence(NamedTuple):
    """A recurrence, whose parameters gradient descent fits.

    Attributes:
        X: what it is given, an array whose first axis counts the steps.
        parameters: what it starts from, arrays or numbers.
    """

    X: Any
    parameters: list[Any]
    learning_rate: float = 1e-4
