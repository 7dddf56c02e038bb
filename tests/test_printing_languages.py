"""Programs in C and JavaScript against eager runs of the same code: each entry of the table, and programs drawn at random."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_compile_random_programs import CODES, agree, close, scalar_program, tensor_instruction

import autograd
import nn
from autograd import Tensor, Value, table
from autograd.compiling.printing.building import compiler
from autograd.structures import leaves

SETTINGS = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
needs_c = pytest.mark.skipif(compiler() is None, reason="There is no C compiler here.")

CHOSEN = {"lookup", "scatter_rows", "choose", "place", "take_along_axis", "put_along_axis"}  # their second input is an index
NUMPY_ONLY = {
    "argsort", "cholesky", "det", "det_sign", "eigh", "inv", "logabsdet", "pinv", "qr", "reverse_sequences", "searchsorted", "solve", "svd",
}  # fmt: skip
ELEMENTWISE = [p for p in table.values() if p.elementwise]
STRUCTURAL = [name for name, p in table.items() if not p.elementwise and name not in NUMPY_ONLY]


def numbers_for(primitive, shapes, rng):
    low, high = max(primitive.domain[0], -5), min(primitive.domain[1], 5)
    return [rng.uniform(low, high, size=shape) for shape in shapes]


def elementwise_program():
    """All elementwise entries, on a few numbers each; and the Tensors."""
    rng = np.random.default_rng(0)
    inputs = {}
    for p in ELEMENTWISE:
        inputs[p] = [Tensor(x, f"{p.name}{i}") for i, x in enumerate(numbers_for(p, [(6,)] * (p.arity or 5), rng))]
        if p.name == "select":
            inputs[p][0].data = np.array([0.0, 1.0, 2.0, 3.0, 2.0, 1.0])
    return lambda: [p(*xs) * 1.0 for p, xs in inputs.items()], leaves(list(inputs.values()))


def structural_program(name):
    """The sample calls of an entry, and the Tensors."""
    p, rng, calls = table[name], np.random.default_rng(0), []
    for case in p.cases:
        tensors = [Tensor(x, f"x{len(calls)}{i}") for i, x in enumerate(numbers_for(p, case.shapes, rng))]
        if name in CHOSEN:
            tensors[1] = rng.integers(0, 2, case.shapes[1]) * 1.0
        calls.append((tensors, case.static))
    nodes = [x for tensors, _ in calls for x in tensors if isinstance(x, Tensor)]
    return lambda: [p(*tensors, **static) * 1.0 for tensors, static in calls], nodes


@pytest.mark.parametrize("name", [name for name, p in table.items() if p.composition is not None])
def test_an_entry_that_says_what_it_is_made_of_computes_the_same(name):
    p, rng = table[name], np.random.default_rng(0)
    for case in p.cases:
        inputs = [Tensor(x) for x in numbers_for(p, case.shapes, rng)]
        if name == "select":
            inputs[0] = Tensor(rng.integers(0, 2, case.shapes[0]) * 1.0)
        expected = p(*inputs, **case.static)
        found = p.composition(expected, *inputs, **case.static)
        assert found.shape == expected.shape
        close(found.data, expected.data)


@needs_c
def test_every_elementwise_entry_runs_in_c():
    f, nodes = elementwise_program()
    agree(autograd.compile(f, target="c"), (), nodes)


@needs_c
@pytest.mark.parametrize("name", STRUCTURAL)
def test_every_other_entry_runs_in_c(name):
    f, nodes = structural_program(name)
    agree(autograd.compile(f, target="c"), (), nodes)


@needs_c
@SETTINGS
@given(CODES, st.integers(0, 2**32 - 1))
def test_scalar_programs_in_c_agree_with_eager_runs(codes, seed):
    rng = np.random.default_rng(seed)
    f, parameters = scalar_program(codes, rng)
    compiled = autograd.compile(f, target="c")
    for step in range(3):
        a = Value(rng.normal())
        args = (rng.normal(size=(3, 3)), rng.normal(size=4).tolist(), a, int(rng.integers(0, 4)))
        agree(compiled, args, [*parameters, a])
        for p in parameters if step == 0 else ():
            p.data -= 0.1 * rng.normal()


@needs_c
@SETTINGS
@given(CODES, st.integers(0, 2**32 - 1), st.sampled_from([np.float64, np.float32]))
def test_tensor_programs_in_c_agree_with_eager_runs(codes, seed, dtype):
    rng = np.random.default_rng(seed)
    weights = [Tensor(rng.normal(size=(3, 3)).astype(dtype)) for _ in range(2)]
    bias = Tensor(rng.normal(size=3).astype(dtype))

    def f(x, t):
        pool = [x * Tensor(np.ones((3, 3), dtype)), x * bias, weights[0] + t]
        for code in codes:
            pool.append(autograd.tanh(tensor_instruction(code, pool, weights)))
        return (pool[-1] * x).sum(), pool[-1]

    compiled = autograd.compile(f, target="auto")
    for _ in range(2):
        t = Tensor(rng.normal(size=(3, 1)).astype(dtype))
        agree(compiled, (rng.normal(size=(3, 3)).astype(dtype), t), [*weights, bias, t], rtol=1e-12 if dtype is np.float64 else 2e-4)


@needs_c
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 3), (3, 1), (2, 9), (9, 2), (17, 17)])
def test_shapes_at_the_edge(rows, columns):
    rng = np.random.default_rng(0)
    a, b, c = Tensor(rng.normal(size=(rows, columns))), Tensor(rng.normal(size=(columns, rows))), Tensor(rng.normal(size=columns))

    def f(x):
        h = autograd.tanh(a @ b + x[0])
        return [h.T @ a @ c, autograd.sum(h, axis=0), autograd.max(h, axis=1), (a * c).T @ x, autograd.softmax(a, axis=0) @ c, c @ c]

    agree(autograd.compile(f, target="c"), (rng.normal(size=rows),), [a, b, c])


@needs_c
def test_arrays_without_entries():
    a = Tensor(np.zeros((0, 3)))
    agree(autograd.compile(lambda x: [a @ x, autograd.sum(a, axis=0), autograd.concatenate([a, a]) * 2.0, (a.T @ a) * 1.0], target="c"),
          (np.ones(3),), [a])  # fmt: skip


def images():
    """A small convolutional network, images, and their classes."""
    model = nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1, rng=0), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(3, 9, 3, stride=2, rng=1), nn.AvgPool2d(2, padding=1),
        nn.Flatten(), nn.Linear(36, 4, rng=2),
    ).double()  # fmt: skip
    rng = np.random.default_rng(0)
    return model, (rng.normal(size=(3, 1, 12, 12)), np.array([3, 0, 1]))


@needs_c
def test_a_convolutional_network_learns_to_classify_in_c():
    model, args = images()
    agree(autograd.compile(lambda x, y: nn.cross_entropy(model(x), y), target="c"), args, list(model.parameters()))


@needs_c
def test_a_class_that_there_is_not_is_an_error_in_c():
    model, (x, y) = images()
    loss = autograd.compile(lambda x, y: nn.cross_entropy(model(x), y), target="c")
    loss(x, y)
    with pytest.raises(IndexError):
        loss(x, np.array([3, 0, 4]))


@needs_c
def test_a_transformer_block_runs_in_c():
    layer = nn.TransformerEncoderLayer(6, 2, 8, dropout=0.0, rng=0).double()
    mask = np.triu(np.full((4, 4), -np.inf), 1)
    agree(autograd.compile(lambda x: autograd.sum(layer(x, mask) ** 2), target="c"), (np.random.default_rng(0).normal(size=(4, 2, 6)),),
          list(layer.parameters()))  # fmt: skip


@needs_c
def test_attention_to_nothing_is_zero_in_c():
    q = Tensor(np.ones((2, 3)))
    mask = np.array([[0.0, -np.inf], [-np.inf, -np.inf]])
    agree(autograd.compile(lambda k: table["attention"](q, k, mask) * 1.0, target="c"), (np.eye(2, 3),), [q])


@needs_c
def test_an_index_that_a_sum_computes_has_no_form_in_c():
    rows = Tensor(np.arange(6.0).reshape(3, 2))
    f = autograd.compile(lambda i: autograd.sum(autograd.take(rows, autograd.sum(i), axis=0)), target="c")
    with pytest.raises(TypeError, match="cannot be written in C, which has no form for an index that is computed from more than indices"):
        f(np.array([0, 1]))


# In a browser


def run_in(browser, f, args, nodes):
    """Compare `forward` and `backward` in JavaScript with those in NumPy."""
    compiled = autograd.compile(f)
    compiled(*args)
    (program,) = compiled.programs.values()
    data = [*[x.data for x in program.given], *args]
    results, saved = program._variant.forward(*data)
    count = len(program.outputs)
    results = [results] if count == 1 else list(results)
    seeds = [np.full(np.shape(x), i + 1.0) for i, x in enumerate(results)]
    found = program._variant.backward(saved, *seeds)
    gradients = [found] if sum(program.wanted) == 1 else list(found)
    flat = [[np.ravel(x).tolist() if np.ndim(x) else float(x) for x in arrays] for arrays in (data, seeds)]
    script = (
        compiled.source_for("javascript")
        + """
        const [results, saved] = forward(...inputs);
        const gradients = backward(saved, ...seeds);
        const plain = x => x === null || typeof x === "number" ? x : Array.from(x);
        return JSON.stringify([results.map(plain), gradients.map(plain)]);
    """
    )
    answer = browser.execute_script("return new Function('inputs', 'seeds', arguments[2])(arguments[0], arguments[1])", *flat, script)
    for ours, theirs in zip(json.loads(answer), (results, gradients), strict=True):
        for x, y in zip(ours, theirs, strict=True):
            assert (x is None) == (y is None)
            if y is not None:
                close(np.reshape(np.array(x, float), np.shape(y)), y)


def test_every_entry_runs_in_javascript(browser):
    run_in(browser, elementwise_program()[0], (), [])
    for name in STRUCTURAL:
        if name != "astype":
            run_in(browser, structural_program(name)[0], (), [])


def test_a_network_runs_in_javascript(browser):
    model = nn.MLP(2, [4, 4, 1], activation="tanh", rng=0)
    rng = np.random.default_rng(0)
    run_in(browser, lambda xs, ys: nn.hinge_loss([model(x) for x in xs], ys), (rng.normal(size=(5, 2)), rng.choice([-1.0, 1.0], 5)), [])


def test_a_convolutional_network_runs_in_javascript(browser):
    model, args = images()
    run_in(browser, lambda x, y: nn.cross_entropy(model(x), y), args, [])


@settings(SETTINGS, max_examples=30)
@given(CODES, st.integers(0, 2**32 - 1))
def test_scalar_programs_in_javascript_agree(browser, codes, seed):
    rng = np.random.default_rng(seed)
    f, _ = scalar_program(codes, rng)
    run_in(browser, lambda xs, ys, a: f(xs, ys, a, 1), (rng.normal(size=(3, 3)), rng.normal(size=4), np.float64(0.3)), [])


def test_a_wrong_row_is_an_error_in_javascript(browser):
    rows = Tensor(np.arange(6.0).reshape(3, 2), "rows")
    f = autograd.compile(lambda i: autograd.sum(autograd.take(rows, i, axis=0)))
    f(np.array([0, 2]))
    script = f.source_for("javascript") + "try { forward([0, 1, 2, 3, 4, 5], [0, 3]); } catch (error) { return String(error); }"
    assert browser.execute_script(script) == "RangeError: there is no such row"
