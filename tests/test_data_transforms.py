"""Claims about transforms of images."""

import copy
import pickle
import sys

import numpy as np
import pytest

from nn.data import DataLoader, ImageDataset, transforms
from nn.data.transforms import Compose, Normalize, RandomCrop, RandomHorizontalFlip, RandomRotation, Transform

rng = np.random.default_rng(0)
IMAGES = rng.random((200, 3, 8, 10)).astype(np.float32)
EVERY = [
    lambda seed: RandomHorizontalFlip(rng=seed),
    lambda seed: RandomCrop((6, 7), padding=1, rng=seed),
    lambda seed: RandomRotation(30, rng=seed),
    lambda seed: Normalize(0.5, 0.25),
    lambda seed: Compose([RandomHorizontalFlip(rng=seed), RandomCrop(5, rng=seed), Normalize([0.1, 0.2, 0.3], [1, 2, 3])]),
]
RANDOM = [*EVERY[:3], EVERY[4]]


@pytest.mark.parametrize("make", EVERY)
def test_an_image_is_a_batch_of_one(make):
    alone, batch = make(3)(IMAGES[0]), make(3)(IMAGES[:1])
    np.testing.assert_array_equal(alone, batch[0])


@pytest.mark.parametrize("make", EVERY)
def test_images_keep_their_precision_and_are_not_changed(make):
    for dtype in (np.float32, np.float64):
        images = IMAGES.astype(dtype)
        out = make(0)(images)
        assert out.dtype == dtype
        out *= 0
        np.testing.assert_array_equal(images, IMAGES.astype(dtype))


@pytest.mark.parametrize("make", RANDOM)
def test_a_seed_repeats_what_is_random(make):
    one, other, another = make(1), make(1), make(2)
    first, second = one(IMAGES), one(IMAGES)
    np.testing.assert_array_equal(first, other(IMAGES))
    np.testing.assert_array_equal(second, other(IMAGES))
    assert (first != second).any()
    assert (first != another(IMAGES)).any()


@pytest.mark.parametrize("make", RANDOM)
def test_each_image_of_a_batch_has_random_numbers_of_its_own(make):
    same = np.repeat(IMAGES[:1], 20, axis=0)
    out = make(0)(same)
    assert len(np.unique(out, axis=0)) > 1


@pytest.mark.parametrize("make", EVERY)
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copied_or_pickled_transform_does_the_same(make, duplicate):
    transform = make(0)
    np.testing.assert_array_equal(duplicate(transform)(IMAGES), transform(IMAGES))


def test_a_flip_mirrors_about_half_of_the_images():
    out = RandomHorizontalFlip(rng=0)(IMAGES)
    flipped = (out == IMAGES[..., ::-1]).all(axis=(1, 2, 3))
    kept = (out == IMAGES).all(axis=(1, 2, 3))
    assert (flipped ^ kept).all()
    assert 70 < flipped.sum() < 130
    np.testing.assert_array_equal(RandomHorizontalFlip(p=1)(IMAGES), IMAGES[..., ::-1])
    np.testing.assert_array_equal(RandomHorizontalFlip(p=0)(IMAGES), IMAGES)


def test_crops_are_parts_of_the_padded_image_and_come_from_everywhere():
    image = np.arange(1.0, 81.0).reshape(1, 8, 10)
    padded = np.pad(image, ((0, 0), (2, 2), (2, 2)))
    parts = {padded[:, i : i + 6, j : j + 9].tobytes() for i in range(7) for j in range(6)}
    out = RandomCrop((6, 9), padding=2, rng=0)(np.repeat(image[None], 1000, axis=0))
    assert out.shape == (1000, 1, 6, 9)
    assert {part.tobytes() for part in out} == parts


def test_a_crop_of_the_whole_image_is_the_image():
    np.testing.assert_array_equal(RandomCrop((8, 10))(IMAGES), IMAGES)


@pytest.mark.parametrize("quarters", [-1, 0, 1, 2, 3])
def test_a_rotation_by_quarters_is_exact_and_counterclockwise(quarters):
    squares = IMAGES[..., :8]
    out = RandomRotation((90 * quarters, 90 * quarters))(squares)
    np.testing.assert_allclose(out, np.rot90(squares, quarters, axes=(2, 3)), atol=1e-6)


def test_a_rotation_of_a_plane_is_the_rotated_plane():
    # Linear interpolation is exact on a plane, so inside the image a rotated ramp is known.
    y, x = np.mgrid[0:21, 0:31] - np.array([10.0, 15.0])[:, None, None]
    angle = np.deg2rad(25)
    out = RandomRotation((25, 25))((2 * x + 3 * y)[None])[0]
    expected = 2 * (np.cos(angle) * x - np.sin(angle) * y) + 3 * (np.cos(angle) * y + np.sin(angle) * x)
    inside = np.hypot(x, y) < 9
    np.testing.assert_allclose(out[inside], expected[inside], rtol=1e-12, atol=1e-12)


def test_corners_that_come_in_are_0():
    out = RandomRotation((45, 45))(np.ones((1, 21, 21)))[0]
    assert out[0, 0] == out[0, -1] == out[-1, 0] == out[-1, -1] == 0.0
    assert out[10, 10] == out[3, 10] == 1.0


def test_angles_are_between_the_smallest_and_the_largest():
    dot = np.zeros((1, 41, 41))
    dot[0, 18:23, 36:41] = 1.0  # to the right of the middle
    out = RandomRotation((20, 60), rng=0)(np.repeat(dot[None], 300, axis=0))[:, 0]
    y, x = np.mgrid[0:41, 0:41] - 20
    total = out.sum(axis=(1, 2))
    angles = np.rad2deg(np.arctan2(-(out * y).sum(axis=(1, 2)) / total, (out * x).sum(axis=(1, 2)) / total))
    assert 19 < angles.min() < 25
    assert 55 < angles.max() < 61


def test_all_channels_turn_alike():
    gray = np.repeat(IMAGES[:, :1], 3, axis=1)
    out = RandomRotation(40, rng=0)(gray)
    np.testing.assert_array_equal(out[:, 0], out[:, 1])
    np.testing.assert_array_equal(out[:, 0], out[:, 2])


def test_normalised_channels_have_mean_0_and_deviation_1():
    mean, std = IMAGES.mean(axis=(0, 2, 3)), IMAGES.std(axis=(0, 2, 3))
    out = Normalize(mean.tolist(), std.tolist())(IMAGES)
    np.testing.assert_allclose(out.mean(axis=(0, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(out.std(axis=(0, 2, 3)), 1, atol=1e-5)
    np.testing.assert_allclose(Normalize([0.5], 0.25)(IMAGES), (IMAGES - 0.5) / 0.25, rtol=1e-6)
    np.testing.assert_allclose(Normalize(mean.tolist(), 0.25)(IMAGES), (IMAGES - mean[:, None, None]) / 0.25, atol=1e-6)


def test_functions_of_an_image_may_be_among_the_transforms():
    seen = []

    def note(image):
        seen.append(image.shape)
        return image.reshape(-1)

    assert Compose([RandomCrop(6, rng=0), note])(IMAGES[:5]).shape == (5, 108)
    assert seen == [(3, 6, 6)] * 5


def test_transforms_of_a_dataset_are_anew_in_each_epoch():
    dataset = ImageDataset((IMAGES * 255).astype(np.uint8), np.zeros(200), transform=RandomHorizontalFlip(rng=0))
    first, second = ([images for images, _ in DataLoader(dataset, 50)] for _ in range(2))
    assert any((a != b).any() for a, b in zip(first, second, strict=True))


def test_the_module_has_what_it_names():
    assert sorted(transforms.__all__) == ["Compose", "Normalize", "RandomCrop", "RandomHorizontalFlip", "RandomRotation", "Transform"]


@pytest.mark.parametrize(
    ("make", "error", "sentence"),
    [
        (lambda: RandomHorizontalFlip(1.5), ValueError, "p must be from 0 to 1; got 1.5"),
        (lambda: RandomHorizontalFlip("half"), TypeError, "p must be a number; got 'half'"),
        (lambda: RandomHorizontalFlip(rng=-1), ValueError, "rng is a seed"),
        (lambda: RandomCrop(0), ValueError, "size must be at least 1; got 0"),
        (lambda: RandomCrop((4, 5, 6)), ValueError, "size must be one number, or height and width; got (4, 5, 6)"),
        (lambda: RandomCrop(4.5), TypeError, "size must be a whole number; got 4.5"),
        (lambda: RandomCrop(4, padding=-1), ValueError, "padding must be at least 0; got -1"),
        (lambda: RandomCrop(12, padding=1)(IMAGES), ValueError, "cannot cut 12×12 out of images of 10×12 (padding included)"),
        (lambda: RandomRotation(-5), ValueError, "degrees must be finite and not negative; got -5"),
        (lambda: RandomRotation((5, -5)), ValueError, "degrees must be an angle, or the smallest and the largest; got (5, -5)"),
        (lambda: RandomRotation((0, np.inf)), ValueError, "degrees must be an angle"),
        (lambda: RandomRotation(["a", "b"]), ValueError, "degrees must be an angle"),
        (lambda: Normalize(0.5, 0.0), ValueError, "Normalize needs finite means, and standard deviations above 0; got 0.5 and 0.0"),
        (lambda: Normalize(np.nan, 1.0), ValueError, "Normalize needs finite means"),
        (lambda: Normalize("a", 1.0), TypeError, "Normalize takes numbers, a mean and a standard deviation for each channel"),
        (lambda: Normalize([0.5, 0.5], [0.5, 0.5])(IMAGES), ValueError, "Normalize is for 2 channels, and the images have 3"),
        (
            lambda: Normalize(0.5, 0.5)(IMAGES.astype(np.uint8)),
            TypeError,
            "images of floats, from 0 to 1, and got uint8; divide bytes by 255",
        ),
        (
            lambda: RandomHorizontalFlip()(IMAGES[0, 0]),
            ValueError,
            "RandomHorizontalFlip takes an image of shape (channels, height, width)",
        ),
        (lambda: Compose(3), TypeError, "Compose takes a list of transforms, not a int."),
        (lambda: Compose([3]), TypeError, "Compose takes transforms and functions of an image, not a int"),
        (lambda: Transform()(IMAGES), NotImplementedError, "Transform does not define change(self, images)"),
    ],
)
def test_what_is_impossible_is_refused(make, error, sentence):
    with pytest.raises(error) as caught:
        make()
    assert sentence in str(caught.value)


def test_a_rotation_without_scipy_is_noticed_when_it_is_made(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(ModuleNotFoundError, match=r"^RandomRotation needs SciPy: pip install scipy\.$"):
        RandomRotation(10)
