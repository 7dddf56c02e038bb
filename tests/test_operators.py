"""The operators of nodes: what changes in place, Values with arrays, and conditions."""

import math
import operator
import re

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value, grad, hessian, jacobian, jvp, no_grad, value_and_grad, vjp
from autograd.stores import StoredValue, move_into_store

# --- in place -------------------------------------------------------------------------------------


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


# --- values with arrays ---------------------------------------------------------------------------


X, Y = np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 7.0])
OPERATIONS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_value_and_an_array_give_a_tensor(operation):
    for use, mirrored in ((operation, operation), (lambda a, b: operation(b, a), lambda a, b: operation(b, a))):
        v, t = Value(1.5), Tensor(1.5)
        mine, expected = use(v, X), mirrored(t, X)
        assert type(mine) is Tensor
        assert np.allclose(mine.data, expected.data)
        mine.sum().backward()
        expected.sum().backward()
        assert type(v.grad) is float
        assert np.isclose(v.grad, t.grad)


@pytest.mark.parametrize(
    "function",
    [
        lambda v: autograd.maximum(v, X), lambda v: np.minimum(X, v), lambda v: autograd.where(X > 1, v, 0.0),
        lambda v: autograd.clip(X, 0.0, v),
        lambda v: autograd.sum([v, X, 2 * v]), lambda v: autograd.dot([v, v], [X, Y]), lambda v: np.exp(v * X), lambda v: (v * X) @ Y,
        lambda v: autograd.max([v * X, Y]), lambda v: np.power(X, v), lambda v: v + (v * X) ** 2 / Y,
    ],
)  # fmt: skip
def test_functions_take_values_and_arrays_together(function):
    v, t = Value(1.5), Tensor(1.5)
    mine, expected = function(v), function(t)
    assert type(mine) is Tensor
    assert np.allclose(mine.data, expected.data)
    mine.sum().backward()
    expected.sum().backward()
    assert np.isclose(v.grad, t.grad)


def test_a_value_does_not_change_the_precision_of_an_array():
    assert (Value(2.0) * X.astype(np.float32)).dtype == np.float32
    assert (X.astype(np.float32) - Value(2.0)).dtype == np.float32


def test_a_float_parameter_is_fitted_to_arrays():
    def loss(w):
        return ((w * X - Y) ** 2).mean()

    gradient = grad(loss)(0.0)
    assert type(gradient) is float
    assert np.isclose(gradient, -2 * (X * Y).mean())
    assert np.isclose(hessian(loss)(0.0), 2 * (X * X).mean())
    value, at = value_and_grad(lambda p: ((p["w"] * X + p["b"] - Y) ** 2).mean())({"w": 0.0, "b": 1.0})
    assert np.isclose(value, ((1 - Y) ** 2).mean())
    assert np.isclose(at["w"], (2 * (1 - Y) * X).mean())
    assert np.isclose(at["b"], (2 * (1 - Y)).mean())
    assert np.allclose(jacobian(lambda w: w * X)(2.0), X)
    w = 0.0
    for _ in range(200):
        w = w - 0.05 * grad(loss)(w)
    assert type(w) is float
    assert np.isclose(w, (X @ Y) / (X @ X))


@pytest.mark.parametrize("start", [np.array(3.0), np.float64(3.0), np.float32(3.0), np.array(3.0, np.float32), 3.0, 3])
def test_descent_runs_from_every_kind_of_number(start):
    def f(x):
        return (x - 1.0) * (x - 1.0)

    assert np.shape(grad(f)(start)) == ()
    x = start
    for _ in range(100):
        x = x - 0.1 * grad(f)(x)
    assert np.isclose(x, 1.0)


def test_the_gradient_at_an_array_of_one_number_is_an_array():
    for f in (grad(lambda x: x * x), grad(grad(lambda x: x * x * x)), grad(lambda x: x + x), grad(lambda x: 3.0 * x), jacobian(np.tanh)):
        gradient = f(np.array(3.0))
        assert type(gradient) is np.ndarray
        assert gradient.shape == ()
        gradient[...] = 0.0  # it is the caller's


def test_what_a_value_cannot_be_combined_with_is_refused():
    v = Value(2.0)
    for product in (lambda: X @ v, lambda: v @ X):
        with pytest.raises(ValueError, match="a single number has no axis to multiply along; use \\* instead"):
            product()
    with pytest.raises(TypeError, match="not text"):
        v * np.array(["a"])
    with pytest.raises(TypeError, match="not complex numbers"):
        v * np.array([1j])


# --- conditions -----------------------------------------------------------------------------------


BITS = [operator.and_, operator.or_, operator.xor]
STEPS = {
    "%": operator.mod, "//": operator.floordiv, "divmod": divmod, "<<": operator.lshift, ">>": operator.rshift,
}  # fmt: skip


@pytest.mark.parametrize("operation", BITS)
@pytest.mark.parametrize("node", [Value(5.0), Tensor([5.0, 6.0])], ids=["Value", "Tensor"])
def test_numbers_are_not_combined_bit_by_bit(operation, node):
    for other in (3, True, 2.0, Value(6.0), Tensor([1.0, 2.0]), np.array([True, False]), np.array([1, 2]), np.bool_(True)):
        for use in (lambda x=other: operation(node, x), lambda x=other: operation(x, node)):
            with pytest.raises(TypeError, match=r"combines conditions, not Values and Tensors, .* put brackets around each comparison"):
                use()
    with pytest.raises(TypeError, match="`~` combines conditions"):
        operator.invert(node)


def test_comparisons_without_brackets_are_refused_with_where_to_put_them():
    for a in (Value(2.0), Tensor([2.0])):
        with pytest.raises(TypeError, match=r"put brackets around each comparison, as in `\(a > 1\) & \(b < 3\)`"):
            a > 1 & a < 3  # noqa: B015
    with pytest.raises(TypeError, match=r"For a power write \*\*\."):
        Value(2.0) ^ 2


@pytest.mark.parametrize("symbol", STEPS)
def test_what_goes_in_steps_is_refused_with_a_sentence(symbol):
    for node in (Value(5.0), Tensor([5.0])):
        for use in (lambda x=node: STEPS[symbol](x, 2), lambda x=node: STEPS[symbol](2, x)):
            with pytest.raises(TypeError, match=r"is no operation of a (Value|Tensor): it goes in steps, .* compute with `\.data`"):
                use()
        with pytest.raises(TypeError, match=r"round\(…\) is no operation of a"):
            round(node, 2)


def test_text_is_still_formatted_with_a_percent_sign():
    assert "%s" % Value(2.0) == "Value(data=2.0, grad=0.0)"  # noqa: UP031
    assert "%.1f" % Value(2.0).detach() == "2.0"  # noqa: UP031


@pytest.mark.parametrize(
    "condition",
    [
        lambda x, m: (x > 1) & (x < 3), lambda x, m: (x < 1) | (x > 3), lambda x, m: (x > 1) ^ (x > 3), lambda x, m: ~(x > 1),
        lambda x, m: ~((x > 1) & (x < 3)) | (x == 2), lambda x, m: m & (x > 1), lambda x, m: (x > 1) & m,
        lambda x, m: (x > 1) & np.array([True, False, True]), lambda x, m: np.array([True, False, True]) | (x > 1),
        lambda x, m: np.logical_and(x > 1, m), lambda x, m: np.logical_not(x > 1), lambda x, m: (x > 1) & True,
    ],
)  # fmt: skip
def test_a_compiled_function_combines_conditions_as_numpy_does(condition):
    x, w, m = np.array([0.5, 2.0, 4.0]), Tensor([1.0, 10.0, 100.0]), np.array([True, False, True])

    def f(x, m):
        return (autograd.where(condition(x, m), w, 0.0) * x).sum()

    expected = f(x, m).item()
    assert autograd.compile(f)(x, m).item() == expected


def test_a_compiled_function_does_not_combine_numbers():
    w = Value(2.0)
    for f in (lambda x: w & x, lambda x: (x > 1) & x, lambda x: autograd.where(x > 1 & x, w, 0.0), lambda x: ~x, lambda x: (x > 1) * w | x):
        with pytest.raises(TypeError, match="combines conditions, not Values and Tensors"):
            autograd.compile(f)(2.0)


def test_pythons_max_gives_one_of_the_two_and_the_right_gradient():
    v, dead = Value(2.0), Value(-2.0)
    assert max(0, v) is v
    assert max(0, dead) == 0  # a plain number: `maximum` is a node
    total = sum(max(0, 1 - s * x) for s, x in zip((1.0, -1.0, 1.0), (v, v, dead), strict=True))
    total.backward()
    assert (total.data, v.grad, dead.grad) == (6.0, 1.0, -1.0)
    loss = autograd.maximum(0, dead)
    loss.backward()
    assert (loss.data, dead.grad) == (0.0, -1.0)
    v.zero_grad()
    compiled = autograd.compile(lambda x: max(0, v * x))
    for x, largest, slope in ((1.0, 2.0, 1.0), (-1.0, 0.0, 1.0)):
        out = compiled(x)
        out.backward()
        assert (out.data, v.grad) == (largest, slope)


def test_a_function_of_a_condition_is_computed_in_full_precision():
    def f(x):
        return autograd.tanh(x > 0.0) * x

    expected = math.tanh(1.0) * 2.0
    assert f(Value(2.0)).data == pytest.approx(expected, rel=1e-15)
    assert autograd.compile(f)(2.0).data == pytest.approx(expected, rel=1e-15)
    np.testing.assert_allclose(autograd.vmap(f)(np.array([2.0, -1.0])).data, [expected, 0.0], rtol=1e-15)
