"""Pooling: `MaxPool2d`, `AvgPool2d` and `AdaptiveAvgPool2d`."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pytorch_twin import assert_twins, waves
from references import Case, assert_pytorchs

import autograd
import nn
from autograd import Tensor, check_gradients, table
from nn.pooling import AdaptiveAvgPool2d, AvgPool2d, MaxPool2d


def one_or_two(low, high):
    return st.one_of(st.integers(low, high), st.tuples(st.integers(low, high), st.integers(low, high)))


WINDOWS = {"kernel_size": one_or_two(1, 4), "stride": st.one_of(st.none(), one_or_two(1, 3)), "padding": one_or_two(0, 1)}


def fits(options):
    return np.all(np.multiply(2, options["padding"]) <= np.multiply(options["kernel_size"], 1))


@given(
    options=st.fixed_dictionaries(WINDOWS | {"dilation": one_or_two(1, 2), "ceil_mode": st.booleans()}),
    shape=st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(7, 9), st.integers(7, 9)), ties=st.booleans(),
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_max_pool_is_pytorchs(options, shape, ties):
    torch = pytest.importorskip("torch")
    assume(fits(options))
    x = waves(*shape)
    assert_twins(MaxPool2d(**options), torch.nn.MaxPool2d(**options), np.round(x) if ties else x, steps=1)


@given(
    options=st.fixed_dictionaries(
        WINDOWS | {"ceil_mode": st.booleans(), "count_include_pad": st.booleans(), "divisor_override": st.sampled_from([None, None, 3])}
    ),
    shape=st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(5, 9), st.integers(5, 9)),
)
@settings(max_examples=80, deadline=None)
def test_average_pool_is_pytorchs(options, shape):
    torch = pytest.importorskip("torch")
    assume(fits(options))
    assert_twins(AvgPool2d(**options), torch.nn.AvgPool2d(**options), waves(*shape), steps=1)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, (1, 4), (None, 2), 9])
@pytest.mark.parametrize("shape", [(1, 1, 7, 6), (2, 5, 5)])
def test_adaptive_average_pool_is_pytorchs(size, shape, pytorch):
    assert_pytorchs(Case(lambda n, f64: n.AdaptiveAvgPool2d(size), waves(*shape)), pytorch)


@pytest.mark.parametrize("layer", [MaxPool2d(3, 2, 1, ceil_mode=True), AvgPool2d(3, 2, 1, ceil_mode=True), AdaptiveAvgPool2d(3)], ids=repr)
def test_second_derivatives_are_right(layer):
    assert check_gradients(autograd.grad(lambda x: (layer(x) ** 3).sum()), waves(1, 2, 6, 5))


def test_max_pool_has_these_numbers():
    """Where several entries tie for the maximum, the first of the window gets the gradient, as in PyTorch."""
    x = Tensor([[[1.0, 1.0, 0.0, 2.0], [1.0, 0.0, 2.0, 2.0]]])
    y = MaxPool2d(2)(x)
    y.sum().backward()
    assert y.tolist() == [[[1.0, 2.0]]]
    assert x.grad.tolist() == [[[1.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0]]]


def test_padding_is_never_the_maximum():
    y = MaxPool2d(3, stride=1, padding=1)(np.full((1, 1, 2, 2), -5.0))
    assert (y == -5).all()


def test_average_pool_has_these_numbers():
    x = np.arange(1.0, 10.0).reshape(1, 3, 3)
    assert AvgPool2d(2)(x).tolist() == [[[3.0]]]
    assert AvgPool2d(2, ceil_mode=True)(x).tolist() == [[[3.0, 4.5], [7.5, 9.0]]]
    assert AvgPool2d(2, padding=1)(x).tolist() == [[[0.25, 1.25], [2.75, 7.0]]]
    assert AvgPool2d(2, padding=1, count_include_pad=False)(x).tolist() == [[[1.0, 2.5], [5.5, 7.0]]]
    assert AvgPool2d(2, divisor_override=2)(x).tolist() == [[[6.0]]]


def test_adaptive_average_pool_has_these_numbers():
    x = np.arange(1.0, 6.0).reshape(1, 1, 5)
    assert AdaptiveAvgPool2d((1, 4))(x).tolist() == [[[1.5, 2.5, 3.5, 4.5]]]
    assert AdaptiveAvgPool2d((None, 1))(x).tolist() == [[[3.0]]]


@pytest.mark.parametrize(
    "layer", [MaxPool2d(2, padding=1), AvgPool2d(2, padding=1, count_include_pad=False), AdaptiveAvgPool2d(2)], ids=repr
)
def test_float32_stays_float32(layer):
    for x in (waves(1, 2, 5, 5, dtype="float32"), np.ones((1, 2, 5, 5), dtype=np.uint8)):
        assert layer(x).dtype == np.float32
    x = Tensor(waves(1, 2, 5, 5, dtype="float32"))
    y = layer(x)
    y.sum().backward()
    assert y.dtype == x.grad.dtype == np.float32


@pytest.mark.parametrize("layer", [MaxPool2d(3, 2, 1), AvgPool2d(3, 2, 1, count_include_pad=False), AdaptiveAvgPool2d(2)], ids=repr)
def test_a_compiled_layer_is_the_layer(layer):
    x, twin = Tensor(waves(2, 2, 7, 6)), Tensor(waves(2, 2, 7, 6))
    (layer(x) ** 2).sum().backward()
    value = autograd.compile(lambda x: (layer(x) ** 2).sum())(twin)
    value.backward()
    np.testing.assert_allclose(twin.grad, x.grad, rtol=1e-12)


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda: MaxPool2d(0), "MaxPool2d takes kernel_size as a whole number from 1; got 0"),
    (lambda: MaxPool2d(2, stride=(1, 2, 3)), r"MaxPool2d takes stride as one whole number, or as 2, for height and width; got \(1, 2, 3\)"),
    (lambda: MaxPool2d(2, padding=2), "MaxPool2d pads at most half a window, .* got padding=2 with kernel_size=2"),
    (lambda: AvgPool2d(3, padding=2), "AvgPool2d pads at most half a window, .* got padding=2 with kernel_size=3"),
    (lambda: AvgPool2d(3, divisor_override=0), "AvgPool2d takes divisor_override as a whole number from 1; got 0"),
    (lambda: AdaptiveAvgPool2d((2, 0)), "AdaptiveAvgPool2d takes output_size as a whole number from 1; got 0"),
    (lambda: MaxPool2d(2)(np.ones((5, 5))), r"MaxPool2d takes arrays of shape \(n, channels, height, width\), .* got shape \(5, 5\)"),
    (lambda: AdaptiveAvgPool2d(2)(np.ones(3)), r"AdaptiveAvgPool2d takes arrays of shape .* and got shape \(3,\)"),
    (lambda: AvgPool2d(4)(np.ones((1, 2, 5, 3))), "AvgPool2d has windows of 4 along the width, and the input has 3 there, with padding 0"),
    (lambda: AdaptiveAvgPool2d(2)(np.ones((1, 2, 0, 3))), r"AdaptiveAvgPool2d takes images that have pixels, and got shape \(1, 2, 0, 3\)"),
])  # fmt: skip
def test_mistakes_are_explained(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_what_is_not_the_largest_gets_no_gradient_not_even_a_part_of_an_infinite_one():
    for dtype in (np.float16, np.float32, np.float64, np.longdouble):
        x = Tensor(np.array([[[[1, 2], [3, 4]]]], dtype))
        nn.MaxPool2d(2)(x).backward(np.full((1, 1, 1, 1), np.inf, dtype))
        np.testing.assert_array_equal(x.grad, [[[[0.0, 0.0], [0.0, np.inf]]]])
        assert x.grad.dtype == dtype


def test_whole_numbers_are_padded_too():
    settings = {"kernel": (2,), "stride": (1,), "padding": ((1, 0),), "dilation": (1,)}
    np.testing.assert_array_equal(table["max_pool"](np.array([[[-3, -1, -2]]]), **settings), [[[-3.0, -1.0, -1.0]]])


def test_the_functions_are_pytorchs():
    torch = pytest.importorskip("torch")
    x = waves(2, 3, 7, 8)
    for name, arguments in (
        ("max_pool2d", (3, 2, 1, 1, True)),
        ("max_pool2d", (2,)),
        ("avg_pool2d", (3, 2, 1, True, False, 5)),
        ("avg_pool2d", ((2, 3),)),
        ("adaptive_avg_pool2d", ((None, 3),)),
    ):
        expected = getattr(torch.nn.functional, name)(torch.from_numpy(x), *arguments).numpy()
        np.testing.assert_allclose(getattr(nn.functional, name)(x, *arguments), expected, rtol=1e-12)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, (1, 4), (None, 2), 9])
@pytest.mark.parametrize("shape", [(1, 1, 7, 6), (2, 5, 5)])
@pytest.mark.parametrize("ties", [False, True])
def test_adaptive_max_pool_is_pytorchs(size, shape, ties, pytorch):
    x = np.round(waves(*shape)) if ties else waves(*shape)
    assert_pytorchs(Case(lambda n, f64: n.AdaptiveMaxPool2d(size), x), pytorch)


@pytest.mark.parametrize(
    "make",
    [
        lambda n, f64: n.MaxPool1d(2),
        lambda n, f64: n.MaxPool1d(3, 2, 1, 2, ceil_mode=True),
        lambda n, f64: n.AvgPool1d(2),
        lambda n, f64: n.AvgPool1d(3, 2, 1, True, False),
    ],
)
@pytest.mark.parametrize("shape", [(2, 2, 8), (3, 9)])
def test_pools_of_signals_are_pytorchs(make, shape, pytorch):
    assert_pytorchs(Case(make, waves(*shape)), pytorch)
