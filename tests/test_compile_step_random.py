"""Whole steps of training, compiled against eager, for networks, optimizers and orders of calls drawn at random."""

import itertools

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from optimizing import OPTIMIZERS, SETTINGS

import autograd
import nn
from autograd import Tensor, Value
from nn import optim

BUDGET = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
METHODS = [(method, chosen) for method, chosen, _ in SETTINGS] + [(optim.Lion, {"lr": 0.01}), (optim.Adam, {"lr": 0.05, "eps": 1e-3})]
ACTIVATIONS = [lambda x: x.tanh(), lambda x: x.relu(), lambda x: x.sigmoid(), lambda x: x]


def test_each_optimizer_is_drawn():
    assert {method for method, _ in METHODS} >= {*OPTIMIZERS, optim.Lion}


class Scalars:
    """A network of Values, on lists."""

    def __init__(self, sizes, activation, r):
        self.activation = activation
        self.layers = [[[Value(x) for x in row] for row in r.normal(size=(m, n + 1))] for n, m in itertools.pairwise(sizes)]

    def parameters(self):
        return [w for layer in self.layers for row in layer for w in row]

    def __call__(self, xs):
        return sum(self.score(x) ** 2 for x in xs) / len(xs)

    def score(self, x):
        for layer in self.layers:
            x = [self.activation(autograd.dot(row[:-1], x) + row[-1]) for row in layer]
        return sum(x)


class Arrays:
    """A network of Tensors, on arrays."""

    def __init__(self, sizes, activation, r):
        self.activation = activation
        self.layers = [(Tensor(r.normal(size=(n, m))), Tensor(r.normal(size=m))) for n, m in itertools.pairwise(sizes)]

    def parameters(self):
        return [w for layer in self.layers for w in layer]

    def __call__(self, x):
        for weight, bias in self.layers:
            x = self.activation(x @ weight + bias)
        return (x.sum(axis=1) ** 2).mean()


@st.composite
def trainings(draw):
    """How to make a step: the same network, optimizers and order of calls each time."""
    kind = draw(st.sampled_from([Scalars, Arrays]))
    sizes = draw(st.lists(st.integers(1, 3), min_size=2, max_size=3))
    activation = draw(st.sampled_from(ACTIVATIONS))
    seed = draw(st.integers(0, 10**6))
    cut = draw(st.integers(0, 4))
    methods = [draw(st.sampled_from(METHODS)) for _ in range(1 if cut == 0 else 2)]
    clip = draw(st.sampled_from([None, None, "norm", "value"]))
    forget = draw(st.sampled_from(["before", "after", "model", "never", "zeros"]))
    scale = draw(st.sampled_from([None, 0.5]))

    def make():
        model = kind(sizes, activation, np.random.default_rng(seed))
        ps = model.parameters()
        groups = [ps] if cut == 0 or cut >= len(ps) else [ps[:cut], ps[cut:]]
        optimizers = [method(group, **chosen) for group, (method, chosen) in zip(groups, methods, strict=False)]

        def step(x):
            loss = model(x)
            if forget in ("before", "zeros"):
                for optimizer in optimizers:
                    optimizer.zero_grad(set_to_none=forget == "before")
            if forget == "model":
                for p in ps:
                    p.grad = None
            loss.backward(scale)
            if clip == "norm":
                nn.utils.clip_grad_norm_(ps, 0.5)
            if clip == "value":
                nn.utils.clip_grad_value_(ps[:2], 0.1)
            for optimizer in optimizers:
                optimizer.step()
            if forget == "after":
                for optimizer in optimizers:
                    optimizer.zero_grad()
            return loss

        return step, ps

    return make, kind, sizes[0], seed


@given(trainings())
@BUDGET
def test_five_steps_are_those_of_the_eager_run(training):
    make, kind, width, seed = training
    (eager, ps), (function, qs) = make(), make()
    step = autograd.compile(function)
    data = np.random.default_rng(seed + 1).normal(size=(5, 3, width))
    for batch in data:
        x = batch.tolist() if kind is Scalars else batch
        with np.errstate(all="ignore"):
            a = eager(x)
        b = step(x)
        close(b.data, a.data)
        for p, q in zip(ps, qs, strict=True):
            close(q.data, p.data)
            assert (p.grad is None) == (q.grad is None)
            if p.grad is not None:
                close(q.grad, p.grad)


def close(a, b):
    """Equal to rounding, relative to the largest number; the rounding of five steps."""
    a, b = np.asarray(a), np.asarray(b)
    finite = np.isfinite(b)
    np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12 * max(1.0, np.abs(b[finite]).max(initial=0.0)))
