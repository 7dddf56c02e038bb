"""Claims about `Dropout` and `Dropout2d`: what they drop, when, and from which random numbers."""

import numpy as np
import pytest

import autograd
import nn
import nn.functional as functional
from autograd import Tensor, Value, check_gradients


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_a_share_p_is_dropped_and_the_mean_stays(p):
    x = np.ones((400, 300))
    out = nn.Dropout(p, rng=0)(x)
    assert np.isin(out, [0, 1 / (1 - p)]).all()
    assert (out == 0).mean() == pytest.approx(p, abs=0.01)
    assert out.mean() == pytest.approx(1, rel=0.02)


def test_whole_channels_are_dropped_in_2d():
    x = np.random.default_rng(0).uniform(1, 2, (40, 50, 3, 2))
    out = nn.Dropout2d(0.25, rng=0)(x)
    dropped = (out == 0).all(axis=(2, 3))
    assert dropped.mean() == pytest.approx(0.25, abs=0.03)
    np.testing.assert_allclose(out, x / 0.75 * ~dropped[:, :, None, None])


@pytest.mark.parametrize("kind", [nn.Dropout, nn.Dropout2d])
def test_evaluation_and_p_0_change_nothing_and_draw_nothing(kind):
    x = Tensor(np.ones((2, 3, 4, 4)))
    state = nn.get_rng_state()
    assert kind(0.5).eval()(x) is x
    assert kind(0.0)(x) is x
    assert nn.get_rng_state() == state


def test_the_gradient_goes_through_what_stays():
    x = Tensor(np.ones(1000))
    out = nn.Dropout(0.5, rng=0)(x)
    out.sum().backward()
    np.testing.assert_array_equal(x.grad, out.data)
    check_gradients(lambda x: functional.dropout(x, 0.3, rng=1), np.linspace(-1, 1, 20).reshape(4, 5))


def test_numbers_come_from_the_shared_generator_or_from_one_of_its_own():
    x, shared, own = np.ones(50), nn.Dropout(0.5), nn.Dropout(0.5, rng=3)
    nn.manual_seed(0)
    first = shared(x), shared(x)
    nn.manual_seed(0)
    again = shared(x), shared(x)
    np.testing.assert_array_equal(first, again)
    assert (first[0] != first[1]).any()
    np.testing.assert_array_equal(own(x), nn.Dropout(0.5, rng=3)(x))
    np.testing.assert_array_equal(functional.dropout(x, 0.5, rng=3), nn.Dropout(0.5, rng=3)(x))


def test_both_precisions_drop_alike_and_stay_what_they_are():
    x = np.random.default_rng(0).normal(size=(20, 30))
    out, single = nn.Dropout(0.3, rng=0)(x), nn.Dropout(0.3, rng=0)(Tensor(x.astype(np.float32)))
    np.testing.assert_allclose(single.data, out, rtol=1e-6)
    assert single.dtype == np.float32
    assert nn.Dropout2d(0.3)(np.ones((1, 2, 3, 3), np.float32)).dtype == np.float32


def test_lists_of_values_are_taken():
    values = [Value(1.0) for _ in range(100)]
    out = nn.Dropout(0.5, rng=0)(values)
    assert {v.data for v in out} == {0.0, 2.0}
    out[0].backward()
    assert values[0].grad == out[0].data


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_compiled_model_drops_anew_at_each_call_as_without_compiling(dtype):
    model = nn.Sequential(nn.Linear(3, 50, dtype=dtype, rng=0), nn.Dropout(0.5), nn.Linear(50, 2, dtype=dtype, rng=1))
    compiled = autograd.compile(lambda x: model(x))
    x = np.ones((4, 3))
    nn.manual_seed(1)
    expected = [model(x).data for _ in range(3)]
    nn.manual_seed(1)
    out = [compiled(x) for _ in range(3)]
    for ours, theirs in zip(out, expected, strict=True):
        np.testing.assert_allclose(ours.data, theirs, rtol=1e-5)
        assert ours.dtype == dtype
    assert (expected[0] != expected[1]).any()
    model.eval()
    np.testing.assert_allclose(compiled(x).data, model(x).data, rtol=1e-6)


@pytest.mark.parametrize("p", [-0.1, 1.0, 1.5, float("nan")])
def test_p_is_a_probability_below_1(p):
    for kind in (nn.Dropout, nn.Dropout2d):
        with pytest.raises(ValueError, match=rf"{kind.__name__} drops with a probability from 0 to below 1; got {p}"):
            kind(p)
    with pytest.raises(ValueError, match="dropout drops with a probability of at least 0 and below 1"):
        functional.dropout(np.ones(3), p)


def test_dropout2d_takes_images_only():
    model = nn.Sequential(nn.Dropout2d(0.5))
    with pytest.raises(ValueError, match=r"Dropout2d '0' takes images, of shape \(n, channels, height, width\), and got shape \(2, 3\)"):
        model(np.ones((2, 3)))


def test_a_seed_is_a_whole_number_or_a_generator():
    with pytest.raises(ValueError, match="rng is a seed"):
        nn.Dropout(0.5, rng="seed")
