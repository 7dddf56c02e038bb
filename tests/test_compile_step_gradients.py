"""Claims about gradients in a compiled step, which are added up, clipped and forgotten; and about layers and schedules that change."""

import math

import numpy as np
import pytest
from optimizing import KINDS, bumps, numbers, parameters
from stepping import both, loss_of, step_of, values

import autograd
import nn
from autograd import Tensor, Value
from nn import optim

# --- gradients: accumulated, clipped, forgotten -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_add_up_over_several_calls(kind):
    def run(compiled):
        params = parameters(kind)
        optimizer = optim.Adam(params, lr=0.1)

        def accumulate(x):
            loss = bumps([p * x for p in params])
            loss.backward()
            return loss

        def step():
            optimizer.step()
            optimizer.zero_grad()

        if compiled:
            accumulate = autograd.compile(accumulate)
            step = autograd.compile(step)
        for _ in range(3):
            for x in (1.0, 0.5, 2.0):
                accumulate(x)
            step()
        return numbers(params)

    np.testing.assert_allclose(run(True), run(False), rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("order", [1.0, 2.0, math.inf])
def test_gradients_are_clipped_and_their_norm_is_returned(kind, order):
    def make():
        params = parameters(kind)
        optimizer = optim.SGD(params, lr=0.1, momentum=0.9)

        def step():
            loss = bumps(params)
            optimizer.zero_grad()
            loss.backward()
            norm = nn.utils.clip_grad_norm_(params, 0.7, order)
            optimizer.step()
            return loss + norm if isinstance(norm, Value) else Value(loss.data + norm)

        return step, params

    both(make)


@pytest.mark.parametrize("kind", KINDS)
def test_the_entries_of_gradients_are_clipped(kind):
    def make():
        params = parameters(kind)
        optimizer = optim.SGD(params, lr=0.1)

        def step():
            loss = bumps(params)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_value_(params[:2], 0.5)
            optimizer.step()
            return loss

        return step, params

    both(make)


def test_clipping_that_would_raise_for_some_numbers_is_refused():
    w = [Value(1.0)]

    @autograd.compile
    def f():
        (w[0] * w[0]).backward()
        nn.utils.clip_grad_norm_(w, 1.0, error_if_nonfinite=True)

    with pytest.raises(TypeError, match="leave error_if_nonfinite out"):
        f()


def test_a_parameter_without_a_gradient_stays():
    def make():
        used, unused = Tensor([1.0, 2.0]), Tensor([3.0])
        optimizer = optim.SGD([used, unused], lr=0.1, weight_decay=0.5)
        return step_of([used], optimizer), [used, unused]

    both(make)


def test_a_parameter_with_a_gradient_from_before_is_changed_by_it():
    def make():
        used, unused = Tensor([1.0, 2.0]), Tensor([3.0])
        unused.grad = [2.0]
        optimizer = optim.SGD([used, unused], lr=0.1)

        def step():
            loss = bumps([used])
            loss.backward()
            optimizer.step()
            return loss

        return step, [used, unused]

    both(make)


def test_forgetting_to_zero_lets_momentum_go_on():
    def make():
        used, unused = Tensor([1.0, 2.0]), Tensor([3.0])
        optimizer = optim.SGD([used, unused], lr=0.1, weight_decay=0.5)
        bumps([unused]).backward()

        def step():
            loss = bumps([used])
            optimizer.zero_grad(set_to_none=False)
            loss.backward()
            optimizer.step()
            return loss

        return step, [used, unused]

    both(make)


def test_a_model_and_single_parameters_forget_their_gradients():
    def make():
        model = values()
        optimizer = optim.SGD(model.parameters(), lr=0.1)

        def step():
            loss = loss_of(model)
            model.zero_grad()
            loss.backward()
            optimizer.step()
            for p in model.parameters():
                p.grad = 0.0
            return loss

        return step, model.parameters()

    both(make)


def test_two_losses_and_two_optimizers():
    def make():
        a, b = Tensor([1.0, -2.0]), [Value(0.5), Value(0.25)]
        first, second = optim.SGD([a], lr=0.1), optim.Adam(b, lr=0.1)

        def step():
            one, other = bumps([a]) * b[0], bumps(b)
            first.zero_grad()
            second.zero_grad()
            one.backward()
            other.backward(3.0)
            first.step()
            second.step()
            return one + other

        return step, [a, *b]

    both(make)


def test_groups_have_their_own_settings():
    def make():
        a, b, c = Tensor([1.0, -2.0]), Value(0.5), Tensor([[0.5]])
        groups = [{"params": [a]}, {"params": [b, c], "lr": 0.02, "momentum": 0.5}]
        return step_of([a, b, c], optim.SGD(groups, lr=0.1)), [a, b, c]

    both(make)


def test_a_part_of_the_values_in_an_array_learns():
    def make():
        model = values()
        ps = list(model.parameters())
        ps[1].requires_grad = False
        optimizer = optim.Adam(ps[::2], lr=0.1)
        return step_of(ps, optimizer, loss=lambda _: loss_of(model)), ps

    both(make)


def test_frozen_and_thawed_parameters():
    model = values()
    ps = list(model.parameters())
    step = autograd.compile(step_of(ps, optim.SGD(ps, lr=0.1), loss=lambda _: loss_of(model)))
    step()
    ps[0].requires_grad = False
    before = ps[0].data
    step()
    assert ps[0].data == before
    ps[0].requires_grad = True
    step()
    assert ps[0].data != before


# --- layers that change, random numbers, schedules ----------------------------------------------------------------------


def test_batch_norm_and_dropout_are_in_the_step():
    def make():
        nn.manual_seed(1)
        # No bias before the normalization: its gradient is 0 but for rounding, and Adam would make large steps of that.
        model = nn.Sequential(
            nn.Linear(2, 8, bias=False, rng=0, dtype=float), nn.BatchNorm1d(8, dtype=float), nn.ReLU(), nn.Dropout(0.3, rng=2),
            nn.Linear(8, 1, rng=1, dtype=float),
        )  # fmt: skip
        optimizer = optim.AdamW(model.parameters(), lr=0.05)
        norm = model[1]
        return step_of(None, optimizer, loss=lambda _: loss_of(model)), [
            *model.parameters(), Tensor(norm.running_mean, "mean")
        ], model  # fmt: skip

    (eager, _, one), (function, _, other) = make(), make()
    step = autograd.compile(function)
    for _ in range(4):
        np.testing.assert_allclose(step().data, eager().data, rtol=1e-12)
    for name, x in one.state_dict().items():
        np.testing.assert_allclose(other.state_dict()[name], x, rtol=1e-12)


@pytest.mark.parametrize(
    "schedule",
    [
        lambda o: optim.OneCycleLR(o, max_lr=0.1, total_steps=9),
        lambda o: optim.ExponentialLR(o, gamma=0.5),
        lambda o: optim.SequentialLR(o, [optim.LinearLR(o, 0.1, total_iters=2), optim.CosineAnnealingLR(o, 5)], [2]),
        lambda o: optim.LambdaLR(o, lambda epoch: 1 / (epoch + 1)),
    ],
)
@pytest.mark.parametrize("inside", [True, False])
def test_schedules_work_inside_and_outside_of_the_step(schedule, inside):
    def run(compiled):
        params = parameters("Tensor")
        optimizer = optim.SGD(params, lr=0.1, momentum=0.9)
        plan = schedule(optimizer)
        inner = step_of(params, optimizer)

        def step():
            loss = inner()
            if inside:
                plan.step()
            return loss

        if compiled:
            step = autograd.compile(step)
        for _ in range(6):
            step()
            if not inside:
                plan.step()
        if compiled:
            assert len(step.programs) == 1
        return numbers(params), optimizer.lr

    (a, one), (b, other) = run(True), run(False)
    np.testing.assert_allclose(a, b, rtol=1e-12)
    assert one == other


def test_a_schedule_by_the_loss_is_told_the_loss_of_each_step():
    def run(compiled):
        w = [Value(1.0)]
        optimizer = optim.SGD(w, lr=0.5)
        plan = optim.ReduceLROnPlateau(optimizer, patience=0, factor=0.5)

        def step():
            loss = 3.0 + 0.0 * w[0]
            loss.backward()
            optimizer.step()
            plan.step(loss)
            return loss

        step = autograd.compile(step) if compiled else step
        for _ in range(4):
            step()
        return optimizer.lr

    assert run(True) == run(False) == 0.0625


@pytest.mark.parametrize("last", [False, True], ids=["forgets first", "forgets last"])
def test_a_branch_that_is_not_taken_does_not_spoil_a_gradient_that_is_forgotten_after_the_step(last):
    def trained(compile):
        w = [Value(1.0), Value(2.0)]
        optimizer = optim.SGD(w, lr=0.1)

        def step(xs):
            if not last:
                optimizer.zero_grad()
            loss = sum(autograd.where(w[0] * x > 0, autograd.sqrt(w[0] * x), w[1] * x) for x in xs)
            loss.backward()
            optimizer.step()
            if last:
                optimizer.zero_grad()
            return loss

        step = autograd.compile(step) if compile else step
        for _ in range(3):
            step([0.5, -0.5, 0.0])
        return numbers(w)

    np.testing.assert_allclose(trained(compile=True), trained(compile=False), rtol=1e-12)
