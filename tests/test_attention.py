"""Attention: `MultiheadAttention` and `TransformerEncoderLayer`."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytorch_twin import assert_twins, fill, waves
from references import Case, assert_pytorchs

import autograd
import nn
from autograd import Tensor, check_gradients, table, vjp

SEEN = np.array([[0, 1, 0, 1], [0, 0, 1, 1], [1, 0, 0, 0]], dtype=bool)  # true where 3 targets take nothing from 4 sources
PADDED = np.array([[0, 0, 0, 1], [0, 0, 0, 0]], dtype=bool)  # and where 2 sequences have no source


CASES = table["attention"].cases


@pytest.mark.parametrize("case", CASES)
def test_rules_are_the_derivatives_to_second_order(case):
    rng = np.random.default_rng(0)
    inputs = [rng.uniform(-2, 2, shape) for shape in case.shapes]
    attention = table["attention"]
    assert check_gradients(attention, *inputs)
    g = rng.uniform(-2, 2, attention(*inputs).shape)
    assert check_gradients(lambda g, *xs: list(vjp(attention, *xs)[1](g)), g, *inputs)


@pytest.mark.parametrize("case", CASES)
def test_the_forward_takes_the_complex_step(case):
    rng = np.random.default_rng(0)
    inputs = [rng.uniform(-2, 2, shape) for shape in case.shapes]
    attention = table["attention"]
    g = rng.uniform(-2, 2, attention(*inputs).shape)
    for i, gradient in enumerate(vjp(attention, *inputs)[1](g)):
        direction = rng.uniform(-2, 2, np.shape(inputs[i]))
        nudged = [x + 1e-30j * direction if i == j else x for j, x in enumerate(inputs)]
        numeric = np.sum(g * attention(*nudged).imag) / 1e-30
        assert np.isclose(np.sum(gradient * direction), numeric, rtol=1e-12, atol=1e-13)


def as_floats(mask, kind, dtype="float64"):
    """A mask as it is, or as floats to be added; None for none."""
    if mask is None or kind == "bool":
        return mask
    return np.where(mask, -np.inf, waves(*mask.shape)).astype(dtype)


MASKS = st.fixed_dictionaries({
    "attn_mask": st.sampled_from([None, SEEN, np.stack([SEEN, SEEN[::-1], SEEN, ~SEEN])]),
    "key_padding_mask": st.sampled_from([None, PADDED]),
})  # fmt: skip


@given(
    masks=MASKS, kind=st.sampled_from(["bool", "float"]), bias=st.booleans(), batch_first=st.booleans(), other_sizes=st.booleans(),
    average=st.booleans(), need_weights=st.booleans(),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_attention_is_pytorchs(masks, kind, bias, batch_first, other_sizes, average, need_weights):
    torch = pytest.importorskip("torch")
    sizes = {"kdim": 5, "vdim": 7} if other_sizes else {}
    options = {"bias": bias, "batch_first": batch_first} | sizes
    layer, twin = nn.MultiheadAttention(6, 2, **options, dtype=float), torch.nn.MultiheadAttention(6, 2, **options, dtype=torch.float64)
    query, key, value = waves(2, 3, 6), waves(2, 4, sizes.get("kdim", 6)), 0.5 * waves(2, 4, sizes.get("vdim", 6))
    inputs = [x if batch_first else x.swapaxes(0, 1).copy() for x in (query, key, value)]
    masks = {name: as_floats(mask, kind) for name, mask in masks.items()}
    assert_twins(layer, twin, *inputs, steps=2, **masks, need_weights=need_weights, average_attn_weights=average)


def test_attention_to_one_sequence_without_a_batch_is_pytorchs():
    torch = pytest.importorskip("torch")
    layer, twin = nn.MultiheadAttention(6, 2, dtype=float), torch.nn.MultiheadAttention(6, 2, dtype=torch.float64)
    assert_twins(layer, twin, waves(3, 6), waves(4, 6), waves(4, 6), attn_mask=SEEN, key_padding_mask=PADDED[0])


class Itself(nn.Module):
    """Attention of a sequence to itself."""

    def __init__(self, attention):
        self.attention = attention

    def forward(self, x, **options):
        return self.attention(x, x, x, **options)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-9), ("float32", 1e-4)])
def test_self_attention_trains_as_pytorchs_in_both_precisions(dtype, tolerance):
    torch = pytest.importorskip("torch")

    class TheirItself(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = torch.nn.MultiheadAttention(8, 4, dtype=getattr(torch, dtype))

        def forward(self, x, **options):
            return self.attention(x, x, x, **options)

    layer = Itself(nn.MultiheadAttention(8, 4, dtype=dtype))
    causal = np.triu(np.ones((5, 5), dtype=bool), 1)
    assert_twins(layer, TheirItself(), waves(5, 3, 8, dtype=dtype), attn_mask=causal, rtol=tolerance, atol=tolerance)


@given(
    activation=st.sampled_from(["relu", "gelu", "own"]), norm_first=st.booleans(), batch_first=st.booleans(), bias=st.booleans(),
    causal=st.booleans(), padded=st.booleans(), single=st.booleans(),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_transformer_encoder_layer_is_pytorchs(activation, norm_first, batch_first, bias, causal, padded, single):
    torch = pytest.importorskip("torch")
    options = {"norm_first": norm_first, "batch_first": batch_first, "bias": bias, "layer_norm_eps": 0.01, "dropout": 0.0}
    layer = nn.TransformerEncoderLayer(6, 2, 10, activation=autograd.tanh if activation == "own" else activation, **options, dtype=float)
    own = torch.tanh if activation == "own" else activation
    twin = torch.nn.TransformerEncoderLayer(6, 2, 10, activation=own, **options, dtype=torch.float64)
    x = waves(4, 6) if single else waves(2, 4, 6) if batch_first else waves(4, 2, 6)
    mask = np.triu(np.ones((4, 4), dtype=bool), 1) if causal else None
    padding = None if not padded else PADDED[0] if single else PADDED
    assert_twins(layer, twin, x, src_mask=mask, src_key_padding_mask=padding, steps=2)


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-9), ("float32", 2e-4)])
def test_transformer_encoder_layer_trains_as_pytorchs(norm_first, dtype, tolerance):
    torch = pytest.importorskip("torch")
    options = {"norm_first": norm_first, "dropout": 0.0, "activation": "gelu"}
    layer = nn.TransformerEncoderLayer(6, 2, 10, **options, dtype=dtype)
    twin = torch.nn.TransformerEncoderLayer(6, 2, 10, **options, dtype=getattr(torch, dtype))
    assert_twins(layer, twin, waves(4, 2, 6, dtype=dtype), rtol=tolerance, atol=tolerance)


REFERENCE = {
    "attention": {
        "output": [
            0.1962138, -0.13545739, 2.1521718, -2.3410701, 0.54594476, -0.18089377, 1.8618393, -1.9160857, -0.66541657,
            -0.95158995, 4.0807219, -4.0461064,
        ],
        "weights": [
            1, 0, 0, 0.85748488, 0.14251512, 0, 0.55041292, 0.44679343, 0.0027936545,
        ],
        "x": [
            10.973692, -2.306269, -13.465857, -12.244998, 2.974275, 14.124797, 12.289045, -0.84519754, 0.48605458,
            -9.0419754, -10.256855, -2.0416293,
        ],
        "parameters": [
            -6.5626552, -48.95509, 6.9605376, -2.7994565,
        ],
    },
    "norm last": {
        "output": [
            1.4187079, 2.0132345, 0.056986426, 0.22995885, 1.5474368, 1.9108188, 0.048880222, 0.21702303, 1.6452041,
            1.6294585, 0.11428581, 0.42153762,
        ],
        "x": [
            0.18152194, -0.19382692, -0.1510741, -0.090446047, -0.44269476, -0.1140555, -0.0029165366, 0.25532018,
            0.099975916, 0.19687117, 0.12343891, -0.056875178,
        ],
        "parameters": [
            -1.3798689, -0.42031769, -2.8449465e-16, 5.2041704e-17, -0.29782654, -0.066352655, 4.9960036e-16,
            2.7755576e-17, 0.41614451, 0.057874706, -0.55165104, -0.56916809,
        ],
    },
    "norm first": {
        "output": [
            3.7174026, 0.89670691, 1.9766868, -3.4349417, 3.3376535, 2.8017091, 4.2071968, -2.4375948, 2.097009,
            0.61748079, 3.6620247, -1.9401689,
        ],
        "x": [
            0.62818229, -0.30646995, -1.0694057, -0.77178725, -0.25870633, 0.85207291, 1.2436907, 0.015177422,
            -0.73449195, -0.9245281, -0.19562448, 0.95272238,
        ],
        "parameters": [
            -1.5469955, 0.3515494, -0.0097904456, -0.56916809, 4.0907401, 1.1666106, -1.7413454, -0.56916809,
            -1.4093988, 0.1553782, -0.40800724, 1.0071108,
        ],
    },
}  # fmt: skip


def test_attention_has_these_numbers():
    """Reference numbers from PyTorch 2.13."""
    layer = fill(nn.MultiheadAttention(4, 2, dtype=float))
    x = Tensor(waves(3, 1, 4))
    output, weights = layer(x, x, x, attn_mask=np.triu(np.ones((3, 3), dtype=bool), 1))
    (output * output).sum().backward()
    np.testing.assert_allclose(output.data.ravel(), REFERENCE["attention"]["output"], rtol=1e-6)
    np.testing.assert_allclose(weights.data.ravel(), REFERENCE["attention"]["weights"], rtol=1e-6)
    np.testing.assert_allclose(x.grad.ravel(), REFERENCE["attention"]["x"], rtol=1e-6)
    np.testing.assert_allclose([p.grad.sum() for p in layer.parameters()], REFERENCE["attention"]["parameters"], rtol=1e-6)


@pytest.mark.parametrize("norm_first", [False, True])
def test_transformer_encoder_layer_has_these_numbers(norm_first):
    """Reference numbers from PyTorch 2.13."""
    layer = fill(nn.TransformerEncoderLayer(4, 2, 6, dropout=0.0, norm_first=norm_first, dtype=float))
    x = Tensor(waves(3, 1, 4))
    output = layer(x)
    (output * waves(3, 1, 4)).sum().backward()
    expected = REFERENCE["norm first" if norm_first else "norm last"]
    np.testing.assert_allclose(output.data.ravel(), expected["output"], rtol=1e-6)
    np.testing.assert_allclose(x.grad.ravel(), expected["x"], rtol=1e-6)
    np.testing.assert_allclose([p.grad.sum() for p in layer.parameters()], expected["parameters"], rtol=1e-6, atol=1e-9)


def test_is_causal_lets_nobody_look_ahead():
    layer = nn.MultiheadAttention(6, 2, batch_first=True, dtype=float)
    x = waves(2, 5, 6)
    output, weights = layer(x, x, x, is_causal=True)
    assert not np.triu(weights.data, 1).any()
    masked, _ = layer(x, x, x, attn_mask=np.triu(np.ones((5, 5), dtype=bool), 1))
    assert (output.data == masked.data).all()
    x[:, 3:] = 0
    np.testing.assert_allclose(layer(x, x, x, is_causal=True)[0].data[:, :3], output.data[:, :3], rtol=1e-12)


def test_who_may_take_from_nowhere_gets_zeros_and_passes_no_gradient():
    layer = fill(nn.MultiheadAttention(4, 2, batch_first=True, dtype=float))
    x = Tensor(waves(2, 3, 4))
    padding = np.array([[True, True, True], [False, False, True]])
    output, weights = layer(x, x, x, key_padding_mask=padding)
    assert not weights.data[0].any()
    np.testing.assert_allclose(weights.data[1].sum(axis=-1), 1)
    np.testing.assert_allclose(output.data[0], np.tile(layer.out_proj.bias.data, (3, 1)))
    output.sum().backward()
    assert not x.grad[0].any()
    assert np.isfinite(layer.in_proj_weight.grad).all()


def test_a_learned_mask_gets_a_gradient():
    layer, nearness = nn.MultiheadAttention(4, 2, dtype=float, rng=0), Tensor(np.zeros((3, 3)))
    x = waves(3, 2, 4)
    assert check_gradients(lambda mask: layer(x, x, x, attn_mask=mask)[0].sum(), nearness)


def test_dropout_comes_from_the_seed_and_only_in_training():
    def output(seed, training=True):
        layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.5, dtype=float, rng=seed).train(training)
        return layer(waves(5, 2, 8)).data, layer(waves(5, 2, 8)).data

    first, second = output(0)
    assert (first == output(0)[0]).all()
    assert (first != second).any()
    first, second = output(0, training=False)
    assert (first == second).all()


def test_dropped_weights_are_scaled_up():
    layer = nn.MultiheadAttention(8, 2, dropout=0.5, dtype=float, rng=0)
    x = waves(6, 3, 8)
    _, dropped = layer(x, x, x, average_attn_weights=False)
    _, whole = layer.eval()(x, x, x, average_attn_weights=False)
    kept = dropped.data != 0
    assert 0.3 < kept.mean() < 0.7
    np.testing.assert_allclose(dropped.data[kept], 2 * whole.data[kept], rtol=1e-12)


def test_first_weights_are_pytorchs():
    layer = nn.MultiheadAttention(48, 4, rng=0)
    bound = (6 / (4 * 48)) ** 0.5
    assert 0.98 * bound < np.abs(layer.in_proj_weight.data).max() <= bound
    assert 0.98 / 48**0.5 < np.abs(layer.out_proj.weight.data).max() <= 1 / 48**0.5
    assert not layer.in_proj_bias.data.any()
    assert not layer.out_proj.bias.data.any()
    layer = nn.MultiheadAttention(48, 4, kdim=10, rng=0)
    bound = (6 / (48 + 10)) ** 0.5
    assert 0.98 * bound < np.abs(layer.k_proj_weight.data).max() <= bound


def test_float32_stays_float32_whatever_it_is_fed():
    layer = nn.TransformerEncoderLayer(4, 2, 6)
    for x in (waves(3, 2, 4), Tensor(waves(3, 2, 4)), np.ones((3, 2, 4), dtype=int)):
        for mask in (np.eye(3, dtype=bool), np.eye(3)):
            y = layer(x, mask, src_key_padding_mask=PADDED[:, 1:])
            assert y.dtype == np.float32
            y.sum().backward()
            assert {p.grad.dtype for p in layer.parameters()} == {np.dtype(np.float32)}


def test_second_derivatives_are_right():
    layer = nn.TransformerEncoderLayer(4, 2, 5, dropout=0.0, activation=autograd.tanh, dtype=float, rng=0)
    assert check_gradients(autograd.grad(lambda x: (layer(x, is_causal=True) ** 3).sum()), waves(3, 2, 4))


def test_a_compiled_layer_is_the_layer():
    layer = nn.TransformerEncoderLayer(4, 2, 5, dropout=0.0, batch_first=True, dtype=float, rng=0)

    def loss(x, mask, padding):
        return (layer(x, mask, padding) ** 3).sum()

    compiled = autograd.compile(loss)
    for mask, padding in ((np.triu(np.ones((4, 4), dtype=bool), 1), PADDED), (np.zeros((4, 4), dtype=bool), PADDED[::-1])):
        layer.zero_grad()
        value = loss(waves(2, 4, 4), mask, padding)
        value.backward()
        expected = [np.array(p.grad) for p in layer.parameters()]
        layer.zero_grad()
        again = compiled(waves(2, 4, 4), mask, padding)
        again.backward()
        assert np.isclose(again.item(), value.item(), rtol=1e-12)
        for p, g in zip(layer.parameters(), expected, strict=True):
            np.testing.assert_allclose(p.grad, g, rtol=1e-9, atol=1e-12)
    assert len(compiled.programs) == 1


class Model(nn.Module):
    def __init__(self, batch_first=False):
        self.block = nn.TransformerEncoderLayer(4, 2, 5, batch_first=batch_first)

    def forward(self, *args, **kwargs):
        return self.block(*args, **kwargs)


A = nn.MultiheadAttention(4, 2)
X = waves(3, 2, 4)


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda: Model()(waves(3, 2, 5)), r"MultiheadAttention 'block.self_attn' takes a query of shape \(places, n, 4\), .* got \(3, 2, 5\)"),
    (lambda: Model(True)(waves(4)), r"takes a query of shape \(n, places, 4\), or \(places, 4\) .* got \(4,\); batch_first is True"),
    (lambda: A(X, X, waves(4, 2, 4)), r"takes a value for each key, .* a key of \(3, 2, 4\) and a value of \(4, 2, 4\)"),
    (lambda: A(X, waves(3, 1, 4), waves(3, 1, 4)), r"of the same n; got a query of shape \(3, 2, 4\), a key of \(3, 1, 4\)"),
    (lambda: A(X, X, X, attn_mask=SEEN), r"takes an attn_mask of shape \(3, 3\) or \(4, 3, 3\), and got \(3, 4\)"),
    (lambda: A(X, X, X, key_padding_mask=PADDED), r"takes a key_padding_mask of shape \(2, 3\), and got \(2, 4\)"),
    (lambda: nn.MultiheadAttention(5, 2), "MultiheadAttention splits embed_dim into heads of equal size; 5 does not split into 2"),
    (lambda: nn.MultiheadAttention(4, 0), "MultiheadAttention takes num_heads as a whole number from 1; got 0"),
    (lambda: nn.MultiheadAttention(4, 2, kdim=0), "MultiheadAttention takes kdim as a whole number from 1; got 0"),
    (lambda: nn.MultiheadAttention(4, 2, dropout=1), "MultiheadAttention drops with a probability from 0 to below 1; got dropout=1"),
    (lambda: nn.TransformerEncoderLayer(4, 2, activation="sine"), "takes as activation 'relu', 'gelu' or a function; got 'sine'"),
])  # fmt: skip
def test_mistakes_are_explained(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_a_mask_of_numbers_is_refused():
    with pytest.raises(TypeError, match=r"takes attn_mask as an array of bool, true where nothing is to be taken, .* got int64"):
        A(X, X, X, attn_mask=np.zeros((3, 3), dtype=int))


PADDING, LATER = np.array([[False, True], [False, False]]), np.triu(np.ones((3, 3), bool), 1)


@pytest.mark.parametrize(
    ("make", "given", "eval"),
    [
        (lambda n, f64: n.TransformerDecoderLayer(4, 2, 3, 0.0, dtype=f64), [], False),
        (lambda n, f64: n.TransformerDecoderLayer(4, 1, 3, 0.1, "gelu", 0.1, False, True, False, dtype=f64), [LATER], True),
        (lambda n, f64: n.TransformerDecoderLayer(4, 2, 3, 0.0, dtype=f64), [LATER, LATER[:, :2]], False),
    ],
)
def test_decoder_layer_is_pytorchs(make, given, eval, pytorch):
    assert_pytorchs(Case(make, waves(3, 2, 4), 0.5 * waves(2, 2, 4), given=given, eval=eval), pytorch)


def test_decoder_layer_takes_paddings_and_the_batch_first():
    torch = pytest.importorskip("torch")
    ours, theirs = (
        n.TransformerDecoderLayer(4, 2, 3, 0.0, batch_first=True, dtype=f64) for n, f64 in ((nn, float), (torch.nn, torch.float64))
    )
    options = {"tgt_mask": LATER, "tgt_key_padding_mask": np.zeros((2, 3), bool), "memory_key_padding_mask": PADDING}
    assert_twins(ours, theirs, waves(2, 3, 4), waves(2, 2, 4), rtol=1e-7, **options)


def test_a_decoder_layer_has_no_other_activation():
    with pytest.raises(ValueError, match="TransformerDecoderLayer takes as activation 'relu', 'gelu' or a function; got 'tanh'"):
        nn.TransformerDecoderLayer(4, 2, activation="tanh")
