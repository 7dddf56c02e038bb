"""Make the course, and what belongs to it, into a book of web pages.

    python notebooks/book.py    # out/book/html/index.html

The book has the lessons as they are committed, with their outputs; the reference, from the docstrings; the table of derivatives,
from the registry; the phrase books; and how the compiler works. Its pages are put together in `out/book/source`, from which Sphinx
makes the book. A warning of Sphinx is an error, and so is a link that leads nowhere, or a page that needs the network.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import numpy as np
from building.links import wrong_links
from sphinx.cmd.build import main as sphinx

from autograd import Primitive, Tensor, Value, latex, sum, table
from nn.plot.colours import TRAINING, VALIDATION

NOTEBOOKS = Path(__file__).parent
ROOT = NOTEBOOKS.parent
OUT = ROOT / "out" / "book"
SOURCE = OUT / "source"

PARTS = {
    "The course": "lessons",
    "Look it up": ["derivatives", "reference", "torch", "keras", "glossary"],
    "How it works inside": ["inside"],
}

REFERENCE = ["autograd", "nn", "nn.functional", "nn.optim", "nn.data", "nn.callbacks", "nn.metrics", "nn.plot"]


def main() -> int:
    shutil.rmtree(OUT, ignore_errors=True)
    (SOURCE / "pictures").mkdir(parents=True)
    lessons = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
    pages = {
        "index.md": (NOTEBOOKS / "README.md").read_text(encoding="utf-8") + contents(lessons),
        "glossary.md": (NOTEBOOKS / "glossary.md").read_text(encoding="utf-8"),
        "inside.md": (ROOT / "autograd/compiling/README.md").read_text(encoding="utf-8"),
        "torch.md": printed("nn.torch"),
        "keras.md": printed("nn.keras"),
        "derivatives.md": derivatives(),
    }
    shutil.copytree(ROOT / "autograd/compiling/pictures", SOURCE / "pictures", dirs_exist_ok=True)
    here = {*pages, *(f"{name}.ipynb" for name in lessons), *(f"pictures/{path.name}" for path in (SOURCE / "pictures").iterdir())}
    for name, text in pages.items():
        write(name, inner_links(text, here))
    for name in lessons:
        notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = inner_links(cell.source, here)
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


def inner_links(text: str, here: set[str]) -> str:
    """The text, in which links to files of the repository that are not in the book are plain words."""
    homes = (NOTEBOOKS, ROOT / "autograd/compiling")

    def kept(link: re.Match[str]) -> str:
        target = (link["url"] or "").partition("#")[0]
        elsewhere = target and target not in here and any((home / target).exists() for home in homes)
        return link["words"] if elsewhere else link[0]

    code = r"```.*?```|`[^`]*`"
    return re.sub(code + r"|(?<!!)\[(?P<words>[^\[\]]+)\]\((?P<url>[^()\s]+)\)", kept, text, flags=re.DOTALL)


def derivatives() -> str:
    """The table of derivatives of functions of numbers, as a page."""
    lines = [
        "# The table of derivatives",
        "",
        "This page is made from the entries in `autograd/primitives`. Here $g$ is the gradient of the result $r$, and the last column "
        "says what gradient each input gets: $g$ times the derivative. The picture has the function in blue, and its derivative in red.",
        "",
        "| name | function | gradients of the inputs | |",
        "|---|---|---|---|",
    ]
    for name, entry in table.items():
        if entry.scalar is None or callable(entry.vjp):
            continue
        inputs = [Value(0.5 + 0.25 * i, label=letter) for i, letter in zip(range(len(entry.vjp)), "xyz", strict=False)]
        g, out = Value(1.0, label="g"), entry(*inputs)
        result = Value(out.data, label="r")
        rules = [rule and rule(g, result, *inputs) for rule in entry.vjp]
        shown = ", ".join(f"${latex(rule) if isinstance(rule, Value) else 0}$" for rule in rules)
        picture = f"![{name} and its derivative](pictures/{plotted(entry)}){{width=160px}}" if len(inputs) == 1 else ""
        lines.append(f"| `{name}` | ${latex(out)}$ | {shown} | {picture} |".replace(r"\left|", r"\lvert ").replace(r"\right|", r"\rvert "))
    return "\n".join(lines) + "\n"


def plotted(entry: Primitive) -> str:
    """The file with a picture of a function and its derivative."""
    low, high = entry.domain
    x = Tensor(np.linspace(low, high, 201)[1:-1])
    y = entry(x)
    sum(y).backward()
    figure, axes = plt.subplots(figsize=(2.2, 1.5), layout="constrained")
    axes.axhline(0, color="grey", linewidth=0.5)
    axes.plot(x.data, y.data, color=TRAINING)
    axes.plot(x.data, np.zeros(x.shape) if x.grad is None else x.grad, color=VALIDATION, linewidth=1)
    axes.tick_params(labelsize=6)
    figure.savefig(SOURCE / "pictures" / f"{entry.name}.svg", transparent=False)
    plt.close(figure)
    return f"{entry.name}.svg"


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
