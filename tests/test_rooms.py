"""What one part of the library must not know of another, read off its source."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for room in ("autograd", "nn")
    for path in (ROOT / room).rglob("*.py")
}


@pytest.mark.parametrize(
    ("pattern", "where"),
    [
        (r"\.__class__ =|__setattr__\(.*__class__", {"autograd/stores.py"}),  # the class of an object is changed
        (r"\(np\.ndarray\):", {"autograd/window.py"}),  # a kind of array of one's own
    ],
)
def test_a_trick_is_played_in_one_place_only(pattern, where):
    assert {name for name, text in SOURCES.items() if re.search(pattern, text)} == where


def test_modules_do_not_know_whether_a_compiler_is_at_work():
    asking = [name for name, text in SOURCES.items() if name.startswith("nn/") and re.search(r"\bmode\.\w|modes import .*\bmode\b", text)]
    assert not asking, f"{asking} may ask autograd.state.is_known"
