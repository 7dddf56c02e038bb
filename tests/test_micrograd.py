# ruff: noqa: B905
"""Programs written for micrograd run with only their import lines changed, and give the same numbers; compiled, too."""

import random

import numpy as np
import pytest

import autograd

# micrograd's README: from micrograd.engine import Value
from autograd import Tensor, Value
from nn import MLP, Layer, Module, Neuron


def readme(Value):
    """The program of micrograd's README, which prints 24.7041, 138.8338 and 645.5773."""
    a = Value(-4.0)
    b = Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    return g, a, b


def test_the_program_of_the_readme():
    g, a, b = readme(Value)
    assert [f"{number:.4f}" for number in (g.data, a.grad, b.grad)] == ["24.7041", "138.8338", "645.5773"]
    micrograd = pytest.importorskip("micrograd.engine")
    twins = readme(micrograd.Value)
    for ours, theirs in zip((g, a, b), twins, strict=True):
        assert (ours.data, ours.grad) == pytest.approx((theirs.data, theirs.grad), rel=1e-14)


def sanity(Value):
    """The first of micrograd's own tests."""
    x = Value(-4.0)
    z = 2 * x + 2 + x
    q = z.relu() + z * x
    h = (z * z).relu()
    y = h + q + q * x
    y.backward()
    return x, y


def more(Value):
    """Every operation of micrograd's, several times over."""
    a, b = Value(1.5), Value(-0.5)
    c = (a - b) * (b - 2) / (3 - a) + 1 / (a * a)
    d = sum([a, b, c, -a]) ** -1 + (c / b).relu() + (2 * c * c) ** 2.5
    e = d
    e -= a
    e *= b
    e /= c
    e.backward()
    return a, b, c, d, e


@pytest.mark.parametrize("program", [sanity, more])
def test_programs_give_micrograds_numbers(program):
    micrograd = pytest.importorskip("micrograd.engine")
    for ours, theirs in zip(program(Value), program(micrograd.Value), strict=True):
        assert (ours.data, ours.grad) == pytest.approx((theirs.data, theirs.grad), rel=1e-13)


def moons(n):
    """Two half circles, as scikit-learn makes them."""
    random = np.random.default_rng(1337)
    t = random.uniform(0, np.pi, n)
    upper = np.arange(n) % 2 == 0
    X = np.where(upper[:, None], np.stack([np.cos(t), np.sin(t)], 1), np.stack([1 - np.cos(t), 0.5 - np.sin(t)], 1))
    return X + random.normal(scale=0.1, size=X.shape), np.where(upper, 1, -1)


def demo(Value, MLP, steps, model=None):
    """micrograd's demo notebook: an MLP on two moons, with a hinge loss, L2 and hand-written descent."""
    X, y = moons(30)
    model = model or MLP(2, [16, 16, 1])

    def loss(batch_size=None):
        if batch_size is None:
            Xb, yb = X, y
        else:
            ri = np.random.permutation(X.shape[0])[:batch_size]
            Xb, yb = X[ri], y[ri]
        inputs = [list(map(Value, xrow)) for xrow in Xb]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(yb, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        alpha = 1e-4
        reg_loss = alpha * sum((p * p for p in model.parameters()))  # noqa: UP034
        total_loss = data_loss + reg_loss
        accuracy = [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(yb, scores, strict=True)]
        return total_loss, sum(accuracy) / len(accuracy)

    history = []
    for k in range(steps):
        total_loss, acc = loss()
        model.zero_grad()
        total_loss.backward()
        learning_rate = 1.0 - 0.9 * k / 100
        for p in model.parameters():
            p.data -= learning_rate * p.grad
        history.append((total_loss.data, acc))
    return history


def test_the_demo_learns():
    random.seed(1337)
    np.random.seed(1337)
    history = demo(Value, MLP, 60)
    assert history[-1][1] == 1.0
    assert history[-1][0] < 0.1


def test_the_demo_takes_micrograds_steps_from_micrograds_start():
    engine, networks = pytest.importorskip("micrograd.engine"), pytest.importorskip("micrograd.nn")
    theirs = networks.MLP(2, [8, 8, 1])
    ours = MLP(2, [8, 8, 1])
    for layer, twin_layer in zip(ours.layers, theirs.layers, strict=True):
        for neuron, twin in zip(layer.neurons, twin_layer.neurons, strict=True):
            assert len(neuron.w) == len(twin.w)
            for weight, number in zip([*neuron.w, neuron.b], [*twin.w, twin.b], strict=True):
                weight.data = number.data
    expected = demo(engine.Value, networks.MLP, 10, theirs)
    found = demo(Value, MLP, 10, ours)
    assert [loss for loss, _ in found] == pytest.approx([loss for loss, _ in expected], rel=1e-9)
    assert [accuracy for _, accuracy in found] == [accuracy for _, accuracy in expected]


def test_names_and_defaults_are_micrograds():
    random.seed(0)
    model = MLP(3, [4, 4, 1])
    assert len(model.parameters()) == 41
    assert repr(Neuron(2)) == "ReLUNeuron(2)"
    assert repr(Neuron(2, nonlin=False)) == "LinearNeuron(2)"
    assert repr(Layer(2, 1)) == "Layer of [ReLUNeuron(2)]"
    assert "LinearNeuron(4)" in repr(model)
    assert isinstance(model, Module)
    assert isinstance(model([1.0, 2.0, 3.0]), Value)
    assert isinstance(Layer(2, 3)([1.0, 2.0]), list)
    for p in model.parameters():
        p.grad = 1.0
    model.zero_grad()
    assert {p.grad for p in model.parameters()} == {0.0}


# --- compiled -------------------------------------------------------------------------------------


X, y = moons(30)
model = MLP(2, [16, 16, 1], rng=0)


def loss(Xb=X, yb=y):
    inputs = [list(map(Value, xrow)) for xrow in Xb]
    scores = list(map(model, inputs))
    losses = [(1 + -yi*scorei).relu() for yi, scorei in zip(yb, scores)]
    data_loss = sum(losses) * (1.0 / len(losses))
    alpha = 1e-4
    reg_loss = alpha * sum(p*p for p in model.parameters())
    total_loss = data_loss + reg_loss
    accuracy = [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(yb, scores)]
    return total_loss, sum(accuracy) / len(accuracy)


@pytest.mark.parametrize("args", [(), (X, y), (X.tolist(), y.tolist())])
def test_the_demo_compiles_as_it_is(args):
    f = autograd.compile(loss)
    for step in range(10):
        gradients = []
        for run in (loss, f):
            model.zero_grad()
            total, accuracy = run(*args)
            assert not isinstance(accuracy, autograd.Node)
            total.backward()
            gradients.append([total.data, accuracy, *[p.grad for p in model.parameters()]])
        np.testing.assert_allclose(*gradients, rtol=1e-9, atol=1e-14)
        for p in model.parameters():
            p.data -= (1.0 - 0.9 * step / 100) * p.grad
    assert len(f.programs) == 1
    assert f.source.count("@") == 8


def test_the_demo_without_its_text_compiles_once_a_line_is_rewritten_as_the_error_says():
    def made(line):
        namespace = dict(globals())
        exec("def f(x):\n    __private = 0\n    " + line, namespace)
        return autograd.compile(namespace["f"])

    with pytest.raises(TypeError, match=r"cannot be compiled: \.data in line"):
        made("return x * (x.data > 0)")(2.0)
    assert made("return x * (x > 0)")(2.0).data == 2.0


def test_a_random_batch_is_refused():
    def batch_loss(batch_size):
        ri = np.random.permutation(X.shape[0])[:5]
        return sum(model(list(map(Value, x))) for x in X[ri]) * batch_size

    with pytest.raises(TypeError, match="draws random numbers"):
        autograd.compile(batch_loss)(5)


w = [Value(2.0), Value(3.0)]
ROWS = np.array([[1.0, 2.0], [3.0, 4.0]])
MADE = [
    lambda rows: sum(a * b for row in rows for a, b in zip(w, map(Value, row))),
    lambda rows: sum(a * Value(b * 2 + 1) for row in rows for a, b in zip(w, row)),
    lambda rows: sum(a * Value(b, label="x") for row in rows for a, b in zip(w, [row[0], row[1] + 2])),
    lambda rows: (Tensor(rows) * Tensor(rows[0])).sum() * w[0],
    lambda rows: (Tensor([rows[0][1], 2.0]) * Tensor(rows)).sum() * w[1],
    lambda rows: (Tensor([[v * 2 for v in row] for row in rows]) @ autograd.stack(w)).sum(),
]


@pytest.mark.parametrize("f", MADE)
@pytest.mark.parametrize("rows", [ROWS, ROWS.tolist()], ids=["array", "lists"])
def test_values_and_tensors_made_of_arguments_are_those_of_an_ordinary_call(f, rows):
    compiled = autograd.compile(f)
    for args in (rows, ROWS + 1.0 if rows is ROWS else (ROWS + 1.0).tolist()):
        found = []
        for run in (f, compiled):
            for v in w:
                v.zero_grad()
            out = run(args)
            out.backward()
            found.append([float(out.data), *[v.grad for v in w]])
        assert found[0] == pytest.approx(found[1])
    assert len(compiled.programs) == 1


@pytest.mark.parametrize("f", [lambda x: Value(w[0] * x), lambda x: Value(Value(1.0)) * x, lambda x: Tensor([w[0], x])])
def test_a_value_of_a_computed_value_is_refused_as_without_compiling(f):
    for run in (f, autograd.compile(f)):
        with pytest.raises(TypeError, match=r"got the Value|which is a node already|holds real numbers"):
            run(2.0)
    with pytest.raises(TypeError, match="which is a node already"):
        autograd.compile(lambda x: Value(x))(Value(2.0))
