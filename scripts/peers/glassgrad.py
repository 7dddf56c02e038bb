"""This project, in the ways its users write a network."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
import nn
from autograd import Tensor, Value
from autograd.backward import history

from . import Digits, Names, Problem
from .scalars import Program


def by_hand(problem: Problem) -> Callable[[], float]:
    """Values, with sums of products written by hand."""
    return Program(problem, Value).step


def initialised(problem: Problem) -> nn.MLP:
    """The scalar network with the problem's weights."""
    model = nn.MLP(2, [len(bias) for _, bias in problem.layers])
    for layer, (weight, bias) in zip(model.layers, problem.layers, strict=True):
        for neuron, w, b in zip(layer.neurons, weight, bias, strict=True):
            for p, start in zip((*neuron.weight, neuron.bias), (*w, b), strict=True):
                p.data = start
    return model


def values(problem: Problem) -> Callable[[], float]:
    """Values in an `nn.MLP`."""
    X, y = problem.X.tolist(), problem.y.tolist()
    model = initialised(problem)
    parameters = model.parameters()
    optimizer = nn.optim.SGD(parameters, lr=problem.learning_rate)

    def step() -> float:
        scores = [model(x) for x in X]
        loss = nn.hinge_loss(scores, y) + problem.alpha * autograd.dot(parameters, parameters)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.data

    return step


def layers_of(problem: Problem | Digits) -> nn.Sequential:
    """The network on Tensors with the problem's weights."""
    modules: list[nn.Module] = []
    for weight, bias in problem.layers:
        linear = nn.Linear(weight.shape[1], weight.shape[0], dtype=weight.dtype)
        linear.load_state_dict({"weight": weight, "bias": bias})
        modules += [linear, nn.ReLU()]
    return nn.Sequential(*modules[:-1])


def tensors(problem: Problem) -> Callable[[], float]:
    """The same network on Tensors."""
    X, y = problem.X, problem.y[:, None]
    model = layers_of(problem)
    parameters = list(model.parameters())
    optimizer = nn.optim.SGD(parameters, lr=problem.learning_rate)

    def step() -> float:
        loss = (1 - y * model(X)).relu().mean() + problem.alpha * autograd.stack([(p * p).sum() for p in parameters]).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def graph(problem: Problem) -> tuple[object, int]:
    """The loss after forward and backward, which holds the whole graph, and the graph's number of nodes."""
    loss = Program(problem, Value).loss()
    loss.backward()
    return loss, len(history(loss))


def chain(length: int) -> dict[str, float]:
    """The seconds that a chain of so many operations takes to compute, to differentiate, and to be freed."""
    x = Value(1.0)
    y = x
    start = time.perf_counter()
    for _ in range(length // 2):
        y = y * 1.000001 + 0.5
    computed = time.perf_counter()
    y.backward()
    differentiated = time.perf_counter()
    del y
    freed = time.perf_counter()
    if not math.isclose(x.grad, 1.000001 ** (length // 2), rel_tol=1e-9):
        raise ArithmeticError(f"The derivative through a chain of {length} operations is wrong: {x.grad}.")
    return {"forward": computed - start, "backward": differentiated - computed, "destruction": freed - differentiated}


def compiled(problem: Problem) -> Callable[[], float]:
    """Scalar code like that of `values`, compiled."""
    X, y = problem.X, problem.y
    model = initialised(problem)
    parameters = model.parameters()
    optimizer = nn.optim.SGD(parameters, lr=problem.learning_rate)

    @autograd.compile
    def loss_of(xs: Any, ys: Any) -> Any:
        hinge = sum((1 - y * model(x)).relu() for x, y in zip(xs, ys, strict=True)) / len(xs)
        return hinge + problem.alpha * autograd.dot(parameters, parameters)

    def step() -> float:
        loss = loss_of(X, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.data  # type: ignore[no-any-return]

    return step


def vmapped(problem: Problem) -> Callable[[], float]:
    """The scalar network, for all points at once; the loss is on the Tensor of their scores."""
    X, y = problem.X, problem.y
    model = initialised(problem)
    parameters = model.parameters()
    scores_of = autograd.vmap(model)
    optimizer = nn.optim.SGD(parameters, lr=problem.learning_rate)

    def step() -> float:
        loss = nn.hinge_loss(scores_of(X), y) + problem.alpha * autograd.dot(parameters, parameters)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.data.item()  # type: ignore[no-any-return]

    return step


def names(problem: Names, compile: bool = True) -> Callable[[], float]:
    """The GPT of `gpt.py`, compiled."""
    model = problem.model()
    loss_of = autograd.compile(model.loss) if compile else model.loss
    optimizer = nn.optim.Adam(model.parameters(), lr=problem.learning_rate, betas=problem.betas)
    turn = problem.turns()

    def step() -> float:
        loss = loss_of(next(turn)[1])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.data  # type: ignore[no-any-return]

    return step


def names_eager(problem: Names) -> Callable[[], float]:
    """The same, as it is."""
    return names(problem, compile=False)


def digits(problem: Digits, compile: bool = True) -> Callable[[], float]:
    """A network of Tensors, compiled."""
    X, right = problem.X, np.eye(len(problem.layers[-1][1]), dtype=problem.X.dtype)[problem.y]
    layers = [(Tensor(weight.T), Tensor(bias)) for weight, bias in problem.layers]

    def loss_of(X: Any, right: Any) -> Any:
        h = X
        for weight, bias in layers[:-1]:
            h = (h @ weight + bias).relu()
        weight, bias = layers[-1]
        return -(autograd.log_softmax(h @ weight + bias) * right).sum() / len(X)

    if compile:
        loss_of = autograd.compile(loss_of)
    optimizer = nn.optim.Adam(itertools.chain(*layers), lr=problem.learning_rate, betas=problem.betas)

    def step() -> float:
        loss = loss_of(X, right)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def digits_eager(problem: Digits) -> Callable[[], float]:
    """The same, as it is."""
    return digits(problem, compile=False)
