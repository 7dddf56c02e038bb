"""Pages whose programs run when the book is made.

A page is Markdown, in `notebooks/pages`. Its blocks of Python run from top to bottom, and what they leave is shown below each:

    ```python                       what it prints, and the value of its last line
    ```python error                 the error that it must raise
    ```python warning               the warning that it must give
    ```python not run               nothing: a program for another library
    ```python tanh.svg: a graph     the picture that it saves, or draws with matplotlib; then the words for those who do not see it
    ```python tanh.html: a graph    the page that it saves, live; `tanh.html 800:` is 800 pixels high

Each section, under a heading of the second level, begins anew with what stands before the first of them.
"""

from __future__ import annotations

import ast
import contextlib
import html
import io
import linecache
import os
import re
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib.pyplot as plt

__all__ = ["PageError", "Ran", "run"]

BLOCK = re.compile(r"^```python(?: (?P<how>[^\n]+))?\n(?P<code>.*?)^```$", flags=re.MULTILINE | re.DOTALL)
SHOWN = re.compile(r"(?P<file>[\w-]+\.(?:svg|png|gif|html))(?: (?P<height>\d+))?: (?P<words>.+)")


class PageError(Exception):
    """A program on a page does not do what the page says."""


class Ran(NamedTuple):
    """A page with what its programs left."""

    text: str
    files: dict[str, bytes]  # pictures, and pages to be shown live
    raised: dict[str, tuple[str, str]]  # the label of a section, and the type and the message of its error


def run(text: str, name: str) -> Ran:
    """Run the programs of a page, called `name`.

    Raises:
        PageError: one raises an error where none is promised, or none where one is.
    """
    plt.switch_backend("Agg")
    page = _Page(name)
    first, *parts = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    common = "\n".join(block["code"] for block in BLOCK.finditer(first))
    page.add(first, "")
    for part in parts:
        page.add(part, common)
    return Ran("".join(page.parts), page.files, page.raised)


class _Page:
    def __init__(self, name: str) -> None:
        self.name = name
        self.parts: list[str] = []
        self.files: dict[str, bytes] = {}
        self.raised: dict[str, tuple[str, str]] = {}

    def add(self, part: str, common: str) -> None:
        """A part of the page, which runs in an empty folder after the program `common`."""
        heading = part.partition("\n")[0].lstrip("# ")
        label = f"{self.name}-{re.sub('[^a-z0-9]+', '-', heading.lower()).strip('-')}"
        names: dict[str, Any] = {"__name__": self.name}
        with _empty_folder():
            executed(common, names)
            text = BLOCK.sub(lambda block: self.shown(block["code"], block["how"] or "", names, label), part)
        self.parts.append(f"({label})=\n{text}" if label in self.raised else text)

    def shown(self, code: str, how: str, names: dict[str, Any], label: str) -> str:
        """A program, and what it left."""
        listing = f"```python\n{code}```"
        if how == "not run":
            return listing
        if how in ("error", "warning"):
            error = self.raised[label] = self.error(code, how, names, label)
            return f"{listing}\n\n{boxed(*error)}"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                printed = executed(code, names)
        except Exception as error:
            raise PageError(f"{label}: {type(error).__name__}: {error}") from error
        out = f"{listing}\n\n```text\n{printed.rstrip()}\n```" if printed.strip() else listing
        return out + (self.file(how, label) if how else "")

    def error(self, code: str, how: str, names: dict[str, Any], label: str) -> tuple[str, str]:
        """The type and the message of an error, or of a warning."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore" if how == "error" else "error")
                executed(code, names, "program.py")
        except Exception as error:
            if isinstance(error, Warning) == (how == "warning"):
                return type(error).__name__, str(error.args[0]) if isinstance(error, KeyError) else str(error)
        raise PageError(f"{label}: this program gives no {how}.")

    def file(self, how: str, label: str) -> str:
        """The picture or the page that a program has saved or drawn."""
        if (match := SHOWN.fullmatch(how)) is None:
            raise PageError(f"{label}: there is no block `python {how}`.")
        path, words = Path(match["file"]), match["words"]
        if not path.exists():
            plt.savefig(path, transparent=False)
        stored = f"{self.name}-{path.name}"
        self.files[stored] = path.read_bytes()
        if path.suffix == ".html":
            size = f'width="100%" height="{match["height"] or 620}" loading="lazy"'
            frame = f'<iframe class="live" src="live/{stored}" title="{html.escape(words)}" {size}></iframe>'
            return f'\n\n{frame}\n\n<a href="live/{stored}">This page in a window of its own</a>'
        return f"\n\n![{words}](pictures/{stored})"


def executed(code: str, names: dict[str, Any], file: str = "") -> str:
    """Run a program, and return what it prints, with the value of its last line."""
    file = file or f"program_{len(linecache.cache)}.py"
    linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)  # the compiler reads the text of functions
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    plt.close("all")
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(tree, file, "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), file, "eval"), names)
            if value is not None and " object at 0x" not in repr(value) and not _drawn(value):
                print(repr(value))
    return printed.getvalue()


def boxed(kind: str, message: str) -> str:
    """An error, as it is shown."""
    return f"````{{admonition}} {kind}\n:class: error\n\n```{{code-block}} text\n:class: message\n\n{message}\n```\n````"


def _drawn(value: object) -> bool:
    """Whether a value is shown as a picture and not as text."""
    return (
        isinstance(value, os.PathLike)
        or hasattr(value, "_repr_mimebundle_")
        or "matplotlib" in repr(type(value))
        or bool(plt.get_fignums())
    )


@contextlib.contextmanager
def _empty_folder() -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        yield
