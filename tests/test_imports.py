"""What depends on what, read off the source: files import each other in one direction, and tricks stay where they are."""

import ast
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import autograd
import nn

ROOT = Path(nn.__file__).parent.parent


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path):
    """The full names that the file imports, at its head, in a function or for types alone."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            yield from (".".join([*start, *filter(None, [node.module]), alias.name]) for alias in node.names)


def imports(package):
    """For each file of a package, the files of that package that it imports."""
    files = {name_of(path): path for path in Path(package.__file__).parent.rglob("*.py")}

    def file_of(name):
        while name and name not in files:
            name = name.rpartition(".")[0]
        return name

    return {name: {file_of(other) for other in imported(path)} - {"", name} for name, path in files.items()}


def circle(graph):
    """The files of one circle of imports, or nothing."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


@pytest.mark.parametrize("package", [autograd, nn], ids=lambda package: package.__name__)
def test_no_files_import_each_other(package):
    assert circle(imports(package)) == []


def test_autograd_does_not_know_nn():
    for path in Path(autograd.__file__).parent.rglob("*.py"):
        assert not [name for name in imported(path) if name.split(".")[0] == "nn"], path


def test_a_circle_over_three_files_is_found():
    assert set(circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})) == {"a", "b", "c"}


# --- what a part must not know of another ---------------------------------------------------------


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
    asks = re.compile(r"modes import .*\bmode\b|modes\.mode\b")
    asking = [name for name, text in SOURCES.items() if name.startswith("nn/") and asks.search(text)]
    assert not asking, f"{asking} may ask autograd.state.is_known"
