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


def vgg(*sizes: int) -> torch.nn.Module:
    *stages, classes = sizes
    layers: list[torch.nn.Module] = []
    ins = 3
    for outs in stages:
        layers += [*normalized(ins, outs), torch.nn.ReLU(), *normalized(outs, outs), torch.nn.ReLU(), torch.nn.MaxPool2d(2)]
        ins = outs
    pixels = (32 // 2 ** len(stages)) ** 2
    return torch.nn.Sequential(*layers, torch.nn.Flatten(), torch.nn.Linear(ins * pixels, classes))


def resnet(*sizes: int, blocks: int = 3) -> torch.nn.Module:
    *stages, classes = sizes
    layers: list[torch.nn.Module] = [*normalized(3, stages[0]), torch.nn.ReLU()]
    ins = stages[0]
    for outs in stages:
        for _ in range(blocks):
            layers.append(Residual(ins, outs))
            ins = outs
    return torch.nn.Sequential(*layers, torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(ins, classes))


class Residual(torch.nn.Module):
    """Two convolutions whose result is added to their input."""

    def __init__(self, ins: int, outs: int) -> None:
        super().__init__()
        stride = 1 if ins == outs else 2
        self.body = torch.nn.Sequential(*normalized(ins, outs, stride=stride), torch.nn.ReLU(), *normalized(outs, outs))
        self.shortcut = torch.nn.Identity() if ins == outs else torch.nn.Sequential(*normalized(ins, outs, kernel=1, stride=stride))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (self.body(x) + self.shortcut(x)).relu()


def normalized(ins: int, outs: int, kernel: int = 3, stride: int = 1) -> list[torch.nn.Module]:
    return [torch.nn.Conv2d(ins, outs, kernel, stride=stride, padding=kernel // 2, bias=False), torch.nn.BatchNorm2d(outs)]


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


NETWORKS = {"mlp": mlp, "cnn": cnn, "vgg": vgg, "resnet": resnet, "lstm": LSTM, "transformer": Transformer}


def examples(problem: Examples) -> Callable[[], float]:
    X, y = torch.from_numpy(problem.X), torch.from_numpy(problem.y)
    network, sizes = problem.network
    model = NETWORKS[network](*sizes)
    model.load_state_dict({name: torch.as_tensor(weight) for name, weight in problem.weights.items()})
    optimizer = torch.optim.Adam(model.parameters(), lr=problem.learning_rate, betas=problem.betas)

    def step() -> float:
        loss = torch.nn.functional.cross_entropy(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step
