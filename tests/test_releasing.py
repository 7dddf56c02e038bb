"""A backward pass releases the gradients of large arrays that nobody could read, and no others."""

import gc
import tracemalloc

import numpy as np
import pytest

import autograd
from autograd import Tensor
from autograd.backward import history
from autograd.recording import Observer, observe
from autograd.releasing import LARGE

SIZE = LARGE + 1


@pytest.fixture
def x():
    return Tensor(np.random.default_rng(0).normal(size=SIZE))


def nodes_named(primitive, root):
    return [node for node in history(root) if node.primitive is not None and node.primitive.name == primitive]


def test_gradient_of_a_large_array_without_a_name_is_released(x):
    loss = (x * 3.0).tanh().sum()
    loss.backward()
    assert [node.grad for name in ("multiply", "tanh") for node in nodes_named(name, loss)] == [None, None]
    np.testing.assert_allclose(x.grad, 3 / np.cosh(3 * x.data) ** 2)
    assert loss.grad == 1


def test_gradient_of_an_array_that_people_draw_is_kept():
    loss = (Tensor(np.ones(LARGE)) * 3.0).sum()
    loss.backward()
    (product,) = nodes_named("multiply", loss)
    assert (product.grad == 1).all()


@pytest.mark.parametrize("hold", [lambda y: y, lambda y: [y], lambda y: {"y": y}, lambda y: y * 2, lambda y: y.backward], ids=[
    "a name", "a list", "a dict", "another graph", "a method",
])  # fmt: skip
def test_gradient_of_a_large_array_that_something_refers_to_is_kept(x, hold):
    y = x * 3.0
    held, loss = hold(y), y.tanh().sum()
    del y
    loss.backward()
    (product,) = nodes_named("multiply", loss)
    np.testing.assert_allclose(product.grad, 1 / np.cosh(product.data) ** 2)
    assert held is not None


def test_every_use_in_the_graph_counts_and_no_other_reference(x):
    def loss_of(y):
        return (y * y + autograd.where(x.data > 0, y, 0.0) + autograd.concatenate([y, y])[:SIZE]).sum()

    y = x * 3.0
    kept = loss_of(y)
    kept.backward()
    expected, x.grad = x.grad, None
    assert y.grad is not None
    released = loss_of(x * 3.0)
    released.backward()
    np.testing.assert_array_equal(x.grad, expected)
    assert {node.grad is None for node in history(released) if node.primitive and node.size > LARGE} == {True}


def test_second_backward_pass_adds_the_same_gradients_where_the_first_has_released_some(x):
    loss = (x * 3.0).tanh().sum()
    loss.backward()
    once = x.grad.copy()
    loss.backward()
    np.testing.assert_array_equal(x.grad, 2 * once)


def test_gradient_that_was_there_before_is_added_to(x):
    loss = (x * 3.0).sum()
    loss.inputs[0].grad = np.full(SIZE, 5.0)
    loss.backward()
    assert (loss.inputs[0].grad == 6).all()


def test_pass_that_is_run_again_for_branches_not_taken_is_right_and_releases_as_well(x):
    with np.errstate(invalid="ignore"):
        loss = autograd.where(x.data > 0, autograd.sqrt(x * 3.0), 0.0).sum()
    loss.backward()
    positive = x.data > 0
    np.testing.assert_allclose(x.grad[positive], 1.5 / np.sqrt(3 * x.data[positive]))
    assert not x.grad[~positive].any()
    assert nodes_named("sqrt", loss)[0].grad is None


def test_derivatives_of_derivatives_of_large_arrays_are_right(x):
    second = autograd.grad(lambda x: (autograd.grad(lambda x: ((x * 3.0) ** 3).sum())(x) * 2.0).sum())(x)
    np.testing.assert_allclose(second.data, 2 * 162 * x.data)


def test_backward_pass_through_many_layers_holds_a_few_gradients_at_a_time(x, monkeypatch):
    monkeypatch.setattr("autograd.backward.expect_again", lambda *nodes: None)  # tracemalloc would count its block, which takes no memory

    def loss_of(layers):
        y = x
        for _ in range(layers):
            y = y.tanh()
        return y.sum()

    loss = loss_of(20)
    gc.collect()
    tracemalloc.start()
    try:
        loss.backward()
        assert tracemalloc.get_traced_memory()[1] < 7 * x.data.nbytes
    finally:
        tracemalloc.stop()


def test_observers_see_the_gradients_of_all_nodes(x):
    reached = []

    class Watcher(Observer):
        def reached(self, node, gradient):
            reached.append((node.primitive and node.primitive.name, np.size(gradient)))

    with observe(Watcher()):
        (x * 3.0).sum().backward()
    assert ("multiply", SIZE) in reached
