"""Make the course, and what belongs to it, into a book of web pages.

    python notebooks/book.py    # out/book/html/index.html

The book has the lessons as they are committed, with their outputs; the pages of `notebooks/pages`, whose programs run (see
`chapters`); the reference, from the docstrings; the table of derivatives, from the registry; the phrase books; and how the compiler
works. Its pages are put together in `out/book/source`, from which Sphinx makes the book. A warning of Sphinx is an error, and so is
a link that leads nowhere, or a page that needs the network.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from building.links import inner_links, wrong_links
from chapters.assembling import made
from chapters.reference import reference
from sphinx.cmd.build import main as sphinx

NOTEBOOKS = Path(__file__).parent
ROOT = NOTEBOOKS.parent
OUT = ROOT / "out" / "book"
SOURCE = OUT / "source"
HOMES = [NOTEBOOKS, ROOT / "autograd" / "compiling"]  # where the texts stand whose links name files

PARTS = {
    "The course": "lessons",
    "See it": ["gallery"],
    "Look it up": ["errors", "derivatives", "reference", "torch", "keras", "glossary"],
    "Coming from elsewhere": ["from_micrograd", "from_torch", "from_keras", "from_numpy", "from_jax"],
    "How it works inside": ["inside"],
}


def main() -> int:
    shutil.rmtree(OUT, ignore_errors=True)
    (SOURCE / "pictures").mkdir(parents=True)
    texts, files = made(ROOT)
    lessons = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
    pages = texts | {
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
    here = {*pages, *(f"{name}.ipynb" for name in lessons), *(f"pictures/{path.name}" for path in (SOURCE / "pictures").iterdir())}
    for name, text in pages.items():
        write(name, inner_links(text, here, HOMES))
    for name in lessons:
        notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = inner_links(cell.source, here, HOMES)
        nbformat.write(notebook, SOURCE / f"{name}.ipynb")
    write("reference.rst", reference())
    failed = sphinx(["-q", "-W", "--keep-going", "-j", "2", "-c", str(NOTEBOOKS / "theme"), str(SOURCE), str(OUT / "html")])
    wrong = wrong_links(OUT / "html")
    print(*wrong, sep="\n", end="\n" * bool(wrong), file=sys.stderr)
    return failed or bool(wrong)


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


if __name__ == "__main__":
    raise SystemExit(main())
