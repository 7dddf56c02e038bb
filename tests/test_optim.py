"""Claims about the optimizers: they are PyTorch's, step for step, for parameters of either kind."""

import math

import numpy as np
import pytest
from optimizing import KINDS, OPTIMIZERS, SETTINGS, START, bumps, numbers, parameters, step

import autograd
import nn
from autograd import Tensor, Value
from nn import optim
from nn.optim.optimizer import ENTRIES_AT_ONCE


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("optimizer", "settings", "end"), SETTINGS)
def test_25_steps_end_where_pytorch_ends(optimizer, settings, end, kind):
    params = parameters(kind)
    descent = optimizer(params, **settings)
    for _ in range(25):
        step(descent, params)
    np.testing.assert_allclose(numbers(params), end, rtol=1e-12, atol=0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("optimizer", "settings", "end"), SETTINGS)
def test_every_step_is_pytorchs_to_12_digits(optimizer, settings, end, kind, pytorch):
    def theirs(torch):
        p, steps = torch.tensor(START, dtype=torch.float64, requires_grad=True), []
        reference = getattr(torch.optim, optimizer.__name__)([p], **settings)
        for _ in range(30):
            reference.zero_grad()
            (p * p + torch.sin(3 * p)).sum().backward()
            reference.step()
            steps.append(p.tolist())
        return steps

    params = parameters(kind)
    ours = optimizer(params, **settings)
    for expected in pytorch(theirs, f"{optimizer.__name__} {settings}"):
        step(ours, params)
        np.testing.assert_allclose(numbers(params), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_default_settings_are_pytorchs(optimizer, pytorch):
    ours = optimizer([Value(1.0)]).defaults

    def theirs(torch):
        reference = getattr(torch.optim, optimizer.__name__)([torch.zeros(1)]).defaults
        return [reference[name] for name in ours]

    assert list(ours.values()) == [tuple(x) if isinstance(x, list) else x for x in pytorch(theirs)]


def test_adam_agrees_with_the_formulas_of_its_paper():
    p, lr, beta1, beta2, eps = Value(2.0), 0.1, 0.8, 0.95, 1e-4
    descent = optim.Adam([p], lr, (beta1, beta2), eps)
    gradients, expected = [], 2.0
    for t in range(1, 21):
        gradients.append(3 * expected**2)
        # The running means written out as the weighted sums that they are.
        m = sum((1 - beta1) * beta1 ** (t - 1 - i) * g for i, g in enumerate(gradients)) / (1 - beta1**t)
        v = sum((1 - beta2) * beta2 ** (t - 1 - i) * g * g for i, g in enumerate(gradients)) / (1 - beta2**t)
        expected -= lr * m / (math.sqrt(v) + eps)
        descent.zero_grad()
        (p * p * p).backward()
        descent.step()
        assert p.data == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("settings", [{}, {"momentum": 0.9}, {"weight_decay": 0.5}])
def test_a_tensor_without_a_gradient_is_left_alone_by_sgd(settings):
    used, unused = Tensor([1.0, 2.0]), Tensor([3.0])
    descent = optim.SGD([used, unused], lr=0.1, **settings)
    used.sum().backward()
    descent.step()
    assert unused.data[0] == 3.0
    assert used.data[0] != 1.0


@pytest.mark.parametrize("kind", ["Values", "Values in a store"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_value_without_a_gradient_has_the_gradient_0(optimizer, kind):
    zero, none = parameters(kind), parameters(kind)
    for params, gradient in ((zero, 0.0), (none, None)):
        for p in params:
            p.grad = gradient
        optimizer(params, lr=0.1, weight_decay=0.5).step()
    np.testing.assert_array_equal(numbers(none), numbers(zero))
    assert (numbers(none) != START).all()


@pytest.mark.parametrize("optimizer", [optim.Adam, optim.AdamW, optim.RMSprop, optim.Adagrad])
def test_a_tensor_without_a_gradient_is_left_alone_and_its_steps_are_not_counted(optimizer):
    early, late = Tensor([1.0]), Tensor([1.0])
    descent = optimizer([early, late], lr=0.1)
    for _ in range(3):
        descent.zero_grad()
        (early * early).sum().backward()
        descent.step()
    assert late.data[0] == 1.0
    (late * late).sum().backward()
    early.zero_grad()
    descent.step()
    fresh = Tensor([1.0])
    first = optimizer([fresh], lr=0.1)
    (fresh * fresh).sum().backward()
    first.step()
    assert late.data[0] == fresh.data[0]


@pytest.mark.parametrize("number", [float, np.float64])
@pytest.mark.parametrize(("optimizer", "settings", "end"), SETTINGS)
def test_parameters_of_32_bits_stay_so_and_follow_pytorch(optimizer, settings, end, number):
    p = Tensor(np.array(START, dtype=np.float32))
    descent = optimizer([p], **{**settings, "lr": number(settings["lr"])})
    for _ in range(25):
        step(descent, [p])
        assert p.data.dtype == np.float32
    np.testing.assert_allclose(p.data, end, rtol=1e-4)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_parameter_given_twice_moves_once(optimizer):
    twice, once = Value(1.0), Value(1.0)
    for p, params in ((twice, [twice, twice]), (once, [once])):
        step(optimizer(params, lr=0.1), [p])
    assert twice.data == once.data


def test_the_learning_rate_can_change_between_steps():
    p = Value(1.0)
    descent = optim.SGD([p], lr=0.1)
    for lr in (0.5, 0.25):
        descent.lr = lr
        p.grad = 1.0
        descent.step()
    assert p.data == 0.25


@pytest.mark.parametrize("settings", [{"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}])
def test_writing_into_a_gradient_after_a_step_does_not_change_the_momentum(settings):
    clean, touched = Tensor(START), Tensor(START)
    for p in (clean, touched):
        descent = optim.SGD([p], lr=0.1, **settings)
        for _ in range(3):
            step(descent, [p])
            if p is touched:
                p.grad[:] = 1000.0
    np.testing.assert_array_equal(clean.data, touched.data)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_zero_grad_forgets_the_gradients_of_both_kinds(optimizer):
    value, tensor = Value(1.0), Tensor([1.0])
    (value * tensor.sum()).backward()
    optimizer([value, tensor], lr=0.1).zero_grad()
    assert value.grad == 0.0
    assert tensor.grad is None


@pytest.mark.parametrize(("optimizer", "settings", "end"), SETTINGS)
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_large_array_changes_as_its_parts_would(optimizer, settings, end, order):
    rng = np.random.default_rng(0)
    start, gradients = rng.standard_normal((300, 240)), rng.standard_normal((4, 300, 240))
    assert start.size > 2 * ENTRIES_AT_ONCE
    whole, rows = Tensor(np.array(start, order=order)), [Tensor(row) for row in start]
    ours, theirs = optimizer([whole], **settings), [optimizer([row], **settings) for row in rows]  # small ones of one would be joined
    for gradient in gradients:
        whole.grad = np.array(gradient, order="F" if order == "C" else "C")
        for row, g in zip(rows, gradient, strict=True):
            row.grad = g
        before = whole.grad.copy()
        ours.step()
        for each in theirs:
            each.step()
        np.testing.assert_array_equal(whole.grad, before)
    np.testing.assert_allclose(whole.data, [row.data for row in rows], rtol=1e-14)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_step_between_forward_and_backward_is_noticed(optimizer, kind):
    params = parameters(kind)
    loss = bumps(params)
    loss.backward()
    optimizer(params, lr=0.1).step()
    with pytest.raises(RuntimeError, match="was changed after"):
        loss.backward()


def test_a_step_inside_a_compiled_function_is_refused():
    p = Tensor([1.0, 2.0])
    descent = optim.SGD([p], lr=0.1)
    p.grad = np.ones(2)

    def train():
        descent.step()
        return (p * p).sum()

    with pytest.raises(TypeError, match=r"cannot be compiled: \.grad"):
        autograd.compile(train)()
    np.testing.assert_array_equal(p.data, [1.0, 2.0])


def test_centered_rmsprop_survives_gradients_that_stay_the_same():
    params = [Value(1.0), Tensor([1.0, 2.0])]
    descent = optim.RMSprop(params, alpha=0.5, centered=True)
    for _ in range(200):  # the variance goes to 0, and by rounding below
        for p in params:
            p.grad = p.data * 0 + 0.1
        descent.step()
        assert np.isfinite(numbers(params)).all()


@pytest.mark.parametrize("scale", [1e-200, 1e200])
@pytest.mark.parametrize("kind", KINDS)
def test_adam_survives_gradients_whose_squares_leave_the_range_of_floats(kind, scale):
    params = parameters(kind)
    for p in params:
        p.grad = p.data * 0 + scale
    with np.errstate(over="ignore"):
        optim.Adam(params, lr=0.1).step()
    assert np.isfinite(numbers(params)).all()


@pytest.mark.parametrize("method", [nn.optim.Adam, nn.optim.SGD])
def test_small_parameters_with_gradients_at_different_steps_change_as_if_each_had_its_own_optimizer(method):
    rng = np.random.default_rng(0)
    together = [Tensor(rng.normal(size=shape)) for shape in ((2, 3), (3,), (4, 1))]
    alone = [Tensor(p.data) for p in together]
    optimizer, optimizers = method(together, lr=0.1), [method([p], lr=0.1) for p in alone]
    for turn in ([0, 1, 2], [0, 1], [2], [], [0, 1, 2], [1]):
        for i in range(3):
            together[i].grad = alone[i].grad = rng.normal(size=together[i].shape) if i in turn else None
        optimizer.step()
        for each in optimizers:
            each.step()
        for p, q in zip(together, alone, strict=True):
            np.testing.assert_array_equal(p.data, q.data)
    steps = [each.state.get(p, {}).get("step") for p, each in zip(alone, optimizers, strict=True)]
    assert [optimizer.state.get(p, {}).get("step") for p in together] == steps
