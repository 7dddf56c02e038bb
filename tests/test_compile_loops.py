"""Claims about recurrences in compiled functions: they are loops, in short programs, and compute what the function computes."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_compile_random_programs import SETTINGS, agree

import autograd
from autograd import Value, vmap
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


SIMPLE = [
    lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / (1.0 + b * b), lambda a, b: autograd.tanh(a),
    lambda a, b: autograd.sin(a) * 0.5, lambda a, b: autograd.exp(-a * a),
]  # fmt: skip


def random_step(codes, state, x, constant, parameters):
    """The next state, and a number to collect, by a random program; all numbers stay small."""
    numbers = [*state, *x, constant, *parameters]
    for code in codes:
        code, kind = divmod(code, 12)
        code, i = divmod(code, len(numbers))
        code, j = divmod(code, len(numbers))
        a, b = numbers[i], numbers[j]
        if kind < 7:
            numbers.append(SIMPLE[kind](a, b))
        elif kind == 7:
            numbers.append(dot(parameters, (numbers * 3)[: len(parameters)]))
        elif kind == 8:
            numbers.append(autograd.relu(a))
        elif kind == 9:
            numbers.append(autograd.maximum(a, b * 0.9))
        elif kind == 10:
            numbers.append(autograd.where(a > b, a * b, autograd.sqrt(autograd.abs(a) + 0.1)))
        else:
            numbers.append(autograd.sigmoid(a) - state[j % len(state)])
    new = numbers[-len(state) :]
    return [autograd.tanh(v + 0.5 * s) for v, s in zip(new, reversed(state), strict=True)], numbers[len(numbers) // 2]


@settings(SETTINGS, max_examples=150)
@given(
    codes=st.lists(st.integers(0, 10**6), min_size=1, max_size=6),
    width=st.integers(1, 4), steps=st.sampled_from([0, 1, 2, 3, 7, 8, 9, 10, 11, 13]), batch=st.integers(1, 3),
    order=st.sampled_from(["sequences", "steps"]), sign=st.sampled_from([1.0, -1.0]), seed=st.integers(0, 99),
)  # fmt: skip
def test_random_recurrences_are_computed_as_eagerly(codes, width, steps, batch, order, sign, seed):
    rng = np.random.default_rng(seed)
    parameters = values_of(rng.normal(0, 0.5, 3))
    first = values_of(rng.normal(0, 0.5, width))
    constants = rng.normal(size=steps).tolist()

    rows = values_of(rng.normal(0, 0.5, 3))

    def function(data, targets, choices):
        state = [[*first] if i else [0.5] * width for i in range(batch)]
        total, collected = 0.0, [[] for _ in range(batch)]

        def step(i, t):
            nonlocal total
            x = [*data[i][t], autograd.take(rows, choices[t])]
            state[i], out = random_step(codes, state[i], x, constants[t], parameters)
            collected[i].append(out)
            total = total + sign * (out - targets[t]) ** 2

        if order == "sequences":
            for i in range(batch):
                for t in range(steps):
                    step(i, t)
        else:
            for t in range(steps):
                for i in range(batch):
                    step(i, t)
        one = parameters[0]  # makes Values of plain numbers
        return total * one, [[x * one for x in row] for row in state], [outs[-1] * outs[0] * one for outs in collected if outs]

    data = rng.normal(size=(batch, max(steps, 1), 2)).tolist()
    args = data, rng.normal(size=max(steps, 1)).tolist(), rng.integers(0, 3, max(steps, 1))
    agree_twice(function, args, [*parameters, *first, *rows])


def test_what_is_only_added_up_is_no_loop():
    w = values(3)
    compiled = autograd.compile(lambda xs: sum(autograd.tanh(dot(w, x)) for x in xs))
    agree(compiled, (normal(30, 3),), w)
    assert loops(compiled.source) == 0


def test_what_does_not_depend_on_the_state_is_computed_before_the_loop_and_gradients_of_weights_after_it():
    function, args, _ = rnn()
    compiled = autograd.compile(function)
    compiled(*args)
    body = compiled.source.partition("for t in range(200):\n")[2].partition("\n    t1")[0]
    assert body.count("@") == 1
    assert "xs" not in body
    backward = compiled.source.partition("for t in reversed(range(200)):\n")[2]
    assert "h[:200]" in backward.partition("\n    d_")[2]


def test_a_loop_of_single_numbers_runs_on_floats():
    function, args, _ = pendulum()
    compiled = autograd.compile(function)
    compiled(*args)
    assert "math.sin(" in compiled.source


@pytest.mark.parametrize(
    "step",
    [lambda a, x: a * autograd.exp(x), lambda a, x: a / (x * x - x), lambda a, x: a * autograd.log(x - 2), lambda a, x: (a * x) ** 9],
)
@pytest.mark.parametrize("x", [0.7, 1.0, 2.5, 1e200])
def test_where_floats_raise_an_error_the_program_gives_inf_or_nan_as_numpy_does(step, x):
    a = Value(3.0)

    def function(x):
        for _ in range(12):
            x = step(a, x)
        return x

    agree(autograd.compile(function), (x,), [a])


def test_a_program_whose_floats_raised_an_error_gives_the_right_numbers_from_then_on():
    a = Value(3.0)

    def function(x):
        for _ in range(12):
            x = autograd.exp(a * x) - 1.0
        return x

    compiled = autograd.compile(function)
    for x in (-0.5, 2.0, -0.5):
        agree(compiled, (x,), [a])


def test_a_branch_that_is_not_taken_has_no_part_in_the_gradient_of_a_recurrence():
    a = Value(0.5)

    def inside(x):
        for _ in range(12):
            x = autograd.where(x > 0, autograd.sqrt(x), a * x)
        return x

    def behind(x):
        y = x
        for _ in range(12):
            y = autograd.sqrt(a * y)
        return autograd.where(x > 0, y, a)

    for function in (inside, behind):
        for x in (-1.0, 0.0, 2.0):
            agree(autograd.compile(function), (x,), [a])


def test_a_gradient_taken_in_a_compiled_function_goes_through_its_recurrence():
    a, x = Value(0.5), 0.3

    def state(x):
        for _ in range(12):
            x = autograd.sin(a * x + 1.0)
        return x

    agree_twice(lambda x: autograd.grad(state)(x) ** 2, (x,), [a])


def test_vmap_of_a_recurrence_computes_all_examples():
    a = Value(0.5)

    def state(x):
        for _ in range(12):
            x = autograd.sin(a * x + 1.0)
        return x

    xs = np.linspace(-1.0, 1.0, 5)
    np.testing.assert_allclose(vmap(state)(xs).data, [state(x).data for x in xs], rtol=1e-12)


def test_a_parameter_may_be_called_as_a_loop_calls_its_time():
    t = Value(0.5)

    def function(x):
        for _ in range(12):
            x = autograd.sin(t * x + 1.0)
        return x

    agree(autograd.compile(function), (0.3,), [t])


def test_whole_numbers_that_choose_rows_may_differ_from_step_to_step():
    table, w = values(5, 3), values(3, 3, seed=1)

    def loss(tokens):
        h = [0.0] * 3
        for k in range(12):
            x = [autograd.take([row[i] for row in table], tokens[k]) for i in range(3)]
            h = [autograd.tanh(dot(row, h) + xi) for row, xi in zip(w, x, strict=True)]
        return dot(h, h)

    compiled = agree_twice(loss, (np.arange(12) ** 2 % 5,), leaves([table, w]))
    assert loops(compiled.source) == 2


def test_a_branch_behind_a_recurrence_that_is_not_taken_leaves_its_gradient_alone():
    w = values(3)

    def loss(xs):
        h, total = 0.0, 0.0
        for x in xs:
            h = autograd.tanh(w[0] * x + w[1] * h + w[2])
            total = total + autograd.where(h > 0, autograd.sqrt(h), 0.0)
        return total

    compiled = agree_twice(loss, (normal(12),), w)
    assert loops(compiled.source) == 2


def test_what_stops_the_gradient_stops_it_in_a_loop():
    w = values(3)

    def loss(xs):
        h = w[0] * 0.1
        for x in xs:
            h = autograd.tanh(w[0] * x + w[1] * h.detach() + w[2] * h)
        return h * h

    compiled = agree_twice(loss, (normal(12),), w)
    assert loops(compiled.source) == 2


def test_what_ties_in_a_loop_shares_its_gradient_as_eagerly():
    a = Value(1.0)

    def state(x):
        for _ in range(12):
            x = autograd.minimum(autograd.maximum(a * x, 0.5), 1.0)
        return x

    for x in (0.5, 1.0, 0.7):
        agree(autograd.compile(state), (x,), [a])


def test_a_frozen_parameter_gets_no_gradient_from_a_loop():
    w = values(2)
    w[0].requires_grad = False

    def loss(xs):
        h = 0.1
        for x in xs:
            h = autograd.tanh(w[0] * x + w[1] * h)
        return h

    agree_twice(loss, (normal(12),), w)


def test_whole_numbers_are_computed_with_in_a_loop():
    w = values(2)

    def loss(xs, x):
        for i in range(12):
            x = autograd.sin(w[0] * x + w[1] * xs[i] ** 2)
        return x

    agree(autograd.compile(loss), (np.arange(12), 3), w)
    agree(autograd.compile(loss), (np.arange(12) % 2 == 0, 3), w)


def test_a_result_of_one_step_alone_has_its_own_gradient():
    w = values(2)

    @autograd.compile
    def states(x):
        found = []
        for _ in range(12):
            x = autograd.sin(w[0] * x + w[1])
            found.append(x)
        return found

    for i in (0, 5, 11):
        for x in w:
            x.zero_grad()
        states(0.3)[i].backward()
        compiled = [x.grad for x in w]
        for x in w:
            x.zero_grad()
        states.function(0.3)[i].backward()
        np.testing.assert_allclose(compiled, [x.grad for x in w], rtol=1e-12)


def test_a_loop_computes_the_same_when_it_is_called_from_several_threads():
    function, args, _ = rnn(steps=20)
    compiled = autograd.compile(function)
    expected = compiled(*args).data
    with ThreadPoolExecutor(4) as pool:
        assert [x.data for x in pool.map(lambda _: compiled(*args), range(20))] == [expected] * 20
