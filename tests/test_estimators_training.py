"""How nn.estimators train: early stopping, weights, further training, callbacks; and what is refused."""

import numpy as np
import pytest

import nn

pytest.importorskip("sklearn")

from nn.estimators import Classifier, Regressor

IRIS = nn.data.iris()
X, Y = (IRIS.X - IRIS.X.mean(axis=0)) / IRIS.X.std(axis=0), IRIS.y


def test_early_stopping_ends_on_examples_held_out_and_keeps_the_best_weights():
    noisy = nn.data.moons(200, noise=0.4, rng=0)
    model = Classifier((64, 64), lr=0.02, epochs=500, early_stopping=5, random_state=0).fit(*noisy)
    losses = model.history_["val_loss"]
    assert model.n_iter_ == len(losses) == int(np.argmin(losses)) + 1 + 5 < 500
    longer = Classifier((64, 64), lr=0.02, epochs=500, early_stopping=True, random_state=0).fit(*noisy)
    assert longer.n_iter_ == int(np.argmin(longer.history_["val_loss"])) + 1 + 10


def test_a_fifth_of_each_class_is_held_out_and_no_example_is_on_both_sides():
    model = Classifier(epochs=1, early_stopping=True, validation_fraction=0.2, random_state=0).fit(X, Y)
    train, held = model._split(Y[:, None])
    assert np.bincount(Y[held]).tolist() == [10, 10, 10]
    assert sorted([*train, *held]) == list(range(150))


def test_a_callback_takes_part_and_can_end_training():
    stop = nn.callbacks.EarlyStopping("loss", patience=1, min_delta=10)
    model = Classifier(epochs=50, callbacks=[stop]).fit(X, Y)
    assert model.n_iter_ == stop.stopped_epoch == 2


def test_weights_of_examples_count_as_often_as_they_say_and_those_of_0_not_at_all():
    weight = np.random.default_rng(0).integers(0, 3, 150)
    for make in (Classifier, Regressor):
        weighted = make(random_state=0, epochs=20).fit(X, Y, sample_weight=weight)
        repeated = make(random_state=0, epochs=20).fit(X.repeat(weight, axis=0), Y.repeat(weight))
        np.testing.assert_allclose(weighted._outputs(X), repeated._outputs(X), rtol=1e-7, atol=1e-9)


def test_weights_of_classes_are_weights_of_their_examples():
    classes = {0: 1.0, 1: 5.0, 2: 0.5}
    one = Classifier(random_state=0, epochs=5, class_weight=classes).fit(X, Y)
    other = Classifier(random_state=0, epochs=5).fit(X, Y, sample_weight=np.array([1, 5, 0.5])[Y])
    np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X), rtol=1e-12)
    few = np.flatnonzero((Y == 0) | (np.arange(150) % 10 == 0))  # 50 of the first class, 5 of each other
    balanced = Classifier(random_state=0, epochs=5, class_weight="balanced").fit(X[few], Y[few])
    counts = np.bincount(Y[few])
    other = Classifier(random_state=0, epochs=5).fit(X[few], Y[few], sample_weight=1 / counts[Y[few]])
    np.testing.assert_allclose(balanced.predict_proba(X), other.predict_proba(X), rtol=1e-9)


def test_weights_of_several_labels_are_a_list_of_dicts():
    labels = np.stack([Y, Y > 0], axis=1)
    one = Classifier(random_state=0, epochs=5, class_weight=[{0: 1, 1: 3, 2: 1}, {0: 2, 1: 1}]).fit(X, labels)
    other = Classifier(random_state=0, epochs=5).fit(X, labels, sample_weight=np.array([2, 3, 1])[Y])
    np.testing.assert_allclose(one._outputs(X), other._outputs(X), rtol=1e-9)


def test_a_warm_start_goes_on_where_the_last_fit_ended():
    model = Classifier(random_state=0, epochs=3, warm_start=True)
    parts = model.fit(X, Y).fit(X, Y)
    whole = Classifier(random_state=0, epochs=6).fit(X, Y)
    np.testing.assert_array_equal(parts.predict_proba(X), whole.predict_proba(X))
    assert parts.n_iter_ == 6
    cold = Classifier(random_state=0, epochs=3).fit(X, Y)
    assert cold.fit(X, Y).n_iter_ == 3


def test_steps_of_partial_fit_are_epochs_of_fit():
    for make, classes in ((Classifier, {"classes": [0, 1, 2]}), (Regressor, {})):
        model = make(random_state=0)
        model.partial_fit(X, Y, **classes)
        for _ in range(4):
            model.partial_fit(X, Y)
        np.testing.assert_allclose(model._outputs(X), make(random_state=0, epochs=5).fit(X, Y)._outputs(X), rtol=1e-9)


def test_partial_fit_learns_classes_that_come_later():
    model = Classifier(random_state=0, lr=0.05)
    for _ in range(30):
        for kind in range(3):
            model.partial_fit(X[kind == Y], Y[kind == Y], classes=[0, 1, 2])
    assert set(model.predict(X)) == {0, 1, 2}
    several = Classifier(epochs=2).partial_fit(X, np.stack([Y, Y], axis=1), classes=[[0, 1, 2], [0, 1, 2, 3]])
    assert [p.shape[1] for p in several.predict_proba(X)] == [3, 4]
    assert Classifier().partial_fit(X, np.eye(3, dtype=int)[Y]).predict(X).shape == (150, 3)


def test_an_optimizer_and_an_activation_may_be_names_classes_or_functions():
    def momentum(parameters, lr):
        return nn.optim.SGD(parameters, lr=lr, momentum=0.9)

    model = Classifier((8, 8), epochs=2, activation=nn.GELU, optimizer=momentum, lr=0.1).fit(X, Y)
    assert isinstance(model.module_[1], nn.GELU)
    assert model.optimizer_.param_groups[0]["momentum"] == 0.9
    named = Classifier(8, epochs=2, activation="tanh", optimizer="AdamW").fit(X, Y)
    assert isinstance(named.module_[1], nn.Tanh)
    assert isinstance(named.optimizer_, nn.optim.AdamW)


def broken(n, m):
    return nn.Linear(n, m + 1)


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"hidden": (8, 0)}, ValueError, "hidden must be at least 1; got 0."),
        ({"activation": "rely"}, ValueError, "activation is one of elu, gelu, identity, .*, or a class such as nn.GELU; got 'rely'."),
        ({"optimizer": "adm"}, ValueError, "optimizer is one of adadelta, .*, or a class such as nn.optim.AdamW; got 'adm'."),
        ({"optimizer": lambda p, lr: None}, TypeError, "optimizer must make one of nn.optim from parameters and lr; it made a NoneType."),
        ({"dropout": 1.5}, ValueError, "Dropout drops with a probability from 0 to below 1; got 1.5."),
        ({"lr": -1}, ValueError, "lr must be finite and not negative; got -1."),
        ({"epochs": 0}, ValueError, "epochs must be at least 1; got 0."),
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1; got 0."),
        ({"early_stopping": True, "validation_fraction": 0}, ValueError,
         "early_stopping holds out validation_fraction=0 of the 150 examples, which is 0; both parts need some."),
        ({"module": nn.Linear(4, 3)}, TypeError, "module is a function from the numbers of inputs and outputs to an nn.Module, .* Linear."),
        ({"module": lambda n, m: 3}, TypeError, r"module\(4, 3\) must return an nn.Module; it returned a int."),
        ({"module": broken}, ValueError,
         r"module\(4, 3\) must return a network with 3 outputs; for 2 examples, it gave the shape \(2, 4\)."),
    ],
)  # fmt: skip
def test_a_parameter_that_does_not_fit_is_refused(options, error, sentence):
    with pytest.raises(error, match=sentence):
        Classifier(**options).fit(X, Y)


@pytest.mark.parametrize(("epochs", "lr", "when"), [(5, 1e200, 2), (1, 1e308, 1)])
@pytest.mark.filterwarnings("ignore:After this step:RuntimeWarning")  # what the optimizer says of it
def test_training_that_diverges_is_an_error_and_no_network_of_nan(epochs, lr, when):
    with pytest.raises(FloatingPointError, match=f"There was nan or infinity in epoch {when}; scale the columns of X, .*smaller lr."):
        Classifier(epochs=epochs, lr=lr, optimizer="sgd").fit(1e10 * X, Y)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: Classifier().partial_fit(X, Y), r"The first call of partial_fit needs all classes that there will be: classes=\["),
        (lambda: Classifier().partial_fit(X, Y, classes=[0, 1]), "y has the class 2, and this estimator knows 0, 1; fit it anew."),
        (lambda: Classifier(epochs=1).fit(X, Y).partial_fit(X, Y, classes=[0, 1]), "partial_fit got other classes than in its first call"),
        (lambda: Classifier(class_weight="balanced").partial_fit(X, Y, classes=[0, 1, 2]), "and partial_fit sees a part; give a dict"),
        (lambda: Classifier(epochs=1, warm_start=True).fit(X, Y).fit(X, np.stack([Y, Y], axis=1)),
         "y has 2 labels for each example, and this estimator was fitted with 1; fit it anew."),
        (lambda: Regressor(epochs=1).fit(X, Y).partial_fit(X, np.stack([Y, Y], axis=1)),
         "y has 2 numbers for each example, and this estimator was fitted with 1; fit it anew."),
    ],
)  # fmt: skip
def test_data_that_do_not_fit_are_refused(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
