"""`train_cifar.py`, on a data set in CIFAR-10's format that is made here: ten patterns of colours, which stand for the classes."""

import io
import pickle
import tarfile
from functools import partial

import numpy as np
import pytest
from test_tutorials import call, check_png, script  # noqa: F401  # fixtures

import nn

for module in ("matplotlib", "safetensors"):
    pytest.importorskip(module)

NAMES = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
EACH = 40  # images in a file


def batches():
    """For each file its classes and its images, as bytes: a pattern of colours for each class, moved and with noise."""
    rng = np.random.default_rng(0)
    patterns = rng.integers(30, 226, (10, 3, 4, 4)).repeat(8, axis=2).repeat(8, axis=3)
    for name in NAMES:
        labels = np.arange(EACH) % 10
        images = np.stack([np.roll(patterns[label], rng.integers(-2, 3, 2), axis=(1, 2)) for label in labels])
        yield name, labels, (images + rng.integers(-30, 30, images.shape)).astype(np.uint8).reshape(EACH, -1)


def binary():
    return {f"{name}.bin": np.column_stack([labels.astype(np.uint8), images]).tobytes() for name, labels, images in batches()}


def python():
    return {name: pickle.dumps({b"labels": labels.tolist(), b"data": images}) for name, labels, images in batches()}


def unpacked(folder, files):
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def packed(folder, files, version):
    folder.mkdir(parents=True)
    with tarfile.open(folder / f"cifar-10-{version}.tar.gz", "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"cifar-10-batches/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


@pytest.fixture
def cifar(script, monkeypatch, tmp_path):  # noqa: F811
    """The program's module, with networks so small that they learn the patterns in seconds; the data are in the folder `data`."""
    unpacked(tmp_path / "data", binary())
    module, networks = script("train_cifar"), script("image_networks")
    plans = {"vgg": partial(networks.vgg, 8, 8, 10), "resnet": partial(networks.resnet, 8, 16, 10, blocks=1)}
    monkeypatch.setattr(module, "PLANS", {name: module.Plan(network, 20) for name, network in plans.items()})
    monkeypatch.setattr(module, "BATCH_SIZE", 20)
    return module


@pytest.mark.parametrize("model", ["vgg", "resnet"])
def test_the_patterns_are_learned_and_the_saved_weights_are_those_that_were_measured(cifar, call, tmp_path, model):  # noqa: F811
    code, out, err = call("train_cifar", "--data", "data", "--model", model, "--epochs", 8, "--out", "out")
    assert code == 0, err
    network = cifar.PLANS[model].network().eval()
    nn.load(tmp_path / "out" / "model.safetensors", network)
    test = nn.data.CIFAR10(tmp_path / "data", train=False, transform=nn.data.transforms.Normalize(cifar.MEAN, cifar.DEVIATION))
    images, targets = test[:]
    accuracy = nn.metrics.accuracy(network(images), targets)
    assert accuracy > 0.8  # by chance it is 0.1
    assert f"test accuracy {accuracy:.4f}, of {EACH} images" in out
    for name in ("confusion", "curves", "filters", "mistakes"):
        check_png(tmp_path / "out" / f"{name}.png")


@pytest.mark.parametrize(
    "place",
    [
        lambda folder: unpacked(folder, binary()),
        lambda folder: unpacked(folder / "cifar-10-batches-bin", binary()),
        lambda folder: unpacked(folder / "cifar-10-batches-py", python()),
        lambda folder: packed(folder, binary(), "binary"),
        lambda folder: packed(folder, python(), "python"),
    ],
    ids=["binary", "folder of the binary", "folder of the python", "archive of the binary", "archive of the python"],
)
def test_all_forms_of_the_data_give_the_same_numbers(cifar, tmp_path, place):
    place(tmp_path / "other")
    for train in (True, False):
        here, there = (nn.data.CIFAR10(tmp_path / name, train=train) for name in ("data", "other"))
        np.testing.assert_array_equal(here.images, there.images)
        np.testing.assert_array_equal(here.targets, there.targets)


def test_a_resumed_training_ends_as_if_it_had_not_stopped(cifar, call, tmp_path, monkeypatch):  # noqa: F811
    arguments = ["train_cifar", "--data", "data", "--epochs", 3]
    assert call(*arguments, "--out", "whole")[0] == 0

    class Stop(nn.callbacks.Callback):
        def on_epoch_begin(self, trainer):
            if trainer.epoch == 2:
                raise KeyboardInterrupt

    usual = cifar.lesson

    def interrupted(*settings):
        trainer, fit = usual(*settings)
        trainer.callbacks.append(Stop())
        return trainer, fit

    monkeypatch.setattr(cifar, "lesson", interrupted)
    code, _, err = call(*arguments, "--out", "parts")
    assert (code, err.splitlines()[-1]) == (130, "Interrupted after 2 whole epochs.")
    monkeypatch.setattr(cifar, "lesson", usual)
    code, out, err = call(*arguments, "--out", "parts", "--resume")
    assert code == 0, err
    assert "3 epochs" in out
    whole, parts = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "parts"))
    assert whole == parts


def test_to_resume_without_a_checkpoint_is_refused(cifar, call):  # noqa: F811
    code, _, err = call("train_cifar", "--data", "data", "--out", "out", "--resume")
    assert code == 2
    assert "argument --resume: " in err
    assert "checkpoint.safetensors" in err
    assert len(err.splitlines()) == 1


def test_without_the_data_the_program_says_which_files_it_needs(cifar, call):  # noqa: F811
    code, _, err = call("train_cifar", "--data", "nowhere")
    assert code == 2
    assert "CIFAR10 needs the files data_batch_1.bin" in err
    assert "add --download" in err


def test_augmented_images_show_the_same_thing_elsewhere_and_in_another_light(cifar):
    nn.manual_seed(0)
    image = np.zeros((1, 3, 32, 32), np.float32)
    image[:, :, 14:18, 14:16] = 0.5
    changed = cifar.augmented()(image.repeat(200, axis=0))
    assert changed.shape == (200, 3, 32, 32)
    lit = changed > changed.min(axis=(1, 2, 3), keepdims=True) + 1.0
    rows, columns = (np.array([np.flatnonzero(one.any(axis=axes)).min() for one in lit]) for axes in ((0, 2), (0, 1)))
    assert (rows.min(), rows.max()) == (10, 18)  # moved by up to four pixels
    assert (columns.min(), columns.max()) == (10, 20)  # and mirrored: columns 14 and 15 become 16 and 17
    assert np.ptp(changed.max(axis=(1, 2, 3))) > 0.05


def test_the_training_images_are_augmented_and_the_test_images_are_not(cifar, tmp_path):
    train, test = nn.data.CIFAR10(tmp_path / "data"), nn.data.CIFAR10(tmp_path / "data", train=False)
    cifar.lesson(cifar.PLANS["vgg"], train, test, 0, 1)
    assert not np.array_equal(train[:5][0], train[:5][0])
    np.testing.assert_array_equal(test[:5][0], test[:5][0])


@pytest.mark.parametrize("model", ["vgg", "resnet"])
def test_the_networks_are_those_that_are_measured_against_pytorch(script, model):  # noqa: F811
    torch = pytest.importorskip("torch")
    own, others = script("image_networks"), script("peers.pytorch")
    sizes = (4, 8, 10)
    here, there = getattr(own, model)(*sizes), others.NETWORKS[model](*sizes)
    there.load_state_dict({name: torch.as_tensor(np.array(x)) for name, x in here.state_dict().items()})
    images = np.random.default_rng(0).normal(size=(5, 3, 32, 32)).astype(np.float32)
    np.testing.assert_allclose(here(images).data, there(torch.from_numpy(images)).detach(), atol=1e-4)
