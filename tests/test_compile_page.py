"""Claims about the page on the compiler's passes: what stands in it, and in its pictures, is what the code makes today."""

import re
import runpy
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "draw_stages.py"


def texts(svg):
    return sorted(re.findall(r"<text[^>]*>([^<]*)", svg.read_text(encoding="utf-8")))


def test_the_page_and_its_pictures_are_what_the_script_makes_today(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["draw_stages.py", str(tmp_path)])
    try:
        names = runpy.run_path(str(SCRIPT), run_name="__main__")
    except RuntimeError as error:
        pytest.skip(f"nothing to draw with: {error}")
    folder = names["FOLDER"]
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == (folder / "README.md").read_text(encoding="utf-8")
    pictures = sorted(path.name for path in (tmp_path / "pictures").iterdir())
    assert pictures == sorted(path.name for path in (folder / "pictures").iterdir())
    for name in pictures:
        assert texts(tmp_path / "pictures" / name) == texts(folder / "pictures" / name)
