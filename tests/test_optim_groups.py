"""Claims about the groups of an optimizer: their settings, and what is refused as parameters and settings."""

import math

import numpy as np
import pytest
from optimizing import OPTIMIZERS, START, numbers, step

import nn
from autograd import Tensor, Value, no_grad
from nn import optim


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_groups_have_their_own_settings_as_in_pytorch(optimizer, pytorch):
    def grouped(params):
        return [{"params": params[:2], "lr": 0.03}, {"params": params[2], "weight_decay": 0.2}]

    def theirs(torch):
        params, steps = [torch.tensor([x], dtype=torch.float64, requires_grad=True) for x in START], []
        reference = getattr(torch.optim, optimizer.__name__)(grouped(params), lr=0.05)
        for i in range(10):
            if i == 5:
                reference.param_groups[1]["lr"] = 0.01
            reference.zero_grad()
            sum((p * p + torch.sin(3 * p)).sum() for p in params).backward()
            reference.step()
            steps.append([p.item() for p in params])
        return steps

    ours = [Tensor([x]) for x in START]
    descent = optimizer(grouped(ours), lr=0.05)
    for i, expected in enumerate(pytorch(theirs)):
        if i == 5:
            descent.param_groups[1]["lr"] = 0.01
        step(descent, ours)
        np.testing.assert_allclose(numbers(ours), expected, rtol=1e-12)


def test_a_group_can_be_added_later():
    early, late = Value(1.0), Value(1.0)
    descent = optim.SGD([early], lr=0.1)
    descent.add_param_group({"params": late, "lr": 0.5})
    early.grad = late.grad = 1.0
    descent.step()
    assert (early.data, late.data) == (0.9, 0.5)
    assert descent.param_groups[1]["params"] == [late]
    descent.zero_grad()
    assert (early.grad, late.grad) == (0.0, 0.0)


def test_settings_of_a_group_can_be_changed_between_steps():
    p = Value(1.0)
    descent = optim.SGD([p], lr=0.1)
    p.grad = 1.0
    descent.step()
    descent.param_groups[0].update(lr=0.2, momentum=0.5)
    descent.step()  # the first with momentum: its velocity is the gradient
    descent.step()
    assert p.data == pytest.approx(1.0 - 0.1 - 0.2 * 1 - 0.2 * 1.5, rel=1e-14)


def test_a_setting_changed_to_what_is_impossible_is_refused_at_the_step():
    p = Value(1.0)
    descent = optim.SGD([p], lr=0.1)
    p.grad = 1.0
    descent.param_groups[0]["lr"] = math.nan
    with pytest.raises(ValueError, match="lr must be finite and not negative; got nan"):
        descent.step()
    assert p.data == 1.0


def test_lr_is_that_of_all_groups():
    descent = optim.SGD([{"params": [Value(1.0)]}, {"params": [Value(1.0)]}], lr=0.1)
    assert descent.lr == 0.1
    descent.lr = 0.2
    assert [group["lr"] for group in descent.param_groups] == [0.2, 0.2]
    with pytest.raises(ValueError, match="lr must be finite and not negative; got -1"):
        descent.lr = -1
    assert descent.lr == 0.2
    descent.param_groups[1]["lr"] = 0.3
    with pytest.raises(ValueError, match=r"different learning rates, \[0.2, 0.3\]; read optimizer.param_groups"):
        descent.lr  # noqa: B018


@pytest.mark.parametrize(
    ("groups", "error", "sentence"),
    [
        (
            [{"params": [Value(1.0)], "rate": 1.0}],
            ValueError,
            "group of SGD has params, lr, momentum, dampening, weight_decay, nesterov, maximize; there is no rate",
        ),
        ([{"lr": 0.1}], TypeError, 'a dict such as {"params": model.parameters(), "lr": 0.1}; got {\'lr\': 0.1}'),
        ([{"params": []}], ValueError, "got no parameters"),
        ([{"params": [Value(1.0)], "lr": -1}], ValueError, "lr must be finite and not negative; got -1"),
        ([{"params": [1.0]}], TypeError, "changes Values and Tensors, not a float"),
        ([{"params": 1.0}], TypeError, "takes a list of parameters, not a float"),
        ([{"params": [Value(1.0)]}, Value(2.0)], TypeError, "changes Values and Tensors, not a dict"),
    ],
)
def test_what_is_no_list_of_groups_is_refused(groups, error, sentence):
    with pytest.raises(error) as caught:
        optim.SGD(groups, lr=0.1)
    assert sentence in str(caught.value)


def test_a_parameter_in_two_groups_is_refused():
    p = Value(1.0, label="w")
    with pytest.raises(ValueError, match="Value 'w' is in two parameter groups; each parameter belongs to one"):
        optim.SGD([{"params": p}, {"params": [Value(1.0), p]}])


def test_a_base_optimizer_says_that_it_has_no_formula():
    with pytest.raises(NotImplementedError, match=r"does not define update\(self, p, g, "):
        optim.Optimizer([Value(1.0)], {"lr": 0.1}).step()


def constant():
    with no_grad():
        return Value(1.0) * 2


@pytest.mark.parametrize(
    ("params", "error", "sentence"),
    [
        ([], ValueError, "got no parameters; pass model.parameters()"),
        (nn.MLP(2, [1]), TypeError, "takes a list of parameters, not a MLP; pass model.parameters()"),
        (Value(1.0), TypeError, "takes a list of parameters, not a Value"),
        (Tensor([1.0, 2.0]), TypeError, "takes a list of parameters, not a Tensor"),
        (None, TypeError, "takes a list of parameters, not a NoneType"),
        ([1.0], TypeError, "changes Values and Tensors, not a float"),
        ({"w": Value(1.0)}, TypeError, "changes Values and Tensors, not a str"),
        ([[Value(1.0)]], TypeError, "changes Values and Tensors, not a list"),
        ([Value(1.0) * 2], ValueError, "cannot change the Value 2.0 (from multiply), which was computed or is a constant"),
        ([constant()], ValueError, "cannot change the Value 2.0, which was computed or is a constant"),
        ([Tensor([1.0]).detach()], ValueError, "cannot change the Tensor of shape (1,)"),
    ],
)
def test_what_is_no_list_of_parameters_is_refused(params, error, sentence):
    with pytest.raises(error) as caught:
        optim.SGD(params, lr=0.1)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("optimizer", "settings", "error", "sentence"),
    [
        (optim.SGD, {"lr": -0.1}, ValueError, "lr must be finite and not negative; got -0.1"),
        (optim.SGD, {"lr": math.nan}, ValueError, "lr must be finite and not negative; got nan"),
        (optim.Adam, {"lr": math.inf}, ValueError, "lr must be finite and not negative; got inf"),
        (optim.SGD, {"lr": "0.1"}, TypeError, "lr must be a number; got '0.1'"),
        (optim.SGD, {"momentum": -0.5}, ValueError, "momentum must be finite and not negative; got -0.5"),
        (optim.SGD, {"momentum": 0.5, "dampening": -1}, ValueError, "dampening must be finite and not negative; got -1"),
        (optim.SGD, {"weight_decay": -1}, ValueError, "weight_decay must be finite and not negative"),
        (optim.SGD, {"nesterov": True}, ValueError, "Nesterov's variant needs a momentum above 0 and no dampening"),
        (optim.SGD, {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, ValueError, "Nesterov's variant needs"),
        (optim.Adam, {"eps": -1e-8}, ValueError, "eps must be finite and not negative"),
        (optim.Adam, {"eps": 0}, ValueError, "eps must be above 0"),
        (optim.Adam, {"betas": (0.9, 1.0)}, ValueError, "betas must be numbers from 0 to below 1, such as (0.9, 0.999); got (0.9, 1.0)"),
        (optim.Adam, {"betas": (-0.1, 0.9)}, ValueError, "betas must be numbers from 0 to below 1"),
        (optim.Adam, {"betas": (0.9, math.nan)}, ValueError, "betas must be numbers from 0 to below 1"),
        (optim.Adam, {"betas": 0.9}, ValueError, "betas must be numbers from 0 to below 1, such as (0.9, 0.999); got 0.9"),
        (optim.Adam, {"betas": (0.9, 0.9, 0.9)}, ValueError, "betas must be two numbers, of the two running means; got (0.9, 0.9, 0.9)"),
        (optim.Adam, {"betas": ("a", "b")}, ValueError, "betas must be numbers from 0 to below 1"),
        (optim.RMSprop, {"alpha": 1.5}, ValueError, "alpha must be from 0 to 1; got 1.5"),
        (optim.RMSprop, {"alpha": -0.1}, ValueError, "alpha must be finite and not negative; got -0.1"),
        (optim.RMSprop, {"eps": 0}, ValueError, "eps must be above 0: where a gradient has always been 0, RMSprop would divide 0 by 0"),
        (optim.Adagrad, {"eps": 0.0}, ValueError, "Adagrad would divide 0 by 0"),
        (optim.Adagrad, {"lr_decay": -1}, ValueError, "lr_decay must be finite and not negative; got -1"),
        (optim.Adagrad, {"initial_accumulator_value": math.inf}, ValueError, "initial_accumulator_value must be finite"),
        (optim.SGD, {"nesterov": "yes"}, TypeError, "nesterov must be a number; got 'yes'"),
        (optim.AdamW, {"weight_decay": None}, TypeError, "weight_decay must be a number; got None"),
    ],
)
def test_settings_out_of_range_are_refused(optimizer, settings, error, sentence):
    with pytest.raises(error) as caught:
        optimizer([Value(1.0)], **settings)
    assert sentence in str(caught.value)
