"""Claims about Ctrl-C in a loop of one's own: at whatever moment it comes, a step is done or not begun."""

import copy
import signal
import sys
import threading

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value
from autograd.compiling.tracing import COMPILING
from autograd.core import walking
from autograd.interrupts import uninterrupted
from nn import optim
from nn.optim.optimizer import ENTRIES_AT_ONCE


class Normalized(optim.Optimizer):
    """A formula that sees one parameter at a time."""

    def memory(self, settings):
        return {"v": 0.0}

    def update(self, p, g, v, *, step, lr):
        v += g / np.linalg.norm(g)
        p -= lr * v


METHODS = [
    lambda groups: optim.SGD(groups, lr=0.1, momentum=0.9),
    lambda groups: optim.Adam(groups, lr=0.1),
    lambda groups: optim.RMSprop(groups, lr=0.1, centered=True),
    lambda groups: Normalized(groups, {"lr": 0.1}),
]


@pytest.fixture(autouse=True)
def _pythons_own_handler():
    """A process that was started in the background does not listen to Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def fresh(make):
    """An optimizer of each kind of piece, with gradients, after a first step."""
    rng = np.random.default_rng(0)
    tensors = [Tensor(rng.normal(size=size)) for size in (3, 4, ENTRIES_AT_ONCE + 5)]
    values = [Value(1.0), Value(2.0)]
    optimizer = make([{"params": tensors}, {"params": values, "lr": 0.5}])
    for p in (*tensors, *values):
        p.grad = p.data * 0 + 0.5
    optimizer.step()
    return optimizer


def everything(optimizer, schedule=None):
    numbers = [copy.copy(p.data) for group in optimizer.param_groups for p in group["params"]]
    return copy.deepcopy([numbers, optimizer.state_dict(), schedule and schedule.state_dict()])


def is_same(a, b):
    try:
        np.testing.assert_equal(a, b)
    except AssertionError:
        return False
    return True


def press_ctrl_c_at(moment, work):
    """Do the work, with Ctrl-C before one line of this library. Returns whether there were so many lines, and whether it passed through."""
    lines = 0

    def trace(frame, event, _):
        nonlocal lines
        if not {"nn", "autograd"} & set(frame.f_globals.get("__name__", "").split(".")[:1]):
            return None
        if event == "line":
            lines += 1
            if lines == moment:
                signal.raise_signal(signal.SIGINT)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    except KeyboardInterrupt:
        return lines >= moment, True
    finally:
        sys.settrace(before)
        for lock in (COMPILING, walking):
            while lock._is_owned():  # a trace function can raise between the last line of a `with` and its end; Ctrl-C cannot
                lock.release()
    return lines >= moment, False


@pytest.mark.parametrize("make", METHODS)
def test_ctrl_c_at_any_line_leaves_a_step_done_or_not_begun(make):
    start = fresh(make)
    before = everything(start)
    done = copy.deepcopy(start)
    done.step()
    after = everything(done)
    seen, moment, came = set(), 0, True
    while came:
        moment += 1
        optimizer = copy.deepcopy(start)
        came, passed = press_ctrl_c_at(moment, optimizer.step)
        assert passed == came, "Ctrl-C was lost"
        now = everything(optimizer)
        seen.add("before" if is_same(now, before) else "after" if is_same(now, after) else f"half done at line {moment}")
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert seen == {"before", "after"}
    assert moment > 50


SCHEDULES = [
    lambda o: optim.ExponentialLR(o, 0.5),
    lambda o: optim.OneCycleLR(o, 1.0, total_steps=10),
    lambda o: optim.SequentialLR(o, [optim.LinearLR(o, total_iters=1), optim.StepLR(o, 2)], [2]),
    lambda o: optim.ReduceLROnPlateau(o, patience=0),
]


@pytest.mark.parametrize("make", SCHEDULES)
def test_ctrl_c_at_any_line_leaves_a_schedule_at_one_epoch(make):
    optimizer = fresh(METHODS[0])
    schedule = make(optimizer)
    metric = [1.0] * schedule.needs_metric
    for _ in range(2):
        schedule.step(*metric)
    start, before = (optimizer, schedule), everything(optimizer, schedule)
    done = copy.deepcopy(start)
    done[1].step(*metric)
    after = everything(*done)
    seen, moment, came = set(), 0, True
    while came:
        moment += 1
        twins = copy.deepcopy(start)
        came, passed = press_ctrl_c_at(moment, lambda: twins[1].step(*metric))  # noqa: B023
        assert passed == came
        now = everything(*twins)
        seen.add("before" if is_same(now, before) else "after" if is_same(now, after) else f"half done at line {moment}")
    assert seen == {"before", "after"}


def test_a_later_group_that_is_impossible_is_noticed_before_the_first_is_changed():
    optimizer = fresh(METHODS[0])
    before = everything(optimizer)
    optimizer.param_groups[1]["lr"] = -1.0
    with pytest.raises(ValueError, match="lr must be finite and not negative; got -1"):
        optimizer.step()
    optimizer.param_groups[1]["lr"] = 0.5
    assert is_same(everything(optimizer), before)


def test_ctrl_c_that_waited_reaches_a_handler_of_the_users_own():
    seen = []
    before = signal.signal(signal.SIGINT, lambda *_: seen.append("pressed"))
    try:
        with uninterrupted(), uninterrupted():
            signal.raise_signal(signal.SIGINT)
            seen.append("inside")
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == ["inside", "pressed"]


@pytest.mark.parametrize("handler", [signal.SIG_IGN, signal.SIG_DFL])
def test_where_nobody_listens_to_ctrl_c_nothing_is_changed(handler):
    before = signal.signal(signal.SIGINT, handler)
    try:
        with uninterrupted():
            assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_step_works_in_a_thread():
    optimizer = fresh(METHODS[1])
    before = everything(optimizer)
    thread = threading.Thread(target=optimizer.step)
    thread.start()
    thread.join()
    assert not is_same(everything(optimizer), before)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("make", METHODS)
def test_ctrl_c_at_any_line_leaves_a_compiled_step_done_or_not_begun(make):
    tensors, values = [Tensor([1.1, 2.3]), Tensor([[3.7]])], [Value(1.3), Value(2.9)]
    optimizer = make([{"params": tensors}, {"params": values, "lr": 0.5}])
    params = [*tensors, *values]
    schedule = optim.ExponentialLR(optimizer, 0.5)

    @autograd.compile
    def step():
        loss = (tensors[0] * tensors[0]).sum() * tensors[1].sum() + values[0] ** 2 + values[1] ** 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        return loss

    def all_of_it():
        return everything(optimizer, schedule), copy.deepcopy([p.grad for p in params])

    def go_to(state):
        ((numbers, memory, epoch), gradients) = copy.deepcopy(state)
        for p, x, g in zip(params, numbers, gradients, strict=True):
            p.data, p.grad = x, g
        optimizer.load_state_dict(memory)
        schedule.load_state_dict(epoch)

    step()
    step()
    before = all_of_it()
    step()
    after = all_of_it()
    seen, moment, came = set(), 0, True
    while came:
        moment += 3
        go_to(before)
        came, passed = press_ctrl_c_at(moment, step)
        assert passed == came, "Ctrl-C was lost"
        now = all_of_it()
        seen.add("before" if is_same(now, before) else "after" if is_same(now, after) else f"half done at line {moment}")
    assert seen == {"before", "after"}
    assert moment > 50
