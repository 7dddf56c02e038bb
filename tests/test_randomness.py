"""Random numbers: `bernoulli` and `dropout`, eager and compiled."""

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value


def test_bernoulli_draws_ones_with_the_given_probability():
    draws = autograd.bernoulli(np.random.default_rng(0), 0.3, (10_000,))
    assert set(draws) == {0.0, 1.0}
    assert draws.mean() == pytest.approx(0.3, abs=0.02)
    assert autograd.bernoulli(np.random.default_rng(0), 1.0, (2, 3)).tolist() == [[1.0] * 3] * 2


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_a_probability_is_from_0_to_1(p):
    with pytest.raises(ValueError, match="probability"):
        autograd.bernoulli(np.random.default_rng(0), p, (2,))


@pytest.mark.parametrize("p", [-0.1, 1.0])
def test_dropout_cannot_drop_everything(p):
    with pytest.raises(ValueError, match="below 1"):
        autograd.dropout(np.ones(3), p, rng=np.random.default_rng(0))


def test_the_generator_is_numpys():
    with pytest.raises(TypeError, match="default_rng"):
        autograd.bernoulli(0, 0.5, (2,))


def test_dropout_keeps_the_mean_and_its_gradient_is_the_mask():
    t = Tensor(np.ones(10_000))
    out = autograd.dropout(t, 0.25, rng=np.random.default_rng(0))
    assert out.data.mean() == pytest.approx(1.0, abs=0.02)
    out.sum().backward()
    assert (t.grad == out.data).all()
    values = [Value(1.0), Value(2.0), Value(3.0)]
    dropped = autograd.dropout(values, 0.5, rng=np.random.default_rng(0))
    sum(dropped).backward()
    assert [v.grad * v.data for v in values] == [d.data for d in dropped]


def programs(rng):
    """Functions that draw from `rng`, with arguments."""
    v, t = [Value(1.0), Value(2.0), Value(3.0)], Tensor(np.arange(4.0))

    def scalars(x):
        first = autograd.dropout([a * x for a in v], 0.5, rng=rng)
        return sum(autograd.dropout(first, 0.3, rng=rng))

    def arrays(x):
        return (autograd.dropout(t * x, 0.5, rng=rng) + autograd.bernoulli(rng, 0.5, (2, 4)) * t).sum()

    return [scalars, arrays]


@pytest.mark.parametrize("k", [0, 1])
def test_a_compiled_function_draws_anew_at_each_call_the_same_sequence_as_the_eager_run(k):
    eager = programs(np.random.default_rng(7))[k]
    compiled = autograd.compile(programs(np.random.default_rng(7))[k])
    expected = [eager(float(i)).data for i in range(1, 9)]
    found = [compiled(float(i)).data for i in range(1, 9)]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert len({float(f) / i for i, f in enumerate(found, 1)}) > 1
    assert len(compiled.programs) == 1


def test_a_draw_is_the_same_in_forward_and_backward():
    t = Tensor(np.ones(50))
    rng = np.random.default_rng(0)
    f = autograd.compile(lambda: autograd.dropout(t, 0.5, rng=rng))
    for _ in range(3):
        t.zero_grad()
        out = f()
        out.sum().backward()
        assert (t.grad == out.data).all()
        assert 5 < np.count_nonzero(t.grad) < 45


def test_another_generator_is_noticed():
    f = autograd.compile(lambda: (autograd.dropout(Tensor(np.ones(20)), 0.5, rng=rng)).sum())
    rng = np.random.default_rng(0)
    first = [f().data for _ in range(4)]
    rng = np.random.default_rng(0)
    assert [f().data for _ in range(4)] == first
