"""The benchmark: its tables, its verdicts, and what it says when a contender fails."""

import importlib.util
import re
import sys

import pytest
from test_scripts import ENVIRONMENT, ROOT, interrupted, lines, run


def test_ctrl_c_in_the_benchmark_prints_what_was_measured(tmp_path):
    code, out, err = interrupted("benchmark.py", "--seconds", 1000, "--save", "table.md", cwd=tmp_path, sign=b"0/")
    assert code == 130
    assert lines(err) == ["Interrupted: the tables hold what was measured until then."]
    assert "Measured with Python" in out
    assert (tmp_path / "table.md").is_file()


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """What a small run of the benchmark prints, which is also what it saves."""
    folder = tmp_path_factory.mktemp("benchmark")
    done = run("benchmark.py", "--quick", "--save", "table.md", cwd=folder)
    assert done.returncode == 0, done.stderr
    head, _, tables = (folder / "table.md").read_text().partition("Measured with")
    assert head.startswith("# Figures")
    assert f"Measured with{tables}" in done.stdout
    return done.stdout


NUMBER = r"[\d,.]+"


@pytest.mark.parametrize(
    ("race", "rows"),
    [
        (
            "MLP(2, [16, 16, 1])",
            ("`nn.MLP` on `Value`s", "`Tensor`s, eager", "products by hand", "scalar code compiled", "step compiled", "NumPy"),
        ),
        ("scalar GPT", ("plain scalars, in the style of microgpt", "scalar code, eager", "scalar code compiled", "step compiled", "NumPy")),
        ("20-8-8-4", ("layers, eager", "layers compiled", "step compiled", "NumPy")),
        ("CNN", ("layers, eager",)),
        ("VGG", ("layers, eager",)),
        ("ResNet", ("layers, eager",)),
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
        "time of glassgrad, scalar code, the whole step compiled, against NumPy",
        "speed of glassgrad, scalar code compiled, against plain scalars",
    ):
        assert re.search(rf"\| {goal}[^|]* \| at (least|most) {NUMBER} × \| {NUMBER} × \| (met|\*\*missed\*\*) \|", tables), goal
    for what in ("moons, 20 points", "GPT, a name of 3 letters"):
        assert re.search(rf"\| {what} \| {NUMBER} \| {NUMBER} \| under \d+ s[^|]* \| (met|\*\*missed\*\*) \|", tables), what


def test_the_benchmark_weighs_lengthens_and_grows(tables):
    assert re.search(r"\| glassgrad \| [\d,]+ \| \d+ \|", tables)
    assert re.search(r"\| 1,000 \| ", tables)
    if importlib.util.find_spec("torch") and sys.platform == "linux":
        assert len(re.findall(rf"\| [^|]+ \| {NUMBER} \| {NUMBER} \| {NUMBER} × \| at most 1.[35] × \|", tables)) == 6
    for what in ("a call, beyond that of its program alone", "compiling it"):
        assert re.search(rf"\| {what} \| {NUMBER} \| at most {NUMBER} \| (met|\*\*missed\*\*) \|", tables)
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
