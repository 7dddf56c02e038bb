"""PyTorch, eager, on the CPU."""

from __future__ import annotations

from collections.abc import Callable

import torch

from . import Digits, Problem


def initialised(problem: Problem | Digits) -> torch.nn.Module:
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


def digits(problem: Digits) -> Callable[[], float]:
    X, y = torch.from_numpy(problem.X), torch.from_numpy(problem.y)
    model = initialised(problem)
    optimizer = torch.optim.Adam(model.parameters(), lr=problem.learning_rate, betas=problem.betas)

    def step() -> float:
        loss = torch.nn.functional.cross_entropy(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step
