"""The text of compiled programs: what a person would write."""

import ast
import itertools
import math
import random
import re

import numpy as np
import pytest

import autograd
import nn
from autograd import Primitive, Tensor, Value, table
from autograd.compiling.literals import array_text
from autograd.structures import leaves


class Neuron:
    """As in micrograd."""

    def __init__(self, nin, nonlin, rng):
        self.w, self.b, self.nonlin = [Value(rng.uniform(-1, 1)) for _ in range(nin)], Value(0), nonlin

    def __call__(self, x):
        act = sum((wi * xi for wi, xi in zip(self.w, x, strict=False)), self.b)
        return act.relu() if self.nonlin else act

    def parameters(self):
        return [*self.w, self.b]


class Layer:
    def __init__(self, nin, nout, nonlin, rng):
        self.neurons = [Neuron(nin, nonlin, rng) for _ in range(nout)]

    def __call__(self, x):
        out = [n(x) for n in self.neurons]
        return out[0] if len(out) == 1 else out

    def parameters(self):
        return [p for n in self.neurons for p in n.parameters()]


class MLP:
    def __init__(self, nin, nouts):
        sizes, rng = [nin, *nouts], random.Random(0)
        self.layers = [Layer(a, b, i < len(nouts) - 1, rng) for i, (a, b) in enumerate(itertools.pairwise(sizes))]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        return [p for layer in self.layers for p in layer.parameters()]


def moons(model):
    @autograd.compile
    def loss(xs, ys):
        scores = list(map(model, xs))
        losses = [(1 + -yi * si).relu() for yi, si in zip(ys, scores, strict=False)]
        return sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in model.parameters())

    return loss


def run_alone(source, *inputs):
    """The program as it stands, in an empty namespace."""
    namespace = {}
    exec(source, namespace)
    out, saved = namespace["forward"](*inputs)
    return out, namespace["backward"](saved, 1.0)


MODELS = [lambda: nn.MLP(2, [16, 16, 1], rng=0), lambda: MLP(2, [16, 16, 1])]


@pytest.mark.parametrize("make", MODELS)
def test_the_moons_network_is_one_matrix_product_a_layer_forward_and_two_backward(make):
    model, rng = make(), np.random.default_rng(0)
    loss = moons(model)
    X, Y = rng.normal(size=(100, 2)), rng.choice([-1.0, 1.0], size=100)
    out = loss(X, Y)
    source = loss.source
    forward, backward = source.split("def backward")
    assert forward.count(" @ ") == 3
    assert backward.count(" @ ") == 5  # the first layer's input needs no gradient
    assert len(source.splitlines()) < 60 + 8 * isinstance(model, MLP)
    assert max(map(len, source.splitlines())) <= 100
    assert not re.search(r"\bfor \w+ in\b|index|np\.take|bincount|astype", source)
    for i in range(3):
        assert re.search(rf"^    # (model\.)?layers\.{i}$", forward, re.MULTILINE)
        assert re.search(rf"^    # (model\.)?layers\.{i}$", backward, re.MULTILINE)

    out.backward()
    gradients = {id(p): p.grad for p in model.parameters()}
    alone, found = run_alone(source, *[x.data if isinstance(x, autograd.Node) else x for x in out.inputs])
    assert alone == pytest.approx(out.data, rel=1e-12)
    stores = out.inputs[:6]
    for store, g in zip(stores, found, strict=True):
        np.testing.assert_allclose(np.ravel(g), [gradients[id(v)] for v in store.values], rtol=1e-9, atol=1e-15)
    for p in model.parameters():
        p.grad = 0
    eager = loss.function(X, Y)
    eager.backward()
    np.testing.assert_allclose([p.grad for p in model.parameters()], list(gradients.values()), rtol=1e-9, atol=1e-15)


def test_the_text_is_clean():
    for make in MODELS:
        loss = moons(make())
        loss(np.ones((5, 2)), np.ones(5))
        source = loss.source
        assert ast.get_docstring(ast.parse(source))
        assert "\n\n\n\n" not in source
        assert source.endswith("\n")
        assert not source.endswith("\n\n")
        assert "axis=(0,)" not in source
        assert not re.search(r"(\bd\w*) \+ \1\b", source)
        assert "((" not in source.replace("(((", "")
        assert all(line == line.rstrip() for line in source.splitlines())
        for function in ast.parse(source).body[2:]:
            if isinstance(function, ast.FunctionDef):
                loaded = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
                stored = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
                assert stored <= loaded


def test_a_line_of_a_neuron_reads_as_in_a_book():
    w, b = [Value(1.0), Value(2.0)], Value(0.5)

    @autograd.compile
    def loss(xs, ys):
        scores = [sum(wi * xi for wi, xi in zip(w, x, strict=False)) + b for x in xs]
        return sum((s - y) ** 2 for s, y in zip(scores, ys, strict=False)) / len(ys)

    loss(np.ones((4, 2)), np.ones(4))
    assert "xs @ w + b" in loss.source
    assert "d_w = " in loss.source
    assert "d_b = " in loss.source
    layer = nn.Layer(2, 3, rng=0)
    f = autograd.compile(lambda x: sum(layer(x)))
    f([1.0, 2.0])
    assert re.search(r"weight @ x \+ bias", f.source)


def test_names_are_valid_and_different():
    box = {"class": [Value(1.0)], "2nd": [Value(2.0)], "a-b": [Value(3.0)], "np": [Value(4.0)], "saved": Value(5.0)}
    g, z1, forward = [Value(6.0)], [Value(7.0)], Value(8.0)
    x = Value(9.0)

    def f(np, d):
        return sum(v[0] for v in list(box.values())[:4]) * box["saved"] * g[0] * z1[0] * forward * np[0] * d * x

    def h(x):
        return f([1.0], 2.0) * x

    for function, args in ((f, ([1.0], 2.0)), (h, (3.0,))):
        eager = function(*args)
        compiled = autograd.compile(function)
        assert compiled(*args).data == eager.data
        ast.parse(compiled.source)
    first, second = nn.MLP(2, [1], rng=0), nn.MLP(2, [1], rng=1)
    both = autograd.compile(lambda x: first(x) - second(x))
    assert both([1.0, 2.0]).data == pytest.approx(first([1.0, 2.0]).data - second([1.0, 2.0]).data, rel=1e-12)


@pytest.mark.parametrize("name", ["softmax", "logsumexp", "log_softmax", "erf", "gelu", "sigmoid", "silu", "softplus", "elu", "leaky_relu"])
def test_functions_that_numpy_lacks_come_along(name):
    t = Tensor(np.linspace(-2.0, 3.0, 6).reshape(2, 3))
    f = autograd.compile(lambda: (getattr(autograd, name)(t) * np.arange(3.0)).sum() if name != "logsumexp" else autograd.logsumexp(t))
    out = f()
    out.backward()
    alone, g = run_alone(f.source, t.data)
    assert alone == pytest.approx(out.data, rel=1e-12)
    np.testing.assert_allclose(g, t.grad, rtol=1e-12)
    assert not re.search(r"\bAny\b|->|\b_\w+\(", f.source)


def test_a_users_primitive_compiles_with_its_lambdas():
    cube = Primitive(
        "cube_of_this_test", symbol="x³", latex="#1^3", scalar=lambda x: x * x * x, array=lambda x: x * x * x,
        vjp=(lambda g, y, x: g * 3 * x * x,), analytic=True, doc="The cube.",
    )  # fmt: skip
    try:
        v = [Value(2.0), Value(3.0)]
        f = autograd.compile(lambda: sum(cube(x) for x in v))
        f().backward()
        assert [x.grad for x in v] == [12.0, 27.0]
        assert "cube_of_this_test(v)" in f.source
    finally:
        del table["cube_of_this_test"]


def test_placing_is_written_without_helpers():
    t, v = Tensor(np.arange(12.0).reshape(3, 4)), [[Value(float(i + j)) for j in range(3)] for i in range(3)]
    f = autograd.compile(lambda i: t[1:, 2].sum() + t[0].sum() + t[[0, 0]].sum() + sum(autograd.take(v, i)))
    f(2).backward()
    eager = t.grad.copy(), [[x.grad for x in row] for row in v]
    t.zero_grad()
    for row in v:
        for x in row:
            x.zero_grad()
    f.function(2).backward()
    assert t.grad.tolist() == eager[0].tolist()
    assert [[x.grad for x in row] for row in v] == eager[1]
    assert "def scatter" not in f.source
    assert "np.add.at(" in f.source
    assert "np.zeros((3, 4))" in f.source


def test_only_the_gradient_that_was_asked_for_is_computed():
    v = [Value(1.0), Value(2.0)]
    f = autograd.compile(lambda xs: (sum(a * x for a, x in zip(v, xs, strict=False)), [a.exp() for a in v]))
    loss, _ = f([1.0, 2.0])
    loss.backward()
    assert [a.grad for a in v] == [1.0, 2.0]
    assert "exp" not in f.source.split("def backward")[1]
    loss, powers = f([1.0, 2.0])
    (loss + powers[1]).backward()
    assert v[1].grad == pytest.approx(4 + np.exp(2.0))
    assert f([1.0, 2.0])[1][0].data == pytest.approx(np.e)


CHAINS = {
    "products": lambda w, x, i: x * w,
    "differences": lambda w, x, i: i - x * w,
    "functions": lambda w, x, i: (x * w).tanh(),
    "negatives": lambda w, x, i: -(x * w),
    "powers": lambda w, x, i: (x * w + 2) ** 0.5,
    "maxima": lambda w, x, i: autograd.maximum(x * w, 0.01 * i),
}


@pytest.mark.parametrize(("kind", "n"), [*((kind, 1000) for kind in CHAINS), ("products", 10_000)])
def test_a_long_chain_on_one_weight_compiles(kind, n):
    w = Value(0.99)

    def chain(x):
        x = 0.5 * x
        for i in range(n):
            x = CHAINS[kind](w, x, i % 7)
        return x

    expected = chain(Value(0.5))
    expected.backward()
    gradient, w.grad = w.grad, 0.0
    compiled = autograd.compile(chain)
    result = compiled(0.5)
    result.backward()
    assert result.data == pytest.approx(expected.data, rel=1e-12)
    assert w.grad == pytest.approx(gradient, rel=1e-10)
    assert max(map(len, compiled.source.splitlines())) < 140


@pytest.mark.parametrize(
    "array",
    [
        np.arange(5), np.arange(2, 20, 3), np.arange(9)[::-1], np.array([3]), np.array([], int), np.array([[1, 2], [3, 5]]),
        np.array([0, 5, 2])[:, None] + np.arange(4), (np.array([0, 5, 2])[:, None] + np.arange(4)).ravel(), np.arange(12).reshape(3, 4),
        np.repeat([1, 2, 5], 3), np.repeat(np.arange(6), [1, 2, 3, 4, 5, 6]), np.zeros(7, int), np.zeros((2, 3, 4), int),
        np.arange(24).reshape(2, 3, 4), np.array([0, 1, 2, 0, 1]), np.full((2, 3), 1.5), np.array([0.0, -0.0, 0.0, 0.0]),
        np.full(4, np.nan), np.array([np.inf, -np.inf]), np.array([True, False]), np.ones(5, np.float32),
    ],
    ids=lambda array: str(array.tolist())[:30],
)  # fmt: skip
def test_the_text_of_an_array_makes_it(array):
    again = eval(array_text(array), {"np": np})
    assert again.tobytes() == array.tobytes()
    assert again.shape == array.shape
    assert again.dtype == array.dtype


def test_equal_constants_are_written_as_one():
    w = [Value(0.9) for _ in range(100)]
    f = autograd.compile(lambda: sum(v * 1.1 for v in w))
    f()
    assert "1.1 * w.sum()" in f.source


@pytest.mark.parametrize(
    ("exponent", "forward", "backward"),
    [
        (2, "np.vdot(t1, t1)", "2 * g * t1 * x"),
        (3, "np.sum(t1**3)", "3 * g * t1**2 * x"),
        (0.5, "np.sum(t1**0.5)", "0.5 * g * t1**-0.5 * x"),
        (-1, "np.sum(t1**-1)", "-g * t1**-2 * x"),
    ],
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_powers_are_written_as_in_a_book(exponent, forward, backward, dtype):
    w = Tensor(np.ones(3, dtype))
    f = autograd.compile(lambda x: ((w * x) ** exponent).sum())
    f(np.ones(3, dtype))
    assert f" = {forward}\n" in f.source
    assert f"d_w = {backward}\n" in f.source


def test_what_is_computed_twice_is_written_once():
    w, b = [Value(1.0), Value(2.0)], Value(0.3)

    def model(x):
        return (sum(wi * xi for wi, xi in zip(w, x, strict=True)) + b).tanh()

    @autograd.compile
    def loss(xs, ys):
        return sum((model(x) - y) * (model(x) - y) for x, y in zip(xs, ys, strict=True)) / len(ys)

    loss(np.ones((5, 2)), np.ones(5))
    assert loss.source.count("np.tanh") == 1
    assert "h1 = np.tanh(xs @ w + b)" in loss.source


# --- how people write networks ------------------------------------------------------------------


STYLES = {}
SIZES = [(2, 8), (8, 8), (8, 1)]  # of the layers: inputs and outputs


def style(make):
    """Remembers a function that makes a model and the list of its parameters."""
    STYLES[make.__name__] = make
    return make


def weights(n):
    return [Value(math.sin(0.7 * i + n)) for i in range(n)]


def weighted_sum(w, x):
    return sum(wi * xi for wi, xi in zip(w, x, strict=True))


@style
def classes():
    model = MLP(2, [8, 8, 1])
    return model, model.parameters()


@style
def layers_by_name():
    class Network:
        def __init__(self):
            rng = random.Random(0)
            self.first, self.second, self.last = Layer(2, 8, True, rng), Layer(8, 8, True, rng), Layer(8, 1, False, rng)

        def __call__(self, x):
            return self.last(self.second(self.first(x)))

    model = Network()
    return model, [p for layer in (model.first, model.second, model.last) for p in layer.parameters()]


@style
def neurons_in_lists_of_lists():
    net = [[Neuron(n, n != 8 or m != 1, random.Random(0)) for _ in range(m)] for n, m in SIZES]

    def model(x):
        for layer in net:
            x = [neuron(x) for neuron in layer]
        return x[0]

    return model, [p for layer in net for neuron in layer for p in neuron.parameters()]


def through_layers(net, x, layer_of):
    for i, layer in enumerate(net):
        x = layer_of(layer, x)
        x = [number.tanh() for number in x] if i < len(net) - 1 else x
    return x[0]


@style
def lists_of_matrices():
    matrices, biases = [[weights(n) for _ in range(m)] for n, m in SIZES], [weights(m) for _, m in SIZES]

    def model(x):
        return through_layers(
            list(zip(matrices, biases, strict=True)), x,
            lambda layer, x: [weighted_sum(row, x) + b for row, b in zip(*layer, strict=True)],
        )  # fmt: skip

    return model, leaves([matrices, biases])


@style
def bias_at_the_end_of_a_row():
    net = [[weights(n + 1) for _ in range(m)] for n, m in SIZES]
    return (lambda x: through_layers(net, x, lambda rows, x: [weighted_sum(row[:-1], x) + row[-1] for row in rows])), leaves(net)


@style
def bias_at_the_start_of_a_row():
    net = [[weights(n + 1) for _ in range(m)] for n, m in SIZES]
    return (lambda x: through_layers(net, x, lambda rows, x: [row[0] + weighted_sum(row[1:], x) for row in rows])), leaves(net)


@style
def bias_as_the_weight_of_one():
    net = [[weights(n + 1) for _ in range(m)] for n, m in SIZES]
    return (lambda x: through_layers(net, x, lambda rows, x: [weighted_sum(row, [*x, 1.0]) for row in rows])), leaves(net)


@style
def pairs_of_weights_and_bias():
    net = [[(weights(n), Value(0.1)) for _ in range(m)] for n, m in SIZES]
    return (lambda x: through_layers(net, x, lambda layer, x: [weighted_sum(w, x) + b for w, b in layer])), leaves(net)


@style
def dicts_of_weights_and_bias():
    net = [[{"w": weights(n), "b": Value(0.1)} for _ in range(m)] for n, m in SIZES]
    return (lambda x: through_layers(net, x, lambda layer, x: [weighted_sum(n["w"], x) + n["b"] for n in layer])), leaves(net)


@style
def dict_of_names():
    box = {}
    for i, (n, m) in enumerate(SIZES):
        box[f"w{i}"], box[f"b{i}"] = [weights(n) for _ in range(m)], weights(m)

    def layer(i, x):
        return [weighted_sum(row, x) + b for row, b in zip(box[f"w{i}"], box[f"b{i}"], strict=True)]

    return (lambda x: through_layers(range(3), x, layer)), leaves(box)


@style
def input_by_output():
    net = [([weights(m) for _ in range(n)], weights(m)) for n, m in SIZES]
    return (
        lambda x: through_layers(net, x, lambda layer, x: [weighted_sum(w, x) + b for *w, b in zip(*layer[0], layer[1], strict=True)])
    ), leaves(net)


@style
def one_list_of_numbers():
    everything = weights(sum((n + 1) * m for n, m in SIZES))

    def model(x):
        numbers = iter(everything)
        for n, m in SIZES:
            x = [weighted_sum([next(numbers) for _ in range(n)], x) + next(numbers) for _ in range(m)]
            x = [number.tanh() for number in x] if m > 1 else x
        return x[0]

    return model, everything


@style
def closures():
    parameters = []

    def neuron(n, is_last):
        w, b = weights(n), Value(0.1)
        parameters.extend([*w, b])
        return lambda x: weighted_sum(w, x) + b if is_last else (weighted_sum(w, x) + b).relu()

    def layer(n, m):
        neurons = [neuron(n, m == 1) for _ in range(m)]
        return lambda x: [f(x) for f in neurons]

    layers = [layer(n, m) for n, m in SIZES]

    def model(x):
        for f in layers:
            x = f(x)
        return x[0]

    return model, parameters


@style
def arrays_of_values():
    matrices = [np.array([weights(n) for _ in range(m)]) for n, m in SIZES]
    biases = [np.array(weights(m)) for _, m in SIZES]

    def model(x):
        x = np.array(list(x), dtype=object)
        for w, b in zip(matrices, biases, strict=True):
            x = w @ x + b
            x = np.array([number.tanh() for number in x]) if len(x) > 1 else x
        return x[0]

    return model, leaves([[w.tolist() for w in matrices], [b.tolist() for b in biases]])


@pytest.mark.parametrize("make", STYLES.values(), ids=STYLES)
def test_however_a_network_is_written_it_is_one_matrix_product_a_layer(make):
    model, parameters = make()

    @autograd.compile
    def loss(xs, ys):
        losses = [(1 - y * model(x)).relu() for x, y in zip(xs, ys, strict=True)]
        return sum(losses) / len(losses) + 1e-4 * sum(p * p for p in parameters)

    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(10, 2)), rng.choice([-1.0, 1.0], size=10)
    found = []
    for f in (loss.function, loss):
        for p in parameters:
            p.zero_grad()
        value = f(X, y) if f is loss else f(X.tolist(), y.tolist())
        value.backward()
        found.append([value.data, *(p.grad for p in parameters)])
    assert found[1] == pytest.approx(found[0], rel=1e-11, abs=1e-13)
    forward, backward = loss.source.split("def backward")
    assert forward.count(" @ ") == 3
    assert backward.count(" @ ") <= 5
    assert len(loss.source.splitlines()) < 60
    for gather in ("index", "bincount", "np.add.at", "broadcast_to", "for "):
        assert gather not in loss.source.partition("import")[2], gather
    assert ("parameters" in loss.source) == (make is one_list_of_numbers)  # names that say more than the list of everything
