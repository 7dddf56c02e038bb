"""Claims about recurrences at their edges, in random programs, and in whole steps of training: they are computed as eagerly."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_compile_loops import (
    agree_twice,
    batch_of_sequences,
    dot,
    kalman,
    loops,
    normal,
    pendulum,
    rnn,
    springs,
    two_layers,
    values,
    values_of,
)
from test_compile_random_programs import SETTINGS, agree

import autograd
from autograd import Value, vmap
from autograd.structures import leaves
from nn import optim

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


RANDOM = {
    "codes": st.lists(st.integers(0, 10**6), min_size=1, max_size=6),
    "width": st.integers(1, 4), "steps": st.sampled_from([0, 1, 2, 3, 7, 8, 9, 10, 11, 13]), "batch": st.integers(1, 3),
    "order": st.sampled_from(["sequences", "steps"]), "sign": st.sampled_from([1.0, -1.0]), "seed": st.integers(0, 99),
}  # fmt: skip


def random_recurrence(codes, width, steps, batch, order, sign, seed):
    """A function with a recurrence, its arguments, and its parameters."""
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
    return function, args, [*parameters, *first, *rows]


@settings(SETTINGS, max_examples=150)
@given(st.fixed_dictionaries(RANDOM))
def test_random_recurrences_are_computed_as_eagerly(drawn):
    agree_twice(*random_recurrence(**drawn))


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


@pytest.mark.parametrize("make", [rnn, pendulum, kalman, two_layers, batch_of_sequences, springs])
def test_a_whole_step_of_training_goes_through_a_recurrence(make):
    def train(compile):
        loss_of, args, parameters = make(steps=20)
        optimizer = optim.Adam(parameters, lr=0.01)

        def step(*args):
            loss = loss_of(*args)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return loss

        step = autograd.compile(step) if compile else step
        return [step(*args).data for _ in range(5)], [p.data for p in parameters], step

    losses, numbers, compiled = train(compile=True)
    expected = train(compile=False)
    np.testing.assert_allclose(losses, expected[0], rtol=1e-12)
    np.testing.assert_allclose(numbers, expected[1], rtol=1e-12)
    assert loops(compiled.source) == (4 if make is two_layers else 2)
    assert compiled.source.count("\n") < 170


def test_a_whole_step_whose_floats_raise_an_error_gives_inf_as_numpy_does():
    a = Value(3.0)
    optimizer = optim.SGD([a], lr=0.1)

    @autograd.compile
    def step(x):
        for _ in range(12):
            x = autograd.exp(a * x)
        optimizer.zero_grad()
        x.backward()
        optimizer.step()
        return x

    with pytest.warns(RuntimeWarning, match="diverges"):
        assert step(2.0).data == np.inf
    assert not np.isfinite(a.data)
