"""Claims about schedules that go on from a state: with the rates of a training that never stopped, in whatever order it is loaded."""

import json

import numpy as np
import pytest

from autograd import Tensor
from nn import optim

SCHEDULES = {
    "stairs": lambda o: [optim.StepLR(o, 3, 0.5)],
    "exponential": lambda o: [optim.ExponentialLR(o, 0.8)],
    "warm-up": lambda o: [optim.LinearLR(o, 0.1, total_iters=6)],
    "down to 0": lambda o: [optim.LinearLR(o, 1.0, end_factor=0.0, total_iters=3)],
    "cosine": lambda o: [optim.CosineAnnealingLR(o, 5, eta_min=0.001)],
    "one cycle": lambda o: [optim.OneCycleLR(o, [1.0, 0.5], total_steps=20)],
    "one cycle in three phases": lambda o: [optim.OneCycleLR(o, 0.5, total_steps=20, three_phase=True, anneal_strategy="linear")],
    "plateau": lambda o: [optim.ReduceLROnPlateau(o, factor=0.5, patience=1, cooldown=1, min_lr=[0.01, 0.0])],
    "one after the other": lambda o: [
        optim.SequentialLR(o, [optim.LinearLR(o, 0.1, total_iters=3), optim.CosineAnnealingLR(o, 4), optim.StepLR(o, 2)], [3, 8])
    ],
    "a sequence in a sequence": lambda o: [
        optim.SequentialLR(
            o, [optim.LinearLR(o, 0.5, total_iters=2), optim.SequentialLR(o, [optim.StepLR(o, 1), optim.ExponentialLR(o, 0.9)], [2])], [3]
        )
    ],
    "two at once": lambda o: [optim.LinearLR(o, 0.25, total_iters=4), optim.ExponentialLR(o, 0.9)],
    "a curve and a plateau": lambda o: [optim.CosineAnnealingLR(o, 12), optim.ReduceLROnPlateau(o, patience=0)],
}
METHODS = {"SGD": lambda groups: optim.SGD(groups, lr=0.4, momentum=0.9), "Adam": lambda groups: optim.Adam(groups, lr=0.4)}
STEPS = 14


def fresh_optimizer(method):
    return METHODS[method]([{"params": [Tensor([1.0, -2.0])]}, {"params": [Tensor([0.5])], "lr": 0.2}])


def settings(optimizer):
    return [{name: x for name, x in group.items() if name != "params"} for group in optimizer.param_groups]


def train(optimizer, schedules, first, last):
    """What the groups' settings are in each step."""
    seen = []
    for i in range(first, last):
        seen.append(settings(optimizer))
        for group in optimizer.param_groups:
            for p in group["params"]:
                p.grad = np.ones(p.shape)
        optimizer.step()
        for schedule in schedules:
            schedule.step(*[1.0 + i % 3] * schedule.needs_metric)
    return seen


@pytest.mark.parametrize("order", ["optimizer first", "schedules first", "schedules made late", "schedules made late and loaded backwards"])
@pytest.mark.parametrize("stop", [0, 1, 4, 9])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", SCHEDULES)
def test_a_training_goes_on_with_the_settings_of_one_that_never_stopped(name, method, stop, order):
    make = SCHEDULES[name]
    optimizer = fresh_optimizer(method)
    schedules = make(optimizer)
    train(optimizer, schedules, 0, stop)
    state, states = optimizer.state_dict(), [schedule.state_dict() for schedule in schedules]
    expected = train(optimizer, schedules, stop, STEPS)

    other = fresh_optimizer(method)
    if "late" in order:
        other.load_state_dict(state)
        others = make(other)
    else:
        others = make(other)
        if order == "optimizer first":
            other.load_state_dict(state)
    pairs = list(zip(others, states, strict=True))
    for schedule, kept in reversed(pairs) if "backwards" in order else pairs:
        schedule.load_state_dict(kept)
    if order == "schedules first":
        other.load_state_dict(state)
    assert train(other, others, stop, STEPS) == expected


def test_a_schedule_alone_brings_its_rates_along():
    optimizer, other = fresh_optimizer("SGD"), fresh_optimizer("SGD")
    schedule = optim.ExponentialLR(optimizer, 0.5)
    train(optimizer, [schedule], 0, 3)
    optim.ExponentialLR(other, 0.5).load_state_dict(json.loads(json.dumps(schedule.state_dict())))
    assert [group["lr"] for group in other.param_groups] == [group["lr"] for group in optimizer.param_groups] == [0.05, 0.025]


def test_a_state_of_other_groups_is_refused():
    one = optim.SGD([Tensor([1.0])], lr=0.1)
    with pytest.raises(ValueError, match="does not fit this ExponentialLR: it has 2 groups instead of 1"):
        optim.ExponentialLR(one, 0.5).load_state_dict(optim.ExponentialLR(fresh_optimizer("SGD"), 0.5).state_dict())


def test_a_state_from_before_states_had_rates_is_taken():
    optimizer = fresh_optimizer("SGD")
    schedule = optim.ExponentialLR(optimizer, 0.5)
    schedule.load_state_dict({"last_epoch": 3, "gamma": 0.25})
    assert (schedule.last_epoch, schedule.gamma, schedule.get_last_lr()) == (3, 0.25, [0.4, 0.2])


MARGINS = [{}, {"threshold": 0.1}, {"threshold": 0.3, "patience": 2}, {"threshold": 0.0}, {"threshold": 1.0}, {"cooldown": 2}]


@pytest.mark.parametrize("threshold_mode", ["rel", "abs"])
@pytest.mark.parametrize("margin", MARGINS)
def test_a_plateau_of_negative_metrics_is_that_of_their_opposites(margin, threshold_mode):
    arguments = {"patience": 1, "factor": 0.5, "threshold_mode": threshold_mode, **margin}
    metrics = np.random.default_rng(0).normal(size=60).round(1).tolist()
    runs = []
    for sign, mode in ((1, "min"), (-1, "max")):
        optimizer = optim.SGD([Tensor([1.0])], lr=1.0)
        schedule = optim.ReduceLROnPlateau(optimizer, mode, **arguments)
        runs.append([])
        for metric in metrics:
            schedule.step(sign * metric)
            runs[-1].append((optimizer.lr, sign * schedule.best))
    assert runs[0] == runs[1]


@pytest.mark.parametrize(
    ("mode", "metrics", "best", "rate"),
    [
        ("min", [-1.0] * 4, -1.0, 0.5),  # never better than the first
        ("min", [-1.0, -0.99995, -0.9999, -0.9998], -1.0, 0.5),  # ever worse
        ("min", [-1.0, -1.00005, -1.00009, -1.00009], -1.0, 0.5),  # better, by less than the margin
        ("min", [-1.0, -1.1, -1.2, -1.3], -1.3, 1.0),
        ("max", [-1.0] * 4, -1.0, 0.5),
        ("max", [-1.0, -1.00005, -1.0001, -1.0002], -1.0, 0.5),
        ("max", [-1.0, -0.9, -0.8, -0.7], -0.7, 1.0),
        ("min", [0.0] * 4, 0.0, 0.5),
    ],
)
def test_the_rate_of_a_negative_metric_falls_where_that_gets_no_better(mode, metrics, best, rate):
    optimizer = optim.SGD([Tensor([1.0])], lr=1.0)
    schedule = optim.ReduceLROnPlateau(optimizer, mode, factor=0.5, patience=2)
    for metric in metrics:
        schedule.step(metric)
    assert (schedule.best, optimizer.lr) == (best, rate)
