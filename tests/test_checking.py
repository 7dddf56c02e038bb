"""`check_gradients`: right derivatives pass, wrong ones are told with their place."""

import numpy as np
import pytest

import autograd
from autograd import Primitive, Tensor, Value, check_gradients, no_grad, table


@pytest.fixture
def half_right():
    """A square whose derivative is right up to 1."""
    yield Primitive(
        "half_right", symbol="?", latex="#1^2", scalar=lambda x: x * x, array=lambda x: x * x, doc="Half right.",
        vjp=(lambda g, y, x: g * 2 * autograd.minimum(x, 1.0),),
    )  # fmt: skip
    del table["half_right"]


def test_right_derivatives_pass():
    assert check_gradients(lambda x, y: (x * y).tanh(), 0.5, 2.0) is True
    assert check_gradients(lambda x: x @ x.T, np.arange(4.0).reshape(2, 2))
    assert check_gradients(lambda p: [p["w"] * p["b"], {"sum": autograd.sum(p["w"])}], {"w": np.ones(3), "b": 2.0})
    assert check_gradients(lambda x: x**3, Value(2.0))
    assert check_gradients(lambda x: x.sum(), Tensor([[1.0, 2.0]]))
    assert check_gradients(lambda x: x.sum(), np.ones(2, np.float32))
    assert check_gradients(lambda x: 5.0, 2)
    assert check_gradients(lambda x: x[:0], np.ones(2))


def test_functions_of_outer_nodes_and_under_no_grad():
    w = Value(3.0)
    assert check_gradients(lambda x: w * x, 2.0)
    with no_grad():
        assert check_gradients(lambda x: w * x, 2.0)
    assert w.grad == 0.0


def test_inputs_are_left_as_they_were():
    x = np.array([0.1, 0.2])
    assert check_gradients(lambda x: (x**3).sum(), x)
    assert np.array_equal(x, [0.1, 0.2])


def test_a_wrong_derivative_is_told_with_its_place(half_right):
    assert check_gradients(half_right, 0.5)
    with pytest.raises(AssertionError, match=r"The gradient with respect to input 0 is 2, and nudging it by ±2e-06 gives 4\."):
        check_gradients(half_right, 2.0)
    with pytest.raises(AssertionError, match=r"gradient of a weighted sum of the results with respect to input 1 at \(1, 0\) is"):
        check_gradients(lambda x, y: x + half_right(y), 1.0, np.array([[0.5, 0.5], [2.0, 0.5]]))


def test_errors_that_a_sum_would_hide_are_found():
    """Two wrong derivatives of opposite sign."""
    swapped = Primitive(
        "swapped", symbol="?", latex="#1", elementwise=False, cases=(autograd.Case((2,)),), scalar=None, array=lambda x: x * 1,
        vjp=(lambda g, y, x: g[::-1],), doc="Swapped.",
    )  # fmt: skip
    try:
        with pytest.raises(AssertionError, match="input 0 at"):
            check_gradients(swapped, np.array([1.0, 2.0]))
    finally:
        del table["swapped"]


def test_step_and_tolerances_are_the_users(half_right):
    assert check_gradients(half_right, 1.0 + 1e-9, step=1e-3, rtol=1e-2)
    assert check_gradients(half_right, 2.0, atol=10.0)


def test_large_numbers_are_nudged_in_proportion():
    assert check_gradients(lambda x: x * x, 1e8)


def test_a_gradient_dropped_on_the_way_is_found():
    with pytest.raises(AssertionError, match="input 0 is 0, and nudging"):
        check_gradients(lambda x: x.detach() * 2, 3.0)
