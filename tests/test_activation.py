"""Claims about the activations as modules and functions."""

import math

import numpy as np
import pytest

import autograd
import nn
import nn.functional as functional
from autograd import Tensor, Value, check_gradients

MODULES = [
    nn.ReLU(), nn.LeakyReLU(), nn.LeakyReLU(0.3), nn.ELU(), nn.ELU(0.5), nn.GELU(), nn.GELU("tanh"), nn.SiLU(), nn.Sigmoid(), nn.Tanh(),
    nn.Sin(), nn.Softplus(), nn.Softplus(2.0, 1.0), nn.Softmax(), nn.Softmax(0), nn.LogSoftmax(), nn.LogSoftmax(0),
]  # fmt: skip
ELEMENTWISE = MODULES[:13]
X = np.array([[-1000.0, -30.0, -2.0, -0.5, -1e-9], [1e-9, 0.3, 1.0, 25.0, 1000.0]])


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_outputs_and_gradients_are_pytorchs_even_at_a_thousand(module, pytorch):
    kind, seed = type(module).__name__, np.cos(np.arange(10)).reshape(2, 5)

    def theirs(torch):
        settings = {name: setting for name, setting in vars(module).items() if not name.startswith("_")}
        x, twin = torch.tensor(X, requires_grad=True), torch.sin if kind == "Sin" else getattr(torch.nn, kind)(**settings)
        assert kind == "Sin" or str(module) == str(twin)
        out = twin(x)
        out.backward(torch.tensor(seed))
        return [out.tolist(), x.grad.tolist()]

    expected, gradient = pytorch(theirs)
    x = Tensor(X)
    out = module(x)
    np.testing.assert_allclose(out.data, expected, rtol=1e-12, atol=1e-15)
    out.backward(seed)
    np.testing.assert_allclose(x.grad, gradient, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_gradients_are_the_slopes(module):
    check_gradients(module, np.array([[-2.0, -0.5, 0.3], [0.7, 1.5, 3.0]]))


@pytest.mark.parametrize("module", ELEMENTWISE, ids=str)
def test_values_and_numbers_give_what_arrays_give(module):
    for number in X.ravel().tolist():
        value = module(Value(number))
        assert type(value) is Value
        assert value.data == pytest.approx(module(np.array([number]))[0], rel=1e-13, abs=1e-300)
        assert module(number) == value.data


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_float32_stays_float32(module):
    x = Tensor(np.array([[-2.0, 0.5], [1.0, 30.0]], dtype=np.float32))
    out = module(x)
    out.sum().backward()
    assert out.dtype == x.grad.dtype == np.float32
    assert module(x.numpy()).dtype == np.float32


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_activations_compile_in_their_precision(module):
    compiled = autograd.compile(lambda x: module(x))
    for dtype in (np.float64, np.float32):
        x, y = (Tensor(np.array([[-2.0, 0.5], [1.0, 30.0]], dtype)) for _ in range(2))
        ours, expected = compiled(x), module(y)
        np.testing.assert_allclose(ours.data, expected.data, rtol=1e-6)
        assert ours.dtype == dtype
        ours.sum().backward()
        expected.sum().backward()
        np.testing.assert_allclose(x.grad, y.grad, rtol=1e-6, atol=1e-7)
        assert x.grad.dtype == dtype


def test_functions_have_pytorchs_names_and_defaults():
    torch = pytest.importorskip("torch")
    x = np.linspace(-3, 3, 14).reshape(2, 7)
    for name in ("relu", "leaky_relu", "elu", "gelu", "silu", "sigmoid", "tanh", "softplus"):
        expected = getattr(torch.nn.functional, name)(torch.tensor(x)).numpy()
        np.testing.assert_allclose(getattr(functional, name)(x), expected, rtol=1e-13, atol=1e-16, err_msg=name)
    for name in ("softmax", "log_softmax"):
        expected = getattr(torch.nn.functional, name)(torch.tensor(x), dim=1).numpy()
        np.testing.assert_allclose(getattr(functional, name)(x, dim=1), expected, rtol=1e-13)
    w, b = np.ones((3, 7)), np.arange(3.0)
    expected = torch.nn.functional.linear(torch.tensor(x), torch.tensor(w), torch.tensor(b)).numpy()
    np.testing.assert_allclose(functional.linear(x, w, b), expected, rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(functional.linear(Tensor(x), w).data, expected - b, rtol=1e-13, atol=1e-14)


def test_the_softmax_of_the_tutorials():
    assert functional.softmax(np.array([1.0, 0.0, -0.9])).round(3).tolist() == [0.659, 0.242, 0.099]


def test_the_error_function_of_arrays_is_that_of_the_math_module():
    x = np.concatenate([np.linspace(-7, 7, 4001), np.logspace(-300, 2, 200), [0.0, -0.0, math.inf, -math.inf]])
    np.testing.assert_allclose(autograd.erf(x), [math.erf(number) for number in x], rtol=4e-16)
    assert np.isnan(autograd.erf(np.array([math.nan]))).all()
    assert np.signbit(autograd.erf(np.array([-0.0]))).all()
    single = autograd.erf(x.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, [math.erf(number) for number in x.astype(np.float32)], rtol=3e-7, atol=1e-44)


def test_an_axis_is_not_guessed():
    for name in ("softmax", "log_softmax"):
        with pytest.raises(ValueError, match=f"{name} takes dim, the number of an axis, as a whole number; got None"):
            getattr(functional, name)(X, dim=None)


def test_gelu_knows_two_formulas():
    for make in (nn.GELU, lambda approximate: functional.gelu(1.0, approximate)):
        with pytest.raises(ValueError, match='gelu is exact with approximate="none", or approximated with "tanh"; got \'sigmoid\''):
            make("sigmoid")


def test_gradient_of_a_relu_lies_in_memory_as_its_input_even_if_it_repeats_one_number():
    x = Tensor(np.zeros((64, 8, 8, 32)))
    images = x.transpose(3, 0, 1, 2)  # as convolutions compute them
    h = images.relu()
    h.mean(axis=(2, 3)).sum().backward()
    assert h.grad.strides[0] == 0 or h.grad.strides[2] == 0
    assert images.grad.strides == images.data.strides
