"""Of thousands of points a few are lifted, and the arrays stretched: the program is the same."""

import itertools
import random

import numpy as np
import pytest
from scalar_programs import flat, made, numbers, values

import autograd
from autograd import Value
from autograd.compiling import batches, lifted

BATCHES = [
    ("logistic_regression", {"n": 300}), ("mixture", {"n": 250}), ("mixture_in_the_plane", {"n": 230}), ("k_means", {"n": 220}),
    ("soft_k_means", {"n": 220}), ("kernel_regression", {"m": 210}), ("polynomial_fit", {"n": 400}), ("fourier_fit", {"n": 300}),
    ("black_scholes_of_many", {"n": 210}), ("micrograd_network", {"n": 210}), ("smoothing", {"n": 300}),
]  # fmt: skip


@pytest.fixture
def stretches(monkeypatch):
    """Lets batches of small graphs be looked for, and counts the graphs that are stretched."""
    found = []

    def counted(*args):
        roots = batches.stretched(*args)
        found.append(roots)
        return roots

    monkeypatch.setattr(lifted, "stretched", counted)
    monkeypatch.setattr(batches, "FEWEST_NODES", 100)
    return found


def run(f, args, parameters):
    for p in parameters:
        p.zero_grad()
    out = f(*args)
    out.backward()
    return [out.data, *[p.grad for p in parameters]]


def agree(f, args, parameters):
    compiled = autograd.compile(f)
    expected, found = run(f, args, parameters), run(compiled, args, parameters)
    scale = max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12 * scale)
    return compiled.source


@pytest.mark.parametrize(("name", "sizes"), BATCHES, ids=[name for name, _ in BATCHES])
def test_the_program_of_a_batch_is_that_of_all_its_points(name, sizes, stretches, monkeypatch):
    f, args, parameters = made(name, **sizes)
    source = agree(f, args, parameters)
    assert len(stretches) == (name != "smoothing")  # in which each point has a parameter of its own
    assert all(roots is not None for roots in stretches)
    monkeypatch.setattr(batches, "FEWEST_NODES", 10**9)
    whole = autograd.compile(f)
    whole(*args)
    assert source == whole.source


def test_points_that_are_not_all_alike_are_lifted_one_by_one(stretches):
    w = [Value(0.5), Value(-1.0)]
    xs = [0.01 * i for i in range(400)]

    def loss(xs, skipped, other):
        total = 0.0
        for i, x in enumerate(xs):
            if i != skipped:
                total += (w[0] * x + w[1]).tanh() * (other if i == 300 else 1.0)
        return total

    for skipped, other in ((250, 1.0), (0, 1.0), (399, 1.0), (-1, 3.0), (-1, 1.0)):
        agree(lambda xs: loss(xs, skipped, other), (xs,), w)  # noqa: B023


def test_points_that_read_each_other(stretches):
    w = Value(0.7)
    xs = [np.sin(i) for i in range(300)]
    agree(lambda xs: sum((w * a - b) ** 2 for a, b in itertools.pairwise(xs)), (xs,), [w])
    agree(lambda xs: sum((w * a - b) ** 2 for a, b in zip(xs, xs[::-1], strict=True)), (xs,), [w])
    agree(lambda xs: sum((w * x - xs[0]) ** 2 for x in xs), (xs,), [w])
    agree(lambda xs: sum((w * x - xs[150]) ** 2 for x in xs), (xs,), [w])
    agree(lambda xs: sum((w * x).exp() for x in xs[10:]) + (w * xs[3]).sin() + (w * xs[-1]).cos(), (xs,), [w])


def test_results_of_single_points(stretches):
    w = [Value(0.5), Value(2.0)]
    rows = np.random.default_rng(0).normal(size=(300, 2))

    def scores(rows):
        return [(w[0] * a + w[1] * b).tanh() for a, b in rows]

    f = autograd.compile(lambda rows: scores(rows))
    assert [v.data for v in f(rows)] == pytest.approx([v.data for v in scores(rows.tolist())])
    for picked in (0, 1, 150, -2, -1):
        agree(lambda rows: sum(scores(rows)) * scores(rows)[picked], (rows.tolist(),), w)  # noqa: B023


def test_two_batches_of_different_sizes(stretches):
    w = Value(0.5)
    agree(
        lambda xs, ys: sum((w * x).exp() for x in xs) * sum((w * y).sin() for y in ys), ([0.01 * i for i in range(300)], [0.1] * 250), [w]
    )
    assert not stretches
    agree(
        lambda xs, ys: sum((w * x).exp() for x in xs) * sum((w * y).sin() for y in ys), ([0.01 * i for i in range(300)], [0.1] * 300), [w]
    )


def test_moons_of_thousands_of_points_are_stretched(monkeypatch):
    rng = random.Random(0)
    layers = [(values(rng, m, k), values(rng, m)) for k, m in ((2, 8), (8, 1))]

    def loss(xs, ys):
        total = 0.0
        for x, y in zip(xs, ys, strict=True):
            for w, b in layers:
                x = [(sum(p * q for p, q in zip(row, x, strict=True)) + bias).relu() for row, bias in zip(w, b, strict=True)]
            total += (1 - y * x[0]).relu()
        return total / len(xs) + 0.01 * sum(p * p for w, b in layers for p in flat([w, b]))

    used = []
    monkeypatch.setattr(lifted, "stretched", lambda *args: used.append(batches.stretched(*args)) or used[-1])
    parameters = flat([[w, b] for w, b in layers])
    source = agree(loss, (numbers(rng, 1500, 2), [rng.choice([-1.0, 1.0]) for _ in range(1500)]), parameters)
    assert used[0] is not None
    assert source.count("@") == 5
    assert len(source.splitlines()) < 60
