"""Claims about training that stopped and continues: bit for bit as if it had not, also in another process."""

import random
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import nn
from nn.callbacks import Callback, ClipGradients, EarlyStopping, LearningRateSchedule, ModelCheckpoint
from nn.data import DataLoader, Dataset, TensorDataset


def blobs(n=40, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(3, size=n)
    return rng.normal(size=(n, 2)) + 3 * np.eye(3)[y][:, :2], y


class Noisy(Dataset):
    """Points that are moved a little each time, by random numbers of its own and by Python's."""

    def __init__(self, rng):
        self.points, self.rng = TensorDataset(*blobs()), np.random.default_rng(rng)

    def __len__(self):
        return len(self.points)

    def __getitem__(self, i):
        x, y = self.points[i]
        return x + 0.1 * self.rng.normal(size=2) + random.gauss(0, 0.1), y


def network(rng=None):
    return nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Dropout(0.1, rng=rng), nn.Linear(8, 3))


def adam(model):
    return nn.optim.Adam(model.parameters(), lr=0.05)


def momentum(model):
    return nn.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)


def nothing(optimizer):
    return []


def cosine(optimizer):
    return [LearningRateSchedule(nn.optim.CosineAnnealingLR(optimizer, 6)), ClipGradients(max_norm=1.0)]


def one_cycle(optimizer):
    return [LearningRateSchedule(nn.optim.OneCycleLR(optimizer, 0.1, epochs=6, steps_per_epoch=3), every="batch")]


def warm_up(optimizer):
    parts = [nn.optim.LinearLR(optimizer, total_iters=2), nn.optim.ExponentialLR(optimizer, 0.7)]
    return [LearningRateSchedule(nn.optim.SequentialLR(optimizer, parts, milestones=[2]))]


def plateau(optimizer):
    return [
        LearningRateSchedule(nn.optim.ReduceLROnPlateau(optimizer, patience=0, threshold=0.2)),
        EarlyStopping(patience=2, min_delta=0.05),
    ]


def restoring(optimizer):
    return [EarlyStopping(patience=3, restore_best_weights=True)]


def arrays():
    return blobs()


def loader():
    return DataLoader(TensorDataset(*blobs()), 16, shuffle=True, rng=7)


def noisy():
    return DataLoader(Noisy(rng=8), 16, shuffle=True)


def make(seed, path, optimizer, callbacks, model_rng=None):
    nn.manual_seed(seed)
    model = network(model_rng)
    optimizer = optimizer(model)
    callbacks = [ModelCheckpoint(path), *callbacks(optimizer)]
    return nn.Trainer(model, nn.CrossEntropyLoss(), optimizer, metrics=["accuracy"], callbacks=callbacks)


def fit(trainer, train, epochs=6, **others):
    batch_size = None if isinstance(train, DataLoader) else 16
    return trainer.fit(train, validation=blobs(30, seed=1), epochs=epochs, batch_size=batch_size, verbose=False, **others)


def assert_alike(trainer, other):
    a, b = dict(trainer.history), dict(other.history)
    del a["seconds"], b["seconds"]
    assert a == b
    for x, y in ((trainer.model, other.model), (trainer.optimizer, other.optimizer)):
        assert_same(x.state_dict(), y.state_dict())


def assert_same(a, b):
    if isinstance(a, dict):
        assert list(a) == list(b)
        for name in a:
            assert_same(a[name], b[name])
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            assert_same(x, y)
    else:
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("callbacks", [nothing, cosine, one_cycle, warm_up, plateau, restoring])
@pytest.mark.parametrize("optimizer", [adam, momentum])
@pytest.mark.parametrize("data", [arrays, loader, noisy])
def test_a_training_goes_on_bit_for_bit_as_if_it_had_not_stopped(tmp_path, data, optimizer, callbacks):
    whole = make(0, tmp_path / "whole.safetensors", optimizer, callbacks, model_rng=3)
    fit(whole, data())

    class KilledError(Exception):
        pass

    class Kill(Callback):
        def on_epoch_begin(self, trainer):
            if trainer.epoch == 3:
                raise KilledError

    path = tmp_path / "part.safetensors"
    part = make(0, path, optimizer, callbacks, model_rng=3)
    part.callbacks.append(Kill())
    if len(whole.history["loss"]) > 3:
        with pytest.raises(KilledError):
            fit(part, data())
    later = make(9, path, optimizer, callbacks, model_rng=4)
    fit(later, data(), resume_from=path)
    assert_alike(later, whole)


def test_load_and_then_fit_goes_on_too(tmp_path):
    whole, part, later = (make(seed, tmp_path / "x", adam, nothing) for seed in (0, 0, 1))
    nn.manual_seed(5)
    fit(whole, arrays())
    nn.manual_seed(5)
    fit(part, arrays(), epochs=2)
    part.save(tmp_path / "part.safetensors")
    later.load(tmp_path / "part.safetensors")
    nn.manual_seed(6)  # what is drawn in between does not count
    later.evaluate(blobs())
    assert later.epoch == 2
    fit(later, arrays(), epochs=4)
    assert_alike(later, whole)


def test_a_checkpoint_of_a_loaded_trainer_is_the_same_checkpoint(tmp_path):
    first, second, third = (make(seed, tmp_path / "x", adam, nothing) for seed in (0, 1, 2))
    fit(first, arrays(), epochs=2)
    first.save(tmp_path / "a.safetensors")
    second.load(tmp_path / "a.safetensors")
    second.save(tmp_path / "b.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    fit(first, arrays(), epochs=2)
    fit(third, arrays(), epochs=4, resume_from=tmp_path / "b.safetensors")
    assert_alike(first, third)


def test_a_training_that_was_done_or_stopped_early_does_not_begin_again(tmp_path):
    path = tmp_path / "a.safetensors"
    done = make(0, path, adam, nothing)
    fit(done, arrays(), epochs=2)
    again = make(1, path, adam, nothing)
    assert fit(again, arrays(), epochs=2, resume_from=path)["epoch"] == [1, 2]
    assert_alike(again, done)

    def impatient(optimizer):
        return [EarlyStopping(min_delta=10, restore_best_weights=True)]

    stopped = make(0, path, adam, impatient)
    assert fit(stopped, arrays(), epochs=6)["epoch"] == [1, 2]
    again = make(1, path, adam, impatient)
    assert fit(again, arrays(), epochs=6, resume_from=path)["epoch"] == [1, 2]
    assert_alike(again, stopped)


PROGRAM = """
    import sys
    import numpy as np, nn

    path, killed = sys.argv[1], sys.argv[2] == "killed"
    class Kill(nn.callbacks.Callback):
        def on_batch_end(self, trainer):
            if killed and (trainer.epoch, trainer.batch_number) == (2, 2):
                import os, signal
                os.kill(os.getpid(), signal.SIGKILL)

    nn.manual_seed(int(sys.argv[3]))
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 4))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 2))
    optimizer = nn.optim.AdamW(model.parameters(), lr=0.01)
    schedule = nn.callbacks.LearningRateSchedule(nn.optim.StepLR(optimizer, 2))
    trainer = nn.Trainer(model, nn.CrossEntropyLoss(), optimizer, callbacks=[schedule, nn.callbacks.ModelCheckpoint(path), Kill()])
    trainer.fit((X, y), epochs=5, batch_size=8, verbose=False, resume_from=path if sys.argv[2] == "resumed" else None)
    print([loss.hex() for loss in trainer.history["loss"]], {name: x.tobytes().hex() for name, x in model.state_dict().items()})
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL there")
def test_a_killed_process_is_resumed_by_another(tmp_path):
    def run(how, seed):
        path = tmp_path / ("whole" if how == "whole" else "part")
        return subprocess.run(
            [sys.executable, "-c", textwrap.dedent(PROGRAM), path, how, seed], capture_output=True, text=True, check=False
        )

    whole, killed, resumed = run("whole", "0"), run("killed", "0"), run("resumed", "1")
    assert killed.returncode == -9
    assert killed.stdout == ""
    assert resumed.returncode == 0, resumed.stderr
    assert resumed.stdout == whole.stdout != ""


def test_what_a_checkpoint_remembers_for_a_callback_must_have_its_place(tmp_path):
    path = tmp_path / "a.safetensors"
    fit(make(0, path, adam, restoring), arrays(), epochs=2)
    other = make(1, path, adam, nothing)
    before = other.model.state_dict()
    with pytest.raises(ValueError, match=r"nothing was loaded\. .*state of EarlyStopping, which is not among the callbacks here"):
        fit(other, arrays(), epochs=3, resume_from=path)
    assert_same(other.model.state_dict(), before)
    assert (other.epoch, other.resumed) == (0, False)


def test_a_new_callback_may_join_when_a_training_goes_on(tmp_path):
    path = tmp_path / "a.safetensors"
    fit(make(0, path, adam, nothing), arrays(), epochs=2)
    assert fit(make(1, path, adam, restoring), arrays(), epochs=4, resume_from=path)["epoch"] == [1, 2, 3, 4]


def test_random_numbers_from_elsewhere_than_before_are_refused(tmp_path):
    path = tmp_path / "a.safetensors"
    fit(make(0, path, adam, nothing), loader(), epochs=2)
    with pytest.raises(ValueError, match=r"has the random numbers of train.rng, and here there are none; make the model and the data"):
        fit(make(1, path, adam, nothing), arrays(), epochs=3, resume_from=path)


def test_a_checkpoint_of_another_model_is_refused_and_changes_nothing(tmp_path):
    path = tmp_path / "a.safetensors"
    model = nn.Linear(2, 3)
    nn.Trainer(model, nn.CrossEntropyLoss(), adam(model)).save(path)
    trainer = make(0, path, adam, nothing)
    before = trainer.model.state_dict()
    with pytest.raises(ValueError, match=r"does not fit, and nothing was loaded\. model: .*0\.weight is missing"):
        fit(trainer, arrays(), resume_from=path)
    assert_same(trainer.model.state_dict(), before)
    nn.save(path, trainer.model)
    with pytest.raises(ValueError, match="holds no optimizer, trainer"):
        fit(trainer, arrays(), resume_from=path)


def test_a_state_that_is_none_is_refused():
    with pytest.raises(TypeError, match=r"as its state_dict.. gives, with epoch, should_stop, history, callbacks and random"):
        make(0, "x", adam, nothing).load_state_dict({"epoch": 3})
