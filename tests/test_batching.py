"""How primitives take a batch: the rules of the table's entries, and primitives that users register."""

import numpy as np
import pytest
from test_compile_random_programs import close

import autograd
from autograd import Case, Primitive, Tensor, Value, grad, table, vmap
from autograd.backward import history

WORTH_A_LOOP = {"conv_weight"}  # each example has a gradient of its own for the kernels


@pytest.fixture
def primitive():
    """A function that registers a primitive for the time of a test."""
    names = []

    def register(**parts):
        names.append("own_of_this_test")
        return Primitive(
            names[-1], **{"symbol": "o", "latex": "o(#1)", "scalar": None, "cases": (Case((3,)),), "doc": "A user's own.", **parts}
        )

    yield register
    for name in names:
        del table[name]


def numbers(x):
    return x.data if isinstance(x, autograd.Node) else x


def agrees(f, *batches, nodes=()):
    """A batch at once gives what one example after the other gives: results, first and second derivatives, and the gradients of `nodes`."""

    def steepness(x, *rest):
        return (grad(f)(x, *rest) ** 2).sum()

    for each in (f, grad(f), grad(steepness)):
        expected = [each(*example) for example in zip(*batches, strict=True)]
        close(numbers(vmap(each)(*batches)), [numbers(x) for x in expected])
    found = []
    for run in (lambda: vmap(f)(*batches), lambda: autograd.stack([f(*example) for example in zip(*batches, strict=True)])):
        for x in nodes:
            x.zero_grad()
        if nodes:
            (run() ** 2).sum().backward()
        found.append([np.array(x.grad) for x in nodes])
    for a, b in zip(*found, strict=True):
        close(a, b)


def test_an_elementwise_primitive_of_a_user_takes_a_batch_without_anything(primitive):
    cube = primitive(
        elementwise=True, scalar=lambda x, a: a * x**3, array=lambda x, a: a * x**3,
        vjp=(lambda g, y, x, a: g * 3 * a * x * x, lambda g, y, x, a: g * x**3),
    )  # fmt: skip
    rng = np.random.default_rng(0)
    w, v = Tensor(rng.normal(size=3)), Value(0.5)
    agrees(lambda x: cube(x[0], v) * cube(v, x[1]), rng.normal(size=(4, 2)), nodes=[v])
    agrees(lambda x: cube(x, w).sum(), rng.normal(size=(4, 3)), nodes=[w])
    agrees(lambda x, s: cube(x * w, s).sum(), rng.normal(size=(4, 2, 3)), rng.normal(size=4), nodes=[w])


@pytest.mark.parametrize("has_rule", [True, False])
def test_another_primitive_of_a_user_takes_a_batch_by_its_rule_or_one_example_after_the_other(primitive, has_rule):
    seen = []

    def rule(batch, x, w):
        seen.append(batch)
        every_x, every_w = batch.repeated((x, w))
        return every_x[:, ::-1] * every_w[:, :1]

    flip = primitive(
        elementwise=False, array=lambda x, w: x[::-1] * w[0],
        vjp=(lambda g, y, x, w: flip(g, w),
             lambda g, y, x, w: autograd.stack([(flip(x, w * 0 + 1) * g).sum(), 0.0])),
        batch=rule if has_rule else None,
    )  # fmt: skip
    rng = np.random.default_rng(0)
    v, w = Tensor(rng.normal(size=3)), Tensor(rng.normal(size=2))
    agrees(lambda x: (flip(x * x, w) ** 2).sum(), rng.normal(size=(4, 3)), nodes=[w])
    agrees(lambda w: (flip(v, w * w) ** 2).sum(), rng.normal(size=(4, 2)), nodes=[v])
    agrees(lambda x, w: (flip(x * x, w) ** 2).sum(), rng.normal(size=(4, 3)), rng.normal(size=(4, 2)))
    assert vmap(lambda x: flip(x, w))(np.ones((0, 3))).shape == (0, 3)
    assert {batch.has_axis for batch in seen} == ({(True, False), (False, True), (True, True)} if has_rule else set())


def test_a_primitive_of_a_user_computes_a_batch_in_one_call_of_its_rule(primitive):
    sizes = []

    def rule(batch, x):
        sizes.append((batch.size, batch.shape))
        return x[:, ::-1]

    flip = primitive(elementwise=False, array=lambda x: x[::-1], vjp=(lambda g, y, x: flip(g),), batch=rule)
    assert vmap(lambda x: flip(x))(np.arange(6.0).reshape(2, 3)).tolist() == [[2.0, 1.0, 0.0], [5.0, 4.0, 3.0]]
    assert sizes == [(2, (3,))]


def test_a_rule_that_forgets_examples_says_so(primitive):
    first = primitive(elementwise=False, array=lambda x: x * 1, vjp=(lambda g, y, x: g,), batch=lambda batch, x: x[0])
    with pytest.raises(ValueError, match=r"batch rule of own_of_this_test gave shape \(3,\) for 2 examples .* in shape \(2, 3\)"):
        vmap(lambda x: first(x))(np.ones((2, 3)))


def test_each_primitive_of_the_table_says_how_it_takes_a_batch():
    silent = {name for name, entry in table.items() if entry.batch is None and not entry.elementwise}
    assert silent == WORTH_A_LOOP


@pytest.mark.parametrize(("of", "shape"), [(lambda w, x: w @ x, (3,)), (lambda w, x: x @ w.T, (3,)), (lambda w, x: x @ w.T, (4, 3))])
def test_a_product_with_a_matrix_that_all_examples_share_is_one_product_of_two_matrices(of, shape):
    w = Tensor(np.arange(6.0).reshape(2, 3))
    (product,) = [
        node for node in history(vmap(lambda x: of(w, x))(np.ones((5, *shape)))) if node.primitive is table["matmul"]
    ]  # fmt: skip
    assert [x.ndim for x in product.inputs] == [2, 2]


@pytest.mark.parametrize("case", table["linear"].cases, ids=str)
def test_an_empty_batch_of_weights_has_results_of_the_right_shape(case):
    x, weight, bias = (np.ones(shape) for shape in case.shapes)
    one = table["linear"](x, weight, bias)
    many = vmap(lambda w, b: table["linear"](Tensor(x), w, b))(np.ones((0, *weight.shape)), np.ones((0, *bias.shape)))
    assert many.shape == (0, *one.shape)
