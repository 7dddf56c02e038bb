"""`grad` and its relatives: JAX's meaning, nesting, structures, closures over nodes, and what is not differentiated."""

import math
from typing import NamedTuple

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value, grad, hessian, jacobian, jvp, no_grad, tanh, value_and_grad, vjp
from autograd.structures import leaves, rebuild, tree_map


class Pair(NamedTuple):
    left: float
    right: float


def cube(x):
    """x to the third."""
    return x**3


def test_derivatives_of_any_order():
    f = tanh
    values = []
    for _ in range(5):
        values.append(f(0.5))
        f = grad(f)
    t = math.tanh(0.5)
    s = 1 - t * t
    assert values == pytest.approx([t, s, -2 * t * s, -2 * s * (1 - 3 * t * t), 8 * t * s * (2 - 3 * t * t)])


def test_perturbations_are_not_confused():
    """d/dx (x · d/dy (x + y)) = 1, and not 2 as where the two directions are mixed up."""
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert grad(lambda x: grad(lambda y: x * y * y)(x) * x)(3.0) == 54.0
    assert grad(lambda x: x * jvp(lambda y: x * y, (2.0,), (1.0,))[1])(3.0) == 6.0
    assert jvp(lambda x: x * grad(lambda y: x * y)(2.0), (3.0,), (1.0,))[1] == 6.0


def test_an_inner_gradient_with_respect_to_the_outer_variable():
    assert grad(lambda x: grad(cube)(x) * 2)(2.0) == 24.0
    assert grad(lambda x: grad(lambda y: cube(x))(x) + x)(2.0) == 1.0


def test_results_are_plain_where_the_arguments_were():
    assert type(grad(cube)(2.0)) is type(grad(cube)(2)) is type(grad(cube)(np.float32(2))) is float
    assert type(grad(lambda x: (x * x).sum())(np.ones(2))) is np.ndarray
    value, gradient = value_and_grad(lambda x: (x * x).sum())(np.ones(2))
    assert (type(value), type(gradient)) == (np.ndarray, np.ndarray)
    assert grad(cube)(2) == 12.0  # a whole number is a number


def test_results_are_nodes_where_an_argument_is_one():
    x = Value(2.0)
    value, gradient = value_and_grad(cube)(x)
    assert (type(value), type(gradient)) == (Value, Value)
    (value + gradient).backward()
    assert x.grad == 12.0 + 12.0
    for linear in (lambda x: x, lambda x: 3 * x, lambda x: 5.0, lambda x: x + 1):
        assert type(grad(linear)(Value(2.0))) is Value
    t = Tensor([1.0, 2.0])
    grad(lambda x: (x**3).sum())(t).sum().backward()
    assert np.array_equal(t.grad, [6.0, 12.0])


def test_functions_of_outer_nodes_give_derivatives_that_reach_them():
    """As in MAML: the gradient of a step of gradient descent."""
    w = Value(3.0)
    g = grad(lambda x: w * x * x)(2.0)
    assert type(g) is Value
    g.backward()
    assert w.grad == 4.0
    t = Tensor([1.0, 2.0])
    out, pull = vjp(lambda x: x * t, np.array([3.0, 4.0]))
    assert isinstance(out, Tensor)
    pull(np.ones(2))[0].sum().backward()
    assert np.array_equal(t.grad, [1.0, 1.0])


def test_outer_constants_and_inner_leaves_keep_results_plain():
    constant, made = Value(3.0).detach(), []

    def f(x):
        made.append(Value(4.0))
        return constant * x * made[-1]

    assert grad(f)(2.0) == 12.0
    assert type(grad(f)(2.0)) is float
    assert made[-1].grad == 0.0, "grad does not write to .grad"


def test_no_grad_outside_stops_recording_and_not_the_derivative():
    w, x = Value(3.0), Value(2.0)
    with no_grad():
        assert grad(cube)(2.0) == 12.0
        assert grad(grad(cube))(2.0) == 12.0
        assert grad(lambda x: w * x)(2.0) == 3.0
        assert jvp(cube, (2.0,), (1.0,)) == (8.0, 12.0)
        assert hessian(cube)(2.0) == 12.0
        value, of_node = value_and_grad(cube)(x)
    assert (of_node.data, of_node.requires_grad) == (12.0, False)
    assert (value.data, value.requires_grad) == (8.0, False)


def test_no_grad_inside_makes_a_constant():
    def f(x):
        with no_grad():
            weight = x * x
        return weight * x

    assert grad(f)(3.0) == 9.0
    assert grad(lambda x: x.detach() * x)(3.0) == 3.0


def test_recording_is_as_before_after_an_error_inside():
    def fails(x):
        raise KeyError

    with no_grad():
        with pytest.raises(KeyError):
            grad(fails)(1.0)
        assert not (Value(1.0) * 2).requires_grad


def test_gradients_have_the_structure_of_the_argument():
    def f(p):
        return p["w"][0] * p["w"][1].sum() + p["pair"].left * p["pair"].right ** 2 + p["b"][0]

    p = {"w": [2.0, np.ones(2)], "pair": Pair(3.0, 4.0), "b": (5.0,), "unused": 7.0, "nothing": []}
    g = grad(f)(p)
    assert np.array_equal(g["w"][1], [2.0, 2.0])
    g["w"][1] = None
    assert g == {"w": [2.0, None], "pair": Pair(16.0, 24.0), "b": (1.0,), "unused": 0.0, "nothing": []}
    assert type(g["pair"]) is Pair


def test_argnums():
    def f(x, y, z):
        return x * y**2 * z**3

    assert grad(f)(1.0, 2.0, 3.0) == 108.0
    assert grad(f, 1)(1.0, 2.0, 3.0) == grad(f, -2)(1.0, 2.0, 3.0) == 108.0
    assert grad(f, (0, -1))(1.0, 2.0, 3.0) == (108.0, 108.0)
    assert grad(f, [2])(1.0, 2.0, 3.0) == (108.0,)
    assert grad(f, ())(1.0, 2.0, 3.0) == ()
    assert value_and_grad(f, (1,))(1.0, 2.0, 3.0) == (108.0, (108.0,))
    assert jacobian(f, (0, 1))(1.0, 2.0, 3.0) == (108.0, 108.0)
    assert hessian(f, (0, 1))(1.0, 2.0, 3.0) == ((0.0, 108.0), (108.0, 54.0))


def test_other_arguments_and_keywords_pass_as_they_are():
    def f(x, rows, *, scale, name):
        assert name == "n"
        assert rows.dtype == int
        return (x[rows] * scale).sum()

    assert np.array_equal(grad(f)(np.ones(3), np.array([0, 0, 2]), scale=2.0, name="n"), [4.0, 0.0, 2.0])


def test_the_new_function_has_the_name_and_the_doc_of_the_old():
    for transform in (grad, value_and_grad, jacobian, hessian):
        assert transform(cube).__name__ == "cube"
        assert transform(cube).__doc__ == cube.__doc__


def test_a_result_that_does_not_depend_on_an_argument_has_derivative_0():
    assert grad(lambda x: 5.0)(2.0) == grad(lambda x: 5)(2.0) == 0.0
    assert np.array_equal(grad(lambda x: 5.0)(np.ones(2)), [0.0, 0.0])
    assert jvp(lambda x: 5.0, (2.0,), (1.0,)) == (5.0, 0.0)
    assert np.array_equal(jvp(lambda x: np.ones(2), (2.0,), (1.0,))[1], [0.0, 0.0])
    assert jacobian(lambda x: [5.0, x])(2.0) == [0.0, 1.0]
    assert hessian(lambda x: 3 * x)(2.0) == 0.0
    assert vjp(lambda x: 5.0, 2.0)[1](1.0) == (0.0,)


def test_float32_stays_float32():
    x = np.ones(2, np.float32)
    for result in (
        *value_and_grad(lambda x: (x.tanh() * 2.0).sum())(x), *jvp(lambda x: x * x, (x,), (x,)), hessian(lambda x: (x**3).sum())(x),
        jacobian(lambda x: x * x)(x), *vjp(lambda x: x * x, x)[1](np.ones(2)),
    ):  # fmt: skip
        assert result.dtype == np.float32


def test_vjp_pulls_back_as_often_as_one_likes():
    out, pull = vjp(lambda x, y: [x * y, x + y], 2.0, 3.0)
    assert out == [6.0, 5.0]
    assert pull([1.0, 0.0]) == (3.0, 2.0)
    assert pull([0.0, 1]) == (1.0, 1.0)
    assert pull((1.0, 1.0)) == (4.0, 3.0)
    assert pull([None, 1.0]) == (1.0, 1.0)


def test_a_cotangent_dict_may_list_its_keys_in_any_order():
    _, pull = vjp(lambda x: {"a": x, "b": 10 * x}, 1.0)
    assert pull({"b": 1.0, "a": 0.0}) == (10.0,)
    _, tangent = jvp(lambda p: p["a"] + 10 * p["b"], ({"a": 1.0, "b": 1.0},), ({"b": 0.0, "a": 1.0},))
    assert tangent == 1.0


def test_a_result_returned_twice_or_returned_beside_its_input_counts_twice():
    def f(x):
        y = x * x
        return [y, y, x, y * y]

    _, pull = vjp(f, 2.0)
    assert pull([1.0, 1.0, 1.0, 1.0]) == (4.0 + 4.0 + 1.0 + 32.0,)


def test_results_and_gradients_may_be_written_to():
    out, pull = vjp(lambda x: autograd.exp(x), np.zeros(2))
    out[:] = 100.0
    (first,) = pull(np.ones(2))
    first[:] = 100.0
    assert np.array_equal(pull(np.ones(2))[0], [1.0, 1.0])
    x = np.ones(2)
    identity, _ = vjp(lambda x: x, x)
    identity[:] = 5.0
    assert np.array_equal(x, [1.0, 1.0])
    w = Tensor(np.ones(2))
    with no_grad():
        out, _ = vjp(lambda x: w, 1.0)
    out[:] = 5.0
    assert np.array_equal(w.data, [1.0, 1.0])


def test_a_cotangent_that_is_a_node_gives_gradients_that_are_nodes():
    v = Value(5.0)
    _, pull = vjp(cube, 2.0)
    (g,) = pull(v)
    g.backward()
    assert (g.data, v.grad) == (60.0, 12.0)


def test_pulling_back_after_an_outer_leaf_was_changed_is_refused():
    w = Tensor([2.0])
    _, pull = vjp(lambda x: (x * w * w).sum(), np.ones(1))
    w.data = [3.0]
    with pytest.raises(RuntimeError, match="was changed after"):
        pull(1.0)


def test_jvp_is_the_derivative_along_a_direction():
    assert jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 10.0)) == (6.0, 23.0)
    assert jvp(lambda x, y: x * y, [2, 3], [1, 10]) == (6.0, 23.0)
    a, b = np.arange(4.0).reshape(2, 2), np.ones((2, 2))
    out, tangent = jvp(lambda x: x @ x, (a,), (b,))
    assert np.array_equal(out, a @ a)
    assert np.array_equal(tangent, a @ b + b @ a)
    out, tangent = jvp(lambda p: {"s": p[0] * p[1].sum()}, ([2.0, np.ones(2)],), ([1.0, np.zeros(2)],))
    assert (out, tangent) == ({"s": 4.0}, {"s": 2.0})


def test_jvp_of_nodes_and_of_jvp():
    x = Value(2.0)
    out, tangent = jvp(cube, (x,), (1.0,))
    tangent.backward()
    assert (out.data, tangent.data, x.grad) == (8.0, 12.0, 12.0)
    assert jvp(lambda x: jvp(cube, (x,), (1.0,))[1], (2.0,), (1.0,)) == (12.0, 12.0)


def test_jacobian_of_vectors_and_matrices():
    a = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(jacobian(lambda x: a @ x)(np.ones(3)), a)
    x = np.random.default_rng(0).normal(size=(2, 2))
    j = jacobian(lambda x: x @ x)(x)
    assert j.shape == (2, 2, 2, 2)
    expected = np.einsum("ik,lj->ijkl", np.eye(2), x) + np.einsum("ik,jl->ijkl", x, np.eye(2))
    np.testing.assert_allclose(j, expected)
    assert np.array_equal(jacobian(lambda x: x * Tensor([0.0, 1.0, 2.0]))(2.0), [0.0, 1.0, 2.0])
    assert np.array_equal(jacobian(lambda x: x.sum())(np.ones(2)), [1.0, 1.0])
    assert jacobian(lambda x: x[:0])(np.ones(2)).shape == (0, 2)
    assert jacobian(lambda x: autograd.concatenate([x, x]))(np.ones(0)).shape == (0, 0)


def test_jacobian_of_structures():
    j = jacobian(lambda p: {"sum": p["x"] + p["y"].sum(), "outer": p["x"] * p["y"]})({"x": 2.0, "y": np.array([3.0, 4.0])})
    assert j["sum"]["x"] == 1.0
    assert np.array_equal(j["sum"]["y"], [1.0, 1.0])
    assert np.array_equal(j["outer"]["x"], [3.0, 4.0])
    assert np.array_equal(j["outer"]["y"], [[2.0, 0.0], [0.0, 2.0]])


def test_infinite_slopes_of_one_result_do_not_spoil_the_others():
    """0 × inf would be nan."""
    assert jacobian(lambda x: [x.log(), x, 2 * x])(0.0) == [math.inf, 1.0, 2.0]


def test_hessian_of_vectors_and_structures():
    x = np.array([1.0, 2.0, 3.0])
    p = np.exp(x) / np.exp(x).sum()
    np.testing.assert_allclose(hessian(lambda x: autograd.logsumexp(x, axis=0))(x), np.diag(p) - np.outer(p, p))
    h = hessian(lambda p: p["a"] ** 2 * p["b"])({"a": 2.0, "b": 3.0})
    assert h == {"a": {"a": 6.0, "b": 4.0}, "b": {"a": 4.0, "b": 0.0}}


def test_values_and_tensors_mix_in_second_derivatives():
    def f(x, y):
        return (x**y).sum() + autograd.stack([x, x * x]).sum()

    y = np.array([2.0, 3.0])
    (xx, xy), (_, yy) = hessian(f, (0, 1))(2.0, y)
    assert xx == pytest.approx(2 + 6 * 2 + 2)
    np.testing.assert_allclose(xy, 2.0 ** (y - 1) * (1 + y * math.log(2)))
    np.testing.assert_allclose(yy, np.diag(2.0**y * math.log(2) ** 2))


def test_one_walk_serves_many_results():
    """A hundred results on one long graph: a walk each would take a hundred times as long."""

    def f(x):
        out = [x]
        for _ in range(2000):
            out.append(out[-1] * 1.0)
        return out

    _, pull = vjp(f, 1.0)
    assert pull([1.0] * 2001) == (2001.0,)


def test_structures():
    tree = {"w": [1, (2, Pair(3, 4))], "b": 5}
    assert leaves(tree) == [1, 2, 3, 4, 5]
    doubled = tree_map(lambda x, y: x + y, tree, {"b": 5, "w": [1, [2, (3, 4)]]})
    assert doubled == {"w": [2, (4, Pair(6, 8))], "b": 10}
    assert type(doubled["w"][1][1]) is Pair
    assert rebuild(7, iter("a")) == "a"


def test_the_second_derivative_behind_a_dead_relu_is_0():
    assert hessian(lambda w: autograd.relu(autograd.dot(w, w) - 100.0))([3.0, 4.0]) == [[0.0, 0.0], [0.0, 0.0]]
