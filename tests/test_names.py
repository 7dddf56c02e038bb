"""`scripts/train_names.py`: a GPT written in scalars, compiled and as it is."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

import autograd
import nn

SCRIPTS = Path(__file__).parent.parent / "scripts"
NAMES = ["emma", "olivia", "ava", "isabella", "sophia", "mia", "charlotte", "amelia", "noah", "liam", "jacob"]


@pytest.fixture
def gpt(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import gpt

    return gpt


def names_file(tmp_path, text=None):
    path = tmp_path / "names.txt"
    path.write_text("\n".join(NAMES) if text is None else text)
    return path


def run(*args, **options):
    return subprocess.run([sys.executable, SCRIPTS / "train_names.py", *args], capture_output=True, text=True, timeout=300, **options)


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
    done = run("--data", names_file(tmp_path), "--steps", "30", "--samples", "3")
    assert done.returncode == 0, done.stderr
    first, *made_up = done.stdout.splitlines()
    assert first.startswith("loss ")
    assert len(made_up) == 3
    assert "step/s" in done.stderr


def test_eager_and_compiled_runs_print_the_same(tmp_path):
    path = names_file(tmp_path)
    outputs = [run("--data", path, "--steps", "3", "--samples", "2", *more).stdout for more in ([], ["--eager"])]
    assert outputs[0] == outputs[1] != ""


@pytest.mark.parametrize(("text", "complaint"), [(None, "cannot read names"), ("", "has no names in it")])
def test_a_bad_names_file_is_one_line(tmp_path, text, complaint):
    path = tmp_path / "missing.txt" if text is None else names_file(tmp_path, text)
    done = run("--data", path)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert complaint in done.stderr
