"""NumPy, with the forward and backward pass written by hand: the yardstick, since no library on NumPy can do less work."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from . import Examples, Names, Problem, Recurrence

Array = NDArray[np.floating]


def moons(problem: Problem) -> Callable[[], float]:
    X, y = problem.X, problem.y[:, None]
    (W1, b1), (W2, b2), (W3, b3) = [(weight.T.copy(), bias.copy()) for weight, bias in problem.layers]
    parameters = (W1, b1, W2, b2, W3, b3)
    alpha, n = problem.alpha, len(X)

    def step() -> float:
        a1 = np.maximum(X @ W1 + b1, 0.0)
        a2 = np.maximum(a1 @ W2 + b2, 0.0)
        margin = np.maximum(1.0 - y * (a2 @ W3 + b3), 0.0)
        loss = margin.sum() / n + alpha * sum(np.vdot(p, p) for p in parameters)

        g3 = (margin > 0) * y / -n
        g2 = (g3 @ W3.T) * (a2 > 0)
        g1 = (g2 @ W2.T) * (a1 > 0)
        gradients = (X.T @ g1, g1.sum(axis=0), a1.T @ g2, g2.sum(axis=0), a2.T @ g3, g3.sum(axis=0))
        for p, g in zip(parameters, gradients, strict=True):
            g += 2.0 * alpha * p
            g *= problem.learning_rate
            p -= g
        return float(loss)

    return step


def network(problem: Recurrence) -> Callable[[], float]:
    """A recurrent network: what does not need the state for all steps at once, before the loops and after them."""
    X = problem.X
    W, U, b = (array.copy() for array in problem.parameters)

    def step() -> float:
        h = np.zeros((len(X) + 1, len(U)))
        z = X @ W.T + b.T
        for t in range(len(X)):
            h[t + 1] = np.tanh(z[t] + U @ h[t])
        loss = np.vdot(h, h)

        slope, dz, dh = 1.0 - h * h, np.empty_like(z), np.zeros(len(U))
        for t in reversed(range(len(X))):
            dz[t] = (dh + 2.0 * h[t + 1]) * slope[t + 1]
            dh = dz[t] @ U
        for p, g in zip((W, U, b), (dz.T @ X, dz.T @ h[:-1], dz.sum(axis=0)[:, None]), strict=True):
            p -= problem.learning_rate * g
        return float(loss)

    return step


def names(problem: Names) -> Callable[[], float]:
    """The GPT of `gpt.py`: all positions and heads at once, with a causal mask."""
    model = problem.model()
    shapes = {name: (len(matrix), len(matrix[0])) for name, matrix in vars(model).items()}
    flat = np.array([number.data for number in model.parameters()])  # one array, so that Adam is one formula
    parts = np.split(flat, np.cumsum([rows * columns for rows, columns in shapes.values()])[:-1])
    wte, wpe, wq, wk, wv, wo, w1, w2, head = (part.reshape(shape) for part, shape in zip(parts, shapes.values(), strict=True))
    m, v = np.zeros_like(flat), np.zeros_like(flat)
    beta1, beta2 = problem.betas
    turn = problem.turns()

    def norm(x: Array) -> tuple[Array, Array]:
        scale = ((x * x).mean(axis=1, keepdims=True) + 1e-5) ** -0.5
        return x * scale, scale

    def norm_backward(g: Array, x: Array, scale: Array) -> Array:
        return scale * g - x * scale**3 * (g * x).mean(axis=1, keepdims=True)

    def heads(x: Array) -> Array:
        return x.reshape(len(x), 4, 4).transpose(1, 0, 2)

    def joined(x: Array) -> Array:
        return x.transpose(1, 0, 2).reshape(-1, 16)

    def softmax(x: Array) -> Array:
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)

    def step() -> float:
        t, tokens = next(turn)
        inputs, targets = np.array(tokens[:-1]), np.array(tokens[1:])
        n = len(inputs)
        rows = np.arange(n)

        x0 = wte[inputs] + wpe[:n]
        x1, s0 = norm(x0)
        h1, s1 = norm(x1)
        q, k, u = heads(h1 @ wq.T), heads(h1 @ wk.T), heads(h1 @ wv.T)
        a = softmax(np.where(rows[:, None] >= rows, q @ k.transpose(0, 2, 1) / 2.0, -np.inf))
        o = joined(a @ u)
        x2 = x1 + o @ wo.T
        h2, s2 = norm(x2)
        f = np.maximum(h2 @ w1.T, 0.0)
        x3 = x2 + f @ w2.T
        p = softmax(x3 @ head.T)
        loss = -np.log(p[rows, targets]).mean()

        p[rows, targets] -= 1.0
        p /= n
        g3 = p @ head
        gf = (g3 @ w2) * (f > 0)
        g2 = g3 + norm_backward(gf @ w1, x2, s2)
        go = heads(g2 @ wo)
        ga = go @ u.transpose(0, 2, 1)
        ga = a * (ga - (ga * a).sum(axis=-1, keepdims=True)) / 2.0
        gq, gk, gu = joined(ga @ k), joined(ga.transpose(0, 2, 1) @ q), joined(a.transpose(0, 2, 1) @ go)
        g1 = g2 + norm_backward(gq @ wq + gk @ wk + gu @ wv, x1, s1)
        g0 = norm_backward(g1, x0, s0)
        g_wte, g_wpe = np.zeros_like(wte), np.zeros_like(wpe)
        np.add.at(g_wte, inputs, g0)
        g_wpe[:n] = g0
        gradients = (g_wte, g_wpe, gq.T @ h1, gk.T @ h1, gu.T @ h1, g2.T @ o, gf.T @ h2, g3.T @ f, p.T @ x3)
        g = np.concatenate([x.ravel() for x in gradients])

        m[:] = beta1 * m + (1 - beta1) * g
        v[:] = beta2 * v + (1 - beta2) * g * g
        flat[:] -= problem.learning_rate / (1 - beta1**t) * m / (np.sqrt(v / (1 - beta2**t)) + 1e-8)
        return float(loss)

    return step


def mlp(problem: Examples) -> Callable[[], float]:
    """Three layers. Adam works in place, in arrays that are made once."""
    X, n = problem.X, len(problem.X)
    W1, b1, W2, b2, W3, b3 = [array.T.copy() for array in problem.weights.values()]
    moments = [(p, np.zeros_like(p), np.zeros_like(p), np.empty_like(p)) for p in (W1, b1, W2, b2, W3, b3)]
    right = (np.arange(n), problem.y)
    beta1, beta2 = problem.betas
    t = 0

    def step() -> float:
        nonlocal t
        t += 1
        a1 = np.maximum(X @ W1 + b1, 0.0)
        a2 = np.maximum(a1 @ W2 + b2, 0.0)
        scores = a2 @ W3 + b3
        scores -= scores.max(axis=1, keepdims=True)
        p = np.exp(scores)
        total = p.sum(axis=1, keepdims=True)
        loss = (np.log(total[:, 0]) - scores[right]).mean()

        p /= total
        p[right] -= 1.0
        p /= n
        g2 = (p @ W3.T) * (a2 > 0)
        g1 = (g2 @ W2.T) * (a1 > 0)
        gradients = (X.T @ g1, g1.sum(axis=0), a1.T @ g2, g2.sum(axis=0), a2.T @ p, p.sum(axis=0))

        for (w, m, v, root), g in zip(moments, gradients, strict=True):
            m *= beta1
            v *= beta2
            np.multiply(g, g, out=root)
            root *= 1 - beta2
            v += root
            g *= 1 - beta1
            m += g
            np.multiply(v, 1 / (1 - beta2**t), out=root)
            np.sqrt(root, out=root)
            root += 1e-8
            np.divide(m, root, out=g)
            g *= problem.learning_rate / (1 - beta1**t)
            w -= g
        return float(loss)

    return step
