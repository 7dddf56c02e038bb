"""nn.estimators among scikit-learn's own tools: its checks of estimators, pipelines, searches, frames, copies."""

import copy
import os
import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import nn

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import BaggingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from nn.estimators import Classifier, Regressor

IRIS = nn.data.iris()
X, Y = (IRIS.X - IRIS.X.mean(axis=0)) / IRIS.X.std(axis=0), IRIS.y


def of_values(inputs, outputs):
    return nn.MLP(inputs, [6, outputs])


# Two checks compare hundreds of fits with each other, for which a small network does.
@parametrize_with_checks([Classifier(hidden=32), Regressor(hidden=32)])
def test_scikit_learns_own_checks_of_an_estimator_pass(estimator, check):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some checks are about data that warn
        check(estimator)


def test_the_mean_on_iris_over_five_folds_is_at_least_0_95_with_the_defaults():
    for seed in range(5):
        assert cross_val_score(Classifier(random_state=seed), *nn.data.iris(), cv=5).mean() >= 0.95


@pytest.mark.parametrize("module", [None, of_values])
@pytest.mark.parametrize(
    ("y", "outputs"), [(Y, 3), (Y > 0, 1), (np.array(["a", "b", "c"])[Y], 3), (np.stack([Y > 0, Y > 1], axis=1).astype(int), 2)]
)  # fmt: skip
def test_classes_of_every_kind_are_learned(y, outputs, module):
    model = Classifier(8, lr=0.02, module=module, random_state=0).fit(X, y)
    assert model.score(X, y) > 0.9
    assert model.predict(X).dtype == y.dtype
    assert nn.vectorize(model.module_)(X).shape == (150, outputs) if module else model.module_(X).shape == (150, outputs)


def test_labels_with_classes_of_their_own_have_a_list_of_probabilities():
    y = np.stack([np.array(["a", "b", "c"])[Y], np.where(Y > 0, "yes", "no"), np.where(Y > 1, "late", "early")], axis=1)
    model = Classifier(lr=0.02, random_state=0).fit(X, y)
    assert [classes.tolist() for classes in model.classes_] == [["a", "b", "c"], ["no", "yes"], ["early", "late"]]
    assert [p.shape for p in model.predict_proba(X)] == [(150, 3), (150, 2), (150, 2)]
    assert [z.shape for z in model.decision_function(X)] == [(150, 3), (150,), (150,)]
    for p, z, classes, column in zip(
        model.predict_proba(X), model.decision_function(X), model.classes_, model.predict(X).T, strict=True
    ):  # fmt: skip
        np.testing.assert_allclose(p.sum(axis=1), 1)
        np.testing.assert_array_equal(classes[p.argmax(axis=1)], column)
        np.testing.assert_array_equal(classes[z.argmax(axis=1) if z.ndim > 1 else (z > 0).astype(int)], column)
    assert model.score(X, y) == (model.predict(X) == y).all(axis=1).mean() > 0.9


@pytest.mark.parametrize("module", [None, of_values])
def test_numbers_of_any_scale_are_predicted_in_their_unit(module):
    y = np.stack([1e6 + 1e3 * X[:, 0], 1e-6 * X[:, 1]], axis=1)
    model = Regressor(8, lr=0.02, module=module, random_state=0).fit(X, y)
    assert model.score(X, y) > 0.95
    one = Regressor(8, lr=0.02, module=module, random_state=0).fit(X, y[:, 1])
    assert one.predict(X).shape == (150,)
    assert one.score(X, y[:, 1]) > 0.95


def test_a_number_that_is_always_the_same_is_predicted():
    np.testing.assert_allclose(Regressor(random_state=0).fit(X, np.full(150, 7.0)).predict(X), 7, atol=0.1)


def test_the_loss_of_a_batch_is_the_cross_entropy_of_scikit_learn_with_weights():
    from sklearn.metrics import log_loss

    weight = np.random.default_rng(0).random(150)
    for y in (Y, Y > 0):
        model = Classifier(epochs=3, random_state=0).fit(X, y)
        target = model._targets.encode(y[:, None], weight / weight.mean())
        expected = log_loss(y, model.predict_proba(X), sample_weight=weight)
        assert model._targets.loss(model.module_(X), target).item() == pytest.approx(expected)


def test_a_grid_search_over_a_pipeline_finds_the_better_setting():
    search = GridSearchCV(
        make_pipeline(StandardScaler(), Classifier(epochs=20, random_state=0)), {"classifier__lr": [1e-6, 0.03]}, cv=3
    )  # fmt: skip
    assert search.fit(*nn.data.iris()).best_params_ == {"classifier__lr": 0.03}
    assert search.best_score_ > 0.9


def test_other_tools_of_scikit_learn_take_the_estimators():
    bagged = BaggingClassifier(Classifier(8, epochs=30, lr=0.02, random_state=0), n_estimators=2, random_state=0)
    assert bagged.fit(X, Y).score(X, Y) > 0.8
    each = MultiOutputClassifier(Classifier(8, epochs=30, lr=0.02, random_state=0)).fit(X, np.stack([Y > 0, Y > 1], axis=1))
    assert len(each.estimators_) == 2
    scaled = TransformedTargetRegressor(Regressor(epochs=30, lr=0.02, random_state=0), func=np.log1p, inverse_func=np.expm1)
    assert scaled.fit(X, Y).score(X, Y) > 0.8


def test_a_frame_gives_the_names_of_its_columns_and_others_are_refused():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"length": X[:, 0], "kind": np.where(Y, "b", "a")})
    model = make_pipeline(ColumnTransformer([("kind", OneHotEncoder(), ["kind"])], remainder="passthrough"), Classifier(epochs=20))
    model[0].set_output(transform="pandas").set_params(kind__sparse_output=False)
    model.fit(frame, pandas.Series(Y > 0, name="later"))
    assert model[-1].feature_names_in_.tolist() == ["kind__kind_a", "kind__kind_b", "remainder__length"]
    one = Classifier(epochs=1).fit(frame[["length"]], Y)
    assert one.feature_names_in_.tolist() == ["length"]
    with pytest.raises(ValueError, match="feature names should match"):
        one.predict(frame[["length"]].rename(columns={"length": "width"}))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
@pytest.mark.parametrize(("make", "options"), [(Classifier, {}), (Classifier, {"dropout": 0.5}), (Regressor, {"module": of_values})])
def test_a_copy_predicts_the_same_and_goes_on_as_the_original_does(make, options, copied):
    model = make(8, epochs=3, batch_size=50, random_state=0, **options).fit(X, Y)
    other = copied(model)
    np.testing.assert_array_equal(other.predict(X), model.predict(X))
    for one in (model, other):
        one.partial_fit(X, Y).partial_fit(X, Y)
    np.testing.assert_array_equal(other._outputs(X), model._outputs(X))
    assert other.history_["loss"] == model.history_["loss"]
    assert other.n_iter_ == 5


def test_a_clone_has_the_parameters_and_is_not_fitted():
    model = Classifier((8, 4), callbacks=[nn.callbacks.EarlyStopping("loss")], module=of_values, class_weight="balanced").fit(X, Y)
    other = clone(model)
    assert other.get_params()["hidden"] == (8, 4)
    assert other.get_params()["module"] is of_values
    with pytest.raises(NotFittedError):
        other.predict(X)


@pytest.mark.parametrize("options", [{}, {"dropout": 0.3}, {"module": of_values}, {"early_stopping": True, "batch_size": 16}])
def test_a_seed_repeats_everything_and_leaves_the_shared_generator_alone(options):
    nn.manual_seed(1)
    state = nn.get_rng_state()
    first, second = (Classifier(8, epochs=5, random_state=3, **options).fit(X, Y) for _ in range(2))
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    assert nn.get_rng_state() == state
    other = Classifier(8, epochs=5, random_state=4, **options).fit(X, Y)
    assert (other.predict_proba(X) != first.predict_proba(X)).any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_network_has_the_precision_of_its_inputs(dtype):
    for module in (None, lambda n, m: nn.Linear(n, m)):
        model = Classifier(epochs=2, module=module).fit(X.astype(dtype), Y)
        assert {p.dtype for p in model.module_.parameters()} == {np.dtype(dtype)}
        assert model.predict_proba(X.astype(dtype)).dtype == dtype


def test_without_scikit_learn_one_sentence_says_so():
    code = "import sys; sys.modules['sklearn'] = None; import nn; nn.estimators.Classifier"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stderr.strip().splitlines()[-1] == (
        "ModuleNotFoundError: nn.estimators are scikit-learn's estimators, and need it: "
        'pip install "glassgrad[sklearn]".'
    )  # fmt: skip


def test_scikit_learn_is_loaded_only_when_the_estimators_are_used():
    code = "import sys, nn; assert 'sklearn' not in sys.modules; nn.estimators.Classifier; assert 'sklearn' in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_the_comparison_with_scikit_learns_networks_prints_a_row_for_each_data_set():
    path = Path(__file__).parents[1] / "scripts" / "compare_estimators.py"
    environment = {**os.environ, "PYTHONPATH": str(Path(nn.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, str(path), "--seeds", "1", "--hidden", "4", "--data", "iris", "diabetes"],
        capture_output=True, text=True, env=environment, timeout=300, check=False,
    )  # fmt: skip
    rows = [line.strip("| ").split(" | ") for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr
    assert [row[0] for row in rows[2:]] == ["iris", "diabetes"]
    assert all(float(number) > 0 for number in rows[2][1:])
