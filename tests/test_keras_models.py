"""Keras' phrase book: models are built, trained, measured, printed and stored as Keras' programs expect."""

import copy
import operator
import re
import subprocess
import sys

import numpy as np
import pytest

import autograd
import nn
from nn import keras
from nn.keras import layers

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(40, 4)), RNG.integers(0, 3, 40)


def classifier(**compiled):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([layers.Dense(8, activation="relu", input_shape=(4,)), layers.Dense(3, activation="softmax")])
    model.compile(**{"optimizer": "adam", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"], **compiled})
    return model


def line(optimizer="sgd", **compiled):
    """One weight w = 0, trained on x = 1 to y = 1, so that the loss is (w - 1)²."""
    model = keras.Sequential([layers.Dense(1, use_bias=False, kernel_initializer="zeros", input_shape=(1,))])
    model.compile(optimizer, "mse", **compiled)
    return model


# --- fit ------------------------------------------------------------------------------------------


def test_a_frozen_layer_is_frozen_in_the_file_too(tmp_path):
    model = keras.Sequential([keras.layers.Dense(3, input_shape=(4,)), keras.layers.Dense(1)])
    model.layers[0].trainable = False
    model.compile("adam", "mse")
    model.fit(np.ones((2, 4)), np.ones((2, 1)), verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert [layer.trainable for layer in loaded.layers] == [False, True]


def test_the_history_has_the_measures_of_each_epoch_in_keras_order():
    history = classifier().fit(X, Y, epochs=3, validation_split=0.25, verbose=0)
    assert list(history.history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert {len(column) for column in history.history.values()} == {3}
    assert history.epoch == [0, 1, 2]


def test_the_validation_split_is_the_end_of_the_data():
    split, given = (classifier().fit(X, Y, verbose=0, **how) for how in ({"validation_split": 0.25}, {}))
    held_out = classifier().fit(X[:30], Y[:30], validation_data=(X[30:], Y[30:]), verbose=0)
    assert split.history == held_out.history
    assert "val_loss" not in given.history


def test_the_weight_of_a_class_multiplies_its_losses_in_training_only():
    x, y = np.ones((4, 1)), np.array([0, 1, 1, 1])
    history = line().fit(x, y, class_weight={0: 10.0, 1: 2.0}, validation_data=(x, y), verbose=0).history
    assert history["loss"][0] == pytest.approx(6 / 4)
    w = 0.01 * 2 * 6 / 4
    assert history["val_loss"][0] == pytest.approx((w**2 + 3 * (w - 1) ** 2) / 4)


def test_without_shuffling_the_examples_come_in_their_order():
    seen = []
    model = line()
    model.layers[0].register_forward_hook(lambda layer, args, output: seen.append(np.ravel(args[0]).tolist()))
    model.fit(np.arange(5.0)[:, None], np.zeros(5), batch_size=2, shuffle=False, verbose=0)
    assert seen == [[0, 1], [2, 3], [4]]


def test_a_second_fit_goes_on_with_the_same_optimizer():
    twice, once = classifier(), classifier()
    for model, epochs in ((twice, [1, 1]), (once, [2])):
        for n in epochs:
            model.fit(X, Y, epochs=n, shuffle=False, verbose=0)
    assert all((a == b).all() for a, b in zip(twice.get_weights(), once.get_weights(), strict=True))


def test_fit_evaluate_and_predict_agree():
    model = classifier()
    model.fit(X, Y, epochs=2, verbose=0)
    loss, accuracy = model.evaluate(X, Y, verbose=0)
    p = model.predict(X, verbose=0)
    assert accuracy == (p.argmax(1) == Y).mean()
    assert loss == pytest.approx(-np.log(p[np.arange(40), Y]).mean(), rel=1e-5)
    assert model.evaluate(X, Y, return_dict=True, verbose=0) == {"loss": loss, "accuracy": accuracy}
    assert model.metrics_names == ["loss", "accuracy"]
    assert np.allclose(model(X).data, p)


def test_a_dataloader_is_data_too():
    loader = nn.data.DataLoader(nn.data.TensorDataset(X, Y), batch_size=8)
    assert "val_loss" in classifier().fit(loader, validation_data=loader, verbose=0).history
    assert len(classifier().evaluate(loader, verbose=0)) == 2


def test_one_step_on_a_batch():
    model = line()
    assert model.train_on_batch(np.ones((2, 1)), np.ones(2)) == pytest.approx(1.0)
    assert model.get_weights()[0].item() == pytest.approx(0.02)
    assert model.test_on_batch(np.ones((2, 1)), np.ones(2)) == pytest.approx(0.98**2)
    assert model.predict_on_batch(np.ones((2, 1))).shape == (2, 1)


def test_a_loss_and_a_metric_of_ones_own():
    def distance(y_true, y_pred):
        return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)

    model = line(metrics=[distance])
    model.compile("sgd", distance, metrics=[distance])
    history = model.fit(np.ones((3, 1)), np.ones((3, 1)), verbose=0).history
    assert history == {"distance": [1.0], "loss": [1.0]}


@pytest.mark.parametrize("verbose", [1, 2])
def test_fit_prints_epochs_as_keras_does(capsys, verbose):
    model = classifier()
    model.fit(X, Y, epochs=2, validation_split=0.25, verbose=verbose)
    middle = r" ━{20} \d+s " if verbose == 1 else r" - \d+s - "
    measures = "".join(rf" - {name}: \d\.\d{{4}}" for name in ("accuracy", "loss", "val_accuracy", "val_loss"))
    text = "".join(rf"Epoch {i}/2\n1/1{middle}\d+[mu]?s/step{measures}\n" for i in (1, 2))
    assert re.fullmatch(text, capsys.readouterr().out)
    model.evaluate(X, Y, verbose=verbose)
    model.predict(X, verbose=verbose)
    assert capsys.readouterr().out.count("2/2") == 2
    model.fit(X, Y, verbose=0)
    assert capsys.readouterr().out == ""


# --- models ---------------------------------------------------------------------------------------


def test_a_functional_model_may_branch_and_share_layers():
    a, b = keras.Input(shape=(4,), name="a"), keras.Input(shape=(4,), name="b")
    shared = layers.Dense(3, activation="tanh")
    model = keras.Model([a, b], layers.Add()([shared(a), shared(b)]) * 2.0)
    kernel, bias = model.get_weights()
    expected = 2 * (np.tanh(X @ kernel + bias) + np.tanh(-X @ kernel + bias))
    for inputs in ([X, -X], {"b": -X, "a": X}):
        assert np.allclose(model.predict(inputs, verbose=0), expected, atol=1e-5)
    assert model.output_shape == (None, 3)


def test_a_model_of_a_subclass_is_trained_and_tells_training_from_evaluation():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.hidden, self.out = layers.Dense(4), layers.Dense(3, activation="softmax")
            self.seen = set()

        def call(self, inputs, training=False):
            self.seen.add(training)
            return self.out(self.hidden(inputs))

    model = Own()
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(X, Y, verbose=0)
    assert model.seen == {True, False}
    assert model.count_params() == 4 * 4 + 4 + 4 * 3 + 3
    model.seen.clear()
    model(X)
    assert model.seen == {False}


def test_a_part_of_a_model_is_a_model_with_the_same_weights():
    model = classifier()
    features = keras.Model(model.inputs, model.layers[0].output)
    assert np.allclose(features.predict(X, verbose=0), np.maximum(X @ model.get_weights()[0], 0), atol=1e-5)
    whole = keras.Sequential([features, layers.Dense(2)])
    assert whole.output_shape == (None, 2)
    assert model.get_layer(index=0) is model.get_layer(model.layers[0].name) is features.layers[0]


def test_axes_of_any_length_are_none():
    inputs = keras.Input(shape=(None, None, 3))
    x = layers.Conv2D(4, 3, padding="same")(inputs)
    assert layers.MaxPooling2D()(x).shape == (None, None, None, 4)
    assert layers.GlobalAveragePooling2D()(x).shape == (None, 4)


def test_frozen_layers_do_not_learn():
    model = classifier()
    model.layers[0].trainable = False
    before = model.get_weights()
    model.fit(X, Y, verbose=0)
    assert [(a == b).all() for a, b in zip(before, model.get_weights(), strict=True)] == [True, True, False, False]
    assert (len(model.trainable_weights), len(model.non_trainable_weights)) == (2, 2)


def test_a_sequential_without_a_shape_makes_its_weights_at_the_first_call():
    model = keras.Sequential()
    model.add(layers.Dense(3))
    model.add(layers.Dense(2))
    assert model.weights == []
    model.build((None, 4))
    assert [w.shape for w in model.get_weights()] == [(4, 3), (3,), (3, 2), (2,)]
    model.pop()
    assert model.output_shape == (None, 3)


def test_a_copy_is_independent():
    model = classifier()
    twin = copy.deepcopy(model)
    twin.fit(X, Y, verbose=0)
    assert not (twin.get_weights()[0] == model.get_weights()[0]).all()


def test_the_seed_decides_all():
    assert classifier().fit(X, Y, verbose=0).history == classifier().fit(X, Y, verbose=0).history


def test_the_parameters_are_known_to_nn_once():
    model = classifier()
    assert [name.split(".", 1)[1] for name in model.state_dict()] == ["inside.weight", "inside.bias"] * 2


def test_clear_session_numbers_layers_from_the_start():
    keras.backend.clear_session()
    assert [layers.Conv2D(1, 1).name, layers.Conv2D(1, 1).name, layers.ReLU().name] == ["conv2d", "conv2d_1", "re_lu"]


def test_the_summary_says_what_a_branch_is_connected_to_and_wraps_long_names():
    a = keras.Input((4,), name="a")
    b = layers.Dense(4, name="b")(a)
    c = layers.BatchNormalization(name="a_name_that_is_longer_than_a_cell")(layers.Add(name="c")([a, b]))
    lines = []
    keras.Model(a, c, name="branch").summary(print_fn=lines.append)
    text = "\n".join(lines)
    assert "│ c (Add)             │ (None, 4)         │          0 │ a[0][0], b[0][0]  │" in text
    assert "│ a_name_that_is_long │ (None, 4)         │         16 │ c[0][0]           │" in text
    assert " Total params: 36 (144.00 B)\n Trainable params: 28 (112.00 B)\n Non-trainable params: 8 (32.00 B)" in text


# --- callbacks ------------------------------------------------------------------------------------


def test_ones_own_callback_has_keras_moments_and_ends_training():
    class Own(keras.callbacks.Callback):
        def __init__(self):
            self.seen = []

        def on_train_begin(self, logs=None):
            self.seen.append(("begin", self.params["epochs"]))

        def on_epoch_end(self, epoch, logs=None):
            self.seen.append((epoch, list(logs)))
            self.model.stop_training = epoch == 1

        def on_train_batch_end(self, batch, logs=None):
            self.seen.append((batch, sorted(logs)))

        def on_train_end(self, logs=None):
            self.seen.append("end")

    own = Own()
    classifier().fit(X, Y, epochs=5, batch_size=40, verbose=0, callbacks=[own])
    epoch = lambda i: [(0, ["loss"]), (i, ["accuracy", "loss"])]
    assert own.seen == [("begin", 5), *epoch(0), *epoch(1), "end"]


def test_early_stopping_counts_as_keras_does_and_restores_the_best_weights(capsys):
    model = line(keras.optimizers.SGD(1.5))  # w goes 3, -3, 9, …: each epoch is worse than the one before
    stop = keras.callbacks.EarlyStopping(monitor="loss", patience=2, restore_best_weights=True, verbose=1)
    history = model.fit(np.ones((1, 1)), np.ones(1), epochs=9, verbose=0, callbacks=[stop])
    assert history.history["loss"] == [1.0, 4.0, 16.0]
    assert model.get_weights()[0].item() == 3.0
    assert capsys.readouterr().out == "Epoch 3: early stopping\n"


def rates(callback, epochs=6, optimizer=1.0):
    history = line(keras.optimizers.SGD(optimizer)).fit(np.zeros((1, 1)), np.ones(1), epochs=epochs, verbose=0, callbacks=[callback])
    return history.history["learning_rate"]


def test_the_learning_rate_is_reduced_when_keras_would():
    reduce = keras.callbacks.ReduceLROnPlateau
    assert rates(reduce("loss", factor=0.5, patience=2)) == [1, 1, 1, 0.5, 0.5, 0.25]
    assert rates(reduce("loss", factor=0.5, patience=2, cooldown=2), 7) == [1, 1, 1, 0.5, 0.5, 0.5, 0.25]
    assert rates(reduce("loss", factor=0.5, patience=1, min_lr=0.3)) == [1, 1, 0.5, 0.3, 0.3, 0.3]


def test_a_learning_rate_scheduler_sets_the_rate_of_each_epoch(capsys):
    assert rates(keras.callbacks.LearningRateScheduler(lambda epoch, lr: lr / 2, verbose=1), 3) == [0.5, 0.25, 0.125]
    assert "Epoch 1: LearningRateScheduler setting learning rate to 0.5." in capsys.readouterr().out
    assert rates(keras.callbacks.LearningRateScheduler(lambda epoch: 10.0 - epoch), 2) == [10.0, 9.0]


def test_checkpoints_are_models_or_weights(tmp_path):
    best = keras.callbacks.ModelCheckpoint(tmp_path / "best.keras", monitor="loss", save_best_only=True)
    each = keras.callbacks.ModelCheckpoint(tmp_path / "{epoch:02d}-{loss:.0f}.weights.h5", save_weights_only=True)
    model = line(keras.optimizers.SGD(1.5))
    model.fit(np.ones((1, 1)), np.ones(1), epochs=3, verbose=0, callbacks=[best, each])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["01-1.weights.h5", "02-4.weights.h5", "03-16.weights.h5", "best.keras"]
    assert keras.models.load_model(tmp_path / "best.keras").get_weights()[0].item() == 3.0
    model.load_weights(tmp_path / "02-4.weights.h5")
    assert model.get_weights()[0].item() == -3.0


def test_epochs_are_written_to_a_table_and_given_to_functions(tmp_path):
    seen = []
    note = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch))
    line().fit(np.ones((1, 1)), np.ones(1), epochs=2, verbose=0, callbacks=[keras.callbacks.CSVLogger(tmp_path / "log.csv"), note])
    assert (tmp_path / "log.csv").read_text().splitlines()[:2] == ["epoch,loss", "0,1.0"]
    assert seen == [0, 1]


# --- files ----------------------------------------------------------------------------------------


def image_model():
    inputs = keras.Input(shape=(8, 8, 1))
    x = layers.Conv2D(4, (3, 3), activation="relu", padding="same", kernel_regularizer=keras.regularizers.L2(0.01))(inputs)
    x = layers.MaxPooling2D((2, 2))(layers.BatchNormalization()(x))
    y = layers.Conv2D(4, 1)(x)
    return keras.Model(inputs, layers.Dense(2)(layers.Flatten()(layers.add([x, y]))))


def sequence_model():
    return keras.Sequential([layers.Embedding(9, 4), layers.Bidirectional(layers.LSTM(3)), layers.Dense(2, activation="softmax")])


@pytest.mark.parametrize(("make", "x"), [(image_model, RNG.normal(size=(6, 8, 8, 1))), (sequence_model, RNG.integers(0, 9, (6, 5)))])
def test_a_loaded_model_goes_on_as_if_nothing_had_been(tmp_path, make, x):
    y = np.array([0, 1, 0, 1, 1, 0])
    model = make()
    model.compile(keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=make is image_model), ["accuracy"])
    model.fit(x, y, epochs=2, verbose=0, shuffle=False)
    model.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras")
    assert [layer.name for layer in loaded.layers] == [layer.name for layer in model.layers]
    assert loaded.evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0)
    histories = [m.fit(x, y, epochs=2, verbose=0, shuffle=False).history for m in (model, loaded)]
    assert histories[0] == histories[1]
    assert (loaded.predict(x, verbose=0) == model.predict(x, verbose=0)).all()


def test_a_damaged_file_and_a_foreign_one_are_refused_and_nothing_is_changed(tmp_path):
    path, model = tmp_path / "m.keras", classifier()
    model.save(path)
    whole, before = path.read_bytes(), model.get_weights()
    path.write_bytes(whole[:-9])
    for load in (keras.models.load_model, model.load_weights):
        with pytest.raises(ValueError, match="cut off or damaged"):
            load(path)
    nn.save(path, nn.Linear(4, 3))
    with pytest.raises(ValueError, match="holds no keras"):
        keras.models.load_model(path)
    with pytest.raises(ValueError, match="does not fit"):
        model.load_weights(path)
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))


# --- what is said ---------------------------------------------------------------------------------


class Own(keras.Model):
    def call(self, inputs):
        return inputs


REFUSALS = [
    (lambda: keras.layers.ConvLSTM2D, AttributeError, "keras.layers.ConvLSTM2D is not here."),
    (lambda: keras.layers.Convolution, AttributeError, "keras.layers.Convolution is not here; did you mean keras.layers.Convolution2D?"),
    (lambda: keras.applications, AttributeError, "keras.applications is not here."),
    (lambda: keras.optimizers.Adamm, AttributeError, "did you mean keras.optimizers.Adam?"),
    (lambda: layers.Dense(3, activation="rellu"), ValueError, "The activation 'rellu' is not here; did you mean 'relu'?"),
    (lambda: layers.Dense(3, kernel_initializer="he"), ValueError, "The initializer 'he' is not here; initializers are zeros, ones"),
    (lambda: layers.Dense(3, kernel_regularizer="l3"), ValueError, "The regularizer 'l3' is not here; regularizers are l1, l2, l1_l2."),
    (lambda: classifier(optimizer="adamm"), ValueError, "The optimizer 'adamm' is not here; did you mean 'adam"),
    (lambda: classifier(optimizer=3), TypeError, 'The optimizer is a name, such as "adam", or one of keras.optimizers; got 3.'),
    (lambda: classifier(loss="crossentropy"), ValueError, "The loss 'crossentropy' is not here; did you mean 'binary_crossentropy'?"),
    (lambda: classifier(loss=3), TypeError, "The loss is a name, such as 'mse', or an object; got 3."),
    (lambda: classifier(metrics=["accurracy"]), ValueError, "The metric 'accurracy' is not here; did you mean 'accuracy'?"),
    (lambda: classifier(metrics=["mae", "mae"]), ValueError, "There are two measures called 'mae'"),
    (lambda: classifier(loss=["mse", "mse"]), TypeError, "A model with several outputs is not trained here"),
    (lambda: classifier(loss_weights=[1]), TypeError, "compile(loss_weights=…) is not here"),
    (lambda: layers.Dense(3, unit=2), TypeError, "Dense(unit=…) is not here"),
    (lambda: layers.Flatten(3), TypeError, "Flatten: too many positional arguments"),
    (lambda: layers.Dense(0), ValueError, "Dense takes units as a whole number from 1; got 0."),
    (lambda: layers.Dense(3, activity_regularizer="l2"), ValueError, "activity_regularizer is not here"),
    (lambda: layers.Dense(3)(np.ones(3)), ValueError, "takes inputs of at least 2 axes, with that of the batch; got (None,)."),
    (lambda: layers.Dense(3)(keras.Input((None,))), ValueError, "must know the last axis of its input; got (None, None)."),
    (lambda: layers.Conv2D(3, 3)(np.ones((2, 8, 8))), ValueError, "takes inputs of 4 axes, with that of the batch; got (None, 8, 8)."),
    (lambda: layers.Conv2D(3, 3, data_format="channels_first"), ValueError, "Conv2D(data_format='channels_first') is not here"),
    (lambda: layers.Conv2D(3, 3, padding="full"), ValueError, "Conv2D takes as padding 'valid' or 'same'; got 'full'."),
    (lambda: layers.Conv2D(3, (3, 0)), ValueError, "Conv2D takes kernel_size as a whole number from 1, or as 2 of them; got (3, 0)."),
    (lambda: layers.MaxPooling2D(3)(np.ones((1, 2, 2, 1))), ValueError, "has windows of (3, 3), larger than its input of (2, 2)."),
    (lambda: layers.MaxPooling2D(3)(np.ones((1, 2, 2))), ValueError, "takes inputs of 4 axes, and got shape (1, 2, 2)."),
    (lambda: layers.UpSampling2D(interpolation="bilinear"), ValueError, "UpSampling2D(interpolation='bilinear') is not here"),
    (lambda: layers.BatchNormalization(axis=1)(np.ones((2, 3, 4))), ValueError, "BatchNormalization(axis=1) is not here"),
    (lambda: layers.LayerNormalization(axis=1)(np.ones((2, 3, 4))), ValueError, "LayerNormalization(axis=1) is not here"),
    (lambda: layers.LayerNormalization(scale=False), ValueError, "LayerNormalization(scale=False) is not here without center=False."),
    (lambda: layers.Embedding(3, 2, mask_zero=True), ValueError, "Embedding(mask_zero=True) is not here"),
    (lambda: layers.Dropout(0.5, noise_shape=(1, 2)), ValueError, "Dropout(noise_shape=…) is not here"),
    (lambda: layers.LSTM(3, activation="relu"), ValueError, "LSTM(activation='relu') is not here; activation='tanh' is."),
    (lambda: layers.LSTM(3, recurrent_dropout=0.5), ValueError, "LSTM(recurrent_dropout=0.5) is not here; recurrent_dropout=0 is."),
    (lambda: layers.GRU(3, reset_after=False), ValueError, "GRU(reset_after=False) is not here"),
    (lambda: layers.Bidirectional(layers.Dense(3)), TypeError, "Bidirectional takes a recurrent layer, such as LSTM(16)"),
    (lambda: layers.Bidirectional(layers.LSTM(3), "max"), ValueError, 'Bidirectional takes as merge_mode "concat", "sum"'),
    (lambda: layers.Bidirectional(layers.LSTM(3, return_state=True)), ValueError, "Bidirectional is not here for layers with return_state"),
    (lambda: layers.Add()(np.ones(3)), ValueError, "Add takes a list of at least two inputs: Add()([a, b])."),
    (lambda: keras.Input(), TypeError, "Input takes the shape of one example without the batch"),
    (lambda: list(keras.Input((3,))), TypeError, "has a shape and no numbers yet; it cannot be gone through."),
    (lambda: layers.Layer()(np.ones(3)), NotImplementedError, "Layer does not define call(self, inputs)"),
    (lambda: keras.Model()(np.ones(3)), NotImplementedError, "Model does not define call(self, inputs)"),
    (lambda: layers.Layer().add_weight((3,), trainable=False), ValueError, "add_weight(trainable=False) is not here"),
    (lambda: layers.Dense(3).output, AttributeError, "has no output yet; call it on a keras.Input first."),
    (lambda: layers.Dense(3).unit, AttributeError, "Dense.unit is not here; did you mean Dense.units?"),
    (lambda: classifier().set_weights([np.ones(3)]), ValueError, "has weights of the shapes [(4, 8), (8,), (8, 3), (3,)], and got [(3,)]."),
    (lambda: classifier().weights[0].assign(np.ones(3)), ValueError, "The weight 'kernel' has shape (4, 8), and got shape (3,)."),
    (lambda: keras.Sequential([layers.Dense]), TypeError, "Sequential is made of keras layers, such as keras.layers.Dense(8)"),
    (lambda: keras.Sequential([layers.Dense(3)]).inputs, AttributeError, "has no inputs and outputs yet"),
    (lambda: keras.Model(keras.Input((3,)), 5), TypeError, "The outputs of a Model are a keras.Input, or what layers gave"),
    (lambda: keras.Model(keras.Input((3,)), layers.ReLU()(keras.Input((3,), name="b"))), ValueError, "depend on the input 'b'"),
    (lambda: classifier().get_layer("x"), ValueError, "There is no layer 'x' in sequential"),
    (lambda: keras.Sequential([layers.Dense(3)]).fit(X, Y), RuntimeError, "Call model.compile(optimizer, loss, metrics) first"),
    (lambda: classifier().fit(X, Y[:3]), ValueError, "There are 40 inputs and 3 targets."),
    (lambda: classifier().fit(X), TypeError, "fit and evaluate take inputs and targets"),
    (lambda: classifier().fit(X, Y, sample_weight=Y), TypeError, "fit(sample_weight=…) is not here."),
    (lambda: classifier().evaluate(X, Y, steps=3), TypeError, "evaluate(steps=…) is not here."),
    (lambda: classifier().fit(X, Y, verbose=3), ValueError, 'verbose is 0 for nothing, 1 or "auto" for a bar'),
    (lambda: classifier().fit(X, Y, validation_split=1.5), ValueError, "validation_split is a part of the data"),
    (lambda: classifier().fit(X, Y, validation_split=0.99, verbose=0), ValueError, "validation_split=0.99 leaves nothing of 40 examples"),
    (lambda: classifier().fit(X, Y, validation_data=X), ValueError, "validation_data is a pair of inputs and targets"),
    (lambda: classifier().fit(nn.data.DataLoader(nn.data.TensorDataset(X, Y), 8), Y), ValueError, "A DataLoader has its targets"),
    (lambda: classifier().fit(np.array([["a"]]), Y[:1]), TypeError, "A model takes arrays of numbers, and got an array of <U1."),
    (lambda: classifier().predict(X[:0], verbose=0), ValueError, "predict got no examples."),
    (lambda: classifier().fit(X, np.eye(3)[Y], verbose=0), ValueError, "For one-hot targets there is categorical_crossentropy."),
    (lambda: classifier(loss="categorical_crossentropy").fit(X, Y, verbose=0), ValueError, "to_categorical(y) makes one-hot rows"),
    (lambda: keras.losses.Loss("average"), ValueError, 'A loss is reduced by "sum_over_batch_size"'),
    (lambda: keras.losses.Loss()(X, X), NotImplementedError, "Loss does not define call(self, y_true, y_pred)"),
    (lambda: keras.metrics.Metric()(X, X), NotImplementedError, "Metric does not define measured(self, y_true, y_pred)"),
    (lambda: keras.metrics.Mean().update_state(1, 2), ValueError, "update_state(sample_weight=…) is not here."),
    (lambda: keras.initializers.Initializer()((2,)), NotImplementedError, "Initializer does not define numbers(self, shape)."),
    (lambda: keras.initializers.VarianceScaling(mode="fan"), ValueError, 'VarianceScaling takes as mode "fan_in"'),
    (lambda: keras.initializers.VarianceScaling(distribution="cauchy"), ValueError, "VarianceScaling takes as distribution"),
    (lambda: keras.regularizers.l2(-1.0), ValueError, "l2 must be finite and not negative; got -1.0."),
    (lambda: keras.optimizers.Adam(lr=0.1), TypeError, "Adam(lr=…) is not here; write learning_rate."),
    (lambda: keras.optimizers.SGD(decay=0.1), TypeError, "SGD(decay=…) is not here; besides its own settings it takes clipnorm"),
    (lambda: keras.optimizers.Adam("fast"), TypeError, "learning_rate is a number, or a schedule of keras.optimizers.schedules"),
    (lambda: keras.optimizers.schedules.LearningRateSchedule()(0), NotImplementedError, "does not define __call__(self, step)"),
    (lambda: keras.optimizers.schedules.PiecewiseConstantDecay([1], [1.0]), ValueError, "one value more than boundaries; got 1"),
    (lambda: keras.callbacks.EarlyStopping(baseline=1.0), ValueError, "EarlyStopping(baseline=…) is not here."),
    (lambda: keras.callbacks.ModelCheckpoint("m", save_freq=3), ValueError, "ModelCheckpoint(save_freq=3) is not here"),
    (lambda: keras.callbacks.LambdaCallback(on_end=print), TypeError, "LambdaCallback(on_end=…) is not here; moments are on_batch_begin"),
    (lambda: keras.utils.to_categorical([0, 3], 3), ValueError, "to_categorical takes whole numbers from 0 to 2, and got 3."),
    (lambda: keras.utils.pad_sequences([[1]], padding="left"), ValueError, 'pad_sequences takes as padding "pre" or "post"; got \'left\'.'),
    (lambda: keras.datasets.imdb.load_data(num_words=9), FileNotFoundError, "keras.datasets.imdb is not here; the texts are at https://"),
    (lambda: Own().save("never.keras"), TypeError, "Own computes in a call of its own, and a file cannot hold its program."),
    (lambda: keras.Sequential([layers.Lambda(abs)]).save("never.keras"), TypeError, "not in the book, <built-in function abs>"),
    (lambda: keras.Model(i := keras.Input((3,)), i * 2).save("never.keras"), TypeError, "arithmetic between symbols cannot be saved whole"),
    (lambda: keras.Sequential([layers.Dense(3)]).load_weights("never"), ValueError, "has no weights yet; call it on an example"),
]  # fmt: skip


@pytest.mark.parametrize(("mistake", "error", "sentence"), REFUSALS)
def test_a_mistake_is_refused_with_a_sentence(mistake, error, sentence):
    with pytest.raises(error, match=re.escape(sentence)):
        mistake()


def test_frozen_whole_models_and_inits_without_super_are_refused():
    model = classifier()
    model.trainable = False
    with pytest.raises(ValueError, match="has no weights that can be trained"):
        model.fit(X, Y, verbose=0)

    class Hasty(layers.Layer):
        def __init__(self):
            pass

    with pytest.raises(RuntimeError, match=re.escape("Hasty must call super().__init__() at the beginning of its __init__.")):
        Hasty()(X)
    model = keras.Model([keras.Input((2,), name="a"), b := keras.Input((2,), name="b")], b + 1)
    with pytest.raises(ValueError, match="The model takes 2 inputs, a, b, in a list"):
        model(X)


def test_the_page_has_every_entry_of_the_book_with_what_it_is_here():
    page = keras.page()
    assert "| `keras.layers.Dense` | `nn.Linear`, with an activation; `kernel` is `weight.T`. |" in page
    for theme in ("layers", "models", "losses", "metrics", "optimizers", "callbacks", "ops", "datasets"):
        for name in getattr(keras, theme).__all__:
            assert re.search(rf"^\| `keras\.{theme}\.{name}` \| \S", page, re.MULTILINE), (theme, name)
    named = set(re.findall(r"`((?:nn|autograd)\.[\w.]+)`", page))
    assert len(named) > 60
    for path in named:
        operator.attrgetter(path.partition(".")[2])(nn if path.startswith("nn") else autograd)


def test_sequences_are_cut_and_filled_up_at_the_chosen_end():
    pad = keras.utils.pad_sequences
    assert pad([[1, 2, 3], [4]], maxlen=2, truncating="post", padding="post").tolist() == [[1, 2], [4, 0]]
    assert pad([[1, 2, 3], []], value=9).tolist() == [[1, 2, 3], [9, 9, 9]]
    assert keras.utils.to_categorical([[1], [0]]).tolist() == [[0, 1], [1, 0]]


def test_images_come_as_keras_gives_them(tmp_path):
    images, photos = RNG.integers(0, 256, (5, 28, 28), np.uint8), np.arange(5, dtype=np.uint8)
    np.savez(tmp_path / "mnist.npz", x_train=images, y_train=photos, x_test=images[:2], y_test=photos[:2])
    (x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data(str(tmp_path))
    assert (x_train == images).all()
    assert (y_test == photos[:2]).all()
    assert (x_test.shape, y_train.dtype) == ((2, 28, 28), np.uint8)


def test_old_names_of_modules_are_known():
    from nn.keras.preprocessing.sequence import pad_sequences

    assert pad_sequences is keras.preprocessing.sequence.pad_sequences is keras.utils.pad_sequences


def test_the_book_is_opened_only_by_those_who_ask_for_it():
    program = "import sys, nn; assert 'nn.keras' not in sys.modules; from nn import keras; from nn.keras.layers import Dense"
    subprocess.run([sys.executable, "-c", program], check=True)
