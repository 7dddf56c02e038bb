"""Claims about the functions of `nn.functional` that take weights, masks and shapes: they give PyTorch's numbers and gradients."""

import numpy as np
import pytest
from pytorch_twin import waves

import autograd
import nn
from autograd import Tensor
from nn import functional as fn


def agree(function, pytorch, *arrays):
    """`function(fn, *arrays)` and its gradients are PyTorch's."""
    ours = [Tensor(x) if x.dtype.kind == "f" else x for x in arrays]
    out = function(fn, *ours)
    (out * waves(*out.shape)).sum().backward()
    gradients = [x.grad for x in ours if isinstance(x, Tensor)]

    def theirs(torch):
        inputs = [torch.tensor(x, requires_grad=x.dtype.kind == "f") for x in arrays]
        out = function(torch.nn.functional, *inputs)
        (out * torch.from_numpy(waves(*out.shape))).sum().backward()
        return [out.tolist(), *[x.grad.tolist() for x in inputs if x.requires_grad]]

    for found, expected in zip([out.data, *gradients], pytorch(theirs), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(function(fn, *arrays), out.data)  # of arrays, an array


@pytest.mark.parametrize(
    ("function", "shapes"),
    [
        (lambda f, x, w: f.conv1d(x, w), [(2, 2, 5), (3, 2, 2)]),
        (lambda f, x, w, b: f.conv1d(x, w, b, stride=2, padding=1, dilation=2), [(2, 5), (3, 2, 2), (3,)]),
        (lambda f, x, w, b: f.conv2d(x, w, b), [(2, 2, 4, 5), (3, 2, 2, 3), (3,)]),
        (lambda f, x, w: f.conv2d(x, w, stride=(2, 1), padding=(1, 0), groups=2), [(1, 4, 4, 5), (2, 2, 2, 3)]),
        (lambda f, x, w: f.conv2d(x, w, padding="same", dilation=(1, 2)), [(1, 2, 4, 5), (1, 2, 3, 1)]),
        (lambda f, x, w: f.conv2d(x, w, padding="valid"), [(1, 2, 4, 5), (1, 2, 2, 3)]),
        (lambda f, x, w, b: f.conv_transpose1d(x, w, b, 2, 1, 1), [(2, 2, 3), (2, 3, 3), (3,)]),
        (lambda f, x, w: f.conv_transpose2d(x, w, None, (2, 3), groups=2, dilation=2), [(4, 2, 3), (4, 1, 2, 2)]),
        (lambda f, x: f.layer_norm(x, (3, 2)), [(2, 3, 2)]),
        (lambda f, x, w, b: f.layer_norm(x, w.shape, w, b, 0.1), [(2, 3), (3,), (3,)]),
        (lambda f, x, w, b: f.group_norm(x, 2, w, b), [(2, 4, 3), (4,), (4,)]),
        (lambda f, x: f.group_norm(x, 1, eps=0.1), [(2, 4)]),
        (lambda f, x: f.normalize(x), [(2, 3)]),
        (lambda f, x: f.normalize(x, p=1, dim=0), [(2, 3)]),
        (lambda f, x: f.normalize(x, p=3.0, dim=-1), [(2, 3)]),
        (lambda f, x: f.normalize(x, float("inf"), 2), [(2, 2, 3)]),
        (lambda f, x: f.pad(x, (1, 2)), [(2, 3)]),
        (lambda f, x: f.pad(x, (1, 0, 0, 2), value=-3.5), [(2, 2, 3)]),
        (lambda f, x: f.pad(x, (-1, 1, 0, -1), "constant", 1.0), [(3, 3)]),
        (lambda f, x: f.pad(x, (2, 1), mode="reflect"), [(1, 2, 4)]),
        (lambda f, x: f.pad(x, (2, 1, 1, 3), mode="replicate"), [(1, 2, 3, 2)]),
        (lambda f, x: f.pad(x, (2, 1, 0, 1), mode="circular"), [(1, 2, 3, 2)]),
        (lambda f, w: f.embedding(nn_or_torch(f, [[0, 2], [2, 1]]), w), [(3, 2)]),
        (lambda f, w: f.embedding(nn_or_torch(f, [[0, 2], [2, 1]]), w, padding_idx=-1), [(3, 2)]),
        (lambda f, q, k, v: f.scaled_dot_product_attention(q, k, v), [(2, 3, 4), (2, 5, 4), (2, 5, 3)]),
        (lambda f, q, k, v: f.scaled_dot_product_attention(q, k, v, is_causal=True), [(2, 2, 3, 4), (2, 2, 3, 4), (2, 2, 3, 4)]),
        (lambda f, q, k, v: f.scaled_dot_product_attention(q, k, v, is_causal=True, scale=0.3), [(3, 4), (5, 4), (5, 2)]),
        (lambda f, q, k, v, m: f.scaled_dot_product_attention(q, k, v, attn_mask=m), [(2, 3, 4), (2, 2, 4), (2, 2, 3), (3, 2)]),
        (lambda f, q, k, v: f.scaled_dot_product_attention(q, k, v, nn_or_torch(f, MASK)), [(2, 2, 4), (2, 3, 4), (2, 3, 4)]),
        (lambda f, x: f.max_pool1d(x, 3, 2, 1), [(2, 2, 7)]),
        (lambda f, x: f.avg_pool1d(x, 3, 2, 1, True, False), [(2, 6)]),
        (lambda f, x: f.adaptive_max_pool2d(x, (2, 3)), [(2, 1, 5, 4)]),
        (lambda f, x: f.interpolate(x, scale_factor=2, mode="bilinear"), [(1, 1, 2, 3)]),
        (lambda f, x: f.pixel_shuffle(x, 2), [(1, 4, 2, 3)]),
    ],
)  # fmt: skip
def test_functions_are_pytorchs(function, shapes, pytorch):
    agree(function, pytorch, *[waves(*shape) + 0.1 * i for i, shape in enumerate(shapes)])


MASK = [[True, False, True], [False, True, True]]


def nn_or_torch(f, numbers):
    if f is fn:
        return np.array(numbers)
    import torch

    return torch.tensor(numbers)


@pytest.mark.parametrize("arguments", [([0, 2, 1],), ([[1], [0]],), ([0, 2], 5), (3, 4), ([], 3)])
def test_one_hot_is_pytorchs(arguments, pytorch):
    def theirs(torch):
        return torch.nn.functional.one_hot(torch.tensor(arguments[0], dtype=torch.long), *arguments[1:]).tolist()

    ours = fn.one_hot(np.array(arguments[0], int), *arguments[1:])
    assert ours.dtype == np.int64
    assert ours.tolist() == pytorch(theirs)


def test_whole_numbers_stay_whole_when_padded():
    assert fn.pad(np.array([1, 2]), (1, 1), value=7).dtype == int
    assert fn.pad(np.array([1, 2]), (1, 1), value=7).tolist() == [7, 1, 2, 7]


def test_channels_are_dropped_whole_and_only_in_training():
    x = np.ones((50, 4, 3, 2))
    for function, inner in ((fn.dropout2d, 2), (fn.dropout1d, 1)):
        y = function(x, 0.25, rng=0)
        channels = y.reshape(*x.shape[: 4 - inner], -1)
        assert (channels == channels[..., :1]).all()
        np.testing.assert_allclose(np.unique(y), [0, 4 / 3])
        assert function(x, 0.25, training=False) is x
    layer = nn.Dropout1d(0.5, rng=0)
    assert set(np.unique(layer(x[0]))) == {0.0, 2.0}
    np.testing.assert_array_equal(layer.eval()(x[0]), x[0])
    with pytest.raises(ValueError, match=r"Dropout1d takes signals, of shape \(n, channels, length\), and got shape \(50, 4, 3, 2\)"):
        layer(x)


def test_attention_drops_shares():
    x = np.ones((1, 2, 8))
    value = np.eye(8)[None]
    out = fn.scaled_dot_product_attention(x, np.ones((1, 8, 8)), value, dropout_p=0.5, rng=0)
    np.testing.assert_allclose(np.unique(out), [0, 2 / 8])


def test_every_layer_without_weights_of_its_own_has_its_function():
    names = {
        "ReLU": "relu", "ELU": "elu", "GELU": "gelu", "LeakyReLU": "leaky_relu", "SiLU": "silu", "Sigmoid": "sigmoid", "Tanh": "tanh",
        "Softplus": "softplus", "Softmax": "softmax", "LogSoftmax": "log_softmax", "Dropout": "dropout", "Dropout1d": "dropout1d",
        "Dropout2d": "dropout2d", "MaxPool1d": "max_pool1d", "MaxPool2d": "max_pool2d", "AvgPool1d": "avg_pool1d",
        "AvgPool2d": "avg_pool2d", "AdaptiveAvgPool2d": "adaptive_avg_pool2d", "AdaptiveMaxPool2d": "adaptive_max_pool2d",
        "Upsample": "interpolate", "PixelShuffle": "pixel_shuffle", "Linear": "linear", "Embedding": "embedding", "Conv1d": "conv1d",
        "Conv2d": "conv2d", "ConvTranspose1d": "conv_transpose1d", "ConvTranspose2d": "conv_transpose2d", "LayerNorm": "layer_norm",
        "GroupNorm": "group_norm",
    }  # fmt: skip
    for layer, function in names.items():
        assert layer in nn.__all__
        assert function in fn.__all__


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: fn.conv2d(np.ones((1, 3, 4, 4)), np.ones((2, 2, 2, 2))), ValueError, r"an input of shape \(n, in, size, size\)"),
        (lambda: fn.conv_transpose1d(np.ones((1, 3, 4)), np.ones((2, 2, 2))), ValueError, r"of shape \(in, out / groups, \*kernel\)"),
        (lambda: fn.conv1d(np.ones((1, 2, 4)), np.ones((2, 2, 2)), stride=0), ValueError, "takes stride as whole numbers from 1, one or 1"),
        (lambda: fn.conv1d(np.ones((1, 2, 4)), np.ones((2, 2, 2)), padding="full"), ValueError, "takes padding as whole numbers from 0"),
        (lambda: fn.layer_norm(np.ones((2, 3)), (2,)), ValueError, r"last axes have the shape \(2,\) \(normalized_shape\)"),
        (lambda: fn.group_norm(np.ones((2, 3)), 2), ValueError, r"equal groups; an input of shape \(2, 3\) has no 2 of them"),
        (lambda: fn.one_hot([0.5]), TypeError, "takes the numbers of classes, which are whole, and got an array of float64"),
        (lambda: fn.one_hot([0, 3], 3), ValueError, "got the classes 0 to 3, and there are those from 0 to 2"),
        (lambda: fn.one_hot([-1, 1]), ValueError, "got the classes -1 to 1"),
        (lambda: fn.pad(np.ones(3), (1,)), ValueError, r"takes two whole numbers for each axis, the last first, and got \(1,\)"),
        (lambda: fn.pad(np.ones(3), (1, 1, 1, 1)), ValueError, r"for shape \(3,\)"),
        (lambda: fn.pad(np.ones(3), (1, 1), "zeros"), ValueError, "takes as mode constant, reflect, replicate or circular; got 'zeros'"),
        (
            lambda: fn.scaled_dot_product_attention(*[np.ones((2, 2))] * 4, is_causal=True),
            ValueError, "takes an attn_mask or is_causal=True, not both",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_they_can_be_compiled():
    w = Tensor(waves(2, 2, 2, 2))

    def loss(x):
        y = fn.conv2d(fn.pad(x, (1, 1)), w, padding=1)
        y = fn.layer_norm(fn.normalize(y), y.shape[-1:])
        return (fn.scaled_dot_product_attention(y, y, y, is_causal=True) ** 2).sum()

    compiled = autograd.compile(loss)
    for function in (loss, compiled):
        w.grad = None
        y = function(waves(1, 2, 3, 3))
        y.backward()
        if function is loss:
            expected = y.item(), w.grad
    np.testing.assert_allclose(y.item(), expected[0], rtol=1e-12)
    np.testing.assert_allclose(w.grad, expected[1], rtol=1e-9, atol=1e-12)
