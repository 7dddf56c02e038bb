"""The README: every snippet runs, and prints what the comment beside it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"
SNIPPETS = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)


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
    (snippet,) = [snippet for snippet in SNIPPETS if "loss.source" in snippet]
    namespace: dict = {}
    exec(compile(snippet, "README.md", "exec"), namespace)
    assert namespace["loss"].source.strip() == shown.strip()


def test_the_pictures_and_files_it_links_to_are_there():
    links = re.findall(r"\]\(([^)#:]+)\)", README.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (README.parent / link).exists()] == []
