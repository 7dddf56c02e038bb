"""Whole steps of training in C and JavaScript. All claims about compiled steps hold in C, too: the tests are run again with that target."""

import functools
import json

import numpy as np
import pytest
from optimizing import SETTINGS, parameters
from stepping import step_of
from test_compile_step import *  # noqa: F403
from test_compile_step_formulas import *  # noqa: F403
from test_compile_step_gradients import *  # noqa: F403
from test_compile_step_random import *  # noqa: F403

import autograd
from autograd import Tensor, Value
from autograd.compiling.printing import native, targets
from autograd.compiling.printing.building import compiler
from nn import optim

del test_half_precision_is_computed_in_single_and_rounded_as_in_a_step_of_a_compiled_loss  # noqa: F821 (C has no float16)
del test_batch_norm_and_dropout_are_in_the_step  # noqa: F821 (a bias before BatchNorm has rounding errors as its gradient; Adam's steps are of these)


@pytest.fixture(autouse=True)
def _in_c(monkeypatch):
    if compiler() is None:
        pytest.skip("There is no C compiler here.")
    monkeypatch.setattr(autograd, "compile", functools.partial(autograd.compile, target="c"))


def test_the_step_is_a_function_and_the_update_another():
    w = Tensor([2.0, 1.0, 0.5], "w")
    step = autograd.compile(step_of([w], optim.SGD([w], lr=0.1, momentum=0.9), loss=lambda ps: autograd.sum(ps[0] ** 2)))
    step()
    text = step.source_for("c")
    assert text.startswith("// step: step and update, in C.")
    update = """int update(double *restrict p, const double *restrict g, double *restrict v, const double *restrict lr,"""
    assert update in text.replace("\n    ", " ").replace("( ", "(").replace("\n)", ")"), text
    for line in ("        const double t1 = v[i] * *momentum + g[i];", "        const double t2 = p[i] - *lr * t1;", "        v[i] = t1;"):
        assert line in text.splitlines(), text
    (program,) = step.programs.values()
    assert isinstance(program._variant.forward.__self__, native.NativeStep)
    assert all(isinstance(call.__defaults__[0], native.NativeChange) for update in program.leaves.updates for call in update._calls)


def test_a_wrong_update_falls_back_to_numpy_with_a_warning(monkeypatch):
    library = targets.library
    monkeypatch.setattr(targets, "library", lambda text: library(text.replace("p[i] - ", "p[i] + ")))
    w, twin = [Tensor([1.0, 2.0])], [Tensor([1.0, 2.0])]
    step = autograd.compile(step_of(w, optim.SGD(w, lr=0.1), loss=lambda ps: autograd.sum(ps[0] ** 2)))
    plain = step_of(twin, optim.SGD(twin, lr=0.1), loss=lambda ps: autograd.sum(ps[0] ** 2))
    with pytest.warns(RuntimeWarning, match="The C program of step computed something else than the NumPy program at its first call"):
        step()
    step()
    plain()
    plain()
    assert w[0].data.tolist() == twin[0].data.tolist()


def test_a_wrong_step_falls_back_before_anything_is_changed(monkeypatch):
    library = targets.library
    monkeypatch.setattr(targets, "library", lambda text: library(text.replace("2.0 * ", "3.0 * ")))
    w = [Value(1.0)]
    step = autograd.compile(step_of(w, optim.SGD(w, lr=0.25), loss=lambda ps: ps[0] ** 2))
    with pytest.warns(RuntimeWarning, match="computed something else"):
        step()
    assert w[0].data == 0.5
    step()
    assert w[0].data == 0.25


def test_large_parameters_are_changed_in_numpy():
    w, twin = [Tensor(np.linspace(0, 1, 40_000))], [Tensor(np.linspace(0, 1, 40_000))]
    step = autograd.compile(step_of(w, optim.Adam(w, lr=0.1), loss=lambda ps: autograd.sum(ps[0] ** 2)))
    plain = step_of(twin, optim.Adam(twin, lr=0.1), loss=lambda ps: autograd.sum(ps[0] ** 2))
    for _ in range(3):
        step()
        plain()
    np.testing.assert_allclose(w[0].data, twin[0].data, rtol=1e-12)


def test_a_kept_gradient_is_not_written_to_by_later_steps():
    w = [Tensor([1.0, 2.0])]
    step = autograd.compile(step_of(w, optim.SGD(w, lr=0.1), loss=lambda ps: autograd.sum(ps[0] ** 2)))
    kept = []
    for _ in range(5):
        step()
        kept.append((w[0].grad, w[0].grad.copy()))
    assert all((g == copy).all() for g, copy in kept)


@pytest.mark.parametrize(("method", "settings", "end"), SETTINGS[:6])
def test_steps_in_javascript_are_those_in_numpy(browser, method, settings, end):
    w = parameters("Tensor")
    step = autograd.compile(step_of(w, method(w, **settings)))
    step()
    (program,) = step.programs.values()
    variant, update = program._variant, program.leaves.updates[0]
    data = [x.data for x in program.given]
    _, saved = variant.forward(*[data[i] for i in program._read])
    found = variant.backward(saved)
    found = [found] if program._is_single else found
    flat = [np.ravel(data[i]).tolist() if np.ndim(data[i]) else float(data[i]) for i in program._read]
    script = (
        step.source_for("javascript") + "return JSON.stringify(step(...inputs)[1].map(x => typeof x === 'number' ? x : Array.from(x)));"
    )
    answer = json.loads(browser.execute_script("return new Function('inputs', arguments[1])(arguments[0])", flat, script))
    for x, y in zip(answer, found, strict=True):
        np.testing.assert_allclose(np.reshape(x, np.shape(y)), y, rtol=1e-12)
    change = update.changes()[0]
    rng = np.random.default_rng(0)
    given = [rng.uniform(0.1, 1, x.shape) if np.shape(x.data) else 2.0 if x.label == "step" else float(x.data) for x in change.arguments]
    flat = [x.ravel().tolist() if np.ndim(x) else x for x in given]
    script = step.source_for("javascript") + f"{change.name}(...inputs); return JSON.stringify(inputs);"
    answer = json.loads(browser.execute_script("return new Function('inputs', arguments[1])(arguments[0])", flat, script))
    variant.variables[change.name](*given)
    for x, y in zip(answer, given, strict=True):
        np.testing.assert_allclose(np.reshape(x, np.shape(y)), y, rtol=1e-12)


def test_what_a_product_reads_is_changed_after_it():
    class Squared(optim.Optimizer):
        def __init__(self, params, lr=0.1):
            super().__init__(params, {"lr": lr})

        def memory(self, settings):
            return {"m": 0.5}

        def update(self, p, g, m, *, step, lr):
            p -= lr * (m.T @ m + g)
            m += p

    w, twin = [[Tensor(np.arange(9.0).reshape(3, 3) / 9)] for _ in range(2)]
    loss = lambda ps: autograd.sum(ps[0] ** 2)
    step, plain = autograd.compile(step_of(w, Squared(w), loss=loss)), step_of(twin, Squared(twin), loss=loss)
    for _ in range(3):
        step()
        plain()
    np.testing.assert_allclose(w[0].data, twin[0].data, rtol=1e-12)
