"""Keras' phrase book: layers, losses, metrics, optimizers and initializers are Keras' formulas, written out here."""

import math

import numpy as np
import pytest

from autograd import Tensor
from nn import keras
from nn.keras import layers

RNG = np.random.default_rng(0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def close(found, expected, tolerance=1e-5):
    found = found.data if isinstance(found, Tensor) else found
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


def filled(layer, *shape):
    """A layer with random weights, and an input of this shape."""
    x = RNG.normal(size=shape).astype(np.float32)
    layer(x)
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.get_weights()])
    return layer, x, layer.get_weights()


def windows(x, k, stride, before, out):
    """The windows of images (n, h, w, c), as (n, out, out, k, k, c)."""
    padded = np.pad(x, ((0, 0), (before, 9), (before, 9), (0, 0)))
    return np.stack([np.stack([padded[:, i * stride : i * stride + k, j * stride : j * stride + k] for j in range(out)], 1)
                     for i in range(out)], 1)  # fmt: skip


# --- layers ---------------------------------------------------------------------------------------


def test_a_loss_is_found_by_the_name_of_its_class():
    assert isinstance(keras.losses.get("MeanSquaredError"), keras.losses.MeanSquaredError)
    assert isinstance(keras.metrics.get("RootMeanSquaredError"), keras.metrics.RootMeanSquaredError)


def test_dense_is_x_times_kernel_plus_bias():
    layer, x, (kernel, bias) = filled(layers.Dense(3, activation="relu"), 5, 4)
    assert (kernel.shape, bias.shape) == ((4, 3), (3,))
    close(layer(x), np.maximum(x @ kernel + bias, 0))


@pytest.mark.parametrize(
    ("size", "k", "stride", "padding", "before", "out"),
    [(7, 3, 1, "valid", 0, 5), (7, 3, 1, "same", 1, 7), (8, 3, 2, "same", 0, 4), (7, 4, 2, "same", 1, 4), (8, 2, 3, "valid", 0, 3)],
)
def test_conv2d_reads_windows_of_images_with_channels_last(size, k, stride, padding, before, out):
    layer, x, (kernel, bias) = filled(layers.Conv2D(5, k, strides=stride, padding=padding), 2, size, size, 3)
    assert kernel.shape == (k, k, 3, 5)
    close(layer(x), np.einsum("nijabc,abcd->nijd", windows(x, k, stride, before, out), kernel) + bias, 1e-4)


def test_causal_conv1d_sees_no_later_time():
    layer, x, (kernel, bias) = filled(layers.Conv1D(4, 3, padding="causal"), 2, 6, 3)
    padded = np.pad(x, ((0, 0), (2, 0), (0, 0)))
    close(layer(x), np.stack([np.einsum("nac,acd->nd", padded[:, t : t + 3], kernel) + bias for t in range(6)], 1), 1e-4)


@pytest.mark.parametrize(("padding", "before", "out"), [("valid", 0, 3), ("same", 0, 4)])
def test_pooling_takes_windows_and_what_same_adds_does_not_count(padding, before, out):
    x = RNG.normal(size=(2, 7, 7, 3))
    ones = np.ones_like(x)
    found = windows(x, 2, 2, before, out)
    counts = windows(ones, 2, 2, before, out).sum((3, 4))
    close(layers.AveragePooling2D(padding=padding)(x), found.sum((3, 4)) / counts)
    close(layers.MaxPooling2D(padding=padding)(x), np.where(windows(ones, 2, 2, before, out), found, -np.inf).max((3, 4)))
    close(layers.MaxPooling1D(2)(x[:, 0]), np.maximum(x[:, 0, :6:2], x[:, 0, 1:6:2]))
    close(layers.GlobalAveragePooling2D()(x), x.mean((1, 2)))
    close(layers.GlobalMaxPooling1D()(x[0]), x[0].max(1))


def test_batch_normalization_keeps_keras_running_mean_and_biased_variance():
    layer, x, _ = filled(layers.BatchNormalization(momentum=0.9), 6, 3)
    gamma, beta, mean, variance = weights = [np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.0, -1.0]), np.zeros(3), np.ones(3)]
    layer.set_weights(weights)
    close(layer(x), gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta)
    close(layer(x, training=True), gamma * (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-3) + beta)
    close(layer.moving_mean, 0.1 * x.mean(0))
    close(layer.moving_variance, 0.9 + 0.1 * x.var(0))
    assert [v.name for v in layer.weights] == ["gamma", "beta", "moving_mean", "moving_variance"]


def test_a_frozen_batch_normalization_stays_in_evaluation():
    layer, x, _ = filled(layers.BatchNormalization(), 6, 3)
    layer.set_weights([np.ones(3), np.zeros(3), np.zeros(3), np.ones(3)])
    layer.trainable = False
    close(layer(x, training=True), x / np.sqrt(1.001))
    assert not layer.moving_mean.numpy().any()


def test_layer_normalization_is_of_the_last_axis():
    layer, x, (gamma, beta) = filled(layers.LayerNormalization(), 2, 5, 4)
    close(layer(x), gamma * (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-3) + beta, 1e-4)


def lstm(x, kernel, recurrent, bias):
    h = c = np.zeros((len(x), len(recurrent)))
    states = []
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] @ kernel + h @ recurrent + bias, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        states.append(h)
    return np.stack(states, 1), h, c


def test_lstm_has_keras_gates_and_one_bias():
    layer, x, weights = filled(layers.LSTM(4, return_sequences=True, return_state=True), 3, 5, 2)
    assert [w.shape for w in weights] == [(2, 16), (4, 16), (16,)]
    for found, expected in zip(layer(x), lstm(x, *weights), strict=True):
        close(found, expected)
    assert layers.LSTM(4).count_params() == 0
    fresh = layers.LSTM(4)
    fresh(x)
    assert fresh.get_weights()[2].tolist() == [0.0] * 4 + [1.0] * 4 + [0.0] * 8


def test_gru_has_keras_gates_and_two_rows_of_biases():
    layer, x, (kernel, recurrent, bias) = filled(layers.GRU(4), 3, 5, 2)
    assert bias.shape == (2, 12)
    h = np.zeros((3, 4))
    for t in range(5):
        (xz, xr, xh), (hz, hr, hh) = np.split(x[:, t] @ kernel + bias[0], 3, 1), np.split(h @ recurrent + bias[1], 3, 1)
        z = sigmoid(xz + hz)
        h = z * h + (1 - z) * np.tanh(xh + sigmoid(xr + hr) * hh)
    close(layer(x), h)


def test_bidirectional_reads_both_ways():
    layer, x, weights = filled(layers.Bidirectional(layers.LSTM(4, return_sequences=True)), 3, 5, 2)
    there, back = lstm(x, *weights[:3])[0], lstm(x[:, ::-1], *weights[3:])[0][:, ::-1]
    close(layer(x), np.concatenate([there, back], -1))
    assert [inner.name for inner in layer._inner()] == [
        f"forward_{layer.forward_layer.name[8:]}",
        f"backward_{layer.forward_layer.name[8:]}",
    ]


def test_an_embedding_takes_numbers_that_are_floats():
    layer = layers.Embedding(9, 4)
    found = layer(np.array([[0.0, 8.0]]))
    table = layer.get_weights()[0]
    close(found, table[[[0, 8]]])
    assert abs(table).max() <= 0.05


@pytest.mark.parametrize(
    ("layer", "function"),
    [
        (layers.Activation("selu"), lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x))),
        (layers.ReLU(max_value=1.0), lambda x: x.clip(0, 1)),
        (layers.LeakyReLU(), lambda x: np.where(x > 0, x, 0.3 * x)),
        (layers.Activation("leaky_relu"), lambda x: np.where(x > 0, x, 0.2 * x)),
        (layers.Activation("softsign"), lambda x: x / (1 + abs(x))),
        (layers.Softmax(), lambda x: np.exp(x) / np.exp(x).sum(-1, keepdims=True)),
        (layers.Rescaling(0.5, 1.0), lambda x: x * 0.5 + 1),
        (layers.Flatten(), lambda x: x.reshape(2, -1)),
        (layers.Reshape((4, -1)), lambda x: x.reshape(2, 4, 3)),
        (layers.Permute((2, 1)), lambda x: x.transpose(0, 2, 1)),
        (layers.Lambda(lambda x: x * 2), lambda x: x * 2),
        (layers.Dropout(0.5), lambda x: x),
    ],
    ids=lambda thing: getattr(thing, "name", ""),
)
def test_layers_without_weights_are_their_formulas(layer, function):
    x = RNG.normal(size=(2, 3, 4)).astype(np.float32)
    close(layer(x), function(x))


def test_merging_layers_are_their_formulas():
    a, b, c = RNG.normal(size=(3, 2, 4))
    close(layers.Add()([a, b, c]), a + b + c)
    close(layers.Average()([a, b, c]), (a + b + c) / 3)
    close(layers.Subtract()([a, b]), a - b)
    close(layers.multiply([a, b]), a * b)
    close(layers.Concatenate(axis=1)([a, b]), np.concatenate([a, b], 1))


def test_images_are_padded_and_enlarged():
    x = RNG.normal(size=(2, 3, 4, 1))
    assert layers.ZeroPadding2D(((1, 2), (0, 3)))(x).shape == (2, 6, 7, 1)
    close(layers.UpSampling2D(2)(x), x.repeat(2, 1).repeat(2, 2))
    close(layers.RepeatVector(3)(x[:, 0, :, 0]), x[:, :1, :, 0].repeat(3, 1))


def test_dropout_drops_in_training_only():
    keras.utils.set_random_seed(0)
    layer = layers.Dropout(0.5)
    assert set(np.ravel(layer(np.ones(100), training=True))) == {0.0, 2.0}
    assert (layer(np.ones(100)) == 1).all()


# --- initializers and regularizers ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "variance", "bound"),
    [
        ("glorot_uniform", 2 / 500, math.sqrt(6 / 500)), ("glorot_normal", 2 / 500, 2 * math.sqrt(2 / 500) / 0.8796),
        ("he_normal", 2 / 200, 2 * math.sqrt(2 / 200) / 0.8796), ("he_uniform", 2 / 200, math.sqrt(6 / 200)),
        ("lecun_normal", 1 / 200, 2 * math.sqrt(1 / 200) / 0.8796), ("random_normal", 0.05**2, 1), ("uniform", 0.05**2 / 3, 0.05),
        ("truncated_normal", (0.05 * 0.8796) ** 2, 0.1),
    ],
)  # fmt: skip
def test_an_initializer_has_its_variance_and_its_bound(name, variance, bound):
    x = keras.initializers.get(name)((200, 300))
    assert x.var() == pytest.approx(variance, rel=0.03)
    assert abs(x).max() <= bound * 1.001


def test_a_kernel_has_the_fan_of_its_window():
    x = keras.initializers.HeUniform(seed=0)((3, 3, 4, 8))
    assert 0.95 * math.sqrt(6 / 36) < abs(x).max() <= math.sqrt(6 / 36)


@pytest.mark.parametrize("shape", [(6, 4), (4, 6)])
def test_orthogonal_weights_are_orthonormal(shape):
    x = keras.initializers.Orthogonal(seed=0)(shape)
    close(x.T @ x if shape[0] > shape[1] else x @ x.T, np.eye(4))


def test_regularizers_are_added_to_the_loss_in_fit_and_evaluate():
    model = keras.Sequential([layers.Dense(1, input_shape=(2,), kernel_regularizer=keras.regularizers.l2(0.1), bias_regularizer="l1")])
    x, y = RNG.normal(size=(8, 2)), RNG.normal(size=(8, 1))
    model.set_weights([[[1.0], [2.0]], [-3.0]])
    model.compile("sgd", "mse")
    expected = ((x @ [[1.0], [2.0]] - 3 - y) ** 2).mean() + 0.1 * 5 + 0.01 * 3
    assert model.evaluate(x, y, verbose=0) == pytest.approx(expected, rel=1e-5)
    assert model.fit(x, y, verbose=0).history["loss"][0] == pytest.approx(expected, rel=1e-5)


# --- losses and metrics ---------------------------------------------------------------------------

P = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.0, 0.0, 1.0]])
T = np.eye(3)[[0, 2, 2]]
Z = RNG.normal(size=(3, 3))
SOFT = np.exp(Z) / np.exp(Z).sum(1, keepdims=True)
B, Y = np.array([[0.9], [0.4], [1.0]]), np.array([1, 1, 1])
K = keras.losses


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (lambda: K.mean_squared_error(T, P), ((T - P) ** 2).mean(1)),
        (lambda: K.mean_absolute_error(T, P), abs(T - P).mean(1)),
        (lambda: K.categorical_crossentropy(T, P), -np.log([0.7, 0.1, 1.0])),
        (lambda: K.sparse_categorical_crossentropy([0, 2, 2], P), -np.log([0.7, 0.1, 1.0])),
        (lambda: K.sparse_categorical_crossentropy([[0], [2], [2]], Z, from_logits=True), -np.log(SOFT[[0, 1, 2], [0, 2, 2]])),
        (lambda: K.categorical_crossentropy(T, Z, from_logits=True, label_smoothing=0.3), -((0.7 * T + 0.1) * np.log(SOFT)).sum(1)),
        (lambda: K.binary_crossentropy(Y, B), -np.log([0.9, 0.4, 1.0])),
        (lambda: K.binary_crossentropy(Y, np.array([[0.0], [2.0], [-1.0]]), from_logits=True), -np.log(sigmoid(np.array([0.0, 2, -1])))),
        (lambda: K.huber(np.array([[0.0, 0.0]]), np.array([[0.5, 3.0]])), [(0.125 + 2.5) / 2]),
        (lambda: K.hinge(np.array([[0, 1]]), np.array([[0.5, 0.25]])), [(1.5 + 0.75) / 2]),
        (lambda: K.kl_divergence(T, P), -np.log([0.7, 0.1, 1.0])),
        (lambda: K.MeanSquaredError()(T, P), ((T - P) ** 2).mean()),
        (lambda: K.MeanSquaredError()(T, P, sample_weight=[1, 0, 2]), (((T - P) ** 2).mean(1) * [1, 0, 2]).mean()),
        (lambda: K.MeanAbsoluteError(reduction="sum")(T, P), abs(T - P).mean(1).sum()),
        (lambda: K.SparseCategoricalCrossentropy()(np.array([[0, 1]]), np.array([[[0.5, 0.5], [0.2, 0.8]]])), -np.log([0.5, 0.8]).mean()),
    ],
)
def test_a_loss_is_its_formula(loss, expected):
    close(loss(), expected)


@pytest.mark.parametrize(
    ("metric", "y_true", "y_pred", "expected"),
    [
        ("accuracy", T, P, 2 / 3), ("accuracy", [0, 2, 2], P, 2 / 3), ("accuracy", Y, B, 2 / 3), ("acc", [[0], [2], [2]], P, 2 / 3),
        ("binary_accuracy", T, P, 7 / 9), ("mae", T, P, abs(T - P).mean()), ("mse", Y, B, 0.37 / 3),
        (keras.metrics.RootMeanSquaredError(), Y, B, math.sqrt(0.37 / 3)),
        (keras.metrics.Precision(), [1, 0, 1, 0], [0.9, 0.8, 0.2, 0.1], 1 / 2),
        (keras.metrics.Recall(), [1, 0, 1, 1], [0.9, 0.8, 0.2, 0.1], 1 / 3),
        (keras.metrics.AUC(), [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], 0.75), (keras.metrics.TopKCategoricalAccuracy(1), T, P, 2 / 3),
        (keras.losses.mean_squared_error, T, P, ((T - P) ** 2).mean()), ("categorical_crossentropy", T, P, -np.log([0.7, 0.1, 1]).mean()),
    ],
)  # fmt: skip
def test_a_metric_is_its_formula(metric, y_true, y_pred, expected):
    assert keras.metrics.get(metric).measured(np.array(y_true), np.array(y_pred)) == pytest.approx(expected, abs=1e-6)


def test_a_metric_adds_up_batches_until_it_is_reset():
    metric = keras.metrics.Mean()
    metric.update_state([1.0, 2.0])
    metric.update_state(6.0)
    assert metric.result() == 3.0
    metric.reset_state()
    assert metric.result() == 0.0


# --- optimizers -----------------------------------------------------------------------------------


def adam(p, g, m, t, lr=0.1, eps=1e-7, decay=0.0):
    p -= p * decay * lr
    m[0] += (g - m[0]) * 0.1
    m[1] += (g * g - m[1]) * 0.001
    p -= m[0] * lr * math.sqrt(1 - 0.999**t) / (1 - 0.9**t) / (np.sqrt(m[1]) + eps)


def sgd(p, g, m, t, momentum=0.9, nesterov=False):
    m[0] = momentum * m[0] - 0.1 * g
    p += momentum * m[0] - 0.1 * g if nesterov else m[0]


def rmsprop(p, g, m, t):
    m[1] = 0.9 * m[1] + 0.1 * g * g
    m[0] = 0.5 * m[0] + 0.1 * g / np.sqrt(m[1] + 1e-7)
    p -= m[0]


def adagrad(p, g, m, t):
    m[0] = m[0] + g * g
    p -= 0.1 * g / np.sqrt(m[0] + 0.1 + 1e-7)


@pytest.mark.parametrize(
    ("optimizer", "formula"),
    [
        (keras.optimizers.Adam(0.1), adam), (keras.optimizers.Adam(0.1, epsilon=1e-2), lambda *a: adam(*a, eps=1e-2)),
        (keras.optimizers.AdamW(0.1, weight_decay=0.5), lambda *a: adam(*a, decay=0.5)),
        (keras.optimizers.SGD(0.1), lambda *a: sgd(*a, momentum=0.0)), (keras.optimizers.SGD(0.1, momentum=0.9), sgd),
        (keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True), lambda *a: sgd(*a, nesterov=True)),
        (keras.optimizers.RMSprop(0.1, momentum=0.5), rmsprop), (keras.optimizers.Adagrad(0.1), adagrad),
    ],
)  # fmt: skip
def test_an_optimizer_is_keras_formula_also_for_small_gradients(optimizer, formula):
    tensor, p, memory = Tensor(np.array([1.0, -2.0])), np.array([1.0, -2.0]), [np.zeros(2), np.zeros(2)]
    for t in range(1, 5):
        g = RNG.normal(size=2) * [1.0, 1e-4]
        optimizer.bind([tensor]).zero_grad()
        (tensor * g).sum().backward()
        optimizer.before_step()
        optimizer.inside.step()
        formula(p, g, memory, t)
        close(tensor, p, 1e-9)


def test_gradients_are_clipped_before_the_step():
    for settings, expected in (({"clipnorm": 1.0}, [0.6, 0.8]), ({"clipvalue": 3.5}, [3.0, 3.5]), ({"global_clipnorm": 2.5}, [1.5, 2.0])):
        optimizer, tensor = keras.optimizers.SGD(1.0, **settings), Tensor(np.zeros(2))
        optimizer.bind([tensor])
        (tensor * np.array([3.0, 4.0])).sum().backward()
        optimizer.before_step()
        optimizer.inside.step()
        close(tensor, [-x for x in expected])


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [
        (keras.optimizers.schedules.ExponentialDecay(1.0, 2, 0.25), {0: 1.0, 1: 0.5, 2: 0.25}),
        (keras.optimizers.schedules.ExponentialDecay(1.0, 2, 0.25, staircase=True), {1: 1.0, 2: 0.25, 3: 0.25}),
        (keras.optimizers.schedules.CosineDecay(1.0, 4), {0: 1.0, 2: 0.5, 4: 0.0, 9: 0.0}),
        (keras.optimizers.schedules.PiecewiseConstantDecay([2, 5], [1.0, 0.5, 0.1]), {0: 1.0, 2: 1.0, 3: 0.5, 5: 0.5, 6: 0.1}),
    ],
)
def test_a_schedule_gives_the_rate_of_each_step(schedule, rates):
    assert {step: pytest.approx(schedule(step)) for step in rates} == rates


def test_a_schedule_sets_the_rate_before_each_step():
    optimizer = keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(1.0, 1, 0.5))
    model = keras.Sequential([layers.Dense(1, input_shape=(2,))])
    model.compile(optimizer, "mse")
    model.fit(np.ones((6, 2)), np.ones(6), batch_size=2, verbose=0)
    assert (optimizer.learning_rate, optimizer.iterations) == (0.25, 3)
