"""nn.metrics, held against scikit-learn called by hand; and what is refused."""

import subprocess
import sys
import warnings

import numpy as np
import pytest

import nn
from autograd import Tensor, Value
from nn import metrics

sklearn_metrics = pytest.importorskip("sklearn.metrics")

NAMES = ["accuracy", "precision", "recall", "f1"]


def by_hand(name, right, predicted, **options):
    options = options if name == "accuracy" else {"zero_division": 0, **options}
    return getattr(sklearn_metrics, f"{name}_score")(right, predicted, **options)


def many_classes(seed=0, n=60, classes=4):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, classes)), rng.integers(0, classes, n)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(3))
def test_many_classes_are_scikit_learns_macro_average_of_the_highest_scores(name, seed):
    scores, right = many_classes(seed)
    options = {} if name == "accuracy" else {"average": "macro"}
    assert getattr(metrics, name)(scores, right) == by_hand(name, right, scores.argmax(axis=1), **options)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("threshold", [0.0, 0.5])
def test_one_score_is_scikit_learns_metric_of_the_second_class(name, threshold):
    rng = np.random.default_rng(1)
    scores, right = rng.normal(threshold, 1, 50), rng.integers(0, 2, 50)
    expected = by_hand(name, right, scores > threshold)
    metric = getattr(metrics, name)
    for predictions in (scores, scores[:, None], Tensor(scores), [Value(s) for s in scores], [[Value(s)] for s in scores], scores.tolist()):
        for targets in (right, right[:, None], Tensor(right * 1.0), 2 * right - 1, (2.0 * right - 1).tolist(), right > 0):
            assert metric(predictions, targets, threshold=threshold) == expected


@pytest.mark.parametrize("name", [*NAMES, "auc"])
def test_two_columns_are_two_classes_like_one_score(name):
    rng = np.random.default_rng(2)
    scores, right = rng.normal(size=40), rng.integers(0, 2, 40)
    columns = np.stack([-scores, scores], axis=1)
    metric = getattr(metrics, name)
    assert metric(columns, right) == metric(columns, 2 * right - 1)
    assert metric(columns, right) == metric(scores, right, **({} if name == "auc" else {"threshold": 0}))


@pytest.mark.parametrize("name", NAMES)
def test_classes_are_taken_as_they_are(name):
    scores, right = many_classes()
    metric = getattr(metrics, name)
    assert metric(scores.argmax(axis=1), right) == metric(scores, right)
    assert metric([True, False, True], [1, 0, 0]) == metric([1.0, -1.0, 1.0], [1, 0, 0], threshold=0)
    assert metric([1, -1, 1], [1, -1, -1]) == metric([1, 0, 1], [1, 0, 0])


def test_scores_of_classes_come_as_tensors_arrays_and_lists_of_values():
    scores, right = many_classes(n=9)
    expected = metrics.accuracy(scores, right)
    values = [[Value(x) for x in row] for row in scores]
    for predictions in (Tensor(scores), scores.tolist(), values, np.array(values, dtype=object), [Tensor(row) for row in scores]):
        assert metrics.accuracy(predictions, right.tolist()) == expected


def test_a_network_of_values_and_one_of_arrays_get_the_same_number():
    scalar = nn.MLP(2, [4, 3], rng=0)
    arrays = nn.vectorize(scalar)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 2)), rng.integers(0, 3, 20)
    for metric in (metrics.accuracy, metrics.f1, metrics.auc):
        assert metric([scalar(row) for row in x], y) == pytest.approx(metric(arrays(x), y))


def test_targets_may_be_one_hot_or_smoothed():
    scores, right = many_classes()
    one_hot = np.eye(4)[right]
    assert metrics.f1(scores, one_hot) == metrics.f1(scores, 0.9 * one_hot + 0.025) == metrics.f1(scores, right)


def test_with_further_axes_each_place_is_an_example():
    rng = np.random.default_rng(4)
    scores, right = rng.normal(size=(5, 3, 7)), rng.integers(0, 3, (5, 7))
    rows = np.swapaxes(scores, 1, 2).reshape(-1, 3)
    one_hot = np.moveaxis(np.eye(3)[right], -1, 1)
    for metric in (metrics.accuracy, metrics.f1, metrics.auc):
        assert metric(scores, right) == metric(scores, one_hot) == metric(rows, right.ravel())


@pytest.mark.parametrize("name", NAMES[1:])
def test_what_was_never_predicted_counts_as_zero_and_without_a_warning(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert getattr(metrics, name)([-1.0, -2.0], [1, 1], threshold=0) == 0.0


def test_auc_of_two_classes_is_scikit_learns():
    rng = np.random.default_rng(3)
    scores, right = rng.normal(size=50), rng.integers(0, 2, 50)
    assert metrics.auc(scores, right) == sklearn_metrics.roc_auc_score(right, scores)
    assert metrics.auc([Value(s) for s in scores], 2 * right - 1) == sklearn_metrics.roc_auc_score(right, scores)


def test_auc_of_two_columns_does_not_saturate_where_probabilities_do():
    logits = np.array([[0.0, 800.0], [0.0, 900.0], [0.0, 1000.0]])
    assert metrics.auc(logits, [0, 1, 1]) == 1.0


def test_auc_of_many_classes_is_scikit_learns_of_the_probabilities_one_against_the_rest():
    scores, right = many_classes()
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    expected = sklearn_metrics.roc_auc_score(right, probabilities, multi_class="ovr", average="macro")
    for predictions in (scores, scores + 700, probabilities, np.log(probabilities), probabilities.astype(np.float32)):
        assert metrics.auc(predictions, right) == pytest.approx(expected)


def test_the_confusion_matrix_has_a_row_for_each_right_class():
    scores, right = many_classes(n=30)
    predicted = scores.argmax(axis=1)
    np.testing.assert_array_equal(
        metrics.confusion_matrix(scores, right), sklearn_metrics.confusion_matrix(right, predicted, labels=range(4))
    )
    np.testing.assert_array_equal(metrics.confusion_matrix([0.2, 0.9, 0.8], [0, 0, 1], threshold=0.5), [[1, 1], [0, 1]])


def test_the_confusion_matrix_keeps_classes_that_do_not_occur():
    assert metrics.confusion_matrix(np.eye(5), [0, 1, 1, 1, 0]).shape == (5, 5)
    np.testing.assert_array_equal(metrics.confusion_matrix([1.0], [1], threshold=0), [[0, 0], [0, 1]])
    np.testing.assert_array_equal(metrics.confusion_matrix([1, 1], [1, 1]), [[0, 0], [0, 2]])


def test_metrics_by_name_take_the_threshold_that_the_loss_says():
    probabilities, right = [0.2, 0.4, 0.9], [0, 0, 1]
    for loss in (nn.BCELoss(), nn.binary_cross_entropy):
        assert metrics.by_name("accuracy", loss)(probabilities, right) == 1.0
    for loss in (nn.BCEWithLogitsLoss(), nn.binary_cross_entropy_with_logits, nn.HingeLoss(), nn.hinge_loss):
        assert metrics.by_name("accuracy", loss)([-0.2, -0.4, 0.9], right) == 1.0
    assert metrics.by_name("auc", nn.BCELoss())(probabilities, right) == 1.0
    assert metrics.by_name("f1", nn.CrossEntropyLoss()) is metrics.by_name("f1") is metrics.f1


def test_an_unknown_name_gets_the_list_of_the_known():
    with pytest.raises(ValueError, match="no metric 'acuracy'; choose one of accuracy, precision, recall, f1, auc, confusion_matrix"):
        metrics.by_name("acuracy")
    with pytest.raises(ValueError, match="no metric None"):
        metrics.by_name(None)


@pytest.mark.parametrize(
    ("predictions", "targets", "threshold", "message"),
    [
        ([0.2, 0.9], [0, 1], None, "threshold=0 for logits and the scores of a hinge, threshold=0.5 for probabilities"),
        ([0.2, 0.9, 0.1], [0, 1, 2], 0, r"tells two classes apart, and the target 2.*shape \(n, 3\)"),
        (np.eye(3), [0, 1, 2], 0.5, "got the scores of 3 classes, and a threshold"),
        ([0, 1], [0, 1], 0.5, "got classes, and a threshold"),
        (np.eye(3), [0, 1], None, r"shape \(3, 3\) and targets of shape \(2,\)"),
        (np.eye(3), np.eye(3)[:2], None, r"shape \(3, 3\) and targets of shape \(2, 3\)"),
        (np.ones((2, 3, 4)), [0, 1], None, r"shape \(2, 3, 4\)"),
        (np.ones((2, 1, 4)), np.ones((2, 4)), None, r"shape \(2, 1, 4\)"),
        (0.5, 1, 0.5, r"shape \(\) and targets of shape \(\)"),
        ([[0.5, 0.7, 0.1]], 1, None, r"shape \(1, 3\) and targets of shape \(\)"),
        ([], [], None, "no predictions"),
        (np.empty((0, 3)), [], None, r"no predictions \(shape \(0, 3\)\)"),
        ([[0.1, 0.2], [0.3]], [0, 1], None, "rows of different shapes"),
        (np.eye(3), [0, 1, 3], None, "got 3 as a target; a class is a whole number from 0 to 2"),
        (np.eye(3), [0, 1, -1], None, "got -1 as a target"),
        (np.eye(3), [0, 1, 0.5], None, "got 0.5 as a target"),
        (np.eye(3), [0, 1, np.nan], None, "got nan as a target"),
        ([1, -2], [0, 1], None, "got -2 as a prediction"),
        ([0.1, np.nan], [0, 1], 0, "nan among the predictions"),
        (np.eye(3), np.ones((3, 3)), None, "one-hot, or probabilities that add up to 1"),
    ],
)
def test_what_does_not_fit_is_refused(predictions, targets, threshold, message):
    for name in (*NAMES, "confusion_matrix"):
        with pytest.raises(ValueError, match=message) as error:
            getattr(metrics, name)(predictions, targets, threshold)
        assert str(error.value).startswith(name)


def test_text_is_refused():
    with pytest.raises(TypeError, match="accuracy takes Values, Tensors and numbers"):
        metrics.accuracy(np.eye(3), ["setosa", "versicolor", "virginica"])


def test_auc_needs_all_classes_and_a_score_for_each():
    with pytest.raises(ValueError, match="the targets have none of class 0"):
        metrics.auc([0.1, 0.9], [1, 1])
    with pytest.raises(ValueError, match="none of class 1 and 3"):
        metrics.auc(np.eye(4), [0, 2, 2, 0])
    with pytest.raises(ValueError, match=r"a score for each class, shape \(n, 3\)"):
        metrics.auc([0.1, 0.9, 0.5], [0, 1, 2])


def test_scikit_learn_is_loaded_by_the_first_metric_only():
    code = "import sys, nn; nn.metrics.by_name('f1'); assert not [m for m in sys.modules if m.startswith('sklearn')]"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_scikit_learn_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ModuleNotFoundError, match="pip install"):
        metrics.accuracy(np.eye(2), [0, 1])


@pytest.mark.parametrize(("scores", "threshold"), [([0.0, 0.1, -0.1], 0.0), ([0.5, 0.6, 0.4], 0.5)])
def test_a_score_at_the_threshold_is_of_the_first_class(scores, threshold):
    assert nn.metrics.confusion_matrix(scores, [0, 1, 0], threshold=threshold).tolist() == [[2, 0], [0, 1]]
