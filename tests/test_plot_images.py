"""Claims about pictures of networks of images and of attention, and about animations: the numbers that they show, and what they refuse."""

import numpy as np
import pytest

import nn
from autograd import Tensor
from nn import plot

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
pyplot = pytest.importorskip("matplotlib.pyplot")
image = pytest.importorskip("PIL.Image")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    pyplot.close("all")


IMAGE = np.random.default_rng(0).normal(size=(1, 8, 10))


def network(channels=1, classes=4):
    model = nn.Sequential(
        nn.Conv2d(channels, 5, 3, rng=0), nn.BatchNorm2d(5), nn.Tanh(), nn.Dropout(0.5, rng=0), nn.Conv2d(5, 6, 3, rng=1), nn.ReLU(),
        nn.Flatten(), nn.Linear(6 * 4 * 6, classes, rng=2),
    )  # fmt: skip
    return model.double()


# --- feature maps ---------------------------------------------------------------------------------


def test_feature_maps_are_what_the_layer_returns_in_evaluation_mode():
    model = network()
    ax = plot.feature_maps(model, IMAGE, "4")
    assert ax.get_title() == "6 maps of 4×6 of Conv2d '4'"
    model.eval()
    maps = model[:5](IMAGE[None]).data[0]
    picture = np.ma.filled(ax.images[0].get_array(), np.nan)
    zoom, rows, columns = 3, 3, 2
    for i, numbers in enumerate(maps):
        top, left = i // columns * (4 * zoom + 1), i % columns * (6 * zoom + 1)
        np.testing.assert_allclose(picture[top : top + 4 * zoom : zoom, left : left + 6 * zoom : zoom], numbers)
    assert picture.shape == (rows * (4 * zoom + 1) - 1, columns * (6 * zoom + 1) - 1)


def test_a_layer_is_a_module_or_its_path_and_an_image_may_be_a_batch_of_one():
    model = network()
    expected = plot.feature_maps(model, IMAGE, "5").images[0].get_array()
    for given in ((IMAGE, model[5]), (IMAGE[None], "5"), (Tensor(IMAGE), "5")):
        np.testing.assert_array_equal(plot.feature_maps(model, *given).images[0].get_array(), expected)


def test_maps_that_are_never_negative_have_a_scale_from_zero():
    model = network()
    assert plot.feature_maps(model, IMAGE, "5").images[0].get_clim()[0] == 0
    low, high = plot.feature_maps(model, IMAGE, "4").images[0].get_clim()
    assert low == -high


# --- Grad-CAM -------------------------------------------------------------------------------------


def test_grad_cam_weighs_each_map_by_how_the_score_answers_to_a_change_of_all_of_it():
    model, h = network(), 1e-5
    ax = plot.grad_cam(model, IMAGE, "5", target=2)
    model.eval()
    maps = model[:6](IMAGE[None]).data
    alphas = []
    for k in range(6):
        step = np.zeros_like(maps)
        step[:, k] = h
        above, below = (model[6:](maps + sign * step).data[0, 2] for sign in (1, -1))
        alphas.append((above - below) / (2 * h) / maps[0, 0].size)
    expected = np.maximum(np.tensordot(alphas, maps[0], axes=1), 0)
    enlarged = nn.functional.interpolate(expected[None, None], size=(8, 10), mode="bilinear")[0, 0]
    assert enlarged.max() > 0
    np.testing.assert_allclose(ax.images[1].get_array(), enlarged, rtol=1e-6, atol=1e-9)


def test_grad_cam_is_pytorchs(pytorch):
    model = network(channels=3)
    picture = np.random.default_rng(1).normal(size=(3, 8, 10))

    def by_hooks(torch):
        t = torch.nn
        twin = t.Sequential(
            t.Conv2d(3, 5, 3), t.BatchNorm2d(5), t.Tanh(), t.Dropout(0.5), t.Conv2d(5, 6, 3), t.ReLU(), t.Flatten(), t.Linear(144, 4)
        ).double()
        twin.load_state_dict({name: torch.as_tensor(numbers) for name, numbers in model.state_dict().items()})
        twin.eval()
        seen = {}
        twin[4].register_forward_hook(lambda module, args, output: seen.update(maps=output))
        twin[4].register_full_backward_hook(lambda module, inputs, outputs: seen.update(slopes=outputs[0]))
        twin(torch.as_tensor(picture)[None])[0, 1].backward()
        alphas = seen["slopes"].mean(dim=(2, 3), keepdim=True)
        small = torch.relu((alphas * seen["maps"]).sum(dim=1, keepdim=True))
        return t.functional.interpolate(small, size=(8, 10), mode="bilinear", align_corners=False)[0, 0].tolist()

    ax = plot.grad_cam(model, picture, model[4], target=1)
    np.testing.assert_allclose(ax.images[1].get_array(), pytorch(by_hooks), rtol=1e-9, atol=1e-12)


def test_without_a_target_it_is_the_class_with_the_highest_score():
    model = network()
    model[7].bias.data = np.array([0.0, 0.0, 9.0, 0.0])
    assert plot.grad_cam(model, IMAGE, "5").get_title() == "Where class 2 is seen, by ReLU '5'"


def test_grad_cam_changes_nothing():
    model = network()
    model(IMAGE[None]).sum().backward()
    before, gradients = model.state_dict(), [p.grad.copy() for p in model.parameters()]
    plot.grad_cam(model, IMAGE, "5")
    after = model.state_dict()
    assert all(np.array_equal(after[name], numbers) for name, numbers in before.items())
    assert all(np.array_equal(p.grad, g) for p, g in zip(model.parameters(), gradients, strict=True))
    assert all(module.training for module in model.modules())
    assert not any(module._hooks for module in model.modules())


def test_grad_cam_works_below_frozen_layers_and_for_a_single_score():
    model = network(classes=1)
    free = plot.grad_cam(model, IMAGE, "5").images[1].get_array()
    model.requires_grad_(False)
    np.testing.assert_array_equal(plot.grad_cam(model, IMAGE, "5").images[1].get_array(), free)


def test_a_class_that_nothing_speaks_for_is_drawn():
    model = network()
    model[7].weight.data = np.zeros((4, 144))
    ax = plot.grad_cam(model, IMAGE, "5")
    ax.figure.canvas.draw()
    assert not ax.images[1].get_array().any()


class Detour(nn.Module):
    """Calls one layer twice and another never, and does not use what a third returns."""

    def __init__(self):
        self.twice, self.never, self.unused = nn.Conv2d(1, 1, 3, padding=1), nn.ReLU(), nn.Conv2d(1, 1, 3)
        self.last = nn.Linear(80, 3)

    def forward(self, x):
        self.unused(x)
        return self.last(self.twice(self.twice(x)).reshape(len(x), -1))


MODEL = network()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((len, IMAGE, "0"), TypeError, "looks into a model, an nn.Module, and got a builtin"),
        ((MODEL, IMAGE, "9"), ValueError, "no layer '9' in the Sequential; it has '0', '1', '2'"),
        ((MODEL, IMAGE, nn.ReLU()), ValueError, "got a ReLU that is not inside the Sequential"),
        ((MODEL, IMAGE, 4), TypeError, "takes as layer a module inside the model, or its path such as '0', not a int"),
        ((MODEL, IMAGE[0], "0"), ValueError, r"one image, of shape \(channels, height, width\), and got shape \(8, 10\)"),
        ((MODEL, np.stack([IMAGE] * 2), "0"), ValueError, r"got shape \(2, 1, 8, 10\)"),
        ((MODEL, IMAGE, "7"), ValueError, r"returns maps, of shape .*, and Linear '7' returned shape \(1, 4\)"),
        ((Detour(), IMAGE, "twice"), ValueError, "Conv2d 'twice' was called 2 times"),
        ((Detour(), IMAGE, "never"), ValueError, "ReLU 'never' was called 0 times"),
        ((MODEL, IMAGE * np.nan, "0"), ValueError, "nan or infinity"),
    ],
)  # fmt: skip
def test_what_has_no_maps_is_refused(arguments, error, message):
    for picture in (plot.feature_maps, plot.grad_cam):
        with pytest.raises(error, match=message):
            picture(*arguments)
    assert not pyplot.get_fignums()


def test_grad_cam_needs_scores_and_a_class_among_them():
    with pytest.raises(ValueError, match=r"scores of 4 classes, so target is a number from 0 to 3; got 4"):
        plot.grad_cam(MODEL, IMAGE, "5", target=4)
    with pytest.raises(ValueError, match=r"returned shape \(1, 6, 4, 6\)"):
        plot.grad_cam(MODEL[:5], IMAGE, "0")
    with pytest.raises(ValueError, match="depend on what Conv2d 'unused' returns"):
        plot.grad_cam(Detour(), IMAGE, "unused")
    with pytest.raises(ValueError, match=r"1 or 3 channels, and got one of shape \(2, 8, 10\)"):
        plot.grad_cam(network(channels=2), np.ones((2, 8, 10)), "5")


# --- attention ------------------------------------------------------------------------------------


def test_attention_shows_the_weights_of_each_head_on_one_scale():
    x = np.random.default_rng(0).normal(size=(3, 8))
    _, weights = nn.MultiheadAttention(8, 2, rng=0)(x, x, x, average_attn_weights=False)
    heads = np.stack(sorted(weights.data, key=np.max))  # the last one has the largest weight
    panels = plot.attention(heads, ["the", "cat", "$at"])
    for panel, numbers, head in zip(panels, heads, range(2), strict=True):
        np.testing.assert_allclose(panel.images[0].get_array(), numbers)
        assert panel.images[0].get_clim() == (0, pytest.approx(heads.max()))
        assert panel.get_title() == f"head {head}"
        assert [label.get_text() for label in panel.get_xticklabels()] == ["the", "cat", "$at"]
        assert [label.get_text() for label in panel.get_yticklabels()] == ["the", "cat", "$at"]
        assert (panel.get_xlabel(), panel.get_ylabel()) == ("reads from", "place that reads")


def test_queries_and_keys_have_names_of_their_own():
    (panel,) = plot.attention(np.full((2, 3), 1 / 3), queries=["le", "chat"], keys=["the", "black", "cat"])
    assert [label.get_text() for label in panel.get_xticklabels()] == ["the", "black", "cat"]
    assert [label.get_text() for label in panel.get_yticklabels()] == ["le", "chat"]
    (panel,) = plot.attention(Tensor(np.full((2, 3), 1 / 3)))
    panel.figure.canvas.draw()
    assert panel.get_title() == "Attention"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.ones((2, 2, 3, 3)),), r"got \(2, 2, 3, 3\); choose one sequence: weights\[0\]"),
        ((np.ones(3),), r"of shape \(targets, sources\) or \(heads, targets, sources\), and got \(3,\)"),
        ((np.full((2, 2), np.nan),), "cannot draw nan or infinity"),
        ((-np.ones((2, 2)),), "weights after the softmax, which are not negative"),
        ((np.ones((2, 3)), ["a"]), "2 queries and 1 names"),
        ((np.ones((2, 3)), ["a", "b"], ["c"]), "3 keys and 1 names"),
    ],
)
def test_what_is_no_attention_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        plot.attention(*arguments)
    assert not pyplot.get_fignums()


# --- animations -----------------------------------------------------------------------------------


def test_an_animation_has_a_picture_for_each_moment(tmp_path):
    seen = []

    def draw(moment, ax):
        seen.append(moment)
        plot.curves({"loss": moment}, ax=ax)

    moments = [[1.0], [1.0, 0.5], [1.0, 0.5, 0.25]]
    path = plot.animation(draw, iter(moments), tmp_path / "loss.gif", fps=4, width=3.0, height=2.0)
    assert seen == moments
    with image.open(path) as gif:
        assert (gif.n_frames, gif.size, gif.info["duration"]) == (3, (300, 200), 250)
        pictures = []
        for k in range(3):
            gif.seek(k)
            pictures.append(np.asarray(gif.convert("RGB")))
    assert not np.array_equal(pictures[0], pictures[2])
    assert not pyplot.get_fignums()


def test_an_animation_that_fails_leaves_the_old_file_and_no_figure(tmp_path):
    path = tmp_path / "old.gif"
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError):
        plot.animation(lambda moment, ax: 1 / moment, [0], path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    assert not pyplot.get_fignums()


def test_an_animation_needs_moments_and_a_place(tmp_path):
    for arguments, error, message in (
        (([], tmp_path / "a.gif"), ValueError, "got no moments"),
        (([1], tmp_path / "a.mp4"), ValueError, r"saves a \.gif"),
        (([1], tmp_path / "no" / "a.gif"), FileNotFoundError, "There is no folder"),
        (([1], tmp_path / "a.gif", 51), ValueError, "fps must be at most 50"),
        (([1], tmp_path / "a.gif", 0), ValueError, "fps must be at least 1"),
    ):
        with pytest.raises(error, match=message):
            plot.animation(lambda moment, ax: None, *arguments)
