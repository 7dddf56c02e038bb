"""This project, in the ways its users write a network."""

from __future__ import annotations

import itertools
import math
import time
import timeit
from collections.abc import Callable
from typing import Any

import numpy as np
from image_networks import resnet, vgg

import autograd
import nn
from autograd import Value
from autograd.backward import history

from . import Examples, Names, Problem
from .scalars import Program

autograd.collect_cycles_less_often()  # as scripts/README.md advises for training in scalars


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


def tensors(problem: Problem) -> Callable[[], float]:
    """The same network on Tensors."""
    X, y = problem.X, problem.y[:, None]
    modules: list[nn.Module] = []
    for weight, bias in problem.layers:
        linear = nn.Linear(weight.shape[1], weight.shape[0], dtype=weight.dtype)
        linear.load_state_dict({"weight": weight, "bias": bias})
        modules += [linear, nn.ReLU()]
    model = nn.Sequential(*modules[:-1])
    parameters = model.parameters()
    optimizer = nn.optim.SGD(parameters, lr=problem.learning_rate)

    def step() -> float:
        loss = (1 - y * model(X)).relu().mean() + problem.alpha * autograd.sum((p * p).sum() for p in parameters)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def graph(problem: Problem) -> tuple[object, int]:
    """The loss after the forward and backward pass, which holds the whole graph, and the number of its nodes."""
    loss = Program(problem, Value).loss()
    loss.backward()
    return loss, len(history(loss))


def chain(length: int) -> dict[str, float]:
    """The seconds for computing a chain of so many operations, differentiating it, and freeing it."""
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


def stepping(loss_of: Callable[..., Any], optimizer: nn.optim.Optimizer, compile: str) -> Callable[..., Any]:
    """A step of training; of it, `compile` is "nothing", the "loss" alone, the "step", or the "step in C"."""
    if compile == "loss":
        loss_of = autograd.compile(loss_of)

    def step(*data: Any) -> Any:
        loss = loss_of(*data)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    targets = {"step": "numpy", "step in C": "c"}
    return autograd.compile(step, target=targets[compile]) if compile in targets else step


def calls(times: int) -> dict[str, float]:
    """The seconds for compiling a function of three operations, for a call of it, and for a call of its printed program alone."""
    w, b = Value(2.0), Value(-1.0)

    def make() -> Callable[[float], Any]:
        return autograd.compile(lambda x: autograd.tanh(w * x + b))

    def shortest(work: Callable[[], object], times: int) -> float:
        return min(timeit.repeat(work, number=1, repeat=times))

    function = make()
    function(0.5)
    program: dict[str, Any] = {}
    exec(function.source, program)  # type: ignore[attr-defined]
    numbers = [np.asarray(x) for x in (w.data, b.data, 0.5)]
    return {
        "compile": shortest(lambda: make()(0.5), 9),
        "call": shortest(lambda: function(0.5), times),
        "program": shortest(lambda: program["forward"](*numbers), times),
    }


def compiled(problem: Problem, compile: str = "loss") -> Callable[[], float]:
    """Scalar code like that of `values`, its loss compiled."""
    X, y, alpha = problem.X, problem.y, problem.alpha
    model = initialised(problem)
    parameters = model.parameters()

    def loss_of(xs: Any, ys: Any) -> Any:
        hinge = sum((1 - y * model(x)).relu() for x, y in zip(xs, ys, strict=True)) / len(xs)
        return hinge + alpha * autograd.dot(parameters, parameters)

    step = stepping(loss_of, nn.optim.SGD(parameters, lr=problem.learning_rate), compile)
    return lambda: step(X, y).data  # type: ignore[no-any-return]


def whole(problem: Problem) -> Callable[[], float]:
    """The same, with the whole step compiled."""
    return compiled(problem, compile="step")


def in_c(problem: Problem) -> Callable[[], float]:
    """The same in C."""
    return compiled(problem, compile="step in C")


def vmapped(problem: Problem) -> Callable[[], float]:
    """The scalar network, vectorised over all points; the loss takes the Tensor of their scores."""
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


def names(problem: Names, compile: str = "loss") -> Callable[[], float]:
    """The GPT of `gpt.py`, its loss compiled."""
    model = problem.model()
    optimizer = nn.optim.Adam(model.parameters(), lr=problem.learning_rate, betas=problem.betas)
    step, turn = stepping(model.loss, optimizer, compile), problem.turns()
    return lambda: step(next(turn)[1]).data  # type: ignore[no-any-return]


def names_eager(problem: Names) -> Callable[[], float]:
    """The GPT of `gpt.py`, eager."""
    return names(problem, compile="nothing")


def names_whole(problem: Names) -> Callable[[], float]:
    """The GPT of `gpt.py`, with the whole step compiled."""
    return names(problem, compile="step")


def names_in_c(problem: Names) -> Callable[[], float]:
    """The same in C."""
    return names(problem, compile="step in C")


def mlp(*sizes: int) -> nn.Module:
    """Linear layers of these sizes, with ReLU between them."""
    layers = [(nn.Linear(ins, outs), nn.ReLU()) for ins, outs in itertools.pairwise(sizes)]
    return nn.Sequential(*itertools.chain(*layers))[:-1]  # type: ignore[no-any-return]


def cnn(side: int, first: int, second: int, hidden: int, classes: int) -> nn.Module:
    """Two convolutions with `first` and `second` channels, and two linear layers, for square images."""
    pixels = ((side - 2) // 2 - 2) // 2
    return nn.Sequential(
        nn.Conv2d(1, first, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(first, second, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(second * pixels**2, hidden), nn.ReLU(), nn.Linear(hidden, classes),
    )  # fmt: skip


class LSTM(nn.Module):
    """An LSTM that classifies a sequence by its last state."""

    def __init__(self, inputs: int, hidden: int, classes: int) -> None:
        self.lstm = nn.LSTM(inputs, hidden, batch_first=True)
        self.head = nn.Linear(hidden, classes)

    def forward(self, x: Any) -> Any:
        return self.head(self.lstm(x)[0][:, -1])


class Transformer(nn.Module):
    """A transformer layer that classifies a sequence by the mean over its places."""

    def __init__(self, width: int, heads: int, hidden: int, classes: int) -> None:
        self.layer = nn.TransformerEncoderLayer(width, heads, hidden, dropout=0.0, batch_first=True)
        self.head = nn.Linear(width, classes)

    def forward(self, x: Any) -> Any:
        return self.head(self.layer(x).mean(axis=1))


NETWORKS: dict[str, Callable[..., nn.Module]] = {
    "mlp": mlp, "cnn": cnn, "vgg": vgg, "resnet": resnet, "lstm": LSTM, "transformer": Transformer
}  # fmt: skip


def examples(problem: Examples, compile: str = "nothing") -> Callable[[], float]:
    """A network of layers, eager."""
    X, y = problem.X, problem.y
    network, sizes = problem.network
    model = NETWORKS[network](*sizes)
    model.load_state_dict(problem.weights)

    def loss_of(X: Any, y: Any) -> Any:
        return nn.functional.cross_entropy(model(X), y)

    optimizer = nn.optim.Adam(model.parameters(), lr=problem.learning_rate, betas=problem.betas)
    step = stepping(loss_of, optimizer, compile)
    return lambda: step(X, y).item()  # type: ignore[no-any-return]


def examples_compiled(problem: Examples) -> Callable[[], float]:
    """A network of layers, its loss compiled."""
    return examples(problem, compile="loss")


def examples_whole(problem: Examples) -> Callable[[], float]:
    """A network of layers, with the whole step compiled."""
    return examples(problem, compile="step")
