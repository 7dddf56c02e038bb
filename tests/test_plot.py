"""Claims about `nn.plot`: what the pictures of classes, of training and of layers show, and what they refuse."""

import subprocess
import sys

import numpy as np
import pytest

import autograd
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
    assert left[0] > left[2]
    assert right[2] > right[0]


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


def test_negative_and_the_first_class_are_orange_and_positive_and_the_second_class_blue_as_on_the_page_of_a_network():
    model = nn.Conv2d(1, 1, 1, rng=0)
    filter = plot.filters(np.array([[[[-2.0, 2.0]]]])).images[0]
    plane = plot.decision_boundary(lambda points: 100 * (points[:, 0] - 0.5), X, Y).images[0]
    maps = plot.feature_maps(model, np.array([[[-1.0, 1.0]]]) / model.weight.item(), model).images[0]
    for image in (filter, plane, maps):
        assert hexes(*image.cmap([0.0, 1.0])) == {"#e69f00", "#56b4e9"}
        assert hexes(image.cmap(0.0)) == {"#e69f00"}


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


# --- layers and activation functions --------------------------------------------------------------


def labels_of(panel):
    return [text.get_text() for text in panel.get_legend().get_texts()]


def edges_of(panel):
    """The edges of the bins of each histogram, where there is something in them."""
    filled = []
    for patch in panel.patches:
        heights, edges, _ = patch.get_data()
        inside = np.flatnonzero(heights)
        filled.append((edges[inside[0]], edges[inside[-1] + 1]) if inside.size else None)
    return filled


def test_weights_have_a_histogram_for_each_layer_that_has_any():
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Sequential(nn.Linear(16, 2, bias=False)))
    panels = plot.weights(model)
    assert [panel.get_title() for panel in panels] == ["0 (Conv2d)", "1 (BatchNorm2d)", "4.0 (Linear)"]
    assert [len(panel.patches) for panel in panels] == [2, 2, 1]
    (low, high), _ = edges_of(panels[0])
    numbers = model[0].weight.data
    assert low <= numbers.min() < numbers.max() <= high
    assert labels_of(panels[2]) == [f"weights: std {model[4][0].weight.data.std():.2g}"]


def test_the_weights_of_the_neurons_of_a_layer_of_values_are_drawn_together():
    model = nn.MLP(3, [8, 2], rng=0)
    panels = plot.weights(model)
    assert [panel.get_title() for panel in panels] == ["layers.0 (Layer)", "layers.1 (Layer)"]
    numbers = [w.data for neuron in model.layers[0].neurons for w in neuron.weight]
    assert labels_of(panels[0]) == [f"weights: std {np.std(numbers):.2g}", "biases: std 0"]
    assert [panel.get_title() for panel in plot.weights(model.layers[0])] == ["Layer"]
    assert [panel.get_title() for panel in plot.weights(model.layers[0].neurons[0])] == ["Neuron"]


@pytest.mark.parametrize("make", [lambda: nn.LSTM(2, 3), lambda: nn.TransformerEncoderLayer(8, 2), lambda: nn.Embedding(5, 2)])
def test_layers_with_several_weights_are_drawn(make):
    for panel in plot.weights(make()):
        assert labels_of(panel)[0].startswith("weights: std")
        panel.figure.canvas.draw()


def test_gradients_that_vanish_move_to_the_left():
    model = nn.Sequential(*[part for _ in range(5) for part in (nn.Linear(16, 16), nn.Sigmoid())])
    model(np.random.default_rng(0).normal(size=(8, 16))).sum().backward()
    panels = plot.gradients(model)
    ends = [edges_of(panel)[0][1] for panel in panels]
    assert ends == sorted(ends)
    assert ends[0] < 0.01 * ends[-1]
    assert len({panel.get_xlim() for panel in panels}) == 1
    assert {panel.get_xscale() for panel in panels} == {"log"}


def test_gradients_of_zero_are_counted():
    layer = nn.Linear(4, 1)
    layer(np.array([[1.0, 0.0, 0.0, 2.0]])).sum().backward()
    (panel,) = plot.gradients(layer)
    assert labels_of(panel) == ["weights: rms 1.1, 50% are 0", "biases: rms 1"]


def test_gradients_that_are_all_zero_are_drawn():
    layer = nn.Linear(2, 1)
    (layer(np.ones((1, 2))).sum() * 0).backward()
    (panel,) = plot.gradients(layer)
    panel.figure.canvas.draw()
    assert labels_of(panel)[0] == "weights: rms 0, 100% are 0"


def test_gradients_of_layers_of_values_are_drawn():
    model = nn.MLP(2, [4, 1], activation="tanh", rng=0)
    sum(model.layers[0]([1.0, 2.0]), Value(0.0)).backward()
    first, last = plot.gradients(model)
    numbers = [w.grad for neuron in model.layers[0].neurons for w in neuron.weight]
    assert labels_of(first)[0] == f"weights: rms {np.sqrt(np.mean(np.square(numbers))):.2g}"
    assert labels_of(last) == ["weights: rms 0, 100% are 0", "biases: rms 0, 100% are 0"]


def test_layers_of_arrays_without_a_gradient_are_left_out():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    model[0](np.ones((1, 2))).sum().backward()
    assert [panel.get_title() for panel in plot.gradients(model)] == ["0 (Linear)"]


def test_what_has_no_numbers_is_refused():
    with pytest.raises(ValueError, match="the Linear has no gradient yet; call backward"):
        plot.gradients(nn.Linear(2, 1))
    for picture in (plot.weights, plot.gradients):
        with pytest.raises(ValueError, match="the ReLU has no parameters"):
            picture(nn.ReLU())
        with pytest.raises(TypeError, match=r"an nn\.Module, and got a list"):
            picture([1.0])
    assert not pyplot.get_fignums()


def test_nan_is_refused_by_the_name_of_the_layer():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    model[1].bias.data = np.array([np.nan])
    with pytest.raises(ValueError, match=r"nan or infinity, and there is some in 1 \(Linear\)"):
        plot.weights(model)
    with pytest.raises(ValueError, match="nan or infinity, and there is some in the weights"):
        plot.filters(np.full((1, 1, 2, 2), np.inf))


def test_filters_of_one_channel_are_their_numbers():
    layer = nn.Conv2d(1, 5, (2, 12))
    ax = plot.filters(layer)
    assert ax.get_title() == "5 filters of 2×12"
    numbers = layer.weight.data
    shown = np.ma.filled(ax.images[0].get_array(), np.nan)
    np.testing.assert_allclose(np.unique(shown[~np.isnan(shown)]), np.unique(numbers))
    zoom = 6
    np.testing.assert_allclose(shown[: 2 * zoom : zoom, : 12 * zoom : zoom], numbers[0, 0])


def test_filters_of_three_channels_are_in_colour_and_grey_is_zero():
    weight = np.zeros((4, 3, 12, 12))
    weight[0, 2] = 2.0
    image = np.asarray(plot.filters(Tensor(weight)).images[0].get_array())
    np.testing.assert_allclose(image[0, 0], [0.5, 0.5, 1.0])
    np.testing.assert_allclose(image[-1, -1], 0.5)


def test_the_first_layer_of_a_network_of_pixels_can_be_seen():
    linear = nn.Linear(784, 9)
    assert plot.filters(linear.weight.data.reshape(-1, 1, 28, 28)).get_title() == "9 filters of 28×28"


def test_what_are_no_filters_is_refused():
    for layer in (nn.Conv2d(2, 4, 3), nn.Linear(4, 4), np.zeros((0, 1, 3, 3))):
        with pytest.raises(ValueError, match=r"\(filters, 1 or 3 channels, height, width\)"):
            plot.filters(layer)
    for layer in (nn.ReLU(), [1.0]):
        with pytest.raises(TypeError, match="draws the weights of a Conv2d"):
            plot.filters(layer)


def test_activations_are_drawn_with_the_derivatives_that_the_engine_computes():
    (panel,) = plot.activations(autograd.tanh)
    function, derivative = panel.get_legend_handles_labels()[0]
    x = function.get_xdata()
    assert (x[0], x[-1]) == (-5, 5)
    np.testing.assert_allclose(function.get_ydata(), np.tanh(x))
    np.testing.assert_allclose(derivative.get_ydata(), 1 - np.tanh(x) ** 2)
    assert panel.get_title() == "tanh"


def test_activations_are_modules_functions_or_names():
    def cube(x):
        return x**3

    panels = plot.activations([nn.LeakyReLU(0.1), nn.functional.gelu, cube, "silu", nn.Sigmoid()])
    assert [panel.get_title() for panel in panels] == ["LeakyReLU(negative_slope=0.1)", "gelu", "cube", "SiLU", "Sigmoid"]


def test_without_a_function_all_that_neurons_know_are_drawn():
    titles = [panel.get_title() for panel in plot.activations()]
    assert titles == ["ReLU", "LeakyReLU", "ELU", "GELU", "SiLU", "Softplus", "Sigmoid", "Tanh", "Sin"]


def test_what_is_no_activation_is_refused():
    with pytest.raises(ValueError, match="no activation 'rleu'; choose from relu,"):
        plot.activations("rleu")
    with pytest.raises(ValueError, match="empty list"):
        plot.activations([])
    with pytest.raises(ValueError, match=r"Softmax.* does not work entry by entry"):
        plot.activations(nn.Softmax())
    for function, message in (
        (3.0, "got 3.0"),
        (nn.ReLU, "got <class"),
        (lambda x: x.data, "without a derivative"),
        (lambda x: 1.0, "a float"),
    ):
        with pytest.raises(TypeError, match=message):
            plot.activations(function)
    assert not pyplot.get_fignums()


def test_all_of_these_go_into_the_axes_that_are_given():
    model = nn.Linear(4, 2)
    model(np.ones((1, 4))).sum().backward()
    _, axes = pyplot.subplots(1, 5)
    assert plot.weights(model, ax=axes[0])[0] is axes[0]
    assert plot.gradients(model, ax=axes[1])[0] is axes[1]
    assert plot.filters(nn.Conv2d(1, 2, 3), ax=axes[2]) is axes[2]
    assert plot.activations("relu", ax=axes[3])[0] is axes[3]
    assert plot.confusion_matrix([[1, 0], [0, 1]], ax=axes[4]) is axes[4]
    assert len(pyplot.get_fignums()) == 1
    with pytest.raises(ValueError, match="1 pictures to draw and 2 axes"):
        plot.weights(model, ax=axes[:2])
