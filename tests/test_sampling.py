"""Claims about samplers, and about the transforms `ToTensor` and `ColorJitter`."""

import colorsys

import numpy as np
import pytest

import nn
from nn.data import DataLoader, WeightedRandomSampler, transforms

TEN = np.arange(10)


def test_items_come_as_often_as_their_weights_say():
    weights = [0.0, 1.0, 2.0, 5.0]
    numbers = [*WeightedRandomSampler(weights, 8000, generator=0)]
    assert all(type(number) is int for number in numbers)
    np.testing.assert_allclose(np.bincount(numbers, minlength=4) / 8000, np.divide(weights, 8), atol=0.02)


def test_without_replacement_each_item_comes_once_at_most():
    sampler = WeightedRandomSampler([1.0, 0.0, 2.0, 3.0], 3, replacement=False, generator=0)
    for _ in range(5):
        assert sorted(sampler) == [0, 2, 3]
    assert len(sampler) == 3


def test_a_loader_takes_the_order_of_its_sampler():
    loader = DataLoader(TEN, 2, sampler=[7, 3, 3])
    assert len(loader) == 2
    assert [batch.tolist() for batch in loader] == [[7, 3], [3]]
    weighted = DataLoader(TEN, 4, sampler=WeightedRandomSampler(np.ones(10), 30, generator=0), drop_last=True)
    assert len(weighted) == len([*weighted]) == 7


def test_a_sampled_pass_can_be_resumed():
    def make():
        return DataLoader(TEN, 4, sampler=WeightedRandomSampler(np.ones(10), 12, generator=5))

    old, new = make(), DataLoader(TEN, 4, sampler=WeightedRandomSampler(np.ones(10), 12, generator=6))
    passes = iter(old)
    next(passes)
    new.load_state_dict(old.state_dict())
    rest = [batch.tolist() for batch in new]
    assert rest == [batch.tolist() for batch in passes]
    assert [batch.tolist() for batch in new] == [batch.tolist() for batch in old]


def test_generator_is_another_name_of_rng():
    one, other = DataLoader(TEN, 3, shuffle=True, generator=7), DataLoader(TEN, 3, shuffle=True, rng=7)
    assert [batch.tolist() for batch in one] == [batch.tolist() for batch in other]
    nn.manual_seed(0)
    first = [*WeightedRandomSampler(np.ones(10), 5)]
    nn.manual_seed(0)
    assert [*WeightedRandomSampler(np.ones(10), 5)] == first


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: DataLoader(TEN, shuffle=True, sampler=[1]), ValueError, "takes a sampler or shuffle=True, not both"),
        (lambda: DataLoader(TEN, sampler=iter([1])), TypeError, "A sampler has a length, and gives the numbers of items; a list_iterator"),
        (lambda: DataLoader(TEN, rng=1, generator=1), ValueError, "takes rng or generator, which mean the same, not both"),
        (lambda: DataLoader(TEN, 4, sampler=[1], drop_last=True), ValueError, "drop_last leaves no batch: there are 1 items"),
        (lambda: WeightedRandomSampler([1, -1], 2), ValueError, "are a list of numbers from 0, not all 0"),
        (lambda: WeightedRandomSampler([0, 0], 2), ValueError, "not all 0, one for each item"),
        (lambda: WeightedRandomSampler([[1.0]], 2), ValueError, "are a list of numbers"),
        (lambda: WeightedRandomSampler([1, 0], 0), ValueError, "num_samples must be at least 1"),
        (lambda: WeightedRandomSampler([1, 0], 2, False), ValueError, "there are 1 items of weights above 0 to take, and num_samples is 2"),
        (lambda: transforms.ColorJitter(hue=0.6), ValueError, r"hue must be one number, .* up to 0\.5; got 0\.6"),
        (lambda: transforms.ColorJitter((1.5, 0.5)), ValueError, r"brightness must be .* in order; got \(1\.5, 0\.5\)"),
        (lambda: transforms.ColorJitter(-1.0), ValueError, "brightness must be finite and not negative"),
        (lambda: transforms.ColorJitter()(np.ones((3, 2, 2), np.uint8)), TypeError, r"got uint8; put ToTensor\(\) before it"),
        (lambda: transforms.ColorJitter()(np.ones((2, 2, 2))), ValueError, "takes images of one channel or three"),
    ],
)
def test_what_does_not_fit_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_bytes_of_files_become_floats_with_the_channels_first():
    to_tensor, rng = transforms.ToTensor(), np.random.default_rng(0)
    for shape, wanted in (((5, 4), (1, 5, 4)), ((5, 4, 3), (3, 5, 4)), ((2, 5, 4, 3), (2, 3, 5, 4)), ((3, 28, 28), (3, 28, 28))):
        image = rng.integers(0, 256, shape, dtype=np.uint8)
        out = to_tensor(image)
        assert out.shape == wanted
        assert out.dtype == np.float32
        assert sorted(out.ravel()) == sorted((image.ravel() / 255).astype(np.float32))
    floats = np.ones((1, 28, 28), np.float32)
    np.testing.assert_array_equal(to_tensor(floats), floats)
    chained = transforms.Compose([to_tensor, transforms.Normalize(0.5, 0.5)])
    assert chained(np.full((2, 2, 3), 255, np.uint8)).tolist() == np.ones((3, 2, 2)).tolist()


def colours(n=6, seed=0):
    return np.random.default_rng(seed).random((n, 3, 4, 5))


def test_hue_turns_as_in_colorsys():
    images = colours()
    images[0, :, 0, 0] = 0.5  # grey
    for part in (-0.5, -0.2, 0.0, 0.1, 0.35, 0.5):
        turned = transforms.ColorJitter(hue=(part, part))(images)
        for before, after in zip(images.transpose(0, 2, 3, 1).reshape(-1, 3), turned.transpose(0, 2, 3, 1).reshape(-1, 3), strict=True):
            h, s, v = colorsys.rgb_to_hsv(*before)
            np.testing.assert_allclose(after, colorsys.hsv_to_rgb((h + part) % 1, s, v), atol=1e-12)


def test_brightness_contrast_and_saturation_are_mixtures():
    images = 0.25 + 0.5 * colours()
    grey = (images * np.array([0.2989, 0.587, 0.114])[:, None, None]).sum(axis=1, keepdims=True)
    half = (0.5, 0.5)
    np.testing.assert_allclose(transforms.ColorJitter(half)(images), images / 2)
    mean = grey.mean(axis=(1, 2, 3), keepdims=True)
    np.testing.assert_allclose(transforms.ColorJitter(contrast=half)(images), (images + mean) / 2)
    np.testing.assert_allclose(transforms.ColorJitter(saturation=half)(images), (images + grey) / 2)
    np.testing.assert_allclose(transforms.ColorJitter(brightness=(10, 10))(images), 1)


def test_each_image_gets_its_own_colours_in_its_precision_and_within_range():
    images = np.repeat(colours(1), 20, axis=0).astype(np.float32)
    jitter = transforms.ColorJitter(0.4, 0.4, 0.4, 0.1, rng=0)
    out = jitter(images)
    assert out.dtype == np.float32
    assert ((out >= 0) & (out <= 1)).all()
    assert len({image.tobytes() for image in out}) == 20
    np.testing.assert_array_equal(transforms.ColorJitter()(images), images)
    one = images[:, :1]
    np.testing.assert_allclose(transforms.ColorJitter(hue=0.5, saturation=0.5, rng=0)(one), one, rtol=1e-6)
