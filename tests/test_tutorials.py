"""The tutorials' programs, each run as a user runs it: the figures that they reach, what they save, and how they end."""

import csv
import importlib
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest
from test_scripts import ENVIRONMENT, ROOT, command, interrupted, lines, run

import nn

joblib = pytest.importorskip("joblib")
pyplot = pytest.importorskip("matplotlib.pyplot")
for module in ("pandas", "safetensors"):
    pytest.importorskip(module)

NAMES = ["emma", "olivia", "ava", "isabella", "sophia", "mia", "charlotte", "amelia", "noah", "liam", "jacob", "ana"]
ARRAY_MODELS = ["mlp", "rnn", "lstm", "gru", "transformer"]


@pytest.fixture
def script(monkeypatch):
    """A function that imports a script."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module


@pytest.fixture
def call(script, monkeypatch, capsys, tmp_path):
    """A function that runs a script here, which is faster: its exit code, and what it prints."""
    monkeypatch.chdir(tmp_path)

    def run_here(name, *arguments):
        monkeypatch.setattr(sys, "argv", [f"{name}.py", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            script("command_line").run(script(name).main)
        out, err = capsys.readouterr()
        return end.value.code, out, err

    return run_here


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A folder of small files in MNIST's format: ten patterns with noise, which stand for the digits."""
    folder = tmp_path_factory.mktemp("digits")
    rng = np.random.default_rng(0)
    patterns = rng.integers(0, 180, (10, 28, 28))
    for part, n in (("train", 300), ("t10k", 100)):
        labels = np.arange(n, dtype=np.uint8) % 10
        images = (patterns[labels] + rng.integers(0, 76, (n, 28, 28))).astype(np.uint8)
        (folder / f"{part}-images-idx3-ubyte").write_bytes(struct.pack(">4B3I", 0, 0, 8, 3, n, 28, 28) + images.tobytes())
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">4BI", 0, 0, 8, 1, n) + labels.tobytes())
    return folder


def good(done):
    """What a program printed, which ended well."""
    assert done.returncode == 0, done.stderr
    return done.stdout


def spread(text, seeds):
    """The mean, the least and the most that a program printed of several seeds, which fit to what it printed of each."""
    each = [float(number) for number in re.findall(r"^seed \d+: .* (\d\.\d+)$", text, re.MULTILINE)]
    mean, least, most = map(float, re.search(rf"of {seeds} seeds: mean (\S+), min (\S+), max (\S+)", text).groups())
    assert (len(each), min(each), max(each)) == (seeds, least, most)
    assert mean == pytest.approx(np.mean(each), abs=1e-4)
    return mean, least, most


def check_png(path):
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("options", "least"), [([], 0.9667), (["--deep"], 0.93)])
def test_iris_reaches_its_figure_with_each_of_five_seeds(options, least, tmp_path):
    out = good(run("train_iris.py", "--seeds", 5, *options, cwd=tmp_path))
    assert spread(out, 5)[1] >= least


def test_iris_says_how_well_it_went_and_saves_its_curves(tmp_path):
    done = run("train_iris.py", "--out", "pictures", cwd=tmp_path)
    assert float(re.search(r"test accuracy (\S+), of 30 flowers", good(done))[1]) >= 0.9667
    assert "trained for 500 epochs" in done.stdout
    assert "Saved pictures/curves.png" in done.stdout
    check_png(tmp_path / "pictures" / "curves.png")
    assert "loss=" in done.stderr  # the progress bar


def test_the_deep_iris_network_stops_when_it_gets_no_better(tmp_path):
    out = good(run("train_iris.py", "--deep", cwd=tmp_path))
    assert 10 < int(re.search(r"trained for (\d+) epochs", out)[1]) < 500
    check_png(tmp_path / "out" / "iris" / "curves.png")


def test_digits_are_learned_and_the_saved_weights_are_those_that_were_measured(digits, script, tmp_path):
    out = good(run("train_mnist.py", "--data", digits, "--out", "out", cwd=tmp_path))
    model = script("train_mnist").mlp().eval()
    nn.load(tmp_path / "out" / "model.safetensors", model)
    images, targets = nn.data.MNIST(digits, train=False)[:]
    accuracy = nn.metrics.accuracy(model(images), targets)
    assert accuracy > 0.5  # by chance it is 0.1
    assert f"test accuracy {accuracy:.4f}, of 100 images" in out


def test_the_convolutional_network_runs_and_everything_is_saved(digits, tmp_path):
    out = good(run("train_mnist.py", "--data", digits, "--model", "cnn", "--epochs", 1, "--out", "out", cwd=tmp_path))
    assert re.search(r"\d\.\d seconds an epoch", out)
    names = {"confusion.png", "curves.png", "filters.png", "mistakes.png", "model.safetensors"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names
    for name in names:
        assert f"Saved out/{name}" in out
    for path in (tmp_path / "out").glob("*.png"):
        check_png(path)


def test_ctrl_c_in_the_training_on_digits_saves_what_there_is(digits, tmp_path):
    arguments = ["--data", digits, "--epochs", 100_000, "--out", "out"]
    code, out, err = interrupted("train_mnist.py", *arguments, cwd=tmp_path, sign=b"epoch 2")
    assert code == 130
    assert re.fullmatch(r"Interrupted after \d+ whole epochs\.", lines(err)[-1])
    assert "Traceback" not in err
    assert "test accuracy" in out
    assert len(list((tmp_path / "out").iterdir())) == 5


def test_ctrl_c_among_several_seeds_prints_those_that_were_finished(digits, tmp_path):
    arguments = ["--data", digits, "--epochs", 9, "--seeds", 500]
    code, out, err = interrupted("train_mnist.py", *arguments, cwd=tmp_path, sign=b"100%")
    assert code == 130
    assert lines(err) == ["Interrupted."]
    spread(out, int(re.search(r"of (\d+) seeds: mean", out)[1]))


SWEEP = ["sweep_mnist.py", "--epochs", 2, "--out", "out"]


def results(folder):
    """The files of the settings that are finished, with their times."""
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("lr*.json")}


@pytest.fixture(scope="module")
def swept(digits, tmp_path_factory):
    """A folder in whose `out` a whole sweep was made."""
    folder = tmp_path_factory.mktemp("sweep")
    out = good(run(*SWEEP, "--data", digits, cwd=folder))
    (folder / "printed.txt").write_text(out)
    return folder


@pytest.fixture
def again(swept, tmp_path):
    """A copy of it, to go on with."""
    shutil.copytree(swept, tmp_path / "again")
    return tmp_path / "again"


def test_a_sweep_makes_a_table_of_all_settings_the_best_first_and_a_figure(swept):
    with open(swept / "out" / "table.csv") as file:
        rows = list(csv.DictReader(file))
    settings = {(float(row["lr"]), int(row["batch"]), float(row["dropout"])) for row in rows}
    assert settings == {(lr, batch, dropout) for lr in (1e-2, 1e-3, 1e-4) for batch in (32, 256) for dropout in (0.0, 0.3, 0.5)}
    accuracies = [float(row["val_accuracy"]) for row in rows]
    assert accuracies == sorted(accuracies, reverse=True)
    assert f"test accuracy {float(rows[0]['test_accuracy']):.4f}" in (swept / "printed.txt").read_text()
    check_png(swept / "out" / "curves.png")


def test_a_sweep_that_is_called_again_runs_nothing_again(again, digits):
    before = results(again / "out")
    assert good(run(*SWEEP, "--data", digits, cwd=again)) == (again / "printed.txt").read_text()
    assert results(again / "out") == before


def test_broken_results_are_run_again_and_no_others(again, digits):
    damages = ["", '{"sweep": {"epo', "[1, 2]", '{"sweep": {"epochs": 2}}']
    broken = sorted(results(again / "out"))[3:7]
    whole = [json.loads((again / "out" / name).read_text()) for name in broken]
    for name, damage in zip(broken, damages, strict=True):
        (again / "out" / name).write_text(damage)
    before = results(again / "out")
    done = run(*SWEEP, "--data", digits, cwd=again)
    good(done)
    after = results(again / "out")
    assert {name for name in after if after[name] != before[name]} == set(broken)
    for name, result in zip(broken, whole, strict=True):
        assert f"out/{name} is broken; this setting is run again." in done.stderr
        fresh = json.loads((again / "out" / name).read_text())
        assert fresh["history"]["val_loss"] == pytest.approx(result["history"]["val_loss"], rel=1e-4)


def test_a_sweep_that_was_killed_goes_on_where_it_was(digits, tmp_path):
    sweep = [*SWEEP, "--data", digits]
    process = subprocess.Popen(
        command(*sweep), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT, cwd=tmp_path, start_new_session=True
    )
    deadline = time.monotonic() + 100
    while not results(tmp_path / "out") and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    before = results(tmp_path / "out")
    assert 1 <= len(before) < 18
    good(run(*sweep, cwd=tmp_path))
    after = results(tmp_path / "out")
    assert len(after) == 18
    assert {name: after[name] for name in before} == before


def test_another_back_end_of_joblib_takes_the_sweep(again, digits, script, call, monkeypatch):
    sweep_mnist, here = script("sweep_mnist"), []
    missing = sorted(results(again / "out"))[:2]
    contents = [(again / "out" / name).read_bytes() for name in missing]
    for name in missing:
        (again / "out" / name).unlink()

    def train(*arguments):  # in another process it would be the script's
        here.append(arguments[-1].name)
        arguments[-1].write_bytes(contents[missing.index(here[-1])])

    monkeypatch.setattr(sweep_mnist, "train", train)
    with joblib.parallel_config("threading"):
        code, out, _ = call("sweep_mnist", *SWEEP[1:3], "--data", digits, "--out", again / "out")
    assert code == 0
    assert sorted(here) == missing
    assert "best of 18" in out
    pyplot.close("all")


def test_results_of_another_sweep_are_not_mixed_in(again, digits):
    done = run(*SWEEP, "--epochs", 3, "--data", digits, cwd=again)
    assert (done.returncode, len(lines(done.stderr))) == (2, 1)
    assert "'out' has results of another sweep, with epochs 2 instead of 3. Choose another folder with --out." in done.stderr


@pytest.fixture
def names_arrays(script):
    return script("names_arrays")


@pytest.fixture
def alphabet(script):
    return script("train_names").Alphabet(NAMES)


@pytest.mark.parametrize("model", ARRAY_MODELS)
def test_a_network_on_arrays_learns_names_and_makes_up_others(model, names_arrays, alphabet, capsys):
    names_arrays.run(SimpleNamespace(data=NAMES * 20, model=model, seed=0, seeds=None, epochs=2, samples=5), alphabet)
    measured, bigram, seconds, *made_up = capsys.readouterr().out.split("\n")[:-1]
    assert re.fullmatch(r"\d\.\d{4} nats per character of the 1 names held out", measured)
    assert re.fullmatch(r"\d\.\d{4} with the bigram model", bigram)
    assert re.fullmatch(r"\d+ seconds for 2 epochs", seconds)
    assert len(made_up) == 5
    assert set("".join(made_up)) <= set(alphabet.characters)


@pytest.mark.parametrize("model", ARRAY_MODELS)
def test_a_model_of_names_can_repeat_what_it_was_shown(model, names_arrays, alphabet):
    names = names_arrays.Names(NAMES[:4], alphabet, seed=0)
    trainer, batches = names_arrays.lesson(model, names, seed=0, epochs=60)
    before = trainer.evaluate(names.train)["loss"]
    trainer.fit(batches, epochs=60, verbose=False)
    assert trainer.evaluate(names.train)["loss"] < 0.8 < 2 < before


@pytest.mark.parametrize("model", ARRAY_MODELS)
def test_no_model_of_names_sees_what_comes_later(model, names_arrays):
    nn.manual_seed(0)
    network = names_arrays.MODELS[model](5, 8).eval()
    tokens = np.random.default_rng(0).integers(0, 5, (3, 8))
    changed = tokens.copy()
    changed[:, 5:] = (changed[:, 5:] + 1) % 5
    one, other = network(tokens).data, network(changed).data
    assert one.shape == (3, 5, 8)
    assert np.allclose(one[:, :, :5], other[:, :, :5], atol=1e-6)
    assert not np.allclose(one[:, :, 5:], other[:, :, 5:], atol=1e-3)


def test_no_name_is_both_trained_on_and_held_out(names_arrays, alphabet):
    names = names_arrays.Names(NAMES * 3, alphabet, seed=1)
    (train, _), (held_out, _) = names.train, names.held_out
    assert len(train) + len(held_out) == len(NAMES)
    assert not {tuple(row) for row in train} & {tuple(row) for row in held_out}


def test_the_bigram_model_is_counted(names_arrays, script):
    Alphabet = script("train_names").Alphabet
    names = names_arrays.Names(["ab"] + ["b" * n for n in range(1, 20)], Alphabet(["ab"]), seed=0)
    names.train, names.held_out = names.arrays(["ab", "b"]), names.arrays(["bb"])
    # Counts with one more of each: after the end a 2, b 2, end 1; after b a 1, b 1, end 3. "bb" is b, b, end.
    assert names.bigram() == pytest.approx(-(np.log(2 / 5) + np.log(1 / 5) + np.log(3 / 5)) / 3)


def test_names_on_arrays_are_trained_by_the_script(tmp_path):
    (tmp_path / "names.txt").write_text("\n".join(NAMES))
    out = good(run("train_names.py", "--data", "names.txt", "--model", "gru", "--epochs", 2, "--samples", 3, cwd=tmp_path))
    assert "nats per character of the 1 names held out" in out
    assert out.count("\n") == 3 + 3


def test_ctrl_c_in_the_training_on_names_measures_and_makes_up_names(tmp_path):
    (tmp_path / "names.txt").write_text("\n".join(NAMES))
    arguments = ["--data", "names.txt", "--model", "rnn", "--epochs", 1_000_000]
    code, out, err = interrupted("train_names.py", *arguments, cwd=tmp_path, sign=b"epoch 2")
    assert code == 130
    assert len(lines(err)) == 1
    assert re.fullmatch(r"Interrupted after \d+ whole epochs\.", lines(err)[0])
    assert "with the bigram model" in out
    assert out.count("\n") == 3 + 20


def test_several_seeds_of_names_are_printed_with_their_spread(call, tmp_path):
    (tmp_path / "names.txt").write_text("\n".join(NAMES))
    code, out, _ = call("train_names", "--data", "names.txt", "--model", "mlp", "--epochs", 2, "--seeds", 2)
    assert code == 0
    spread(out, 2)


@pytest.mark.parametrize("name", ["train_iris", "train_mnist", "sweep_mnist", "train_names"])
def test_help_says_what_a_program_takes(name, call):
    code, out, _ = call(name, "--help")
    assert code == 0
    assert "usage:" in out
    assert "--seed" in out
    assert "the seed of everything random (default: " in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train_mnist", "--data", "nowhere"], "MNIST needs the files train-images-idx3-ubyte, train-labels-idx1-ubyte, which"),
        (["train_mnist", "--data", "nowhere"], "there are no such folders. Put them there, or add --download"),
        (["sweep_mnist", "--data", "nowhere"], "MNIST needs the files"),
        (["sweep_mnist", "--data", "here", "--examples", "5"], "a sixth of the images is for validation, so at least 6 are needed; got 5"),
        (["train_mnist"], "the following arguments are required: --data"),
        (["train_mnist", "--data", "cut"], "cut/train-images-idx3-ubyte is not an IDX file of 3 axes"),
        (["train_mnist", "--data", "cut"], "get it again with --download"),
        (["train_mnist", "--data", "nowhere", "--model", "resnet"], "invalid choice: 'resnet'"),
        (["train_iris", "--seed=-1"], "'-1' is not a whole number from 0"),
        (["train_iris", "--seeds", "0"], "'0' is not a whole number from 1"),
        (["train_names", "--data", "few", "--model", "rnn"], "so at least 10 different ones are needed, and there are 2"),
        (["train_names", "--data", "few", "--model", "rnn", "--steps", "5"], "--steps and --eager are for --model gpt"),
        (["train_names", "--data", "few", "--epochs", "5"], "--epochs and --seeds are for the models on arrays"),
    ],
)
def test_a_wrong_argument_is_one_line_and_nothing_is_trained(arguments, message, call, tmp_path):
    (tmp_path / "few").write_text("ann\nbob\nann\n")
    (tmp_path / "cut").mkdir()
    for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"):
        (tmp_path / "cut" / name).write_bytes(b"\0\0")
    code, out, err = call(*arguments)
    assert code == 2
    assert message in err
    assert len(err.splitlines()) == 1
    assert not out


# Figures and numbers of the smallest runs


def drawn(figure):
    """How many marks and lines with a length are in each panel, and where the ticks of its lower axis are."""
    figure.canvas.draw()
    for panel in figure.axes:
        low, high = panel.get_xlim()
        marks = [line for line in panel.lines if len(line.get_xdata()) > 1 or line.get_marker() not in ("None", None, "")]
        yield len(marks), [tick for tick in panel.get_xticks() if low <= tick <= high]


@pytest.mark.parametrize("epochs", [1, 2, 3, 40])
def test_the_figure_of_a_sweep_shows_every_setting_and_whole_epochs(script, epochs):
    sweep = script("sweep_mnist")
    results = [{**setting, "history": {"val_accuracy": [0.5] * epochs}} for setting in sweep.SETTINGS]
    figure = sweep.curves(results)
    for panel in figure.axes:
        looks = {(line.get_color(), line.get_marker() if epochs == 1 else line.get_linestyle()) for line in panel.get_lines()}
        assert len(looks) == 6  # of a single epoch a line's style is not to be seen
        assert all(max(colour[:3]) - min(colour[:3]) < 0.1 for colour, _ in looks)  # grey: other colours have their meaning
    for marks, ticks in drawn(figure):
        assert marks == 6
        assert ticks
        assert all(tick == round(tick) for tick in ticks)


@pytest.mark.parametrize("epochs", [1, 2, 3, 40])
def test_the_curves_of_a_training_show_whole_epochs(epochs):
    panels = nn.plot.curves({"epoch": [*range(1, epochs + 1)], "loss": [0.5] * epochs, "val_loss": [0.25] * epochs})
    ((marks, ticks),) = drawn(panels[0].figure)
    assert marks == 2
    assert ticks
    assert all(tick == round(tick) for tick in ticks)


@pytest.mark.parametrize("right", [100, 97])
def test_the_picture_of_mistakes_says_how_many_there_are(script, digits, right):
    test = nn.data.MNIST(digits, train=False)
    logits = np.eye(10)[(test.targets + (np.arange(100) >= right)) % 10]
    figure = script("tutorial").mistakes(logits, test).figure
    assert figure.get_suptitle() == f"{100 - right} of 100 are wrong"
    assert sum(bool(panel.images) for panel in figure.axes) == 100 - right


def widths(model):
    layers = [x for x in model.modules() if isinstance(x, (nn.Linear, nn.Layer))]
    if isinstance(model, nn.MLP):
        return [len(layer.neurons) for layer in layers]
    return [layers[0].in_features, *(layer.out_features for layer in layers)]


def test_the_sizes_that_a_program_names_are_those_that_it_trains(script, monkeypatch, tmp_path):
    trained = []
    monkeypatch.setattr(script("training"), "run", lambda model, *_: trained.append(model))
    monkeypatch.setattr(sys, "argv", ["train", "--out", str(tmp_path)])
    for name in ("train_xor", "train_moons"):
        script(name).main()
        assert f"MLP(2, {widths(trained[-1])})" in script(name).__doc__
    iris, mnist = script("train_iris"), script("train_mnist")
    for text, model in [
        (iris.__doc__, iris.shallow(0)[0].model), (iris.deep.__doc__, iris.deep(0)[0].model), (mnist.__doc__, mnist.mlp())
    ]:  # fmt: skip
        assert "-".join(map(str, widths(model))) in text
    assert f"with {len(script('sweep_mnist').SETTINGS)} settings" in script("sweep_mnist").__doc__


@pytest.mark.parametrize("steps", [1, 3])
def test_the_loss_of_few_names_is_the_mean_of_as_many(call, tmp_path, steps):
    (tmp_path / "names.txt").write_text("\n".join(name[:2] for name in NAMES))
    code, out, _ = call("train_names", "--data", "names.txt", "--steps", steps, "--samples", 1, "--eager")
    assert code == 0
    assert re.match(rf"loss \d\.\d{{4}}, the mean of about the last {steps} names\n", out)


@pytest.mark.parametrize("name", ["train_xor", "train_moons", "draw_graph"])
def test_a_seed_below_0_is_one_line(call, name):
    code, _, err = call(name, "--seed=-1")
    assert (code, err) == (2, f"{name}.py: argument --seed: '-1' is not a whole number from 0.\n")


def test_a_figure_that_cannot_be_saved_whole_leaves_the_old_one(script, tmp_path, monkeypatch):
    (tmp_path / "a.png").write_bytes(b"old")
    figure = pyplot.figure()
    monkeypatch.setattr(figure, "savefig", lambda file, **_: (file.write(b"half"), 1 / 0))
    with pytest.raises(ZeroDivisionError):
        script("command_line").save_figure(tmp_path / "a.png", figure)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.png": b"old"}
