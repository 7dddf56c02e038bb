"""nn.plot: weights, gradients and filters of layers, and activation functions."""

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value
from nn import plot

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
pyplot = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    pyplot.close("all")


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
