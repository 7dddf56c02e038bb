"""The table of derivatives, walked: every entry against numbers that were found in other ways.

`CHECKS` are claims about one primitive. They take its inputs from the entry itself (`cases`,
`domain`), so they serve an entry that a user registered as well as those of the library.
"""

import doctest
import importlib
import pkgutil
import zlib

import numpy as np
import pytest

import autograd
from autograd import Case, Primitive, Tensor, Value, grad, jvp, table, vjp

CLOSE = {"rtol": 1e-6, "atol": 1e-8}  # what central differences of float64 can show
BROADCAST = ((2, 3), (3,), (2, 1), ())


def calls(primitive):
    """Sample calls: the entry's cases; an elementwise entry's also on numbers, arrays, and shapes that broadcast."""
    shapes = [(case.shapes, case.static) for case in primitive.cases]
    if primitive.elementwise:
        count = primitive.arity or len(primitive.cases[-1].shapes)
        static = primitive.cases[-1].static if primitive.cases else {}
        shapes += [(each, static) for each in ([()] * count, [(3,)] * count, [BROADCAST[i % 4] for i in range(count)])]
    random = np.random.default_rng(zlib.crc32(primitive.name.encode()))
    return [([draw(primitive, i, shape, random) for i, shape in enumerate(each)], static) for each, static in shapes]


def draw(primitive, i, shape, random):
    if primitive.name in ("cholesky", "eigh"):  # a symmetric matrix that is positive definite
        root = random.uniform(-1, 1, shape)
        return root @ np.swapaxes(root, -1, -2) + np.diag(np.arange(1.0, shape[-1] + 1))
    if primitive.name in ("max_unpool", "max_pick") and i == 1:  # different numbers, whose order says which is taken
        return random.permutation(np.prod(shape)).reshape(shape)
    if primitive.arity and primitive.vjp[i] is None:  # a condition, or which of two
        return random.uniform(size=shape) < 0.5
    if primitive.name == "select" and i == 0:
        return random.integers(2, size=shape)
    return np.asarray(random.uniform(*primitive.domain, shape))


def differentiable(inputs):
    return [i for i, x in enumerate(inputs) if x.dtype.kind == "f"]


def with_nodes(kind, inputs):
    return [kind(x) if x.dtype.kind == "f" else x[()] for x in inputs]


def slopes(f, inputs, step=1e-6):
    """How `f`, a number computed from arrays, changes with each entry of each float array: central differences."""
    found = []
    for i in differentiable(inputs):
        x, slope = inputs[i], np.empty_like(inputs[i])
        for place in np.ndindex(x.shape):
            middle, sides = x[place], []
            for nudged in (middle + step, middle - step):
                x[place] = nudged
                sides.append(f(*inputs))
            x[place] = middle
            slope[place] = (sides[0] - sides[1]) / (2 * step)
        found.append(slope)
    return found


def weights(out):
    """One weight for each entry of a result, such that no symmetry cancels."""
    return np.linspace(0.5, 1.5, np.size(out)).reshape(np.shape(out))


def check_gradients_on_tensors_are_slopes(primitive, inputs, static):
    nodes = with_nodes(Tensor, inputs)
    out = primitive(*nodes, **static)
    out.backward(weights(out.data))
    expected = slopes(lambda *xs: np.sum(primitive.array(*xs, **static) * weights(out.data)), inputs)
    for i, slope in zip(differentiable(inputs), expected, strict=True):
        np.testing.assert_allclose(nodes[i].grad, slope, **CLOSE)


def check_gradients_on_values_are_slopes(primitive, inputs, static):
    if primitive.scalar is not None and all(x.shape == () for x in inputs):
        nodes = with_nodes(Value, inputs)
        primitive(*nodes, **static).backward()
        expected = slopes(lambda *xs: primitive.scalar(*(x.item() for x in xs), **static), inputs)
        np.testing.assert_allclose([nodes[i].grad for i in differentiable(inputs)], expected, **CLOSE)


def of_floats(primitive, inputs, static):
    """The call as a function of its differentiable inputs alone, and these inputs."""
    which = differentiable(inputs)

    def call(*floats):
        chosen = dict(zip(which, floats, strict=True))
        return primitive(*[chosen.get(i, x) for i, x in enumerate(inputs)], **static)

    return call, [inputs[i] for i in which]


def check_second_derivatives_are_slopes_of_the_first(primitive, inputs, static):
    call, floats = of_floats(primitive, inputs, static)

    def pulled(*xs):
        """One number made of all gradients."""
        out, pull = vjp(call, *xs)
        gradients = pull(weights(getattr(out, "data", out)))
        return autograd.sum([autograd.sum(g * weights(x)) for g, x in zip(gradients, floats, strict=True)])

    second = grad(pulled, tuple(range(len(floats))))(*floats)
    for found, expected in zip(second, slopes(pulled, floats), strict=True):
        np.testing.assert_allclose(found, expected, **CLOSE)


def check_jvps_are_slopes_along_a_direction(primitive, inputs, static):
    call, floats = of_floats(primitive, inputs, static)
    directions = [weights(x) for x in floats]
    _, along = jvp(call, floats, directions)
    after, before = (call(*[x + h * d for x, d in zip(floats, directions, strict=True)]) for h in (1e-6, -1e-6))
    np.testing.assert_allclose(along, (after - before) / 2e-6, **CLOSE)


def check_complex_step_agrees_to_rounding(primitive, inputs, static):
    if not primitive.analytic:
        return
    nodes = with_nodes(Tensor, inputs)
    out = primitive(*nodes, **static)
    out.backward(weights(out.data))
    for i in differentiable(inputs):
        for place in np.ndindex(inputs[i].shape):
            nudged = [x.astype(complex) if x.dtype.kind == "f" else x for x in inputs]
            nudged[i][place] += 1e-30j
            slope = np.sum(primitive.array(*nudged, **static).imag * weights(out.data)) / 1e-30
            np.testing.assert_allclose(nodes[i].grad[place], slope, rtol=1e-12, atol=1e-14)


def check_floats_and_arrays_give_the_same(primitive, inputs, static):
    if primitive.scalar is not None and all(x.shape == () for x in inputs):
        on_floats = primitive.scalar(*(x.item() for x in inputs), **static)
        assert type(on_floats) is float
        np.testing.assert_allclose(on_floats, primitive.array(*inputs, **static), rtol=4e-16)


def check_float32_stays_float32(primitive, inputs, static):
    call, floats = of_floats(primitive, inputs, static)
    nodes = [Tensor(x.astype(np.float32)) for x in floats]
    out = call(*nodes)
    assert out.dtype == static.get("dtype", np.float32)
    out.backward(np.ones(out.shape))
    assert {node.grad.dtype for node in nodes} == {np.dtype(np.float32)}
    gradients = grad(lambda *xs: autograd.sum(call(*xs)), tuple(range(len(nodes))))(*nodes)
    assert {gradient.dtype for gradient in gradients} == {np.dtype(np.float32)}, "the graph of the gradient"
    if primitive.elementwise:
        for i in range(len(nodes)):  # beside Python's floats
            mixed = call(*[node if j == i else float(floats[j].flat[0]) for j, node in enumerate(nodes)])
            assert mixed.dtype == np.float32


CHECKS = [check for name, check in list(globals().items()) if name.startswith("check_")]


# Comparisons, and what cuts a derivative off.
WITH_DERIVATIVE = sorted(name for name, primitive in table.items() if primitive.passes_on)
WITHOUT_DERIVATIVE = {name for name, primitive in table.items() if not primitive.passes_on and primitive.elementwise}


@pytest.mark.parametrize("name", sorted(WITHOUT_DERIVATIVE))
def test_what_has_no_derivative_passes_none_on_and_is_the_same_on_floats_and_arrays(name):
    numbers = [0.25, 0.25, 0.75][: table[name].arity + 1]
    for inputs in (numbers[: table[name].arity], numbers[-table[name].arity :]):
        nodes = [Tensor([x, x]) for x in inputs]
        out = table[name](*nodes)
        out.backward(np.ones(2))
        assert [node.grad for node in nodes] == [None] * len(nodes)
        assert out.data.tolist() == [table[name](*inputs)] * 2


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", WITH_DERIVATIVE)
def test_entry(name, check):
    for inputs, static in calls(table[name]):
        check(table[name], inputs, static)


def modules():
    package = importlib.import_module("autograd.primitives")
    return [importlib.import_module(f"autograd.primitives.{module.name}") for module in pkgutil.iter_modules(package.__path__)]


@pytest.mark.parametrize("name", sorted(table))
def test_the_example_in_the_doc_of_an_entry_runs(name):
    primitive = table[name]
    variables = {key: primitive for module in modules() for key, thing in vars(module).items() if thing is primitive}
    example = doctest.DocTestParser().get_doctest(primitive.__doc__, {"np": np, **variables}, name, None, None)
    assert example.examples, f"{name} has no example in its doc"
    assert doctest.DocTestRunner(verbose=False).run(example).failed == 0


def torch_functions(torch):
    """PyTorch's function for each entry of the table, called as the entry is; those that have its name need no mention."""
    functional = torch.nn.functional

    def picked(x, index):
        """`x[index]`, by way of the places that NumPy picks: PyTorch has no slices with a negative step."""
        places = np.arange(x.numel()).reshape(tuple(x.shape))[index]
        return x.reshape(-1)[torch.tensor(places.copy())]

    def taken(x, indices, axis):
        return picked(x.reshape(-1), indices) if axis is None else picked(x, (slice(None),) * (axis % x.ndim) + (indices,))

    def scattered(g, index, shape):
        places = torch.tensor(np.arange(np.prod(shape)).reshape(shape)[index]).reshape(-1)
        return torch.zeros(int(np.prod(shape)), dtype=g.dtype).index_add(0, places, g.reshape(-1)).reshape(shape)

    def weighted_sum(*xs):
        n = len(xs) // 2
        return sum(a * b for a, b in zip(xs[:n], xs[n : 2 * n], strict=True)) + sum(xs[2 * n :])

    def over_axes(function):
        return lambda x, axis, keepdims: function(x, tuple(range(x.ndim)) if axis is None else axis, keepdims)

    def unfolded(x, size, axis):
        for n, a in zip(size, axis, strict=True):
            x = x.unfold(a, n, 1)
        return x

    def svd(x):
        """Singular vectors are determined but for their sign."""
        u, s, vh = torch.linalg.svd(x, full_matrices=False)
        signs = torch.sign((u.detach() * torch.tensor(np.linalg.svd(x.detach().numpy(), False).U)).sum(-2, keepdim=True))
        return torch.cat([s[..., None, :], u * signs, vh.mT * signs], -2)

    def over_each(function):
        """Over several axes, what PyTorch takes over one at a time."""

        def along(x, axis, keepdims):
            for a in sorted(range(x.ndim) if axis is None else [a % x.ndim for a in np.atleast_1d(axis)], reverse=True):
                x = function(x, int(a), keepdims)
            return x

        return along

    def taps(x, kernel, stride, padding, dilation, fill=0.0):
        """For each window, what stands under each tap of the kernel, on the last axis."""
        x = functional.pad(x, [n for sides in reversed(padding) for n in sides], value=fill)
        counts = [(n - (k - 1) * d - 1) // s + 1 for n, k, s, d in zip(x.shape[2:], kernel, stride, dilation, strict=True)]
        steps = list(zip(counts, stride, dilation, strict=True))
        return torch.stack(
            [x[(..., *(slice(i * d, i * d + (n - 1) * s + 1, s) for i, (n, s, d) in zip(tap, steps, strict=True)))]
             for tap in np.ndindex(*kernel)], -1,
        )  # fmt: skip

    def convolved(x, weight, bias, stride, padding, dilation, groups):
        x = functional.pad(x, [n for sides in reversed(padding) for n in sides])
        convolution = functional.conv1d if len(stride) == 1 else functional.conv2d
        return convolution(x, weight, None, stride, 0, dilation, groups) + bias.reshape(-1, *[1] * len(stride))

    def pulled(f, shape, g):
        """The gradient of `f`, which is linear, as a function of `g`."""
        x = torch.zeros(shape, dtype=g.dtype, requires_grad=True)
        return torch.autograd.grad(f(x), x, g, create_graph=True)[0]

    def max_unpooled(g, x, **settings):
        return pulled(lambda h: max_picked(h, x, **settings), x.shape, g)

    def max_picked(h, x, **settings):
        winners = taps(x.double(), fill=-np.inf, **settings).argmax(-1, keepdim=True)
        return taps(h, **settings).gather(-1, winners)[..., 0]

    def gates_of(z, product, n):
        return z.reshape(len(z), n, -1).unbind(1), product.reshape(len(z), n, -1).unbind(1)

    def rnn(z, h, weight, nonlinearity="tanh"):
        states = []
        for z_t in z:
            h = getattr(torch, nonlinearity)(z_t + h @ weight.T)
            states.append(h)
        return torch.stack(states)

    def lstm(z, h, c, weight):
        steps = []
        for z_t in z:
            (i, f, a, o), _ = gates_of(z_t + h @ weight.T, z_t, 4)
            i, f, a, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(a), torch.sigmoid(o)
            c = f * c + i * a
            h = o * torch.tanh(c)
            steps.append(torch.stack([i, f, a, o, c, h]))
        return torch.stack(steps)

    def gru(z, h, weight, bias):
        steps = []
        for z_t in z:
            (z_r, z_u, z_n), (s_r, s_u, m) = gates_of(z_t, h @ weight.T + bias, 3)
            r, u = torch.sigmoid(z_r + s_r), torch.sigmoid(z_u + s_u)
            n = torch.tanh(z_n + r * m)
            h = (1 - u) * n + u * h
            steps.append(torch.stack([r, u, n, m, h]))
        return torch.stack(steps)

    def reversed_sequences(x, lengths):
        return torch.stack([torch.cat([row[:n].flip(0), row[n:]]) for row, n in zip(x.unbind(1), lengths.long(), strict=True)], 1)

    return {
        **vars(functional),
        **vars(torch),  # which have most by the same name; these not, or not with the same arguments
        "add_n": lambda *xs: sum(xs),
        "astype": lambda x, dtype: x.to(getattr(torch, np.dtype(dtype).name)),
        "choose": lambda x, index: x[torch.arange(len(x)), index.long()],
        "attention": lambda q, k, mask: torch.softmax(q @ k.mT / q.shape[-1] ** 0.5 + mask, -1),
        "broadcast_to": lambda x, shape: x.expand(shape),
        "cbrt": lambda x: x ** (1 / 3),  # PyTorch has no cube root; these are positive
        "cholesky": torch.linalg.cholesky,
        "clip": torch.clamp,
        "conv": convolved,
        "conv_transpose": lambda g, weight, shape, groups, **settings: pulled(
            lambda x: convolved(x, weight, torch.zeros(1), groups=groups, **settings), (len(g), weight.shape[1] * groups, *shape), g
        ),
        "conv_weight": lambda x, g, kernel, groups, **settings: pulled(
            lambda weight: convolved(x, weight, torch.zeros(1), groups=groups, **settings),
            (g.shape[1], x.shape[1] // groups, *kernel),
            g,
        ),
        "concatenate": lambda *xs, axis: torch.cat(xs, axis),
        "divide": torch.div,
        "dot_n": weighted_sum,
        "eigh": lambda x: torch.cat([(found := torch.linalg.eigh(x)).eigenvalues[..., None, :], found.eigenvectors], -2),
        "einsum": lambda *xs, subscripts: torch.einsum(subscripts, *xs),
        "expand_dims": lambda x, axis: x.reshape(np.expand_dims(np.empty(tuple(x.shape)), axis).shape),
        "floor_divide": lambda a, b: torch.floor(a / b),
        "getitem": picked,
        "gru": gru,
        "identity": torch.clone,
        "inv": torch.linalg.inv,
        "linear": lambda x, weight, bias: functional.linear(x, weight) + bias,
        "logabsdet": lambda x: torch.linalg.slogdet(x)[1],
        "logsumexp": over_axes(torch.logsumexp),
        "lookup": lambda x, index: x[index.long()],
        "lstm": lstm,
        "max": over_axes(torch.amax),
        "max_n": lambda *xs: torch.amax(torch.stack(torch.broadcast_tensors(*xs)), 0),
        "max_pick": max_picked,
        "max_pool": lambda x, **settings: taps(x, fill=-np.inf, **settings).amax(-1),
        "max_unpool": max_unpooled,
        "mean": over_axes(torch.mean),
        "min": over_axes(torch.amin),
        "mod": torch.remainder,
        "multiply": torch.mul,
        "negative": torch.neg,
        "pad": lambda x, pad_width: functional.pad(x, [n for sides in reversed(pad_width) for n in sides]),
        "pinv": torch.linalg.pinv,
        "place": lambda x, index, shape: x[:, None] * functional.one_hot(index.long(), shape[1]),
        "power": torch.pow,
        "prod": over_each(torch.prod),
        "put_along_axis": lambda x, index, shape, axis: torch.zeros(shape, dtype=x.dtype).scatter_add(axis, index.long(), x),
        "qr": lambda x: torch.cat([(found := torch.linalg.qr(x))[0], found[1].mT], -2),
        "reshape": lambda x, shape: x.reshape(shape),
        "reverse_sequences": reversed_sequences,
        "rint": torch.round,
        "rnn": rnn,
        "scatter": scattered,
        "scatter_rows": lambda x, index, shape: torch.zeros(shape, dtype=x.dtype).index_add(0, index.long(), x),
        "select": lambda index, *xs: torch.stack(torch.broadcast_tensors(index, *xs))[1:].gather(
            0, index.broadcast_to(torch.broadcast_shapes(index.shape, *(x.shape for x in xs)))[None].long()
        )[0],
        "solve": torch.linalg.solve,
        "softmax": lambda x, axis: (x - torch.logsumexp(x, axis, True)).exp(),
        "softplus": lambda x: torch.logaddexp(x, torch.zeros_like(x)),
        "squeeze": lambda x, axis: x.squeeze() if axis is None else x.squeeze(axis),
        "stack": lambda *xs, axis: torch.stack(xs, axis),
        "standardize": lambda x, weight, bias, axis, eps: (
            (x - x.mean(axis, True)) / (x.var(axis, correction=0, keepdim=True) + eps).sqrt() * weight + bias
        ),
        "rolled": lambda x, shift, axis: torch.roll(x, shift, axis),
        "subtract": torch.sub,
        "sum": over_axes(torch.sum),
        "first_max": lambda x, axis: torch.max(x, axis).values,
        "first_max_n": lambda *xs: torch.stack(torch.broadcast_tensors(*xs)).max(0).values,
        "sum_pool": lambda x, **settings: taps(x, **settings).sum(-1),
        "sum_unpool": lambda g, shape, **settings: pulled(lambda x: taps(x, **settings).sum(-1), (*g.shape[:2], *shape), g),
        "svd": svd,
        "take": taken,
        "take_along_axis": lambda x, index, axis: torch.take_along_dim(x, index.long(), axis),
        "transpose": lambda x, axes: x.permute(*(axes or reversed(range(x.ndim)))),
        "windows": unfolded,
        "add_windows": lambda g, size, axis: pulled(
            lambda x: unfolded(x, size, axis),
            tuple(n + size[axis.index(a)] - 1 if a in axis else n for a, n in enumerate(g.shape[: -len(size)])),
            g,
        ),
    }


@pytest.mark.parametrize("name", WITH_DERIVATIVE)
def test_entry_agrees_with_pytorch(name, pytorch):
    def theirs(torch):
        functions, results = torch_functions(torch), []
        if name not in functions:
            pytest.skip(f"PyTorch has no {name}; `torch_functions` can say what it is there")
        for inputs, static in calls(table[name]):
            xs = [torch.tensor(x, requires_grad=x.dtype.kind == "f") for x in inputs]
            out = functions[name](*xs, **static)
            out.backward(torch.tensor(weights(out.detach().numpy())))
            gradients = [np.zeros(inputs[i].shape) if xs[i].grad is None else xs[i].grad.numpy() for i in differentiable(inputs)]
            results.append([list(out.shape), out.flatten().tolist(), *(gradient.ravel() for gradient in gradients)])
        return results

    for (inputs, static), (shape, expected, *gradients) in zip(calls(table[name]), pytorch(theirs), strict=True):
        ours = with_nodes(Tensor, inputs)
        out = table[name](*ours, **static)
        assert list(out.shape) == shape
        np.testing.assert_allclose(out.data.ravel(), expected, rtol=1e-12, atol=1e-14)
        out.backward(weights(out.data))
        for i, gradient in zip(differentiable(inputs), gradients, strict=True):
            np.testing.assert_allclose(ours[i].grad.ravel(), gradient, rtol=1e-12, atol=1e-14)


def test_a_primitive_of_ones_own_is_tested_like_the_others():
    own = Primitive(
        "own_gaussian", symbol="φ", latex=r"e^{-#1^2 #2}", analytic=True, domain=(0.5, 2.0),
        scalar=lambda x, a: float(np.exp(-x * x * a)), array=lambda x, a: np.exp(-x * x * a),
        vjp=(lambda g, y, x, a: -2 * g * y * x * a,
             lambda g, y, x, a: -g * y * x * x),
        doc="A bell.",
    )  # fmt: skip
    reversal = Primitive(
        "own_reversal", symbol="rev", latex="#1", elementwise=False, analytic=True, cases=(Case((3,)), Case((2, 3), axis=1)),
        scalar=None, array=lambda x, axis=0: np.flip(x, axis),
        vjp=(lambda g, y, x, axis=0: reversal(g, axis=axis),),
        doc="Backwards.",
    )  # fmt: skip
    try:
        for primitive in (own, reversal):
            for inputs, static in calls(primitive):
                for check in CHECKS:
                    check(primitive, inputs, static)
    finally:
        del table["own_gaussian"], table["own_reversal"]


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        (lambda g, y, x: g, check_gradients_on_tensors_are_slopes),
        (lambda g, y, x: g, check_gradients_on_values_are_slopes),
        (lambda g, y, x: 2 * g * getattr(x, "_datum", x), check_second_derivatives_are_slopes_of_the_first),
        (lambda g, y, x: (2 + 1e-10) * g * x, check_complex_step_agrees_to_rounding),
    ],
)
def test_a_wrong_rule_does_not_pass(rule, complaint):
    wrong = Primitive(
        "wrong_square", symbol="²", latex="#1^2", analytic=True,
        scalar=lambda x: x * x, array=lambda x: x * x, vjp=(rule,), doc="Wrong.",
    )  # fmt: skip
    try:
        with pytest.raises(AssertionError):
            [complaint(wrong, *call) for call in calls(wrong)]
    finally:
        del table["wrong_square"]


COMPLETE = {
    "name": "unfinished", "symbol": "u", "latex": "u(#1)", "scalar": None, "array": np.tanh, "vjp": (lambda g, y, x: g,), "doc": "Half.",
}  # fmt: skip


@pytest.mark.parametrize(
    ("part", "bad"),
    [
        ("name", ""), ("name", 3), ("symbol", ""), ("symbol", None), ("latex", ""), ("latex", 7), ("scalar", 1.0), ("array", None),
        ("array", "tanh"), ("vjp", ()), ("vjp", None), ("vjp", (1,)), ("vjp", [len]), ("batch", "rows"), ("onnx", 3), ("doc", ""),
        ("doc", None),
    ],
)  # fmt: skip
def test_an_incomplete_entry_cannot_be_registered(part, bad):
    with pytest.raises(TypeError, match=f"cannot be registered: its {part} must be "):
        Primitive(**{**COMPLETE, part: bad})
    assert "unfinished" not in table


@pytest.mark.parametrize("part", ["symbol", "latex", "scalar", "array", "vjp", "doc"])
def test_no_part_of_an_entry_can_be_left_out(part):
    with pytest.raises(TypeError, match=part):
        Primitive(**{key: value for key, value in COMPLETE.items() if key != part})
    assert "unfinished" not in table


@pytest.mark.parametrize("more", [{"elementwise": False}, {"vjp": lambda g, y, *xs: [g] * len(xs)}])
def test_an_entry_that_cannot_be_sampled_cannot_be_registered(more):
    with pytest.raises(TypeError, match="give `cases`, sample calls"):
        Primitive(**{**COMPLETE, **more})
    assert "unfinished" not in table


def test_a_name_is_registered_once():
    with pytest.raises(ValueError, match="There is a primitive 'tanh' already"):
        Primitive(**{**COMPLETE, "name": "tanh"})


def test_an_entry_shows_its_name_and_a_case_its_call():
    assert repr(table["tanh"]) == "<primitive tanh>"
    assert repr(Case((2, 3), (), axis=1)) == "Case((2, 3), (), axis=1)"
