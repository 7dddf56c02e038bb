"""A primitive that a user registers is like those of the library: in derivatives, pictures, formulas, compiled programs and `help()`."""

import inspect
import math
import pydoc

import numpy as np
import pytest

import autograd
from autograd import Primitive, Tensor, Value, compile, draw, grad, latex, table, vmap


@pytest.fixture
def arctan():
    """An entry as a user writes it, in a rule that works on floats, arrays and nodes."""
    yield Primitive(
        "own_arctan", symbol="atan", latex=r"\arctan(#1)", analytic=True, range=(-math.pi / 2, math.pi / 2), kind="squashing",
        scalar=math.atan, array=np.arctan, vjp=(lambda g, y, x: g / (1 + x * x),), answers=(np.angle,),
        doc="The angle whose tangent is x.",
    )  # fmt: skip
    del table["own_arctan"]


@pytest.fixture
def rotation():
    """One of arrays alone, with a static argument."""
    yield Primitive(
        "own_rotation", symbol="↻", latex=r"\operatorname{rot}(#1)", elementwise=False, cases=(autograd.Case((3,), by=1),),
        scalar=None, array=lambda x, by=1: np.roll(x, by), vjp=(lambda g, y, x, by=1: table["own_rotation"](g, by=-by),),
        doc="The entries, moved on.",
    )  # fmt: skip
    del table["own_rotation"]


def test_it_differentiates_to_any_order(arctan):
    x = 0.5
    slopes = [grad(arctan), grad(grad(arctan)), grad(grad(grad(arctan)))]
    expected = [1 / (1 + x**2), -2 * x / (1 + x**2) ** 2, (6 * x**2 - 2) / (1 + x**2) ** 3]
    assert [slope(x) for slope in slopes] == pytest.approx(expected)
    t = Tensor([0.5, -2.0])
    arctan(t).sum().backward()
    np.testing.assert_allclose(t.grad, [0.8, 0.2])


def test_it_draws_and_typesets(arctan):
    y = arctan(Value(1.0, label="x")) * 2
    assert "<atan>" in draw(y).source
    assert latex(y) == r"\arctan(x) \cdot 2"


def test_it_compiles_on_arrays_and_on_values(arctan):
    on_arrays = compile(lambda x: arctan(x).sum())
    on_values = compile(lambda xs: autograd.sum([arctan(x) for x in xs]))
    t, vs = Tensor([0.5, -2.0]), [Value(0.5), Value(-2.0)]
    for program, x in ((on_arrays, t), (on_values, vs)):
        out = program(x)
        out.backward()
        assert out.item() == pytest.approx(math.atan(0.5) + math.atan(-2.0))
        assert "arctan(x" in program.source
        assert "(1 + x" in program.source
    np.testing.assert_allclose(t.grad, [0.8, 0.2])
    assert [v.grad for v in vs] == pytest.approx([0.8, 0.2])


def test_it_takes_a_batch(arctan):
    numbers = np.array([0.5, -2.0])
    np.testing.assert_allclose(vmap(arctan)(numbers), np.arctan(numbers))
    np.testing.assert_allclose(vmap(grad(arctan))(numbers), [0.8, 0.2])


def test_static_arguments_reach_forward_rule_and_program(rotation):
    weights = np.array([1.0, 10.0, 100.0])
    f = lambda t: (rotation(t, by=2) * weights).sum()
    for way in (f, compile(f)):
        t = Tensor([1.0, 2.0, 3.0])
        out = way(t)
        out.backward()
        assert out.item() == 132.0
        assert t.grad.tolist() == [100.0, 1.0, 10.0]


def test_it_answers_the_functions_of_numpy_that_it_says(arctan):
    assert np.angle(Value(0.5)).primitive is arctan
    assert np.angle(Tensor([0.5])).primitive is arctan


def test_a_ufunc_is_answered_by_the_primitive_that_it_is_the_forward_of():
    ufunc = np.frompyfunc(math.gamma, 1, 1)
    own = Primitive("own_gamma", symbol="Γ", latex="#1", scalar=math.gamma, array=ufunc, vjp=(lambda g, y, x: g * y,), doc="Γ(x).")
    try:
        assert ufunc(Value(8.0)).primitive is own
    finally:
        del table["own_gamma"]


def test_its_signature_is_that_of_its_rules_and_its_help_is_its_doc(arctan, rotation):
    assert str(inspect.signature(arctan)) == "(x, /)"
    assert str(inspect.signature(rotation)) == "(x, /, *, by=1)"
    assert "The angle whose tangent is x." in pydoc.render_doc(arctan)


def test_rules_that_do_not_say_their_arguments_leave_the_signature_open():
    taking_all = Primitive("all", symbol="?", latex="#1", scalar=None, array=np.array, vjp=(lambda *args: args[0],), doc="As it is.")
    try:
        assert str(inspect.signature(taking_all)) == "(*inputs, **static)"
    finally:
        del table["all"]


def test_it_does_not_become_a_method(arctan):
    assert not hasattr(Value, "own_arctan")


@pytest.mark.parametrize(
    ("part", "given", "wanted"),
    [
        ("operator", "plus", "one of"), ("kind", "nice", "documented"), ("range", (1.0, 0.0), "low and high"), ("range", 3, "low and high"),
        ("answers", np.tan, "a tuple"), ("logic", "and", "one of"), ("misfit", "no", "a function"),
        ("composition", "exp", "a function"), ("step", 1, "a function"),
    ],
)  # fmt: skip
def test_what_an_entry_says_is_checked(part, given, wanted):
    with pytest.raises(TypeError, match=f"cannot be registered: its {part} must be .*{wanted}"):
        Primitive("odd", symbol="?", latex="#1", scalar=None, array=np.tan, vjp=(lambda g, y, x: g,), doc="Odd.", **{part: given})
    assert "odd" not in table
