"""The convolution: its entries in the table, and the layers `Conv1d` and `Conv2d`."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytorch_twin import assert_twins, fill, waves

import autograd
from autograd import Tensor, check_gradients, table, vjp
from autograd.primitives.convolution import conv, conv_transpose, conv_weight
from nn import functional
from nn.convolution import Conv1d, Conv2d

ENTRIES = ["conv", "conv_transpose", "conv_weight", "max_pool", "max_unpool", "max_pick", "sum_pool", "sum_unpool"]
CASES = [pytest.param(table[name], case, id=f"{name}-{i}") for name in ENTRIES for i, case in enumerate(table[name].cases)]


@pytest.mark.parametrize(("primitive", "case"), CASES)
def test_rules_are_the_derivatives_to_second_order(primitive, case):
    rng = np.random.default_rng(0)
    inputs = [rng.uniform(-2, 2, shape) for shape in case.shapes]
    assert check_gradients(lambda *xs: primitive(*xs, **case.static), *inputs)
    y = primitive(*inputs, **case.static)
    g = rng.uniform(-2, 2, np.shape(y))
    assert check_gradients(lambda g, *xs: list(vjp(lambda *xs: primitive(*xs, **case.static), *xs)[1](g)), g, *inputs)


@pytest.mark.parametrize(("primitive", "case"), [p for p in CASES if p.values[0].analytic])
def test_analytic_forwards_take_the_complex_step(primitive, case):
    rng = np.random.default_rng(0)
    inputs = [rng.uniform(-2, 2, shape) for shape in case.shapes]
    _, pull = vjp(lambda *xs: primitive(*xs, **case.static), *inputs)
    g = rng.uniform(-2, 2, np.shape(primitive(*inputs, **case.static)))
    for i, gradient in enumerate(pull(g)):
        direction = rng.uniform(-2, 2, np.shape(inputs[i]))
        nudged = [x + 1e-30j * direction if i == j else x for j, x in enumerate(inputs)]
        numeric = np.sum(g * primitive(*nudged, **case.static).imag) / 1e-30
        assert np.isclose(np.sum(gradient * direction), numeric, rtol=1e-12)


def test_convolution_is_the_sum_over_windows():
    x, weight, bias = waves(2, 4, 6, 7), waves(6, 2, 3, 2), waves(6)
    layer = Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 3), groups=2, dtype=float)
    layer.load_state_dict({"weight": weight, "bias": bias})
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (0, 0)))
    expected = np.zeros((2, 6, 3, 4))
    for n, out, i, j in np.ndindex(expected.shape):
        first = 0 if out < 3 else 2
        window = padded[n, first : first + 2, 2 * i : 2 * i + 3, j : j + 4 : 3]
        expected[n, out, i, j] = (window * weight[out]).sum() + bias[out]
    np.testing.assert_allclose(layer(x).data, expected, rtol=1e-13)


SETTINGS = st.fixed_dictionaries({
    "kernel_size": st.one_of(st.integers(1, 3), st.tuples(st.integers(1, 3), st.integers(1, 3))),
    "stride": st.one_of(st.integers(1, 3), st.tuples(st.integers(1, 3), st.integers(1, 3))),
    "padding": st.one_of(st.integers(0, 2), st.tuples(st.integers(0, 2), st.integers(0, 2)), st.just("valid")),
    "dilation": st.one_of(st.integers(1, 2), st.tuples(st.integers(1, 2), st.integers(1, 2))),
    "groups": st.sampled_from([1, 1, 2, 4]),
    "bias": st.booleans(),
    "padding_mode": st.sampled_from(["zeros", "zeros", "reflect", "replicate", "circular"]),
})  # fmt: skip


EVEN_SAME = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")


@given(options=SETTINGS, height=st.integers(5, 8), width=st.integers(5, 8), n=st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_conv2d_is_pytorchs(options, height, width, n):
    torch = pytest.importorskip("torch")
    layer = Conv2d(4, 8, **options, dtype=float, rng=0)
    twin = torch.nn.Conv2d(4, 8, **options, dtype=torch.float64)
    assert_twins(layer, twin, waves(n, 4, height, width), steps=2)
    assert str(layer) == str(twin)


@EVEN_SAME
@pytest.mark.parametrize("options", [
    {"kernel_size": 3}, {"kernel_size": 4, "padding": "same"}, {"kernel_size": 2, "padding": "same", "dilation": 3, "groups": 2},
    {"kernel_size": 5, "stride": 3, "padding": 2, "padding_mode": "circular"}, {"kernel_size": 1, "bias": False},
])  # fmt: skip
def test_conv1d_is_pytorchs(options):
    torch = pytest.importorskip("torch")
    layer = Conv1d(4, 6, **options, dtype=float, rng=0)
    assert_twins(layer, torch.nn.Conv1d(4, 6, **options, dtype=torch.float64), waves(3, 4, 9))
    assert str(layer) == str(torch.nn.Conv1d(4, 6, **options))


@EVEN_SAME
@pytest.mark.parametrize("options", [
    {"kernel_size": 3}, {"kernel_size": (2, 5), "padding": "same", "padding_mode": "reflect"},
    {"kernel_size": 3, "groups": 4, "dilation": 2, "padding": "same"},
])  # fmt: skip
@pytest.mark.parametrize("shape", [(3, 4, 7, 6), (4, 7, 6)])
def test_conv2d_trains_as_pytorchs_in_both_precisions(options, shape):
    torch = pytest.importorskip("torch")
    for dtype, tolerance in (("float64", 1e-9), ("float32", 1e-4)):
        layer = Conv2d(4, 8, **options, dtype=dtype, rng=0)
        twin = torch.nn.Conv2d(4, 8, **options, dtype=getattr(torch, dtype))
        assert_twins(layer, twin, waves(*shape, dtype=dtype), rtol=tolerance, atol=tolerance)


REFERENCE = {
    "y": [-0.397573485, 2.36975463, -1.52446358, 3.17591664, 0.860957318, 1.61657297, 2.03500662, 0.0740906773],
    "x": [
        -0.322163549, -2.5642747, -5.32169099, -4.98655475, 5.40595168, 5.69509187, 0.123576808, 0.74819086, -4.88659338,
        -1.28243015, 5.21626956, 3.75823913, 4.88370256, -6.0286662, -1.62801112, -4.18825155, 4.26942987, 6.24157673,
    ],
    "weight": [
        1.80177491, 8.09175337, -2.89652374, -13.2076389, 0.868532013, -7.59215011, -1.72681601, 11.7806945, 0.0420334469,
        -2.51805886, -1.36702385, 0.662943859, 0.0202619062, 3.58074883, -0.0264651487, -2.51634668,
    ],
    "bias": [7.2472684, 9.17325518],
}  # fmt: skip


def test_conv2d_has_these_numbers():
    """Reference numbers from PyTorch 2.13."""
    layer = fill(Conv2d(2, 2, 2, stride=2, padding=1, dtype=float))
    x = Tensor(waves(1, 2, 3, 3))
    y = layer(x)
    np.testing.assert_allclose(y.data.ravel(), REFERENCE["y"], rtol=1e-7)
    (y * y).sum().backward()
    np.testing.assert_allclose(x.grad.ravel(), REFERENCE["x"], rtol=1e-7)
    np.testing.assert_allclose(layer.weight.grad.ravel(), REFERENCE["weight"], rtol=1e-7)
    np.testing.assert_allclose(layer.bias.grad, REFERENCE["bias"], rtol=1e-7)


def test_first_weights_are_uniform_as_pytorchs():
    layer = Conv2d(16, 64, 3, groups=2, rng=0)
    bound = (8 * 9) ** -0.5
    for parameter in layer.parameters():
        assert parameter.dtype == np.float32
        assert 0.9 * bound < np.abs(parameter.data).max() <= bound
    assert np.abs(layer.weight.data.std() - bound / 3**0.5) < 0.02 * bound
    again = Conv2d(16, 64, 3, groups=2, rng=0)
    assert (layer.weight.data == again.weight.data).all()
    assert (layer.weight.data != Conv2d(16, 64, 3, groups=2, rng=1).weight.data).any()


def test_float32_stays_float32_whatever_it_is_fed():
    layer = Conv2d(2, 3, 3, padding=1)
    for x in (waves(1, 2, 5, 5), waves(1, 2, 5, 5, dtype="float32"), np.ones((1, 2, 5, 5), dtype=np.uint8), Tensor(waves(1, 2, 5, 5))):
        y = layer(x)
        assert y.dtype == np.float32
        y.sum().backward()
        assert layer.weight.grad.dtype == layer.bias.grad.dtype == np.float32


def test_large_batches_are_the_sum_of_their_parts():
    """Windows are copied part by part; the parts must fit together."""
    layer = Conv2d(8, 4, 3, dtype=float, rng=0)
    x = Tensor(np.random.default_rng(0).normal(size=(40, 8, 16, 16)))
    y = layer(x)
    (y * y).sum().backward()
    single = [Tensor(image[None]) for image in x.data]
    outs = [layer(image) for image in single]
    np.testing.assert_allclose(y.data, np.concatenate([out.data for out in outs]), rtol=1e-12, atol=1e-14)
    expected = layer.weight.grad
    layer.zero_grad()
    for out in outs:
        (out * out).sum().backward()
    np.testing.assert_allclose(x.grad, np.concatenate([image.grad for image in single]), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(layer.weight.grad, expected, rtol=1e-10)


def test_an_empty_batch_has_an_empty_output_and_no_gradient():
    layer = Conv2d(2, 3, 3)
    y = layer(np.ones((0, 2, 5, 5)))
    assert y.shape == (0, 3, 3, 3)
    y.sum().backward()
    assert not layer.weight.grad.any()


def test_second_derivatives_of_a_small_network():
    first, second = Conv2d(1, 2, 2, dtype=float, rng=0), Conv2d(2, 1, 2, stride=2, padding=1, dtype=float, rng=1)

    def loss(x):
        y = second(autograd.tanh(first(x)))
        return (y * y).sum()

    assert check_gradients(autograd.grad(loss), waves(1, 1, 4, 4))


def test_a_compiled_layer_is_the_layer():
    layer = Conv2d(2, 3, 3, stride=2, padding="valid", rng=0, dtype=float)
    compiled = autograd.compile(lambda x: (layer(x) ** 2).sum())
    x = waves(2, 2, 7, 7)
    for _ in range(2):
        layer.zero_grad()
        (layer(x) ** 2).sum().backward()
        expected = [np.array(p.grad) for p in layer.parameters()]
        layer.zero_grad()
        value = compiled(x)
        value.backward()
        assert np.isclose(value.item(), (layer(x) ** 2).sum().item(), rtol=1e-12)
        for p, g in zip(layer.parameters(), expected, strict=True):
            np.testing.assert_allclose(p.grad, g, rtol=1e-12)
    assert "def conv(" in compiled.source


class Model(Conv2d):
    """A model that contains another layer."""

    def __init__(self):
        super().__init__(1, 2, 3)
        self.inner = Conv2d(3, 4, 3, padding=1)

    def forward(self, x):
        return self.inner(x)


@pytest.mark.parametrize(("shape", "sentence"), [
    ((2, 1, 8, 8), r"Conv2d 'inner' takes arrays of shape \(n, 3, height, width\), or \(3, height, width\), and got shape \(2, 1, 8, 8\)"),
    ((8, 8), r"and got shape \(8, 8\)\."),
    ((2, 8, 8, 3), r"and got shape \(2, 8, 8, 3\); channels go before height and width: x\.transpose\(0, 3, 1, 2\)\."),
    ((3, 0, 8), r"Conv2d 'inner' has a kernel that reaches over 3 × 3, more than an input of 0 × 8 has with its padding"),
])  # fmt: skip
def test_wrong_shapes_name_the_layer_and_what_it_takes(shape, sentence):
    model = Model()
    with pytest.raises(ValueError, match=sentence):
        model(np.ones(shape))


def test_an_image_without_the_axis_for_the_channel_gets_a_hint():
    with pytest.raises(ValueError, match=r"Conv2d takes .* got shape \(32, 28, 28\); x\[:, None\] adds an axis for the channel\."):
        Conv2d(1, 8, 3)(np.ones((32, 28, 28)))


@pytest.mark.parametrize(("options", "sentence"), [
    ({"in_channels": 0}, "Conv2d takes in_channels as a whole number from 1; got 0"),
    ({"out_channels": 2.5}, "Conv2d takes out_channels as a whole number from 1; got 2.5"),
    ({"kernel_size": (3, 3, 3)}, r"Conv2d takes kernel_size as one whole number, or as 2, for height and width; got \(3, 3, 3\)"),
    ({"kernel_size": 0}, "Conv2d takes kernel_size as a whole number from 1; got 0"),
    ({"stride": -1}, "Conv2d takes stride as a whole number from 1; got -1"),
    ({"padding": -1}, "Conv2d takes padding as a whole number from 0; got -1"),
    ({"padding": "half"}, "Conv2d takes padding as whole numbers, or 'same' or 'valid'; got 'half'"),
    ({"padding": "same", "stride": 2}, r"Conv2d keeps the size of its input \(padding='same'\) only with a stride of 1; got stride=2"),
    ({"padding_mode": "mirror"}, "Conv2d takes as padding_mode one of zeros, reflect, replicate, circular; got 'mirror'"),
    ({"groups": 3}, "Conv2d splits its channels into groups of equal size; 4 in_channels and 6 out_channels do not split into 3"),
])  # fmt: skip
def test_impossible_settings_are_refused(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        Conv2d(**{"in_channels": 4, "out_channels": 6, "kernel_size": 3} | options)


def test_conv1d_speaks_of_length():
    with pytest.raises(ValueError, match=r"Conv1d takes arrays of shape \(n, 2, length\), or \(2, length\), and got shape \(5, 3, 10\)"):
        Conv1d(2, 4, 3)(np.ones((5, 3, 10)))


WIDE_SHAPES = (2, 8, 5, 6), (8, 8, 3, 3)
WIDE = [  # more channels, examples and pixels than elsewhere, so that images come in parts and kernels of three columns in Winograd's form
    pytest.param((3, 16, 7, 9), (64, 16, 3, 3), {"padding": ((1, 1), (1, 1))}, id="odd columns"),
    pytest.param((70, 8, 6, 32), (8, 8, 3, 3), {"padding": ((1, 1), (1, 1))}, id="many examples"),
    pytest.param((40, 16, 30, 32), (8, 16, 3, 3), {"padding": ((1, 1), (1, 1))}, id="many rows"),
    pytest.param((2, 16, 7, 8), (32, 8, 3, 3), {"stride": (2, 1), "groups": 2}, id="groups"),
    pytest.param((2, 8, 9, 8), (8, 8, 2, 3), {"dilation": (2, 1), "padding": ((1, 0), (0, 1))}, id="dilated rows"),
    pytest.param((2, 8, 5, 4), (8, 8, 1, 3), {"padding": ((0, 0), (2, 0))}, id="one row"),
    pytest.param((2, 8, 4, 3), (8, 8, 3, 3), {"padding": ((2, 2), (3, 2))}, id="more padding than kernel"),
    pytest.param((40, 32, 16, 32), (32, 32, 3, 3), {"stride": (2, 2), "padding": ((1, 1), (1, 1))}, id="stride"),
    pytest.param((2, 8, 3, 4, 5), (8, 8, 2, 2, 3), {"padding": ((1, 0), (0, 1), (1, 1))}, id="three axes"),
]


@pytest.mark.parametrize(("shape", "kernels", "more"), WIDE)
def test_wide_layers_are_the_sum_over_their_channels(shape, kernels, more):
    n = len(shape) - 2
    options = {"stride": (1,) * n, "padding": ((0, 0),) * n, "dilation": (1,) * n, "groups": 1, **more}
    rng = np.random.default_rng(0)
    x, weight = rng.normal(size=shape), rng.normal(size=kernels)
    y = conv(x, weight, 0.0, **options)
    inside, outside, alone = kernels[1], len(weight) // options["groups"], {**options, "groups": 1}
    for group in range(options["groups"]):
        own = slice(group * outside, (group + 1) * outside)
        terms = [conv(x[:, [group * inside + c]], weight[own, c : c + 1], 0.0, **alone) for c in range(inside)]
        np.testing.assert_allclose(y[:, own], sum(terms), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(("shape", "kernels", "more"), WIDE)
def test_wide_layers_have_gradients_that_fit_together(shape, kernels, more):
    n = len(shape) - 2
    options = {"stride": (1,) * n, "padding": ((0, 0),) * n, "dilation": (1,) * n, "groups": 1, **more}
    rng = np.random.default_rng(0)
    x, weight = rng.normal(size=shape), rng.normal(size=kernels)
    y = conv(x, weight, 0.0, **options)
    g = rng.normal(size=y.shape)
    of_x = conv_transpose(g, weight, shape=shape[2:], **options)
    of_weight = conv_weight(x, g, kernel=kernels[2:], **options)
    assert (of_x.shape, of_weight.shape) == (shape, kernels)
    np.testing.assert_allclose([np.vdot(x, of_x), np.vdot(weight, of_weight)], np.vdot(y, g), rtol=1e-10)  # conv is linear in each


@pytest.mark.parametrize("dtypes", [(np.uint8, np.float32), (np.int16, np.int16), (np.float32, np.float64), (bool, float)])
def test_wide_layers_compute_in_the_type_of_the_result(dtypes):
    rng = np.random.default_rng(0)
    x, weight = (
        rng.integers(0, 2 if dtype is bool else 200, shape).astype(dtype) for dtype, shape in zip(dtypes, WIDE_SHAPES, strict=True)
    )
    options = {"stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}
    y = conv(x, weight, 0.0, **options)
    assert y.dtype == np.result_type(*dtypes)
    if y.dtype.kind == "f":
        np.testing.assert_allclose(y, conv(x.astype(float), weight.astype(float), 0.0, **options), rtol=1e-5)
        g = rng.integers(0, 9, y.shape).astype(np.float32)
        np.testing.assert_allclose(
            conv_weight(x, g, kernel=(3, 3), **options), conv_weight(x.astype(float), g.astype(float), kernel=(3, 3), **options), rtol=1e-5
        )


@pytest.mark.parametrize("channels", [1, 8])
def test_a_kernel_larger_than_its_input_is_refused(channels):
    with pytest.raises(ValueError, match="the kernel reaches over more than the input has with its padding; take a smaller kernel"):
        functional.conv2d(np.ones((1, channels, 2, 5)), np.ones((8, channels, 3, 3)))
