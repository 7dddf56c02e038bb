"""Functions and derivatives far out, where they are small: exact to their last digits, not to those of 1.

The expected numbers were computed with 60 digits (mpmath).
"""

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value, grad

# name, x, value, derivative; None where it is not in question
TAILS = [
    ("sigmoid", 40.0, None, 4.248354255291589e-18), ("sigmoid", -40.0, 4.248354255291589e-18, 4.248354255291589e-18),
    ("sigmoid", 700.0, None, 9.85967654375977e-305), ("sigmoid", 3.0, None, 0.04517665973091213),
    ("tanh", 20.0, None, 1.6993417021166355e-17), ("tanh", -20.0, None, 1.6993417021166355e-17), ("tanh", 5.0, None, 0.0001815832309438067),
    ("tanh", 300.0, None, 1.0601586212017243e-260), ("softplus", -40.0, 4.248354255291589e-18, 4.248354255291589e-18),
    ("silu", -40.0, -1.6993417021166355e-16, -1.6568581595637197e-16), ("expm1", -50.0, None, 1.9287498479639178e-22),
    ("gelu", -5.0, -1.4332578593959695e-06, -7.146946001792295e-06), ("gelu", -8.0, -4.976768459417427e-15, -3.979607261086796e-14),
    ("erfc", 5.0, 1.537459794428035e-12, -1.5670866531017336e-11), ("erf", 5.0, None, 1.5670866531017336e-11),
    ("elu", -40.0, None, 4.248354255291589e-18),
]  # fmt: skip


@pytest.mark.parametrize(("name", "x", "value", "derivative"), TAILS)
def test_of_values_and_tensors(name, x, value, derivative):
    f = autograd.table[name]
    v, t = Value(x), Tensor([0.1, x])
    f(v).backward()
    f(t).sum().backward()
    for found in (v.grad, t.grad[1], grad(f)(x), grad(lambda y: f(Tensor(np.array([1.0])) * y).sum())(x)):
        assert found == pytest.approx(derivative, rel=1e-9, abs=0)
    if value is not None:
        assert f(x) == pytest.approx(value, rel=1e-9, abs=0)
        assert f(t).data[1] == pytest.approx(value, rel=1e-9, abs=0)


@pytest.mark.parametrize(("name", "x", "value", "derivative"), [case for case in TAILS if case[3] is None or abs(case[3]) > 1e-30])
def test_of_float32(name, x, value, derivative):
    t = Tensor(np.array([0.1, x], np.float32))
    y = autograd.table[name](t)
    y.sum().backward()
    assert t.grad.dtype == np.float32
    assert t.grad[1] == pytest.approx(derivative, rel=1e-4, abs=0)
    assert value is None or y.data[1] == pytest.approx(value, rel=1e-4, abs=0)


@pytest.mark.parametrize(("name", "x", "second"), [("sigmoid", 40.0, -4.248354255291589e-18), ("tanh", 20.0, -3.398683404233271e-17)])
def test_second_derivatives(name, x, second):
    f = autograd.table[name]
    assert grad(grad(f))(x) == pytest.approx(second, rel=1e-9, abs=0)
    assert grad(grad(f))(-x) == pytest.approx(-second, rel=1e-9, abs=0)


@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
def test_where_the_tail_begins_nothing_jumps(name):
    x = np.linspace(-4, 4, 4001)
    t = Tensor(x)
    autograd.table[name](t).sum().backward()
    y = autograd.table[name](x)
    np.testing.assert_allclose(t.grad, y * (1 - y) if name == "sigmoid" else 1 - y * y, rtol=1e-12)


def test_a_compiled_program_has_the_textbooks_form():
    f = autograd.compile(lambda t: (autograd.tanh(t) + autograd.sigmoid(t)).sum())
    f(Tensor([1.0, 2.0]))
    assert "(1 - h1 * h1)" in f.source or "(1 - h1**2)" in f.source
    assert "(1 - h2)" in f.source


@pytest.mark.parametrize("kind", [lambda x: [Value(x)], lambda x: Tensor([x]), lambda x: Tensor(np.array([x], np.float32))])
@pytest.mark.parametrize("pos_weight", [None, 3.0])
def test_a_binary_answer_that_is_surely_right_has_its_small_loss(kind, pos_weight):
    for x, t, weight in ((40.0, 1.0, pos_weight or 1.0), (-40.0, 0.0, 1.0)):
        score = kind(x)
        loss = nn.binary_cross_entropy_with_logits(score, [t], pos_weight=pos_weight)
        loss.backward()
        gradient = score[0].grad if isinstance(score, list) else score.grad[0]
        assert loss.item() == pytest.approx(weight * 4.248354255291589e-18, rel=1e-5, abs=0)
        assert gradient == pytest.approx((1 - 2 * t) * weight * 4.248354255291589e-18, rel=1e-5, abs=0)
