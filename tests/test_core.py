"""The core's walk: on random graphs it agrees with an independent evaluation, and its short form is the same walk.

The independent evaluation runs the same program on complex numbers, with Python's or NumPy's own
arithmetic: the imaginary part of f(x + ih), divided by h, is the derivative to rounding.
"""

import cmath
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import autograd
from autograd import Primitive, Tensor, Value, grad, hessian, jvp, table, vjp
from autograd.backward import _is_alone

# --- random graphs --------------------------------------------------------------------------------


H = 1e-40


def larger(z, w):
    """Where z is larger than w; programs in which two numbers tie are left out."""
    assume(z is w or np.all(np.abs(z.real - w.real) > 1e-9))
    return z.real > w.real


# Each operation on nodes, and on complex numbers, of which the real parts decide at kinks.
UNARY = {
    "tanh": (autograd.tanh, np.tanh),
    "sin": (autograd.sin, np.sin),
    "cos": (autograd.cos, np.cos),
    "sigmoid": (autograd.sigmoid, lambda z: 0.5 * (1 + np.tanh(0.5 * z))),
    "softplus": (autograd.softplus, lambda z: np.log(1 + np.exp(z))),
    "silu": (autograd.silu, lambda z: 0.5 * z * (1 + np.tanh(0.5 * z))),
    "relu": (autograd.relu, lambda z: np.where(larger(z, 0 * z), z, 0)),
    "abs": (abs, lambda z: np.where(larger(z, 0 * z), z, -z)),
    "negative": (lambda x: -x, lambda z: -z),
    "square": (lambda x: x**2, lambda z: z * z),
    "bell": (lambda x: autograd.exp(-x * x), lambda z: np.exp(-z * z)),
    "root": (lambda x: (x * x + 1) ** 0.5, lambda z: np.sqrt(z * z + 1)),
}
BINARY = {
    "add": (lambda x, y: x + y, lambda z, w: z + w),
    "subtract": (lambda x, y: x - y, lambda z, w: z - w),
    "multiply": (lambda x, y: x * y, lambda z, w: z * w),
    "divide": (lambda x, y: x / (1 + y * y), lambda z, w: z / (1 + w * w)),
    "maximum": (autograd.maximum, lambda z, w: np.where(larger(z, w), z, w)),
    "minimum": (autograd.minimum, lambda z, w: np.where(larger(z, w), w, z)),
    "power": (lambda x, y: (x * x + 1) ** autograd.tanh(y), lambda z, w: np.exp(np.tanh(w) * np.log(z * z + 1))),
    "plus constant": (lambda x, y: 2 - x, lambda z, w: 2 - z),
}
OPERATIONS = {**UNARY, **BINARY}
SMOOTH = sorted(set(OPERATIONS) - {"relu", "abs", "maximum", "minimum"})

numbers = st.floats(-2, 2).map(lambda x: round(x, 3))
places = st.integers(0, 1000)  # which of the numbers computed so far, modulo their count


def programs(names, size):
    return st.lists(st.tuples(st.sampled_from(sorted(names)), places, places), min_size=1, max_size=size)


def run(program, pool, engine, combine=None):
    """All intermediate results of a program, of which each step takes any earlier ones, so that nodes are shared."""
    pool = list(pool)
    for name, first, second in program:
        function = OPERATIONS[name][0 if engine else 1]
        operands = [pool[first % len(pool)], pool[second % len(pool)]][: 1 if name in UNARY else 2]
        pool.append(combine(function, operands) if combine else function(*operands))
    return pool


def tame(results):
    """Leave out programs whose numbers explode."""
    assume(all(np.all(np.abs(z) < 1e4) for z in results))


@given(st.lists(numbers, min_size=1, max_size=4), programs(OPERATIONS, 25))
@settings(max_examples=500)
def test_gradients_of_random_programs_on_values(xs, program):
    def evaluate(*zs):
        return complex(sum(run(program, map(np.complex128, zs), engine=False)[-3:]))

    leaves = [Value(x) for x in xs]
    results = run(program, leaves, engine=True)
    tame([node.data for node in results])
    out = sum(results[-3:])
    out.backward()
    assert math.isclose(out.data, evaluate(*xs).real, rel_tol=1e-12, abs_tol=1e-12)
    for i, leaf in enumerate(leaves):
        slope = evaluate(*[x + H * 1j * (i == j) for j, x in enumerate(xs)]).imag / H
        assert math.isclose(leaf.grad, slope, rel_tol=1e-9, abs_tol=1e-9)


def reduced(function, operands):
    """An operation on arrays; where the shapes do not broadcast, on the second operand's mean."""
    if len(operands) == 2:
        x, y = operands
        try:
            np.broadcast_shapes(x.shape, y.shape)
        except ValueError:
            operands = [x, y.mean()]
    return function(*operands)


RESHAPES = (  # on nodes and on arrays alike
    lambda x: x.T,
    lambda x: x.sum(axis=0, keepdims=True) if x.ndim else x,
    lambda x: x[..., ::2] if x.ndim else x,
    lambda x: x[np.arange(2) % x.shape[0]] if x.ndim else x,
    lambda x: x.reshape(-1),
    lambda x: x @ x.T if x.ndim == 2 else x,
    lambda x: x.mean(axis=-1) if x.ndim else x,
)
arrays = st.tuples(st.sampled_from([(), (3,), (2, 3), (2, 1), (1, 3)]), st.integers(0, 99)).map(
    lambda shape_and_seed: np.asarray(np.random.default_rng(shape_and_seed[1]).uniform(-2, 2, shape_and_seed[0]).round(3))
)


@given(st.lists(arrays, min_size=1, max_size=3), programs(OPERATIONS, 12), st.lists(st.integers(0, len(RESHAPES) - 1), max_size=5))
@settings(max_examples=500)
def test_gradients_of_random_programs_on_tensors(xs, program, reshapes):
    def combine(function, operands):
        """The operation, and at some steps a change of shape after it, chosen by the count of steps so far."""
        out = reduced(function, operands)
        steps.append(out)
        turn = len(steps) % 3 == 0 and len(steps) // 3 <= len(reshapes)
        return RESHAPES[reshapes[len(steps) // 3 - 1]](out) if turn else out

    def evaluate(*zs):
        steps.clear()
        return sum(z.sum() for z in run(program, zs, engine=False, combine=combine)[-3:])

    steps = []
    leaves = [Tensor(x) for x in xs]
    results = run(program, leaves, engine=True, combine=combine)
    tame([node.data for node in [*steps, *results]])
    out = sum(node.sum() for node in results[-3:])
    out.backward()
    assert np.isclose(out.item(), evaluate(*[np.array(x, complex) for x in xs]).real, rtol=1e-11, atol=1e-11)
    for i, (x, leaf) in enumerate(zip(xs, leaves, strict=True)):
        for place in np.ndindex(x.shape):
            nudged = [np.array(y, complex) for y in xs]
            nudged[i][place] += H * 1j
            found = 0.0 if leaf.grad is None else leaf.grad[place]
            assert np.isclose(found, evaluate(*nudged).imag / H, rtol=1e-9, atol=1e-9)


@given(st.lists(numbers, min_size=2, max_size=3), programs(SMOOTH, 10))
def test_hessians_of_random_programs_are_symmetric_and_are_slopes_of_the_gradient(xs, program):
    def f(leaves):
        return sum(run(program, leaves, engine=True)[-3:])

    tame(run(program, xs, engine=True))
    second = np.array(hessian(f)(xs))
    assume(np.abs(second).max() < 1e4)
    assert np.allclose(second, second.T, rtol=1e-9, atol=1e-9)
    for i in range(len(xs)):
        after, before = ([x + h * (i == j) for j, x in enumerate(xs)] for h in (1e-6, -1e-6))
        slopes = (np.array(grad(f)(after)) - np.array(grad(f)(before))) / 2e-6
        assert np.allclose(second[i], slopes, rtol=1e-4, atol=1e-4)


mixed = arrays.map(lambda x: x if x.ndim else float(x))  # Tensors, and Values in between


@given(st.lists(mixed, min_size=1, max_size=3), programs(SMOOTH, 8), st.integers(0, 99))
def test_forward_and_reverse_mode_are_transposes_of_each_other(xs, program, seed):
    """⟨w, J v⟩ = ⟨Jᵀ w, v⟩."""

    def f(*leaves):
        return run(program, leaves, engine=True, combine=reduced)[-1]

    out, pull = vjp(f, *xs)
    tame([out])
    random = np.random.default_rng(seed)
    directions = [random.normal(size=np.shape(x)) for x in xs]
    w = random.normal(size=np.shape(out))
    _, along = jvp(f, xs, directions)
    forward = np.sum(w * along)
    backward = sum(np.sum(g * v) for g, v in zip(pull(w), directions, strict=True))
    assert np.isclose(forward, backward, rtol=1e-9, atol=1e-9)


@given(numbers, st.integers(1, 30))
@settings(max_examples=30)
def test_a_value_used_again_and_again_collects_every_path(x, times):
    """Doubling `times` times has 2^times paths, and takes `times` steps."""
    leaf = node = Value(x)
    for _ in range(times):
        node = node + node
    node.backward()
    assert leaf.grad == 2.0**times
    assert cmath.isclose(node.data, x * 2.0**times)


# --- a backward pass from a node whose inputs are all leaves --------------------------------------


def twice(out):
    """The same node with another one above it, so that its backward pass is the general walk."""
    return out * 1.0


def products():
    a, b = Tensor([[1.0, 2.0], [3.0, 4.0]]), Tensor([[0.5], [-1.0]])
    return (a, b), autograd.matmul(a, b)


def test_a_product_of_two_leaves_is_alone_and_something_above_it_is_not():
    _, out = products()
    assert _is_alone(out)
    assert not _is_alone(twice(out))
    assert not _is_alone(out.sum())


def test_it_gives_the_gradients_of_the_general_walk_and_adds_them_up():
    seed = np.array([[1.0], [10.0]])
    leaves, out = products()
    others, other = products()
    for _ in range(2):
        out.backward(seed)
        twice(other).backward(seed)
    for x, y in zip((*leaves, out), (*others, other), strict=True):
        np.testing.assert_array_equal(x.grad, y.grad)
        assert x.grad is not seed


def test_a_leaf_used_twice_gets_both_gradients():
    x = Tensor([[1.0, 2.0], [3.0, 4.0]])
    autograd.matmul(x, x).backward(np.ones((2, 2)))
    np.testing.assert_array_equal(x.grad, [[7.0, 11.0], [9.0, 13.0]])


@pytest.mark.parametrize("above", [lambda x: x, twice])
def test_leaves_do_not_share_the_array_of_their_gradients(above):
    a, b = Tensor(np.ones((1, 2))), Tensor(np.ones((1, 2)))
    out = autograd.concatenate([a, b])
    above(out).backward(np.ones((2, 2)))
    a.grad[...] = 5.0
    assert (b.grad == 1).all()
    assert (out.grad == 1).all()


def test_a_leaf_that_was_changed_after_its_use_is_noticed():
    (a, _), out = products()
    a.data[0, 0] = 7.0
    with pytest.raises(RuntimeError, match="was changed after matmul had used it"):
        out.backward(np.ones((2, 1)))


def test_constants_alone_have_no_backward_pass():
    a, b = Tensor(np.ones((2, 2))).detach(), Tensor(np.ones((2, 2))).detach()
    with pytest.raises(RuntimeError, match="constants alone"):
        autograd.matmul(a, b).backward(np.ones((2, 2)))


def test_it_is_all_or_nothing():
    class Stubborn(Tensor):
        def _receive(self, gradient, undo):
            raise KeyboardInterrupt

    def rule(g, y, a, b):
        return g

    own = Primitive(
        "own_of_this_test", symbol="o", latex="#1", scalar=None, array=np.add, vjp=(rule, rule), elementwise=False,
        cases=(autograd.Case((2,), (2,)),), doc="Own.",
    )  # fmt: skip
    try:
        a, b = Tensor([1.0, 2.0]), Stubborn([3.0, 4.0])
        a.grad = np.array([5.0, 5.0])
        out = own(a, b)
        with pytest.raises(KeyboardInterrupt):
            out.backward(np.ones(2))
        assert (a.grad == 5).all()
        assert b.grad is None
        assert out.grad is None
    finally:
        del table["own_of_this_test"]


def test_a_compiled_loss_is_alone():
    w = Value(3.0)
    loss = autograd.compile(lambda x: w * w * x)(2.0)
    assert _is_alone(loss)
    loss.backward()
    assert w.grad == 12.0
