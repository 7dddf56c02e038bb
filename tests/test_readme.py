"""The pages for readers: every snippet runs, and prints what the comment beside it says. CONTRIBUTING names every file of the engine."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from autograd import Tensor, check_gradients, grad, table
from autograd.primitives import elementary

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = README, ROOT / "nn" / "README.md"
SNIPPETS = [snippet for page in PAGES for snippet in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)]


def test_the_readme_has_snippets():
    assert len(SNIPPETS) >= 5


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.strip().splitlines()[-1])
def test_a_snippet_prints_what_its_comments_say(snippet, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec(compile(snippet, "README.md", "exec"), {})
    said = re.findall(r"^ *print\(.*\) +# ([^:\n]*)", snippet, flags=re.MULTILINE)
    assert capsys.readouterr().out.splitlines() == [text.strip() for text in said]


def test_the_compiled_source_is_the_one_shown(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (shown,) = re.findall(r"<!-- source -->\n```text\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    (snippet,) = [snippet for snippet in SNIPPETS if "step.source" in snippet]
    namespace: dict = {}
    exec(compile(snippet, "README.md", "exec"), namespace)
    assert namespace["step"].source.strip() == shown.strip()


@pytest.mark.parametrize(
    "page", ["README.md", "nn/README.md", "scripts/README.md", "autograd/compiling/README.md", ".github/CONTRIBUTING.md"]
)
def test_the_pictures_and_files_that_a_page_links_to_are_there(page):
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not ((ROOT / page).parent / link).exists()] == []


def test_contributing_names_every_file_of_the_engine_and_every_folder_of_nn():
    names = set(re.findall(r"`([\w/.]+)`", (ROOT / ".github/CONTRIBUTING.md").read_text(encoding="utf-8")))
    files = [path.name for path in (ROOT / "autograd").glob("*.py*") if path.name != "__init__.py"]
    folders = [f"{path.parent.name}/" for room in ("autograd", "nn") for path in (ROOT / room).glob("*/__init__.py")]
    assert {*files, *folders} - {"py.typed"} <= names


def test_the_entry_shown_in_contributing_is_new_and_right():
    (entry,) = re.findall(r"```python\n(.*?)```", (ROOT / ".github/CONTRIBUTING.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    before = set(table)
    exec(entry, {**vars(elementary)})
    (name,) = set(table) - before
    try:
        low, high = table[name].domain
        assert check_gradients(table[name], Tensor(np.linspace(low, high, 5)))
        assert check_gradients(grad(table[name]), (low + high) / 3)
        x = Tensor(np.linspace(low, high, 5))
        np.testing.assert_allclose(table[name].onnx(x).data, table[name](x).data)
    finally:
        del table[name]


def test_the_compilers_docstring_names_each_of_its_files():
    folder = ROOT / "autograd" / "compiling"
    names = set(re.findall(r"`(\w+)`", (folder / "__init__.py").read_text(encoding="utf-8")))
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} <= names
