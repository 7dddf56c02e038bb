"""`norm`, `var` and `std`: NumPy's numbers, and a derivative everywhere."""

import math

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value, check_gradients, grad, hessian, norm, std, var, vmap

X = np.random.default_rng(0).normal(size=(3, 4))
SAME = np.full((2, 3), 0.1)
AXES = [None, 0, -1, (0, 1)]


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES)
def test_they_are_numpys(axis, keepdims):
    t = Tensor(X)
    for ours, numpys in (
        (norm(t, axis=axis, keepdims=keepdims), np.linalg.norm(X, axis=axis, keepdims=keepdims)),
        (t.norm(axis=axis, keepdims=keepdims), np.linalg.norm(X, axis=axis, keepdims=keepdims)),
        (np.linalg.norm(t, axis=axis, keepdims=keepdims), np.linalg.norm(X, axis=axis, keepdims=keepdims)),
        (var(t, axis, keepdims), np.var(X, axis=axis, keepdims=keepdims)), (t.var(axis, keepdims), np.var(X, axis=axis, keepdims=keepdims)),
        (np.var(t, axis=axis, keepdims=keepdims, ddof=1), np.var(X, axis=axis, keepdims=keepdims, ddof=1)),
        (np.std(t, axis, keepdims=keepdims, correction=1), np.std(X, axis=axis, keepdims=keepdims, ddof=1)),
        (t.std(axis, keepdims, 1), np.std(X, axis=axis, keepdims=keepdims, ddof=1)),
        (std(t, axis, keepdims, correction=1), np.std(X, axis=axis, keepdims=keepdims, ddof=1)),
    ):  # fmt: skip
        assert ours.shape == numpys.shape
        np.testing.assert_allclose(ours.data, numpys)
        np.testing.assert_allclose(std(X, axis, keepdims), np.std(X, axis=axis, keepdims=keepdims))


@pytest.mark.parametrize("order", [None, 1, 2, np.inf, -np.inf])
def test_norms_of_other_orders(order):
    np.testing.assert_allclose(norm(Tensor(X), order, axis=1).data, np.linalg.norm(X, order, axis=1))
    assert norm([Value(-3.0), 4.0], order).data == np.linalg.norm([-3.0, 4.0], order)
    assert check_gradients(lambda x: norm(x, order, axis=0).sum(), X)


def test_of_lists_of_values():
    v = [Value(1.0), Value(3.0)]
    assert (var(v).data, std(v).data, var(v, ddof=1).data) == (1.0, 1.0, 2.0)
    std(v).backward()
    assert [x.grad for x in v] == pytest.approx([-0.5, 0.5])
    assert norm([]) == 0.0


@pytest.mark.parametrize(
    "f", [norm, std, var, lambda x: norm(x, axis=-1).sum(), lambda x: std(x, -1, ddof=1).sum(), lambda x: var(x, 0).sum()]
)
def test_gradients_are_slopes(f):
    for call in (f, grad(lambda x: f(x) ** 3)):
        assert check_gradients(lambda x, call=call: autograd.sum(call(x) * X), X.copy(), step=1e-5, rtol=1e-4)
    np.testing.assert_allclose(autograd.compile(grad(f))(X).data, grad(f)(X))


@pytest.mark.parametrize(
    ("f", "x"), [(norm, np.zeros(3)), (norm, np.zeros((2, 3))), (std, SAME), (std, np.full(3, 1e300)), (std, np.full(7, -0.7))]
)
def test_at_0_the_gradient_is_0(f, x):
    t = Tensor(x)
    f(t).backward()
    compiled = autograd.compile(f)
    s = Tensor(x)
    compiled(s).backward()
    for found in (t.grad, s.grad, grad(f)(x), autograd.compile(grad(f))(x).data, vmap(grad(f))(x[None])[0]):
        assert np.array_equal(found, np.zeros(x.shape))
    assert not hessian(f)(x).any()
    values = [Value(float(number)) for number in x.ravel()]
    f(values).backward()
    assert not any(v.grad for v in values)


def test_one_row_at_0_spoils_no_other():
    x = np.array([[0.0, 0.0], [3.0, 4.0]])
    np.testing.assert_allclose(grad(lambda x: norm(x, axis=1).sum())(x), [[0.0, 0.0], [0.6, 0.8]])
    np.testing.assert_allclose(grad(lambda x: std(x, axis=1).sum())(x), [[0.0, 0.0], [-0.5, 0.5]])


def test_of_float16_they_are_what_float32_gives():
    x = np.array([300.0, 400.0], np.float16)
    for f, expected, first in ((norm, 500.0, [0.6, 0.8]), (std, 50.0, [-0.5, 0.5]), (var, 2500.0, [-50.0, 50.0])):
        t = Tensor(x)
        y = f(t)
        y.backward()
        assert y.dtype == t.grad.dtype == np.float16
        assert y.item() == expected
        np.testing.assert_allclose(t.grad, first, rtol=1e-3)


def test_nan_and_infinities_stay():
    assert math.isnan(norm(np.array([np.nan, 0.0])))
    assert norm(np.array([np.inf, 0.0])) == np.inf
    assert math.isnan(std(np.array([np.nan, 1.0])))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: norm(X, 2), "norm got ord=2 for 2 axes. It is of vectors"), (lambda: norm(X, 3, axis=0), "norm got ord=3 for 1 axes"),
        (lambda: std([1.0], ddof=1), "std with ddof=1 needs more than 1 numbers, and got 1"),
        (lambda: var(np.ones((2, 0)), axis=1), "var with ddof=0 needs more than 0 numbers, and got 0"),
        (lambda: std([]), r"std\(\) got an empty list"),
    ],
)  # fmt: skip
def test_what_they_refuse(call, message):
    with pytest.raises(ValueError, match=message):
        call()
