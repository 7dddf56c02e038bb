"""The scripts, each run as a user runs it: what they reach, what they save, and how they end."""

import os
import random
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import autograd
import nn

ROOT = Path(__file__).parents[1]
PICTURES = {"boundary.png", "curves.png", "network.svg", "neuron.svg"}
# The packages that these tests imported are those that the scripts import, installed or not.
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(autograd.__file__).parents[1]), "MPLBACKEND": "Agg"}

for module in ("matplotlib", "sklearn", "tqdm"):
    pytest.importorskip(module)


def command(script, *arguments):
    return [sys.executable, str(ROOT / "scripts" / script), *map(str, arguments)]


def run(script, *arguments, cwd):
    return subprocess.run(command(script, *arguments), capture_output=True, text=True, env=ENVIRONMENT, cwd=cwd, check=False)


def lines(text):
    """The lines that stay on the screen: a progress bar overwrites its own."""
    return [line for line in re.split(r"[\r\n]+", text) if line.strip() and "/s" not in line and "?it" not in line and "%|" not in line]


def check_pictures(folder, names=PICTURES):
    assert {path.name for path in folder.iterdir()} == set(names)
    for path in folder.iterdir():
        if path.suffix == ".svg":
            assert ElementTree.parse(path).getroot().tag.endswith("svg")
        else:
            assert path.read_bytes().startswith(b"\x89PNG")


def test_xor_is_learned_whole(tmp_path):
    done = run("train_xor.py", "--out", tmp_path / "new" / "folder", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "4 of 4 right" in done.stdout
    for name in PICTURES:
        assert f"Saved {tmp_path / 'new' / 'folder' / name}" in done.stdout
    check_pictures(tmp_path / "new" / "folder")
    assert "loss=" in done.stderr  # the progress bar


def test_moons_are_told_apart_wholly_with_the_default_settings(tmp_path):
    done = run("train_moons.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "100 of 100 right" in done.stdout
    check_pictures(tmp_path / "out" / "moons")


def test_moons_are_told_apart_with_each_of_six_seeds(tmp_path):
    done = run("train_moons.py", "--seeds", 6, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    counts = [int(count) for count in re.findall(r"seed \d+: (\d+) of 100 right", done.stdout)]
    assert len(counts) == 6
    assert min(counts) >= 98


def test_the_neuron_is_drawn_with_every_derivative(tmp_path):
    run("train_xor.py", "--steps", 1, "--out", tmp_path, cwd=tmp_path)
    text = "".join(ElementTree.parse(tmp_path / "neuron.svg").getroot().itertext())
    assert all(label in text for label in ("x1", "x2", "weight.0", "weight.1", "bias", "output"))
    assert text.count("grad") == 7  # of two inputs, three parameters, the sum and the output


def test_the_same_seed_gives_the_same_run_and_another_one_another(tmp_path):
    for folder, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert run("train_xor.py", "--steps", 3, "--seed", seed, "--out", folder, cwd=tmp_path).returncode == 0
    a, b, c = ((tmp_path / folder / "neuron.svg").read_text() for folder in "abc")
    assert a == b != c


@pytest.mark.parametrize("script", ["train_xor.py", "train_moons.py", "draw_graph.py", "benchmark.py"])
def test_help_says_what_a_script_does_and_takes(script, tmp_path):
    done = run(script, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "usage:" in done.stdout
    assert "--seed" in done.stdout
    assert "(default: 0)" in done.stdout


@pytest.mark.parametrize(
    ("script", "arguments", "message"),
    [
        ("train_xor.py", ["--out", "file/folder"], "cannot write to the folder 'file/folder'"),
        ("train_moons.py", ["--out", "file"], "cannot write to the folder 'file'"),
        ("train_moons.py", ["--out", "/proc/nowhere"], "cannot write to the folder '/proc/nowhere'"),
        ("train_xor.py", ["--steps", "0"], "'0' is not a whole number from 1"),
        ("train_xor.py", ["--steps", "many"], "'many' is not a whole number from 1"),
        ("train_xor.py", ["--speed", "1"], "unrecognized arguments: --speed 1"),
        ("benchmark.py", ["--save", "file/table.md"], "cannot write to the folder 'file'"),
        ("benchmark.py", ["--save", "."], "'.' is a folder"),
        ("benchmark.py", ["--other-python", "no/python"], "there is no program 'no/python'"),
        ("draw_graph.py", ["a", "--values", "a=1", "--out", "file/graph.svg"], "cannot write to the folder 'file'"),
        ("draw_graph.py", ["a", "--values", "a=1", "--out", "graph.gif"], "saved as .svg, .png, .pdf, .dot or .html"),
        ("draw_graph.py", ["a*b", "--values", "a=1"], "'b' has no number. Add it to the others: --values b=1"),
        ("draw_graph.py", ["a", "--values", "a"], "'a' is not a name and a number"),
        ("draw_graph.py", ["a", "--values", "=1"], "'=1' is not a name and a number"),
        ("draw_graph.py", ["1 + 2"], "has no variables to differentiate by"),
        ("draw_graph.py", ["a +"], "cannot be read as an expression"),
        ("draw_graph.py", ["import os"], "'import os' is not arithmetic"),
        ("draw_graph.py", ["().__class__"], "is not arithmetic"),
        ("draw_graph.py", ["open(a)", "--values", "a=1"], "There is no function 'open'; there are abs"),
        ("draw_graph.py", ["tanh(a, a)", "--values", "a=1"], "tanh takes 1 input"),
        ("draw_graph.py", ["a + 1" + 400 * "0", "--values", "a=1"], "too large"),
        ("draw_graph.py", ["a" + 5000 * "+a", "--values", "a=1"], "nested too deeply"),
    ],
)
def test_a_wrong_argument_is_one_line_and_no_work(script, arguments, message, tmp_path):
    (tmp_path / "file").touch()
    done = run(script, *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not done.stdout
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "file"]


def interrupted(script, *arguments, cwd, sign):
    """Run a script until it has printed `sign`, press Ctrl-C, and wait for its end."""
    process = subprocess.Popen(
        command(script, *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT, cwd=cwd, start_new_session=True
    )
    seen = b""
    while sign not in seen:
        seen += os.read(process.stderr.fileno(), 1000)
        assert process.poll() is None, seen.decode()
    time.sleep(0.2)  # nobody is quicker
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the script and all that it started
    out, err = process.communicate(timeout=60)
    return process.returncode, out.decode(), (seen + err).decode()


def test_ctrl_c_in_a_training_saves_what_there_is(tmp_path):
    code, out, err = interrupted("train_moons.py", "--steps", 100_000, "--out", tmp_path, cwd=tmp_path, sign=b"loss=")
    assert code == 130
    assert "Traceback" not in err
    assert re.fullmatch(r"Interrupted after \d+ of 100000 steps\.", lines(err)[-1])
    assert len(lines(err)) == 1
    assert " of 100 right" in out
    check_pictures(tmp_path)


def test_ctrl_c_among_many_seeds_ends_with_one_line(tmp_path):
    code, _, err = interrupted("train_moons.py", "--seeds", 50, "--steps", 1000, cwd=tmp_path, sign=b"0/50")
    assert code == 130
    assert lines(err) == ["Interrupted."]


def test_draw_graph_prints_the_derivatives_and_saves_by_suffix(tmp_path):
    for suffix in ("svg", "png", "pdf", "html", "dot"):
        expression = ["e = a*b; L = tanh(e + c)", "--values", "a=2", "b=-3", "c=5"]
        done = run("draw_graph.py", *expression, "--out", f"new/graph.{suffix}", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines() == [
            "L = -0.761594", "∂L/∂a = -1.25992", "∂L/∂b = 0.839949", "∂L/∂c = 0.419974", f"Saved new/graph.{suffix}",
        ]  # fmt: skip
        assert (tmp_path / "new" / f"graph.{suffix}").stat().st_size > 500


@pytest.mark.parametrize("example", ["neuron", "mlp", "tensor"])
def test_draw_graph_has_examples(example, tmp_path):
    done = run("draw_graph.py", "--example", example, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "grad" in (tmp_path / "out" / "graph.svg").read_text()


def test_draw_graph_can_fold_the_network(tmp_path):
    run("draw_graph.py", "--example", "mlp", "--fold", 1, cwd=tmp_path)
    text = (tmp_path / "out" / "graph.svg").read_text()
    assert "layers.0" in text
    assert "weight.0" not in text


def test_where_floats_overflow_draw_graph_computes_as_ieee_does(tmp_path):
    done = run("draw_graph.py", "a*1/0 + 9**9**9", "--values", "a=1", cwd=tmp_path)
    assert done.stdout.startswith("result = inf")


# --- the GPT in scalars ----------------------------------------------------------------------------

NAMES = ["emma", "olivia", "ava", "isabella", "sophia", "mia", "charlotte", "amelia", "noah", "liam", "jacob"]


@pytest.fixture
def gpt(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import gpt

    return gpt


def names_file(tmp_path, text=None):
    path = tmp_path / "names.txt"
    path.write_text("\n".join(NAMES) if text is None else text)
    return path


def test_the_gpt_has_the_parameters_of_its_sizes(gpt):
    assert len(gpt.GPT(27, random.Random(0)).parameters()) == 4192


def test_the_compiled_loss_is_the_eager_one_and_one_program_serves_all_names_of_a_length(gpt):
    model = gpt.GPT(6, random.Random(0))
    compiled = autograd.compile(model.loss)
    parameters = model.parameters()
    for tokens in ([5, 1, 2, 5], [5, 4, 4, 5], [5, 0, 5]):
        gradients = []
        for loss in (model.loss, compiled):
            for p in parameters:
                p.zero_grad()
            value = loss(tokens)
            value.backward()
            gradients.append([value.data, *(p.grad for p in parameters)])
        assert gradients[1] == pytest.approx(gradients[0], rel=1e-12, abs=1e-15)
    assert len(compiled.programs) == 2


def test_training_lowers_the_loss(gpt):
    model = gpt.GPT(6, random.Random(0))
    loss = autograd.compile(model.loss)
    optimizer = nn.optim.Adam(model.parameters(), lr=0.01)
    losses = []
    for _ in range(60):
        value = loss([5, 1, 2, 3, 5])
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        losses.append(value.data)
    assert losses[-1] < 0.2 * losses[0]


def test_the_script_trains_and_makes_up_names(tmp_path):
    done = run("train_names.py", "--data", names_file(tmp_path), "--steps", 30, "--samples", 3, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    first, *made_up = done.stdout.splitlines()
    assert first.startswith("loss ")
    assert len(made_up) == 3
    assert "step/s" in done.stderr


def test_eager_and_compiled_runs_print_the_same(tmp_path):
    path = names_file(tmp_path)
    outputs = [
        run("train_names.py", "--data", path, "--steps", 3, "--samples", 2, *more, cwd=tmp_path).stdout for more in ([], ["--eager"])
    ]
    assert outputs[0] == outputs[1] != ""


@pytest.mark.parametrize(("text", "complaint"), [(None, "cannot read names"), ("", "has no names in it")])
def test_a_bad_names_file_is_one_line(tmp_path, text, complaint):
    path = tmp_path / "missing.txt" if text is None else names_file(tmp_path, text)
    done = run("train_names.py", "--data", path, cwd=tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert complaint in done.stderr
