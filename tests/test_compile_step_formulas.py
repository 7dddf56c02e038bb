"""Claims about the formula of an optimizer in a compiled step, and about what cannot be compiled."""

import math

import numpy as np
import pytest
from optimizing import KINDS, parameters
from stepping import both, step_of

import autograd
import nn
from autograd import Tensor, Value
from nn import optim

# --- an optimizer of one's own ------------------------------------------------------------------------------------------


class Normalized(optim.Optimizer):
    def __init__(self, params, lr=0.1):
        super().__init__(params, {"lr": lr})

    def update(self, p, g, *, step, lr):
        p -= lr * g / (np.linalg.norm(g) + np.sqrt(1e-12))


@pytest.mark.parametrize("method", [Normalized])
@pytest.mark.parametrize("kind", KINDS)
def test_an_optimizer_of_ones_own_is_compiled(method, kind):
    def make():
        params = parameters(kind)
        return step_of(params, method(params)), params

    both(make)


class Stale(optim.Optimizer):
    elementwise = True

    def memory(self, settings):
        return {"m": 0.5}

    def update(self, p, g, m, *, step, lr):
        before, old = 2 * m, m.copy()
        m *= 0.9
        m += np.where(g > 0, g, -g)
        np.multiply(m, 0.5, out=m)
        if step < 3:
            p -= lr * before
        p[:] = p - lr * g / (abs(old) + 1.0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_formula_reads_what_an_array_was_before_it_was_changed(kind):
    def make():
        params = parameters(kind)
        return step_of(params, Stale(params, {"lr": 0.1})), params

    both(make)


def formula(update):
    return type("Mine", (optim.Optimizer,), {"update": update, "elementwise": True})


def change_g(self, p, g, *, step, lr):
    g *= 2
    p -= lr * g


def decide(self, p, g, *, step, lr):
    if p.sum() > 0:
        p -= lr * g


def return_it(self, p, g, *, step, lr):
    return p - lr * g


def change_a_part(self, p, g, *, step, lr):
    p[0] -= lr


def take_a_float(self, p, g, *, step, lr):
    p -= math.sqrt(lr) * g


def read_an_old_part(self, p, g, *, step, lr):
    row = p[:1]
    p -= lr * g
    p -= row.sum()


@pytest.mark.parametrize(
    ("update", "message"),
    [
        (change_g, "changes the gradient g in place"),
        (decide, "decides by the numbers of an array"),
        (return_it, "must change p in place"),
        (change_a_part, "changes .* in place|changes some entries"),
        (take_a_float, "makes a plain number"),
        (read_an_old_part, "reads a part of an array that has been changed since"),
    ],
)
def test_a_formula_that_cannot_be_compiled_says_why(update, message):
    params = [Tensor([1.0, 2.0])]
    step = autograd.compile(step_of(params, formula(update)(params, {"lr": 0.1})))
    with pytest.raises(TypeError, match=message):
        step()
    assert params[0].tolist() == [1.0, 2.0]


OWN_RNG = np.random.default_rng(0)


def noise(self, p, g, *, step, lr):
    p -= lr * (g + np.random.normal(size=p.shape))


def own_noise(self, p, g, *, step, lr):
    p -= lr * (g + OWN_RNG.normal(size=p.shape))


@pytest.mark.parametrize("update", [noise, own_noise])
def test_a_formula_that_draws_random_numbers_is_refused(update):
    params = [Tensor([1.0, 2.0])]
    step = autograd.compile(step_of(params, formula(update)(params, {"lr": 0.1})))
    with pytest.raises(TypeError, match="draws random numbers"):
        step()
    assert params[0].tolist() == [1.0, 2.0]


def test_what_a_formula_reads_besides_is_compared():
    class Scaled(optim.Optimizer):
        elementwise = True

        def __init__(self, params, scale):
            super().__init__(params, {"lr": 0.5})
            self.scale = scale

        def update(self, p, g, *, step, lr):
            p -= lr * self.scale * g

    w = [Value(1.0)]
    optimizer = Scaled(w, 1.0)
    step = autograd.compile(step_of(w, optimizer, loss=lambda ps: 2.0 * ps[0]))
    step()
    optimizer.scale = 3.0
    step()
    assert w[0].data == 1.0 - 1.0 - 3.0


# --- what cannot be one program -----------------------------------------------------------------------------------------


def test_what_follows_the_step_is_another_program():
    w = [Value(1.0)]
    optimizer = optim.SGD(w, lr=0.1)

    @autograd.compile
    def f():
        loss = w[0] * w[0]
        loss.backward()
        optimizer.step()
        return w[0] * 2.0

    with pytest.raises(TypeError, match=r"uses parameters after optimizer.step\(\) has changed them"):
        f()
    assert w[0].data == 1.0


def test_a_loss_of_constants_is_refused_as_in_an_eager_step():
    @autograd.compile
    def f(x):
        (x * 2.0).backward()

    with pytest.raises(RuntimeError, match="computed from constants alone"):
        f(1.0)


def test_the_learning_rate_that_a_function_reads_is_compared():
    w = [Value(1.0)]
    optimizer = optim.SGD(w, lr=0.5)

    @autograd.compile
    def f():
        loss = w[0] * optimizer.lr
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    assert f().data == 0.5
    optimizer.lr = 0.25
    assert f().data == 0.75 * 0.25


@pytest.mark.parametrize("read", [lambda s: s.last_epoch, lambda s: s.get_last_lr()[0]])
def test_what_a_function_reads_of_a_schedule_is_compared(read):
    w = [Value(1.0)]
    schedule = optim.ExponentialLR(optim.SGD(w, lr=0.5), gamma=0.5)
    f = autograd.compile(lambda: w[0] * read(schedule))
    for _ in range(3):
        assert f().data == read(schedule)
        schedule.step()


def test_a_function_that_sets_the_learning_rate_is_refused():
    w = [Value(1.0)]
    optimizer = optim.SGD(w, lr=0.5)

    @autograd.compile
    def f():
        loss = w[0] * w[0]
        optimizer.lr = optimizer.lr * 0.5
        loss.backward()
        optimizer.step()
        return loss

    with pytest.raises(TypeError, match="each call changes"):
        f()


def test_in_vmap_there_is_no_backward():
    with pytest.raises(TypeError, match=r"backward\(\)"):
        autograd.vmap(lambda x: (x * x).backward())(np.ones(3))


@pytest.mark.parametrize("change", [lambda x: x.zero_grad(), lambda x: nn.utils.clip_grad_norm_([x], 1.0)])
@pytest.mark.parametrize("argument", [Value(2.0), Tensor([2.0])])
def test_the_gradient_of_an_argument_may_not_be_changed(change, argument):
    w = Value(3.0)

    @autograd.compile
    def f(x):
        change(x)
        return w * x

    with pytest.raises(TypeError, match="changing the gradient of an argument"):
        f(argument)


def test_an_argument_with_a_derivative_gets_its_gradient():
    w, x = Value(3.0), Value(2.0)
    computed = x * 5.0

    @autograd.compile
    def f(a, b):
        loss = w * a * b
        loss.backward()
        return loss

    f(x, computed)
    assert (w.grad, x.grad) == (20.0, 3.0 * 10.0 + 3.0 * 2.0 * 5.0)
    f(x, computed)
    assert (w.grad, x.grad) == (40.0, 120.0)


def test_a_branch_that_is_not_taken_gives_no_nan():
    def make():
        w = Tensor([4.0, -1.0, 0.0])
        return step_of([w], optim.SGD([w], lr=0.1), loss=lambda ps: autograd.where(ps[0] > 0, autograd.sqrt(ps[0]), 2.0 * ps[0]).sum()), [w]

    with np.errstate(all="ignore"):
        step = both(make)
    assert "isfinite" in step.source or step._cache.by_key[next(iter(step.programs))]._variant.careful


def test_half_precision_is_computed_in_single_and_rounded_as_in_a_step_of_a_compiled_loss():
    def run(whole):
        w = Tensor(np.array([1.1, 2.3, 3.7], np.float16))
        optimizer = optim.Adam([w], lr=0.01)
        loss = autograd.compile(lambda: (w * w * w).sum())
        step = step_of([w], optimizer, loss=lambda _: loss())
        step = autograd.compile(step) if whole else step
        for _ in range(3):
            step()
        assert (w.data.dtype, w.grad.dtype) == (np.float16, np.float16)
        return w.data, w.grad, optimizer.state[w]["exp_avg_sq"]

    for a, b in zip(run(True), run(False), strict=True):
        np.testing.assert_array_equal(a, b)


def test_each_stage_of_a_step_can_be_drawn():
    w = [Value(2.0), Value(-1.0)]
    step = autograd.compile(step_of(w, optim.SGD(w, lr=0.1)))
    step()
    assert [stage.name for stage in step.stages][-1] == "print"
    assert "def update" in step.stages[-1].source
    for stage in step.stages:
        autograd.draw(stage)
