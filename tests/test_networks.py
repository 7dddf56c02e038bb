"""Claims about the table's steps of networks: `linear`, `standardize`, `take_along_axis` and `put_along_axis`."""

import numpy as np
import pytest

import autograd
from autograd import Tensor, check_gradients, table, vjp, vmap
from autograd.primitives.networks import linear, put_along_axis, standardize, take_along_axis

ENTRIES = [linear, standardize, take_along_axis, put_along_axis]
CASES = [pytest.param(entry, case, id=f"{entry.name}-{i}") for entry in ENTRIES for i, case in enumerate(entry.cases)]


def sample(entry, case):
    """The entry as a function of its differentiable inputs, and these."""
    rng = np.random.default_rng(0)
    rules = entry.vjp if isinstance(entry.vjp, tuple) else [entry.vjp] * len(case.shapes)
    inputs = [rng.uniform(-2, 2, shape) if rule else rng.integers(0, 2, shape) for shape, rule in zip(case.shapes, rules, strict=True)]
    floats = [x for x in inputs if x.dtype.kind == "f"]
    return lambda *xs: entry(*xs, *inputs[len(xs) :], **case.static), floats


@pytest.mark.parametrize(("entry", "case"), CASES)
def test_rules_are_the_derivatives_to_second_order(entry, case):
    call, floats = sample(entry, case)
    assert check_gradients(call, *floats)
    g = np.random.default_rng(1).uniform(-2, 2, np.shape(call(*floats)))
    assert check_gradients(lambda g, *xs: list(vjp(call, *xs)[1](g)), g, *floats)


@pytest.mark.parametrize(("entry", "case"), [p for p in CASES if p.values[0].analytic])
def test_analytic_forwards_take_the_complex_step(entry, case):
    call, floats = sample(entry, case)
    rng = np.random.default_rng(1)
    g = rng.uniform(-2, 2, np.shape(call(*floats)))
    for i, gradient in enumerate(vjp(call, *floats)[1](g)):
        direction = rng.uniform(-2, 2, np.shape(floats[i]))
        nudged = [x + 1e-30j * direction if i == j else x for j, x in enumerate(floats)]
        np.testing.assert_allclose(np.sum(gradient * direction), np.sum(g * call(*nudged).imag) / 1e-30, rtol=1e-12)


@pytest.mark.parametrize(("entry", "case"), CASES)
def test_float32_stays_float32(entry, case):
    call, floats = sample(entry, case)
    tensors = [Tensor(x.astype(np.float32)) for x in floats]
    out = call(*tensors)
    out.backward(np.ones(out.shape))
    assert {x.dtype for x in [out.data, *(t.grad for t in tensors)]} == {np.dtype(np.float32)}


@pytest.mark.parametrize(("entry", "case"), CASES)
def test_entries_compile_and_take_batches(entry, case):
    call, floats = sample(entry, case)
    tensors = [Tensor(x) for x in floats]
    out = call(*tensors)
    compiled = autograd.compile(call)(*tensors)
    np.testing.assert_allclose(compiled.data, out.data, rtol=1e-13)
    g = np.random.default_rng(1).uniform(-2, 2, out.shape)
    out.backward(g)
    expected = [t.grad for t in tensors]
    for t in tensors:
        t.zero_grad()
    compiled.backward(g)
    for t, gradient in zip(tensors, expected, strict=True):
        np.testing.assert_allclose(t.grad, gradient, rtol=1e-12, atol=1e-14)
    batches = [np.stack([x, 2 * x, x - 1]) for x in floats]
    expected = np.stack([call(*[Tensor(batch[i]) for batch in batches]).data for i in range(3)])
    np.testing.assert_allclose(vmap(call)(*batches).data, expected, rtol=1e-12)


@pytest.mark.parametrize("batched", [(0, None, None), (None, 0, None), (None, None, 0), (0, 0, None), (0, None, 0), (None, 0, 0)])
def test_a_batch_may_share_some_inputs_of_linear(batched):
    shapes = [(4, 3), (2, 3), (2,)]
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=shape if axis is None else (5, *shape)) for shape, axis in zip(shapes, batched, strict=True)]
    examples = [[x if axis is None else x[i] for x, axis in zip(inputs, batched, strict=True)] for i in range(5)]
    expected = np.stack([linear(*example) for example in examples])
    np.testing.assert_allclose(vmap(lambda x, w, b: linear(x, w, b), batched)(*inputs).data, expected, rtol=1e-13)


def test_linear_is_written_as_a_matrix_product_in_a_compiled_program():
    weight, bias = Tensor(np.ones((2, 3))), Tensor(np.ones(2))
    compiled = autograd.compile(lambda x: linear(x, weight, bias))
    compiled(np.ones((4, 3)))
    assert "x @ weight.T + bias" in compiled.source
    assert "linear(" not in compiled.source


def test_without_a_bias_linear_adds_nothing():
    weight = Tensor(np.ones((2, 3)))
    np.testing.assert_array_equal(linear(np.ones((4, 3)), weight, 0.0).data, np.full((4, 2), 3.0))
    assert linear(np.ones((4, 3), np.float32), Tensor(np.ones((2, 3), np.float32)), 0.0).dtype == np.float32
    compiled = autograd.compile(lambda x: linear(x, weight, 0.0))
    compiled(np.ones((4, 3)))
    assert "lambda_ = x @ weight.T\n" in compiled.source


def test_shapes_that_do_not_fit_linear_are_an_error():
    with pytest.raises(ValueError, match=r"linear got shapes \(4, 3\) and \(2, 4\) and \(2,\)"):
        linear(Tensor(np.ones((4, 3))), Tensor(np.ones((2, 4))), Tensor(np.ones(2)))


def test_an_entry_that_is_taken_twice_gets_both_gradients():
    x = Tensor([[1.0, 2.0, 3.0]])
    take_along_axis(x, np.array([[2, 0, 2]]), axis=1).backward(np.array([[1.0, 10.0, 100.0]]))
    np.testing.assert_array_equal(x.grad, [[10.0, 0.0, 101.0]])


@pytest.mark.parametrize("index", [[[-1]], [[0.5]], [[3]]])
def test_what_is_no_place_from_0_is_an_error(index):
    with pytest.raises(IndexError, match="take_along_axis got shapes"):
        take_along_axis(Tensor([[1.0, 2.0, 3.0]]), np.array(index), axis=1)


def test_the_examples_of_the_entries_run():
    import doctest

    for entry in ENTRIES:
        example = doctest.DocTestParser().get_doctest(entry.__doc__, {"np": np, entry.name: entry}, entry.name, None, None)
        assert example.examples
        assert doctest.DocTestRunner(verbose=False).run(example).failed == 0


def test_they_are_parts_of_the_table():
    assert all(table[entry.name] is entry for entry in ENTRIES)


def test_standardize_keeps_its_digits_beside_a_large_mean():
    x = np.random.default_rng(0).normal(1000.0, 1.0, (8, 4, 16, 16)).astype(np.float32)
    y = standardize(x, 1.0, 0.0, axis=(0, 2, 3))
    wide = x.astype(float)
    expected = (wide - wide.mean((0, 2, 3), keepdims=True)) / np.sqrt(wide.var((0, 2, 3), keepdims=True) + 1e-5)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, expected, atol=1e-3)  # the mean is rounded to 1e-4


def test_standardize_sums_over_a_million_numbers_without_losing_digits():
    x = np.random.default_rng(0).normal(3.0, 1.0, (1, 1_000_000)).astype(np.float32)
    expected = (x - x.mean(dtype=float)) / x.std(dtype=float)
    np.testing.assert_allclose(standardize(x, 1.0, 0.0, axis=-1, eps=0.0), expected, atol=1e-4)


@pytest.mark.parametrize("mean", [0.0, 2.0, 1000.0])
def test_gradients_of_standardize_keep_their_digits_beside_a_mean(mean):
    rng = np.random.default_rng(0)
    x, g = rng.normal(mean, 1.0, (8, 4, 16, 16)).astype(np.float32), rng.normal(size=(8, 4, 16, 16)).astype(np.float32)
    weight, bias = rng.uniform(1, 2, (2, 1, 4, 1, 1)).astype(np.float32)

    def pulled(*inputs, g):
        return vjp(lambda *inputs: standardize(*inputs, axis=(0, 2, 3)), *inputs)[1](g)

    found, exact = pulled(x, weight, bias, g=g), pulled(x.astype(float), weight.astype(float), bias.astype(float), g=g.astype(float))
    for number, wanted in zip(found, exact, strict=True):
        assert number.dtype == np.float32
        np.testing.assert_allclose(number, wanted, rtol=1e-3, atol=1e-3 * np.abs(wanted).max())  # the mean is rounded to 1e-4


def test_known_moments_change_no_number_and_no_derivative_of_a_derivative():
    rng = np.random.default_rng(0)
    x, g, h, weight, bias = [rng.normal(size=(6, 3)) for _ in range(3)] + [rng.normal(size=(1, 3)) for _ in range(2)]
    static = {"axis": (0,), "eps": 0.1}
    known = x.mean(0, keepdims=True), x.var(0, keepdims=True)
    results = []
    for more in ({}, {"known": known}):

        def call(*inputs, more=more):
            return standardize(*inputs, **static, **more)

        first = vjp(call, x, weight, bias)[1](g)
        second = vjp(lambda *inputs, call=call: vjp(call, *inputs)[1](g)[0], x, weight, bias)[1](h)
        results.append([call(x, weight, bias), *first, *second])
    for plain, quick in zip(*results, strict=True):
        np.testing.assert_allclose(quick, plain, rtol=1e-9, atol=1e-12)
