"""An array that was used in a forward pass may change before the backward pass, and the gradient stays right."""

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value, compile, no_grad, vjp
from autograd.arrays import constant


def numbers(*shape):
    return np.random.default_rng(7).uniform(0.1, 0.9, shape).astype(np.float32)


def parameter():
    return [Tensor(numbers(4, 3) + 0.5)]


def values():
    return [Value(0.3), Value(0.6)]


def size_of(y):
    while isinstance(y, tuple):
        y = y[0]
    return (y * y).sum()


CLASSES = np.array([0, 1, 2, 1])
MASK = np.array([[True, False, True]] * 4)
F = nn.functional
CASES = {
    "a product": (parameter, lambda p, x: (p * x).sum(), [numbers(4, 3)]),
    "a sum": (parameter, lambda p, x: size_of(p + x), [numbers(4, 3)]),
    "a quotient": (parameter, lambda p, x: (p / x).sum(), [numbers(4, 3)]),
    "an exponent": (parameter, lambda p, x: (p**x).sum(), [numbers(4, 3)]),
    "a base": (parameter, lambda p, x: (x**p).sum(), [numbers(4, 3)]),
    "the left of @": (parameter, lambda p, x: (x @ p).sum(), [numbers(2, 4)]),
    "the right of @": (parameter, lambda p, x: (p @ x).sum(), [numbers(3, 2)]),
    "a view of a part": (parameter, lambda p, x: (p * x[::2, ::-1].T).sum(), [numbers(6, 4)]),
    "a read-only view": (parameter, lambda p, x: (p * np.broadcast_to(x, (4, 3))).sum(), [numbers(3)]),
    "a maximum": (parameter, lambda p, x: autograd.maximum(p, 3 * x).sum(), [numbers(4, 3)]),
    "limits": (parameter, lambda p, low, high: autograd.clip(p, low, high + 1).sum(), [numbers(4, 3), numbers(3)]),
    "a condition": (parameter, lambda p, c: size_of(autograd.where(c, p, 0.0)), [MASK]),
    "a mask as index": (parameter, lambda p, c: size_of(p[c]), [MASK]),
    "indices": (parameter, lambda p, i, j: size_of(p[i, j]), [CLASSES, np.array([2, 1, 0, 0])]),
    "a mask of columns": (parameter, lambda p, c: size_of(p[1:, c]), [MASK[0]]),
    "numbers of rows": (parameter, lambda p, i: size_of(autograd.take(p, i, axis=0)), [CLASSES]),
    "widths": (parameter, lambda p, n: size_of(autograd.pad(p, n)), [np.array([1, 2])]),
    "a shape": (parameter, lambda p, n: size_of(p.reshape(n)), [np.array([3, 4])]),
    "axes": (parameter, lambda p, n: size_of(p.transpose(n)), [np.array([1, 0])]),
    "arrays side by side": (parameter, lambda p, x: size_of(autograd.concatenate([p, x])), [numbers(2, 3)]),
    "an array with Values": (values, lambda v, w, x: (v * x * w).sum(), [numbers(4)]),
    "a sum of products": (values, lambda v, w, x: autograd.dot([v, w], [x, x]).sum(), [numbers(4)]),
    "mse_loss": (parameter, F.mse_loss, [numbers(4, 3)]),
    "l1_loss": (parameter, F.l1_loss, [numbers(4, 3)]),
    "huber_loss": (parameter, F.huber_loss, [numbers(4, 3)]),
    "hinge_loss": (parameter, F.hinge_loss, [np.sign(numbers(4, 3) - 0.5)]),
    "kl_div": (parameter, F.kl_div, [numbers(4, 3)]),
    "binary_cross_entropy": (lambda: [Tensor(numbers(4, 3))], F.binary_cross_entropy, [numbers(4, 3) ** 2]),
    "with_logits": (parameter, lambda p, t, w: F.binary_cross_entropy_with_logits(p, t, pos_weight=w), [numbers(4, 3), numbers(3)]),
    "cross_entropy": (parameter, F.cross_entropy, [CLASSES, numbers(3)]),
    "probabilities": (parameter, F.cross_entropy, [np.full((4, 3), 1 / 3)]),
    "classes left out": (parameter, lambda p, t: F.cross_entropy(p, t, ignore_index=1), [CLASSES]),
    "smoothed": (parameter, lambda p, t, w: F.cross_entropy(p, t, weight=w, label_smoothing=0.1), [CLASSES, numbers(3)]),
    "nll_loss": (parameter, F.nll_loss, [CLASSES, numbers(3)]),
    "multi_margin_loss": (parameter, F.multi_margin_loss, [CLASSES]),
    "Linear": (lambda: nn.Linear(3, 2), lambda m, x: size_of(m(x)), [numbers(5, 4, 3)]),
    "Conv2d": (lambda: nn.Conv2d(2, 3, 3), lambda m, x: size_of(m(x)), [numbers(2, 2, 6, 6)]),
    "Embedding": (lambda: nn.Embedding(7, 4), lambda m, i: size_of(m(i)), [CLASSES]),
    "LSTM": (lambda: nn.LSTM(3, 4), lambda m, x, h, c: size_of(m(x, (h, c))), [numbers(5, 2, 3), numbers(1, 2, 4), numbers(1, 2, 4)]),
    "GRU": (lambda: nn.GRU(3, 4), lambda m, x: size_of(m(x)), [numbers(5, 2, 3)]),
    "BatchNorm1d": (lambda: nn.BatchNorm1d(4), lambda m, x: (m(x) ** 3).sum(), [numbers(6, 4)]),
    "an attention mask": (
        lambda: nn.MultiheadAttention(4, 2), lambda m, x, mask: size_of(m(x, x, x, attn_mask=mask)),
        [numbers(5, 2, 4), np.triu(np.ones((5, 5), bool), 1)],
    ),
    "a padding mask": (
        lambda: nn.MultiheadAttention(4, 2), lambda m, x, mask: size_of(m(x, x, x, key_padding_mask=mask)),
        [numbers(5, 2, 4), np.array([[False, True, False, False, True], [False] * 5])],
    ),
    "dropout": (lambda: nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.5), nn.Linear(8, 2)), lambda m, x: size_of(m(x)), [numbers(4, 3)]),
    "a compiled product": (parameter, lambda p, x: compile(lambda x: size_of(p * x))(x), [numbers(4, 3)]),
    "compiled indices": (parameter, lambda p, i: compile(lambda i: size_of(autograd.take(p, i, axis=0)))(i), [CLASSES]),
    "compiled Values": (values, lambda v, w, x: compile(lambda x: (v * x[0]).tanh() * w * x[1])(x), [numbers(2).astype(float)]),
    "a compiled module": (lambda: nn.Linear(3, 2), lambda m, x: compile(lambda x: size_of(m(x)))(x), [numbers(4, 3)]),
    "one of two compiled results": (parameter, lambda p, x: compile(lambda x: [(p * x).sum(), (p * p * x).sum()])(x)[1], [numbers(4, 3)]),
    "a compiled function's surroundings": (parameter, lambda p, x: compile(lambda: size_of(p * x))(), [numbers(4, 3)]),
}  # fmt: skip


def gradients(make, run, arrays, change):
    nn.manual_seed(0)
    made = make()
    arrays = [x.copy() for x in arrays]
    loss = run(made, *arrays) if isinstance(made, nn.Module) else run(*made, *arrays)
    if change:
        for x in arrays:
            x[...] = ~x if x.dtype == bool else 0 if x.dtype.kind == "i" else 3 * x + 7
    loss.backward()
    return [np.array(p.grad) for p in (made.parameters() if isinstance(made, nn.Module) else made) if p.grad is not None]


@pytest.mark.parametrize("name", CASES)
def test_an_array_that_changes_after_its_use_does_not_change_the_gradient(name):
    expected, found = (gradients(*CASES[name], change) for change in (False, True))
    assert expected
    assert any(g.any() for g in expected)
    for g, h in zip(expected, found, strict=True):
        assert np.array_equal(g, h)


def test_one_buffer_for_all_batches_gives_the_sum_of_their_gradients():
    w, buffer, total = Tensor([[1.0], [1.0]]), np.empty((1, 2)), 0.0
    for batch in ([1.0, 2.0], [3.0, 4.0]):
        buffer[:] = batch
        total = total + (buffer @ w).sum()
    total.backward()
    assert w.grad.ravel().tolist() == [4.0, 6.0]


def test_the_argument_of_a_transformation_may_change_before_the_pull_back():
    x, scale = np.array([1.0, 2.0]), np.array([10.0, 20.0])
    _, pull = vjp(lambda x: (scale * x * x).sum(), x)
    x[:], scale[:] = 0.0, 0.0
    assert pull(1.0)[0].tolist() == [20.0, 80.0]


def test_an_array_that_nobody_can_write_to_is_not_copied():
    x, frozen = Tensor([1.0, 2.0]), np.array([3.0, 4.0])
    frozen.setflags(write=False)
    assert (x * frozen).inputs[1] is frozen
    assert (x * frozen[:]).inputs[1] is not frozen  # whoever has the whole could


def test_without_recording_nothing_is_copied():
    big = np.ones(2)
    with no_grad():
        assert constant(big, autograd.multiply) is big
