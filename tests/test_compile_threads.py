"""Compiled functions that several threads call at once."""

import sys
import threading
import time
import types

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value, no_grad
from autograd.compiling.program import Program
from autograd.state import update


@pytest.fixture(autouse=True)
def threads_by_turns():
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def at_once(*works):
    """Run functions, each in a thread of its own, from one moment on; raise what one raises."""
    barrier, errors = threading.Barrier(len(works)), []

    def run(work):
        barrier.wait()
        try:
            work()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in errors:
        raise error


@pytest.fixture
def in_the_middle(monkeypatch):
    """Something that a function does while it is traced: a compiled function may call what belongs to the library."""

    def do(work):
        monkeypatch.setattr(autograd, "in_the_middle", work, raising=False)

    return do


def weights(n=12):
    return [Value(float(i + 1)) for i in range(n)]


def test_first_calls_at_once_make_one_program_and_leave_right_gradients():
    for _ in range(20):
        ws = weights()
        f = autograd.compile(lambda xs, ws=ws: sum(w * x for w, x in zip(ws, xs, strict=True)).tanh())
        xs = [0.01 * i for i in range(12)]
        f_results = []
        at_once(*[lambda f=f, xs=xs, out=f_results: out.append(f(xs))] * 6)
        for out in f_results:
            out.backward()
        fast = [w.grad for w in ws]
        plain = weights()
        (6 * sum(w * x for w, x in zip(plain, xs, strict=True)).tanh()).backward()
        np.testing.assert_allclose(fast, [w.grad for w in plain], rtol=1e-11)  # of tails near 1e-6
        assert len(f.programs) == 1
        assert len({id(w.store()[0]) for w in ws}) == 1


def test_a_program_that_many_threads_wait_for_is_made_once(monkeypatch):
    made = []

    class Counted(Program):
        def __init__(self, *args, **options):
            made.append(self)
            super().__init__(*args, **options)

    monkeypatch.setattr("autograd.compiling.cache.Program", Counted)
    ws = weights()
    f = autograd.compile(lambda x: sum(w * x for w in ws))
    at_once(*[lambda: f(2.0)] * 8)
    assert len(made) == 1


def test_functions_that_share_parameters_compile_and_run_backward_at_once():
    for _ in range(15):
        ws, t = weights(), Tensor(np.ones(3))
        functions = [
            lambda x, ws=ws: sum(w * x for w in ws), lambda x, ws=ws: sum(w * x * x for w in ws[::-1]),
            lambda x, ws=ws: sum(w * x for w in ws[3:7]), lambda x, ws=ws, t=t: (t * x).sum() * ws[0],
        ]  # fmt: skip
        compiled = [autograd.compile(f) for f in functions]

        def work(f):
            for _ in range(3):
                f(2.0).backward()

        at_once(*[lambda f=f, work=work: work(f) for f in compiled for _ in range(2)])
        found = [w.grad for w in ws], t.grad
        for w in [*ws, t]:
            w.zero_grad()
        for f in functions:
            for _ in range(6):
                f(2.0).backward()
        assert found[0] == pytest.approx([w.grad for w in ws])
        np.testing.assert_allclose(found[1], t.grad)


def test_gradients_can_be_read_and_reset_while_another_thread_compiles(in_the_middle):
    w = Value(3.0)
    w.grad = 5.0
    reached, go_on = threading.Event(), threading.Event()

    in_the_middle(lambda: (reached.set(), go_on.wait(20)))

    def slow(x):
        autograd.in_the_middle()
        return w * x

    def other():
        assert reached.wait(20)
        try:
            assert w.grad == 5.0
            assert w.__class__ is Value
            (w * 2).backward()
            assert w.grad == 7.0
            w.zero_grad()
            (w * w).backward()
        finally:
            go_on.set()

    f = autograd.compile(slow)
    at_once(lambda: f(2.0), other)
    assert w.grad == 6.0
    f(2.0).backward()
    assert w.grad == 8.0


def test_a_known_shape_runs_while_another_thread_compiles(in_the_middle):
    w = Value(3.0)
    f = autograd.compile(lambda x: w * x)
    f(1.0)
    reached, go_on = threading.Event(), threading.Event()

    in_the_middle(lambda: (reached.set(), go_on.wait(20)))

    def slow(x):
        autograd.in_the_middle()
        return w * w * x

    def other():
        assert reached.wait(20)
        f(5.0).backward()
        go_on.set()

    g = autograd.compile(slow)
    at_once(lambda: g(2.0), other)
    assert w.grad == 5.0


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, SystemExit])
def test_a_thread_that_dies_while_it_compiles_leaves_others_free_to(error):
    w = Value(3.0)

    def dies(x):
        raise error

    with pytest.raises(error):
        at_once(lambda: autograd.compile(dies)(1.0))
    done = []
    at_once(lambda: done.append(autograd.compile(lambda x: w * x)(2.0).data))
    assert done == [6.0]


def test_running_means_are_kept_by_all_threads():
    layer = nn.BatchNorm1d(2)
    f = autograd.compile(lambda x: layer(x).sum())
    x = np.array([[1.0, 2.0], [3.0, 6.0]])
    at_once(*[lambda: [f(x) for _ in range(5)]] * 4)
    twin = nn.BatchNorm1d(2)
    for _ in range(20):
        twin(x)
    np.testing.assert_allclose(layer.running_mean, twin.running_mean)


def test_changes_that_calls_make_wait_for_each_other(in_the_middle):
    in_the_middle(lambda: time.sleep(0.002))  # the others go on
    seen = types.SimpleNamespace(total=0.0)

    def add(y):
        before = seen.total
        autograd.in_the_middle()
        seen.total = before + y

    @autograd.compile
    def f(x):
        update(seen, ["total"], add, y=w * x)
        return w * x

    w = Value(1.0)
    at_once(*[lambda: [f(1.0) for _ in range(3)]] * 4)
    assert seen.total == 12.0


def test_a_call_goes_back_through_the_variant_that_it_ran_forward():
    ws = weights(2)
    f = autograd.compile(lambda x: [(ws[0] * x).exp(), (ws[1] * x).tanh()])
    for i in (0, 1, 0):
        f(0.5)[i].backward()
    (program,) = f.programs.values()
    run, (first, second) = program._run, [next(v for v in program._variants.values() if v.seeded == seeded) for seeded in ((0,), (1,))]

    def run_and_change(function, *args):
        result = run(function, *args)
        program._variant = second  # as another thread may just then
        return result

    program._variant, program._run = first, run_and_change
    assert f(0.5)[0].inputs[0].static["saved"][0] is first


def test_a_variant_that_another_thread_asks_for_is_not_this_ones():
    ws = weights(2)
    f = autograd.compile(lambda x: [ws[0] * x, (ws[1] * x).exp()])
    f(1.0)

    def first():
        for _ in range(50):
            f(2.0)[0].backward()

    def second():
        for _ in range(50):
            f(0.0)[1].backward()

    at_once(first, second)
    assert [w.grad for w in ws] == [100.0, 0.0]


def test_vmapped_functions_compile_in_threads_too():
    ws = weights(3)
    f = autograd.vmap(lambda x: sum(w * v for w, v in zip(ws, x, strict=True)))
    X, found = np.arange(12.0).reshape(4, 3), []
    at_once(*[lambda: found.append(f(X))] * 5)
    with no_grad():
        assert all(out.data.tolist() == (X @ [1.0, 2.0, 3.0]).tolist() for out in found)
    for out in found:
        out.sum().backward()
    assert [w.grad for w in ws] == (5 * X.sum(axis=0)).tolist()
