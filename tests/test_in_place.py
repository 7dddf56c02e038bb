"""`w -= …`: a leaf changes under no_grad(), and nowhere else; what was computed makes a new node."""

import operator
import re

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value, grad, hessian, jacobian, jvp, no_grad, value_and_grad, vjp
from autograd.stores import StoredValue, move_into_store

OPERATORS = {"+": operator.iadd, "-": operator.isub, "*": operator.imul, "/": operator.itruediv, "**": operator.ipow}
LEAVES = {
    "a Value": lambda: Value(3.0),
    "a Value in a store": lambda: stored(3.0),
    "a Tensor": lambda: Tensor([3.0, 5.0]),
    "a Tensor of 32 bits": lambda: Tensor(np.array([3.0, 5.0], np.float32)),
}


def stored(number):
    value = Value(number)
    move_into_store([value], (1,), None)
    assert type(value) is StoredValue
    return value


@pytest.mark.parametrize("symbol", OPERATORS)
@pytest.mark.parametrize("kind", LEAVES)
def test_under_no_grad_a_leaf_changes_and_stays_itself(kind, symbol):
    w = LEAVES[kind]()
    expected = OPERATORS[symbol](np.array(w.data), 2.0)
    dtype = getattr(w, "dtype", None)
    with no_grad():
        changed = OPERATORS[symbol](w, 2.0)
    assert changed is w
    assert w.is_leaf
    assert w.requires_grad
    assert np.array_equal(w.data, expected)
    assert getattr(w, "dtype", None) == dtype


@pytest.mark.parametrize("symbol", OPERATORS)
@pytest.mark.parametrize("kind", LEAVES)
def test_a_leaf_that_changes_in_place_by_a_number_is_refused_with_both_ways_out(kind, symbol):
    w = LEAVES[kind]()
    before = np.array(w.data)
    sentence = f"`w {symbol}= …` would change the "
    ways = f"To let it learn, write `w.data {symbol}= …`, or `w {symbol}= …` under no_grad(); for a new node, `w = w {symbol} …`."
    for by in (2.0, np.float64(2.0), *([np.ones(2)] if isinstance(w, Tensor) else [])):
        with pytest.raises(RuntimeError, match=re.escape(sentence) + ".*" + re.escape(ways)):
            OPERATORS[symbol](w, by)
    assert np.array_equal(w.data, before)


def test_a_list_of_parameters_learns_under_no_grad():
    parameters = [Value(1.0), Tensor([1.0, 2.0]), stored(1.0)]
    for _ in range(2):
        loss = (parameters[0] * parameters[1] * parameters[2]).sum()
        loss.backward()
        with no_grad():
            for p in parameters:
                p -= 0.1 * p.grad
                p.grad = None
    assert [np.round(p.data, 4).tolist() for p in parameters] == [0.504, [0.851, 1.851], 0.504]


def test_a_parameter_that_is_an_attribute_or_an_item_stays_the_same_leaf():
    layer, box = nn.Linear(2, 1), {"w": Value(2.0)}
    weight, w = layer.weight, box["w"]
    with no_grad():
        for _ in range(3):
            layer.weight -= 0.1 * np.ones((1, 2))
            box["w"] *= 0.5
    assert layer.weight is weight
    assert box["w"] is w
    assert w.data == 0.25


def test_under_no_grad_another_node_counts_as_its_number():
    w, v, lr = Tensor([1.0, 2.0]), Value(4.0), Value(0.5)
    with no_grad():
        w -= lr * v
        v += lr
    assert (w.data.tolist(), v.data) == ([-1.0, 0.0], 4.5)


def test_a_leaf_that_changed_after_its_use_makes_the_graph_stale():
    for w in (Value(3.0), Tensor([3.0]), stored(3.0)):
        loss = (w * w).sum() if isinstance(w, Tensor) else w * w
        with no_grad():
            w -= 1.0
        with pytest.raises(RuntimeError, match="was changed after multiply had used it"):
            loss.backward()


def test_under_no_grad_an_entry_of_a_leaf_changes_as_the_whole_does():
    w, x = Tensor([1.0, 2.0]), np.array([10.0, 20.0])
    (w * x).sum().backward()
    with no_grad():
        w[0] -= 0.1 * w.grad[0]
        w[1:] *= 3.0
    assert w.data.tolist() == [0.0, 6.0]
    w[0] = Tensor(5.0).detach()
    assert w.data.tolist() == [5.0, 6.0]
    with pytest.raises(TypeError, match="Writing a Tensor into an array would drop it from the graph"):
        w[0] -= 0.1


def test_what_would_change_the_shape_of_a_leaf_is_refused():
    for w in (Value(1.0), Tensor([1.0, 2.0])):
        before = np.array(w.data)
        with no_grad(), pytest.raises(ValueError, match=re.escape("in place: the result has shape (3, 2); write `w = w - …`.")):
            w -= np.ones((3, 2))
        assert np.array_equal(w.data, before)


def test_a_total_that_begins_with_a_leaf_becomes_a_new_node():
    start, x = Value(0.0), Value(3.0)
    total = start
    for _ in range(3):
        total += x * x
        total -= 1.0
    total.backward()
    assert (total.data, x.grad, start.data) == (24.0, 18.0, 0.0)
    h = x_in = Tensor([1.0, 2.0])
    h *= Tensor([2.0, 2.0])
    h += 1.0
    h @= np.eye(2)
    h.sum().backward()
    assert (x_in.data.tolist(), x_in.grad.tolist()) == ([1.0, 2.0], [2.0, 2.0])


def test_a_constant_changes_in_place_and_shares_its_number_with_nobody():
    for x in (Value(3.0), Tensor([3.0])):
        c = x.detach()
        same = c
        c -= 1.0
        c *= c.detach()
        assert c is same
        assert (float(c), x.item()) == (4.0, 3.0)
        c += x  # with a history, it is another node
        assert c is not same
        assert c.requires_grad


def test_averages_of_parameters_follow_them():
    parameters = [Tensor([1.0]), Value(1.0)]
    averages = [p.detach() for p in parameters]
    with no_grad():
        for a, p in zip(averages, parameters, strict=True):
            p += 1.0
            a *= 0.9
            a += 0.1 * p
    assert [round(float(a), 9) for a in averages] == [1.1, 1.1]


def test_a_matrix_product_does_not_change_a_leaf():
    w = Tensor(np.ones((2, 2)))
    for recording in (True, False):
        autograd.modes.mode.recording = recording
        try:
            with pytest.raises(RuntimeError, match=re.escape("`w @= …` does not change the Tensor of shape (2, 2) in place.")):
                w @= np.eye(2)
        finally:
            autograd.modes.mode.recording = True


def test_a_compiled_function_does_not_change_leaves():
    w = Value(2.0)

    def decaying(x):
        nonlocal w
        w *= 0.9
        return w * x

    def under_no_grad(x):
        nonlocal w
        with no_grad():
            w -= x
        return w * x

    for f in (decaying, under_no_grad):
        with pytest.raises(TypeError, match=r"cannot be compiled: `x [*-]= …` .* for a new node"):
            autograd.compile(f)(1.0)
    total = autograd.compile(lambda xs: summed(xs, w))
    assert (total([1.0, 2.0]).data, w.data) == (6.0, 2.0)


def test_a_compiled_function_may_change_its_arguments_as_numbers():
    w = Value(2.0)

    def f(x):
        x -= 1.0
        x *= 3.0
        return w * x

    assert autograd.compile(f)(5.0).data == 24.0
    assert autograd.vmap(f)(np.array([1.0, 5.0])).tolist() == [0.0, 24.0]


def summed(xs, w):
    total = Value(0.0)
    for x in xs:
        total += w * x
    return total


ASSIGNMENTS = {
    "x[x < 0] = 0": lambda x: operator.setitem(x, x < 0, 0.0),
    "x[0] = 0": lambda x: operator.setitem(x, 0, 0.0),
    "x.data[...] = 0": lambda x: operator.setitem(x.data, ..., 0.0),
    "x.data = 0": lambda x: setattr(x, "data", np.zeros(2)),
    "x.data -= 1": lambda x: operator.isub(x.data, 1.0),
    "np.add.at(x.data, [0], 1)": lambda x: np.add.at(x.data, [0], 1.0),
}


@pytest.mark.parametrize("before", [True, False], ids=["before its use", "after its use"])
@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_argument_of_a_differentiated_function_cannot_be_assigned_to(assignment, before):
    def f(x):
        if before:
            ASSIGNMENTS[assignment](x)
        y = (x * x).sum()
        if not before:
            ASSIGNMENTS[assignment](x)
        return y

    calls = [
        lambda x: grad(f)(x), lambda x: value_and_grad(f)(x), lambda x: vjp(f, x), lambda x: jacobian(f)(x), lambda x: hessian(f)(x),
        lambda x: jvp(f, (x,), (x,)), lambda x: grad(grad(f))(x),
    ]  # fmt: skip
    for x in (np.array([-1.0, 2.0]), Tensor([-1.0, 2.0])):
        for call in calls:
            with pytest.raises(RuntimeError, match=re.escape("Make a new node of it, as in x = autograd.where(x < 0, 0.0, x), or")):
                call(x)
        assert x.tolist() == [-1.0, 2.0]


def test_what_the_refusal_of_an_assignment_proposes_is_right():
    assert grad(lambda x: (autograd.where(x < 0, 0.0, x) ** 2).sum())(np.array([-1.0, 2.0])).tolist() == [0.0, 4.0]


def test_a_number_that_is_an_argument_cannot_be_assigned_to():
    def f(v):
        v.data = 5.0
        return v * v

    for v in (2.0, Value(2.0)):
        with pytest.raises(RuntimeError, match="An argument inside grad and its relatives counts as computed"):
            grad(f)(v)


def test_an_argument_that_is_changed_by_an_operator_is_a_new_node():
    def f(x):
        x -= 1.0
        x *= 2.0
        return (x * x).sum()

    given = Tensor([1.0, 3.0])
    assert grad(f)(np.array([1.0, 3.0])).tolist() == [0.0, 16.0]
    assert grad(f)(given).tolist() == [0.0, 16.0]
    assert given.tolist() == [1.0, 3.0]


def test_a_function_may_put_other_nodes_into_the_lists_and_dicts_that_it_is_given():
    def f(p):
        p["w"] = p["w"] * 2
        p["b"][0] = 5.0
        return p["w"] ** 2 + p["b"][0]

    p = {"w": 3.0, "b": [1.0]}
    assert grad(f)(p) == {"w": 24.0, "b": [0.0]}
    assert p == {"w": 3.0, "b": [1.0]}
    assert jvp(lambda xs: f({"w": xs[0], "b": xs}), ([3.0],), ([1.0],)) == (41.0, 24.0)
