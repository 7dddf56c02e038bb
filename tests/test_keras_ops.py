"""Keras' phrase book: functions of arrays and symbols, and attention, against NumPy."""

import numpy as np
import pytest

from autograd import Tensor
from nn import keras
from nn.keras import layers

RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 3))


def test_functions_of_symbols_are_layers():
    a, b = keras.Input((4,)), keras.Input((4,))
    joined = keras.ops.concatenate([layers.Dense(3)(a), keras.ops.relu(b) * 2], axis=-1)
    model = keras.Model([a, b], keras.ops.mean(joined, axis=-1, keepdims=True))
    x = RNG.normal(size=(5, 4)).astype(np.float32)
    kernel, bias = model.get_weights()
    expected = np.concatenate([x @ kernel + bias, np.maximum(x, 0) * 2], axis=-1).mean(-1, keepdims=True)
    np.testing.assert_allclose(model.predict([x, x], verbose=0), expected, rtol=1e-5)
    model.compile("sgd", "mse")
    model.fit([x, x], np.ones(5), verbose=0)
    assert not np.array_equal(model.get_weights()[0], kernel)


@pytest.mark.parametrize("name", sorted(set(keras.ops.NUMPY) - {"meshgrid"}))
def test_functions_under_numpys_names_are_numpys(name):
    given = {
        "arctan2": (X, X), "cross": (np.eye(3), np.ones((3, 3))), "einsum": ("ij,kj->ik", X, X), "full_like": (X, 3.0), "inner": (X, X),
        "moveaxis": (X, 0, 1), "outer": (X[0], X[0]), "repeat": (X, 2), "roll": (X, 1), "split": (X, [1]), "swapaxes": (X, 0, 1),
        "take_along_axis": (X, np.zeros((1, X.shape[1]), int), 0), "tensordot": (X, X, [[0], [0]]), "tile": (X, 2), "mod": (X, 2.0),
        **dict.fromkeys(("equal", "greater", "greater_equal", "less", "less_equal", "not_equal"), (X, 0.0)),
        **dict.fromkeys(("logical_and", "logical_or"), (X > 0, X < 1)), "logical_not": (X > 0,), "diag": (X[0],),
    }.get(name, (np.clip(X, -0.9, 0.9),) if name.startswith("arc") else (np.abs(X) + 1,) if name.startswith("log") else (X,))  # fmt: skip
    ours, theirs = getattr(keras.ops, name)(*given), getattr(np, name)(*given)
    np.testing.assert_array_equal(np.concatenate(ours) if name == "split" else ours, np.concatenate(theirs) if name == "split" else theirs)


def test_the_largest_numbers_and_others_that_numpy_lacks():
    numbers, places = keras.ops.top_k(np.array([[1.0, 5.0, 3.0]]), 2)
    assert (numbers.tolist(), places.tolist()) == ([[5.0, 3.0]], [[1, 2]])
    assert keras.ops.rsqrt(np.array([4.0])).tolist() == [0.5]
    assert [made.dtype for made in (keras.ops.ones(2), keras.ops.eye(2), keras.ops.linspace(0, 1, 3))] == [np.float32] * 3
    w = Tensor([2.0])
    (w * keras.ops.stop_gradient(w)).sum().backward()
    assert w.grad.tolist() == [2.0]


@pytest.mark.parametrize("causal", [False, True])
def test_attention_of_several_heads_is_softmax_of_scores_times_values(causal):
    layer, q, v = layers.MultiHeadAttention(num_heads=2, key_dim=3, value_dim=5), RNG.normal(size=(2, 4, 6)), RNG.normal(size=(2, 7, 8))
    layer(q, v)
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.get_weights()])
    mask = RNG.random((2, 4, 7)) < 0.7
    mask[..., 0] = True
    out, shares = layer(q, v, attention_mask=mask, use_causal_mask=causal, return_attention_scores=True)
    wq, bq, wk, bk, wv, bv, wo, bo = layer.get_weights()
    assert [w.shape for w in (wq, wk, wv, wo)] == [(6, 2, 3), (8, 2, 3), (8, 2, 5), (2, 5, 6)]
    queries, keys, values = (np.einsum("ntd,dhk->nhtk", x, w) + b[:, None] for x, w, b in ((q, wq, bq), (v, wk, bk), (v, wv, bv)))
    scores = np.where(mask[:, None] & (np.tri(4, 7, dtype=bool) if causal else True), queries @ keys.swapaxes(2, 3) / np.sqrt(3), -np.inf)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    np.testing.assert_allclose(shares.data, weights, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(out.data, np.einsum("nhtk,hkd->ntd", weights @ values, wo) + bo, rtol=1e-4, atol=1e-5)


def test_a_layer_of_layers_that_attends_is_trained():
    inputs = keras.Input((5, 4))
    outputs = layers.Dense(1)(layers.GlobalAveragePooling1D()(layers.MultiHeadAttention(2, 3, dropout=0.1)(inputs, inputs)))
    model = keras.Model(inputs, outputs)
    model.compile("adam", "mse")
    x = RNG.normal(size=(8, 5, 4)).astype(np.float32)
    before = model.get_weights()
    model.fit(x, x[:, 0, :1], verbose=0)
    assert all((a != b).any() for a, b in zip(before, model.get_weights(), strict=True) if a.ndim > 1)
