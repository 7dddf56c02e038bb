"""Recurrences in C and JavaScript. The claims about them in NumPy hold in C, too: the tests are run again with that target."""

import functools

import numpy as np
import pytest
import test_compile_loops as recurrences
from hypothesis import given, settings
from hypothesis import strategies as st
from test_compile_loops_edges import *  # noqa: F403
from test_compile_loops_edges import RANDOM, random_recurrence
from test_compile_random_programs import SETTINGS, agree
from test_printing_languages import run_in

import autograd
import nn
from autograd import Tensor, Value
from autograd.compiling.printing import targets
from autograd.compiling.printing.building import compiler

# fmt: off
del test_random_recurrences_are_computed_as_eagerly  # noqa: F821 (fewer of them, below)
del test_a_loop_of_single_numbers_runs_on_floats  # noqa: F821 (in Python)
# fmt: on


@pytest.fixture(autouse=True)
def _in_c(monkeypatch, request):
    if "browser" not in request.fixturenames:
        if compiler() is None:
            pytest.skip("There is no C compiler here.")
        monkeypatch.setattr(autograd, "compile", functools.partial(autograd.compile, target="c"))


@settings(SETTINGS, max_examples=20)
@given(st.fixed_dictionaries(RANDOM))
def test_random_recurrences_in_c_are_computed_as_eagerly(drawn):
    recurrences.agree_twice(*random_recurrence(**drawn))


def loops(text):
    return text.count("\n    for (int t = ")


@pytest.mark.parametrize("make", recurrences.MOST_LINES)
def test_a_recurrence_is_a_loop_in_c_forward_and_backward(make):
    function, args, parameters = make()
    compiled = recurrences.agree_twice(function, args, parameters)
    text = compiled.source_for("c")
    assert loops(text) == (4 if make in (recurrences.two_layers, recurrences.encoder_and_decoder) else 2)
    assert max(map(len, text.splitlines())) <= 130


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 9, 10])
@pytest.mark.parametrize("make", [recurrences.kalman, recurrences.two_steps_back, recurrences.two_layers])
def test_short_recurrences_in_c_are_computed_right(make, steps):
    function, args, parameters = make(steps)
    compiled = autograd.compile(lambda *args: function(*args) + 0.0 * parameters[0])  # a Value, also after no steps
    agree(compiled, args, parameters)


def test_a_step_reads_the_states_and_writes_the_next_ones():
    gravity = Value(9.8, label="gravity")

    def pendulum(angle):
        speed = 0.0
        for _ in range(200):
            speed = speed - 0.01 * gravity * autograd.sin(angle)
            angle = angle + 0.01 * speed
        return angle

    compiled = autograd.compile(pendulum)
    compiled(0.5)
    in_c = compiled.source_for("c")
    assert (
        """
    for (int t = 0; t < 200; t++) {
        s[t + 1] = s[t] - t1 * sin(s2[t]);
        s2[t + 1] = s2[t] + 0.01 * s[t + 1];
    }
"""
        in in_c
    ), in_c
    assert "for (int t = 199; t >= 0; t--) {" in in_c
    in_javascript = compiled.source_for("javascript")
    assert "for (let t = 0; t < 200; t++) {" in in_javascript
    assert "for (let t = 199; t >= 0; t--) {" in in_javascript


@pytest.mark.parametrize("make", [recurrences.rnn, recurrences.lstm])
def test_the_length_of_a_program_in_c_does_not_depend_on_the_number_of_steps(make):
    lines = set()
    for steps in (20, 40):
        function, args, _ = make(steps=steps)
        compiled = autograd.compile(function)
        compiled(*args)
        lines.add(compiled.source_for("c").count("\n"))
    assert len(lines) == 1


def test_a_recurrence_of_single_precision_runs_in_c():
    w = Tensor(np.float32([0.5, -0.3]), "w")

    def loss(xs):
        h = 0.1
        for x in xs:
            h = autograd.tanh(w[0] * h + w[1] * x)
        return h

    agree(autograd.compile(loss), (np.linspace(-1, 1, 12, dtype=np.float32),), [w], rtol=1e-5)


def test_a_loop_that_is_wrong_at_its_first_call_falls_back_to_numpy_with_a_warning(monkeypatch):
    library = targets.library
    monkeypatch.setattr(targets, "library", lambda text: library(text.replace("for (int t = 0;", "for (int t = 1;")))
    function, args, _ = recurrences.kalman(12)
    with pytest.warns(RuntimeWarning, match="The C program of loss computed something else than the NumPy program at its first call"):
        result = autograd.compile(function)(*args)
    assert np.isclose(result.data, function(*args).data)


def test_wide_products_in_the_steps_of_a_recurrence_are_left_to_numpy_by_auto(monkeypatch):
    monkeypatch.setattr(targets, "WIDE", 3)
    for size, in_c in ((3, True), (4, False)):
        function, args, _ = recurrences.batch_at_each_step(12, size=size)
        compiled = autograd.compile(function, target="auto")
        compiled(*args)
        (program,) = compiled.programs.values()
        assert hasattr(program._variant.forward, "__self__") == in_c


@pytest.mark.parametrize(("kind", "dtype"), [(nn.RNN, np.float64), (nn.LSTM, np.float32), (nn.LSTM, np.float64), (nn.GRU, np.float64)])
def test_a_recurrent_network_is_a_loop_in_c_forward_and_backward(kind, dtype):
    model = kind(3, 4, rng=0).to(dtype=dtype)
    compiled = autograd.compile(lambda x: autograd.sum(model(x)[0] ** 2))
    rtol = 1e-12 if dtype is np.float64 else 1e-4
    for steps in (1, 9):
        agree(compiled, (np.random.default_rng(0).normal(size=(steps, 2, 3)).astype(dtype),), list(model.parameters()), rtol)
    text = compiled.source_for("c")
    assert loops(text) == 2
    assert text.count("double" if dtype is np.float32 else "float ") <= 1, text


@pytest.mark.parametrize("make", recurrences.MOST_LINES)
def test_a_recurrence_runs_in_javascript(make, browser):
    function, args, _ = make(steps=10)
    run_in(browser, function, [np.asarray(x) for x in args], [])


@settings(SETTINGS, max_examples=20)
@given(st.fixed_dictionaries(RANDOM))
def test_random_recurrences_run_in_javascript(browser, drawn):
    function, args, _ = random_recurrence(**drawn)
    run_in(browser, function, [np.asarray(x) for x in args], [])
