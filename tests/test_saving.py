"""Files of models: what comes back, bit for bit; what a kill leaves; what is refused."""

import errno
import json
import os
import pickle
import random
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, Value
from nn.data import DataLoader, TensorDataset
from nn.optim import SGD, Adam, CosineAnnealingLR, LinearLR, SequentialLR

safetensors = pytest.importorskip("safetensors")
from safetensors.numpy import load_file, save_file  # noqa: E402

ROOT = Path(__file__).parents[1]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


def network(rng=0, hidden=3):
    return nn.Sequential(nn.Linear(2, hidden, rng=rng), nn.BatchNorm1d(hidden), nn.Linear(hidden, 1, rng=rng))


def train_one_step(model, optimizer):
    optimizer.zero_grad()
    (model(np.arange(8, dtype=np.float32).reshape(4, 2)) ** 2).mean().backward()
    optimizer.step()


def assert_same(a, b):
    """The same types, structure and bits."""
    assert type(a) is type(b)
    if isinstance(a, dict):
        assert list(a) == list(b)
        for key in a:
            assert_same(a[key], b[key])
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            assert_same(x, y)
    elif isinstance(a, np.ndarray):
        assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
    else:
        assert repr(a) == repr(b)


def python(code, *args, **options):
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", code, *map(str, args)], env=env, stdout=subprocess.PIPE, text=True, **options)


# What comes back


def test_a_model_comes_back_bit_for_bit(path):
    model, other = network(rng=0), network(rng=1)
    model[0].weight.data[0] = [np.nan, -np.inf]
    model[0].weight.data[1] = [-0.0, 1e-45]
    nn.save(path, model)
    assert nn.load(path, other) == {}
    for name, numbers in model.state_dict().items():
        assert numbers.tobytes() == other.state_dict()[name].tobytes()


def test_the_file_has_the_names_of_the_state_dict(path):
    model = network()
    nn.save(path, model)
    assert sorted(load_file(path)) == sorted(model.state_dict())


def test_a_file_of_safetensors_alone_is_a_model(path):
    model, other = network(rng=0), network(rng=1)
    save_file(model.state_dict(), path, {"format": "pt", "entries": "of somebody else"})
    assert nn.load(path, other) == {}
    assert_same(other.state_dict(), model.state_dict())


def test_load_alone_gives_the_state_dict(path):
    model = network()
    nn.save(path, model, epoch=3)
    state = nn.load(path)
    network(rng=1).load_state_dict(state)
    assert_same({name: state[name] for name in model.state_dict()}, model.state_dict())


def test_a_state_dict_can_be_saved_as_a_model(path):
    state = network().state_dict()
    nn.save(path, state, SGD([Value(1.0)], lr=0.25))
    optimizer = SGD([Value(1.0)])
    assert sorted(nn.load(path, optimizer=optimizer)) == sorted(state)
    assert optimizer.lr == 0.25


def test_networks_of_values_come_back_too(path):
    model, other = nn.MLP(2, [3, 1], rng=0), nn.MLP(2, [3, 1], rng=1)
    nn.save(path, model)
    nn.load(path, other)
    assert_same(other.state_dict(), model.state_dict())
    assert nn.load(path)["layers.0.neurons.0.bias"].shape == ()


@pytest.mark.parametrize("method", [lambda p: SGD(p, lr=0.1, momentum=0.9), Adam, nn.optim.RMSprop, nn.optim.Adagrad])
@pytest.mark.parametrize("kind", [network, lambda rng=0: nn.MLP(2, [3, 1], rng=rng)])
def test_an_optimizer_comes_back(path, method, kind):
    model, other = kind(rng=0), kind(rng=1)
    optimizer, others = method(model.parameters()), method(other.parameters())
    for p in model.parameters():
        p.grad = 0.5 * np.ones(p.shape, p.dtype) if isinstance(p, Tensor) else 0.5
    optimizer.step()
    optimizer.lr = 0.125
    nn.save(path, model, optimizer)
    nn.load(path, other, others)
    assert_same(others.state_dict(), optimizer.state_dict())


def test_plain_entries_come_back_as_they_were(path):
    entries = {
        "numbers": [1, -2.5, float("nan"), float("inf"), -0.0, 1e-320, 2**200, True, None],
        "text": "a “quoted” €\n\x00",
        "nested": {"a": {"b": [(1, (2,)), {}]}, 3: "number", "3": "text", 2.5: [], (1, 2): "pair", None: 0},
        "python": random.getstate(),
        "numpy": nn.get_rng_state(),
        "old generator": np.random.Generator(np.random.MT19937(0)).bit_generator.state,
    }
    nn.save(path, network(), **entries)
    assert_same(nn.load(path, network()), entries)


@pytest.mark.parametrize(
    "array",
    [
        np.float32([np.nan, np.inf, 1e-45]), np.float16([0.1]), np.zeros((0, 3), np.float32), np.array(2.5), np.array(7, np.uint8),
        np.array([True, False]), np.array([2**63], np.uint64), np.int8([[-1]]),
    ],
)  # fmt: skip
def test_arrays_come_back_bit_for_bit(path, array):
    nn.save(path, {"weight": array}, array=array, inside={"a list": [array, array]})
    assert_same(nn.load(path), {"weight": array})
    assert_same(nn.load(path, Anything()), {"array": array, "inside": {"a list": [array, array]}})


class Anything(nn.Module):
    def load_state_dict(self, state):
        self.state = state


def test_arrays_of_any_order_come_back_as_the_same_numbers(path):
    array = np.arange(12.0).reshape(3, 4)
    strange = {"turned": array.T, "steps": array[::2, ::-1], "big-endian": array.astype(">f4"), "columns": np.asfortranarray(array)}
    nn.save(path, strange, strange=strange)
    for loaded in (nn.load(path), nn.load(path, Anything())["strange"]):
        for name, numbers in strange.items():
            np.testing.assert_array_equal(loaded[name], numbers)
            assert loaded[name].dtype.isnative


def test_numpys_numbers_and_nodes_come_back_as_numbers(path):
    nn.save(path, network(), loss=Value(0.5), accuracy=np.float32(0.25), best=np.int64(3), scale=Tensor([1.0]))
    loaded = nn.load(path, network())
    assert_same(loaded, {"loss": 0.5, "accuracy": 0.25, "best": 3, "scale": np.array([1.0])})


def test_entries_of_like_names_are_kept_apart(path):
    zero, one, two = (np.full(2, i) for i in range(3))
    nn.save(path, {"extra/a/b": zero}, extra={"a": {"b": one}, "a/b": two, 1: zero, "1": one})
    assert_same(nn.load(path), {"extra/a/b": zero})
    assert_same(nn.load(path, Anything()), {"extra": {"a": {"b": one}, "a/b": two, 1: zero, "1": one}})


def test_several_models_fit_in_a_file(path):
    generator, discriminator = network(rng=0), network(rng=1, hidden=4)
    nn.save(path, generator, discriminator=discriminator)
    other = network(rng=2, hidden=4)
    assert nn.load(path, network(rng=3), discriminator=other) == {}
    assert_same(other.state_dict(), discriminator.state_dict())


def test_what_nothing_takes_over_is_returned(path):
    model = network()
    optimizer = Adam(model.parameters())
    train_one_step(model, optimizer)
    nn.save(path, model, optimizer, epoch=3)
    rest = nn.load(path, network())
    assert rest["epoch"] == 3
    assert_same(rest["optimizer"], optimizer.state_dict())


def test_generators_of_a_models_own_come_back_with_it(path):
    model, other = nn.Sequential(nn.Dropout(0.5, rng=0)), nn.Sequential(nn.Dropout(0.5, rng=1))
    model(np.ones(3))
    nn.save(path, model)
    nn.load(path, other)
    np.testing.assert_array_equal(model(np.ones(100)), other(np.ones(100)))
    nn.save(path, model.state_dict())
    nn.load(path, other)  # a file without them leaves them


def test_numpys_generators_can_be_saved_and_loaded(path):
    mine, other = np.random.default_rng(0), np.random.default_rng(1)
    mine.random(5)
    nn.save(path, network(), mine=mine)
    nn.load(path, network(), mine=other)
    assert mine.random() == other.random()


# A file is whole, always

KILLED = """
import os, signal, sys, time
import numpy as np, nn
path, moment = sys.argv[1:]
def save(i):
    nn.save(path, {"a": np.full(300_000, i), "b": np.full(5, i)}, number=i)
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
real = os.replace
save(0)
if moment == "before fsync": os.fsync = die
if moment == "before replace": os.replace = die
if moment == "after replace": os.replace = lambda *a: (real(*a), die())
print("ready", flush=True)
i = 1
while True:
    save(i)
    i += 1
"""


@pytest.mark.parametrize("moment", ["before fsync", "before replace", "after replace", 0.0005, 0.003, 0.0071, 0.0113])
def test_a_kill_at_any_moment_leaves_a_whole_file(path, moment):
    process = python(KILLED, path, moment)
    assert process.stdout.readline() == "ready\n"
    if isinstance(moment, float):
        time.sleep(moment)
        process.kill()
    assert process.wait(30) == -signal.SIGKILL
    process.stdout.close()
    state, number = nn.load(path), nn.load(path, Anything())["number"]
    assert (state["a"] == number).all()
    assert (state["b"] == number).all()
    if isinstance(moment, str):
        assert number == (moment == "after replace")


FULL = """
import resource, signal, sys
import numpy as np, nn
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    nn.save(sys.argv[1], {"a": np.zeros(100_000)})
except OSError as error:
    print(error.errno, error)
"""


def test_a_full_disk_leaves_the_old_file_and_nothing_else(path):
    """A limit on the size of files stands for the disk: the write fails in its middle."""
    nn.save(path, {"a": np.ones(2)})
    process = python(FULL, path)
    out, _ = process.communicate(timeout=60)
    assert out.strip() == f"{errno.EFBIG} [Errno {errno.EFBIG}] {path} could not be written, and is as it was before: File too large"
    assert_same(nn.load(path), {"a": np.ones(2)})
    assert os.listdir(path.parent) == [path.name]


def test_a_folder_that_takes_no_files_is_said(path):
    path.write_bytes(b"")
    with pytest.raises(OSError, match=r"model\.safetensors/inside could not be written, and is as it was before: (Not a dir|File exists)"):
        nn.save(path / "inside", network())
    (path.parent / "folder").mkdir()
    with pytest.raises(IsADirectoryError, match="could not be written, and is as it was before: Is a directory"):
        nn.save(path.parent / "folder", network())
    assert sorted(os.listdir(path.parent)) == ["folder", path.name]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_said(path):
    path.parent.chmod(0o500)
    with pytest.raises(PermissionError, match="could not be written, and is as it was before: Permission denied"):
        nn.save(path, network())


def test_folders_are_made(tmp_path):
    nn.save(tmp_path / "runs" / "1" / "model.safetensors", network())
    assert os.listdir(tmp_path / "runs" / "1") == ["model.safetensors"]


# What is refused


@pytest.mark.parametrize(
    ("thing", "complaint"),
    [
        ({"f": print}, r"nn\.save cannot store extra/f, a builtin_function_or_method; it stores numbers, texts, arrays, and lists"),
        ([{1}], r"cannot store extra/0, a set"),
        (1j, r"cannot store extra, a complex"),
        (np.longdouble(1), r"cannot store extra, a longdouble"),
        (np.array(["a"]), r"cannot store extra, an array of <U1; it stores floats of up to 64 bits, integers and booleans"),
        (np.array([None]), r"cannot store extra, an array of object"),
        ({b"key": 1}, r"cannot store a key of extra, a bytes"),
    ],
)
def test_what_can_not_be_stored_is_refused_and_leaves_the_old_file(path, thing, complaint):
    nn.save(path, {"a": np.ones(2)})
    with pytest.raises(TypeError, match=complaint):
        nn.save(path, network(), extra=thing)
    assert_same(nn.load(path), {"a": np.ones(2)})
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("model", [3, [np.ones(2)], None, {1: np.ones(2)}])
def test_a_model_is_a_module_or_a_state_dict(path, model):
    with pytest.raises(TypeError, match=rf"takes a module or its state dict as the model, not a {type(model).__name__}"):
        nn.save(path, model)
    assert not path.exists()


def test_a_file_that_is_not_there_is_said(path):
    with pytest.raises(FileNotFoundError, match=rf"There is no file {path}\."):
        nn.load(path)
    with pytest.raises(FileNotFoundError, match="There is no file"):
        nn.load(path.parent)


def test_a_file_that_is_cut_off_is_refused_wherever_that_is(path):
    model, other = network(rng=0), network(rng=1)
    nn.save(path, model, epoch=1)
    whole, before = path.read_bytes(), other.state_dict()
    for length in [*range(0, len(whole) - 1, 7), len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"is cut off or damaged, and nothing was loaded\. Take an earlier checkpoint\."):
            nn.load(path, other)
    assert_same(other.state_dict(), before)


@pytest.mark.parametrize("packed", ["{", "{}", '{"dict": 3}', '{"array": "nowhere"}', '{"dict": [["a", {"array": "b", "c": 1}]]}'])
def test_a_damaged_header_is_refused(path, packed):
    save_file({"a": np.ones(2)}, path, {"glassgrad": f'{{"version": 1, "generators": {{"dict": []}}, "entries": {packed}}}'})
    with pytest.raises(ValueError, match="is cut off or damaged, and nothing was loaded"):
        nn.load(path)


def test_a_file_of_a_later_version_is_refused(path):
    save_file({"a": np.ones(2)}, path, {"glassgrad": '{"version": 2, "entries": "of another form"}'})
    with pytest.raises(ValueError, match=r"was written by a later version of glassgrad; update glassgrad to read it\."):
        nn.load(path)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_is_refused_with_advice(path, protocol):
    path.write_bytes(pickle.dumps({"weight": np.ones(3)}, protocol))
    with pytest.raises(ValueError, match=r"is a file of torch\.save, np\.savez or pickle, .* write it with safetensors\.torch\.save_file"):
        nn.load(path)


def test_a_zip_as_torch_saves_is_refused_with_advice(path):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", "numbers")
    with pytest.raises(ValueError, match=r"is a file of torch\.save, np\.savez or pickle, which nn\.load does not read"):
        nn.load(path)


@pytest.mark.parametrize("contents", [np.random.default_rng(0).bytes(1000), b"weights: 1, 2, 3", b"\x89HDF\r\n\x1a\n and so on"])
def test_something_else_is_refused(path, contents):
    path.write_bytes(contents)
    with pytest.raises(ValueError, match=r"is no safetensors file; nn\.load reads what nn\.save, or safetensors\.torch\.save_file, has wr"):
        nn.load(path)


def test_numbers_that_numpy_does_not_have_are_refused(path):
    header = json.dumps({"weight": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    with pytest.raises(
        ValueError, match=r"holds BF16, a type that NumPy does not have; save model\.float\(\)\.state_dict\(\) from PyTorch"
    ):
        nn.load(path)


def test_what_the_file_does_not_hold_is_said_and_nothing_changes(path):
    model, other = network(rng=0), network(rng=1)
    optimizer, before = Adam(other.parameters()), other.state_dict()
    nn.save(path, model)
    with pytest.raises(ValueError, match=r"holds no optimizer; besides a model it holds nothing\."):
        nn.load(path, other, optimizer)
    nn.save(path, model, epoch=1, best=2.0)
    with pytest.raises(ValueError, match=r"holds no optimizer, loader; besides a model it holds epoch, best\."):
        nn.load(path, other, optimizer, loader=DataLoader(range(3)))
    assert_same(other.state_dict(), before)


def test_what_can_not_take_over_a_state_is_refused(path):
    nn.save(path, network(), epoch=1)
    complaint = r"cannot put a state into epoch, of type int; leave it out, and read nn\.load\(path, model\)\['epoch'\]"
    with pytest.raises(TypeError, match=complaint):
        nn.load(path, network(), epoch=0)


def test_all_misfits_are_listed_and_nothing_changes(path):
    nn.save(path, network(), Adam(network().parameters()), schedule={"last_epoch": 3}, mine=np.random.default_rng(0))
    model = nn.Sequential(nn.Linear(2, 4), nn.Dropout(0.5, rng=0))
    optimizer = SGD(model.parameters(), lr=0.1)
    mine = np.random.Generator(np.random.MT19937(0))
    before, draws = model.state_dict(), mine.bit_generator.state
    with pytest.raises(ValueError, match=r"model\.safetensors does not fit, and nothing was loaded\.") as error:
        nn.load(path, model, optimizer, schedule=CosineAnnealingLR(SGD([Value(1.0)]), T_max=3), mine=mine)
    for fault in (
        "model: The state dict does not fit this Sequential: 0.weight has shape (3, 2) and must have (4, 2);", "1.running_mean is unknown",
        "optimizer: The state dict does not fit this SGD: group 0 has 6 parameters instead of 2; momentum of group 0 is missing",
        "schedule: The state dict does not fit this CosineAnnealingLR: T_max is missing", "mine: state must be for a MT19937",
    ):  # fmt: skip
        assert fault in str(error.value)
    assert_same(model.state_dict(), before)
    assert_same(mine.bit_generator.state, draws)


def test_what_fits_is_not_loaded_either_if_something_does_not(path):
    """All that was changed before the misfit was found is put back."""
    model, other = network(rng=0), network(rng=1)
    optimizer = Adam(model.parameters(), lr=0.5)
    schedule = CosineAnnealingLR(optimizer, T_max=5)
    train_one_step(model, optimizer)
    schedule.step()
    loader = DataLoader(range(5), shuffle=True, rng=0)
    nn.save(path, model, optimizer, loader=loader, schedule=schedule)
    others, others_loader = Adam(other.parameters(), lr=0.25), DataLoader(range(5), shuffle=True, rng=1)
    things = other, others, others_loader
    before = [x.state_dict() for x in things]
    stranger = SGD([Value(1.0)])
    with pytest.raises(ValueError, match="schedule: The state dict does not fit this SequentialLR"):
        nn.load(path, other, others, loader=others_loader, schedule=SequentialLR(stranger, [LinearLR(stranger)], []))
    for x, state in zip(things, before, strict=True):
        assert_same(x.state_dict(), state)


def test_an_interruption_puts_all_back(path):
    class Interrupted:
        def state_dict(self):
            return {}

        def load_state_dict(self, state):
            if state:
                raise KeyboardInterrupt

    model, other = network(rng=0), network(rng=1)
    before = other.state_dict()
    nn.save(path, model, extra={"a": 1})
    with pytest.raises(KeyboardInterrupt):
        nn.load(path, other, extra=Interrupted())
    assert_same(other.state_dict(), before)


def test_without_safetensors_the_error_says_what_to_install(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(ModuleNotFoundError, match=r'nn\.save and nn\.load need safetensors: pip install "glassgrad\[scripts\]"'):
        nn.save(path, network())
    with pytest.raises(ModuleNotFoundError, match="need safetensors"):
        nn.load(path)


def test_safetensors_is_loaded_when_it_is_needed():
    process = python("import sys, nn; print('safetensors' in sys.modules)")
    assert process.communicate(timeout=60)[0] == "False\n"


# Training goes on as if it had not stopped


class Training:
    """A loop written by hand, which can be stopped after any step."""

    def __init__(self, kind, seed):
        nn.manual_seed(seed)
        rng = np.random.default_rng(0)
        X, y = rng.normal(size=(22, 4)).astype(np.float32), rng.integers(3, size=22)
        own = None if kind == "one generator for all" else seed
        if kind == "scalar":
            model = nn.MLP(4, [5, 3])
            compiled = autograd.compile(lambda rows, y: nn.multi_margin_loss([model(row) for row in rows], y))
            self.loss = lambda x, y: compiled(x.tolist(), y.tolist())
        elif kind == "compiled":
            model = nn.Sequential(nn.Linear(4, 8), nn.LayerNorm(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 3))
            self.loss = autograd.compile(lambda x, y: nn.cross_entropy(model(x), y))
        else:
            layers = nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 8), nn.Dropout(0.2, rng=own)
            model = nn.Sequential(*layers, nn.Linear(8, 3))
            self.loss = lambda x, y: nn.cross_entropy(model(x), y)
        self.model = model
        self.optimizer = Adam(self.model.parameters(), lr=0.05)
        self.schedule = SequentialLR(
            self.optimizer, [LinearLR(self.optimizer, total_iters=2), CosineAnnealingLR(self.optimizer, T_max=3)], milestones=[2]
        )
        self.loader = DataLoader(TensorDataset(X, y), 5, shuffle=True, rng=own)
        self.epoch = self.step = 0

    def run(self, epochs, path, stop=None):
        """Train and save; or up to and with step `stop`."""
        while self.epoch < epochs:
            for x, y in self.loader:
                self.optimizer.zero_grad()
                self.loss(x, y).backward()
                self.optimizer.step()
                self.step += 1
                if self.step == stop:
                    return self.save(path)
            self.schedule.step()
            self.epoch += 1
        return self.save(path)

    def save(self, path):
        numbers = {"epoch": self.epoch, "step": self.step, "rng": nn.get_rng_state()}
        nn.save(path, self.model, self.optimizer, schedule=self.schedule, loader=self.loader, **numbers)

    def resume(self, path):
        rest = nn.load(path, self.model, self.optimizer, schedule=self.schedule, loader=self.loader)
        nn.set_rng_state(rest["rng"])
        self.epoch, self.step = rest["epoch"], rest["step"]
        return self


KINDS = ["one generator for all", "own generators", "compiled", "scalar"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stop", [1, 5, 8])  # the first, the last and a middle one of an epoch of 5
def test_training_resumed_from_a_file_goes_on_bit_for_bit(path, kind, stop):
    Training(kind, seed=1).run(3, path)
    uninterrupted = path.read_bytes()
    Training(kind, seed=1).run(3, path, stop)
    assert path.read_bytes() != uninterrupted
    Training(kind, seed=2).resume(path).run(3, path)
    assert path.read_bytes() == uninterrupted


@pytest.mark.parametrize("kind", KINDS)
def test_training_resumed_in_a_new_process_goes_on_bit_for_bit(path, kind):
    Training(kind, seed=1).run(3, path)
    uninterrupted = path.read_bytes()
    Training(kind, seed=1).run(3, path, stop=7)
    code = "import sys; sys.path.insert(0, sys.argv[3])\nfrom test_saving import Training\n"
    process = python(code + "Training(sys.argv[2], seed=3).resume(sys.argv[1]).run(3, sys.argv[1])", path, kind, ROOT / "tests")
    assert process.communicate(timeout=100) == ("", None)
    assert process.returncode == 0
    assert path.read_bytes() == uninterrupted
