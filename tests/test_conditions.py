"""`&`, `|`, `^` and `~` combine conditions, and nothing else; what has no derivative is refused with a sentence."""

import math
import operator

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value

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
    with pytest.raises(TypeError, match="max"):
        autograd.compile(lambda x: max(0, v * x))(1.0)


def test_a_function_of_a_condition_is_computed_in_full_precision():
    def f(x):
        return autograd.tanh(x > 0.0) * x

    expected = math.tanh(1.0) * 2.0
    assert f(Value(2.0)).data == pytest.approx(expected, rel=1e-15)
    assert autograd.compile(f)(2.0).data == pytest.approx(expected, rel=1e-15)
    np.testing.assert_allclose(autograd.vmap(f)(np.array([2.0, -1.0])).data, [expected, 0.0], rtol=1e-15)
