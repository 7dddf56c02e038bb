"""`Value` as a Python number: what it is made from, compared, printed, hashed, and computed with."""

import math
import random
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import autograd
from autograd import Case, Primitive, Tensor, Value, grad, no_grad, scope, table
from autograd.errors import describe


@pytest.mark.parametrize("number", [2, 2.0, True, np.float32(2), np.int64(2), np.bool_(True), np.array(2.0), Fraction(2), math.inf])
def test_any_real_number_becomes_a_float(number):
    value = Value(number)
    assert type(value.data) is float
    assert value.data == float(number)
    value.data = 5
    assert type(value.data) is float


def test_a_decimal_is_converted_by_hand():
    with pytest.raises(TypeError, match="not the Decimal"):
        Value(Decimal("2"))


NUMBERS = [3, 3.0, True, np.float64(3), np.float32(3), np.int64(3), np.bool_(True), np.array(3.0), np.array(3), Fraction(3)]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("operation", ["+", "-", "*", "/", "**"])
def test_numbers_of_every_kind_mix_with_values_on_either_side(operation, number):
    x = float(number)
    left, right = Value(2.0), Value(2.0)
    out = eval(f"v {operation} n", {"v": left, "n": number}), eval(f"n {operation} v", {"v": right, "n": number})
    assert [type(node) for node in out] == [Value, Value]
    assert [node.data for node in out] == [eval(f"2.0 {operation} {x}"), eval(f"{x} {operation} 2.0")]
    for node in out:
        node.backward()
    slopes = {
        "+": (1, 1), "-": (1, -1), "*": (x, x), "/": (1 / x, -x / 4), "**": (x * 2 ** (x - 1), x**2 * math.log(x)),
    }[operation]  # fmt: skip
    assert left.grad == pytest.approx(slopes[0])
    assert right.grad == pytest.approx(slopes[1])
    assert type(left.grad) is type(right.grad) is float


def test_methods_functions_and_numpys_are_the_same():
    for name in ("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tanh", "abs", "sign"):
        by_method, by_function = getattr(Value(0.5), name)(), getattr(autograd, name)(Value(0.5))
        by_numpy = getattr(np, name)(Value(0.5))
        assert by_method.data == by_function.data == by_numpy.data
        assert by_method.primitive is by_function.primitive is by_numpy.primitive is table[name]
        assert getattr(autograd, name)(0.5) == by_method.data
    for name in ("erf", "sigmoid", "relu", "gelu", "silu", "softplus", "leaky_relu", "elu"):
        assert getattr(Value(-0.5), name)().data == getattr(autograd, name)(-0.5)
    assert Value(-2.0).leaky_relu(0.5).data == -1.0
    assert Value(-1e9).elu(alpha=3.0).data == -3.0
    assert Value(1.0).maximum(2).data == Value(2.0).minimum(5).data == Value(7.0).clip(0, 2).data == Value(7.0).clip(high=2).data == 2.0
    assert abs(Value(-2.0)).data == (+Value(2.0)).data == (-Value(-2.0)).data == 2.0


def test_comparisons_are_of_the_numbers():
    a, b = Value(1.0), Value(2.0)
    assert (a < b, a <= b, a > b, a >= b, a == b, a != b) == (True, True, False, False, False, True)
    assert (a < 1.5, a > 1.5, a == 1.0, a == 1, np.float64(1) == a, np.float64(2) < a) == (True, False, True, True, True, False)
    assert max(a, b) is b
    assert min([b, a]) is a
    assert sorted([b, Value(0.0), a], key=lambda v: v.data) == sorted([b, Value(0.0), a])
    assert Value(math.nan) != Value(math.nan)


@pytest.mark.parametrize("other", [None, "1.0", object(), [1.0]])
def test_a_value_is_equal_to_no_other_thing(other):
    assert Value(1.0) != other
    assert (Value(1.0) == other) is False
    assert Value(1.0) not in [other]


def test_membership_of_a_list_is_by_number_and_of_a_set_by_identity():
    a, b = Value(1.0), Value(1.0)
    assert b in [a]
    assert b not in {a}
    assert {a: "a", b: "b"}[b] == "b"
    assert len({a, b, a}) == 2
    a.data = 3.0
    assert a in {a, b}


def test_truth_is_that_of_the_number():
    assert Value(0.1)
    assert not Value(0.0)


def test_repr_and_format():
    a = Value(2.0, label="a")
    assert repr(a) == str(a) == f"{a}" == "Value(data=2.0, grad=0.0, label='a')"
    assert repr(Value(2.0)) == "Value(data=2.0, grad=0.0)"
    assert f"{a:.3f}" == "2.000"
    assert f"{a:>6.1f}|" == "   2.0|"
    assert describe(a * 3) == "the Value 6.0 (from multiply)"


def test_sums_products_and_in_place_operators():
    values = [Value(float(i)) for i in range(1, 5)]
    total = sum(values)
    total += 10
    total *= 2
    total.backward()
    assert total.data == 40.0
    assert [v.grad for v in values] == [2.0] * 4
    product = math.prod(values)
    product.backward()
    assert values[0].grad == 2.0 + 24.0


def test_a_value_has_the_shape_of_a_number():
    v = Value(2.0)
    assert (v.shape, v.ndim, v.size, v.item()) == ((), 0, 1, 2.0)
    assert (np.shape(v), np.ndim(v), np.size(v)) == ((), 0, 1)
    with pytest.raises(AttributeError):
        v.color = "red"


def test_leaf_computed_and_constant():
    leaf = Value(2.0)
    computed = leaf * 3
    with no_grad():
        constant = leaf * 3
    assert [(node.is_leaf, node.requires_grad) for node in (leaf, computed, constant, leaf.detach())] == [
        (True, True), (False, True), (True, False), (True, False),
    ]  # fmt: skip
    assert computed.inputs == (leaf, 3)
    assert computed.primitive is table["multiply"]
    assert leaf.inputs == ()
    assert constant.inputs is None


def test_a_constant_stays_as_it_was_given_but_for_numpys_scalars():
    v = Value(2.0)
    assert type((v * 3).inputs[1]) is int
    assert type((v * 3.0).inputs[1]) is float
    assert type((v * np.float32(3)).inputs[1]) is float  # NumPy's arithmetic would lose digits, or type, on the way back


def test_values_and_tensors_share_a_graph():
    v, t = Value(2.0), Tensor([1.0, 2.0])
    out = (v * t).sum() + v
    assert type(v * t) is Tensor
    out.backward()
    assert v.grad == 4.0
    assert type(v.grad) is float
    assert np.array_equal(t.grad, [2.0, 2.0])
    for mixed in (t * v, autograd.maximum(v, t), np.maximum(t, v), autograd.stack([v, v]), autograd.sum([v, v, v, v, t, 1])):
        assert type(mixed) is Tensor


def test_sums_and_dots_of_lists_are_one_node():
    values = [Value(float(i)) for i in range(3)]
    total = autograd.sum(values)
    assert total.primitive is table["add_n"]
    assert len(total.inputs) == 3
    dot = autograd.dot(values, [1.0, 2.0, 3.0], start=Value(0.5))
    assert dot.primitive is table["dot_n"]
    assert dot.data == 8.5
    assert autograd.sum([]) == 0.0
    assert autograd.sum(v for v in values).data == autograd.sum(dict.fromkeys(values)).data == 3.0
    assert autograd.mean(values).data == 1.0
    assert autograd.max(values).data == 2.0
    assert autograd.min(values).data == 0.0


def test_lists_may_mix_values_and_numbers():
    v = Value(1.0)
    out = autograd.sum([v, 2, np.float64(3)]) + autograd.dot([v, 1], [np.int64(2), v]) + autograd.max([0, v]) + autograd.mean([v, 1])
    out.backward()
    assert v.grad == 1 + 2 + 1 + 1 + 0.5


def test_a_scope_names_what_is_computed_in_it():
    x = Value(2.0)
    with scope("outer"), scope("inner"):
        y = x * x
    assert (y.scope.name, y.scope.outer.name, y.scope.outer.outer) == ("inner", "outer", None)
    assert (y * 1).scope is None


def test_a_subclass_takes_part_in_a_graph():
    class Weight(Value):
        """A Value with something more."""

    w = Weight(2.0, label="w")
    w.decay = 0.1
    out = w * w + 1
    assert type(out) is Value
    out.backward()
    assert w.grad == 4.0
    assert type(w.detach()) is Weight


def test_a_primitive_of_ones_own_may_use_numpy_in_its_rule():
    own = Primitive(
        "own_sinh", symbol="sinh", latex=r"\sinh #1", scalar=math.sinh, array=np.sinh, vjp=(lambda g, y, x: g * np.cosh(x),), doc="sinh.",
    )  # fmt: skip
    try:
        v = Value(2.0)
        own(v).backward()
        assert type(v.grad) is float
        assert v.grad == np.cosh(2.0)
    finally:
        del table["own_sinh"]


def test_a_rule_may_return_a_whole_number():
    step = Primitive(
        "own_step", symbol="H", latex="H(#1)", vjp=(lambda g, y, x: 0,), doc="Heaviside's step.",
        scalar=lambda x: float(x > 0), array=lambda x: (x > 0) * 1.0,
    )  # fmt: skip
    try:
        v = Value(0.0)
        (step(v) + step(v)).backward()
        assert v.grad == 0.0
    finally:
        del table["own_step"]


def test_a_rule_may_divide_by_zero():
    ratio = Primitive(
        "own_ratio", symbol="/", latex="#1/#2", doc="The ratio.", scalar=lambda a, b: autograd.divide(a, b), array=np.divide,
        vjp=(lambda g, y, a, b: g * (1 / b),
             lambda g, y, a, b: -g * y * (1 / b)),
    )  # fmt: skip
    try:
        v, zero = Value(1.0), Value(0.0)
        ratio(v, zero).backward()
        assert (v.grad, zero.grad) == (math.inf, -math.inf)
        assert grad(lambda x: ratio(x, 0.0))(1.0) == math.inf
        assert grad(grad(lambda x: x * ratio(x, 0.0)))(1.0) == math.inf
    finally:
        del table["own_ratio"]
    harmonic = Primitive(
        "own_harmonic", symbol="H", latex="H", doc="The sum of reciprocals.", cases=(Case(()),), domain=(0.1, 3.0),
        scalar=lambda *xs: sum(1 / x if x else math.inf for x in xs), array=lambda *xs: sum(1 / x for x in xs),
        vjp=lambda g, y, *xs: [-g / x / x for x in xs],
    )  # fmt: skip
    try:
        v, zero = Value(2.0), Value(0.0)
        harmonic(v, zero, 4.0).backward()
        assert (v.grad, zero.grad) == (-0.25, -math.inf)
    finally:
        del table["own_harmonic"]


def test_a_long_sum_is_as_exact_as_pythons():
    numbers = [random.Random(0).uniform(-1, 1) for _ in range(1000)]
    assert autograd.sum([Value(x) for x in numbers]).data == sum(numbers, 0.0)
