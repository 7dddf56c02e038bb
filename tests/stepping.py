"""Steps of training, eager and compiled: the tests of compiled steps share this."""

import numpy as np
from optimizing import bumps

import autograd
import nn


def step_of(params, optimizer, loss=bumps):
    """A step of training as one function."""

    def step():
        total = loss(params)
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        return total

    return step


def both(make, steps=5):
    """The same steps, eager and compiled: `make` gives a step and the parameters; the losses, numbers and gradients must agree."""
    (eager, ps), (function, qs) = make(), make()
    step = autograd.compile(function)
    for i in range(steps):
        a, b = eager(), step()
        np.testing.assert_allclose(b.data, a.data, rtol=1e-12, atol=1e-12, err_msg=f"loss of step {i}")
        for p, q in zip(ps, qs, strict=True):
            np.testing.assert_allclose(q.data, p.data, rtol=1e-12, atol=1e-12)
            assert (p.grad is None) == (q.grad is None)
            if p.grad is not None:
                np.testing.assert_allclose(q.grad, p.grad, rtol=1e-12, atol=1e-12)
    return step


def values():
    return nn.MLP(2, [4, 1], rng=0)


def tensors():
    return nn.Sequential(nn.Linear(2, 5, rng=0, dtype=float), nn.Tanh(), nn.Linear(5, 1, rng=1, dtype=float))


def data(n=6):
    r = np.random.default_rng(3)
    return r.normal(size=(n, 2)), np.sign(r.normal(size=n))


X, Y = data()


def loss_of(model):
    if isinstance(model, nn.MLP):
        return nn.hinge_loss([model(x) for x in X.tolist()], Y.tolist())
    return ((model(X) - Y[:, None]) ** 2).mean()
