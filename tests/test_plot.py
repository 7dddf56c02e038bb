"""nn.plot: what the pictures show, and what they refuse."""

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
        (X, Y, lambda points: points, "got 13122 scores; one for each point"),
        (X, Y, lambda points: 0.5, "got 1 scores"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(x, y, predict, message):
    with pytest.raises(ValueError, match=message):
        plot.decision_boundary(predict, x, y)
    assert not pyplot.get_fignums()


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
