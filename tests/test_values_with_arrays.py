"""A Value with an array gives a Tensor, as a float with an array gives an array; and a number of NumPy's is a number."""

import operator

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value, grad, hessian, jacobian, value_and_grad

X, Y = np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 7.0])
OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]


@pytest.mark.parametrize("operation", OPERATORS)
def test_a_value_and_an_array_give_a_tensor(operation):
    for use, mirrored in ((operation, operation), (lambda a, b: operation(b, a), lambda a, b: operation(b, a))):
        v, t = Value(1.5), Tensor(1.5)
        mine, expected = use(v, X), mirrored(t, X)
        assert type(mine) is Tensor
        assert np.allclose(mine.data, expected.data)
        mine.sum().backward()
        expected.sum().backward()
        assert type(v.grad) is float
        assert np.isclose(v.grad, t.grad)


@pytest.mark.parametrize(
    "function",
    [
        lambda v: autograd.maximum(v, X), lambda v: np.minimum(X, v), lambda v: autograd.where(X > 1, v, 0.0),
        lambda v: autograd.clip(X, 0.0, v),
        lambda v: autograd.sum([v, X, 2 * v]), lambda v: autograd.dot([v, v], [X, Y]), lambda v: np.exp(v * X), lambda v: (v * X) @ Y,
        lambda v: autograd.max([v * X, Y]), lambda v: np.power(X, v), lambda v: v + (v * X) ** 2 / Y,
    ],
)  # fmt: skip
def test_functions_take_values_and_arrays_together(function):
    v, t = Value(1.5), Tensor(1.5)
    mine, expected = function(v), function(t)
    assert type(mine) is Tensor
    assert np.allclose(mine.data, expected.data)
    mine.sum().backward()
    expected.sum().backward()
    assert np.isclose(v.grad, t.grad)


def test_a_value_does_not_change_the_precision_of_an_array():
    assert (Value(2.0) * X.astype(np.float32)).dtype == np.float32
    assert (X.astype(np.float32) - Value(2.0)).dtype == np.float32


def test_a_float_parameter_is_fitted_to_arrays():
    def loss(w):
        return ((w * X - Y) ** 2).mean()

    gradient = grad(loss)(0.0)
    assert type(gradient) is float
    assert np.isclose(gradient, -2 * (X * Y).mean())
    assert np.isclose(hessian(loss)(0.0), 2 * (X * X).mean())
    value, at = value_and_grad(lambda p: ((p["w"] * X + p["b"] - Y) ** 2).mean())({"w": 0.0, "b": 1.0})
    assert np.isclose(value, ((1 - Y) ** 2).mean())
    assert np.isclose(at["w"], (2 * (1 - Y) * X).mean())
    assert np.isclose(at["b"], (2 * (1 - Y)).mean())
    assert np.allclose(jacobian(lambda w: w * X)(2.0), X)
    w = 0.0
    for _ in range(200):
        w = w - 0.05 * grad(loss)(w)
    assert type(w) is float
    assert np.isclose(w, (X @ Y) / (X @ X))


@pytest.mark.parametrize("start", [np.array(3.0), np.float64(3.0), np.float32(3.0), np.array(3.0, np.float32), 3.0, 3])
def test_descent_runs_from_every_kind_of_number(start):
    def f(x):
        return (x - 1.0) * (x - 1.0)

    assert np.shape(grad(f)(start)) == ()
    x = start
    for _ in range(100):
        x = x - 0.1 * grad(f)(x)
    assert np.isclose(x, 1.0)


def test_the_gradient_at_an_array_of_one_number_is_an_array():
    for f in (grad(lambda x: x * x), grad(grad(lambda x: x * x * x)), grad(lambda x: x + x), grad(lambda x: 3.0 * x), jacobian(np.tanh)):
        gradient = f(np.array(3.0))
        assert type(gradient) is np.ndarray
        assert gradient.shape == ()
        gradient[...] = 0.0  # it is the caller's


def test_what_a_value_cannot_be_combined_with_is_refused():
    v = Value(2.0)
    for product in (lambda: X @ v, lambda: v @ X):
        with pytest.raises(ValueError, match="a single number has no axis to multiply along; use \\* instead"):
            product()
    with pytest.raises(TypeError, match="not text"):
        v * np.array(["a"])
    with pytest.raises(TypeError, match="not complex numbers"):
        v * np.array([1j])
