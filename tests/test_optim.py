"""Claims about the optimizers: they are PyTorch's, step for step, for parameters of either kind and of few digits."""

import math
import warnings

import numpy as np
import pytest
from optimizing import KINDS, OPTIMIZERS, SETTINGS, START, bumps, numbers, parameters, step

import autograd
import nn
from autograd import Tensor, Value
from nn import optim
from nn.optim import Optimizer
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
        torch.set_default_dtype(torch.float64)  # in which NAdam multiplies its factors
        p, steps = torch.tensor(START, requires_grad=True), []
        reference = getattr(torch.optim, optimizer.__name__)([p], **settings)
        for _ in range(30):
            reference.zero_grad()
            (p * p + torch.sin(3 * p)).sum().backward()
            reference.step()
            steps.append(p.tolist())
        torch.set_default_dtype(torch.float32)
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


def test_what_follows_a_step_inside_a_compiled_function_is_refused():
    p = Tensor([1.0, 2.0])
    descent = optim.SGD([p], lr=0.1)
    p.grad = np.ones(2)

    def train():
        descent.step()
        return (p * p).sum()

    with pytest.raises(TypeError, match=r"uses parameters after optimizer\.step\(\) has changed them"):
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


# --- parameters of few digits ---------------------------------------------------------------------


SHORT = [1.0, -2.0, 0.25, 0.0]
METHODS = [
    (optim.SGD, {"lr": 0.01, "momentum": 0.9, "weight_decay": 1e-4}),
    (optim.Adam, {"lr": 0.01}),
    (optim.Adam, {"lr": 0.01, "amsgrad": True, "betas": (0.9, 0.99999)}),
    (optim.AdamW, {"lr": 0.01, "weight_decay": 1e-4}),
    (optim.RMSprop, {"lr": 0.01}),
    (optim.RMSprop, {"lr": 0.01, "centered": True, "alpha": 0.9999}),
    (optim.Adagrad, {"lr": 0.1}),
]


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1.0, 300.0])
@pytest.mark.parametrize("size", [1, 3000])  # a few together, and a large one
@pytest.mark.parametrize(("method", "settings"), METHODS)
def test_parameters_in_float16_follow_those_in_float32(method, settings, size, scale):
    short, long = (Tensor(np.repeat(np.array(SHORT, dtype), size)) for dtype in (np.float16, np.float32))
    descents = [method([p], **settings) for p in (short, long)]
    for i in range(20):
        gradient = np.repeat(np.float16([1.0, -0.5, 0.0, 2.0]) * np.float16(scale), size)
        for p, descent in zip((short, long), descents, strict=True):
            p.grad = gradient.astype(p.dtype) * (1 + i % 2)
            with warnings.catch_warnings():  # of steps that are too small
                warnings.simplefilter("ignore", RuntimeWarning)
                descent.step()
        assert np.isfinite(short.data).all()
    assert short.data.dtype == np.float16
    np.testing.assert_allclose(short.data, long.data, rtol=0.02, atol=0.02)


@pytest.mark.parametrize(("method", "settings"), METHODS)
def test_an_optimizer_of_float16_goes_on_from_its_state_bit_for_bit(method, settings):
    p, q = Tensor(np.float16(SHORT)), Tensor(np.float16(SHORT))
    descent, other = method([p], **settings), method([q], **settings)
    for i in range(6):
        if i == 3:
            q.data = p.data
            other.load_state_dict(descent.state_dict())
        p.grad, q.grad = p.data / 2, q.data / 2
        descent.step()
        if i >= 3:
            other.step()
    np.testing.assert_array_equal(p.data, q.data)


@pytest.mark.parametrize("method", [optim.Adam, optim.AdamW, optim.RMSprop, optim.Adagrad])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_an_eps_that_is_0_in_the_precision_of_a_parameter_is_refused(method, dtype):
    sentence = r"eps=1e-50 is as good as 0 in float32, in which .*'w' is computed, and \w+ would divide 0 by 0; take more than 1e-38, such"
    p = Tensor(np.ones(2, dtype), label="w")
    with pytest.raises(ValueError, match=sentence):
        method([Value(1.0), p], eps=1e-50)
    descent = method([p])
    with pytest.raises(ValueError, match=sentence):
        descent.load_state_dict({"state": {}, "param_groups": [{**descent.state_dict()["param_groups"][0], "eps": 1e-50}]})
    descent.param_groups[0]["eps"] = 1e-50
    p.grad = np.ones(2, dtype)
    with pytest.raises(ValueError, match=sentence):
        descent.step()
    assert (p.data == 1).all()
    method([Value(1.0), Tensor([1.0])], eps=1e-50)  # which float64 has


@pytest.mark.parametrize("method", [optim.SGD, optim.Adam])
def test_a_step_too_small_for_float16_is_told_once(method):
    p = Tensor(np.ones(3, np.float16))
    descent = method([p], lr=1e-5)
    p.grad = np.ones(3, np.float16)
    with pytest.warns(RuntimeWarning, match=f"A step of {method.__name__} was too small to change parameters in float16") as caught:
        descent.step()
    assert caught[0].filename == __file__
    descent.step()  # a second warning would be an error


@pytest.mark.parametrize(("gradient", "rate"), [(0.0, 0.1), (1.0, 0.0)])
def test_a_step_that_is_to_change_nothing_is_no_lost_one(gradient, rate):
    p = Tensor(np.ones(3, np.float16))
    p.grad = np.full(3, gradient, np.float16)
    optim.SGD([p], lr=rate).step()


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("size", [2e-4, 1e-3, 2.0, 300.0])  # whose squares are too small, or too large, for float16
def test_the_length_of_many_gradients_in_float16_is_right(dtype, size):
    p = Tensor(np.ones(40_000, dtype))
    p.grad = np.full(40_000, size, dtype)
    length = 200 * float(p.grad[0])
    assert nn.utils.clip_grad_norm_([p], length / 2) == pytest.approx(length, rel=1e-3)
    np.testing.assert_allclose(p.grad, size / 2, rtol=2e-3)


NORMS = [
    lambda eps, **others: nn.BatchNorm1d(2, eps=eps, **others),
    lambda eps, **others: nn.LayerNorm(2, eps=eps, **others),
    lambda eps, **others: nn.RMSNorm(2, eps=eps, **others),
]


@pytest.mark.parametrize("norm", NORMS)
def test_an_eps_of_a_normalisation_that_becomes_0_is_refused(norm):
    with pytest.raises(ValueError, match="eps=1e-08 becomes 0 in float16; take at least 6e-08, or float32"):
        norm(1e-8, dtype=np.float16)
    with pytest.raises(ValueError, match="eps must be finite and not negative; got -1"):
        norm(-1)
    assert np.isfinite(norm(1e-5, dtype=np.float16)(np.ones((4, 2), np.float16)).data).all()


@pytest.mark.parametrize(
    "norm",
    [
        nn.BatchNorm1d(2, eps=1e-8, affine=False, track_running_stats=False),
        nn.LayerNorm(2, eps=1e-8, elementwise_affine=False),
        nn.RMSNorm(2, eps=1e-8, elementwise_affine=False),
    ],
)
def test_an_eps_is_held_against_the_precision_of_the_input_where_the_layer_has_none(norm):
    assert np.isfinite(np.asarray(norm(np.ones((4, 2), np.float32)))).all()
    with pytest.raises(ValueError, match="eps=1e-08 becomes 0 in float16"):
        norm(np.ones((4, 2), np.float16))


class Lion(Optimizer):
    """As somebody might write it."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.99), **others):
        super().__init__(params, {"lr": lr, "betas": betas, **others})

    def memory(self, settings):
        return {"exp_avg": 0.0}

    def update(self, p, g, m, *, step, lr, betas):
        p -= lr * np.sign(betas[0] * m + (1 - betas[0]) * g)
        m += (1 - betas[1]) * (g - m)


@pytest.mark.parametrize("betas", [5, 0.9, (), (0.9, 5), (0.9, -0.1), (0.9, float("nan")), "ab", None, (0.9, 1.0)])
def test_betas_of_an_optimizer_of_the_users_own_are_checked(betas):
    with pytest.raises(ValueError, match=r"betas must be numbers from 0 to below 1, such as \(0.9, 0.999\); got"):
        Lion([Value(1.0)], betas=betas)
    descent = Lion([Value(1.0)])
    descent.param_groups[0]["betas"] = betas
    with pytest.raises(ValueError, match="betas must be numbers from 0 to below 1"):
        descent.step()


@pytest.mark.parametrize("setting", ["fast", (1, 2), None, [0.5]])
def test_every_setting_of_the_users_own_is_checked_or_named_as_unchecked(setting):
    with pytest.raises(TypeError, match=r"mode must be a number; got .*\. Lion\.unchecked names settings of other kinds"):
        Lion([Value(1.0)], mode=setting)

    class Free(Lion):
        unchecked = ("mode",)

    assert Free([Value(1.0)], mode=setting).defaults["mode"] == setting
    with pytest.raises(ValueError, match="lr must be finite and not negative; got -1"):
        Free([Value(1.0)], lr=-1, mode=setting)


def test_no_optimizer_of_this_library_leaves_a_setting_unchecked():
    for method in (optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop, optim.Adagrad):
        for name in method([Value(1.0)]).defaults:
            with pytest.raises((TypeError, ValueError), match=f"^{name} must be"):
                method([Value(1.0)], **{name: "5"})


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("size", [3, 100_000])
@pytest.mark.parametrize(("gradient", "kind"), [(np.nan, "nan"), (np.inf, "infinity")])
def test_a_step_of_ones_own_loop_that_puts_nan_or_infinity_into_parameters_is_told_once(dtype, size, gradient, kind):
    sound, p = Tensor(np.ones(size, dtype)), Tensor(np.ones(size, dtype), label="w")
    sound.grad, p.grad = np.ones(size, dtype), np.ones(size, dtype)
    descent = optim.SGD([sound, p], lr=0.5)
    descent.step()
    p.grad[1] = gradient
    sentence = f"After this step of SGD, Tensor 'w' has {kind}: the training diverges, or the data are not finite. Try a smaller learning"
    with pytest.warns(RuntimeWarning, match=sentence) as caught:
        descent.step()
    assert caught[0].filename == __file__
    descent.step()  # a second warning would be an error


@pytest.mark.parametrize("number", [1e-6, 300.0, 60_000.0])
def test_large_parameters_that_are_finite_are_nothing_to_tell(number):
    for dtype in (np.float16, np.float32):
        p = Tensor(np.full(5000, number if dtype is np.float16 else number * 1e30, dtype))
        p.grad = np.zeros(5000, dtype)
        optim.SGD([p]).step()


def test_a_value_that_becomes_nan_is_told():
    w = Value(1.0, label="w")
    w.grad = float("nan")
    with pytest.warns(RuntimeWarning, match="Value 'w' has nan"):
        optim.Adam([w]).step()


@pytest.mark.parametrize(
    ("method", "name"), [(optim.SGD, "momentum"), (optim.SGD, "dampening"), (optim.RMSprop, "momentum"), (optim.RMSprop, "alpha")]
)
def test_a_share_above_1_is_refused(method, name):
    with pytest.raises(ValueError, match=f"{name} must be from 0 to 1; got 9.0"):
        method([Value(1.0)], **{name: 9.0})
