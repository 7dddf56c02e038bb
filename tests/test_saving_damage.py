"""Claims about files of models on a disk: a flipped bit is noticed wherever it is; links, modes, long names and leftovers."""

import importlib.util
import json
import os

import numpy as np
import pytest

import nn
from nn.optim import Adam
from nn.optim.lr_scheduler import StepLR

safetensors = pytest.importorskip("safetensors")
from safetensors.numpy import load_file, save_file  # noqa: E402

REFUSED = r"is cut off or damaged, and nothing was loaded\. Take an earlier checkpoint\.|is no safetensors file; nn\.load reads what"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


def training(seed=0):
    """A model and all that can be saved with it."""
    model = nn.Sequential(nn.Linear(2, 2, rng=seed), nn.Dropout(0.5, rng=seed))
    optimizer = Adam(model.parameters(), lr=0.5)
    return model, optimizer, StepLR(optimizer, 3)


def metadata(path):
    with safetensors.safe_open(path, "np") as file:
        return file.metadata()


def test_a_flipped_bit_is_noticed_wherever_it_is(path):
    model, optimizer, schedule = training()
    nn.save(path, model, optimizer, schedule=schedule, rng=nn.get_rng_state(), epoch=3, text="€\n", empty=np.zeros((0, 2)))
    whole, (other, *_) = path.read_bytes(), training(seed=1)
    before = other[0].weight.data.copy()
    for place in range(len(whole)):
        for bit in {0, place % 8}:  # the lowest bit makes another digit of a digit, and another letter of a letter
            damaged = bytearray(whole)
            damaged[place] ^= 1 << bit
            path.write_bytes(damaged)
            with pytest.raises(ValueError, match=REFUSED):
                nn.load(path, other)
    assert (other[0].weight.data == before).all()
    path.write_bytes(whole)
    nn.load(path, other)


@pytest.mark.parametrize("length", [0, 1, 7])
def test_what_was_appended_is_noticed(path, length):
    nn.save(path, training()[0])
    with open(path, "ab") as file:
        file.write(b"x" * (length + 1))
    with pytest.raises(ValueError, match=REFUSED):
        nn.load(path)


def test_a_trainers_checkpoint_is_protected_too(path):
    model, optimizer, _ = training()
    trainer = nn.Trainer(model, nn.MSELoss(), optimizer, rng=0)
    trainer.fit((np.ones((4, 2)), np.ones((4, 2))), epochs=1, verbose=False)
    trainer.save(path)
    damaged = bytearray(path.read_bytes())
    damaged[-3] ^= 4
    path.write_bytes(damaged)
    with pytest.raises(ValueError, match="is cut off or damaged"):
        trainer.fit((np.ones((4, 2)), np.ones((4, 2))), epochs=2, verbose=False, resume_from=path)


@pytest.mark.parametrize(
    "change",
    [
        lambda arrays: {**arrays, "weight": arrays["weight"] + 1},
        lambda arrays: {"weight": arrays["bias"], "bias": arrays["weight"]},
        lambda arrays: {**arrays, "weight": arrays["weight"].view(np.int32)},
        lambda arrays: {**arrays, "weight": arrays["weight"].reshape(3, 2)},
        lambda arrays: {**arrays, "more": np.ones(1)},
    ],
)
def test_the_checksum_is_of_numbers_names_types_and_shapes(path, change):
    nn.save(path, {"weight": np.ones((2, 3), np.float32), "bias": np.zeros((2, 3), np.float32)})
    save_file(change(load_file(path)), path, metadata(path))
    with pytest.raises(ValueError, match="is cut off or damaged"):
        nn.load(path)


def test_the_checksum_is_of_the_entries_too(path):
    nn.save(path, {"a": np.ones(2)}, epoch=3)
    notes = metadata(path)
    save_file(load_file(path), path, {**notes, "glassgrad": notes["glassgrad"].replace("3", "4")})
    with pytest.raises(ValueError, match="is cut off or damaged"):
        nn.load(path)


def test_files_of_before_there_were_checksums_still_load(path):
    header = {"version": 1, "generators": {"dict": []}, "entries": {"dict": [["epoch", 3], ["best", {"array": "best"}]]}}
    save_file({"weight": np.ones((2, 2)), "bias": np.zeros(2), "best": np.arange(3)}, path, {"glassgrad": json.dumps(header)})
    model = nn.Linear(2, 2)
    entries = nn.load(path, model)
    assert entries["epoch"] == 3
    assert list(entries["best"]) == [0, 1, 2]
    assert (model.weight.data == 1).all()


def test_the_same_state_makes_the_same_file(path):
    nn.save(path, training()[0], epoch=1)
    first = path.read_bytes()
    nn.save(path, training()[0], epoch=1)
    assert path.read_bytes() == first


@pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="needs PyTorch")
def test_pytorch_reads_the_file(path):
    from safetensors.torch import load_file as load_into_torch

    model = nn.Linear(2, 3)
    nn.save(path, model)
    for name, numbers in load_into_torch(path).items():
        np.testing.assert_array_equal(numbers.numpy(), model.state_dict()[name])


# Names that the format does not have


def test_the_name_that_the_format_keeps_for_itself_is_refused(path):
    with pytest.raises(ValueError, match=r"cannot store an array named '__metadata__', which the file's format keeps for itself"):
        nn.save(path, {"__metadata__": np.ones(2)})
    assert not path.exists()


@pytest.mark.parametrize("name", ["__metadata__", "\ud800", "\\ud800", 'a "b"\n\0', ""])
def test_entries_may_have_any_name(path, name):
    nn.save(path, nn.Linear(2, 2), **{name: np.ones(2)}, inside={name: np.zeros(1)})
    entries = nn.load(path, nn.Linear(2, 2))
    assert list(entries[name]) == [1, 1]
    assert list(entries["inside"][name]) == [0]


def test_a_file_that_may_not_be_read_is_said(path, monkeypatch):
    nn.save(path, nn.Linear(2, 2))
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(PermissionError, match=r"model\.safetensors may not be read: its permissions do not allow it\."):
        nn.load(path)


# The file on the disk


@pytest.mark.skipif(os.name == "nt", reason="Windows has other links and modes")
def test_a_model_is_saved_behind_its_link_with_the_mode_that_was_there(tmp_path):
    real, link = tmp_path / ("n" * 255), tmp_path / "latest.safetensors"
    link.symlink_to(real.name)
    nn.save(link, {"a": np.zeros(2)})
    real.chmod(0o640)
    (tmp_path / ".glassgrad-0123.part").write_bytes(b"what a killed process left")
    nn.save(link, {"a": np.ones(2)})
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert (nn.load(real)["a"] == 1).all()
    assert sorted(os.listdir(tmp_path)) == [link.name, real.name]


def test_a_checkpoint_that_would_replace_a_folder_is_refused_before_the_first_epoch(tmp_path):
    model, optimizer, _ = training()
    trainer = nn.Trainer(model, nn.MSELoss(), optimizer, callbacks=[nn.callbacks.ModelCheckpoint(tmp_path)], rng=0)
    with pytest.raises(IsADirectoryError, match=r"ModelCheckpoint writes a file, and .* is a folder; add a name, such as"):
        trainer.fit((np.ones((4, 2)), np.ones((4, 2))), epochs=1, verbose=False)
    assert trainer.epoch == 0
