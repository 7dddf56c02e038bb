"""`autograd.vmap`: functions of one example on batches, against a Python loop over the examples."""

import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_compile_random_programs import CODES, close, instruction, tensor_instruction

import autograd
import nn
from autograd import Tensor, Value, table, vmap
from autograd.compiling.program import Program

SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def loop(f, *batches):
    """`f` of one example after the other, stacked."""
    return autograd.stack([f(*example) for example in zip(*batches, strict=True)])


def agree(f, batches, nodes):
    """A batch at once gives the same numbers and gradients as one example after the other."""
    found = []
    for run in (lambda: loop(f, *batches), lambda: vmap(f)(*batches)):
        for x in nodes:
            x.zero_grad()
        out = run()
        (out * np.arange(1.0, out.size + 1).reshape(out.shape)).sum().backward()
        found.append([np.array(out.data), *(np.zeros(x.shape) if x.grad is None else np.array(x.grad) for x in nodes)])
    for a, b in zip(*found, strict=True):
        close(b, a)


def test_a_network_of_neurons_runs_on_a_batch():
    model = nn.MLP(2, [4, 3, 1], rng=0)
    X = np.random.default_rng(0).normal(size=(7, 2))
    agree(lambda x: model(x), [X], model.parameters())
    assert vmap(model)(X).shape == (7,)


def test_any_length_of_batch_without_tracing_again(monkeypatch):
    made = []

    class Counted(Program):
        def __init__(self, *args, **options):
            made.append(self)
            super().__init__(*args, **options)

    monkeypatch.setattr(sys.modules["autograd.compiling.cache"], "Program", Counted)
    a = Value(3.0)
    batched = vmap(lambda x: a * x[0] + x[1])
    for n in (1, 5, 100, 0):
        assert batched(np.ones((n, 2))).data.tolist() == [4.0] * n
    assert len(made) == 1
    a.data = 4.0
    assert batched(np.ones((2, 3))).data.tolist() == [5.0] * 2
    assert len(made) == 2


def test_structures_of_results_have_the_axis_in_every_part():
    a = Value(2.0)
    out = vmap(lambda x: {"twice": a * x[0], "both": [x[0] + x[1], x], "t": Tensor([1.0, 2.0]), "n": 3, "a": a})(
        np.arange(6.0).reshape(3, 2)
    )
    assert out["twice"].data.tolist() == [0.0, 4.0, 8.0]
    assert out["both"][0].data.tolist() == [1.0, 5.0, 9.0]
    assert [x.data.tolist() for x in out["both"][1]] == [[0.0, 2.0, 4.0], [1.0, 3.0, 5.0]] or out["both"][1].shape == (3, 2)
    assert out["t"].shape == (3, 2)
    assert out["n"] == 3
    assert out["a"].data.tolist() == [2.0] * 3
    (out["twice"].sum() + out["a"].sum()).backward()
    assert a.grad == 9.0


def test_in_axes_say_where_the_examples_are():
    x, y = np.arange(6.0).reshape(2, 3), np.arange(3.0)
    w = Tensor([1.0, 10.0])
    f = vmap(lambda a, b, c: (a * w).sum() * b + c, in_axes=(1, 0, None))
    expected = [(x[:, i] * [1, 10]).sum() * y[i] + 5 for i in range(3)]
    assert f(x, y, 5.0).data.tolist() == expected
    assert vmap(lambda a: a.sum(), in_axes=-1)(x).data.tolist() == x.sum(0).tolist()
    assert vmap(lambda d: d["a"] * d["b"])({"a": y, "b": y}).data.tolist() == (y * y).tolist()


def test_a_batch_of_nodes_gets_its_gradients():
    batch, shared, numbers = Tensor(np.arange(6.0).reshape(3, 2)), Value(2.0), [Value(1.0), Value(5.0), Value(3.0)]
    vmap(lambda x, s, v: (x[0] * x[1]) * s * v, in_axes=(0, None, 0))(batch, shared, numbers).sum().backward()
    assert batch.grad.tolist() == [[2.0, 0.0], [30.0, 20.0], [30.0, 24.0]]
    assert shared.grad == 0 * 1 * 1 + 2 * 3 * 5 + 4 * 5 * 3
    assert [v.grad for v in numbers] == [0.0, 12.0, 40.0]


def test_rows_chosen_by_a_number_in_each_example():
    table_of_rows = [[Value(float(3 * i + j)) for j in range(3)] for i in range(4)]
    flat = [v for row in table_of_rows for v in row]
    tokens = np.array([0, 3, 1, 3, -1])

    def f(i):
        row = autograd.take(table_of_rows, i)
        return sum(row) * autograd.take([v.exp() * 0.1 for v in row], i - i) + autograd.take(row, (i + 1) * 0)

    agree(f, [tokens], flat)
    with pytest.raises(IndexError):
        vmap(f)(np.array([0, 4]))


def test_vmap_within_compile_and_vmap():
    model = nn.MLP(2, [3, 1], rng=0)
    X = np.random.default_rng(0).normal(size=(5, 2))
    loss = autograd.compile(lambda xs: vmap(model)(xs).sum())
    gradients = []
    for f in (loss, lambda xs: loop(model, xs).sum()):
        model.zero_grad()
        out = f(X)
        out.backward()
        gradients.append([out.data.item(), *(p.grad for p in model.parameters())])
    close(*gradients)
    a = Value(2.0)
    inner = vmap(lambda row: vmap(lambda x: a * x * x)(row))
    x = np.arange(6.0).reshape(2, 3)
    assert inner(x).data.tolist() == (2 * x * x).tolist()


def test_gradients_of_each_example():
    w = np.array([1.0, 2.0, 3.0])
    X = np.random.default_rng(0).normal(size=(4, 3))

    def loss(w, x):
        return (autograd.dot(w, x) ** 2).tanh()

    each = vmap(autograd.grad(loss), in_axes=(None, 0))(w, X)
    expected = [autograd.grad(loss)(w, x) for x in X]
    close(each.data, np.array(expected))


def test_random_numbers_are_drawn_for_each_example_as_in_a_loop():
    X = np.ones((6, 4))
    rng = np.random.default_rng(0)
    expected = [float((autograd.dropout(x, 0.5, rng=rng)).sum()) for x in X]
    rng = np.random.default_rng(0)

    def g(x):
        return autograd.dropout(x, 0.5, rng=rng).sum()

    results = vmap(g)(X).data.tolist()
    assert results == expected
    assert len(set(results)) > 1
    assert vmap(g)(X).data.tolist() != expected


def test_what_vmap_refuses():
    f = vmap(lambda x, y: x * y)
    with pytest.raises(ValueError, match="one length of batch"):
        f(np.ones(3), np.ones(2))
    with pytest.raises(ValueError, match="one length of batch"):
        vmap(lambda x: x, in_axes=None)(1.0)
    with pytest.raises(ValueError, match="2 arguments and 1 in_axes"):
        vmap(lambda x, y: x, in_axes=(0,))(np.ones(2), 1.0)
    with pytest.raises(ValueError, match="no axis 0"):
        vmap(lambda x: x)(1.0)
    with pytest.raises(ValueError, match="no axis 2"):
        vmap(lambda x: x, in_axes=2)(np.ones((2, 2)))
    with pytest.raises(TypeError, match="cannot be compiled"):
        vmap(lambda x: x if x > 0 else -x)(np.ones(3))
    with pytest.raises(ValueError, match="at least one example"):
        autograd.compile(lambda x: vmap(lambda a: a * 2)(x))(np.ones((0, 2)))


@pytest.mark.parametrize(
    "index",
    [
        1, -1, slice(None, None, -1), (slice(1, 3), 0), ..., (..., None, 1), [0, 2], ([0, 1], slice(None), [1, 0]),
        (0, slice(None), [1, 0]),
        (slice(None), [0, 0]), (slice(None), [0, 1], [1, 0]), np.arange(12).reshape(3, 2, 2) % 2 == 0, ([[0], [1]], slice(None), [1, 0]),
    ],
)  # fmt: skip
def test_every_kind_of_index_takes_a_batch(index):
    t = Tensor(np.arange(12.0).reshape(3, 2, 2))
    agree(lambda x: (x * t)[index], [np.random.default_rng(0).normal(size=(4, 3, 2, 2))], [t])
    each = vmap(autograd.grad(lambda x: (x[index] ** 2).sum()))
    X = np.random.default_rng(0).normal(size=(4, 3, 2, 2))
    close(each(X).data, np.array([autograd.grad(lambda x: (x[index] ** 2).sum())(x) for x in X]))


@pytest.mark.parametrize(
    "shapes", [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((5, 2, 3), (3,))]
)
@pytest.mark.parametrize("batched", [(0, 0), (0, None), (None, 0)])
def test_every_kind_of_matrix_product_takes_a_batch(shapes, batched):
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=shape if axis is None else (6, *shape)) for shape, axis in zip(shapes, batched, strict=False))
    expected = np.array([(a if batched[0] is None else a[i]) @ (b if batched[1] is None else b[i]) for i in range(6)])
    close(vmap(lambda a, b: autograd.matmul(a, b), in_axes=batched)(a, b).data, expected)


@SETTINGS
@given(CODES, st.integers(0, 2**32 - 1))
def test_random_scalar_programs_run_on_batches(codes, seed):
    rng = np.random.default_rng(seed)
    flat, rows = [Value(v) for v in rng.normal(size=3)], [[Value(v) for v in row] for row in rng.normal(size=(4, 3))]

    def f(x, i):
        one = Value(1.0)
        vectors = [flat, [v * one for v in x], [x[1] * one, flat[0]]]
        for code in codes:
            vectors.append([autograd.tanh(v) for v in instruction(code, vectors, rows, i)])
        return sum(vectors[-1]) * rows[0][0]

    agree(f, [rng.normal(size=(3, 4)), rng.integers(0, 4, size=3).tolist()], [*flat, *(v for row in rows for v in row)])


@SETTINGS
@given(CODES, st.integers(0, 2**32 - 1))
def test_random_tensor_programs_run_on_batches(codes, seed):
    rng = np.random.default_rng(seed)
    weights = [Tensor(rng.normal(size=(3, 3))) for _ in range(2)]

    def f(x):
        pool = [x * Tensor(np.ones((3, 3))), x * weights[0][0], weights[1]]
        for code in codes:
            pool.append(autograd.tanh(tensor_instruction(code, pool, weights)))
        return pool[-1] * weights[1]

    agree(f, [rng.normal(size=(3, 3, 3))], weights)


INDICES = ("lookup", "scatter_rows", "choose", "place", "take_along_axis", "put_along_axis", "reverse_sequences")


@pytest.mark.parametrize("which", ["all", "first", "others"])
@pytest.mark.parametrize("name", [name for name, p in table.items() if name not in ("select", "bernoulli")])
def test_every_primitive_takes_a_batch(name, which):
    primitive = table[name]
    rng = np.random.default_rng(0)
    low, high = max(primitive.domain[0], -5), min(primitive.domain[1], 5)
    count = len(primitive.vjp) if isinstance(primitive.vjp, tuple) else 3
    for case in primitive.cases or [autograd.Case(*[(2,)] * count)]:
        batched = [{"all": True, "first": i == 0, "others": i > 0}[which] for i in range(len(case.shapes))]
        if not any(batched):
            continue
        batches = [rng.uniform(low, high, size=(3, *shape) if flag else shape) for shape, flag in zip(case.shapes, batched, strict=True)]
        if name == "cholesky":
            batches = [x + 9 * np.eye(x.shape[-1]) for x in batches]  # positive definite
        if name in INDICES:
            batches[1] = np.zeros(batches[1].shape, int)
        shared = [Tensor(x) if x.dtype == float and not flag else x for x, flag in zip(batches, batched, strict=True)]

        def f(*examples, shared=shared, batched=batched, case=case):
            given = iter(examples)
            return primitive(*[next(given) if flag else x for x, flag in zip(shared, batched, strict=True)], **case.static) * 1.0

        agree(
            f, [Tensor(x) if x.dtype == float else x for x, flag in zip(batches, batched, strict=True) if flag],
            [x for x in shared if isinstance(x, Tensor)],
        )  # fmt: skip


def test_layers_of_networks_run_on_batches_of_batches():
    rng = np.random.default_rng(0)
    single = {"dtype": np.float64, "rng": 0}
    images = nn.Sequential(nn.Conv2d(2, 3, 3, **single), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(12, 2, **single))
    agree(images, [rng.normal(size=(5, 1, 2, 6, 6))], images.parameters())
    for layer in (nn.RNN(3, 4, **single), nn.LSTM(3, 4, **single), nn.GRU(3, 4, **single)):
        agree(lambda x, layer=layer: layer(x)[0], [rng.normal(size=(5, 4, 2, 3))], layer.parameters())
    attention = nn.MultiheadAttention(4, 2, **single)
    agree(lambda x: attention(x, x, x)[0], [rng.normal(size=(5, 3, 2, 4))], attention.parameters())
    assert vmap(images)(np.zeros((0, 1, 2, 6, 6))).shape == (0, 1, 2)
    assert vmap(layer)(np.zeros((0, 4, 2, 3)))[0].shape == (0, 4, 2, 4)
