"""Claims about `nn.plot.landscape`: the numbers that it shows, the planes that it chooses, and that it changes nothing."""

import numpy as np
import pytest

import nn
from autograd import Tensor, Value
from nn import plot
from nn.plot.plane import named_parameters, plane_of, steps_of

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
pyplot = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    pyplot.close("all")


def line():
    """Two parameters, w = 2 and b = -1, and a loss of them."""
    w, b = Value(2.0, label="w"), Value(-1.0, label="b")
    return w, b, lambda: (w - 1) ** 2 + 3 * (w + b) ** 2


def network():
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh(), nn.BatchNorm1d(3), nn.Linear(3, 1, rng=1))
    x, y = np.random.default_rng(0).normal(size=(8, 2)).astype(np.float32), np.ones((8, 1), np.float32)
    return model, lambda: nn.mse_loss(model(x), y)


def shown(ax):
    """The places along both axes, and the losses."""
    losses = np.ma.filled(ax.images[0].get_array(), np.nan)
    (x0, x1, y0, y1), (rows, columns) = ax.images[0].get_extent(), losses.shape
    places = [low + (high - low) * (np.arange(n) + 0.5) / n for low, high, n in ((x0, x1, columns), (y0, y1, rows))]
    return *places, losses


def test_over_two_parameters_each_point_has_the_loss_of_its_own_numbers():
    w, b, loss = line()
    ax = plot.landscape(loss, [w, b], over=(w, b), span=2.0, points=5)
    across, up, losses = shown(ax)
    np.testing.assert_allclose(across, [0, 1, 2, 3, 4], atol=1e-12)
    np.testing.assert_allclose(up, [-3, -2, -1, 0, 1], atol=1e-12)
    np.testing.assert_allclose(losses, [[(x - 1) ** 2 + 3 * (x + y) ** 2 for x in across] for y in up])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("w", "b")


def test_over_two_directions_each_point_has_the_loss_of_the_parameters_there():
    model, loss = network()
    rng = np.random.default_rng(1)
    directions = [[rng.normal(size=p.shape) for p in model.parameters()] for _ in range(2)]
    across, up, losses = shown(plot.landscape(loss, model, over=directions, span=0.5, points=3))
    before = [p.data.copy() for p in model.parameters()]
    model.eval()
    for (row, column), found in np.ndenumerate(losses):
        for p, numbers, first, second in zip(model.parameters(), before, *directions, strict=True):
            p.data = (numbers + across[column] * first + up[row] * second).astype(np.float32)
        assert found == pytest.approx(loss().item(), rel=1e-5)


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_is_changed_also_by_an_error(fails):
    model, loss = network()
    loss().backward()
    before = model.state_dict()
    gradients = [p.grad.copy() for p in model.parameters()]
    calls = []

    def counted():
        calls.append(model.training)
        if fails and len(calls) == 5:
            raise RuntimeError("the fifth")
        return loss()

    if fails:
        with pytest.raises(RuntimeError, match="the fifth"):
            plot.landscape(counted, model, points=3, rng=0)
    else:
        plot.landscape(counted, model, points=3, rng=0)
        assert len(calls) == 9
    assert not any(calls)
    assert model.training
    after = model.state_dict()
    assert all(after[name].tobytes() == numbers.tobytes() and after[name].dtype == numbers.dtype for name, numbers in before.items())
    assert all(np.array_equal(p.grad, g) for p, g in zip(model.parameters(), gradients, strict=True))


def test_values_have_their_floats_back():
    w, b, loss = line()
    w.data = 0.1 + 0.2
    plot.landscape(loss, [w, b], over=(w, b), points=2)
    assert type(w.data) is float
    assert (w.data, b.data) == (0.1 + 0.2, -1.0)


def test_the_middle_is_the_present_loss():
    model, loss = network()
    _, _, losses = shown(plot.landscape(loss, model, points=3, rng=0))
    model.eval()
    assert losses[1, 1] == pytest.approx(loss().item(), rel=1e-6)


def test_random_directions_have_filters_as_long_as_the_models():
    model = nn.Sequential(nn.Conv2d(2, 3, 2, rng=0), nn.Linear(4, 2, rng=0))
    model[0].weight.data = model[0].weight.data * np.array([1, 10, 100]).reshape(3, 1, 1, 1)
    plane = plane_of(model, named_parameters(model), None, None, rng=0)
    for direction in (plane.first, plane.second):
        convolution, bias, linear, other = np.split(direction, np.cumsum([24, 3, 8]))
        np.testing.assert_allclose(
            np.linalg.norm(convolution.reshape(3, 8), axis=1), np.linalg.norm(model[0].weight.data.reshape(3, 8), axis=1), rtol=1e-6
        )
        np.testing.assert_allclose(np.linalg.norm(linear.reshape(2, 4), axis=1), np.linalg.norm(model[1].weight.data, axis=1), rtol=1e-6)
        assert not bias.any()
        assert not other.any()


def test_the_weights_of_a_neuron_are_one_filter():
    model = nn.MLP(2, [2, 1], rng=0)
    named = named_parameters(model)
    direction = dict(zip([title for title, _ in named], plane_of(model, named, None, None, rng=0).first, strict=True))
    for neuron in [*model.layers[0].neurons, *model.layers[1].neurons]:
        (path,) = [path for path, module in model.named_modules() if module is neuron]
        numbers = [direction[f"{path}.weight.{i}"] for i in range(2)]
        assert np.linalg.norm(numbers) == pytest.approx(np.linalg.norm([w.data for w in neuron.weight]))
        assert direction[f"{path}.bias"] == 0


def test_the_path_of_an_optimizer_lies_in_the_plane_of_its_principal_components():
    model, loss = network()
    optimizer, path = nn.optim.SGD(model.parameters(), lr=0.1), [model.state_dict()]
    for _ in range(10):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
        path.append(model.state_dict())
    named = named_parameters(model)
    steps = steps_of(path, model, named)
    plane = plane_of(model, named, None, steps, None)
    np.testing.assert_allclose([plane.first @ plane.first, plane.second @ plane.second, plane.first @ plane.second], [1, 1, 0], atol=1e-9)
    track = plane.coordinates(steps)
    differences = steps - steps[-1]
    np.testing.assert_allclose(track, np.stack([differences @ plane.first, differences @ plane.second], axis=1), atol=1e-9)
    share = (track[:, 0] ** 2).sum() / (differences**2).sum()
    assert plane.labels[0] == f"principal component 1, {share:.0%} of the path"
    assert share == pytest.approx(np.linalg.svd(differences)[1][0] ** 2 / (differences**2).sum())

    ax = plot.landscape(loss, model, path=path, points=5)
    np.testing.assert_allclose(ax.lines[1].get_xydata(), track)
    np.testing.assert_allclose(track[-1], 0, atol=1e-6)
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    assert x0 < track[:, 0].min() < track[:, 0].max() < x1
    assert y0 < track[:, 1].min() < track[:, 1].max() < y1
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["path", "first step", "last step"]


def test_a_path_over_two_parameters_has_their_numbers():
    w, b, loss = line()
    ax = plot.landscape(loss, [w, b], over=(b, w), path=[(0.0, 1.0), (1.0, 3.0)], points=3)
    np.testing.assert_allclose(ax.lines[1].get_xydata(), [[1.0, 0.0], [3.0, 1.0]])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["path", "first step", "last step", "present parameters"]


def test_where_the_loss_is_not_finite_there_is_no_colour():
    w, b, _ = line()
    _, _, losses = shown(plot.landscape(lambda: w.log() + b, [w, b], over=(w, b), span=4.0, points=5))
    np.testing.assert_array_equal(np.isnan(losses), [[True, True, False, False, False]] * 5)


def test_a_loss_that_is_the_same_everywhere_is_drawn():
    w, b, _ = line()
    plot.landscape(lambda: 1.0, [w, b], over=(w, b), points=3).figure.canvas.draw()


W, B = Value(1.0), Value(2.0)
LAYER = nn.Linear(2, 1)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((3.0, [W, B]), TypeError, "as a function without arguments, .* not a float"),
        ((lambda: W, W), TypeError, "takes a module, or a list of parameters, not a Value"),
        ((lambda: W, [W, 1.0]), TypeError, "in this one is a float"),
        ((lambda: W, [W, W * 2]), TypeError, "in this one is a node that was computed"),
        ((lambda: W, [W]), ValueError, "at least two numbers that are trained, and the list has 1"),
        ((lambda: W, nn.ReLU()), ValueError, "the ReLU has 0"),
        ((lambda: W, [W, B]), ValueError, "Random directions leave parameters with one axis"),
        ((lambda: W, [W, B], (W,)), ValueError, "over has 1"),
        ((lambda: W, [W, B], (W, W)), ValueError, "over has one parameter twice"),
        ((lambda: W, [W, B], (W, Value(1.0))), ValueError, "over has one that is not among them"),
        ((lambda: W, [W, B], ([1.0, 0.0], [2.0, 0.0])), ValueError, "one of these is 0 or a multiple of the other"),
        ((lambda: W, LAYER, ([1.0, 0.0], [2.0, 0.0])), ValueError, r"direction 1 with the shapes \(\), \(\), .* have \(1, 2\), \(1,\)"),
        ((lambda: W, [W, B], None, []), ValueError, "empty path"),
        ((lambda: W, [W, B], None, [(1.0, 2.0)]), ValueError, "stays at the present parameters"),
        ((lambda: W, [W, B], None, [(1.0, np.nan)]), ValueError, "path with nan or infinity"),
        ((lambda: W, [W, B], None, [(1.0,)]), ValueError, "got step 0 of the path with the shapes"),
        ((lambda: W, LAYER, None, [{"weight": np.ones((1, 2))}]), ValueError, "Step 0 of the path has no bias"),
        ((lambda: W, LAYER, None, [[np.ones((1, 2)), np.ones(1)]]), ValueError, "for a module each step is a copy of state_dict"),
        ((lambda: W, [W, B], (W, B), None, 0.0), ValueError, "span must be above 0"),
        ((lambda: W, [W, B], (W, B), None, 1.0, 1), ValueError, "points must be at least 2"),
        ((lambda: Tensor([1.0, 2.0]), [W, B], (W, B)), TypeError, r"a single number, and this function returned shape \(2,\)"),
        ((lambda: None, [W, B], (W, B)), TypeError, "this function returned a NoneType"),
        ((lambda: float("nan"), [W, B], (W, B)), ValueError, "nan or infinite all over this landscape"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        plot.landscape(*arguments)
    assert not pyplot.get_fignums()
