"""Claims about recurrences in compiled functions: they are loops, in short programs, and compute what the function computes."""

import math

import numpy as np
import pytest
from test_compile_random_programs import agree

import autograd
from autograd import Value
from autograd.structures import leaves


def values(*shape, scale=0.5, seed=0):
    """Nested lists of Values."""
    numbers = np.random.default_rng([seed, *shape]).normal(0, scale, shape)
    return [values_of(row) for row in numbers]


def values_of(row):
    return Value(float(row)) if np.ndim(row) == 0 else [values_of(x) for x in row]


def normal(*shape):
    return np.random.default_rng(1).normal(size=shape).tolist()


def other(x):
    """Other numbers in the same structure; whole numbers stay in their range."""
    if isinstance(x, (list, tuple)):
        return type(x)(map(other, x))
    return x[::-1].copy() if isinstance(x, np.ndarray) else 0.9 * x + 0.05


def agree_twice(function, args, parameters):
    """Compile a function and compare it with itself, for the arguments that it was compiled with, and for others."""
    compiled = autograd.compile(function)
    agree(compiled, args, parameters)
    agree(compiled, other(args), parameters)
    return compiled


def dot(w, x):
    return sum(a * b for a, b in zip(w, x, strict=True))


def cell(weights, x, h):
    return [autograd.tanh(dot(u, x) + dot(w, h) + b) for u, w, b in zip(*weights, strict=True)]


def rnn(steps=200, size=8):
    weights = values(size, 5, scale=0.3), values(size, size, scale=0.3, seed=1), values(size)

    def loss(xs):
        h, total = [0.0] * size, 0.0
        for x in xs:
            h = cell(weights, x, h)
            total = total + dot(h, h)
        return total

    return loss, (normal(steps, 5),), leaves(weights)


def lstm(steps=200, size=6):
    weights = [values(size, size + 4, seed=i) for i in range(4)]

    def loss(xs):
        h, c = [0.0] * size, [0.0] * size
        for x in xs:
            z = [*h, *x, 1.0]
            i, f, o = ([autograd.sigmoid(dot(row, z)) for row in w] for w in weights[:3])
            g = [autograd.tanh(dot(row, z)) for row in weights[3]]
            c = [fk * ck + ik * gk for fk, ck, ik, gk in zip(f, c, i, g, strict=True)]
            h = [ok * autograd.tanh(ck) for ok, ck in zip(o, c, strict=True)]
        return dot(h, h)

    return loss, (normal(steps, 3),), leaves(weights)


def pendulum(steps=200):
    gravity, length, friction, start = Value(9.8), Value(1.0), Value(0.1), Value(0.5)

    def loss(target):
        angle, speed = start, 0.0
        for _ in range(steps):
            speed = speed + 0.01 * (-(gravity / length) * autograd.sin(angle) - friction * speed)
            angle = angle + 0.01 * speed
        return (angle - target) ** 2

    return loss, (0.3,), [gravity, length, friction, start]


def kalman(steps=60):
    q, r = Value(0.1), Value(0.5)

    def loss(observations):
        x, p, total = 0.0, 1.0, 0.0
        for z in observations:
            p = p + q
            s = p + r
            k, e = p / s, z - x
            total = total + autograd.log(s) + e * e / s
            x, p = x + k * e, (1 - k) * p
        return total / 2

    return loss, (normal(steps),), [q, r]


def newton(steps=20):
    a, c = Value(2.0), Value(0.5)

    def root(x):
        for _ in range(steps):
            x = x - (x * x * x - a * x - c) / (3 * x * x - a)
        return x

    return root, (3.0,), [a, c]


def neural_ode(steps=10, size=4):
    w, b = values(size, size), values(size)

    def loss(x):
        def slope(x):
            return [autograd.tanh(dot(row, x) + bi) for row, bi in zip(w, b, strict=True)]

        def moved(x, k, step):
            return [xi + step * ki for xi, ki in zip(x, k, strict=True)]

        for _ in range(steps):  # Runge and Kutta's method
            k1 = slope(x)
            k2 = slope(moved(x, k1, 0.05))
            k3 = slope(moved(x, k2, 0.05))
            k4 = slope(moved(x, k3, 0.1))
            x = [xi + 0.1 / 6 * (p + 2 * q + 2 * r + s) for xi, p, q, r, s in zip(x, k1, k2, k3, k4, strict=True)]
        return dot(x, x)

    return loss, (normal(size),), leaves([w, b])


def springs(steps=50, size=6):
    stiffness, mass = Value(2.0), Value(1.0)

    def loss(x):
        v = [0.0] * size
        for _ in range(steps):
            forces = [0.0] * size
            for i in range(size - 1):
                pull = stiffness * (x[i + 1] - x[i] - 1.0)
                forces[i], forces[i + 1] = forces[i] + pull, forces[i + 1] - pull
            v = [vi + 0.02 * f / mass for vi, f in zip(v, forces, strict=True)]
            x = [xi + 0.02 * vi for xi, vi in zip(x, v, strict=True)]
        return sum((xi - i) ** 2 for i, xi in enumerate(x))

    return loss, ([1.1 * i for i in range(size)],), [stiffness, mass]


def batch_of_sequences(steps=20, size=4):
    weights = values(size, 3), values(size, size, seed=1), values(size)

    def loss(batch):
        total = 0.0
        for xs in batch:
            h = [0.0] * size
            for x in xs:
                h = cell(weights, x, h)
            total = total + dot(h, h)
        return total

    return loss, (normal(6, steps, 3),), leaves(weights)


def batch_at_each_step(steps=20, size=4):
    weights = values(size, 3), values(size, size, seed=1), values(size)

    def loss(batch):
        hs = [[0.0] * size for _ in batch]
        for t in range(steps):
            hs = [cell(weights, xs[t], h) for xs, h in zip(batch, hs, strict=True)]
        return sum(dot(h, h) for h in hs)

    return loss, (normal(6, steps, 3),), leaves(weights)


def two_layers(steps=12, size=3):
    first = values(size, 2), values(size, size, seed=1), values(size)
    second = values(size, size, seed=2), values(size, size, seed=3), values(size, seed=4)

    def loss(xs):
        h, g, inner = [0.0] * size, [0.0] * size, []
        for x in xs:
            h = cell(first, x, h)
            inner.append(h)
        for x in inner:
            g = cell(second, x, g)
        return dot(g, g)

    return loss, (normal(steps, 2),), leaves([first, second])


def both_directions(steps=15, size=3):
    forwards, backwards = ((values(size, 2, seed=i), values(size, size, seed=i + 1), values(size, seed=i)) for i in (0, 2))

    def loss(xs):
        h, g, hs, gs = [0.0] * size, [0.0] * size, [], []
        for x in xs:
            h = cell(forwards, x, h)
            hs.append(h)
        for x in reversed(xs):
            g = cell(backwards, x, g)
            gs.append(g)
        return sum(dot(h, g) for h, g in zip(hs, reversed(gs), strict=True))

    return loss, (normal(steps, 2),), leaves([forwards, backwards])


def encoder_and_decoder(steps=12, size=3):
    encoder, decoder = ((values(size, 2, seed=i), values(size, size, seed=i + 1), values(size, seed=i)) for i in (0, 2))
    head = values(2, size)

    def loss(source, target):
        h, y, total = [0.0] * size, [0.0, 0.0], 0.0
        for x in source:
            h = cell(encoder, x, h)
        for wanted in target:
            h = cell(decoder, y, h)
            y = [dot(row, h) for row in head]
            total = total + sum((a - b) ** 2 for a, b in zip(y, wanted, strict=True))
        return total

    return loss, (normal(steps, 2), normal(steps, 2)), leaves([encoder, decoder, head])


def chain_of_springs(steps=50, size=20):
    loss, _, parameters = springs(steps, size)
    return loss, (normal(size),), parameters


def collected(steps=30):
    a, b = Value(0.5), Value(-0.3)
    factors = [math.sin(t) for t in range(steps)]

    def loss(targets):
        x, outputs = 0.4, []
        for factor in factors:
            x = a * x + b * factor * autograd.cos(x)
            outputs.append(x)
        return sum((x - y) ** 2 for x, y in zip(outputs, targets, strict=True)), outputs[-1], outputs[3]

    return loss, (normal(steps),), [a, b]


def two_steps_back(steps=40):
    a, b, c = Value(0.5), Value(-0.3), Value(0.1)

    def loss(noise):
        x, y, total = 0.1, 0.2, 0.0
        for e in noise:
            x, y = y, a * y + b * autograd.sin(x) + c * e
            total = total + y * y
        return total

    return loss, (normal(steps),), [a, b, c]


MOST_LINES = {
    rnn: 30, lstm: 70, pendulum: 35, kalman: 45, newton: 40, neural_ode: 50, springs: 110, batch_of_sequences: 30,
    batch_at_each_step: 30, two_layers: 45, both_directions: 50,
    encoder_and_decoder: 50, chain_of_springs: 75, collected: 50, two_steps_back: 45,
}  # fmt: skip


def loops(source):
    return source.count("\n    for t in ")


@pytest.mark.parametrize("make", MOST_LINES)
def test_a_recurrence_is_a_loop_forward_and_one_backward_in_few_lines(make):
    function, args, parameters = make()
    compiled = agree_twice(function, args, parameters)
    assert loops(compiled.source) == (4 if make in (two_layers, encoder_and_decoder) else 2)
    assert len([line for line in compiled.source.splitlines() if line.strip()]) <= MOST_LINES[make]


@pytest.mark.parametrize("make", [rnn, lstm, pendulum, kalman, newton, batch_of_sequences, two_layers, two_steps_back])
def test_the_length_of_a_program_does_not_depend_on_the_number_of_steps(make):
    lines = set()
    for steps in (20, 40):
        function, args, _ = make(steps=steps)
        compiled = autograd.compile(function)
        compiled(*args)
        lines.add(compiled.source.count("\n"))
    assert len(lines) == 1


@pytest.mark.parametrize("make", [rnn, lstm, kalman, two_layers, collected, two_steps_back])
@pytest.mark.parametrize("steps", [1, 2, 3, 7, 8, 9, 10])
def test_short_recurrences_are_computed_right(make, steps):
    function, args, parameters = make(max(steps, 4) if make is collected else steps)
    agree_twice(function, args, parameters)
