"""From C to a function: the compiler, and what it made before, in a directory that only the user can write to."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import importlib.util
import os
import platform
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

__all__ = ["BuildError", "Compiler", "Entry", "Library", "compiler", "library", "with_entries"]

# gcc 12 computes a ReLU's backward pass wrong at -O3 -march=native, without a word. A product and a sum are two
# roundings, as in NumPy: x * x - y * y is 0 where x is y. Functions call those of their own program: with the usual
# visibility, a call of `step` would go to the C library's function `step`.
COMMON = (
    "-shared", "-fPIC", "-fvisibility=protected", "-march=native", "-fno-math-errno", "-fopenmp-simd", "-ffp-contract=off",
    "-Wno-unknown-pragmas",
)  # fmt: skip
FLAGS = {"zig": ("-O3", *COMMON), "clang": ("-O3", *COMMON), "gcc": ("-O2", "-ftree-vectorize", *COMMON)}
TIMEOUT = 300.0  # seconds
ENTRY = "enter_{}"


class BuildError(Exception):
    """The compiler did not accept a program."""


class Compiler(NamedTuple):
    """A C compiler.

    Attributes:
        kind: "zig", "clang" or "gcc".
        command: how it is called.
        identity: a text that is another one for every other compiler and processor.
    """

    kind: str
    command: tuple[str, ...]
    identity: str


@functools.cache
def compiler() -> Compiler | None:
    """The best compiler that there is, or None.

    It is clang of the `ziglang` wheel, else the machine's clang or gcc.
    """
    if os.name != "posix":
        return None
    spec = importlib.util.find_spec("ziglang")
    if spec is not None and spec.origin is not None and (zig := shutil.which("zig", path=str(Path(spec.origin).parent))):
        return _of("zig", zig, "cc")
    for kind in ("clang", "gcc"):
        found = shutil.which(kind)
        if found is not None:
            return _of(kind, found)
    return None


def _of(kind: str, path: str, *rest: str) -> Compiler:
    found = os.stat(path)
    return Compiler(kind, (path, *rest), f"{kind} {path} {found.st_size} {found.st_mtime_ns} {_processor()}")


def _processor() -> str:
    """The processor, as what is compiled for one may not run on another."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    kinds = sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))})
    return "\n".join([sys.platform, platform.machine(), platform.processor(), *kinds])


class Library:
    """A compiled program.

    Attributes:
        lock: held while a function runs, as its arrays are the same for all threads.
    """

    def __init__(self, path: Path) -> None:
        self._loaded = ctypes.CDLL(str(path))
        self.lock = threading.RLock()

    def function(self, name: str, n: int) -> Any:
        """A function of `n` pointers; it returns whether it refused them."""
        function = self._loaded[name]
        function.argtypes, function.restype = [ctypes.c_void_p] * n, ctypes.c_int
        return function

    def entry(self, name: str, n: int) -> Entry:
        """The same of a program that was built `with_entries`."""
        return Entry(self.function(ENTRY.format(name), 1), n)


class Entry:
    """A function of a program that takes a table of addresses.

    To pass 16 addresses one by one takes 1 µs.

    Attributes:
        at: the table.
    """

    def __init__(self, function: Any, n: int) -> None:
        self.at = np.zeros(n, np.uintp)
        self._function, self._table = function, self.at.ctypes.data

    def __call__(self) -> int:
        """Call it; return whether it refused its arguments."""
        refused: int = self._function(self._table)
        return refused


def with_entries(text: str, functions: Mapping[str, int]) -> str:
    """A program with entries to its functions, each given with the number of its pointers."""
    entries = [
        f"int {ENTRY.format(name)}(void *const *at) {{\n    return {name}({', '.join(f'at[{i}]' for i in range(n))});\n}}"
        for name, n in functions.items()
    ]
    return "\n".join([text, *entries, ""])


_loaded: dict[str, Library] = {}
_loading = threading.Lock()


def library(text: str) -> Library:
    """The program with a text, compiled now or in an earlier process.

    Raises:
        BuildError: it cannot be compiled.
    """
    by = compiler()
    if by is None:
        raise BuildError("there is no compiler")
    flags = FLAGS[by.kind]
    key = hashlib.sha256("\0".join([text, by.identity, *by.command, *flags]).encode()).hexdigest()
    with _loading:
        if key not in _loaded:
            directory = _directory()
            path = directory / f"{key}.so"
            if not _is_own(path, stat.S_ISREG):
                _compile(text, [*by.command, *flags], path)
            _loaded[key] = Library(path)
        return _loaded[key]


def _compile(text: str, command: list[str], path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as place:
        source, made = Path(place, "program.c"), Path(place, "program.so")
        source.write_text(text, encoding="utf-8")
        caches = {"ZIG_GLOBAL_CACHE_DIR": str(path.parent / "zig"), "ZIG_LOCAL_CACHE_DIR": place}
        try:
            ran = subprocess.run(
                [*command, "-o", str(made), str(source), "-lm"], capture_output=True, text=True, env={**os.environ, **caches},
                timeout=TIMEOUT, check=False,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError) as error:
            raise BuildError(str(error)) from None
        if ran.returncode != 0 or not made.exists():
            raise BuildError(next((line for line in ran.stderr.splitlines() if "error" in line), ran.stderr[:200]))
        made.chmod(0o700)
        os.replace(made, path)  # at once or not at all


@functools.cache
def _directory() -> Path:
    """A directory that nobody else can write to: `glassgrad` in the user's cache, or a new one until the process ends."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    try:
        path = Path(os.path.realpath(base), "glassgrad")
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _is_own(path, stat.S_ISDIR) and all(map(_is_safe, path.parents)):
            return path
    except OSError:
        pass
    return Path(_temporary().name)


@functools.cache
def _temporary() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="glassgrad-")


def _is_own(path: Path, is_kind: Any) -> bool:
    """Whether something is there that is the user's alone."""
    try:
        found = path.lstat()
    except OSError:
        return False
    return is_kind(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077


def _is_safe(parent: Path) -> bool:
    """Whether nobody else can put another directory in the place of one in this one."""
    found = parent.lstat()
    return found.st_uid in (0, os.geteuid()) and (not found.st_mode & 0o022 or bool(found.st_mode & stat.S_ISVTX))
