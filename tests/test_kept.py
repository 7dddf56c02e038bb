"""Who keeps the loss of every step is told which variable holds them, once there are a hundred graphs; nobody else is."""

import itertools
import warnings

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value
from autograd.kept import EACH, MANY, _roots

HELD = "The graphs of the last hundred losses are all still held in memory"
STEPS = EACH * (MANY + 1)  # wherever the counting stands


def tensors():
    w = Tensor(np.ones(3))
    return w, lambda: (w * w).sum()


def values():
    w = Value(1.0)
    return w, lambda: (w * w).tanh()


def compiled():
    w = Value(1.0)
    return w, autograd.compile(lambda: (w * w).tanh())


def train(keep, make=tensors, steps=STEPS):
    """A training that calls `keep` with every loss."""
    w, loss_of = make()
    optimizer = nn.optim.SGD([w], lr=0.01)
    for _ in range(steps):
        loss = loss_of()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        keep(loss)


@pytest.mark.parametrize("make", [tensors, values, compiled])
def test_a_list_of_all_losses_is_warned_of(make):
    losses = []
    with pytest.warns(UserWarning, match=HELD):
        train(losses.append, make)
    assert len(losses) == STEPS


class Meter:
    total, mean = 0.0, 0.0

    def __init__(self):
        self.losses, self.log = [], {"loss": []}


def add_up(meter, loss):
    meter.total = meter.total + loss


def average(meter, loss):
    meter.mean = 0.9 * meter.mean + 0.1 * loss


def append(meter, loss):
    meter.losses += [loss]


def log(meter, loss):
    meter.log["loss"].append((1, loss))


@pytest.mark.parametrize(("keep", "name"), [(add_up, "total"), (average, "mean"), (append, "losses"), (log, "log")])
def test_the_warning_names_what_holds_the_losses_and_points_to_the_users_line(keep, name):
    def training():
        meter, w = Meter(), Tensor(np.ones(3))
        for _ in range(STEPS):
            loss = (w * w).sum()
            loss.backward()
            keep(meter, loss)

    with pytest.warns(UserWarning, match=HELD) as caught:
        training()
    assert f"look at `meter.{name}`." in str(caught[0].message)
    assert "`total += loss.item()`, `losses.append(loss.item())`" in str(caught[0].message)
    assert caught[0].filename == __file__


def test_a_name_is_given_also_for_a_plain_variable():
    def training():
        total, w = 0.0, Value(1.0)
        for _ in range(STEPS):
            loss = w * w
            loss.backward()
            total += loss

    with pytest.warns(UserWarning, match="look at `total`"):
        training()


@pytest.mark.parametrize("keep", [lambda loss: None, lambda loss: loss.item(), lambda loss: loss.data])
def test_who_keeps_numbers_hears_nothing(keep):
    numbers = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train(lambda loss: numbers.append(keep(loss)), steps=3 * STEPS)


def test_graphs_that_were_made_together_and_then_differentiated_are_kept_on_purpose():
    w = Tensor(np.ones(3))
    losses = [(w * w).sum() for _ in range(3 * STEPS)]
    for loss in losses:
        loss.backward()


def test_graphs_without_a_backward_pass_of_their_own_are_kept_on_purpose():
    w, residuals = Tensor(np.ones(3)), []
    for _ in range(3 * STEPS):
        residuals.append((w * w).sum())
        autograd.grad(lambda x: (x * x).sum())(w.data)
    autograd.sum(residuals).backward()


def test_backward_passes_again_and_again_from_one_loss_are_no_losses_kept():
    loss = Value(1.0) * 2
    for _ in range(3 * STEPS):
        loss.backward()


def test_some_losses_may_be_kept():
    kept = []
    train(lambda loss: kept.append(loss) if len(kept) < EACH * (MANY - 2) else None, steps=3 * STEPS)


def test_one_loss_of_every_ten_may_be_kept():
    kept, step = [], itertools.count()
    train(lambda loss: kept.append(loss) if next(step) % 10 == 0 else None, steps=10 * STEPS)
    assert len(kept) == STEPS


def test_what_is_watched_is_freed_with_its_graph():
    w = Tensor(np.ones(3))
    for _ in range(EACH):
        loss = (w * w).sum()
        loss.backward()
    del loss
    assert _roots.watched
    assert all(ref() is None for ref in _roots.watched)


def test_losses_that_are_detached_hold_no_graph_and_nobody_is_warned():
    meter = Meter()

    def keep(loss):
        meter.losses.append(loss.detach())
        meter.total = meter.total + loss.detach()
        meter.mean = 0.9 * meter.mean + 0.1 * loss.detach()

    for make in (tensors, values, compiled):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            train(keep, make, 2 * STEPS)


GROWS = "The graph grows at every step: this backward pass goes through [0-9]+ nodes of the steps before"


@pytest.mark.parametrize("start", [Value(1.0), Tensor([1.0, 2.0])])
def test_a_step_that_goes_on_from_the_last_steps_graph_is_warned_of(start):
    def descend(w):
        for _ in range(STEPS + EACH):
            loss = w * w
            (loss if isinstance(w, Value) else loss.sum()).backward()
            w = w - 0.01 * w.grad

    with pytest.warns(UserWarning, match=GROWS) as caught:
        descend(start)
    assert len(caught) == 1
    assert caught[0].filename == __file__


def test_the_state_of_a_recurrent_network_that_is_never_detached_is_warned_of():
    cell, x = nn.RNN(2, 2), np.ones((1, 1, 2))

    def run(detach):
        _, h = cell(x)
        for _ in range(STEPS + EACH):
            y, h = cell(x, h.detach() if detach else h)
            y.sum().backward()

    with pytest.warns(UserWarning, match=GROWS):
        run(detach=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run(detach=True)


def test_graphs_that_are_longer_each_time_or_share_a_part_are_not_warned_of():
    w = Value(1.0)
    shared = w * 3.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for n in range(1, STEPS + EACH):
            chain = w
            for _ in range(n):
                chain = chain * 1.0
            chain.backward()
            (shared - n).backward()


def test_a_root_that_is_looked_at_keeps_its_time_its_scope_and_its_static_arguments():
    w = Tensor(np.ones((2, 3)))
    for _ in range(EACH):
        with autograd.scope("loss"):
            root = w.sum(axis=(0, 1))
        static = root.static
        before = root.time, root.scope, root.static
        root.backward()
        assert (root.time, root.scope, root.static) == before
        assert root.static is static
        assert root.scope.name == "loss"
