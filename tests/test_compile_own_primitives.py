"""Claims about primitives of the user's in compiled functions: they print, simplify, name and draw as the built-in ones do."""

import itertools
import math
import operator

import numpy as np
import pytest

import autograd
from autograd import Primitive, Tensor, Value, draw, table
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


# --- what its entry declares is used as in a built-in entry ----------------------------------------------------------------


def values(*numbers):
    return [Value(x, f"v{i}") for i, x in enumerate(numbers)]


def agrees(f, *args, of):
    """A compiled function of Values; its number and gradients agree with those of an ordinary call."""
    for x in of:
        x.grad = 0.0
    expected = f(*args)
    expected.backward()
    gradients = [x.grad for x in of]
    for x in of:
        x.grad = 0.0
    program = autograd.compile(f)
    result = program(*args)
    result.backward()
    assert math.isclose(result.data, expected.data)
    np.testing.assert_allclose([x.grad for x in of], gradients, rtol=1e-6)
    return program


@pytest.fixture
def plus(own):
    return own("plus", scalar=operator.add, array=np.add, terms=(1, 1), vjp=(lambda g, y, a, b: g, lambda g, y, a, b: g))


@pytest.fixture
def times(own):
    return own("times", scalar=operator.mul, array=np.multiply, products=True, vjp=(lambda g, y, a, b: g * b, lambda g, y, a, b: g * a))


def layer(weights, x, plus, times):
    """The sum of the squares of three neurons, written with any sum and any product."""
    neurons = []
    for row in weights:
        total = row[-1]
        for w, xi in zip(row[:-1], x, strict=True):
            total = plus(total, times(w, xi))
        neurons.append(total.tanh())
    return plus(plus(times(neurons[0], neurons[0]), times(neurons[1], neurons[1])), times(neurons[2], neurons[2]))


def test_sums_of_its_products_are_dot_products(plus, times):
    weights = [values(*row) for row in np.random.default_rng(0).normal(size=(3, 5)).tolist()]
    x, leaves = [0.5, -1.0, 2.0, 0.1], [w for row in weights for w in row]
    with_own = agrees(lambda x: layer(weights, x, plus, times), x, of=leaves).source
    built_in = agrees(lambda x: layer(weights, x, operator.add, operator.mul), x, of=leaves).source
    assert "@" in with_own
    assert with_own == built_in


def test_a_sum_of_products_of_any_number_of_inputs_is_a_matrix_product(own):
    def dot(*xs):
        n = len(xs) // 2
        return sum(map(operator.mul, xs[:n], xs[n:]), xs[-1] if len(xs) % 2 else 0.0)

    def gradients(g, y, *xs):
        n = len(xs) // 2
        return [g * x for x in (*xs[n : 2 * n], *xs[:n])] + [g] * (len(xs) % 2)

    weighted = own("weighted", scalar=dot, array=dot, vjp=gradients, products=True, cases=(autograd.Case((), ()),))
    w, x = [values(1.0, 2.0, 3.0), values(4.0, 5.0, 7.0), values(-1.0, 0.5, 2.0)], [0.5, -1.0, 2.0]
    for bias in ([], [0.25]):
        source = agrees(lambda x, b: autograd.sum([weighted(*row, *x, *b).tanh() for row in w]), x, bias, of=[*itertools.chain(*w)]).source
        assert "@" in source
        assert "weighted" not in source


def test_a_running_total_by_its_sum_stays_outside_of_a_loop(plus):
    def loss(w, xs, add):
        h, total = 0.0, 0.0
        for x in xs:
            h = autograd.tanh(w * h + x)
            total = add(total, h * h)
        return total

    w, xs = Value(0.5, "w"), np.linspace(-1, 1, 40).tolist()
    with_own = agrees(lambda xs: loss(w, xs, plus), xs, of=[w]).source
    assert "for " in with_own
    assert with_own == agrees(lambda xs: loss(w, xs, operator.add), xs, of=[w]).source


def test_its_reduction_of_rows_of_different_lengths_is_filled_up_with_the_number_that_changes_nothing(own):
    def rule(g, y, *xs):
        return [g * math.prod(xs[:i] + xs[i + 1 :]) for i in range(len(xs))]

    product = own("product_n", scalar=lambda *xs: math.prod(xs), array=lambda *xs: math.prod(xs), vjp=rule, cases=(autograd.Case((), ()),))
    own(
        "product_along", array=lambda x, axis: np.prod(x, axis=axis), elementwise=False, cases=(autograd.Case((2, 3), axis=-1),),
        vjp=(lambda g, y, x, axis: autograd.expand_dims(g * y, axis) / x,), reduces=(product, 1.0),
    )  # fmt: skip
    v = values(1.5, 2.0, -3.0, 0.5, 4.0)
    source = agrees(lambda: autograd.sum([product(*v[:2]).exp(), product(*v[1:5]).exp(), product(*v[2:4]).exp()]), of=v).source
    assert "product_along" in source


def test_its_choice_by_an_integer_argument_is_one_of_a_table(own):
    pick = own(
        "pick", scalar=lambda i, *xs: xs[int(i)], array=lambda i, *xs: np.choose(np.asarray(i, int), xs), masks="place",
        vjp=lambda g, y, i, *xs: [None, *(g * (i == k) for k in range(len(xs)))], cases=(autograd.Case((), (), ()),),
    )  # fmt: skip
    table = [values(1.0, 2.0, 3.0), values(5.0, 7.0, 9.0)]
    program = agrees(lambda k: autograd.sum([pick(k, *row).exp() for row in table]), 2, of=[*itertools.chain(*table)])
    assert "pick" not in program.source
    assert math.isclose(program(0).data, math.exp(1.0) + math.exp(5.0))
    with pytest.raises(TypeError, match="take needs whole numbers to say which rows"):
        program(0.5)


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
