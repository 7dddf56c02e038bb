"""Claims about a whole step of training in a compiled function: forward pass, backward pass and update are one program."""

import copy
import pickle
import threading

import numpy as np
import pytest
from optimizing import KINDS, SETTINGS, bumps, numbers, parameters
from stepping import both, loss_of, step_of, tensors, values

import autograd
from autograd import Tensor, Value
from nn import optim


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("method", "settings", "end"), SETTINGS)
def test_25_compiled_steps_end_where_pytorch_ends(method, settings, end, kind):
    params = parameters(kind)
    step = autograd.compile(step_of(params, method(params, **settings)))
    for _ in range(25):
        step()
    np.testing.assert_allclose(numbers(params), end, rtol=1e-12)
    assert len(step.programs) == 1


@pytest.mark.parametrize("network", [values, tensors])
def test_a_network_learns_as_in_eager_steps(network):
    def make():
        model = network()
        optimizer = optim.Adam(model.parameters(), lr=0.05)

        def step():
            loss = loss_of(model)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return loss

        return step, model.parameters()

    both(make)


# --- the program ------------------------------------------------------------------------------------------------------


def test_the_source_has_three_parts_and_the_optimizers_formula():
    w = Value(2.0)
    optimizer = optim.SGD([w], lr=0.1, momentum=0.9)

    @autograd.compile
    def step():
        loss = w * w
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    step()
    assert (
        step.source
        == '''"""step: forward, backward and update, as a program for NumPy."""

import numpy as np


def forward(w):
    step = w**2
    return step, (w,)


def backward(saved):
    w, = saved
    d_w = 2 * w
    return d_w


def update(p, g, v, lr, momentum):
    """optimizer.step(): SGD, on arrays that it changes in place."""
    v *= momentum
    v += g
    p -= lr * v
'''
    )


def test_adam_is_printed_as_in_the_paper():
    model = tensors()
    step = autograd.compile(step_of(model.parameters(), optim.Adam(model.parameters(), lr=0.1), loss=lambda _: loss_of(model)))
    step()
    assert step.source.endswith('''
def update(p, g, m, v, step, lr, beta1, beta2, eps):
    """optimizer.step(): Adam, on arrays that it changes in place."""
    m += (1 - beta1) * (g - m)
    v += (1 - beta2) * (g**2 - v)
    t1 = (1 - beta2**step) ** 0.5
    p -= lr * t1 / (1 - beta1**step) * m / (v**0.5 + eps * t1)
''')


def test_a_changed_learning_rate_needs_no_other_program():
    w = [Value(1.0)]
    optimizer = optim.SGD(w, lr=0.5)
    step = autograd.compile(step_of(w, optimizer, loss=lambda ps: 3.0 * ps[0]))
    step()
    program = next(iter(step.programs.values()))
    optimizer.lr = 0.25
    step()
    optimizer.param_groups[0]["lr"] = 1.0
    step()
    assert w[0].data == 1.0 - 3.0 * 1.75
    assert list(step.programs.values()) == [program]


def test_a_formula_that_decides_by_its_settings_is_compiled_for_the_new_decision():
    def make():
        params = [Tensor([1.0, -2.0])]
        optimizer = optim.SGD(params, lr=0.1)
        inner = step_of(params, optimizer)
        count = [0]

        def step():
            return inner()

        def each():
            count[0] += 1
            optimizer.param_groups[0]["weight_decay"] = 0.1 * (count[0] % 2)
            optimizer.param_groups[0]["momentum"] = 0.5 if count[0] > 2 else 0.0

        return step, params, each

    (eager, ps, change), (function, qs, change_too) = make(), make()
    compiled = autograd.compile(function)
    for _ in range(6):
        change()
        change_too()
        eager()
        compiled()
        np.testing.assert_allclose(numbers(qs), numbers(ps), rtol=1e-12)


def test_a_decision_that_comes_back_finds_its_program_again():
    def run(compiled):
        w = [Tensor([1.0, -2.0])]
        optimizer = optim.SGD(w, lr=0.1, weight_decay=0.0)
        step = step_of(w, optimizer)
        step = autograd.compile(step) if compiled else step
        programs = set()
        for decay in (0.0, 0.5, 0.0, 0.25, 0.25, 0.0, 0.5):
            optimizer.param_groups[0]["weight_decay"] = decay
            step()
            if compiled:
                programs.add(next(iter(step.programs.values())))
        return numbers(w), programs

    (found, programs), (wanted, _) = run(True), run(False)
    np.testing.assert_allclose(found, wanted, rtol=1e-12)
    assert len(programs) == 2


def test_an_impossible_setting_is_refused_before_anything_is_changed():
    w = [Value(1.0)]
    optimizer = optim.SGD(w, lr=0.5)
    step = autograd.compile(step_of(w, optimizer))
    step()
    before = w[0].data
    optimizer.param_groups[0]["lr"] = -1.0
    with pytest.raises(ValueError, match="lr must be finite and not negative"):
        step()
    assert w[0].data == before


# --- the same numbers, whoever reads or writes them ---------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", [optim.Adam, optim.Muon, optim.RAdam])
def test_between_two_calls_all_may_be_read_written_saved_and_loaded(kind, method):
    if method is optim.Muon:
        if kind != "Tensor":
            pytest.skip("Muon is for matrices")
        params, twins = [[Tensor([[1.0, -2.0], [0.3, 0.5]])] for _ in range(2)]
    else:
        params, twins = parameters(kind), parameters(kind)
    compiled, eager = method(params, lr=0.1), method(twins, lr=0.1)
    step, plain = autograd.compile(step_of(params, compiled)), step_of(twins, eager)

    def agree():
        np.testing.assert_allclose(numbers(params), numbers(twins), rtol=1e-12)
        for a, b in zip(compiled.state_dict()["state"].values(), eager.state_dict()["state"].values(), strict=True):
            assert a.keys() == b.keys()
            for name in a:
                np.testing.assert_allclose(a[name], b[name], rtol=1e-12)

    step(), plain(), agree()
    for ps in (params, twins):  # written
        ps[0].data = ps[0].data * 0.5
        ps[-1].data -= 0.25
    step(), plain(), agree()
    step_of(params, compiled)(), plain(), agree()  # an eager step between
    step(), plain(), agree()
    for optimizer in (compiled, eager):  # loaded
        state = copy.deepcopy(optimizer.state_dict())
        for memory in state["state"].values():
            memory["step"] += 3
        optimizer.load_state_dict(state)
    step(), plain(), agree()
    another = method(params, lr=0.1)  # another optimizer goes on with the same parameters
    another.load_state_dict(compiled.state_dict())
    step_of(params, another)(), plain()
    np.testing.assert_allclose(numbers(params), numbers(twins), rtol=1e-12)


def test_an_array_that_was_taken_before_a_step_shows_the_numbers_after_it():
    params = [Tensor([1.0, 2.0]), Tensor([3.0])]
    before = [p.data for p in params]
    step = autograd.compile(step_of(params, optim.SGD(params, lr=0.1, momentum=0.5)))
    for _ in range(2):
        step()
    for array, p in zip(before, params, strict=True):
        assert array.tolist() == p.tolist()
        array[...] = 1.0
        assert set(np.ravel(p.data)) == {1.0}


def test_a_tensor_in_another_precision_is_computed_in_that():
    params = [Tensor([1.0, 2.0]), Tensor([3.0])]
    step = autograd.compile(step_of(params, optim.SGD(params, lr=0.1, momentum=0.5)))
    step()
    for p in params:
        p.data = p.data.copy()
        p._datum = p._datum.astype(np.float32)
    step()
    assert {p.data.dtype for p in params} == {np.dtype(np.float32)}


def test_gradients_can_be_read_after_a_step_and_changed():
    params = [Tensor([1.0, 2.0]), Value(3.0)]
    optimizer = optim.SGD(params, lr=0.0)
    step = autograd.compile(step_of(params, optimizer, loss=lambda ps: (ps[0] * ps[0]).sum() + ps[1] * 5.0))
    step()
    assert params[0].grad.tolist() == [2.0, 4.0]
    assert params[1].grad == 5.0
    params[0].grad *= 2
    assert params[0].grad.tolist() == [4.0, 8.0]
    step()
    assert params[0].grad.tolist() == [2.0, 4.0]


def test_a_gradient_is_an_array_of_its_own():
    a, b = Tensor([1.0, 2.0]), Tensor([1.0, 2.0])
    data = np.array([3.0, 4.0])

    @autograd.compile
    def step(x):
        loss = ((a + b) * x).sum()
        loss.backward()
        return loss

    step(data)
    a.grad[0] = 100.0
    assert b.grad.tolist() == [3.0, 4.0]
    assert data.tolist() == [3.0, 4.0]


def test_what_was_computed_before_the_step_is_stale_after_it():
    params = parameters("Tensor")
    step = autograd.compile(step_of(params, optim.SGD(params, lr=0.1)))
    before = bumps(params)
    loss = step()
    with pytest.raises(RuntimeError, match="changed after"):
        before.backward()
    with pytest.raises(RuntimeError, match="changed after"):
        loss.backward()


def test_the_results_of_a_function_that_calls_backward_have_no_derivative():
    w = Value(2.0)

    @autograd.compile
    def f():
        loss = w * w
        loss.backward()
        return loss

    loss = f()
    assert w.grad == 4.0
    with pytest.raises(TypeError, match=r"f calls backward\(\) itself"):
        loss.backward()


# --- all of it or nothing -----------------------------------------------------------------------------------------------


def snapshot(params, optimizer):
    grads = [None if p.grad is None else np.array(p.grad).tolist() for p in params]
    return numbers(params).tolist(), grads, repr(optimizer.state_dict())


def test_an_error_changes_nothing():
    table = Tensor(np.ones((3, 2)))
    optimizer = optim.Adam([table], lr=0.1)

    @autograd.compile
    def f(i):
        loss = (autograd.take(table, i) ** 2).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    f(1)
    before = snapshot([table], optimizer)
    with pytest.raises(IndexError, match="no row"):
        f(7)
    assert snapshot([table], optimizer) == before


def test_threads_take_turns():
    def run(threads):
        params = parameters("Tensor")
        step = autograd.compile(step_of(params, optim.Adam(params, lr=0.01)))
        workers = [threading.Thread(target=lambda: [step() for _ in range(60 // threads)]) for _ in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return numbers(params)

    np.testing.assert_allclose(run(3), run(1), rtol=1e-12)


@pytest.mark.parametrize("network", [values, tensors])
def test_models_whose_step_is_compiled_are_copied_and_pickled(network):
    model = network()
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    function = step_of(None, optimizer, loss=lambda _: loss_of(model))
    step = autograd.compile(function)
    step()
    for twin, its in [copy.deepcopy((model, optimizer)), pickle.loads(pickle.dumps((model, optimizer)))]:
        np.testing.assert_array_equal(numbers(twin.parameters()), numbers(model.parameters()))
        again = autograd.compile(step_of(None, its, loss=lambda _, twin=twin: loss_of(twin)))
        before = numbers(model.parameters())
        again()
        np.testing.assert_array_equal(numbers(model.parameters()), before)
        assert not np.array_equal(numbers(twin.parameters()), before)
