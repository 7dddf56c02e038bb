"""Claims about gradient clipping: it is PyTorch's, for parameters of either kind."""

import math

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value
from nn.utils import clip_grad_norm_, clip_grad_value_

GRADIENTS = [3.0, -4.0, 12.0, 0.5]
# PyTorch 2.13's norm of GRADIENTS for each type of norm, and what is left of them after clipping to a norm of 2.
NORMS = [
    (2.0, 13.009611831257688, [0.4611974297639385, -0.614929906351918, 1.844789719055754, 0.07686623829398975]),
    (1.0, 19.5, [0.30769229191321, -0.41025638921761334, 1.23076916765284, 0.051282048652201666]),
    (3.0, 12.20733456659655, [0.49150774690081056, -0.6553436625344141, 1.9660309876032422, 0.08191795781680176]),
    (math.inf, 12.0, [0.4999999583333368, -0.6666666111111157, 1.9999998333333472, 0.0833333263888894]),
]


def values():
    return [Value(0.0) for _ in GRADIENTS]


def stored_values():
    out = values()
    autograd.compile(lambda: autograd.dot(out, out))()
    return out


KINDS = {
    "Values": values,
    "Values in a store": stored_values,
    "a Tensor": lambda: [Tensor(np.zeros(4))],
    "Tensors": lambda: [Tensor(np.zeros((1, 1))), Tensor(np.zeros(3))],
    "both": lambda: [Value(0.0), Tensor(np.zeros(2)), Value(0.0)],
}


@pytest.fixture(params=KINDS)
def parameters(request):
    """Parameters of each kind, with GRADIENTS."""
    params, start = KINDS[request.param](), 0
    for p in params:
        p.grad = np.reshape(GRADIENTS[start : start + p.size], p.shape)[()]
        start += p.size
    return params


def gradients(params):
    return np.concatenate([np.ravel(p.grad) for p in params])


@pytest.mark.parametrize(("norm_type", "norm", "clipped"), NORMS)
def test_a_long_gradient_is_shortened_as_in_pytorch(parameters, norm_type, norm, clipped):
    result = clip_grad_norm_(parameters, 2.0, norm_type)
    assert type(result) is float
    assert result == pytest.approx(norm, rel=1e-12)
    np.testing.assert_allclose(gradients(parameters), clipped, rtol=1e-12)


def test_a_short_gradient_stays_as_it_is(parameters):
    assert clip_grad_norm_(parameters, 14.0) == pytest.approx(NORMS[0][1], rel=1e-12)
    np.testing.assert_array_equal(gradients(parameters), GRADIENTS)


def test_clipping_to_infinity_measures_the_norm(parameters):
    assert clip_grad_norm_(parameters, math.inf) == pytest.approx(NORMS[0][1], rel=1e-12)
    np.testing.assert_array_equal(gradients(parameters), GRADIENTS)


def test_entries_are_cut_off(parameters):
    clip_grad_value_(parameters, 3.5)
    np.testing.assert_array_equal(gradients(parameters), [3.0, -3.5, 3.5, 0.5])


def test_clipping_to_0_leaves_0(parameters):
    clip_grad_norm_(parameters, 0)
    np.testing.assert_array_equal(np.abs(gradients(parameters)), 0)


def test_gradients_of_values_stay_floats():
    params = values()
    for p, g in zip(params, GRADIENTS, strict=True):
        p.grad = g
    clip_grad_norm_(params, np.float64(1.0))
    clip_grad_value_(params, np.float32(0.25))
    assert {type(p.grad) for p in params} == {float}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("norm_type", [1, 2, 2.5, math.inf])
def test_clipping_of_a_network_is_pytorchs(dtype, norm_type, pytorch):
    rng = np.random.default_rng(0)
    ours = [Tensor(np.zeros(shape, dtype)) for shape in [(30, 20), (20,), ()]]
    for p in ours:
        p.grad = rng.standard_normal(p.shape).astype(dtype)

    def theirs(torch):
        theirs = [torch.tensor(np.zeros(p.shape, dtype), requires_grad=True) for p in ours]
        for p, q in zip(ours, theirs, strict=True):
            q.grad = torch.tensor(p.grad)
        norm = torch.nn.utils.clip_grad_norm_(theirs, 5.0, norm_type).item()
        torch.nn.utils.clip_grad_value_(theirs, 0.1)
        return [norm, *(q.grad.flatten()[:20].tolist() for q in theirs)]

    tolerance = 1e-12 if dtype == np.float64 else 1e-5
    norm, *gradients = pytorch(theirs)
    assert clip_grad_norm_(ours, 5.0, norm_type) == pytest.approx(norm, rel=tolerance)
    clip_grad_value_(ours, 0.1)
    for p, expected in zip(ours, gradients, strict=True):
        assert p.grad.dtype == dtype
        np.testing.assert_allclose(p.grad.ravel()[:20], expected, rtol=tolerance)


def test_parameters_without_a_gradient_do_not_count():
    with_gradient, without = Tensor([0.0]), Tensor([0.0])
    with_gradient.grad = np.array([3.0])
    assert clip_grad_norm_([with_gradient, without], 1.0) == 3.0
    clip_grad_value_([with_gradient, without], 0.5)
    assert without.grad is None
    assert clip_grad_norm_([without], 1.0) == 0.0
    assert clip_grad_norm_([], 1.0) == 0.0


def test_a_parameter_given_twice_counts_once():
    p = Tensor([0.0])
    p.grad = np.array([3.0])
    assert clip_grad_norm_([p, p], 1.0) == 3.0
    np.testing.assert_allclose(p.grad, [1.0], rtol=1e-6)


def test_one_parameter_need_not_be_in_a_list():
    p = Tensor([0.0])
    p.grad = np.array([3.0])
    assert clip_grad_norm_(p, 1.0) == 3.0
    clip_grad_value_(p, 0.5)
    assert p.grad[0] == 0.5


def test_a_generator_of_parameters_will_do():
    model = nn.MLP(2, [3, 1], rng=0)
    model([1.0, 2.0]).backward()
    assert clip_grad_norm_((p for p in model.parameters()), 1e9) > 0


@pytest.mark.parametrize(("scale", "dtype"), [(1e30, np.float32), (1e-30, np.float32), (1e200, np.float64), (1e-200, np.float64)])
def test_the_norm_is_right_where_squares_leave_the_range_of_floats(scale, dtype):
    p = Tensor(np.zeros(2, dtype))
    p.grad = np.array([3 * scale, 4 * scale], dtype)
    assert clip_grad_norm_([p], 1.0) == pytest.approx(5 * scale, rel=1e-6, abs=0)
    if scale > 1:
        np.testing.assert_allclose(p.grad, [0.6, 0.8], rtol=1e-6)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_gradient_that_is_not_finite_is_what_it_is_in_pytorch(parameters, bad):
    if isinstance(parameters[0], Value):
        parameters[0].grad = bad
    else:
        parameters[0].grad.flat[0] = bad
    clip_grad_value_(parameters, 20.0)
    np.testing.assert_array_equal(gradients(parameters)[0], 20.0 if bad == math.inf else bad)
    if isinstance(parameters[0], Value):
        parameters[0].grad = bad
    else:
        parameters[0].grad.flat[0] = bad
    before = gradients(parameters)
    with pytest.raises(FloatingPointError, match=f"The gradients have the length {bad}, so they cannot be clipped"):
        clip_grad_norm_(parameters, 1.0, error_if_nonfinite=True)
    np.testing.assert_array_equal(gradients(parameters), before)
    np.testing.assert_equal(clip_grad_norm_(parameters, 1.0), bad)
    after = gradients(parameters)
    assert math.isnan(after[0])
    assert np.isnan(after).all() if math.isnan(bad) else (after[1:] == 0).all()


@pytest.mark.parametrize(
    ("clip", "error", "sentence"),
    [
        (lambda p: clip_grad_norm_(p, -1.0), ValueError, "max_norm must not be negative; got -1.0"),
        (lambda p: clip_grad_norm_(p, math.nan), ValueError, "max_norm must not be negative; got nan"),
        (lambda p: clip_grad_norm_(p, "1"), TypeError, "max_norm must be a number; got '1'"),
        (lambda p: clip_grad_norm_(p, 1.0, 0), ValueError, "norm_type must be a number above 0, or math.inf; got 0"),
        (lambda p: clip_grad_norm_(p, 1.0, "l2"), ValueError, "norm_type must be a number above 0, or math.inf; got 'l2'"),
        (lambda p: clip_grad_norm_(1.0, 1.0), TypeError, "takes a list of parameters, not a float; pass model.parameters()"),
        (lambda p: clip_grad_norm_(nn.MLP(2, [1]), 1.0), TypeError, "takes a list of parameters, not a MLP; pass model.parameters()"),
        (lambda p: clip_grad_norm_([1.0], 1.0), TypeError, "gradients of Values and Tensors, not of a float"),
        (lambda p: clip_grad_value_(p, -0.1), ValueError, "clip_value must not be negative; got -0.1"),
        (lambda p: clip_grad_value_(p, None), TypeError, "clip_value must be a number; got None"),
        (lambda p: clip_grad_value_(["w"], 1.0), TypeError, "gradients of Values and Tensors, not of a str"),
    ],
)
def test_what_is_impossible_is_refused(clip, error, sentence):
    with pytest.raises(error) as caught:
        clip([Value(1.0)])
    assert sentence in str(caught.value)
