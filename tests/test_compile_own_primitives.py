"""Claims about primitives of the user's in compiled functions: they print, simplify, name and draw as the built-in ones do."""

import numpy as np
import pytest

import autograd
from autograd import Primitive, Tensor, draw, table
from autograd.primitives.printing import PRODUCT, Infix, View

PARTS = {"symbol": "own", "latex": "#1", "scalar": None, "doc": "Own."}


@pytest.fixture
def own():
    """Registers a primitive for one test."""
    before = dict(table)
    yield lambda name, **parts: Primitive(name, **{**PARTS, **parts})
    table.clear()
    table.update(before)


def cube_parts():
    return {"array": lambda x: x * x * x, "vjp": (lambda g, y, x: g * 3 * x * x,)}


def compiled(f, x=(1.0, 2.0, 3.0)):
    """A compiled sum of `f(w)`; it agrees with an ordinary call."""
    w = Tensor(x, "w")

    def loss():
        return f(w).sum()

    loss().backward()
    expected, w.grad = w.grad, None
    program = autograd.compile(loss)
    program().backward()
    np.testing.assert_allclose(w.grad, expected)
    return program


def test_a_template_is_how_it_is_printed(own):
    cube = own("cube", numpy="np.power({0}, 3)", **cube_parts())
    assert "np.power(w, 3).sum()" in compiled(cube).source


def test_without_one_the_program_has_its_definition_also_of_a_lambda(own):
    halves = own("halves", vjp=(lambda g, y, x: g / 2,), array=lambda x: (lambda y: y / 2)(x))
    cube = own("cube", **cube_parts())
    source = compiled(lambda w: halves(w) * cube(w), x=(1.0, 2.0)).source
    assert "def halves(x):\n    return (lambda y: y / 2)(x)\n" in source
    assert "def cube(x):\n    return x * x * x\n" in source
    exec(source, namespace := {})
    assert namespace["forward"](np.array([1.0, 2.0]))[0] == 0.5 + 8.0


def test_a_template_may_name_static_arguments(own):
    scale = own("scale", numpy="np.multiply({0}, {by})", array=lambda x, by: x * by, vjp=(lambda g, y, x, by: g * by,))
    assert "np.multiply(w, 2.5)" in compiled(lambda w: scale(w, by=2.5)).source


def test_a_function_of_the_writer_is_how_it_is_printed(own):
    halve = own("halve", numpy=lambda w, y, x: f"{w.owner(x)}.__truediv__(2)", array=lambda x: x / 2, vjp=(lambda g, y, x: g / 2,))
    assert "(w + 1).__truediv__(2)" in compiled(lambda w: halve(w + 1)).source


def test_an_operator_gets_its_brackets(own):
    modulo = own("modulo", numpy=Infix("%", PRODUCT), array=np.mod, vjp=(lambda g, y, a, b: g, None))
    assert "(w + 1) % 2" in compiled(lambda w: modulo(w + 1, 2.0)).source


def test_a_view_is_written_where_it_is_read_and_not_saved(own):
    flip = own(
        "flip", numpy=View(lambda w, y, x: f"{w.owner(x)}[::-1]"), array=lambda x: x[::-1], vjp=(lambda g, y, x: flip(g),),
        elementwise=False, cases=(autograd.Case((3,)),),
    )  # fmt: skip
    source = compiled(lambda w: flip(w) * flip(w)).source
    assert source.count("w[::-1]") >= 2
    assert "saved = w" in source or "w, = saved" in source


def test_a_rule_of_its_own_simplifies_it(own):
    cube = own("cube", simplify=lambda y, x: x * x * x, **cube_parts())
    source = compiled(cube).source
    assert "cube" not in source
    assert "w**2 * w" in source


def test_a_rule_is_asked_again_about_what_it_gave(own):
    half = own("half", array=lambda x: 0.5 * x, vjp=(lambda g, y, x: 0.5 * g,), simplify=lambda y, x: 0.5 * x)
    assert "0.125 * w" in compiled(lambda w: half(half(half(w)))).source


@pytest.mark.parametrize("variable", ["c", lambda x: "c"])
def test_its_result_has_the_name_that_it_says(own, variable):
    cube = own("cube", variable=variable, **cube_parts())
    assert "c1 = cube(w)" in compiled(lambda w: cube(w) * cube(w)).source


def test_one_with_the_name_of_a_rule_is_not_taken_for_the_built_in_one(own):
    del table["add"]
    other = own("add", array=lambda a, b: a + 2 * b, vjp=(lambda g, y, a, b: g, lambda g, y, a, b: 2 * g))
    assert "np.sum(add(w, 0.0))" in compiled(lambda w: other(w, 0.0)).source


def test_it_is_drawn_as_compiled_with_its_symbol(own):
    cube = own("cube", numpy="np.power({0}, 3)", **{**cube_parts(), "symbol": "x³"})
    assert draw(compiled(cube)).source.count("x³") == 2


@pytest.mark.parametrize(
    ("part", "wrong", "message"),
    [
        ("numpy", 3, r'its numpy must be a template such as "np.sin\(\{0\}\)" or a function\.'),
        ("simplify", "x", "its simplify must be a function from the node and its inputs to something simpler"),
        ("variable", 1, "its variable must be a name, or a function to one"),
    ],
)
def test_a_part_of_the_wrong_kind_is_refused(own, part, wrong, message):
    with pytest.raises(TypeError, match=f"The primitive 'cube' cannot be registered: {message}"):
        own("cube", **cube_parts(), **{part: wrong})
