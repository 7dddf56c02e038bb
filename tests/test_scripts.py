"""The scripts, each run as a user runs it: what they reach, what they save, and how they end."""

import importlib.util
import os
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import autograd

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


def test_moons_are_told_apart_with_20_seeds_out_of_20(tmp_path):
    done = run("train_moons.py", "--seeds", 20, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    counts = [int(count) for count in re.findall(r"seed \d+: (\d+) of 100 right", done.stdout)]
    assert len(counts) == 20
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
        ("train_xor.py", ["--steps", "0"], "'0' is not a whole number from 1 on"),
        ("train_xor.py", ["--steps", "many"], "'many' is not a whole number from 1 on"),
        ("train_xor.py", ["--speed", "1"], "unrecognized arguments: --speed 1"),
        ("benchmark.py", ["--save", "file/table.md"], "cannot write to the folder 'file'"),
        ("benchmark.py", ["--save", "."], "'.' is a folder"),
        ("benchmark.py", ["--other-python", "no/python"], "there is no program 'no/python'"),
        ("draw_graph.py", ["a", "--values", "a=1", "--out", "file/graph.svg"], "cannot write to the folder 'file'"),
        ("draw_graph.py", ["a", "--values", "a=1", "--out", "graph.gif"], "saved as .svg, .png, .pdf, .dot or .html"),
        ("draw_graph.py", ["a*b", "--values", "a=1"], "'b' has no number. Add it to the others: --values b=1"),
        ("draw_graph.py", ["a", "--values", "a"], "'a' is not a name and a number"),
        ("draw_graph.py", ["a", "--values", "=1"], "'=1' is not a name and a number"),
        ("draw_graph.py", ["1 + 2"], "has no values in it to differentiate by"),
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


def test_ctrl_c_in_the_benchmark_prints_what_was_measured(tmp_path):
    code, out, err = interrupted("benchmark.py", "--seconds", 1000, "--save", "table.md", cwd=tmp_path, sign=b"0/")
    assert code == 130
    assert lines(err) == ["Interrupted: the tables hold what was measured until then."]
    assert "Measured with Python" in out
    assert (tmp_path / "table.md").is_file()


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


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """What a small run of the benchmark prints, which is also what it saves."""
    folder = tmp_path_factory.mktemp("benchmark")
    done = run("benchmark.py", "--quick", "--save", "table.md", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert (folder / "table.md").read_text() in done.stdout
    return done.stdout


NUMBER = r"[\d,.]+"


@pytest.mark.parametrize(
    ("race", "rows"),
    [
        ("MLP(2, [16, 16, 1])", ("`nn.MLP` on `Value`s", "`Tensor`s, eager", "sums of products by hand", "scalar code compiled", "NumPy")),
        ("scalar GPT", ("plain scalars, in the style of microgpt", "scalar code, eager", "scalar code compiled", "NumPy")),
        ("20-8-8-4", ("layers, eager", "layers compiled", "NumPy")),
        ("CNN", ("layers, eager",)),
        ("LSTM", ("layers, eager",)),
        ("transformer", ("layers, eager",)),
    ],
)
def test_each_race_has_a_row_for_each_contender(race, rows, tables):
    table = next(part for part in tables.split("\n\nOne step of ")[1:] if race in part)
    for row in rows:
        assert re.search(rf"\| [^|]*{re.escape(row)}[^|]* \| {NUMBER} \| {NUMBER} – {NUMBER} \|", table), row


def test_goals_have_verdicts(tables):
    for goal in (
        "time of glassgrad, scalar code compiled, against NumPy",
        "speed of glassgrad, scalar code compiled, against plain scalars",
    ):
        assert re.search(rf"\| {goal}[^|]* \| at (least|most) {NUMBER} × \| {NUMBER} × \| (met|\*\*missed\*\*) \|", tables), goal
    for what in ("moons, 20 points", "GPT, a name of 3 letters"):
        assert re.search(rf"\| {what} \| {NUMBER} \| {NUMBER} \| under \d+ s[^|]* \| (met|\*\*missed\*\*) \|", tables), what


def test_the_benchmark_weighs_lengthens_and_grows(tables):
    assert re.search(r"\| glassgrad \| [\d,]+ \| \d+ \|", tables)
    assert re.search(r"\| 1,000 \| ", tables)
    if importlib.util.find_spec("torch") and sys.platform == "linux":
        assert len(re.findall(rf"\| [^|]+ \| {NUMBER} \| {NUMBER} \| {NUMBER} × \| at most 1.5 × \|", tables)) == 4
    for points in (5, 10):
        assert re.search(rf"\| {points} (\| {NUMBER} ){{4}}\|", tables)


def test_a_goal_is_met_on_one_side_of_its_factor_and_missed_on_the_other(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    from races import Contender, Goal, figures

    ours, peer = Contender("ours", "", ""), Contender("theirs", "", "")
    faster, cheaper = Goal(ours, 3_000, peer), Goal(ours, 2.5, peer, at_most=True)
    assert faster.row({ours: 1.0, peer: 3_001.0}) == "| speed of ours, against theirs | at least 3,000 × | 3,000 × | met |"
    assert faster.row({ours: 1.0, peer: 2_990.0}) == "| speed of ours, against theirs | at least 3,000 × | 2,990 × | **missed** |"
    assert cheaper.row({ours: 2.4, peer: 1.0}) == "| time of ours, against theirs | at most 2.5 × | 2.40 × | met |"
    assert cheaper.row({ours: 2.6, peer: 1.0}).endswith("| 2.60 × | **missed** |")
    assert [figures(x) for x in (1234567.0, 1000.0, 999.0, 0.01234)] == ["1,230,000", "1,000", "999", "0.0123"]


def test_a_compilation_is_judged_by_its_seconds_and_by_the_eager_steps_that_it_costs(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    from races import MLP, Compilation

    def row(first, eager):
        return Compilation("moons", None, MLP, MLP, 3, 20, [first], [eager]).row()

    assert row(2.0, 0.2) == "| moons | 2.00 | 10.0 | under 3 s and 20 steps | met |"
    assert row(3.5, 1.0).endswith("**missed** |")
    assert row(2.0, 0.05).endswith("**missed** |")


def test_memory_is_judged_by_the_peers(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    from races import LAYERS, PYTORCH_LAYERS, Peak

    def row(own, other):
        return Peak("an MLP", None, LAYERS, PYTORCH_LAYERS, 1.5, {LAYERS: own, PYTORCH_LAYERS: other}).row()

    assert row(14_000_000, 10_000_000) == "| an MLP | 10.0 | 14.0 | 1.40 × | at most 1.5 × | met |"
    assert row(16_000_000, 10_000_000).endswith("| 1.60 × | at most 1.5 × | **missed** |")
    assert "1.00 × " in row(0, 0)  # of a small network


def test_peers_that_are_not_installed_are_skipped_and_named(tables):
    assert "Skipped: HIPS autograd, which is not installed here" in tables  # its import name is ours


def test_memory_for_a_scalar_node_is_at_most_three_tenths_of_micrograds(tables):
    pytest.importorskip("micrograd")
    assert re.search(r"Goal: at most 0.3 of micrograd's; measured 0\.\d\d, met", tables)


@pytest.fixture
def benchmark(monkeypatch):
    """The module, as its script sees it."""
    monkeypatch.setenv("PYTHONPATH", ENVIRONMENT["PYTHONPATH"])
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import benchmark

    return benchmark


@pytest.mark.parametrize(("number", "rival"), [(0, "TENSORS"), (1, "COMPILED_NAMES"), (2, "COMPILED_LAYERS")])
def test_a_contender_that_computes_something_else_fails_in_its_place_in_the_table(number, rival, benchmark):
    import races

    run = benchmark.Benchmark([sys.executable], 0.0)
    race = races.races(quick=True, seed=0)[number]
    run.race(race, race.contenders[-1])  # NumPy, by hand
    run.race(race, getattr(races, rival))
    race.problem = race.problem._replace(learning_rate=race.problem.learning_rate * 1.02)
    run.attempt(run.race, race, getattr(races, rival))
    assert "computes something else" in run.failures[0]
    run.races = [race]
    tables = "\n".join(run.tables())
    assert f"| {getattr(races, rival).name} | **failed** | | |" in tables
    assert run.failures[0] in tables
    assert re.search(rf"\| NumPy, [^|]* \| {NUMBER} \|", tables)


def test_the_benchmark_goes_on_after_a_contender_that_ends_with_an_error(benchmark):
    import races

    run = benchmark.Benchmark([sys.executable], 0.0)
    race = races.races(quick=True, seed=0)[2]
    numpy, contender = race.contenders[-1], races.LAYERS
    run.attempt(run.race, race, contender)
    good, race.problem = race.problem, race.problem._replace(y=-1)
    run.attempt(run.race, race, contender)
    race.problem = good
    run.attempt(run.race, race, contender)  # is not measured again
    run.attempt(run.race, race, numpy)
    assert contender not in race.samples
    assert numpy in race.samples
    assert len(run.failures) == 1
    assert run.failures[0].startswith("glassgrad, layers, eager failed:\nTraceback")


def test_a_failure_is_reported_with_the_tables_and_in_the_exit(benchmark, monkeypatch, capsys):
    import races

    race = races.races(quick=True, seed=0)[2]
    race.contenders = [races.Contender("nobody", "glassgrad.LSTM", "glassgrad"), races.NUMPY_MLP]
    monkeypatch.setattr(benchmark, "races", lambda quick, seed: [race])
    monkeypatch.setattr(benchmark, "GRAPHS", [])
    monkeypatch.setattr(benchmark.Benchmark, "lengthen", lambda *_: None)
    for name, nothing in (("growth", {}), ("compilations", []), ("peaks", [])):
        monkeypatch.setattr(benchmark, name, lambda quick, seed, nothing=nothing: nothing)
    monkeypatch.setattr(sys, "argv", ["benchmark.py", "--quick"])
    with pytest.raises(SystemExit, match="Some contenders failed; the tables say which"):
        benchmark.main()
    printed = capsys.readouterr().out
    assert "| nobody | **failed** | | |" in printed
    assert "nobody failed:\nTraceback" in printed
    assert re.search(rf"\| NumPy, [^|]* \| {NUMBER} \|", printed)


def test_only_peers_can_be_skipped(benchmark):
    import races

    run = benchmark.Benchmark([sys.executable], 0.0)
    race = races.races(quick=True, seed=0)[0]
    run.race(race, races.Contender("a peer", "nowhere.moons", "nowhere"))
    assert "nowhere" in run.skipped["a peer"]
    with pytest.raises(SystemExit, match="glassgrad is not installed here"):
        run.race(race, races.Contender("ours", "nowhere.moons", "glassgrad"))
