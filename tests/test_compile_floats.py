"""Programs of single numbers run on Python's floats."""

import math

import numpy as np
import pytest
from scalar_programs import made

import autograd
from autograd import Tensor, Value


def agree(f, args, values):
    compiled = autograd.compile(f)
    found = []
    for run in (f, compiled):
        for v in values:
            v.zero_grad()
        out = run(*args)
        out.backward()
        found.append([out.data, *[v.grad for v in values]])
    np.testing.assert_allclose(found[1], found[0], rtol=1e-12, atol=1e-14)
    return compiled


def test_a_program_of_single_numbers_is_written_with_math():
    f = agree(*made("black_scholes"))
    body = f.source.split("def forward")[1]
    assert "math.log(spot / strike)" in body
    assert "math.erf(" in body
    assert "np." not in body
    assert len(f.source.splitlines()) < 45


def test_numbers_of_lists_are_read_as_floats():
    w = [Value(2.0), Value(0.5), Value(-1.0)]
    f = agree(lambda x, y: (w[0] * x).tanh() + (w[1] * y[0] + w[2]).exp() * y[1] / w[0], (0.3, [0.7, 1.5]), w)
    assert "math.tanh(" in f.source
    assert "float(w[" in f.source


@pytest.mark.parametrize("numbers", [(0.0, 1.0), (1.0, 0.0), (-1.0, 2.0), (800.0, 1.0), (math.nan, 1.0)])
def test_where_floats_raise_an_error_numpys_inf_and_nan_remain(numbers):
    w = Value(1.0)

    def f(a, b):
        return (w * a).log() + 1 / (w * b) + (w * a).exp() + (w * a) ** 0.5

    compiled = autograd.compile(f)
    assert compiled(1.0, 1.0).data == pytest.approx(f(1.0, 1.0).data)
    for _ in range(2):
        results = []
        for run in (f, compiled):
            w.zero_grad()
            out = run(*numbers)
            out.backward()
            results.append([out.data, w.grad])
        np.testing.assert_allclose(results[1], results[0], rtol=1e-12)
    assert compiled(1.0, 1.0).data == pytest.approx(f(1.0, 1.0).data)


def test_programs_with_arrays_stay_numpys():
    w, t = Value(2.0), Tensor(np.arange(3.0))
    for f in (lambda: (t * w).sum() * w.exp(), lambda: t * w.exp()):
        compiled = autograd.compile(f)
        compiled()
        assert "math." not in compiled.source
    single = Tensor(np.float32(2.0))
    compiled = autograd.compile(lambda: single.exp() * single)
    assert compiled().dtype == np.float32
    assert "math." not in compiled.source


def test_choices_and_formulas_are_written_for_floats():
    w = [Value(0.5), Value(-2.0)]
    for a in (0.5, -0.5, 0.0):
        f = agree(lambda x: autograd.where(w[0] > x, w[0].relu(), w[1] * x) + w[1].sigmoid() + autograd.maximum(w[0], w[1] * x), (a,), w)
    assert "np." not in f.source.split("def forward")[1].split("return")[0]


def test_results_of_several_numbers_and_their_gradients():
    v = [Value(0.5), Value(2.0)]
    f = autograd.compile(lambda x: (v[0] * x, [v[1].sin() * v[0], v[0]]))
    a, (b, c) = f(3.0)
    (a * b + c).backward()
    expected = [v[0].grad, v[1].grad]
    for x in v:
        x.zero_grad()
    a, (b, c) = f.function(3.0)
    (a * b + c).backward()
    assert [v[0].grad, v[1].grad] == pytest.approx(expected, rel=1e-12)


def test_a_function_of_floats_in_a_return_alone_is_imported():
    f = autograd.compile(lambda x, y: [autograd.sin(x), y * 2.0])
    sine, double = f(0.5, 3.0)
    assert (sine.data, double.data) == (math.sin(0.5), 6.0)
