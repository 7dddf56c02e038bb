"""Graphs are freed by reference count, without the garbage collector, and may be a million nodes deep."""

import copy
import gc
import math
import pickle

import numpy as np
import pytest
from counting import steps_of

import autograd
from autograd import Node, Tensor, Value, detect_anomaly, grad, hessian, jvp, no_grad, vjp


def living():
    """How many nodes there are."""
    return sum(issubclass(type(thing), Node) for thing in gc.get_objects())


@pytest.fixture(autouse=True)
def _no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def scalars():
    x = Value(2.0)
    out = autograd.sum([(x * i).tanh() + x**2 for i in range(20)])
    return x, out


def arrays():
    x = Tensor(np.ones((3, 3)))
    out = autograd.concatenate([x @ x, x[[0, 0]]]).softmax().sum()
    return x, out


def failing_backward():
    x = Value(2.0)
    y = x * x
    x.data = 3.0
    try:
        y.backward()
    except RuntimeError:
        pass
    return x, y


def failing_rule():
    x = Tensor([1.0, 2.0])
    try:
        (x * x).backward([1.0])
    except ValueError:
        pass
    return x, x


def failing_forward():
    x = Tensor([1.0, 2.0])
    try:
        (x * x) @ np.ones(3)
    except ValueError:
        pass
    return x, x


def anomaly():
    x = Value(-1.0)
    try:
        with detect_anomaly():
            (x * x - 3).log()
    except FloatingPointError:
        pass
    return x, x


def backward(make):
    def made():
        x, out = make()
        out.backward()
        out.backward()
        return x, out

    return made


@pytest.mark.parametrize(
    "make", [scalars, arrays, backward(scalars), backward(arrays), failing_backward, failing_rule, failing_forward, anomaly]
)
def test_a_graph_is_freed_when_its_last_result_is(make):
    before = living()
    x, out = make()
    assert living() > before
    del out
    assert living() == before + 1, "only the leaf is left"
    del x
    assert living() == before


@pytest.mark.parametrize(
    "call",
    [
        lambda: grad(lambda x: x.tanh() * x)(2.0),
        lambda: grad(lambda p: (p["w"] @ p["w"]).sum())({"w": np.ones((2, 2))}),
        lambda: hessian(lambda x: x[0] ** 2 * x[1])([1.0, 2.0]),
        lambda: jvp(lambda x: x * x, (2.0,), (1.0,)),
        lambda: vjp(lambda x: x * x, 2.0)[0],
        lambda: copy.deepcopy(scalars()),
        lambda: pickle.loads(pickle.dumps(scalars())),
        lambda: repr(scalars()),
    ],
)
def test_transforms_and_copies_leave_nothing_behind(call):
    before = living()
    call()
    assert living() == before


def test_under_no_grad_nothing_is_kept():
    x = Value(2.0)
    before = living()
    with no_grad():
        y = x
        for _ in range(100):
            y = y * 2 + x
    assert living() == before + 1


def test_numbers_taken_out_of_a_graph_do_not_keep_it():
    """The losses of a training loop, say."""
    before = living()
    data = [arrays()[1].data, scalars()[1].data, backward(arrays)()[0].grad, arrays()[1].numpy(), arrays()[1].data.reshape(1)]
    assert living() == before
    assert len(data) == 5


def chain(length):
    node = leaf = Value(1.0)
    for _ in range(length):
        node = node + 1e-6
    return leaf, node


def test_a_chain_of_a_million_nodes_goes_through_everything():
    leaf, node = chain(1_000_000)
    node.backward()
    assert leaf.grad == 1.0
    assert math.isclose(node.data, 2.0)
    before = living()
    del node
    assert living() == before - 1_000_000


def test_a_deep_graph_is_copied_and_pickled_without_recursion():
    _, node = chain(100_000)
    for again in (copy.deepcopy(node), pickle.loads(pickle.dumps(node))):
        assert again.data == node.data
        again.backward()
        assert node.grad == 0.0
        while again.inputs:
            again = again.inputs[0]
        assert again.grad == 1.0


def test_a_deep_graph_of_tensors_is_no_different():
    node = leaf = Tensor([1.0, 2.0])
    for _ in range(20_000):
        node = node + 1.0
    node.sum().backward()
    assert np.array_equal(leaf.grad, [1.0, 1.0])
    before = living()
    del node
    assert living() == before - 20_000


def test_deep_second_derivatives():
    def power(x):
        out = x
        for _ in range(2000):
            out = out * x
        return out

    assert grad(grad(power))(1.0) == 2001.0 * 2000.0


def test_work_grows_with_the_length_of_a_chain_and_not_faster():
    # The least of three: now and then a pass looks at the whole graph, to see how much memory it takes.
    short, long = (min(steps_of(lambda n=n: chain(n)[1].backward()) for _ in range(3)) for n in (1_000, 2_000))
    assert long <= 2 * short


def test_a_wide_node_is_no_different():
    xs = [Value(1.0) for _ in range(100_000)]
    autograd.dot(xs, xs).backward()
    assert {x.grad for x in xs} == {2.0}
