"""Make the course, and what belongs to it, into a book of web pages.

    python notebooks/book.py    # out/book/html/index.html

The book has the lessons as they are committed, with their outputs; the pages of `notebooks/pages`, whose programs run (see
`chapters`); the reference, from the docstrings; the table of derivatives, from the registry; the phrase books; and how the compiler
works. Its pages are put together in `out/book/source`, from which Sphinx makes the book. A warning of Sphinx is an error.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

from chapters.assembling import made
from sphinx.cmd.build import main as sphinx

NOTEBOOKS = Path(__file__).parent
ROOT = NOTEBOOKS.parent
OUT = ROOT / "out" / "book"
SOURCE = OUT / "source"

PARTS = {
    "The course": "lessons",
    "See it": ["gallery"],
    "Look it up": ["errors", "derivatives", "reference", "torch", "keras", "glossary"],
    "Coming from elsewhere": ["from_micrograd", "from_torch", "from_keras", "from_numpy", "from_jax"],
    "How it works inside": ["inside"],
}

REFERENCE = ["autograd", "nn", "nn.functional", "nn.optim", "nn.data", "nn.callbacks", "nn.metrics", "nn.plot"]


def main() -> int:
    shutil.rmtree(OUT, ignore_errors=True)
    (SOURCE / "pictures").mkdir(parents=True)
    shutil.copy(NOTEBOOKS / "conf.py", SOURCE)
    texts, files = made(ROOT)
    lessons = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
    pages = {f"{name}.ipynb": (NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8") for name in lessons}
    pages |= texts | {
        "index.md": (NOTEBOOKS / "README.md").read_text(encoding="utf-8") + contents(lessons),
        "glossary.md": (NOTEBOOKS / "glossary.md").read_text(encoding="utf-8"),
        "inside.md": (ROOT / "autograd/compiling/README.md").read_text(encoding="utf-8"),
        "torch.md": printed("nn.torch"),
        "keras.md": printed("nn.keras"),
    }
    for name, content in files.items():
        folder = OUT / "html" / "live" if name.endswith(".html") else SOURCE / "pictures"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    shutil.copytree(ROOT / "autograd/compiling/pictures", SOURCE / "pictures", dirs_exist_ok=True)
    here = {*pages, *(f"pictures/{path.name}" for path in (SOURCE / "pictures").iterdir())}
    for name, text in pages.items():
        write(name, inner_links(text, here))
    write("reference.rst", reference())
    return sphinx(["-q", "-W", "--keep-going", "-j", "2", str(SOURCE), str(OUT / "html")])


def write(name: str, text: str) -> None:
    (SOURCE / name).write_text(text, encoding="utf-8")


def printed(module: str) -> str:
    """What `python -m module` prints."""
    return subprocess.run([sys.executable, "-m", module], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def contents(lessons: list[str]) -> str:
    """The table of contents, which the pages have at their side."""
    trees = []
    for caption, names in PARTS.items():
        listed = lessons if names == "lessons" else names
        trees += ["", "```{toctree}", ":hidden:", f":caption: {caption}", "", *listed, "```"]
    return "\n".join(trees) + "\n"


def inner_links(text: str, here: set[str]) -> str:
    """The text, in which links to files that are not in the book are plain words."""

    def kept(link: re.Match[str]) -> str:
        target = link[2].partition("#")[0]
        return link[0] if not target or "://" in target or target in here else link[1]

    return re.sub(r"(?<!!)\[([^\[\]]+)\]\(([^()\s]+)\)", kept, text)


def reference() -> str:
    """The page of the reference: each public name with the first sentence of its docstring, and a page of its own."""
    lines = ["Reference", "=========", "", "Every public name, in the words of its docstring.", ""]
    for name in REFERENCE:
        module = import_module(name)
        public = [each for each in module.__all__ if callable(getattr(module, each))]
        lines += [name, "-" * len(name), "", f".. currentmodule:: {name}", "", ".. autosummary::", "   :toctree: names", ""]
        lines += [*(f"   {each}" for each in public), ""]
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
