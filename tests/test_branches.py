"""A branch that was not taken passes on exactly 0, whatever its derivative is; a number that happens to be 0 does not."""

import math
import warnings

import numpy as np
import pytest

import autograd
import nn
from autograd import (
    Case,
    Primitive,
    Tensor,
    Value,
    clip,
    detect_anomaly,
    exp,
    grad,
    hessian,
    jvp,
    log,
    log1p,
    maximum,
    minimum,
    relu,
    sin,
    softmax,
    sqrt,
    take,
    vjp,
    vmap,
    where,
)
from autograd.branches import is_steep

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # sqrt(-1) in a forward pass is NumPy's to warn of

EVEN = np.array([True, False, True])
HOLES = np.array([1.0, np.nan, 2.0])

# A function of an array, where it is, and its first and second derivatives there: the sum of each row of the Hessian.
ARRAYS = {
    "a root": (lambda x: where(x > 0, sqrt(x), 0.0).sum(), [0.0, 4.0, -1.0], [0.0, 0.25, 0.0], [0.0, -1 / 32, 0.0]),
    "an exponential": (lambda x: where(x < 5, exp(x), x).sum(), [0.0, 1000.0], [1.0, 1.0], [1.0, 0.0]),
    "a quotient": (lambda x: where(x != 0, sin(x) / x, 1.0).sum(), [0.0, math.pi], [0.0, -1 / math.pi], [0.0, 2 / math.pi**2]),
    "x log x": (lambda x: where(x > 0, x * log(x), 0.0).sum(), [0.0, 1.0, 2.0], [0.0, 1.0, 1 + math.log(2)], [0.0, 1.0, 0.5]),
    "a power": (lambda x: where(x > 0, x**1.5, 0.0).sum(), [0.0, 4.0, -1.0], [0.0, 3.0, 0.0], [0.0, 0.375, 0.0]),
    "a power of x by x": (lambda x: where(x > 0, x**x, 0.0).sum(), [0.0, 1.0, -1.0], [0.0, 1.0, 0.0], [0.0, 2.0, 0.0]),
    "holes in the data": (lambda w: where(np.isnan(HOLES), 0.0, w * HOLES).sum(), [3.0, 3.0, 3.0], [1.0, 0.0, 2.0], [0.0, 0.0, 0.0]),
    "holes and one weight": (lambda w: where(np.isnan(HOLES), 0.0, w * w * HOLES).sum(), [3.0], [18.0], [6.0]),
    "a mask": (lambda x: log1p(x)[EVEN].sum(), [1.0, -1.0, 0.0], [0.5, 0.0, 1.0], [-0.25, 0.0, -1.0]),
    "an index": (lambda x: log(x)[0], [2.0, 0.0, -1.0], [0.5, 0.0, 0.0], [-0.25, 0.0, 0.0]),
    "rows taken": (lambda x: take(log(x), [0, 0]).sum(), [2.0, 0.0], [1.0, 0.0], [-0.5, 0.0]),
    "maximum": (lambda x: maximum(sqrt(x), 1.0).sum(), [0.0, 4.0], [0.0, 0.25], [0.0, -1 / 32]),
    "minimum": (lambda x: minimum(exp(x), 5.0).sum(), [1000.0, 0.0], [0.0, 1.0], [0.0, 1.0]),
    "max": (lambda x: sqrt(x).max(), [0.0, 4.0], [0.0, 0.25], [0.0, -1 / 32]),
    "min": (lambda x: (-sqrt(x)).min(), [0.0, 4.0], [0.0, -0.25], [0.0, 1 / 32]),
    "clip": (lambda x: clip(log(x), -1.0, 1.0).sum(), [0.0, 1.0], [0.0, 1.0], [0.0, -1.0]),
    "relu": (lambda x: relu(log(x)).sum(), [0.0, 4.0], [0.0, 0.25], [0.0, -1 / 16]),
    "relu of a root": (lambda x: relu(sqrt(x)).sum(), [0.0, 4.0], [0.0, 0.25], [0.0, -1 / 32]),
    "nested": (
        lambda x: where(x > 1, where(x > 2, log(x - 2), sqrt(x - 1)), x).sum(), [0.0, 1.25, 4.0], [1.0, 1.0, 0.5], [0.0, -2.0, -0.25],
    ),
    "a network under one condition": (
        lambda x: where(x.sum() > 0, log(x) @ x + exp(-1000 * x).sum(), (x * x).sum()), [-1.0, -2.0], [-2.0, -4.0], [2.0, 2.0],
    ),
    "a product with what was not taken": (
        lambda x: (where(x > 0, 1 / x, 0.0) * where(x > 0, log(x), 0.0)).sum(), [0.0, 1.0], [0.0, 1.0], [0.0, -3.0],
    ),
}  # fmt: skip
NUMBERS = {
    "a root": (lambda x: where(x > 0, sqrt(x), 0.0), 0.0, 0.0), "a root below 0": (lambda x: where(x > 0, sqrt(x), x), -1.0, 1.0),
    "an exponential": (lambda x: where(x < 5, exp(x), x), 1000.0, 1.0), "a quotient": (lambda x: where(x != 0, sin(x) / x, 1.0), 0.0, 0.0),
    "x log x": (lambda x: where(x > 0, x * log(x), 0.0), 0.0, 0.0), "a power": (lambda x: where(x > 0, x**0.5, 2 * x), -1.0, 2.0),
    "maximum": (lambda x: maximum(sqrt(x), 1.0), 0.0, 0.0), "minimum": (lambda x: minimum(exp(x), 5.0), 1000.0, 0.0),
    "relu": (lambda x: sqrt(x).relu(), 0.0, 0.0), "clip": (lambda x: clip(log(x), -1.0, 1.0), 0.0, 0.0),
    "max": (lambda x: autograd.max([sqrt(x), 1.0]), 0.0, 0.0), "a list": (lambda x: take([sqrt(x), 3 * x], 1), 0.0, 3.0),
    "both branches": (lambda x: where(x > 0, sqrt(x), 0.0) + where(x > 1, log(x), 0.0), 0.0, 0.0),
    "a sum of products": (lambda x: where(x > 0, autograd.dot([sqrt(x), 1 / x], [1.0, 2.0]), x), 0.0, 1.0),
}  # fmt: skip


@pytest.fixture(params=ARRAYS)
def arrays(request):
    f, x, first, second = ARRAYS[request.param]
    return f, np.array(x), first, second


@pytest.fixture(params=NUMBERS)
def numbers(request):
    return NUMBERS[request.param]


def of(f, x):
    x = Tensor(x) if isinstance(x, np.ndarray) else Value(x)
    f(x).backward()
    return x.grad


def test_of_an_array(arrays):
    f, x, first, _ = arrays
    for found in (of(f, x), grad(f)(x), vjp(f, x)[1](1.0)[0]):
        np.testing.assert_allclose(found, first)
    np.testing.assert_allclose(of(f, x.astype(np.float32)), first, rtol=1e-5)
    assert jvp(f, (x,), (np.ones_like(x),))[1] == pytest.approx(sum(first))


def test_of_an_array_twice(arrays):
    f, x, _, second = arrays
    np.testing.assert_allclose(hessian(f)(x).sum(axis=1), second)
    np.testing.assert_allclose(grad(lambda x: grad(f)(x).sum())(x), second)


def test_of_an_array_compiled(arrays):
    f, x, first, second = arrays
    compiled = autograd.compile(f)
    for _ in range(3):  # the program that says so comes with the first nan
        np.testing.assert_allclose(of(compiled, x), first)
    np.testing.assert_allclose(autograd.compile(grad(f))(x).data, first)
    np.testing.assert_allclose(autograd.compile(lambda x: grad(lambda x: grad(f)(x).sum())(x))(x).data, second)


def test_of_an_array_vmapped(arrays):
    f, x, first, second = arrays
    each = np.array([x, x])
    np.testing.assert_allclose(of(lambda x: vmap(f)(x).sum(), each), [first, first])
    np.testing.assert_allclose(vmap(grad(f))(each), [first, first])
    np.testing.assert_allclose(vmap(hessian(f))(each).sum(axis=2), [second, second])


def test_of_a_number(numbers):
    f, x, first = numbers
    for found in (of(f, x), grad(f)(x), vjp(f, x)[1](1.0)[0], jvp(f, (x,), (1.0,))[1]):
        assert found == first
    assert grad(grad(f))(x) == hessian(f)(x) == 0.0


def test_of_a_number_compiled_and_vmapped(numbers):
    f, x, first = numbers
    assert of(autograd.compile(f), x) == first
    assert autograd.compile(grad(f))(x).data == first
    assert np.array_equal(vmap(grad(f))(np.array([x, x])), [first, first])
    together = autograd.compile(lambda xs: sum(f(x) for x in xs))
    values = [Value(x), Value(x)]
    together(values).backward()
    assert [v.grad for v in values] == [first, first]


@pytest.mark.parametrize(
    "f", [lambda x: sqrt(x) ** 2, lambda x: sqrt(x) * sqrt(x), lambda x: 0.0 * sqrt(x), lambda x: autograd.dot([sqrt(x)], [1.0]) ** 2]
)
def test_a_number_that_happens_to_be_0_is_no_branch(f):
    """sqrt(x)² has the derivative 1 at 0; 0 · inf is nan, and 0 would be wrong without a word."""
    assert math.isnan(of(f, 0.0))
    assert math.isnan(of(autograd.compile(f), 0.0))
    both = of(lambda x: f(x[:1]).sum() + where(x[1] > 0, sqrt(x[1]), 0.0), np.array([0.0, 0.0]))
    np.testing.assert_equal(both, [np.nan, 0.0])


def test_of_a_sum_only_the_terms_that_were_taken_count():
    x = Tensor([0.0, 4.0])
    (where(x > 0, sqrt(x), 0.0) + x * x).sum().backward()
    assert np.array_equal(x.grad, [0.0, 8.25])


def test_of_values_and_tensors_together():
    v, t = Value(0.0), Tensor([1.0, 4.0])
    where(v > 0, t / v, t * v).sum().backward()
    assert v.grad == 5.0
    assert np.array_equal(t.grad, [0.0, 0.0])
    v.zero_grad()
    t.zero_grad()
    where(t > 1, v * t, sqrt(v) * t).sum().backward()
    assert np.isposinf(v.grad)  # here the root was taken


def test_a_leaf_of_a_branch_not_taken_has_the_gradient_0():
    a, b = Tensor([0.0, 1.0]), Tensor([1.0, 2.0])
    where(b.sum() < 0, log(a) @ a, (b * b).sum()).backward()
    assert np.array_equal(a.grad, [0.0, 0.0])
    assert np.array_equal(b.grad, [2.0, 4.0])


@pytest.mark.parametrize("head", [lambda y: y, softmax])
@pytest.mark.parametrize("compiled", [False, True])
def test_rows_with_holes_that_a_mask_leaves_out_do_not_count_for_the_weights(compiled, head):
    x, keep = np.array([[1.0, 2.0], [np.nan, np.inf], [3.0, 4.0]]), np.array([True, False, True])
    w = np.array([[1.0, 0.5], [0.0, 1.0]])
    expected = of(lambda w: head(x[keep] @ w)[:, 0].sum(), w)
    for f in (lambda w: where(keep[:, None], head(x @ w), 0.0)[:, 0].sum(), lambda w: head(x @ w)[keep][:, 0].sum()):
        np.testing.assert_allclose(of(autograd.compile(f) if compiled else f, w), expected)
        if compiled:  # and where the data are an argument
            t = Tensor(w)
            autograd.compile(lambda w, x: where(keep[:, None], head(x @ w), 0.0)[:, 0].sum())(t, x).backward()
            np.testing.assert_allclose(t.grad, expected)


def test_only_a_part_of_a_row_that_belongs_together_may_be_left_out():
    x, part = np.random.default_rng(0).normal(size=(3, 4)), np.arange(12).reshape(3, 4) % 3 == 0
    usual = grad(lambda x: where(part, softmax(x) ** 2, 0.0).sum())(x)
    careful = grad(lambda x: (where(part, softmax(x) ** 2, 0.0) + where(x > 9, sqrt(x * 0), 0.0)).sum())(x)
    np.testing.assert_allclose(careful, usual)


@pytest.mark.parametrize(
    ("layer", "shape", "read"),
    [
        (lambda: nn.Linear(4, 3, rng=0), (2, 4), lambda y: y), (lambda: nn.Conv1d(4, 3, 2, rng=0), (2, 4, 5), lambda y: y),
        (lambda: nn.LayerNorm(4), (2, 4), lambda y: y), (lambda: nn.LSTM(4, 3, rng=0), (5, 2, 4), lambda y: y[0].transpose(1, 0, 2)),
        (lambda: nn.Sequential(nn.Linear(4, 3, rng=0), nn.Softmax(-1), nn.Linear(3, 3, rng=1)), (2, 4), lambda y: y),
    ],
)  # fmt: skip
def test_an_example_that_is_left_out_does_not_count_for_a_layer(layer, shape, read):
    x, batch = np.random.default_rng(0).normal(size=shape).astype(np.float32), shape.index(2)
    gradients = []
    for hole in (0.0, np.nan):
        model = layer()
        np.moveaxis(x, batch, 0)[1] = hole
        y = read(model(x))
        where(np.array([True, False]).reshape(2, *[1] * (y.ndim - 1)), y * y, 0.0).sum().backward()
        gradients.append([p.grad for p in model.parameters()])
    for expected, found in zip(*gradients, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_a_root_beside_a_branch_is_still_infinite_at_0():
    t, u = Tensor([0.0, 4.0]), Tensor([0.0])
    (where(t > 0, sqrt(t), 0.0).sum() + sqrt(u).sum()).backward()
    assert np.array_equal(t.grad, [0.0, 0.25])
    assert np.array_equal(u.grad, [np.inf])


def test_numpy_warns_of_what_was_taken_and_of_nothing_else():
    def f(x):
        return where(x > 0, sqrt(x), 0.0).sum()

    x = np.array([0.0, 4.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for found in (of(f, x), of(autograd.compile(f), x), vmap(grad(f))(x[None])[0], grad(f)(x)):
            assert np.array_equal(found, [0.0, 0.25])
        grad(lambda x: grad(f)(x).sum())(x)
        with pytest.raises(RuntimeWarning, match="divide by zero"):
            of(lambda x: f(x) + sqrt(x).sum(), x)


def test_an_anomaly_is_what_was_taken():
    with detect_anomaly():
        assert np.array_equal(of(lambda x: where(x > 0, sqrt(x), 0.0).sum(), np.array([0.0, 4.0])), [0.0, 0.25])
        assert of(lambda x: where(x > 0, sqrt(x), 0.0), 0.0) == 0.0
        with pytest.raises(FloatingPointError, match="The derivative of sqrt is nan"):
            of(lambda x: (where(x > 0, x, 0.0) * sqrt(x) ** 2).sum(), np.array([0.0, 4.0]))


def test_a_primitive_of_the_users_own_may_be_the_steep_one():
    steep_arc = Primitive(
        "steep_arc", symbol="asin", latex="#1", scalar=math.asin, array=np.arcsin,
        vjp=(lambda g, y, x: g / sqrt(1 - x * x),), doc="For a test.", domain=(-0.9, 0.9),
    )  # fmt: skip
    try:
        assert is_steep(steep_arc)
        for f in (lambda x: relu(steep_arc(x)).sum(), lambda x: where(x > 0, steep_arc(x), 0.0).sum()):
            np.testing.assert_allclose(of(f, np.array([-1.0, 0.0, 0.6])), [0.0, 0.0, 1.25])
    finally:
        del autograd.table["steep_arc"]


def test_a_primitive_says_how_it_masks_in_one_of_three_words():
    with pytest.raises(TypeError, match='its masks must be None, "choice", "place" or "kink"'):
        Primitive(
            "wrong", symbol="?", latex="#1", scalar=abs, array=abs, vjp=(None,), doc="For a test.", cases=(Case(()),), masks="sometimes"
        )


def test_which_derivatives_may_be_infinite_is_seen_from_the_table():
    names = ["sqrt", "log", "log1p", "exp", "divide", "power", "tanh", "sigmoid", "sin", "multiply", "linear"]
    assert [name for name in names if is_steep(autograd.table[name])] == names[:6]


def test_the_program_prints_where_a_branch_was_not_taken():
    f = autograd.compile(lambda x: where(x > 0, sqrt(x), 0.0).sum())
    of(f, np.array([4.0, 1.0]))
    assert "d_x = np.where(t1, g, 0.0) / (2 * t2)" in f.source
    of(f, np.array([4.0, 0.0]))
    assert "d_x = np.where(t1, g / (2 * t2), 0.0)" in f.source


def test_a_result_of_before_the_program_changed_is_right_too():
    f = autograd.compile(lambda x: where(x > 0, sqrt(x), 0.0).sum())
    first, second = Tensor([0.0, 4.0]), Tensor([0.0, 1.0])
    a, b = f(first), f(second)
    a.backward()
    b.backward()
    assert np.array_equal(first.grad, [0.0, 0.25])
    assert np.array_equal(second.grad, [0.0, 0.5])


def test_an_argument_that_only_decides_has_no_gradient_to_watch():
    f = autograd.compile(lambda x, y: where(x > 0, sqrt(y), 0.0))
    x, y = Value(-1.0), Value(0.0)
    f(x, y).backward()
    assert (x.grad, y.grad) == (0.0, 0.0)


def test_networks_that_choose_nothing_go_the_usual_way():
    model = nn.Sequential(nn.Linear(4, 3, rng=0), nn.ReLU(), nn.Linear(3, 2, rng=1))
    loss = nn.cross_entropy(model(np.ones((2, 4))), [0, 1])
    assert not autograd.branches.may_meet(autograd.backward.history(loss))
    step = autograd.compile(lambda x, y: nn.cross_entropy(model(x), y))
    assert step(np.ones((2, 4)), np.array([0, 1])).primitive.watched == ([], True)  # the mask of `ignore_index`
