"""float16: what adds up many numbers does it in float32 and rounds once, forward and backward, eager and compiled."""

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor

HALF = np.float16


def full(n, number):
    return np.full(n, number, HALF)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    ("f", "inputs", "expected", "gradient"),
    [
        (lambda t: t.mean(), [full(5000, 20.0)], 20.0, 1 / 5000),
        (lambda t: t.mean(axis=0).sum(), [full((5000, 2), 20.0)], 40.0, 1 / 5000),
        (lambda t: t.sum() * 0.5, [full(3000, 10.1)], 15_150.0, 0.5),
        (lambda a, b: a @ b, [full(4000, 200.0), full(4000, 0.01)], 8_000.0, 0.01),
        (lambda t: autograd.softmax(t, axis=0)[0] * 100, [full(3000, 1.0)], 1 / 30, None),
        (lambda t: autograd.logsumexp(t), [full(70_000, 1.0)], 1 + np.log(70_000), 1 / 70_000),
        (lambda t: -autograd.log_softmax(t, axis=0)[0], [full(70_000, 1.0)], np.log(70_000), None),
        (lambda t: autograd.std(t), [np.array([0.0, 60_000.0], HALF)], 30_000.0, None),
        (lambda t: nn.mse_loss(t, np.zeros(5000, HALF)), [full(5000, 20.0)], 400.0, 40 / 5000),
        (lambda t: nn.cross_entropy(t, np.zeros(5000, int)), [full((5000, 10), 2.0)], np.log(10), None),
    ],
)  # fmt: skip
def test_many_numbers_add_up(f, inputs, expected, gradient, compiled):
    tensors = [Tensor(x) for x in inputs]
    y = (autograd.compile(f) if compiled else f)(*tensors)
    y.backward()
    assert y.dtype == tensors[0].grad.dtype == HALF
    assert y.item() == pytest.approx(expected, rel=1e-3)
    assert gradient is None or np.allclose(tensors[0].grad, gradient, rtol=2e-3)


def test_a_gradient_of_many_examples_adds_up():
    b = Tensor(np.zeros(3, HALF))
    (b + full((3000, 3), 0.1)).sum().backward()
    assert np.array_equal(b.grad, full(3, 3000.0))
    rows = Tensor(np.zeros((2, 3), HALF))
    autograd.take(rows, np.zeros(3000, int), axis=0).sum().backward()
    assert np.array_equal(rows.grad, [[3000.0] * 3, [0.0] * 3])


def test_a_gradient_of_many_examples_adds_up_where_some_are_left_out():
    w, x = Tensor(np.ones((1, 1), HALF)), full((5000, 1), 0.1)
    x[0] = np.nan
    autograd.where(np.arange(5000)[:, None] > 0, x @ w, 0.0).sum().backward()
    assert w.grad[0, 0] == pytest.approx(499.9, rel=1e-3)


@pytest.mark.parametrize("layer", [lambda: nn.Linear(3, 2, rng=0), lambda: nn.Conv1d(3, 2, 1, rng=0)])
def test_a_layer_of_float16_has_the_gradients_of_float32(layer):
    gradients = {}
    for dtype in (np.float16, np.float32):
        model = layer().to(dtype)
        x = np.full((6000, 3), 0.1, dtype)
        y = model(x if isinstance(model, nn.Linear) else x.T[None])
        y.sum().backward()
        gradients[dtype] = [p.grad for p in model.parameters()]
        assert all(p.grad.dtype == dtype for p in model.parameters())
    for half, single in zip(gradients[np.float16], gradients[np.float32], strict=True):
        np.testing.assert_allclose(half, single, rtol=2e-3)


@pytest.mark.parametrize(
    ("layer", "x"),
    [
        (lambda: nn.LayerNorm(4), [[0.0, 600.0, 0.0, 600.0]]), (lambda: nn.RMSNorm(2), [[400.0, 300.0]]),
        (lambda: nn.BatchNorm1d(1), [[0.0], [600.0]]), (lambda: nn.LSTM(1, 2, rng=0), [[[600.0]], [[1.0]]]),
        (lambda: nn.MultiheadAttention(2, 1, rng=0), [[[90.0, 80.0], [70.0, 100.0]]] * 3),
    ],
)  # fmt: skip
def test_statistics_of_float16_are_those_of_float32(layer, x):
    outputs, buffers = {}, {}
    for dtype in (np.float16, np.float32):
        model = layer().to(dtype)
        out = model(*x) if len(x) == 3 and not isinstance(model, nn.LSTM) else model(np.array(x, dtype))
        if len(x) == 3:
            out = model(*np.array(x, dtype))
        outputs[dtype] = out[0].data if isinstance(out, tuple) else out.data
        buffers[dtype] = [b for _, b in model.named_buffers()]
    assert outputs[np.float16].dtype == HALF
    np.testing.assert_allclose(outputs[np.float16], outputs[np.float32], rtol=5e-3, atol=5e-3)
    for half, single in zip(buffers[np.float16], buffers[np.float32], strict=True):
        np.testing.assert_allclose(half, single, rtol=2e-3)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    "layer", [nn.AvgPool2d(64), nn.AvgPool2d(64, 65, padding=1, count_include_pad=False), nn.AdaptiveAvgPool2d(1)], ids=repr
)
def test_the_mean_of_a_window_is_finite_where_its_sum_is_not(layer, compiled):
    x = Tensor(full((1, 1, 64, 64), 100.0))
    y = (autograd.compile(layer) if compiled else layer)(x)
    y.sum().backward()
    assert y.dtype == x.grad.dtype == HALF
    assert y.data.max() == 100
    assert x.grad[0, 0, 5, 5] == pytest.approx(1 / 64**2, rel=0.04)
