"""Compiling C: once for each text and compiler, in a directory where nobody else can put a file."""

import ctypes
import os
import shutil
import stat
import subprocess
import sys

import numpy as np
import pytest

import autograd
from autograd import Value
from autograd.compiling.printing import building

pytestmark = pytest.mark.skipif(building.compiler() is None, reason="There is no C compiler here.")

TEXT = "int answer(double *x) { *x = 42.0; return 0; }\n"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty cache, and no program loaded so far."""
    tmp_path.chmod(0o700)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(building, "_directory", building._directory.__wrapped__)
    monkeypatch.setattr(building, "_loaded", {})
    by = next((building._of(kind, path) for kind in ("clang", "gcc") if (path := shutil.which(kind))), None)
    if by is not None:  # zig would fill its own cache first
        monkeypatch.setattr(building, "compiler", lambda: by)
    return tmp_path / "glassgrad"


def answer(library):
    x = np.zeros(1)
    assert library.function("answer", 1)(x.ctypes.data) == 0
    return x[0]


def again(monkeypatch):
    """The next process."""
    monkeypatch.setattr(building, "_loaded", {})


def test_a_text_is_compiled_once(place, monkeypatch):
    assert answer(building.library(TEXT)) == 42.0
    (made,) = place.glob("*.so")
    monkeypatch.setattr(building, "_compile", None)
    assert answer(building.library(TEXT)) == 42.0  # loaded already
    again(monkeypatch)
    assert answer(building.library(TEXT)) == 42.0
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert not made.stat().st_mode & 0o077
    assert [path.name for path in place.iterdir() if path.name != "zig"] == [made.name]


def test_another_compiler_makes_another_file(place, monkeypatch):
    building.library(TEXT)
    again(monkeypatch)
    by = building.compiler()
    monkeypatch.setattr(building, "compiler", lambda: by._replace(identity="another one"))
    building.library(TEXT)
    assert len(list(place.glob("*.so"))) == 2


def foreign(path):
    """Put something else in the place of a library."""
    path.unlink(missing_ok=True)  # the other is loaded
    path.write_bytes(b"not a library")


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o644])
def test_a_file_that_others_could_have_written_or_read_is_not_loaded(place, monkeypatch, mode):
    building.library(TEXT)
    (made,) = place.glob("*.so")
    foreign(made)
    made.chmod(mode)
    again(monkeypatch)
    assert answer(building.library(TEXT)) == 42.0
    assert not made.stat().st_mode & 0o077


def test_a_link_is_not_followed(place, monkeypatch, tmp_path):
    building.library(TEXT)
    (made,) = place.glob("*.so")
    made.unlink()
    foreign(tmp_path / "other.so")
    made.symlink_to(tmp_path / "other.so")
    again(monkeypatch)
    assert answer(building.library(TEXT)) == 42.0
    assert not made.is_symlink()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="Only root can give files to others.")
@pytest.mark.parametrize("what", ["file", "directory", "parent"])
def test_what_belongs_to_another_user_is_not_used(place, monkeypatch, tmp_path, what):
    building.library(TEXT)
    (made,) = place.glob("*.so")
    path = {"file": made, "directory": place, "parent": tmp_path}[what]
    if what == "file":
        foreign(made)
    os.chown(path, 12345, 12345)
    again(monkeypatch)
    assert answer(building.library(TEXT)) == 42.0
    os.chown(path, 0, 0)
    if what != "file":
        assert building._directory() == place


@pytest.mark.parametrize("which", ["directory", "parent"])
def test_a_directory_that_others_can_write_to_is_not_used(place, tmp_path, which):
    building.library(TEXT)
    path = place if which == "directory" else tmp_path
    path.chmod(0o777)
    assert building._directory() != place
    assert stat.S_IMODE(building._directory().stat().st_mode) == 0o700
    path.chmod(0o700)
    assert building._directory() == place


def test_what_cannot_be_compiled_leaves_nothing(place):
    with pytest.raises(building.BuildError, match="error"):
        building.library("int answer(")
    assert list(place.glob("*.so")) == []
    assert [path.name for path in place.iterdir() if path.name != "zig"] == []


def test_a_compiler_that_cannot_be_started_is_an_error(place, monkeypatch):
    by = building.compiler()
    monkeypatch.setattr(building, "compiler", lambda: by._replace(command=("/nowhere/cc",)))
    with pytest.raises(building.BuildError, match="nowhere"):
        building.library(TEXT)


def test_the_wheel_comes_before_the_machines_compilers(monkeypatch, tmp_path):
    find = building.compiler.__wrapped__
    made = tmp_path / "gcc"
    made.write_text("")
    monkeypatch.setattr(building.shutil, "which", lambda name, path=None: str(made) if name == "gcc" else None)
    assert find().kind == "gcc"
    assert "-O3" not in building.FLAGS["gcc"]
    monkeypatch.setattr(building.shutil, "which", lambda name, path=None: str(made) if name != "zig" else None)
    assert find().kind == "clang"
    monkeypatch.setattr(building.shutil, "which", lambda name, path=None: None)
    assert find() is None
    monkeypatch.setattr(building.os, "name", "nt")
    assert find() is None


@pytest.mark.skipif(shutil.which("gcc") is None, reason="There is no gcc here.")
def test_gcc_computes_the_relu_that_it_gets_wrong_at_its_highest_level(place, monkeypatch):
    monkeypatch.setattr(building, "compiler", lambda: building._of("gcc", shutil.which("gcc")))
    text = """
    static double b1[32], b2[1600], b3[1600], z[1600], g[1600], d[1600];
    int step(const double *restrict xs, double *restrict total) {
        for (int i = 0; i < 1600; i++) { z[i] = xs[i]; g[i] = i; d[i] = 7; }
        for (int i = 0; i < 100; i++) {
            double row[16] = {0};
            for (int k = 0; k < 2; k++) { const double a = xs[2 * i + k]; for (int j = 0; j < 16; j++) row[j] += a * b1[16 * k + j]; }
            for (int j = 0; j < 16; j++) b2[16 * i + j] = row[j];
        }
        for (int i = 0; i < 100; i++) for (int j = 0; j < 16; j++) d[16 * i + j] = z[16 * i + j] > 0.0 ? g[16 * i + j] : 0.0;
        *total = 0;
        for (int i = 0; i < 1600; i++) *total += (i + 1) * d[i];
        return 0;
    }
    """
    xs, total = np.random.default_rng(0).normal(size=1600), np.zeros(1)
    building.library(text).function("step", 2)(xs.ctypes.data, total.ctypes.data)
    assert total[0] == (np.arange(1, 1601) * np.where(xs > 0, np.arange(1600.0), 0.0)).sum()


def test_a_function_named_like_one_of_the_c_library_is_the_programs_own(place):
    text = building.with_entries("__attribute__((noinline)) int rand(double *x) { *x = 42.0; return 0; }", {"rand": 1})
    entry, x = building.library(text).entry("rand", 1), np.zeros(1)
    entry.at[0] = x.ctypes.data
    assert (entry(), x[0]) == (0, 42.0)


def test_two_processes_may_compile_the_same(place):
    by = building.compiler()
    script = (
        "from autograd.compiling.printing import building\n"
        f"by = building.Compiler({by.kind!r}, {by.command!r}, {by.identity!r})\n"
        f"building.compiler = lambda: by\nbuilding.library({TEXT!r}).function('answer', 1)"
    )
    running = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]


def test_pointers_are_all_that_is_passed(place):
    function = building.library(TEXT).function("answer", 1)
    assert function.argtypes == [ctypes.c_void_p]


def test_a_program_is_found_again_by_the_next_function():
    w = Value(2.0, label="w")
    first, second = (autograd.compile(lambda x: w * x + 1.0, target="c") for _ in range(2))
    first(1.0), second(1.0)
    (a,), (b,) = first.programs.values(), second.programs.values()
    assert a._variant.forward.__self__._lock is b._variant.forward.__self__._lock
