"""Claims about the schedules: they are PyTorch's, epoch for epoch, and fit together."""

import copy
import itertools
import json
import math
import warnings

import numpy as np
import pytest

from autograd import Tensor, Value
from nn import optim
from nn.optim import lr_scheduler

# Each schedule with its arguments, and PyTorch 2.13's learning rates of 10 epochs for SGD(lr=0.4, momentum=0.9).
RATES = [
    ("MultiStepLR", {"milestones": [2, 5, 5], "gamma": 0.5}, [0.4, 0.4, 0.2, 0.2, 0.2, 0.05, 0.05, 0.05, 0.05, 0.05]),
    (
        "MultiStepLR",
        {"milestones": [8, 1]},
        [
            0.4, 0.04000000000000001, 0.04000000000000001, 0.04000000000000001, 0.04000000000000001,
            0.04000000000000001, 0.04000000000000001, 0.04000000000000001, 0.004000000000000001, 0.004000000000000001,
        ],
    ),
    (
        "CosineAnnealingWarmRestarts",
        {"T_0": 3},
        [
            0.4, 0.30000000000000004, 0.10000000000000005, 0.4, 0.30000000000000004,
            0.10000000000000005, 0.4, 0.30000000000000004, 0.10000000000000005, 0.4,
        ],
    ),
    (
        "CosineAnnealingWarmRestarts",
        {"T_0": 2, "T_mult": 2, "eta_min": 0.01},
        [
            0.4, 0.20500000000000002, 0.4, 0.34288582233137677, 0.20500000000000002,
            0.06711417766862325, 0.4, 0.38515650883970093, 0.34288582233137677, 0.2796232693111925,
        ],
    ),
    ("StepLR", {"step_size": 3, "gamma": 0.5}, [0.4, 0.4, 0.4, 0.2, 0.2, 0.2, 0.1, 0.1, 0.1, 0.05]),
    ("StepLR", {"step_size": 1}, [0.4, 0.04, 0.004, 4e-4, 4e-5, 4e-6, 4e-7, 4e-8, 4e-9, 4e-10]),
    (
        "ExponentialLR",
        {"gamma": 0.8},
        [0.4, 0.32, 0.256, 0.2048, 0.16384, 0.131072, 0.1048576, 0.08388608, 0.067108864, 0.0536870912],
    ),
    (
        "LinearLR",
        {},
        [0.13333333333333333, 0.18666666666666668, 0.24, 0.2933333333333334, 0.34666666666666673, 0.4, 0.4, 0.4, 0.4, 0.4],
    ),
    (
        "LinearLR",
        {"start_factor": 0.1, "end_factor": 0.7, "total_iters": 4},
        [0.04, 0.1, 0.16, 0.22, 0.28, 0.28, 0.28, 0.28, 0.28, 0.28],
    ),
    (
        "LinearLR",
        {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 3},
        [0.4, 0.2666666666666667, 0.13333333333333336, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    ),
    (
        "CosineAnnealingLR",
        {"T_max": 5},
        [
            0.4, 0.3618033988749895, 0.2618033988749895, 0.13819660112501053, 0.03819660112501053, 0.0, 0.03819660112501051,
            0.1381966011250106, 0.26180339887498966, 0.36180339887498975,
        ],
    ),
    (
        "CosineAnnealingLR",
        {"T_max": 4, "eta_min": 0.01},
        [
            0.4, 0.34288582233137677, 0.205, 0.06711417766862325, 0.01, 0.06711417766862322, 0.205, 0.34288582233137693, 0.4,
            0.342885822331377,
        ],
    ),
    (
        "OneCycleLR",
        {"max_lr": 1.0, "total_steps": 10},
        [
            0.04, 0.52, 1.0, 0.9504846320134737, 0.8117456539497631, 0.6112620219362893, 0.38874197806371075,
            0.18825834605023697, 0.049519367986526286, 4e-06,
        ],
    ),
    (
        "OneCycleLR",
        {"max_lr": 0.5, "epochs": 5, "steps_per_epoch": 2, "anneal_strategy": "linear", "pct_start": 0.45},
        [
            0.02, 0.1571428571428571, 0.29428571428571426, 0.4314285714285714, 0.4545456363636364, 0.36363690909090907,
            0.2727281818181818, 0.18181945454545456, 0.09091072727272725, 2e-06,
        ],
    ),
    (
        "OneCycleLR",
        {
            "max_lr": 0.5, "total_steps": 10, "three_phase": True, "div_factor": 10.0, "final_div_factor": 100.0,
            "base_momentum": 0.7, "max_momentum": 0.9,
        },
        [
            0.05, 0.275, 0.5, 0.275, 0.05, 0.04527317061077995, 0.03289817061077995, 0.017601829389220055,
            0.005226829389220054, 0.0005,
        ],
    ),
    (
        "OneCycleLR",
        {"max_lr": 0.5, "total_steps": 10, "pct_start": 0.0, "cycle_momentum": False},
        [
            0.4877641780172721, 0.4522544395767425, 0.396946725287866, 0.3272549395767425, 0.250001, 0.17274706042325755,
            0.10305527471213403, 0.04774756042325754, 0.012237821982727912, 2e-06,
        ],
    ),
]  # fmt: skip
CURVES = [(name, arguments) for name, arguments, _ in RATES if name != "OneCycleLR"]
# After which metrics PyTorch 2.13 has which learning rates, from 0.4 with factor=0.5, patience=1, cooldown=1.
METRICS = [1.0, 0.9, 0.95, 0.9, 0.9, 0.91, 0.89991, 0.8, 0.85, 0.85, 0.85, 0.85]
ON_PLATEAU = [0.4, 0.4, 0.4, 0.2, 0.2, 0.2, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05]


def descent(kind=optim.SGD, **settings):
    return kind([Value(1.0)], **({"lr": 0.4, "momentum": 0.9} if kind is optim.SGD else {"lr": 0.4}), **settings)


def rates(optimizer, schedule, epochs=10):
    out = []
    for _ in range(epochs):
        out.append(optimizer.lr)
        optimizer.step()
        schedule.step()
    return out


def in_torch(kind="SGD", **settings):
    torch = pytest.importorskip("torch")
    warnings.filterwarnings("ignore", category=UserWarning, module="torch")
    return getattr(torch.optim, kind)([torch.zeros(1, requires_grad=True)], lr=0.4, **settings), torch.optim.lr_scheduler


@pytest.mark.parametrize(("name", "arguments", "expected"), RATES)
def test_learning_rates_are_pytorchs(name, arguments, expected):
    optimizer = descent()
    schedule = getattr(lr_scheduler, name)(optimizer, **arguments)
    np.testing.assert_allclose(rates(optimizer, schedule), expected, rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize(("name", "arguments", "_"), RATES)
def test_learning_rates_and_momenta_are_pytorchs_for_several_groups(name, arguments, _, pytorch):
    epochs = 10 if name == "OneCycleLR" else 40

    def theirs(torch):
        reference, schedules = in_torch(momentum=0.8)
        reference.add_param_group({"params": [torch.zeros(1, requires_grad=True)], "lr": 0.03})
        schedule, rows = getattr(schedules, name)(reference, **arguments), []
        for epoch in range(epochs):
            assert schedule.last_epoch == epoch
            rows.append([[group["lr"], group["momentum"]] for group in reference.param_groups])
            reference.step()
            schedule.step()
        return rows

    optimizer = optim.SGD([{"params": Value(1.0)}, {"params": Value(1.0), "lr": 0.03}], lr=0.4, momentum=0.8)
    ours = getattr(lr_scheduler, name)(optimizer, **arguments)
    for epoch, expected in enumerate(pytorch(theirs)):
        for group, (lr, momentum) in zip(optimizer.param_groups, expected, strict=True):
            assert group["lr"] == pytest.approx(lr, rel=1e-12, abs=1e-15), epoch
            assert group["momentum"] == pytest.approx(momentum, rel=1e-12), epoch
        assert ours.get_last_lr() == [group["lr"] for group in optimizer.param_groups]
        assert ours.last_epoch == epoch
        ours.step()


def test_one_cycle_moves_the_first_beta_of_adam(pytorch):
    def theirs(torch):
        reference, schedules = in_torch("Adam", betas=(0.9, 0.99))
        schedule, betas = schedules.OneCycleLR(reference, 0.1, total_steps=20), []
        for _ in range(20):
            betas.append(reference.param_groups[0]["betas"])
            reference.step()
            schedule.step()
        return betas

    optimizer = descent(optim.Adam, betas=(0.9, 0.99))
    ours = optim.OneCycleLR(optimizer, 0.1, total_steps=20)
    for expected in pytorch(theirs):
        assert optimizer.param_groups[0]["betas"] == pytest.approx(tuple(expected), rel=1e-12)
        ours.step()


@pytest.mark.parametrize(("steps", "rise"), [(1, 0.3), (2, 0.5), (3, 1.0), (10, 0.1), (4, 0.25)])
def test_one_cycle_of_few_steps_ends_at_the_last_rate(steps, rise):
    optimizer = descent()
    schedule = optim.OneCycleLR(optimizer, max_lr=1.0, total_steps=steps, pct_start=rise)
    seen = rates(optimizer, schedule, steps)
    assert all(0 < lr <= 1.0 + 1e-12 for lr in seen)
    assert seen[-1] == pytest.approx(1.0 if rise == 1.0 else 4e-6)


@pytest.mark.parametrize("strategy", ["cos", "linear"])
def test_the_rate_stays_at_its_last_after_one_cycle_and_a_further_step_is_an_error(strategy):
    optimizer = descent()
    schedule = optim.OneCycleLR(optimizer, max_lr=1.0, total_steps=5, anneal_strategy=strategy)
    last = rates(optimizer, schedule, 5)[-1]
    assert optimizer.lr == last
    with pytest.raises(ValueError, match="OneCycleLR was made for 5 steps, and they are used up"):
        schedule.step()
    assert optimizer.lr == last


@pytest.mark.parametrize("pair", list(itertools.combinations(CURVES, 2)), ids=str)
def test_two_schedules_of_one_optimizer_multiply_as_in_pytorch(pair, pytorch):
    def theirs(torch):
        reference, schedules = in_torch()
        both, rates = [getattr(schedules, name)(reference, **arguments) for name, arguments in pair], []
        for _ in range(12):
            rates.append(reference.param_groups[0]["lr"])
            reference.step()
            for schedule in both:
                schedule.step()
        return rates

    optimizer = optim.SGD([Value(1.0)], lr=0.4)
    ours = [getattr(lr_scheduler, name)(optimizer, **arguments) for name, arguments in pair]
    for expected in pytorch(theirs):
        assert optimizer.lr == pytest.approx(expected, rel=1e-12, abs=1e-15)
        for schedule in ours:
            schedule.step()


def test_a_learning_rate_changed_by_hand_stays_changed():
    optimizer = descent()
    schedule = optim.ExponentialLR(optimizer, gamma=0.5)
    schedule.step()
    optimizer.param_groups[0]["lr"] = 1.0
    schedule.step()
    assert optimizer.lr == 0.5


@pytest.mark.parametrize("decay", CURVES, ids=str)
def test_a_warm_up_and_then_a_decay_are_pytorchs(decay, pytorch):
    name, arguments = decay

    def warmed_up(library, target):
        warm_up, slow = library.LinearLR(target, start_factor=0.1, total_iters=4), library.StepLR(target, 2)
        return library.SequentialLR(target, [warm_up, getattr(library, name)(target, **arguments), slow], milestones=[4, 11])

    def theirs(torch):
        reference, schedules = in_torch()
        schedule, rows = warmed_up(schedules, reference), []
        for _ in range(16):
            rows.append([reference.param_groups[0]["lr"], schedule.last_epoch])
            reference.step()
            schedule.step()
        return rows

    optimizer = optim.SGD([Value(1.0)], lr=0.4)
    ours = warmed_up(lr_scheduler, optimizer)
    for epoch, (rate, last_epoch) in enumerate(pytorch(theirs)):
        assert optimizer.lr == pytest.approx(rate, rel=1e-12, abs=1e-15), epoch
        assert ours.last_epoch == last_epoch
        ours.step()


def test_a_schedule_of_schedules_can_be_a_part_of_another():
    optimizer = optim.SGD([Value(1.0)], lr=1.0)
    inner = optim.SequentialLR(optimizer, [optim.StepLR(optimizer, 1, 0.5), optim.StepLR(optimizer, 1, 0.1)], milestones=[2])
    outer = optim.SequentialLR(optimizer, [optim.LinearLR(optimizer, 0.5, total_iters=2), inner], milestones=[2])
    np.testing.assert_allclose(rates(optimizer, outer, 7), [0.5, 0.75, 1.0, 0.5, 1.0, 0.1, 0.01])


def test_the_plateau_is_pytorchs():
    optimizer = descent()
    schedule = optim.ReduceLROnPlateau(optimizer, factor=0.5, patience=1, cooldown=1)
    seen = []
    for metric in METRICS:
        schedule.step(metric)
        seen.append(optimizer.lr)
    assert seen == ON_PLATEAU
    assert schedule.best == 0.8


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("threshold_mode", ["rel", "abs"])
@pytest.mark.parametrize("others", [{"patience": 0}, {"patience": 2, "cooldown": 3}, {"patience": 1, "min_lr": 0.01, "threshold": 0.05}])
def test_plateaus_of_every_kind_are_pytorchs(mode, threshold_mode, others, pytorch):
    arguments = {"mode": mode, "threshold_mode": threshold_mode, "factor": 0.3, **others}
    # With negative metrics PyTorch's "rel" is wrong.
    metrics = [*abs(np.random.default_rng(0).normal(size=60)), math.nan, math.inf, 0.0]

    def theirs(torch):
        reference, schedules = in_torch()
        schedule, rows = schedules.ReduceLROnPlateau(reference, **arguments), []
        for metric in metrics:
            schedule.step(metric)
            rows.append([reference.param_groups[0]["lr"], float(schedule.best), schedule.num_bad_epochs, schedule.last_epoch])
        return rows

    optimizer = descent()
    ours = optim.ReduceLROnPlateau(optimizer, **arguments)
    for metric, (rate, *state) in zip(metrics, pytorch(theirs), strict=True):
        ours.step(metric)
        assert optimizer.lr == pytest.approx(rate, rel=1e-12)
        assert [ours.best, ours.num_bad_epochs, ours.last_epoch] == state


def test_the_plateau_takes_a_loss_as_it_is():
    optimizer = descent()
    schedule = optim.ReduceLROnPlateau(optimizer, patience=0)
    for metric in (Value(1.0), Tensor(2.0), np.float32(3.0)):
        schedule.step(metric)
    assert optimizer.lr == pytest.approx(0.004)
    assert schedule.best == 1.0


def test_groups_have_their_own_least_rates():
    optimizer = optim.SGD([{"params": Value(1.0)}, {"params": Value(1.0)}], lr=1.0)
    schedule = optim.ReduceLROnPlateau(optimizer, patience=0, min_lr=[0.5, 0.0])
    for _ in range(3):
        schedule.step(1.0)
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, pytest.approx(0.01)]


def every_schedule(optimizer):
    yield from (getattr(lr_scheduler, name)(optimizer, **arguments) for name, arguments, _ in RATES)
    yield optim.SequentialLR(optimizer, [optim.LinearLR(optimizer), optim.StepLR(optimizer, 2)], [3])


@pytest.mark.parametrize("which", range(len(RATES) + 1))
def test_a_schedule_goes_on_from_a_state_dict(which):
    def fresh():
        optimizer = descent()
        return optimizer, next(itertools.islice(every_schedule(optimizer), which, None))

    optimizer, schedule = fresh()
    rates(optimizer, schedule, 4)
    other, others_schedule = fresh()
    other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    others_schedule.load_state_dict(json.loads(json.dumps(schedule.state_dict())))
    assert rates(other, others_schedule, 5) == rates(optimizer, schedule, 5)


def test_a_plateau_goes_on_from_a_state_dict():
    def run(metrics, optimizer, schedule):
        for metric in metrics:
            schedule.step(metric)
        return optimizer.lr

    optimizer, other = descent(), descent()
    settings = {"factor": 0.5, "patience": 1, "cooldown": 1}
    schedule, others_schedule = optim.ReduceLROnPlateau(optimizer, **settings), optim.ReduceLROnPlateau(other)
    run(METRICS[:3], optimizer, schedule)
    others_schedule.load_state_dict(schedule.state_dict())
    assert run(METRICS[3:], other, others_schedule) == ON_PLATEAU[-1]


def test_a_state_dict_of_another_schedule_is_refused_and_changes_nothing():
    optimizer = descent()
    step, exponential = optim.StepLR(optimizer, 2), optim.ExponentialLR(optimizer, 0.5)
    with pytest.raises(ValueError, match="does not fit this StepLR: step_size is missing"):
        step.load_state_dict(exponential.state_dict())
    with pytest.raises(ValueError, match="does not fit this ExponentialLR: step_size is unknown"):
        exponential.load_state_dict(step.state_dict())
    with pytest.raises(TypeError, match="load_state_dict takes a dict, as state_dict\\(\\) gives, not a list"):
        step.load_state_dict([])
    sequence = optim.SequentialLR(optimizer, [optim.StepLR(optimizer, 2), optim.ExponentialLR(optimizer, 0.5)], [3])
    before = copy.deepcopy(sequence.state_dict())
    other = optim.SequentialLR(optimizer, [optim.StepLR(optimizer, 5), optim.StepLR(optimizer, 5)], [4])
    with pytest.raises(ValueError, match="does not fit this SequentialLR: step_size is unknown"):
        sequence.load_state_dict(other.state_dict())
    with pytest.raises(ValueError, match="it has 1 schedules instead of 2"):
        sequence.load_state_dict(optim.SequentialLR(optimizer, [optim.StepLR(optimizer, 5)], []).state_dict())
    assert sequence.state_dict() == before


def test_a_copied_schedule_changes_the_copied_optimizer():
    optimizer = descent()
    schedule = optim.ExponentialLR(optimizer, gamma=0.5)
    twin, twins_schedule = copy.deepcopy((optimizer, schedule))
    twins_schedule.step()
    assert (optimizer.lr, twin.lr) == (0.4, 0.2)


def test_a_group_that_comes_later_takes_part():
    optimizer = descent()
    schedule = optim.ExponentialLR(optimizer, gamma=0.5)
    optimizer.add_param_group({"params": Value(1.0), "lr": 1.0})
    schedule.step()
    assert schedule.get_last_lr() == [0.2, 0.5]


@pytest.mark.parametrize("make", [lambda o: optim.OneCycleLR(o, 1.0, 10), optim.ReduceLROnPlateau])
def test_a_group_that_comes_later_is_refused_where_each_group_has_its_numbers(make):
    optimizer = descent()
    schedule = make(optimizer)
    optimizer.add_param_group({"params": Value(1.0)})
    with pytest.raises(ValueError, match=r"A parameter group was added after .* had been made; add it before"):
        schedule.step(*[1.0] * schedule.needs_metric)


def test_a_rate_set_for_the_optimizer_is_where_later_schedules_begin():
    optimizer = descent()
    rates(optimizer, optim.ExponentialLR(optimizer, gamma=0.5), 3)
    optimizer.lr = 1.0
    schedule = optim.SequentialLR(optimizer, [optim.LinearLR(optimizer, 0.5, total_iters=1), optim.StepLR(optimizer, 5)], [1])
    assert rates(optimizer, schedule, 2) == [0.5, 1.0]


def test_schedules_of_the_users_own_say_what_is_missing():
    with pytest.raises(NotImplementedError, match=r"LRScheduler does not define step\(self\)"):
        lr_scheduler.LRScheduler(descent()).step()
    with pytest.raises(NotImplementedError, match=r"Curve does not define curve\(self, epoch\)"):
        lr_scheduler.Curve(descent()).step()


@pytest.mark.parametrize(
    ("make", "error", "sentence"),
    [
        (lambda o: optim.StepLR(o.param_groups, 3), TypeError, "StepLR changes the learning rates of an optimizer, and got list"),
        (
            lambda o: optim.ReduceLROnPlateau(None),
            TypeError,
            "ReduceLROnPlateau changes the learning rates of an optimizer, and got NoneType",
        ),
        (lambda o: optim.StepLR(o, 0), ValueError, "step_size must be at least 1; got 0"),
        (lambda o: optim.StepLR(o, 2.5), TypeError, "step_size must be a whole number; got 2.5"),
        (lambda o: optim.StepLR(o, True), TypeError, "step_size must be a whole number; got True"),
        (lambda o: optim.StepLR(o, 1, gamma=-1), ValueError, "gamma must be finite and not negative; got -1"),
        (lambda o: optim.ExponentialLR(o, math.nan), ValueError, "gamma must be finite and not negative; got nan"),
        (lambda o: optim.ExponentialLR(o, "half"), TypeError, "gamma must be a number; got 'half'"),
        (lambda o: optim.LinearLR(o, start_factor=0), ValueError, "start_factor must be above 0"),
        (lambda o: optim.LinearLR(o, start_factor=2), ValueError, "start_factor must be from 0 to 1; got 2"),
        (lambda o: optim.LinearLR(o, end_factor=1.5), ValueError, "end_factor must be from 0 to 1; got 1.5"),
        (lambda o: optim.LinearLR(o, total_iters=0), ValueError, "total_iters must be at least 1; got 0"),
        (lambda o: optim.CosineAnnealingLR(o, 0), ValueError, "T_max must be at least 1; got 0"),
        (lambda o: optim.CosineAnnealingLR(o, 5, eta_min=-1), ValueError, "eta_min must be finite and not negative; got -1"),
        (lambda o: optim.OneCycleLR(o, 1.0), ValueError, "OneCycleLR needs total_steps, or both epochs and steps_per_epoch"),
        (lambda o: optim.OneCycleLR(o, 1.0, epochs=3), ValueError, "OneCycleLR needs total_steps, or both"),
        (lambda o: optim.OneCycleLR(o, 1.0, epochs=3, steps_per_epoch=0), ValueError, "steps_per_epoch must be at least 1; got 0"),
        (lambda o: optim.OneCycleLR(o, 1.0, total_steps=-1), ValueError, "total_steps must be at least 1; got -1"),
        (lambda o: optim.OneCycleLR(o, -1.0, 10), ValueError, "max_lr must be finite and not negative; got -1.0"),
        (lambda o: optim.OneCycleLR(o, [1.0, 2.0], 10), ValueError, "max_lr must be one number or one for each of the 1 groups; got 2"),
        (lambda o: optim.OneCycleLR(o, 1.0, 10, pct_start=30), ValueError, "pct_start must be from 0 to 1; got 30"),
        (
            lambda o: optim.OneCycleLR(o, 1.0, 10, anneal_strategy="cosine"),
            ValueError,
            "anneal_strategy must be 'cos' or 'linear'; got 'cosine'",
        ),
        (lambda o: optim.OneCycleLR(o, 1.0, 10, div_factor=0), ValueError, "div_factor and final_div_factor must be above 0"),
        (
            lambda o: optim.OneCycleLR(optim.Adagrad([Value(1.0)]), 1.0, 10),
            ValueError,
            "Adagrad has no momentum to cycle; pass cycle_momentum=False",
        ),
        (
            lambda o: optim.ReduceLROnPlateau(o, "less"),
            ValueError,
            "mode must be 'min' or 'max', and threshold_mode 'rel' or 'abs'; got 'less' and 'rel'",
        ),
        (
            lambda o: optim.ReduceLROnPlateau(o, factor=1.0),
            ValueError,
            "factor must be below 1, to make the learning rate smaller; got 1.0",
        ),
        (lambda o: optim.ReduceLROnPlateau(o).step("0.5"), TypeError, "step takes the metric of the epoch, a number; got '0.5'."),
        (lambda o: optim.ReduceLROnPlateau(o, patience=-1), ValueError, "patience must be at least 0; got -1"),
        (
            lambda o: optim.ReduceLROnPlateau(o, min_lr=[0.1, 0.2]),
            ValueError,
            "min_lr must be one number or one for each of the 1 groups; got 2",
        ),
        (lambda o: optim.SequentialLR(o, [], []), ValueError, "needs a milestone between each two schedules; got 0 for 0"),
        (
            lambda o: optim.SequentialLR(o, [optim.StepLR(o, 1)], [2]),
            ValueError,
            "needs a milestone between each two schedules; got 1 for 1",
        ),
        (
            lambda o: optim.SequentialLR(o, [optim.StepLR(o, 1)] * 3, [4, 4]),
            ValueError,
            "The milestones of SequentialLR must increase; got [4, 4]",
        ),
        (lambda o: optim.SequentialLR(o, [optim.StepLR(o, 1)] * 2, [0]), ValueError, "a milestone must be at least 1; got 0"),
        (lambda o: optim.SequentialLR(o, [o, o], [1]), TypeError, "SequentialLR takes schedules, and got SGD"),
        (lambda o: optim.SequentialLR(o, [optim.StepLR(descent(), 1)], []), ValueError, "SequentialLR got a StepLR of another optimizer"),
        (
            lambda o: optim.SequentialLR(o, [optim.ReduceLROnPlateau(o)], []),
            ValueError,
            "cannot hold a ReduceLROnPlateau, whose step() needs a metric",
        ),
    ],
)
def test_what_is_impossible_is_refused_and_changes_no_rate(make, error, sentence):
    optimizer = descent()
    with pytest.raises(error) as caught:
        make(optimizer)
    assert sentence in str(caught.value)
    assert optimizer.lr == 0.4
    assert optimizer.param_groups[0]["momentum"] == 0.9


def test_a_schedule_of_a_function_is_pytorchs(pytorch):
    def rates(library, w, v):
        optimizer = library.SGD([{"params": [w]}, {"params": [v], "lr": 0.2}], lr=0.4)
        schedule, seen = library.lr_scheduler.LambdaLR(optimizer, [lambda epoch: 0.9**epoch, lambda epoch: min(1.0, (epoch + 1) / 4)]), []
        for _ in range(6):
            seen.append(schedule.get_last_lr())
            optimizer.step()
            schedule.step()
        return seen

    theirs = pytorch(lambda torch: rates(torch.optim, torch.zeros(1, requires_grad=True), torch.zeros(1, requires_grad=True)))
    np.testing.assert_allclose(rates(optim, Value(1.0), Value(1.0)), theirs, rtol=1e-12)


def test_restarts_can_be_stepped_by_fractions_of_an_epoch(pytorch):
    def rates(library, w):
        optimizer = library.SGD([w], lr=0.4)
        schedule, seen = library.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 3, 2, 0.01), []
        optimizer.step()
        for epoch in (0.5, 1.25, 2.9, 3, 4.5, 8.75, 9, 30.25):
            schedule.step(epoch)
            seen += [*schedule.get_last_lr(), schedule.last_epoch]
        schedule.step()
        return [*seen, *schedule.get_last_lr()]

    theirs = pytorch(lambda torch: rates(torch.optim, torch.zeros(1, requires_grad=True)))
    np.testing.assert_allclose(rates(optim, Value(1.0)), theirs, rtol=1e-12)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda o: optim.MultiStepLR(o, [1.5]), TypeError, "a milestone must be a whole number; got 1.5"),
        (lambda o: optim.MultiStepLR(o, [1], -1), ValueError, "gamma must be finite and not negative"),
        (lambda o: optim.LambdaLR(o, 0.5), TypeError, r"lr_lambda is a function of the epoch, such as .*; got 0\.5"),
        (lambda o: optim.LambdaLR(o, [abs, abs]), ValueError, "lr_lambda must be one function or one for each of the 1 groups; got 2"),
        (lambda o: optim.LambdaLR(o, lambda epoch: -1.0), ValueError, "what lr_lambda gives must be finite and not negative; got -1.0"),
        (lambda o: optim.LambdaLR(o, str), TypeError, "what lr_lambda gives must be a number; got '0'"),
        (lambda o: optim.CosineAnnealingWarmRestarts(o, 0), ValueError, "T_0 must be at least 1"),
        (lambda o: optim.CosineAnnealingWarmRestarts(o, 1, 1.5), TypeError, "T_mult must be a whole number"),
    ],
)
def test_new_schedules_refuse_what_does_not_fit(make, error, message):
    with pytest.raises(error, match=message):
        make(optim.SGD([Value(1.0)], lr=0.1))
