"""Claims about formulas: they mean what was computed, and have no parentheses too many."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import Primitive, Tensor, Value, latex, table

a, b, c = (Value(data, label=label) for data, label in ((2.0, "a"), (-3.0, "b"), (0.5, "c")))
A, B = (Tensor(np.ones((2, 2)), label=label) for label in "AB")


@pytest.mark.parametrize(
    ("node", "formula"),
    [
        (a * b + c, r"a \cdot b + c"),
        (a * (b + c), r"a \cdot (b + c)"),
        (a - (b - c), r"a - (b - c)"),
        (a - b - c, r"a - b - c"),
        (a + (b - c), r"a + b - c"),
        (a * (b * c), r"a \cdot b \cdot c"),
        (-(a + b), r"-(a + b)"),
        (-(a * b), r"-a \cdot b"),
        (a * -b, r"a \cdot (-b)"),
        (a + -b, r"a + (-b)"),
        ((-a) ** 2, r"(-a)^{2}"),
        (-(a**2), r"-a^{2}"),
        ((a + b) ** (a + b), r"(a + b)^{a + b}"),
        ((a**2) ** 3, r"(a^{2})^{3}"),
        (a ** (b**c), r"a^{b^{c}}"),
        ((a + b) / (a * b), r"\frac{a + b}{a \cdot b}"),
        ((a / b) ** 2, r"\left(\frac{a}{b}\right)^{2}"),
        (a / b * c, r"\frac{a}{b} \cdot c"),
        ((a + b).tanh() ** 2, r"\tanh(a + b)^{2}"),
        ((a * b).exp() * c, r"e^{a \cdot b} \cdot c"),
        (a.exp() ** 2, r"(e^{a})^{2}"),
        (a.expm1() * 2, r"(e^{a} - 1) \cdot 2"),
        (abs(a - b) * c, r"\left|a - b\right| \cdot c"),
        (autograd.sum([a, b, c]) * 2, r"(a + b + c) \cdot 2"),
        (autograd.dot([a, b + c], [b, c]), r"a \cdot b + (b + c) \cdot c"),
        (+(a + b) * c, r"(a + b) \cdot c"),
        ((A + B) @ A, r"(A + B) \, A"),
        (A @ (B * A), r"A \, (B \cdot A)"),
        ((A @ B).T, r"(A \, B)^\top"),
        ((A @ B).sum() * a, r"(\sum (A \, B)) \cdot a"),
        (a * A.sum(), r"a \cdot \sum A"),
        (A.sum() + a, r"\sum A + a"),
        ((A + B).reshape(4).mean(), r"\operatorname{mean} (A + B)"),
        (A.log_softmax(), r"\ln \operatorname{softmax}(A)"),
        (autograd.concatenate([A, A + B]), r"\left[A, A + B\right]"),
    ],
)
def test_parentheses_stand_where_they_are_needed(node, formula):
    assert latex(node) == formula


def as_python(formula):
    """The number that a formula of arithmetic and tanh means, read as Python, whose rules of precedence are those of paper."""
    for tex, python in (
        (r"\left(", "("),
        (r"\right)", ")"),
        (r"\cdot", "*"),
        (r"\frac", "frac"),
        (r"\tanh", "tanh"),
        ("^", "**"),
        ("{", "("),
        ("}", ")"),
    ):
        formula = formula.replace(tex, python)
    return eval(formula, {"frac": lambda x: lambda y: x / y, "tanh": math.tanh, "a": 2.0, "b": -3.0, "c": 0.5})


EXPRESSIONS = st.recursive(
    st.sampled_from([a, b, c, Value(1.5), Value(-0.25)]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda xs: xs[0] + xs[1]),
        st.tuples(inner, inner).map(lambda xs: xs[0] - xs[1]),
        st.tuples(inner, inner).map(lambda xs: xs[0] * xs[1]),
        st.tuples(inner, inner).map(lambda xs: xs[0] / xs[1] if xs[1] else xs[0]),
        inner.map(lambda x: -x),
        inner.map(lambda x: x.tanh()),
        inner.map(lambda x: x.tanh() ** 2),
        inner.map(lambda x: x.tanh() ** 3),
    ),
    max_leaves=12,
)


@given(EXPRESSIONS)
def test_a_formula_means_the_number_that_was_computed(node):
    assert as_python(latex(node)) == pytest.approx(node.data, rel=2e-3, abs=1e-6)


@pytest.mark.parametrize(
    ("label", "symbol"),
    [
        ("x", "x"), ("σ", "σ"), ("x1", "x_{1}"), ("w_12", "w_{12}"), ("loss", r"\mathrm{loss}"),
        ("layers.0.weight", r"\mathrm{layers.0.weight}"), ("a_b", r"\mathrm{a\_b}"), ("50% {x} & #1", r"\mathrm{50\%\ \{x\}\ \&\ \#1}"),
        ("\\x^~-$", r"\mathrm{\backslash x{\wedge}{\sim}{-}\$}"), ("two\nlines", r"\mathrm{two\ lines}"),
    ],
)  # fmt: skip
def test_a_label_is_a_symbol_or_upright_text(label, symbol):
    assert latex(Value(1.0, label=label) * 2) == symbol + r" \cdot 2"


@pytest.mark.parametrize(
    ("data", "number"),
    [
        (2.0, "2"),
        (-3.0, "-3"),
        (1 / 3, "0.3333"),
        (1e-7, "10^{-7}"),
        (-2.5e20, r"-2.5 \cdot 10^{20}"),
        (math.inf, r"\infty"),
        (math.nan, r"\mathrm{nan}"),
    ],
)
def test_a_leaf_without_a_label_is_its_number(data, number):
    assert latex(Value(data)) == number


def test_small_numbers_and_negative_ones_are_in_parentheses_as_a_base():
    assert latex(Value(-3.0) ** 2) == "(-3)^{2}"
    assert latex(Value(2e-7) ** 2) == r"(2 \cdot 10^{-7})^{2}"


def test_an_array_without_a_label_is_its_shape():
    assert latex(np.ones((3, 2)) @ A) == r"\mathrm{array}_{3 \times 2} \, A"


def test_what_is_used_twice_is_written_twice():
    h = a + b
    assert latex(h * h) == r"(a + b) \cdot (a + b)"


def test_a_primitive_of_ones_own_is_typeset_by_its_template():
    half = Primitive(
        "half",
        symbol="½",
        latex=r"\frac{1}{2} #1",
        scalar=lambda x: x / 2,
        array=lambda x: x / 2,
        vjp=(lambda g, y, x: g / 2,),
        doc="Half.",
    )
    try:
        assert latex(half(a + b) ** 2) == r"\left(\frac{1}{2} (a + b)\right)^{2}"
        assert latex(half(a)) == r"\frac{1}{2} a"
    finally:
        del table["half"]


def test_every_primitive_has_a_formula_that_matplotlib_can_set():
    mathtext = pytest.importorskip("matplotlib.mathtext")
    parser = mathtext.MathTextParser("path")
    for name, primitive in table.items():
        if isinstance(primitive.vjp, tuple) and primitive.elementwise:
            node = primitive(*(Value(0.5, label=f"x{i}") for i in range(len(primitive.vjp))))
            formula = latex(node)
            if "cases" not in formula:  # which matplotlib lacks
                assert parser.parse(f"${formula}$").width > 0, name


def test_a_formula_that_nobody_reads_is_refused():
    x = Value(1.0)
    for _ in range(1000):
        x = x.tanh()
    assert latex(x).startswith(r"\tanh(\tanh(")
    for _ in range(100_000):
        x = x.tanh()
    with pytest.raises(ValueError, match=r"This formula would have 101,000 operations.* nobody reads more than 1,000"):
        latex(x)


def test_a_formula_that_grows_by_repetition_is_refused_before_it_is_written():
    x = Value(1.0)
    for _ in range(200):
        x = x * x
    with pytest.raises(ValueError, match="counting twice what is used twice"):
        latex(x)


def test_what_is_no_node_has_no_formula():
    with pytest.raises(TypeError, match=r"latex\(\) takes a Value or a Tensor, not a float"):
        latex(2.0)
