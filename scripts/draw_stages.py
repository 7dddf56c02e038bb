"""Draws the passes of the compiler for a small loss, and writes the page about them, `autograd/compiling/README.md`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import autograd
from autograd import Value, draw
from autograd.backward import ancestors
from autograd.compiling.stages import Stage

FOLDER = Path(autograd.compiling.__file__).parent
LOSS = """\
w = [Value(2.0, label="w0"), Value(-1.0, label="w1")]
loss = autograd.compile(lambda xs: sum((w[0] * x[0] + w[1] * x[1] - 1.0) ** 2 for x in xs))
loss([[1.0, 1.0], [2.0, 0.5], [0.5, 3.0]])
"""
LOOP = """\
rate = Value(3.2, label="rate")
@autograd.compile
def population(x):
    for _ in range(50):
        x = rate * x * (1 - x)
    return x
population(0.3)
"""
FILES = {
    "trace": "tracing.py, standins.py",
    "roll": "roll.py, repeats.py, loops.py",
    "flatten": "flatten.py",
    "lift": "lift.py, arrays.py, views.py",
    "differentiate": "differentiate.py",
    "simplify": "simplify.py, and the rules in ../primitives/algebra.py",
    "print": "source.py, writers.py, and ../primitives/printing.py",
}


def compiled(code: str, name: str) -> Any:
    """The compiled function of this name."""
    names: dict[str, Any] = {"autograd": autograd, "Value": Value}
    exec(code, names)
    return names[name]


def page(passes: list[Stage], loop: list[Stage], in_c: str) -> str:
    """The text of the page, about the passes of the loss, and the loop of a recurrence."""
    parts = [
        "# The passes of the compiler, on one small loss\n",
        "<!-- written by `python scripts/draw_stages.py` -->\n",
        f"```python\n{LOSS}```\n",
        "The compiler turns a function into a program for NumPy in seven passes. The first records a computation graph. Each of the "
        "others takes a graph and returns one, made of the same kinds of nodes as an ordinary computation, and the last writes a "
        "program. All of them compute the same loss. "
        "`loss.stages` is the list of the passes, and `autograd.draw(stage)` draws the graph that a pass returns.\n",
        "To read the code, begin with `flatten.py` and `simplify.py`. `lifted.py` and `program.py` run the passes, and `__init__.py` "
        "says what each file does.\n",
    ]
    for i, stage in enumerate(passes):
        count = sum(node.primitive is not None for node in ancestors(stage.roots))
        parts.append(f"## {i + 1}. {stage.name}\n\n{stage.about} ({FILES[stage.name]})\n")
        if stage.name == "roll":
            parts.append("In this loss no step needs another, and the graph stays as it is. There is a loop at the end of this page.\n")
        elif stage.source is None:
            parts.append(f"![{count} nodes](pictures/{stage.name}.svg)\n\n{count} computed nodes.\n")
        else:
            parts.append(f"```python\n{stage.source}```\n")
    count = sum(node.primitive is not None for node in ancestors(loop[0].roots))
    parts.append(
        f"## A loop\n\n```python\n{LOOP}```\n\nThe trace of this function has {count} computed nodes. Rolled, it is one loop; "
        f"the last state is the result.\n\n![A loop](pictures/loop.svg)\n\n```python\n{loop[-1].source}```\n"
    )
    parts.append(
        '## In C\n\nThe last pass prints other languages. `@autograd.compile(target="c")` runs the program as loops in C, which makes '
        'small networks three to four times as fast; it needs a C compiler, and `pip install "glassgrad[c]"` installs one. '
        '`population.source_for("c")` is the text, and `source_for("javascript")` a program for a web page.\n\n'
        f"```c\n{in_c}```\n"
    )
    return "\n".join(parts)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    population = compiled(LOOP, "population")
    passes, loop = compiled(LOSS, "loss").stages, population.stages
    (folder / "pictures").mkdir(exist_ok=True)
    for stage in passes[:-1]:
        if stage.name != "roll":
            draw(stage).save(folder / "pictures" / f"{stage.name}.svg")
    draw(loop[1]).save(folder / "pictures" / "loop.svg")
    (folder / "README.md").write_text(page(passes, loop, population.source_for("c")), encoding="utf-8")


if __name__ == "__main__":
    main()
