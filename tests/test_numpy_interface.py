"""NumPy's own functions on nodes: recorded like ours, or refused, never computed on the side."""

import math

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value, grad, table

UFUNCS = [
    np.exp, np.expm1, np.log, np.log1p, np.sqrt, np.sin, np.cos, np.tan, np.tanh, np.absolute, np.fabs, np.sign, np.negative, np.positive,
    np.square, np.reciprocal, np.exp2, np.log2, np.log10,
]  # fmt: skip
KINDS = [(Value, Value), (Value, float), (np.float64, Value), (Tensor, Value), (np.asarray, Tensor), (Tensor, int)]
PAIRS = [np.add, np.subtract, np.multiply, np.divide, np.power, np.float_power, np.maximum, np.minimum]


def slope(f, x, step=1e-6):
    return (f(x + step) - f(x - step)) / (2 * step)


@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda ufunc: ufunc.__name__)
def test_ufuncs_of_one_number_are_recorded(ufunc):
    v, t = Value(0.7), Tensor(np.array([0.7, 1.2], np.float32))
    out = ufunc(v)
    assert type(out) is Value
    assert math.isclose(out.data, ufunc(0.7), rel_tol=1e-15)
    out.backward()
    assert math.isclose(v.grad, slope(ufunc, 0.7), rel_tol=1e-7, abs_tol=1e-9)
    assert type(ufunc(t)) is Tensor
    assert ufunc(t).dtype == np.float32


@pytest.mark.parametrize("ufunc", PAIRS, ids=lambda ufunc: ufunc.__name__)
@pytest.mark.parametrize(
    "kinds", [(Value, Value), (Value, float), (np.float64, Value), (Tensor, Value), (np.asarray, Tensor), (Tensor, int)]
)
def test_ufuncs_of_two_numbers_are_recorded(ufunc, kinds):
    a, b = kinds[0](2.5), kinds[1](3.0)
    out = ufunc(a, b)
    assert math.isclose(out.data, ufunc(2.5, 3.0))
    out.backward()
    for x, expected in ((a, slope(lambda x: ufunc(x, 3.0), 2.5)), (b, slope(lambda y: ufunc(2.5, y), 3.0))):
        assert not hasattr(x, "grad") or math.isclose(x.grad, expected, rel_tol=1e-7, abs_tol=1e-9)


def test_ufuncs_of_a_primitive_of_the_users_are_recorded_as_it():
    assert np.tanh(Value(1.0)).primitive is table["tanh"]
    assert np.matmul(np.ones((2, 2)), Tensor(np.ones(2))).primitive is table["matmul"]


FUNCTIONS = {
    "sum": (lambda x: np.sum(x), lambda x: np.sum(x, axis=0), lambda x: np.sum(x, 1, keepdims=True), lambda x: np.add.reduce(x)),
    "mean": (lambda x: np.mean(x), lambda x: np.mean(x, axis=(0, 1))),
    "max": (lambda x: np.max(x, axis=1), lambda x: np.amax(x), lambda x: np.maximum.reduce(x, axis=1, keepdims=True)),
    "min": (lambda x: np.min(x, axis=1), lambda x: np.amin(x), lambda x: np.minimum.reduce(x)),
    "matmul": (lambda x: np.dot(x, x.T), lambda x: np.dot(x, np.ones(3)), lambda x: np.dot(np.ones(2), x), lambda x: x @ x.T),
    "reshape": (lambda x: np.reshape(x, (3, 2)), lambda x: np.reshape(x, -1), lambda x: np.ravel(x)),
    "transpose": (lambda x: np.transpose(x), lambda x: np.transpose(x, (1, 0)), lambda x: np.transpose(x, axes=[1, 0])),
    "expand_dims": (lambda x: np.expand_dims(x, 1), lambda x: np.expand_dims(x, (0, 3))),
    "squeeze": (lambda x: np.squeeze(x[:1]), lambda x: np.squeeze(x[:1], axis=0)),
    "broadcast_to": (lambda x: np.broadcast_to(x, (2, 2, 3)),),
    "concatenate": (lambda x: np.concatenate([x, np.ones((1, 3))]), lambda x: np.concatenate((np.ones((2, 1)), x), axis=1)),
    "stack": (lambda x: np.stack([x, np.ones((2, 3))], axis=-1), lambda x: np.stack([np.ones((2, 3)), x])),
    "take": (lambda x: np.take(x, 4), lambda x: np.take(x, [1, 1, 0], axis=0)),
    "pad": (lambda x: np.pad(x, 1), lambda x: np.pad(x, ((1, 0), (0, 2)))),
    "clip": (
        lambda x: np.clip(x, 1, 4), lambda x: np.clip(x, None, 4), lambda x: np.clip(x, a_min=1, a_max=None),
        lambda x: np.clip(x, min=1, max=2),
    ),
    "where": (lambda x: np.where(np.ones((2, 3)) > 0, x, 0.0), lambda x: np.where(np.array([True, False, True]), 1.0, x)),
    "power": (lambda x: 2**x, lambda x: np.full((2, 3), 2.0) ** x, lambda x: x ** np.array([1, 2, 3])),
    "divide": (lambda x: np.ones(3) / (x + 1), lambda x: np.float64(2) / (x + 1)),
}  # fmt: skip
CALLS = [(name, i, call) for name, calls in FUNCTIONS.items() for i, call in enumerate(calls)]


@pytest.mark.parametrize(("name", "call"), [(name, call) for name, _, call in CALLS], ids=[f"{name}-{i}" for name, i, _ in CALLS])
def test_functions_are_recorded_and_differentiated(name, call):
    array = np.arange(6.0).reshape(2, 3) + 0.5
    x = Tensor(array)
    out = call(x)
    assert isinstance(out, Tensor)
    assert out.primitive is table[name]
    np.testing.assert_allclose(out.data, call(array), rtol=1e-15)
    assert autograd.check_gradients(call, array)


def test_questions_give_plain_answers():
    t = Tensor([1.0, np.nan, 3.0])
    assert np.array_equal(np.isnan(t), [False, True, False])
    assert np.array_equal(np.greater(t, Tensor([2.0, 2.0, 2.0])), [False, False, True])
    assert np.array_equal(np.isfinite(t), [True, False, True])
    assert np.argmax(Tensor([1.0, 3.0, 2.0])) == 1
    assert np.allclose(Tensor([1.0]), [1.0 + 1e-12])
    assert np.array_equal(Tensor([1.0]), Tensor([1.0]))
    assert type(np.zeros_like(t)) is type(np.ones_like(t)) is type(np.full_like(t, 2.0)) is np.ndarray
    assert np.array_equal(np.full_like(t, 2, dtype=int), [2, 2, 2])
    assert not np.isnan(Value(1.0))
    assert np.shape(t) == (3,)


def test_arrays_of_values_compute_with_values():
    values = np.array([Value(1.0), Value(2.0)])
    assert values.dtype == object
    total = np.sum(np.tanh(values * 2.0 + 1) ** 2 - np.abs(-values) / values[::-1])
    total.backward()
    expected = grad(lambda xs: autograd.sum((np.tanh(xs * 2.0 + 1) ** 2) - abs(-xs) / xs[::-1]))(np.array([1.0, 2.0]))
    np.testing.assert_allclose([v.grad for v in values], expected)
    product = np.array([[1.0, 2.0]]) @ values
    assert product[0].data == 5.0
    assert [v.data for v in autograd.multiply(Value(3.0), values)] == [3.0, 6.0]
    assert values.mean().data == 1.5


def test_a_scalar_of_numpys_beside_a_node_makes_a_node():
    for kind in (np.float64, np.float32, np.int64):
        for node in (Value(2.0), Tensor([2.0])):
            for out in (kind(3) * node, node * kind(3), kind(3) - node, kind(3) ** node, np.maximum(kind(3), node)):
                assert isinstance(out, type(node))
