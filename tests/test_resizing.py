"""Claims about what makes signals and images larger: transposed convolutions, `Upsample`, `PixelShuffle`, and `Unflatten`."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pytorch_twin import assert_twins, waves
from references import Case, assert_pytorchs

import autograd
import nn
from autograd import Tensor, check_gradients
from nn import functional as fn


def one_or_two(low, high):
    return st.one_of(st.integers(low, high), st.tuples(st.integers(low, high), st.integers(low, high)))


@given(
    options=st.fixed_dictionaries({
        "kernel_size": one_or_two(1, 3), "stride": one_or_two(1, 3), "padding": one_or_two(0, 2), "output_padding": one_or_two(0, 2),
        "dilation": one_or_two(1, 2), "groups": st.sampled_from([1, 2]), "bias": st.booleans(),
    }),
    shape=st.tuples(st.integers(1, 2), st.just(4), st.integers(2, 4), st.integers(2, 4)),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_transposed_convolution_is_pytorchs(options, shape):
    torch = pytest.importorskip("torch")
    smallest = [np.maximum(options["stride"], options["dilation"])]
    assume(np.all(np.less(options["output_padding"], smallest)))
    twin = torch.nn.ConvTranspose2d(4, 6, **options, dtype=torch.float64)
    try:
        twin(torch.zeros(shape, dtype=torch.float64))
    except RuntimeError:  # nothing is left of the output
        with pytest.raises(ValueError, match=r"is cut off the output, and of an input of shape .* it leaves nothing"):
            nn.ConvTranspose2d(4, 6, **options)(np.zeros(shape))
        return
    assert_twins(nn.ConvTranspose2d(4, 6, **options, dtype=float), twin, waves(*shape), steps=1)


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda n, f64: n.ConvTranspose1d(2, 3, 4, stride=2, padding=1, dtype=f64), (2, 2, 5)),
        (lambda n, f64: n.ConvTranspose1d(2, 2, 3, output_padding=1, dilation=2, bias=False, dtype=f64), (2, 5)),
        (lambda n, f64: n.ConvTranspose2d(2, 3, 4, stride=2, padding=1, dtype=f64), (1, 2, 3, 4)),
        (lambda n, f64: n.ConvTranspose2d(4, 2, (2, 3), (3, 2), (0, 1), (2, 1), groups=2, dtype=f64), (2, 4, 2, 3)),
        (lambda n, f64: n.Upsample(scale_factor=2), (1, 2, 3, 4)),
        (lambda n, f64: n.Upsample(size=(5, 3), mode="nearest-exact"), (1, 2, 3, 4)),
        (lambda n, f64: n.Upsample(7, mode="linear"), (2, 2, 3)),
        (lambda n, f64: n.Upsample(scale_factor=(2, 1.7), mode="bilinear"), (1, 2, 3, 4)),
        (lambda n, f64: n.Upsample((7, 1), mode="bilinear", align_corners=True), (1, 2, 3, 4)),
        (lambda n, f64: n.Upsample(scale_factor=2, mode="bicubic"), (1, 2, 3, 4)),
        (lambda n, f64: n.Upsample((5, 9), mode="bicubic", align_corners=True), (1, 2, 3, 4)),
        (lambda n, f64: n.Upsample((2, 3), mode="area"), (1, 2, 5, 4)),
        (lambda n, f64: n.Upsample(scale_factor=1.5, mode="bilinear", recompute_scale_factor=True), (1, 2, 5, 4)),
        (lambda n, f64: n.PixelShuffle(2), (2, 8, 2, 3)),
        (lambda n, f64: n.PixelShuffle(3), (9, 1, 2)),
        (lambda n, f64: n.Unflatten(1, (2, 3)), (2, 6, 2)),
        (lambda n, f64: n.Unflatten(-1, (2, -1)), (2, 6)),
    ],
)
def test_layers_that_make_more_are_pytorchs(make, shape, pytorch):
    assert_pytorchs(Case(make, waves(*shape)), pytorch)


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "area", "bilinear", "bicubic"])
@pytest.mark.parametrize("settings", [{"size": (4, 11)}, {"size": 2}, {"scale_factor": 0.5}, {"scale_factor": (1.9, 2.6)}], ids=str)
def test_interpolation_is_pytorchs(mode, settings, pytorch):
    ours = fn.interpolate(waves(2, 1, 5, 7), mode=mode, **settings)
    theirs = pytorch(lambda torch: torch.nn.functional.interpolate(torch.from_numpy(waves(2, 1, 5, 7)), mode=mode, **settings).tolist())
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-13)


def test_nearest_takes_the_places_that_pytorch_takes_for_all_lengths():
    torch = pytest.importorskip("torch")
    for old in range(1, 30):
        for new in range(1, 60):
            x = np.arange(float(old)).reshape(1, 1, -1)
            for mode in ("nearest", "nearest-exact"):
                theirs = torch.nn.functional.interpolate(torch.from_numpy(x), new, mode=mode).numpy()
                np.testing.assert_array_equal(fn.interpolate(x, new, mode=mode), theirs)


def test_a_volume_is_interpolated_by_its_nearest_numbers_and_by_means():
    torch = pytest.importorskip("torch")
    for mode in ("nearest", "area"):
        theirs = torch.nn.functional.interpolate(torch.from_numpy(waves(1, 2, 3, 4, 5)), (2, 6, 3), mode=mode).numpy()
        np.testing.assert_allclose(fn.interpolate(waves(1, 2, 3, 4, 5), (2, 6, 3), mode=mode), theirs, rtol=1e-12)


@pytest.mark.parametrize(
    "layer",
    [
        nn.ConvTranspose2d(2, 2, 3, 2, 1, 1, dtype=float),
        nn.Upsample(scale_factor=2),
        nn.Upsample(5, mode="bicubic"),
        nn.Upsample(2, mode="area"),
    ],
    ids=repr,
)
def test_second_derivatives_are_right(layer):
    assert check_gradients(autograd.grad(lambda x: (layer(x) ** 3).sum()), waves(1, 2, 3, 3))


def test_an_output_size_chooses_the_padding_of_the_output(pytorch):
    def sizes(library, zeros):
        layer = library.ConvTranspose2d(1, 1, 3, stride=3, padding=1)
        return [list(layer(zeros, output_size=size).shape) for size in ((7, 8), (1, 1, 9, 7))]

    assert sizes(nn, np.zeros((1, 1, 3, 3))) == pytorch(lambda torch: sizes(torch.nn, torch.zeros(1, 1, 3, 3)))
    for size, message in (
        ((6, 7), r"cannot give an output of \(6, 7\) .* at least \(7, 7\)"),
        ((10, 7), "output_padding below the stride"),
    ):
        with pytest.raises(ValueError, match=message):
            nn.ConvTranspose2d(1, 1, 3, stride=3, padding=1)(np.zeros((1, 1, 3, 3)), size)


def test_a_transposed_convolution_undoes_the_shape_of_a_convolution():
    x = np.ones((1, 3, 16, 16))
    y = nn.Conv2d(3, 8, 4, 2, 1)(x)
    assert nn.ConvTranspose2d(8, 3, 4, 2, 1)(y).shape == x.shape


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.ConvTranspose2d(3, 4, 2, groups=2), "splits its channels into groups of equal size; 3 in_channels and 4 out_channels"),
        (lambda: nn.ConvTranspose2d(3, 4, 2, padding_mode="reflect"), "has no padding_mode but 'zeros'; got 'reflect'"),
        (lambda: nn.ConvTranspose1d(3, 4, 2, output_padding=1), r"output_padding below the stride or the dilation; got \(1,\)"),
        (lambda: nn.ConvTranspose1d(3, 4, (2, 2)), "takes kernel_size as one whole number, or as 1, for length"),
        (lambda: nn.ConvTranspose2d(3, 4, 2)(np.ones((2, 4, 5, 5))), r"takes arrays of shape \(n, 3, height, width\)"),
        (lambda: nn.ConvTranspose2d(1, 1, 1, padding=1)(np.ones((1, 1, 2, 2))), r"The padding \(1, 1\) is cut off the output"),
        (lambda: nn.Upsample(2, mode="cubic"), "Upsample takes as mode one of nearest, .*; got 'cubic'"),
        (lambda: nn.Upsample(2)(np.ones((2, 2))), r"takes shapes \(n, channels, length\) and .*, not \(2, 2\)"),
        (lambda: nn.Upsample()(np.ones((1, 1, 2))), "takes either the size or the scale_factor of the output"),
        (lambda: fn.interpolate(np.ones((1, 1, 2)), 3, 2.0), "takes either the size or the scale_factor of the output"),
        (lambda: fn.interpolate(np.ones((1, 1, 2)), 3, mode="bilinear"), r"got 'bilinear' for shape \(1, 1, 2\)"),
        (lambda: fn.interpolate(np.ones((1, 1, 2)), 3, align_corners=True), "align_corners is for the modes linear, bilinear, bicubic"),
        (lambda: fn.interpolate(np.ones((1, 1, 2)), (3, 3)), r"got \(3, 3\) for an input of shape \(1, 1, 2\)"),
        (lambda: fn.interpolate(np.ones((1, 1, 2)), scale_factor=0.1), "interpolate takes the size as a whole number from 1; got 0"),
        (lambda: nn.PixelShuffle(2)(np.ones((3, 2, 2))), r"takes images of shape \(n, channels · 4, height, width\)"),
        (lambda: nn.PixelShuffle(0), "takes upscale_factor as a whole number from 1"),
        (lambda: nn.Unflatten(1, 6), "takes unflattened_size as a tuple of lengths"),
        (lambda: nn.Unflatten(1, (2, -1))(np.ones((2, 5))), r"makes \(2, -1\) of axis 1, which does not fit an input of shape \(2, 5\)"),
        (lambda: nn.Unflatten(1, (-1, -1))(np.ones((2, 5))), "does not fit an input"),
        (lambda: nn.Unflatten(3, (5,))(np.ones((2, 5))), "does not fit an input"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    "layer", [nn.ConvTranspose2d(3, 2, 3, 2, 1, 1, rng=0), nn.Upsample(scale_factor=2, mode="bilinear"), nn.Upsample(4)]
)
def test_they_can_be_compiled(layer):
    x = Tensor(waves(1, 3, 3, 3))
    compiled = autograd.compile(lambda x: (layer(x) ** 2).sum())
    found = []
    for function in (lambda x: (layer(x) ** 2).sum(), compiled):
        x.grad = None
        y = function(x)
        y.backward()
        found.append((y.item(), x.grad))
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-6)
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-6)


def test_texts_are_pytorchs():
    torch = pytest.importorskip("torch")
    for make in (
        lambda n: n.ConvTranspose2d(3, 4, 2, 2, 1, 1, bias=False, dilation=2),
        lambda n: n.PixelShuffle(2),
        lambda n: n.Unflatten(1, (2, 3)),
        lambda n: n.Upsample(scale_factor=2.0, mode="bilinear"),
        lambda n: n.ModuleDict({"a": n.ReLU()}),
    ):
        assert repr(make(nn)) == repr(make(torch.nn))
