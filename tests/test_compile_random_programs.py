"""Compiled programs against eager runs of the same code, for programs drawn at random."""

import builtins
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import autograd
from autograd import Tensor, Value, table
from autograd.structures import leaves

SETTINGS = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
CODES = st.lists(st.integers(0, 10**9), min_size=1, max_size=9).map(tuple)
UNARY = [p for p in table.values() if p.scalar is not None and p.elementwise and isinstance(p.vjp, tuple) and len(p.vjp) == 1]
BINARY = [p for p in table.values() if p.scalar is not None and p.elementwise and isinstance(p.vjp, tuple) and len(p.vjp) == 2]


def close(a, b, rtol=1e-12):
    """Equal to rounding, relative to the largest number around; nan where the other is nan."""
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    assert a.shape == b.shape
    finite = np.isfinite(b)
    scale = max(1.0, np.abs(b[finite]).max(initial=0.0))
    np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * scale)


def gradients(nodes):
    return [np.zeros(x.shape) if x.grad is None else np.array(x.grad) for x in nodes]


def run(f, args, nodes, weights=None):
    """The numbers that a function returns, and the gradients of a weighted sum of them."""
    for x in nodes:
        x.zero_grad()
    outs = [x for x in leaves(f(*args)) if isinstance(x, autograd.Node)]
    total = autograd.sum([(x * (i + 1.0)) if isinstance(x, Value) else autograd.sum(x * (i + 1.0)) for i, x in enumerate(outs)])
    if total.requires_grad:
        total.backward()
    return [np.array(x.data) for x in outs], gradients(nodes)


def agree(compiled, args, nodes, rtol=1e-12):
    with np.errstate(all="ignore"):
        eager = run(compiled.function, args, nodes)
    fast = run(compiled, args, nodes)
    for one, other in zip(eager, fast, strict=True):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            assert a.dtype == b.dtype
            close(b, a, rtol)


def safe(primitive, x):
    """`x` in the domain of a primitive."""
    low, high = primitive.domain
    if low > 0:
        return autograd.abs(x) + max(low, 0.3)
    return autograd.tanh(x) * high if low >= -1 and high <= 1 else x


def instruction(code, vectors, table_of_rows, i):
    """One step of a random program of scalars: a new list of Values from those so far."""

    def pick(n):
        nonlocal code
        code, choice = divmod(code, n)
        return choice

    x = vectors[pick(len(vectors))]
    y = vectors[pick(len(vectors))]
    kind = pick(13)
    if kind == 0:
        p = UNARY[pick(len(UNARY))]
        return [p(safe(p, v)) for v in x]
    if kind == 1:
        p = BINARY[pick(len(BINARY))]
        return [p(safe(p, a), safe(p, b)) for a, b in zip(x, y, strict=False)]
    if kind == 2:  # a layer
        rows = table_of_rows[: 1 + pick(len(table_of_rows))]
        return [builtins.sum((w * v for w, v in zip(row, x, strict=False)), start=row[0]) for row in rows]
    if kind == 3:  # ragged sums
        return [builtins.sum(x[: j + 1]) for j in range(len(x))]
    if kind == 4:  # irregular indices
        return [x[(j * (1 + pick(7)) + pick(5)) % len(x)] * y[pick(len(y))] for j in range(1 + pick(6))]
    if kind == 5:
        return autograd.softmax(x)
    if kind == 6:
        return [autograd.dot(x[:n], y[:n], start=x[0]) for n in range(1, min(len(x), len(y)) + 1)]
    if kind == 7:
        return [autograd.max(x), autograd.min(y), autograd.logsumexp(x[: 1 + pick(len(x))])]
    if kind == 8:  # choices by an integer argument
        return [autograd.take(x * 4, i) * 2.0, *autograd.take(table_of_rows, i), autograd.take([v.sin() for v in y] * 4, i)]
    if kind == 9:
        return [autograd.where(a > b, a * 2, b - 1) for a, b in zip(x, y, strict=False)]
    if kind == 10:
        return [autograd.clip(v, -0.5, 0.25 * (1 + pick(4))) for v in x] + [1.5 - x[0], 2 * x[-1], x[0] / 3, 2 / (autograd.abs(x[0]) + 1)]
    if kind == 11:
        with autograd.no_grad():
            cut = x[0] * y[-1]
        return [v * cut + v.detach() for v in y] + [autograd.mean(x), Value(0.5) * x[0]]
    matrix = autograd.stack([x, x]) if pick(2) else autograd.stack([x]) * 2.0  # through Tensors and back
    total = (matrix @ matrix.T).tanh().sum()
    return [total * v for v in y[:2]] + [v + autograd.stack(y).mean() for v in x[:2]]


def scalar_program(codes, rng):
    """A function of numbers that computes with Values found in lists, dicts and objects; and those Values."""
    flat = [Value(v) for v in rng.normal(size=3)]
    rows = [[Value(v) for v in row] for row in rng.normal(size=(4, 3))]
    box = {"scale": Value(0.7), "many": SimpleNamespace(shift=[Value(-0.3), Value(0.2)])}

    def f(xs, ys, a, i):
        one = Value(1.0)  # so that numbers are Values in the eager run, too
        xs, ys = [[v * one for v in row] for row in xs], [v * one for v in ys]
        vectors = [flat, xs[0], [*xs[-1], a], ys, box["many"].shift, [box["scale"], a], [row[j] for row in xs for j in range(2)]]
        made = []
        for code in codes:
            new = [autograd.tanh(v) if k % 3 else v * 0.5 for k, v in enumerate(instruction(code, vectors + made, rows, i))]
            made.append(new)
        return {"loss": builtins.sum(made[-1]) * box["scale"], "scores": (made[-1], [made[0][0]])}

    return f, [*flat, *leaves(rows), box["scale"], *box["many"].shift]


@SETTINGS
@given(CODES, st.integers(0, 2**32 - 1), st.booleans())
def test_compiled_scalar_programs_agree_with_eager_runs(codes, seed, as_lists):
    rng = np.random.default_rng(seed)
    f, parameters = scalar_program(codes, rng)
    compiled = autograd.compile(f)
    for step in range(3):
        a = Value(rng.normal())
        xs, ys = rng.normal(size=(3, 3)), rng.normal(size=4)
        args = (xs.tolist() if as_lists else xs, ys.tolist(), a, int(rng.integers(0, 4)))
        agree(compiled, args, [*parameters, a])
        for p in parameters if step == 0 else ():
            p.data -= 0.1 * rng.normal()
    assert len(compiled.programs) == 1


def tensor_instruction(code, pool, matrices):
    def pick(n):
        nonlocal code
        code, choice = divmod(code, n)
        return choice

    x, y = pool[pick(len(pool))], pool[pick(len(pool))]
    w = matrices[pick(len(matrices))]
    kind = pick(16)
    axis = (None, 0, 1, -1, (0, 1))[pick(5)]
    if kind == 0:
        p = UNARY[pick(len(UNARY))]
        return p(safe(p, x))
    if kind == 1:
        p = BINARY[pick(len(BINARY))]
        return p(safe(p, x), safe(p, y))
    if kind == 2:
        return x @ w
    if kind == 3:
        return x @ y.T @ y
    if kind == 4:
        return x - autograd.sum(x, axis=axis, keepdims=True)
    if kind == 5:
        return x * autograd.mean(y, axis=axis, keepdims=True)
    if kind == 6:
        return x + autograd.max(y, axis=axis, keepdims=True) - autograd.min(x, axis=axis, keepdims=True)
    if kind == 7:
        return autograd.softmax(x, axis=-1 if axis is None else axis)
    if kind == 8:
        return x + autograd.logsumexp(x, axis=axis, keepdims=True)
    if kind == 9:
        return autograd.concatenate([x[1:], y[:1]]) * x[0] + x[..., ::-1]
    if kind == 10:
        return x[[2, 0, 2]] + x[:, [0, 0, 1]] * y[1, 2]
    if kind == 11:
        return autograd.pad(x[1:, 1:], ((1, 0), (0, 1))) + autograd.take(y, np.array([0, 2, 1]), axis=1)
    if kind == 12:
        return autograd.stack([x[0], y[1], w[2]]) + autograd.reshape(x, (9,)).reshape(3, 3).T
    if kind == 13:
        return autograd.where(x > y, x, 2.0 * y) * autograd.squeeze(autograd.expand_dims(x, 0), 0)
    if kind == 14:
        return x.detach() * y + autograd.broadcast_to(x[0], (3, 3)) + autograd.clip(y, -0.5, 0.5)
    return autograd.log_softmax(x) * np.arange(3.0) + x[1, 1]


@SETTINGS
@given(CODES, st.integers(0, 2**32 - 1), st.sampled_from([np.float64, np.float32]))
def test_compiled_tensor_programs_agree_with_eager_runs(codes, seed, dtype):
    rng = np.random.default_rng(seed)
    weights = [Tensor(rng.normal(size=(3, 3)).astype(dtype)) for _ in range(2)]
    bias = Tensor(rng.normal(size=3).astype(dtype))

    def f(x, t):
        pool = [x * Tensor(np.ones((3, 3), dtype)), x * bias, weights[0] + t]
        for code in codes:
            pool.append(autograd.tanh(tensor_instruction(code, pool, weights)))
        return (pool[-1] * x).sum(), pool[-1]

    compiled = autograd.compile(f)
    for step in range(3):
        t = Tensor(rng.normal(size=(3, 1)).astype(dtype))
        agree(compiled, (rng.normal(size=(3, 3)).astype(dtype), t), [*weights, bias, t], rtol=1e-12 if dtype is np.float64 else 2e-4)
        if step == 0:
            bias.data -= dtype(0.1)
    assert len(compiled.programs) == 1


def agree_and_run_alone(f, nodes):
    """The compiled `f` agrees, and its source needs nothing but NumPy."""
    compiled = autograd.compile(f)
    agree(compiled, (), nodes)
    namespace = {}
    exec(compiled.source, namespace)
    (program,) = compiled.programs.values()
    namespace["backward"](namespace["forward"](*[x.data for x in program.given])[1], *[np.zeros(x.shape) for x in program.outputs])


@pytest.mark.parametrize("name", table)
def test_every_primitive_compiles(name):
    primitive = table[name]
    rng = np.random.default_rng(0)
    count = len(primitive.vjp) if isinstance(primitive.vjp, tuple) else 5
    low, high = max(primitive.domain[0], -5), min(primitive.domain[1], 5)
    if primitive.scalar is not None:
        values = [[Value(v) for v in row] for row in rng.uniform(low, high, size=(4, count))]
        if name == "select":
            for row in values:
                row[0].data = 2.0
        agree_and_run_alone(lambda: [primitive(*row) for row in values], leaves(values))
    for case in primitive.cases:
        tensors = [Tensor(rng.uniform(low, high, size=shape)) for shape in case.shapes]
        if name in ("lookup", "scatter_rows", "choose", "place", "select", "take_along_axis", "put_along_axis", "reverse_sequences"):
            tensors[0 if name == "select" else 1] = np.zeros(case.shapes[0 if name == "select" else 1])
        if name == "cholesky":
            tensors = [Tensor(t.data @ np.swapaxes(t.data, -1, -2)) for t in tensors]  # positive definite
        agree_and_run_alone(lambda: primitive(*tensors, **case.static), [t for t in tensors if isinstance(t, Tensor)])  # noqa: B023
