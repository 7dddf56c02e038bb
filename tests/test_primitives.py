"""The table's functions and derivatives at the edges, and far out, where they are small.

Far out they are exact to their last digits, not to those of 1; the numbers expected there were computed
with 60 digits (mpmath).
"""

import decimal
import itertools
import math
from decimal import Decimal

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value, grad, table

# --- at the edges ---------------------------------------------------------------------------------


INF, NAN = math.inf, math.nan
UNARY = sorted(name for name, primitive in table.items() if primitive.elementwise and primitive.arity == 1 and primitive.vjp[0])
BINARY = ("add", "subtract", "multiply", "divide", "power", "maximum", "minimum")
POINTS = (0.0, -0.0, 1.0, -1.0, 0.5, 40.0, -40.0, 1000.0, -1000.0, 1e-300, -1e-300, 1e300, -1e300, INF, -INF)


def on_values(function, *numbers):
    """The result of `function` and its derivatives, on Values."""
    xs = [Value(number) for number in numbers]
    out = function(*xs)
    out.backward()
    return [out.data, *(x.grad for x in xs)]


def on_tensors(function, *numbers):
    with np.errstate(all="ignore"):
        xs = [Tensor(number) for number in numbers]
        out = function(*xs)
        out.backward()
    return [out.item(), *(x.grad.item() for x in xs)]


def in_torch(torch, function, *numbers):
    xs = [torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in numbers]
    out = function(*xs)
    out.backward()
    return [out.item(), *(x.grad.item() for x in xs)]


def same(found, expected, rtol=1e-13):
    return np.allclose(found, expected, rtol=rtol, atol=1e-300, equal_nan=True)


# What the functions are to 1,000 digits: enough to see exp(-1000) beside 1.
EXACT = {
    "exp": lambda x: x.exp(),
    "expm1": lambda x: x.exp() - 1,
    "log1p": lambda x: (1 + x).ln() if x > -1 else Decimal("-inf"),
    "tanh": lambda x: 1 - 2 / ((2 * x).exp() + 1),
    "sigmoid": lambda x: 1 / (1 + (-x).exp()),
    "softplus": lambda x: (1 + x.exp()).ln(),
    "silu": lambda x: x / (1 + (-x).exp()),
}
SLOPES = {
    "tanh": lambda x: 4 * (2 * x).exp() / ((2 * x).exp() + 1) ** 2,
    "sigmoid": lambda x: (-x).exp() / (1 + (-x).exp()) ** 2,
    "softplus": lambda x: 1 / (1 + (-x).exp()),
    "silu": lambda x: (1 + (1 + x) * (-x).exp()) / (1 + (-x).exp()) ** 2,
    "expm1": lambda x: x.exp(),
    "log1p": lambda x: 1 / (1 + x) if x > -1 else Decimal("inf"),
}
EXACT_POINTS = (0.0, 1.0, -1.0, 40.0, -40.0, 1000.0, -1000.0, 1e-12, -1e-12)


@pytest.fixture
def _many_digits():
    with decimal.localcontext(prec=1000):
        yield


def points(functions):
    return [(name, x) for name in functions for x in EXACT_POINTS if name != "log1p" or x >= -1]


@pytest.mark.usefixtures("_many_digits")
@pytest.mark.parametrize(("name", "x"), points(EXACT))
def test_functions_are_exact_from_minus_to_plus_1000(name, x):
    expected = float(EXACT[name](Decimal(x)))
    assert same(table[name].compute([x], {}), expected, 5e-16)
    with np.errstate(all="ignore"):
        assert same(table[name].compute_arrays([np.array([x])], {}), expected, 5e-16)


@pytest.mark.usefixtures("_many_digits")
@pytest.mark.parametrize(("name", "x"), points(SLOPES))
def test_derivatives_are_exact_to_the_last_digit_of_1(name, x):
    slope = float(SLOPES[name](Decimal(x)))
    for kind in (on_values, on_tensors):
        assert np.isclose(kind(table[name], x)[1], slope, rtol=5e-16, atol=3e-16)


ROWS = ((0.0, 0.0), (1000.0, 1000.0), (1000.0, -1000.0, 0.0), (-1000.0, -1001.0), (1000.0, 999.0, 1000.5), (40.0, -40.0))


@pytest.mark.usefixtures("_many_digits")
@pytest.mark.parametrize("row", ROWS)
def test_softmax_and_its_relatives_are_exact(row):
    powers = [Decimal(x).exp() for x in row]
    shares = [float(power / sum(powers)) for power in powers]
    logs = [float((power / sum(powers)).ln()) for power in powers]
    total = float(sum(powers).ln())
    values, tensor = [Value(x) for x in row], Tensor(row)
    assert same([p.data for p in autograd.softmax(values)], shares, 5e-16)
    assert same(autograd.softmax(tensor).data, shares, 5e-16)
    assert np.allclose([p.data for p in autograd.log_softmax(values)], logs, rtol=5e-16, atol=1e-16)
    assert np.allclose(autograd.log_softmax(tensor).data, logs, rtol=5e-16, atol=1e-16)
    assert same(autograd.logsumexp(values).data, total, 5e-16)
    assert same(autograd.logsumexp(tensor).item(), total, 5e-16)
    autograd.logsumexp(values).backward()
    autograd.logsumexp(tensor).backward()
    assert np.allclose([x.grad for x in values], shares, rtol=0, atol=3e-16)
    assert same(tensor.grad, shares, 5e-16)


@pytest.mark.parametrize("x", [*POINTS, NAN])
@pytest.mark.parametrize("name", UNARY)
def test_floats_and_arrays_agree_at_the_edges(name, x):
    assert same(on_values(table[name], x), on_tensors(table[name], x))


@pytest.mark.parametrize("name", BINARY)
def test_floats_and_arrays_agree_on_pairs_at_the_edges(name):
    numbers = (0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -2.0, 3.0, 1000.0, INF, -INF, NAN)
    for pair in itertools.product(numbers, numbers):
        if (name, *pair) != ("power", -INF, 0.5):  # NumPy takes the root: nan. C and Python say inf.
            assert same(on_values(table[name], *pair), on_tensors(table[name], *pair)), pair


@pytest.mark.parametrize("x", POINTS)
@pytest.mark.parametrize("name", UNARY)
def test_functions_and_derivatives_at_the_edges_are_pytorchs(name, x, pytorch):
    def theirs(torch):
        others = {"identity": torch.clone, "rint": torch.round, "softplus": lambda x: torch.logaddexp(x, torch.zeros_like(x))}
        function = others.get(name) or getattr(torch, name, None) or getattr(torch.nn.functional, name, None)
        return in_torch(torch, function, x) if function else pytest.skip(f"PyTorch has no {name}")

    found, expected = on_values(table[name], x), pytorch(theirs)
    if name in ("expm1", "sigmoid", "tanh") and 0 < found[1] < 1e-16 and expected[1] == 0.0:
        found[1] = 0.0  # PyTorch takes the value from 1; see test_tails
    if name == "sinc" and 0 < abs(x) < 1e-12:
        expected[1] = -(math.pi**2) / 3 * x  # PyTorch divides by a square that is 0 by rounding
    if (name, x) == ("arccosh", -1.0):
        expected[1] = -INF  # a pole where the function is nan: PyTorch's x² - 1 is 0 there, and (x - 1)(x + 1) is -0
    assert same(found, expected, 1e-9)


@pytest.mark.parametrize("name", BINARY)
def test_pairs_at_the_edges_are_pytorchs(name, pytorch):
    pairs = [*itertools.product((0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -2.0, 3.0, 1000.0, INF, -INF), repeat=2)]
    theirs = pytorch(lambda torch: [in_torch(torch, getattr(torch, {"power": "pow"}.get(name, name)), *pair) for pair in pairs])
    for pair, expected in zip(pairs, theirs, strict=True):
        assert same(on_values(table[name], *pair), expected), pair


def test_clip_is_pytorchs_wherever_its_limits_are(pytorch):
    triples = [*itertools.product((0.0, 1.0, -1.0, 2.0, INF, -INF), repeat=3)]
    theirs = pytorch(lambda torch: [in_torch(torch, torch.clamp, *triple) for triple in triples])
    for triple, expected in zip(triples, theirs, strict=True):
        assert on_values(table["clip"], *triple) == expected, triple
        assert on_tensors(table["clip"], *triple) == expected, triple


@pytest.mark.parametrize("name", ["max", "min", "sum", "mean", "logsumexp"])
def test_reductions_of_ties_and_infinities_are_pytorchs(name, pytorch):
    rows = [*itertools.product((0.0, 1.0, 1000.0, -1000.0, INF, -INF), repeat=3)]

    def theirs(torch):
        function, results = getattr(torch, {"max": "amax", "min": "amin"}.get(name, name)), []
        for row in rows:
            x = torch.tensor(row, dtype=torch.float64, requires_grad=True)
            total = function(x, 0)
            total.backward()
            results.append([total.item(), x.grad.tolist()])
        return results

    for row, (total, gradient) in zip(rows, pytorch(theirs), strict=True):
        x = Tensor(row)
        with np.errstate(all="ignore"):
            out = getattr(autograd, name)(x, axis=0)
            out.backward()
        assert same(out.item(), total, 1e-15), row
        assert same(x.grad, gradient), row


def test_entries_that_tie_share_the_gradient():
    x = Tensor([2.0, 2.0, 1.0, 2.0])
    x.max().backward()
    assert same(x.grad, [1 / 3, 1 / 3, 0, 1 / 3])
    assert on_values(autograd.maximum, 2.0, 2.0) == [2.0, 0.5, 0.5]
    assert on_values(autograd.minimum, 2.0, 2.0) == [2.0, 0.5, 0.5]


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu"])
def test_the_derivative_at_a_kink_is_the_one_from_the_left(name):
    left = {"relu": 0.0, "leaky_relu": 0.01, "elu": 1.0}[name]
    assert on_values(table[name], 0.0)[1] == on_tensors(table[name], 0.0)[1] == left


def test_an_infinite_gradient_does_not_pass_where_nothing_passes():
    """0 × inf would be nan: the root of a ReLU that is off."""
    for function in (autograd.relu, lambda x: autograd.maximum(x, 0.0), lambda x: autograd.clip(x, 0.0, 1.0)):
        assert on_values(lambda x, f=function: f(x).sqrt(), -1.0) == [0.0, 0.0]
        assert on_tensors(lambda x, f=function: f(x).sqrt(), -1.0) == [0.0, 0.0]


@pytest.mark.parametrize("name", sorted(set(UNARY) | set(BINARY) | {"clip", "add_n", "dot_n"}))
def test_nan_propagates(name):
    count = table[name].arity or 4
    for place in range(count):
        numbers = [NAN if i == place else 2.0 for i in range(count)]
        assert math.isnan(on_values(table[name], *numbers)[0])
        assert math.isnan(on_tensors(table[name], *numbers)[0])


ZEROS = [  # a mistake in arithmetic, its value, its derivatives: NumPy's and PyTorch's, never a Python exception
    (lambda x: 1 / x, [0.0], [INF, -INF]),
    (lambda x: -1 / x, [0.0], [-INF, INF]),
    (lambda x, y: x / y, [0.0, 0.0], [NAN, INF, NAN]),
    (autograd.log, [0.0], [-INF, INF]),
    (autograd.log, [-1.0], [NAN, -1.0]),
    (autograd.sqrt, [0.0], [0.0, INF]),
    (autograd.sqrt, [-1.0], [NAN, NAN]),
    (autograd.log1p, [-1.0], [-INF, INF]),
    (autograd.exp, [1000.0], [INF, INF]),
    (lambda x: x**0.5, [0.0], [0.0, INF]),
    (lambda x: x**0.5, [-1.0], [NAN, NAN]),
    (lambda x: x**-1, [0.0], [INF, -INF]),
    (lambda x: x**0, [0.0], [1.0, 0.0]),
    (lambda x: x**1, [0.0], [0.0, 1.0]),
    (lambda x: x**2, [0.0], [0.0, 0.0]),
    (lambda x: 0**x, [2.0], [0.0, 0.0]),
    (lambda x: 0**x, [0.0], [1.0, 0.0]),
    (lambda x, y: x**y, [0.0, 2.0], [0.0, 0.0, 0.0]),
    (lambda x, y: x**y, [-2.0, 3.0], [-8.0, 12.0, NAN]),
    (lambda x: x * 1e200 * 1e200, [1.0], [INF, INF]),
    (lambda x: 10.0**x, [400.0], [INF, INF]),
]


@pytest.mark.parametrize(("function", "numbers", "expected"), ZEROS)
def test_impossible_arithmetic_gives_inf_or_nan_as_in_numpy(function, numbers, expected):
    assert same(on_values(function, *numbers), expected)
    assert same(on_tensors(function, *numbers), expected)


@pytest.mark.parametrize("a", [2.0, 0.5, 3.0])
def test_second_derivatives_of_powers_hold_at_exponent_0(a):
    """d²(a^b)/da db = a^(b-1) (1 + b ln a)."""
    (_, mixed), (mixed_too, twice) = autograd.hessian(lambda p: p[0] ** p[1])([a, 0.0])
    assert same([mixed, mixed_too, twice], [1 / a, 1 / a, math.log(a) ** 2])


def test_relatives_of_softmax_on_lists_stand_infinities():
    assert autograd.logsumexp([Value(-INF), Value(-INF)]).data == -INF
    assert autograd.logsumexp([Value(INF), Value(0.0)]).data == INF
    assert [p.data for p in autograd.softmax([Value(-INF), Value(0.0), Value(0.0)])] == [0.0, 0.5, 0.5]
    assert [p.data for p in autograd.log_softmax([Value(-INF), Value(0.0)])] == [-INF, 0.0]


@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0)])
@pytest.mark.parametrize("name", sorted(name for name, primitive in table.items() if primitive.elementwise))
def test_elementwise_functions_of_nothing_are_nothing(name, shape):
    xs = [Tensor(np.empty(shape)) for _ in range(table[name].arity or 4)]
    out = table[name](*xs)
    assert out.shape == shape
    out.backward(np.empty(shape))
    assert all(x.grad is None or x.grad.shape == shape for x in xs)


@pytest.mark.parametrize(
    ("function", "shape", "expected"),
    [
        (lambda x: x.sum(), (0,), 0.0),
        (lambda x: x.sum(axis=0), (0, 2), [0.0, 0.0]),
        (lambda x: x.logsumexp(axis=0), (0, 2), [-INF, -INF]),
        (lambda x: x @ np.ones(0), (2, 0), [0.0, 0.0]),
        (lambda x: x.T @ x, (0, 2), [[0.0, 0.0], [0.0, 0.0]]),
        (lambda x: autograd.softmax(x, axis=0).sum(axis=0), (0, 2), [0.0, 0.0]),
        (lambda x: autograd.log_softmax(x, axis=0).sum(axis=0), (0, 2), [0.0, 0.0]),
        (lambda x: autograd.concatenate([x, [1.0]]), (0,), [1.0]),
        (lambda x: autograd.pad(x, 1), (0,), [0.0, 0.0]),
    ],
)  # fmt: skip
def test_axes_of_length_0(function, shape, expected):
    x = Tensor(np.empty(shape))
    out = function(x)
    assert np.array_equal(out.data, expected)
    out.backward(np.ones(out.shape))
    assert x.grad.shape == shape


@pytest.mark.parametrize("name", ["max", "min"])
def test_nothing_has_no_largest_entry(name):
    with pytest.raises(ValueError, match=rf"{name} got shape \(0, 2\), axis=0.*no identity"):
        getattr(autograd, name)(Tensor(np.empty((0, 2))), axis=0)
    assert getattr(autograd, name)(Tensor(np.empty((0, 2))), axis=1).shape == (0,)


def test_the_mean_of_nothing_is_nan_with_numpys_warning():
    with pytest.warns(RuntimeWarning, match="empty slice"), np.errstate(invalid="ignore"):
        assert math.isnan(Tensor(np.empty(0)).mean().item())


# --- far out --------------------------------------------------------------------------------------


# name, x, value, derivative; None where it is not in question
TAILS = [
    ("sigmoid", 40.0, None, 4.248354255291589e-18), ("sigmoid", -40.0, 4.248354255291589e-18, 4.248354255291589e-18),
    ("sigmoid", 700.0, None, 9.85967654375977e-305), ("sigmoid", 3.0, None, 0.04517665973091213),
    ("tanh", 20.0, None, 1.6993417021166355e-17), ("tanh", -20.0, None, 1.6993417021166355e-17), ("tanh", 5.0, None, 0.0001815832309438067),
    ("tanh", 300.0, None, 1.0601586212017243e-260), ("softplus", -40.0, 4.248354255291589e-18, 4.248354255291589e-18),
    ("silu", -40.0, -1.6993417021166355e-16, -1.6568581595637197e-16), ("expm1", -50.0, None, 1.9287498479639178e-22),
    ("gelu", -5.0, -1.4332578593959695e-06, -7.146946001792295e-06), ("gelu", -8.0, -4.976768459417427e-15, -3.979607261086796e-14),
    ("erfc", 5.0, 1.537459794428035e-12, -1.5670866531017336e-11), ("erf", 5.0, None, 1.5670866531017336e-11),
    ("elu", -40.0, None, 4.248354255291589e-18),
]  # fmt: skip


@pytest.mark.parametrize(("name", "x", "value", "derivative"), TAILS)
def test_of_values_and_tensors(name, x, value, derivative):
    f = autograd.table[name]
    v, t = Value(x), Tensor([0.1, x])
    f(v).backward()
    f(t).sum().backward()
    for found in (v.grad, t.grad[1], grad(f)(x), grad(lambda y: f(Tensor(np.array([1.0])) * y).sum())(x)):
        assert found == pytest.approx(derivative, rel=1e-9, abs=0)
    if value is not None:
        assert f(x) == pytest.approx(value, rel=1e-9, abs=0)
        assert f(t).data[1] == pytest.approx(value, rel=1e-9, abs=0)


@pytest.mark.parametrize(("name", "x", "value", "derivative"), [case for case in TAILS if case[3] is None or abs(case[3]) > 1e-30])
def test_of_float32(name, x, value, derivative):
    t = Tensor(np.array([0.1, x], np.float32))
    y = autograd.table[name](t)
    y.sum().backward()
    assert t.grad.dtype == np.float32
    assert t.grad[1] == pytest.approx(derivative, rel=1e-4, abs=0)
    assert value is None or y.data[1] == pytest.approx(value, rel=1e-4, abs=0)


@pytest.mark.parametrize(("name", "x", "second"), [("sigmoid", 40.0, -4.248354255291589e-18), ("tanh", 20.0, -3.398683404233271e-17)])
def test_second_derivatives(name, x, second):
    f = autograd.table[name]
    assert grad(grad(f))(x) == pytest.approx(second, rel=1e-9, abs=0)
    assert grad(grad(f))(-x) == pytest.approx(-second, rel=1e-9, abs=0)


@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
def test_where_the_tail_begins_nothing_jumps(name):
    x = np.linspace(-4, 4, 4001)
    t = Tensor(x)
    autograd.table[name](t).sum().backward()
    y = autograd.table[name](x)
    np.testing.assert_allclose(t.grad, y * (1 - y) if name == "sigmoid" else 1 - y * y, rtol=1e-12)


def test_a_compiled_program_has_the_textbooks_form():
    f = autograd.compile(lambda t: (autograd.tanh(t) + autograd.sigmoid(t)).sum())
    f(Tensor([1.0, 2.0]))
    assert "(1 - h1 * h1)" in f.source or "(1 - h1**2)" in f.source
    assert "(1 - h2)" in f.source


@pytest.mark.parametrize("kind", [lambda x: [Value(x)], lambda x: Tensor([x]), lambda x: Tensor(np.array([x], np.float32))])
@pytest.mark.parametrize("pos_weight", [None, 3.0])
def test_a_binary_answer_that_is_surely_right_has_its_small_loss(kind, pos_weight):
    for x, t, weight in ((40.0, 1.0, pos_weight or 1.0), (-40.0, 0.0, 1.0)):
        score = kind(x)
        loss = nn.binary_cross_entropy_with_logits(score, [t], pos_weight=pos_weight)
        loss.backward()
        gradient = score[0].grad if isinstance(score, list) else score.grad[0]
        assert loss.item() == pytest.approx(weight * 4.248354255291589e-18, rel=1e-5, abs=0)
        assert gradient == pytest.approx((1 - 2 * t) * weight * 4.248354255291589e-18, rel=1e-5, abs=0)
