"""PyTorch, eager, on the CPU."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import torch

from . import Examples, Problem


def initialised(problem: Problem) -> torch.nn.Module:
    """The network with the problem's weights."""
    modules: list[torch.nn.Module] = []
    for weight, bias in problem.layers:
        weight, bias = torch.from_numpy(weight), torch.from_numpy(bias)
        linear = torch.nn.Linear(weight.shape[1], weight.shape[0], dtype=weight.dtype)
        linear.load_state_dict({"weight": weight, "bias": bias})
        modules += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*modules[:-1])


def moons(problem: Problem) -> Callable[[], float]:
    X, y = torch.from_numpy(problem.X), torch.from_numpy(problem.y)[:, None]
    model = initialised(problem)
    parameters = list(model.parameters())
    optimizer = torch.optim.SGD(parameters, lr=problem.learning_rate)

    def step() -> float:
        loss = (1 - y * model(X)).relu().mean() + problem.alpha * torch.stack([(p * p).sum() for p in parameters]).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def mlp(*sizes: int) -> torch.nn.Module:
    layers = [(torch.nn.Linear(ins, outs), torch.nn.ReLU()) for ins, outs in itertools.pairwise(sizes)]
    return torch.nn.Sequential(*itertools.chain(*layers))[:-1]


def cnn(side: int, first: int, second: int, hidden: int, classes: int) -> torch.nn.Module:
    pixels = ((side - 2) // 2 - 2) // 2
    return torch.nn.Sequential(
        torch.nn.Conv2d(1, first, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(first, second, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        torch.nn.Flatten(), torch.nn.Linear(second * pixels**2, hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, classes),
    )  # fmt: skip


class LSTM(torch.nn.Module):
    """An LSTM that classifies a sequence by its last state."""

    def __init__(self, inputs: int, hidden: int, classes: int) -> None:
        super().__init__()
        self.lstm = torch.nn.LSTM(inputs, hidden, batch_first=True)
        self.head = torch.nn.Linear(hidden, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.lstm(x)[0][:, -1])


class Transformer(torch.nn.Module):
    """A transformer layer that classifies a sequence by the mean over its places."""

    def __init__(self, width: int, heads: int, hidden: int, classes: int) -> None:
        super().__init__()
        self.layer = torch.nn.TransformerEncoderLayer(width, heads, hidden, dropout=0.0, batch_first=True)
        self.head = torch.nn.Linear(width, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.layer(x).mean(dim=1))


NETWORKS = {"mlp": mlp, "cnn": cnn, "lstm": LSTM, "transformer": Transformer}


def examples(problem: Examples) -> Callable[[], float]:
    X, y = torch.from_numpy(problem.X), torch.from_numpy(problem.y)
    network, sizes = problem.network
    model = NETWORKS[network](*sizes)
    model.load_state_dict({name: torch.from_numpy(weight) for name, weight in problem.weights.items()})
    optimizer = torch.optim.Adam(model.parameters(), lr=problem.learning_rate, betas=problem.betas)

    def step() -> float:
        loss = torch.nn.functional.cross_entropy(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step
