"""Claims about simplification: each rule of algebra leaves the numbers as they are, in fewer steps; equal steps are taken once."""

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor
from autograd.backward import ancestors
from autograd.compiling.simplify import Simplifier
from autograd.compiling.tracing import tracing
from autograd.core import Node
from autograd.primitives.arithmetic import add_n, astype, dot_n, identity, stop_gradient
from autograd.primitives.choices import max_n
from autograd.primitives.networks import linear
from autograd.primitives.shapes import expand_dims, squeeze


def leaves():
    rng = np.random.default_rng(0)
    shapes = {"a": (3, 2), "b": (3, 2), "v": (2,), "one": (1,), "m": (2, 3)}
    return [Tensor(rng.normal(size=shape), name) for name, shape in shapes.items()]


def simplified(f):
    """The graph that `f` leaves, and the simpler one."""
    given = leaves()
    with tracing("test"):
        y = f(*given)
        return y, Simplifier(given).of(y)


def computed(x):
    """The number of a node, computed anew from its leaves."""
    found = {}
    for node in reversed(ancestors([x])):
        data = [found[i] if isinstance(i, Node) else i for i in node.inputs or ()]
        found[node] = node._datum if node.primitive is None else node.primitive(*data, **node.static)
    return found[x]


def names(x):
    return sorted(node.primitive.name for node in ancestors([x]) if node.primitive is not None) if isinstance(x, Node) else []


RULES = {
    "a + 0": (lambda a, b, v, one, m: a + 0.0, []),
    "0 + a": (lambda a, b, v, one, m: np.zeros((3, 2)) + a, []),
    "a + a": (lambda a, b, v, one, m: a + a, ["multiply"]),
    "(a + b) + b": (lambda a, b, v, one, m: (a + b) + b, ["add", "multiply"]),
    "a + -b": (lambda a, b, v, one, m: a + -b, ["subtract"]),
    "a - -b": (lambda a, b, v, one, m: a - -b, ["add"]),
    "a - 0": (lambda a, b, v, one, m: a - 0.0, []),
    "1 * a": (lambda a, b, v, one, m: 1.0 * a, []),
    "-a * -b": (lambda a, b, v, one, m: -a * -b, ["multiply"]),
    "-a * b": (lambda a, b, v, one, m: -(-a * b), ["multiply"]),
    "-1 * a": (lambda a, b, v, one, m: -1 * a, ["negative"]),
    "2 * (3 * a)": (lambda a, b, v, one, m: 2.0 * (3.0 * a), ["multiply"]),
    "(a * 2) * 3": (lambda a, b, v, one, m: a * 2.0 * 3.0, ["multiply"]),
    "-(0.1 * a * b)": (lambda a, b, v, one, m: -(0.1 * a * b), ["multiply", "multiply"]),
    "2 * reshape": (lambda a, b, v, one, m: ag.sum(2.0 * a.reshape(6) * 3.0), ["multiply", "reshape", "sum"]),
    "square of a reshape": (lambda a, b, v, one, m: a.reshape(6) * a.reshape(6), ["multiply", "reshape"]),
    "a number of a condition": (lambda a, b, v, one, m: (a > b) * 1.0 * b, ["greater", "multiply"]),
    "0 times a condition": (lambda a, b, v, one, m: b + 0 * (a > b), []),
    "a / 1": (lambda a, b, v, one, m: a / 1.0, []),
    "-(-a)": (lambda a, b, v, one, m: ag.negative(-a), []),
    "a ** 1": (lambda a, b, v, one, m: a**1, []),
    "a ** 2": (lambda a, b, v, one, m: a**2, ["multiply"]),
    "add_n": (lambda a, b, v, one, m: add_n(a, b, v), ["add", "add"]),
    "dot_n": (lambda a, b, v, one, m: dot_n(a, b, v, b, one), ["add", "add", "multiply", "multiply"]),
    "max_n": (lambda a, b, v, one, m: max_n(a, b, v), ["maximum", "maximum"]),
    "clip": (lambda a, b, v, one, m: ag.minimum(ag.maximum(a, -1.0), 1.0), ["clip"]),
    "where of a number of a condition": (lambda a, b, v, one, m: ag.where(1.0 * (a > b), a, b), ["greater", "where"]),
    "where of constants": (lambda a, b, v, one, m: ag.where(a > b, np.full((3, 2), 2.0), np.zeros((3, 2))), ["greater", "where"]),
    "where in where": (lambda a, b, v, one, m: ag.where(a > b, ag.where(a > b, a, 1.0), b), ["greater", "where"]),
    "where in a factor": (lambda a, b, v, one, m: ag.where(a > b, ag.where(a > b, a, 1.0) * b, 0.0), ["greater", "multiply", "where"]),
    "where is its condition": (lambda a, b, v, one, m: ag.where(ag.where(a > b, 1.0, 0.0) != 0, a, b), ["greater", "where"]),
    "identity": (lambda a, b, v, one, m: identity(stop_gradient(a)), []),
    "astype": (lambda a, b, v, one, m: astype(a, dtype=np.float64), []),
    "reshape of the same shape": (lambda a, b, v, one, m: a.reshape(3, 2), []),
    "reshape of a reshape": (lambda a, b, v, one, m: a.reshape(6).reshape(2, 3), ["reshape"]),
    "reshape of a constant": (lambda a, b, v, one, m: Tensor(np.ones(6)).reshape(3, 2) * a, []),
    "one entry": (lambda a, b, v, one, m: (v[0] * one.reshape(())).reshape(1), ["getitem", "multiply"]),
    "a product with a column": (lambda a, b, v, one, m: (a @ v.reshape(2, 1)).reshape(3), ["matmul"]),
    "a sum whose axis is dropped": (lambda a, b, v, one, m: ag.sum(a, axis=1, keepdims=True).reshape(3), ["sum"]),
    "expand_dims and squeeze": (lambda a, b, v, one, m: squeeze(expand_dims(a, axis=0), axis=0), []),
    "broadcast to the same shape": (lambda a, b, v, one, m: ag.broadcast_to(a, (3, 2)), []),
    "a broadcast of a broadcast": (lambda a, b, v, one, m: ag.broadcast_to(ag.broadcast_to(v, (1, 2)), (3, 2)), ["broadcast_to"]),
    "a broadcast that addition does": (lambda a, b, v, one, m: a + ag.broadcast_to(v, (3, 2)), ["add"]),
    "what is repeated is computed once": (lambda a, b, v, one, m: ag.exp(ag.broadcast_to(v, (3, 2))), ["broadcast_to", "exp"]),
    "two transposes": (lambda a, b, v, one, m: a.T.T, []),
    "a transposed product": (lambda a, b, v, one, m: (m.T @ a.T).T, ["matmul"]),
    "linear": (lambda a, b, v, one, m: linear(a, b, np.array([1.0, 2.0, 3.0])), ["add", "matmul", "transpose"]),
    "linear without a bias": (lambda a, b, v, one, m: linear(a, b, 0.0), ["matmul", "transpose"]),
    "a sum of one entry": (lambda a, b, v, one, m: ag.sum(one, axis=0), ["reshape"]),
    "a sum over all axes": (lambda a, b, v, one, m: ag.sum(a, axis=(0, 1)), ["sum"]),
    "equal steps": (lambda a, b, v, one, m: ag.exp(a + b) * ag.sin(a + b), ["add", "exp", "multiply", "sin"]),
}  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_a_simpler_graph_has_the_same_number_in_fewer_steps(rule):
    f, wanted = RULES[rule]
    y, simple = simplified(f)
    assert names(simple) == wanted
    again = computed(simple)
    assert np.shape(again) == y.shape
    np.testing.assert_allclose(again, y._datum, rtol=1e-14)
    np.testing.assert_allclose(simple._datum, y._datum, rtol=1e-14)


@pytest.mark.parametrize(
    ("f", "count"),
    [
        (lambda a, b, v, one, m: a + np.array([[0.0, 0.0], [0.0, 1.0], [0.0, 0.0]]), 1),
        (lambda a, b, v, one, m: v + np.zeros((3, 2)), 1),  # which repeats v
        (lambda a, b, v, one, m: np.ones((3, 2)) * v, 1),
        (lambda a, b, v, one, m: ag.where(a > b, b, a), 2),
        (lambda a, b, v, one, m: a.T @ b, 2),
        (lambda a, b, v, one, m: ag.minimum(ag.maximum(a, v), 1.0), 2),
        (lambda a, b, v, one, m: a**3, 1),
    ],
)
def test_what_only_looks_like_a_rule_stays(f, count):
    y, simple = simplified(f)
    assert len(names(simple)) == count
    np.testing.assert_array_equal(computed(simple), y._datum)


def test_a_long_sum_is_simplified_without_recursion():
    y, simple = simplified(lambda a, b, v, one, m: add_n(*[a * float(i) for i in range(2, 3000)]))
    np.testing.assert_allclose(simple._datum, y._datum, rtol=1e-12)


def test_a_number_of_an_array_of_no_axes_changes_no_precision():
    x = Tensor(np.ones(3, np.float32), "x")
    with tracing("test"):
        y = 1.0 * (x * Tensor(2.0))
        simple = Simplifier([x]).of(y)
    assert names(simple) == ["multiply"]
    assert simple.dtype == np.float32
