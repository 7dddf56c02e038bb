"""nn.plot: decision boundaries, confusion matrices and curves; what the pictures show, and what they refuse."""

import subprocess
import sys

import numpy as np
import pytest

import nn
from autograd import Tensor, Value
from nn import plot

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
pyplot = pytest.importorskip("matplotlib.pyplot")

X = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
Y = np.array([-1.0, -1.0, 1.0, 1.0])


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    pyplot.close("all")


def line_of(ax):
    """The points of the line where the score is 0."""
    from matplotlib.contour import ContourSet

    (contours,) = [child for child in ax.get_children() if isinstance(child, ContourSet)]
    return np.concatenate([path.vertices for path in contours.get_paths()])


def test_the_line_is_where_the_score_is_zero():
    ax = plot.decision_boundary(lambda points: points[:, 1] - 0.3, X, Y)
    line = line_of(ax)
    np.testing.assert_allclose(line[:, 1], 0.3, atol=1e-9)
    assert line[:, 0].min() < 0
    assert line[:, 0].max() > 1


def test_points_stand_where_they_are_in_the_colour_of_their_class():
    ax = plot.decision_boundary(lambda points: points[:, 0], X, Y)
    lower, upper = (collection for collection in ax.collections if len(collection.get_offsets()) == 2)
    np.testing.assert_array_equal(lower.get_offsets(), X[Y < 0])
    np.testing.assert_array_equal(upper.get_offsets(), X[Y > 0])
    assert not np.array_equal(lower.get_facecolor(), upper.get_facecolor())


def test_the_colour_of_the_plane_follows_the_sign_of_the_score():
    ax = plot.decision_boundary(lambda points: 100 * (points[:, 0] - 0.5), X, Y)
    image = ax.images[0]
    left, right = image.cmap(image.norm(image.get_array()[40, [0, -1]]))
    assert left[2] > left[0]
    assert right[0] > right[2]


def test_scores_may_be_values_numbers_arrays_or_tensors():
    expected = line_of(plot.decision_boundary(lambda points: points[:, 0] - 0.4, X, Y))
    for predict in (
        lambda points: [Value(x) - 0.4 for x, _ in points.tolist()],
        lambda points: [x - 0.4 for x, _ in points.tolist()],
        lambda points: Tensor(points)[:, 0] - 0.4,
        lambda points: Tensor(points)[:, :1] - 0.4,
    ):
        np.testing.assert_array_equal(line_of(plot.decision_boundary(predict, X, Y)), expected)


def test_a_network_is_asked_without_recording():
    model, asked = nn.MLP(2, [3, 1], rng=0), []

    def predict(points):
        asked.extend(model(p) for p in points)
        return asked

    plot.decision_boundary(predict, X, Y)
    assert not any(score.requires_grad for score in asked)


def test_classes_may_be_zero_and_one_and_all_points_may_be_one_point():
    plot.decision_boundary(lambda points: points[:, 0], [[2.0, 3.0]], [0]).figure.canvas.draw()


def test_a_score_of_one_sign_draws_no_line():
    ax = plot.decision_boundary(lambda points: np.ones(len(points)), X, Y)
    ax.figure.canvas.draw()
    assert len(ax.collections) == 2


@pytest.mark.parametrize(
    ("x", "y", "predict", "message"),
    [
        (np.ones((4, 3)), Y, len, r"X of shape \(n, 2\); got \(4, 3\)"),
        (np.ones((0, 2)), [], len, r"got \(0, 2\)"),
        (X, Y[:3], len, r"4 points and classes of shape \(3,\)"),
        (X, Y, lambda points: points[1:], "got 13120 scores; one for each point"),
        (X, Y, lambda points: 0.5, "got 1 scores"),
        (X, Y, lambda points: points[:, 0] * np.nan, "nan or infinity as a score"),
    ],
)
def test_shapes_and_scores_that_do_not_fit_are_refused(x, y, predict, message):
    with pytest.raises(ValueError, match=message):
        plot.decision_boundary(predict, x, y)
    assert not pyplot.get_fignums()


BLOBS = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]])


def nearest(points):
    """The scores of three classes, whose centres are BLOBS."""
    return -((points[:, None] - BLOBS) ** 2).sum(axis=2)


def test_several_classes_each_have_their_colour_and_their_points():
    ax = plot.decision_boundary(nearest, BLOBS, [0, 1, 2])
    image = np.asarray(ax.images[0].get_array())
    (x0, x1, y0, y1), n = ax.images[0].get_extent(), len(image)
    for k, (x, y) in enumerate(BLOBS):
        assert ax.get_legend_handles_labels()[1][k] == f"class {k}"
        (points,) = (c for c in ax.collections if c.get_label() == f"class {k}")
        np.testing.assert_array_equal(points.get_offsets(), [[x, y]])
        at = image[int((y - y0) / (y1 - y0) * (n - 1)), int((x - x0) / (x1 - x0) * (n - 1))]
        np.testing.assert_allclose(at, points.get_facecolor()[0, :3], atol=0.01)


def test_the_lines_between_several_classes_are_where_the_two_highest_scores_are_equal():
    from matplotlib.contour import ContourSet

    ax = plot.decision_boundary(nearest, BLOBS, [0, 1, 2])
    contours = [child for child in ax.get_children() if isinstance(child, ContourSet)]
    vertices = np.concatenate([path.vertices for contour in contours for path in contour.get_paths()])
    best = np.sort(nearest(vertices), axis=1)
    np.testing.assert_allclose(best[:, -1], best[:, -2], atol=0.3)
    assert len(contours) == 3


def test_the_scores_of_two_classes_draw_the_line_of_their_difference():
    one = plot.decision_boundary(lambda points: points[:, 0] - 0.4, X, Y)
    two = plot.decision_boundary(lambda points: np.stack([-points[:, 0], points[:, 0] - 0.8], axis=1), X, Y)
    np.testing.assert_allclose(line_of(two), line_of(one))


def test_networks_of_several_classes_may_be_of_values_or_of_arrays():
    scalar = nn.MLP(2, [4, 3], rng=0)
    pictures = [
        plot.decision_boundary(lambda points: [scalar(p) for p in points], BLOBS, [0, 1, 2]),
        plot.decision_boundary(nn.vectorize(scalar).to(np.float64), BLOBS, [0, 1, 2]),
    ]
    one, other = (np.asarray(ax.images[0].get_array()) for ax in pictures)
    np.testing.assert_allclose(one, other, atol=1e-12)


def test_a_class_without_a_score_is_refused():
    for classes in ([0, 1, 3], [-1, 1, 2], [0, 1, 0.5]):
        with pytest.raises(ValueError, match="scores of 3 classes, so y must be numbers from 0 to 2"):
            plot.decision_boundary(nearest, BLOBS, classes)
    assert not pyplot.get_fignums()


def test_the_confusion_matrix_has_its_numbers_in_its_cells():
    matrix = [[48, 2, 0], [5, 41, 4], [0, 0, 10]]
    ax = plot.confusion_matrix(matrix, names=["setosa", "versicolor", "virginica"])
    for text in ax.texts:
        column, row = text.get_position()
        assert text.get_text() == str(matrix[row][column])
    assert len(ax.texts) == 9
    assert [label.get_text() for label in ax.get_yticklabels()] == ["setosa", "versicolor", "virginica"]
    np.testing.assert_allclose(ax.images[0].get_array()[1], [0.1, 0.82, 0.08])


def test_the_numbers_of_a_confusion_matrix_fit_into_their_cells():
    _, axes = pyplot.subplots(2, 3, figsize=(10, 6))
    for ax in (axes[0, 2], None):
        ax = plot.confusion_matrix(np.eye(10, dtype=int) * 99_999, ax=ax)
        ax.figure.canvas.draw()
        cell = ax.get_window_extent().width / 10
        assert max(text.get_window_extent().width for text in ax.texts) < cell


def test_a_class_without_examples_and_a_matrix_of_shares_are_drawn():
    ax = plot.confusion_matrix([[0, 0], [0.25, 0.75]])
    ax.figure.canvas.draw()
    assert [text.get_text() for text in ax.texts] == ["0", "0", "0.25", "0.75"]


@pytest.mark.parametrize("matrix", [[[1, 2]], [1, 2], [[1, -1], [0, 1]], [["a", "b"], ["c", "d"]], np.empty((0, 0)), [[np.nan, 1], [1, 1]]])
def test_what_is_no_confusion_matrix_is_refused(matrix):
    with pytest.raises(ValueError, match=r"a square of numbers from 0.*nn\.metrics\.confusion_matrix makes one"):
        plot.confusion_matrix(matrix)


def test_each_class_of_a_confusion_matrix_needs_a_name():
    with pytest.raises(ValueError, match="2 classes and 1 names"):
        plot.confusion_matrix([[1, 0], [0, 1]], names=["cat"])


def test_training_is_drawn_against_validation():
    history = {"epoch": [11, 12, 13], "loss": [0.9, 0.4, 0.1], "val_loss": [1.0, np.nan, 0.5], "accuracy": [0.5, 0.7, 0.8]}
    loss, accuracy = plot.curves(history)
    training, validation = loss.lines
    np.testing.assert_array_equal(training.get_xydata(), [[11, 0.9], [12, 0.4], [13, 0.1]])
    np.testing.assert_array_equal(validation.get_xydata(), [[11, 1.0], [13, 0.5]])
    assert [text.get_text() for text in loss.get_legend().get_texts()] == ["training", "validation"]
    assert (loss.get_xlabel(), loss.get_ylabel()) == ("epoch", "loss")
    assert accuracy.get_legend() is None
    assert training.get_color() != validation.get_color()


def test_what_was_only_validated_has_a_curve_of_its_own():
    (panel,) = plot.curves({"val_loss": [1.0, 0.5]})
    assert panel.get_ylabel() == "val_loss"
    assert panel.get_xlabel() == "step"


def test_every_epoch_needs_a_number():
    with pytest.raises(ValueError, match="2 epochs and 1 numbers of 'loss'"):
        plot.curves({"epoch": [1, 2], "loss": [0.5]})


def test_curves_show_the_numbers_of_each_step():
    history = {"loss": [0.9, 0.4, 0.1], "accuracy": [0.5, 0.75, 1.0]}
    panels = plot.curves(history)
    for panel, (name, numbers) in zip(panels, history.items(), strict=True):
        (line,) = panel.lines
        np.testing.assert_array_equal(line.get_xydata(), list(enumerate(numbers, start=1)))
        assert panel.get_ylabel() == name


def test_pictures_go_into_the_axes_that_are_given():
    _, (left, right) = pyplot.subplots(1, 2)
    assert plot.curves({"loss": [1.0]}, ax=left)[0] is left
    assert plot.decision_boundary(lambda points: points[:, 0], X, Y, ax=right) is right
    assert len(pyplot.get_fignums()) == 1


def test_curves_need_a_history_and_as_many_axes_as_names():
    with pytest.raises(ValueError, match="empty history"):
        plot.curves({})
    with pytest.raises(ValueError, match="empty history"):
        plot.curves({"epoch": [1]})
    _, ax = pyplot.subplots()
    with pytest.raises(ValueError, match="2 pictures to draw and 1 axes"):
        plot.curves({"loss": [1.0], "accuracy": [1.0]}, ax=ax)


def test_matplotlib_is_loaded_by_the_first_picture_only():
    code = "import sys, nn; assert not [m for m in sys.modules if m.startswith('matplotlib')]"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_matplotlib_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ModuleNotFoundError, match="pip install"):
        plot.curves({"loss": [1.0]})


# What all pictures share

OKABE_ITO = {"#000000", "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#999999"}


def hexes(*colours):
    return {matplotlib.colors.to_hex(colour) for colour in colours}


def test_points_of_two_classes_have_markers_of_their_own_and_a_legend():
    for classes, names in ((Y, ["class -1", "class 1"]), (Y > 0, ["class 0", "class 1"]), ([-2, -1, 1, 1], ["classes -2, -1", "class 1"])):
        ax = plot.decision_boundary(lambda points: points[:, 0], X, classes)
        assert [text.get_text() for text in ax.get_legend().get_texts()] == names
        lower, upper = (collection for collection in ax.collections if len(collection.get_offsets()) == 2)
        assert lower.get_paths()[0].vertices.shape != upper.get_paths()[0].vertices.shape
    scores = plot.decision_boundary(lambda points: np.stack([points[:, 0], points[:, 1]], axis=1), X, [0, 0, 1, 1])
    assert [text.get_text() for text in scores.get_legend().get_texts()] == ["class 0", "class 1"]


def test_a_class_without_points_is_not_in_the_legend():
    ax = plot.decision_boundary(lambda points: points[:, 0], X, [1, 1, 1, 1])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["class 1"]


def test_training_and_validation_have_one_colour_each_in_all_curves():
    both = plot.curves({"loss": [0.9, 0.4], "val_loss": [1.0, 0.5], "accuracy": [0.5, 0.8], "val_accuracy": [0.4, 0.7]})
    alone = plot.curves({"loss": [0.9, 0.4], "accuracy": [0.5, 0.8]})
    only = plot.curves({"val_loss": [0.9, 0.4]})
    training = hexes(*(panel.lines[0].get_color() for panel in [*both, *alone]))
    validation = hexes(*(panel.lines[1].get_color() for panel in both), only[0].lines[0].get_color())
    assert (len(training), len(validation)) == (1, 1)
    assert training != validation
    assert training | validation <= OKABE_ITO


def test_a_class_has_one_colour_in_all_pictures_and_no_other_meaning():
    two = plot.decision_boundary(lambda points: points[:, 0], X, Y)
    three = plot.decision_boundary(nearest, BLOBS, [0, 1, 2])
    found = [hexes(*(c.get_facecolor()[0] for c in ax.collections if c.get_label().startswith("class"))) for ax in (two, three)]
    assert len(found[0]) == 2
    assert found[0] < found[1] <= OKABE_ITO
    curves = plot.curves({"loss": [0.9, 0.4], "val_loss": [1.0, 0.5]})[0].lines
    assert not found[1] & hexes(*(line.get_color() for line in curves))


def test_the_plane_is_in_the_colours_of_the_points():
    ax = plot.decision_boundary(lambda points: 100 * (points[:, 0] - 0.5), X, Y)
    image = ax.images[0]
    sides = hexes(*image.cmap(image.norm(image.get_array()[40, [0, -1]])))
    assert sides == hexes(*(c.get_facecolor()[0] for c in ax.collections if len(c.get_offsets()) == 2))


def ticks(panel):
    """The numbers that are written at the axis of epochs."""
    panel.figure.canvas.draw()
    low, high = panel.get_xlim()
    return [label.get_text() for label, at in zip(panel.get_xticklabels(), panel.get_xticks(), strict=True) if low <= at <= high]


@pytest.mark.parametrize("epochs", [[1], [7], [1, 2], [3, 4, 5], list(range(1, 31))])
def test_ticks_are_at_whole_epochs(epochs):
    (panel,) = plot.curves({"epoch": epochs, "loss": [1.0 / epoch for epoch in epochs]})
    shown = ticks(panel)
    assert shown
    assert {int(text) for text in shown} <= set(range(31))


def test_one_epoch_is_a_marker():
    (panel,) = plot.curves({"epoch": [1], "loss": [0.5], "val_loss": [0.7]})
    assert [line.get_marker() for line in panel.lines] == ["o", "s"]
    assert [line.get_xydata().tolist() for line in panel.lines] == [[[1.0, 0.5]], [[1.0, 0.7]]]


def test_a_curve_of_nan_alone_says_that_there_is_none():
    (panel,) = plot.curves({"loss": [np.nan, np.inf]})
    panel.figure.canvas.draw()
    assert [text.get_text() for text in panel.texts] == ["no finite number"]


def test_every_picture_has_a_title_and_labels_at_its_axes():
    model = nn.MLP(2, [3, 1], rng=0)
    model([1.0, 2.0]).backward()
    pictures = [
        plot.decision_boundary(lambda points: points[:, 0], X, Y), plot.confusion_matrix([[1, 2], [3, 4]]),
        *plot.curves({"loss": [1.0, 0.5]}), *plot.activations("tanh"), *plot.weights(model), *plot.gradients(model),
    ]  # fmt: skip
    for ax in pictures:
        assert ax.get_title()
        assert ax.get_xlabel()
        assert ax.get_ylabel()
